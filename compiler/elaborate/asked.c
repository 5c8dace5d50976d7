/* asked.c: the names that derivatives are taken by, sought in the text before it is elaborated.
 *
 * A name whose value is known when compiling (y = 0.5, a formal that is given a number) would be folded into what is
 * made of it, and nothing would depend on it. So what is bound to a name that grad, jacobian or a partial derivative
 * is asked by is held: a NAME that nothing looks through until derivatives are taken (named.c). */
#include "elaborate/scope.h"

#include <string.h>

static void ask(Elaborator *el, const Stmt *fn, const Expr *by) {
  if (by->kind != EXPR_NAME && by->kind != EXPR_PART) return;
  const char *dot = strrchr(by->name, '.');
  bool dotted = dot || by->kind == EXPR_PART;
  Asked a = {dotted ? NULL : fn, dot ? intern(el->cx, dot + 1) : by->name, dotted};
  VEC_PUSH(el->cx, &el->asked, a);
}

static void ask_in_expr(Elaborator *el, const Stmt *fn, const Expr *e) {
  if (!e) return;
  bool call = e->kind == EXPR_CALL && e->nargs == 2 && e->a->kind == EXPR_NAME;
  if (call && (strcmp(e->a->name, "grad") == 0 || strcmp(e->a->name, "jacobian") == 0)) ask(el, fn, e->args[1].value);
  if (e->kind == EXPR_PARTIAL) ask(el, fn, e->b);
  ask_in_expr(el, fn, e->a);
  ask_in_expr(el, fn, e->b);
  for (int k = 0; k < e->nargs; k++) ask_in_expr(el, fn, e->args[k].value);
  for (int k = 0; k < e->nsubs; k++) ask_in_expr(el, fn, e->subs[k].first), ask_in_expr(el, fn, e->subs[k].last);
}

void asked_collect(Elaborator *el, const Stmt *fn, const Block *b) {
  for (int k = 0; k < b->n; k++) {
    const Stmt *st = b->at[k];
    const Stmt *inside = st->kind == STMT_FN || st->kind == STMT_LAYER || st->kind == STMT_OPTIMIZER ? st : fn;
    ask_in_expr(el, inside, st->value);
    ask_in_expr(el, inside, st->value2);
    for (int j = 0; j < st->nvalues; j++) ask_in_expr(el, inside, st->values[j]);
    for (int j = 0; j < st->ndecls; j++) ask_in_expr(el, inside, st->decls[j].init);
    asked_collect(el, inside, &st->body);
    asked_collect(el, inside, &st->other);
  }
}

/* Is a derivative taken by this name of s: in the same function or model, or as h.name from outside of a layer? */
bool asked_by(const Elaborator *el, const Scope *s, const char *name) {
  for (int k = 0; k < el->asked.n; k++) {
    const Asked *a = &el->asked.at[k];
    if (a->name == name && (a->dotted ? s->fn && s->fn->kind == STMT_LAYER : a->fn == s->fn)) return true;
  }
  return false;
}
