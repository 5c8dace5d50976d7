/* gradient.c: every parameter array's gradient against difference quotients of the loss, in double precision.
 *
 * At a random point with two examples, a random direction of all arrays together is probed where the loss is costly,
 * and elements (or random directions) of each array, for as long as WORK allows, which is counted in multiply-adds, not
 * in seconds. Where a probe (check/probe.c) says nothing, because the point is at a kink or the loss has lost its
 * digits there, another point is drawn. An array whose gradient is 0 at every point fails, unless that is proved: 0 ==
 * 0 shows nothing. */
#include "build/build.h"
#include "check/item.h"
#include "check/point.h"
#include "check/probe.h"
#include "prove/prove.h"

#include <math.h>
#include <string.h>

#define EXAMPLES 2
#define WHOLE    500 /* arrays up to this size are probed at every element where WORK allows it, */
#define ELEMENTS 20  /* larger ones at so many random elements */
#define FEWEST   5   /* arrays up to this size are probed at every element whatever it costs */
#define DIRECTIONS                                                                                                     \
  5 /* and in so many random directions, of a costly loss in one: it shows a single wrong element too */
#define MOST_WORK                                                                                                      \
  3e10 /* for one direction of each array; of a loss that costs more, all arrays together agree in some directions */
#define WORK     2e8 /* terms to be summed for one array, a fraction of a second, */
#define ALL_WORK 2e9 /* and for all of them */
#define POINTS   12  /* drawn for a gradient that is 0 before it is said to be 0 everywhere, and for a probe at kinks */
#define ROUNDING 1e-11 /* a gradient this much smaller than the other arrays' is 0 but for rounding */

/* ---- one array ---- */

static double largest_of(const double *x, int64_t count) {
  double m = 0;
  for (int64_t k = 0; k < count; k++) m = fmax(m, fabs(x[k]));
  return m;
}

/* A point where the loss is finite, and all gradients there. */
static bool loss_move(Loss *l, uint64_t seed) {
  if (l->seed == seed) return true;
  const Routine *r = l->routine;
  evaluation_hold_stops(l->e, false);
  for (int attempt = 0; attempt < 4 * MANNER_COUNT; attempt++) {
    int manner = (l->manner + attempt / 4) % MANNER_COUNT;
    point_draw(l->p, l->e, l->needed.at, l->needed.n, 1000 * seed + (uint64_t)attempt,
               &(Manner){.kind = manner, .scale = 1});
    if (!isfinite(evaluate(l->e, l->value)[0])) continue;
    l->largest = 0;
    l->rounding = -1;
    for (int k = 0; k < r->nroots; k++)
      if (r->roots[k].dest == DEST_GRAD)
        l->largest =
          fmax(l->largest, largest_of(evaluate(l->e, r->roots[k].node), evaluation_count(l->e, r->roots[k].node)));
    l->manner = manner;
    l->seed = seed;
    break;
  }
  evaluation_hold_stops(l->e, true);
  return l->seed == seed;
}

static bool array_move(Loss *l, Array *a, uint64_t seed) {
  size_t bytes = sizeof(double) * (size_t)a->count;
  if (!loss_move(l, seed)) return false;
  memcpy(a->gradient, evaluate(l->e, a->root), bytes);
  memcpy(a->base, evaluate(l->e, a->leaf->node), bytes);
  a->scale = largest_of(a->gradient, a->count);
  a->rounding = a->scale <= ROUNDING * l->largest;
  return true;
}

static Probe probe_make(Array *a, int k, uint64_t seed) {
  Probe q = {.arrays = a, .n = 1, .element = k, .seed = 31 * seed + (uint64_t)k};
  if (k >= a->nelements) q.element = -1;
  else if (a->nelements < a->count) q.element = (int64_t)(point_uniform(q.seed, 5, 0) * (double)a->count);
  return q;
}

/* "h.W[128,784]" */
static const char *array_text(Context *cx, const Leaf *leaf) {
  Text out = {.cx = cx};
  text_add(&out, leaf->path);
  for (int k = 0; k < leaf->node->naxes; k++)
    text_printf(&out, "%s%lld%s", k ? "," : "[", (long long)leaf->node->axes[k].extent,
                k == leaf->node->naxes - 1 ? "]" : "");
  return out.data;
}

/* False, for the callers' sake. */
static bool fails_for(Finding *f, const char *reason) {
  f->verdict = VERDICT_FAILS;
  f->reason = reason;
  return false;
}

static bool fails_at(Finding *f, const Array *a, const Probe *q, const Result *r) {
  const Node *n = a->leaf->node;
  int64_t k = q->element;
  f->direction = k < 0;
  f->spot.n = k < 0 ? 0 : n->naxes;
  for (int axis = f->spot.n - 1; axis >= 0; axis--) {
    f->spot.at[axis] = k % n->axes[axis].extent;
    k /= n->axes[axis].extent;
  }
  f->gradient = r->analytic;
  f->quotient = r->quotient;
  return fails_for(f, NULL);
}

/* How much of the array is probed. */
static void plan_probes(const Loss *l, Array *a) {
  double affordable = fmin(WORK, ALL_WORK / (double)(l->p->params.n + 1)) / l->cost;
  if (a->count <= FEWEST || (a->count <= WHOLE && (double)a->count <= affordable)) {
    a->nelements = (int)a->count;
    return;
  }
  a->ndirections = affordable < 2 * DIRECTIONS ? 1 : DIRECTIONS;
  double elements = fmin(fmin((double)a->count, ELEMENTS), affordable - a->ndirections);
  a->nelements = elements < 0 ? 0 : (int)elements;
}

/* Every probe in turn, at another point where it meets a kink. False where one fails (which f says then). */
static bool probe_all(Loss *l, Array *a, uint64_t seed, Finding *f) {
  int n = a->nelements + a->ndirections;
  for (int k = 0, in_vain = 0; k < n;) {
    double scale, size;
    Probe q = probe_make(a, k, seed);
    double analytic = probe_along(&q, &scale, &size);
    if (a->rounding) scale *= l->largest;
    Result r = probe_run(l, &q, analytic, scale, size);
    if (r.outcome == AGREES) {
      a->worst = fmax(a->worst, r.difference);
      a->nprobes++;
      k++;
      in_vain = 0;
      continue;
    }
    if (r.outcome == DIFFERS) return fails_at(f, a, &q, &r);
    a->lost += r.outcome == DIGITS_LOST;
    a->redrawn++;
    if (++in_vain > POINTS || !array_move(l, a, ++seed))
      return fails_for(f, arena_printf(l->p->cx, "%d points were drawn, all of them at kinks%s", in_vain,
                                       a->lost ? " or where its digits are lost" : ""));
  }
  return true;
}

static bool proved_zero(const Loss *l, const Array *a) {
  int vars[MAX_AXES];
  Graph *g = l->p->graph;
  return prove_equal(g, read_open(g, a->root, vars), build_constant(g, 0)) != NO_PROOF;
}

/* A point where the gradient is not 0 throughout; 0 where there is none: f says why. */
static uint64_t first_point(Loss *l, Array *a, Finding *f) {
  for (uint64_t seed = 1; seed <= POINTS; seed++) {
    if (!array_move(l, a, seed)) return fails_for(f, "the loss is not finite at any point that was tried");
    if (!point_all_finite(a->gradient, a->count)) { return fails_for(f, "it is not finite where the loss is"); }
    if (a->scale > 0) return seed;
  }
  f->proved = proved_zero(l, a);
  if (!f->proved) fails_for(f, "it is zero everywhere: does the loss depend on it?");
  return 0;
}

static void check_array(Loss *l, Array *a, Finding *f) {
  f->verdict = VERDICT_AGREES;
  uint64_t seed = first_point(l, a, f);
  if (!seed || !probe_all(l, a, seed, f)) return;
  f->probes = a->nprobes;
  f->worst = a->worst;
  f->rounding = a->rounding;
  f->kinks = a->redrawn - a->lost;
  f->lost = a->lost;
}

/* ---- all of them ---- */

/* The nodes through which a derivative can flow: not through `stop`, nor through an index. */
static unsigned char *differentiable(Program *p, Node *value) {
  NodeList list = graph_order(p->cx, &value, 1);
  unsigned char *mark = ARENA_ARRAY(p->cx, unsigned char, p->graph->nnodes);
  mark[value->id] = 1;
  for (int i = list.n - 1; i >= 0; i--) {
    const Node *n = list.at[i];
    if (!mark[n->id] || (n->kind == NODE_MAP && n->op == OP_STOP)) continue;
    for (int k = 0; k < n->nreads; k++) mark[n->reads[k]->node->id] = 1;
    for (int k = 0; k < n->ncarries; k++) mark[n->carries[k].next->id] = mark[n->carries[k].init->id] = 1;
  }
  return mark;
}

static Loss loss_make(Program *p, const Routine *r) {
  Loss l = {.p = p, .routine = r, .e = evaluation_new(p->graph, EXAMPLES, 1)};
  NodeList roots = {0};
  for (int k = 0; k < r->nroots; k++) {
    if (r->roots[k].dest == DEST_RETURN) l.value = r->roots[k].node;
    if (r->roots[k].dest == DEST_RETURN || r->roots[k].dest == DEST_GRAD) VEC_PUSH(p->cx, &roots, r->roots[k].node);
  }
  if (!l.value) bug("check", "the gradient of %s returns no loss", r->name);
  l.needed = graph_order(p->cx, roots.at, roots.n);
  l.reached = differentiable(p, l.value);
  l.cost = 2 * evaluation_cost(l.e, l.value);
  return l;
}

typedef struct Arrays {
  Array *at;
  int n;
} Arrays;

/* The arrays that the loss depends on. */
static Arrays find_arrays(const Loss *l) {
  Arrays all = {ARENA_ARRAY(l->p->cx, Array, l->routine->nroots), 0};
  for (int k = 0; k < l->routine->nroots; k++) {
    const Root *root = &l->routine->roots[k];
    if (root->dest != DEST_GRAD) continue;
    const Leaf *leaf = &l->p->params.at[root->item];
    Array a = {.leaf = leaf, .root = root->node, .count = leaf->count};
    if (!l->reached[leaf->node->id]) continue;
    plan_probes(l, &a);
    a.gradient = ARENA_ARRAY(l->p->cx, double, a.count);
    a.base = ARENA_ARRAY(l->p->cx, double, a.count);
    all.at[all.n++] = a;
  }
  return all;
}

/* A direction of all arrays together: does it agree? Kinks, and points where a gradient is not finite, say nothing:
 * AT_KINK. */
static Result probe_together(Loss *l, const Arrays *all) {
  Result r = {.outcome = AT_KINK};
  for (uint64_t seed = 1; seed <= DIRECTIONS && r.outcome >= AT_KINK; seed++) {
    bool finite = true;
    double scale, size;
    for (int k = 0; k < all->n && finite; k++)
      finite = array_move(l, &all->at[k], seed) && point_all_finite(all->at[k].gradient, all->at[k].count);
    if (!finite) continue;
    Probe q = {.arrays = all->at, .n = all->n, .element = -1, .seed = seed};
    double analytic = probe_along(&q, &scale, &size);
    r = probe_run(l, &q, analytic, scale, size);
  }
  return r;
}

struct Gradients {
  Program *p;
  VEC(const Routine *) routines; /* of item k, */
  VEC(const Root *) roots;       /* and the root that it is */
  const Routine *routine;        /* at hand */
  Loss loss;
  Arrays all;
  Result together;
  double work;
  int failed;
};

Gradients *gradients_new(Program *p, int *count) {
  Gradients *g = ARENA_NEW(p->cx, Gradients);
  g->p = p;
  for (int i = 0; i < p->routines.n; i++) {
    const Routine *r = &p->routines.at[i];
    for (int k = 0; k < r->nroots && r->kind == ROUTINE_GRAD; k++) {
      if (r->roots[k].dest != DEST_GRAD) continue;
      VEC_PUSH(p->cx, &g->routines, r);
      VEC_PUSH(p->cx, &g->roots, &r->roots[k]);
    }
  }
  *count = g->roots.n;
  return g;
}

void gradients_name(void *gradients, int k, Finding *f) {
  Gradients *g = gradients;
  *f = (Finding){.kind = FOUND_GRADIENT, .loss = g->routines.at[k]->name};
  f->array = array_text(g->p->cx, &g->p->params.at[g->roots.at[k]->item]);
}

/* Of a costly loss all arrays are moved together first. */
static void take_loss(Gradients *g, const Routine *r) {
  g->routine = r;
  g->loss = loss_make(g->p, r);
  g->all = find_arrays(&g->loss);
  bool costly = g->all.n > 1 && g->loss.cost * g->all.n > MOST_WORK;
  g->together = costly ? probe_together(&g->loss, &g->all) : (Result){.outcome = AT_KINK};
  g->work = g->failed = 0;
}

/* Where all together agree, each by itself follows while MOST_WORK lasts; where they do not, all do, so that the wrong
 * one is named. */
static void check_one(Gradients *g, Array *a, Finding *f) {
  g->work += g->loss.cost * (a->nelements + a->ndirections);
  if (g->together.outcome == AGREES && g->work > MOST_WORK && a->scale > 0) {
    f->verdict = VERDICT_AGREES;
    f->together = true;
    f->worst = g->together.difference;
  } else {
    check_array(&g->loss, a, f);
    g->failed += f->verdict == VERDICT_FAILS;
  }
}

void gradients_check(void *gradients, int k, Findings *out) {
  Gradients *g = gradients;
  const Routine *r = g->routines.at[k];
  Finding f;
  int i = 0;
  if (g->routine != r) take_loss(g, r);
  while (i < g->all.n && g->all.at[i].leaf != &g->p->params.at[g->roots.at[k]->item]) i++;
  gradients_name(g, k, &f);
  if (i < g->all.n) check_one(g, &g->all.at[i], &f);
  else f.verdict = VERDICT_UNRELATED;
  VEC_PUSH(g->p->cx, out, f);
  bool last = k + 1 == g->roots.n || g->routines.at[k + 1] != r;
  if (!last || g->together.outcome != DIFFERS || g->failed) return;
  f = (Finding){.kind = FOUND_GRADIENT, .verdict = VERDICT_FAILS, .loss = r->name, .direction = true};
  f.gradient = g->together.analytic;
  f.quotient = g->together.quotient;
  VEC_PUSH(g->p->cx, out, f);
}
