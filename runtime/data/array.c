/* array.c: idx and npy files. SPDX-License-Identifier: 0BSD
 *
 * In: a file's bytes, that begin with an idx header (0 0 type rank, extents as big-endian words) or with npy's magic
 * and its dictionary ("{'descr': '<f4', 'fortran_order': False, 'shape': (60000, 28, 28), }"). Out: the series of an
 * input. Bytes are not copied: the series takes the file's memory over. */
#include "data/reading.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_RANK = NN_MAX_RANK + 1 };

typedef struct element { /* a type that a file's numbers may have */
  const char *npy;       /* "f4" */
  int idx;               /* its code there, or 0 */
  size_t size;
  char kind; /* f, i, u, b */
} element;

static const element elements[] = {
  {"u1", 0x08, 1, 'u'}, {"i1", 0x09, 1, 'i'}, {"i2", 0x0b, 2, 'i'}, {"i4", 0x0c, 4, 'i'},
  {"f4", 0x0d, 4, 'f'}, {"f8", 0x0e, 8, 'f'}, {"u2", 0, 2, 'u'},    {"u4", 0, 4, 'u'},
  {"u8", 0, 8, 'u'},    {"i8", 0, 8, 'i'},    {"b1", 0, 1, 'b'},
};
enum { ELEMENTS = sizeof elements / sizeof *elements };

typedef struct array { /* what the header says */
  const element *type;
  int big_endian, rank;
  uint64_t shape[FILE_RANK];
  size_t start; /* bytes of header */
} array;

static int is_npy(const nn_bytes *bytes) { return bytes->size >= 6 && !memcmp(bytes->data, "\x93NUMPY", 6); }

static int is_idx(const nn_bytes *bytes) {
  if (bytes->size < 4 || bytes->data[0] || bytes->data[1]) return 0;
  for (int k = 0; k < ELEMENTS; k++)
    if (elements[k].idx && elements[k].idx == bytes->data[2]) return 1;
  return 0;
}

int nn_reading_is_array(const nn_bytes *bytes) { return is_npy(bytes) || is_idx(bytes); }

/* ---- headers ---- */

static int idx_header(const nn_reading *reading, array *found, nn_error *error) {
  const unsigned char *data = reading->bytes.data;
  found->rank = data[3];
  found->big_endian = 1;
  found->start = 4 + 4 * (size_t)found->rank;
  if (found->rank < 1 || found->rank > FILE_RANK)
    return nn_fail(error, NN_BAD_DATA, "%s: idx file of %d axes, expected 1 to %d", reading->file, found->rank,
                   FILE_RANK);
  if (reading->bytes.size < found->start)
    return nn_fail(error, NN_BAD_DATA, "%s: truncated idx file: it ends within its header", reading->file);
  for (int k = 0; k < ELEMENTS; k++)
    if (elements[k].idx == data[2]) found->type = &elements[k];
  for (int k = 0; k < found->rank; k++) {
    const unsigned char *word = data + 4 + 4 * k;
    found->shape[k] = (uint32_t)word[0] << 24 | (uint32_t)word[1] << 16 | (uint32_t)word[2] << 8 | word[3];
  }
  return 0;
}

/* What follows 'key': in the dictionary, or NULL. */
static const char *entry(const char *header, const char *key) {
  char quoted[32];
  snprintf(quoted, sizeof quoted, "'%s'", key);
  const char *at = strstr(header, quoted);
  if (!at) return NULL;
  at += strlen(quoted);
  while (*at == ' ') at++;
  if (*at++ != ':') return NULL;
  while (*at == ' ') at++;
  return at;
}

static int npy_type(const char *descr, array *found) {
  if (!descr || *descr++ != '\'' || !strchr("<>|=", *descr) || !*descr) return 0;
  found->big_endian = *descr++ == '>';
  for (int k = 0; k < ELEMENTS; k++)
    if (!strncmp(descr, elements[k].npy, 2) && descr[2] == '\'') found->type = &elements[k];
  return found->type != NULL;
}

static int npy_shape(const char *at, array *found) {
  if (!at || *at++ != '(') return 0;
  for (found->rank = 0;;) {
    while (*at == ' ' || *at == ',') at++;
    if (*at == ')') return 1;
    if (*at < '0' || *at > '9' || found->rank == FILE_RANK) return 0;
    uint64_t extent = 0;
    for (; *at >= '0' && *at <= '9'; at++) {
      if (extent > UINT64_MAX / 16) return 0;
      extent = extent * 10 + (uint64_t)(*at - '0');
    }
    found->shape[found->rank++] = extent;
  }
}

/* Of 'O' with its quotes; of a list of fields, what fits. */
static int type_length(const char *descr) {
  const char *end = descr && *descr == '\'' ? strchr(descr + 1, '\'') : NULL;
  return end && end - descr < 16 ? (int)(end - descr) + 1 : 16;
}

static int npy_dictionary(const nn_reading *reading, const char *header, array *found, nn_error *error) {
  const char *descr = entry(header, "descr"), *order = entry(header, "fortran_order");
  if (!npy_type(descr, found))
    return nn_fail(error, NN_BAD_DATA, "%s: npy file of type %.*s, expected one of f4 f8 i1 i2 i4 i8 u1 u2 u4 u8 bool",
                   reading->file, type_length(descr), descr ? descr : "(none)");
  if (!npy_shape(entry(header, "shape"), found) || !order)
    return nn_fail(error, NN_BAD_DATA, "%s: damaged npy header, or more than %d axes: %.100s", reading->file, FILE_RANK,
                   header);
  if (found->rank > 1 && !strncmp(order, "True", 4))
    return nn_fail(error, NN_BAD_DATA,
                   "%s: npy file in Fortran order, expected C order: save numpy.ascontiguousarray(a)", reading->file);
  if (found->rank == 0)
    return nn_fail(error, NN_BAD_DATA, "%s: npy file of a single number, expected an array of rows", reading->file);
  return 0;
}

static int npy_header(const nn_reading *reading, array *found, nn_error *error) {
  const nn_bytes *bytes = &reading->bytes;
  int version = bytes->size > 6 ? bytes->data[6] : 0;
  size_t prefix = version == 1 ? 10 : 12;
  if (version > 3)
    return nn_fail(error, NN_BAD_DATA, "%s: npy file of version %d, expected 1 to 3", reading->file, version);
  if (version < 1 || bytes->size < prefix)
    return nn_fail(error, NN_BAD_DATA, "%s: truncated npy file: it ends within its header", reading->file);
  size_t length = (size_t)nn_number_at(bytes->data + 8, version == 1 ? 2 : 4);
  found->start = prefix + length;
  if (length > bytes->size - prefix)
    return nn_fail(error, NN_BAD_DATA, "%s: truncated npy file: it ends within its header", reading->file);
  char *header = malloc(length + 1);
  if (!header) return nn_out_of_memory(error, length);
  memcpy(header, bytes->data + prefix, length);
  header[length] = 0;
  int result = npy_dictionary(reading, header, found, error);
  free(header);
  return result;
}

/* ---- the shape of a row against the input's ---- */

static int same_but_for_ones(const array *found, const nn_input *input) {
  int k = 1, j = 0;
  for (;;) {
    while (k < found->rank && found->shape[k] == 1) k++;
    while (j < input->rank && input->shape[j] == 1) j++;
    if (k == found->rank || j == input->rank) return k == found->rank && j == input->rank;
    if (found->shape[k++] != (uint64_t)input->shape[j++]) return 0;
  }
}

static int check_shape(const nn_reading *reading, const array *found, nn_error *error) {
  const nn_input *input = reading->input;
  uint64_t count = 1;
  for (int k = 1; k < found->rank; k++) {
    if (found->shape[k] && count > UINT64_MAX / found->shape[k]) count = 0;
    else count *= found->shape[k];
  }
  int flat = found->rank == 2 || input->rank == 1;
  if (count == input->count && (flat || same_but_for_ones(found, input))) return 0;
  char actual[200], expected[120];
  size_t used = 0;
  for (int k = 0; k < found->rank; k++)
    used += (size_t)snprintf(actual + used, sizeof actual - used, "%s%" PRIu64, k ? "," : "[", found->shape[k]);
  nn_print_shape(expected, sizeof expected, input->rank, input->shape);
  return nn_fail(error, NN_BAD_DATA, "%s: its shape is %s], expected [rows%s%s for input %s%s", reading->file, actual,
                 input->rank ? "," : "]", input->rank ? expected + 1 : "", input->name, input->rank ? expected : "");
}

static int check_size(const nn_reading *reading, const array *found, nn_error *error) {
  uint64_t row = (uint64_t)reading->input->count * found->type->size, rows = found->shape[0];
  size_t available = reading->bytes.size - found->start;
  if (rows == 0) return nn_fail(error, NN_BAD_DATA, "%s: it has no rows", reading->file);
  if (rows > UINT64_MAX / row || rows * row > available)
    return nn_fail(error, NN_BAD_DATA,
                   "%s: truncated: its header says %" PRIu64 " rows of %" PRIu64 " bytes, it has %zu bytes",
                   reading->file, rows, row, available);
  if (rows * row < available)
    return nn_fail(error, NN_BAD_DATA, "%s: %zu bytes after the last of the %" PRIu64 " rows that its header says",
                   reading->file, (size_t)(available - rows * row), rows);
  return 0;
}

/* ---- values ---- */

static double value_at(const array *found, const unsigned char *at) {
  unsigned char little[8];
  const element *type = found->type;
  for (size_t k = 0; k < type->size && k < sizeof little; k++)
    little[k] = found->big_endian ? at[type->size - 1 - k] : at[k];
  uint64_t bits = nn_number_at(little, (int)type->size);
  if (type->kind == 'f' && type->size == 4) {
    uint32_t low = (uint32_t)bits;
    float value;
    memcpy(&value, &low, sizeof value);
    return (double)value;
  }
  if (type->kind == 'f') {
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
  }
  if (type->kind != 'i') return (double)bits;
  uint64_t sign = UINT64_C(1) << (8 * type->size - 1);
  return (double)(int64_t)((bits ^ sign) - sign);
}

static int bad_value(const nn_reading *reading, size_t index, double value, nn_error *error) {
  const nn_input *input = reading->input;
  size_t place = index % input->count;
  int32_t position[NN_MAX_RANK];
  char text[40], expected[120], where[120] = "";
  for (int k = input->rank - 1; k >= 0; k--) {
    position[k] = (int32_t)(place % (size_t)input->shape[k]);
    place /= (size_t)input->shape[k];
  }
  if (input->rank) {
    snprintf(where, sizeof where, ", element ");
    nn_print_shape(where + 10, sizeof where - 10, input->rank, position);
  }
  nn_number_print(text, sizeof text, 9, value);
  nn_series_print_expected(expected, sizeof expected, input, value);
  return nn_fail(error, NN_BAD_DATA, "%s: row %zu%s: found %s, expected %s for input %s (rows count from 0)",
                 reading->file, index / input->count, where, text, expected, input->name);
}

static int is_padding(const nn_reading *reading, size_t index) {
  return nn_series_is_padding(reading->data, reading->input, index / reading->input->count,
                              index % reading->input->count);
}

/* The file's bytes are the series. */
static int take_bytes(nn_reading *reading, const array *found, nn_series *series, nn_error *error) {
  const nn_input *input = reading->input;
  unsigned char *values = reading->bytes.data + found->start;
  size_t count = (size_t)found->shape[0] * input->count;
  int all_fit = input->kind == NN_REAL && !nn_series_is_sized(input);
  for (size_t k = 0; k < count && !all_fit; k++) {
    if (is_padding(reading, k)) values[k] = 0;
    else if (!nn_series_fits(input, values[k])) return bad_value(reading, k, values[k], error);
  }
  *series = (nn_series){.storage = NN_BYTES, .count = input->count, .block = reading->bytes.data};
  series->values = reading->bytes.data + found->start;
  series->divisor = input->kind == NN_REAL && input->rank > 0 && found->type->kind == 'u' ? 255.0f : 1.0f;
  reading->bytes.data = NULL;
  return 0;
}

static int convert(nn_reading *reading, const array *found, nn_series *series, nn_error *error) {
  const nn_input *input = reading->input;
  const unsigned char *at = reading->bytes.data + found->start;
  size_t count = (size_t)found->shape[0] * input->count;
  if (nn_series_start(series, input, count, error)) return -1;
  for (size_t k = 0; k < count; k++, at += found->type->size) {
    int padding = is_padding(reading, k);
    double value = padding ? 0 : value_at(found, at);
    if (!padding && !nn_series_fits(input, value)) return bad_value(reading, k, value, error);
    nn_series_set(series, k, value);
  }
  return 0;
}

int nn_read_array(nn_reading *reading, nn_series *series, nn_error *error) {
  array found = {0};
  if (reading->columns)
    return nn_fail(error, NN_BAD_DATA, "%s: columns (':%s') can be chosen from a table, and this is an %s file",
                   reading->file, reading->columns, is_npy(&reading->bytes) ? "npy" : "idx");
  int result = is_npy(&reading->bytes) ? npy_header(reading, &found, error) : idx_header(reading, &found, error);
  if (result || check_shape(reading, &found, error) || check_size(reading, &found, error)) return -1;
  int bytes = found.type->size == 1 && found.type->kind != 'i';
  result = bytes ? take_bytes(reading, &found, series, error) : convert(reading, &found, series, error);
  series->rows = (size_t)found.shape[0];
  return result;
}
