/* cause_local.c: edits of one operation or number of a formula: a sign, a term or a factor too many, a transpose, the
 * order of operands, a number, a mean for a sum, a condition.
 *
 *     a + b   ->   a - b, b - a, a, b          A @ x   ->   A' @ x, x @ A          x > 0   ->   x >= 0, x < 0, ... */
#include "check/cause.h"

#include <string.h>

typedef struct Local { /* a node of the formula, and what it stands in */
  Inquiry *q;
  Site *at;
  const Expr *parent;
} Local;

static void try(Local *l, const Expr *node, const Expr *by, CauseKind kind, int cost, const char *format,
                const Expr *what, const Expr *other) {
  inquiry_try(l->q, l->at, node, by, (Edit){kind, cost, format, what, other});
}

static Expr *binary(Local *l, BinaryOp op, const Expr *a, const Expr *b) { return edit_binary(l->q->cx, op, a, b); }

/* -a*b for a*b. */
static Expr *negated(Local *l, const Expr *e) {
  bool product = e->kind == EXPR_BINARY && (e->op == BIN_MUL || e->op == BIN_DIV) && !e->wrapped;
  if (!product) return edit_unary(l->q->cx, EXPR_NEGATE, e);
  Expr *copy = edit_copy(l->q->cx, e);
  copy->a = negated(l, e->a);
  return copy;
}

/* e as before, in parentheses as before. */
static Expr *with_op(Local *l, const Expr *e, BinaryOp op) {
  Expr *copy = edit_copy(l->q->cx, e);
  copy->op = op;
  return copy;
}

static Expr *swapped(Local *l, const Expr *e) {
  Expr *copy = edit_copy(l->q->cx, e);
  copy->a = e->b;
  copy->b = e->a;
  return copy;
}

static Expr *kept(const Expr *e, Expr *by) {
  by->wrapped = e->wrapped;
  return by;
}

/* ---- sums ---- */

static void edit_sum(Local *l, const Expr *e) {
  bool minus = e->op == BIN_SUB;
  const Expr *a = e->a, *b = e->b;
  try(l, e, with_op(l, e, minus ? BIN_ADD : BIN_SUB), CAUSE_SIGN, 2, "the sign of the term `%s`", b, NULL);
  try(l, e, kept(e, minus ? binary(l, BIN_SUB, negated(l, a), b) : binary(l, BIN_SUB, b, a)), CAUSE_SIGN, 3,
      "the sign of the term `%s`", a, NULL);
  if (minus) try(l, e, swapped(l, e), CAUSE_SIGN, 2, "the sign of `%s`", e, NULL);
  try(l, e, a, CAUSE_TERM_EXTRA, 4, "the term `%s` is too many", b, NULL);
  try(l, e, minus ? negated(l, b) : b, CAUSE_TERM_EXTRA, 4, "the term `%s` is too many", a, NULL);
}

/* ---- products ---- */

static bool is_constant(const Local *l, const Expr *e) {
  const Known *known = e->kind == EXPR_NAME ? inquiry_known(l->q, e->name) : NULL;
  return e->kind == EXPR_NUMBER || (known && known->constant);
}

static void edit_extra(Local *l, const Expr *e, const Expr *rest, const Expr *factor) {
  bool comparison = factor->kind == EXPR_BINARY && factor->op >= BIN_EQ && factor->op <= BIN_GE;
  CauseKind kind = is_constant(l, factor) ? CAUSE_FACTOR : comparison ? CAUSE_DELTA : CAUSE_FACTOR_EXTRA;
  try(l, e, rest, kind, 3, "the factor `%s` is too many", factor, NULL);
}

static void edit_product(Local *l, const Expr *e) {
  edit_extra(l, e, e->a, e->b);
  edit_extra(l, e, e->b, e->a);
  try(l, e, with_op(l, e, BIN_DIV), CAUSE_FACTOR_EXTRA, 4, "multiplied by `%s` in place of divided by it", e->b, NULL);
}

static void edit_quotient(Local *l, const Expr *e) {
  CauseKind kind = is_constant(l, e->b) ? CAUSE_FACTOR : CAUSE_FACTOR_EXTRA;
  try(l, e, e->a, kind, 3, "the divisor `%s` is too many", e->b, NULL);
  try(l, e, with_op(l, e, BIN_MUL), kind, 4, "divided by `%s` in place of multiplied by it", e->b, NULL);
  try(l, e, swapped(l, e), CAUSE_ORDER, 4, "`%s` is upside down", e, NULL);
}

static void edit_power(Local *l, const Expr *e) {
  try(l, e, e->a, CAUSE_POWER, 3, "the exponent of `%s`", e, NULL);
  try(l, e, swapped(l, e), CAUSE_ORDER, 5, "base and exponent of `%s` are exchanged", e, NULL);
}

static void edit_matmul(Local *l, const Expr *e) {
  for (int k = 0; k < 2; k++) {
    Expr *copy = edit_copy(l->q->cx, e);
    const Expr *factor = k ? e->b : e->a;
    Expr *turned = factor->kind == EXPR_TRANSPOSE ? factor->a : edit_unary(l->q->cx, EXPR_TRANSPOSE, factor);
    *(k ? &copy->b : &copy->a) = turned;
    try(l, e, copy, CAUSE_TRANSPOSE, 2, "`%s` in place of its transpose", factor, NULL);
  }
  try(l, e, swapped(l, e), CAUSE_TRANSPOSE, 3, "the order of the product `%s`", e, NULL);
  try(l, e, with_op(l, e, BIN_MUL), CAUSE_ORDER, 5, "`%s`, a product of matrices in place of one by elements", e, NULL);
}

/* ---- conditions ---- */

static void edit_condition(Local *l, const Expr *e) {
  for (BinaryOp op = BIN_EQ; op <= BIN_GE; op++)
    if (op != e->op)
      try(l, e, with_op(l, e, op), CAUSE_CONDITION, 3 + (e->op <= BIN_NE) + (op <= BIN_NE), "the condition `%s`", e,
          NULL);
}

/* ---- all that has two operands ---- */

static void edit_operands(Local *l, const Expr *e) {
  switch (e->op) { /* of syntax/: what may be wrong with each */
  case BIN_ADD:
  case BIN_SUB: edit_sum(l, e); break;
  case BIN_MUL: edit_product(l, e); break;
  case BIN_DIV: edit_quotient(l, e); break;
  case BIN_POW: edit_power(l, e); break;
  case BIN_MATMUL: edit_matmul(l, e); break;
  case BIN_AND: try(l, e, with_op(l, e, BIN_OR), CAUSE_CONDITION, 4, "the condition `%s`", e, NULL); break;
  case BIN_OR: try(l, e, with_op(l, e, BIN_AND), CAUSE_CONDITION, 4, "the condition `%s`", e, NULL); break;
  case BIN_MOD: break;
  default: edit_condition(l, e);
  }
}

/* ---- calls and reductions ---- */

static Expr *with_args(Local *l, const Expr *e, int i, Expr *a, int j, Expr *b) {
  Expr *copy = edit_copy(l->q->cx, e);
  copy->args = arena_copy(l->q->cx, e->args, sizeof(Arg) * (size_t)e->nargs);
  copy->args[i].value = a;
  copy->args[j].value = b;
  return copy;
}

static void edit_argument_order(Local *l, const Expr *e) {
  if (edit_calls(e, "outer")) {
    try(l, e, with_args(l, e, 0, e->args[1].value, 1, e->args[0].value), CAUSE_TRANSPOSE, 2,
        "`%s` in place of its transpose", e, NULL);
    return;
  }
  for (int i = 0; i < e->nargs; i++)
    for (int j = i + 1; j < e->nargs; j++)
      if (!e->args[i].name && !e->args[j].name)
        try(l, e, with_args(l, e, i, e->args[j].value, j, e->args[i].value),
            edit_calls(e, "where") ? CAUSE_CONDITION : CAUSE_ORDER, 4, "the order of the arguments of `%s`", e, NULL);
}

/* `mean` for `sum` and the other way. */
static const char *mean_or_sum(Local *l, const char *name) {
  if (strcmp(name, "mean") == 0) return intern(l->q->cx, "sum");
  return strcmp(name, "sum") == 0 ? intern(l->q->cx, "mean") : NULL;
}

static const char *mean_text(const char *name) {
  return strcmp(name, "mean") == 0 ? "the mean `%s` in place of the sum" : "the sum `%s` in place of the mean";
}

static void edit_call_of(Local *l, const Expr *e) {
  const char *name = e->a->kind == EXPR_NAME ? e->a->name : "", *other = mean_or_sum(l, name);
  if (other) {
    Expr *copy = edit_copy(l->q->cx, e);
    copy->a = edit_name(l->q->cx, other);
    try(l, e, copy, CAUSE_MEAN, 2, mean_text(name), e, NULL);
  }
  edit_argument_order(l, e);
  if (e->nargs == 1) {
    bool stop = edit_calls(e, "stop");
    try(l, e, e->args[0].value, stop ? CAUSE_STOP : CAUSE_FUNCTION, 4, "`%s` is too many in `%s`", e->a, e);
  }
  if (edit_calls(e, "where"))
    for (int k = 1; k < 3 && k < e->nargs; k++)
      try(l, e, e->args[k].value, CAUSE_CONDITION, 5, "the condition of `%s`", e, NULL);
}

static void edit_reduction(Local *l, const Expr *e) {
  const char *other = mean_or_sum(l, e->name);
  if (!other) return;
  Expr *copy = edit_copy(l->q->cx, e);
  copy->name = other;
  try(l, e, copy, CAUSE_MEAN, 2, mean_text(e->name), e, NULL);
}

/* ---- functions ---- */

static void collect_callees(const Expr *e, const char **names, int *n, int most) {
  if (!e) return;
  bool fits = e->kind == EXPR_CALL && e->a->kind == EXPR_NAME && e->nargs == 1 && *n < most;
  bool seen = false;
  for (int k = 0; fits && k < *n; k++) seen = seen || names[k] == e->a->name;
  if (fits && !seen) names[(*n)++] = e->a->name;
  collect_callees(e->a, names, n, most);
  collect_callees(e->b, names, n, most);
  for (int k = 0; k < e->nargs; k++) collect_callees(e->args[k].value, names, n, most);
}

/* Another function at the same argument: those that the model and the derivative of this one name. */
static void edit_function(Local *l, const Expr *e) {
  enum { MOST = 12 };
  const char *names[MOST];
  int n = 0;
  if (e->a->kind != EXPR_NAME || e->nargs != 1 || e->args[0].name) return;
  const Stmt *law = claim_derivative(l->q->check, e->a->name);
  if (!law) return;
  const Block *model = claim_statements(l->q->check);
  collect_callees(law->values[0], names, &n, MOST);
  for (int k = 0; k < model->n; k++) collect_callees(model->at[k]->value, names, &n, MOST);
  for (int k = 0; k < n; k++) {
    if (names[k] == e->a->name || !claim_derivative(l->q->check, names[k])) continue;
    Expr *copy = edit_copy(l->q->cx, e);
    copy->a = edit_name(l->q->cx, names[k]);
    try(l, e, copy, CAUSE_FUNCTION, 4, "the function `%s` in place of `%s`", e->a, copy->a);
  }
  const Expr *slope = edit_renamed(l->q->cx, law->values[0], law->formals[0].name, e->args[0].value);
  try(l, e, edit_wrap(edit_copy(l->q->cx, slope)), CAUSE_DERIVATIVE, 3, "`%s` in place of its derivative", e, NULL);
}

/* ---- numbers ---- */

enum { MOST_NUMBERS = 16 };

/* The numbers that stand in a formula of the model. */
static void collect_numbers(const Expr *e, double *out, int *n) {
  if (!e || *n == MOST_NUMBERS) return;
  bool seen = e->kind != EXPR_NUMBER;
  for (int k = 0; k < *n; k++) seen = seen || out[k] == e->number;
  if (!seen) out[(*n)++] = e->number;
  collect_numbers(e->a, out, n);
  collect_numbers(e->b, out, n);
  for (int k = 0; k < e->nargs; k++) collect_numbers(e->args[k].value, out, n);
}

static void edit_constant(Local *l, const Expr *e) {
  const double x = e->number, others[] = {x + 1, x - 1, 2 * x, x / 2, x != 0 ? 1 / x : 0, 0};
  bool exponent = l->parent && l->parent->kind == EXPR_BINARY && l->parent->op == BIN_POW && l->parent->b == e;
  bool factor = l->parent && l->parent->kind == EXPR_BINARY && (l->parent->op == BIN_MUL || l->parent->op == BIN_DIV);
  CauseKind kind = exponent ? CAUSE_POWER : factor ? CAUSE_FACTOR : CAUSE_NUMBER;
  const char *format = exponent ? "the exponent %s, which should be %s" : "the number %s, which should be %s";
  for (int k = 0; k < (int)(sizeof others / sizeof *others); k++) {
    Expr *other = edit_number(l->q->cx, others[k]);
    if (others[k] != x) try(l, e, other, kind, 4, format, e, other);
  }
  double numbers[MOST_NUMBERS];
  int n = 0;
  const Block *model = claim_statements(l->q->check);
  for (int k = 0; k < model->n; k++) collect_numbers(model->at[k]->value, numbers, &n);
  for (int k = 0; k < n; k++)
    if (numbers[k] != x)
      try(l, e, edit_number(l->q->cx, numbers[k]), kind, 5, format, e, edit_number(l->q->cx, numbers[k]));
  if (exponent) try(l, e, negated(l, e), CAUSE_POWER, 4, format, e, negated(l, e));
}

/* ---- one node ---- */

/* The sign of what is an operand of no sum, product or sign: that of an argument, an exponent, a body. */
static void edit_sign(Local *l, const Expr *e) {
  bool inside = l->parent && (l->parent->kind == EXPR_NEGATE ||
                              (l->parent->kind == EXPR_BINARY && l->parent->op != BIN_POW && l->parent->op < BIN_EQ));
  if (inside || e->kind == EXPR_NEGATE || e->kind == EXPR_REDUCE) return;
  Expr *by = negated(l, e);
  bool condition = l->parent && l->parent->kind == EXPR_BINARY && l->parent->op >= BIN_EQ;
  if (l->parent) try(l, e, by, CAUSE_SIGN, condition ? 6 : 3, "the sign of `%s`", e, NULL);
  else try(l, e, by, CAUSE_SIGN, 1, "the sign of the whole", NULL, NULL);
}

/* A node by something below it: 1 - h^2 by h. */
static void hoist(Local *l, const Expr *top, const Expr *e, int depth) {
  if (!e || depth > 3) return;
  if (depth > 1 && e->kind == EXPR_NAME) {
    try(l, top, e, CAUSE_DERIVATIVE, 5, "`%s` in place of `%s`", top, e);
    return;
  }
  if (e->kind != EXPR_BINARY && e->kind != EXPR_CALL) return;
  if (e->kind == EXPR_BINARY) hoist(l, top, e->a, depth + 1), hoist(l, top, e->b, depth + 1);
  for (int k = 0; k < e->nargs; k++) hoist(l, top, e->args[k].value, depth + 1);
}

static void edit_node(Local *l, const Expr *e) {
  edit_sign(l, e);
  switch (e->kind) {
  case EXPR_BINARY: edit_operands(l, e); break;
  case EXPR_CALL:
    edit_call_of(l, e);
    edit_function(l, e);
    break;
  case EXPR_NEGATE:
    if (l->parent) try(l, e, e->a, CAUSE_SIGN, 2, "the sign of `%s`", e, NULL);
    else try(l, e, e->a, CAUSE_SIGN, 1, "the sign of the whole", NULL, NULL);
    break;
  case EXPR_NOT: try(l, e, e->a, CAUSE_CONDITION, 4, "the condition `%s`", e, NULL); break;
  case EXPR_TRANSPOSE: try(l, e, e->a, CAUSE_TRANSPOSE, 2, "`%s` in place of `%s`", e, e->a); break;
  case EXPR_REDUCE: edit_reduction(l, e); break;
  case EXPR_NUMBER: edit_constant(l, e); break;
  default: break;
  }
  if (e->kind == EXPR_BINARY && e->wrapped) hoist(l, e, e, 0);
}

/* ---- all nodes ---- */

static bool is_derivative(const Expr *e) {
  return e->kind == EXPR_PARTIAL || edit_calls(e, "grad") || edit_calls(e, "jacobian");
}

static void walk(Local *l, const Expr *e, const Expr *parent) {
  if (!e || l->q->work <= 0) return;
  l->parent = parent;
  edit_node(l, e);
  if (is_derivative(e)) return;
  if (e->a && e->kind != EXPR_CALL) walk(l, e->a, e);
  if (e->b) walk(l, e->b, e);
  for (int k = 0; k < e->nargs; k++) walk(l, e->args[k].value, e);
}

static const Expr *whole(const Expr *e) {
  while (e->kind == EXPR_INDEX || e->kind == EXPR_TRANSPOSE) e = e->a;
  return e;
}

/* The factors 2 and 1/2 of the whole, and its transpose. */
static void edit_whole(Local *l, const Expr *root) {
  Context *cx = l->q->cx;
  Expr *two = edit_number(cx, 2);
  try(l, root, binary(l, BIN_MUL, two, root), CAUSE_FACTOR, 5, "the factor `%s` is missing", two, NULL);
  try(l, root, binary(l, BIN_DIV, root, two), CAUSE_FACTOR, 5, "the factor 1/%s is missing", two, NULL);
  if (root->kind != EXPR_TRANSPOSE && !is_derivative(whole(root)))
    try(l, root, edit_unary(cx, EXPR_TRANSPOSE, root), CAUSE_TRANSPOSE, 1, "the transpose of the whole", NULL, NULL);
}

void cause_local(Inquiry *q, Site *at) {
  Local l = {q, at, NULL};
  edit_whole(&l, at->root);
  walk(&l, at->root, NULL);
}
