/* lookup.c: what a name means: a binding in scope, a path (h.W), a special name (step), a built-in function; and for
 * one that means nothing the reason why, or a suggestion. */
#include "elaborate/scope.h"

#include <math.h>
#include <string.h>

/* The last value under this path; `several`: other calls have made one too, since the function at hand was called. */
static Value *last_named(Elaborator *el, const Scope *s, const char *path, bool *several) {
  Value *v = NULL;
  *several = false;
  for (int k = el->named.n - 1; k >= 0 && (!v || k >= s->since); k--) {
    if (el->named.at[k].path != path) continue;
    if (v) return *several = true, v;
    v = el->named.at[k].value;
    if (!el->named.at[k].ambiguous) return v;
  }
  return v;
}

/* A value that was defined where a call was mapped over axes, or under an index, has these in front when it is seen
 * from outside. */
static Value *seen_from_here(Elaborator *el, Value *v, const char *name, Span span) {
  int all[3 * MAX_AXES], vars[3 * MAX_AXES], n = 0, m = v->kind == VALUE_TENSOR ? read_vars(v->read, all, 0) : 0;
  bool step = false;
  for (int k = 0; k < m; k++) {
    if (vars_contain(v->vars, v->rank, all[k]) || all[k] == el->g->batch_var ||
        vars_contain(el->context.at, el->context.n, all[k]))
      continue;
    int at = n++;
    for (; at > 0 && vars[at - 1] > all[k]; at--) vars[at] = vars[at - 1];
    vars[at] = all[k];
    step = step || graph_var_axis(el->g, all[k]).scan;
  }
  if (step) elaborate_report(el, span, "'%s' is a value of one step of a scan; outside of it there is none", name);
  else if (n + v->rank > MAX_AXES / 2)
    elaborate_report(el, span, "'%s' would have %d axes; %d are the most", name, n + v->rank, MAX_AXES / 2);
  else {
    if (!n) return v;
    memcpy(vars + n, v->vars, sizeof(int) * (size_t)v->rank);
    Value *w = value_fresh(el, value_tensor(el, v->read, n + v->rank, vars, v->span));
    w->name = v->name;
    return w;
  }
  if (v->span.source) elaborate_remark(el, v->span, "it is defined here");
  return value_poison(el, span);
}

static Value *value_under(Elaborator *el, const Scope *s, const char *path, const char *name, Span span) {
  bool several;
  Value *v = last_named(el, s, path, &several);
  if (!v || !several) return v ? seen_from_here(el, v, name, span) : NULL;
  elaborate_report(el, span,
                   "'%s' has a value for each of several calls; name the one that is meant inside of the layer", name);
  return value_poison(el, span);
}

/* In a turn of a `for`, h.W is that of this turn's h. */
static Value *find_named(Elaborator *el, Scope *s, const char *name, Span span) {
  int head = (int)(strchr(name, '.') - name);
  const char *const paths[] = {arena_printf(el->cx, "%s%.*s%s%s", s->prefix, head, name, s->suffix, name + head),
                               arena_printf(el->cx, "%s%s", s->prefix, name), name};
  Value *v = NULL;
  for (int k = 0; k < 3 && !v; k++) v = value_under(el, s, intern(el->cx, paths[k]), name, span);
  return v;
}

Value *lookup_path(Elaborator *el, const Scope *s, const char *path, Span span) {
  return value_under(el, s, path, path, span);
}

static Value *special_name(Elaborator *el, const char *name, Span span) {
  Graph *g = el->g;
  if (strcmp(name, "training") == 0) {
    el->asked_training = true;
    return value_number(el, el->training, span);
  }
  if (strcmp(name, "inf") == 0) return value_number(el, INFINITY, span);
  if (strcmp(name, "π") == 0 || strcmp(name, "pi") == 0) return value_number(el, 3.14159265358979323846, span);
  if (strcmp(name, "step") != 0 && strcmp(name, "gnorm") != 0) return NULL;
  bool step = name[0] == 's';
  if (!step && !el->in_optimizer) {
    elaborate_report(el, span, "'%s' has a meaning only in an optimizer and in its arguments", name);
    return value_poison(el, span);
  }
  if (!step && el->uses_gnorm) *el->uses_gnorm = true;
  if (!el->in_optimizer) el->asked_training = true;
  int kind = el->in_optimizer ? STEP_UPDATE : el->training != 0 ? STEP_TRAINING : STEP_LAST;
  return value_tensor(el,
                      read_make(g, build_leaf(g, step ? NODE_STEP : NODE_GNORM, step ? kind : 0, 0, NULL, name), NULL),
                      0, NULL, span);
}

Value *lookup_quiet(Elaborator *el, Scope *s, const char *name) {
  Binding *b = scope_find(s, name);
  if (b) return b->value;
  if (strchr(name, '.')) {
    bool quiet = el->quiet, failed = el->failed;
    el->quiet = true;
    Value *v = find_named(el, s, name, (Span){0});
    el->quiet = quiet;
    el->failed = failed;
    if (v) return v;
  }
  const Builtin *f = builtin_find(el, name);
  if (f) {
    Value *v = value_new(el, VALUE_FUNCTION, (Span){0});
    v->builtin = f;
    v->name = name;
    return v;
  }
  return NULL;
}

bool lookup_known(Elaborator *el, Scope *s, const char *name) {
  static const char *const special[] = {"inf", "pi", "π"};
  for (int k = 0; k < 3; k++)
    if (strcmp(name, special[k]) == 0) return true;
  return lookup_quiet(el, s, name) != NULL;
}

static bool needs_argument(const char *name) { return strcmp(name, "batch") == 0; }

/* Where the model's own statements define the name, or ask for it; `st` is that statement, `whole` the definition. */
static Span definition_among(Elaborator *el, const char *name, bool asked, const Stmt **st, Span *whole) {
  for (int k = 0; k < el->statements.n; k++) {
    *st = el->statements.at[k];
    if (((*st)->kind == STMT_ASKED) != asked) continue;
    *whole = (*st)->span;
    for (int j = 0; j < (*st)->ntargets; j++)
      if ((*st)->targets[j].name == name && (*st)->value) return (*st)->targets[j].span;
    for (int j = 0; j < (*st)->ndecls; j++) {
      const Decl *d = &(*st)->decls[j];
      *whole = d->init ? span_join(d->span, d->init->span) : d->span;
      if (d->name == name) return d->span;
    }
  }
  *st = NULL;
  return (Span){0};
}

static Span definition_of(Elaborator *el, const char *name, const Stmt **st, Span *whole) {
  Span at = definition_among(el, name, false, st, whole);
  return *st ? at : definition_among(el, name, true, st, whole);
}

static const char *nearest_known(Elaborator *el, Scope *s, const char *name) {
  VEC(const char *) names = {0};
  for (Scope *t = s; t; t = t->parent)
    for (Binding *b = t->first; b; b = b->next) VEC_PUSH(el->cx, &names, b->name);
  for (int k = 0; k < el->named.n; k++) VEC_PUSH(el->cx, &names, el->named.at[k].path);
  const char *builtins[128];
  int n = builtin_names(el, builtins, 128);
  for (int k = 0; k < n; k++) VEC_PUSH(el->cx, &names, builtins[k]);
  return nearest_name(el->cx, name, names.at, names.n);
}

/* A name is unknown once on each line. */
static bool reported_here(Elaborator *el, const char *name, Span span) {
  int line, other, column;
  span_position(span, &line, &column);
  for (int k = 0; k < el->unknown.n; k++) {
    span_position(el->unknown.at[k].span, &other, &column);
    if (el->unknown.at[k].path == name && el->unknown.at[k].span.source == span.source && other == line) return true;
  }
  VEC_PUSH(el->cx, &el->unknown, ((Named){name, NULL, span, false}));
  return false;
}

/* `torch.tanh`, `x.sum`, `x.T` of other languages. */
static void explain_dotted(Elaborator *el, Scope *s, const char *last) {
  const Value *f = lookup_quiet(el, s, intern(el->cx, last));
  if (strcmp(last, "T") == 0) elaborate_advise(el, "a transpose is written A'");
  else if (f && f->kind == VALUE_FUNCTION) elaborate_advise(el, "did you mean '%s'?", last);
  else elaborate_advise(el, "a name with a dot is a part of a layer: h.W after h = dense(...)");
}

/* In `sum(n) a[n] - b[n]` the sum ends before the difference: the reduction that has used the name up, or NULL. */
static const Expr *ended_before(const Expr *e, const char *name) {
  for (; e; e = e->kind == EXPR_BINARY ? e->b : e->kind == EXPR_REDUCE ? e->a : NULL)
    for (int k = 0; e->kind == EXPR_REDUCE && k < e->nbinders; k++)
      if (e->binders[k].name == name) return e;
  return NULL;
}

/* Why the name may be unknown; false where nothing can be said. */
static bool explain_unknown(Elaborator *el, Scope *s, const char *name, Span span) {
  const Stmt *st;
  Span whole, at = definition_of(el, name, &st, &whole);
  const char *near = nearest_known(el, s, name);
  const Expr *ended = ended_before(el->left, name);
  bool here = st && st->span.source == span.source, model = st && st->kind != STMT_CONST;
  if (st && st->kind == STMT_ASKED)
    elaborate_advise(el, "'%s' is asked for: a file of derivations defines it, and only a check may use it", name);
  else if (here && whole.start <= span.start && whole.end >= span.end)
    elaborate_advise(el, "a definition cannot use the name that it defines");
  else if (model && s->fn)
    elaborate_remark(
      el, at, "the model defines '%s', but functions and layers see only constants, functions and their arguments",
      name);
  else if (model && s->kind == SCOPE_GLOBAL)
    elaborate_remark(
      el, at, "'%s' is computed by the model; a constant is known at compile time, from numbers and other constants",
      name);
  else if (here && at.start > span.start) elaborate_remark(el, at, "'%s' is defined here, after this use", name);
  else if (ended)
    elaborate_advise(el,
                     "the body of '%s(%s)' ends before the '+' or '-'; brackets take in more: %s(%s) (a[%s] - b[%s])",
                     ended->name, name, ended->name, name, name, name);
  else if (near) elaborate_advise(el, "did you mean '%s'?", near);
  else if (strrchr(name, '.')) explain_dotted(el, s, strrchr(name, '.') + 1);
  else return false;
  return true;
}

static void report_unknown(Elaborator *el, Scope *s, const char *name, Span span) {
  if (needs_argument(name)) {
    elaborate_report(
      el, span, "'batch' is not a value; mean(batch) x and sum(batch) x run over it, all(x) is x of every example");
    return;
  }
  el->failed = true;
  if (el->syntax_errors) return; /* it may be defined in a statement that could not be read */
  if (el->quiet || reported_here(el, name, span)) return;
  elaborate_report(el, span, "unknown name '%s'", name);
  el->unexplained = !explain_unknown(el, s, name, span);
}

Value *lookup(Elaborator *el, Scope *s, const char *name, Span span) {
  Binding *b = scope_find(s, name);
  if (b) return b->value;
  if (strchr(name, '.')) {
    Value *v = find_named(el, s, name, span);
    if (v) return v;
  }
  Value *v = special_name(el, name, span);
  if (v) return v;
  if (strcmp(name, "_") == 0) {
    elaborate_report(el, span,
                     "'_' stands for the missing argument of a layer, as in f = dense(_, 64); it means nothing here");
    return value_poison(el, span);
  }
  v = lookup_quiet(el, s, name);
  if (v) return v;
  report_unknown(el, s, name, span);
  return value_poison(el, span);
}
