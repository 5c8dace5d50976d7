/* context.h: what base/ keeps between its calls; private to it. */
#ifndef NNC_CONTEXT_H
#define NNC_CONTEXT_H
#include "base/base.h"

#include <stddef.h>

typedef struct ArenaBlock {
  struct ArenaBlock *next;
  size_t used, size;
  max_align_t data[];
} ArenaBlock;

typedef struct Report {
  Span span;
  const char *text;
} Report;

struct Context {
  ArenaBlock *blocks;
  const char **names; /* open addressing, a power of two of places */
  size_t nnames, names_capacity;
  VEC(Report) reports;
  int errors;
  bool muted; /* the last report was dropped: its notes and helps are too */
  void (*take)(void *state, Span at, const char *kind, const char *text); /* what is reported, or NULL */
  void *take_state;
  bool silent; /* nothing of it goes to stderr */
  VEC(const char *) marked;
};

/* How many bytes the text of a format has. */
size_t text_length(const char *format, va_list args);
/* The text of a format, in the arena. */
char *arena_format(Context *cx, const char *format, va_list args);
/* The bytes of the line that byte `at` is in, without its end. */
size_t span_line_start(const Source *s, size_t at);
size_t span_line_end(const Source *s, size_t at);
bool span_continues(char c); /* is it a later byte of a character? */

#endif
