/* syntax.h: text to tree, by a grammar that knows nothing of meaning.
 *
 * In: a source. Out: a tree, exactly what was written (syntax/ast.h), and reports of what does not parse. Kept: nothing
 * but the marks on names that may begin a reduction.
 *
 *     text ─ lexer.l ▶ raw tokens ─ token.c ▶ tokens ─ parser.y, tree.c ▶ tree ─ allowed.c ▶ tree
 *               │ character.c            │ word.c        └ mistake.c: a syntax error in a reader's words
 *
 * Its files, each of which calls those before it only:
 *     character.c  bytes that are no text of the language
 *     word.c       words of the language, which are no names
 *     lexer.l      text to raw tokens
 *     token.c      what a token is, by what stands around it
 *     mistake.c    what the user is told
 *     tree.c       constructors of the tree
 *     allowed.c    what may not stand where it stands
 *     parser.y     the grammar
 *     print.c      a tree as text */
#ifndef NNC_SYNTAX_H
#define NNC_SYNTAX_H

#include "syntax/ast.h"

/* Parses a source. What is wrong is reported; the statements that could be read are returned all the same, so that
 * later stages can find more. `is_prelude` changes nothing in the grammar. */
Block parse(Context *cx, const Source *source);
/* A derivation in a file of its own, which may not hold every statement. */
Block parse_derivation(Context *cx, const Source *source);

/* The tree as text, indented, one node a line (nnc --emit=ast). */
void ast_print(Text *out, const Block *block);
/* An expression as it would be written, minimal parentheses (used in messages and in comments of checks). */
void expr_print(Text *out, const Expr *e);
const char *expr_text(Context *cx, const Expr *e);

#endif
