/* path.c: the paths of layers: what is called by name has that name (h.W after h = dense(x, 4)), what is called within
 * an expression the layer's, numbered where it is called more than once (dense1.W, dense2.W). */
#include "elaborate/scope.h"

#include <string.h>

static bool is_layer(const Value *f) { return f->kind == VALUE_FUNCTION && f->fn && f->fn->kind == STMT_LAYER; }

typedef struct CallList {
  const Expr **at;
  const Value **fn;
  int n;
} CallList;

static void collect_calls(Elaborator *el, Scope *s, const Expr *e, CallList *list) {
  if (!e) return;
  if (e->kind == EXPR_CALL && e->a->kind == EXPR_NAME && list->n < 256) {
    Value *f = lookup_quiet(el, s, e->a->name);
    if (f && is_layer(f) && !f->partial) {
      list->at[list->n] = e;
      list->fn[list->n++] = f;
    }
  }
  collect_calls(el, s, e->a, list);
  collect_calls(el, s, e->b, list);
  for (int k = 0; k < e->nsubs; k++) {
    collect_calls(el, s, e->subs[k].first, list);
    collect_calls(el, s, e->subs[k].last, list);
  }
  for (int k = 0; k < e->nargs; k++) collect_calls(el, s, e->args[k].value, list);
}

/* The path of each layer call in a statement: the name on the left where there is one call; else by layer, numbered as
 * read where a layer is called more than once. */
void path_name_calls(Elaborator *el, Scope *s, const char *target, const Expr *e1, const Expr *e2) {
  CallList list = {ARENA_ARRAY(el->cx, const Expr *, 256), ARENA_ARRAY(el->cx, const Value *, 256), 0};
  collect_calls(el, s, e1, &list);
  collect_calls(el, s, e2, &list);
  el->calls = list.at;
  el->ncalls = list.n;
  el->call_paths = ARENA_ARRAY(el->cx, const char *, list.n);
  for (int k = 0; k < list.n; k++) {
    const char *layer = list.fn[k]->fn->name, *path;
    int number = 1, same = 0;
    for (int j = 0; j < list.n; j++) {
      same += list.fn[j]->fn->name == layer;
      number += j < k && list.fn[j]->fn->name == layer;
    }
    const char *numbered = same > 1 ? arena_printf(el->cx, "%s%d", layer, number) : layer;
    if (target && list.n == 1) path = arena_printf(el->cx, "%s%s%s", s->prefix, target, s->suffix);
    else if (target) path = arena_printf(el->cx, "%s%s%s.%s", s->prefix, target, s->suffix, numbered);
    else path = arena_printf(el->cx, "%s%s%s", s->prefix, numbered, s->suffix);
    el->call_paths[k] = path;
  }
}

const char *path_of_call(Elaborator *el, Scope *s, const Expr *call, const Stmt *layer) {
  for (int k = 0; k < el->ncalls; k++)
    if (el->calls[k] == call) return el->call_paths[k];
  return arena_printf(el->cx, "%s%s%s", s->prefix, layer->name, s->suffix);
}

bool path_is_hole(const Expr *e) { return e->kind == EXPR_NAME && strcmp(e->name, "_") == 0; }
