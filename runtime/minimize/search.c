/* search.c: how far to go along a direction. SPDX-License-Identifier: 0BSD
 *
 * In: a point, a direction of descent, a first length. Out: a length a with the strong Wolfe conditions, where φ(a) is
 * the value at x + a d:
 *
 *   φ(a) <= φ(0) + c1 a φ'(0)     it descends enough,      |φ'(a)| <= c2 |φ'(0)|     and is flat enough
 *
 * First an interval that holds such a length is looked for to the right, then it is narrowed, with the minimum of the
 * cubic through two values and slopes (Nocedal and Wright 2006, algorithms 3.5 and 3.6, equation 3.59). Where values
 * differ by rounding alone, slopes decide (after Hager and Zhang 2005). */
#include "minimize/minimizer.h"

#include <float.h>
#include <math.h>
#include <string.h>

enum { MOST_EXPANSIONS = 40, MOST_CUTS = 60 };

typedef struct trial { /* a point of φ */
  double a, value, slope;
} trial;

typedef struct search {
  nn_minimizer *m;
  trial start;
  double rounding; /* values closer than this are equal */
} search;

static trial trial_at(search *s, double a) {
  nn_minimizer *m = s->m;
  size_t n = m->function.n;
  for (size_t k = 0; k < n; k++) m->next_x[k] = m->x[k] + a * m->direction[k];
  trial p = {.a = a};
  p.value = m->function.value(m->function.context, m->next_x, m->next_g);
  p.slope = nn_vector_dot(n, m->next_g, m->direction);
  m->evaluations++;
  if (!isfinite(p.value) || !isfinite(p.slope)) p.value = INFINITY;
  return p;
}

static int descends(const search *s, const trial *p) {
  return p->value <= s->start.value + s->m->decrease * p->a * s->start.slope + s->rounding;
}

static int is_flat(const search *s, const trial *p) { return fabs(p->slope) <= -s->m->curvature * s->start.slope; }

/* The minimum of the cubic with these values and slopes at two places; NaN where it has none. */
static double cubic_minimum(const trial *p, const trial *q) {
  double d1 = p->slope + q->slope - 3 * (p->value - q->value) / (p->a - q->a);
  double d2 = copysign(sqrt(d1 * d1 - p->slope * q->slope), q->a - p->a);
  return q->a - (q->a - p->a) * (q->slope + d2 - d1) / (q->slope - p->slope + 2 * d2);
}

/* Where values say nothing, the zero of the straight line through the slopes. */
static double best_guess(const search *s, const trial *p, const trial *q) {
  if (fabs(p->value - q->value) > s->rounding) return cubic_minimum(p, q);
  return q->a - q->slope * (q->a - p->a) / (q->slope - p->slope);
}

/* Between low, the best trial so far, and high; not too near to either, so that the interval shrinks. */
static double between(const search *s, const trial *low, const trial *high) {
  double left = fmin(low->a, high->a), width = fabs(high->a - low->a);
  double a = isfinite(high->value) ? best_guess(s, low, high) : NAN;
  if (!isfinite(a)) a = isfinite(high->value) ? left + 0.5 * width : low->a + 0.1 * (high->a - low->a);
  return fmin(fmax(a, left + 0.05 * width), left + 0.95 * width);
}

/* Ends at the lowest trial that it has seen, where there is one that is lower than the start. */
static int take_lowest(search *s, const trial *low, trial *found) {
  if (!(low->a > 0) || !(low->value < s->start.value)) return -1;
  *found = trial_at(s, low->a);
  return 0;
}

static int narrow(search *s, trial low, trial high, trial *found) {
  for (int k = 0; k < MOST_CUTS; k++) {
    if (fabs(high.a - low.a) <= 4 * DBL_EPSILON * fmax(low.a, high.a)) break;
    trial p = trial_at(s, between(s, &low, &high));
    if (!descends(s, &p) || p.value > low.value + s->rounding) {
      high = p;
      continue;
    }
    if (is_flat(s, &p)) return *found = p, 0;
    if (p.slope * (high.a - low.a) >= 0) high = low;
    low = p;
  }
  return take_lowest(s, &low, found);
}

/* Further to the right: where the cubic has its minimum, but neither a little further nor very far. */
static double beyond(const search *s, const trial *last, const trial *p) {
  double width = p->a - last->a, a = best_guess(s, last, p);
  if (!isfinite(a) || a < p->a) a = p->a + 9 * width;
  return fmin(fmax(a, p->a + 0.1 * width), p->a + 9 * width);
}

static int bracket(search *s, double length, trial *found) {
  trial last = s->start;
  for (int k = 0; k < MOST_EXPANSIONS; k++) {
    trial p = trial_at(s, length);
    if (!descends(s, &p) || (k > 0 && p.value > last.value + s->rounding)) return narrow(s, last, p, found);
    if (is_flat(s, &p)) return *found = p, 0;
    if (p.slope >= 0) return narrow(s, p, last, found);
    length = beyond(s, &last, &p);
    last = p;
  }
  return take_lowest(s, &last, found);
}

int nn_search_along(nn_minimizer *m, double length, double *value) {
  search s = {m, {0, m->value, m->slope}, NN_EQUAL * fabs(m->value)};
  trial found;
  if (!(m->slope < 0) || !(length > 0) || !isfinite(length) || bracket(&s, length, &found)) return -1;
  *value = found.value;
  m->length = found.a;
  return 0;
}
