/* nn_gemm, by every kernel that this processor can run, against sums in double; and the draws against published vectors
 * and their moments. */
#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kernels/gemm_internal.h"
#include "nn.h"

/* ---- matrix products ---- */

enum { LARGEST = 300000 };
static float a_data[LARGEST], b_data[LARGEST], c_data[LARGEST], c_before[LARGEST];

static uint32_t state_of_dice = 12345u;
static int dice(int n) {
  state_of_dice = state_of_dice * 1664525u + 1013904223u;
  return (int)((state_of_dice >> 8) % (uint32_t)n);
}

static void fill(float *to, int count) {
  for (int i = 0; i < count; i++) to[i] = (float)(dice(2001) - 1000) / 1000.0f;
}

typedef struct {
  int ta, tb, m, n, k, lda, ldb, ldc;
  float alpha, beta;
} shape;

static void call(const nn_gemm_kernel *kernel, const shape *s) {
  if (kernel)
    nn_gemm_with(kernel, s->ta, s->tb, s->m, s->n, s->k, s->alpha, a_data, s->lda, b_data, s->ldb, s->beta, c_data,
                 s->ldc);
  else nn_gemm(s->ta, s->tb, s->m, s->n, s->k, s->alpha, a_data, s->lda, b_data, s->ldb, s->beta, c_data, s->ldc);
}

static double element(const shape *s, int i, int j, double *size) {
  double sum = 0.0;
  *size = 0.0;
  for (int p = 0; p < s->k; p++) {
    double x = (double)(s->ta ? a_data[p * s->lda + i] : a_data[i * s->lda + p]);
    double y = (double)(s->tb ? b_data[j * s->ldb + p] : b_data[p * s->ldb + j]);
    sum += x * y;
    *size += fabs(x * y);
  }
  sum *= (double)s->alpha;
  *size *= fabs((double)s->alpha);
  if (s->beta != 0.0f) sum += (double)s->beta * (double)c_before[i * s->ldc + j];
  return sum;
}

/* Every element of C, and that nothing between its rows is touched. */
static void compare(const char *name, const shape *s) {
  for (int i = 0; i < s->m; i++)
    for (int j = 0; j < s->ldc; j++) {
      double size, want, got = (double)c_data[i * s->ldc + j];
      if (j >= s->n) {
        assert_memory_equal(&c_data[i * s->ldc + j], &c_before[i * s->ldc + j], sizeof(float));
        continue;
      }
      want = element(s, i, j, &size);
      if (!(fabs(got - want) <= 1e-6 * (size + fabs(want)) + 1e-6))
        fail_msg("%s: ta %d tb %d m %d n %d k %d alpha %g beta %g: element %d,%d is %.9g, not %.9g", name, s->ta, s->tb,
                 s->m, s->n, s->k, (double)s->alpha, (double)s->beta, i, j, got, want);
    }
}

static void try_shape(const nn_gemm_kernel *kernel, const shape *s) {
  int a_count = (s->ta ? s->k : s->m) * s->lda, b_count = (s->tb ? s->n : s->k) * s->ldb, c_count = s->m * s->ldc;
  assert_true(a_count <= LARGEST && b_count <= LARGEST && c_count <= LARGEST);
  fill(a_data, a_count);
  fill(b_data, b_count);
  fill(c_data, c_count);
  if (s->beta == 0.0f)
    for (int i = 0; i < c_count; i++) c_data[i] = NAN; /* must not be read */
  memcpy(c_before, c_data, sizeof c_data);
  call(kernel, s);
  compare(kernel ? kernel->name : nn_gemm_name(), s);
}

static shape random_shape(int round) {
  static const float alphas[] = {1.0f, 1.0f, -0.5f, 0.0f}, betas[] = {0.0f, 1.0f, 0.5f};
  int large = round % 8 == 0 ? 120 : 40;
  shape s = {dice(2), dice(2), dice(large), dice(large), dice(round % 16 == 0 ? 1200 : large), 0, 0, 0, 0.0f, 0.0f};
  s.lda = (s.ta ? s.m : s.k) + 1 + dice(4) * dice(9);
  s.ldb = (s.tb ? s.k : s.n) + 1 + dice(4) * dice(9);
  s.ldc = s.n + 1 + dice(4) * dice(9);
  s.alpha = alphas[dice(4)];
  s.beta = betas[dice(3)];
  return s;
}

/* A hundred thousand equal products, which one float would round alike for long: off by 4e-4. A BLAS is left as it is.
 */
static void try_long(const nn_gemm_kernel *kernel) {
  if (!kernel && nn_gemm_is_blas(0)) return;
  for (int i = 0; i < LARGEST; i++) a_data[i] = 0.1f, b_data[i] = 0.7f;
  for (int t = 0; t < 4; t++) {
    shape s = {t & 1, t >> 1, 3, 3, 100000, t & 1 ? 3 : 100000, t >> 1 ? 100000 : 3, 3, 1.0f, 0.0f};
    double want = 100000 * (double)0.1f * (double)0.7f;
    call(kernel, &s);
    for (int k = 0; k < 9; k++)
      if (!(fabs((double)c_data[k] / want - 1) < 1e-6))
        fail_msg("%s: ta %d tb %d: a long sum is %.9g, not %.9g", kernel ? kernel->name : nn_gemm_name(), s.ta, s.tb,
                 (double)c_data[k], want);
  }
}

static void try_kernel(const nn_gemm_kernel *kernel) {
  static const int special[][3] = {{64, 128, 784}, {4, 8, 2},      {16, 16, 4},   {1, 1, 1},      {14, 32, 700},
                                   {15, 33, 513},  {1, 96, 700},   {96, 1, 700},  {32, 196, 400}, {3, 5, 257},
                                   {2, 64, 1500},  {50, 40, 5000}, {7, 30, 9001}, {4, 3, 9001}};
  for (int round = 0; round < 400; round++) {
    shape s = random_shape(round);
    try_shape(kernel, &s);
  }
  for (size_t i = 0; i < sizeof special / sizeof special[0]; i++)
    for (int t = 0; t < 4; t++) {
      int m = special[i][0], n = special[i][1], k = special[i][2];
      shape s = {t & 1, t >> 1, m, n, k, t & 1 ? m : k, t >> 1 ? k : n, n, 1.0f, 0.0f};
      try_shape(kernel, &s);
      s.beta = 1.0f;
      try_shape(kernel, &s);
    }
  try_long(kernel);
}

static void gemm_portable(void **state) {
  (void)state;
  try_kernel(&nn_gemm_portable);
}

/* A processor without what a kernel needs is no failure; tests/run reads this line. */
static void lacks(const char *test, const char *what) {
  printf("skip %s: no hardware, this processor has no %s\n", test, what);
  skip();
}

static void gemm_avx2(void **state) {
  (void)state;
#if NN_GEMM_X86
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
    try_kernel(&nn_gemm_avx2);
    return;
  }
#endif
  lacks("gemm_avx2", "AVX2");
}

static void gemm_avx512(void **state) {
  (void)state;
#if NN_GEMM_X86
  if (__builtin_cpu_supports("avx512f")) {
    try_kernel(&nn_gemm_avx512);
    return;
  }
#endif
  lacks("gemm_avx512", "AVX-512");
}

static void gemm_chosen(void **state) {
  (void)state;
  printf("# nn_gemm is %s\n", nn_gemm_name());
  assert_true(strlen(nn_gemm_name()) > 0);
  try_kernel(NULL);
}

/* Infinities and NaN spread as far as the mathematics says, and no further. */
static void gemm_not_finite(void **state) {
  float a[2 * 2] = {1.0f, INFINITY, 2.0f, 3.0f}, b[2 * 2] = {1.0f, 2.0f, 0.0f, 4.0f}, c[2 * 2];
  (void)state;
  nn_gemm(0, 0, 2, 2, 2, 1.0f, a, 2, b, 2, 0.0f, c, 2);
  assert_true(isnan(c[0]) && isinf(c[1]) && c[2] == 2.0f && c[3] == 16.0f);
}

static void gemm_same_bits(void **state) {
  const shape s = {0, 1, 37, 53, 611, 611, 611, 53, 1.0f, 0.0f};
  (void)state;
  try_shape(NULL, &s);
  memcpy(c_before, c_data, sizeof c_data);
  for (int round = 0; round < 3; round++) {
    call(NULL, &s);
    assert_memory_equal(c_data, c_before, sizeof c_data);
  }
}

/* ---- draws ---- */

/* The known answers that Random123 publishes for philox4x32, 10 rounds. */
static void philox_known_answers(void **state) {
  static const struct {
    uint32_t counter[4], key[2], out[4];
  } known[] = {{{0, 0, 0, 0}, {0, 0}, {0x6627e8d5u, 0xe169c58du, 0xbc57ac4cu, 0x9b00dbd8u}},
               {{0xffffffffu, 0xffffffffu, 0xffffffffu, 0xffffffffu},
                {0xffffffffu, 0xffffffffu},
                {0x408f276du, 0x41c83b0eu, 0xa20bc7c6u, 0x6d5451fdu}},
               {{0x243f6a88u, 0x85a308d3u, 0x13198a2eu, 0x03707344u},
                {0xa4093822u, 0x299f31d0u},
                {0xd16cfe09u, 0x94fdccebu, 0x5001e420u, 0x24126ea1u}}};
  (void)state;
  for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
    uint32_t out[4];
    nn_philox(known[i].counter, known[i].key, out);
    assert_memory_equal(out, known[i].out, sizeof out);
  }
}

typedef void draw_function(float *out, size_t count, float a, float b, uint64_t seed, uint64_t stream);

/* Element i is the same however many are drawn; other seeds and streams give others. */
static void draws_by_position(void **state) {
  draw_function *const draws[] = {nn_draw_uniform, nn_draw_normal};
  (void)state;
  for (int d = 0; d < 2; d++) {
    float whole[103], part[103], other[103];
    draws[d](whole, 103, -1.0f, 2.0f, 42, 7);
    for (size_t count = 0; count <= 103; count++) {
      memset(part, 0, sizeof part);
      draws[d](part, count, -1.0f, 2.0f, 42, 7);
      assert_memory_equal(part, whole, count * sizeof(float));
      for (size_t i = count; i < 103; i++) assert_true(part[i] == 0.0f);
    }
    draws[d](other, 103, -1.0f, 2.0f, 43, 7);
    assert_true(memcmp(other, whole, sizeof whole) != 0);
    draws[d](other, 103, -1.0f, 2.0f, 42, 8);
    assert_true(memcmp(other, whole, sizeof whole) != 0);
    draws[d](other, 103, -1.0f, 2.0f, 42, (uint64_t)7 << 32);
    assert_true(memcmp(other, whole, sizeof whole) != 0);
  }
}

/* Mean, variance, third and fourth moment of a million, to four standard errors. */
static void moments(const float *x, int count, double out[4]) {
  double sum[4] = {0};
  for (int i = 0; i < count; i++) {
    double v = (double)x[i];
    sum[0] += v;
    sum[1] += v * v;
    sum[2] += v * v * v;
    sum[3] += v * v * v * v;
  }
  for (int j = 0; j < 4; j++) out[j] = sum[j] / count;
}

static void draws_moments(void **state) {
  enum { COUNT = 1000000 };
  float *x = malloc(COUNT * sizeof *x);
  double got[4];
  (void)state;
  assert_non_null(x);
  nn_draw_uniform(x, COUNT, 0.0f, 1.0f, 1, 0);
  moments(x, COUNT, got);
  for (int j = 0; j < 4; j++) assert_true(fabs(got[j] - 1.0 / (j + 2)) < 1.3e-3);
  for (int i = 0; i < COUNT; i++) assert_true(x[i] >= 0.0f && x[i] < 1.0f);
  nn_draw_normal(x, COUNT, 0.0f, 1.0f, 1, 0);
  moments(x, COUNT, got);
  printf("# normal: moments %.4f %.4f %.4f %.4f\n", got[0], got[1], got[2], got[3]);
  assert_true(fabs(got[0]) < 4e-3 && fabs(got[1] - 1.0) < 6e-3 && fabs(got[2]) < 16e-3 && fabs(got[3] - 3.0) < 40e-3);
  free(x);
}

/* The first values, as they have been since the beginning: whoever changes them breaks every seed in use. */
static void draws_stay(void **state) {
  float u[4], z[4];
  (void)state;
  nn_draw_uniform(u, 4, 0.0f, 1.0f, 0, 0);
  nn_draw_normal(z, 4, 0.0f, 1.0f, 0, 0);
  printf("# seed 0: uniform %.9g %.9g %.9g %.9g normal %.9g %.9g %.9g %.9g\n", (double)u[0], (double)u[1], (double)u[2],
         (double)u[3], (double)z[0], (double)z[1], (double)z[2], (double)z[3]);
  assert_true(u[0] == (float)(0x6627e8 * 0x1p-24) && u[3] == (float)(0x9b00db * 0x1p-24));
  static const float normal[] = {-0.991137445f, 0.924662828f, 0.617609143f, 0.482068419f};
  for (int i = 0; i < 4; i++) /* i386 without SSE rounds some later */
    assert_true(fabsf(z[i] - normal[i]) <= (FLT_EVAL_METHOD == 2 ? 1e-7f : 0.0f));
}

/* b itself is not drawn, however few floats lie between. */
static void uniform_half_open(void **state) {
  float x[1000];
  (void)state;
  nn_draw_uniform(x, 1000, 1.0f, nextafterf(1.0f, 2.0f), 3, 0);
  for (int i = 0; i < 1000; i++) assert_true(x[i] == 1.0f);
  nn_draw_uniform(x, 1000, 1e8f, 1e8f + 16.0f, 3, 0);
  for (int i = 0; i < 1000; i++) assert_true(x[i] >= 1e8f && x[i] < 1e8f + 16.0f);
  nn_draw_uniform(x, 10, 2.0f, 2.0f, 3, 0);
  for (int i = 0; i < 10; i++) assert_true(x[i] == 2.0f);
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(gemm_portable),        cmocka_unit_test(gemm_avx2),         cmocka_unit_test(gemm_avx512),
    cmocka_unit_test(gemm_chosen),          cmocka_unit_test(gemm_not_finite),   cmocka_unit_test(gemm_same_bits),
    cmocka_unit_test(philox_known_answers), cmocka_unit_test(draws_by_position), cmocka_unit_test(draws_moments),
    cmocka_unit_test(draws_stay),           cmocka_unit_test(uniform_half_open)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
