/* terms.c: sums of products, as lists; multiplied out, like terms joined, and built again with common factors outside.
 *
 * In: terms. Out: an open read. e.g. (1 - y)*s/n - y*(1 - s)/n is the terms s/n, -y*s/n, -y/n, y*s/n; two of them
 * cancel, and s/n - y/n is built as (s - y)/n. Nothing of it depends on what a factor is. */
#include "simplify/terms.h"
#include "build/build.h"

#include <math.h>
#include <string.h>

/* ---- lists of terms ---- */

Terms terms_of_constant(double value) {
  Terms t = {.n = value != 0};
  t.at[0].scale = value;
  return t;
}

Terms terms_of_atom(Read *atom) {
  Terms t = terms_of_constant(1);
  t.at[0].natoms = 1, t.at[0].atoms[0] = atom;
  return t;
}

static int find_atom(const Monomial *m, const Read *atom) {
  for (int k = 0; k < m->natoms; k++)
    if (read_equal(m->atoms[k], atom)) return k;
  return -1;
}

static void remove_atom(Monomial *m, const Read *atom) {
  int k = find_atom(m, atom);
  m->atoms[k] = m->atoms[--m->natoms];
}

static bool has_guard(const Monomial *m, const Guard *q) {
  for (int k = 0; k < m->nguards; k++)
    if (m->guards[k].n == q->n && index_equal(m->guards[k].e, q->e)) return true;
  return false;
}

static bool same_guards(const Monomial *a, const Monomial *b) {
  for (int k = 0; k < a->nguards; k++)
    if (!has_guard(b, &a->guards[k])) return false;
  return a->nguards == b->nguards;
}

static bool like_terms(const Monomial *a, const Monomial *b) {
  if (a->natoms != b->natoms || !same_guards(a, b)) return false;
  Monomial rest = *b;
  for (int k = 0; k < a->natoms; k++) {
    if (find_atom(&rest, a->atoms[k]) < 0) return false;
    remove_atom(&rest, a->atoms[k]);
  }
  return true;
}

static bool add_monomial(Terms *sum, const Monomial *m) {
  int k = 0;
  while (k < sum->n && !like_terms(&sum->at[k], m)) k++;
  if (k == sum->n) {
    if (k == MOST_TERMS) return false;
    sum->at[sum->n++] = *m;
    return true;
  }
  sum->at[k].scale += m->scale;
  if (sum->at[k].scale != 0) return true;
  sum->n--; /* the order of the others stays: it is that in which they are added */
  memmove(&sum->at[k], &sum->at[k + 1], sizeof *sum->at * (size_t)(sum->n - k));
  return true;
}

bool terms_add(Terms *sum, const Terms *more, double scale) {
  for (int k = 0; k < more->n; k++) {
    Monomial m = more->at[k];
    m.scale *= scale;
    if (!add_monomial(sum, &m)) return false;
  }
  return true;
}

static bool add_guard(Monomial *m, Guard q) {
  if (has_guard(m, &q)) return true;
  if (m->nguards == MOST_TERM_GUARDS) return false;
  m->guards[m->nguards++] = q;
  return true;
}

bool terms_add_guard(Terms *t, Guard q) {
  for (int k = 0; k < t->n; k++)
    if (!add_guard(&t->at[k], q)) return false;
  return true;
}

static bool multiply(Monomial *a, const Monomial *b) {
  if (a->natoms + b->natoms > MOST_ATOMS) return false;
  for (int k = 0; k < b->natoms; k++) a->atoms[a->natoms++] = b->atoms[k];
  a->scale *= b->scale;
  for (int k = 0; k < b->nguards; k++)
    if (!add_guard(a, b->guards[k])) return false;
  return true;
}

bool terms_multiply(Terms *product, const Terms *by) {
  Terms all = {0};
  for (int i = 0; i < product->n; i++)
    for (int j = 0; j < by->n; j++) {
      Monomial m = product->at[i];
      if (!multiply(&m, &by->at[j]) || !add_monomial(&all, &m)) return false;
    }
  *product = all;
  return true;
}

/* ---- what may stand outside ---- */

/* Inside of its array whatever guards say, so that it may leave them. */
static bool always_inside(Graph *g, const Read *r) {
  for (int k = 0; k < r->node->naxes; k++) {
    const Axis *axis = &r->node->axes[k];
    double lo, hi;
    int v;
    if (axis->kind != AXIS_PLAIN) {
      if (!index_is_var(r->index[k], &v)) return false;
      continue;
    }
    if (r->index[k]->divisor != 1 || !index_range(g, r->index[k], NULL, &lo, &hi)) return false;
    if (lo < 0 || hi >= (double)axis->extent) return false;
  }
  return true;
}

static bool unguarded(const Terms *t) {
  for (int k = 0; k < t->n; k++)
    if (t->at[k].nguards) return false;
  return true;
}

static int terms_with(const Terms *t, const Read *atom) {
  int n = 0;
  for (int k = 0; k < t->n; k++) n += find_atom(&t->at[k], atom) >= 0;
  return n;
}

/* The factor that most terms share, two at least; NULL: none. */
static Read *most_shared(Graph *g, const Terms *t) {
  Read *best = NULL;
  int most = 1;
  for (int k = 0; k < t->n; k++)
    for (int i = 0; i < t->at[k].natoms; i++) {
      Read *atom = t->at[k].atoms[i];
      int n = terms_with(t, atom);
      if (n > most && (unguarded(t) || always_inside(g, atom))) best = atom, most = n;
    }
  return best;
}

/* What all terms are times of. */
static double common_scale(const Terms *t) {
  double scale = t->at[0].scale;
  bool negative = true;
  for (int k = 0; k < t->n; k++) {
    negative = negative && t->at[k].scale < 0;
    if (fabs(t->at[k].scale) != fabs(scale)) scale = 1;
  }
  return negative ? -fabs(scale) : fabs(scale);
}

/* ---- built ---- */

typedef struct Build {
  Graph *g;
  const TermMap *map;
} Build;

static Read *mapped(const Build *b, Read *r) { return b->map ? b->map->read(b->map->of, r) : r; }

/* The array that r is one over; NULL where it is not that. (One over a single number stays a factor: it is computed
 * once.) */
static Read *one_over(Graph *g, const Read *r) {
  double one;
  if (r->node->kind != NODE_MAP || r->node->op != OP_DIV || r->node->naxes == 0) return NULL;
  return read_constant(read_operand(g, r, 0), &one) && one == 1 ? read_operand(g, r, 1) : NULL;
}

static Read *build_monomial(const Build *b, const Monomial *m, double scale) {
  Read *atoms[MOST_ATOMS] = {NULL}, *below[MOST_ATOMS] = {NULL};
  Guard guards[MOST_TERM_GUARDS] = {{NULL, 0}};
  int natoms = 0, nbelow = 0;
  for (int k = 0; k < m->natoms; k++) {
    Read *over = m->natoms > 1 && !m->nguards ? one_over(b->g, m->atoms[k]) : NULL;
    if (over) below[nbelow++] = mapped(b, over);
    else atoms[natoms++] = mapped(b, m->atoms[k]);
  }
  for (int k = 0; k < m->nguards; k++) {
    guards[k] = m->guards[k];
    if (b->map) guards[k].e = b->map->index(b->map->of, guards[k].e);
  }
  Read *made = build_product(b->g, scale, natoms, atoms, m->nguards, guards, 0, NULL);
  for (int k = 0; k < nbelow; k++) made = build_div(b->g, made, below[k]);
  return made;
}

static Read *build_terms(const Build *b, const Terms *sum, double scale);

/* scale * a, added to or taken off what is there. */
static Read *join(Graph *g, Read *there, Read *a, double scale) {
  if (!there) return scale == 1 ? a : build_scale(g, scale, a);
  if (fabs(scale) != 1) a = build_scale(g, fabs(scale), a);
  return scale < 0 ? build_sub(g, there, a) : build_add(g, there, a);
}

/* Terms one after the other, those that are taken off last; a softplus or a sigmoid before all others, so that what is
 * taken off it is taken off exactly (simplify/float.c). */
static int rank(const Monomial *m) {
  if (m->scale < 0) return 2;
  for (int k = 0; k < m->natoms; k++) {
    const Node *n = m->atoms[k]->node;
    if (n->kind == NODE_MAP && (n->op == OP_SOFTPLUS || n->op == OP_SIGMOID)) return 0;
  }
  return 1;
}

static Read *build_in_order(const Build *b, const Terms *t, Read *there) {
  for (int r = 0; r <= 2; r++)
    for (int k = 0; k < t->n; k++)
      if (rank(&t->at[k]) == r) there = join(b->g, there, build_monomial(b, &t->at[k], 1), t->at[k].scale);
  return there;
}

static Read *build_times(const Build *b, double scale, Read *atom, const Terms *t) {
  Read *below = one_over(b->g, atom);
  if (below) return build_div(b->g, build_terms(b, t, scale), mapped(b, below));
  Read *factors[2] = {mapped(b, atom), build_terms(b, t, 1)};
  return build_product(b->g, scale, 2, factors, 0, NULL, 0, NULL);
}

/* scale * (atom * (the terms with it) + the others). */
static Read *build_split(const Build *b, const Terms *t, Read *atom, double scale) {
  Terms with = {0}, without = {0};
  for (int k = 0; k < t->n; k++) {
    Terms *to = find_atom(&t->at[k], atom) >= 0 ? &with : &without;
    to->at[to->n++] = t->at[k];
  }
  for (int k = 0; k < with.n; k++) remove_atom(&with.at[k], atom);
  double common = common_scale(&with);
  for (int k = 0; k < with.n; k++) with.at[k].scale /= common;
  if (!without.n) return build_times(b, scale * common, atom, &with);
  Read *rest = build_terms(b, &without, 1), *product = build_times(b, fabs(common), atom, &with);
  Read *sum = common < 0 ? build_sub(b->g, rest, product) : build_add(b->g, product, rest);
  return scale == 1 ? sum : build_scale(b->g, scale, sum);
}

/* ---- 1 - a as a factor ---- */

static int power_of(const Monomial *m, const Read *atom) {
  int power = 0;
  for (int k = 0; k < m->natoms; k++) power += read_equal(m->atoms[k], atom);
  return power;
}

static Monomial times_power(Monomial m, Read *atom, int power) {
  while (m.natoms && find_atom(&m, atom) >= 0) remove_atom(&m, atom);
  for (int k = 0; k < power; k++) m.atoms[m.natoms++] = atom;
  return m;
}

/* sum / (1 - a), where that leaves nothing: of c0 + c1 a + c2 a^2 ..., with c0 + c1 + c2 ... = 0, that is
 * c0 + (c0 + c1) a + (c0 + c1 + c2) a^2 ... */
static bool divide(const Terms *sum, Read *atom, Terms *quotient) {
  Terms rest = {.n = 0};
  int degree = 0;
  *quotient = rest;
  for (int k = 0; k < sum->n; k++) {
    int power = power_of(&sum->at[k], atom);
    if (power > degree) degree = power;
  }
  for (int power = 0; power <= degree; power++) {
    for (int k = 0; k < sum->n; k++) {
      Monomial m = times_power(sum->at[k], atom, 0);
      if (power_of(&sum->at[k], atom) == power && !add_monomial(&rest, &m)) return false;
    }
    for (int k = 0; power < degree && k < rest.n; k++) {
      if (rest.at[k].natoms + power > MOST_ATOMS) return false;
      Monomial m = times_power(rest.at[k], atom, power);
      if (!add_monomial(quotient, &m)) return false;
    }
  }
  return degree && rest.n == 0;
}

/* x - a x - y + a y = (1 - a)(x - y), 1 - 3 a + 2 a^2 = (1 - a)(1 - 2 a), as derivatives by way of gates have it. */
static Read *build_by_complement(const Build *b, const Terms *sum, double scale) {
  if (sum->n < 3 || !unguarded(sum)) return NULL;
  for (int k = 0; k < sum->n; k++)
    for (int i = 0; i < sum->at[k].natoms; i++) {
      Read *atom = sum->at[k].atoms[i];
      Terms quotient, complement = terms_of_constant(1), a = terms_of_atom(atom);
      if (!divide(sum, atom, &quotient)) continue;
      terms_add(&complement, &a, -1);
      Read *factors[2] = {build_terms(b, &complement, 1), build_terms(b, &quotient, 1)};
      return build_product(b->g, scale, 2, factors, 0, NULL, 0, NULL);
    }
  return NULL;
}

static Read *build_terms(const Build *b, const Terms *sum, double scale) {
  if (sum->n == 0) return build_constant(b->g, 0);
  if (sum->n == 1) return build_monomial(b, &sum->at[0], sum->at[0].scale * scale);
  double common = common_scale(sum);
  if (common != 1) {
    Terms t = *sum;
    for (int k = 0; k < t.n; k++) t.at[k].scale /= common;
    return build_terms(b, &t, scale * common);
  }
  Read *by_complement = build_by_complement(b, sum, scale);
  if (by_complement) return by_complement;
  Read *atom = most_shared(b->g, sum);
  if (atom) return build_split(b, sum, atom, scale);
  return build_scale(b->g, scale, build_in_order(b, sum, NULL));
}

Read *terms_build(Graph *g, const Terms *sum, const TermMap *map) {
  Build b = {g, map};
  return build_terms(&b, sum, 1);
}
