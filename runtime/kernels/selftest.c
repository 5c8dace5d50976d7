/* selftest.c: a trainer tests itself on the machine where it runs. SPDX-License-Identifier: 0BSD
 *
 * In: the table of a model that nnc made with --selftest, room for a model and for the test. Out: how many comparisons
 * failed, and a report, line by line. At a point that follows from a seed, losses, outputs and metrics must be the
 * numbers that nnc computed in double precision; every gradient must be the signed central difference quotient
 *
 *     (L(w + h) - L(w - h)) / 2h
 *
 * of the loss in double precision, element by element; and some steps of training must lead where nnc's did. All
 * scratch is filled with NaN before each call: what forgets to write something is found. Nothing here allocates or
 * prints. */
#include "nn.h"
#include "nn_math.h"
#include "selftest_text.h"

enum { MOST_INPUTS = 32, MOST_LINES = 3 /* of failures in a part that are told one by one */ };
enum { ARRAY_PARAM = 0, ARRAY_STATE = 1 << 16, ARRAY_INPUT = 2 << 16, ARRAY_OUTPUT = 3 << 16 };

typedef struct Test {
  const nn_model *m;
  const nn_selftest *t;
  char *model, *area;
  nn_selftest_line *line;
  void *to;
  const void *in[MOST_INPUTS], *wide[MOST_INPUTS]; /* inputs of floats, of doubles */
  int point;                                       /* at hand */
  int compared, failed, part_failed;               /* in the part at hand; in all */
} Test;

static void add_place(const Test *s, nn_selftest_text *l, int line) {
  if (line <= 0) return;
  nn_selftest_add(l, " (");
  nn_selftest_add(l, s->t->file);
  nn_selftest_add(l, ":");
  nn_selftest_add_whole(l, line);
  nn_selftest_add(l, ")");
}

/* ---- comparing ---- */

static void say(const Test *s, int failed, const nn_selftest_text *l) {
  if (s->line) s->line(s->to, failed, l->text);
}

/* `what` names what is compared; the number is finished here. */
static void compare(Test *s, nn_selftest_text *what, const char *expected_is, double expected, double found,
                    double tolerance) {
  double off = expected - found;
  s->compared++;
  if (off <= tolerance && off >= -tolerance) return;
  if (++s->part_failed > MOST_LINES) return;
  nn_selftest_add(what, ": found ");
  nn_selftest_add_number(what, found);
  nn_selftest_add(what, ", expected ");
  nn_selftest_add_number(what, expected);
  nn_selftest_add(what, expected_is);
  say(s, 1, what);
}

static void end_part(Test *s, const char *what) {
  nn_selftest_text l = {{0}, 0};
  nn_selftest_add_whole(&l, s->compared);
  nn_selftest_add(&l, what);
  if (s->part_failed) {
    nn_selftest_add(&l, ": ");
    nn_selftest_add_whole(&l, s->part_failed);
    nn_selftest_add(&l, s->part_failed == 1 ? " is wrong" : " are wrong");
  } else nn_selftest_add(&l, s->compared == 1 ? " agrees" : " agree");
  if (s->compared) say(s, s->part_failed > 0, &l);
  s->failed += s->part_failed;
  s->compared = s->part_failed = 0;
}

/* ---- the point: compiler/selftest/point.c has the same hash ---- */

static uint32_t scramble(uint32_t x) { /* lowbias32 (Wellons 2018), a permutation of 32-bit words */
  x = (x ^ (x >> 16)) * UINT32_C(0x7feb352d);
  x = (x ^ (x >> 15)) * UINT32_C(0x846ca68b);
  return x ^ (x >> 16);
}

static uint32_t hashed(uint32_t seed, uint32_t array, size_t k) {
  return scramble(scramble(scramble(seed) ^ array) + (uint32_t)k * UINT32_C(0x9e3779b9));
}

static uint32_t seed_of(const Test *s) { return s->t->seed + (uint32_t)s->point * UINT32_C(1000003); }

static float value_at(const Test *s, nn_spread spread, uint32_t array, size_t k) {
  const double u = ((double)(hashed(seed_of(s), array, k) >> 16) - 32767.5) / 32768.0;
  return (float)((double)spread.middle + (double)spread.spread * u);
}

static double sign_at(const nn_selftest *t, uint32_t array, size_t k) {
  return hashed(t->seed, array, k) & 1u ? 1.0 : -1.0;
}

static size_t element_at(const nn_selftest *t, uint32_t array, int j, size_t count) {
  return hashed(t->seed + 1u, array, (size_t)j) % (uint32_t)count;
}

static void fill_array(const Test *s, const nn_array *a, nn_spread spread, uint32_t array, float *narrow,
                       double *wide) {
  for (size_t k = 0; k < a->count; k++) {
    narrow[a->offset + k] = value_at(s, spread, array, k);
    wide[a->offset + k] = (double)narrow[a->offset + k];
  }
}

static float *floats(const Test *s, size_t offset) { return (float *)(void *)(s->model + offset); }
static double *doubles(const Test *s, size_t offset) { return (double *)(void *)(s->area + offset); }
static const void *state_of(const Test *s) { return s->m->nstates ? s->model + s->m->state : NULL; }

static void set_parameters(const Test *s) {
  for (int k = 0; k < s->m->nparams; k++)
    fill_array(s, &s->m->params[k], s->t->params[k], ARRAY_PARAM + (uint32_t)k, floats(s, s->m->param),
               doubles(s, s->t->param));
  for (int k = 0; k < s->m->nstates; k++)
    fill_array(s, &s->m->states[k], s->t->states[k], ARRAY_STATE + (uint32_t)k, floats(s, s->m->state),
               doubles(s, s->t->state));
}

static void set_integer(const Test *s, int item, int32_t *out, size_t count) {
  const nn_input *in = &s->m->inputs[item];
  const int range = in->kind == NN_INT ? 10 : in->classes;
  for (size_t k = 0; k < count; k++)
    out[k] = (int32_t)(hashed(seed_of(s), ARRAY_INPUT + (uint32_t)item, k) % (uint32_t)range) + (in->kind == NN_EXTENT);
  if (in->kind == NN_EXTENT) out[0] = range; /* one example has all places */
}

static void set_inputs(Test *s) {
  float *narrow = (float *)(void *)(s->area + s->t->narrow);
  double *wide = doubles(s, s->t->wide);
  int32_t *whole = (int32_t *)(void *)(s->area + s->t->whole);
  for (int i = 0; i < s->m->ninputs; i++) {
    size_t count = s->m->inputs[i].count * (size_t)s->t->examples;
    if (s->m->inputs[i].kind != NN_REAL) {
      set_integer(s, i, whole, count);
      s->in[i] = s->wide[i] = whole;
      whole += count;
      continue;
    }
    for (size_t k = 0; k < count; k++) {
      narrow[k] = value_at(s, s->t->inputs[i], ARRAY_INPUT + (uint32_t)i, k);
      wide[k] = (double)narrow[k];
    }
    s->in[i] = narrow;
    s->wide[i] = wide;
    narrow += count;
    wide += count;
  }
}

static void set_point(Test *s, int point) {
  s->point = point;
  set_parameters(s);
  set_inputs(s);
}

/* All that a call must write before it reads it: NaN, and -1 for integers. */
static void spoil(const Test *s) {
  memset(s->model + s->m->work, 0xff, s->m->work_size);
  memset(s->model + s->m->grad, 0xff, s->m->param_floats * sizeof(float));
  if (s->m->nstates) memset(s->model + s->m->next_state, 0xff, s->m->state_floats * sizeof(float));
}

/* ---- values that nnc computed ---- */

/* Is the row about a state? */
static int of_state(const nn_expected *x) {
  return x->kind == NN_EXPECT_NEXT || x->kind == NN_EXPECT_STATE || (x->kind == NN_EXPECT_START && x->which);
}

static void add_name(const Test *s, const nn_expected *x, nn_selftest_text *l) {
  const nn_model *m = s->m;
  const nn_array *a =
    x->kind == NN_EXPECT_NEXT || x->kind == NN_EXPECT_STATE ? &m->states[x->item] : &m->params[x->item];
  switch (x->kind) {
  case NN_EXPECT_LOSS: nn_selftest_add(l, m->losses[x->which].name); break;
  case NN_EXPECT_TRAINING: nn_selftest_add(l, "training "), nn_selftest_add(l, m->losses[x->which].name); break;
  case NN_EXPECT_METRIC: nn_selftest_add(l, m->metrics[x->which].name); break;
  case NN_EXPECT_OUTPUT: nn_selftest_add(l, m->outputs[x->which].name); break;
  case NN_EXPECT_STEP: nn_selftest_add(l, "the loss of step "), nn_selftest_add_whole(l, x->which + 1); break;
  case NN_EXPECT_GRADIENT:
    nn_selftest_add(l, "gradient of "), nn_selftest_add(l, m->losses[x->which].name), nn_selftest_add(l, " by "),
      nn_selftest_add(l, a->name);
    break;
  case NN_EXPECT_PRODUCT: nn_selftest_add(l, "the Hessian times a direction, "), nn_selftest_add(l, a->name); break;
  case NN_EXPECT_NEXT:
  case NN_EXPECT_PARAM:
  case NN_EXPECT_STATE:
  case NN_EXPECT_START: nn_selftest_add(l, a->name); break;
  }
}

static void name_expected(const Test *s, const nn_expected *x, nn_selftest_text *l) {
  const nn_output *o = x->kind == NN_EXPECT_OUTPUT ? &s->m->outputs[x->which] : NULL;
  int single = x->kind == NN_EXPECT_LOSS || x->kind == NN_EXPECT_TRAINING || x->kind == NN_EXPECT_METRIC ||
               x->kind == NN_EXPECT_STEP;
  if (x->element < 0) nn_selftest_add(l, "all elements with their signs, together, of ");
  add_name(s, x, l);
  if (x->element >= 0 && o) {
    int32_t shape[NN_MAX_RANK + 1] = {s->t->examples};
    for (int k = 0; k < o->rank; k++) shape[k + (o->per_example != 0)] = o->shape[k];
    nn_selftest_add_index(l, shape, o->rank + (o->per_example != 0), x->element);
  } else if (x->element >= 0 && !single) {
    const nn_array *a = of_state(x) ? &s->m->states[x->item] : &s->m->params[x->item];
    nn_selftest_add_index(l, a->shape, a->rank, x->element);
  }
  if (x->kind == NN_EXPECT_START) nn_selftest_add(l, " as it starts");
  if (x->kind == NN_EXPECT_NEXT) nn_selftest_add(l, ", its next value");
  if (x->kind == NN_EXPECT_PARAM || x->kind == NN_EXPECT_STATE) nn_selftest_add(l, " after the steps");
  add_place(s, l, x->line);
}

/* An element of an array of floats (or integers), or the sum of `count` of them. */
static double pick(const Test *s, const nn_expected *x, const void *values, int integer, uint32_t array, size_t count) {
  const float *real = (const float *)values;
  const int32_t *whole = (const int32_t *)values;
  double sum = 0.0;
  if (x->element >= 0) return integer ? (double)whole[x->element] : (double)real[x->element];
  for (size_t k = 0; k < count; k++) sum += sign_at(s->t, array, k) * (integer ? (double)whole[k] : (double)real[k]);
  return sum;
}

static void compare_expected(Test *s, const nn_expected *x, double found) {
  nn_selftest_text l = {{0}, 0};
  name_expected(s, x, &l);
  compare(s, &l, "", (double)x->value, found, (double)x->tolerance);
}

/* Rows of a carried state that the examples have; all of another one. */
static size_t state_count(const Test *s, int item) {
  const nn_array *a = &s->m->states[item];
  return s->m->carried >> item & 1u ? a->count / (size_t)s->m->batch * (size_t)s->t->examples : a->count;
}

static void compare_array(Test *s, const nn_expected *x, const float *base, int is_state) {
  const nn_array *a = is_state ? &s->m->states[x->item] : &s->m->params[x->item];
  size_t count = is_state ? state_count(s, x->item) : a->count;
  compare_expected(
    s, x, pick(s, x, base + a->offset, 0, (uint32_t)(is_state ? ARRAY_STATE : ARRAY_PARAM) + (uint32_t)x->item, count));
}

static void compare_output(Test *s, int which) {
  const nn_output *o = &s->m->outputs[which];
  void *out = s->area + s->t->out;
  size_t count = o->count * (o->per_example ? (size_t)s->t->examples : 1);
  spoil(s);
  memset(out, 0xff, count * sizeof(float));
  o->run(s->model + s->m->param, state_of(s), s->model + s->m->work, s->t->examples, s->in, out, s->t->seed, 0);
  for (int k = 0; k < s->t->nexpected; k++) {
    const nn_expected *x = &s->t->expected[k];
    if (x->kind == NN_EXPECT_OUTPUT && x->which == which && x->point == s->point)
      compare_expected(s, x, pick(s, x, out, o->integer, ARRAY_OUTPUT + (uint32_t)which, count));
  }
}

static void compare_value(Test *s, nn_expect kind, int which, nn_value_fn *value) {
  if (!value) return;
  spoil(s);
  float found = value(s->model + s->m->param, state_of(s), s->model + s->m->work, s->t->examples, s->in, s->t->seed, 0);
  for (int k = 0; k < s->t->nexpected; k++)
    if (s->t->expected[k].kind == kind && s->t->expected[k].which == which && s->t->expected[k].point == s->point)
      compare_expected(s, &s->t->expected[k], (double)found);
}

static void test_values(Test *s) {
  int points = 0;
  for (int k = 0; k < s->t->nexpected; k++)
    if (s->t->expected[k].point > points) points = s->t->expected[k].point;
  for (int point = points; point >= 0; point--) {
    set_point(s, point);
    for (int k = 0; k < s->m->nlosses && !point; k++) compare_value(s, NN_EXPECT_LOSS, k, s->m->losses[k].value);
    for (int k = 0; k < s->m->nmetrics; k++) compare_value(s, NN_EXPECT_METRIC, k, s->m->metrics[k].value);
    for (int k = 0; k < s->m->noutputs; k++)
      if (!point || s->m->outputs[k].integer) compare_output(s, k);
  }
  end_part(s, " losses, metrics and outputs");
}

/* Right after init. */
static void test_starts(Test *s) {
  for (int k = 0; k < s->t->nexpected; k++) {
    const nn_expected *x = &s->t->expected[k];
    if (x->kind != NN_EXPECT_START) continue;
    const nn_array *a = x->which ? &s->m->states[x->item] : &s->m->params[x->item];
    const float *base = floats(s, x->which ? s->m->state : s->m->param) + a->offset;
    uint32_t array = (uint32_t)(x->which ? ARRAY_STATE : ARRAY_PARAM) + (uint32_t)x->item;
    compare_expected(s, x, pick(s, x, base, 0, array, a->count));
  }
  end_part(s, " starts");
}

/* ---- gradients ---- */

static double loss_beside(const Test *s, const nn_slope *x, ptrdiff_t element, double h) {
  const nn_array *a = &s->m->params[x->param];
  double *w = doubles(s, s->t->param) + a->offset;
  const float *at = floats(s, s->m->param) + a->offset;
  for (size_t k = element < 0 ? 0 : (size_t)element; k < (element < 0 ? a->count : (size_t)element + 1); k++)
    w[k] = (double)at[k] + (element < 0 ? h * sign_at(s->t, ARRAY_PARAM + (uint32_t)x->param, k) : h);
  return s->t->twins[x->loss](doubles(s, s->t->param), doubles(s, s->t->state), s->area + s->t->work, s->t->examples,
                              s->wide, s->t->seed, 0);
}

static double quotient(const Test *s, const nn_slope *x, ptrdiff_t element) {
  double h = (double)x->step, above = loss_beside(s, x, element, h), below = loss_beside(s, x, element, -h);
  loss_beside(s, x, element, 0.0);
  return (above - below) / (2.0 * h);
}

static void name_slope(const Test *s, const nn_slope *x, ptrdiff_t element, nn_selftest_text *l) {
  const nn_array *a = &s->m->params[x->param];
  nn_selftest_add(l, "gradient of ");
  nn_selftest_add(l, s->m->losses[x->loss].name);
  nn_selftest_add(l, " by ");
  nn_selftest_add(l, a->name);
  if (element >= 0) nn_selftest_add_index(l, a->shape, a->rank, element);
  else nn_selftest_add(l, " along a direction of all elements");
  add_place(s, l, x->line);
}

/* The gradient: floats, or doubles of a full-batch method. */
static double gradient_at(const Test *s, size_t k, const double *full) {
  return full ? full[k] : (double)floats(s, s->m->grad)[k];
}

static void test_element(Test *s, const nn_slope *x, ptrdiff_t element, const double *full) {
  const nn_array *a = &s->m->params[x->param];
  nn_selftest_text l = {{0}, 0};
  double found = 0.0;
  if (element >= 0) found = gradient_at(s, a->offset + (size_t)element, full);
  for (size_t k = 0; element < 0 && k < a->count; k++)
    found += sign_at(s->t, ARRAY_PARAM + (uint32_t)x->param, k) * gradient_at(s, a->offset + k, full);
  if (full) nn_selftest_add(&l, "in double: ");
  name_slope(s, x, element, &l);
  compare(s, &l, ", the difference quotient", quotient(s, x, element), found,
          (double)(element < 0 ? x->along : x->tolerance));
}

static void test_zero(Test *s, const nn_slope *x) {
  const nn_array *a = &s->m->params[x->param];
  size_t k = 0;
  nn_selftest_text l = {{0}, 0};
  while (k + 1 < a->count && floats(s, s->m->grad)[a->offset + k] == 0.0f) k++;
  name_slope(s, x, (ptrdiff_t)k, &l);
  compare(s, &l, ": the loss does not depend on it", 0.0, (double)floats(s, s->m->grad)[a->offset + k], 0.0);
}

static void test_slopes(Test *s, int loss, const double *full) {
  for (int i = 0; i < s->t->nslopes; i++) {
    const nn_slope *x = &s->t->slopes[i];
    const size_t count = s->m->params[x->param].count;
    if (x->loss != loss || x->probes < 0) continue;
    if (x->probes == 0 && !full) test_zero(s, x);
    for (int j = 0; j < x->probes; j++)
      test_element(
        s, x, (size_t)x->probes == count ? j : (ptrdiff_t)element_at(s->t, ARRAY_PARAM + (uint32_t)x->param, j, count),
        full);
    if (x->probes) test_element(s, x, -1, full);
  }
}

/* What the gradient returns, what it leaves of states, and gradients that quotients do not follow. */
static void test_stored(Test *s, int loss, float value) {
  for (int k = 0; k < s->t->nexpected; k++) {
    const nn_expected *x = &s->t->expected[k];
    if (x->which != loss) continue;
    if (x->kind == NN_EXPECT_TRAINING) compare_expected(s, x, (double)value);
    if (x->kind == NN_EXPECT_NEXT) compare_array(s, x, floats(s, s->m->next_state), 1);
    if (x->kind == NN_EXPECT_GRADIENT) compare_array(s, x, floats(s, s->m->grad), 0);
  }
}

/* Of the Hessian with the signs of all parameters, in double precision. */
static void test_product(Test *s) {
  const nn_full *f = s->m->full;
  double *result = doubles(s, s->t->result), *direction = doubles(s, s->t->direction);
  for (int k = 0; k < s->m->nparams; k++)
    for (size_t i = 0; i < s->m->params[k].count; i++)
      direction[s->m->params[k].offset + i] = sign_at(s->t, ARRAY_PARAM + (uint32_t)k, i);
  memset(s->area + s->t->full, 0xff, f->work_size);
  memset(result, 0xff, s->m->param_floats * sizeof(double));
  f->product(doubles(s, s->t->param), doubles(s, s->t->state), direction, result, s->area + s->t->full, s->t->examples,
             s->wide, s->t->seed, 0);
  for (int k = 0; k < s->t->nexpected; k++) {
    const nn_expected *x = &s->t->expected[k];
    if (x->kind != NN_EXPECT_PRODUCT) continue;
    const nn_array *a = &s->m->params[x->item];
    double sum = x->element < 0 ? 0.0 : result[a->offset + (size_t)x->element];
    for (size_t i = 0; i < a->count && x->element < 0; i++)
      sum += sign_at(s->t, ARRAY_PARAM + (uint32_t)x->item, i) * result[a->offset + i];
    compare_expected(s, x, sum);
  }
}

static void test_full(Test *s) {
  const nn_full *f = s->m->full;
  double *result = doubles(s, s->t->result);
  memset(s->area + s->t->full, 0xff, f->work_size);
  memset(result, 0xff, s->m->param_floats * sizeof(double));
  f->gradient(doubles(s, s->t->param), doubles(s, s->t->state), NULL, result, s->area + s->t->full, s->t->examples,
              s->wide, s->t->seed, 0);
  test_slopes(s, s->m->objectives[0].loss, result);
}

static void test_gradients(Test *s) {
  for (int k = 0; k < s->m->nlosses; k++) {
    if (!s->m->losses[k].grad) continue;
    spoil(s);
    float value = s->m->losses[k].grad(s->model + s->m->param, state_of(s), s->model + s->m->grad,
                                       s->m->nstates ? s->model + s->m->next_state : NULL, s->model + s->m->work,
                                       s->t->examples, s->in, s->t->seed, 0);
    test_stored(s, k, value);
    test_slopes(s, k, NULL);
  }
  if (s->m->full) test_full(s);
  if (s->m->full && s->m->full->product) test_product(s);
  end_part(s, " elements of gradients");
}

/* ---- steps ---- */

static void test_steps(Test *s) {
  for (int step = 0; step < s->t->steps; step++) {
    spoil(s);
    float loss = s->m->train_step(s->model, s->t->examples, s->in);
    for (int k = 0; k < s->t->nexpected; k++)
      if (s->t->expected[k].kind == NN_EXPECT_STEP && s->t->expected[k].which == step)
        compare_expected(s, &s->t->expected[k], (double)loss);
  }
  uint64_t count;
  nn_selftest_text l = {{0}, 0};
  memcpy(&count, s->model + s->m->step, sizeof count);
  nn_selftest_add(&l, "the number of steps");
  compare(s, &l, "", (double)s->t->steps, (double)count, 0.0);
  for (int k = 0; k < s->t->nexpected; k++) {
    const nn_expected *x = &s->t->expected[k];
    if (x->kind == NN_EXPECT_PARAM) compare_array(s, x, floats(s, s->m->param), 0);
    if (x->kind == NN_EXPECT_STATE) compare_array(s, x, floats(s, s->m->state), 1);
  }
  end_part(s, " values of training steps");
}

int nn_selftest_run(const nn_model *m, void *model, void *area, nn_selftest_line *line, void *to) {
  Test s = {.m = m, .t = m->selftest, .model = (char *)model, .area = (char *)area, .line = line, .to = to};
  if (!s.t) return -1;
  m->init(model, s.t->seed);
  test_starts(&s);
  test_values(&s);
  test_gradients(&s);
  if (s.t->steps) test_steps(&s);
  for (int k = 0; k < s.t->nnotes && line; k++) line(to, 0, s.t->notes[k]);
  return s.failed;
}
