/* nn_math.h against libm in double: every function over floats spread through all bit patterns, and denser where it is
 * used most. The largest error in units in the last place is printed and held under what the header promises. */
#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "nn_math.h"

static double sigmoid(double x) { return 1.0 / (1.0 + exp(-x)); }
static float sigmoid_less_one(float x) { return nn_sigmoid_minusf(x, 1.0f); }
static double sigmoid_of_other(double x) { return -1.0 / (1.0 + exp(x)); }
static double softplus(double x) { return fmax(x, 0.0) + log1p(exp(-fabs(x))); }

typedef struct {
  const char *name;
  float (*ours)(float);
  double (*theirs)(double);
  float from, to; /* the dense range */
  double limit;   /* in units in the last place */
} subject;

static const subject subjects[] = {
  {"exp", nn_expf, exp, -104, 89, 1.1},
  {"expm1", nn_expm1f, expm1, -20, 89, 2.5},
  {"log", nn_logf, log, 0, 10, 1.5},
  {"log1p", nn_log1pf, log1p, -1, 3, 2.5},
  {"sin", nn_sinf, sin, -100, 100, 3.0},
  {"cos", nn_cosf, cos, -100, 100, 3.0},
  {"tan", nn_tanf, tan, -100, 100, 4.0},
  {"atan", nn_atanf, atan, -10, 10, 2.5},
  {"tanh", nn_tanhf, tanh, -10, 10, 4.0},
  {"sigmoid", nn_sigmoidf, sigmoid, -104, 20, 3.0},
  {"softplus", nn_softplusf, softplus, -104, 20, 3.0},
  {"erf", nn_erff, erf, -4, 4, 3.0},
  {"erfc", nn_erfcf, erfc, -4, 10, 6.0},
  {"sigmoid-1", sigmoid_less_one, sigmoid_of_other, -20, 104, 3.0},
  {"sqrt", nn_sqrtf, sqrt, 0, 10, 0.51},
  {"lgamma", nn_lgammaf, lgamma, -20, 40, 1.5},
  {"asin", nn_asinf, asin, -1, 1, 2.5},
  {"... near 1", nn_asinf, asin, 0.999f, 1, 2.5},
  {"acos", nn_acosf, acos, -1, 1, 1.5},
  {"... near 1", nn_acosf, acos, 0.999f, 1, 1.5},
  {"sinh", nn_sinhf, sinh, -90, 90, 2.0},
  {"... near 0", nn_sinhf, sinh, -1.1f, 1.1f, 2.0},
  {"cosh", nn_coshf, cosh, -90, 90, 2.0},
  {"asinh", nn_asinhf, asinh, -10, 10, 2.0},
  {"... near 0", nn_asinhf, asinh, -1e-3f, 1e-3f, 2.0},
  {"... far out", nn_asinhf, asinh, 0, 20000, 2.0},
  {"acosh", nn_acoshf, acosh, 1, 20000, 2.5},
  {"... near 1", nn_acoshf, acosh, 1, 1.02f, 2.5},
  {"atanh", nn_atanhf, atanh, -1, 1, 2.5},
  {"... near 0", nn_atanhf, atanh, -1e-3f, 1e-3f, 2.5},
  {"... near 1", nn_atanhf, atanh, 0.999f, 1, 2.5},
};
enum { SUBJECTS = sizeof subjects / sizeof subjects[0] };

/* The distance of neighbouring floats at x: of denormals below FLT_MIN. */
static double unit_at(double x) {
  int e;
  if (fabs(x) < (double)FLT_MIN) return ldexp(1.0, -149);
  frexp(x, &e);
  return ldexp(1.0, e - 24);
}

static double error_at(const subject *s, float x) {
  double want = s->theirs((double)x), got = (double)s->ours(x);
  float rounded = (float)want;
  if (isnan(want) || isnan(got)) return isnan(want) && isnan(got) ? 0.0 : INFINITY;
  if (isinf(rounded) || isinf(got)) {
    if ((double)rounded == got) return 0.0;
    return fabs(want) > 0.9999999 * (double)FLT_MAX && !isinf(want) ? 1.0 : INFINITY;
  }
  return fabs(got - want) / unit_at(want);
}

static void note_error(const subject *s, float x, double *worst, float *where) {
  double e = error_at(s, x);
  if (!(e <= *worst)) {
    *worst = e;
    *where = x;
  }
}

static void accuracy(void **state) {
  (void)state;
  for (int i = 0; i < SUBJECTS; i++) {
    const subject *s = &subjects[i];
    double worst = 0.0;
    float where = 0.0f;
    for (uint64_t bits = 0; bits < 0x100000000u; bits += 9973)
      note_error(s, nn_from_bits((uint32_t)bits), &worst, &where);
    for (int j = 0; j <= 200000; j++) note_error(s, s->from + (s->to - s->from) * (float)j / 200000.0f, &worst, &where);
    printf("# %-9s largest error %.3f units in the last place, at %.9g\n", s->name, worst, (double)where);
    assert_true(worst <= s->limit);
  }
}

static bool is_odd(const subject *s) { return s->theirs(-0.5) == -s->theirs(0.5) && signbit(s->theirs(-0.0)); }

/* Infinities, NaN, zeros and the ends of the range. Of odd functions the other half is the same but for the sign. */
static void corners(void **state) {
  static const float points[] = {0.0f,         -0.0f,        1.0f,     -1.0f,       FLT_MIN,     -FLT_MIN,
                                 FLT_MAX,      -FLT_MAX,     1e-45f,   -1e-45f,     88.7228394f, 88.7228317f,
                                 -87.3365479f, -103.972084f, -103.97f, 1.5707964f,  3.14159274f, 1e-8f,
                                 1e4f,         3e38f,        89.4f,    89.4159851f, 89.4159927f};
  (void)state;
  for (int i = 0; i < SUBJECTS; i++) {
    const subject *s = &subjects[i];
    for (size_t j = 0; j < sizeof points / sizeof points[0]; j++) {
      if (!(error_at(s, points[j]) <= s->limit))
        fail_msg("%s(%.9g) is %.9g", s->name, (double)points[j], (double)s->ours(points[j]));
    }
    assert_true(isnan(s->ours(NN_NAN)) && isnan(s->ours(-NN_NAN)));
    assert_true(error_at(s, NN_INFINITY) <= 0.5 && error_at(s, -NN_INFINITY) <= 0.5);
    for (size_t j = 0; is_odd(s) && j < sizeof points / sizeof points[0]; j++) {
      float there = s->ours(points[j]), here = s->ours(-points[j]);
      assert_true((isnan(there) && isnan(here)) || nn_bits(there) == (nn_bits(here) ^ 0x80000000u));
    }
  }
  assert_true(nn_sigmoidf(-100.0f) > 0.0f && nn_softplusf(-100.0f) > 0.0f);
  assert_true(nn_sigmoidf(-NN_INFINITY) == 0.0f && nn_sigmoidf(NN_INFINITY) == 1.0f);
}

/* Bit patterns of consecutive multiples of pi/2, where the argument's reduction loses most. */
static void reduction(void **state) {
  (void)state;
  for (int i = 4; i <= 6; i++) {
    double worst = 0.0;
    float where = 0.0f;
    for (int n = -20000; n <= 20000; n++) note_error(&subjects[i], (float)(n * 1.57079632679489662), &worst, &where);
    printf("# %-9s largest error %.3f near multiples of pi/2, at %.9g\n", subjects[i].name, worst, (double)where);
    assert_true(worst <= subjects[i].limit);
  }
}

static void selections(void **state) {
  (void)state;
  assert_true(nn_maxf(1.0f, 2.0f) == 2.0f && nn_maxf(2.0f, 1.0f) == 2.0f && nn_minf(1.0f, 2.0f) == 1.0f);
  assert_true(!signbit(nn_maxf(0.0f, -0.0f)) && signbit(nn_maxf(-0.0f, 0.0f)) && signbit(nn_minf(-0.0f, 0.0f)));
  assert_true(isnan(nn_maxf(NN_NAN, 1.0f)) && isnan(nn_maxf(1.0f, NN_NAN)));
  assert_true(isnan(nn_minf(NN_NAN, 1.0f)) && isnan(nn_minf(1.0f, NN_NAN)));
  assert_true(nn_signf(3.0f) == 1.0f && nn_signf(-3.0f) == -1.0f && nn_signf(0.0f) == 0.0f && isnan(nn_signf(NN_NAN)));
  assert_true(nn_modf(-1.0f, 3.0f) == 2.0f && nn_modf(7.5f, 2.0f) == 1.5f && nn_absf(-2.0f) == 2.0f);
  assert_true(nn_floorf(-1.5f) == -2.0f && nn_powf(2.0f, 10.0f) == 1024.0f);
}

/* The gamma family's derivatives, against values of Abramowitz and Stegun (6.3, 6.4) and difference quotients. */
static void gamma_family(void **state) {
  (void)state;
  assert_true(fabs((double)nn_digammaf(1.0f) + 0.57721566490153286) < 6e-8);
  assert_true(fabs((double)nn_digammaf(0.5f) + 1.96351002602142348) < 2e-7);
  assert_true(fabs((double)nn_trigammaf(1.0f) - 1.64493406684822644) < 2e-7);
  assert_true(isinf(nn_digammaf(0.0f)) && isnan(nn_digammaf(-2.0f)) && isinf(nn_trigammaf(-1.0f)));
  assert_true(isnan(nn_digammaf(NN_NAN)) && isnan(nn_trigammaf(NN_NAN)));
  for (float x = -7.83f; x < 30.0f; x += 0.217f) {
    double h = 1e-4, d = (double)x;
    double slope = (lgamma(d + h) - lgamma(d - h)) / (2.0 * h);
    double bend = (lgamma(d + h) - 2.0 * lgamma(d) + lgamma(d - h)) / (h * h);
    assert_true(fabs((double)nn_digammaf(x) - slope) < 1e-5 * (1.0 + fabs(slope) + bend));
    assert_true(fabs((double)nn_trigammaf(x) - bend) < 3e-4 * (1.0 + bend * bend * 0.1));
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(accuracy), cmocka_unit_test(corners), cmocka_unit_test(reduction),
                                     cmocka_unit_test(selections), cmocka_unit_test(gamma_family)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
