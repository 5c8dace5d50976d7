/* safetensors_header.c: the header of a safetensors file. SPDX-License-Identifier: 0BSD
 *
 * In: JSON such as {"h.W":{"dtype":"F32","shape":[128,784],"data_offsets":[0,401408]},"__metadata__":{"step":"938"}}.
 * Out: rows of a table, not yet checked against each other or the file. The reader takes exactly what a header may
 * have, goes no deeper than it may go, and names the byte at which it found something else. */
#include "store/safetensors.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
  const char *name;
  size_t size;
} types[] = {
  {"F32", 4}, {"F64", 8}, {"F16", 2}, {"BF16", 2}, {"I64", 8}, {"I32", 4},  {"I16", 2},
  {"I8", 1},  {"U64", 8}, {"U32", 4}, {"U16", 2},  {"U8", 1},  {"BOOL", 1},
};
enum { TYPES = sizeof types / sizeof *types };

size_t nn_tensor_type_size(const char *type) {
  for (int k = 0; k < TYPES; k++)
    if (!strcmp(types[k].name, type)) return types[k].size;
  return 0;
}

/* ---- JSON, as much of it as a header has ---- */

typedef struct json {
  const char *file;
  const unsigned char *begin, *at, *end;
  nn_error *error;
} json;

static int bad_json(const json *j, const char *expected) {
  return nn_fail(j->error, NN_BAD_DATA, "%s: damaged header, byte %zu: expected %s", j->file,
                 (size_t)(j->at - j->begin), expected);
}

static int next(json *j) { /* the next character that is not blank, or 0 */
  while (j->at < j->end && (*j->at == ' ' || *j->at == '\t' || *j->at == '\n' || *j->at == '\r')) j->at++;
  return j->at < j->end ? *j->at : 0;
}

static int expect(json *j, char character) {
  char expected[] = {'\'', character, '\'', 0};
  if (next(j) != character) return bad_json(j, expected);
  j->at++;
  return 0;
}

static int hexadecimal(json *j, uint32_t *value) {
  *value = 0;
  if (j->end - j->at < 4) return bad_json(j, "four hexadecimal digits");
  for (int k = 0; k < 4; k++, j->at++) {
    int c = *j->at, lower = c | 32;
    if (c >= '0' && c <= '9') *value = *value << 4 | (uint32_t)(c - '0');
    else if (lower >= 'a' && lower <= 'f') *value = *value << 4 | (uint32_t)(lower - 'a' + 10);
    else return bad_json(j, "four hexadecimal digits");
  }
  return 0;
}

/* What follows a backslash; an escape is longer than the UTF-8 that it stands for. */
static int escape(json *j, char **out) {
  static const char names[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";
  const char *place = j->at < j->end && *j->at ? strchr(names, *j->at) : NULL;
  if (place) {
    *(*out)++ = values[place - names];
    j->at++;
    return 0;
  }
  uint32_t letter, low;
  if (j->at == j->end || *j->at++ != 'u') return bad_json(j, "an escape");
  if (hexadecimal(j, &letter)) return -1;
  if (letter >= 0xd800 && letter < 0xdc00) {
    if (j->end - j->at < 2 || j->at[0] != '\\' || j->at[1] != 'u') return bad_json(j, "the second half of a character");
    j->at += 2;
    if (hexadecimal(j, &low)) return -1;
    if (low < 0xdc00 || low >= 0xe000) return bad_json(j, "the second half of a character");
    letter = 0x10000 + ((letter & 0x3ff) << 10 | (low & 0x3ff));
  }
  if (letter == 0 || (letter >= 0xdc00 && letter < 0xe000)) return bad_json(j, "a character");
  *out += nn_letter_put(*out, letter);
  return 0;
}

static char *string(json *j) { /* malloc's, or NULL */
  if (expect(j, '"')) return NULL;
  const unsigned char *end = j->at;
  while (end < j->end && *end != '"') end += *end == '\\' && end + 1 < j->end ? 2 : 1;
  if (end >= j->end) return bad_json(j, "a string that is closed"), NULL;
  char *text = malloc((size_t)(end - j->at) + 1), *out = text;
  if (!text) return nn_out_of_memory(j->error, (size_t)(end - j->at)), NULL;
  while (*j->at != '"') {
    int failed = 0;
    if (*j->at < 32) failed = bad_json(j, "a character");
    else if (*j->at != '\\') *out++ = (char)*j->at++;
    else j->at++, failed = escape(j, &out);
    if (failed) return free(text), NULL;
  }
  j->at++;
  *out = 0;
  return text;
}

static int whole_number(json *j, uint64_t *value) {
  if (next(j) < '0' || *j->at > '9') return bad_json(j, "a whole number");
  for (*value = 0; j->at < j->end && *j->at >= '0' && *j->at <= '9'; j->at++) {
    if (*value > (UINT64_MAX - 9) / 10) return bad_json(j, "a number that is not so large");
    *value = *value * 10 + (uint64_t)(*j->at - '0');
  }
  return 0;
}

static int numbers(json *j, uint64_t *values, int most, int *count) {
  *count = 0;
  if (expect(j, '[')) return -1;
  if (next(j) == ']') return j->at++, 0;
  for (;;) {
    if (*count == most) return bad_json(j, "fewer numbers in this list");
    if (whole_number(j, &values[(*count)++])) return -1;
    if (next(j) == ']') return j->at++, 0;
    if (expect(j, ',')) return -1;
  }
}

/* Members until '}': `member` has read a name and reads ": value". */
static int members(json *j, int (*member)(json *j, char *name, void *context), void *context) {
  if (expect(j, '{')) return -1;
  if (next(j) == '}') return j->at++, 0;
  for (;;) {
    char *name = string(j);
    if (!name) return -1;
    if (expect(j, ':')) return free(name), -1;
    if (member(j, name, context)) return -1;
    if (next(j) == '}') return j->at++, 0;
    if (expect(j, ',')) return -1;
  }
}

/* ---- the header ---- */

typedef struct entry {
  nn_tensor *tensor;
  int has_type, has_shape, has_offsets;
} entry;

static int tensor_type(json *j, entry *e) {
  char *type = string(j);
  if (!type) return -1;
  for (int k = 0; k < TYPES; k++)
    if (!strcmp(types[k].name, type)) e->tensor->type = types[k].name;
  free(type);
  e->has_type++;
  return e->tensor->type ? 0 : bad_json(j, "a type such as F32");
}

static int tensor_offsets(json *j, entry *e) {
  uint64_t offsets[2];
  int count;
  if (numbers(j, offsets, 2, &count)) return -1;
  if (count != 2 || offsets[0] > offsets[1] || offsets[1] > SIZE_MAX) return bad_json(j, "a begin and an end");
  e->tensor->begin = (size_t)offsets[0];
  e->tensor->size = (size_t)(offsets[1] - offsets[0]);
  e->has_offsets++;
  return 0;
}

static int tensor_member(json *j, char *name, void *context) {
  entry *e = context;
  int result;
  if (!strcmp(name, "dtype")) result = tensor_type(j, e);
  else if (!strcmp(name, "shape"))
    result = numbers(j, e->tensor->shape, NN_MAX_RANK + 1, &e->tensor->rank), e->has_shape++;
  else if (!strcmp(name, "data_offsets")) result = tensor_offsets(j, e);
  else result = bad_json(j, "dtype, shape or data_offsets before this");
  free(name);
  return result;
}

static int fact(json *j, char *name, void *context) {
  nn_tensors *t = context;
  char *value = string(j);
  if (value && t->nfacts == t->fact_capacity) {
    int larger = t->fact_capacity ? t->fact_capacity * 2 : 16;
    nn_fact *facts = realloc(t->facts, (size_t)larger * sizeof *facts);
    if (facts) t->facts = facts, t->fact_capacity = larger;
    else free(value), nn_out_of_memory(j->error, (size_t)larger * sizeof *facts), value = NULL;
  }
  if (!value) return free(name), -1;
  t->facts[t->nfacts++] = (nn_fact){name, value};
  return 0;
}

static int header_member(json *j, char *name, void *context) {
  nn_tensors *t = context;
  if (!strcmp(name, "__metadata__")) return free(name), members(j, fact, t);
  if (t->count == t->capacity) {
    int larger = t->capacity ? t->capacity * 2 : 64;
    nn_tensor *tensors = realloc(t->tensors, (size_t)larger * sizeof *tensors);
    if (!tensors) return free(name), nn_out_of_memory(j->error, (size_t)larger * sizeof *tensors);
    t->tensors = tensors;
    t->capacity = larger;
  }
  t->tensors[t->count] = (nn_tensor){.name = name};
  entry e = {&t->tensors[t->count++], 0, 0, 0};
  if (members(j, tensor_member, &e)) return -1;
  if (e.has_type != 1 || e.has_shape != 1 || e.has_offsets != 1)
    return bad_json(j, "dtype, shape and data_offsets, once each, before this");
  return 0;
}

int nn_tensors_parse_header(const char *file, nn_tensors *tensors, size_t begin, size_t length, nn_error *error) {
  const unsigned char *bytes = tensors->bytes.data;
  json j = {file, bytes, bytes + begin, bytes + begin + length, error};
  if (members(&j, header_member, tensors)) return -1;
  return next(&j) || j.at < j.end ? bad_json(&j, "the end of the header") : 0;
}
