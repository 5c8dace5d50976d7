/* gemm_internal.h: what the files gemm*.c share; no part of the interface. SPDX-License-Identifier: 0BSD */
#ifndef NN_GEMM_INTERNAL_H
#define NN_GEMM_INTERNAL_H

#include <stddef.h>

/* Vector kernels need gcc's or clang's intrinsics; which of them run is asked of the processor at run time. */
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__TINYC__)
#define NN_GEMM_X86 1
#if defined(__clang__)
#define NN_GEMM_UNROLL _Pragma("clang loop unroll(full)")
#else
#define NN_GEMM_UNROLL _Pragma("GCC unroll 16")
#endif
#define NN_GEMM_BUFFER 16384 /* floats on the stack for a panel of B: 64 KiB */
#else
#define NN_GEMM_X86    0
#define NN_GEMM_BUFFER 1024
#endif

/* A register tile of C, at most `rows` by `columns`, and what belongs to it; `lanes` floats a vector. Element (i, p)
 * of A is a[i*a_row + p*a_step], (p, j) of B is b[p*b_step + j], (i, j) of C is c[i*c_row + j]. */
typedef struct nn_gemm_kernel {
  const char *name;
  int rows, columns, lanes;
  /* C = alpha A B + beta C; beta == 0 never reads C. k may be 0. */
  void (*tile)(int rows, int columns, int k, const float *a, ptrdiff_t a_row, ptrdiff_t a_step, const float *b,
               ptrdiff_t b_step, float alpha, float beta, float *c, ptrdiff_t c_row);
  /* to[j*to_row + i] = from[i*from_row + j], i < rows, j < columns. */
  void (*transpose)(int rows, int columns, const float *from, ptrdiff_t from_row, float *to, ptrdiff_t to_row);
  /* sum[i][j] = sum over p of a[i*a_row + p] b[j*b_row + p], i < rows <= 4, j < columns <= 4. What lies beyond may be
   * written too. For products too thin to fill a tile. */
  void (*dots)(int rows, int columns, int k, const float *a, ptrdiff_t a_row, const float *b, ptrdiff_t b_row,
               float sum[4][4]);
} nn_gemm_kernel;

extern const nn_gemm_kernel nn_gemm_portable;
#if NN_GEMM_X86
extern const nn_gemm_kernel nn_gemm_avx2, nn_gemm_avx512;
#endif

/* The best kernel of this processor. */
const nn_gemm_kernel *nn_gemm_kernel_here(void);

/* nn_gemm by one kernel. */
void nn_gemm_with(const nn_gemm_kernel *kernel, int ta, int tb, int m, int n, int k, float alpha, const float *a,
                  int lda, const float *b, int ldb, float beta, float *c, int ldc);

#endif
