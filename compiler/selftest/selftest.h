/* selftest.h: what a generated trainer must compute, so that it can test itself on the machine where it runs.
 *
 * In: a program as it will be emitted. Out: a point that both sides draw alike, probes of every gradient, and what
 * nnc's evaluator, in double precision, finds there: losses, outputs, metrics, and parameters after some steps of
 * training. A tolerance stands beside each number: eight times as far as it moves where every value on the way is off
 * by the rounding of floats (evaluate/shake.c), so it follows from the model and is no guess. Kept: the program.
 *
 * Its files, each of which calls those before it only:
 *     noise.c    what the model draws
 *     point.c    the point: a hash of a seed, an array and a place
 *     train.c    steps of training, by the evaluator
 *     measure.c  all numbers, at the point
 *     start.c    what parameters start from, and products with the Hessian
 *     choose.c   points until one is in general position */
#ifndef NNC_SELFTEST_H
#define NNC_SELFTEST_H

#include "graph/graph.h"

typedef struct Spread { /* element k of an array is middle + spread * u(k), rounded to a float; u is in -1..1 */
  double middle, spread;
} Spread;

typedef enum {
  EXPECT_LOSS,     /* which: the loss */
  EXPECT_TRAINING, /* as its gradient returns it */
  EXPECT_NEXT,     /* a state as the gradient leaves it */
  EXPECT_GRADIENT, /* of loss `which` by parameter `item` */
  EXPECT_OUTPUT,   /* which: counted among outputs */
  EXPECT_METRIC,
  EXPECT_STEP,  /* the loss that step `which` returns */
  EXPECT_PARAM, /* after the last step */
  EXPECT_STATE,
  EXPECT_START,  /* as init leaves it: a parameter (which = 0), a state (1) */
  EXPECT_PRODUCT /* of a full-batch method: the Hessian times the signs of the point, the part of a parameter */
} ExpectedKind;

typedef struct Expected {
  ExpectedKind kind;
  int which, item;
  int point;       /* 0; of what is whole or chosen, which shows little of what it follows from, further ones */
  int64_t element; /* -1: the sum of all elements, each with its sign of the point */
  double value, tolerance;
  int routine; /* that computes it; -1: steps */
  bool lost;   /* nothing can be said of it */
  bool probed; /* of a gradient: a quotient is compared, not the value */
} Expected;

typedef struct Slope { /* the gradient of a loss by a parameter, held against difference quotients */
  int loss, param;
  int probes; /* elements; as many as there are: all. 0: the gradient is 0, every element; -1: stored values only */
  double step, tolerance;
  double along; /* tolerance of the derivative along all elements, each moved by its sign; negative: not probed */
} Slope;

typedef struct Selftest {
  int examples, steps;
  uint32_t seed;
  Spread *params, *states, *inputs;
  VEC(Slope) slopes;
  VEC(Expected) expected;
  VEC(const char *) notes; /* what is left out, and why */
} Selftest;

/* `offsets`: of parameters, in floats, as the model's struct has them: optimizers that draw count by these. */
Selftest *selftest_make(Program *p, const int64_t *offsets);

#endif
