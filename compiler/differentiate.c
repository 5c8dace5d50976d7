/* differentiate.c: adjoints by one rule.
 *
 * The adjoint of a in  y[i] = sum(j) f(a[p(i,j)], ...)  is  abar[k] = sum((i,j) : k = p(i,j)) ybar[i] * df/da.  The nodes are walked
 * from the root to the leaves; each contribution is a product with equality guards, which the product builder solves. A
 * contribution that fills only a box of a (a slice) is kept as a box, so that many slices become one sum of pieces. An
 * adjoint is an expression like any other, so derivatives of derivatives need nothing new.
 *
 * Per example (grad in the language), the batch variable of the root is a constant of the derivation: adjoints have it free, and
 * are not summed over it. Where a value looks across the batch, the derivative is that of the sum of the root over all examples
 * with respect to this one.
 *
 * needs: simplified nodes, no NAME and GRAD. keeps: all invariants of graph.h. */
#include "differentiate.h"
#include "property.h"

#include <math.h>
#include <string.h>

/* Is n computed in the k-th loop that is being differentiated, or in one inside of it? */
static bool in_loop(const Sweep *s, const Node *n, int k) {
  for (; k < s->nloops; k++)
    if (group_holds(s->loops[k]->group, n)) return true;
  return false;
}

int tie_of(const Sweep *s, const Node *n, int k) {
  Axis a = n->axes[k];
  if (s->per_example && k == 0 && a.kind == AXIS_BATCH) return s->g->batch_var;
  if (!a.scan) return -1;
  for (int i = 0; i < s->nties; i++)
    if (s->ties[i].scan == a.scan && node_is_open(n, a.scan)) return s->ties[i].var;
  for (int i = 0; i < s->nloops; i++)
    if (s->loops[i]->group->scan == a.scan && in_loop(s, n, i)) return s->loops[i]->time;
  return -1;
}

static bool is_tie(const Sweep *s, int v) {
  if (s->per_example && v == s->g->batch_var) return true;
  for (int i = 0; i < s->nties; i++)
    if (s->ties[i].var == v) return true;
  for (int i = 0; i < s->nloops; i++)
    if (s->loops[i]->time == v) return true;
  return false;
}

/* An axis that is a time stays one only inside of a scan, where the values at this time are all that there is. */
static int fresh_var(const Sweep *s, Axis axis) {
  if (!s->nties) axis.scan = 0;
  return graph_var(s->g, axis);
}

/* Axis k of n for an array that stands beside n: of the scan that is being made, where it is a time. */
static Axis adjoint_axis(const Sweep *s, const Node *n, int k) {
  int tie = tie_of(s, n, k);
  Axis axis = tie >= 0 ? graph_var_axis(s->g, tie) : n->axes[k];
  if (tie < 0 && !s->nties) axis.scan = 0;
  return axis;
}

static void add_guard(Guard *guards, int *n, Index *e) {
  if (*n >= 64) bug("differentiate", "too many guards");
  guards[(*n)++] = (Guard){e, 1};
}

void sweep_push(Sweep *s, Node *a, Contribution c) {
  c.next = s->adjoint[a->id];
  s->adjoint[a->id] = arena_copy(s->g->cx, &c, sizeof c);
}

/* Would a derivative flow into operands of n? */
static bool carries_derivative(const Node *n) {
  if (n->kind != NODE_MAP) return true;
  switch (n->op) {
  case OP_STOP: case OP_DRAWN: case OP_INDEX: case OP_SIGN: case OP_FLOOR: case OP_LT: case OP_LE: case OP_EQ: case OP_NE: case OP_AND: case OP_OR: case OP_NOT:
  case OP_WHERE: return false;
  default: return true;
  }
}

/* ---- one contribution ---- */

typedef struct Integrand { /* scale * factors where guards hold: the integrand of a contribution, open in y's variables */
  double scale;
  Read *factors[64];
  int nfactors;
  Guard guards[64];
  int nguards;
} Integrand;

static int summed_vars(const Sweep *s, const Opened *o, int *summed) {
  int n = 0;
  for (int k = 0; k < o->y->naxes + o->y->nreduce; k++)
    if (!is_tie(s, o->vars[k])) summed[n++] = o->vars[k];
  return n;
}

/* Is place k of the read one of y's own axes plus a constant, or a constant, each axis once? Then a is met in a box. */
static bool is_box(const Sweep *s, const Opened *o, const Read *r, Contribution *c, int *used, int *nused) {
  bool smaller = false;
  *nused = 0;
  for (int m = 0; m < r->node->naxes; m++) {
    int64_t k;
    Index *e = r->index[m];
    int tie = tie_of(s, r->node, m);
    if (tie >= 0) {
      int v;
      if (!index_is_var(e, &v) || v != tie) return false;
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
    if (is_tie(s, var)) return false; /* one place, that of the time, not a box of them */
    for (int j = 0; j < *nused; j++)
      if (used[j] == var) return false;
    bool own = false;
    for (int j = 0; j < o->y->naxes; j++) own = own || o->vars[j] == var;
    if (!own) return false;
    int64_t extent = graph_var_axis(s->g, var).extent;
    if (plain && (e->offset < 0 || e->offset + extent > r->node->axes[m].extent)) return false; /* it is a guard that keeps it inside */
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
  for (int k = 0; k < m; k++) {
    bool axis = false;
    for (int j = 0; j < nused; j++) axis = axis || used[j] == all[k];
    if (!axis) summed[n++] = all[k];
  }
  c.read = build_product(s->g, t->scale, t->nfactors, t->factors, t->nguards, t->guards, n, summed);
  sweep_push(s, r->node, c);
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

/* Adds to the adjoint of the node that r reads. */
static void contribute(Sweep *s, const Opened *o, const Read *r, Integrand *t) {
  Graph *g = s->g;
  const Node *a = r->node;
  if (!s->needed[a->id] || contribute_box(s, o, r, t)) return;
  Contribution c = {.box = false};
  int summed[2 * MAX_AXES], n = summed_vars(s, o, summed), shifted = -1;
  for (int m = 0; m < a->naxes; m++) {
    int v, tie = tie_of(s, a, m);
    bool only = tie >= 0 && a->axes[m].kind == AXIS_PLAIN && a->axes[m].extent == 1; /* one time: 0 */
    if (only || (tie >= 0 && index_is_var(r->index[m], &v) && v == tie)) {
      c.vars[m] = tie;
      continue;
    }
    if (tie >= 0 && tie != g->batch_var) bug("differentiate", "a value of a scan is read at another time");
    c.vars[m] = fresh_var(s, a->axes[m]);
    if (tie >= 0) shifted = c.vars[m];
  }
  for (int m = 0; m < a->naxes; m++)
    if (!is_tie(s, c.vars[m])) add_guard(t->guards, &t->nguards, index_combine(g, 1, index_var(g, c.vars[m]), -1, r->index[m]));
  if (shifted >= 0 && s->root_has_batch) sum_over_examples(s, t, summed, &n);
  c.read = build_product(g, t->scale, t->nfactors, t->factors, t->nguards, t->guards, n, summed);
  if (shifted >= 0) {
    Subst back = {0};
    subst_add(&back, shifted, index_var(g, g->batch_var));
    c.read = read_substitute(g, c.read, &back);
    c.vars[0] = g->batch_var;
  }
  sweep_push(s, r->node, c);
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
  Guard guards[MAX_AXES];
  int nguards = 0, summed[MAX_AXES], nsummed = 0;
  for (int k = 0; k < n->naxes; k++) {
    if (is_tie(s, c->vars[k])) continue;
    Index *place = index_combine(g, 1, index_var(g, c->vars[k]), 1, index_constant(g, c->offset[k]));
    add_guard(guards, &nguards, index_combine(g, 1, index_var(g, vars[k]), -1, place));
    summed[nsummed++] = c->vars[k];
  }
  Read *r = c->read;
  return build_product(g, 1, 1, &r, nguards, guards, nsummed, summed);
}

static Read *boxes_together(Sweep *s, const Contribution *list, int count, const Node *n, const int *vars) {
  Graph *g = s->g;
  int context[4 * MAX_AXES], ncontext = 0, first = n->naxes && tie_of(s, n, 0) == g->batch_var ? 1 : 0, rank = n->naxes - first;
  for (const Contribution *c = list; c; c = c->next) {
    int all[4 * MAX_AXES], m = 0;
    if (!c->box) continue;
    m = read_vars(c->read, all, 0);
    for (int k = 0; k < m; k++) {
      bool known = false;
      for (int j = first; j < n->naxes; j++) known = known || c->vars[j] == all[k];
      for (int j = 0; j < ncontext; j++) known = known || context[j] == all[k];
      if (!known) context[ncontext++] = all[k];
    }
  }
  for (int i = 1; i < ncontext; i++)
    for (int j = i; j > 0 && context[j] < context[j - 1]; j--) {
      int t = context[j];
      context[j] = context[j - 1], context[j - 1] = t;
    }
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
  for (int k = 0; k < rank; k++) axes[ncontext + k] = adjoint_axis(s, n, first + k), index[ncontext + k] = index_var(g, vars[first + k]);
  return read_make(g, build_pieces(g, ncontext + rank, axes, count, pieces, offsets), index);
}

/* The textbook's name of an adjoint, for formulas: δh is that of h. */
static void name_adjoint(Graph *g, const Node *n, const Read *adjoint) {
  Node *a = adjoint->node;
  if (!n->label || a->label || a->kind != NODE_MAP || !a->naxes) return;
  for (int k = 0; k < a->naxes; k++)
    if (!index_is_var(adjoint->index[k], NULL)) return;
  a->label = arena_printf(g->cx, "δ%s", n->label);
}

Read *sweep_total(Sweep *s, const Node *n, int *vars) {
  Graph *g = s->g;
  const Contribution *list = s->adjoint[n->id];
  int boxes = 0;
  Read *sum = NULL;
  if (!list) return NULL;
  for (int k = 0; k < n->naxes; k++) vars[k] = tie_of(s, n, k) >= 0 ? tie_of(s, n, k) : fresh_var(s, n->axes[k]);
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

/* ---- scalar operations ---- */

/* May this derivative be infinite, or none at all, where its operand is finite? Then an adjoint of 0 has to win. */
static bool unbounded(const Read *d) {
  const Node *n = d->node;
  if (n->kind != NODE_MAP) return false;
  switch (n->op) {
  case OP_DIV: return !read_positive(n->reads[1]) || n->reads[1]->node->op != OP_ADD;
  case OP_LOG: case OP_POW: case OP_TAN: case OP_DIGAMMA: case OP_TRIGAMMA: return true;
  case OP_WHERE: return unbounded(n->reads[1]) || unbounded(n->reads[2]);
  case OP_SELECT: return unbounded(n->reads[0]) || unbounded(n->reads[1]);
  case OP_PRODUCT: case OP_ADD: case OP_SUB:
    for (int k = 0; k < n->nreads && n->reduction == RED_NONE; k++)
      if (unbounded(n->reads[k])) return true;
    return false;
  default: return false;
  }
}

static bool is_condition(const Read *d) {
  const Node *n = d->node;
  return n->kind == NODE_MAP && n->integer && n->op >= OP_LT && n->op <= OP_NOT;
}

/* adjoint times derivative: a choice stays a choice, and 0 times an unbounded derivative is 0. */
static Read *chain(Graph *g, Read *adjoint, Read *d) {
  if (is_condition(d)) return build_op(g, OP_WHERE, (Read *[]){d, adjoint, build_constant(g, 0)});
  if (unbounded(d)) return build_op2(g, OP_SELECT, adjoint, d);
  return build_mul(g, adjoint, d);
}

static Read *divided(Graph *g, Read *a, Read *b) {
  if (read_positive(b)) return build_div(g, a, b);
  return build_op2(g, OP_SELECT, a, build_div(g, build_constant(g, 1), b));
}

/* df/dx of operand k. In a loop it is written in the loop's own variables first, so that what the loop computes anyway is found. */
static Read *derivative_formula(Sweep *s, const Opened *o, int k, Read *const *to) {
  Graph *g = s->g;
  const Node *n = o->y;
  if (!o->naround) return derivative_line(s->program, n->op, k, to, n->span);
  Subst in = {0}, out = {0};
  Read *x[3];
  for (int i = 0; i < n->naxes; i++) {
    int v = graph_var(g, n->axes[i]);
    subst_add(&in, o->vars[i], index_var(g, v));
    subst_add(&out, v, index_var(g, o->vars[i]));
  }
  for (int i = 0; i < n->nreads && i < 3; i++) x[i] = read_substitute(g, to[i], &in);
  return read_substitute(g, scan_outside_formula(s, o, derivative_line(s->program, n->op, k, x, n->span)), &out);
}

/* -adjoint * y/b, for y = a/b: where b is 0, an adjoint of 0 wins over y too. */
static Read *by_divisor(Graph *g, Read *adjoint, Read *y, Read *b) {
  if (read_positive(b)) return build_div(g, build_scale(g, -1, build_mul(g, adjoint, y)), b);
  return build_op2(g, OP_SELECT, adjoint, build_scale(g, -1, build_div(g, y, b)));
}

/* ybar * df/dx of operand k at open reads `to`, whose values are x; y: the node's own value. NULL: no derivative flows. */
static Read *scalar_adjoint(Sweep *s, const Opened *o, int k, Read *const *to, Read *const *x, Read *y, Read *adjoint) {
  const Node *n = o->y;
  Graph *g = s->g;
  Read *zero = build_constant(g, 0);
  switch (n->op) {
  case OP_ADD: return adjoint;
  case OP_SUB: return k == 0 ? adjoint : build_scale(g, -1, adjoint);
  case OP_DIV: return k == 0 ? divided(g, adjoint, x[1]) : by_divisor(g, adjoint, y, x[1]);
  case OP_MOD: return k == 0 ? adjoint : build_scale(g, -1, build_mul(g, adjoint, build_op1(g, OP_FLOOR, build_div(g, x[0], x[1]))));
  case OP_WHERE: return k == 0 ? NULL : build_op(g, OP_WHERE, (Read *[]){x[0], k == 1 ? adjoint : zero, k == 1 ? zero : adjoint});
  case OP_SELECT: return k == 0 ? build_op2(g, OP_SELECT, adjoint, x[1]) : build_mul(g, adjoint, x[0]);
  case OP_STOP: case OP_DRAWN: case OP_INDEX: case OP_SIGN: case OP_FLOOR: case OP_LT: case OP_LE: case OP_EQ: case OP_NE: case OP_AND: case OP_OR: case OP_NOT:
    return NULL;
  default: return chain(g, adjoint, derivative_formula(s, o, k, to));
  }
}

/* ---- the rule, by the kind of node ---- */

static Integrand integrand(const Opened *o) {
  Integrand t = {.scale = 1, .nfactors = 1};
  t.factors[0] = o->adjoint;
  return t;
}

/* n is blocked: the draw behind it. */
static void report_draw(Sweep *s, const Node *n) {
  Context *cx = s->g->cx;
  while (n->op != OP_DRAWN) {
    const Node *next = NULL;
    for (int k = 0; k < n->nreads && !next; k++)
      if (s->blocked[n->reads[k]->node->id]) next = n->reads[k]->node;
    if (!next) break;
    n = next;
  }
  if (s->program->drawn_reported == n) return;
  s->program->drawn_reported = n;
  error_at(cx, n->span, "a gradient is asked through this draw%s%s, whose values jump: its probabilities depend on what the gradient is taken with respect to",
           n->label ? " of " : "", n->label ? n->label : "");
  help(cx, "stop(m) holds the draw m fixed; straight_through(m, p) passes its gradient on to p; score(logp, reward) has the mean gradient of the reward");
}

static bool takes(Sweep *s, const Opened *o, const Read *x) {
  if (s->blocked[x->node->id] && carries_derivative(o->y)) report_draw(s, x->node);
  return s->needed[x->node->id] && scan_depth(o, x->node) == o->level;
}

/* `to`: the operands themselves; x: their values, which is another thing where they are inside of a loop. */
static void through_product(Sweep *s, const Opened *o, Read *const *to, Read *const *x) {
  const Node *y = o->y;
  for (int k = 0; k < y->nreads; k++) {
    if (!takes(s, o, to[k])) continue;
    Integrand t = integrand(o);
    if (y->nreads + 1 > 60 || y->nguards > 40) bug("differentiate", "a product of %d factors", y->nreads);
    t.scale = y->scale;
    for (int j = 0; j < y->nreads; j++)
      if (j != k) t.factors[t.nfactors++] = x[j];
    for (int j = 0; j < y->nguards; j++) t.guards[t.nguards++] = (Guard){scan_outside_index(s, o, index_substitute(s->g, y->guards[j].e, &o->at)), y->guards[j].n};
    contribute(s, o, to[k], &t);
  }
}

static Index *flat_index(Graph *g, const Opened *o, const int *reduced) {
  Index *e = index_constant(g, 0);
  for (int k = 0; k < o->y->nreduce; k++) {
    Axis a = o->y->axes[o->y->naxes + k];
    e = index_combine(g, a.kind == AXIS_PLAIN ? a.extent : 1, e, 1, index_var(g, reduced[k]));
  }
  return e;
}

/* The product of all but this element, so that zeros are no trouble: prod over r' of where(r' == r, 1, a[r']). */
static Read *product_of_others(Sweep *s, const Opened *o, Read *x) {
  Graph *g = s->g;
  int others[MAX_AXES];
  const int *mine = o->vars + o->y->naxes;
  Subst rename = {0};
  for (int k = 0; k < o->y->nreduce; k++) {
    others[k] = graph_var(g, o->y->axes[o->y->naxes + k]);
    subst_add(&rename, mine[k], index_var(g, others[k]));
  }
  Read *same = build_op2(g, OP_EQ, build_index(g, flat_index(g, o, mine)), build_index(g, flat_index(g, o, others)));
  Read *body = build_op(g, OP_WHERE, (Read *[]){same, build_constant(g, 1), read_substitute(g, x, &rename)});
  return build_reduce(g, RED_PROD, body, o->y->nreduce, others);
}

static void through_reduction(Sweep *s, const Opened *o, const Read *to, Read *x, Read *y) {
  Graph *g = s->g;
  Integrand t = integrand(o);
  const int *reduced = o->vars + o->y->naxes;
  switch (o->y->reduction) {
  case RED_MAX: case RED_MIN: {
    Read *first = build_reduce(g, o->y->reduction == RED_MAX ? RED_ARGMAX : RED_ARGMIN, x, o->y->nreduce, reduced);
    add_guard(t.guards, &t.nguards, index_combine(g, 1, flat_index(g, o, reduced), -1, index_gather(g, first)));
    break;
  }
  case RED_LOGSUMEXP: t.factors[t.nfactors++] = build_op1(g, OP_EXP, build_op2(g, OP_LOGRATIO, x, y)); break;
  case RED_PROD: t.factors[t.nfactors++] = product_of_others(s, o, x); break;
  default: return; /* a place, not a value */
  }
  contribute(s, o, to, &t);
}

/* The read as it stands, but for gathers in it: they are values. */
static Read *target_read(Sweep *s, const Opened *o, const Read *r) {
  Index *index[MAX_AXES];
  for (int k = 0; k < r->node->naxes; k++) index[k] = scan_outside_index(s, o, index_substitute(s->g, r->index[k], &o->at));
  return read_make(s->g, r->node, index);
}

static void through_map(Sweep *s, const Opened *o) {
  Graph *g = s->g;
  Node *n = o->y;
  Read *to[64], *x[64];
  Index *own[MAX_AXES];
  if (n->nreads > 60) bug("differentiate", "a product of %d factors", n->nreads);
  for (int k = 0; k < n->nreads; k++) to[k] = target_read(s, o, n->reads[k]), x[k] = scan_outside(s, o, to[k]);
  for (int k = 0; k < n->naxes; k++) own[k] = index_var(g, o->vars[k]);
  Read *y = scan_outside(s, o, read_make(g, n, own));
  if (n->reduction > RED_SUM) {
    if (takes(s, o, to[0])) through_reduction(s, o, to[0], x[0], y);
  } else if (n->op == OP_PRODUCT) {
    through_product(s, o, to, x);
  } else {
    for (int k = 0; k < n->nreads; k++) {
      if (!takes(s, o, to[k])) continue;
      Read *value = scalar_adjoint(s, o, k, to, x, y, o->adjoint);
      if (!value) continue;
      Integrand t = {.scale = 1, .nfactors = 1, .factors = {value}};
      contribute(s, o, to[k], &t);
    }
  }
}

/* The reshape back. What the adjoint depends on besides (a batch, kept indices) stands in front. */
static void through_reshape(Sweep *s, const Opened *o) {
  Graph *g = s->g;
  Node *n = o->y, *a = n->reads[0]->node;
  if (!takes(s, o, n->reads[0])) return;
  int first = n->naxes && tie_of(s, n, 0) == g->batch_var ? 1 : 0, all[4 * MAX_AXES], m = read_vars(o->adjoint, all, 0), vars[4 * MAX_AXES], nfree = 0;
  for (int k = 0; k < m; k++) {
    bool own = false;
    for (int j = first; j < n->naxes; j++) own = own || o->vars[j] == all[k];
    if (!own) vars[nfree++] = all[k];
  }
  Axis axes[MAX_AXES];
  for (int k = 0; k < nfree; k++) axes[k] = graph_var_axis(g, vars[k]);
  for (int k = first; k < n->naxes; k++) vars[nfree + k - first] = o->vars[k];
  Node *t = build_tensor(g, o->adjoint, nfree + n->naxes - first, vars);
  for (int k = first; k < a->naxes; k++) axes[nfree + k - first] = adjoint_axis(s, a, k);
  Node *back = build_reshape(g, t, nfree + a->naxes - first, axes);
  Contribution c = {.box = false};
  Index *index[MAX_AXES];
  for (int k = 0; k < nfree; k++) index[k] = index_var(g, vars[k]);
  for (int k = 0; k < a->naxes; k++) {
    c.vars[k] = tie_of(s, a, k) >= 0 ? tie_of(s, a, k) : fresh_var(s, a->axes[k]);
    if (k >= first) index[nfree + k - first] = index_var(g, c.vars[k]);
  }
  c.read = read_make(g, back, index);
  sweep_push(s, a, c);
}

static void through_pieces(Sweep *s, const Opened *o) {
  Graph *g = s->g;
  Node *n = o->y;
  for (int p = 0; p < n->nreads; p++) {
    Node *piece = n->reads[p]->node;
    if (!takes(s, o, n->reads[p])) continue;
    Contribution c = {.box = false};
    Subst place = {0};
    for (int k = 0; k < n->naxes; k++) {
      int tie = tie_of(s, piece, k);
      c.vars[k] = tie >= 0 ? tie : fresh_var(s, piece->axes[k]);
      if (c.vars[k] == o->vars[k]) continue;
      subst_add(&place, o->vars[k], index_combine(g, 1, index_var(g, c.vars[k]), 1, index_constant(g, n->offsets[p * n->naxes + k])));
    }
    c.read = read_through(g, read_substitute(g, o->adjoint, &place));
    sweep_push(s, piece, c);
  }
}

static bool has_outer_operand(const Sweep *s, const Opened *o) {
  for (int k = 0; k < o->y->nreads; k++)
    if (s->needed[o->y->reads[k]->node->id] && scan_depth(o, o->y->reads[k]->node) < o->level) return true;
  return false;
}

void sweep_process(Sweep *s, const Opened *o) {
  Node *n = o->y;
  if (n->kind == NODE_MAP) through_map(s, o);
  else if (n->kind == NODE_RESHAPE) through_reshape(s, o);
  else if (n->kind == NODE_PIECES) through_pieces(s, o);
  if (o->level && has_outer_operand(s, o)) VEC_PUSH(s->g->cx, &s->loops[o->level - 1]->deferred, *o);
}

void sweep_visit(Sweep *s, Node *n) {
  Opened o = {.y = n};
  s->g->span = n->span;
  o.adjoint = sweep_total(s, n, o.vars);
  if (!o.adjoint || n->integer) return;
  for (int k = 0; k < n->naxes + n->nreduce; k++) {
    if (k >= n->naxes) o.vars[k] = fresh_var(s, n->axes[k]);
    subst_add(&o.at, k, index_var(s->g, o.vars[k]));
  }
  o.naround = o.level = s->nloops;
  for (int k = 0; k < s->nloops; k++) o.around[k] = s->loops[k]->group;
  sweep_process(s, &o);
}

/* ---- the sweep ---- */

/* A draw of whole numbers whose probabilities depend on a target. */
static void mark_draws(Sweep *s, const Node *n, int ntargets, Node *const *targets) {
  bool map = n->kind == NODE_MAP, stop = map && (n->op == OP_STOP || n->op == OP_INDEX), blocked = false, depends = false;
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
      needed = needed || s->needed[x] || (s->blocked[x] && carries_derivative(n));
    }
    for (int k = 0; k < n->ncarries; k++) needed = needed || s->needed[n->carries[k].next->id] || s->needed[n->carries[k].init->id];
    s->needed[n->id] = needed && !n->integer;
    mark_draws(s, n, ntargets, targets);
  }
}

static void seed(Sweep *s, const Read *root) {
  Graph *g = s->g;
  Contribution c = {.box = false};
  Guard guards[64];
  int nguards = 0;
  for (int k = 0; k < root->node->naxes; k++) {
    int v, tie = tie_of(s, root->node, k);
    if (tie >= 0 && index_is_var(root->index[k], &v) && v == tie) {
      c.vars[k] = v;
      continue;
    }
    c.vars[k] = fresh_var(s, root->node->axes[k]);
    add_guard(guards, &nguards, index_combine(g, 1, index_var(g, c.vars[k]), -1, root->index[k]));
  }
  c.read = build_product(g, 1, 0, NULL, nguards, guards, 0, NULL);
  sweep_push(s, root->node, c);
}

/* The times of the scans that the root is inside of are constants of the derivation, like the example. */
static void tie_times(Sweep *s, const Read *root) {
  for (int k = 0; root->node->open && k < root->node->naxes; k++) {
    int v, scan = root->node->axes[k].scan;
    if (!scan || !node_is_open(root->node, scan) || !index_is_var(root->index[k], &v) || s->nties == MOST_LOOPS) continue;
    s->ties[s->nties++] = (Tie){scan, v};
  }
}

/* Is n computed in a loop that the root is outside of? */
static bool inside_loop(const Sweep *s, const Node *n) {
  for (int k = 0; n->open && k < n->open->n; k++) {
    bool outer = false;
    for (int i = 0; i < s->nties; i++) outer = outer || s->ties[i].scan == n->open->scan[k];
    if (!outer) return true;
  }
  return false;
}

void differentiate(Program *p, Read *root, bool per_example, int ntargets, Node *const *targets, Read **adjoints, int (*vars)[MAX_AXES]) {
  Graph *g = p->graph;
  Node *value = root->node;
  graph_part_scans(g, &value, 1);
  root = read_make(g, value, root->index);
  Sweep s = {.program = p, .g = g, .per_example = per_example, .root_has_batch = read_uses(root, g->batch_var), .size = (int)g->nnodes};
  Span span = g->span;
  s.list = graph_order(g->cx, &root->node, 1);
  s.groups = graph_groups(g->cx, &s.list);
  s.left = ARENA_ARRAY(g->cx, int, s.groups.n + 1);
  s.needed = ARENA_ARRAY(g->cx, bool, s.size);
  s.blocked = ARENA_ARRAY(g->cx, bool, s.size);
  s.depends = ARENA_ARRAY(g->cx, bool, s.size);
  s.adjoint = ARENA_ARRAY(g->cx, Contribution *, s.size);
  tie_times(&s, root);
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
    if (n->kind == NODE_RESULT) scan_visit(&s, n);
    else if (s.needed[n->id] && !target) sweep_visit(&s, n);
  }
  for (int t = 0; t < ntargets; t++) {
    Read *r = targets[t]->id < s.size ? sweep_total(&s, targets[t], vars[t]) : NULL;
    for (int k = 0; !r && k < targets[t]->naxes; k++) vars[t][k] = tie_of(&s, targets[t], k) >= 0 ? tie_of(&s, targets[t], k) : fresh_var(&s, targets[t]->axes[k]);
    adjoints[t] = r ? r : build_constant(g, 0);
  }
  g->span = span;
}
