/* uses.h: who needs what for some roots: simplify/uses.c. */
#ifndef NNC_SIMPLIFY_USES_H
#define NNC_SIMPLIFY_USES_H

#include "graph/graph.h"

typedef struct Uses { /* of the graph as it is, by id */
  int cap;
  int *count;       /* how many reads, of roots too */
  bool *written;    /* the user's, not of a derivative */
  Node **opposite;  /* of f(-a): f(a), which is there too */
  bool *complement; /* of sigmoid(-a) that 1 - sigmoid(a) is as good as */
} Uses;

/* For these roots; of `written` the user wrote all that they need. */
Uses *uses_of(Program *p, Node *const *roots, int n, Node *const *written, int nwritten);
bool uses_has(const Uses *u, const Node *n); /* do the roots need it? */
bool uses_is_function(const Node *n);        /* of one value: exp, sigmoid, ... */
/* f(a) of f(-a), or NULL; of those only what may be written so wherever it stands. */
Node *uses_opposite(const Uses *u, const Node *n);
Node *uses_complement(const Uses *u, const Node *n);

#endif
