/* outside.c: values of a loop seen from outside of it.
 *
 * In: a read, an index or a formula of what a loop computes at the time at hand. Out: the same of its RESULTs, the
 * arrays of all times, which is what the loop of the derivative reads. */
#include "derive/sweep.h"

int outside_depth(const Opened *o, const Node *a) {
  for (int k = o->naround; k > 0; k--)
    if (group_holds(o->around[k - 1], a)) return k;
  return 0;
}

/* Does a gather in e, or one in the index of such a gather, read a value of a loop? */
static bool reads_inside(const Index *e) {
  for (int k = 0; k < e->n; k++) {
    const Read *r = e->terms[k].gather;
    if (r && r->node->inside) return true;
    for (int j = 0; r && j < r->node->naxes; j++)
      if (reads_inside(r->index[j])) return true;
  }
  return false;
}

Index *outside_index(Sweep *s, const Opened *o, Index *e) {
  Graph *g = s->g;
  if (!o->naround || !reads_inside(e)) return e;
  Index *sum = index_divide(g, index_constant(g, e->offset), e->divisor), *zero = index_constant(g, 0);
  for (int k = 0; k < e->n; k++) {
    const Term *t = &e->terms[k];
    Index *term = t->gather ? index_gather(g, outside_read(s, o, (Read *)t->gather)) : index_var(g, t->var);
    sum = index_combine(g, 1, sum, 1, index_divide(g, index_combine(g, t->coef, term, 0, zero), e->divisor));
  }
  return sum;
}

Read *outside_read(Sweep *s, const Opened *o, Read *r) {
  if (!o->naround) return r;
  Node *n = r->node;
  Index *index[MAX_AXES];
  for (int k = 0; k < n->naxes; k++) index[k] = outside_index(s, o, r->index[k]);
  for (int k = o->naround - 1; k >= 0; k--)
    n = build_result(s->g, o->around[k]->scan, n, o->around[k]->ncarries, o->around[k]->carries);
  return read_make(s->g, n, index);
}

Read *outside_formula(Sweep *s, const Opened *o, Read *r) {
  Graph *g = s->g;
  const Node *n = r->node;
  bool known = n->id < s->size && s->listed[n->id];
  if (!o->naround || known || !n->inside || n->kind != NODE_MAP || n->nreduce || n->op == OP_INDEX)
    return outside_read(s, o, r);
  Subst at = read_subst(r);
  Read **x = ARENA_ARRAY(g->cx, Read *, n->nreads + 1);
  Guard *guards = ARENA_ARRAY(g->cx, Guard, n->nguards + 1);
  for (int k = 0; k < n->nreads; k++) x[k] = outside_formula(s, o, read_substitute(g, n->reads[k], &at));
  for (int k = 0; k < n->nguards; k++)
    guards[k] = (Guard){outside_index(s, o, index_substitute(g, n->guards[k].e, &at)), n->guards[k].n};
  if (n->op == OP_PRODUCT) return build_product(g, n->scale, n->nreads, x, n->nguards, guards, 0, NULL);
  return build_op(g, n->op, x);
}
