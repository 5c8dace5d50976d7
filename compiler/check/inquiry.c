/* inquiry.c: does an edited derivation agree with the truth?
 *
 * In: an edited formula, or an edited definition that leads to it. Out: suspects, which agree at the few stored points,
 * the refuting one among them; and the best of them of which the corrected check is proved or holds at many points.
 *
 * The points are stored as evaluations of their own. What the model computes is computed there once; of an edit only
 * what is new is, so that thousands of edits can be tried. */
#include "build/build.h"
#include "check/cause.h"
#include "prove/prove.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MOST_COST    6e6   /* of one evaluation, in terms to be summed */
#define NODE         2000  /* ... each node that it makes */
#define READING      100000 /* ... what it takes to read and simplify one edited formula */
#define MOST_SECONDS 1     /* of processor time, where the work is not what was thought */
#define TOLERANCE    1e-8
#define ATTEMPTS     12 /* to draw a point where both sides have values */
#define MOST_JUDGED  6  /* suspects of one inquiry */
#define POINTS       60
#define FEWEST       3
#define BRANCH_WORK  1e7

/* ---- the stored points ---- */

static bool is_leaf(const Node *n) {
  return n->kind == NODE_INPUT || n->kind == NODE_PARAM || n->kind == NODE_STATE || n->kind == NODE_DRAW ||
         n->kind == NODE_STEP;
}

/* All that a formula may read: the leaves of the program, and those of the sides. */
static NodeList all_leaves(const Sides *s) {
  const Program *p = s->p;
  NodeList list = {0};
  for (int k = 0; k < p->inputs.n; k++) VEC_PUSH(p->cx, &list, p->inputs.at[k].node);
  for (int k = 0; k < p->params.n; k++) VEC_PUSH(p->cx, &list, p->params.at[k].node);
  for (int k = 0; k < p->states.n; k++) VEC_PUSH(p->cx, &list, p->states.at[k].node);
  for (int k = 0; k < s->needed.n; k++)
    if (s->needed.at[k]->kind == NODE_DRAW || s->needed.at[k]->kind == NODE_STEP)
      VEC_PUSH(p->cx, &list, s->needed.at[k]);
  return list;
}

static double *values_of(Inquiry *q, Evaluation *e, Read *r) {
  return arena_copy(q->cx, evaluate(e, build_tensor(q->p->graph, r, q->nvars, q->vars)),
                    sizeof(double) * (size_t)q->count);
}

static double largest(const double *x, int64_t count) {
  double most = 0;
  for (int64_t k = 0; k < count; k++)
    if (isfinite(x[k])) most = fmax(most, fabs(x[k]));
  return most;
}

static bool any_finite(const double *x, int64_t count) {
  for (int64_t k = 0; k < count; k++)
    if (isfinite(x[k])) return true;
  return false;
}

static void keep_point(Inquiry *q, Evaluation *e, Read *given) {
  int k = q->ncases++;
  q->at[k] = e;
  q->target[k] = values_of(q, e, q->truth);
  q->given[k] = values_of(q, e, given);
  q->scale[k] = fmax(largest(q->target[k], q->count), largest(q->given[k], q->count));
}

/* The point that refutes, as it is in s; then plain ones. */
static void store_points(Inquiry *q, Sides *s, Read *given) {
  NodeList leaves = all_leaves(s);
  Manner manner = s->manner;
  manner.point = POINT_PLAIN;
  manner.scale = 1;
  for (int k = 0, seed = 1; k < MOST_CASES && seed < ATTEMPTS; seed++) {
    Evaluation *e = evaluation_new(q->p->graph, s->examples, 1);
    manner.kind = (s->manner.kind + seed / 8) % MANNER_COUNT;
    point_draw(q->p, e, leaves.at, leaves.n, (uint64_t)(777000 + seed), &manner);
    for (int i = 0; k == 0 && i < s->needed.n; i++)
      if (is_leaf(s->needed.at[i])) evaluation_set(e, s->needed.at[i], evaluate(s->e, s->needed.at[i]));
    q->count = evaluation_count(e, build_tensor(q->p->graph, q->truth, q->nvars, q->vars));
    if (k && !any_finite(values_of(q, e, q->truth), q->count)) continue;
    keep_point(q, e, given);
    k++;
  }
}

bool inquiry_begin(Inquiry *q, Sides *s, bool left) {
  const Check *c = s->check;
  Read *given;
  if (s->places[0] || s->infinite || s->cost > MOST_COST) return false;
  q->p = s->p;
  q->cx = s->p->cx;
  q->check = c;
  q->left = left;
  q->side = left ? c->stmt->value : c->stmt->value2;
  q->simplifier = simplify_begin(q->p);
  q->known = claim_known(c);
  q->truth = simplify_read(q->simplifier, left ? c->b : c->a);
  given = simplify_read(q->simplifier, left ? c->a : c->b);
  q->vars[q->nvars++] = q->p->graph->batch_var;
  for (int k = 0; k < c->nvars; k++) q->vars[q->nvars++] = c->vars[k];
  q->start = clock();
  store_points(q, s, given);
  double most = 0;
  for (int k = 0; k < q->ncases; k++) most = fmax(most, largest(q->target[k], q->count));
  return q->ncases > 1 && most > 0; /* anything is 0 times or minus itself */
}

/* ---- one edit ---- */

/* The definitions from the edited one on, that one with its new formula. */
static Block edited_lines(const Inquiry *q, int line, const Expr *root) {
  Block b = {ARENA_ARRAY(q->cx, Stmt *, q->lines.n), q->lines.n - line};
  memcpy(b.at, q->lines.at + line, sizeof(Stmt *) * (size_t)b.n);
  b.at[0] = arena_copy(q->cx, b.at[0], sizeof(Stmt));
  b.at[0]->value = (Expr *)root;
  return b;
}

Read *inquiry_read(Inquiry *q, int line, const Expr *root) {
  Block lines = {0};
  if (line >= 0) lines = edited_lines(q, line, root);
  size_t before = q->p->graph->nnodes;
  q->work -= READING * (1 + lines.n);
  if (clock() - q->start > MOST_SECONDS * CLOCKS_PER_SEC) q->work = 0;
  Read *naive = claim_read(q->check, lines.n ? &lines : NULL, line < 0 ? root : q->side);
  if (!naive) return NULL;
  int errors = error_count(q->cx);
  Read *r = simplify_read(q->simplifier, naive);
  q->work -= NODE * (double)(q->p->graph->nnodes - before);
  return error_count(q->cx) > errors ? NULL : r;
}

static bool same_values(const double *x, const double *y, int64_t count, double scale) {
  for (int64_t k = 0; k < count; k++)
    if (isfinite(x[k]) ? !(fabs(x[k] - y[k]) <= TOLERANCE * scale) : isinf(x[k]) && x[k] != y[k]) return false;
  return true;
}

bool inquiry_agrees(Inquiry *q, Read *value) {
  Node *n = build_tensor(q->p->graph, value, q->nvars, q->vars);
  for (int k = 0; k < q->ncases; k++) {
    const double *x = evaluate_more(q->at[k], n, &q->work);
    q->work -= (double)q->count;
    if (!x || !same_values(q->target[k], x, q->count, q->scale[k])) return false;
  }
  return true;
}

void inquiry_try_root(Inquiry *q, const Site *at, const Expr *root, Edit edit) {
  if (q->work <= 0 || root == at->root) return;
  Read *value = inquiry_read(q, at->line, root);
  if (!value || !inquiry_agrees(q, value)) return;
  Suspect suspect = {edit, root, at->line, NULL, value, false, false};
  VEC_PUSH(q->cx, &q->suspects, suspect);
}

void inquiry_try(Inquiry *q, const Site *at, const Expr *node, const Expr *by, Edit edit) {
  inquiry_try_root(q, at, edit_replaced(q->cx, at->root, node, by), edit);
}

const Known *inquiry_known(const Inquiry *q, const char *name) {
  for (int k = 0; k < q->known.n; k++)
    if (q->known.at[k].name == name) return &q->known.at[k];
  return NULL;
}

bool inquiry_is_wrong_line(const Inquiry *q, const char *name) {
  for (int line = 0; line < q->lines.n; line++)
    if (q->lines.at[line]->targets[0].name == name) return !q->right[line];
  return false;
}

/* How far a binder runs, by the arrays that it indexes alone. */
static int64_t extent_of(const Inquiry *q, const Expr *e, const char *name) {
  if (!e) return 0;
  const Known *known = e->kind == EXPR_INDEX && e->a->kind == EXPR_NAME ? inquiry_known(q, e->a->name) : NULL;
  for (int k = 0; known && k < e->nsubs && k < known->rank; k++)
    if (!e->subs[k].is_range && e->subs[k].first->kind == EXPR_NAME && e->subs[k].first->name == name)
      return known->axes[k].extent;
  int64_t extent = extent_of(q, e->a, name);
  if (!extent) extent = extent_of(q, e->b, name);
  for (int k = 0; !extent && k < e->nargs; k++) extent = extent_of(q, e->args[k].value, name);
  return extent;
}

int64_t inquiry_extent(const Inquiry *q, const Expr *e, int k) {
  const Expr *bound = e->binders[k].bound;
  const Known *known = bound && bound->kind == EXPR_NAME ? inquiry_known(q, bound->name) : NULL;
  if (bound)
    return bound->kind == EXPR_NUMBER ? (int64_t)bound->number : known && known->constant ? (int64_t)known->number : 0;
  return extent_of(q, e->a, e->binders[k].name);
}

/* ---- the best one ---- */

/* Are both equal, proved or at many points? As check/verdict.c would say. */
bool inquiry_holds(Inquiry *q, Read *truth, Read *value, bool *proved) {
  Point pt;
  const Node *edge;
  int agree = 0;
  *proved = false;
  Sides s = sides_make(q->p, q->check, truth, value);
  for (int k = 0; k < POINTS; k++) {
    PointVerdict v = sides_at(&s, k, &pt);
    if (v == POINT_REFUTES) return false;
    if (v == POINT_UNDEFINED) break;
    agree += v == POINT_AGREES;
  }
  if (agree < FEWEST || s.branchless || s.halves > 1) return false;
  *proved = prove_equal(q->p->graph, truth, value) != NO_PROOF;
  return *proved || (!sides_stay_apart(&s, &pt) && !sides_branches(&s, BRANCH_WORK, &pt, &edge));
}

static int by_cost(const void *a, const void *b) {
  const Suspect *x = a, *y = b;
  if (x->edit.cost != y->edit.cost) return x->edit.cost - y->edit.cost;
  return (int)x->root->span.start - (int)y->root->span.start;
}

/* What stands left of the `=` of a definition. */
static void add_target(Text *out, const Target *t) {
  text_add(out, t->name);
  for (int k = 0; k < t->nbinders; k++) text_printf(out, "%s%s", k ? ", " : "[", t->binders[k].name);
  if (t->nbinders) text_add(out, "]");
  text_add(out, " = ");
}

static const char *corrected_text(const Inquiry *q, const Suspect *s) {
  Text t = {.cx = q->cx};
  if (s->line >= 0) add_target(&t, q->lines.at[s->line]->targets);
  expr_print(&t, s->root);
  return t.data;
}

const char *inquiry_kind(CauseKind kind) {
  static const char *const names[] = {
#define X(id, name) name,
    CAUSE_KINDS(X)
#undef X
  };
  return names[kind];
}

static void describe(Inquiry *q, const Suspect *s, bool proved, Cause *out) {
  const char *what = s->edit.what ? expr_text(q->cx, s->edit.what) : "",
             *other = s->edit.other ? expr_text(q->cx, s->edit.other) : "";
  Text t = {.cx = q->cx};
  int line = 0, column;
  if (s->line >= 0) {
    span_position(q->lines.at[s->line]->span, &line, &column);
    text_printf(&t, "line %d, the first that is wrong: ", line);
  }
  text_printf(&t, s->edit.format, what, other);
  if (s->adjoint && q->loss->kind == EXPR_NAME)
    text_printf(&t, "; without that, %s is ∂%s/∂%s", q->lines.at[s->line]->targets[0].name, q->loss->name,
                s->adjoint->name);
  *out = (Cause){.kind = inquiry_kind(s->edit.kind),
                 .text = t.data,
                 .corrected = corrected_text(q, s),
                 .line = line,
                 .verdict = proved ? "proved" : "holds"};
}

/* Where an earlier definition, edited, is an adjoint, a later one is no first mistake. */
static void defer_later(Inquiry *q) {
  int first = q->lines.n;
  for (int k = 0; k < q->suspects.n; k++)
    if (q->suspects.at[k].adjoint && q->suspects.at[k].line < first) first = q->suspects.at[k].line;
  for (int k = 0; k < q->suspects.n; k++) {
    Suspect *s = &q->suspects.at[k];
    if (s->adjoint && s->line > first && !s->later) s->later = true, s->edit.cost += 4;
  }
}

/* Of suspects that are equally plausible, one that is proved is better than one that holds. */
bool inquiry_judge(Inquiry *q, int most, Cause *out) {
  const Suspect *best = NULL;
  bool proved = false;
  defer_later(q);
  if (q->suspects.n) qsort(q->suspects.at, (size_t)q->suspects.n, sizeof(Suspect), by_cost);
  for (int k = 0; k < q->suspects.n && k < MOST_JUDGED && !proved; k++) {
    Suspect *s = &q->suspects.at[k];
    if (s->edit.cost > most || (best && s->edit.cost > best->edit.cost)) break;
    if (s->judged) continue;
    bool this_proved, fine = inquiry_holds(q, q->truth, s->value, &this_proved);
    s->judged = true;
    if (!fine || (best && !this_proved)) continue;
    best = s;
    proved = this_proved;
  }
  if (best) describe(q, best, proved, out);
  return best != NULL;
}
