/* exact.c: which values are computed without any rounding.
 *
 * In: what is known of the digits of a node's operands. Out: the same of its own values: they are whole multiples of
 * 2^-bits, none larger than `most`. 0.5 * 3 + 2 is exact; 0.1 + 0.2 is not, nor is what follows from it. */
#include "evaluate/exact.h"

#include <math.h>

enum {
  SHORT_BITS = 10
}; /* `short`: a multiple of 2^-10, no larger than 2^10: a quotient or root that is short again
      is exact */
static const Exact inexact = {.bits = -1};

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
  if (op_rows[n->op].picks) return e;
  switch (n->op) { /* how many digits, a rule for each */
  case OP_ADD:
  case OP_SUB: return if_it_fits(e);
  case OP_KEEP: return e;
  case OP_SELECT: return if_it_fits((Exact){reads[0].bits + reads[1].bits, reads[0].most * reads[1].most});
  /* a short quotient, root or power of short numbers is no rounded one: that would be off by less than the digits it
   * can have */
  case OP_DIV:
  case OP_SQRT: return is_short(e) ? exact_values(y, count) : inexact;
  case OP_POW: return is_short(e) && is_plain_power(n) ? exact_values(y, count) : inexact;
  default: return n->nreads == 1 && e.most == 0 ? exact_values(y, count) : inexact; /* exp(0) */
  }
}
