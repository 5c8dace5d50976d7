/* quantity.h: what the derivation gives a name, as its files share it. */
#ifndef NNC_DERIVATION_QUANTITY_H
#define NNC_DERIVATION_QUANTITY_H

#include "derivation/derivation.h"

typedef enum {
  QUANTITY_LEAF,     /* a parameter, an input, a state, a constant array */
  QUANTITY_VALUE,    /* what the model names, by an equation */
  QUANTITY_OPERAND,  /* the operand of an activation function, which the model does not name: a_h of h */
  QUANTITY_PREVIOUS, /* in a recurrence: what another one was in the step before */
  QUANTITY_START     /* what it was before the first step */
} QuantityKind;

typedef struct Quantity Quantity;

typedef struct Path { /* one way by which the loss depends on a quantity */
  const Quantity *by; /* the equation that uses it */
  Read *read;         /* the product of its adjoint and the derivative, at the quantity's places */
  bool later;         /* by the next step of a recurrence: read is of that step */
} Path;

struct Quantity {
  QuantityKind kind;
  const Node *node;   /* as elaborated; START: NULL, but */
  const Node *init;   /* ... this is what it starts from */
  Node *leaf;         /* what stands for it in the equations of others */
  Node *adjoint;      /* what stands for its adjoint in them; NULL where none is needed */
  const char *path;   /* of VALUE and LEAF */
  int copy;           /* 1, 2, ... where several have the same path, else 0 */
  const char *owner;  /* the part of the path before its name that tells it from others: h of enc.h.W; "": none */
  Quantity *of;       /* OPERAND: of this value. PREVIOUS, START: of this one, later */
  Quantity *start;    /* VALUE, PREVIOUS: of a carried value */
  Quantity *start_of; /* START: the PREVIOUS that it is the first of */
  bool again;         /* another loss has the same equation */
  int time;           /* the axis of leaf that is the time of a recurrence, or -1 */
  int64_t steps;
  Index *at_step;            /* where that is written as something else than its variable, or NULL */
  int naxes, vars[MAX_AXES]; /* variables for the axes of leaf ... */
  Read *right;               /* ... in which this is the equation's right side; NULL: a leaf */
  int number, adjoint_number;
  bool reached; /* does the loss depend on it? */
  bool needed;  /* does the loss depend on it, and it on what is asked for? */
  VEC(Path) paths;
  Read *total; /* the adjoint, without what comes from a later step; NULL: nothing, or 0 */
  Read *best;  /* the same in the form that others are made of */
};

typedef struct Apart Apart;

typedef struct Derivation {
  Context *cx;
  Graph *g;
  Program *program;
  Quantity *loss;
  bool per_example;    /* does the loss depend on the example? */
  VEC(Quantity *) all; /* in the order of the equations; leaves first */
  int nnodes;
  Quantity **of_node; /* by id, of nodes as elaborated: below nnodes */
  Apart *whole;       /* of whole.c */
  bool failed;        /* and reported */
} Derivation;

/* ---- apart.c ---- */

typedef struct Known { /* what stands for a node, open in vars[its axes]; read: NULL where nothing does yet */
  Read *read;
  int *vars;
} Known;
struct Apart { /* a copy of a part of the graph in which some nodes are replaced */
  Graph *g;
  Known *known;
  int cap;
  Program *program;    /* derivatives are carried out, in it; NULL: they are refused */
  const Node *refused; /* what cannot be copied */
};
void apart_set(Apart *a, const Node *n, Read *r, const int *vars);
/* r with what it is made of; NULL where something of it is refused. */
Read *apart_read(Apart *a, const Read *r);
/* The same for a node that is itself replaced elsewhere, open in vars. */
Read *apart_inside(Apart *a, const Node *n, const int *vars);

/* ---- whole.c ---- */

/* r with all that it is made of written out, derivatives too, down to what the model declares. */
Read *whole_read(Derivation *d, const Read *r);
/* r, which was made of such reads, with values of the model in place of what they are: those whose equations stand
 * before that of `before`, or all where that is NULL. */
Read *whole_named(Derivation *d, const Read *r, const Quantity *before);

/* ---- system.c ---- */

/* The equations that the loss of the routine is made of, and their numbers; what is asked for is `wrt`, or all
 * parameters. Adds nothing to the graph. */
Derivation *system_of(Program *p, const Routine *loss, const char *wrt, int *number);
/* Their right sides. */
void system_open(Derivation *d);
bool quantity_has_equation(const Quantity *q);
/* The quantity that a leaf, or the leaf of an adjoint, stands for; NULL: none. */
Quantity *quantity_of_leaf(const Derivation *d, const Node *leaf, bool *adjoint);

/* ---- adjoint.c ---- */

void adjoints_derive(Derivation *d);

#endif
