/* lives.c: who reads what, and until when. What only its own loop reads becomes a local variable there. */
#include "plan/sweeps.h"

static void step_leaves(Plan *plan, const Step *step, LeafList *leaves) {
  for (int i = 0; i < step->nodes.n; i++) {
    if (step->kind == STEP_COPY) plan_whole_leaves(plan, step->nodes.at[i], leaves);
    else plan_body_leaves(plan, step->nodes.at[i], leaves);
  }
  if (step->kind != STEP_LOOP && step->kind != STEP_END) return;
  const ScanGroup *group = plan->loops.at[step->loop].group;
  for (int k = 0; k < group->ncarries; k++)
    plan_whole_leaves(plan, step->kind == STEP_LOOP ? group->carries[k].init : group->carries[k].next, leaves);
}

/* The end of the outermost loop that step s is in, or s: a loop needs at its end what it needs at its start. */
static int outermost_end(const Plan *plan, int s) {
  int loop = plan->steps.at[s].loop, end = s;
  for (; loop >= 0; loop = plan->loops.at[loop].around) end = plan->loops.at[loop].end;
  return end;
}

/* What a function returns is read after its last step: one number, which may be an element of an array. */
static void follow_results(Plan *plan) {
  LeafList leaves = {0};
  for (int k = 0; k < plan->nroots; k++)
    if (plan->roots[k].dest == DEST_RETURN) plan_whole_leaves(plan, plan->roots[k].node, &leaves);
  for (int k = 0; k < leaves.n; k++) {
    Storage *p = plan_storage(plan, plan_owner(plan, leaves.at[k].read->node));
    p->last = plan->steps.n;
    p->shared = true;
  }
}

void plan_lives(Plan *plan) {
  for (int s = 0; s < plan->steps.n; s++) {
    LeafList leaves = {0};
    step_leaves(plan, &plan->steps.at[s], &leaves);
    for (int k = 0; k < leaves.n; k++) {
      Storage *p = plan_storage(plan, plan_owner(plan, leaves.at[k].read->node));
      int last = outermost_end(plan, s);
      if (p->last < last) p->last = last;
      p->shared |= p->step != s;
    }
  }
  follow_results(plan);
  for (int i = 0; i < plan->order.n; i++) {
    Storage *p = plan_storage(plan, plan->order.at[i]);
    if (p->loop >= 0 && p->step >= 0 && p->last < outermost_end(plan, p->step)) p->last = outermost_end(plan, p->step);
    if (p->kind == STORAGE_WORK && (plan->flat || !(p->shared || p->wanted))) p->kind = STORAGE_TEMP;
  }
}
