/* define.c: a name gets its value: once in its scope, and anew in each turn of a `for`. */
#include "elaborate/scope.h"

bool define_allowed(Elaborator *el, Scope *s, const char *name, Span span) {
  for (Binding *b = s->first; b; b = b->next) {
    if (b->name != name) continue;
    if (s->may_redefine && !b->value->grows) return true;
    elaborate_report(el, span, "'%s' is already defined", name);
    elaborate_remark(el, b->span, b->is_formal ? "it is an argument" : "it is defined here");
    if (b->value->grows)
      elaborate_advise(el, "'%s' is %s, which only %s[%d] = layer(_, ...) adds to", name, value_text(el, b->value),
                       name, b->value->nitems);
    else elaborate_advise(el, "a value never changes; give the new one another name (a 'for' may redefine)");
    return false;
  }
  return true;
}

static void record_named(Elaborator *el, const char *path, Value *v, Span span, bool ambiguous) {
  Named n = {intern(el->cx, path), v, span, false};
  for (int k = 0; k < el->named.n && ambiguous; k++)
    if (el->named.at[k].path == n.path) n.ambiguous = true;
  VEC_PUSH(el->cx, &el->named, n);
}

/* Under this name in s, and for grad under its path. */
void define_result(Elaborator *el, Scope *s, const char *name, Value *v, Span span) {
  scope_bind(el, s, name, v, span);
  if ((s->fn && s->fn->kind != STMT_LAYER) || value_is_poison(v) || scope_scan(s)) return;
  record_named(el, arena_printf(el->cx, "%s%s%s", s->prefix, name, s->suffix), v, span, s->reuse);
  if (*s->suffix) record_named(el, arena_printf(el->cx, "%s%s", s->prefix, name), v, span, false);
}

void define_path(Elaborator *el, const Scope *s, const Value *v, const char *name) {
  bool hidden = s->fn && s->fn->kind != STMT_LAYER && s->fn->span.source == el->prelude && !scope_scan(s);
  if (v->kind != VALUE_TENSOR || v->read->node->kind != NODE_NAME || hidden) return;
  v->read->node->path =
    intern(el->cx, arena_printf(el->cx, "%s%s%s", s->prefix ? s->prefix : "", name, s->suffix ? s->suffix : ""));
}

void define_target(Elaborator *el, Scope *s, const Target *t, Value *v) {
  Value *named = value_is_poison(v) ? v : value_named(el, s, t->name, v);
  if (named->kind == VALUE_TENSOR) named->span = t->span;
  define_path(el, s, named, t->name);
  define_result(el, s, t->name, named, t->span);
}

void define_value(Elaborator *el, Scope *s, const Target *t, Value *v) {
  if (define_allowed(el, s, t->name, t->span)) define_target(el, s, t, v);
}
