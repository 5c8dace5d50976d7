/* step.c: the time of one training step of a generated model, on data already in memory.
 *
 * cc -DMODEL=mnist_model -include mnist.h step.c mnist.c libnn.a ...: prints one JSON object like bench/peers.py of
 * PyTorch and JAX does: the fastest of 7 groups of steps, each group at least 0.15 s. */
#define _POSIX_C_SOURCE 200809L
#include "nn.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

extern const nn_model MODEL;

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Random values within each input's range. */
static void *random_input(const nn_input *in, int n) {
  size_t count = in->count * (size_t)n;
  float *x = malloc(count * sizeof *x);
  if (!x) abort();
  nn_draw_uniform(x, count, 0, 1, 7, 1);
  if (in->kind == NN_REAL) return x;
  int32_t *k = malloc(count * sizeof *k);
  if (!k) abort();
  int range = in->kind == NN_CLASS ? in->classes : 2;
  for (size_t i = 0; i < count; i++) k[i] = (int32_t)(x[i] * (float)range) % range;
  free(x);
  return k;
}

int main(int argc, char **argv) {
  const nn_model *m = &MODEL;
  void *model = calloc(1, m->size);
  const void *in[32] = {NULL};
  double best = 1e9, start;
  long n = 1;
  if (!model) return 1;
  m->init(model, 1);
  for (int k = 0; k < m->ninputs; k++) in[k] = random_input(&m->inputs[k], m->batch);
  for (;; n *= 2) {
    start = now();
    for (long i = 0; i < n; i++) m->train_step(model, m->batch, in);
    if (now() - start > 0.15) break;
  }
  for (int group = 0; group < 7; group++) {
    start = now();
    for (long i = 0; i < n; i++) m->train_step(model, m->batch, in);
    double t = (now() - start) / (double)n;
    if (t < best) best = t;
  }
  printf("{\"workload\": \"%s\", \"framework\": \"nnc\", \"threads\": 1, \"us_per_step\": %.3f, \"gemm\": \"%s\"}\n",
         argc > 1 ? argv[1] : m->name, best * 1e6, nn_gemm_name());
  return 0;
}
