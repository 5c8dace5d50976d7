/* program.c: a program as it was elaborated in, the same with simplified roots out.
 *
 * Each root is rebuilt; a training loss gets the gradients of all parameters as further roots, a full-batch method the
 * product of its Hessian with a direction. */
#include "simplify/simplify.h"
#include "build/build.h"
#include "derive/derive.h"
#include "simplify/simplifier.h"

/* Adds the gradients of all parameters, and the next values of states, to the roots of a training loss. */
static void add_gradients(Simplifier *s, Routine *r) {
  Program *p = s->program;
  int n = p->params.n, used = 0;
  Root *roots = ARENA_ARRAY(p->cx, Root, 1 + n + p->states.n);
  Node **targets = ARENA_ARRAY(p->cx, Node *, n + 1);
  Read **adjoints = ARENA_ARRAY(p->cx, Read *, n + 1);
  int(*vars)[MAX_AXES] = arena_alloc(p->cx, sizeof *vars * (size_t)(n + 1));
  for (int k = 0; k < n; k++) targets[k] = p->params.at[k].node;
  Read *loss = rebuild_read(s, read_make(p->graph, r->roots[0].node, NULL));
  derive_adjoints(p, loss, false, n, targets, adjoints, vars);
  roots[used++] = (Root){build_tensor(p->graph, loss, 0, NULL), DEST_RETURN, 0};
  for (int k = 0; k < n; k++)
    roots[used++] =
      (Root){build_tensor(p->graph, rebuild_read(s, adjoints[k]), targets[k]->naxes, vars[k]), DEST_GRAD, k};
  for (int k = 0; k < p->states.n; k++)
    if (p->states.at[k].next) roots[used++] = (Root){rebuild_root(s, p->states.at[k].next), DEST_NEXT_STATE, k};
  r->roots = roots;
  r->nroots = used;
}

/* ---- full-batch methods ---- */

static Node *root_of(const Routine *r, DestKind dest, int item) {
  for (int k = 0; k < r->nroots; k++)
    if (r->roots[k].dest == dest && r->roots[k].item == item) return r->roots[k].node;
  bug("simplify", "%s has no gradient of parameter %d", r->name, item);
}

/* gradient[i] u[i], summed: what the direction's part of one parameter adds to gradient·direction. */
static Read *along_direction(Graph *g, const Leaf *leaf, int item, Node *gradient) {
  int vars[MAX_AXES];
  const char *label = arena_printf(g->cx, "u.%s", leaf->path);
  Read *u = read_open(g, build_leaf(g, NODE_DIRECTION, item, leaf->node->naxes, leaf->node->axes, label), vars);
  Read *factors[2] = {read_make(g, gradient, u->index), u};
  return build_product(g, 1, 2, factors, 0, NULL, leaf->node->naxes, vars);
}

/* The Hessian times a direction is the derivative of gradient·direction; over the parameters that move. */
static void add_product(Simplifier *s, const Group *group, FullBatch *full) {
  Program *p = s->program;
  Graph *g = p->graph;
  int n = group->nparams;
  Node **targets = ARENA_ARRAY(p->cx, Node *, n + 1);
  Read **products = ARENA_ARRAY(p->cx, Read *, n + 1), *dot = build_constant(g, 0);
  int(*vars)[MAX_AXES] = arena_alloc(p->cx, sizeof *vars * (size_t)(n + 1));
  for (int k = 0; k < n; k++) {
    const Leaf *leaf = &p->params.at[group->params[k]];
    targets[k] = leaf->node;
    dot = build_add(g, dot,
                    along_direction(g, leaf, group->params[k], root_of(&full->gradient, DEST_GRAD, group->params[k])));
  }
  derive_adjoints(p, rebuild_read(s, dot), false, n, targets, products, vars);
  full->product.roots = ARENA_ARRAY(p->cx, Root, n + 1);
  for (int k = 0; k < n; k++)
    full->product.roots[k] =
      (Root){build_tensor(g, rebuild_read(s, products[k]), targets[k]->naxes, vars[k]), DEST_GRAD, group->params[k]};
  full->product.nroots = n;
}

static void add_full(Simplifier *s, const Objective *o) {
  Program *p = s->program;
  FullBatch *full = o->full;
  for (int k = 0; k < p->routines.n; k++)
    if (p->routines.at[k].kind == ROUTINE_GRAD && p->routines.at[k].loss == o->loss) full->gradient = p->routines.at[k];
  full->product = full->gradient;
  full->product.nroots = 0;
  if (full->uses_product) add_product(s, &o->groups[0], full);
}

/* ---- all roots ---- */

/* What the rest of the compiler relies on. */
static void finish_roots(Program *p, Root *roots, int n, const char *pass) {
  Node **nodes = ARENA_ARRAY(p->cx, Node *, n + 1);
  for (int k = 0; k < n; k++) nodes[k] = roots[k].node;
  graph_part_scans(p->graph, nodes, n);
  for (int k = 0; k < n; k++) roots[k].node = nodes[k];
  for (int k = 0; k < n && !error_count(p->cx); k++) limits_check(p, roots[k].node);
  if (!p->graph->overflowed) graph_verify(p->graph, nodes, n, pass);
}

static void simplify_roots(Simplifier *s, Root *roots, int n) {
  for (int k = 0; k < n; k++) roots[k].node = rebuild_root(s, roots[k].node);
  finish_roots(s->program, roots, n, s->to_float ? "float" : "simplify");
}

static void simplify_optimizers(Simplifier *s) {
  Program *p = s->program;
  for (int i = 0; i < p->objectives.n; i++)
    for (int j = 0; j < p->objectives.at[i].ngroups; j++)
      for (int k = 0; k < p->objectives.at[i].groups[j].nstages; k++) {
        Group *group = &p->objectives.at[i].groups[j];
        Stage *stage = &group->stages[k];
        simplify_roots(s, stage->roots, stage->nroots * (stage->flat ? 1 : group->nparams));
      }
}

void simplify_program(Program *p, const Options *options) {
  Simplifier *s = simplifier_new(p, options);
  for (int k = 0; k < p->routines.n; k++) {
    Routine *r = &p->routines.at[k];
    if (r->kind == ROUTINE_GRAD) {
      add_gradients(s, r);
      finish_roots(p, r->roots, r->nroots, "simplify");
    } else {
      simplify_roots(s, r->roots, 1);
    }
  }
  for (int i = 0; i < p->objectives.n; i++) {
    FullBatch *full = p->objectives.at[i].full;
    if (full) add_full(s, &p->objectives.at[i]);
    if (full) finish_roots(p, full->product.roots, full->product.nroots, "simplify");
  }
  simplify_optimizers(s);
  explain_print(p);
}

/* This must wait until derivatives are taken, in which no maximum is. */
void simplify_to_float(Program *p, const Options *options) {
  Simplifier *s = simplifier_new(p, options);
  s->to_float = true;
  for (int k = 0; k < p->routines.n; k++) simplify_roots(s, p->routines.at[k].roots, p->routines.at[k].nroots);
  for (int i = 0; i < p->objectives.n; i++) {
    FullBatch *full = p->objectives.at[i].full; /* its gradient shares the roots of the routine */
    if (full) simplify_roots(s, full->product.roots, full->product.nroots);
  }
  simplify_optimizers(s);
}

void simplify_check(Program *p, int k, Read **a, Read **b) {
  Simplifier *s = simplifier_new(p, NULL);
  *a = rebuild_read(s, p->checks.at[k].a);
  *b = rebuild_read(s, p->checks.at[k].b);
  limits_check(p, (*a)->node);
  limits_check(p, (*b)->node);
}
