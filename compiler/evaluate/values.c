/* values.c: where the values of nodes are kept, and those of leaves are given.
 *
 * In: a graph, a number of examples, the values of leaves. Out: for each node a slot, with its values row by row and
 * the time of their last change. Nothing is computed here but constants and the size of the batch. */
#include "evaluate/values.h"

#include <string.h>

Evaluation *evaluation_new(Graph *g, int64_t examples, int64_t flat) {
  Evaluation *e = ARENA_NEW(g->cx, Evaluation);
  e->cx = g->cx;
  e->g = g;
  e->examples = examples;
  e->flat = flat;
  return e;
}

void evaluation_hold_stops(Evaluation *e, bool hold) { e->hold_stops = hold; }

int64_t values_extent(const Evaluation *e, Axis axis) {
  return axis.kind == AXIS_BATCH ? e->examples : axis.kind == AXIS_FLAT ? e->flat : axis.extent;
}

int64_t evaluation_count(const Evaluation *e, const Node *node) {
  int64_t count = 1;
  for (int k = 0; k < node->naxes; k++) count *= values_extent(e, node->axes[k]);
  return count;
}

/* The graph may have grown since the last call. */
Slot *values_slot(Evaluation *e, const Node *node) {
  if ((size_t)node->id >= e->nslots) {
    size_t size = e->g->nnodes + e->g->nnodes / 2 + 64;
    Slot *bigger = ARENA_ARRAY(e->cx, Slot, size);
    if (e->nslots) memcpy(bigger, e->slots, sizeof(Slot) * e->nslots);
    e->slots = bigger;
    e->nslots = size;
  }
  return &e->slots[node->id];
}

double *values_room(Evaluation *e, const Node *node) {
  Slot *s = values_slot(e, node);
  if (!s->values) s->values = ARENA_ARRAY(e->cx, double, evaluation_count(e, node));
  return s->values;
}

double *values_of(const Evaluation *e, const Node *node) {
  if ((size_t)node->id >= e->nslots || !e->slots[node->id].time)
    bug("evaluate", "node %%%d is read before it has a value", node->id);
  return e->slots[node->id].values;
}

bool values_is_leaf(const Node *n) {
  switch (n->kind) {
  case NODE_MAP:
  case NODE_RESHAPE:
  case NODE_PIECES:
  case NODE_NAME:
  case NODE_GRAD:
  case NODE_PREV:
  case NODE_RESULT:
  case NODE_OPAQUE: return false;
  default: return true;
  }
}

bool values_is_given(const Node *n) { return n->kind == NODE_CONST || n->kind == NODE_BATCH; }

double *evaluation_writable(Evaluation *e, Node *leaf) {
  if (!values_is_leaf(leaf)) bug("evaluate", "node %%%d is set, but is no leaf", leaf->id);
  double *values = values_room(e, leaf);
  values_slot(e, leaf)->time = ++e->clock;
  return values;
}

void evaluation_set(Evaluation *e, Node *leaf, const double *values) {
  memcpy(evaluation_writable(e, leaf), values, sizeof(double) * (size_t)evaluation_count(e, leaf));
}

void evaluation_set_one(Evaluation *e, Node *leaf, int64_t at, double value) {
  values_of(e, leaf)[at] = value;
  values_slot(e, leaf)->time = ++e->clock;
}

void values_give(Evaluation *e, const Node *n) {
  double *y = values_room(e, n);
  if (n->kind == NODE_BATCH) *y = (double)e->examples;
  else if (n->kind == NODE_CONST) memcpy(y, n->data, sizeof(double) * (size_t)evaluation_count(e, n));
  else bug("evaluate", "leaf %%%d%s%s has no value", n->id, n->label ? " " : "", n->label ? n->label : "");
}

void evaluation_strict(Evaluation *e, Node *const *nodes, int nnodes, bool strict) {
  e->strict = strict;
  for (int k = 0; k < nnodes; k++)
    if (!values_is_leaf(nodes[k])) values_slot(e, nodes[k])->time = 0; /* to be computed again */
}
