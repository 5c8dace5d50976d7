/* value.c: the values of elaboration: numbers, tensors (open reads), lists; their shapes in words; elementwise
 * operations with the suffix rule. */
#include "elaborate/elaborate.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

void report(Elaborator *el, Span s, const char *format, ...) {
  el->failed = true;
  if (el->quiet) return;
  va_list ap;
  char text[4096];
  va_start(ap, format);
  vsnprintf(text, sizeof text, format, ap);
  va_end(ap);
  bool inside = s.source && s.source == el->prelude && el->user_call.source;
  el->repeats = inside && el->user_call.source == el->blamed.source && el->user_call.start == el->blamed.start;
  if (el->repeats) return;
  if (inside) el->blamed = el->user_call;
  error_at(el->cx, inside ? el->user_call : s, "%s", text);
  if (inside) note_at(el->cx, s, "in this line of the prelude");
}

void remark(Elaborator *el, Span s, const char *format, ...) {
  if (el->quiet || el->repeats || !s.source) return;
  va_list ap;
  char text[4096];
  va_start(ap, format);
  vsnprintf(text, sizeof text, format, ap);
  va_end(ap);
  note_at(el->cx, s, "%s", text);
}

void advise(Elaborator *el, const char *format, ...) {
  if (el->quiet || el->repeats) return;
  va_list ap;
  char text[4096];
  va_start(ap, format);
  vsnprintf(text, sizeof text, format, ap);
  va_end(ap);
  help(el->cx, "%s", text);
}

Value *value_new(Elaborator *el, ValueKind kind, Span span) {
  Value *v = ARENA_NEW(el->cx, Value);
  v->kind = kind;
  v->span = span;
  return v;
}

Value *value_number(Elaborator *el, double x, Span span) {
  Value *v = value_new(el, VALUE_NUMBER, span);
  v->number = x;
  return v;
}

Value *value_poison(Elaborator *el, Span span) {
  el->failed = true;
  return value_new(el, VALUE_POISON, span);
}

bool one_value(Elaborator *el, const Value *v, Span span) {
  if (v->kind == VALUE_TUPLE)
    report(el, span, "%d results where one value is expected; give them names: a, b = ...", v->nitems);
  return v->kind != VALUE_TUPLE && !is_poison(v);
}

bool is_poison(const Value *v) { return v->kind == VALUE_POISON; }

Value *value_tensor(Elaborator *el, Read *read, int rank, const int *vars, Span span) {
  Value *v = value_new(el, VALUE_TENSOR, span);
  v->read = read;
  v->rank = rank;
  if (rank) memcpy(v->vars, vars, sizeof(int) * (size_t)rank);
  return v;
}

Axis value_axis(const Elaborator *el, const Value *v, int k) { return graph_var_axis(el->g, v->vars[k]); }

bool same_extent(const Elaborator *el, const Value *a, int i, const Value *b, int j) {
  Axis x = value_axis(el, a, i), y = value_axis(el, b, j);
  return axis_equal(x, y) && x.dim == y.dim;
}

const char *shape_text(Elaborator *el, const Value *v) {
  Text t = {.cx = el->cx};
  text_add(&t, "[");
  for (int k = 0; k < v->rank; k++) {
    Axis a = value_axis(el, v, k);
    if (k) text_add(&t, ", ");
    if (a.kind == AXIS_BATCH) text_add(&t, "batch");
    else if (a.dim) text_add(&t, dim_text(el, a.dim));
    else text_printf(&t, "%lld", (long long)a.extent);
  }
  text_add(&t, "]");
  return t.data;
}

const char *describe(Elaborator *el, const Value *v) {
  switch (v->kind) {
  case VALUE_NUMBER: return arena_printf(el->cx, "the number %g", v->number);
  case VALUE_TENSOR:
    if (v->rank && value_axis(el, v, 0).kind == AXIS_FLAT) return "an array of the parameter's shape";
    return v->rank ? arena_printf(el->cx, "an array of shape %s", shape_text(el, v)) : "a single number";
  case VALUE_LIST:
    return is_row(v) ? arena_printf(el->cx, "a row of %d instance%s", v->nitems, v->nitems == 1 ? "" : "s")
                     : arena_printf(el->cx, "a list of %d", v->nitems);
  case VALUE_FUNCTION:
    return v->fn && v->fn->kind == STMT_LAYER       ? "a layer"
           : v->fn && v->fn->kind == STMT_OPTIMIZER ? "an optimizer"
                                                    : "a function";
  case VALUE_DISTRIBUTION: return "a distribution";
  case VALUE_TUPLE: return arena_printf(el->cx, "%d results", v->nitems);
  case VALUE_SEQUENCE:
    return arena_printf(el->cx,
                        "a sequence of this scan, of which only the values of this step and the one before exist here");
  case VALUE_POISON: break;
  }
  return "an erroneous value";
}

/* "the function 'tanh'" says more than "a function", where the name is not in the message anyway. */
static const char *describe_function(Elaborator *el, const Value *v) {
  if (v->kind != VALUE_FUNCTION || !v->name) return describe(el, v);
  return arena_printf(el->cx, "the %s '%s'", strchr(describe(el, v), ' ') + 1, v->name);
}

/* ---- lists as arrays ---- */

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

static Read *number_read(Elaborator *el, const Value *v) {
  return v->read ? v->read : build_constant(el->g, v->number);
}

Value *as_tensor(Elaborator *el, Value *v, Span span, const char *what) {
  if (v->kind == VALUE_TENSOR) return v;
  if (is_poison(v)) return NULL;
  if (v->kind == VALUE_SEQUENCE) {
    sequence_at(el, v, NULL, span);
    return NULL;
  }
  Value *t = NULL;
  if (v->kind == VALUE_NUMBER) t = value_tensor(el, number_read(el, v), 0, NULL, span);
  if (v->kind == VALUE_LIST) t = v->array ? v->array : list_tensor(el, v, span);
  if (!t) {
    report(el, span, "%s must be a number or an array, found %s", what, describe_function(el, v));
    if (v->kind == VALUE_DISTRIBUTION) advise(el, "what is drawn from it has a name of its own: z ~ normal(0, 1)");
    if (v->kind == VALUE_LIST && !is_row(v))
      advise(
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

/* ---- indexing values ---- */

Value *value_at(Elaborator *el, const Value *v, int n, Index *const *index) {
  Subst s = {0};
  int vars[MAX_AXES];
  for (int k = 0; k < v->rank; k++) {
    if (k >= n) vars[k - n] = graph_var(el->g, value_axis(el, v, k));
    subst_add(&s, v->vars[k], k < n ? index[k] : index_var(el->g, vars[k - n]));
  }
  Value *w = value_tensor(el, read_substitute(el->g, v->read, &s), v->rank - n, vars, v->span);
  w->name = v->name;
  return w;
}

Value *value_fresh(Elaborator *el, const Value *v) { return value_at(el, v, 0, NULL); }

/* What the user calls a value that a formal of the prelude stands for; NULL where it has no name in the model. */
static const Value *given_value(Elaborator *el, const Value *v) {
  const Node *n = v->kind == VALUE_TENSOR && v->span.source == el->prelude ? v->read->node : NULL;
  for (; n; n = n->kind == NODE_NAME ? n->reads[0]->node : NULL)
    for (Binding *b = el->model->first; b; b = b->next)
      if (b->value->kind == VALUE_TENSOR && b->value->read->node == n) return b->value;
  return NULL;
}

static void remark_shape(Elaborator *el, const Value *v) {
  const Value *given = given_value(el, v);
  if (given && given->name)
    remark(el, given->span, "'%s' is '%s' here, %s", v->name, given->name, shape_text(el, given));
  else if (v->name) remark(el, v->span, "'%s' is %s", v->name, shape_text(el, v));
}

void report_shapes(Elaborator *el, const Value *x, const Value *y, Span span, const char *what) {
  const char *xn = x->name ? arena_printf(el->cx, "'%s' ", x->name) : "",
             *yn = y->name ? arena_printf(el->cx, "'%s' ", y->name) : "";
  report(el, span, "the shapes do not fit for %s: %s%s and %s%s", what, xn, shape_text(el, x), yn, shape_text(el, y));
  remark_shape(el, x);
  remark_shape(el, y);
}

static void report_unequal(Elaborator *el, const Value *x, const Value *y, Span span, const char *what) {
  report_shapes(el, x, y, span, what);
  advise(el,
         "shapes must be equal, or one the end of the other; index notation says anything else: c[i, j] = a[i] * b[j]");
}

static Value *number_of(Elaborator *el, Op op, int n, Value *const *args, const double *x, Span span) {
  Value *v = value_number(el, op == OP_PRODUCT ? x[0] * (n > 1 ? x[1] : 1) : op_apply(op, x), span);
  bool more = el->g->exact && op != OP_PRODUCT && op_loses(op, x, v->number);
  Read *reads[4];
  for (int k = 0; k < n; k++) {
    more = more || args[k]->read;
    reads[k] = number_read(el, args[k]);
  }
  if (more)
    v->read = op == OP_PRODUCT ? build_product(el->g, 1, n, reads, 0, NULL, 0, NULL) : build_op(el->g, op, reads);
  return v;
}

Value *elementwise(Elaborator *el, Op op, int n, Value *const *args, Span span, const char *what) {
  Value *t[4];
  double numbers[4] = {0};
  bool all_numbers = true;
  int longest = 0;
  for (int k = 0; k < n; k++) {
    if (is_poison(args[k])) return value_poison(el, span);
    all_numbers = all_numbers && args[k]->kind == VALUE_NUMBER;
    numbers[k] = args[k]->number;
  }
  if (all_numbers) return number_of(el, op, n, args, numbers, span);
  for (int k = 0; k < n; k++) {
    t[k] = as_tensor(el, args[k], span, arena_printf(el->cx, "an argument of %s", what));
    if (!t[k]) return value_poison(el, span);
    if (t[k]->rank > t[longest]->rank) longest = k;
  }
  int rank = t[longest]->rank, vars[MAX_AXES];
  for (int j = 0; j < rank; j++) vars[j] = graph_var(el->g, value_axis(el, t[longest], j));
  Read *reads[4];
  for (int k = 0; k < n; k++) {
    Index *index[MAX_AXES];
    for (int j = 0; j < t[k]->rank; j++) {
      int at = rank - t[k]->rank + j;
      if (!same_extent(el, t[k], j, t[longest], at)) {
        bool later = k > longest;
        report_unequal(el, later ? t[longest] : t[k], later ? t[k] : t[longest], span, what);
        return value_poison(el, span);
      }
      index[j] = index_var(el->g, vars[at]);
    }
    reads[k] = value_at(el, t[k], t[k]->rank, index)->read;
  }
  Read *r = op == OP_PRODUCT ? build_product(el->g, 1, n, reads, 0, NULL, 0, NULL) : build_op(el->g, op, reads);
  return value_tensor(el, r, rank, vars, span);
}

int64_t whole_number(Elaborator *el, const Value *v, Span span, const char *what, int64_t least) {
  if (is_poison(v)) return -1;
  if (v->kind != VALUE_NUMBER) {
    bool computed = v->kind == VALUE_TENSOR;
    report(el, span, "%s must be a number known at compile time, found %s", what,
           computed && !v->rank ? "one that the model computes" : describe(el, v));
    if (v->name && computed) remark(el, v->span, "'%s' is computed by the model", v->name);
    return -1;
  }
  if (v->number != floor(v->number)) {
    report(el, span, "%s must be a whole number, found %g", what, v->number);
    advise(el, "'/' is real division; floor(n/2) rounds down");
    return -1;
  }
  if (v->number < (double)least || v->number > 2147483647.0) {
    report(el, span, "%s must be a whole number from %lld to 2147483647, found %.17g", what, (long long)least,
           v->number);
    return -1;
  }
  return (int64_t)v->number;
}

/* Known when compiling: made of constants and indices alone. */
static bool is_constant(Elaborator *el, const Value *v) {
  NodeList list = graph_order(el->cx, (Node *const[]){v->read->node}, 1);
  for (int k = 0; k < list.n; k++) {
    NodeKind kind = list.at[k]->kind;
    if (kind != NODE_MAP && kind != NODE_CONST && kind != NODE_RESHAPE && kind != NODE_PIECES && kind != NODE_NAME)
      return false;
  }
  return true;
}

static Value *named_tensor(Elaborator *el, const char *label, const Value *v, bool held) {
  int vars[2 * MAX_AXES], own[MAX_AXES];
  Value *f = value_fresh(el, v);
  int n = read_vars(f->read, vars, 0), m = 0;
  for (int k = 0; k < n; k++) { /* the context's variables, then its own axes in order */
    bool mine = false;
    for (int j = 0; j < f->rank; j++) mine = mine || vars[k] == f->vars[j];
    if (!mine) vars[m++] = vars[k];
  }
  memcpy(own, f->vars, sizeof own);
  for (int j = 0; j < f->rank; j++) vars[m++] = own[j];
  Node *node = build_name(el->g, label, f->read, m, vars, held);
  Index *index[2 * MAX_AXES];
  for (int k = 0; k < m; k++) index[k] = index_var(el->g, vars[k]);
  Value *w = value_tensor(el, read_make(el->g, node, index), f->rank, own, v->span);
  w->name = label;
  return w;
}

/* The number or list that v is, where it is used as such, and the array t where it is computed with. */
static Value *held_value(Elaborator *el, const Value *v, Value *t) {
  Value *w = arena_copy(el->cx, v, sizeof *v);
  if (v->kind == VALUE_NUMBER) {
    w->read = t->read;
    return w;
  }
  w->array = t;
  w->items = ARENA_ARRAY(el->cx, Value *, v->nitems);
  for (int k = 0; k < v->nitems; k++)
    w->items[k] = held_value(el, v->items[k], value_at(el, t, 1, (Index *[]){index_constant(el->g, k)}));
  return w;
}

static bool is_array(const Value *v) {
  int64_t shape[MAX_AXES] = {0};
  int rank = -1;
  return v->kind == VALUE_NUMBER || (v->kind == VALUE_LIST && list_shape(v, 0, shape, &rank));
}

Value *named_value(Elaborator *el, const Scope *s, const char *label, Value *v) {
  bool asked = derivative_asked(el, s, label);
  if (v->kind == VALUE_TENSOR) return named_tensor(el, label, v, asked && is_constant(el, v));
  Value *w = arena_copy(el->cx, v, sizeof *v);
  if (asked && is_array(v)) w = held_value(el, v, named_tensor(el, label, as_tensor(el, w, v->span, "a value"), true));
  w->name = label;
  w->grows = false;
  return w;
}

bool is_held(const Read *r) {
  for (; r->node->kind == NODE_NAME; r = r->node->reads[0])
    if (r->node->held) return true;
  return false;
}

static int64_t count_of(const Elaborator *el, const Value *v) {
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

const double *constant_elements(Elaborator *el, const Value *v, int64_t *count) {
  double c;
  *count = 1;
  if (v->kind == VALUE_NUMBER) return arena_copy(el->cx, &v->number, sizeof(double));
  if (v->kind == VALUE_LIST) return list_elements(el, v, count);
  if (v->kind != VALUE_TENSOR) return NULL;
  Read *r = v->read;
  while (r->node->kind == NODE_NAME) r = read_operand(el->g, r, 0);
  *count = count_of(el, v);
  if (r->node->kind == NODE_CONST) return read_elements(el, v, r, *count);
  if (!read_constant(r, &c)) return NULL;
  double *out = ARENA_ARRAY(el->cx, double, *count);
  for (int64_t i = 0; i < *count; i++) out[i] = c;
  return out;
}
