/* join.c: arrays one after the other along an axis (concat), along a new one (stack), and cut into parts (split).
 *
 * Joined arrays are boxes in an array of zeros (NODE_PIECES); a part is a read with an offset. What is lifted or in the
 * batch stands in front, so that an axis is counted among a value's own. */
#include "elaborate/builtin.h"

#include <string.h>

/* The axis that is given by name, or `otherwise`; of `count` axes. -1 with an error. */
static int axis_option(Elaborator *el, int count, int otherwise, const Value *of) {
  if (!el->option) return otherwise;
  const Value *v = el->option;
  if (v->kind == VALUE_NUMBER && v->number >= 0 && v->number < count && v->number == (double)(int)v->number)
    return (int)v->number;
  const char *found = v->kind == VALUE_NUMBER ? arena_printf(el->cx, "%g", v->number) : value_text(el, v);
  if (count == 1)
    elaborate_report(el, el->option_span, "the axis of '%s' is 0 for %s, found %s", el->builtin, value_text(el, of),
                     found);
  else
    elaborate_report(el, el->option_span, "the axis of '%s' is a number from 0 to %d for %s, found %s", el->builtin,
                     count - 1, value_text(el, of), found);
  if (v->kind == VALUE_NUMBER && v->number < 0) elaborate_advise(el, "axes count from 0, from the left");
  return -1;
}

/* Joins values along axis `at` of the result (counted from its own axes); every value has that axis. */
static Value *join(Elaborator *el, int n, Value **v, int at, Span span) {
  int vars[2 * MAX_AXES], nfree = value_context(n, v, vars), rank = v[0]->rank;
  if (nfree + rank > MAX_AXES) return value_poison(el, span);
  Axis axes[MAX_AXES];
  Node **pieces = ARENA_ARRAY(el->cx, Node *, n);
  int64_t *offsets = ARENA_ARRAY(el->cx, int64_t, n * (nfree + rank)), total = 0;
  for (int k = 0; k < n; k++) {
    int all[2 * MAX_AXES];
    memcpy(all, vars, sizeof(int) * (size_t)nfree);
    memcpy(all + nfree, v[k]->vars, sizeof(int) * (size_t)rank);
    pieces[k] = build_tensor(el->g, v[k]->read, nfree + rank, all);
    offsets[k * (nfree + rank) + nfree + at] = total;
    total += value_axis(el, v[k], at).extent;
  }
  for (int k = 0; k < nfree; k++) axes[k] = graph_var_axis(el->g, vars[k]);
  for (int j = 0; j < rank; j++) axes[nfree + j] = value_axis(el, v[0], j);
  axes[nfree + at] = PLAIN(total);
  return value_of_node(el, build_pieces(el->g, nfree + rank, axes, n, pieces, offsets), nfree, vars, span);
}

/* A new axis of extent 1 at place `at`. */
static Value *with_axis(Elaborator *el, Value *v, int at) {
  int vars[MAX_AXES + 1];
  memcpy(vars, v->vars, sizeof(int) * (size_t)at);
  vars[at] = graph_var(el->g, PLAIN(1));
  memcpy(vars + at + 1, v->vars + at, sizeof(int) * (size_t)(v->rank - at));
  Value *w = value_tensor(el, v->read, v->rank + 1, vars, v->span);
  w->name = v->name;
  return w;
}

static bool may_join(Elaborator *el, const Value *a, const Value *b, int at) {
  bool fits = a->rank == b->rank;
  for (int j = 0; fits && j < a->rank; j++) {
    Axis x = value_axis(el, a, j), y = value_axis(el, b, j);
    fits =
      j == at ? x.kind == AXIS_PLAIN && y.kind == AXIS_PLAIN && !x.dim && !y.dim : value_same_extent(el, a, j, b, j);
  }
  return fits;
}

static void report_join(Elaborator *el, const Expr *e, Value **args, int k, bool stack, int at) {
  const char *but = stack ? "" : el->option ? arena_printf(el->cx, " but for axis %d", at) : " but for the last axis";
  elaborate_report(el, e->args[k].value->span, "'%s' joins arrays of one shape%s, found %s and %s", el->builtin, but,
                   value_text(el, args[0]), value_text(el, args[k]));
  for (int j = 0; j <= k && !stack; j += k)
    if (args[j]->kind == VALUE_TENSOR && at < args[j]->rank && value_axis(el, args[j], at).dim) {
      elaborate_advise(el, "axis %d has %s places, which differs between examples", at,
                       dim_text(el, value_axis(el, args[j], at).dim));
      break;
    }
  if (args[0]->name) elaborate_remark(el, args[0]->span, "'%s' is %s", args[0]->name, value_text(el, args[0]));
  if (args[k]->name && args[k] != args[0])
    elaborate_remark(el, args[k]->span, "'%s' is %s", args[k]->name, value_text(el, args[k]));
}

static Value *join_arguments(Elaborator *el, const Expr *e, int n, Value **args, bool stack) {
  Value **v = ARENA_ARRAY(el->cx, Value *, n);
  for (int k = 0; k < n; k++) {
    Value *t =
      value_as_tensor(el, args[k], e->args[k].value->span, arena_printf(el->cx, "an argument of '%s'", el->builtin));
    if (!t) return value_poison(el, e->span);
    v[k] = value_fresh(el, t);
    if (!stack && v[k]->rank == 0) v[k] = with_axis(el, v[k], 0);
  }
  int count = v[0]->rank + stack, at = axis_option(el, count, stack ? 0 : count - 1, args[0]);
  if (at < 0) return value_poison(el, e->span);
  for (int k = 1; k < n; k++)
    if (!may_join(el, v[0], v[k], stack ? -1 : at)) {
      report_join(el, e, args, k, stack, at);
      return value_poison(el, e->span);
    }
  for (int k = 0; k < n && stack; k++) v[k] = with_axis(el, v[k], at);
  return join(el, n, v, at, e->span);
}

Value *builtin_concat(Elaborator *el, Scope *s, const Expr *e, int n, Value **args) {
  (void)s;
  return join_arguments(el, e, n, args, false);
}

Value *builtin_stack(Elaborator *el, Scope *s, const Expr *e, int n, Value **args) {
  (void)s;
  return join_arguments(el, e, n, args, true);
}

/* Part p of axis `at`, which has `extent` places in each part. */
static Value *part_of(Elaborator *el, const Value *x, int at, int64_t extent, int p, Span span) {
  Index *index[MAX_AXES];
  int vars[MAX_AXES];
  for (int j = 0; j < x->rank; j++) {
    vars[j] = graph_var(el->g, j == at ? PLAIN(extent) : value_axis(el, x, j));
    index[j] = index_var(el->g, vars[j]);
    if (j == at) index[j] = index_combine(el->g, 1, index[j], 1, index_constant(el->g, p * extent));
  }
  return value_tensor(el, value_at(el, x, x->rank, index)->read, x->rank, vars, span);
}

Value *builtin_split(Elaborator *el, Scope *s, const Expr *e, int n, Value **args) {
  (void)s, (void)n;
  Value *x = value_as_tensor(el, args[0], e->args[0].value->span, "what is split");
  int64_t parts = value_whole(el, args[1], e->args[1].value->span, "the number of parts", 1);
  if (!x || parts < 0) return value_poison(el, e->span);
  int at = x->rank ? axis_option(el, x->rank, x->rank - 1, x) : 0;
  if (at < 0) return value_poison(el, e->span);
  Axis axis = x->rank ? value_axis(el, x, at) : PLAIN(1);
  if (!x->rank || axis.kind != AXIS_PLAIN || axis.dim || axis.extent % parts) {
    const char *along = el->option ? arena_printf(el->cx, " along axis %d", at) : "";
    elaborate_report(el, e->span, "%s cannot be split into %lld equal parts%s", value_text(el, x), (long long)parts,
                     along);
    if (axis.dim)
      elaborate_advise(el, "that axis has %s places, which differs between examples", dim_text(el, axis.dim));
    if (x->name) elaborate_remark(el, x->span, "'%s' is declared here", x->name);
    return value_poison(el, e->span);
  }
  Value *t = value_new(el, VALUE_TUPLE, e->span);
  t->items = ARENA_ARRAY(el->cx, Value *, parts);
  t->nitems = (int)parts;
  for (int p = 0; p < parts; p++) t->items[p] = part_of(el, x, at, axis.extent / parts, p, e->span);
  return t;
}
