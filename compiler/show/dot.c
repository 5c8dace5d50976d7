/* dot.c: the losses of a model as a graph for graphviz: `nnc show --format dot`. Comes in: a simplified program. */
#include "show/shape.h"
#include "show/show.h"

static const Node *shown(const Node *n) {
  while (!n->label && n->nreads == 1 && (n->kind == NODE_RESHAPE || n->kind == NODE_MAP) && n->reads[0]->node->naxes)
    n = n->reads[0]->node;
  return n;
}

static void dot_node(const Program *p, const Node *n, Text *out) {
  Text label = {.cx = p->cx};
  node_formula(&label, n);
  text_printf(out, "  n%d [shape=%s, label=\"", n->id,
              n->kind == NODE_PARAM   ? "box, style=filled, fillcolor=\"#eef3fa\""
              : n->kind == NODE_INPUT ? "oval"
                                      : "box, style=rounded");
  for (const char *c = n->kind == NODE_MAP ? label.data : n->label ? n->label : label.data; *c; c++) {
    if (*c == '"' || *c == '\\') text_add(out, "\\");
    text_add_n(out, c, 1);
  }
  text_add(out, "\\n");
  show_axes(out, n, 0);
  text_add(out, "\"];\n");
}

void show_dot(Program *p, Text *out) {
  text_printf(out, "digraph %s {\n  rankdir=TB;\n  node [fontname=\"sans-serif\", fontsize=10];\n", p->name);
  for (int k = 0; k < p->routines.n; k++) {
    const Routine *r = &p->routines.at[k];
    if (r->kind != ROUTINE_LOSS) continue;
    NodeList list = show_nodes(p, r);
    for (int i = 0; i < list.n; i++) {
      const Node *n = list.at[i];
      Read whole = {(Node *)n, NULL};
      if (shown(n) != n || (!n->naxes && read_constant(&whole, NULL))) continue;
      dot_node(p, n, out);
      for (int j = 0; j < n->nreads; j++) {
        const Node *from = shown(n->reads[j]->node);
        Read constant = {(Node *)from, NULL};
        if (from->naxes || !read_constant(&constant, NULL)) text_printf(out, "  n%d -> n%d;\n", from->id, n->id);
      }
    }
  }
  text_add(out, "}\n");
}
