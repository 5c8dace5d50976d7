/* guard.c: the guards of a product: which are needed, in which order, and which reads they protect.
 *
 * A guard does two things: it makes a term 0, and it keeps the places that the term reads inside of their arrays. So
 * where a product is cut in two, a guard stays with the reads that it protects, even where it does not depend on
 * what is summed there. What is protected is told by *exposed* variables: those of places that are in their array
 * only because a guard says so. */
#include "build/product.h"

#include <string.h>

void product_add_guard(Product *p, Index *e, int64_t n) {
  for (int k = 0; k < p->guards.n; k++)
    if (p->guards.at[k].n == n && index_equal(p->guards.at[k].e, e)) return;
  VEC_PUSH(p->g->cx, &p->guards, ((Guard){e, n}));
}

bool product_drop_guards(Product *p) {
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

/* ---- exposed places ---- */

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
  return r->index[k]->divisor == 1 && index_range(g, r->index[k], NULL, &lo, &hi) && lo >= 0 &&
         hi < (double)r->node->axes[k].extent;
}

/* The variables of places of r that are in their array only because a guard says so. */
int read_exposed(const Graph *g, const Read *r, int *vars, int n) {
  for (int k = 0; k < r->node->naxes; k++) {
    const Index *e = r->index[k];
    bool inside = is_inside(g, r, k);
    if (!inside) n = index_vars(e, vars, n);
    if (!inside && gather_depth(e)) n = add_gathered(vars, n);
    for (int i = 0; i < e->n; i++)
      if (e->terms[i].gather) n = read_exposed(g, e->terms[i].gather, vars, n);
  }
  return n;
}

int guard_exposed(const Graph *g, const Guard *q, int *vars, int n) {
  for (int i = 0; i < q->e->n; i++)
    if (q->e->terms[i].gather) n = read_exposed(g, q->e->terms[i].gather, vars, n);
  return n;
}

bool guard_protects(const Guard *q, const int *exposed, int n) {
  for (int k = 0; k < n; k++)
    if (exposed[k] == GATHERED ? gather_depth(q->e) > 0 : index_uses(q->e, exposed[k])) return true;
  return false;
}

void product_add_gathers_bounds(Product *p, const Index *e) {
  for (int i = 0; i < e->n; i++)
    if (e->terms[i].gather) product_add_bounds(p, e->terms[i].gather);
}

void product_add_bounds(Product *p, const Read *r) {
  for (int k = 0; k < r->node->naxes; k++) {
    product_add_gathers_bounds(p, r->index[k]);
    if (!is_inside(p->g, r, k)) product_add_guard(p, r->index[k], r->node->axes[k].extent);
  }
}

/* ---- order ---- */

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
void product_sort_guards(Product *p) {
  for (int k = 0; k < p->guards.n; k++) {
    Guard *q = &p->guards.at[k];
    if (q->n == 1 && q->e->n && q->e->terms[0].coef < 0)
      q->e = index_combine(p->g, -1, q->e, 0, index_constant(p->g, 0));
  }
  for (int i = 1; i < p->guards.n; i++)
    for (int j = i; j > 0 && guard_order(&p->guards.at[j], &p->guards.at[j - 1]) < 0; j--) {
      Guard t = p->guards.at[j];
      p->guards.at[j] = p->guards.at[j - 1];
      p->guards.at[j - 1] = t;
    }
}
