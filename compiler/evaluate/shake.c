/* shake.c: rounding made visible: the values of a node in, the same with small errors out, where they are rounded at
 * all.
 *
 * Which are not is worth knowing: a comparison of whole numbers may be a tie, one of rounded numbers is a tie by
 * accident. So it is followed which nodes hold few-digit numbers that were computed without any rounding: relu(W @ x +
 * b) at 0, where all that goes into it is whole, is at its edge. */
#include "evaluate/evaluate.h"

#include <math.h>
#include <string.h>

static const Exact inexact = {.bits = -1};

enum {
  SHORT_BITS = 10
}; /* `short`: a multiple of 2^-10, no larger than 2^10: a quotient or root that is short again is exact */
static const double short_most = 1024, leaf_most = 1048576 /* 2^20 */, whole_most = 4503599627370496 /* 2^52 */;

Exact exact_values(const double *x, int64_t count) {
  Exact e = {0};
  for (int64_t k = 0; k < count; k++) {
    double size = fabs(x[k]);
    if (!(size <= leaf_most)) return inexact;
    while (ldexp(size, e.bits) != floor(ldexp(size, e.bits)))
      if (++e.bits > SHORT_BITS) return inexact;
    e.most = fmax(e.most, size);
  }
  return e;
}

static Exact if_it_fits(Exact e) { return e.bits >= 0 && ldexp(e.most, e.bits) <= whole_most ? e : inexact; }

static bool is_short(Exact e) { return e.bits >= 0 && e.bits <= SHORT_BITS && e.most <= short_most; }

/* A sum of products: no partial sum has more digits than a double. */
static Exact exact_product(const Node *n, const Exact *reads, int64_t terms) {
  Exact e = exact_values(&n->scale, 1);
  for (int k = 0; k < n->nreads && e.bits >= 0; k++) {
    if (reads[k].bits < 0) return inexact;
    e.bits += reads[k].bits;
    e.most *= reads[k].most;
  }
  if (n->reduction == RED_SUM) e.most *= (double)terms;
  return n->reduction == RED_PROD || n->reduction == RED_LOGSUMEXP ? inexact : if_it_fits(e);
}

/* A power that the library must compute without an error, if its result is short. */
static bool is_plain_power(const Node *n) {
  double k;
  return read_constant(n->reads[1], &k) && (k == 0.5 || k == -0.5 || (k == floor(k) && fabs(k) <= 3));
}

Exact exact_map(const Node *n, const Exact *reads, int64_t terms, const double *y, int64_t count) {
  if (n->op == OP_PRODUCT) return exact_product(n, reads, terms);
  Exact e = {0};
  for (int k = 0; k < n->nreads; k++) {
    if (reads[k].bits < 0) return inexact;
    e.bits = reads[k].bits > e.bits ? reads[k].bits : e.bits;
    e.most = n->op == OP_ADD || n->op == OP_SUB ? e.most + reads[k].most : fmax(e.most, reads[k].most);
  }
  switch (n->op) {
  case OP_ADD:
  case OP_SUB: return if_it_fits(e);
  case OP_MAX:
  case OP_MIN:
  case OP_WHERE:
  case OP_KEEP:
  case OP_ABS:
  case OP_STOP:
  case OP_DRAWN: return e;
  case OP_SELECT: return if_it_fits((Exact){reads[0].bits + reads[1].bits, reads[0].most * reads[1].most});
  /* a short quotient, root or power of short numbers is no rounded one: that would be off by less than the digits it
   * can have */
  case OP_DIV:
  case OP_SQRT: return is_short(e) ? exact_values(y, count) : inexact;
  case OP_POW: return is_short(e) && is_plain_power(n) ? exact_values(y, count) : inexact;
  default: return n->nreads == 1 && e.most == 0 ? exact_values(y, count) : inexact; /* exp(0) */
  }
}

/* x, off by up to 4 units in its last place times `size`; it follows from x and the seed alone. */
static double shaken(double x, uint64_t seed, double size) {
  uint64_t bits;
  if (!isfinite(x)) return x;
  memcpy(&bits, &x, sizeof bits);
  bits = (bits ^ seed * 0x9e3779b97f4a7c15u) * 0xbf58476d1ce4e5b9u;
  bits = (bits ^ bits >> 31) * 0x94d049bb133111ebu;
  return x + x * ((double)(int64_t)(bits ^ bits >> 29) * (0x1p-113 * size));
}

static bool is_power_of_two(double x) {
  int exponent;
  return fabs(frexp(x, &exponent)) == 0.5;
}

/* Does the node only copy, select or count? */
static bool only_copies(const Node *n) {
  switch (n->op) {
  case OP_MAX:
  case OP_MIN:
  case OP_WHERE:
  case OP_ABS:
  case OP_STOP:
  case OP_DRAWN:
  case OP_INDEX: return true;
  case OP_PRODUCT:
    if (n->nreads == 0 && n->reduction == RED_NONE) return n->scale == floor(n->scale);
    return n->nreads == 1 && is_power_of_two(n->scale) &&
           (n->reduction == RED_NONE || n->reduction == RED_MAX || n->reduction == RED_MIN);
  default: return false;
  }
}

/* Whole numbers that follow from constants are exact: shaken, floor(m/2) would be another number. */
void shake_values(const Node *n, double *y, int64_t count, Shake shake, bool varies, const unsigned char *rounded) {
  if (n->integer || (n->kind == NODE_MAP && only_copies(n))) return;
  double most =
    n->op == OP_LGAMMA || n->op == OP_DIGAMMA || n->op == OP_TRIGAMMA ? 1 : 0; /* less exact near their zeros */
  for (int64_t k = 0; k < count; k++)
    if ((!rounded || rounded[k]) && (varies || y[k] != floor(y[k])))
      y[k] = shaken(y[k], shake.seed, shake.size) + (most ? shaken(most, shake.seed + 1, shake.size) - most : 0);
}
