/* paths: draws what ways optimizers take through a landscape, and how fast they come down.
 *
 *     paths LANDSCAPE.csv PATHS.svg LOSS.svg NAME=PATH.csv ...
 *
 * In: the landscape as lines x,y,height of a regular grid, x changing fastest; of each optimizer lines step,x,y,height.
 * A first line that is no numbers is skipped. Out: two SVG files: a panel for each optimizer, with its path over
 * contour lines, and one diagram of height against step, both on logarithmic scales. Exit status 1 where a file is not
 * what it should be. SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
  MOST_COLUMNS = 4,
  MOST_PATHS = 9,
  PANELS_IN_A_ROW = 3,
  PANEL = 250,
  PANEL_HEIGHT = 200,
  GAP = 28,
  LOSS_WIDTH = 640,
  LOSS_HEIGHT = 420
};

static const char *const colors[MOST_PATHS] = {"#7f7f7f", "#1f77b4", "#17a2b8", "#9467bd", "#e377c2",
                                               "#2ca02c", "#ff7f0e", "#d62728", "#000000"};
static const double levels[] = {1, 4, 16, 64, 256, 1024};
static const double least_height = 1e-13;

/* ---- tables ---- */

typedef struct Table {
  double *at; /* rows * columns */
  size_t rows, room;
  size_t columns;
} Table;

static void fail(const char *path, const char *expected) {
  fprintf(stderr, "paths: %s: expected %s\n", path, expected);
  exit(1);
}

static int read_row(char *line, size_t columns, double *row) {
  for (size_t k = 0; k < columns; k++) {
    char *end;
    row[k] = strtod(line, &end);
    if (end == line) return 0;
    line = end + (*end == ',');
  }
  return 1;
}

static Table read_table(const char *path, size_t columns, const char *expected) {
  Table t = {.columns = columns};
  char line[400];
  double row[MOST_COLUMNS];
  FILE *f = fopen(path, "r");
  if (!f) fail(path, expected);
  for (int first = 1; fgets(line, sizeof line, f); first = 0) {
    if (!read_row(line, columns, row)) {
      if (!first) fail(path, expected);
      continue;
    }
    if (t.rows == t.room) {
      t.room = t.room ? 2 * t.room : 256;
      t.at = realloc(t.at, t.room * columns * sizeof *t.at);
      if (!t.at) exit(1);
    }
    memcpy(t.at + columns * t.rows++, row, columns * sizeof *row);
  }
  fclose(f);
  if (t.rows < 2) fail(path, expected);
  return t;
}

static const double *row_of(const Table *t, size_t k) { return t->at + t->columns * k; }

/* ---- contour lines ---- */

typedef struct Grid {
  Table table;
  size_t width, height;
  double left, right, bottom, top;
} Grid;

static Grid read_grid(const char *path) {
  Grid g = {.table = read_table(path, 3, "lines x,y,height")};
  while (g.width < g.table.rows && row_of(&g.table, g.width)[1] == row_of(&g.table, 0)[1]) g.width++;
  g.height = g.width ? g.table.rows / g.width : 0;
  if (g.width < 2 || g.height < 2 || g.width * g.height != g.table.rows)
    fail(path, "a regular grid, x changing fastest");
  const double *first = row_of(&g.table, 0), *last = row_of(&g.table, g.table.rows - 1);
  g.left = first[0], g.bottom = first[1], g.right = last[0], g.top = last[1];
  return g;
}

static double panel_x(const Grid *g, double x) { return (x - g->left) / (g->right - g->left) * PANEL; }
static double panel_y(const Grid *g, double y) { return (g->top - y) / (g->top - g->bottom) * PANEL_HEIGHT; }

/* Where the edge between two points of the grid crosses the level. */
static int crossing(const Grid *g, size_t a, size_t b, double level, double *at) {
  const double *p = row_of(&g->table, a), *q = row_of(&g->table, b);
  if ((p[2] < level) == (q[2] < level)) return 0;
  double share = (level - p[2]) / (q[2] - p[2]);
  at[0] = panel_x(g, p[0] + share * (q[0] - p[0]));
  at[1] = panel_y(g, p[1] + share * (q[1] - p[1]));
  return 1;
}

/* A piece of the contour in each cell that the level crosses (marching squares; of four crossings, the first and last
 * pair). */
static void draw_level(FILE *out, const Grid *g, double level) {
  fprintf(out, "<path d=\"");
  for (size_t j = 0; j + 1 < g->height; j++)
    for (size_t i = 0; i + 1 < g->width; i++) {
      size_t a = j * g->width + i, c = a + g->width;
      size_t edges[4][2] = {{a, a + 1}, {a + 1, c + 1}, {c, c + 1}, {a, c}};
      double at[4][2];
      int n = 0;
      for (int k = 0; k < 4; k++) n += crossing(g, edges[k][0], edges[k][1], level, at[n]);
      for (int k = 0; k + 1 < n; k += 2)
        fprintf(out, "M%.1f %.1fl%.1f %.1f", at[k][0], at[k][1], at[k + 1][0] - at[k][0], at[k + 1][1] - at[k][1]);
    }
  fprintf(out, "\"/>\n");
}

/* ---- the panels ---- */

typedef struct Path {
  const char *name;
  Table table;
} Path;

static FILE *open_svg(const char *path, int width, int height) {
  FILE *out = fopen(path, "w");
  if (!out) fail(path, "a file that can be written");
  fprintf(
    out,
    "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" font-family=\"sans-serif\" font-size=\"12\">\n",
    width, height);
  fprintf(out, "<rect width=\"%d\" height=\"%d\" fill=\"#fff\"/>\n", width, height);
  return out;
}

/* Points nearer than a pixel to the last one drawn are left out. */
static void draw_path(FILE *out, const Grid *g, const Table *t, const char *color) {
  double x = -1e9, y = -1e9;
  fprintf(out, "<polyline fill=\"none\" stroke=\"%s\" stroke-width=\"1.4\" points=\"", color);
  for (size_t k = 0; k < t->rows; k++) {
    double to_x = panel_x(g, row_of(t, k)[1]), to_y = panel_y(g, row_of(t, k)[2]);
    if (fabs(to_x) > 1e5 || fabs(to_y) > 1e5 || (k + 1 < t->rows && hypot(to_x - x, to_y - y) < 1)) continue;
    fprintf(out, "%.1f,%.1f ", x = to_x, y = to_y);
  }
  fprintf(out, "\"/>\n");
}

static void draw_panel(FILE *out, const Grid *g, const Path *p, int k) {
  int x = GAP + k % PANELS_IN_A_ROW * (PANEL + GAP), y = GAP + k / PANELS_IN_A_ROW * (PANEL_HEIGHT + GAP + 12);
  const double *first = row_of(&p->table, 0), *last = row_of(&p->table, p->table.rows - 1);
  int least = !(last[3] > least_height);
  fprintf(out, "<g transform=\"translate(%d %d)\">\n<text y=\"-6\">%s: %.0f steps to %s%.0e</text>\n", x, y, p->name,
          last[0], least ? "below " : "", least ? least_height : last[3]);
  fprintf(out, "<g clip-path=\"url(#panel)\"><use href=\"#contours\"/>\n");
  draw_path(out, g, &p->table, colors[k]);
  fprintf(out, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3\" fill=\"none\" stroke=\"#000\"/>\n", panel_x(g, first[1]),
          panel_y(g, first[2]));
  fprintf(out, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3\"/></g>\n", panel_x(g, last[1]), panel_y(g, last[2]));
  fprintf(out, "<rect width=\"%d\" height=\"%d\" fill=\"none\" stroke=\"#888\"/></g>\n", PANEL, PANEL_HEIGHT);
}

static void draw_panels(const char *file, const Grid *g, const Path *paths, int n) {
  int rows = (n + PANELS_IN_A_ROW - 1) / PANELS_IN_A_ROW;
  FILE *out = open_svg(file, GAP + PANELS_IN_A_ROW * (PANEL + GAP), GAP + rows * (PANEL_HEIGHT + GAP + 12));
  fprintf(out, "<defs><clipPath id=\"panel\"><rect width=\"%d\" height=\"%d\"/></clipPath>\n", PANEL, PANEL_HEIGHT);
  fprintf(out, "<g id=\"contours\" fill=\"none\" stroke=\"#bbb\" stroke-width=\"0.7\">\n");
  for (size_t k = 0; k < sizeof levels / sizeof *levels; k++) draw_level(out, g, levels[k]);
  fprintf(out, "</g></defs>\n");
  for (int k = 0; k < n; k++) draw_panel(out, g, &paths[k], k);
  fprintf(out, "</svg>\n");
  if (fclose(out)) fail(file, "a file that can be written");
}

/* ---- height against step ---- */

typedef struct Axes {
  double steps, low, high; /* logarithms to base 10, of the last step and of heights */
} Axes;

static double loss_x(const Axes *a, double step) {
  return 50 + log10(step < 1 ? 1 : step) / a->steps * (LOSS_WIDTH - 190);
}
static double loss_y(const Axes *a, double height) {
  double h = log10(height > least_height ? height : least_height);
  return 20 + (a->high - h) / (a->high - a->low) * (LOSS_HEIGHT - 60);
}

static Axes axes_of(const Path *paths, int n) {
  Axes a = {1, log10(least_height), 0};
  for (int k = 0; k < n; k++)
    for (size_t i = 0; i < paths[k].table.rows; i++) {
      const double *r = row_of(&paths[k].table, i);
      if (r[0] > 1) a.steps = fmax(a.steps, log10(r[0]));
      if (r[3] > 0 && r[3] < 1e6) a.high = fmax(a.high, ceil(log10(r[3])));
    }
  return a;
}

static void draw_axes(FILE *out, const Axes *a) {
  fprintf(out, "<g stroke=\"#ddd\" fill=\"#333\">\n");
  for (double e = 0; e <= a->steps; e++) {
    double x = loss_x(a, pow(10, e));
    fprintf(out,
            "<path d=\"M%.1f 20V%d\"/><text stroke=\"none\" x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%.0f</text>\n",
            x, LOSS_HEIGHT - 40, x, LOSS_HEIGHT - 24, pow(10, e));
  }
  for (double e = a->high; e >= a->low; e -= 3) {
    double y = loss_y(a, pow(10, e));
    fprintf(out,
            "<path d=\"M50 %.1fH%d\"/><text stroke=\"none\" x=\"44\" y=\"%.1f\" text-anchor=\"end\">1e%.0f</text>\n", y,
            LOSS_WIDTH - 140, y + 4, e);
  }
  fprintf(out, "<text stroke=\"none\" x=\"%d\" y=\"%d\" text-anchor=\"middle\">step</text></g>\n",
          (LOSS_WIDTH - 90) / 2, LOSS_HEIGHT - 8);
}

static void draw_losses(const char *file, const Path *paths, int n) {
  Axes a = axes_of(paths, n);
  FILE *out = open_svg(file, LOSS_WIDTH, LOSS_HEIGHT);
  draw_axes(out, &a);
  for (int k = 0; k < n; k++) {
    double x = -1e9, y = -1e9;
    fprintf(out, "<polyline fill=\"none\" stroke=\"%s\" stroke-width=\"1.6\" points=\"", colors[k]);
    for (size_t i = 0; i < paths[k].table.rows; i++) {
      const double *r = row_of(&paths[k].table, i);
      double to_x = loss_x(&a, r[0]), to_y = loss_y(&a, r[3]);
      if (r[0] < 1 || (i + 1 < paths[k].table.rows && hypot(to_x - x, to_y - y) < 1.5)) continue;
      fprintf(out, "%.1f,%.1f ", x = to_x, y = to_y);
    }
    fprintf(out, "\"/>\n<text x=\"%d\" y=\"%d\" fill=\"%s\">%s</text>\n", LOSS_WIDTH - 130, 40 + 18 * k, colors[k],
            paths[k].name);
  }
  fprintf(out, "</svg>\n");
  if (fclose(out)) fail(file, "a file that can be written");
}

int main(int argc, char **argv) {
  Path paths[MOST_PATHS];
  int n = argc - 4;
  if (n < 1 || n > MOST_PATHS) {
    fprintf(stderr, "usage: paths LANDSCAPE.csv PATHS.svg LOSS.svg NAME=PATH.csv ... (1 to %d)\n", MOST_PATHS);
    return 2;
  }
  Grid grid = read_grid(argv[1]);
  for (int k = 0; k < n; k++) {
    char *equals = strchr(argv[4 + k], '=');
    if (!equals) fail(argv[4 + k], "NAME=PATH.csv");
    *equals = 0;
    paths[k] = (Path){argv[4 + k], read_table(equals + 1, 4, "lines step,x,y,height")};
  }
  draw_panels(argv[2], &grid, paths, n);
  draw_losses(argv[3], paths, n);
  for (int k = 0; k < n; k++) free(paths[k].table.at);
  free(grid.table.at);
  return 0;
}
