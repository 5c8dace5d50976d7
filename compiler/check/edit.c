/* edit.c: trees of expressions with one place replaced. Trees are shared and never changed: the way from the root to
 * the place is copied.
 *
 *     replaced(δ*(1 + h), 1 + h, 1 - h)   =   δ*(1 - h)          δ is the same node in both */
#include "check/cause.h"

#include <string.h>

/* ---- new ones ---- */

Expr *edit_copy(Context *cx, const Expr *e) { return arena_copy(cx, e, sizeof *e); }

static Expr *make(Context *cx, ExprKind kind) {
  Expr *e = ARENA_NEW(cx, Expr);
  e->kind = kind;
  e->height = 1;
  return e;
}

Expr *edit_number(Context *cx, double x) {
  Expr *e = make(cx, EXPR_NUMBER);
  e->number = x < 0 ? -x : x;
  return x < 0 ? edit_unary(cx, EXPR_NEGATE, e) : e;
}

Expr *edit_name(Context *cx, const char *name) {
  Expr *e = make(cx, EXPR_NAME);
  e->name = name;
  return e;
}

Expr *edit_binary(Context *cx, BinaryOp op, const Expr *a, const Expr *b) {
  Expr *e = make(cx, EXPR_BINARY);
  e->op = op;
  e->a = (Expr *)a;
  e->b = (Expr *)b;
  return e;
}

Expr *edit_unary(Context *cx, ExprKind kind, const Expr *a) {
  Expr *e = make(cx, kind);
  e->a = (Expr *)a;
  return e;
}

Expr *edit_call(Context *cx, const char *callee, const Expr *a, const Expr *b) {
  Expr *e = make(cx, EXPR_CALL);
  e->a = edit_name(cx, intern(cx, callee));
  e->nargs = b ? 2 : 1;
  e->args = ARENA_ARRAY(cx, Arg, 2);
  e->args[0].value = (Expr *)a;
  e->args[1].value = (Expr *)b;
  return e;
}

Expr *edit_read(Context *cx, const Expr *array, const Target *t) {
  Expr *e = make(cx, EXPR_INDEX);
  e->a = (Expr *)array;
  e->nsubs = t->nbinders;
  e->subs = ARENA_ARRAY(cx, Sub, t->nbinders);
  for (int k = 0; k < t->nbinders; k++) e->subs[k].first = edit_name(cx, t->binders[k].name);
  return e;
}

Expr *edit_at(Context *cx, const Expr *array, const Expr *index) {
  Expr *e = make(cx, EXPR_INDEX);
  e->a = (Expr *)array;
  e->nsubs = 1;
  e->subs = ARENA_ARRAY(cx, Sub, 1);
  e->subs[0].first = (Expr *)index;
  return e;
}

Expr *edit_partial(Context *cx, const Expr *loss, const char *name) {
  Expr *e = make(cx, EXPR_PARTIAL);
  e->a = (Expr *)loss;
  e->b = edit_name(cx, name);
  return e;
}

Expr *edit_wrap(Expr *e) {
  e->wrapped = e->kind == EXPR_BINARY || e->kind == EXPR_REDUCE || e->kind == EXPR_NEGATE;
  return e;
}

/* ---- asking ---- */

bool edit_is_number(const Expr *e, double x) { return e->kind == EXPR_NUMBER && e->number == x; }

bool edit_calls(const Expr *e, const char *name) {
  return e->kind == EXPR_CALL && e->a->kind == EXPR_NAME && strcmp(e->a->name, name) == 0;
}

static bool both(const Expr *a, const Expr *b) { return a == b || (a && b && edit_same(a, b)); }

bool edit_same(const Expr *a, const Expr *b) {
  if (a->kind != b->kind || a->name != b->name || a->number != b->number || a->nargs != b->nargs ||
      a->nsubs != b->nsubs || a->nbinders != b->nbinders || (a->kind == EXPR_BINARY && a->op != b->op))
    return false;
  bool same = both(a->a, b->a) && both(a->b, b->b);
  for (int k = 0; same && k < a->nargs; k++) same = edit_same(a->args[k].value, b->args[k].value);
  for (int k = 0; same && k < a->nsubs; k++)
    same = both(a->subs[k].first, b->subs[k].first) && both(a->subs[k].last, b->subs[k].last);
  for (int k = 0; same && k < a->nbinders; k++) same = a->binders[k].name == b->binders[k].name;
  return same;
}

int edit_count(const Expr *e, const char *name) {
  if (!e) return 0;
  int n = e->kind == EXPR_NAME && e->name == name;
  if (e->kind == EXPR_PARTIAL) return 0;
  n += edit_count(e->a, name) + edit_count(e->b, name);
  for (int k = 0; k < e->nargs; k++) n += edit_count(e->args[k].value, name);
  for (int k = 0; k < e->nsubs; k++) n += edit_count(e->subs[k].first, name) + edit_count(e->subs[k].last, name);
  return n;
}

/* ---- replaced ---- */

typedef struct Replace { /* a node, or (node NULL) every name */
  Context *cx;
  const Expr *node, *by;
  const char *name;
} Replace;

static Expr *replace(const Replace *r, const Expr *e);

static Sub *replace_subs(const Replace *r, const Expr *e) {
  Sub *subs = arena_copy(r->cx, e->subs, sizeof(Sub) * (size_t)e->nsubs);
  bool same = true;
  for (int k = 0; k < e->nsubs; k++) {
    if (subs[k].first) subs[k].first = replace(r, subs[k].first);
    if (subs[k].last) subs[k].last = replace(r, subs[k].last);
    same = same && subs[k].first == e->subs[k].first && subs[k].last == e->subs[k].last;
  }
  return same ? e->subs : subs;
}

static Arg *replace_args(const Replace *r, const Expr *e) {
  Arg *args = arena_copy(r->cx, e->args, sizeof(Arg) * (size_t)e->nargs);
  bool same = true;
  for (int k = 0; k < e->nargs; k++) {
    args[k].value = replace(r, args[k].value);
    same = same && args[k].value == e->args[k].value;
  }
  return same ? e->args : args;
}

static Expr *replace(const Replace *r, const Expr *e) {
  if (e == r->node || (!r->node && e->kind == EXPR_NAME && e->name == r->name)) return (Expr *)r->by;
  if (e->kind == EXPR_PARTIAL && !r->node) return (Expr *)e;
  Expr copy = *e;
  bool callee = e->kind == EXPR_CALL && e->a->kind == EXPR_NAME;
  if (e->a && !(callee && !r->node)) copy.a = replace(r, e->a);
  if (e->b) copy.b = replace(r, e->b);
  if (e->nargs) copy.args = replace_args(r, e);
  if (e->nsubs) copy.subs = replace_subs(r, e);
  bool same = copy.a == e->a && copy.b == e->b && copy.args == e->args && copy.subs == e->subs;
  return same ? (Expr *)e : edit_copy(r->cx, &copy);
}

const Expr *edit_replaced(Context *cx, const Expr *root, const Expr *node, const Expr *by) {
  return replace(&(Replace){cx, node, by, NULL}, root);
}

const Expr *edit_renamed(Context *cx, const Expr *root, const char *name, const Expr *by) {
  return replace(&(Replace){cx, NULL, by, name}, root);
}
