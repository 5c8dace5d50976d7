/* field_sign.c: the signs that formulas ask for, and all operations on formulas as numbers modulo primes; see
 * prove/field.h. */
#include "prove/field.h"

#include <math.h>
#include <string.h>

#define MOST_CHOICES 16 /* from which others are concluded */

/* ---- choices ---- */

static const int signs[3] = {1, -1, 0};

static int choose(Field *f, Choice c) {
  for (int k = 0; k < f->choices.n; k++)
    if (f->choices.at[k].key == c.key && f->choices.at[k].sign == c.sign) return f->choices.at[k].option;
  VEC_PUSH(f->cx, &f->choices, c);
  return 0;
}

int field_choose(Field *f, const void *key, int options) { return choose(f, (Choice){.key = key, .options = options}); }

bool field_next(Field *f) {
  while (f->choices.n) {
    Choice *last = &f->choices.at[f->choices.n - 1];
    if (++last->option < last->options) return true;
    f->choices.n--;
  }
  return false;
}

/* The sign of x if nothing need be chosen for it. */
static int known_sign(Field *f, Value *x) {
  Value *negative;
  if (x == f->zero) return 0;
  if (x->infinite) return x->infinite;
  if (x->positive) return 1;
  if (fabs(x->number) > 2 * x->error) return x->number > 0 ? 1 : -1;
  if (!isnan(x->number)) f->failed = true;
  negative = field_scale(f, -1, x);
  if (negative->positive) return -1;
  for (int k = 0; k < f->choices.n; k++) {
    const Choice *c = &f->choices.at[k];
    if (c->sign && c->key == x) return signs[c->option];
    if (c->sign && c->key == negative) return -signs[c->option];
  }
  return FIELD_UNKNOWN;
}

bool field_chosen_zero(Field *f, Value *x) { return known_sign(f, x) == 0; }

/* The sign of x that follows from those chosen: a > b and b > c say a > c. */
static int implied_sign(Field *f, Value *x, int depth) {
  int sign = known_sign(f, x);
  for (int k = 0; k < f->choices.n && depth && sign == FIELD_UNKNOWN && !f->failed; k++) {
    if (!f->choices.at[k].sign) continue;
    int chosen = signs[f->choices.at[k].option];
    Value *key = (Value *)(uintptr_t)f->choices.at[k].key;
    for (int by = -1; by <= 1 && sign == FIELD_UNKNOWN; by += 2) { /* x = rest + by*key */
      int rest = implied_sign(f, field_add(f, x, field_scale(f, -by, key)), depth - 1);
      if (rest == FIELD_UNKNOWN) continue;
      if (chosen == 0 || rest == by * chosen) sign = rest;
      else if (rest == 0) sign = by * chosen;
    }
  }
  return sign;
}

/* A square is not negative: a run in which it was chosen to be says nothing. */
static int possible(Field *f, Value *x, int sign) {
  if ((sign < 0 && x->nonnegative) || (sign > 0 && field_scale(f, -1, x)->nonnegative)) f->vacuous = true;
  return sign;
}

int field_sign(Field *f, Value *x) {
  int sign = implied_sign(f, x, f->choices.n > MOST_CHOICES ? 0 : 2);
  if (f->failed) return 0;
  if (sign == FIELD_UNKNOWN) sign = field_sign_of_parts(f, x);
  if (f->failed) return 0;
  if (sign != FIELD_UNKNOWN) return possible(f, x, sign);
  Value *negative = field_scale(f, -1, x);
  bool flip = memcmp(negative->p, x->p, sizeof x->p) < 0;
  sign = signs[choose(f, (Choice){.key = flip ? negative : x, .options = 3, .sign = true})];
  return possible(f, x, flip ? -sign : sign);
}

bool field_sign_follows(Field *f, Value *x, int sign) {
  if (!f->choices.n || !isnan(x->number)) return false;
  return (implied_sign(f, x, 1) == sign || (sign == 0 && field_part_is_zero(f, x))) && !f->failed;
}

bool field_equal(Field *f, Value *a, Value *b) {
  if (a == b) return true;
  if (f->choices.n && !a->infinite && !b->infinite && implied_sign(f, field_minus(f, a, b), 1) == 0) return true;
  return field_equal_squares(f, a, b);
}

/* ---- all functions ---- */

static Value *truth(Field *f, bool holds) { return holds ? f->one : f->zero; }

static Value *compared(Field *f, Op op, Value *a, Value *b) {
  int sign = field_compare(f, a, b);
  switch (op) {
  case OP_LT: return truth(f, sign < 0);
  case OP_LE: return truth(f, sign <= 0);
  case OP_EQ: return truth(f, sign == 0);
  case OP_NE: return truth(f, sign != 0);
  case OP_MAX: return sign >= 0 ? a : b;
  default: return sign <= 0 ? a : b;
  }
}

/* sin and cos by the tangent of half the angle, a random number: so their squares add up to 1. */
static Value *trigonometric(Field *f, Op op, Value *u) {
  Value *negative = field_scale(f, -1, u);
  bool flip = memcmp(negative->p, u->p, sizeof u->p) < 0;
  Value *t = field_atom(f, 76, flip ? negative : u, NULL), *square = field_times(f, t, t);
  Value *below = field_inverse(f, field_add(f, f->one, square));
  Value *sine = field_scale(f, flip ? -2 : 2, field_times(f, t, below)),
        *cosine = field_times(f, field_minus(f, f->one, square), below);
  return op == OP_SIN ? sine : op == OP_COS ? cosine : field_over(f, sine, cosine);
}

static Value *odd(Field *f, Op op, Value *u) {
  Value *negative = field_scale(f, -1, u);
  if (memcmp(negative->p, u->p, sizeof u->p) < 0)
    return field_scale(f, -1, field_atom(f, 100 + (uint64_t)op, negative, NULL));
  return field_atom(f, 100 + (uint64_t)op, u, NULL);
}

static Value *floor_of(Field *f, Value *x) {
  double below = floor(x->number - 2 * x->error), above = floor(x->number + 2 * x->error);
  if (!field_is_rational(x) || !(fabs(x->number) < 9e15)) return NULL;
  if (below == above) return field_number(f, below);
  return x == field_number(f, above) ? x : NULL; /* a whole number itself */
}

/* A function of constants, where it is known exactly: floor, mod; cos(0) and the like. (erf(6) is 1 in double, and
 * less.) */
static Value *constant(Field *f, Op op, Value *const *x) {
  if (op == OP_FLOOR) return floor_of(f, x[0]);
  if (op == OP_MOD) {
    Value *whole = x[1] == f->zero || !field_is_rational(x[1]) ? NULL : floor_of(f, field_over(f, x[0], x[1]));
    return whole ? field_minus(f, x[0], field_times(f, x[1], whole)) : NULL;
  }
  if (x[0] != f->zero || op_rows[op].arity > 1) return NULL;
  double y = op_apply(op, (double[3]){0});
  return y == floor(y) ? field_number(f, y) : NULL;
}

static Value *other_function(Field *f, Op op, Value *const *x) {
  int n = op_rows[op].arity;
  Value *known = constant(f, op, x);
  if (known) return known;
  if (op == OP_FLOOR && !x[0]->infinite) return field_floor(f, x[0]);
  if ((op == OP_MOD || op == OP_QUOTIENT) && field_is_rational(x[1]) && x[1]->number > x[1]->error && !x[0]->infinite) {
    Value *quotient = field_floor(f, field_over(f, x[0], x[1]));
    return op == OP_QUOTIENT ? quotient : field_minus(f, x[0], field_times(f, x[1], quotient));
  }
  for (int k = 0; k < n; k++)
    if (x[k]->infinite) return field_give_up(f);
  if (op_rows[op].periodic) return trigonometric(f, op, x[0]);
  if (op_rows[op].parity == ODD) return field_image(odd(f, op, x[0]), op, x[0]);
  return field_image(field_atom(f, 100 + (uint64_t)op, x[0], n > 1 ? x[1] : NULL), op, x[0]);
}

Value *field_apply(Field *f, Op op, Value *const *x) {
  if (f->failed) return f->zero;
  switch (op) {
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
  case OP_TANH: return field_image(field_tanh_of(f, x[0]), op, x[0]);
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
