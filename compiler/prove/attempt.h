/* attempt.h: what the two provers are asked, and which values are numbers. */
#ifndef NNC_PROVE_ATTEMPT_H
#define NNC_PROVE_ATTEMPT_H

#include "graph/graph.h"

typedef struct Question {
  Graph *g;
  Read *a, *b;
  const unsigned char *opaque;  /* by node: is it taken as a leaf? */
  const unsigned char *defined; /* by node: prove_defined */
  bool symbolic;                /* by elements: integers that take few values are (prove/walk.h) */
  long work;                    /* operations that may be done, and then those that are left */
  bool unrolled;                /* out: the proof asked a recurrence for a step before another */
} Question;

/* Are a and b equal? False: no proof was found. By elements only where they are few. */
bool prove_by_sums(Question *q);     /* prove/expand.c */
bool prove_by_elements(Question *q); /* prove/cases.c */

/* prove/defined.c: what each node that the two need is, whatever the inputs and parameters are: maybe no number, a
 * number or an infinity that stands in the model, a number or -inf that does, a number. */
typedef enum { UNDEFINED, INFINITE, LOWER, FINITE } Defined;
unsigned char *prove_defined(Graph *g, const Read *a, const Read *b);
/* Among the nodes taken as leaves: n may be a number although an operand that it needs is none; n is what a step of a
 * recurrence leaves to the next. */
enum { HIDES = 2, CARRIED = 3 };
bool prove_maybe_infinite(const Node *n, const unsigned char *defined);
bool prove_hides(const Node *n, const unsigned char *defined);

#endif
