/* builtin.h: the functions that are built in: values to a value. builtin.c has the table of them all. */
#ifndef NNC_ELABORATE_BUILTIN_H
#define NNC_ELABORATE_BUILTIN_H

#include "elaborate/elaborate.h"

extern const Builtin builtin_rows[];
extern const int builtin_count;

/* ---- accumulate.c: a value reduced over variables ---- */

/* How many places the variables have: *known, times the read where that depends on the examples, else NULL. */
Read *count_of(Elaborator *el, int n, const int *vars, double *known);
Value *reduce_value(Elaborator *el, const char *name, Value *v, int nvars, const int *vars, Span span);

/* ---- join.c ---- */

Value *call_concat(Elaborator *el, Scope *s, const Expr *e, int n, Value **args);
Value *call_stack(Elaborator *el, Scope *s, const Expr *e, int n, Value **args);
Value *call_split(Elaborator *el, Scope *s, const Expr *e, int n, Value **args);

/* ---- shape.c ---- */

Value *call_flatten(Elaborator *el, Scope *s, const Expr *e, int n, Value **args);
Value *call_reshape(Elaborator *el, Scope *s, const Expr *e, int n, Value **args);
Value *call_zeros(Elaborator *el, Scope *s, const Expr *e, int n, Value **args);
Value *call_ones(Elaborator *el, Scope *s, const Expr *e, int n, Value **args);
Value *call_rank(Elaborator *el, Scope *s, const Expr *e, int n, Value **args);
Value *call_size(Elaborator *el, Scope *s, const Expr *e, int n, Value **args);

/* ---- distribution.c ---- */

typedef struct Family {
  const char *name;
  int nargs;
  bool normal;     /* the noise: standard normals; else uniform on (0, 1) */
  bool vector;     /* its argument is an array of probabilities, and the noise like it */
  StartKind start; /* of a parameter, where the arguments are numbers; START_ZERO: none */
} Family;

const Family *family_named(const char *name); /* or NULL */
Value *call_distribution(Elaborator *el, Scope *s, const Expr *e, int n, Value **args);
Value *call_truncated_normal(Elaborator *el, Scope *s, const Expr *e, int n, Value **args);
Value *call_orthogonal(Elaborator *el, Scope *s, const Expr *e, int n, Value **args);
Value *call_fan_in(Elaborator *el, Scope *s, const Expr *e, int n, Value **args);
Value *call_fan_out(Elaborator *el, Scope *s, const Expr *e, int n, Value **args);

#endif
