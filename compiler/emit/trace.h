/* trace.h: what --trace-nan adds to generated C (emit/trace.c, emit/trace_table.c); private to emit/. */
#ifndef NNC_EMIT_TRACE_H
#define NNC_EMIT_TRACE_H

#include "emit/step.h"

typedef struct TraceSites { /* the stored values of a function, in the order in which they are computed */
  NodeList list;
  int *number; /* by node id: its place in the list, or -1 */
  int64_t elements;
} TraceSites;

/* ---- emit/trace_table.c ---- */

/* "digits_traced2": what the tables of routine k begin with. */
const char *emit_trace_name(Emitter *em, int k);
TraceSites emit_trace_sites(Emitter *em, const Plan *plan);
/* The table of a function; `function`: what it is called in messages. */
void emit_trace_table(Body *b, const TraceSites *sites, const char *name, const char *function, Text *out);
/* Is it in the summary of ranges? */
bool emit_trace_is_watched(Body *b, const Node *n);
/* {"model.nn", 6, 5, 12, "p = exp(z)"}; a span from nowhere has line 0. */
const char *emit_trace_source(Context *cx, Span span);

/* ---- emit/trace.c ---- */

/* Does a function of this kind look back from its results? */
bool emit_traces(const Emitter *em, const Routine *r);
/* At the start of its body; at its end, before it returns. */
void emit_trace_begin(Body *b, const char *name);
void emit_trace_search(Body *b, const TraceSites *sites, const Routine *r);
/* After an update: what is no longer finite. */
void emit_trace_update(Emitter *em, const Objective *objective, Text *out);
/* Members of the work area. */
void emit_trace_members(Emitter *em, Text *out);

#endif
