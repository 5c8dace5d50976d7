/* walk.c: a graph in, the values of a node out, in double precision.
 *
 * Each node has a slot: its values and the time at which they were computed. Evaluating walks the nodes that the root
 * needs, operands first, and computes those with an operand younger than themselves; setting a leaf makes the leaf
 * young. So a difference quotient in a late parameter computes only what comes after it. One MAP node is run by
 * evaluate/map.c. */
#include "evaluate/evaluate.h"

#include <math.h>
#include <string.h>

typedef struct Recurrence { /* the RESULTs of one loop in one walk */
  ScanGroup group;
  NodeList body;    /* what the loop computes, operands first; inner loops are RESULTs in it */
  NodeList outside; /* what it and loops in it read from outside of all */
} Recurrence;

typedef struct Slot {
  double *values;
  uint64_t time; /* of the last change; 0: never computed */
  Loop *loop;
  double *steady; /* of a leaf that is shaken: its values before */
  bool varies;    /* while shaken: it follows from more than constants; */
  bool exact_known;
  Exact exact;            /* ... and what is known of its digits; */
  unsigned char *rounded; /* values with an error of their own */
  NodeList operands;
  bool known; /* operands are listed */
  bool given; /* computed at least once */
} Slot;

typedef struct Walk { /* the order of what one root needs, kept because the same roots are asked for again and again */
  Node *root;
  NodeList list;
  VEC(Recurrence) recurrences;
} Walk;

enum { MAX_SHAKEN_READS = 32 };

struct Evaluation {
  Context *cx;
  Graph *g;
  int64_t examples, flat;
  Slot *slots;
  size_t nslots;
  uint64_t clock;
  bool hold_stops, strict;
  Shake shake;
  int64_t *now; /* by scan: 1 + the time at hand; 0 outside of it */
  int nscans;
  const Walk *walk; /* at hand */
  VEC(Walk) walks;
};

Evaluation *evaluation_new(Graph *g, int64_t examples, int64_t flat) {
  Evaluation *e = ARENA_NEW(g->cx, Evaluation);
  e->cx = g->cx;
  e->g = g;
  e->examples = examples;
  e->flat = flat;
  return e;
}

void evaluation_hold_stops(Evaluation *e, bool hold) { e->hold_stops = hold; }

Context *evaluation_context(const Evaluation *e) { return e->cx; }

int64_t evaluation_extent(const Evaluation *e, Axis axis) {
  return axis.kind == AXIS_BATCH ? e->examples : axis.kind == AXIS_FLAT ? e->flat : axis.extent;
}

int64_t evaluation_count(const Evaluation *e, const Node *node) {
  int64_t count = 1;
  for (int k = 0; k < node->naxes; k++) count *= evaluation_extent(e, node->axes[k]);
  return count;
}

/* The graph may have grown since the last call. */
static Slot *slot_of(Evaluation *e, const Node *node) {
  if ((size_t)node->id >= e->nslots) {
    size_t size = e->g->nnodes + e->g->nnodes / 2 + 64;
    Slot *bigger = ARENA_ARRAY(e->cx, Slot, size);
    if (e->nslots) memcpy(bigger, e->slots, sizeof(Slot) * e->nslots);
    e->slots = bigger;
    e->nslots = size;
  }
  return &e->slots[node->id];
}

static double *room(Evaluation *e, const Node *node) {
  Slot *s = slot_of(e, node);
  if (!s->values) s->values = ARENA_ARRAY(e->cx, double, evaluation_count(e, node));
  return s->values;
}

double *evaluation_values(const Evaluation *e, const Node *node) {
  if ((size_t)node->id >= e->nslots || !e->slots[node->id].time)
    bug("evaluate", "node %%%d is read before it has a value", node->id);
  return e->slots[node->id].values;
}

/* ---- leaves ---- */

static bool is_leaf(const Node *n) {
  switch (n->kind) {
  case NODE_MAP:
  case NODE_RESHAPE:
  case NODE_PIECES:
  case NODE_NAME:
  case NODE_GRAD:
  case NODE_PREV:
  case NODE_RESULT:
  case NODE_OPAQUE: return false;
  default: return true;
  }
}

static bool is_given(const Node *n) { return n->kind == NODE_CONST || n->kind == NODE_BATCH; }

double *evaluation_open(Evaluation *e, Node *leaf) {
  if (!is_leaf(leaf)) bug("evaluate", "node %%%d is set, but is no leaf", leaf->id);
  double *values = room(e, leaf);
  slot_of(e, leaf)->time = ++e->clock;
  return values;
}

void evaluation_set(Evaluation *e, Node *leaf, const double *values) {
  memcpy(evaluation_open(e, leaf), values, sizeof(double) * (size_t)evaluation_count(e, leaf));
}

void evaluation_set_one(Evaluation *e, Node *leaf, int64_t at, double value) {
  evaluation_values(e, leaf)[at] = value;
  slot_of(e, leaf)->time = ++e->clock;
}

static void compute_leaf(Evaluation *e, const Node *n) {
  double *y = room(e, n);
  if (n->kind == NODE_BATCH) *y = (double)e->examples;
  else if (n->kind == NODE_CONST) memcpy(y, n->data, sizeof(double) * (size_t)evaluation_count(e, n));
  else bug("evaluate", "leaf %%%d%s%s has no value", n->id, n->label ? " " : "", n->label ? n->label : "");
}

/* ---- rounding made visible ---- */

/* Does its value follow from more than constants? Of a node that has been computed. */
static bool varies(const Evaluation *e, const Node *n) {
  if (is_leaf(n) || n->kind == NODE_RESULT || n->kind == NODE_PREV) return !is_given(n);
  return e->slots[n->id].varies;
}

/* Were its values computed without any rounding? Of a node that has been computed. */
static Exact exact_of(Evaluation *e, const Node *n) {
  const Slot *s = slot_of(e, n);
  if (n->integer) return exact_values(s->values, evaluation_count(e, n));
  return s->exact_known ? s->exact : (Exact){.bits = -1};
}

static void set_exact(Slot *s, Exact exact) {
  s->exact = exact;
  s->exact_known = true;
}

/* The errors of one indexed statement, at the times at hand. */
static void shake_map(Evaluation *e, const Node *n, const Loop *loop) {
  Slot *s = slot_of(e, n);
  int64_t count = evaluation_count(e, n), terms = 1;
  Exact reads[MAX_SHAKEN_READS];
  for (int k = 0; k < n->nreduce; k++) terms *= evaluation_extent(e, n->axes[n->naxes + k]);
  for (int k = 0; k < n->nreads && k < MAX_SHAKEN_READS; k++) reads[k] = exact_of(e, n->reads[k]->node);
  set_exact(s, n->open || n->nreads > MAX_SHAKEN_READS ? (Exact){.bits = -1}
                                                       : exact_map(n, reads, terms, s->values, count));
  if (s->exact.bits >= 0) return;
  if (!s->rounded) s->rounded = ARENA_ARRAY(e->cx, unsigned char, count);
  if (n->open) memset(s->rounded, 0, (size_t)count);
  loop_rounds(loop, s->rounded);
  shake_values(n, s->values, count, e->shake, s->varies, s->rounded);
}

/* `before`: it was shaken already, and `steady` has its own values. */
static void shake_leaf(Evaluation *e, Node *leaf, bool before) {
  Slot *s = slot_of(e, leaf);
  int64_t count = evaluation_count(e, leaf);
  size_t bytes = sizeof(double) * (size_t)count;
  if (leaf->integer || !s->time) return;
  if (is_given(leaf)) {
    if (!s->exact_known) set_exact(s, exact_values(s->values, count));
    return;
  }
  if (!s->steady) s->steady = arena_alloc(e->cx, bytes);
  if (before) memcpy(s->values, s->steady, bytes);
  else memcpy(s->steady, s->values, bytes);
  if (!before) set_exact(s, exact_values(s->values, count));
  if (e->shake.seed && s->exact.bits < 0) shake_values(leaf, s->values, count, e->shake, true, NULL);
}

void evaluation_shake(Evaluation *e, Node *const *nodes, int nnodes, Shake shake) {
  bool before = e->shake.seed != 0;
  e->shake = shake;
  for (int k = 0; k < nnodes; k++) {
    if (is_leaf(nodes[k])) shake_leaf(e, nodes[k], before);
    else slot_of(e, nodes[k])->time = 0; /* to be computed again, whatever its operands are */
  }
}

void evaluation_strict(Evaluation *e, Node *const *nodes, int nnodes, bool strict) {
  e->strict = strict;
  for (int k = 0; k < nnodes; k++)
    if (!is_leaf(nodes[k])) slot_of(e, nodes[k])->time = 0; /* to be computed again */
}

/* ---- what a node depends on ---- */

static void add_read(Context *cx, NodeList *list, const Read *r);

static void add_index(Context *cx, NodeList *list, const Index *e) {
  for (int i = 0; i < e->n; i++)
    if (e->terms[i].gather) add_read(cx, list, e->terms[i].gather);
}

static void add_read(Context *cx, NodeList *list, const Read *r) {
  for (int k = 0; k < r->node->naxes; k++) add_index(cx, list, r->index[k]);
  VEC_PUSH(cx, list, r->node);
}

static const NodeList *operands_of(Evaluation *e, const Node *n) {
  Slot *s = slot_of(e, n);
  if (s->known) return &s->operands;
  s->known = true;
  for (int k = 0; k < n->nreads; k++) add_read(e->cx, &s->operands, n->reads[k]);
  for (int k = 0; k < n->nguards; k++) add_index(e->cx, &s->operands, n->guards[k].e);
  if (n->value) add_index(e->cx, &s->operands, n->value);
  if (n->kind == NODE_OPAQUE) VEC_PUSH(e->cx, &s->operands, n->target);
  for (int k = 0; k < n->ncarries; k++) {
    VEC_PUSH(e->cx, &s->operands, n->carries[k].next);
    VEC_PUSH(e->cx, &s->operands, n->carries[k].init);
  }
  return &s->operands;
}

static const ScanGroup *group_of(const ScanGroups *groups, const Node *result) {
  for (int k = 0; groups && k < groups->n; k++)
    for (int j = 0; j < groups->at[k].results.n; j++)
      if (groups->at[k].results.at[j] == result) return &groups->at[k];
  return NULL;
}

/* Operands first, by an explicit stack (a graph may be deep); an OPAQUE is walked through to its target. The RESULTs of
 * a loop have the operands of all of them. */
static NodeList order_of(Evaluation *e, Node *root, const ScanGroups *groups) {
  NodeList stack = {0}, out = {0};
  unsigned char *mark = ARENA_ARRAY(e->cx, unsigned char, e->g->nnodes);
  VEC_PUSH(e->cx, &stack, root);
  while (stack.n) {
    Node *n = stack.at[stack.n - 1];
    if (mark[n->id]) {
      stack.n--;
      if (mark[n->id] == 1) VEC_PUSH(e->cx, &out, n);
      mark[n->id] = 2;
      continue;
    }
    mark[n->id] = 1;
    const NodeList *operands = operands_of(e, n);
    for (int k = 0; k < operands->n; k++) VEC_PUSH(e->cx, &stack, operands->at[k]);
    const ScanGroup *group = n->kind == NODE_RESULT ? group_of(groups, n) : NULL;
    for (int j = 0; group && j < group->results.n; j++) {
      operands = operands_of(e, group->results.at[j]);
      for (int k = 0; k < operands->n; k++) VEC_PUSH(e->cx, &stack, operands->at[k]);
    }
  }
  return out;
}

static bool listed(const NodeList *list, const Node *n) {
  for (int k = 0; k < list->n; k++)
    if (list->at[k] == n) return true;
  return false;
}

/* What stands outside of all loops and is read in this one, or in one inside of it. */
static void find_outside(Evaluation *e, Recurrence *r) {
  NodeList stack = {0};
  unsigned char *mark = ARENA_ARRAY(e->cx, unsigned char, e->g->nnodes);
  for (int j = 0; j < r->group.results.n; j++) VEC_PUSH(e->cx, &stack, r->group.results.at[j]);
  while (stack.n) {
    Node *n = stack.at[--stack.n];
    if (mark[n->id]) continue;
    mark[n->id] = 1;
    const NodeList *operands = operands_of(e, n);
    for (int k = 0; k < operands->n; k++) {
      Node *x = operands->at[k];
      if (!x->open && mark[x->id]) continue;
      if (!x->open) mark[x->id] = 1;
      VEC_PUSH(e->cx, x->open ? &stack : &r->outside, x);
    }
  }
}

/* Takes the insides of loops out of the walk. */
static void add_recurrences(Evaluation *e, Walk *walk, const ScanGroups *groups) {
  for (int k = 0; k < groups->n; k++) {
    Recurrence r = {.group = groups->at[k]};
    for (int i = 0; i < walk->list.n; i++)
      if (group_holds(&r.group, walk->list.at[i])) VEC_PUSH(e->cx, &r.body, walk->list.at[i]);
    find_outside(e, &r);
    VEC_PUSH(e->cx, &walk->recurrences, r);
  }
  int kept = 0;
  for (int i = 0; i < walk->list.n; i++)
    if (!walk->list.at[i]->open) walk->list.at[kept++] = walk->list.at[i];
  walk->list.n = kept;
}

static const NodeList *walk_of(Evaluation *e, Node *root) {
  for (int k = 0; k < e->walks.n; k++)
    if (e->walks.at[k].root == root) {
      e->walk = &e->walks.at[k];
      return &e->walk->list;
    }
  Walk walk = {.root = root, .list = order_of(e, root, NULL)};
  ScanGroups groups = graph_groups(e->cx, &walk.list);
  if (groups.n) {
    walk.list = order_of(e, root, &groups);
    add_recurrences(e, &walk, &groups);
  }
  VEC_PUSH(e->cx, &e->walks, walk);
  e->walk = &e->walks.at[e->walks.n - 1];
  return &e->walk->list;
}

/* ---- recurrences ---- */

static int64_t *now_of(Evaluation *e, int scan) {
  if (scan >= e->nscans) {
    int64_t *bigger = ARENA_ARRAY(e->cx, int64_t, 2 * scan + 8);
    if (e->nscans) memcpy(bigger, e->now, sizeof(int64_t) * (size_t)e->nscans);
    e->now = bigger;
    e->nscans = 2 * scan + 8;
  }
  return &e->now[scan];
}

/* 1 + the place at which axis k is held, or 0. */
static int64_t held_at(Evaluation *e, Axis axis) { return axis.scan ? *now_of(e, axis.scan) : 0; }

typedef struct Walker { /* the places of n at the times at hand */
  int64_t from[MAX_AXES], to[MAX_AXES], at[MAX_AXES];
} Walker;

static void walker_start(Evaluation *e, const Node *n, Walker *w) {
  for (int k = 0; k < n->naxes; k++) {
    int64_t held = held_at(e, n->axes[k]);
    w->from[k] = held ? held - 1 : 0;
    w->to[k] = held ? held : evaluation_extent(e, n->axes[k]);
    w->at[k] = w->from[k];
  }
}

static bool walker_next(const Node *n, Walker *w) {
  for (int k = n->naxes - 1; k >= 0; k--) {
    if (++w->at[k] < w->to[k]) return true;
    w->at[k] = w->from[k];
  }
  return false;
}

/* prev at the time at hand: from the step `before`, or from the start where that is -1. */
static void carry_over(Evaluation *e, int scan, const Carry *c, int64_t before) {
  double *to = room(e, c->prev);
  const double *from = evaluation_values(e, before < 0 ? c->init : c->next);
  int time = node_time_axis(c->prev, scan);
  Walker w;
  walker_start(e, c->prev, &w);
  do {
    int64_t place = 0, source = 0;
    for (int k = 0; k < c->prev->naxes; k++) {
      int64_t extent = evaluation_extent(e, c->prev->axes[k]);
      place = place * extent + w.at[k];
      if (k != time) source = source * extent + w.at[k];
      else if (before >= 0) source = source * extent + before;
    }
    to[place] = from[source];
  } while (walker_next(c->prev, &w));
  slot_of(e, c->prev)->time = ++e->clock;
}

static void compute(Evaluation *e, Node *n);

static void make_room(Evaluation *e, Node *n) {
  Slot *s = slot_of(e, n);
  bool view = n->kind == NODE_RESHAPE || n->kind == NODE_OPAQUE;
  if (view) s->values = evaluation_values(e, n->kind == NODE_OPAQUE ? n->target : n->reads[0]->node);
  else room(e, n);
  slot_of(e, n)->time = ++e->clock;
}

static void run_recurrence(Evaluation *e, const Recurrence *r) {
  const Scan *scan = &e->g->scans[r->group.scan];
  for (int k = 0; k < r->group.ncarries; k++) make_room(e, r->group.carries[k].prev);
  for (int i = 0; i < r->body.n; i++) make_room(e, r->body.at[i]);
  for (int64_t step = 0; step < scan->extent; step++) {
    int64_t t = scan->backwards ? scan->extent - 1 - step : step;
    *now_of(e, r->group.scan) = t + 1;
    for (int k = 0; k < r->group.ncarries; k++)
      carry_over(e, r->group.scan, &r->group.carries[k], step == 0 ? -1 : scan->backwards ? t + 1 : t - 1);
    for (int i = 0; i < r->body.n; i++) {
      Node *n = r->body.at[i];
      if (n->kind == NODE_PREV) continue;
      if (!(e->hold_stops && n->kind == NODE_MAP && n->op == OP_STOP && slot_of(e, n)->given)) compute(e, n);
    }
  }
  for (int i = 0; i < r->body.n; i++) slot_of(e, r->body.at[i])->given = true;
  *now_of(e, r->group.scan) = 0;
}

/* The values of a RESULT are its own: the loop may run again for another one. */
static void keep_result(Evaluation *e, const Node *n) {
  double *y = room(e, n);
  const double *x = evaluation_values(e, n->reads[0]->node);
  Walker w;
  walker_start(e, n, &w);
  do {
    int64_t place = 0;
    for (int k = 0; k < n->naxes; k++) place = place * evaluation_extent(e, n->axes[k]) + w.at[k];
    y[place] = x[place];
  } while (walker_next(n, &w));
  slot_of(e, n)->time = ++e->clock;
}

static const Recurrence *recurrence_of(const Evaluation *e, const Node *n) {
  for (int k = 0; k < e->walk->recurrences.n; k++)
    if (listed(&(NodeList){e->walk->recurrences.at[k].group.results.at, e->walk->recurrences.at[k].group.results.n, 0},
               n))
      return &e->walk->recurrences.at[k];
  bug("evaluate", "node %%%d belongs to no loop", n->id);
}

static void compute_results(Evaluation *e, const Node *n) {
  const Recurrence *r = recurrence_of(e, n);
  run_recurrence(e, r);
  for (int i = 0; i < r->group.results.n; i++) keep_result(e, r->group.results.at[i]);
}

/* ---- nodes other than MAP ---- */

/* Adds one box into the array: row by row, y[offset + i] += x[i]. */
static void add_piece(Evaluation *e, const Node *n, int p, double *y) {
  const Node *piece = n->reads[p]->node;
  const double *x = evaluation_values(e, piece);
  Walker w;
  for (int k = 0; k < n->naxes; k++) {
    int64_t held = held_at(e, n->axes[k]);
    w.from[k] = held ? held - 1 : 0;
    w.to[k] = held ? held : evaluation_extent(e, piece->axes[k]);
    w.at[k] = w.from[k];
  }
  do {
    int64_t flat = 0, from = 0;
    for (int k = 0; k < n->naxes; k++) {
      flat = flat * evaluation_extent(e, n->axes[k]) + w.at[k] + n->offsets[p * n->naxes + k];
      from = from * evaluation_extent(e, piece->axes[k]) + w.at[k];
    }
    y[flat] += x[from];
  } while (walker_next(n, &w));
}

static void compute_pieces(Evaluation *e, const Node *n) {
  double *y = room(e, n);
  Walker w;
  walker_start(e, n, &w);
  do {
    int64_t flat = 0;
    for (int k = 0; k < n->naxes; k++) flat = flat * evaluation_extent(e, n->axes[k]) + w.at[k];
    y[flat] = 0;
  } while (walker_next(n, &w));
  for (int p = 0; p < n->nreads; p++) add_piece(e, n, p, y);
}

/* One indexed statement, at the times at hand. */
static void compute_map(Evaluation *e, Slot *s, const Node *n) {
  if (!s->loop) s->loop = loop_prepare(e, n);
  Loop *loop = s->loop;
  double *y = room(e, n);
  for (int k = 0; k < n->naxes; k++)
    if (held_at(e, n->axes[k])) loop_hold(loop, k, held_at(e, n->axes[k]) - 1, true);
  loop_run(loop, y, e->strict);
  if (e->shake.seed) shake_map(e, n, loop);
  for (int k = 0; k < n->naxes; k++)
    if (held_at(e, n->axes[k])) loop_hold(loop, k, held_at(e, n->axes[k]) - 1, false);
}

static bool follows_from_leaves(Evaluation *e, const Node *n) {
  const NodeList *operands = operands_of(e, n);
  for (int k = 0; k < operands->n; k++)
    if (varies(e, operands->at[k])) return true;
  return false;
}

static void compute(Evaluation *e, Node *n) {
  Slot *s = slot_of(e, n);
  if (e->shake.seed) s->varies = follows_from_leaves(e, n), s->exact_known = false;
  switch (n->kind) {
  case NODE_MAP:
  case NODE_NAME: compute_map(e, s, n); break;
  case NODE_RESULT: compute_results(e, n); return;
  case NODE_RESHAPE:
    s->values = evaluation_values(e, n->reads[0]->node);
    if (e->shake.seed) set_exact(s, exact_of(e, n->reads[0]->node));
    break;
  case NODE_OPAQUE: s->values = evaluation_values(e, n->target); break;
  case NODE_PIECES: compute_pieces(e, n); break;
  case NODE_PREV: break;
  case NODE_GRAD: bug("evaluate", "node %%%d is a derivative that was not taken", n->id);
  default: compute_leaf(e, n);
  }
  s->time = ++e->clock;
}

static bool is_stale(Evaluation *e, const Node *n) {
  uint64_t time = slot_of(e, n)->time;
  if (!time) return true;
  if (e->hold_stops && n->kind == NODE_MAP && n->op == OP_STOP) return false;
  const NodeList *operands = n->kind == NODE_RESULT ? &recurrence_of(e, n)->outside : operands_of(e, n);
  for (int k = 0; k < operands->n; k++)
    if (slot_of(e, operands->at[k])->time > time) return true;
  return false;
}

const double *evaluate(Evaluation *e, Node *node) {
  const NodeList *list = walk_of(e, node);
  for (int k = 0; k < list->n; k++)
    if (is_stale(e, list->at[k])) compute(e, list->at[k]);
  return evaluation_values(e, node);
}

static int missing_of(Evaluation *e, const NodeList *list) {
  int missing = 0;
  for (int k = 0; k < list->n; k++)
    missing += list->at[k]->kind == NODE_GRAD ||
               (is_leaf(list->at[k]) && !is_given(list->at[k]) && !slot_of(e, list->at[k])->time);
  return missing;
}

int evaluation_missing(Evaluation *e, Node *node) {
  int missing = missing_of(e, walk_of(e, node));
  for (int k = 0; k < e->walk->recurrences.n; k++) missing += missing_of(e, &e->walk->recurrences.at[k].body);
  return missing;
}

static double cost_of(const Evaluation *e, const NodeList *list) {
  double cost = 0;
  for (int i = 0; i < list->n; i++) {
    const Node *n = list->at[i];
    double points = 1;
    for (int k = 0; k < n->naxes + n->nreduce; k++) points *= (double)evaluation_extent(e, n->axes[k]);
    if (is_leaf(n) || n->kind == NODE_RESHAPE || n->kind == NODE_PREV) points = 0;
    cost += 50 + (n->kind == NODE_MAP && n->op != OP_PRODUCT ? 10 * points : points);
  }
  return cost;
}

double evaluation_cost(Evaluation *e, Node *node) {
  double cost = 1 + cost_of(e, walk_of(e, node));
  for (int k = 0; k < e->walk->recurrences.n; k++) cost += cost_of(e, &e->walk->recurrences.at[k].body);
  return cost;
}
