/* cases.c: two values in, whether they are equal element by element, each computed as numbers modulo primes
 * (prove/element.c), once for every sign and every class that is asked for. What is proved holds in all cases. */
#include "prove/walk.h"

#define MOST_ELEMENTS 4096

static bool some_leaf_is_zero(const Field *f) {
  for (int k = 0; k < f->choices.n; k++)
    if (f->choices.at[k].sign && f->choices.at[k].option == 2) return true;
  return false;
}

/* The sides under the choices at hand; true where that says nothing against them. What was computed for the element
 * before is kept where neither made a choice. */
static bool equal_in_this_case(Walk *w, const Read *a, const Read *b) {
  Field *f = w->f;
  bool plain = !w->finding && !w->zeroed && f->choices.n == w->fixed;
  if (!plain || !w->clean) w->run++;
  f->vacuous = false;
  FieldValue *left = walk_read(w, a, NULL), *right = walk_read(w, b, NULL);
  w->clean = plain && f->choices.n == w->fixed;
  return !f->failed && (f->vacuous || w->finding || field_equal(f, left, right)) && !f->failed;
}

static bool equal_in_all_cases(Walk *w, const Read *a, const Read *b) {
  do {
    w->divisors.n = 0;
    w->finding = w->selects;
    if (w->selects && !equal_in_this_case(w, a, b)) return false;
    w->finding = false;
    if (equal_in_this_case(w, a, b)) continue;
    w->zeroed = some_leaf_is_zero(w->f) && !w->f->failed;
    bool equal = w->zeroed && equal_in_this_case(w, a, b);
    w->zeroed = false;
    if (!equal) return false;
  } while (field_next(w->f, w->fixed));
  return true;
}

/* Is there an a * b that is 0 where a is 0 though b may have no value? */
static bool has_selects(Graph *g, const Read *a, const Read *b, const unsigned char *defined) {
  NodeList list = graph_order(g->cx, (Node *[]){a->node, b->node}, 2);
  for (int i = 0; i < list.n; i++) {
    const Node *n = list.at[i];
    if (n->kind == NODE_MAP && n->op == OP_SELECT && defined[n->reads[1]->node->id] != FINITE) return true;
  }
  return false;
}

/* ---- all elements ---- */

typedef struct Places { /* of the sides' free variables but for the example */
  int n, vars[2 * MAX_AXES];
  Axis axes[2 * MAX_AXES];
} Places;

static Places places_of(const Graph *g, const Read *a, const Read *b) {
  Places p = {0};
  int vars[2 * MAX_AXES], n = read_vars(b, vars, read_vars(a, vars, 0));
  for (int k = 0; k < n; k++)
    if (vars[k] != g->batch_var) p.axes[p.n] = graph_var_axis(g, vars[k]), p.vars[p.n++] = vars[k];
  return p;
}

static bool equal_everywhere(Walk *w, Read *a, Read *b, const Places *p) {
  int64_t at[2 * MAX_AXES] = {0};
  do {
    Subst s = {0};
    for (int k = 0; k < p->n; k++) subst_add(&s, p->vars[k], index_constant(w->g, at[k]));
    if (!equal_in_all_cases(w, read_substitute(w->g, a, &s), read_substitute(w->g, b, &s))) return false;
  } while (walk_advance(p->axes, at, 0, p->n));
  return true;
}

/* ---- how long arrays are ---- */

static void mark_counts(Walk *w) {
  w->counts = ARENA_ARRAY(w->g->cx, unsigned char, w->g->nnodes);
  for (int d = 0; d < w->g->ndims; d++)
    for (int k = 0; k < w->g->dims[d]->n; k++)
      if (w->g->dims[d]->terms[k].gather) w->counts[w->g->dims[d]->terms[k].gather->node->id] = 1;
}

/* The extents of the example are chosen first, so that all elements can be computed together. */
static void choose_counts(Walk *w, const Read *a, const Read *b) {
  NodeList list = graph_order(w->g->cx, (Node *[]){a->node, b->node}, 2);
  for (int i = 0; i < list.n; i++)
    if (w->counts[list.at[i]->id] && walk_count(list.at[i]) == 1) walk_element(w, list.at[i], 0);
  w->fixed = w->f->choices.n;
  w->clean = false;
}

bool prove_by_elements(Question *q) {
  Graph *g = q->g;
  Places p = places_of(g, q->a, q->b);
  int64_t count = 1;
  bool equal;
  for (int k = 0; k < p.n; k++) count *= p.axes[k].extent;
  if (count > MOST_ELEMENTS) return false;
  Walk w = {.g = g, .f = field_new(g->cx, q->work), .opaque = q->opaque, .defined = q->defined, .nnodes = g->nnodes};
  w.memo = ARENA_ARRAY(g->cx, Memo, g->nnodes);
  w.bound = ARENA_ARRAY(g->cx, const Carry *, g->nnodes);
  w.selects = has_selects(g, q->a, q->b, q->defined);
  w.symbolic = w.f->atoms = q->symbolic;
  mark_counts(&w);
  do {
    w.run++;
    choose_counts(&w, q->a, q->b);
    equal = !w.f->failed && equal_everywhere(&w, q->a, q->b, &p);
  } while (equal && field_next(w.f, 0));
  q->work = w.f->work;
  q->unrolled = w.unrolled;
  return equal;
}
