/* nn_double.h: scalar functions of double for the full-batch functions of generated C. SPDX-License-Identifier: 0BSD
 *
 * The twins of nn_math.h's, from libm, with the same conventions at ties, zeros and infinities. They are for searches
 * that compare values closely; nothing here is meant to be fast. C99 and C++11. */
#ifndef NN_DOUBLE_H
#define NN_DOUBLE_H

#include "nn_math.h"

static inline void nn_grow(double *sum, double *lost, double x) {
  (void)lost;
  *sum += x;
}
static inline void nn_grow_matrix(int rows, int columns, const double *x, double *sum, double *lost, ptrdiff_t step) {
  for (int i = 0; i < rows; i++)
    for (int j = 0; j < columns; j++) nn_grow(sum + i * step + j, lost, x[(ptrdiff_t)i * columns + j]);
}

static inline double nn_sqrt(double x) { return sqrt(x); }
static inline double nn_abs(double x) { return fabs(x); }
static inline double nn_floor(double x) { return floor(x); }
static inline double nn_sign(double x) { return x < 0.0 ? -1.0 : x > 0.0 ? 1.0 : x; }
static inline double nn_choose(int condition, double then, double otherwise) {
#if NN_CHOICES_OF_BITS
  uint64_t x, y, mask = (uint64_t)0 - (uint64_t)(condition != 0);
  memcpy(&x, &then, sizeof x);
  memcpy(&y, &otherwise, sizeof y);
  x = (x & mask) | (y & ~mask);
  memcpy(&then, &x, sizeof x);
  return then;
#else
  return condition ? then : otherwise;
#endif
}
static inline double nn_true(int condition) { return nn_choose(condition, 1.0, 0.0); }
static inline double nn_max(double a, double b) { return a >= b || a != a ? a : b; }
static inline double nn_min(double a, double b) { return a <= b || a != a ? a : b; }
static inline double nn_mod(double a, double n) { return a - n * floor(a / n); }
static inline int nn_whole(double x, int lo, int hi) { return x >= (double)hi ? hi : x > (double)lo ? (int)x : lo; }
static inline int64_t nn_wide_whole(double x, int64_t lo, int64_t hi) {
  return x >= (double)hi ? hi : x > (double)lo ? (int64_t)x : lo;
}
static inline double nn_pow(double a, double b) { return pow(a, b); }
static inline double nn_exp(double x) { return exp(x); }
static inline double nn_expm1(double x) { return expm1(x); }
static inline double nn_log(double x) { return x < 0.0 ? (double)NN_NAN : log(x); }
static inline double nn_log1p(double x) { return x < -1.0 ? (double)NN_NAN : log1p(x); }
static inline double nn_sin(double x) { return sin(x); }
static inline double nn_cos(double x) { return cos(x); }
static inline double nn_tan(double x) { return tan(x); }
static inline double nn_atan(double x) { return atan(x); }
static inline double nn_tanh(double x) { return tanh(x); }
static inline double nn_erf(double x) { return erf(x); }
static inline double nn_erfc(double x) { return erfc(x); }

static inline double nn_sigmoid(double x) {
  double e = exp(-fabs(x));
  return (x < 0.0 ? e : 1.0) / (1.0 + e);
}

static inline double nn_sigmoid_minus(double x, double t) {
  double e = exp(-fabs(x)), little = e / (1.0 + e);
  return x > 0.0 ? (1.0 - t) - little : little - t;
}

static inline double nn_softplus(double x) { return (x < 0.0 ? 0.0 : x) + log1p(exp(-fabs(x))); }

static inline double nn_lgamma(double x) {
  if (x != x) return x;
  if (x == 1.0 || x == 2.0) return 0.0;
  if (fabs(x) > 1e300) return (double)NN_INFINITY;
  if (x >= 0.5) return nn_lgamma_right(x);
  if (floor(x) == x) return (double)NN_INFINITY;
  return 1.14472988584940017 - log(fabs(nn_sin_pi(x))) - nn_lgamma_right(1.0 - x);
}

static inline double nn_digamma(double x) {
  if (x == 0.0) return -1.0 / x;
  if (x >= 0.5) return nn_digamma_right(x);
  if (floor(x) == x) return (double)NN_NAN;
  return nn_digamma_right(1.0 - x) - 3.14159265358979324 * nn_cot_pi(x);
}

static inline double nn_trigamma(double x) {
  double s;
  if (x >= 0.5) return nn_trigamma_right(x);
  if (floor(x) == x) return (double)NN_INFINITY;
  s = nn_sin_pi(x);
  return 9.86960440108935862 / (s * s) - nn_trigamma_right(1.0 - x);
}

#endif
