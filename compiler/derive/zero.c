/* zero.c: what was not taken has no effect: an adjoint of exactly 0 wins over whatever it is multiplied with.
 *
 * In a model with branches (where, max, guards, select), call a value dead at a point where what is computed from it is
 * not taken. Its number may be anything, infinite or NaN; 0 in its place would give the same results, and so must all
 * derivatives. If in every product of the rule an adjoint of 0 wins over whatever it meets, and so do zeros that come
 * of such an adjoint (a value is called a mask where its zeros may be choices), then, where all values that are not
 * dead are finite,
 *   1. the adjoint of a dead value is exactly 0: it begins with where(c, ȳ, 0), or a guard, and goes on by
 *      products and sums;
 *   2. such a zero, itself a value of the graph that is differentiated next, may get any adjoint at all: that of
 *      z in z*d is ȳ*d, d being dead; but what its adjoint flows into is cut by the same where, and the adjoint
 *      of d is ȳ*z = 0, since z is a mask.
 * So dead values are of two kinds, whose adjoints are of the other kind, and a product of both is 0 at every order.
 * Zeros of other values do not win: infinity times the derivative of exp at -1000 is not known.
 *
 * It is needed only where a factor may be something else than a finite number (graph/hazard.h) while another may be 0:
 * in nearly all models nowhere. Where the factors are of different places, as in a matrix product, a choice under the
 * sum would be no matrix product: there the elements of the wild factor that meet nothing but zeros are made 0 first
 * (OP_KEEP), by the count of those that they meet: a dead value meets none, since all that is computed from it is dead.
 */
#include "derive/sweep.h"
#include "graph/graph.h"
#include "build/build.h"

/* ---- at one place ---- */

static bool is_condition(const Read *d) {
  const Node *n = d->node;
  return n->kind == NODE_MAP && n->integer && op_rows[n->op].truth;
}

static bool is_mask(const Graph *g, const Read *r) { return read_hazards(g, r) & IS_MASK; }

/* May the zeros of `mask` meet what is not finite? */
static bool overrules(const Graph *g, const Read *mask, const Read *x) {
  return is_mask(g, mask) && !read_finite(g, x);
}

/* Is it a number over the number of examples, as the adjoint of a mean is? That is never 0. */
static bool never_zero(const Read *r) {
  const Node *n = r->node;
  double c;
  if (read_constant(r, &c)) return c != 0;
  if (n->kind == NODE_BATCH) return true;
  if (n->kind != NODE_MAP || n->nguards || n->nreduce || !(n->op == OP_PRODUCT || n->op == OP_DIV)) return false;
  for (int k = 0; k < n->nreads; k++)
    if (!never_zero(n->reads[k])) return false;
  return n->scale != 0;
}

/* a * b, where the zeros of a win, those of b, or both. */
static Read *chosen(Graph *g, Read *a, Read *b, bool of_a, bool of_b) {
  of_a = of_a && !never_zero(a), of_b = of_b && !never_zero(b);
  if (!of_a && !of_b) return build_mul(g, a, b);
  Read *product = of_a ? build_op2(g, OP_SELECT, a, b) : build_op2(g, OP_SELECT, b, a);
  return of_a && of_b ? build_op2(g, OP_KEEP, product, b) : product;
}

/* An adjoint that guards choose: they may as well choose the product. True where nothing that it reads needs them. */
static bool apart(Graph *g, const Read *adjoint, Integrand *t) {
  const Node *n = adjoint->node;
  int exposed[MOST_EXPOSED], nexposed = 0;
  if (n->kind != NODE_MAP || n->op != OP_PRODUCT || n->nreduce || !n->nguards ||
      t->nguards + n->nguards > MOST_GUARDS - MAX_AXES)
    return false;
  Subst at = read_subst(adjoint);
  Read **factors = ARENA_ARRAY(g->cx, Read *, n->nreads + 1);
  for (int k = 0; k < n->nreads; k++) {
    factors[k] = read_substitute(g, n->reads[k], &at);
    nexposed = read_exposed(g, factors[k], exposed, nexposed);
  }
  if (nexposed) return false;
  for (int k = 0; k < n->nguards; k++)
    t->guards[t->nguards++] = (Guard){index_substitute(g, n->guards[k].e, &at), n->guards[k].n};
  t->factors[0] = build_product(g, n->scale, n->nreads, factors, 0, NULL, 0, NULL);
  return true;
}

Read *zero_times(Graph *g, Read *adjoint, Read *d) {
  Integrand t = {.scale = 1, .nfactors = 1};
  bool wild = !read_finite(g, d);
  if (wild && apart(g, adjoint, &t)) {
    t.factors[0] = zero_times(g, t.factors[0], d);
    return integrand_sum(g, &t, 0, NULL);
  }
  if (is_condition(d)) return build_op(g, OP_WHERE, (Read *[]){d, adjoint, build_constant(g, 0)});
  return chosen(g, adjoint, d, wild, overrules(g, d, adjoint));
}

Read *zero_select(Graph *g, Read *adjoint, Read *other, int k, const Read *x) {
  bool tame = k == 0 || (read_finite(g, x) && read_finite(g, adjoint));
  return tame ? zero_times(g, adjoint, other) : chosen(g, adjoint, other, true, true);
}

Read *zero_over(Graph *g, Read *adjoint, Read *y, Read *b) {
  bool plain =
    read_finite(g, b) && !(read_hazards(g, b) & MAY_VANISH) && !(y && (!read_finite(g, y) || overrules(g, y, adjoint)));
  if (!plain) return zero_times(g, adjoint, build_div(g, y ? build_scale(g, -1, y) : build_constant(g, 1), b));
  return build_div(g, y ? build_scale(g, -1, build_mul(g, adjoint, y)) : adjoint, b);
}

/* ---- under a sum ---- */

typedef struct Kept { /* a wild factor, opened so that each of its elements is met once */
  Read *factor;
  Subst back; /* of the variables that were made for it, by its indices */
  int summed[2 * MAX_AXES], n;
} Kept;

/* Which axes of the factor are read at a variable that no other axis uses? The others get a variable of their own, and
 * a guard that it is the index. What is left of y's variables is summed. */
static Kept open_factor(Sweep *s, const Opened *o, const Read *f, Integrand *t) {
  Graph *g = s->g;
  Kept kept = {.n = 0};
  Index *index[MAX_AXES] = {NULL};
  int used[MAX_AXES], nused = 0;
  for (int m = 0; m < f->node->naxes; m++) {
    int v;
    if (!index_is_var(f->index[m], &v) || vars_contain(used, nused, v)) continue;
    Axis axis = f->node->axes[m];
    if (axis.kind == AXIS_PLAIN && graph_var_axis(g, v).extent > axis.extent) continue; /* a guard keeps it inside */
    index[m] = f->index[m];
    used[nused++] = v;
  }
  for (int m = 0; m < f->node->naxes; m++) {
    if (index[m]) continue;
    int q = sweep_fresh_var(s, f->node->axes[m]);
    index[m] = index_var(g, q);
    integrand_guard(t, index_combine(g, 1, index[m], -1, f->index[m]));
    subst_add(&kept.back, q, f->index[m]);
  }
  kept.factor = read_make(g, f->node, index);
  for (int k = 0; k < o->y->naxes + o->y->nreduce; k++)
    if (!sweep_is_pin(s, o->vars[k]) && !vars_contain(used, nused, o->vars[k])) kept.summed[kept.n++] = o->vars[k];
  return kept;
}

/* May the zeros of factor k leave out factor `of`? Those of the adjoint may, and those of what was chosen. */
static bool masks(const Graph *g, const Integrand *t, int k, int of) {
  unsigned h = read_hazards(g, t->factors[k]);
  return k != of && (k == 0 ? h & MAY_VANISH : h & IS_MASK);
}

static bool within(const Read *r, const Read *of) {
  int mine[4 * MAX_AXES], its[4 * MAX_AXES], n = read_vars(r, mine, 0), m = read_vars(of, its, 0);
  for (int k = 0; k < n; k++)
    if (!vars_contain(its, m, mine[k])) return false;
  return true;
}

/* 1 where r is not 0: at all places of its node, since a guard may keep r itself inside. */
static Read *met(Graph *g, const Read *r) {
  int vars[MAX_AXES];
  Subst at = {0};
  Read *all = build_op2(g, OP_NE, read_open(g, r->node, vars), build_constant(g, 0));
  for (int k = 0; k < r->node->naxes; k++) subst_add(&at, vars[k], r->index[k]);
  return read_substitute(g, all, &at);
}

static Read *kept_factor(Sweep *s, const Opened *o, const Integrand *t, int which) {
  Graph *g = s->g;
  Integrand meets = {.scale = 1};
  for (int k = 0; k < t->nfactors; k++)
    if (masks(g, t, k, which)) meets.factors[meets.nfactors++] = met(g, t->factors[k]);
  for (int k = 0; k < t->nguards; k++) meets.guards[meets.nguards++] = t->guards[k];
  Kept kept = open_factor(s, o, t->factors[which], &meets);
  Read *count = integrand_sum(g, &meets, kept.n, kept.summed);
  return read_substitute(g, build_op2(g, OP_KEEP, kept.factor, count), &kept.back);
}

void zero_wins(Sweep *s, const Opened *o, Integrand *t) {
  Graph *g = s->g;
  bool done[MOST_FACTORS] = {false}, tame = true;
  for (int k = 0; k < t->nfactors; k++) tame = tame && read_finite(g, t->factors[k]);
  if (tame) return;
  apart(g, t->factors[0], t);
  for (int which = 0; which < t->nfactors; which++) {
    int count = 0, mask = 0;
    Read *f = t->factors[which];
    if (done[which] || read_finite(g, f)) continue;
    done[which] = true;
    for (int k = 0; k < t->nfactors; k++)
      if (masks(g, t, k, which)) count++, mask = k;
    if (!count) continue;
    if (count > 1 || t->nguards || !within(t->factors[mask], f)) {
      t->factors[which] = kept_factor(s, o, t, which);
      continue;
    }
    int last = which > mask ? which : mask, first = which + mask - last;
    bool both = masks(g, t, which, mask) && !read_finite(g, t->factors[mask]);
    t->factors[first] = chosen(g, t->factors[mask], f, true, both);
    t->factors[last] = t->factors[--t->nfactors];
    done[first] = true, done[last] = done[t->nfactors];
    which = -1;
  }
}
