/* ranges_picture.c: ranges of values and gradients as a picture (SVG). SPDX-License-Identifier: 0BSD
 *
 * In: what ranges.c has collected. Out: a file that needs nothing else, for light and dark pages. From left to right
 * are the steps; sizes are on logarithmic scales, so that what explodes or vanishes is a slope.
 *
 *   values        a row each: from the mean magnitude (line) to the largest (upper edge), red where one was not finite
 *   gradients     a strip for each layer: the norm, the darker the larger
 *   recurrences   a field for each adjoint in a loop: its norm at each time of the loop */
#include "program/ranges.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Units: a tenth of a pixel. */
enum {
  WIDTH = 10600,
  LEFT = 2300,
  PLOT = 6000,
  RIGHT = LEFT + PLOT + 200,
  ROW = 420,
  GAP = 110,
  STRIP = 210,
  FIELD = 900,
  SHADES = 12,
  MOST_ROWS = 48,
  MOST_TIMES = 32
};

typedef struct picture {
  const cli_ranges *r;
  nn_text out;
  int y, columns;
} picture;

static int x_of(const picture *p, int column) { return LEFT + PLOT * column / p->columns; }

/* How many steps a column is made of. */
static double steps_of(const picture *p, int column) {
  long left = p->r->steps - column * p->r->stride;
  return (double)(left < p->r->stride ? left : p->r->stride);
}

static const nn_trace_range *range_at(const cli_series *s, int row, int column) {
  return &s->ranges[(size_t)column * (size_t)s->now.table->nwatched + (size_t)row];
}

/* ---- texts ---- */

static void add_escaped(nn_text *out, const char *s) {
  for (; *s; s++) {
    if (*s == '<') nn_text_printf(out, "&lt;");
    else if (*s == '&') nn_text_printf(out, "&amp;");
    else nn_text_add(out, s, 1);
  }
}

static void add_label(picture *p, int x, int y, const char *classes, const char *text) {
  nn_text_printf(&p->out, "<text x=\"%d\" y=\"%d\" class=\"%s\">", x, y, classes);
  add_escaped(&p->out, text);
  nn_text_printf(&p->out, "</text>\n");
}

static const char *number_text(char *buffer, size_t size, double value) {
  nn_number_print(buffer, size, 3, value);
  return buffer;
}

static void add_heading(picture *p, const char *title, const char *about) {
  char steps[60];
  p->y += 330;
  add_label(p, 200, p->y, "h", title);
  add_label(p, LEFT, p->y, "s", about);
  snprintf(steps, sizeof steps, "steps 1 to %ld", p->r->steps);
  add_label(p, LEFT + PLOT, p->y, "s e", steps);
  p->y += 150;
}

/* ---- values ---- */

typedef struct scale { /* decades of powers of ten */
  double low, high;
} scale;

static scale scale_of(const cli_series *s, int row, int columns) {
  double low = INFINITY, high = -INFINITY;
  for (int c = 0; c < columns; c++) {
    const nn_trace_range *r = range_at(s, row, c);
    double most = fmax(fabs((double)r->least), fabs((double)r->most));
    if (!r->finite || !(most > 0)) continue;
    double mean = r->sum / (double)r->finite;
    low = fmin(low, floor(log10(fmax(mean, most * 1e-6))));
    high = fmax(high, ceil(log10(most)));
  }
  if (!(high > low)) high = isfinite(low) ? low + 1 : 1, low = isfinite(low) ? low : 0;
  return (scale){low, high};
}

static int y_of(const picture *p, scale s, double value) {
  double part = value > 0 ? (log10(value) - s.low) / (s.high - s.low) : 0;
  return p->y + ROW - (int)(ROW * fmin(fmax(part, 0), 1));
}

static void add_band(picture *p, const cli_series *s, int row, scale range) {
  nn_text_printf(&p->out, "<path class=\"band\" d=\"");
  for (int c = 0; c < p->columns; c++) {
    const nn_trace_range *r = range_at(s, row, c);
    int y = y_of(p, range, fmax(fabs((double)r->least), fabs((double)r->most)));
    nn_text_printf(&p->out, "%s%d %dH%d", c ? "L" : "M", x_of(p, c), y, x_of(p, c + 1));
  }
  for (int c = p->columns; c-- > 0;) {
    const nn_trace_range *r = range_at(s, row, c);
    int y = y_of(p, range, r->finite ? r->sum / (double)r->finite : 0);
    nn_text_printf(&p->out, "L%d %dH%d", x_of(p, c + 1), y, x_of(p, c));
  }
  nn_text_printf(&p->out, "Z\"/>\n<path class=\"line\" d=\"");
  for (int c = 0; c < p->columns; c++) {
    const nn_trace_range *r = range_at(s, row, c);
    nn_text_printf(&p->out, "%s%d %dH%d", c ? "L" : "M", x_of(p, c),
                   y_of(p, range, r->finite ? r->sum / (double)r->finite : 0), x_of(p, c + 1));
  }
  nn_text_printf(&p->out, "\"/>\n");
}

static long add_not_finite(picture *p, const cli_series *s, int row) {
  long others = 0;
  for (int c = 0; c < p->columns; c++) {
    if (!range_at(s, row, c)->others) continue;
    others += (long)range_at(s, row, c)->others;
    nn_text_printf(&p->out, "<rect class=\"bad\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\"/>\n", x_of(p, c), p->y,
                   x_of(p, c + 1) - x_of(p, c), ROW);
  }
  return others;
}

static void add_value(picture *p, const cli_series *s, int row) {
  const nn_trace_watched *w = &s->now.table->watched[row];
  scale range = scale_of(s, row, p->columns);
  char text[200], a[40], b[40];
  nn_text_printf(&p->out, "<rect class=\"field\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\"/>\n", LEFT, p->y, PLOT,
                 ROW);
  add_band(p, s, row, range);
  long others = add_not_finite(p, s, row);
  add_label(p, 200, p->y + 190, "n", w->name);
  int line = s->now.table->sites[w->site].source.line;
  if (line) snprintf(text, sizeof text, "line %d", line), add_label(p, 200, p->y + 350, "s", text);
  snprintf(text, sizeof text, "%s", number_text(a, sizeof a, pow(10, range.high)));
  add_label(p, LEFT - 60, p->y + 110, "s e", text);
  snprintf(text, sizeof text, "%s", number_text(a, sizeof a, pow(10, range.low)));
  add_label(p, LEFT - 60, p->y + ROW, "s e", text);
  const nn_trace_range *last = range_at(s, row, p->columns - 1);
  if (last->finite) {
    snprintf(text, sizeof text, "%s to %s", number_text(a, sizeof a, (double)last->least),
             number_text(b, sizeof b, (double)last->most));
    add_label(p, RIGHT, p->y + 190, "t", text);
  }
  if (others) snprintf(text, sizeof text, "%ld not finite", others), add_label(p, RIGHT, p->y + 350, "t r", text);
  p->y += ROW + GAP;
}

static void add_values(picture *p, const cli_series *s, int kind, const char *title, const char *about) {
  int shown = 0, all = 0;
  for (int k = 0; k < s->now.table->nwatched; k++) {
    if (s->now.table->watched[k].kind != kind) continue;
    if (!all++) add_heading(p, title, about);
    if (shown < MOST_ROWS) add_value(p, s, k), shown++;
  }
  char text[80];
  if (all <= shown) return;
  snprintf(text, sizeof text, "and %d more", all - shown);
  add_label(p, 200, p->y += 120, "s", text);
}

/* ---- fields of shades ---- */

typedef struct field { /* numbers by row and column; at most 0: nothing is drawn */
  double *values;
  int rows;
  double low, high; /* powers of ten */
} field;

static void find_limits(field *f, int columns) {
  f->low = INFINITY, f->high = -INFINITY;
  for (int k = 0; k < f->rows * columns; k++) {
    if (!(f->values[k] > 0) || !isfinite(f->values[k])) continue;
    f->low = fmin(f->low, log10(f->values[k]));
    f->high = fmax(f->high, log10(f->values[k]));
  }
  if (f->low < f->high - 12) f->low = f->high - 12;
  if (f->low > f->high - 1) f->low = f->high - 1;
}

static int shade_of(const field *f, double value) {
  if (!(value > 0)) return -1;
  double part = (log10(value) - f->low) / (f->high - f->low);
  return (int)(fmin(fmax(part, 0), 1) * (SHADES - 1) + 0.5);
}

/* The cells of one shade are one path; neighbours in a row are one cell. */
static void add_shades(picture *p, const field *f, int height, int gap) {
  for (int shade = 0; shade < SHADES; shade++) {
    int begun = 0;
    for (int row = 0; row < f->rows; row++) {
      int top = p->y + row * height / f->rows, bottom = p->y + (row + 1) * height / f->rows - gap;
      for (int c = 0; c < p->columns; c++) {
        int end = c;
        while (end < p->columns && shade_of(f, f->values[row * p->columns + end]) == shade) end++;
        if (end == c) continue;
        if (!begun++) nn_text_printf(&p->out, "<path class=\"a%d\" d=\"", shade);
        nn_text_printf(&p->out, "M%d %dH%dV%dH%dZ", x_of(p, c), top, x_of(p, end), bottom, x_of(p, c));
        c = end;
      }
    }
    if (begun) nn_text_printf(&p->out, "\"/>\n");
  }
}

static void add_legend(picture *p, const field *f, int y) {
  char text[40], a[40];
  int width = 110, x = RIGHT;
  for (int shade = 0; shade < SHADES; shade++)
    nn_text_printf(&p->out, "<rect class=\"a%d\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"100\"/>\n", shade,
                   x + shade * width, y, width);
  snprintf(text, sizeof text, "%s", number_text(a, sizeof a, pow(10, f->low)));
  add_label(p, x, y + 210, "s", text);
  snprintf(text, sizeof text, "%s", number_text(a, sizeof a, pow(10, f->high)));
  add_label(p, x + SHADES * width, y + 210, "s e", text);
}

/* ---- gradients by layer ---- */

static size_t layer_length(const char *name) {
  const char *dot = strrchr(name, '.');
  return dot ? (size_t)(dot - name) : strlen(name);
}

static int same_layer(const char *a, const char *b) {
  return layer_length(a) == layer_length(b) && !memcmp(a, b, layer_length(a)) &&
         (strchr(a, '.') != NULL) == (strchr(b, '.') != NULL);
}

/* The rows of gradients by layer: layers[k] is the first row of layer k. */
static int find_layers(const nn_trace_table *table, int *layers) {
  int count = 0;
  for (int k = 0; k < table->nwatched; k++) {
    if (table->watched[k].kind != 2) continue;
    int known = 0;
    for (int i = 0; i < count; i++) known |= same_layer(table->watched[layers[i]].name, table->watched[k].name);
    if (!known) layers[count++] = k;
  }
  return count;
}

static double layer_norm(const picture *p, const cli_series *s, int first, int column) {
  const nn_trace_table *table = s->now.table;
  double squares = 0;
  for (int k = 0; k < table->nwatched; k++)
    if (table->watched[k].kind == 2 && same_layer(table->watched[k].name, table->watched[first].name))
      squares += range_at(s, k, column)->squares;
  return sqrt(squares / steps_of(p, column));
}

static void add_layers(picture *p, const cli_series *s) {
  const nn_trace_table *table = s->now.table;
  int *layers = calloc((size_t)table->nwatched + 1, sizeof *layers);
  field f = {calloc(((size_t)table->nwatched + 1) * (size_t)p->columns, sizeof *f.values), 0, 0, 0};
  if (!layers || !f.values) p->out.failed = 1;
  else f.rows = find_layers(table, layers);
  for (int k = 0; k < f.rows; k++)
    for (int c = 0; c < p->columns; c++) f.values[k * p->columns + c] = layer_norm(p, s, layers[k], c);
  if (f.rows) {
    find_limits(&f, p->columns);
    add_heading(p, "Gradients, by layer", "norm, of a layer's parameters; at the right that of the last steps");
    add_legend(p, &f, p->y - 300);
    p->y += 40;
    add_shades(p, &f, f.rows * STRIP, 20);
  }
  for (int k = 0; k < f.rows; k++) {
    char name[200], a[40];
    snprintf(name, sizeof name, "%.*s", (int)layer_length(table->watched[layers[k]].name),
             table->watched[layers[k]].name);
    add_label(p, 200, p->y + k * STRIP + 150, "n", name);
    add_label(p, RIGHT, p->y + k * STRIP + 150, "t",
              number_text(a, sizeof a, f.values[k * p->columns + p->columns - 1]));
  }
  p->y += f.rows * STRIP;
  free(layers);
  free(f.values);
}

/* ---- gradients by time ---- */

static void add_times(picture *p, const cli_series *s, int row) {
  const nn_trace_watched *w = &s->now.table->watched[row];
  int rows = w->times < MOST_TIMES ? w->times : MOST_TIMES;
  field f = {calloc((size_t)rows * (size_t)p->columns, sizeof *f.values), rows, 0, 0};
  char text[100], a[40];
  if (!f.values) {
    p->out.failed = 1;
    return;
  }
  for (int c = 0; c < p->columns; c++)
    for (int t = 0; t < w->times; t++)
      f.values[(int)((long)t * rows / w->times) * p->columns + c] +=
        s->times[(size_t)c * (size_t)s->now.table->times + (size_t)(w->first + t)];
  for (int k = 0; k < rows * p->columns; k++) f.values[k] = sqrt(f.values[k] / steps_of(p, k % p->columns));
  find_limits(&f, p->columns);
  nn_text_printf(&p->out, "<rect class=\"field\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\"/>\n", LEFT, p->y, PLOT,
                 FIELD);
  add_shades(p, &f, FIELD, 0);
  add_label(p, 200, p->y + 190, "n", w->name);
  snprintf(text, sizeof text, "line %d", s->now.table->sites[w->site].source.line);
  add_label(p, 200, p->y + 350, "s", text);
  add_label(p, LEFT - 60, p->y + 110, "s e", "time 0");
  snprintf(text, sizeof text, "time %d", w->times - 1);
  add_label(p, LEFT - 60, p->y + FIELD, "s e", text);
  add_label(p, RIGHT, p->y + 120, "t", number_text(a, sizeof a, f.values[p->columns - 1]));
  add_label(p, RIGHT, p->y + FIELD, "t", number_text(a, sizeof a, f.values[rows * p->columns - 1]));
  add_legend(p, &f, p->y + FIELD / 2 - 150);
  p->y += FIELD + GAP;
  free(f.values);
}

static void add_recurrences(picture *p, const cli_series *s) {
  int shown = 0;
  for (int k = 0; k < s->now.table->nwatched; k++) {
    const nn_trace_watched *w = &s->now.table->watched[k];
    if (w->kind != 1 || w->times < 2 || shown == MOST_ROWS) continue;
    if (!shown++)
      add_heading(p, "Gradients, by time",
                  "norm of what comes back to each time of a recurrence, of an example; right: the last steps");
    add_times(p, s, k);
  }
}

/* ---- the whole ---- */

static const char styles[] =
  "<style>\n"
  "text{font:130px system-ui,-apple-system,'Segoe UI','DejaVu Sans',sans-serif;fill:#1c2128}\n"
  ".h{font-size:170px;font-weight:600}.n{font-size:140px}.s{font-size:110px;fill:#6a737d}.t{font-size:125px}\n"
  ".e{text-anchor:end}.r{fill:#cf222e}.paper{fill:#ffffff}.field{fill:#f3f5f8}\n"
  ".band{fill:#0969da;fill-opacity:.25}.line{fill:none;stroke:#0969da;stroke-width:14}.bad{fill:#cf222e;fill-opacity:."
  "75}\n";
static const char dark_styles[] =
  "@media (prefers-color-scheme:dark){text{fill:#e6edf3}.s{fill:#8b949e}.r{fill:#ff7b72}.paper{fill:#0d1117}\n"
  ".field{fill:#161b22}.band{fill:#58a6ff}.line{stroke:#58a6ff}.bad{fill:#ff7b72}\n";

static void add_styles(nn_text *out) {
  nn_text_printf(out, "%s", styles);
  for (int k = 0; k < SHADES; k++) nn_text_printf(out, ".a%d{fill:#8250df;fill-opacity:.%02d}", k, 4 + k * 95 / SHADES);
  nn_text_printf(out, "\n%s", dark_styles);
  for (int k = 0; k < SHADES; k++) nn_text_printf(out, ".a%d{fill:#d2a8ff}", k);
  nn_text_printf(out, "}\n</style>\n");
}

static void add_series(picture *p, const cli_series *s) {
  const nn_model *model = p->r->run->model;
  char text[200];
  if (!s->calls) return;
  if (p->r->count > 1) {
    snprintf(text, sizeof text, "Loss %s", model->losses[s->loss].name);
    p->y += 300;
    add_label(p, 200, p->y, "h", text);
  }
  add_layers(p, s);
  add_recurrences(p, s);
  add_values(p, s, 0, "Values", "magnitude: mean (line) to largest (edge); right: least and most of the last steps");
  add_values(p, s, 1, "Adjoints", "derivatives of an example's loss with respect to values, in the same way");
}

int cli_ranges_draw(const cli_ranges *r, nn_error *error) {
  picture p = {.r = r, .y = 330, .columns = cli_ranges_columns(r)};
  char text[300];
  snprintf(text, sizeof text, "%s: values and gradients in %ld step%s%s", r->run->model->name, r->steps,
           r->steps == 1 ? "" : "s", r->stopped ? ", of which the last was not finite" : "");
  add_label(&p, 200, p.y, "h", text);
  for (int k = 0; k < r->count; k++) add_series(&p, &r->series[k]);
  nn_text whole = {NULL, 0, 0, 0};
  nn_text_printf(&whole,
                 "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\" height=\"%d\">\n", WIDTH,
                 p.y + 250, WIDTH / 10, (p.y + 250) / 10);
  add_styles(&whole);
  nn_text_printf(&whole, "<rect class=\"paper\" width=\"%d\" height=\"%d\"/>\n", WIDTH, p.y + 250);
  if (p.out.data) nn_text_add(&whole, p.out.data, p.out.size);
  nn_text_printf(&whole, "</svg>\n");
  int failed = p.out.failed || whole.failed;
  nn_span span = {whole.data, whole.size};
  int result = failed ? nn_out_of_memory(error, whole.size) : nn_file_write(r->file, &span, 1, error);
  free(p.out.data);
  free(whole.data);
  return result;
}
