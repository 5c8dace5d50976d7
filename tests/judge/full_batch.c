/* full_batch.c: a model's double-precision functions against its float gradient and against difference quotients.
 *
 * In: a generated model with `newton`, as -DHEADER and -DMODEL; seeds on the command line. At random parameters and
 * inputs: the loss and gradient are those of floats to 1e-4; the Hessian times a direction is the quotient of double
 * gradients to 1e-5; the Hessian is symmetric. Ends with 1 and says which where one is not. */
#include HEADER

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS = 3, MOST_INPUTS = 32 };

static const nn_model *const model = &MODEL;
static uint64_t stream = 1, seed;

enum { MOST_BLOCKS = 1000 };
static void *blocks[MOST_BLOCKS]; /* all freed at the end */
static int nblocks;

static void *some(size_t bytes) {
  void *p = calloc(bytes + 64, 1);
  if (!p || nblocks == MOST_BLOCKS) exit(2);
  return blocks[nblocks++] = p;
}

static double *draw(size_t count, double deviation) {
  float *f = some(count * sizeof *f);
  double *d = some(count * sizeof *d);
  nn_draw_normal(f, count, 0, (float)deviation, seed, stream++);
  for (size_t k = 0; k < count; k++) d[k] = (double)f[k];
  return d;
}

typedef struct point {
  double *w, *state, *g;
  float *fw, *fstate, *fg;
  void *work, *fwork;
  int n;
  const void *in[MOST_INPUTS], *fin[MOST_INPUTS];
} point;

static void fill_input(point *p, int k) {
  const nn_input *input = &model->inputs[k];
  size_t count = input->count * (size_t)p->n;
  double *d = draw(count, 1);
  int32_t *whole = some(count * sizeof *whole);
  float *f = some(count * sizeof *f);
  int32_t classes = input->kind == NN_BIT ? 2 : input->kind == NN_CLASS ? input->classes : 3;
  for (size_t i = 0; i < count; i++) f[i] = (float)d[i], whole[i] = (int32_t)(fabs(d[i]) * 1000) % classes;
  p->in[k] = input->kind == NN_REAL ? (const void *)d : whole;
  p->fin[k] = input->kind == NN_REAL ? (const void *)f : whole;
}

static point make_point(void) {
  size_t params = model->param_floats, states = model->state_floats;
  char *memory = some(model->size);
  point p = {.n = model->batch < ROWS ? model->batch : ROWS};
  model->init(memory, seed);
  double *noise = draw(params, 0.1);
  p.w = some(params * 8), p.g = some(params * 8), p.state = some(states * 8), p.work = some(model->full->work_size);
  p.fw = some(params * 4), p.fg = some(params * 4), p.fstate = some(states * 4), p.fwork = some(model->work_size);
  for (size_t k = 0; k < params; k++) {
    p.fw[k] = ((float *)(void *)(memory + model->param))[k] + (float)noise[k];
    p.w[k] = (double)p.fw[k];
  }
  for (size_t k = 0; k < states; k++)
    p.state[k] = (double)(p.fstate[k] = ((float *)(void *)(memory + model->state))[k]);
  for (int k = 0; k < model->ninputs; k++) fill_input(&p, k);
  return p;
}

static double gradient(point *p, const double *w, double *g) {
  return model->full->gradient(w, p->state, NULL, g, p->work, p->n, p->in, seed, 0);
}

static double largest(const double *v, size_t n) {
  double most = 0;
  for (size_t k = 0; k < n; k++)
    if (!(fabs(v[k]) <= most)) most = fabs(v[k]);
  return most;
}

static int differ(const char *what, const double *a, const double *b, size_t n, double tolerance) {
  double scale = largest(a, n) + largest(b, n) + 1e-8;
  for (size_t k = 0; k < n; k++) {
    if (fabs(a[k] - b[k]) <= tolerance * scale) continue;
    printf("%s, element %zu: %.12g and %.12g (of at most %.3g)\n", what, k, a[k], b[k], scale);
    return 1;
  }
  return 0;
}

/* The gradients of floats, as doubles; the double-precision ones are in p->g. */
static int check_gradient(point *p) {
  size_t n = model->param_floats;
  double loss = gradient(p, p->w, p->g), *floats = some(n * 8);
  const nn_loss *l = &model->losses[model->objectives[0].loss];
  double float_loss = (double)l->grad(p->fw, p->fstate, p->fg, NULL, p->fwork, p->n, p->fin, seed, 0);
  for (size_t k = 0; k < n; k++) floats[k] = (double)p->fg[k];
  return differ("loss", &loss, &float_loss, 1, 1e-4) + differ("gradient", p->g, floats, n, 1e-4);
}

static double *quotient(point *p, const double *u) {
  size_t n = model->param_floats;
  double *w = some(n * 8), *up = some(n * 8), *down = some(n * 8), h = 1e-5;
  for (size_t k = 0; k < n; k++) w[k] = p->w[k] + h * u[k];
  gradient(p, w, up);
  for (size_t k = 0; k < n; k++) w[k] = p->w[k] - h * u[k];
  gradient(p, w, down);
  for (size_t k = 0; k < n; k++) up[k] = (up[k] - down[k]) / (2 * h);
  return up;
}

static int check_product(point *p) {
  size_t n = model->param_floats;
  double *u = draw(n, 1), *v = draw(n, 1), *hu = some(n * 8), *hv = some(n * 8), uhv = 0, vhu = 0;
  model->full->product(p->w, p->state, u, hu, p->work, p->n, p->in, seed, 0);
  model->full->product(p->w, p->state, v, hv, p->work, p->n, p->in, seed, 0);
  for (size_t k = 0; k < n; k++) uhv += u[k] * hv[k], vhu += v[k] * hu[k];
  double scale = largest(hu, n) + largest(hv, n);
  uhv /= 1e-8 + (double)n * scale, vhu /= 1e-8 + (double)n * scale;
  int bad = fabs(uhv - vhu) > 1e-11;
  if (bad) printf("the Hessian is not symmetric: %.12g and %.12g\n", uhv, vhu);
  return bad + differ("product", hu, quotient(p, u), n, 1e-5);
}

int main(int argc, char **argv) {
  int bad = 0;
  for (int k = 1; k < argc; k++) {
    seed = (uint64_t)atol(argv[k]);
    point p = make_point();
    bad += check_gradient(&p) + check_product(&p);
  }
  while (nblocks) free(blocks[--nblocks]);
  return bad != 0;
}
