/* truth.c: normal forms of what has kinks, all by two steps, [0 < u] and [u = 0], which are 0 or 1:
 *
 *     max(a, b) = a + (b - a)*[0 < b - a]     |u| = 2u*[0 < u] - u     where(c, a, b) = b + c*(a - b)
 *
 * Of u and -u only one stands in a step, with a first coefficient of 1. */
#include "prove/normal.h"

static Poly *unit_lead(Prover *p, const Poly *u) {
  return poly_scale(p, coefficient_over(p, 1, u->at[poly_lead(p, u)].coef), u);
}

Poly *poly_complement(Prover *p, const Poly *a) { return poly_plus(p, 1, poly_number(p, 1), -1, a); }

Poly *poly_is_zero(Prover *p, const Poly *u) {
  double c;
  if (poly_is_number(u, &c)) return poly_number(p, c == 0);
  return poly_call(p, OP_EQ, unit_lead(p, u));
}

/* u = [0 < w] * c * w, as relu(w) is: gives the atom [0 < w] and c; NULL where it is something else. */
static Atom *step_of_relu(Prover *p, const Poly *u, double *c) {
  for (int k = 0; k < u->at[0].nfactors; k++) {
    Atom *step = u->at[0].factors[k].atom;
    if (!atom_is_call(step, OP_LT)) continue;
    Poly *w = poly_new(p);
    bool everywhere = true;
    for (int i = 0; i < u->n && everywhere; i++) {
      int j = 0;
      while (j < u->at[i].nfactors && !same_atom(p, u->at[i].factors[j].atom, step)) j++;
      everywhere = j < u->at[i].nfactors;
      Mono rest = everywhere ? mono_without(p, &u->at[i], j) : u->at[i];
      mono_add(p, w, &rest);
    }
    if (!everywhere || w->n == 0) continue;
    *c = w->at[poly_lead(p, w)].coef;
    if (same_poly(p, unit_lead(p, w), step->args[0])) return step;
  }
  return NULL;
}

static bool has_guard(const Mono *m, const Guard *d) {
  for (int k = 0; k < m->nguards; k++)
    if (m->guards[k].n == d->n && index_equal(m->guards[k].e, d->e)) return true;
  return false;
}

/* The guards that all monomials have, without bound variables; u without them goes to *rest. */
static int common_guards(Prover *p, const Poly *u, Guard *common, Poly **rest) {
  int n = 0;
  for (int k = 0; k < u->at[0].nguards && n < MAX_AXES; k++) {
    const Guard *d = &u->at[0].guards[k];
    bool shared = true;
    for (int i = 0; i < u->n; i++) {
      shared = shared && has_guard(&u->at[i], d);
      for (int b = 0; b < u->at[i].nbound; b++) shared = shared && !index_uses(d->e, u->at[i].bound[b]);
    }
    if (shared) common[n++] = *d;
  }
  *rest = poly_new(p);
  for (int i = 0; i < u->n && n; i++) {
    Mono m = u->at[i];
    m.guards = ARENA_ARRAY(p->cx, Guard, m.nguards + 1);
    m.nguards = 0;
    for (int k = 0; k < u->at[i].nguards; k++) {
      bool kept = true;
      for (int j = 0; j < n; j++)
        kept = kept && !(common[j].n == u->at[i].guards[k].n && index_equal(common[j].e, u->at[i].guards[k].e));
      if (kept) m.guards[m.nguards++] = u->at[i].guards[k];
    }
    mono_add(p, *rest, &m);
  }
  return n;
}

/* Of u and -u only one stands in a step: [0 < -u] = 1 - [0 < u] - [u = 0]. [0 < relu(u)] = [0 < u]. */
Poly *poly_above_zero(Prover *p, const Poly *u) {
  double c;
  Atom *of_relu;
  Guard guards[MAX_AXES];
  Poly *rest;
  if (poly_is_number(u, &c)) return poly_number(p, c > 0);
  int nguards = common_guards(p, u, guards, &rest);
  if (nguards) return poly_sum(p, poly_above_zero(p, rest), 0, NULL, nguards, guards);
  if ((of_relu = step_of_relu(p, u, &c))) return c > 0 ? poly_atom(p, of_relu, 1) : poly_new(p);
  Poly *step = poly_call(p, OP_LT, unit_lead(p, u));
  return poly_lead_negative(p, u) ? poly_plus(p, 1, poly_complement(p, step), -1, poly_is_zero(p, u)) : step;
}

Poly *poly_positive_part(Prover *p, const Poly *u) { return poly_times(p, u, poly_above_zero(p, u)); }

static bool mono_is_truth(const Mono *m) {
  if (m->coef != 1 || m->nbound) return false;
  for (int k = 0; k < m->nfactors; k++)
    if (!atom_is_call(m->factors[k].atom, OP_LT) && !atom_is_call(m->factors[k].atom, OP_EQ)) return false;
  return true;
}

/* 1 where a is not 0: a itself where it can only be 0 or 1. */
static Poly *truth_of(Prover *p, Poly *a) {
  if (a->n == 0 || (a->n == 1 && mono_is_truth(a->at))) return a;
  Poly *opposite = poly_complement(p, a);
  if (opposite->n == 0 || (opposite->n == 1 && mono_is_truth(opposite->at))) return a;
  return poly_complement(p, poly_is_zero(p, a));
}

/* ---- logic ---- */

Poly *poly_logic(Prover *p, Op op, Poly *const *args) {
  Poly *a = truth_of(p, args[0]), *b = op == OP_NOT ? NULL : truth_of(p, args[1]);
  if (op == OP_NOT) return poly_complement(p, a);
  if (op == OP_AND) return poly_times(p, a, b);
  return poly_complement(p, poly_times(p, poly_complement(p, a), poly_complement(p, b)));
}

Poly *poly_where(Prover *p, Poly *condition, const Poly *a, const Poly *b) {
  Poly *c = truth_of(p, condition);
  return poly_plus(p, 1, b, 1, poly_times(p, c, poly_plus(p, 1, a, -1, b)));
}
