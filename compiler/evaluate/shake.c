/* shake.c: rounding made visible: the values of a node in, the same with small errors out, where they are rounded at
 * all.
 *
 * Which are not is worth knowing: a comparison of whole numbers may be a tie, one of rounded numbers is a tie by
 * accident. So it is followed which nodes hold few-digit numbers that were computed without any rounding: relu(W @ x +
 * b) at 0, where all that goes into it is whole, is at its edge. */
#include "evaluate/shake.h"
#include "evaluate/loop.h"

#include <math.h>
#include <string.h>

enum { MAX_SHAKEN_READS = 32 };

/* ---- the errors of values ---- */

/* x, off by up to 4 units in its last place times `size`, by an error that follows from x and the seed alone. */
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
  if (n->op != OP_PRODUCT) return op_rows[n->op].picks || n->op == OP_INDEX;
  if (n->nreads == 0 && n->reduction == RED_NONE) return n->scale == floor(n->scale);
  return n->nreads == 1 && is_power_of_two(n->scale) &&
         (n->reduction == RED_NONE || n->reduction == RED_MAX || n->reduction == RED_MIN);
}

/* Whole numbers that follow from constants are exact: shaken, floor(m/2) would be another number. */
static void shake_values(const Node *n, double *y, int64_t count, Shake shake, bool varies,
                         const unsigned char *rounded) {
  if (n->integer || (n->kind == NODE_MAP && only_copies(n))) return;
  double most = op_rows[n->op].rough ? 1 : 0;
  for (int64_t k = 0; k < count; k++) {
    const unsigned char *next = rounded ? memchr(rounded + k, 1, (size_t)(count - k)) : NULL;
    if (rounded && !next) return;
    if (next) k = next - rounded; /* in a loop few of all times are the one at hand */
    if (!varies && y[k] == floor(y[k])) continue;
    uint64_t seed = shake.seed + (shake.apart ? (uint64_t)(n->id + 1) << 40 ^ (uint64_t)k << 8 : 0);
    y[k] = shaken(y[k], seed, shake.size) + (most ? shaken(most, seed + 1, shake.size) - most : 0);
  }
}

/* ---- the values of an evaluation ---- */

/* Does its value follow from more than constants? Of a node that has been computed. */
static bool varies(const Evaluation *e, const Node *n) {
  if (values_is_leaf(n) || n->kind == NODE_RESULT || n->kind == NODE_PREV) return !values_is_given(n);
  return e->slots[n->id].varies;
}

static Exact shake_exact(Evaluation *e, const Node *n) {
  const Slot *s = values_slot(e, n);
  if (n->integer) return exact_values(s->values, evaluation_count(e, n));
  return s->exact_known ? s->exact : (Exact){.bits = -1};
}

static void set_exact(Slot *s, Exact exact) {
  s->exact = exact;
  s->exact_known = true;
}

void shake_begin(Evaluation *e, const Node *n, const NodeList *operands) {
  Slot *s = values_slot(e, n);
  s->exact_known = s->varies = false;
  for (int k = 0; k < operands->n; k++) s->varies = s->varies || varies(e, operands->at[k]);
}

void shake_view(Evaluation *e, const Node *n) { set_exact(values_slot(e, n), shake_exact(e, n->reads[0]->node)); }

void shake_map(Evaluation *e, const Node *n, const MapLoop *loop) {
  Slot *s = values_slot(e, n);
  int64_t count = evaluation_count(e, n), terms = 1;
  Exact reads[MAX_SHAKEN_READS];
  for (int k = 0; k < n->nreduce; k++) terms *= values_extent(e, n->axes[n->naxes + k]);
  for (int k = 0; k < n->nreads && k < MAX_SHAKEN_READS; k++) reads[k] = shake_exact(e, n->reads[k]->node);
  set_exact(s, n->inside || n->nreads > MAX_SHAKEN_READS ? (Exact){.bits = -1}
                                                         : exact_map(n, reads, terms, s->values, count));
  if (s->exact.bits >= 0) return;
  if (!s->rounded) s->rounded = ARENA_ARRAY(e->cx, unsigned char, count);
  if (n->inside) memset(s->rounded, 0, (size_t)count);
  loop_rounds(loop, s->rounded);
  shake_values(n, s->values, count, e->shake, s->varies, s->rounded);
}

/* `before`: it was shaken already, and `steady` has its own values. */
static void shake_leaf(Evaluation *e, Node *leaf, bool before) {
  Slot *s = values_slot(e, leaf);
  int64_t count = evaluation_count(e, leaf);
  size_t bytes = sizeof(double) * (size_t)count;
  if (leaf->integer || !s->time) return;
  if (values_is_given(leaf)) {
    if (!s->exact_known) set_exact(s, exact_values(s->values, count));
    return;
  }
  if (!s->steady) s->steady = arena_alloc(e->cx, bytes);
  if (before) memcpy(s->values, s->steady, bytes);
  else memcpy(s->steady, s->values, bytes);
  if (!before) set_exact(s, exact_values(s->values, count));
  if (e->shake.seed && s->exact.bits < 0) shake_values(leaf, s->values, count, e->shake, true, NULL);
}

void evaluation_shake(Evaluation *e, Node *const *nodes, int nnodes, Shake shake) {
  bool before = e->shake.seed != 0;
  e->shake = shake;
  for (int k = 0; k < nnodes; k++) {
    if (values_is_leaf(nodes[k])) shake_leaf(e, nodes[k], before);
    else values_slot(e, nodes[k])->time = 0; /* to be computed again, whatever its operands are */
  }
}
