/* point.h: random points. */
#ifndef NNC_CHECK_POINT_H
#define NNC_CHECK_POINT_H

#include "evaluate/evaluate.h"
#include "graph/graph.h"

/* Draws that follow from (seed, stream, k) alone. */
double point_uniform(uint64_t seed, uint64_t stream, uint64_t k); /* in (0, 1) */
double point_normal(uint64_t seed, uint64_t stream, uint64_t k);

/* How to draw a point: a model may take the logarithm of an input or of a parameter, and may act on large ones only. */
enum { MANNER_COUNT = 4 };
typedef enum {
  POINT_PLAIN,
  POINT_SMALL, /* small whole numbers, many of them 0 or equal, in most leaves: ties, margins, corners */
  POINT_SPREAD /* each leaf at its own scale, from a hundredth to some hundred */
} PointKind;
typedef struct Manner {
  int kind; /* below MANNER_COUNT */
  PointKind point;
  double scale;          /* of inputs */
  const double *numbers; /* whole ones that stand in the model */
  int nnumbers;
  bool apart; /* whole numbers each for itself: for one point that stands for all */
} Manner;
/* Gives every parameter, input and state among `nodes` a random value; integers stay within their range. */
void point_draw(const Program *p, Evaluation *e, Node *const *nodes, int nnodes, uint64_t seed, const Manner *m);
bool point_all_finite(const double *x, int64_t count);

/* check/wish.c: whole numbers that the nodes compare integer inputs with; some of them given to these inputs */
typedef struct Wishes Wishes;
Wishes *wishes_find(const Program *p, NodeList nodes);
void wishes_grant(const Program *p, const Wishes *w, Evaluation *e, uint64_t seed);

#endif
