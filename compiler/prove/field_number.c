/* field_number.c: constants, leaves and arithmetic of formulas as numbers modulo primes; see prove/field.h.
 *
 * In: formulas as values. Out: their sums, products and quotients, each a value that is kept once: two formulas of the
 * same numbers are one value, of which all that is known is known. */
#include "prove/field.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define P           2147483579u /* prime, as is Q */
#define Q           1073741789u /* (P - 1)/2 */
#define MOST_DEGREE 1e6
#define MOST_VALUES 100000
#define ROUNDING    2.3e-16 /* of a number, relative */

/* ---- numbers modulo m ---- */

static uint32_t times(uint32_t a, uint32_t b, uint32_t m) { return (uint32_t)((uint64_t)a * b % m); }
static uint32_t plus(uint32_t a, uint32_t b, uint32_t m) { return (uint32_t)(((uint64_t)a + b) % m); }

static uint32_t power(uint32_t a, uint32_t n, uint32_t m) {
  uint32_t result = 1;
  for (; n; n >>= 1, a = times(a, a, m))
    if (n & 1) result = times(result, a, m);
  return result;
}

void field_raise(const Field *f, const FieldValue *x, FieldValue *v) {
  for (int k = 0; k < LANES; k++) v->p[k] = power(f->base[k], x->q[k], P);
}

static uint64_t scramble(uint64_t x) { /* the finalizer of SplitMix64 (Steele, Lea and Flood 2014) */
  x += 0x9e3779b97f4a7c15u;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

static uint32_t whole_modulo(double x, uint32_t m) {
  double r = fabs(x) < m ? x : fmod(x, m);
  return (uint32_t)(r < 0 ? r + m : r);
}

/* ---- keeping values: equal ones are one ---- */

static bool same_lanes(const FieldValue *a, const FieldValue *b) {
  return a->infinite == b->infinite && memcmp(a->p, b->p, sizeof a->p) == 0;
}

static size_t place_of(const Field *f, const FieldValue *v) {
  return (size_t)scramble(v->p[0] ^ ((uint64_t)v->p[1] << 32) ^ (uint64_t)v->infinite) & (f->size - 1);
}

static void grow(Field *f) {
  FieldValue **old = f->table;
  size_t size = f->size;
  f->size = 4 * size;
  f->table = ARENA_ARRAY(f->cx, FieldValue *, f->size);
  for (size_t k = 0; k < size; k++)
    for (FieldValue *v = old[k], *next; v; v = next) {
      size_t place = place_of(f, v);
      next = v->chain;
      v->chain = f->table[place];
      f->table[place] = v;
    }
}

/* What is known of one way to make it is known of the value. */
static void learn(FieldValue *old, const FieldValue *v) {
  old->positive = old->positive || v->positive;
  old->nonnegative = old->nonnegative || v->nonnegative;
  if (isnan(old->number) || (v->error < old->error && !isnan(v->number)))
    old->number = v->number, old->error = v->error;
  old->whole = old->whole || v->whole;
  if (!old->log) old->log = v->log;
  if (!old->made) old->made = v->made, old->a = v->a, old->b = v->b, old->exponent = v->exponent;
  if (!old->nlogs && v->nlogs) memcpy(old->logs, v->logs, sizeof old->logs), old->nlogs = v->nlogs;
  if (!old->nroots && v->nroots) {
    memcpy(old->roots, v->roots, sizeof old->roots);
    old->nroots = v->nroots;
    old->coefficient = v->coefficient;
  }
}

FieldValue *field_keep(Field *f, const FieldValue *v) {
  size_t place = place_of(f, v);
  if (--f->work < 0 || v->degree > MOST_DEGREE || f->count > MOST_VALUES) f->failed = true;
  for (FieldValue *old = f->table[place]; old; old = old->chain)
    if (same_lanes(old, v)) {
      learn(old, v);
      return old;
    }
  if (++f->count > f->size) grow(f), place = place_of(f, v);
  FieldValue *new = arena_copy(f->cx, v, sizeof *v);
  new->chain = f->table[place];
  return f->table[place] = new;
}

FieldValue *field_give_up(Field *f) {
  f->failed = true;
  return f->zero;
}

/* ---- leaves and constants ---- */

/* Random numbers that follow from a tag and the values of a and b. */
void field_draw(FieldValue *v, uint64_t tag, const uint32_t *a, const uint32_t *b) {
  for (int lane = 0; lane < LANES; lane++) {
    uint64_t h = scramble(tag * LANES + (uint64_t)lane + 1);
    for (int k = 0; k < LANES && a; k++) h = scramble(h ^ a[k]);
    for (int k = 0; k < LANES && b; k++) h = scramble(h ^ b[k]);
    v->p[lane] = (uint32_t)(h % (P - 1)) + 1;
    v->q[lane] = (uint32_t)(scramble(h) % (Q - 1)) + 1;
  }
  v->degree = 1;
  v->number = NAN;
}

FieldValue *field_leaf(Field *f, uint64_t a, uint64_t b) {
  FieldValue v = {0};
  field_draw(&v, scramble(scramble(a) ^ b), NULL, NULL);
  return field_keep(f, &v);
}

/* The simple fraction whose nearest number is x, by its continued fraction: 0.1 is 1/10. */
bool field_as_fraction(double x, double *top, double *bottom) {
  double rest = fabs(x), a = 1, b = 0, c = 0, d = 1; /* a/b the convergent, c/d the one before */
  for (int k = 0; k < 30; k++) {
    double whole = floor(rest), na = whole * a + c, nb = whole * b + d;
    if (na * nb > 1e12 && nb > 1 && na > 1) return false;
    c = a, d = b, a = na, b = nb;
    if (a / b == fabs(x)) {
      *top = x < 0 ? -a : a;
      *bottom = b;
      return b < 9e15 && a < 9e15;
    }
    if (rest == whole) return false;
    rest = 1 / (rest - whole);
  }
  return false;
}

static void set_quotient(FieldValue *v, double top, double bottom) {
  uint32_t p = whole_modulo(top, P), q = whole_modulo(top, Q);
  if (bottom != 1) {
    p = times(p, power(whole_modulo(bottom, P), P - 2, P), P);
    q = times(q, power(whole_modulo(bottom, Q), Q - 2, Q), Q);
  }
  for (int k = 0; k < LANES; k++) v->p[k] = p, v->q[k] = q;
}

/* x as a fraction, the simple one whose nearest number it is or else its own. */
FieldValue *field_number(Field *f, double x) {
  FieldValue v = {.number = x, .positive = x > 0, .error = x == floor(x) && fabs(x) < 9e15 ? 0 : ROUNDING * fabs(x)};
  double top, bottom;
  int exponent;
  if (isnan(x)) return field_give_up(f);
  if (f->one && (x == 0 || x == 1)) return x == 0 ? f->zero : f->one;
  if (isinf(x)) {
    v.infinite = x > 0 ? 1 : -1;
  } else if (x == floor(x) && fabs(x) < 9e15) {
    v.whole = true;
    set_quotient(&v, x, 1);
  } else if (field_as_fraction(x, &top, &bottom)) {
    set_quotient(&v, top, bottom);
  } else {
    double mantissa = ldexp(frexp(x, &exponent), 53);
    exponent -= 53;
    uint32_t p = power(2, (uint32_t)abs(exponent), P), q = power(2, (uint32_t)abs(exponent), Q);
    if (exponent < 0) p = power(p, P - 2, P), q = power(q, Q - 2, Q);
    for (int k = 0; k < LANES; k++)
      v.p[k] = times(whole_modulo(mantissa, P), p, P), v.q[k] = times(whole_modulo(mantissa, Q), q, Q);
  }
  return field_keep(f, &v);
}

/* What exp(1) is in a lane: a random square, whose powers are Q numbers; another in each, or exp(1) would be a
 * fraction. */
static uint32_t base_of_exp(int lane) {
  uint32_t root = (uint32_t)(scramble(scramble(77) + (uint64_t)lane) % (P - 3)) + 2;
  return times(root, root, P);
}

Field *field_new(Context *cx, long work) {
  Field *f = ARENA_NEW(cx, Field);
  f->cx = cx;
  f->work = work;
  f->size = 1 << 10;
  f->table = ARENA_ARRAY(cx, FieldValue *, f->size);
  for (int k = 0; k < LANES; k++) f->base[k] = base_of_exp(k);
  f->zero = field_number(f, 0);
  f->one = field_number(f, 1);
  f->minus_infinity = field_number(f, -INFINITY);
  return f;
}

/* ---- sums ---- */

static bool same_roots(const FieldValue *a, const FieldValue *b) {
  if (a->nroots != b->nroots) return false;
  for (int k = 0; k < a->nroots; k++)
    if (a->roots[k].of != b->roots[k].of || a->roots[k].power != b->roots[k].power) return false;
  return true;
}

static void add_logs(FieldValue *v, const FieldValue *a, double by) {
  for (int i = 0; i < a->nlogs; i++) {
    int k = 0;
    while (k < v->nlogs && v->logs[k].of != a->logs[i].of) k++;
    if (k == MOST_LOGS) {
      v->nlogs = -1;
      return;
    }
    if (k == v->nlogs) v->logs[v->nlogs++].of = a->logs[i].of, v->logs[k].times = 0;
    v->logs[k].times += by * a->logs[i].times;
    if (v->logs[k].times == 0) v->logs[k] = v->logs[--v->nlogs];
  }
}

static bool is_whole(const FieldValue *v) { return v->number == floor(v->number) && fabs(v->number) < 9e15; }

FieldValue *field_add(Field *f, FieldValue *a, FieldValue *b) {
  FieldValue v = {.number = a->number + b->number, .positive = a->positive && b->positive};
  v.nonnegative = a->nonnegative && b->nonnegative;
  v.positive = v.positive || (v.nonnegative && (a->positive || b->positive));
  v.whole = a->whole && b->whole;
  v.error = a->error + b->error;
  if (v.error > 0 || !is_whole(&v)) v.error += ROUNDING * fabs(v.number);
  if (a->infinite && b->infinite && a != b) return field_give_up(f);
  if (a->infinite || b == f->zero) return a;
  if (b->infinite || a == f->zero) return b;
  if (a->nroots && same_roots(a, b)) return field_rooted(f, field_add(f, a->coefficient, b->coefficient), a);
  for (int k = 0; k < LANES; k++) {
    v.p[k] = plus(a->p[k], b->p[k], P);
    v.q[k] = plus(a->q[k], b->q[k], Q);
  }
  v.fraction = a->fraction || b->fraction;
  v.degree = v.fraction ? a->degree + b->degree : fmax(a->degree, b->degree);
  add_logs(&v, a, 1);
  if (v.nlogs >= 0) add_logs(&v, b, 1);
  if (v.nlogs < 0) v.nlogs = 0;
  return field_keep(f, &v);
}

/* ---- products, quotients, roots ---- */

/* The root of v by which all its powers are counted: s with of^(1/FIELD_ROOT) = s. */
static void root_lanes(const FieldValue *of, double exponent, FieldValue *v) {
  field_draw(v, 71, of->p, NULL);
  uint32_t n = (uint32_t)(exponent * FIELD_ROOT + 0.5);
  for (int k = 0; k < LANES; k++) v->p[k] = power(v->p[k], n, P), v->q[k] = power(v->q[k], n, Q);
}

static void multiply_lanes(FieldValue *v, const FieldValue *a, const FieldValue *b) {
  for (int k = 0; k < LANES; k++) {
    v->p[k] = times(a->p[k], b->p[k], P);
    v->q[k] = times(a->q[k], b->q[k], Q);
  }
  v->fraction = a->fraction || b->fraction;
  v->degree = a->degree + b->degree;
}

/* coefficient times the roots of `like`. */
FieldValue *field_rooted(Field *f, FieldValue *coefficient, const FieldValue *like) {
  FieldValue v = {.number = NAN};
  if (coefficient == f->zero || like->nroots == 0) return coefficient;
  if (coefficient->nroots) return field_give_up(f);
  multiply_lanes(&v, coefficient, f->one);
  v.number = coefficient->number;
  v.positive = coefficient->positive;
  v.nonnegative = coefficient->nonnegative;
  for (int k = 0; k < like->nroots; k++) {
    FieldValue root = {0};
    root_lanes(like->roots[k].of, like->roots[k].power, &root);
    double degree = v.degree + 1 + like->roots[k].of->degree;
    multiply_lanes(&v, &v, &root);
    v.degree = degree;
    v.number *= pow(like->roots[k].of->number, like->roots[k].power);
    v.positive = v.positive && like->roots[k].of->positive; /* a root may be 0 */
  }
  v.error = 1e-12 * fabs(v.number);
  memcpy(v.roots, like->roots, sizeof v.roots);
  v.nroots = like->nroots;
  v.coefficient = coefficient;
  return field_keep(f, &v);
}

static FieldValue *times_roots(Field *f, FieldValue *a, FieldValue *b) {
  FieldValue like = {0};
  FieldValue *whole = field_times(f, a->nroots ? a->coefficient : a, b->nroots ? b->coefficient : b);
  memcpy(like.roots, a->roots, sizeof like.roots);
  like.nroots = a->nroots;
  for (int i = 0; i < b->nroots; i++) {
    int k = 0;
    while (k < like.nroots && like.roots[k].of != b->roots[i].of) k++;
    if (k == MOST_LOGS) return field_give_up(f);
    if (k == like.nroots) like.roots[like.nroots++].of = b->roots[i].of, like.roots[k].power = 0;
    like.roots[k].power += b->roots[i].power;
    if (like.roots[k].power > 1 - 1e-9) {
      whole = field_times(f, whole, like.roots[k].of);
      like.roots[k].power -= 1;
      if (like.roots[k].power < 1e-9) like.roots[k] = like.roots[--like.nroots];
    }
  }
  return whole->nroots ? field_times(f, whole, field_rooted(f, f->one, &like)) : field_rooted(f, whole, &like);
}

bool field_is_rational(const FieldValue *v) { return !isnan(v->number) && v->degree == 0; }

FieldValue *field_times(Field *f, FieldValue *a, FieldValue *b) {
  FieldValue v = {
    .number = a->number * b->number, .positive = a->positive && b->positive, .made = MADE_TIMES, .a = a, .b = b};
  v.nonnegative = a == b || (a->nonnegative && b->nonnegative);
  v.whole = a->whole && b->whole;
  v.error = fabs(a->number) * b->error + fabs(b->number) * a->error + a->error * b->error;
  if (v.error > 0 || !is_whole(&v)) v.error += ROUNDING * fabs(v.number);
  if (f->failed) return f->zero;
  if (a->infinite || b->infinite) {
    const FieldValue *other = a->infinite ? b : a;
    if (isnan(other->number) || other->number == 0) return field_give_up(f);
    return field_number(f, a->number * b->number);
  }
  if (a == f->zero || b == f->one) return a;
  if (b == f->zero || a == f->one) return b;
  if (a->nroots || b->nroots) return times_roots(f, a, b);
  multiply_lanes(&v, a, b);
  if (field_is_rational(a)) add_logs(&v, b, a->number);
  else if (field_is_rational(b)) add_logs(&v, a, b->number);
  if (v.nlogs < 0) v.nlogs = 0;
  return field_keep(f, &v);
}

FieldValue *field_scale(Field *f, double by, FieldValue *a) { return field_times(f, field_number(f, by), a); }
FieldValue *field_minus(Field *f, FieldValue *a, FieldValue *b) { return field_add(f, a, field_scale(f, -1, b)); }

FieldValue *field_inverse(Field *f, FieldValue *a) {
  FieldValue v = {.number = 1 / a->number,
                  .positive = a->positive,
                  .nonnegative = a->nonnegative,
                  .made = MADE_OVER,
                  .a = f->one,
                  .b = a};
  v.error = a->error == 0 && fabs(a->number) == 1 ? 0 : fabs(v.number) * (4 * a->error / fabs(a->number) + ROUNDING);
  if (a == f->zero || a->infinite || f->failed) return field_give_up(f);
  if (a->nroots) {
    FieldValue like = *a;
    FieldValue *whole = a->coefficient;
    for (int k = 0; k < a->nroots; k++) {
      whole = field_times(f, whole, a->roots[k].of);
      like.roots[k].power = 1 - a->roots[k].power;
    }
    FieldValue *below = field_inverse(f, whole);
    return below->nroots ? field_give_up(f) : field_rooted(f, below, &like);
  }
  for (int k = 0; k < LANES; k++) {
    if (!a->p[k] || !a->q[k]) return field_give_up(f);
    v.p[k] = power(a->p[k], P - 2, P);
    v.q[k] = power(a->q[k], Q - 2, Q);
  }
  v.fraction = a->degree > 0;
  v.degree = a->degree;
  return field_keep(f, &v);
}

FieldValue *field_over(Field *f, FieldValue *a, FieldValue *b) {
  if (a == f->zero && b != f->zero) return a;
  return field_times(f, a, field_inverse(f, b));
}

static bool is_ratio(const FieldValue *v, const FieldValue *a, const FieldValue *b, uint32_t sign) {
  for (int k = 0; k < LANES; k++)
    if (times(v->p[k], b->p[k], P) != times(a->p[k], sign, P)) return false;
  return !v->infinite;
}

/* Looked up by its first lanes; the inverses of b there are kept, since b is asked for often. */
int field_known_ratio(const Field *f, const FieldValue *a, FieldValue *b) {
  for (int k = 0; k < LANES; k++)
    if (!b->p[k]) return 0;
  for (int k = 0; k < 2 && !b->inverse[k]; k++) b->inverse[k] = power(b->p[k], P - 2, P);
  for (int sign = 1; sign >= -1; sign -= 2) {
    FieldValue v = {.infinite = 0};
    uint32_t factor = sign < 0 ? P - 1 : 1;
    for (int k = 0; k < 2; k++) v.p[k] = times(times(a->p[k], b->inverse[k], P), factor, P);
    const FieldValue *known = f->table[place_of(f, &v)];
    while (known && !is_ratio(known, a, b, factor)) known = known->chain;
    if (known && known->positive) return sign;
    if (known && fabs(known->number) > 2 * known->error) return known->number > 0 ? sign : -sign;
  }
  return 0;
}

FieldValue *field_atom(Field *f, uint64_t tag, const FieldValue *a, const FieldValue *b) {
  FieldValue v = {0};
  field_draw(&v, tag, a->p, b ? b->p : NULL);
  v.degree = 1 + a->degree + (b ? b->degree : 0);
  return field_keep(f, &v);
}
