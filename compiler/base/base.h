/* base.h: the compiler's arena, interned names, text buffers, source files and diagnostics.
 *
 * In: sizes, texts, paths, and what is wrong where. Out: memory, names, sources, files, and reports on stderr. Kept, in
 * the Context that every stage takes: one arena, from which nothing is freed, the one copy of each name, and what was
 * reported. Nothing here knows the language.
 *
 * Its files, each of which calls those before it only:
 *     bug.c     where nnc finds a mistake of its own
 *     memory.c  the arena, interned names
 *     text.c    texts that grow
 *     span.c    ranges of a source; their lines and columns
 *     spell.c   the name that was meant
 *     file.c    sources in, whole files out
 *     report.c  errors, warnings, notes: the line and the caret under it
 */
#ifndef NNC_BASE_H
#define NNC_BASE_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(__GNUC__)
#define NNC_PRINTF(f, a) __attribute__((format(printf, f, a)))
#define NNC_NORETURN     __attribute__((noreturn))
#else
#define NNC_PRINTF(f, a)
#define NNC_NORETURN
#endif

/* A source text. `path` is as the user gave it ("<prelude>" for the built-in prelude). */
typedef struct Source {
  const char *path;
  const char *text;
  size_t length;
} Source;

/* A half-open range of bytes of a source; source == NULL means "nowhere" (made by the compiler). */
typedef struct Span {
  const Source *source;
  uint32_t start, end;
} Span;

typedef struct Context Context;

Context *context_new(void);
/* realloc that ends nnc where there is no memory. */
void *heap_resize(void *old, size_t bytes);
/* Zeroed memory from the arena; never NULL. */
void *arena_alloc(Context *cx, size_t bytes);
#define ARENA_NEW(cx, type)      ((type *)arena_alloc((cx), sizeof(type)))
#define ARENA_ARRAY(cx, type, n) ((type *)arena_alloc((cx), sizeof(type) * (size_t)(n)))
void *arena_copy(Context *cx, const void *data, size_t bytes);
/* The one copy of a name; equal names give equal pointers. */
const char *intern(Context *cx, const char *text);
const char *intern_n(Context *cx, const char *text, size_t length);
/* Marks an interned name: that of a function of a whole array, which may stand before a body like a reduction. */
void mark_name(Context *cx, const char *name);
bool is_marked(const Context *cx, const char *name);
char *arena_printf(Context *cx, const char *format, ...) NNC_PRINTF(2, 3);

/* A growing text in the arena. */
typedef struct Text {
  Context *cx;
  char *data; /* always NUL-terminated once something was added; NULL while empty */
  size_t length, capacity;
} Text;
void text_add(Text *t, const char *s);
void text_add_n(Text *t, const char *s, size_t n);
void text_printf(Text *t, const char *format, ...) NNC_PRINTF(2, 3);

/* Reads a whole file; NULL where it cannot be read (errno says why). Text that holds a NUL byte or is not UTF-8 is the
 * lexer's error. */
Source *source_read(Context *cx, const char *path);
/* One name for each file, whatever the path to it: to see that a file was read before. */
const char *source_identity(Context *cx, const char *path);
Source *source_from_text(Context *cx, const char *path, const char *text, size_t length);
Span span_join(Span a, Span b);
/* The character of n bytes of UTF-8; U+FFFD where they are none. */
uint32_t code_point(const char *text, size_t n);
/* 1-based line and column (columns count characters, not bytes). */
void span_position(Span s, int *line, int *column);

/* Reports `file:line:col: error: text`, the line and a caret under the span, to the context's diagnostics (stderr at
 * the end, or at once). note_at adds a second place to the last error; help adds a line without a place ("help: did you
 * mean 'relu'?"). An error whose span and text were reported before is dropped. After 20 errors the rest is counted,
 * not shown. */
void error_at(Context *cx, Span s, const char *format, ...) NNC_PRINTF(3, 4);
void warn_at(Context *cx, Span s, const char *format, ...) NNC_PRINTF(3, 4);
void note_at(Context *cx, Span s, const char *format, ...) NNC_PRINTF(3, 4);
void help(Context *cx, const char *format, ...) NNC_PRINTF(2, 3);
/* From now on reports go to `take` too, and to stderr only where `print`. A help has no place, a kind "help". */
typedef void (*ReportTaker)(void *state, Span at, const char *kind, const char *text);
void errors_take(Context *cx, ReportTaker take, void *state, bool print);
int error_count(const Context *cx);
void errors_add(Context *cx, int n); /* that were shown by another process */
/* Says how many errors were counted and not shown; to be called once, at the end. */
void errors_finish(Context *cx);
/* The nearest name by edit distance (at most a third of the letters), or NULL. */
const char *nearest_name(Context *cx, const char *name, const char *const *candidates, int n);
/* A broken invariant of nnc itself: prints "nnc: internal error in PASS: text ... this is a bug of nnc" and aborts. */
void bug(const char *pass, const char *format, ...) NNC_NORETURN NNC_PRINTF(2, 3);
/* Writes a file by way of a temporary one beside it and a rename; 0, or -1 with errno. */
int write_file(const char *path, const char *data, size_t length);

/* A growing array in the arena: VEC_PUSH(cx, v, item) with struct { T *at; int n, cap; }. */
#define VEC(type)                                                                                                      \
  struct {                                                                                                             \
    type *at;                                                                                                          \
    int n, cap;                                                                                                        \
  }
#define VEC_PUSH(cx, v, item)                                                                                          \
  do {                                                                                                                 \
    if ((v)->n == (v)->cap) {                                                                                          \
      int cap_ = (v)->cap ? 2 * (v)->cap : 8;                                                                          \
      void *new_ = arena_alloc((cx), sizeof *(v)->at * (size_t)cap_);                                                  \
      if ((v)->n) memcpy(new_, (v)->at, sizeof *(v)->at *(size_t)(v)->n);                                              \
      (v)->at = new_;                                                                                                  \
      (v)->cap = cap_;                                                                                                 \
    }                                                                                                                  \
    (v)->at[(v)->n++] = (item);                                                                                        \
  } while (0)

#endif
