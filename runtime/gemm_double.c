/* gemm_double.c: the product of two matrices in double precision. SPDX-License-Identifier: 0BSD
 *
 * In: nn_gemm_double's arguments (nn.h); out: C. The BLAS's where there is one; else rows of B, scaled and added to rows
 * of C, in an order in which memory is read in rows. Full-batch methods use it. */
#include "nn.h"

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
