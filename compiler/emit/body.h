/* body.h: the body of a C function as it is written (emit/body.c); private to emit/. */
#ifndef NNC_EMIT_BODY_H
#define NNC_EMIT_BODY_H

#include "emit/emitter.h"

typedef struct Code { /* an expression */
  const char *text;
  int level;      /* how loosely it binds: 0 a name or call, 1 unary, 2 product, 3 sum, 4 comparison, 5 ?: */
  bool integer;   /* of type int; else float */
  bool wide;      /* of type int64_t */
  int64_t lo, hi; /* bounds of an integer */
} Code;

typedef struct Operand { /* an array, or a number, that a step works on */
  const Node *node;      /* NULL: scratch */
  const Pack *pack;
  const char *name;   /* in the step */
  const char *origin; /* in the function: "s->f + 64" */
  bool integer, wide, written, scalar;
} Operand;

typedef struct TempName {
  Read *read;       /* an inline value ... */
  const Node *node; /* ... or a node of the group */
  Code value;       /* its name */
} TempName;

typedef struct Body {
  Emitter *em;
  Context *cx;
  Graph *g;
  const Plan *plan;
  Text *out;
  int indent;
  const Axis *axes;           /* of the variables at hand */
  const char *vars[MAX_AXES]; /* and their names */
  int64_t last[MAX_AXES];     /* and their largest values */
  bool dropped[MAX_AXES];     /* variables that are 0, or merged into the next */
  bool held[MAX_AXES];        /* variables of loops around: times of scans */
  int loop;                   /* of the plan, that is open; -1: none */
  VEC(TempName) temps;
  int ntemps, nouter;    /* counters of t1, t2 ... of a step and r1, r2 ... of the function */
  VEC(Operand) operands; /* of the step at hand */
  const char *when;      /* NULL, or what must hold for places to exist that are not always in range */
  bool abstract;         /* operands are called a0, a1 ...: to find equal steps */
  bool direct;           /* operands are written as the function reaches them */
  bool uses_count;
  bool output;                                          /* of an output: draws depend on the seed alone */
  VEC(Operand) scalars;                                 /* of the function: names of STORAGE_SCALAR nodes */
  const char *(*origin)(struct Body *b, const Node *n); /* how this function reaches a leaf or a destination */
  const char **root_names;                              /* where each root goes that is copied */
  const char *first;       /* of an optimizer of whole arrays: the place of the first element among all parameters, the
                              counter of its draws */
  const char *slot_access; /* of an optimizer of whole arrays: the parameter in the struct of a slot */
} Body;

void body_line(Body *b, const char *format, ...) NNC_PRINTF(2, 3);
void body_begin(Body *b, const char *format, ...) NNC_PRINTF(2, 3);
void body_begin_guard(Body *b, const char *when); /* if (when) {, around reads */
void body_end(Body *b);
void body_comment(Body *b, const char *text); /* of as many lines as it takes */
/* Takes the axes of n as the variables at hand: the batch is b, the others i, j, k, l, as in formulas. */
void body_use_axes(Body *b, const Node *n);
/* What the step at hand calls the array or number that n, or the pack, is. */
Operand *body_operand(Body *b, const Node *n, const Pack *pack, bool written);
/* Declares those operands that have a name of the step's own: `const float *z = s->f + 64, *h_W = ...;`. */
void body_declare(Body *b, const Operand *operands, int n);
/* What a step would like to call the array of n: "dh_W", "h_W", "v13". */
const char *body_label(Body *b, const Node *n);
/* What the function calls a value of STORAGE_SCALAR. */
const char *body_scalar(Body *b, const Node *n);
/* A new name: t1, t2 ... of the step, or r1, r2 ... of the function. */
const char *body_temp(Body *b);
const char *body_element_type(bool integer, bool wide); /* "int32_t" */

#endif
