/* nn_math.h: scalar functions of float for the loops of generated C. SPDX-License-Identifier: 0BSD
 *
 * In goes one float, out comes one float, within a few units in the last place over the whole range, with
 * infinities, NaN, signed zeros and gradual underflow as libm has them. The point: no calls, no tables, no branches, so
 * that gcc -O3 and clang turn a loop over nn_tanhf into vector instructions (nn_sqrtf wants -fno-math-errno, nn_floorf
 * SSE4.1; sine, cosine and tangent branch, to libm, beyond 25000). Each function follows the same plan: reduce the
 * argument (exponents are taken from and put into the bits), a polynomial, put the result together. The polynomials are
 * minimax fits in the relative error of the result. The last section (powers and the gamma family) does call libm.
 * Needs round-to-nearest; products may or may not be fused with sums. C99 and C++11. */
#ifndef NN_MATH_H
#define NN_MATH_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Before a loop: no turn of it needs what another one writes. clang takes that for an order to use vectors, and warns
 * where it cannot; here it is a promise, and the optimizer's choice. */
#if defined(__clang__)
#pragma clang diagnostic ignored "-Wpass-failed"
#define NN_INDEPENDENT _Pragma("clang loop vectorize(assume_safety)")
#elif defined(__GNUC__) && !defined(__TINYC__)
#define NN_INDEPENDENT _Pragma("GCC ivdep")
#else
#define NN_INDEPENDENT
#endif

/* gcc before 12.4 and 13.3 takes wrong elements where several reads at a stride hang on a condition and it makes
 * vectors of them (its bug 114375: a permutation of masked reads is dropped). There, what is read under a condition,
 * NN_GUARDED, is read one element at a time, and a choice (nn_choosef and the like) is made of bits, so that no pass
 * can make a branch of it and move the reads of one side under it. */
#if defined(__GNUC__) && !defined(__clang__) && !defined(__TINYC__) &&                                                 \
  (__GNUC__ < 12 || (__GNUC__ == 12 && __GNUC_MINOR__ < 4) || (__GNUC__ == 13 && __GNUC_MINOR__ < 3))
#define NN_GUARDED         __asm__ volatile("");
#define NN_CHOICES_OF_BITS 1
#else
#define NN_GUARDED
#define NN_CHOICES_OF_BITS 0
#endif

/* ---- bits ---- */

static inline uint32_t nn_bits(float x) {
  uint32_t u;
  memcpy(&u, &x, sizeof u);
  return u;
}

static inline float nn_from_bits(uint32_t u) {
  float x;
  memcpy(&x, &u, sizeof x);
  return x;
}

/* yes ? a : b in bits, yes = 0 or 1: of two ?: on one variable gcc makes jumps, and then no vectors. */
static inline float nn_select(int yes, float a, float b) {
  uint32_t all = 0u - (uint32_t)yes;
  return nn_from_bits((nn_bits(a) & all) | (nn_bits(b) & ~all));
}

static inline float nn_absf(float x) { return nn_from_bits(nn_bits(x) & 0x7fffffffu); }

/* |x| with the sign of s. */
static inline float nn_with_sign(float x, float s) {
  return nn_from_bits((nn_bits(x) & 0x7fffffffu) | (nn_bits(s) & 0x80000000u));
}

#define NN_INFINITY nn_from_bits(0x7f800000u)
#define NN_NAN      nn_from_bits(0x7fc00000u)
#define NN_ROUND    12582912.0f /* 1.5 * 2^23: x + NN_ROUND has x rounded in its low bits, |x| < 2^22 */

/* ---- choices: both values are computed ---- */

#if NN_CHOICES_OF_BITS
static inline int nn_choose_int(int condition, int then, int otherwise) {
  const int mask = -(condition != 0);
  return (then & mask) | (otherwise & ~mask);
}
static inline int64_t nn_choose_wide(int condition, int64_t then, int64_t otherwise) {
  const int64_t mask = -(int64_t)(condition != 0);
  return (then & mask) | (otherwise & ~mask);
}
static inline float nn_choosef(int condition, float then, float otherwise) {
  const uint32_t mask = 0u - (uint32_t)(condition != 0);
  return nn_from_bits((nn_bits(then) & mask) | (nn_bits(otherwise) & ~mask));
}
#else
static inline int nn_choose_int(int condition, int then, int otherwise) { return condition ? then : otherwise; }
static inline int64_t nn_choose_wide(int condition, int64_t then, int64_t otherwise) {
  return condition ? then : otherwise;
}
static inline float nn_choosef(int condition, float then, float otherwise) { return condition ? then : otherwise; }
#endif
static inline float nn_truef(int condition) { return nn_choosef(condition, 1.0f, 0.0f); }

/* ---- small ones ---- */

static inline float nn_sqrtf(float x) { return sqrtf(x); }
static inline float nn_floorf(float x) { return floorf(x); }
static inline float nn_signf(float x) { return nn_select(x < 0.0f, -1.0f, nn_select(x > 0.0f, 1.0f, x)); }

/* On a tie the first wins; a NaN on either side is the result. */
static inline float nn_maxf(float a, float b) { return nn_select((a >= b) | (a != a), a, b); }

static inline float nn_minf(float a, float b) { return nn_select((a <= b) | (a != a), a, b); }

/* The remainder with the sign of n, as Python's %. */
static inline float nn_modf(float a, float n) { return a - n * floorf(a / n); }

/* ---- long sums ---- */

/* Adds x to a sum, with what rounding took from the terms before it (Kahan 1965). */
static inline void nn_growf(float *sum, float *lost, float x) {
  const float y = x - *lost, t = *sum + y, over = (t - *sum) - y;
  *lost = over - over == 0.0f ? over : 0.0f; /* an infinite sum stays infinite */
  *sum = t;
}

/* The same for a matrix of `rows` times `columns`, one after the other in x, in rows `step` apart in the sum. */
static inline void nn_grow_matrixf(int rows, int columns, const float *x, float *sum, float *lost, ptrdiff_t step) {
  for (int i = 0; i < rows; i++)
    for (int j = 0; j < columns; j++) nn_growf(sum + i * step + j, lost + i * step + j, x[(ptrdiff_t)i * columns + j]);
}

/* ---- whole numbers ---- */

/* x, which is whole, as an integer of lo..hi, the nearest; lo where it is not a number. */
static inline int nn_wholef(float x, int lo, int hi) { return x >= (float)hi ? hi : x > (float)lo ? (int)x : lo; }
static inline int64_t nn_wide_wholef(float x, int64_t lo, int64_t hi) {
  return x >= (float)hi ? hi : x > (float)lo ? (int64_t)x : lo;
}

/* The quotient a / b rounded down, and what it leaves, of the sign of b. */
static inline int nn_quotient(int a, int b) { return a / b - ((a % b != 0) & ((a < 0) != (b < 0))); }
static inline int64_t nn_wide_quotient(int64_t a, int64_t b) { return a / b - ((a % b != 0) & ((a < 0) != (b < 0))); }
static inline int nn_remainder(int a, int b) { return a % b + b * ((a % b != 0) & ((a < 0) != (b < 0))); }
static inline int64_t nn_wide_remainder(int64_t a, int64_t b) {
  return a % b + b * ((a % b != 0) & ((a < 0) != (b < 0)));
}

/* The first place v of 0..end with v * step >= least, or end where there is none. */
static inline int nn_first_place(int64_t least, int64_t step, int end) {
  int64_t v = least <= 0 ? 0 : (least - 1) / step + 1;
  return v < end ? (int)v : end;
}

/* ---- exponentials ---- */

/* 2^(n/2) twice, for n = -254..254, given as n + 256: the product reaches from the least denormal to infinity. */
static inline float nn_scale(float x, uint32_t n256) {
  uint32_t half = n256 >> 1, rest = n256 - half;
  return x * nn_from_bits((half - 1u) << 23) * nn_from_bits((rest - 1u) << 23);
}

/* (e^r - 1 - r) / r^2 for |r| <= log(2)/2. */
static inline float nn_exp_tail(float r) {
  float p = 1.99141461e-4f;
  p = p * r + 1.39410084e-3f;
  p = p * r + 8.33327323e-3f;
  p = p * r + 4.1666355e-2f;
  p = p * r + 0.166666672f;
  return p * r + 0.5f;
}

/* e^x / 2^halves, by e^x = 2^n e^r, r = x - n log(2); log(2) in two parts, so that n times the first is exact. */
static inline float nn_exp_halved(float x, uint32_t halves) {
  float bounded = nn_select(x > 90.0f, 90.0f, nn_select(x < -105.0f, -105.0f, x));
  float shifted = bounded * 1.44269504f + NN_ROUND;
  float n = shifted - NN_ROUND;
  float r = (bounded - n * 0.693145752f) - n * 1.42860677e-6f;
  float p = 1.0f + (r + r * r * nn_exp_tail(r));
  return nn_scale(p, nn_bits(shifted) - nn_bits(NN_ROUND) + 256u - halves);
}

static inline float nn_expf(float x) { return nn_exp_halved(x, 0u); }

/* e^x - 1 = 2^n (e^r - 1) + (2^n - 1), at half size because 2^128 is no float. */
static inline float nn_expm1f(float x) {
  float bounded = nn_select(x > 89.0f, 89.0f, nn_select(x < -20.0f, -20.0f, x));
  float shifted = bounded * 1.44269504f + NN_ROUND;
  float n = shifted - NN_ROUND;
  float r = (bounded - n * 0.693145752f) - n * 1.42860677e-6f;
  float p = r + r * r * nn_exp_tail(r);
  float half = nn_from_bits((nn_bits(shifted) - nn_bits(NN_ROUND) + 126u) << 23);
  float y = 2.0f * (half * p + (half - 0.5f));
  return nn_select(x == 0.0f, x, y);
}

/* ---- logarithms ---- */

/* log(m 2^e) for m = 1 + f in [sqrt(1/2), sqrt(2)); `extra` is a small correction of f's logarithm. */
static inline float nn_log_sum(float f, float e, float extra) {
  float p = 6.91536814e-2f, s = f * f, y;
  p = p * f - 0.117901623f;
  p = p * f + 0.118731521f;
  p = p * f - 0.123843037f;
  p = p * f + 0.142186314f;
  p = p * f - 0.166692525f;
  p = p * f + 0.20002228f;
  p = p * f - 0.249999866f;
  p = p * f + 0.333333105f;
  y = p * (f * s) + (e * 1.42860677e-6f + extra);
  y = y - 0.5f * s;
  return (f + y) + e * 0.693145752f;
}

#define NN_SQRT_HALF 0x3f3504f3u

static inline float nn_logf(float x) {
  int tiny = x < 1.17549435e-38f; /* denormals are scaled up by 2^25 */
  float big = x * nn_select(tiny, 33554432.0f, 1.0f);
  uint32_t offset = nn_bits(big) - NN_SQRT_HALF;
  float e = (float)((int32_t)offset >> 23) - nn_select(tiny, 25.0f, 0.0f);
  float f = nn_from_bits((offset & 0x7fffffu) + NN_SQRT_HALF) - 1.0f;
  float y = nn_log_sum(f, e, 0.0f);
  y = nn_select(x < NN_INFINITY, y, x); /* infinity and NaN */
  y = nn_select(x < 0.0f, NN_NAN, y);
  return nn_select(x == 0.0f, -NN_INFINITY, y);
}

/* log(1 + x), or log(2 x) where x is `far`: u = 1 + x is rounded; what was lost of x comes back as a first-order term.
 */
static inline float nn_log_after(float x, int far) {
  float u = nn_select(far, x, 1.0f + x);
  float lost = nn_select(far, 0.0f, nn_select(x > 1.0f, 1.0f - (u - x), x - (u - 1.0f)));
  uint32_t offset = nn_bits(u) - NN_SQRT_HALF;
  float e = (float)((int32_t)offset >> 23) + nn_select(far, 1.0f, 0.0f);
  float f = nn_from_bits((offset & 0x7fffffu) + NN_SQRT_HALF) - 1.0f;
  return nn_log_sum(f, e, lost / u);
}

static inline float nn_log1pf(float x) {
  float y = nn_log_after(x, 0);
  y = nn_select(x < NN_INFINITY, y, x);
  y = nn_select(x < -1.0f, NN_NAN, y);
  y = nn_select(x == -1.0f, -NN_INFINITY, y);
  return nn_select(x == 0.0f, x, y);
}

/* ---- what networks are made of ---- */

/* 1 / (1 + e^-x), by e^-|x|, so that the far left is e^x and not 0. */
static inline float nn_sigmoidf(float x) {
  float e = nn_expf(-nn_absf(x));
  float numerator = nn_select(x < 0.0f, e, 1.0f);
  return numerator / (1.0f + e);
}

/* sigmoid(x) - t, digits of which are left where sigmoid(x) is all but t = 1: (1 - t) - e^-|x| / (1 + e^-|x|) on the
 * right. */
static inline float nn_sigmoid_minusf(float x, float t) {
  float e = nn_expf(-nn_absf(x));
  float little = e / (1.0f + e);
  return nn_select(x > 0.0f, (1.0f - t) - little, little - t);
}

/* tanh|x| = t / (t + 2), t = e^2|x| - 1. */
static inline float nn_tanhf(float x) {
  float a = nn_absf(x);
  float t = nn_expm1f(2.0f * nn_select(a > 10.0f, 10.0f, a));
  return nn_with_sign(t / (t + 2.0f), x);
}

/* log(1 + e^x) = max(x, 0) + log(1 + e^-|x|). */
static inline float nn_softplusf(float x) {
  float y = nn_log1pf(nn_expf(-nn_absf(x)));
  return nn_select(x < 0.0f, 0.0f, x) + y;
}

/* A polynomial in x^2 near 0; further out 1 - e^q(|x|), q a fit of log(erfc). */
static inline float nn_erff(float x) {
  float a = nn_absf(x), s = a * a, b = nn_select(a > 4.0f, 4.0f, a), p, q;
  p = 7.88911707e-5f;
  p = p * s - 8.02084047e-4f;
  p = p * s + 5.18953521e-3f;
  p = p * s - 2.68544443e-2f;
  p = p * s + 0.112836003f;
  p = p * s - 0.37612626f;
  p = p * s + 0.128379166f;
  q = -2.16975131e-5f;
  q = q * b + 4.41471406e-4f;
  q = q * b - 4.20527812e-3f;
  q = q * b + 2.52103209e-2f;
  q = q * b - 0.108422071f;
  q = q * b - 0.633216441f;
  q = q * b - 1.12958026f;
  q = q * b + 1.88464634e-4f;
  return nn_select(a < 1.0f, x + x * p, nn_with_sign(1.0f - nn_expf(q), x));
}

/* 1 - erf(x), for x > 0 without loss: e^(-x^2) p(q) / (1 + 2x), q = (x - 3) / (x + 3). x^2 in two parts, the first of
 * them exact. */
static inline float nn_erfcf(float x) {
  float a = nn_absf(x), b = nn_select(a > 10.5f, 10.5f, a);
  float high = nn_from_bits(nn_bits(b) & 0xfffff000u);
  float rest = (b - high) * (b + high);
  float q = (b - 3.0f) / (b + 3.0f), p, y;
  p = -1.86015517e-4f;
  p = p * q + 2.18344061e-3f;
  p = p * q + 2.19773268e-3f;
  p = p * q - 2.40007341e-2f;
  p = p * q + 6.83717802e-2f;
  p = p * q - 0.119221881f;
  p = p * q + 0.129640356f;
  p = p * q - 4.75660041e-2f;
  p = p * q - 0.135620981f;
  p = p * q + 1.25300813f;
  p = p * (1.0f - rest * (1.0f - rest * (0.5f - rest * (0.166666672f - rest * 4.1666668e-2f)))) / (1.0f + 2.0f * b);
  y = nn_expf(-high * high) * p;
  y = nn_select(a != a, a, y);
  return nn_select(x < 0.0f, 2.0f - y, y);
}

/* ---- trigonometry ---- */

/* x = n pi/2 + r, |r| <= pi/4. pi/2 in parts of ten bits: n times each is exact, n <= 2^14. Returns n + NN_ROUND. */
static inline float nn_quarter(float x, float *r) {
  float shifted = x * 0.636619772f + NN_ROUND;
  float n = shifted - NN_ROUND;
  *r = (((x - n * 1.5703125f) - n * 4.83512878e-4f) - n * 3.13855708e-7f) - n * 6.07710051e-11f;
  return shifted;
}

#define NN_TURNS 25000.0f /* above, libm: rare, and then one call costs little */

static inline float nn_sin_near(float r) {
  float s = r * r;
  float p = (2.71823728e-6f * s - 1.98393274e-4f) * s + 8.33332911e-3f;
  return r + r * s * (p * s - 0.166666672f);
}

static inline float nn_cos_near(float r) {
  float s = r * r;
  float p = (2.47995122e-5f - 2.72095491e-7f * s) * s - 1.38888834e-3f;
  return 1.0f + (s * s * (p * s + 4.16666679e-2f) - 0.5f * s);
}

/* sin(x + turn pi/2) within NN_TURNS. */
static inline float nn_sin_turned(float x, uint32_t turn) {
  float r, y;
  uint32_t n = nn_bits(nn_quarter(x, &r)) + turn;
  y = nn_select((n & 1u) != 0u, nn_cos_near(r), nn_sin_near(r));
  return nn_from_bits(nn_bits(y) ^ ((n & 2u) << 30));
}

static inline float nn_sinf(float x) {
  if (nn_absf(x) > NN_TURNS) return sinf(x);
  return nn_select(x == 0.0f, x, nn_sin_turned(x, 0u));
}

static inline float nn_cosf(float x) {
  if (nn_absf(x) > NN_TURNS) return cosf(x);
  return nn_sin_turned(x, 1u);
}

static inline float nn_tanf(float x) {
  float r, s, c, y;
  int odd;
  if (nn_absf(x) > NN_TURNS) return tanf(x);
  odd = (nn_bits(nn_quarter(x, &r)) & 1u) != 0u;
  s = nn_sin_near(r);
  c = nn_cos_near(r);
  y = nn_select(odd, -c, s) / nn_select(odd, s, c);
  return nn_select(x == 0.0f, x, y);
}

/* Angles are brought below pi/8: atan(a) = pi/4 + atan((a-1)/(a+1)) = pi/2 + atan(-1/a). */
static inline float nn_atanf(float x) {
  float a = nn_absf(x);
  int middle = a > 0.414213562f, far = a > 2.41421356f;
  float top = nn_select(far, -1.0f, nn_select(middle, a - 1.0f, a));
  float bottom = nn_select(far, a, nn_select(middle, a + 1.0f, 1.0f));
  float base = nn_select(far, 1.57079637f, nn_select(middle, 0.785398185f, 0.0f));
  float low = base * -2.78275241e-8f; /* what base lacks */
  float t = top / bottom, s = t * t, p;
  p = -6.08299412e-2f;
  p = p * s + 0.10595829f;
  p = p * s - 0.142438263f;
  p = p * s + 0.199984878f;
  p = p * s - 0.333333164f;
  return nn_with_sign(base + (t + (t * s * p + low)), x);
}

/* (asin(r) / r - 1) / r^2, s = r^2 <= 1/4. */
static inline float nn_asin_tail(float s) {
  float p = 4.21663597e-2f;
  p = p * s + 2.41794791e-2f;
  p = p * s + 4.5470383e-2f;
  p = p * s + 7.49529749e-2f;
  return p * s + 0.166667521f;
}

/* From 1/2 on by half of the other angle: asin(a) = pi/2 - 2 asin(sqrt((1-a)/2)) (Abramowitz, Stegun 1964, 4.3.20). */
static inline float nn_asinf(float x) {
  float a = nn_absf(x);
  int far = a > 0.5f;
  float s = nn_select(far, 0.5f - 0.5f * a, a * a), r = nn_select(far, sqrtf(s), a);
  float y = r + r * s * nn_asin_tail(s);
  return nn_with_sign(nn_select(far, 1.57079637f - (2.0f * y + 4.37113883e-8f), y), x);
}

/* pi/2 - asin(x); from 1/2 on by half of the angle, 2 asin(sqrt((1-x)/2)), from -1/2 down by that of -x. */
static inline float nn_acosf(float x) {
  float a = nn_absf(x);
  int far = a > 0.5f;
  float s = nn_select(far, 0.5f - 0.5f * a, a * a), r = nn_select(far, sqrtf(s), x);
  float tail = r * s * nn_asin_tail(s);
  float left = 3.14159274f - (2.0f * r + (2.0f * tail + 8.74227766e-8f));
  float middle = 1.57079637f - (r + (tail + 4.37113883e-8f));
  return nn_select(far, nn_select(x < 0.0f, left, 2.0f * (r + tail)), middle);
}

/* ---- hyperbolic functions ---- */

/* (e^a - e^-a) / 2, by e^a / 2, which is finite where the result is; below 1 a polynomial. */
static inline float nn_sinhf(float x) {
  float a = nn_absf(x), s = x * x, half = nn_exp_halved(a, 1u);
  float p = 2.81695134e-6f;
  p = p * s + 1.98361595e-4f;
  p = p * s + 8.3333496e-3f;
  p = p * s + 0.166666672f;
  return nn_with_sign(nn_select(a < 1.0f, a + a * s * p, half - 0.25f / half), x);
}

/* (e^a + e^-a) / 2 in the same way. */
static inline float nn_coshf(float x) {
  float half = nn_exp_halved(nn_absf(x), 1u);
  return half + 0.25f / half;
}

#define NN_FAR 4096.0f /* from here on log(2x) is the inverse of sinh and of cosh: the next term is 1/(4x^2) */

/* asinh(a) = log(1 + a + a^2 / (1 + sqrt(1 + a^2))) (Kahan 1987). */
static inline float nn_asinhf(float x) {
  float a = nn_absf(x), s = x * x;
  float t = nn_select(a > NN_FAR, a, a + s / (1.0f + sqrtf(1.0f + s)));
  float y = nn_log_after(t, a > NN_FAR);
  return nn_with_sign(nn_select(a < NN_INFINITY, y, a), x);
}

/* acosh(x) = log(1 + t + sqrt(2t + t^2)), t = x - 1 (Kahan 1987). */
static inline float nn_acoshf(float x) {
  float t = x - 1.0f;
  float y = nn_log_after(nn_select(x > NN_FAR, x, t + sqrtf(t * (t + 2.0f))), x > NN_FAR);
  y = nn_select(x < NN_INFINITY, y, x);
  return nn_select(x < 1.0f, NN_NAN, y);
}

/* atanh(a) = log((1 + a)/(1 - a)) / 2 (Abramowitz and Stegun 1964, 4.6.22), the quotient as 1 + 2a/(1 - a). */
static inline float nn_atanhf(float x) {
  float a = nn_absf(x);
  return nn_with_sign(0.5f * nn_log1pf(2.0f * a / (1.0f - a)), x);
}

/* ---- powers and the gamma family: by libm ---- */

static inline float nn_powf(float a, float b) { return powf(a, b); }

#include "nn_gamma.h"

#endif
