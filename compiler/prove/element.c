/* element.c: two values in, whether they are equal element by element, each element computed as numbers modulo primes
 * (prove/field.h): for what is small enough, and then whatever sums, windows, gathers and divisions there are.
 *
 * Where a formula asks for the sign of a value, or for an integer of the model, it is computed once for each answer:
 *
 *     max(0, x) - min(0, x)  ==  |x|          at x > 0, x < 0, x = 0
 *
 * What is proved holds in all cases. A recurrence is unrolled: an element at one time is asked of the step before it.
 */
#include "prove/element.h"
#include "prove/field.h"

#include <math.h>
#include <string.h>

#define WORK          1000000 /* operations, a few tenths of a second */
#define MOST_ELEMENTS 4096
#define MOST_ARRAY    200000
#define MOST_DEPTH    2000
#define MOST_CLASSES  16

typedef struct Memo { /* the elements of one node that are known in this run */
  FieldValue **values;
  int *run;
} Memo;

typedef struct Walk {
  Graph *g;
  Field *f;
  Memo *memo;
  const Carry **bound;                   /* of a PREV: what the step before left it, by the RESULT that was read */
  const unsigned char *opaque, *defined; /* of the first `nnodes` */
  size_t nnodes;
  int run, depth;
  int absorbed;               /* what is computed now may be infinite, or have no value, and a number come of it */
  bool finding;               /* a first pass, for the divisors */
  bool zeroed;                /* leaves that were chosen to be 0 are 0, as numbers */
  VEC(FieldValue *) divisors; /* what the sides divide by: where one is 0 a side has no value */
} Walk;

static FieldValue *read_at(Walk *w, const Read *r, const int64_t *at);

static FieldValue *fail(Walk *w) {
  w->f->failed = true;
  return w->f->zero;
}

/* ---- indices ---- */

/* False where it is not whole; fails where it depends on something that is no number. */
static bool add_times(int64_t *sum, int64_t a, int64_t b) { /* false where that leaves 64 bits */
  int64_t product;
  return !__builtin_mul_overflow(a, b, &product) && !__builtin_add_overflow(*sum, product, sum);
}

static bool index_at(Walk *w, const Index *e, const int64_t *at, int64_t *value) {
  int64_t sum = e->offset;
  for (int k = 0; k < e->n && !w->f->failed; k++) {
    const Term *t = &e->terms[k];
    if (!t->gather) {
      if (t->var >= FREE_VAR) return fail(w), false;
      if (!add_times(&sum, t->coef, at[t->var])) return fail(w), false;
      continue;
    }
    double x = read_at(w, t->gather, at)->number;
    if (!(fabs(x) < 1e15) || x != floor(x) || !add_times(&sum, t->coef, (int64_t)x)) return fail(w), false;
  }
  *value = sum / e->divisor;
  return sum % e->divisor == 0;
}

static bool guards_hold(Walk *w, const Node *n, const int64_t *at) {
  int64_t value;
  for (int k = 0; k < n->nguards; k++)
    if (!index_at(w, n->guards[k].e, at, &value) || value < 0 || value >= n->guards[k].n) return false;
  return true;
}

/* There is one example. */
static int64_t extent_of(Axis a) { return a.kind == AXIS_PLAIN ? a.extent : 1; }

static int64_t count_of(const Node *n) {
  int64_t count = 1;
  for (int k = 0; k < n->naxes; k++) count *= extent_of(n->axes[k]);
  return count;
}

/* The next point of axes from..to-1; false after the last. */
static bool advance(const Axis *axes, int64_t *at, int from, int to) {
  for (int k = to - 1; k >= from; k--) {
    if (++at[k] < extent_of(axes[k])) return true;
    at[k] = 0;
  }
  return false;
}

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
  if (depth == 0 || n->kind != NODE_MAP || n->nguards || n->nreduce || (size_t)n->id >= w->nnodes) return false;
  if (n->op != OP_PRODUCT && n->op != OP_DIV && n->op != OP_ADD && n->op != OP_SUB && n->op != OP_LOG) return false;
  for (int k = 0; k < n->naxes; k++)
    if (n->axes[k].kind == AXIS_BATCH) inside[k] = 0;
    else if (!index_at(w, r->index[k], at, &inside[k])) return false;
  for (int k = 0; k < n->nreads; k++)
    if (!is_finite(w, n->reads[k], inside, depth - 1)) return false;
  return (n->op != OP_DIV && n->op != OP_LOG) || is_divisor(w, read_at(w, n->reads[n->op == OP_DIV], inside));
}

/* ---- one element of a node ---- */

static FieldValue *product_at(Walk *w, const Node *n, const int64_t *at) {
  FieldValue *product = field_constant(w->f, n->scale);
  for (int k = 0; k < n->nreads && product != w->f->zero && !w->f->failed; k++)
    product = field_times(w->f, product, read_at(w, n->reads[k], at));
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

static FieldValue *reduced_at(Walk *w, const Node *n, int64_t *at) {
  Field *f = w->f;
  Reduction reduction = n->reduction;
  bool sums = reduction == RED_SUM || reduction == RED_LOGSUMEXP;
  FieldValue *result = sums ? f->zero : NULL;
  int place = 0, best = 0;
  if (over_examples(n)) return fail(w);
  for (int k = 0; k < n->nreduce; k++) at[n->naxes + k] = 0;
  do {
    if (--f->work < 0) return fail(w);
    if (!guards_hold(w, n, at)) continue;
    FieldValue *x = product_at(w, n, at);
    if (reduction == RED_LOGSUMEXP) x = field_exp(f, x);
    result = result ? take(w, reduction, result, x, place, &best) : x;
    place++;
  } while (!f->failed && advance(n->axes, at, n->naxes, n->naxes + n->nreduce));
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
  FieldValue *b = read_at(w, n->reads[1], at);
  bool finite = w->finding || is_finite(w, n->reads[1], at, 6);
  w->absorbed--;
  return !finite && field_sign(w->f, a) == 0 ? w->f->zero : field_times(w->f, a, b);
}

static FieldValue *map_at(Walk *w, const Node *n, int64_t *at) {
  FieldValue *x[3] = {NULL};
  int64_t whole;
  if (n->op == OP_INDEX) {
    if (n->value->divisor != 1 || !index_at(w, n->value, at, &whole)) return fail(w);
    return field_number(w->f, (double)whole);
  }
  if (n->op == OP_PRODUCT) {
    if (n->nreduce) return reduced_at(w, n, at);
    return guards_hold(w, n, at) ? product_at(w, n, at) : w->f->zero;
  }
  if (n->op == OP_KEEP && read_at(w, n->reads[1], at) == w->f->zero) return w->f->zero;
  x[0] = read_at(w, n->reads[0], at);
  if (w->f->failed || n->op == OP_KEEP) return x[0];
  if (n->op == OP_WHERE) return read_at(w, n->reads[field_sign(w->f, x[0]) ? 1 : 2], at);
  if (n->op == OP_SELECT) return x[0] == w->f->zero ? x[0] : select_at(w, n, x[0], at);
  w->absorbed += n->op == OP_DIV;
  for (int k = 1; k < n->nreads; k++) x[k] = read_at(w, n->reads[k], at);
  w->absorbed -= n->op == OP_DIV;
  check_domain(w, n->op, x);
  return field_apply(w->f, n->op, x);
}

static FieldValue *element(Walk *w, Node *n, int64_t flat);

/* ---- recurrences: an element is asked of the step before it, down to the first ---- */

static bool same_carry(const Carry *a, const Carry *b) { return a->next == b->next && a->init == b->init; }

/* A PREV that two recurrences bind to different things would have two values: nothing is said then. */
static bool bind_carries(Walk *w, const Node *result) {
  for (int k = 0; k < result->ncarries; k++) {
    const Carry *c = &result->carries[k], **bound = &w->bound[c->prev->id];
    if (*bound && !same_carry(*bound, c)) return false;
    *bound = c;
  }
  return true;
}

static int64_t flat_of(const Node *n, const int64_t *at) {
  int64_t flat = 0;
  for (int k = 0; k < n->naxes; k++) flat = flat * extent_of(n->axes[k]) + at[k];
  return flat;
}

/* What a step carries from the one before it: at the first step what it starts from, which has no time. */
static FieldValue *carried_at(Walk *w, const Node *prev, int64_t *at) {
  const Carry *c = w->bound[prev->id];
  const Scan *scan = &w->g->scans[prev->scan];
  int time = node_time_axis(prev, prev->scan);
  if (!c || time < 0) return fail(w);
  if (at[time] != (scan->backwards ? scan->extent - 1 : 0)) {
    at[time] += scan->backwards ? 1 : -1;
    return element(w, c->next, flat_of(c->next, at));
  }
  int64_t start[MAX_AXES];
  int n = 0;
  for (int k = 0; k < prev->naxes; k++)
    if (k != time) start[n++] = at[k];
  return element(w, c->init, flat_of(c->init, start));
}

static FieldValue *pieces_at(Walk *w, const Node *n, const int64_t *at) {
  FieldValue *sum = w->f->zero;
  for (int p = 0; p < n->nreads; p++) {
    Node *piece = n->reads[p]->node;
    int64_t flat = 0;
    bool inside = true;
    for (int k = 0; k < n->naxes; k++) {
      int64_t x = at[k] - n->offsets[p * n->naxes + k], extent = extent_of(piece->axes[k]);
      inside = inside && x >= 0 && x < extent;
      flat = flat * extent + x;
    }
    if (inside) sum = field_add(w->f, sum, element(w, piece, flat));
  }
  return sum;
}

static FieldValue *leaf_at(Walk *w, const Node *n, int64_t flat) {
  FieldValue *leaf = field_leaf(w->f, (uint64_t)n->id, (uint64_t)flat);
  if (n->kind == NODE_BATCH || n->kind == NODE_GRAD) return fail(w);
  if (n->kind == NODE_CONST) return field_constant(w->f, n->data[flat]);
  if (w->zeroed && field_chosen_zero(w->f, leaf)) return w->f->zero;
  if (n->integer) leaf->whole = true;
  if (!n->integer || !(n->hi - n->lo < 1e6)) return leaf;
  if (n->hi - n->lo >= MOST_CLASSES) return fail(w);
  return field_number(w->f, n->lo + field_choose(w->f, leaf, (int)(n->hi - n->lo) + 1));
}

static FieldValue *compute(Walk *w, Node *n, int64_t flat) {
  int64_t at[MAX_AXES] = {0};
  for (int64_t k = n->naxes - 1, rest = flat; k >= 0; k--) {
    at[k] = rest % extent_of(n->axes[k]);
    rest /= extent_of(n->axes[k]);
  }
  /* what is inside of a loop is no leaf: it depends on what the loop's carried values are bound to */
  if ((size_t)n->id < w->nnodes && w->opaque[n->id] && !n->inside) return leaf_at(w, n, flat);
  if ((size_t)n->id >= w->nnodes || w->opaque[n->id] == HIDES) return fail(w);
  bool absorbing = n->kind == NODE_MAP && absorbs(n);
  FieldValue *value;
  switch (n->kind) {
  case NODE_MAP:
    w->absorbed += absorbing;
    value = map_at(w, n, at);
    w->absorbed -= absorbing;
    return value;
  case NODE_NAME: return read_at(w, n->reads[0], at);
  case NODE_RESHAPE: return element(w, n->reads[0]->node, flat);
  case NODE_OPAQUE: return element(w, n->target, flat);
  case NODE_PIECES: return pieces_at(w, n, at);
  case NODE_PREV: return carried_at(w, n, at);
  case NODE_RESULT: return bind_carries(w, n) ? element(w, n->reads[0]->node, flat) : fail(w);
  default: return leaf_at(w, n, flat);
  }
}

static FieldValue *element(Walk *w, Node *n, int64_t flat) {
  Memo *m = &w->memo[n->id];
  if (w->f->failed || count_of(n) > MOST_ARRAY || w->depth > MOST_DEPTH) return fail(w);
  if (!m->values) {
    m->values = ARENA_ARRAY(w->g->cx, FieldValue *, count_of(n));
    m->run = ARENA_ARRAY(w->g->cx, int, count_of(n));
  }
  if (m->run[flat] != w->run) {
    w->depth++;
    m->values[flat] = compute(w, n, flat);
    m->run[flat] = w->run;
    w->depth--;
  }
  return m->values[flat];
}

static FieldValue *read_at(Walk *w, const Read *r, const int64_t *at) {
  int64_t flat = 0, value;
  for (int k = 0; k < r->node->naxes && !w->f->failed; k++) {
    Axis axis = r->node->axes[k];
    if (axis.kind == AXIS_FLAT) return fail(w);
    if (axis.kind == AXIS_BATCH) continue;
    if (!index_at(w, r->index[k], at, &value) || value < 0 || value >= axis.extent) return fail(w);
    flat = flat * axis.extent + value;
  }
  return w->f->failed ? w->f->zero : element(w, r->node, flat);
}

/* ---- the two sides ---- */

static bool some_leaf_is_zero(const Field *f) {
  for (int k = 0; k < f->choices.n; k++)
    if (f->choices.at[k].sign && f->choices.at[k].option == 2) return true;
  return false;
}

/* The sides under the choices at hand; true where that says nothing against them. */
static bool equal_in_this_case(Walk *w, const Read *a, const Read *b) {
  Field *f = w->f;
  w->run++;
  f->vacuous = false;
  FieldValue *left = read_at(w, a, NULL), *right = read_at(w, b, NULL);
  return !f->failed && (f->vacuous || w->finding || field_equal(f, left, right)) && !f->failed;
}

static bool equal_in_all_cases(Walk *w, const Read *a, const Read *b, bool selects) {
  w->f->choices.n = 0;
  do {
    w->divisors.n = 0;
    w->finding = selects;
    if (selects && !equal_in_this_case(w, a, b)) return false;
    w->finding = false;
    if (equal_in_this_case(w, a, b)) continue;
    w->zeroed = some_leaf_is_zero(w->f) && !w->f->failed;
    bool equal = w->zeroed && equal_in_this_case(w, a, b);
    w->zeroed = false;
    if (!equal) return false;
  } while (field_next(w->f));
  return true;
}

/* Is there an a * b that is 0 where a is 0 though b may have no value? */
static bool has_selects(Graph *g, const Read *a, const Read *b, const unsigned char *defined) {
  NodeList list = graph_order(g->cx, (Node *[]){a->node, b->node}, 2);
  for (int i = 0; i < list.n; i++) {
    const Node *n = list.at[i];
    if (n->kind == NODE_MAP && n->op == OP_SELECT && defined[n->reads[1]->node->id] != FINITE) return true;
  }
  return false;
}

bool prove_by_elements(Graph *g, Read *a, Read *b, const unsigned char *opaque, const unsigned char *defined) {
  int vars[2 * MAX_AXES], n = read_vars(b, vars, read_vars(a, vars, 0)), nplain = 0;
  int64_t at[2 * MAX_AXES] = {0}, count = 1;
  Axis axes[2 * MAX_AXES];
  for (int k = 0; k < n; k++)
    if (vars[k] != g->batch_var) vars[nplain++] = vars[k];
  for (int k = 0; k < nplain; k++) count *= (axes[k] = graph_var_axis(g, vars[k])).extent;
  if (count > MOST_ELEMENTS) return false;
  Walk w = {.g = g, .f = field_new(g->cx, WORK), .memo = ARENA_ARRAY(g->cx, Memo, g->nnodes)};
  w.bound = ARENA_ARRAY(g->cx, const Carry *, g->nnodes);
  w.opaque = opaque;
  w.defined = defined;
  bool selects = has_selects(g, a, b, defined);
  w.nnodes = g->nnodes;
  do {
    Subst s = {0};
    for (int k = 0; k < nplain; k++) subst_add(&s, vars[k], index_constant(g, at[k]));
    if (!equal_in_all_cases(&w, read_substitute(g, a, &s), read_substitute(g, b, &s), selects)) return false;
  } while (advance(axes, at, 0, nplain));
  return true;
}
