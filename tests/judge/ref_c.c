/* ref_c: a generated model, in float, against stored results.
 *
 * In: MODEL, the table of the model that it is linked with; a safetensors file as argument (see
 * reftest.c). Out: a line for each result that differs by more than 1e-5 of the largest value of its array (of a
 * gradient that is small because examples cancel: of a hundredth of the loss's largest); exit status 1 then. C that is
 * compiled with -Dnn_gemm=checked_gemm is also held to what a BLAS asks for, whichever kernel computes here. */
#include <math.h>
#include <stdlib.h>

#include "nn.h"
#include "stored.h"

static const double tolerance = 1e-5;
enum { STEP = 6 }; /* as pointtest has it */

void checked_gemm(int ta, int tb, int m, int n, int k, float alpha, const float *a, int lda, const float *b, int ldb,
                  float beta, float *c, int ldc);
void checked_gemm(int ta, int tb, int m, int n, int k, float alpha, const float *a, int lda, const float *b, int ldb,
                  float beta, float *c, int ldc) {
  if (lda < (ta ? m : k) || ldb < (tb ? k : n) || ldc < n) {
    printf("nn_gemm(%d, %d, %d, %d, %d ...): rows of %d, %d, %d overlap\n", ta, tb, m, n, k, lda, ldb, ldc);
    exit(1);
  }
  nn_gemm(ta, tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
}

typedef struct { /* the model in memory, its inputs, the file */
  const nn_model *m;
  char *model;
  void *in[NN_MAX_INPUTS];
  int n, bad, compared;
  nn_tensors file;
} reference;

static void *zeroed(size_t bytes) {
  void *p = calloc(bytes ? bytes : 1, 1);
  if (!p) exit(3);
  return p;
}

/* ---- what goes in ---- */

static void read_inputs(reference *r) {
  for (int k = 0; k < r->m->ninputs; k++) {
    const nn_input *input = &r->m->inputs[k];
    const nn_tensor *t = stored_find(&r->file, "in", input->name);
    if (!t) continue;
    size_t count = stored_elements(t);
    float *real = zeroed(4 * count);
    int32_t *whole = zeroed(4 * count);
    for (size_t i = 0; i < count; i++)
      real[i] = (float)stored_element(&r->file, t, i), whole[i] = (int32_t)stored_element(&r->file, t, i);
    r->in[k] = input->kind == NN_REAL ? (void *)real : (void *)whole;
    free(input->kind == NN_REAL ? (void *)whole : (void *)real);
    r->n = (int)(count / (input->count ? input->count : 1));
  }
}

static void read_arrays(reference *r, const char *kind, const nn_array *arrays, int n, size_t base) {
  for (int k = 0; k < n; k++) {
    const nn_tensor *t = stored_find(&r->file, kind, arrays[k].name);
    float *to = (float *)(void *)(r->model + base) + arrays[k].offset;
    for (size_t i = 0; t && i < arrays[k].count && i < stored_elements(t); i++)
      to[i] = (float)stored_element(&r->file, t, i);
  }
}

/* ---- what comes out ---- */

/* The largest value among the results of a kind, "grad.L". */
static double largest(const reference *r, const char *kind) {
  double scale = 0;
  size_t length = strlen(kind);
  for (int k = 0; k < r->file.count; k++) {
    const nn_tensor *t = &r->file.tensors[k];
    if (strncmp(t->name, kind, length) != 0 || t->name[length] != '.') continue;
    for (size_t i = 0; i < stored_elements(t); i++) scale = fmax(scale, fabs(stored_element(&r->file, t, i)));
  }
  return scale;
}

static void compare(reference *r, const char *kind, const char *name, const void *values, int integer, size_t count) {
  const nn_tensor *t = stored_find(&r->file, kind, name);
  double scale = strncmp(kind, "grad.", 5) ? 0 : 0.01 * largest(r, kind), worst = 0;
  size_t at = 0;
  if (!t) return;
  r->compared++;
  if (stored_elements(t) != count) {
    printf("%s.%s: %zu elements, expected %zu\n", kind, name, count, stored_elements(t));
    r->bad++;
    return;
  }
  for (size_t k = 0; k < count; k++) scale = fmax(scale, fabs(stored_element(&r->file, t, k)));
  for (size_t k = 0; k < count; k++) {
    double y = integer ? ((const int32_t *)values)[k] : (double)((const float *)values)[k],
           x = stored_element(&r->file, t, k);
    if (y == x) continue;
    if (!(fabs(y - x) <= worst)) worst = isnan(y) ? INFINITY : fabs(y - x), at = k;
  }
  if (worst <= tolerance * scale) return;
  printf("%s.%s: element %zu is off by %g, expected %.9g\n", kind, name, at, worst, stored_element(&r->file, t, at));
  r->bad++;
}

/* Does the file give all inputs of the mask? */
static int given(const reference *r, uint32_t inputs) {
  for (int k = 0; k < r->m->ninputs; k++)
    if (inputs >> k & 1 && !r->in[k]) return 0;
  return 1;
}

static void compare_losses(reference *r) {
  const nn_model *m = r->m;
  const void *state = m->state == (size_t)-1 ? NULL : r->model + m->state;
  float *grad = zeroed(m->param_floats * sizeof *grad), *next = zeroed(m->state_floats * sizeof *next);
  for (int k = 0; k < m->nlosses; k++) {
    const nn_loss *l = &m->losses[k];
    char kind[300];
    snprintf(kind, sizeof kind, "grad.%s", l->name);
    if (!given(r, l->inputs)) continue;
    float value = l->grad(r->model + m->param, state, grad, m->state_floats ? next : NULL, r->model + m->work, r->n,
                          (const void *const *)r->in, 1, STEP);
    compare(r, "loss", l->name, &value, 0, 1);
    for (int i = 0; i < m->nparams; i++)
      compare(r, kind, m->params[i].name, grad + m->params[i].offset, 0, m->params[i].count);
    for (int i = 0; i < m->nstates; i++)
      compare(r, "next", m->states[i].name, next + m->states[i].offset, 0, m->states[i].count);
  }
  free(grad);
  free(next);
}

static void compare_outputs(reference *r) {
  const nn_model *m = r->m;
  const void *state = m->state == (size_t)-1 ? NULL : r->model + m->state;
  for (int k = 0; k < m->noutputs; k++) {
    const nn_output *o = &m->outputs[k];
    size_t count = o->count * (o->per_example ? (size_t)r->n : 1);
    float *values = zeroed(4 * count);
    if (!given(r, o->inputs) || !stored_find(&r->file, "out", o->name)) continue;
    if (o->run(r->model + m->param, state, r->model + m->work, r->n, (const void *const *)r->in, values, 1, STEP)) {
      printf("out.%s: refused\n", o->name);
      r->bad++;
    }
    compare(r, "out", o->name, values, o->integer, count);
    free(values);
  }
  for (int k = 0; k < m->nmetrics; k++) {
    if (!given(r, m->metrics[k].inputs)) continue;
    float value =
      m->metrics[k].value(r->model + m->param, state, r->model + m->work, r->n, (const void *const *)r->in, 1, STEP);
    compare(r, "metric", m->metrics[k].name, &value, 0, 1);
  }
}

static void read_leaves(reference *r) {
  r->m->init(r->model, 1);
  read_arrays(r, "param", r->m->params, r->m->nparams, r->m->param);
  if (r->m->nstates) read_arrays(r, "state", r->m->states, r->m->nstates, r->m->state);
}

/* next.PARAM: parameters after one step of the trainer. */
static void compare_step(reference *r) {
  const nn_model *m = r->m;
  int wanted = 0;
  for (int k = 0; k < m->nparams; k++) wanted += stored_find(&r->file, "next", m->params[k].name) != NULL;
  if (!wanted) return;
  read_leaves(r);
  m->train_step(r->model, r->n, (const void *const *)r->in);
  for (int k = 0; k < m->nparams; k++)
    compare(r, "next", m->params[k].name, (float *)(void *)(r->model + m->param) + m->params[k].offset, 0,
            m->params[k].count);
}

/* 0 where all results of the file are those of the model. */
static int compare_file(const nn_model *model, const char *path) {
  reference r = {.m = model, .n = 1};
  nn_error error;
  if (nn_tensors_read(path, &r.file, &error)) {
    fprintf(stderr, "ref_c: %s\n", error.text);
    return 2;
  }
  r.model = zeroed(r.m->size);
  read_inputs(&r);
  if (r.n > r.m->batch) {
    printf("%d examples, the model takes %d\n", r.n, r.m->batch);
    return 1;
  }
  read_leaves(&r);
  compare_losses(&r);
  compare_outputs(&r);
  compare_step(&r);
  printf("%d results compared, %d differ\n", r.compared, r.bad);
  if (!r.compared) printf("the file has no results of this model\n");
  return r.bad || !r.compared;
}

#ifdef MODEL
int main(int argc, char **argv) {
  extern const nn_model MODEL;
  if (argc != 2) {
    fprintf(stderr, "usage: ref_c REFERENCE.safetensors\n");
    return 2;
  }
  return compare_file(&MODEL, argv[1]);
}
#endif
