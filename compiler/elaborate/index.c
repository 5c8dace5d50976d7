/* index.c: x[...].
 *
 * A place of an index is read as an affine expression of index variables and whole numbers where it is one, else as an
 * integer value of the model (a gather). Without `else 0` an index that may leave its array is an error that names a
 * value that does. */
#include "elaborate/expr.h"

#include <math.h>

/* ---- affine expressions ---- */

static Index *affine(Elaborator *el, Scope *s, const Expr *e);

/* NULL for an index whose numbers are out of all proportion: arithmetic on them might overflow. */
static Index *bounded(Index *e) {
  if (!number_is_exact((double)e->offset) || e->divisor > INT64_C(1) << 31) return NULL;
  for (int i = 0; i < e->n; i++)
    if (!number_is_exact((double)e->terms[i].coef)) return NULL;
  return e;
}

/* May it be multiplied by another one? */
static bool is_factor(const Index *e) { return e->offset <= INT64_C(1) << 31 && e->offset >= -(INT64_C(1) << 31); }

static Index *affine_value(Elaborator *el, Value *v) {
  if (v->kind == VALUE_NUMBER && number_is_exact(v->number)) return index_constant(el->g, (int64_t)v->number);
  if (v->kind == VALUE_TENSOR && v->rank == 0 && v->read->node->integer) return index_gather(el->g, v->read);
  return NULL;
}

static Index *affine_binary(Elaborator *el, Scope *s, const Expr *e) {
  if (e->op != BIN_ADD && e->op != BIN_SUB && e->op != BIN_MUL && e->op != BIN_DIV) return NULL;
  Index *a = affine(el, s, e->a);
  Index *b = a ? affine(el, s, e->b) : NULL;
  int64_t k;
  if (!a || !b) return NULL;
  if (e->op == BIN_ADD || e->op == BIN_SUB) return bounded(index_combine(el->g, 1, a, e->op == BIN_ADD ? 1 : -1, b));
  if (e->op == BIN_DIV)
    return index_is_constant(b, &k) && k != 0 && is_factor(b) ? bounded(index_divide(el->g, a, k)) : NULL;
  Index *zero = index_constant(el->g, 0);
  if (!is_factor(a) || !is_factor(b)) return NULL;
  if (index_is_constant(a, &k)) return bounded(index_combine(el->g, k, b, 0, zero));
  return index_is_constant(b, &k) ? bounded(index_combine(el->g, k, a, 0, zero)) : NULL;
}

/* The expression as an index, or NULL where it is none (nothing is reported then). */
static Index *affine(Elaborator *el, Scope *s, const Expr *e) {
  if (e->kind == EXPR_NEGATE) {
    Index *a = affine(el, s, e->a);
    return a ? index_combine(el->g, -1, a, 0, index_constant(el->g, 0)) : NULL;
  }
  if (e->kind == EXPR_BINARY) {
    Index *i = affine_binary(el, s, e);
    if (i) return i;
  }
  bool quiet = el->quiet, failed = el->failed;
  el->quiet = true;
  Value *v = elaborate_expr(el, s, e);
  el->quiet = quiet;
  el->failed = failed;
  return value_is_poison(v) ? NULL : affine_value(el, v);
}

/* ---- x[...] ---- */

typedef struct Places { /* what the brackets become: indices into x, and the result's own axes */
  Index *index[MAX_AXES];
  uint32_t guarded, at_zero; /* 0 is read where the index leaves the array; where it is not 0 */
  int vars[2 * MAX_AXES], rank;
} Places;

/* -1 with an error. */
static int64_t range_end(Elaborator *el, Scope *s, const Expr *e, const char *what, int64_t extent) {
  Value *v = elaborate_expr(el, s, e);
  int64_t at = value_whole(el, v, e->span, what, 0);
  if (v->kind == VALUE_NUMBER && v->number < 0 && v->number == floor(v->number) && v->number + (double)extent >= 0)
    elaborate_advise(el, "places are counted from 0; this one from the end is %.0f", v->number + (double)extent);
  return at;
}

static bool range_place(Elaborator *el, Scope *s, const Expr *e, const Value *x, int k, Places *p) {
  const Sub *sub = &e->subs[k];
  Axis axis = value_axis(el, x, k);
  if (axis.kind != AXIS_PLAIN) {
    if (sub->first || sub->last) {
      elaborate_report(el, e->span, "the axis over the batch cannot be cut");
      return false;
    }
    p->vars[p->rank] = graph_var(el->g, axis);
    p->index[k] = index_var(el->g, p->vars[p->rank++]);
    return true;
  }
  if (axis.dim && (sub->first || sub->last)) {
    elaborate_report(
      el, e->span,
      "a range of an axis of %s places, which differ between examples; an index definition with `else 0` cuts it",
      dim_text(el, axis.dim));
    return false;
  }
  if (axis.dim) {
    p->vars[p->rank] = graph_var(el->g, axis);
    p->index[k] = index_var(el->g, p->vars[p->rank++]);
    return true;
  }
  int64_t first = 0, last = axis.extent;
  if (sub->first && (first = range_end(el, s, sub->first, "the start of a range", axis.extent)) < 0) return false;
  if (sub->last && (last = range_end(el, s, sub->last, "the end of a range", axis.extent)) < 0) return false;
  if (first >= last || last > axis.extent) {
    elaborate_report(el, sub->first ? sub->first->span : e->span, "the range %lld:%lld is %s; the axis has %lld places",
                     (long long)first, (long long)last, first >= last ? "empty" : "too long", (long long)axis.extent);
    if (x->name) elaborate_remark(el, x->span, "'%s' is %s", x->name, value_shape(el, x));
    return false;
  }
  p->vars[p->rank] = graph_var(el->g, PLAIN(last - first));
  p->index[k] = index_combine(el->g, 1, index_var(el->g, p->vars[p->rank++]), 1, index_constant(el->g, first));
  return true;
}

/* An integer array as an index: its axes take the place. */
static bool array_place(Elaborator *el, const Expr *at, Value *v, int k, int64_t extent, Places *p) {
  if (v->kind == VALUE_LIST) v = value_as_tensor(el, v, at->span, "an index");
  if (!v) return false;
  if (v->kind != VALUE_TENSOR || !v->read->node->integer) {
    if (!value_is_poison(v)) bounds_report_not_whole(el, at->span, v, extent, "an index");
    return false;
  }
  Value *f = value_fresh(el, v);
  for (int j = 0; j < f->rank; j++) p->vars[p->rank++] = f->vars[j];
  p->index[k] = index_gather(el->g, f->read);
  return true;
}

static Value *list_item(Elaborator *el, Scope *s, const Expr *e, const Value *list) {
  if (e->nsubs != 1 || e->subs[0].is_range) {
    elaborate_report(el, e->span, "a list is indexed by one number");
    return value_poison(el, e->span);
  }
  const Expr *first = e->subs[0].first;
  Value *at = elaborate_expr(el, s, first);
  bool row = value_is_row(list);
  if (row && at->kind == VALUE_TENSOR) bounds_report_choice(el, first->span, list, expr_text(el->cx, first));
  int64_t k = row && at->kind == VALUE_TENSOR ? -1 : value_whole(el, at, first->span, "the index of a list", 0);
  if (k < 0) return value_poison(el, e->span);
  if (k >= list->nitems) {
    const char *name = row && list->name ? arena_printf(el->cx, "'%s'", list->name) : "the list";
    elaborate_report(el, first->span, "index %lld leaves %s, which has %d entr%s (0..%d)", (long long)k, name,
                     list->nitems, list->nitems == 1 ? "y" : "ies", list->nitems - 1);
    if (row && list->name) elaborate_remark(el, list->span, "'%s' is %s", list->name, value_text(el, list));
    return value_poison(el, e->span);
  }
  return list->items[k];
}

/* The i of c*i where c is beyond any extent, so that c*i is in an array only where i is 0; NULL where e is not that. */
static Index *beyond_extents(Elaborator *el, Scope *s, const Expr *e) {
  if (e->kind != EXPR_BINARY || e->op != BIN_MUL) return NULL;
  bool quiet = el->quiet, failed = el->failed;
  el->quiet = true;
  Value *a = elaborate_expr(el, s, e->a), *b = elaborate_expr(el, s, e->b);
  el->quiet = quiet;
  el->failed = failed;
  const Value *c = a->kind == VALUE_NUMBER ? a : b;
  if (c->kind != VALUE_NUMBER || c->number != floor(c->number) || !(fabs(c->number) > 2147483648.0) || isinf(c->number))
    return NULL;
  Index *i = affine(el, s, c == a ? e->b : e->a);
  return i && i->n && i->divisor == 1 ? i : NULL;
}

static bool place(Elaborator *el, Scope *s, const Expr *e, const Value *x, int k, Places *p) {
  const Sub *sub = &e->subs[k];
  if (sub->is_range) return range_place(el, s, e, x, k, p);
  if (bounds_compare(el, e, x, k)) return false;
  Index *i = affine(el, s, sub->first);
  if (!i && e->else_zero && (i = beyond_extents(el, s, sub->first))) p->at_zero |= UINT32_C(1) << k;
  Value *v;
  int errors = error_count(el->cx);
  if (i) p->index[k] = i;
  else if (value_is_poison(v = elaborate_expr(el, s, sub->first))) {
    if (error_count(el->cx) > errors && sub->first->kind == EXPR_NAME && el->unexplained)
      elaborate_advise(
        el, "as an index it would be an axis of what is defined, y[%s] = ..., or be summed over, sum(%s) ...",
        sub->first->name, sub->first->name);
    return false;
  } else if (!array_place(el, sub->first, v, k, value_axis(el, x, k).extent, p)) return false;
  if (!bounds_fit_64_bits(el, p->index[k], sub->first->span)) return false;
  if (e->else_zero && value_axis(el, x, k).kind == AXIS_PLAIN) p->guarded |= UINT32_C(1) << k;
  if (e->else_zero) return true;
  double lo, hi;
  Axis axis = value_axis(el, x, k);
  bool fine = bounds_check(el, s, x, k, p->index[k], sub->first->span);
  /* within the example, but maybe not within the storage of what is beyond its end */
  if (fine && axis.dim && !(index_range(el->g, p->index[k], NULL, &lo, &hi) && lo >= 0 && hi < (double)axis.extent))
    p->guarded |= UINT32_C(1) << k;
  return fine;
}

static Value *index_into(Elaborator *el, Scope *s, const Expr *e, Value *base);

/* h[t], h[t-1], h[t-1, i] in the scan that computes h. */
static Value *index_sequence(Elaborator *el, Scope *s, const Expr *e, const Value *sequence) {
  Index *at = e->subs[0].is_range ? NULL : affine(el, s, e->subs[0].first);
  Value *v = value_in_scan(el, sequence, at, e->subs[0].first ? e->subs[0].first->span : e->span);
  if (value_is_poison(v) || e->nsubs == 1) return value_is_poison(v) ? v : value_fresh(el, v);
  Expr rest = *e;
  rest.subs = e->subs + 1;
  rest.nsubs = e->nsubs - 1;
  return index_into(el, s, &rest, v);
}

Value *expr_index(Elaborator *el, Scope *s, const Expr *e) {
  Value *base = elaborate_expr(el, s, e->a);
  if (value_is_poison(base)) return base;
  return base->kind == VALUE_SEQUENCE ? index_sequence(el, s, e, base) : index_into(el, s, e, base);
}

/* One element of a constant array is a number known when compiling; NULL where it is something else. */
static Value *constant_element(Elaborator *el, const Value *x, const Places *p, Span span) {
  int64_t count, flat = 0, at;
  const double *elements = p->rank || p->guarded ? NULL : value_elements(el, x, &count);
  for (int k = 0; elements && k < x->rank; k++) {
    if (!index_is_constant(p->index[k], &at)) return NULL;
    flat = flat * value_axis(el, x, k).extent + at;
  }
  Value *v = elements ? value_number(el, elements[flat], span) : NULL;
  if (v && named_is_held(x->read)) v->read = value_at(el, x, x->rank, p->index)->read;
  return v;
}

static Value *index_into(Elaborator *el, Scope *s, const Expr *e, Value *base) {
  if (base->kind == VALUE_LIST) {
    bool numbers = true;
    for (int k = 0; k < base->nitems; k++)
      numbers = numbers && (base->items[k]->kind == VALUE_NUMBER || base->items[k]->kind == VALUE_LIST);
    Index *i = e->nsubs == 1 && !e->subs[0].is_range ? affine(el, s, e->subs[0].first) : NULL;
    if (!numbers || (i && index_is_constant(i, NULL))) return list_item(el, s, e, base);
  }
  Value *x = value_as_tensor(el, base, e->span, "what is indexed");
  if (!x) return value_poison(el, e->span);
  if (e->nsubs > x->rank) {
    const char *name = x->name ? arena_printf(el->cx, "'%s'", x->name) : "the value";
    if (x->rank)
      elaborate_report(el, e->span, "%s has %d %s, found %d indices", name, x->rank, x->rank == 1 ? "axis" : "axes",
                       e->nsubs);
    else elaborate_report(el, e->span, "%s is a single number; it has no axes to index", name);
    if (x->name) elaborate_remark(el, x->span, "'%s' is %s", x->name, x->rank ? value_shape(el, x) : "a single number");
    return value_poison(el, e->span);
  }
  Places p = {0};
  bool fine = true;
  for (int k = 0; k < e->nsubs; k++) fine = place(el, s, e, x, k, &p) && fine;
  if (!fine) return value_poison(el, e->span);
  for (int k = e->nsubs; k < x->rank; k++) {
    p.vars[p.rank] = graph_var(el->g, value_axis(el, x, k));
    p.index[k] = index_var(el->g, p.vars[p.rank++]);
  }
  if (p.rank > MAX_AXES) {
    elaborate_report(el, e->span, "the result would have %d axes; %d are the most", p.rank, MAX_AXES);
    return value_poison(el, e->span);
  }
  Value *known = constant_element(el, x, &p, e->span);
  if (known) return known;
  Value *at = value_at(el, x, x->rank, p.index);
  Read *r = at->read;
  if (p.guarded) {
    Guard guards[2 * MAX_AXES];
    int n = 0;
    for (int k = 0; k < x->rank; k++) {
      if (!(p.guarded >> k & 1)) continue;
      guards[n++] = (Guard){p.index[k], p.at_zero >> k & 1 ? 1 : value_axis(el, x, k).extent};
      if (value_axis(el, x, k).dim) guards[n++] = guard_within(el->g, value_axis(el, x, k).dim, p.index[k]);
    }
    r = build_product(el->g, 1, 1, &r, n, guards, 0, NULL);
  }
  Value *v = value_tensor(el, r, p.rank, p.vars, e->span);
  return v;
}
