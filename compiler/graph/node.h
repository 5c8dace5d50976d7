/* node.h: the graph in index notation; a part of graph.h. Every value of a model is a node; nearly every node is one
 * indexed statement
 *
 *     y[i] = scale * reduce(j : guards) op(a[p(i,j)], b[q(i,j)], ...)
 *
 * with numbered axes (0..naxes-1 its own, then the reduced ones), so that equal nodes are found by hashing and are one
 * node. The index of a read is affine in the axes and in integer values read from other nodes (a gather), over a
 * divisor.
 *
 * Outside of nodes, work is done on *open reads*: reads whose indices are written in free variables (ids from FREE_VAR
 * on, each with an Axis). The builders (build/build.h) take open reads and return an open read of the new (or found)
 * node, whose axes are just the free variables that its operands use, in the order of their ids; batch_var has the
 * lowest id and so comes first. That is all there is to broadcasting, lifting and batching.
 *
 * The batch is an axis of kind AXIS_BATCH whose extent is known at run time only. An index into a batch axis is always
 * one batch variable, plain. */
#ifndef NNC_NODE_H
#define NNC_NODE_H

#include "graph/op.h"
#include "graph/reduction.h"
#include "base/base.h"

#define FREE_VAR 1000
enum { MOST_DIMS = 64 };
#define MAX_AXES 24 /* own and reduced ones of one node */

typedef struct Node Node;
typedef struct Read Read;
typedef struct Index Index;
typedef struct Graph Graph;
typedef struct Carry Carry;
typedef struct Inside Inside;

typedef enum { AXIS_PLAIN, AXIS_BATCH, AXIS_FLAT } AxisKind; /* FLAT: a run of parameters inside an optimizer */
typedef struct Axis {
  AxisKind kind;
  int64_t extent; /* of a PLAIN one; 0 for the others */
  int scan; /* the time of this scan; 0: of none. Inside of the scan such an axis is always read at the time at hand */
  int dim;  /* Graph.dims[dim - 1] is how many places of it an example has; 0: all of them */
} Axis;

typedef struct Term {
  int64_t coef;
  int var;            /* an axis number (inside a node) or a free variable; -1 where gather is set */
  const Read *gather; /* an integer value */
} Term;

/* (offset + sum of coef * var + sum of coef * gather) / divisor. Terms are sorted (variables by id, then gathers), no
 * coefficient is 0, divisor >= 1. With divisor > 1 the index is only meaningful where the division leaves no remainder.
 */
struct Index {
  int64_t offset, divisor;
  int n;
  Term *terms;
};

/* node[index...]: whole, and inside of the array, wherever the guards of the node that reads it hold. */
struct Read {
  Node *node;
  Index **index; /* one for each axis of node */
};

typedef struct Guard { /* holds where e is whole and 0 <= e < n; an equality has n = 1 */
  Index *e;
  int64_t n;
} Guard;

/* Scalar operations stand in graph/op.h. OP_PRODUCT is the product of any number of reads (none: 1), times the node's
 * scale; a copy, a slice, a transpose, a constant and a matrix product are all products. Guards stand only on products:
 * where one fails, the term is dropped (without a reduction: the value is 0), and its reads are not made. */

typedef enum {
  NODE_MAP,       /* the indexed statement */
  NODE_RESHAPE,   /* reads[0].node seen with other axes, row by row; a batch axis stays first. A view: no work */
  NODE_PIECES,    /* boxes added into an array of zeros: reads[p] (identity) at offsets[p*naxes ...] */
  NODE_INPUT,     /* item: Program.inputs */
  NODE_PARAM,     /* item: Program.params */
  NODE_STATE,     /* item: Program.states */
  NODE_CONST,     /* data: an array literal */
  NODE_BATCH,     /* scalar: the number of examples, as a real */
  NODE_DIRECTION, /* what the Hessian is multiplied by, the part that belongs to parameter `item` */
  NODE_DRAW,      /* noise: item 2*k: uniform on (0, 1), 2*k + 1: standard normals; the k-th draw of the model */
  NODE_PREV, /* a carried value of a scan as the step before left it; item: which. Bound by the RESULTs of that scan */
  NODE_RESULT, /* reads[0] (identity) at all times of `scan`, its PREVs being what `carries` say */
  /* leaves of optimizers only: */
  NODE_WEIGHT,   /* the parameter to be updated: FLAT axis, or whole: item: Program.params */
  NODE_GRADIENT, /* its gradient, as the chain has left it */
  NODE_SLOT,     /* optimizer state; item: index into Stage.slots */
  NODE_HYPER,    /* scalar; item: Program.hypers */
  NODE_STEP,     /* scalar, a whole number as a real; item: StepNumber. Of a model's functions too */
  NODE_GNORM,    /* scalar: the norm of all gradients of the minimize */
  /* only before simplify_roots: */
  NODE_NAME, /* reads[0] under the user's name (label); never merged with another node */
  NODE_GRAD, /* the derivative of reads[0] with respect to target */
  /* in a Formula only: */
  NODE_FORMAL, /* item: which of its formals */
  /* while derivatives are taken: */
  NODE_OPAQUE /* stands for target (a NAME), which rules must not look through while it is differentiated */
} NodeKind;

typedef enum {
  STEP_UPDATE /* of this update by its `minimize`, from 1 */,
  STEP_TRAINING /* of this training step, from 1 */,
  STEP_LAST /* of the last one that was taken; 1 before any */
} StepNumber;

/* A recurrence is a system of equations in which time is an axis like any other: PREV[t] = init at the first step,
 * next[t-1] after it. A RESULT closes it, as a lambda binds its variable: the same PREV may stand in different scans.
 * What does not depend on a PREV is outside of the loop, whatever its axes are: work that can leave the loop was never
 * in it. */
struct Carry {
  int slot;
  Node *prev, *next; /* the same axes */
  Node *init;        /* these without the time */
};

struct Inside { /* sorted */
  int n;
  int scan[8];
};

typedef struct Scan {
  int64_t extent;
  bool backwards; /* from the last step to the first: the derivative of one that runs forwards */
  bool adjoint;   /* differentiate made it */
  bool wild;      /* it may carry what is not finite (graph/hazard.h) */
} Scan;

struct Node {
  NodeKind kind;
  int id;     /* in order of creation: operands have lower ids */
  int number; /* its name in the generated C, counted there, so that it says nothing of nodes that are not needed; 0:
                 none yet */
  int naxes, nreduce;
  Axis axes[MAX_AXES]; /* own, then reduced ones in order */
  Op op;
  Reduction reduction;
  double scale; /* of a product; 1 otherwise */
  int nreads;
  Read **reads;
  int nguards;
  Guard *guards;
  Index *value;       /* of OP_INDEX */
  int item;           /* of a leaf */
  const double *data; /* of NODE_CONST */
  int64_t *offsets;   /* of NODE_PIECES */
  int scan;           /* of PREV and RESULT: index into Graph.scans */
  Carry *carries;     /* of RESULT, by slot: all that its value depends on */
  int ncarries;
  const Inside *inside; /* the scans that this value is inside of: it depends on PREVs that no RESULT below it has
                       bound; NULL: none */
  Node *target;         /* of NODE_GRAD: a NAME, PARAM, INPUT or STATE node ... */
  Index **target_index; /* ... and for each of its axes where the derivative is taken, in this node's axes */
  bool integer;         /* whole values, in lo..hi */
  bool held;            /* of NODE_NAME: a constant that derivatives are taken by */
  unsigned hazards;     /* of graph/hazard.h: what else is known of the value */
  double lo, hi;        /* known bounds of the value (integers; also used to drop guards); -inf..inf where unknown */
  bool large;           /* made of whole values, but maybe beyond 2^53: a real number (build/range.c) */
  const char *label;    /* the user's name for it, or NULL */
  const char *path; /* of a NAME that a definition made: label, after the path of the layer that it stands in; NULL: an
                       argument, or in a function of the prelude */
  int equation, adjoint_equation; /* their numbers in the derivation (derivation/), of it and of its adjoint; 0: none */
  Span span;
  uint64_t hash;
  Node *chain; /* of the hash table */
};

typedef struct ScanAtDepth { /* `own` is for recurrences of `scan` inside of these loops, while others of it are not */
  int scan, own;
  const Inside *inside;
} ScanAtDepth;

struct Graph {
  Context *cx;
  int batch_var; /* the free variable of the example */
  Axis *vars;    /* of free variable FREE_VAR + k */
  int nvars, cap_vars;
  Node **table;
  size_t table_size, nnodes;
  long proofs; /* operations that proofs took so far (prove/prove.h) */
  bool exact;  /* no constant is made of others where that is rounded: for proofs */
  Span span;   /* given to new nodes */
  Scan *scans; /* from 1 */
  int nscans, cap_scans;
  VEC(ScanAtDepth) depths;
  Index *dims[MOST_DIMS]; /* extents of examples, in terms of inputs */
  int ndims;
  bool overflowed; /* an index beyond 64 bits has been reported */
};

Graph *graph_new(Context *cx);
int graph_var(Graph *g, Axis axis);
Axis graph_var_axis(const Graph *g, int var);
#define PLAIN(n)   ((Axis){.kind = AXIS_PLAIN, .extent = (n)})
#define OVER_BATCH ((Axis){.kind = AXIS_BATCH})
bool axis_equal(Axis a, Axis b);     /* kind and extent */
int graph_scan(Graph *g, Scan scan); /* a new one */
bool node_is_inside(const Node *n, int scan);
void inside_join(Inside *to, const Inside *from);
bool inside_equal(const Inside *a, const Inside *b);
int node_time_axis(const Node *n, int scan); /* -1 where it has none */

/* Indices. All are immutable. */
Index *index_constant(Graph *g, int64_t k);
Index *index_var(Graph *g, int var);
Index *index_gather(Graph *g, const Read *integer_value); /* inlines the value of an OP_INDEX or a whole constant */
Index *index_combine(Graph *g, int64_t ca, const Index *a, int64_t cb, const Index *b); /* ca*a + cb*b */
Index *index_divide(Graph *g, const Index *a, int64_t d);
bool index_equal(const Index *a, const Index *b);
bool index_is_var(const Index *e, int *var);        /* exactly one variable, plain */
bool index_is_constant(const Index *e, int64_t *k); /* whole constant */
int64_t index_coef(const Index *e, int var);        /* 0 where absent */
bool index_uses(const Index *e, int var);           /* also inside gathers */
bool index_uses_in_gather(const Index *e, int var);
/* graph/bounds.c: whole and at most MOST_EXACT in size, where doubles are exact; has an integer node bounds; its values
 * as an index, which always have. */
#define MOST_EXACT 9007199254740991.0 /* 2^53 - 1 */
bool number_is_exact(double x);
/* graph/number.c: numbers without rounding, each of which stands for the simple fraction that it is nearest to, if
 * there is one. False where the result is no such number; what is infinite or has no value is as in doubles. */
bool number_as_fraction(double x, double *top, double *bottom); /* false: it is no simple one */
bool number_terms(double x, double *top, double *bottom);       /* of any fraction of whole numbers */
bool number_sum(double a, double b, double *x);
bool number_product(double a, double b, double *x);
bool number_quotient(double a, double b, double *x);
bool number_power(double a, int n, double *x);
bool number_root(double a, double *x);
bool node_is_bounded(const Node *n);
void node_range(const Node *n, double *lo, double *hi);
/* Bounds of the numerator-over-divisor value; `axes` gives the axes of numbers below FREE_VAR (may be NULL). False
 * where a bound is not known. */
bool index_range(const Graph *g, const Index *e, const Axis *axes, double *lo, double *hi);

/* e is less than the extent of dim, or not in the array: 0 <= count - 1 - e. */
Guard guard_within(Graph *g, int dim, const Index *e);

/* Substitution of variables (or axis numbers) by indices. */
typedef struct Subst {
  int n;
  int var[2 * MAX_AXES];
  Index *by[2 * MAX_AXES];
} Subst;
void subst_add(Subst *s, int var, Index *by);
Index *index_substitute(Graph *g, const Index *e, const Subst *s);
Read *read_substitute(Graph *g, const Read *r, const Subst *s);
Subst read_subst(const Read *r);                    /* of the axes of r's node by the places at which r reads it */
Read *read_operand(Graph *g, const Read *r, int k); /* operand k of r's node, in the variables of r */

Read *read_make(Graph *g, Node *node, Index **index); /* copies the array */
Read *read_open(Graph *g, Node *node, int *vars);     /* identity at fresh variables, returned in vars[naxes] */
bool read_equal(const Read *a, const Read *b);
bool read_is_identity(const Read *r); /* inside a node: index k is axis k for all axes of the node read */
bool read_uses(const Read *r, int var);
bool read_constant(const Read *r, double *value); /* a scalar constant */
/* Adds the free variables of r to vars (sorted, distinct); returns the new count. */
int read_vars(const Read *r, int *vars, int n);
int index_vars(const Index *e, int *vars, int n);
static inline bool vars_contain(const int *vars, int n, int var) {
  for (int k = 0; k < n; k++)
    if (vars[k] == var) return true;
  return false;
}

/* PREVs and RESULTs (graph/recurrence.c). */
Node *build_prev(Graph *g, int scan, int slot, int naxes, const Axis *axes, const char *label, bool integer, double lo,
                 double hi);
/* body at all times; body itself where it does not depend on a carried value. Carries that it does not need are left
 * out. */
Node *build_result(Graph *g, int scan, Node *body, int ncarries, const Carry *carries);
/* Finds or adds a node like *proto (axes, op, reads, ... set; operands inside). */
Node *graph_intern(Graph *g, const Node *proto);

/* All nodes that the roots need, operands first (gathers and guards included). Iterative: safe on any depth. */
typedef struct NodeList {
  Node **at;
  int n, cap;
} NodeList;
NodeList graph_order(Context *cx, Node *const *roots, int nroots);
NodeList graph_operands(Context *cx, const Node *n);

/* RESULTs of one loop, and all of their carried values. In the order of graph_order, all that a loop needs stands
 * before its first RESULT. */
typedef struct ScanGroup {
  int scan, ncarries;
  const Carry *carries;
  VEC(Node *) results;
} ScanGroup;
typedef VEC(ScanGroup) ScanGroups;
ScanGroups graph_groups(Context *cx, const NodeList *list);
/* Gives each of several loops of one scan a scan of its own, in what the roots reach. */
void graph_part_scans(Graph *g, Node **roots, int nroots);
/* Is n computed in the loop of this group (not in one inside of it, nor outside)? */
bool group_holds(const ScanGroup *group, const Node *n);

/* Checks every invariant named above for what the roots reach; a broken one is a bug of `pass`. */
void graph_verify(const Graph *g, Node *const *roots, int nroots, const char *pass);
/* One line a node: `%12 h [n,128] = sum(a2<784) %3[a1,a2] * %1[a0,a2]`. */
void graph_print(Text *out, Context *cx, Node *const *roots, int nroots);
const char *axis_letter(int k); /* the printed name of axis k: b i j k ... used in comments of the generated C */
/* How a reader is told of nodes: what a formula calls them. */
typedef struct NodeNames {
  const char *(*name)(const struct NodeNames *names, const Node *n);
} NodeNames;
/* As a formula for readers: `h[b,i] = Σ_j h.W[i,j] x[b,j]`. */
void node_formula(Text *out, const Node *n, const NodeNames *names);

#endif
