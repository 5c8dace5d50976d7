/* link.c: `nnc model.nn -o model`: the generated C, compiled by $CC with the runtime found beside nnc or under its
 * prefix. Everything is made in a folder of its own beside the target, which then gets its name by a rename. */
#define _GNU_SOURCE
#include "command/command.h"
#include "emit/emit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct Runtime {
  const char *include, *library, *link;
} Runtime;

static bool exists(const char *path) { return access(path, R_OK) == 0; }

/* Beside the binary (as built), or PREFIX/include and PREFIX/lib for PREFIX/bin/nnc (as installed). */
static bool find_runtime(Context *cx, Runtime *r) {
  char self[4096];
  ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
  if (n <= 0) return false;
  self[n] = 0;
  char *slash = strrchr(self, '/');
  if (!slash) return false;
  *slash = 0;
  const char *include[] = {self, arena_printf(cx, "%s/../include/nnc", self), arena_printf(cx, "%s/../include", self)};
  const char *library[] = {self, arena_printf(cx, "%s/../lib", self)};
  r->include = r->library = NULL;
  for (int k = 0; k < 3 && !r->include; k++)
    if (exists(arena_printf(cx, "%s/nn.h", include[k]))) r->include = include[k];
  for (int k = 0; k < 2 && !r->library; k++)
    if (exists(arena_printf(cx, "%s/libnn.a", library[k]))) r->library = library[k];
  if (!r->include || !r->library) {
    fprintf(stderr, "nnc: cannot find %s beside %s/nnc or under its prefix; `make` builds it\n",
            r->include ? "libnn.a" : "nn.h", self);
    return false;
  }
  r->include = arena_printf(cx, "%s", r->include);
  Source *link = source_read(cx, arena_printf(cx, "%s/nn.link", r->library));
  r->library = arena_printf(cx, "%s", r->library);
  r->link = link ? link->text : "-lz -lm -lpthread";
  return true;
}

typedef VEC(char *) Words;

static void add_words(Context *cx, Words *w, const char *text) {
  while (*text) {
    size_t n = strcspn(text, " \t\n");
    if (n) VEC_PUSH(cx, w, (char *)intern_n(cx, text, n));
    text += n;
    text += strspn(text, " \t\n");
  }
}

static int spawn(const Words *w) {
  fflush(NULL);
  pid_t child = fork();
  if (child == 0) {
    execvp(w->at[0], w->at);
    fprintf(stderr, "nnc: cannot run the C compiler '%s': %s; $CC names another\n", w->at[0], strerror(errno));
    _exit(127);
  }
  int status = 0;
  if (child < 0 || waitpid(child, &status, 0) < 0) {
    fprintf(stderr, "nnc: cannot start a process: %s\n", strerror(errno));
    return 2;
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return 0;
  fprintf(stderr, "nnc: the C compiler failed\n");
  return 2;
}

static int compile(Context *cx, const Program *p, const Runtime *r, const char *dir, const char *out) {
  const char *cc = getenv("CC"), *flags = getenv("CFLAGS");
  Words w = {0};
  add_words(cx, &w, cc && *cc ? cc : "cc");
  add_words(cx, &w, flags && *flags ? flags : "-std=c99 -O3 -march=native -fno-math-errno -fno-trapping-math");
  const char *words[] = {
    "-I", r->include, arena_printf(cx, "%s/%s.c", dir, p->name), arena_printf(cx, "%s/main.c", dir), "-o", out};
  for (int k = 0; k < 6; k++) VEC_PUSH(cx, &w, (char *)words[k]);
  VEC_PUSH(cx, &w, arena_printf(cx, "%s/libnn.a", r->library));
  add_words(cx, &w, r->link);
  VEC_PUSH(cx, &w, NULL);
  return spawn(&w);
}

static int write_in(Context *cx, const char *dir, const char *name, const char *data, size_t n) {
  const char *path = arena_printf(cx, "%s/%s", dir, name);
  if (!write_file(path, data, n)) return 0;
  fprintf(stderr, "nnc: cannot write '%s': %s\n", path, strerror(errno));
  return 2;
}

static void remove_folder(Context *cx, const Program *p, const char *dir) {
  const char *names[] = {arena_printf(cx, "%s.c", p->name), arena_printf(cx, "%s.h", p->name), "main.c", "program"};
  for (int k = 0; k < 4; k++) unlink(arena_printf(cx, "%s/%s", dir, names[k]));
  rmdir(dir);
}

int command_link(Context *cx, const Program *p, const char *path, const Text *header, const Text *source) {
  Runtime r;
  struct stat st;
  if (!find_runtime(cx, &r)) return 2;
  if (stat(path, &st) == 0 && S_ISDIR(st.st_mode)) {
    fprintf(stderr, "nnc: cannot write '%s': it is a folder\n", path);
    return 2;
  }
  char *dir = arena_printf(cx, "%s.nnc-XXXXXX", path);
  if (!mkdtemp(dir)) {
    fprintf(stderr, "nnc: cannot write '%s': %s\n", path, strerror(errno));
    return 2;
  }
  const char *out = arena_printf(cx, "%s/program", dir);
  const char *main_c = arena_printf(cx,
                                    "#include \"%s.h\"\n#include \"nn_tools.h\"\nint main(int argc, char **argv) { "
                                    "return nn_main(&%s_model, argc, argv); }\n",
                                    p->name, emit_prefix(cx, p));
  int status = write_in(cx, dir, arena_printf(cx, "%s.h", p->name), header->data, header->length);
  if (!status) status = write_in(cx, dir, arena_printf(cx, "%s.c", p->name), source->data, source->length);
  if (!status) status = write_in(cx, dir, "main.c", main_c, strlen(main_c));
  if (!status) status = compile(cx, p, &r, dir, out);
  if (!status && rename(out, path)) {
    fprintf(stderr, "nnc: cannot write '%s': %s\n", path, strerror(errno));
    status = 2;
  }
  remove_folder(cx, p, dir);
  return status;
}
