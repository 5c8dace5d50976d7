/* emitter.h: what is known of the C file at hand while it is written: names, plans, sizes; private to emit/.
 *
 * Filled before any function is written: emit/frame.c names, emit/routine.c, emit/update.c and emit/full_batch.c plan.
 */
#ifndef NNC_EMIT_EMITTER_H
#define NNC_EMIT_EMITTER_H

#include "emit/layout.h"
#include "plan/plan.h"
#include "selftest/selftest.h"

typedef struct Table { /* an array literal of the model */
  const Node *node;
  bool integer;
  const char *name;
} Table;

typedef struct StageCode { /* what an optimizer of a chain needs */
  Plan **plans;            /* flat: one; else one for each parameter of the group */
  Layout *layout;          /* of its slots */
} StageCode;

typedef struct Outline { /* a function made of repeated blocks */
  const char *text, *name;
} Outline;

typedef struct Emitter {
  Program *program;
  Context *cx;
  const Options *options;
  const char *prefix; /* "digits" */
  const char *type;   /* of the model struct: the same, but where that is a word of C */
  const char *file;   /* the header's name without .h */
  Layout *params, *states, *hypers;
  Leaf *hyper_leaves;
  int *hyper_index;      /* by hyper: its leaf, or -1 */
  StageCode ***stages;   /* by objective, group, stage */
  VEC(Layout *) subsets; /* layouts of some of the parameters */
  int64_t slot_floats;
  const char *first_slots; /* the first member that holds slots, or NULL */
  const char **input_names;
  const char **routine_names; /* by routine: "digits_L_grad" */
  Plan **plans;               /* by routine */
  uint32_t *masks;            /* by routine: the inputs of its C function */
  Plan *full_plans[2];        /* of a full-batch method: gradient, product */
  Plan **twins;               /* by loss, with --selftest: the training loss alone; NULL where it has no gradient */
  Selftest *selftest;         /* or NULL */
  VEC(Table) tables;
  Text *tables_out; /* static const arrays */
  Text *functions;  /* outlined functions */
  VEC(Outline) outlines;
  int64_t floats, integers, wides; /* of the work area */
  int64_t traced_elements;         /* most that a function looks back through */
  bool draws;                      /* the model draws: its functions take a seed and the step */
  bool steps;                      /* it reads step: they take that, outputs too */
  bool doubles;                    /* the function at hand will compute in double precision (emit/double.c) */
} Emitter;

/* ---- emit/emitter.c ---- */

/* "const float *x, const int32_t *y": the inputs of a mask, with a comma before each; types or names only. */
const char *emit_input_list(Emitter *em, uint32_t mask, bool types);
/* Adds s, broken at commas where it is long. */
void emit_wrapped(Text *out, const char *s, int indent);
/* How a function reaches an array literal. */
const char *emit_table_name(Emitter *em, const Node *n, bool integer, bool wide);
/* A text as a literal of C. */
const char *emit_quoted(Context *cx, const char *s);
/* "seed, step" where functions of the model take them, with a comma in front. */
const char *emit_draw_arguments(Emitter *em, const Routine *r, const char *seed, const char *step);

#endif
