/* item.h: what is checked, item by item: checks, then gradients. */
#ifndef NNC_CHECK_ITEM_H
#define NNC_CHECK_ITEM_H

#include "check/finding.h"

/* check/attempt.c: changes the finding in another process; false, and the finding is as it was, where that fails, or
 * takes too much time or memory. */
bool attempt_change(Context *cx, void (*change)(void *state, Finding *f), void *state, Finding *f);

/* check/apart.c: runs items one after the other; a fault of nnc in one, a crash even, is found and costs only its own
 * verdict. */
typedef struct Items {
  int n;
  void *state;
  void (*run)(void *state, int k, Findings *out); /* adds what is found of item k */
  void (*name)(void *state, int k, Finding *f);   /* says what item k is */
  double seconds; /* of processor time for all of them together; what is not done then has no verdict. 0: no limit */
} Items;
void check_apart(Context *cx, const Items *items, Findings *out);

/* check/verdict.c: the checks of a Program, as items */
void verdict_of_check(void *program, int k, Findings *out);
void verdict_name(void *program, int k, Finding *f);
void verdict_name_line(const Program *p, const Stmt *check, Finding *f);

/* check/gradient.c: the parameter arrays of all losses, as items */
typedef struct Gradients Gradients;
Gradients *gradients_new(Program *p, int *count);
void gradients_check(void *gradients, int k, Findings *out);
void gradients_name(void *gradients, int k, Finding *f);

#endif
