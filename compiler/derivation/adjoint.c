/* adjoint.c: the chain rule, equation by equation.
 *
 * In: equations u = f(v, ...), each with leaves for all that it is made of. Out: for each v the ways by which the loss
 * depends on it, one for each equation that uses it: (∂u/∂v)ᵀ δu, the derivative of sum(δu u) with δu a leaf. What a
 * step of a recurrence hands on to the next one comes to it from there (Path.later), and from the first step to the
 * start. */
#include "derivation/quantity.h"
#include "build/build.h"
#include "derive/derive.h"

enum { MOST_LEAVES = 256 };

typedef struct Leaves {
  Node *at[MOST_LEAVES];
  Quantity *of[MOST_LEAVES];
  int n;
} Leaves;

static bool is_sought(const Quantity *q) {
  if (q->kind == QUANTITY_PREVIOUS) return q->of->needed || q->start->needed;
  return q->needed;
}

static void collect_leaves(const Derivation *d, const Node *n, Leaves *leaves, bool *seen) {
  bool adjoint;
  if (seen[n->id]) return;
  seen[n->id] = true;
  Quantity *q = quantity_of_leaf(d, n, &adjoint);
  if (q && is_sought(q) && !n->integer && leaves->n < MOST_LEAVES) {
    leaves->of[leaves->n] = q;
    leaves->at[leaves->n++] = (Node *)n;
  }
  for (int k = 0; k < n->nreads; k++) collect_leaves(d, n->reads[k]->node, leaves, seen);
}

/* The adjoint of q, at its variables; with the example in front where it has none itself. */
static Read *adjoint_read(const Derivation *d, const Quantity *q) {
  Index *index[MAX_AXES];
  int first = q->adjoint->naxes - q->naxes;
  if (first) index[0] = index_var(d->g, d->g->batch_var);
  for (int k = 0; k < q->naxes; k++) index[first + k] = index_var(d->g, q->vars[k]);
  return read_make(d->g, q->adjoint, index);
}

/* sum(δu u) over all but the example. */
static Read *objective(const Derivation *d, const Quantity *u) {
  int summed[MAX_AXES], n = 0;
  if (u == d->loss) return u->right;
  for (int k = 0; k < u->naxes; k++)
    if (u->vars[k] != d->g->batch_var) summed[n++] = u->vars[k];
  Read *factors[2] = {adjoint_read(d, u), u->right};
  return build_product(d->g, 1, 2, factors, 0, NULL, n, summed);
}

static void add_path(Derivation *d, Quantity *to, const Quantity *by, Read *r, const int *vars, bool later) {
  Subst at = {0};
  for (int k = 0; k < to->naxes; k++)
    if (vars[k] != to->vars[k]) subst_add(&at, vars[k], index_var(d->g, to->vars[k]));
  Path path = {by, read_substitute(d->g, r, &at), later};
  VEC_PUSH(d->cx, &to->paths, path);
}

/* From the leaf of the step before: to the value in that step, and to the start. */
static void add_later(Derivation *d, Quantity *before, const Quantity *by, Read *r, const int *vars) {
  Graph *g = d->g;
  int own[MAX_AXES], n = 0, time = before->time;
  Subst next = {0};
  subst_add(&next, vars[time],
            index_combine(g, 1, index_var(g, before->of->vars[before->of->time]), 1, index_constant(g, 1)));
  if (before->of->needed) {
    memcpy(own, vars, sizeof own);
    own[time] = before->of->vars[before->of->time];
    add_path(d, before->of, by, read_substitute(g, r, &next), own, true);
  }
  if (!before->start->needed) return;
  Subst first = {0};
  subst_add(&first, vars[time], index_constant(g, 0));
  for (int k = 0; k < before->naxes; k++)
    if (k != time) own[n++] = vars[k];
  add_path(d, before->start, by, read_substitute(g, r, &first), own, false);
}

static bool is_zero(const Read *r) {
  double c;
  return read_constant(r, &c) && c == 0;
}

static void derive_equation(Derivation *d, Quantity *u) {
  Leaves leaves = {.n = 0};
  bool *seen = ARENA_ARRAY(d->cx, bool, d->g->nnodes + 1);
  Read *reads[MOST_LEAVES];
  int vars[MOST_LEAVES][MAX_AXES];
  collect_leaves(d, u->right->node, &leaves, seen);
  if (!leaves.n) return;
  derive_adjoints(d->program, objective(d, u), true, leaves.n, leaves.at, reads, vars);
  for (int k = 0; k < leaves.n; k++) {
    if (is_zero(reads[k])) continue;
    if (leaves.of[k]->kind == QUANTITY_PREVIOUS) add_later(d, leaves.of[k], u, reads[k], vars[k]);
    else add_path(d, leaves.of[k], u, reads[k], vars[k], false);
  }
}

static void add_up(Derivation *d, Quantity *q) {
  for (int k = 0; k < q->paths.n; k++) {
    if (q->paths.at[k].later) continue;
    q->total = q->total ? build_add(d->g, q->total, q->paths.at[k].read) : q->paths.at[k].read;
  }
}

void adjoints_derive(Derivation *d) {
  for (int k = d->all.n - 1; k >= 0; k--) {
    Quantity *q = d->all.at[k];
    if (q != d->loss) add_up(d, q);
    if (q->right && q->needed && (q == d->loss || q->paths.n)) derive_equation(d, q); /* else its adjoint is 0 */
  }
}
