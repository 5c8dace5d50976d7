/* safetensors.c: named tensors in a file (huggingface.co/docs/safetensors). SPDX-License-Identifier: 0BSD
 *
 * In: a file: the length of its header (8 bytes, little-endian), the header in JSON (safetensors_header.c), the data.
 * Out: a table of tensors, or the first reason for which the file is not sound: every length, offset and name is
 * checked, so that what the table says can be relied on. And the way back: the same tensors are
 * the same bytes. */
#include "store/safetensors.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LARGEST_HEADER = 100 * 1000 * 1000, PREFIX = 8 };

/* ---- the order of bytes: the file's is little-endian ---- */

static int big_endian(void) {
  const uint16_t one = 1;
  unsigned char first;
  memcpy(&first, &one, 1);
  return first == 0;
}

static void turn_elements(unsigned char *bytes, size_t size, size_t element) {
  for (unsigned char *at = bytes; at < bytes + size; at += element)
    for (size_t k = 0; k < element / 2; k++) {
      unsigned char byte = at[k];
      at[k] = at[element - 1 - k];
      at[element - 1 - k] = byte;
    }
}

/* ---- is the table sound ---- */

static int check_size(const nn_tensor *tensor, size_t available, const char *file, nn_error *error) {
  uint64_t size = nn_tensor_type_size(tensor->type);
  for (int k = 0; k < tensor->rank; k++) {
    if (tensor->shape[k] && size > UINT64_MAX / tensor->shape[k])
      return nn_fail(error, NN_BAD_DATA, "%s: tensor %.100s: its shape is too large", file, tensor->name);
    size *= tensor->shape[k];
  }
  if (size != tensor->size)
    return nn_fail(error, NN_BAD_DATA, "%s: tensor %.100s: its shape needs %" PRIu64 " bytes, its offsets hold %zu",
                   file, tensor->name, size, tensor->size);
  if (tensor->begin > available || tensor->size > available - tensor->begin)
    return nn_fail(error, NN_BAD_DATA, "%s: truncated: tensor %.100s ends at byte %zu of the data, the file has %zu",
                   file, tensor->name, tensor->begin + tensor->size, available);
  return 0;
}

static int by_begin(const void *a, const void *b) {
  const nn_tensor *x = a, *y = b;
  if (x->begin != y->begin) return x->begin < y->begin ? -1 : 1;
  return (x->size > y->size) - (x->size < y->size);
}

static int by_name(const void *a, const void *b) {
  return strcmp(((const nn_tensor *)a)->name, ((const nn_tensor *)b)->name);
}

/* One after the other without gap, overlap or rest; then sorted by name, no name twice. */
static int check_layout(nn_tensors *t, size_t available, const char *file, nn_error *error) {
  size_t at = 0;
  for (int k = 0; k < t->count; k++)
    if (check_size(&t->tensors[k], available, file, error)) return -1;
  if (t->count) qsort(t->tensors, (size_t)t->count, sizeof *t->tensors, by_begin);
  for (int k = 0; k < t->count; k++) {
    if (t->tensors[k].begin != at)
      return nn_fail(error, NN_BAD_DATA, "%s: tensor %.100s begins at byte %zu, expected %zu (%s)", file,
                     t->tensors[k].name, t->tensors[k].begin, at,
                     t->tensors[k].begin < at ? "it overlaps another" : "there is a gap");
    at += t->tensors[k].size;
  }
  if (at != available)
    return nn_fail(error, NN_BAD_DATA, "%s: the tensors end at byte %zu of the data, the file has %zu", file, at,
                   available);
  if (t->count) qsort(t->tensors, (size_t)t->count, sizeof *t->tensors, by_name);
  for (int k = 1; k < t->count; k++)
    if (!strcmp(t->tensors[k - 1].name, t->tensors[k].name))
      return nn_fail(error, NN_BAD_DATA, "%s: tensor %.100s stands in it twice", file, t->tensors[k].name);
  return 0;
}

static int parse(const char *file, nn_tensors *t, nn_error *error) {
  const nn_bytes *bytes = &t->bytes;
  uint64_t length = bytes->size >= PREFIX ? nn_number_at(bytes->data, PREFIX) : 0;
  if (bytes->size < PREFIX + 2 || length > LARGEST_HEADER || bytes->data[PREFIX] != '{')
    return nn_fail(error, NN_BAD_DATA, "%s: is no safetensors file", file);
  if (length > bytes->size - PREFIX)
    return nn_fail(error, NN_BAD_DATA, "%s: truncated: its header has %" PRIu64 " bytes, the file %zu", file, length,
                   bytes->size);
  t->data = bytes->data + PREFIX + length;
  if (nn_tensors_parse_header(file, t, PREFIX, (size_t)length, error)) return -1;
  if (check_layout(t, bytes->size - PREFIX - (size_t)length, file, error)) return -1;
  for (int k = 0; k < t->count && big_endian(); k++)
    turn_elements(t->data + t->tensors[k].begin, t->tensors[k].size, nn_tensor_type_size(t->tensors[k].type));
  return 0;
}

int nn_tensors_read(const char *file, nn_tensors *tensors, nn_error *error) {
  *tensors = (nn_tensors){.count = 0};
  int result = nn_file_read(file, 0, &tensors->bytes, error);
  if (!result) result = parse(file, tensors, error);
  if (result) nn_tensors_free(tensors);
  return result;
}

void nn_tensors_free(nn_tensors *tensors) {
  for (int k = 0; k < tensors->count; k++) free(tensors->tensors[k].name);
  for (int k = 0; k < tensors->nfacts; k++) free(tensors->facts[k].name), free(tensors->facts[k].value);
  free(tensors->tensors);
  free(tensors->facts);
  free(tensors->bytes.data);
  *tensors = (nn_tensors){.count = 0};
}

const nn_tensor *nn_tensors_find(const nn_tensors *tensors, const char *name) {
  nn_tensor key = {.name = (char *)(uintptr_t)name};
  if (!tensors->count) return NULL;
  return bsearch(&key, tensors->tensors, (size_t)tensors->count, sizeof key, by_name);
}

const char *nn_tensors_fact(const nn_tensors *tensors, const char *name) {
  for (int k = 0; k < tensors->nfacts; k++)
    if (!strcmp(tensors->facts[k].name, name)) return tensors->facts[k].value;
  return NULL;
}

/* ---- writing ---- */

nn_piece *nn_pieces_add(nn_piece_list *list, const char *prefix, const char *name, const char *suffix) {
  if (list->count == list->capacity) {
    int larger = list->capacity ? list->capacity * 2 : 64;
    nn_piece *pieces = list->failed ? NULL : realloc(list->pieces, (size_t)larger * sizeof *pieces);
    if (!pieces) return list->failed = 1, NULL;
    list->pieces = pieces;
    list->capacity = larger;
  }
  nn_piece *piece = &list->pieces[list->count++];
  *piece = (nn_piece){.type = "F32"};
  if ((size_t)snprintf(piece->name, sizeof piece->name, "%s%s%s", prefix, name, suffix) >= sizeof piece->name)
    list->failed = 1;
  return piece;
}

void nn_pieces_add_arrays(nn_piece_list *list, const char *prefix, const nn_array *arrays, int count,
                          const float *base) {
  for (int k = 0; k < count; k++) {
    nn_piece *piece = nn_pieces_add(list, prefix, arrays[k].name, "");
    if (!piece) return;
    piece->rank = arrays[k].rank;
    for (int axis = 0; axis < arrays[k].rank; axis++) piece->shape[axis] = (uint64_t)arrays[k].shape[axis];
    piece->data = base + arrays[k].offset;
    piece->size = arrays[k].count * sizeof(float);
  }
}

static void add_string(nn_text *text, const char *value) {
  nn_text_add(text, "\"", 1);
  for (; *value; value++) {
    if (*value == '"' || *value == '\\') nn_text_printf(text, "\\%c", *value);
    else if ((unsigned char)*value < 32) nn_text_printf(text, "\\u%04x", (unsigned)*value);
    else nn_text_add(text, value, 1);
  }
  nn_text_add(text, "\"", 1);
}

void nn_pieces_fact(nn_piece_list *list, const char *name, const char *value) {
  nn_text_printf(&list->facts, "%s", list->facts.size ? "," : "");
  add_string(&list->facts, name);
  nn_text_add(&list->facts, ":", 1);
  add_string(&list->facts, value);
}

/* Eight bytes of length, then the header with blanks to a multiple of eight. */
static void add_header(nn_text *header, const nn_piece_list *list) {
  size_t at = 0;
  const char *comma = "";
  nn_text_add(header, "\0\0\0\0\0\0\0\0{", PREFIX + 1);
  if (list->facts.size) {
    nn_text_printf(header, "\"__metadata__\":{%s}", list->facts.data);
    comma = ",";
  }
  for (int k = 0; k < list->count; k++, comma = ",") {
    const nn_piece *piece = &list->pieces[k];
    nn_text_printf(header, "%s", comma);
    add_string(header, piece->name);
    nn_text_printf(header, ":{\"dtype\":\"%s\",\"shape\":[", piece->type);
    for (int axis = 0; axis < piece->rank; axis++)
      nn_text_printf(header, "%s%" PRIu64, axis ? "," : "", piece->shape[axis]);
    nn_text_printf(header, "],\"data_offsets\":[%zu,%zu]}", at, at + piece->size);
    at += piece->size;
  }
  nn_text_add(header, "}", 1);
  while (header->size % 8 && !header->failed) nn_text_add(header, " ", 1);
  for (int k = 0; k < PREFIX && !header->failed; k++)
    header->data[k] = (char)((uint64_t)(header->size - PREFIX) >> (8 * k) & 255);
}

/* The header and the tensors one after the other, on a big-endian machine a copy of them, which is returned to be
 * freed. */
static unsigned char *fill_spans(nn_span *spans, const nn_text *header, const nn_piece_list *list, int *failed) {
  size_t total = 0, at = 0;
  for (int k = 0; k < list->count; k++) total += list->pieces[k].size;
  unsigned char *turned = big_endian() ? malloc(total + 1) : NULL;
  *failed = big_endian() && !turned;
  spans[0] = (nn_span){header->data, header->size};
  for (int k = 0; k < list->count && !*failed; at += list->pieces[k++].size) {
    const nn_piece *piece = &list->pieces[k];
    spans[k + 1] = (nn_span){piece->data, piece->size};
    if (!turned) continue;
    memcpy(turned + at, piece->data, piece->size);
    turn_elements(turned + at, piece->size, nn_tensor_type_size(piece->type));
    spans[k + 1].data = turned + at;
  }
  return turned;
}

int nn_pieces_write(const char *file, nn_piece_list *list, nn_error *error) {
  nn_text header = {.size = 0};
  nn_span *spans = malloc(((size_t)list->count + 1) * sizeof *spans);
  unsigned char *turned = NULL;
  add_header(&header, list);
  int failed = !spans || header.failed || list->failed || list->facts.failed;
  if (!failed) turned = fill_spans(spans, &header, list, &failed);
  int result = failed ? nn_out_of_memory(error, header.size) : nn_file_write(file, spans, list->count + 1, error);
  free(turned);
  free(spans);
  free(header.data);
  return result;
}

void nn_pieces_free(nn_piece_list *list) {
  free(list->pieces);
  free(list->facts.data);
  *list = (nn_piece_list){.count = 0};
}
