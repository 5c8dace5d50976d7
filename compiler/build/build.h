/* build.h: open reads in, the simplest node for them out, found or new; nothing is ever changed in place. The builders
 * that later stages call are declared in graph/graph.h; this is what they share.
 *
 * Circles of files, each by natural recursion: product, radix, sum (a product of which an axis is cut in two, or of
 * which a part is summed by itself, is a product again); apply, quotient (the floor of a fraction is made of
 * operations, floor among them). */
#ifndef NNC_BUILD_H
#define NNC_BUILD_H
#include "graph/graph.h"

/* A NODE_MAP from a prototype whose reads, guards and value are open: axes are the free variables but for the reduced
 * ones, by id; returns the node's identity read. No simplification. */
Node *build_map_at(Graph *g, Node *proto, int nown, const int *own, int nreduced, const int *reduced);
void build_axes(Graph *g, Node *n, const int *own, int nown, const int *reduced, int nreduced);
Read *build_map(Graph *g, Node *proto, int nreduced, const int *reduced);
/* build/range.c: sets integer, lo, hi and large. */
void range_of_map(Graph *g, Node *n);
/* build/quotient.c: floor(x) as an OP_QUOTIENT where x is a fraction of whole values, i/3 or (i + j)/2 + 0.5; else
 * NULL. */
Read *build_quotient(Graph *g, Read *x);
/* r, looking through copies; guards that cannot fail are dropped. */
Read *read_through(Graph *g, Read *r);
/* The sum of a body: a product in it is taken apart, so that a contraction is one node. */
Read *build_sum(Graph *g, Read *body, int nvars, const int *vars);

#endif
