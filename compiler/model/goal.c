/* goal.c: what the program computes: losses, metrics and outputs as routines over a whole batch.
 *
 * A loss that depends on the example becomes its mean over the batch: sum(b) L[b] / n. */
#include "model/run.h"

Node *goal_coupling(Elaborator *el, Node *root) {
  NodeList list = graph_order(el->cx, &root, 1);
  for (int k = 0; k < list.n; k++) {
    const Node *n = list.at[k];
    int batch = 0;
    if (n->kind == NODE_GRAD) continue;
    for (int j = 0; j < n->naxes + n->nreduce; j++) batch += n->axes[j].kind == AXIS_BATCH ? (j < n->naxes ? 1 : 2) : 0;
    if (batch > 1) return list.at[k];
  }
  return NULL;
}

static bool uses_batch(Elaborator *el, const Read *r) { return read_uses(r, el->g->batch_var); }

/* A loss or metric as one number: its mean over the examples where it depends on them. */
static Node *mean_root(Elaborator *el, const Read *r) {
  Read *value = (Read *)r;
  if (uses_batch(el, r)) {
    int all = graph_var(el->g, OVER_BATCH);
    Subst s = {0};
    subst_add(&s, el->g->batch_var, index_var(el->g, all));
    Read *n = read_make(el->g, build_leaf(el->g, NODE_BATCH, 0, 0, NULL, "n"), NULL);
    value = build_div(el->g, build_reduce(el->g, RED_SUM, read_substitute(el->g, r, &s), 1, &all), n);
  }
  return build_tensor(el->g, value, 0, NULL);
}

/* The value of a statement `loss L = e`, as a definition; rank 0, or NULL. */
static Value *scalar_statement(Elaborator *el, Scope *s, const Stmt *st, const char *what) {
  const Target *t = &st->targets[0];
  Value *v;
  if (t->indexed) {
    elaborate_report(el, t->span, "a %s is a single number and takes no indices", what);
    elaborate_advise(el, "%s %s = sum(%s) ... or mean(%s) ... makes one of all", what, t->name,
                     t->binders[0].name ? t->binders[0].name : "i", t->binders[0].name ? t->binders[0].name : "i");
    return NULL;
  }
  if (!st->value) {
    v = lookup(el, s, t->name, t->span);
  } else {
    if (scope_find(s, t->name) && scope_find(s, t->name)->value->kind != VALUE_FUNCTION) {
      Span before = scope_find(s, t->name)->span;
      bool again = before.source == t->span.source && before.start == t->span.start;
      elaborate_report(el, t->span,
                       again ? "a 'for' cannot define the %s '%s' more than once" : "'%s' is already defined",
                       again ? what : t->name, t->name);
      if (!again) elaborate_remark(el, before, "it is defined here");
      return NULL;
    }
    path_name_calls(el, s, t->name, st->value, NULL);
    v = elaborate_expr(el, s, st->value);
  }
  if (value_is_poison(v)) {
    if (st->value) scope_bind(el, s, t->name, v, t->span);
    return NULL;
  }
  Value *x = value_as_tensor(el, v, st->span, what);
  if (x && x->rank == 1 && value_axis(el, x, 0).kind == AXIS_PLAIN && value_axis(el, x, 0).extent == 1)
    x = value_at(el, x, 1, (Index *[]){index_constant(el->g, 0)});
  if (x && x->rank) {
    elaborate_report(el, t->span, "a %s is a single number per example, but '%s' is %s", what, t->name,
                     value_text(el, x));
    elaborate_remark_product(el, x);
    elaborate_advise(el, "sum(...) or mean(...) makes one of it");
    x = NULL;
  }
  if (!x) {
    if (st->value) scope_bind(el, s, t->name, value_poison(el, t->span), t->span);
    return NULL;
  }
  Value *named = value_named(el, s, t->name, x);
  named->span = t->span;
  define_path(el, s, named, t->name);
  if (st->value) scope_bind(el, s, t->name, named, t->span);
  return named;
}

static void push_routine(Elaborator *el, Routine r, Node *root, DestKind dest, int item) {
  r.roots = ARENA_NEW(el->cx, Root);
  r.roots[0] = (Root){root, dest, item};
  r.nroots = 1;
  VEC_PUSH(el->cx, &el->program->routines, r);
}

static int loss_index(Elaborator *el, const char *name) {
  for (int k = 0; k < el->program->losses.n; k++)
    if (el->program->losses.at[k] == name) return k;
  return -1;
}

void goal_loss(Elaborator *el, Scope *s, const Stmt *st) {
  Value *v = scalar_statement(el, s, st, "loss");
  if (!v) return;
  const char *name = st->targets[0].name;
  if (loss_index(el, name) < 0) VEC_PUSH(el->cx, &el->program->losses, name);
  Routine r = {
    .kind = ROUTINE_LOSS, .name = name, .loss = loss_index(el, name), .stated = v->read->node, .span = st->span};
  Node *root = mean_root(el, v->read);
  if (goal_coupling(el, v->read->node)) el->program->coupled = true;
  push_routine(el, r, root, DEST_RETURN, 0);
  if (el->second_pass) return;
  r.kind = ROUTINE_GRAD;
  push_routine(el, r, root, DEST_RETURN, 0);
}

void goal_metric(Elaborator *el, Scope *s, const Stmt *st) {
  Value *v = scalar_statement(el, s, st, "metric");
  if (!v) return;
  Routine r = {.kind = ROUTINE_METRIC, .name = st->targets[0].name, .span = st->span};
  push_routine(el, r, mean_root(el, v->read), DEST_RETURN, 0);
}

void goal_output(Elaborator *el, Scope *s, const Stmt *st) {
  const Target *t = &st->targets[0];
  if (st->value) {
    Stmt define = *st;
    define.kind = STMT_DEFINE;
    if (!statement_in_body(el, s, &define)) return;
  }
  Value *v = lookup(el, s, t->name, t->span);
  if (value_is_poison(v)) return;
  Value *x = value_as_tensor(el, v, st->span, "an output");
  if (!x) return;
  Value *f = value_fresh(el, x);
  int vars[2 * MAX_AXES], n = 0;
  Routine r = {
    .kind = ROUTINE_OUTPUT, .name = t->name, .rank = f->rank, .integer = f->read->node->integer, .span = st->span};
  if (node_is_bounded(f->read->node) && (f->read->node->lo < INT32_MIN || f->read->node->hi > INT32_MAX))
    r.integer = false; /* no int32_t */
  if (r.integer && f->read->node->lo >= 0 && f->read->node->hi < INT32_MAX) r.classes = (int)f->read->node->hi + 1;
  r.per_example = uses_batch(el, f->read);
  if (r.per_example) vars[n++] = el->g->batch_var;
  for (int k = 0; k < f->rank; k++) {
    vars[n++] = f->vars[k];
    r.shape[k] = value_axis(el, f, k).extent;
  }
  if (el->asked_training && !el->second_pass) return; /* it is the second pass that says what an output is */
  Node *across = goal_coupling(el, f->read->node);
  for (int k = 0; k < f->rank && !across; k++)
    if (value_axis(el, f, k).kind != AXIS_PLAIN) across = f->read->node;
  if (across) {
    elaborate_report(el, t->span, "an output is computed for each example on its own, but '%s' looks across the batch",
                     t->name);
    elaborate_remark(el, across->span, "here");
    return;
  }
  Read *value = f->read;
  for (int k = 0; k < f->rank; k++) /* 0 beyond the end */
    if (value_axis(el, f, k).dim)
      value = build_op(el->g, OP_WHERE, (Read *[]){dim_condition(el, f->vars[k]), value, build_constant(el->g, 0)});
  push_routine(el, r, build_tensor(el->g, value, n, vars), DEST_OUT, 0);
}
