/* loops.c: scans as loops: which there are, what each computes, and which of its values are kept for all times. */
#include "plan/sweeps.h"

/* Of a view and of what it shows, one that is kept for all times keeps the other; true where that was new. */
static bool keep_alike(Plan *plan, const Node *n) {
  const Node *base = n->reads[0]->node;
  uint32_t *view = &plan_storage(plan, n)->kept, *shown = &plan_storage(plan, base)->kept, before[2] = {*view, *shown};
  for (int k = 0; k < base->naxes; k++) {
    int scan = base->axes[k].scan, j = n->kind == NODE_RESULT ? k : node_time_axis(n, scan);
    bool own = n->kind == NODE_RESULT && scan == n->scan; /* the time of the loop that the RESULT is the result of */
    if (!scan || j < 0 || !(own || *view >> j & 1 || *shown >> k & 1)) continue;
    *shown |= UINT32_C(1) << k;
    if (!own) *view |= UINT32_C(1) << j;
  }
  return *view != before[0] || *shown != before[1];
}

/* Every value of every step stays to be looked at. */
static void keep_all(Plan *plan) {
  for (int i = 0; i < plan->order.n; i++) {
    const Node *n = plan->order.at[i];
    Storage *p = plan_storage(plan, n);
    for (int k = 0; k < n->naxes; k++)
      if (plan_time(plan, p->loop, n->axes[k]) >= 0) p->kept |= UINT32_C(1) << k;
  }
}

void plan_loops(Plan *plan) {
  Context *cx = plan->program->cx;
  static const char *const variables[] = {"now", "now2", "now3", "now4", "now5", "now6", "now7", "now8"};
  for (int i = 0; i < plan->order.n; i++) plan_storage(plan, plan->order.at[i])->loop = -1;
  plan->groups = graph_groups(cx, &plan->order);
  for (int k = 0; k < plan->groups.n; k++) {
    PlanLoop l = {.group = &plan->groups.at[k], .around = -1};
    VEC_PUSH(cx, &plan->loops, l);
    for (int i = 0; i < plan->order.n; i++) {
      const Node *n = plan->order.at[i];
      if (!group_holds(l.group, n)) continue;
      if (plan_storage(plan, n)->loop >= 0) bug("plan", "two loops compute one value: %%%d", n->id);
      plan_storage(plan, n)->loop = k;
    }
  }
  for (int k = 0; k < plan->loops.n; k++)
    plan->loops.at[k].around = plan_storage(plan, plan->groups.at[k].results.at[0])->loop;
  for (int k = 0; k < plan->loops.n; k++) {
    int depth = 0;
    for (int j = plan->loops.at[k].around; j >= 0; j = plan->loops.at[j].around) depth++;
    plan->loops.at[k].variable = variables[depth < 8 ? depth : 7];
  }
  for (int k = 0; k < plan->loops.n;
       k++) /* values handed from one carried value to another: none may be overwritten too early */
    for (int j = 0; j < plan->groups.at[k].ncarries; j++) {
      const Node *prev = plan->groups.at[k].carries[j].next;
      while (prev->kind == NODE_RESHAPE) prev = prev->reads[0]->node;
      if (prev->kind == NODE_PREV) plan_storage(plan, prev)->kept |= UINT32_C(1) << node_time_axis(prev, prev->scan);
    }
  if (plan->options->trace) keep_all(plan);
  for (bool again = true; again;) { /* a view is kept as what it shows is */
    again = false;
    for (int i = plan->order.n - 1; i >= 0; i--)
      if (plan_is_view(plan->order.at[i])) again |= keep_alike(plan, plan->order.at[i]);
  }
}
