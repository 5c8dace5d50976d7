/* place.c: places: the indices of reads and the guards of products at one point; see prove/walk.h.
 *
 * In: an index or guards, and a point. Out: a number of places, or what is read there. Where a symbolic class stands in
 * an index, what is read is a sum over its values:
 *
 *     E[y + 1]  =  [y = 0]*E[1] + [y = 1]*E[2] + ... */
#include "prove/walk.h"

#include <math.h>

FieldValue *walk_fail(Walk *w) {
  w->f->failed = true;
  return w->f->zero;
}

/* ---- points ---- */

int64_t walk_extent(Axis a) { return a.kind == AXIS_PLAIN ? a.extent : 1; }

int64_t walk_count(const Node *n) {
  int64_t count = 1;
  for (int k = 0; k < n->naxes; k++) count *= walk_extent(n->axes[k]);
  return count;
}

int64_t walk_flat(const Node *n, const int64_t *at) {
  int64_t flat = 0;
  for (int k = 0; k < n->naxes; k++) flat = flat * walk_extent(n->axes[k]) + at[k];
  return flat;
}

bool walk_advance(const Axis *axes, int64_t *at, int from, int to) {
  for (int k = to - 1; k >= from; k--) {
    if (++at[k] < walk_extent(axes[k])) return true;
    at[k] = 0;
  }
  return false;
}

/* ---- classes ---- */

static const Class *class_of(const Walk *w, const FieldValue *value) {
  for (int k = 0; k < w->classes.n; k++)
    if (w->classes.at[k]->value == value) return w->classes.at[k];
  return NULL;
}

/* The last of the [y = k] is what the others leave of 1. */
static FieldValue *symbolic_class(Walk *w, FieldValue *leaf, int64_t lo, int64_t hi) {
  Class *c = ARENA_NEW(w->g->cx, Class);
  FieldValue *rest = w->f->one;
  *c = (Class){w->f->zero, lo, hi, {NULL}};
  for (int64_t k = lo; k <= hi; k++) {
    FieldValue *is = k == hi ? rest : field_atom(w->f, 90 + (uint64_t)(k - lo), leaf, NULL);
    is->nonnegative = true;
    is->truth = true;
    rest = field_minus(w->f, rest, is);
    c->is[k - lo] = is;
    c->value = field_add(w->f, c->value, field_scale(w->f, (double)k, is));
  }
  if (!class_of(w, c->value)) VEC_PUSH(w->g->cx, &w->classes, c);
  return c->value;
}

FieldValue *walk_class(Walk *w, const Node *n, FieldValue *leaf) {
  leaf->whole = true;
  if (!(n->hi - n->lo < 1e6)) return leaf;
  if (n->hi - n->lo >= MOST_CLASSES) return walk_fail(w);
  if (w->symbolic && n->lo < n->hi && !w->counts[n->id]) return symbolic_class(w, leaf, (int64_t)n->lo, (int64_t)n->hi);
  return field_number(w->f, n->lo + field_choose(w->f, leaf, (int)(n->hi - n->lo) + 1));
}

static bool holds(Op op, int64_t a, int64_t b) {
  switch (op) { /* what each says */
  case OP_LT: return a < b;
  case OP_LE: return a <= b;
  case OP_EQ: return a == b;
  default: return a != b;
  }
}

static bool is_whole(const FieldValue *v) {
  return field_is_rational(v) && v->error == 0 && fabs(v->number) < 1e15 && v->number == floor(v->number);
}

FieldValue *walk_compare(Walk *w, Op op, FieldValue *a, FieldValue *b) {
  const Class *ca = class_of(w, a), *cb = class_of(w, b);
  bool compares = op == OP_LT || op == OP_LE || op == OP_EQ || op == OP_NE;
  if (!compares || (!ca && !cb) || (!ca && !is_whole(a)) || (!cb && !is_whole(b))) return NULL;
  FieldValue *sum = w->f->zero;
  for (int64_t i = ca ? ca->lo : (int64_t)a->number; i <= (ca ? ca->hi : (int64_t)a->number); i++)
    for (int64_t j = cb ? cb->lo : (int64_t)b->number; j <= (cb ? cb->hi : (int64_t)b->number); j++) {
      if (!holds(op, i, j) || (ca == cb && i != j)) continue;
      FieldValue *both = ca ? ca->is[i - ca->lo] : w->f->one;
      if (cb && cb != ca) both = field_times(w->f, both, cb->is[j - cb->lo]);
      sum = field_add(w->f, sum, both);
    }
  sum->truth = true;
  return sum;
}

/* ---- indices ---- */

static FieldValue *read_under(Walk *w, const Read *r, const int64_t *at, const Bound *bound);

static bool add_times(int64_t *sum, int64_t a, int64_t b) { /* false where that leaves 64 bits */
  int64_t product;
  return !__builtin_mul_overflow(a, b, &product) && !__builtin_add_overflow(*sum, product, sum);
}

/* The whole number that is gathered; false where it is a class that is not bound, in *open, or fails. */
static bool gathered(Walk *w, const Read *r, const int64_t *at, const Bound *bound, int64_t *value,
                     const Class **open) {
  FieldValue *x = read_under(w, r, at, bound);
  if (fabs(x->number) < 1e15 && x->number == floor(x->number)) return *value = (int64_t)x->number, true;
  const Class *class = class_of(w, x);
  if (!class || w->f->failed) return walk_fail(w), false;
  for (; bound; bound = bound->up)
    if (bound->class == class) return *value = bound->value, true;
  *open = class;
  return false;
}

/* False where it is not whole, where it waits for a class to be bound, in *open, and where it fails. */
static bool index_under(Walk *w, const Index *e, const int64_t *at, const Bound *bound, int64_t *value,
                        const Class **open) {
  int64_t sum = e->offset;
  for (int k = 0; k < e->n && !w->f->failed; k++) {
    const Term *t = &e->terms[k];
    int64_t x = 0;
    if (t->gather ? !gathered(w, t->gather, at, bound, &x, open) : t->var >= FREE_VAR)
      return *open ? false : (walk_fail(w), false);
    if (!add_times(&sum, t->coef, t->gather ? x : at[t->var])) return walk_fail(w), false;
  }
  *value = sum / e->divisor;
  return sum % e->divisor == 0;
}

bool walk_index(Walk *w, const Index *e, const int64_t *at, int64_t *value) {
  const Class *open = NULL;
  bool whole = index_under(w, e, at, NULL, value, &open);
  if (open) walk_fail(w);
  return whole && !open;
}

FieldValue *walk_index_value(Walk *w, const Index *e, const int64_t *at) {
  const Class *open = NULL;
  int64_t value;
  if (e->divisor != 1) return walk_fail(w);
  if (index_under(w, e, at, NULL, &value, &open)) return field_number(w->f, (double)value);
  if (!open) return walk_fail(w);
  FieldValue *sum = field_number(w->f, (double)e->offset);
  for (int k = 0; k < e->n && !w->f->failed; k++) {
    const Term *t = &e->terms[k];
    FieldValue *x = t->gather ? walk_read(w, t->gather, at) : field_number(w->f, (double)at[t->var]);
    sum = field_add(w->f, sum, field_scale(w->f, (double)t->coef, x));
  }
  return sum;
}

/* ---- guards ---- */

static FieldValue *guards_under(Walk *w, const Node *n, const int64_t *at, const Bound *bound) {
  const Class *open = NULL;
  FieldValue *sum = w->f->zero;
  for (int k = 0; k < n->nguards && !open; k++) {
    int64_t value;
    bool whole = index_under(w, n->guards[k].e, at, bound, &value, &open);
    if (!open && (!whole || value < 0 || value >= n->guards[k].n)) return w->f->zero;
  }
  if (!open) return w->f->one;
  for (int64_t k = open->lo; k <= open->hi && !w->f->failed; k++) {
    Bound more = {bound, open, k};
    sum = field_add(w->f, sum, field_times(w->f, open->is[k - open->lo], guards_under(w, n, at, &more)));
  }
  sum->truth = true;
  return sum;
}

FieldValue *walk_guards(Walk *w, const Node *n, const int64_t *at) { return guards_under(w, n, at, NULL); }

/* ---- reads ---- */

static FieldValue *over_classes(Walk *w, const Read *r, const int64_t *at, const Bound *bound, const Class *open) {
  FieldValue *sum = w->f->zero;
  w->absorbed++; /* what a class does not choose is not needed */
  for (int64_t k = open->lo; k <= open->hi && !w->f->failed; k++) {
    Bound more = {bound, open, k};
    sum = field_add(w->f, sum, field_times(w->f, open->is[k - open->lo], read_under(w, r, at, &more)));
  }
  w->absorbed--;
  return sum;
}

/* A class that would lead out of the array is one that a guard has excluded. */
static FieldValue *read_under(Walk *w, const Read *r, const int64_t *at, const Bound *bound) {
  int64_t flat = 0, value;
  const Class *open = NULL;
  for (int k = 0; k < r->node->naxes && !w->f->failed; k++) {
    Axis axis = r->node->axes[k];
    if (axis.kind == AXIS_FLAT) return walk_fail(w);
    if (axis.kind == AXIS_BATCH) continue;
    bool whole = index_under(w, r->index[k], at, bound, &value, &open);
    if (open) return over_classes(w, r, at, bound, open);
    if (!whole || value < 0 || value >= axis.extent) return bound && !w->f->failed ? w->f->zero : walk_fail(w);
    flat = flat * axis.extent + value;
  }
  return w->f->failed ? w->f->zero : walk_element(w, r->node, flat);
}

FieldValue *walk_read(Walk *w, const Read *r, const int64_t *at) { return read_under(w, r, at, NULL); }
