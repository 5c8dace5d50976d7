/* rewrite.c: the rules by which the atoms of one monomial act on each other:
 *
 *     lead * u^-k = u^(1-k) - others * u^-k        where u = lead + others: x^2/(1 + x^2) = 1 - 1/(1 + x^2)
 *     lead * [u = 0] = -others * [u = 0]
 *     EXP(u) * sigmoid(u) = EXP(u) - sigmoid(u)
 *     2^(3/2) = 2 * 2^(1/2)
 *     [0 < u]^k = [0 < u]        [0 < u] * [u = 0] = 0 */
#include "prove/normal.h"

#include <math.h>
#include <string.h>

static void add_product(Prover *p, Poly *sum, const Mono *m, const Poly *by) {
  Mono one = *m;
  one.hash = 0;
  /* the factors of m may be ones that a rule would act on: they go through mono_add with those of `by` */
  poly_add_to(p, sum, 1, poly_times(p, &(Poly){&one, 1, 1}, by));
}

/* A sum under a natural power is multiplied out. */
static bool multiply_out(Prover *p, Poly *sum, const Mono *m) {
  for (int k = 0; k < m->nfactors; k++) {
    const Factor *f = &m->factors[k];
    if (f->atom->kind != ATOM_SUM || !power_is_natural(f->power)) continue;
    if (f->power > MOST_POWER) return p->failed = true;
    Mono rest = mono_without(p, m, k);
    add_product(p, sum, &rest, poly_repeat(p, f->atom->args[0], (int)f->power));
    return true;
  }
  return false;
}

/* 2^(3/2) = 2 * 2^(1/2). */
static bool number_acts(Prover *p, Poly *sum, const Mono *m) {
  for (int k = 0; k < m->nfactors; k++) {
    const Factor *f = &m->factors[k];
    double c, x, whole = floor(f->power);
    if (f->atom->kind != ATOM_SUM || whole == 0 || !poly_is_number(f->atom->args[0], &c)) continue;
    if (fabs(whole) > 62 || !number_power(c, (int)whole, &x)) return p->failed = true;
    Mono rest = mono_without(p, m, k);
    rest.coef = coefficient_times(p, rest.coef, x);
    double left = coefficient_plus(p, f->power, -whole);
    add_product(p, sum, &rest, left == 0 ? poly_number(p, 1) : poly_atom(p, f->atom, left));
    return true;
  }
  return false;
}

/* [0 < u] * [u = 0] = 0, and [u = 0] = 0 where a side divides by u: where u is 0 that side has no value. */
static bool excludes(Prover *p, const Mono *m, int k) {
  const Poly *u = m->factors[k].atom->args[0];
  for (int j = 0; j < m->nfactors; j++) {
    const Factor *f = &m->factors[j];
    if (atom_is_call(f->atom, OP_LT) && same_poly(p, f->atom->args[0], u)) return true;
  }
  return poly_nonzero(p, u);
}

/* [0 < u]^k = [0 < u]. */
static bool steps_act(Prover *p, Poly *sum, const Mono *m) {
  for (int k = 0; k < m->nfactors; k++) {
    const Factor *f = &m->factors[k];
    if (!atom_is_call(f->atom, OP_LT) && !atom_is_call(f->atom, OP_EQ)) continue;
    if (f->power != 1) {
      if (f->power < 0) return p->failed = true;
      Mono rest = mono_without(p, m, k);
      add_product(p, sum, &rest, poly_atom(p, f->atom, 1));
      return true;
    }
    if (f->atom->op == OP_EQ && excludes(p, m, k)) return true;
  }
  return false;
}

/* EXP(u) * sigmoid(u) = EXP(u) - sigmoid(u); sigmoid(u) / EXP(u) = 1 - sigmoid(u). */
static bool exponential_acts(Prover *p, Poly *sum, const Mono *m) {
  for (int k = 0; k < m->nfactors; k++)
    for (int j = 0; j < m->nfactors; j++) {
      const Factor *e = &m->factors[k], *s = &m->factors[j];
      if (!atom_is_call(e->atom, OP_EXP) || !atom_is_call(s->atom, OP_SIGMOID) || !power_is_natural(s->power)) continue;
      if (!power_is_natural(fabs(e->power)) || !same_poly(p, e->atom->args[0], s->atom->args[0])) continue;
      double up = e->power > 0 ? 1 : -1;
      Mono rest = mono_without(p, m, k > j ? k : j);
      rest = mono_without(p, &rest, k > j ? j : k);
      Factor *more = ARENA_ARRAY(p->cx, Factor, rest.nfactors + 2);
      if (rest.nfactors) memcpy(more, rest.factors, sizeof(Factor) * (size_t)rest.nfactors);
      rest.factors = more;
      if (e->power != up) rest.factors[rest.nfactors++] = (Factor){e->atom, e->power - up};
      if (s->power != 1) rest.factors[rest.nfactors++] = (Factor){s->atom, s->power - 1};
      Poly *by = poly_plus(p, 1, up > 0 ? poly_atom(p, e->atom, 1) : poly_number(p, 1), -1, poly_atom(p, s->atom, 1));
      add_product(p, sum, &rest, by);
      return true;
    }
  return false;
}

static double degree_of(const Mono *m) {
  double sum = 0;
  for (int k = 0; k < m->nfactors; k++) {
    if (!power_is_natural(m->factors[k].power)) return -1;
    sum += m->factors[k].power;
  }
  return m->nbound || m->nguards || sum == 0 ? -1 : sum;
}

static const Mono *leading(Prover *p, const Poly *a) {
  const Mono *best = NULL;
  for (int k = 0; k < a->n; k++) {
    double d = degree_of(&a->at[k]), e = best ? degree_of(best) : -1;
    if (d > 0 && (d > e || (d == e && mono_shape(p, &a->at[k]) > mono_shape(p, best)))) best = &a->at[k];
  }
  return best;
}

/* m / lead, where lead divides m. */
static bool divide(Prover *p, const Mono *m, const Mono *lead, Mono *quotient) {
  Factor *factors = ARENA_ARRAY(p->cx, Factor, m->nfactors + 1);
  int n = 0, found = 0;
  for (int k = 0; k < m->nfactors; k++) {
    Factor f = m->factors[k];
    double power = mono_power_of(p, lead, f.atom);
    found += power != 0;
    if (power != 0 && f.power < power) return false;
    f.power -= power;
    if (f.power != 0) factors[n++] = f;
  }
  *quotient = *m;
  quotient->factors = factors;
  quotient->nfactors = n;
  quotient->coef = coefficient_over(p, m->coef, lead->coef);
  return found == lead->nfactors;
}

/* [x = 0] * x / x is [x = 0], or 0 if it were turned into 0/x. */
static bool may_be_infinite(Prover *p, const Mono *m) {
  for (int k = 0; k < m->nfactors; k++)
    if (m->factors[k].power < 0 && !atom_nonzero(p, m->factors[k].atom)) return true;
  return false;
}

/* With u = lead + others under a negative power: lead * u^-k = u^(1-k) - others * u^-k; and lead * [u = 0] = -others
 * * [u = 0]. */
static bool sum_acts(Prover *p, Poly *sum, const Mono *m) {
  for (int k = 0; k < m->nfactors; k++) {
    const Factor *f = &m->factors[k];
    bool zero = atom_is_call(f->atom, OP_EQ);
    Mono quotient;
    if (!zero && (f->atom->kind != ATOM_SUM || !power_is_natural(-f->power))) continue;
    const Poly *u = f->atom->args[0];
    const Mono *lead = u->n > 8 ? NULL : leading(p, u);
    if (!lead || !divide(p, m, lead, &quotient) || (zero && may_be_infinite(p, m))) continue;
    Poly *others = poly_new(p);
    for (int j = 0; j < u->n; j++)
      if (&u->at[j] != lead) mono_add(p, others, &u->at[j]);
    Factor one_less = {f->atom, 1};
    Mono by = {.coef = 1, .nfactors = 1, .factors = &one_less};
    if (!zero) poly_add_to(p, sum, 1, poly_times(p, &(Poly){&quotient, 1, 1}, &(Poly){&by, 1, 1}));
    poly_add_to(p, sum, -1, poly_times(p, &(Poly){&quotient, 1, 1}, others));
    return true;
  }
  return false;
}

bool mono_rewrite(Prover *p, Poly *sum, const Mono *m) {
  return number_acts(p, sum, m) || multiply_out(p, sum, m) || steps_act(p, sum, m) || exponential_acts(p, sum, m) ||
         sum_acts(p, sum, m);
}
