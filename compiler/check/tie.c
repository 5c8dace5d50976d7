/* tie.c: is the verdict at a point one of the formulas, or of the last digit of a comparison?
 *
 * exp(x)*exp(-x) < 1 is a tie at every x, and which way it goes is rounding. A tie of whole numbers, or of equal values
 * that were computed alike, is none: there every evaluation says the same. So, for each comparison that the sides make:
 *
 *     margin = a - b, and again with small errors in all values          it moves as much as it is large: undecided;
 *                                                                          as it was, be it 0: decided
 *
 * What is undecided may not matter (relu at 1e-17). So the sides are evaluated with other outcomes of what is
 * undecided; where they then agree in one way and differ in another, the point says nothing. A comparison with a value
 * that is undefined (log of a negative number) is undecided too. */
#include "check/sides.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MOST_OPEN  1024 /* undecided elements; more of them: the point does not count */
#define OTHER_WAYS 8    /* in which they are decided: all to the other side, then at random */

typedef struct Jump {        /* a node whose value jumps where its operands meet */
  Node *node, *left, *right; /* the operands on the node's axes; right is NULL for those of one operand */
  int64_t count;
  double *value, *a, *b; /* without errors */
} Jump;

typedef struct Undecided {
  Node *node;
  int64_t element;
  double is, other;
} Undecided;

struct Ties {
  VEC(Jump) jumps;
  NodeList needed; /* of them and of the sides */
  VEC(Undecided) list;
};

/* ---- making ready ---- */

static bool jumps(const Node *n) {
  if (n->kind != NODE_MAP || n->inside) return false;
  if (n->op == OP_PRODUCT)
    return (n->reduction == RED_ARGMAX || n->reduction == RED_ARGMIN) && !n->reads[0]->node->integer;
  bool whole = true;
  for (int k = 0; k < n->nreads; k++) whole = whole && n->reads[k]->node->integer;
  return !whole && op_rows[n->op].jumps;
}

/* Operand k of n, on the axes of n. */
static Node *operand_of(Graph *g, const Node *n, int k) {
  Node copy = {.kind = NODE_MAP,
               .op = OP_STOP,
               .naxes = n->naxes,
               .scale = 1,
               .nreads = 1,
               .reads = &n->reads[k],
               .span = n->span};
  memcpy(copy.axes, n->axes, sizeof copy.axes);
  copy.lo = -INFINITY, copy.hi = INFINITY;
  return graph_intern(g, &copy);
}

static void add_jump(Sides *s, Node *n) {
  Jump j = {.node = n, .count = evaluation_count(s->e, n)};
  j.value = ARENA_ARRAY(s->p->cx, double, j.count);
  if (n->op != OP_PRODUCT && n->op != OP_MOD) {
    j.left = operand_of(s->p->graph, n, 0);
    j.a = ARENA_ARRAY(s->p->cx, double, j.count);
  }
  if (op_rows[n->op].jumps && op_rows[n->op].truth) {
    j.right = operand_of(s->p->graph, n, 1);
    j.b = ARENA_ARRAY(s->p->cx, double, j.count);
  }
  VEC_PUSH(s->p->cx, &s->ties->jumps, j);
}

bool ties_find(Sides *s) {
  NodeList roots = {0};
  s->ties = ARENA_NEW(s->p->cx, Ties);
  for (int i = 0; i < s->needed.n; i++)
    if (jumps(s->needed.at[i])) add_jump(s, s->needed.at[i]);
  VEC_PUSH(s->p->cx, &roots, s->a);
  VEC_PUSH(s->p->cx, &roots, s->b);
  for (int k = 0; k < s->ties->jumps.n; k++) {
    if (s->ties->jumps.at[k].left) VEC_PUSH(s->p->cx, &roots, s->ties->jumps.at[k].left);
    if (s->ties->jumps.at[k].right) VEC_PUSH(s->p->cx, &roots, s->ties->jumps.at[k].right);
  }
  s->ties->needed = graph_order(s->p->cx, roots.at, roots.n);
  return s->ties->jumps.n > 0;
}

/* ---- which are undecided ---- */

static void remember(Sides *s, Jump *j) {
  size_t bytes = sizeof(double) * (size_t)j->count;
  memcpy(j->value, evaluate(s->e, j->node), bytes);
  if (j->left) memcpy(j->a, evaluate(s->e, j->left), bytes);
  if (j->right) memcpy(j->b, evaluate(s->e, j->right), bytes);
}

/* How far the operands are from where the value jumps. */
static double margin(const Jump *j, double a, double b) {
  if (j->node->op == OP_FLOOR) return a - floor(a + 0.5);
  if (j->node->op == OP_SIGN) return a;
  return a == b ? 0 : a - b; /* infinities too */
}

/* What it would be on the other side. */
static double other_value(const Jump *j, int64_t k) {
  double value = j->value[k];
  if (j->node->op == OP_FLOOR) return j->a[k] < value + 0.5 ? value - 1 : value + 1;
  if (j->node->op == OP_SIGN) return value == 0 ? 1 : -value;
  return value == 0;
}

static void decide(Sides *s, const Jump *j) {
  const double *value = evaluate(s->e, j->node);
  const double *a = j->left ? evaluate(s->e, j->left) : NULL, *b = j->right ? evaluate(s->e, j->right) : NULL;
  for (int64_t k = 0; k < j->count && s->ties->list.n <= MOST_OPEN; k++) {
    Undecided u = {j->node, k, j->value[k], value[k]};
    if (!a) {
      if (fabs(u.is - u.other) <= 1e-6 * fabs(u.is)) continue;
    } else {
      double before = margin(j, j->a[k], b ? j->b[k] : 0), after = margin(j, a[k], b ? b[k] : 0);
      if (before == after || fabs(before) > 2 * fabs(before - after)) continue;
      u.other = other_value(j, k);
    }
    VEC_PUSH(s->p->cx, &s->ties->list, u);
  }
}

static void find_undecided(Sides *s, uint64_t seed) {
  Ties *t = s->ties;
  t->list.n = 0;
  for (int k = 0; k < t->jumps.n; k++) remember(s, &t->jumps.at[k]);
  evaluation_shake(s->e, t->needed.at, t->needed.n, (Shake){.seed = seed, .size = TIE_ERRORS});
  for (int k = 0; k < t->jumps.n; k++) decide(s, &t->jumps.at[k]);
  evaluation_shake(s->e, t->needed.at, t->needed.n, (Shake){0});
}

/* ---- do they matter? ---- */

/* The sides with the undecided decided in another way. */
static void decide_otherwise(Sides *s, int way) {
  const Ties *t = s->ties;
  for (int k = 0; k < t->list.n; k++) {
    const Undecided *u = &t->list.at[k];
    bool other = way == 0 || point_uniform((uint64_t)way, 97, (uint64_t)k) < 0.5;
    if (k == 0 || t->list.at[k - 1].node != u->node) evaluate(s->e, u->node);
    evaluation_set_one(s->e, u->node, u->element, other ? u->other : u->is);
  }
}

/* Do the sides still agree, but for rounding? Or still differ, in the element where they did? */
static bool verdict_stays(Sides *s, PointVerdict verdict, const Point *pt) {
  const double *a = evaluate(s->e, s->a), *b = evaluate(s->e, s->b);
  if (verdict == POINT_REFUTES) return fabs(a[pt->first] - b[pt->first]) > 1e-3 * fabs(pt->left - pt->right);
  for (int64_t k = 0; k < s->count; k++)
    if (a[k] != b[k] && !(fabs(a[k] - b[k]) <= 1e-9 * pt->scale) && !(s->partial && !isfinite(a[k] - b[k])))
      return false;
  return true;
}

bool sides_decided(Sides *s, PointVerdict verdict, Point *pt) {
  Ties *t = s->ties;
  bool decided = true;
  pt->moot = false;
  if (!t->jumps.n) return true;
  find_undecided(s, 1 + (uint64_t)(s->asked++));
  if (t->list.n > MOST_OPEN) return false;
  for (int way = 0; way < OTHER_WAYS && t->list.n && decided; way++) {
    decide_otherwise(s, way);
    decided = verdict_stays(s, verdict, pt);
    evaluation_shake(s->e, t->needed.at, t->needed.n, (Shake){0}); /* computes all of them again */
  }
  pt->moot = t->list.n > 0;
  return decided && !(verdict == POINT_NOISY && t->list.n);
}

/* ---- on the edge, where no number is ---- */

static const Jump *jump_of(const Ties *t, const Node *n) {
  for (int k = 0; k < t->jumps.n; k++)
    if (t->jumps.at[k].node == n) return &t->jumps.at[k];
  bug("check", "node %%%d has no jump", n->id);
}

static double value_at_tie(const Jump *j, int64_t k) {
  switch (j->node->op) { /* what it says at a tie is its meaning */
  case OP_LT:
  case OP_NE:
  case OP_SIGN: return 0;
  case OP_LE:
  case OP_EQ: return 1;
  default: return floor(j->a[k] + 0.5);
  }
}

typedef struct Beside { /* a point on each side of the edge, near it */
  Node *leaf;
  int64_t element;
  double x, delta;
} Beside;

static void move_beside(Sides *s, const Beside *at, double side) {
  evaluation_set_one(s->e, at->leaf, at->element, at->x + side * at->delta);
}

static double margin_of(Sides *s, const Undecided *u) {
  const Jump *j = jump_of(s->ties, u->node);
  const double *a = evaluate(s->e, j->left), *b = j->right ? evaluate(s->e, j->right) : NULL;
  return margin(j, a[u->element], b ? b[u->element] : 0);
}

/* Does all that is undecided go one way on one side and the other way on the other? Then the tie is one of the
 * formulas. */
static bool all_cross(Sides *s, const Beside *at) {
  const Ties *t = s->ties;
  bool all = t->list.n > 0;
  for (int k = 0; k < t->list.n && all; k++) {
    move_beside(s, at, -1);
    double below = margin_of(s, &t->list.at[k]);
    move_beside(s, at, 1);
    all = below * margin_of(s, &t->list.at[k]) < 0;
  }
  move_beside(s, at, 0);
  return all;
}

/* The places of extrema that change at the edge become undecided; errors alone may not have shown it. At a tie the
 * first one counts. False where a remainder jumps. */
static bool add_places(Sides *s, const Beside *at) {
  Ties *t = s->ties;
  bool known = true;
  for (int i = 0; i < t->jumps.n; i++) {
    Jump *j = &t->jumps.at[i];
    if (j->left) continue;
    move_beside(s, at, -1);
    memcpy(j->value, evaluate(s->e, j->node), sizeof(double) * (size_t)j->count);
    move_beside(s, at, 1);
    const double *above = evaluate(s->e, j->node);
    for (int64_t k = 0; k < j->count; k++) {
      if (fabs(j->value[k] - above[k]) <= 1e-3 * fabs(above[k])) continue;
      VEC_PUSH(s->p->cx, &t->list, ((Undecided){j->node, k, fmin(j->value[k], above[k]), 0}));
      known = known && j->node->op == OP_PRODUCT;
    }
  }
  move_beside(s, at, 0);
  return known;
}

static int by_node(const void *a, const void *b) {
  return ((const Undecided *)a)->node->id - ((const Undecided *)b)->node->id;
}

/* Operands first: what is set is not to be computed again. */
static void decide_as_tie(Sides *s) {
  Ties *t = s->ties;
  qsort(t->list.at, (size_t)t->list.n, sizeof(Undecided), by_node);
  for (int k = 0; k < t->list.n; k++) {
    const Undecided *u = &t->list.at[k];
    const Jump *j = jump_of(t, u->node);
    if (k == 0 || t->list.at[k - 1].node != u->node) evaluate(s->e, u->node);
    evaluation_set_one(s->e, u->node, u->element, j->left ? value_at_tie(j, u->element) : u->is);
  }
}

/* The larger of the sides beside the edge, by element: what is nothing beside that is 0 on the edge but for rounding.
 */
static double *sizes_beside(Sides *s, const Beside *at) {
  double *size = ARENA_ARRAY(s->p->cx, double, s->count);
  for (int side = -1; side <= 1; side += 2) {
    move_beside(s, at, side);
    const double *a = evaluate(s->e, s->a), *b = evaluate(s->e, s->b);
    for (int64_t k = 0; k < s->count; k++) size[k] = fmax(size[k], fmax(fabs(a[k]), fabs(b[k])));
  }
  move_beside(s, at, 0);
  return size;
}

bool sides_differ_at_tie(Sides *s, Node *leaf, int64_t element, Point *pt) {
  Ties *t = s->ties;
  double x = evaluate(s->e, leaf)[element];
  Beside at = {leaf, element, x, 1e-6 * fmax(1, fabs(x))};
  int kept = 0;
  if (!t->jumps.n) return false;
  find_undecided(s, 1 + (uint64_t)(s->asked++));
  if (t->list.n > MOST_OPEN) return false;
  for (int k = 0; k < t->list.n; k++)
    if (jump_of(t, t->list.at[k].node)->left) t->list.at[kept++] = t->list.at[k];
  t->list.n = kept;
  if (!all_cross(s, &at) || !add_places(s, &at)) return false;
  const double *size = sizes_beside(s, &at);
  decide_as_tie(s);
  const double *a = evaluate(s->e, s->a), *b = evaluate(s->e, s->b);
  pt->differing = 0;
  for (int64_t k = 0; k < s->count; k++) {
    double d = fabs(a[k] - b[k]);
    if (!(d > 1e-6 * fmax(fabs(a[k]), fabs(b[k])) && d > 1e-8 * size[k])) continue; /* rounding, or without a value */
    if (!pt->differing++) pt->first = k, pt->left = a[k], pt->right = b[k];
  }
  evaluation_shake(s->e, t->needed.at, t->needed.n, (Shake){0}); /* computes all of them again */
  return pt->differing > 0;
}
