/* storage.c: where an element of a stored value lies: extents, strides, one flat index.
 *
 * Arrays are row-major, but with batch axes outermost. The time of a loop that computes the value has extent 1, unless
 * the value is kept for what comes after the loop. */
#include "plan/sweeps.h"

int64_t plan_batch(const Program *program) { return program->train.batch > 0 ? program->train.batch : 1; }

int plan_time(const Plan *plan, int loop, Axis axis) {
  for (; axis.scan && loop >= 0; loop = plan->loops.at[loop].around)
    if (plan->loops.at[loop].group->scan == axis.scan) return loop;
  return -1;
}

static bool held(const Plan *plan, const Node *n, int k) {
  return plan_time(plan, plan_storage(plan, n)->loop, n->axes[k]) >= 0;
}

/* Of the array that is stored. */
static int64_t stored_extent(const Plan *plan, const Node *n, int k) {
  if (n->axes[k].kind == AXIS_PLAIN && held(plan, n, k) && (plan_storage(plan, n)->kept >> k & 1))
    return n->axes[k].extent;
  return plan_extent(plan, n, k);
}

int64_t plan_extent(const Plan *plan, const Node *n, int k) {
  if (held(plan, n, k)) return 1;
  return n->axes[k].kind == AXIS_PLAIN ? n->axes[k].extent : n->axes[k].kind == AXIS_BATCH ? plan->batch : 1;
}

double plan_elements(const Plan *plan, const Node *n) {
  double count = 1;
  for (int k = 0; k < n->naxes; k++) count *= (double)stored_extent(plan, n, k);
  return count;
}

/* Terms of the whole iteration space. */
double plan_space(const Plan *plan, const Node *n) {
  double count = 1;
  for (int k = 0; k < n->naxes + n->nreduce; k++) count *= (double)plan_extent(plan, n, k);
  return count;
}

void plan_strides(const Plan *plan, const Node *n, int64_t *strides) {
  int64_t stride = 1;
  for (int batch = 0; batch < 2; batch++)
    for (int k = n->naxes - 1; k >= 0; k--) {
      if ((n->axes[k].kind == AXIS_BATCH) != batch) continue;
      bool single = held(plan, n, k) && !(plan_storage(plan, n)->kept >> k & 1);
      strides[k] = single ? 0 : stride;
      stride *= stored_extent(plan, n, k);
    }
}

Index *plan_flat_index(const Plan *plan, const Read *r) {
  Graph *g = plan->program->graph;
  int64_t strides[MAX_AXES];
  Index *sum = index_constant(g, 0);
  plan_strides(plan, r->node, strides);
  for (int k = 0; k < r->node->naxes; k++) sum = index_combine(g, 1, sum, strides[k], r->index[k]);
  return sum;
}

Node *plan_owner(const Plan *plan, Node *n) {
  while (plan_storage(plan, n)->kind == STORAGE_VIEW) n = plan_storage(plan, n)->base;
  return n;
}

bool plan_beyond_floats(const Plan *plan, const Node *n) {
  double most = 16777216.0; /* 2^24 */
  for (int k = n->naxes; k < n->naxes + n->nreduce;
       k++) /* bounds in the graph are those of the largest batch that there could be */
    if (n->axes[k].kind == AXIS_BATCH && n->reduction == RED_SUM) most *= 2147483647.0 / (double)plan->batch;
  return node_is_bounded(n) && (n->lo < -most || n->hi > most);
}
