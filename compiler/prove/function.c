/* function.c: functions of normal forms that are no polynomials, each brought to one form:
 *
 *     exp(c*u + v)      EXP(u)^c * EXP(v), a factor for each monomial
 *     exp(log(u))       u, and exp(softplus(u)) = 1 + exp(u)
 *     log(c*u^k*v)      log c + k*log(u) + log(v) for what is positive
 *     log(exp u + exp v)    u + softplus(v - u)
 *     1/(1 + exp u)     1 - sigmoid(u), and sigmoid(-u) = 1 - sigmoid(u)
 *     u^c               common factors of u's monomials taken out, the rest with a first coefficient of 1
 *
 * What has kinks is in prove/truth.c. */
#include "prove/normal.h"

#include <math.h>
#include <string.h>

bool atom_is_call(const Atom *a, Op op) { return a->kind == ATOM_FUNC && a->op == op; }

static Atom *function_atom(Prover *p, AtomKind kind, Op op, int nargs, Poly *const *args) {
  Atom a = {.kind = kind, .op = op, .nargs = nargs};
  for (int k = 0; k < nargs; k++) a.args[k] = args[k];
  return arena_copy(p->cx, &a, sizeof a);
}

Poly *poly_call(Prover *p, Op op, Poly *u) { return poly_atom(p, function_atom(p, ATOM_FUNC, op, 1, &u), 1); }

bool power_is_natural(double x) { return x >= 1 && x == floor(x) && x < 1e6; }

/* The monomial by which signs and scales are chosen: the largest shape, then the largest coefficient. */
int poly_lead(Prover *p, const Poly *a) {
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

bool poly_lead_negative(Prover *p, const Poly *a) { return a->n && a->at[poly_lead(p, a)].coef < 0; }

/* ---- what is positive ---- */

static bool poly_positive(const Poly *a);

static bool atom_positive(const Atom *a) {
  double c;
  if (a->kind == ATOM_SUM) return poly_positive(a->args[0]);
  if (atom_is_call(a, OP_ACOS)) return poly_is_number(a->args[0], &c) && c == -1; /* π */
  return atom_is_call(a, OP_EXP) || atom_is_call(a, OP_SIGMOID) || atom_is_call(a, OP_SOFTPLUS);
}

static bool poly_positive(const Poly *a) {
  for (int i = 0; i < a->n; i++) {
    if (a->at[i].coef <= 0 || a->at[i].nguards) return false;
    for (int k = 0; k < a->at[i].nfactors; k++)
      if (!atom_positive(a->at[i].factors[k].atom)) return false;
  }
  return a->n > 0;
}

/* ---- numbers ---- */

/* log(c), of which no digit is rounded: powers of two apart, the rest an atom. */
static Poly *log_of_number(Prover *p, double c) {
  int exponent;
  double odd = 2 * frexp(c, &exponent); /* 1 <= odd < 2 */
  if (!(c > 0) || isinf(c)) return poly_number(p, log(c));
  Poly *sum = poly_scale(p, exponent - 1, poly_call(p, OP_LOG, poly_number(p, 2)));
  if (odd != 1) poly_add_to(p, sum, 1, poly_call(p, OP_LOG, poly_number(p, odd)));
  return sum;
}

/* ---- sums of two exponentials ---- */

/* The logarithm of a product of exponentials; NULL where it is something else. */
static Poly *log_of_mono(Prover *p, const Mono *m) {
  if (m->coef <= 0 || m->nbound || m->nguards) return NULL;
  Poly *sum = log_of_number(p, m->coef);
  for (int k = 0; k < m->nfactors; k++) {
    if (!atom_is_call(m->factors[k].atom, OP_EXP)) return NULL;
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
    if (s->nfactors != 1 || s->nbound || s->nguards || !atom_is_call(s->factors[0].atom, OP_SIGMOID) ||
        s->factors[0].power != 1)
      continue;
    if (s->coef != -one->coef) continue;
    *c = one->coef;
    *u = s->factors[0].atom->args[0];
    return true;
  }
  return false;
}

static Poly *sigmoid_of(Prover *p, Poly *u) {
  double c;
  if (poly_is_number(u, &c) && c == 0) return poly_number(p, 0.5);
  if (!poly_lead_negative(p, u)) return poly_call(p, OP_SIGMOID, u);
  return poly_plus(p, 1, poly_number(p, 1), -1, poly_call(p, OP_SIGMOID, poly_scale(p, -1, u)));
}

static Poly *softplus_of(Prover *p, Poly *u) {
  double c;
  if (poly_is_number(u, &c) && c == 0) return log_of_number(p, 2);
  if (!poly_lead_negative(p, u)) return poly_call(p, OP_SOFTPLUS, u);
  return poly_plus(p, 1, poly_call(p, OP_SOFTPLUS, poly_scale(p, -1, u)), 1, u);
}

/* ---- common factors ---- */

double mono_power_of(Prover *p, const Mono *m, const Atom *a) {
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
      if (mono_power_of(p, common, atom) != 0) continue;
      for (int j = 0; j < a->n; j++) least = fmin(least, mono_power_of(p, &a->at[j], atom));
      if (least != 0) common->factors[common->nfactors++] = (Factor){atom, least};
    }
  Poly *rest = poly_new(p);
  Mono divisor = {.coef = 1, .nfactors = common->nfactors, .factors = ARENA_ARRAY(p->cx, Factor, common->nfactors + 1)};
  for (int k = 0; k < common->nfactors; k++) divisor.factors[k] = (Factor){factors[k].atom, -factors[k].power};
  poly_add_to(p, rest, 1, common->nfactors ? poly_times(p, a, &(Poly){&divisor, 1, 1}) : a);
  if (p->failed || rest->n == 0) return rest;
  double c = rest->at[poly_lead(p, rest)].coef;
  common->coef = positive ? fabs(c) : c;
  return poly_scale(p, coefficient_over(p, 1, common->coef), rest);
}

/* ---- powers ---- */

Poly *poly_repeat(Prover *p, const Poly *a, int times) {
  Poly *product = poly_number(p, 1);
  for (int k = 0; k < times && !p->failed; k++) product = poly_times(p, product, a);
  return product;
}

/* rest^power, where nothing more can be taken out. */
static Poly *power_of_rest(Prover *p, Poly *rest, double power) {
  const Mono *m = rest->at;
  double c;
  if (poly_is_number(rest, &c)) return poly_number_power(p, c, power);
  if (power_is_natural(power)) return power <= MOST_POWER ? poly_repeat(p, rest, (int)power) : (p->failed = true, rest);
  if (rest->n == 1 && m->coef == 1 && m->nfactors == 1 && !m->nbound && !m->nguards &&
      (m->factors[0].power == 1 || m->factors[0].power != floor(m->factors[0].power)))
    return poly_atom(p, m->factors[0].atom, coefficient_times(p, m->factors[0].power, power));
  return poly_atom(p, function_atom(p, ATOM_SUM, OP_POW, 1, &rest), power);
}

Poly *poly_power(Prover *p, const Poly *a, double power) {
  Poly *u, *difference;
  Mono common;
  if (power == 0) return poly_number(p, 1);
  if (power == 1) return poly_scale(p, 1, a);
  if (a->n == 0) return power > 0 ? poly_new(p) : (p->failed = true, poly_new(p));
  if (power_is_natural(power) && a->n > 1 && power <= MOST_POWER) return poly_repeat(p, a, (int)power);
  if (power_is_natural(-power) && -power <= MOST_POWER && two_exponentials(p, a, &u, &difference)) {
    Poly *inverse = poly_plus(p, 1, poly_number(p, 1), -1, sigmoid_of(p, difference));
    Poly *outer = poly_function(p, OP_EXP, (Poly *[]){poly_scale(p, power, u)});
    return poly_times(p, outer, poly_repeat(p, inverse, (int)-power));
  }
  bool whole = power == floor(power);
  Poly *rest = take_out(p, a, !whole, &common);
  if (p->failed) return rest;
  Poly *number = poly_number_power(p, common.coef, power);
  common.coef = 1;
  for (int k = 0; k < common.nfactors; k++)
    common.factors[k].power = coefficient_times(p, common.factors[k].power, power);
  return poly_times(p, poly_times(p, number, poly_of(p, &common)), power_of_rest(p, rest, power));
}

/* ---- what is not 0 ---- */

void poly_mark_nonzero(const Poly *a) {
  for (int k = 0; a->n == 1 && k < a->at[0].nfactors; k++) a->at[0].factors[k].atom->nonzero = true;
}

bool atom_nonzero(Prover *p, const Atom *a) {
  if (a->nonzero || atom_positive(a)) return true;
  for (int k = 0; k < p->divisors.n; k++)
    if (same_atom(p, a, p->divisors.at[k])) return true;
  return false;
}

/* 1/a, whose factors are those of a; NULL where it has none that are known. */
static const Mono *factors_of(Prover *p, const Poly *a) {
  bool failed = p->failed;
  if (!a->n) return NULL;
  Poly *inverse = poly_power(p, a, -1);
  if (p->fuel >= 0 && p->failed != failed) p->failed = failed;
  else if (inverse->n == 1 && !inverse->at[0].nguards) return &inverse->at[0];
  return NULL;
}

bool poly_nonzero(Prover *p, const Poly *a) {
  if (poly_positive(a)) return true;
  const Mono *m = factors_of(p, a);
  if (!m || m->nbound) return false;
  for (int k = 0; k < m->nfactors; k++)
    if (!atom_nonzero(p, m->factors[k].atom)) return false;
  return true;
}

void poly_divides(Prover *p, const Poly *a) {
  const Mono *m = factors_of(p, a);
  for (int k = 0; m && k < m->nfactors; k++)
    if (m->factors[k].power < 0) VEC_PUSH(p->cx, &p->divisors, m->factors[k].atom);
}

bool poly_is_finite(Prover *p, const Poly *a) {
  for (int i = 0; i < a->n; i++)
    for (int k = 0; k < a->at[i].nfactors; k++) {
      const Factor *f = &a->at[i].factors[k];
      if (f->power < 0 && !atom_nonzero(p, f->atom)) return false;
      if (atom_is_call(f->atom, OP_POW)) return false;
      if (atom_is_call(f->atom, OP_LOG) && !poly_nonzero(p, f->atom->args[0])) return false;
      for (int j = 0; j < f->atom->nargs; j++)
        if (!poly_is_finite(p, f->atom->args[j])) return false;
    }
  return true;
}

/* select(a, b): a * b, but 0 where a is 0 though b is infinite there. */
static Poly *select_of(Prover *p, const Poly *a, const Poly *b) {
  Poly *product = poly_times(p, a, b);
  if (poly_is_finite(p, b)) return product;
  return poly_times(p, poly_complement(p, poly_is_zero(p, a)), product);
}

/* ---- exp and log ---- */

static bool single_atom(const Mono *m, Op op) {
  return m->nfactors == 1 && !m->nbound && !m->nguards && m->factors[0].power == 1 &&
         atom_is_call(m->factors[0].atom, op);
}

static Poly *exp_of_mono(Prover *p, const Mono *m) {
  Mono unit = *m;
  Poly *arg;
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
  if (atom_is_call(a, OP_EXP)) return a->args[0];
  if (atom_is_call(a, OP_SIGMOID)) return poly_scale(p, -1, softplus_of(p, poly_scale(p, -1, a->args[0])));
  if (a->kind == ATOM_SUM) return poly_call(p, OP_LOG, a->args[0]);
  return poly_call(p, OP_LOG, poly_atom(p, a, 1));
}

/* log(x^4) = 2*log(x^2), log(x^-3) = -3*log(x): an even power says nothing about the sign of x. */
static Poly *log_of_rest(Prover *p, Poly *rest) {
  const Mono *m = rest->at;
  if (rest->n != 1 || m->coef != 1 || m->nfactors != 1 || m->nbound || m->nguards) return poly_call(p, OP_LOG, rest);
  double power = m->factors[0].power, kept = fmod(power, 2) == 0 ? 2 : 1;
  return poly_scale(p, coefficient_over(p, power, kept), poly_call(p, OP_LOG, poly_atom(p, m->factors[0].atom, kept)));
}

static Poly *log_of(Prover *p, Poly *a) {
  Poly *u, *difference;
  Mono common;
  double c;
  if (poly_is_number(a, &c)) return log_of_number(p, c);
  if (two_exponentials(p, a, &u, &difference)) return poly_plus(p, 1, u, 1, softplus_of(p, difference));
  if (one_minus_sigmoid(a, &c, &u)) return poly_plus(p, 1, log_of_number(p, c), -1, softplus_of(p, u));
  Poly *rest = take_out(p, a, true, &common);
  if (p->failed) return rest;
  Poly *sum = log_of_number(p, common.coef);
  for (int k = 0; k < common.nfactors; k++)
    poly_add_to(p, sum, common.factors[k].power, log_of_atom(p, common.factors[k].atom));
  if (poly_is_number(rest, &c)) poly_add_to(p, sum, 1, log_of_number(p, c));
  else if (one_minus_sigmoid(rest, &c, &u))
    poly_add_to(p, sum, 1, poly_plus(p, 1, log_of_number(p, c), -1, softplus_of(p, u)));
  else poly_add_to(p, sum, 1, log_of_rest(p, rest));
  return sum;
}

/* ---- all functions ---- */

static Poly *other_function(Prover *p, Op op, Poly *const *args) {
  Parity parity = op_rows[op].parity;
  double c[3];
  bool numbers = true;
  int n = op_rows[op].arity;
  for (int k = 0; k < n; k++) numbers = numbers && poly_is_number(args[k], &c[k]);
  for (int k = 0; k < n && op != OP_FLOOR; k++) numbers = numbers && c[k] == floor(c[k]); /* 0.3 stands for 3/10 */
  if (numbers && !op_loses(op, c, op_apply(op, c))) return poly_number(p, op_apply(op, c));
  if (parity != NEITHER && poly_lead_negative(p, args[0]))
    return poly_scale(p, parity == ODD ? -1 : 1, poly_call(p, op, poly_scale(p, -1, args[0])));
  return poly_atom(p, function_atom(p, ATOM_FUNC, op, n, args), 1);
}

static Poly *power_function(Prover *p, Poly *const *args) {
  double c;
  if (poly_is_number(args[1], &c)) return poly_power(p, args[0], c);
  if (poly_positive(args[0])) return exp_of(p, poly_times(p, args[1], log_of(p, args[0])));
  return other_function(p, OP_POW, args);
}

Poly *poly_function(Prover *p, Op op, Poly *const *x) {
  Poly *one = poly_number(p, 1);
  if (!prover_burn(p, 5)) return one;
  switch (op) { /* an identity for each, not a fact */
  case OP_ADD: return poly_plus(p, 1, x[0], 1, x[1]);
  case OP_SUB:
  case OP_LOGRATIO: return poly_plus(p, 1, x[0], -1, x[1]);
  case OP_DIV: return poly_times(p, x[0], poly_power(p, x[1], -1));
  case OP_SELECT: return select_of(p, x[0], x[1]);
  case OP_KEEP: return x[0]; /* in a product that is 0 where it differs */
  case OP_STOP:
  case OP_DRAWN: return x[0];
  case OP_POW: return power_function(p, x);
  case OP_SQRT: return poly_power(p, x[0], 0.5);
  case OP_EXP: return exp_of(p, x[0]);
  case OP_ERFC: return poly_plus(p, 1, one, -1, other_function(p, OP_ERF, x));
  case OP_EXPM1: return poly_plus(p, 1, exp_of(p, x[0]), -1, one);
  case OP_LOG: return log_of(p, x[0]);
  case OP_LOG1P: return log_of(p, poly_plus(p, 1, x[0], 1, one));
  case OP_SIGMOID: return sigmoid_of(p, x[0]);
  case OP_SOFTPLUS: return softplus_of(p, x[0]);
  case OP_MAX: return poly_plus(p, 1, x[0], 1, poly_positive_part(p, poly_plus(p, 1, x[1], -1, x[0])));
  case OP_MIN: return poly_plus(p, 1, x[0], -1, poly_positive_part(p, poly_plus(p, 1, x[0], -1, x[1])));
  case OP_ABS: return poly_plus(p, 2, poly_positive_part(p, x[0]), -1, x[0]);
  case OP_SIGN: return poly_plus(p, 1, poly_above_zero(p, x[0]), -1, poly_above_zero(p, poly_scale(p, -1, x[0])));
  case OP_LT: return poly_above_zero(p, poly_plus(p, 1, x[1], -1, x[0]));
  case OP_LE: return poly_complement(p, poly_above_zero(p, poly_plus(p, 1, x[0], -1, x[1])));
  case OP_EQ: return poly_is_zero(p, poly_plus(p, 1, x[0], -1, x[1]));
  case OP_NE: return poly_complement(p, poly_is_zero(p, poly_plus(p, 1, x[0], -1, x[1])));
  case OP_AND:
  case OP_OR:
  case OP_NOT: return poly_logic(p, op, x);
  case OP_WHERE: return poly_where(p, x[0], x[1], x[2]);
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
