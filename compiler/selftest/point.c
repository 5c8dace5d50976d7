/* point.c: the point at which a trainer is tested: from a seed, the same numbers here and there.
 *
 * u(k) is an odd multiple of 2^-16, by a hash of 32-bit words (runtime/kernels/selftest.c has the same one), so a value
 * middle + spread * u is rounded once, to a float, on every machine. The spread of an array is near that of its start,
 * with something added, so that nothing is 0 or symmetric; other manners are for models that take logarithms and roots.
 */
#include "selftest/trial.h"

#include <math.h>

/* lowbias32 (Wellons 2018), a permutation of 32-bit words. */
static uint32_t scramble(uint32_t x) {
  x = (x ^ (x >> 16)) * UINT32_C(0x7feb352d);
  x = (x ^ (x >> 15)) * UINT32_C(0x846ca68b);
  return x ^ (x >> 16);
}

static uint32_t hashed(uint32_t seed, uint32_t array, uint32_t k) {
  return scramble(scramble(scramble(seed) ^ array) + k * UINT32_C(0x9e3779b9));
}

double selftest_unit(uint32_t seed, uint32_t array, uint32_t k) {
  return ((double)(hashed(seed, array, k) >> 16) - 32767.5) / 32768;
}

double selftest_sign(uint32_t seed, uint32_t array, uint32_t k) { return hashed(seed, array, k) & 1 ? 1 : -1; }

/* The elements that are looked at: all, or some. */
int64_t selftest_element(uint32_t seed, uint32_t array, int j, int64_t count) {
  return (int64_t)(hashed(seed + 1, array, (uint32_t)j) % (uint64_t)count);
}

/* ---- spreads ---- */

static const Start *start_of(const Program *p, const Leaf *leaf) {
  const Start *s = &leaf->start;
  while (s->kind == START_COPY) s = &(s->of->kind == NODE_PARAM ? p->params.at : p->states.at)[s->of->item].start;
  return s;
}

static double mean_of(const Start *s, int64_t count) {
  double sum = 0;
  if (s->kind == START_UNIFORM) return (s->a + s->b) / 2;
  if (s->kind == START_NORMAL || s->kind == START_TRUNCATED) return s->a;
  if (s->kind != START_VALUES) return 0;
  if (s->uniform_value) return s->values[0];
  for (int64_t k = 0; k < count; k++) sum += s->values[k];
  return sum / (double)count;
}

static double deviation_of(const Start *s, double columns) {
  if (s->kind == START_UNIFORM) return (s->b - s->a) / sqrt(12);
  if (s->kind == START_NORMAL || s->kind == START_TRUNCATED) return s->b;
  return s->kind == START_ORTHOGONAL ? s->a / sqrt(columns) : 0;
}

static Spread spread_of_leaf(const Program *p, const Leaf *leaf, bool positive) {
  const Start *s = start_of(p, leaf);
  const Axis *axes = leaf->node->axes;
  int own = leaf->node->naxes && axes[0].kind == AXIS_BATCH;
  double columns = leaf->node->naxes > own + 1 ? (double)leaf->count / (double)axes[own].extent : 1;
  double deviation = hypot(deviation_of(s, columns), 0.5 / sqrt(columns));
  Spread out = {rint(mean_of(s, leaf->count) * 1024) / 1024, exp2(floor(log2(deviation * sqrt(3)) + 0.5))};
  if (positive) out.middle = fabs(out.middle) + 1.25 * out.spread;
  return out;
}

/* Inputs: around 0; in 0..1; positive; the last manner has positive parameters too. */
void selftest_spread(Trial *t, int manner) {
  static const Spread inputs[MANNERS] = {{0, 1}, {0.5, 0.5}, {1.25, 1}, {0.5, 0.5}};
  Program *p = t->p;
  for (int k = 0; k < p->params.n; k++) t->test->params[k] = spread_of_leaf(p, &p->params.at[k], manner == 3);
  for (int k = 0; k < p->states.n; k++) t->test->states[k] = spread_of_leaf(p, &p->states.at[k], manner >= 2);
  for (int k = 0; k < p->inputs.n; k++) t->test->inputs[k] = inputs[manner];
}

/* ---- values ---- */

static uint32_t seed_of(const Trial *t) { return t->test->seed + (uint32_t)t->point * UINT32_C(1000003); }

static double real_at(const Trial *t, Spread s, uint32_t array, int64_t k) {
  return (double)(float)(s.middle + s.spread * selftest_unit(seed_of(t), array, (uint32_t)k));
}

static void fill(const Trial *t, const Node *n, Spread s, uint32_t array, double **x) {
  int64_t count = evaluation_count(t->e, n);
  if (!*x) *x = ARENA_ARRAY(t->cx, double, count + 1);
  for (int64_t k = 0; k < count; k++) (*x)[k] = real_at(t, s, array, k);
}

static void place_input(Trial *t, int item) {
  const Input *in = &t->p->inputs.at[item];
  double *x = evaluation_writable(t->e, in->node);
  uint32_t array = ARRAY_INPUT + (uint32_t)item;
  int range = in->kind == INPUT_INT ? 10 : in->kind == INPUT_BIT ? 2 : in->classes;
  for (int64_t k = evaluation_count(t->e, in->node) - 1; k >= 0; k--)
    if (in->kind == INPUT_REAL) x[k] = real_at(t, t->test->inputs[item], array, k);
    else if (in->kind == INPUT_EXTENT && k == 0) x[k] = range; /* one example has all places */
    else x[k] = (double)(hashed(seed_of(t), array, (uint32_t)k) % (uint32_t)range) + (in->kind == INPUT_EXTENT);
}

void selftest_point(Trial *t, int point) {
  Program *p = t->p;
  if (!t->start.params) {
    t->start.params = ARENA_ARRAY(t->cx, double *, p->params.n + 1);
    t->start.states = ARENA_ARRAY(t->cx, double *, p->states.n + 1);
  }
  t->point = point;
  for (int k = 0; k < p->params.n; k++)
    fill(t, p->params.at[k].node, t->test->params[k], ARRAY_PARAM + (uint32_t)k, &t->start.params[k]);
  for (int k = 0; k < p->states.n; k++)
    fill(t, p->states.at[k].node, t->test->states[k], ARRAY_STATE + (uint32_t)k, &t->start.states[k]);
}

/* Errors of 2^-22 of each value: those of a float's rounding and of its functions. */
Shake selftest_shake(const Trial *t) { return (Shake){.seed = t->shake, .size = 0x1p28, .apart = true}; }

void selftest_place(Trial *t, const Values *v, int turn, int step) {
  Program *p = t->p;
  evaluation_shake(t->e, t->nodes.at, t->nodes.n, (Shake){0});
  for (int k = 0; k < p->params.n; k++) evaluation_set(t->e, p->params.at[k].node, v->params[k]);
  for (int k = 0; k < p->states.n; k++) evaluation_set(t->e, p->states.at[k].node, v->states[k]);
  for (int k = 0; k < p->inputs.n; k++) place_input(t, k);
  for (int k = 0; k < t->nodes.n; k++) {
    Node *n = t->nodes.at[k];
    if (n->kind == NODE_STEP) *evaluation_writable(t->e, n) = n->item == STEP_TRAINING ? step + 1 : step ? step : 1;
    if (n->kind == NODE_DRAW)
      selftest_noise(evaluation_writable(t->e, n), n->item % 2, 0, evaluation_count(t->e, n), t->test->seed,
                     selftest_stream(n, turn, step));
  }
  if (t->shake) evaluation_shake(t->e, t->nodes.at, t->nodes.n, selftest_shake(t));
}
