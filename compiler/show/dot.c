/* dot.c: the losses of a model as a graph for graphviz: `nnc show --format dot`. Comes in: a simplified program. Goes
 * out: a node for each value but numbers, with its formula, which names the nodes that point to it. */
#include "show/shape.h"
#include "show/show.h"

static bool is_number(const Node *n) {
  Read whole = {(Node *)n, NULL};
  double number;
  return !n->naxes && read_constant(&whole, &number);
}

static bool is_leaf(const Node *n) {
  return n->kind != NODE_MAP && n->kind != NODE_RESHAPE && n->kind != NODE_PIECES && n->kind != NODE_RESULT;
}

static void dot_node(const Program *p, const ShowNames *names, const Node *n, Text *out) {
  Text label = {.cx = p->cx};
  if (is_leaf(n) && names->labelled[n->id]) text_add(&label, n->label);
  else node_formula(&label, n, &names->names);
  text_printf(out, "  n%d [shape=%s, label=\"", n->id,
              n->kind == NODE_PARAM   ? "box, style=filled, fillcolor=\"#eef3fa\""
              : n->kind == NODE_INPUT ? "oval"
                                      : "box, style=rounded");
  for (const char *c = label.data; *c; c++) {
    if (*c == '"' || *c == '\\') text_add(out, "\\");
    text_add_n(out, c, 1);
  }
  text_add(out, "\\n");
  show_axes(out, n, 0);
  text_add(out, "\"];\n");
}

static void dot_edges(const Program *p, const Node *n, Text *out) {
  NodeList operands = graph_operands(p->cx, n);
  for (int k = 0; k < operands.n; k++) {
    bool again = is_number(operands.at[k]);
    for (int i = 0; i < k; i++) again = again || operands.at[i] == operands.at[k];
    if (!again) text_printf(out, "  n%d -> n%d;\n", operands.at[k]->id, n->id);
  }
}

void show_dot(Program *p, Text *out) {
  bool *drawn = ARENA_ARRAY(p->cx, bool, p->graph->nnodes + 1);
  NodeList all = {0};
  for (int k = 0; k < p->routines.n; k++) {
    if (p->routines.at[k].kind != ROUTINE_LOSS) continue;
    NodeList list = show_nodes(p, &p->routines.at[k]);
    for (int i = 0; i < list.n; i++) {
      if (drawn[list.at[i]->id] || is_number(list.at[i])) continue;
      drawn[list.at[i]->id] = true;
      VEC_PUSH(p->cx, &all, list.at[i]);
    }
  }
  ShowNames names = show_names(p, &all);
  text_printf(out, "digraph %s {\n  rankdir=TB;\n  node [fontname=\"sans-serif\", fontsize=10];\n", p->name);
  for (int k = 0; k < all.n; k++) {
    dot_node(p, &names, all.at[k], out);
    dot_edges(p, all.at[k], out);
  }
  text_add(out, "}\n");
}
