/* hazard.c: see graph/hazard.h. One rule for each kind of node and each operation: bits of the operands in, bits of the
 * value out. */
#include "graph/hazard.h"

#include <math.h>

static unsigned when(bool condition, unsigned bits) { return condition ? bits : 0; }

/* Of -x. That x may not be negative says nothing about -x but where it vanishes. */
static unsigned negated(unsigned x) {
  return (x & (MAY_BE_NAN | MAY_VANISH | IS_MASK)) | MAY_BE_NEGATIVE | when(x & MAY_BE_INF, MAY_BE_MINUS_INF) |
         when(x & MAY_BE_MINUS_INF, MAY_BE_INF) | when(x & MAY_GROW, MAY_SINK) | when(x & MAY_SINK, MAY_GROW);
}

static unsigned of_number(double x) {
  if (isnan(x)) return MAY_BE_NAN;
  if (isinf(x)) return x > 0 ? MAY_BE_INF | MAY_GROW : MAY_BE_MINUS_INF | MAY_SINK | MAY_BE_NEGATIVE;
  return when(x == 0, MAY_VANISH) | when(x < 0, MAY_BE_NEGATIVE);
}

/* ---- products ---- */

/* How many of the factors that may be negative have no equal partner to make a square of? */
static int unpaired_negatives(const Node *n, const unsigned *x) {
  int count = 0;
  for (int i = 0; i < n->nreads; i++) {
    int equal = 0;
    if (!(x[i] & MAY_BE_NEGATIVE)) continue;
    for (int j = 0; j < n->nreads; j++) equal += read_equal(n->reads[i], n->reads[j]);
    count += equal % 2;
  }
  return count;
}

static unsigned of_factors(const Node *n, const unsigned *x) {
  unsigned all = 0;
  for (int k = 0; k < n->nreads; k++) all |= x[k];
  bool negative = unpaired_negatives(n, x) > 0;
  unsigned y = all & (MAY_BE_NAN | MAY_VANISH | IS_MASK);
  if (n->nreads == 1) y = all;
  else if (all & (MAY_BE_INF | MAY_BE_MINUS_INF)) y |= NOT_FINITE | MAY_GROW | MAY_SINK; /* infinity times 0 */
  else if (all & (MAY_GROW | MAY_SINK)) y |= MAY_GROW | when(negative, MAY_SINK);
  return (y & ~(unsigned)MAY_BE_NEGATIVE) | when(negative, MAY_BE_NEGATIVE);
}

static unsigned of_product(const Node *n, const unsigned *x) {
  unsigned y = n->nreads ? of_factors(n, x) : 0;
  bool mixed = y & MAY_BE_NEGATIVE;
  if (n->scale < 0) y = negated(y);
  if (!n->nreads) y = of_number(n->scale);
  if (n->nguards) y |= MAY_VANISH | IS_MASK;
  if (n->reduction != RED_SUM) return y;
  return y | when(mixed, MAY_VANISH) | when((y & MAY_BE_INF) && (y & MAY_BE_MINUS_INF), MAY_BE_NAN);
}

static unsigned of_reduction(const Node *n, unsigned x) {
  switch (n->reduction) {
  case RED_PROD:
    if (x & (MAY_BE_INF | MAY_BE_MINUS_INF)) return x | NOT_FINITE | ANY_NUMBER;
    return x | when(x & MAY_BE_NEGATIVE && x & (MAY_GROW | MAY_SINK), MAY_GROW | MAY_SINK);
  case RED_LOGSUMEXP: return (x & ~(unsigned)IS_MASK) | MAY_VANISH | MAY_BE_NEGATIVE;
  default: return reduction_rows[n->reduction].place ? (unsigned)MAY_VANISH : x;
  }
}

/* ---- operations of two ---- */

static unsigned of_sum(unsigned a, unsigned b) {
  unsigned y = (a | b) & ~(unsigned)(MAY_VANISH | IS_MASK);
  bool far = !(y & MAY_BE_NEGATIVE) && (!(a & MAY_VANISH) || !(b & MAY_VANISH));
  return y | when(!far, MAY_VANISH) | (a & b & IS_MASK) | when((y & MAY_BE_INF) && (y & MAY_BE_MINUS_INF), MAY_BE_NAN);
}

static unsigned of_quotient(unsigned a, unsigned b) {
  if (b & MAY_VANISH) return NOT_FINITE | ANY_NUMBER | (a & IS_MASK);
  bool bounded = !(a & (MAY_GROW | MAY_SINK)), negative = (a | b) & MAY_BE_NEGATIVE;
  unsigned y = ((a | b) & MAY_BE_NAN) | (a & (MAY_VANISH | IS_MASK)) | when(negative, MAY_BE_NEGATIVE) |
               when(b & (MAY_GROW | MAY_SINK), MAY_VANISH) | when(!bounded, MAY_GROW | when(negative, MAY_SINK));
  if (!(a & (MAY_BE_INF | MAY_BE_MINUS_INF))) return y;
  return y | MAY_BE_INF | MAY_BE_MINUS_INF | when(b & (MAY_BE_INF | MAY_BE_MINUS_INF), MAY_BE_NAN);
}

static unsigned of_power(const Node *n, unsigned x, unsigned e) {
  double c;
  bool constant = read_constant(n->reads[1], &c), whole = constant && c == floor(c);
  bool far = !(x & (MAY_VANISH | MAY_BE_NEGATIVE));
  unsigned y = ((x | e) & MAY_BE_NAN) | MAY_VANISH;
  if ((x | e) & (MAY_BE_INF | MAY_BE_MINUS_INF)) return NOT_FINITE | ANY_NUMBER;
  if (!constant)
    return far ? y | MAY_GROW | when((x | e) & (MAY_GROW | MAY_SINK), MAY_BE_INF) : NOT_FINITE | ANY_NUMBER;
  if (c < 0 && (x & MAY_VANISH)) return NOT_FINITE | ANY_NUMBER;
  y |= when(!whole && (x & MAY_BE_NEGATIVE), MAY_BE_NAN);
  return y | MAY_GROW | when(x & MAY_BE_NEGATIVE && c != 2 * floor(c / 2), MAY_BE_NEGATIVE | MAY_SINK);
}

static unsigned of_larger(unsigned a, unsigned b) {
  bool far = !(a & (MAY_VANISH | MAY_BE_NEGATIVE)) || !(b & (MAY_VANISH | MAY_BE_NEGATIVE));
  return ((a | b) & (MAY_BE_NAN | MAY_BE_INF | MAY_GROW)) | (a & b & (MAY_BE_MINUS_INF | MAY_BE_NEGATIVE | MAY_SINK)) |
         when(!far, MAY_VANISH);
}

static unsigned of_smaller(unsigned a, unsigned b) {
  bool far = !((a | b) & (MAY_VANISH | MAY_BE_NEGATIVE));
  return ((a | b) & (MAY_BE_NAN | MAY_BE_MINUS_INF | MAY_BE_NEGATIVE | MAY_SINK)) | (a & b & (MAY_BE_INF | MAY_GROW)) |
         when(!far, MAY_VANISH);
}

static unsigned of_choice(const Node *n, unsigned a, unsigned b) {
  double c;
  bool zero = (read_constant(n->reads[1], &c) && c == 0) || (read_constant(n->reads[2], &c) && c == 0);
  return ((a | b) & ~(unsigned)IS_MASK) | when(zero || (a & b & IS_MASK), IS_MASK);
}

/* Is b the logsumexp over elements among which a is? Then a - b is never above 0. */
static bool covers(const Read *a, const Read *b) {
  const Node *sum = b->node;
  if (sum->kind != NODE_MAP || sum->reduction != RED_LOGSUMEXP || sum->reads[0]->node != a->node) return false;
  for (int k = 0; k < a->node->naxes; k++) {
    int v;
    if (!index_is_var(sum->reads[0]->index[k], &v)) return false;
    if (v >= sum->naxes ? sum->axes[v].extent != a->node->axes[k].extent : !index_equal(a->index[k], b->index[v]))
      return false;
  }
  return true;
}

static unsigned of_logratio(const Node *n, unsigned a, unsigned b) {
  unsigned low = when((a & MAY_BE_MINUS_INF) || (b & (MAY_BE_INF | MAY_BE_MINUS_INF)), MAY_BE_MINUS_INF);
  unsigned y =
    ((a | b) & MAY_BE_NAN) | low | MAY_VANISH | MAY_BE_NEGATIVE | when(a & MAY_BE_INF, MAY_BE_NAN) | MAY_SINK;
  if (covers(n->reads[0], n->reads[1])) return y;
  return y | when((a & MAY_GROW) || (b & MAY_SINK), MAY_GROW) | (a & MAY_BE_INF);
}

/* ---- functions of one ---- */

static unsigned of_magnitude(unsigned x) {
  return (x & (MAY_BE_NAN | MAY_VANISH)) | when(x & (MAY_BE_INF | MAY_BE_MINUS_INF), MAY_BE_INF) |
         when(x & (MAY_GROW | MAY_SINK | MAY_BE_INF | MAY_BE_MINUS_INF), MAY_GROW);
}

/* Of a function that comes near to `limit`; at infinity only where `infinite`. */
static unsigned near_limit(double limit, bool infinite) {
  if (!isinf(limit)) return when(limit == 0, MAY_VANISH);
  return limit > 0 ? MAY_GROW | when(infinite, MAY_BE_INF) : MAY_SINK | when(infinite, MAY_BE_MINUS_INF);
}

static unsigned near_ends(const OpRow *f, unsigned x) {
  double from = f->parity == EVEN ? 0 : f->from;
  bool low =
    isinf(from) ? x & (MAY_SINK | MAY_BE_MINUS_INF) : from > 0 || (x & (from < 0 ? MAY_BE_NEGATIVE : MAY_VANISH));
  bool high = isfinite(f->to) || (x & (MAY_GROW | MAY_BE_INF));
  return when(low, near_limit(f->low, isfinite(from) || f->overflows || x & MAY_BE_MINUS_INF)) |
         when(high, near_limit(f->high, isfinite(f->to) || f->overflows || x & MAY_BE_INF));
}

/* By the facts of its row. */
static unsigned of_function(const OpRow *f, unsigned x) {
  bool infinite = x & (MAY_BE_INF | MAY_BE_MINUS_INF), through_zero = f->value(0) == 0 && f->slope > 0;
  if (f->poles)
    return x & (MAY_VANISH | MAY_BE_NEGATIVE) ? NOT_FINITE | ANY_NUMBER : x | MAY_VANISH | MAY_BE_NEGATIVE | MAY_GROW;
  if (f->periodic && isinf(f->high)) return NOT_FINITE | ANY_NUMBER;
  if (f->periodic) return (x & MAY_BE_NAN) | when(infinite, MAY_BE_NAN) | MAY_VANISH | MAY_BE_NEGATIVE;
  if (f->parity == EVEN) x = of_magnitude(x);
  bool outside = isfinite(f->to) || f->from > 0 || (isfinite(f->from) && x & MAY_BE_NEGATIVE);
  unsigned y = (x & MAY_BE_NAN) | when(outside, MAY_BE_NAN) | near_ends(f, x);
  double least = fmin(f->low, f->high);
  if (f->jumps) y |= MAY_VANISH | (f->integer && isinf(f->low) ? x & IS_MASK : 0);
  if (through_zero) return y | (x & (MAY_BE_NEGATIVE | MAY_VANISH));
  return y | when(least < 0, MAY_BE_NEGATIVE | MAY_VANISH);
}

/* What these make of their operands is a rule for each, not a fact of a row. */
static unsigned of_operation(const Node *n, const unsigned *x) {
  switch (n->op) { /* of its operands, a rule for each */
  case OP_PRODUCT: return n->reduction > RED_SUM ? of_reduction(n, x[0]) : of_product(n, x);
  case OP_SELECT: return of_factors(n, x) | IS_MASK | when(x[0] & NOT_FINITE || x[1] & NOT_FINITE, MAY_BE_NAN);
  case OP_KEEP: return x[0] | MAY_VANISH | IS_MASK;
  case OP_ADD: return of_sum(x[0], x[1]);
  case OP_SUB: return of_sum(x[0], negated(x[1]));
  case OP_DIV: return of_quotient(x[0], x[1]);
  case OP_POW: return of_power(n, x[0], x[1]);
  case OP_MOD: return when(((x[0] | x[1]) & NOT_FINITE) || (x[1] & MAY_VANISH), MAY_BE_NAN) | ANY_NUMBER;
  case OP_MAX: return of_larger(x[0], x[1]);
  case OP_MIN: return of_smaller(x[0], x[1]);
  case OP_WHERE: return of_choice(n, x[1], x[2]);
  case OP_LOGRATIO: return of_logratio(n, x[0], x[1]);
  case OP_LT:
  case OP_LE:
  case OP_EQ:
  case OP_NE:
  case OP_AND:
  case OP_OR:
  case OP_NOT: return MAY_VANISH | IS_MASK;
  case OP_INDEX: return ANY_NUMBER;
  case OP_STOP:
  case OP_DRAWN: return x[0];
  default: return op_is_function(n->op) ? of_function(&op_rows[n->op], x[0]) : NOT_FINITE | ANY_NUMBER;
  }
}

/* ---- nodes ---- */

static unsigned of_data(const Node *n) {
  int64_t count = 1;
  unsigned y = 0;
  for (int k = 0; k < n->naxes; k++) count *= n->axes[k].extent;
  for (int64_t i = 0; i < count; i++) y |= of_number(n->data[i]);
  return y;
}

/* Zeros stand where no piece does. */
static bool has_gaps(const Node *n) {
  double all = 0, whole = 1;
  for (int p = 0; p < n->nreads; p++) {
    double count = 1;
    for (int k = 0; k < n->naxes; k++)
      count *= n->axes[k].kind == AXIS_PLAIN ? (double)n->reads[p]->node->axes[k].extent : 1;
    all += count;
  }
  for (int k = 0; k < n->naxes; k++) whole *= n->axes[k].kind == AXIS_PLAIN ? (double)n->axes[k].extent : 1;
  return all != whole;
}

static unsigned of_result(Graph *g, const Node *n, unsigned body) {
  unsigned carried = 0;
  for (int k = 0; k < n->ncarries; k++) carried |= n->carries[k].next->hazards | n->carries[k].init->hazards;
  if (carried & NOT_FINITE) g->scans[n->scan].wild = true;
  return body | when(g->scans[n->scan].wild, NOT_FINITE | ANY_NUMBER);
}

static unsigned of_node(Graph *g, const Node *n, const unsigned *x) {
  unsigned all = 0;
  for (int k = 0; k < n->nreads; k++) all |= x[k];
  switch (n->kind) {
  case NODE_MAP: return of_operation(n, x);
  case NODE_RESHAPE:
  case NODE_NAME: return x[0];
  case NODE_PIECES: return all | when(has_gaps(n), MAY_VANISH | IS_MASK) | when(all & MAY_BE_NEGATIVE, MAY_VANISH);
  case NODE_RESULT: return of_result(g, n, x[0]);
  case NODE_CONST: return of_data(n);
  case NODE_BATCH:
  case NODE_STEP: return MAY_GROW;
  case NODE_DRAW: return n->item % 2 ? ANY_NUMBER : 0; /* uniform: never 0 */
  case NODE_PREV: return ANY_NUMBER | when(g->scans[n->scan].adjoint, IS_MASK);
  case NODE_GRAD: return NOT_FINITE | ANY_NUMBER;
  case NODE_OPAQUE: return n->item < 0 ? (unsigned)ANY_NUMBER : n->target->hazards | MAY_VANISH;
  default: return ANY_NUMBER;
  }
}

unsigned hazards_of(Graph *g, const Node *n) {
  unsigned few[8], *x = n->nreads > 8 ? ARENA_ARRAY(g->cx, unsigned, n->nreads) : few;
  for (int k = 0; k < n->nreads; k++) x[k] = n->reads[k]->node->hazards;
  unsigned y = of_node(g, n, x);
  if (n->integer && n->kind != NODE_MAP) y &= ~(unsigned)NOT_FINITE;
  if (n->lo > 0 || n->hi < 0) y &= ~(unsigned)MAY_VANISH;
  if (n->lo >= 0) y &= ~(unsigned)MAY_BE_NEGATIVE;
  if (n->lo > -INFINITY) y &= ~(unsigned)MAY_SINK;
  if (n->hi < INFINITY) y &= ~(unsigned)MAY_GROW;
  return y;
}

unsigned read_hazards(const Graph *g, const Read *r) {
  const Node *n = r->node;
  unsigned y = n->hazards;
  for (int k = 0; n->inside && k < n->inside->n; k++)
    if (g->scans[n->inside->scan[k]].wild) y |= NOT_FINITE | ANY_NUMBER | IS_MASK;
  return y;
}
