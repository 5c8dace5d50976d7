/* contribution.c: what reaches a node, and its sum.
 *
 * In: for operand a of a node y, read at p, an integrand: ybar * df/da, in y's variables. Out: the contribution to
 * the adjoint of a is the sum of the integrand over y's variables, where k = p; the adjoint is the sum of all
 * contributions.
 *
 * A contribution that fills only a box of a (a slice) is kept as a box, so that many slices become one sum of
 * pieces. */
#include "derive/sweep.h"

void contribution_push(Sweep *s, Node *a, Contribution c) {
  c.next = s->adjoint[a->id];
  s->adjoint[a->id] = arena_copy(s->g->cx, &c, sizeof c);
}

void integrand_guard(Integrand *t, Index *e) {
  if (t->nguards == MOST_GUARDS) bug("differentiate", "too many guards");
  t->guards[t->nguards++] = (Guard){e, 1};
}

Read *integrand_sum(Graph *g, const Integrand *t, int nsummed, const int *summed) {
  return build_product(g, t->scale, t->nfactors, t->factors, t->nguards, t->guards, nsummed, summed);
}

/* ---- one contribution ---- */

static int summed_vars(const Sweep *s, const Opened *o, int *summed) {
  int n = 0;
  for (int k = 0; k < o->y->naxes + o->y->nreduce; k++)
    if (!sweep_is_pin(s, o->vars[k])) summed[n++] = o->vars[k];
  return n;
}

/* Is place k of the read one of y's own axes plus a constant, or a constant, each axis once? Then a is met in a box. */
static bool is_box(const Sweep *s, const Opened *o, const Read *r, Contribution *c, int *used, int *nused) {
  bool smaller = false;
  *nused = 0;
  for (int m = 0; m < r->node->naxes; m++) {
    int64_t k;
    Index *e = r->index[m];
    int pin = sweep_pin(s, r->node, m);
    if (pin >= 0) {
      int v;
      if (!index_is_var(e, &v) || v != pin) return false;
      c->vars[m] = v;
      continue;
    }
    bool plain = r->node->axes[m].kind == AXIS_PLAIN;
    c->offset[m] = e->offset;
    if (plain && index_is_constant(e, &k)) {
      if (k < 0 || k >= r->node->axes[m].extent) return false;
      c->vars[m] = graph_var(s->g, PLAIN(1));
      smaller = smaller || r->node->axes[m].extent > 1;
      continue;
    }
    if (e->n != 1 || e->divisor != 1 || e->terms[0].gather || e->terms[0].coef != 1) return false;
    int var = e->terms[0].var;
    if (sweep_is_pin(s, var)) return false; /* one place, that of the time, not a box of them */
    if (vars_contain(used, *nused, var)) return false;
    if (!vars_contain(o->vars, o->y->naxes, var)) return false;
    int64_t extent = graph_var_axis(s->g, var).extent;
    if (plain && (e->offset < 0 || e->offset + extent > r->node->axes[m].extent))
      return false; /* it is a guard that keeps it inside */
    used[(*nused)++] = var;
    c->vars[m] = var;
    smaller = smaller || (plain && extent < r->node->axes[m].extent);
  }
  return smaller;
}

static bool contribute_box(Sweep *s, const Opened *o, const Read *r, const Integrand *t) {
  Contribution c = {.box = true};
  int used[MAX_AXES], nused, summed[MAX_AXES], n = 0, all[MAX_AXES], m;
  if (!is_box(s, o, r, &c, used, &nused)) return false;
  m = summed_vars(s, o, all);
  for (int k = 0; k < m; k++)
    if (!vars_contain(used, nused, all[k])) summed[n++] = all[k];
  c.read = integrand_sum(s->g, t, n, summed);
  contribution_push(s, r->node, c);
  return true;
}

/* Renames the batch variable, which is then summed: the contributions of all examples to one. */
static void sum_over_examples(Sweep *s, Integrand *t, int *summed, int *nsummed) {
  int all = graph_var(s->g, OVER_BATCH);
  Subst rename = {0};
  subst_add(&rename, s->g->batch_var, index_var(s->g, all));
  for (int k = 0; k < t->nfactors; k++) t->factors[k] = read_substitute(s->g, t->factors[k], &rename);
  for (int k = 0; k < t->nguards; k++) t->guards[k].e = index_substitute(s->g, t->guards[k].e, &rename);
  summed[(*nsummed)++] = all;
}

void contribution_add(Sweep *s, const Opened *o, const Read *r, Integrand *t) {
  Graph *g = s->g;
  const Node *a = r->node;
  if (!s->needed[a->id] || contribute_box(s, o, r, t)) return;
  Contribution c = {.box = false};
  int summed[2 * MAX_AXES], n = summed_vars(s, o, summed), shifted = -1;
  for (int m = 0; m < a->naxes; m++) {
    int v, pin = sweep_pin(s, a, m);
    bool only = pin >= 0 && a->axes[m].kind == AXIS_PLAIN && a->axes[m].extent == 1; /* one time: 0 */
    if (only || (pin >= 0 && index_is_var(r->index[m], &v) && v == pin)) {
      c.vars[m] = pin;
      continue;
    }
    if (pin >= 0 && pin != g->batch_var) bug("differentiate", "a value of a scan is read at another time");
    c.vars[m] = sweep_fresh_var(s, a->axes[m]);
    if (pin >= 0) shifted = c.vars[m];
  }
  for (int m = 0; m < a->naxes; m++)
    if (!sweep_is_pin(s, c.vars[m])) integrand_guard(t, index_combine(g, 1, index_var(g, c.vars[m]), -1, r->index[m]));
  if (shifted >= 0 && s->root_has_batch) sum_over_examples(s, t, summed, &n);
  c.read = integrand_sum(g, t, n, summed);
  if (shifted >= 0) {
    Subst back = {0};
    subst_add(&back, shifted, index_var(g, g->batch_var));
    c.read = read_substitute(g, c.read, &back);
    c.vars[0] = g->batch_var;
  }
  contribution_push(s, r->node, c);
}

/* ---- the sum of contributions ---- */

static Read *at_vars(Graph *g, const Contribution *c, int naxes, const int *vars) {
  Subst to = {0};
  for (int k = 0; k < naxes; k++)
    if (c->vars[k] != vars[k]) subst_add(&to, c->vars[k], index_var(g, vars[k]));
  return read_substitute(g, c->read, &to);
}

/* A single box in an array of zeros: it is read where guards hold. */
static Read *box_alone(Sweep *s, const Contribution *c, const Node *n, const int *vars) {
  Graph *g = s->g;
  Integrand t = {.scale = 1, .nfactors = 1, .factors = {c->read}};
  int summed[MAX_AXES], nsummed = 0;
  for (int k = 0; k < n->naxes; k++) {
    if (sweep_is_pin(s, c->vars[k])) continue;
    Index *place = index_combine(g, 1, index_var(g, c->vars[k]), 1, index_constant(g, c->offset[k]));
    integrand_guard(&t, index_combine(g, 1, index_var(g, vars[k]), -1, place));
    summed[nsummed++] = c->vars[k];
  }
  return integrand_sum(g, &t, nsummed, summed);
}

/* What the boxes depend on besides their own axes from `first` on, in order. */
static int context_vars(const Contribution *list, int first, int naxes, int *context) {
  int n = 0;
  for (const Contribution *c = list; c; c = c->next) {
    int all[4 * MAX_AXES], m = 0;
    if (!c->box) continue;
    m = read_vars(c->read, all, 0);
    for (int k = 0; k < m; k++)
      if (!vars_contain(c->vars + first, naxes - first, all[k]) && !vars_contain(context, n, all[k]))
        context[n++] = all[k];
  }
  for (int i = 1; i < n; i++)
    for (int j = i; j > 0 && context[j] < context[j - 1]; j--) {
      int t = context[j];
      context[j] = context[j - 1], context[j - 1] = t;
    }
  return n;
}

/* All boxes in one array: a sum of pieces. */
static Read *boxes_together(Sweep *s, const Contribution *list, int count, const Node *n, const int *vars) {
  Graph *g = s->g;
  int context[4 * MAX_AXES], first = n->naxes && sweep_pin(s, n, 0) == g->batch_var ? 1 : 0, rank = n->naxes - first;
  int ncontext = context_vars(list, first, n->naxes, context);
  if (ncontext + rank > MAX_AXES) bug("differentiate", "a sum of pieces with %d axes", ncontext + rank);
  Node **pieces = ARENA_ARRAY(g->cx, Node *, count);
  int64_t *offsets = ARENA_ARRAY(g->cx, int64_t, count * (ncontext + rank));
  int p = 0;
  for (const Contribution *c = list; c; c = c->next) {
    int all[4 * MAX_AXES];
    if (!c->box) continue;
    memcpy(all, context, sizeof(int) * (size_t)ncontext);
    memcpy(all + ncontext, c->vars + first, sizeof(int) * (size_t)rank);
    pieces[p] = build_tensor(g, c->read, ncontext + rank, all);
    memcpy(offsets + p * (ncontext + rank) + ncontext, c->offset + first, sizeof(int64_t) * (size_t)rank);
    p++;
  }
  Axis axes[MAX_AXES];
  Index *index[MAX_AXES];
  for (int k = 0; k < ncontext; k++) axes[k] = graph_var_axis(g, context[k]), index[k] = index_var(g, context[k]);
  for (int k = 0; k < rank; k++)
    axes[ncontext + k] = sweep_adjoint_axis(s, n, first + k), index[ncontext + k] = index_var(g, vars[first + k]);
  return read_make(g, build_pieces(g, ncontext + rank, axes, count, pieces, offsets), index);
}

/* The textbook's name of an adjoint, for formulas: δh is that of h. */
static void name_adjoint(Graph *g, const Node *n, const Read *adjoint) {
  Node *a = adjoint->node;
  if (a->kind != NODE_MAP || !a->naxes) return;
  for (int k = 0; k < a->naxes; k++)
    if (!index_is_var(adjoint->index[k], NULL)) return;
  if (a->naxes == n->naxes && !a->equation) a->equation = n->adjoint_equation;
  if (!n->label || a->label) return;
  a->label = arena_printf(g->cx, "δ%s", n->label);
}

Read *contribution_sum(Sweep *s, const Node *n, int *vars) {
  Graph *g = s->g;
  const Contribution *list = s->adjoint[n->id];
  int boxes = 0;
  Read *sum = NULL;
  if (!list) return NULL;
  for (int k = 0; k < n->naxes; k++) vars[k] = sweep_var(s, n, k);
  for (const Contribution *c = list; c; c = c->next) boxes += c->box;
  if (boxes > 1) sum = boxes_together(s, list, boxes, n, vars);
  for (const Contribution *c = list; c; c = c->next) {
    if (c->box && boxes > 1) continue;
    Read *r = c->box ? box_alone(s, c, n, vars) : at_vars(g, c, n->naxes, vars);
    sum = sum ? build_add(g, r, sum) : r;
  }
  name_adjoint(g, n, sum);
  return sum;
}
