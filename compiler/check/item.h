/* item.h: what is checked, item by item: checks, then gradients. */
#ifndef NNC_CHECK_ITEM_H
#define NNC_CHECK_ITEM_H

#include "graph/graph.h"

typedef struct Tally {
  int proved, holds, refuted, undecided; /* of checks */
  int agree, fail;                       /* of parameter arrays */
  int faults;                            /* of nnc */
} Tally;

/* check/apart.c: runs items one after the other; a fault of nnc in one, a crash even, is reported and costs only its
 * own verdict. */
typedef struct Items {
  int n;
  void *state;
  void (*run)(void *state, int k, Text *out, Tally *tally);
  void (*name)(void *state, int k, Text *out);
} Items;
void check_apart(Context *cx, const Items *items, Text *out, Tally *tally);

/* check/gradient.c: the parameter arrays of all losses, as items */
typedef struct Gradients Gradients;
Gradients *gradients_new(Program *p, int *count);
void gradients_check(void *gradients, int k, Text *out, Tally *tally);
void gradients_name(void *gradients, int k, Text *out);

#endif
