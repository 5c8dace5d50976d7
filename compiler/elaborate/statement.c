/* statement.c: statements, of the model and of bodies. A statement in error binds its names to a poisoned value, so
 * that later statements are still checked and nothing is reported twice. */
#include "elaborate/expr.h"
#include "elaborate/statement.h"

#include <string.h>

static void poison_targets(Elaborator *el, Scope *s, const Stmt *st) {
  for (int k = 0; k < st->ntargets; k++)
    scope_bind(el, s, st->targets[k].name, value_poison(el, st->span), st->targets[k].span);
  for (int k = 0; k < st->ndecls; k++)
    scope_bind(el, s, st->decls[k].name, value_poison(el, st->span), st->decls[k].span);
}

/* ---- definitions ---- */

bool statement_shape_fits(Elaborator *el, Scope *s, const Target *t, Value *v) {
  Value *x = value_as_tensor(el, v, t->span, "the value");
  if (!x) return false;
  bool fits = x->rank == t->nshape;
  Text wanted = {.cx = el->cx};
  for (int k = 0; k < t->nshape; k++) {
    Axis axis;
    if (!extent_of(el, elaborate_expr(el, s, t->shape[k]), t->shape[k]->span,
                   arena_printf(el->cx, "an extent of '%s'", t->name), &axis))
      return false;
    text_printf(&wanted, "%s%s", k ? ", " : "",
                axis.dim ? dim_text(el, axis.dim) : arena_printf(el->cx, "%lld", (long long)axis.extent));
    fits = fits && axis_equal(value_axis(el, x, k), axis) && value_axis(el, x, k).dim == axis.dim;
  }
  if (!fits)
    elaborate_report(el, t->span, "'%s' is declared as [%s], but its value is %s", t->name,
                     wanted.data ? wanted.data : "", value_shape(el, x));
  return fits;
}

static Value *indexed_value(Elaborator *el, Scope *s, const Target *t, const Expr *e) {
  int vars[2 * MAX_AXES];
  if (instance_is_none(el, s, t, e)) return value_poison(el, t->span);
  Scope *inner = scope_new(el, SCOPE_BLOCK, s);
  for (int k = 0; k < t->nbinders; k++)
    if (!t->binders[k].name) {
      elaborate_report(el, t->binders[k].span.source ? t->binders[k].span : t->span,
                       "expected the name of an index: %s[i] = ..., %s[i < 10] = ...", t->name, t->name);
      elaborate_advise(el, "a definition is of a whole array; concat, stack and where make one of parts");
      return value_poison(el, t->span);
    }
  if (!extent_bind_indices(el, inner, t->binders, t->nbinders, e, NULL, vars)) return value_poison(el, t->span);
  for (int k = 0; k < t->nbinders; k++) scope_push_var(el, vars[k]);
  Value *v = elaborate_expr(el, inner, e);
  scope_pop_vars(el, t->nbinders);
  if (value_is_poison(v)) return v;
  Value *x = value_as_tensor(el, v, e->span, "a definition in index notation");
  if (!x) return value_poison(el, t->span);
  if (t->nbinders + x->rank > MAX_AXES / 2) {
    elaborate_report(el, t->span, "'%s' would have %d axes; %d are the most", t->name, t->nbinders + x->rank,
                     MAX_AXES / 2);
    return value_poison(el, t->span);
  }
  Value *f = value_fresh(el, x);
  memcpy(vars + t->nbinders, f->vars, sizeof(int) * (size_t)f->rank);
  return value_fresh(el, value_tensor(el, f->read, t->nbinders + f->rank, vars, t->span));
}

/* In `a, b = split(h, 2)` each result has a name of its own. */
static bool differs(Elaborator *el, const Target *t, int k) {
  for (int j = 0; j < k; j++)
    if (t[j].name == t[k].name) {
      elaborate_report(el, t[k].span, "'%s' stands here twice; each result needs a name of its own", t[k].name);
      return false;
    }
  return true;
}

/* h[t] = e, h[t, i] = e, a[t], b[t] = f(x): in a scan. */
static void run_define_step(Elaborator *el, Scope *s, const Stmt *st) {
  const Target *t = st->targets;
  path_name_calls(el, s, t[0].name, st->value, NULL);
  Value *v;
  if (st->ntargets == 1 && t[0].nbinders > 1) {
    Target rest = t[0];
    rest.binders++, rest.nbinders--;
    v = indexed_value(el, s, &rest, st->value);
  } else {
    v = elaborate_expr(el, s, st->value);
  }
  bool fits = st->ntargets == 1 ? v->kind != VALUE_TUPLE : v->kind == VALUE_TUPLE && v->nitems == st->ntargets;
  for (int k = 0; k < st->ntargets; k++) {
    bool step = scan_defines_step(s, &t[k]) && (t[k].nbinders == 1 || st->ntargets == 1);
    if (!step) elaborate_report(el, t[k].span, "of several results, all are sequences (a[t], b[t] = ...) or none is");
    fits = fits && step;
  }
  if (!fits && !value_is_poison(v)) {
    if (!el->failed)
      elaborate_report(el, st->value->span, "%d name%s on the left, found %s", st->ntargets,
                       st->ntargets == 1 ? "" : "s", value_text(el, v));
    v = value_poison(el, st->span);
  }
  for (int k = 0; k < st->ntargets; k++)
    scan_define_step(el, s, &t[k], st->ntargets == 1 || value_is_poison(v) ? v : v->items[k]);
}

static void run_define(Elaborator *el, Scope *s, const Stmt *st) {
  const Target *t = st->targets;
  if (scan_defines_step(s, t)) {
    run_define_step(el, s, st);
    return;
  }
  if (instance_defined_by(st)) {
    instance_define(el, s, st);
    return;
  }
  for (int k = 0; k < st->ntargets; k++)
    if (!define_allowed(el, s, t[k].name, t[k].span) || !differs(el, t, k)) {
      if (t[0].indexed) indexed_value(el, s, &t[0], st->value);
      else elaborate_expr(el, s, st->value);
      return;
    }
  path_name_calls(el, s, t[0].name, st->value, NULL);
  Value *v = t[0].indexed ? indexed_value(el, s, &t[0], st->value) : elaborate_expr(el, s, st->value);
  if (v->kind == VALUE_FUNCTION && v->fn && v->fn->kind == STMT_LAYER && !v->partial) {
    elaborate_report(el, st->value->span, "'%s' is a layer; %s = %s(_, ...) makes an instance of it", v->fn->name,
                     t[0].name, v->fn->name);
    v = value_poison(el, st->span);
  }
  if (value_is_poison(v) || (t[0].has_shape && !statement_shape_fits(el, s, &t[0], v))) {
    poison_targets(el, s, st);
    return;
  }
  if (st->ntargets == 1 && v->kind != VALUE_TUPLE) {
    define_target(el, s, t, v);
    return;
  }
  if (v->kind != VALUE_TUPLE || v->nitems != st->ntargets) {
    elaborate_report(el, st->value->span, "%d name%s on the left, found %s", st->ntargets, st->ntargets == 1 ? "" : "s",
                     value_text(el, v));
    poison_targets(el, s, st);
    return;
  }
  for (int k = 0; k < st->ntargets; k++) define_target(el, s, &t[k], v->items[k]);
}

/* ---- for, if, return ---- */

/* What a block would have defined, had it been known whether it runs. */
static void poison_block(Elaborator *el, Scope *s, const Block *b) {
  for (int k = 0; k < b->n; k++) {
    poison_targets(el, s, b->at[k]);
    poison_block(el, s, &b->at[k]->body);
    poison_block(el, s, &b->at[k]->other);
  }
}

static Flow run_for(Elaborator *el, Scope *s, const Stmt *st, Value **returned) {
  int64_t n = value_whole(el, elaborate_expr(el, s, st->binder.bound), st->binder.bound->span, "the bound of 'for'", 0);
  if (n > 10000)
    elaborate_report(el, st->binder.bound->span, "'for' would repeat %lld times; 10000 are the most", (long long)n);
  if (n < 0 || n > 10000) {
    poison_block(el, s, &st->body);
    return FLOW_ON;
  }
  const char *suffix = s->suffix;
  bool before = s->may_redefine;
  Flow flow = FLOW_ON;
  Binding counter = {st->binder.name, NULL, st->binder.span, false, NULL};
  for (int64_t k = 0; k < n && flow == FLOW_ON && scope_take_turn(el, st->binder.bound->span); k++) {
    int errors = error_count(el->cx);
    scope_bind(el, s, counter.name, value_number(el, (double)k, counter.span), counter.span);
    Binding *mine = s->first;
    s->suffix = arena_printf(el->cx, "%s.%lld", suffix, (long long)k);
    s->may_redefine = true;
    flow = statement_run_block(el, s, &st->body, returned);
    mine->name = ""; /* the counter ends with its turn; what was defined stays */
    if (error_count(el->cx) > errors) break;
  }
  s->suffix = suffix;
  s->may_redefine = before;
  return flow;
}

static Flow run_if(Elaborator *el, Scope *s, const Stmt *st, Value **returned) {
  Value *c = elaborate_expr(el, s, st->value);
  if (c->kind != VALUE_NUMBER) {
    bool computed = c->kind == VALUE_TENSOR;
    if (!value_is_poison(c))
      elaborate_report(el, st->value->span, "'if' chooses at compile time and needs a number, found %s",
                       computed && !c->rank ? "one that the model computes" : value_text(el, c));
    if (computed) elaborate_advise(el, "where(c, a, b) chooses between values");
    poison_block(el, s, &st->body);
    poison_block(el, s, &st->other);
    return FLOW_ON;
  }
  bool before = s->may_redefine;
  s->may_redefine = true;
  Flow flow = FLOW_ON;
  if (c->number != 0) flow = statement_run_block(el, s, &st->body, returned);
  else if (st->has_other) flow = statement_run_block(el, s, &st->other, returned);
  s->may_redefine = before;
  return flow;
}

static Flow run_return(Elaborator *el, Scope *s, const Stmt *st, Value **returned) {
  Expr all = {.kind = EXPR_LIST, .nargs = st->nvalues};
  all.args = ARENA_ARRAY(el->cx, Arg, st->nvalues);
  for (int k = 0; k < st->nvalues; k++) all.args[k].value = st->values[k];
  path_name_calls(el, s, NULL, &all, NULL);
  Value *v = NULL;
  if (st->nvalues == 1) {
    v = elaborate_expr(el, s, st->values[0]);
  } else {
    v = value_new(el, VALUE_TUPLE, st->span);
    v->items = ARENA_ARRAY(el->cx, Value *, st->nvalues);
    v->nitems = st->nvalues;
    for (int k = 0; k < st->nvalues; k++) {
      v->items[k] = elaborate_expr(el, s, st->values[k]);
      if (value_is_poison(v->items[k])) v = v->items[k], k = st->nvalues;
    }
  }
  *returned = v;
  return FLOW_RETURNED;
}

/* `param a[n], b[n] ~ glorot` may be meant to draw both. */
static void warn_lists(Elaborator *el, const Stmt *st) {
  const Decl *last = &st->decls[st->ndecls - 1];
  if (el->quiet || el->second_pass || st->ndecls < 2 || last->init_kind != INIT_DRAW) return;
  for (int k = 0; k + 1 < st->ndecls; k++)
    if (st->decls[k].init_kind == INIT_NONE) {
      warn_at(el->cx, st->decls[k].span, "'%s' starts from 0: what is written after '%s' belongs to '%s' alone",
              st->decls[k].name, last->name, last->name);
      return;
    }
}

bool statement_in_body(Elaborator *el, Scope *s, const Stmt *st) {
  switch (st->kind) {
  case STMT_DEFINE: run_define(el, s, st); return true;
  case STMT_UPDATE: update_run(el, s, st); return true;
  case STMT_PARAM:
    warn_lists(el, st);
    for (int k = 0; k < st->ndecls; k++) leaf_declare_param(el, s, st, &st->decls[k]);
    return true;
  case STMT_STATE:
    for (int k = 0; k < st->ndecls; k++) leaf_declare_state(el, s, st, &st->decls[k]);
    return true;
  case STMT_DRAW: draw_run(el, s, st); return true;
  case STMT_SCAN: scan_run(el, s, st); return true;
  case STMT_INIT: return true; /* seen to by the scan */
  default: return false;
  }
}

Flow statement_run_block(Elaborator *el, Scope *s, const Block *b, Value **returned) {
  for (int k = 0; k < b->n; k++) {
    const Stmt *st = b->at[k];
    Flow flow = FLOW_ON;
    if (st->span.source != el->prelude || !el->g->span.source) el->g->span = st->span;
    if (st->kind == STMT_FOR) flow = run_for(el, s, st, returned);
    else if (st->kind == STMT_IF) flow = run_if(el, s, st, returned);
    else if (st->kind == STMT_RETURN) flow = run_return(el, s, st, returned);
    else if (!statement_in_body(el, s, st) && s->run_other) s->run_other(s->owner, st);
    if (flow == FLOW_RETURNED) return flow;
  }
  return FLOW_ON;
}
