/* verify.c: is a formula of the page what it was made of?
 *
 * In: a formula, and the derivative (or right side) that it is of. Both are evaluated at random points, with random
 * numbers for adjoints and for the step before, and with the equations for values. The steps of the chain rule together
 * are compared with the derivative of the whole loss, where it holds no recurrence. Out: a count of those that agree,
 * of those that differ, and of those of which nothing can be said (a value that is no number, a sum that would take
 * too long). A test asks for it (tests/derivations/verified.sh). */
#include "build/build.h"
#include "derivation/form.h"
#include "derive/derive.h"
#include "evaluate/evaluate.h"

#include <math.h>
#include <stdlib.h>

enum { POINTS = 3, MOST_VALUES = 4096 /* compared, of one formula */ };
static const double MOST_WORK = 2e7, TOLERANCE = 1e-9;

/* ---- formulas as reads ---- */

static Read *built(Graph *g, const Form *f);

static Read *built_sum(Graph *g, const Form *f) {
  Read *sum = built(g, f->at[0]);
  for (int k = 1; k < f->n; k++) sum = build_add(g, sum, built(g, f->at[k]));
  return sum;
}

/* Outside of its array an element is 0. */
static Read *built_symbol(Graph *g, const Form *f) {
  const Node *n = f->read->node;
  Guard guards[MAX_AXES];
  int nguards = 0;
  for (int k = 0; k < n->naxes; k++)
    if (n->axes[k].kind == AXIS_PLAIN) guards[nguards++] = (Guard){f->read->index[k], n->axes[k].extent};
  return build_product(g, 1, 1, (Read *[]){(Read *)f->read}, nguards, guards, 0, NULL);
}

/* Conditions guard what is read beside them. */
static Read *built_product(Graph *g, const Form *f, int nsummed, const int *summed) {
  Forms all = form_factors(g->cx, f);
  Read **factors = ARENA_ARRAY(g->cx, Read *, all.n + 1);
  Guard *guards = ARENA_ARRAY(g->cx, Guard, all.n + 1);
  int n = 0, nguards = 0;
  for (int k = 0; k < all.n; k++)
    if (all.at[k]->kind == FORM_HOLDS) guards[nguards++] = (Guard){all.at[k]->index, all.at[k]->extent};
    else factors[n++] = built(g, all.at[k]);
  return build_product(g, form_coefficient(f), n, factors, nguards, guards, nsummed, summed);
}

static Read *built_power(Graph *g, const Form *f) {
  Read *x = built(g, f->at[0]);
  double e = fabs(f->number);
  if (e == 0.5) x = build_op1(g, OP_SQRT, x);
  else if (e != 1) x = build_op2(g, OP_POW, x, build_constant(g, e));
  return f->number < 0 ? build_div(g, build_constant(g, 1), x) : x;
}

static Read *built_softmax(Graph *g, const Form *f) {
  Read *e = build_op1(g, OP_EXP, built(g, f->at[0]));
  Subst at = {0};
  subst_add(&at, f->vars[0], f->index);
  return build_div(g, read_substitute(g, e, &at), build_reduce(g, RED_SUM, e, 1, f->vars));
}

static Read *built_view(Graph *g, const Form *f) {
  const Node *n = f->read->node;
  int vars[MAX_AXES], m = 0;
  if (n->naxes && n->axes[0].kind == AXIS_BATCH && !index_is_var(f->read->index[0], &vars[m++])) return NULL;
  for (int k = 0; k < f->nvars; k++) vars[m++] = f->vars[k];
  Node *inner = build_tensor(g, built(g, f->at[0]), m, vars);
  return read_make(g, build_reshape(g, inner, n->naxes, n->axes), f->read->index);
}

static Read *built_call(Graph *g, const Form *f) {
  Read **x = ARENA_ARRAY(g->cx, Read *, f->n + 1);
  for (int k = 0; k < f->n; k++) x[k] = built(g, f->at[k]);
  return build_op(g, f->op, x);
}

static Read *built(Graph *g, const Form *f) {
  switch (f->kind) {
  case FORM_NUMBER: return build_constant(g, f->number);
  case FORM_SYMBOL: return built_symbol(g, f);
  case FORM_SUM: return built_sum(g, f);
  case FORM_HOLDS:
  case FORM_PRODUCT: return built_product(g, f, 0, NULL);
  case FORM_POWER: return built_power(g, f);
  case FORM_CALL: return built_call(g, f);
  case FORM_INDEX: return build_index(g, f->index);
  case FORM_SOFTMAX: return built_softmax(g, f);
  case FORM_VIEW: return built_view(g, f);
  case FORM_REDUCE: break;
  }
  if (f->reduction == RED_SUM) return built_product(g, f->at[0], f->nvars, f->vars);
  return build_reduce(g, f->reduction, built(g, f->at[0]), f->nvars, f->vars);
}

/* ---- values in place of their names ---- */

static Read *free_leaf(Graph *g, const Node *n, const int *vars) {
  Index *index[MAX_AXES];
  Node proto = {.kind = NODE_DIRECTION, .scale = 1, .item = -2 - n->id, .naxes = n->naxes, .label = n->label};
  proto.integer = n->integer, proto.lo = n->lo, proto.hi = n->hi;
  memcpy(proto.axes, n->axes, sizeof proto.axes);
  Node *leaf = graph_intern(g, &proto);
  for (int k = 0; k < n->naxes; k++) index[k] = index_var(g, vars[k]);
  return read_make(g, leaf, index);
}

static void set_free(Apart *a, const Node *n) {
  int vars[MAX_AXES];
  read_open(a->g, (Node *)n, vars);
  apart_set(a, n, free_leaf(a->g, n, vars), vars);
}

Apart *verify_values(const Derivation *d) {
  Apart *a = ARENA_NEW(d->cx, Apart);
  a->g = d->g;
  for (int k = 0; k < d->all.n; k++) {
    const Quantity *q = d->all.at[k];
    set_free(a, q->adjoint);
    if (q->kind == QUANTITY_LEAF) continue;
    if (!q->right || q->kind == QUANTITY_START) set_free(a, q->leaf);
    else apart_set(a, q->leaf, apart_read(a, q->right), q->vars);
  }
  return a;
}

/* ---- at a point ---- */

static void draw(Evaluation *e, Node *n, unsigned *state) {
  int64_t count = evaluation_count(e, n);
  double *values = evaluation_writable(e, n);
  for (int64_t k = 0; k < count; k++) {
    *state = *state * 1664525u + 1013904223u;
    double u = (double)(*state >> 8) / 16777216.0;
    if (n->integer) values[k] = n->lo + floor(u * (n->hi - n->lo + 1));
    else values[k] = n->kind == NODE_PARAM ? 0.6 * u - 0.3 : 0.15 + 0.7 * u;
  }
}

static bool is_drawn(const Node *n) {
  return n->kind == NODE_INPUT || n->kind == NODE_PARAM || n->kind == NODE_STATE || n->kind == NODE_DRAW ||
         n->kind == NODE_DIRECTION;
}

static void compare(Graph *g, Node *a, Node *b, unsigned seed, Verified *found) {
  Evaluation *e = evaluation_new(g, 3, 1);
  NodeList list = graph_order(g->cx, (Node *const[]){a, b}, 2);
  bool differs = false, unknown = false;
  for (int k = 0; k < list.n; k++)
    if (is_drawn(list.at[k])) draw(e, list.at[k], &seed);
  unknown =
    evaluation_missing(e, a) || evaluation_missing(e, b) || evaluation_cost(e, a) + evaluation_cost(e, b) > MOST_WORK;
  if (!unknown) {
    const double *x = evaluate(e, a), *y = evaluate(e, b);
    int64_t count = evaluation_count(e, a) < MOST_VALUES ? evaluation_count(e, a) : MOST_VALUES;
    for (int64_t k = 0; k < count; k++) {
      if (!isfinite(x[k]) || !isfinite(y[k])) unknown = true; /* a naive formula may overflow */
      else differs = differs || !(fabs(x[k] - y[k]) <= TOLERANCE * (1 + fabs(x[k]) + fabs(y[k])));
    }
  }
  if (differs) found->different++;
  else if (unknown) found->unknown++;
  else found->same++;
}

void verify_form(const Derivation *d, Apart *values, const Form *f, const Read *r, Verified *found) {
  Graph *g = d->g;
  int vars[4 * MAX_AXES], before = found->different;
  Read *a = apart_read(values, built(g, f)), *b = apart_read(values, r);
  int n = read_vars(b, vars, read_vars(a, vars, 0));
  if (n > MAX_AXES) return;
  Node *x = build_tensor(g, a, n, vars), *y = build_tensor(g, b, n, vars);
  for (int k = 0; k < POINTS; k++) compare(g, x, y, 77u + 1000u * (unsigned)k, found);
  if (found->different > before && !found->first) found->first = f;
}

/* ---- all steps of the chain rule together ---- */

static bool has_later(const Derivation *d) {
  for (int k = 0; k < d->all.n; k++)
    for (int i = 0; i < d->all.at[k]->paths.n; i++)
      if (d->all.at[k]->paths.at[i].later || d->all.at[k]->kind == QUANTITY_START) return true;
  return false;
}

/* Values by their equations, and adjoints by what came to them, from the loss on. */
static Apart *with_adjoints(const Derivation *d) {
  Apart *a = verify_values(d);
  for (int k = d->all.n - 1; k >= 0; k--) {
    const Quantity *q = d->all.at[k];
    int vars[MAX_AXES], first = q->adjoint->naxes - q->naxes;
    if (first) vars[0] = d->g->batch_var;
    memcpy(vars + first, q->vars, sizeof(int) * (size_t)q->naxes);
    apart_set(a, q->adjoint, q->total ? apart_read(a, q->total) : build_constant(d->g, 0), vars);
  }
  return a;
}

void verify_gradients(Derivation *d, Verified *found) {
  Index *index[MAX_AXES];
  for (int k = 0; k < d->loss->naxes; k++) index[k] = index_var(d->g, d->loss->vars[k]);
  const Read *loss = whole_read(d, read_make(d->g, (Node *)d->loss->node, index));
  if (!loss || has_later(d)) return;
  Apart *steps = with_adjoints(d), *values = verify_values(d);
  for (int k = 0; k < d->all.n; k++) {
    const Quantity *q = d->all.at[k];
    Node *leaf = q->leaf;
    int vars[1][MAX_AXES], all[4 * MAX_AXES];
    Read *whole;
    Subst own = {0};
    if (q->kind != QUANTITY_LEAF || !q->total) continue;
    derive_adjoints(d->program, (Read *)loss, true, 1, &leaf, &whole, vars);
    for (int i = 0; i < q->naxes; i++)
      if (vars[0][i] != q->vars[i]) subst_add(&own, vars[0][i], index_var(d->g, q->vars[i]));
    Read *a = apart_read(steps, q->total), *b = apart_read(values, read_substitute(d->g, whole, &own));
    int n = read_vars(b, all, read_vars(a, all, 0));
    for (int i = 0; i < POINTS && n <= MAX_AXES; i++)
      compare(d->g, build_tensor(d->g, a, n, all), build_tensor(d->g, b, n, all), 5u + 1000u * (unsigned)i, found);
  }
}
