/* reduce_body.c: sum(j) ..., mean(batch) ..., f(j) x[j] of a function of a whole array.
 *
 * The body is a value in which j is one more free variable; a reduction binds it. `batch` is the variable of the
 * example, which is replaced by a fresh one that runs over all of them. */
#include "elaborate/builtin.h"
#include "elaborate/expr.h"

#include <string.h>

/* f(j) x[j] of a function of a whole array is f of the array that x is along j. */
static Value *reduce_by_function(Elaborator *el, Scope *s, const Expr *e, Value *x, int n, const int *vars) {
  Value *f = lookup(el, s, e->name, e->name_span), *array = value_tensor(el, x->read, n, vars, e->a->span);
  if (value_is_poison(f)) return f;
  if (f->kind != VALUE_FUNCTION || !f->fn || f->partial || f->fn->kind != STMT_FN ||
      f->fn->formals[0].kind != FORMAL_ANY) {
    elaborate_report(el, e->name_span, "'%s' has indices and a body, but it is %s, not a function of a whole array",
                     e->name, value_text(el, f));
    return value_poison(el, e->span);
  }
  for (int k = 0; k < x->rank; k++) scope_push_var(el, x->vars[k]);
  Value *v = call_function(el, s, f, e, 1, &array, NULL, &e->a->span);
  scope_pop_vars(el, x->rank);
  Value *y = value_is_one(el, v, e->span) ? value_as_tensor(el, v, e->span, "what a reduction gives") : NULL;
  if (!y) return value_poison(el, e->span);
  int all[2 * MAX_AXES];
  y = value_fresh(el, y);
  if (x->rank + y->rank > MAX_AXES / 2) {
    elaborate_report(el, e->span, "the result would have %d axes; %d are the most", x->rank + y->rank, MAX_AXES / 2);
    return value_poison(el, e->span);
  }
  memcpy(all, x->vars, sizeof(int) * (size_t)x->rank);
  memcpy(all + x->rank, y->vars, sizeof(int) * (size_t)y->rank);
  return value_fresh(el, value_tensor(el, y->read, x->rank + y->rank, all, e->span));
}

static Value *reduced(Elaborator *el, Scope *s, const Expr *e, Value *x, int n, const int *vars) {
  return is_reduction(e->name) ? accumulate_value(el, e->name, x, n, vars, e->span)
                               : reduce_by_function(el, s, e, x, n, vars);
}

static Value *over_batch(Elaborator *el, Scope *s, const Expr *e) {
  if (el->in_optimizer) {
    elaborate_report(el, e->span, "an optimizer sees parameters and gradients, and no batch");
    return value_poison(el, e->span);
  }
  Value *body = elaborate_expr(el, s, e->a);
  if (value_is_poison(body)) return body;
  Value *x = value_as_tensor(el, body, e->a->span, "what is reduced");
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
      elaborate_report(el, e->binders[k].span, "'batch' stands alone: %s(batch) x", e->name);
      return value_poison(el, e->span);
    }
  Scope *inner = scope_new(el, SCOPE_BLOCK, s);
  if (!extent_bind_indices(el, inner, e->binders, e->nbinders, e->a, NULL, vars)) return value_poison(el, e->span);
  for (int k = 0; k < e->nbinders; k++) scope_push_var(el, vars[k]);
  Value *body = elaborate_expr(el, inner, e->a);
  scope_pop_vars(el, e->nbinders);
  if (value_is_poison(body)) return value_poison(el, e->span);
  Value *x = value_as_tensor(el, body, e->a->span, "what is reduced");
  if (!x) return value_poison(el, e->span);
  return reduced(el, s, e, x, e->nbinders, vars);
}
