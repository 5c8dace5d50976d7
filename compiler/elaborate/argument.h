/* argument.h: arguments to formals, and the axes that a call is mapped over. */
#ifndef NNC_ELABORATE_ARGUMENT_H
#define NNC_ELABORATE_ARGUMENT_H

#include "elaborate/elaborate.h"

enum { MAX_ARGS = 64 };

typedef struct Call {
  const Stmt *fn;
  const Expr *expr;
  Value *value[MAX_ARGS]; /* one for each formal, NULL where the default is to be taken */
  Span span[MAX_ARGS];
  const Arg *overrides;
  Arg override_args[MAX_ARGS];
  Value *override_values[MAX_ARGS];
  int noverrides;
} Call;

/* "dense(x[m], n, bias = 1)" */
const char *argument_signature(Elaborator *el, const Stmt *fn);
int argument_formal(const Stmt *fn, const char *name); /* or -1 */
/* Takes an argument, by position or by name; false with an error. */
bool argument_give(Elaborator *el, Call *c, int position, const char *name, Value *v, Span span);
bool argument_all_given(Elaborator *el, const Call *c);
bool argument_to_tensors(Elaborator *el, Call *c);
/* May one number stand for all places of formal k? */
bool argument_takes_number(const Stmt *fn, int k);
/* Indexes the leading axes of all arguments by common variables; their number, or -1. */
int argument_lift(Elaborator *el, Call *c, int *vars);
/* The result with these axes in front again. */
Value *argument_close_over(Elaborator *el, Value *v, int lead, const int *vars, Span span);

#endif
