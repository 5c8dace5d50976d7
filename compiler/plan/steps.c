/* steps.c: from the roots of a routine to steps and storage; see plan/plan.h.
 *
 * In the order of the graph, three sweeps:
 *   mark    how often each node is read, and who needs it as an array (plan/mark.c)
 *   choose  from users to operands: written out where it is read, or kept
 *   steps   from operands to users: each kept node joins a loop over the same axes, or starts a step of its own
 * Then it is known until when each is read (plan/lives.c), and so where it may lie (plan/memory.c). */
#include "plan/sweeps.h"

enum { INLINE_DEPTH = 24 };

static bool same_axes(const Node *a, const Node *b) {
  if (a->naxes != b->naxes) return false;
  for (int k = 0; k < a->naxes; k++)
    if (!axis_equal(a->axes[k], b->axes[k]) || ((a->inside || b->inside) && a->axes[k].scan != b->axes[k].scan))
      return false;
  return true;
}

/* ---- choose ---- */

static bool is_free(const Node *n) { /* of work: constants, index values, copies */
  if (n->kind != NODE_MAP || n->nreduce || n->nguards) return false;
  return n->op == OP_INDEX || n->op == OP_STOP || n->op == OP_DRAWN ||
         (n->op == OP_PRODUCT && (n->nreads == 0 || (n->nreads == 1 && n->scale == 1)));
}

/* Is n, read once, computed just as often when it is written out inside of its user? */
static bool fits_inside(const Plan *plan, const Node *n) {
  const Storage *p = plan_storage(plan, n), *user = p->user ? plan_storage(plan, p->user) : NULL;
  if (p->uses != 1 || !user || p->user->kind != NODE_MAP || user->gemm) return false;
  if (plan_storage(plan, p->user)->loop != p->loop) return false; /* it would be computed at every step */
  if (plan_space(plan, p->user) > plan_elements(plan, n)) return false;
  if (p->user->nreduce) return true;
  if (user->kind == STORAGE_INLINE) return user->depth < INLINE_DEPTH;
  return !same_axes(n, p->user); /* else they share a loop anyway */
}

static StorageKind choose_kind(const Plan *plan, const Node *n) {
  const Storage *p = plan_storage(plan, n);
  if (plan_is_view(n)) return STORAGE_VIEW;
  if (n->kind == NODE_PIECES || n->kind == NODE_PREV || n->kind == NODE_DRAW) return STORAGE_WORK;
  if (is_free(n) && !(p->wanted && n->naxes)) return STORAGE_INLINE;
  if (n->naxes == 0) return STORAGE_SCALAR;
  if (n->nreduce || p->wanted || plan->options->no_fuse || plan->options->trace) return STORAGE_WORK;
  return fits_inside(plan, n) ? STORAGE_INLINE : STORAGE_WORK;
}

static void choose(Plan *plan) {
  for (int i = plan->order.n - 1; i >= 0; i--) {
    Node *n = plan->order.at[i];
    Storage *p = plan_storage(plan, n);
    if (p->kind == STORAGE_LEAF) continue;
    p->kind = choose_kind(plan, n);
    p->step = -1;
    if (p->kind == STORAGE_VIEW) p->base = n->reads[0]->node;
    if (p->kind == STORAGE_INLINE && p->user)
      p->depth = plan_storage(plan, p->user)->kind == STORAGE_INLINE ? plan_storage(plan, p->user)->depth + 1 : 1;
  }
}

/* ---- destinations ---- */

static bool takes_arrays(const Plan *plan, DestKind dest) {
  return !plan->flat && (dest == DEST_GRAD || dest == DEST_OUT);
}

/* A root's array is written where it is wanted, unless it is a leaf, or has storage already. */
static bool claim(Plan *plan, int root) {
  const Root *r = &plan->roots[root];
  if (!takes_arrays(plan, r->dest)) return false;
  Node *n = r->node;
  while (n->kind == NODE_RESHAPE) n = n->reads[0]->node;
  Storage *p = plan_storage(plan, n);
  if (p->kind != STORAGE_WORK || p->loop >= 0) return false;
  if (r->dest != DEST_OUT && p->integer) return false;
  if (r->dest == DEST_OUT && (plan->integer_out != p->integer || p->wide)) return false;
  p->kind = STORAGE_DEST;
  p->root = root;
  p->wanted = true;
  return true;
}

/* ---- steps ---- */

static int new_step(Plan *plan, StepKind kind, Node *n) {
  Step s = {.kind = kind, .loop = kind == STEP_LOOP || kind == STEP_END || !n ? -1 : plan_storage(plan, n)->loop};
  if (n) VEC_PUSH(plan->program->cx, &s.nodes, n);
  VEC_PUSH(plan->program->cx, &plan->steps, s);
  return plan->steps.n - 1;
}

static int ready_after(const Plan *plan, const LeafList *leaves) {
  int step = -1;
  for (int k = 0; k < leaves->n; k++) {
    int s = plan_storage(plan, plan_owner(plan, leaves->at[k].read->node))->step;
    if (s > step) step = s;
  }
  return step;
}

/* May n be computed inside of the loop of this step, after what is there? */
static bool may_join(const Plan *plan, int step, const Node *n, const LeafList *leaves) {
  const Step *s = &plan->steps.at[step];
  if (s->kind != STEP_MAP || s->loop != plan_storage(plan, n)->loop || !same_axes(s->nodes.at[0], n)) return false;
  for (int k = 0; k < leaves->n; k++) {
    Node *m = leaves->at[k].read->node;
    if (plan_storage(plan, plan_owner(plan, m))->step != step) continue;
    if (plan_storage(plan, m)->kind == STORAGE_VIEW || !read_is_identity(leaves->at[k].read)) return false;
  }
  return true;
}

/* The loop that n becomes part of: the one that its operands are ready after, or the last one. */
static int join_step(Plan *plan, Node *n) {
  LeafList leaves = {0};
  plan_body_leaves(plan, n, &leaves);
  int ready = ready_after(plan, &leaves), last = plan->steps.n - 1;
  bool fuse = plan->flat || !(plan->options->no_fuse || plan->options->trace);
  const int candidates[2] = {ready, last};
  for (int k = 0; k < 2 && fuse; k++) {
    int s = candidates[k];
    if (s < 0 || !may_join(plan, s, n, &leaves)) continue;
    VEC_PUSH(plan->program->cx, &plan->steps.at[s].nodes, n);
    return s;
  }
  return new_step(plan, STEP_MAP, n);
}

static void make_step(Plan *plan, Node *n) {
  Storage *p = plan_storage(plan, n);
  if (p->kind == STORAGE_LEAF || p->kind == STORAGE_INLINE || p->kind == STORAGE_VIEW || n->kind == NODE_PREV) return;
  if (n->kind == NODE_DRAW) {
    p->step = new_step(plan, STEP_DRAW, n);
    p->wanted = true;
    plan->draws = true;
  } else if (n->kind == NODE_PIECES) {
    p->step = new_step(plan, STEP_PIECES, n);
  } else if (p->gemm) {
    p->step = new_step(plan, STEP_GEMM, n);
    plan->steps.at[p->step].gemm = p->gemm;
  } else {
    p->step = n->nreduce ? new_step(plan, STEP_REDUCE, n) : join_step(plan, n);
    if (n->nreduce) p->lost = plan_lost(plan, n);
  }
}

/* ---- loops ---- */

static int loop_of_result(const Plan *plan, const Node *result) {
  for (int k = 0; k < plan->loops.n; k++)
    for (int j = 0; j < plan->loops.at[k].group->results.n; j++)
      if (plan->loops.at[k].group->results.at[j] == result) return k;
  bug("plan", "a value of a scan belongs to no loop");
}

/* The steps of a loop, in one run, when the first of its results comes up: all that they need is there. */
static void make_loop(Plan *plan, int which) {
  PlanLoop *l = &plan->loops.at[which];
  if (l->made) return;
  l->made = true;
  l->begin = new_step(plan, STEP_LOOP, NULL);
  plan->steps.at[l->begin].loop = which;
  for (int k = 0; k < l->group->ncarries; k++) plan_storage(plan, l->group->carries[k].prev)->step = l->begin;
  for (int i = 0; i < plan->order.n; i++) {
    Node *n = plan->order.at[i];
    if (plan_storage(plan, n)->loop != which) continue;
    if (n->kind == NODE_RESULT) make_loop(plan, loop_of_result(plan, n));
    else make_step(plan, n);
  }
  l->end = new_step(plan, STEP_END, NULL);
  plan->steps.at[l->end].loop = which;
}

static void make_steps(Plan *plan, bool scalars, bool arrays) {
  for (int i = 0; i < plan->order.n; i++) {
    Node *n = plan->order.at[i];
    if ((n->naxes ? !arrays : !scalars) || plan_storage(plan, n)->loop >= 0) continue;
    if (n->kind == NODE_RESULT) make_loop(plan, loop_of_result(plan, n));
    else make_step(plan, n);
  }
}

static void check_sizes(Plan *plan) {
  for (int i = 0; i < plan->order.n; i++) {
    Node *n = plan->order.at[i];
    double count = plan_elements(plan, n);
    plan_storage(plan, n)->count = (int64_t)count;
    if (count <= 2147483647.0 || error_count(plan->program->cx)) continue;
    Text sizes = {.cx = plan->program->cx};
    for (int k = 0; k < n->naxes; k++)
      text_printf(&sizes, "%s%lld", k ? " * " : "", (long long)plan_extent(plan, n, k));
    error_at(plan->program->cx, n->span,
             "this value would have %s = %.0f elements for a whole batch; 2^31-1 = 2147483647 are the most",
             sizes.data ? sizes.data : "1", count);
    help(plan->program->cx, "'train { batch = ... }' sets how many examples there are in a batch; it is %lld",
         (long long)plan_batch(plan->program));
  }
}

Plan *plan_roots(Program *program, const Options *options, const Root *roots, int nroots, bool integer_out, bool flat) {
  Context *cx = program->cx;
  Plan *plan = ARENA_NEW(cx, Plan);
  *plan = (Plan){.program = program,
                 .options = options,
                 .roots = roots,
                 .nroots = nroots,
                 .integer_out = integer_out,
                 .flat = flat,
                 .batch = plan_batch(program)};
  Node **nodes = ARENA_ARRAY(cx, Node *, nroots + 1);
  for (int k = 0; k < nroots; k++) nodes[k] = roots[k].node;
  plan->order = graph_order(cx, nodes, nroots);
  plan->storage = ARENA_ARRAY(cx, Storage, program->graph->nnodes + 1);
  plan_loops(plan);
  check_sizes(plan);
  plan_mark(plan);
  for (int k = 0; k < nroots; k++)
    if (takes_arrays(plan, roots[k].dest))
      plan_storage(plan, roots[k].node)->uses += 2; /* kept: it is read by the caller */
  choose(plan);
  bool *claimed = ARENA_ARRAY(cx, bool, nroots + 1);
  for (int k = 0; k < nroots; k++) claimed[k] = claim(plan, k);
  if (flat) make_steps(plan, true, false); /* so that the arrays are one loop */
  make_steps(plan, !flat, true);
  for (int k = 0; k < nroots && !flat; k++)
    if (!claimed[k] && roots[k].dest != DEST_RETURN) {
      int step = new_step(plan, STEP_COPY, roots[k].node);
      plan->steps.at[step].root = k;
    }
  plan_lives(plan);
  if (!flat) plan_memory(plan);
  return plan;
}
