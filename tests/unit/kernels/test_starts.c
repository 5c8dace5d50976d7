/* Draws that parameters start from: the truncated normal by its bounds, moments and distribution function, orthogonal
 * matrices by W W' = I (or W' W where they are tall), whatever the shape. A piece of noise is a piece of a whole draw.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "nn.h"

enum { COUNT = 200000 };
static float x[COUNT], y[COUNT];

static double distribution(double z) { return 0.5 * erfc(-z / sqrt(2.0)); }

static void test_truncated(void **state) {
  (void)state;
  double mean = 0.0, square = 0.0, fourth = 0.0;
  nn_draw_truncated_normal(x, COUNT, 0.0f, 1.0f, 7, 3);
  for (int i = 0; i < COUNT; i++) {
    double v = (double)x[i];
    assert_true(v >= -2.0 && v <= 2.0);
    mean += v / COUNT, square += v * v / COUNT, fourth += v * v * v * v / COUNT;
  }
  /* By hand: 1 - 4 phi(2) / Z, then 3 - (3*4 + 16) phi(2) / Z, with phi(2) = 0.0539910 and Z = 0.9544997. */
  assert_true(fabs(mean) < 0.01);
  assert_true(fabs(square - 0.7737413) < 0.006);
  assert_true(fabs(fourth - 1.4161904) < 0.02);
  for (double z = -1.9; z < 2.0; z += 0.1) { /* the share below z, at less than five deviations of the count */
    int below = 0;
    for (int i = 0; i < COUNT; i++) below += (double)x[i] < z;
    double wanted = (distribution(z) - distribution(-2.0)) / (distribution(2.0) - distribution(-2.0));
    assert_true(fabs((double)below / COUNT - wanted) < 5.0 * sqrt(wanted * (1.0 - wanted) / COUNT));
  }
}

/* The same uniform underlies both: the draw must be the quantile of it, to a float's precision. */
static void test_quantile(void **state) {
  (void)state;
  double low = distribution(-2.0), worst = 0.0;
  nn_draw_uniform(x, COUNT, 0.0f, 1.0f, 7, 3);
  nn_draw_truncated_normal(y, COUNT, 0.0f, 1.0f, 7, 3);
  for (int i = 0; i < COUNT; i++)
    worst = fmax(worst, fabs(distribution((double)y[i]) - (low + (1.0 - 2.0 * low) * (double)x[i])));
  assert_true(worst < 2e-7);
}

static void test_shifted(void **state) {
  (void)state;
  nn_draw_truncated_normal(x, 1001, 0.0f, 1.0f, 1, 2);
  nn_draw_truncated_normal(y, 1001, 3.0f, 0.5f, 1, 2);
  for (int i = 0; i < 1001; i++) assert_true(y[i] == 3.0f + 0.5f * x[i]);
}

static double dot(const float *a, const float *b, size_t n, size_t stride) {
  double sum = 0.0;
  for (size_t i = 0; i < n; i++) sum += (double)a[i * stride] * (double)b[i * stride];
  return sum;
}

static void orthogonal(size_t rows, size_t cols, float gain) {
  int wide = rows <= cols;
  size_t vectors = wide ? rows : cols, length = wide ? cols : rows, stride = wide ? 1 : cols, next = wide ? cols : 1;
  nn_draw_orthogonal(x, rows, cols, gain, 11, rows);
  for (size_t i = 0; i < vectors; i++)
    for (size_t j = 0; j <= i; j++) {
      double g = (double)gain, d = dot(x + i * next, x + j * next, length, stride);
      assert_true(fabs(d - (i == j ? g * g : 0.0)) < 2e-6 * g * g);
    }
}

static void test_orthogonal(void **state) {
  (void)state;
  static const size_t shapes[][2] = {{1, 1},   {1, 9},   {9, 1},      {3, 3},      {17, 33},
                                     {33, 17}, {64, 64}, {100, 1000}, {1000, 100}, {70, 69}};
  for (size_t k = 0; k < sizeof shapes / sizeof *shapes; k++) {
    orthogonal(shapes[k][0], shapes[k][1], 1.0f);
    orthogonal(shapes[k][0], shapes[k][1], 1.41421356f);
  }
}

/* Uniform among them: of many 2 x 2 ones, half turn and half reflect, and the angle of the first row is uniform. */
static void test_directions(void **state) {
  (void)state;
  int turns = 0, quarter[4] = {0};
  for (uint64_t k = 0; k < 4000; k++) {
    float w[4];
    nn_draw_orthogonal(w, 2, 2, 1.0f, 5, k);
    turns += w[0] * w[3] - w[1] * w[2] > 0.0f;
    quarter[(w[0] > 0.0f) + 2 * (w[1] > 0.0f)]++;
  }
  assert_true(turns > 1850 && turns < 2150);
  for (int q = 0; q < 4; q++) assert_true(quarter[q] > 870 && quarter[q] < 1130);
}

static void test_nothing_beyond(void **state) {
  (void)state;
  for (int n = 1; n < 20; n++) {
    memset(x, 0, 100 * sizeof *x);
    nn_draw_truncated_normal(x, (size_t)n, 5.0f, 1.0f, 1, 1);
    for (int i = 0; i < 100; i++) assert_int_equal(x[i] != 0.0f, i < n);
  }
}

static void test_noise(void **state) {
  (void)state;
  enum { ALL = 100 };
  float normal[ALL], uniform[ALL], piece[ALL];
  nn_draw_normal(normal, ALL, 0.0f, 1.0f, 7, 3);
  nn_draw_uniform(uniform, ALL, 0.0f, 1.0f, 7, 3);
  for (size_t first = 0; first < 9; first++)
    for (size_t count = 0; first + count <= ALL; count++) {
      nn_noise(piece, 1, first, count, 7, 3);
      for (size_t i = 0; i < count; i++) assert_true(piece[i] == normal[first + i]);
      nn_noise(piece, 0, first, count, 7, 3);
      for (size_t i = 0; i < count; i++) assert_true(piece[i] == 0x1p-25f + uniform[first + i]); /* never 0 */
    }
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_truncated),  cmocka_unit_test(test_quantile),   cmocka_unit_test(test_shifted),
    cmocka_unit_test(test_orthogonal), cmocka_unit_test(test_directions), cmocka_unit_test(test_nothing_beyond),
    cmocka_unit_test(test_noise),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
