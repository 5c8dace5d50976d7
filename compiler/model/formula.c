/* formula.c: what derivative lines and right sides of rules say, elaborated once, over formals.
 *
 * `rule a / sum(exp(x)) => a * exp(-logsumexp(x))`: a is a leaf without axes, x one with a batch axis, which stands for
 * all axes that the sum is over, however many these are. Later stages put values in place of the leaves (apply_law.c).
 */
#include "model/run.h"

static Value *formal_value(Elaborator *el, const Formula *f, int k, Span span) {
  Axis all = {.kind = AXIS_BATCH, .extent = f->group[k]};
  int vars[1];
  Node *leaf = build_leaf(el->g, NODE_FORMAL, k, f->group[k] ? 1 : 0, &all, NULL);
  Read *r = read_open(el->g, leaf, vars);
  return value_tensor(el, r, leaf->naxes, vars, span);
}

static bool gathers(const Index *e) {
  for (int k = 0; k < e->n; k++)
    if (e->terms[k].gather) return true;
  return false;
}

static bool reads_gather(const Node *n) {
  bool any = n->value && gathers(n->value);
  for (int k = 0; k < n->nguards; k++) any = any || gathers(n->guards[k].e);
  for (int k = 0; k < n->nreads; k++)
    for (int j = 0; j < n->reads[k]->node->naxes; j++) any = any || gathers(n->reads[k]->index[j]);
  return any;
}

/* Made of operations and reductions of formals and constants alone? The number of places that something is reduced over
 * has a meaning where there is one reduction. */
static bool is_formula(Elaborator *el, Formula *f) {
  int most = 0;
  for (int k = 0; k < f->nformals; k++) most = f->group[k] > most ? f->group[k] : most;
  f->nodes = graph_order(el->cx, (Node *const[]){f->value->node}, 1);
  for (int k = 0; k < f->nodes.n; k++) {
    const Node *n = f->nodes.at[k];
    NodeKind kind = n->kind;
    bool counts = kind == NODE_BATCH && most == 1;
    bool made = kind == NODE_MAP || kind == NODE_CONST || kind == NODE_NAME || kind == NODE_FORMAL;
    if (!(counts || made) || reads_gather(n)) return false;
  }
  return true;
}

static void make_formula(Elaborator *el, Formula *f, const Stmt *st, const Expr *e, const char *what) {
  Scope *s = scope_new(el, SCOPE_BLOCK, scope_home(el, e->span));
  for (int k = 0; k < f->nformals; k++) scope_bind(el, s, f->names[k], formal_value(el, f, k, e->span), st->span);
  Value *v = elaborate_expr(el, s, e);
  Value *t = value_is_poison(v) ? NULL : value_as_tensor(el, v, e->span, what);
  if (!t) return;
  f->value = t->read;
  bool of_names = t->rank && value_axis(el, t, 0).kind == AXIS_BATCH;
  if (t->rank)
    elaborate_report(el, e->span, "the right side of %s must be a single number, found %s", what,
                     of_names ? "an array like that of the left side" : value_text(el, t));
  else if (!is_formula(el, f))
    elaborate_report(el, e->span, "the right side of %s is made of scalar functions, reductions and constants", what);
}

static Formula *derivative_formulas(Elaborator *el, const Stmt *st) {
  Formula *all = ARENA_ARRAY(el->cx, Formula, st->nvalues);
  for (int k = 0; k < st->nvalues; k++) {
    Formula *f = &all[k];
    f->of_model = st->span.source != el->prelude;
    for (int j = 0; j < st->nformals; j++) f->names[f->nformals++] = st->formals[j].name;
    make_formula(el, f, st, st->values[k], "a derivative");
  }
  return all;
}

/* An empty graph that knows the variables of another, since constants of the model may be read in them. Its nodes have
 * ids that no node of the other has yet. */
static Graph *graph_beside(const Graph *g) {
  Graph *h = graph_new(g->cx);
  h->vars = arena_copy(g->cx, g->vars, sizeof *g->vars * (size_t)g->nvars);
  h->nvars = h->cap_vars = g->nvars;
  h->nnodes = g->nnodes;
  h->exact = g->exact;
  return h;
}

/* In a graph of their own: nothing of the program's is made of formals. */
void formula_make_all(Model *model) {
  Elaborator *el = model->el;
  Laws *laws = &el->program->laws;
  Graph *before = el->g;
  el->g = graph_beside(before);
  for (int op = 0; op < OP_COUNT; op++)
    if (model->derivatives[op]) laws->derivatives[op] = derivative_formulas(el, model->derivatives[op]);
  for (int k = 0; k < laws->rules.n; k++) {
    Rule *r = &laws->rules.at[k];
    make_formula(el, &r->right, r->stmt, r->stmt->value2, "a rule");
  }
  el->g = before;
}
