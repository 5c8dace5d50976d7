/* flat.c: is an optimizer elementwise? Then its lines are elaborated once, over a run of parameters of any length: what
 * is stored one after the other is updated by one loop. */
#include "model/run.h"

#include <string.h>

static bool elementwise_expr(Elaborator *el, const Expr *e, int depth) {
  if (!e) return true;
  if (e->kind == EXPR_REDUCE || e->kind == EXPR_INDEX || e->kind == EXPR_TRANSPOSE || e->kind == EXPR_PARTIAL ||
      e->kind == EXPR_LIST)
    return false;
  if (e->kind == EXPR_BINARY && e->op == BIN_MATMUL) return false;
  if (e->kind == EXPR_CALL) {
    Value *f = e->a->kind == EXPR_NAME ? lookup_quiet(el, el->own, e->a->name) : NULL;
    if (!f || f->kind != VALUE_FUNCTION || depth > 20) return false;
    bool pair = f->builtin && f->builtin->most == 2 && e->nargs == 2 &&
                (strcmp(f->builtin->name, "max") == 0 || strcmp(f->builtin->name, "min") == 0);
    if (f->builtin && f->builtin->call && !pair) return false;
    if (f->fn && !flat_block(el, &f->fn->body, depth + 1)) return false;
  } else if (!elementwise_expr(el, e->a, depth)) {
    return false;
  }
  for (int k = 0; k < e->nargs; k++)
    if (!elementwise_expr(el, e->args[k].value, depth)) return false;
  return elementwise_expr(el, e->b, depth);
}

/* `e ~ normal(mu, sigma)`: what it computes are the lines of draw_normal. */
static bool elementwise_draw(Elaborator *el, const Expr *e, int depth) {
  if (e->kind != EXPR_CALL || e->a->kind != EXPR_NAME) return false;
  Value *f = lookup_quiet(el, el->globals, intern(el->cx, arena_printf(el->cx, "draw_%s", e->a->name)));
  if (!f || !f->fn || !flat_block(el, &f->fn->body, depth + 1)) return false;
  for (int k = 0; k < e->nargs; k++)
    if (!elementwise_expr(el, e->args[k].value, depth)) return false;
  return true;
}

bool flat_block(Elaborator *el, const Block *b, int depth) {
  for (int k = 0; k < b->n; k++) {
    const Stmt *st = b->at[k];
    if (st->kind == STMT_DRAW ? !elementwise_draw(el, st->value, depth)
                              : st->kind != STMT_STATE && !elementwise_expr(el, st->value, depth))
      return false;
    for (int j = 0; j < st->nvalues; j++)
      if (!elementwise_expr(el, st->values[j], depth)) return false;
    if (!flat_block(el, &st->body, depth) || !flat_block(el, &st->other, depth)) return false;
  }
  return true;
}
