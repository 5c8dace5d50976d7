/* steps: a generated model makes the steps of one case of tests/values/prelude/optimizers.txt, in float. In: MODEL and
 * HEADER, the file, the case. Out: the first parameter that is off by more than 1e-5 of the largest; exit status 1
 * then. */
#include "nn.h"
#include HEADER
#include "steps_file.h"

static steps_file file;

int main(int argc, char **argv) {
  const nn_model *m = &MODEL;
  char *model = calloc(1, m->size);
  float x[STEPS_FLOATS], t[STEPS_FLOATS];
  const void *in[2] = {x, t};
  if (argc != 3 || !model || steps_read(&file, argv[1], argv[2]) || m->param_floats != (size_t)file.count) return 2;
  for (int i = 0; i < STEPS_FLOATS; i++) x[i] = (float)file.x[i], t[i] = (float)file.t[i];
  m->init(model, 1);
  float *w = (float *)(void *)(model + m->param);
  for (int i = 0; i < file.count; i++) w[i] = (float)file.start[i];
  for (int k = 0; k < file.steps; k++) {
    double wide[STEPS_FLOATS];
    m->train_step(model, m->ninputs ? 3 : 1, in);
    for (int i = 0; i < file.count; i++) wide[i] = (double)w[i];
    if (steps_differ(&file, k, wide, 1e-5)) return 1;
  }
  free(model);
  return 0;
}
