/* shape.c: what the texts of show/ have in common: a shape, and the nodes of a routine. */
#include "show/shape.h"

void show_axes(Text *out, const Node *n, int first) {
  text_add(out, "[");
  for (int k = first; k < n->naxes; k++) {
    if (k > first) text_add(out, ", ");
    if (n->axes[k].kind == AXIS_PLAIN) text_printf(out, "%lld", (long long)n->axes[k].extent);
    else text_add(out, "batch");
  }
  text_add(out, "]");
}

NodeList show_nodes(const Program *p, const Routine *r) {
  Node **roots = ARENA_ARRAY(p->cx, Node *, r->nroots);
  for (int k = 0; k < r->nroots; k++) roots[k] = r->roots[k].node;
  return graph_order(p->cx, roots, r->nroots);
}
