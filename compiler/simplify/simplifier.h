/* simplifier.h: simplified nodes, as the files of simplify share them. */
#ifndef NNC_SIMPLIFIER_H
#define NNC_SIMPLIFIER_H

#include "simplify/simplify.h"
#include "simplify/uses.h"

enum { MOST_OPAQUE = 32 /* derivatives in derivatives */, MOST_INNER = 64 };

typedef struct Simplified { /* the simplified value of a node, open in vars[its axes]; read is NULL where there is none
                             */
  Read *read;
  int *vars;
} Simplified;

typedef struct Simplifier {
  Program *program;
  Graph *g;
  const Options *options;
  int nopaque;
  Node *opaque[MOST_OPAQUE]; /* NAME nodes */
  bool nudged[MOST_OPAQUE];  /* such a name keeps its value, and a leaf is added to it: one inside of a loop, whose next
                                step depends on it */
  Simplified *known;         /* by id */
  int cap;
  struct Simplifier *inner[MOST_INNER]; /* with one more opaque name each */
  int ninner;
  Node *stopped[MOST_STOPPED]; /* nodes through which no derivative goes, as if under `stop` */
  int nstopped;
  bool through; /* derivatives go through `stop` */
  /* No rules but in the first: see simplify_forms and simplify_to_float. */
  enum { BY_RULES, COMPLEMENTING, COLLECTING, TO_FLOAT } manner;
  const Uses *uses; /* while COMPLEMENTING and COLLECTING */
} Simplifier;

/* simplify/simplifier.c */
Simplifier *simplifier_new(Program *p, const Options *options);
Simplifier *simplifier_with_opaque(Simplifier *s, Node *name, bool nudged);
int simplifier_opaque_at(const Simplifier *s, const Node *n); /* -1: n is not opaque */
Node *simplifier_opaque_leaf(Graph *g, Node *name);
Node *simplifier_nudge_leaf(Graph *g, Node *name); /* what is added to a name in a loop: 0, but for the derivative */
Simplified *simplifier_known(Simplifier *s, const Node *n);
void simplifier_remember(Simplifier *s, const Node *n, Read *r, const int *vars);
/* r, an index, with their nodes replaced by the simplified ones. */
Read *simplifier_mapped(Simplifier *s, const Read *r);
Index *simplifier_mapped_index(Simplifier *s, const Index *e);

/* simplify/rule.c: the result of the first rule of the prelude that matches r, or NULL. The result may match further
 * rules. `which`: its number. */
Read *rule_apply(Program *p, const Read *r, int *which);

/* simplify/explain.c: rule `which` applied to n; then all of them, in the order of the model's lines. */
void explain_add(const Simplifier *s, const Node *n, int which);
void explain_print(Program *p);

/* simplify/float.c: n, whose operands are x and whose axes are opened at vars by `at`, as single precision wants it;
 * NULL: as it stands. */
Read *float_map(Simplifier *s, Node *n, Read *const *x, const Subst *at, const int *vars);

/* simplify/collect.c: n, whose axes are opened by `at`, as the opposite of what is there, and in fewer operations;
 * NULL: as it stands. */
Read *collect_complement(Simplifier *s, const Node *n, const Subst *at);
Read *collect_map(Simplifier *s, Node *n, const Subst *at);

/* simplify/rebuild.c: everything that r needs is simplified, and r itself */
Read *rebuild_read(Simplifier *s, Read *r);
Read *rebuild_more(Simplifier *s, Read *r);
Node *rebuild_root(Simplifier *s, Node *root);

/* simplify/gradient.c: the derivative that the GRAD n stands for; `own` opens n */
Read *gradient_of(Simplifier *s, Node *n, const Subst *own);

/* simplify/limits.c: reports what is too large to be computed. */
void limits_check(Program *p, Node *root);

#endif
