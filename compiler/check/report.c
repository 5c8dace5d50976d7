/* report.c: a program in, a report on its `check` lines out; then check/gradient.c's on its gradients.
 *
 * A check is proved (prove/expand.c), or it holds at random points in double precision, or it is refuted: then the
 * report shows the first element that differs, both formulas, both values, and how the two sides are related where that
 * is simple. What is proved is evaluated too: a difference there is a bug of nnc.
 *
 *     model.nn:12: check grad(L, z) == softmax(z) - onehot(y, 10): proved */
#include "check/check.h"
#include "check/item.h"
#include "check/sides.h"
#include "prove/prove.h"
#include "simplify/simplify.h"

#include <math.h>
#include <string.h>

#define POINTS        100
#define PROVED_POINTS 10  /* of what is proved already */
#define WORK          2e8 /* terms to be summed for one check, about a second: large models get fewer points */
#define BRANCH_WORK   3e7 /* ... for finding the branches that random points miss */
#define FEW_POINTS    20
#define TIED_SHARE    20 /* where so many times more points are tied than agree, the others are accidents */
#define TOLERANCE     1e-9

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
  if (c->nvars != 2 || s->places[0]) return false;
  int64_t n = s->a->axes[s->a->naxes - 1].extent;
  if (n != s->a->axes[s->a->naxes - 2].extent || s->count != n * n) return false;
  for (int64_t i = 0; i < n; i++)
    for (int64_t j = 0; j < n; j++)
      if (!(fabs(pt->b[i * n + j] - pt->a[j * n + i]) <= TOLERANCE * pt->scale)) return false;
  return true;
}

static void print_relation(Sides *s, Text *out) {
  double ratio = NAN;
  bool transposed = true, same_ratio = true, at_all = false;
  for (int k = 0; k < MOST_POINTS && (same_ratio || transposed); k++) {
    Point pt;
    if (sides_at(s, k, &pt) == POINT_UNDEFINED || pt.scale == 0) continue;
    double r = ratio_at(s, &pt);
    same_ratio = same_ratio && (!at_all || fabs(r - ratio) <= 1e-8 * fabs(ratio)) && isfinite(r);
    transposed = transposed && transposed_at(s, &pt);
    ratio = r;
    at_all = true;
  }
  if (at_all && same_ratio && ratio == 0) text_add(out, "    the right side is 0 everywhere, the left is not\n");
  else if (at_all && same_ratio && fabs(ratio - 1) > 1e-6)
    text_printf(out, "    the right side is %.6g times the left\n", ratio);
  else if (at_all && transposed) text_add(out, "    the right side is the transpose of the left\n");
}

/* ---- the report ---- */

/* A side of a check: what binds no tighter than its == has parentheses. */
static void print_formula(Text *out, const Expr *e) {
  bool loose = e->kind == EXPR_NOT || (e->kind == EXPR_BINARY && e->op >= BIN_EQ);
  if (loose) text_add(out, "(");
  expr_print(out, e);
  if (loose) text_add(out, ")");
}

static void print_check(void *program, int k, Text *out) {
  const Program *p = program;
  const Check *c = &p->checks.at[k];
  int line = 0, column = 0;
  span_position(c->stmt->span, &line, &column);
  text_printf(out, "%s:%d: check ", c->stmt->span.source ? c->stmt->span.source->path : p->path, line);
  print_formula(out, c->stmt->value);
  text_add(out, " == ");
  print_formula(out, c->stmt->value2);
}

/* " at [i=2, j=0]" of element k; nothing for a scalar. */
static void print_place(Text *out, const Sides *s, int64_t k) {
  const Check *c = s->check;
  int64_t at[MAX_AXES] = {0}, rest = k;
  for (int i = c->nvars - 1; i >= 0; i--) {
    int64_t extent = graph_var_axis(s->p->graph, c->vars[i]).extent;
    at[i] = s->places[0] ? (int64_t)s->places[i][k] : rest % extent;
    rest /= extent;
  }
  if (s->examples > 1 && s->count > 1)
    text_printf(out, " at example %lld of %d%s", (long long)rest + 1, s->examples, c->nvars ? "," : "");
  if (c->nvars) text_add(out, " at [");
  for (int i = 0; i < c->nvars; i++)
    text_printf(out, "%s%s=%lld", i ? ", " : "", c->names[i] ? c->names[i] : axis_letter(i), (long long)at[i]);
  if (c->nvars) text_add(out, "]");
}

static void print_side(Text *out, const char *side, const Expr *e, double value, int digits) {
  text_printf(out, "    %s  ", side);
  expr_print(out, e);
  text_printf(out, "  =  %.*g\n", digits, value);
}

/* Both sides, in as many digits as it takes to see the difference. */
static void print_sides(Text *out, const Sides *s, const Point *pt) {
  double size = fmax(fabs(pt->left), fabs(pt->right)), relative = fabs(pt->left - pt->right) / size;
  int digits = relative <= 1e-5 ? 17 : 9;
  print_side(out, "left: ", s->check->stmt->value, pt->left, digits);
  print_side(out, "right:", s->check->stmt->value2, pt->right, digits);
  if (relative < 1e-3) text_printf(out, "    the difference is %.2g of the value\n", relative);
}

/* The text of the comparison, where it stands on one line of a file. */
static void print_edge(const Sides *s, const Node *edge, Text *out) {
  Span at = edge->span;
  int line = 0, column = 0;
  text_add(out, "    at random points the sides agree; they differ beside the edge of a branch");
  if (at.source && at.end > at.start && !memchr(at.source->text + at.start, '\n', at.end - at.start)) {
    span_position(at, &line, &column);
    text_printf(out, ", %s:%d: ", at.source == s->check->stmt->span.source ? "line" : at.source->path, line);
    text_add_n(out, at.source->text + at.start, at.end - at.start);
  }
  text_add(out, "\n");
}

static void print_refuted(Sides *s, const Point *pt, const Node *edge, Text *out) {
  text_add(out, ": refuted");
  print_place(out, s, pt->first);
  if (s->count > 1)
    text_printf(out, " (%lld of %lld%s elements differ)", (long long)pt->differing, (long long)s->count,
                s->places[0] ? " random" : "");
  text_add(out, "\n");
  print_sides(out, s, pt);
  if (s->infinite) text_add(out, "    one side is infinite there at every point, and the other is not\n");
  else if (!isfinite(pt->left - pt->right)) text_add(out, "    one side divides by 0 where the other has a value\n");
  else if (edge) print_edge(s, edge, out);
  else print_relation(s, out);
}

typedef struct Trial { /* what the points said */
  int points, noisy;   /* agreeing points; those where digits are lost, */
  int moot;            /* of those that agree: where a comparison is a tie but for rounding, and does not matter */
  int tied;            /* or where the verdict is that of a comparison which is a tie but for rounding */
  double worst, scale;
  bool refuted;
  Point at;         /* that refutes ... */
  const Node *edge; /* ... beside the edge of this comparison, or NULL */
} Trial;

static Trial try_points(Sides *s, int most) {
  double affordable = WORK / s->cost;
  int points = affordable < 3 ? 3 : affordable > most ? most : (int)affordable;
  Trial t = {0};
  for (int k = 0; k < points && !t.refuted; k++) {
    PointVerdict v = sides_at(s, k, &t.at);
    if (v == POINT_UNDEFINED) break;
    t.scale = fmax(t.scale, t.at.scale);
    t.refuted = v == POINT_REFUTES;
    if (v == POINT_NOISY) t.noisy++;
    if (v == POINT_TIED) t.tied++;
    if (v != POINT_AGREES) continue;
    t.points++;
    t.moot += t.at.moot;
    t.worst = fmax(t.worst, t.at.difference);
  }
  if (t.tied) t.points -= t.moot; /* if it matters elsewhere, it only happens not to here: (sum(p) < 1)*u at u = 0 */
  return t;
}

static bool is_literal_zero(const Expr *e) { return e->kind == EXPR_NUMBER && e->number == 0; }

static void print_verdict(Text *out, const Sides *s, const Trial *t, bool proved) {
  const Stmt *stmt = s->check->stmt;
  bool few = t->points < FEW_POINTS && t->points < t->tied + t->noisy;
  bool zero = t->points && t->scale == 0 && !is_literal_zero(stmt->value) && !is_literal_zero(stmt->value2);
  if (proved) text_printf(out, ": proved%s", zero ? ", but" : "");
  else if (zero) text_add(out, ":");
  else {
    text_printf(out, ": holds at %s%d", few ? "only " : "", t->points);
    if (few) text_printf(out, " of %d", t->points + t->tied + t->noisy);
    text_printf(out, " points, largest relative difference %.1g", t->worst);
  }
  if (zero) text_printf(out, " both sides are 0 at all of %d points, so that little is shown", t->points);
  if (!proved && t->tied) text_printf(out, " (not counting %d where a comparison is a tie but for rounding)", t->tied);
  if (!proved && t->noisy) text_printf(out, " (not counting %d where digits are lost)", t->noisy);
  if (!proved && s->halves) text_printf(out, " (not counting %d where one side divides by 0)", s->halves);
  if (sides_unseen(s))
    text_printf(out, " (%lld of %lld elements had no value at any of them)", (long long)sides_unseen(s),
                (long long)s->count);
  text_add(out, "\n");
}

static void check_one(void *program, int k, Text *out, Tally *tally) {
  Program *p = program;
  const Check *c = &p->checks.at[k];
  Read *a, *b;
  simplify_check(p, k, &a, &b);
  Sides s = sides_make(p, c, a, b);
  bool proved = prove_equal(p->graph, a, b);
  Trial t = try_points(&s, proved ? PROVED_POINTS : POINTS);
  bool divides = s.branchless || (s.halves > 1 && s.halves * 8 > s.drawn); /* x c/c is x, but where c is often 0 */
  if (divides) proved = false;
  if (!t.refuted && !proved && (divides || s.halves * 8 > s.drawn)) t.refuted = true, t.at = s.half;
  if (!proved && !t.refuted && t.points >= 3) t.refuted = sides_stay_apart(&s, &t.at);
  if (!proved && !t.refuted && t.points) t.refuted = sides_branches(&s, BRANCH_WORK, &t.at, &t.edge);
  print_check(p, k, out);
  if (t.refuted) {
    print_refuted(&s, &t.at, t.edge, out);
    if (proved)
      bug("check", "a proof and an evaluation disagree:\n%s",
          out->data); /* costs this check its verdict: check/apart.c */
    tally->refuted++;
  } else if (t.tied > TIED_SHARE * t.points && !proved) {
    text_printf(out, ": undecided, at %d of %d points a comparison in it is a tie but for rounding\n", t.tied,
                t.tied + t.noisy + t.points);
    tally->undecided++;
  } else if (t.points == 0 && !proved) {
    text_add(out, t.noisy ? ": refuted, at every point that was tried all digits are lost\n"
                          : ": refuted, its sides are not finite at any point that was tried\n");
    tally->refuted++;
  } else {
    print_verdict(out, &s, &t, proved);
    if (proved) tally->proved++;
    else tally->holds++;
  }
}

static void print_summary(Text *out, const Tally *t) {
  text_printf(out, "%d proved, %d holds, %d refuted", t->proved, t->holds, t->refuted);
  if (t->undecided) text_printf(out, ", %d undecided", t->undecided);
  text_printf(out, "; %d gradient%s", t->agree, t->agree == 1 ? " agrees" : "s agree");
  if (t->fail) text_printf(out, ", %d fail%s", t->fail, t->fail == 1 ? "s" : "");
  if (t->faults) text_printf(out, "; nnc failed at %d", t->faults);
  text_add(out, "\n");
}

int check_program(Program *p, Text *out) {
  Tally tally = {0};
  Items checks = {p->checks.n, p, check_one, print_check}, gradients = {.run = gradients_check, .name = gradients_name};
  check_apart(p->cx, &checks, out, &tally);
  gradients.state = gradients_new(p, &gradients.n);
  check_apart(p->cx, &gradients, out, &tally);
  print_summary(out, &tally);
  if (tally.faults) return 3;
  return tally.refuted || tally.undecided || tally.fail;
}
