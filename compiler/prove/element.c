/* element.c: one element of a value, as a number modulo primes; see prove/walk.h and prove/field.h.
 *
 * In: a node and a place in it. Out: its value there, from those of its operands: for what is small enough, and then
 * whatever sums, windows, gathers and divisions there are. Where a formula asks for the sign of a value, or for an
 * integer of the model, it is computed once for each answer (prove/cases.c):
 *
 *     max(0, x) - min(0, x)  ==  |x|          at x > 0, x < 0, x = 0 */
#include "prove/walk.h"

#include <math.h>

#define MOST_ARRAY 200000
#define MOST_DEPTH 2000

/* ---- where a side has no value ---- */

static void divide(Walk *w, FieldValue *by) {
  if (w->absorbed) return;
  if (w->finding) VEC_PUSH(w->f->cx, &w->divisors, by);
  if (field_sign_follows(w->f, by, 0)) w->f->vacuous = true;
}

static void check_domain(Walk *w, Op op, FieldValue *const *x) {
  if (op == OP_DIV) divide(w, x[1]);
  if (op == OP_LOG) divide(w, x[0]);
  if ((op == OP_LOG || op == OP_SQRT) && field_sign_follows(w->f, x[0], -1)) w->f->vacuous = true;
}

static bool is_divisor(const Walk *w, const FieldValue *x) {
  if (x->positive || x->number > 0 || x->number < 0) return true;
  for (int k = 0; k < w->divisors.n; k++)
    if (w->divisors.at[k] == x) return true;
  return false;
}

/* Is it a number wherever both sides have a value? */
static bool is_finite(Walk *w, const Read *r, const int64_t *at, int depth) {
  const Node *n = r->node;
  int64_t inside[MAX_AXES];
  if ((size_t)n->id < w->nnodes && w->defined[n->id] == FINITE) return true;
  if (w->symbolic || depth == 0 || n->kind != NODE_MAP || n->nguards || n->nreduce || (size_t)n->id >= w->nnodes)
    return false;
  if (n->op != OP_PRODUCT && n->op != OP_DIV && n->op != OP_ADD && n->op != OP_SUB && n->op != OP_LOG) return false;
  for (int k = 0; k < n->naxes; k++)
    if (n->axes[k].kind == AXIS_BATCH) inside[k] = 0;
    else if (!walk_index(w, r->index[k], at, &inside[k])) return false;
  for (int k = 0; k < n->nreads; k++)
    if (!is_finite(w, n->reads[k], inside, depth - 1)) return false;
  return (n->op != OP_DIV && n->op != OP_LOG) || is_divisor(w, walk_read(w, n->reads[n->op == OP_DIV], inside));
}

/* ---- one element of a node ---- */

static FieldValue *product_at(Walk *w, const Node *n, const int64_t *at) {
  FieldValue *product = field_constant(w->f, n->scale);
  for (int k = 0; k < n->nreads && product != w->f->zero && !w->f->failed; k++)
    product = field_times(w->f, product, walk_read(w, n->reads[k], at));
  return product;
}

static bool over_examples(const Node *n) {
  for (int k = n->naxes; k < n->naxes + n->nreduce; k++)
    if (n->axes[k].kind != AXIS_PLAIN) return true;
  return false;
}

static FieldValue *take(Walk *w, Reduction reduction, FieldValue *so_far, FieldValue *x, int place, int *best) {
  Field *f = w->f;
  if (reduction == RED_SUM || reduction == RED_LOGSUMEXP) return field_add(f, so_far, x);
  if (reduction == RED_PROD) return field_times(f, so_far, x);
  bool most = reduction == RED_MAX || reduction == RED_ARGMAX;
  FieldValue *both[2] = {most ? so_far : x, most ? x : so_far};
  if (field_apply(f, OP_LT, both) != f->one) return so_far;
  *best = place;
  return x;
}

/* The product where guards may hold or not: what they exclude is not needed. */
static FieldValue *guarded(Walk *w, const Node *n, const int64_t *at, const FieldValue *guards) {
  w->absorbed += guards != w->f->one;
  FieldValue *x = product_at(w, n, at);
  w->absorbed -= guards != w->f->one;
  return x;
}

static FieldValue *reduced_at(Walk *w, const Node *n, int64_t *at) {
  Field *f = w->f;
  Reduction reduction = n->reduction;
  bool sums = reduction == RED_SUM || reduction == RED_LOGSUMEXP;
  FieldValue *result = sums ? f->zero : NULL;
  int place = 0, best = 0;
  if (over_examples(n)) return walk_fail(w);
  for (int k = 0; k < n->nreduce; k++) at[n->naxes + k] = 0;
  do {
    if (--f->work < 0) return walk_fail(w);
    FieldValue *guards = walk_guards(w, n, at);
    if (guards == f->zero) continue;
    if (guards != f->one && !sums) return walk_fail(w);
    FieldValue *x = guarded(w, n, at, guards);
    if (reduction == RED_LOGSUMEXP) x = field_exp(f, x);
    x = field_times(f, guards, x);
    result = result ? take(w, reduction, result, x, place, &best) : x;
    place++;
  } while (!f->failed && walk_advance(n->axes, at, n->naxes, n->naxes + n->nreduce));
  if (reduction == RED_LOGSUMEXP) return field_log(f, result);
  return reduction_rows[reduction].place ? field_number(f, best) : result;
}

/* Does a number come of operands only that are? */
static bool absorbs(const Node *n) {
  switch (n->op) { /* of its operands, a rule for each */
  case OP_PRODUCT: return n->reduction > RED_SUM;
  case OP_ADD:
  case OP_SUB:
  case OP_STOP:
  case OP_SQRT:
  case OP_ABS:
  case OP_LOG:
  case OP_DIV:
  case OP_SELECT:
  case OP_WHERE: return false;
  default: return true;
  }
}

/* a * b, but 0 where a is 0: a case of its own unless b is finite there. */
static FieldValue *select_at(Walk *w, const Node *n, FieldValue *a, const int64_t *at) {
  w->absorbed++;
  FieldValue *b = walk_read(w, n->reads[1], at);
  bool finite = w->finding || is_finite(w, n->reads[1], at, 6);
  w->absorbed--;
  return !finite && field_sign(w->f, a) == 0 ? w->f->zero : field_times(w->f, a, b);
}

static FieldValue *where_at(Walk *w, const Node *n, FieldValue *condition, const int64_t *at) {
  Field *f = w->f;
  if (!condition->truth || !isnan(condition->number))
    return walk_read(w, n->reads[field_sign(f, condition) ? 1 : 2], at);
  w->absorbed++;
  FieldValue *a = walk_read(w, n->reads[1], at), *b = walk_read(w, n->reads[2], at);
  w->absorbed--;
  return field_add(f, b, field_times(f, condition, field_minus(f, a, b)));
}

/* What is known of classes is said in [y = k]; NULL: nothing is. */
static FieldValue *symbolic_op(Walk *w, Op op, FieldValue *const *x) {
  Field *f = w->f;
  FieldValue *v;
  bool one = x[0]->truth, both = one && x[1] && x[1]->truth;
  if (op == OP_NOT && one) v = field_minus(f, f->one, x[0]);
  else if (op == OP_AND && both) v = field_times(f, x[0], x[1]);
  else if (op == OP_OR && both) v = field_minus(f, field_add(f, x[0], x[1]), field_times(f, x[0], x[1]));
  else return walk_compare(w, op, x[0], x[1]);
  v->truth = true;
  return v;
}

static FieldValue *map_at(Walk *w, const Node *n, int64_t *at) {
  FieldValue *x[3] = {NULL};
  if (n->op == OP_INDEX) return walk_index_value(w, n->value, at);
  if (n->op == OP_PRODUCT) {
    if (n->nreduce) return reduced_at(w, n, at);
    FieldValue *guards = walk_guards(w, n, at);
    return guards == w->f->zero ? guards : field_times(w->f, guards, guarded(w, n, at, guards));
  }
  if (n->op == OP_KEEP && !w->symbolic && walk_read(w, n->reads[1], at) == w->f->zero) return w->f->zero;
  x[0] = walk_read(w, n->reads[0], at);
  if (w->f->failed || n->op == OP_KEEP) return x[0];
  if (n->op == OP_WHERE) return where_at(w, n, x[0], at);
  if (n->op == OP_SELECT) return x[0] == w->f->zero ? x[0] : select_at(w, n, x[0], at);
  w->absorbed += n->op == OP_DIV;
  for (int k = 1; k < n->nreads; k++) x[k] = walk_read(w, n->reads[k], at);
  w->absorbed -= n->op == OP_DIV;
  check_domain(w, n->op, x);
  FieldValue *symbolic = w->symbolic ? symbolic_op(w, n->op, x) : NULL;
  return symbolic ? symbolic : field_apply(w->f, n->op, x);
}

/* ---- other nodes ---- */

static FieldValue *pieces_at(Walk *w, const Node *n, const int64_t *at) {
  FieldValue *sum = w->f->zero;
  for (int p = 0; p < n->nreads; p++) {
    Node *piece = n->reads[p]->node;
    int64_t flat = 0;
    bool inside = true;
    for (int k = 0; k < n->naxes; k++) {
      int64_t x = at[k] - n->offsets[p * n->naxes + k], extent = walk_extent(piece->axes[k]);
      inside = inside && x >= 0 && x < extent;
      flat = flat * extent + x;
    }
    if (inside) sum = field_add(w->f, sum, walk_element(w, piece, flat));
  }
  return sum;
}

static FieldValue *leaf_at(Walk *w, const Node *n, int64_t flat) {
  FieldValue *leaf = field_leaf(w->f, (uint64_t)n->id, (uint64_t)flat);
  if (n->kind == NODE_BATCH || n->kind == NODE_GRAD) return walk_fail(w);
  if (n->kind == NODE_CONST) return field_constant(w->f, n->data[flat]);
  if (w->zeroed && field_chosen_zero(w->f, leaf)) return w->f->zero;
  return n->integer ? walk_class(w, n, leaf) : leaf;
}

static FieldValue *compute(Walk *w, Node *n, int64_t flat) {
  int64_t at[MAX_AXES] = {0};
  for (int64_t k = n->naxes - 1, rest = flat; k >= 0; k--) {
    at[k] = rest % walk_extent(n->axes[k]);
    rest /= walk_extent(n->axes[k]);
  }
  /* what is inside of a loop is no leaf: it depends on what the loop's carried values are bound to */
  if ((size_t)n->id < w->nnodes && w->opaque[n->id] && (!n->inside || w->opaque[n->id] == CARRIED))
    return leaf_at(w, n, flat);
  if ((size_t)n->id >= w->nnodes || w->opaque[n->id] == HIDES) return walk_fail(w);
  bool absorbing = n->kind == NODE_MAP && absorbs(n);
  FieldValue *value;
  switch (n->kind) {
  case NODE_MAP:
    w->absorbed += absorbing;
    value = map_at(w, n, at);
    w->absorbed -= absorbing;
    return value;
  case NODE_NAME: return walk_read(w, n->reads[0], at);
  case NODE_RESHAPE: return walk_element(w, n->reads[0]->node, flat);
  case NODE_OPAQUE: return walk_element(w, n->target, flat);
  case NODE_PIECES: return pieces_at(w, n, at);
  case NODE_PREV: return walk_carried(w, n, at);
  case NODE_RESULT: return walk_bind(w, n) ? walk_element(w, n->reads[0]->node, flat) : walk_fail(w);
  default: return leaf_at(w, n, flat);
  }
}

FieldValue *walk_element(Walk *w, Node *n, int64_t flat) {
  Memo *m = &w->memo[n->id];
  if (w->f->failed || walk_count(n) > MOST_ARRAY || w->depth > MOST_DEPTH) return walk_fail(w);
  if (!m->values) {
    m->values = ARENA_ARRAY(w->g->cx, FieldValue *, walk_count(n));
    m->run = ARENA_ARRAY(w->g->cx, int, walk_count(n));
  }
  if (m->run[flat] != w->run) {
    w->depth++;
    m->values[flat] = compute(w, n, flat);
    m->run[flat] = w->run;
    w->depth--;
  }
  return m->values[flat];
}
