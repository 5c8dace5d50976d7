/* walk.c: a graph in, the values of a node out, in double precision.
 *
 * Evaluating goes through what the root needs, operands first (evaluate/order.c), and computes the nodes of which an
 * operand has changed since they were computed; setting a leaf is such a change. So a difference quotient in a late
 * parameter computes only what comes after it. One indexed statement is run by evaluate/map.c; a loop is run step by
 * step, each node of its body at the place of that step. */
#include "evaluate/order.h"
#include "evaluate/loop.h"
#include "evaluate/shake.h"

#include <math.h>
#include <string.h>

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
  int64_t from[MAX_AXES], to[MAX_AXES], now[MAX_AXES];
} Walker;

static void walker_start(Evaluation *e, const Node *n, Walker *w) {
  for (int k = 0; k < n->naxes; k++) {
    int64_t held = held_at(e, n->axes[k]);
    w->from[k] = held ? held - 1 : 0;
    w->to[k] = held ? held : values_extent(e, n->axes[k]);
    w->now[k] = w->from[k];
  }
}

static bool walker_next(const Node *n, Walker *w) {
  for (int k = n->naxes - 1; k >= 0; k--) {
    if (++w->now[k] < w->to[k]) return true;
    w->now[k] = w->from[k];
  }
  return false;
}

/* prev at the time at hand: from the step `before`, or from the start where that is -1. */
static void carry_over(Evaluation *e, int scan, const Carry *c, int64_t before) {
  double *to = values_room(e, c->prev);
  const double *from = values_of(e, before < 0 ? c->init : c->next);
  int time = node_time_axis(c->prev, scan);
  Walker w;
  walker_start(e, c->prev, &w);
  do {
    int64_t place = 0, source = 0;
    for (int k = 0; k < c->prev->naxes; k++) {
      int64_t extent = values_extent(e, c->prev->axes[k]);
      place = place * extent + w.now[k];
      if (k != time) source = source * extent + w.now[k];
      else if (before >= 0) source = source * extent + before;
    }
    to[place] = from[source];
  } while (walker_next(c->prev, &w));
  values_slot(e, c->prev)->time = ++e->clock;
}

static void compute(Evaluation *e, Node *n);

static void make_room(Evaluation *e, Node *n) {
  Slot *s = values_slot(e, n);
  bool view = n->kind == NODE_RESHAPE || n->kind == NODE_OPAQUE;
  if (view) s->values = values_of(e, n->kind == NODE_OPAQUE ? n->target : n->reads[0]->node);
  else values_room(e, n);
  values_slot(e, n)->time = ++e->clock;
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
      if (!(e->hold_stops && n->kind == NODE_MAP && n->op == OP_STOP && values_slot(e, n)->given)) compute(e, n);
    }
  }
  for (int i = 0; i < r->body.n; i++) values_slot(e, r->body.at[i])->given = true;
  *now_of(e, r->group.scan) = 0;
}

/* The values of a RESULT are its own: the loop may run again for another one. */
static void keep_result(Evaluation *e, const Node *n) {
  double *y = values_room(e, n);
  const double *x = values_of(e, n->reads[0]->node);
  Walker w;
  walker_start(e, n, &w);
  do {
    int64_t place = 0;
    for (int k = 0; k < n->naxes; k++) place = place * values_extent(e, n->axes[k]) + w.now[k];
    y[place] = x[place];
  } while (walker_next(n, &w));
  values_slot(e, n)->time = ++e->clock;
}

static void compute_results(Evaluation *e, const Node *n) {
  const Recurrence *r = order_recurrence(e->order, n);
  run_recurrence(e, r);
  for (int i = 0; i < r->group.results.n; i++) keep_result(e, r->group.results.at[i]);
}

/* ---- nodes other than MAP ---- */

/* Adds one box into the array: row by row, y[offset + i] += x[i]. */
static void add_piece(Evaluation *e, const Node *n, int p, double *y) {
  const Node *piece = n->reads[p]->node;
  const double *x = values_of(e, piece);
  Walker w;
  for (int k = 0; k < n->naxes; k++) {
    int64_t held = held_at(e, n->axes[k]);
    w.from[k] = held ? held - 1 : 0;
    w.to[k] = held ? held : values_extent(e, piece->axes[k]);
    w.now[k] = w.from[k];
  }
  do {
    int64_t flat = 0, from = 0;
    for (int k = 0; k < n->naxes; k++) {
      flat = flat * values_extent(e, n->axes[k]) + w.now[k] + n->offsets[p * n->naxes + k];
      from = from * values_extent(e, piece->axes[k]) + w.now[k];
    }
    y[flat] += x[from];
  } while (walker_next(n, &w));
}

static void compute_pieces(Evaluation *e, const Node *n) {
  double *y = values_room(e, n);
  Walker w;
  walker_start(e, n, &w);
  do {
    int64_t flat = 0;
    for (int k = 0; k < n->naxes; k++) flat = flat * values_extent(e, n->axes[k]) + w.now[k];
    y[flat] = 0;
  } while (walker_next(n, &w));
  for (int p = 0; p < n->nreads; p++) add_piece(e, n, p, y);
}

/* One indexed statement, at the times at hand. */
static void compute_map(Evaluation *e, Slot *s, const Node *n) {
  if (!s->loop) s->loop = loop_prepare(e, n);
  MapLoop *loop = s->loop;
  double *y = values_room(e, n);
  for (int k = 0; k < n->naxes; k++)
    if (held_at(e, n->axes[k])) loop_hold(loop, k, held_at(e, n->axes[k]) - 1, true);
  loop_run(loop, y, e->strict);
  if (e->shake.seed) shake_map(e, n, loop);
  for (int k = 0; k < n->naxes; k++)
    if (held_at(e, n->axes[k])) loop_hold(loop, k, held_at(e, n->axes[k]) - 1, false);
}

static void compute(Evaluation *e, Node *n) {
  Slot *s = values_slot(e, n);
  if (e->shake.seed) shake_begin(e, n, order_operands(e, n));
  switch (n->kind) {
  case NODE_MAP:
  case NODE_NAME: compute_map(e, s, n); break;
  case NODE_RESULT: compute_results(e, n); return;
  case NODE_RESHAPE:
    s->values = values_of(e, n->reads[0]->node);
    if (e->shake.seed) shake_view(e, n);
    break;
  case NODE_OPAQUE: s->values = values_of(e, n->target); break;
  case NODE_PIECES: compute_pieces(e, n); break;
  case NODE_PREV: break;
  case NODE_GRAD: bug("evaluate", "node %%%d is a derivative that was not taken", n->id);
  default: values_give(e, n);
  }
  s->time = ++e->clock;
}

static bool is_stale(Evaluation *e, const Node *n) {
  uint64_t time = values_slot(e, n)->time;
  if (!time) return true;
  if (e->hold_stops && n->kind == NODE_MAP && n->op == OP_STOP) return false;
  const NodeList *operands = n->kind == NODE_RESULT ? &order_recurrence(e->order, n)->outside : order_operands(e, n);
  for (int k = 0; k < operands->n; k++)
    if (values_slot(e, operands->at[k])->time > time) return true;
  return false;
}

const double *evaluate(Evaluation *e, Node *node) {
  const NodeList *list = &(e->order = order_of(e, node))->list;
  for (int k = 0; k < list->n; k++)
    if (is_stale(e, list->at[k])) compute(e, list->at[k]);
  return values_of(e, node);
}

static int missing_of(Evaluation *e, const NodeList *list) {
  int missing = 0;
  for (int k = 0; k < list->n; k++)
    missing += list->at[k]->kind == NODE_GRAD ||
               (values_is_leaf(list->at[k]) && !values_is_given(list->at[k]) && !values_slot(e, list->at[k])->time);
  return missing;
}

int evaluation_missing(Evaluation *e, Node *node) {
  e->order = order_of(e, node);
  int missing = missing_of(e, &e->order->list);
  for (int k = 0; k < e->order->recurrences.n; k++) missing += missing_of(e, &e->order->recurrences.at[k].body);
  return missing;
}

static double cost_of_one(const Evaluation *e, const Node *n) {
  double points = 1;
  for (int k = 0; k < n->naxes + n->nreduce; k++) points *= (double)values_extent(e, n->axes[k]);
  if (values_is_leaf(n) || n->kind == NODE_RESHAPE || n->kind == NODE_PREV) points = 0;
  return 50 + (n->kind == NODE_MAP && n->op != OP_PRODUCT ? 10 * points : points);
}

static double cost_of(const Evaluation *e, const NodeList *list) {
  double cost = 0;
  for (int i = 0; i < list->n; i++) cost += cost_of_one(e, list->at[i]);
  return cost;
}

double evaluation_cost(Evaluation *e, Node *node) {
  e->order = order_of(e, node);
  double cost = 1 + cost_of(e, &e->order->list);
  for (int k = 0; k < e->order->recurrences.n; k++) cost += cost_of(e, &e->order->recurrences.at[k].body);
  return cost;
}

/* ---- where no leaf changes ---- */

/* What is to be computed before n, which has no value: put on the stack. */
static bool push_missing(Evaluation *e, const Node *n, NodeList *stack) {
  const NodeList *operands = order_operands(e, n);
  bool any = false;
  for (int k = 0; k < operands->n; k++) {
    if (values_slot(e, operands->at[k])->time) continue;
    VEC_PUSH(e->cx, stack, operands->at[k]);
    any = true;
  }
  return any;
}

const double *evaluate_more(Evaluation *e, Node *node, double *work) {
  NodeList stack = {0};
  VEC_PUSH(e->cx, &stack, node);
  while (stack.n) {
    Node *n = stack.at[stack.n - 1];
    if (values_slot(e, n)->time) {
      stack.n--;
      continue;
    }
    bool loop = n->kind == NODE_RESULT;
    if (n->kind == NODE_GRAD || n->inside || (values_is_leaf(n) && !values_is_given(n))) return NULL;
    if (loop && evaluation_missing(e, n)) return NULL;
    if (!loop && push_missing(e, n, &stack)) continue;
    *work -= loop ? evaluation_cost(e, n) : cost_of_one(e, n);
    if (*work < 0) return NULL;
    if (loop) evaluate(e, n);
    else compute(e, n);
    stack.n--;
  }
  return values_of(e, node);
}
