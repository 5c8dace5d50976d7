/* walk.h: one element of a value as a number modulo primes: what the files of prove_by_elements share.
 *
 *     place.c        indices, guards, classes         element.c   one element of a node
 *     carried.c      recurrences                      cases.c     both sides, in all cases
 *
 * The first three call each other: what is gathered at a place is an element, and so is what a step carries.
 *
 * A class, an integer of the model that takes few values, is either chosen, so that a formula is computed once for each
 * of its values, or it is symbolic: then [y = k] is a value of its own for each k, they add up to 1, and
 *
 *     y = Σ_k k*[y = k]        E[y] = Σ_k [y = k]*E[k]        [y < 2] = [y = 0] + [y = 1]
 *
 * so that a sentence of twenty words costs no more than one of two. What is equal whatever numbers these are is equal
 * for those that they can be. */
#ifndef NNC_PROVE_WALK_H
#define NNC_PROVE_WALK_H

#include "prove/attempt.h"
#include "prove/field.h"

enum { MOST_CLASSES = 16 };

typedef struct Memo { /* the elements of one node that are known in this run */
  FieldValue **values;
  int *run;
} Memo;

typedef struct Class { /* a symbolic one */
  FieldValue *value;
  int64_t lo, hi;
  FieldValue *is[MOST_CLASSES]; /* [value = lo + k] */
} Class;

typedef struct Bound { /* classes that are taken to have a value, while one index or guard is evaluated */
  const struct Bound *up;
  const Class *class;
  int64_t value;
} Bound;

typedef struct Walk {
  Graph *g;
  Field *f;
  Memo *memo;
  const Carry **bound;                   /* of a PREV: what the step before left it, by the RESULT that was read */
  const unsigned char *opaque, *defined; /* of the first `nnodes` */
  size_t nnodes;
  int run, depth;
  int absorbed; /* what is computed now may be infinite, or have no value, and a number come of it */
  bool finding; /* a first pass, for the divisors */
  bool zeroed;  /* leaves that were chosen to be 0 are 0, as numbers */
  bool symbolic;
  bool selects;          /* there is an a * b that is 0 where a is, though b may have no value */
  int fixed;             /* choices that hold for all elements */
  bool unrolled;         /* a step was asked for the one before it */
  bool clean;            /* nothing that was computed in this run depends on others */
  unsigned char *counts; /* nodes that say how long an array is: always chosen */
  VEC(Class *) classes;
  VEC(FieldValue *) divisors; /* what the sides divide by: where one is 0 a side has no value */
} Walk;

/* prove/place.c */
FieldValue *walk_fail(Walk *w);
int64_t walk_extent(Axis a); /* there is one example */
int64_t walk_count(const Node *n);
int64_t walk_flat(const Node *n, const int64_t *at);
/* The next point of axes from..to-1; false after the last. */
bool walk_advance(const Axis *axes, int64_t *at, int from, int to);
/* The value of an integer leaf, which is chosen or symbolic. */
FieldValue *walk_class(Walk *w, const Node *n, FieldValue *leaf);
/* A comparison of classes and numbers, as a sum of those that hold; NULL: it is none. */
FieldValue *walk_compare(Walk *w, Op op, FieldValue *a, FieldValue *b);
/* False where it is not whole or not known; fails where it depends on something that is no number. */
bool walk_index(Walk *w, const Index *e, const int64_t *at, int64_t *value);
FieldValue *walk_index_value(Walk *w, const Index *e, const int64_t *at);
FieldValue *walk_guards(Walk *w, const Node *n, const int64_t *at); /* 1 where they hold, 0 where not */
FieldValue *walk_read(Walk *w, const Read *r, const int64_t *at);

/* prove/element.c */
FieldValue *walk_element(Walk *w, Node *n, int64_t flat);

/* prove/carried.c */
bool walk_bind(Walk *w, const Node *result);
FieldValue *walk_carried(Walk *w, const Node *prev, int64_t *at);

#endif
