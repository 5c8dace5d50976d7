/* reduction.h: the reductions, one row each: all that the stages know of them by name.
 *
 * Those of a node: name in the language, how a formula prints it, what it starts from (which is also what a place
 * beyond the end of an example counts as), does it give a place, may it be the left side of a rule. */
#ifndef NNC_REDUCTION_H
#define NNC_REDUCTION_H

#include "base/base.h"

#include <math.h>
#include <stdbool.h>

#define REDUCTIONS(X)                                                                                                  \
  X(NONE, "", "", 0, 0, 0)                                                                                             \
  X(SUM, "sum", "Σ", 0, 0, 1)                                                                                          \
  X(MAX, "max", "max", -INFINITY, 0, 0)                                                                                \
  X(MIN, "min", "min", INFINITY, 0, 0)                                                                                 \
  X(ARGMAX, "argmax", "argmax", -INFINITY, 1, 0)                                                                       \
  X(ARGMIN, "argmin", "argmin", INFINITY, 1, 0)                                                                        \
  X(PROD, "prod", "Π", 1, 0, 1)                                                                                        \
  X(LOGSUMEXP, "logsumexp", "logsumexp", -INFINITY, 0, 1)
/* Of the language alone: elaborate makes them of others. */
#define MADE_REDUCTIONS(X) X("mean") X("norm")

/* SUM stands only on products. The others stand on a product of exactly one read with scale 1 and no guards; their
 * reduced axes are ordered: ARGMAX and ARGMIN give the first place, counted row by row through the reduced axes. */
typedef enum {
#define X(id, name, printed, start, place, rule) RED_##id,
  REDUCTIONS(X)
#undef X
    RED_COUNT
} Reduction;

typedef struct ReductionRow {
  const char *name, *printed;
  double start;
  bool place, in_rules;
} ReductionRow;
extern const ReductionRow reduction_rows[RED_COUNT];

Reduction reduction_named(const char *name); /* RED_NONE where it is none of a node */
/* Marks their names, so that the parser knows what may stand before a body. */
void reduction_mark_names(Context *cx);
bool is_reduction(const char *name); /* of the language, but for those that are functions: base/base.h */

#endif
