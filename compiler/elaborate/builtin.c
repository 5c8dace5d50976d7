/* builtin.c: what is built into the language: scalar functions, reductions, what changes a shape. */
#include "elaborate/elaborate.h"

#include <math.h>
#include <string.h>

/* ---- reductions ---- */

static Read *count_of(Elaborator *el, int n, const int *vars, double *known) {
  Read *batch = NULL;
  *known = 1;
  for (int k = 0; k < n; k++) {
    Axis a = graph_var_axis(el->g, vars[k]);
    if (a.kind == AXIS_PLAIN && !a.dim) {
      *known *= (double)a.extent;
    } else {
      Read *b = a.dim ? build_index(el->g, el->g->dims[a.dim - 1])
                      : read_make(el->g, build_leaf(el->g, NODE_BATCH, 0, 0, NULL, "n"), NULL);
      batch = batch ? build_mul(el->g, batch, b) : b;
    }
  }
  return batch;
}

/* Over the places that each example has. */
static Read *sum_of(Elaborator *el, Read *body, int n, const int *vars) {
  Guard guards[MAX_AXES];
  int nguards = 0;
  for (int k = 0; k < n; k++) {
    int dim = graph_var_axis(el->g, vars[k]).dim;
    if (dim) guards[nguards++] = guard_within(el->g, dim, index_var(el->g, vars[k]));
  }
  if (!nguards) return build_reduce(el->g, RED_SUM, body, n, vars);
  return build_product(el->g, 1, 1, &body, nguards, guards, n, vars);
}

/* The other reductions: what is beyond the end is what changes nothing. */
static Read *masked(Elaborator *el, Reduction reduction, Read *body, int n, const int *vars) {
  for (int k = 0; k < n; k++)
    if (graph_var_axis(el->g, vars[k]).dim)
      body =
        build_op(el->g, OP_WHERE,
                 (Read *[]){dim_condition(el, vars[k]), body, build_constant(el->g, reduction_rows[reduction].start)});
  return body;
}

static Read *mean_of(Elaborator *el, Read *body, int n, const int *vars) {
  double known;
  Read *batch = count_of(el, n, vars, &known);
  Read *sum = sum_of(el, body, n, vars);
  sum = known == 1 ? sum : build_scale(el->g, 1 / known, sum);
  return batch ? build_div(el->g, sum, batch) : sum;
}

Value *reduce_value(Elaborator *el, const char *name, Value *v, int n, const int *vars, Span span) {
  Reduction reduction = reduction_named(name);
  Read *r = NULL;
  if (strcmp(name, "mean") == 0) r = mean_of(el, v->read, n, vars);
  if (strcmp(name, "norm") == 0) r = build_op1(el->g, OP_SQRT, sum_of(el, build_mul(el->g, v->read, v->read), n, vars));
  if (reduction == RED_SUM) r = sum_of(el, v->read, n, vars);
  else if (reduction) r = build_reduce(el->g, reduction, masked(el, reduction, v->read, n, vars), n, vars);
  if (!r) bug("elaborate", "unknown reduction %s", name);
  return value_tensor(el, r, v->rank, v->vars, span);
}

bool plain_formal(const Scope *s, const Expr *e) {
  if (e->kind != EXPR_NAME || !s->fn) return false;
  for (int k = 0; k < s->fn->nformals; k++)
    if (s->fn->formals[k].name == e->name) return s->fn->formals[k].kind == FORMAL_PLAIN;
  return false;
}

static bool is_index(const Value *v) {
  return v->kind == VALUE_TENSOR && v->rank == 0 && v->read->node->kind == NODE_MAP && v->read->node->op == OP_INDEX;
}

static Value *whole_reduction(Elaborator *el, Scope *s, const Expr *e, int nargs, Value **args) {
  const char *name = el->builtin;
  if (nargs == 1 && e->args[0].value->kind == EXPR_NAME && is_index(args[0])) {
    const char *i = e->args[0].value->name;
    report(el, e->span, "'%s(%s)' has no body to run over", name, i);
    advise(el, "the body stands directly after it and begins with a name, a number or '(': %s(%s) (-a[%s])", name, i,
           i);
    return value_poison(el, e->span);
  }
  if (nargs == 2) return elementwise(el, builtin_find(name)->op, 2, args, e->span, arena_printf(el->cx, "'%s'", name));
  if (args[0]->kind == VALUE_NUMBER || (args[0]->kind == VALUE_TENSOR && args[0]->rank == 0)) {
    if (plain_formal(s, e->args[0].value)) {
      const char *formal = e->args[0].value->name;
      report(el, e->span,
             "'%s' of the plain formal '%s' reduces a single number: a call maps '%s' over all axes of its argument",
             name, formal, s->fn->name);
      advise(el, "write it with brackets: %s[n] for a vector, %s[...] for an array of any shape", formal, formal);
      return value_poison(el, e->span);
    }
  }
  Value *t = as_tensor(el, args[0], e->args[0].value->span, "what is reduced");
  if (!t) return value_poison(el, e->span);
  Value *f = value_fresh(el, t);
  Value scalar = *f;
  scalar.rank = 0;
  return reduce_value(el, name, &scalar, f->rank, f->vars, e->span);
}

/* ---- shapes ---- */

int context_vars(int n, Value **v, int *vars) {
  int all[4 * MAX_AXES], count = 0, m = 0;
  for (int k = 0; k < n; k++) count = read_vars(v[k]->read, all, count);
  for (int i = 0; i < count; i++) {
    bool own = false;
    for (int k = 0; k < n; k++)
      for (int j = 0; j < v[k]->rank; j++) own = own || v[k]->vars[j] == all[i];
    if (!own) vars[m++] = all[i];
  }
  return m;
}

Value *open_node(Elaborator *el, Node *node, int nfree, const int *vars, Span span) {
  Index *index[MAX_AXES];
  int own[MAX_AXES];
  for (int k = 0; k < node->naxes; k++) {
    int v = k < nfree ? vars[k] : graph_var(el->g, node->axes[k]);
    if (k >= nfree) own[k - nfree] = v;
    index[k] = index_var(el->g, v);
  }
  return value_tensor(el, read_make(el->g, node, index), node->naxes - nfree, own, span);
}

static Value *reshaped(Elaborator *el, Value *x, int rank, const Axis *shape, Span span) {
  Value *f = value_fresh(el, x);
  int vars[3 * MAX_AXES], nfree = context_vars(1, &f, vars);
  Axis axes[2 * MAX_AXES];
  if (nfree + rank > MAX_AXES) return value_poison(el, span);
  memcpy(vars + nfree, f->vars, sizeof(int) * (size_t)f->rank);
  Node *node = build_tensor(el->g, f->read, nfree + f->rank, vars);
  for (int k = 0; k < nfree; k++) axes[k] = graph_var_axis(el->g, vars[k]);
  for (int k = 0; k < rank; k++) axes[nfree + k] = shape[k];
  return open_node(el, build_reshape(el->g, node, nfree + rank, axes), nfree, vars, span);
}

static void report_sized(Elaborator *el, Span span, int dim) {
  report(el, span, "the number of elements differs between examples: an axis has %s places", dim_text(el, dim));
}

/* Of the axes from `first` on. */
static bool element_count(Elaborator *el, const Value *x, int first, Span span, int64_t *count) {
  *count = 1;
  for (int k = first; k < x->rank; k++) {
    Axis a = value_axis(el, x, k);
    if (a.kind != AXIS_PLAIN) {
      report(el, span, "the number of elements depends on the batch");
      return false;
    }
    if (a.dim) {
      report_sized(el, span, a.dim);
      return false;
    }
    *count *= a.extent;
  }
  return true;
}

static Value *call_flatten(Elaborator *el, Scope *s, const Expr *e, int n, Value **args) {
  (void)s, (void)n;
  int64_t count;
  Value *x = as_tensor(el, args[0], e->args[0].value->span, "what is flattened");
  if (!x || !element_count(el, x, 0, e->span, &count)) return value_poison(el, e->span);
  return reshaped(el, x, 1, &PLAIN(count), e->span);
}

/* Extents from arguments `first`...: numbers, or one list. */
static bool shape_arguments(Elaborator *el, const Expr *e, int first, int n, Value **args, Axis *axes, int *rank) {
  *rank = 0;
  Value **v = args + first;
  int count = n - first;
  bool list = count == 1 && v[0]->kind == VALUE_LIST;
  if (list) count = v[0]->nitems, v = v[0]->items;
  for (int k = 0; k < count; k++) {
    Span span = e->args[list ? first : first + k].value->span;
    if (!extent_of(el, v[k], span, "an extent", &axes[*rank < MAX_AXES ? *rank : 0])) return false;
    if (count > MAX_AXES / 2) {
      report(el, span, "this array would have %d axes; %d are the most", count, MAX_AXES / 2);
      return false;
    }
    ++*rank;
  }
  return true;
}

/* Axes in front that stay as they are, up to the last one of a dim, whose places are as far apart as its bound says. */
static int kept_axes(const Elaborator *el, const Value *x, int rank, const Axis *shape) {
  int kept = 0;
  for (int k = 0; k < rank && k < x->rank; k++) {
    Axis a = value_axis(el, x, k);
    if (!axis_equal(shape[k], a) || shape[k].dim != a.dim) break;
    if (a.dim) kept = k + 1;
  }
  return kept;
}

static Value *call_reshape(Elaborator *el, Scope *s, const Expr *e, int n, Value **args) {
  (void)s;
  Axis axes[MAX_AXES];
  int rank;
  int64_t have, want = 1;
  Value *x = as_tensor(el, args[0], e->args[0].value->span, "what is reshaped");
  if (!x || !shape_arguments(el, e, 1, n, args, axes, &rank)) return value_poison(el, e->span);
  int kept = kept_axes(el, x, rank, axes);
  if (!element_count(el, x, kept, e->span, &have)) return value_poison(el, e->span);
  for (int k = kept; k < rank; k++) {
    want *= axes[k].extent;
    if (!axes[k].dim) continue;
    report_sized(el, e->span, axes[k].dim);
    return value_poison(el, e->span);
  }
  if (have == want) return reshaped(el, x, rank, axes, e->span);
  report(el, e->span, "%s of %lld elements%s cannot be seen as %lld", describe(el, x), (long long)have,
         kept ? " in each place of the axes that stay" : "", (long long)want);
  if (x->name) remark(el, x->span, "'%s' is %s", x->name, shape_text(el, x));
  return value_poison(el, e->span);
}

static Value *filled(Elaborator *el, const Expr *e, int n, Value **args, double value) {
  Axis axes[MAX_AXES];
  int rank, vars[MAX_AXES];
  if (!shape_arguments(el, e, 0, n, args, axes, &rank)) return value_poison(el, e->span);
  for (int k = 0; k < rank; k++) vars[k] = graph_var(el->g, axes[k]);
  return value_tensor(el, build_constant(el->g, value), rank, vars, e->span);
}

static Value *call_zeros(Elaborator *el, Scope *s, const Expr *e, int n, Value **args) {
  (void)s;
  return filled(el, e, n, args, 0);
}

static Value *call_ones(Elaborator *el, Scope *s, const Expr *e, int n, Value **args) {
  (void)s;
  return filled(el, e, n, args, 1);
}

static Value *call_onehot(Elaborator *el, Scope *s, const Expr *e, int n, Value **args) {
  (void)s, (void)n;
  Value *y = as_tensor(el, args[0], e->args[0].value->span, "the class of 'onehot'");
  int64_t k = whole_number(el, args[1], e->args[1].value->span, "the number of classes", 1);
  if (!y || k < 0) return value_poison(el, e->span);
  if (!y->read->node->integer) {
    report_not_whole(el, e->args[0].value->span, y, k, "the class of 'onehot'");
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
  Value *a = as_tensor(el, args[0], e->args[0].value->span, "an argument of 'outer'");
  Value *b = as_tensor(el, args[1], e->args[1].value->span, "an argument of 'outer'");
  if (!a || !b) return value_poison(el, e->span);
  Value *x = value_fresh(el, a), *y = value_fresh(el, b);
  int vars[2 * MAX_AXES];
  if (x->rank + y->rank > MAX_AXES) return value_poison(el, e->span);
  memcpy(vars, x->vars, sizeof(int) * (size_t)x->rank);
  memcpy(vars + x->rank, y->vars, sizeof(int) * (size_t)y->rank);
  return value_tensor(el, build_mul(el->g, x->read, y->read), x->rank + y->rank, vars, e->span);
}

static Value *call_rank(Elaborator *el, Scope *s, const Expr *e, int n, Value **args) {
  (void)s, (void)n;
  Value *x = as_tensor(el, args[0], e->args[0].value->span, "the argument of 'rank'");
  return x ? value_number(el, x->rank, e->span) : value_poison(el, e->span);
}

static Value *call_size(Elaborator *el, Scope *s, const Expr *e, int n, Value **args) {
  (void)s, (void)n;
  if (args[0]->kind == VALUE_LIST) return value_number(el, args[0]->nitems, e->span);
  int64_t count;
  Value *x = as_tensor(el, args[0], e->args[0].value->span, "the argument of 'size'");
  bool own = false;
  for (int k = 0; x && k < x->rank; k++) own = own || value_axis(el, x, k).dim;
  if (own) { /* as many as the example has */
    double known;
    Read *many = count_of(el, x->rank, x->vars, &known);
    return value_tensor(el, build_scale(el->g, known, many), 0, NULL, e->span);
  }
  if (!x || !element_count(el, x, 0, e->span, &count)) return value_poison(el, e->span);
  return value_number(el, (double)count, e->span);
}

static Value *call_all(Elaborator *el, Scope *s, const Expr *e, int n, Value **args) {
  (void)s, (void)n;
  Value *x = as_tensor(el, args[0], e->args[0].value->span, "the argument of 'all'");
  if (x && el->in_optimizer) {
    report(el, e->span, "an optimizer sees parameters and gradients, and no batch");
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

/* ---- initial values ---- */

static Value *call_truncated_normal(Elaborator *el, Scope *s, const Expr *e, int n, Value **args) {
  (void)s;
  for (int k = 0; k < n; k++)
    if (args[k]->kind != VALUE_NUMBER) {
      report(el, e->args[k].value->span, "an argument of 'truncated_normal' must be a number, found %s",
             describe(el, args[k]));
      return value_poison(el, e->span);
    }
  Value *v = value_new(el, VALUE_DISTRIBUTION, e->span);
  v->start = (Start){.kind = START_TRUNCATED, .a = args[0]->number, .b = args[1]->number};
  if (v->start.b >= 0) return v;
  report(el, e->span, "truncated_normal(mean, deviation) needs a deviation of at least 0, found %g and %g", v->start.a,
         v->start.b);
  return value_poison(el, e->span);
}

static Value *call_orthogonal(Elaborator *el, Scope *s, const Expr *e, int n, Value **args) {
  (void)s;
  if (n && args[0]->kind != VALUE_NUMBER) {
    report(el, e->args[0].value->span, "the gain of 'orthogonal' must be a number, found %s", describe(el, args[0]));
    return value_poison(el, e->span);
  }
  Value *v = value_new(el, VALUE_DISTRIBUTION, e->span);
  v->start = (Start){.kind = START_ORTHOGONAL, .a = n ? args[0]->number : 1};
  return v;
}

/* How many inputs reach one element (fan_in) or how many outputs it reaches, of W[out, in, window...]; of a vector: its
 * length. */
static Value *fan(Elaborator *el, const Expr *e, Value **args, bool in) {
  Value *x = as_tensor(el, args[0], e->args[0].value->span, arena_printf(el->cx, "the argument of '%s'", el->builtin));
  if (!x) return value_poison(el, e->span);
  double count = x->rank == 0 ? 1 : (double)value_axis(el, x, x->rank > 1 && in ? 1 : 0).extent;
  for (int k = 2; k < x->rank; k++) count *= (double)value_axis(el, x, k).extent;
  return value_number(el, count, e->span);
}

static Value *call_fan_in(Elaborator *el, Scope *s, const Expr *e, int n, Value **args) {
  (void)s, (void)n;
  return fan(el, e, args, true);
}

static Value *call_fan_out(Elaborator *el, Scope *s, const Expr *e, int n, Value **args) {
  (void)s, (void)n;
  return fan(el, e, args, false);
}

/* ---- the table ---- */

#define SCALAR(name, id)                                                                                               \
  { name, NULL, 1, 1, name "(x)", OP_##id, NULL }
static const Builtin builtins[] = {
  SCALAR("exp", EXP),
  SCALAR("log", LOG),
  SCALAR("log1p", LOG1P),
  SCALAR("expm1", EXPM1),
  SCALAR("sin", SIN),
  SCALAR("cos", COS),
  SCALAR("tan", TAN),
  SCALAR("atan", ATAN),
  SCALAR("tanh", TANH),
  SCALAR("sigmoid", SIGMOID),
  SCALAR("softplus", SOFTPLUS),
  SCALAR("sqrt", SQRT),
  SCALAR("abs", ABS),
  SCALAR("sign", SIGN),
  SCALAR("floor", FLOOR),
  SCALAR("erf", ERF),
  SCALAR("erfc", ERFC),
  SCALAR("lgamma", LGAMMA),
  SCALAR("digamma", DIGAMMA),
  SCALAR("trigamma", TRIGAMMA),
  SCALAR("stop", STOP),
  {"pow", NULL, 2, 2, "pow(x, y)", OP_POW, NULL},
  {"logratio", NULL, 2, 2, "logratio(a, b), which is log(exp(a)/exp(b))", OP_LOGRATIO, NULL},
  {"select", NULL, 2, 2, "select(a, b), which is a * b, and 0 where a is 0", OP_SELECT, NULL},
  {"where", NULL, 3, 3, "where(condition, then, otherwise)", OP_WHERE, NULL},
  {"max", whole_reduction, 1, 2, "max(x), max(a, b)", OP_MAX, NULL},
  {"min", whole_reduction, 1, 2, "min(x), min(a, b)", OP_MIN, NULL},
#define REDUCE(name)                                      {name, whole_reduction, 1, 1, name "(x)", OP_PRODUCT, NULL},
#define REDUCE_ROW(id, name, printed, start, place, rule) REDUCE(name)
  REDUCTIONS(REDUCE_ROW)
    MADE_REDUCTIONS(REDUCE){"concat", call_concat, 1, 64,
                            "concat(a, b, ..., axis = 0), of which the last axis is the default", OP_PRODUCT, "axis"},
  {"stack", call_stack, 1, 64, "stack(a, b, ..., axis = 0)", OP_PRODUCT, "axis"},
  {"split", call_split, 2, 2, "split(a, k, axis = 0), of which the last axis is the default", OP_PRODUCT, "axis"},
  {"flatten", call_flatten, 1, 1, "flatten(x)", OP_PRODUCT, NULL},
  {"reshape", call_reshape, 2, 64, "reshape(x, 2, 3)", OP_PRODUCT, NULL},
  {"zeros", call_zeros, 0, 64, "zeros(2, 3)", OP_PRODUCT, NULL},
  {"ones", call_ones, 0, 64, "ones(2, 3)", OP_PRODUCT, NULL},
  {"onehot", call_onehot, 2, 2, "onehot(y, k)", OP_PRODUCT, NULL},
  {"outer", call_outer, 2, 2, "outer(a, b)", OP_PRODUCT, NULL},
  {"rank", call_rank, 1, 1, "rank(w)", OP_PRODUCT, NULL},
  {"size", call_size, 1, 1, "size(w)", OP_PRODUCT, NULL},
  {"all", call_all, 1, 1, "all(x)", OP_PRODUCT, NULL},
  {"grad", NULL, 2, 2, "grad(L, w)", OP_PRODUCT, NULL},
  {"jacobian", NULL, 2, 2, "jacobian(v, w)", OP_PRODUCT, NULL},
  {"drawn", NULL, 1, 1, "drawn(x): x with whole values that were drawn; a gradient through it is an error", OP_DRAWN,
   NULL},
  {"normal", call_distribution, 2, 2, "normal(mean, deviation)", OP_PRODUCT, NULL},
  {"uniform", call_distribution, 2, 2, "uniform(from, to)", OP_PRODUCT, NULL},
  {"truncated_normal", call_truncated_normal, 2, 2, "truncated_normal(mean, deviation)", OP_PRODUCT, NULL},
  {"orthogonal", call_orthogonal, 0, 1, "orthogonal(gain), of which 1 is the default", OP_PRODUCT, NULL},
  {"fan_in", call_fan_in, 1, 1, "fan_in(w)", OP_PRODUCT, NULL},
  {"fan_out", call_fan_out, 1, 1, "fan_out(w)", OP_PRODUCT, NULL},
  {"exponential", call_distribution, 1, 1, "exponential(rate)", OP_PRODUCT, NULL},
  {"laplace", call_distribution, 2, 2, "laplace(mean, scale)", OP_PRODUCT, NULL},
  {"gumbel", call_distribution, 2, 2, "gumbel(location, scale)", OP_PRODUCT, NULL},
  {"bernoulli", call_distribution, 1, 1, "bernoulli(p)", OP_PRODUCT, NULL},
  {"categorical", call_distribution, 1, 1, "categorical(p)", OP_PRODUCT, NULL},
};

const Builtin *builtin_find(const char *name) {
  for (size_t k = 0; k < sizeof builtins / sizeof *builtins; k++)
    if (strcmp(builtins[k].name, name) == 0) return &builtins[k];
  return NULL;
}

int builtin_names(const char **names, int most) {
  int n = (int)(sizeof builtins / sizeof *builtins);
  if (n > most) n = most;
  for (int k = 0; k < n; k++) names[k] = builtins[k].name;
  return n;
}
