/* expr.h: an expression in a scope becomes a value: the parts of it that have files of their own. */
#ifndef NNC_ELABORATE_EXPR_H
#define NNC_ELABORATE_EXPR_H

#include "elaborate/elaborate.h"

Value *expr_index(Elaborator *el, Scope *s, const Expr *e);  /* index.c: x[...] */
Value *expr_reduce(Elaborator *el, Scope *s, const Expr *e); /* reduce_body.c: sum(j) ... */
Value *expr_call(Elaborator *el, Scope *s, const Expr *e);   /* call.c: f(x) */
Value *expr_part(Elaborator *el, Scope *s, const Expr *e);   /* instance.c: S[l].W */
/* gradient.c: grad(L, w), jacobian(v, w), ∂L/∂w */
Value *expr_gradient(Elaborator *el, Scope *s, const Expr *e, const Expr *of, const Expr *by, bool jacobian);

/* call.c: f, which is no built-in function, of values; `at` (may be NULL) is the call. */
Value *call_function(Elaborator *el, Scope *s, const Value *f, const Expr *at, int nargs, Value **args,
                     const char **names, const Span *spans);

/* ---- bounds (bounds.c): does an index stay within its array? Reports where it may not ---- */

bool bounds_check(Elaborator *el, Scope *s, const Value *x, int place, const Index *e, Span span);
bool bounds_fit_64_bits(Elaborator *el, const Index *e, Span span);
/* x[i < 3]: 0 or 1, which chooses one of two places; where there are more, the bound of an index was meant. */
bool bounds_compare(Elaborator *el, const Expr *e, const Value *x, int k);
/* Says that v cannot be an index into `extent` places, and how its input is declared as one that can. */
void bounds_report_not_whole(Elaborator *el, Span span, const Value *v, int64_t extent, const char *what);
/* Says that `index`, of an entry of the row, is not known when compiling. */
void bounds_report_choice(Elaborator *el, Span span, const Value *row, const char *index);
bool dim_within(Elaborator *el, int dim, const Index *e); /* dim.c: for each example */

#endif
