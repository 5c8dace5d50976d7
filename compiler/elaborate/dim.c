/* dim.c: `dim T <= 64`: extents that each example has for itself.
 *
 * An axis of such an extent has its bound as its extent in the graph, and says which expression of the input T (T
 * itself, H - 2, floor(H/2)) counts its places. What is beyond them is storage and nothing else: reductions leave it
 * out, an index into it is an error or reads 0, outputs have 0 there. */
#include "elaborate/expr.h"

#include <math.h>

/* ---- extents ---- */

static Read *unnamed(Graph *g, const Read *r);

static Index *unnamed_index(Graph *g, const Index *e) {
  Index *sum = index_divide(g, index_constant(g, e->offset), e->divisor), *zero = index_constant(g, 0);
  for (int k = 0; k < e->n; k++) {
    const Term *t = &e->terms[k];
    Index *term = t->gather ? index_gather(g, unnamed(g, t->gather)) : index_var(g, t->var);
    sum = index_combine(g, 1, sum, 1, index_divide(g, index_combine(g, t->coef, term, 0, zero), e->divisor));
  }
  return sum;
}

/* The value under a user's name: a formal `n` that is T is T. */
static Read *unnamed(Graph *g, const Read *r) {
  while (r->node->kind == NODE_NAME) { r = read_operand(g, r, 0); }
  return (Read *)r;
}

static bool only_extents(Elaborator *el, const Index *e) {
  for (int k = 0; k < e->n; k++) {
    if (!e->terms[k].gather) return false;
    Node *root = e->terms[k].gather->node;
    NodeList list = graph_order(el->cx, &root, 1);
    for (int i = 0; i < list.n; i++) {
      const Node *n = list.at[i];
      bool input = n->kind == NODE_INPUT && el->program->inputs.at[n->item].kind == INPUT_EXTENT;
      if (n->kind != NODE_MAP && n->kind != NODE_NAME && !input) return false;
    }
  }
  return e->n > 0;
}

/* v as an index of extents alone; NULL where it is none. */
static Index *extent_index(Elaborator *el, const Value *v) {
  if (v->kind != VALUE_TENSOR || v->rank || !v->read->node->integer) return NULL;
  Index *e = unnamed_index(el->g, index_gather(el->g, unnamed(el->g, v->read)));
  return only_extents(el, e) ? e : NULL;
}

bool dim_is(Elaborator *el, const Value *v) { return extent_index(el, v) != NULL; }

bool extent_of(Elaborator *el, const Value *v, Span span, const char *what, Axis *axis) {
  Graph *g = el->g;
  Index *e = extent_index(el, v);
  double lo, hi;
  if (!e) {
    int64_t n = value_whole(el, v, span, what, 1);
    *axis = PLAIN(n);
    return n >= 0;
  }
  if (e->divisor != 1 || !index_range(g, e, NULL, &lo, &hi) || hi < 1) {
    elaborate_report(el, span, "%s is not a whole number of at least 1 for any example", what);
    return false;
  }
  *axis = PLAIN((int64_t)hi);
  for (int k = 0; k < g->ndims && !axis->dim; k++)
    if (index_equal(g->dims[k], e)) axis->dim = k + 1;
  if (axis->dim) return true;
  if (g->ndims == MOST_DIMS) {
    elaborate_report(el, span, "more than %d different extents of examples", MOST_DIMS);
    return false;
  }
  g->dims[g->ndims++] = e;
  axis->dim = g->ndims;
  return true;
}

Value *dim_extent(Elaborator *el, int dim, Span span) {
  return value_tensor(el, build_index(el->g, el->g->dims[dim - 1]), 0, NULL, span);
}

/* ---- places ---- */

Read *dim_condition(Elaborator *el, int var) {
  Graph *g = el->g;
  int dim = graph_var_axis(g, var).dim;
  return build_op2(g, OP_LT, build_index(g, index_var(g, var)), build_index(g, g->dims[dim - 1]));
}

/* e with each variable that has an extent of its own at its largest or smallest value. */
static Index *extreme(Elaborator *el, const Index *e, bool high) {
  Graph *g = el->g;
  Subst s = {0};
  for (int k = 0; k < e->n; k++) {
    if (e->terms[k].gather) continue;
    Axis a = graph_var_axis(g, e->terms[k].var);
    if (!a.dim) continue;
    bool most = (e->terms[k].coef > 0) == high;
    subst_add(&s, e->terms[k].var,
              most ? index_combine(g, 1, g->dims[a.dim - 1], -1, index_constant(g, 1)) : index_constant(g, 0));
  }
  return index_substitute(g, e, &s);
}

/* floor(n/k) of a whole n, as it stands in an index: n in *top and k; false for anything else. */
static bool is_floor(Elaborator *el, const Read *r, Index **top, int64_t *k) {
  Graph *g = el->g;
  r = unnamed(g, r);
  if (r->node->kind == NODE_MAP && r->node->op == OP_QUOTIENT) {
    double c;
    if (!read_constant(read_operand(g, r, 1), &c) || c < 1) return false;
    *top = unnamed_index(g, index_gather(g, unnamed(g, read_operand(g, r, 0))));
    *k = (int64_t)c;
    return true;
  }
  if (r->node->kind != NODE_MAP || r->node->op != OP_FLOOR) return false;
  Read *x = unnamed(g, read_operand(g, r, 0));
  const Node *n = x->node;
  if (n->kind != NODE_MAP || n->op != OP_PRODUCT || n->nreads != 1 || n->nreduce || n->nguards || n->scale < 1e-9)
    return false;
  *k = (int64_t)llround(1 / n->scale);
  if (fabs((double)*k * n->scale - 1) > 1e-12) return false;
  Read *whole = unnamed(g, read_operand(g, x, 0));
  if (!whole->node->integer) return false;
  *top = unnamed_index(g, index_gather(g, whole));
  return true;
}

/* A linear bound of e from above: n/k - (k-1)/k <= floor(n/k) <= n/k. */
static Index *without_floors(Elaborator *el, const Index *e) {
  Graph *g = el->g;
  Index *sum = index_divide(g, index_constant(g, e->offset), e->divisor), *zero = index_constant(g, 0);
  for (int i = 0; i < e->n; i++) {
    const Term *t = &e->terms[i];
    Index *top, *term = t->gather ? index_gather(g, t->gather) : index_var(g, t->var);
    int64_t k = 1;
    if (t->gather && is_floor(el, t->gather, &top, &k))
      term = t->coef > 0 ? top : index_combine(g, 1, top, -1, index_constant(g, k - 1));
    else k = 1;
    sum = index_combine(g, 1, sum, 1, index_divide(g, index_combine(g, t->coef, term, 0, zero), k * e->divisor));
  }
  return sum;
}

bool dim_within(Elaborator *el, int dim, const Index *e) {
  Graph *g = el->g;
  double lo, hi;
  if (e->divisor != 1) return false;
  if (!index_range(g, extreme(el, e, false), NULL, &lo, &hi) || lo < 0) return false;
  Index *over = index_combine(g, 1, extreme(el, e, true), -1, g->dims[dim - 1]);
  if (index_range(g, over, NULL, &lo, &hi) && hi < 0) return true;
  over = without_floors(el, over);
  return index_range(g, over, NULL, &lo, &hi) && hi < 0;
}
