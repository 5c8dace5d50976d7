/* elementwise.c: an operation at each place of its arguments. Shapes are equal, or one is the end of the other: the
 * suffix rule. Of numbers the result is a number. */
#include "elaborate/scope.h"
#include "elaborate/value.h"

static void report_unequal(Elaborator *el, const Value *x, const Value *y, Span span, const char *what) {
  value_report_shapes(el, x, y, span, what);
  elaborate_advise(
    el, "shapes must be equal, or one the end of the other; index notation says anything else: c[i, j] = a[i] * b[j]");
}

static Value *number_of(Elaborator *el, Op op, int n, Value *const *args, const double *x, Span span) {
  Value *v = value_number(el, op == OP_PRODUCT ? x[0] * (n > 1 ? x[1] : 1) : op_apply(op, x), span);
  bool more = el->g->exact && (!number_is_exact(v->number) || (op != OP_PRODUCT && op_loses(op, x, v->number)));
  Read *reads[4];
  for (int k = 0; k < n; k++) {
    more = more || args[k]->read || (el->g->exact && !number_is_exact(x[k]));
    reads[k] = value_number_read(el, args[k]);
  }
  if (more)
    v->read = op == OP_PRODUCT ? build_product(el->g, 1, n, reads, 0, NULL, 0, NULL) : build_op(el->g, op, reads);
  return v;
}

Value *value_elementwise(Elaborator *el, Op op, int n, Value *const *args, Span span, const char *what) {
  Value *t[4];
  double numbers[4] = {0};
  bool all_numbers = true;
  int longest = 0;
  for (int k = 0; k < n; k++) {
    if (value_is_poison(args[k])) return value_poison(el, span);
    all_numbers = all_numbers && args[k]->kind == VALUE_NUMBER;
    numbers[k] = args[k]->number;
  }
  if (all_numbers) return number_of(el, op, n, args, numbers, span);
  for (int k = 0; k < n; k++) {
    t[k] = value_as_tensor(el, args[k], span, arena_printf(el->cx, "an argument of %s", what));
    if (!t[k]) return value_poison(el, span);
    if (t[k]->rank > t[longest]->rank) longest = k;
  }
  int rank = t[longest]->rank, vars[MAX_AXES];
  for (int j = 0; j < rank; j++) vars[j] = graph_var(el->g, value_axis(el, t[longest], j));
  Read *reads[4];
  for (int k = 0; k < n; k++) {
    Index *index[MAX_AXES];
    for (int j = 0; j < t[k]->rank; j++) {
      int at = rank - t[k]->rank + j;
      if (!value_same_extent(el, t[k], j, t[longest], at)) {
        bool later = k > longest;
        report_unequal(el, later ? t[longest] : t[k], later ? t[k] : t[longest], span, what);
        return value_poison(el, span);
      }
      index[j] = index_var(el->g, vars[at]);
    }
    reads[k] = value_at(el, t[k], t[k]->rank, index)->read;
  }
  Read *r = op == OP_PRODUCT ? build_product(el->g, 1, n, reads, 0, NULL, 0, NULL) : build_op(el->g, op, reads);
  return value_tensor(el, r, rank, vars, span);
}
