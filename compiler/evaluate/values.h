/* values.h: an evaluation from inside: the slot of each node. */
#ifndef NNC_EVALUATE_VALUES_H
#define NNC_EVALUATE_VALUES_H

#include "evaluate/evaluate.h"
#include "evaluate/exact.h"

typedef struct MapLoop MapLoop; /* evaluate/loop.h */
typedef struct Order Order;     /* evaluate/order.h */

typedef struct Slot {
  double *values;
  uint64_t time; /* of the last change; 0: never computed */
  MapLoop *loop;
  double *steady; /* of a leaf that is shaken: its values before */
  bool varies;    /* while shaken: it follows from more than constants; */
  bool exact_known;
  Exact exact;            /* ... and what is known of its digits; */
  unsigned char *rounded; /* values with an error of their own */
  NodeList operands;
  bool known; /* operands are listed */
  bool given; /* computed at least once */
} Slot;

struct Evaluation {
  Context *cx;
  Graph *g;
  int64_t examples, flat;
  Slot *slots; /* by the node's id */
  size_t nslots;
  uint64_t clock;
  bool hold_stops, strict;
  Shake shake;
  int64_t *now; /* by scan: 1 + the time at hand; 0 outside of it */
  int nscans;
  const Order *order; /* of the root that is evaluated now */
  VEC(Order *) orders;
};

Slot *values_slot(Evaluation *e, const Node *node);
double *values_room(Evaluation *e, const Node *node); /* made where there is none */
/* Of an operand, which was computed before. */
double *values_of(const Evaluation *e, const Node *node);
int64_t values_extent(const Evaluation *e, Axis axis);
bool values_is_leaf(const Node *n);
bool values_is_given(const Node *n); /* a leaf whose values are in the graph */
void values_give(Evaluation *e, const Node *leaf);

#endif
