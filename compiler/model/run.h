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
  Block statements;  /* of the model's own text */
  const Block *hand; /* a derivation in a file of its own, */
  const Source *hand_source;
  Scope *derivation;       /* and where its names stand; or NULL */
  VEC(const Decl *) asked; /* names that the model asks for */
  VEC(const Stmt *) held;  /* checks that ask for names */
  Options *options;
  VEC(Minimize) pending; /* of minimize_run, until all parameters are known */
  int stage_draws;       /* the number of the first draw of the next optimizer */
  const Stmt *derivatives[OP_COUNT];
} Model;

/* import.c: the statements of a file, in place of each `import` those of the file that it names, once. */
Block import_all(Context *cx, const Block *b, const char *path);

/* constant.c: constants and functions, known everywhere, in any order. */
void constant_declare_all(Model *model, const Block *b);
/* Reports each -D that names no constant. */
void constant_report_unused(Model *model);

/* law.c: lines `derivative f(x) = ...` and `rule a => b if c`. */
void law_declare_derivative(Model *model, const Stmt *st);
void law_declare_rule(Model *model, const Stmt *st);
/* formula.c: makes formulas of their right sides, once all that they may name is known. */
void formula_make_all(Model *model);

/* input.c */
void input_declare_dim(Elaborator *el, Scope *s, const Stmt *st);
void input_declare(Elaborator *el, Scope *s, const Decl *d);

/* goal.c: what the program computes. */
void goal_loss(Elaborator *el, Scope *s, const Stmt *st);
void goal_metric(Elaborator *el, Scope *s, const Stmt *st);
void goal_output(Elaborator *el, Scope *s, const Stmt *st);
/* A node below root that has the batch among what it is reduced over, or twice: it looks across examples. Or NULL. */
Node *goal_coupling(Elaborator *el, Node *root);

/* claim.c */
void claim_run(Elaborator *el, Scope *s, const Stmt *st);
/* What names mean in s now, for other texts of a check. */
const struct Claim *claim_keep(Elaborator *el, Scope *s);

/* hand.c: finds the names that the model asks for. */
void hand_ask(Model *model);
/* Is this a check that asks for names? Then it waits for hand_run, which runs the derivation and the checks
 * that wait for it. */
bool hand_holds(Model *model, const Stmt *check);
void hand_run(Model *model);

/* train.c */
void train_run(Elaborator *el, Scope *s, const Stmt *st);

/* minimize.c */
void minimize_run(Model *model, Scope *s, const Stmt *st);
void minimize_finish(Model *model);

/* optimizer.c: the optimizer e of a chain: its lines as a graph. False with an error. */
bool optimizer_stage(Model *model, Objective *objective, Group *group, Stage *stage, const Expr *e);
/* flat.c: are the lines elementwise, so that they run over a run of parameters of any length? */
bool flat_block(Elaborator *el, const Block *b, int depth);

/* full_batch.c */
bool full_batch_named(Elaborator *el, const Expr *e);
/* Makes o minimized by e; el->updates are the model's own. False with an error where the model does not allow it. */
bool full_batch_make(Model *model, Objective *o, const Minimize *m, const Expr *e);

#endif
