/* index.c: x[...], index variables and reductions over them.
 *
 * A place of an index is read as an affine expression of index variables and whole numbers where it is one, else as an
 * integer value of the model (a gather). Without `else 0` an index that may leave its array is an error that names a
 * value that does. */
#include "elaborate/elaborate.h"

#include <math.h>
#include <string.h>

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
  Value *v = expr(el, s, e);
  el->quiet = quiet;
  el->failed = failed;
  return is_poison(v) ? NULL : affine_value(el, v);
}

/* ---- bounds ---- */

/* Writes the extreme values of the variables: "i = 2, u = 0". */
static const char *witness(Elaborator *el, Scope *s, const Index *e, bool high) {
  Text t = {.cx = el->cx};
  for (int i = 0; i < e->n; i++) {
    if (e->terms[i].gather) continue;
    bool top = (e->terms[i].coef > 0) == high;
    const char *name = NULL;
    for (Scope *q = s; q && !name; q = q->parent)
      for (Binding *b = q->first; b && !name; b = b->next) {
        int v;
        if (b->value->kind == VALUE_TENSOR && b->value->rank == 0 && b->value->read->node->op == OP_INDEX &&
            index_is_var(index_gather(el->g, b->value->read), &v) && v == e->terms[i].var)
          name = b->name;
      }
    Axis axis = graph_var_axis(el->g, e->terms[i].var);
    text_printf(&t, "%s%s = %lld", t.length ? ", " : "", name ? name : "an index",
                top ? (long long)axis.extent - 1 : 0LL);
  }
  return t.length ? t.data : NULL;
}

/* The input that is read, whatever names it has been given since; NULL where it is none. */
static const Input *input_of_read(const Elaborator *el, const Read *r) {
  const Node *n = r->node;
  while (n->kind == NODE_NAME) n = n->reads[0]->node;
  return n->kind == NODE_INPUT ? &el->program->inputs.at[n->item] : NULL;
}

static bool check_bounds(Elaborator *el, Scope *s, const Value *x, int place, const Index *e, Span span) {
  Axis axis = value_axis(el, x, place);
  double lo, hi;
  const char *name = x->name ? arena_printf(el->cx, "'%s'", x->name) : "the array";
  if (axis.kind != AXIS_PLAIN) {
    int v;
    if (index_is_var(e, &v) && graph_var_axis(el->g, v).kind == axis.kind) return true;
    report(el, span,
           "the axis over the batch cannot be indexed by a number; reduce over it, or use an index that runs over it");
    return false;
  }
  if (axis.dim && within_dim(el, axis.dim, e)) return true;
  if (axis.dim) {
    report(el, span, "this index may leave %s: its axis has %s places, which differ between examples", name,
           dim_text(el, axis.dim));
    advise(el, "0, (%s) - 1 and an index over the axis are safe; `else 0` reads 0 beyond the end",
           dim_text(el, axis.dim));
    return false;
  }
  if (e->divisor != 1) {
    report(el, span, "this index is not whole for every value of its indices; write 'else 0' to read 0 there");
    return false;
  }
  if (!index_range(el->g, e, NULL, &lo, &hi) || hi - lo >= (double)UINT32_MAX) {
    report(
      el, span,
      "this index may be any integer, and %s has %lld places here; declare the input as class(%lld), or write 'else 0'",
      name, (long long)axis.extent, (long long)axis.extent);
    return false;
  }
  if (lo >= 0 && hi < (double)axis.extent) return true;
  bool high = hi >= (double)axis.extent;
  const char *where = witness(el, s, e, high);
  report(el, span, "this index leaves %s: it reaches %.0f%s%s, the axis has %lld place%s (0..%lld)", name,
         high ? hi : lo, where ? " at " : "", where ? where : "", (long long)axis.extent, axis.extent == 1 ? "" : "s",
         (long long)axis.extent - 1);
  if (x->name) remark(el, x->span, "'%s' is %s", x->name, shape_text(el, x));
  const Input *input = e->n == 1 && e->terms[0].gather ? input_of_read(el, e->terms[0].gather) : NULL;
  if (input && input->kind == INPUT_CLASS)
    remark(el, input->span, "'%s' has %d classes, 0..%d", input->name, input->classes, input->classes - 1);
  if (lo == hi && lo < 0 && -lo <= (double)axis.extent)
    advise(el, "places are counted from 0; this one from the end is %.0f", (double)axis.extent + lo);
  return false;
}

/* ---- x[...] ---- */

typedef struct Places { /* what the brackets become: indices into x, and the result's own axes */
  Index *index[MAX_AXES];
  uint32_t guarded, at_zero; /* 0 is read where the index leaves the array; where it is not 0 */
  int vars[2 * MAX_AXES], rank;
} Places;

/* -1 with an error. */
static int64_t range_end(Elaborator *el, Scope *s, const Expr *e, const char *what, int64_t extent) {
  Value *v = expr(el, s, e);
  int64_t at = whole_number(el, v, e->span, what, 0);
  if (v->kind == VALUE_NUMBER && v->number < 0 && v->number == floor(v->number) && v->number + (double)extent >= 0)
    advise(el, "places are counted from 0; this one from the end is %.0f", v->number + (double)extent);
  return at;
}

static bool range_place(Elaborator *el, Scope *s, const Expr *e, const Value *x, int k, Places *p) {
  const Sub *sub = &e->subs[k];
  Axis axis = value_axis(el, x, k);
  if (axis.kind != AXIS_PLAIN) {
    if (sub->first || sub->last) {
      report(el, e->span, "the axis over the batch cannot be cut");
      return false;
    }
    p->vars[p->rank] = graph_var(el->g, axis);
    p->index[k] = index_var(el->g, p->vars[p->rank++]);
    return true;
  }
  if (axis.dim && (sub->first || sub->last)) {
    report(el, e->span,
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
    report(el, sub->first ? sub->first->span : e->span, "the range %lld:%lld is %s; the axis has %lld places",
           (long long)first, (long long)last, first >= last ? "empty" : "too long", (long long)axis.extent);
    if (x->name) remark(el, x->span, "'%s' is %s", x->name, shape_text(el, x));
    return false;
  }
  p->vars[p->rank] = graph_var(el->g, PLAIN(last - first));
  p->index[k] = index_combine(el->g, 1, index_var(el->g, p->vars[p->rank++]), 1, index_constant(el->g, first));
  return true;
}

/* A value that would be whole, but for its size, or because a divisor may be 0. */
static bool reported_whole(Elaborator *el, Span span, const Node *n, const char *what) {
  while (n->kind == NODE_NAME) n = n->reads[0]->node;
  if (n->large) {
    double most = fmax(fabs(n->lo), fabs(n->hi));
    const char *reach = most > 9007199254740992.0 ? arena_printf(el->cx, "this one may reach %.0f", most)
                                                  : "a value in this one may be greater";
    report(el, span, "%s must be a whole number of at most 2^53 = 9007199254740992, and all in it too; %s", what,
           reach);
    advise(el, "bound what it is made of: class(k) an input, min, max and mod a value");
    return true;
  }
  if (n->kind != NODE_MAP || n->op != OP_MOD || !n->reads[0]->node->integer || !n->reads[1]->node->integer)
    return false;
  report(el, span, "%s must be a whole number; 'a mod n' is none where n is 0, and here n may be %.0f..%.0f", what,
         n->reads[1]->node->lo, n->reads[1]->node->hi);
  return true;
}

void report_not_whole(Elaborator *el, Span span, const Value *v, int64_t extent, const char *what) {
  const Input *input = v->kind == VALUE_TENSOR ? input_of_read(el, v->read) : NULL;
  if (v->kind == VALUE_TENSOR && reported_whole(el, span, v->read->node, what)) return;
  const char *found = v->kind != VALUE_TENSOR ? describe(el, v)
                      : v->rank               ? arena_printf(el->cx, "%s of real values", describe(el, v))
                                              : "a real number";
  report(el, span, "%s must be a whole number%s, found %s", what, v->kind == VALUE_NUMBER ? " of at most 2^31" : "",
         found);
  if (input)
    remark(el, input->span, "'%s' is real; ': class(%lld)' after it would make it whole numbers", input->name,
           (long long)extent);
}

/* An integer array as an index: its axes take the place. */
static bool array_place(Elaborator *el, const Expr *at, Value *v, int k, int64_t extent, Places *p) {
  if (v->kind == VALUE_LIST) v = as_tensor(el, v, at->span, "an index");
  if (!v) return false;
  if (v->kind != VALUE_TENSOR || !v->read->node->integer) {
    if (!is_poison(v)) report_not_whole(el, at->span, v, extent, "an index");
    return false;
  }
  Value *f = value_fresh(el, v);
  for (int j = 0; j < f->rank; j++) p->vars[p->rank++] = f->vars[j];
  p->index[k] = index_gather(el->g, f->read);
  return true;
}

static Value *list_item(Elaborator *el, Scope *s, const Expr *e, const Value *list) {
  if (e->nsubs != 1 || e->subs[0].is_range) {
    report(el, e->span, "a list is indexed by one number");
    return value_poison(el, e->span);
  }
  const Expr *first = e->subs[0].first;
  Value *at = expr(el, s, first);
  bool row = is_row(list);
  if (row && at->kind == VALUE_TENSOR) report_choice(el, first->span, list, expr_text(el->cx, first));
  int64_t k = row && at->kind == VALUE_TENSOR ? -1 : whole_number(el, at, first->span, "the index of a list", 0);
  if (k < 0) return value_poison(el, e->span);
  if (k >= list->nitems) {
    const char *name = row && list->name ? arena_printf(el->cx, "'%s'", list->name) : "the list";
    report(el, first->span, "index %lld leaves %s, which has %d entr%s (0..%d)", (long long)k, name, list->nitems,
           list->nitems == 1 ? "y" : "ies", list->nitems - 1);
    if (row && list->name) remark(el, list->span, "'%s' is %s", list->name, describe(el, list));
    return value_poison(el, e->span);
  }
  return list->items[k];
}

/* x[i < 3]: 0 or 1, which chooses one of two places; where there are more, the bound of an index was meant. */
static bool compares_index(Elaborator *el, const Expr *e, const Value *x, int k) {
  const Expr *c = e->subs[k].first;
  Axis axis = value_axis(el, x, k);
  if (c->kind != EXPR_BINARY || c->op < BIN_EQ || c->op > BIN_GE || e->else_zero || axis.kind != AXIS_PLAIN ||
      axis.extent <= 2)
    return false;
  report(el, c->span, "a comparison is 0 or 1, which is no index into %lld places", (long long)axis.extent);
  const char *i = c->a->kind == EXPR_NAME ? c->a->name : "i";
  if (c->op == BIN_LT)
    advise(el,
           "the bound of an index stands left of a definition, y[%s < 3] = ..., or in a reduction, sum(%s < 3) ...; a "
           "part of an array is a[0:3]",
           i, i);
  return true;
}

static bool fits_64_bits(Elaborator *el, const Index *e, Span span) {
  double lo, hi;
  if (!index_range(el->g, e, NULL, &lo, &hi)) return true;
  double most = fmax(fabs(lo), fabs(hi));
  if (most * (double)e->divisor < 4611686018427387904.0) return true; /* 2^62: with room for what is added to it */
  report(el, span, "this index may reach %.0f, with a divisor of %lld, beyond what 64 bits hold safely", most,
         (long long)e->divisor);
  advise(el, "bound what it is made of: class(k) an input, min, max and mod a value");
  return false;
}

/* The i of c*i where c is beyond any extent, so that c*i is in an array only where i is 0; NULL where e is not that. */
static Index *beyond_extents(Elaborator *el, Scope *s, const Expr *e) {
  if (e->kind != EXPR_BINARY || e->op != BIN_MUL) return NULL;
  bool quiet = el->quiet, failed = el->failed;
  el->quiet = true;
  Value *a = expr(el, s, e->a), *b = expr(el, s, e->b);
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
  if (compares_index(el, e, x, k)) return false;
  Index *i = affine(el, s, sub->first);
  if (!i && e->else_zero && (i = beyond_extents(el, s, sub->first))) p->at_zero |= UINT32_C(1) << k;
  Value *v;
  int errors = error_count(el->cx);
  if (i) p->index[k] = i;
  else if (is_poison(v = expr(el, s, sub->first))) {
    if (error_count(el->cx) > errors && sub->first->kind == EXPR_NAME && el->unexplained)
      advise(el, "as an index it would be an axis of what is defined, y[%s] = ..., or be summed over, sum(%s) ...",
             sub->first->name, sub->first->name);
    return false;
  } else if (!array_place(el, sub->first, v, k, value_axis(el, x, k).extent, p)) return false;
  if (!fits_64_bits(el, p->index[k], sub->first->span)) return false;
  if (e->else_zero && value_axis(el, x, k).kind == AXIS_PLAIN) p->guarded |= UINT32_C(1) << k;
  if (e->else_zero) return true;
  double lo, hi;
  Axis axis = value_axis(el, x, k);
  bool fine = check_bounds(el, s, x, k, p->index[k], sub->first->span);
  /* within the example, but maybe not within the storage of what is beyond its end */
  if (fine && axis.dim && !(index_range(el->g, p->index[k], NULL, &lo, &hi) && lo >= 0 && hi < (double)axis.extent))
    p->guarded |= UINT32_C(1) << k;
  return fine;
}

static Value *index_into(Elaborator *el, Scope *s, const Expr *e, Value *base);

/* h[t], h[t-1], h[t-1, i] in the scan that computes h. */
static Value *index_sequence(Elaborator *el, Scope *s, const Expr *e, const Value *sequence) {
  Index *at = e->subs[0].is_range ? NULL : affine(el, s, e->subs[0].first);
  Value *v = sequence_at(el, sequence, at, e->subs[0].first ? e->subs[0].first->span : e->span);
  if (is_poison(v) || e->nsubs == 1) return is_poison(v) ? v : value_fresh(el, v);
  Expr rest = *e;
  rest.subs = e->subs + 1;
  rest.nsubs = e->nsubs - 1;
  return index_into(el, s, &rest, v);
}

Value *expr_index(Elaborator *el, Scope *s, const Expr *e) {
  Value *base = expr(el, s, e->a);
  if (is_poison(base)) return base;
  return base->kind == VALUE_SEQUENCE ? index_sequence(el, s, e, base) : index_into(el, s, e, base);
}

/* One element of a constant array is a number known when compiling; NULL where it is something else. */
static Value *constant_element(Elaborator *el, const Value *x, const Places *p, Span span) {
  int64_t count, flat = 0, at;
  const double *elements = p->rank || p->guarded ? NULL : constant_elements(el, x, &count);
  for (int k = 0; elements && k < x->rank; k++) {
    if (!index_is_constant(p->index[k], &at)) return NULL;
    flat = flat * value_axis(el, x, k).extent + at;
  }
  Value *v = elements ? value_number(el, elements[flat], span) : NULL;
  if (v && is_held(x->read)) v->read = value_at(el, x, x->rank, p->index)->read;
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
  Value *x = as_tensor(el, base, e->span, "what is indexed");
  if (!x) return value_poison(el, e->span);
  if (e->nsubs > x->rank) {
    const char *name = x->name ? arena_printf(el->cx, "'%s'", x->name) : "the value";
    if (x->rank)
      report(el, e->span, "%s has %d %s, found %d indices", name, x->rank, x->rank == 1 ? "axis" : "axes", e->nsubs);
    else report(el, e->span, "%s is a single number; it has no axes to index", name);
    if (x->name) remark(el, x->span, "'%s' is %s", x->name, x->rank ? shape_text(el, x) : "a single number");
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
    report(el, e->span, "the result would have %d axes; %d are the most", p.rank, MAX_AXES);
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

/* ---- binding indices ---- */

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
  Value *v = expr(el, s, e);
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
  advise(x->el, "a check runs over all places of both sides; cut the longer array%s: %s[%s0:%lld]",
         named ? "" : ", once it has a name", named ? longer->name : "a", t.length ? t.data : "", (long long)shorter);
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
    report(x->el, where, "index '%s' runs over %s here, over %s elsewhere%s%s%s", x->name, places_text(x->el, axis),
           places_text(x->el, x->axis),
           batch || x->check ? "" : "; write its bound: ", batch || x->check ? "" : x->name,
           batch || x->check ? "" : " < n");
    remark(x->el, x->where, "here it runs over %s", places_text(x->el, x->axis));
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
  if (base && is_row(base)) {
    x->clash = true;
    report_choice(x->el, e->span, base, x->name);
    return;
  }
  if (base && base->kind == VALUE_LIST) base = as_tensor(x->el, base, e->span, "what is indexed");
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
  if (!extent_of(el, expr(el, s, b->bound), b->bound->span, "the bound of an index", &axis)) return false;
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
    report(el, b->span, "index '%s' belongs to '%s(%s)' further in, and nothing else runs over it here", b->name,
           inner->name, b->name);
    remark(el, where, "'%s' ends with this '%s'", b->name, inner->name);
    advise(el, "give one of the two another name");
  } else {
    report(el, b->span,
           "over what does index '%s' run? It stands alone in no place of an array here; write its bound: %s < n",
           b->name, b->name);
  }
}

static bool mentions_poison(Elaborator *el, Scope *s, const Expr *e) {
  if (!e) return false;
  Value *v = e->kind == EXPR_NAME ? lookup_quiet(el, s, e->name) : NULL;
  if (v && is_poison(v)) return true;
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
  expr(el, inner, body);
  return error_count(el->cx) > errors;
}

bool bind_indices(Elaborator *el, Scope *s, const Binder *binders, int n, const Expr *body, const Expr *other,
                  int *vars) {
  bool done[MAX_AXES] = {false}, progress = true;
  int left = n;
  if (n > MAX_AXES / 2) {
    report(el, binders[0].span, "%d indices at once; %d are the most", n, MAX_AXES / 2);
    return false;
  }
  for (int k = 0; k < n; k++) {
    vars[k] = -1;
    for (int j = 0; j < k; j++)
      if (binders[j].name == binders[k].name) {
        report(el, binders[k].span, "index '%s' stands here twice; each axis needs an index of its own",
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

int free_indices(Elaborator *el, Scope *s, const Expr *e, Binder *out, int n, int most) {
  if (!e) return n;
  for (int k = 0; k < e->nsubs; k++) {
    const Expr *i = e->subs[k].first;
    if (!e->subs[k].is_range && i->kind == EXPR_NAME && !lookup_quiet(el, s, i->name)) {
      bool seen = false;
      for (int j = 0; j < n; j++) seen = seen || out[j].name == i->name;
      if (!seen && n < most) out[n++] = (Binder){i->name, i->span, NULL};
    }
    n = free_indices(el, s, i, out, n, most);
    n = free_indices(el, s, e->subs[k].last, out, n, most);
  }
  Scope *inner = s;
  if (e->kind == EXPR_REDUCE) {
    inner = scope_new(el, SCOPE_BLOCK, s);
    for (int k = 0; k < e->nbinders; k++)
      scope_bind(el, inner, e->binders[k].name, value_number(el, 0, e->span), e->span);
  }
  n = free_indices(el, inner, e->a, out, n, most);
  n = free_indices(el, inner, e->b, out, n, most);
  for (int k = 0; k < e->nargs; k++) n = free_indices(el, s, e->args[k].value, out, n, most);
  return n;
}

/* ---- sum(j) ... ---- */

/* f(j) x[j] of a function of a whole array is f of the array that x is along j. */
static Value *reduce_by_function(Elaborator *el, Scope *s, const Expr *e, Value *x, int n, const int *vars) {
  Value *f = lookup(el, s, e->name, e->name_span), *array = value_tensor(el, x->read, n, vars, e->a->span);
  if (is_poison(f)) return f;
  if (f->kind != VALUE_FUNCTION || !f->fn || f->partial || f->fn->kind != STMT_FN ||
      f->fn->formals[0].kind != FORMAL_ANY) {
    report(el, e->name_span, "'%s' has indices and a body, but it is %s, not a function of a whole array", e->name,
           describe(el, f));
    return value_poison(el, e->span);
  }
  for (int k = 0; k < x->rank; k++) context_push(el, x->vars[k]);
  Value *v = call_function(el, s, f, e, 1, &array, NULL, &e->a->span);
  context_pop(el, x->rank);
  Value *y = one_value(el, v, e->span) ? as_tensor(el, v, e->span, "what a reduction gives") : NULL;
  if (!y) return value_poison(el, e->span);
  int all[2 * MAX_AXES];
  y = value_fresh(el, y);
  if (x->rank + y->rank > MAX_AXES / 2) {
    report(el, e->span, "the result would have %d axes; %d are the most", x->rank + y->rank, MAX_AXES / 2);
    return value_poison(el, e->span);
  }
  memcpy(all, x->vars, sizeof(int) * (size_t)x->rank);
  memcpy(all + x->rank, y->vars, sizeof(int) * (size_t)y->rank);
  return value_fresh(el, value_tensor(el, y->read, x->rank + y->rank, all, e->span));
}

static Value *reduced(Elaborator *el, Scope *s, const Expr *e, Value *x, int n, const int *vars) {
  return is_reduction(e->name) ? reduce_value(el, e->name, x, n, vars, e->span)
                               : reduce_by_function(el, s, e, x, n, vars);
}

static Value *over_batch(Elaborator *el, Scope *s, const Expr *e) {
  if (el->in_optimizer) {
    report(el, e->span, "an optimizer sees parameters and gradients, and no batch");
    return value_poison(el, e->span);
  }
  Value *body = expr(el, s, e->a);
  if (is_poison(body)) return body;
  Value *x = as_tensor(el, body, e->a->span, "what is reduced");
  if (!x) return value_poison(el, e->span);
  int all = graph_var(el->g, OVER_BATCH);
  Subst sub = {0};
  subst_add(&sub, el->g->batch_var, index_var(el->g, all));
  Value *v = value_fresh(el, x);
  v->read = read_substitute(el->g, v->read, &sub);
  return reduced(el, s, e, v, 1, &all);
}

Value *expr_reduce(Elaborator *el, Scope *s, const Expr *e) {
  int vars[MAX_AXES];
  for (int k = 0; k < e->nbinders; k++)
    if (strcmp(e->binders[k].name, "batch") == 0) {
      if (e->nbinders == 1 && !e->binders[k].bound) return over_batch(el, s, e);
      report(el, e->binders[k].span, "'batch' stands alone: %s(batch) x", e->name);
      return value_poison(el, e->span);
    }
  Scope *inner = scope_new(el, SCOPE_BLOCK, s);
  if (!bind_indices(el, inner, e->binders, e->nbinders, e->a, NULL, vars)) return value_poison(el, e->span);
  for (int k = 0; k < e->nbinders; k++) context_push(el, vars[k]);
  Value *body = expr(el, inner, e->a);
  context_pop(el, e->nbinders);
  if (is_poison(body)) return value_poison(el, e->span);
  Value *x = as_tensor(el, body, e->a->span, "what is reduced");
  if (!x) return value_poison(el, e->span);
  return reduced(el, s, e, x, e->nbinders, vars);
}
