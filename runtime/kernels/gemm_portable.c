/* gemm_portable.c: a tile of the matrix product in plain C. SPDX-License-Identifier: 0BSD
 *
 * In: the tile's part of A and B as gemm_internal.h describes them; out: its part of C. A tile has up to 4 rows and 8
 * columns. Its sums are eight vectors of four floats, which gcc and clang keep in registers on any processor that has
 * such, and arrays of four for other compilers. Where fewer than 8 columns are left, B is copied in pieces, filled up
 * with 0. */
#include "gemm_internal.h"

#include <float.h>
#include <string.h>

enum { ROWS = 4, COLUMNS = 8, LANES = 4, PIECE = 32 };

/* ---- four floats ---- */

/* Not where a float is computed with as a double (i386 without SSE, s390x): that has no vectors. */
#if defined(__GNUC__) && !defined(__TINYC__) && FLT_EVAL_METHOD == 0
typedef float four __attribute__((vector_size(16)));
static inline four multiply_add(float x, four y, four sum) { return sum + x * y; }
#else
typedef struct {
  float lane[4];
} four;
static inline four multiply_add(float x, four y, four sum) {
  for (int i = 0; i < 4; i++) sum.lane[i] += x * y.lane[i];
  return sum;
}
#endif

static inline four load(const float *from) {
  four y;
  memcpy(&y, from, sizeof y);
  return y;
}

/* ---- the tile ---- */

/* sum[i][j] += sum over p of A[i][p] B[p][j], all 8 columns; `rows` is a constant where this is inlined. */
static inline void add_rows(int rows, int k, const float *a, ptrdiff_t a_row, ptrdiff_t a_step, const float *b,
                            ptrdiff_t b_step, float sum[ROWS][COLUMNS]) {
  four left[ROWS], right[ROWS];
  for (int i = 0; i < rows; i++) {
    left[i] = load(sum[i]);
    right[i] = load(sum[i] + LANES);
  }
  for (int p = 0; p < k; p++, a += a_step, b += b_step) {
    four b_left = load(b), b_right = load(b + LANES);
    for (int i = 0; i < rows; i++) {
      left[i] = multiply_add(a[i * a_row], b_left, left[i]);
      right[i] = multiply_add(a[i * a_row], b_right, right[i]);
    }
  }
  for (int i = 0; i < rows; i++) {
    memcpy(sum[i], &left[i], sizeof left[i]);
    memcpy(sum[i] + LANES, &right[i], sizeof right[i]);
  }
}

static void add(int rows, int k, const float *a, ptrdiff_t a_row, ptrdiff_t a_step, const float *b, ptrdiff_t b_step,
                float sum[ROWS][COLUMNS]) {
  switch (rows) {
  case 1: add_rows(1, k, a, a_row, a_step, b, b_step, sum); break;
  case 2: add_rows(2, k, a, a_row, a_step, b, b_step, sum); break;
  case 3: add_rows(3, k, a, a_row, a_step, b, b_step, sum); break;
  default: add_rows(4, k, a, a_row, a_step, b, b_step, sum);
  }
}

static void add_narrow(int rows, int columns, int k, const float *a, ptrdiff_t a_row, ptrdiff_t a_step, const float *b,
                       ptrdiff_t b_step, float sum[ROWS][COLUMNS]) {
  float piece[PIECE][COLUMNS] = {{0}};
  for (int p = 0; p < k; p += PIECE) {
    int here = k - p < PIECE ? k - p : PIECE;
    for (int q = 0; q < here; q++)
      for (int j = 0; j < columns; j++) piece[q][j] = b[(p + q) * b_step + j];
    add(rows, here, a + p * a_step, a_row, a_step, piece[0], COLUMNS, sum);
  }
}

static void tile(int rows, int columns, int k, const float *a, ptrdiff_t a_row, ptrdiff_t a_step, const float *b,
                 ptrdiff_t b_step, float alpha, float beta, float *c, ptrdiff_t c_row) {
  float sum[ROWS][COLUMNS] = {{0}};
  if (columns == COLUMNS) add(rows, k, a, a_row, a_step, b, b_step, sum);
  else add_narrow(rows, columns, k, a, a_row, a_step, b, b_step, sum);
  for (int i = 0; i < rows; i++) {
    float *row = c + i * c_row;
    if (beta == 0.0f)
      for (int j = 0; j < columns; j++) row[j] = alpha * sum[i][j];
    else
      for (int j = 0; j < columns; j++) row[j] = alpha * sum[i][j] + beta * row[j];
  }
}

static void transpose(int rows, int columns, const float *from, ptrdiff_t from_row, float *to, ptrdiff_t to_row) {
  for (int j = 0; j < columns; j++)
    for (int i = 0; i < rows; i++) to[j * to_row + i] = from[i * from_row + j];
}

/* ---- dot products ---- */

/* Eight partial sums: vectors, without leave to reorder additions. */
static float dot(int k, const float *a, const float *b) {
  float part[8] = {0}, rest = 0.0f;
  int p = 0;
  for (; p + 8 <= k; p += 8)
    for (int j = 0; j < 8; j++) part[j] += a[p + j] * b[p + j];
  for (; p < k; p++) rest += a[p] * b[p];
  return ((part[0] + part[4]) + (part[1] + part[5])) + ((part[2] + part[6]) + (part[3] + part[7])) + rest;
}

static void dots(int rows, int columns, int k, const float *a, ptrdiff_t a_row, const float *b, ptrdiff_t b_row,
                 float sum[4][4]) {
  for (int i = 0; i < rows; i++)
    for (int j = 0; j < columns; j++) sum[i][j] = dot(k, a + i * a_row, b + j * b_row);
}

const nn_gemm_kernel nn_gemm_portable = {"portable", ROWS, COLUMNS, LANES, tile, transpose, dots};
