/* same.c: when two normal forms are the same up to the names of bound variables.
 *
 * A hash that does not see the names tells nearly all different ones apart. Then the bound variables of one are
 * matched with those of the other that are used in the same way (the hash with that variable marked), and the bodies
 * are compared under the match. */
#include "prove/normal.h"

#include <math.h>
#include <string.h>

/* ---- hashing ---- */

typedef struct Scope { /* variables that are bound around here */
  const struct Scope *up;
  const int *vars;
  int n, depth, marked; /* marked: a variable told apart from the others, or -1 */
  bool blind;           /* free variables have no names either */
} Scope;

static uint64_t mix(uint64_t h, uint64_t x) {
  h ^= x + 0x9e3779b97f4a7c15u + (h << 6) + (h >> 2);
  h *= 0xff51afd7ed558ccdu;
  return h ^ (h >> 29);
}

static uint64_t hash_var(Prover *p, int var, const Scope *s) {
  const Scope *top = s;
  Axis axis = graph_var_axis(p->g, var);
  for (; s; s = s->up)
    for (int k = 0; k < s->n; k++)
      if (s->vars[k] == var)
        return mix(mix(var == s->marked ? 3 : 2, (uint64_t)axis.extent), top->blind ? 0 : (uint64_t)s->depth);
  return top && top->blind ? mix(2, (uint64_t)axis.extent) : mix(1, (uint64_t)var);
}

static uint64_t hash_index(Prover *p, const Index *e, const Scope *s);

static uint64_t hash_place(Prover *p, const Node *node, Index *const *index, const Scope *s) {
  uint64_t h = mix(11, (uint64_t)node->id);
  for (int k = 0; k < node->naxes; k++) h = mix(h, hash_index(p, index[k], s));
  return h;
}

static uint64_t hash_index(Prover *p, const Index *e, const Scope *s) {
  uint64_t sum = 0;
  for (int i = 0; i < e->n; i++) {
    const Term *t = &e->terms[i];
    uint64_t h = t->gather ? hash_place(p, t->gather->node, t->gather->index, s) : hash_var(p, t->var, s);
    sum += mix(mix(h, 5), (uint64_t)t->coef);
  }
  return mix(mix(sum, (uint64_t)e->offset), (uint64_t)e->divisor);
}

static uint64_t hash_number(double x) {
  uint64_t bits;
  float rounded = (float)x;
  double wide = rounded == 0 ? 0 : rounded;
  memcpy(&bits, &wide, sizeof bits);
  return mix(17, bits);
}

static uint64_t hash_poly(Prover *p, const Poly *a, const Scope *s);

static uint64_t hash_atom(Prover *p, const Atom *a, const Scope *s) {
  uint64_t h = mix((uint64_t)a->kind + 100, (uint64_t)a->op);
  if (!prover_burn(p, 1)) return 0;
  if (a->kind == ATOM_LEAF) return hash_place(p, a->node, a->index, s);
  if (a->kind == ATOM_INDEX) return mix(h, hash_index(p, a->index[0], s));
  Scope inner = {s, a->bound, a->nbound, s ? s->depth + 1 : 0, s ? s->marked : -1, s && s->blind};
  h = mix(h, (uint64_t)a->reduction);
  for (int k = 0; k < a->nargs; k++) h = mix(h, hash_poly(p, a->args[k], &inner));
  return h;
}

static uint64_t hash_mono(Prover *p, const Mono *m, const Scope *up, int marked, bool blind) {
  Scope s = {up, m->bound, m->nbound, up ? up->depth + 1 : 0, marked, blind};
  uint64_t sum = 0;
  for (int k = 0; k < m->nfactors; k++)
    sum += mix(hash_atom(p, m->factors[k].atom, &s), hash_number(m->factors[k].power));
  for (int k = 0; k < m->nguards; k++) sum += mix(mix(hash_index(p, m->guards[k].e, &s), 23), (uint64_t)m->guards[k].n);
  return mix(sum, (uint64_t)m->nbound);
}

static uint64_t hash_poly(Prover *p, const Poly *a, const Scope *s) {
  uint64_t sum = 0;
  for (int k = 0; k < a->n; k++)
    sum += mix(hash_mono(p, &a->at[k], s, s ? s->marked : -1, s && s->blind), hash_number(a->at[k].coef));
  return mix(sum, 29);
}

uint64_t mono_hash(Prover *p, const Mono *m) { return hash_mono(p, m, NULL, -1, false); }
uint64_t mono_shape(Prover *p, const Mono *m) { return hash_mono(p, m, NULL, -1, true); }

int index_order(Prover *p, const Index *a, const Index *b) {
  Scope blind = {NULL, NULL, 0, 0, -1, true};
  uint64_t ha = hash_index(p, a, &blind), hb = hash_index(p, b, &blind);
  if (ha == hb) ha = hash_index(p, a, NULL), hb = hash_index(p, b, NULL);
  return ha < hb ? -1 : ha > hb;
}

/* ---- comparing under a match of bound variables ---- */

typedef struct Match {
  const struct Match *up;
  int a, b;
} Match;

static bool same_var(int a, int b, const Match *m) {
  for (; m; m = m->up)
    if (m->a == a || m->b == b) return m->a == a && m->b == b;
  return a == b;
}

static bool same_index(const Index *a, const Index *b, const Match *m);

static bool same_place(const Node *na, Index *const *a, const Node *nb, Index *const *b, const Match *m) {
  if (na != nb) return false;
  for (int k = 0; k < na->naxes; k++)
    if (!same_index(a[k], b[k], m)) return false;
  return true;
}

static bool same_term(const Term *a, const Term *b, const Match *m) {
  if (a->coef != b->coef || (a->gather != NULL) != (b->gather != NULL)) return false;
  if (!a->gather) return same_var(a->var, b->var, m);
  return same_place(a->gather->node, a->gather->index, b->gather->node, b->gather->index, m);
}

static bool same_index(const Index *a, const Index *b, const Match *m) {
  if (a->offset != b->offset || a->divisor != b->divisor || a->n != b->n) return false;
  for (int i = 0; i < a->n; i++) {
    int j = 0;
    while (j < b->n && !same_term(&a->terms[i], &b->terms[j], m)) j++;
    if (j == b->n) return false;
  }
  return true;
}

static bool equal_poly(Prover *p, const Poly *a, const Poly *b, const Match *m);

static bool equal_bound_atom(Prover *p, const Atom *a, const Atom *b, int k, const Match *m) {
  if (k == a->nbound) return equal_poly(p, a->args[0], b->args[0], m);
  if (graph_var_axis(p->g, a->bound[k]).extent != graph_var_axis(p->g, b->bound[k]).extent) return false;
  Match next = {m, a->bound[k], b->bound[k]}; /* the order of reduced variables is meaning: of an argmax */
  return equal_bound_atom(p, a, b, k + 1, &next);
}

static bool equal_atom(Prover *p, const Atom *a, const Atom *b, const Match *m) {
  if (a == b && !m) return true;
  if (!prover_burn(p, 1) || a->kind != b->kind || a->op != b->op || a->nargs != b->nargs) return false;
  if (a->kind == ATOM_LEAF) return same_place(a->node, a->index, b->node, b->index, m);
  if (a->kind == ATOM_INDEX) return same_index(a->index[0], b->index[0], m);
  if (a->kind == ATOM_REDUCE)
    return a->reduction == b->reduction && a->nbound == b->nbound && equal_bound_atom(p, a, b, 0, m);
  for (int k = 0; k < a->nargs; k++)
    if (!equal_poly(p, a->args[k], b->args[k], m)) return false;
  return true;
}

#define MOST_FACTORS 64

static bool equal_body(Prover *p, const Mono *a, const Mono *b, const Match *m) {
  bool used[MOST_FACTORS] = {false};
  for (int i = 0; i < a->nfactors; i++) {
    int j = 0;
    while (j < b->nfactors && (used[j] || a->factors[i].power != b->factors[j].power ||
                               !equal_atom(p, a->factors[i].atom, b->factors[j].atom, m)))
      j++;
    if (j == b->nfactors) return false;
    used[j] = true;
  }
  for (int i = 0; i < a->nguards; i++) {
    int j = 0;
    while (j < b->nguards && (a->guards[i].n != b->guards[j].n || !same_index(a->guards[i].e, b->guards[j].e, m))) j++;
    if (j == b->nguards) return false;
  }
  return true;
}

/* Matches bound variable k of a, and those after it, with free ones of b, by extent and by use. */
static bool equal_bound(Prover *p, const Mono *a, const Mono *b, int k, unsigned taken, const uint64_t *use_a,
                        const uint64_t *use_b, const Match *m) {
  if (k == a->nbound) return equal_body(p, a, b, m);
  for (int j = 0; j < b->nbound; j++) {
    if (taken >> j & 1 || use_a[k] != use_b[j]) continue;
    Match next = {m, a->bound[k], b->bound[j]};
    if (equal_bound(p, a, b, k + 1, taken | 1u << j, use_a, use_b, &next)) return true;
    if (!prover_burn(p, 1)) return false;
  }
  return false;
}

/* How each bound variable is used, seen without the names of any other: those outside are not matched by name here. */
static void uses_of(Prover *p, const Mono *m, uint64_t *use) {
  for (int k = 0; k < m->nbound; k++) use[k] = m->nbound > 1 ? hash_mono(p, m, NULL, m->bound[k], true) : 0;
}

static bool equal_mono(Prover *p, const Mono *a, const Mono *b, const Match *m) {
  uint64_t use_a[2 * MAX_AXES], use_b[2 * MAX_AXES];
  if (a->nfactors != b->nfactors || a->nbound != b->nbound || a->nguards != b->nguards) return false;
  if (a->nfactors > MOST_FACTORS || a->nbound > 16) p->failed = true;
  if (!prover_burn(p, 1)) return false;
  uses_of(p, a, use_a);
  uses_of(p, b, use_b);
  if (a->nbound == 1 && graph_var_axis(p->g, a->bound[0]).extent != graph_var_axis(p->g, b->bound[0]).extent)
    return false;
  return equal_bound(p, a, b, 0, 0, use_a, use_b, m);
}

static bool equal_poly(Prover *p, const Poly *a, const Poly *b, const Match *m) {
  if (a->n != b->n || a->n > 1024) return false;
  bool used[1024];
  memset(used, 0, (size_t)a->n);
  for (int i = 0; i < a->n; i++) {
    int j = 0;
    while (j < b->n && (used[j] || a->at[i].coef != b->at[j].coef || !equal_mono(p, &a->at[i], &b->at[j], m))) j++;
    if (j == b->n) return false;
    used[j] = true;
  }
  return true;
}

bool same_atom(Prover *p, const Atom *a, const Atom *b) { return equal_atom(p, a, b, NULL); }
bool same_poly(Prover *p, const Poly *a, const Poly *b) { return a == b || equal_poly(p, a, b, NULL); }
bool same_mono(Prover *p, const Mono *a, const Mono *b) { return a->hash == b->hash && equal_mono(p, a, b, NULL); }

/* ---- which variables are used ---- */

static bool index_uses_any(const Index *e, const int *vars, int n) {
  for (int k = 0; k < n; k++)
    if (index_uses(e, vars[k])) return true;
  return false;
}

bool atom_uses(const Atom *a, const int *vars, int n) {
  int nindex = a->kind == ATOM_LEAF ? a->node->naxes : a->kind == ATOM_INDEX ? 1 : 0;
  for (int k = 0; k < nindex; k++)
    if (index_uses_any(a->index[k], vars, n)) return true;
  for (int k = 0; k < a->nargs; k++)
    if (poly_uses(a->args[k], vars, n)) return true;
  return false;
}

bool poly_uses(const Poly *a, const int *vars, int n) {
  for (int i = 0; i < a->n; i++) {
    const Mono *m = &a->at[i];
    for (int k = 0; k < m->nfactors; k++)
      if (atom_uses(m->factors[k].atom, vars, n)) return true;
    for (int k = 0; k < m->nguards; k++)
      if (index_uses_any(m->guards[k].e, vars, n)) return true;
  }
  return false;
}
