/* call.c: calls of functions, layers, instances and built-in functions.
 *
 * f(x) binds its arguments to formals (argument.c) in a scope of its own and runs the body there; with `_` among the
 * arguments it is an instance, which is called later with the places filled. */
#include "elaborate/argument.h"
#include "elaborate/expr.h"

#include <string.h>

/* ---- binding ---- */

static Value *extent_value(Elaborator *el, Axis a, Span span) {
  if (a.dim) return dim_extent(el, a.dim, span);
  if (a.kind == AXIS_PLAIN) return value_number(el, (double)a.extent, span);
  return value_tensor(el, read_make(el->g, build_leaf(el->g, NODE_BATCH, 0, 0, NULL, "n"), NULL), 0, NULL, span);
}

static bool local_to(const Scope *s, const char *name) {
  for (Binding *b = s->first; b; b = b->next)
    if (b->name == name) return true;
  return false;
}

static bool bind_extents(Elaborator *el, Scope *s, const Call *c, int k) {
  const Formal *f = &c->fn->formals[k];
  const Value *v = c->value[k];
  for (int j = 0; j < f->nshape; j++) {
    Axis a = value_axis(el, v, j);
    const Expr *e = f->shape[j];
    if (e->kind == EXPR_NAME && !local_to(s, e->name) && argument_formal(c->fn, e->name) < 0) {
      scope_bind(el, s, e->name, extent_value(el, a, e->span), e->span);
      continue;
    }
    Value *wanted = elaborate_expr(el, s, e);
    if (value_is_poison(wanted)) return false;
    if (wanted->kind == VALUE_NUMBER && a.kind == AXIS_PLAIN && !a.dim && wanted->number == (double)a.extent) continue;
    Axis same;
    if (a.dim && dim_is(el, wanted) && extent_of(el, wanted, e->span, "an extent", &same) && same.dim == a.dim)
      continue;
    static const char *const ordinals[] = {"first", "second", "third", "fourth"};
    Text t = {.cx = el->cx};
    expr_print(&t, e);
    if (e->kind != EXPR_NUMBER)
      text_printf(&t, " = %s", wanted->kind == VALUE_NUMBER ? arena_printf(el->cx, "%g", wanted->number) : "the batch");
    elaborate_report(el, c->span[k], "argument '%s' of '%s' is %s, but its %s axis must be %s", f->name, c->fn->name,
                     value_shape(el, v), j < 4 ? ordinals[j] : arena_printf(el->cx, "%dth", j + 1), t.data);
    if (v->name) elaborate_remark(el, v->span, "'%s' is declared here", v->name);
    elaborate_advise(el, "it is %s", argument_signature(el, c->fn));
    return false;
  }
  return true;
}

static Value *default_value(Elaborator *el, Scope *s, const Call *c, int k) {
  const Formal *f = &c->fn->formals[k];
  Value *v = elaborate_expr(el, s, f->init);
  if (f->kind == FORMAL_PLAIN) return value_is_poison(v) ? NULL : v;
  Value *t = value_as_tensor(el, v, f->init->span, arena_printf(el->cx, "argument '%s' of '%s'", f->name, c->fn->name));
  if (!t || f->kind == FORMAL_ANY || t->rank == f->nshape || (t->rank == 0 && argument_takes_number(c->fn, k)))
    return t;
  elaborate_report(el, f->init->span, "argument '%s' of '%s' has %d %s, found %s", f->name, c->fn->name, f->nshape,
                   f->nshape == 1 ? "axis" : "axes", value_text(el, t));
  return NULL;
}

/* A number at every place of formal k; NULL with an error. */
static Value *filled(Elaborator *el, Scope *s, const Call *c, int k) {
  const Formal *f = &c->fn->formals[k];
  int vars[MAX_AXES];
  for (int j = 0; j < f->nshape; j++) {
    Axis axis;
    if (!extent_of(el, elaborate_expr(el, s, f->shape[j]), f->shape[j]->span,
                   arena_printf(el->cx, "an extent of '%s'", f->name), &axis))
      return NULL;
    vars[j] = graph_var(el->g, axis);
  }
  return value_tensor(el, c->value[k]->read, f->nshape, vars, c->value[k]->span);
}

static bool bind_formals(Elaborator *el, Scope *s, Call *c) {
  for (int k = 0; k < c->fn->nformals; k++) {
    const Formal *f = &c->fn->formals[k];
    if (!c->value[k]) {
      c->value[k] = default_value(el, s, c, k);
      c->span[k] = f->init->span;
      if (!c->value[k]) return false;
    }
    if (f->kind == FORMAL_ARRAY && c->value[k]->rank < f->nshape && !(c->value[k] = filled(el, s, c, k))) return false;
    Value *v = value_named(el, s, f->name, c->value[k]);
    v->span = f->span;
    scope_bind(el, s, f->name, v, f->span);
    s->first->is_formal = true;
  }
  for (int k = 0; k < c->fn->nformals; k++)
    if (c->fn->formals[k].kind == FORMAL_ARRAY && !bind_extents(el, s, c, k)) return false;
  return true;
}

static Value *run_function(Elaborator *el, Scope *caller, Call *c, const char *path, bool reuse) {
  int vars[MAX_AXES];
  Span span = c->expr ? c->expr->span : c->fn->name_span;
  if (!argument_to_tensors(el, c)) return value_poison(el, span);
  int lead = argument_lift(el, c, vars);
  if (lead < 0) return value_poison(el, span);
  Scope *s = scope_new(el, SCOPE_FUNCTION, scope_home(el, c->fn->name_span));
  s->fn = c->fn;
  s->prefix = path ? arena_printf(el->cx, "%s.", path) : caller->prefix;
  s->suffix = "";
  s->since = el->named.n;
  s->reuse = reuse || (!path && caller->reuse);
  s->overrides = c->override_args;
  s->override_values = c->override_values;
  s->noverrides = c->noverrides;
  Span before = el->user_call;
  bool mine = c->expr && c->expr->span.source != el->prelude;
  if (mine) el->user_call = c->expr->span;
  if (!bind_formals(el, s, c)) {
    el->user_call = before;
    return value_poison(el, span);
  }
  Value *result = NULL;
  const Expr **calls = el->calls;
  const char **paths = el->call_paths;
  int ncalls = el->ncalls;
  int errors = error_count(el->cx);
  for (int j = 0; j < lead; j++) scope_push_var(el, vars[j]);
  Flow flow = statement_run_block(el, s, &c->fn->body, &result);
  scope_pop_vars(el, lead);
  el->user_call = before;
  el->calls = calls, el->call_paths = paths, el->ncalls = ncalls;
  bool shown = c->fn->name_span.source == el->prelude; /* then the error stands at the call already */
  if (error_count(el->cx) > errors && mine && !shown && el->depth < 4 && c->expr->span.start != before.start)
    elaborate_remark(el, c->expr->span, "in this call of '%s'", c->fn->name);
  if (error_count(el->cx) > errors && !mine && !shown && before.source)
    elaborate_remark(el, before, "'%s' is called from here, by the prelude", c->fn->name);
  if (flow != FLOW_RETURNED || !result) {
    if (error_count(el->cx) == errors) {
      elaborate_report(el, c->fn->name_span, "'%s' ends without a return", c->fn->name);
      elaborate_remark(el, span, "in this call of '%s'", c->fn->name);
    }
    return value_poison(el, span);
  }
  return argument_close_over(el, result, lead, vars, span);
}

Value *call_function(Elaborator *el, Scope *s, const Value *f, const Expr *at, int nargs, Value **args,
                     const char **names, const Span *spans) {
  Call *c = ARENA_NEW(el->cx, Call);
  c->fn = f->fn;
  c->expr = at;
  Span span = at ? at->span : f->span;
  bool partial = f->partial != NULL;
  if (f->fn->kind == STMT_OPTIMIZER) {
    elaborate_report(el, span, "'%s' is an optimizer: it stands after 'with' in a minimize", f->fn->name);
    return value_poison(el, span);
  }
  for (int k = 0, position = 0; k < nargs; k++) {
    if (!value_is_one(el, args[k], spans[k])) return value_poison(el, span);
    bool named = names && names[k];
    if (!argument_give(el, c, named ? -1 : position, named ? names[k] : NULL, args[k], spans[k]))
      return value_poison(el, span);
    position += !named;
  }
  if (!argument_all_given(el, c)) return value_poison(el, span);
  if (el->depth >= MAX_DEPTH) {
    bool itself = false;
    for (int k = 0; k < MAX_DEPTH; k++) itself = itself || el->under_way[k] == f->fn;
    elaborate_report(el, span,
                     itself ? "'%s' calls itself without an end: more than %d calls are under way"
                            : "the call of '%s' is nested in %d others, the most that there may be",
                     f->fn->name, MAX_DEPTH);
    return value_poison(el, span);
  }
  if (!scope_take_turn(el, span)) return value_poison(el, span);
  const char *path = NULL;
  if (f->fn->kind == STMT_LAYER) {
    if (!partial && s->fn && s->fn->kind == STMT_FN) {
      elaborate_report(el, span,
                       "a fn has no parameters of its own, so it cannot call the layer '%s'; make '%s' a layer",
                       f->fn->name, s->fn->name);
      return value_poison(el, span);
    }
    path = partial ? f->path : path_of_call(el, s, at, f->fn);
  }
  el->under_way[el->depth++] = f->fn;
  Value *v = run_function(el, s, c, path, partial || (f->fn->kind == STMT_LAYER && s->reuse));
  el->depth--;
  return v;
}

/* ---- f(x) ---- */

static Value *make_partial(Elaborator *el, Scope *s, const Expr *e, const Value *f) {
  Value *v = ARENA_NEW(el->cx, Value);
  if (!f->fn || f->partial) {
    elaborate_report(el, e->span, "only a function or a layer can be given in part with '_'");
    return value_poison(el, e->span);
  }
  *v = *f;
  v->partial = e;
  v->given = ARENA_ARRAY(el->cx, Value *, e->nargs);
  for (int k = 0; k < e->nargs; k++)
    if (!path_is_hole(e->args[k].value) && value_is_poison(v->given[k] = elaborate_expr(el, s, e->args[k].value)))
      return v->given[k];
  v->span = e->span;
  v->path = f->fn->kind == STMT_LAYER ? path_of_call(el, s, e, f->fn) : NULL;
  return v;
}

typedef struct Arguments {
  Value *value[MAX_ARGS];
  const char *name[MAX_ARGS];
  Span span[MAX_ARGS];
  int n;
} Arguments;

static bool add_argument(Elaborator *el, Arguments *a, const char *name, Value *v, Span span) {
  if (a->n == MAX_ARGS) {
    elaborate_report(el, span, "more than %d arguments", MAX_ARGS);
    return false;
  }
  a->value[a->n] = v;
  a->name[a->n] = name;
  a->span[a->n++] = span;
  return true;
}

static bool evaluate_arguments(Elaborator *el, Scope *s, const Expr *e, Arguments *out) {
  bool fine = true;
  for (int k = 0; k < e->nargs; k++) {
    Value *v = elaborate_expr(el, s, e->args[k].value);
    fine = fine && !value_is_poison(v);
    Span span = e->args[k].name ? e->args[k].name_span : e->args[k].value->span;
    if (!add_argument(el, out, e->args[k].name, v, span)) return false;
  }
  return fine;
}

/* An instance takes as many arguments as places were left out with `_`; parameters may be given by name too. */
static bool fills_places(Elaborator *el, const Value *f, const Expr *e, const Arguments *given) {
  int places = 0, plain = 0;
  for (int k = 0; k < f->partial->nargs; k++) places += path_is_hole(f->partial->args[k].value);
  for (int k = 0; k < given->n; k++) plain += !given->name[k];
  if (plain <= places && given->n >= places) return true;
  elaborate_report(el, e->span, "%s%s%s takes %d argument%s, found %d", f->name ? "'" : "", f->name ? f->name : "this",
                   f->name ? "'" : "", places, places == 1 ? "" : "s", given->n);
  elaborate_remark(el, f->partial->span, "it was made here, with '_' for each argument left out");
  return false;
}

/* The call with `_` filled by the arguments at hand, in order. */
static Value *call_partial(Elaborator *el, Scope *s, const Value *f, const Expr *e, const Arguments *given) {
  Arguments all = {.n = 0};
  int next = 0;
  const Expr *p = f->partial;
  if (!fills_places(el, f, e, given)) return value_poison(el, e->span);
  for (int k = 0; k < p->nargs; k++) {
    bool hole = path_is_hole(p->args[k].value);
    Value *v = hole ? given->value[next] : f->given[k];
    if (!add_argument(el, &all, p->args[k].name, v, hole ? given->span[next] : p->args[k].value->span))
      return value_poison(el, e->span);
    next += hole;
  }
  for (; next < given->n; next++)
    if (!add_argument(el, &all, given->name[next], given->value[next], given->span[next]))
      return value_poison(el, e->span);
  return call_function(el, s, f, e, all.n, all.value, all.name, all.span);
}

/* Takes what a built-in function may be given by name out of the arguments; false with an error where it cannot be. */
static bool take_option(Elaborator *el, const Builtin *b, Expr *call, Arguments *a) {
  int n = 0;
  el->option = NULL;
  call->args = arena_copy(el->cx, call->args, sizeof(Arg) * (size_t)call->nargs);
  for (int k = 0; k < a->n; k++) {
    if (a->name[k] && b->option && strcmp(a->name[k], b->option) == 0 && !el->option) {
      el->option = a->value[k];
      el->option_span = call->args[k].value->span;
      continue;
    }
    if (a->name[k]) {
      bool again = b->option && strcmp(a->name[k], b->option) == 0;
      elaborate_report(el, a->span[k],
                       again       ? "'%s' is given twice"
                       : b->option ? "'%s' has no argument named '%s': %s"
                                   : "'%s' takes no named arguments: %s",
                       again ? b->option : b->name, b->option ? a->name[k] : b->usage, b->usage);
      return false;
    }
    a->value[n] = a->value[k], a->name[n] = NULL, a->span[n] = a->span[k];
    call->args[n++] = call->args[k];
  }
  a->n = call->nargs = n;
  return true;
}

static Value *call_builtin(Elaborator *el, Scope *s, const Expr *written, const Builtin *b, Arguments *a) {
  Expr *e = arena_copy(el->cx, written, sizeof *written);
  if (!take_option(el, b, e, a)) return value_poison(el, e->span);
  if (a->n < b->least || a->n > b->most) {
    const char *most = b->most == b->least       ? ""
                       : b->most == b->least + 1 ? arena_printf(el->cx, " or %d", b->most)
                                                 : " or more";
    elaborate_report(el, e->span, "'%s' takes %d%s argument%s, found %d", b->name, b->least, most,
                     b->most == 1 ? "" : "s", a->n);
    elaborate_advise(el, "it is %s", b->usage);
    return value_poison(el, e->span);
  }
  for (int k = 0; k < a->n; k++)
    if (!value_is_one(el, a->value[k], a->span[k])) return value_poison(el, e->span);
  el->builtin = b->name;
  if (b->call) return b->call(el, s, e, a->n, (Value **)a->value);
  for (int k = 0; k < a->n; k++) {
    const char *what = arena_printf(el->cx, "an argument of '%s'", b->name);
    if (a->value[k]->kind != VALUE_NUMBER && !value_as_tensor(el, a->value[k], a->span[k], what))
      return value_poison(el, e->span);
  }
  return value_elementwise(el, b->op, a->n, a->value, e->span, arena_printf(el->cx, "'%s'", b->name));
}

/* In `sum(i) -a[i]` the sum has no body, and i is unknown. */
static void advise_body(Elaborator *el, const Value *f, const Expr *e) {
  const Expr *only = e->nargs == 1 && e->args[0].value->kind == EXPR_NAME ? e->args[0].value : NULL;
  if (!f->builtin || !is_reduction(f->builtin->name) || !only || strlen(only->name) > 2 || !el->unexplained) return;
  elaborate_advise(
    el, "the body of '%s(%s)' stands directly after it and begins with a name, a number or '(': %s(%s) (-a[%s])",
    f->builtin->name, only->name, f->builtin->name, only->name, only->name);
}

Value *expr_call(Elaborator *el, Scope *s, const Expr *e) {
  Value *f = elaborate_expr(el, s, e->a);
  if (value_is_poison(f)) return f;
  if (f->kind != VALUE_FUNCTION) {
    elaborate_report(el, e->a->span, "%s%s%s is %s, not a function", e->a->kind == EXPR_NAME ? "'" : "",
                     e->a->kind == EXPR_NAME ? e->a->name : "this", e->a->kind == EXPR_NAME ? "'" : "",
                     value_text(el, f));
    if (f->name) elaborate_remark(el, f->span, "'%s' is defined here", f->name);
    if (value_is_row(f) && f->name) elaborate_advise(el, "%s[0](...) calls the first of them", f->name);
    if (e->a->kind == EXPR_NAME && builtin_find(el, e->a->name))
      elaborate_advise(el, "this definition hides the built-in function; give it another name");
    return value_poison(el, e->span);
  }
  if (f->builtin && (strcmp(f->builtin->name, "grad") == 0 || strcmp(f->builtin->name, "jacobian") == 0)) {
    if (e->nargs != 2) {
      elaborate_report(el, e->span, "'%s' takes 2 arguments: %s", f->builtin->name, f->builtin->usage);
      return value_poison(el, e->span);
    }
    return expr_gradient(el, s, e, e->args[0].value, e->args[1].value, f->builtin->name[0] == 'j');
  }
  for (int k = 0; k < e->nargs; k++)
    if (path_is_hole(e->args[k].value)) return make_partial(el, s, e, f);
  Arguments a = {.n = 0};
  int errors = error_count(el->cx);
  if (!evaluate_arguments(el, s, e, &a)) {
    if (error_count(el->cx) > errors) advise_body(el, f, e);
    return value_poison(el, e->span);
  }
  if (f->builtin) return call_builtin(el, s, e, f->builtin, &a);
  if (f->partial) return call_partial(el, s, f, e, &a);
  return call_function(el, s, f, e, a.n, a.value, a.name, a.span);
}
