/* collect.c: derivatives as a book prints them: like terms joined, common factors outside, nothing computed again that
 * is there already.
 *
 * In: a node of the graph when all derivatives are taken. Out: the same value in fewer operations, or nothing. First,
 * sigmoid(-a) becomes 1 - sigmoid(a) where that is there (simplify/uses.c). Then each node is multiplied out down to
 * factors that are no sums, products or quotients (or have a name: nothing is taken from inside of one; softplus(-a) is
 * softplus(a) - a where both are computed); like terms cancel, and what is left is built again (simplify/terms.c). That
 * is kept where it costs less, counted over all elements: what other nodes need anyway is free on both sides. e.g.
 *
 *     (1 - y)/n * sigmoid(a) - y/n * sigmoid(-a)   is   (sigmoid(a) - y)/n
 *     h * sigmoid(-a),  h = sigmoid(a)             is   h*(1 - h)
 *     d + d                                        is   2*d
 *
 * What the user wrote keeps its form, but for the two signs: rounding is as it was asked for. Sums of values that may
 * not be finite stay as they are: there, x - x is not 0. */
#include "simplify/simplifier.h"
#include "build/build.h"
#include "simplify/terms.h"
#include "simplify/uses.h"

#include <math.h>
#include <string.h>

enum { MOST_INSIDE = 64, MOST_STEPS = 256, FUNCTION_COST = 20, DIVISION_COST = 2, ROUGH_BATCH = 64 };

/* ---- multiplied out ---- */

typedef struct Region { /* what a node is made of, down to the factors */
  Graph *g;
  const Uses *uses;
  const Node *root;
  int steps; /* a node that is read twice is multiplied out twice */
  int n;
  const Node *inside[MOST_INSIDE]; /* multiplied out, functions with an opposite too; distinct */
  bool own[MOST_INSIDE];           /* nothing outside of the region needs it */
  int natoms;
  const Node *atoms[MOST_INSIDE]; /* nodes of factors; distinct */
  bool opposites;                 /* one was replaced */
  bool wild, sums;                /* a factor may be infinite; there is a sum */
  bool keeps_adjoints;            /* the adjoint of what has a name is a factor, too */
} Region;

static bool note(const Node **list, int *n, const Node *node) {
  for (int k = 0; k < *n; k++)
    if (list[k] == node) return true;
  if (*n == MOST_INSIDE) return false;
  list[(*n)++] = node;
  return true;
}

static bool expand(Region *r, const Read *x, Terms *terms);

static bool expand_atom(Region *r, Read *x, Terms *terms) {
  *terms = terms_of_atom(x);
  r->wild = r->wild || !read_finite(r->g, x);
  return !x->node->large && !(r->wild && r->sums) && note(r->atoms, &r->natoms, x->node);
}

static bool expand_sum(Region *r, const Read *x, double sign, Terms *terms) {
  Terms b;
  r->sums = true;
  return !r->wild && expand(r, read_operand(r->g, x, 0), terms) && expand(r, read_operand(r->g, x, 1), &b) &&
         terms_add(terms, &b, sign);
}

static bool expand_product(Region *r, const Read *x, Terms *terms) {
  const Node *n = x->node;
  Subst at = read_subst(x);
  *terms = terms_of_constant(n->scale);
  for (int k = 0; k < n->nreads; k++) {
    Terms factor;
    if (!expand(r, read_operand(r->g, x, k), &factor) || !terms_multiply(terms, &factor)) return false;
  }
  for (int k = 0; k < n->nguards; k++)
    if (!terms_add_guard(terms, (Guard){index_substitute(r->g, n->guards[k].e, &at), n->guards[k].n})) return false;
  return true;
}

/* 1/b of the quotient that x reads: a node of its own, at all places of the quotient, since a guard may keep x inside.
 */
static Read *reciprocal(Graph *g, const Read *x) {
  int vars[MAX_AXES];
  Read *quotient = read_open(g, x->node, vars);
  Subst at = {0};
  for (int k = 0; k < x->node->naxes; k++) subst_add(&at, vars[k], x->index[k]);
  return read_substitute(g, build_div(g, build_constant(g, 1), read_operand(g, quotient, 1)), &at);
}

/* a / b as a * (1/b). */
static bool expand_quotient(Region *r, const Read *x, Terms *terms) {
  Terms below;
  double one;
  Read *a = read_operand(r->g, x, 0);
  if (read_constant(a, &one) && one == 1) return expand_atom(r, read_make(r->g, x->node, x->index), terms);
  return expand(r, a, terms) && expand_atom(r, reciprocal(r->g, x), &below) && terms_multiply(terms, &below);
}

/* sigmoid(-a) = 1 - sigmoid(a), softplus(-a) = softplus(a) - a. */
static bool expand_opposite(Region *r, const Read *x, Terms *terms) {
  Read *other = read_make(r->g, uses_opposite(r->uses, x->node), x->index);
  Terms a;
  r->opposites = true;
  *terms = terms_of_constant(1);
  if (x->node->op != OP_SOFTPLUS) return expand_atom(r, other, &a) && terms_add(terms, &a, -1);
  return expand_atom(r, other, terms) && expand(r, read_operand(r->g, other, 0), &a) && terms_add(terms, &a, -1);
}

/* May something be taken from inside of n? Not of what the user named, nor of its adjoint where others use it too. */
static bool multiplied_out(const Region *r, const Node *n) {
  if (n->kind != NODE_MAP || n->nreduce || n->large) return false;
  if (n == r->root || !n->label) return true;
  return n->id < r->uses->cap && !r->uses->written[n->id] && r->uses->count[n->id] == 1 && !r->keeps_adjoints;
}

static bool is_sum_or_quotient(const Node *n) { return n->op == OP_ADD || n->op == OP_SUB || n->op == OP_DIV; }

static bool expand(Region *r, const Read *x, Terms *terms) {
  const Node *n = x->node;
  double value;
  if (read_constant(x, &value)) {
    *terms = terms_of_constant(value);
    return isfinite(value);
  }
  bool opposite = uses_opposite(r->uses, n);
  if (opposite || (multiplied_out(r, n) && (n->op == OP_PRODUCT || (is_sum_or_quotient(n) && read_finite(r->g, x))))) {
    if (++r->steps > MOST_STEPS || !note(r->inside, &r->n, n)) return false;
    if (opposite) return expand_opposite(r, x, terms);
    if (n->op == OP_PRODUCT) return expand_product(r, x, terms);
    if (n->op == OP_DIV) return expand_quotient(r, x, terms);
    return expand_sum(r, x, n->op == OP_ADD ? 1 : -1, terms);
  }
  return expand_atom(r, read_make(r->g, x->node, x->index), terms);
}

/* ---- what it costs ---- */

static double elements(const Node *n) {
  double count = 1;
  for (int k = 0; k < n->naxes; k++) count *= n->axes[k].kind == AXIS_PLAIN ? (double)n->axes[k].extent : ROUGH_BATCH;
  return count;
}

static double cost_of(const Node *n) {
  double scalings = n->scale != 1;
  if (n->kind == NODE_RESULT) n = n->reads[0]->node;
  if (n->kind != NODE_MAP || n->nreduce) return 0;
  if (uses_is_function(n)) return elements(n) * FUNCTION_COST;
  if (n->op == OP_PRODUCT) return elements(n) * ((n->nreads ? n->nreads - 1 + scalings : 0) + n->nguards);
  return elements(n) * (n->op == OP_DIV ? DIVISION_COST : 1);
}

/* How often the nodes of `list` that nothing else needs read n. */
static int uses_by(Context *cx, const Node *const *list, const bool *own, int count, const Node *n) {
  int uses = 0;
  for (int k = 0; k < count; k++) {
    if (!own[k]) continue;
    NodeList operands = graph_operands(cx, list[k]);
    for (int i = 0; i < operands.n; i++) uses += operands.at[i] == n;
  }
  return uses;
}

/* Highest ids first: before what they read. */
static void sort_by_id(const Node **list, int n) {
  for (int i = 1; i < n; i++)
    for (int j = i; j > 0 && list[j]->id > list[j - 1]->id; j--) {
      const Node *t = list[j];
      list[j] = list[j - 1];
      list[j - 1] = t;
    }
}

/* What would not be computed if the root were not: inside of it, and functions that are factors. */
static double cost_of_region(Region *r) {
  bool *own = r->own;
  double cost = 0;
  sort_by_id(r->inside, r->n);
  for (int k = 0; k < r->n; k++) {
    const Node *n = r->inside[k];
    own[k] = n == r->root || uses_by(r->g->cx, r->inside, own, k, n) == r->uses->count[n->id];
    cost += own[k] ? cost_of(n) : 0;
  }
  for (int k = 0; k < r->natoms; k++) {
    const Node *n = r->atoms[k];
    if (uses_has(r->uses, n) && uses_is_function(n) &&
        uses_by(r->g->cx, r->inside, own, r->n, n) == r->uses->count[n->id])
      cost += cost_of(n);
  }
  return cost;
}

static bool has_atom(const Terms *t, const Node *n) {
  for (int k = 0; k < t->n; k++)
    for (int i = 0; i < t->at[k].natoms; i++)
      if (t->at[k].atoms[i]->node == n) return true;
  return false;
}

/* Is it computed whatever form the root takes? */
static bool is_free(const Region *r, const Node *n) {
  for (int k = 0; k < r->n; k++)
    if (r->inside[k] == n) return !r->own[k];
  return uses_has(r->uses, n);
}

static bool is_atom(const Region *r, const Node *n) {
  for (int k = 0; k < r->natoms; k++)
    if (r->atoms[k] == n) return true;
  return false;
}

/* What is computed for the new form alone: down to factors; and factors that were there for the old form only. */
static double cost_of_form(const Region *r, const Terms *terms, Node *form) {
  enum { MOST = 4 * MOST_INSIDE };
  const Node *seen[MOST];
  int n = 0, next = 0;
  double cost = 0;
  if (!is_atom(r, form) && !is_free(r, form)) seen[n++] = form;
  for (; next < n; next++) {
    cost += cost_of(seen[next]);
    for (int k = 0; k < seen[next]->nreads; k++) {
      const Node *x = seen[next]->reads[k]->node;
      bool known = is_atom(r, x) || is_free(r, x);
      for (int i = 0; i < n; i++) known = known || seen[i] == x;
      if (known) continue;
      if (n == MOST) return INFINITY;
      seen[n++] = x;
    }
  }
  for (int k = 0; k < r->natoms; k++) {
    const Node *x = r->atoms[k];
    if (!has_atom(terms, x)) continue;
    if (!uses_has(r->uses, x)) cost += cost_of(x);
    else if (uses_is_function(x) && uses_by(r->g->cx, r->inside, r->own, r->n, x) == r->uses->count[x->id])
      cost += cost_of(x);
  }
  return cost;
}

/* ---- both signs ---- */

/* sigmoid(-a) as 1 - sigmoid(a), where that is there: an exponential less. */
Read *collect_complement(Simplifier *s, const Node *n, const Subst *at) {
  Node *other = uses_complement(s->uses, n);
  Index *index[MAX_AXES];
  if (!other) return NULL;
  for (int k = 0; k < n->naxes; k++) index[k] = at->by[k];
  return build_sub(s->g, build_constant(s->g, 1), rebuild_read(s, read_make(s->g, other, index)));
}

/* ---- the form of one node ---- */

static Read *map_read(void *s, Read *r) { return rebuild_read(s, r); }
static Index *map_index(void *s, Index *e) { return simplifier_mapped_index(s, e); }

typedef struct Form {
  Terms terms;
  double gain; /* what it costs less */
} Form;

/* The best form of the node, with the adjoints of names as factors or without. */
static Form form_of(Simplifier *s, Node *n, Read *self, bool keeps_adjoints) {
  Region r = {.g = s->g, .uses = s->uses, .root = n, .keeps_adjoints = keeps_adjoints};
  Form form = {.gain = 0};
  if (!expand(&r, self, &form.terms) || (s->uses->written[n->id] && !r.opposites)) return form;
  Read *built = terms_build(s->g, &form.terms, NULL);
  if (built->node == n) return form;
  double cost = cost_of_region(&r);
  form.gain = cost - cost_of_form(&r, &form.terms, built->node);
  return form;
}

/* ---- sums over an axis ---- */

/* Is n the sum of exp(u - logsumexp(u)) over all of a softmax, as `self`, its operand, is opened? That is 1. */
static bool is_whole_softmax(Graph *g, const Node *n, const Read *self, const Subst *at) {
  if (n->nguards || self->node->kind != NODE_MAP || self->node->op != OP_EXP) return false;
  const Read *ratio = read_operand(g, self, 0);
  if (ratio->node->kind != NODE_MAP || ratio->node->op != OP_LOGRATIO) return false;
  const Read *u = read_operand(g, ratio, 0), *l = read_operand(g, ratio, 1);
  if (l->node->reduction != RED_LOGSUMEXP || l->node->nreduce != n->nreduce || read_hazards(g, u) & IS_MASK)
    return false;
  Subst own = read_subst(l);
  for (int k = 0; k < n->nreduce; k++) {
    if (!axis_equal(l->node->axes[l->node->naxes + k], n->axes[n->naxes + k])) return false;
    subst_add(&own, l->node->naxes + k, at->by[n->naxes + k]);
  }
  for (int k = 0; k < l->node->naxes; k++)
    for (int i = 0; i < n->nreduce; i++) {
      int v;
      if (index_is_var(at->by[n->naxes + i], &v) && index_uses(l->index[k], v)) return false;
    }
  return read_equal(read_substitute(g, l->node->reads[0], &own), u);
}

static bool uses_summed(const Node *n, const Read *r, const Subst *at) {
  for (int k = 0; k < n->nreduce; k++) {
    int v;
    if (index_is_var(at->by[n->naxes + k], &v) && read_uses(r, v)) return true;
  }
  return false;
}

/* The sum of k*x is k times that of x, where k is the same for all of them; that of k*softmax is k. */
static Read *collect_sum(Simplifier *s, Node *n, const Subst *at) {
  Graph *g = s->g;
  Region r = {.g = g, .uses = s->uses, .root = n, .keeps_adjoints = true};
  Terms terms;
  Read *inside[MOST_ATOMS], *all[MOST_ATOMS];
  int summed[MAX_AXES], ninside = 0, nall = 0;
  if (n->nreads != 1 || n->nguards) return NULL;
  Read *self = read_substitute(g, n->reads[0], at);
  if (!expand(&r, self, &terms) || terms.n != 1 || terms.at[0].nguards) return NULL;
  const Monomial *m = &terms.at[0];
  for (int k = 0; k < m->natoms; k++)
    if (uses_summed(n, m->atoms[k], at)) inside[ninside++] = m->atoms[k];
  bool one = ninside == 1 && is_whole_softmax(g, n, inside[0], at);
  if (!one && (ninside == m->natoms || elements(n) >= elements(self->node))) return NULL;
  for (int k = 0; k < m->natoms; k++)
    if (!one || m->atoms[k] != inside[0]) all[nall++] = rebuild_read(s, m->atoms[k]);
  for (int k = 0; k < n->nreduce; k++) index_is_var(at->by[n->naxes + k], &summed[k]);
  return build_product(g, m->scale * n->scale, nall, all, 0, NULL, one ? 0 : n->nreduce, summed);
}

/* ---- one node ---- */

Read *collect_map(Simplifier *s, Node *n, const Subst *at) {
  if (n->op == OP_PRODUCT && n->reduction == RED_SUM && n->id < s->uses->cap && !s->uses->written[n->id])
    return collect_sum(s, n, at);
  if (n->id >= s->uses->cap || !(n->op == OP_PRODUCT || is_sum_or_quotient(n)) || n->nreduce || n->large) return NULL;
  Index *index[MAX_AXES];
  for (int k = 0; k < n->naxes; k++) index[k] = at->by[k];
  Read *self = read_make(s->g, n, index);
  Form a = form_of(s, n, self, true), b = form_of(s, n, self, false);
  if (b.gain > a.gain) a = b;
  return a.gain > 0 ? terms_build(s->g, &a.terms, &(TermMap){s, map_read, map_index}) : NULL;
}
