/* axis.c: the graph, its free variables and their axes. */
#include "graph/node.h"

#include <string.h>

Graph *graph_new(Context *cx) {
  Graph *g = ARENA_NEW(cx, Graph);
  g->cx = cx;
  g->table_size = 1 << 12;
  g->table = ARENA_ARRAY(cx, Node *, g->table_size);
  g->batch_var = graph_var(g, OVER_BATCH);
  return g;
}

int graph_var(Graph *g, Axis axis) {
  if (g->nvars == g->cap_vars) {
    int cap = g->cap_vars ? 2 * g->cap_vars : 256;
    Axis *bigger = ARENA_ARRAY(g->cx, Axis, cap);
    if (g->nvars) memcpy(bigger, g->vars, sizeof(Axis) * (size_t)g->nvars);
    g->vars = bigger;
    g->cap_vars = cap;
  }
  g->vars[g->nvars] = axis;
  return FREE_VAR + g->nvars++;
}

Axis graph_var_axis(const Graph *g, int var) {
  if (var < FREE_VAR || var >= FREE_VAR + g->nvars) bug("graph", "no free variable %d", var);
  return g->vars[var - FREE_VAR];
}

bool axis_equal(Axis a, Axis b) { return a.kind == b.kind && a.extent == b.extent; }
