/* algebra.c: the shortest of several ways to write a formula.
 *
 * In: a formula. Out: one of the same value: as it is, multiplied out with what all terms share put in front, or over a
 * common denominator, whichever is the least to read:
 *
 *     -y/z + (1 - y)/(1 - z)   =>   (z - y)/(z (1 - z)) */
#include "derivation/form.h"

#include <math.h>

enum { MOST_TERMS = 48 };

/* ---- multiplying out ---- */

static bool expand(Graph *g, Form *f, bool powers, Forms *out);

/* [i = t] p[i] is [i = t] p[t]. */
static Form *pinned(Graph *g, Form *f) {
  Forms factors = form_factors(g->cx, f);
  for (int k = 0; f->kind == FORM_PRODUCT && k < factors.n; k++) {
    int v;
    Index *e;
    if (!form_pins(g, factors.at[k], &v, &e)) continue;
    Subst s = {0};
    subst_add(&s, v, e);
    Form **at = ARENA_ARRAY(g->cx, Form *, factors.n + 1);
    for (int i = 0; i < factors.n; i++) at[i] = i == k ? factors.at[i] : form_substitute(g, factors.at[i], &s);
    at[factors.n] = form_number(g->cx, form_coefficient(f));
    f = form_product(g->cx, at, factors.n + 1);
    factors = form_factors(g->cx, f);
  }
  return f;
}

static bool expand_product(Graph *g, Form *const *factors, int n, bool powers, Forms *out) {
  Forms terms = {0};
  VEC_PUSH(g->cx, &terms, form_number(g->cx, 1));
  for (int k = 0; k < n; k++) {
    Forms mine = {0}, next = {0};
    if (!expand(g, factors[k], powers, &mine)) return false;
    for (int i = 0; i < terms.n; i++)
      for (int j = 0; j < mine.n; j++)
        VEC_PUSH(g->cx, &next, form_product(g->cx, (Form *[]){terms.at[i], mine.at[j]}, 2));
    if (next.n > MOST_TERMS) return false;
    terms = next;
  }
  for (int k = 0; k < terms.n; k++) VEC_PUSH(g->cx, out, pinned(g, terms.at[k]));
  return true;
}

/* The terms of f, whole powers of sums multiplied out or not; false where there are too many. */
static bool expand(Graph *g, Form *f, bool powers, Forms *out) {
  Forms inner = {0};
  if (f->kind == FORM_SUM) {
    for (int k = 0; k < f->n; k++)
      if (!expand(g, f->at[k], powers, out)) return false;
  } else if (f->kind == FORM_PRODUCT) {
    if (!expand_product(g, f->at, f->n, powers, out)) return false;
  } else if (powers && f->kind == FORM_POWER && f->at[0]->kind == FORM_SUM && (f->number == 2 || f->number == 3)) {
    if (!expand_product(g, (Form *[]){f->at[0], f->at[0], f->at[0]}, (int)f->number, powers, out)) return false;
  } else if (f->kind == FORM_REDUCE && f->reduction == RED_SUM) {
    if (!expand(g, f->at[0], powers, &inner)) return false;
    for (int k = 0; k < inner.n; k++) VEC_PUSH(g->cx, out, form_reduce(g, RED_SUM, f->vars, f->nvars, inner.at[k]));
  } else {
    VEC_PUSH(g->cx, out, f);
  }
  return out->n <= MOST_TERMS;
}

/* A term that is itself a product of sums, after like ones were added, is multiplied out again. */
static Form *expanded(Graph *g, Form *f, bool powers) {
  for (int round = 0; round < 4; round++) {
    Forms terms = {0};
    if (!expand(g, f, powers, &terms)) return NULL;
    Form *sum = form_sum(g->cx, terms.at, terms.n);
    if (round && form_equal(sum, f)) return sum;
    f = sum;
  }
  return f;
}

/* ---- what terms share ---- */

static double exponent_in(Context *cx, const Form *term, const Form *base) {
  Forms factors = form_factors(cx, term);
  for (int k = 0; k < factors.n; k++) {
    const Form *f = factors.at[k];
    if (form_equal(f->kind == FORM_POWER ? f->at[0] : f, base)) return f->kind == FORM_POWER ? f->number : 1;
  }
  return 0;
}

static Form *base_of(Form *f) { return f->kind == FORM_POWER ? f->at[0] : f; }

/* Is the term 0 but where two of its variables agree, one of which is in `base`? Its factors stay with it: of diag(p) -
 * p p' nothing is put in front. */
static bool is_diagonal(Context *cx, const Form *term, const Form *base) {
  Forms all = form_factors(cx, term);
  for (int k = 0; k < all.n; k++) {
    const Form *f = all.at[k];
    bool two = f->kind == FORM_HOLDS && f->extent == 1 && f->index->n == 2 && !f->index->terms[0].gather &&
               !f->index->terms[1].gather;
    if (two && (form_uses(base, f->index->terms[0].var) || form_uses(base, f->index->terms[1].var))) return true;
  }
  return false;
}

/* The part that all terms have: the factors of the first with the exponent nearest to 0. */
static Form *shared_factors(Context *cx, Form *const *terms, int n) {
  Forms all = form_factors(cx, terms[0]), shared = {0};
  for (int k = 0; k < all.n; k++) {
    Form *base = base_of(all.at[k]);
    double e = exponent_in(cx, terms[0], base);
    for (int i = 1; i < n; i++) {
      double mine = exponent_in(cx, terms[i], base);
      if (mine * e <= 0 || is_diagonal(cx, terms[i], base) || is_diagonal(cx, terms[0], base)) e = 0;
      else if (fabs(mine) < fabs(e)) e = mine;
    }
    if (e != 0) VEC_PUSH(cx, &shared, form_power(cx, base, e));
  }
  return form_product(cx, shared.at, shared.n);
}

static double shared_number(Form *const *terms, int n) {
  double least = INFINITY;
  bool negative = true;
  for (int k = 0; k < n; k++) {
    double c = form_coefficient(terms[k]);
    least = fmin(least, fabs(c));
    negative = negative && c < 0;
  }
  for (int k = 0; k < n; k++) {
    double q = fabs(form_coefficient(terms[k])) / least;
    if (fabs(q - round(q)) > 1e-12 || q > 12) least = 1;
  }
  for (int k = 0; k < n; k++) /* 1 - s, not s - 1 */
    negative = negative || (terms[k]->kind == FORM_NUMBER && terms[k]->number < 0);
  return negative ? -least : least;
}

/* What is subtracted stands behind what is added. */
static Form *positive_first(Context *cx, Form *f) {
  Forms terms = {0};
  if (f->kind != FORM_SUM) return f;
  for (int pass = 0; pass < 2; pass++)
    for (int k = 0; k < f->n; k++)
      if ((form_coefficient(f->at[k]) < 0) == (pass == 1)) VEC_PUSH(cx, &terms, f->at[k]);
  return form_sum(cx, terms.at, terms.n);
}

static Form *factored(Context *cx, Form *f);

/* a (s - 1) + 1 - s  =>  (a - 1) (s - 1); NULL where the rest is no factor. */
static Form *with_factor(Context *cx, Form *product, Form *rest) {
  for (int k = 0; product->kind == FORM_PRODUCT && rest->kind == FORM_SUM && k < product->n; k++) {
    Form *s = product->at[k];
    if (s->kind != FORM_SUM) continue;
    Form *ratio = form_product(cx, (Form *[]){rest, form_power(cx, s, -1)}, 2);
    if (ratio->kind != FORM_NUMBER) continue;
    Form *others = form_product(cx, (Form *[]){product, form_power(cx, s, -1)}, 2);
    return form_product(cx, (Form *[]){form_sum(cx, (Form *[]){others, ratio}, 2), s}, 2);
  }
  return NULL;
}

/* a b + a c + d  =>  a (b + c) + d, by the factor that most terms have. */
static Form *grouped(Context *cx, Form *f) {
  int best = 1;
  Form *by = NULL;
  for (int k = 0; f->kind == FORM_SUM && k < f->n; k++) {
    Forms factors = form_factors(cx, f->at[k]);
    for (int i = 0; i < factors.n; i++) {
      int count = 0;
      Form *base = base_of(factors.at[i]);
      for (int j = 0; j < f->n; j++) count += exponent_in(cx, f->at[j], base) != 0 && !is_diagonal(cx, f->at[j], base);
      if (count > best && count < f->n) best = count, by = base;
    }
  }
  if (!by) return f;
  Forms with = {0}, without = {0};
  for (int k = 0; k < f->n; k++)
    if (exponent_in(cx, f->at[k], by) != 0 && !is_diagonal(cx, f->at[k], by)) VEC_PUSH(cx, &with, f->at[k]);
    else VEC_PUSH(cx, &without, f->at[k]);
  Form *joined = with_factor(cx, factored(cx, form_sum(cx, with.at, with.n)), form_sum(cx, without.at, without.n));
  if (joined) return joined;
  Form *parts[2] = {factored(cx, form_sum(cx, with.at, with.n)), factored(cx, form_sum(cx, without.at, without.n))};
  Form *sum = form_sum(cx, parts, 2);
  return form_cost(sum) < form_cost(f) ? sum : f;
}

static Form *factored(Context *cx, Form *f) {
  if (f->kind != FORM_SUM) return f;
  Form *shared = shared_factors(cx, f->at, f->n), *inverse = form_power(cx, shared, -1);
  double number = shared_number(f->at, f->n);
  Form **terms = ARENA_ARRAY(cx, Form *, f->n);
  for (int k = 0; k < f->n; k++)
    terms[k] = form_product(cx, (Form *[]){form_number(cx, 1 / number), inverse, f->at[k]}, 3);
  Form *rest = positive_first(cx, grouped(cx, form_sum(cx, terms, f->n)));
  return form_product(cx, (Form *[]){form_number(cx, number), shared, rest}, 3);
}

/* ---- common denominators ---- */

static Form *denominator(Context *cx, const Form *f) {
  Forms out = {0};
  for (int k = 0; k < f->n; k++) {
    Forms factors = form_factors(cx, f->at[k]);
    for (int i = 0; i < factors.n; i++) {
      Form *p = factors.at[i];
      bool known = false;
      if (p->kind != FORM_POWER || p->number >= 0) continue;
      for (int j = 0; j < out.n; j++) {
        if (!form_equal(out.at[j]->at[0], p->at[0])) continue;
        known = true;
        if (p->number < out.at[j]->number) out.at[j] = p;
      }
      if (!known) VEC_PUSH(cx, &out, p);
    }
  }
  return out.n ? form_product(cx, out.at, out.n) : NULL;
}

static Form *over_denominator(Graph *g, Form *f, bool powers) {
  Context *cx = g->cx;
  Form *over = f->kind == FORM_SUM ? denominator(cx, f) : NULL;
  if (!over) return NULL;
  Form **terms = ARENA_ARRAY(cx, Form *, f->n);
  for (int k = 0; k < f->n; k++) terms[k] = form_product(cx, (Form *[]){form_power(cx, over, -1), f->at[k]}, 2);
  Form *numerator = expanded(g, form_sum(cx, terms, f->n), powers);
  return numerator ? form_product(cx, (Form *[]){factored(cx, numerator), over}, 2) : NULL;
}

static void consider(Form **best, Form *f) {
  if (f && form_cost(f) < form_cost(*best)) *best = f;
}

static Form *shortest(Graph *g, Form *f) {
  Form *best = positive_first(g->cx, f);
  consider(&best, factored(g->cx, f));
  for (int powers = 0; powers < 2; powers++) {
    Form *out = expanded(g, f, powers);
    if (!out) break;
    consider(&best, positive_first(g->cx, out));
    consider(&best, factored(g->cx, out));
    consider(&best, over_denominator(g, out, powers));
  }
  return best;
}

/* (s - 1) a is -(1 - s) a. */
static Form *with_one_first(Context *cx, Form *f) {
  for (int k = 0; f->kind == FORM_PRODUCT && k < f->n; k++) {
    bool positive = false, negative = false;
    for (int i = 0; f->at[k]->kind == FORM_SUM && i < f->at[k]->n; i++) {
      const Form *t = f->at[k]->at[i];
      if (t->kind == FORM_NUMBER && t->number < 0) negative = true;
      else positive = positive || form_coefficient(t) > 0;
    }
    if (!positive || !negative) continue;
    Form **at = arena_copy(cx, f->at, sizeof *at * (size_t)f->n);
    at[k] = form_product(cx, (Form *[]){form_number(cx, -1), f->at[k]}, 2);
    return form_negative(cx, form_product(cx, at, f->n));
  }
  return f;
}

Form *algebra_shorten(Graph *g, Form *f) {
  if (f->kind != FORM_SUM && f->kind != FORM_PRODUCT && f->kind != FORM_POWER && f->kind != FORM_REDUCE) return f;
  Form **at = ARENA_ARRAY(g->cx, Form *, f->n);
  for (int k = 0; k < f->n; k++) at[k] = algebra_shorten(g, f->at[k]);
  f = shortest(g, form_with(g, f, at));
  if (f->kind != FORM_SUM) return with_one_first(g->cx, f);
  Form **terms = ARENA_ARRAY(g->cx, Form *, f->n);
  for (int k = 0; k < f->n; k++) terms[k] = with_one_first(g->cx, f->at[k]);
  return positive_first(g->cx, form_sum(g->cx, terms, f->n));
}
