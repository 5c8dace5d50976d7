/* system.c: which values of the model get an equation, in which order, and the numbers.
 *
 * In: the loss of one example, as elaborated. Out: a Derivation: a Quantity for each leaf and each value that the model
 * names, with its right side, in which all others are leaves. What stands in a function of the prelude is written out,
 * but for recurrences. The operand of an activation function that has no name gets one:
 *
 *     h = tanh(dense(x, 4))     =>     a_h = W_h x + b_h,   h = tanh(a_h)
 */
#include "derivation/quantity.h"

#include <math.h>
#include <stdlib.h>

/* ---- which ---- */

static const Node *through_arguments(const Node *n) {
  while (n->kind == NODE_NAME && !n->path) n = n->reads[0]->node;
  return n;
}

static bool is_constant(const Node *n) {
  Read whole = {(Node *)n, NULL};
  double c;
  return !n->naxes && read_constant(&whole, &c);
}

/* Is n a sum of several products, or such sums added: what a layer computes? */
static bool is_linear(const Node *n) {
  n = through_arguments(n);
  if (n->kind != NODE_MAP) return false;
  if (n->op == OP_ADD) return is_linear(n->reads[0]->node) || is_linear(n->reads[1]->node);
  return n->op == OP_PRODUCT && n->reduction == RED_SUM && n->nreads > 1;
}

static bool is_activation(const Node *n) {
  bool half = n->op == OP_MAX && (is_constant(n->reads[0]->node) || is_constant(n->reads[1]->node));
  return n->kind == NODE_MAP && (half || n->op == OP_TANH || n->op == OP_SIGMOID || n->op == OP_SOFTPLUS);
}

/* exp(x[i])/sum(k) exp(x[k]): the read of x, or NULL. */
static const Read *softmax_operand(const Node *n) {
  if (n->kind != NODE_MAP || n->op != OP_DIV) return NULL;
  const Node *e = through_arguments(n->reads[0]->node), *s = through_arguments(n->reads[1]->node);
  bool sum = s->kind == NODE_MAP && s->reduction == RED_SUM && s->nreads == 1;
  bool exponential = e->kind == NODE_MAP && e->op == OP_EXP;
  return sum && exponential && through_arguments(s->reads[0]->node) == e ? e->reads[0] : NULL;
}

static const Node *unnamed_operand(const Node *name) {
  const Node *n = through_arguments(name->reads[0]->node), *x = NULL;
  if (n->kind == NODE_MAP && is_activation(n)) x = n->reads[n->op == OP_MAX && is_constant(n->reads[0]->node)]->node;
  else if (softmax_operand(n)) x = softmax_operand(n)->node;
  x = x ? through_arguments(x) : NULL;
  return x && x->kind == NODE_MAP && is_linear(x) ? x : NULL;
}

/* ---- quantities ---- */

static Node *leaf_like(Graph *g, const Node *n, int item, bool with_batch, bool real) {
  Node proto = {.kind = NODE_OPAQUE,
                .scale = 1,
                .item = -item, /* of one with a target it is positive */
                .label = n->label,
                .span = n->span,
                .lo = -INFINITY,
                .hi = INFINITY};
  if (!real) proto.integer = n->integer, proto.lo = n->lo, proto.hi = n->hi;
  if (with_batch && !(n->naxes && n->axes[0].kind == AXIS_BATCH)) proto.axes[proto.naxes++] = OVER_BATCH;
  for (int k = 0; k < n->naxes; k++) {
    proto.axes[proto.naxes] = n->axes[k];
    proto.axes[proto.naxes++].scan = 0;
  }
  return graph_intern(g, &proto);
}

enum { FIRST_ITEM = 1 << 24 /* of leaves of a derivation: no other OPAQUE has such a number */ };

static Quantity *quantity_new(Derivation *d, QuantityKind kind, const Node *n, const char *path) {
  Quantity *q = ARENA_NEW(d->cx, Quantity);
  q->kind = kind;
  q->node = kind == QUANTITY_START ? NULL : n;
  q->init = kind == QUANTITY_START ? n : NULL;
  q->path = path;
  q->time = -1;
  q->naxes = n->naxes;
  for (int k = 0; k < n->naxes; k++)
    if (n->axes[k].scan && kind != QUANTITY_LEAF && kind != QUANTITY_START) q->time = k, q->steps = n->axes[k].extent;
  VEC_PUSH(d->cx, &d->all, q);
  if (q->node) d->of_node[n->id] = q;
  return q;
}

/* The leaves that stand for q and its adjoint in the equations of others. */
static void quantity_open(Derivation *d, Quantity *q, int number) {
  const Node *n = q->node ? q->node : q->init;
  int item = FIRST_ITEM + 2 * number;
  q->leaf = q->kind == QUANTITY_LEAF ? (Node *)n : leaf_like(d->g, n, item, false, false);
  q->adjoint = leaf_like(d->g, n, item + 1, d->per_example, true);
  for (int k = 0; k < n->naxes; k++) {
    bool example = k == 0 && n->axes[k].kind == AXIS_BATCH;
    q->vars[k] = example ? d->g->batch_var : graph_var(d->g, q->leaf->axes[k]);
  }
}

Quantity *quantity_of_leaf(const Derivation *d, const Node *leaf, bool *adjoint) {
  *adjoint = false;
  if (leaf->kind == NODE_OPAQUE && leaf->item <= -FIRST_ITEM) {
    *adjoint = (-leaf->item - FIRST_ITEM) % 2;
    return d->all.at[(-leaf->item - FIRST_ITEM) / 2];
  }
  Quantity *q = leaf->id < d->nnodes ? d->of_node[leaf->id] : NULL;
  return q && q->kind == QUANTITY_LEAF ? q : NULL;
}

static Quantity *quantity_of_node(const Derivation *d, const Node *n) { return d->of_node[n->id]; }

bool quantity_has_equation(const Quantity *q) { return q->kind != QUANTITY_LEAF && q->kind != QUANTITY_PREVIOUS; }

static const char *leaf_path(const Program *p, const Node *n) {
  if (n->kind == NODE_PARAM) return p->params.at[n->item].path;
  if (n->kind == NODE_STATE) return p->states.at[n->item].path;
  if (n->kind == NODE_INPUT) return p->inputs.at[n->item].name;
  return n->label;
}

static void collect_scan(Derivation *d, const Node *result) {
  for (int k = 0; k < result->ncarries; k++) {
    const Carry *c = &result->carries[k];
    if (quantity_of_node(d, c->prev)) continue;
    Quantity *next = quantity_of_node(d, c->next);
    const char *dot = c->prev->label ? strrchr(c->prev->label, '.') : NULL;
    const char *label = dot ? intern_n(d->cx, c->prev->label, (size_t)(dot - c->prev->label)) : c->prev->label;
    if (!next) next = quantity_new(d, QUANTITY_VALUE, c->next, label);
    Quantity *before = quantity_new(d, QUANTITY_PREVIOUS, c->prev, label);
    Quantity *start = quantity_new(d, QUANTITY_START, c->init, label);
    before->of = start->of = next;
    start->start_of = before;
    next->start = before->start = start;
  }
}

/* c = conv2d(...), of which the layer returns its own y: c is enough. */
static bool is_within(const Node *outer, const Node *inner) {
  size_t n = strlen(outer->path);
  return strncmp(inner->path, outer->path, n) == 0 && inner->path[n] == '.' && read_is_identity(outer->reads[0]);
}

static void collect(Derivation *d, Node *stated) {
  NodeList list = graph_order(d->cx, &stated, 1);
  for (int k = 0; k < list.n; k++) {
    const Node *n = list.at[k];
    bool leaf = n->kind == NODE_PARAM || n->kind == NODE_INPUT || n->kind == NODE_STATE || n->kind == NODE_DRAW ||
                n->kind == NODE_CONST;
    if (leaf) quantity_new(d, QUANTITY_LEAF, n, leaf_path(d->program, n));
  }
  for (int k = 0; k < list.n; k++) {
    const Node *n = list.at[k];
    bool again = false;
    if (n->kind != NODE_NAME || !n->path) continue;
    for (int j = k + 1; j < list.n && !again; j++) {
      const Node *o = list.at[j];
      again = o->kind == NODE_NAME && o->path && through_arguments(o->reads[0]->node) == n && is_within(o, n);
    }
    if (again) continue;
    Quantity *q = quantity_new(d, QUANTITY_VALUE, n, n->path);
    if (n == stated) d->loss = q;
    const Node *x = unnamed_operand(n);
    if (x && !quantity_of_node(d, x)) quantity_new(d, QUANTITY_OPERAND, x, NULL)->of = q;
  }
  for (int k = 0; k < list.n; k++)
    if (list.at[k]->kind == NODE_RESULT) collect_scan(d, list.at[k]);
}

/* ---- right sides ---- */

static Read *at_vars(Graph *g, Node *n, const int *vars) {
  Index *index[MAX_AXES];
  for (int k = 0; k < n->naxes; k++) index[k] = index_var(g, vars[k]);
  return read_make(g, n, index);
}

static void refuse(Derivation *d, const Node *n) {
  if (!n || d->failed) return;
  d->failed = true;
  error_at(d->cx, n->span,
           n->kind == NODE_GRAD
             ? "the loss contains a derivative here, and derive cannot yet write a derivative of that"
             : "derive cannot yet write a recurrence like this one");
  help(d->cx, "nnc check proves derivatives of any order; nnc --emit=adjoint prints this one as a graph");
}

/* The right side of q, in which a derivative stands: carried out, and in the names of those before it. */
static Read *with_derivative(Derivation *d, const Quantity *q) {
  const Read *whole = q->node ? whole_read(d, at_vars(d->g, (Node *)q->node, q->vars)) : NULL;
  return whole ? whole_named(d, whole, q) : NULL;
}

static void write_out(Derivation *d) {
  Apart a = {.g = d->g};
  for (int k = 0; k < d->all.n; k++) {
    Quantity *q = d->all.at[k];
    if (q->kind != QUANTITY_LEAF && q->node) apart_set(&a, q->node, at_vars(d->g, q->leaf, q->vars), q->vars);
  }
  for (int k = 0; k < d->all.n && !d->failed; k++) {
    Quantity *q = d->all.at[k];
    if (q->kind == QUANTITY_LEAF || q->kind == QUANTITY_PREVIOUS) continue;
    q->right = q->kind == QUANTITY_START ? apart_read(&a, at_vars(d->g, (Node *)q->init, q->vars))
                                         : apart_inside(&a, q->node, q->vars);
    if (!q->right && a.refused->kind == NODE_GRAD) q->right = with_derivative(d, q);
    if (!q->right) refuse(d, a.refused);
  }
}

/* ---- order ---- */

static int rank_of(const Quantity *q) {
  if (q->kind == QUANTITY_LEAF) return q->node->id - (1 << 28);
  if (q->kind != QUANTITY_START) return q->node->id;
  return q->of->node->id;
}

static int in_order(const void *a, const void *b) {
  const Quantity *x = *(Quantity *const *)a, *y = *(Quantity *const *)b;
  int rx = rank_of(x), ry = rank_of(y);
  if (rx != ry) return rx < ry ? -1 : 1;
  return (y->kind == QUANTITY_START) - (x->kind == QUANTITY_START);
}

/* Starts stand before all that their recurrence computes. */
static void starts_first(Derivation *d) {
  for (int k = 0; k < d->all.n; k++) {
    Quantity *q = d->all.at[k];
    int to = k;
    if (q->kind != QUANTITY_START) continue;
    for (int j = k - 1; j >= 0 && d->all.at[j]->kind != QUANTITY_LEAF; j--)
      if (d->all.at[j]->time >= 0) to = j;
      else if (d->all.at[j]->kind != QUANTITY_START) break;
    for (int j = k; j > to; j--) d->all.at[j] = d->all.at[j - 1];
    d->all.at[to] = q;
  }
}

/* Where the name begins in a path: W of enc.h.W, h.0 of x.h.0. */
static const char *last_part(const char *path) {
  const char *at = path + strlen(path);
  while (at > path && (at[-1] != '.' || (*at >= '0' && *at <= '9'))) at--;
  return at;
}

/* The last n parts of what stands before the name, or all of it. */
static const char *tail(Context *cx, const char *path, int n) {
  const char *name = last_part(path);
  if (name == path || !n) return "";
  const char *end = name - 1, *at = end;
  while (at > path && n > 0)
    if (at[-1] == '.' && --n == 0) break;
    else at--;
  return intern_n(cx, at, (size_t)(end - at));
}

static bool is_named(const Quantity *q) { return (q->kind == QUANTITY_VALUE || q->kind == QUANTITY_LEAF) && q->path; }

/* Does another path end in the same n parts and the same name? */
static bool is_shared(const Derivation *d, const Quantity *q, int n) {
  for (int j = 0; j < d->all.n; j++) {
    const Quantity *o = d->all.at[j];
    if (!is_named(o) || strcmp(o->path, q->path) == 0 || strcmp(last_part(o->path), last_part(q->path)) != 0) continue;
    if (strcmp(tail(d->cx, o->path, n), tail(d->cx, q->path, n)) == 0) return true;
  }
  return false;
}

/* How many have the same path, and how much of it is needed to tell it from others. */
static void distinguish(Derivation *d) {
  for (int i = 0; i < d->all.n; i++) {
    Quantity *q = d->all.at[i];
    int same = 0, before = 0, n = q->kind == QUANTITY_LEAF;
    if (!is_named(q)) continue;
    for (int j = 0; j < d->all.n; j++)
      if (is_named(d->all.at[j]) && strcmp(d->all.at[j]->path, q->path) == 0) same++, before += j < i;
    while (n < 8 && is_shared(d, q, n)) n++;
    q->copy = same > 1 ? before + 1 : 0;
    q->owner = tail(d->cx, q->path, n);
  }
}

/* ---- what is needed ---- */

typedef struct Search { /* from an equation to what is needed among that it uses */
  const Derivation *d;
  int *seen, stamp;
} Search;

static bool is_named_value(const Derivation *d, const Node *n) {
  const Quantity *q = quantity_of_node(d, n);
  return q && quantity_has_equation(q);
}

static bool uses_needed(Search *s, const Node *n, bool own) {
  if (s->seen[n->id] == s->stamp || n->integer || (n->kind == NODE_MAP && op_rows[n->op].flat)) return false;
  s->seen[n->id] = s->stamp;
  const Quantity *q = own ? NULL : quantity_of_node(s->d, n);
  if (q && q->kind == QUANTITY_PREVIOUS) return q->of->needed || q->start->needed;
  if (q) return q->needed;
  for (int k = 0; k < n->nreads; k++) {
    const Node *x = n->kind == NODE_GRAD ? through_arguments(n->reads[k]->node) : n->reads[k]->node;
    if (uses_needed(s, x, n->kind == NODE_GRAD && is_named_value(s->d, x))) return true;
  }
  return false;
}

static bool matches(const Quantity *q, const char *wrt) {
  if (!wrt) return q->kind == QUANTITY_LEAF && q->node->kind == NODE_PARAM;
  return (q->kind == QUANTITY_LEAF || q->kind == QUANTITY_VALUE) && q->path && strcmp(q->path, wrt) == 0;
}

/* The loss depends on what its formulas read; of s in grad(s, x) it depends on what s is made of. */
static void mark_reached(Derivation *d, const Node *n, bool *seen) {
  Quantity *q = quantity_of_node(d, n);
  if (q) q->reached = true;
  if (seen[n->id] || n->integer || (n->kind == NODE_MAP && op_rows[n->op].flat)) return;
  seen[n->id] = true;
  NodeList operands = graph_operands(d->cx, n);
  for (int k = 0; k < operands.n; k++) {
    const Node *of = operands.at[k];
    const Quantity *named = n->kind == NODE_GRAD ? quantity_of_node(d, through_arguments(of)) : NULL;
    if (!named || named->kind == QUANTITY_LEAF) {
      mark_reached(d, of, seen);
      continue;
    }
    NodeList inside = graph_operands(d->cx, named->node);
    for (int i = 0; i < inside.n; i++) mark_reached(d, inside.at[i], seen);
  }
}

static void mark_needed(Derivation *d, const char *wrt) {
  Search s = {.d = d, .seen = ARENA_ARRAY(d->cx, int, d->nnodes + 1)};
  mark_reached(d, d->loss->node, ARENA_ARRAY(d->cx, bool, d->nnodes + 1));
  for (int k = 0; k < d->all.n; k++) {
    Quantity *q = d->all.at[k];
    if (q->kind == QUANTITY_START) q->reached = true;
    q->needed = matches(q, wrt) && !q->node->integer && q->reached;
  }
  for (bool changed = true; changed;) {
    changed = false;
    for (int k = 0; k < d->all.n; k++) {
      Quantity *q = d->all.at[k];
      if (q->needed || !q->reached || !quantity_has_equation(q)) continue;
      s.stamp++;
      q->needed = uses_needed(&s, q->node ? q->node : q->init, q->node != NULL);
      changed = changed || q->needed;
    }
  }
}

static void report_unknown(Derivation *d, const char *wrt) {
  VEC(const char *) names = {0};
  for (int k = 0; k < d->all.n; k++)
    if (d->all.at[k]->path) VEC_PUSH(d->cx, &names, d->all.at[k]->path);
  const char *near = nearest_name(d->cx, wrt, names.at, names.n);
  error_at(d->cx, (Span){0}, "--wrt %s: the loss '%s' does not depend on a value or parameter of that name", wrt,
           d->loss->path);
  if (near) help(d->cx, "did you mean '%s'?", near);
  d->failed = true;
}

static void number(Derivation *d, const char *wrt, int *next) {
  bool found = false;
  for (int k = 0; k < d->all.n; k++) {
    Quantity *q = d->all.at[k];
    const Node *n = q->node ? q->node : q->start_of->node;
    if (!quantity_has_equation(q)) continue;
    q->again = n->equation != 0;
    q->number = q->again ? n->equation : ++*next;
    ((Node *)n)->equation = q->number;
  }
  for (int pass = 0; pass < 2; pass++)
    for (int j = 0; j < d->all.n; j++) {
      Quantity *q = d->all.at[pass ? j : d->all.n - 1 - j];
      if (!q->needed || q == d->loss || matches(q, wrt) != (pass == 1)) continue;
      q->adjoint_number = ++*next;
      found = found || pass;
    }
  if (wrt && !found) report_unknown(d, wrt);
}

/* The same value under the same name again: `loss L` of a definition L. */
static Node *first_stated(Node *stated) {
  while (stated->reads[0]->node->kind == NODE_NAME && stated->reads[0]->node->path == stated->path)
    stated = stated->reads[0]->node;
  return stated;
}

Derivation *system_of(Program *p, const Routine *loss, const char *wrt, int *next) {
  Derivation *d = ARENA_NEW(p->cx, Derivation);
  Node *stated = first_stated(loss->stated);
  d->cx = p->cx;
  d->g = p->graph;
  d->program = p;
  d->per_example = stated->naxes && stated->axes[0].kind == AXIS_BATCH;
  d->nnodes = (int)p->graph->nnodes;
  d->of_node = ARENA_ARRAY(p->cx, Quantity *, d->nnodes + 1);
  collect(d, stated);
  qsort(d->all.at, (size_t)d->all.n, sizeof *d->all.at, in_order);
  starts_first(d);
  distinguish(d);
  mark_needed(d, wrt);
  number(d, wrt, next);
  return d;
}

void system_open(Derivation *d) {
  for (int k = 0; k < d->all.n; k++) quantity_open(d, d->all.at[k], k);
  write_out(d);
}
