/* loop.h: one indexed statement made ready to run. */
#ifndef NNC_EVALUATE_LOOP_H
#define NNC_EVALUATE_LOOP_H

#include "evaluate/values.h"

#define MOST_FORMS 64

typedef struct ReadPlace ReadPlace;

typedef struct Form { /* (offset + sum of coef[axis] * axis + gathers) / divisor */
  int64_t offset, divisor;
  int64_t coef[MAX_AXES];
  int ngathers;
  int64_t *gather_coef;
  ReadPlace **gathers;
  bool line; /* divisor 1 and no gather: affine along every axis */
} Form;

struct ReadPlace { /* a read: an array and the form of each of its indices */
  const Node *node;
  const double *values;
  int64_t extent[MAX_AXES], count;
  Form *index;
  bool straight; /* all indices are lines: `flat` is the position */
  Form flat;
};

struct MapLoop {
  const Node *node;
  int naxes, nown, order[MAX_AXES]; /* order: outermost axis first */
  int64_t extent[MAX_AXES], whole[MAX_AXES], own, reduced;
  Form out;
  int nreads, nguards;
  ReadPlace **reads;
  Form *guards;
  Form value;
  bool strict; /* comparisons of NaN are NaN */
  bool
    straight; /* all reads and guards are lines: then forms are the guards, the reads' positions, and the place in y */
  const Form **forms;
  int nforms;
};

MapLoop *loop_prepare(Evaluation *e, const Node *n);
/* Holds an own axis at one place, or lets it run over all again. */
void loop_hold(MapLoop *l, int axis, int64_t at, bool on);

/* Numerator of the form at a point of all axes; gathers are read. */
int64_t form_numerator(const Form *f, int naxes, const int64_t *at);
/* Is the form whole and within 0..n-1? Its value goes to *whole. */
bool form_within(const Form *f, int naxes, const int64_t *at, int64_t n, int64_t *whole);
double place_at(const ReadPlace *p, int naxes, const int64_t *at);
bool loop_guards_hold(const MapLoop *l, const int64_t *at);
/* The next point of the axes order[from..to-1], the last one fastest; false after the last. */
bool loop_advance(const MapLoop *l, int64_t *at, int from, int to);
void loop_advance_own(const MapLoop *l, int64_t *at);

typedef struct Line { /* a read along the innermost axis */
  const double *values;
  int64_t step;
} Line;
/* Lines one after the other, of a straight loop: `at` moves on over all axes but the innermost, and the value of each
 * form at its start with it. The reads along lo..hi-1 are checked against their arrays. */
void line_first(const MapLoop *l, int64_t *start);
bool line_next(const MapLoop *l, int64_t *at, int64_t *start);
void line_begin(const MapLoop *l, const int64_t *start, int inner, int64_t lo, int64_t hi, Line *lines);

/* Is all affine along this axis? */
bool loop_is_line(const MapLoop *l, int axis);

/* evaluate/sum.c: a sum of products, into y */
void loop_sum(const MapLoop *l, double *y);

/* evaluate/map.c: any statement; and a mark on each value that it rounds */
void loop_run(MapLoop *l, double *y, bool strict);
void loop_rounds(const MapLoop *l, unsigned char *rounded);

#endif
