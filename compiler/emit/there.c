/* there.c: which elements exist whatever the guards say, and so may be read before a choice.
 *
 * A guard that fails keeps its read from happening; what it keeps away is out of range, or not. All ranges are those of
 * the loops. */
#include "emit/code.h"

bool code_in_range(const Body *b, const Read *r) {
  double lo, hi;
  for (int k = 0; k < r->node->naxes; k++) {
    Axis a = r->node->axes[k];
    if (a.kind != AXIS_PLAIN) continue;
    if (r->index[k]->divisor != 1 || !index_range(NULL, r->index[k], b->axes, &lo, &hi) || lo < 0 ||
        hi > (double)a.extent - 1)
      return false;
  }
  return true;
}

bool code_gathers_there(Body *b, const Index *e) {
  for (int i = 0; i < e->n; i++)
    if (e->terms[i].gather && !code_always_there(b, (Read *)e->terms[i].gather)) return false;
  return true;
}

bool code_always_there(Body *b, Read *r) {
  const Node *n = r->node;
  for (int k = 0; k < n->naxes; k++)
    if (!code_gathers_there(b, r->index[k])) return false;
  if (!code_in_range(b, r)) return false;
  if (plan_storage(b->plan, n)->kind != STORAGE_INLINE) return true;
  Subst s = read_subst(r);
  for (int k = 0; k < n->nguards; k++)
    if (!code_gathers_there(b, index_substitute(b->g, n->guards[k].e, &s))) return false;
  if (n->value && !code_gathers_there(b, index_substitute(b->g, n->value, &s))) return false;
  for (int k = 0; k < n->nreads; k++)
    if (!plan_reads_again(r->node, k) && !code_always_there(b, read_operand(b->g, r, k))) return false;
  return true;
}

bool code_affine(Body *b, const Node *n, Read *const *reads, const Index *value) {
  LeafList leaves = {0};
  for (int k = 0; k < n->nreads; k++) plan_read_leaves(b->plan, reads[k], &leaves);
  for (int k = 0; k < leaves.n; k++)
    if (leaves.at[k].gather) return false;
  for (int k = 0; value && k < value->n; k++)
    if (value->terms[k].gather) return false;
  return true;
}
