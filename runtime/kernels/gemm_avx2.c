/* gemm_avx2.c: a tile of the matrix product in AVX2 registers. SPDX-License-Identifier: 0BSD
 *
 * As gemm_avx512.c, with half the registers of half the size: up to 6 rows and 2 vectors of 8 columns, 12 sums. Masked
 * loads and stores are slow here, so tiles of whole vectors have functions of their own. */
#include "gemm_internal.h"

#if NN_GEMM_X86
#include <immintrin.h>

#define AVX2        __attribute__((target("avx2,fma")))
#define AVX2_INLINE static inline __attribute__((always_inline, target("avx2,fma")))

enum { ROWS = 6, LANES = 8, VECTORS = 2, COLUMNS = VECTORS * LANES, GROUP = 3 };

static const int mask_source[2 * LANES] = {-1, -1, -1, -1, -1, -1, -1, -1};

/* The first n lanes, n = 0..8. */
AVX2_INLINE __m256i lanes(int n) {
  return _mm256_loadu_si256((const __m256i *)(const void *)(mask_source + LANES - n));
}

AVX2_INLINE __m256 load(int whole, const float *from, __m256i mask) {
  return whole ? _mm256_loadu_ps(from) : _mm256_maskload_ps(from, mask);
}

AVX2_INLINE void store(int whole, float *to, __m256i mask, __m256 x) {
  if (whole) _mm256_storeu_ps(to, x);
  else _mm256_maskstore_ps(to, mask, x);
}

/* ---- the tile ---- */

typedef void tile_function(int columns, int k, const float *a, ptrdiff_t a_row, ptrdiff_t a_step, const float *b,
                           ptrdiff_t b_step, float alpha, float beta, float *c, ptrdiff_t c_row);

AVX2_INLINE void store_row(const __m256 *sum, int vectors, int whole, __m256i last, float alpha, float beta, float *c) {
  NN_GEMM_UNROLL
  for (int v = 0; v < vectors; v++) {
    int all = whole || v < vectors - 1;
    __m256 y = _mm256_mul_ps(_mm256_set1_ps(alpha), sum[v]);
    if (beta != 0.0f) y = _mm256_fmadd_ps(_mm256_set1_ps(beta), load(all, c + v * LANES, last), y);
    store(all, c + v * LANES, last, y);
  }
}

/* `rows`, `vectors` and `whole` (no vector is cut) are constants where this is inlined. */
AVX2_INLINE void tile_of(int rows, int vectors, int whole, int columns, int k, const float *a, ptrdiff_t a_row,
                         ptrdiff_t a_step, const float *b, ptrdiff_t b_step, float alpha, float beta, float *c,
                         ptrdiff_t c_row) {
  __m256 sum[ROWS][VECTORS], vector[VECTORS];
  const float *group[(ROWS + GROUP - 1) / GROUP];
  __m256i last = lanes(columns - LANES * (vectors - 1));
  NN_GEMM_UNROLL
  for (int i = 0; i < rows; i++) {
    NN_GEMM_UNROLL
    for (int v = 0; v < vectors; v++) sum[i][v] = _mm256_setzero_ps();
  }
  NN_GEMM_UNROLL
  for (int i = 0; i < rows; i += GROUP) group[i / GROUP] = a + i * a_row;
  for (int p = 0; p < k; p++, b += b_step) {
    NN_GEMM_UNROLL
    for (int v = 0; v < vectors; v++) vector[v] = load(whole || v < vectors - 1, b + v * LANES, last);
    NN_GEMM_UNROLL
    for (int i = 0; i < rows; i++) {
      __m256 factor = _mm256_broadcast_ss(group[i / GROUP] + (i % GROUP) * a_row);
      NN_GEMM_UNROLL
      for (int v = 0; v < vectors; v++) sum[i][v] = _mm256_fmadd_ps(factor, vector[v], sum[i][v]);
    }
    NN_GEMM_UNROLL
    for (int i = 0; i < rows; i += GROUP) group[i / GROUP] += a_step;
  }
  NN_GEMM_UNROLL
  for (int i = 0; i < rows; i++) store_row(sum[i], vectors, whole, last, alpha, beta, c + i * c_row);
}

/* clang-format off */
#define TILE(rows, vectors, whole)                                                                                     \
  AVX2 static void tile_##rows##_##vectors##_##whole(int columns, int k, const float *a, ptrdiff_t a_row,              \
                                                     ptrdiff_t a_step, const float *b, ptrdiff_t b_step, float alpha,  \
                                                     float beta, float *c, ptrdiff_t c_row) {                          \
    tile_of(rows, vectors, whole, columns, k, a, a_row, a_step, b, b_step, alpha, beta, c, c_row);                     \
  }
#define TILES(rows) TILE(rows, 1, 0) TILE(rows, 1, 1) TILE(rows, 2, 0) TILE(rows, 2, 1)
TILES(1) TILES(2) TILES(3) TILES(4) TILES(5) TILES(6)
#undef TILE
#undef TILES

#define FOUR(rows) {{tile_##rows##_1_0, tile_##rows##_1_1}, {tile_##rows##_2_0, tile_##rows##_2_1}}
static tile_function *const tiles[ROWS][VECTORS][2] = {FOUR(1), FOUR(2), FOUR(3), FOUR(4), FOUR(5), FOUR(6)};
#undef FOUR
/* clang-format on */

static void tile(int rows, int columns, int k, const float *a, ptrdiff_t a_row, ptrdiff_t a_step, const float *b,
                 ptrdiff_t b_step, float alpha, float beta, float *c, ptrdiff_t c_row) {
  tiles[rows - 1][(columns - 1) / LANES][columns % LANES == 0](columns, k, a, a_row, a_step, b, b_step, alpha, beta, c,
                                                               c_row);
}

/* ---- turning 8 x 8 ---- */

/* Three rounds, each of which turns blocks twice as large as the round before: 1, 2, 4 floats. */
AVX2 static void turn_block(const float *from, ptrdiff_t from_row, float *to, ptrdiff_t to_row) {
  __m256 r[8], t[8];
  NN_GEMM_UNROLL
  for (int i = 0; i < 8; i++) r[i] = _mm256_loadu_ps(from + i * from_row);
  NN_GEMM_UNROLL
  for (int i = 0; i < 8; i += 2) {
    t[i] = _mm256_unpacklo_ps(r[i], r[i + 1]);
    t[i + 1] = _mm256_unpackhi_ps(r[i], r[i + 1]);
  }
  NN_GEMM_UNROLL
  for (int i = 0; i < 8; i += 4) {
    NN_GEMM_UNROLL
    for (int h = 0; h < 2; h++) {
      r[i + 2 * h] = _mm256_shuffle_ps(t[i + h], t[i + h + 2], 0x44);
      r[i + 2 * h + 1] = _mm256_shuffle_ps(t[i + h], t[i + h + 2], 0xee);
    }
  }
  NN_GEMM_UNROLL
  for (int h = 0; h < 4; h++) {
    _mm256_storeu_ps(to + h * to_row, _mm256_permute2f128_ps(r[h], r[h + 4], 0x20));
    _mm256_storeu_ps(to + (h + 4) * to_row, _mm256_permute2f128_ps(r[h], r[h + 4], 0x31));
  }
}

static void transpose(int rows, int columns, const float *from, ptrdiff_t from_row, float *to, ptrdiff_t to_row) {
  int i = 0;
  for (; i + 8 <= rows; i += 8) {
    int j = 0;
    for (; j + 8 <= columns; j += 8) turn_block(from + i * from_row + j, from_row, to + j * to_row + i, to_row);
    for (; j < columns; j++)
      for (int h = i; h < i + 8; h++) to[j * to_row + h] = from[h * from_row + j];
  }
  for (; i < rows; i++)
    for (int j = 0; j < columns; j++) to[j * to_row + i] = from[i * from_row + j];
}

/* ---- dot products ---- */

AVX2_INLINE float sum_of(__m256 x) {
  __m128 y = _mm_add_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps(x, 1));
  y = _mm_add_ps(y, _mm_movehl_ps(y, y));
  return _mm_cvtss_f32(_mm_add_ss(y, _mm_shuffle_ps(y, y, 1)));
}

AVX2_INLINE void dots_of_row(int columns, int k, const float *a, const float *b, ptrdiff_t b_row, float sum[4]) {
  __m256 s0 = _mm256_setzero_ps(), s1 = s0, s2 = s0, s3 = s0;
  /* A row that is not there is another copy of the first. */
  const float *b1 = columns > 1 ? b + b_row : b, *b2 = columns > 2 ? b + 2 * b_row : b;
  const float *b3 = columns > 3 ? b + 3 * b_row : b;
  for (int p = 0; p < k; p += LANES) {
    __m256i mask = lanes(k - p < LANES ? k - p : LANES);
    __m256 x = _mm256_maskload_ps(a + p, mask);
    s0 = _mm256_fmadd_ps(x, _mm256_maskload_ps(b + p, mask), s0);
    s1 = _mm256_fmadd_ps(x, _mm256_maskload_ps(b1 + p, mask), s1);
    s2 = _mm256_fmadd_ps(x, _mm256_maskload_ps(b2 + p, mask), s2);
    s3 = _mm256_fmadd_ps(x, _mm256_maskload_ps(b3 + p, mask), s3);
  }
  sum[0] = sum_of(s0);
  sum[1] = sum_of(s1);
  sum[2] = sum_of(s2);
  sum[3] = sum_of(s3);
}

AVX2 static void dots(int rows, int columns, int k, const float *a, ptrdiff_t a_row, const float *b, ptrdiff_t b_row,
                      float sum[4][4]) {
  for (int i = 0; i < rows; i++) dots_of_row(columns, k, a + i * a_row, b, b_row, sum[i]);
}

const nn_gemm_kernel nn_gemm_avx2 = {"AVX2", ROWS, COLUMNS, LANES, tile, transpose, dots};
#endif
