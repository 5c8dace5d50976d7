/* text.c: texts that grow, in the arena. */
#include "base/context.h"

#include <stdio.h>
#include <string.h>

static void text_reserve(Text *t, size_t more) {
  if (t->length + more + 1 <= t->capacity) return;
  size_t capacity = t->capacity ? t->capacity : 64;
  while (capacity < t->length + more + 1) capacity *= 2;
  char *data = arena_alloc(t->cx, capacity);
  if (t->length) memcpy(data, t->data, t->length);
  t->data = data;
  t->capacity = capacity;
}

void text_add_n(Text *t, const char *s, size_t n) {
  text_reserve(t, n);
  if (n) memcpy(t->data + t->length, s, n);
  t->length += n;
  t->data[t->length] = '\0';
}

void text_add(Text *t, const char *s) { text_add_n(t, s, strlen(s)); }

void text_printf(Text *t, const char *format, ...) {
  va_list args;
  va_start(args, format);
  size_t n = text_length(format, args);
  text_reserve(t, n);
  vsnprintf(t->data + t->length, n + 1, format, args);
  va_end(args);
  t->length += n;
}
