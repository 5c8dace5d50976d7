/* apply_law.c: derivative lines and rules, applied to the reads at hand. */
#include "model/run.h"

#include <math.h>

Read *law_derivative(Program *p, Op op, int operand, Read *const *reads, Span span) {
  Elaborator *el = p->model->el;
  const Stmt *st = p->model->derivatives[op];
  if (!st) {
    error_at(p->cx, span, "'%s' has no derivative: the prelude has no line 'derivative %s(...) = ...'",
             op_rows[op].name, op_rows[op].name);
    return build_constant(p->graph, NAN);
  }
  Scope *s = scope_new(el, SCOPE_BLOCK, scope_home(el, st->span));
  for (int k = 0; k < st->nformals; k++)
    scope_bind(el, s, st->formals[k].name, value_tensor(el, reads[k], 0, NULL, span), st->formals[k].span);
  Value *v = elaborate_expr(el, s, st->values[operand]);
  Value *t = value_is_poison(v) ? NULL : value_as_tensor(el, v, span, "a derivative");
  return t ? t->read : build_constant(p->graph, NAN);
}

int law_rule_count(const Program *p) { return p->model->rules.n; }

const Stmt *law_rule(const Program *p, int k) { return p->model->rules.at[k]; }

/* The right side of a rule with the names bound to reads (with axes of their own where a reduction was matched). */
Read *law_result(Program *p, const Expr *e, int n, const char *const *names, Read *const *reads, const int *ranks,
                 int (*vars)[MAX_AXES]) {
  Elaborator *el = p->model->el;
  Scope *s = scope_new(el, SCOPE_BLOCK, scope_home(el, e->span));
  for (int k = 0; k < n; k++)
    scope_bind(el, s, names[k], value_tensor(el, reads[k], ranks[k], vars[k], e->span), e->span);
  Value *v = elaborate_expr(el, s, e);
  Value *t = value_is_poison(v) ? NULL : value_as_tensor(el, v, e->span, "a rule");
  if (t && t->rank)
    elaborate_report(el, e->span, "the right side of a rule must be a single number, found %s", value_text(el, t));
  return t && !t->rank ? t->read : build_constant(p->graph, NAN);
}
