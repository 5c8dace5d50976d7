/* range.c: which values are whole, and between which bounds.
 *
 * In: a MAP whose operands are known. Out: its `integer`, `lo`, `hi` and `large`, by interval arithmetic. Bounds of
 * whole values are whole numbers below 2^53, where double arithmetic on them is exact; what is made of whole values and
 * may be greater is `large`: a real number, which is no index, and which nothing asks for its remainder. floor of a
 * real number that has no bounds is whole without bounds: as an index it is taken to the nearest of -(2^53-1)..2^53-1.
 */
#include "build/map.h"

#include <math.h>

static const double most_examples = 2147483647.0;

/* ---- intervals ---- */

typedef struct Range {
  double lo, hi;
} Range;

static const Range everything = {-INFINITY, INFINITY};

static Range of_read(const Read *r) { return (Range){r->node->lo, r->node->hi}; }

static double times(double a, double b) { return a == 0 || b == 0 ? 0 : a * b; } /* 0 * inf is 0 here */

static Range hull(double a, double b, double c, double d) {
  return (Range){fmin(fmin(a, b), fmin(c, d)), fmax(fmax(a, b), fmax(c, d))};
}

static Range joined(Range a, Range b) { return (Range){fmin(a.lo, b.lo), fmax(a.hi, b.hi)}; }

static Range product(Range a, Range b) {
  return hull(times(a.lo, b.lo), times(a.lo, b.hi), times(a.hi, b.lo), times(a.hi, b.hi));
}

static Range magnitude(Range a) {
  double low = a.lo > 0 ? a.lo : a.hi < 0 ? -a.hi : 0;
  return (Range){low, fmax(fabs(a.lo), fabs(a.hi))};
}

/* b does not hold 0, so the quotient is greatest and least at the ends of both. */
static Range quotient(Range a, Range b) {
  Range r = hull(a.lo / b.lo, a.lo / b.hi, a.hi / b.lo, a.hi / b.hi);
  return (Range){floor(r.lo), floor(r.hi)};
}

static Range remainder_of(Range a, Range b, bool whole) {
  double less = whole ? 1 : 0;
  if (b.lo > 0) return a.lo >= 0 && a.hi < b.lo ? a : (Range){0, b.hi - less};
  return (Range){b.lo + less, 0};
}

static bool holds_zero(Range a) { return !(a.lo > 0 || a.hi < 0); } /* NaN: it may */

/* ---- reductions and products ---- */

static double places_reduced(const Node *n) {
  double count = 1;
  for (int k = n->naxes; k < n->naxes + n->nreduce; k++)
    count *= n->axes[k].kind == AXIS_PLAIN ? (double)n->axes[k].extent : most_examples;
  return count;
}

static Range power(Range a, double count) {
  double most = pow(magnitude(a).hi, count);
  return a.lo >= 0 ? (Range){pow(a.lo, count), most} : (Range){-most, most};
}

static Range term_range(const Node *n) {
  Range r = {1, 1};
  if (n->nreads == 2 && read_equal(n->reads[0], n->reads[1])) {
    Range m = magnitude(of_read(n->reads[0]));
    r = product(m, m);
  } else {
    for (int k = 0; k < n->nreads; k++) r = product(r, of_read(n->reads[k]));
  }
  r = product(r, (Range){n->scale, n->scale});
  return n->nguards ? joined(r, (Range){0, 0}) : r;
}

static Range product_range(const Node *n) {
  double count = places_reduced(n);
  switch (n->reduction) {
  case RED_ARGMAX:
  case RED_ARGMIN: return (Range){0, count - 1};
  case RED_SUM: return product(term_range(n), (Range){count, count});
  case RED_PROD: return power(term_range(n), count);
  case RED_LOGSUMEXP: return everything;
  default: return term_range(n);
  }
}

static Range map_range(const Node *n) {
  Range x[3] = {{0, 0}, {0, 0}, {0, 0}};
  for (int k = 0; k < n->nreads && k < 3; k++) x[k] = of_read(n->reads[k]);
  switch (n->op) { /* interval arithmetic, a rule for each */
  case OP_PRODUCT: return product_range(n);
  case OP_ADD: return (Range){x[0].lo + x[1].lo, x[0].hi + x[1].hi};
  case OP_SUB: return (Range){x[0].lo - x[1].hi, x[0].hi - x[1].lo};
  case OP_MAX: return (Range){fmax(x[0].lo, x[1].lo), fmax(x[0].hi, x[1].hi)};
  case OP_MIN: return (Range){fmin(x[0].lo, x[1].lo), fmin(x[0].hi, x[1].hi)};
  case OP_WHERE: return joined(x[1], x[2]);
  case OP_SELECT: return joined(product(x[0], x[1]), (Range){0, 0});
  case OP_MOD:
    return holds_zero(x[1]) ? everything
                            : remainder_of(x[0], x[1], n->reads[0]->node->integer && n->reads[1]->node->integer);
  case OP_QUOTIENT: return holds_zero(x[1]) ? everything : quotient(x[0], x[1]);
  case OP_STOP:
  case OP_DRAWN: return x[0];
  case OP_ABS: return magnitude(x[0]);
  case OP_FLOOR: return (Range){floor(x[0].lo), floor(x[0].hi)};
  case OP_SIGN: return (Range){-1, 1};
  case OP_LT:
  case OP_LE:
  case OP_EQ:
  case OP_NE:
  case OP_AND:
  case OP_OR:
  case OP_NOT: return (Range){0, 1};
  default: return everything;
  }
}

/* ---- wholeness ---- */

/* Is the value whole where the operands from `first` on are? */
static bool keeps_whole(const Node *n, int *first) {
  *first = 0;
  switch (n->op) { /* interval arithmetic, a rule for each */
  case OP_PRODUCT: return isfinite(n->scale) && n->scale == floor(n->scale) && n->reduction != RED_LOGSUMEXP;
  case OP_WHERE: *first = 1; return true;
  case OP_MOD:
  case OP_QUOTIENT: return !holds_zero(of_read(n->reads[1]));
  case OP_ADD:
  case OP_SUB:
  case OP_MAX:
  case OP_MIN:
  case OP_SELECT:
  case OP_STOP:
  case OP_DRAWN:
  case OP_ABS: return true;
  default: return false;
  }
}

void range_of_map(Graph *g, Node *n) {
  bool place = reduction_rows[n->reduction].place, whole = true, large = false, bounded = false;
  int first;
  Range r = map_range(n);
  n->integer = op_rows[n->op].integer || place;
  if (n->op == OP_INDEX) {
    n->integer = n->value->divisor == 1;
    if (!index_range(g, n->value, n->axes, &r.lo, &r.hi)) r = everything;
  } else if (!n->integer && keeps_whole(n, &first)) {
    bounded = true;
    for (int k = first; k < n->nreads; k++) {
      const Node *x = n->reads[k]->node;
      whole = whole && (x->integer || x->large);
      large = large || x->large;
      bounded = bounded && isfinite(x->lo) && isfinite(x->hi);
    }
    n->integer = whole;
  }
  bool within = r.lo >= -MOST_EXACT && r.hi <= MOST_EXACT;
  if (n->integer && (large || (bounded && !within))) n->integer = false, n->large = true;
  if (n->integer && !within) r = everything;
  n->lo = r.lo, n->hi = r.hi;
}
