/* map.h: what the files of build/ share; private to it. */
#ifndef NNC_MAP_H
#define NNC_MAP_H

#include "build/build.h"

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
/* The sum of a body: a product in it is taken apart, so that a contraction is one node. */
Read *build_sum(Graph *g, Read *body, int nvars, const int *vars);

#endif
