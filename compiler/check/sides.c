/* sides.c: both sides of a check evaluated at a point, and whether they differ.
 *
 * Two formulas of one value differ by rounding, some more than others: 1 - f, where f is nearly 1, has few digits left.
 * How much is rounding is not guessed but tried: where the sides seem to differ, they are evaluated again and again
 * with small errors in every value (evaluation_shake). A difference that stays is one; a difference that moves as much
 * as it is large says nothing. So 1e-11 of the value is enough to refute, and digits that are lost never do. */
#include "build/build.h"
#include "check/sides.h"

#include <math.h>
#include <string.h>

#define TOLERANCE  1e-9  /* below it a point agrees, or is said to have lost digits */
#define SUSPICIOUS 1e-12 /* a difference this large relative to the array's largest value is looked at, */
#define RELATIVE   1e-8  /* or this large relative to the element's own, where models are small, */
#define CANCELLED  1e-15 /* unless it is nothing beside the largest value: 1 - sigmoid(42) may be 0 or sigmoid(-42) */
#define VANISHED   1e-18 /* both sides: a saturated sigmoid, say, of which one formula keeps 1e-193 and the other 0 */
#define ROUGH      1e-6  /* of the values: a difference that is no rounding, where models are sane */
#define LARGE      1e7   /* cost of one evaluation above which only the first counts */

enum { OWN_ATTEMPTS = 4 }; /* to draw a point of small numbers, or of several scales, before it becomes a plain one */

/* ---- making ready ---- */

#define MOST_NUMBERS 64

static void add_number(Sides *s, double *numbers, double x) {
  for (int k = 0; k < s->manner.nnumbers; k++)
    if (numbers[k] == x) return;
  if (x == floor(x) && s->manner.nnumbers < MOST_NUMBERS) numbers[s->manner.nnumbers++] = x;
}

/* The whole numbers that the sides compare with: integer inputs and places are drawn beside them. */
static void find_numbers(Sides *s, NodeList nodes) {
  double *numbers = ARENA_ARRAY(s->p->cx, double, MOST_NUMBERS);
  for (int i = 0; i < nodes.n; i++) {
    const Node *n = nodes.at[i];
    if (n->kind != NODE_MAP) continue;
    if (n->op == OP_PRODUCT && n->nreads == 0) add_number(s, numbers, n->scale);
    for (int k = 0; k < n->nguards; k++)
      if (n->guards[k].e->offset) add_number(s, numbers, fabs((double)n->guards[k].e->offset));
  }
  s->manner.numbers = numbers;
}

/* Does a value look across the batch? One example is its own mean, and its own neighbour; of two, one is as far from
 * the mean as the other. */
enum { EXAMPLES = 3 };
static bool looks_across(NodeList nodes) {
  for (int i = 0; i < nodes.n; i++) {
    const Node *n = nodes.at[i];
    if (n->kind == NODE_BATCH) return true;
    for (int k = 0; k < n->nreduce; k++)
      if (n->axes[n->naxes + k].kind == AXIS_BATCH) return true;
  }
  return false;
}

Sides sides_make(Program *p, const Check *c, Read *a, Read *b) {
  int vars[MAX_AXES + 1], n = 0, sample;
  Graph *g = p->graph;
  Sides s = {.p = p, .check = c};
  s.manner.scale = 1;
  find_numbers(&s, graph_order(p->cx, (Node *[]){a->node, b->node}, 2));
  bool sampled = sides_sample(&s, &a, &b, &sample);
  if (read_uses(a, g->batch_var) || read_uses(b, g->batch_var)) vars[n++] = g->batch_var;
  if (sampled) vars[n++] = sample;
  for (int k = 0; k < c->nvars && !sampled; k++) vars[n++] = c->vars[k];
  s.a = build_tensor(g, a, n, vars);
  s.b = build_tensor(g, b, n, vars);
  s.needed = graph_order(p->cx, (Node *[]){s.a, s.b}, 2);
  s.examples = looks_across(s.needed) ? EXAMPLES : 1;
  s.e = evaluation_new(g, s.examples, 1);
  s.wishes = wishes_find(p, s.needed);
  s.count = evaluation_count(s.e, s.a);
  s.cost = evaluation_cost(s.e, s.a) + evaluation_cost(s.e, s.b);
  if (ties_find(&s)) s.cost *= 2; /* evaluated again with errors */
  return s;
}

/* ---- is a difference rounding? ---- */

static const struct {
  int runs;
  double deviations; /* from 0, by which the mean must be away */
} trials[] = {{3, 2}, {9, 6}, {30, 6}};

/* Elements in question have mean = 0 to begin with, the others NAN; those that are rounding become NAN too. False where
 * none is left. */
static bool shake(Sides *s, int trial, double size) {
  const int runs = trials[trial].runs;
  bool left = false;
  for (int64_t k = 0; k < s->count; k++) s->square[k] = 0, s->mean[k] *= 0;
  for (int run = 0; run < runs; run++) {
    evaluation_shake(s->e, s->needed.at, s->needed.n, (Shake){.seed = (uint64_t)(100 * trial + run + 1), .size = size});
    const double *a = evaluate(s->e, s->a), *b = evaluate(s->e, s->b);
    for (int64_t k = 0; k < s->count; k++) {
      double d = a[k] - b[k];
      s->mean[k] += d / runs;
      s->square[k] += d * d / runs;
    }
  }
  evaluation_shake(s->e, s->needed.at, s->needed.n, (Shake){0});
  for (int64_t k = 0; k < s->count; k++) {
    double mean = s->mean[k], variance = fmax(0, s->square[k] - mean * mean);
    if (!(fabs(mean) > trials[trial].deviations * sqrt(variance) && isfinite(variance))) s->mean[k] = NAN;
    left = left || !isnan(s->mean[k]);
  }
  return left;
}

static bool is_suspicious(const Sides *s, const Point *pt, int64_t k) {
  double a = pt->a[k], b = pt->b[k], size = fmax(fabs(a), fabs(b)), d = fabs(a - b);
  if (a == b || !isfinite(d) || size < VANISHED) return false;
  return d > SUSPICIOUS * pt->scale || (d > RELATIVE * size && d > CANCELLED * fmax(1, pt->scale) && s->cost < LARGE);
}

/* The elements whose mean is a number. */
static bool count_differing(const Sides *s, Point *pt) {
  pt->first = -1;
  pt->differing = 0;
  for (int64_t k = 0; k < s->count; k++) {
    if (isnan(s->mean[k])) continue;
    if (!pt->differing++) pt->first = k, pt->left = pt->a[k], pt->right = pt->b[k];
  }
  return pt->differing > 0;
}

static bool differs(Sides *s, Point *pt) {
  bool any = false;
  if (!s->mean) s->mean = ARENA_ARRAY(s->p->cx, double, s->count), s->square = ARENA_ARRAY(s->p->cx, double, s->count);
  for (int64_t k = 0; k < s->count; k++) {
    bool large = !s->rough || fabs(pt->a[k] - pt->b[k]) > ROUGH * (fabs(pt->a[k]) + fabs(pt->b[k]));
    s->mean[k] = large && is_suspicious(s, pt, k) ? 0 : NAN;
    any = any || !isnan(s->mean[k]);
  }
  for (int t = 0; t < (int)(sizeof trials / sizeof *trials) && any && !s->rough; t++) any = shake(s, t, 1);
  pt->a = evaluate(s->e, s->a);
  pt->b = evaluate(s->e, s->b);
  return any && count_differing(s, pt);
}

bool sides_choose_unseen(const Sides *s) {
  for (int k = 0; k < s->needed.n; k++) {
    const Node *n = s->needed.at[k];
    bool choice = op_rows[n->op].truth || (op_rows[n->op].picks && !op_rows[n->op].flat);
    bool largest = isinf(reduction_rows[n->reduction].start) && n->reduction != RED_LOGSUMEXP;
    if (n->kind == NODE_MAP && ((n->inside && choice) || largest)) return true;
  }
  return false;
}

bool sides_differ_beyond_ties(Sides *s, const Point *pt) {
  if (!sides_choose_unseen(s)) return true;
  bool stays = shake(s, 1, TIE_ERRORS);
  evaluate(s->e, s->a);
  evaluate(s->e, s->b);
  return stays && pt->differing > 0;
}

/* ---- one point ---- */

/* The same infinity on both sides (a mask's -inf) is agreement; any other value that is not finite spoils the point,
 * or, in a `partial` comparison, its element. */
static bool compare(const Sides *s, Point *pt) {
  bool any = false;
  pt->scale = pt->difference = 0;
  for (int64_t k = 0; k < s->count; k++) {
    double a = pt->a[k], b = pt->b[k];
    if (isinf(a) && a == b) continue;
    if (!isfinite(a) || !isfinite(b)) {
      if (!s->partial) return false;
      if (isnan(a) || isnan(b)) s->apart[k] = 2;
      else if (!s->apart[k]) s->apart[k] = 1;
      continue;
    }
    any = true;
    if (s->partial) s->seen[k] = 1;
    pt->scale = fmax(pt->scale, fmax(fabs(a), fabs(b)));
    pt->difference = fmax(pt->difference, fabs(a - b));
  }
  if (pt->scale > 0) pt->difference /= pt->scale;
  if (pt->scale < VANISHED) pt->difference = 0;
  return any || !s->partial;
}

/* One side is 0 at all elements: what rounding leaves on the other is 0 too. */
static bool one_is_zero(const Sides *s, const Point *pt) {
  bool a = true, b = true;
  for (int64_t k = 0; k < s->count; k++) a = a && pt->a[k] == 0, b = b && pt->b[k] == 0;
  return a || b;
}

/* Of elements that differ (mean is a number), those count at which both sides have a value even where a comparison of
 * what has none, log(x) <= 0 at x = -1, has none either. */
static bool differ_where_defined(Sides *s, Point *pt) {
  evaluation_strict(s->e, s->needed.at, s->needed.n, true);
  const double *a = evaluate(s->e, s->a), *b = evaluate(s->e, s->b);
  for (int64_t k = 0; k < s->count; k++)
    if (isnan(a[k]) || isnan(b[k])) s->mean[k] = NAN;
  evaluation_strict(s->e, s->needed.at, s->needed.n, false);
  pt->a = evaluate(s->e, s->a);
  pt->b = evaluate(s->e, s->b);
  return count_differing(s, pt);
}

PointVerdict sides_judge(Sides *s, Point *pt) {
  pt->a = evaluate(s->e, s->a);
  pt->b = evaluate(s->e, s->b);
  if (!compare(s, pt)) return POINT_UNDEFINED;
  if (differs(s, pt)) return differ_where_defined(s, pt) ? POINT_REFUTES : POINT_UNDEFINED;
  if (one_is_zero(s, pt)) pt->difference = 0;
  return pt->difference <= TOLERANCE ? POINT_AGREES : POINT_NOISY;
}

/* One side has a value where the other divides by 0, and not only because digits are lost: 1/(z > 0), say. Other values
 * that are not finite say nothing: a logarithm may ask for positive inputs, an exponential may overflow. */
static bool divides_by_zero(Sides *s, Point *pt) {
  bool divides = false;
  int64_t k = 0;
  while (k < s->count && isfinite(pt->a[k]) == isfinite(pt->b[k])) k++;
  for (int i = 0; i < s->needed.n && k < s->count && !divides; i++) {
    const Node *n = s->needed.at[i];
    if (n->kind != NODE_MAP || n->op != OP_DIV) continue;
    const double *divisor = evaluate(s->e, n->reads[1]->node);
    int64_t count = evaluation_count(s->e, n->reads[1]->node);
    if (!point_all_finite(evaluate(s->e, s->needed.at[i]), evaluation_count(s->e, n)))
      for (int64_t j = 0; j < count; j++) divides = divides || divisor[j] == 0;
  }
  if (!divides) return false;
  for (int run = 1; run <= 3 && divides; run++) {
    evaluation_shake(s->e, s->needed.at, s->needed.n, (Shake){.seed = (uint64_t)run, .size = 1});
    double a = evaluate(s->e, s->a)[k], b = evaluate(s->e, s->b)[k];
    divides = isfinite(a) != isfinite(b);
  }
  evaluation_shake(s->e, s->needed.at, s->needed.n, (Shake){0});
  pt->first = k;
  pt->differing = 1;
  pt->left = evaluate(s->e, s->a)[k];
  pt->right = evaluate(s->e, s->b)[k];
  return divides;
}

static bool is_condition(const Node *n) { return n->kind == NODE_MAP && op_rows[n->op].truth; }

/* One side divides by a condition that does not hold, 1/(z > 0), and would have a value like the other if it did: that
 * is no point of few but a branch in which it has none. Conditions of quotients are set to 1, and the sides are
 * evaluated again. */
bool sides_divide_by_condition(Sides *s, Point *pt) {
  bool any = false;
  int64_t k = 0;
  while (k < s->count && isfinite(pt->a[k]) == isfinite(pt->b[k])) k++;
  if (k == s->count) return false;
  double left = pt->a[k], right = pt->b[k];
  for (int i = 0; i < s->needed.n; i++) {
    const Node *n = s->needed.at[i];
    if (n->kind != NODE_MAP || n->op != OP_DIV || !is_condition(n->reads[1]->node)) continue;
    evaluate(s->e, n->reads[1]->node);
    for (int64_t j = 0; j < evaluation_count(s->e, n->reads[1]->node); j++)
      evaluation_set_one(s->e, n->reads[1]->node, j, 1);
    any = true;
  }
  if (!any) return false;
  any = isfinite(evaluate(s->e, s->a)[k]) && isfinite(evaluate(s->e, s->b)[k]);
  evaluation_shake(s->e, s->needed.at, s->needed.n, (Shake){0}); /* computes all of them again */
  pt->a = evaluate(s->e, s->a);
  pt->b = evaluate(s->e, s->b);
  if (any) pt->first = k, pt->differing = 1, pt->left = left, pt->right = right;
  return any;
}

/* Scales by which the inputs of every eighth point are drawn: other branches may be far away. */
static const double scales[] = {1, 1, 4, 1, 0.1, 1, 16, 1};
static const PointKind kinds[] = {POINT_PLAIN, POINT_SMALL, POINT_PLAIN, POINT_SPREAD};

/* How point k is drawn: as it is meant to be, or, where the sides have no value there, in another manner. */
static Manner manner_of(const Sides *s, int k, int attempt) {
  Manner m = s->manner;
  m.point = attempt < OWN_ATTEMPTS ? kinds[k % 4] : POINT_PLAIN;
  if (m.point == POINT_PLAIN && kinds[k % 4] != POINT_PLAIN) attempt -= OWN_ATTEMPTS;
  m.scale = attempt == 0 && m.point == POINT_PLAIN ? scales[k % 8] : 1;
  if (m.point == POINT_PLAIN) m.kind = (m.kind + attempt / 4) % MANNER_COUNT;
  return m;
}

/* Judges point k, if it has a value; a defect that shows at many of the plain points is kept in mind. */
static PointVerdict judge_drawn(Sides *s, const Manner *m, Point *pt) {
  PointVerdict v = sides_judge(s, pt);
  bool plain = m->kind == 0 && m->scale == 1 && m->point == POINT_PLAIN && s->cost < LARGE && !s->partial;
  if (plain) s->drawn++;
  if (v != POINT_UNDEFINED) return s->rough || sides_decided(s, v, pt) ? v : POINT_TIED;
  if (s->cost < LARGE && !s->branchless && sides_divide_by_condition(s, pt)) s->branchless = true, s->half = *pt;
  if (plain && divides_by_zero(s, pt)) s->halves++, s->half = *pt;
  return v;
}

static PointVerdict draw_and_judge(Sides *s, int k, Point *pt) {
  for (int attempt = 0; attempt < OWN_ATTEMPTS + 4 * MANNER_COUNT; attempt++) {
    Manner m = manner_of(s, k, attempt);
    point_draw(s->p, s->e, s->needed.at, s->needed.n, (uint64_t)(1000 * k + attempt), &m);
    if (k % 4 == 2) wishes_grant(s->p, s->wishes, s->e, (uint64_t)(1000 * k + attempt));
    PointVerdict v = judge_drawn(s, &m, pt);
    if (v == POINT_UNDEFINED) continue;
    s->manner.kind = m.kind;
    return v;
  }
  return POINT_UNDEFINED;
}

/* An array of roots or logarithms may never be finite throughout: then each element counts where it has a value. */
PointVerdict sides_at(Sides *s, int k, Point *pt) {
  PointVerdict v = draw_and_judge(s, k, pt);
  if (v != POINT_UNDEFINED || s->partial || s->count == 1 || k > 0) return v;
  s->partial = true;
  s->seen = ARENA_ARRAY(s->p->cx, unsigned char, s->count);
  s->apart = ARENA_ARRAY(s->p->cx, unsigned char, s->count);
  return draw_and_judge(s, k, pt);
}

bool sides_stay_apart(Sides *s, Point *pt) {
  for (int64_t k = 0; k < s->count && s->partial && !s->infinite; k++) {
    if (s->seen[k] || s->apart[k] != 1) continue;
    pt->first = k;
    pt->left = evaluate(s->e, s->a)[k];
    pt->right = evaluate(s->e, s->b)[k];
    s->infinite = pt->left != pt->right;
  }
  pt->differing = 0;
  for (int64_t k = 0; k < s->count && s->infinite; k++) pt->differing += !s->seen[k] && s->apart[k] == 1;
  return s->infinite;
}

int64_t sides_unseen(const Sides *s) {
  int64_t n = 0;
  for (int64_t k = 0; k < s->count && s->partial; k++) n += !s->seen[k];
  return n;
}
