/* order.h: what one root needs, operands first. */
#ifndef NNC_EVALUATE_ORDER_H
#define NNC_EVALUATE_ORDER_H

#include "evaluate/values.h"

typedef struct Recurrence { /* the RESULTs of one loop */
  ScanGroup group;
  NodeList body;    /* what the loop computes, operands first; inner loops are RESULTs in it */
  NodeList outside; /* what it and loops in it read from outside of all */
} Recurrence;

struct Order {
  Node *root;
  NodeList list; /* without what is inside of loops */
  VEC(Recurrence) recurrences;
};

const Order *order_of(Evaluation *e, Node *root);
const NodeList *order_operands(Evaluation *e, const Node *n);
const Recurrence *order_recurrence(const Order *o, const Node *result); /* the loop that computes a RESULT */

#endif
