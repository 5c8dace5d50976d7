/* law.c: lines `derivative f(x) = ...` and `rule a => b if c`: are they what derive/ and simplify/ can use?
 *
 * In: the statement. Out: Program.laws, but for the values of the formulas (formula.c), or a report. */
#include "model/run.h"

#include <string.h>

void law_declare_derivative(Model *model, const Stmt *st) {
  Elaborator *el = model->el;
  const Builtin *b = builtin_find(el, st->name);
  if (!b || b->op == OP_PRODUCT) {
    const char *names[128], *near = nearest_name(el->cx, st->name, names, builtin_names(el, names, 128));
    elaborate_report(el, st->name_span,
                     "'%s' is no built-in scalar function, and only these need a line for their derivative", st->name);
    if (near) elaborate_advise(el, "did you mean '%s'?", near);
    return;
  }
  if (op_rows[b->op].arity != st->nformals) {
    elaborate_report(el, st->name_span, "'%s' takes %d argument%s, found %d", st->name, op_rows[b->op].arity,
                     op_rows[b->op].arity == 1 ? "" : "s", st->nformals);
    return;
  }
  model->derivatives[b->op] = st;
}

/* ---- rules ---- */

typedef struct Reader { /* of one rule */
  Elaborator *el;
  const Stmt *st;
  Formula right;          /* its formals are the names of the left side */
  int reductions, inside; /* of the left side so far; the one that is being read, or 0 */
} Reader;

static bool is_left_name(const Reader *r, const char *name) {
  for (int k = 0; k < r->right.nformals; k++)
    if (r->right.names[k] == name) return true;
  return false;
}

static bool left_side(Reader *r, const Expr *e);

/* A name that stands outside of reductions too is a single number. */
static bool left_name(Reader *r, const Expr *e) {
  Formula *f = &r->right;
  for (int k = 0; k < f->nformals; k++) {
    if (f->names[k] != e->name) continue;
    if (!r->inside) f->group[k] = 0;
    return true;
  }
  if (f->nformals == MOST_FORMALS) {
    elaborate_report(r->el, e->span, "this rule has more than %d names", MOST_FORMALS);
    return false;
  }
  f->group[f->nformals] = r->inside;
  f->names[f->nformals++] = e->name;
  return true;
}

static bool left_call(Reader *r, const Expr *e) {
  const Builtin *b = e->a->kind == EXPR_NAME ? builtin_find(r->el, e->a->name) : NULL;
  bool known = b && (b->op != OP_PRODUCT || reduction_rows[reduction_named(b->name)].in_rules);
  if (!known) {
    elaborate_report(r->el, e->a->span, "a rule matches built-in scalar functions, sum, prod and logsumexp, found %s",
                     e->a->kind == EXPR_NAME ? e->a->name : "a value");
    return false;
  }
  int arguments = b->op == OP_PRODUCT ? 1 : op_rows[b->op].arity;
  if (e->nargs != arguments) {
    elaborate_report(r->el, e->span, "'%s' takes %d argument%s, found %d", b->name, arguments,
                     arguments == 1 ? "" : "s", e->nargs);
    return false;
  }
  bool fine = true;
  int outside = r->inside;
  if (b->op == OP_PRODUCT) r->inside = ++r->reductions;
  for (int k = 0; k < e->nargs; k++) fine = left_side(r, e->args[k].value) && fine;
  r->inside = outside;
  return fine;
}

static bool left_side(Reader *r, const Expr *e) {
  bool arithmetic = e->kind == EXPR_BINARY &&
                    (e->op == BIN_ADD || e->op == BIN_SUB || e->op == BIN_MUL || e->op == BIN_DIV || e->op == BIN_POW);
  switch (e->kind) {
  case EXPR_NUMBER: return true;
  case EXPR_NAME: return left_name(r, e);
  case EXPR_CALL: return left_call(r, e);
  case EXPR_NEGATE: return left_side(r, e->a);
  default:
    if (arithmetic) return left_side(r, e->a) && left_side(r, e->b);
    elaborate_report(r->el, e->span, "the left side of a rule is made of names, numbers, + - * / ^ and calls");
    return false;
  }
}

/* Names of the right side are those of the left, or known everywhere. */
static bool right_side(const Reader *r, const Expr *e) {
  if (!e) return true;
  if (e->kind == EXPR_NAME && !is_left_name(r, e->name) &&
      !lookup_known(r->el, scope_home(r->el, r->st->span), e->name)) {
    elaborate_report(r->el, e->span, "'%s' is neither a name of the rule's left side nor known", e->name);
    return false;
  }
  bool fine = right_side(r, e->a) && right_side(r, e->b);
  for (int k = 0; fine && k < e->nargs; k++) fine = right_side(r, e->args[k].value);
  return fine;
}

static bool condition(const Reader *r, const Expr *e) {
  static const char *const names[] = {"positive", "nonnegative", "exponential", "varying"};
  bool call = e->kind == EXPR_CALL && e->a->kind == EXPR_NAME && e->nargs == 1 && e->args[0].value->kind == EXPR_NAME;
  for (int k = 0; call && k < 4; k++)
    if (strcmp(e->a->name, names[k]) == 0 && is_left_name(r, e->args[0].value->name)) return true;
  elaborate_report(r->el, e->span,
                   "a rule asks positive(x), nonnegative(x), exponential(x) or varying(x), of a name of its left side");
  return false;
}

void law_declare_rule(Model *model, const Stmt *st) {
  Elaborator *el = model->el;
  Reader r = {.el = el, .st = st, .right.of_model = st->span.source != el->prelude};
  if (st->value->kind == EXPR_NAME || st->value->kind == EXPR_NUMBER) {
    elaborate_report(el, st->value->span, "the left side of a rule is an operation, such as log(exp(x))");
    return;
  }
  bool fine = left_side(&r, st->value) && right_side(&r, st->value2);
  for (int k = 0; fine && k < st->nvalues; k++) fine = condition(&r, st->values[k]);
  if (fine) VEC_PUSH(el->cx, &el->program->laws.rules, ((Rule){st, r.right}));
}
