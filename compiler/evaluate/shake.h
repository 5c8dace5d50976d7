/* shake.h: the errors that make rounding visible. */
#ifndef NNC_EVALUATE_SHAKE_H
#define NNC_EVALUATE_SHAKE_H

#include "evaluate/values.h"

/* Of n, which is computed now: it follows from more than constants where one of its operands does. */
void shake_begin(Evaluation *e, const Node *n, const NodeList *operands);
/* The errors of one indexed statement, which `loop` has computed at the times at hand. */
void shake_map(Evaluation *e, const Node *n, const MapLoop *loop);
/* A view of n's operand has its digits. */
void shake_view(Evaluation *e, const Node *n);

#endif
