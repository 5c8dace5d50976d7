/* apart.c: what is checked, one after the other, in a process of its own, so that a fault of nnc in one of them, which
 * may be a crash, costs only its own verdict: the report names it, and another process goes on with the next one.
 *
 *     child:  item 0, item 1, item 2 crashes         what each reports goes through a pipe
 *     child:                          item 3, item 4, ...                                     */
#define _XOPEN_SOURCE 700
#include "check/item.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#define MOST_SECONDS 600 /* of processor time for one item: then it is taken to have no end */

typedef struct Record { /* of one item; its report follows */
  Tally tally;
  int errors;
  size_t length;
} Record;

static void tally_add(Tally *t, const Tally *more) {
  t->proved += more->proved, t->holds += more->holds, t->refuted += more->refuted, t->undecided += more->undecided;
  t->agree += more->agree, t->fail += more->fail;
}

static bool write_all(int to, const void *data, size_t size) {
  const char *at = data;
  for (ssize_t n; size; at += n, size -= (size_t)n)
    if ((n = write(to, at, size)) <= 0) return false;
  return true;
}

static bool read_all(int from, void *data, size_t size) {
  char *at = data;
  for (ssize_t n; size; at += n, size -= (size_t)n)
    if ((n = read(from, at, size)) <= 0) return false;
  return true;
}

static void run_items(Context *cx, const Items *items, int first, int to) {
  for (int k = first; k < items->n; k++) {
    struct itimerval limit = {.it_value = {.tv_sec = MOST_SECONDS}};
    Text out = {.cx = cx};
    Record r = {.errors = -error_count(cx)};
    setitimer(ITIMER_PROF, &limit, NULL);
    items->run(items->state, k, &out, &r.tally);
    r.errors += error_count(cx);
    r.length = out.length;
    if (!write_all(to, &r, sizeof r) || !write_all(to, out.data, r.length)) _exit(2);
  }
  _exit(0);
}

/* Takes the reports of items from `first` on; returns the first of which none came. */
static int take_reports(Context *cx, const Items *items, int first, int from, Text *out, Tally *tally) {
  Record r;
  int k = first;
  for (; k < items->n && read_all(from, &r, sizeof r); k++) {
    char *text = arena_alloc(cx, r.length + 1);
    if (!read_all(from, text, r.length)) break;
    text_add_n(out, text, r.length);
    tally_add(tally, &r.tally);
    errors_add(cx, r.errors);
  }
  return k;
}

static void report_fault(const Items *items, int k, int status, Text *out) {
  items->name(items->state, k, out);
  text_add(out, ": nnc failed: ");
  if (!WIFSIGNALED(status)) text_printf(out, "it ended with status %d", WEXITSTATUS(status));
  else if (WTERMSIG(status) == SIGABRT) text_add(out, "an internal error, shown above");
  else if (WTERMSIG(status) == SIGPROF) text_printf(out, "no end after %d seconds", MOST_SECONDS);
  else text_printf(out, "%s (signal %d)", strsignal(WTERMSIG(status)), WTERMSIG(status));
  text_add(out, "\n    this says nothing about the line; please report it with the model\n");
}

void check_apart(Context *cx, const Items *items, Text *out, Tally *tally) {
  for (int k = 0; k < items->n;) {
    int ends[2], status = 0;
    pid_t child;
    fflush(NULL);
    if (pipe(ends)) ends[0] = ends[1] = -1;
    child = ends[0] < 0 ? -1 : fork();
    if (child == 0) {
      close(ends[0]);
      run_items(cx, items, k, ends[1]);
    }
    if (child < 0) { /* no process can be started */
      items->run(items->state, k++, out, tally);
      continue;
    }
    close(ends[1]);
    k = take_reports(cx, items, k, ends[0], out, tally);
    close(ends[0]);
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {}
    if (k == items->n) break;
    report_fault(items, k++, status, out);
    tally->faults++;
  }
}
