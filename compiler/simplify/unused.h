/* unused.h: what a model declares and nothing depends on. Each function reports, and changes nothing. */
#ifndef NNC_UNUSED_H
#define NNC_UNUSED_H

#include "graph/program.h"

/* Inputs that no loss, output, metric, check or state looks at: warnings. Needs a program as elaborated. */
void unused_inputs(Program *p);
/* A `minimize` whose loss does not change with its parameters: errors; parameters that no such loss depends on:
 * warnings. Needs a simplified program. */
void unused_objectives(Program *p);

#endif
