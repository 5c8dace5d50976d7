/* train.c: steps of training by the evaluator: the turns of each step, their optimizers, the states.
 *
 * In: a point. Out: the loss of each step, and parameters and states after the last one, as digits_step would leave
 * them. An optimizer's graph is evaluated as it stands: an elementwise one over all parameters of its group in a row.
 */
#include "selftest/trial.h"

#include <math.h>

typedef struct StageRun { /* an optimizer of a chain while steps are made */
  Evaluation *e;
  double **slots;  /* of all parameters of the group, one after the other */
  double **values; /* by root: what it will write */
} StageRun;

struct Training { /* made once for all points: a large model's arrays are many */
  Trial *t;
  Values v;
  double **next, **grads;
  StageRun **stages; /* by objective: of all groups and stages in their order */
};

static int64_t count_of(const Trial *t, int param) { return t->p->params.at[param].count; }

static int64_t group_count(const Trial *t, const Group *g) {
  int64_t count = 0;
  for (int k = 0; k < g->nparams; k++) count += count_of(t, g->params[k]);
  return count;
}

/* ---- a stage ---- */

/* Elements of `arrays`, of all parameters of the group or one, in a row; or back. */
static void gather(const Trial *t, const Group *g, int only, double **arrays, double *row) {
  for (int k = 0; k < g->nparams; k++) {
    if (only >= 0 && k != only) continue;
    memcpy(row, arrays[g->params[k]], sizeof(double) * (size_t)count_of(t, g->params[k]));
    row += count_of(t, g->params[k]);
  }
}

static void scatter(const Trial *t, const Group *g, int only, double **arrays, const double *row) {
  for (int k = 0; k < g->nparams; k++) {
    if (only >= 0 && k != only) continue;
    memcpy(arrays[g->params[k]], row, sizeof(double) * (size_t)count_of(t, g->params[k]));
    row += count_of(t, g->params[k]);
  }
}

static double norm_of(const Training *r, const Group *g) {
  double squares = 0;
  for (int i = 0; i < g->nparams; i++)
    for (int64_t k = 0; k < count_of(r->t, g->params[i]); k++)
      squares += r->grads[g->params[i]][k] * r->grads[g->params[i]][k];
  return sqrt(squares);
}

static void place_noise(const Training *r, const Group *g, int only, Node *n, double *x, int step) {
  for (int k = 0; k < g->nparams; k++) {
    if (only >= 0 && k != only) continue;
    int64_t count = count_of(r->t, g->params[k]);
    selftest_noise(x, n->item % 2, (uint64_t)r->t->offsets[g->params[k]], count, r->t->test->seed,
                   selftest_stream(n, 0, step));
    x += count;
  }
}

typedef struct Turn { /* of a stage at work: parameter `only` of the group, or all; where its slots begin */
  const Group *group;
  const Stage *stage;
  int only;
  int64_t begin;
  int step, every;
} Turn;

static void fill_leaf(const Training *r, StageRun *run, const Turn *at, Node *n) {
  double *x = evaluation_writable(run->e, n);
  int64_t count = evaluation_count(run->e, n);
  switch (n->kind) {
  case NODE_WEIGHT: gather(r->t, at->group, at->only, r->v.params, x); break;
  case NODE_GRADIENT: gather(r->t, at->group, at->only, r->grads, x); break;
  case NODE_SLOT: memcpy(x, run->slots[n->item] + at->begin, sizeof(double) * (size_t)count); break;
  case NODE_HYPER: *x = r->t->p->hypers.at[n->item].value; break;
  case NODE_STEP: *x = at->step / at->every + 1; break;
  case NODE_GNORM: *x = norm_of(r, at->group); break;
  case NODE_DRAW: place_noise(r, at->group, at->only, n, x, at->step); break;
  default: bug("selftest", "a leaf of kind %d in an optimizer", (int)n->kind);
  }
}

static bool is_stage_leaf(const Node *n) {
  return n->kind == NODE_WEIGHT || n->kind == NODE_GRADIENT || n->kind == NODE_SLOT || n->kind == NODE_HYPER ||
         n->kind == NODE_STEP || n->kind == NODE_GNORM || n->kind == NODE_DRAW;
}

/* All roots are read before any is written. */
static void run_roots(Training *r, StageRun *run, const Turn *at, const Root *roots) {
  Node **nodes = ARENA_ARRAY(r->t->cx, Node *, at->stage->nroots + 1);
  for (int k = 0; k < at->stage->nroots; k++) nodes[k] = roots[k].node;
  NodeList all = graph_order(r->t->cx, nodes, at->stage->nroots);
  evaluation_shake(run->e, all.at, all.n, (Shake){0});
  for (int k = 0; k < all.n; k++)
    if (is_stage_leaf(all.at[k])) fill_leaf(r, run, at, all.at[k]);
  if (r->t->shake) evaluation_shake(run->e, all.at, all.n, selftest_shake(r->t));
  for (int k = 0; k < at->stage->nroots; k++)
    memcpy(run->values[k], evaluate(run->e, nodes[k]), sizeof(double) * (size_t)evaluation_count(run->e, nodes[k]));
  for (int k = 0; k < at->stage->nroots; k++) {
    if (roots[k].dest == DEST_WEIGHT) scatter(r->t, at->group, at->only, r->v.params, run->values[k]);
    else if (roots[k].dest == DEST_GRADIENT) scatter(r->t, at->group, at->only, r->grads, run->values[k]);
    else
      memcpy(run->slots[roots[k].item] + at->begin, run->values[k],
             sizeof(double) * (size_t)evaluation_count(run->e, nodes[k]));
  }
}

static void run_stage(Training *r, StageRun *run, const Objective *o, const Group *g, const Stage *stage, int step) {
  Turn at = {.group = g, .stage = stage, .only = -1, .step = step, .every = o->every};
  if (stage->flat) {
    run_roots(r, run, &at, stage->roots);
    return;
  }
  for (int k = 0; k < g->nparams; k++) {
    at.only = k;
    run_roots(r, run, &at, stage->roots + (ptrdiff_t)k * stage->nroots);
    at.begin += count_of(r->t, g->params[k]);
  }
}

static double **new_arrays(const Trial *t, int n, int64_t count) {
  double **out = ARENA_ARRAY(t->cx, double *, n + 1);
  for (int k = 0; k < n; k++) out[k] = ARENA_ARRAY(t->cx, double, count + 1);
  return out;
}

static StageRun stage_new(const Trial *t, const Group *g, const Stage *stage) {
  int64_t count = group_count(t, g);
  return (StageRun){.e = evaluation_new(t->p->graph, 1, count),
                    .slots = new_arrays(t, stage->nslots, count),
                    .values = new_arrays(t, stage->nroots, count)};
}

static void start_slots(const Training *r, const StageRun *run, const Group *g, const Stage *stage) {
  int64_t count = group_count(r->t, g);
  for (int s = 0; s < stage->nslots; s++) {
    const Start *start = &stage->slots[s].start;
    for (int64_t k = 0; k < count; k++) run->slots[s][k] = start->kind == START_VALUES ? start->values[0] : 0;
  }
}

/* ---- a step ---- */

int selftest_routine(const Program *p, RoutineKind kind, int which) {
  int n = 0;
  bool of_loss = kind == ROUTINE_LOSS || kind == ROUTINE_GRAD;
  for (int k = 0; k < p->routines.n; k++) {
    if (p->routines.at[k].kind != kind) continue;
    if (of_loss ? p->routines.at[k].loss == which : n == which) return k;
    n++;
  }
  return -1;
}

static double take_gradient(Training *r, const Routine *f, double **next) {
  const Program *p = r->t->p;
  double loss = NAN;
  for (int k = 0; k < p->params.n; k++) memset(r->grads[k], 0, sizeof(double) * (size_t)count_of(r->t, k));
  for (int k = 0; k < f->nroots; k++) {
    const Root *root = &f->roots[k];
    const double *x = evaluate(r->t->e, root->node);
    size_t bytes = sizeof(double) * (size_t)evaluation_count(r->t->e, root->node);
    if (root->dest == DEST_RETURN) loss = x[0];
    if (root->dest == DEST_GRAD) memcpy(r->grads[root->item], x, bytes);
    if (root->dest == DEST_NEXT_STATE && next) memcpy(next[root->item], x, bytes);
  }
  return loss;
}

static size_t leaf_bytes(const Trial *t, const Leaf *leaf) {
  return sizeof(double) * (size_t)evaluation_count(t->e, leaf->node);
}

static double **leaf_arrays(const Trial *t, const Leaf *leaves, int n) {
  double **out = ARENA_ARRAY(t->cx, double *, n + 1);
  for (int k = 0; k < n; k++) out[k] = arena_alloc(t->cx, leaf_bytes(t, &leaves[k]) + sizeof(double));
  return out;
}

static void copy_leaves(const Trial *t, const Leaf *leaves, int n, double **to, double *const *from) {
  for (int k = 0; k < n; k++) memcpy(to[k], from[k], leaf_bytes(t, &leaves[k]));
}

/* The loss of the first turn that acts. */
static double run_step(Training *r, int step) {
  const Program *p = r->t->p;
  double first = NAN;
  bool acted = false;
  copy_leaves(r->t, p->states.at, p->states.n, r->next, r->v.states);
  for (int o = 0; o < p->objectives.n; o++) {
    const Objective *obj = &p->objectives.at[o];
    if ((step + 1) % obj->every != 0) continue;
    selftest_place(r->t, &r->v, o, step);
    double loss =
      take_gradient(r, &p->routines.at[selftest_routine(p, ROUTINE_GRAD, obj->loss)], acted ? NULL : r->next);
    if (!acted) first = loss;
    acted = true;
    for (int g = 0, n = 0; g < obj->ngroups; g++)
      for (int s = 0; s < obj->groups[g].nstages; s++)
        run_stage(r, &r->stages[o][n++], obj, &obj->groups[g], &obj->groups[g].stages[s], step);
  }
  copy_leaves(r->t, p->states.at, p->states.n, r->v.states, r->next);
  return first;
}

static Training *training_new(Trial *t) {
  const Program *p = t->p;
  Training *r = ARENA_NEW(t->cx, Training);
  *r = (Training){.t = t,
                  .v.params = leaf_arrays(t, p->params.at, p->params.n),
                  .v.states = leaf_arrays(t, p->states.at, p->states.n),
                  .next = leaf_arrays(t, p->states.at, p->states.n),
                  .grads = leaf_arrays(t, p->params.at, p->params.n),
                  .stages = ARENA_ARRAY(t->cx, StageRun *, p->objectives.n + 1)};
  for (int o = 0; o < p->objectives.n; o++) {
    const Objective *obj = &p->objectives.at[o];
    int n = 0, count = 0;
    for (int g = 0; g < obj->ngroups; g++) count += obj->groups[g].nstages;
    r->stages[o] = ARENA_ARRAY(t->cx, StageRun, count + 1);
    for (int g = 0; g < obj->ngroups; g++)
      for (int s = 0; s < obj->groups[g].nstages; s++)
        r->stages[o][n++] = stage_new(t, &obj->groups[g], &obj->groups[g].stages[s]);
  }
  return r;
}

const Values *selftest_train(Trial *t, double *losses) {
  const Program *p = t->p;
  if (!t->training) t->training = training_new(t);
  Training *r = t->training;
  copy_leaves(t, p->params.at, p->params.n, r->v.params, t->start.params);
  copy_leaves(t, p->states.at, p->states.n, r->v.states, t->start.states);
  for (int o = 0; o < p->objectives.n; o++) {
    const Objective *obj = &p->objectives.at[o];
    for (int g = 0, n = 0; g < obj->ngroups; g++)
      for (int s = 0; s < obj->groups[g].nstages; s++)
        start_slots(r, &r->stages[o][n++], &obj->groups[g], &obj->groups[g].stages[s]);
  }
  for (int step = 0; step < t->test->steps; step++) losses[step] = run_step(r, step);
  return &r->v;
}
