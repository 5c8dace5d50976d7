/* check.c: a program in, a report on its `check` lines out; then check_gradient.c's on its gradients.
 *
 * A check is proved (prove.c), or it holds at random points in double precision, or it is refuted: then the report
 * shows the first element that differs, both formulas, both values, and how the two sides are related where that is
 * simple. What is proved is evaluated too: a difference there is a bug of nnc.
 *
 *     model.nn:12: check grad(L, z) == softmax(z) - onehot(y, 10): proved */
#include "check.h"
#include "prove.h"

#include <float.h>
#include <math.h>
#include <string.h>

#define POINTS        100
#define PROVED_POINTS 10  /* of what is proved already */
#define WORK          2e8 /* terms to be summed for one check, about a second: large models get fewer points */
#define TOLERANCE     1e-9
#define REMAINDER     1e-10 /* both sides: may be what rounding leaves of 0 */
#define VANISHED      1e-100 /* both sides: a saturated sigmoid, say, of which one formula keeps 1e-193 and the other 0 */

typedef struct Sides { /* both sides of a check as whole arrays */
  const Check *check;
  Evaluation *e;
  Node *a, *b;
  NodeList needed;
  int64_t count;
  int manner; /* that last gave finite values */
} Sides;

typedef struct Point { /* both sides at one point */
  const double *a, *b;
  double scale, difference; /* largest absolute value; largest difference relative to it ... */
  int64_t at;               /* ... and its element */
} Point;

/* ---- evaluation ---- */

static Sides sides_make(Program *p, const Check *c, Read *a, Read *b) {
  int vars[MAX_AXES + 1], n = 0;
  Graph *g = p->graph;
  if (read_uses(a, g->batch_var) || read_uses(b, g->batch_var)) vars[n++] = g->batch_var;
  for (int k = 0; k < c->nvars; k++) vars[n++] = c->vars[k];
  Sides s = {.check = c, .a = build_tensor(g, a, n, vars), .b = build_tensor(g, b, n, vars)};
  s.e = evaluation_new(g, 1, 1);
  s.needed = graph_order(p->cx, (Node *[]){s.a, s.b}, 2);
  s.count = evaluation_count(s.e, s.a);
  return s;
}

static double cost_of(const Sides *s) {
  double cost = 1;
  for (int i = 0; i < s->needed.n; i++) {
    const Node *n = s->needed.at[i];
    double points = 1;
    for (int k = 0; k < n->naxes + n->nreduce; k++) points *= (double)evaluation_extent(s->e, n->axes[k]);
    cost += n->kind == NODE_MAP && n->op != OP_PRODUCT ? 10 * points : points;
  }
  return cost;
}

/* The same infinity on both sides (a mask's -inf) is agreement; any other value that is not finite spoils the point. */
static bool point_compare(const Sides *s, Point *pt) {
  pt->scale = pt->difference = 0;
  pt->at = 0;
  for (int64_t k = 0; k < s->count; k++) {
    double a = pt->a[k], b = pt->b[k];
    if (isinf(a) && a == b) continue;
    if (!isfinite(a) || !isfinite(b)) return false;
    pt->scale = fmax(pt->scale, fmax(fabs(a), fabs(b)));
    if (fabs(a - b) > pt->difference) pt->difference = fabs(a - b), pt->at = k;
  }
  if (pt->scale > 0) pt->difference /= pt->scale;
  if (pt->scale < VANISHED) pt->difference = 0;
  return true;
}

/* Draws point k until both sides are finite; false where they never are. */
static bool point_find(Program *p, Sides *s, int k, Point *pt) {
  for (int attempt = 0; attempt < 4 * MANNER_COUNT; attempt++) {
    int manner = (s->manner + attempt / 4) % MANNER_COUNT;
    bool wide = k % 4 == 3 && attempt == 0 && manner == 0;
    point_draw(p, s->e, s->needed.at, s->needed.n, (uint64_t)(1000 * k + attempt), wide ? MANNER_WIDE : manner);
    pt->a = evaluate(s->e, s->a);
    pt->b = evaluate(s->e, s->b);
    if (!point_compare(s, pt)) continue;
    s->manner = manner;
    return true;
  }
  return false;
}

static double largest_value(const Sides *s) {
  double largest = 0;
  for (int i = 0; i < s->needed.n; i++) {
    const double *x = evaluate(s->e, s->needed.at[i]);
    int64_t count = evaluation_count(s->e, s->needed.at[i]);
    for (int64_t k = 0; k < count; k++)
      if (isfinite(x[k])) largest = fmax(largest, fabs(x[k]));
  }
  return largest;
}

/* What rounding leaves of 0 takes few values (0, ±1 unit of the last place, ...): it changes altogether after some
 * moves, or, where it does not depend on the point, it never changes and is as small as rounding. Moves the point. */
static bool is_remainder(Program *p, Sides *s, const Point *pt) {
  int64_t at = pt->at;
  double before = pt->a[at] - pt->b[at];
  bool fixed = pt->scale <= 64 * DBL_EPSILON * largest_value(s);
  for (int k = 0; k < 24; k++) {
    point_nudge(p, s->e, s->needed.at, s->needed.n, (uint64_t)k + 1, 1e-3);
    double after = evaluate(s->e, s->a)[at] - evaluate(s->e, s->b)[at];
    if (!(fabs(after - before) <= 0.3 * fabs(before))) return true;
    fixed = fixed && after == before;
  }
  return fixed;
}

/* A formula may lose digits (1 - f where f is nearly 1). Such a difference is noise: it changes altogether where the
 * point moves by a thousandth, a real one hardly. Moves the point. */
static bool is_noise(Program *p, Sides *s, const Point *pt) {
  int64_t at = pt->at;
  double before = pt->a[at] - pt->b[at];
  if (pt->scale < REMAINDER) return is_remainder(p, s, pt);
  for (int k = 0; k < 2; k++) {
    point_nudge(p, s->e, s->needed.at, s->needed.n, (uint64_t)k + 1, 1e-3);
    double after = evaluate(s->e, s->a)[at] - evaluate(s->e, s->b)[at];
    if (fabs(after - before) <= 0.3 * fabs(before)) return false;
  }
  return true;
}

/* One side is 0 at all elements: noise on the other is 0 too. */
static bool one_is_zero(const Sides *s, const Point *pt) {
  bool a = true, b = true;
  for (int64_t k = 0; k < s->count; k++) a = a && pt->a[k] == 0, b = b && pt->b[k] == 0;
  return a || b;
}

/* ---- how the sides are related ---- */

#define MOST_POINTS 8 /* that a relation is tested at */

/* The constant k with b = k * a at this point, NaN where there is none. */
static double ratio_at(const Sides *s, const Point *pt) {
  double ratio = NAN, largest = 0;
  for (int64_t k = 0; k < s->count; k++)
    if (fabs(pt->a[k]) > largest) largest = fabs(pt->a[k]), ratio = pt->b[k] / pt->a[k];
  for (int64_t k = 0; k < s->count; k++)
    if (!(fabs(pt->b[k] - ratio * pt->a[k]) <= TOLERANCE * pt->scale)) return NAN;
  return ratio;
}

static bool transposed_at(const Sides *s, const Point *pt) {
  const Check *c = s->check;
  if (c->nvars != 2) return false;
  int64_t n = s->a->axes[s->a->naxes - 1].extent;
  if (n != s->a->axes[s->a->naxes - 2].extent || s->count != n * n) return false;
  for (int64_t i = 0; i < n; i++)
    for (int64_t j = 0; j < n; j++)
      if (!(fabs(pt->b[i * n + j] - pt->a[j * n + i]) <= TOLERANCE * pt->scale)) return false;
  return true;
}

static void print_relation(Program *p, Sides *s, Text *out) {
  double ratio = NAN;
  bool transposed = true, same_ratio = true, at_all = false;
  for (int k = 0; k < MOST_POINTS; k++) {
    Point pt;
    if (!point_find(p, s, k, &pt) || pt.scale == 0) continue;
    double r = ratio_at(s, &pt);
    same_ratio = same_ratio && (!at_all || fabs(r - ratio) <= 1e-8 * fabs(ratio)) && isfinite(r);
    transposed = transposed && transposed_at(s, &pt);
    ratio = r;
    at_all = true;
  }
  if (at_all && same_ratio && ratio == 0) text_add(out, "    the right side is 0 everywhere, the left is not\n");
  else if (at_all && same_ratio) text_printf(out, "    the right side is %.6g times the left\n", ratio);
  else if (at_all && transposed) text_add(out, "    the right side is the transpose of the left\n");
}

/* ---- the report ---- */

static void print_check(Text *out, const Program *p, const Check *c) {
  int line = 0, column = 0;
  span_position(c->stmt->span, &line, &column);
  text_printf(out, "%s:%d: check ", c->stmt->span.source ? c->stmt->span.source->path : p->path, line);
  expr_print(out, c->stmt->value);
  text_add(out, " == ");
  expr_print(out, c->stmt->value2);
}

/* "[i=2, j=0]" of element k; nothing for a scalar. */
static void print_place(Text *out, const Sides *s, int64_t k) {
  const Check *c = s->check;
  int64_t at[MAX_AXES] = {0};
  for (int axis = s->a->naxes - 1; axis >= 0; axis--) {
    int64_t extent = evaluation_extent(s->e, s->a->axes[axis]);
    at[axis] = k % extent;
    k /= extent;
  }
  int first = s->a->naxes - c->nvars;
  if (c->nvars) text_add(out, " at [");
  for (int i = 0; i < c->nvars; i++)
    text_printf(out, "%s%s=%lld", i ? ", " : "", c->names[i] ? c->names[i] : axis_letter(i), (long long)at[first + i]);
  if (c->nvars) text_add(out, "]");
}

static void print_side(Text *out, const char *side, const Expr *e, double value) {
  text_printf(out, "    %s  ", side);
  expr_print(out, e);
  text_printf(out, "  =  %.9g\n", value);
}

static void print_refuted(Program *p, Sides *s, const Point *pt, Text *out) {
  int64_t first = -1, differing = 0;
  for (int64_t k = 0; k < s->count; k++) {
    if (pt->a[k] == pt->b[k] || fabs(pt->a[k] - pt->b[k]) <= TOLERANCE * pt->scale) continue;
    if (first < 0) first = k;
    differing++;
  }
  text_add(out, ": refuted");
  print_place(out, s, first);
  if (s->count > 1) text_printf(out, " (%lld of %lld elements differ)", (long long)differing, (long long)s->count);
  text_add(out, "\n");
  print_side(out, "left: ", s->check->stmt->value, pt->a[first]);
  print_side(out, "right:", s->check->stmt->value2, pt->b[first]);
  print_relation(p, s, out);
}

typedef struct Trial {         /* what the points said */
  int points, noisy, refuting; /* agreeing points; those where digits are lost; one that refutes, or -1 */
  double worst, scale;
} Trial;

static Trial try_points(Program *p, Sides *s, int most) {
  double affordable = WORK / cost_of(s);
  int points = affordable < 3 ? 3 : affordable > most ? most : (int)affordable, noisy = -1;
  Trial t = {.refuting = -1};
  for (int k = 0; k < points && t.refuting < 0; k++) {
    Point pt;
    if (!point_find(p, s, k, &pt)) break;
    t.scale = fmax(t.scale, pt.scale);
    if (pt.difference <= TOLERANCE) {
      t.points++;
      t.worst = fmax(t.worst, pt.difference);
      continue;
    }
    bool zero = one_is_zero(s, &pt); /* at this point, which is_noise moves */
    if (is_noise(p, s, &pt)) {
      if (zero) t.points++;
      else t.noisy++, noisy = k;
    } else {
      t.refuting = k;
    }
  }
  if (t.refuting < 0 && t.noisy > t.points) t.refuting = noisy;
  return t;
}

static bool is_literal_zero(const Expr *e) { return e->kind == EXPR_NUMBER && e->number == 0; }

static void print_verdict(Text *out, const Sides *s, const Trial *t, bool proved) {
  const Stmt *stmt = s->check->stmt;
  bool zero = t->points && t->scale == 0 && !is_literal_zero(stmt->value) && !is_literal_zero(stmt->value2);
  if (proved) text_printf(out, ": proved%s", zero ? ", but" : "");
  else if (!zero) text_printf(out, ": holds at %d points, largest relative difference %.1g", t->points, t->worst);
  else text_add(out, ":");
  if (zero) text_printf(out, " both sides are 0 at all of %d points, so that little is shown", t->points);
  if (!proved && t->noisy) text_printf(out, " (not counting %d where digits are lost)", t->noisy);
  text_add(out, "\n");
}

static void check_one(Program *p, int k, Text *out, Tally *tally) {
  const Check *c = &p->checks.at[k];
  Read *a, *b;
  simplify_check(p, k, &a, &b);
  Sides s = sides_make(p, c, a, b);
  bool proved = prove_equal(p->graph, a, b);
  Trial t = try_points(p, &s, proved ? PROVED_POINTS : POINTS);
  print_check(out, p, c);
  if (t.refuting >= 0 && !(proved && t.noisy)) {
    Point pt;
    point_find(p, &s, t.refuting, &pt);
    print_refuted(p, &s, &pt, out);
    if (proved) bug("check", "a proof and an evaluation disagree:\n%s", out->data);
    tally->refuted++;
  } else if (t.points == 0 && !proved) {
    text_add(out, ": refuted, its sides are not finite at any point that was tried\n");
    tally->refuted++;
  } else {
    print_verdict(out, &s, &t, proved);
    if (proved) tally->proved++;
    else tally->holds++;
  }
}

static void print_summary(Text *out, const Tally *t) {
  text_printf(out, "%d proved, %d holds, %d refuted; %d gradient%s", t->proved, t->holds, t->refuted, t->agree,
              t->agree == 1 ? " agrees" : "s agree");
  if (t->fail) text_printf(out, ", %d fail%s", t->fail, t->fail == 1 ? "s" : "");
  text_add(out, "\n");
}

int check_program(Program *p, Text *out) {
  Tally tally = {0};
  for (int k = 0; k < p->checks.n; k++) check_one(p, k, out, &tally);
  check_gradients(p, out, &tally);
  print_summary(out, &tally);
  return tally.refuted || tally.fail;
}
