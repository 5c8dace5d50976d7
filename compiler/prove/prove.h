/* prove.h: are two values equal for every input and parameter?
 *
 * In: two open reads. Out: true where a proof was found. Kept: nothing but the nodes and variables that it took.
 *
 * Two provers are asked in turn, each with more and more of what the sides share taken apart:
 *     expand.c    the normal form of normal.h: sums of monomials; extents may be large, and sums stay sums
 *     element.c   one element at a time, as numbers modulo primes (field.h): formulas may be long */
#ifndef NNC_PROVE_H
#define NNC_PROVE_H

#include "graph/graph.h"

/* Two open reads in the same free variables. True: they are equal as real numbers wherever both are defined. False:
 * no proof was found (they may be equal all the same). Bounded in time and memory. */
bool prove_equal(Graph *g, Read *a, Read *b);

#endif
