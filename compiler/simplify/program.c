/* program.c: a program in, the same with simplified roots out, pass by pass (main.c has their order).
 *
 * Each root is rebuilt; so are the gradients of a training loss, and the products of its Hessian with a direction,
 * after derive/program.c has made them. */
#include "simplify/simplify.h"
#include "derive/derive.h"
#include "simplify/simplifier.h"

/* What the rest of the compiler relies on. */
static void finish_roots(Program *p, Root *roots, int n) {
  Node **nodes = ARENA_ARRAY(p->cx, Node *, n + 1);
  for (int k = 0; k < n; k++) nodes[k] = roots[k].node;
  graph_part_scans(p->graph, nodes, n);
  for (int k = 0; k < n; k++) roots[k].node = nodes[k];
  for (int k = 0; k < n && !error_count(p->cx); k++) limits_check(p, roots[k].node);
}

static void simplify_roots(Simplifier *s, Root *roots, int n) {
  for (int k = 0; k < n; k++) roots[k].node = rebuild_root(s, roots[k].node);
  finish_roots(s->program, roots, n);
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

/* The gradient of a full-batch method is a routine of the program. */
static void share_gradient(Program *p, const Objective *o) {
  for (int k = 0; o->full && k < p->routines.n; k++) {
    const Routine *r = &p->routines.at[k];
    if (r->kind == ROUTINE_GRAD && r->loss == o->loss) o->full->gradient = o->full->product = *r;
  }
  if (o->full) o->full->product.nroots = 0;
}

void simplify_values(Program *p, const Options *options) {
  Simplifier *s = simplifier_new(p, options);
  for (int k = 0; k < p->routines.n; k++) simplify_roots(s, p->routines.at[k].roots, p->routines.at[k].nroots);
  for (int k = 0; k < p->states.n; k++)
    if (p->states.at[k].next) p->states.at[k].next = rebuild_root(s, p->states.at[k].next);
  simplify_optimizers(s);
}

void simplify_gradients(Program *p, const Options *options) {
  Simplifier *s = simplifier_new(p, options);
  for (int k = 0; k < p->routines.n; k++)
    if (p->routines.at[k].kind == ROUTINE_GRAD) simplify_roots(s, p->routines.at[k].roots, p->routines.at[k].nroots);
  for (int i = 0; i < p->objectives.n; i++) share_gradient(p, &p->objectives.at[i]);
}

void simplify_products(Program *p, const Options *options) {
  Simplifier *s = simplifier_new(p, options);
  for (int i = 0; i < p->objectives.n; i++) {
    FullBatch *full = p->objectives.at[i].full;
    if (full) simplify_roots(s, full->product.roots, full->product.nroots);
  }
  explain_print(p);
}

/* ---- derivatives as a book prints them ---- */

static bool is_gradient(const Root *r) { return r->dest == DEST_GRAD; }

static void collect_roots(Program *p, const Options *options, Root *roots, int n) {
  Node **all = ARENA_ARRAY(p->cx, Node *, n + 1), **written = ARENA_ARRAY(p->cx, Node *, n + 1);
  for (int turn = 0; turn < 2; turn++) {
    Simplifier *s = simplifier_new(p, options);
    int nwritten = 0;
    for (int k = 0; k < n; k++) {
      all[k] = roots[k].node;
      if (!is_gradient(&roots[k])) written[nwritten++] = roots[k].node;
    }
    s->manner = turn == 0 ? COMPLEMENTING : COLLECTING;
    s->uses = uses_of(p, all, n, written, nwritten);
    simplify_roots(s, roots, n);
  }
}

void simplify_forms(Program *p, const Options *options) {
  for (int k = 0; k < p->routines.n; k++) {
    Routine *r = &p->routines.at[k];
    if (r->kind == ROUTINE_GRAD || r->kind == ROUTINE_LOSS) collect_roots(p, options, r->roots, r->nroots);
  }
  for (int i = 0; i < p->objectives.n; i++) {
    FullBatch *full = p->objectives.at[i].full;
    if (full) collect_roots(p, options, full->product.roots, full->product.nroots);
  }
}

/* This must wait until derivatives are taken, in which no maximum is. */
void simplify_to_float(Program *p, const Options *options) {
  Simplifier *s = simplifier_new(p, options);
  s->manner = TO_FLOAT;
  for (int k = 0; k < p->routines.n; k++) simplify_roots(s, p->routines.at[k].roots, p->routines.at[k].nroots);
  for (int i = 0; i < p->objectives.n; i++) {
    FullBatch *full = p->objectives.at[i].full; /* its gradient shares the roots of the routine */
    if (full) simplify_roots(s, full->product.roots, full->product.nroots);
  }
  simplify_optimizers(s);
}

Simplifier *simplify_begin(Program *p) { return simplifier_new(p, NULL); }

Simplifier *simplify_begin_stopped(Program *p, Node *const *nodes, int n) {
  Simplifier *s = simplifier_new(p, NULL);
  for (int k = 0; k < n; k++) s->stopped[s->nstopped++] = nodes[k];
  return s;
}

Simplifier *simplify_begin_unstopped(Program *p) {
  Simplifier *s = simplifier_new(p, NULL);
  s->through = true;
  return s;
}

Read *simplify_read(Simplifier *s, Read *r) { return rebuild_more(s, r); }

void simplify_check(Program *p, int k, Read **a, Read **b) {
  Simplifier *s = simplifier_new(p, NULL);
  *a = rebuild_read(s, p->checks.at[k].a);
  *b = rebuild_read(s, p->checks.at[k].b);
  limits_check(p, (*a)->node);
  limits_check(p, (*b)->node);
}
