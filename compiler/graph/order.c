/* order.c: the nodes that roots need, operands first, and those of one loop together.
 *
 * In: roots. Out: a list in which a node stands after all that it reads, gathers and guards included; all that a loop
 * needs stands before its first RESULT. RESULTs of one scan that are one loop are a group, with all of their carried
 * values. */
#include "graph/node.h"

#include <string.h>

static void push_read(Context *cx, NodeList *list, const Read *r);

static void push_node(Context *cx, NodeList *list, Node *n) { VEC_PUSH(cx, list, n); }

static void push_index(Context *cx, NodeList *list, const Index *e) {
  for (int i = 0; i < e->n; i++)
    if (e->terms[i].gather) push_read(cx, list, e->terms[i].gather);
}

static void push_read(Context *cx, NodeList *list, const Read *r) {
  for (int k = 0; k < r->node->naxes; k++) push_index(cx, list, r->index[k]);
  push_node(cx, list, r->node);
}

static void push_operands(Context *cx, NodeList *list, const Node *n) {
  if (n->kind == NODE_GRAD) push_node(cx, list, n->target);
  for (int k = 0; n->target_index && k < n->target->naxes; k++) push_index(cx, list, n->target_index[k]);
  if (n->value) push_index(cx, list, n->value);
  for (int k = 0; k < n->nguards; k++) push_index(cx, list, n->guards[k].e);
  for (int k = n->nreads - 1; k >= 0; k--) push_read(cx, list, n->reads[k]);
  for (int k = 0; k < n->ncarries; k++) {
    push_node(cx, list, n->carries[k].next);
    push_node(cx, list, n->carries[k].init);
  }
}

NodeList graph_operands(Context *cx, const Node *n) {
  NodeList list = {0};
  push_operands(cx, &list, n);
  return list;
}

bool node_is_inside(const Node *n, int scan) {
  for (int k = 0; n->inside && k < n->inside->n; k++)
    if (n->inside->scan[k] == scan) return true;
  return false;
}

bool inside_equal(const Inside *a, const Inside *b) {
  int n = a ? a->n : 0;
  if (n != (b ? b->n : 0)) return false;
  for (int k = 0; k < n; k++)
    if (a->scan[k] != b->scan[k]) return false;
  return true;
}

/* All carried values of a and b by slot, in both; their number, or -1 where a slot has two meanings. */
static int join_carries(const Carry *a, int na, const Carry *b, int nb, Carry *both) {
  int i = 0, j = 0, n = 0;
  while (i < na || j < nb) {
    bool from_a = j == nb || (i < na && a[i].slot <= b[j].slot), shared = i < na && j < nb && a[i].slot == b[j].slot;
    if (shared && (a[i].prev != b[j].prev || a[i].next != b[j].next || a[i].init != b[j].init)) return -1;
    both[n++] = from_a ? a[i] : b[j];
    i += from_a;
    j += !from_a || shared;
  }
  return n;
}

/* Recurrences of one scan run side by side, whether they read each other or not. */
static void add_to_groups(Context *cx, ScanGroups *groups, Node *result) {
  for (int k = 0; k < groups->n; k++) {
    ScanGroup *group = &groups->at[k];
    if (group->scan != result->scan) continue;
    Carry *both = ARENA_ARRAY(cx, Carry, group->ncarries + result->ncarries);
    int n = join_carries(group->carries, group->ncarries, result->carries, result->ncarries, both);
    if (n < 0 || !inside_equal(group->results.at[0]->inside, result->inside)) continue;
    group->carries = both;
    group->ncarries = n;
    VEC_PUSH(cx, &group->results, result);
    return;
  }
  ScanGroup group = {result->scan, result->ncarries, result->carries, {0}};
  VEC_PUSH(cx, &group.results, result);
  VEC_PUSH(cx, groups, group);
}

ScanGroups graph_groups(Context *cx, const NodeList *list) {
  ScanGroups groups = {0};
  int most = 0;
  for (int i = 0; i < list->n; i++)
    if (list->at[i]->ncarries > most) most = list->at[i]->ncarries;
  for (int size = most; size > 0; size--) /* large ones first: small ones may join them */
    for (int i = 0; i < list->n; i++)
      if (list->at[i]->kind == NODE_RESULT && list->at[i]->ncarries == size) add_to_groups(cx, &groups, list->at[i]);
  return groups;
}

bool group_holds(const ScanGroup *group, const Node *n) {
  if (!node_is_inside(n, group->scan)) return false;
  const Inside *outside = group->results.at[0]->inside;
  for (int k = 0; k < n->inside->n; k++) {
    bool known = n->inside->scan[k] == group->scan;
    for (int j = 0; outside && j < outside->n; j++) known = known || outside->scan[j] == n->inside->scan[k];
    if (!known) return false;
  }
  return true;
}

/* Depth first with an explicit stack: a node is put out when it is met the second time, its operands being done. The
 * RESULTs of a loop have the operands of all of them. */
static NodeList order(Context *cx, Node *const *roots, int nroots, const ScanGroups *groups, bool *scans) {
  NodeList stack = {0}, out = {0};
  int most = -1;
  for (int k = 0; k < nroots; k++)
    if (roots[k]->id > most) most = roots[k]->id;
  /* operands have lower ids than their users, except for the target of a GRAD, which was made before it too */
  unsigned char *mark =
    arena_alloc(cx, (size_t)most + 1); /* those of a loop too: its RESULTs are roots, or below one */
  for (int k = nroots - 1; k >= 0; k--) push_node(cx, &stack, roots[k]);
  while (stack.n) {
    Node *n = stack.at[stack.n - 1];
    if (mark[n->id]) {
      stack.n--;
      if (mark[n->id] == 1) {
        mark[n->id] = 2;
        push_node(cx, &out, n);
      }
      continue;
    }
    mark[n->id] = 1;
    push_operands(cx, &stack, n);
    if (n->kind != NODE_RESULT) continue;
    *scans = true;
    for (int k = 0; groups && k < groups->n; k++) {
      const ScanGroup *group = &groups->at[k];
      bool mine = false;
      for (int j = 0; j < group->results.n; j++) mine = mine || group->results.at[j] == n;
      for (int j = 0; mine && j < group->results.n; j++)
        if (group->results.at[j] != n) push_operands(cx, &stack, group->results.at[j]);
    }
  }
  return out;
}

NodeList graph_order(Context *cx, Node *const *roots, int nroots) {
  bool scans = false;
  NodeList list = order(cx, roots, nroots, NULL, &scans);
  if (!scans) return list;
  ScanGroups groups = graph_groups(cx, &list);
  return order(cx, roots, nroots, &groups, &scans);
}
