/* loop.h: one indexed statement made ready to run: between evaluate/map.c and evaluate/sum.c. */
#ifndef NNC_EVALUATE_LOOP_H
#define NNC_EVALUATE_LOOP_H

#include "evaluate/evaluate.h"

#define MOST_FORMS 64

typedef struct Place Place;

typedef struct Form { /* (offset + sum of coef[axis] * axis + gathers) / divisor */
  int64_t offset, divisor;
  int64_t coef[MAX_AXES];
  int ngathers;
  int64_t *gather_coef;
  Place **gathers;
  bool line; /* divisor 1 and no gather: affine along every axis */
} Form;

struct Place { /* a read: an array and the form of each of its indices */
  const Node *node;
  const double *values;
  int64_t extent[MAX_AXES], count;
  Form *index;
  bool straight; /* all indices are lines: `flat` is the position */
  Form flat;
};

struct Loop {
  const Node *node;
  int naxes, nown, order[MAX_AXES]; /* order: outermost axis first */
  int64_t extent[MAX_AXES], whole[MAX_AXES], own, reduced;
  Form out;
  int nreads, nguards;
  Place **reads;
  Form *guards;
  Form value;
  bool strict; /* comparisons of NaN are NaN */
  bool
    straight; /* all reads and guards are lines: then forms are the guards, the reads' positions, and the place in y */
  const Form **forms;
  int nforms;
};

/* Numerator of the form at a point of all axes; gathers are read. */
int64_t form_numerator(const Form *f, int naxes, const int64_t *at);
/* Is the form whole and within 0..n-1? Its value goes to *whole. */
bool form_within(const Form *f, int naxes, const int64_t *at, int64_t n, int64_t *whole);
double place_at(const Place *p, int naxes, const int64_t *at);
bool loop_guards_hold(const Loop *l, const int64_t *at);
/* The next point of the axes order[from..to-1], the last one fastest; false after the last. */
bool loop_advance(const Loop *l, int64_t *at, int from, int to);
void loop_advance_own(const Loop *l, int64_t *at);

typedef struct Line { /* a read along the innermost axis */
  const double *at;
  int64_t step;
} Line;
/* Lines one after the other, of a straight loop: `at` moves on over all axes but the innermost, and the value of each
 * form at its start with it. The reads along lo..hi-1 are checked against their arrays. */
void line_first(const Loop *l, int64_t *start);
bool line_next(const Loop *l, int64_t *at, int64_t *start);
void line_open(const Loop *l, const int64_t *start, int inner, int64_t lo, int64_t hi, Line *lines);

/* evaluate/sum.c: a sum of products; and may its lines run along this axis? */
void loop_sum(const Loop *l, double *y);
bool loop_is_line(const Loop *l, int axis);

#endif
