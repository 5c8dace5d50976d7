/* update.h: training steps, and what generic tools need (emit/update.c, emit/table.c, emit/hash.c); private to emit/.
 */
#ifndef NNC_EMIT_UPDATE_H
#define NNC_EMIT_UPDATE_H

#include "emit/routine.h"

/* emit/update.c: members of the model struct; functions that update parameters. */
void plan_updates(Emitter *em, Text *typedefs, Text *members);
void emit_updates(Emitter *em, Text *header, Text *source);
/* Does the struct count the turns of a step? */
bool emit_counts_turns(const Emitter *em);
const char *emit_objective_name(Emitter *em, int objective); /* "LG": unique */
/* The inputs that a whole step reads: those of the losses that are minimized. */
uint32_t emit_step_inputs(const Emitter *em);

/* emit/table.c: init, the nn_model. */
void emit_tables(Emitter *em, Text *header, Text *source);
/* emit/hash.c: FNV-1a of names, shapes, inputs and optimizers in their order. */
uint64_t emit_hash(const Emitter *em);

#endif
