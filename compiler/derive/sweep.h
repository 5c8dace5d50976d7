/* sweep.h: the sweep from a root to its leaves, as the files of derive share it. */
#ifndef NNC_DERIVE_SWEEP_H
#define NNC_DERIVE_SWEEP_H

#include "build/build.h"
#include "graph/graph.h"

typedef struct Contribution {
  Read *read;
  int vars[MAX_AXES]; /* of the target's axes; the batch variable itself where the batch is pinned */
  bool box;           /* read covers only the box at `offset` */
  int64_t offset[MAX_AXES];
  struct Contribution *next;
} Contribution;

typedef struct AdjointLoop AdjointLoop; /* derive/loop.c */

enum { MOST_LOOPS = 8 };

typedef struct Pin { /* an axis of this scan stands for one time, that of the variable */
  int scan, var;
} Pin;

typedef struct Sweep {
  Program *program;
  Graph *g;
  bool per_example, root_has_batch;
  int size;      /* nodes with ids below */
  bool *needed;  /* does it depend on a target, with a derivative? */
  bool *blocked; /* or would it, but for a draw of whole numbers? */
  bool *depends; /* in whatever way */
  Contribution **adjoint;
  NodeList list; /* operands first */
  bool *listed;
  ScanGroups groups;
  int *left;            /* by group: RESULTs that were not met yet */
  Pin pins[MOST_LOOPS]; /* of the scans that the root is inside of */
  int npins;
  AdjointLoop *loops[MOST_LOOPS]; /* that are being made, outermost first */
  int nloops;
} Sweep;

typedef struct Opened { /* node y at variables of its own */
  Node *y;
  int vars[MAX_AXES];                  /* own and reduced */
  Subst subst;                         /* of axes by these variables */
  Read *adjoint;                       /* of y, at vars */
  const ScanGroup *around[MOST_LOOPS]; /* the loops that compute y, outermost first */
  int naround;
  int level; /* of these, how many the adjoint is still inside of: contributions go to operands just there */
} Opened;

struct AdjointLoop {
  const ScanGroup *group; /* the loop whose derivative it is */
  int scan, time;         /* its own; the variable of the time, the same for both */
  VEC(Opened) deferred;   /* whose operands outside have to wait until the loop is complete */
};

enum { MOST_FACTORS = 64, MOST_GUARDS = 64 };

typedef struct Integrand { /* scale * factors where guards hold, open in variables of y: of a contribution */
  double scale;
  Read *factors[MOST_FACTORS];
  int nfactors;
  Guard guards[MOST_GUARDS];
  int nguards;
} Integrand;

/* derive/sweep.c */
/* The variable that axis k of n is pinned to, or -1. */
int sweep_pin(const Sweep *s, const Node *n, int k);
/* Is v a constant of the derivation: the example, or a time? */
bool sweep_is_pin(const Sweep *s, int v);
int sweep_fresh_var(const Sweep *s, Axis axis);
int sweep_var(const Sweep *s, const Node *n, int k); /* for axis k of n: the one that it is pinned to, or a fresh one */
Axis sweep_adjoint_axis(const Sweep *s, const Node *n, int k);

/* derive/contribution.c */
void integrand_guard(Integrand *t, Index *e); /* e = 0 */
Read *integrand_sum(Graph *g, const Integrand *t, int nsummed, const int *summed);
void contribution_push(Sweep *s, Node *a, Contribution c);
/* Adds the integrand t to the adjoint of the node that r reads, an operand of o's node. */
void contribution_add(Sweep *s, const Opened *o, const Read *r, Integrand *t);
/* The adjoint of n at `vars` (fresh, or pinned); NULL where nothing reached it. */
Read *contribution_sum(Sweep *s, const Node *n, int *vars);

/* derive/zero.c */
/* adjoint * d, where d is a derivative at the adjoint's place; an adjoint of 0 wins. */
Read *zero_times(Graph *g, Read *adjoint, Read *d);
/* The derivative of select(a, b) with respect to operand k, x, the other being `other`. */
Read *zero_select(Graph *g, Read *adjoint, Read *other, int k, const Read *x);
/* The derivative of y = a/b: adjoint/b with respect to a (y: NULL), or -adjoint*y/b with respect to b. */
Read *zero_over(Graph *g, Read *adjoint, Read *y, Read *b);
/* The same for the factors of an integrand, the adjoint being the first. */
void zero_wins(Sweep *s, const Opened *o, Integrand *t);

/* derive/outside.c */
/* How many of the loops around y is a inside of? */
int outside_depth(const Opened *o, const Node *a);
/* Forward values seen from outside of all loops around y: what was kept of them. */
Read *outside_read(Sweep *s, const Opened *o, Read *r);
/* The same for a formula of forward values: what the loop computes anyway is read, the rest is computed outside. */
Read *outside_formula(Sweep *s, const Opened *o, Read *r);
Index *outside_index(Sweep *s, const Opened *o, Index *e);

/* derive/step.c */
bool step_carries(const Node *n); /* would a derivative flow into operands of n? */
/* From the adjoint of o's node to its operands, those at o's level. */
void step_process(Sweep *s, const Opened *o);
/* The same for n, from all that has arrived at it. */
void step_visit(Sweep *s, Node *n);

/* derive/loop.c */
/* n is a RESULT: its loop is differentiated when the last of its RESULTs is met. */
void loop_visit(Sweep *s, Node *n);

#endif
