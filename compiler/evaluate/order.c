/* order.c: what a node needs, operands first.
 *
 * In: a root. Out: its order, which is kept, for the same roots are asked for again and again: a list of the nodes that
 * are computed once, and, for each loop among them, what it computes at each of its steps and what it reads from
 * outside. */
#include "evaluate/order.h"

static void add_read(Context *cx, NodeList *list, const Read *r);

static void add_index(Context *cx, NodeList *list, const Index *e) {
  for (int i = 0; i < e->n; i++)
    if (e->terms[i].gather) add_read(cx, list, e->terms[i].gather);
}

static void add_read(Context *cx, NodeList *list, const Read *r) {
  for (int k = 0; k < r->node->naxes; k++) add_index(cx, list, r->index[k]);
  VEC_PUSH(cx, list, r->node);
}

const NodeList *order_operands(Evaluation *e, const Node *n) {
  Slot *s = values_slot(e, n);
  if (s->known) return &s->operands;
  s->known = true;
  for (int k = 0; k < n->nreads; k++) add_read(e->cx, &s->operands, n->reads[k]);
  for (int k = 0; k < n->nguards; k++) add_index(e->cx, &s->operands, n->guards[k].e);
  if (n->value) add_index(e->cx, &s->operands, n->value);
  if (n->kind == NODE_OPAQUE) VEC_PUSH(e->cx, &s->operands, n->target);
  for (int k = 0; k < n->ncarries; k++) {
    VEC_PUSH(e->cx, &s->operands, n->carries[k].next);
    VEC_PUSH(e->cx, &s->operands, n->carries[k].init);
  }
  return &s->operands;
}

static bool is_result_of(const ScanGroup *group, const Node *n) {
  for (int k = 0; k < group->results.n; k++)
    if (group->results.at[k] == n) return true;
  return false;
}

static const ScanGroup *group_of(const ScanGroups *groups, const Node *result) {
  for (int k = 0; groups && k < groups->n; k++)
    if (is_result_of(&groups->at[k], result)) return &groups->at[k];
  return NULL;
}

/* Operands first, by an explicit stack (a graph may be deep); an OPAQUE is walked through to its target. The RESULTs of
 * a loop have the operands of all of them. */
static NodeList operands_first(Evaluation *e, Node *root, const ScanGroups *groups) {
  NodeList stack = {0}, out = {0};
  unsigned char *mark = ARENA_ARRAY(e->cx, unsigned char, e->g->nnodes);
  VEC_PUSH(e->cx, &stack, root);
  while (stack.n) {
    Node *n = stack.at[stack.n - 1];
    if (mark[n->id]) {
      stack.n--;
      if (mark[n->id] == 1) VEC_PUSH(e->cx, &out, n);
      mark[n->id] = 2;
      continue;
    }
    mark[n->id] = 1;
    const NodeList *operands = order_operands(e, n);
    for (int k = 0; k < operands->n; k++) VEC_PUSH(e->cx, &stack, operands->at[k]);
    const ScanGroup *group = n->kind == NODE_RESULT ? group_of(groups, n) : NULL;
    for (int j = 0; group && j < group->results.n; j++) {
      operands = order_operands(e, group->results.at[j]);
      for (int k = 0; k < operands->n; k++) VEC_PUSH(e->cx, &stack, operands->at[k]);
    }
  }
  return out;
}

/* What stands outside of all loops and is read in this one, or in one inside of it. */
static void find_outside(Evaluation *e, Recurrence *r) {
  NodeList stack = {0};
  unsigned char *mark = ARENA_ARRAY(e->cx, unsigned char, e->g->nnodes);
  for (int j = 0; j < r->group.results.n; j++) VEC_PUSH(e->cx, &stack, r->group.results.at[j]);
  while (stack.n) {
    Node *n = stack.at[--stack.n];
    if (mark[n->id]) continue;
    mark[n->id] = 1;
    const NodeList *operands = order_operands(e, n);
    for (int k = 0; k < operands->n; k++) {
      Node *x = operands->at[k];
      if (!x->inside && mark[x->id]) continue;
      if (!x->inside) mark[x->id] = 1;
      VEC_PUSH(e->cx, x->inside ? &stack : &r->outside, x);
    }
  }
}

/* Takes the insides of loops out of the list. */
static void add_recurrences(Evaluation *e, Order *order, const ScanGroups *groups) {
  for (int k = 0; k < groups->n; k++) {
    Recurrence r = {.group = groups->at[k]};
    for (int i = 0; i < order->list.n; i++)
      if (group_holds(&r.group, order->list.at[i])) VEC_PUSH(e->cx, &r.body, order->list.at[i]);
    find_outside(e, &r);
    VEC_PUSH(e->cx, &order->recurrences, r);
  }
  int kept = 0;
  for (int i = 0; i < order->list.n; i++)
    if (!order->list.at[i]->inside) order->list.at[kept++] = order->list.at[i];
  order->list.n = kept;
}

const Order *order_of(Evaluation *e, Node *root) {
  for (int k = 0; k < e->orders.n; k++)
    if (e->orders.at[k]->root == root) return e->orders.at[k];
  Order *order = ARENA_NEW(e->cx, Order);
  order->root = root;
  order->list = operands_first(e, root, NULL);
  ScanGroups groups = graph_groups(e->cx, &order->list);
  if (groups.n) {
    order->list = operands_first(e, root, &groups);
    add_recurrences(e, order, &groups);
  }
  VEC_PUSH(e->cx, &e->orders, order);
  return order;
}

const Recurrence *order_recurrence(const Order *o, const Node *result) {
  for (int k = 0; k < o->recurrences.n; k++)
    if (is_result_of(&o->recurrences.at[k].group, result)) return &o->recurrences.at[k];
  bug("evaluate", "node %%%d belongs to no loop", result->id);
}
