/* program.h: a whole model after elaboration: its leaves, and the roots of everything that can be asked of it.
 *
 * Made by model/; simplify/ replaces roots; plan/steps.c and emit/frame.c turn each Routine into a
 * C function. Every root is a node whose axes are exactly the shape of its destination (after the batch axis where it
 * has one). */
#ifndef NNC_PROGRAM_H
#define NNC_PROGRAM_H

#include "graph/node.h"
#include "syntax/syntax.h"

typedef enum {
  START_ZERO,
  START_VALUES,
  START_UNIFORM,
  START_NORMAL,
  START_TRUNCATED,
  START_ORTHOGONAL,
  START_COPY
} StartKind;
typedef struct Start { /* what an array starts from */
  StartKind kind;
  double a, b;  /* of UNIFORM: from, to; of NORMAL and TRUNCATED: mean, deviation; of ORTHOGONAL: a is the gain */
  int64_t rows; /* of ORTHOGONAL: the first axis; the others together are the columns */
  const double *values; /* of VALUES: all elements (one, where `uniform_value`) */
  bool uniform_value;
  const Node *of; /* of COPY: the parameter or state, declared before, whose start it is */
} Start;

typedef struct Leaf { /* a parameter or a state */
  const char *path;   /* "h.W", "x.0.att.Wq": unique */
  Node *node;
  Start start;
  Span span;
  int64_t count;
  bool per_example; /* of a state: a row for each example of a batch; count is that of all rows */
  Node *next;       /* of a state: its next value, or NULL where nothing updates it */
  Span made;        /* the call of a layer that made it, where one did */
} Leaf;

/* Rows: name, does a number belong to it. EXTENT is a dim: 1..classes. */
#define INPUT_KINDS(X) X(REAL, "real", 0) X(CLASS, "class", 1) X(INT, "int", 0) X(BIT, "bit", 0) X(EXTENT, "extent", 1)
typedef enum {
#define X(id, name, sized) INPUT_##id,
  INPUT_KINDS(X)
#undef X
} InputKind;
enum { INPUT_KIND_COUNT = INPUT_EXTENT + 1 };
typedef struct InputKindRow {
  const char *name;
  bool sized;
} InputKindRow;
extern const InputKindRow input_kind_rows[INPUT_KIND_COUNT]; /* model/input.c */
typedef struct Input {
  const char *name;
  Node *node; /* axes: batch, then the shape */
  InputKind kind;
  int classes;
  Span span;
  int64_t count; /* of one example */
} Input;

typedef struct Hyper {
  const char *name; /* "adam.lr": unique */
  double value;
  bool settable; /* false: computed from step (then no NODE_HYPER reads it); text says how */
  const char *text;
} Hyper;

typedef enum {
  DEST_RETURN,     /* scalar: the function's value */
  DEST_GRAD,       /* gradient of parameter `item` */
  DEST_NEXT_STATE, /* next value of state `item` */
  DEST_OUT,        /* an output's array: [n, shape], or [shape] where it does not depend on the examples */
  DEST_WEIGHT,
  DEST_GRADIENT,
  DEST_SLOT /* of an optimizer: item as in the leaf of the same name */
} DestKind;

typedef struct Root {
  Node *node;
  DestKind dest;
  int item;
} Root;

typedef enum { ROUTINE_LOSS, ROUTINE_GRAD, ROUTINE_OUTPUT, ROUTINE_METRIC } RoutineKind;
typedef struct Routine { /* a C function over the whole batch */
  RoutineKind kind;
  const char *name; /* the loss, output or metric */
  int loss;         /* of LOSS and GRAD */
  Node *stated;     /* of these: the loss of one example, as elaborated, under its name */
  Root *roots;
  int nroots;
  bool integer; /* of an output */
  int classes;  /* of an integer output: 0..classes-1, or 0 where that is not known */
  int rank;     /* of one example, of an output */
  int64_t shape[MAX_AXES];
  bool per_example;
  Span span;
} Routine;

/* Draws of optimizers are numbered from here, so that their streams are not those of the model's. */
enum { FIRST_STAGE_DRAW = 1 << 20 };

typedef struct Stage { /* one optimizer of a chain */
  const char *name;    /* "adam" */
  const char *member;  /* the C struct member that holds its slots: unique, "adam", "adam_LG" */
  struct {
    const char *name;
    Start start;
  } * slots;
  int nslots;
  bool uses_gnorm;
  bool flat;   /* elementwise: `roots` over one FLAT axis, run over each contiguous run of parameters */
  Root *roots; /* flat: one set; else for each parameter of the group in turn, nroots each */
  int nroots;
} Stage;

typedef struct Group { /* one `minimize` or `maximize` */
  const Stmt *stmt;
  const char **over; /* the paths of what the statement names */
  int *params;       /* sorted indices into Program.params */
  int nparams;
  Stage *stages;
  int nstages;
} Group;

typedef struct FullBatch { /* a method that takes the whole data set as one batch */
  const char *name;        /* "bfgs" */
  const char *method;      /* the runtime's name for it: "NN_BFGS" */
  bool uses_product;
  Span span;
  /* made by simplify: functions in double precision */
  Routine gradient; /* the training loss (RETURN) and its gradient (GRAD) */
  Routine product;  /* the Hessian times a direction (GRAD); no roots where the method does not use it */
} FullBatch;

typedef struct Objective { /* the `minimize` and `maximize` statements of one loss with one `every` */
  int loss;
  int every;
  Group *groups;
  int ngroups;
  FullBatch *full; /* then it is the only objective, of one group without stages; else NULL */
} Objective;

typedef struct Check {
  const Stmt *stmt;
  Read *a, *b;         /* open in vars (and batch_var) */
  int nvars, nindices; /* the first of vars are the free indices of the text, the others the axes of its arrays */
  int vars[MAX_AXES];
  const char *names[MAX_AXES];    /* of vars, for messages: "i", "j" */
  const struct Claim *claim;      /* where it stands in the text: model/claim.c */
  Span answer;                    /* of a line of the model that asks for names: where the first of them is defined, */
  bool answer_left, answer_right; /* and the sides that they stand in */
} Check;

typedef struct Unanswered { /* a check of the model that waits for a name which a derivation in a file of its own
                               defines */
  const Stmt *stmt;
  const char *name;
  const char *file; /* that does not define it; NULL: no file was given */
} Unanswered;

typedef struct TrainDefaults {
  int batch, epochs, patience, shuffle;
  bool epochs_given;
  double validate;
  uint64_t seed;
  uint32_t standardize;
} TrainDefaults;

typedef struct AdjointScan { /* the loop that is the derivative of another one: by that and the adjoints that enter it
                              */
  int scan, forward;
  int nmade_of;
  const int
    *made_of; /* ids of nodes: of each carried value the next and the start, of each result itself and its adjoint */
} AdjointScan;

typedef struct Fired { /* a rule that was applied, for --explain */
  const char *path;
  int line, column, rule;
} Fired;

enum { MOST_FORMALS = 8 };
typedef struct Formula { /* what a line of the prelude says of its names: a value over NODE_FORMAL leaves */
  int nformals;
  const char *names[MOST_FORMALS];
  int group[MOST_FORMALS]; /* 0: a single number; q: an array over all that the q-th reduction of a rule's left side
                              runs over, which is one batch axis of extent q here */
  Read *value;
  NodeList nodes; /* all that it needs, operands first; in a graph of their own */
  bool of_model;  /* not the prelude's: what is made of it stands in its text */
} Formula;

typedef struct Rule {
  const Stmt *stmt;
  Formula right;
} Rule;

typedef struct Laws {             /* lines `derivative f(x) = ...` and `rule a => b if c` */
  Formula *derivatives[OP_COUNT]; /* one for each operand; NULL: no line */
  VEC(Rule) rules;
} Laws;

typedef struct Program {
  Context *cx;
  Graph *graph;
  const char *name;   /* the C prefix */
  const char *path;   /* of the model file, as given */
  const char *header; /* the generated header's name without .h */
  VEC(Leaf) params;
  VEC(Leaf) states;
  VEC(Input) inputs;
  VEC(Hyper) hypers;
  VEC(Routine) routines; /* losses, gradients, outputs, metrics, in the order of the file */
  VEC(const char *) losses;
  VEC(Objective) objectives;
  VEC(Check) checks;
  VEC(Unanswered) unanswered;
  TrainDefaults train;
  VEC(AdjointScan) adjoint_scans; /* of derive/loop.c */
  int ndraws;                     /* statements that draw */
  const Node *drawn_reported;     /* a draw through which a gradient was asked: said once */
  VEC(Fired) fired;
  bool coupled; /* a loss looks across the batch */
  Laws laws;
} Program;

typedef struct Options {
  struct {
    const char *name;
    double value;
    bool used;
  } * defines; /* -D name=value */
  int ndefines;
  double max_memory; /* bytes */
  bool no_reuse;     /* every value gets its own place in the work area (a test's judge of lifetimes) */
  bool no_fuse;      /* one loop a node, no inlining, no GEMM: likewise */
  bool selftest;     /* the C carries a test of itself */
  bool trace;        /* every value is stored and kept, and functions look back from what is not finite */
  bool explain;      /* say which rule fired where */
  bool exact;        /* constants keep what they follow from (Graph.exact) */
} Options;

#endif
