/* exact.h: which values are computed without any rounding. */
#ifndef NNC_EVALUATE_EXACT_H
#define NNC_EVALUATE_EXACT_H

#include "graph/graph.h"

typedef struct Exact { /* whole multiples of 2^-bits, none larger than `most`; bits -1: not known to be any */
  int bits;
  double most;
} Exact;

Exact exact_values(const double *x, int64_t count); /* of a leaf */
/* Of a node's values y, from what is known of its reads. `terms`: of its sum. */
Exact exact_map(const Node *n, const Exact *reads, int64_t terms, const double *y, int64_t count);

#endif
