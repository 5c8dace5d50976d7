/* prove.c: two values in, whether and how their equality was proved out: which prover is asked when, with what taken as
 * leaves.
 *
 * Expanding all the way is often too much, and seldom needed: both sides of a hand derivation speak of the same z, so
 * first what the two sides share is taken as a leaf; only where that finds no proof are more and more of the shared
 * nodes expanded. Every attempt gets a little work before one gets much. */
#include "prove/prove.h"
#include "prove/attempt.h"

#define LITTLE    20000   /* operations: some milliseconds */
#define MUCH      450000  /* a tenth of a second */
#define MOST_WORK 5000000 /* of all proofs of a program: then there is only little for each attempt */

/* Both sides are compared by the normal form, where extents may be large and sums stay sums; by elements, where
 * formulas may be long; or by elements with symbolic classes, where recurrences may be, whose states are leaves. */
typedef enum { SUMS, ELEMENTS, SYMBOLIC } How;
typedef enum { NO_STATES, CARRIED_STATES, ALL_STATES } States;
typedef struct Attempt {
  int leaves;
  How how;
  States states;
} Attempt;
enum { NO_LEAVES = 3 };
static const Attempt attempts[] = {
  {0, SUMS, NO_STATES},          {0, ELEMENTS, NO_STATES}, {1, SYMBOLIC, ALL_STATES},
  {3, SYMBOLIC, CARRIED_STATES}, {1, ELEMENTS, NO_STATES}, {3, ELEMENTS, NO_STATES},
  {1, SUMS, NO_STATES},          {2, SUMS, NO_STATES},     {NO_LEAVES, SUMS, NO_STATES}};

/* What of the nodes that both sides share is taken as a leaf, attempt by attempt: never what may be infinite, of which
 * x - 1 < x does not hold, nor, of symbolic classes, what says how long arrays are. */
static bool is_shared_leaf(const Node *n, const Attempt *t, const unsigned char *defined) {
  if (n->kind != NODE_MAP || n->inside || (n->op == OP_PRODUCT && n->nreads == 0)) return false;
  if (prove_maybe_infinite(n, defined) || (n->integer && !reduction_rows[n->reduction].place && t->how == SYMBOLIC))
    return false;
  switch (t->leaves) {
  case 0: return n->label || n->nreduce || n->op != OP_PRODUCT;
  case 1: return n->label != NULL;
  case 2: return n->nreduce > 0 && n->reduction == RED_SUM;
  default: return false;
  }
}

/* The states of a recurrence that both sides read, or only what its steps carry where it runs forwards, are leaves at
 * each step: what is derived from them says the same whatever made them. */
static bool take_states(const Graph *g, const Node *n, States states, const unsigned char *defined,
                        unsigned char *opaque) {
  if (n->kind == NODE_INPUT) return n->integer;
  if (n->kind != NODE_RESULT || (states == CARRIED_STATES && g->scans[n->scan].adjoint)) return false;
  for (int k = 0; k < n->ncarries; k++)
    if (!prove_maybe_infinite(n->carries[k].next, defined)) opaque[n->carries[k].next->id] = CARRIED;
  if (states == ALL_STATES && !prove_maybe_infinite(n, defined)) opaque[n->reads[0]->node->id] = CARRIED;
  return true;
}

static const unsigned char *shared_leaves(const Question *q, const Attempt *t, bool *any) {
  Graph *g = q->g;
  unsigned char *seen = ARENA_ARRAY(g->cx, unsigned char, g->nnodes),
                *opaque = ARENA_ARRAY(g->cx, unsigned char, g->nnodes);
  Node *roots[2] = {q->a->node, q->b->node};
  *any = t->leaves == NO_LEAVES && t->how != SYMBOLIC;
  for (int side = 0; side < 2; side++) {
    NodeList list = graph_order(g->cx, &roots[side], 1);
    for (int i = 0; i < list.n; i++) {
      Node *n = list.at[i];
      if (side && seen[n->id] && is_shared_leaf(n, t, q->defined)) opaque[n->id] = 1, *any = true;
      if (side && seen[n->id] && t->how == SYMBOLIC && take_states(g, n, t->states, q->defined, opaque)) *any = true;
      if (!side) seen[n->id] = 1;
      if (prove_hides(n, q->defined)) opaque[n->id] = HIDES;
    }
  }
  return opaque;
}

/* Work that the attempt may do now; 0: it has had its turn, or is none. */
static long work_of(const Graph *g, const Attempt *t, bool scans, bool second) {
  bool at_once = scans && t->how == SYMBOLIC;
  if (second && (at_once || g->proofs > MOST_WORK)) return 0;
  return second || (at_once && g->proofs <= MOST_WORK) ? MUCH : LITTLE;
}

static bool attempt_proof(const Attempt *t, Question *q, long work) {
  q->work = work;
  q->symbolic = t->how == SYMBOLIC;
  bool proved = t->how == SUMS ? prove_by_sums(q) : prove_by_elements(q);
  q->g->proofs += work - (q->work > 0 ? q->work : 0);
  return proved;
}

static bool has_scans(Graph *g, const Read *a, const Read *b) {
  NodeList list = graph_order(g->cx, (Node *[]){a->node, b->node}, 2);
  for (int i = 0; i < list.n; i++)
    if (list.at[i]->kind == NODE_RESULT) return true;
  return false;
}

Proof prove_equal(Graph *g, Read *a, Read *b) {
  Question q = {.g = g, .a = a, .b = b, .defined = prove_defined(g, a, b)};
  bool scans = has_scans(g, a, b);
  for (int second = 0; second < 2; second++)
    for (size_t k = 0; k < sizeof attempts / sizeof *attempts; k++) {
      bool any;
      long work = work_of(g, &attempts[k], scans, second);
      if (!work) continue;
      q.opaque = shared_leaves(&q, &attempts[k], &any);
      q.unrolled = false;
      if (any && attempt_proof(&attempts[k], &q, work)) return q.unrolled ? PROOF_UNROLLED : PROOF_DIRECT;
    }
  return NO_PROOF;
}
