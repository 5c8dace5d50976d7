/* plan.c: the plan as text, for --emit=plan: for each function its steps, what each stores, and where. */
#include "show/shape.h"
#include "show/show.h"
#include "plan/plan.h"

#include <stddef.h>

static void print_place(const Plan *plan, const Node *n, Text *out) {
  const Storage *p = plan_storage(plan, n);
  switch (p->kind) {
  case STORAGE_WORK:
    text_printf(out, "%s[%lld..%lld] until step %d",
                p->wide      ? "wide integers"
                : p->integer ? "integers"
                             : "floats",
                (long long)p->offset, (long long)(p->offset + p->count), p->last > p->step ? p->last : p->step);
    return;
  case STORAGE_DEST: text_add(out, "in its destination"); return;
  case STORAGE_TEMP: text_add(out, "local to its loop"); return;
  case STORAGE_SCALAR: text_add(out, "a local number"); return;
  default: text_add(out, "not stored"); return;
  }
}

static void print_extent(Extent e, Text *out) {
  if (e.batch && e.fixed == 1) text_add(out, "n");
  else text_printf(out, e.batch ? "n*%lld" : "%lld", (long long)e.fixed);
}

static void print_gemm(const Gemm *g, Text *out) {
  text_add(out, "product ");
  print_extent(g->m, out);
  text_add(out, " x ");
  print_extent(g->n, out);
  text_add(out, " x ");
  print_extent(g->k, out);
  if (g->nouter + g->nsum) text_printf(out, ", %d loops around it", g->nouter + g->nsum);
  if (g->pack_a || g->pack_b) text_printf(out, ", %d packed", (g->pack_a != NULL) + (g->pack_b != NULL));
}

/* Results of loops are called as what the loops compute. */
static const char *name_in_plan(const NodeNames *names, const Node *n) {
  return show_name(names, plan_seen((Node *)n));
}

typedef struct PlanText {
  const Plan *plan;
  ShowNames names;
  NodeList listed; /* what has no storage of its own, and was written out above */
  Text *out;
} PlanText;

static void print_loop(PlanText *t, const Step *step) {
  const Plan *plan = t->plan;
  const ScanGroup *group = plan->loops.at[step->loop].group;
  const Scan *scan = &plan->program->graph->scans[group->scan];
  if (step->kind == STEP_END) {
    text_printf(t->out, "end of the scan of step %d\n", plan->loops.at[step->loop].begin);
    return;
  }
  text_printf(t->out, "scan of %lld steps%s, until step %d\n", (long long)scan->extent,
              scan->backwards ? ", backwards" : "", plan->loops.at[step->loop].end);
  for (int k = 0; k < group->ncarries; k++) {
    const Node *prev = group->carries[k].prev;
    text_printf(t->out, "    carried: %s%s: ", t->names.names.name(&t->names.names, prev),
                plan_storage(plan, prev)->kept ? ", kept for all steps" : "");
    print_place(plan, prev, t->out);
    text_add(t->out, "\n");
  }
}

static void print_formula(PlanText *t, const Node *n) {
  text_add(t->out, "    ");
  node_formula(t->out, n, &t->names.names);
  text_add(t->out, ": ");
  print_place(t->plan, n, t->out);
  text_add(t->out, "\n");
}

/* What a step computes, under the formulas of what is written out in it for the first time. */
static void print_step(PlanText *t, int s) {
  static const char *const names[] = {[STEP_MAP] = "loop",      [STEP_REDUCE] = "reduction", [STEP_GEMM] = "product",
                                      [STEP_PIECES] = "pieces", [STEP_COPY] = "copy",        [STEP_DRAW] = "draw"};
  const Step *step = &t->plan->steps.at[s];
  text_printf(t->out, "  step %d: ", s);
  if (step->kind == STEP_LOOP || step->kind == STEP_END) {
    print_loop(t, step);
    return;
  }
  if (step->gemm) print_gemm(step->gemm, t->out);
  else text_add(t->out, names[step->kind]);
  text_add(t->out, "\n");
  for (int k = 0; k < step->nodes.n; k++) {
    int first = t->listed.n;
    plan_written_out(t->plan, step->nodes.at[k], &t->listed);
    for (int i = first; i < t->listed.n; i++) print_formula(t, t->listed.at[i]);
    print_formula(t, step->nodes.at[k]);
  }
}

static void print_plan(const Plan *plan, Text *out) {
  PlanText t = {.plan = plan, .names = show_names(plan->program, &plan->order), .out = out};
  t.names.names.name = name_in_plan;
  for (int k = 0; k < plan->order.n; k++) /* array literals and noise have no name in the model */
    if (plan_storage(plan, plan->order.at[k])->kind == STORAGE_LEAF && !t.names.labelled[plan->order.at[k]->id])
      print_formula(&t, plan->order.at[k]);
  for (int s = 0; s < plan->steps.n; s++) print_step(&t, s);
  if (plan->flat) return;
  text_printf(out, "  work: %lld floats, %lld integers", (long long)plan->floats, (long long)plan->integers);
  if (plan->wides) text_printf(out, ", %lld wide ones", (long long)plan->wides);
  text_add(out, "\n");
}

void show_plan(Program *program, const Options *options, Text *out) {
  static const char *const kinds[] = {
    [ROUTINE_LOSS] = "loss", [ROUTINE_GRAD] = "gradient of", [ROUTINE_OUTPUT] = "output", [ROUTINE_METRIC] = "metric"};
  for (int k = 0; k < program->routines.n; k++) {
    const Routine *r = &program->routines.at[k];
    text_printf(out, "%s %s\n", kinds[r->kind], r->name);
    print_plan(plan_roots(program, options, r->roots, r->nroots, r->integer, false), out);
  }
  for (int o = 0; o < program->objectives.n; o++)
    for (int g = 0; g < program->objectives.at[o].ngroups; g++) {
      const Group *group = &program->objectives.at[o].groups[g];
      for (int s = 0; s < group->nstages; s++) {
        const Stage *stage = &group->stages[s];
        int count = stage->flat ? 1 : group->nparams;
        for (int k = 0; k < count; k++) {
          text_printf(out, "optimizer %s of %s%s%s\n", stage->name, program->losses.at[program->objectives.at[o].loss],
                      stage->flat ? "" : ": ", stage->flat ? "" : program->params.at[group->params[k]].path);
          print_plan(plan_roots(program, options, stage->roots + (ptrdiff_t)k * stage->nroots, stage->nroots, false,
                                stage->flat),
                     out);
        }
      }
    }
}
