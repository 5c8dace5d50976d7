/* map.c: the builders: open reads in, an open read of a new or found node out.
 *
 * A builder takes the free variables of its operands as the axes of the new node (batch first: its variable is the
 * oldest), folds constants, looks through copies, and leaves the rest to the product builder (build/product.c) and to
 * the rules (simplify/rebuild.c). Nothing is ever changed in place. */
#include "build/map.h"

#include <math.h>
#include <string.h>

/* ---- from free variables to numbered axes ---- */

void build_axes(Graph *g, Node *n, const int *own, int nown, const int *reduced, int nreduced) {
  if (nown + nreduced > MAX_AXES) bug("build", "a value with %d axes", nown + nreduced);
  n->naxes = nown;
  n->nreduce = nreduced;
  for (int k = 0; k < nown; k++) n->axes[k] = graph_var_axis(g, own[k]);
  for (int k = 0; k < nreduced; k++) n->axes[nown + k] = graph_var_axis(g, reduced[k]);
}

static Read *identity_at(Graph *g, Node *n, const int *vars) {
  Index *index[MAX_AXES];
  for (int k = 0; k < n->naxes; k++) index[k] = index_var(g, vars[k]);
  return read_make(g, n, index);
}

/* A NODE_MAP with the given own axes, in that order. */
Node *build_map_at(Graph *g, Node *proto, int nown, const int *own, int nreduced, const int *reduced) {
  Subst s = {0};
  for (int k = 0; k < nown; k++) subst_add(&s, own[k], index_var(g, k));
  for (int k = 0; k < nreduced; k++) subst_add(&s, reduced[k], index_var(g, nown + k));
  Node n = *proto;
  n.kind = NODE_MAP;
  build_axes(g, &n, own, nown, reduced, nreduced);
  n.reads = n.nreads ? ARENA_ARRAY(g->cx, Read *, n.nreads) : NULL;
  for (int k = 0; k < n.nreads; k++) n.reads[k] = read_substitute(g, proto->reads[k], &s);
  n.guards = n.nguards ? ARENA_ARRAY(g->cx, Guard, n.nguards) : NULL;
  for (int k = 0; k < n.nguards; k++)
    n.guards[k] = (Guard){index_substitute(g, proto->guards[k].e, &s), proto->guards[k].n};
  if (n.value) n.value = index_substitute(g, proto->value, &s);
  range_of_map(g, &n);
  return graph_intern(g, &n);
}

Read *build_map(Graph *g, Node *proto, int nreduced, const int *reduced) {
  int vars[2 * MAX_AXES], own[2 * MAX_AXES], n = 0, nown = 0;
  for (int k = 0; k < proto->nreads; k++) n = read_vars(proto->reads[k], vars, n);
  for (int k = 0; k < proto->nguards; k++) n = index_vars(proto->guards[k].e, vars, n);
  if (proto->value) n = index_vars(proto->value, vars, n);
  for (int k = 0; k < n; k++)
    if (!vars_contain(reduced, nreduced, vars[k])) own[nown++] = vars[k];
  Node *node = build_map_at(g, proto, nown, own, nreduced, reduced);
  return identity_at(g, node, own);
}

/* ---- values ---- */

Read *build_constant(Graph *g, double value) {
  Node n = {.op = OP_PRODUCT, .scale = value == 0 ? 0 : value};
  return build_map(g, &n, 0, NULL);
}

Read *build_index(Graph *g, Index *value) {
  int64_t k;
  if (index_is_constant(value, &k)) return build_constant(g, (double)k);
  if (value->n == 1 && value->offset == 0 && value->divisor == 1 && value->terms[0].coef == 1 && value->terms[0].gather)
    return (Read *)value->terms[0].gather;
  Node n = {.op = OP_INDEX, .scale = 1, .value = value};
  return build_map(g, &n, 0, NULL);
}

/* r without copies in between. */
Read *read_through(Graph *g, Read *r) {
  for (;;) {
    const Node *n = r->node;
    if (n->kind != NODE_MAP || n->op != OP_PRODUCT || n->nreads != 1 || n->scale != 1 || n->nguards || n->nreduce)
      return r;
    r = read_operand(g, r, 0);
  }
}
