/* derivedtest: every formula that nnc derive prints of a model is evaluated beside the derivative that it is of.
 *
 *     derivedtest MODEL.nn 1|2 (the order)
 *
 * Exit status 1 where one differs. */
#include "derivation/derivation.h"
#include "model_file.h"

int main(int argc, char **argv) {
  if (argc != 3) {
    fprintf(stderr, "usage: derivedtest MODEL.nn 1|2\n");
    return 2;
  }
  Context *cx = context_new();
  Program *p = read_program(cx, argv[1], NULL);
  Text out = {.cx = cx};
  int different = derivation_verify(p, argv[2][0] - '0', &out);
  printf("%s", out.data);
  return different > 0;
}
