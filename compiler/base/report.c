/* report.c: the one function that reports what is wrong with a model.
 *
 * In: spans of sources and texts. Out: on stderr, as they come, reports such as
 *
 *     model.nn:3:9: error: expected an expression after '+', found end of line
 *         y = a +
 *                ^
 *     help: ...
 *
 * A report whose place and text were seen before is dropped together with its notes; so is whatever comes after
 * the twentieth error, which errors_finish() counts. */
#include "base/context.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MOST_ERRORS = 20, SHOWN_WIDTH = 110 };

/* ---- reports ---- */

/* Columns of a terminal that a character takes: none where it joins the one before, two in East Asian scripts and
 * pictures. */
static int character_width(const char *p, size_t n) {
  static const struct {
    uint32_t from, to;
    int width;
  } ranges[] = {
    {0x0300, 0x036F, 0}, {0x200B, 0x200F, 0},   {0x20D0, 0x20FF, 0},   {0xFE00, 0xFE0F, 0},   {0x1100, 0x115F, 2},
    {0x2E80, 0xA4CF, 2}, {0xAC00, 0xD7A3, 2},   {0xF900, 0xFAFF, 2},   {0xFE30, 0xFE6F, 2},   {0xFF00, 0xFF60, 2},
    {0xFFE0, 0xFFE6, 2}, {0x1F300, 0x1F64F, 2}, {0x1F900, 0x1F9FF, 2}, {0x20000, 0x3FFFD, 2},
  };
  uint32_t c = code_point(p, n);
  for (size_t k = 0; k < sizeof ranges / sizeof *ranges; k++)
    if (c >= ranges[k].from && c <= ranges[k].to) return ranges[k].width;
  return 1;
}

/* One character of a source line as a terminal may be given it: controls must not reach it. Returns its bytes. */
static size_t add_character(Text *out, const char *p, const char *end) {
  size_t n = 1;
  while (p + n < end && span_continues(p[n])) n++;
  unsigned char c = (unsigned char)*p;
  if (c == '\t' || (c >= ' ' && c != 0x7F)) text_add_n(out, p, n);
  else text_add(out, "?");
  return n;
}

/* The part of the line that is shown, at most SHOWN_WIDTH characters, and begins not far before the span. */
static void clip_line(const Source *s, size_t at, size_t *from, size_t *to) {
  size_t start = *from = span_line_start(s, at), end = span_line_end(s, start > at ? start : at), before = 0;
  for (*from = at < end ? at : end; *from > start && before < SHOWN_WIDTH / 2; before++) do
      --*from;
    while (*from > start && span_continues(s->text[*from]));
  if (*from - start < SHOWN_WIDTH / 4) *from = start;
  *to = *from;
  for (size_t shown = 0; *to < end && shown < SHOWN_WIDTH; shown++) do
      ++*to;
    while (*to < end && span_continues(s->text[*to]));
}

static void add_excerpt(Text *out, Span s) {
  Text line = {.cx = out->cx}, carets = {.cx = out->cx};
  size_t from, to, at = s.start < s.source->length ? s.start : s.source->length;
  clip_line(s.source, at, &from, &to);
  bool cut = from > span_line_start(s.source, at);
  text_add(&line, cut ? "... " : "");
  text_add(&carets, cut ? "    " : "");
  const char *text = s.source->text;
  for (size_t i = from; i < to;) {
    size_t n = add_character(&line, text + i, text + to);
    int width = character_width(text + i, n);
    if (width == 0 && i == s.start && carets.length) carets.data[carets.length - 1] = '^';
    for (int k = 0; k < width; k++) {
      if (i == s.start && k == 0) text_add(&carets, "^");
      else if (i >= s.start && i < s.end) text_add(&carets, "~");
      else if (i < s.start) text_add(&carets, text[i] == '\t' ? "\t" : " ");
    }
    i += n;
  }
  if (s.start >= to) text_add(&carets, "^"); /* the end of the line */
  if (to < span_line_end(s.source, to)) text_add(&line, " ...");
  text_printf(out, "    %s\n    %s\n", line.data ? line.data : "", carets.data);
}

static bool seen_before(Context *cx, Span s, const char *text) {
  for (int i = 0; i < cx->reports.n; i++) {
    const Report *r = &cx->reports.at[i];
    if (r->span.source == s.source && r->span.start == s.start && r->span.end == s.end && strcmp(r->text, text) == 0)
      return true;
  }
  return false;
}

static void print_report(Context *cx, Span s, const char *kind, const char *text) {
  Text out = {.cx = cx};
  if (cx->take) cx->take(cx->take_state, s, kind, text);
  if (cx->silent) return;
  if (s.source) {
    int line, column;
    span_position(s, &line, &column);
    text_printf(&out, "%s:%d:%d: %s: %s\n", s.source->path, line, column, kind, text);
    add_excerpt(&out, s);
  } else {
    text_printf(&out, "nnc: %s: %s\n", kind, text);
  }
  fputs(out.data, stderr);
}

void error_at(Context *cx, Span s, const char *format, ...) {
  va_list args;
  va_start(args, format);
  char *text = arena_format(cx, format, args);
  va_end(args);
  cx->muted = true;
  if (cx->errors < MOST_ERRORS && seen_before(cx, s, text)) return;
  if (++cx->errors > MOST_ERRORS) return;
  cx->muted = false;
  VEC_PUSH(cx, &cx->reports, ((Report){.span = s, .text = text}));
  print_report(cx, s, "error", text);
}

void warn_at(Context *cx, Span s, const char *format, ...) {
  va_list args;
  va_start(args, format);
  char *text = arena_format(cx, format, args);
  va_end(args);
  cx->muted = cx->errors > MOST_ERRORS || seen_before(cx, s, text);
  if (cx->muted) return;
  VEC_PUSH(cx, &cx->reports, ((Report){.span = s, .text = text}));
  print_report(cx, s, "warning", text);
}

void note_at(Context *cx, Span s, const char *format, ...) {
  if (cx->muted) return;
  va_list args;
  va_start(args, format);
  print_report(cx, s, "note", arena_format(cx, format, args));
  va_end(args);
}

void help(Context *cx, const char *format, ...) {
  if (cx->muted) return;
  va_list args;
  va_start(args, format);
  const char *text = arena_format(cx, format, args);
  va_end(args);
  if (cx->take) cx->take(cx->take_state, (Span){0}, "help", text);
  if (!cx->silent) fprintf(stderr, "help: %s\n", text);
}

void errors_take(Context *cx, ReportTaker take, void *state, bool print) {
  cx->take = take;
  cx->take_state = state;
  cx->silent = !print;
}

int error_count(const Context *cx) { return cx->errors; }

void errors_add(Context *cx, int n) { cx->errors += n; }

void errors_finish(Context *cx) {
  int more = cx->errors - MOST_ERRORS;
  if (more > 0 && !cx->silent) fprintf(stderr, "nnc: %d more error%s\n", more, more == 1 ? "" : "s");
}
