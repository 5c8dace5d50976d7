/* text.c: text that grows, and characters in UTF-8. SPDX-License-Identifier: 0BSD
 *
 * In: pieces of text. Out: one text, zero-terminated; where memory was short it says so in `failed`, once, at the end.
 * Characters are code points; a byte that is not UTF-8 counts as the character of its number. */
#include "common/common.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- text that grows ---- */

static int text_room(nn_text *text, size_t more) {
  if (text->failed) return 0;
  if (text->size + more + 1 <= text->capacity) return 1;
  size_t larger = (text->size + more + 1) * 2;
  char *data = realloc(text->data, larger);
  if (!data) return text->failed = 1, 0;
  text->data = data;
  text->capacity = larger;
  return 1;
}

void nn_text_add(nn_text *text, const char *bytes, size_t size) {
  if (!text_room(text, size)) return;
  memcpy(text->data + text->size, bytes, size);
  text->size += size;
  text->data[text->size] = 0;
}

void nn_text_printf(nn_text *text, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  int length = vsnprintf(NULL, 0, format, arguments);
  va_end(arguments);
  if (length < 0 || !text_room(text, (size_t)length)) return;
  va_start(arguments, format);
  vsnprintf(text->data + text->size, (size_t)length + 1, format, arguments);
  va_end(arguments);
  text->size += (size_t)length;
}

/* ---- characters in UTF-8 ---- */

/* The continuation bytes of a UTF-8 sequence that begins with this byte, or -1. */
static int continuation(unsigned char first) {
  if (first < 0x80) return 0;
  if (first >= 0xc2 && first < 0xe0) return 1;
  if (first >= 0xe0 && first < 0xf0) return 2;
  return first >= 0xf0 && first < 0xf5 ? 3 : -1;
}

uint32_t nn_letter_next(const unsigned char **at, const unsigned char *end) {
  static const uint32_t least[] = {0, 0x80, 0x800, 0x10000};
  const unsigned char *byte = *at;
  int more = continuation(*byte);
  uint32_t letter = more <= 0 ? *byte : *byte & (0x3fu >> more);
  *at = byte + 1;
  if (more < 0 || end - byte <= more) return *byte;
  for (int k = 1; k <= more; k++) {
    if ((byte[k] & 0xc0) != 0x80) return *byte;
    letter = letter << 6 | (byte[k] & 0x3fu);
  }
  if (letter < least[more] || letter >= NN_LETTERS) return *byte;
  *at = byte + 1 + more;
  return letter;
}

int nn_letter_put(char *out, uint32_t letter) {
  static const unsigned char first[] = {0, 0xc0, 0xe0, 0xf0};
  int more = letter < 0x80 ? 0 : letter < 0x800 ? 1 : letter < 0x10000 ? 2 : 3;
  *out++ = (char)(first[more] | letter >> (6 * more));
  for (int k = more - 1; k >= 0; k--) *out++ = (char)(0x80 | (letter >> (6 * k) & 0x3f));
  return more + 1;
}

void nn_text_add_letter(nn_text *text, uint32_t letter) {
  char bytes[4];
  nn_text_add(text, bytes, (size_t)nn_letter_put(bytes, letter));
}
