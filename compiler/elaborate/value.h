/* value.h: what an expression is worth while the text is read, and reports of what is wrong with it.
 *
 * A tensor value is an open read and the variables of its own axes: `\(i, j) W[i, j]`. What else is free in the read
 * (the batch, indices in scope, lifted axes) is the context that the value is used in. Numbers, lists, functions and
 * distributions exist at compile time only. */
#ifndef NNC_ELABORATE_VALUE_H
#define NNC_ELABORATE_VALUE_H

#include "build/build.h"
#include "graph/graph.h"

typedef struct Value Value;
typedef struct Scope Scope;
typedef struct Elaborator Elaborator;
typedef struct Builtin Builtin;
typedef struct ScanScope ScanScope;

typedef enum {
  VALUE_POISON,
  VALUE_NUMBER,
  VALUE_TENSOR,
  VALUE_LIST,
  VALUE_FUNCTION,
  VALUE_DISTRIBUTION,
  VALUE_TUPLE,
  VALUE_SEQUENCE /* inside of the scan that computes it */
} ValueKind;

struct Value {
  ValueKind kind;
  Span span;        /* where it was made or declared, for notes */
  const char *name; /* the user's name for it, or NULL */
  double number;
  Read *read; /* TENSOR; NUMBER: what it follows from, where that says more than its digits (Graph.exact; a name that is
                 held), or NULL */
  int rank;
  int vars[MAX_AXES];
  Value **items; /* LIST, TUPLE */
  int nitems;
  bool grows;     /* LIST: the row S, which S[l] = dense(_, 64) adds to */
  Value *array;   /* LIST: the constant array that it was used as, or NULL */
  const Stmt *fn; /* FUNCTION: fn, layer or optimizer; or */
  const Builtin *builtin;
  const Expr *partial;  /* FUNCTION made by a call with `_`: that call; */
  struct Value **given; /* what it gives for each argument, NULL for `_`; */
  const char *path;     /* of its parameters */
  Start start;          /* DISTRIBUTION, with constant arguments */
  ScanScope *scan;      /* SEQUENCE: its values in this step and the one before; NULL where there is none (yet) */
  struct Value *now, *before;
};

/* ---- reports (blame.c): nothing in a trial, and once for each of the user's calls that goes wrong ---- */

/* An error; within the prelude, at the user's call that led there. */
void elaborate_report(Elaborator *el, Span s, const char *format, ...) NNC_PRINTF(3, 4);
/* A second place that explains the last error; */
void elaborate_remark(Elaborator *el, Span s, const char *format, ...) NNC_PRINTF(3, 4);
/* what to write instead. */
void elaborate_advise(Elaborator *el, const char *format, ...) NNC_PRINTF(2, 3);

/* ---- making values (value.c) ---- */

Value *value_new(Elaborator *el, ValueKind kind, Span span);
Value *value_number(Elaborator *el, double x, Span span);
Value *value_poison(Elaborator *el, Span span);
Value *value_tensor(Elaborator *el, Read *read, int rank, const int *vars, Span span);
/* A node whose first axes are the variables vars; the others are the value's own. */
Value *value_of_node(Elaborator *el, Node *node, int nfree, const int *vars, Span span);

/* ---- asking them ---- */

bool value_is_poison(const Value *v);
bool value_is_row(const Value *v); /* a list of instances, however it was made */
/* Not several results, with an error, and not poison. */
bool value_is_one(Elaborator *el, const Value *v, Span span);
Axis value_axis(const Elaborator *el, const Value *v, int k);
bool value_same_extent(const Elaborator *el, const Value *a, int i, const Value *b, int j);
/* All free variables of the values together, without their own axes: the axes that a new array needs in front. */
int value_context(int n, Value **v, int *vars);
/* A whole number of at least `least`; reports otherwise and returns -1. */
int64_t value_whole(Elaborator *el, const Value *v, Span span, const char *what, int64_t least);

/* ---- in words ---- */

const char *dim_text(Elaborator *el, int dim); /* "floor(T/2)" */
/* "[3, 4]", "a number", "a list of 3": for messages. */
const char *value_shape(Elaborator *el, const Value *v);
const char *value_text(Elaborator *el, const Value *v);
/* "the shapes do not fit for '@': 'W' [3, 4] and 'x' [3]", and where the two are declared. */
void value_report_shapes(Elaborator *el, const Value *x, const Value *y, Span span, const char *what);

/* ---- at other indices ---- */

/* v at the given indices of its first n axes; the rest stay its own, with fresh variables. */
Value *value_at(Elaborator *el, const Value *v, int n, Index *const *index);
Value *value_fresh(Elaborator *el, const Value *v);
/* h[at], inside of the scan that computes h (at NULL: anything else than an index). */
Value *value_in_scan(Elaborator *el, const Value *sequence, const Index *at, Span span);

/* ---- as arrays (array.c) ---- */

/* The value as a tensor: numbers and lists of numbers become constants. NULL with an error where it cannot be one. */
Value *value_as_tensor(Elaborator *el, Value *v, Span span, const char *what);
bool value_is_array(const Value *v);                     /* a number, or a list that is an array of numbers */
Read *value_number_read(Elaborator *el, const Value *v); /* of a NUMBER */
/* All elements of a constant value, row by row; NULL where it is not constant. */
const double *value_elements(Elaborator *el, const Value *v, int64_t *count);
/* elementwise.c: op at each place with the suffix rule; reports both shapes by name where they do not fit. */
Value *value_elementwise(Elaborator *el, Op op, int n, Value *const *args, Span span, const char *what);

/* ---- under names (named.c) ---- */

/* The value under a user's name in s: a NAME node, so that grad can find it. */
Value *value_named(Elaborator *el, const Scope *s, const char *label, Value *v);
/* Does the value lead, through names alone, to a constant that derivatives are taken by? */
bool named_is_held(const Read *r);

#endif
