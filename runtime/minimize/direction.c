/* direction.c: nonlinear conjugate gradients, BFGS, L-BFGS, gradient descent. SPDX-License-Identifier: 0BSD
 *
 * In: a function with its gradient, a start. Out, after each iteration: a lower point. An iteration is a direction (a
 * row of the table of methods), a search along it (search.c), and what the method learns from the step
 * s = x' - x and the change of the gradient y = g' - g. Where the search fails, what was learned is forgotten and
 * steepest descent tried; where that fails too, it is the end. After Nocedal and Wright,
 * Numerical Optimization, 2006. */
#include "minimize/minimizer.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_IDLE = 5 };

static double largest(size_t n, const double *v) {
  double most = 0;
  for (size_t k = 0; k < n; k++)
    if (!(fabs(v[k]) <= most)) most = fabs(v[k]);
  return most;
}

static void steepest(nn_minimizer *m) {
  for (size_t k = 0; k < m->function.n; k++) m->direction[k] = -m->g[k];
}

/* ---- nonlinear conjugate gradients ---- */

/* β = g'·(g' - g) / g·g (Polak and Ribière 1969), and 0, steepest descent, where two gradients are far from orthogonal
 * (Powell 1977). Elsewhere β is above 0: with |g'·g| < g'·g'/2 so is its numerator. */
static void learn_cg(nn_minimizer *m) {
  size_t n = m->function.n;
  double beta = nn_vector_dot(n, m->next_g, m->y) / nn_vector_dot(n, m->g, m->g);
  if (!(fabs(nn_vector_dot(n, m->g, m->next_g)) < 0.5 * nn_vector_dot(n, m->next_g, m->next_g))) beta = 0;
  for (size_t k = 0; k < n; k++) m->direction[k] = beta * m->direction[k] - m->next_g[k];
  m->fresh = beta == 0;
}

static void direct_cg(nn_minimizer *m) {
  if (m->fresh) steepest(m);
}

/* ---- BFGS ---- */

static void direct_bfgs(nn_minimizer *m) {
  size_t n = m->function.n;
  if (m->fresh) {
    steepest(m);
    return;
  }
  for (size_t i = 0; i < n; i++) m->direction[i] = -nn_vector_dot(n, m->matrix + i * n, m->g);
}

/* H of the first iteration is y·s / y·y times the unit matrix (equation 6.20). */
static void start_bfgs(nn_minimizer *m, double ys) {
  size_t n = m->function.n;
  memset(m->matrix, 0, n * n * sizeof *m->matrix);
  for (size_t i = 0; i < n; i++) m->matrix[i * n + i] = ys / nn_vector_dot(n, m->y, m->y);
}

/* H <- (I - ρ s y') H (I - ρ y s') + ρ s s', ρ = 1 / y·s (equation 6.17), written as
 * H - ρ (s (Hy)' + (Hy) s') + ρ (1 + ρ y·Hy) s s'. */
static void learn_bfgs(nn_minimizer *m) {
  size_t n = m->function.n;
  double ys = nn_vector_dot(n, m->y, m->s), *hy = m->direction;
  if (!(ys > DBL_EPSILON * nn_vector_dot(n, m->y, m->y) * 1e-4)) return;
  if (m->fresh) start_bfgs(m, ys);
  m->fresh = 0;
  for (size_t i = 0; i < n; i++) hy[i] = nn_vector_dot(n, m->matrix + i * n, m->y);
  double rho = 1 / ys, both = rho * (1 + rho * nn_vector_dot(n, m->y, hy));
  for (size_t i = 0; i < n; i++) {
    double *row = m->matrix + i * n;
    double a = both * m->s[i] - rho * hy[i], b = -rho * m->s[i];
    for (size_t j = 0; j < n; j++) row[j] += a * m->s[j] + b * hy[j];
  }
}

/* ---- L-BFGS ---- */

static double *pair_s(const nn_minimizer *m, int k) { return m->pairs + 2 * (size_t)k * m->function.n; }
static double *pair_y(const nn_minimizer *m, int k) { return pair_s(m, k) + m->function.n; }
/* The pair of `back` iterations ago, 0 the last one. */
static int pair_of(const nn_minimizer *m, int back) { return (m->pair_last - back + m->memory) % m->memory; }

/* Two loops over the last pairs (Nocedal 1980; algorithm 7.4). */
static void direct_lbfgs(nn_minimizer *m) {
  size_t n = m->function.n;
  steepest(m);
  if (m->fresh) return;
  for (int back = 0; back < m->pair_count; back++) {
    int k = pair_of(m, back);
    m->weights[k] = m->inverse_curvature[k] * nn_vector_dot(n, pair_s(m, k), m->direction);
    nn_vector_add(n, -m->weights[k], pair_y(m, k), m->direction);
  }
  const double *y = pair_y(m, m->pair_last);
  double scale = 1 / (m->inverse_curvature[m->pair_last] * nn_vector_dot(n, y, y));
  for (size_t i = 0; i < n; i++) m->direction[i] *= scale;
  for (int back = m->pair_count; back-- > 0;) {
    int k = pair_of(m, back);
    double b = m->inverse_curvature[k] * nn_vector_dot(n, pair_y(m, k), m->direction);
    nn_vector_add(n, m->weights[k] - b, pair_s(m, k), m->direction);
  }
}

static void learn_lbfgs(nn_minimizer *m) {
  size_t n = m->function.n;
  double ys = nn_vector_dot(n, m->y, m->s);
  if (!(ys > DBL_EPSILON * nn_vector_dot(n, m->y, m->y) * 1e-4)) return;
  if (m->fresh) m->pair_count = 0;
  m->fresh = 0;
  m->pair_last = (m->pair_last + 1) % m->memory;
  if (m->pair_count < m->memory) m->pair_count++;
  memcpy(pair_s(m, m->pair_last), m->s, n * sizeof(double));
  memcpy(pair_y(m, m->pair_last), m->y, n * sizeof(double));
  m->inverse_curvature[m->pair_last] = 1 / ys;
}

/* ---- the methods ---- */

static void learn_nothing(nn_minimizer *m) { (void)m; }

typedef struct method {
  void (*direct)(nn_minimizer *m);
  void (*learn)(nn_minimizer *m);
  double curvature;
  int scaled; /* its directions have a length: the first to try is 1 */
} method;

static const method methods[] = {
  [NN_GRADIENT_DESCENT] = {steepest, learn_nothing, 0.1, 0},
  [NN_CG] = {direct_cg, learn_cg, 0.3, 0},
  [NN_BFGS] = {direct_bfgs, learn_bfgs, 0.9, 1},
  [NN_LBFGS] = {direct_lbfgs, learn_lbfgs, 0.9, 1},
  [NN_NEWTON] = {nn_newton_direction, learn_nothing, 0.9, 1},
};

/* ---- an iteration ---- */

/* The length to try first: 1 where directions have a length; else the one that would lower the value as much as the
 * last iteration did (equation 3.60), and at first a step of length 1. */
static double first_length(const nn_minimizer *m) {
  size_t n = m->function.n;
  if (methods[m->method].scaled && !m->fresh) return 1;
  double unit = 1 / sqrt(nn_vector_dot(n, m->direction, m->direction));
  if (m->iterations == 0 || !(m->last_decrease > 0)) return fmin(1, unit);
  return 2.02 * m->last_decrease / -m->slope;
}

static int descend(nn_minimizer *m, void (*direct)(nn_minimizer *m), double *value) {
  direct(m);
  m->slope = nn_vector_dot(m->function.n, m->g, m->direction);
  return nn_search_along(m, first_length(m), value);
}

static void swap(double **a, double **b) {
  double *c = *a;
  *a = *b;
  *b = c;
}

/* After an iteration that began at value `before`. */
static nn_end judge(nn_minimizer *m, double before) {
  if (m->gradient <= m->tolerance) return NN_CONVERGED;
  m->idle = before - m->value > NN_EQUAL * fabs(before) || m->gradient < m->least_gradient ? 0 : m->idle + 1;
  m->least_gradient = fmin(m->gradient, m->least_gradient);
  return m->idle < MOST_IDLE ? NN_GOES_ON : NN_STUCK;
}

nn_end nn_minimizer_step(nn_minimizer *m) {
  size_t n = m->function.n;
  double value;
  if (!isfinite(m->value) || !isfinite(m->gradient)) return NN_NOT_FINITE;
  if (m->gradient <= m->tolerance) return NN_CONVERGED;
  int failed = descend(m, methods[m->method].direct, &value);
  if (failed && !m->fresh) {
    m->fresh = 1;
    m->last_decrease = 0;
    failed = descend(m, steepest, &value);
  }
  if (failed) return NN_STUCK;
  for (size_t k = 0; k < n; k++) m->s[k] = m->next_x[k] - m->x[k], m->y[k] = m->next_g[k] - m->g[k];
  methods[m->method].learn(m);
  m->last_decrease = m->value - value;
  m->value = value;
  swap(&m->x, &m->next_x);
  swap(&m->g, &m->next_g);
  m->gradient = largest(n, m->g);
  m->iterations++;
  return judge(m, m->value + m->last_decrease);
}

/* ---- beginning and end ---- */

static void set_defaults(nn_minimizer *m) {
  if (!(m->tolerance > 0)) m->tolerance = 1e-6;
  if (!(m->decrease > 0)) m->decrease = 1e-4;
  if (!(m->curvature > 0)) m->curvature = methods[m->method].curvature;
  if (m->memory < 1) m->memory = 10;
  if (m->dense == 0) m->dense = 500;
  m->fresh = 1;
}

/* Zeros; NULL only where memory is short or count * each is too large. */
static double *vector(size_t count, size_t each, size_t *needed, int *complete) {
  double *v = each && count > SIZE_MAX / 8 / each ? NULL : calloc(count * each + 1, sizeof *v);
  *needed += each && count > SIZE_MAX / 8 / each ? SIZE_MAX / 2 : count * each * sizeof *v;
  *complete &= v != NULL;
  return v;
}

int nn_minimizer_open(nn_minimizer *m, const double *start, nn_error *error) {
  size_t n = m->function.n, needed = 0, pairs;
  int complete = 1;
  double **vectors[] = {&m->x, &m->g, &m->direction, &m->next_x, &m->next_g, &m->s, &m->y};
  set_defaults(m);
  pairs = (size_t)m->memory;
  for (size_t k = 0; k < sizeof vectors / sizeof *vectors; k++) *vectors[k] = vector(n, 1, &needed, &complete);
  if (m->method == NN_BFGS || (m->method == NN_NEWTON && n <= m->dense)) m->matrix = vector(n, n, &needed, &complete);
  if (m->method == NN_NEWTON) m->extra = vector(n, 3, &needed, &complete);
  if (m->method == NN_LBFGS) {
    m->pairs = vector(n, 2 * pairs, &needed, &complete);
    m->inverse_curvature = vector(pairs, 1, &needed, &complete);
    m->weights = vector(pairs, 1, &needed, &complete);
  }
  if (!complete) return nn_minimizer_close(m), nn_out_of_memory(error, needed);
  memcpy(m->x, start, n * sizeof *start);
  m->value = m->function.value(m->function.context, m->x, m->g);
  m->least_gradient = m->gradient = largest(n, m->g);
  m->evaluations = 1;
  return 0;
}

void nn_minimizer_close(nn_minimizer *m) {
  double **vectors[] = {&m->x, &m->g,     &m->direction,         &m->next_x,  &m->next_g, &m->s,
                        &m->y, &m->pairs, &m->inverse_curvature, &m->weights, &m->matrix, &m->extra};
  for (size_t k = 0; k < sizeof vectors / sizeof *vectors; k++) free(*vectors[k]), *vectors[k] = NULL;
}
