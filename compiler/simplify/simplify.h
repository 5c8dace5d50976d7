/* simplify.h: what the parts of the simplifier share. */
#ifndef NNC_SIMPLIFY_H
#define NNC_SIMPLIFY_H

#include "graph/program.h"

typedef struct Memo { /* the simplified value of a node, open in vars[its axes] */
  Read *read;
  int *vars;
} Memo;

typedef struct Simplifier {
  Program *program;
  Graph *g;
  const Options *options;
  int nopaque;
  Node *opaque[32]; /* NAME nodes */
  bool nudged[32];  /* such a name keeps its value, and a leaf is added to it: one inside of a loop, whose next step
                       depends on it */
  Memo *memo;
  int cap;
  struct Simplifier *inner[64]; /* with one more opaque name each */
  int ninner;
  bool to_float; /* take logsumexp and softplus apart, and apply no rules: see float_program */
} Simplifier;

/* simplify/rebuild.c */
Simplifier *simplifier_new(Program *p, const Options *options);
bool simplify_is_opaque(const Simplifier *s, const Node *n);
Read *simplify_read(Simplifier *s, Read *r); /* everything that r needs is simplified */
/* r, an index, with their nodes replaced by the simplified ones. */
Read *simplify_mapped(Simplifier *s, const Read *r);
Index *simplify_mapped_index(Simplifier *s, const Index *e);

/* simplify/gradient.c */
Read *simplify_gradient(Simplifier *s, Node *n,
                        const Subst *own);       /* the derivative that the GRAD n stands for; `own` opens n */
Node *simplify_nudge_leaf(Graph *g, Node *name); /* what is added to a name in a loop: 0, but for the derivative */
Node *simplify_opaque_leaf(Graph *g, Node *name);

/* n, whose operands are x and whose axes are opened at vars by `at`, as single precision wants it; NULL: as it stands.
 */
Read *float_map(Simplifier *s, Node *n, Read *const *x, const Subst *at, const int *vars);

#endif
