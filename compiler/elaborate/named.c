/* named.c: a value under a user's name: a NAME node, which grad can find and which is looked through after that.
 *
 * v = 0.5 with grad(L, v) somewhere: v stays a number where one is needed (an extent), and is a held NAME where it is
 * computed with. */
#include "elaborate/scope.h"

#include <string.h>

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

Value *value_named(Elaborator *el, const Scope *s, const char *label, Value *v) {
  bool asked = asked_by(el, s, label);
  if (v->kind == VALUE_TENSOR) return named_tensor(el, label, v, asked && is_constant(el, v));
  Value *w = arena_copy(el->cx, v, sizeof *v);
  if (asked && value_is_array(v))
    w = held_value(el, v, named_tensor(el, label, value_as_tensor(el, w, v->span, "a value"), true));
  w->name = label;
  w->grows = false;
  return w;
}

bool named_is_held(const Read *r) {
  for (; r->node->kind == NODE_NAME; r = r->node->reads[0])
    if (r->node->held) return true;
  return false;
}
