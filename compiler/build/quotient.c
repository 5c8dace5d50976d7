/* quotient.c: floor of a fraction of whole values, computed in whole numbers.
 *
 * In: the operand of a floor. Out: floor(top / below) with top whole and below a whole number, or nothing. The graph
 * has i/49 as the product of i with the double nearest to 1/49, and 49 times that is less than 1: the floor of it would
 * be 0. The fraction that is meant is found again by continued fractions; irrational factors have none with so small a
 * denominator. */
#include "build/map.h"

#include <math.h>

enum { DEPTH = 16, MOST_BELOW = 1 << 20 };

typedef struct Fraction {
  Read *top;
  double below;
} Fraction;

/* x as p/q, to the rounding of a double. */
static bool as_fraction(double x, double *p, double *q) {
  double p0 = 0, q0 = 1, rest = x, whole = rint(1 / x);
  if (x != 0 && number_is_exact(whole) && 1 / whole == x) { /* a division by whole: exact, however large it is */
    *p = whole < 0 ? -1 : 1, *q = fabs(whole);
    return true;
  }
  *p = 1, *q = 0;
  for (int step = 0; step < 40 && isfinite(rest); step++) {
    double a = floor(rest), p1 = a * *p + p0, q1 = a * *q + q0;
    p0 = *p, q0 = *q, *p = p1, *q = q1;
    if (q1 > MOST_BELOW || !number_is_exact(p1)) return false;
    if (fabs(p1 / q1 - x) <= 4e-16 * fabs(x)) return true;
    rest = 1 / (rest - a);
  }
  return false;
}

static double greatest_divisor(double a, double b) {
  while (b > 0) {
    double r = fmod(a, b);
    a = b;
    b = r;
  }
  return a;
}

static bool fraction_of(Graph *g, Read *r, Fraction *f, int depth);

/* scale * a * b * ... of whole values, or scale times one fraction. */
static bool product_fraction(Graph *g, const Read *r, Fraction *f, int depth) {
  const Node *n = r->node;
  Read *factors[8];
  double p, q;
  if (n->nreduce || n->nguards || n->nreads > 8 || !as_fraction(n->scale, &p, &q)) return false;
  bool whole = true;
  for (int k = 0; k < n->nreads; k++) {
    factors[k] = read_operand(g, r, k);
    whole = whole && factors[k]->node->integer;
  }
  f->below = 1;
  if (!whole && n->nreads == 1) {
    if (!fraction_of(g, factors[0], f, depth)) return false;
    factors[0] = f->top;
  } else if (!whole) {
    return false;
  }
  f->below *= q;
  f->top = build_product(g, p, n->nreads, factors, 0, NULL, 0, NULL);
  return true;
}

static bool sum_fraction(Graph *g, const Read *r, Fraction *f, int depth) {
  Fraction a, b;
  if (!fraction_of(g, read_operand(g, r, 0), &a, depth) || !fraction_of(g, read_operand(g, r, 1), &b, depth))
    return false;
  f->below = a.below / greatest_divisor(a.below, b.below) * b.below;
  f->top =
    build_op2(g, r->node->op, build_scale(g, f->below / a.below, a.top), build_scale(g, f->below / b.below, b.top));
  return true;
}

static bool fraction_of(Graph *g, Read *r, Fraction *f, int depth) {
  r = read_through(g, r);
  const Node *n = r->node;
  *f = (Fraction){r, 1};
  if (n->integer || n->large) return true;
  if (n->kind != NODE_MAP || depth == 0) return false;
  bool found = n->op == OP_PRODUCT ? product_fraction(g, r, f, depth - 1)
                                   : (n->op == OP_ADD || n->op == OP_SUB) && sum_fraction(g, r, f, depth - 1);
  return found && number_is_exact(f->below);
}

Read *build_quotient(Graph *g, Read *x) {
  Fraction f;
  const Node *n = x->node;
  if (n->kind == NODE_MAP && n->op == OP_DIV && n->reads[0]->node->integer && n->reads[1]->node->integer &&
      (n->reads[1]->node->lo > 0 || n->reads[1]->node->hi < 0))
    return build_op2(g, OP_QUOTIENT, read_operand(g, x, 0), read_operand(g, x, 1));
  if (!fraction_of(g, x, &f, DEPTH) || !(f.top->node->integer || f.top->node->large)) return NULL;
  if (!node_is_bounded(f.top->node) && !f.top->node->large)
    return NULL; /* floor(floor(t)/2) of a real number: as it stands */
  return build_op2(g, OP_QUOTIENT, f.top, build_constant(g, f.below));
}
