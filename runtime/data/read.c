/* read.c: files given to a model's inputs. SPDX-License-Identifier: 0BSD
 *
 * In: "x=FILE" pairs. Out: one series per input, every value checked against what the input takes, kept as compactly
 * as the file has it (bytes stay bytes), and all of the same number of rows. */
#include "data/reading.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* A text that says what the extents of the examples are, which no file has said. */
static int gives_extents(const nn_reading *reading) {
  const nn_bytes *bytes = &reading->bytes;
  int given = !reading->extent || reading->data->given >> (reading->input->extent[0] - 1) & 1;
  return !given && bytes->size && !nn_reading_is_array(bytes) && !memchr(bytes->data, 0, bytes->size) &&
         nn_reading_is_text(reading);
}

static int read_bytes(nn_reading *reading, nn_series *series, nn_error *error) {
  const nn_bytes *bytes = &reading->bytes;
  if (bytes->size == 0) return nn_fail(error, NN_BAD_DATA, "%s: the file is empty", reading->file);
  if (nn_reading_is_array(bytes)) return nn_read_array(reading, series, error);
  if (memchr(bytes->data, 0, bytes->size)) {
    int zip = bytes->size > 2 && !memcmp(bytes->data, "PK", 2);
    return nn_fail(error, NN_BAD_DATA, "%s: %s, expected idx, npy, a table (CSV) or text, gzip'd or not", reading->file,
                   zip ? "found a zip archive (npz?)" : "found binary data of another kind");
  }
  if (nn_reading_is_text(reading)) return nn_read_text(reading, series, error);
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
    if (nn_series_whole(series, row) != nn_series_whole(lengths, row))
      return nn_fail(error, NN_BAD_DATA, "%s: row %zu has %d characters, but %s is %d there", file, row,
                     (int)nn_series_whole(lengths, row), data->model->inputs[extent].name,
                     (int)nn_series_whole(series, row));
  return 0;
}

/* Extents come first, so that a text can be held against them and nothing beyond them is looked at; then texts that
 * give extents. */
typedef enum { EXTENTS, TEXTS, OTHERS, TURNS } turn;

static int read_source(nn_data *data, nn_encoding *encoding, int input, const char *given, turn now, nn_error *error) {
  nn_series *series = &data->series[input], lengths = {.block = NULL};
  nn_reading reading = {.input = &data->model->inputs[input],
                        .vocabulary = &encoding->vocabulary[input],
                        .lengths = &lengths,
                        .data = data};
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

int nn_data_find_input(const nn_model *model, const char *name, size_t length) {
  for (int k = 0; k < model->ninputs; k++)
    if (strlen(model->inputs[k].name) == length && !memcmp(model->inputs[k].name, name, length)) return k;
  return -1;
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
    int input = nn_data_find_input(model, sources[k].input, strlen(sources[k].input));
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
    const nn_series *series =
      &data->series[nn_data_find_input(data->model, sources[k].input, strlen(sources[k].input))];
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
    int input = nn_data_find_input(model, source->input, strlen(source->input));
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
