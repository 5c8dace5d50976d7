/* field_apply.c: every scalar operation on formulas as numbers modulo primes; see prove/field.h.
 *
 * In: an operation and its operands as values. Out: its value, a comparison's by the sign of the difference:
 *
 *     exp(y) > 1  as  y > 0        exp(c)*x > exp(c)*y  as  x > y */
#include "prove/field.h"

#include <math.h>
#include <string.h>

/* ---- comparisons ---- */

/* A value with the sign of a - b that says it without the function around both; NULL where there is none. */
static FieldValue *inside_of_both(Field *f, FieldValue *a, FieldValue *b) {
  if (a->image && a->image == b->image) return field_minus(f, a->of, b->of);
  if (a->image == OP_SIGMOID && field_is_rational(b) && b->number > b->error && b->number < 1 - b->error)
    return field_minus(f, a->of, field_log(f, field_over(f, b, field_minus(f, f->one, b))));
  if (!a->positive || !b->positive || a->nroots || b->nroots) return NULL;
  FieldValue *difference = field_minus(f, field_log(f, a), field_log(f, b));
  return difference->nlogs || f->failed ? NULL : difference;
}

static int compare(Field *f, FieldValue *a, FieldValue *b) {
  if (a == b) return 0;
  if (f->failed || a->infinite || b->infinite) return field_sign(f, field_minus(f, a, b));
  FieldValue *difference = field_minus(f, a, b), *inside;
  if (field_is_rational(difference)) return field_sign(f, difference);
  if ((inside = inside_of_both(f, a, b))) return field_sign(f, inside);
  if ((inside = inside_of_both(f, b, a))) return -field_sign(f, inside);
  return field_sign(f, difference);
}

/* ---- all operations ---- */

static FieldValue *truth(Field *f, bool holds) { return holds ? f->one : f->zero; }

static FieldValue *compared(Field *f, Op op, FieldValue *a, FieldValue *b) {
  int sign = compare(f, a, b);
  switch (op) { /* an identity for each, not a fact */
  case OP_LT: return truth(f, sign < 0);
  case OP_LE: return truth(f, sign <= 0);
  case OP_EQ: return truth(f, sign == 0);
  case OP_NE: return truth(f, sign != 0);
  case OP_MAX: return sign >= 0 ? a : b;
  default: return sign <= 0 ? a : b;
  }
}

/* sin and cos by the tangent of half the angle, a random number: so their squares add up to 1. */
static FieldValue *trigonometric(Field *f, Op op, FieldValue *u) {
  FieldValue *negative = field_scale(f, -1, u);
  bool flip = memcmp(negative->p, u->p, sizeof u->p) < 0;
  FieldValue *t = field_atom(f, 76, flip ? negative : u, NULL), *square = field_times(f, t, t);
  FieldValue *below = field_inverse(f, field_add(f, f->one, square));
  FieldValue *sine = field_scale(f, flip ? -2 : 2, field_times(f, t, below)),
             *cosine = field_times(f, field_minus(f, f->one, square), below);
  return op == OP_SIN ? sine : op == OP_COS ? cosine : field_over(f, sine, cosine);
}

static FieldValue *odd(Field *f, Op op, FieldValue *u) {
  FieldValue *negative = field_scale(f, -1, u);
  if (memcmp(negative->p, u->p, sizeof u->p) < 0)
    return field_scale(f, -1, field_atom(f, 100 + (uint64_t)op, negative, NULL));
  return field_atom(f, 100 + (uint64_t)op, u, NULL);
}

static FieldValue *floor_of(Field *f, FieldValue *x) {
  double below = floor(x->number - 2 * x->error), above = floor(x->number + 2 * x->error);
  if (!field_is_rational(x) || !(fabs(x->number) < 9e15)) return NULL;
  if (below == above) return field_number(f, below);
  return x == field_number(f, above) ? x : NULL; /* a whole number itself */
}

/* A function of constants, where it is known exactly: floor, mod; cos(0) and the like. (erf(6) is 1 in double, and
 * less.) */
static FieldValue *constant(Field *f, Op op, FieldValue *const *x) {
  if (op == OP_FLOOR) return floor_of(f, x[0]);
  if (op == OP_MOD) {
    FieldValue *whole = x[1] == f->zero || !field_is_rational(x[1]) ? NULL : floor_of(f, field_over(f, x[0], x[1]));
    return whole ? field_minus(f, x[0], field_times(f, x[1], whole)) : NULL;
  }
  if (x[0] != f->zero || op_rows[op].arity > 1) return NULL;
  double y = op_apply(op, (double[3]){0});
  return y == floor(y) ? field_number(f, y) : NULL;
}

static FieldValue *other_function(Field *f, Op op, FieldValue *const *x) {
  int n = op_rows[op].arity;
  FieldValue *known = constant(f, op, x);
  if (known) return known;
  if (op == OP_FLOOR && !x[0]->infinite) return field_floor(f, x[0]);
  if ((op == OP_MOD || op == OP_QUOTIENT) && field_is_rational(x[1]) && x[1]->number > x[1]->error && !x[0]->infinite) {
    FieldValue *quotient = field_floor(f, field_over(f, x[0], x[1]));
    return op == OP_QUOTIENT ? quotient : field_minus(f, x[0], field_times(f, x[1], quotient));
  }
  for (int k = 0; k < n; k++)
    if (x[k]->infinite) return field_give_up(f);
  if (op_rows[op].periodic) return trigonometric(f, op, x[0]);
  if (op_rows[op].parity == ODD) return field_image(odd(f, op, x[0]), op, x[0]);
  return field_image(field_atom(f, 100 + (uint64_t)op, x[0], n > 1 ? x[1] : NULL), op, x[0]);
}

FieldValue *field_apply(Field *f, Op op, FieldValue *const *x) {
  if (f->failed) return f->zero;
  switch (op) { /* an identity for each, not a fact */
  case OP_ADD: return field_add(f, x[0], x[1]);
  case OP_SUB: return field_minus(f, x[0], x[1]);
  case OP_LOGRATIO:
    return x[0] == f->minus_infinity || x[1] == f->minus_infinity ? f->minus_infinity : field_minus(f, x[0], x[1]);
  case OP_SELECT: return x[0] == f->zero ? x[0] : field_times(f, x[0], x[1]);
  case OP_KEEP: return x[1] == f->zero ? x[1] : x[0];
  case OP_DIV: return field_over(f, x[0], x[1]);
  case OP_POW: return field_power(f, x[0], x[1]);
  case OP_SQRT: return field_power(f, x[0], field_number(f, 0.5));
  case OP_STOP: return x[0];
  case OP_EXP: return field_exp(f, x[0]);
  case OP_ERFC: return field_minus(f, f->one, other_function(f, OP_ERF, x));
  case OP_EXPM1: return field_image(field_minus(f, field_exp(f, x[0]), f->one), op, x[0]);
  case OP_LOG: return field_log(f, x[0]);
  case OP_LOG1P: return field_image(field_log(f, field_add(f, f->one, x[0])), op, x[0]);
  case OP_SOFTPLUS: return x[0]->infinite ? field_give_up(f) : field_image(field_softplus(f, x[0]), op, x[0]);
  case OP_SIGMOID: return field_image(field_sigmoid(f, x[0]), op, x[0]);
  case OP_TANH: return field_image(field_tanh(f, x[0]), op, x[0]);
  case OP_LT:
  case OP_LE:
  case OP_EQ:
  case OP_NE:
  case OP_MAX:
  case OP_MIN: return compared(f, op, x[0], x[1]);
  case OP_ABS: return field_absolute(f, x[0]);
  case OP_SIGN: return field_number(f, field_sign(f, x[0]));
  case OP_AND: return truth(f, field_sign(f, x[0]) && field_sign(f, x[1]));
  case OP_OR: return truth(f, field_sign(f, x[0]) || field_sign(f, x[1]));
  case OP_NOT: return truth(f, !field_sign(f, x[0]));
  case OP_WHERE: return field_sign(f, x[0]) ? x[1] : x[2];
  default: return other_function(f, op, x);
  }
}
