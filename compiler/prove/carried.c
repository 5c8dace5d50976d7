/* carried.c: recurrences, unrolled: an element is asked of the step before it, down to the first; see prove/walk.h.
 *
 *     h[2] = f(h[1]) = f(f(h[0])) = f(f(f(init))) */
#include "prove/walk.h"

static bool same_carry(const Carry *a, const Carry *b) { return a->next == b->next && a->init == b->init; }

/* A PREV that two recurrences bind to different things would have two values: nothing is said then. */
bool walk_bind(Walk *w, const Node *result) {
  for (int k = 0; k < result->ncarries; k++) {
    const Carry *c = &result->carries[k], **bound = &w->bound[c->prev->id];
    if (*bound && !same_carry(*bound, c)) return false;
    *bound = c;
  }
  return true;
}

/* What a step carries from the one before it: at the first step what it starts from, which has no time. */
FieldValue *walk_carried(Walk *w, const Node *prev, int64_t *at) {
  const Carry *c = w->bound[prev->id];
  const Scan *scan = &w->g->scans[prev->scan];
  int time = node_time_axis(prev, prev->scan);
  if (!c || time < 0) return walk_fail(w);
  if (at[time] != (scan->backwards ? scan->extent - 1 : 0)) {
    at[time] += scan->backwards ? 1 : -1;
    if (w->opaque[c->next->id] != CARRIED) w->unrolled = true;
    return walk_element(w, c->next, walk_flat(c->next, at));
  }
  int64_t start[MAX_AXES];
  int n = 0;
  for (int k = 0; k < prev->naxes; k++)
    if (k != time) start[n++] = at[k];
  return walk_element(w, c->init, walk_flat(c->init, start));
}
