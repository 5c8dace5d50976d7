/* probe.h: a loss at a point, and one directional derivative of it. */
#ifndef NNC_CHECK_PROBE_H
#define NNC_CHECK_PROBE_H

#include "evaluate/evaluate.h"
#include "graph/graph.h"

typedef struct Loss { /* one GRAD routine at a point */
  Program *p;
  Evaluation *e;
  const Routine *routine;
  Node *value;
  NodeList needed;
  double cost;            /* of one quotient, in terms to be summed */
  unsigned char *reached; /* by node: the loss depends on it, not through `stop` */
  double largest;         /* gradient over all arrays at this point */
  double rounding;        /* of the loss at this point, by all values that it is computed from; -1: not known yet */
  int manner;
  uint64_t seed; /* of the point; 0: none yet */
} Loss;

typedef struct Array {
  const Leaf *leaf;
  Node *root;
  int64_t count;
  double *gradient, *base, scale; /* at the point: the gradient, the values, the largest gradient */
  bool rounding;                  /* 0 but for rounding */
  double worst;
  int nelements, ndirections; /* to be probed */
  int nprobes, redrawn, lost; /* redrawn: points that said nothing; lost: those of them where digits are lost */
} Array;

typedef struct Probe { /* the arrays are moved by h * (one element of one of them, or every element by its sign) */
  Array *arrays;
  int n;
  int64_t element; /* -1: a direction */
  uint64_t seed;
} Probe;

typedef enum { AGREES, DIFFERS, AT_KINK, DIGITS_LOST } Outcome; /* the last two say nothing */

typedef struct Result {
  Outcome outcome;
  double analytic, quotient, difference; /* difference relative to the largest gradient */
} Result;

/* The derivative along the probe, what its difference is compared with, and the unit of its steps. */
double probe_along(const Probe *q, double *scale, double *size);
/* The first quotient that agrees; else the best evidence that it is the gradient which is wrong: that of the step which
 * leaves the least doubt. The loss is where it was afterwards. */
Result probe_run(Loss *l, const Probe *q, double analytic, double scale, double size);

#endif
