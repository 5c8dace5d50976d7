/* emit.h: what is made of a program once it is simplified: C, and the text of the plan. */
#ifndef NNC_EMIT_H
#define NNC_EMIT_H

#include "graph/program.h"

/* The header and the C file. Errors (names that are alike in C, too large a model) are reported; look at error_count.
 */
void emit_c(Program *program, const Options *options, Text *header, Text *source);
/* What every name of the generated C begins with: "digits" of digits_model, digits_step ... */
const char *emit_prefix(Context *cx, const Program *program);
/* Steps and places of every routine and optimizer, for --emit=plan. */
void emit_plan(Program *program, const Options *options, Text *out);

/* `nnc show`: inputs, values, parameters, work and memory as text; the graph of the losses for graphviz. */
void emit_summary(Program *program, const Options *options, Text *out);
void emit_dot(Program *program, Text *out);

#endif
