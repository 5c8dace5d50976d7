/* padding.c: what stands beyond an example's own extents is not read.
 *
 * An array of an input holds the bound's places for each example: `dim T <= 5; input x[T]` has x[b,0..4], of which the
 * example has the first T[b]. A caller may leave anything in the rest, NaN too, and 0 * NaN in a matrix product is NaN.
 * So each input with such an axis is read through one node, x[b,i] where i < T[b], else 0, which plan writes into the
 * loops that read it, or stores.
 *
 * needs: the roots that are planned, after all rules, which would take the guards apart again. keeps: every value,
 * where the rest holds 0. */
#include "simplify/simplify.h"
#include "build/build.h"

typedef struct Padding {
  Graph *g;
  Node **moved; /* by id: what reads the inputs within their extents */
} Padding;

static bool is_sized(const Node *n) {
  bool sized = false;
  for (int k = 0; k < n->naxes; k++) sized = sized || n->axes[k].dim;
  return n->kind == NODE_INPUT && sized;
}

static Node *within_extents(Graph *g, Node *input) {
  int vars[MAX_AXES], n = 0;
  Index *index[MAX_AXES];
  Guard guards[MAX_AXES];
  for (int k = 0; k < input->naxes; k++) {
    vars[k] = k ? graph_var(g, input->axes[k]) : g->batch_var;
    index[k] = index_var(g, vars[k]);
    if (input->axes[k].dim) guards[n++] = guard_within(g, input->axes[k].dim, index[k]);
  }
  Read *x = read_make(g, input, index);
  return build_tensor(g, build_product(g, 1, 1, &x, n, guards, 0, NULL), input->naxes, vars);
}

static Index *moved_index(Padding *p, const Index *e);

static Read *moved_read(Padding *p, const Read *r) {
  Index *index[MAX_AXES];
  for (int k = 0; k < r->node->naxes; k++) index[k] = moved_index(p, r->index[k]);
  return read_make(p->g, p->moved[r->node->id], index);
}

static Index *moved_index(Padding *p, const Index *e) {
  Graph *g = p->g;
  Index *sum = index_divide(g, index_constant(g, e->offset), e->divisor);
  for (int k = 0; k < e->n; k++) {
    const Term *t = &e->terms[k];
    Index *term = t->gather ? index_gather(g, moved_read(p, t->gather)) : index_var(g, t->var);
    sum = index_combine(g, 1, sum, 1,
                        index_divide(g, index_combine(g, t->coef, term, 0, index_constant(g, 0)), e->divisor));
  }
  return sum;
}

static Node *moved_node(Padding *p, Node *n) {
  Context *cx = p->g->cx;
  if (is_sized(n)) return within_extents(p->g, n);
  if (!n->nreads && !n->nguards && !n->value && !n->ncarries) return n;
  Node copy = *n;
  copy.reads = ARENA_ARRAY(cx, Read *, n->nreads + 1);
  for (int k = 0; k < n->nreads; k++) copy.reads[k] = moved_read(p, n->reads[k]);
  copy.guards = arena_copy(cx, n->guards, sizeof(Guard) * (size_t)n->nguards);
  for (int k = 0; k < n->nguards; k++) copy.guards[k].e = moved_index(p, n->guards[k].e);
  if (n->value) copy.value = moved_index(p, n->value);
  copy.carries = arena_copy(cx, n->carries, sizeof(Carry) * (size_t)n->ncarries);
  for (int k = 0; k < n->ncarries; k++) {
    copy.carries[k].next = p->moved[n->carries[k].next->id];
    copy.carries[k].init = p->moved[n->carries[k].init->id];
  }
  return graph_intern(p->g, &copy);
}

static void move_roots(Padding *p, Root *roots, int n) {
  Node **nodes = ARENA_ARRAY(p->g->cx, Node *, n + 1);
  for (int k = 0; k < n; k++) nodes[k] = roots[k].node;
  NodeList list = graph_order(p->g->cx, nodes, n);
  for (int k = 0; k < list.n; k++)
    if (!p->moved[list.at[k]->id]) p->moved[list.at[k]->id] = moved_node(p, list.at[k]);
  for (int k = 0; k < n; k++) nodes[k] = roots[k].node = p->moved[nodes[k]->id];
  graph_verify(p->g, nodes, n, "padding");
}

void simplify_padding(Program *program, const Options *options) {
  (void)options;
  bool sized = false;
  for (int k = 0; k < program->inputs.n; k++) sized = sized || is_sized(program->inputs.at[k].node);
  if (!sized) return;
  Padding p = {program->graph, ARENA_ARRAY(program->cx, Node *, program->graph->nnodes + 1)};
  for (int k = 0; k < program->routines.n; k++)
    move_roots(&p, program->routines.at[k].roots, program->routines.at[k].nroots);
  for (int k = 0; k < program->objectives.n; k++) {
    FullBatch *full = program->objectives.at[k].full; /* its gradient shares the roots of the routine */
    if (full) move_roots(&p, full->product.roots, full->product.nroots);
  }
}
