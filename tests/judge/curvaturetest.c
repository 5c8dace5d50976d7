/* curvaturetest: the product of each training loss's Hessian with a direction, against difference quotients of the
 * gradient along it, by the evaluator in double precision.
 *
 * In: MODEL.nn, and a prelude in the place of nnc's own. Out: a line for each loss, `ok MODEL: the Hessian of L times a
 * direction: ERROR` (the largest difference, of the largest element of any array) or `not ok ...`. Exit status 1 where
 * one does not agree to 1e-6.
 *
 * The quotient has an error of order h^4: (8 (g(h) - g(-h)) - (g(2h) - g(-2h))) / 12h. It is believed where half the
 * step gives the same; else a shorter one is tried, and then, since a kink is near, another point. */
#include <math.h>
#include <string.h>

#include "check/point.h"
#include "model_file.h"

#define TOLERANCE 1e-6
#define BELIEVED  1e-7
enum { EXAMPLES = 2, POINTS = 20 };

typedef struct Curvature {
  Program *p;
  Evaluation *e;
  Routine gradient, product;
  NodeList needed;
} Curvature;

/* The product is made as for a full-batch method that moves all parameters. */
static Curvature curvature_make(Program *p, const Routine *r, Options *options) {
  FullBatch full = {.uses_product = true, .gradient = *r, .product = *r};
  int *params = ARENA_ARRAY(p->cx, int, p->params.n + 1);
  for (int k = 0; k < p->params.n; k++) params[k] = k;
  Group group = {.params = params, .nparams = p->params.n};
  Objective o = {.groups = &group, .ngroups = 1, .full = &full};
  full.product.nroots = 0;
  p->objectives.n = 0;
  VEC_PUSH(p->cx, &p->objectives, o);
  derive_products(p, options);
  simplify_products(p, options);
  Curvature c = {.p = p, .e = evaluation_new(p->graph, EXAMPLES, 1), .gradient = *r, .product = full.product};
  NodeList roots = {0};
  for (int k = 0; k < r->nroots; k++) VEC_PUSH(p->cx, &roots, r->roots[k].node);
  for (int k = 0; k < full.product.nroots; k++) VEC_PUSH(p->cx, &roots, full.product.roots[k].node);
  c.needed = graph_order(p->cx, roots.at, roots.n);
  return c;
}

/* What moves: a parameter, its value at the point, and the direction. */
typedef struct Move {
  Node *node;
  int64_t count;
  double *base, *along;
} Move;

static bool needs(const Curvature *c, const Node *leaf) {
  for (int k = 0; k < c->needed.n; k++)
    if (c->needed.at[k] == leaf) return true;
  return false;
}

static Node *direction_of(const Curvature *c, int item) {
  for (int k = 0; k < c->needed.n; k++)
    if (c->needed.at[k]->kind == NODE_DIRECTION && c->needed.at[k]->item == item) return c->needed.at[k];
  return NULL;
}

/* Of all parameters that the loss depends on together it is about as long as 1. */
static void draw(Curvature *c, Move *moves, uint64_t seed) {
  Manner manner = {.kind = (int)(seed % MANNER_COUNT), .scale = 1};
  double all = 1;
  evaluation_hold_stops(c->e, false);
  point_draw(c->p, c->e, c->needed.at, c->needed.n, 100 + seed, &manner);
  for (int k = 0; k < c->p->params.n; k++) {
    moves[k].node = c->p->params.at[k].node;
    moves[k].count = needs(c, moves[k].node) ? evaluation_count(c->e, moves[k].node) : 0;
    all += (double)moves[k].count;
  }
  for (int k = 0; k < c->p->params.n; k++) {
    Move *m = &moves[k];
    Node *direction = direction_of(c, k);
    if (!m->count) continue;
    m->base = ARENA_ARRAY(c->p->cx, double, m->count);
    m->along = ARENA_ARRAY(c->p->cx, double, m->count);
    memcpy(m->base, evaluate(c->e, m->node), sizeof(double) * (size_t)m->count);
    for (int64_t i = 0; i < m->count; i++) m->along[i] = point_normal(seed, 50 + (uint64_t)k, (uint64_t)i) / sqrt(all);
    if (direction) memcpy(evaluation_writable(c->e, direction), m->along, sizeof(double) * (size_t)m->count);
  }
}

/* All gradients, one after the other, at base + t * along; added to sum with a weight. */
static void add_gradients(Curvature *c, const Move *moves, double t, double weight, double *sum) {
  for (int k = 0; k < c->p->params.n; k++) {
    double *x = moves[k].count ? evaluation_writable(c->e, moves[k].node) : NULL;
    for (int64_t i = 0; i < moves[k].count; i++) x[i] = moves[k].base[i] + t * moves[k].along[i];
  }
  for (int k = 0; k < c->gradient.nroots; k++) {
    const Root *root = &c->gradient.roots[k];
    if (root->dest != DEST_GRAD || !moves[root->item].count) continue;
    const double *g = evaluate(c->e, root->node);
    for (int64_t i = 0; i < moves[root->item].count; i++) *sum++ += weight * g[i];
  }
}

static double *quotient(Curvature *c, const Move *moves, int64_t count, double h) {
  double *q = ARENA_ARRAY(c->p->cx, double, count + 1);
  const double at[] = {h, -h, 2 * h, -2 * h}, weight[] = {8, -8, -1, 1};
  for (int k = 0; k < 4; k++) add_gradients(c, moves, at[k], weight[k] / (12 * h), q);
  add_gradients(c, moves, 0, 0, q);
  return q;
}

/* In the order of the gradients. */
static double *product(Curvature *c, const Move *moves, int64_t count) {
  double *all = ARENA_ARRAY(c->p->cx, double, count + 1), *to = all;
  for (int k = 0; k < c->product.nroots; k++) {
    const Root *root = &c->product.roots[k];
    if (!moves[root->item].count) continue;
    memcpy(to, evaluate(c->e, root->node), sizeof(double) * (size_t)moves[root->item].count);
    to += moves[root->item].count;
  }
  return all;
}

static double largest_of(const double *x, int64_t count) {
  double most = 0;
  for (int64_t k = 0; k < count; k++) most = isfinite(x[k]) ? fmax(most, fabs(x[k])) : INFINITY;
  return most;
}

static double difference(const double *a, const double *b, int64_t count, double scale) {
  double most = 0;
  for (int64_t k = 0; k < count; k++) most = isfinite(a[k] - b[k]) ? fmax(most, fabs(a[k] - b[k]) / scale) : INFINITY;
  return most;
}

/* The difference at a point where the quotient is believed; -1 where there is none. A Hessian may be 0, so that a
 * thousandth of the gradient counts as large. */
static double compare(Curvature *c, double *largest) {
  Move *moves = ARENA_ARRAY(c->p->cx, Move, c->p->params.n + 1);
  for (uint64_t seed = 1; seed <= POINTS; seed++) {
    int64_t count = 0;
    draw(c, moves, seed);
    for (int k = 0; k < c->p->params.n; k++) count += moves[k].count;
    double *exact = product(c, moves, count), *gradient = ARENA_ARRAY(c->p->cx, double, count + 1);
    evaluation_hold_stops(c->e, true);
    add_gradients(c, moves, 0, 1, gradient);
    *largest = largest_of(exact, count);
    for (double h = 1e-3; h > 1e-6; h /= 10) {
      double *coarse = quotient(c, moves, count, h), *fine = quotient(c, moves, count, h / 2);
      double scale = fmax(fmax(*largest, largest_of(fine, count)), 1e-3 * largest_of(gradient, count));
      if (scale > 0 && isfinite(scale) && difference(coarse, fine, count, scale) < BELIEVED)
        return difference(exact, fine, count, scale);
    }
  }
  return -1;
}

int main(int argc, char **argv) {
  int bad = 0;
  if (argc != 2 && argc != 3) {
    fprintf(stderr, "usage: curvaturetest MODEL.nn [PRELUDE.nn]\n");
    return 2;
  }
  Context *cx = context_new();
  Program *p = read_program(cx, argv[1], argv[2]);
  Options options = {.max_memory = 16.0 * (1 << 30)};
  for (int k = 0; k < p->routines.n; k++) {
    if (p->routines.at[k].kind != ROUTINE_GRAD) continue;
    double largest = 0;
    Curvature c = curvature_make(p, &p->routines.at[k], &options);
    double worst = compare(&c, &largest);
    bool fine = worst >= 0 && worst < TOLERANCE;
    printf("%s %s: the Hessian of %s times a direction", fine ? "ok" : "not ok", argv[1], c.gradient.name);
    if (worst < 0) printf(": no point was found without a kink\n");
    else printf(": largest difference %.1g of %.3g\n", worst, largest);
    bad += !fine;
  }
  return bad > 0;
}
