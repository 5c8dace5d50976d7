/* verify.c: what holds of every node of a graph, asked after every pass: arities, indices that are affine in the node's
 * own axes, guards where they belong. A graph in which it does not hold ends nnc with the pass's name. */
#include "graph/node.h"

#include <math.h>

static void verify_index(const Node *n, const Index *e, const char *pass) {
  if (e->divisor < 1) bug(pass, "node %%%d: an index with divisor %lld", n->id, (long long)e->divisor);
  for (int i = 0; i < e->n; i++) {
    const Term *t = &e->terms[i];
    if (t->coef == 0) bug(pass, "node %%%d: an index term with coefficient 0", n->id);
    if (t->gather) {
      if (t->gather->node->id >= n->id) bug(pass, "node %%%d gathers from a later node", n->id);
      for (int k = 0; k < t->gather->node->naxes; k++) verify_index(n, t->gather->index[k], pass);
    } else if (t->var < 0 || t->var >= n->naxes + n->nreduce) {
      bug(pass, "node %%%d: an index uses variable %d, the node has %d axes", n->id, t->var, n->naxes + n->nreduce);
    }
  }
}

static void verify_read(const Node *n, const Read *r, const char *pass) {
  if (r->node->id >= n->id) bug(pass, "node %%%d reads the later node %%%d", n->id, r->node->id);
  for (int k = 0; k < r->node->naxes; k++) {
    verify_index(n, r->index[k], pass);
    int v;
    bool batch = r->node->axes[k].kind != AXIS_PLAIN;
    if (batch && (!index_is_var(r->index[k], &v) || n->axes[v].kind != r->node->axes[k].kind))
      bug(pass, "node %%%d reads the batch axis of %%%d at something else than an example", n->id, r->node->id);
    double lo, hi;
    if (!batch && n->nguards == 0 &&
        (!index_range(NULL, r->index[k], n->axes, &lo, &hi) || lo < 0 || hi > (double)r->node->axes[k].extent - 1 ||
         (r->index[k]->divisor != 1 && !(lo == hi && lo == floor(lo))))) /* i/2 where i runs over one place is whole */
      bug(pass, "node %%%d may read %%%d out of its axis %d", n->id, r->node->id, k);
  }
}

static void verify_map(const Node *n, const char *pass) {
  int arity = op_rows[n->op].arity;
  if (arity >= 0 && n->nreads != arity)
    bug(pass, "node %%%d: %s with %d operands", n->id, op_rows[n->op].name, n->nreads);
  if (n->op != OP_PRODUCT && (n->nguards || n->reduction))
    bug(pass, "node %%%d: guards or a reduction on %s", n->id, op_rows[n->op].name);
  if ((n->op == OP_INDEX) != (n->value != NULL)) bug(pass, "node %%%d: an index value where none belongs", n->id);
  if ((n->nreduce > 0) != (n->reduction != RED_NONE))
    bug(pass, "node %%%d: a reduction over %d axes", n->id, n->nreduce);
  if (n->reduction > RED_SUM && (n->nreads != 1 || n->nguards || n->scale != 1))
    bug(pass, "node %%%d: a reduction of a product", n->id);
  for (int k = 0; k < n->nguards; k++) verify_index(n, n->guards[k].e, pass);
  if (n->value) verify_index(n, n->value, pass);
}

static void verify_pieces(const Node *n, const char *pass) {
  for (int p = 0; p < n->nreads; p++)
    for (int k = 0; k < n->naxes; k++) {
      int64_t offset = n->offsets[p * n->naxes + k];
      bool inside = offset >= 0 && offset + n->reads[p]->node->axes[k].extent <= n->axes[k].extent;
      if (n->axes[k].kind == AXIS_PLAIN && !inside) bug(pass, "node %%%d: piece %d leaves axis %d", n->id, p, k);
    }
}

void graph_verify(const Graph *g, Node *const *roots, int nroots, const char *pass) {
  NodeList list = graph_order(g->cx, roots, nroots);
  for (int i = 0; i < list.n; i++) {
    const Node *n = list.at[i];
    if (n->naxes + n->nreduce > MAX_AXES) bug(pass, "node %%%d has %d axes", n->id, n->naxes + n->nreduce);
    if (n->kind == NODE_MAP) verify_map(n, pass);
    if (n->kind == NODE_PIECES) verify_pieces(n, pass);
    if (n->kind == NODE_PIECES || n->kind == NODE_RESHAPE || n->kind == NODE_RESULT) continue;
    for (int k = 0; k < n->nreads; k++) verify_read(n, n->reads[k], pass);
  }
}
