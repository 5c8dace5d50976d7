/* builtin.h: the functions that are built in: values to a value. builtin.c has the table of them all. */
#ifndef NNC_ELABORATE_BUILTIN_H
#define NNC_ELABORATE_BUILTIN_H

#include "elaborate/elaborate.h"

extern const Builtin builtin_rows[];
extern const int builtin_count;

/* ---- accumulate.c: a value reduced over variables ---- */

/* How many places the variables have: *known, times the read where that depends on the examples, else NULL. */
Read *accumulate_count(Elaborator *el, int n, const int *vars, double *known);
Value *accumulate_value(Elaborator *el, const char *name, Value *v, int nvars, const int *vars, Span span);

/* ---- join.c ---- */

Value *builtin_concat(Elaborator *el, Scope *s, const Expr *e, int n, Value **args);
Value *builtin_stack(Elaborator *el, Scope *s, const Expr *e, int n, Value **args);
Value *builtin_split(Elaborator *el, Scope *s, const Expr *e, int n, Value **args);

/* ---- shape.c ---- */

Value *builtin_flatten(Elaborator *el, Scope *s, const Expr *e, int n, Value **args);
Value *builtin_reshape(Elaborator *el, Scope *s, const Expr *e, int n, Value **args);
Value *builtin_zeros(Elaborator *el, Scope *s, const Expr *e, int n, Value **args);
Value *builtin_ones(Elaborator *el, Scope *s, const Expr *e, int n, Value **args);
Value *builtin_rank(Elaborator *el, Scope *s, const Expr *e, int n, Value **args);
Value *builtin_size(Elaborator *el, Scope *s, const Expr *e, int n, Value **args);

/* ---- distribution.c ---- */

typedef struct Family {
  const char *name;
  int nargs;
  bool normal;     /* the noise: standard normals; else uniform on (0, 1) */
  bool vector;     /* its argument is an array of probabilities, and the noise like it */
  StartKind start; /* of a parameter, where the arguments are numbers; START_ZERO: none */
} Family;

const Family *distribution_family(const char *name); /* or NULL */
Value *builtin_distribution(Elaborator *el, Scope *s, const Expr *e, int n, Value **args);
Value *builtin_truncated_normal(Elaborator *el, Scope *s, const Expr *e, int n, Value **args);
Value *builtin_orthogonal(Elaborator *el, Scope *s, const Expr *e, int n, Value **args);
Value *builtin_fan_in(Elaborator *el, Scope *s, const Expr *e, int n, Value **args);
Value *builtin_fan_out(Elaborator *el, Scope *s, const Expr *e, int n, Value **args);

#endif
