/* minimize.h: minimizing a smooth function of many variables. SPDX-License-Identifier: 0BSD
 *
 * In: a function with its gradient (for Newton's method also products with its Hessian), and a start. Out, after each
 * iteration: a point at which it is lower, or the reason for which there is none. Kept: nn_minimizer, until
 * nn_minimizer_close.
 *
 *   nn_minimizer m = {.method = NN_BFGS, .function = {n, value, NULL, context}, .tolerance = 1e-8};
 *   if (nn_minimizer_open(&m, start, &error)) ...
 *   while (!(end = nn_minimizer_step(&m))) printf("%g\n", m.value);
 *   ... m.x ...
 *   nn_minimizer_close(&m);
 *
 * All in double precision. Nothing here knows models; train/full_batch.c makes a function of one.
 *
 * Its files, each of which calls those before it only:
 *     vector.c     products and sums of vectors
 *     newton.c     Newton's direction
 *     search.c     how far to go along a direction
 *     direction.c  the methods, step by step */
#ifndef NN_MINIMIZE_H
#define NN_MINIMIZE_H

#include "common/common.h"

typedef struct nn_function {
  size_t n;
  /* The value at x; its gradient into `gradient`. */
  double (*value)(void *context, const double *x, double *gradient);
  /* The Hessian at x times u into `product`; NULL will do for all methods but NN_NEWTON. */
  void (*product)(void *context, const double *x, const double *u, double *product);
  void *context;
} nn_function;

typedef enum nn_end {
  NN_GOES_ON,
  NN_CONVERGED,  /* no element of the gradient is larger than the tolerance */
  NN_STUCK,      /* no step lowers value or gradient: that is as far as rounding allows */
  NN_NOT_FINITE, /* the value or the gradient at the start is not a number */
  NN_ENDS
} nn_end;

typedef struct nn_minimizer {
  /* set by the caller; what is 0 of the following is replaced by a default */
  nn_method method;
  nn_function function;
  double tolerance; /* 1e-6 */
  double decrease;  /* of the strong Wolfe conditions, c1: 1e-4 */
  double curvature; /* c2: 0.9; 0.3 for NN_CG, 0.1 for NN_GRADIENT_DESCENT */
  int memory;       /* of NN_LBFGS: pairs kept: 10 */
  size_t dense;     /* of NN_NEWTON: most variables for which the Hessian is made and factored; 500 */
  /* where it stands */
  double value, gradient; /* at x: the value; the largest element of its gradient */
  double length;          /* of the last step along its direction */
  double *x, *g;
  long iterations, evaluations, products; /* values with their gradients; products with the Hessian */
  /* inside */
  double *direction, *next_x, *next_g, *s, *y; /* s = next_x - x, y = next_g - g of the last iteration */
  double slope, last_decrease;
  double *pairs, *inverse_curvature, *weights; /* of NN_LBFGS: s, y one after the other; 1 / y·s */
  int pair_count, pair_last;
  double *matrix;        /* of NN_BFGS: the inverse Hessian; of a dense NN_NEWTON: the Hessian */
  double *extra;         /* of NN_NEWTON: three vectors */
  double least_gradient; /* so far */
  int idle;              /* iterations that lowered neither the value, but for rounding, nor that */
  int fresh;             /* the direction is that of steepest descent; nothing is remembered */
} nn_minimizer;

int nn_minimizer_open(nn_minimizer *m, const double *start, nn_error *error);
/* One iteration; anything but NN_GOES_ON is the end. */
nn_end nn_minimizer_step(nn_minimizer *m);
void nn_minimizer_close(nn_minimizer *m);

/* ---- vectors (vector.c) ---- */

double nn_vector_dot(size_t n, const double *a, const double *b);
/* y += a x */
void nn_vector_add(size_t n, double a, const double *x, double *y);

#endif
