/* uses.h: who needs what for some roots: simplify/uses.c. */
#ifndef NNC_SIMPLIFY_USES_H
#define NNC_SIMPLIFY_USES_H

#include "graph/graph.h"

typedef struct Uses { /* of the graph as it is, by id */
  int cap;
  int *count;      /* how many reads, of roots too */
  bool *written;   /* the user's, not of a derivative */
  Node **opposite; /* of f(-a): f(a), which is there too */
} Uses;

/* For these roots; of `written` the user wrote all that they need. */
Uses *uses_of(Program *p, Node *const *roots, int n, Node *const *written, int nwritten);
bool uses_has(const Uses *u, const Node *n); /* do the roots need it? */
bool uses_is_function(const Node *n);        /* of one value: exp, sigmoid, ... */
Node *uses_opposite(const Uses *u, const Node *n);

#endif
