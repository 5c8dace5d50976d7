/* cause_path.c: the paths from the variable to the loss that a formula leaves out, counts twice, or has another sign
 * of.
 *
 * With a value v held fixed, as under `stop`, the derivative is that along all paths but those through v. A formula
 * that is just this has left these paths out:
 *
 *     v = mean(i) (a[i] - μ)^2        gradient with v held fixed = the user's        the path through `v` is missing
 *
 * More generally, the formula is the gradient plus c times the part that goes through v: c = -1 leaves it out, 1 counts
 * it twice, -2 turns its sign. Two values are held fixed at once where no single one explains the difference. And where
 * the model has a `stop`, the formula may have gone through it. */
#include "build/build.h"
#include "check/cause.h"

#include <math.h>
#include <string.h>

enum { MOST_VALUES = 60, MOST_PAIRED = 14 };
#define DERIVING 2000000 /* what it takes to derive once, in terms to be summed, */
#define NODE     3000    /* and for each node that it makes */

typedef struct Paths {
  Inquiry *q;
  Read *naive; /* the other side, before derivatives are taken */
  Node *values[MOST_VALUES];
  const char *names[MOST_VALUES];
  int n;
} Paths;

/* ---- the values on the way ---- */

static bool is_target(const NodeList *list, const Node *n) {
  for (int k = 0; k < list->n; k++)
    if (list->at[k]->kind == NODE_GRAD && list->at[k]->target == n) return true;
  return false;
}

/* Nodes between the variables and what is differentiated: those that depend on a variable. */
static unsigned char *on_the_way(Paths *p, const NodeList *list) {
  unsigned char *depends = ARENA_ARRAY(p->q->cx, unsigned char, p->q->p->graph->nnodes + 1);
  for (int k = 0; k < list->n; k++) {
    Node *n = list->at[k];
    bool from = is_target(list, n);
    for (int i = 0; i < n->nreads && !from; i++) from = depends[n->reads[i]->node->id];
    for (int i = 0; i < n->ncarries && !from; i++)
      from = depends[n->carries[i].next->id] || depends[n->carries[i].init->id];
    depends[n->id] = from;
  }
  return depends;
}

/* The text of the node, where it stands on one line of the model. */
static const char *text_of(Inquiry *q, const Node *n) {
  Span s = n->span;
  if (s.source != q->check->stmt->span.source || s.end <= s.start || s.end - s.start > 60) return NULL;
  if (memchr(s.source->text + s.start, '\n', s.end - s.start)) return NULL;
  return arena_printf(q->cx, "%.*s", (int)(s.end - s.start), s.source->text + s.start);
}

static void add_value(Paths *p, Node *n, const char *name) {
  for (int k = 0; k < p->n; k++)
    if (p->values[k] == n || strcmp(p->names[k], name) == 0) return;
  if (p->n == MOST_VALUES) return;
  p->values[p->n] = n;
  p->names[p->n++] = name;
}

/* Named ones first: those of the model, those of layers, then parts of formulas. */
static void find_values(Paths *p) {
  NodeList list = graph_order(p->q->cx, &p->naive->node, 1);
  unsigned char *way = on_the_way(p, &list);
  for (int kind = 0; kind < 3; kind++)
    for (int k = 0; k < list.n; k++) {
      Node *n = list.at[k];
      if (!way[n->id] || n->integer || is_target(&list, n) || n->kind == NODE_GRAD || n->kind == NODE_PREV) continue;
      const Known *known = n->kind == NODE_NAME && n->label ? inquiry_known(p->q, n->label) : NULL;
      if (kind == 0 && known && known->node == n) add_value(p, n, known->name);
      if (kind == 1 && n->kind == NODE_NAME && n->label) add_value(p, n, n->label);
      if (kind == 2 && n->kind == NODE_MAP && text_of(p->q, n)) add_value(p, n, text_of(p->q, n));
    }
}

/* ---- one derivative ---- */

/* The other side with these values held fixed; NULL where there is no time left. */
static Read *held(Paths *p, Node *const *nodes, int n) {
  Inquiry *q = p->q;
  size_t before = q->p->graph->nnodes;
  if (q->work <= 0) return NULL;
  Simplifier *s = n ? simplify_begin_stopped(q->p, nodes, n) : simplify_begin_unstopped(q->p);
  Read *r = simplify_read(s, p->naive);
  q->work -= DERIVING + NODE * (double)(q->p->graph->nnodes - before);
  return r;
}

/* The constant c with given = target + c * (target - other) at all stored points; NAN where there is none. */
static double multiple(Inquiry *q, Node *other) {
  double c = NAN;
  for (int k = 0; k < q->ncases; k++) {
    if (evaluation_missing(q->at[k], other)) return NAN;
    const double *x = evaluate(q->at[k], other), *target = q->target[k], *given = q->given[k];
    double most = 0;
    int64_t at = 0;
    for (int64_t i = 0; i < q->count; i++)
      if (fabs(target[i] - x[i]) > most) most = fabs(target[i] - x[i]), at = i;
    if (!(most > 1e-6 * q->scale[k])) continue;
    if (isnan(c)) c = (given[at] - target[at]) / (target[at] - x[at]);
    for (int64_t i = 0; i < q->count; i++)
      if (!(fabs(given[i] - target[i] - c * (target[i] - x[i])) <= 1e-8 * (1 + fabs(c)) * q->scale[k])) return NAN;
  }
  return c;
}

/* Is it all of the derivative that goes through there? */
static bool is_all(Inquiry *q, Node *other) {
  for (int k = 0; k < q->ncases; k++) {
    const double *x = evaluate(q->at[k], other);
    for (int64_t i = 0; i < q->count; i++)
      if (fabs(x[i]) > 1e-9 * q->scale[k]) return false;
  }
  return true;
}

/* ---- in words ---- */

static const char *what_of(double c) {
  if (fabs(c + 1) < 1e-6) return "is missing";
  if (fabs(c - 1) < 1e-6) return "is counted twice";
  return fabs(c + 2) < 1e-6 ? "has the wrong sign" : NULL;
}

static bool judge(Paths *p, Read *other, double c, const char *where, const char *hold, Cause *out) {
  Inquiry *q = p->q;
  Graph *g = q->p->graph;
  Read *given = simplify_read(q->simplifier, q->left ? q->check->a : q->check->b), *truth = other;
  bool proved, missing = fabs(c + 1) < 1e-6;
  if (!missing) truth = build_add(g, q->truth, build_scale(g, c, build_sub(g, q->truth, other)));
  if (!inquiry_holds(q, truth, given, &proved)) return false;
  const char *what = what_of(c);
  if (what) what = arena_printf(q->cx, "the path through %s %s", where, what);
  else what = arena_printf(q->cx, "the path through %s has a factor of %.6g", where, 1 + c);
  if (missing)
    what = arena_printf(q->cx, "%s: your formula is the derivative with %s held fixed (%s)", what, hold,
                        proved ? "proved" : "holds");
  *out = (Cause){.kind = inquiry_kind(CAUSE_PATH), .text = what, .verdict = proved ? "proved" : "holds"};
  return true;
}

static bool plausible(double c) {
  return what_of(c) || (c > -1 && c < 9 && fabs(2 * c - round(2 * c)) < 1e-6 && c != 0);
}

static bool try_values(Paths *p, int i, int j, Cause *out) {
  Inquiry *q = p->q;
  Node *both[2] = {p->values[i], j < 0 ? NULL : p->values[j]};
  Read *other = held(p, both, j < 0 ? 1 : 2);
  if (!other) return false;
  Node *node = build_tensor(q->p->graph, other, q->nvars, q->vars);
  double c = multiple(q, node);
  if (!plausible(c) || is_all(q, node)) return false;
  const char *where = arena_printf(q->cx, "`%s`", p->names[i]), *hold = where;
  if (j >= 0) {
    where = arena_printf(q->cx, "`%s` or `%s`", p->names[i], p->names[j]);
    hold = arena_printf(q->cx, "`%s` and `%s`", p->names[i], p->names[j]);
  }
  return judge(p, other, c, where, hold, out);
}

/* ---- stops of the model ---- */

static const Node *stop_in(const NodeList *list) {
  for (int k = 0; k < list->n; k++)
    if (list->at[k]->kind == NODE_MAP && list->at[k]->op == OP_STOP) return list->at[k];
  return NULL;
}

static bool try_stops(Paths *p, Cause *out) {
  Inquiry *q = p->q;
  bool proved;
  NodeList list = graph_order(q->cx, &p->naive->node, 1);
  const Node *stop = stop_in(&list);
  Read *through = stop ? held(p, NULL, 0) : NULL, *given;
  if (!through) return false;
  Node *node = build_tensor(q->p->graph, through, q->nvars, q->vars);
  for (int k = 0; k < q->ncases; k++) {
    const double *x = evaluate(q->at[k], node);
    for (int64_t i = 0; i < q->count; i++)
      if (!(fabs(x[i] - q->given[k][i]) <= 1e-8 * q->scale[k])) return false;
  }
  given = simplify_read(q->simplifier, q->left ? q->check->a : q->check->b);
  if (!inquiry_holds(q, through, given, &proved)) return false;
  int line = 0, column;
  span_position(stop->span, &line, &column);
  *out = (Cause){.kind = inquiry_kind(CAUSE_STOP), .verdict = proved ? "proved" : "holds"};
  out->text =
    arena_printf(q->cx, "it goes through the `stop` of line %d, where no derivative does (%s)", line, out->verdict);
  return true;
}

bool cause_paths(Inquiry *q, Cause *out) {
  Paths p = {.q = q, .naive = q->left ? q->check->b : q->check->a};
  if (try_stops(&p, out)) return true;
  find_values(&p);
  for (int i = 0; i < p.n; i++)
    if (try_values(&p, i, -1, out)) return true;
  for (int i = 0; i < p.n && i < MOST_PAIRED; i++)
    for (int j = i + 1; j < p.n && j < MOST_PAIRED; j++)
      if (try_values(&p, i, j, out)) return true;
  return false;
}
