/* cause_name.c: edits of names and indices of a formula.
 *
 *     h*(1 - h)   ->   a*(1 - a)         W[i, j]*x[j]   ->   W[j, i]*x[j], W[i, j]*x[i], W[i, j + 1]*x[j], ...
 *
 * A name gives way to each name of the same shape, once, in a product of both, and everywhere. */
#include "check/cause.h"

#include <string.h>

typedef struct Names {
  Inquiry *q;
  Site *at;
  bool indexed; /* the name at hand stands before brackets */
} Names;

static void try(Names *l, const Expr *node, const Expr *by, CauseKind kind, int cost, const char *format,
                const Expr *what, const Expr *other) {
  inquiry_try(l->q, l->at, node, by, (Edit){kind, cost, format, what, other});
}

/* ---- names ---- */

static bool same_shape(const Known *a, const Known *b) {
  if (a->rank != b->rank) return false;
  for (int k = 0; k < a->rank; k++)
    if (!axis_equal(a->axes[k], b->axes[k])) return false;
  return true;
}

static const Known *known_of(const Names *l, const Expr *e) {
  for (int k = 0; k < l->at->nindices; k++)
    if (l->at->indices[k] == e->name) return NULL;
  return inquiry_known(l->q, e->name);
}

/* One place of the name. */
static void other_names(Names *l, const Expr *e) {
  const Known *mine = known_of(l, e);
  bool wrong = mine && inquiry_is_wrong_line(l->q, e->name); /* another name hides what is wrong with it */
  for (int k = 0; mine && k < l->q->known.n; k++) {
    const Known *other = &l->q->known.at[k];
    bool fits = same_shape(mine, other);
    if (other == mine || (!fits && (other->rank > 2 || l->indexed))) continue;
    Expr *by = edit_name(l->q->cx, other->name);
    bool made_of = l->q->aside[k] && other->stmt && edit_count(other->stmt->value, e->name); /* d = p - y for p */
    try(l, e, by, CAUSE_NAME, (made_of ? 7 : fits ? 4 : 5) + (wrong ? 4 : 0), "`%s` in place of `%s`", e, by);
  }
}

static int collect_names(const Names *l, const Expr *e, const Known **out, int n, int most) {
  if (!e || e->kind == EXPR_PARTIAL) return n;
  const Known *known = e->kind == EXPR_NAME ? known_of(l, e) : NULL;
  bool seen = !known || n == most;
  for (int k = 0; k < n; k++) seen = seen || out[k] == known;
  if (!seen) out[n++] = known;
  n = collect_names(l, e->a, out, n, most);
  n = collect_names(l, e->b, out, n, most);
  for (int k = 0; k < e->nargs; k++) n = collect_names(l, e->args[k].value, out, n, most);
  return n;
}

/* All places of a name that stands more than once below this node, on both sides of it. */
static void other_names_below(Names *l, const Expr *e, bool root) {
  enum { MOST = 16 };
  const Known *names[MOST];
  int n = collect_names(l, e, names, 0, MOST);
  for (int i = 0; i < n; i++) {
    bool here = root ? edit_count(e, names[i]->name) > 1
                     : e->b && edit_count(e->a, names[i]->name) && edit_count(e->b, names[i]->name);
    for (int k = 0; here && k < l->q->known.n; k++) {
      const Known *other = &l->q->known.at[k];
      if (other == names[i] || !same_shape(names[i], other) || other->whole != names[i]->whole) continue;
      Expr *by = edit_name(l->q->cx, other->name);
      try(l, e, edit_renamed(l->q->cx, e, names[i]->name, by), CAUSE_NAME,
          inquiry_is_wrong_line(l->q, names[i]->name) ? 8 : 4, "`%s` in place of `%s`",
          edit_name(l->q->cx, names[i]->name), by);
    }
  }
}

/* A derivative in the formula, by another name. */
static void other_targets(Names *l, const Expr *e) {
  const Expr *by = e->kind == EXPR_PARTIAL ? e->b : e->nargs == 2 ? e->args[1].value : NULL;
  const Known *mine = by && by->kind == EXPR_NAME ? inquiry_known(l->q, by->name) : NULL;
  for (int k = 0; mine && k < l->q->known.n; k++) {
    const Known *other = &l->q->known.at[k];
    if (other == mine || !same_shape(mine, other) || other->constant || other->whole) continue;
    const Expr *changed = edit_replaced(l->q->cx, e, by, edit_name(l->q->cx, other->name));
    try(l, e, changed, CAUSE_TARGET, 4, "`%s` in place of `%s`", e, changed);
  }
}

/* ---- indices ---- */

static Expr *with_sub(Names *l, const Expr *e, int k, Expr *first, Expr *last) {
  Expr *copy = edit_copy(l->q->cx, e);
  copy->subs = arena_copy(l->q->cx, e->subs, sizeof(Sub) * (size_t)e->nsubs);
  copy->subs[k].first = first;
  copy->subs[k].last = last;
  return copy;
}

static Expr *shifted(Names *l, const Expr *i, int by) {
  Context *cx = l->q->cx;
  if (i->kind == EXPR_NUMBER) return edit_number(cx, i->number + by);
  return edit_binary(cx, by < 0 ? BIN_SUB : BIN_ADD, i, edit_number(cx, by < 0 ? -by : by));
}

static Expr *else_zero(Names *l, Expr *e) {
  Expr *copy = edit_copy(l->q->cx, e);
  copy->else_zero = true;
  return copy;
}

static int64_t extent_at(const Names *l, const Expr *e, int k) {
  const Known *known = e->a->kind == EXPR_NAME ? inquiry_known(l->q, e->a->name) : NULL;
  return known && k < known->rank && known->axes[k].kind == AXIS_PLAIN ? known->axes[k].extent : 0;
}

/* The place k of x[..., i, ...] one further, one before, from the end. */
static void shift_index(Names *l, const Expr *e, int k) {
  Expr *i = e->subs[k].first;
  int64_t extent = extent_at(l, e, k);
  for (int by = -1; by <= 1; by += 2) {
    Expr *moved = with_sub(l, e, k, shifted(l, i, by), NULL);
    try(l, e, moved, CAUSE_INDEX, 4, "the index of `%s`, which should be `%s`", e, moved);
    moved = else_zero(l, moved);
    if (i->kind != EXPR_NUMBER) try(l, e, moved, CAUSE_INDEX, 5, "the index of `%s`, which should be `%s`", e, moved);
  }
  if (extent && i->kind != EXPR_NUMBER) {
    Context *cx = l->q->cx;
    Expr *moved = with_sub(
      l, e, k, edit_binary(cx, BIN_SUB, edit_number(cx, (double)extent - 1), edit_wrap(edit_copy(cx, i))), NULL);
    try(l, e, moved, CAUSE_INDEX, 5, "`%s` is read backwards, which should be `%s`", e, moved);
  }
}

static void swap_indices(Names *l, const Expr *e, int i, int j) {
  Expr *copy = edit_copy(l->q->cx, e);
  copy->subs = arena_copy(l->q->cx, e->subs, sizeof(Sub) * (size_t)e->nsubs);
  Sub first = copy->subs[i];
  copy->subs[i] = copy->subs[j];
  copy->subs[j] = first;
  try(l, e, copy, CAUSE_TRANSPOSE, 2, "the indices of `%s`, which should be `%s`", e, copy);
}

static bool index_fits(const Names *l, int which, int64_t extent) {
  return !extent || !l->at->extents[which] || l->at->extents[which] <= extent;
}

/* x[i + j], x[i - j] for x[i]. */
static void offset_index(Names *l, const Expr *e, int k) {
  for (int v = 0; v < l->at->nindices; v++)
    for (BinaryOp op = BIN_ADD; op <= BIN_SUB; op++) {
      Expr *i = edit_binary(l->q->cx, op, e->subs[k].first, edit_name(l->q->cx, l->at->indices[v]));
      Expr *moved = with_sub(l, e, k, i, NULL);
      if (l->at->indices[v] == e->subs[k].first->name) continue;
      try(l, e, moved, CAUSE_INDEX, 5, "the index of `%s`, which should be `%s`", e, moved);
      try(l, e, else_zero(l, moved), CAUSE_INDEX, 6, "the index of `%s`, which should be `%s`", e, else_zero(l, moved));
    }
}

/* x[i + (n - 1 - j)] for x[i + j], where j runs to n: a kernel that is flipped. */
static void flip_index(Names *l, const Expr *e, int k, const Expr *j) {
  Context *cx = l->q->cx;
  for (int v = 0; v < l->at->nindices; v++) {
    if (l->at->indices[v] != j->name || !l->at->extents[v]) continue;
    Expr *back = edit_binary(cx, BIN_SUB, edit_number(cx, (double)l->at->extents[v] - 1), j);
    const Expr *i = edit_replaced(cx, e->subs[k].first, j, edit_wrap(back));
    Expr *moved = with_sub(l, e, k, (Expr *)i, NULL);
    try(l, e, moved, CAUSE_INDEX, 5, "`%s` is read backwards, which should be `%s`", e, moved);
  }
}

/* Another index at place k; inside of an index too: x[i + k] for x[j + k]. */
static void other_indices(Names *l, const Expr *e, int k, const Expr *i) {
  if (!i) return;
  if (i->kind == EXPR_BINARY && (i->op == BIN_ADD || i->op == BIN_SUB)) {
    Expr *turned = edit_copy(l->q->cx, i);
    turned->op = i->op == BIN_ADD ? BIN_SUB : BIN_ADD;
    Expr *moved = with_sub(l, e, k, (Expr *)edit_replaced(l->q->cx, e->subs[k].first, i, turned), NULL);
    try(l, e, moved, CAUSE_INDEX, 4, "the index of `%s`, which should be `%s`", e, moved);
    try(l, e, else_zero(l, moved), CAUSE_INDEX, 5, "the index of `%s`, which should be `%s`", e, else_zero(l, moved));
    moved = with_sub(l, e, k, (Expr *)edit_replaced(l->q->cx, e->subs[k].first, i, i->a), NULL);
    try(l, e, moved, CAUSE_INDEX, 4, "the index of `%s`, which should be `%s`", e, moved);
    if (i->op == BIN_SUB) {
      moved = with_sub(l, e, k, (Expr *)edit_replaced(l->q->cx, e->subs[k].first, i, i->b), NULL);
      try(l, e, moved, CAUSE_INDEX, 4, "the index of `%s`, which should be `%s`", e, moved);
    }
    other_indices(l, e, k, i->a);
    other_indices(l, e, k, i->b);
  }
  if (i->kind != EXPR_NAME) return;
  bool alone = i == e->subs[k].first;
  if (alone) offset_index(l, e, k);
  else flip_index(l, e, k, i);
  for (int v = 0; v < l->at->nindices; v++) {
    if (l->at->indices[v] == i->name || (alone && !index_fits(l, v, extent_at(l, e, k)))) continue;
    Expr *moved = with_sub(
      l, e, k, (Expr *)edit_replaced(l->q->cx, e->subs[k].first, i, edit_name(l->q->cx, l->at->indices[v])), NULL);
    try(l, e, moved, CAUSE_INDEX, 3, "the index of `%s`, which should be `%s`", e, moved);
  }
}

static void shift_range(Names *l, const Expr *e, int k) {
  Expr *first = e->subs[k].first, *last = e->subs[k].last;
  for (int by = -1; by <= 1; by += 2) {
    Expr *moved = with_sub(l, e, k, first ? shifted(l, first, by) : NULL, last ? shifted(l, last, by) : NULL);
    try(l, e, moved, CAUSE_INDEX, 4, "the range of `%s`, which should be `%s`", e, moved);
    Expr *from = first ? shifted(l, first, by) : by > 0 ? edit_number(l->q->cx, 1) : NULL;
    try(l, e, with_sub(l, e, k, from, last), CAUSE_INDEX, 4, "the range of `%s`, which should be `%s`", e,
        with_sub(l, e, k, from, last));
  }
}

static void other_places(Names *l, const Expr *e) {
  for (int k = 0; k < e->nsubs; k++) {
    if (e->subs[k].is_range) {
      shift_range(l, e, k);
      continue;
    }
    other_indices(l, e, k, e->subs[k].first);
    shift_index(l, e, k);
    for (int j = k + 1; j < e->nsubs; j++)
      if (!e->subs[j].is_range) swap_indices(l, e, k, j);
  }
  if (e->else_zero) return;
  if (e->a->kind == EXPR_NAME) {
    const Known *known = inquiry_known(l->q, e->a->name);
    bool row = e->nsubs == 1 || (e->nsubs == 2 && e->subs[0].is_range != e->subs[1].is_range);
    if (known && known->rank == 2 && row) {
      Expr *copy = edit_copy(l->q->cx, e);
      copy->a = edit_unary(l->q->cx, EXPR_TRANSPOSE, e->a);
      try(l, e, copy, CAUSE_AXIS, 3, "the axis of `%s`, which should be `%s`", e, copy);
    }
  }
}

/* x[i] as a value: an index where another one is meant: the place itself, (i == j). */
static void other_index_value(Names *l, const Expr *e) {
  bool index = false;
  for (int k = 0; k < l->at->nindices; k++) index = index || l->at->indices[k] == e->name;
  for (int k = 0; index && k < l->at->nindices; k++) {
    if (l->at->indices[k] == e->name) continue;
    Expr *by = edit_name(l->q->cx, l->at->indices[k]);
    try(l, e, by, CAUSE_INDEX, 4, "the index `%s` in place of `%s`", e, by);
  }
  for (int by = -1; index && by <= 1; by += 2)
    try(l, e, edit_wrap(shifted(l, e, by)), CAUSE_INDEX, 5, "the index `%s`, which should be `%s`", e,
        shifted(l, e, by));
}

/* ---- a whole formula ---- */

/* The indices i and j exchanged, and i one further or before, wherever it is written. */
static void everywhere(Names *l, const Expr *root) {
  Context *cx = l->q->cx;
  const Check *c = l->q->check;
  int n = l->at->line < 0 ? c->nindices : 0;
  const char *other = intern(cx, "'other");
  for (int i = 0; i < n; i++)
    for (int j = i + 1; j < n; j++) {
      if (!axis_equal(graph_var_axis(l->q->p->graph, c->vars[i]), graph_var_axis(l->q->p->graph, c->vars[j]))) continue;
      const Expr *by = edit_renamed(cx, root, c->names[i], edit_name(cx, other));
      by = edit_renamed(cx, by, c->names[j], edit_name(cx, c->names[i]));
      by = edit_renamed(cx, by, other, edit_name(cx, c->names[j]));
      inquiry_try_root(l->q, l->at, by, (Edit){CAUSE_TRANSPOSE, 1, "the transpose of the whole", NULL, NULL});
    }
  for (int i = 0; i < n; i++)
    for (int by = -1; by <= 1 && edit_count(root, c->names[i]) > 1; by += 2) {
      Expr *name = edit_name(cx, c->names[i]), *moved = shifted(l, name, by);
      inquiry_try_root(l->q, l->at, edit_renamed(cx, root, c->names[i], edit_wrap(moved)),
                       (Edit){CAUSE_INDEX, 4, "the index `%s`, which should be `%s`", name, shifted(l, name, by)});
    }
}

/* ---- all nodes ---- */

/* The binders of a reduction are indices inside of it. */
static int enter(Names *l, const Expr *e) {
  int before = l->at->nindices;
  for (int k = 0; e->kind == EXPR_REDUCE && k < e->nbinders && l->at->nindices < MOST_INDICES; k++) {
    l->at->extents[l->at->nindices] = inquiry_extent(l->q, e, k);
    l->at->indices[l->at->nindices++] = e->binders[k].name;
  }
  return before;
}

static void walk(Names *l, const Expr *e) {
  if (!e || l->q->work <= 0) return;
  if (e->kind == EXPR_NAME) other_names(l, e), other_index_value(l, e);
  if (e->kind == EXPR_BINARY) other_names_below(l, e, false);
  if (e->kind == EXPR_INDEX) other_places(l, e);
  if (e->kind == EXPR_PARTIAL || edit_calls(e, "grad") || edit_calls(e, "jacobian")) {
    other_targets(l, e);
    return;
  }
  int before = enter(l, e);
  if (e->a && e->kind != EXPR_CALL) {
    l->indexed = e->kind == EXPR_INDEX;
    walk(l, e->a);
    l->indexed = false;
  }
  if (e->b) walk(l, e->b);
  for (int k = 0; k < e->nargs; k++) walk(l, e->args[k].value);
  l->at->nindices = before;
}

void cause_names(Inquiry *q, Site *at) {
  Names l = {q, at, false};
  everywhere(&l, at->root);
  other_names_below(&l, at->root, true);
  walk(&l, at->root);
}
