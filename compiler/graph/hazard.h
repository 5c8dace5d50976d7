/* hazard.h: what may become of a value where all inputs and parameters are finite: found once for each node, from its
 * operands. Rough and safe: a bit that is not set is a promise. Overflow counts where an exponential makes it, not for
 * sums and products. */
#ifndef NNC_HAZARD_H
#define NNC_HAZARD_H
#include "graph/node.h"

enum {
  MAY_BE_NAN = 1,
  MAY_BE_INF = 2,
  MAY_BE_MINUS_INF = 4,
  MAY_VANISH = 8, /* be 0, or as near to it as one likes */
  MAY_BE_NEGATIVE = 16,
  MAY_GROW = 32, /* above every bound */
  MAY_SINK = 64, /* below every bound */
  IS_MASK = 128, /* its zeros are choices: something was not taken */
  ANY_NUMBER = MAY_VANISH | MAY_BE_NEGATIVE | MAY_GROW | MAY_SINK,
  NOT_FINITE = MAY_BE_NAN | MAY_BE_INF | MAY_BE_MINUS_INF
};

/* Of a new node, whose operands are known. A loop is taken to carry finite values until a result shows that it does
 * not. */
unsigned hazards_of(Graph *g, const Node *n);
unsigned read_hazards(const Graph *g, const Read *r);
static inline bool read_finite(const Graph *g, const Read *r) { return !(read_hazards(g, r) & NOT_FINITE); }

#endif
