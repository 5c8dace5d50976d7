/* uses.c: who needs what for some roots, and what is computed with both signs.
 *
 * In: the roots of a routine, when all derivatives are taken, and those of them that the user wrote. Out: how often
 * each node is read; what the user's roots need; and of sigmoid(-a) and softplus(-a) the sigmoid(a) and softplus(a)
 * that are there too (inside of a loop, and as the values at all times). Of a pair one stays: a named one, or one of a
 * value as it stands. */
#include "simplify/uses.h"
#include "build/build.h"

static bool has_opposite(Op op) { return op == OP_SIGMOID || op == OP_SOFTPLUS; }

bool uses_is_function(const Node *n) { return n->kind == NODE_MAP && op_is_function(n->op); }

bool uses_has(const Uses *u, const Node *n) { return n->id < u->cap && u->count[n->id] > 0; }

static bool is_negation(const Read *r) {
  const Node *n = r->node;
  return n->kind == NODE_MAP && n->op == OP_PRODUCT && !n->nreduce && n->scale < 0;
}

/* f(-a) of f(a), where it is there. */
static Node *opposite_of(Graph *g, const Uses *u, Node *n) {
  int vars[MAX_AXES];
  Read *open = read_open(g, n, vars);
  Read *r = build_op1(g, n->op, build_scale(g, -1, read_operand(g, open, 0)));
  if (r->node == n || r->node->naxes != n->naxes || !uses_has(u, r->node)) return NULL;
  for (int k = 0; k < n->naxes; k++)
    if (!index_equal(r->index[k], open->index[k])) return NULL;
  return r->node;
}

/* The values of the opposite at all times, where these are those of n. */
static Node *opposite_result(const Uses *u, const NodeList *all, const Node *n) {
  const Node *f = n->reads[0]->node;
  if (f->id >= u->cap || !u->opposite[f->id] || f->op != OP_SIGMOID) return NULL;
  for (int k = 0; k < all->n; k++)
    if (all->at[k]->kind == NODE_RESULT && all->at[k]->scan == n->scan &&
        all->at[k]->reads[0]->node == u->opposite[f->id])
      return all->at[k];
  return NULL;
}

/* Of the two, the one that stays: a named one, one of a value as it stands, the first. */
static bool stays(const Node *n, const Node *other) {
  if (!n->label != !other->label) return n->label;
  bool negated = is_negation(n->reads[0]);
  return negated != is_negation(other->reads[0]) ? !negated : n->id < other->id;
}

static void count_uses(Context *cx, Uses *u, const Node *n) {
  NodeList operands = graph_operands(cx, n);
  for (int k = 0; k < operands.n; k++) u->count[operands.at[k]->id]++;
}

Uses *uses_of(Program *p, Node *const *roots, int n, Node *const *written, int nwritten) {
  Context *cx = p->cx;
  Uses *u = ARENA_NEW(cx, Uses);
  NodeList all = graph_order(cx, roots, n), asked = graph_order(cx, written, nwritten);
  u->cap = (int)p->graph->nnodes + 1;
  for (int k = 0; k < all.n; k++) u->cap = all.at[k]->id >= u->cap ? all.at[k]->id + 1 : u->cap;
  u->count = ARENA_ARRAY(cx, int, u->cap);
  u->written = ARENA_ARRAY(cx, bool, u->cap);
  u->opposite = ARENA_ARRAY(cx, Node *, u->cap);
  for (int k = 0; k < n; k++) u->count[roots[k]->id]++;
  for (int k = 0; k < all.n; k++) count_uses(cx, u, all.at[k]);
  for (int k = 0; k < asked.n; k++)
    if (asked.at[k]->id < u->cap) u->written[asked.at[k]->id] = true;
  for (int k = 0; k < all.n; k++) {
    Node *other =
      uses_is_function(all.at[k]) && has_opposite(all.at[k]->op) ? opposite_of(p->graph, u, all.at[k]) : NULL;
    if (other && stays(other, all.at[k])) u->opposite[all.at[k]->id] = other;
  }
  for (int k = 0; k < all.n; k++)
    if (all.at[k]->kind == NODE_RESULT) u->opposite[all.at[k]->id] = opposite_result(u, &all, all.at[k]);
  return u;
}

Node *uses_opposite(const Uses *u, const Node *n) { return n->id < u->cap ? u->opposite[n->id] : NULL; }
