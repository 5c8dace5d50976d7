/* wish.c: whole numbers at which a derivation may be wrong and which random ones seldom meet: [y = 3][n = 17], a
 * row of bits that are all 1, two words of a sentence that are the same.
 *
 * In: the nodes of both sides of a check. Out: wishes, an element of an integer input and a number at the edge of what
 * it is compared with. At some points each wish comes true with probability 1/2, so that several of them do together.
 */
#include "check/point.h"

#include <math.h>
#include <string.h>

typedef struct Wish {
  Node *leaf;
  int64_t element;
  double value;
  Node *like; /* or NULL: plus the value of an element of this leaf, so that two are equal */
  int64_t like_element;
} Wish;

struct Wishes {
  VEC(Wish) list;
};

#define MOST_WISHES 64

static bool is_whole(const Program *p, const Node *n) {
  return n->kind == NODE_INPUT && p->inputs.at[n->item].kind != INPUT_REAL;
}

/* A whole number that the input may have. */
static bool in_range(const Input *input, double x) {
  if (x != floor(x)) return false; /* t == 1.1 is never so */
  switch (input->kind) {
  case INPUT_CLASS: return x >= 0 && x < input->classes;
  case INPUT_EXTENT: return x >= 1 && x <= input->classes;
  case INPUT_BIT: return x == 0 || x == 1;
  default: return true;
  }
}

/* The element of the leaf; places that vary are taken at random. */
static int64_t element_of(const Read *r, uint64_t seed) {
  int64_t at = 0;
  for (int k = 0; k < r->node->naxes; k++) {
    int64_t place, extent = r->node->axes[k].kind == AXIS_BATCH ? 1 : r->node->axes[k].extent;
    if (!index_is_constant(r->index[k], &place) || place < 0 || place >= extent)
      place = (int64_t)(point_uniform(seed, 95, (uint64_t)k) * (double)extent);
    at = at * extent + place;
  }
  return at;
}

static void add_wish(const Program *p, Wishes *w, const Read *r, double value) {
  if (!is_whole(p, r->node) || !in_range(&p->inputs.at[r->node->item], value) || w->list.n == MOST_WISHES) return;
  Wish wish = {r->node, element_of(r, (uint64_t)w->list.n), value, NULL, 0};
  VEC_PUSH(p->cx, &w->list, wish);
}

/* a = b + value. */
static void add_likeness(const Program *p, Wishes *w, const Read *a, const Read *b, double value) {
  uint64_t seed = (uint64_t)w->list.n;
  if (!is_whole(p, a->node) || !is_whole(p, b->node) || w->list.n == MOST_WISHES) return;
  Wish wish = {a->node, element_of(a, seed), value, b->node, element_of(b, seed)};
  VEC_PUSH(p->cx, &w->list, wish);
}

/* An equality: offset + coef * (an element) = 0. */
static void wish_of_guard(const Program *p, Wishes *w, const Guard *g) {
  const Index *e = g->e;
  if (g->n == 1 && e->n == 1 && e->terms[0].gather)
    add_wish(p, w, e->terms[0].gather, -(double)e->offset / (double)e->terms[0].coef);
  if (g->n == 1 && e->n == 2 && e->terms[0].gather && e->terms[1].gather && e->terms[0].coef == -e->terms[1].coef)
    add_likeness(p, w, e->terms[0].gather, e->terms[1].gather, -(double)e->offset / (double)e->terms[0].coef);
}

/* The number of a comparison, and for `<` and `<=` the last one on either side. */
static void wish_of_comparison(const Program *p, Wishes *w, const Node *n) {
  bool order = n->op == OP_LT || n->op == OP_LE;
  if (n->op != OP_EQ && n->op != OP_NE && !order) return;
  add_likeness(p, w, n->reads[0], n->reads[1], 0);
  for (int k = 0; k < 2; k++) {
    const Node *number = n->reads[1 - k]->node;
    if (number->kind != NODE_MAP || number->op != OP_PRODUCT || number->nreads || number->nguards) continue;
    double first = order && (n->op == OP_LT) == (k == 0) ? ceil(number->scale) - 1 : floor(number->scale);
    add_wish(p, w, n->reads[k], order ? first : number->scale);
    if (order) add_wish(p, w, n->reads[k], first + 1);
  }
}

Wishes *wishes_find(const Program *p, NodeList nodes) {
  Wishes *w = ARENA_NEW(p->cx, Wishes);
  for (int i = 0; i < nodes.n; i++) {
    const Node *n = nodes.at[i];
    if (n->kind != NODE_MAP) continue;
    for (int k = 0; k < n->nguards; k++) wish_of_guard(p, w, &n->guards[k]);
    wish_of_comparison(p, w, n);
  }
  return w;
}

void wishes_grant(const Program *p, const Wishes *w, Evaluation *e, uint64_t seed) {
  for (int k = 0; k < w->list.n; k++) {
    const Wish *wish = &w->list.at[k];
    double value = wish->value + (wish->like ? evaluate(e, wish->like)[wish->like_element] : 0);
    if (!in_range(&p->inputs.at[wish->leaf->item], value) || point_uniform(seed, 96, (uint64_t)k) < 0.5) continue;
    evaluation_set_one(e, wish->leaf, wish->element, value);
  }
}
