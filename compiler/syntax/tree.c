/* tree.c: the constructors of the tree, one for each action of syntax/parser.y, and the checks that belong to the
 * grammar but would double it: what may be declared, what an index is called, comparisons that are chained. */
#include "syntax/parse.h"
#include "parser.h"

#include <string.h>

/* ---- expressions ---- */

static Expr *expr_new(Parser *p, ExprKind kind, Span s) {
  Expr *e = ARENA_NEW(p->cx, Expr);
  e->kind = kind;
  e->span = s;
  e->height = 1;
  return e;
}

/* Every later stage walks trees by recursion, so a tree may not be higher than its stack. What is too high is reported
 * once a statement and stays out of the tree. */
static bool over(Parser *p, Expr *e, const Expr *part) {
  if (!part) return false;
  if (part->height >= e->height) e->height = part->height + 1;
  if (e->height <= MOST_HEIGHT) return false;
  if (!p->too_high) {
    error_at(p->cx, part->span, "more than %d operations are nested in this expression", MOST_HEIGHT);
    help(p->cx, "give its parts names of their own");
  }
  return p->too_high = true;
}

Expr *tree_number(Parser *p, Span s, double number) {
  Expr *e = expr_new(p, EXPR_NUMBER, s);
  e->number = number;
  return e;
}

Expr *tree_name(Parser *p, Span s, const char *name) {
  Expr *e = expr_new(p, EXPR_NAME, s);
  e->name = name;
  return e;
}

/* A name stays a name: `(n) = ...` defines n. */
Expr *tree_wrapped(Expr *e, Span s) {
  if (e->kind == EXPR_NAME) return e;
  e->span = s;
  e->wrapped = true;
  return e;
}

Expr *tree_unary(Parser *p, ExprKind kind, Span s, Expr *a) {
  Expr *e = expr_new(p, kind, s);
  e->a = a;
  return over(p, e, a) ? a : e;
}

Expr *tree_binary(Parser *p, BinaryOp op, Span op_span, Expr *a, Expr *b) {
  Expr *e = expr_new(p, EXPR_BINARY, span_join(a->span, b->span));
  e->op = op;
  e->op_span = op_span;
  e->a = a;
  e->b = b;
  return over(p, e, a) ? a : over(p, e, b) ? b : e;
}

static bool is_comparison(const Expr *e) { return e->kind == EXPR_BINARY && e->op >= BIN_EQ && e->op <= BIN_GE; }

/* Parentheses belong to an expression's span: one that begins where its first operand does has none. */
static bool stands_bare(const Expr *e) { return e->span.start == e->a->span.start; }

Expr *tree_compare(Parser *p, BinaryOp op, Span op_span, Expr *a, Expr *b) {
  if (is_comparison(a) && stands_bare(a)) {
    const char *text = p->source->text;
    error_at(p->cx, op_span, "comparisons are not chained; this one follows '%.*s'",
             (int)(a->op_span.end - a->op_span.start), text + a->op_span.start);
    help(p->cx, "write 'a < b and b < c', or put parentheses around the comparison whose 0 or 1 is compared");
  }
  return tree_binary(p, op, op_span, a, b);
}

static bool take_args(Parser *p, Expr *e, const ArgList *args) {
  e->args = args->at;
  e->nargs = args->n;
  for (int k = 0; k < args->n; k++)
    if (over(p, e, args->at[k].value)) return false;
  return true;
}

Expr *tree_call(Parser *p, Span s, Expr *callee, const ArgList *args) {
  Expr *e = expr_new(p, EXPR_CALL, s);
  e->a = callee;
  if (callee->kind == EXPR_NUMBER) {
    error_at(p->cx, callee->span, "a number is not a function");
    help(p->cx, "a product is written with '*'");
  }
  bool named = false;
  for (int k = 0; k < args->n; k++) {
    const Arg *a = &args->at[k];
    if (named && !a->name) error_at(p->cx, a->value->span, "an argument without a name stands after one with a name");
    named |= a->name != NULL;
  }
  return over(p, e, callee) || !take_args(p, e, args) ? callee : e;
}

Binder tree_binder(Parser *p, Name name, Expr *bound) {
  if (strchr(name.text, '.')) error_at(p->cx, name.span, "'%s' is no name for an index: it has a dot", name.text);
  return (Binder){.name = name.text, .span = name.span, .bound = bound};
}

/* `j` or `j < 5`; anything else is no index. */
static bool as_binder(Parser *p, const Expr *e, Binder *b) {
  bool bounded = e->kind == EXPR_BINARY && e->op == BIN_LT && stands_bare(e);
  const Expr *name = bounded ? e->a : e;
  if (name->kind != EXPR_NAME) return false;
  *b = tree_binder(p, (Name){name->name, name->span}, bounded ? e->b : NULL);
  return true;
}

Expr *tree_reduce(Parser *p, Span s, Expr *callee, const ArgList *args, Expr *body) {
  if (callee->kind != EXPR_NAME) {
    error_at(
      p->cx, callee->span,
      "expected the name of a reduction before an index and a body; a derivative is taken with respect to a name");
    help(p->cx, "give the value a name in a definition of its own: m = sum(batch) x, then ∂L/∂m");
    return body;
  }
  Expr *e = expr_new(p, EXPR_REDUCE, s);
  e->name = callee->name;
  e->name_span = callee->span;
  e->a = body;
  e->binders = ARENA_ARRAY(p->cx, Binder, args->n + 1);
  if (args->n == 0)
    error_at(p->cx, s, "'%s' with a body names the indices that it runs over, found none", callee->name);
  for (int k = 0; k < args->n; k++) {
    const Arg *a = &args->at[k];
    if (!a->name && as_binder(p, a->value, &e->binders[e->nbinders])) {
      e->nbinders++;
      continue;
    }
    error_at(p->cx, a->value->span, "expected the name of an index, as in '%s(j)' or '%s(j < 3)', before the body",
             callee->name, callee->name);
    note_at(p->cx, body->span, "this is the body, for it follows the parentheses; a product is written with '*'");
  }
  for (int k = 0; k < e->nbinders; k++)
    if (over(p, e, e->binders[k].bound)) return body;
  return over(p, e, body) ? body : e;
}

Expr *tree_index(Parser *p, Span s, Expr *base, const SubList *subs) {
  Expr *e = expr_new(p, EXPR_INDEX, s);
  e->a = base;
  e->subs = subs->at;
  e->nsubs = subs->n;
  e->else_zero = subs->else_zero;
  bool high = over(p, e, base);
  for (int k = 0; k < subs->n; k++) high |= over(p, e, subs->at[k].first) || over(p, e, subs->at[k].last);
  return high ? base : e;
}

Expr *tree_part(Parser *p, Span s, Expr *base, Name name) {
  Expr *e = expr_new(p, EXPR_PART, s);
  e->a = base;
  e->name = name.text;
  e->name_span = name.span;
  return over(p, e, base) ? base : e;
}

bool tree_else_zero(Parser *p, const Expr *e) {
  if (e->kind == EXPR_NUMBER && e->number == 0) return true;
  error_at(p->cx, e->span, "what an index reads outside of its array is 0: expected '0' after 'else'");
  return true;
}

Expr *tree_partial(Parser *p, Span s, Name a, Name b) {
  Expr *e = expr_new(p, EXPR_PARTIAL, s);
  e->a = tree_name(p, a.span, a.text);
  e->b = tree_name(p, b.span, b.text);
  e->height = 2;
  return e;
}

Expr *tree_list(Parser *p, Span s, const ExprList *items) {
  Expr *e = expr_new(p, EXPR_LIST, s);
  e->nargs = items->n;
  e->args = ARENA_ARRAY(p->cx, Arg, items->n);
  for (int k = 0; k < items->n; k++) {
    e->args[k] = (Arg){.value = items->at[k]};
    if (over(p, e, items->at[k])) return items->at[k];
  }
  return e;
}

/* ---- names that are declared ---- */

static bool is_reserved(const char *name) {
  static const char *const names[] = {"batch", "training", "step", "gnorm"};
  for (size_t k = 0; k < sizeof names / sizeof *names; k++)
    if (strcmp(names[k], name) == 0) return true;
  return false;
}

static void declare(Parser *p, Name name) {
  if (strcmp(name.text, "_") == 0) {
    error_at(p->cx, name.span, "'_' is the open place of a call and cannot be defined");
  } else if (strchr(name.text, '.')) {
    error_at(p->cx, name.span, "'%s' cannot be defined: only what a layer makes has a name with a dot", name.text);
  } else if (is_reserved(name.text)) {
    error_at(p->cx, name.span, "'%s' is a reserved word and cannot be defined", name.text);
  }
}

Decl *tree_decl(Parser *p, Name name, const ExprList *shape, InitKind kind, Expr *init) {
  declare(p, name);
  Decl *d = ARENA_NEW(p->cx, Decl);
  *d = (Decl){.name = name.text, .span = name.span, .init_kind = kind, .init = init};
  if (shape) d->shape = shape->at, d->nshape = shape->n;
  return d;
}

Formal *tree_formal(Parser *p, Name name, FormalKind kind, const ExprList *shape) {
  declare(p, name);
  Formal *f = ARENA_NEW(p->cx, Formal);
  *f = (Formal){.name = name.text, .span = name.span, .kind = kind};
  if (shape) f->shape = shape->at, f->nshape = shape->n;
  return f;
}

Target *tree_target(Parser *p, Name name, const ExprList *places, const ExprList *shape) {
  Target *t = ARENA_NEW(p->cx, Target);
  *t = (Target){.name = name.text, .span = name.span, .indexed = places != NULL, .has_shape = shape != NULL};
  if (shape) t->shape = shape->at, t->nshape = shape->n;
  if (!places) return t;
  t->binders = ARENA_ARRAY(p->cx, Binder, places->n);
  t->nbinders = places->n;
  for (int k = 0; k < places->n; k++)
    if (!as_binder(p, places->at[k], &t->binders[k]))
      t->binders[k] = (Binder){.span = places->at[k]->span, .bound = places->at[k]};
  return t;
}

/* ---- statements ---- */

Block tree_block(const StmtList *stmts) { return (Block){.at = stmts->at, .n = stmts->n}; }

Stmt *tree_stmt(Parser *p, StmtKind kind, Span s) {
  Stmt *st = ARENA_NEW(p->cx, Stmt);
  st->kind = kind;
  st->span = s;
  return st;
}

Stmt *tree_named(Parser *p, StmtKind kind, Span s, Name name) {
  declare(p, name);
  Stmt *st = tree_stmt(p, kind, s);
  st->name = name.text;
  st->name_span = name.span;
  return st;
}

Stmt *tree_decls(Parser *p, StmtKind kind, Span s, const DeclList *decls) {
  Stmt *st = tree_stmt(p, kind, s);
  st->decls = decls->at;
  st->ndecls = decls->n;
  return st;
}

Stmt *tree_define(Parser *p, StmtKind kind, Span s, const TargetList *targets, Expr *value) {
  Stmt *st = tree_stmt(p, kind, s);
  st->targets = targets->at;
  st->ntargets = targets->n;
  st->value = value;
  for (int k = 0; k < targets->n; k++) declare(p, (Name){targets->at[k].name, targets->at[k].span});
  return st;
}

Stmt *tree_goal(Parser *p, StmtKind kind, Span s, Target *target, Expr *value) {
  Stmt *st = tree_stmt(p, kind, s);
  st->targets = target;
  st->ntargets = 1;
  st->value = value;
  if (value && kind != STMT_UPDATE) declare(p, (Name){target->name, target->span});
  if (!value && target->indexed)
    error_at(p->cx, target->span, "expected '=' and a value: only a name can be an output without one");
  return st;
}

Stmt *tree_minimize(Parser *p, Span s, Name loss, const ExprList *over, Expr *every, const ExprList *with) {
  Stmt *st = tree_stmt(p, STMT_MINIMIZE, s);
  st->name = loss.text;
  st->name_span = loss.span;
  st->every = every;
  st->with = with->at;
  st->nwith = with->n;
  if (over) st->over = over->at, st->nover = over->n;
  return st;
}

Stmt *tree_check(Parser *p, Span s, Expr *e) {
  if (e->kind != EXPR_BINARY || e->op != BIN_EQ) {
    error_at(p->cx, e->span, "a check says that two things are equal: expected 'check a == b'");
    return NULL;
  }
  Stmt *st = tree_stmt(p, STMT_CHECK, s);
  st->value = e->a;
  st->value2 = e->b;
  return st;
}

static void check_formals(Parser *p, const FormalList *formals) {
  for (int k = 0; k < formals->n; k++)
    for (int j = 0; j < k; j++)
      if (formals->at[j].name == formals->at[k].name) {
        error_at(p->cx, formals->at[k].span, "'%s' is the name of two formals", formals->at[k].name);
        note_at(p->cx, formals->at[j].span, "the first one is here");
      }
}

Stmt *tree_function(Parser *p, StmtKind kind, Span s, Name name, const FormalList *formals, Block body) {
  Stmt *st = tree_named(p, kind, s, name);
  check_formals(p, formals);
  st->formals = formals->at;
  st->nformals = formals->n;
  st->body = body;
  return st;
}

Stmt *tree_short_function(Parser *p, Span s, Name name, const FormalList *formals, Expr *value) {
  StmtList body = {0};
  ExprList values = {0};
  VEC_PUSH(p->cx, &values, value);
  VEC_PUSH(p->cx, &body, tree_return(p, value->span, &values));
  return tree_function(p, STMT_FN, s, name, formals, tree_block(&body));
}

Stmt *tree_derivative(Parser *p, Span s, Name name, const FormalList *formals, const ExprList *values) {
  Stmt *st = tree_function(p, STMT_DERIVATIVE, s, name, formals, (Block){0});
  st->values = values->at;
  st->nvalues = values->n;
  for (int k = 0; k < formals->n; k++)
    if (formals->at[k].kind != FORMAL_PLAIN || formals->at[k].init)
      error_at(p->cx, formals->at[k].span, "the formals of a derivative are plain names");
  if (values->n != formals->n)
    error_at(p->cx, span_join(values->at[0]->span, values->at[values->n - 1]->span),
             "expected one derivative for each of %d formals, found %d", formals->n, values->n);
  return st;
}

Stmt *tree_return(Parser *p, Span s, const ExprList *values) {
  Stmt *st = tree_stmt(p, STMT_RETURN, s);
  st->values = values->at;
  st->nvalues = values->n;
  return st;
}

Stmt *tree_if(Parser *p, Span s, Expr *condition, Block body, const Block *other) {
  Stmt *st = tree_stmt(p, STMT_IF, s);
  st->value = condition;
  st->body = body;
  if (!other) return st;
  st->has_other = true;
  st->other = (Block){.at = arena_copy(p->cx, other->at, sizeof *other->at * (size_t)other->n), .n = other->n};
  int chain = 0;
  for (const Stmt *next = st; next && chain <= MOST_NESTED; chain++)
    next = next->other.n == 1 && next->other.at[0]->kind == STMT_IF ? next->other.at[0] : NULL;
  if (chain <= MOST_NESTED) return st;
  error_at(p->cx, s, "more than %d 'else if' follow each other", MOST_NESTED);
  st->other = (Block){0};
  return st;
}
