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
  for (int k = 0; k < LANES; k++) {
    v->p[k] = 1;
    for (int digit = 0; digit < DIGITS; digit++)
      v->p[k] = times(v->p[k], f->base[k][digit][x->q[k] >> 4 * digit & 15], P);
  }
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

static void learn_degree(FieldValue *old, const FieldValue *v) {
  old->below = v->below;
  old->nbelow = v->nbelow;
  old->apart = v->apart;
  old->top = v->top;
  old->degree = v->degree;
}

/* What is known of one way to make it is known of the value. */
static void learn(FieldValue *old, const FieldValue *v) {
  old->positive = old->positive || v->positive;
  old->nonnegative = old->nonnegative || v->nonnegative;
  if (isnan(old->number) || (v->error < old->error && !isnan(v->number)))
    old->number = v->number, old->error = v->error;
  old->whole = old->whole || v->whole;
  old->truth = old->truth || v->truth;
  if (v->degree < old->degree) learn_degree(old, v);
  if (!old->log) old->log = v->log;
  if (!old->made) old->made = v->made, old->a = v->a, old->b = v->b, old->exponent = v->exponent;
  if (!old->nlogs && v->nlogs) old->logs = v->logs, old->nlogs = v->nlogs;
  if (!old->nroots && v->nroots) {
    old->roots = v->roots;
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
  v->nbelow = 0;
  v->apart = 0;
  field_degree_set(v, 1);
  v->number = NAN;
}

FieldValue *field_leaf(Field *f, uint64_t a, uint64_t b) {
  FieldValue v = {0};
  field_draw(&v, scramble(scramble(a) ^ b), NULL, NULL);
  return field_keep(f, &v);
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
  int small = fabs(x) < MOST_SMALL && x == floor(x) ? (int)x + MOST_SMALL : 0;
  if (small && f->small[small]) return f->small[small];
  FieldValue v = {.number = x, .positive = x > 0, .error = x == floor(x) && fabs(x) < 9e15 ? 0 : ROUNDING * fabs(x)};
  double top, bottom;
  int exponent;
  if (isnan(x)) return field_give_up(f);
  if (isinf(x)) {
    v.infinite = x > 0 ? 1 : -1;
  } else if (x == floor(x) && fabs(x) < 9e15) {
    v.whole = true;
    set_quotient(&v, x, 1);
  } else if (number_as_fraction(x, &top, &bottom)) {
    set_quotient(&v, top, bottom);
  } else {
    double mantissa = ldexp(frexp(x, &exponent), 53);
    exponent -= 53;
    uint32_t p = power(2, (uint32_t)abs(exponent), P), q = power(2, (uint32_t)abs(exponent), Q);
    if (exponent < 0) p = power(p, P - 2, P), q = power(q, Q - 2, Q);
    for (int k = 0; k < LANES; k++)
      v.p[k] = times(whole_modulo(mantissa, P), p, P), v.q[k] = times(whole_modulo(mantissa, Q), q, Q);
  }
  FieldValue *kept = field_keep(f, &v);
  if (small) f->small[small] = kept;
  return kept;
}

/* What exp(1) is in a lane: a random square, whose powers are Q numbers; another in each, or exp(1) would be a
 * fraction. */
static uint32_t base_of_exp(int lane) {
  uint32_t root = (uint32_t)(scramble(scramble(77) + (uint64_t)lane) % (P - 3)) + 2;
  return times(root, root, P);
}

/* base[d][x] = e^(x*16^d) */
static void set_base(uint32_t (*base)[16], uint32_t e) {
  for (int digit = 0; digit < DIGITS; digit++, e = power(e, 16, P)) {
    base[digit][0] = 1;
    for (int x = 1; x < 16; x++) base[digit][x] = times(base[digit][x - 1], e, P);
  }
}

Field *field_new(Context *cx, long work) {
  Field *f = ARENA_NEW(cx, Field);
  f->cx = cx;
  f->work = work;
  f->size = 1 << 10;
  f->table = ARENA_ARRAY(cx, FieldValue *, f->size);
  for (int k = 0; k < LANES; k++) set_base(f->base[k], base_of_exp(k));
  f->zero = field_number(f, 0);
  f->one = field_number(f, 1);
  f->minus_infinity = field_number(f, -INFINITY);
  return f;
}

/* ---- sums ---- */

static bool same_roots(const FieldValue *a, const FieldValue *b) {
  if (a->nroots != b->nroots) return false;
  for (int k = 0; k < a->nroots; k++)
    if (a->roots[k].of != b->roots[k].of || a->roots[k].times != b->roots[k].times) return false;
  return true;
}

/* v's logarithms: by_a times those of a, and b's; none are known of where they are too many. */
static void add_logs(Field *f, FieldValue *v, double by_a, const FieldValue *a, const FieldValue *b) {
  FieldTerm logs[MOST_LOGS];
  int n = 0;
  if (!a->nlogs && !b->nlogs) return;
  for (int i = 0; i < a->nlogs + b->nlogs; i++) {
    FieldTerm t = i < a->nlogs ? a->logs[i] : b->logs[i - a->nlogs];
    int k = 0;
    while (k < n && logs[k].of != t.of) k++;
    if (k == MOST_LOGS) return;
    if (k == n) logs[n++] = (FieldTerm){t.of, 0};
    logs[k].times += i < a->nlogs ? by_a * t.times : t.times;
    if (logs[k].times == 0) logs[k] = logs[--n];
  }
  v->nlogs = n;
  v->logs = n ? arena_copy(f->cx, logs, sizeof logs[0] * (size_t)n) : NULL;
}

static bool is_whole(const FieldValue *v) { return v->number == floor(v->number) && fabs(v->number) < 9e15; }

FieldValue *field_add(Field *f, FieldValue *a, FieldValue *b) {
  if (a->infinite && b->infinite && a != b) return field_give_up(f);
  if (a->infinite || b == f->zero) return a;
  if (b->infinite || a == f->zero) return b;
  if (a->nroots && same_roots(a, b))
    return field_rooted(f, field_add(f, a->coefficient, b->coefficient), a->roots, a->nroots);
  FieldValue v = {.number = a->number + b->number, .positive = a->positive && b->positive};
  v.nonnegative = a->nonnegative && b->nonnegative;
  v.positive = v.positive || (v.nonnegative && (a->positive || b->positive));
  v.whole = a->whole && b->whole;
  v.error = a->error + b->error;
  if (v.error > 0 || !is_whole(&v)) v.error += ROUNDING * fabs(v.number);
  for (int k = 0; k < LANES; k++) {
    v.p[k] = plus(a->p[k], b->p[k], P);
    v.q[k] = plus(a->q[k], b->q[k], Q);
  }
  field_degree_of_sum(f, &v, a, b);
  add_logs(f, &v, 1, a, b);
  return field_keep(f, &v);
}

/* ---- products, quotients, roots ---- */

/* The root of v by which all its powers are counted: s with of^(1/FIELD_ROOT) = s. */
static void root_lanes(const FieldValue *of, double exponent, FieldValue *v) {
  field_draw(v, 71, of->p, NULL);
  uint32_t n = (uint32_t)(exponent * FIELD_ROOT + 0.5);
  for (int k = 0; k < LANES; k++) v->p[k] = power(v->p[k], n, P), v->q[k] = power(v->q[k], n, Q);
}

static void multiply_lanes(Field *f, FieldValue *v, const FieldValue *a, const FieldValue *b) {
  for (int k = 0; k < LANES; k++) {
    v->p[k] = times(a->p[k], b->p[k], P);
    v->q[k] = times(a->q[k], b->q[k], Q);
  }
  field_degree_of_product(f, v, a, b);
}

FieldValue *field_rooted(Field *f, FieldValue *coefficient, const FieldTerm *roots, int nroots) {
  FieldValue v = {.number = NAN};
  if (coefficient == f->zero || nroots == 0) return coefficient;
  if (coefficient->nroots) return field_give_up(f);
  multiply_lanes(f, &v, coefficient, f->one);
  v.number = coefficient->number;
  v.positive = coefficient->positive;
  v.nonnegative = coefficient->nonnegative;
  for (int k = 0; k < nroots; k++) {
    FieldValue root = {0};
    root_lanes(roots[k].of, roots[k].times, &root);
    multiply_lanes(f, &v, &v, &root);
    field_degree_set(&v, v.top + FIELD_ROOT - 1);
    v.number *= pow(roots[k].of->number, roots[k].times);
    v.positive = v.positive && roots[k].of->positive; /* a root may be 0 */
  }
  v.error = 1e-12 * fabs(v.number);
  v.roots = arena_copy(f->cx, roots, sizeof roots[0] * (size_t)nroots);
  v.nroots = nroots;
  v.coefficient = coefficient;
  return field_keep(f, &v);
}

static FieldValue *times_roots(Field *f, FieldValue *a, FieldValue *b) {
  FieldTerm roots[MOST_LOGS];
  int n = a->nroots;
  FieldValue *whole = field_times(f, a->nroots ? a->coefficient : a, b->nroots ? b->coefficient : b);
  if (n) memcpy(roots, a->roots, sizeof roots[0] * (size_t)n);
  for (int i = 0; i < b->nroots; i++) {
    int k = 0;
    while (k < n && roots[k].of != b->roots[i].of) k++;
    if (k == MOST_LOGS) return field_give_up(f);
    if (k == n) roots[n++] = (FieldTerm){b->roots[i].of, 0};
    roots[k].times += b->roots[i].times;
    if (roots[k].times > 1 - 1e-9) {
      whole = field_times(f, whole, roots[k].of);
      roots[k].times -= 1;
      if (roots[k].times < 1e-9) roots[k] = roots[--n];
    }
  }
  return whole->nroots ? field_times(f, whole, field_rooted(f, f->one, roots, n)) : field_rooted(f, whole, roots, n);
}

bool field_is_rational(const FieldValue *v) { return !isnan(v->number) && v->degree == 0; }

static FieldValue *times_infinity(Field *f, const FieldValue *a, const FieldValue *b) {
  const FieldValue *other = a->infinite ? b : a;
  if (isnan(other->number) || other->number == 0) return field_give_up(f);
  return field_number(f, a->number * b->number);
}

FieldValue *field_times(Field *f, FieldValue *a, FieldValue *b) {
  if (f->failed) return f->zero;
  if (a->infinite || b->infinite) return times_infinity(f, a, b);
  if (a == f->zero || b == f->one) return a;
  if (b == f->zero || a == f->one) return b;
  if (a->nroots || b->nroots) return times_roots(f, a, b);
  FieldValue v = {
    .number = a->number * b->number, .positive = a->positive && b->positive, .made = MADE_TIMES, .a = a, .b = b};
  v.nonnegative = a == b || (a->nonnegative && b->nonnegative);
  v.whole = a->whole && b->whole;
  v.error = fabs(a->number) * b->error + fabs(b->number) * a->error + a->error * b->error;
  if (v.error > 0 || !is_whole(&v)) v.error += ROUNDING * fabs(v.number);
  multiply_lanes(f, &v, a, b);
  if (field_is_rational(a)) add_logs(f, &v, a->number, b, f->zero);
  else if (field_is_rational(b)) add_logs(f, &v, b->number, a, f->zero);
  return field_keep(f, &v);
}

FieldValue *field_scale(Field *f, double by, FieldValue *a) { return field_times(f, field_number(f, by), a); }
FieldValue *field_minus(Field *f, FieldValue *a, FieldValue *b) { return field_add(f, a, field_scale(f, -1, b)); }

/* All by the inverse of their product (Montgomery 1987); false where one is 0. */
static bool invert_lanes(const uint32_t *a, uint32_t *inverse, uint32_t m) {
  uint32_t before[LANES], product = 1;
  for (int k = 0; k < LANES; k++) {
    before[k] = product;
    product = times(product, a[k], m);
  }
  if (!product) return false;
  uint32_t rest = power(product, m - 2, m);
  for (int k = LANES - 1; k >= 0; k--) {
    inverse[k] = times(rest, before[k], m);
    rest = times(rest, a[k], m);
  }
  return true;
}

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
    FieldTerm roots[MOST_LOGS];
    FieldValue *whole = a->coefficient;
    for (int k = 0; k < a->nroots; k++) {
      whole = field_times(f, whole, a->roots[k].of);
      roots[k] = (FieldTerm){a->roots[k].of, 1 - a->roots[k].times};
    }
    FieldValue *below = field_inverse(f, whole);
    return below->nroots ? field_give_up(f) : field_rooted(f, below, roots, a->nroots);
  }
  if (!invert_lanes(a->p, v.p, P) || !invert_lanes(a->q, v.q, Q)) return field_give_up(f);
  field_degree_of_inverse(f, &v, a);
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
  return field_keep(f, &v);
}
