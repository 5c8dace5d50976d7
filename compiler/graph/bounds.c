/* bounds.c: the bounds of whole values, which are whole numbers below 2^53, where doubles are exact. build/range.c sets
 * those of a new node. */
#include "graph/node.h"

#include <math.h>

bool number_is_exact(double x) { return fabs(x) <= MOST_EXACT && x == floor(x); }

bool node_is_bounded(const Node *n) { return n->integer && isfinite(n->lo) && isfinite(n->hi); }

void node_range(const Node *n, double *lo, double *hi) {
  *lo = n->lo >= -MOST_EXACT ? n->lo : -MOST_EXACT;
  *hi = n->hi <= MOST_EXACT ? n->hi : MOST_EXACT;
}
