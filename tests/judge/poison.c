/* poison: does a model that `nnc --trace-nan` made find where NaN came from?
 *
 * In: MODEL, the table of the model that it is linked with; a number of examples as argument. Out: for elements of its
 * parameters and real inputs, some of each array: NaN, or infinity, is put there, and every loss and gradient asked; a
 * line for each that named another place, or none though a result was not finite; at last how many were named. A result
 * that stays finite (a branch that was not taken) is fine where all of the gradient is. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "nn_trace.h"

extern const nn_model MODEL;

enum { OF_EACH = 3, MAX_INPUTS = 32, SEED = 7 };

static void *zeroed(size_t bytes) {
  void *p = calloc(bytes ? bytes : 1, 1);
  if (!p) exit(3);
  return p;
}

typedef struct poisoned {
  const nn_model *model;
  char *memory;
  float *grad, *next;
  const void *const *in;
  int n, named, unseen, wrong;
} poisoned;

/* As in exercise.c: real inputs in (0.05, 0.95), whole ones in their range. */
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

static int all_finite(const float *values, size_t count) {
  for (size_t k = 0; k < count; k++)
    if (!isfinite(values[k])) return 0;
  return 1;
}

static void judge(poisoned *p, const char *name, nn_trace_kind kind, int item, size_t element, float value,
                  int finite) {
  const nn_trace *t = (const nn_trace *)(const void *)(p->memory + p->model->work + p->model->trace);
  if (!t->found) {
    if (finite) p->unseen++;
    else p->wrong++, printf("%s %lu: nothing was found\n", name, (unsigned long)element);
    return;
  }
  const nn_trace_site *site = &t->table->sites[t->at.site];
  int right = site->kind == kind && site->item == item && (size_t)t->at.place == element && !finite;
  if (right) p->named++;
  else
    p->wrong++, printf("%s %lu = %g: found %s %ld, %s, in the %s, of %g\n", name, (unsigned long)element, (double)value,
                       site->name, (long)t->at.place, site->formula, t->table->function, t->at.value);
}

static void ask(poisoned *p, const char *name, nn_trace_kind kind, int item, size_t element, float value) {
  const nn_model *m = p->model;
  const void *state = m->state == (size_t)-1 ? NULL : p->memory + m->state;
  for (int k = 0; k < m->nlosses; k++) {
    char *work = p->memory + m->work;
    float loss = m->losses[k].value(p->memory + m->param, state, work, p->n, p->in, SEED, 0);
    judge(p, name, kind, item, element, value, isfinite(loss));
    if (!m->losses[k].grad) continue;
    loss = m->losses[k].grad(p->memory + m->param, state, p->grad, m->state_floats ? p->next : NULL, work, p->n, p->in,
                             SEED, 0);
    judge(p, name, kind, item, element, value,
          isfinite(loss) && all_finite(p->grad, m->param_floats) && all_finite(p->next, m->state_floats));
  }
}

static void poison(poisoned *p, const char *name, nn_trace_kind kind, int item, float *values, size_t count) {
  for (size_t k = 0; k < OF_EACH && k < count; k++) {
    size_t element = (k * 7919 + (size_t)item * 31 + count / 2) % count;
    float before = values[element];
    values[element] = k % 2 ? INFINITY : NAN;
    ask(p, name, kind, item, element, values[element]);
    values[element] = before;
  }
}

int main(int argc, char **argv) {
  const nn_model *m = &MODEL;
  int n = argc > 1 ? atoi(argv[1]) : 2;
  if (n > m->batch) n = m->batch;
  if (m->abi != NN_ABI || m->ninputs > MAX_INPUTS || !m->trace) return 3;
  void *in[MAX_INPUTS] = {0};
  poisoned p = {.model = m, .memory = zeroed(m->size), .in = (const void *const *)in, .n = n};
  p.grad = zeroed(m->param_floats * sizeof *p.grad);
  p.next = zeroed(m->state_floats * sizeof *p.next);
  for (int i = 0; i < m->ninputs; i++) in[i] = draw_input(&m->inputs[i], i, n);
  m->init(p.memory, SEED);
  float *param = (float *)(void *)(p.memory + m->param);
  for (int k = 0; k < m->nparams; k++)
    poison(&p, m->params[k].name, NN_TRACE_PARAM, k, param + m->params[k].offset, m->params[k].count);
  for (int k = 0; k < m->ninputs; k++)
    if (m->inputs[k].kind == NN_REAL)
      poison(&p, m->inputs[k].name, NN_TRACE_INPUT, k, in[k], m->inputs[k].count * (size_t)n);
  printf("%d named, %d in no result, %d wrong\n", p.named, p.unseen, p.wrong);
  for (int i = 0; i < m->ninputs; i++) free(in[i]);
  free(p.memory), free(p.grad), free(p.next);
  return p.wrong > 0;
}
