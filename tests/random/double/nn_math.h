/* nn_math.h: in place of the runtime's, for a build of generated C with `float` defined as `double`: libm, and the
 * conventions of runtime/kernels/nn_math.h. Also what such a build links of the runtime: a plain product, and draws
 * that are never looked at. */
#ifndef NN_MATH_DOUBLE_H
#define NN_MATH_DOUBLE_H

#include <math.h>
#include <stdint.h>
#include <string.h>

#define NN_INDEPENDENT
#define NN_GUARDED

static inline double nn_absf(double x) { return fabs(x); }
static inline double nn_sqrtf(double x) { return sqrt(x); }
static inline double nn_floorf(double x) { return floor(x); }
static inline double nn_signf(double x) { return x > 0 ? 1 : x < 0 ? -1 : x; }
static inline double nn_choosef(int c, double a, double b) { return c ? a : b; }
static inline double nn_truef(int c) { return c ? 1 : 0; }
static inline int nn_choose_int(int c, int a, int b) { return c ? a : b; }
static inline int64_t nn_choose_wide(int c, int64_t a, int64_t b) { return c ? a : b; }
static inline double nn_maxf(double a, double b) { return a >= b || a != a ? a : b; }
static inline double nn_minf(double a, double b) { return a <= b || a != a ? a : b; }
static inline double nn_modf(double a, double n) { return a - n * floor(a / n); }
static inline int nn_wholef(double x, int lo, int hi) { return x >= hi ? hi : x > lo ? (int)x : lo; }
static inline int64_t nn_wide_wholef(double x, int64_t lo, int64_t hi) {
  return x >= (double)hi ? hi : x > (double)lo ? (int64_t)x : lo;
}
static inline int64_t nn_wide_quotient(int64_t a, int64_t b) { return a / b - ((a % b != 0) & ((a < 0) != (b < 0))); }
static inline int64_t nn_wide_remainder(int64_t a, int64_t b) { return a - b * nn_wide_quotient(a, b); }
static inline int nn_quotient(int a, int b) { return (int)nn_wide_quotient(a, b); }
static inline int nn_remainder(int a, int b) { return (int)nn_wide_remainder(a, b); }
static inline int nn_first_place(int64_t least, int64_t step, int end) {
  int64_t v = least <= 0 ? 0 : (least - 1) / step + 1;
  return v < end ? (int)v : end;
}
static inline void nn_growf(double *sum, double *lost, double x) { *lost = 0, *sum += x; }
static inline void nn_grow_matrixf(int rows, int columns, const double *x, double *sum, double *lost, ptrdiff_t step) {
  for (int i = 0; i < rows; i++)
    for (int j = 0; j < columns; j++) nn_growf(sum + i * step + j, lost + i * step + j, x[(ptrdiff_t)i * columns + j]);
}
static inline double nn_expf(double x) { return exp(x); }
static inline double nn_expm1f(double x) { return expm1(x); }
static inline double nn_logf(double x) { return log(x); }
static inline double nn_log1pf(double x) { return log1p(x); }
static inline double nn_sigmoidf(double x) { return x < 0 ? exp(x) / (1 + exp(x)) : 1 / (1 + exp(-x)); }
static inline double nn_sigmoid_minusf(double x, double t) {
  double e = exp(-fabs(x)), little = e / (1 + e);
  return x > 0 ? (1 - t) - little : little - t;
}
static inline double nn_tanhf(double x) { return tanh(x); }
static inline double nn_asinf(double x) { return asin(x); }
static inline double nn_acosf(double x) { return acos(x); }
static inline double nn_sinhf(double x) { return sinh(x); }
static inline double nn_coshf(double x) { return cosh(x); }
static inline double nn_asinhf(double x) { return asinh(x); }
static inline double nn_acoshf(double x) { return acosh(x); }
static inline double nn_atanhf(double x) { return atanh(x); }
static inline double nn_softplusf(double x) { return (x > 0 ? x : 0) + log1p(exp(-fabs(x))); }
static inline double nn_erff(double x) { return erf(x); }
static inline double nn_erfcf(double x) { return erfc(x); }
static inline double nn_sinf(double x) { return sin(x); }
static inline double nn_cosf(double x) { return cos(x); }
static inline double nn_tanf(double x) { return tan(x); }
static inline double nn_atanf(double x) { return atan(x); }
static inline double nn_powf(double a, double b) { return pow(a, b); }
static inline double nn_lgammaf(double x) { return lgamma(x); }

/* By x + 1 = ... up to 20, then the asymptotic series; the models keep x positive. */
static inline double nn_digammaf(double x) {
  double sum = 0, y;
  for (; x < 20; x += 1) sum -= 1 / x;
  y = 1 / (x * x);
  return sum + log(x) - 0.5 / x - y * (1.0 / 12 - y * (1.0 / 120 - y * (1.0 / 252 - y * (1.0 / 240 - y / 132))));
}

static inline double nn_trigammaf(double x) {
  double sum = 0, y;
  for (; x < 20; x += 1) sum += 1 / (x * x);
  y = 1 / (x * x);
  return sum + 1 / x + y / 2 + y / x * (1.0 / 6 - y * (1.0 / 30 - y * (1.0 / 42 - y * (1.0 / 30 - y * 5 / 66))));
}

#endif
