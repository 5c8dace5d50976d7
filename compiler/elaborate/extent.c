/* extent.c: how far indices run: `y[i, j < 3] = x[i, j]`. A bound is written, or taken from the places of arrays in
 * which the index stands alone; these must agree. */
#include "elaborate/expr.h"

#include <string.h>

typedef struct Extents { /* what the places where an index stands alone say of its extent */
  Elaborator *el;
  Scope *scope;
  const char *name;
  Axis axis;
  bool known, clash;
  bool check;       /* of a check, whose sides are arrays already */
  const Expr *base; /* the array that was found first, at its axis `place` */
  int place;
  Span where;
} Extents;

static Value *trial(Elaborator *el, Scope *s, const Expr *e) {
  bool quiet = el->quiet, failed = el->failed;
  int params = el->program->params.n, states = el->program->states.n, named = el->named.n, draws = el->program->ndraws;
  el->quiet = true;
  el->failed = false;
  Value *v = elaborate_expr(el, s, e);
  bool bad = el->failed;
  el->quiet = quiet;
  el->failed = failed;
  el->program->params.n = params;
  el->program->states.n = states;
  el->named.n = named;
  el->program->ndraws = draws;
  return bad ? NULL : v;
}

static const char *places_text(Elaborator *el, Axis axis) {
  return axis.kind == AXIS_PLAIN
           ? arena_printf(el->cx, "%lld place%s", (long long)axis.extent, axis.extent == 1 ? "" : "s")
           : "the batch";
}

/* A check compares whole arrays: the longer one is cut. */
static void advise_cut(const Extents *x, const Expr *base, Axis axis, int place) {
  bool second = axis.extent > x->axis.extent;
  const Expr *longer = second ? base : x->base;
  int64_t shorter = second ? x->axis.extent : axis.extent;
  Text t = {.cx = x->el->cx};
  for (int k = 0; k < (second ? place : x->place); k++) text_add(&t, ":, ");
  bool named = longer->kind == EXPR_NAME;
  elaborate_advise(x->el, "a check runs over all places of both sides; cut the longer array%s: %s[%s0:%lld]",
                   named ? "" : ", once it has a name", named ? longer->name : "a", t.length ? t.data : "",
                   (long long)shorter);
}

static void note_extent(Extents *x, const Expr *base, int place, Axis axis, Span where) {
  if (!x->known) {
    x->base = base;
    x->place = place;
    x->known = true;
    x->axis = axis;
    x->where = where;
  } else if ((!axis_equal(x->axis, axis) || x->axis.dim != axis.dim) && !x->clash) {
    x->clash = true;
    bool batch = axis.kind == AXIS_BATCH || x->axis.kind == AXIS_BATCH;
    elaborate_report(x->el, where, "index '%s' runs over %s here, over %s elsewhere%s%s%s", x->name,
                     places_text(x->el, axis), places_text(x->el, x->axis),
                     batch || x->check ? "" : "; write its bound: ", batch || x->check ? "" : x->name,
                     batch || x->check ? "" : " < n");
    elaborate_remark(x->el, x->where, "here it runs over %s", places_text(x->el, x->axis));
    if (x->check && !batch && !x->axis.dim && !axis.dim) advise_cut(x, base, axis, place);
  }
}

static void find_extents(Extents *x, const Expr *e, const char **bound, int nbound);

static void find_in_index(Extents *x, const Expr *e, const char **bound, int nbound) {
  bool alone = false;
  for (int k = 0; k < e->nsubs; k++)
    alone = alone || (!e->subs[k].is_range && e->subs[k].first->kind == EXPR_NAME && e->subs[k].first->name == x->name);
  for (int k = 0; alone && k < nbound; k++) /* the base may use indices that have no meaning here */
    if (expr_mentions(e->a, bound[k])) alone = false;
  if (alone && expr_mentions(e->a, x->name)) alone = false;
  Value *base = alone ? trial(x->el, x->scope, e->a) : NULL;
  Expr rest = *e;
  if (base && base->kind == VALUE_SEQUENCE) { /* h[t-1, i]: the places after the time */
    Expr first = *e;
    if (e->nsubs < 2) return;
    first.nsubs = 1;
    base = trial(x->el, x->scope, &first);
    rest.subs++, rest.nsubs--;
    e = &rest;
  }
  if (base && value_is_row(base)) {
    x->clash = true;
    bounds_report_choice(x->el, e->span, base, x->name);
    return;
  }
  if (base && base->kind == VALUE_LIST) base = value_as_tensor(x->el, base, e->span, "what is indexed");
  if (!base || base->kind != VALUE_TENSOR) return;
  for (int k = 0; k < e->nsubs && k < base->rank; k++)
    if (!e->subs[k].is_range && e->subs[k].first->kind == EXPR_NAME && e->subs[k].first->name == x->name &&
        !e->else_zero)
      note_extent(x, e->a, k, value_axis(x->el, base, k), e->subs[k].first->span);
  for (int k = 0; k < e->nsubs && k < base->rank; k++)
    if (e->else_zero && !x->known && !e->subs[k].is_range && e->subs[k].first->kind == EXPR_NAME &&
        e->subs[k].first->name == x->name)
      note_extent(x, e->a, k, value_axis(x->el, base, k), e->subs[k].first->span);
}

static void find_extents(Extents *x, const Expr *e, const char **bound, int nbound) {
  if (!e || x->clash) return;
  if (e->kind == EXPR_INDEX) find_in_index(x, e, bound, nbound);
  const char *inner[64];
  if (e->kind == EXPR_REDUCE) {
    for (int k = 0; k < e->nbinders; k++)
      if (e->binders[k].name == x->name) return;
    memcpy(inner, bound, sizeof(char *) * (size_t)nbound);
    for (int k = 0; k < e->nbinders && nbound < 64; k++) inner[nbound++] = e->binders[k].name;
    bound = inner;
  }
  find_extents(x, e->a, bound, nbound);
  find_extents(x, e->b, bound, nbound);
  for (int k = 0; k < e->nargs; k++) find_extents(x, e->args[k].value, bound, nbound);
  for (int k = 0; k < e->nsubs; k++) find_extents(x, e->subs[k].first, bound, nbound);
}

static void bind_variable(Elaborator *el, Scope *s, const Binder *b, int var) {
  Value *v = value_tensor(el, build_index(el->g, index_var(el->g, var)), 0, NULL, b->span);
  scope_bind(el, s, b->name, v, b->span);
}

static bool written_bound(Elaborator *el, Scope *s, const Binder *b, int *var) {
  Axis axis;
  if (!extent_of(el, elaborate_expr(el, s, b->bound), b->bound->span, "the bound of an index", &axis)) return false;
  *var = graph_var(el->g, axis);
  bind_variable(el, s, b, *var);
  return true;
}

/* The reduction in e that has the index as its own, and where it names it; NULL where there is none. */
static const Expr *reduction_over(const Expr *e, const char *name, Span *where) {
  if (!e) return NULL;
  for (int k = 0; e->kind == EXPR_REDUCE && k < e->nbinders; k++) {
    *where = e->binders[k].span;
    if (e->binders[k].name == name) return e;
  }
  const Expr *found = reduction_over(e->a, name, where);
  if (!found) found = reduction_over(e->b, name, where);
  for (int k = 0; !found && k < e->nargs; k++) found = reduction_over(e->args[k].value, name, where);
  for (int k = 0; !found && k < e->nsubs; k++) found = reduction_over(e->subs[k].first, name, where);
  return found;
}

/* No array says how far the index runs. In `y[i] = sum(i) x[i]` the sum has used it up. */
static void report_no_extent(Elaborator *el, const Binder *b, const Expr *body) {
  Span where;
  const Expr *inner = reduction_over(body, b->name, &where);
  if (inner) {
    elaborate_report(el, b->span, "index '%s' belongs to '%s(%s)' further in, and nothing else runs over it here",
                     b->name, inner->name, b->name);
    elaborate_remark(el, where, "'%s' ends with this '%s'", b->name, inner->name);
    elaborate_advise(el, "give one of the two another name");
  } else {
    elaborate_report(
      el, b->span,
      "over what does index '%s' run? It stands alone in no place of an array here; write its bound: %s < n", b->name,
      b->name);
  }
}

static bool mentions_poison(Elaborator *el, Scope *s, const Expr *e) {
  if (!e) return false;
  Value *v = e->kind == EXPR_NAME ? lookup_quiet(el, s, e->name) : NULL;
  if (v && value_is_poison(v)) return true;
  bool found = mentions_poison(el, s, e->a) || mentions_poison(el, s, e->b);
  for (int k = 0; !found && k < e->nargs; k++) found = mentions_poison(el, s, e->args[k].value);
  return found;
}

/* Something else is wrong in the body, and is the better message: reported here, or before. */
static bool erroneous(Elaborator *el, Scope *s, const Binder *binders, int n, const bool *done, const Expr *body) {
  int errors = error_count(el->cx);
  if (mentions_poison(el, s, body)) return true;
  Scope *inner = scope_new(el, SCOPE_BLOCK, s);
  for (int k = 0; k < n; k++)
    if (!done[k]) scope_bind(el, inner, binders[k].name, value_poison(el, binders[k].span), binders[k].span);
  elaborate_expr(el, inner, body);
  return error_count(el->cx) > errors;
}

bool extent_bind_indices(Elaborator *el, Scope *s, const Binder *binders, int n, const Expr *body, const Expr *other,
                         int *vars) {
  bool done[MAX_AXES] = {false}, progress = true;
  int left = n;
  if (n > MAX_AXES / 2) {
    elaborate_report(el, binders[0].span, "%d indices at once; %d are the most", n, MAX_AXES / 2);
    return false;
  }
  for (int k = 0; k < n; k++) {
    vars[k] = -1;
    for (int j = 0; j < k; j++)
      if (binders[j].name == binders[k].name) {
        elaborate_report(el, binders[k].span, "index '%s' stands here twice; each axis needs an index of its own",
                         binders[k].name);
        return false;
      }
  }
  while (left && progress) { /* an extent may follow only once another is known: f(x[i])[j] */
    progress = false;
    for (int k = 0; k < n; k++) {
      if (done[k]) continue;
      const char *unbound[MAX_AXES];
      int m = 0;
      for (int j = 0; j < n; j++)
        if (!done[j] && j != k) unbound[m++] = binders[j].name;
      Extents x = {.el = el, .scope = s, .name = binders[k].name, .check = other != NULL};
      if (!binders[k].bound) {
        find_extents(&x, body, unbound, m);
        find_extents(&x, other, unbound, m);
        if (x.clash) return false;
        if (!x.known) continue;
        vars[k] = graph_var(el->g, x.axis);
        bind_variable(el, s, &binders[k], vars[k]);
      } else if (!written_bound(el, s, &binders[k], &vars[k])) {
        return false;
      }
      done[k] = progress = true;
      left--;
    }
  }
  if (left) {
    el->failed = true;
    bool other_error = erroneous(el, s, binders, n, done, body);
    for (int k = 0; k < n && !other_error; k++)
      if (!done[k]) report_no_extent(el, &binders[k], body);
    return false;
  }
  /* axes come in the order in which the indices are written, whatever order they were found in */
  for (int k = 0; k < n; k++) {
    vars[k] = graph_var(el->g, graph_var_axis(el->g, vars[k]));
    bind_variable(el, s, &binders[k], vars[k]);
  }
  return true;
}

int extent_free_indices(Elaborator *el, Scope *s, const Expr *e, Binder *out, int n, int most) {
  if (!e) return n;
  for (int k = 0; k < e->nsubs; k++) {
    const Expr *i = e->subs[k].first;
    if (!e->subs[k].is_range && i->kind == EXPR_NAME && !lookup_quiet(el, s, i->name)) {
      bool seen = false;
      for (int j = 0; j < n; j++) seen = seen || out[j].name == i->name;
      if (!seen && n < most) out[n++] = (Binder){i->name, i->span, NULL};
    }
    n = extent_free_indices(el, s, i, out, n, most);
    n = extent_free_indices(el, s, e->subs[k].last, out, n, most);
  }
  Scope *inner = s;
  if (e->kind == EXPR_REDUCE) {
    inner = scope_new(el, SCOPE_BLOCK, s);
    for (int k = 0; k < e->nbinders; k++)
      scope_bind(el, inner, e->binders[k].name, value_number(el, 0, e->span), e->span);
  }
  n = extent_free_indices(el, inner, e->a, out, n, most);
  n = extent_free_indices(el, inner, e->b, out, n, most);
  for (int k = 0; k < e->nargs; k++) n = extent_free_indices(el, s, e->args[k].value, out, n, most);
  return n;
}
