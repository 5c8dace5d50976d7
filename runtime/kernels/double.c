/* double.c: kernels in double precision, for full-batch methods. SPDX-License-Identifier: 0BSD
 *
 * The product of two matrices (nn.h): the BLAS's where there is one; else rows of B, scaled and added to rows of C, in
 * an order in which memory is read in rows. And draws: those of floats, widened, so that a loss in double precision is
 * the one that is trained. */
#include "nn.h"

#include <string.h>

#ifdef NN_BLAS
#include <cblas.h>

void nn_gemm_double(int ta, int tb, int m, int n, int k, double alpha, const double *a, int lda, const double *b,
                    int ldb, double beta, double *c, int ldc) {
  if (m < 1 || n < 1) return;
  cblas_dgemm(CblasRowMajor, ta ? CblasTrans : CblasNoTrans, tb ? CblasTrans : CblasNoTrans, m, n, k, alpha, a, lda, b,
              ldb, beta, c, ldc);
}
#else
static void add_row(double *restrict c, const double *restrict b, double by, int n, int step) {
  if (step == 1)
    for (int j = 0; j < n; j++) c[j] += by * b[j];
  else
    for (int j = 0; j < n; j++) c[j] += by * b[(ptrdiff_t)j * step];
}

void nn_gemm_double(int ta, int tb, int m, int n, int k, double alpha, const double *a, int lda, const double *b,
                    int ldb, double beta, double *c, int ldc) {
  for (ptrdiff_t i = 0; i < m; i++) {
    double *row = c + i * ldc;
    for (int j = 0; j < n; j++) row[j] = beta == 0.0 ? 0.0 : beta * row[j];
    for (ptrdiff_t p = 0; p < k; p++)
      add_row(row, tb ? b + p : b + p * ldb, alpha * (ta ? a[p * lda + i] : a[i * lda + p]), n, tb ? ldb : 1);
  }
}
#endif

/* The first half of the array holds floats; from the last to the first they become doubles in place. */
static void widen(double *out, size_t count) {
  char *bytes = (char *)out;
  for (size_t k = count; k-- > 0;) {
    float narrow;
    memcpy(&narrow, bytes + k * sizeof narrow, sizeof narrow);
    double wide = (double)narrow;
    memcpy(bytes + k * sizeof wide, &wide, sizeof wide);
  }
}

void nn_draw_uniform_double(double *out, size_t count, double a, double b, uint64_t seed, uint64_t stream) {
  nn_draw_uniform((float *)(void *)out, count, (float)a, (float)b, seed, stream);
  widen(out, count);
}

void nn_draw_normal_double(double *out, size_t count, double a, double b, uint64_t seed, uint64_t stream) {
  nn_draw_normal((float *)(void *)out, count, (float)a, (float)b, seed, stream);
  widen(out, count);
}
