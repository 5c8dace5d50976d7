/* nn_gamma.h: log(gamma) of float and its derivatives, of nn_math.h, which includes this. SPDX-License-Identifier: 0BSD
 *
 * With libm's log and sin, in double inside; not for vectors. C99 and C++11. */
#ifndef NN_GAMMA_H
#define NN_GAMMA_H

#include "nn_math.h"

/* sin(pi x), exactly 0 at the integers. */
static inline double nn_sin_pi(double x) {
  double r = x - 2.0 * floor(0.5 * x + 0.5); /* -1 <= r < 1 */
  r = r > 0.5 ? 1.0 - r : r < -0.5 ? -1.0 - r : r;
  return sin(3.14159265358979324 * r);
}

/* cos(pi x) / sin(pi x). */
static inline double nn_cot_pi(double x) { return nn_sin_pi(x + 0.5) / nn_sin_pi(x); }

/* log|gamma(x)|, x >= 1/2: upwards by gamma(x+1) = x gamma(x) to 12, then Stirling's series. */
static inline double nn_lgamma_right(double x) {
  double product = 1.0, s, series;
  for (; x < 12.0; x += 1.0) product *= x;
  s = 1.0 / (x * x);
  series = 8.4175084175084175e-4 - s * 1.9175269175269175e-3;
  series = series * s - 5.9523809523809524e-4;
  series = series * s + 7.9365079365079365e-4;
  series = series * s - 2.7777777777777778e-3;
  series = series * s + 8.3333333333333333e-2;
  return (x - 0.5) * log(x) - x + 0.918938533204672742 - log(product) + series / x;
}

static inline float nn_lgammaf(float x) {
  double d = (double)x;
  if (x != x) return x;
  if (x == 1.0f || x == 2.0f) return 0.0f;
  if (nn_absf(x) > 1e37f) return NN_INFINITY;
  if (x >= 0.5f) return (float)nn_lgamma_right(d);
  if (floorf(x) == x) return NN_INFINITY;
  return (float)(1.14472988584940017 - log(fabs(nn_sin_pi(d))) - nn_lgamma_right(1.0 - d));
}

/* The derivative of log(gamma): the same two ways, by differences 1/x. */
static inline double nn_digamma_right(double x) {
  double sum = 0.0, s, series;
  for (; x < 10.0; x += 1.0) sum += 1.0 / x;
  s = 1.0 / (x * x);
  series = 4.1666666666666667e-3 - s * 7.5757575757575758e-3;
  series = 3.9682539682539683e-3 - s * series;
  series = 8.3333333333333333e-3 - s * series;
  series = 8.3333333333333333e-2 - s * series;
  return log(x) - 0.5 / x - sum - s * series;
}

/* -infinity at +0, +infinity at -0, NaN at the negative integers, where the two sides disagree. */
static inline float nn_digammaf(float x) {
  double d = (double)x;
  if (x == 0.0f) return -1.0f / x;
  if (x >= 0.5f) return (float)nn_digamma_right(d);
  if (floorf(x) == x) return NN_NAN;
  return (float)(nn_digamma_right(1.0 - d) - 3.14159265358979324 * nn_cot_pi(d));
}

static inline double nn_trigamma_right(double x) {
  double sum = 0.0, s, series;
  for (; x < 10.0; x += 1.0) sum += 1.0 / (x * x);
  s = 1.0 / (x * x);
  series = 3.3333333333333333e-2 - s * 7.5757575757575758e-2;
  series = 2.3809523809523810e-2 - s * series;
  series = 3.3333333333333333e-2 - s * series;
  series = 1.6666666666666667e-1 - s * series;
  return sum + 1.0 / x + 0.5 * s + s / x * series;
}

static inline float nn_trigammaf(float x) {
  double d = (double)x, s;
  if (x >= 0.5f) return (float)nn_trigamma_right(d);
  if (floorf(x) == x) return x < -1e38f ? NN_NAN : NN_INFINITY;
  s = nn_sin_pi(d);
  return (float)(9.86960440108935862 / (s * s) - nn_trigamma_right(1.0 - d));
}

#endif
