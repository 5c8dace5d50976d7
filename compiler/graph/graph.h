/* graph.h: the middle form, between the text of a model and its C: values as nodes in index notation, and the Program
 * that they belong to.
 *
 * In: what the later stages say of a node. Out: the node, one for all that are equal; facts of it, lists of nodes in
 * order, texts. Kept, in Graph and Program: all nodes ever made, none of which changes.
 *
 * Its parts, in the order in which they stand on one another:
 *     op.h         scalar operations, one row each
 *     reduction.h  reductions, one row each
 *     node.h       nodes, indices, reads: start here
 *     hazard.h     what may become of a value
 *     program.h    a model's leaves, and the roots of all that can be asked of it
 *
 * Its files, each of which calls those before it only:
 *     axis.c        the graph, free variables, their axes
 *     bounds.c      bounds of whole values
 *     number.c      arithmetic without rounding
 *     index.c       index expressions
 *     op.c          the table of operations, and their values in double
 *     reduction.c   the table of reductions
 *     hazard.c      may it be infinite, negative, zero?
 *     node.c        nodes, of which equal ones are one
 *     order.c       the nodes that roots need, operands first
 *     recurrence.c  scans: what closes a loop
 *     print.c       nodes as text
 *     verify.c      what holds of every node, asked after every pass */
#ifndef NNC_GRAPH_H
#define NNC_GRAPH_H

#include "graph/op.h"
#include "graph/reduction.h"
#include "graph/node.h"
#include "graph/hazard.h"
#include "graph/program.h"

#endif
