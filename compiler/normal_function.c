/* normal_function.c: functions of normal forms that are no polynomials, each brought to one form:
 *
 *     exp(c*u + v)      EXP(u)^c * EXP(v), a factor for each monomial     exp(log(u)) = u, exp(softplus(u)) = 1 + exp(u)
 *     log(c*u^k*v)      log c + k*log(u) + log(v) for what is positive    log(exp u + exp v) = u + softplus(v - u)
 *     1/(1 + exp u)     1 - sigmoid(u), and sigmoid(-u) = 1 - sigmoid(u)
 *     max abs sign ...  by [0 < u]: max(a, b) = a + (b-a)*[0 < b-a]
 *     u^c               common factors of u's monomials taken out, the rest with a first coefficient of 1
 *
 * and the rules between atoms of one monomial: x*(1/x) and its like inside of sums, EXP(u)*sigmoid(u) = EXP(u) - sigmoid(u),
 * [0 < u]^2 = [0 < u]. */
#include "normal.h"

#include <math.h>
#include <string.h>

#define MOST_POWER 6

bool is_function(const Atom *a, Op op) { return a->kind == ATOM_FUNC && a->op == op; }

static Atom *function_atom(Prover *p, AtomKind kind, Op op, int nargs, Poly *const *args) {
  Atom a = {.kind = kind, .op = op, .nargs = nargs};
  for (int k = 0; k < nargs; k++) a.args[k] = args[k];
  return arena_copy(p->cx, &a, sizeof a);
}

static Poly *function(Prover *p, Op op, Poly *u) { return poly_atom(p, function_atom(p, ATOM_FUNC, op, 1, &u), 1); }

static bool is_natural(double x) { return x >= 1 && x == floor(x) && x < 1e6; }

/* The monomial by which signs and scales are chosen: the largest shape, then the largest coefficient. */
static int lead_of(Prover *p, const Poly *a) {
  int best = 0;
  uint64_t best_shape = 0;
  for (int k = 0; k < a->n; k++) {
    uint64_t shape = mono_shape(p, &a->at[k]);
    if (k && (shape < best_shape || (shape == best_shape && a->at[k].coef <= a->at[best].coef))) continue;
    best = k;
    best_shape = shape;
  }
  return best;
}

static bool lead_negative(Prover *p, const Poly *a) { return a->n && a->at[lead_of(p, a)].coef < 0; }

/* ---- what is positive ---- */

static bool poly_positive(const Poly *a);

static bool atom_positive(const Atom *a) {
  if (a->kind == ATOM_SUM) return poly_positive(a->args[0]);
  return is_function(a, OP_EXP) || is_function(a, OP_SIGMOID) || is_function(a, OP_SOFTPLUS);
}

static bool poly_positive(const Poly *a) {
  for (int i = 0; i < a->n; i++) {
    if (a->at[i].coef <= 0 || a->at[i].nguards) return false;
    for (int k = 0; k < a->at[i].nfactors; k++)
      if (!atom_positive(a->at[i].factors[k].atom)) return false;
  }
  return a->n > 0;
}

/* ---- sums of two exponentials ---- */

/* The logarithm of a product of exponentials; NULL where it is something else. */
static Poly *log_of_mono(Prover *p, const Mono *m) {
  if (m->coef <= 0 || m->nbound || m->nguards) return NULL;
  Poly *sum = poly_number(p, log(m->coef));
  for (int k = 0; k < m->nfactors; k++) {
    if (!is_function(m->factors[k].atom, OP_EXP)) return NULL;
    poly_add_to(p, sum, m->factors[k].power, m->factors[k].atom->args[0]);
  }
  return sum;
}

/* a = exp(u) + exp(v): gives u and v - u. */
static bool two_exponentials(Prover *p, const Poly *a, Poly **u, Poly **difference) {
  if (a->n != 2 || a->at[0].nfactors + a->at[1].nfactors == 0) return false;
  Poly *first = log_of_mono(p, &a->at[0]), *second = log_of_mono(p, &a->at[1]);
  if (!first || !second) return false;
  *u = first;
  *difference = poly_plus(p, 1, second, -1, first);
  return true;
}

/* a = c * (1 - sigmoid(u)) with c > 0. */
static bool one_minus_sigmoid(const Poly *a, double *c, Poly **u) {
  for (int k = 0; k < 2 && a->n == 2; k++) {
    const Mono *one = &a->at[k], *s = &a->at[1 - k];
    if (one->nfactors || one->nbound || one->nguards || one->coef <= 0) continue;
    if (s->nfactors != 1 || s->nbound || s->nguards || !is_function(s->factors[0].atom, OP_SIGMOID) || s->factors[0].power != 1) continue;
    if (!same_number(s->coef, -one->coef)) continue;
    *c = one->coef;
    *u = s->factors[0].atom->args[0];
    return true;
  }
  return false;
}

static Poly *sigmoid_of(Prover *p, Poly *u) {
  double c;
  if (poly_is_number(u, &c)) return poly_number(p, 1 / (1 + exp(-c)));
  if (!lead_negative(p, u)) return function(p, OP_SIGMOID, u);
  return poly_plus(p, 1, poly_number(p, 1), -1, function(p, OP_SIGMOID, poly_scale(p, -1, u)));
}

static Poly *softplus_of(Prover *p, Poly *u) {
  double c;
  if (poly_is_number(u, &c)) return poly_number(p, log1p(exp(c)));
  if (!lead_negative(p, u)) return function(p, OP_SOFTPLUS, u);
  return poly_plus(p, 1, function(p, OP_SOFTPLUS, poly_scale(p, -1, u)), 1, u);
}

/* ---- common factors ---- */

static double power_in(Prover *p, const Mono *m, const Atom *a) {
  for (int k = 0; k < m->nfactors; k++)
    if (same_atom(p, m->factors[k].atom, a)) return m->factors[k].power;
  return 0;
}

/* a = common * rest. Common is a number and atoms that all monomials share (or that one divides by), none with a bound
 * variable; positive ones only where asked for. */
static Poly *take_out(Prover *p, const Poly *a, bool positive, Mono *common) {
  Factor *factors = ARENA_ARRAY(p->cx, Factor, 64);
  *common = (Mono){.coef = 1, .factors = factors};
  for (int i = 0; i < a->n; i++)
    for (int k = 0; k < a->at[i].nfactors && common->nfactors < 48; k++) {
      Atom *atom = a->at[i].factors[k].atom;
      double least = INFINITY;
      if (atom_uses(atom, a->at[i].bound, a->at[i].nbound) || (positive && !atom_positive(atom))) continue;
      if (power_in(p, common, atom) != 0) continue;
      for (int j = 0; j < a->n; j++) least = fmin(least, power_in(p, &a->at[j], atom));
      if (least != 0) common->factors[common->nfactors++] = (Factor){atom, least};
    }
  Poly *rest = poly_new(p);
  Mono divisor = {.coef = 1, .nfactors = common->nfactors, .factors = ARENA_ARRAY(p->cx, Factor, common->nfactors + 1)};
  for (int k = 0; k < common->nfactors; k++) divisor.factors[k] = (Factor){factors[k].atom, -factors[k].power};
  poly_add_to(p, rest, 1, common->nfactors ? poly_times(p, a, &(Poly){&divisor, 1, 1}) : a);
  if (p->failed || rest->n == 0) return rest;
  double c = rest->at[lead_of(p, rest)].coef;
  common->coef = positive ? fabs(c) : c;
  return poly_scale(p, 1 / common->coef, rest);
}

/* ---- powers ---- */

static Poly *repeat(Prover *p, const Poly *a, int times) {
  Poly *product = poly_number(p, 1);
  for (int k = 0; k < times && !p->failed; k++) product = poly_times(p, product, a);
  return product;
}

/* rest^power, where nothing more can be taken out. */
static Poly *power_of_rest(Prover *p, Poly *rest, double power) {
  const Mono *m = rest->at;
  double c;
  if (poly_is_number(rest, &c)) return poly_number(p, pow(c, power));
  if (is_natural(power)) return power <= MOST_POWER ? repeat(p, rest, (int)power) : (p->failed = true, rest);
  if (rest->n == 1 && m->coef == 1 && m->nfactors == 1 && !m->nbound && !m->nguards && (m->factors[0].power == 1 || m->factors[0].power != floor(m->factors[0].power)))
    return poly_atom(p, m->factors[0].atom, m->factors[0].power * power);
  return poly_atom(p, function_atom(p, ATOM_SUM, OP_POW, 1, &rest), power);
}

Poly *poly_power(Prover *p, const Poly *a, double power) {
  Poly *u, *difference;
  Mono common;
  if (power == 0) return poly_number(p, 1);
  if (power == 1) return poly_scale(p, 1, a);
  if (a->n == 0) return power > 0 ? poly_new(p) : (p->failed = true, poly_new(p));
  if (is_natural(power) && a->n > 1 && power <= MOST_POWER) return repeat(p, a, (int)power);
  if (is_natural(-power) && -power <= MOST_POWER && two_exponentials(p, a, &u, &difference)) {
    Poly *inverse = poly_plus(p, 1, poly_number(p, 1), -1, sigmoid_of(p, difference));
    Poly *outer = poly_function(p, OP_EXP, (Poly *[]){poly_scale(p, power, u)});
    return poly_times(p, outer, repeat(p, inverse, (int)-power));
  }
  bool whole = power == floor(power);
  Poly *rest = take_out(p, a, !whole, &common);
  if (p->failed) return rest;
  common.coef = pow(common.coef, power);
  for (int k = 0; k < common.nfactors; k++) common.factors[k].power *= power;
  return poly_times(p, poly_of(p, &common), power_of_rest(p, rest, power));
}

/* ---- exp and log ---- */

static bool single_atom(const Mono *m, Op op) {
  return m->nfactors == 1 && !m->nbound && !m->nguards && m->factors[0].power == 1 && is_function(m->factors[0].atom, op);
}

static Poly *exp_of_mono(Prover *p, const Mono *m) {
  Mono unit = *m;
  Poly *arg;
  if (!m->nfactors && !m->nbound && !m->nguards) return poly_number(p, exp(m->coef));
  if (single_atom(m, OP_LOG)) return poly_power(p, m->factors[0].atom->args[0], m->coef);
  if (single_atom(m, OP_SOFTPLUS) && m->coef == floor(m->coef) && fabs(m->coef) <= MOST_POWER) {
    Poly *one_more = poly_plus(p, 1, poly_number(p, 1), 1, poly_function(p, OP_EXP, m->factors[0].atom->args));
    return poly_power(p, one_more, m->coef);
  }
  unit.coef = 1;
  arg = poly_of(p, &unit);
  return poly_atom(p, function_atom(p, ATOM_FUNC, OP_EXP, 1, &arg), m->coef);
}

static Poly *exp_of(Prover *p, const Poly *a) {
  Poly *product = poly_number(p, 1);
  for (int k = 0; k < a->n && !p->failed; k++) product = poly_times(p, product, exp_of_mono(p, &a->at[k]));
  return product;
}

static Poly *log_of_atom(Prover *p, Atom *a) {
  if (is_function(a, OP_EXP)) return a->args[0];
  if (is_function(a, OP_SIGMOID)) return poly_scale(p, -1, softplus_of(p, poly_scale(p, -1, a->args[0])));
  if (a->kind == ATOM_SUM) return function(p, OP_LOG, a->args[0]);
  return function(p, OP_LOG, poly_atom(p, a, 1));
}

/* log(x^4) = 2*log(x^2), log(x^-3) = -3*log(x): an even power says nothing about the sign of x. */
static Poly *log_of_rest(Prover *p, Poly *rest) {
  const Mono *m = rest->at;
  if (rest->n != 1 || m->coef != 1 || m->nfactors != 1 || m->nbound || m->nguards) return function(p, OP_LOG, rest);
  double power = m->factors[0].power, kept = fmod(power, 2) == 0 ? 2 : 1;
  return poly_scale(p, power / kept, function(p, OP_LOG, poly_atom(p, m->factors[0].atom, kept)));
}

static Poly *log_of(Prover *p, Poly *a) {
  Poly *u, *difference;
  Mono common;
  double c;
  if (poly_is_number(a, &c)) return poly_number(p, log(c));
  if (two_exponentials(p, a, &u, &difference)) return poly_plus(p, 1, u, 1, softplus_of(p, difference));
  if (one_minus_sigmoid(a, &c, &u)) return poly_plus(p, 1, poly_number(p, log(c)), -1, softplus_of(p, u));
  Poly *rest = take_out(p, a, true, &common);
  if (p->failed) return rest;
  Poly *sum = poly_number(p, log(common.coef));
  for (int k = 0; k < common.nfactors; k++) poly_add_to(p, sum, common.factors[k].power, log_of_atom(p, common.factors[k].atom));
  if (poly_is_number(rest, &c)) poly_add_to(p, sum, 1, poly_number(p, log(c)));
  else if (one_minus_sigmoid(rest, &c, &u)) poly_add_to(p, sum, 1, poly_plus(p, 1, poly_number(p, log(c)), -1, softplus_of(p, u)));
  else poly_add_to(p, sum, 1, log_of_rest(p, rest));
  return sum;
}

/* ---- steps: [0 < u] and [u = 0] ---- */

static Poly *unit_lead(Prover *p, const Poly *u) { return poly_scale(p, 1 / u->at[lead_of(p, u)].coef, u); }

static Poly *complement(Prover *p, const Poly *a) { return poly_plus(p, 1, poly_number(p, 1), -1, a); }

static Poly *is_zero(Prover *p, const Poly *u) {
  double c;
  if (poly_is_number(u, &c)) return poly_number(p, c == 0);
  return function(p, OP_EQ, unit_lead(p, u));
}

/* Of u and -u only one stands in a step: [0 < -u] = 1 - [0 < u] - [u = 0]. */
static Poly *is_above_zero(Prover *p, const Poly *u) {
  double c;
  if (poly_is_number(u, &c)) return poly_number(p, c > 0);
  Poly *step = function(p, OP_LT, unit_lead(p, u));
  return lead_negative(p, u) ? poly_plus(p, 1, complement(p, step), -1, is_zero(p, u)) : step;
}

static Poly *positive_part(Prover *p, const Poly *u) { return poly_times(p, u, is_above_zero(p, u)); }

static bool mono_is_truth(const Mono *m) {
  if (m->coef != 1 || m->nbound) return false;
  for (int k = 0; k < m->nfactors; k++)
    if (!is_function(m->factors[k].atom, OP_LT) && !is_function(m->factors[k].atom, OP_EQ)) return false;
  return true;
}

/* 1 where a is not 0: a itself where it can only be 0 or 1. */
static Poly *truth_of(Prover *p, Poly *a) {
  if (a->n == 0 || (a->n == 1 && mono_is_truth(a->at))) return a;
  Poly *opposite = complement(p, a);
  if (opposite->n == 0 || (opposite->n == 1 && mono_is_truth(opposite->at))) return a;
  return complement(p, is_zero(p, a));
}

/* ---- all functions ---- */

typedef enum { NEITHER, ODD, EVEN } Parity;

static Parity parity_of(Op op) {
  return op == OP_TANH || op == OP_SIN || op == OP_TAN || op == OP_ATAN || op == OP_ERF ? ODD : op == OP_COS ? EVEN : NEITHER;
}

static Poly *other_function(Prover *p, Op op, Poly *const *args) {
  Parity parity = parity_of(op);
  double c[3];
  bool numbers = true;
  int n = op_rows[op].arity;
  for (int k = 0; k < n; k++) numbers = numbers && poly_is_number(args[k], &c[k]);
  if (numbers) return poly_number(p, op_apply(op, c));
  if (parity != NEITHER && lead_negative(p, args[0]))
    return poly_scale(p, parity == ODD ? -1 : 1, function(p, op, poly_scale(p, -1, args[0])));
  return poly_atom(p, function_atom(p, ATOM_FUNC, op, n, args), 1);
}

static Poly *logic(Prover *p, Op op, Poly *const *args) {
  Poly *a = truth_of(p, args[0]), *b = op == OP_NOT ? NULL : truth_of(p, args[1]);
  if (op == OP_NOT) return complement(p, a);
  if (op == OP_AND) return poly_times(p, a, b);
  return complement(p, poly_times(p, complement(p, a), complement(p, b)));
}

static Poly *choose(Prover *p, Poly *condition, const Poly *a, const Poly *b) {
  Poly *c = truth_of(p, condition);
  return poly_plus(p, 1, b, 1, poly_times(p, c, poly_plus(p, 1, a, -1, b)));
}

static Poly *power_function(Prover *p, Poly *const *args) {
  double c;
  if (poly_is_number(args[1], &c)) return poly_power(p, args[0], c);
  if (poly_positive(args[0])) return exp_of(p, poly_times(p, args[1], log_of(p, args[0])));
  return other_function(p, OP_POW, args);
}

Poly *poly_function(Prover *p, Op op, Poly *const *x) {
  Poly *one = poly_number(p, 1);
  if (!burn(p, 5)) return one;
  switch (op) {
  case OP_ADD: return poly_plus(p, 1, x[0], 1, x[1]);
  case OP_SUB: case OP_LOGRATIO: return poly_plus(p, 1, x[0], -1, x[1]);
  case OP_DIV: return poly_times(p, x[0], poly_power(p, x[1], -1));
  case OP_SELECT: return poly_times(p, x[0], x[1]);
  case OP_STOP: return x[0];
  case OP_POW: return power_function(p, x);
  case OP_SQRT: return poly_power(p, x[0], 0.5);
  case OP_EXP: return exp_of(p, x[0]);
  case OP_EXPM1: return poly_plus(p, 1, exp_of(p, x[0]), -1, one);
  case OP_LOG: return log_of(p, x[0]);
  case OP_LOG1P: return log_of(p, poly_plus(p, 1, x[0], 1, one));
  case OP_SIGMOID: return sigmoid_of(p, x[0]);
  case OP_SOFTPLUS: return softplus_of(p, x[0]);
  case OP_MAX: return poly_plus(p, 1, x[0], 1, positive_part(p, poly_plus(p, 1, x[1], -1, x[0])));
  case OP_MIN: return poly_plus(p, 1, x[0], -1, positive_part(p, poly_plus(p, 1, x[0], -1, x[1])));
  case OP_ABS: return poly_plus(p, 2, positive_part(p, x[0]), -1, x[0]);
  case OP_SIGN: return poly_plus(p, 1, is_above_zero(p, x[0]), -1, is_above_zero(p, poly_scale(p, -1, x[0])));
  case OP_LT: return is_above_zero(p, poly_plus(p, 1, x[1], -1, x[0]));
  case OP_LE: return complement(p, is_above_zero(p, poly_plus(p, 1, x[0], -1, x[1])));
  case OP_EQ: return is_zero(p, poly_plus(p, 1, x[0], -1, x[1]));
  case OP_NE: return complement(p, is_zero(p, poly_plus(p, 1, x[0], -1, x[1])));
  case OP_AND: case OP_OR: case OP_NOT: return logic(p, op, x);
  case OP_WHERE: return choose(p, x[0], x[1], x[2]);
  default: return other_function(p, op, x);
  }
}

Poly *poly_reduce(Prover *p, Reduction reduction, const Poly *body, int nbound, const int *bound) {
  if (reduction == RED_SUM) return poly_sum(p, body, nbound, bound, 0, NULL);
  if (reduction == RED_LOGSUMEXP) return log_of(p, poly_sum(p, exp_of(p, body), nbound, bound, 0, NULL));
  Atom a = {.kind = ATOM_REDUCE, .reduction = reduction, .nargs = 1, .nbound = nbound};
  a.bound = arena_copy(p->cx, bound, sizeof(int) * (size_t)nbound);
  a.args[0] = poly_scale(p, 1, body);
  return poly_atom(p, arena_copy(p->cx, &a, sizeof a), 1);
}

/* ---- between the atoms of one monomial ---- */

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
    if (f->atom->kind != ATOM_SUM || !is_natural(f->power)) continue;
    if (f->power > MOST_POWER) return p->failed = true;
    Mono rest = mono_without(p, m, k);
    add_product(p, sum, &rest, repeat(p, f->atom->args[0], (int)f->power));
    return true;
  }
  return false;
}

/* [0 < u]^k = [0 < u]; [0 < u] * [u = 0] = 0. */
static bool steps_act(Prover *p, Poly *sum, const Mono *m) {
  for (int k = 0; k < m->nfactors; k++) {
    const Factor *f = &m->factors[k];
    if (!is_function(f->atom, OP_LT) && !is_function(f->atom, OP_EQ)) continue;
    if (f->power != 1) {
      if (f->power < 0) return p->failed = true;
      Mono rest = mono_without(p, m, k);
      add_product(p, sum, &rest, poly_atom(p, f->atom, 1));
      return true;
    }
    for (int j = 0; j < m->nfactors; j++)
      if (is_function(f->atom, OP_LT) && is_function(m->factors[j].atom, OP_EQ) && same_poly(p, m->factors[j].atom->args[0], f->atom->args[0]))
        return true;
  }
  return false;
}

/* EXP(u) * sigmoid(u) = EXP(u) - sigmoid(u); sigmoid(u) / EXP(u) = 1 - sigmoid(u). */
static bool exponential_acts(Prover *p, Poly *sum, const Mono *m) {
  for (int k = 0; k < m->nfactors; k++)
    for (int j = 0; j < m->nfactors; j++) {
      const Factor *e = &m->factors[k], *s = &m->factors[j];
      if (!is_function(e->atom, OP_EXP) || !is_function(s->atom, OP_SIGMOID) || !is_natural(s->power)) continue;
      if (!is_natural(fabs(e->power)) || !same_poly(p, e->atom->args[0], s->atom->args[0])) continue;
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
    if (!is_natural(m->factors[k].power)) return -1;
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
    double power = power_in(p, lead, f.atom);
    found += power != 0;
    if (power != 0 && f.power < power) return false;
    f.power -= power;
    if (f.power != 0) factors[n++] = f;
  }
  *quotient = *m;
  quotient->factors = factors;
  quotient->nfactors = n;
  quotient->coef = m->coef / lead->coef;
  return found == lead->nfactors;
}

/* With u = lead + others under a negative power: lead * u^-k = u^(1-k) - others * u^-k; and lead * [u = 0] = -others * [u = 0]. */
static bool sum_acts(Prover *p, Poly *sum, const Mono *m) {
  for (int k = 0; k < m->nfactors; k++) {
    const Factor *f = &m->factors[k];
    bool zero = is_function(f->atom, OP_EQ);
    Mono quotient;
    if (!zero && (f->atom->kind != ATOM_SUM || !is_natural(-f->power))) continue;
    const Poly *u = f->atom->args[0];
    const Mono *lead = u->n > 8 ? NULL : leading(p, u);
    if (!lead || !divide(p, m, lead, &quotient)) continue;
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
  return multiply_out(p, sum, m) || steps_act(p, sum, m) || exponential_acts(p, sum, m) || sum_acts(p, sum, m);
}
