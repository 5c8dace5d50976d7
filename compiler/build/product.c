/* product.c: the product builder: scale * sum over variables of a product of reads, where guards hold.
 *
 * In: factors, guards and summed variables, open. Out: an open read of a node, or of several.
 *
 * It is the one linear statement of the language of graphs, so all that makes derivatives small happens here, in
 * this order:
 *   flatten     factors that are products themselves are taken apart where that lets an equality or a sum act
 *   guards      what always holds is dropped; what never holds makes the whole 0 (build/guard.c)
 *   mixed radix [k = 2*i + u] with u < 2 cuts axis k in two, and the result is a reshape (build/radix.c)
 *   solve       an equality with a summed variable is solved for it: [k = i + u - 1] turns i into k - u + 1
 *   pull out    factors without summed variables leave the sum (build/sum.c)
 *   contract    three factors and more are summed two by two, cheapest first (build/sum.c)
 * e.g. sum(i,u) d[i]*K[u] * [k = i + u]  becomes  sum(u : 0 <= k-u < n) d[k-u]*K[u]. */
#include "build/product.h"

/* ---- flatten ---- */

static bool is_product(const Node *n) { return n->kind == NODE_MAP && n->op == OP_PRODUCT && n->reduction == RED_NONE; }

static bool has_equality(const Node *n) {
  for (int k = 0; k < n->nguards; k++)
    if (n->guards[k].n == 1) return true;
  return false;
}

/* An outer product inside of a sum is larger than its factors: better not to make it. */
static bool grows(const Node *n) {
  for (int k = 0; k < n->nreads; k++) {
    int vars[2 * MAX_AXES];
    if (read_vars(n->reads[k], vars, 0) >= n->naxes) return false;
  }
  return n->nreads > 1;
}

static bool take_apart(const Product *p, const Read *r) {
  const Node *n = r->node;
  if (!is_product(n)) return false;
  return n->nreads <= 1 || has_equality(n) || (p->summed.n && grows(n));
}

static void add_factor(Product *p, Read *r);

void product_scale(Product *p, double by) {
  double scale;
  if (!p->g->exact) p->scale *= by;
  else if (number_product(p->scale, by, &scale)) p->scale = scale;
  else VEC_PUSH(p->g->cx, &p->factors, build_constant(p->g, by)); /* as a factor it is not rounded */
}

static void add_inside(Product *p, const Read *r) {
  const Node *n = r->node;
  Subst s = read_subst(r);
  product_scale(p, n->scale);
  for (int k = 0; k < n->nguards; k++) product_add_guard(p, index_substitute(p->g, n->guards[k].e, &s), n->guards[k].n);
  for (int k = 0; k < n->nreads; k++) add_factor(p, read_substitute(p->g, n->reads[k], &s));
}

/* 1[a == b] of two integers is an equality guard. */
static bool add_equality(Product *p, const Read *r) {
  const Node *n = r->node;
  if (n->kind != NODE_MAP || n->op != OP_EQ) return false;
  for (int k = 0; k < 2; k++)
    if (!n->reads[k]->node->integer) return false;
  Subst s = read_subst(r);
  Index *a = index_gather(p->g, read_substitute(p->g, n->reads[0], &s));
  Index *b = index_gather(p->g, read_substitute(p->g, n->reads[1], &s));
  product_add_guard(p, index_combine(p->g, 1, a, -1, b), 1);
  return true;
}

static void add_factor(Product *p, Read *r) {
  r = read_through(p->g, r);
  if (take_apart(p, r)) add_inside(p, r);
  else if (!add_equality(p, r)) VEC_PUSH(p->g->cx, &p->factors, r);
}

/* ---- variables ---- */

void product_substitute(Product *p, const Subst *s) {
  for (int k = 0; k < p->factors.n; k++) p->factors.at[k] = read_substitute(p->g, p->factors.at[k], s);
  for (int k = 0; k < p->guards.n; k++) p->guards.at[k].e = index_substitute(p->g, p->guards.at[k].e, s);
}

bool product_sums(const Product *p, int var) { return vars_contain(p->summed.at, p->summed.n, var); }

void product_drop_summed(Product *p, int var) {
  int n = 0;
  for (int k = 0; k < p->summed.n; k++)
    if (p->summed.at[k] != var) p->summed.at[n++] = p->summed.at[k];
  p->summed.n = n;
}

double product_extent(const Graph *g, int var) {
  Axis a = graph_var_axis(g, var);
  return a.kind == AXIS_PLAIN ? (double)a.extent : 64; /* a guess for the batch: costs only */
}

/* ---- solve ---- */

/* c*b - c*b' = 0 of two examples: an example is known by its variable only, never by a value of the model. */
static bool names_example(const Graph *g, const Index *e) {
  if (e->n != 2 || e->offset || e->divisor != 1 || e->terms[0].coef != -e->terms[1].coef) return false;
  for (int i = 0; i < 2; i++)
    if (e->terms[i].gather || graph_var_axis(g, e->terms[i].var).kind == AXIS_PLAIN) return false;
  return true;
}

enum { MOST_STRIDE = 1 << 16 };

/* The summed variable for which equality e = 0 is best solved: coefficient 1 before others, then the largest extent. */
static int solvable(const Product *p, const Index *e) {
  int best = -1;
  double best_cost = -1;
  for (int i = 0; i < e->n; i++) {
    const Term *t = &e->terms[i];
    if (t->gather || !product_sums(p, t->var) || index_uses_in_gather(e, t->var)) continue;
    if (t->coef > MOST_STRIDE || t->coef < -MOST_STRIDE)
      continue; /* over it, other coefficients might not fit 64 bits */
    bool plain = graph_var_axis(p->g, t->var).kind == AXIS_PLAIN;
    bool unit = t->coef == 1 || t->coef == -1;
    if (!plain && !names_example(p->g, e)) continue;
    double cost = product_extent(p->g, t->var) + (unit ? 1e12 : 0) + (plain ? 0 : 1e13);
    if (cost > best_cost) best = t->var, best_cost = cost;
  }
  return best;
}

static void solve_for(Product *p, int guard, int var) {
  Graph *g = p->g;
  const Index *e = p->guards.at[guard].e; /* c*var + rest = 0, so var = rest / -c */
  int64_t c = index_coef(e, var);
  Index *rest = index_combine(g, 1, e, -c, index_var(g, var));
  Index *value = index_divide(g, rest, -c);
  Axis axis = graph_var_axis(g, var);
  p->guards.at[guard] = p->guards.at[--p->guards.n];
  product_drop_summed(p, var);
  Subst s = {0};
  subst_add(&s, var, value);
  product_substitute(p, &s);
  if (axis.kind == AXIS_PLAIN) product_add_guard(p, value, axis.extent);
}

static bool solve_one(Product *p) {
  for (int k = 0; k < p->guards.n; k++) {
    if (p->guards.at[k].n != 1) continue;
    int var = solvable(p, p->guards.at[k].e);
    if (var < 0) continue;
    solve_for(p, k, var);
    return true;
  }
  return false;
}

Read *product_solve(Product *p) {
  if (!product_drop_guards(p) || p->scale == 0) return build_constant(p->g, 0);
  Read *r = p->summed.n ? product_solve_radix(p) : NULL;
  if (r) return r;
  while (p->summed.n && solve_one(p))
    if (!product_drop_guards(p)) return build_constant(p->g, 0);
  return product_finish(p);
}

/* ---- the node ---- */

/* Reduced variables in the order of their ids, so that equal sums are equal nodes. */
static void sort_summed(Product *p) {
  for (int i = 1; i < p->summed.n; i++)
    for (int j = i; j > 0 && p->summed.at[j] < p->summed.at[j - 1]; j--) {
      int t = p->summed.at[j];
      p->summed.at[j] = p->summed.at[j - 1];
      p->summed.at[j - 1] = t;
    }
}

Read *product_finish(Product *p) {
  product_drop_idle_summed(p);
  if (!product_drop_guards(p) || p->scale == 0) return build_constant(p->g, 0);
  if (p->summed.n) {
    Read *outside = product_pull_out(p);
    if (outside) return outside;
    product_contract(p);
  }
  if (p->factors.n == 1 && p->scale == 1 && !p->guards.n && !p->summed.n) return p->factors.at[0];
  product_sort_guards(p);
  sort_summed(p);
  Node n = {.op = OP_PRODUCT,
            .reduction = p->summed.n ? RED_SUM : RED_NONE,
            .scale = p->scale,
            .nreads = p->factors.n,
            .reads = p->factors.at,
            .nguards = p->guards.n,
            .guards = p->guards.at};
  return build_map(p->g, &n, p->summed.n, p->summed.at);
}

Read *build_product(Graph *g, double scale, int nfactors, Read *const *factors, int nguards, const Guard *guards,
                    int nsummed, const int *summed) {
  Product p = {.g = g, .scale = scale};
  for (int k = 0; k < nsummed; k++) VEC_PUSH(g->cx, &p.summed, summed[k]);
  for (int k = 0; k < nguards; k++) product_add_guard(&p, guards[k].e, guards[k].n);
  for (int k = 0; k < nfactors; k++) add_factor(&p, factors[k]);
  return product_solve(&p);
}

Read *build_sum(Graph *g, Read *body, int nvars, const int *vars) {
  Read *r = read_through(g, body);
  const Node *n = r->node;
  if (!is_product(n)) return build_product(g, 1, 1, &r, 0, NULL, nvars, vars);
  Subst s = read_subst(r);
  Read *factors[64];
  Guard guards[64];
  if (n->nreads > 64 || n->nguards > 64) return build_product(g, 1, 1, &r, 0, NULL, nvars, vars);
  for (int k = 0; k < n->nreads; k++) factors[k] = read_substitute(g, n->reads[k], &s);
  for (int k = 0; k < n->nguards; k++) guards[k] = (Guard){index_substitute(g, n->guards[k].e, &s), n->guards[k].n};
  return build_product(g, n->scale, n->nreads, factors, n->nguards, guards, nvars, vars);
}
