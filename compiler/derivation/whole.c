/* whole.c: values written out down to what the model declares, and back under their names.
 *
 * A derivative in a loss, and a second derivative, are taken of whole formulas: of what y is made of, through all
 * names. What comes out is made of the same nodes, so that values of the model are found in it again, node by node:
 *
 *     slope = grad(y, x)     =>     W1' (w2 (1 - tanh(W1 x)^2))     =>     W1' (w2 (1 - h^2)) */
#include "derivation/quantity.h"

static Read *at_vars(Graph *g, Node *n, const int *vars) {
  Index *index[MAX_AXES];
  for (int k = 0; k < n->naxes; k++) index[k] = index_var(g, vars[k]);
  return read_make(g, n, index);
}

Read *whole_read(Derivation *d, const Read *r) {
  if (!d->whole) {
    d->whole = ARENA_NEW(d->cx, Apart);
    d->whole->g = d->g;
    d->whole->program = d->program;
  }
  return apart_read(d->whole, r);
}

/* Does r read the whole of its node, each axis at one of q's variables? */
static bool opens(const Read *r, const Quantity *q, int *vars) {
  if (r->node->kind != NODE_MAP || !r->node->nreads || r->node->naxes != q->naxes) return false;
  for (int k = 0; k < q->naxes; k++)
    if (!index_is_var(r->index[k], &vars[k]) || !vars_contain(q->vars, q->naxes, vars[k])) return false;
  return true;
}

Read *whole_named(Derivation *d, const Read *r, const Quantity *before) {
  Apart *named = ARENA_NEW(d->cx, Apart);
  named->g = d->g;
  for (int k = 0; k < d->all.n && d->all.at[k] != before; k++) {
    const Quantity *q = d->all.at[k];
    int vars[MAX_AXES];
    if (!q->node || !quantity_has_equation(q)) continue;
    const Read *whole = whole_read(d, at_vars(d->g, (Node *)q->node, q->vars));
    if (whole && opens(whole, q, vars)) apart_set(named, whole->node, at_vars(d->g, q->leaf, q->vars), vars);
  }
  return apart_read(named, r);
}
