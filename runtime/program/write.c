/* write.c: outputs as files. SPDX-License-Identifier: 0BSD
 *
 * In: the values of one or more outputs for all rows. Out: a file whose kind its extension says: .csv (a header, then
 * a line per row), .txt (numbers and blanks, no header; characters where all are texts), .npy (one output, [rows,
 * ...]), .safetensors (all under their names), .png .pgm .ppm (one output as pictures, picture.c). Whole numbers
 * stay whole. */
#include "program/program.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- tables ---- */

static void add_value(nn_text *text, const cli_column *column, size_t index) {
  char number[40];
  if (column->output->integer) snprintf(number, sizeof number, "%d", (int)((const int32_t *)column->values)[index]);
  else nn_number_print(number, sizeof number, 9, (double)((const float *)column->values)[index]);
  nn_text_add(text, number, strlen(number));
}

/* p, p[3], "p[1,2]" */
static void add_name(nn_text *text, const nn_output *output, size_t index) {
  int32_t position[NN_MAX_RANK];
  char place[120] = "";
  for (int k = output->rank - 1; k >= 0; k--) {
    position[k] = (int32_t)(index % (size_t)output->shape[k]);
    index /= (size_t)output->shape[k];
  }
  if (output->rank) nn_print_shape(place, sizeof place, output->rank, position);
  const char *quote = output->rank > 1 ? "\"" : "";
  nn_text_printf(text, "%s%s%s%s", quote, output->name, place, quote);
}

static int all_texts(const cli_column *columns, int count) {
  for (int k = 0; k < count; k++)
    if (!columns[k].vocabulary) return 0;
  return 1;
}

static void add_text(nn_text *text, const cli_column *column, size_t row, int names, const char *separator) {
  if (names) nn_text_printf(text, "%s", column->output->name);
  else if (*separator == ',') cli_add_quoted_text(text, column, row);
  else cli_add_text(text, column, row);
}

/* A text is one cell of a line of CSV; it has lines of its own where there is nothing but texts. */
static void add_line(nn_text *text, const cli_column *columns, int count, size_t row, int names,
                     const char *separator) {
  const char *between = "", *after = *separator != ',' && all_texts(columns, count) ? "\n" : separator;
  for (int k = 0; k < count; k++) {
    int as_text = columns[k].vocabulary && (*separator == ',' || *after == '\n');
    for (size_t i = 0; i < (as_text ? 1 : columns[k].output->count); i++, between = after) {
      nn_text_add(text, between, strlen(between));
      if (as_text) add_text(text, &columns[k], row, names, separator);
      else if (names) add_name(text, columns[k].output, i);
      else add_value(text, &columns[k], row * columns[k].output->count + i);
    }
  }
  nn_text_add(text, "\n", 1);
}

/* What has one value for all rows stands in each of them. */
static int same_rows(const cli_column *columns, int count, nn_error *error) {
  for (int k = 1; k < count; k++)
    if (columns[k].rows != columns[0].rows)
      return nn_fail(error, NN_BAD_USAGE, "outputs %s and %s have no common rows: choose one with --output NAME",
                     columns[0].output->name, columns[k].output->name);
  return 0;
}

static int write_table(const char *file, const cli_column *columns, int count, int names, const char *separator,
                       nn_error *error) {
  nn_text text = {.size = 0};
  if (same_rows(columns, count, error)) return -1;
  if (names) add_line(&text, columns, count, 0, 1, separator);
  for (size_t row = 0; row < columns[0].rows; row++) {
    add_line(&text, columns, count, row, 0, separator);
    if (file || text.failed) continue;
    fwrite(text.data, 1, text.size, stdout);
    text.size = 0;
  }
  int result = text.failed ? nn_out_of_memory(error, text.size) : 0;
  if (!result && file) result = nn_file_write(file, &(nn_span){text.data, text.size}, 1, error);
  free(text.data);
  return result;
}

static int write_csv(const char *file, const cli_column *columns, int count, nn_error *error) {
  return write_table(file, columns, count, 1, ",", error);
}

static int write_txt(const char *file, const cli_column *columns, int count, nn_error *error) {
  return write_table(file, columns, count, 0, " ", error);
}

/* ---- arrays ---- */

static size_t value_bytes(const cli_column *column) { return column->rows * column->output->count * 4; }

/* npy says in which order its bytes are: this machine's. */
static char order_of_bytes(void) {
  const uint16_t one = 1;
  unsigned char first;
  memcpy(&first, &one, 1);
  return first ? '<' : '>';
}

static int write_npy(const char *file, const cli_column *columns, int count, nn_error *error) {
  const nn_output *output = columns[0].output;
  nn_text text = {.size = 0};
  if (count > 1)
    return nn_fail(error, NN_BAD_USAGE,
                   "-o %s: an npy file holds one array, and there are %d outputs: choose one with --output NAME", file,
                   count);
  nn_text_add(&text, "\x93NUMPY\x01\x00\x00\x00", 10);
  nn_text_printf(&text, "{'descr': '%c%s', 'fortran_order': False, 'shape': (", order_of_bytes(),
                 output->integer ? "i4" : "f4");
  if (output->per_example) nn_text_printf(&text, "%zu,", columns[0].rows);
  for (int k = 0; k < output->rank; k++)
    nn_text_printf(&text, "%s%d,", k || output->per_example ? " " : "", (int)output->shape[k]);
  nn_text_printf(&text, "), }");
  while (text.size % 64 != 63 && !text.failed) nn_text_add(&text, " ", 1);
  nn_text_add(&text, "\n", 1);
  int result = 0;
  if (text.failed) {
    result = nn_out_of_memory(error, text.size);
  } else {
    text.data[8] = (char)((text.size - 10) & 255);
    text.data[9] = (char)((text.size - 10) >> 8);
    nn_span spans[] = {{text.data, text.size}, {columns[0].values, value_bytes(&columns[0])}};
    result = nn_file_write(file, spans, 2, error);
  }
  free(text.data);
  return result;
}

static int write_tensors(const char *file, const cli_column *columns, int count, nn_error *error) {
  nn_piece_list list = {.count = 0};
  for (int k = 0; k < count; k++) {
    const nn_output *output = columns[k].output;
    nn_piece *piece = nn_pieces_add(&list, "", output->name, "");
    if (!piece) break;
    piece->type = output->integer ? "I32" : "F32";
    if (output->per_example) piece->shape[piece->rank++] = columns[k].rows;
    for (int axis = 0; axis < output->rank; axis++) piece->shape[piece->rank++] = (uint64_t)output->shape[axis];
    piece->data = columns[k].values;
    piece->size = value_bytes(&columns[k]);
  }
  int result = nn_pieces_write(file, &list, error);
  nn_pieces_free(&list);
  return result;
}

/* ---- kinds ---- */

static const struct {
  const char *extension;
  int (*write)(const char *file, const cli_column *columns, int count, nn_error *error);
} kinds[] = {
  {".csv", write_csv},     {".txt", write_txt},        {".npy", write_npy},       {".safetensors", write_tensors},
  {".png", cli_write_png}, {".pgm", cli_write_netpbm}, {".ppm", cli_write_netpbm}};
enum { KINDS = sizeof kinds / sizeof *kinds };

static int kind_of(const char *file) {
  size_t length = strlen(file);
  for (int k = 0; k < KINDS; k++) {
    size_t tail = strlen(kinds[k].extension);
    if (length > tail && !strcmp(file + length - tail, kinds[k].extension)) return k;
  }
  return -1;
}

int cli_check_output_file(const char *file, nn_error *error) {
  if (!file) return 0;
  if (kind_of(file) >= 0) return 0;
  return nn_fail(error, NN_BAD_USAGE, "-o %s: expected a name that ends in .csv .txt .npy .safetensors .png .pgm .ppm",
                 file);
}

int cli_write(const char *file, const cli_column *columns, int count, nn_error *error) {
  if (file) return kinds[kind_of(file)].write(file, columns, count, error);
  return all_texts(columns, count) ? write_txt(NULL, columns, count, error) : write_csv(NULL, columns, count, error);
}
