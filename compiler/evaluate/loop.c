/* loop.c: one indexed statement made ready to run, its indices at a point, and lines of it.
 *
 * In: a node and the values of what it reads. Out: a loop nest over all its axes, in which each index of a read is an
 * affine form of the axes (and gathers), and, where all are affine, each read a pointer with a stride. */
#include "evaluate/loop.h"

#include <math.h>
#include <string.h>

/* ---- making ready ---- */

static ReadPlace *place_new(const Evaluation *e, const Read *r, int naxes);

static void form_make(Form *f, const Evaluation *e, const Index *index, int naxes) {
  f->offset = index->offset;
  f->divisor = index->divisor;
  f->gathers = ARENA_ARRAY(e->cx, ReadPlace *, index->n + 1);
  f->gather_coef = ARENA_ARRAY(e->cx, int64_t, index->n + 1);
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

static ReadPlace *place_new(const Evaluation *e, const Read *r, int naxes) {
  ReadPlace *p = ARENA_NEW(e->cx, ReadPlace);
  p->node = r->node;
  p->values = values_of(e, r->node);
  p->index = ARENA_ARRAY(e->cx, Form, r->node->naxes + 1);
  p->straight = true;
  p->flat.divisor = 1;
  p->flat.line = true;
  p->count = evaluation_count(e, r->node);
  for (int k = 0; k < r->node->naxes; k++) {
    Form *f = &p->index[k];
    form_make(f, e, r->index[k], naxes);
    p->extent[k] = values_extent(e, r->node->axes[k]);
    p->straight = p->straight && f->line;
    p->flat.offset = p->flat.offset * p->extent[k] + f->offset;
    for (int a = 0; a < naxes; a++) p->flat.coef[a] = p->flat.coef[a] * p->extent[k] + f->coef[a];
  }
  return p;
}

/* Natural order, but a sum has innermost the longest of the axes along which it is affine. */
static void choose_order(MapLoop *l) {
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

MapLoop *loop_prepare(Evaluation *e, const Node *n) {
  Context *cx = e->cx;
  MapLoop *l = ARENA_NEW(cx, MapLoop);
  l->node = n;
  l->nown = n->naxes;
  l->naxes = n->naxes + n->nreduce;
  l->own = l->reduced = 1;
  for (int k = 0; k < l->naxes; k++) {
    l->extent[k] = l->whole[k] = values_extent(e, n->axes[k]);
    *(k < n->naxes ? &l->own : &l->reduced) *= l->extent[k];
  }
  int64_t stride = 1;
  for (int k = n->naxes - 1; k >= 0; k--) l->out.coef[k] = stride, stride *= l->extent[k];
  l->out.divisor = 1;
  l->nreads = n->nreads;
  l->nguards = n->nguards;
  l->reads = ARENA_ARRAY(cx, ReadPlace *, n->nreads + 1);
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

static void shift_place(ReadPlace *p, int axis, int64_t by);

static void shift_form(Form *f, int axis, int64_t by) {
  f->offset += f->coef[axis] * by;
  for (int k = 0; k < f->ngathers; k++) shift_place(f->gathers[k], axis, by);
}

static void shift_place(ReadPlace *p, int axis, int64_t by) {
  for (int k = 0; k < p->node->naxes; k++) shift_form(&p->index[k], axis, by);
  p->flat.offset += p->flat.coef[axis] * by;
}

void loop_hold(MapLoop *l, int axis, int64_t at, bool on) {
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
static int64_t gathered(const ReadPlace *p, double v) {
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

double place_at(const ReadPlace *p, int naxes, const int64_t *at) {
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

bool loop_guards_hold(const MapLoop *l, const int64_t *at) {
  int64_t whole;
  for (int k = 0; k < l->nguards; k++)
    if (!form_within(&l->guards[k], l->naxes, at, l->node->guards[k].n, &whole)) return false;
  return true;
}

bool loop_advance(const MapLoop *l, int64_t *at, int from, int to) {
  for (int k = to - 1; k >= from; k--) {
    int axis = l->order[k];
    if (++at[axis] < l->extent[axis]) return true;
    at[axis] = 0;
  }
  return false;
}

void loop_advance_own(const MapLoop *l, int64_t *at) {
  for (int k = l->nown - 1; k >= 0; k--) {
    if (++at[k] < l->extent[k]) return;
    at[k] = 0;
  }
}

/* ---- lines ---- */

bool line_next(const MapLoop *l, int64_t *at, int64_t *start) {
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

void line_first(const MapLoop *l, int64_t *start) {
  for (int f = 0; f < l->nforms; f++) start[f] = l->forms[f]->offset;
}

void line_begin(const MapLoop *l, const int64_t *start, int inner, int64_t lo, int64_t hi, Line *lines) {
  for (int k = 0; k < l->nreads; k++) {
    const ReadPlace *p = l->reads[k];
    int64_t step = p->flat.coef[inner], first = start[l->nguards + k] + lo * step, last = first + (hi - 1 - lo) * step;
    if (first < 0 || first >= p->count || last < 0 || last >= p->count)
      bug("evaluate", "node %%%d reads %%%d out of its bounds", l->node->id, p->node->id);
    lines[k] = (Line){p->values + first, step};
  }
}

static bool form_is_line(const Form *f, int axis) {
  for (int k = 0; k < f->ngathers; k++)
    for (int i = 0; i < f->gathers[k]->node->naxes; i++)
      if (!form_is_line(&f->gathers[k]->index[i], axis) || f->gathers[k]->index[i].coef[axis]) return false;
  return f->divisor == 1 || !f->coef[axis];
}

bool loop_is_line(const MapLoop *l, int axis) {
  for (int k = 0; k < l->nguards; k++)
    if (!form_is_line(&l->guards[k], axis)) return false;
  for (int k = 0; k < l->nreads; k++)
    for (int i = 0; i < l->reads[k]->node->naxes; i++)
      if (!form_is_line(&l->reads[k]->index[i], axis)) return false;
  return true;
}
