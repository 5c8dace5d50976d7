/* shape.c: functions of shapes: flatten, reshape, zeros, ones, rank, size. */
#include "elaborate/builtin.h"
#include "elaborate/expr.h"

#include <string.h>

static Value *reshaped(Elaborator *el, Value *x, int rank, const Axis *shape, Span span) {
  Value *f = value_fresh(el, x);
  int vars[3 * MAX_AXES], nfree = value_context(1, &f, vars);
  Axis axes[2 * MAX_AXES];
  if (nfree + rank > MAX_AXES) return value_poison(el, span);
  memcpy(vars + nfree, f->vars, sizeof(int) * (size_t)f->rank);
  Node *node = build_tensor(el->g, f->read, nfree + f->rank, vars);
  for (int k = 0; k < nfree; k++) axes[k] = graph_var_axis(el->g, vars[k]);
  for (int k = 0; k < rank; k++) axes[nfree + k] = shape[k];
  return value_of_node(el, build_reshape(el->g, node, nfree + rank, axes), nfree, vars, span);
}

static void report_sized(Elaborator *el, Span span, int dim) {
  elaborate_report(el, span, "the number of elements differs between examples: an axis has %s places",
                   dim_text(el, dim));
}

/* Of the axes from `first` on. */
static bool element_count(Elaborator *el, const Value *x, int first, Span span, int64_t *count) {
  *count = 1;
  for (int k = first; k < x->rank; k++) {
    Axis a = value_axis(el, x, k);
    if (a.kind != AXIS_PLAIN) {
      elaborate_report(el, span, "the number of elements depends on the batch");
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

Value *builtin_flatten(Elaborator *el, Scope *s, const Expr *e, int n, Value **args) {
  (void)s, (void)n;
  int64_t count;
  Value *x = value_as_tensor(el, args[0], e->args[0].value->span, "what is flattened");
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
      elaborate_report(el, span, "this array would have %d axes; %d are the most", count, MAX_AXES / 2);
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

Value *builtin_reshape(Elaborator *el, Scope *s, const Expr *e, int n, Value **args) {
  (void)s;
  Axis axes[MAX_AXES];
  int rank;
  int64_t have, want = 1;
  Value *x = value_as_tensor(el, args[0], e->args[0].value->span, "what is reshaped");
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
  elaborate_report(el, e->span, "%s of %lld elements%s cannot be seen as %lld", value_text(el, x), (long long)have,
                   kept ? " in each place of the axes that stay" : "", (long long)want);
  if (x->name) elaborate_remark(el, x->span, "'%s' is %s", x->name, value_shape(el, x));
  return value_poison(el, e->span);
}

static Value *filled(Elaborator *el, const Expr *e, int n, Value **args, double value) {
  Axis axes[MAX_AXES];
  int rank, vars[MAX_AXES];
  if (!shape_arguments(el, e, 0, n, args, axes, &rank)) return value_poison(el, e->span);
  for (int k = 0; k < rank; k++) vars[k] = graph_var(el->g, axes[k]);
  return value_tensor(el, build_constant(el->g, value), rank, vars, e->span);
}

Value *builtin_zeros(Elaborator *el, Scope *s, const Expr *e, int n, Value **args) {
  (void)s;
  return filled(el, e, n, args, 0);
}

Value *builtin_ones(Elaborator *el, Scope *s, const Expr *e, int n, Value **args) {
  (void)s;
  return filled(el, e, n, args, 1);
}

Value *builtin_rank(Elaborator *el, Scope *s, const Expr *e, int n, Value **args) {
  (void)s, (void)n;
  Value *x = value_as_tensor(el, args[0], e->args[0].value->span, "the argument of 'rank'");
  return x ? value_number(el, x->rank, e->span) : value_poison(el, e->span);
}

Value *builtin_size(Elaborator *el, Scope *s, const Expr *e, int n, Value **args) {
  (void)s, (void)n;
  if (args[0]->kind == VALUE_LIST) return value_number(el, args[0]->nitems, e->span);
  int64_t count;
  Value *x = value_as_tensor(el, args[0], e->args[0].value->span, "the argument of 'size'");
  bool own = false;
  for (int k = 0; x && k < x->rank; k++) own = own || value_axis(el, x, k).dim;
  if (own) { /* as many as the example has */
    double known;
    Read *many = accumulate_count(el, x->rank, x->vars, &known);
    return value_tensor(el, build_scale(el->g, known, many), 0, NULL, e->span);
  }
  if (!x || !element_count(el, x, 0, e->span, &count)) return value_poison(el, e->span);
  return value_number(el, (double)count, e->span);
}
