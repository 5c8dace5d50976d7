/* prove.h: are two values equal for every input and parameter? */
#ifndef NNC_PROVE_H
#define NNC_PROVE_H

#include "graph.h"

/* Two open reads in the same free variables. True: they are equal as real numbers wherever both are defined. False:
 * no proof was found (they may be equal all the same). Bounded in time and memory. */
bool prove_equal(Graph *g, Read *a, Read *b);

/* prove_field.c: the same for small values, one element at a time; nodes marked opaque are taken as leaves. */
bool prove_by_elements(Graph *g, Read *a, Read *b, const unsigned char *opaque);

#endif
