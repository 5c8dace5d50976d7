/* run.c: files in, what is found of each out. Each is judged in a process of its own, which may take so much time and
 * memory, and sends what it finds through a pipe. */
#define _XOPEN_SOURCE 700
#include "grade/grade.h"

#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#define MOST_MEMORY ((rlim_t)2 << 30)

enum { NOT_READ = 9, NO_MEMORY = 2 }; /* exit statuses of the process; the second is base/memory.c's */

typedef struct Taken { /* reports become findings */
  Context *cx;
  Findings *out;
  bool warning; /* was the last report: what follows belongs to it */
} Taken;

static void take_error(Taken *t, Span at, const char *text) {
  Finding f = {.kind = FOUND_FILE, .verdict = VERDICT_ERROR, .reason = text};
  f.file = at.source ? at.source->path : NULL;
  if (at.source) span_position(at, &f.line, &f.column);
  VEC_PUSH(t->cx, t->out, f);
}

static void take_report(void *taken, Span at, const char *kind, const char *text) {
  Taken *t = taken;
  bool first = strcmp(kind, "error") == 0 || strcmp(kind, "warning") == 0;
  if (first) t->warning = *kind == 'w';
  if (t->warning) return;
  if (first) {
    take_error(t, at, text);
  } else if (t->out->n) {
    Finding *f = &t->out->at[t->out->n - 1];
    const char *before = f->explanation ? f->explanation : "", *gap = f->explanation ? "\n" : "";
    int line, column;
    span_position(at, &line, &column);
    f->explanation = at.source
                       ? arena_printf(t->cx, "%s%s%s: %s:%d: %s", before, gap, kind, at.source->path, line, text)
                       : arena_printf(t->cx, "%s%s%s: %s", before, gap, kind, text);
  }
}

static void set_limits(double seconds) {
  struct itimerval time = {
    .it_value = {.tv_sec = (time_t)seconds, .tv_usec = (suseconds_t)(1e6 * fmod(seconds, 1)) + 1}};
  setitimer(ITIMER_PROF, &time, NULL);
#if !defined(__SANITIZE_ADDRESS__) /* which reserves more than there is */
  struct rlimit memory;
  if (getrlimit(RLIMIT_AS, &memory) || memory.rlim_cur <= MOST_MEMORY) return;
  memory.rlim_cur = MOST_MEMORY;
  setrlimit(RLIMIT_AS, &memory);
#endif
}

static void send_all(Context *cx, const Findings *found, int to) {
  for (int k = 0; k < found->n; k++)
    if (!finding_send(cx, to, &found->at[k])) _exit(1);
}

static void judge_here(const Grading *g, const char *path, int to) {
  Findings found = {0};
  Taken taken = {g->cx, &found, false};
  set_limits(g->seconds);
  errors_take(g->cx, take_report, &taken, g->print);
  if (!g->judge(g->state, path, &found)) {
    const char *why = strerror(errno);
    if (g->print) fprintf(stderr, "nnc: cannot read '%s': %s\n", path, why);
    take_error(&taken, (Span){0}, arena_printf(g->cx, "cannot read it: %s", why));
    send_all(g->cx, &found, to);
    _exit(NOT_READ);
  }
  send_all(g->cx, &found, to);
  _exit(0);
}

/* What the end of the process says, beside its findings. */
static void find_end(const Grading *g, Graded *graded, int status) {
  Context *cx = g->cx;
  Finding f = {.kind = FOUND_FILE, .verdict = VERDICT_FAULT, .file = graded->path};
  graded->unreadable = WIFEXITED(status) && WEXITSTATUS(status) == NOT_READ;
  if (graded->unreadable || (WIFEXITED(status) && WEXITSTATUS(status) == 0)) return;
  if (WIFSIGNALED(status) && WTERMSIG(status) == SIGPROF) {
    f.verdict = VERDICT_UNFINISHED;
    f.reason = arena_printf(cx, "no end within %g s of processor time", g->seconds);
  } else if (WIFSIGNALED(status)) {
    f.reason = arena_printf(cx, "%s (signal %d)", strsignal(WTERMSIG(status)), WTERMSIG(status));
  } else if (WEXITSTATUS(status) == NO_MEMORY) {
    f.verdict = VERDICT_UNFINISHED;
    f.reason = "it takes more memory than it may";
  } else {
    f.reason = arena_printf(cx, "it ended with status %d", WEXITSTATUS(status));
  }
  VEC_PUSH(cx, &graded->found, f);
}

/* What a process wrote to stderr is shown where it was nnc that failed. */
static void show_said(FILE *said) {
  int c;
  rewind(said);
  while ((c = getc(said)) != EOF) putc(c, stderr);
}

static void grade_file(const Grading *g, Graded *graded) {
  FILE *said = g->print ? NULL : tmpfile();
  int ends[2], status = 0;
  Finding f = {.kind = FOUND_FILE, .verdict = VERDICT_FAULT, .file = graded->path};
  fflush(NULL);
  pid_t child = pipe(ends) ? -1 : fork();
  if (child < 0) {
    f.reason = arena_printf(g->cx, "no process can be started: %s", strerror(errno));
    VEC_PUSH(g->cx, &graded->found, f);
    return;
  }
  if (child == 0) {
    close(ends[0]);
    if (said) dup2(fileno(said), STDERR_FILENO);
    judge_here(g, graded->path, ends[1]);
  }
  close(ends[1]);
  while (finding_receive(g->cx, ends[0], &f)) {
    if (f.kind == FOUND_FILE && !f.file) f.file = graded->path;
    VEC_PUSH(g->cx, &graded->found, f);
  }
  close(ends[0]);
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {}
  find_end(g, graded, status);
  if (said && grade_of(graded) == GRADE_FAULT) show_said(said);
  if (said) fclose(said);
}

/* How many bytes at the beginning are folders that all paths begin with. */
static size_t common_folders(const char *const *paths, int n) {
  const char *slash = strrchr(paths[0], '/');
  size_t common = slash ? (size_t)(slash - paths[0]) + 1 : 0;
  for (int k = 1; k < n; k++)
    while (common && strncmp(paths[0], paths[k], common) != 0) do
        common--;
      while (common && paths[0][common - 1] != '/');
  return common;
}

Grades grade_files(const Grading *g, const char *model, const char *const *paths, int n) {
  Grades all = {model, ARENA_ARRAY(g->cx, Graded, n), n};
  size_t common = common_folders(paths, n);
  for (int k = 0; k < n; k++) {
    const char *who = paths[k] + common;
    size_t length = strlen(who);
    if (length > 3 && strcmp(who + length - 3, ".nn") == 0) length -= 3;
    all.at[k] = (Graded){.path = paths[k], .who = intern_n(g->cx, who, length)};
    grade_file(g, &all.at[k]);
  }
  return all;
}
