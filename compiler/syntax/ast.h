/* ast.h: the syntax tree, exactly what was written.
 *
 * A part of syntax.h. Made by syntax/parser.y, read by model/run.c. A tree says nothing about meaning: `max(a, b)` and
 * `sum(x)` are calls, `sum(j) W[i,j]*x[j]` is a reduction because it has a body. Names with dots (`h.W`, `x.0.att.Wq`)
 * are one name, their dots included. Every node carries its span. Lists are arrays with a count. */
#ifndef NNC_AST_H
#define NNC_AST_H

#include "base/base.h"

typedef struct Expr Expr;
typedef struct Stmt Stmt;

typedef enum {
  EXPR_NUMBER,    /* number */
  EXPR_NAME,      /* name: dotted names, `_` (the hole of `dense(_, 64)`), `batch`, `training`, `step`, `gnorm` too */
  EXPR_CALL,      /* callee, args (each may be named) */
  EXPR_INDEX,     /* base, subs, else_zero */
  EXPR_PART,      /* a.name, where a ends in brackets: S[l].W */
  EXPR_NEGATE,    /* a */
  EXPR_NOT,       /* a */
  EXPR_BINARY,    /* op, a, b */
  EXPR_TRANSPOSE, /* a' */
  EXPR_REDUCE,    /* name (of graph/reduction.h), binders, a = the body */
  EXPR_PARTIAL,   /* ∂a/∂b: a and b are EXPR_NAME */
  EXPR_LIST       /* [e, e, ...]: args without names */
} ExprKind;

typedef enum {
  BIN_ADD,
  BIN_SUB,
  BIN_MUL,
  BIN_DIV,
  BIN_POW,
  BIN_MATMUL,
  BIN_MOD,
  BIN_EQ,
  BIN_NE,
  BIN_LT,
  BIN_LE,
  BIN_GT,
  BIN_GE,
  BIN_AND,
  BIN_OR
} BinaryOp;

typedef struct Arg { /* an argument of a call or an element of a list */
  const char *name;  /* NULL where not named */
  Span name_span;
  Expr *value;
} Arg;

typedef struct Sub { /* one place between the brackets of x[...] */
  Expr *first;       /* the index; or, with is_range, the start (NULL: 0) */
  Expr *last;        /* with is_range: the end, exclusive (NULL: the extent) */
  bool is_range;
} Sub;

typedef struct Binder { /* an index that is bound: `j`, `u < 3`; in a definition `y[i, j < 5]` too */
  const char *name;
  Span span;
  Expr *bound; /* NULL where the extent is implied */
} Binder;

struct Expr {
  ExprKind kind;
  Span span;
  double number;
  const char *name;
  Span name_span; /* of the name of a reduction or part */
  BinaryOp op;
  Span op_span;
  Expr *a, *b;
  Arg *args;
  int nargs;
  Sub *subs;
  int nsubs;
  bool else_zero; /* x[... else 0] */
  bool wrapped;   /* in parentheses of its own: (a - b)*c */
  Binder *binders;
  int nbinders;
  int height; /* of this tree, set by the parser, which refuses what is too high to be walked by recursion */
};

typedef enum {
  STMT_MODEL,    /* name */
  STMT_IMPORT,   /* path (decoded text of the string) */
  STMT_CONST,    /* decls: name = init */
  STMT_DIM,      /* name, value = the bound */
  STMT_INPUT,    /* decls: name[shape] : type(type_arg) */
  STMT_PARAM,    /* decls: name[shape], init with INIT_NONE/VALUE/DRAW */
  STMT_STATE,    /* decls: name[shape] = init */
  STMT_UPDATE,   /* targets[0].name <- value   (in an optimizer also parameters) */
  STMT_DEFINE,   /* targets = value: y = e; a, b = e; y[i, j < 5] = e; h : [T, 64] = e */
  STMT_DRAW,     /* targets ~ value: z[64] ~ normal(0, 1); m[i] ~ bernoulli(p[i]) */
  STMT_LOSS,     /* targets[0] = value */
  STMT_OUTPUT,   /* targets[0] (= value, NULL for `output p`) */
  STMT_METRIC,   /* targets[0] (= value) */
  STMT_MINIMIZE, /* name = the loss; maximize; over; every (NULL: 1); with = chain of optimizer expressions */
  STMT_CHECK,    /* value: the left side, value2: the right side of == */
  STMT_ASKED,    /* decls: name[shape] */
  STMT_TRAIN,    /* entries: name = value */
  STMT_FN,       /* name, formals, body; `fn f(x) = e` has the body { return e } */
  STMT_LAYER,
  STMT_OPTIMIZER,
  STMT_DERIVATIVE, /* name, formals (plain), values: one derivative for each formal */
  STMT_RULE,       /* value => value2, values: the conditions after `if` (calls such as positive(x), or names) */
  STMT_SCAN,       /* binder, body */
  STMT_INIT,       /* decls: name = init */
  STMT_FOR,        /* binder (name < bound), body */
  STMT_IF,         /* value, body, other */
  STMT_RETURN      /* values */
} StmtKind;

typedef enum { INIT_NONE, INIT_VALUE, INIT_DRAW } InitKind;

typedef struct Decl { /* one declared name of a list */
  const char *name;
  Span span;    /* of the name */
  Expr **shape; /* NULL and nshape 0 for a scalar */
  int nshape;
  InitKind init_kind;
  Expr *init;
  const char *type; /* input: "class", "int", "bit" or NULL for a real */
  Span type_span;
  Expr *type_arg; /* k of class(k) */
} Decl;

typedef struct Target { /* what stands left of = or ~ */
  const char *name;
  Span span;
  Binder *binders; /* y[i, j < 5]; a draw's extents `z[64]` are binders with name NULL and a bound */
  int nbinders;
  bool indexed; /* brackets were written */
  Expr **shape; /* h : [T, 64] = e */
  int nshape;
  bool has_shape;
} Target;

typedef enum { FORMAL_PLAIN, FORMAL_ARRAY, FORMAL_ANY } FormalKind; /* x; x[m, 3]; x[...] */

typedef struct Formal {
  const char *name;
  Span span;
  FormalKind kind;
  Expr **shape; /* FORMAL_ARRAY: names bind extents, anything else must agree */
  int nshape;
  Expr *init; /* default, or NULL */
} Formal;

typedef struct Entry { /* of train { } */
  const char *name;
  Span span;
  Expr *value;
} Entry;

typedef struct Block {
  Stmt **at;
  int n;
} Block;

struct Stmt {
  StmtKind kind;
  Span span; /* the whole statement */
  const char *name;
  Span name_span;
  const char *path;
  Decl *decls;
  int ndecls;
  Target *targets;
  int ntargets;
  Expr *value, *value2;
  Expr **values;
  int nvalues;
  Formal *formals;
  int nformals;
  Binder binder;
  Block body, other;
  bool has_other;
  Expr **over; /* EXPR_NAME, dotted ones too; EXPR_INDEX and EXPR_PART of these: S[1], S[1].W */
  int nover;
  Expr *every;
  bool maximize;
  Expr **with;
  int nwith;
  Entry *entries;
  int nentries;
};

#endif
