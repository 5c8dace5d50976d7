/* polynomial.c: sums and products of normal forms, and what makes a monomial normal:
 *
 *     a guard that always holds goes; one that never does makes the monomial 0
 *     [e = 0] is solved for a bound variable, that of the largest extent first, or for a free one, which stays in the
 *         guard but is replaced in the atoms
 *     a bound variable that nothing uses is a factor, its extent
 *     equal atoms are one, their powers added
 *     the rules of prove/rewrite.c between atoms */
#include "prove/field.h"
#include "prove/normal.h"

#include <math.h>
#include <string.h>

#define MOST_MONOS 1024

/* ---- small ones ---- */

Poly *poly_new(Prover *p) { return ARENA_NEW(p->cx, Poly); }

Poly *poly_of(Prover *p, const Mono *m) {
  Poly *a = poly_new(p);
  mono_add(p, a, m);
  return a;
}

Poly *poly_number(Prover *p, double c) { return poly_of(p, &(Mono){.coef = c}); }

/* π is acos(-1), and is told by its digits: of other numbers the model has what is written. */
Poly *poly_constant(Prover *p, double c) {
  double times;
  if (!field_is_pi(c, &times)) return poly_number(p, c);
  Poly *pi = poly_call(p, OP_ACOS, poly_number(p, -1));
  poly_mark_nonzero(pi);
  return poly_scale(p, times, pi);
}

Poly *poly_atom(Prover *p, Atom *a, double power) {
  Factor f = {a, power};
  return poly_of(p, &(Mono){.coef = 1, .nfactors = 1, .factors = &f});
}

bool poly_is_number(const Poly *a, double *c) {
  if (a->n > 1 || (a->n == 1 && (a->at[0].nfactors || a->at[0].nguards || a->at[0].nbound))) return false;
  *c = a->n ? a->at[0].coef : 0;
  return true;
}

static Mono mono_copy(Prover *p, const Mono *m, int more_factors, int more_bound, int more_guards) {
  Mono c = *m;
  c.factors = ARENA_ARRAY(p->cx, Factor, m->nfactors + more_factors + 1);
  c.bound = ARENA_ARRAY(p->cx, int, m->nbound + more_bound + 1);
  c.guards = ARENA_ARRAY(p->cx, Guard, m->nguards + more_guards + 1);
  if (m->nfactors) memcpy(c.factors, m->factors, sizeof(Factor) * (size_t)m->nfactors);
  if (m->nbound) memcpy(c.bound, m->bound, sizeof(int) * (size_t)m->nbound);
  if (m->nguards) memcpy(c.guards, m->guards, sizeof(Guard) * (size_t)m->nguards);
  return c;
}

Mono mono_without(Prover *p, const Mono *m, int k) {
  Mono c = mono_copy(p, m, 0, 0, 0);
  c.factors[k] = c.factors[--c.nfactors];
  return c;
}

void poly_add_to(Prover *p, Poly *sum, double k, const Poly *a) {
  for (int i = 0; i < a->n && !p->failed; i++) {
    Mono m = a->at[i];
    m.coef = coefficient_times(p, m.coef, k);
    mono_add(p, sum, &m);
  }
}

Poly *poly_plus(Prover *p, double ka, const Poly *a, double kb, const Poly *b) {
  Poly *sum = poly_new(p);
  poly_add_to(p, sum, ka, a);
  poly_add_to(p, sum, kb, b);
  return sum;
}

Poly *poly_scale(Prover *p, double k, const Poly *a) {
  Poly *sum = poly_new(p);
  poly_add_to(p, sum, k, a);
  return sum;
}

/* ---- substitution: everything is made again, for what an index becomes may let it simplify ---- */

static void bind_fresh(Prover *p, Subst *s, int nbound, const int *bound, int *fresh) {
  if (s->n + nbound > 2 * MAX_AXES) {
    p->failed = true;
    return;
  }
  for (int k = 0; k < nbound; k++) {
    int j = 0;
    fresh[k] = graph_var(p->g, graph_var_axis(p->g, bound[k]));
    while (j < s->n && s->var[j] != bound[k]) j++;
    if (j == s->n) subst_add(s, bound[k], index_var(p->g, fresh[k]));
    else s->by[j] = index_var(p->g, fresh[k]); /* an inner variable hides an outer one */
  }
}

static Poly *atom_substitute(Prover *p, Atom *a, double power, const Subst *s) {
  Poly *args[3] = {NULL};
  int fresh[MAX_AXES];
  Atom copy = *a;
  if (!atom_uses(a, s->var, s->n)) return poly_atom(p, a, power);
  if (a->kind == ATOM_LEAF || a->kind == ATOM_INDEX) {
    int n = a->kind == ATOM_LEAF ? a->node->naxes : 1;
    copy.index = ARENA_ARRAY(p->cx, Index *, n + 1);
    for (int k = 0; k < n; k++) copy.index[k] = index_substitute(p->g, a->index[k], s);
    if (a->kind == ATOM_INDEX) return poly_power(p, p->index(p, copy.index[0]), power);
    return poly_atom(p, arena_copy(p->cx, &copy, sizeof copy), power);
  }
  Subst inner = *s;
  bind_fresh(p, &inner, a->nbound, a->bound, fresh);
  if (p->failed) return poly_new(p);
  for (int k = 0; k < a->nargs; k++) args[k] = poly_substitute(p, a->args[k], &inner);
  if (a->kind == ATOM_SUM) {
    Poly *made = poly_power(p, args[0], power);
    if (a->nonzero) poly_mark_nonzero(made);
    return made;
  }
  if (a->kind == ATOM_REDUCE) return poly_power(p, poly_reduce(p, a->reduction, args[0], a->nbound, fresh), power);
  bool step = a->op == OP_LT || a->op == OP_EQ; /* whose other operand is 0 */
  Poly *operands[3] = {step ? poly_number(p, 0) : args[0], step ? args[0] : args[1], args[2]};
  return poly_power(p, poly_function(p, a->op, operands), power);
}

static Poly *mono_substitute(Prover *p, const Mono *m, const Subst *s) {
  int fresh[2 * MAX_AXES];
  Subst inner = *s;
  bind_fresh(p, &inner, m->nbound, m->bound, fresh);
  Poly *product = poly_number(p, m->coef);
  for (int k = 0; k < m->nfactors && !p->failed; k++)
    product = poly_times(p, product, atom_substitute(p, m->factors[k].atom, m->factors[k].power, &inner));
  if (p->failed) return product;
  Guard *guards = ARENA_ARRAY(p->cx, Guard, m->nguards + 1);
  for (int k = 0; k < m->nguards; k++)
    guards[k] = (Guard){index_substitute(p->g, m->guards[k].e, &inner), m->guards[k].n};
  return poly_sum(p, product, m->nbound, fresh, m->nguards, guards);
}

Poly *poly_substitute(Prover *p, const Poly *a, const Subst *s) {
  Poly *sum = poly_new(p);
  for (int i = 0; i < a->n && prover_burn(p, 1); i++) {
    Poly one = {&a->at[i], 1, 1};
    if (poly_uses(&one, s->var, s->n)) poly_add_to(p, sum, 1, mono_substitute(p, &a->at[i], s));
    else mono_add(p, sum, &a->at[i]);
  }
  return sum;
}

/* ---- products and sums over variables ---- */

static bool share_bound(const Mono *a, const Mono *b) {
  for (int i = 0; i < a->nbound; i++)
    for (int j = 0; j < b->nbound; j++)
      if (a->bound[i] == b->bound[j]) return true;
  return false;
}

static void multiply_monos(Prover *p, Poly *sum, const Mono *a, const Mono *b) {
  Mono m = mono_copy(p, a, b->nfactors, b->nbound, b->nguards);
  m.coef = coefficient_times(p, m.coef, b->coef);
  for (int k = 0; k < b->nfactors; k++) m.factors[m.nfactors++] = b->factors[k];
  for (int k = 0; k < b->nbound; k++) m.bound[m.nbound++] = b->bound[k];
  for (int k = 0; k < b->nguards; k++) m.guards[m.nguards++] = b->guards[k];
  mono_add(p, sum, &m);
}

Poly *poly_times(Prover *p, const Poly *a, const Poly *b) {
  Poly *sum = poly_new(p);
  for (int i = 0; i < a->n; i++)
    for (int j = 0; j < b->n && prover_burn(p, 1); j++) {
      if (!share_bound(&a->at[i], &b->at[j])) {
        multiply_monos(p, sum, &a->at[i], &b->at[j]);
        continue;
      }
      Subst none = {0};
      Poly *renamed = mono_substitute(p, &b->at[j], &none);
      for (int k = 0; k < renamed->n && !p->failed; k++) multiply_monos(p, sum, &a->at[i], &renamed->at[k]);
    }
  return sum;
}

Poly *poly_sum(Prover *p, const Poly *a, int nbound, const int *bound, int nguards, const Guard *guards) {
  Mono over = {.coef = 1, .nbound = nbound, .bound = (int *)bound, .nguards = nguards, .guards = (Guard *)guards};
  Poly *sum = poly_new(p);
  for (int i = 0; i < a->n && !p->failed; i++) {
    Subst none = {0};
    Poly *one = share_bound(&a->at[i], &over) ? mono_substitute(p, &a->at[i], &none) : &(Poly){&a->at[i], 1, 1};
    for (int k = 0; k < one->n && !p->failed; k++) multiply_monos(p, sum, &one->at[k], &over);
  }
  return sum;
}

/* ---- making a monomial normal ---- */

static int64_t extent_of(Prover *p, int var) {
  Axis a = graph_var_axis(p->g, var);
  return a.kind == AXIS_PLAIN ? a.extent : 0;
}

static bool is_bound(const Mono *m, int var) {
  for (int k = 0; k < m->nbound; k++)
    if (m->bound[k] == var) return true;
  return false;
}

static bool mono_uses(const Mono *m, int var, int but_guard) {
  for (int k = 0; k < m->nfactors; k++)
    if (atom_uses(m->factors[k].atom, &var, 1)) return true;
  for (int k = 0; k < m->nguards; k++)
    if (k != but_guard && index_uses(m->guards[k].e, var)) return true;
  return false;
}

static Index *guard_mirror(Prover *p, Guard d) {
  return index_combine(p->g, -1, d.e, 1, index_constant(p->g, d.n - 1));
}

/* One form of 0 <= e < n and 0 <= n-1-e < n. */
static Guard guard_canonical(Prover *p, Guard d) {
  Index *mirror = guard_mirror(p, d);
  return d.e->divisor == 1 && index_order(p, mirror, d.e) < 0 ? (Guard){mirror, d.n} : d;
}

/* Drops guards that always hold; false where one never does. */
static bool drop_guards(Prover *p, Mono *m) {
  int n = 0;
  for (int k = 0; k < m->nguards; k++) {
    Guard d = m->guards[k];
    double lo, hi;
    int j = 0;
    if (d.e->n == 0 && d.e->divisor > 1) return false;
    if (index_range(p->g, d.e, NULL, &lo, &hi)) {
      if (hi < 0 || lo > (double)d.n - 1) return false;
      if (d.e->divisor == 1 && lo >= 0 && hi <= (double)d.n - 1) continue;
    }
    d = guard_canonical(p, d);
    while (j < n && !(m->guards[j].n == d.n && index_equal(m->guards[j].e, d.e))) j++;
    if (j == n) m->guards[n++] = d;
  }
  m->nguards = n;
  return true;
}

/* A variable with coefficient +-1 in an equality: a bound one before a free one, then the one of largest extent. A
 * free one counts only where something else uses it. -1 where there is none. */
static int solvable(Prover *p, const Mono *m, int k) {
  const Index *e = m->guards[k].e;
  int best = -1;
  if (m->guards[k].n != 1 || e->divisor != 1) return -1;
  for (int i = 0; i < e->n; i++) {
    int v = e->terms[i].var;
    bool once = true, bound;
    if (e->terms[i].gather || (e->terms[i].coef != 1 && e->terms[i].coef != -1) || !extent_of(p, v)) continue;
    for (int j = 0; j < e->n; j++) once = once && !(e->terms[j].gather && read_uses(e->terms[j].gather, v));
    bound = is_bound(m, v);
    if (!once || (best >= 0 && is_bound(m, best) && !bound)) continue;
    bool better = best < 0 || bound != is_bound(m, best) || extent_of(p, v) > extent_of(p, best) ||
                  (extent_of(p, v) == extent_of(p, best) && v > best);
    if (better) best = v;
  }
  if (best >= 0 && !is_bound(m, best) && !mono_uses(m, best, k)) return -1;
  return best;
}

/* Solves one equality, and adds what the monomial becomes; false where there is none to solve. */
static bool solve_equality(Prover *p, Poly *sum, const Mono *m) {
  int k = 0, v = -1;
  while (k < m->nguards && (v = solvable(p, m, k)) < 0) k++;
  if (k == m->nguards) return false;
  Guard equality = m->guards[k];
  int64_t coef = index_coef(equality.e, v);
  Index *value = index_combine(p->g, -coef, equality.e, 1, index_var(p->g, v)); /* coef * coef = 1 */
  Subst s = {0};
  subst_add(&s, v, value);
  bool bound = is_bound(m, v);
  Mono rest = mono_copy(p, m, 0, 0, 1);
  rest.guards[k] = rest.guards[--rest.nguards];
  rest.nbound = 0;
  for (int j = 0; j < m->nbound; j++)
    if (m->bound[j] != v) rest.bound[rest.nbound++] = m->bound[j];
  int nbound = rest.nbound; /* stays outside of the substitution, so that the kept guard can name it */
  rest.nbound = 0;
  Guard kept = bound ? (Guard){value, extent_of(p, v)} : equality;
  poly_add_to(p, sum, 1, poly_sum(p, mono_substitute(p, &rest, &s), nbound, rest.bound, 1, &kept));
  return true;
}

/* v with coefficient +-1 in e, and in none of its gathers. */
static bool alone_in(const Index *e, int v) {
  int64_t coef = index_coef(e, v);
  for (int j = 0; j < e->n; j++)
    if (e->terms[j].gather && read_uses(e->terms[j].gather, v)) return false;
  return coef == 1 || coef == -1;
}

/* sum(v) of what is guarded by 0 <= e < n, e affine in v, is a sum over w = e: done where that leaves no guard, or a
 * shorter sum. So x[i]*g[i+j] summed over i and x[k-j]*g[k] summed over k are one. A part of v's own range keeps its
 * order, whichever form its guard has. */
static bool shift_sum(Prover *p, Poly *sum, const Mono *m) {
  for (int k = 0; k < m->nguards; k++)
    for (int b = 0; b < m->nbound; b++) {
      Guard d = m->guards[k];
      int v = m->bound[b], w;
      double lo, hi;
      if (d.n <= 1 || d.e->divisor != 1 || !extent_of(p, v) || !alone_in(d.e, v)) continue;
      int64_t coef = index_coef(d.e, v);
      if (coef < 0 && d.e->n == 1) d.e = guard_mirror(p, d), coef = 1;
      w = graph_var(p->g, PLAIN(d.n));
      Index *rest = index_combine(p->g, 1, d.e, -coef, index_var(p->g, v)); /* e = coef*v + rest */
      Index *value = index_combine(p->g, coef, index_var(p->g, w), -coef, rest);
      bool implied = index_range(p->g, value, NULL, &lo, &hi) && lo >= 0 && hi <= (double)extent_of(p, v) - 1;
      if (!implied && d.n >= extent_of(p, v)) continue;
      Subst s = {0};
      subst_add(&s, v, value);
      Mono inner = mono_copy(p, m, 0, 0, 0);
      inner.guards[k] = inner.guards[--inner.nguards];
      inner.bound[b] = w;
      int nbound = inner.nbound;
      inner.nbound = 0;
      Guard kept = {value, extent_of(p, v)};
      poly_add_to(p, sum, 1, poly_sum(p, mono_substitute(p, &inner, &s), nbound, inner.bound, !implied, &kept));
      return true;
    }
  return false;
}

static void drop_unused(Prover *p, Mono *m) {
  int n = 0;
  for (int k = 0; k < m->nbound; k++) {
    int v = m->bound[k];
    if (mono_uses(m, v, -1)) {
      m->bound[n++] = v;
      continue;
    }
    if (!extent_of(p, v)) p->failed = true; /* a sum over the batch of something that does not depend on it */
    m->coef = coefficient_times(p, m->coef, (double)extent_of(p, v));
  }
  m->nbound = n;
}

static void merge_factors(Prover *p, Mono *m) {
  int n = 0;
  for (int k = 0; k < m->nfactors; k++) {
    int j = 0;
    while (j < n && !same_atom(p, m->factors[j].atom, m->factors[k].atom)) j++;
    if (j < n && m->factors[k].atom->nonzero) m->factors[j].atom->nonzero = true;
    if (j == n) m->factors[n++] = m->factors[k];
    else m->factors[j].power = coefficient_plus(p, m->factors[j].power, m->factors[k].power);
  }
  m->nfactors = 0;
  for (int k = 0; k < n; k++)
    if (m->factors[k].power != 0) m->factors[m->nfactors++] = m->factors[k];
}

static void combine(Prover *p, Poly *sum, const Mono *m) {
  for (int k = 0; k < sum->n; k++) {
    if (!same_mono(p, &sum->at[k], m)) continue;
    sum->at[k].coef = coefficient_plus(p, sum->at[k].coef, m->coef);
    if (sum->at[k].coef == 0) sum->at[k] = sum->at[--sum->n];
    return;
  }
  if (sum->n >= MOST_MONOS) p->failed = true;
  else VEC_PUSH(p->cx, sum, *m);
}

void mono_add(Prover *p, Poly *sum, const Mono *m) {
  if (!isfinite(m->coef) || m->nbound > 16 || m->nfactors > 60 || p->depth > 150) p->failed = true;
  if (m->coef == 0 || !prover_burn(p, 1 + m->nfactors)) return;
  Mono w = mono_copy(p, m, 0, 0, 0);
  if (!drop_guards(p, &w)) return;
  p->depth++;
  drop_unused(p, &w);
  merge_factors(p, &w);
  if (!p->failed && !solve_equality(p, sum, &w) && !shift_sum(p, sum, &w) && !mono_rewrite(p, sum, &w)) {
    drop_unused(p, &w);
    w.hash = mono_hash(p, &w);
    combine(p, sum, &w);
  }
  p->depth--;
}
