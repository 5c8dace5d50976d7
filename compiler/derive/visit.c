/* visit.c: adjoints by one rule, from the root to the leaves.
 *
 * In: a scalar, by the read of its node, and target nodes. Out: the adjoint of each target, an open read.
 *
 * The adjoint of a in  y[i] = sum(j) f(a[p(i,j)], ...)  is  abar[k] = sum((i,j) : k = p(i,j)) ybar[i] * df/da.  The
 * nodes are walked from the root to the leaves: what has reached a node is summed (derive/contribution.c),
 * and passed on to its operands by the rule (derive/step.c), whose guards the product builder solves. A loop
 * is done as a whole (derive/loop.c). An adjoint is an expression like any other, so derivatives of
 * derivatives need nothing new.
 *
 * Per example (grad in the language), the batch variable of the root is a constant of the derivation: adjoints have
 * it free, and are not summed over it. Where a value looks across the batch, the derivative is that of the sum of
 * the root over all examples with respect to this one.
 *
 * needs: simplified nodes, no NAME and GRAD. keeps: all invariants of graph/node.h. */
#include "derive/derive.h"
#include "derive/sweep.h"

/* ---- what is needed ---- */

/* A draw of whole numbers whose probabilities depend on a target. */
static void mark_draws(Sweep *s, const Node *n, int ntargets, Node *const *targets) {
  bool map = n->kind == NODE_MAP, stop = map && (n->op == OP_STOP || n->op == OP_INDEX), blocked = false,
       depends = false;
  for (int t = 0; t < ntargets; t++) depends = depends || n == targets[t];
  if (n->kind == NODE_PREV) depends = s->depends[n->id], blocked = s->blocked[n->id];
  for (int k = 0; k < n->nreads && n->kind != NODE_NAME; k++) {
    depends = depends || s->depends[n->reads[k]->node->id];
    blocked = blocked || s->blocked[n->reads[k]->node->id];
  }
  s->depends[n->id] = depends && !stop;
  s->blocked[n->id] = n->integer && !stop && (blocked || (map && n->op == OP_DRAWN && depends));
}

static void mark_needed(Sweep *s, int ntargets, Node *const *targets) {
  for (int i = 0; i < s->list.n; i++) {
    const Node *n = s->list.at[i];
    bool needed = n->kind == NODE_PREV && s->needed[n->id];
    for (int t = 0; t < ntargets; t++) needed = needed || n == targets[t];
    for (int k = 0; k < n->nreads && n->kind != NODE_NAME; k++) {
      int x = n->reads[k]->node->id;
      needed = needed || s->needed[x] || (s->blocked[x] && step_carries(n));
    }
    for (int k = 0; k < n->ncarries; k++)
      needed = needed || s->needed[n->carries[k].next->id] || s->needed[n->carries[k].init->id];
    s->needed[n->id] = needed && !n->integer;
    mark_draws(s, n, ntargets, targets);
  }
}

/* A carried value is needed where its start or its next value is; true where that was new. */
static bool scan_needed(Sweep *s) {
  bool changed = false;
  for (int k = 0; k < s->groups.n; k++)
    for (int j = 0; j < s->groups.at[k].ncarries; j++) {
      const Carry *c = &s->groups.at[k].carries[j];
      bool blocked = s->blocked[c->next->id] || s->blocked[c->init->id],
           depends = s->depends[c->next->id] || s->depends[c->init->id];
      if ((blocked && !s->blocked[c->prev->id]) || (depends && !s->depends[c->prev->id])) changed = true;
      s->blocked[c->prev->id] = s->blocked[c->prev->id] || blocked,
      s->depends[c->prev->id] = s->depends[c->prev->id] || depends;
      if (s->needed[c->prev->id] || c->prev->integer || !(s->needed[c->next->id] || s->needed[c->init->id])) continue;
      s->needed[c->prev->id] = changed = true;
    }
  return changed;
}

/* ---- the sweep ---- */

static void seed(Sweep *s, const Read *root) {
  Graph *g = s->g;
  Contribution c = {.box = false};
  Integrand t = {.scale = 1};
  for (int k = 0; k < root->node->naxes; k++) {
    int v, pin = sweep_pin(s, root->node, k);
    if (pin >= 0 && index_is_var(root->index[k], &v) && v == pin) {
      c.vars[k] = v;
      continue;
    }
    c.vars[k] = sweep_fresh_var(s, root->node->axes[k]);
    integrand_guard(&t, index_combine(g, 1, index_var(g, c.vars[k]), -1, root->index[k]));
  }
  c.read = integrand_sum(g, &t, 0, NULL);
  contribution_push(s, root->node, c);
}

/* The times of the scans that the root is inside of are constants of the derivation, like the example. */
static void pin_times(Sweep *s, const Read *root) {
  for (int k = 0; root->node->inside && k < root->node->naxes; k++) {
    int v, scan = root->node->axes[k].scan;
    if (!scan || !node_is_inside(root->node, scan) || !index_is_var(root->index[k], &v) || s->npins == MOST_LOOPS)
      continue;
    s->pins[s->npins++] = (Pin){scan, v};
  }
}

/* Is n computed in a loop that the root is outside of? */
static bool inside_loop(const Sweep *s, const Node *n) {
  for (int k = 0; n->inside && k < n->inside->n; k++) {
    bool outer = false;
    for (int i = 0; i < s->npins; i++) outer = outer || s->pins[i].scan == n->inside->scan[k];
    if (!outer) return true;
  }
  return false;
}

void derive_adjoints(Program *p, Read *root, bool per_example, int ntargets, Node *const *targets, Read **adjoints,
                     int (*vars)[MAX_AXES]) {
  Graph *g = p->graph;
  Node *value = root->node;
  graph_part_scans(g, &value, 1);
  root = read_make(g, value, root->index);
  bool has_batch = read_uses(root, g->batch_var); /* what is one number for all examples has no example of its own */
  Sweep s = {
    .program = p, .g = g, .per_example = per_example && has_batch, .root_has_batch = has_batch, .size = (int)g->nnodes};
  Span span = g->span;
  s.list = graph_order(g->cx, &root->node, 1);
  s.groups = graph_groups(g->cx, &s.list);
  s.left = ARENA_ARRAY(g->cx, int, s.groups.n + 1);
  s.needed = ARENA_ARRAY(g->cx, bool, s.size);
  s.blocked = ARENA_ARRAY(g->cx, bool, s.size);
  s.depends = ARENA_ARRAY(g->cx, bool, s.size);
  s.adjoint = ARENA_ARRAY(g->cx, Contribution *, s.size);
  pin_times(&s, root);
  s.listed = ARENA_ARRAY(g->cx, bool, s.size);
  for (int i = 0; i < s.list.n; i++) s.listed[s.list.at[i]->id] = true;
  mark_needed(&s, ntargets, targets);
  while (s.groups.n && scan_needed(&s)) mark_needed(&s, ntargets, targets);
  if (s.needed[root->node->id]) seed(&s, root);
  for (int i = s.list.n - 1; i >= 0; i--) {
    Node *n = s.list.at[i];
    bool target = false;
    if (inside_loop(&s, n)) continue;
    for (int t = 0; t < ntargets; t++) target = target || n == targets[t];
    if (n->kind == NODE_RESULT) loop_visit(&s, n);
    else if (s.needed[n->id] && !target) step_visit(&s, n);
  }
  for (int t = 0; t < ntargets; t++) {
    Read *r = targets[t]->id < s.size ? contribution_sum(&s, targets[t], vars[t]) : NULL;
    for (int k = 0; !r && k < targets[t]->naxes; k++) vars[t][k] = sweep_var(&s, targets[t], k);
    adjoints[t] = r ? r : build_constant(g, 0);
  }
  g->span = span;
}
