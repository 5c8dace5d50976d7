/* scope.c: scopes of names, and what holds in them: the scan, the formals, the variables that draws depend on.
 *
 * Scopes are chained: block in function or model, in the text of the model, in the prelude. A function sees constants
 * and functions, not the values of its caller. */
#include "elaborate/scope.h"

#include <string.h>

Scope *scope_new(Elaborator *el, ScopeKind kind, Scope *parent) {
  Scope *s = ARENA_NEW(el->cx, Scope);
  s->kind = kind;
  s->parent = parent;
  s->prefix = parent ? parent->prefix : "";
  s->suffix = parent ? parent->suffix : "";
  if (kind == SCOPE_BLOCK) {
    s->fn = parent->fn;
    s->may_redefine = parent->may_redefine;
    s->reuse = parent->reuse;
    s->since = parent->since;
    s->overrides = parent->overrides;
    s->override_values = parent->override_values;
    s->noverrides = parent->noverrides;
  }
  return s;
}

Scope *scope_home(const Elaborator *el, Span definition) {
  if (el->hand && definition.source == el->hand_source) return el->hand;
  return definition.source == el->prelude ? el->globals : el->own;
}

Binding *scope_find(Scope *s, const char *name) {
  for (; s; s = s->parent)
    for (Binding *b = s->first; b; b = b->next)
      if (b->name == name) return b;
  return NULL;
}

void scope_bind(Elaborator *el, Scope *s, const char *name, Value *v, Span span) {
  Binding *b = ARENA_NEW(el->cx, Binding);
  *b = (Binding){name, v, span, false, s->first};
  s->first = b;
}

ScanScope *scope_scan(const Scope *s) {
  for (; s && s->kind == SCOPE_BLOCK; s = s->parent)
    if (s->scan) return s->scan;
  return NULL;
}

bool scope_plain_formal(const Scope *s, const Expr *e) {
  if (e->kind != EXPR_NAME || !s->fn) return false;
  for (int k = 0; k < s->fn->nformals; k++)
    if (s->fn->formals[k].name == e->name) return s->fn->formals[k].kind == FORMAL_PLAIN;
  return false;
}

const Builtin *builtin_find(const Elaborator *el, const char *name) {
  for (int k = 0; k < el->nbuiltins; k++)
    if (strcmp(el->builtins[k].name, name) == 0) return &el->builtins[k];
  return NULL;
}

int builtin_names(const Elaborator *el, const char **names, int most) {
  int n = el->nbuiltins < most ? el->nbuiltins : most;
  for (int k = 0; k < n; k++) names[k] = el->builtins[k].name;
  return n;
}

void scope_push_var(Elaborator *el, int var) { VEC_PUSH(el->cx, &el->context, var); }

void scope_pop_vars(Elaborator *el, int n) { el->context.n -= n; }

/* Ten `for`s inside of one another, or functions that call others twice, can ask for more than there is time for. */
bool scope_take_turn(Elaborator *el, Span span) {
  if (++el->turns == MOST_TURNS)
    elaborate_report(el, span, "by here there are %d calls and turns of 'for', more than a model may have", MOST_TURNS);
  return el->turns < MOST_TURNS;
}

bool expr_mentions(const Expr *e, const char *name) {
  if (!e) return false;
  if (e->kind == EXPR_NAME) return e->name == name;
  if (expr_mentions(e->a, name) || expr_mentions(e->b, name)) return true;
  for (int k = 0; k < e->nargs; k++)
    if (expr_mentions(e->args[k].value, name)) return true;
  for (int k = 0; k < e->nsubs; k++)
    if (expr_mentions(e->subs[k].first, name) || expr_mentions(e->subs[k].last, name)) return true;
  return false;
}
