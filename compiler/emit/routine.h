/* routine.h: the functions of a model: routines, their checks, full-batch methods; private to emit/. */
#ifndef NNC_EMIT_ROUTINE_H
#define NNC_EMIT_ROUTINE_H

#include "emit/step.h"

/* ---- emit/routine.c ---- */

/* Losses, gradients, outputs, metrics. Plans first: they tell the size of the work area. */
void plan_routines(Emitter *em);
void emit_routines(Emitter *em, Text *header, Text *source);
/* How a function of the model reads the number of the step. */
const char *emit_step_number(const Node *n);

/* ---- emit/validate.c ---- */

/* The condition under which a function of these inputs refuses them; the functions that it calls. */
const char *emit_input_check(Emitter *em, uint32_t mask);
void emit_first_bad(Emitter *em, Text *out);
void emit_bad_row(Emitter *em, Text *header, Text *source);
/* The input that says how many places of this axis of `in` an example has, or -1. */
int emit_input_extent(const Program *p, const Input *in, int axis);
/* The mask, and the extents that say how much of its integers is checked. */
uint32_t emit_checked_inputs(const Program *p, uint32_t mask);

/* ---- emit/double.c: functions in double precision ---- */

typedef struct DoubleFunction {
  const Plan *plan;
  const char *signature;    /* in words of float: "float digits_L_full(const float *w, ..." */
  uint32_t inputs;          /* mask */
  bool gradient, direction; /* it has an argument g, and writes all of it; `direction` */
} DoubleFunction;

void double_translate(Emitter *em, const char *c, Text *out);
void double_functions(Emitter *em, const DoubleFunction *functions, int count, Text *source);
/* "digits_TYPE": the scratch that all of them have room in. */
void double_scratch(Emitter *em, const DoubleFunction *functions, int count, const char *type, Text *types);

/* ---- emit/full_batch.c: nothing where there is none ---- */

void plan_full(Emitter *em);
/* Types and prototypes; what to write in double; and, after these functions, what the runtime calls. */
void emit_full(Emitter *em, Text *types, Text *header);
int full_functions(Emitter *em, DoubleFunction *out); /* 0, 1 or 2 */
void emit_full_entries(Emitter *em, Text *source);
const FullBatch *emit_full_batch_of(const Program *p); /* or NULL */

/* ---- emit/selftest.c: nothing without --selftest ---- */

void plan_selftest(Emitter *em);
void emit_selftest_types(Emitter *em, Text *types); /* after all other plans */
int selftest_functions(Emitter *em, DoubleFunction *out);
void emit_selftest(Emitter *em, Text *header, Text *source);

#endif
