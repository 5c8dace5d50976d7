/* text.c: plain text for an input of characters. SPDX-License-Identifier: 0BSD
 *
 * In: a file's bytes, UTF-8, and an input like `s[65] : class(65)`. Out: windows of 65 characters, one after the other
 * without overlap (a rest shorter than a window is left out); a character's class is its place among the distinct
 * characters in ascending order. A text read later is written in the vocabulary of the first. Where the example says
 * how many places there are, `s[T] : class(27)`, each line is one, without its end, and its length is T; lines
 * without a character are left out. */
#include "data/reading.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A text is for whole lists of classes; a table of them has lines that begin with a number. */
int nn_reading_is_text(const nn_reading *reading) {
  if (reading->columns || reading->input->rank != 1 || reading->input->kind != NN_CLASS) return 0;
  const char *at = (const char *)reading->bytes.data, *end = at + reading->bytes.size;
  int lines = 0, numbers = 0;
  while (at < end && lines < 20) {
    while (at < end && strchr(" \t\r\n", *at) && *at) at++;
    const char *word = at;
    while (at < end && !strchr(" \t\r\n,;", *at)) at++;
    double value;
    if (at > word) lines++, numbers += nn_number_parse(word, at, &value);
    while (at < end && *at != '\n') at++;
  }
  return numbers * 2 < lines;
}

static int ends_line(uint32_t letter) { return letter == '\n' || letter == '\r'; }

static int by_lines(const nn_reading *reading) { return reading->input->extent[0] > 0; }

static int collect(const nn_reading *reading, nn_vocabulary *vocabulary, nn_error *error) {
  const nn_bytes *bytes = &reading->bytes;
  unsigned char *seen = calloc(NN_LETTERS, 1);
  if (!seen) return nn_out_of_memory(error, NN_LETTERS);
  const unsigned char *at = bytes->data, *end = at + bytes->size;
  int count = 0;
  while (at < end) {
    uint32_t letter = nn_letter_next(&at, end);
    if (by_lines(reading) && ends_line(letter)) continue;
    count += !seen[letter];
    seen[letter] = 1;
  }
  vocabulary->letters = malloc((size_t)(count + 1) * sizeof *vocabulary->letters);
  if (vocabulary->letters) {
    vocabulary->count = 0;
    for (uint32_t letter = 0; letter < NN_LETTERS; letter++)
      if (seen[letter]) vocabulary->letters[vocabulary->count++] = letter;
  }
  free(seen);
  return vocabulary->letters ? 0 : nn_out_of_memory(error, (size_t)count * sizeof *vocabulary->letters);
}

static int class_of(const nn_vocabulary *vocabulary, uint32_t letter) {
  int low = 0, high = vocabulary->count;
  while (low < high) {
    int middle = low + (high - low) / 2;
    if (vocabulary->letters[middle] < letter) low = middle + 1;
    else high = middle;
  }
  return low < vocabulary->count && vocabulary->letters[low] == letter ? low : -1;
}

static int unknown_letter(const nn_reading *reading, size_t line, uint32_t letter, nn_error *error) {
  return nn_fail(error, NN_BAD_DATA,
                 "%s:%zu: found character U+%04X%s%c%s, expected one of the %d of the text that was trained on",
                 reading->file, line, (unsigned)letter, letter > 32 && letter < 127 ? " '" : "",
                 letter > 32 && letter < 127 ? (char)letter : ' ', letter > 32 && letter < 127 ? "'" : "",
                 reading->vocabulary->count);
}

/* ---- windows ---- */

static int fill_windows(const nn_reading *reading, nn_series *series, nn_error *error) {
  const unsigned char *at = reading->bytes.data, *end = at + reading->bytes.size;
  size_t line = 1, all = series->rows * series->count;
  for (size_t k = 0; k < all; k++) {
    uint32_t letter = nn_letter_next(&at, end);
    int class = class_of(reading->vocabulary, letter);
    if (class < 0) return unknown_letter(reading, line, letter, error);
    nn_series_set(series, k, class);
    line += letter == '\n';
  }
  return 0;
}

static int read_windows(const nn_reading *reading, nn_series *series, nn_error *error) {
  const nn_input *input = reading->input;
  const unsigned char *at = reading->bytes.data, *end = at + reading->bytes.size;
  size_t letters = 0;
  for (; at < end; letters++) nn_letter_next(&at, end);
  if (letters < input->count)
    return nn_fail(error, NN_BAD_DATA, "%s: text of %zu characters, expected at least one window of %zu for input %s",
                   reading->file, letters, input->count, input->name);
  size_t rows = letters / input->count;
  if (nn_series_start(series, input, rows * input->count, error)) return -1;
  series->rows = rows;
  return fill_windows(reading, series, error);
}

/* ---- lines ---- */

/* Moves *at behind the line, and returns how many characters it has. */
static size_t line_length(const unsigned char **at, const unsigned char *end) {
  size_t length = 0;
  while (*at < end) {
    uint32_t letter = nn_letter_next(at, end);
    if (letter == '\n') break;
    length += !ends_line(letter);
  }
  return length;
}

static int fill_line(const nn_reading *reading, const unsigned char *at, size_t line, nn_series *series, size_t row,
                     size_t length, nn_error *error) {
  for (size_t k = 0; k < length;) {
    uint32_t letter = nn_letter_next(&at, reading->bytes.data + reading->bytes.size);
    if (ends_line(letter)) continue;
    int class = class_of(reading->vocabulary, letter);
    if (class < 0) return unknown_letter(reading, line, letter, error);
    nn_series_set(series, row * series->count + k++, class);
  }
  for (size_t k = length; k < series->count; k++) nn_series_set(series, row * series->count + k, 0);
  return 0;
}

static int read_lines(const nn_reading *reading, nn_series *series, nn_error *error) {
  const nn_input *input = reading->input;
  const unsigned char *at = reading->bytes.data, *end = at + reading->bytes.size;
  size_t rows = 0;
  while (at < end) rows += line_length(&at, end) > 0;
  if (rows > SIZE_MAX / 4 / input->count) return nn_out_of_memory(error, SIZE_MAX);
  if (nn_series_start(series, input, rows * input->count, error) ||
      nn_series_start(reading->lengths, reading->extent, rows, error))
    return -1;
  series->rows = reading->lengths->rows = rows;
  at = reading->bytes.data;
  for (size_t line = 1, row = 0; row < rows; line++) {
    const unsigned char *begin = at;
    size_t length = line_length(&at, end);
    if (length > input->count)
      return nn_fail(error, NN_BAD_DATA, "%s:%zu: a line of %zu characters, expected at most the %zu of %s",
                     reading->file, line, length, input->count, reading->extent->name);
    if (!length) continue;
    if (fill_line(reading, begin, line, series, row, length, error)) return -1;
    nn_series_set(reading->lengths, row++, (double)length);
  }
  return 0;
}

int nn_read_text(nn_reading *reading, nn_series *series, nn_error *error) {
  const nn_input *input = reading->input;
  if (!reading->vocabulary->count && collect(reading, reading->vocabulary, error)) return -1;
  if (reading->vocabulary->count > input->classes)
    return nn_fail(error, NN_BAD_DATA, "%s: text of %d distinct characters, input %s has classes for %d", reading->file,
                   reading->vocabulary->count, input->name, (int)input->classes);
  return by_lines(reading) ? read_lines(reading, series, error) : read_windows(reading, series, error);
}
