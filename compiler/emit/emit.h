/* emit.h: a program as C.
 *
 * Comes in: a simplified Program. Goes out: a header and a C file, the same bytes each time. Kept: the program, but for
 * the numbers of its nodes (Node.number), by which comments and C name what has no name in the model. */
#ifndef NNC_EMIT_H
#define NNC_EMIT_H

#include "graph/program.h"

/* The header and the C file. Errors (names that are alike in C, too large a model) are reported; look at error_count.
 */
void emit_c(Program *program, const Options *options, Text *header, Text *source);
/* What every name of the generated C begins with: "digits" of digits_model, digits_step ... */
const char *emit_prefix(Context *cx, const Program *program);
#endif
