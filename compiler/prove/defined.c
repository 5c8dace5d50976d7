/* defined.c: which values are a number whatever the inputs and parameters are, and what may hide that one is none.
 *
 * A value without a number, log(-1) or 0/0, spoils nearly all that is computed from it, and where a side is spoiled it
 * claims nothing. So algebra may take x/x for 1, unless an operation gives a number all the same: y/y == 1 is 0 at
 * y = 0, sign(1/y) is 1 there, argmax is a place. Such operations on what may have no number are told apart here; the
 * provers take each as a value of its own. (where and select, which leave out an operand, have a case for each.) */
#include "prove/attempt.h"
#include "build/build.h"

#include <math.h>

static bool is_constant(const Read *r, double *c) { return read_constant(r, c) && isfinite(*c); }

static bool nonzero(const Read *r) {
  double c;
  return is_constant(r, &c) ? c != 0 : read_positive(r);
}

static bool power_is_defined(const Node *n) {
  double c;
  if (read_positive(n->reads[0])) return true;
  return is_constant(n->reads[1], &c) && c >= 0 && (c == floor(c) || read_nonnegative(n->reads[0]));
}

/* Its operands being numbers, is n one? */
static bool stays_defined(const Node *n) {
  const OpRow *f = &op_rows[n->op];
  if (f->value && f->periodic && isinf(f->high)) return false;
  if (f->value && isfinite(f->to)) return false;
  if (f->value && isfinite(f->from))
    return f->from > 0                     ? false
           : f->from == 0 && isinf(f->low) ? read_positive(n->reads[0])
                                           : read_nonnegative(n->reads[0]);
  if (n->op == OP_DIV || n->op == OP_MOD) return nonzero(n->reads[1]);
  return n->op == OP_POW ? power_is_defined(n) : isfinite(n->scale);
}

/* Does it only choose among its operands? Then an infinite one does no harm. */
static bool only_chooses(const Node *n) {
  if (n->kind != NODE_MAP) return true;
  if (n->op == OP_PRODUCT)
    return n->nreads <= 1 && n->scale == 1 && n->reduction != RED_SUM && n->reduction != RED_PROD &&
           n->reduction != RED_LOGSUMEXP;
  return n->op == OP_MAX || n->op == OP_MIN || n->op == OP_WHERE || n->op == OP_STOP;
}

/* What n is where an operand may be infinite, the least of them being `least`: an infinity and a number, added, are an
 * infinity, two may be none, but two of -inf; exp(-inf) is 0; logratio(-inf, x) and logratio(x, -inf) are -inf. */
static Defined of_infinite(const Node *n, Defined least, const unsigned char *defined) {
  if (only_chooses(n) && n->kind != NODE_PIECES) return least;
  if (n->kind != NODE_MAP) return UNDEFINED;
  Defined a = n->nreads ? (Defined)defined[n->reads[0]->node->id] : FINITE,
          b = n->nreads > 1 ? (Defined)defined[n->reads[1]->node->id] : FINITE;
  switch (n->op) { /* of its operands, a rule for each */
  case OP_EXP: return least == LOWER ? FINITE : INFINITE;
  case OP_LOGRATIO: return least == LOWER ? LOWER : UNDEFINED;
  case OP_PRODUCT: return n->reduction == RED_LOGSUMEXP && n->nreads == 1 && n->scale == 1 ? least : UNDEFINED;
  case OP_ADD: return least == LOWER || a == FINITE || b == FINITE ? least : UNDEFINED;
  case OP_SUB: return b == FINITE ? a : a == FINITE ? INFINITE : UNDEFINED;
  default: return UNDEFINED;
  }
}

static Defined of_constant(double lo, double hi) {
  if (isnan(lo) || isnan(hi)) return UNDEFINED;
  return isfinite(lo) && isfinite(hi) ? FINITE : isfinite(hi) || hi < 0 ? LOWER : INFINITE;
}

static Defined defined_of(const Node *n, const unsigned char *defined, Defined carried) {
  Defined least = FINITE;
  switch (n->kind) {
  case NODE_INPUT:
  case NODE_PARAM:
  case NODE_STATE:
  case NODE_DRAW:
  case NODE_BATCH:
  case NODE_STEP: return FINITE;
  case NODE_CONST: return of_constant(n->lo, n->hi);
  case NODE_PREV: return carried;
  case NODE_MAP:
  case NODE_RESHAPE:
  case NODE_NAME:
  case NODE_PIECES:
  case NODE_RESULT: break;
  default: return UNDEFINED;
  }
  if (n->kind == NODE_MAP && n->op == OP_PRODUCT && n->nreads == 0) return of_constant(n->scale, n->scale);
  for (int k = 0; k < n->nreads; k++)
    if (defined[n->reads[k]->node->id] < least) least = (Defined)defined[n->reads[k]->node->id];
  if (least == INFINITE || least == LOWER) return of_infinite(n, least, defined);
  return n->kind != NODE_MAP || stays_defined(n) ? least : UNDEFINED;
}

/* The least that a step leaves or a loop begins with. */
static Defined least_carried(const NodeList *list, const unsigned char *defined) {
  Defined least = FINITE;
  for (int i = 0; i < list->n; i++)
    for (int k = 0; k < list->at[i]->ncarries; k++) {
      const Carry *c = &list->at[i]->carries[k];
      if (defined[c->next->id] < least) least = (Defined)defined[c->next->id];
      if (defined[c->init->id] < least) least = (Defined)defined[c->init->id];
    }
  return least;
}

/* By induction: what is carried is no less than `carried` where every step leaves no less, having been left no less. */
unsigned char *prove_defined(Graph *g, const Read *a, const Read *b) {
  unsigned char *defined = ARENA_ARRAY(g->cx, unsigned char, g->nnodes);
  Node *roots[2] = {a->node, b->node};
  NodeList list = graph_order(g->cx, roots, 2);
  for (Defined carried = FINITE, least;; carried = least) {
    for (int i = 0; i < list.n; i++) defined[list.at[i]->id] = (unsigned char)defined_of(list.at[i], defined, carried);
    least = least_carried(&list, defined);
    if (least >= carried) return defined;
  }
}

bool prove_maybe_infinite(const Node *n, const unsigned char *defined) {
  return defined[n->id] == INFINITE || defined[n->id] == LOWER;
}

bool prove_hides(const Node *n, const unsigned char *defined) {
  bool all = true;
  if (n->kind != NODE_MAP) return false;
  for (int k = 0; k < n->nreads; k++) all = all && defined[n->reads[k]->node->id] != UNDEFINED;
  if (n->reduction == RED_ARGMAX || n->reduction == RED_ARGMIN) return !all;
  switch (n->op) { /* of its operands, a rule for each */
  case OP_LT:
  case OP_LE:
  case OP_EQ:
  case OP_NE:
  case OP_AND:
  case OP_OR:
  case OP_NOT:
  case OP_SIGN:
  case OP_LOGRATIO: return !all;
  case OP_POW: return !all && !read_constant(n->reads[1], NULL);
  case OP_WHERE: return defined[n->reads[0]->node->id] == UNDEFINED;
  default: return false;
  }
}
