/* file.c: source files in, and files out that are whole or not there.
 *
 * A file is written beside its place and renamed, so that an error leaves the old one. */
#define _POSIX_C_SOURCE 200809L
#include "base/base.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MOST_SOURCE = 16 << 20 };

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
  char *temporary = heap_resize(NULL, n + 16);
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
