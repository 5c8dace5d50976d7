/* map.c: runs one indexed statement y[i] = scale * reduce(j : guards) op(reads) in double precision.
 *
 * All axes make one loop nest. Sums of products, which are most of the work, are run by evaluate/sum.c; the rest is
 * here. */
#include "evaluate/loop.h"

#include <math.h>
#include <string.h>

/* ---- making ready ---- */

static Place *place_new(const Evaluation *e, const Read *r, int naxes);

static void form_make(Form *f, const Evaluation *e, const Index *index, int naxes) {
  f->offset = index->offset;
  f->divisor = index->divisor;
  f->gathers = ARENA_ARRAY(evaluation_context(e), Place *, index->n + 1);
  f->gather_coef = ARENA_ARRAY(evaluation_context(e), int64_t, index->n + 1);
  for (int i = 0; i < index->n; i++) {
    const Term *t = &index->terms[i];
    if (!t->gather) {
      f->coef[t->var] += t->coef;
      continue;
    }
    f->gather_coef[f->ngathers] = t->coef;
    f->gathers[f->ngathers++] = place_new(e, t->gather, naxes);
  }
  f->line = f->divisor == 1 && f->ngathers == 0;
}

static Place *place_new(const Evaluation *e, const Read *r, int naxes) {
  Place *p = ARENA_NEW(evaluation_context(e), Place);
  p->node = r->node;
  p->values = evaluation_values(e, r->node);
  p->index = ARENA_ARRAY(evaluation_context(e), Form, r->node->naxes + 1);
  p->straight = true;
  p->flat.divisor = 1;
  p->flat.line = true;
  p->count = evaluation_count(e, r->node);
  for (int k = 0; k < r->node->naxes; k++) {
    Form *f = &p->index[k];
    form_make(f, e, r->index[k], naxes);
    p->extent[k] = evaluation_extent(e, r->node->axes[k]);
    p->straight = p->straight && f->line;
    p->flat.offset = p->flat.offset * p->extent[k] + f->offset;
    for (int a = 0; a < naxes; a++) p->flat.coef[a] = p->flat.coef[a] * p->extent[k] + f->coef[a];
  }
  return p;
}

/* Natural order, but a sum has innermost the longest of the axes along which it is affine. */
static void choose_order(Loop *l) {
  for (int k = 0; k < l->naxes; k++) l->order[k] = k;
  if (l->node->op != OP_PRODUCT || l->node->reduction > RED_SUM || l->naxes == 0) return;
  int longest = l->naxes - 1;
  bool line = false;
  for (int k = l->naxes - 1; k >= 0; k--) {
    if (!loop_is_line(l, k) || (line && l->extent[k] <= l->extent[longest])) continue;
    longest = k;
    line = true;
  }
  memmove(l->order + longest, l->order + longest + 1, sizeof(int) * (size_t)(l->naxes - 1 - longest));
  l->order[l->naxes - 1] = longest;
}

Loop *loop_prepare(const Evaluation *e, const Node *n) {
  Context *cx = evaluation_context(e);
  Loop *l = ARENA_NEW(cx, Loop);
  l->node = n;
  l->nown = n->naxes;
  l->naxes = n->naxes + n->nreduce;
  l->own = l->reduced = 1;
  for (int k = 0; k < l->naxes; k++) {
    l->extent[k] = l->whole[k] = evaluation_extent(e, n->axes[k]);
    *(k < n->naxes ? &l->own : &l->reduced) *= l->extent[k];
  }
  int64_t stride = 1;
  for (int k = n->naxes - 1; k >= 0; k--) l->out.coef[k] = stride, stride *= l->extent[k];
  l->out.divisor = 1;
  l->nreads = n->nreads;
  l->nguards = n->nguards;
  l->reads = ARENA_ARRAY(cx, Place *, n->nreads + 1);
  l->guards = ARENA_ARRAY(cx, Form, n->nguards + 1);
  l->straight = true;
  for (int k = 0; k < n->nreads; k++) {
    l->reads[k] = place_new(e, n->reads[k], l->naxes);
    l->straight = l->straight && l->reads[k]->straight;
  }
  for (int k = 0; k < n->nguards; k++) {
    form_make(&l->guards[k], e, n->guards[k].e, l->naxes);
    l->straight = l->straight && l->guards[k].line;
  }
  if (n->value) form_make(&l->value, e, n->value, l->naxes);
  choose_order(l);
  l->forms = ARENA_ARRAY(cx, const Form *, l->nguards + l->nreads + 1);
  for (int k = 0; k < l->nguards; k++) l->forms[l->nforms++] = &l->guards[k];
  for (int k = 0; k < l->nreads; k++) l->forms[l->nforms++] = &l->reads[k]->flat;
  l->forms[l->nforms++] = &l->out;
  l->straight = l->straight && l->nforms <= MOST_FORMS;
  return l;
}

/* ---- one step of a recurrence ---- */

static void shift_place(Place *p, int axis, int64_t by);

static void shift_form(Form *f, int axis, int64_t by) {
  f->offset += f->coef[axis] * by;
  for (int k = 0; k < f->ngathers; k++) shift_place(f->gathers[k], axis, by);
}

static void shift_place(Place *p, int axis, int64_t by) {
  for (int k = 0; k < p->node->naxes; k++) shift_form(&p->index[k], axis, by);
  p->flat.offset += p->flat.coef[axis] * by;
}

void loop_hold(Loop *l, int axis, int64_t at, bool on) {
  int64_t by = on ? at : -at, whole = l->whole[axis];
  for (int k = 0; k < l->nreads; k++) shift_place(l->reads[k], axis, by);
  for (int k = 0; k < l->nguards; k++) shift_form(&l->guards[k], axis, by);
  if (l->node->value) shift_form(&l->value, axis, by);
  shift_form(&l->out, axis, by);
  l->extent[axis] = on ? 1 : whole;
  if (on) l->own /= whole;
  else l->own *= whole;
}

/* ---- one point ---- */

/* A whole value as an index, as generated C has it: within its bounds, at the lower one where it is not a number. */
static int64_t gathered(const Place *p, double v) {
  double lo, hi;
  node_range(p->node, &lo, &hi);
  if (isfinite(v) && v != floor(v)) bug("evaluate", "node %%%d: %g is used as an index", p->node->id, v);
  return (int64_t)(v > hi ? hi : v > lo ? v : lo);
}

int64_t form_numerator(const Form *f, int naxes, const int64_t *at) {
  int64_t sum = f->offset;
  for (int k = 0; k < naxes; k++) sum += f->coef[k] * at[k];
  for (int k = 0; k < f->ngathers; k++)
    sum += f->gather_coef[k] * gathered(f->gathers[k], place_at(f->gathers[k], naxes, at));
  return sum;
}

bool form_within(const Form *f, int naxes, const int64_t *at, int64_t n, int64_t *whole) {
  int64_t top = form_numerator(f, naxes, at);
  *whole = top / f->divisor;
  return top % f->divisor == 0 && *whole >= 0 && *whole < n;
}

double place_at(const Place *p, int naxes, const int64_t *at) {
  int64_t flat = 0, k;
  if (p->straight) {
    flat = form_numerator(&p->flat, naxes, at);
    if (flat < 0 || flat >= p->count) bug("evaluate", "node %%%d is read out of its bounds", p->node->id);
    return p->values[flat];
  }
  for (int a = 0; a < p->node->naxes; a++) {
    if (!form_within(&p->index[a], naxes, at, p->extent[a], &k))
      bug("evaluate", "node %%%d is read at %lld of axis %d, which has %lld", p->node->id, (long long)k, a,
          (long long)p->extent[a]);
    flat = flat * p->extent[a] + k;
  }
  return p->values[flat];
}

bool loop_guards_hold(const Loop *l, const int64_t *at) {
  int64_t whole;
  for (int k = 0; k < l->nguards; k++)
    if (!form_within(&l->guards[k], l->naxes, at, l->node->guards[k].n, &whole)) return false;
  return true;
}

bool loop_advance(const Loop *l, int64_t *at, int from, int to) {
  for (int k = to - 1; k >= from; k--) {
    int axis = l->order[k];
    if (++at[axis] < l->extent[axis]) return true;
    at[axis] = 0;
  }
  return false;
}

void loop_advance_own(const Loop *l, int64_t *at) {
  for (int k = l->nown - 1; k >= 0; k--) {
    if (++at[k] < l->extent[k]) return;
    at[k] = 0;
  }
}

/* ---- the other reductions: one read, in order ---- */

typedef struct Best { /* of a reduction so far; NaN wins, the first extremum stays */
  double value, place, sum;
} Best;

static void take(Reduction reduction, Best *b, double v, double place) {
  bool wins = place == 0 || (isnan(v) && !isnan(b->value));
  switch (reduction) {
  case RED_PROD: b->value = place == 0 ? v : b->value * v; return;
  case RED_LOGSUMEXP: /* value is the largest so far, sum the exponentials relative to it */
    if (place == 0 || isnan(v) || v > b->value) {
      b->sum = (place == 0 || b->value == -INFINITY ? 0 : b->sum * exp(b->value - v)) + (v == -INFINITY ? 0 : 1);
      b->value = v;
    } else if (v != -INFINITY) {
      b->sum += v == b->value ? 1 : exp(v - b->value);
    }
    return;
  case RED_MAX:
  case RED_ARGMAX: wins = wins || v > b->value; break;
  default: wins = wins || v < b->value; break;
  }
  if (wins) b->value = v, b->place = place;
}

static double best_result(Reduction reduction, const Best *b) {
  if (reduction_rows[reduction].place) return b->place;
  if (reduction == RED_LOGSUMEXP) return b->value + log(b->sum); /* the sum is 0 where all are -infinity */
  return b->value;
}

static void run_reduction(const Loop *l, double *y) {
  int64_t at[MAX_AXES] = {0};
  for (int64_t i = 0; i < l->own; i++) {
    Best best = {0, 0, 0};
    for (int64_t j = 0; j < l->reduced; j++) {
      take(l->node->reduction, &best, place_at(l->reads[0], l->naxes, at), (double)j);
      if (j + 1 < l->reduced) loop_advance(l, at, l->nown, l->naxes);
    }
    y[form_numerator(&l->out, l->nown, at)] = best_result(l->node->reduction, &best);
    loop_advance(l, at, 0, l->naxes);
  }
}

/* ---- scalar functions ---- */

static double apply(const Loop *l, const double *x) {
  Op op = l->node->op;
  if (l->strict && op >= OP_LT && op <= OP_WHERE)
    for (int k = 0; k < op_rows[op].arity && (k == 0 || op != OP_WHERE); k++)
      if (isnan(x[k])) return NAN;
  return op_apply(op, x);
}

static double index_at(const Loop *l, const int64_t *at) {
  return (double)form_numerator(&l->value, l->naxes, at) / (double)l->value.divisor;
}

static void function_at(const Loop *l, double *y) {
  int64_t at[MAX_AXES] = {0};
  for (int64_t i = 0; i < l->own; i++) {
    double x[3];
    for (int k = 0; k < l->nreads && k < 3; k++) x[k] = place_at(l->reads[k], l->naxes, at);
    y[form_numerator(&l->out, l->nown, at)] = l->node->op == OP_INDEX ? index_at(l, at) : apply(l, x);
    loop_advance(l, at, 0, l->naxes);
  }
}

static void run_function(const Loop *l, double *y) {
  int64_t at[MAX_AXES] = {0}, start[MOST_FORMS], n = l->naxes ? l->extent[l->naxes - 1] : 1;
  int inner = l->naxes ? l->naxes - 1 : 0;
  Line lines[MOST_FORMS];
  if (!l->straight || l->node->op == OP_INDEX) {
    function_at(l, y);
    return;
  }
  line_first(l, start);
  do {
    double *to = y + start[l->nforms - 1];
    line_open(l, start, inner, 0, n, lines);
    for (int64_t t = 0; t < n; t++) {
      double x[3];
      for (int k = 0; k < l->nreads && k < 3; k++) x[k] = lines[k].at[t * lines[k].step];
      to[t * l->out.coef[inner]] = apply(l, x);
    }
  } while (line_next(l, at, start));
}

void loop_run(Loop *l, double *y, bool strict) {
  l->strict = strict;
  if (l->node->op != OP_PRODUCT) run_function(l, y);
  else if (l->node->reduction > RED_SUM) run_reduction(l, y);
  else loop_sum(l, y);
}

/* ---- which values are rounded ---- */

/* Is a + b = sum without an error? (Knuth 1969, Møller 1965) */
static bool adds_up(double a, double b, double sum) {
  double part = sum - a;
  return (a - (sum - part)) + (b - part) == 0;
}

/* Does the operation round at this point? A number times 1, or plus 0, is itself. */
static bool rounds_at(const Loop *l, const int64_t *at) {
  double y = 1, scale = l->node->scale;
  if (l->node->op == OP_PRODUCT) {
    if (!loop_guards_hold(l, at)) return false;
    for (int k = -1; k < l->nreads; k++) {
      double x = k < 0 ? scale : place_at(l->reads[k], l->naxes, at), product = y * x;
      if (fma(y, x, -product) != 0) return true;
      y = product;
    }
    return false;
  }
  double a = place_at(l->reads[0], l->naxes, at), b = place_at(l->reads[1], l->naxes, at);
  if (l->node->op == OP_SUB) b = -b;
  return !adds_up(a, b, a + b);
}

void loop_rounds(const Loop *l, unsigned char *rounded) {
  int64_t at[MAX_AXES] = {0};
  bool simple = l->node->nreduce == 0 && (l->node->op == OP_PRODUCT || l->node->op == OP_ADD || l->node->op == OP_SUB);
  for (int64_t i = 0; i < l->own; i++, loop_advance_own(l, at))
    rounded[form_numerator(&l->out, l->nown, at)] = !simple || rounds_at(l, at);
}
