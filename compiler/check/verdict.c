/* verdict.c: one check in, what is found of it out.
 *
 * A check is proved (prove/expand.c), or it holds at random points in double precision, or it is refuted: then the
 * first element that differs is found, the values there, which elements differ (pattern.c) and why (cause.c). What is
 * proved is evaluated too: a difference there is a bug of nnc. */
#include "check/cause.h"
#include "check/item.h"
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

typedef struct Trial { /* what the points said */
  int points, noisy;   /* agreeing points; those where digits are lost, */
  int moot;            /* of those that agree: where a comparison is a tie but for rounding, and does not matter */
  int tied;            /* or where the verdict is that of a comparison which is a tie but for rounding */
  double worst, scale;
  bool refuted;
  Point point;      /* that refutes ... */
  const Node *edge; /* ... beside the edge of this comparison, or NULL */
} Trial;

static Trial try_points(Sides *s, int most) {
  double affordable = WORK / s->cost;
  int points = affordable < 3 ? 3 : affordable > most ? most : (int)affordable;
  Trial t = {0};
  for (int k = 0; k < points && !t.refuted; k++) {
    PointVerdict v = sides_at(s, k, &t.point);
    if (v == POINT_UNDEFINED) break;
    t.scale = fmax(t.scale, t.point.scale);
    t.refuted = v == POINT_REFUTES;
    if (v == POINT_NOISY) t.noisy++;
    if (v == POINT_TIED) t.tied++;
    if (v != POINT_AGREES) continue;
    t.points++;
    t.moot += t.point.moot;
    t.worst = fmax(t.worst, t.point.difference);
  }
  if (t.tied) t.points -= t.moot; /* if it matters elsewhere, it only happens not to here: (sum(p) < 1)*u at u = 0 */
  return t;
}

static bool is_literal_zero(const Expr *e) { return e->kind == EXPR_NUMBER && e->number == 0; }

/* ---- what is found ---- */

/* A side of a check: what binds no tighter than its == has parentheses. */
static void add_side(Text *out, const Expr *e) {
  bool loose = !e->wrapped && (e->kind == EXPR_NOT || (e->kind == EXPR_BINARY && e->op >= BIN_EQ));
  if (loose) text_add(out, "(");
  expr_print(out, e);
  if (loose) text_add(out, ")");
}

void verdict_name_line(const Program *p, const Stmt *st, Finding *f) {
  Text formula = {.cx = p->cx};
  add_side(&formula, st->value);
  text_add(&formula, " == ");
  add_side(&formula, st->value2);
  *f = (Finding){.kind = FOUND_CHECK, .formula = formula.data};
  f->file = st->span.source ? st->span.source->path : p->path;
  span_position(st->span, &f->line, &f->column);
  f->left = expr_text(p->cx, st->value);
  f->right = expr_text(p->cx, st->value2);
}

void verdict_name(void *program, int k, Finding *f) {
  const Program *p = program;
  const Check *c = &p->checks.at[k];
  int column;
  verdict_name_line(p, c->stmt, f);
  f->asked = c->answer.source;
  if (f->asked) span_position(c->answer, &f->answer_line, &column);
}

/* Where element k is. */
static void find_spot(const Sides *s, int64_t k, Finding *f) {
  const Check *c = s->check;
  int64_t rest = k;
  f->spot.n = c->nvars;
  for (int i = c->nvars - 1; i >= 0; i--) {
    int64_t extent = graph_var_axis(s->p->graph, c->vars[i]).extent;
    f->spot.at[i] = s->places[0] ? (int64_t)s->places[i][k] : rest % extent;
    f->spot.names[i] = c->names[i] ? c->names[i] : axis_letter(i);
    rest /= extent;
  }
  if (s->examples > 1 && s->count > 1) f->example = (int)rest + 1, f->examples = s->examples;
}

/* With the text of the comparison, where it stands on one line of a file. */
static const char *explain_edge(const Sides *s, const Node *edge) {
  Span at = edge->span;
  Text out = {.cx = s->p->cx};
  int line = 0, column = 0;
  text_add(&out, "at random points the sides agree; they differ beside the edge of a branch");
  if (at.source && at.end > at.start && !memchr(at.source->text + at.start, '\n', at.end - at.start)) {
    span_position(at, &line, &column);
    text_printf(&out, ", %s:%d: ", at.source == s->check->stmt->span.source ? "line" : at.source->path, line);
    text_add_n(&out, at.source->text + at.start, at.end - at.start);
  }
  return out.data;
}

static void explain(void *sides, Finding *f) {
  cause_find(sides, &f->cause);
  pattern_find(sides, f);
}

static void find_difference(Sides *s, const Point *pt, const Node *edge, Finding *f) {
  const Stmt *st = s->check->stmt;
  f->verdict = VERDICT_REFUTED;
  find_spot(s, pt->first, f);
  f->differing = pt->differing;
  f->left_value = pt->left;
  f->right_value = pt->right;
  if (s->lacking) f->explanation = "one side has no value there, and the other has one";
  else if (s->infinite) f->explanation = "one side is infinite there at every point, and the other is not";
  else if (!isfinite(pt->left - pt->right)) f->explanation = "one side divides by 0 where the other has a value";
  else if (edge) f->explanation = explain_edge(s, edge);
  bool left = cause_derives(st->value), right = cause_derives(st->value2);
  f->derived = left && !right ? 1 : right && !left ? 2 : 0;
  f->whole = pattern_point(s, f->example ? f->example - 1 : 0);
  attempt_change(s->p->cx, explain, s, f);
}

static void find_counts(const Sides *s, const Trial *t, Finding *f) {
  const Stmt *st = s->check->stmt;
  f->points = t->points, f->tied = t->tied, f->noisy = t->noisy, f->halves = s->halves;
  f->count = s->count;
  f->unseen = sides_unseen(s);
  f->sampled = s->places[0];
  f->worst = t->worst;
  f->few = t->points < FEW_POINTS && t->points < t->tied + t->noisy;
  f->zero = t->points && t->scale == 0 && !is_literal_zero(st->value) && !is_literal_zero(st->value2);
}

/* A wrong proof costs this check its verdict: check/apart.c. */
static void stop_at_wrong_proof(Context *cx, const Finding *f) {
  Text out = {.cx = cx};
  print_finding(f, &out);
  bug("check", "a proof and an evaluation disagree:\n%s", out.data);
}

static void find_verdict(Sides *s, const Trial *t, bool proved, Finding *f) {
  if (t->refuted) {
    find_difference(s, &t->point, t->edge, f);
    if (proved) stop_at_wrong_proof(s->p->cx, f);
  } else if (t->tied > TIED_SHARE * t->points && !proved) {
    f->verdict = VERDICT_UNDECIDED;
    f->reason = arena_printf(s->p->cx, "at %d of %d points a comparison in it is a tie but for rounding", t->tied,
                             t->tied + t->noisy + t->points);
  } else if (t->points == 0 && !proved) {
    f->verdict = VERDICT_REFUTED;
    f->reason = t->noisy ? "at every point that was tried all digits are lost"
                         : "its sides are not finite at any point that was tried";
  } else {
    f->verdict = proved ? VERDICT_PROVED : VERDICT_HOLDS;
  }
}

void verdict_of_check(void *program, int k, Findings *out) {
  Program *p = program;
  const Check *c = &p->checks.at[k];
  Finding f;
  Read *a, *b;
  simplify_check(p, k, &a, &b);
  Sides s = sides_make(p, c, a, b);
  Proof proof = prove_equal(p->graph, a, b);
  bool proved = proof != NO_PROOF;
  Trial t = try_points(&s, proved ? PROVED_POINTS : POINTS);
  bool divides = s.branchless || (s.halves > 1 && s.halves * 8 > s.drawn); /* x c/c is x, but where c is often 0 */
  if (divides) proved = false;
  if (!t.refuted && !proved && (divides || s.halves * 8 > s.drawn)) t.refuted = true, t.point = s.half;
  if (!proved && !t.refuted && t.points >= 3) t.refuted = sides_stay_apart(&s, &t.point);
  if (!proved && !t.refuted && t.points) t.refuted = sides_branches(&s, BRANCH_WORK, &t.point, &t.edge);
  if (!t.refuted && answer_lacks_value(&s, &t.point)) t.refuted = true, proved = false;
  verdict_name(p, k, &f);
  find_counts(&s, &t, &f);
  f.unrolled = proof == PROOF_UNROLLED;
  find_verdict(&s, &t, proved, &f);
  VEC_PUSH(p->cx, out, f);
}
