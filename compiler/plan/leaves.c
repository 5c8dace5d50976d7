/* leaves.c: which arrays, scalars and temporaries a body reads, inline values being looked through: for
 * y[i] = exp(t[i]) x[i] with t[i] = w[i] + 1 written out in it, these are w[i] and x[i]. */
#include "plan/sweeps.h"

static void index_leaves(const Plan *plan, const Index *e, LeafList *out);

bool plan_reads_again(const Node *n, int k) {
  for (int i = 0; i < k; i++)
    if (read_equal(n->reads[i], n->reads[k])) return true;
  return false;
}

static void read_leaves(const Plan *plan, Read *r, bool gather, LeafList *out) {
  for (int k = 0; k < r->node->naxes; k++) index_leaves(plan, r->index[k], out);
  const Node *n = r->node;
  if (plan_storage(plan, n)->kind != STORAGE_INLINE) {
    VEC_PUSH(plan->program->cx, out, ((LeafRead){r, gather}));
    return;
  }
  Graph *g = plan->program->graph;
  Subst s = read_subst(r);
  for (int k = 0; k < n->nguards; k++) index_leaves(plan, index_substitute(g, n->guards[k].e, &s), out);
  if (n->value) index_leaves(plan, index_substitute(g, n->value, &s), out);
  for (int k = 0; k < n->nreads; k++)
    if (!plan_reads_again(n, k)) read_leaves(plan, read_substitute(g, n->reads[k], &s), gather, out);
}

static void index_leaves(const Plan *plan, const Index *e, LeafList *out) {
  for (int i = 0; i < e->n; i++)
    if (e->terms[i].gather) read_leaves(plan, (Read *)e->terms[i].gather, true, out);
}

void plan_read_leaves(const Plan *plan, Read *r, LeafList *out) { read_leaves(plan, r, false, out); }

void plan_body_leaves(const Plan *plan, const Node *n, LeafList *out) {
  for (int k = 0; k < n->nguards; k++) index_leaves(plan, n->guards[k].e, out);
  if (n->value) index_leaves(plan, n->value, out);
  for (int k = 0; k < n->nreads; k++)
    if (!plan_reads_again(n, k)) read_leaves(plan, n->reads[k], false, out);
}

void plan_whole_leaves(const Plan *plan, Node *n, LeafList *out) {
  Index *index[MAX_AXES];
  for (int k = 0; k < n->naxes; k++) index[k] = index_var(plan->program->graph, k);
  plan_read_leaves(plan, read_make(plan->program->graph, n, index), out);
}

/* ---- what has no storage of its own ---- */

static bool is_written_out(const Plan *plan, const Node *n) {
  StorageKind kind = plan_storage(plan, n)->kind;
  Read whole = {(Node *)n, NULL};
  double number;
  return kind == STORAGE_VIEW || (kind == STORAGE_INLINE && (n->naxes || !read_constant(&whole, &number)));
}

static bool is_listed(const NodeList *list, const Node *n) {
  for (int k = 0; k < list->n; k++)
    if (list->at[k] == n) return true;
  return false;
}

void plan_written_out_itself(const Plan *plan, Node *n, NodeList *out) {
  n = plan_seen(n);
  if (!is_written_out(plan, n) || is_listed(out, n)) return;
  plan_written_out(plan, n, out);
  VEC_PUSH(plan->program->cx, out, n);
}

void plan_written_out(const Plan *plan, const Node *n, NodeList *out) {
  NodeList operands = graph_operands(plan->program->cx, n);
  for (int k = 0; k < operands.n; k++) plan_written_out_itself(plan, operands.at[k], out);
}
