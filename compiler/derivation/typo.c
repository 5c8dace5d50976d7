/* typo.c: making what is set on a page. */
#include "derivation/typo.h"

#include <math.h>

Typo *typo_new(Context *cx, TypoKind kind, Typo *const *at, int n) {
  Typo *t = ARENA_NEW(cx, Typo);
  t->kind = kind;
  t->n = n;
  t->at = n ? arena_copy(cx, at, sizeof *at * (size_t)n) : NULL;
  return t;
}

Typo *typo_text(Context *cx, const char *text) {
  Typo *t = typo_new(cx, TYPO_TEXT, NULL, 0);
  t->text = text;
  return t;
}

bool typo_is(const Typo *t, const char *text) { return t->kind == TYPO_TEXT && strcmp(t->text, text) == 0; }

Typo *typo_named(Context *cx, Name name, Mark mark, Typo *const *indices, int n) {
  Typo *t = typo_new(cx, TYPO_NAME, indices, n);
  t->name = name;
  t->mark = mark;
  return t;
}

Typo *typo_call(Context *cx, const char *name, Typo *const *at, int n) {
  Typo *t = typo_new(cx, TYPO_CALL, at, n);
  t->text = name;
  return t;
}

Typo *typo_relation(Context *cx, const char *sign, Typo *a, Typo *b) {
  Typo *t = typo_new(cx, TYPO_RELATION, (Typo *[]){a, b}, 2);
  t->text = sign;
  return t;
}

Typo *typo_negative(Context *cx, Typo *t) {
  return t->kind == TYPO_NEGATIVE ? t->at[0] : typo_new(cx, TYPO_NEGATIVE, &t, 1);
}

Typo *typo_product(Context *cx, TypoKind kind, const Typos *factors) {
  if (!factors->n) return typo_text(cx, "1");
  return factors->n == 1 ? factors->at[0] : typo_new(cx, kind, factors->at, factors->n);
}

/* ---- numbers ---- */

/* x = p/q with small q? */
static bool as_ratio(double x, int most, double *p, double *q) {
  for (int k = 1; k <= most; k++) {
    double r = round(x * k);
    if (fabs(x * k - r) > 1e-11 * fmax(1, fabs(r)) || fabs(r) > 1e9) continue;
    *p = r, *q = k;
    return true;
  }
  return false;
}

/* Small and large ones as 2 10^-5. */
static Typo *plain_number(Context *cx, double x) {
  if (x >= 1e-3 && x < 1e6) return typo_text(cx, arena_printf(cx, "%.6g", x));
  int e = (int)floor(log10(x) + 1e-12);
  Typo *exponent = typo_text(cx, arena_printf(cx, "%d", e < 0 ? -e : e));
  if (e < 0) exponent = typo_negative(cx, exponent);
  Typo *power = typo_new(cx, TYPO_POWER, (Typo *[]){typo_text(cx, "10"), exponent}, 2);
  double mantissa = x / pow(10, e);
  if (fabs(mantissa - 1) < 1e-9) return power;
  Typo *front = typo_text(cx, arena_printf(cx, "%.6g", mantissa));
  return typo_new(cx, TYPO_PRODUCT, (Typo *[]){front, power}, 2);
}

static bool is_short_decimal(double x) { return fabs(x * 1000 - round(x * 1000)) < 1e-9; }

typedef struct Constant {
  double value;
  const char *name; /* π, or what a function is of */
  bool root, logarithm, two;
} Constant;

static Typo *constant_typo(Context *cx, const Constant *c) {
  Typo *x = typo_text(cx, c->name);
  if (c->two) x = typo_new(cx, TYPO_PRODUCT, (Typo *[]){typo_text(cx, "2"), x}, 2);
  if (c->root) return typo_new(cx, TYPO_ROOT, &x, 1);
  return c->logarithm ? typo_call(cx, "log", &x, 1) : x;
}

/* A small ratio times a constant of mathematics, or over one; NULL: none. */
static Typo *irrational(Context *cx, double x, Typo **below) {
  static const Constant constants[] = {
    {3.14159265358979323846, "π", false, false, false}, {1.41421356237309504880, "2", true, false, false},
    {1.77245385090551602730, "π", true, false, false},  {2.50662827463100050242, "π", true, false, true},
    {0.69314718055994530942, "2", false, true, false},  {1.83787706640934548356, "π", false, true, true}};
  double p, q;
  for (int k = 0; k < (int)(sizeof constants / sizeof *constants); k++)
    for (int over = 0; over < 2; over++) {
      const Constant *c = &constants[k];
      if (over && c->logarithm) continue;
      if (!as_ratio(over ? x * c->value : x / c->value, 8, &p, &q) || fabs(p) > 16 || p == 0) continue;
      Typo *name = constant_typo(cx, c);
      *below = q == 1 ? NULL : plain_number(cx, q);
      if (!over) return p == 1 ? name : typo_new(cx, TYPO_PRODUCT, (Typo *[]){plain_number(cx, p), name}, 2);
      *below = q == 1 ? name : typo_new(cx, TYPO_PRODUCT, (Typo *[]){*below, name}, 2);
      return plain_number(cx, p);
    }
  return NULL;
}

/* |x| as a numerator and a denominator, NULL where that is 1. */
static Typo *ratio(Context *cx, double x, Typo **below) {
  double p, q;
  *below = NULL;
  if (as_ratio(x, 9, &p, &q)) {
    if (q != 1) *below = plain_number(cx, q);
    return plain_number(cx, p);
  }
  if (is_short_decimal(x)) return plain_number(cx, x);
  Typo *special = irrational(cx, x, below);
  if (special) return special;
  if (x > 1e-4 && as_ratio(x, 4096, &p, &q) && p < 4096) {
    *below = plain_number(cx, q);
    return plain_number(cx, p);
  }
  return plain_number(cx, x);
}

static Typo *times(Context *cx, Typo *number, Typo *x) {
  if (!number || typo_is(number, "1")) return x ? x : typo_text(cx, "1");
  if (!x) return number;
  Typos factors = {0};
  VEC_PUSH(cx, &factors, number);
  for (int k = 0; x->kind == TYPO_PRODUCT && k < x->n; k++) VEC_PUSH(cx, &factors, x->at[k]);
  if (x->kind != TYPO_PRODUCT) VEC_PUSH(cx, &factors, x);
  return typo_product(cx, TYPO_PRODUCT, &factors);
}

Typo *typo_quotient(Context *cx, double number, Typo *above, Typo *below) {
  Typo *over, *front = ratio(cx, fabs(number), &over), *t;
  bool big = above && above->kind == TYPO_BIG && over && !below;
  if (big) {
    t = typo_new(cx, TYPO_FRACTION, (Typo *[]){front, over}, 2);
    t = typo_new(cx, TYPO_PRODUCT, (Typo *[]){t, above}, 2);
  } else {
    t = times(cx, front, above);
    if (over || below) t = typo_new(cx, TYPO_FRACTION, (Typo *[]){t, times(cx, over, below)}, 2);
  }
  return number < 0 ? typo_negative(cx, t) : t;
}

Typo *typo_number(Context *cx, double x) {
  if (isinf(x)) return x < 0 ? typo_negative(cx, typo_text(cx, "∞")) : typo_text(cx, "∞");
  return x == 0 ? typo_text(cx, "0") : typo_quotient(cx, x, NULL, NULL);
}

/* ---- levels ---- */

int typo_level(const Typo *e, bool drawn) {
  switch (e->kind) {
  case TYPO_RELATION: return LOOSE;
  case TYPO_SUM:
  case TYPO_NEGATIVE: return SUMS;
  case TYPO_BIG: return BIGS;
  case TYPO_HADAMARD: return HADAMARDS;
  case TYPO_PRODUCT: return PRODUCTS;
  case TYPO_FRACTION: return drawn ? TIGHT : PRODUCTS;
  case TYPO_POWER:
  case TYPO_TRANSPOSE: return TIGHT;
  case TYPO_ROOT: return drawn ? ATOMS : TIGHT;
  default: return ATOMS;
  }
}

bool typo_is_tall(const Typo *e) {
  bool tall = e->kind == TYPO_FRACTION || e->kind == TYPO_BIG;
  for (int k = 0; k < e->n && e->kind != TYPO_NAME; k++) tall = tall || typo_is_tall(e->at[k]);
  return tall;
}

/* One index, or letters under a name that has nothing below it. */
bool typo_indices_below(const Typo *e) {
  if (e->n <= 1) return true;
  for (int k = 0; k < e->n; k++)
    if (e->at[k]->kind != TYPO_TEXT || strlen(e->at[k]->text) > 2) return false;
  return !*e->name.sub && e->mark != MARK_ADJOINT && e->mark != MARK_MULTIPLIER;
}
