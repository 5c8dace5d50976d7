/* rules.h: the rewriting rules of the prelude, applied to a read. */
#ifndef NNC_RULES_H
#define NNC_RULES_H
#include "graph/program.h"

/* The result of the first rule that matches r, or NULL. The result may match further rules. `which` (may be NULL): its
 * number. */
Read *rules_apply(Program *p, const Read *r, int *which);

#endif
