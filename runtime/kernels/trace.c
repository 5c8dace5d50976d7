/* trace.c: the search of nn_trace.h for the place where a value that is not finite was born.
 * SPDX-License-Identifier: 0BSD
 *
 * In: results, and for each element that is asked for, what it was made of. Out: the element of which nothing that went
 * in is to blame, and the way from there to the result. A breadth-first search over elements, whose marks and queue lie
 * in the work area. Three kinds of births, of which the first is looked for first: of what is finite (1/0); NaN of
 * infinite numbers that are right in themselves (-inf minus -inf, of masks); such a number that reached a result. */
#include "nn_trace.h"

#include <math.h>
#include <string.h>

enum { OF_FINITE, OF_INFINITE, A_NUMBER };
enum { COUNTS, FOLLOWS, NOTES, ENDED };

int nn_trace_site_of(const nn_trace_table *table, int32_t element) {
  int low = 0, high = table->nsites;
  while (high - low > 1) {
    int middle = (low + high) / 2;
    if (table->sites[middle].first <= element) low = middle;
    else high = middle;
  }
  return low;
}

void nn_trace_begin(nn_trace *t, const nn_trace_table *table, int32_t *from, int32_t *queue) {
  t->found = NN_TRACE_NOTHING;
  t->table = table;
  t->from = from;
  t->queue = queue;
  t->elements = 0;
  for (int k = 0; k < table->nsites; k++) t->elements += table->sites[k].count;
  t->head = t->tail = 0;
  t->pass = ENDED;
  for (int k = 0; k < 3; k++) t->births[k] = -1;
}

/* ---- the queue ---- */

static void push(nn_trace *t, int32_t element, int32_t from) {
  if (t->from[element]) return;
  t->from[element] = from;
  t->queue[t->tail++] = element;
}

void nn_trace_root(nn_trace *t, int site, ptrdiff_t count, const float *values, int nan_only) {
  for (ptrdiff_t k = 0; k < count; k++) {
    if (nan_only ? !isnan(values[k]) : isfinite(values[k])) continue;
    if (!t->tail) memset(t->from, 0, (size_t)t->elements * sizeof *t->from);
    push(t, t->table->sites[site].first + (int32_t)k, 1);
  }
}

/* ---- the order in which elements are computed ---- */

enum { MOST_KEYS = 17 };

/* Steps and, of loops, turns: of a value in a loop that begins at step 7, at turn 3: 7, 3, 9. */
static int keys_of(const nn_trace_table *table, int32_t element, int *keys) {
  const nn_trace_site *site = &table->sites[nn_trace_site_of(table, element)];
  int n = 0;
  for (int k = 0; k < site->nloops && n < MOST_KEYS - 2; k++) {
    const nn_trace_loop *loop = &table->loops[site->loops + k];
    const nn_trace_axis *axis = &table->axes[site->axes + loop->axis];
    int turn = (element - site->first) / axis->stride % axis->extent;
    keys[n++] = loop->begin;
    keys[n++] = loop->backwards ? axis->extent - 1 - turn : turn;
  }
  keys[n++] = site->step;
  return n;
}

static int comes_before(const nn_trace_table *table, int32_t a, int32_t b) {
  int x[MOST_KEYS], y[MOST_KEYS], nx = keys_of(table, a, x), ny = keys_of(table, b, y);
  for (int k = 0; k < nx && k < ny; k++)
    if (x[k] != y[k]) return x[k] < y[k];
  return a < b;
}

static void take_birth(nn_trace *t, int kind, int32_t element) {
  if (t->births[kind] < 0 || comes_before(t->table, element, t->births[kind])) t->births[kind] = element;
}

/* ---- elements ---- */

static nn_trace_operand element_of(const nn_trace *t, int32_t element) {
  int site = nn_trace_site_of(t->table, element);
  return (nn_trace_operand){site, element - t->table->sites[site].first, 0};
}

/* What was seen of the element at the head of the queue. */
static void judge(nn_trace *t) {
  int32_t element = t->queue[t->head];
  int nan = isnan(t->at.value), leaf = t->table->sites[t->at.site].kind;
  if (t->pushed && (t->kinds & 1 || !nan)) return; /* it was there before */
  if (t->pushed || (nan && t->kinds == 4)) take_birth(t, OF_INFINITE, element);
  else if (!nan && (t->kinds & 4 || leaf == NN_TRACE_CONSTANT || (!t->terms && leaf == NN_TRACE_VALUE)))
    take_birth(t, A_NUMBER, element);
  else take_birth(t, OF_FINITE, element);
}

static void look_at(nn_trace *t, int32_t element, int pass) {
  double value = t->at.value;
  t->pass = pass;
  t->at = element_of(t, element);
  if (pass != COUNTS) t->at.value = value;
  if (pass == COUNTS) t->kinds = 0;
  t->rule = t->table->sites[t->at.site].rule;
  t->pushed = 0;
  t->terms = 0;
  t->largest = -1;
}

/* Each array once: a recurrence comes by the same ones at each step. */
static void follow_path(nn_trace *t) {
  int32_t element = t->best;
  for (t->npath = 0;;) {
    nn_trace_operand x = element_of(t, element);
    int seen = 0, last = t->from[element] < 2;
    for (int k = 0; k < t->npath; k++) seen = seen || t->path[k].site == x.site;
    if (!seen && (last || t->npath < NN_TRACE_PATH - 1)) t->path[t->npath++] = x;
    if (last) break;
    element = t->from[element] - 2;
  }
}

int nn_trace_next(nn_trace *t, int32_t *place) {
  if (!t->tail) return -1;
  if (t->pass == NOTES) {
    t->found = NN_TRACE_IN_FUNCTION;
    t->tail = 0;
    return -1;
  }
  if (t->pass == COUNTS) {
    look_at(t, t->queue[t->head], FOLLOWS);
  } else {
    if (t->pass == FOLLOWS) judge(t), t->head++;
    if (t->head < t->tail) {
      look_at(t, t->queue[t->head], COUNTS);
    } else {
      t->best = t->queue[0];
      for (int k = 2; k >= 0; k--)
        if (t->births[k] >= 0) t->best = t->births[k];
      follow_path(t);
      look_at(t, t->best, NOTES);
      t->noperands = 0;
    }
  }
  *place = t->at.place;
  return t->at.site;
}

void nn_trace_at(nn_trace *t, double value) { t->at.value = value; }

void nn_trace_read(nn_trace *t, int operand, int site, ptrdiff_t place, double value) {
  if (operand < NN_TRACE_OPERANDS) t->term[operand] = (nn_trace_operand){site, (int32_t)place, value};
}

static int concerns(const nn_trace *t, int operand) {
  const nn_trace_operand *x = t->term;
  switch (t->rule) {
  case NN_TRACE_WHERE: return operand == (x[0].value != 0 ? 1 : 2) || (operand == 0 && isnan(x[0].value));
  case NN_TRACE_KEEP: return operand == 0 ? x[1].value != 0 : isnan(x[1].value);
  case NN_TRACE_SELECT: return x[0].value != 0;
  default: return 1;
  }
}

static void follow(nn_trace *t, const nn_trace_operand *x) {
  int nan = isnan(x->value);
  if (isfinite(x->value) || (!nan && t->kinds & 1)) return; /* what is NaN is to blame, where anything is */
  if (t->pass == COUNTS) t->kinds |= nan ? 1 : x->site < 0 ? 4 : 2;
  else if (x->site >= 0) push(t, t->table->sites[x->site].first + x->place, t->queue[t->head] + 2), t->pushed++;
}

/* Of many terms the largest is kept: the first that is too large, where one is. */
static void note(nn_trace *t, int operands) {
  double size = 1;
  for (int k = 0; k < operands; k++) size *= fabs(t->term[k].value);
  if (isnan(size)) size = (double)INFINITY;
  if (!(size > t->largest)) return;
  t->largest = size;
  t->noperands = operands;
  memcpy(t->operands, t->term, sizeof t->operands);
}

void nn_trace_term(nn_trace *t, int operands) {
  if (operands > NN_TRACE_OPERANDS) operands = NN_TRACE_OPERANDS;
  t->terms++;
  if (t->pass == NOTES) {
    note(t, operands);
    return;
  }
  for (int k = 0; k < operands; k++)
    if (concerns(t, k)) follow(t, &t->term[k]);
}

void nn_trace_array(nn_trace *t, int site, ptrdiff_t count, const float *values) {
  if (t->pass != FOLLOWS || t->pushed || t->kinds || !isnan(t->at.value)) return;
  for (ptrdiff_t k = 0; k < count; k++)
    if (!isfinite(values[k])) push(t, t->table->sites[site].first + (int32_t)k, t->queue[t->head] + 2), t->pushed++;
}

/* ---- updates ---- */

void nn_trace_update(nn_trace *t, const nn_trace_source *by, int slot, size_t count, const float *before,
                     const float *gradient, const float *after) {
  for (size_t k = 0; k < count && !t->found; k++) {
    if (isfinite(after[k])) continue;
    t->found = NN_TRACE_IN_UPDATE;
    t->by = *by;
    t->slot = slot;
    t->element = (int64_t)k;
    t->before = before ? (double)before[k] : 0;
    t->gradient = gradient ? (double)gradient[k] : 0;
    t->after = (double)after[k];
  }
}

/* ---- ranges ---- */

nn_trace_summary *nn_trace_watching(nn_trace *t) {
  for (int k = 0; k < t->nsummaries; k++)
    if (t->summaries[k].table == t->table) return t->summaries[k].calls++, &t->summaries[k];
  return NULL;
}

void nn_trace_watch(nn_trace_summary *s, int k, ptrdiff_t count, const float *values, int examples) {
  const nn_trace_watched *row = &s->table->watched[k];
  const nn_trace_axis *axis = row->axis < 0 ? NULL : &s->table->axes[s->table->sites[row->site].axes + row->axis];
  nn_trace_range *r = &s->ranges[k];
  float scale = row->kind == 1 ? (float)examples : 1.0f;
  for (ptrdiff_t q = 0; q < count; q++) {
    float x = scale * values[q];
    double square = (double)x * (double)x / (double)examples;
    if (!isfinite(x)) {
      r->others++;
      continue;
    }
    if (!r->finite || x < r->least) r->least = x;
    if (!r->finite || x > r->most) r->most = x;
    r->finite++;
    r->sum += fabs((double)x);
    r->squares += square;
    if (axis) s->times[row->first + (int)(q / axis->stride % axis->extent)] += square;
  }
}
