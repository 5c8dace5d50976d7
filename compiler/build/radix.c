/* radix.c: an equality that writes an axis in digits.
 *
 * In: a product with a guard [k = offset + a*i + b*j + ...], k free, i, j, ... summed, whose coefficients are those
 * of digits: the last is 1, each other one is the product of the extents behind it. Out: the product without the
 * guard, open in its digits, and a reshape that makes one axis of them; in zeros where the digits do not cover k.
 * e.g. sum(i,u<2) y[i,u] * [k = 2*i + u] is y, reshaped. */
#include "build/product.h"

#include <string.h>

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
    if (product_sums(p, e->terms[i].var)) continue;
    if (r->var >= 0 || (e->terms[i].coef != 1 && e->terms[i].coef != -1)) return false;
    r->var = e->terms[i].var;
    sign = -e->terms[i].coef;
  }
  if (r->var < 0 || graph_var_axis(p->g, r->var).kind != AXIS_PLAIN || e->n < 3) return false;
  for (int i = 0; i < e->n; i++) {
    if (e->terms[i].var == r->var) continue;
    r->digit[r->n] = e->terms[i].var;
    r->coef[r->n++] = e->terms[i].coef * sign;
    if (index_uses_in_gather(e, e->terms[i].var)) return false;
  }
  r->offset = e->offset * sign;
  return sort_digits(p->g, r);
}

/* The variables of body in the order in which its node has them, where digits stand side by side there; else the digits
 * last. */
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

/* body, open in `digits` (and others), with axis `var` in place of the digits: a reshape, in zeros where it does not
 * cover var. */
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

Read *product_solve_radix(Product *p) {
  for (int k = 0; k < p->guards.n; k++) {
    Radix r;
    if (!match_radix(p, k, &r) || stands_elsewhere(p, &r)) continue;
    int digits[MAX_AXES];
    Subst s = {0};
    p->guards.at[k] = p->guards.at[--p->guards.n];
    for (int i = 0; i < r.n; i++) {
      digits[i] = graph_var(p->g, graph_var_axis(p->g, r.digit[i]));
      subst_add(&s, r.digit[i], index_var(p->g, digits[i]));
      product_drop_summed(p, r.digit[i]);
    }
    product_substitute(p, &s);
    return join_digits(p->g, product_solve(p), &r, digits);
  }
  return NULL;
}
