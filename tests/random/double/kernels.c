/* kernels.c: what generated C needs of the runtime, in double: a product straight from its definition, and draws that
 * nobody looks at, since every parameter is set. */
#include <math.h>
#define float double
#include "nn.h"

void nn_gemm(int ta, int tb, int m, int n, int k, float alpha, const float *a, int lda, const float *b, int ldb, float beta,
             float *c, int ldc) {
  for (int i = 0; i < m; i++)
    for (int j = 0; j < n; j++) {
      double sum = 0;
      for (int l = 0; l < k; l++) sum += (ta ? a[l * lda + i] : a[i * lda + l]) * (tb ? b[j * ldb + l] : b[l * ldb + j]);
      c[i * ldc + j] = alpha * sum + (beta == 0 ? 0 : beta * c[i * ldc + j]);
    }
}

void nn_draw_uniform(float *out, size_t count, float a, float b, uint64_t seed, uint64_t stream) {
  (void)seed, (void)stream;
  for (size_t k = 0; k < count; k++) out[k] = (a + b) / 2;
}

void nn_draw_normal(float *out, size_t count, float a, float b, uint64_t seed, uint64_t stream) {
  nn_draw_uniform(out, count, a - b, a + b, seed, stream);
}
