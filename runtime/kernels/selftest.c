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

enum { MOST_INPUTS = 32, MOST_LINES = 3 /* of failures in a part that are told one by one */, TEXT = 320 };
enum { ARRAY_PARAM = 0, ARRAY_STATE = 1 << 16, ARRAY_INPUT = 2 << 16, ARRAY_OUTPUT = 3 << 16 };

typedef struct Test {
  const nn_model *m;
  const nn_selftest *t;
  char *model, *area;
  nn_selftest_line *line;
  void *to;
  const void *in[MOST_INPUTS], *wide[MOST_INPUTS]; /* inputs of floats, of doubles */
  int compared, failed, part_failed;               /* in the part at hand; in all */
} Test;

/* ---- text ---- */

typedef struct Line {
  char text[TEXT];
  int length;
} Line;

static void add(Line *l, const char *s) {
  while (*s && l->length < TEXT - 1) l->text[l->length++] = *s++;
  l->text[l->length] = 0;
}

static void add_whole(Line *l, long long k) {
  char digits[24];
  int n = 0;
  if (k < 0) add(l, "-");
  do digits[n++] = (char)('0' + (k < 0 ? -(k % 10) : k % 10));
  while (k /= 10);
  while (n) {
    char one[2] = {digits[--n], 0};
    add(l, one);
  }
}

/* Seven digits: "-1.234567e-02". */
static void add_number(Line *l, double x) {
  int exponent = 0;
  if (x != x) {
    add(l, "NaN");
    return;
  }
  if (x < 0) add(l, "-");
  x = x < 0 ? -x : x;
  if (x > 1.7e308) {
    add(l, "infinity");
    return;
  }
  while (x >= 10) x /= 10, exponent++;
  while (x != 0 && x < 1) x *= 10, exponent--;
  long long digits = (long long)(x * 1e6 + 0.5);
  if (digits >= 10000000) digits /= 10, exponent++;
  add_whole(l, digits / 1000000);
  add(l, ".");
  for (long long unit = 100000; unit; unit /= 10) add_whole(l, digits / unit % 10);
  if (!exponent) return;
  add(l, exponent < 0 ? "e-" : "e+");
  if (exponent > -10 && exponent < 10) add(l, "0");
  add_whole(l, exponent < 0 ? -exponent : exponent);
}

static void add_index(Line *l, const int32_t *shape, int rank, int64_t element) {
  int64_t stride = 1;
  for (int k = 0; k < rank; k++) stride *= shape[k];
  for (int k = 0; k < rank; k++) {
    stride /= shape[k];
    add(l, k ? "," : "[");
    add_whole(l, element / stride);
    element %= stride;
  }
  if (rank) add(l, "]");
}

static void add_place(const Test *s, Line *l, int line) {
  if (line <= 0) return;
  add(l, " (");
  add(l, s->t->file);
  add(l, ":");
  add_whole(l, line);
  add(l, ")");
}

/* ---- comparing ---- */

static void say(const Test *s, int failed, const Line *l) {
  if (s->line) s->line(s->to, failed, l->text);
}

/* `what` names what is compared; the number is finished here. */
static void compare(Test *s, Line *what, const char *expected_is, double expected, double found, double tolerance) {
  double off = expected - found;
  s->compared++;
  if (off <= tolerance && off >= -tolerance) return;
  if (++s->part_failed > MOST_LINES) return;
  add(what, ": found ");
  add_number(what, found);
  add(what, ", expected ");
  add_number(what, expected);
  add(what, expected_is);
  say(s, 1, what);
}

static void end_part(Test *s, const char *what) {
  Line l = {{0}, 0};
  add_whole(&l, s->compared);
  add(&l, what);
  if (s->part_failed) {
    add(&l, ": ");
    add_whole(&l, s->part_failed);
    add(&l, s->part_failed == 1 ? " is wrong" : " are wrong");
  } else add(&l, s->compared == 1 ? " agrees" : " agree");
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

static float value_at(const nn_selftest *t, nn_spread s, uint32_t array, size_t k) {
  const double u = ((double)(hashed(t->seed, array, k) >> 16) - 32767.5) / 32768.0;
  return (float)((double)s.middle + (double)s.spread * u);
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
    narrow[a->offset + k] = value_at(s->t, spread, array, k);
    wide[a->offset + k] = (double)narrow[a->offset + k];
  }
}

static float *floats(const Test *s, size_t offset) { return (float *)(void *)(s->model + offset); }
static double *doubles(const Test *s, size_t offset) { return (double *)(void *)(s->area + offset); }
static const void *state_of(const Test *s) { return s->m->nstates ? s->model + s->m->state : NULL; }

static void set_point(const Test *s) {
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
    out[k] = (int32_t)(hashed(s->t->seed, ARRAY_INPUT + (uint32_t)item, k) % (uint32_t)range) + (in->kind == NN_EXTENT);
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
      narrow[k] = value_at(s->t, s->t->inputs[i], ARRAY_INPUT + (uint32_t)i, k);
      wide[k] = (double)narrow[k];
    }
    s->in[i] = narrow;
    s->wide[i] = wide;
    narrow += count;
    wide += count;
  }
}

/* All that a call must write before it reads it: NaN, and -1 for integers. */
static void spoil(const Test *s) {
  memset(s->model + s->m->work, 0xff, s->m->work_size);
  memset(s->model + s->m->grad, 0xff, s->m->param_floats * sizeof(float));
  if (s->m->nstates) memset(s->model + s->m->next_state, 0xff, s->m->state_floats * sizeof(float));
}

/* ---- values that nnc computed ---- */

static void add_name(const Test *s, const nn_expected *x, Line *l) {
  const nn_model *m = s->m;
  const nn_array *a =
    x->kind == NN_EXPECT_NEXT || x->kind == NN_EXPECT_STATE ? &m->states[x->item] : &m->params[x->item];
  switch (x->kind) {
  case NN_EXPECT_LOSS: add(l, m->losses[x->which].name); break;
  case NN_EXPECT_TRAINING: add(l, "training "), add(l, m->losses[x->which].name); break;
  case NN_EXPECT_METRIC: add(l, m->metrics[x->which].name); break;
  case NN_EXPECT_OUTPUT: add(l, m->outputs[x->which].name); break;
  case NN_EXPECT_STEP: add(l, "the loss of step "), add_whole(l, x->which + 1); break;
  case NN_EXPECT_GRADIENT:
    add(l, "gradient of "), add(l, m->losses[x->which].name), add(l, " by "), add(l, a->name);
    break;
  case NN_EXPECT_NEXT:
  case NN_EXPECT_PARAM:
  case NN_EXPECT_STATE: add(l, a->name); break;
  }
}

static void name_expected(const Test *s, const nn_expected *x, Line *l) {
  const nn_output *o = x->kind == NN_EXPECT_OUTPUT ? &s->m->outputs[x->which] : NULL;
  int single = x->kind == NN_EXPECT_LOSS || x->kind == NN_EXPECT_TRAINING || x->kind == NN_EXPECT_METRIC ||
               x->kind == NN_EXPECT_STEP;
  if (x->element < 0) add(l, "all elements with their signs, together, of ");
  add_name(s, x, l);
  if (x->element >= 0 && o) {
    int32_t shape[NN_MAX_RANK + 1] = {s->t->examples};
    for (int k = 0; k < o->rank; k++) shape[k + (o->per_example != 0)] = o->shape[k];
    add_index(l, shape, o->rank + (o->per_example != 0), x->element);
  } else if (x->element >= 0 && !single) {
    const nn_array *a =
      x->kind == NN_EXPECT_NEXT || x->kind == NN_EXPECT_STATE ? &s->m->states[x->item] : &s->m->params[x->item];
    add_index(l, a->shape, a->rank, x->element);
  }
  if (x->kind == NN_EXPECT_NEXT) add(l, ", its next value");
  if (x->kind == NN_EXPECT_PARAM || x->kind == NN_EXPECT_STATE) add(l, " after the steps");
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
  Line l = {{0}, 0};
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
    if (x->kind == NN_EXPECT_OUTPUT && x->which == which)
      compare_expected(s, x, pick(s, x, out, o->integer, ARRAY_OUTPUT + (uint32_t)which, count));
  }
}

static void compare_value(Test *s, nn_expect kind, int which, nn_value_fn *value) {
  if (!value) return;
  spoil(s);
  float found = value(s->model + s->m->param, state_of(s), s->model + s->m->work, s->t->examples, s->in, s->t->seed, 0);
  for (int k = 0; k < s->t->nexpected; k++)
    if (s->t->expected[k].kind == kind && s->t->expected[k].which == which)
      compare_expected(s, &s->t->expected[k], (double)found);
}

static void test_values(Test *s) {
  for (int k = 0; k < s->m->nlosses; k++) compare_value(s, NN_EXPECT_LOSS, k, s->m->losses[k].value);
  for (int k = 0; k < s->m->nmetrics; k++) compare_value(s, NN_EXPECT_METRIC, k, s->m->metrics[k].value);
  for (int k = 0; k < s->m->noutputs; k++) compare_output(s, k);
  end_part(s, " losses, metrics and outputs");
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

static void name_slope(const Test *s, const nn_slope *x, ptrdiff_t element, Line *l) {
  const nn_array *a = &s->m->params[x->param];
  add(l, "gradient of ");
  add(l, s->m->losses[x->loss].name);
  add(l, " by ");
  add(l, a->name);
  if (element >= 0) add_index(l, a->shape, a->rank, element);
  else add(l, " along a direction of all elements");
  add_place(s, l, x->line);
}

/* The gradient: floats, or doubles of a full-batch method. */
static double gradient_at(const Test *s, size_t k, const double *full) {
  return full ? full[k] : (double)floats(s, s->m->grad)[k];
}

static void test_element(Test *s, const nn_slope *x, ptrdiff_t element, const double *full) {
  const nn_array *a = &s->m->params[x->param];
  Line l = {{0}, 0};
  double found = 0.0;
  if (element >= 0) found = gradient_at(s, a->offset + (size_t)element, full);
  for (size_t k = 0; element < 0 && k < a->count; k++)
    found += sign_at(s->t, ARRAY_PARAM + (uint32_t)x->param, k) * gradient_at(s, a->offset + k, full);
  if (full) add(&l, "in double: ");
  name_slope(s, x, element, &l);
  compare(s, &l, ", the difference quotient", quotient(s, x, element), found,
          (double)(element < 0 ? x->along : x->tolerance));
}

static void test_zero(Test *s, const nn_slope *x) {
  const nn_array *a = &s->m->params[x->param];
  size_t k = 0;
  Line l = {{0}, 0};
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
  set_point(&s);
  set_inputs(&s);
  test_values(&s);
  test_gradients(&s);
  if (s.t->steps) test_steps(&s);
  for (int k = 0; k < s.t->nnotes && line; k++) line(to, 0, s.t->notes[k]);
  return s.failed;
}
