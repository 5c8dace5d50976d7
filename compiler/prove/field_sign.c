/* field_sign.c: the signs that formulas ask for; see prove/field.h.
 *
 * In: a formula as a value. Out: its sign, which is known, or follows from the signs of what it is made of or from
 * those chosen before, or else is chosen:
 *
 *     a*b > 0  as  a > 0 and b > 0, or both < 0        a > c  as  a > b and b > c
 *
 * Where a sign follows, nothing else is chosen, and no case is looked at that cannot be. */
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

bool field_next(Field *f, int fixed) {
  while (f->choices.n > fixed) {
    Choice *last = &f->choices.at[f->choices.n - 1];
    if (++last->option < last->options) return true;
    f->choices.n--;
  }
  return false;
}

/* The sign of x if nothing need be chosen for it. */
static int known_sign(Field *f, FieldValue *x) {
  FieldValue *negative;
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

bool field_chosen_zero(Field *f, FieldValue *x) { return known_sign(f, x) == 0; }

/* The sign of x that follows from those chosen: a > b and b > c say a > c. */
static int implied_sign(Field *f, FieldValue *x, int depth) {
  int sign = known_sign(f, x);
  for (int k = 0; k < f->choices.n && depth && sign == FIELD_UNKNOWN && !f->failed; k++) {
    if (!f->choices.at[k].sign) continue;
    int chosen = signs[f->choices.at[k].option];
    FieldValue *key = (FieldValue *)(uintptr_t)f->choices.at[k].key;
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
static int possible(Field *f, FieldValue *x, int sign) {
  if ((sign < 0 && x->nonnegative) || (sign > 0 && field_scale(f, -1, x)->nonnegative)) f->vacuous = true;
  return sign;
}

/* ---- signs by how a value is made ---- */

static int sign_of_product(Field *f, const FieldValue *x) {
  int a = field_sign(f, x->a);
  if (x->a == x->b) return a * a;
  int b = a ? field_sign(f, x->b) : 0;
  if (x->made == MADE_OVER && b == 0) field_give_up(f); /* there is no value */
  return a * b;
}

/* A root is 0 where what stands under it is, and positive elsewhere; of what is negative there is none. */
static int sign_of_roots(Field *f, const FieldValue *x) {
  int sign = field_sign(f, x->coefficient);
  for (int k = 0; k < x->nroots && sign; k++) {
    int under = field_sign(f, x->roots[k].of);
    if (under < 0 && !f->vacuous) field_give_up(f);
    sign *= under * under;
  }
  return sign;
}

/* x as a multiple of a value whose sign was chosen, by a factor of known sign. */
static int sign_of_multiple(Field *f, FieldValue *x) {
  for (int k = 0; k < f->choices.n; k++) {
    if (!f->choices.at[k].sign) continue;
    FieldValue *key = (FieldValue *)(uintptr_t)f->choices.at[k].key;
    int sign = field_known_ratio(f, x, key);
    if (!sign) sign = field_known_ratio(f, key, x);
    if (sign) return sign * field_sign(f, key);
  }
  return FIELD_UNKNOWN;
}

static int sign_of_parts(Field *f, FieldValue *x) {
  int sign = FIELD_UNKNOWN;
  if (x->busy) return sign; /* x may be a part of its own parts: x = (x/y)*y */
  x->busy = true;
  if (x->sign_of) sign = field_sign(f, x->sign_of);
  else if (x->nroots) sign = sign_of_roots(f, x);
  else sign = sign_of_multiple(f, x);
  if (sign == FIELD_UNKNOWN && !f->failed && (x->made == MADE_TIMES || (x->made == MADE_OVER && x->a != f->one)))
    sign = sign_of_product(f, x);
  x->busy = false;
  return f->failed ? FIELD_UNKNOWN : sign;
}

/* ---- any sign ---- */

int field_sign(Field *f, FieldValue *x) {
  int sign = implied_sign(f, x, f->choices.n > MOST_CHOICES ? 0 : 2);
  if (f->failed) return 0;
  if (sign == FIELD_UNKNOWN) sign = sign_of_parts(f, x);
  if (f->failed) return 0;
  if (sign != FIELD_UNKNOWN) return possible(f, x, sign);
  FieldValue *negative = field_scale(f, -1, x);
  bool flip = memcmp(negative->p, x->p, sizeof x->p) < 0;
  sign = signs[choose(f, (Choice){.key = flip ? negative : x, .options = 3, .sign = true})];
  return possible(f, x, flip ? -sign : sign);
}

/* Is x 0 because a part of it is? */
static bool part_is_zero(Field *f, const FieldValue *x) {
  if (x->made == MADE_TIMES && x->a->degree < x->degree &&
      x->b->degree < x->degree) /* or x could be a part of its part */
    return field_sign_follows(f, x->a, 0) || field_sign_follows(f, x->b, 0);
  bool zero = x->nroots && x->coefficient->nroots == 0 && field_sign_follows(f, x->coefficient, 0);
  for (int k = 0; k < x->nroots; k++) zero = zero || field_sign_follows(f, x->roots[k].of, 0);
  return zero;
}

bool field_sign_follows(Field *f, FieldValue *x, int sign) {
  if (!f->choices.n || !isnan(x->number)) return false;
  return (implied_sign(f, x, 1) == sign || (sign == 0 && part_is_zero(f, x))) && !f->failed;
}

/* ---- equality ---- */

/* What neither is below 0 is equal where its squares are: norm(w*x) and |w|*norm(x). */
static bool equal_squares(Field *f, FieldValue *a, FieldValue *b) {
  if ((!a->nroots && !b->nroots) || a->infinite || b->infinite || f->failed) return false;
  return field_times(f, a, a) == field_times(f, b, b) && field_sign(f, a) == field_sign(f, b);
}

bool field_equal(Field *f, FieldValue *a, FieldValue *b) {
  if (a == b) return true;
  if (f->choices.n && !a->infinite && !b->infinite && implied_sign(f, field_minus(f, a, b), 1) == 0) return true;
  return equal_squares(f, a, b);
}
