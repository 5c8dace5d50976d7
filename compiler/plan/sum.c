/* sum.c: which sums need memory to keep their digits.
 *
 * A float that many terms run through loses digits. Sums with loops of their own keep them in local variables
 * (emit/reduce_loops.c); a scatter, whose terms come to its places in any order, adds with a second array that holds
 * what rounding took (Kahan 1965). */
#include "plan/sweeps.h"

double plan_terms(const Plan *plan, const Node *n) {
  double terms = 1;
  for (int v = n->naxes; v < n->naxes + n->nreduce; v++) terms *= (double)plan_extent(plan, n, v);
  return terms;
}

bool plan_guard_fixes(const Node *n, const Guard *q, int v) {
  int64_t c = index_coef(q->e, v);
  return q->n == 1 && q->e->divisor == 1 && (c == 1 || c == -1) && !index_uses_in_gather(q->e, v) &&
         n->axes[v].kind == AXIS_PLAIN;
}

Pack *plan_scratch(const Plan *plan, const char *label, int64_t count) {
  Pack *p = ARENA_NEW(plan->program->cx, Pack);
  *p = (Pack){.label = label, .count = count};
  return p;
}

static bool gathers(const Index *e) {
  for (int i = 0; i < e->n; i++)
    if (e->terms[i].gather) return true;
  return false;
}

/* Terms that may come to one place: all of them, where data say which; else as many as to any other. */
Pack *plan_lost(const Plan *plan, const Node *n) {
  const Storage *p = plan_storage(plan, n);
  double terms = plan_terms(plan, n), places = 1;
  bool gathered = false, scatter = false;
  if (n->reduction != RED_SUM || p->integer || p->kept || plan->flat || node_is_bounded(n))
    return NULL; /* whole terms are exact */
  for (int v = 0; v < n->naxes; v++)
    for (int q = 0; q < n->nguards; q++) {
      if (plan_time(plan, p->loop, n->axes[v]) >= 0 || !plan_guard_fixes(n, &n->guards[q], v)) continue;
      gathered |= gathers(n->guards[q].e);
      scatter = true;
      places *= (double)plan_extent(plan, n, v);
      break;
    }
  /* more places than terms: most get none or one, and the array would cost more than the sum */
  if (!scatter || terms < places || (gathered ? terms : terms / places) <= DEEP_SUM) return NULL;
  return plan_scratch(plan, "lost", (int64_t)plan_elements(plan, n));
}
