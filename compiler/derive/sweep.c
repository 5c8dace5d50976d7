/* sweep.c: which variables stand for the axes of a value while a sweep is under way.
 *
 * An axis of a value is opened at a fresh variable, or it is pinned: the batch of a derivative per example is the batch
 * variable itself, and an axis that is a time of a loop is the one time of the step that is differentiated. */
#include "derive/sweep.h"

/* Is n computed in the k-th loop that is being differentiated, or in one inside of it? */
static bool in_loop(const Sweep *s, const Node *n, int k) {
  for (; k < s->nloops; k++)
    if (group_holds(s->loops[k]->group, n)) return true;
  return false;
}

int sweep_pin(const Sweep *s, const Node *n, int k) {
  Axis a = n->axes[k];
  if (s->per_example && k == 0 && a.kind == AXIS_BATCH) return s->g->batch_var;
  if (!a.scan) return -1;
  for (int i = 0; i < s->npins; i++)
    if (s->pins[i].scan == a.scan && node_is_inside(n, a.scan)) return s->pins[i].var;
  for (int i = 0; i < s->nloops; i++)
    if (s->loops[i]->group->scan == a.scan && in_loop(s, n, i)) return s->loops[i]->time;
  return -1;
}

/* An axis that is a time stays one only inside of a scan, where the values at this time are all that there is. */
int sweep_fresh_var(const Sweep *s, Axis axis) {
  if (!s->npins) axis.scan = 0;
  return graph_var(s->g, axis);
}

int sweep_var(const Sweep *s, const Node *n, int k) {
  int pin = sweep_pin(s, n, k);
  return pin >= 0 ? pin : sweep_fresh_var(s, n->axes[k]);
}

/* Axis k of n for an array that stands beside n: of the scan that is being made, where it is a time. */
Axis sweep_adjoint_axis(const Sweep *s, const Node *n, int k) {
  int pin = sweep_pin(s, n, k);
  Axis axis = pin >= 0 ? graph_var_axis(s->g, pin) : n->axes[k];
  if (pin < 0 && !s->npins) axis.scan = 0;
  return axis;
}

bool sweep_is_pin(const Sweep *s, int v) {
  if (s->per_example && v == s->g->batch_var) return true;
  for (int i = 0; i < s->npins; i++)
    if (s->pins[i].var == v) return true;
  for (int i = 0; i < s->nloops; i++)
    if (s->loops[i]->time == v) return true;
  return false;
}
