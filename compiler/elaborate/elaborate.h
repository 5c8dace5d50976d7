/* elaborate.h: expressions and bodies to open reads.
 *
 * In: trees (syntax/ast.h) and the scope that their names are looked up in. Out: values (value.h), of which a tensor is
 * an open read of the graph; parameters, states and draws of the Program; el->updates. What is wrong is reported, and
 * its value is VALUE_POISON, so that later statements are still checked and nothing is reported twice. Kept: a value
 * means what its text says, element by element; the simplest node for it is build/'s to find.
 *
 * Its files, each of which calls those before it only:
 *     asked.c                              the names that derivatives are taken by
 *     blame.c                              what is wrong, and whom to blame
 *     scope.c, value.c                     scopes of names; values
 *     array.c                              values as arrays
 *     named.c, define.c                    a value under a user's name; a name gets its value
 *     lookup.c, path.c                     what a name means; the paths of layers
 *     argument.c                           the arguments of a call
 *     dim.c, bounds.c                      extents of examples; does an index stay within its array?
 *     elementwise.c, accumulate.c          an operation at each place; a reduction
 *     join.c, shape.c                      concat, stack, split; flatten, reshape, zeros
 *     distribution.c                       normal(0, 1) as a value
 *     expr.c, call.c, index.c              expressions and their parts,
 *     extent.c, reduce_body.c, gradient.c  ... more of them
 *     statement.c, update.c, leaf.c        statements,
 *     draw.c, instance.c, scan.c           ... more of them
 *     builtin.c                            the table of what is built in
 *     start.c                              an elaborator of an empty program
 *
 * A circle of files is natural here, since an expression holds calls, a call runs a body, a body holds statements, and
 * a statement expressions: expr, call, index, extent, reduce_body, gradient; statement, update, leaf, draw, instance,
 * scan. What these need beside each other (values, scopes, paths, arguments, bounds) calls none of them. */
#ifndef NNC_ELABORATE_H
#define NNC_ELABORATE_H

#include "elaborate/scope.h"
#include "elaborate/value.h"

/* An elaborator of an empty program: what is built in is known, nothing else (start.c). */
Elaborator *elaborator_new(Context *cx, Program *p, const Source *prelude);

/* ---- expressions ---- */

Value *elaborate_expr(Elaborator *el, Scope *s, const Expr *e);
/* Where x, which has too many axes, has its first from a matrix that a vector was multiplied into by '*'. */
void elaborate_remark_product(Elaborator *el, const Value *x);
/* The path of what has parameters: h, S[1], S[1].W; NULL with an error. */
const char *path_of_whole(Elaborator *el, Scope *s, const Expr *e);

/* ---- indices (extent.c) ---- */

/* Index variables for binders: extents written, or taken from where the index stands alone in `body` (other may be
 * NULL). Binds them in s; false with an error where an extent is not known. */
bool extent_bind_indices(Elaborator *el, Scope *s, const Binder *binders, int n, const Expr *body, const Expr *other,
                         int *vars);
/* The names in e that stand alone in a place of an index and mean nothing in s: the free indices of a check. */
int extent_free_indices(Elaborator *el, Scope *s, const Expr *e, Binder *out, int n, int most);

/* ---- extents of examples (dim.c) ---- */

/* An extent: a number, or a `dim` with its bound; false with an error. */
bool extent_of(Elaborator *el, const Value *v, Span span, const char *what, Axis *axis);
bool dim_is(Elaborator *el, const Value *v);
Value *dim_extent(Elaborator *el, int dim, Span span); /* as a value */
Read *dim_condition(Elaborator *el, int var);          /* is the variable within its extent? As 0 or 1 */

/* ---- statements (statement.c, leaf.c) ---- */

typedef enum { FLOW_ON, FLOW_RETURNED } Flow;
Flow statement_run_block(Elaborator *el, Scope *s, const Block *b, Value **returned);
/* Has v the shape that is declared? False with an error. */
bool statement_shape_fits(Elaborator *el, Scope *s, const Target *t, Value *v);
/* False for a statement that bodies may not hold; then nothing is done. */
bool statement_in_body(Elaborator *el, Scope *s, const Stmt *st);
/* The extents that a declaration has: false with an error. `input`: those of examples too. */
bool leaf_shape(Elaborator *el, Scope *s, const Decl *d, bool input, int *rank, int64_t *shape, int *dims,
                int64_t *count);
/* Binds the name to the node, of which axis 0 is the batch where first is 1, none where it is 0. */
void leaf_bind(Elaborator *el, Scope *s, const Decl *d, Node *node, int first);

#endif
