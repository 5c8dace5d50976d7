/* planted.c: nnc with a fault, to test that one costs no other check its verdict. The linker sends the calls that are
 * named in the Makefile here: a check against 77, and the second array's gradient, fail in the way that FAULT says. */
#include "check/cause.h"
#include "check/item.h"
#include "prove/prove.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

Proof __real_prove_equal(Graph *g, Read *a, Read *b);
Proof __wrap_prove_equal(Graph *g, Read *a, Read *b);
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

bool __real_cause_find(Sides *s, Cause *out);
bool __wrap_cause_find(Sides *s, Cause *out);

/* A fault of "cause" is one in the search for the cause of a refutation, of "memory" one that has no end of it. */
bool __wrap_cause_find(Sides *s, Cause *out) {
  const char *fault = getenv("FAULT");
  if (fault && strcmp(fault, "cause") == 0) *(volatile int *)(uintptr_t)8 = 1;
  while (fault && strcmp(fault, "memory") == 0) arena_alloc(s->p->cx, 1 << 28);
  return __real_cause_find(s, out);
}

/* A fault of "proof" is a wrong one. */
Proof __wrap_prove_equal(Graph *g, Read *a, Read *b) {
  double c;
  const char *fault = getenv("FAULT");
  bool here = read_constant(b, &c) && c == 77 && strcmp(fault, "cause") != 0 && strcmp(fault, "memory") != 0;
  if (!here) return __real_prove_equal(g, a, b);
  fail();
  return PROOF_DIRECT;
}

void __wrap_gradients_check(void *gradients, int k, Findings *out) {
  if (k == 1) fail();
  __real_gradients_check(gradients, k, out);
}
