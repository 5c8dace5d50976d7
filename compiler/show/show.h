/* show.h: a program as text for people.
 *
 * Comes in: a simplified Program. Goes out: text, the same bytes each time. Kept: the program, as it is.
 *
 * Its files, each of which calls those before it only:
 *     shape.c    what the others share
 *     plan.c     --emit=plan
 *     dot.c      nnc show --format dot
 *     summary.c  nnc show */
#ifndef NNC_SHOW_H
#define NNC_SHOW_H

#include "graph/graph.h"

/* Steps and storage of every routine and optimizer, for --emit=plan. */
void show_plan(Program *program, const Options *options, Text *out);
/* `nnc show`: inputs, values, parameters, work and memory as text; the graph of the losses for graphviz. */
void show_summary(Program *program, const Options *options, Text *out);
void show_dot(Program *program, Text *out);

#endif
