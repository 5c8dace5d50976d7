/* memory.c: the arena, and names of which there is one copy.
 *
 * In: sizes and texts. Out: zeroed memory that is never freed, and interned names, which are equal where their pointers
 * are. Names are found by their hash (FNV-1a: Fowler, Noll and Vo 1991) in a table with open addressing. */
#include "base/context.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK_BYTES = 1 << 18 };

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
size_t text_length(const char *format, va_list args) {
  va_list again;
  va_copy(again, args);
  int n = format ? vsnprintf(NULL, 0, format, again) : -1;
  va_end(again);
  if (n < 0) bug("source", "a format failed");
  return (size_t)n;
}

char *arena_format(Context *cx, const char *format, va_list args) {
  size_t n = text_length(format, args);
  char *text = arena_alloc(cx, n + 1);
  vsnprintf(text, n + 1, format, args);
  return text;
}

char *arena_printf(Context *cx, const char *format, ...) {
  va_list args;
  va_start(args, format);
  char *text = arena_format(cx, format, args);
  va_end(args);
  return text;
}

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
