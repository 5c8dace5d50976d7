/* map.c: the builders: open reads in, an open read of a new or found node out.
 *
 * A builder takes the free variables of its operands as the axes of the new node (batch first: its variable is the
 * oldest), folds constants, looks through copies, and leaves the rest to the product builder (build/product.c) and to
 * the rules (simplify/rebuild.c). Nothing is ever changed in place. */
#include "build/build.h"

#include <math.h>
#include <string.h>

enum { MOST_FACTORS = 16 };

/* ---- from free variables to numbered axes ---- */

static void axes_of(Graph *g, Node *n, const int *own, int nown, const int *reduced, int nreduced) {
  if (nown + nreduced > MAX_AXES) bug("build", "a value with %d axes", nown + nreduced);
  n->naxes = nown;
  n->nreduce = nreduced;
  for (int k = 0; k < nown; k++) n->axes[k] = graph_var_axis(g, own[k]);
  for (int k = 0; k < nreduced; k++) n->axes[nown + k] = graph_var_axis(g, reduced[k]);
}

static Read *identity_at(Graph *g, Node *n, const int *vars) {
  Index *index[MAX_AXES];
  for (int k = 0; k < n->naxes; k++) index[k] = index_var(g, vars[k]);
  return read_make(g, n, index);
}

/* A NODE_MAP with the given own axes, in that order. */
static Node *build_map_at(Graph *g, Node *proto, int nown, const int *own, int nreduced, const int *reduced) {
  Subst s = {0};
  for (int k = 0; k < nown; k++) subst_add(&s, own[k], index_var(g, k));
  for (int k = 0; k < nreduced; k++) subst_add(&s, reduced[k], index_var(g, nown + k));
  Node n = *proto;
  n.kind = NODE_MAP;
  axes_of(g, &n, own, nown, reduced, nreduced);
  n.reads = n.nreads ? ARENA_ARRAY(g->cx, Read *, n.nreads) : NULL;
  for (int k = 0; k < n.nreads; k++) n.reads[k] = read_substitute(g, proto->reads[k], &s);
  n.guards = n.nguards ? ARENA_ARRAY(g->cx, Guard, n.nguards) : NULL;
  for (int k = 0; k < n.nguards; k++)
    n.guards[k] = (Guard){index_substitute(g, proto->guards[k].e, &s), proto->guards[k].n};
  if (n.value) n.value = index_substitute(g, proto->value, &s);
  range_of_map(g, &n);
  return graph_intern(g, &n);
}

Read *build_map(Graph *g, Node *proto, int nreduced, const int *reduced) {
  int vars[2 * MAX_AXES], own[2 * MAX_AXES], n = 0, nown = 0;
  for (int k = 0; k < proto->nreads; k++) n = read_vars(proto->reads[k], vars, n);
  for (int k = 0; k < proto->nguards; k++) n = index_vars(proto->guards[k].e, vars, n);
  if (proto->value) n = index_vars(proto->value, vars, n);
  for (int k = 0; k < n; k++)
    if (!vars_contain(reduced, nreduced, vars[k])) own[nown++] = vars[k];
  Node *node = build_map_at(g, proto, nown, own, nreduced, reduced);
  return identity_at(g, node, own);
}

/* ---- values ---- */

Read *build_constant(Graph *g, double value) {
  Node n = {.op = OP_PRODUCT, .scale = value == 0 ? 0 : value};
  return build_map(g, &n, 0, NULL);
}

Read *build_index(Graph *g, Index *value) {
  int64_t k;
  if (index_is_constant(value, &k)) return build_constant(g, (double)k);
  if (value->n == 1 && value->offset == 0 && value->divisor == 1 && value->terms[0].coef == 1 && value->terms[0].gather)
    return (Read *)value->terms[0].gather;
  Node n = {.op = OP_INDEX, .scale = 1, .value = value};
  return build_map(g, &n, 0, NULL);
}

/* r without copies in between. */
Read *read_through(Graph *g, Read *r) {
  for (;;) {
    const Node *n = r->node;
    if (n->kind != NODE_MAP || n->op != OP_PRODUCT || n->nreads != 1 || n->scale != 1 || n->nguards || n->nreduce)
      return r;
    r = read_operand(g, r, 0);
  }
}

static Read *fold(Graph *g, Op op, Read *const *x) {
  double value[3];
  int arity = op_rows[op].arity;
  for (int k = 0; k < arity; k++)
    if (!read_constant(x[k], &value[k])) return NULL;
  double y = op_apply(op, value);
  return g->exact && op_loses(op, value, y) ? NULL : build_constant(g, y);
}

static bool is_value(const Read *r, double v) {
  double c;
  return read_constant(r, &c) && c == v;
}

/* x^n of a whole x, which is whole. */
static Read *repeated(Graph *g, Read *x, int n) {
  Read *factors[MOST_FACTORS];
  for (int k = 0; k < n; k++) factors[k] = x;
  return build_product(g, 1, n, factors, 0, NULL, 0, NULL);
}

/* What bounds alone say of two whole values: the greater one, the smaller one, how they compare; NULL where they say
 * nothing. */
static Read *bounded(Graph *g, Op op, Read *const *x) {
  const Node *a = x[0]->node, *b = x[1]->node;
  if (!node_is_bounded(a) || !node_is_bounded(b)) return NULL;
  bool below = a->hi<b->lo, above = a->lo> b->hi;
  if (read_equal(x[0], x[1]))
    return op == OP_MAX || op == OP_MIN ? x[0] : build_constant(g, op == OP_EQ || op == OP_LE);
  switch (op) {
  case OP_MAX: return above ? x[0] : below ? x[1] : NULL;
  case OP_MIN: return below ? x[0] : above ? x[1] : NULL;
  case OP_EQ: return below || above ? build_constant(g, 0) : NULL;
  case OP_NE: return below || above ? build_constant(g, 1) : NULL;
  case OP_LT: return below ? build_constant(g, 1) : a->lo >= b->hi ? build_constant(g, 0) : NULL;
  default: return a->hi <= b->lo ? build_constant(g, 1) : above ? build_constant(g, 0) : NULL;
  }
}

/* Algebra that holds for every value: a + 0, 0 - a, a / c, powers with small constant exponents, where(1, a, b). */
static Read *algebra(Graph *g, Op op, Read *const *x) {
  double c;
  switch (op) {
  case OP_ADD:
    if (is_value(x[0], 0)) return x[1];
    if (is_value(x[1], 0)) return x[0];
    return NULL;
  case OP_SUB:
    if (is_value(x[1], 0)) return x[0];
    if (is_value(x[0], 0)) return build_scale(g, -1, x[1]);
    return NULL;
  case OP_DIV:
    if (read_constant(x[1], &c) && c != 0) return c == 1 ? x[0] : build_scale(g, 1 / c, x[0]);
    if (is_value(x[0], 0)) return x[0];
    return NULL;
  case OP_POW:
    if (!read_constant(x[1], &c)) return NULL;
    if (c == 0) return build_constant(g, 1);
    if (c == 1) return x[0];
    if (c == 2) return build_mul(g, x[0], x[0]);
    if (c == 3) return build_product(g, 1, 3, (Read *[]){x[0], x[0], x[0]}, 0, NULL, 0, NULL);
    if (c == -1) return build_div(g, build_constant(g, 1), x[0]);
    if (c == -2) return build_div(g, build_constant(g, 1), build_mul(g, x[0], x[0]));
    if (c == 0.5) return build_op1(g, OP_SQRT, x[0]);
    return x[0]->node->integer && c > 3 && c <= MOST_FACTORS && c == floor(c) ? repeated(g, x[0], (int)c) : NULL;
  case OP_WHERE:
    if (read_constant(x[0], &c)) return c != 0 ? x[1] : x[2];
    return read_equal(x[1], x[2]) ? x[1] : NULL;
  case OP_SELECT:
    if (is_value(x[0], 0)) return x[0];
    if (read_constant(x[0], &c)) return build_scale(g, c, x[1]);
    return read_constant(x[1], &c) && isfinite(c) ? build_mul(g, x[0], x[1]) : NULL;
  case OP_KEEP:
    if (read_constant(x[1], &c)) return c != 0 ? x[0] : build_constant(g, 0);
    return is_value(x[0], 0) ? x[0] : NULL;
  case OP_MOD: {
    if (!read_constant(x[1], &c) || !x[0]->node->integer) return NULL;
    return x[0]->node->lo >= 0 && x[0]->node->hi < c ? x[0] : NULL;
  }
  case OP_MAX:
  case OP_MIN:
  case OP_EQ:
  case OP_NE:
  case OP_LT:
  case OP_LE: return bounded(g, op, x);
  case OP_QUOTIENT: return is_value(x[1], 1) ? x[0] : NULL;
  case OP_FLOOR: return x[0]->node->integer ? x[0] : build_quotient(g, x[0]);
  default: return NULL;
  }
}

Read *build_op(Graph *g, Op op, Read *const *reads) {
  Read *x[3];
  if (op == OP_PRODUCT || op == OP_INDEX) bug("build", "build_op of %s", op_rows[op].name);
  for (int k = 0; k < op_rows[op].arity; k++) x[k] = read_through(g, reads[k]);
  Read *r = fold(g, op, x);
  if (!r) r = algebra(g, op, x);
  if (r) return r;
  Node n = {.op = op, .scale = 1, .nreads = op_rows[op].arity, .reads = x};
  return build_map(g, &n, 0, NULL);
}

Read *build_op1(Graph *g, Op op, Read *a) { return build_op(g, op, (Read *[]){a}); }
Read *build_op2(Graph *g, Op op, Read *a, Read *b) { return build_op(g, op, (Read *[]){a, b}); }
Read *build_add(Graph *g, Read *a, Read *b) { return build_op2(g, OP_ADD, a, b); }
Read *build_sub(Graph *g, Read *a, Read *b) { return build_op2(g, OP_SUB, a, b); }
Read *build_div(Graph *g, Read *a, Read *b) { return build_op2(g, OP_DIV, a, b); }
Read *build_mul(Graph *g, Read *a, Read *b) { return build_product(g, 1, 2, (Read *[]){a, b}, 0, NULL, 0, NULL); }
Read *build_scale(Graph *g, double k, Read *a) { return build_product(g, k, 1, (Read *[]){a}, 0, NULL, 0, NULL); }

Read *build_reduce(Graph *g, Reduction reduction, Read *body, int nvars, const int *vars) {
  if (nvars == 0 && !reduction_rows[reduction].place) return body;
  if (reduction == RED_SUM) return build_sum(g, body, nvars, vars);
  if (nvars == 0) return build_constant(g, 0);
  Read *x = read_through(g, body);
  Node n = {.op = OP_PRODUCT, .reduction = reduction, .scale = 1, .nreads = 1, .reads = &x};
  return build_map(g, &n, nvars, vars);
}

/* ---- whole nodes ---- */

Node *build_tensor(Graph *g, Read *r, int nvars, const int *vars) {
  r = read_through(g, r);
  bool same = r->node->naxes == nvars;
  for (int k = 0; same && k < nvars; k++) {
    int v;
    same = index_is_var(r->index[k], &v) && v == vars[k] &&
           (r->node->axes[k].kind != AXIS_PLAIN || r->node->axes[k].extent == graph_var_axis(g, v).extent);
  }
  if (same) return r->node;
  Node n = {.op = OP_PRODUCT, .scale = 1, .nreads = 1, .reads = &r};
  double c;
  if (read_constant(r, &c)) n.nreads = 0, n.scale = c;
  return build_map_at(g, &n, nvars, vars, 0, NULL);
}

static bool same_axes(const Node *n, int naxes, const Axis *axes) {
  if (n->naxes != naxes) return false;
  for (int k = 0; k < naxes; k++)
    if (n->axes[k].kind != axes[k].kind || n->axes[k].extent != axes[k].extent) return false;
  return true;
}

static Read *whole(Graph *g, Node *node) {
  Index *index[MAX_AXES];
  for (int k = 0; k < node->naxes; k++) index[k] = index_var(g, k);
  return read_make(g, node, index);
}

/* One number everywhere: it has no storage that could be seen in another way. */
static bool spread(const Node *n) {
  return !n->naxes || (n->kind == NODE_MAP && n->op == OP_PRODUCT && !n->nreads && !n->nguards && !n->nreduce);
}

Node *build_reshape(Graph *g, Node *node, int naxes, const Axis *axes) {
  if (node->kind == NODE_RESHAPE) node = node->reads[0]->node;
  if (same_axes(node, naxes, axes)) return node;
  if (spread(node)) {
    int vars[MAX_AXES];
    for (int k = 0; k < naxes; k++) vars[k] = graph_var(g, axes[k]);
    return build_tensor(g, node->naxes ? build_constant(g, node->scale) : read_make(g, node, NULL), naxes, vars);
  }
  Read *r = whole(g, node);
  Node n = {.kind = NODE_RESHAPE,
            .scale = 1,
            .naxes = naxes,
            .nreads = 1,
            .reads = &r,
            .integer = node->integer,
            .lo = node->lo,
            .hi = node->hi};
  memcpy(n.axes, axes, sizeof(Axis) * (size_t)naxes);
  n.reads = arena_copy(g->cx, n.reads, sizeof(Read *));
  return graph_intern(g, &n);
}

Node *build_pieces(Graph *g, int naxes, const Axis *axes, int npieces, Node *const *pieces, const int64_t *offsets) {
  Node n = {.kind = NODE_PIECES, .scale = 1, .naxes = naxes, .nreads = npieces, .integer = true, .lo = 0, .hi = 0};
  memcpy(n.axes, axes, sizeof(Axis) * (size_t)naxes);
  n.reads = ARENA_ARRAY(g->cx, Read *, npieces);
  for (int p = 0; p < npieces; p++) {
    n.reads[p] = whole(g, pieces[p]);
    n.integer = n.integer && pieces[p]->integer;
    if (pieces[p]->lo < n.lo) n.lo = pieces[p]->lo;
    if (pieces[p]->hi > n.hi) n.hi = pieces[p]->hi;
  }
  if (!n.integer) n.lo = -INFINITY, n.hi = INFINITY;
  n.offsets = arena_copy(g->cx, offsets, sizeof(int64_t) * (size_t)(npieces * naxes));
  return graph_intern(g, &n);
}

Node *build_leaf(Graph *g, NodeKind kind, int item, int naxes, const Axis *axes, const char *label) {
  Node n = {.kind = kind, .scale = 1, .item = item, .naxes = naxes, .label = label, .lo = -INFINITY, .hi = INFINITY};
  if (naxes) memcpy(n.axes, axes, sizeof(Axis) * (size_t)naxes);
  return graph_intern(g, &n);
}

Node *build_const_array(Graph *g, int naxes, const Axis *axes, const double *data) {
  Node n = {
    .kind = NODE_CONST, .scale = 1, .naxes = naxes, .data = data, .integer = true, .lo = INFINITY, .hi = -INFINITY};
  int64_t count = 1;
  for (int k = 0; k < naxes; k++) n.axes[k] = axes[k], count *= axes[k].extent;
  for (int64_t i = 0; i < count; i++) {
    n.integer = n.integer && number_is_exact(data[i]);
    n.lo = data[i] < n.lo ? data[i] : n.lo;
    n.hi = data[i] > n.hi ? data[i] : n.hi;
  }
  return graph_intern(g, &n);
}

Node *build_name(Graph *g, const char *label, Read *r, int nvars, const int *vars, bool held) {
  Subst s = {0};
  for (int k = 0; k < nvars; k++) subst_add(&s, vars[k], index_var(g, k));
  Read *inside = read_substitute(g, r, &s);
  Node n = {.kind = NODE_NAME,
            .scale = 1,
            .nreads = 1,
            .label = label,
            .held = held,
            .integer = r->node->integer,
            .lo = r->node->lo,
            .hi = r->node->hi};
  if (held) n.integer = false, n.lo = -INFINITY, n.hi = INFINITY;
  n.reads = arena_copy(g->cx, &inside, sizeof(Read *));
  axes_of(g, &n, vars, nvars, NULL, 0);
  return graph_intern(g, &n);
}
