/* common.h: what the whole runtime stands on. SPDX-License-Identifier: 0BSD
 *
 * In: what the operating system has: bytes of files, memory, numbers in some locale. Out: messages for people, numbers
 * that are the same in every locale, whole files or a reason, texts that grow. Nothing is kept between calls, nothing
 * is printed, nothing here knows data, checkpoints or training. What programs may call is in nn_tools.h.
 *
 * Its files, each of which calls those before it only:
 *     message.c  errors, shapes, the nearest name
 *     memory.c   memory that is aligned
 *     file.c     whole files in and out
 *     number.c   numbers as text and as bytes
 *     text.c     text that grows, UTF-8 */
#ifndef NN_COMMON_H
#define NN_COMMON_H

#include "nn_tools.h"

/* ---- messages (message.c) ---- */

/* Puts the message into *error and returns -1. */
int nn_fail(nn_error *error, int status, const char *format, ...)
#if defined(__GNUC__) || defined(__clang__)
  __attribute__((format(printf, 3, 4)))
#endif
  ;
/* "[28,28]". */
void nn_print_shape(char *out, size_t size, int rank, const int32_t *shape);
/* The name nearest to `word`, or NULL where none is near. */
const char *nn_nearest(const char *word, const char *const *names, int count);
/* "; did you mean 'x'?" where a name is near, and the list: "unknown input 'X'; did you mean 'x'? (x, y)". */
void nn_suggest(char *out, size_t size, const char *word, const char *const *names, int count);

/* ---- memory (memory.c) ---- */

void *nn_memory_aligned(size_t bytes); /* zeroed, at a multiple of 64; freed by free */
/* Puts a message into *error and returns -1. */
int nn_out_of_memory(nn_error *error, size_t bytes);
/* OpenBLAS maps up to so much for each thread that calls it (BUFFER_SIZE in its common_*.h), and where it cannot, it
 * tries again for ever. 1: it can. */
enum { NN_BLAS_MIB = sizeof(void *) > 4 ? 256 : 32 };
int nn_memory_for_blas(int threads);

/* ---- numbers (number.c) ---- */

/* A decimal number, "nan" or "inf"; 1 if [begin, end) is one as a whole. The same in every locale. */
int nn_number_parse(const char *begin, const char *end, double *value);
/* A whole number 0..most; 1 if the text is one as a whole. */
int nn_number_parse_whole(const char *text, uint64_t most, uint64_t *value);
/* "%.*g" with a point in every locale. */
void nn_number_print(char *out, size_t size, int digits, double value);
uint64_t nn_number_at(const unsigned char *bytes, int count); /* little-endian */

/* ---- texts (text.c) ---- */

typedef struct nn_text { /* text that grows */
  char *data;
  size_t size, capacity;
  int failed; /* memory was short: the rest is missing */
} nn_text;
void nn_text_add(nn_text *text, const char *bytes, size_t size);
void nn_text_printf(nn_text *text, const char *format, ...)
#if defined(__GNUC__) || defined(__clang__)
  __attribute__((format(printf, 2, 3)))
#endif
  ;
void nn_text_add_letter(nn_text *text, uint32_t letter);

enum { NN_LETTERS = 0x110000 }; /* the code points of Unicode */
/* The character at *at, which is moved behind it; a byte that is not UTF-8 counts as the character of its number. */
uint32_t nn_letter_next(const unsigned char **at, const unsigned char *end);
/* UTF-8; returns how many bytes, at most 4. */
int nn_letter_put(char *out, uint32_t letter);

/* ---- files (file.c) ---- */

typedef struct nn_bytes {
  unsigned char *data;
  size_t size;
} nn_bytes; /* data is malloc's, with a 0 after the last */
typedef struct nn_span {
  const void *data;
  size_t size;
} nn_span;

/* The whole file; with `unzip`, unpacked where it is gzip'd. */
int nn_file_read(const char *file, int unzip, nn_bytes *bytes, nn_error *error);
/* All of it or nothing: a file beside the target is written, synced and renamed. Devices and pipes are written
 * directly. */
int nn_file_write(const char *file, const nn_span *spans, int count, nn_error *error);

#endif
