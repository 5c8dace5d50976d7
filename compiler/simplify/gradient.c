/* gradient.c: a GRAD, as `grad`, `jacobian` and ∂ make it, to the derivative that it stands for.
 *
 * In: the node; out: an open read without GRAD. One value is differentiated backwards (derive/visit.c). Many values by
 * few places are differentiated forwards: with u a constant array of the values' shape, g(u) = grad(sum(u*v), w) is
 * linear in u, and so
 *
 *     jacobian(v, w)[i, k]  =  ∂g[k]/∂u[i]
 *
 * is the backward sweep of a backward sweep, from as many values as w has places; u does not occur in it. What is
 * computed is a tangent for each place of w (Christianson 1992; Townsend 2017), and nothing new is needed for it. */
#include "simplify/simplifier.h"
#include "build/build.h"
#include "derive/derive.h"

#include <string.h>

enum { FEWER = 4 /* forwards where there are so many times fewer places than values */ };

/* Is the name inside of a loop that the value is outside of? */
static bool inside_of_more(const Node *name, const Node *value) {
  for (int k = 0; name->inside && k < name->inside->n; k++)
    if (!node_is_inside(value, name->inside->scan[k])) return true;
  return false;
}

/* ---- forwards ---- */

/* How many elements axes have, each of which is plain and whole; 0 where one is not. */
static int64_t count_plain(const Axis *axes, int n) {
  int64_t count = 1;
  for (int k = 0; k < n; k++) {
    if (axes[k].kind != AXIS_PLAIN || axes[k].dim || axes[k].scan || axes[k].extent > INT32_MAX / count) return 0;
    count *= axes[k].extent;
  }
  return count;
}

/* The free variables of the value, without the example. */
static int kept_vars(const Graph *g, const Read *root, int *vars) {
  int all[4 * MAX_AXES], n = read_vars(root, all, 0), kept = 0;
  for (int k = 0; k < n; k++)
    if (all[k] != g->batch_var) vars[kept++] = all[k];
  return kept;
}

static bool forward_pays(const Graph *g, const Read *root, const Node *leaf) {
  int kept[4 * MAX_AXES], n = kept_vars(g, root, kept), batch = leaf->naxes && leaf->axes[0].kind == AXIS_BATCH;
  Axis axes[4 * MAX_AXES];
  if (root->node->inside || leaf->inside || n == 0 || n > MAX_AXES / 2) return false;
  for (int k = 0; k < n; k++) axes[k] = graph_var_axis(g, kept[k]);
  int64_t places = count_plain(leaf->axes + batch, leaf->naxes - batch);
  return places && count_plain(axes, n) / FEWER >= places;
}

static bool reaches(Context *cx, Node *from, const Node *to) {
  NodeList list = graph_order(cx, &from, 1);
  for (int k = 0; k < list.n; k++)
    if (list.at[k] == to) return true;
  return false;
}

/* The derivative of root by leaf, open in root's variables and in `vars`; NULL where a sweep left something of u. */
static Read *forwards(Simplifier *t, Read *root, Node *leaf, int *vars) {
  Graph *g = t->g;
  int kept[4 * MAX_AXES], n = kept_vars(g, root, kept), of_u[1][MAX_AXES], of_leaf[1][MAX_AXES];
  Axis axes[MAX_AXES];
  Index *index[MAX_AXES];
  Read *gradient, *tangents;
  for (int k = 0; k < n; k++) axes[k] = graph_var_axis(g, kept[k]), index[k] = index_var(g, kept[k]);
  Node *u = build_leaf(g, NODE_DIRECTION, -1, n, axes, "u");
  Read *factors[2] = {read_make(g, u, index), root};
  Read *sum = rebuild_read(t, build_product(g, 1, 2, factors, 0, NULL, n, kept));
  derive_adjoints(t->program, sum, true, 1, &leaf, &gradient, of_leaf);
  derive_adjoints(t->program, rebuild_read(t, gradient), true, 1, &u, &tangents, of_u);
  if (reaches(g->cx, tangents->node, u)) return NULL;
  memcpy(vars, of_leaf[0], sizeof of_leaf[0]);
  Subst back = {0};
  for (int k = 0; k < n; k++) subst_add(&back, of_u[0][k], index[k]);
  return read_substitute(g, tangents, &back);
}

/* ---- one GRAD ---- */

/* `own` opens n. The example of a derivative is the batch variable itself (derive/visit.c knows it by that), and gets
 * n's own variable back at the end. */
Read *gradient_of(Simplifier *s, Node *n, const Subst *own) {
  Graph *g = s->g;
  Subst open = *own, back = {0}, *at = &open;
  if (n->naxes && n->axes[0].kind == AXIS_BATCH) {
    int mine;
    if (!index_is_var(own->by[0], &mine)) bug("simplify", "a derivative opened at no variable");
    open.by[0] = index_var(g, g->batch_var);
    subst_add(&back, g->batch_var, index_var(g, mine));
  }
  bool name = n->target->kind == NODE_NAME, nudged = name && inside_of_more(n->target, n->reads[0]->node);
  Simplifier *t = name && simplifier_opaque_at(s, n->target) < 0 ? simplifier_with_opaque(s, n->target, nudged) : s;
  Node *leaf = nudged ? simplifier_nudge_leaf(g, n->target) : name ? simplifier_opaque_leaf(g, n->target) : n->target;
  Read *root = rebuild_read(t, read_substitute(g, n->reads[0], at));
  Read *adjoint = NULL;
  int vars[1][MAX_AXES];
  if (!nudged && forward_pays(g, root, leaf)) adjoint = forwards(t, root, leaf, vars[0]);
  if (!adjoint) derive_adjoints(s->program, root, true, 1, &leaf, &adjoint, vars);
  Subst at_target = {0};
  for (int k = 0; k < leaf->naxes; k++) {
    Index *place = index_substitute(g, n->target_index[k], at);
    int v;
    if (index_is_var(place, &v) && v == vars[0][k]) continue;
    subst_add(&at_target, vars[0][k], place);
  }
  return read_substitute(g, rebuild_read(s, read_substitute(g, adjoint, &at_target)), &back);
}
