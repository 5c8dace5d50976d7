/* sum.c: runs y[i] = scale * sum(j : guards) a[p] * b[q] * ...
 *
 * A sum may run in any order, so its innermost axis is a long one along which all is affine: there a guard is a range,
 * and a read a pointer with a stride. A contraction of two arrays runs in blocks of 4 by 2 sums, each product of which
 * is of two numbers at hand:
 *
 *     y[m..m+3, n..n+1] += a[m..m+3, t] * b[n..n+1, t]        for all t
 *
 * What is affine along no axis is computed point by point. */
#include "evaluate/loop.h"

/* ---- sums of products ---- */

/* Cuts lo..hi-1 down to where 0 <= base + slope * t < n. */
static void cut_range(int64_t base, int64_t slope, int64_t n, int64_t *lo, int64_t *hi) {
  int64_t least = -base, most = n - 1 - base; /* of slope * t */
  if (slope < 0) {
    int64_t swap = -least;
    least = -most, most = swap, slope = -slope;
  }
  if (slope == 0) {
    if (least > 0 || most < 0) *hi = *lo;
    return;
  }
  int64_t first = least > 0 ? (least + slope - 1) / slope : 0;
  int64_t end = most < 0 ? 0 : most / slope + 1;
  if (first > *lo) *lo = first;
  if (end < *hi) *hi = end;
}

/* Four partial sums: an addition need not wait for the one before it. */
static double dot(const double *a, int64_t sa, const double *b, int64_t sb, int64_t count) {
  double sum0 = 0, sum1 = 0, sum2 = 0, sum3 = 0;
  int64_t t = 0;
  for (; t + 4 <= count; t += 4, a += 4 * sa, b += 4 * sb) {
    sum0 += a[0] * b[0];
    sum1 += a[sa] * b[sb];
    sum2 += a[2 * sa] * b[2 * sb];
    sum3 += a[3 * sa] * b[3 * sb];
  }
  for (; t < count; t++, a += sa, b += sb) sum0 += *a * *b;
  return (sum0 + sum1) + (sum2 + sum3);
}

static double line_sum(const Line *x, int n, int64_t count) {
  static const double one = 1;
  double sum = 0;
  if (n == 0) return (double)count;
  if (n == 1) return dot(x[0].values, x[0].step, &one, 0, count);
  if (n == 2) return dot(x[0].values, x[0].step, x[1].values, x[1].step, count);
  for (int64_t t = 0; t < count; t++) {
    double product = 1;
    for (int k = 0; k < n; k++) product *= x[k].values[t * x[k].step];
    sum += product;
  }
  return sum;
}

static void line_add(double *y, int64_t step, const Line *x, int n, int64_t count) {
  if (n == 1 && step == 1 && x[0].step == 1)
    for (int64_t t = 0; t < count; t++) y[t] += x[0].values[t];
  else if (n == 1)
    for (int64_t t = 0; t < count; t++) y[t * step] += x[0].values[t * x[0].step];
  else if (n == 2)
    for (int64_t t = 0; t < count; t++) y[t * step] += x[0].values[t * x[0].step] * x[1].values[t * x[1].step];
  else
    for (int64_t t = 0; t < count; t++) {
      double product = 1;
      for (int k = 0; k < n; k++) product *= x[k].values[t * x[k].step];
      y[t * step] += product;
    }
}

static void run_line(const MapLoop *l, const int64_t *start, int inner, double *y) {
  int64_t lo = 0, hi = l->naxes ? l->extent[inner] : 1, step = l->out.coef[inner];
  Line lines[MOST_FORMS];
  for (int k = 0; k < l->nguards && lo < hi; k++)
    cut_range(start[k], l->guards[k].coef[inner], l->node->guards[k].n, &lo, &hi);
  if (lo >= hi) return;
  line_begin(l, start, inner, lo, hi, lines);
  y += start[l->nforms - 1] + lo * step;
  if (step == 0) *y += line_sum(lines, l->nreads, hi - lo);
  else line_add(y, step, lines, l->nreads, hi - lo);
}

/* ---- lines of what is not straight: gathers and divisors that stand still along them ---- */

/* The read along lo..hi-1, from the point where its axis is 0: each index is checked at both ends. */
static Line bent_line(const MapLoop *l, const ReadPlace *p, int64_t *at, int inner, int64_t lo, int64_t hi) {
  int64_t flat = 0, step = 0, first, last;
  for (int k = 0; k < p->node->naxes; k++) {
    at[inner] = hi - 1;
    bool inside = form_within(&p->index[k], l->naxes, at, p->extent[k], &last);
    at[inner] = lo;
    if (!form_within(&p->index[k], l->naxes, at, p->extent[k], &first) || !inside)
      bug("evaluate", "node %%%d reads %%%d out of its bounds", l->node->id, p->node->id);
    flat = flat * p->extent[k] + first;
    step = step * p->extent[k] + (p->index[k].divisor == 1 ? p->index[k].coef[inner] : 0);
  }
  at[inner] = 0;
  return (Line){p->values + flat, step};
}

static void run_bent_line(const MapLoop *l, int64_t *at, int inner, double *y) {
  int64_t lo = 0, hi = l->extent[inner], whole, step = l->out.coef[inner];
  Line lines[MOST_FORMS];
  for (int k = 0; k < l->nguards && lo < hi; k++) {
    const Form *f = &l->guards[k];
    if (f->divisor == 1) cut_range(form_numerator(f, l->naxes, at), f->coef[inner], l->node->guards[k].n, &lo, &hi);
    else if (!form_within(f, l->naxes, at, l->node->guards[k].n, &whole)) return;
  }
  if (lo >= hi) return;
  for (int k = 0; k < l->nreads; k++) lines[k] = bent_line(l, l->reads[k], at, inner, lo, hi);
  y += form_numerator(&l->out, l->naxes, at) + lo * step;
  if (step == 0) *y += line_sum(lines, l->nreads, hi - lo);
  else line_add(y, step, lines, l->nreads, hi - lo);
}

/* ---- blocks ---- */

typedef struct SumBlock { /* axes: of the first read and y, of the second and y, of both reads */
  int m, n, t;
} SumBlock;

static bool guarded(const MapLoop *l, int axis) {
  for (int k = 0; k < l->nguards; k++)
    if (l->guards[k].coef[axis]) return true;
  return false;
}

static void take_longer(const MapLoop *l, int axis, int *longest) {
  if (*longest < 0 || l->extent[axis] > l->extent[*longest]) *longest = axis;
}

static bool find_block(const MapLoop *l, SumBlock *b) {
  *b = (SumBlock){-1, -1, -1};
  if (!l->straight || l->nreads != 2) return false;
  for (int axis = 0; axis < l->naxes; axis++) {
    bool first = l->reads[0]->flat.coef[axis] != 0, second = l->reads[1]->flat.coef[axis] != 0;
    if (guarded(l, axis)) continue;
    if (axis < l->nown && first && !second) take_longer(l, axis, &b->m);
    if (axis < l->nown && second && !first) take_longer(l, axis, &b->n);
    if (axis >= l->nown && first && second) take_longer(l, axis, &b->t);
  }
  return b->m >= 0 && b->n >= 0 && b->t >= 0 && l->extent[b->m] >= 4 && l->extent[b->n] >= 2 && l->extent[b->t] >= 4;
}

/* 4 by 2 sums at once; am: from one m to the next in a, and so on. */
static void add_block(const MapLoop *l, const SumBlock *b, const double *x0, const double *x1, double *y) {
  const Form *f = &l->reads[0]->flat, *g = &l->reads[1]->flat;
  int64_t am = f->coef[b->m], at = f->coef[b->t], bn = g->coef[b->n], bt = g->coef[b->t], ym = l->out.coef[b->m],
          yn = l->out.coef[b->n];
  double s[8] = {0};
  for (int64_t t = l->extent[b->t]; t > 0; t--, x0 += at, x1 += bt) {
    double b0 = x1[0], b1 = x1[bn];
    s[0] += x0[0] * b0, s[1] += x0[0] * b1;
    s[2] += x0[am] * b0, s[3] += x0[am] * b1;
    s[4] += x0[2 * am] * b0, s[5] += x0[2 * am] * b1;
    s[6] += x0[3 * am] * b0, s[7] += x0[3 * am] * b1;
  }
  for (int k = 0; k < 8; k++) y[k / 2 * ym + k % 2 * yn] += s[k];
}

static void add_blocks(const MapLoop *l, const SumBlock *b, const double *x0, const double *x1, double *y) {
  const Form *f = &l->reads[0]->flat, *g = &l->reads[1]->flat;
  int64_t m = l->extent[b->m], n = l->extent[b->n], ym = l->out.coef[b->m], yn = l->out.coef[b->n];
  for (int64_t i = 0; i < m; i += 4)
    for (int64_t j = 0; j < n; j += 2) {
      if (i + 4 <= m && j + 2 <= n) {
        add_block(l, b, x0 + i * f->coef[b->m], x1 + j * g->coef[b->n], y + i * ym + j * yn);
        continue;
      }
      for (int64_t u = i; u < m && u < i + 4; u++)
        for (int64_t v = j; v < n && v < j + 2; v++)
          y[u * ym + v * yn] +=
            dot(x0 + u * f->coef[b->m], f->coef[b->t], x1 + v * g->coef[b->n], g->coef[b->t], l->extent[b->t]);
    }
}

/* The read at the start of a block, whose last element is within the array too. */
static const double *block_start(const MapLoop *l, const SumBlock *b, const ReadPlace *p, int64_t start) {
  int64_t least = start, most = start;
  const int axes[] = {b->m, b->n, b->t};
  for (int k = 0; k < 3; k++) {
    int64_t reach = p->flat.coef[axes[k]] * (l->extent[axes[k]] - 1);
    *(reach < 0 ? &least : &most) += reach;
  }
  if (least < 0 || most >= p->count)
    bug("evaluate", "node %%%d reads %%%d out of its bounds", l->node->id, p->node->id);
  return p->values + start;
}

static void run_blocks(const MapLoop *l, const SumBlock *b, double *y) {
  MapLoop outer = *l; /* the other axes */
  int64_t at[MAX_AXES] = {0}, start[MOST_FORMS];
  outer.naxes = 0;
  for (int k = 0; k < l->naxes; k++)
    if (k != b->m && k != b->n && k != b->t) outer.order[outer.naxes++] = k;
  outer.naxes++; /* a line of blocks */
  line_first(l, start);
  do {
    bool holds = true;
    for (int k = 0; k < l->nguards; k++) holds = holds && start[k] >= 0 && start[k] < l->node->guards[k].n;
    if (holds)
      add_blocks(l, b, block_start(l, b, l->reads[0], start[l->nguards]),
                 block_start(l, b, l->reads[1], start[l->nguards + 1]), y + start[l->nforms - 1]);
  } while (line_next(&outer, at, start));
}

/* ---- all of it ---- */

static void run_terms(const MapLoop *l, double *y) {
  int64_t at[MAX_AXES] = {0}, start[MOST_FORMS];
  int inner = l->naxes ? l->order[l->naxes - 1] : 0;
  SumBlock block;
  if (find_block(l, &block)) {
    run_blocks(l, &block, y);
  } else if (l->straight) {
    line_first(l, start);
    do run_line(l, start, inner, y);
    while (line_next(l, at, start));
  } else if (l->naxes && l->nforms <= MOST_FORMS && loop_is_line(l, inner)) {
    do run_bent_line(l, at, inner, y);
    while (loop_advance(l, at, 0, l->naxes - 1));
  } else {
    do {
      double product = 1;
      if (!loop_guards_hold(l, at)) continue;
      for (int k = 0; k < l->nreads; k++) product *= place_at(l->reads[k], l->naxes, at);
      y[form_numerator(&l->out, l->naxes, at)] += product;
    } while (loop_advance(l, at, 0, l->naxes));
  }
}

/* y at the places at hand, times k, or 0 for k = 0. */
static void scale_own(const MapLoop *l, double *y, double k) {
  int64_t at[MAX_AXES] = {0}, n = l->nown ? l->extent[l->nown - 1] : 1, step = l->nown ? l->out.coef[l->nown - 1] : 1;
  for (int64_t i = 0; i < l->own; i += n) {
    double *line = y + form_numerator(&l->out, l->nown, at);
    for (int64_t t = 0; t < n; t++) line[t * step] = k == 0 ? 0 : k * line[t * step];
    if (l->nown) at[l->nown - 1] = n - 1;
    loop_advance_own(l, at);
  }
}

void loop_sum(const MapLoop *l, double *y) {
  scale_own(l, y, 0);
  run_terms(l, y);
  if (l->node->scale != 1) scale_own(l, y, l->node->scale);
}
