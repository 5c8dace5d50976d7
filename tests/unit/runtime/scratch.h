/* scratch.h: files for the runtime's tests, in a folder of their own that is removed at the end. */
#ifndef SCRATCH_H
#define SCRATCH_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#ifndef WITHOUT_ZLIB
#include <zlib.h>
#endif

static char scratch_folder[64];

static inline int scratch_open(void **state) {
  (void)state;
  strcpy(scratch_folder, "/tmp/nnc-test-XXXXXX");
  return mkdtemp(scratch_folder) && !chdir(scratch_folder) ? 0 : -1;
}

static inline int scratch_close(void **state) {
  char command[100];
  (void)state;
  snprintf(command, sizeof command, "rm -rf '%s'", scratch_folder);
  return chdir("/") || system(command);
}

static inline const char *scratch_bytes(const char *name, const void *bytes, size_t size) {
  FILE *file = fopen(name, "wb");
  assert_non_null(file);
  assert_int_equal(fwrite(bytes, 1, size, file), size);
  assert_int_equal(fclose(file), 0);
  return name;
}

static inline const char *scratch_text(const char *name, const char *text) {
  return scratch_bytes(name, text, strlen(text));
}

static inline const char *scratch_gzip(const char *name, const char *text) {
#ifdef WITHOUT_ZLIB /* what comes after it in a test is left out */
  (void)name, (void)text;
  skip();
#else
  gzFile file = gzopen(name, "wb");
  assert_non_null(file);
  assert_int_equal(gzwrite(file, text, (unsigned)strlen(text)), strlen(text));
  assert_int_equal(gzclose(file), Z_OK);
#endif
  return name;
}

/* An npy file of version 1 with this dictionary. */
static inline const char *scratch_npy(const char *name, const char *dictionary, const void *values, size_t size) {
  FILE *file = fopen(name, "wb");
  assert_non_null(file);
  unsigned length = (unsigned)strlen(dictionary);
  fprintf(file, "\x93NUMPY%c%c%c%c%s", 1, 0, (char)(length & 255), (char)(length >> 8), dictionary);
  fwrite(values, 1, size, file);
  assert_int_equal(fclose(file), 0);
  return name;
}

/* The whole file, with a 0 after it; malloc's. */
static inline char *scratch_read(const char *name, size_t *size) {
  FILE *file = fopen(name, "rb");
  assert_non_null(file);
  char *bytes = calloc(1, 1 << 20);
  *size = fread(bytes, 1, (1 << 20) - 1, file);
  fclose(file);
  return bytes;
}

static inline int scratch_same(const char *a, const char *b) {
  size_t size_a, size_b;
  char *bytes_a = scratch_read(a, &size_a), *bytes_b = scratch_read(b, &size_b);
  int same = size_a == size_b && !memcmp(bytes_a, bytes_b, size_a);
  free(bytes_a);
  free(bytes_b);
  return same;
}

/* The message says all of these words, which are separated by '|'. */
static inline void assert_says(const char *text, const char *words) {
  char copy[500];
  snprintf(copy, sizeof copy, "%s", words);
  for (char *word = strtok(copy, "|"); word; word = strtok(NULL, "|"))
    if (!strstr(text, word)) fail_msg("the message \"%s\" does not say \"%s\"", text, word);
}

#endif
