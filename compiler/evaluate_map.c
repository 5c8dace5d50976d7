/* evaluate_map.c: runs one indexed statement y[i] = scale * reduce(j : guards) op(reads) in double precision.
 *
 * All axes make one loop nest. A sum may run in any order, so its innermost axis is the longest one; along that axis an
 * affine guard is a range, and an affine read is a pointer with a stride: a contraction then costs a multiply and an
 * add a term. Whatever is not affine (a gather, a divisor) is computed point by point. */
#include "evaluate.h"

#include <math.h>
#include <string.h>

#define MOST_FORMS 64

typedef struct Place Place;

typedef struct Form { /* (offset + sum of coef[axis] * axis + gathers) / divisor */
  int64_t offset, divisor;
  int64_t coef[MAX_AXES];
  int ngathers;
  int64_t *gather_coef;
  Place **gathers;
  bool line; /* divisor 1 and no gather: affine along every axis */
} Form;

struct Place { /* a read: an array and the form of each of its indices */
  const Node *node;
  const double *values;
  int64_t extent[MAX_AXES], count;
  Form *index;
  bool straight; /* all indices are lines: `flat` is the position */
  Form flat;
};

struct Loop {
  const Node *node;
  int naxes, nown, order[MAX_AXES]; /* order: outermost axis first */
  int64_t extent[MAX_AXES], whole[MAX_AXES], own, reduced;
  Form out;
  int nreads, nguards;
  Place **reads;
  Form *guards;
  Form value;
  bool
    straight; /* all reads and guards are lines: then forms are the guards, the reads' positions, and the place in y */
  const Form **forms;
  int nforms;
};

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

/* Natural order, but a sum has its longest axis innermost. */
static void choose_order(Loop *l) {
  for (int k = 0; k < l->naxes; k++) l->order[k] = k;
  if (l->node->op != OP_PRODUCT || l->node->reduction > RED_SUM || l->naxes == 0) return;
  int longest = l->naxes - 1;
  for (int k = l->naxes - 1; k >= 0; k--)
    if (l->extent[k] > l->extent[longest]) longest = k;
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

static double place_at(const Place *p, int naxes, const int64_t *at);

static int64_t numerator_at(const Form *f, int naxes, const int64_t *at) {
  int64_t sum = f->offset;
  for (int k = 0; k < naxes; k++) sum += f->coef[k] * at[k];
  for (int k = 0; k < f->ngathers; k++) {
    double v = place_at(f->gathers[k], naxes, at);
    if (!(fabs(v) < 9e15) || v != floor(v))
      bug("evaluate", "node %%%d: %g is used as an index", f->gathers[k]->node->id, v);
    sum += f->gather_coef[k] * (int64_t)v;
  }
  return sum;
}

/* Is the form whole and within 0..n-1? Its value goes to *whole. */
static bool form_within(const Form *f, int naxes, const int64_t *at, int64_t n, int64_t *whole) {
  int64_t top = numerator_at(f, naxes, at);
  *whole = top / f->divisor;
  return top % f->divisor == 0 && *whole >= 0 && *whole < n;
}

static double place_at(const Place *p, int naxes, const int64_t *at) {
  int64_t flat = 0, k;
  if (p->straight) {
    flat = numerator_at(&p->flat, naxes, at);
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

static double product_at(const Loop *l, const int64_t *at) {
  double product = 1;
  for (int k = 0; k < l->nreads; k++) product *= place_at(l->reads[k], l->naxes, at);
  return product;
}

static bool guards_hold(const Loop *l, const int64_t *at) {
  int64_t whole;
  for (int k = 0; k < l->nguards; k++)
    if (!form_within(&l->guards[k], l->naxes, at, l->node->guards[k].n, &whole)) return false;
  return true;
}

/* The next point of the axes order[from..to-1], the last one fastest; false after the last. */
static bool advance(const Loop *l, int64_t *at, int from, int to) {
  for (int k = to - 1; k >= from; k--) {
    int axis = l->order[k];
    if (++at[axis] < l->extent[axis]) return true;
    at[axis] = 0;
  }
  return false;
}

static void advance_own(const Loop *l, int64_t *at) {
  for (int k = l->nown - 1; k >= 0; k--) {
    if (++at[k] < l->extent[k]) return;
    at[k] = 0;
  }
}

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

typedef struct Line { /* a read along the innermost axis */
  const double *at;
  int64_t step;
} Line;

static double line_sum(const Line *x, int n, int64_t count) {
  double sum = 0;
  if (n == 0) return (double)count;
  const double *a = x[0].at, *b = n > 1 ? x[1].at : NULL;
  int64_t sa = x[0].step, sb = n > 1 ? x[1].step : 0;
  if (n == 1)
    for (int64_t t = 0; t < count; t++) sum += a[t * sa];
  else if (n == 2)
    for (int64_t t = 0; t < count; t++) sum += a[t * sa] * b[t * sb];
  else
    for (int64_t t = 0; t < count; t++) {
      double product = a[t * sa] * b[t * sb];
      for (int k = 2; k < n; k++) product *= x[k].at[t * x[k].step];
      sum += product;
    }
  return sum;
}

static void line_add(double *y, int64_t step, const Line *x, int n, int64_t count) {
  if (n == 1)
    for (int64_t t = 0; t < count; t++) y[t * step] += x[0].at[t * x[0].step];
  else if (n == 2)
    for (int64_t t = 0; t < count; t++) y[t * step] += x[0].at[t * x[0].step] * x[1].at[t * x[1].step];
  else
    for (int64_t t = 0; t < count; t++) {
      double product = 1;
      for (int k = 0; k < n; k++) product *= x[k].at[t * x[k].step];
      y[t * step] += product;
    }
}

/* The next line: `at` moves on over all axes but the innermost, and the value of each form at its start with it. */
static bool next_line(const Loop *l, int64_t *at, int64_t *start) {
  for (int k = l->naxes - 2; k >= 0; k--) {
    int axis = l->order[k];
    bool on = ++at[axis] < l->extent[axis];
    for (int f = 0; f < l->nforms; f++)
      start[f] += on ? l->forms[f]->coef[axis] : -l->forms[f]->coef[axis] * (l->extent[axis] - 1);
    if (on) return true;
    at[axis] = 0;
  }
  return false;
}

static void first_line(const Loop *l, int64_t *start) {
  for (int f = 0; f < l->nforms; f++) start[f] = l->forms[f]->offset;
}

/* The reads along lo..hi-1 of the innermost axis, checked against their arrays. */
static void open_lines(const Loop *l, const int64_t *start, int inner, int64_t lo, int64_t hi, Line *lines) {
  for (int k = 0; k < l->nreads; k++) {
    const Place *p = l->reads[k];
    int64_t step = p->flat.coef[inner], first = start[l->nguards + k] + lo * step, last = first + (hi - 1 - lo) * step;
    if (first < 0 || first >= p->count || last < 0 || last >= p->count)
      bug("evaluate", "node %%%d reads %%%d out of its bounds", l->node->id, p->node->id);
    lines[k] = (Line){p->values + first, step};
  }
}

static void run_line(const Loop *l, const int64_t *start, int inner, double *y) {
  int64_t lo = 0, hi = l->naxes ? l->extent[inner] : 1, step = l->out.coef[inner];
  Line lines[MOST_FORMS];
  for (int k = 0; k < l->nguards && lo < hi; k++)
    cut_range(start[k], l->guards[k].coef[inner], l->node->guards[k].n, &lo, &hi);
  if (lo >= hi) return;
  open_lines(l, start, inner, lo, hi, lines);
  y += start[l->nforms - 1] + lo * step;
  if (step == 0) *y += line_sum(lines, l->nreads, hi - lo);
  else line_add(y, step, lines, l->nreads, hi - lo);
}

static void run_sum(const Loop *l, double *y) {
  int64_t at[MAX_AXES] = {0}, start[MOST_FORMS], own[MAX_AXES] = {0};
  for (int64_t i = 0; i < l->own; i++, advance_own(l, own)) y[numerator_at(&l->out, l->nown, own)] = 0;
  if (l->straight) {
    int inner = l->naxes ? l->order[l->naxes - 1] : 0;
    first_line(l, start);
    do run_line(l, start, inner, y);
    while (next_line(l, at, start));
  } else {
    do {
      if (guards_hold(l, at)) y[numerator_at(&l->out, l->naxes, at)] += product_at(l, at);
    } while (advance(l, at, 0, l->naxes));
  }
  if (l->node->scale != 1)
    for (int64_t i = 0; i < l->own; i++, advance_own(l, own)) y[numerator_at(&l->out, l->nown, own)] *= l->node->scale;
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
      if (j + 1 < l->reduced) advance(l, at, l->nown, l->naxes);
    }
    y[numerator_at(&l->out, l->nown, at)] = best_result(l->node->reduction, &best);
    advance(l, at, 0, l->naxes);
  }
}

/* ---- scalar functions ---- */

static double index_at(const Loop *l, const int64_t *at) {
  return (double)numerator_at(&l->value, l->naxes, at) / (double)l->value.divisor;
}

static void function_at(const Loop *l, double *y) {
  int64_t at[MAX_AXES] = {0};
  for (int64_t i = 0; i < l->own; i++) {
    double x[3];
    for (int k = 0; k < l->nreads && k < 3; k++) x[k] = place_at(l->reads[k], l->naxes, at);
    y[numerator_at(&l->out, l->nown, at)] = l->node->op == OP_INDEX ? index_at(l, at) : op_apply(l->node->op, x);
    advance(l, at, 0, l->naxes);
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
  first_line(l, start);
  do {
    double *to = y + start[l->nforms - 1];
    open_lines(l, start, inner, 0, n, lines);
    for (int64_t t = 0; t < n; t++) {
      double x[3];
      for (int k = 0; k < l->nreads && k < 3; k++) x[k] = lines[k].at[t * lines[k].step];
      to[t * l->out.coef[inner]] = op_apply(l->node->op, x);
    }
  } while (next_line(l, at, start));
}

void loop_run(const Loop *l, double *y) {
  if (l->node->op != OP_PRODUCT) run_function(l, y);
  else if (l->node->reduction > RED_SUM) run_reduction(l, y);
  else run_sum(l, y);
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
    if (!guards_hold(l, at)) return false;
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
  for (int64_t i = 0; i < l->own; i++, advance_own(l, at)) rounded[numerator_at(&l->out, l->nown, at)] = !simple || rounds_at(l, at);
}
