/* field_function.c: functions of formulas as numbers modulo primes; see prove/field.h.
 *
 * In: formulas as values. Out: their powers, exponentials, logarithms, floors, and π. */
#include "prove/field.h"

#include <math.h>
#include <string.h>

#define MOST_LOG_DEPTH 500
#define MOST_TERM      1024 /* of how often π is taken */

/* ---- powers ---- */

static FieldValue *whole_power(Field *f, FieldValue *a, int n) {
  FieldValue *result = f->one;
  for (int k = n < 0 ? -n : n; k && !f->failed; k >>= 1, a = k ? field_times(f, a, a) : a)
    if (k & 1) result = field_times(f, result, a);
  return n < 0 ? field_inverse(f, result) : result;
}

FieldValue *field_absolute(Field *f, FieldValue *a) {
  int sign = field_sign(f, a);
  return sign < 0 ? field_scale(f, -1, a) : a;
}

static bool is_square_number(Field *f, FieldValue *a, FieldValue **root) {
  if (!field_is_rational(a) || !(a->number >= 0)) return false;
  *root = field_number(f, sqrt(a->number));
  return field_times(f, *root, *root) == a;
}

/* a^(a multiple of 1/FIELD_ROOT). */
static FieldValue *root_power(Field *f, FieldValue *a, double exponent) {
  double whole = floor(exponent);
  FieldValue *root;
  if (a == f->zero) return exponent > 0 ? a : field_give_up(f);
  if (exponent - whole == 0.5 && is_square_number(f, a, &root)) return whole_power(f, root, (int)(2 * exponent));
  if (exponent - whole == 0.5 && a->made == MADE_TIMES && a->a == a->b)
    return whole_power(f, field_absolute(f, a->a), (int)(2 * exponent));
  if (a->nroots) return field_give_up(f);
  FieldTerm term = {a, exponent - whole};
  FieldValue *v = field_rooted(f, whole_power(f, a, (int)whole), &term, 1);
  if (!v->made) v->made = MADE_POWER, v->a = a, v->exponent = exponent;
  v->positive = v->positive || a->positive;
  v->nonnegative = true;
  return v;
}

FieldValue *field_power(Field *f, FieldValue *a, FieldValue *exponent) {
  double n = exponent->number, roots = floor(n * FIELD_ROOT + 0.5);
  if (a->infinite || exponent->infinite) return field_give_up(f);
  if (field_is_rational(exponent) && fabs(n) <= 64 && field_scale(f, FIELD_ROOT, exponent) == field_number(f, roots))
    return fmod(roots, FIELD_ROOT) == 0 ? whole_power(f, a, (int)(roots / FIELD_ROOT))
                                        : root_power(f, a, roots / FIELD_ROOT);
  if (a->positive) return field_exp(f, field_times(f, exponent, field_log(f, a)));
  return field_atom(f, 72, a, exponent);
}

/* ---- exp and log ---- */

FieldValue *field_exp(Field *f, FieldValue *x) {
  FieldValue v = {.positive = true, .nonnegative = true, .number = exp(x->number), .log = x};
  v.error = v.number * (2 * x->error + 1e-15);
  if (x == f->minus_infinity) return f->zero;
  if (x->infinite || f->failed) return field_give_up(f);
  if (x == f->zero) return f->one;
  if (x->nlogs) {
    FieldValue *rest = x, *product = f->one;
    for (int k = 0; k < x->nlogs; k++) {
      FieldValue *of = x->logs[k].of;
      double n = x->logs[k].times;
      if (n * FIELD_ROOT != floor(n * FIELD_ROOT) || fabs(n) > 64) return field_atom(f, 73, x, NULL);
      rest = field_minus(f, rest, field_scale(f, n, field_log(f, of)));
      product = field_times(f, product, field_power(f, of, field_number(f, n)));
    }
    return rest->nlogs ? field_atom(f, 73, x, NULL) : field_times(f, product, field_exp(f, rest));
  }
  FieldValue random = {0};
  field_draw(&random, 74, x->p, NULL);
  field_raise(f, x, &v);
  memcpy(v.q, random.q, sizeof v.q);
  field_degree_set(&v, 1);
  return field_keep(f, &v);
}

static FieldValue *log_of_parts(Field *f, FieldValue *x) {
  if (x->made == MADE_POWER) return field_scale(f, x->exponent, field_log(f, x->a));
  if (!x->positive || !x->made) return NULL;
  if (!x->a->positive || !x->b->positive) return NULL;
  FieldValue *a = field_log(f, x->a), *b = field_log(f, x->b);
  return x->made == MADE_TIMES ? field_add(f, a, b) : field_minus(f, a, b);
}

/* log(1 + exp(u)) = u + log(1 + exp(-u)): of the two, one is an atom. */
static FieldValue *log_of_one_and_exp(Field *f, FieldValue *x) {
  FieldValue *exponential = field_minus(f, x, f->one), *u = exponential->log;
  if (!u || u->nlogs || u->infinite || !isnan(exponential->number)) return NULL;
  FieldValue *negative = field_scale(f, -1, u);
  if (memcmp(negative->p, u->p, sizeof u->p) < 0) return NULL;
  return field_add(f, u, field_log(f, field_add(f, f->one, field_exp(f, negative))));
}

FieldValue *field_log(Field *f, FieldValue *x) {
  if (x == f->zero) return f->minus_infinity;
  if (x == f->one) return f->zero;
  if (x->infinite || f->failed) return field_give_up(f);
  if (!x->log && !x->busy) {
    x->busy = true; /* x may be a part of its own parts: x = (x/y)*y */
    FieldValue *log = ++f->depth > MOST_LOG_DEPTH ? field_give_up(f) : log_of_parts(f, x);
    if (!x->log) x->log = log;
    x->busy = false;
    f->depth--;
  }
  if (!x->log) x->log = log_of_one_and_exp(f, x);
  if (!x->log) {
    FieldValue v = {0};
    field_draw(&v, 75, x->p, NULL);
    v.number = log(x->number);
    v.error = 4 * x->error / fabs(x->number) + 1e-15 * (1 + fabs(v.number));
    v.nlogs = 1;
    v.logs = arena_copy(f->cx, &(FieldTerm){x, 1}, sizeof(FieldTerm));
    x->log = field_keep(f, &v);
  }
  return x->log;
}

/* Of sigmoid(u) and sigmoid(-u) = 1 - sigmoid(u) one is an atom. */
static FieldValue *atom_of_sigmoid(Field *f, FieldValue *u) {
  FieldValue *negative = field_scale(f, -1, u);
  bool flip = memcmp(negative->p, u->p, sizeof u->p) < 0;
  FieldValue *s = field_atom(f, 77, flip ? negative : u, NULL), *other = field_minus(f, f->one, s);
  s->positive = s->nonnegative = other->positive = other->nonnegative = true;
  return flip ? other : s;
}

/* 1/(1 + exp(-u)); 1 - sigmoid(u) is made too, so that its logarithm is known. */
FieldValue *field_sigmoid(Field *f, FieldValue *u) {
  if (f->atoms && isnan(u->number) && !u->infinite) return atom_of_sigmoid(f, u);
  FieldValue *e = field_exp(f, u), *below = field_inverse(f, field_add(f, f->one, e));
  below->positive = below->nonnegative = true;
  return field_times(f, e, below);
}

FieldValue *field_tanh(Field *f, FieldValue *u) {
  FieldValue *s = field_sigmoid(f, field_scale(f, 2, u));
  return field_minus(f, field_scale(f, 2, s), f->one);
}

/* ---- increasing functions ---- */

FieldValue *field_image(FieldValue *v, Op op, FieldValue *of) {
  const OpRow *row = &op_rows[op];
  bool increasing =
    row->value && row->slope > 0 && row->parity != EVEN && !row->flat && isinf(row->to) && row->from < 0;
  if (!isnan(v->number) || v->infinite || !increasing) return v;
  if (!v->image) v->image = op, v->of = of;
  if (row->value(0) == 0 && !v->sign_of && v != of) v->sign_of = of;
  return v;
}

FieldValue *field_softplus(Field *f, FieldValue *u) {
  FieldValue *v = field_log(f, field_add(f, f->one, field_exp(f, u)));
  v->positive = v->nonnegative = !f->failed && !v->infinite;
  return v;
}

/* ---- whole numbers ---- */

static FieldValue *whole_of_fraction(Field *f, FieldValue *x) { /* floor(n + j/b) is n */
  for (int b = 2; b <= 6; b++)
    for (int j = 1; j < b; j++) {
      FieldValue *rest = field_minus(f, x, field_over(f, field_number(f, j), field_number(f, b)));
      if (rest->whole) return rest;
    }
  return NULL;
}

FieldValue *field_floor(Field *f, FieldValue *x) {
  if (x->whole || f->failed) return x;
  for (int k = 0; k < f->floors.n; k++) { /* floor(x + 3) is floor(x) + 3 */
    FieldValue *more = field_minus(f, x, f->floors.at[k]);
    if (more->whole) return field_add(f, field_atom(f, 100 + OP_FLOOR, f->floors.at[k], NULL), more);
  }
  FieldValue *whole = whole_of_fraction(f, x);
  if (whole) return whole;
  VEC_PUSH(f->cx, &f->floors, x);
  whole = field_atom(f, 100 + OP_FLOOR, x, NULL);
  whole->whole = true;
  return whole;
}

/* ---- π ---- */

bool field_is_pi(double x, double *times) {
  const double pi = 3.14159265358979323846;
  double top, bottom, y;
  *times = x / pi;
  return x != 0 && number_as_fraction(*times, &top, &bottom) && fabs(top) <= MOST_TERM && bottom <= MOST_TERM &&
         number_product(*times, pi, &y) && y == x;
}

static FieldValue *pi_of(Field *f) {
  if (f->pi) return f->pi;
  f->pi = field_leaf(f, UINT64_MAX, 1);
  f->pi->positive = f->pi->nonnegative = true;
  f->pi->number = 3.14159265358979323846;
  f->pi->error = 1.3e-16;
  return f->pi;
}

FieldValue *field_constant(Field *f, double x) {
  double times;
  return isfinite(x) && field_is_pi(x, &times) ? field_scale(f, times, pi_of(f)) : field_number(f, x);
}
