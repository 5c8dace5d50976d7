/* evaluate.h: a second, slow way to run a graph: every node as it stands, in double precision, for a given number of
 * examples. Nothing is planned, fused or reordered, so that it can judge what is.
 *
 * Values are remembered for each node; setting a leaf makes only what depends on it be computed again. */
#ifndef NNC_EVALUATE_H
#define NNC_EVALUATE_H

#include "graph/graph.h"

typedef struct Evaluation Evaluation;

/* For `examples` examples; a FLAT axis (of optimizers) has `flat` elements. */
Evaluation *evaluation_new(Graph *g, int64_t examples, int64_t flat);

/* Sets all values of a leaf (row by row, the batch axis first), or one of them. BATCH has its value already. */
void evaluation_set(Evaluation *e, Node *leaf, const double *values);
double *evaluation_open(Evaluation *e, Node *leaf); /* its values, to be written before the next call */
void evaluation_set_one(Evaluation *e, Node *leaf, int64_t at, double value);

/* The node's values, row by row; they stand until a leaf is set and the node is evaluated again. Every leaf that it
 * needs must have been set, and it holds no NODE_GRAD. An index out of its array is a bug of nnc. */
const double *evaluate(Evaluation *e, Node *node);
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
} Shake;
void evaluation_shake(Evaluation *e, Node *const *nodes, int nnodes, Shake shake);
/* While true, a comparison (or a `where`) of what has no value has none either; `nodes` are all that is evaluated. What
 * runs has 0 there. */
void evaluation_strict(Evaluation *e, Node *const *nodes, int nnodes, bool strict);
/* The number of nodes of kind INPUT, PARAM, ... that a node needs and that have no value yet; 0 means that it can be
 * evaluated. */
int evaluation_missing(Evaluation *e, Node *node);

/* ---- below: between the files of evaluate ---- */

/* evaluate/shake.c: values that were computed without rounding are whole multiples of 2^-bits, none larger than `most`;
 * -1: not known to be any. */
typedef struct Exact {
  int bits;
  double most;
} Exact;
Exact exact_values(const double *x, int64_t count); /* of a leaf */
Exact exact_map(const Node *n, const Exact *reads, int64_t terms, const double *y, int64_t count);
/* The values marked in `rounded`, or all where that is NULL. */
void shake_values(const Node *n, double *y, int64_t count, Shake shake, bool varies, const unsigned char *rounded);

/* evaluate/map.c */

typedef struct Loop Loop; /* a MAP (or NAME) node made ready to run */
int64_t evaluation_extent(const Evaluation *e, Axis axis);
double *evaluation_values(const Evaluation *e, const Node *node); /* of an operand, computed before */
Context *evaluation_context(const Evaluation *e);
Loop *loop_prepare(const Evaluation *e, const Node *n);
void loop_run(Loop *loop, double *y, bool strict);
/* Marks the values that loop_run computes now (row by row) with an error. */
void loop_rounds(const Loop *loop, unsigned char *rounded);
/* Holds an own axis at one place, or lets it run over all again. */
void loop_hold(Loop *loop, int axis, int64_t at, bool on);

#endif
