/* nest.h: loop nests, for the files that print loops (emit/nest.c); private to emit/. */
#ifndef NNC_EMIT_NEST_H
#define NNC_EMIT_NEST_H

#include "emit/step.h"

typedef struct Loop {
  int var;
  bool own;
  int64_t count; /* of a PLAIN axis, or of what is merged into the batch */
  AxisKind kind;
} Loop;

typedef struct Nest {
  Body *b;
  const Node *n;
  Read **reads; /* of n; an equality that fixes an axis is put into them, the guards and the place */
  Guard *guards;
  int nguards;
  bool *guard_done; /* it is a bound or a condition already */
  Index **place;    /* of the result, by own axis */
  bool solved[MAX_AXES];
  bool deep;             /* so long a sum that it grows in a double */
  bool in_strips;        /* the innermost loop runs from `start` to `end` */
  VEC(Loop) loops;       /* outermost first */
  VEC(Index *) accesses; /* flat indices of all arrays read, for strides */
} Nest;

Nest nest_new(Body *b, const Node *n);
/* All axes that are not fixed, own batch axes first. */
void nest_add_loops(Nest *nest);
void nest_add_accesses(Nest *nest);
/* Merges neighbours in nests[0].loops that are one run of memory in all nests. */
void nest_merge(Nest *nests, int count);
/* Equalities with an own axis of coefficient 1 or -1; true where there was one. */
bool nest_solve_guards(Nest *nest);
/* Moves the loop with most unit strides innermost; with scalar_only a reduced one. */
void nest_order(Nest *nest, bool scalar_only);
int nest_stride_penalty(const Nest *nest, int var);
/* The innermost loop that e depends on, or -1. */
int nest_deepest(const Nest *nest, const Index *e);

/* "n", "n * 64"; the elements of n. */
const char *nest_extent(Body *b, Extent e);
const char *nest_elements(Body *b, const Node *n);
Loop nest_loop(const Node *n, int var);
const char *nest_loop_end(Body *b, const Loop *l);
void nest_begin_loop(Body *b, const Loop *l);
/* Loop k, bounded by the guards that end there; what is no bound becomes an `if` inside. */
void nest_begin_bounded(Nest *nest, int k);
/* Conditions on the first `opened` loops alone. */
void nest_begin_outer_guards(Nest *nest, int opened);
void nest_end(Body *b, int indent);
/* Where the result goes, as one index, and as C. */
Index *nest_place(const Nest *nest);
const char *nest_target(Body *b, const Nest *nest);
/* Sets the whole result to `start`. */
void nest_fill(Body *b, const Nest *nest, const char *start);

#endif
