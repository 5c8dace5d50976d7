/* shape.h: what the texts of show/ have in common (show/shape.c); private to show/. */
#ifndef NNC_SHOW_SHAPE_H
#define NNC_SHOW_SHAPE_H

#include "graph/program.h"

/* "[batch, 10]": the extents of n from axis `first` on. */
void show_axes(Text *out, const Node *n, int first);
/* All nodes that a routine needs, operands first. */
NodeList show_nodes(const Program *p, const Routine *r);

#endif
