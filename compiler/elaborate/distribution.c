/* distribution.c: distributions as values: normal(0, 1) after `~`, and what initial values are made with. */
#include "elaborate/builtin.h"

#include <string.h>

static const Family families[] = {
  {"normal", 2, true, false, START_NORMAL},     {"uniform", 2, false, false, START_UNIFORM},
  {"exponential", 1, false, false, START_ZERO}, {"laplace", 2, false, false, START_ZERO},
  {"gumbel", 2, false, false, START_ZERO},      {"bernoulli", 1, false, false, START_ZERO},
  {"categorical", 1, false, true, START_ZERO},
};

const Family *distribution_family(const char *name) {
  for (size_t k = 0; k < sizeof families / sizeof *families; k++)
    if (strcmp(families[k].name, name) == 0) return &families[k];
  return NULL;
}

static bool start_numbers(Elaborator *el, const Expr *e, const Family *f, Value **args, Value *v) {
  for (int k = 0; k < f->nargs; k++)
    if (args[k]->kind != VALUE_NUMBER) return true;
  v->start = (Start){.kind = f->start, .a = args[0]->number, .b = f->nargs > 1 ? args[1]->number : 0};
  bool uniform = f->start == START_UNIFORM;
  if (f->start == START_ZERO || (uniform ? v->start.a <= v->start.b : v->start.b >= 0)) return true;
  if (uniform) elaborate_report(el, e->span, "uniform(a, b) needs a <= b, found %g and %g", v->start.a, v->start.b);
  else
    elaborate_report(el, e->span, "%s(mean, deviation) needs a deviation of at least 0, found %g and %g", f->name,
                     v->start.a, v->start.b);
  return false;
}

Value *builtin_distribution(Elaborator *el, Scope *s, const Expr *e, int n, Value **args) {
  const Family *f = distribution_family(el->builtin);
  Value *v = value_new(el, VALUE_DISTRIBUTION, e->span);
  (void)s;
  v->name = f->name;
  v->items = arena_copy(el->cx, args, sizeof(Value *) * (size_t)n);
  v->nitems = n;
  return start_numbers(el, e, f, args, v) ? v : value_poison(el, e->span);
}

Value *builtin_truncated_normal(Elaborator *el, Scope *s, const Expr *e, int n, Value **args) {
  (void)s;
  for (int k = 0; k < n; k++)
    if (args[k]->kind != VALUE_NUMBER) {
      elaborate_report(el, e->args[k].value->span, "an argument of 'truncated_normal' must be a number, found %s",
                       value_text(el, args[k]));
      return value_poison(el, e->span);
    }
  Value *v = value_new(el, VALUE_DISTRIBUTION, e->span);
  v->start = (Start){.kind = START_TRUNCATED, .a = args[0]->number, .b = args[1]->number};
  if (v->start.b >= 0) return v;
  elaborate_report(el, e->span, "truncated_normal(mean, deviation) needs a deviation of at least 0, found %g and %g",
                   v->start.a, v->start.b);
  return value_poison(el, e->span);
}

Value *builtin_orthogonal(Elaborator *el, Scope *s, const Expr *e, int n, Value **args) {
  (void)s;
  if (n && args[0]->kind != VALUE_NUMBER) {
    elaborate_report(el, e->args[0].value->span, "the gain of 'orthogonal' must be a number, found %s",
                     value_text(el, args[0]));
    return value_poison(el, e->span);
  }
  Value *v = value_new(el, VALUE_DISTRIBUTION, e->span);
  v->start = (Start){.kind = START_ORTHOGONAL, .a = n ? args[0]->number : 1};
  return v;
}

/* How many inputs reach one element (fan_in) or how many outputs it reaches, of W[out, in, window...]; of a vector: its
 * length. */
static Value *fan(Elaborator *el, const Expr *e, Value **args, bool in) {
  Value *x =
    value_as_tensor(el, args[0], e->args[0].value->span, arena_printf(el->cx, "the argument of '%s'", el->builtin));
  if (!x) return value_poison(el, e->span);
  double count = x->rank == 0 ? 1 : (double)value_axis(el, x, x->rank > 1 && in ? 1 : 0).extent;
  for (int k = 2; k < x->rank; k++) count *= (double)value_axis(el, x, k).extent;
  return value_number(el, count, e->span);
}

Value *builtin_fan_in(Elaborator *el, Scope *s, const Expr *e, int n, Value **args) {
  (void)s, (void)n;
  return fan(el, e, args, true);
}

Value *builtin_fan_out(Elaborator *el, Scope *s, const Expr *e, int n, Value **args) {
  (void)s, (void)n;
  return fan(el, e, args, false);
}
