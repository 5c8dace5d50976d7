/* faults.c: a library to be preloaded, under which the machine fails: FAULT=memory or FAULT=files, and FAULT_AT=N, the
 * call that fails, from 1. The library is written for glibc. After an end of its own accord before that call,
 * FAULT_DONE exists. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static long left = -1;
static int memory, ready;

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *old, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);

__attribute__((constructor)) static void begin(void) {
  const char *fault = getenv("FAULT"), *at = getenv("FAULT_AT");
  memory = fault && !strcmp(fault, "memory");
  left = at ? atol(at) : -1;
  ready = 1;
}

__attribute__((destructor)) static void end(void) {
  const char *done = getenv("FAULT_DONE");
  ready = 0;
  if (done && left > 0) close(open(done, O_CREAT | O_WRONLY, 0666));
}

static int fails(int of_memory) { return ready && of_memory == memory && left > 0 && --left == 0; }

static int no_memory(void) {
  int now = fails(1);
  if (now) errno = ENOMEM;
  return now;
}

void *malloc(size_t size) { return no_memory() ? NULL : __libc_malloc(size); }
void *calloc(size_t count, size_t size) { return no_memory() ? NULL : __libc_calloc(count, size); }
void *realloc(void *old, size_t size) { return no_memory() ? NULL : __libc_realloc(old, size); }
void *aligned_alloc(size_t alignment, size_t size) { return no_memory() ? NULL : __libc_memalign(alignment, size); }

static int broken(int code) {
  int now = fails(0);
  if (now) errno = code;
  return now;
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

/* Devices are left alone, so that the messages arrive. */
static int is_file(int descriptor) {
  struct stat about;
  return !fstat(descriptor, &about) && S_ISREG(about.st_mode);
}

ssize_t read(int descriptor, void *to, size_t size) { return broken(EIO) ? -1 : REAL(read)(descriptor, to, size); }
/* A disk that is nearly full takes a part first. */
ssize_t write(int descriptor, const void *from, size_t size) {
  if (is_file(descriptor) && descriptor > 2) {
    if (broken(ENOSPC)) return -1;
    if (size > 1) size = size / 2;
  }
  return REAL(write)(descriptor, from, size);
}
int open(const char *name, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  mode_t mode = flags & O_CREAT ? va_arg(arguments, mode_t) : 0;
  va_end(arguments);
  return broken(EMFILE) ? -1 : REAL(open)(name, flags, mode);
}
int fsync(int descriptor) { return broken(EIO) ? -1 : REAL(fsync)(descriptor); }
int close(int descriptor) {
  int result = REAL(close)(descriptor);
  return broken(EIO) ? -1 : result;
}
int rename(const char *from, const char *to) { return broken(EACCES) ? -1 : REAL(rename)(from, to); }
FILE *fopen(const char *name, const char *mode) { return broken(EMFILE) ? NULL : REAL(fopen)(name, mode); }
size_t fwrite(const void *from, size_t size, size_t count, FILE *file) {
  if (fileno(file) <= 2 || !broken(ENOSPC)) return REAL(fwrite)(from, size, count, file);
  file->_flags |= 0x20; /* glibc's mark, which ferror sees */
  return 0;
}
int fflush(FILE *file) { return file && fileno(file) > 2 && broken(ENOSPC) ? EOF : REAL(fflush)(file); }
int fclose(FILE *file) {
  int result = REAL(fclose)(file);
  return broken(ENOSPC) ? EOF : result;
}
