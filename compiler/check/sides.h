/* sides.h: both sides of a check. */
#ifndef NNC_CHECK_SIDES_H
#define NNC_CHECK_SIDES_H

#include "check/point.h"

typedef struct Ties Ties; /* of check/tie.c */

/* check/sides.c: both sides of a check as whole arrays */
typedef enum { POINT_UNDEFINED, POINT_AGREES, POINT_NOISY, POINT_TIED, POINT_REFUTES } PointVerdict;
typedef struct Point { /* both sides at one point */
  const double *a, *b;
  double scale, difference; /* largest absolute value; largest difference relative to it */
  int64_t first, differing; /* of a refuting one: the first element that differs, how many do ... */
  double left, right;       /* ... and the values there */
  bool moot;                /* a comparison is undecided, and does not matter */
} Point;

typedef struct Sides {
  Program *p;
  const Check *check;
  Evaluation *e;
  Node *a, *b;
  NodeList needed;
  int64_t count;
  double cost;   /* of one evaluation, in terms to be summed */
  Manner manner; /* that last gave finite values */
  Wishes *wishes;
  Ties *ties;
  int asked;         /* so many times whether a point is decided */
  int examples;      /* one, or some where a value looks across the batch */
  int drawn, halves; /* points drawn in the first manner; those of them at which one side divides by 0 and the other
                        does not ... */
  Point half;        /* ... and the last of these */
  bool branchless;   /* at `half` one side divides by a condition that does not hold, and the other has a value */
  bool partial;      /* elements are compared where they are finite; `seen`: those that were, somewhere */
  unsigned char *seen;
  unsigned char *apart; /* of elements never seen: 1: one side was infinite each time, the other not so; 2: one had no
                           value at all */
  bool rough;           /* what is large is a difference, without a look at what rounding does */
  bool infinite;        /* refuted by such an element */
  bool lacking;         /* refuted by answer_lacks_value */
  double *mean, *square;
  double *places[MAX_AXES]; /* of a check that is too large: the elements are these places of each of its indices */
} Sides;

/* An element at which one side is infinite at each point and the other is not, or is so with another sign: into pt. */
bool sides_stay_apart(Sides *s, Point *pt);
Sides sides_make(Program *p, const Check *c, Read *a, Read *b);
/* Draws point k, another one where the sides are not finite, and judges them. */
PointVerdict sides_at(Sides *s, int k, Point *pt);
/* Judges them where the leaves are now. */
PointVerdict sides_judge(Sides *s, Point *pt);
#define TIE_ERRORS 1024 /* in units of those of rounding: what is closer to a tie than 1e-12 is undecided */
/* Is there a choice of which it is not followed whether rounding makes it: in a loop, or of the largest of many? */
bool sides_choose_unseen(const Sides *s);
/* Does the difference at a point that was searched for stay where rounding takes other choices than those that are
 * followed? */
bool sides_differ_beyond_ties(Sides *s, const Point *pt);
/* Of a judged point that is POINT_UNDEFINED: does one side have no value because it divides by a condition? Then that
 * is in pt. */
bool sides_divide_by_condition(Sides *s, Point *pt);

/* Of a partial comparison: how many elements had no value at any point. */
int64_t sides_unseen(const Sides *s);

/* check/tie.c: is the verdict at this point the same whatever way the comparisons go that are ties but for rounding?
 * The arrays of the point are gone afterwards. */
bool ties_find(Sides *s); /* are there any comparisons? */
bool sides_decided(Sides *s, PointVerdict verdict, Point *pt);
/* The leaf's element is next to where a comparison changes, closer than rounding: do the sides differ just there, where
 * it is a tie? */
bool sides_differ_at_tie(Sides *s, Node *leaf, int64_t element, Point *pt);

/* check/answer.c: in a check that asks for names: has the side with these no value at a plain point where the other has
 * one? Then it is in pt. */
bool answer_lacks_value(Sides *s, Point *pt);

/* check/sample.c: replaces sides of millions of elements by some thousands of these, along a variable; false where they
 * are not that large. */
bool sides_sample(Sides *s, Read **a, Read **b, int *sample_var);

/* check/branch.c: judges the sides on both sides of the comparisons that they make, for as long as `work` lasts. True
 * where that refutes; then `edge` is the comparison (or NULL). */
bool sides_branches(Sides *s, double work, Point *pt, const Node **edge);

#endif
