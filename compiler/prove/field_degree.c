/* field_degree.c: how large the degree of a formula is at most, on which depends how seldom a wrong one is taken for a
 * right one; see prove/field.h.
 *
 * In: two values. Out: the degree of their sum, product or quotient, written as one fraction. What it is divided by is
 * kept apart, so that it counts once where both are divided by it:
 *
 *     u/s + v/s  =  (u + v)/s         u/s + v/t  =  (u*t + v*s)/(s*t) */
#include "prove/field.h"

#include <math.h>
#include <string.h>

typedef struct Below { /* being made */
  int n;
  FieldDivisor at[MOST_BELOW];
  double apart;
} Below;

void field_degree_set(FieldValue *v, double top) {
  v->top = top;
  v->degree = top + v->apart;
  for (int k = 0; k < v->nbelow; k++) v->degree += v->below[k].of->degree * v->below[k].times;
}

/* How often v is divided by it. */
static int times_below(const FieldValue *v, const FieldValue *of) {
  for (int k = 0; k < v->nbelow; k++)
    if (v->below[k].of == of) return v->below[k].times;
  return 0;
}

static Below below_of(const FieldValue *v) {
  Below b = {.n = v->nbelow, .apart = v->apart};
  if (b.n) memcpy(b.at, v->below, sizeof b.at[0] * (size_t)b.n);
  return b;
}

static void divide(Below *b, const FieldValue *by, int times) {
  int k = 0;
  while (k < b->n && b->at[k].of != by) k++;
  if (k == MOST_BELOW) {
    b->apart += by->degree * times;
    return;
  }
  if (k == b->n) b->at[b->n++] = (FieldDivisor){by, 0};
  b->at[k].times += times;
}

static void set_below(Field *f, FieldValue *v, const Below *b, double top) {
  v->nbelow = b->n;
  v->below = b->n ? arena_copy(f->cx, b->at, sizeof b->at[0] * (size_t)b->n) : NULL;
  v->apart = b->apart;
  field_degree_set(v, top);
}

static void set_like(FieldValue *v, const FieldValue *like, double top) {
  v->nbelow = like->nbelow;
  v->below = like->below;
  v->apart = like->apart;
  field_degree_set(v, top);
}

/* What a is to be multiplied by to be over what both are divided by. */
static double missing(const FieldValue *a, const FieldValue *b) {
  double degree = b->apart;
  for (int k = 0; k < b->nbelow; k++)
    degree += b->below[k].of->degree * fmax(0, b->below[k].times - times_below(a, b->below[k].of));
  return degree;
}

void field_degree_of_sum(Field *f, FieldValue *v, const FieldValue *a, const FieldValue *b) {
  double to_a = missing(a, b), to_b = missing(b, a), top = fmax(a->top + to_a, b->top + to_b);
  if (to_a == 0) {
    set_like(v, a, top);
    return;
  }
  Below both = below_of(a);
  both.apart += b->apart;
  for (int k = 0; k < b->nbelow; k++) {
    int more = b->below[k].times - times_below(a, b->below[k].of);
    if (more > 0) divide(&both, b->below[k].of, more);
  }
  set_below(f, v, &both, top);
}

void field_degree_of_product(Field *f, FieldValue *v, const FieldValue *a, const FieldValue *b) {
  double top = a->top + b->top;
  if (b->nbelow == 0 && b->apart == 0) {
    set_like(v, a, top);
    return;
  }
  Below both = below_of(a);
  both.apart += b->apart;
  for (int k = 0; k < b->nbelow; k++) divide(&both, b->below[k].of, b->below[k].times);
  set_below(f, v, &both, top);
}

void field_degree_of_inverse(Field *f, FieldValue *v, const FieldValue *a) {
  Below by = {0};
  if (a->degree > 0) divide(&by, a, 1);
  set_below(f, v, &by, 0);
}
