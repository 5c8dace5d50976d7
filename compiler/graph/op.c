/* op.c: the table of scalar operations, and their values in double precision: what the evaluator computes and what
 * constants fold to. Derivatives stand in prelude/derivatives.nn. Digamma and trigamma: recurrence up to 10, then the
 * asymptotic series (Abramowitz and Stegun 1964, 6.3.18 and 6.4.12), below 1/2 the reflection formulas (6.3.7, 6.4.7).
 */
#include "graph/op.h"

#include "base/base.h"

#include <math.h>
#include <string.h>

static const double pi = 3.14159265358979323846;

static double op_digamma(double x) {
  double sum = 0;
  if (x <= 0 && x == floor(x)) return NAN;
  if (x < 0.5) return op_digamma(1 - x) - pi / tan(pi * x);
  for (; x < 10; x += 1) sum -= 1 / x;
  double y = 1 / (x * x);
  double tail =
    y *
    (1.0 / 12 - y * (1.0 / 120 - y * (1.0 / 252 - y * (1.0 / 240 - y * (1.0 / 132 - y * (691.0 / 32760 - y / 12))))));
  return sum + log(x) - 0.5 / x - tail;
}

static double op_trigamma(double x) {
  double sum = 0;
  if (x <= 0 && x == floor(x)) return INFINITY;
  if (x < 0.5) return -op_trigamma(1 - x) + pi * pi / (sin(pi * x) * sin(pi * x));
  for (; x < 10; x += 1) sum += 1 / (x * x);
  double y = 1 / (x * x);
  double tail =
    1.0 / 6 - y * (1.0 / 30 - y * (1.0 / 42 - y * (1.0 / 30 - y * (5.0 / 66 - y * (691.0 / 2730 - y * (7.0 / 6))))));
  return sum + 1 / x + y / 2 + y / x * tail;
}

static double op_sigmoid(double x) {
  if (x >= 0) return 1 / (1 + exp(-x));
  double e = exp(x);
  return e / (1 + e);
}

static double op_softplus(double x) { return (x > 0 ? x : 0) + log1p(exp(-fabs(x))); }
static double op_sign(double x) { return isnan(x) ? x : (x > 0) - (x < 0); }

const OpRow op_rows[OP_COUNT] = {
#define X(id, ...) [OP_##id] = {__VA_ARGS__},
  OPERATORS(X)
#undef X
#define X(id, its_name, its_value, in_float, in_its_double, its_slope, its_parity, start, end, at_start, at_end, ...)  \
  [OP_##id] = {.name = its_name,                                                                                       \
               .arity = 1,                                                                                             \
               .value = its_value,                                                                                     \
               .form = SPELL_CALL,                                                                                     \
               .c = in_float,                                                                                          \
               .in_double = in_its_double,                                                                             \
               .slope = its_slope,                                                                                     \
               .parity = its_parity,                                                                                   \
               .from = start,                                                                                          \
               .to = end,                                                                                              \
               .low = at_start,                                                                                        \
               .high = at_end,                                                                                         \
               __VA_ARGS__},
    FUNCTIONS(X)
#undef X
};

Op op_named(const char *name) {
  for (int k = 0; k < OP_COUNT; k++)
    if (strcmp(op_rows[k].name, name) == 0) return (Op)k;
  return strcmp(name, "pow") == 0 ? OP_POW : OP_COUNT;
}

static double first(double a, double b, bool take_a) { return isnan(a) ? a : isnan(b) ? b : take_a ? a : b; }

/* The error of a + b = sum (Knuth 1969) is not 0. */
static bool sum_is_rounded(double a, double b, double sum) {
  double part = sum - a;
  return isfinite(sum) && (a - (sum - part)) + (b - part) != 0;
}

bool op_loses(Op op, const double *x, double y) {
  const OpRow *row = &op_rows[op];
  if (op == OP_ADD) return sum_is_rounded(x[0], x[1], y);
  if (op == OP_SUB) return sum_is_rounded(x[0], -x[1], y);
  bool named = x[0] == row->exact || x[0] == row->from || x[0] == row->to;
  return row->value && !row->correct && isfinite(x[0]) && !isnan(y) && !(named && 2 * y == floor(2 * y));
}

/* What is no function has its meaning here, and only here. */
double op_apply(Op op, const double *x) {
  if (op_rows[op].value) return op_rows[op].value(x[0]);
  switch (op) { /* what is no function has its meaning here */
  case OP_ADD: return x[0] + x[1];
  case OP_SUB: return x[0] - x[1];
  case OP_DIV: return x[0] / x[1];
  case OP_POW: return pow(x[0], x[1]);
  case OP_MOD: return x[0] - x[1] * floor(x[0] / x[1]);
  case OP_QUOTIENT: return floor(x[0] / x[1]);
  case OP_MAX: return first(x[0], x[1], x[0] >= x[1]);
  case OP_MIN: return first(x[0], x[1], x[0] <= x[1]);
  case OP_LT: return x[0] < x[1];
  case OP_LE: return x[0] <= x[1];
  case OP_EQ: return x[0] == x[1];
  case OP_NE: return x[0] != x[1];
  case OP_AND: return x[0] != 0 && x[1] != 0;
  case OP_OR: return x[0] != 0 || x[1] != 0;
  case OP_NOT: return x[0] == 0;
  case OP_WHERE: return x[0] != 0 ? x[1] : x[2];
  case OP_SELECT: return x[0] == 0 ? 0 : x[0] * x[1];
  case OP_KEEP: return x[1] != 0 ? x[0] : 0;
  case OP_LOGRATIO: return x[0] == -INFINITY || x[1] == -INFINITY ? -INFINITY : x[0] - x[1];
  case OP_STOP:
  case OP_DRAWN: return x[0];
  case OP_SIGMOID_MINUS: return x[0] > 0 ? (1 - x[1]) - op_sigmoid(-x[0]) : op_sigmoid(x[0]) - x[1];
  default: break;
  }
  bug("evaluate", "operation %d has no scalar value", (int)op);
}
