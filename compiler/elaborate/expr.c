/* expr.c: expressions to values: operators, matrix notation, lists; what has a file of its own is in expr.h.
 *
 * Operators of numbers give numbers; of arrays an open read: `2 * x + y` reads x and y at the variables of its own
 * axes. A @ B is the sum over a new variable: \(i, j) sum(k) A[i, k] B[k, j]. */
#include "elaborate/expr.h"

static Value *list_value(Elaborator *el, Scope *s, const Expr *e) {
  Value *v = value_new(el, VALUE_LIST, e->span);
  v->items = ARENA_ARRAY(el->cx, Value *, e->nargs);
  v->nitems = e->nargs;
  for (int k = 0; k < e->nargs; k++) {
    v->items[k] = elaborate_expr(el, s, e->args[k].value);
    if (value_is_one(el, v->items[k], e->args[k].value->span)) continue;
    return value_poison(el, e->span);
  }
  return v;
}

static Value *transpose(Elaborator *el, Scope *s, const Expr *e) {
  Value *a = elaborate_expr(el, s, e->a);
  if (value_is_poison(a)) return a;
  Value *t = value_as_tensor(el, a, e->span, "what is transposed");
  if (!t) return value_poison(el, e->span);
  if (t->rank < 2) {
    elaborate_report(el, e->span, "a transpose needs a matrix, found %s", value_text(el, t));
    if (t->rank == 1) elaborate_advise(el, "a vector has no rows and columns: dot(a, b) is a'b and outer(a, b) is ab'");
    return value_poison(el, e->span);
  }
  Value *f = value_fresh(el, t);
  int last = f->rank - 1, v = f->vars[last];
  f->vars[last] = f->vars[last - 1];
  f->vars[last - 1] = v;
  f->name = NULL;
  f->span = e->span;
  return f;
}

/* a @ b: the last axis of a with the first of a vector b, or the last but one of a matrix; leading axes are mapped. */
static Value *matrix_product(Elaborator *el, Value *a, Value *b, const Expr *e) {
  Value *x = value_as_tensor(el, a, e->span, "the left side of '@'"),
        *y = value_as_tensor(el, b, e->span, "the right side of '@'");
  if (!x || !y) return value_poison(el, e->span);
  if (x->rank == 0 || y->rank == 0) {
    elaborate_report(el, e->op_span, "'@' multiplies matrices and vectors, found %s and %s", value_text(el, x),
                     value_text(el, y));
    return value_poison(el, e->span);
  }
  int xm = x->rank > 1, yn = y->rank > 1;
  int xlead = x->rank > 2 ? x->rank - 2 : 0, ylead = y->rank > 2 ? y->rank - 2 : 0;
  int xk = x->rank - 1, yk = y->rank - 1 - yn;
  int lead = xlead > ylead ? xlead : ylead;
  bool fits = value_same_extent(el, x, xk, y, yk);
  for (int j = 1; fits && j <= xlead && j <= ylead; j++) fits = value_same_extent(el, x, xlead - j, y, ylead - j);
  if (!fits) {
    value_report_shapes(el, x, y, e->op_span, "'@'");
    const char *xn = x->name ? x->name : "A", *ym = y->name ? y->name : "B";
    bool left = x->rank == 2 && value_same_extent(el, x, 0, y, yk),
         right = y->rank == 2 && value_same_extent(el, x, xk, y, 1);
    if (left && right) elaborate_advise(el, "did you mean %s' @ %s or %s @ %s'?", xn, ym, xn, ym);
    else if (left || right)
      elaborate_advise(el, "did you mean %s%s @ %s%s?", xn, left ? "'" : "", ym, right ? "'" : "");
    else if (value_axis(el, x, xk).kind == AXIS_PLAIN && value_axis(el, y, yk).kind == AXIS_PLAIN &&
             !value_same_extent(el, x, xk, y, yk))
      elaborate_advise(el, "the last axis of the left side has %lld places, the axis that it meets on the right %lld",
                       (long long)value_axis(el, x, xk).extent, (long long)value_axis(el, y, yk).extent);
    return value_poison(el, e->span);
  }
  int vars[MAX_AXES], rank = 0;
  Index *xi[MAX_AXES], *yi[MAX_AXES];
  for (int j = 0; j < lead; j++) {
    bool from_x = j >= lead - xlead;
    vars[rank] =
      graph_var(el->g, from_x ? value_axis(el, x, j - (lead - xlead)) : value_axis(el, y, j - (lead - ylead)));
    if (from_x) xi[j - (lead - xlead)] = index_var(el->g, vars[rank]);
    if (j >= lead - ylead) yi[j - (lead - ylead)] = index_var(el->g, vars[rank]);
    rank++;
  }
  if (xm) {
    vars[rank] = graph_var(el->g, value_axis(el, x, xk - 1));
    xi[xk - 1] = index_var(el->g, vars[rank++]);
  }
  if (yn) {
    vars[rank] = graph_var(el->g, value_axis(el, y, y->rank - 1));
    yi[y->rank - 1] = index_var(el->g, vars[rank++]);
  }
  int k = graph_var(el->g, value_axis(el, x, xk));
  xi[xk] = yi[yk] = index_var(el->g, k);
  Read *factors[2] = {value_at(el, x, x->rank, xi)->read, value_at(el, y, y->rank, yi)->read};
  Guard end = {0};
  int dim = graph_var_axis(el->g, k).dim;
  if (dim) end = guard_within(el->g, dim, index_var(el->g, k));
  return value_tensor(el, build_product(el->g, 1, 2, factors, dim ? 1 : 0, &end, 1, &k), rank, vars, e->span);
}

typedef struct OperatorRow {
  BinaryOp syntax;
  Op op;
  bool swap; /* a > b is b < a */
  const char *text;
} OperatorRow;

static const OperatorRow operators[] = {
  {BIN_ADD, OP_ADD, false, "'+'"},   {BIN_SUB, OP_SUB, false, "'-'"}, {BIN_MUL, OP_PRODUCT, false, "'*'"},
  {BIN_DIV, OP_DIV, false, "'/'"},   {BIN_POW, OP_POW, false, "'^'"}, {BIN_MOD, OP_MOD, false, "'mod'"},
  {BIN_EQ, OP_EQ, false, "'=='"},    {BIN_NE, OP_NE, false, "'!='"},  {BIN_LT, OP_LT, false, "'<'"},
  {BIN_LE, OP_LE, false, "'<='"},    {BIN_GT, OP_LT, true, "'>'"},    {BIN_GE, OP_LE, true, "'>='"},
  {BIN_AND, OP_AND, false, "'and'"}, {BIN_OR, OP_OR, false, "'or'"},
};

/* The value of an operand: a number or an array; NULL with an error. */
static Value *operand(Elaborator *el, Scope *s, const Expr *e, const char *of) {
  Value *v = elaborate_expr(el, s, e);
  if (!value_is_one(el, v, e->span)) return NULL;
  return v->kind == VALUE_NUMBER ? v : value_as_tensor(el, v, e->span, arena_printf(el->cx, "an operand of %s", of));
}

static bool divides_by_zero(Elaborator *el, const Value *a, const Value *b, const Expr *e) {
  if ((e->op != BIN_DIV && e->op != BIN_MOD) || b->kind != VALUE_NUMBER || b->number != 0) return false;
  const char *number = a->kind == VALUE_NUMBER ? arena_printf(el->cx, " of %g", a->number) : "";
  elaborate_report(el, e->op_span, e->op == BIN_DIV ? "division%s by 0" : "the remainder%s by 0 has no meaning",
                   number);
  return true;
}

/* For elaborate_remark_product: which products of the user's own text are of a matrix and a vector. */
static void record_product(Elaborator *el, const Value *a, const Value *b, const Value *v, const Expr *e) {
  bool arrays = v->kind == VALUE_TENSOR && a->kind == VALUE_TENSOR && b->kind == VALUE_TENSOR;
  if (!arrays || a->rank + b->rank != 3 || v->rank != 2 || e->span.source == el->prelude) return;
  Expr matrix = *e;
  matrix.op = BIN_MATMUL;
  if (a->rank == 1) matrix.a = e->b, matrix.b = e->a;
  const char *shapes = arena_printf(el->cx, "%s * %s", value_shape(el, a), value_shape(el, b));
  Mixed m = {v->read->node, value_axis(el, v, 0), e->span, shapes, expr_text(el->cx, &matrix)};
  VEC_PUSH(el->cx, &el->mixed, m);
}

void elaborate_remark_product(Elaborator *el, const Value *x) {
  NodeList list = graph_order(el->cx, (Node *const[]){x->read->node}, 1);
  for (int k = 0; k < el->mixed.n; k++) {
    const Mixed *m = &el->mixed.at[k];
    Axis first = value_axis(el, x, 0);
    bool reached = false;
    for (int i = 0; i < list.n; i++) reached = reached || list.at[i] == m->node;
    if (!reached || !axis_equal(first, m->rows) || first.dim != m->rows.dim) continue;
    elaborate_remark(el, m->span, "this product is element by element: %s; %s is the matrix product", m->shapes,
                     m->meant);
    return;
  }
}

static Value *binary(Elaborator *el, Scope *s, const Expr *e) {
  const OperatorRow *row = operators;
  while (row < operators + sizeof operators / sizeof *operators && row->syntax != e->op) row++;
  const char *text = e->op == BIN_MATMUL ? "'@'" : row->text;
  const Expr *before = el->left;
  Value *a = operand(el, s, e->a, text);
  if (e->op == BIN_ADD || e->op == BIN_SUB) el->left = e->a;
  Value *b = operand(el, s, e->b, text);
  el->left = before;
  if (!a || !b || divides_by_zero(el, a, b, e)) return value_poison(el, e->span);
  if (e->op == BIN_MATMUL) {
    int errors = error_count(el->cx);
    Value *v = matrix_product(el, a, b, e);
    const Expr *plain = scope_plain_formal(s, e->a) ? e->a : scope_plain_formal(s, e->b) ? e->b : NULL;
    if (error_count(el->cx) > errors && plain)
      elaborate_advise(el, "'%s' is a single number in '%s'; brackets make it an array: %s[n]", plain->name,
                       s->fn->name, plain->name);
    return v;
  }
  Value *args[2] = {row->swap ? b : a, row->swap ? a : b};
  Value *v = value_elementwise(el, row->op, 2, args, e->span, text);
  if (e->op == BIN_MUL) record_product(el, a, b, v, e);
  return v;
}

static Value *unary(Elaborator *el, Scope *s, const Expr *e) {
  Value *a = operand(el, s, e->a, e->kind == EXPR_NOT ? "'not'" : "'-'");
  if (!a) return value_poison(el, e->span);
  if (e->kind == EXPR_NOT) return value_elementwise(el, OP_NOT, 1, &a, e->span, "'not'");
  if (a->kind == VALUE_NUMBER && !a->read) return value_number(el, -a->number, e->span);
  Value *minus[2] = {value_number(el, -1, e->span), a};
  return value_elementwise(el, OP_PRODUCT, 2, minus, e->span, "'-'");
}

Value *elaborate_expr(Elaborator *el, Scope *s, const Expr *e) {
  Span before = el->g->span;
  if (e->span.source != el->prelude || !before.source)
    el->g->span = e->span; /* within the prelude, the user's own call is meant */
  Value *v = NULL;
  switch (e->kind) {
  case EXPR_NUMBER: v = value_number(el, e->number, e->span); break;
  case EXPR_NAME: v = lookup(el, s, e->name, e->span); break;
  case EXPR_CALL: v = expr_call(el, s, e); break;
  case EXPR_INDEX: v = expr_index(el, s, e); break;
  case EXPR_PART: v = expr_part(el, s, e); break;
  case EXPR_NEGATE:
  case EXPR_NOT: v = unary(el, s, e); break;
  case EXPR_BINARY: v = binary(el, s, e); break;
  case EXPR_TRANSPOSE: v = transpose(el, s, e); break;
  case EXPR_REDUCE: v = expr_reduce(el, s, e); break;
  case EXPR_PARTIAL: v = expr_gradient(el, s, e, e->a, e->b, false); break;
  case EXPR_LIST: v = list_value(el, s, e); break;
  }
  el->g->span = before;
  return v;
}
