/* span.c: ranges of a source's bytes, and where they are: lines and columns, counted in characters. */
#include "base/context.h"

#include <string.h>

Span span_join(Span a, Span b) {
  if (!a.source) return b;
  if (!b.source || a.source != b.source) return a;
  return (Span){
    .source = a.source, .start = a.start < b.start ? a.start : b.start, .end = a.end > b.end ? a.end : b.end};
}

bool span_continues(char c) { return ((unsigned char)c & 0xC0) == 0x80; }

size_t span_line_start(const Source *s, size_t at) {
  while (at > 0 && s->text[at - 1] != '\n') at--;
  return at;
}

size_t span_line_end(const Source *s, size_t at) {
  while (at < s->length && s->text[at] != '\n') at++;
  return at > 0 && at < s->length && s->text[at - 1] == '\r' ? at - 1 : at;
}

void span_position(Span s, int *line, int *column) {
  *line = *column = 1;
  if (!s.source) return;
  size_t at = s.start < s.source->length ? s.start : s.source->length, start = span_line_start(s.source, at);
  for (size_t i = 0; i < start; i++) *line += s.source->text[i] == '\n';
  for (size_t i = start; i < at; i++) *column += !span_continues(s.source->text[i]);
}

uint32_t code_point(const char *text, size_t n) {
  const unsigned char *s = (const unsigned char *)text;
  if (n > 4) return 0xFFFD; /* bytes that are no UTF-8 */
  uint32_t c = n == 1 ? s[0] : s[0] & (0x7Fu >> n);
  for (size_t i = 1; i < n; i++) c = c << 6 | (s[i] & 0x3Fu);
  return c;
}
