/* program.c: the derivatives that a program asks for, as further roots.
 *
 * In: a program whose roots are simplified. Out: the gradients of all parameters, and the next values of states, beside
 * the value of each training loss; then, for full-batch methods that ask for it, the product of the Hessian with a
 * direction u. It is the derivative of gradient[i] u[i], summed over the parameters that move (Pearlmutter 1994). */
#include "build/build.h"
#include "derive/derive.h"

static void add_gradients(Program *p, Routine *r) {
  int n = p->params.n, used = 0;
  Root *roots = ARENA_ARRAY(p->cx, Root, 1 + n + p->states.n);
  Node **targets = ARENA_ARRAY(p->cx, Node *, n + 1);
  Read **adjoints = ARENA_ARRAY(p->cx, Read *, n + 1);
  int(*vars)[MAX_AXES] = arena_alloc(p->cx, sizeof *vars * (size_t)(n + 1));
  for (int k = 0; k < n; k++) targets[k] = p->params.at[k].node;
  derive_adjoints(p, read_make(p->graph, r->roots[0].node, NULL), false, n, targets, adjoints, vars);
  roots[used++] = r->roots[0];
  for (int k = 0; k < n; k++)
    roots[used++] = (Root){build_tensor(p->graph, adjoints[k], targets[k]->naxes, vars[k]), DEST_GRAD, k};
  for (int k = 0; k < p->states.n; k++)
    if (p->states.at[k].next) roots[used++] = (Root){p->states.at[k].next, DEST_NEXT_STATE, k};
  r->roots = roots;
  r->nroots = used;
}

void derive_gradients(Program *p, const Options *options) {
  (void)options;
  for (int k = 0; k < p->routines.n; k++)
    if (p->routines.at[k].kind == ROUTINE_GRAD) add_gradients(p, &p->routines.at[k]);
}

/* ---- full-batch methods ---- */

static Node *gradient_of(const Routine *r, int item) {
  for (int k = 0; k < r->nroots; k++)
    if (r->roots[k].dest == DEST_GRAD && r->roots[k].item == item) return r->roots[k].node;
  bug("derive", "%s has no gradient of parameter %d", r->name, item);
}

/* gradient[i] u[i], summed: what the direction's part of one parameter adds to gradient·direction. */
static Read *along_direction(Graph *g, const Leaf *leaf, int item, Node *gradient) {
  int vars[MAX_AXES];
  const char *label = arena_printf(g->cx, "u.%s", leaf->path);
  Read *u = read_open(g, build_leaf(g, NODE_DIRECTION, item, leaf->node->naxes, leaf->node->axes, label), vars);
  Read *factors[2] = {read_make(g, gradient, u->index), u};
  return build_product(g, 1, 2, factors, 0, NULL, leaf->node->naxes, vars);
}

static void add_product(Program *p, const Group *group, FullBatch *full) {
  Graph *g = p->graph;
  int n = group->nparams;
  Node **targets = ARENA_ARRAY(p->cx, Node *, n + 1);
  Read **products = ARENA_ARRAY(p->cx, Read *, n + 1), *dot = build_constant(g, 0);
  int(*vars)[MAX_AXES] = arena_alloc(p->cx, sizeof *vars * (size_t)(n + 1));
  for (int k = 0; k < n; k++) {
    int item = group->params[k];
    const Leaf *leaf = &p->params.at[item];
    targets[k] = leaf->node;
    dot = build_add(g, dot, along_direction(g, leaf, item, gradient_of(&full->gradient, item)));
  }
  derive_adjoints(p, dot, false, n, targets, products, vars);
  full->product.roots = ARENA_ARRAY(p->cx, Root, n + 1);
  for (int k = 0; k < n; k++)
    full->product.roots[k] =
      (Root){build_tensor(g, products[k], targets[k]->naxes, vars[k]), DEST_GRAD, group->params[k]};
  full->product.nroots = n;
}

void derive_products(Program *p, const Options *options) {
  (void)options;
  for (int i = 0; i < p->objectives.n; i++) {
    const Objective *o = &p->objectives.at[i];
    if (o->full && o->full->uses_product) add_product(p, &o->groups[0], o->full);
  }
}
