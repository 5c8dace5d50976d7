/* claim.c: `check a == b`: two sides, open in the same variables.
 *
 * In `check y[i] == sum(j) W[i, j] x[j]` i is free in both, and runs over the places of y; where sides are arrays,
 * their axes are further variables. */
#include "model/run.h"

#include <string.h>

struct Claim { /* what names mean where a check stands */
  Elaborator *el;
  Scope *scope;
  Binding *first; /* of the scope, when it stood there: later definitions stand before it */
  const Named *named;
  int nnamed;
};

/* A side of a check: 0 on both where an example has no such place. */
static Read *within_extents(Elaborator *el, Read *side, const Check *c) {
  Guard guards[MAX_AXES];
  int n = 0;
  for (int k = 0; k < c->nvars; k++) {
    int dim = graph_var_axis(el->g, c->vars[k]).dim;
    if (dim) guards[n++] = guard_within(el->g, dim, index_var(el->g, c->vars[k]));
  }
  return n ? build_product(el->g, 1, 1, &side, n, guards, 0, NULL) : side;
}

const struct Claim *claim_keep(Elaborator *el, Scope *s) {
  struct Claim *claim = ARENA_NEW(el->cx, struct Claim);
  *claim = (struct Claim){el, s, s->first, el->named.at, el->named.n};
  return claim;
}

void claim_run(Elaborator *el, Scope *s, const Stmt *st) {
  Binder binders[MAX_AXES];
  int n = extent_free_indices(el, s, st->value2, binders,
                              extent_free_indices(el, s, st->value, binders, 0, MAX_AXES / 2), MAX_AXES / 2),
      vars[MAX_AXES];
  Scope *inner = scope_new(el, SCOPE_BLOCK, s);
  if (!extent_bind_indices(el, inner, binders, n, st->value, st->value2, vars)) return;
  path_name_calls(el, s, NULL, st->value, st->value2);
  Value *a = elaborate_expr(el, inner, st->value), *b = elaborate_expr(el, inner, st->value2);
  if (value_is_poison(a) || value_is_poison(b)) return;
  Value *x = value_as_tensor(el, a, st->value->span, "a side of a check"),
        *y = value_as_tensor(el, b, st->value2->span, "a side of a check");
  if (!x || !y) return;
  Value *longer = x->rank >= y->rank ? x : y;
  Value *f = value_fresh(el, longer);
  bool fits = true;
  for (int k = 1; k <= x->rank && k <= y->rank; k++)
    fits = fits && value_same_extent(el, x, x->rank - k, y, y->rank - k);
  if (!fits || n + f->rank > MAX_AXES) {
    elaborate_report(el, st->span, "the two sides of the check have different shapes: %s and %s", value_text(el, x),
                     value_text(el, y));
    if (x->name) elaborate_remark(el, x->span, "'%s' is %s", x->name, value_text(el, x));
    if (y->name) elaborate_remark(el, y->span, "'%s' is %s", y->name, value_text(el, y));
    return;
  }
  Check c = {.stmt = st, .nvars = n, .nindices = n, .claim = claim_keep(el, s)};
  for (int k = 0; k < n; k++) c.vars[k] = vars[k], c.names[k] = binders[k].name;
  Index *index[MAX_AXES];
  for (int k = 0; k < f->rank; k++) {
    c.names[c.nvars] = NULL;
    c.vars[c.nvars++] = f->vars[k];
    index[k] = index_var(el->g, f->vars[k]);
  }
  c.a = within_extents(el, value_at(el, x, x->rank, index + f->rank - x->rank)->read, &c);
  c.b = within_extents(el, value_at(el, y, y->rank, index + f->rank - y->rank)->read, &c);
  VEC_PUSH(el->cx, &el->program->checks, c);
}

/* ---- the same with another text ---- */

typedef struct Before { /* what a trial may change, and leaves as it was */
  Elaborator el;
  Span span;
  int params, states, draws;
} Before;

static Before trial_begin(const struct Claim *claim) {
  Elaborator *el = claim->el;
  Program *p = el->program;
  Before before = {*el, el->g->span, p->params.n, p->states.n, p->ndraws};
  el->quiet = true;
  el->failed = false;
  el->training = 1;
  el->turns = 0;
  el->named.at = (Named *)claim->named;
  el->named.n = el->named.cap = claim->nnamed;
  claim->scope->first = claim->first;
  return before;
}

/* False where the trial went wrong, or made parameters. */
static bool trial_end(const struct Claim *claim, const Before *before, Binding *first) {
  Program *p = claim->el->program;
  bool fine =
    !claim->el->failed && p->params.n == before->params && p->states.n == before->states && p->ndraws == before->draws;
  *claim->el = before->el;
  claim->el->g->span = before->span;
  p->params.n = before->params, p->states.n = before->states, p->ndraws = before->draws;
  claim->scope->first = first;
  return fine;
}

/* The value at the variables of the check; NULL where it has another shape. */
static Read *at_check(Elaborator *el, const Check *c, Value *y) {
  Index *index[MAX_AXES];
  int more = c->nvars - c->nindices - y->rank;
  if (more < 0) return NULL;
  for (int k = 0; k < y->rank; k++) {
    int var = c->vars[c->nindices + more + k];
    Axis mine = value_axis(el, y, k), its = graph_var_axis(el->g, var);
    if (!axis_equal(mine, its) || mine.dim != its.dim) return NULL;
    index[k] = index_var(el->g, var);
  }
  return within_extents(el, value_at(el, y, y->rank, index)->read, c);
}

Read *claim_read(const Check *c, const Block *lines, const Expr *side) {
  const struct Claim *claim = c->claim;
  Elaborator *el = claim->el;
  Binding *first = claim->scope->first;
  Before before = trial_begin(claim);
  Scope *inner = scope_new(el, SCOPE_BLOCK, claim->scope);
  Value *returned = NULL;
  Read *r = NULL;
  if (lines) statement_run_block(el, inner, lines, &returned);
  inner = scope_new(el, SCOPE_BLOCK, inner);
  for (int k = 0; k < c->nindices; k++)
    scope_bind(el, inner, c->names[k],
               value_tensor(el, build_index(el->g, index_var(el->g, c->vars[k])), 0, NULL, side->span), side->span);
  Value *v = el->failed ? NULL : elaborate_expr(el, inner, side);
  Value *y = v && !el->failed && !value_is_poison(v) ? value_as_tensor(el, v, side->span, "a side of a check") : NULL;
  if (y) r = at_check(el, c, y);
  return trial_end(claim, &before, first) ? r : NULL;
}

/* ---- what there is to name ---- */

/* The statement of the model that defines the name by a formula; NULL: none does. */
static const Stmt *definition_of(const Elaborator *el, const char *name) {
  for (int k = 0; k < el->statements.n; k++) {
    const Stmt *st = el->statements.at[k];
    for (int j = 0; j < st->ntargets; j++)
      if (st->kind == STMT_DEFINE && st->targets[j].name == name) return st;
  }
  return NULL;
}

static bool known_of(Elaborator *el, const char *name, Value *v, Known *out) {
  *out = (Known){.name = name, .stmt = definition_of(el, name)};
  if (v->kind == VALUE_NUMBER) {
    out->constant = true;
    out->number = v->number;
    return true;
  }
  if (v->kind != VALUE_TENSOR || v->rank > MAX_AXES / 2) return false;
  int vars[4 * MAX_AXES], n = read_vars(v->read, vars, 0);
  for (int k = 0; k < n; k++) /* a value of one step, or of one index around */
    if (vars[k] != el->g->batch_var && !vars_contain(v->vars, v->rank, vars[k])) return false;
  out->rank = v->rank;
  for (int k = 0; k < v->rank; k++) out->axes[k] = value_axis(el, v, k);
  out->node = v->read->node;
  out->whole = v->read->node->integer;
  return true;
}

static bool has_name(const KnownList *list, const char *name) {
  for (int k = 0; k < list->n; k++)
    if (list->at[k].name == name) return true;
  return false;
}

KnownList claim_known(const Check *c) {
  const struct Claim *claim = c->claim;
  Elaborator *el = claim->el;
  KnownList list = {0};
  Known known;
  Scope *scope = claim->scope;
  for (Scope *s = scope; s; s = s->parent)
    for (Binding *b = s == scope ? claim->first : s->first; b; b = b->next)
      if (s->kind != SCOPE_GLOBAL || b->value->kind == VALUE_NUMBER)
        if (!has_name(&list, b->name) && known_of(el, b->name, b->value, &known)) VEC_PUSH(el->cx, &list, known);
  for (int k = claim->nnamed - 1; k >= 0; k--) {
    const Named *n = &claim->named[k];
    if (strchr(n->path, '.') && !n->ambiguous && !has_name(&list, n->path) && known_of(el, n->path, n->value, &known))
      VEC_PUSH(el->cx, &list, known);
  }
  return list;
}

const Block *claim_statements(const Check *c) { return &c->claim->el->statements; }

const Stmt *claim_derivative(const Check *c, const char *function) {
  Elaborator *el = c->claim->el;
  const Builtin *b = builtin_find(el, function);
  Scope *s = c->claim->scope;
  while (s && s->kind != SCOPE_MODEL) s = s->parent;
  return b && b->op != OP_PRODUCT && s ? ((Model *)s->owner)->derivatives[b->op] : NULL;
}
