/* random.c: draws from a counter, without a state. SPDX-License-Identifier: 0BSD
 *
 * In: a seed, a stream, how many; out: floats. Block b of a stream is Philox4x32-10 of the counter (b, stream) under
 * the key `seed` (Salmon, Moraes, Dror, Shaw: Parallel random numbers: as easy as 1, 2, 3; 2011): four words, four
 * elements. So element i can be had without its predecessors, and a draw is the same however it is cut over threads.
 * Normals are made in pairs (Box and Muller 1958) with the functions of nn_math.h, not libm's, which differ between
 * systems. */
#if defined(__clang__)
#pragma STDC FP_CONTRACT OFF /* a product is rounded before it is added, everywhere; gcc -std=c11 does so by itself */
#endif

#include "nn.h"
#include "nn_math.h"

void nn_philox(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4]) {
  uint32_t c0 = counter[0], c1 = counter[1], c2 = counter[2], c3 = counter[3], k0 = key[0], k1 = key[1];
  for (int round = 0; round < 10; round++) {
    uint64_t p0 = (uint64_t)0xD2511F53u * c0, p1 = (uint64_t)0xCD9E8D57u * c2;
    c0 = (uint32_t)(p1 >> 32) ^ c1 ^ k0;
    c1 = (uint32_t)p1;
    c2 = (uint32_t)(p0 >> 32) ^ c3 ^ k1;
    c3 = (uint32_t)p0;
    k0 += 0x9E3779B9u; /* the golden ratio */
    k1 += 0xBB67AE85u; /* sqrt(3) - 1 */
  }
  out[0] = c0;
  out[1] = c1;
  out[2] = c2;
  out[3] = c3;
}

static void block_of_words(uint64_t seed, uint64_t stream, uint64_t block, uint32_t out[4]) {
  const uint32_t counter[4] = {(uint32_t)block, (uint32_t)(block >> 32), (uint32_t)stream, (uint32_t)(stream >> 32)};
  const uint32_t key[2] = {(uint32_t)seed, (uint32_t)(seed >> 32)};
  nn_philox(counter, key, out);
}

/* Four words to four floats on [0, 1), multiples of 2^-24. */
static void four_uniform(const uint32_t words[4], float out[4]) {
  for (int j = 0; j < 4; j++) out[j] = (float)(words[j] >> 8) * 0x1p-24f;
}

/* Two pairs (radius, angle) to four standard normals. The radius comes from (0, 1], from all 32 bits: up to 6.66. */
static void four_normal(const uint32_t words[4], float out[4]) {
  for (int j = 0; j < 4; j += 2) {
    float u = ((float)words[j] + 0.5f) * 0x1p-32f;
    float radius = nn_sqrtf(-2.0f * nn_logf(u > 1.0f ? 1.0f : u));
    float angle = (float)(words[j + 1] >> 8) * 0x1p-24f; /* in turns; from -1/2 on, for a short reduction */
    angle = (angle - 0.5f) * 6.28318531f;
    out[j] = radius * nn_cosf(angle);
    out[j + 1] = radius * nn_sinf(angle);
  }
}

typedef void four_values(const uint32_t words[4], float out[4]);

/* out[i] = shift + scale * value i, four at a time; the last block may be cut. */
static void draw(four_values *values, float *out, size_t count, float shift, float scale, uint64_t seed,
                 uint64_t stream) {
  for (size_t i = 0; i < count; i += 4) {
    uint32_t words[4];
    float four[4];
    size_t left = count - i < 4 ? count - i : 4;
    block_of_words(seed, stream, i / 4, words);
    values(words, four);
    for (size_t j = 0; j < left; j++) out[i + j] = shift + scale * four[j];
  }
}

void nn_draw_uniform(float *out, size_t count, float a, float b, uint64_t seed, uint64_t stream) {
  float last = nn_from_bits(nn_bits(b) + (b > 0.0f ? -1u : 1u)); /* the float below b: rounding may reach b itself */
  draw(four_uniform, out, count, a, b - a, seed, stream);
  if (!(a < b)) return;
  if (b == 0.0f) last = -1e-45f;
  for (size_t i = 0; i < count; i++) out[i] = out[i] < b ? out[i] : last;
}

void nn_draw_normal(float *out, size_t count, float a, float b, uint64_t seed, uint64_t stream) {
  draw(four_normal, out, count, a, b, seed, stream);
}

void nn_noise(float *out, int normal, size_t first, size_t count, uint64_t seed, uint64_t stream) {
  for (size_t block = first / 4; 4 * block < first + count; block++) {
    uint32_t words[4];
    float four[4];
    block_of_words(seed, stream, block, words);
    (normal ? four_normal : four_uniform)(words, four);
    for (size_t j = 0; j < 4; j++) {
      size_t i = 4 * block + j;
      if (i >= first && i < first + count) out[i - first] = normal ? four[j] : 0x1p-25f + four[j];
    }
  }
}

/* ---- truncated ---- */

/* The quantile function of the standard normal for p in 0.02 .. 0.98, to a float's precision (Wichura 1988, algorithm
 * AS 241, PPND7): a rational function around 1/2, another of sqrt(-log) further out. */
static float quantile(float p) {
  float q = p - 0.5f;
  if (nn_absf(q) <= 0.425f) {
    float r = 0.180625f - q * q;
    return q * (((59.109374720f * r + 159.29113202f) * r + 50.434271938f) * r + 3.3871327179f) /
           (((67.187563600f * r + 78.757757664f) * r + 17.895169469f) * r + 1.0f);
  }
  float r = nn_sqrtf(-nn_logf(q < 0.0f ? p : 1.0f - p)) - 1.6f;
  float x = (((0.17023821103f * r + 1.3067284816f) * r + 2.7568153900f) * r + 1.4234372777f) /
            ((0.12021132975f * r + 0.73700164250f) * r + 1.0f);
  return q < 0.0f ? -x : x;
}

/* A uniform between the two ends' probabilities, through the quantile function: a word for an element, no rejection. */
static void four_truncated(const uint32_t words[4], float out[4]) {
  const float below = 0.02275013195f; /* of -2 */
  four_uniform(words, out);
  for (int j = 0; j < 4; j++) {
    float x = quantile(below + (1.0f - 2.0f * below) * out[j]);
    out[j] = x < -2.0f ? -2.0f : x > 2.0f ? 2.0f : x;
  }
}

void nn_draw_truncated_normal(float *out, size_t count, float a, float b, uint64_t seed, uint64_t stream) {
  draw(four_truncated, out, count, a, b, seed, stream);
}

/* ---- orthogonal ---- */

/* sums[i] = sum over e of x[e * n] * y[e * n + i], for i below `width`, at most 32: a column times its neighbours, row
 * by row. */
static void columns_times(const float *x, const float *y, size_t length, size_t n, size_t width, float sums[32]) {
  for (size_t i = 0; i < width; i++) sums[i] = 0.0f;
  for (size_t e = 0; e < length; e++)
    for (size_t i = 0; i < width; i++) sums[i] += x[e * n] * y[e * n + i];
}

/* Gram and Schmidt, the modified form, over the columns of [length, n]: each is made a unit vector, then taken out of
 * all that follow, a block of 32 at a time. */
static void orthonormal_columns(float *a, size_t length, size_t n) {
  float sums[32];
  for (size_t j = 0; j < n; j++) {
    float *x = a + j;
    columns_times(x, x, length, n, 1, sums);
    float scale = sums[0] > 0.0f ? 1.0f / nn_sqrtf(sums[0]) : 0.0f;
    for (size_t e = 0; e < length; e++) x[e * n] *= scale;
    for (size_t first = j + 1; first < n; first += 32) {
      size_t width = n - first < 32 ? n - first : 32;
      columns_times(x, a + first, length, n, width, sums);
      for (size_t e = 0; e < length; e++)
        for (size_t i = 0; i < width; i++) a[e * n + first + i] -= sums[i] * x[e * n];
    }
  }
}

/* The same over the rows of [n, length]. Eight partial sums, so that a compiler may use vectors. */
static void orthonormal_rows(float *a, size_t n, size_t length) {
  for (size_t j = 0; j < n; j++) {
    float *x = a + j * length;
    for (size_t i = j; i < n; i++) { /* first with itself, to make it a unit vector */
      float *y = a + i * length, part[8] = {0.0f}, sum = 0.0f;
      size_t e = 0;
      for (; e + 8 <= length; e += 8)
        for (size_t k = 0; k < 8; k++) part[k] += x[e + k] * y[e + k];
      for (; e < length; e++) part[0] += x[e] * y[e];
      for (size_t k = 0; k < 8; k++) sum += part[k];
      float scale = sum > 0.0f ? 1.0f / nn_sqrtf(sum) : 0.0f;
      if (i == j)
        for (e = 0; e < length; e++) x[e] *= scale;
      else
        for (e = 0; e < length; e++) y[e] -= sum * x[e];
    }
  }
}

/* The directions of independent normals are uniform (Saxe, McClelland and Ganguli 2014, section 3.1). The second round
 * takes out what rounding left in the first. */
void nn_draw_orthogonal(float *out, size_t rows, size_t cols, float gain, uint64_t seed, uint64_t stream) {
  nn_draw_normal(out, rows * cols, 0.0f, 1.0f, seed, stream);
  for (int round = 0; round < 2; round++)
    if (rows <= cols) orthonormal_rows(out, rows, cols);
    else orthonormal_columns(out, rows, cols);
  for (size_t i = 0; i < rows * cols; i++) out[i] *= gain;
}
