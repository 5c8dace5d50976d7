/* apart.c: the formula of one value, copied so that other values of the model are leaves in it.
 *
 * In: a read of the graph as elaborated, and what stands for some of its nodes. Out: a read of new nodes, without NAME.
 * No rule is applied: log(p) stays log(p), whatever p is. The time of a recurrence is an axis as any other here, since
 * the step before is a leaf too.
 *
 * needs: what stands for each NAME that is not looked through, and for each step before. */
#include "build/build.h"
#include "derivation/quantity.h"
#include "derive/derive.h"

#include <math.h>

static Known *known_of(Apart *a, const Node *n) {
  if (n->id >= a->cap) {
    int cap = n->id + (int)a->g->nnodes + 64;
    Known *bigger = ARENA_ARRAY(a->g->cx, Known, cap);
    if (a->cap) memcpy(bigger, a->known, sizeof(Known) * (size_t)a->cap);
    a->known = bigger;
    a->cap = cap;
  }
  return &a->known[n->id];
}

void apart_set(Apart *a, const Node *n, Read *r, const int *vars) {
  Known *k = known_of(a, n);
  k->read = r;
  k->vars = arena_copy(a->g->cx, vars, sizeof(int) * (size_t)(n->naxes + 1));
}

static Index *apart_index(Apart *a, const Index *e) {
  Graph *g = a->g;
  bool gathers = false;
  for (int k = 0; k < e->n; k++) gathers = gathers || e->terms[k].gather;
  if (!gathers) return (Index *)e;
  Index *sum = index_divide(g, index_constant(g, e->offset), e->divisor);
  for (int k = 0; k < e->n; k++) {
    const Term *t = &e->terms[k];
    const Read *gather = t->gather ? apart_read(a, t->gather) : NULL;
    if (t->gather && !gather) return (Index *)e;
    Index *term = gather ? index_gather(g, gather) : index_var(g, t->var);
    sum = index_combine(g, 1, sum, 1,
                        index_divide(g, index_combine(g, t->coef, term, 0, index_constant(g, 0)), e->divisor));
  }
  return sum;
}

static Read *at_own(Graph *g, Node *m, const int *vars) {
  Index *index[MAX_AXES];
  for (int k = 0; k < m->naxes; k++) index[k] = index_var(g, vars[k]);
  return read_make(g, m, index);
}

static Node *copied_operand(Apart *a, const Read *r) {
  int vars[MAX_AXES];
  Read *open = read_open(a->g, r->node, vars), *copy = apart_read(a, open);
  return copy ? build_tensor(a->g, copy, r->node->naxes, vars) : NULL;
}

static Read *copied_map(Apart *a, const Node *n, const Subst *at, const int *vars) {
  Graph *g = a->g;
  Read **x = ARENA_ARRAY(g->cx, Read *, n->nreads + 1);
  for (int k = 0; k < n->nreads; k++)
    if (!(x[k] = apart_read(a, read_substitute(g, n->reads[k], at)))) return NULL;
  if (n->op == OP_INDEX) return build_index(g, apart_index(a, index_substitute(g, n->value, at)));
  if (n->op != OP_PRODUCT) return build_op(g, n->op, x);
  if (n->reduction > RED_SUM) return build_reduce(g, n->reduction, x[0], n->nreduce, vars + n->naxes);
  Guard *guards = ARENA_ARRAY(g->cx, Guard, n->nguards + 1);
  for (int k = 0; k < n->nguards; k++)
    guards[k] = (Guard){apart_index(a, index_substitute(g, n->guards[k].e, at)), n->guards[k].n};
  return build_product(g, n->scale, n->nreads, x, n->nguards, guards, n->nreduce, vars + n->naxes);
}

static Read *copied_pieces(Apart *a, const Node *n, const int *vars) {
  Node **pieces = ARENA_ARRAY(a->g->cx, Node *, n->nreads);
  for (int p = 0; p < n->nreads; p++)
    if (!(pieces[p] = copied_operand(a, n->reads[p]))) return NULL;
  return at_own(a->g, build_pieces(a->g, n->naxes, n->axes, n->nreads, pieces, n->offsets), vars);
}

/* ---- derivatives in the model ---- */

/* A leaf in place of the name that a derivative is taken by. */
static Node *leaf_for(Graph *g, const Node *name) {
  Node proto = {.kind = NODE_OPAQUE, .scale = 1, .item = -name->id - 1, .label = name->label, .naxes = name->naxes};
  proto.lo = -INFINITY, proto.hi = INFINITY;
  for (int k = 0; k < name->naxes; k++) {
    proto.axes[k] = name->axes[k];
    proto.axes[k].scan = 0;
  }
  return graph_intern(g, &proto);
}

/* r with the leaf for the name replaced by the value of the name. */
static Read *with_value(Apart *a, Read *r, const Node *name, Node *leaf) {
  Apart back = {.g = a->g};
  int vars[MAX_AXES];
  for (int k = 0; k < name->naxes; k++) vars[k] = graph_var(a->g, leaf->axes[k]);
  Read *value = apart_read(a, at_own(a->g, (Node *)name, vars));
  if (!value) return NULL;
  apart_set(&back, leaf, value, vars);
  return apart_read(&back, r);
}

/* The GRAD n, opened by `own`: its derivative, with no name in it (simplify/gradient.c does the same by rules). */
static Read *carried_out(Apart *a, const Node *n, const Subst *own) {
  Graph *g = a->g;
  Subst at = *own, back = {0}, tie = {0};
  bool name = n->target->kind == NODE_NAME, batch = n->naxes && n->axes[0].kind == AXIS_BATCH;
  Apart inner = {.g = g, .program = a->program};
  Node *leaf = name ? leaf_for(g, n->target) : n->target;
  int vars[1][MAX_AXES], mine;
  Read *adjoint;
  if (batch && index_is_var(at.by[0], &mine)) {
    at.by[0] = index_var(g, g->batch_var);
    subst_add(&back, g->batch_var, index_var(g, mine));
  }
  for (int k = 0; k < n->target->naxes; k++) vars[0][k] = graph_var(g, leaf->axes[k]);
  if (name) apart_set(&inner, n->target, at_own(g, leaf, vars[0]), vars[0]);
  Read *root = apart_read(name ? &inner : a, read_substitute(g, n->reads[0], &at));
  if (!root) {
    a->refused = name ? inner.refused : a->refused;
    return NULL;
  }
  derive_adjoints(a->program, root, true, 1, &leaf, &adjoint, vars);
  for (int k = 0; k < leaf->naxes; k++) {
    Index *place = index_substitute(g, n->target_index[k], &at);
    int v;
    if (!index_is_var(place, &v) || v != vars[0][k]) subst_add(&tie, vars[0][k], place);
  }
  Read *r = read_substitute(g, adjoint, &tie);
  if (name) r = with_value(a, r, n->target, leaf);
  return r ? read_substitute(g, r, &back) : NULL;
}

static Read *copied(Apart *a, const Node *n, const Subst *at, const int *vars) {
  Node *operand;
  switch (n->kind) {
  case NODE_MAP: return copied_map(a, n, at, vars);
  case NODE_NAME: return apart_read(a, read_substitute(a->g, n->reads[0], at));
  case NODE_RESULT: return apart_read(a, read_substitute(a->g, n->reads[0], at));
  case NODE_RESHAPE:
    operand = copied_operand(a, n->reads[0]);
    return operand ? at_own(a->g, build_reshape(a->g, operand, n->naxes, n->axes), vars) : NULL;
  case NODE_PIECES: return copied_pieces(a, n, vars);
  case NODE_GRAD:
    if (a->program) return carried_out(a, n, at);
    a->refused = n;
    return NULL;
  case NODE_PREV: a->refused = n; return NULL;
  default: return at_own(a->g, (Node *)n, vars);
  }
}

/* Variables for the axes of n, the times of recurrences among them being plain; and for what it reduces. */
static Subst opened(Graph *g, const Node *n, int *vars) {
  Subst at = {0};
  for (int k = 0; k < n->naxes + n->nreduce; k++) {
    Axis axis = n->axes[k];
    axis.scan = 0;
    vars[k] = graph_var(g, axis);
    subst_add(&at, k, index_var(g, vars[k]));
  }
  return at;
}

Read *apart_inside(Apart *a, const Node *n, const int *vars) {
  int own[MAX_AXES];
  Subst at = opened(a->g, n, own);
  memcpy(own, vars, sizeof(int) * (size_t)n->naxes);
  for (int k = 0; k < n->naxes; k++) at.by[k] = index_var(a->g, vars[k]);
  return copied(a, n, &at, own);
}

Read *apart_read(Apart *a, const Read *r) {
  const Node *n = r->node;
  Graph *g = a->g;
  if (!known_of(a, n)->read) {
    int vars[MAX_AXES];
    Subst at = opened(g, n, vars);
    Read *copy = copied(a, n, &at, vars);
    if (!copy) return NULL;
    apart_set(a, n, copy, vars);
  }
  const Known *k = known_of(a, n);
  Subst to = {0};
  for (int i = 0; i < n->naxes; i++) subst_add(&to, k->vars[i], apart_index(a, r->index[i]));
  return read_substitute(g, k->read, &to);
}
