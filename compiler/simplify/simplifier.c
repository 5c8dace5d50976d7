/* simplifier.c: the simplified value of each node, and the names that are opaque.
 *
 * In: a node of the naive graph and its simplified value. Out: reads of the naive graph as reads of simplified values.
 * A name is opaque while a derivative with respect to it is taken: then it is a leaf. */
#include "simplify/simplifier.h"
#include "build/build.h"

#include <math.h>
#include <string.h>

Simplifier *simplifier_new(Program *p, const Options *options) {
  Simplifier *s = ARENA_NEW(p->cx, Simplifier);
  s->program = p;
  s->g = p->graph;
  s->options = options;
  return s;
}

/* ---- opaque names ---- */

int simplifier_opaque_at(const Simplifier *s, const Node *n) {
  for (int k = 0; k < s->nopaque; k++)
    if (s->opaque[k] == n) return k;
  return -1;
}

Simplifier *simplifier_with_opaque(Simplifier *s, Node *name, bool nudged) {
  for (int k = 0; k < s->ninner; k++)
    if (s->inner[k]->opaque[s->nopaque] == name && s->inner[k]->nudged[s->nopaque] == nudged) return s->inner[k];
  Simplifier *t = simplifier_new(s->program, s->options);
  if (s->nopaque == MOST_OPAQUE) bug("simplify", "derivatives nested more than %d deep", MOST_OPAQUE);
  memcpy(t->opaque, s->opaque, sizeof s->opaque);
  memcpy(t->nudged, s->nudged, sizeof s->nudged);
  t->opaque[s->nopaque] = name;
  t->nudged[s->nopaque] = nudged;
  t->nopaque = s->nopaque + 1;
  memcpy(t->stopped, s->stopped, sizeof s->stopped);
  t->nstopped = s->nstopped;
  t->through = s->through;
  if (s->ninner < MOST_INNER) s->inner[s->ninner++] = t;
  return t;
}

Node *simplifier_nudge_leaf(Graph *g, Node *name) {
  Node n = {.kind = NODE_OPAQUE,
            .scale = 1,
            .naxes = name->naxes,
            .target = name,
            .item = -1 - name->id,
            .label = name->label,
            .span = name->span,
            .lo = -INFINITY,
            .hi = INFINITY};
  memcpy(n.axes, name->axes, sizeof n.axes);
  for (int k = 0; k < n.naxes; k++) n.axes[k].scan = 0;
  return graph_intern(g, &n);
}

Node *simplifier_opaque_leaf(Graph *g, Node *name) {
  Node n = {.kind = NODE_OPAQUE,
            .scale = 1,
            .naxes = name->naxes,
            .target = name,
            .item = name->id,
            .label = name->label,
            .span = name->span,
            .lo = name->lo,
            .hi = name->hi,
            .integer = name->integer};
  memcpy(n.axes, name->axes, sizeof n.axes);
  return graph_intern(g, &n);
}

/* ---- simplified nodes ---- */

Simplified *simplifier_known(Simplifier *s, const Node *n) {
  if (n->id >= s->cap) {
    int cap = n->id + (int)s->g->nnodes + 64;
    Simplified *bigger = ARENA_ARRAY(s->g->cx, Simplified, cap);
    if (s->cap) memcpy(bigger, s->known, sizeof(Simplified) * (size_t)s->cap);
    s->known = bigger;
    s->cap = cap;
  }
  return &s->known[n->id];
}

void simplifier_remember(Simplifier *s, const Node *n, Read *r, const int *vars) {
  Simplified *m = simplifier_known(s, n);
  m->read = r;
  m->vars = n->naxes ? arena_copy(s->g->cx, vars, sizeof(int) * (size_t)n->naxes) : NULL;
}

Index *simplifier_mapped_index(Simplifier *s, const Index *e) {
  bool gathers = false;
  for (int k = 0; k < e->n; k++) gathers = gathers || e->terms[k].gather;
  if (!gathers) return (Index *)e;
  Graph *g = s->g;
  Index *sum = index_divide(g, index_constant(g, e->offset), e->divisor);
  for (int k = 0; k < e->n; k++) {
    const Term *t = &e->terms[k];
    Index *term = t->gather ? index_gather(g, simplifier_mapped(s, t->gather)) : index_var(g, t->var);
    sum = index_combine(g, 1, sum, 1,
                        index_divide(g, index_combine(g, t->coef, term, 0, index_constant(g, 0)), e->divisor));
  }
  return sum;
}

/* r with its node replaced by the simplified one. */
Read *simplifier_mapped(Simplifier *s, const Read *r) {
  Graph *g = s->g;
  const Node *n = r->node;
  Simplified *m = simplifier_known(s, n);
  if (!m->read) bug("simplify", "node %%%d is read before it is simplified", n->id);
  Index *index[MAX_AXES];
  for (int k = 0; k < n->naxes; k++) index[k] = simplifier_mapped_index(s, r->index[k]);
  Subst to = {0};
  for (int k = 0; k < n->naxes; k++) subst_add(&to, m->vars[k], index[k]);
  return read_substitute(g, m->read, &to);
}
