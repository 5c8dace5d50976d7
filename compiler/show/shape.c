/* shape.c: what the texts of show/ have in common: a shape, the nodes of a routine, and what they are called. */
#include "show/shape.h"

#include <stdlib.h>
#include <string.h>

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

const char *show_name(const NodeNames *names, const Node *n) {
  const ShowNames *s = (const ShowNames *)names;
  return s->labelled[n->id] ? n->label : arena_printf(s->cx, "%%%d", n->id);
}

static int by_label(const void *a, const void *b) {
  return strcmp((*(Node *const *)a)->label, (*(Node *const *)b)->label);
}

ShowNames show_names(const Program *p, const NodeList *list) {
  ShowNames s = {{show_name}, p->cx, ARENA_ARRAY(p->cx, bool, p->graph->nnodes + 1)};
  Node **labelled = ARENA_ARRAY(p->cx, Node *, list->n + 1);
  int n = 0;
  for (int k = 0; k < list->n; k++)
    if (list->at[k]->label) labelled[n++] = list->at[k];
  qsort(labelled, (size_t)n, sizeof *labelled, by_label);
  for (int k = 0; k < n; k++) {
    bool again = k > 0 && by_label(&labelled[k - 1], &labelled[k]) == 0;
    s.labelled[labelled[k]->id] = !again && (k + 1 == n || by_label(&labelled[k], &labelled[k + 1]) != 0);
  }
  return s;
}
