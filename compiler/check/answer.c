/* answer.c: what a derivation in a file of its own defines must have a value wherever that which it is held against has
 * one.
 *
 * Elsewhere two formulas may be equal where both have a value, so that x/x is 1. But a formula that has a value
 * nowhere, or for half of the inputs only, would be equal to everything there. */
#include "check/sides.h"

#include <math.h>

#define POINTS 5   /* of each manner */
#define WORK   1e8 /* terms to be summed, but for the first point */

static bool lacks_here(Sides *s, Point *pt) {
  const Check *c = s->check;
  const double *a = evaluate(s->e, s->a), *b = evaluate(s->e, s->b);
  pt->differing = 0;
  for (int64_t k = 0; k < s->count; k++) {
    bool left = c->answer_left && !isfinite(a[k]) && (c->answer_right || isfinite(b[k]));
    bool right = c->answer_right && !isfinite(b[k]) && (c->answer_left || isfinite(a[k]));
    if (!left && !right) continue;
    if (!pt->differing++) pt->first = k, pt->left = a[k], pt->right = b[k];
  }
  return pt->differing > 0;
}

bool answer_lacks_value(Sides *s, Point *pt) {
  int points = s->check->answer.source ? POINTS * MANNER_COUNT : 0;
  for (int k = 0; k < points && !s->lacking && (!k || k * s->cost < WORK); k++) {
    Manner manner = {.kind = k % MANNER_COUNT, .point = POINT_PLAIN, .scale = 1};
    point_draw(s->p, s->e, s->needed.at, s->needed.n, 7000 + (uint64_t)k, &manner);
    s->lacking = lacks_here(s, pt);
  }
  return s->lacking;
}
