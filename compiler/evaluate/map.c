/* map.c: runs one indexed statement y[i] = scale * reduce(j : guards) op(reads) in double precision.
 *
 * All axes make one loop nest. Sums of products, which are most of the work, are run by evaluate/sum.c; the rest is
 * here. */
#include "evaluate/loop.h"

#include <math.h>

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

static void run_reduction(const MapLoop *l, double *y) {
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

static double apply(const MapLoop *l, const double *x) {
  Op op = l->node->op;
  if (l->strict && (op_rows[op].truth || op == OP_WHERE))
    for (int k = 0; k < op_rows[op].arity && (k == 0 || op != OP_WHERE); k++)
      if (isnan(x[k])) return NAN;
  return op_apply(op, x);
}

static double index_at(const MapLoop *l, const int64_t *at) {
  return (double)form_numerator(&l->value, l->naxes, at) / (double)l->value.divisor;
}

static void function_at(const MapLoop *l, double *y) {
  int64_t at[MAX_AXES] = {0};
  for (int64_t i = 0; i < l->own; i++) {
    double x[3];
    for (int k = 0; k < l->nreads && k < 3; k++) x[k] = place_at(l->reads[k], l->naxes, at);
    y[form_numerator(&l->out, l->nown, at)] = l->node->op == OP_INDEX ? index_at(l, at) : apply(l, x);
    loop_advance(l, at, 0, l->naxes);
  }
}

static void run_function(const MapLoop *l, double *y) {
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
    line_begin(l, start, inner, 0, n, lines);
    for (int64_t t = 0; t < n; t++) {
      double x[3];
      for (int k = 0; k < l->nreads && k < 3; k++) x[k] = lines[k].values[t * lines[k].step];
      to[t * l->out.coef[inner]] = apply(l, x);
    }
  } while (line_next(l, at, start));
}

void loop_run(MapLoop *l, double *y, bool strict) {
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
static bool rounds_at(const MapLoop *l, const int64_t *at) {
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

void loop_rounds(const MapLoop *l, unsigned char *rounded) {
  int64_t at[MAX_AXES] = {0};
  bool simple = l->node->nreduce == 0 && (l->node->op == OP_PRODUCT || l->node->op == OP_ADD || l->node->op == OP_SUB);
  for (int64_t i = 0; i < l->own; i++, loop_advance_own(l, at))
    rounded[form_numerator(&l->out, l->nown, at)] = !simple || rounds_at(l, at);
}
