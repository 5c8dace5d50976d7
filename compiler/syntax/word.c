/* word.c: the words of the language: which are no names, which begin a statement, after which a line goes on. */
#include "syntax/parse.h"
#include "parser.h"

#include <string.h>

typedef struct Keyword {
  const char *text;
  int token;
  bool begins; /* a statement */
} Keyword;

static const Keyword keywords[] = {
  {"model", TOK_MODEL, true},
  {"import", TOK_IMPORT, true},
  {"const", TOK_CONST, true},
  {"dim", TOK_DIM, true},
  {"input", TOK_INPUT, true},
  {"param", TOK_PARAM, true},
  {"state", TOK_STATE, true},
  {"fn", TOK_FN, true},
  {"layer", TOK_LAYER, true},
  {"optimizer", TOK_OPTIMIZER, true},
  {"derivative", TOK_DERIVATIVE, true},
  {"rule", TOK_RULE, true},
  {"loss", TOK_LOSS, true},
  {"output", TOK_OUTPUT, true},
  {"metric", TOK_METRIC, true},
  {"minimize", TOK_MINIMIZE, true},
  {"maximize", TOK_MAXIMIZE, true},
  {"check", TOK_CHECK, true},
  {"asked", TOK_ASKED, true},
  {"train", TOK_TRAIN, true},
  {"scan", TOK_SCAN, true},
  {"init", TOK_INIT, true},
  {"for", TOK_FOR, true},
  {"if", TOK_IF, true},
  {"return", TOK_RETURN, true},
  {"else", TOK_ELSE, false},
  {"over", TOK_OVER, false},
  {"with", TOK_WITH, false},
  {"every", TOK_EVERY, false},
  {"and", TOK_AND, false},
  {"or", TOK_OR, false},
  {"not", TOK_NOT, false},
};
enum { NKEYWORDS = sizeof keywords / sizeof *keywords };

int token_of_keyword(const char *text, size_t length) {
  for (int k = 0; k < NKEYWORDS; k++)
    if (strlen(keywords[k].text) == length && memcmp(keywords[k].text, text, length) == 0) return keywords[k].token;
  return 0;
}

bool token_begins_statement(int kind) {
  for (int k = 0; k < NKEYWORDS; k++)
    if (keywords[k].token == kind) return keywords[k].begins;
  return false;
}

int token_statement_words(const char **words) {
  int n = 0;
  for (int k = 0; k < NKEYWORDS; k++)
    if (keywords[k].begins) words[n++] = keywords[k].text;
  return n;
}

bool token_ends_operand(int kind) {
  return kind == TOK_NAME || kind == TOK_NUMBER || kind == TOK_TRANSPOSE || kind == ')' || kind == ']';
}

/* A line that ends in one of these goes on. */
bool token_goes_on(int kind) {
  static const int kinds[] = {'+',    '-',    '*',     '/',    '^',        '@',         '=',    '~',
                              ',',    ':',    '<',     '>',    TOK_ASSIGN, TOK_REWRITE, TOK_EQ, TOK_NE,
                              TOK_LE, TOK_GE, TOK_AND, TOK_OR, TOK_NOT,    TOK_MOD};
  for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
    if (kinds[k] == kind) return true;
  return false;
}

bool token_begins_body(int kind) {
  return kind == TOK_NAME || kind == TOK_NUMBER || kind == '(' || kind == TOK_NOT || kind == TOK_PARTIAL;
}
