/* run.h: what the files of model/ share: the model that is being run, and its statements. */
#ifndef NNC_MODEL_RUN_H
#define NNC_MODEL_RUN_H

#include "elaborate/elaborate.h"
#include "model/model.h"

typedef struct Minimize {
  const Stmt *stmt;
  const char **over; /* the paths of what it names */
  int loss, every;
} Minimize;

typedef struct Model {
  Elaborator *el;
  Options *options;
  VEC(Minimize) pending; /* of run_minimize, until all parameters are known */
  int stage_draws;       /* the number of the first draw of the next optimizer */
  const Stmt *derivatives[OP_COUNT];
  VEC(const Stmt *) rules;
} Model;

/* import.c: the statements of a file, in place of each `import` those of the file that it names, once. */
Block import_all(Context *cx, const Block *b, const char *path);

/* constant.c: constants and functions, known everywhere, in any order. */
void declare_globals(Model *model, const Block *b);
/* Reports each -D that names no constant. */
void report_unused_defines(Model *model);

/* law.c: lines `derivative f(x) = ...` and `rule a => b if c`. */
void declare_derivative(Model *model, const Stmt *st);
void declare_rule(Model *model, const Stmt *st);

/* input.c */
void declare_dim(Elaborator *el, Scope *s, const Stmt *st);
void declare_input(Elaborator *el, Scope *s, const Decl *d);

/* goal.c: what the program computes. */
void run_loss(Elaborator *el, Scope *s, const Stmt *st);
void run_metric(Elaborator *el, Scope *s, const Stmt *st);
void run_output(Elaborator *el, Scope *s, const Stmt *st);
/* A node below root that has the batch among what it is reduced over, or twice: it looks across examples. Or NULL. */
Node *coupling(Elaborator *el, Node *root);

/* claim.c */
void run_check(Elaborator *el, Scope *s, const Stmt *st);

/* train.c */
void run_train(Elaborator *el, Scope *s, const Stmt *st);

/* minimize.c */
void run_minimize(Model *model, Scope *s, const Stmt *st);
void finish_objectives(Model *model);

/* optimizer.c: the optimizer e of a chain: its lines as a graph. False with an error. */
bool make_stage(Model *model, Objective *objective, Group *group, Stage *stage, const Expr *e);
/* flat.c: are the lines elementwise, so that they run over a run of parameters of any length? */
bool elementwise_block(Elaborator *el, const Block *b, int depth);

/* full_batch.c */
bool is_full_batch(Elaborator *el, const Expr *e);
/* Makes o minimized by e; el->updates are the model's own. False with an error where the model does not allow it. */
bool make_full_batch(Model *model, Objective *o, const Minimize *m, const Expr *e);

#endif
