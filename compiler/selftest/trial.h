/* trial.h: one point at which everything is evaluated; private to selftest/. */
#ifndef NNC_SELFTEST_TRIAL_H
#define NNC_SELFTEST_TRIAL_H

#include "evaluate/evaluate.h"
#include "selftest/selftest.h"

/* What arrays are called in the hash. */
enum { ARRAY_PARAM = 0, ARRAY_STATE = 1 << 16, ARRAY_INPUT = 2 << 16, ARRAY_OUTPUT = 3 << 16, MANNERS = 4 };

typedef struct Values { /* by parameter, by state */
  double **params, **states;
} Values;

typedef struct Training Training; /* selftest/train.c */

typedef struct Trial {
  Program *p;
  Context *cx;
  const int64_t *offsets;
  Selftest *test;
  Evaluation *e;
  int examples, points; /* further points, for metrics and whole outputs */
  NodeList nodes;       /* of all routines */
  uint64_t shake;       /* seed of the errors; 0: none */
  Values start;         /* at the point at hand */
  int point;            /* its number */
  bool train;           /* steps are made */
  Training *training;
} Trial;

/* ---- selftest/point.c ---- */

double selftest_unit(uint32_t seed, uint32_t array, uint32_t k); /* in -1..1 */
double selftest_sign(uint32_t seed, uint32_t array, uint32_t k);
int64_t selftest_element(uint32_t seed, uint32_t array, int j, int64_t count);
void selftest_spread(Trial *t, int manner);
void selftest_point(Trial *t, int point);
/* Gives leaves these values, and draws and the step those of turn `turn` of step `step`. */
void selftest_place(Trial *t, const Values *v, int turn, int step);
Shake selftest_shake(const Trial *t);

/* ---- selftest/noise.c ---- */

/* Elements first ... of the k-th draw of the model in a step, as the runtime draws them (runtime/kernels/random.c). */
void selftest_noise(double *out, bool normal, uint64_t first, int64_t count, uint64_t seed, uint64_t stream);
uint64_t selftest_stream(const Node *draw, int turn, int step);

/* ---- selftest/train.c ---- */

/* The steps. losses: by step, NaN where none acted. Out: parameters and states after them, until the next call. */
const Values *selftest_train(Trial *t, double *losses);
/* The routine of this kind that is of this loss, or the `which`-th. */
int selftest_routine(const Program *p, RoutineKind kind, int which);

/* ---- selftest/measure.c ---- */

void selftest_list(Trial *t);                 /* the rows of test->expected, but for their values */
void selftest_measure(Trial *t, double *out); /* their values */
/* Rows for an array of known values: some elements, and all together, each within this tolerance. */
void selftest_add(Trial *t, ExpectedKind kind, int which, int item, uint32_t array, int64_t count, const double *values,
                  double tolerance);
const Root *selftest_root(const Program *p, const Expected *x);

/* ---- selftest/start.c: rows, with their values ---- */

void selftest_add_start(Trial *t);

#endif
