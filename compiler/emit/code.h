/* code.h: values as expressions of C (emit/code.c, emit/there.c, emit/whole.c); private to emit/. */
#ifndef NNC_EMIT_CODE_H
#define NNC_EMIT_CODE_H

#include "emit/expression.h"

/* ---- emit/code.c ---- */

Code code_index(Body *b, const Index *e);
const char *code_place(Body *b, const Index *e);
Code code_read(Body *b, Read *r);
/* The scalar value of n's body (without its reduction), its reads, guards and value given in the variables at hand. */
Code code_body(Body *b, const Node *n, Read *const *reads, const Guard *guards, int nguards, const Index *value);
/* "i + u >= 2 && ..."; NULL where it always holds. */
const char *code_guards(Body *b, const Guard *guards, int n);

/* ---- emit/there.c ---- */

/* Has the array of r such an element, whether the guards hold or not? */
bool code_in_range(const Body *b, const Read *r);
/* Has every array that gives e a part such an element? */
bool code_gathers_there(Body *b, const Index *e);
/* Does every element that r comes down to exist, those in guards of inline values too? */
bool code_always_there(Body *b, Read *r);
/* Does a body with these reads take no place from an array? */
bool code_affine(Body *b, const Node *n, Read *const *reads, const Index *value);

/* ---- whole numbers: emit/whole.c ---- */

Code whole_constant(Body *b, int64_t k);
Code whole_widened(Body *b, Code c); /* as an int64_t */
Code whole_times(Body *b, Code x, Code y);
Code whole_plus(Body *b, Code x, Code y, bool minus);
/* The value of n, which c is, as an integer: a float is taken to the nearest of n's bounds. */
Code whole_of(Body *b, Code c, const Node *n);
/* The product of n's operands x, or n's operation on them, in whole numbers; false where floats do as well. */
bool whole_product(Body *b, const Node *n, double scale, const Code *x, Code *out);
bool whole_operation(Body *b, const Node *n, const Code *x, Code *out);
bool whole_range_times(int64_t a, int64_t b, int64_t c, int64_t d, int64_t *lo,
                       int64_t *hi); /* false: beyond 64 bits */
void whole_report_wide(Body *b, const char *text);
/* c, a value of n, as an element of an array of that type. */
const char *whole_element(Body *b, Code c, const Node *n, bool integer, bool wide, int level);

#endif
