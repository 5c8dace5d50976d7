/* gradient.c: grad, jacobian and ∂: a GRAD node, which simplify/ replaces by the derivative. The names that they are
 * taken by are held as values of their own (asked.c). */
#include "elaborate/expr.h"

#include <math.h>

static bool reaches(Elaborator *el, Node *from, const Node *to) {
  NodeList list = graph_order(el->cx, &from, 1);
  for (int k = 0; k < list.n; k++)
    if (list.at[k] == to) return true;
  return false;
}

/* What a derivative with respect to this value is taken of: of a sequence, what its scan computes at each step. */
static Node *target_of(const Value *w) {
  return w->read->node->kind == NODE_RESULT ? w->read->node->reads[0]->node : w->read->node;
}

static void report_undifferentiable(Elaborator *el, const Value *w, const Expr *by) {
  bool constant = w->kind == VALUE_TENSOR || w->kind == VALUE_NUMBER || (w->kind == VALUE_LIST && !value_is_row(w));
  const char *name = expr_text(el->cx, by);
  elaborate_report(el, by->span, "a derivative with respect to '%s' makes no sense: it is %s", name,
                   constant ? "constant" : value_text(el, w));
  if (w->name && w->span.source) elaborate_remark(el, w->span, "'%s' is defined here", name);
  if (value_is_row(w))
    elaborate_advise(el, "a parameter of one of them is %s.0.W here, or %s[0].W in grad(L, %s[0].W)", w->name, w->name,
                     w->name);
  if (constant)
    elaborate_advise(
      el,
      "at a given point, define a value of its own and what depends on it: v = %s, then a derivative with respect to v",
      name);
}

static Value *differentiable(Elaborator *el, Scope *s, const Expr *by) {
  if (by->kind != EXPR_NAME && by->kind != EXPR_PART) {
    elaborate_report(el, by->span,
                     "a derivative is taken with respect to a name; give this value one in a definition of its own");
    return NULL;
  }
  Value *w = elaborate_expr(el, s, by);
  if (value_is_poison(w)) return NULL;
  if ((w->kind == VALUE_NUMBER && w->read) || (w->kind == VALUE_LIST && w->array))
    w = value_as_tensor(el, w, by->span, "a derivative");
  NodeKind kind = w->kind == VALUE_TENSOR ? target_of(w)->kind : NODE_CONST;
  if (kind != NODE_NAME && kind != NODE_PARAM && kind != NODE_INPUT && kind != NODE_STATE) {
    report_undifferentiable(el, w, by);
    return NULL;
  }
  if (w->read->node->integer) {
    elaborate_report(el, by->span, "a derivative with respect to '%s' makes no sense: its values are whole numbers",
                     expr_text(el->cx, by));
    elaborate_remark(el, w->span, "'%s' is declared here", expr_text(el->cx, by));
    return NULL;
  }
  return w;
}

/* A GRAD of t by w, at their own axes; what they depend on besides (the batch, indices of a sum around) stands in
 * front. */
static Value *gradient_node(Elaborator *el, const Value *t, const Value *w, Span span) {
  Value *f = value_fresh(el, t), *x = value_fresh(el, w);
  int vars[4 * MAX_AXES], n = read_vars(x->read, vars, read_vars(f->read, vars, 0));
  int own[2 * MAX_AXES], nown = 0;
  for (int k = 0; k < f->rank; k++) own[nown++] = f->vars[k];
  for (int k = 0; k < x->rank; k++) own[nown++] = x->vars[k];
  int all[4 * MAX_AXES], m = 0;
  for (int k = 0; k < n; k++)
    if (!vars_contain(own, nown, vars[k])) all[m++] = vars[k];
  for (int k = 0; k < nown; k++) all[m++] = own[k];
  if (m > MAX_AXES) {
    elaborate_report(el, span, "this derivative has %d axes; %d are the most", m, MAX_AXES);
    return value_poison(el, span);
  }
  Subst inside = {0};
  Node proto = {
    .kind = NODE_GRAD, .scale = 1, .naxes = m, .nreads = 1, .target = target_of(x), .lo = -INFINITY, .hi = INFINITY};
  Index *index[MAX_AXES];
  for (int k = 0; k < m; k++) {
    subst_add(&inside, all[k], index_var(el->g, k));
    index[k] = index_var(el->g, all[k]);
    proto.axes[k] = graph_var_axis(el->g, all[k]);
  }
  Read *r = read_substitute(el->g, f->read, &inside);
  proto.reads = arena_copy(el->cx, &r, sizeof r);
  proto.target_index = ARENA_ARRAY(el->cx, Index *, x->read->node->naxes);
  for (int k = 0; k < x->read->node->naxes; k++)
    proto.target_index[k] = index_substitute(el->g, x->read->index[k], &inside);
  return value_tensor(el, read_make(el->g, graph_intern(el->g, &proto), index), nown, own, span);
}

Value *expr_gradient(Elaborator *el, Scope *s, const Expr *e, const Expr *of, const Expr *by, bool jacobian) {
  Value *value = elaborate_expr(el, s, of), *w = differentiable(el, s, by);
  if (value_is_poison(value) || !w) return value_poison(el, e->span);
  Value *t = value_as_tensor(el, value, of->span, "what is differentiated");
  if (!t) return value_poison(el, e->span);
  if (!jacobian && t->rank == 1 && value_axis(el, t, 0).kind == AXIS_PLAIN && value_axis(el, t, 0).extent == 1)
    t = value_at(el, t, 1, (Index *[]){index_constant(el->g, 0)});
  if (!jacobian && t->rank) {
    elaborate_report(el, of->span, "grad needs a single number, found %s", value_text(el, t));
    elaborate_advise(el, "jacobian(v, w) is the derivative of an array; grad(sum(v), w) that of its sum");
    return value_poison(el, e->span);
  }
  if (t->read->node->integer) {
    elaborate_report(el, of->span, "a derivative of whole numbers makes no sense: they jump, and are flat in between");
    return value_poison(el, e->span);
  }
  if (!reaches(el, t->read->node, target_of(w))) {
    elaborate_report(el, e->span, "'%s' does not depend on '%s'", expr_text(el->cx, of), expr_text(el->cx, by));
    elaborate_remark(el, w->span, "'%s' is defined here", expr_text(el->cx, by));
    return value_poison(el, e->span);
  }
  return gradient_node(el, t, w, e->span);
}
