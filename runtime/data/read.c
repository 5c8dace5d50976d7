/* read.c: files given to a model's inputs, and batches made of them. SPDX-License-Identifier: 0BSD
 *
 * In: "x=FILE" pairs. Out: one series per input, every value checked against what the input takes, kept as compactly
 * as the file has it (bytes stay bytes), and from these the arrays of floats and int32_t that the model reads. */
#include "base/tools.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* ---- series ---- */

size_t nn_storage_size(nn_storage storage) { return storage == NN_BYTES ? 1 : 4; }

int nn_value_fits(const nn_input *input, double value) {
  switch (input->kind) {
  case NN_REAL: return fabs(value) <= (double)FLT_MAX;
  case NN_CLASS: return value >= 0 && value < input->classes && value == floor(value);
  case NN_INT: return value >= INT32_MIN && value <= INT32_MAX && value == floor(value);
  case NN_BIT: return value == 0 || value == 1;
  case NN_EXTENT: return value >= 1 && value <= input->classes && value == floor(value);
  }
  return 0;
}

void nn_print_expected(char *out, size_t size, const nn_input *input, double value) {
  if (input->kind == NN_CLASS) snprintf(out, size, "a class, a whole number 0..%d,", (int)input->classes - 1);
  else if (input->kind == NN_INT) snprintf(out, size, "a whole number of 32 bits");
  else if (input->kind == NN_BIT) snprintf(out, size, "0 or 1");
  else if (input->kind == NN_EXTENT) snprintf(out, size, "a whole number 1..%d,", (int)input->classes);
  else snprintf(out, size, nn_value_fits(input, value) ? "a number" : "a finite number");
}

int nn_series_start(nn_series *series, const nn_input *input, size_t values, nn_error *error) {
  *series = (nn_series){.storage = NN_WORDS, .divisor = 1, .count = input->count};
  if (input->kind == NN_REAL) series->storage = NN_FLOATS;
  if (input->kind == NN_BIT || (input->kind == NN_CLASS && input->classes <= 256)) series->storage = NN_BYTES;
  size_t size = nn_storage_size(series->storage);
  series->block = values <= SIZE_MAX / 4 ? malloc(values * size + 1) : NULL;
  series->values = series->block;
  return series->block ? 0 : nn_out_of_memory(error, values * size);
}

void nn_series_set(nn_series *series, size_t index, double value) {
  switch (series->storage) {
  case NN_BYTES: ((uint8_t *)series->values)[index] = (uint8_t)value; break;
  case NN_WORDS: ((int32_t *)series->values)[index] = (int32_t)value; break;
  case NN_FLOATS: ((float *)series->values)[index] = (float)value; break;
  }
}

/* ---- files into series ---- */

/* A text that says what the extents of the examples are, which no file has said. */
static int gives_extents(const nn_reading *reading) {
  const nn_bytes *bytes = &reading->bytes;
  int given = !reading->extent || reading->data->given >> (reading->input->extent[0] - 1) & 1;
  return !given && bytes->size && !nn_is_array(bytes) && !memchr(bytes->data, 0, bytes->size) && nn_is_text(reading);
}

static int read_bytes(nn_reading *reading, nn_series *series, nn_error *error) {
  const nn_bytes *bytes = &reading->bytes;
  if (bytes->size == 0) return nn_fail(error, NN_BAD_DATA, "%s: the file is empty", reading->file);
  if (nn_is_array(bytes)) return nn_read_array(reading, series, error);
  if (memchr(bytes->data, 0, bytes->size)) {
    int zip = bytes->size > 2 && !memcmp(bytes->data, "PK", 2);
    return nn_fail(error, NN_BAD_DATA, "%s: %s, expected idx, npy, a table (CSV) or text, gzip'd or not", reading->file,
                   zip ? "found a zip archive (npz?)" : "found binary data of another kind");
  }
  if (nn_is_text(reading)) return nn_read_text(reading, series, error);
  return nn_read_table(reading, series, error);
}

/* "iris.csv:0-3": what stands behind the last colon are columns, unless a file has that whole name. */
static char *split_columns(const char *given, const char **columns, nn_error *error) {
  struct stat about;
  size_t size = strlen(given) + 1;
  char *file = malloc(size);
  *columns = NULL;
  if (!file) return nn_out_of_memory(error, size), NULL;
  memcpy(file, given, size);
  char *colon = strrchr(file, ':');
  if (colon && stat(given, &about)) {
    *colon = 0;
    *columns = colon + 1;
  }
  return file;
}

/* The input that says how many places of the first axis an example has, or -1. */
static int extent_of(const nn_input *input) { return input->rank > 0 ? input->extent[0] - 1 : -1; }

static int32_t whole_at(const nn_series *series, size_t k) {
  return series->storage == NN_BYTES ? ((const uint8_t *)series->values)[k] : ((const int32_t *)series->values)[k];
}

int nn_is_sized(const nn_input *input) {
  int sized = 0;
  for (int axis = 0; axis < input->rank; axis++) sized |= input->extent[axis];
  return sized;
}

int nn_is_padding(const nn_data *data, const nn_input *input, size_t row, size_t k) {
  for (int axis = input->rank - 1; axis >= 0 && nn_is_sized(input); axis--) {
    size_t place = k % (size_t)input->shape[axis];
    int extent = input->extent[axis] - 1;
    k /= (size_t)input->shape[axis];
    if (extent < 0 || !(data->given >> extent & 1) || row >= data->series[extent].rows) continue;
    if (place >= (size_t)whole_at(&data->series[extent], row)) return 1;
  }
  return 0;
}

/* The lengths of a text's lines are an input's values; where these are given otherwise too, they must agree. */
static int take_lengths(nn_data *data, int input, const char *file, nn_series *lengths, nn_error *error) {
  int extent = extent_of(&data->model->inputs[input]);
  if (extent < 0) return 0;
  nn_series *series = &data->series[extent];
  if (!(data->given >> extent & 1)) {
    *series = *lengths;
    *lengths = (nn_series){.block = NULL};
    data->given |= 1u << extent;
    return 0;
  }
  if (series->rows != lengths->rows) return 0; /* check_rows tells the user */
  for (size_t row = 0; row < lengths->rows; row++)
    if (whole_at(series, row) != whole_at(lengths, row))
      return nn_fail(error, NN_BAD_DATA, "%s: row %zu has %d characters, but %s is %d there", file, row,
                     (int)whole_at(lengths, row), data->model->inputs[extent].name, (int)whole_at(series, row));
  return 0;
}

/* Extents come first, so that a text can be held against them and nothing beyond them is looked at; then texts that give extents. */
typedef enum { EXTENTS, TEXTS, OTHERS, TURNS } turn;

static int read_source(nn_data *data, nn_encoding *encoding, int input, const char *given, turn now, nn_error *error) {
  nn_series *series = &data->series[input], lengths = {.block = NULL};
  nn_reading reading = {
    .input = &data->model->inputs[input], .vocabulary = &encoding->vocabulary[input], .lengths = &lengths, .data = data};
  int extent = extent_of(reading.input);
  if (extent >= 0) reading.extent = &data->model->inputs[extent];
  char *file = split_columns(given, &reading.columns, error);
  if (!file) return -1;
  reading.file = file;
  int result = nn_file_read(file, 1, &reading.bytes, error);
  int read = now != TEXTS || (!result && gives_extents(&reading));
  if (!result && read) result = read_bytes(&reading, series, error);
  if (read) data->given |= 1u << input;
  if (!result && lengths.block) result = take_lengths(data, input, file, &lengths, error);
  free(lengths.block);
  free(reading.bytes.data);
  free(file);
  return result;
}

static int unknown_input(const nn_model *model, const char *name, nn_error *error) {
  const char *names[NN_MAX_INPUTS] = {NULL};
  char hint[600];
  for (int k = 0; k < model->ninputs; k++) names[k] = model->inputs[k].name;
  nn_suggest(hint, sizeof hint, name, names, model->ninputs);
  return nn_fail(error, NN_BAD_USAGE, "%s has no input '%s'%s", model->name, name, hint);
}

static int check_missing(const nn_model *model, uint32_t missing, nn_error *error) {
  char names[400] = "";
  size_t used = 0;
  for (int k = 0; k < model->ninputs && used < sizeof names; k++)
    if (missing >> k & 1)
      used += (size_t)snprintf(names + used, sizeof names - used, " %s=FILE", model->inputs[k].name);
  if (used)
    return nn_fail(error, NN_BAD_USAGE, "no data for %s: expected%s", used > 20 ? "some inputs" : "an input", names);
  return 0;
}

/* Before any file is opened: all names are inputs, none comes twice, none is missing but lengths, which a text has. */
static int check_sources(const nn_model *model, const nn_source *sources, int count, uint32_t needed, nn_error *error) {
  uint32_t given = 0, lengths = 0;
  for (int k = 0; k < count; k++) {
    int input = nn_find_input(model, sources[k].input, strlen(sources[k].input));
    if (input < 0) return unknown_input(model, sources[k].input, error);
    if (given >> input & 1) return nn_fail(error, NN_BAD_USAGE, "input %s is given twice", sources[k].input);
    given |= 1u << input;
    int extent = extent_of(&model->inputs[input]);
    if (extent >= 0 && model->inputs[input].rank == 1 && model->inputs[input].kind == NN_CLASS) lengths |= 1u << extent;
  }
  return check_missing(model, needed & ~given & ~lengths, error);
}

static int check_rows(nn_data *data, const nn_source *sources, int count, nn_error *error) {
  data->rows = 1; /* of a model without inputs */
  for (int k = 0; k < count; k++) {
    const nn_series *series = &data->series[nn_find_input(data->model, sources[k].input, strlen(sources[k].input))];
    if (k == 0) data->rows = series->rows;
    if (series->rows != data->rows)
      return nn_fail(error, NN_BAD_DATA, "%s has %zu rows (%s), %s has %zu (%s): expected as many", sources[0].input,
                     data->rows, sources[0].file, sources[k].input, series->rows, sources[k].file);
  }
  return 0;
}

static int in_turn(const nn_data *data, int input, turn now) {
  const nn_input *about = &data->model->inputs[input];
  int extent = extent_of(about);
  if (now == EXTENTS) return about->kind == NN_EXTENT;
  if (now == TEXTS) return about->kind == NN_CLASS && about->rank == 1 && extent >= 0 && !(data->given >> extent & 1);
  return about->kind != NN_EXTENT && !(data->given >> input & 1);
}

int nn_data_read(nn_data *data, const nn_model *model, nn_encoding *encoding, const nn_source *sources, int count,
                 uint32_t needed, nn_error *error) {
  *data = (nn_data){.model = model};
  int result = check_sources(model, sources, count, needed, error);
  for (int k = 0; k < TURNS * count && !result; k++) {
    const nn_source *source = &sources[k % count];
    int input = nn_find_input(model, source->input, strlen(source->input));
    turn now = (turn)(k / count);
    if (in_turn(data, input, now)) result = read_source(data, encoding, input, source->file, now, error);
  }
  if (!result) result = check_missing(model, needed & ~data->given, error);
  if (!result) result = check_rows(data, sources, count, error);
  if (result) nn_data_free(data);
  return result;
}

void nn_data_free(nn_data *data) {
  for (int k = 0; k < NN_MAX_INPUTS; k++) free(data->series[k].block);
  *data = (nn_data){.model = data->model};
}

uint32_t nn_inputs_to_train(const nn_model *model) {
  uint32_t inputs = 0;
  for (int k = 0; k < model->nlosses; k++) inputs |= model->losses[k].inputs;
  for (int k = 0; k < model->nmetrics; k++) inputs |= model->metrics[k].inputs;
  return inputs;
}

/* ---- batches ---- */

/* Division by 255 costs three times as much as two products. 1/255 is 257/65536 + 257.008/2^32 to 48 bits, and the
 * first product is exact for a byte, so the sum is byte/255 correctly rounded for all 256 of them. */
static void bytes_to_shares(const uint8_t *restrict from, size_t count, float *restrict to) {
  for (size_t k = 0; k < count; k++) to[k] = (float)from[k] * 0x1.01p-8f + (float)from[k] * 0x1.010102p-24f;
}

static void bytes_to_floats(const uint8_t *restrict from, size_t count, float *restrict to) {
  for (size_t k = 0; k < count; k++) to[k] = (float)from[k];
}

static void bytes_to_words(const uint8_t *restrict from, size_t count, int32_t *restrict to) {
  for (size_t k = 0; k < count; k++) to[k] = from[k];
}

static void standardize(const float *restrict mean, const float *restrict deviation, size_t count, float *restrict to) {
  for (size_t k = 0; k < count; k++) to[k] = (to[k] - mean[k]) / deviation[k];
}

static void gather_row(const nn_series *series, int real, size_t row, void *to) {
  size_t count = series->count;
  const char *from = (const char *)series->values + row * count * nn_storage_size(series->storage);
  if (series->storage != NN_BYTES) memcpy(to, from, count * 4);
  else if (real && series->divisor == 255) bytes_to_shares((const uint8_t *)from, count, to);
  else if (real) bytes_to_floats((const uint8_t *)from, count, to);
  else bytes_to_words((const uint8_t *)from, count, to);
}

static void clear_padding(const nn_data *data, int input, size_t row, float *to) {
  const nn_input *about = &data->model->inputs[input];
  for (size_t k = 0; nn_is_sized(about) && k < about->count; k++)
    if (nn_is_padding(data, about, row, k)) to[k] = 0;
}

static void gather_input(const nn_data *data, const nn_encoding *encoding, int input, const size_t *rows, size_t first,
                         int n, float *to) {
  const nn_series *series = &data->series[input];
  int real = data->model->inputs[input].kind == NN_REAL;
  const float *mean = encoding->mean[input];
  for (int i = 0; i < n; i++, to += series->count) {
    size_t row = rows ? rows[first + (size_t)i] : first + (size_t)i;
    gather_row(series, real, row, to);
    if (!mean) continue;
    standardize(mean, encoding->deviation[input], series->count, to);
    clear_padding(data, input, row, to);
  }
}

void nn_data_gather(const nn_data *data, const nn_encoding *encoding, uint32_t inputs, const size_t *rows, size_t first,
                    int n, void *const *in) {
  inputs &= data->given;
  for (int k = 0; k < data->model->ninputs; k++)
    if (inputs >> k & 1) gather_input(data, encoding, k, rows, first, n, in[k]);
}

/* ---- encoding ---- */

/* Sums are taken of differences to the first row that has the element, so that one that never changes has deviation 0 exactly. */
static void moments(const nn_data *data, int input, const size_t *rows, size_t count, float *row, double *sum,
                    float *mean, float *deviation) {
  const nn_encoding plain = {.mean = {NULL}};
  const nn_input *about = &data->model->inputs[input];
  size_t width = data->series[input].count;
  double *shift = sum + width, *square = shift + width, *there = square + width; /* there: rows that have the element */
  memset(sum, 0, 4 * width * sizeof *sum);
  for (size_t i = 0; i < count; i++) {
    gather_input(data, &plain, input, rows, i, 1, row);
    for (size_t k = 0; k < width; k++) {
      if (nn_is_padding(data, about, rows ? rows[i] : i, k)) continue;
      if (there[k]++ == 0) shift[k] = (double)row[k];
      sum[k] += (double)row[k] - shift[k];
    }
  }
  for (size_t k = 0; k < width; k++) sum[k] /= fmax(there[k], 1);
  for (size_t i = 0; i < count; i++) {
    gather_input(data, &plain, input, rows, i, 1, row);
    for (size_t k = 0; k < width; k++) {
      if (nn_is_padding(data, about, rows ? rows[i] : i, k)) continue;
      double d = (double)row[k] - shift[k] - sum[k];
      square[k] += d * d;
    }
  }
  for (size_t k = 0; k < width; k++) {
    mean[k] = (float)(shift[k] + sum[k]);
    deviation[k] = (float)sqrt(square[k] / fmax(there[k], 1));
    if (!(deviation[k] > 0)) deviation[k] = 1;
  }
}

static int standardize_input(nn_encoding *encoding, const nn_data *data, int input, const size_t *rows, size_t count,
                             nn_error *error) {
  size_t width = data->series[input].count;
  double *sums = malloc(4 * width * sizeof *sums);
  float *row = malloc(width * sizeof *row);
  float *mean = malloc(width * sizeof *mean), *deviation = malloc(width * sizeof *deviation);
  int result = sums && row && mean && deviation ? 0 : nn_out_of_memory(error, width * 44);
  if (!result) {
    moments(data, input, rows, count, row, sums, mean, deviation);
    encoding->mean[input] = mean;
    encoding->deviation[input] = deviation;
  } else {
    free(mean);
    free(deviation);
  }
  free(sums);
  free(row);
  return result;
}

int nn_encoding_standardize(nn_encoding *encoding, const nn_data *data, uint32_t inputs, const size_t *rows,
                            size_t count, nn_error *error) {
  for (int k = 0; k < data->model->ninputs; k++) {
    if (!((inputs & data->given) >> k & 1) || encoding->mean[k] || data->model->inputs[k].kind != NN_REAL) continue;
    if (standardize_input(encoding, data, k, rows, count, error)) return -1;
  }
  return 0;
}

static int check_row(const nn_data *data, const nn_encoding *encoding, int input, size_t row, float *values, nn_error *error) {
  const nn_input *about = &data->model->inputs[input];
  const float *mean = encoding->mean[input], *deviation = encoding->deviation[input];
  gather_input(data, encoding, input, NULL, row, 1, values);
  for (size_t k = 0; k < about->count; k++)
    if (!isfinite(values[k]))
      return nn_fail(error, NN_BAD_DATA,
                     "input %s, row %zu, element %zu: standardized by the mean %g and the deviation %g it is no finite number "
                     "(rows count from 0)",
                     about->name, row, k, (double)mean[k], (double)deviation[k]);
  return 0;
}

int nn_encoding_check(const nn_encoding *encoding, const nn_data *data, nn_error *error) {
  int result = 0;
  for (int input = 0; input < data->model->ninputs && !result; input++) {
    if (!(data->given >> input & 1) || !encoding->mean[input]) continue;
    float *values = malloc(data->series[input].count * sizeof *values + 1);
    if (!values) return nn_out_of_memory(error, data->series[input].count * sizeof *values);
    for (size_t row = 0; row < data->rows && !result; row++) result = check_row(data, encoding, input, row, values, error);
    free(values);
  }
  return result;
}

void nn_encoding_free(nn_encoding *encoding) {
  for (int k = 0; k < NN_MAX_INPUTS; k++) {
    free(encoding->mean[k]);
    free(encoding->deviation[k]);
    free(encoding->vocabulary[k].letters);
  }
  *encoding = (nn_encoding){.mean = {NULL}};
}
