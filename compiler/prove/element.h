/* element.h: the prover of small values, and what of them is defined. */
#ifndef NNC_PROVE_ELEMENT_H
#define NNC_PROVE_ELEMENT_H

#include "graph/graph.h"

/* prove/cases.c: prove_equal for small values, one element at a time; nodes marked opaque are taken as leaves. */
bool prove_by_elements(Graph *g, Read *a, Read *b, const unsigned char *opaque, const unsigned char *defined,
                       bool symbolic);

/* prove/defined.c: what each node that the two need is, whatever the inputs and parameters are: maybe no number, a
 * number or an infinity that stands in the model, a number or -inf that does, a number. */
typedef enum { UNDEFINED, INFINITE, LOWER, FINITE } Defined;
unsigned char *prove_defined(Graph *g, const Read *a, const Read *b);
/* May n be a number although an operand that it needs is none? Marked so among the nodes taken as leaves. */
enum { HIDES = 2, CARRIED = 3 };
bool prove_maybe_infinite(const Node *n, const unsigned char *defined);
bool prove_hides(const Node *n, const unsigned char *defined);

#endif
