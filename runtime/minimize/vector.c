/* vector.c: products and sums of vectors. SPDX-License-Identifier: 0BSD
 *
 * In: vectors of n doubles. Out: their product, or the sum in the place of one of them. */
#include "minimize/minimize.h"

double nn_vector_dot(size_t n, const double *a, const double *b) {
  double sum = 0;
  for (size_t k = 0; k < n; k++) sum += a[k] * b[k];
  return sum;
}

void nn_vector_add(size_t n, double a, const double *x, double *y) {
  for (size_t k = 0; k < n; k++) y[k] += a * x[k];
}
