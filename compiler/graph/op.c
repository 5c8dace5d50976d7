/* op.c: the scalar operations in double precision: what the evaluator computes and what constants fold to.
 * Derivatives stand in prelude/prelude.nn. Digamma and trigamma: recurrence up to 10, then the asymptotic series
 * (Abramowitz and Stegun 1964, 6.3.18 and 6.4.12), below 1/2 the reflection formulas (6.3.7, 6.4.7). */
#include "graph/graph.h"

#include <math.h>

static const double pi = 3.14159265358979323846;

static double digamma(double x) {
  double sum = 0;
  if (x <= 0 && x == floor(x)) return NAN;
  if (x < 0.5) return digamma(1 - x) - pi / tan(pi * x);
  for (; x < 10; x += 1) sum -= 1 / x;
  double y = 1 / (x * x);
  double tail =
    y *
    (1.0 / 12 - y * (1.0 / 120 - y * (1.0 / 252 - y * (1.0 / 240 - y * (1.0 / 132 - y * (691.0 / 32760 - y / 12))))));
  return sum + log(x) - 0.5 / x - tail;
}

static double trigamma(double x) {
  double sum = 0;
  if (x <= 0 && x == floor(x)) return INFINITY;
  if (x < 0.5) return -trigamma(1 - x) + pi * pi / (sin(pi * x) * sin(pi * x));
  for (; x < 10; x += 1) sum += 1 / (x * x);
  double y = 1 / (x * x);
  double tail =
    1.0 / 6 - y * (1.0 / 30 - y * (1.0 / 42 - y * (1.0 / 30 - y * (5.0 / 66 - y * (691.0 / 2730 - y * (7.0 / 6))))));
  return sum + 1 / x + y / 2 + y / x * tail;
}

static double sigmoid(double x) {
  if (x >= 0) return 1 / (1 + exp(-x));
  double e = exp(x);
  return e / (1 + e);
}

static double first(double a, double b, bool take_a) { return isnan(a) ? a : isnan(b) ? b : take_a ? a : b; }

/* The error of a + b = sum (Knuth 1969) is not 0. */
static bool sum_is_rounded(double a, double b, double sum) {
  double part = sum - a;
  return isfinite(sum) && (a - (sum - part)) + (b - part) != 0;
}

bool op_loses(Op op, const double *x, double y) {
  switch (op) {
  case OP_ADD: return sum_is_rounded(x[0], x[1], y);
  case OP_SUB: return sum_is_rounded(x[0], -x[1], y);
  case OP_EXP:
  case OP_LOG1P:
  case OP_EXPM1:
  case OP_SIN:
  case OP_COS:
  case OP_TAN:
  case OP_ATAN:
  case OP_TANH:
  case OP_SIGMOID:
  case OP_SOFTPLUS:
  case OP_ERF:
  case OP_ERFC: return isfinite(x[0]) && x[0] != 0;
  case OP_LOG: return isfinite(y) && x[0] != 1;
  default: return false;
  }
}

double op_apply(Op op, const double *x) {
  switch (op) {
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
  case OP_EXP: return exp(x[0]);
  case OP_LOG: return log(x[0]);
  case OP_LOG1P: return log1p(x[0]);
  case OP_EXPM1: return expm1(x[0]);
  case OP_SIN: return sin(x[0]);
  case OP_COS: return cos(x[0]);
  case OP_TAN: return tan(x[0]);
  case OP_ATAN: return atan(x[0]);
  case OP_TANH: return tanh(x[0]);
  case OP_SIGMOID: return sigmoid(x[0]);
  case OP_SOFTPLUS: return (x[0] > 0 ? x[0] : 0) + log1p(exp(-fabs(x[0])));
  case OP_SQRT: return sqrt(x[0]);
  case OP_ABS: return fabs(x[0]);
  case OP_SIGN: return isnan(x[0]) ? x[0] : (x[0] > 0) - (x[0] < 0);
  case OP_FLOOR: return floor(x[0]);
  case OP_ERF: return erf(x[0]);
  case OP_ERFC: return erfc(x[0]);
  case OP_LGAMMA: return lgamma(x[0]);
  case OP_DIGAMMA: return digamma(x[0]);
  case OP_TRIGAMMA: return trigamma(x[0]);
  case OP_SIGMOID_MINUS: return x[0] > 0 ? (1 - x[1]) - sigmoid(-x[0]) : sigmoid(x[0]) - x[1];
  case OP_PRODUCT:
  case OP_INDEX:
  case OP_COUNT: break;
  }
  bug("evaluate", "operation %d has no scalar value", (int)op);
}
