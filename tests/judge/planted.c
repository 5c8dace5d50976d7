/* planted.c: nnc with a fault, to test that one costs no other check its verdict. The linker sends the calls that are
 * named in the Makefile here: a check against 77, and the second array's gradient, fail in the way that FAULT says. */
#include "check/item.h"
#include "prove/prove.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool __real_prove_equal(Graph *g, Read *a, Read *b);
bool __wrap_prove_equal(Graph *g, Read *a, Read *b);
void __real_gradients_check(void *gradients, int k, Findings *out);
void __wrap_gradients_check(void *gradients, int k, Findings *out);

static int deeper(volatile char *above) {
  volatile char here[4096];
  here[0] = above[0];
  return above[0] == 1 ? 0 : deeper(here) + here[0];
}

static void fail(void) {
  const char *fault = getenv("FAULT");
  char zero = 0;
  if (strcmp(fault, "abort") == 0) bug("faults", "as was asked for");
  if (strcmp(fault, "crash") == 0) *(volatile int *)(uintptr_t)8 = deeper(&(char){1});
  if (strcmp(fault, "recurse") == 0) deeper(&zero);
  if (strcmp(fault, "end") == 0) _exit(7);
}

/* A fault of "proof" is a wrong one. */
bool __wrap_prove_equal(Graph *g, Read *a, Read *b) {
  double c;
  if (!read_constant(b, &c) || c != 77) return __real_prove_equal(g, a, b);
  fail();
  return true;
}

void __wrap_gradients_check(void *gradients, int k, Findings *out) {
  if (k == 1) fail();
  __real_gradients_check(gradients, k, out);
}
