/* property.c: signs of values, by rules on their operations; see build/build.h. Depth is bounded, so no cost
 * explodes. */
#include "build/build.h"

#include <math.h>

enum { DEPTH = 24 };

static bool at_least(const Read *r, bool strictly, int depth);

static bool all_reads(const Node *n, bool strictly, int depth) {
  for (int k = 0; k < n->nreads; k++)
    if (!at_least(n->reads[k], strictly, depth)) return false;
  return true;
}

static bool product_at_least(const Node *n, bool strictly, int depth) {
  if (strictly && n->nguards) return false;
  if (n->reduction == RED_LOGSUMEXP) return false;
  if (reduction_rows[n->reduction].place) return !strictly;
  if (strictly ? n->scale <= 0 : n->scale < 0) return false;
  if (!strictly && n->nreads == 2 && read_equal(n->reads[0], n->reads[1])) return true; /* a square */
  return all_reads(n, strictly, depth);
}

static bool even_power(const Node *n) {
  double c;
  return read_constant(n->reads[1], &c) && c / 2 == floor(c / 2);
}

/* where(a > 0, a, b) */
static bool is_guarded(const Node *n) {
  const Node *c = n->reads[0]->node;
  double zero;
  if (c->kind != NODE_MAP || c->op != OP_LT || !read_constant(c->reads[0], &zero) || zero != 0) return false;
  for (int k = 0; k < n->reads[0]->node->naxes; k++)
    if (!read_is_identity(n->reads[0]) || !read_is_identity(n->reads[1])) return false;
  return c->reads[1]->node == n->reads[1]->node && read_is_identity(c->reads[1]);
}

/* By the facts of its row: it has the sign of its operand, or none of its values is below 0. */
static bool function_at_least(const OpRow *f, const Node *n, bool strictly, int depth) {
  bool zero = f->value(0) == 0;
  if (zero && f->slope > 0 && f->parity != EVEN) return at_least(n->reads[0], strictly, depth);
  if (!f->slope || fmin(f->low, f->high) < 0) return false;
  return !strictly || (!zero && isinf(f->low == fmin(f->low, f->high) ? f->from : f->to));
}

static bool at_least(const Read *r, bool strictly, int depth) {
  const Node *n = r->node;
  if (depth == 0) return false;
  if (n->integer && (strictly ? n->lo > 0 : n->lo >= 0)) return true;
  if (n->kind == NODE_RESHAPE || n->kind == NODE_NAME) return at_least(n->reads[0], strictly, depth - 1);
  if (n->kind == NODE_BATCH || n->kind == NODE_STEP) return true;
  if (n->kind != NODE_MAP) return false;
  if (op_is_function(n->op)) return function_at_least(&op_rows[n->op], n, strictly, depth - 1);
  switch (n->op) { /* a rule for each, not a fact of a row */
  case OP_PRODUCT: return product_at_least(n, strictly, depth - 1);
  case OP_DIV:
  case OP_STOP: return all_reads(n, strictly, depth - 1);
  case OP_POW: return even_power(n) && !strictly ? true : at_least(n->reads[0], true, depth - 1);
  case OP_ADD:
    if (!all_reads(n, false, depth - 1)) return false;
    return !strictly || at_least(n->reads[0], true, depth - 1) || at_least(n->reads[1], true, depth - 1);
  case OP_MAX: return at_least(n->reads[0], strictly, depth - 1) || at_least(n->reads[1], strictly, depth - 1);
  case OP_MIN: return all_reads(n, strictly, depth - 1);
  case OP_WHERE:
    return (at_least(n->reads[1], strictly, depth - 1) || is_guarded(n)) && at_least(n->reads[2], strictly, depth - 1);
  default: return false;
  }
}

bool read_positive(const Read *r) { return at_least(r, true, DEPTH); }
bool read_nonnegative(const Read *r) { return at_least(r, false, DEPTH); }

static bool exponential(const Read *r, int depth) {
  const Node *n = r->node;
  if (depth == 0 || n->kind != NODE_MAP) return false;
  if (n->op == OP_EXP) return true;
  if (n->op != OP_PRODUCT && n->op != OP_DIV && n->op != OP_ADD) return false;
  for (int k = 0; k < n->nreads; k++)
    if (exponential(n->reads[k], depth - 1)) return true;
  return false;
}

bool read_exponential(const Read *r) { return exponential(r, DEPTH); }
