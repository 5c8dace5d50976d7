/* nn_trace.h: what C that `nnc --trace-nan` generated needs beside nn.h: where did the first value come from that is
 * not finite? SPDX-License-Identifier: 0BSD
 *
 * Such C stores every value, and keeps it until the function ends. Where a result is then NaN or infinite, it looks
 * back: from the element that is, to those of the elements that it was made of that are, and so on. Where all that an
 * element was made of is finite, NaN or infinity was born; of several such places it is the one that was computed
 * first. What does not reach a result is no fault: the branch of a `where` that was not taken, exp(-inf).
 *
 *     for (int k; (k = nn_trace_next(t, &q)) >= 0;) switch (k) {
 *       case 4: nn_trace_at(t, v[q]); nn_trace_read(t, 0, 3, q, x[q]); nn_trace_term(t, 1, 0); break; // v = log(x)
 *
 * An element has a number: that of the first element of its array, plus its place. nn_trace_next comes by each element
 * twice: it counts what is not finite, then it follows; at last once more by the place that is found, to note what went
 * in. nn_trace_message (nn_tools.h) says all of it in words. C99 and C++11; nothing allocates or prints. */
#ifndef NN_TRACE_H
#define NN_TRACE_H

#include "nn.h"

#ifdef __cplusplus
extern "C" {
#endif

/* clang-format off */

typedef struct nn_trace_source { /* a place of the model's text */
  const char *path;
  int line, column, width;
  const char *text;       /* that line */
} nn_trace_source;

typedef enum nn_trace_kind {
  NN_TRACE_VALUE, NN_TRACE_INPUT, NN_TRACE_PARAM, NN_TRACE_STATE, NN_TRACE_CONSTANT
} nn_trace_kind;
/* Which of its operands a value depends on: all, or as a choice among them says. */
typedef enum nn_trace_rule { NN_TRACE_ALL, NN_TRACE_WHERE, NN_TRACE_SELECT, NN_TRACE_KEEP } nn_trace_rule;
typedef enum nn_trace_axis_kind { NN_TRACE_PLAIN, NN_TRACE_EXAMPLE, NN_TRACE_TIME } nn_trace_axis_kind;

typedef struct nn_trace_axis {
  nn_trace_axis_kind kind;
  int32_t stride, extent; /* in the array; extent 0: as many as there are examples */
} nn_trace_axis;

typedef struct nn_trace_loop { /* a recurrence that computes the value */
  int begin;              /* the step of the function at which it begins */
  int axis;               /* of the array: its time */
  int backwards;
} nn_trace_loop;

typedef struct nn_trace_site { /* an array of a function */
  const char *name, *formula;  /* "z", "z[b,i] = exp(%4[b,i])" */
  const char *operation;  /* "exp", "/", "sum", or "" */
  nn_trace_kind kind;
  nn_trace_rule rule;
  nn_trace_source source;
  int item;               /* of an input, a parameter, a state: which */
  int32_t first, count;   /* the number of its first element; how many it has */
  int axes, naxes;        /* rows of the table of axes, in the order of the formula */
  int loops, nloops;      /* of the table of loops, outermost first */
  int step;               /* of the function, which computes it */
} nn_trace_site;

typedef struct nn_trace_watched { /* what a summary of ranges shows */
  const char *name;
  int kind;               /* 0: a value of the model, 1: an adjoint, 2: the gradient of a parameter */
  int site;               /* its array; -1 where kind is 2: item says which parameter */
  int item, axis;         /* axis: its time, of the site's axes, or -1 */
  int times, first;       /* how many, and where they begin among all times of the table */
} nn_trace_watched;

typedef struct nn_trace_table { /* of a function */
  const char *function;   /* "the training loss L" */
  const nn_trace_site *sites; int nsites;
  const nn_trace_axis *axes;
  const nn_trace_loop *loops;
  const nn_trace_watched *watched; int nwatched;
  int times;
} nn_trace_table;

typedef struct nn_trace_range { /* of a watched value, since it was last cleared */
  float least, most;      /* of what is finite */
  double sum, squares;    /* of magnitudes; of squares, the mean over examples */
  int64_t finite, others;
} nn_trace_range;

typedef struct nn_trace_summary { /* of the calls of a function */
  const nn_trace_table *table;
  nn_trace_range *ranges; /* by watched row */
  double *times;          /* sums of squares, the mean over examples */
  int calls;
} nn_trace_summary;

enum { NN_TRACE_OPERANDS = 8, NN_TRACE_PATH = 12 };
typedef enum nn_trace_found { NN_TRACE_NOTHING, NN_TRACE_IN_FUNCTION, NN_TRACE_IN_UPDATE } nn_trace_found;

typedef struct nn_trace_operand {
  int site;               /* -1: a number of the formula */
  int32_t place;
  double value;
} nn_trace_operand;

typedef struct nn_trace { /* part of a work area */
  nn_trace_found found;
  const nn_trace_table *table;
  nn_trace_operand at;    /* the element where it was born, and its value */
  nn_trace_operand operands[NN_TRACE_OPERANDS]; /* what went in; of a sum, that of its largest term */
  int noperands;
  int64_t terms;          /* of a sum */
  nn_trace_operand path[NN_TRACE_PATH]; /* from there to the result */
  int npath;
  /* of an update */
  nn_trace_source by;     /* the `minimize` */
  int slot;               /* the optimizer's state: 1; a parameter: 0 */
  int64_t element;        /* of all floats of the parameters, or of the states of optimizers */
  double before, gradient, after;
  nn_trace_summary *summaries; /* what is to be filled, or NULL */
  int nsummaries;
  /* the search */
  int32_t *from, *queue;  /* by element: 0, 1 for a result's, or 2 + the one that it went into; elements to look at */
  int32_t elements, head, tail;
  int pass, kinds, rule;  /* kinds: of what went in: 1 NaN, 2 infinite, 4 an infinite number of the formula */
  int32_t pushed, births[3], best;
  nn_trace_operand term[NN_TRACE_OPERANDS]; /* at hand */
  double largest;
} nn_trace;

/* clang-format on */

/* At the start of a function: `from` and `queue` have room for all of its elements. */
void nn_trace_begin(nn_trace *t, const nn_trace_table *table, int32_t *from, int32_t *queue);
/* A result: its elements that are not finite (`nan_only`: that are NaN) are looked at. */
void nn_trace_root(nn_trace *t, int site, ptrdiff_t count, const float *values, int nan_only);
/* The next array to look at, and the place in it; -1 at the end. */
int nn_trace_next(nn_trace *t, int32_t *place);
void nn_trace_at(nn_trace *t, double value);
void nn_trace_read(nn_trace *t, int operand, int site, ptrdiff_t place, double value);
void nn_trace_term(nn_trace *t, int operands);
/* Of a matrix product some of whose terms are left out: it multiplies by 0 there, and 0 times infinity is NaN. */
void nn_trace_array(nn_trace *t, int site, ptrdiff_t count, const float *values);

/* After an update: parameters, or states of optimizers, that are not finite; `before`, `gradient`: NULL for the latter.
 */
void nn_trace_update(nn_trace *t, const nn_trace_source *by, int slot, size_t count, const float *before,
                     const float *gradient, const float *after);
/* The summary that is wanted of this function, or NULL; adds the elements of its watched row k, which are of so many
 * examples. An adjoint counts as that of an example's own loss, of which the mean is n times as flat. */
nn_trace_summary *nn_trace_watching(nn_trace *t);
void nn_trace_watch(nn_trace_summary *s, int k, ptrdiff_t count, const float *values, int examples);
/* The array that an element belongs to. */
int nn_trace_site_of(const nn_trace_table *table, int32_t element);

#ifdef __cplusplus
}
#endif
#endif
