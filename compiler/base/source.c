/* source.c: the arena, interned names, texts, source files and the one function that reports.
 *
 * In: bytes and spans of bytes. Out: memory, names, and on stderr, as they come, reports such as
 *
 *     model.nn:3:9: error: expected an expression after '+', found end of line
 *         y = a +
 *                ^
 *     help: ...
 *
 * A report whose place and text were seen before is dropped together with its notes; so is whatever comes after
 * the twentieth error, which errors_finish() counts. */
#define _POSIX_C_SOURCE 200809L
#include "base/source.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BLOCK_BYTES = 1 << 18, MOST_ERRORS = 20, MOST_SOURCE = 16 << 20, SHOWN_WIDTH = 110, MOST_LETTERS = 64 };

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
  VEC(const char *) marked;
};

/* ---- the arena ---- */

#if defined(__SANITIZE_ADDRESS__)
/* Nothing is freed, by design; the leak checker is not asked. */
const char *__asan_default_options(void);
const char *__asan_default_options(void) { return "detect_leaks=0"; }
#endif

static void *or_end(void *p) {
  if (p) return p;
  fputs("nnc: not enough memory\n", stderr);
  exit(2);
}

static void *memory(size_t bytes) { return or_end(calloc(1, bytes)); }

void *heap_resize(void *old, size_t bytes) { return or_end(realloc(old, bytes ? bytes : 1)); }

Context *context_new(void) { return memory(sizeof(Context)); }

static ArenaBlock *block_new(ArenaBlock *next, size_t size) {
  ArenaBlock *b = memory(sizeof *b + size);
  b->next = next;
  b->size = size;
  return b;
}

void *arena_alloc(Context *cx, size_t bytes) {
  const size_t unit = sizeof(max_align_t);
  if (bytes > SIZE_MAX / 2) bug("arena", "asked for %zu bytes", bytes);
  bytes = (bytes + unit - 1) / unit * unit;
  if (bytes > BLOCK_BYTES / 4) { /* a block of its own, behind the one that is being filled */
    ArenaBlock *own = block_new(cx->blocks ? cx->blocks->next : NULL, bytes);
    own->used = bytes;
    if (cx->blocks) cx->blocks->next = own;
    else cx->blocks = own;
    return own->data;
  }
  if (!cx->blocks || cx->blocks->size - cx->blocks->used < bytes) cx->blocks = block_new(cx->blocks, BLOCK_BYTES);
  void *p = (char *)cx->blocks->data + cx->blocks->used;
  cx->blocks->used += bytes;
  return p;
}

void *arena_copy(Context *cx, const void *data, size_t bytes) {
  void *p = arena_alloc(cx, bytes ? bytes : 1);
  if (bytes) memcpy(p, data, bytes);
  return p;
}

/* How many bytes a format takes; the arguments stay as they were. */
static size_t measure(const char *format, va_list args) {
  va_list again;
  va_copy(again, args);
  int n = format ? vsnprintf(NULL, 0, format, again) : -1;
  va_end(again);
  if (n < 0) bug("source", "a format failed");
  return (size_t)n;
}

static char *format_text(Context *cx, const char *format, va_list args) {
  size_t n = measure(format, args);
  char *text = arena_alloc(cx, n + 1);
  vsnprintf(text, n + 1, format, args);
  return text;
}

char *arena_printf(Context *cx, const char *format, ...) {
  va_list args;
  va_start(args, format);
  char *text = format_text(cx, format, args);
  va_end(args);
  return text;
}

/* ---- interned names ---- */

static size_t hash_bytes(const char *s, size_t n) { /* FNV-1a */
  uint64_t h = 14695981039346656037u;
  for (size_t i = 0; i < n; i++) h = (h ^ (unsigned char)s[i]) * 1099511628211u;
  return (size_t)(h ^ h >> 32);
}

static size_t find_place(const Context *cx, const char *s, size_t n) {
  size_t mask = cx->names_capacity - 1, i = hash_bytes(s, n) & mask;
  while (cx->names[i] && (strncmp(cx->names[i], s, n) != 0 || cx->names[i][n] != '\0')) i = (i + 1) & mask;
  return i;
}

static void grow_names(Context *cx) {
  const char **old = cx->names;
  size_t n = cx->names_capacity;
  cx->names_capacity = n ? 2 * n : 1024;
  cx->names = ARENA_ARRAY(cx, const char *, cx->names_capacity);
  for (size_t i = 0; i < n; i++)
    if (old[i]) cx->names[find_place(cx, old[i], strlen(old[i]))] = old[i];
}

const char *intern_n(Context *cx, const char *text, size_t length) {
  if (2 * cx->nnames >= cx->names_capacity) grow_names(cx);
  size_t i = find_place(cx, text, length);
  if (cx->names[i]) return cx->names[i];
  char *copy = arena_alloc(cx, length + 1);
  memcpy(copy, text, length);
  cx->nnames++;
  return cx->names[i] = copy;
}

void mark_name(Context *cx, const char *name) { VEC_PUSH(cx, &cx->marked, name); }

bool is_marked(const Context *cx, const char *name) {
  for (int k = 0; k < cx->marked.n; k++)
    if (cx->marked.at[k] == name) return true;
  return false;
}

const char *intern(Context *cx, const char *text) { return intern_n(cx, text, strlen(text)); }

/* ---- texts ---- */

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
  size_t n = measure(format, args);
  text_reserve(t, n);
  vsnprintf(t->data + t->length, n + 1, format, args);
  va_end(args);
  t->length += n;
}

/* ---- source files ---- */

Source *source_from_text(Context *cx, const char *path, const char *text, size_t length) {
  Source *s = ARENA_NEW(cx, Source);
  char *copy = arena_alloc(cx, length + 1);
  if (length) memcpy(copy, text, length);
  *s = (Source){.path = arena_copy(cx, path, strlen(path) + 1), .text = copy, .length = length};
  return s;
}

/* Reads to the end rather than asking for the size: a pipe has none. One byte over the limit is read, no more. */
static Source *read_stream(Context *cx, const char *path, FILE *f) {
  Text all = {.cx = cx};
  char piece[1 << 14];
  size_t n;
  while ((n = fread(piece, 1, sizeof piece, f)) > 0 && all.length <= MOST_SOURCE) text_add_n(&all, piece, n);
  if (ferror(f)) return NULL;
  if (all.length > MOST_SOURCE) {
    errno = EFBIG;
    return NULL;
  }
  return source_from_text(cx, path, all.data, all.length);
}

const char *source_identity(Context *cx, const char *path) {
  struct stat file;
  if (stat(path, &file) != 0) return intern(cx, path);
  return intern(cx, arena_printf(cx, "%llu:%llu", (unsigned long long)file.st_dev, (unsigned long long)file.st_ino));
}

Source *source_read(Context *cx, const char *path) {
  FILE *f = fopen(path, "rb");
  if (!f) return NULL;
  Source *s = read_stream(cx, path, f);
  int why = errno;
  fclose(f);
  errno = why;
  return s;
}

/* ---- spans ---- */

Span span_join(Span a, Span b) {
  if (!a.source) return b;
  if (!b.source || a.source != b.source) return a;
  return (Span){
    .source = a.source, .start = a.start < b.start ? a.start : b.start, .end = a.end > b.end ? a.end : b.end};
}

static bool continues_character(char c) { return ((unsigned char)c & 0xC0) == 0x80; }

static size_t line_start(const Source *s, size_t at) {
  while (at > 0 && s->text[at - 1] != '\n') at--;
  return at;
}

static size_t line_end(const Source *s, size_t at) {
  while (at < s->length && s->text[at] != '\n') at++;
  return at > 0 && at < s->length && s->text[at - 1] == '\r' ? at - 1 : at;
}

void span_position(Span s, int *line, int *column) {
  *line = *column = 1;
  if (!s.source) return;
  size_t at = s.start < s.source->length ? s.start : s.source->length, start = line_start(s.source, at);
  for (size_t i = 0; i < start; i++) *line += s.source->text[i] == '\n';
  for (size_t i = start; i < at; i++) *column += !continues_character(s.source->text[i]);
}

/* ---- reports ---- */

uint32_t code_point(const char *text, size_t n) {
  const unsigned char *s = (const unsigned char *)text;
  if (n > 4) return 0xFFFD; /* bytes that are no UTF-8 */
  uint32_t c = n == 1 ? s[0] : s[0] & (0x7Fu >> n);
  for (size_t i = 1; i < n; i++) c = c << 6 | (s[i] & 0x3Fu);
  return c;
}

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
  while (p + n < end && continues_character(p[n])) n++;
  unsigned char c = (unsigned char)*p;
  if (c == '\t' || (c >= ' ' && c != 0x7F)) text_add_n(out, p, n);
  else text_add(out, "?");
  return n;
}

/* The part of the line that is shown, at most SHOWN_WIDTH characters, and begins not far before the span. */
static void clip_line(const Source *s, size_t at, size_t *from, size_t *to) {
  size_t start = *from = line_start(s, at), end = line_end(s, start > at ? start : at), before = 0;
  for (*from = at < end ? at : end; *from > start && before < SHOWN_WIDTH / 2; before++) do
      --*from;
    while (*from > start && continues_character(s->text[*from]));
  if (*from - start < SHOWN_WIDTH / 4) *from = start;
  *to = *from;
  for (size_t shown = 0; *to < end && shown < SHOWN_WIDTH; shown++) do
      ++*to;
    while (*to < end && continues_character(s->text[*to]));
}

static void add_excerpt(Text *out, Span s) {
  Text line = {.cx = out->cx}, carets = {.cx = out->cx};
  size_t from, to, at = s.start < s.source->length ? s.start : s.source->length;
  clip_line(s.source, at, &from, &to);
  bool cut = from > line_start(s.source, at);
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
  if (to < line_end(s.source, to)) text_add(&line, " ...");
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
  char *text = format_text(cx, format, args);
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
  char *text = format_text(cx, format, args);
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
  print_report(cx, s, "note", format_text(cx, format, args));
  va_end(args);
}

void help(Context *cx, const char *format, ...) {
  if (cx->muted) return;
  va_list args;
  va_start(args, format);
  fprintf(stderr, "help: %s\n", format_text(cx, format, args));
  va_end(args);
}

int error_count(const Context *cx) { return cx->errors; }

void errors_add(Context *cx, int n) { cx->errors += n; }

void errors_finish(Context *cx) {
  int more = cx->errors - MOST_ERRORS;
  if (more > 0) fprintf(stderr, "nnc: %d more error%s\n", more, more == 1 ? "" : "s");
}

void bug(const char *pass, const char *format, ...) {
  va_list args;
  fflush(stdout);
  fprintf(stderr, "nnc: internal error in %s: ", pass);
  va_start(args, format);
  vfprintf(stderr, format, args);
  va_end(args);
  fputs("\nnnc: this is a bug of nnc, not of the model; please report it with the model\n", stderr);
  abort();
}

/* ---- spelling ---- */

/* Edits (insert, delete, replace, swap of neighbours) that turn a into b, three rows of the usual table. */
static int edit_distance(const char *a, int na, const char *b, int nb) {
  int rows[3][MOST_LETTERS + 1];
  int *before = rows[0], *last = rows[1], *row = rows[2];
  for (int j = 0; j <= nb; j++) last[j] = j;
  for (int i = 1; i <= na; i++) {
    row[0] = i;
    for (int j = 1; j <= nb; j++) {
      int best = last[j - 1] + (a[i - 1] != b[j - 1]);
      if (last[j] + 1 < best) best = last[j] + 1;
      if (row[j - 1] + 1 < best) best = row[j - 1] + 1;
      bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped && before[j - 2] + 1 < best) best = before[j - 2] + 1;
      row[j] = best;
    }
    int *free_row = before;
    before = last, last = row, row = free_row;
  }
  return last[nb];
}

static bool equal_but_for_case(const char *a, const char *b) {
  while (*a && tolower((unsigned char)*a) == tolower((unsigned char)*b)) a++, b++;
  return *a == *b;
}

const char *nearest_name(Context *cx, const char *name, const char *const *candidates, int n) {
  (void)cx;
  const char *best = NULL;
  size_t length = strlen(name);
  if (length > MOST_LETTERS) return NULL;
  int limit = (int)length / 3;
  for (int k = 0; k < n; k++) {
    size_t other = strlen(candidates[k]);
    if (other > MOST_LETTERS || strcmp(candidates[k], name) == 0) continue;
    if (equal_but_for_case(name, candidates[k])) return candidates[k];
    int d = edit_distance(name, (int)length, candidates[k], (int)other);
    if (d > limit || d >= (int)other) continue;
    best = candidates[k];
    limit = d - 1; /* from here on only a nearer one */
  }
  return best;
}

/* ---- writing ---- */

static int write_all(int fd, const char *data, size_t length) {
  while (length > 0) {
    ssize_t n = write(fd, data, length);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return -1;
    data += n;
    length -= (size_t)n;
  }
  return fsync(fd) == 0 || errno == EINVAL || errno == EROFS ? 0 : -1; /* not every file system can sync */
}

/* What is no plain file (a pipe, /dev/stdout) is written straight: a rename would replace it. */
static int write_straight(const char *path, const char *data, size_t length) {
  FILE *f = fopen(path, "wb");
  if (!f) return -1;
  bool whole = fwrite(data, 1, length, f) == length;
  return fclose(f) == 0 && whole ? 0 : -1;
}

int write_file(const char *path, const char *data, size_t length) {
  struct stat old;
  bool exists = stat(path, &old) == 0;
  if (exists && !S_ISREG(old.st_mode)) return write_straight(path, data, length);
  size_t n = strlen(path);
  char *temporary = memory(n + 16);
  memcpy(temporary, path, n);
  memcpy(temporary + n, ".tmp.XXXXXX", 12);
  int fd = mkstemp(temporary), why = errno;
  bool fine = fd >= 0;
  if (fine) {
    mode_t mask = umask(0);
    umask(mask);
    fine = write_all(fd, data, length) == 0 && fchmod(fd, exists ? old.st_mode & 07777 : 0666 & ~mask) == 0;
    why = errno;
    if (close(fd) != 0 && fine) fine = false, why = errno;
    if (fine && rename(temporary, path) != 0) fine = false, why = errno;
    if (!fine) unlink(temporary);
  }
  free(temporary);
  errno = why;
  return fine ? 0 : -1;
}
