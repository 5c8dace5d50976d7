/* ragged: a model whose examples have extents of their own, in a batch and one at a time.
 *
 * In: MODEL, the table of the model that it is linked with. Eight examples of random lengths; what lies
 * beyond an end is 0 at first. Out: a line for each mistake; exit status 1 then.
 *   - loss and gradient of the batch are the mean of those of its examples alone, outputs are theirs (unless the model
 * draws, or there is an argument)
 *   - what lies beyond the ends changes no bit: huge numbers, NaN, infinities, and what is no class
 *   - what is no class within them is refused */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "nn.h"

enum { EXAMPLES = 8, SEED = 7, MAX_INPUTS = 32 };

extern const nn_model MODEL;
static const nn_model *const m = &MODEL;
static char *model;
static void *whole[MAX_INPUTS]; /* the inputs of all examples */
static int bad;

static void *zeroed(size_t bytes) {
  void *p = calloc(bytes ? bytes : 1, 1);
  if (!p) exit(3);
  return p;
}

static int extent_of(int input, int axis, int example) {
  int by = m->inputs[input].extent[axis];
  return by ? ((const int32_t *)whole[by - 1])[example] : m->inputs[input].shape[axis];
}

/* Is element k of this example within all of its extents? */
static int is_there(int input, int example, size_t k) {
  const nn_input *in = &m->inputs[input];
  for (int axis = in->rank - 1; axis >= 0; axis--) {
    if ((int)(k % (size_t)in->shape[axis]) >= extent_of(input, axis, example)) return 0;
    k /= (size_t)in->shape[axis];
  }
  return 1;
}

/* Lengths first: the others need them. The first example is as long as can be, the second as short. */
static void draw_lengths(int input, const float *u) {
  int32_t *x = whole[input];
  for (int b = 0; b < EXAMPLES; b++)
    x[b] = b == 0 ? m->inputs[input].classes : b == 1 ? 1 : 1 + (int32_t)(u[b] * (float)m->inputs[input].classes);
}

typedef struct Rest { /* what stands beyond the ends */
  float real;
  int32_t whole;
} Rest;

static void draw_values(int input, const float *u, Rest rest) {
  const nn_input *in = &m->inputs[input];
  int32_t range = in->kind == NN_CLASS ? in->classes : 2;
  for (int b = 0; b < EXAMPLES; b++)
    for (size_t k = 0; k < in->count; k++) {
      size_t at = (size_t)b * in->count + k;
      int there = is_there(input, b, k);
      if (in->kind == NN_REAL) ((float *)whole[input])[at] = there ? u[at] : rest.real;
      else ((int32_t *)whole[input])[at] = there ? (int32_t)(u[at] * (float)range) : rest.whole;
    }
}

static void draw(Rest rest) {
  for (int turn = 0; turn < 2; turn++)
    for (int k = 0; k < m->ninputs; k++) {
      size_t count = m->inputs[k].count * EXAMPLES;
      float *u = zeroed(count * sizeof *u);
      nn_draw_uniform(u, count, 0.05f, 0.95f, SEED, 1000 + (uint64_t)k);
      if ((m->inputs[k].kind == NN_EXTENT) != !turn) {
        free(u);
        continue;
      }
      if (turn == 0) draw_lengths(k, u);
      else draw_values(k, u, rest);
      free(u);
    }
}

/* All results of n examples from the first on: of each loss its value in training and gradient, the outputs, then the
 * values of losses and metrics in evaluation, and the parameters after a step. */
static float *results(int first, int n, size_t *count) {
  const void *in[MAX_INPUTS] = {0};
  const void *state = m->nstates ? model + m->state : NULL;
  size_t at = 0, size = (size_t)m->nlosses * (2 + m->param_floats) + (size_t)m->nmetrics + m->param_floats;
  for (int k = 0; k < m->ninputs; k++) in[k] = (char *)whole[k] + sizeof(float) * m->inputs[k].count * (size_t)first;
  for (int k = 0; k < m->noutputs; k++) size += m->outputs[k].count * (size_t)n;
  float *out = zeroed(sizeof *out * size);
  for (int k = 0; k < m->nlosses; k++, at += 1 + m->param_floats)
    out[at] = m->losses[k].grad(model + m->param, state, out + at + 1, NULL, model + m->work, n, in, SEED, 0);
  for (int k = 0; k < m->noutputs; at += m->outputs[k].count * (size_t)n, k++)
    if (m->outputs[k].run(model + m->param, state, model + m->work, n, in, out + at, SEED, 0))
      bad = printf("output %s refuses\n", m->outputs[k].name);
  for (int k = 0; k < m->nlosses; k++)
    out[at++] = m->losses[k].value(model + m->param, state, model + m->work, n, in, SEED, 0);
  for (int k = 0; k < m->nmetrics; k++)
    out[at++] = m->metrics[k].value(model + m->param, state, model + m->work, n, in, SEED, 0);
  if (m->train_step) {
    char *copy = zeroed(m->size);
    memcpy(copy, model, m->size);
    m->train_step(copy, n, in);
    memcpy(out + at, copy + m->param, sizeof *out * m->param_floats);
    free(copy);
  }
  *count = size;
  return out;
}

static void compare_rest(const float *batch, size_t count, Rest rest) {
  const void *in[MAX_INPUTS] = {0};
  draw(rest);
  float *other = results(0, EXAMPLES, &count);
  if (memcmp(batch, other, count * sizeof *batch))
    bad = printf("%g and %d beyond the ends change a result\n", (double)rest.real, (int)rest.whole);
  free(other);
  for (int k = 0; k < m->ninputs; k++) in[k] = whole[k];
  if (m->bad_row(EXAMPLES, in, UINT32_MAX, NULL) >= 0)
    bad = printf("%d beyond the ends is a bad row\n", (int)rest.whole);
}

/* In the second example, which has one place. */
static void refuse_inside(int input) {
  const nn_input *about = &m->inputs[input];
  const void *in[MAX_INPUTS] = {0};
  int32_t *x = (int32_t *)whole[input] + about->count, kept = *x;
  const void *state = m->nstates ? model + m->state : NULL;
  int which = -1;
  if (about->kind != NN_CLASS && about->kind != NN_BIT) return;
  *x = -1;
  for (int k = 0; k < m->ninputs; k++) in[k] = whole[k];
  int row = m->bad_row(EXAMPLES, in, UINT32_MAX, &which);
  if (row != 1 || which != input)
    bad = printf("-1 in row 1 of %s: the bad row is %d, of input %d\n", about->name, row, which);
  for (int k = 0; k < m->nlosses; k++)
    if (m->losses[k].inputs >> input & 1 &&
        !isnan(m->losses[k].value(model + m->param, state, model + m->work, EXAMPLES, in, SEED, 0)))
      bad = printf("loss %s takes -1 of %s\n", m->losses[k].name, about->name);
  *x = kept;
}

static void compare_means(const float *batch, float *const *alone) {
  size_t nlosses = (size_t)m->nlosses * (1 + m->param_floats);
  double largest = 0;
  for (size_t k = 0; k < nlosses; k++) largest = fmax(largest, fabs((double)batch[k]));
  for (size_t k = 0; k < nlosses; k++) {
    double mean = 0;
    for (int b = 0; b < EXAMPLES; b++) mean += (double)alone[b][k] / EXAMPLES;
    if (fabs((double)batch[k] - mean) <= 2e-6 * largest) continue;
    bad = printf("result %lu of the losses is %.9g, the mean of single examples %.9g\n", (unsigned long)k,
                 (double)batch[k], mean);
    return;
  }
}

static void compare_outputs(const float *batch, float *const *alone) {
  size_t at = (size_t)m->nlosses * (1 + m->param_floats), single = at;
  for (int k = 0; k < m->noutputs; k++) {
    for (size_t i = 0; i < m->outputs[k].count * EXAMPLES && m->outputs[k].per_example && !m->outputs[k].integer; i++) {
      double x = (double)batch[at + i], y = (double)alone[i / m->outputs[k].count][single + i % m->outputs[k].count];
      if (fabs(x - y) <= 1e-6 * (1 + fabs(y))) continue;
      bad = printf("output %s[%lu] is %.9g, of the example alone %.9g\n", m->outputs[k].name, (unsigned long)i, x, y);
      break;
    }
    at += m->outputs[k].count * EXAMPLES;
    single += m->outputs[k].count;
  }
}

int main(int argc, char **argv) {
  const Rest none = {0.0f, 0}, rests[] = {{1e30f, 1}, {NAN, -1}, {INFINITY, INT32_MIN}, {-INFINITY, INT32_MAX}};
  float *alone[EXAMPLES];
  size_t count, one;
  if (m->abi != NN_ABI || m->batch < EXAMPLES) return 3;
  model = zeroed(m->size);
  m->init(model, SEED);
  for (int k = 0; k < m->ninputs; k++) whole[k] = zeroed(sizeof(float) * m->inputs[k].count * EXAMPLES);
  (void)argv;
  draw(none);
  float *batch = results(0, EXAMPLES, &count);
  for (int b = 0; b < EXAMPLES; b++) alone[b] = results(b, 1, &one);
  if (argc == 1 && !(m->flags & NN_DRAWS)) { /* an example's draws depend on its place in the batch */
    compare_means(batch, alone);
    compare_outputs(batch, alone);
  }
  for (size_t k = 0; k < sizeof rests / sizeof *rests; k++) compare_rest(batch, count, rests[k]);
  for (int k = 0; k < m->ninputs; k++) refuse_inside(k);
  return bad ? 1 : 0;
}
