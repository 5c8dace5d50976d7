/* measure.c: which numbers a selftest compares, and what they are at the point.
 *
 * In: a trial whose point is drawn. Out: the rows of Selftest.expected; their values, in the same order. Of an array
 * some elements are rows of their own, and all of them together are one: a sum with signs, which any element that is
 * wrong moves. */
#include "selftest/trial.h"

#include <math.h>

enum {
  WHOLE = 4, /* arrays up to this size are compared at each element, */
  SOME = 3   /* larger ones at so many */
};

/* ---- rows ---- */

static void add(Trial *t, ExpectedKind kind, int which, int item, int64_t element, int routine) {
  Expected x = {.kind = kind, .which = which, .item = item, .element = element, .routine = routine};
  VEC_PUSH(t->cx, &t->test->expected, x);
}

static void add_array(Trial *t, ExpectedKind kind, int which, int item, uint32_t array, int64_t count, int routine) {
  for (int j = 0; j < (count <= WHOLE ? count : SOME); j++)
    add(t, kind, which, item, count <= WHOLE ? j : selftest_element(t->test->seed, array, j, count), routine);
  if (count > WHOLE) add(t, kind, which, item, -1, routine);
}

/* Of a gradient: the elements that are probed, and all together. */
static void add_slope(Trial *t, const Slope *s, int routine) {
  int64_t count = t->p->params.at[s->param].count;
  uint32_t array = ARRAY_PARAM + (uint32_t)s->param;
  for (int j = 0; j < s->probes; j++)
    add(t, EXPECT_GRADIENT, s->loss, s->param,
        s->probes == count ? j : selftest_element(t->test->seed, array, j, count), routine);
  if (s->probes) add(t, EXPECT_GRADIENT, s->loss, s->param, -1, routine);
}

static void list_routine(Trial *t, int k, int which) {
  const Routine *r = &t->p->routines.at[k];
  if (r->kind == ROUTINE_LOSS) add(t, EXPECT_LOSS, r->loss, 0, 0, k);
  if (r->kind == ROUTINE_METRIC) add(t, EXPECT_METRIC, which, 0, 0, k);
  if (r->kind == ROUTINE_OUTPUT)
    add_array(t, EXPECT_OUTPUT, which, 0, ARRAY_OUTPUT + (uint32_t)which, evaluation_count(t->e, r->roots[0].node), k);
  if (r->kind != ROUTINE_GRAD) return;
  add(t, EXPECT_TRAINING, r->loss, 0, 0, k);
  for (int i = 0; i < r->nroots; i++)
    if (r->roots[i].dest == DEST_NEXT_STATE)
      add_array(t, EXPECT_NEXT, r->loss, r->roots[i].item, ARRAY_STATE + (uint32_t)r->roots[i].item,
                evaluation_count(t->e, r->roots[i].node), k);
  for (int i = 0; i < t->test->slopes.n; i++)
    if (t->test->slopes.at[i].loss == r->loss) add_slope(t, &t->test->slopes.at[i], k);
}

/* Metrics and whole outputs at further points. */
static void list_points(Trial *t) {
  int counts[ROUTINE_METRIC + 1] = {0}, from = t->test->expected.n, each;
  for (int k = 0; k < t->p->routines.n; k++) {
    const Routine *r = &t->p->routines.at[k];
    int which = counts[r->kind]++;
    if (r->kind == ROUTINE_METRIC || (r->kind == ROUTINE_OUTPUT && r->integer)) list_routine(t, k, which);
  }
  each = t->test->expected.n - from;
  for (int point = 1; point <= t->points; point++)
    for (int k = 0; k < each; k++) {
      Expected x = t->test->expected.at[from + k];
      x.point = point;
      if (point == 1) t->test->expected.at[from + k] = x;
      else VEC_PUSH(t->cx, &t->test->expected, x);
    }
}

static void list_steps(Trial *t) {
  const Program *p = t->p;
  for (int step = 0; step < t->test->steps; step++) add(t, EXPECT_STEP, step, 0, 0, -1);
  for (int k = 0; k < p->params.n; k++)
    add_array(t, EXPECT_PARAM, 0, k, ARRAY_PARAM + (uint32_t)k, p->params.at[k].count, -1);
  for (int k = 0; k < p->states.n; k++)
    add_array(t, EXPECT_STATE, 0, k, ARRAY_STATE + (uint32_t)k, evaluation_count(t->e, p->states.at[k].node), -1);
}

void selftest_list(Trial *t) {
  int counts[ROUTINE_METRIC + 1] = {0};
  t->test->expected.n = 0;
  for (int k = 0; k < t->p->routines.n; k++) list_routine(t, k, counts[t->p->routines.at[k].kind]++);
  list_points(t);
  if (t->train) list_steps(t);
}

/* ---- values ---- */

const Root *selftest_root(const Program *p, const Expected *x) {
  const Routine *r = &p->routines.at[x->routine];
  DestKind dest = x->kind == EXPECT_NEXT       ? DEST_NEXT_STATE
                  : x->kind == EXPECT_GRADIENT ? DEST_GRAD
                  : x->kind == EXPECT_OUTPUT   ? DEST_OUT
                                               : DEST_RETURN;
  for (int k = 0; k < r->nroots; k++)
    if (r->roots[k].dest == dest && (dest == DEST_OUT || dest == DEST_RETURN || r->roots[k].item == x->item))
      return &r->roots[k];
  bug("selftest", "%s has no such result", r->name);
}

/* The hash's name of the array that a row is about. */
static uint32_t array_of(const Expected *x) {
  switch (x->kind) {
  case EXPECT_START: return (x->which ? ARRAY_STATE : ARRAY_PARAM) + (uint32_t)x->item;
  case EXPECT_NEXT:
  case EXPECT_STATE: return ARRAY_STATE + (uint32_t)x->item;
  case EXPECT_OUTPUT: return ARRAY_OUTPUT + (uint32_t)x->which;
  default: return ARRAY_PARAM + (uint32_t)x->item;
  }
}

static double element_of(const Trial *t, const Expected *x, const double *values, int64_t count) {
  double sum = 0;
  if (x->element >= 0) return values[x->element];
  for (int64_t k = 0; k < count; k++) sum += values[k] * selftest_sign(t->test->seed, array_of(x), (uint32_t)k);
  return sum;
}

void selftest_add(Trial *t, ExpectedKind kind, int which, int item, uint32_t array, int64_t count, const double *values,
                  double tolerance) {
  int from = t->test->expected.n;
  add_array(t, kind, which, item, array, count, -1);
  for (int k = from; k < t->test->expected.n; k++) {
    Expected *x = &t->test->expected.at[k];
    x->value = element_of(t, x, values, count);
    x->tolerance = tolerance * (x->element < 0 ? sqrt((double)count) : 1);
  }
}

static void measure_point(Trial *t, int point, double *out) {
  selftest_point(t, point);
  selftest_place(t, &t->start, 0, 0);
  for (int k = 0; k < t->test->expected.n; k++) {
    const Expected *x = &t->test->expected.at[k];
    if (x->routine < 0 || x->point != point) continue;
    Node *n = selftest_root(t->p, x)->node;
    out[k] = element_of(t, x, evaluate(t->e, n), evaluation_count(t->e, n));
  }
}

static void measure_steps(Trial *t, double *out) {
  double *losses = ARENA_ARRAY(t->cx, double, t->test->steps + 1);
  const Values *after = selftest_train(t, losses);
  for (int k = 0; k < t->test->expected.n; k++) {
    const Expected *x = &t->test->expected.at[k];
    if (x->kind == EXPECT_STEP) out[k] = losses[x->which];
    if (x->kind == EXPECT_PARAM) out[k] = element_of(t, x, after->params[x->item], t->p->params.at[x->item].count);
    if (x->kind == EXPECT_STATE)
      out[k] = element_of(t, x, after->states[x->item], evaluation_count(t->e, t->p->states.at[x->item].node));
  }
}

void selftest_measure(Trial *t, double *out) {
  bool further = false;
  for (int k = 0; k < t->test->expected.n; k++) further = further || t->test->expected.at[k].point;
  for (int point = further ? t->points : 0; point >= 0; point--) measure_point(t, point, out); /* the last: 0 */
  if (t->train) measure_steps(t, out);
}
