/* gemm.c: the product of two matrices. SPDX-License-Identifier: 0BSD
 *
 * In: nn_gemm's arguments (nn.h); out: C. C is cut into tiles that fit the registers of a kernel (gemm_avx512.c,
 * gemm_avx2.c, gemm_portable.c), the rows evenly, so that no tile is much smaller than its neighbours:
 *
 *     for each panel of B's columns            (32 with AVX-512)
 *       for each stretch of k                  (what fits the buffer, where the panel has to be copied)
 *         for each tile of rows                (up to 12)
 *           C tile = alpha A tile B panel + beta C tile
 *
 * A is read in place, one number at a time, and may therefore be stored either way. B's rows must be contiguous: stored
 * turned, its panels are copied to the stack and turned there. Where that is cheaper, C^T = B^T A^T is computed instead
 * and each tile is turned on its way into C; products of a few long rows are plain dot products. Which of the three is
 * a matter of the shape alone, so the same call gives the same bits.
 *
 * Who computes: our AVX-512 kernel where the processor has AVX-512, because there (Zen 5) it was faster than OpenBLAS
 * 0.3.21 as Debian runs it and PyTorch 2.13 at every size measured, 4 x 8 x 2 to 1024^3; else the BLAS that it is
 * compiled with (NN_BLAS); else our AVX2 kernel; else plain C. */
#include "nn.h"
#include "gemm_internal.h"

#include <stdio.h>
#include <string.h>

#ifdef NN_BLAS
#include <cblas.h>
#endif

#if defined(__GNUC__) && !defined(__TINYC__)
#define PER_THREAD _Thread_local
#else
#define PER_THREAD
#endif

#define TILE_FLOATS (12 * 32) /* of the largest kernel */
#define TURNING     0.1f      /* cycles to turn one float, by blocks */
#define LONG_K      4096      /* sums of so many products go through a double, */
#define STRETCH     128       /* which takes up so many at a time; with dot products, for each lane */
#define LONG_TILE   (TILE_FLOATS * (NN_GEMM_X86 ? 16 : 1)) /* doubles on the stack */
#define DOT_STEP    0.5f /* cycles for a vector of a dot product, one of sixteen at a time */
#define DOT_END     4.0f /* ... to add up its lanes */

/* ---- operands ---- */

typedef struct {
  int m, n, k;
  float alpha, beta;
  const float *a, *b;
  ptrdiff_t a_row, a_step; /* A[i][p] = a[i*a_row + p*a_step] */
  ptrdiff_t b_row;         /* from one stored row of B to the next */
  int b_turned;            /* B is stored [n,k] */
  float *c;
  ptrdiff_t c_row;
  int c_turned; /* C is stored [n,m] */
} product;

static void scale(const product *g) {
  for (int i = 0; i < g->m; i++)
    for (int j = 0; j < g->n; j++) {
      float *c = g->c + i * g->c_row + j;
      *c = g->beta == 0.0f ? 0.0f : g->beta * *c;
    }
}

/* ---- tiles ---- */

/* One tile by way of a buffer, turned into C stored [n,m]. */
static void turned_tile(const nn_gemm_kernel *kernel, const product *g, int rows, int columns, int k, const float *a,
                        const float *b, ptrdiff_t b_step, float beta, float *c) {
  float tile[TILE_FLOATS], turned[TILE_FLOATS];
  kernel->tile(rows, columns, k, a, g->a_row, g->a_step, b, b_step, g->alpha, 0.0f, tile, columns);
  if (beta == 0.0f) {
    kernel->transpose(rows, columns, tile, columns, c, g->c_row);
    return;
  }
  kernel->transpose(rows, columns, tile, columns, turned, rows);
  for (int j = 0; j < columns; j++)
    for (int i = 0; i < rows; i++) c[j * g->c_row + i] = turned[j * rows + i] + beta * c[j * g->c_row + i];
}

/* All tiles of rows against k rows of one panel; `a` is moved on to the same stretch of k. */
static void panel_tiles(const nn_gemm_kernel *kernel, const product *g, int column, int columns, int k, const float *a,
                        const float *b, ptrdiff_t b_step, float beta) {
  int tiles = (g->m + kernel->rows - 1) / kernel->rows;
  int rows = g->m / tiles, larger = g->m % tiles;
  for (int t = 0, i = 0; t < tiles; t++) {
    int here = rows + (t < larger);
    const float *a_here = a + i * g->a_row;
    if (g->c_turned) turned_tile(kernel, g, here, columns, k, a_here, b, b_step, beta, g->c + column * g->c_row + i);
    else
      kernel->tile(here, columns, k, a_here, g->a_row, g->a_step, b, b_step, g->alpha, beta,
                   g->c + i * g->c_row + column, g->c_row);
    i += here;
  }
}

static void copy_rows(int rows, int columns, const float *from, ptrdiff_t from_row, float *to, ptrdiff_t to_row) {
  for (int i = 0; i < rows; i++) memcpy(to + i * to_row, from + i * from_row, (size_t)columns * sizeof *to);
}

/* A panel that is copied, stretch by stretch. */
static void copied_panel(const nn_gemm_kernel *kernel, const product *g, int column, int columns) {
  float buffer[NN_GEMM_BUFFER];
  int width = kernel->columns;
  int stretches = (g->k + NN_GEMM_BUFFER / width - 1) / (NN_GEMM_BUFFER / width);
  int length = (g->k + stretches - 1) / stretches;
  for (int p = 0; p < g->k; p += length) {
    int here = g->k - p < length ? g->k - p : length;
    if (g->b_turned) kernel->transpose(columns, here, g->b + column * g->b_row + p, g->b_row, buffer, width);
    else copy_rows(here, columns, g->b + p * g->b_row + column, g->b_row, buffer, width);
    panel_tiles(kernel, g, column, columns, here, g->a + p * g->a_step, buffer, width, p == 0 ? g->beta : 1.0f);
  }
}

/* Rows of B far apart, each used often enough to pay for the copy: the panel would not stay in the cache as it is. */
static int worth_copying(const nn_gemm_kernel *kernel, const product *g) {
  return g->m >= 4 * kernel->rows && g->k * g->b_row >= 1 << 17;
}

/* ---- tiles of long sums ---- */

/* One stretch of k, added to total[rows][columns]. */
static void add_stretch(const nn_gemm_kernel *kernel, const product *g, int rows, int columns, int k, const float *a,
                        const float *b, ptrdiff_t b_step, double *total) {
  float tile[TILE_FLOATS];
  for (int i = 0; i < rows; i += kernel->rows) {
    int here = rows - i < kernel->rows ? rows - i : kernel->rows;
    kernel->tile(here, columns, k, a + i * g->a_row, g->a_row, g->a_step, b, b_step, 1.0f, 0.0f, tile, columns);
    for (int q = 0; q < here * columns; q++) total[i * columns + q] += (double)tile[q];
  }
}

static void put_total(const product *g, int row, int rows, int column, int columns, const double *total) {
  for (int i = 0; i < rows; i++)
    for (int j = 0; j < columns; j++) {
      float *c = g->c + (g->c_turned ? (column + j) * g->c_row + row + i : (row + i) * g->c_row + column + j);
      *c = g->alpha * (float)total[i * columns + j] + (g->beta == 0.0f ? 0.0f : g->beta * *c);
    }
}

/* As `tiled`, but the sums of a few tiles go through doubles: a float loses digits over a million products. */
static void tiled_long(const nn_gemm_kernel *kernel, const product *g, int copied) {
  float buffer[NN_GEMM_BUFFER];
  double total[LONG_TILE];
  int width = kernel->columns, most = LONG_TILE / width / kernel->rows * kernel->rows;
  int length = NN_GEMM_BUFFER / width < STRETCH ? NN_GEMM_BUFFER / width : STRETCH;
  for (int column = 0; column < g->n; column += width)
    for (int row = 0; row < g->m; row += most) {
      int columns = g->n - column < width ? g->n - column : width, rows = g->m - row < most ? g->m - row : most;
      memset(total, 0, sizeof *total * (size_t)(rows * columns));
      for (int p = 0; p < g->k; p += length) {
        int here = g->k - p < length ? g->k - p : length;
        const float *a = g->a + row * g->a_row + p * g->a_step;
        const float *b = g->b + (g->b_turned ? column * g->b_row + p : p * g->b_row + column);
        if (g->b_turned) kernel->transpose(columns, here, b, g->b_row, buffer, width);
        else if (copied) copy_rows(here, columns, b, g->b_row, buffer, width);
        add_stretch(kernel, g, rows, columns, here, a, copied ? buffer : b, copied ? width : g->b_row, total);
      }
      put_total(g, row, rows, column, columns, total);
    }
}

static void tiled(const nn_gemm_kernel *kernel, const product *g) {
  int copied = g->b_turned || worth_copying(kernel, g);
  if (g->k > LONG_K) {
    tiled_long(kernel, g, copied);
    return;
  }
  for (int column = 0; column < g->n; column += kernel->columns) {
    int columns = g->n - column < kernel->columns ? g->n - column : kernel->columns;
    if (copied) copied_panel(kernel, g, column, columns);
    else panel_tiles(kernel, g, column, columns, g->k, g->a, g->b + column, g->b_row, g->beta);
  }
}

/* ---- dot products ---- */

static void put_dots(const product *g, int i, int j, int rows, int columns, float sum[4][4]) {
  for (int y = 0; y < rows; y++)
    for (int x = 0; x < columns; x++) {
      float *c = g->c + (g->c_turned ? (j + x) * g->c_row + i + y : (i + y) * g->c_row + j + x);
      *c = g->alpha * sum[y][x] + (g->beta == 0.0f ? 0.0f : g->beta * *c);
    }
}

/* ... in stretches, which go through doubles. */
static void long_dots(const nn_gemm_kernel *kernel, int rows, int columns, int k, const float *a, ptrdiff_t a_row,
                      const float *b, ptrdiff_t b_row, float sum[4][4]) {
  double total[4][4] = {{0}};
  for (int p = 0; p < k; p += STRETCH * kernel->lanes) {
    int here = k - p < STRETCH * kernel->lanes ? k - p : STRETCH * kernel->lanes;
    kernel->dots(rows, columns, here, a + p, a_row, b + p, b_row, sum);
    for (int y = 0; y < rows; y++)
      for (int x = 0; x < columns; x++) total[y][x] += (double)sum[y][x];
  }
  for (int y = 0; y < rows; y++)
    for (int x = 0; x < columns; x++) sum[y][x] = (float)total[y][x];
}

/* Rows of A with rows of B, four by four. */
static void dotted(const nn_gemm_kernel *kernel, const product *g) {
  for (int j = 0; j < g->n; j += 4) {
    int columns = g->n - j < 4 ? g->n - j : 4;
    for (int i = 0; i < g->m; i += 4) {
      int rows = g->m - i < 4 ? g->m - i : 4;
      float sum[4][4];
      long_dots(kernel, rows, columns, g->k, g->a + i * g->a_row, g->a_row, g->b + j * g->b_row, g->b_row, sum);
      put_dots(g, i, j, rows, columns, sum);
    }
  }
}

/* ---- the ways to a product ---- */

/* C^T = B^T A^T. */
static product swapped(const product *g, int ta, int tb, int lda, int ldb) {
  product s = *g;
  s.m = g->n;
  s.n = g->m;
  s.a = g->b;
  s.a_row = tb ? ldb : 1;
  s.a_step = tb ? 1 : ldb;
  s.b = g->a;
  s.b_row = lda;
  s.b_turned = !ta;
  s.c_turned = 1;
  return s;
}

/* Costs in multiplier cycles, with what turning and summing up took when it was measured on Zen 5. */
static float cost_tiled(const nn_gemm_kernel *kernel, const product *g) {
  float m = (float)g->m, n = (float)g->n, k = (float)g->k;
  float vectors = (float)((g->n + kernel->lanes - 1) / kernel->lanes);
  float turned = (g->b_turned ? n * k : 0.0f) + (g->c_turned ? 2.0f * m * n : 0.0f);
  return 0.5f * m * vectors * k + TURNING * turned;
}

static float cost_dotted(const nn_gemm_kernel *kernel, const product *g) {
  float vectors = (float)((g->k + kernel->lanes - 1) / kernel->lanes);
  return (float)g->m * (float)g->n * (DOT_STEP * vectors + DOT_END);
}

void nn_gemm_with(const nn_gemm_kernel *kernel, int ta, int tb, int m, int n, int k, float alpha, const float *a,
                  int lda, const float *b, int ldb, float beta, float *c, int ldc) {
  product g = {m, n, k, alpha, beta, a, b, ta ? 1 : lda, ta ? lda : 1, ldb, tb, c, ldc, 0}, other;
  float cost, cost_other;
  if (m <= 0 || n <= 0) return;
  if (k <= 0 || alpha == 0.0f) {
    scale(&g);
    return;
  }
  other = swapped(&g, ta, tb, lda, ldb);
  cost = cost_tiled(kernel, &g);
  cost_other = cost_tiled(kernel, &other);
  if (other.a_step == 1 && g.a_step == 1 && cost_dotted(kernel, &g) < (cost < cost_other ? cost : cost_other))
    dotted(kernel, m <= n ? &g : &other);
  else tiled(kernel, cost_other < cost ? &other : &g);
}

const nn_gemm_kernel *nn_gemm_kernel_here(void) {
#if NN_GEMM_X86
  if (__builtin_cpu_supports("avx512f")) return &nn_gemm_avx512;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return &nn_gemm_avx2;
#endif
  return &nn_gemm_portable;
}

/* Ours before a BLAS's: see the top. */
static int ours_first(const nn_gemm_kernel *kernel) {
#if defined(NN_BLAS) && NN_GEMM_X86
  return kernel == &nn_gemm_avx512;
#elif defined(NN_BLAS)
  (void)kernel;
  return 0;
#else
  (void)kernel;
  return 1;
#endif
}

int nn_gemm_is_blas(int in_double) {
#ifdef NN_BLAS
  return in_double || !ours_first(nn_gemm_kernel_here());
#else
  (void)in_double;
  return 0;
#endif
}

void nn_gemm(int ta, int tb, int m, int n, int k, float alpha, const float *a, int lda, const float *b, int ldb,
             float beta, float *c, int ldc) {
  const nn_gemm_kernel *kernel = nn_gemm_kernel_here();
  if (ours_first(kernel) || m <= 0 || n <= 0 || k <= 0) {
    nn_gemm_with(kernel, ta, tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
    return;
  }
#ifdef NN_BLAS
  cblas_sgemm(CblasRowMajor, ta ? CblasTrans : CblasNoTrans, tb ? CblasTrans : CblasNoTrans, m, n, k, alpha, a, lda, b,
              ldb, beta, c, ldc);
#endif
}

const char *nn_gemm_name(void) {
  static PER_THREAD char name[128];
  const nn_gemm_kernel *kernel = nn_gemm_kernel_here();
  if (ours_first(kernel)) {
    if (kernel == &nn_gemm_portable) return kernel->name;
    snprintf(name, sizeof name, "nnc %s, 1 thread", kernel->name);
    return name;
  }
#if defined(NN_BLAS) && defined(OPENBLAS_VERSION)
  const char *version = openblas_get_config() + strlen("OpenBLAS ");
  int threads = openblas_get_num_threads();
  snprintf(name, sizeof name, "OpenBLAS %.*s (%s), %d thread%s", (int)strcspn(version, " "), version,
           openblas_get_corename(), threads, threads == 1 ? "" : "s");
  return name;
#else
  return "CBLAS";
#endif
}
