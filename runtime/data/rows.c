/* rows.c: some rows of the data. SPDX-License-Identifier: 0BSD
 *
 * In: data that was read, and which rows: ranges ("0-39", "0-39,100"), or a column of a file that has 1 for a row that
 * is meant and 0 for any other ("split.csv:0"). Out: the data with these rows alone, or with all others, in their
 * order. So a split that somebody published, or a study with few examples, needs no files of its own. */
#include "data/reading.h"

#include <stdlib.h>
#include <string.h>

typedef struct choice {
  const char *option, *which; /* for messages: "--rows", and what stands after it */
  unsigned char *chosen;      /* of each row */
  size_t rows;
  nn_error *error;
} choice;

/* ---- "0-39,100" ---- */

static int is_ranges(const char *which) { return *which && strspn(which, "0123456789-,") == strlen(which); }

static const char *row_number(const char *at, size_t *row) {
  const char *begin = at;
  for (*row = 0; *at >= '0' && *at <= '9' && at - begin < 15; at++) *row = *row * 10 + (size_t)(*at - '0');
  return at > begin ? at : NULL;
}

static int bad_range(const choice *c, const char *range) {
  return nn_fail(c->error, NN_BAD_USAGE, "%s %s: found '%.*s', expected rows as in 0-39 or 0-39,100, or FILE:COLUMN",
                 c->option, c->which, (int)strcspn(range, ","), range);
}

static int choose_ranges(const choice *c) {
  for (const char *at = c->which, *next;; at = next + 1) {
    size_t first, last;
    next = row_number(at, &first);
    last = first;
    if (next && *next == '-') next = row_number(next + 1, &last);
    if (!next || (*next && *next != ',') || last < first) return bad_range(c, at);
    if (last >= c->rows)
      return nn_fail(c->error, NN_BAD_DATA, "%s %s: there is no row %zu; the data have rows 0-%zu", c->option, c->which,
                     last, c->rows - 1);
    memset(c->chosen + first, 1, last - first + 1);
    if (!*next) return 0;
  }
}

/* ---- "split.csv:0" ---- */

static int choose_marked(const choice *c) {
  const nn_input mark = {.name = c->option, .kind = NN_BIT, .count = 1};
  const nn_model marks = {.name = c->option, .inputs = &mark, .ninputs = 1};
  const nn_source source = {c->option, c->which};
  nn_encoding encoding = {.mean = {NULL}};
  nn_data data;
  if (nn_data_read(&data, &marks, &encoding, &source, 1, 1, c->error)) return -1;
  int result = 0;
  if (data.rows == c->rows) memcpy(c->chosen, data.series[0].values, c->rows);
  else
    result = nn_fail(c->error, NN_BAD_DATA, "%s %s: it has %zu rows, the data have %zu: expected as many", c->option,
                     c->which, data.rows, c->rows);
  nn_data_free(&data);
  nn_encoding_free(&encoding);
  return result;
}

/* ---- rows kept ---- */

static void keep_rows(nn_series *series, const unsigned char *chosen, int kept) {
  size_t size = series->count * nn_series_storage_size(series->storage), count = 0;
  char *values = series->values;
  for (size_t row = 0; row < series->rows; row++)
    if (chosen[row] == kept) memmove(values + size * count++, values + size * row, size);
  series->rows = count;
}

static int keep(nn_data *data, const choice *c, int others) {
  size_t count = 0;
  for (size_t row = 0; row < c->rows; row++) count += c->chosen[row] == !others;
  if (!count)
    return nn_fail(c->error, NN_BAD_DATA, "%s %s: no row is left%s", c->option, c->which, others ? " to train on" : "");
  for (int k = 0; k < data->model->ninputs; k++)
    if (data->given >> k & 1) keep_rows(&data->series[k], c->chosen, !others);
  data->rows = count;
  return 0;
}

int nn_data_choose(nn_data *data, const char *option, const char *which, int others, nn_error *error) {
  if (!data->given) return nn_fail(error, NN_BAD_USAGE, "%s: %s has no inputs", option, data->model->name);
  choice c = {option, which, calloc(data->rows, 1), data->rows, error};
  if (!c.chosen) return nn_out_of_memory(error, data->rows);
  int result = is_ranges(which) ? choose_ranges(&c) : choose_marked(&c);
  if (!result) result = keep(data, &c, others);
  free(c.chosen);
  return result;
}
