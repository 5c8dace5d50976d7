/* sum.c: the sums of a product, cut into small ones.
 *
 * In: a product whose equalities are solved. Out: what does not depend on the summed variables stands outside of the
 * sum; of three factors or more, two are multiplied first, and summed over what only they use: the pair that makes
 * the smallest array, with the least work. A guard stays with the reads that it protects (build/guard.c). e.g.
 * sum(j,k) a[i,j]*b[j,k]*c[k]  becomes  sum(j) a[i,j]*t[j],  t[j] = sum(k) b[j,k]*c[k]. */
#include "build/product.h"

#include <math.h>

static bool factor_uses_summed(const Product *p, const Read *r) {
  for (int k = 0; k < p->summed.n; k++)
    if (read_uses(r, p->summed.at[k])) return true;
  return false;
}

static bool guard_uses_summed(const Product *p, const Index *e) {
  for (int k = 0; k < p->summed.n; k++)
    if (index_uses(e, p->summed.at[k])) return true;
  return false;
}

void product_drop_idle_summed(Product *p) {
  for (int k = p->summed.n - 1; k >= 0; k--) {
    int var = p->summed.at[k];
    Axis axis = graph_var_axis(p->g, var);
    bool used = false;
    for (int i = 0; i < p->factors.n; i++) used = used || read_uses(p->factors.at[i], var);
    for (int i = 0; i < p->guards.n; i++) used = used || index_uses(p->guards.at[i].e, var);
    if (used && !(axis.kind == AXIS_PLAIN && axis.extent == 1)) continue;
    product_drop_summed(p, var);
    if (used) {
      Subst s = {0};
      subst_add(&s, var, index_constant(p->g, 0));
      product_substitute(p, &s);
    } else if (axis.kind == AXIS_PLAIN) {
      product_scale(p, (double)axis.extent);
    } else if (axis.kind == AXIS_BATCH) {
      VEC_PUSH(p->g->cx, &p->factors, read_make(p->g, build_leaf(p->g, NODE_BATCH, 0, 0, NULL, "n"), NULL));
    } else {
      bug("build", "a sum over a run of parameters that depends on none");
    }
  }
}

/* A guard stays with the reads that it protects, and where reads outside lose one, they get bounds of their own. */
Read *product_pull_out(Product *p) {
  int exposed[MOST_EXPOSED], nexposed = 0;
  Product inner = {.g = p->g, .scale = 1}, outer = {.g = p->g, .scale = p->scale};
  for (int k = 0; k < p->factors.n; k++) {
    Product *q = factor_uses_summed(p, p->factors.at[k]) ? &inner : &outer;
    VEC_PUSH(p->g->cx, &q->factors, p->factors.at[k]);
  }
  for (int k = 0; k < inner.factors.n; k++) nexposed = read_exposed(p->g, inner.factors.at[k], exposed, nexposed);
  int outer_exposed[MOST_EXPOSED], nouter = 0, moved = 0;
  for (int k = 0; k < p->guards.n; k++) {
    if (guard_uses_summed(p, p->guards.at[k].e)) nexposed = guard_exposed(p->g, &p->guards.at[k], exposed, nexposed);
    else nouter = guard_exposed(p->g, &p->guards.at[k], outer_exposed, nouter);
  }
  for (int k = 0; k < outer.factors.n; k++) nouter = read_exposed(p->g, outer.factors.at[k], outer_exposed, nouter);
  for (int k = 0; k < p->guards.n; k++) {
    const Guard *q = &p->guards.at[k];
    bool inside = guard_uses_summed(p, q->e) || guard_protects(q, exposed, nexposed);
    if (inside) VEC_PUSH(p->g->cx, &inner.guards, *q);
    moved += !inside;
    if (!inside || (!guard_uses_summed(p, q->e) && guard_protects(q, outer_exposed, nouter)))
      VEC_PUSH(p->g->cx, &outer.guards, *q);
  }
  if (outer.factors.n == 0 && !moved) return NULL; /* guards that stand on both sides would come out for ever */
  bool left = false;
  for (int k = 0; k < p->guards.n; k++)
    left = left || (guard_uses_summed(p, p->guards.at[k].e) && guard_protects(&p->guards.at[k], outer_exposed, nouter));
  for (int k = 0, n = outer.guards.n; left && k < n; k++) product_add_gathers_bounds(&outer, outer.guards.at[k].e);
  for (int k = 0; left && k < outer.factors.n; k++) product_add_bounds(&outer, outer.factors.at[k]);
  inner.summed.at = p->summed.at, inner.summed.n = inner.summed.cap = p->summed.n;
  VEC_PUSH(p->g->cx, &outer.factors, product_finish(&inner));
  return product_finish(&outer);
}

/* ---- contractions of two ---- */

static int join_vars(const Product *p, int a, int b, int *vars) {
  return read_vars(p->factors.at[b], vars, read_vars(p->factors.at[a], vars, 0));
}

static bool within(const Index *e, const int *vars, int n) {
  int used[2 * MAX_AXES], m = index_vars(e, used, 0);
  for (int i = 0; i < m; i++)
    if (!vars_contain(vars, n, used[i])) return false;
  return true;
}

/* May summed variable v be summed as soon as factors a and b are multiplied? */
static bool only_in_pair(const Product *p, int v, int a, int b, const int *vars, int n) {
  for (int k = 0; k < p->factors.n; k++)
    if (k != a && k != b && read_uses(p->factors.at[k], v)) return false;
  for (int k = 0; k < p->guards.n; k++) {
    if (index_uses(p->guards.at[k].e, v) && !within(p->guards.at[k].e, vars, n)) return false;
  }
  return true;
}

static int pair_exposed(const Product *p, int a, int b, int *exposed) {
  int n = read_exposed(p->g, p->factors.at[b], exposed, read_exposed(p->g, p->factors.at[a], exposed, 0));
  for (int k = 0; k < p->guards.n; k++) n = guard_exposed(p->g, &p->guards.at[k], exposed, n);
  return n;
}

/* INFINITY where a guard that protects the pair's reads depends on more than the pair. */
static double pair_cost(const Product *p, int a, int b) {
  int vars[2 * MAX_AXES], n = join_vars(p, a, b, vars), exposed[MOST_EXPOSED], m = pair_exposed(p, a, b, exposed);
  for (int k = 0; k < p->guards.n; k++)
    if (guard_protects(&p->guards.at[k], exposed, m) && !within(p->guards.at[k].e, vars, n)) return INFINITY;
  double result = 1, work = 1;
  for (int k = 0; k < n; k++) {
    double extent = product_extent(p->g, vars[k]);
    work *= extent;
    if (!(product_sums(p, vars[k]) && only_in_pair(p, vars[k], a, b, vars, n))) result *= extent;
  }
  return result * 1e3 + work;
}

/* Multiplies the cheapest pair of three factors or more, and sums what only they use. False where no pair can be. */
static bool contract_pair(Product *p) {
  int a = 0, b = 1;
  double best = INFINITY;
  for (int i = 0; i < p->factors.n; i++)
    for (int j = i + 1; j < p->factors.n; j++) {
      double cost = pair_cost(p, i, j);
      if (cost < best) best = cost, a = i, b = j;
    }
  if (best == INFINITY) return false;
  int vars[2 * MAX_AXES], n = join_vars(p, a, b, vars), exposed[MOST_EXPOSED], m = pair_exposed(p, a, b, exposed);
  Product pair = {.g = p->g, .scale = 1};
  VEC_PUSH(p->g->cx, &pair.factors, p->factors.at[a]);
  VEC_PUSH(p->g->cx, &pair.factors, p->factors.at[b]);
  for (int k = 0; k < n; k++)
    if (product_sums(p, vars[k]) && only_in_pair(p, vars[k], a, b, vars, n)) VEC_PUSH(p->g->cx, &pair.summed, vars[k]);
  int kept = 0;
  for (int k = 0; k < p->guards.n; k++) {
    const Guard q = p->guards.at[k];
    bool summed = guard_uses_summed(&pair, q.e);
    if (summed || guard_protects(&q, exposed, m)) VEC_PUSH(p->g->cx, &pair.guards, q);
    if (!summed) p->guards.at[kept++] = q;
  }
  p->guards.n = kept;
  for (int k = 0; k < pair.summed.n; k++) product_drop_summed(p, pair.summed.at[k]);
  Read *made = product_finish(&pair);
  p->factors.at[a] = made;
  p->factors.at[b] = p->factors.at[--p->factors.n];
  return true;
}

/* Two factors whose sum an equality spreads (the gradient of E in W @ E[w]): their own sum first, a matrix product, and
 * the result of that is spread. */
static bool scatters_product(const Product *p) {
  bool equality = false;
  if (p->factors.n != 2) return false;
  int vars[2 * MAX_AXES], n = join_vars(p, 0, 1, vars);
  for (int k = 0; k < p->guards.n;
       k++) /* one that stays outside: it places the sum on an axis that neither factor has */
    equality = equality || (p->guards.at[k].n == 1 && !within(p->guards.at[k].e, vars, n));
  for (int k = 0; k < n && equality; k++)
    if (product_sums(p, vars[k]) && only_in_pair(p, vars[k], 0, 1, vars, n)) return true;
  return false;
}

void product_contract(Product *p) {
  while ((p->factors.n > 2 || scatters_product(p)) && contract_pair(p)) {}
}
