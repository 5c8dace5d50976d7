/* memory.c: where each stored value lies in the work area.
 *
 * A value lives from the step that computes it to the last step that reads it. Values are placed in the order of their
 * birth, each at the lowest offset that is free for its whole life (first fit). Floats, integers and wide integers have
 * an area each; offsets are multiples of 16 elements, so that arrays start at multiples of 64 bytes from the start of
 * the area. */
#include "plan/sweeps.h"

#include <string.h>

typedef struct Tenant {
  int64_t from, to;
  int last;
} Tenant;

typedef struct Area {
  VEC(Tenant) tenants; /* sorted by place, alive at the step at hand */
  int64_t size;
} Area;

static int64_t padded(int64_t count) { return (count + 15) / 16 * 16; }

static void leave(Area *area, int step) {
  int n = 0;
  for (int k = 0; k < area->tenants.n; k++)
    if (area->tenants.at[k].last >= step) area->tenants.at[n++] = area->tenants.at[k];
  area->tenants.n = n;
}

static int64_t enter(Context *cx, Area *area, int64_t count, int last, bool reuse) {
  int64_t from = reuse ? 0 : area->size;
  int k = reuse ? 0 : area->tenants.n;
  for (; k < area->tenants.n; k++) {
    if (area->tenants.at[k].from - from >= count) break;
    from = area->tenants.at[k].to;
  }
  VEC_PUSH(cx, &area->tenants, ((Tenant){0, 0, 0}));
  memmove(area->tenants.at + k + 1, area->tenants.at + k, sizeof(Tenant) * (size_t)(area->tenants.n - 1 - k));
  area->tenants.at[k] = (Tenant){from, from + count, last};
  if (from + count > area->size) area->size = from + count;
  return from;
}

static bool reuses(const Plan *plan) { return !plan->options->no_reuse && !plan->options->trace; }

static void place_pack(Plan *plan, Area *area, Pack *pack, int step) {
  int last = step; /* one in a loop keeps its storage as long as the loop runs */
  for (int l = plan->steps.at[step].loop; l >= 0; l = plan->loops.at[l].around) last = plan->loops.at[l].end;
  if (pack) pack->offset = enter(plan->program->cx, area, padded(pack->count), last, reuses(plan));
}

void plan_memory(Plan *plan) {
  Context *cx = plan->program->cx;
  Area floats = {0}, integers = {0}, wides = {0};
  bool reuse = reuses(plan);
  for (int s = 0; s < plan->steps.n; s++) {
    const Step *step = &plan->steps.at[s];
    if (reuse) leave(&floats, s), leave(&integers, s), leave(&wides, s);
    const ScanGroup *group = step->kind == STEP_LOOP ? plan->loops.at[step->loop].group : NULL;
    for (int k = 0; group && k < group->ncarries; k++) {
      Storage *p = plan_storage(plan, group->carries[k].prev);
      int last = p->last > plan->loops.at[step->loop].end ? p->last : plan->loops.at[step->loop].end;
      p->offset = enter(cx, p->wide ? &wides : p->integer ? &integers : &floats, padded(p->count), last, reuse);
    }
    for (int i = 0; step->kind != STEP_COPY && i < step->nodes.n; i++) {
      Storage *p = plan_storage(plan, step->nodes.at[i]);
      int last = p->last > s ? p->last : s;
      if (p->kind == STORAGE_WORK)
        p->offset = enter(cx, p->wide ? &wides : p->integer ? &integers : &floats, padded(p->count), last, reuse);
    }
    if (step->kind == STEP_REDUCE) place_pack(plan, &floats, plan_storage(plan, step->nodes.at[0])->lost, s);
    Pack *const packs[] = {step->gemm ? step->gemm->pack_a : NULL, step->gemm ? step->gemm->pack_b : NULL,
                           step->gemm ? step->gemm->part : NULL, step->gemm ? step->gemm->lost : NULL};
    for (int k = 0; k < 4; k++) place_pack(plan, &floats, packs[k], s);
  }
  plan->floats = floats.size;
  plan->integers = integers.size;
  plan->wides = wides.size;
}
