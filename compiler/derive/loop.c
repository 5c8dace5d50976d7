/* loop.c: the derivative of a loop is a loop that runs the other way.
 *
 * For a loop with carried values p_k (next n_k, start i_k) and results r_j, the loop made here carries q_k[t], the
 * adjoint of n_k[t] as far as it comes from later steps: 0 at the last one. In each step the adjoints of the results
 * and of the next values go through the body by the one rule of derive/visit.c, the time being one constant; what
 * arrives at p_k[t] is q_k[t-1], and, at the first step, the adjoint of i_k. Forward values that it reads are RESULTs
 * of the forward loop.
 *
 * What flows to operands outside of the loop waits until the loop is complete; then it reads the loop's RESULTs, one
 * array for all times: the gradient of a matrix used at every step is one product of two such arrays. (Werbos 1990,
 * Backpropagation through time, in index notation.) */
#include "derive/sweep.h"

#include <math.h>
#include <string.h>

/* ---- variables ---- */

typedef struct Vars {
  int at[2 * MAX_AXES], n;
} Vars;

static void add(Vars *v, int var) {
  int at = v->n;
  for (int k = 0; k < v->n; k++)
    if (v->at[k] == var) return;
  if (v->n == 2 * MAX_AXES) bug("differentiate", "an adjoint with more than %d axes", v->n);
  while (at > 0 && v->at[at - 1] > var) v->at[at] = v->at[at - 1], at--;
  v->at[at] = var;
  v->n++;
}

static void add_read(Vars *v, const Read *r) {
  int all[4 * MAX_AXES], n = read_vars(r, all, 0);
  for (int k = 0; k < n; k++) add(v, all[k]);
}

static Read *at_vars(Graph *g, Node *n, const int *vars) {
  Index *index[MAX_AXES];
  for (int k = 0; k < n->naxes; k++) index[k] = index_var(g, vars[k]);
  return read_make(g, n, index);
}

/* ---- the loop that is made ---- */

typedef struct Seed { /* the adjoint of a result */
  Node *result, *adjoint;
  Vars all;           /* the axes of `adjoint` */
  int vars[MAX_AXES]; /* those of the result */
} Seed;

typedef struct Backward {
  AdjointLoop loop;
  Seed *seeds;
  int nseeds;
  Vars extra;           /* what the adjoints depend on besides the axes of forward values: kept indices of a jacobian */
  Carry *carries;       /* by carried value of the group; prev NULL where it is not needed */
  Vars *axes;           /* of each prev */
  int (*own)[MAX_AXES]; /* the variables of the forward value's axes in it */
  Carry *made;
  int nmade;
} Backward;

/* The same derivative of the same loop is the same loop. */
static int scan_for(Sweep *s, const Backward *b, const ScanGroup *group) {
  Program *p = s->program;
  int n = 0, *made_of = ARENA_ARRAY(s->g->cx, int, 2 * (group->ncarries + b->nseeds) + 1);
  for (int k = 0; k < group->ncarries; k++)
    made_of[n++] = group->carries[k].next->id, made_of[n++] = group->carries[k].init->id;
  for (int k = 0; k < b->nseeds; k++) made_of[n++] = b->seeds[k].result->id, made_of[n++] = b->seeds[k].adjoint->id;
  for (int k = 0; k < p->adjoint_scans.n; k++) {
    const AdjointScan *known = &p->adjoint_scans.at[k];
    if (known->forward == group->scan && known->nmade_of == n &&
        memcmp(known->made_of, made_of, sizeof(int) * (size_t)n) == 0)
      return known->scan;
  }
  const Scan *forward = &s->g->scans[group->scan];
  Scan scan = {.extent = forward->extent, .backwards = !forward->backwards, .adjoint = true};
  AdjointScan made = {graph_scan(s->g, scan), group->scan, n, made_of};
  VEC_PUSH(s->g->cx, &p->adjoint_scans, made);
  return made.scan;
}

/* A carried value that is the same at all times of a loop around, or for all examples, may have an adjoint that is not.
 */
static void add_pins(const Sweep *s, Vars *to, const Node *n) {
  for (int k = 0; k < n->naxes; k++)
    if (sweep_pin(s, n, k) >= 0) add(to, sweep_pin(s, n, k));
}

static void collect_seeds(Sweep *s, Backward *b, const ScanGroup *group) {
  b->seeds = ARENA_ARRAY(s->g->cx, Seed, group->results.n + 1);
  for (int k = 0; k < group->results.n; k++) {
    Node *r = group->results.at[k];
    Seed *seed = &b->seeds[b->nseeds];
    Read *total = r->id < s->size && s->needed[r->id] ? contribution_sum(s, r, seed->vars) : NULL;
    if (!total) continue;
    seed->result = r;
    add_read(&seed->all, total);
    for (int j = 0; j < r->naxes; j++) add(&seed->all, seed->vars[j]);
    seed->adjoint = build_tensor(s->g, total, seed->all.n, seed->all.at);
    for (int j = 0; j < seed->all.n; j++)
      if (!vars_contain(seed->vars, r->naxes, seed->all.at[j])) add(&b->extra, seed->all.at[j]);
    add_pins(s, &b->extra, r);
    b->nseeds++;
  }
  for (int k = 0; k < group->ncarries && b->nseeds; k++) add_pins(s, &b->extra, group->carries[k].prev);
}

/* The adjoints of the results enter the body. */
static void plant_seeds(Sweep *s, Backward *b) {
  for (int k = 0; k < b->nseeds; k++) {
    Seed *seed = &b->seeds[k];
    Node *body = seed->result->reads[0]->node;
    int time = node_time_axis(body, b->loop.group->scan), at[2 * MAX_AXES];
    for (int j = 0; j < seed->all.n; j++) at[j] = seed->all.at[j] == seed->vars[time] ? b->loop.time : seed->all.at[j];
    Contribution c = {.read = at_vars(s->g, seed->adjoint, at)};
    for (int j = 0; j < body->naxes; j++) c.vars[j] = j == time ? b->loop.time : seed->vars[j];
    contribution_push(s, body, c);
  }
}

/* A record as of a copy of n, so that it takes the one way out of loops. */
static Opened copy_record(Sweep *s, Node *n, Read *adjoint, const int *vars) {
  Graph *g = s->g;
  Opened o = {.adjoint = adjoint};
  Index *index[MAX_AXES];
  for (int k = 0; k < n->naxes; k++) index[k] = index_var(g, k);
  Read *r = read_make(g, n, index);
  Node *copy = ARENA_NEW(g->cx, Node);
  *copy = (Node){
    .kind = NODE_MAP, .op = OP_PRODUCT, .scale = 1, .naxes = n->naxes, .nreads = 1, .span = n->span, .id = n->id};
  memcpy(copy->axes, n->axes, sizeof copy->axes);
  copy->reads = arena_copy(g->cx, &r, sizeof r);
  o.y = copy;
  for (int k = 0; k < n->naxes; k++) {
    o.vars[k] = vars[k];
    subst_add(&o.subst, k, index_var(g, vars[k]));
  }
  o.naround = o.level = s->nloops;
  for (int k = 0; k < s->nloops; k++) o.around[k] = s->loops[k]->group;
  return o;
}

/* q_k: the axes of the forward value, and what the adjoints depend on besides. */
static void make_carry(Sweep *s, Backward *b, int k) {
  Graph *g = s->g;
  const Carry *c = &b->loop.group->carries[k];
  Axis axes[2 * MAX_AXES];
  b->axes[k] = b->extra;
  for (int j = 0; j < c->prev->naxes; j++) {
    Axis plain = c->prev->axes[j];
    int pin = sweep_pin(s, c->prev, j);
    plain.scan = 0;
    b->own[k][j] = pin >= 0 ? pin : graph_var(g, plain);
    add(&b->axes[k], b->own[k][j]);
  }
  for (int j = 0; j < b->axes[k].n; j++) axes[j] = graph_var_axis(g, b->axes[k].at[j]);
  const char *label = c->next->label ? arena_printf(g->cx, "δ%s.later", c->next->label) : NULL;
  Node *q = build_prev(g, b->loop.scan, k, b->axes[k].n, axes, label, false, -INFINITY, INFINITY);
  b->carries[k] = (Carry){.slot = k, .prev = q};
  Contribution in = {.read = at_vars(g, q, b->axes[k].at)};
  memcpy(in.vars, b->own[k], sizeof in.vars);
  if (node_is_inside(c->next, b->loop.group->scan)) {
    contribution_push(s, c->next, in);
  } else if (s->needed[c->next->id]) {
    Opened o = copy_record(s, c->next, in.read, b->own[k]);
    VEC_PUSH(g->cx, &s->loops[s->nloops - 1]->deferred, o);
  }
}

static void sweep_body(Sweep *s, const ScanGroup *group) {
  for (int i = s->list.n - 1; i >= 0; i--) {
    Node *n = s->list.at[i];
    if (!group_holds(group, n) || n->kind == NODE_PREV) continue;
    if (n->kind == NODE_RESULT) loop_visit(s, n);
    else if (s->needed[n->id]) step_visit(s, n);
  }
}

/* What arrived at the forward loop's carried values is what this loop carries on. */
static void close_carries(Sweep *s, Backward *b) {
  Graph *g = s->g;
  for (int k = 0; k < b->loop.group->ncarries; k++) {
    Carry *q = &b->carries[k];
    int vars[MAX_AXES], at[2 * MAX_AXES], start[2 * MAX_AXES], n = 0;
    if (!q->prev) continue;
    const Node *prev = b->loop.group->carries[k].prev;
    Read *total = contribution_sum(s, prev, vars);
    for (int j = 0; j < b->axes[k].n; j++) {
      at[j] = b->axes[k].at[j];
      for (int i = 0; i < prev->naxes && total; i++)
        if (b->own[k][i] == b->axes[k].at[j]) at[j] = vars[i];
      if (at[j] != b->loop.time) start[n++] = at[j];
    }
    q->next = build_tensor(g, total ? total : build_constant(g, 0), b->axes[k].n, at);
    q->init = build_tensor(g, build_constant(g, 0), n, start);
    b->made[b->nmade++] = *q;
  }
}

/* The adjoint of the starts: what arrives at the first step. */
static void pass_starts(Sweep *s, Backward *b) {
  Graph *g = s->g;
  const Scan *forward = &g->scans[b->loop.group->scan];
  for (int k = 0; k < b->loop.group->ncarries; k++) {
    const Carry *c = &b->loop.group->carries[k], *q = &b->carries[k];
    if (!q->prev || !s->needed[c->init->id]) continue;
    Node *result = build_result(g, b->loop.scan, q->next, b->nmade, b->made);
    Index *index[2 * MAX_AXES];
    int vars[MAX_AXES], n = 0, time = node_time_axis(c->prev, b->loop.group->scan);
    for (int j = 0; j < b->axes[k].n; j++)
      index[j] = b->axes[k].at[j] == b->loop.time ? index_constant(g, forward->backwards ? forward->extent - 1 : 0)
                                                  : index_var(g, b->axes[k].at[j]);
    for (int j = 0; j < c->prev->naxes; j++)
      if (j != time) vars[n++] = b->own[k][j];
    Opened o = copy_record(s, c->init, read_make(g, result, index), vars);
    step_process(s, &o);
  }
}

/* Does r read its whole node, with n different variables? */
static bool is_whole(const Read *r, int n) {
  if (r->node->naxes != n) return false;
  for (int k = 0; k < n; k++)
    if (!index_is_var(r->index[k], NULL)) return false;
  return true;
}

/* A record whose adjoint is inside of the loop, now seen from outside: at all times. */
static Opened seen_from_outside(Sweep *s, const Backward *b, const Opened *o) {
  Graph *g = s->g;
  Opened out = *o;
  Vars all = {.n = 0};
  int at[2 * MAX_AXES];
  Axis axis = graph_var_axis(g, b->loop.time);
  axis.scan = 0;
  int time = graph_var(g, axis);
  add_read(&all, o->adjoint);
  add(&all, b->loop.time);
  Node *body = o->adjoint->node;
  if (is_whole(o->adjoint, all.n)) { /* its own array will do */
    for (int k = 0; k < all.n; k++) index_is_var(o->adjoint->index[k], &all.at[k]);
  } else {
    body = build_tensor(g, o->adjoint, all.n, all.at);
  }
  Node *result = build_result(g, b->loop.scan, body, b->nmade, b->made);
  for (int k = 0; k < all.n; k++) at[k] = all.at[k] == b->loop.time ? time : all.at[k];
  out.adjoint = at_vars(g, result, at);
  out.subst = (Subst){0};
  bool same = true; /* is y the same at all times? */
  for (int k = 0; k < o->y->naxes + o->y->nreduce; k++) {
    if (out.vars[k] == b->loop.time) out.vars[k] = time, same = false;
    subst_add(&out.subst, k, index_var(g, out.vars[k]));
  }
  if (same) out.adjoint = build_product(g, 1, 1, &out.adjoint, 0, NULL, 1, &time);
  out.level = o->level - 1;
  return out;
}

static void forget(Sweep *s, const ScanGroup *group) {
  for (int i = 0; i < s->list.n; i++)
    if (group_holds(group, s->list.at[i])) s->adjoint[s->list.at[i]->id] = NULL;
}

static void differentiate_group(Sweep *s, const ScanGroup *group) {
  Graph *g = s->g;
  int n = group->ncarries;
  Backward *b = ARENA_NEW(g->cx, Backward);
  b->carries = ARENA_ARRAY(g->cx, Carry, n + 1);
  b->made = ARENA_ARRAY(g->cx, Carry, n + 1);
  b->axes = ARENA_ARRAY(g->cx, Vars, n + 1);
  b->own = arena_alloc(g->cx, sizeof *b->own * (size_t)(n + 1));
  collect_seeds(s, b, group);
  if (!b->nseeds) return;
  if (s->nloops == MOST_LOOPS) bug("differentiate", "scans nested more than %d deep", MOST_LOOPS);
  const Node *prev = group->carries[0].prev;
  Axis axis = prev->axes[node_time_axis(prev, group->scan)];
  b->loop.group = group;
  b->loop.scan = axis.scan = scan_for(s, b, group);
  b->loop.time = graph_var(g, axis);
  g->scans[b->loop.scan].wild = true; /* until its results show what it carries */
  s->loops[s->nloops++] = &b->loop;
  plant_seeds(s, b);
  for (int k = 0; k < n; k++)
    if (s->needed[group->carries[k].prev->id]) make_carry(s, b, k);
  sweep_body(s, group);
  close_carries(s, b);
  g->scans[b->loop.scan].wild = false;
  forget(s, group);
  s->nloops--;
  pass_starts(s, b);
  for (int k = 0; k < b->loop.deferred.n; k++) {
    Opened o = seen_from_outside(s, b, &b->loop.deferred.at[k]);
    step_process(s, &o);
  }
}

void loop_visit(Sweep *s, Node *n) {
  for (int k = 0; k < s->groups.n; k++) {
    const ScanGroup *group = &s->groups.at[k];
    for (int j = 0; j < group->results.n; j++) {
      if (group->results.at[j] != n) continue;
      if (s->left[k] == 0) s->left[k] = group->results.n;
      if (--s->left[k] == 0) differentiate_group(s, group);
      return;
    }
  }
}
