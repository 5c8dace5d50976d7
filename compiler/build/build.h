/* build.h: open reads in, the simplest node for them out, found or new; nothing is ever changed in place.
 *
 * In: open reads (graph/node.h). Out: an open read of a node that equals what was asked for, element by element. Kept:
 * nothing but the nodes.
 *
 * Its files, each of which calls those before it only:
 *     guard.c                    the guards of a product: which are needed
 *     property.c                 signs of values
 *     range.c                    which values are whole, and their bounds
 *     map.c                      builders: a node of open reads
 *     array.c                    whole nodes: arrays, leaves, names
 *     product.c, radix.c, sum.c  sums of products: equalities are solved, sums cut into small ones
 *     apply.c, quotient.c        an operation on open reads
 *
 * product, radix and sum call each other: a product of which an axis is cut in two, or of which a part is summed by
 * itself, is a product again. So do apply and quotient: the floor of a fraction is made of operations, floor among
 * them. */
#ifndef NNC_BUILD_H
#define NNC_BUILD_H

#include "graph/graph.h"

/* ---- builders ---- */

Read *build_constant(Graph *g, double value);
Read *build_index(Graph *g, Index *value);
Read *build_op(Graph *g, Op op, Read *const *reads);
/* scale * sum over `summed` of the product of the factors, where all guards hold. Solves equalities, drops what is
 * implied, pulls out what does not depend on the summed variables, and cuts a product of many factors into contractions
 * of two. */
Read *build_product(Graph *g, double scale, int nfactors, Read *const *factors, int nguards, const Guard *guards,
                    int nsummed, const int *summed);
Read *build_reduce(Graph *g, Reduction reduction, Read *body, int nvars, const int *vars);
/* The node whose axes are exactly vars, in that order (a copy is made where r is not that already). */
Node *build_tensor(Graph *g, Read *r, int nvars, const int *vars);
Node *build_reshape(Graph *g, Node *node, int naxes, const Axis *axes);
Node *build_pieces(Graph *g, int naxes, const Axis *axes, int npieces, Node *const *pieces, const int64_t *offsets);
Node *build_leaf(Graph *g, NodeKind kind, int item, int naxes, const Axis *axes, const char *label);
Node *build_const_array(Graph *g, int naxes, const Axis *axes, const double *data);
/* held: a constant that derivatives are taken by: real, and not a constant until then. */
Node *build_name(Graph *g, const char *label, Read *r, int nvars, const int *vars, bool held);

/* Shorthands. */
Read *build_add(Graph *g, Read *a, Read *b);
Read *build_sub(Graph *g, Read *a, Read *b);
Read *build_mul(Graph *g, Read *a, Read *b);
Read *build_div(Graph *g, Read *a, Read *b);
Read *build_scale(Graph *g, double k, Read *a);
Read *build_op1(Graph *g, Op op, Read *a);
Read *build_op2(Graph *g, Op op, Read *a, Read *b);

/* ---- what can be known of a value before it is computed; rough and safe: false means "not known" ---- */

bool read_positive(const Read *r);    /* > 0 everywhere (but for underflow) */
bool read_nonnegative(const Read *r); /* >= 0 everywhere */
/* A product, quotient or sum that holds an exp: its logarithm may be finite where the value overflows. */
bool read_exponential(const Read *r);
/* r, looking through copies; guards that cannot fail are dropped. */
Read *read_through(Graph *g, Read *r);
/* Adds the exposed variables of r, by which guards are told which reads they protect (build/guard.c), to vars; returns
 * their new count. */
enum { MOST_EXPOSED = 2 * MAX_AXES + 1 };
int read_exposed(const Graph *g, const Read *r, int *vars, int n);

#endif
