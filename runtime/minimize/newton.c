/* newton.c: Newton's direction, made one of descent. SPDX-License-Identifier: 0BSD
 *
 * In: a point, its gradient g, products with the Hessian H. Out: d with H d = -g, nearly. With few variables H is made,
 * a product for each column, and factored; where it is not positive definite, a multiple of the unit matrix is added
 * that makes it so (Nocedal and Wright 2006, algorithm 3.3). With many, the system is solved by conjugate gradients
 * until the residual is a small part of g, or until a direction of negative curvature is met (algorithm 7.1). */
#include "minimize/minimizer.h"

#include <float.h>
#include <math.h>
#include <string.h>

/* ---- Cholesky's factors ---- */

#ifdef NN_LAPACK
/* Fortran's: columns first, so its upper triangle is our lower one. */
void dpotrf_(const char *triangle, const int *n, double *a, const int *lda, int *info, size_t length);
void dpotrs_(const char *triangle, const int *n, const int *columns, const double *a, const int *lda, double *b,
             const int *ldb, int *info, size_t length);

int nn_cholesky(size_t n, double *a) {
  int size = (int)n, info = 0;
  if (n) dpotrf_("U", &size, a, &size, &info, 1);
  return info ? -1 : 0;
}

void nn_cholesky_solve(size_t n, const double *a, double *b) {
  int size = (int)n, one = 1, info = 0;
  if (n) dpotrs_("U", &size, &one, a, &size, b, &size, &info, 1);
}
#else
int nn_cholesky(size_t n, double *a) {
  for (size_t i = 0; i < n; i++)
    for (size_t j = 0; j <= i; j++) {
      double rest = a[i * n + j] - nn_vector_dot(j, a + i * n, a + j * n);
      if (i == j && !(rest > 0)) return -1;
      a[i * n + j] = i == j ? sqrt(rest) : rest / a[j * n + j];
    }
  return 0;
}

void nn_cholesky_solve(size_t n, const double *a, double *b) {
  for (size_t i = 0; i < n; i++) b[i] = (b[i] - nn_vector_dot(i, a + i * n, b)) / a[i * n + i];
  for (size_t i = n; i-- > 0;) {
    for (size_t j = i + 1; j < n; j++) b[i] -= a[j * n + i] * b[j];
    b[i] /= a[i * n + i];
  }
}
#endif

/* ---- few variables ---- */

static void product(nn_minimizer *m, const double *u, double *hu) {
  m->function.product(m->function.context, m->x, u, hu);
  m->products++;
}

/* The Hessian in both triangles, its halves averaged. Returns the root of the mean square of its elements' rows. */
static double make_hessian(nn_minimizer *m) {
  size_t n = m->function.n;
  double *unit = m->extra, *h = m->matrix, squares = 0;
  memset(unit, 0, n * sizeof *unit);
  for (size_t i = 0; i < n; i++) {
    unit[i] = 1;
    product(m, unit, h + i * n);
    unit[i] = 0;
  }
  for (size_t i = 0; i < n; i++)
    for (size_t j = 0; j <= i; j++) {
      h[i * n + j] = h[j * n + i] = 0.5 * (h[i * n + j] + h[j * n + i]);
      squares += (i == j ? 1 : 2) * h[i * n + j] * h[i * n + j];
    }
  return sqrt(squares / (double)n);
}

/* The upper triangle keeps H; the lower one and the diagonal are restored from it and from `diagonal`. */
static int factor_shifted(size_t n, double *h, const double *diagonal, double shift) {
  for (size_t i = 0; i < n; i++) {
    for (size_t j = 0; j < i; j++) h[i * n + j] = h[j * n + i];
    h[i * n + i] = diagonal[i] + shift;
  }
  return nn_cholesky(n, h);
}

static void dense_direction(nn_minimizer *m) {
  size_t n = m->function.n;
  double *h = m->matrix, *diagonal = m->extra, scale = make_hessian(m), least = INFINITY, shift = 0;
  for (size_t i = 0; i < n; i++) least = fmin(least, diagonal[i] = h[i * n + i]);
  double step = isfinite(scale) && scale > 0 ? 1e-3 * scale : 1;
  if (!(least > 0)) shift = step - least;
  for (int k = 0; k < 100 && factor_shifted(n, h, diagonal, shift); k++) shift = fmax(2 * shift, step);
  for (size_t k = 0; k < n; k++) m->direction[k] = -m->g[k];
  nn_cholesky_solve(n, h, m->direction);
}

/* ---- many variables ---- */

static void iterative_direction(nn_minimizer *m) {
  size_t n = m->function.n;
  double *r = m->extra, *p = m->extra + n, *hp = m->extra + 2 * n, *d = m->direction;
  memcpy(r, m->g, n * sizeof *r);
  for (size_t k = 0; k < n; k++) p[k] = -r[k], d[k] = 0;
  double squares = nn_vector_dot(n, r, r), norm = sqrt(squares), enough = fmin(0.5, sqrt(norm)) * norm;
  for (size_t round = 0; round < 2 * n + 10; round++) {
    product(m, p, hp);
    double curvature = nn_vector_dot(n, p, hp);
    if (!(curvature > DBL_EPSILON * nn_vector_dot(n, p, p))) {
      if (round == 0) memcpy(d, p, n * sizeof *d);
      return;
    }
    nn_vector_add(n, squares / curvature, p, d);
    nn_vector_add(n, squares / curvature, hp, r);
    double next = nn_vector_dot(n, r, r);
    if (sqrt(next) <= enough) return;
    for (size_t k = 0; k < n; k++) p[k] = next / squares * p[k] - r[k];
    squares = next;
  }
}

void nn_newton_direction(nn_minimizer *m) {
  m->fresh = 0;
  if (m->function.n <= m->dense) dense_direction(m);
  else iterative_direction(m);
}
