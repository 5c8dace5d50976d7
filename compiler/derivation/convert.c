/* convert.c: reads of the graph to formulas.
 *
 * In: an open read without NAME. Out: the formula of one element. What the graph has for machines becomes what it
 * means: select(a, b) and keep(a, b) are a b and a, logratio(a, b) is a - b. */
#include "derivation/form.h"

static Form *of_leaf(Context *cx, const Read *r) {
  Form *f = form_new(cx, FORM_SYMBOL);
  f->read = r;
  return f;
}

static Form *holds(Graph *g, Index *e, int64_t extent) {
  Form *f = form_new(g->cx, FORM_HOLDS);
  if (extent == 1 && e->n && e->terms[0].coef < 0) e = index_combine(g, -1, e, 0, e); /* i = t, not t = i */
  f->index = e;
  f->extent = extent;
  return f;
}

static Form *of_product(Graph *g, const Read *r) {
  const Node *n = r->node;
  Subst at = read_subst(r);
  int vars[MAX_AXES];
  Forms factors = {0};
  for (int k = 0; k < n->nreduce; k++) {
    vars[k] = graph_var(g, n->axes[n->naxes + k]);
    subst_add(&at, n->naxes + k, index_var(g, vars[k]));
  }
  VEC_PUSH(g->cx, &factors, form_number(g->cx, n->scale));
  for (int k = 0; k < n->nreads; k++) VEC_PUSH(g->cx, &factors, form_of_read(g, read_substitute(g, n->reads[k], &at)));
  for (int k = 0; k < n->nguards; k++)
    VEC_PUSH(g->cx, &factors, holds(g, index_substitute(g, n->guards[k].e, &at), n->guards[k].n));
  Form *body = form_product(g->cx, factors.at, factors.n);
  return n->nreduce ? form_reduce(g, n->reduction, vars, n->nreduce, body) : body;
}

/* Pieces in an array of zeros: the sum of them, each where it stands. */
static Form *of_pieces(Graph *g, const Read *r) {
  const Node *n = r->node;
  Forms terms = {0};
  for (int p = 0; p < n->nreads; p++) {
    const Node *piece = n->reads[p]->node;
    Forms factors = {0};
    Index *index[MAX_AXES];
    for (int k = 0; k < n->naxes; k++) {
      Index *offset = index_constant(g, n->offsets[p * n->naxes + k]);
      index[k] = index_combine(g, 1, r->index[k], -1, offset);
      if (n->axes[k].kind != AXIS_PLAIN || piece->axes[k].extent == n->axes[k].extent) continue;
      VEC_PUSH(g->cx, &factors, holds(g, index[k], piece->axes[k].extent));
    }
    VEC_PUSH(g->cx, &factors, form_of_read(g, read_make(g, n->reads[p]->node, index)));
    VEC_PUSH(g->cx, &terms, form_product(g->cx, factors.at, factors.n));
  }
  return form_sum(g->cx, terms.at, terms.n);
}

/* Axes of extent 1 alone come or go: the same element under other indices. */
static bool reshape_index(Graph *g, const Read *r, Index **index) {
  const Node *n = r->node, *x = n->reads[0]->node;
  int i = 0, j = 0;
  while (i < n->naxes || j < x->naxes) {
    if (i < n->naxes && j < x->naxes && n->axes[i].kind == x->axes[j].kind && n->axes[i].extent == x->axes[j].extent)
      index[j++] = r->index[i++];
    else if (i < n->naxes && n->axes[i].kind == AXIS_PLAIN && n->axes[i].extent == 1) i++;
    else if (j < x->naxes && x->axes[j].kind == AXIS_PLAIN && x->axes[j].extent == 1) index[j++] = index_constant(g, 0);
    else return false;
  }
  return true;
}

static Form *of_reshape(Graph *g, const Read *r) {
  const Node *x = r->node->reads[0]->node;
  Index *index[MAX_AXES];
  if (reshape_index(g, r, index)) return form_of_read(g, read_make(g, (Node *)x, index));
  Form *f = form_new(g->cx, FORM_VIEW);
  f->read = r;
  for (int k = 0; k < x->naxes; k++) {
    bool example = k == 0 && x->axes[k].kind == AXIS_BATCH;
    if (example) index[k] = r->index[0];
    else index[k] = index_var(g, f->vars[f->nvars++] = graph_var(g, x->axes[k]));
  }
  Form *inner = form_of_read(g, read_make(g, (Node *)x, index));
  f->n = 1;
  f->at = arena_copy(g->cx, &inner, sizeof inner);
  return f;
}

static Form *of_quotient(Context *cx, Form *const *x) {
  return form_product(cx, (Form *[]){x[0], form_power(cx, x[1], -1)}, 2);
}

static bool is_real(const Form *f) {
  return f->kind != FORM_NUMBER && f->kind != FORM_INDEX && !(f->kind == FORM_SYMBOL && f->read->node->integer);
}

/* where(x == 0, 0, ...) of a real number x: a root there has derivative 0 by convention. */
static bool is_convention(const Form *c, const Form *a) {
  if (!form_is_number(a, 0) || c->kind != FORM_CALL || c->op != OP_EQ) return false;
  return (form_is_number(c->at[0], 0) && is_real(c->at[1])) || (form_is_number(c->at[1], 0) && is_real(c->at[0]));
}

static Form *opposite(Context *cx, Form *c) {
  Form *turned[2] = {c->n == 2 ? c->at[1] : NULL, c->n == 2 ? c->at[0] : NULL};
  if (c->kind == FORM_CALL && c->op == OP_EQ) return form_call(cx, OP_NE, c->at, 2);
  if (c->kind == FORM_CALL && c->op == OP_NE) return form_call(cx, OP_EQ, c->at, 2);
  if (c->kind == FORM_CALL && c->op == OP_LT) return form_call(cx, OP_LE, turned, 2);
  if (c->kind == FORM_CALL && c->op == OP_LE) return form_call(cx, OP_LT, turned, 2);
  return form_call(cx, OP_NOT, &c, 1);
}

static Form *of_operation(Graph *g, const Node *n, Form **x) {
  Context *cx = g->cx;
  switch (n->op) { /* what it means to a reader, a line for each */
  case OP_ADD: return form_sum(cx, x, 2);
  case OP_SUB:
  case OP_LOGRATIO: return form_sum(cx, (Form *[]){x[0], form_negative(cx, x[1])}, 2);
  case OP_SIGMOID_MINUS: return form_sum(cx, (Form *[]){form_call(cx, OP_SIGMOID, x, 1), form_negative(cx, x[1])}, 2);
  case OP_DIV: return of_quotient(cx, x);
  case OP_SELECT: return form_product(cx, x, 2);
  case OP_KEEP:
  case OP_DRAWN: return x[0];
  case OP_SQRT: return form_power(cx, x[0], 0.5);
  case OP_POW: return x[1]->kind == FORM_NUMBER ? form_power(cx, x[0], x[1]->number) : form_call(cx, OP_POW, x, 2);
  case OP_WHERE:
    if (is_convention(x[0], x[1])) return x[2];
    if (form_is_number(x[1], 0)) return form_product(cx, (Form *[]){x[2], opposite(cx, x[0])}, 2);
    if (form_is_number(x[2], 0)) return form_product(cx, (Form *[]){x[1], x[0]}, 2);
    return form_call(cx, OP_WHERE, x, 3);
  default: return form_call(cx, n->op, x, n->nreads);
  }
}

Form *form_of_read(Graph *g, const Read *r) {
  const Node *n = r->node;
  double c;
  if (!n->naxes && read_constant(r, &c)) return form_number(g->cx, c);
  if (n->kind == NODE_RESHAPE) return of_reshape(g, r);
  if (n->kind == NODE_PIECES) return of_pieces(g, r);
  if (n->kind != NODE_MAP) return of_leaf(g->cx, r);
  if (n->op == OP_PRODUCT) return of_product(g, r);
  if (n->op == OP_INDEX) {
    Form *f = form_new(g->cx, FORM_INDEX);
    Subst at = read_subst(r);
    f->index = index_substitute(g, n->value, &at);
    return f;
  }
  Form **x = ARENA_ARRAY(g->cx, Form *, n->nreads + 1);
  for (int k = 0; k < n->nreads; k++) x[k] = form_of_read(g, read_operand(g, r, k));
  return of_operation(g, n, x);
}
