/* simplify.h: what the parts of the simplifier share. */
#ifndef NNC_SIMPLIFY_H
#define NNC_SIMPLIFY_H

#include "program.h"

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
  bool nudged[32];  /* such a name keeps its value, and a leaf is added to it: one inside of a loop, whose next step depends on it */
  Memo *memo;
  int cap;
  struct Simplifier *inner[64]; /* with one more opaque name each */
  int ninner;
  bool to_float; /* take logsumexp and softplus apart, and apply no rules: see float_program */
} Simplifier;

/* r, an index, with their nodes replaced by the simplified ones. */
Read *simplify_mapped(Simplifier *s, const Read *r);
Index *simplify_mapped_index(Simplifier *s, const Index *e);

/* n, whose operands are x and whose axes are opened at vars by `at`, as single precision wants it; NULL: as it stands. */
Read *float_map(Simplifier *s, Node *n, Read *const *x, const Subst *at, const int *vars);

#endif
