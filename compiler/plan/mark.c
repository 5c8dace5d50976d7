/* mark.c: how often each node is read, and who needs it as an array: matrix products, views, gathers. */
#include "plan/sweeps.h"

static void mark_index(Plan *plan, Node *user, const Index *e);

static bool is_leaf(const Node *n) {
  return n->kind != NODE_MAP && n->kind != NODE_RESHAPE && n->kind != NODE_PIECES && n->kind != NODE_RESULT &&
         n->kind != NODE_PREV &&
         (n->kind != NODE_DRAW ||
          (n->naxes && n->axes[0].kind == AXIS_FLAT)); /* of a run of parameters: made before the loop */
}

static void want(Plan *plan, Node *n, bool integer) {
  for (;;) {
    plan_storage(plan, n)->wanted = true;
    plan_storage(plan, n)->integer |= integer;
    if (!plan_is_view(n)) return;
    n = n->reads[0]->node;
  }
}

static void mark_read(Plan *plan, Node *user, Read *r) {
  Storage *p = plan_storage(plan, r->node);
  p->uses += 1;
  p->user = user;
  for (int k = 0; k < r->node->naxes; k++) mark_index(plan, user, r->index[k]);
}

static void mark_index(Plan *plan, Node *user, const Index *e) {
  for (int i = 0; i < e->n; i++)
    if (e->terms[i].gather) {
      mark_read(plan, user, (Read *)e->terms[i].gather);
      want(plan, e->terms[i].gather->node, node_is_bounded(e->terms[i].gather->node));
    }
}

static void mark_leaf(Plan *plan, const Node *n) {
  Storage *p = plan_storage(plan, n);
  p->kind = STORAGE_LEAF;
  p->step = -1;
  if (n->kind == NODE_INPUT) {
    plan->inputs |= UINT32_C(1) << n->item;
    p->integer = plan->program->inputs.at[n->item].kind != INPUT_REAL;
  }
  plan->uses_params |= n->kind == NODE_PARAM;
  plan->uses_states |= n->kind == NODE_STATE;
  plan->steps_read |= n->kind == NODE_STEP;
  plan->draws |= n->kind == NODE_DRAW;
}

void plan_mark(Plan *plan) {
  for (int i = 0; i < plan->order.n; i++) {
    Node *n = plan->order.at[i];
    for (int k = 0; k < n->nguards; k++) mark_index(plan, n, n->guards[k].e);
    if (n->value) mark_index(plan, n, n->value);
    for (int k = 0; k < n->nreads; k++) {
      if (!plan_reads_again(n, k)) mark_read(plan, n, n->reads[k]);
      if (n->kind != NODE_MAP) want(plan, n->reads[k]->node, false);
    }
    for (int k = 0; k < n->ncarries; k++) want(plan, n->carries[k].next, false), want(plan, n->carries[k].prev, false);
    plan_storage(plan, n)->integer |= plan_beyond_floats(plan, n);
    if (is_leaf(n)) mark_leaf(plan, n);
  }
  for (int i = 0; i < plan->order.n; i++) {
    Storage *p = plan_storage(plan, plan->order.at[i]);
    double lo, hi;
    node_range(plan->order.at[i], &lo, &hi);
    p->wide = p->integer && (lo < INT32_MIN || hi > INT32_MAX);
  }
  for (int i = 0; i < plan->order.n && !plan->options->no_fuse && !plan->flat; i++) {
    Node *n = plan->order.at[i];
    Gemm *gemm = n->kind == NODE_MAP ? plan_gemm(plan, n) : NULL;
    plan_storage(plan, n)->gemm = gemm;
    for (int k = 0; gemm && k < n->nreads; k++) want(plan, n->reads[k]->node, false);
  }
}
