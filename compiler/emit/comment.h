/* comment.h: what stands above the blocks of a function (emit/comment.c); private to emit/. */
#ifndef NNC_EMIT_COMMENT_H
#define NNC_EMIT_COMMENT_H

#include "emit/body.h"

/* The formulas of nodes whose code has just been written, one a line, each after those of the values that are written
 * out in it. Stored values have the names of b->operands; `part`: the block stands for several, and nothing in it has
 * a name of the model. */
const char *comment_formulas(Body *b, Node *const *nodes, int n, bool part);
/* The formulas of a whole optimizer over a run of parameters, and what its roots, which `names` names, become. */
const char *comment_run(Body *b, const char *const *names);
/* "h [n,20], dx_W [20,30] from x, h.W": a call that computes these. */
const char *comment_call(Body *b, const Operand *const *operands, const bool *written, int n);
/* What the function calls a carried value. */
const char *comment_carried(Body *b, const Node *prev);

#endif
