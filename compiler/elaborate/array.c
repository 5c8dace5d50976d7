/* array.c: values as arrays: a list of numbers, all rows of one length, is a constant; and the elements of constants.
 *
 * A number in a list that follows from a held name (asked.c) keeps its read: [1, v, 3] is the array of [1, 0, 3]
 * with v in its place. */
#include "elaborate/scope.h"
#include "elaborate/value.h"

#include <string.h>

/* "the function 'tanh'" says more than "a function", where the name is not in the message anyway. */
static const char *describe_function(Elaborator *el, const Value *v) {
  if (v->kind != VALUE_FUNCTION || !v->name) return value_text(el, v);
  return arena_printf(el->cx, "the %s '%s'", strchr(value_text(el, v), ' ') + 1, v->name);
}

static bool list_shape(const Value *v, int depth, int64_t *shape, int *rank) {
  if (v->kind == VALUE_NUMBER) {
    if (*rank < 0) *rank = depth;
    return *rank == depth;
  }
  if (v->kind != VALUE_LIST || depth >= MAX_AXES || v->nitems == 0) return false;
  if (*rank >= 0 && depth >= *rank) return false;
  if (shape[depth] == 0) shape[depth] = v->nitems;
  if (shape[depth] != v->nitems) return false;
  for (int k = 0; k < v->nitems; k++)
    if (!list_shape(v->items[k], depth + 1, shape, rank)) return false;
  return true;
}

static bool follows_held(Elaborator *el, const Read *r) {
  NodeList list = graph_order(el->cx, (Node *const[]){r->node}, 1);
  for (int k = 0; k < list.n; k++)
    if (list.at[k]->held) return true;
  return false;
}

static double *list_data(const Value *v, double *out) {
  if (v->kind == VALUE_NUMBER) {
    *out = v->number;
    return out + 1;
  }
  for (int k = 0; k < v->nitems; k++) out = list_data(v->items[k], out);
  return out;
}

/* Its numbers that follow from a held name, and where they stand among all, from `at` on. */
typedef struct Followers {
  VEC(Read *) reads;
  VEC(int64_t) places;
} Followers;

static int64_t list_followers(Elaborator *el, const Value *v, int64_t at, Followers *f) {
  if (v->kind == VALUE_NUMBER && v->read && follows_held(el, v->read)) {
    VEC_PUSH(el->cx, &f->reads, v->read);
    VEC_PUSH(el->cx, &f->places, at);
  }
  if (v->kind == VALUE_NUMBER) return at + 1;
  for (int k = 0; k < v->nitems; k++) at = list_followers(el, v->items[k], at, f);
  return at;
}

/* The array of the list: the other numbers, and each of these in its place. */
static Node *list_pieces(Elaborator *el, int rank, const Axis *axes, double *data, const Followers *f) {
  int n = f->reads.n;
  Node **pieces = ARENA_ARRAY(el->cx, Node *, n + 1);
  int64_t *offsets = ARENA_ARRAY(el->cx, int64_t, (n + 1) * rank);
  for (int p = 0; p < n; p++) data[f->places.at[p]] = 0;
  pieces[0] = build_const_array(el->g, rank, axes, data);
  for (int p = 1; p <= n; p++) {
    int vars[MAX_AXES];
    int64_t place = f->places.at[p - 1];
    for (int k = 0; k < rank; k++) vars[k] = graph_var(el->g, PLAIN(1));
    for (int k = rank - 1; k >= 0; k--) offsets[p * rank + k] = place % axes[k].extent, place /= axes[k].extent;
    pieces[p] = build_tensor(el->g, f->reads.at[p - 1], rank, vars);
  }
  return build_pieces(el->g, rank, axes, n + 1, pieces, offsets);
}

static Value *list_tensor(Elaborator *el, Value *v, Span span) {
  int64_t shape[MAX_AXES] = {0}, count = 1;
  int rank = -1, vars[MAX_AXES];
  if (!list_shape(v, 0, shape, &rank)) return NULL;
  Axis axes[MAX_AXES];
  Followers f = {0};
  for (int k = 0; k < rank; k++) axes[k] = PLAIN(shape[k]), count *= shape[k];
  double *data = ARENA_ARRAY(el->cx, double, count);
  list_data(v, data);
  list_followers(el, v, 0, &f);
  Node *n = f.reads.n ? list_pieces(el, rank, axes, data, &f) : build_const_array(el->g, rank, axes, data);
  Read *r = read_open(el->g, n, vars);
  return value_tensor(el, r, rank, vars, span);
}

Read *value_number_read(Elaborator *el, const Value *v) { return v->read ? v->read : build_constant(el->g, v->number); }

Value *value_as_tensor(Elaborator *el, Value *v, Span span, const char *what) {
  if (v->kind == VALUE_TENSOR) return v;
  if (value_is_poison(v)) return NULL;
  if (v->kind == VALUE_SEQUENCE) {
    value_in_scan(el, v, NULL, span);
    return NULL;
  }
  Value *t = NULL;
  if (v->kind == VALUE_NUMBER) t = value_tensor(el, value_number_read(el, v), 0, NULL, span);
  if (v->kind == VALUE_LIST) t = v->array ? v->array : list_tensor(el, v, span);
  if (!t) {
    elaborate_report(el, span, "%s must be a number or an array, found %s", what, describe_function(el, v));
    if (v->kind == VALUE_DISTRIBUTION)
      elaborate_advise(el, "what is drawn from it has a name of its own: z ~ normal(0, 1)");
    if (v->kind == VALUE_LIST && !value_is_row(v))
      elaborate_advise(
        el,
        "a list in brackets is an array only if it holds numbers, all rows of one length; stack(a, b) joins arrays");
    return NULL;
  }
  t->name = v->name;
  if (v->name) t->span = v->span;
  if (v->kind == VALUE_LIST)
    v->array = t; /* one constant, however often it is used; a row of a longer list stays one */
  return t;
}

bool value_is_array(const Value *v) {
  int64_t shape[MAX_AXES] = {0};
  int rank = -1;
  return v->kind == VALUE_NUMBER || (v->kind == VALUE_LIST && list_shape(v, 0, shape, &rank));
}

static int64_t accumulate_count(const Elaborator *el, const Value *v) {
  int64_t count = 1;
  for (int k = 0; k < v->rank; k++) count *= value_axis(el, v, k).extent;
  return count;
}

/* Where e leads from place `at` of v's own axes; -1 where that is not known. */
static int64_t index_place(const Index *e, const Value *v, const int64_t *at) {
  int64_t sum = e->offset;
  for (int i = 0; i < e->n; i++) {
    int k = 0;
    while (k < v->rank && v->vars[k] != e->terms[i].var) k++;
    if (e->terms[i].gather || k == v->rank) return -1;
    sum += e->terms[i].coef * at[k];
  }
  return sum % e->divisor ? -1 : sum / e->divisor;
}

/* All elements of v, which reads a constant array with its axes in any order, from any place on. */
static const double *read_elements(Elaborator *el, const Value *v, const Read *r, int64_t count) {
  double *out = ARENA_ARRAY(el->cx, double, count);
  for (int64_t i = 0; i < count; i++) {
    int64_t at[MAX_AXES], rest = i, flat = 0;
    for (int k = v->rank - 1; k >= 0; k--)
      at[k] = rest % value_axis(el, v, k).extent, rest /= value_axis(el, v, k).extent;
    for (int k = 0; k < r->node->naxes; k++) {
      int64_t place = index_place(r->index[k], v, at);
      if (place < 0) return NULL;
      flat = flat * r->node->axes[k].extent + place;
    }
    out[i] = r->node->data[flat];
  }
  return out;
}

static const double *list_elements(Elaborator *el, const Value *v, int64_t *count) {
  int64_t shape[MAX_AXES] = {0};
  int rank = -1;
  if (!list_shape(v, 0, shape, &rank)) return NULL;
  *count = 1;
  for (int k = 0; k < rank; k++) *count *= shape[k];
  double *out = ARENA_ARRAY(el->cx, double, *count);
  list_data(v, out);
  return out;
}

const double *value_elements(Elaborator *el, const Value *v, int64_t *count) {
  double c;
  *count = 1;
  if (v->kind == VALUE_NUMBER) return arena_copy(el->cx, &v->number, sizeof(double));
  if (v->kind == VALUE_LIST) return list_elements(el, v, count);
  if (v->kind != VALUE_TENSOR) return NULL;
  Read *r = v->read;
  while (r->node->kind == NODE_NAME) r = read_operand(el->g, r, 0);
  *count = accumulate_count(el, v);
  if (r->node->kind == NODE_CONST) return read_elements(el, v, r, *count);
  if (!read_constant(r, &c)) return NULL;
  double *out = ARENA_ARRAY(el->cx, double, *count);
  for (int64_t i = 0; i < *count; i++) out[i] = c;
  return out;
}
