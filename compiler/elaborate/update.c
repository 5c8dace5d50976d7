/* update.c: state <- e: of a model, where all updates of a step take effect together, and of an optimizer, where lines
 * take effect in order. */
#include "elaborate/statement.h"

static Leaf *state_of(Elaborator *el, Scope *s, const Target *t, Binding **b) {
  *b = scope_find(s, t->name);
  Value *v = *b ? (*b)->value : NULL;
  if (v && v->kind == VALUE_TENSOR && v->read->node->kind == NODE_STATE)
    return &el->program->states.at[v->read->node->item];
  if (v && value_is_poison(v)) return NULL;
  elaborate_report(el, t->span, v ? "'%s' is not a state, so it cannot be updated with '<-'" : "unknown name '%s'",
                   t->name);
  if (v) elaborate_remark(el, (*b)->span, "'%s' is defined here", t->name);
  if (v) elaborate_advise(el, "state %s = 0 declares one", t->name);
  return NULL;
}

/* The value in the shape of the target (a scalar or suffix is repeated); NULL with an error. */
static Value *fit_to(Elaborator *el, Value *v, const Value *target, Span span, const char *name) {
  Value *x = value_as_tensor(el, v, span, "the new value");
  if (!x) return NULL;
  bool fits = el->in_optimizer ? x->rank == 0 || x->rank == target->rank : x->rank <= target->rank;
  for (int j = 0; fits && j < x->rank; j++) fits = value_same_extent(el, x, j, target, target->rank - x->rank + j);
  if (!fits) {
    elaborate_report(el, span, "the new value of '%s' is %s, but '%s' is %s", name, value_text(el, x), name,
                     value_text(el, target));
    elaborate_remark(el, target->span, "'%s' is declared here", name);
    return NULL;
  }
  Value *f = value_fresh(el, target);
  Index *index[MAX_AXES];
  for (int j = 0; j < x->rank; j++) index[j] = index_var(el->g, f->vars[f->rank - x->rank + j]);
  return value_tensor(el, value_at(el, x, x->rank, index)->read, f->rank, f->vars, span);
}

static void record_update(Elaborator *el, const char *path, Value *v, Span span) {
  for (int k = 0; k < el->updates.n; k++)
    if (el->updates.at[k].path == path) {
      if (el->in_optimizer) el->updates.at[k].value = v;
      else elaborate_report(el, span, "'%s' is updated twice in one step", path);
      return;
    }
  Update u = {path, v, span};
  VEC_PUSH(el->cx, &el->updates, u);
}

static bool may_update(const Stmt *optimizer, const char *name) {
  if (name == optimizer->formals[0].name || name == optimizer->formals[1].name) return true;
  for (int k = 0; k < optimizer->body.n; k++)
    for (int j = 0; optimizer->body.at[k]->kind == STMT_STATE && j < optimizer->body.at[k]->ndecls; j++)
      if (optimizer->body.at[k]->decls[j].name == name) return true;
  return false;
}

/* In an optimizer lines take effect in order: the name means the new value from here on. */
static void update_in_optimizer(Elaborator *el, Scope *s, const Stmt *st) {
  const Target *t = st->targets;
  Binding *b = scope_find(s, t->name);
  Value *v = elaborate_expr(el, s, st->value);
  if (value_is_poison(v)) return;
  if (!b || !may_update(s->fn, t->name)) {
    elaborate_report(el, t->span, "'%s' is neither the parameter, its gradient nor a state of this optimizer", t->name);
    if (b) elaborate_remark(el, b->span, "'%s' is defined here", t->name);
    elaborate_advise(el, "a value that is kept between steps is declared: state %s = 0", b ? "v" : t->name);
    return;
  }
  Value *fitted = fit_to(el, v, b->value, st->value->span, t->name);
  if (!fitted) return;
  fitted->name = t->name;
  fitted->span = b->value->span;
  b->value = fitted;
  record_update(el, t->name, fitted, st->span);
}

void update_run(Elaborator *el, Scope *s, const Stmt *st) {
  Binding *b;
  if (el->in_optimizer) {
    update_in_optimizer(el, s, st);
    return;
  }
  Leaf *leaf = state_of(el, s, st->targets, &b);
  path_name_calls(el, s, NULL, st->value, NULL);
  Value *v = elaborate_expr(el, s, st->value);
  if (!leaf || value_is_poison(v)) return;
  Value *x = fit_to(el, v, b->value, st->value->span, leaf->path);
  if (!x) return;
  int vars[2 * MAX_AXES], n = read_vars(x->read, vars, 0);
  for (int k = 0; k < n; k++) {
    bool own = false;
    for (int j = 0; j < x->rank; j++) own = own || vars[k] == x->vars[j];
    if (own || (leaf->per_example && vars[k] == el->g->batch_var)) continue;
    elaborate_report(el, st->value->span,
                     vars[k] == el->g->batch_var
                       ? "the new value of '%s' differs between examples; a state has one value for all"
                       : "the new value of '%s' differs along an axis that this call is mapped over",
                     leaf->path);
    if (vars[k] == el->g->batch_var)
      elaborate_advise(
        el, "mean(batch) or sum(batch) makes one of them; `state %s[batch, ...]` has a row for each example of a batch",
        leaf->path);
    else
      elaborate_advise(
        el, "give the layer the whole array, with its axis among the formal's brackets, and take a mean over it");
    return;
  }
  if (el->training != 0) record_update(el, leaf->path, x, st->span);
}
