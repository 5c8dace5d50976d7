/* choose.c: a point in general position: points are drawn until losses and gradients are finite there, rounding leaves
 * most of their digits, and every difference quotient agrees with its gradient, as it does not beside a kink.
 *
 * The quotients here are those that the trainer will take, of the same elements and the same steps, so that what says
 * nothing here is not asked there: such a gradient is held against stored values. The best of several points is taken.
 */
#include "selftest/trial.h"

#include <math.h>

#define FEW        64  /* arrays up to this size are probed at every element where WORK allows it, */
#define PROBES     16  /* larger ones at so many, and along all elements at once */
#define WORK       5e8 /* terms to be summed for all probes, a fraction of a second, */
#define LITTLE     2e6 /* and for one evaluation of everything; beyond, fewer examples are taken, */
#define EXAMPLE    2e8 /* and beyond this the fewest */
#define POINTS     6   /* further ones, for what is whole or chosen */
#define FEW_POINTS 2
#define SEEDS      3    /* points of each manner */
#define SHAKES     3    /* times that errors are made */
#define MARGIN     8    /* times the largest move under these is tolerated, */
#define ROUNDED    2e-6 /* and this much of a value */
#define KINK       1e-4 /* of the largest gradient of an array: a quotient that is farther from it says nothing */
#define BLURRED    1e-2 /* where rounding takes more than this of the largest gradient, it says nothing either */
#define MOST_WORK  2e10 /* for all points that are tried */
#define UNFIT      1000 /* of a value that is lost; 1: of a gradient that quotients do not follow */
#define STEPS      3
#define LONG       8 /* so many where a loss takes turns in some of them only */

/* ---- what is probed ---- */

static bool has_gradient(const Routine *r, int param) {
  for (int k = 0; k < r->nroots; k++)
    if (r->roots[k].dest == DEST_GRAD && r->roots[k].item == param) return true;
  return false;
}

static Node *value_of(const Routine *r) {
  for (int k = 0; k < r->nroots; k++)
    if (r->roots[k].dest == DEST_RETURN) return r->roots[k].node;
  bug("selftest", "%s returns nothing", r->name);
}

static void plan_slopes(Trial *t) {
  const Program *p = t->p;
  int arrays = 0;
  for (int k = 0; k < p->routines.n; k++)
    if (p->routines.at[k].kind == ROUTINE_GRAD) arrays += p->params.n;
  for (int k = 0; k < p->routines.n; k++) {
    const Routine *r = &p->routines.at[k];
    if (r->kind != ROUTINE_GRAD) continue;
    double affordable = WORK / arrays / (2 * evaluation_cost(t->e, value_of(r))) - 1;
    int most = affordable < 2 ? 2 : affordable > FEW ? FEW : (int)affordable;
    for (int i = 0; i < p->params.n; i++) {
      int64_t count = p->params.at[i].count;
      Slope s = {.loss = r->loss, .param = i, .step = t->test->params[i].spread * 0x1p-18};
      if (has_gradient(r, i)) s.probes = count <= most ? (int)count : most < PROBES ? most : PROBES;
      VEC_PUSH(t->cx, &t->test->slopes, s);
    }
  }
}

/* ---- errors ---- */

static double tolerance_of(double value, double moved) { return MARGIN * moved + ROUNDED * fabs(value); }

/* Values, and tolerances by how far they move under errors. */
static void measure_all(Trial *t) {
  int n = t->test->expected.n;
  double *value = ARENA_ARRAY(t->cx, double, n + 1), *moved = ARENA_ARRAY(t->cx, double, n + 1);
  double *shaken = ARENA_ARRAY(t->cx, double, n + 1);
  t->shake = 0;
  selftest_measure(t, value);
  for (t->shake = 1; t->shake <= SHAKES; t->shake++) {
    selftest_measure(t, shaken);
    for (int k = 0; k < n; k++)
      moved[k] = fabs(shaken[k] - value[k]) <= moved[k] ? moved[k] : fabs(shaken[k] - value[k]);
  }
  t->shake = 0;
  for (int k = 0; k < n; k++) {
    Expected *x = &t->test->expected.at[k];
    bool whole = x->kind == EXPECT_OUTPUT && t->p->routines.at[x->routine].integer;
    x->value = value[k];
    x->tolerance = whole ? 0.25 : tolerance_of(value[k], moved[k]);
    x->lost = !isfinite(x->value) || !isfinite(x->tolerance) || x->tolerance > 3e38 || fabs(x->value) > 3e38 ||
              (whole && moved[k] != 0);
  }
}

/* ---- quotients ---- */

static double loss_beside(Trial *t, Node *loss, const Slope *s, int64_t element, double h) {
  const double *start = t->start.params[s->param];
  Node *leaf = t->p->params.at[s->param].node;
  if (element >= 0) evaluation_set_one(t->e, leaf, element, start[element] + h);
  else {
    double *x = evaluation_writable(t->e, leaf);
    for (int64_t k = evaluation_count(t->e, leaf) - 1; k >= 0; k--)
      x[k] = start[k] + h * selftest_sign(t->test->seed, ARRAY_PARAM + (uint32_t)s->param, (uint32_t)k);
  }
  return evaluate(t->e, loss)[0];
}

static double quotient(Trial *t, Node *loss, const Slope *s, int64_t element) {
  double above = loss_beside(t, loss, s, element, s->step), below = loss_beside(t, loss, s, element, -s->step);
  evaluation_set(t->e, t->p->params.at[s->param].node, t->start.params[s->param]);
  return (above - below) / (2 * s->step);
}

static double largest_of(Trial *t, const Expected *x) {
  Node *n = selftest_root(t->p, x)->node;
  const double *g = evaluate(t->e, n);
  double most = 0;
  for (int64_t k = evaluation_count(t->e, n) - 1; k >= 0; k--) most = fmax(most, fabs(g[k]));
  return most;
}

/* The rows of one slope, from the k-th on. False where its quotients say nothing. */
static bool probe(Trial *t, Slope *s, int first) {
  Expected *rows = &t->test->expected.at[first];
  Node *loss = value_of(&t->p->routines.at[rows->routine]);
  double most = largest_of(t, rows), noise = 1e-15 * fabs(evaluate(t->e, loss)[0]) / s->step;
  bool fine = isfinite(most);
  s->tolerance = 0;
  for (int j = 0; j <= s->probes && fine; j++) {
    Expected *x = &rows[j];
    double unit = most * (x->element < 0 ? sqrt((double)t->p->params.at[s->param].count) : 1);
    double off = fabs(quotient(t, loss, s, x->element) - x->value), moved = x->tolerance + ROUNDED * unit + 4 * off;
    fine = !x->lost && off <= KINK * unit + noise && (x->tolerance <= BLURRED * unit || most <= noise);
    moved += 10 * noise;
    if (x->element < 0) s->along = moved;
    else s->tolerance = fmax(s->tolerance, moved);
  }
  return fine;
}

/* The number of slopes of which quotients say nothing; the rows of the others are marked. */
static int probe_all(Trial *t) {
  Selftest *test = t->test;
  int bad = 0, row = 0;
  selftest_place(t, &t->start, 0, 0);
  for (int i = 0; i < test->slopes.n; i++) {
    Slope *s = &test->slopes.at[i];
    if (!s->probes) continue;
    while (test->expected.at[row].kind != EXPECT_GRADIENT) row++;
    bool fine = probe(t, s, row);
    for (int k = 0; k <= s->probes; k++) test->expected.at[row++].probed = fine;
    if (fine) continue;
    s->probes = -1;
    bad++;
  }
  return bad;
}

/* ---- what is said ---- */

static void note(Trial *t, const char *text) { VEC_PUSH(t->cx, &t->test->notes, text); }

static int lost_of(const Selftest *test, bool of_steps) {
  int n = 0;
  for (int k = 0; k < test->expected.n; k++)
    n += test->expected.at[k].lost && !test->expected.at[k].probed && !test->expected.at[k].point &&
         (test->expected.at[k].routine < 0) == of_steps;
  return n;
}

/* Rows that are left out go, and a line says so. */
static void finish(Trial *t) {
  Selftest *test = t->test;
  const Program *p = t->p;
  int values = lost_of(test, false), steps = lost_of(test, true), kept = 0;
  for (int i = 0; i < test->slopes.n; i++)
    if (test->slopes.at[i].probes < 0)
      note(t,
           arena_printf(t->cx,
                        "gradient of %s by %s: against stored values; difference quotients do not follow it (stop(), "
                        "a kink, or few digits are left)",
                        p->losses.at[test->slopes.at[i].loss], p->params.at[test->slopes.at[i].param].path));
  if (values)
    note(t, arena_printf(t->cx, "%d value%s at the point left out: not finite, or rounding decides", values,
                         values == 1 ? " is" : "s are"));
  if (steps)
    note(t, arena_printf(t->cx, "%d value%s after steps left out: not finite, or rounding decides", steps,
                         steps == 1 ? " is" : "s are"));
  if (!t->train && p->objectives.n)
    note(t, p->objectives.at[0].full ? "no steps: a full-batch method trains in the runtime, on all rows at once"
                                     : "no steps: an optimizer starts from several numbers");
  for (int k = 0; k < test->expected.n; k++)
    if (!test->expected.at[k].lost && !test->expected.at[k].probed) test->expected.at[kept++] = test->expected.at[k];
  test->expected.n = kept;
  selftest_add_start(t);
}

/* ---- points ---- */

static int steps_of(const Program *p) {
  int longest = 1;
  for (int o = 0; o < p->objectives.n; o++)
    if (p->objectives.at[o].every > longest) longest = p->objectives.at[o].every;
  return longest == 1 ? STEPS : longest + 1 < LONG ? longest + 1 : LONG;
}

static Selftest *test_new(Trial *t, uint32_t seed, int manner) {
  const Program *p = t->p;
  Selftest *test = t->test = ARENA_NEW(t->cx, Selftest);
  test->seed = seed;
  test->examples = t->examples;
  test->params = ARENA_ARRAY(t->cx, Spread, p->params.n + 1);
  test->states = ARENA_ARRAY(t->cx, Spread, p->states.n + 1);
  test->inputs = ARENA_ARRAY(t->cx, Spread, p->inputs.n + 1);
  test->steps = t->train ? steps_of(p) : 0;
  selftest_spread(t, manner);
  selftest_point(t, 0);
  return test;
}

/* What is wrong with a point: 0 is a perfect one. */
static int try_point(Trial *t, uint32_t seed, int manner) {
  test_new(t, seed, manner);
  plan_slopes(t);
  selftest_list(t);
  measure_all(t);
  int bad = probe_all(t);
  return bad + UNFIT * (lost_of(t->test, false) + lost_of(t->test, true));
}

static NodeList nodes_of(const Program *p) {
  VEC(Node *) roots = {0};
  for (int k = 0; k < p->routines.n; k++)
    for (int i = 0; i < p->routines.at[k].nroots; i++) VEC_PUSH(p->cx, &roots, p->routines.at[k].roots[i].node);
  return roots.n ? graph_order(p->cx, roots.at, roots.n) : (NodeList){0};
}

static double cost_of(const Program *p, Evaluation *e) {
  double cost = 0;
  for (int k = 0; k < p->routines.n; k++)
    for (int i = 0; i < p->routines.at[k].nroots && p->routines.at[k].kind != ROUTINE_METRIC; i++)
      if (p->routines.at[k].kind != ROUTINE_GRAD || i == p->routines.at[k].nroots - 1)
        cost += evaluation_cost(e, p->routines.at[k].roots[i].node);
  return cost;
}

/* Many where they cost little: a class that is chosen, or a test that holds, shows little of what it follows from. */
static void choose_examples(Trial *t) {
  static const int counts[] = {8, 3, 2};
  static const double most_cost[] = {LITTLE, EXAMPLE, INFINITY};
  int most = t->p->train.batch > 0 ? t->p->train.batch : 1;
  for (int k = 0; k < 3; k++) {
    t->examples = most < counts[k] ? most : counts[k];
    t->points = k ? FEW_POINTS : POINTS;
    t->e = evaluation_new(t->p->graph, t->examples, 1);
    if (cost_of(t->p, t->e) <= most_cost[k]) return;
  }
}

/* Can the steps be made? Full-batch methods do not run in the model's own code. */
static bool can_train(const Program *p) {
  if (!p->objectives.n || p->objectives.at[0].full) return false;
  for (int o = 0; o < p->objectives.n; o++)
    for (int g = 0; g < p->objectives.at[o].ngroups; g++)
      for (int s = 0; s < p->objectives.at[o].groups[g].nstages; s++)
        for (int k = 0; k < p->objectives.at[o].groups[g].stages[s].nslots; k++) {
          const Start *start = &p->objectives.at[o].groups[g].stages[s].slots[k].start;
          if (start->kind != START_ZERO && !(start->kind == START_VALUES && start->uniform_value)) return false;
        }
  return true;
}

Selftest *selftest_make(Program *p, const int64_t *offsets) {
  Trial t = {.p = p, .cx = p->cx, .offsets = offsets, .nodes = nodes_of(p), .train = can_train(p)};
  choose_examples(&t);
  double cost = cost_of(p, t.e) * (1 + SHAKES) * (2 + steps_of(p)) + WORK;
  int attempts = (int)fmin(MANNERS * SEEDS, fmax(2, MOST_WORK / cost)), least = 0;
  Selftest *best = NULL;
  for (int k = 0; k < attempts && (!best || least); k++) {
    int wrong = try_point(&t, (uint32_t)(1 + k / MANNERS), k % MANNERS);
    if (!best || wrong < least) best = t.test, least = wrong;
    if (k && least < UNFIT) break; /* what is left is in the model: another point has it too */
  }
  t.test = best;
  finish(&t);
  return best;
}
