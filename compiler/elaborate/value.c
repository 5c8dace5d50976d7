/* value.c: the values of elaboration: made, asked, told in words, and read at other indices. */
#include "elaborate/scan.h"
#include "elaborate/scope.h"

#include <math.h>
#include <string.h>

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

bool value_is_one(Elaborator *el, const Value *v, Span span) {
  if (v->kind == VALUE_TUPLE)
    elaborate_report(el, span, "%d results where one value is expected; give them names: a, b = ...", v->nitems);
  return v->kind != VALUE_TUPLE && !value_is_poison(v);
}

bool value_is_poison(const Value *v) { return v->kind == VALUE_POISON; }

Value *value_tensor(Elaborator *el, Read *read, int rank, const int *vars, Span span) {
  Value *v = value_new(el, VALUE_TENSOR, span);
  v->read = read;
  v->rank = rank;
  if (rank) memcpy(v->vars, vars, sizeof(int) * (size_t)rank);
  return v;
}

Axis value_axis(const Elaborator *el, const Value *v, int k) { return graph_var_axis(el->g, v->vars[k]); }

bool value_same_extent(const Elaborator *el, const Value *a, int i, const Value *b, int j) {
  Axis x = value_axis(el, a, i), y = value_axis(el, b, j);
  return axis_equal(x, y) && x.dim == y.dim;
}

const char *value_shape(Elaborator *el, const Value *v) {
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

const char *value_text(Elaborator *el, const Value *v) {
  switch (v->kind) {
  case VALUE_NUMBER: return arena_printf(el->cx, "the number %g", v->number);
  case VALUE_TENSOR:
    if (v->rank && value_axis(el, v, 0).kind == AXIS_FLAT) return "an array of the parameter's shape";
    return v->rank ? arena_printf(el->cx, "an array of shape %s", value_shape(el, v)) : "a single number";
  case VALUE_LIST:
    return value_is_row(v) ? arena_printf(el->cx, "a row of %d instance%s", v->nitems, v->nitems == 1 ? "" : "s")
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
    elaborate_remark(el, given->span, "'%s' is '%s' here, %s", v->name, given->name, value_shape(el, given));
  else if (v->name) elaborate_remark(el, v->span, "'%s' is %s", v->name, value_shape(el, v));
}

void value_report_shapes(Elaborator *el, const Value *x, const Value *y, Span span, const char *what) {
  const char *xn = x->name ? arena_printf(el->cx, "'%s' ", x->name) : "",
             *yn = y->name ? arena_printf(el->cx, "'%s' ", y->name) : "";
  elaborate_report(el, span, "the shapes do not fit for %s: %s%s and %s%s", what, xn, value_shape(el, x), yn,
                   value_shape(el, y));
  remark_shape(el, x);
  remark_shape(el, y);
}

int64_t value_whole(Elaborator *el, const Value *v, Span span, const char *what, int64_t least) {
  if (value_is_poison(v)) return -1;
  if (v->kind != VALUE_NUMBER) {
    bool computed = v->kind == VALUE_TENSOR;
    elaborate_report(el, span, "%s must be a number known at compile time, found %s", what,
                     computed && !v->rank ? "one that the model computes" : value_text(el, v));
    if (v->name && computed) elaborate_remark(el, v->span, "'%s' is computed by the model", v->name);
    return -1;
  }
  if (v->number != floor(v->number)) {
    elaborate_report(el, span, "%s must be a whole number, found %g", what, v->number);
    elaborate_advise(el, "'/' is real division; floor(n/2) rounds down");
    return -1;
  }
  if (v->number < (double)least || v->number > 2147483647.0) {
    elaborate_report(el, span, "%s must be a whole number from %lld to 2147483647, found %.17g", what, (long long)least,
                     v->number);
    return -1;
  }
  return (int64_t)v->number;
}

const char *dim_text(Elaborator *el, int dim) {
  Text t = {.cx = el->cx};
  const Index *e = el->g->dims[dim - 1];
  for (int k = 0; k < e->n; k++) {
    const Node *n = e->terms[k].gather->node;
    int64_t c = e->terms[k].coef;
    if (k || c < 0) text_add(&t, c < 0 ? (k ? " - " : "-") : " + ");
    if (c != 1 && c != -1) text_printf(&t, "%lld*", (long long)(c < 0 ? -c : c));
    text_add(&t, n->label ? n->label : "(...)");
  }
  if (e->offset)
    text_printf(&t, " %c %lld", e->offset < 0 ? '-' : '+', (long long)(e->offset < 0 ? -e->offset : e->offset));
  return t.data;
}

bool value_is_row(const Value *v) {
  const Value *first = v->kind == VALUE_LIST && v->nitems ? v->items[0] : NULL;
  return first && first->kind == VALUE_FUNCTION && first->partial;
}

/* h[t] or h[t-1]; poison with an error. */
Value *value_in_scan(Elaborator *el, const Value *sequence, const Index *at, Span span) {
  const ScanScope *scan = sequence->scan;
  int64_t back = 1;
  if (at) {
    Index *behind = index_combine(el->g, 1, index_var(el->g, scan->time), -1, at);
    if (!index_is_constant(behind, &back)) back = -1;
  }
  if (at && back == 0) {
    if (sequence->now) return sequence->now;
    elaborate_report(el, span, "'%s[%s]' is read before it is defined in this step", sequence->name, scan->name);
    if (sequence->before)
      elaborate_advise(el, "'%s[%s-1]' is the value of the step before", sequence->name, scan->name);
    return value_poison(el, span);
  }
  if (at && back == 1) {
    if (sequence->before) return sequence->before;
    elaborate_report(el, span, "'%s[%s-1]' has no value at the first step", sequence->name, scan->name);
    elaborate_advise(el, "`init %s = ...` at the head of the scan gives it one", sequence->name);
    return value_poison(el, span);
  }
  elaborate_report(el, span, "inside of the scan that computes '%s', only %s[%s] and %s[%s-1] can be read",
                   sequence->name, sequence->name, scan->name, sequence->name, scan->name);
  return value_poison(el, span);
}

int value_context(int n, Value **v, int *vars) {
  int all[4 * MAX_AXES], count = 0, m = 0;
  for (int k = 0; k < n; k++) count = read_vars(v[k]->read, all, count);
  for (int i = 0; i < count; i++) {
    bool own = false;
    for (int k = 0; k < n; k++)
      for (int j = 0; j < v[k]->rank; j++) own = own || v[k]->vars[j] == all[i];
    if (!own) vars[m++] = all[i];
  }
  return m;
}

Value *value_of_node(Elaborator *el, Node *node, int nfree, const int *vars, Span span) {
  Index *index[MAX_AXES];
  int own[MAX_AXES];
  for (int k = 0; k < node->naxes; k++) {
    int v = k < nfree ? vars[k] : graph_var(el->g, node->axes[k]);
    if (k >= nfree) own[k - nfree] = v;
    index[k] = index_var(el->g, v);
  }
  return value_tensor(el, read_make(el->g, node, index), node->naxes - nfree, own, span);
}
