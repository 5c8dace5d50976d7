/* apply.c: an operation on open reads, as simple as algebra that holds for every value makes it: constants fold, a + 0
 * is a, x^2 is a product. What depends on more than the operands themselves is left to the rules (simplify/rebuild.c).
 */
#include "build/map.h"

#include <math.h>
#include <string.h>

enum { MOST_FACTORS = 16 };

/* Without rounding: false where that cannot be. */
static bool fold_exactly(Op op, const double *x, double *y) {
  int n = (int)x[op_rows[op].arity > 1];
  *y = op_apply(op, x);
  if (!isfinite(*y)) return !op_loses(op, x, *y);
  switch (op) { /* algebra, a rule for each */
  case OP_ADD: return number_sum(x[0], x[1], y);
  case OP_SUB: return number_sum(x[0], -x[1], y);
  case OP_DIV: return number_quotient(x[0], x[1], y);
  case OP_SQRT: return number_root(x[0], y);
  case OP_POW: return x[1] == n && number_power(x[0], n, y);
  case OP_MOD: return number_is_exact(x[0]) && number_is_exact(x[1]);
  default: return !op_loses(op, x, *y);
  }
}

static Read *fold(Graph *g, Op op, Read *const *x) {
  double value[3];
  int arity = op_rows[op].arity;
  for (int k = 0; k < arity; k++)
    if (!read_constant(x[k], &value[k])) return NULL;
  double y = op_apply(op, value);
  return g->exact && !fold_exactly(op, value, &y) ? NULL : build_constant(g, y);
}

static bool is_value(const Read *r, double v) {
  double c;
  return read_constant(r, &c) && c == v;
}

/* x^n of a whole x, which is whole. */
static Read *repeated(Graph *g, Read *x, int n) {
  Read *factors[MOST_FACTORS];
  for (int k = 0; k < n; k++) factors[k] = x;
  return build_product(g, 1, n, factors, 0, NULL, 0, NULL);
}

/* What bounds alone say of two whole values: the greater one, the smaller one, how they compare; NULL where they say
 * nothing. */
static Read *bounded(Graph *g, Op op, Read *const *x) {
  const Node *a = x[0]->node, *b = x[1]->node;
  if (!node_is_bounded(a) || !node_is_bounded(b)) return NULL;
  bool below = a->hi<b->lo, above = a->lo> b->hi;
  if (read_equal(x[0], x[1]))
    return op == OP_MAX || op == OP_MIN ? x[0] : build_constant(g, op == OP_EQ || op == OP_LE);
  switch (op) { /* algebra, a rule for each */
  case OP_MAX: return above ? x[0] : below ? x[1] : NULL;
  case OP_MIN: return below ? x[0] : above ? x[1] : NULL;
  case OP_EQ: return below || above ? build_constant(g, 0) : NULL;
  case OP_NE: return below || above ? build_constant(g, 1) : NULL;
  case OP_LT: return below ? build_constant(g, 1) : a->lo >= b->hi ? build_constant(g, 0) : NULL;
  default: return a->hi <= b->lo ? build_constant(g, 1) : above ? build_constant(g, 0) : NULL;
  }
}

/* Algebra that holds for every value: a + 0, 0 - a, a / c, powers with small constant exponents, where(1, a, b). */
static Read *algebra(Graph *g, Op op, Read *const *x) {
  double c, inverse;
  switch (op) { /* algebra, a rule for each */
  case OP_ADD:
    if (is_value(x[0], 0)) return x[1];
    if (is_value(x[1], 0)) return x[0];
    return NULL;
  case OP_SUB:
    if (is_value(x[1], 0)) return x[0];
    if (is_value(x[0], 0)) return build_scale(g, -1, x[1]);
    return NULL;
  case OP_DIV:
    if (read_constant(x[1], &c) && c != 0 && (number_quotient(1, c, &inverse) || !g->exact))
      return c == 1 ? x[0] : build_scale(g, g->exact ? inverse : 1 / c, x[0]);
    if (is_value(x[0], 0)) return x[0];
    return NULL;
  case OP_POW:
    if (!read_constant(x[1], &c)) return NULL;
    if (c == 0) return build_constant(g, 1);
    if (c == 1) return x[0];
    if (c == 2) return build_mul(g, x[0], x[0]);
    if (c == 3) return build_product(g, 1, 3, (Read *[]){x[0], x[0], x[0]}, 0, NULL, 0, NULL);
    if (c == -1) return build_div(g, build_constant(g, 1), x[0]);
    if (c == -2) return build_div(g, build_constant(g, 1), build_mul(g, x[0], x[0]));
    if (c == 0.5) return build_op1(g, OP_SQRT, x[0]);
    return x[0]->node->integer && c > 3 && c <= MOST_FACTORS && c == floor(c) ? repeated(g, x[0], (int)c) : NULL;
  case OP_WHERE:
    if (read_constant(x[0], &c)) return c != 0 ? x[1] : x[2];
    return read_equal(x[1], x[2]) ? x[1] : NULL;
  case OP_SELECT:
    if (is_value(x[0], 0)) return x[0];
    if (read_constant(x[0], &c)) return build_scale(g, c, x[1]);
    return read_constant(x[1], &c) && isfinite(c) ? build_mul(g, x[0], x[1]) : NULL;
  case OP_KEEP:
    if (read_constant(x[1], &c)) return c != 0 ? x[0] : build_constant(g, 0);
    return is_value(x[0], 0) ? x[0] : NULL;
  case OP_MOD: {
    if (!read_constant(x[1], &c) || !x[0]->node->integer) return NULL;
    return x[0]->node->lo >= 0 && x[0]->node->hi < c ? x[0] : NULL;
  }
  case OP_MAX:
  case OP_MIN:
  case OP_EQ:
  case OP_NE:
  case OP_LT:
  case OP_LE: return bounded(g, op, x);
  case OP_QUOTIENT: return is_value(x[1], 1) ? x[0] : NULL;
  case OP_FLOOR: return x[0]->node->integer ? x[0] : build_quotient(g, x[0]);
  default: return NULL;
  }
}

Read *build_op(Graph *g, Op op, Read *const *reads) {
  Read *x[3];
  if (op == OP_PRODUCT || op == OP_INDEX) bug("build", "build_op of %s", op_rows[op].name);
  for (int k = 0; k < op_rows[op].arity; k++) x[k] = read_through(g, reads[k]);
  Read *r = fold(g, op, x);
  if (!r) r = algebra(g, op, x);
  if (r) return r;
  Node n = {.op = op, .scale = 1, .nreads = op_rows[op].arity, .reads = x};
  return build_map(g, &n, 0, NULL);
}

Read *build_op1(Graph *g, Op op, Read *a) { return build_op(g, op, (Read *[]){a}); }

Read *build_op2(Graph *g, Op op, Read *a, Read *b) { return build_op(g, op, (Read *[]){a, b}); }

Read *build_add(Graph *g, Read *a, Read *b) { return build_op2(g, OP_ADD, a, b); }

Read *build_sub(Graph *g, Read *a, Read *b) { return build_op2(g, OP_SUB, a, b); }

Read *build_div(Graph *g, Read *a, Read *b) { return build_op2(g, OP_DIV, a, b); }

Read *build_mul(Graph *g, Read *a, Read *b) { return build_product(g, 1, 2, (Read *[]){a, b}, 0, NULL, 0, NULL); }

Read *build_scale(Graph *g, double k, Read *a) { return build_product(g, k, 1, (Read *[]){a}, 0, NULL, 0, NULL); }

Read *build_reduce(Graph *g, Reduction reduction, Read *body, int nvars, const int *vars) {
  if (nvars == 0 && !reduction_rows[reduction].place) return body;
  if (reduction == RED_SUM) return build_sum(g, body, nvars, vars);
  if (nvars == 0) return build_constant(g, 0);
  Read *x = read_through(g, body);
  Node n = {.op = OP_PRODUCT, .reduction = reduction, .scale = 1, .nreads = 1, .reads = &x};
  return build_map(g, &n, nvars, vars);
}
