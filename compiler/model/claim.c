/* claim.c: `check a == b`: two sides, open in the same variables.
 *
 * In `check y[i] == sum(j) W[i, j] x[j]` i is free in both, and runs over the places of y; where sides are arrays,
 * their axes are further variables. */
#include "model/run.h"

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
  Check c = {.stmt = st, .nvars = n};
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
