/* product.c: the product builder: scale * sum over variables of a product of reads, where guards hold.
 *
 * It is the one linear statement of the language of graphs, so all that makes derivatives small happens here, in this order:
 *   flatten     factors that are products themselves are taken apart where that lets an equality or a sum act
 *   guards      what always holds is dropped; what never holds makes the whole 0
 *   solve       an equality with a summed variable is solved for it: [k = i + u - 1] turns i into k - u + 1
 *   mixed radix [k = 2*i + u] with u < 2 cuts axis k in two, and the result is a reshape
 *   pull out    factors without summed variables leave the sum
 *   contract    three factors and more are summed two by two, cheapest first
 * e.g. sum(i,u) d[i]*K[u] * [k = i + u]  becomes  sum(u : 0 <= k-u < n) d[k-u]*K[u]. */
#include "build.h"

#include <math.h>
#include <string.h>

typedef struct Product {
  Graph *g;
  double scale;
  VEC(Read *) factors;
  VEC(Guard) guards;
  VEC(int) summed;
} Product;

static bool is_product(const Node *n) { return n->kind == NODE_MAP && n->op == OP_PRODUCT && n->reduction == RED_NONE; }

static Subst at_index(const Node *n, Index *const *index) {
  Subst s = {0};
  for (int k = 0; k < n->naxes; k++) subst_add(&s, k, index[k]);
  return s;
}

static void add_guard(Product *p, Index *e, int64_t n) {
  for (int k = 0; k < p->guards.n; k++)
    if (p->guards.at[k].n == n && index_equal(p->guards.at[k].e, e)) return;
  VEC_PUSH(p->g->cx, &p->guards, ((Guard){e, n}));
}

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

static void add_inside(Product *p, const Read *r) {
  const Node *n = r->node;
  Subst s = at_index(n, r->index);
  p->scale *= n->scale;
  for (int k = 0; k < n->nguards; k++) add_guard(p, index_substitute(p->g, n->guards[k].e, &s), n->guards[k].n);
  for (int k = 0; k < n->nreads; k++) add_factor(p, read_substitute(p->g, n->reads[k], &s));
}

/* 1[a == b] of two integers is an equality guard. */
static bool add_equality(Product *p, const Read *r) {
  const Node *n = r->node;
  if (n->kind != NODE_MAP || n->op != OP_EQ) return false;
  for (int k = 0; k < 2; k++)
    if (!n->reads[k]->node->integer) return false;
  Subst s = at_index(n, r->index);
  Index *a = index_gather(p->g, read_substitute(p->g, n->reads[0], &s));
  Index *b = index_gather(p->g, read_substitute(p->g, n->reads[1], &s));
  add_guard(p, index_combine(p->g, 1, a, -1, b), 1);
  return true;
}

static void add_factor(Product *p, Read *r) {
  r = read_through(p->g, r);
  if (take_apart(p, r)) add_inside(p, r);
  else if (!add_equality(p, r)) VEC_PUSH(p->g->cx, &p->factors, r);
}

static void substitute_all(Product *p, const Subst *s) {
  for (int k = 0; k < p->factors.n; k++) p->factors.at[k] = read_substitute(p->g, p->factors.at[k], s);
  for (int k = 0; k < p->guards.n; k++) p->guards.at[k].e = index_substitute(p->g, p->guards.at[k].e, s);
}

/* Drops guards that hold, and finds one that cannot: false then. */
static bool settle_guards(Product *p) {
  int n = 0;
  for (int k = 0; k < p->guards.n; k++) {
    Guard q = p->guards.at[k];
    double lo, hi;
    if (q.n == 1 && q.e->divisor != 1) q.e = index_combine(p->g, q.e->divisor, q.e, 0, index_constant(p->g, 0));
    if (q.e->n == 0 && q.e->divisor != 1) return false;
    if (index_range(p->g, q.e, NULL, &lo, &hi)) {
      if (hi < 0 || lo > (double)q.n - 1) return false;
      if (q.e->divisor == 1 && lo >= 0 && hi <= (double)q.n - 1) continue;
    }
    bool same = false;
    for (int i = 0; i < n; i++) same = same || (p->guards.at[i].n == q.n && index_equal(p->guards.at[i].e, q.e));
    if (!same) p->guards.at[n++] = q;
  }
  p->guards.n = n;
  return true;
}

static bool is_summed(const Product *p, int var) {
  for (int k = 0; k < p->summed.n; k++)
    if (p->summed.at[k] == var) return true;
  return false;
}

static void drop_summed(Product *p, int var) {
  int n = 0;
  for (int k = 0; k < p->summed.n; k++)
    if (p->summed.at[k] != var) p->summed.at[n++] = p->summed.at[k];
  p->summed.n = n;
}

static bool inside_gather(const Index *e, int var) {
  for (int i = 0; i < e->n; i++)
    if (e->terms[i].gather && read_uses(e->terms[i].gather, var)) return true;
  return false;
}

static double extent_of(const Graph *g, int var) {
  Axis a = graph_var_axis(g, var);
  return a.kind == AXIS_PLAIN ? (double)a.extent : 64; /* a guess for the batch: costs only */
}

/* c*b - c*b' = 0 of two examples: an example is known by its variable only, never by a value of the model. */
static bool names_example(const Graph *g, const Index *e) {
  if (e->n != 2 || e->offset || e->divisor != 1 || e->terms[0].coef != -e->terms[1].coef) return false;
  for (int i = 0; i < 2; i++)
    if (e->terms[i].gather || graph_var_axis(g, e->terms[i].var).kind == AXIS_PLAIN) return false;
  return true;
}

/* The summed variable for which equality e = 0 is best solved: coefficient 1 before others, then the largest extent. */
static int solvable(const Product *p, const Index *e) {
  int best = -1;
  double best_cost = -1;
  for (int i = 0; i < e->n; i++) {
    const Term *t = &e->terms[i];
    if (t->gather || !is_summed(p, t->var) || inside_gather(e, t->var)) continue;
    bool plain = graph_var_axis(p->g, t->var).kind == AXIS_PLAIN;
    bool unit = t->coef == 1 || t->coef == -1;
    if (!plain && !names_example(p->g, e)) continue;
    double cost = extent_of(p->g, t->var) + (unit ? 1e12 : 0) + (plain ? 0 : 1e13);
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
  drop_summed(p, var);
  Subst s = {0};
  subst_add(&s, var, value);
  substitute_all(p, &s);
  if (axis.kind == AXIS_PLAIN) add_guard(p, value, axis.extent);
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

static Read *finish(Product *p);
static Read *solve(Product *p);

/* ---- mixed radix ---- */

typedef struct Radix { /* guard [k = offset + sum of digit t times coef t], digits with the largest place first */
  int guard, var, n;
  int digit[MAX_AXES];
  int64_t coef[MAX_AXES], offset;
} Radix;

static bool sort_digits(const Graph *g, Radix *r) {
  for (int i = 1; i < r->n; i++)
    for (int j = i; j > 0 && r->coef[j] > r->coef[j - 1]; j--) {
      int64_t c = r->coef[j];
      int v = r->digit[j];
      r->coef[j] = r->coef[j - 1], r->digit[j] = r->digit[j - 1];
      r->coef[j - 1] = c, r->digit[j - 1] = v;
    }
  int64_t place = 1;
  for (int i = r->n - 1; i >= 0; i--) {
    if (r->coef[i] != place || graph_var_axis(g, r->digit[i]).kind != AXIS_PLAIN) return false;
    place *= graph_var_axis(g, r->digit[i]).extent;
  }
  return r->offset >= 0 && r->offset + place <= graph_var_axis(g, r->var).extent;
}

/* Is guard k such an equality, of one free variable and two summed ones or more? */
static bool match_radix(const Product *p, int k, Radix *r) {
  const Index *e = p->guards.at[k].e;
  *r = (Radix){.guard = k, .var = -1};
  if (p->guards.at[k].n != 1) return false;
  int64_t sign = 0;
  for (int i = 0; i < e->n; i++) {
    if (e->terms[i].gather) return false;
    if (is_summed(p, e->terms[i].var)) continue;
    if (r->var >= 0 || (e->terms[i].coef != 1 && e->terms[i].coef != -1)) return false;
    r->var = e->terms[i].var;
    sign = -e->terms[i].coef;
  }
  if (r->var < 0 || graph_var_axis(p->g, r->var).kind != AXIS_PLAIN || e->n < 3) return false;
  for (int i = 0; i < e->n; i++) {
    if (e->terms[i].var == r->var) continue;
    r->digit[r->n] = e->terms[i].var;
    r->coef[r->n++] = e->terms[i].coef * sign;
    if (inside_gather(e, e->terms[i].var)) return false;
  }
  r->offset = e->offset * sign;
  return sort_digits(p->g, r);
}

/* The variables of body in the order in which its node has them, where digits stand side by side there; else the digits last. */
static int joined_order(const Read *body, const Radix *r, const int *digits, int *vars, int *at) {
  int n = body->node->naxes, v;
  *at = -1;
  for (int k = 0; k < n; k++) {
    if (!index_is_var(body->index[k], &v)) *at = n;
    else vars[k] = v;
  }
  for (int k = 0; *at < 0 && k + r->n <= n; k++) {
    bool here = true;
    for (int i = 0; i < r->n; i++) here = here && vars[k + i] == digits[i];
    if (here) *at = k;
  }
  for (int k = 0; *at >= 0 && *at < n && k < n; k++)
    for (int j = 0; j < k; j++)
      if (vars[j] == vars[k]) *at = n;
  if (*at >= 0 && *at < n) return n;
  int all[2 * MAX_AXES], m = read_vars(body, all, 0), count = 0;
  for (int k = 0; k < m; k++) {
    bool digit = false;
    for (int i = 0; i < r->n; i++) digit = digit || all[k] == digits[i];
    if (!digit) vars[count++] = all[k];
  }
  *at = count;
  memcpy(vars + count, digits, sizeof(int) * (size_t)r->n);
  return count + r->n;
}

/* body, open in `digits` (and others), with axis `var` in place of the digits: a reshape, in zeros where it does not cover var. */
static Read *join_digits(Graph *g, Read *body, const Radix *r, const int *digits) {
  int vars[3 * MAX_AXES], at, n = joined_order(body, r, digits, vars, &at), m = 0;
  Node *split = build_tensor(g, body, n, vars), *node;
  Axis axes[3 * MAX_AXES];
  Index *index[3 * MAX_AXES];
  int64_t covered = 1;
  for (int i = 0; i < r->n; i++) covered *= graph_var_axis(g, digits[i]).extent;
  for (int k = 0; k < n; k++) {
    if (k > at && k < at + r->n) continue;
    axes[m] = k == at ? PLAIN(covered) : graph_var_axis(g, vars[k]);
    index[m++] = index_var(g, k == at ? r->var : vars[k]);
  }
  node = build_reshape(g, split, m, axes);
  int64_t extent = graph_var_axis(g, r->var).extent, offsets[MAX_AXES] = {0};
  if (covered != extent) {
    axes[at] = PLAIN(extent);
    offsets[at] = r->offset;
    node = build_pieces(g, m, axes, 1, &node, offsets);
  }
  return read_make(g, node, index);
}

/* The variable may only stand in the equality: elsewhere it would have to be put together again from its digits. */
static bool stands_elsewhere(const Product *p, const Radix *r) {
  for (int k = 0; k < p->factors.n; k++)
    if (read_uses(p->factors.at[k], r->var)) return true;
  for (int k = 0; k < p->guards.n; k++)
    if (k != r->guard && index_uses(p->guards.at[k].e, r->var)) return true;
  return false;
}

static Read *solve_radix(Product *p) {
  for (int k = 0; k < p->guards.n; k++) {
    Radix r;
    if (!match_radix(p, k, &r) || stands_elsewhere(p, &r)) continue;
    int digits[MAX_AXES];
    Subst s = {0};
    p->guards.at[k] = p->guards.at[--p->guards.n];
    for (int i = 0; i < r.n; i++) {
      digits[i] = graph_var(p->g, graph_var_axis(p->g, r.digit[i]));
      subst_add(&s, r.digit[i], index_var(p->g, digits[i]));
      drop_summed(p, r.digit[i]);
    }
    substitute_all(p, &s);
    return join_digits(p->g, solve(p), &r, digits);
  }
  return NULL;
}

/* ---- sums ---- */

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

/* A summed variable that nothing depends on is a factor; one of extent 1 is 0. */
static void settle_summed(Product *p) {
  for (int k = p->summed.n - 1; k >= 0; k--) {
    int var = p->summed.at[k];
    Axis axis = graph_var_axis(p->g, var);
    bool used = false;
    for (int i = 0; i < p->factors.n; i++) used = used || read_uses(p->factors.at[i], var);
    for (int i = 0; i < p->guards.n; i++) used = used || index_uses(p->guards.at[i].e, var);
    if (used && !(axis.kind == AXIS_PLAIN && axis.extent == 1)) continue;
    drop_summed(p, var);
    if (used) {
      Subst s = {0};
      subst_add(&s, var, index_constant(p->g, 0));
      substitute_all(p, &s);
    } else if (axis.kind == AXIS_PLAIN) {
      p->scale *= (double)axis.extent;
    } else if (axis.kind == AXIS_BATCH) {
      VEC_PUSH(p->g->cx, &p->factors, read_make(p->g, build_leaf(p->g, NODE_BATCH, 0, 0, NULL, "n"), NULL));
    } else {
      bug("build", "a sum over a run of parameters that depends on none");
    }
  }
}

/* How deep gathers are nested: 0 without one, 2 in a[b[i]]. */
static int gather_depth(const Index *e) {
  int deepest = 0;
  for (int i = 0; i < e->n; i++) {
    const Read *r = e->terms[i].gather;
    for (int k = 0; r && k < r->node->naxes; k++) {
      int depth = 1 + gather_depth(r->index[k]);
      if (depth > deepest) deepest = depth;
    }
    if (r && !deepest) deepest = 1;
  }
  return deepest;
}

/* Stands among exposed variables for a value that is read: w[k[0]] has a place that no variable tells. */
enum { GATHERED = -1 };

static int add_gathered(int *vars, int n) {
  if (n && vars[0] == GATHERED) return n;
  memmove(vars + 1, vars, sizeof(int) * (size_t)n);
  vars[0] = GATHERED;
  return n + 1;
}

/* Is place k of the read in its array, whatever guards say? */
static bool is_inside(const Graph *g, const Read *r, int k) {
  double lo, hi;
  if (r->node->axes[k].kind != AXIS_PLAIN) return true;
  return r->index[k]->divisor == 1 && index_range(g, r->index[k], NULL, &lo, &hi) && lo >= 0 && hi < (double)r->node->axes[k].extent;
}

/* The variables of places of r that are in their array only because a guard says so. */
static int exposed_vars(const Graph *g, const Read *r, int *vars, int n) {
  for (int k = 0; k < r->node->naxes; k++) {
    const Index *e = r->index[k];
    bool inside = is_inside(g, r, k);
    if (!inside) n = index_vars(e, vars, n);
    if (!inside && gather_depth(e)) n = add_gathered(vars, n);
    for (int i = 0; i < e->n; i++)
      if (e->terms[i].gather) n = exposed_vars(g, e->terms[i].gather, vars, n);
  }
  return n;
}

/* The same for the places from which a guard reads values. */
static int guard_exposed(const Graph *g, const Guard *q, int *vars, int n) {
  for (int i = 0; i < q->e->n; i++)
    if (q->e->terms[i].gather) n = exposed_vars(g, q->e->terms[i].gather, vars, n);
  return n;
}

static bool protects(const Guard *q, const int *exposed, int n) {
  for (int k = 0; k < n; k++)
    if (exposed[k] == GATHERED ? gather_depth(q->e) > 0 : index_uses(q->e, exposed[k])) return true;
  return false;
}

static void add_bounds(Product *p, const Read *r);

static void add_gathers_bounds(Product *p, const Index *e) {
  for (int i = 0; i < e->n; i++)
    if (e->terms[i].gather) add_bounds(p, e->terms[i].gather);
}

/* Guards of the read's own, in the place of those that it has to leave behind. */
static void add_bounds(Product *p, const Read *r) {
  for (int k = 0; k < r->node->naxes; k++) {
    add_gathers_bounds(p, r->index[k]);
    if (!is_inside(p->g, r, k)) add_guard(p, r->index[k], r->node->axes[k].extent);
  }
}

/* Splits off what does not depend on the summed variables; NULL where nothing does. A guard stays with the reads that it protects. */
static Read *pull_out(Product *p) {
  int exposed[2 * MAX_AXES + 1], nexposed = 0;
  Product inner = {.g = p->g, .scale = 1}, outer = {.g = p->g, .scale = p->scale};
  for (int k = 0; k < p->factors.n; k++) {
    Product *q = factor_uses_summed(p, p->factors.at[k]) ? &inner : &outer;
    VEC_PUSH(p->g->cx, &q->factors, p->factors.at[k]);
  }
  for (int k = 0; k < inner.factors.n; k++) nexposed = exposed_vars(p->g, inner.factors.at[k], exposed, nexposed);
  int outer_exposed[2 * MAX_AXES + 1], nouter = 0, moved = 0;
  for (int k = 0; k < p->guards.n; k++) {
    if (guard_uses_summed(p, p->guards.at[k].e)) nexposed = guard_exposed(p->g, &p->guards.at[k], exposed, nexposed);
    else nouter = guard_exposed(p->g, &p->guards.at[k], outer_exposed, nouter);
  }
  for (int k = 0; k < outer.factors.n; k++) nouter = exposed_vars(p->g, outer.factors.at[k], outer_exposed, nouter);
  for (int k = 0; k < p->guards.n; k++) {
    const Guard *q = &p->guards.at[k];
    bool inside = guard_uses_summed(p, q->e) || protects(q, exposed, nexposed);
    if (inside) VEC_PUSH(p->g->cx, &inner.guards, *q);
    moved += !inside;
    if (!inside || (!guard_uses_summed(p, q->e) && protects(q, outer_exposed, nouter))) VEC_PUSH(p->g->cx, &outer.guards, *q);
  }
  if (outer.factors.n == 0 && !moved) return NULL; /* guards that stand on both sides would come out for ever */
  bool left = false;
  for (int k = 0; k < p->guards.n; k++)
    left = left || (guard_uses_summed(p, p->guards.at[k].e) && protects(&p->guards.at[k], outer_exposed, nouter));
  for (int k = 0, n = outer.guards.n; left && k < n; k++) add_gathers_bounds(&outer, outer.guards.at[k].e);
  for (int k = 0; left && k < outer.factors.n; k++) add_bounds(&outer, outer.factors.at[k]);
  inner.summed.at = p->summed.at, inner.summed.n = inner.summed.cap = p->summed.n;
  VEC_PUSH(p->g->cx, &outer.factors, finish(&inner));
  return finish(&outer);
}

static int join_vars(const Product *p, int a, int b, int *vars) {
  return read_vars(p->factors.at[b], vars, read_vars(p->factors.at[a], vars, 0));
}

static bool within(const Index *e, const int *vars, int n) {
  int used[2 * MAX_AXES], m = index_vars(e, used, 0);
  for (int i = 0; i < m; i++) {
    bool found = false;
    for (int j = 0; j < n; j++) found = found || vars[j] == used[i];
    if (!found) return false;
  }
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
  int n = exposed_vars(p->g, p->factors.at[b], exposed, exposed_vars(p->g, p->factors.at[a], exposed, 0));
  for (int k = 0; k < p->guards.n; k++) n = guard_exposed(p->g, &p->guards.at[k], exposed, n);
  return n;
}

/* INFINITY where a guard that protects the pair's reads depends on more than the pair. */
static double pair_cost(const Product *p, int a, int b) {
  int vars[2 * MAX_AXES], n = join_vars(p, a, b, vars), exposed[2 * MAX_AXES + 1], m = pair_exposed(p, a, b, exposed);
  for (int k = 0; k < p->guards.n; k++)
    if (protects(&p->guards.at[k], exposed, m) && !within(p->guards.at[k].e, vars, n)) return INFINITY;
  double result = 1, work = 1;
  for (int k = 0; k < n; k++) {
    double extent = extent_of(p->g, vars[k]);
    work *= extent;
    if (!(is_summed(p, vars[k]) && only_in_pair(p, vars[k], a, b, vars, n))) result *= extent;
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
  int vars[2 * MAX_AXES], n = join_vars(p, a, b, vars), exposed[2 * MAX_AXES + 1], m = pair_exposed(p, a, b, exposed);
  Product pair = {.g = p->g, .scale = 1};
  VEC_PUSH(p->g->cx, &pair.factors, p->factors.at[a]);
  VEC_PUSH(p->g->cx, &pair.factors, p->factors.at[b]);
  for (int k = 0; k < n; k++)
    if (is_summed(p, vars[k]) && only_in_pair(p, vars[k], a, b, vars, n)) VEC_PUSH(p->g->cx, &pair.summed, vars[k]);
  int kept = 0;
  for (int k = 0; k < p->guards.n; k++) {
    const Guard q = p->guards.at[k];
    bool summed = guard_uses_summed(&pair, q.e);
    if (summed || protects(&q, exposed, m)) VEC_PUSH(p->g->cx, &pair.guards, q);
    if (!summed) p->guards.at[kept++] = q;
  }
  p->guards.n = kept;
  for (int k = 0; k < pair.summed.n; k++) drop_summed(p, pair.summed.at[k]);
  Read *made = finish(&pair);
  p->factors.at[a] = made;
  p->factors.at[b] = p->factors.at[--p->factors.n];
  return true;
}

/* Guards that read values stand behind those that may protect the places that they read: these read less deep. */
static int guard_order(const Guard *a, const Guard *b) {
  int deep_a = gather_depth(a->e), deep_b = gather_depth(b->e);
  if (deep_a != deep_b) return deep_a < deep_b ? -1 : 1;
  if (a->n != b->n) return a->n < b->n ? -1 : 1;
  if (a->e->n != b->e->n) return a->e->n < b->e->n ? -1 : 1;
  if (a->e->offset != b->e->offset) return a->e->offset < b->e->offset ? -1 : 1;
  for (int i = 0; i < a->e->n; i++) {
    if (a->e->terms[i].var != b->e->terms[i].var) return a->e->terms[i].var < b->e->terms[i].var ? -1 : 1;
    if (a->e->terms[i].coef != b->e->terms[i].coef) return a->e->terms[i].coef < b->e->terms[i].coef ? -1 : 1;
  }
  return 0;
}

/* An equality says the same with either sign; the first coefficient is made positive. Then the order is fixed. */
static void sort_guards(Product *p) {
  for (int k = 0; k < p->guards.n; k++) {
    Guard *q = &p->guards.at[k];
    if (q->n == 1 && q->e->n && q->e->terms[0].coef < 0) q->e = index_combine(p->g, -1, q->e, 0, index_constant(p->g, 0));
  }
  for (int i = 1; i < p->guards.n; i++)
    for (int j = i; j > 0 && guard_order(&p->guards.at[j], &p->guards.at[j - 1]) < 0; j--) {
      Guard t = p->guards.at[j];
      p->guards.at[j] = p->guards.at[j - 1];
      p->guards.at[j - 1] = t;
    }
}

/* Reduced variables in the order of their ids, so that equal sums are equal nodes. */
static void sort_summed(Product *p) {
  for (int i = 1; i < p->summed.n; i++)
    for (int j = i; j > 0 && p->summed.at[j] < p->summed.at[j - 1]; j--) {
      int t = p->summed.at[j];
      p->summed.at[j] = p->summed.at[j - 1];
      p->summed.at[j - 1] = t;
    }
}

/* Two factors whose sum an equality spreads (the gradient of E in W @ E[w]): their own sum first, a matrix product, and the result of
 * that is spread. */
static bool scatters_product(const Product *p) {
  bool equality = false;
  if (p->factors.n != 2) return false;
  int vars[2 * MAX_AXES], n = join_vars(p, 0, 1, vars);
  for (int k = 0; k < p->guards.n; k++) /* one that stays outside: it places the sum on an axis that neither factor has */
    equality = equality || (p->guards.at[k].n == 1 && !within(p->guards.at[k].e, vars, n));
  for (int k = 0; k < n && equality; k++)
    if (is_summed(p, vars[k]) && only_in_pair(p, vars[k], 0, 1, vars, n)) return true;
  return false;
}

static Read *finish(Product *p) {
  settle_summed(p);
  if (!settle_guards(p) || p->scale == 0) return build_constant(p->g, 0);
  if (p->summed.n) {
    Read *outside = pull_out(p);
    if (outside) return outside;
    while ((p->factors.n > 2 || scatters_product(p)) && contract_pair(p)) {
    }
  }
  if (p->factors.n == 1 && p->scale == 1 && !p->guards.n && !p->summed.n) return p->factors.at[0];
  sort_guards(p);
  sort_summed(p);
  Node n = {.op = OP_PRODUCT, .reduction = p->summed.n ? RED_SUM : RED_NONE, .scale = p->scale, .nreads = p->factors.n,
            .reads = p->factors.at, .nguards = p->guards.n, .guards = p->guards.at};
  return build_map(p->g, &n, p->summed.n, p->summed.at);
}

static Read *solve(Product *p) {
  if (!settle_guards(p) || p->scale == 0) return build_constant(p->g, 0);
  Read *r = p->summed.n ? solve_radix(p) : NULL;
  if (r) return r;
  while (p->summed.n && solve_one(p))
    if (!settle_guards(p)) return build_constant(p->g, 0);
  return finish(p);
}

Read *build_product(Graph *g, double scale, int nfactors, Read *const *factors, int nguards, const Guard *guards, int nsummed,
                    const int *summed) {
  Product p = {.g = g, .scale = scale};
  for (int k = 0; k < nsummed; k++) VEC_PUSH(g->cx, &p.summed, summed[k]);
  for (int k = 0; k < nguards; k++) add_guard(&p, guards[k].e, guards[k].n);
  for (int k = 0; k < nfactors; k++) add_factor(&p, factors[k]);
  return solve(&p);
}

Read *build_sum(Graph *g, Read *body, int nvars, const int *vars) {
  Read *r = read_through(g, body);
  const Node *n = r->node;
  if (!is_product(n)) return build_product(g, 1, 1, &r, 0, NULL, nvars, vars);
  Subst s = at_index(n, r->index);
  Read *factors[64];
  Guard guards[64];
  if (n->nreads > 64 || n->nguards > 64) return build_product(g, 1, 1, &r, 0, NULL, nvars, vars);
  for (int k = 0; k < n->nreads; k++) factors[k] = read_substitute(g, n->reads[k], &s);
  for (int k = 0; k < n->nguards; k++) guards[k] = (Guard){index_substitute(g, n->guards[k].e, &s), n->guards[k].n};
  return build_product(g, n->scale, n->nreads, factors, n->nguards, guards, nvars, vars);
}
