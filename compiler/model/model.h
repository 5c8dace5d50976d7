/* model.h: the tree of a model to a Program.
 *
 * In: the trees of the prelude and of the model's file (syntax/). Out: the Program (graph/program.h), whose roots may
 * still hold NAME, GRAD and STOP nodes: simplify_values replaces them. What is wrong is reported (error_count), and
 * the Program is returned as far as it goes. Kept: each statement means what it says; nothing is simplified but by the
 * builders of the graph. Values of expressions are made by elaborate/.
 *
 * Its files, each of which calls those before it only:
 *     input.c                 input, dim
 *     law.c                   are these lines of derivatives and rules any that can be used?
 *     formula.c, apply_law.c  what such a line says, elaborated once; with values in place of its formals
 *     constant.c              const, fn, layer, optimizer: known everywhere
 *     import.c                import
 *     goal.c                  loss, metric, output
 *     claim.c                 check
 *     hand.c                  asked; a derivation in a file of its own
 *     train.c                 train { }
 *     full_batch.c            minimize with bfgs and its like
 *     flat.c, optimizer.c     is an optimizer elementwise? its lines as a graph
 *     minimize.c              minimize, maximize
 *     run.c                   the statements, one after the other */
#ifndef NNC_MODEL_H
#define NNC_MODEL_H

#include "graph/graph.h"

Program *model_program(Context *cx, const Block *prelude, const Block *model, const char *path, Options *options);
/* The same with a derivation in a file of its own (parse_derivation): of its checks, and of those of the model that ask
 * for what it defines. */
Program *model_program_with(Context *cx, const Block *prelude, const Block *model, const char *path, const Block *hand,
                            const Source *hand_source, Options *options);

/* ---- a check with another text (claim.c) ---- */

/* What a side of the check would be if it were this, and `lines` (or NULL) defined anew what they define; open in the
 * variables of the check. NULL where that has no meaning there, or another shape. Nothing is reported. */
Read *claim_read(const Check *c, const Block *lines, const Expr *side);

typedef struct Known { /* a name that the check may use */
  const char *name;
  const Stmt *stmt; /* that defines it by a formula; or NULL */
  bool constant, whole;
  double number; /* of a constant */
  int rank;      /* of an array, or of a single number */
  Axis axes[MAX_AXES];
  Node *node;
} Known;
typedef VEC(Known) KnownList;
KnownList claim_known(const Check *c);
/* The statements of the model; the line `derivative f(x) = ...`, or NULL. */
const Block *claim_statements(const Check *c);
const Stmt *claim_derivative(const Check *c, const char *function);

/* ---- lines of the prelude, applied (apply_law.c) ---- */

/* The line `derivative f(x) = ...` for operand k, at these reads. An operation without one is an error at span. */
Read *law_derivative(Program *p, Op op, int operand, Read *const *reads, Span span);
/* The lines `rule a => b if c`, and the right side of one with its names bound: to a single number (of rank 0), or to
 * an array open in vars, where a reduction was matched. */
int law_rule_count(const Program *p);
const Stmt *law_rule(const Program *p, int k);
Read *law_result(Program *p, int which, int n, const char *const *names, Read *const *reads, const int *ranks,
                 int (*vars)[MAX_AXES]);

#endif
