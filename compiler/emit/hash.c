/* hash.c: one number for what a file of trained values belongs to: names, shapes, inputs and optimizers. */
#include "emit/update.h"

static uint64_t fnv(uint64_t h, const char *s) { /* with the NUL: "ab","c" is not "a","bc" */
  do { h = (h ^ (unsigned char)*s) * UINT64_C(0x100000001b3); } while (*s++);
  return h;
}

static uint64_t fnv_leaf(Context *cx, uint64_t h, const char *path, const Node *n) {
  h = fnv(h, path);
  for (int k = 0; k < n->naxes; k++)
    h = fnv(h, arena_printf(cx, "%lld", (long long)(n->axes[k].kind == AXIS_PLAIN ? n->axes[k].extent : 0)));
  return h;
}

/* FNV-1a of names, shapes, inputs and optimizers in their order. */
uint64_t emit_hash(const Emitter *em) {
  const Program *p = em->program;
  uint64_t h = UINT64_C(0xcbf29ce484222325);
  for (int k = 0; k < p->params.n; k++) h = fnv_leaf(em->cx, h, p->params.at[k].path, p->params.at[k].node);
  h = fnv(h, "states");
  for (int k = 0; k < p->states.n; k++) h = fnv_leaf(em->cx, h, p->states.at[k].path, p->states.at[k].node);
  h = fnv(h, "inputs");
  for (int k = 0; k < p->inputs.n; k++) {
    h = fnv_leaf(em->cx, h, p->inputs.at[k].name, p->inputs.at[k].node);
    h = fnv(h, arena_printf(em->cx, "%d %d", (int)p->inputs.at[k].kind, p->inputs.at[k].classes));
  }
  h = fnv(h, "optimizers");
  for (int o = 0; o < p->objectives.n; o++) {
    h = fnv(h, p->losses.at[p->objectives.at[o].loss]);
    for (int g = 0; g < p->objectives.at[o].ngroups; g++)
      for (int s = 0; s < p->objectives.at[o].groups[g].nstages; s++) {
        const Stage *stage = &p->objectives.at[o].groups[g].stages[s];
        h = fnv(h, stage->member);
        if (p->objectives.at[o].groups[g].stmt->maximize) h = fnv(h, "maximize");
        for (int k = 0; k < stage->nslots; k++) h = fnv(h, stage->slots[k].name);
      }
    if (p->objectives.at[o].full) h = fnv(h, p->objectives.at[o].full->name);
  }
  return h;
}
