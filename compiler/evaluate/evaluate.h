/* evaluate.h: a second, slow way to run a graph: every node as it stands, in double precision.
 *
 * In: a graph, a number of examples, the values of its leaves. Out: the values of any node, row by row. Nothing is
 * planned or fused, so that it can judge what is. Kept: the values of every node until an operand changes.
 *
 * Its files, each of which calls those before it only:
 *     exact.c   which values are not rounded
 *     values.c  where values are kept
 *     order.c   what a node needs
 *     loop.c    one statement made ready to run
 *     sum.c     sums of products
 *     map.c     any statement
 *     shake.c   errors that make rounding visible
 *     walk.c    all nodes that a root needs */
#ifndef NNC_EVALUATE_H
#define NNC_EVALUATE_H

#include "graph/graph.h"

typedef struct Evaluation Evaluation;

/* For `examples` examples; a FLAT axis (of optimizers) has `flat` elements. */
Evaluation *evaluation_new(Graph *g, int64_t examples, int64_t flat);

/* Sets all values of a leaf (row by row, the batch axis first), or one of them. BATCH has its value already. */
void evaluation_set(Evaluation *e, Node *leaf, const double *values);
double *evaluation_writable(Evaluation *e, Node *leaf); /* its values, to be written before the next call */
void evaluation_set_one(Evaluation *e, Node *leaf, int64_t at, double value);

/* The node's values, row by row; they stand until a leaf is set and the node is evaluated again. Every leaf that it
 * needs must have been set, and it holds no NODE_GRAD. An index out of its array is a bug of nnc. */
const double *evaluate(Evaluation *e, Node *node);
/* The same of one of many nodes that share most of what they need, where no leaf changes any more: only what never had
 * a value is computed. Takes its cost from *work; NULL where that does not suffice, or a leaf has no value. */
const double *evaluate_more(Evaluation *e, Node *node, double *work);
int64_t evaluation_count(const Evaluation *e, const Node *node);
/* While true, a `stop` that has a value keeps it: what a difference quotient must do for what has no derivative. */
void evaluation_hold_stops(Evaluation *e, bool hold);
/* What it takes to evaluate node once, in terms to be summed (some 0.5 ns each). */
double evaluation_cost(Evaluation *e, Node *node);
/* Rounding made visible: from now on every real leaf among `nodes`, and every value computed that is not exact, is off
 * by some 1e-15 of itself times size, equal values by the same; another seed, other errors. Seed 0: as it was. What
 * moves much under this says nothing. `nodes` are all that is evaluated. What follows from numbers of few digits
 * without rounding stays. */
typedef struct Shake {
  uint64_t seed; /* 0: none */
  double size;
  bool apart; /* errors of equal values differ too: 1e20 + x and 1e20 + y are equal numbers, but no equal values */
} Shake;
void evaluation_shake(Evaluation *e, Node *const *nodes, int nnodes, Shake shake);
/* While true, a comparison (or a `where`) of what has no value has none either; `nodes` are all that is evaluated. What
 * runs has 0 there. */
void evaluation_strict(Evaluation *e, Node *const *nodes, int nnodes, bool strict);
/* The number of nodes of kind INPUT, PARAM, ... that a node needs and that have no value yet; 0 means that it can be
 * evaluated. */
int evaluation_missing(Evaluation *e, Node *node);

#endif
