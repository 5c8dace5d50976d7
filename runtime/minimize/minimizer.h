/* minimizer.h: what the files of minimize/ share. SPDX-License-Identifier: 0BSD */
#ifndef NN_MINIMIZER_H
#define NN_MINIMIZER_H

#include "minimize/minimize.h"

/* Values that differ by this part of them are equal: what a sum over some thousand rows loses. */
#define NN_EQUAL 2.2e-14

/* search.c: from x along `direction`, `length` first. 0, and next_x, next_g, *value, m->length; or -1 where no point is
 * lower. */
int nn_search_along(nn_minimizer *m, double length, double *value);
/* newton.c: Newton's direction. */
void nn_newton_direction(nn_minimizer *m);
/* A = L L' of the lower triangle of a symmetric matrix, in place; 0, or -1 where it is not positive definite. Then x
 * of L L' x = b, in place. */
int nn_cholesky(size_t n, double *a);
void nn_cholesky_solve(size_t n, const double *a, double *b);

#endif
