/* print.c: the syntax tree as text, in two ways.
 *
 * ast_print: all of it, one node a line, two spaces for each level:      define
 *                                                                          target y
 *                                                                          binary *
 *                                                                            name a
 *                                                                            number 2
 * expr_print: an expression as it was written, a*2, with its own parentheses and those that it needs: what is printed
 * parses to the same tree again. */
#include "syntax/syntax.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* How tightly a form binds; an operand that binds less than its place asks for gets parentheses. */
enum {
  LEVEL_ANY,
  LEVEL_OR,
  LEVEL_AND,
  LEVEL_NOT,
  LEVEL_COMPARE,
  LEVEL_ADD,
  LEVEL_REDUCE,
  LEVEL_MUL,
  LEVEL_MATMUL,
  LEVEL_NEGATE,
  LEVEL_POWER,
  LEVEL_POSTFIX,
  LEVEL_ATOM
};

typedef struct Operator {
  const char *sign;   /* as the tree shows it */
  const char *spaced; /* as an expression shows it */
  int level, left, right;
} Operator;

static const Operator operators[] = {
  [BIN_ADD] = {"+", " + ", LEVEL_ADD, LEVEL_ADD, LEVEL_REDUCE},
  [BIN_SUB] = {"-", " - ", LEVEL_ADD, LEVEL_ADD, LEVEL_REDUCE},
  [BIN_MUL] = {"*", "*", LEVEL_MUL, LEVEL_MUL, LEVEL_MATMUL},
  [BIN_DIV] = {"/", "/", LEVEL_MUL, LEVEL_MUL, LEVEL_MATMUL},
  [BIN_MOD] = {"mod", " mod ", LEVEL_MUL, LEVEL_MUL, LEVEL_MATMUL},
  [BIN_MATMUL] = {"@", " @ ", LEVEL_MATMUL, LEVEL_MATMUL, LEVEL_NEGATE},
  [BIN_POW] = {"^", "^", LEVEL_POWER, LEVEL_POSTFIX, LEVEL_NEGATE},
  [BIN_EQ] = {"==", " == ", LEVEL_COMPARE, LEVEL_ADD, LEVEL_ADD},
  [BIN_NE] = {"!=", " != ", LEVEL_COMPARE, LEVEL_ADD, LEVEL_ADD},
  [BIN_LT] = {"<", " < ", LEVEL_COMPARE, LEVEL_ADD, LEVEL_ADD},
  [BIN_LE] = {"<=", " <= ", LEVEL_COMPARE, LEVEL_ADD, LEVEL_ADD},
  [BIN_GT] = {">", " > ", LEVEL_COMPARE, LEVEL_ADD, LEVEL_ADD},
  [BIN_GE] = {">=", " >= ", LEVEL_COMPARE, LEVEL_ADD, LEVEL_ADD},
  [BIN_AND] = {"and", " and ", LEVEL_AND, LEVEL_AND, LEVEL_NOT},
  [BIN_OR] = {"or", " or ", LEVEL_OR, LEVEL_OR, LEVEL_AND},
};

static void print_number(Text *out, double x) {
  char digits[40];
  for (int precision = 1; precision <= 17; precision++) {
    snprintf(digits, sizeof digits, "%.*g", precision, x);
    if (strtod(digits, NULL) == x) break;
  }
  if (x > -1e9 && x < 1e9 && x == (double)(long)x) snprintf(digits, sizeof digits, "%ld", (long)x); /* 10, not 1e+01 */
  text_add(out, digits);
}

/* ---- expressions as they are written ---- */

static int level_of(const Expr *e) {
  switch (e->kind) {
  case EXPR_NUMBER: return e->number < 0 ? LEVEL_NEGATE : LEVEL_ATOM;
  case EXPR_CALL:
  case EXPR_INDEX:
  case EXPR_PART:
  case EXPR_TRANSPOSE: return LEVEL_POSTFIX;
  case EXPR_NEGATE: return LEVEL_NEGATE;
  case EXPR_NOT: return LEVEL_NOT;
  case EXPR_BINARY: return operators[e->op].level;
  case EXPR_REDUCE: return LEVEL_REDUCE;
  default: return LEVEL_ATOM;
  }
}

static void print_at(Text *out, const Expr *e, int level);

static void print_args(Text *out, const Arg *args, int n) {
  for (int k = 0; k < n; k++) {
    if (k) text_add(out, ", ");
    if (args[k].name) text_printf(out, "%s = ", args[k].name);
    print_at(out, args[k].value, LEVEL_ANY);
  }
}

static void print_binder(Text *out, const Binder *b) {
  if (b->name) text_add(out, b->name);
  if (b->name && b->bound) text_add(out, " < ");
  if (b->bound) print_at(out, b->bound, b->name ? LEVEL_ADD : LEVEL_ANY);
}

static void print_binders(Text *out, const Binder *binders, int n) {
  for (int k = 0; k < n; k++) {
    if (k) text_add(out, ", ");
    print_binder(out, &binders[k]);
  }
}

static void print_sub(Text *out, const Sub *s) {
  if (s->first) print_at(out, s->first, LEVEL_ANY);
  if (s->is_range) text_add(out, ":");
  if (s->last) print_at(out, s->last, LEVEL_ANY);
}

static void print_subs(Text *out, const Expr *e) {
  text_add(out, "[");
  for (int k = 0; k < e->nsubs; k++) {
    if (k) text_add(out, ", ");
    print_sub(out, &e->subs[k]);
  }
  text_add(out, e->else_zero ? " else 0]" : "]");
}

static void print_negated(Text *out, const Expr *a) {
  text_add(out, "-");
  print_at(out, a, LEVEL_NEGATE);
}

/* A body reaches as far as a product does, `not` included, and begins with neither - nor [. */
static void print_body(Text *out, const Expr *e) {
  if (e->kind == EXPR_NOT) {
    text_add(out, "not ");
    print_body(out, e->a);
    return;
  }
  Text body = {.cx = out->cx};
  print_at(&body, e, LEVEL_REDUCE);
  bool wrapped = body.data[0] == '-' || body.data[0] == '[';
  text_printf(out, wrapped ? "(%s)" : "%s", body.data);
}

/* What a postfix follows. A number before ' is no operand, and sum(x)(y) would read as a reduction with a body. */
static void print_operand(Text *out, const Expr *e) {
  print_at(out, e, e->kind == EXPR_NUMBER ? LEVEL_ATOM + 1 : LEVEL_POSTFIX);
}

static void print_callee(Text *out, const Expr *e) {
  print_at(out, e, e->kind == EXPR_CALL || e->kind == EXPR_NUMBER ? LEVEL_ATOM + 1 : LEVEL_POSTFIX);
}

static void print_bare(Text *out, const Expr *e) {
  switch (e->kind) {
  case EXPR_NUMBER: print_number(out, e->number); break;
  case EXPR_NAME: text_add(out, e->name); break;
  case EXPR_CALL:
    print_callee(out, e->a);
    text_add(out, "(");
    print_args(out, e->args, e->nargs);
    text_add(out, ")");
    break;
  case EXPR_INDEX:
    print_operand(out, e->a);
    print_subs(out, e);
    break;
  case EXPR_PART:
    print_operand(out, e->a);
    text_printf(out, ".%s", e->name);
    break;
  case EXPR_NEGATE: print_negated(out, e->a); break;
  case EXPR_NOT:
    text_add(out, "not ");
    print_at(out, e->a, LEVEL_NOT);
    break;
  case EXPR_BINARY:
    print_at(out, e->a, operators[e->op].left);
    text_add(out, operators[e->op].spaced);
    print_at(out, e->b, operators[e->op].right);
    break;
  case EXPR_TRANSPOSE:
    print_operand(out, e->a);
    text_add(out, "'");
    break;
  case EXPR_REDUCE:
    text_printf(out, "%s(", e->name);
    print_binders(out, e->binders, e->nbinders);
    text_add(out, ") ");
    print_body(out, e->a);
    break;
  case EXPR_PARTIAL: text_printf(out, "∂%s/∂%s", e->a->name, e->b->name); break;
  case EXPR_LIST:
    text_add(out, "[");
    print_args(out, e->args, e->nargs);
    text_add(out, "]");
    break;
  }
}

static void print_at(Text *out, const Expr *e, int level) {
  bool wrapped = e->wrapped || level_of(e) < level;
  if (wrapped) text_add(out, "(");
  print_bare(out, e);
  if (wrapped) text_add(out, ")");
}

void expr_print(Text *out, const Expr *e) { print_at(out, e, LEVEL_ANY); }

const char *expr_text(Context *cx, const Expr *e) {
  Text t = {.cx = cx};
  expr_print(&t, e);
  return t.data;
}

/* ---- the tree ---- */

static void line(Text *out, int depth, const char *format, ...) NNC_PRINTF(3, 4);
static void line(Text *out, int depth, const char *format, ...) {
  char text[512]; /* a name is the longest part, and is shorter */
  va_list args;
  va_start(args, format);
  vsnprintf(text, sizeof text, format, args);
  va_end(args);
  text_printf(out, "%*s%s\n", 2 * depth, "", text);
}

static void tree(Text *out, int depth, const Expr *e);

static void tree_list(Text *out, int depth, const char *title, Expr *const *items, int n) {
  if (n == 0) return;
  line(out, depth, "%s", title);
  for (int k = 0; k < n; k++) tree(out, depth + 1, items[k]);
}

static void tree_args(Text *out, int depth, const Arg *args, int n) {
  for (int k = 0; k < n; k++) {
    if (args[k].name) line(out, depth, "named %s", args[k].name);
    tree(out, depth + (args[k].name != NULL), args[k].value);
  }
}

static void tree_binder(Text *out, int depth, const Binder *b) {
  if (b->name) line(out, depth, "index %s", b->name);
  else line(out, depth, "extent");
  if (b->bound) tree(out, depth + 1, b->bound);
}

static void tree_sub(Text *out, int depth, const Sub *s) {
  if (s->is_range) line(out, depth, "range%s%s", s->first ? " from" : "", s->last ? " to" : "");
  if (s->first) tree(out, depth + s->is_range, s->first);
  if (s->last) tree(out, depth + 1, s->last);
}

static void tree_head(Text *out, int depth, const Expr *e) {
  Text number = {.cx = out->cx};
  switch (e->kind) {
  case EXPR_NUMBER:
    print_number(&number, e->number);
    line(out, depth, "number %s", number.data);
    break;
  case EXPR_NAME: line(out, depth, "name %s", e->name); break;
  case EXPR_CALL: line(out, depth, "call"); break;
  case EXPR_INDEX: line(out, depth, e->else_zero ? "at, else 0" : "at"); break;
  case EXPR_PART: line(out, depth, "part %s", e->name); break;
  case EXPR_NEGATE: line(out, depth, "negate"); break;
  case EXPR_NOT: line(out, depth, "not"); break;
  case EXPR_BINARY: line(out, depth, "binary %s", operators[e->op].sign); break;
  case EXPR_TRANSPOSE: line(out, depth, "transpose"); break;
  case EXPR_REDUCE: line(out, depth, "reduce %s", e->name); break;
  case EXPR_PARTIAL: line(out, depth, "partial"); break;
  case EXPR_LIST: line(out, depth, "list"); break;
  }
}

static void tree(Text *out, int depth, const Expr *e) {
  tree_head(out, depth, e);
  for (int k = 0; k < e->nbinders; k++) tree_binder(out, depth + 1, &e->binders[k]);
  if (e->a) tree(out, depth + 1, e->a);
  if (e->b) tree(out, depth + 1, e->b);
  tree_args(out, depth + 1, e->args, e->nargs);
  for (int k = 0; k < e->nsubs; k++) tree_sub(out, depth + 1, &e->subs[k]);
}

static const char *const titles[] = {
  [STMT_MODEL] = "model",
  [STMT_IMPORT] = "import",
  [STMT_CONST] = "const",
  [STMT_DIM] = "dim",
  [STMT_INPUT] = "input",
  [STMT_PARAM] = "param",
  [STMT_STATE] = "state",
  [STMT_UPDATE] = "update",
  [STMT_DEFINE] = "define",
  [STMT_DRAW] = "draw",
  [STMT_LOSS] = "loss",
  [STMT_OUTPUT] = "output",
  [STMT_METRIC] = "metric",
  [STMT_MINIMIZE] = "minimize",
  [STMT_CHECK] = "check",
  [STMT_ASKED] = "asked",
  [STMT_TRAIN] = "train",
  [STMT_FN] = "fn",
  [STMT_LAYER] = "layer",
  [STMT_OPTIMIZER] = "optimizer",
  [STMT_DERIVATIVE] = "derivative",
  [STMT_RULE] = "rule",
  [STMT_SCAN] = "scan",
  [STMT_INIT] = "init",
  [STMT_FOR] = "for",
  [STMT_IF] = "if",
  [STMT_RETURN] = "return",
};

static void tree_decl(Text *out, int depth, const Decl *d) {
  static const char *const inits[] = {[INIT_NONE] = "", [INIT_VALUE] = "starts at", [INIT_DRAW] = "drawn from"};
  line(out, depth, "declare %s", d->name);
  tree_list(out, depth + 1, "shape", d->shape, d->nshape);
  if (d->type) line(out, depth + 1, "type %s", d->type);
  if (d->type_arg) tree(out, depth + 2, d->type_arg);
  if (!d->init) return;
  line(out, depth + 1, "%s", inits[d->init_kind]);
  tree(out, depth + 2, d->init);
}

static void tree_target(Text *out, int depth, const Target *t) {
  line(out, depth, "target %s", t->name);
  for (int k = 0; k < t->nbinders; k++) tree_binder(out, depth + 1, &t->binders[k]);
  tree_list(out, depth + 1, "shape", t->shape, t->nshape);
}

static void tree_formal(Text *out, int depth, const Formal *f) {
  line(out, depth, "formal %s%s", f->name, f->kind == FORMAL_ANY ? " of any shape" : "");
  tree_list(out, depth + 1, "shape", f->shape, f->nshape);
  if (f->init) tree_list(out, depth + 1, "default", &f->init, 1);
}

static void tree_block(Text *out, int depth, const char *title, const Block *block);

/* The parts that a statement has, in the order in which they are written. */
static void tree_stmt(Text *out, int depth, const Stmt *st) {
  line(out, depth, "%s%s%s", st->maximize ? "maximize" : titles[st->kind], st->name ? " " : "",
       st->name ? st->name : "");
  if (st->path) text_printf(out, "%*spath \"%s\"\n", 2 * depth + 2, "", st->path);
  for (int k = 0; k < st->ndecls; k++) tree_decl(out, depth + 1, &st->decls[k]);
  for (int k = 0; k < st->ntargets; k++) tree_target(out, depth + 1, &st->targets[k]);
  for (int k = 0; k < st->nformals; k++) tree_formal(out, depth + 1, &st->formals[k]);
  if (st->kind == STMT_SCAN || st->kind == STMT_FOR) tree_binder(out, depth + 1, &st->binder);
  if (st->value) tree(out, depth + 1, st->value);
  if (st->value2) tree(out, depth + 1, st->value2);
  for (int k = 0; k < st->nover; k++)
    text_printf(out, "%*sover %s\n", 2 * depth + 2, "", expr_text(out->cx, st->over[k]));
  if (st->every) tree_list(out, depth + 1, "every", &st->every, 1);
  tree_list(out, depth + 1, "with", st->with, st->nwith);
  if (st->kind == STMT_RULE) tree_list(out, depth + 1, "where", st->values, st->nvalues);
  for (int k = 0; k < st->nvalues && st->kind != STMT_RULE; k++) tree(out, depth + 1, st->values[k]);
  for (int k = 0; k < st->nentries; k++) {
    line(out, depth + 1, "entry %s", st->entries[k].name);
    tree(out, depth + 2, st->entries[k].value);
  }
  if (st->body.n) tree_block(out, depth + 1, "body", &st->body);
  if (st->has_other) tree_block(out, depth + 1, "else", &st->other);
}

static void tree_block(Text *out, int depth, const char *title, const Block *block) {
  line(out, depth, "%s", title);
  for (int k = 0; k < block->n; k++) tree_stmt(out, depth + 1, block->at[k]);
}

void ast_print(Text *out, const Block *block) {
  for (int k = 0; k < block->n; k++) tree_stmt(out, 0, block->at[k]);
}
