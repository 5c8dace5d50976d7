/* uses.c: who needs what for some roots, and what is computed with both signs.
 *
 * In: the roots of a routine, when all derivatives are taken, and those of them that the user wrote. Out: how often
 * each node is read; what the user's roots need; and of sigmoid(-a) and softplus(-a) the sigmoid(a) and softplus(a)
 * that are there too (inside of a loop, and as the values at all times).
 *
 * sigmoid(-a) may be 1 - sigmoid(a), an exponential less, where digits that this loses do not matter: in a derivative,
 * of what the user's formulas compute; and in a formula that mixes, z*x + (1 - z)*y. Elsewhere the user's 1 -
 * sigmoid(a) stays sigmoid(-a): it may be divided by, or multiplied with 1e26. */
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

/* Of the two, the one that stays: what the user's formulas compute, a named one, one of a value as it stands. */
static bool stays(const Uses *u, const Node *n, const Node *other) {
  if (u->written[n->id] != u->written[other->id]) return u->written[n->id];
  if (!n->label != !other->label) return n->label;
  bool negated = is_negation(n->reads[0]);
  return negated != is_negation(other->reads[0]) ? !negated : n->id < other->id;
}

/* Is all that the user's formulas do with n to multiply it, and to add that to something? */
static bool is_mixed(Context *cx, const Uses *u, const NodeList *all, const Node *n, bool multiplied) {
  for (int k = 0; k < all->n; k++) {
    const Node *user = all->at[k];
    if (user->kind == NODE_RESULT || !u->written[user->id]) continue;
    NodeList operands = graph_operands(cx, user);
    bool reads = false;
    for (int i = 0; i < operands.n; i++) reads = reads || operands.at[i] == n;
    if (!reads) continue;
    bool product = user->kind == NODE_MAP && user->op == OP_PRODUCT && !user->nreduce && !user->nguards;
    bool sum = user->kind == NODE_MAP && (user->op == OP_ADD || user->op == OP_SUB);
    if (!(multiplied && sum) && !(product && is_mixed(cx, u, all, user, true))) return false;
  }
  return true;
}

static void find_opposites(Program *p, Uses *u, const NodeList *all) {
  for (int k = 0; k < all->n; k++) {
    Node *n = all->at[k], *other = uses_is_function(n) && has_opposite(n->op) ? opposite_of(p->graph, u, n) : NULL;
    if (!other || !stays(u, other, n)) continue;
    bool written = u->written[n->id];
    if (n->op == OP_SIGMOID && written && !is_mixed(p->cx, u, all, n, false)) continue;
    u->opposite[n->id] = other;
    u->complement[n->id] = n->op == OP_SIGMOID && u->written[other->id];
  }
  for (int k = 0; k < all->n; k++) {
    Node *n = all->at[k], *other = n->kind == NODE_RESULT ? opposite_result(u, all, n) : NULL;
    if (other) u->opposite[n->id] = other, u->complement[n->id] = u->complement[n->reads[0]->node->id];
  }
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
  u->complement = ARENA_ARRAY(cx, bool, u->cap);
  for (int k = 0; k < n; k++) u->count[roots[k]->id]++;
  for (int k = 0; k < all.n; k++) count_uses(cx, u, all.at[k]);
  for (int k = 0; k < asked.n; k++)
    if (asked.at[k]->id < u->cap) u->written[asked.at[k]->id] = true;
  find_opposites(p, u, &all);
  return u;
}

Node *uses_opposite(const Uses *u, const Node *n) { return n->id < u->cap ? u->opposite[n->id] : NULL; }

Node *uses_complement(const Uses *u, const Node *n) {
  return n->id < u->cap && u->complement[n->id] ? u->opposite[n->id] : NULL;
}
