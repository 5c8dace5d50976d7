/* expression.h: expressions as texts (emit/expression.c); private to emit/. */
#ifndef NNC_EMIT_EXPRESSION_H
#define NNC_EMIT_EXPRESSION_H

#include "emit/body.h"

enum { LONG_TEXT = 70 }; /* an expression beyond it gets a name */

bool whole_fits_int(int64_t lo, int64_t hi);
Code whole_code(const char *text, int level, int64_t lo, int64_t hi);
/* What chooses between two whole values, both computed. */
const char *code_chooser(bool wide);
const char *code_type(Code c);                         /* of a variable that holds it: "int" */
const char *code_narrowed(Body *b, Code c, int level); /* as such a variable takes it */
const char *code_parens(Body *b, Code c, int level);
const char *code_float(Body *b, Code c, int level);
/* Writes `const float NAME = text;` and returns NAME; a name or a number stays as it is. */
Code code_spill(Body *b, Code c);
Code code_shorten(Body *b, Code c); /* where the text is long */
/* One side of a choice: where it reads an array, it is read before. gcc 11 and 12 at -O3 with AVX2 take wrong elements
 * where a loop's reads at a stride hang on a condition. */
Code code_loaded(Body *b, Code c);

#endif
