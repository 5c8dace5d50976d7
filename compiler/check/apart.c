/* apart.c: what is checked, one after the other, in a process of its own, so that a fault of nnc in one of them, which
 * may be a crash, costs only its own verdict: a finding names it, and another process goes on with the next one.
 *
 *     child:  item 0, item 1, item 2 crashes         what each reports goes through a pipe
 *     child:                          item 3, item 4, ...                                     */
#define _XOPEN_SOURCE 700
#include "check/item.h"

#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

enum { NO_MEMORY = 2 };  /* the exit status of base/memory.c */
#define MOST_SECONDS 600 /* of processor time for one item: then it is taken to have no end */

typedef struct Record { /* of one item; its findings follow */
  int findings, errors;
} Record;

/* Of processor time, in this process and those that it has started and waited for. */
static double seconds_used(void) {
  struct rusage own, children;
  getrusage(RUSAGE_SELF, &own);
  getrusage(RUSAGE_CHILDREN, &children);
  struct timeval t[] = {own.ru_utime, own.ru_stime, children.ru_utime, children.ru_stime};
  double sum = 0;
  for (int k = 0; k < 4; k++) sum += (double)t[k].tv_sec + 1e-6 * (double)t[k].tv_usec;
  return sum;
}

/* `left`: seconds that this process has; it ends where none are left for the next item. */
static void run_items(Context *cx, const Items *items, int first, double left, int to) {
  for (int k = first; k < items->n; k++) {
    double most = items->seconds ? fmin(left - seconds_used(), MOST_SECONDS) : MOST_SECONDS;
    if (most <= 0) raise(SIGPROF);
    struct itimerval limit = {.it_value = {.tv_sec = (time_t)most, .tv_usec = (suseconds_t)(1e6 * fmod(most, 1)) + 1}};
    Findings found = {0};
    Record r = {.errors = -error_count(cx)};
    setitimer(ITIMER_PROF, &limit, NULL);
    items->run(items->state, k, &found);
    r.errors += error_count(cx);
    r.findings = found.n;
    if (!finding_write(to, &r, sizeof r)) _exit(2);
    for (int i = 0; i < found.n; i++)
      if (!finding_send(cx, to, &found.at[i])) _exit(2);
  }
  _exit(0);
}

/* Takes the findings of items from `first` on; returns the first item of which not all came. */
static int take_findings(Context *cx, const Items *items, int first, int from, Findings *out) {
  Record r;
  for (int k = first; k < items->n; k++) {
    if (!finding_read(from, &r, sizeof r)) return k;
    for (int i = 0; i < r.findings; i++) {
      Finding f;
      if (!finding_receive(cx, from, &f)) return k;
      VEC_PUSH(cx, out, f);
    }
    errors_add(cx, r.errors);
  }
  return items->n;
}

/* Of the item at which the process ended. */
static void find_end(Context *cx, const Items *items, int k, int status, Findings *out) {
  Finding f;
  items->name(items->state, k, &f);
  f.verdict = VERDICT_FAULT;
  if (items->seconds && WIFSIGNALED(status) && WTERMSIG(status) == SIGPROF) {
    f.verdict = VERDICT_UNFINISHED;
    f.reason = arena_printf(cx, "no end within %g s of processor time", items->seconds);
  } else if (items->seconds && WIFEXITED(status) && WEXITSTATUS(status) == NO_MEMORY) {
    f.verdict = VERDICT_UNFINISHED;
    f.reason = "it takes more memory than it may";
  } else if (!WIFSIGNALED(status)) f.reason = arena_printf(cx, "it ended with status %d", WEXITSTATUS(status));
  else if (WTERMSIG(status) == SIGABRT) f.reason = "an internal error, shown above";
  else if (WTERMSIG(status) == SIGPROF) f.reason = arena_printf(cx, "no end after %d seconds", MOST_SECONDS);
  else f.reason = arena_printf(cx, "%s (signal %d)", strsignal(WTERMSIG(status)), WTERMSIG(status));
  VEC_PUSH(cx, out, f);
}

void check_apart(Context *cx, const Items *items, Findings *out) {
  for (int k = 0; k < items->n;) {
    int ends[2], status = 0;
    double used = seconds_used();
    pid_t child;
    fflush(NULL);
    if (pipe(ends)) ends[0] = ends[1] = -1;
    child = ends[0] < 0 ? -1 : fork();
    if (child == 0) {
      close(ends[0]);
      run_items(cx, items, k, items->seconds - used, ends[1]);
    }
    if (child < 0) { /* no process can be started */
      items->run(items->state, k++, out);
      continue;
    }
    close(ends[1]);
    k = take_findings(cx, items, k, ends[0], out);
    close(ends[0]);
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {}
    if (k == items->n) break;
    find_end(cx, items, k++, status, out);
  }
}
