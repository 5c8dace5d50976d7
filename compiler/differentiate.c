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
#include "build.h"
#include "program.h"
#include "property.h"

#include <math.h>
#include <string.h>

typedef struct Contribution {
  Read *read;
  int vars[MAX_AXES];       /* of the target's axes; the batch variable itself where the batch is tied */
  bool box;                 /* read covers only the box at `offset` */
  int64_t offset[MAX_AXES];
  struct Contribution *next;
} Contribution;

typedef struct Sweep {
  Program *program;
  Graph *g;
  bool per_example, root_has_batch;
  int size;              /* nodes with ids below */
  bool *needed;          /* does it depend on a target? */
  Contribution **adjoint;
} Sweep;

typedef struct Opened { /* node y at variables of its own */
  Node *y;
  int vars[MAX_AXES];    /* own and reduced */
  Subst at;
  Read *adjoint;         /* of y, at vars */
} Opened;

static bool tied(const Sweep *s, const Node *n, int axis) { return s->per_example && axis == 0 && n->axes[0].kind == AXIS_BATCH; }

static void add_guard(Guard *guards, int *n, Index *e) {
  if (*n >= 64) bug("differentiate", "too many guards");
  guards[(*n)++] = (Guard){e, 1};
}

static void push(Sweep *s, Node *a, Contribution c) {
  c.next = s->adjoint[a->id];
  s->adjoint[a->id] = arena_copy(s->g->cx, &c, sizeof c);
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
    if (!(k < o->y->naxes && tied(s, o->y, k))) summed[n++] = o->vars[k];
  return n;
}

/* Is place k of the read one of y's own axes plus a constant, or a constant, each axis once? Then a is met in a box. */
static bool is_box(const Sweep *s, const Opened *o, const Read *r, Contribution *c, int *used, int *nused) {
  bool smaller = false;
  *nused = 0;
  for (int m = 0; m < r->node->naxes; m++) {
    int64_t k;
    Index *e = r->index[m];
    if (tied(s, r->node, m)) {
      int v;
      if (!index_is_var(e, &v) || v != s->g->batch_var) return false;
      c->vars[m] = v;
      continue;
    }
    bool plain = r->node->axes[m].kind == AXIS_PLAIN;
    if (r->guarded) return false;
    c->offset[m] = e->offset;
    if (plain && index_is_constant(e, &k)) {
      c->vars[m] = graph_var(s->g, PLAIN(1));
      smaller = smaller || r->node->axes[m].extent > 1;
      continue;
    }
    if (e->n != 1 || e->divisor != 1 || e->terms[0].gather || e->terms[0].coef != 1) return false;
    int var = e->terms[0].var;
    for (int j = 0; j < *nused; j++)
      if (used[j] == var) return false;
    bool own = false;
    for (int j = 0; j < o->y->naxes; j++) own = own || o->vars[j] == var;
    if (!own) return false;
    used[(*nused)++] = var;
    c->vars[m] = var;
    smaller = smaller || (plain && graph_var_axis(s->g, var).extent < r->node->axes[m].extent);
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
  push(s, r->node, c);
  return true;
}

/* Renames the batch variable, which is then summed: the contributions of all examples to one. */
static void sum_over_examples(Sweep *s, Integrand *t, int *summed, int *nsummed) {
  int all = graph_var(s->g, (Axis){AXIS_BATCH, 0});
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
    int v;
    if (tied(s, a, m) && index_is_var(r->index[m], &v) && v == g->batch_var) {
      c.vars[m] = v;
      continue;
    }
    c.vars[m] = graph_var(g, a->axes[m]);
    if (tied(s, a, m)) shifted = c.vars[m];
  }
  for (int m = 0; m < a->naxes; m++)
    if (c.vars[m] != g->batch_var) add_guard(t->guards, &t->nguards, index_combine(g, 1, index_var(g, c.vars[m]), -1, r->index[m]));
  if (shifted >= 0 && s->root_has_batch) sum_over_examples(s, t, summed, &n);
  c.read = build_product(g, t->scale, t->nfactors, t->factors, t->nguards, t->guards, n, summed);
  if (shifted >= 0) {
    Subst back = {0};
    subst_add(&back, shifted, index_var(g, g->batch_var));
    c.read = read_substitute(g, c.read, &back);
    c.vars[0] = g->batch_var;
  }
  push(s, r->node, c);
}

/* ---- the sum of contributions ---- */

static Read *at_vars(Graph *g, const Contribution *c, int naxes, const int *vars) {
  Subst to = {0};
  for (int k = 0; k < naxes; k++)
    if (c->vars[k] != vars[k]) subst_add(&to, c->vars[k], index_var(g, vars[k]));
  return read_substitute(g, c->read, &to);
}

/* A single box in an array of zeros: guarded reads of it. */
static Read *box_alone(Graph *g, const Contribution *c, const Node *n, const int *vars) {
  Guard guards[MAX_AXES];
  int nguards = 0, summed[MAX_AXES], nsummed = 0;
  for (int k = 0; k < n->naxes; k++) {
    if (c->vars[k] == g->batch_var) continue;
    Index *place = index_combine(g, 1, index_var(g, c->vars[k]), 1, index_constant(g, c->offset[k]));
    add_guard(guards, &nguards, index_combine(g, 1, index_var(g, vars[k]), -1, place));
    summed[nsummed++] = c->vars[k];
  }
  Read *r = c->read;
  return build_product(g, 1, 1, &r, nguards, guards, nsummed, summed);
}

static Read *boxes_together(Sweep *s, const Contribution *list, int count, const Node *n, const int *vars) {
  Graph *g = s->g;
  int context[4 * MAX_AXES], ncontext = 0, first = tied(s, n, 0) ? 1 : 0, rank = n->naxes - first;
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
  for (int k = 0; k < rank; k++) axes[ncontext + k] = n->axes[first + k], index[ncontext + k] = index_var(g, vars[first + k]);
  return read_make(g, build_pieces(g, ncontext + rank, axes, count, pieces, offsets), index, 0);
}

/* The textbook's name of an adjoint, for formulas: δh is that of h. */
static void name_adjoint(Graph *g, const Node *n, const Read *adjoint) {
  Node *a = adjoint->node;
  if (!n->label || a->label || a->kind != NODE_MAP || !a->naxes || adjoint->guarded) return;
  for (int k = 0; k < a->naxes; k++)
    if (!index_is_var(adjoint->index[k], NULL)) return;
  a->label = arena_printf(g->cx, "δ%s", n->label);
}

/* The adjoint of n at fresh variables; NULL where nothing reached it. */
static Read *total(Sweep *s, const Node *n, int *vars) {
  Graph *g = s->g;
  const Contribution *list = s->adjoint[n->id];
  int boxes = 0;
  Read *sum = NULL;
  if (!list) return NULL;
  for (int k = 0; k < n->naxes; k++) vars[k] = tied(s, n, k) ? g->batch_var : graph_var(g, n->axes[k]);
  for (const Contribution *c = list; c; c = c->next) boxes += c->box;
  if (boxes > 1) sum = boxes_together(s, list, boxes, n, vars);
  for (const Contribution *c = list; c; c = c->next) {
    if (c->box && boxes > 1) continue;
    Read *r = c->box ? box_alone(g, c, n, vars) : at_vars(g, c, n->naxes, vars);
    sum = sum ? build_add(g, r, sum) : r;
  }
  name_adjoint(g, n, sum);
  return sum;
}

/* ---- scalar operations ---- */

/* May this derivative be infinite where its operand is finite? Then an adjoint of 0 has to win. */
static bool unbounded(const Read *d) {
  const Node *n = d->node;
  if (n->kind != NODE_MAP) return false;
  switch (n->op) {
  case OP_DIV: return !read_positive(n->reads[1]) || n->reads[1]->node->op != OP_ADD;
  case OP_LOG: case OP_POW: case OP_TAN: case OP_DIGAMMA: case OP_TRIGAMMA: return true;
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

/* ybar * df/dx of operand k at open reads x; y: the node's own value. NULL: no derivative flows. */
static Read *scalar_adjoint(Sweep *s, const Node *n, int k, Read *const *x, Read *y, Read *adjoint) {
  Graph *g = s->g;
  Read *zero = build_constant(g, 0);
  switch (n->op) {
  case OP_ADD: return adjoint;
  case OP_SUB: return k == 0 ? adjoint : build_scale(g, -1, adjoint);
  case OP_DIV: return k == 0 ? divided(g, adjoint, x[1]) : divided(g, build_scale(g, -1, build_mul(g, adjoint, y)), x[1]);
  case OP_MOD: return k == 0 ? adjoint : build_scale(g, -1, build_mul(g, adjoint, build_op1(g, OP_FLOOR, build_div(g, x[0], x[1]))));
  case OP_WHERE: return k == 0 ? NULL : build_op(g, OP_WHERE, (Read *[]){x[0], k == 1 ? adjoint : zero, k == 1 ? zero : adjoint});
  case OP_SELECT: return k == 0 ? build_op2(g, OP_SELECT, adjoint, x[1]) : build_mul(g, adjoint, x[0]);
  case OP_STOP: case OP_INDEX: case OP_SIGN: case OP_FLOOR: case OP_LT: case OP_LE: case OP_EQ: case OP_NE: case OP_AND: case OP_OR: case OP_NOT:
    return NULL;
  default: return chain(g, adjoint, derivative_line(s->program, n->op, k, x, n->span));
  }
}

/* ---- the rule, by the kind of node ---- */

static Integrand integrand(const Opened *o) {
  Integrand t = {.scale = 1, .nfactors = 1};
  t.factors[0] = o->adjoint;
  return t;
}

static void through_product(Sweep *s, const Opened *o, Read *const *x) {
  const Node *y = o->y;
  for (int k = 0; k < y->nreads; k++) {
    Integrand t = integrand(o);
    if (y->nreads + 1 > 60 || y->nguards > 40) bug("differentiate", "a product of %d factors", y->nreads);
    t.scale = y->scale;
    for (int j = 0; j < y->nreads; j++)
      if (j != k) t.factors[t.nfactors++] = x[j];
    for (int j = 0; j < y->nguards; j++) t.guards[t.nguards++] = (Guard){index_substitute(s->g, y->guards[j].e, &o->at), y->guards[j].n};
    contribute(s, o, x[k], &t);
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

static void through_reduction(Sweep *s, const Opened *o, Read *x, Read *y) {
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
  contribute(s, o, x, &t);
}

static Read *opened_read(Graph *g, const Read *r, const Opened *o) { return read_substitute(g, r, &o->at); }

static void through_map(Sweep *s, const Opened *o) {
  Graph *g = s->g;
  Node *n = o->y;
  Read *x[64];
  Index *own[MAX_AXES];
  if (n->nreads > 60) bug("differentiate", "a product of %d factors", n->nreads);
  for (int k = 0; k < n->nreads; k++) x[k] = opened_read(g, n->reads[k], o);
  for (int k = 0; k < n->naxes; k++) own[k] = index_var(g, o->vars[k]);
  Read *y = read_make(g, n, own, 0);
  if (n->reduction > RED_SUM) {
    through_reduction(s, o, x[0], y);
  } else if (n->op == OP_PRODUCT) {
    through_product(s, o, x);
  } else {
    for (int k = 0; k < n->nreads; k++) {
      if (!s->needed[x[k]->node->id]) continue;
      Read *value = scalar_adjoint(s, n, k, x, y, o->adjoint);
      if (!value) continue;
      Integrand t = {.scale = 1, .nfactors = 1, .factors = {value}};
      contribute(s, o, x[k], &t);
    }
  }
}

/* The reshape back. What the adjoint depends on besides (a batch, kept indices) stands in front. */
static void through_reshape(Sweep *s, const Opened *o) {
  Graph *g = s->g;
  Node *n = o->y, *a = n->reads[0]->node;
  int first = tied(s, n, 0) ? 1 : 0, all[4 * MAX_AXES], m = read_vars(o->adjoint, all, 0), vars[4 * MAX_AXES], nfree = 0;
  for (int k = 0; k < m; k++) {
    bool own = false;
    for (int j = first; j < n->naxes; j++) own = own || o->vars[j] == all[k];
    if (!own) vars[nfree++] = all[k];
  }
  Axis axes[MAX_AXES];
  for (int k = 0; k < nfree; k++) axes[k] = graph_var_axis(g, vars[k]);
  for (int k = first; k < n->naxes; k++) vars[nfree + k - first] = o->vars[k];
  Node *t = build_tensor(g, o->adjoint, nfree + n->naxes - first, vars);
  for (int k = first; k < a->naxes; k++) axes[nfree + k - first] = a->axes[k];
  Node *back = build_reshape(g, t, nfree + a->naxes - first, axes);
  Contribution c = {.box = false};
  Index *index[MAX_AXES];
  for (int k = 0; k < nfree; k++) index[k] = index_var(g, vars[k]);
  for (int k = 0; k < a->naxes; k++) {
    c.vars[k] = k < first ? g->batch_var : graph_var(g, a->axes[k]);
    if (k >= first) index[nfree + k - first] = index_var(g, c.vars[k]);
  }
  c.read = read_make(g, back, index, 0);
  push(s, a, c);
}

static void through_pieces(Sweep *s, const Opened *o) {
  Graph *g = s->g;
  Node *n = o->y;
  for (int p = 0; p < n->nreads; p++) {
    Node *piece = n->reads[p]->node;
    if (!s->needed[piece->id]) continue;
    Contribution c = {.box = false};
    Subst place = {0};
    for (int k = 0; k < n->naxes; k++) {
      c.vars[k] = tied(s, piece, k) ? g->batch_var : graph_var(g, piece->axes[k]);
      if (c.vars[k] == o->vars[k]) continue;
      subst_add(&place, o->vars[k], index_combine(g, 1, index_var(g, c.vars[k]), 1, index_constant(g, n->offsets[p * n->naxes + k])));
    }
    c.read = read_through(g, read_substitute(g, o->adjoint, &place));
    push(s, piece, c);
  }
}

static void visit(Sweep *s, Node *n) {
  Opened o = {.y = n};
  s->g->span = n->span;
  o.adjoint = total(s, n, o.vars);
  if (!o.adjoint || n->integer) return;
  for (int k = 0; k < n->naxes + n->nreduce; k++) {
    if (k >= n->naxes) o.vars[k] = graph_var(s->g, n->axes[k]);
    subst_add(&o.at, k, index_var(s->g, o.vars[k]));
  }
  if (n->kind == NODE_MAP) through_map(s, &o);
  else if (n->kind == NODE_RESHAPE) through_reshape(s, &o);
  else if (n->kind == NODE_PIECES) through_pieces(s, &o);
}

/* ---- the sweep ---- */

static void mark_needed(Sweep *s, const NodeList *list, int ntargets, Node *const *targets) {
  for (int i = 0; i < list->n; i++) {
    const Node *n = list->at[i];
    bool needed = false;
    for (int t = 0; t < ntargets; t++) needed = needed || n == targets[t];
    for (int k = 0; k < n->nreads && n->kind != NODE_NAME; k++) needed = needed || s->needed[n->reads[k]->node->id];
    s->needed[n->id] = needed && !n->integer;
  }
}

static void seed(Sweep *s, const Read *root) {
  Graph *g = s->g;
  Contribution c = {.box = false};
  Guard guards[64];
  int nguards = 0;
  for (int k = 0; k < root->node->naxes; k++) {
    int v;
    if (tied(s, root->node, k) && index_is_var(root->index[k], &v) && v == g->batch_var) {
      c.vars[k] = v;
      continue;
    }
    c.vars[k] = graph_var(g, root->node->axes[k]);
    add_guard(guards, &nguards, index_combine(g, 1, index_var(g, c.vars[k]), -1, root->index[k]));
  }
  c.read = build_product(g, 1, 0, NULL, nguards, guards, 0, NULL);
  push(s, root->node, c);
}

void differentiate(Program *p, Read *root, bool per_example, int ntargets, Node *const *targets, Read **adjoints, int (*vars)[MAX_AXES]) {
  Graph *g = p->graph;
  NodeList list = graph_order(g->cx, &root->node, 1);
  Sweep s = {.program = p, .g = g, .per_example = per_example, .root_has_batch = read_uses(root, g->batch_var), .size = (int)g->nnodes};
  Span span = g->span;
  s.needed = ARENA_ARRAY(g->cx, bool, s.size);
  s.adjoint = ARENA_ARRAY(g->cx, Contribution *, s.size);
  mark_needed(&s, &list, ntargets, targets);
  if (s.needed[root->node->id]) seed(&s, root);
  for (int i = list.n - 1; i >= 0; i--) {
    Node *n = list.at[i];
    bool target = false;
    for (int t = 0; t < ntargets; t++) target = target || n == targets[t];
    if (s.needed[n->id] && !target) visit(&s, n);
  }
  for (int t = 0; t < ntargets; t++) {
    Read *r = targets[t]->id < s.size ? total(&s, targets[t], vars[t]) : NULL;
    for (int k = 0; !r && k < targets[t]->naxes; k++) vars[t][k] = tied(&s, targets[t], k) ? g->batch_var : graph_var(g, targets[t]->axes[k]);
    adjoints[t] = r ? r : build_constant(g, 0);
  }
  g->span = span;
}
