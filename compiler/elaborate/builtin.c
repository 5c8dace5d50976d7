/* builtin.c: what is built into the language: scalar functions, reductions, what changes a shape. */
#include "elaborate/builtin.h"
#include "elaborate/expr.h"

#include <math.h>
#include <string.h>

/* ---- reductions ---- */

static bool is_index(const Value *v) {
  return v->kind == VALUE_TENSOR && v->rank == 0 && v->read->node->kind == NODE_MAP && v->read->node->op == OP_INDEX;
}

static Value *whole_reduction(Elaborator *el, Scope *s, const Expr *e, int nargs, Value **args) {
  const char *name = el->builtin;
  if (nargs == 1 && e->args[0].value->kind == EXPR_NAME && is_index(args[0])) {
    const char *i = e->args[0].value->name;
    elaborate_report(el, e->span, "'%s(%s)' has no body to run over", name, i);
    elaborate_advise(el, "the body stands directly after it and begins with a name, a number or '(': %s(%s) (-a[%s])",
                     name, i, i);
    return value_poison(el, e->span);
  }
  if (nargs == 2)
    return value_elementwise(el, builtin_find(el, name)->op, 2, args, e->span, arena_printf(el->cx, "'%s'", name));
  if (args[0]->kind == VALUE_NUMBER || (args[0]->kind == VALUE_TENSOR && args[0]->rank == 0)) {
    if (scope_plain_formal(s, e->args[0].value)) {
      const char *formal = e->args[0].value->name;
      elaborate_report(
        el, e->span,
        "'%s' of the plain formal '%s' reduces a single number: a call maps '%s' over all axes of its argument", name,
        formal, s->fn->name);
      elaborate_advise(el, "write it with brackets: %s[n] for a vector, %s[...] for an array of any shape", formal,
                       formal);
      return value_poison(el, e->span);
    }
  }
  Value *t = value_as_tensor(el, args[0], e->args[0].value->span, "what is reduced");
  if (!t) return value_poison(el, e->span);
  Value *f = value_fresh(el, t);
  Value scalar = *f;
  scalar.rank = 0;
  return accumulate_value(el, name, &scalar, f->rank, f->vars, e->span);
}

/* ---- shapes ---- */

static Value *call_onehot(Elaborator *el, Scope *s, const Expr *e, int n, Value **args) {
  (void)s, (void)n;
  Value *y = value_as_tensor(el, args[0], e->args[0].value->span, "the class of 'onehot'");
  int64_t k = value_whole(el, args[1], e->args[1].value->span, "the number of classes", 1);
  if (!y || k < 0) return value_poison(el, e->span);
  if (!y->read->node->integer) {
    bounds_report_not_whole(el, e->args[0].value->span, y, k, "the class of 'onehot'");
    return value_poison(el, e->span);
  }
  Value *f = value_fresh(el, y);
  int vars[MAX_AXES];
  memcpy(vars, f->vars, sizeof vars);
  vars[f->rank] = graph_var(el->g, PLAIN(k));
  Guard is = {index_combine(el->g, 1, index_var(el->g, vars[f->rank]), -1, index_gather(el->g, f->read)), 1};
  return value_tensor(el, build_product(el->g, 1, 0, NULL, 1, &is, 0, NULL), f->rank + 1, vars, e->span);
}

static Value *call_outer(Elaborator *el, Scope *s, const Expr *e, int n, Value **args) {
  (void)s, (void)n;
  Value *a = value_as_tensor(el, args[0], e->args[0].value->span, "an argument of 'outer'");
  Value *b = value_as_tensor(el, args[1], e->args[1].value->span, "an argument of 'outer'");
  if (!a || !b) return value_poison(el, e->span);
  Value *x = value_fresh(el, a), *y = value_fresh(el, b);
  int vars[2 * MAX_AXES];
  if (x->rank + y->rank > MAX_AXES) return value_poison(el, e->span);
  memcpy(vars, x->vars, sizeof(int) * (size_t)x->rank);
  memcpy(vars + x->rank, y->vars, sizeof(int) * (size_t)y->rank);
  return value_tensor(el, build_mul(el->g, x->read, y->read), x->rank + y->rank, vars, e->span);
}

static Value *call_all(Elaborator *el, Scope *s, const Expr *e, int n, Value **args) {
  (void)s, (void)n;
  Value *x = value_as_tensor(el, args[0], e->args[0].value->span, "the argument of 'all'");
  if (x && el->in_optimizer) {
    elaborate_report(el, e->span, "an optimizer sees parameters and gradients, and no batch");
    x = NULL;
  }
  if (!x) return value_poison(el, e->span);
  Value *f = value_fresh(el, x);
  int vars[MAX_AXES];
  vars[0] = graph_var(el->g, OVER_BATCH);
  Subst sub = {0};
  subst_add(&sub, el->g->batch_var, index_var(el->g, vars[0]));
  memcpy(vars + 1, f->vars, sizeof(int) * (size_t)f->rank);
  return value_tensor(el, read_substitute(el->g, f->read, &sub), f->rank + 1, vars, e->span);
}

/* ---- the table ---- */

const Builtin builtin_rows[] = {
#define SCALAR(id, name, ...) {name, NULL, 1, 1, name "(x)", OP_##id, NULL},
  FUNCTIONS(SCALAR){"stop", NULL, 1, 1, "stop(x)", OP_STOP, NULL},
  {"pow", NULL, 2, 2, "pow(x, y)", OP_POW, NULL},
  {"logratio", NULL, 2, 2, "logratio(a, b), which is log(exp(a)/exp(b))", OP_LOGRATIO, NULL},
  {"select", NULL, 2, 2, "select(a, b), which is a * b, and 0 where a is 0", OP_SELECT, NULL},
  {"where", NULL, 3, 3, "where(condition, then, otherwise)", OP_WHERE, NULL},
  {"max", whole_reduction, 1, 2, "max(x), max(a, b)", OP_MAX, NULL},
  {"min", whole_reduction, 1, 2, "min(x), min(a, b)", OP_MIN, NULL},
#define REDUCE(name)                                      {name, whole_reduction, 1, 1, name "(x)", OP_PRODUCT, NULL},
#define REDUCE_ROW(id, name, printed, start, place, rule) REDUCE(name)
  REDUCTIONS(REDUCE_ROW)
    MADE_REDUCTIONS(REDUCE){"concat", builtin_concat, 1, 64,
                            "concat(a, b, ..., axis = 0), of which the last axis is the default", OP_PRODUCT, "axis"},
  {"stack", builtin_stack, 1, 64, "stack(a, b, ..., axis = 0)", OP_PRODUCT, "axis"},
  {"split", builtin_split, 2, 2, "split(a, k, axis = 0), of which the last axis is the default", OP_PRODUCT, "axis"},
  {"flatten", builtin_flatten, 1, 1, "flatten(x)", OP_PRODUCT, NULL},
  {"reshape", builtin_reshape, 2, 64, "reshape(x, 2, 3)", OP_PRODUCT, NULL},
  {"zeros", builtin_zeros, 0, 64, "zeros(2, 3)", OP_PRODUCT, NULL},
  {"ones", builtin_ones, 0, 64, "ones(2, 3)", OP_PRODUCT, NULL},
  {"onehot", call_onehot, 2, 2, "onehot(y, k)", OP_PRODUCT, NULL},
  {"outer", call_outer, 2, 2, "outer(a, b)", OP_PRODUCT, NULL},
  {"rank", builtin_rank, 1, 1, "rank(w)", OP_PRODUCT, NULL},
  {"size", builtin_size, 1, 1, "size(w)", OP_PRODUCT, NULL},
  {"all", call_all, 1, 1, "all(x)", OP_PRODUCT, NULL},
  {"grad", NULL, 2, 2, "grad(L, w)", OP_PRODUCT, NULL},
  {"jacobian", NULL, 2, 2, "jacobian(v, w)", OP_PRODUCT, NULL},
  {"drawn", NULL, 1, 1, "drawn(x): x with whole values that were drawn; a gradient through it is an error", OP_DRAWN,
   NULL},
  {"normal", builtin_distribution, 2, 2, "normal(mean, deviation)", OP_PRODUCT, NULL},
  {"uniform", builtin_distribution, 2, 2, "uniform(from, to)", OP_PRODUCT, NULL},
  {"truncated_normal", builtin_truncated_normal, 2, 2, "truncated_normal(mean, deviation)", OP_PRODUCT, NULL},
  {"orthogonal", builtin_orthogonal, 0, 1, "orthogonal(gain), of which 1 is the default", OP_PRODUCT, NULL},
  {"fan_in", builtin_fan_in, 1, 1, "fan_in(w)", OP_PRODUCT, NULL},
  {"fan_out", builtin_fan_out, 1, 1, "fan_out(w)", OP_PRODUCT, NULL},
  {"exponential", builtin_distribution, 1, 1, "exponential(rate)", OP_PRODUCT, NULL},
  {"laplace", builtin_distribution, 2, 2, "laplace(mean, scale)", OP_PRODUCT, NULL},
  {"gumbel", builtin_distribution, 2, 2, "gumbel(location, scale)", OP_PRODUCT, NULL},
  {"bernoulli", builtin_distribution, 1, 1, "bernoulli(p)", OP_PRODUCT, NULL},
  {"categorical", builtin_distribution, 1, 1, "categorical(p)", OP_PRODUCT, NULL},
};

const int builtin_count = sizeof builtin_rows / sizeof *builtin_rows;
