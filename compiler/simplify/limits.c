/* limits.c: what is refused before anything is planned or computed: arrays too large for any memory, indices that may
 * leave 64 bits, whole numbers whose last digits are lost. */
#include "simplify/simplifier.h"
#include "build/build.h"

#include <math.h>

/* A value too large for any memory is refused before anything is planned or computed. */
static void check_sizes(Program *p, Node *root) {
  NodeList list = graph_order(p->cx, &root, 1);
  for (int i = 0; i < list.n; i++) {
    const Node *n = list.at[i];
    double count = 1;
    Text shape = {.cx = p->cx};
    for (int k = 0; k < n->naxes; k++) {
      if (n->axes[k].kind != AXIS_PLAIN) continue;
      count *= (double)n->axes[k].extent;
      text_printf(&shape, "%s%lld", shape.length ? " * " : "", (long long)n->axes[k].extent);
    }
    if (count <= 2147483647.0) continue;
    error_at(p->cx, n->span, "this value would have %s = %.0f elements; 2^31-1 = 2147483647 are the most", shape.data,
             count);
    return;
  }
}

/* An index, and all places of arrays that it is part of, fit 64 bits with room to spare. */
static bool index_fits(Graph *g, const Index *e, const Axis *axes, double stride) {
  double lo, hi, most = 4611686018427387904.0;         /* 2^62 */
  if (!index_range(g, e, axes, &lo, &hi)) return true; /* of the batch: plain */
  double size = fmax(fabs(lo), fabs(hi)) * (double)e->divisor * stride;
  for (int i = 0; i < e->n && size < most; i++) {
    const Read *r = e->terms[i].gather;
    double a = 0, b = 0;
    if (r) node_range(r->node, &a, &b);
    size = fmax(size, fmax(fabs(a), fabs(b)) * fabs((double)e->terms[i].coef));
  }
  return size < most && fabs((double)e->offset) < most;
}

static bool read_fits(Graph *g, const Read *r, const Axis *axes) {
  double stride = 1;
  for (int k = r->node->naxes - 1; k >= 0; k--) {
    if (!index_fits(g, r->index[k], axes, stride)) return false;
    if (r->node->axes[k].kind == AXIS_PLAIN) stride *= (double)r->node->axes[k].extent;
  }
  return true;
}

/* A remainder, a quotient or a comparison of whole values, one of which may be too large to be known to the last digit.
 */
static bool loses_digits(const Node *n) {
  bool large = false;
  if (n->kind != NODE_MAP || !(op_rows[n->op].jumps && op_rows[n->op].arity == 2)) return false;
  for (int k = 0; k < n->nreads; k++) {
    const Node *x = n->reads[k]->node;
    if (!x->integer && !x->large) return false;
    large = large || (x->large && !read_constant(n->reads[k], NULL));
  }
  return large;
}

/* Whole numbers are computed as such, or refused. */
static void check_whole(Program *p, Node *root) {
  Graph *g = p->graph;
  NodeList list = graph_order(p->cx, &root, 1);
  for (int i = 0; i < list.n; i++) {
    const Node *n = list.at[i];
    bool fits = !n->value || index_fits(g, n->value, n->axes, 1);
    for (int k = 0; k < n->nguards; k++)
      fits = fits && index_fits(g, n->guards[k].e, n->axes, 1) &&
             (double)n->guards[k].n * (double)n->guards[k].e->divisor < 4e18;
    for (int k = 0; n->kind == NODE_MAP && k < n->nreads; k++) fits = fits && read_fits(g, n->reads[k], n->axes);
    if (!fits)
      error_at(
        p->cx, n->span,
        "an index here may leave 64 bits; bound what it is made of: class(k) an input, min, max and mod a value");
    if (loses_digits(n)) {
      error_at(
        p->cx, n->span,
        "'%s' of a whole number that may be greater than 2^53 = 9007199254740992, where its last digits are lost",
        op_rows[n->op].name);
      help(p->cx, "bound what it is made of: class(k) an input, min, max and mod a value");
    }
    if (!fits) return;
  }
}

void limits_check(Program *p, Node *root) {
  check_sizes(p, root);
  if (!error_count(p->cx)) check_whole(p, root);
}
