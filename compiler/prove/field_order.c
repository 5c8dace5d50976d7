/* field_order.c: which of two formulas is larger, by how they are made; see prove/field.h.
 *
 *     exp(y) > 1   as  y > 0           a*b > 0   as  a > 0 and b > 0, or a < 0 and b < 0          exp(c)*x > exp(c)*y
 * as  x > y
 *
 * Where a sign follows from signs that are asked for anyway, nothing else is chosen, and no case is looked at that
 * cannot be. Floors and the constants in which a root or π stands are here too. */
#include "prove/field.h"

#include <math.h>
#include <string.h>

#define MOST_TERM 1024 /* of a fraction under a root */

/* ---- signs ---- */

static int sign_of_product(Field *f, const Value *x) {
  int a = field_sign(f, x->a);
  if (x->a == x->b) return a * a;
  int b = a ? field_sign(f, x->b) : 0;
  if (x->made == MADE_OVER && b == 0) field_give_up(f); /* there is no value */
  return a * b;
}

/* A root is 0 where what stands under it is, and positive elsewhere; of what is negative there is none. */
static int sign_of_roots(Field *f, const Value *x) {
  int sign = field_sign(f, x->coefficient);
  for (int k = 0; k < x->nroots && sign; k++) {
    int under = field_sign(f, x->roots[k].of);
    if (under < 0 && !f->vacuous) field_give_up(f);
    sign *= under * under;
  }
  return sign;
}

/* x as a multiple of a value whose sign was chosen, by a factor of known sign. */
static int sign_of_multiple(Field *f, const Value *x) {
  for (int k = 0; k < f->choices.n; k++) {
    if (!f->choices.at[k].sign) continue;
    Value *key = (Value *)(uintptr_t)f->choices.at[k].key;
    int sign = field_known_ratio(f, x, key);
    if (!sign) sign = field_known_ratio(f, key, x);
    if (sign) return sign * field_sign(f, key);
  }
  return FIELD_UNKNOWN;
}

int field_sign_of_parts(Field *f, Value *x) {
  int sign = FIELD_UNKNOWN;
  if (x->opened) return sign; /* x may be a part of its own parts: x = (x/y)*y */
  x->opened = true;
  if (x->sign_of) sign = field_sign(f, x->sign_of);
  else if (x->nroots) sign = sign_of_roots(f, x);
  else sign = sign_of_multiple(f, x);
  if (sign == FIELD_UNKNOWN && !f->failed && (x->made == MADE_TIMES || (x->made == MADE_OVER && x->a != f->one)))
    sign = sign_of_product(f, x);
  x->opened = false;
  return f->failed ? FIELD_UNKNOWN : sign;
}

/* Is x 0 because a part of it is? */
bool field_part_is_zero(Field *f, const Value *x) {
  if (x->made == MADE_TIMES && x->a->degree < x->degree &&
      x->b->degree < x->degree) /* or x could be a part of its part */
    return field_sign_follows(f, x->a, 0) || field_sign_follows(f, x->b, 0);
  bool zero = x->nroots && x->coefficient->nroots == 0 && field_sign_follows(f, x->coefficient, 0);
  for (int k = 0; k < x->nroots; k++) zero = zero || field_sign_follows(f, x->roots[k].of, 0);
  return zero;
}

/* ---- comparisons ---- */

/* A value with the sign of a - b that says it without the function around both; NULL where there is none. */
static Value *inside_of_both(Field *f, Value *a, Value *b) {
  if (a->image && a->image == b->image) return field_minus(f, a->of, b->of);
  if (a->image == OP_SIGMOID && field_is_rational(b) && b->number > b->error && b->number < 1 - b->error)
    return field_minus(f, a->of, field_log(f, field_over(f, b, field_minus(f, f->one, b))));
  if (!a->positive || !b->positive || a->nroots || b->nroots) return NULL;
  Value *difference = field_minus(f, field_log(f, a), field_log(f, b));
  return difference->nlogs || f->failed ? NULL : difference;
}

int field_compare(Field *f, Value *a, Value *b) {
  if (a == b) return 0;
  if (f->failed || a->infinite || b->infinite) return field_sign(f, field_minus(f, a, b));
  Value *difference = field_minus(f, a, b), *inside;
  if (field_is_rational(difference)) return field_sign(f, difference);
  if ((inside = inside_of_both(f, a, b))) return field_sign(f, inside);
  if ((inside = inside_of_both(f, b, a))) return -field_sign(f, inside);
  return field_sign(f, difference);
}

/* What neither is below 0 is equal where its squares are: norm(w*x) and |w|*norm(x). */
bool field_equal_squares(Field *f, Value *a, Value *b) {
  if ((!a->nroots && !b->nroots) || a->infinite || b->infinite || f->failed) return false;
  return field_times(f, a, a) == field_times(f, b, b) && field_sign(f, a) == field_sign(f, b);
}

/* ---- increasing functions ---- */

Value *field_image(Value *v, Op op, Value *of) {
  const OpRow *row = &op_rows[op];
  bool increasing =
    row->value && row->slope > 0 && row->parity != EVEN && !row->flat && isinf(row->to) && row->from < 0;
  if (!isnan(v->number) || v->infinite || !increasing) return v;
  if (!v->image) v->image = op, v->of = of;
  if (row->value(0) == 0 && !v->sign_of && v != of) v->sign_of = of;
  return v;
}

Value *field_softplus(Field *f, Value *u) {
  Value *v = field_log(f, field_add(f, f->one, field_exp(f, u)));
  v->positive = v->nonnegative = !f->failed && !v->infinite;
  return v;
}

/* ---- whole numbers ---- */

static Value *whole_of_fraction(Field *f, Value *x) { /* floor(n + j/b) is n */
  for (int b = 2; b <= 6; b++)
    for (int j = 1; j < b; j++) {
      Value *rest = field_minus(f, x, field_over(f, field_number(f, j), field_number(f, b)));
      if (rest->whole) return rest;
    }
  return NULL;
}

Value *field_floor(Field *f, Value *x) {
  if (x->whole || f->failed) return x;
  for (int k = 0; k < f->floors.n; k++) { /* floor(x + 3) is floor(x) + 3 */
    Value *more = field_minus(f, x, f->floors.at[k]);
    if (more->whole) return field_add(f, field_atom(f, 100 + OP_FLOOR, f->floors.at[k], NULL), more);
  }
  Value *whole = whole_of_fraction(f, x);
  if (whole) return whole;
  VEC_PUSH(f->cx, &f->floors, x);
  whole = field_atom(f, 100 + OP_FLOOR, x, NULL);
  whole->whole = true;
  return whole;
}

/* ---- constants with roots ---- */

/* y within rounding of a fraction of small terms. */
static bool small_fraction(double y, int *top, int *bottom) {
  for (*bottom = 1; *bottom <= MOST_TERM; *bottom = *bottom < 64 ? *bottom + 1 : 2 * *bottom) {
    double a = floor(y * *bottom + 0.5);
    if (a >= 1 && a <= MOST_TERM && fabs(a - y * *bottom) <= 2e-15 * a) return *top = (int)a, true;
  }
  return false;
}

/* sqrt(top/bottom) = sqrt(top*bottom)/bottom, with the squares taken out. */
static Value *root_of_fraction(Field *f, int top, int bottom) {
  int under = top * bottom, outside = 1;
  for (int k = 2; k * k <= under; k++)
    while (under % (k * k) == 0) under /= k * k, outside *= k;
  Value *root = field_power(f, field_number(f, under), field_number(f, 0.5));
  return field_times(f, field_over(f, field_number(f, outside), field_number(f, bottom)), root);
}

static Value *power_of_pi(Field *f, int halves) {
  if (!f->pi) {
    f->pi = field_leaf(f, UINT64_MAX, 1);
    f->pi->positive = f->pi->nonnegative = true;
    f->pi->number = 3.14159265358979323846;
    f->pi->error = 1.3e-16;
  }
  Value *power = f->one;
  int n = halves >= 0 ? halves : -halves;
  for (int k = 0; k < n / 2; k++) power = field_times(f, power, f->pi);
  if (n % 2) power = field_times(f, field_power(f, f->pi, field_number(f, 0.5)), power);
  return halves >= 0 ? power : field_inverse(f, power);
}

/* Two units in the last place: such constants are computed, sqrt(2/π), in a few steps of double precision. */
Value *field_number_with_root(Field *f, double x) {
  const double pi = 3.14159265358979323846;
  int top, bottom;
  for (int k = -2; k <= 2; k++) {
    if (!small_fraction(x * x / pow(pi, k), &top, &bottom)) continue;
    double exact = sqrt((double)top / bottom * pow(pi, k));
    if (fabs(exact - fabs(x)) > 4.5e-16 * exact) continue;
    Value *v = field_times(f, root_of_fraction(f, top, bottom), power_of_pi(f, k));
    return x < 0 ? field_scale(f, -1, v) : v;
  }
  return NULL;
}
