/* gemm_avx512.c: a tile of the matrix product in AVX-512 registers. SPDX-License-Identifier: 0BSD
 *
 * In: the tile's part of A and B as gemm_internal.h describes them; out: its part of C. A tile has up to 12 rows and 2
 * vectors of 16 columns: 24 sums, 2 vectors of B and one number of A spread over a vector, 27 of the 32 registers. Each
 * step of k is 14 loads for 24 multiply-adds, so the two multipliers are kept busy. 14 rows would fit, but not into one
 * set of the first cache (12 lines) when the rows of A are a multiple of 4096 bytes apart. There is a function for each
 * number of rows and vectors; the last vector is masked, which costs nothing. */
#include "gemm_internal.h"

#if NN_GEMM_X86
#include <immintrin.h>

#define AVX512        __attribute__((target("avx512f")))
#define AVX512_INLINE static inline __attribute__((always_inline, target("avx512f")))

enum { ROWS = 12, LANES = 16, VECTORS = 2, COLUMNS = VECTORS * LANES, GROUP = 3 };

/* The first n lanes. */
AVX512_INLINE __mmask16 lanes(int n) { return (__mmask16)((1u << n) - 1u); }

/* ---- the tile ---- */

typedef void tile_function(int columns, int k, const float *a, ptrdiff_t a_row, ptrdiff_t a_step, const float *b,
                           ptrdiff_t b_step, float alpha, float beta, float *c, ptrdiff_t c_row);

AVX512_INLINE void store_row(const __m512 *sum, int vectors, __mmask16 last, float alpha, float beta, float *c) {
  NN_GEMM_UNROLL
  for (int v = 0; v < vectors; v++) {
    __mmask16 mask = v == vectors - 1 ? last : (__mmask16)0xffff;
    __m512 y = _mm512_mul_ps(_mm512_set1_ps(alpha), sum[v]);
    if (beta != 0.0f) y = _mm512_fmadd_ps(_mm512_set1_ps(beta), _mm512_maskz_loadu_ps(mask, c + v * LANES), y);
    _mm512_mask_storeu_ps(c + v * LANES, mask, y);
  }
}

/* `rows` and `vectors` are constants where this is inlined: all loops over them unroll, all sums are registers. Rows of
 * A are reached by a pointer for every third row and multiples of a_row: fewer pointers than registers. */
AVX512_INLINE void tile_of(int rows, int vectors, int columns, int k, const float *a, ptrdiff_t a_row, ptrdiff_t a_step,
                           const float *b, ptrdiff_t b_step, float alpha, float beta, float *c, ptrdiff_t c_row) {
  __m512 sum[ROWS][VECTORS], vector[VECTORS];
  const float *group[(ROWS + GROUP - 1) / GROUP];
  __mmask16 last = lanes(columns - LANES * (vectors - 1));
  NN_GEMM_UNROLL
  for (int i = 0; i < rows; i++) {
    NN_GEMM_UNROLL
    for (int v = 0; v < vectors; v++) sum[i][v] = _mm512_setzero_ps();
  }
  NN_GEMM_UNROLL
  for (int i = 0; i < rows; i += GROUP) group[i / GROUP] = a + i * a_row;
  for (int p = 0; p < k; p++, b += b_step) {
    NN_GEMM_UNROLL
    for (int v = 0; v < vectors; v++)
      vector[v] = v == vectors - 1 ? _mm512_maskz_loadu_ps(last, b + v * LANES) : _mm512_loadu_ps(b + v * LANES);
    NN_GEMM_UNROLL
    for (int i = 0; i < rows; i++) {
      __m512 factor = _mm512_set1_ps(group[i / GROUP][(i % GROUP) * a_row]);
      NN_GEMM_UNROLL
      for (int v = 0; v < vectors; v++) sum[i][v] = _mm512_fmadd_ps(factor, vector[v], sum[i][v]);
    }
    NN_GEMM_UNROLL
    for (int i = 0; i < rows; i += GROUP) group[i / GROUP] += a_step;
  }
  NN_GEMM_UNROLL
  for (int i = 0; i < rows; i++) store_row(sum[i], vectors, last, alpha, beta, c + i * c_row);
}

/* clang-format off */
#define TILE(rows, vectors)                                                                                            \
  AVX512 static void tile_##rows##_##vectors(int columns, int k, const float *a, ptrdiff_t a_row, ptrdiff_t a_step,    \
                                             const float *b, ptrdiff_t b_step, float alpha, float beta, float *c,      \
                                             ptrdiff_t c_row) {                                                        \
    tile_of(rows, vectors, columns, k, a, a_row, a_step, b, b_step, alpha, beta, c, c_row);                            \
  }
#define TILES(rows) TILE(rows, 1) TILE(rows, 2)
TILES(1) TILES(2) TILES(3) TILES(4) TILES(5) TILES(6)
TILES(7) TILES(8) TILES(9) TILES(10) TILES(11) TILES(12)
#undef TILE
#undef TILES

#define PAIR(rows) {tile_##rows##_1, tile_##rows##_2}
static tile_function *const tiles[ROWS][VECTORS] = {PAIR(1), PAIR(2), PAIR(3), PAIR(4),  PAIR(5),  PAIR(6),
                                                    PAIR(7), PAIR(8), PAIR(9), PAIR(10), PAIR(11), PAIR(12)};
#undef PAIR
/* clang-format on */

static void tile(int rows, int columns, int k, const float *a, ptrdiff_t a_row, ptrdiff_t a_step, const float *b,
                 ptrdiff_t b_step, float alpha, float beta, float *c, ptrdiff_t c_row) {
  tiles[rows - 1][(columns - 1) / LANES](columns, k, a, a_row, a_step, b, b_step, alpha, beta, c, c_row);
}

/* ---- turning 16 x 16 ---- */

/* Four rounds, each of which turns blocks twice as large as the round before: 1, 2, 4, 8 floats. */
AVX512_INLINE void turn(__m512 r[16]) {
  __m512 t[16];
  NN_GEMM_UNROLL
  for (int i = 0; i < 16; i += 2) {
    t[i] = _mm512_unpacklo_ps(r[i], r[i + 1]);
    t[i + 1] = _mm512_unpackhi_ps(r[i], r[i + 1]);
  }
  NN_GEMM_UNROLL
  for (int i = 0; i < 16; i += 4) {
    NN_GEMM_UNROLL
    for (int h = 0; h < 2; h++) {
      __m512d x = _mm512_castps_pd(t[i + h]), y = _mm512_castps_pd(t[i + h + 2]);
      r[i + 2 * h] = _mm512_castpd_ps(_mm512_unpacklo_pd(x, y));
      r[i + 2 * h + 1] = _mm512_castpd_ps(_mm512_unpackhi_pd(x, y));
    }
  }
  NN_GEMM_UNROLL
  for (int i = 0; i < 16; i += 8) {
    NN_GEMM_UNROLL
    for (int h = 0; h < 4; h++) { /* 0x88: blocks 0 and 2 of both, 0xdd: blocks 1 and 3 */
      t[i + h] = _mm512_shuffle_f32x4(r[i + h], r[i + h + 4], 0x88);
      t[i + h + 4] = _mm512_shuffle_f32x4(r[i + h], r[i + h + 4], 0xdd);
    }
  }
  NN_GEMM_UNROLL
  for (int h = 0; h < 8; h++) {
    r[h] = _mm512_shuffle_f32x4(t[h], t[h + 8], 0x88);
    r[h + 8] = _mm512_shuffle_f32x4(t[h], t[h + 8], 0xdd);
  }
}

AVX512 static void turn_block(int rows, int columns, const float *from, ptrdiff_t from_row, float *to,
                              ptrdiff_t to_row) {
  __m512 r[16];
  __mmask16 in = lanes(columns), out = lanes(rows);
  if (rows == 16 && columns == 16) {
    NN_GEMM_UNROLL
    for (int i = 0; i < 16; i++) r[i] = _mm512_loadu_ps(from + i * from_row);
    turn(r);
    NN_GEMM_UNROLL
    for (int i = 0; i < 16; i++) _mm512_storeu_ps(to + i * to_row, r[i]);
    return;
  }
  NN_GEMM_UNROLL
  for (int i = 0; i < 16; i++) r[i] = i < rows ? _mm512_maskz_loadu_ps(in, from + i * from_row) : _mm512_setzero_ps();
  turn(r);
  NN_GEMM_UNROLL
  for (int i = 0; i < 16; i++)
    if (i < columns) _mm512_mask_storeu_ps(to + i * to_row, out, r[i]);
}

AVX512 static void transpose(int rows, int columns, const float *from, ptrdiff_t from_row, float *to,
                             ptrdiff_t to_row) {
  for (int i = 0; i < rows; i += 16)
    for (int j = 0; j < columns; j += 16)
      turn_block(rows - i < 16 ? rows - i : 16, columns - j < 16 ? columns - j : 16, from + i * from_row + j, from_row,
                 to + j * to_row + i, to_row);
}

/* ---- dot products ---- */

/* `rows` is a constant where this is inlined; a column that is not there is another copy of the first. */
AVX512_INLINE void dots_of(int rows, int columns, int k, const float *a, ptrdiff_t a_row, const float *b,
                           ptrdiff_t b_row, float sum[4][4]) {
  __m512 total[4][4], x[4];
  const float *column[4] = {b, columns > 1 ? b + b_row : b, columns > 2 ? b + 2 * b_row : b,
                            columns > 3 ? b + 3 * b_row : b};
  NN_GEMM_UNROLL
  for (int i = 0; i < rows; i++) total[i][0] = total[i][1] = total[i][2] = total[i][3] = _mm512_setzero_ps();
  for (int p = 0; p < k; p += LANES) {
    __mmask16 mask = k - p < LANES ? lanes(k - p) : (__mmask16)0xffff;
    NN_GEMM_UNROLL
    for (int i = 0; i < rows; i++) x[i] = _mm512_maskz_loadu_ps(mask, a + i * a_row + p);
    NN_GEMM_UNROLL
    for (int j = 0; j < 4; j++) {
      __m512 y = _mm512_maskz_loadu_ps(mask, column[j] + p);
      NN_GEMM_UNROLL
      for (int i = 0; i < rows; i++) total[i][j] = _mm512_fmadd_ps(x[i], y, total[i][j]);
    }
  }
  NN_GEMM_UNROLL
  for (int i = 0; i < rows; i++) {
    NN_GEMM_UNROLL
    for (int j = 0; j < 4; j++) sum[i][j] = _mm512_reduce_add_ps(total[i][j]);
  }
}

AVX512 static void dots(int rows, int columns, int k, const float *a, ptrdiff_t a_row, const float *b, ptrdiff_t b_row,
                        float sum[4][4]) {
  switch (rows) {
  case 1: dots_of(1, columns, k, a, a_row, b, b_row, sum); break;
  case 2: dots_of(2, columns, k, a, a_row, b, b_row, sum); break;
  case 3: dots_of(3, columns, k, a, a_row, b, b_row, sum); break;
  default: dots_of(4, columns, k, a, a_row, b, b_row, sum);
  }
}

const nn_gemm_kernel nn_gemm_avx512 = {"AVX-512", ROWS, COLUMNS, LANES, tile, transpose, dots};
#endif
