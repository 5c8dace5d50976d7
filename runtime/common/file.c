/* file.c: whole files in and out. SPDX-License-Identifier: 0BSD
 *
 * In: a path. Out: its bytes, unpacked where they are gzip'd; or a file that is written completely or not at all,
 * because it is made beside its target ("m.safetensors.new-4711"), synced, and only then renamed over it. */
#define _XOPEN_SOURCE 700 /* realpath */
#include "common/common.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#ifdef NN_HAVE_ZLIB
#include <zlib.h>
#endif

/* ---- reading ---- */

enum { LARGEST_DEVICE = 1 << 28 };

/* Room for at least one more byte than `size`, doubling; one byte is kept for the 0 at the end. */
static int grow(nn_bytes *bytes, size_t *capacity, nn_error *error) {
  if (bytes->size + 1 < *capacity) return 0;
  size_t larger = *capacity ? *capacity * 2 : 65536;
  unsigned char *data = larger > *capacity ? realloc(bytes->data, larger) : NULL;
  if (!data) return nn_out_of_memory(error, larger);
  bytes->data = data;
  *capacity = larger;
  return 0;
}

static int read_all(int descriptor, const char *file, nn_bytes *bytes, nn_error *error) {
  struct stat about = {0};
  size_t capacity = 0;
  if (!fstat(descriptor, &about) && S_ISREG(about.st_mode) && about.st_size > 0) {
    capacity = (size_t)about.st_size + 2;
    if (!(bytes->data = malloc(capacity))) return nn_out_of_memory(error, capacity);
  }
  for (;;) {
    if (grow(bytes, &capacity, error)) return -1;
    ssize_t count = read(descriptor, bytes->data + bytes->size, capacity - bytes->size - 1);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return nn_fail(error, NN_BAD_USAGE, "%s: cannot be read: %s", file, strerror(errno));
    if (count == 0) break;
    bytes->size += (size_t)count;
    if (S_ISCHR(about.st_mode) && bytes->size > LARGEST_DEVICE) /* /dev/zero */
      return nn_fail(error, NN_BAD_USAGE, "%s: cannot be read: a device that does not end", file);
  }
  bytes->data[bytes->size] = 0;
  return 0;
}

#ifdef NN_HAVE_ZLIB
enum { LARGEST_CHUNK = 1 << 30 };

/* Deflate packs zeros to a thousandth, so that a small file could fill the memory; data are seldom packed to less than
 * a tenth. */
enum { MOST_UNPACKED = 1 << 28, MOST_RATIO = 64 };

static size_t most_unpacked(size_t packed) {
  if (packed > SIZE_MAX / 2 / MOST_RATIO) return SIZE_MAX / 2;
  return packed * MOST_RATIO > MOST_UNPACKED ? packed * MOST_RATIO : MOST_UNPACKED;
}

static int too_large(const char *file, size_t packed, nn_error *error) {
  return nn_fail(
    error, NN_BAD_DATA,
    "%s: its %zu bytes unpack to more than %zu MiB, which is refused: if that is wanted, unpack it with gunzip first",
    file, packed, most_unpacked(packed) >> 20);
}

static unsigned chunk(size_t size) { return size < LARGEST_CHUNK ? (unsigned)size : (unsigned)LARGEST_CHUNK; }

static int is_gzip(const unsigned char *data, size_t size) { return size >= 2 && data[0] == 0x1f && data[1] == 0x8b; }

/* One member after the other, as gzip does; what follows the last is refused unless it is zeros. */
static int inflate_all(z_stream *stream, const char *file, const nn_bytes *packed, nn_bytes *out, nn_error *error) {
  size_t capacity = 0, taken = 0, most = most_unpacked(packed->size);
  for (;;) {
    if (grow(out, &capacity, error)) return -1;
    unsigned room = chunk(capacity - out->size - 1), offered = chunk(packed->size - taken);
    stream->next_in = packed->data + taken, stream->avail_in = offered;
    stream->next_out = out->data + out->size, stream->avail_out = room;
    int result = inflate(stream, Z_NO_FLUSH);
    taken += offered - stream->avail_in;
    out->size += room - stream->avail_out;
    if (out->size > most) return too_large(file, packed->size, error);
    if (result == Z_STREAM_END) {
      while (taken < packed->size && packed->data[taken] == 0) taken++;
      if (taken == packed->size) break;
      if (!is_gzip(packed->data + taken, packed->size - taken) || inflateReset(stream) != Z_OK)
        return nn_fail(error, NN_BAD_DATA, "%s: damaged gzip: %zu bytes after its end", file, packed->size - taken);
    } else if (result == Z_BUF_ERROR || (result == Z_OK && taken == packed->size && stream->avail_out)) {
      return nn_fail(error, NN_BAD_DATA, "%s: truncated gzip: it ends in the middle, after %zu bytes unpacked", file,
                     out->size);
    } else if (result != Z_OK) {
      return nn_fail(error, NN_BAD_DATA, "%s: damaged gzip: %s, after %zu bytes unpacked", file,
                     stream->msg ? stream->msg : "inflate failed", out->size);
    }
  }
  out->data[out->size] = 0;
  return 0;
}

static int gunzip(const char *file, nn_bytes *bytes, nn_error *error) {
  if (!is_gzip(bytes->data, bytes->size)) return 0;
  z_stream stream = {0};
  nn_bytes out = {NULL, 0};
  if (inflateInit2(&stream, 15 + 16) != Z_OK) return nn_out_of_memory(error, 32768);
  int result = inflate_all(&stream, file, bytes, &out, error);
  inflateEnd(&stream);
  if (result) {
    free(out.data);
    return -1;
  }
  free(bytes->data);
  *bytes = out;
  return 0;
}
#else
static int gunzip(const char *file, nn_bytes *bytes, nn_error *error) {
  if (bytes->size < 2 || bytes->data[0] != 0x1f || bytes->data[1] != 0x8b) return 0;
  return nn_fail(error, NN_BAD_USAGE, "%s: is gzip'd, and the runtime was built without zlib", file);
}
#endif

int nn_file_read(const char *file, int unzip, nn_bytes *bytes, nn_error *error) {
  *bytes = (nn_bytes){NULL, 0};
  int descriptor = open(file, O_RDONLY);
  if (descriptor < 0) return nn_fail(error, NN_BAD_USAGE, "%s: cannot be opened: %s", file, strerror(errno));
  int result = read_all(descriptor, file, bytes, error);
  close(descriptor);
  if (!result && unzip) result = gunzip(file, bytes, error);
  if (!result) return 0;
  free(bytes->data);
  *bytes = (nn_bytes){NULL, 0};
  return -1;
}

/* ---- writing ---- */

static int write_spans(int descriptor, const nn_span *spans, int count) {
  for (int k = 0; k < count; k++) {
    const char *at = spans[k].data;
    for (size_t left = spans[k].size; left;) {
      ssize_t written = write(descriptor, at, left < 1u << 30 ? left : 1u << 30);
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) return -1;
      at += written;
      left -= (size_t)written;
    }
  }
  return 0;
}

static int cannot_write(const char *file, nn_error *error) {
  return nn_fail(error, NN_BAD_USAGE, "%s: cannot be written: %s", file, strerror(errno));
}

/* A device or a pipe has no old content that could be lost. */
static int write_in_place(const char *file, const nn_span *spans, int count, nn_error *error) {
  int descriptor = open(file, O_WRONLY);
  if (descriptor < 0) return cannot_write(file, error);
  if (write_spans(descriptor, spans, count)) {
    cannot_write(file, error);
    close(descriptor);
    return -1;
  }
  return close(descriptor) ? cannot_write(file, error) : 0;
}

/* The directory must be synced for the rename to outlast a power cut; where that cannot be done, nothing is lost
 * now. */
static void sync_directory(const char *file) {
  const char *slash = strrchr(file, '/');
  char *directory = malloc(strlen(file) + 2);
  if (!directory) return;
  strcpy(directory, slash ? file : ".");
  if (slash) directory[slash - file + 1] = 0;
  int descriptor = open(directory, O_RDONLY);
  if (descriptor >= 0) {
    fsync(descriptor);
    close(descriptor);
  }
  free(directory);
}

static int create_beside(const char *file, char *name, size_t size) {
  for (int attempt = 0;; attempt++) {
    snprintf(name, size, "%s.new-%ld-%d", file, (long)getpid(), attempt);
    int descriptor = open(name, O_WRONLY | O_CREAT | O_EXCL, 0666);
    if (descriptor >= 0 || errno != EEXIST || attempt == 100) return descriptor;
  }
}

static int replace(const char *file, const nn_span *spans, int count, nn_error *error) {
  size_t size = strlen(file) + 48;
  char *name = malloc(size);
  if (!name) return nn_out_of_memory(error, size);
  int descriptor = create_beside(file, name, size), result = 0;
  if (descriptor < 0) {
    result = cannot_write(file, error);
  } else {
    if (write_spans(descriptor, spans, count) || fsync(descriptor)) result = cannot_write(file, error);
    if (close(descriptor) && !result) result = cannot_write(file, error);
    if (!result && rename(name, file)) result = cannot_write(file, error);
    if (result) unlink(name);
    else sync_directory(file);
  }
  free(name);
  return result;
}

int nn_file_write(const char *file, const nn_span *spans, int count, nn_error *error) {
  struct stat about;
  int exists = !stat(file, &about);
  if (exists && S_ISDIR(about.st_mode))
    return nn_fail(error, NN_BAD_USAGE, "%s: cannot be written: it is a directory", file);
  if (exists && !S_ISREG(about.st_mode)) return write_in_place(file, spans, count, error);
  char *target = exists ? realpath(file, NULL) : NULL; /* through a link, to what it points at */
  int result = replace(target ? target : file, spans, count, error);
  free(target);
  return result;
}
