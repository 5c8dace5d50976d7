/* instance.c: S[l] = dense(_, 64): instances of a layer in a row.
 *
 * The row S is a list that each such definition makes one longer; a list of other values never grows. S[l] is an entry
 * like that of any list, so l is known when compiling. The path of an instance is S.2, its place where a `for` has its
 * count, and S[l].W is what stands under S.2.W. */
#include "elaborate/expr.h"
#include "elaborate/statement.h"

#include <string.h>

/* ---- S[l] = dense(_, 64) ---- */

bool instance_defined_by(const Stmt *st) {
  const Expr *e = st->value;
  bool hole = false;
  for (int k = 0; e->kind == EXPR_CALL && k < e->nargs; k++) hole = hole || path_is_hole(e->args[k].value);
  return hole && st->ntargets == 1 && st->targets[0].indexed;
}

bool instance_is_none(Elaborator *el, Scope *s, const Target *t, const Expr *e) {
  const Value *f = e->kind == EXPR_NAME ? lookup_quiet(el, s, e->name) : NULL;
  if (!f || f->kind != VALUE_FUNCTION || !f->fn) return false;
  const char *what = f->partial ? "an instance already" : value_text(el, f);
  const char *makes = f->partial ? "one of its own" : "an instance of it";
  elaborate_report(el, e->span, "'%s' is %s; %s[l] = %s(_, ...) makes %s", e->name, what, t->name, f->fn->name, makes);
  return true;
}

/* -1 with an error. */
static int64_t place_in_row(Elaborator *el, Scope *s, const Target *t) {
  const Binder *b = t->binders;
  if (t->nbinders != 1) {
    elaborate_report(el, t->span, "instances stand in a row: '%s' has one index, found %d", t->name, t->nbinders);
    return -1;
  }
  if (b->name && (b->bound || !lookup_quiet(el, s, b->name))) {
    elaborate_report(el, b->span, "an instance is made at one place, which is known when compiling");
    elaborate_advise(el, "for %s < n { %s[%s] = ... } makes n of them", b->name, t->name, b->name);
    return -1;
  }
  const Value *at = b->name ? lookup(el, s, b->name, b->span) : elaborate_expr(el, s, b->bound);
  return value_whole(el, at, b->span, "the place of an instance", 0);
}

static Binding *own_binding(const Scope *s, const char *name) {
  Binding *b = s->first;
  while (b && b->name != name) b = b->next;
  return b;
}

/* Is place `at` the next one of this row (NULL: of a new one)? */
static bool is_next(Elaborator *el, const Binding *row, const Target *t, int64_t at) {
  int n = row ? row->value->nitems : 0;
  if (row && (row->is_formal || !row->value->grows)) {
    elaborate_report(el, t->span, "'%s' is already defined, and it is no row of instances", t->name);
    elaborate_remark(el, row->span, row->is_formal ? "it is an argument" : "it is defined here");
  } else if (at < n) {
    elaborate_report(el, t->span, "'%s[%lld]' is already defined", t->name, (long long)at);
    elaborate_remark(el, row->value->items[at]->span, "it is defined here");
    elaborate_advise(el, "each place of '%s' is defined once; the next one is %s[%d]", t->name, t->name, n);
  } else if (at > n) {
    elaborate_report(el, t->span, "'%s[%lld]' is defined before '%s[%d]'", t->name, (long long)at, t->name, n);
    elaborate_advise(el, "the places of a row are defined in order, from 0");
  } else {
    return true;
  }
  return false;
}

static Value *longer_row(Elaborator *el, const Value *row, Value *instance, const Target *t) {
  Value *v = value_new(el, VALUE_LIST, t->span);
  int n = row ? row->nitems : 0;
  bool full = (n & (n - 1)) == 0; /* there is room for the next power of two */
  v->items = full ? ARENA_ARRAY(el->cx, Value *, n ? 2 * n : 1) : row->items;
  if (n && full) memcpy(v->items, row->items, sizeof *v->items * (size_t)n);
  v->items[n] = instance;
  v->nitems = n + 1;
  v->grows = true;
  v->name = t->name;
  return v;
}

/* Under its name, and for x.S[0].W under its path: the whole row, whatever turn of a `for` it grows in. */
static void bind_row(Elaborator *el, Scope *s, const Target *t, const Value *before, Value *row) {
  if (!before) {
    const char *suffix = s->suffix;
    s->suffix = "";
    define_result(el, s, t->name, row, t->span);
    s->suffix = suffix;
    return;
  }
  for (int k = 0; k < el->named.n; k++)
    if (el->named.at[k].value == before) el->named.at[k].value = row;
  scope_bind(el, s, t->name, row, t->span);
}

void instance_define(Elaborator *el, Scope *s, const Stmt *st) {
  const Target *t = st->targets;
  const Binding *row = own_binding(s, t->name);
  if (row && value_is_poison(row->value)) return;
  int64_t at = place_in_row(el, s, t);
  Value *v = value_poison(el, st->span);
  if (at >= 0 && is_next(el, row, t, at)) {
    const char *suffix = s->suffix;
    s->suffix = arena_printf(el->cx, ".%lld", (long long)at);
    path_name_calls(el, s, t->name, st->value, NULL);
    v = elaborate_expr(el, s, st->value);
    s->suffix = suffix;
  }
  const Value *before = row && !value_is_poison(v) ? row->value : NULL;
  const char *name = arena_printf(el->cx, "%s[%lld]", t->name, (long long)at);
  if (!value_is_poison(v)) v = longer_row(el, before, value_named(el, s, name, v), t);
  bind_row(el, s, t, before, v);
}

/* ---- S[l], S[l].W ---- */

/* The path of the instance, or of a part of one, that is written S[l], S[l].h, S[l].T[0]; NULL with an error. */
static const char *path_of_part(Elaborator *el, Scope *s, const Expr *e) {
  bool nested = e->kind == EXPR_INDEX && e->a->kind == EXPR_PART && e->nsubs == 1 && !e->subs[0].is_range;
  if (e->kind == EXPR_PART || nested) {
    const char *base = path_of_part(el, s, e->a);
    if (!base || e->kind == EXPR_PART) return base ? arena_printf(el->cx, "%s.%s", base, e->name) : NULL;
    const Expr *at = e->subs[0].first;
    int64_t k = value_whole(el, elaborate_expr(el, s, at), at->span, "the place of an instance", 0);
    return k < 0 ? NULL : arena_printf(el->cx, "%s.%lld", base, (long long)k);
  }
  const Value *v = elaborate_expr(el, s, e);
  if (value_is_poison(v)) return NULL;
  if (v->kind == VALUE_FUNCTION && v->partial && v->path) return v->path;
  elaborate_report(el, e->span, "a part with a dot belongs to an instance of a layer, found %s", value_text(el, v));
  if (v->name) elaborate_remark(el, v->span, "'%s' is defined here", v->name);
  return NULL;
}

const char *path_of_whole(Elaborator *el, Scope *s, const Expr *e) {
  return e->kind == EXPR_NAME ? e->name : path_of_part(el, s, e);
}

/* A parameter exists once its instance has been called. */
static void report_no_part(Elaborator *el, const Expr *e, const char *path) {
  VEC(const char *) names = {0};
  size_t n = strlen(path) - strlen(e->name);
  for (int k = 0; k < el->named.n; k++)
    if (strncmp(el->named.at[k].path, path, n) == 0) VEC_PUSH(el->cx, &names, el->named.at[k].path);
  elaborate_report(el, e->span, "unknown name '%s'", expr_text(el->cx, e));
  const char *near = nearest_name(el->cx, path, names.at, names.n);
  if (!names.n) elaborate_advise(el, "what an instance has is made by its first call, and can be used after it");
  else if (near) elaborate_advise(el, "did you mean '%s'?", near);
}

Value *expr_part(Elaborator *el, Scope *s, const Expr *e) {
  const char *path = path_of_part(el, s, e);
  if (!path) return value_poison(el, e->span);
  Value *v = lookup_path(el, s, intern(el->cx, path), e->span);
  if (!v) report_no_part(el, e, path);
  return v ? v : value_poison(el, e->span);
}
