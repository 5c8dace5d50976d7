/* shape.h: what the texts of show/ have in common (show/shape.c); private to show/. */
#ifndef NNC_SHOW_SHAPE_H
#define NNC_SHOW_SHAPE_H

#include "graph/graph.h"

/* "[batch, 10]": the extents of n from axis `first` on. */
void show_axes(Text *out, const Node *n, int first);
/* Names of the nodes of a list: those of the model where only one of them has it, %id otherwise. */
typedef struct ShowNames {
  NodeNames names; /* first: handed on as such */
  Context *cx;
  bool *labelled; /* by id */
} ShowNames;
const char *show_name(const NodeNames *names, const Node *n);
ShowNames show_names(const Program *p, const NodeList *list);
/* All nodes that a routine needs, operands first. */
NodeList show_nodes(const Program *p, const Routine *r);

#endif
