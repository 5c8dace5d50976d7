/* emit.h: a program as C.
 *
 * Comes in: a simplified Program. Goes out: a header and a C file, the same bytes each time. Kept: the program, but for
 * the numbers of its nodes (Node.number), by which comments and C name what has no name in the model.
 *
 * Its files, each of which calls those before it only:
 *     name.c                  users' names in C
 *     hash.c                  one number for what trained values belong to
 *     body.c                  the body of a function as it is written
 *     expression.c, whole.c   an expression as a text; whole numbers
 *     there.c, code.c         which elements exist; values as expressions
 *     comment.c               formulas above code
 *     nest.c                  loop nests
 *     map.c, reduce_loops.c   steps that reduce nothing; reductions
 *     emitter.c, validate.c   arguments; are they in their ranges?
 *     outline.c               what is repeated becomes a function
 *     step.c                  the steps of a plan as blocks
 *     layout.c                structs of arrays
 *     trace_table.c, trace.c  --trace-nan: what is said of values; the search at the end of a function
 *     routine.c, double.c     losses, gradients, outputs; functions in double precision
 *     full_batch.c, update.c  full-batch methods; optimizers
 *     selftest.c              the test that a trainer carries of itself
 *     table.c                 initial values, the table of the model
 *     frame.c                 the header and the source */
#ifndef NNC_EMIT_H
#define NNC_EMIT_H

#include "graph/graph.h"

/* The header and the C file. Errors (names that are alike in C, too large a model) are reported; look at error_count.
 */
void emit_c(Program *program, const Options *options, Text *header, Text *source);
/* What every name of the generated C begins with: "digits" of digits_model, digits_step ... */
const char *emit_prefix(Context *cx, const Program *program);
#endif
