/* table.c: tables of numbers: CSV, TSV, and what semicolons or blanks separate. SPDX-License-Identifier: 0BSD
 *
 * In: a file's bytes and the columns wanted ("0-3", "income", "a,b,4-6"; all where absent). Out: the series of an
 * input, one row per line; the columns are the input's elements. The first line is a header if it holds what is no
 * number where the second has one, or has no number at all, or holds other than numbers and has another count of
 * columns. Cells may be quoted ("a ""b"", c"); blank lines are skipped. */
#include "data/reading.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct cell {
  const char *begin, *end;
} cell; /* without blanks around, without quotes */

typedef struct record {
  cell *cells;
  int count, capacity;
  size_t line;
} record;

typedef struct table {
  const char *file, *at, *end;
  size_t line;
  char separator; /* ' ': any run of blanks */
  nn_error *error;
} table;

/* ---- lines into cells ---- */

static int is_blank(char c) { return c == ' ' || c == '\t'; }

/* Of a line, what separates its cells: the strongest of tab, semicolon, comma that stands outside of quotes, or
 * blanks. */
static char find_separator(const char *at, const char *end) {
  int quoted = 0, tab = 0, semicolon = 0, comma = 0, words = 0;
  for (; at < end && (quoted || *at != '\n'); at++) {
    if (*at == '"') quoted = !quoted;
    else if (quoted) continue;
    else if (*at == ';') semicolon = 1;
    else if (*at == ',') comma = 1;
    else if (*at == '\t' && words) tab = 1;
    words |= !is_blank(*at);
  }
  return semicolon ? ';' : comma ? ',' : tab ? '\t' : ' ';
}

static const char *line_end(const char *at, const char *end) {
  const char *found = memchr(at, '\n', (size_t)(end - at));
  return found ? found : end;
}

static int is_empty_line(const char *at, const char *stop) {
  while (at < stop && (is_blank(*at) || *at == '\r')) at++;
  return at == stop;
}

static int is_one_word(const char *at, const char *stop) {
  while (at < stop && is_blank(*at)) at++;
  while (at < stop && !is_blank(*at)) at++;
  return is_empty_line(at, stop);
}

/* The separator of the second line that is not empty, for the first may be a title; of the first if that has one
 * cell. */
static char table_separator(const char *at, const char *end) {
  char first = 0;
  while (at < end) {
    const char *stop = line_end(at, end);
    if (!is_empty_line(at, stop)) {
      char separator = find_separator(at, end);
      if (first) return separator == ' ' && is_one_word(at, stop) ? first : separator;
      first = separator;
    }
    at = stop < end ? stop + 1 : end;
  }
  return first ? first : ' ';
}

static int add_cell(table *t, record *r, cell c) {
  if (r->count == r->capacity) {
    int larger = r->capacity ? r->capacity * 2 : 64;
    cell *cells = realloc(r->cells, (size_t)larger * sizeof *cells);
    if (!cells) return nn_out_of_memory(t->error, (size_t)larger * sizeof *cells);
    r->cells = cells;
    r->capacity = larger;
  }
  r->cells[r->count++] = c;
  return 0;
}

static int ends_cell(const table *t, const char *at) {
  return at == t->end || *at == '\n' || (t->separator == ' ' ? is_blank(*at) : *at == t->separator);
}

/* A blank that does not itself separate. */
static void skip_blanks(table *t) {
  while (t->at < t->end && (is_blank(*t->at) || (*t->at == '\r')) && *t->at != t->separator) t->at++;
  if (t->separator == ' ')
    while (t->at < t->end && (is_blank(*t->at) || *t->at == '\r')) t->at++;
}

static int quoted_cell(table *t, cell *c) {
  size_t start = t->line;
  c->begin = ++t->at;
  for (; t->at < t->end; t->at++) {
    t->line += *t->at == '\n';
    if (*t->at != '"') continue;
    if (t->at + 1 == t->end || t->at[1] != '"') break;
    t->at++;
  }
  if (t->at == t->end) return nn_fail(t->error, NN_BAD_DATA, "%s:%zu: a quote that is not closed", t->file, start);
  c->end = t->at++;
  skip_blanks(t);
  if (!ends_cell(t, t->at) && t->separator != ' ')
    return nn_fail(t->error, NN_BAD_DATA, "%s:%zu: found '%c' after a quoted cell, expected '%c'", t->file, t->line,
                   *t->at, t->separator);
  return 0;
}

static int read_cell(table *t, record *r) {
  cell c = {t->at, t->at};
  skip_blanks(t);
  if (t->at < t->end && *t->at == '"') {
    if (quoted_cell(t, &c)) return -1;
  } else {
    for (c.begin = t->at; !ends_cell(t, t->at);) t->at++;
    for (c.end = t->at; c.end > c.begin && (is_blank(c.end[-1]) || c.end[-1] == '\r');) c.end--;
    if (t->separator == ' ') skip_blanks(t);
  }
  return add_cell(t, r, c);
}

/* The next line that is not blank; count 0 at the end of the file. */
static int read_record(table *t, record *r) {
  for (r->count = 0; t->at < t->end;) {
    r->line = t->line;
    const char *stop = line_end(t->at, t->end);
    if (is_empty_line(t->at, stop)) {
      t->at = stop < t->end ? stop + 1 : t->end;
      t->line++;
      continue;
    }
    for (;;) {
      if (read_cell(t, r)) return -1;
      if (t->at == t->end) return 0;
      if (*t->at == '\n') {
        t->at++;
        t->line++;
        return 0;
      }
      if (t->separator != ' ') t->at++;
    }
  }
  return 0;
}

/* ---- header and columns ---- */

static int is_number(cell c) {
  double value;
  return nn_number_parse(c.begin, c.end, &value);
}

static int cell_is(cell c, const char *text) {
  return strlen(text) == (size_t)(c.end - c.begin) && !memcmp(text, c.begin, (size_t)(c.end - c.begin));
}

static int is_missing(cell c) {
  static const char *const words[] = {"", "NA", "N/A", "na", "null", "NULL", "None", "?", "-"};
  for (size_t k = 0; k < sizeof words / sizeof *words; k++)
    if (cell_is(c, words[k])) return 1;
  return 0;
}

static int is_header(const record *first, const record *second) {
  int words = 0, numbers = 0, numbers_below = 0;
  for (int k = 0; k < first->count; k++) {
    int number = is_number(first->cells[k]), word = !number && !is_missing(first->cells[k]);
    numbers += number;
    words += word;
    numbers_below += word && k < second->count && is_number(second->cells[k]);
  }
  return words && (!numbers || numbers_below || (second->count && second->count != first->count));
}

typedef struct columns {
  int *index;
  size_t count;
} columns;

/* "3 ('petal_width')" */
static void print_column(char *out, size_t size, const record *header, int column) {
  size_t used = (size_t)snprintf(out, size, "%d", column);
  if (column < header->count && used < size)
    snprintf(out + used, size - used, " ('%.*s')", (int)(header->cells[column].end - header->cells[column].begin),
             header->cells[column].begin);
}

/* "; its columns are 0-4: a, b, c" */
static void print_columns(char *out, size_t size, const record *header, int count) {
  size_t used = (size_t)snprintf(out, size, count > 1 ? "its columns are 0-%d" : "its only column is 0", count - 1);
  for (int k = 0; k < header->count && used + 60 < size; k++)
    used += (size_t)snprintf(
      out + used, size - used, "%s%.*s", k ? ", " : ": ",
      (int)(header->cells[k].end - header->cells[k].begin < 40 ? header->cells[k].end - header->cells[k].begin : 40),
      header->cells[k].begin);
}

static int named_column(const record *header, const char *name, size_t length) {
  for (int k = 0; k < header->count; k++)
    if ((size_t)(header->cells[k].end - header->cells[k].begin) == length &&
        !memcmp(header->cells[k].begin, name, length))
      return k;
  return -1;
}

/* The last column with the name of this one. */
static int last_named(const record *header, int column) {
  cell c = header->cells[column];
  int last = column;
  for (int k = column + 1; k < header->count; k++)
    if (header->cells[k].end - header->cells[k].begin == c.end - c.begin &&
        !memcmp(header->cells[k].begin, c.begin, (size_t)(c.end - c.begin)))
      last = k;
  return last;
}

static int column_number(const char *begin, const char *end) {
  int number = 0;
  if (begin == end || end - begin > 7) return -1;
  for (; begin < end; begin++) {
    if (*begin < '0' || *begin > '9') return -1;
    number = number * 10 + (*begin - '0');
  }
  return number;
}

/* "4", "4-6" or a name (or two with a dash) into first..last; 0 where it is none of these. */
static int column_range(const char *begin, const char *end, const record *header, int *first, int *last) {
  *first = *last = column_number(begin, end);
  if (*first < 0) *first = *last = named_column(header, begin, (size_t)(end - begin));
  for (const char *dash = begin; *first < 0 && dash < end; dash++) {
    if (*dash != '-') continue;
    *first = column_number(begin, dash), *last = column_number(dash + 1, end);
    if (*first < 0 || *last < 0) {
      *first = named_column(header, begin, (size_t)(dash - begin));
      *last = named_column(header, dash + 1, (size_t)(end - dash - 1));
    }
    if (*last < 0) *first = -1;
  }
  return *first >= 0 && *first <= *last;
}

/* A name says nothing where another column has it too, or where the rows have columns that the header does not name. */
static int doubtful_name(const nn_reading *reading, const record *header, int width, int column, nn_error *error) {
  cell c = header->cells[column];
  int length = (int)(c.end - c.begin);
  if (header->count != width)
    return nn_fail(
      error, NN_BAD_DATA,
      "%s: the header names %d columns, the rows have %d: '%.*s' may be any; columns can be chosen by number",
      reading->file, header->count, width, length, c.begin);
  if (named_column(header, c.begin, (size_t)length) == column && last_named(header, column) == column) return 0;
  return nn_fail(error, NN_BAD_DATA, "%s: two columns have the name '%.*s'; columns can be chosen by number",
                 reading->file, length, c.begin);
}

static int choose_columns(const nn_reading *reading, const record *header, int width, columns *chosen,
                          nn_error *error) {
  const char *at = reading->columns ? reading->columns : "";
  char all[32], list[400];
  if (!reading->columns) snprintf(all, sizeof all, "0-%d", width - 1), at = all;
  print_columns(list, sizeof list, header, width);
  for (;;) {
    const char *end = strchr(at, ',') ? strchr(at, ',') : at + strlen(at);
    int first, last;
    if (!column_range(at, end, header, &first, &last))
      return nn_fail(error, NN_BAD_DATA, "%s: there is no column '%.*s'; %s", reading->file, (int)(end - at), at, list);
    if (column_number(at, at + strcspn(at, ",-")) < 0 && doubtful_name(reading, header, width, first, error)) return -1;
    if (last >= width) return nn_fail(error, NN_BAD_DATA, "%s: there is no column %d; %s", reading->file, last, list);
    int *index = realloc(chosen->index, (chosen->count + (size_t)(last - first) + 1) * sizeof *index);
    if (!index) return nn_out_of_memory(error, sizeof *index);
    chosen->index = index;
    for (int k = first; k <= last; k++) index[chosen->count++] = k;
    if (!*end) break;
    at = end + 1;
  }
  if (chosen->count == reading->input->count) return 0;
  char shape[120] = "";
  if (reading->input->rank) nn_print_shape(shape, sizeof shape, reading->input->rank, reading->input->shape);
  return nn_fail(error, NN_BAD_DATA, "%s: %zu column%s%s, expected %zu for input %s%s; %s%s", reading->file,
                 chosen->count, chosen->count == 1 ? "" : "s", reading->columns ? " chosen" : "", reading->input->count,
                 reading->input->name, shape, list, reading->columns ? "" : " (choose some as in FILE:0-3)");
}

/* ---- values ---- */

static int bad_cell(const table *t, const nn_reading *reading, const record *r, const record *header, int column,
                    double value) {
  char name[120], found[60], expected[120];
  cell c = r->cells[column];
  print_column(name, sizeof name, header, column);
  if (c.begin == c.end) snprintf(found, sizeof found, "an empty cell");
  else snprintf(found, sizeof found, "'%.*s'", c.end - c.begin < 50 ? (int)(c.end - c.begin) : 50, c.begin);
  nn_series_print_expected(expected, sizeof expected, reading->input, value);
  return nn_fail(t->error, NN_BAD_DATA, "%s:%zu: column %s: found %s, expected %s for input %s", t->file, r->line, name,
                 found, expected, reading->input->name);
}

static int make_room(nn_series *series, size_t *capacity, nn_error *error) {
  size_t needed = (series->rows + 1) * series->count;
  if (needed <= *capacity) return 0;
  size_t larger = needed * 2, size = larger * nn_series_storage_size(series->storage);
  void *block = realloc(series->block, size);
  if (!block) return nn_out_of_memory(error, size);
  series->block = series->values = block;
  *capacity = larger;
  return 0;
}

static int store_record(table *t, const nn_reading *reading, const record *r, const record *header,
                        const columns *chosen, nn_series *series) {
  for (size_t k = 0; k < chosen->count; k++) {
    cell c = r->cells[chosen->index[k]];
    double value = 0;
    int padding = nn_series_is_padding(reading->data, reading->input, series->rows, k);
    int number = padding || nn_number_parse(c.begin, c.end, &value);
    if (!number || (!padding && !nn_series_fits(reading->input, value)))
      return bad_cell(t, reading, r, header, chosen->index[k], value);
    nn_series_set(series, series->rows * series->count + k, value);
  }
  series->rows++;
  return 0;
}

static int read_rows(table *t, const nn_reading *reading, record *r, const record *header, nn_series *series,
                     const columns *chosen) {
  size_t capacity = chosen->count;
  int width = r->count;
  if (nn_series_start(series, reading->input, capacity, t->error)) return -1;
  for (; r->count;) {
    if (r->count != width)
      return nn_fail(t->error, NN_BAD_DATA, "%s:%zu: found %d column%s, expected %d as in the lines before", t->file,
                     r->line, r->count, r->count == 1 ? "" : "s", width);
    if (make_room(series, &capacity, t->error) || store_record(t, reading, r, header, chosen, series) ||
        read_record(t, r))
      return -1;
  }
  return 0;
}

/* The first two lines decide; then all lines after the header are read. */
static int read_lines(table *t, const nn_reading *reading, record *first, record *row, columns *chosen,
                      nn_series *series) {
  record none = {0};
  if (read_record(t, first)) return -1;
  table second = *t;
  if (read_record(&second, row)) return -1;
  int header = is_header(first, row);
  if (!first->count || (header && !row->count)) return nn_fail(t->error, NN_BAD_DATA, "%s: it has no rows", t->file);
  int width = header ? row->count : first->count;
  const record *names = header ? first : &none;
  if (choose_columns(reading, names, width, chosen, t->error)) return -1;
  if (!header) return read_rows(t, reading, first, names, series, chosen);
  *t = second;
  return read_rows(t, reading, row, names, series, chosen);
}

int nn_read_table(nn_reading *reading, nn_series *series, nn_error *error) {
  const char *begin = (const char *)reading->bytes.data, *end = begin + reading->bytes.size;
  if (reading->bytes.size >= 3 && !memcmp(begin, "\xef\xbb\xbf", 3)) begin += 3; /* byte order mark */
  table t = {reading->file, begin, end, 1, table_separator(begin, end), error};
  record first = {0}, row = {0};
  columns chosen = {NULL, 0};
  int result = read_lines(&t, reading, &first, &row, &chosen, series);
  free(first.cells);
  free(row.cells);
  free(chosen.index);
  return result;
}
