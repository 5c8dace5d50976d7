/* judge: what the compiler says of random models, and what their C must compute.
 *
 * In: a folder and model files NAME.nn. For each, in a process of its own:
 *   - the model must be accepted, and `nnc check`'s difference quotients must agree with every gradient;
 *   - each loss, output and metric is evaluated before simplification and after: rules must change no value;
 *   - all results are evaluated at random points in double precision: FOLDER/NAME.points;
 *   - C is written in four ways, into FOLDER: NAMEa.c as nnc writes it, NAMEb.c without reuse of memory, and again
 *     with all digits of every constant, for a build in double: NAMEc.c as it is, NAMEd.c without fusion.
 * Out: a line `NAME verdict`, and FOLDER/NAME.log where the verdict is not ok: refused, slow, crash, gradient,
 * rewritten, or unfit where the model's values are not finite or too large to say anything.
 *
 * NAME.points holds records `kind.name count slack beyond\n` and then count doubles. `slack` is how far the result
 * moves where the point moves by the rounding of a float: the error that a build in float cannot help; `beyond` is 1
 * where a value on the way is beyond the range of floats, or nearer to 1 than they tell, where something is chosen by
 * values. Record `point` starts a point and holds its number of examples. */
#include <fenv.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check/check.h"
#include "check/point.h"
#include "emit/emit.h"
#include "emit/name.h"
#include "evaluate/evaluate.h"
#include "nn.h"
#include "model/model.h"
#include "derive/derive.h"
#include "simplify/simplify.h"

extern const char prelude_text[];
extern const unsigned prelude_length;

enum { SECONDS = 60, ATTEMPTS = 8, NUDGES = 2 };
enum { FINE, REFUSED = 1, GRADIENT = 10, REWRITTEN, UNFIT };

static const double largest_value = 1e6, largest_on_the_way = 1e37; /* the largest float is 3e38 */
static const int examples_of_point[] = {3, 1};

/* ---- constants with all their digits: the linker puts this in the way of the emitter's own (--wrap) ---- */

static bool wide;

const char *__real_c_float(Context *cx, double x);
const char *__wrap_c_float(Context *cx, double x);
const char *__real_c_real(const Emitter *em, double x);
const char *__wrap_c_real(const Emitter *em, double x);

static const char *all_digits(Context *cx, double x) {
  char *s = arena_printf(cx, "%.17g", x);
  return strpbrk(s, ".e") ? s : arena_printf(cx, "%s.0", s);
}

const char *__wrap_c_float(Context *cx, double x) {
  return wide && isfinite(x) ? all_digits(cx, x) : __real_c_float(cx, x);
}

const char *__wrap_c_real(const Emitter *em, double x) {
  return wide && isfinite(x) ? all_digits(em->cx, x) : __real_c_real(em, x);
}

/* ---- a point ---- */

typedef struct Judge {
  Program *p;
  const char *folder, *name;
  Node **plain; /* by routine: its value before simplification, or NULL where that holds a derivative */
  Evaluation *e;
  int64_t examples;
  NodeList leaves;
  FILE *out;
} Judge;

/* An integer input may hold any int32; every other attempt at a point begins with those at which arithmetic wraps. */
static double drawn_integer(double u, uint64_t seed, uint64_t stream, int64_t k) {
  static const double extremes[] = {INT32_MIN, INT32_MAX,  INT32_MIN + 1.0, INT32_MAX - 1.0, -1,    0,
                                    536870912, -536870912, 65536,           46341,           -46341};
  if (seed % 2 == 0) return floor(u * 10);
  double which = point_uniform(seed, stream + 500, (uint64_t)k) * 16;
  if (which < 11) return extremes[(int)which];
  return which < 14 ? floor(u * 10) - 3 : floor((u - 0.5) * 4294967296.0);
}

static double drawn(const Judge *j, const Node *n, uint64_t seed, int64_t k) {
  uint64_t stream = 3 * (uint64_t)n->item + (n->kind == NODE_PARAM ? 0 : n->kind == NODE_INPUT ? 1 : 2);
  if (n->kind == NODE_STATE) return (float)(0.4 + point_uniform(seed, stream, (uint64_t)k)); /* may be a variance */
  if (n->kind != NODE_INPUT) return (float)(0.6 * point_normal(seed, stream, (uint64_t)k) + 0.05);
  const Input *input = &j->p->inputs.at[n->item];
  double u = point_uniform(seed, stream, (uint64_t)k);
  switch (input->kind) {
  case INPUT_CLASS: return floor(u * input->classes);
  case INPUT_INT: return drawn_integer(u, seed, stream, k);
  case INPUT_BIT: return u < 0.5;
  case INPUT_EXTENT: return 1 + floor(u * input->classes);
  default: return (float)point_normal(seed, stream, (uint64_t)k);
  }
}

/* The noise of a draw as generated C has it, with the seed and the step that run.c gives it. */
static void set_noise(Judge *j, const Node *n, double *x) {
  (n->item % 2 ? nn_draw_normal_double : nn_draw_uniform_double)(
    x, (size_t)evaluation_count(j->e, n), n->item % 2 ? 0 : 0x1p-25, 1, 1, NN_STREAM(n->item / 2 + 1, 0));
}

/* The point of this seed; with a nudge, real values are off by about the rounding of a float. */
static void set_leaves(Judge *j, uint64_t seed, uint64_t nudge) {
  for (int i = 0; i < j->leaves.n; i++) {
    Node *n = j->leaves.at[i];
    double *x = evaluation_writable(j->e, n);
    bool whole = n->kind == NODE_INPUT && j->p->inputs.at[n->item].kind != INPUT_REAL;
    if (n->kind == NODE_DRAW) set_noise(j, n, x);
    if (n->kind == NODE_STEP) *x = 1; /* run.c has taken none */
    for (int64_t k = n->kind == NODE_STEP ? -1 : evaluation_count(j->e, n) - 1; k >= 0; k--) {
      if (n->kind != NODE_DRAW) x[k] = drawn(j, n, seed, k);
      if (nudge && !whole) x[k] *= 1 + ldexp(point_normal(1000 + nudge, (uint64_t)i, (uint64_t)k), -23);
    }
  }
}

/* Inputs, parameters, states, the noise of draws and the step, before simplification and after. */
static NodeList leaves_of(Program *p, Node **plain) {
  NodeList list = {0}, roots = {0};
  for (int k = 0; k < p->inputs.n; k++) VEC_PUSH(p->cx, &list, p->inputs.at[k].node);
  for (int k = 0; k < p->params.n; k++) VEC_PUSH(p->cx, &list, p->params.at[k].node);
  for (int k = 0; k < p->states.n; k++) VEC_PUSH(p->cx, &list, p->states.at[k].node);
  for (int r = 0; r < p->routines.n; r++) {
    if (plain[r]) VEC_PUSH(p->cx, &roots, plain[r]);
    for (int k = 0; k < p->routines.at[r].nroots; k++) VEC_PUSH(p->cx, &roots, p->routines.at[r].roots[k].node);
  }
  NodeList all = graph_order(p->cx, roots.at, roots.n);
  for (int k = 0; k < all.n; k++)
    if (all.at[k]->kind == NODE_DRAW || all.at[k]->kind == NODE_STEP) VEC_PUSH(p->cx, &list, all.at[k]);
  return list;
}

/* Are all results finite, and none too large? */
static bool point_is_fit(Judge *j) {
  for (int r = 0; r < j->p->routines.n; r++) {
    const Routine *f = &j->p->routines.at[r];
    for (int k = 0; k < f->nroots; k++) {
      const double *y = evaluate(j->e, f->roots[k].node);
      for (int64_t i = evaluation_count(j->e, f->roots[k].node) - 1; i >= 0; i--)
        if (!(fabs(y[i]) < largest_value)) return fprintf(stderr, "a result of %s is %g\n", f->name, y[i]), false;
    }
  }
  return true;
}

/* ---- results ---- */

typedef struct Result {
  const char *kind, *name;
  Node *node;
  double *values, slack;
  bool beyond;
} Result;

typedef VEC(Result) Results;

static Result result_of(Judge *j, const Routine *f, const Root *root) {
  static const char *const kinds[] = {"loss", "training", "out", "metric"};
  Result r = {.kind = kinds[f->kind], .name = f->name, .node = root->node};
  if (root->dest == DEST_GRAD || root->dest == DEST_NEXT_STATE) {
    bool is_gradient = root->dest == DEST_GRAD;
    r.kind = is_gradient ? "grad" : "next";
    const Leaf *leaf = is_gradient ? &j->p->params.at[root->item] : &j->p->states.at[root->item];
    r.name = arena_printf(j->p->cx, "%s.%s", f->name, leaf->path);
  }
  return r;
}

static Results results_of(Judge *j) {
  Results list = {0};
  for (int r = 0; r < j->p->routines.n; r++)
    for (int k = 0; k < j->p->routines.at[r].nroots; k++)
      VEC_PUSH(j->p->cx, &list, result_of(j, &j->p->routines.at[r], &j->p->routines.at[r].roots[k]));
  return list;
}

/* Evaluates all results: into values, or, where those are there, how far it is from them into slack. */
static void take(Judge *j, Results *list) {
  for (int r = 0; r < list->n; r++) {
    Result *result = &list->at[r];
    int64_t count = evaluation_count(j->e, result->node);
    const double *y = evaluate(j->e, result->node);
    bool first = !result->values;
    if (first) result->values = arena_copy(j->p->cx, y, sizeof *y * (size_t)(count ? count : 1));
    for (int64_t k = 0; k < count && !first; k++) {
      double moved = fabs(y[k] - result->values[k]);
      if (!(moved <= result->slack)) result->slack = isfinite(moved) ? moved : INFINITY;
    }
  }
}

static bool chooses(const Node *n) {
  if (n->kind != NODE_MAP) return false;
  return n->reduction == RED_ARGMAX || n->reduction == RED_ARGMIN || (n->op >= OP_LT && n->op <= OP_NOT);
}

/* What a float can't hold: the range, or, where it decides, how far it is from 1. Values inside of a loop are not
 * looked at. */
static bool leaves_floats(Judge *j, Node *result) {
  NodeList list = graph_order(j->p->cx, &result, 1);
  bool choice = false;
  for (int i = 0; i < list.n; i++) choice = choice || chooses(list.at[i]);
  for (int i = 0; i < list.n; i++) {
    const Node *n = list.at[i];
    if (n->inside || n->kind == NODE_PREV) continue;
    const double *y = evaluate(j->e, list.at[i]);
    bool saturates = choice && n->kind == NODE_MAP && (n->op == OP_TANH || n->op == OP_SIGMOID || n->op == OP_ERF);
    for (int64_t k = evaluation_count(j->e, n) - 1; k >= 0; k--)
      if ((fabs(y[k]) > largest_on_the_way && isfinite(y[k])) || (saturates && fabs(y[k]) > 1 - 1e-6)) return true;
  }
  return false;
}

static void put(Judge *j, const char *kind, const char *name, int64_t count, double slack, bool beyond,
                const double *values) {
  fprintf(j->out, "%s%s%s %lld %.17g %d\n", kind, name ? "." : "", name ? name : "", (long long)count, slack, beyond);
  fwrite(values, sizeof *values, (size_t)count, j->out);
}

static void put_leaves(Judge *j) {
  Program *p = j->p;
  double examples = (double)j->examples;
  put(j, "point", NULL, 1, 0, false, &examples);
  for (int i = 0; i < j->leaves.n; i++) {
    const Node *n = j->leaves.at[i];
    if (n->kind == NODE_DRAW || n->kind == NODE_STEP) continue;
    const char *kind = n->kind == NODE_INPUT ? "in" : n->kind == NODE_PARAM ? "param" : "state";
    const char *name = n->kind == NODE_INPUT   ? p->inputs.at[n->item].name
                       : n->kind == NODE_PARAM ? p->params.at[n->item].path
                                               : p->states.at[n->item].path;
    put(j, kind, name, evaluation_count(j->e, n), 0, false, evaluate(j->e, j->leaves.at[i]));
  }
}

/* ---- what simplification must not change ---- */

/* How far the values of the node lie apart in the four rounding modes: a naive formula may lose digits. */
static double spread_of(Judge *j, Node *node, uint64_t seed, const double *nearest, int64_t count) {
  static const int modes[] = {FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO};
  double most = 0;
  for (size_t m = 0; m < sizeof modes / sizeof *modes; m++) {
    Judge other = *j;
    other.e = evaluation_new(j->p->graph, j->examples, 1);
    set_leaves(&other, seed, 0);
    fesetround(modes[m]);
    const double *y = evaluate(other.e, node);
    fesetround(FE_TONEAREST);
    for (int64_t k = 0; k < count; k++) most = fmax(most, isfinite(y[k]) ? fabs(y[k] - nearest[k]) : INFINITY);
  }
  return most;
}

static bool same_values(Judge *j, Node *before, const Result *after, uint64_t seed) {
  const double *x = evaluate(j->e, before);
  int64_t count = evaluation_count(j->e, before), at = -1;
  double scale = 0, worst = 0;
  for (int64_t k = 0; k < count; k++) {
    if (!isfinite(x[k])) return true; /* what rules are for */
    scale = fmax(scale, fabs(x[k]));
    if (!(fabs(x[k] - after->values[k]) <= worst)) worst = fabs(x[k] - after->values[k]), at = k;
  }
  double allowed = 1e-9 * scale + 1e-6 * after->slack + 1e-12;
  if (worst <= allowed || worst <= allowed + 4 * spread_of(j, before, seed, x, count)) return true;
  fprintf(stderr, "%s.%s: element %lld is %.12g before simplification, %.12g after\n", after->kind, after->name,
          (long long)at, x[at], after->values[at]);
  return false;
}

/* The first root of each routine is its value; the results begin with it. */
static bool rules_kept_values(Judge *j, const Results *list, uint64_t seed) {
  int at = 0;
  for (int r = 0; r < j->p->routines.n; at += j->p->routines.at[r].nroots, r++) {
    if (!j->plain[r] || evaluation_missing(j->e, j->plain[r])) continue;
    if (!same_values(j, j->plain[r], &list->at[at], seed)) return false;
  }
  return true;
}

/* ---- a gradient that is 0 at every point ---- */

static double value_of(Judge *j, const Routine *f) { return evaluate(j->e, f->roots[0].node)[0]; }

/* Does the loss rise along a direction of the parameter and fall against it, or the other way round? Where it rises on
 * both sides, or on one only, as max(stop(w), w) does, a gradient of 0 lies between the slopes. */
static bool loss_moves(Judge *j, const Routine *f, Node *leaf, uint64_t seed) {
  evaluation_hold_stops(j->e, false);
  set_leaves(j, seed, 0);
  double here = value_of(j, f), moved[2], least = 1e-8 * (1 + fabs(here));
  evaluation_hold_stops(j->e, true);
  for (int side = 0; side < 2; side++) {
    double *x = evaluation_writable(j->e, leaf), step = side ? -2e-3 : 1e-3;
    for (int64_t k = evaluation_count(j->e, leaf) - 1; k >= 0; k--) x[k] += step * point_normal(seed, 99, (uint64_t)k);
    moved[side] = value_of(j, f) - here;
  }
  evaluation_hold_stops(j->e, false);
  return (moved[0] > least && moved[1] < -least) || (moved[0] < -least && moved[1] > least);
}

static bool is_zero_here(Judge *j, Node *gradient) {
  const double *y = evaluate(j->e, gradient);
  for (int64_t k = evaluation_count(j->e, gradient) - 1; k >= 0; k--)
    if (y[k] != 0) return false;
  return true;
}

static bool zero_gradients_are_right(Judge *j) {
  Program *p = j->p;
  for (int r = 0; r < p->routines.n; r++)
    for (int k = 0; k < p->routines.at[r].nroots; k++) {
      const Routine *f = &p->routines.at[r];
      if (f->roots[k].dest != DEST_GRAD) continue;
      Node *leaf = p->params.at[f->roots[k].item].node;
      int suspicious = 0;
      for (uint64_t seed = 1; seed <= 3; seed++) {
        set_leaves(j, seed, 0);
        suspicious += is_zero_here(j, f->roots[k].node) && loss_moves(j, f, leaf, seed);
      }
      if (suspicious < 3) continue;
      fprintf(stderr, "the gradient of %s by %s is 0, but the loss moves with it\n", f->name,
              p->params.at[f->roots[k].item].path);
      return false;
    }
  return true;
}

/* ---- one model ---- */

/* Two points; what is not fit at either says nothing. */
static int put_points(Judge *j) {
  for (int k = 0; k < (int)(sizeof examples_of_point / sizeof *examples_of_point); k++) {
    j->examples = examples_of_point[k];
    j->e = evaluation_new(j->p->graph, j->examples, 1);
    uint64_t seed = 1 + (uint64_t)(ATTEMPTS * k), last = seed + ATTEMPTS;
    for (set_leaves(j, seed, 0); seed < last && !point_is_fit(j); set_leaves(j, seed, 0)) seed++;
    if (seed == last) return UNFIT;
    put_leaves(j);
    Results list = results_of(j);
    take(j, &list);
    for (uint64_t nudge = 1; nudge <= NUDGES; nudge++) {
      set_leaves(j, seed, nudge);
      take(j, &list);
    }
    set_leaves(j, seed, 0);
    for (int r = 0; r < list.n; r++) list.at[r].beyond = leaves_floats(j, list.at[r].node);
    for (int r = 0; r < list.n; r++)
      put(j, list.at[r].kind, list.at[r].name, evaluation_count(j->e, list.at[r].node), list.at[r].slack,
          list.at[r].beyond, list.at[r].values);
    if (!rules_kept_values(j, &list, seed)) return REWRITTEN;
  }
  return FINE;
}

/* A quotient is the difference of two doubles of up to 10 over a step of 1e-5: a few times 1e-10 of it are rounding. */
static bool is_excused(const Finding *f) {
  if (!f->reason) return fabs(f->gradient - f->quotient) < 1e-9;
  return strstr(f->reason, "zero everywhere") || strstr(f->reason, "all of them at kinks");
}

/* What nnc check says; a gradient of 0 everywhere is looked at here, and a point at a kink is nobody's fault. */
static int check_quotients(Judge *j) {
  Findings all = check_program(j->p, 0);
  int verdict = FINE;
  for (int k = 0; k < all.n; k++) {
    const Finding *f = &all.at[k];
    Text line = {.cx = j->p->cx};
    if (f->verdict != VERDICT_FAILS || is_excused(f)) continue;
    print_finding(f, &line);
    fputs(line.data, stderr);
    verdict = f->reason && strstr(f->reason, "not finite at any point") ? UNFIT : GRADIENT;
    if (verdict == GRADIENT) return verdict;
  }
  return verdict || zero_gradients_are_right(j) ? verdict : GRADIENT;
}

/* The C of one variant, in a process of its own: nothing of it reaches the others. */
static int write_variant(Judge *j, char suffix) {
  pid_t child = fork();
  int status = 0;
  if (child > 0) return waitpid(child, &status, 0) == child && status == 0 ? FINE : REFUSED;
  Context *cx = j->p->cx;
  Options options = {.max_memory = 1e9, .no_reuse = suffix == 'b', .no_fuse = suffix == 'd'};
  Text header = {.cx = cx}, source = {.cx = cx};
  wide = suffix >= 'c';
  j->p->name = j->p->header = arena_printf(cx, "%s%c", j->name, suffix);
  simplify_to_float(j->p, &options);
  simplify_padding(j->p, &options);
  emit_c(j->p, &options, &header, &source);
  if (error_count(cx)) _exit(1);
  bool failed = write_file(arena_printf(cx, "%s/%s.h", j->folder, j->p->header), header.data, header.length) ||
                write_file(arena_printf(cx, "%s/%s.c", j->folder, j->p->header), source.data, source.length);
  _exit(failed);
}

static int judge(Judge *j, Context *cx, const Block *prelude, const char *path) {
  Options options = {.max_memory = 1e9};
  Source *source = source_read(cx, path);
  if (!source) return perror(path), REFUSED;
  Block model = parse(cx, source);
  j->p = error_count(cx) ? NULL : model_program(cx, prelude, &model, path, &options);
  if (!j->p || error_count(cx)) return REFUSED;
  j->plain = ARENA_ARRAY(cx, Node *, j->p->routines.n + 1);
  for (int r = 0; r < j->p->routines.n; r++) j->plain[r] = j->p->routines.at[r].roots[0].node;
  simplify_values(j->p, &options);
  derive_gradients(j->p, &options);
  simplify_gradients(j->p, &options);
  derive_products(j->p, &options);
  simplify_products(j->p, &options);
  simplify_forms(j->p, &options);
  if (error_count(cx)) return REFUSED;
  for (const char *suffix = "abcd"; *suffix; suffix++)
    if (write_variant(j, *suffix)) return abort(), REFUSED;
  j->leaves = leaves_of(j->p, j->plain);
  j->out = fopen(arena_printf(cx, "%s/%s.points", j->folder, j->name), "wb");
  if (!j->out) return perror(j->folder), REFUSED;
  int verdict = put_points(j);
  fclose(j->out);
  return verdict ? verdict : check_quotients(j);
}

static const char *name_of(Context *cx, const char *path) {
  const char *slash = strrchr(path, '/');
  char *name = arena_printf(cx, "%s", slash ? slash + 1 : path), *dot = strrchr(name, '.');
  if (dot) *dot = 0;
  return name;
}

static const char *verdict_of(int status) {
  static const struct {
    int code;
    const char *text;
  } table[] = {{FINE, "ok"}, {REFUSED, "refused"}, {GRADIENT, "gradient"}, {REWRITTEN, "rewritten"}, {UNFIT, "unfit"}};
  if (WIFSIGNALED(status)) return WTERMSIG(status) == SIGALRM ? "slow" : "crash";
  for (size_t k = 0; k < sizeof table / sizeof *table; k++)
    if (WEXITSTATUS(status) == table[k].code) return table[k].text;
  return "crash";
}

int main(int argc, char **argv) {
  Context *cx = context_new();
  if (argc < 3) return fprintf(stderr, "usage: judge FOLDER MODEL.nn...\n"), 2;
  reduction_mark_names(cx);
  Block prelude = parse(cx, source_from_text(cx, "<prelude>", prelude_text, prelude_length));
  for (int k = 2; k < argc; k++) {
    Judge j = {.folder = argv[1], .name = name_of(cx, argv[k])};
    int status = 0;
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
      alarm(SECONDS);
      if (!freopen(arena_printf(cx, "%s/%s.log", j.folder, j.name), "w", stderr)) _exit(2);
      setvbuf(stderr, NULL, _IONBF, 0);
      _exit(judge(&j, cx, &prelude, argv[k]));
    }
    if (child < 0 || waitpid(child, &status, 0) != child) return perror("judge"), 2;
    printf("%s %s\n", j.name, verdict_of(status));
  }
  return 0;
}
