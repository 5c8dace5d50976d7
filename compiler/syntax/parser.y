/* parser.y: tokens in, statements out. One rule for each statement, one for each form of expression.
 *
 * Precedence is declared, tightest last. A reduction `sum(j) body` is a prefix operator just below the product, so that
 * its body takes in factors and leaves summands: sum(j) a[j]*b[j] + c is (sum(j) a[j]*b[j]) + c. The BODY token before
 * the body comes from syntax/token.c. The tokens' names are what a reader of a message sees. */
%require "3.8"
%define api.pure full
%define api.prefix {parse_}
%define api.token.prefix {TOK_}
%define api.value.type {union ParseValue}
%define api.location.type {Span}
%define parse.error custom
%define parse.lac full
%locations
%expect 0
%param {struct Parser *parser}

%code requires {
#include "syntax/parse.h"
}

%code {
#include <string.h>

#define YYMAXDEPTH 10000
#define YYLLOC_DEFAULT(current, rhs, n)                                                                     \
  ((current) = (n) ? span_join(YYRHSLOC(rhs, 1), YYRHSLOC(rhs, n))                                          \
                   : (Span){YYRHSLOC(rhs, 0).source, YYRHSLOC(rhs, 0).end, YYRHSLOC(rhs, 0).end})

static void parse_error(const Span *span, struct Parser *parser, const char *text);

/* Lists are grown in the arena: push(a new list or $1, an item). */
#define NEW(type) ARENA_NEW(parser->cx, type)
#define PUSH(list, ...) VEC_PUSH(parser->cx, (list), (__VA_ARGS__))
}

%initial-action { @$ = (Span){parser->source, 0, 0}; }

%token END 0 "end of file"
%token NEWLINE "end of line"
%token <text> NAME "a name" STRING "a text in quotes"
%token <number> NUMBER "a number"
%token MODEL "'model'" IMPORT "'import'" CONST "'const'" DIM "'dim'" INPUT "'input'" PARAM "'param'" STATE "'state'"
%token FN "'fn'" LAYER "'layer'" OPTIMIZER "'optimizer'" DERIVATIVE "'derivative'" RULE "'rule'" LOSS "'loss'"
%token OUTPUT "'output'" METRIC "'metric'" MINIMIZE "'minimize'" MAXIMIZE "'maximize'" OVER "'over'" WITH "'with'"
%token EVERY "'every'"
%token TRAIN "'train'" CHECK "'check'" ASKED "'asked'"
%token SCAN "'scan'" INIT "'init'" FOR "'for'" IF "'if'" ELSE "'else'" RETURN "'return'"
%token AND "'and'" OR "'or'" NOT "'not'" MOD "'mod'" EQ "'=='" NE "'!='" LE "'<='" GE "'>='"
%token ASSIGN "'<-'" REWRITE "'=>'" ELLIPSIS "'...'" TRANSPOSE "a transpose" PARTIAL "'∂'"
%token BODY "the body of a reduction" BODY_NOT "'not' in a body" SKIP "nothing"

%left OR
%left AND
%precedence NOT
%left EQ NE '<' LE '>' GE
%left '+' '-'
%precedence REDUCTION
%left '*' '/' MOD
%left '@'
%precedence NEGATION
%right '^'
%precedence '(' '[' '.' TRANSPOSE

%type <stmts> statements
%type <stmt> statement if
%type <block> block
%type <name> name
%type <decls> consts inputs params inits asks
%type <decl> const input param init ask
%type <exprs> shape exprs conditions over wholes
%type <expr> expr body every whole
%type <target> target
%type <targets> targets
%type <formals> formals some_formals
%type <formal> formal formal_name
%type <entries> entries
%type <entry> entry
%type <args> args some_args
%type <arg> arg
%type <subs> subs
%type <sub> place
%type <flag> otherwise
%type <binder> binder

/* An error at the start of a list is a statement in error. */
%precedence NO_STATEMENT
%precedence error

%%

model: statements END { parser->result = tree_block($1); }

statements:
  %empty %prec NO_STATEMENT  { $$ = NEW(StmtList); }
| statement                  { $$ = NEW(StmtList); if ($1) PUSH($$, $1); }
| statements separator %prec NO_STATEMENT { $$ = $1; }
| statements separator statement { $$ = $1; if ($3) PUSH($$, $3); }
| statements error           { $$ = $1; } /* what was read before stays, while the token in error is dropped */

/* A new statement is a new chance: its errors are reported again. */
separator: NEWLINE { yyerrok; } | ';' { yyerrok; }

block: '{' statements '}'    { $$ = tree_block($2); }

statement:
  error                      { $$ = NULL; }
| MODEL name                 { $$ = tree_named(parser, STMT_MODEL, @$, $2); }
| IMPORT STRING              { $$ = tree_stmt(parser, STMT_IMPORT, @$); $$->path = $2; }
| CONST consts               { $$ = tree_decls(parser, STMT_CONST, @$, $2); }
| DIM name LE expr           { $$ = tree_named(parser, STMT_DIM, @$, $2); $$->value = $4; }
| INPUT inputs               { $$ = tree_decls(parser, STMT_INPUT, @$, $2); }
| PARAM params               { $$ = tree_decls(parser, STMT_PARAM, @$, $2); }
| STATE inits                { $$ = tree_decls(parser, STMT_STATE, @$, $2); }
| INIT inits                 { $$ = tree_decls(parser, STMT_INIT, @$, $2); }
| target ASSIGN expr         { $$ = tree_goal(parser, STMT_UPDATE, @$, $1, $3); }
| targets '=' expr           { $$ = tree_define(parser, STMT_DEFINE, @$, $1, $3); }
| targets '~' expr           { $$ = tree_define(parser, STMT_DRAW, @$, $1, $3); }
| LOSS target '=' expr       { $$ = tree_goal(parser, STMT_LOSS, @$, $2, $4); }
| OUTPUT target              { $$ = tree_goal(parser, STMT_OUTPUT, @$, $2, NULL); }
| OUTPUT target '=' expr     { $$ = tree_goal(parser, STMT_OUTPUT, @$, $2, $4); }
| METRIC target              { $$ = tree_goal(parser, STMT_METRIC, @$, $2, NULL); }
| METRIC target '=' expr     { $$ = tree_goal(parser, STMT_METRIC, @$, $2, $4); }
| MINIMIZE name over every WITH exprs { $$ = tree_minimize(parser, @$, $2, $3, $4, $6); }
| MAXIMIZE name over every WITH exprs { $$ = tree_minimize(parser, @$, $2, $3, $4, $6); $$->maximize = true; }
| CHECK expr                 { $$ = tree_check(parser, @$, $2); }
| ASKED asks                 { $$ = tree_decls(parser, STMT_ASKED, @$, $2); }
| TRAIN '{' entries '}'      {
    $$ = tree_stmt(parser, STMT_TRAIN, @$);
    $$->entries = $3->at;
    $$->nentries = $3->n;
  }
| FN name '(' formals ')' '=' expr     { $$ = tree_short_function(parser, @$, $2, $4, $7); }
| FN name '(' formals ')' block        { $$ = tree_function(parser, STMT_FN, @$, $2, $4, $6); }
| LAYER name '(' formals ')' block     { $$ = tree_function(parser, STMT_LAYER, @$, $2, $4, $6); }
| OPTIMIZER name '(' formals ')' block { $$ = tree_function(parser, STMT_OPTIMIZER, @$, $2, $4, $6); }
| DERIVATIVE name '(' formals ')' '=' exprs { $$ = tree_derivative(parser, @$, $2, $4, $7); }
| RULE expr REWRITE expr conditions {
    $$ = tree_stmt(parser, STMT_RULE, @$);
    $$->value = $2;
    $$->value2 = $4;
    $$->values = $5->at;
    $$->nvalues = $5->n;
  }
| SCAN binder block          { $$ = tree_stmt(parser, STMT_SCAN, @$); $$->binder = $2; $$->body = $3; }
| FOR binder block           { $$ = tree_stmt(parser, STMT_FOR, @$); $$->binder = $2; $$->body = $3; }
| if
| RETURN exprs               { $$ = tree_return(parser, @$, $2); }

if:
  IF expr block              { $$ = tree_if(parser, @$, $2, $3, NULL); }
| IF expr block ELSE block   { $$ = tree_if(parser, @$, $2, $3, &$5); }
| IF expr block ELSE if      { $$ = tree_if(parser, @$, $2, $3, &(Block){.at = &$5, .n = 1}); }

name: NAME                   { $$ = (Name){$1, @1}; }

wholes: whole { $$ = NEW(ExprList); PUSH($$, $1); } | wholes ',' whole { $$ = $1; PUSH($$, $3); }

whole: /* what has parameters: h, S[2], x.S[0].h, S[0].W */
  name                       { $$ = tree_name(parser, @$, $1.text); }
| whole '[' subs ']'         { $$ = tree_index(parser, @$, $1, $3); }
| whole '.' name             { $$ = tree_part(parser, @$, $1, $3); }

over: %empty { $$ = NULL; } | OVER wholes { $$ = $2; }
every: %empty { $$ = NULL; } | EVERY expr { $$ = $2; }
conditions: %empty { $$ = NEW(ExprList); } | IF exprs { $$ = $2; }

binder: name '<' expr        { $$ = tree_binder(parser, $1, $3); }

/* ---- declarations ---- */

shape: %empty { $$ = NEW(ExprList); } | '[' exprs ']' { $$ = $2; }

consts: const { $$ = NEW(DeclList); PUSH($$, *$1); } | consts ',' const { $$ = $1; PUSH($$, *$3); }
inputs: input { $$ = NEW(DeclList); PUSH($$, *$1); } | inputs ',' input { $$ = $1; PUSH($$, *$3); }
params: param { $$ = NEW(DeclList); PUSH($$, *$1); } | params ',' param { $$ = $1; PUSH($$, *$3); }
inits:  init  { $$ = NEW(DeclList); PUSH($$, *$1); } | inits  ',' init  { $$ = $1; PUSH($$, *$3); }

asks:  ask   { $$ = NEW(DeclList); PUSH($$, *$1); } | asks   ',' ask   { $$ = $1; PUSH($$, *$3); }

const: name '=' expr         { $$ = tree_decl(parser, $1, NULL, INIT_VALUE, $3); }

input:
  name shape                 { $$ = tree_decl(parser, $1, $2, INIT_NONE, NULL); }
| name shape ':' name        {
    $$ = tree_decl(parser, $1, $2, INIT_NONE, NULL);
    $$->type = $4.text;
    $$->type_span = $4.span;
  }
| name shape ':' name '(' expr ')' {
    $$ = tree_decl(parser, $1, $2, INIT_NONE, NULL);
    $$->type = $4.text;
    $$->type_span = $4.span;
    $$->type_arg = $6;
  }

param:
  name shape                 { $$ = tree_decl(parser, $1, $2, INIT_NONE, NULL); }
| name shape '~' expr        { $$ = tree_decl(parser, $1, $2, INIT_DRAW, $4); }
| init

init: name shape '=' expr    { $$ = tree_decl(parser, $1, $2, INIT_VALUE, $4); }

ask: name shape              { $$ = tree_decl(parser, $1, $2, INIT_NONE, NULL); }

target:
  name                       { $$ = tree_target(parser, $1, NULL, NULL); }
| name '[' exprs ']'         { $$ = tree_target(parser, $1, $3, NULL); }
| name ':' '[' exprs ']'     { $$ = tree_target(parser, $1, NULL, $4); }

targets: target { $$ = NEW(TargetList); PUSH($$, *$1); } | targets ',' target { $$ = $1; PUSH($$, *$3); }

formals: %empty { $$ = NEW(FormalList); } | some_formals

some_formals: formal { $$ = NEW(FormalList); PUSH($$, *$1); } | some_formals ',' formal { $$ = $1; PUSH($$, *$3); }

formal: formal_name | formal_name '=' expr { $$ = $1; $$->init = $3; }

formal_name:
  name                       { $$ = tree_formal(parser, $1, FORMAL_PLAIN, NULL); }
| name '[' ELLIPSIS ']'      { $$ = tree_formal(parser, $1, FORMAL_ANY, NULL); }
| name '[' exprs ']'         { $$ = tree_formal(parser, $1, FORMAL_ARRAY, $3); }

entries:
  %empty                     { $$ = NEW(EntryList); }
| entry                      { $$ = NEW(EntryList); if ($1) PUSH($$, *$1); }
| entries entry_end          { $$ = $1; }
| entries entry_end entry    { $$ = $1; if ($3) PUSH($$, *$3); }

entry_end: ',' | separator

entry:
  error                      { $$ = NULL; }
| name '=' expr              { $$ = NEW(Entry); *$$ = (Entry){.name = $1.text, .span = $1.span, .value = $3}; }

/* ---- expressions ---- */

exprs: expr { $$ = NEW(ExprList); PUSH($$, $1); } | exprs ',' expr { $$ = $1; PUSH($$, $3); }

expr:
  NUMBER                     { $$ = tree_number(parser, @$, $1); }
| NAME                       { $$ = tree_name(parser, @$, $1); }
| '(' expr ')'               { $$ = tree_wrapped($2, @$); }
| '[' exprs ']'              { $$ = tree_list(parser, @$, $2); }
| PARTIAL name '/' PARTIAL name { $$ = tree_partial(parser, @$, $2, $5); }
| expr '(' args ')'          { $$ = tree_call(parser, @$, $1, $3); }
| expr '(' args ')' BODY body { $$ = tree_reduce(parser, @$, $1, $3, $6); }
| expr '[' subs ']'          { $$ = tree_index(parser, @$, $1, $3); }
| expr '.' name              { $$ = tree_part(parser, @$, $1, $3); }
| expr TRANSPOSE             { $$ = tree_unary(parser, EXPR_TRANSPOSE, @$, $1); }
| '-' expr %prec NEGATION    { $$ = tree_unary(parser, EXPR_NEGATE, @$, $2); }
| NOT expr                   { $$ = tree_unary(parser, EXPR_NOT, @$, $2); }
| expr '^' expr              { $$ = tree_binary(parser, BIN_POW, @2, $1, $3); }
| expr '@' expr              { $$ = tree_binary(parser, BIN_MATMUL, @2, $1, $3); }
| expr '*' expr              { $$ = tree_binary(parser, BIN_MUL, @2, $1, $3); }
| expr '/' expr              { $$ = tree_binary(parser, BIN_DIV, @2, $1, $3); }
| expr MOD expr              { $$ = tree_binary(parser, BIN_MOD, @2, $1, $3); }
| expr '+' expr              { $$ = tree_binary(parser, BIN_ADD, @2, $1, $3); }
| expr '-' expr              { $$ = tree_binary(parser, BIN_SUB, @2, $1, $3); }
| expr EQ expr               { $$ = tree_compare(parser, BIN_EQ, @2, $1, $3); }
| expr NE expr               { $$ = tree_compare(parser, BIN_NE, @2, $1, $3); }
| expr '<' expr              { $$ = tree_compare(parser, BIN_LT, @2, $1, $3); }
| expr LE expr               { $$ = tree_compare(parser, BIN_LE, @2, $1, $3); }
| expr '>' expr              { $$ = tree_compare(parser, BIN_GT, @2, $1, $3); }
| expr GE expr               { $$ = tree_compare(parser, BIN_GE, @2, $1, $3); }
| expr AND expr              { $$ = tree_binary(parser, BIN_AND, @2, $1, $3); }
| expr OR expr               { $$ = tree_binary(parser, BIN_OR, @2, $1, $3); }

body:
  expr %prec REDUCTION
| BODY_NOT body              { $$ = tree_unary(parser, EXPR_NOT, @$, $2); }

args: %empty { $$ = NEW(ArgList); } | some_args

some_args: arg { $$ = NEW(ArgList); PUSH($$, $1); } | some_args ',' arg { $$ = $1; PUSH($$, $3); }

arg:
  expr                       { $$ = (Arg){.value = $1}; }
| NAME '=' expr              { $$ = (Arg){.name = $1, .name_span = @1, .value = $3}; }

subs:
  place otherwise            { $$ = NEW(SubList); PUSH($$, $1); $$->else_zero = $2; }
| subs ',' place otherwise   { $$ = $1; PUSH($$, $3); $$->else_zero |= $4; }

otherwise: %empty { $$ = false; } | ELSE expr { $$ = tree_else_zero(parser, $2); }

place:
  expr                       { $$ = (Sub){.first = $1}; }
| ':'                        { $$ = (Sub){.is_range = true}; }
| expr ':'                   { $$ = (Sub){.is_range = true, .first = $1}; }
| ':' expr                   { $$ = (Sub){.is_range = true, .last = $2}; }
| expr ':' expr              { $$ = (Sub){.is_range = true, .first = $1, .last = $3}; }

%%

static int yyreport_syntax_error(const yypcontext_t *context, struct Parser *parser) {
  yysymbol_kind_t kinds[YYNTOKENS];
  const char *names[YYNTOKENS];
  int n = yypcontext_expected_tokens(context, kinds, YYNTOKENS);
  if (n < 0) return n;
  for (int k = 0; k < n; k++) names[k] = yysymbol_name(kinds[k]);
  parse_report(parser, yysymbol_name(yypcontext_token(context)), names, n);
  return 0;
}

/* Syntax errors are reported above; what is left is a stack that has grown too high. */
static void parse_error(const Span *span, struct Parser *parser, const char *text) {
  (void)text;
  parse_stop(parser, *span, "this is nested too deep");
}

static Block parse_at(Context *cx, const Source *source, bool derivation) {
  Parser *parser = ARENA_NEW(cx, Parser);
  parser->cx = cx;
  parser->source = source;
  if (!parse_readable(cx, source)) return (Block){0};
  parse_mark(parser);
  scan_begin(parser);
  parse_parse(parser);
  scan_end(parser);
  allowed_check(parser, &parser->result, derivation);
  return parser->result;
}

Block parse(Context *cx, const Source *source) { return parse_at(cx, source, false); }

Block parse_derivation(Context *cx, const Source *source) { return parse_at(cx, source, true); }
