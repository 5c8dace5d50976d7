/* exercise: runs everything that a generated model can do, on random input, and prints the results.
 *
 * In: MODEL, the table of the model that it is linked with; a number of examples as argument.
 * Out: `loss L 0 value`, `grad L h.W index value`, `output p index value`, `metric ...`, then `step ...` for the
 * parameters after three optimizer steps. Two compilers, or two ways of placing values in memory, must print the same.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "nn.h"

extern const nn_model MODEL;

enum { MOST = 400 /* values of an array that are printed */, MAX_INPUTS = 32, SEED = 7, STEPS = 3 };

static void *zeroed(size_t bytes) {
  void *p = calloc(bytes ? bytes : 1, 1);
  if (!p) exit(3);
  return p;
}

static char *member(char *model, size_t offset) { return offset == (size_t)-1 ? NULL : model + offset; }

static void print_floats(const char *what, const char *name, const char *array, const float *values, size_t count) {
  size_t stride = count > MOST ? count / MOST : 1;
  for (size_t i = 0; i < count; i += stride)
    printf("%s %s%s %lu %.9g\n", what, name, array, (unsigned long)i, (double)values[i]);
}

/* Real inputs in (0.05, 0.95), so that logarithms and roots are fine; whole ones in their range. */
static void *draw_input(const nn_input *input, int index, int n) {
  size_t count = input->count * (size_t)n;
  float *real = zeroed(count * sizeof *real);
  nn_draw_uniform(real, count, 0.05f, 0.95f, SEED, 1000 + (uint64_t)index);
  if (input->kind == NN_REAL) return real;
  int32_t *whole = zeroed(count * sizeof *whole);
  int32_t range = input->kind == NN_CLASS || input->kind == NN_EXTENT ? input->classes : 2;
  int32_t first = input->kind == NN_EXTENT;
  for (size_t i = 0; i < count; i++) whole[i] = first + (int32_t)floorf(real[i] * (float)range) % range;
  free(real);
  return whole;
}

static void exercise_losses(const nn_model *m, char *model, int n, const void *const *in) {
  float *grad = zeroed(m->param_floats * sizeof *grad), *next = zeroed(m->state_floats * sizeof *next);
  const void *state = member(model, m->state);
  for (int i = 0; i < m->nlosses; i++) {
    const nn_loss *loss = &m->losses[i];
    float value = loss->value(model + m->param, state, model + m->work, n, in, SEED, 0);
    print_floats("loss", loss->name, "", &value, 1);
    value = loss->grad(model + m->param, state, grad, m->state_floats ? next : NULL, model + m->work, n, in, SEED, 0);
    print_floats("training", loss->name, "", &value, 1);
    for (int p = 0; p < m->nparams; p++) {
      char name[512];
      snprintf(name, sizeof name, " %s", m->params[p].name);
      print_floats("grad", loss->name, name, grad + m->params[p].offset, m->params[p].count);
    }
    print_floats("next", loss->name, "", next, m->state_floats);
  }
  free(grad);
  free(next);
}

static void exercise_outputs(const nn_model *m, char *model, int n, const void *const *in) {
  for (int i = 0; i < m->noutputs; i++) {
    const nn_output *output = &m->outputs[i];
    size_t count = output->count * (size_t)(output->per_example ? n : 1);
    float *values = zeroed(count * sizeof *values);
    int status = output->run(model + m->param, member(model, m->state), model + m->work, n, in, values, SEED, 0);
    if (status) printf("output %s failed\n", output->name);
    for (size_t k = 0; output->integer && k < count; k++) {
      int32_t whole;
      memcpy(&whole, values + k, sizeof whole);
      values[k] = (float)whole;
    }
    print_floats("output", output->name, "", values, count);
    free(values);
  }
  for (int i = 0; i < m->nmetrics; i++) {
    float value = m->metrics[i].value(model + m->param, member(model, m->state), model + m->work, n, in, SEED, 0);
    print_floats("metric", m->metrics[i].name, "", &value, 1);
  }
}

static double *widened(const float *values, size_t count) {
  double *wide = zeroed((count + 1) * sizeof *wide);
  for (size_t k = 0; k < count; k++) wide[k] = (double)values[k];
  return wide;
}

static void print_doubles(const char *what, const double *values, size_t count) {
  float *narrow = zeroed((count + 1) * sizeof *narrow);
  for (size_t k = 0; k < count; k++) narrow[k] = (float)values[k];
  print_floats("full", what, "", narrow, count);
  free(narrow);
}

/* The functions of a full-batch method; the direction is the gradient. */
static void exercise_full(const nn_model *m, char *model, int n, const void *const *in) {
  size_t count = m->param_floats;
  double *param = widened((const float *)(const void *)(model + m->param), count);
  double *state = m->state_floats ? widened((const float *)(const void *)(model + m->state), m->state_floats) : NULL;
  double *gradient = zeroed((count + 1) * sizeof *gradient), *product = zeroed((count + 1) * sizeof *product);
  void *work = zeroed(m->full->work_size);
  const void *wide[MAX_INPUTS];
  for (int k = 0; k < m->ninputs; k++)
    wide[k] =
      m->inputs[k].kind == NN_REAL ? widened(in[k], m->inputs[k].count * (size_t)n) : (double *)(uintptr_t)in[k];
  double loss = m->full->gradient(param, state, NULL, gradient, work, n, wide, SEED, 0);
  print_doubles("loss", &loss, 1);
  print_doubles("gradient", gradient, count);
  if (m->full->product) {
    m->full->product(param, state, gradient, product, work, n, wide, SEED, 0);
    print_doubles("product", product, count);
  }
  for (int k = 0; k < m->ninputs; k++)
    if (m->inputs[k].kind == NN_REAL) free((void *)(uintptr_t)wide[k]);
  free(param), free(state), free(gradient), free(product), free(work);
}

static void exercise_training(const nn_model *m, char *model, int n, const void *const *in) {
  if (m->full) exercise_full(m, model, n, in);
  for (int step = 0; step < STEPS && m->train_step; step++) {
    float value = m->train_step(model, n, in);
    print_floats("step", "loss", "", &value, 1);
  }
  print_floats("step", "parameters", "", (const float *)(const void *)(model + m->param), m->param_floats);
  if (m->state_floats)
    print_floats("step", "states", "", (const float *)(const void *)(model + m->state), m->state_floats);
}

/* What must be refused: no examples, too many of them. */
static int refuses(const nn_model *m, char *model, const void *const *in) {
  int bad = 0;
  for (int i = 0; i < m->nlosses; i++) {
    float none = m->losses[i].value(model + m->param, member(model, m->state), model + m->work, 0, in, SEED, 0);
    float many =
      m->losses[i].value(model + m->param, member(model, m->state), model + m->work, m->batch + 1, in, SEED, 0);
    if (!isnan(none) || !isnan(many)) bad = printf("loss %s takes 0 or batch + 1 examples\n", m->losses[i].name);
  }
  return bad;
}

int main(int argc, char **argv) {
  const nn_model *m = &MODEL;
  int n = argc > 1 ? atoi(argv[1]) : 2;
  if (n > m->batch) n = m->batch;
  if (m->abi != NN_ABI || m->ninputs > MAX_INPUTS) return 3;
  char *model = zeroed(m->size);
  const void *in[MAX_INPUTS] = {0};
  void *owned[MAX_INPUTS] = {0};
  for (int i = 0; i < m->ninputs; i++) in[i] = owned[i] = draw_input(&m->inputs[i], i, n);
  m->init(model, SEED);
  exercise_losses(m, model, n, in);
  exercise_outputs(m, model, n, in);
  exercise_training(m, model, n, in);
  int bad = refuses(m, model, in);
  for (int i = 0; i < m->ninputs; i++) free(owned[i]);
  free(model);
  return bad ? 1 : 0;
}
