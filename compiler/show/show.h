/* show.h: a program as text for people.
 *
 * Comes in: a simplified Program. Goes out: text, the same bytes each time. Kept: the program, as it is. */
#ifndef NNC_SHOW_H
#define NNC_SHOW_H

#include "graph/program.h"

/* Steps and places of every routine and optimizer, for --emit=plan. */
void show_plan(Program *program, const Options *options, Text *out);
/* `nnc show`: inputs, values, parameters, work and memory as text; the graph of the losses for graphviz. */
void show_summary(Program *program, const Options *options, Text *out);
void show_dot(Program *program, Text *out);

#endif
