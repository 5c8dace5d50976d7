/* test_minimize.c: what the minimizers promise on functions that are known by heart: quadratics, Rosenbrock's valley, a
 * saddle, a wall of infinity. Independent of nnc's models. */
#include "minimize/minimizer.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { N = 6 };

static nn_error error;

/* ---- functions ---- */

typedef struct quadratic { /* x·A x / 2 - b·x */
  double a[N][N], b[N];
  long calls;
} quadratic;

static void times(const quadratic *q, const double *x, double *y) {
  for (int i = 0; i < N; i++) y[i] = nn_vector_dot(N, q->a[i], x);
}

static double quadratic_value(void *context, const double *x, double *gradient) {
  quadratic *q = context;
  double value = 0;
  q->calls++;
  times(q, x, gradient);
  for (int i = 0; i < N; i++) value += x[i] * (0.5 * gradient[i] - q->b[i]), gradient[i] -= q->b[i];
  return value;
}

static void quadratic_product(void *context, const double *x, const double *u, double *product) {
  (void)x;
  times(context, u, product);
}

/* A = M M' + I / 10 of random numbers. */
static quadratic make_quadratic(uint64_t seed) {
  quadratic q = {.calls = 0};
  float m[N * N + N];
  nn_draw_normal(m, N * N + N, 0, 1, seed, 1);
  for (int i = 0; i < N; i++) {
    q.b[i] = (double)m[N * N + i];
    for (int j = 0; j < N; j++) {
      q.a[i][j] = i == j ? 0.1 : 0;
      for (int k = 0; k < N; k++) q.a[i][j] += (double)m[i * N + k] * (double)m[j * N + k];
    }
  }
  return q;
}

/* Rosenbrock 1960. */
static double valley(void *context, const double *x, double *gradient) {
  double a = 1 - x[0], b = x[1] - x[0] * x[0];
  (void)context;
  gradient[0] = -2 * a - 400 * x[0] * b;
  gradient[1] = 200 * b;
  return a * a + 100 * b * b;
}

static void valley_product(void *context, const double *x, const double *u, double *product) {
  (void)context;
  product[0] = (2 + 1200 * x[0] * x[0] - 400 * x[1]) * u[0] - 400 * x[0] * u[1];
  product[1] = 200 * u[1] - 400 * x[0] * u[0];
}

/* x^4/4 - x^2/2 + y^2/2: minima at (1, 0) and (-1, 0), a saddle between them. */
static double saddle(void *context, const double *x, double *gradient) {
  (void)context;
  gradient[0] = x[0] * x[0] * x[0] - x[0];
  gradient[1] = x[1];
  return x[0] * x[0] * (x[0] * x[0] / 4 - 0.5) + x[1] * x[1] / 2;
}

static void saddle_product(void *context, const double *x, const double *u, double *product) {
  (void)context;
  product[0] = (3 * x[0] * x[0] - 1) * u[0];
  product[1] = u[1];
}

/* x - log(x), NaN where x is not above 0; the minimum is at 1. */
static double wall(void *context, const double *x, double *gradient) {
  (void)context;
  gradient[0] = x[0] > 0 ? 1 - 1 / x[0] : (double)NAN;
  return x[0] > 0 ? x[0] - log(x[0]) : (double)NAN;
}

static void wall_product(void *context, const double *x, const double *u, double *product) {
  (void)context;
  product[0] = u[0] / (x[0] * x[0]);
}

static double uphill(void *context, const double *x, double *gradient) { /* its gradient has the wrong sign */
  (void)context;
  gradient[0] = -2 * x[0];
  return x[0] * x[0];
}

static double nowhere(void *context, const double *x, double *gradient) {
  (void)context, (void)x;
  gradient[0] = 1;
  return (double)NAN;
}

/* ---- helpers ---- */

static nn_minimizer open(nn_method method, nn_function function, const double *start, double tolerance, size_t dense) {
  nn_minimizer m = {.method = method, .function = function, .tolerance = tolerance, .dense = dense};
  if (nn_minimizer_open(&m, start, &error)) fail_msg("%s", error.text);
  return m;
}

static nn_end run(nn_minimizer *m, long most) {
  nn_end end = NN_GOES_ON;
  while (!end && m->iterations < most) end = nn_minimizer_step(m);
  return end;
}

static double distance(size_t n, const double *a, const double *b) {
  double most = 0;
  for (size_t k = 0; k < n; k++) most = fmax(most, fabs(a[k] - b[k]));
  return most;
}

/* ---- quadratics ---- */

static void newton_solves_a_quadratic_in_one_step(void **state) {
  (void)state;
  for (uint64_t seed = 1; seed <= 20; seed++) {
    quadratic q = make_quadratic(seed);
    double start[N] = {1, -1, 2, 0, 3, 1}, residual[N];
    nn_minimizer m = open(NN_NEWTON, (nn_function){N, quadratic_value, quadratic_product, &q}, start, 1e-9, 0);
    assert_int_equal(nn_minimizer_step(&m), NN_CONVERGED);
    assert_int_equal(m.iterations, 1);
    assert_int_equal(m.evaluations, 2);
    assert_int_equal(m.products, N);
    times(&q, m.x, residual);
    assert_true(distance(N, residual, q.b) < 1e-9);
    nn_minimizer_close(&m);
  }
}

static void conjugate_gradients_solve_a_quadratic_in_n_steps(void **state) {
  (void)state;
  for (uint64_t seed = 1; seed <= 20; seed++) {
    quadratic q = make_quadratic(seed);
    double start[N] = {0};
    nn_minimizer m = open(NN_CG, (nn_function){N, quadratic_value, NULL, &q}, start, 1e-6, 0);
    m.curvature = 1e-10;
    assert_int_equal(run(&m, N), NN_CONVERGED);
    assert_int_equal(m.evaluations, q.calls);
    nn_minimizer_close(&m);
  }
}

/* With exact searches the iterates of BFGS are those of conjugate gradients (Nazareth 1979), and so are L-BFGS's. */
static void quasi_newton_methods_follow_conjugate_gradients(void **state) {
  (void)state;
  for (uint64_t seed = 1; seed <= 10; seed++) {
    quadratic q = make_quadratic(seed);
    double start[N] = {1, 1, 1, 1, 1, 1};
    nn_function f = {N, quadratic_value, NULL, &q};
    nn_minimizer cg = open(NN_CG, f, start, 1e-7, 0), bfgs = open(NN_BFGS, f, start, 1e-7, 0),
                 lbfgs = open(NN_LBFGS, f, start, 1e-7, 0);
    cg.curvature = bfgs.curvature = lbfgs.curvature = 1e-10;
    for (int k = 0; k < N - 1; k++) {
      nn_minimizer_step(&cg);
      nn_minimizer_step(&bfgs);
      nn_minimizer_step(&lbfgs);
      assert_true(distance(N, cg.x, start) > 1e-3);
      assert_true(distance(N, cg.x, bfgs.x) < 1e-5 * (1 + fabs(cg.value)));
      assert_true(distance(N, cg.x, lbfgs.x) < 1e-5 * (1 + fabs(cg.value)));
    }
    nn_minimizer_close(&cg);
    nn_minimizer_close(&bfgs);
    nn_minimizer_close(&lbfgs);
  }
}

static void the_inverse_hessian_of_bfgs_maps_y_to_s(void **state) {
  double start[2] = {-1.2, 1}, hy[2];
  nn_minimizer m = open(NN_BFGS, (nn_function){2, valley, NULL, NULL}, start, 1e-8, 0);
  (void)state;
  for (int k = 0; k < 20; k++) {
    assert_int_equal(nn_minimizer_step(&m), NN_GOES_ON);
    for (size_t i = 0; i < 2; i++) hy[i] = nn_vector_dot(2, m.matrix + 2 * i, m.y);
    assert_true(distance(2, hy, m.s) < 1e-9);
    assert_true(fabs(m.matrix[1] - m.matrix[2]) < 1e-9 && nn_vector_dot(2, m.y, m.s) > 0);
  }
  nn_minimizer_close(&m);
}

/* The first estimate is y·s / y·y times I (Nocedal and Wright 2006, equation 6.20), updated as equation 6.17 is
 * written. */
static void the_first_estimate_is_scaled(void **state) {
  double start[2] = {-1.2, 1};
  nn_minimizer m = open(NN_BFGS, (nn_function){2, valley, NULL, NULL}, start, 1e-8, 0);
  (void)state;
  assert_int_equal(nn_minimizer_step(&m), NN_GOES_ON);
  double rho = 1 / nn_vector_dot(2, m.y, m.s), scale = nn_vector_dot(2, m.y, m.s) / nn_vector_dot(2, m.y, m.y);
  for (int i = 0; i < 2; i++)
    for (int j = 0; j < 2; j++) {
      double h = rho * m.s[i] * m.s[j];
      for (int k = 0; k < 2; k++) h += scale * ((i == k) - rho * m.s[i] * m.y[k]) * ((j == k) - rho * m.s[j] * m.y[k]);
      assert_true(fabs(h - m.matrix[2 * i + j]) < 1e-12);
    }
  nn_minimizer_close(&m);
}

/* With one pair remembered, L-BFGS is BFGS. */
static void two_steps_of_lbfgs_are_those_of_bfgs(void **state) {
  double start[2] = {-1.2, 1};
  nn_function f = {2, valley, NULL, NULL};
  nn_minimizer bfgs = open(NN_BFGS, f, start, 1e-8, 0), lbfgs = open(NN_LBFGS, f, start, 1e-8, 0);
  (void)state;
  for (int k = 0; k < 2; k++) {
    nn_minimizer_step(&bfgs);
    nn_minimizer_step(&lbfgs);
    assert_true(distance(2, bfgs.x, lbfgs.x) < 1e-12);
  }
  nn_minimizer_close(&bfgs);
  nn_minimizer_close(&lbfgs);
}

/* d' = β d - g', β = max(0, g'·(g' - g) / g·g), and -g' where g'·g is not small beside g'·g'. */
static void conjugate_directions_are_polak_and_ribiere_s(void **state) {
  double start[N] = {-1.2, 1}, d[2], g[2];
  int kept = 0, restarts = 0;
  nn_minimizer m = open(NN_CG, (nn_function){2, valley, NULL, NULL}, start, 1e-8, 0);
  (void)state;
  memcpy(g, m.g, sizeof g);
  for (int k = 0; k < 2; k++) d[k] = -g[k];
  while (!nn_minimizer_step(&m)) {
    double y[2] = {m.g[0] - g[0], m.g[1] - g[1]}, beta = nn_vector_dot(2, m.g, y) / nn_vector_dot(2, g, g);
    int restart = beta < 0 || fabs(nn_vector_dot(2, m.g, g)) >= 0.5 * nn_vector_dot(2, m.g, m.g);
    if (restart) beta = 0;
    for (int k = 0; k < 2; k++) d[k] = beta * d[k] - m.g[k];
    assert_true(distance(2, d, m.direction) < 1e-9 * (1 + fabs(d[0]) + fabs(d[1])));
    memcpy(g, m.g, sizeof g);
    kept += !restart, restarts += restart;
  }
  assert_true(kept > 3 && restarts > 3);
  nn_minimizer_close(&m);
}

/* ---- other functions ---- */

static const struct {
  nn_method method;
  size_t dense;
  long most; /* evaluations on Rosenbrock's valley to a gradient of 1e-8 */
} methods[] = {{NN_GRADIENT_DESCENT, 0, 220},
               {NN_CG, 0, 90},
               {NN_BFGS, 0, 50},
               {NN_LBFGS, 0, 50},
               {NN_NEWTON, 0, 32},
               {NN_NEWTON, 1, 115}};
enum { METHODS = sizeof methods / sizeof *methods };

static void all_reach_the_end_of_the_valley(void **state) {
  double start[2] = {-1.2, 1}, end[2] = {1, 1};
  (void)state;
  for (int k = 0; k < METHODS; k++) {
    nn_minimizer m =
      open(methods[k].method, (nn_function){2, valley, valley_product, NULL}, start, 1e-8, methods[k].dense);
    assert_int_equal(run(&m, 100000), NN_CONVERGED);
    assert_true(distance(2, m.x, end) < 1e-7);
    assert_true(m.evaluations <= methods[k].most);
    nn_minimizer_close(&m);
  }
}

/* Each step satisfies the strong Wolfe conditions, within rounding. */
static void steps_descend_and_are_flat(void **state) {
  double start[2] = {-1.2, 1};
  (void)state;
  for (int k = 0; k < METHODS; k++) {
    nn_minimizer m =
      open(methods[k].method, (nn_function){2, valley, valley_product, NULL}, start, 1e-4, methods[k].dense);
    double value = m.value;
    if (m.curvature == 0.9) m.decrease = 0.4; /* else it holds wherever the slope is small */
    for (int step = 0; step < 20; step++) {
      if (nn_minimizer_step(&m)) break;
      double before[2] = {m.g[0] - m.y[0], m.g[1] - m.y[1]}, slope = nn_vector_dot(2, before, m.s);
      assert_true(slope < 0);
      assert_true(m.value <= value + m.decrease * slope + 1e-12);
      assert_true(fabs(nn_vector_dot(2, m.g, m.s)) <= -m.curvature * slope * (1 + 1e-6) + 1e-12);
      value = m.value;
    }
    nn_minimizer_close(&m);
  }
}

static void none_ends_at_a_saddle(void **state) {
  double start[2] = {1e-3, 0.5};
  (void)state;
  for (int k = 0; k < METHODS; k++) {
    nn_minimizer m =
      open(methods[k].method, (nn_function){2, saddle, saddle_product, NULL}, start, 1e-8, methods[k].dense);
    assert_int_equal(run(&m, 1000), NN_CONVERGED);
    assert_true(fabs(fabs(m.x[0]) - 1) < 1e-7 && fabs(m.x[1]) < 1e-7);
    nn_minimizer_close(&m);
  }
}

static void searches_come_back_from_what_is_no_number(void **state) {
  double start[1] = {40};
  (void)state;
  for (int k = 0; k < METHODS; k++) {
    nn_minimizer m = open(methods[k].method, (nn_function){1, wall, wall_product, NULL}, start, 1e-7, methods[k].dense);
    assert_int_equal(run(&m, 10000), NN_CONVERGED);
    assert_true(fabs(m.x[0] - 1) < 1e-6);
    nn_minimizer_close(&m);
  }
}

/* Where the Hessian is not positive definite, Newton's own direction still descends. */
static void newton_shifts_an_indefinite_hessian(void **state) {
  double start[2] = {0.1, 0.5}, h[2] = {3 * 0.1 * 0.1 - 1, 1}, g[2] = {0.001 - 0.1, 0.5};
  double shift = 1e-3 * sqrt((h[0] * h[0] + h[1] * h[1]) / 2) - h[0];
  nn_minimizer m = open(NN_NEWTON, (nn_function){2, saddle, saddle_product, NULL}, start, 1e-8, 0);
  (void)state;
  assert_int_equal(nn_minimizer_step(&m), NN_GOES_ON);
  for (int k = 0; k < 2; k++) assert_true(fabs(m.direction[k] + g[k] / (h[k] + shift)) < 1e-9 * fabs(m.direction[k]));
  assert_false(m.fresh);
  nn_minimizer_close(&m);
}

static void conjugate_gradients_within_newton_leave_negative_curvature(void **state) {
  double start[2] = {0.1, 0};
  nn_minimizer m = open(NN_NEWTON, (nn_function){2, saddle, saddle_product, NULL}, start, 1e-8, 1);
  (void)state;
  assert_int_equal(nn_minimizer_step(&m), NN_GOES_ON);
  assert_true(m.products == 1 && m.direction[0] > 0 && !m.fresh);
  nn_minimizer_close(&m);
}

/* What was learned leads uphill: it is forgotten, and the iteration descends all the same. */
static void a_method_starts_anew_where_its_direction_fails(void **state) {
  double start[2] = {-1.2, 1};
  nn_function f = {2, valley, NULL, NULL};
  nn_minimizer bfgs = open(NN_BFGS, f, start, 1e-8, 0), lbfgs = open(NN_LBFGS, f, start, 1e-8, 0);
  (void)state;
  for (int k = 0; k < 4; k++) nn_minimizer_step(&bfgs), nn_minimizer_step(&lbfgs);
  double before = bfgs.value, before_l = lbfgs.value;
  for (int k = 0; k < 4; k++) bfgs.matrix[k] = -(double)(k % 3 == 0);
  for (int k = 0; k < 4; k++) lbfgs.inverse_curvature[(lbfgs.pair_last + 10 - k) % 10] *= -1;
  assert_int_equal(nn_minimizer_step(&bfgs), NN_GOES_ON);
  assert_int_equal(nn_minimizer_step(&lbfgs), NN_GOES_ON);
  assert_true(bfgs.value < before && lbfgs.value < before_l);
  assert_int_equal(lbfgs.pair_count, 1);
  nn_minimizer_close(&bfgs);
  nn_minimizer_close(&lbfgs);
}

/* ---- a sum over many rows: its values are rounded ---- */

enum { ROWS = 3000 };

typedef struct table {
  float x[ROWS * N], y[ROWS];
} table;

static double logistic(void *context, const double *w, double *gradient) {
  const table *t = context;
  double value = 0;
  for (int k = 0; k < N; k++) gradient[k] = 2e-3 * w[k];
  for (int i = 0; i < ROWS; i++) {
    double a = 0, side = t->y[i] > 0 ? 1 : 0;
    for (int k = 0; k < N; k++) a += (double)t->x[i * N + k] * w[k];
    value += ((a > 0 ? a : 0) + log1p(exp(-fabs(a))) - side * a) / ROWS;
    for (int k = 0; k < N; k++) gradient[k] += (1 / (1 + exp(-a)) - side) * (double)t->x[i * N + k] / ROWS;
  }
  return value + 1e-3 * nn_vector_dot(N, w, w);
}

static void rounding_is_no_obstacle(void **state) {
  static table t;
  double start[N] = {0};
  (void)state;
  nn_draw_normal(t.x, ROWS * N, 0, 1, 5, 1);
  nn_draw_normal(t.y, ROWS, 0, 1, 5, 2);
  for (int i = 0; i < ROWS; i++) t.y[i] += t.x[i * N] - t.x[i * N + 1], t.x[i * N + 2] *= 3;
  for (int k = 0; k < 4; k++) {
    nn_minimizer m = open(methods[k].method, (nn_function){N, logistic, NULL, &t}, start, 1e-12, 0);
    assert_int_equal(run(&m, 2000), NN_CONVERGED);
    assert_true(m.evaluations < (k == 0 ? 1000 : 100));
    nn_minimizer_close(&m);
  }
}

/* ---- ends ---- */

static void a_minimum_is_left_as_it_is(void **state) {
  double start[2] = {1, 1};
  nn_minimizer m = open(NN_BFGS, (nn_function){2, valley, NULL, NULL}, start, 1e-8, 0);
  (void)state;
  assert_int_equal(nn_minimizer_step(&m), NN_CONVERGED);
  assert_int_equal(m.evaluations, 1);
  assert_true(m.x[0] == 1 && m.x[1] == 1);
  nn_minimizer_close(&m);
}

static void it_ends_where_nothing_is_lower(void **state) {
  double start[1] = {3};
  nn_minimizer m = open(NN_BFGS, (nn_function){1, uphill, NULL, NULL}, start, 1e-8, 0);
  (void)state;
  assert_int_equal(nn_minimizer_step(&m), NN_STUCK);
  assert_true(m.x[0] == 3);
  nn_minimizer_close(&m);
}

/* A tolerance that rounding does not allow: the best is reached all the same. */
static void it_ends_where_rounding_does(void **state) {
  quadratic q = make_quadratic(3);
  double start[N] = {1, 2, 3, 4, 5, 6}, residual[N];
  (void)state;
  for (int k = 1; k < METHODS; k++) {
    nn_minimizer m = open(methods[k].method, (nn_function){N, quadratic_value, quadratic_product, &q}, start, 1e-300,
                          methods[k].dense);
    nn_end end = run(&m, 500);
    assert_true(end == NN_STUCK || end == NN_CONVERGED);
    times(&q, m.x, residual);
    assert_true(distance(N, residual, q.b) < 1e-7);
    nn_minimizer_close(&m);
  }
}

static void a_start_without_a_value_is_refused(void **state) {
  double start[1] = {3};
  nn_minimizer m = open(NN_CG, (nn_function){1, nowhere, NULL, NULL}, start, 1e-8, 0);
  (void)state;
  assert_int_equal(nn_minimizer_step(&m), NN_NOT_FINITE);
  nn_minimizer_close(&m);
}

/* ---- Cholesky ---- */

static void cholesky_solves_or_refuses(void **state) {
  quadratic q = make_quadratic(7);
  double x[N], product[N], bad[4] = {1, 2, 2, 1};
  quadratic factored = q;
  (void)state;
  memcpy(x, q.b, sizeof x);
  assert_int_equal(nn_cholesky(N, &factored.a[0][0]), 0);
  nn_cholesky_solve(N, &factored.a[0][0], x);
  times(&q, x, product);
  assert_true(distance(N, product, q.b) < 1e-10);
  assert_int_equal(nn_cholesky(2, bad), -1);
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(newton_solves_a_quadratic_in_one_step),
    cmocka_unit_test(conjugate_gradients_solve_a_quadratic_in_n_steps),
    cmocka_unit_test(quasi_newton_methods_follow_conjugate_gradients),
    cmocka_unit_test(the_inverse_hessian_of_bfgs_maps_y_to_s),
    cmocka_unit_test(the_first_estimate_is_scaled),
    cmocka_unit_test(two_steps_of_lbfgs_are_those_of_bfgs),
    cmocka_unit_test(conjugate_directions_are_polak_and_ribiere_s),
    cmocka_unit_test(all_reach_the_end_of_the_valley),
    cmocka_unit_test(steps_descend_and_are_flat),
    cmocka_unit_test(none_ends_at_a_saddle),
    cmocka_unit_test(searches_come_back_from_what_is_no_number),
    cmocka_unit_test(newton_shifts_an_indefinite_hessian),
    cmocka_unit_test(conjugate_gradients_within_newton_leave_negative_curvature),
    cmocka_unit_test(a_method_starts_anew_where_its_direction_fails),
    cmocka_unit_test(rounding_is_no_obstacle),
    cmocka_unit_test(a_minimum_is_left_as_it_is),
    cmocka_unit_test(it_ends_where_nothing_is_lower),
    cmocka_unit_test(it_ends_where_rounding_does),
    cmocka_unit_test(a_start_without_a_value_is_refused),
    cmocka_unit_test(cholesky_solves_or_refuses),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
