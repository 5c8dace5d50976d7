/* steps.c: from the roots of a routine to steps and places; see plan/plan.h.
 *
 * In the order of the graph, three sweeps:
 *   mark    how often each node is read, and who needs it as an array (matrix products, views, gathers)
 *   choose  from users to operands: written out where it is read, or kept
 *   steps   from operands to users: each kept node joins a loop over the same axes, or starts a step of its own
 * A node that only its own loop reads becomes a local variable there. */
#include "plan/plan.h"

#include <string.h>

enum { INLINE_DEPTH = 24 };

/* ---- shapes ---- */

int64_t plan_batch(const Program *program) { return program->train.batch > 0 ? program->train.batch : 1; }

int plan_time(const Plan *plan, int loop, Axis axis) {
  for (; axis.scan && loop >= 0; loop = plan->loops.at[loop].around)
    if (plan->loops.at[loop].group->scan == axis.scan) return loop;
  return -1;
}

static bool held(const Plan *plan, const Node *n, int k) {
  return plan_time(plan, plan_place(plan, n)->loop, n->axes[k]) >= 0;
}

/* Of the array that is stored. */
static int64_t stored_extent(const Plan *plan, const Node *n, int k) {
  if (n->axes[k].kind == AXIS_PLAIN && held(plan, n, k) && (plan_place(plan, n)->kept >> k & 1))
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
static double space(const Plan *plan, const Node *n) {
  double count = 1;
  for (int k = 0; k < n->naxes + n->nreduce; k++) count *= (double)plan_extent(plan, n, k);
  return count;
}

void plan_strides(const Plan *plan, const Node *n, int64_t *strides) {
  int64_t stride = 1;
  for (int batch = 0; batch < 2; batch++)
    for (int k = n->naxes - 1; k >= 0; k--) {
      if ((n->axes[k].kind == AXIS_BATCH) != batch) continue;
      bool single = held(plan, n, k) && !(plan_place(plan, n)->kept >> k & 1);
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

static bool same_axes(const Node *a, const Node *b) {
  if (a->naxes != b->naxes) return false;
  for (int k = 0; k < a->naxes; k++)
    if (!axis_equal(a->axes[k], b->axes[k]) || ((a->open || b->open) && a->axes[k].scan != b->axes[k].scan))
      return false;
  return true;
}

/* ---- what a body comes down to ---- */

bool plan_reads_again(const Node *n, int k) {
  for (int i = 0; i < k; i++)
    if (read_equal(n->reads[i], n->reads[k])) return true;
  return false;
}

static void index_leaves(const Plan *plan, const Index *e, LeafList *out);

static void read_leaves(const Plan *plan, Read *r, bool gather, LeafList *out) {
  for (int k = 0; k < r->node->naxes; k++) index_leaves(plan, r->index[k], out);
  const Node *n = r->node;
  if (plan_place(plan, n)->kind != PLACE_INLINE) {
    VEC_PUSH(plan->program->cx, out, ((LeafRead){r, gather}));
    return;
  }
  Graph *g = plan->program->graph;
  Subst s = read_subst(r);
  for (int k = 0; k < n->nguards; k++) index_leaves(plan, index_substitute(g, n->guards[k].e, &s), out);
  if (n->value) index_leaves(plan, index_substitute(g, n->value, &s), out);
  for (int k = 0; k < n->nreads; k++)
    if (!plan_reads_again(n, k)) read_leaves(plan, read_substitute(g, n->reads[k], &s), gather, out);
}

static void index_leaves(const Plan *plan, const Index *e, LeafList *out) {
  for (int i = 0; i < e->n; i++)
    if (e->terms[i].gather) read_leaves(plan, (Read *)e->terms[i].gather, true, out);
}

void plan_read_leaves(const Plan *plan, Read *r, LeafList *out) { read_leaves(plan, r, false, out); }

/* The same for what the body of n reads, in n's axes. */
static void body_leaves(const Plan *plan, const Node *n, LeafList *out) {
  for (int k = 0; k < n->nguards; k++) index_leaves(plan, n->guards[k].e, out);
  if (n->value) index_leaves(plan, n->value, out);
  for (int k = 0; k < n->nreads; k++)
    if (!plan_reads_again(n, k)) read_leaves(plan, n->reads[k], false, out);
}

Node *plan_storage(const Plan *plan, Node *n) {
  while (plan_place(plan, n)->kind == PLACE_VIEW) n = plan_place(plan, n)->base;
  return n;
}

/* ---- mark ---- */

bool whole_beyond_floats(const Plan *plan, const Node *n) {
  double most = 16777216.0; /* 2^24 */
  for (int k = n->naxes; k < n->naxes + n->nreduce;
       k++) /* bounds in the graph are those of the largest batch that there could be */
    if (n->axes[k].kind == AXIS_BATCH && n->reduction == RED_SUM) most *= 2147483647.0 / (double)plan->batch;
  return node_is_bounded(n) && (n->lo < -most || n->hi > most);
}

static bool is_leaf(const Node *n) {
  return n->kind != NODE_MAP && n->kind != NODE_RESHAPE && n->kind != NODE_PIECES && n->kind != NODE_RESULT &&
         n->kind != NODE_PREV &&
         (n->kind != NODE_DRAW ||
          (n->naxes && n->axes[0].kind == AXIS_FLAT)); /* of a run of parameters: made before the loop */
}

static bool is_view(const Node *n) { return n->kind == NODE_RESHAPE || n->kind == NODE_RESULT; }

static void want(Plan *plan, Node *n, bool integer) {
  for (;;) {
    plan_place(plan, n)->wanted = true;
    plan_place(plan, n)->integer |= integer;
    if (!is_view(n)) return;
    n = n->reads[0]->node;
  }
}

static void mark_index(Plan *plan, Node *user, const Index *e);

static void mark_read(Plan *plan, Node *user, Read *r) {
  Place *p = plan_place(plan, r->node);
  p->uses += 1;
  p->user = user;
  for (int k = 0; k < r->node->naxes; k++) mark_index(plan, user, r->index[k]);
}

static void mark_index(Plan *plan, Node *user, const Index *e) {
  for (int i = 0; i < e->n; i++)
    if (e->terms[i].gather) {
      mark_read(plan, user, (Read *)e->terms[i].gather);
      want(plan, e->terms[i].gather->node, node_is_bounded(e->terms[i].gather->node));
    }
}

static void mark_leaf(Plan *plan, const Node *n) {
  Place *p = plan_place(plan, n);
  p->kind = PLACE_LEAF;
  p->step = -1;
  if (n->kind == NODE_INPUT) {
    plan->inputs |= UINT32_C(1) << n->item;
    p->integer = plan->program->inputs.at[n->item].kind != INPUT_REAL;
  }
  plan->uses_params |= n->kind == NODE_PARAM;
  plan->uses_states |= n->kind == NODE_STATE;
  plan->steps_read |= n->kind == NODE_STEP;
  plan->draws |= n->kind == NODE_DRAW;
}

static void mark(Plan *plan) {
  for (int i = 0; i < plan->order.n; i++) {
    Node *n = plan->order.at[i];
    for (int k = 0; k < n->nguards; k++) mark_index(plan, n, n->guards[k].e);
    if (n->value) mark_index(plan, n, n->value);
    for (int k = 0; k < n->nreads; k++) {
      if (!plan_reads_again(n, k)) mark_read(plan, n, n->reads[k]);
      if (n->kind != NODE_MAP) want(plan, n->reads[k]->node, false);
    }
    for (int k = 0; k < n->ncarries; k++) want(plan, n->carries[k].next, false), want(plan, n->carries[k].prev, false);
    plan_place(plan, n)->integer |= whole_beyond_floats(plan, n);
    if (is_leaf(n)) mark_leaf(plan, n);
  }
  for (int i = 0; i < plan->order.n; i++) {
    Place *p = plan_place(plan, plan->order.at[i]);
    double lo, hi;
    node_range(plan->order.at[i], &lo, &hi);
    p->wide = p->integer && (lo < INT32_MIN || hi > INT32_MAX);
  }
  for (int i = 0; i < plan->order.n && !plan->options->no_fuse && !plan->flat; i++) {
    Node *n = plan->order.at[i];
    Gemm *gemm = n->kind == NODE_MAP ? plan_gemm(plan, n) : NULL;
    plan_place(plan, n)->gemm = gemm;
    for (int k = 0; gemm && k < n->nreads; k++) want(plan, n->reads[k]->node, false);
  }
}

/* ---- choose ---- */

static bool is_free(const Node *n) { /* of work: constants, index values, copies */
  if (n->kind != NODE_MAP || n->nreduce || n->nguards) return false;
  return n->op == OP_INDEX || n->op == OP_STOP || n->op == OP_DRAWN ||
         (n->op == OP_PRODUCT && (n->nreads == 0 || (n->nreads == 1 && n->scale == 1)));
}

/* Is n, read once, computed just as often when it is written out inside of its user? */
static bool fits_inside(const Plan *plan, const Node *n) {
  const Place *p = plan_place(plan, n), *user = p->user ? plan_place(plan, p->user) : NULL;
  if (p->uses != 1 || !user || p->user->kind != NODE_MAP || user->gemm) return false;
  if (plan_place(plan, p->user)->loop != p->loop) return false; /* it would be computed at every step */
  if (space(plan, p->user) > plan_elements(plan, n)) return false;
  if (p->user->nreduce) return true;
  if (user->kind == PLACE_INLINE) return user->depth < INLINE_DEPTH;
  return !same_axes(n, p->user); /* else they share a loop anyway */
}

static PlaceKind choose_kind(const Plan *plan, const Node *n) {
  const Place *p = plan_place(plan, n);
  if (is_view(n)) return PLACE_VIEW;
  if (n->kind == NODE_PIECES || n->kind == NODE_PREV || n->kind == NODE_DRAW) return PLACE_WORK;
  if (is_free(n) && !(p->wanted && n->naxes)) return PLACE_INLINE;
  if (n->naxes == 0) return PLACE_SCALAR;
  if (n->nreduce || p->wanted || plan->options->no_fuse) return PLACE_WORK;
  return fits_inside(plan, n) ? PLACE_INLINE : PLACE_WORK;
}

static void choose(Plan *plan) {
  for (int i = plan->order.n - 1; i >= 0; i--) {
    Node *n = plan->order.at[i];
    Place *p = plan_place(plan, n);
    if (p->kind == PLACE_LEAF) continue;
    p->kind = choose_kind(plan, n);
    p->step = -1;
    if (p->kind == PLACE_VIEW) p->base = n->reads[0]->node;
    if (p->kind == PLACE_INLINE && p->user)
      p->depth = plan_place(plan, p->user)->kind == PLACE_INLINE ? plan_place(plan, p->user)->depth + 1 : 1;
  }
}

/* ---- destinations ---- */

static bool takes_arrays(const Plan *plan, DestKind dest) {
  return !plan->flat && (dest == DEST_GRAD || dest == DEST_OUT);
}

/* A root's array is written where it is wanted, unless it is a leaf, or has a place already. */
static bool claim(Plan *plan, int root) {
  const Root *r = &plan->roots[root];
  if (!takes_arrays(plan, r->dest)) return false;
  Node *n = r->node;
  while (n->kind == NODE_RESHAPE) n = n->reads[0]->node;
  Place *p = plan_place(plan, n);
  if (p->kind != PLACE_WORK || p->loop >= 0) return false;
  if (r->dest != DEST_OUT && p->integer) return false;
  if (r->dest == DEST_OUT && (plan->integer_out != p->integer || p->wide)) return false;
  p->kind = PLACE_DEST;
  p->root = root;
  p->wanted = true;
  return true;
}

/* ---- steps ---- */

static int new_step(Plan *plan, StepKind kind, Node *n) {
  Step s = {.kind = kind, .loop = kind == STEP_LOOP || kind == STEP_END || !n ? -1 : plan_place(plan, n)->loop};
  if (n) VEC_PUSH(plan->program->cx, &s.nodes, n);
  VEC_PUSH(plan->program->cx, &plan->steps, s);
  return plan->steps.n - 1;
}

static int ready_after(const Plan *plan, const LeafList *leaves) {
  int step = -1;
  for (int k = 0; k < leaves->n; k++) {
    int s = plan_place(plan, plan_storage(plan, leaves->at[k].read->node))->step;
    if (s > step) step = s;
  }
  return step;
}

/* May n be computed inside of the loop of this step, after what is there? */
static bool may_join(const Plan *plan, int step, const Node *n, const LeafList *leaves) {
  const Step *s = &plan->steps.at[step];
  if (s->kind != STEP_MAP || s->loop != plan_place(plan, n)->loop || !same_axes(s->nodes.at[0], n)) return false;
  for (int k = 0; k < leaves->n; k++) {
    Node *m = leaves->at[k].read->node;
    if (plan_place(plan, plan_storage(plan, m))->step != step) continue;
    if (plan_place(plan, m)->kind == PLACE_VIEW || !read_is_identity(leaves->at[k].read)) return false;
  }
  return true;
}

/* The loop that n becomes part of: the one that its operands are ready after, or the last one. */
static int join_step(Plan *plan, Node *n) {
  LeafList leaves = {0};
  body_leaves(plan, n, &leaves);
  int ready = ready_after(plan, &leaves), last = plan->steps.n - 1;
  bool fuse = plan->flat || !plan->options->no_fuse;
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
  Place *p = plan_place(plan, n);
  if (p->kind == PLACE_LEAF || p->kind == PLACE_INLINE || p->kind == PLACE_VIEW || n->kind == NODE_PREV) return;
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
  for (int k = 0; k < l->group->ncarries; k++) plan_place(plan, l->group->carries[k].prev)->step = l->begin;
  for (int i = 0; i < plan->order.n; i++) {
    Node *n = plan->order.at[i];
    if (plan_place(plan, n)->loop != which) continue;
    if (n->kind == NODE_RESULT) make_loop(plan, loop_of_result(plan, n));
    else make_step(plan, n);
  }
  l->end = new_step(plan, STEP_END, NULL);
  plan->steps.at[l->end].loop = which;
}

static void make_steps(Plan *plan, bool scalars, bool arrays) {
  for (int i = 0; i < plan->order.n; i++) {
    Node *n = plan->order.at[i];
    if ((n->naxes ? !arrays : !scalars) || plan_place(plan, n)->loop >= 0) continue;
    if (n->kind == NODE_RESULT) make_loop(plan, loop_of_result(plan, n));
    else make_step(plan, n);
  }
}

/* Of a view and of what it shows, one that is kept for all times keeps the other; true where that was new. */
static bool keep_alike(Plan *plan, const Node *n) {
  const Node *base = n->reads[0]->node;
  uint32_t *view = &plan_place(plan, n)->kept, *shown = &plan_place(plan, base)->kept, before[2] = {*view, *shown};
  for (int k = 0; k < base->naxes; k++) {
    int scan = base->axes[k].scan, j = n->kind == NODE_RESULT ? k : node_time_axis(n, scan);
    bool own = n->kind == NODE_RESULT && scan == n->scan; /* the time of the loop that the RESULT is the result of */
    if (!scan || j < 0 || !(own || *view >> j & 1 || *shown >> k & 1)) continue;
    *shown |= UINT32_C(1) << k;
    if (!own) *view |= UINT32_C(1) << j;
  }
  return *view != before[0] || *shown != before[1];
}

/* Which loops there are, what each computes, and which of its values are kept for all times. */
static void find_loops(Plan *plan) {
  Context *cx = plan->program->cx;
  static const char *const variables[] = {"now", "now2", "now3", "now4", "now5", "now6", "now7", "now8"};
  for (int i = 0; i < plan->order.n; i++) plan_place(plan, plan->order.at[i])->loop = -1;
  plan->groups = graph_groups(cx, &plan->order);
  for (int k = 0; k < plan->groups.n; k++) {
    PlanLoop l = {.group = &plan->groups.at[k], .around = -1};
    VEC_PUSH(cx, &plan->loops, l);
    for (int i = 0; i < plan->order.n; i++) {
      const Node *n = plan->order.at[i];
      if (!group_holds(l.group, n)) continue;
      if (plan_place(plan, n)->loop >= 0) bug("plan", "two loops compute one value: %%%d", n->id);
      plan_place(plan, n)->loop = k;
    }
  }
  for (int k = 0; k < plan->loops.n; k++)
    plan->loops.at[k].around = plan_place(plan, plan->groups.at[k].results.at[0])->loop;
  for (int k = 0; k < plan->loops.n; k++) {
    int depth = 0;
    for (int j = plan->loops.at[k].around; j >= 0; j = plan->loops.at[j].around) depth++;
    plan->loops.at[k].variable = variables[depth < 8 ? depth : 7];
  }
  for (int k = 0; k < plan->loops.n;
       k++) /* values handed from one carried value to another: none may be overwritten too early */
    for (int j = 0; j < plan->groups.at[k].ncarries; j++) {
      const Node *prev = plan->groups.at[k].carries[j].next;
      while (prev->kind == NODE_RESHAPE) prev = prev->reads[0]->node;
      if (prev->kind == NODE_PREV) plan_place(plan, prev)->kept |= UINT32_C(1) << node_time_axis(prev, prev->scan);
    }
  for (bool again = true; again;) { /* a view is kept as what it shows is */
    again = false;
    for (int i = plan->order.n - 1; i >= 0; i--)
      if (is_view(plan->order.at[i])) again |= keep_alike(plan, plan->order.at[i]);
  }
}

/* Who reads what, and until when. What only its own group reads needs no array. */
static void whole_leaves(Plan *plan, Node *n, LeafList *leaves) {
  Index *index[MAX_AXES];
  for (int k = 0; k < n->naxes; k++) index[k] = index_var(plan->program->graph, k);
  plan_read_leaves(plan, read_make(plan->program->graph, n, index), leaves);
}

static void step_leaves(Plan *plan, const Step *step, LeafList *leaves) {
  for (int i = 0; i < step->nodes.n; i++) {
    if (step->kind == STEP_COPY) whole_leaves(plan, step->nodes.at[i], leaves);
    else body_leaves(plan, step->nodes.at[i], leaves);
  }
  if (step->kind != STEP_LOOP && step->kind != STEP_END) return;
  const ScanGroup *group = plan->loops.at[step->loop].group;
  for (int k = 0; k < group->ncarries; k++)
    whole_leaves(plan, step->kind == STEP_LOOP ? group->carries[k].init : group->carries[k].next, leaves);
}

/* The end of the outermost loop that step s is in, or s: a loop needs at its end what it needs at its start. */
static int outermost_end(const Plan *plan, int s) {
  int loop = plan->steps.at[s].loop, end = s;
  for (; loop >= 0; loop = plan->loops.at[loop].around) end = plan->loops.at[loop].end;
  return end;
}

/* What a function returns is read after its last step: one number, which may be an element of an array. */
static void follow_results(Plan *plan) {
  LeafList leaves = {0};
  for (int k = 0; k < plan->nroots; k++)
    if (plan->roots[k].dest == DEST_RETURN) whole_leaves(plan, plan->roots[k].node, &leaves);
  for (int k = 0; k < leaves.n; k++) {
    Place *p = plan_place(plan, plan_storage(plan, leaves.at[k].read->node));
    p->last = plan->steps.n;
    p->shared = true;
  }
}

static void follow_reads(Plan *plan) {
  for (int s = 0; s < plan->steps.n; s++) {
    LeafList leaves = {0};
    step_leaves(plan, &plan->steps.at[s], &leaves);
    for (int k = 0; k < leaves.n; k++) {
      Place *p = plan_place(plan, plan_storage(plan, leaves.at[k].read->node));
      int last = outermost_end(plan, s);
      if (p->last < last) p->last = last;
      p->shared |= p->step != s;
    }
  }
  follow_results(plan);
  for (int i = 0; i < plan->order.n; i++) {
    Place *p = plan_place(plan, plan->order.at[i]);
    if (p->loop >= 0 && p->step >= 0 && p->last < outermost_end(plan, p->step)) p->last = outermost_end(plan, p->step);
    if (p->kind == PLACE_WORK && (plan->flat || !(p->shared || p->wanted))) p->kind = PLACE_TEMP;
  }
}

static void check_sizes(Plan *plan) {
  for (int i = 0; i < plan->order.n; i++) {
    Node *n = plan->order.at[i];
    double count = plan_elements(plan, n);
    plan_place(plan, n)->count = (int64_t)count;
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
  plan->places = ARENA_ARRAY(cx, Place, program->graph->nnodes + 1);
  find_loops(plan);
  check_sizes(plan);
  mark(plan);
  for (int k = 0; k < nroots; k++)
    if (takes_arrays(plan, roots[k].dest))
      plan_place(plan, roots[k].node)->uses += 2; /* kept: it is read by the caller */
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
  follow_reads(plan);
  if (!flat) plan_memory(plan);
  return plan;
}
