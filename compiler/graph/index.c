/* index.c: index expressions: affine in variables and gathered integers, over a divisor. All are immutable and normal:
 * terms sorted and merged, no common factor with the divisor. Sums of indices with divisors go over the least common
 * one. Numbers are 64-bit; what does not fit is an error of the model, at the node that is being built, and the index
 * becomes 0. */
#include "graph/node.h"

#include <math.h>
#include <string.h>

/* ---- arithmetic that does not wrap ---- */

static void report_overflow(Graph *g, int64_t a, char op, int64_t b) {
  if (g->overflowed) return;
  g->overflowed = true;
  error_at(g->cx, g->span, "an index here has numbers beyond 64 bits: %lld %c %lld", (long long)a, op, (long long)b);
}

static int64_t times(Graph *g, int64_t a, int64_t b) {
  int64_t c;
  if (!__builtin_mul_overflow(a, b, &c) && c != INT64_MIN) return c; /* -INT64_MIN is none */
  report_overflow(g, a, '*', b);
  return 0;
}

static int64_t plus(Graph *g, int64_t a, int64_t b) {
  int64_t c;
  if (!__builtin_add_overflow(a, b, &c) && c != INT64_MIN) return c;
  report_overflow(g, a, '+', b);
  return 0;
}

static int64_t gcd64(int64_t a, int64_t b) {
  if (a < 0) a = -a;
  if (b < 0) b = -b;
  while (b) {
    int64_t r = a % b;
    a = b;
    b = r;
  }
  return a;
}

static int term_order(const Term *a, const Term *b) {
  if ((a->gather != NULL) != (b->gather != NULL)) return a->gather ? 1 : -1;
  if (!a->gather) return a->var < b->var ? -1 : a->var > b->var;
  if (a->gather->node->id != b->gather->node->id) return a->gather->node->id < b->gather->node->id ? -1 : 1;
  return read_equal(a->gather, b->gather) ? 0 : 2; /* 2: same node, other place: keeps the order of arrival */
}

static void insert_term(Graph *g, Index *e, Term t) {
  int k = 0;
  while (k < e->n && term_order(&e->terms[k], &t) == -1) k++;
  for (int i = k; i < e->n && t.gather && term_order(&e->terms[i], &t) != 1; i++)
    if (term_order(&e->terms[i], &t) == 0) {
      e->terms[i].coef = plus(g, e->terms[i].coef, t.coef);
      return;
    }
  if (k < e->n && term_order(&e->terms[k], &t) == 0) {
    e->terms[k].coef = plus(g, e->terms[k].coef, t.coef);
    return;
  }
  while (k < e->n && term_order(&e->terms[k], &t) == 2) k++;
  memmove(e->terms + k + 1, e->terms + k, sizeof(Term) * (size_t)(e->n - k));
  e->terms[k] = t;
  e->n++;
}

static Index *index_new(Graph *g, int64_t offset, int64_t divisor, int room) {
  Index *e = ARENA_NEW(g->cx, Index);
  e->offset = offset;
  e->divisor = divisor;
  e->terms = room ? ARENA_ARRAY(g->cx, Term, room) : NULL;
  return e;
}

/* Drops terms with coefficient 0 and common factors with the divisor. */
static Index *normalize(Index *e) {
  int n = 0;
  int64_t common = gcd64(e->divisor, e->offset);
  for (int i = 0; i < e->n; i++)
    if (e->terms[i].coef != 0) e->terms[n++] = e->terms[i];
  e->n = n;
  for (int i = 0; i < n; i++) common = gcd64(common, e->terms[i].coef);
  if (common > 1) {
    e->divisor /= common;
    e->offset /= common;
    for (int i = 0; i < n; i++) e->terms[i].coef /= common;
  }
  return e;
}

Index *index_constant(Graph *g, int64_t k) { return index_new(g, k, 1, 0); }

Index *index_var(Graph *g, int var) {
  Index *e = index_new(g, 0, 1, 1);
  e->terms[0] = (Term){1, var, NULL};
  e->n = 1;
  return e;
}

Index *index_combine(Graph *g, int64_t ca, const Index *a, int64_t cb, const Index *b) {
  int64_t d = times(g, a->divisor / gcd64(a->divisor, b->divisor), b->divisor);
  if (d == 0) return index_constant(g, 0);
  int64_t fa = times(g, ca, d / a->divisor), fb = times(g, cb, d / b->divisor);
  Index *e = index_new(g, plus(g, times(g, fa, a->offset), times(g, fb, b->offset)), d, a->n + b->n);
  for (int i = 0; i < a->n; i++)
    insert_term(g, e, (Term){times(g, fa, a->terms[i].coef), a->terms[i].var, a->terms[i].gather});
  for (int i = 0; i < b->n; i++)
    insert_term(g, e, (Term){times(g, fb, b->terms[i].coef), b->terms[i].var, b->terms[i].gather});
  return normalize(e);
}

Index *index_divide(Graph *g, const Index *a, int64_t d) {
  int64_t divisor = times(g, a->divisor, d < 0 ? -d : d);
  if (divisor == 0) return index_constant(g, 0);
  Index *e = index_new(g, d < 0 ? -a->offset : a->offset, divisor, a->n);
  for (int i = 0; i < a->n; i++)
    insert_term(g, e, (Term){d < 0 ? -a->terms[i].coef : a->terms[i].coef, a->terms[i].var, a->terms[i].gather});
  return normalize(e);
}

/* An integer value as an index: what is affine is taken apart, the rest is gathered. */
Index *index_gather(Graph *g, const Read *r) {
  const Node *n = r->node;
  double k;
  if (read_constant(r, &k) && number_is_exact(k)) return index_constant(g, (int64_t)k);
  if (n->kind == NODE_MAP && n->nreduce == 0 && n->nguards == 0) {
    Subst s = read_subst(r);
    if (n->op == OP_INDEX) return index_substitute(g, n->value, &s);
    if (n->op == OP_PRODUCT && n->nreads == 1 && number_is_exact(n->scale) && n->reads[0]->node->integer)
      return index_combine(g, (int64_t)n->scale, index_gather(g, read_substitute(g, n->reads[0], &s)), 0,
                           index_constant(g, 0));
    if ((n->op == OP_ADD || n->op == OP_SUB) && n->reads[0]->node->integer && n->reads[1]->node->integer)
      return index_combine(g, 1, index_gather(g, read_substitute(g, n->reads[0], &s)), n->op == OP_ADD ? 1 : -1,
                           index_gather(g, read_substitute(g, n->reads[1], &s)));
  }
  Index *e = index_new(g, 0, 1, 1);
  e->terms[0] = (Term){1, -1, r};
  e->n = 1;
  return e;
}

bool index_equal(const Index *a, const Index *b) {
  if (a == b) return true;
  if (a->offset != b->offset || a->divisor != b->divisor || a->n != b->n) return false;
  for (int i = 0; i < a->n; i++) {
    const Term *s = &a->terms[i], *t = &b->terms[i];
    if (s->coef != t->coef || s->var != t->var || (s->gather != NULL) != (t->gather != NULL)) return false;
    if (s->gather && !read_equal(s->gather, t->gather)) return false;
  }
  return true;
}

bool index_is_var(const Index *e, int *var) {
  if (e->n != 1 || e->offset != 0 || e->divisor != 1 || e->terms[0].coef != 1 || e->terms[0].gather) return false;
  if (var) *var = e->terms[0].var;
  return true;
}

bool index_is_constant(const Index *e, int64_t *k) {
  if (e->n != 0 || e->divisor != 1) return false;
  if (k) *k = e->offset;
  return true;
}

int64_t index_coef(const Index *e, int var) {
  for (int i = 0; i < e->n; i++)
    if (!e->terms[i].gather && e->terms[i].var == var) return e->terms[i].coef;
  return 0;
}

bool index_uses(const Index *e, int var) {
  for (int i = 0; i < e->n; i++) {
    if (e->terms[i].gather ? read_uses(e->terms[i].gather, var) : e->terms[i].var == var) return true;
  }
  return false;
}

bool index_uses_in_gather(const Index *e, int var) {
  for (int i = 0; i < e->n; i++)
    if (e->terms[i].gather && read_uses(e->terms[i].gather, var)) return true;
  return false;
}

static bool var_range(const Graph *g, int var, const Axis *axes, double *lo, double *hi) {
  if (var < FREE_VAR && !axes) return false;
  Axis a = var < FREE_VAR ? axes[var] : graph_var_axis(g, var);
  if (a.kind != AXIS_PLAIN) return false;
  *lo = 0;
  *hi = (double)a.extent - 1;
  return true;
}

/* c * (a..b) added to low..high; false where that leaves 64 bits. */
static bool add_range(int64_t c, int64_t a, int64_t b, int64_t *low, int64_t *high) {
  int64_t x, y;
  if (__builtin_mul_overflow(c, c > 0 ? a : b, &x) || __builtin_mul_overflow(c, c > 0 ? b : a, &y)) return false;
  return !__builtin_add_overflow(*low, x, low) && !__builtin_add_overflow(*high, y, high);
}

bool index_range(const Graph *g, const Index *e, const Axis *axes, double *lo, double *hi) {
  int64_t low = e->offset, high = e->offset;
  double rough_low = (double)low, rough_high = (double)high;
  bool exact = true;
  for (int i = 0; i < e->n; i++) {
    const Read *r = e->terms[i].gather;
    double a, b, c = (double)e->terms[i].coef;
    if (r) node_range(r->node, &a, &b);
    else if (!var_range(g, e->terms[i].var, axes, &a, &b)) return false;
    exact = exact && add_range(e->terms[i].coef, (int64_t)a, (int64_t)b, &low, &high);
    rough_low += c > 0 ? c * a : c * b;
    rough_high += c > 0 ? c * b : c * a;
  }
  *lo = (exact ? (double)low : rough_low) / (double)e->divisor;
  *hi = (exact ? (double)high : rough_high) / (double)e->divisor;
  return true;
}

void subst_add(Subst *s, int var, Index *by) {
  if (s->n >= 2 * MAX_AXES) bug("substitution", "more than %d variables", 2 * MAX_AXES);
  s->var[s->n] = var;
  s->by[s->n++] = by;
}

Index *index_substitute(Graph *g, const Index *e, const Subst *s) {
  Index *sum = index_new(g, e->offset, e->divisor, 0);
  sum = normalize(sum);
  for (int i = 0; i < e->n; i++) {
    const Term *t = &e->terms[i];
    Index *by = NULL;
    if (t->gather) {
      by = index_gather(g, read_substitute(g, t->gather, s));
    } else {
      for (int k = 0; k < s->n && !by; k++)
        if (s->var[k] == t->var) by = s->by[k];
      if (!by) by = index_var(g, t->var);
    }
    sum =
      index_combine(g, 1, sum, 1, index_divide(g, index_combine(g, t->coef, by, 0, index_constant(g, 0)), e->divisor));
  }
  return sum;
}

int index_vars(const Index *e, int *vars, int n) {
  for (int i = 0; i < e->n; i++) {
    if (e->terms[i].gather) {
      n = read_vars(e->terms[i].gather, vars, n);
      continue;
    }
    int k = 0, v = e->terms[i].var;
    while (k < n && vars[k] < v) k++;
    if (k < n && vars[k] == v) continue;
    if (n >= 2 * MAX_AXES) bug("variables", "more than %d variables in one value", 2 * MAX_AXES);
    memmove(vars + k + 1, vars + k, sizeof(int) * (size_t)(n - k));
    vars[k] = v;
    n++;
  }
  return n;
}

Guard guard_within(Graph *g, int dim, const Index *e) {
  double lo = 0, hi = 0;
  const Index *count = g->dims[dim - 1];
  index_range(g, count, NULL, &lo, &hi);
  return (Guard){index_combine(g, 1, index_combine(g, 1, count, -1, e), -1, index_constant(g, 1)), (int64_t)hi};
}

Read *read_make(Graph *g, Node *node, Index **index) {
  Read *r = ARENA_NEW(g->cx, Read);
  r->node = node;
  r->index = node->naxes ? arena_copy(g->cx, index, sizeof(Index *) * (size_t)node->naxes) : NULL;
  return r;
}

Read *read_open(Graph *g, Node *node, int *vars) {
  Index *index[MAX_AXES];
  for (int k = 0; k < node->naxes; k++) {
    vars[k] = graph_var(g, node->axes[k]);
    index[k] = index_var(g, vars[k]);
  }
  return read_make(g, node, index);
}

bool read_equal(const Read *a, const Read *b) {
  if (a == b) return true;
  if (a->node != b->node) return false;
  for (int k = 0; k < a->node->naxes; k++)
    if (!index_equal(a->index[k], b->index[k])) return false;
  return true;
}

bool read_is_identity(const Read *r) {
  for (int k = 0; k < r->node->naxes; k++) {
    int v;
    if (!index_is_var(r->index[k], &v) || v != k) return false;
  }
  return true;
}

bool read_uses(const Read *r, int var) {
  for (int k = 0; k < r->node->naxes; k++)
    if (index_uses(r->index[k], var)) return true;
  return false;
}

bool read_constant(const Read *r, double *value) {
  const Node *n = r->node;
  if (n->kind != NODE_MAP || n->op != OP_PRODUCT || n->nreads || n->nguards || n->nreduce || n->naxes) return false;
  if (value) *value = n->scale;
  return true;
}

int read_vars(const Read *r, int *vars, int n) {
  for (int k = 0; k < r->node->naxes; k++) n = index_vars(r->index[k], vars, n);
  return n;
}

Read *read_substitute(Graph *g, const Read *r, const Subst *s) {
  Index *index[MAX_AXES];
  for (int k = 0; k < r->node->naxes; k++) index[k] = index_substitute(g, r->index[k], s);
  return read_make(g, r->node, index);
}

Subst read_subst(const Read *r) {
  Subst s = {0};
  for (int k = 0; k < r->node->naxes; k++) subst_add(&s, k, r->index[k]);
  return s;
}

Read *read_operand(Graph *g, const Read *r, int k) {
  Subst s = read_subst(r);
  return read_substitute(g, r->node->reads[k], &s);
}
