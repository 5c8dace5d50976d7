/* attempt.c: what may take much time or memory, or fail, and is not needed for a verdict, in a process of its own: a
 * finding is changed by it, or stays as it was. */
#define _XOPEN_SOURCE 700
#include "check/item.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

enum { NO_MEMORY = 2 }; /* the exit status of base/memory.c */
#define MOST_SECONDS 10 /* of processor time */
#define MOST_MEMORY  ((rlim_t)3 << 30)

static void set_limits(void) {
  struct itimerval time = {.it_value = {.tv_sec = MOST_SECONDS}};
  setitimer(ITIMER_PROF, &time, NULL);
#if !defined(__SANITIZE_ADDRESS__) /* which reserves more than there is */
  struct rlimit memory;
  if (getrlimit(RLIMIT_AS, &memory) || memory.rlim_cur <= MOST_MEMORY) return;
  memory.rlim_cur = MOST_MEMORY;
  setrlimit(RLIMIT_AS, &memory);
#endif
}

/* What is tried may be no model: nobody wants to read why. */
static void be_silent(Context *cx) {
  int nowhere = open("/dev/null", O_WRONLY);
  errors_take(cx, NULL, NULL, false);
  if (nowhere >= 0) dup2(nowhere, STDERR_FILENO);
}

bool attempt_change(Context *cx, void (*change)(void *state, Finding *f), void *state, Finding *f) {
  int ends[2], status = 0;
  fflush(NULL);
  if (pipe(ends)) return false;
  pid_t child = fork();
  if (child == 0) {
    close(ends[0]);
    set_limits();
    be_silent(cx);
    change(state, f);
    _exit(!finding_send(cx, ends[1], f));
  }
  close(ends[1]);
  Finding changed;
  bool whole = child > 0 && finding_receive(cx, ends[0], &changed);
  close(ends[0]);
  while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR) {}
  if (whole) *f = changed;
  bool late = WIFSIGNALED(status) && WTERMSIG(status) == SIGPROF;
  bool full = WIFEXITED(status) && WEXITSTATUS(status) == NO_MEMORY;
  if (!whole && child > 0 && !late && !full)
    f->explanation = WIFSIGNALED(status)
                       ? arena_printf(cx, "nnc failed in the search for a cause: %s", strsignal(WTERMSIG(status)))
                       : "nnc failed in the search for a cause";
  return whole;
}
