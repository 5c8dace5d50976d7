/* parse.h: what the files of syntax/ share; private to it.
 *
 * The filter in syntax/token.c keeps the grammar small: it knows where a line goes on, which ' is a transpose, where
 * the body of a reduction begins, and how to skip what is left of a statement in error. */
#ifndef NNC_PARSE_H
#define NNC_PARSE_H

#include "syntax/syntax.h"

enum { MOST_NESTED = 200, MOST_HEIGHT = 1000, MOST_NAME = 200, MOST_HELD = 4, MOST_WORDS = 40, ENOUGH_ERRORS = 200 };

typedef VEC(Expr *) ExprList;
typedef VEC(Arg) ArgList;
typedef struct SubList {
  Sub *at;
  int n, cap;
  bool else_zero;
} SubList;
typedef VEC(Decl) DeclList;
typedef VEC(Target) TargetList;
typedef VEC(Formal) FormalList;
typedef VEC(Entry) EntryList;
typedef VEC(Stmt *) StmtList;

typedef struct Name { /* with the place where it stands */
  const char *text;
  Span span;
} Name;

/* The value of a token or of a rule. */
typedef union ParseValue {
  double number;
  const char *text;
  BinaryOp op;
  Expr *expr;
  Stmt *stmt;
  Arg arg;
  Sub sub;
  bool flag;
  Decl *decl;
  Target *target;
  Formal *formal;
  Entry *entry;
  Name name;
  Binder binder;
  Block block;
  ExprList *exprs;
  ArgList *args;
  SubList *subs;
  DeclList *decls;
  TargetList *targets;
  FormalList *formals;
  EntryList *entries;
  StmtList *stmts;
} ParseValue;

typedef struct Token {
  int kind;
  Span span;
  ParseValue value;
  bool first_on_line;    /* a line's end that does not count was passed just before it */
  bool closes_reduction; /* the ) of sum(...) and its like */
  bool stray;            /* a closing bracket that nothing opened */
} Token;

typedef struct Bracket {
  int kind; /* ( [ { */
  Span span;
  bool reduction;
} Bracket;

typedef struct Parser {
  Context *cx;
  const Source *source;
  void *scanner;
  uint32_t offset; /* of the scanner */
  Bracket brackets[MOST_NESTED];
  int nbrackets;
  Bracket cut_off;       /* the bracket that the end of a line cut off, for the message */
  Token raw;             /* the last one that was read, for what depends on its left neighbour */
  Token held[MOST_HELD]; /* to be delivered before more is read, the first one first */
  int nheld;
  Token last, before; /* the last token that the parser got, and the one before */
  Token first;        /* the first of the statement */
  int number;         /* the number of the last token in its statement, from 1 */
  Span line_end;      /* the last line's end that was passed because a line goes on */
  Span line_last;     /* the token before it */
  Span solid;         /* the last token that is no end of line */
  bool reduced;       /* the last token closed the parentheses of a reduction */
  bool in_error;      /* what is left of the statement is to be skipped */
  int base;           /* the brackets around the statement that is skipped */
  bool stopped;       /* nothing more can be read */
  bool too_high;      /* an expression too high was reported in this statement */
  Block result;
} Parser;

/* syntax/lexer.l */
void scan_begin(Parser *p);
void scan_end(Parser *p);
int scan_raw(Parser *p, ParseValue *value, Span *span);

/* syntax/token.c */
int parse_lex(ParseValue *value, Span *span, Parser *p);
void parse_mark(Parser *p); /* the names that may begin a reduction; before anything is read */
void parse_recover(Parser *p);
bool token_begins_statement(int kind);
/* Fills `words`, of MOST_WORDS places, and returns their number. */
int token_statement_words(const char **words);
int token_of_keyword(const char *text, size_t length);
bool token_ends_operand(int kind);
bool token_goes_on(int kind);     /* after it a line does not end the statement */
bool token_begins_body(int kind); /* of a reduction */

/* syntax/mistake.c: `expected` are the grammar's names of what could stand there, each as a reader would say it. */
void parse_report(Parser *p, const char *found, const char *const *expected, int n);
void parse_stop(Parser *p, Span s, const char *text);
/* Reports what is no token; gives the token that was meant, -1 for none, or the one that stands for an error. */
int parse_mistake(Parser *p, Span s);
/* Whole text: no NUL, only UTF-8, not too long. */
bool parse_readable(Context *cx, const Source *source);

/* syntax/tree.c: one constructor for each action of the grammar. */
Expr *tree_number(Parser *p, Span s, double number);
Expr *tree_name(Parser *p, Span s, const char *name);
Expr *tree_wrapped(Expr *e, Span s); /* in parentheses */
Expr *tree_unary(Parser *p, ExprKind kind, Span s, Expr *a);
Expr *tree_binary(Parser *p, BinaryOp op, Span op_span, Expr *a, Expr *b);
Expr *tree_compare(Parser *p, BinaryOp op, Span op_span, Expr *a, Expr *b);
Expr *tree_call(Parser *p, Span s, Expr *callee, const ArgList *args);
Expr *tree_reduce(Parser *p, Span s, Expr *callee, const ArgList *args, Expr *body);
Expr *tree_index(Parser *p, Span s, Expr *base, const SubList *subs);
Expr *tree_part(Parser *p, Span s, Expr *base, Name name);
Expr *tree_partial(Parser *p, Span s, Name a, Name b);
Expr *tree_list(Parser *p, Span s, const ExprList *items);
bool tree_else_zero(Parser *p, const Expr *e);
Stmt *tree_stmt(Parser *p, StmtKind kind, Span s);
Stmt *tree_named(Parser *p, StmtKind kind, Span s, Name name);
Stmt *tree_decls(Parser *p, StmtKind kind, Span s, const DeclList *decls);
Stmt *tree_define(Parser *p, StmtKind kind, Span s, const TargetList *targets, Expr *value);
Stmt *tree_goal(Parser *p, StmtKind kind, Span s, Target *target, Expr *value);
Stmt *tree_minimize(Parser *p, Span s, Name loss, const ExprList *over, Expr *every, const ExprList *with);
Stmt *tree_check(Parser *p, Span s, Expr *e);
Stmt *tree_short_function(Parser *p, Span s, Name name, const FormalList *formals, Expr *value);
Stmt *tree_function(Parser *p, StmtKind kind, Span s, Name name, const FormalList *formals, Block body);
Stmt *tree_derivative(Parser *p, Span s, Name name, const FormalList *formals, const ExprList *values);
Stmt *tree_return(Parser *p, Span s, const ExprList *values);
Stmt *tree_if(Parser *p, Span s, Expr *condition, Block body, const Block *other);
Block tree_block(const StmtList *stmts);
Target *tree_target(Parser *p, Name name, const ExprList *places, const ExprList *shape);
Binder tree_binder(Parser *p, Name name, Expr *bound);
Decl *tree_decl(Parser *p, Name name, const ExprList *shape, InitKind kind, Expr *init);
Formal *tree_formal(Parser *p, Name name, FormalKind kind, const ExprList *shape);

/* syntax/allowed.c: drops, with a message, what may not stand where it stands. */
void allowed_check(Parser *p, Block *model, bool derivation);

#endif
