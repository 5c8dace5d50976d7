/* form.c: making formulas, comparing and matching them. */
#include "derivation/form.h"

#include <math.h>

Form *form_new(Context *cx, FormKind kind) {
  Form *f = ARENA_NEW(cx, Form);
  f->kind = kind;
  return f;
}

Form *form_number(Context *cx, double x) {
  Form *f = form_new(cx, FORM_NUMBER);
  f->number = x;
  return f;
}

bool form_is_number(const Form *f, double x) { return f->kind == FORM_NUMBER && f->number == x; }

static Form *with_operands(Context *cx, FormKind kind, Form *const *at, int n) {
  Form *f = form_new(cx, kind);
  f->n = n;
  f->at = n ? arena_copy(cx, at, sizeof *at * (size_t)n) : NULL;
  return f;
}

double form_coefficient(const Form *f) {
  if (f->kind == FORM_NUMBER) return f->number;
  return f->kind == FORM_PRODUCT && f->at[0]->kind == FORM_NUMBER ? f->at[0]->number : 1;
}

Form *form_rest(Context *cx, const Form *f) {
  if (f->kind == FORM_NUMBER) return form_number(cx, 1);
  if (f->kind != FORM_PRODUCT || f->at[0]->kind != FORM_NUMBER) return (Form *)f;
  return f->n == 2 ? f->at[1] : with_operands(cx, FORM_PRODUCT, f->at + 1, f->n - 1);
}

Forms form_factors(Context *cx, const Form *f) {
  Forms out = {0};
  Form *rest = form_rest(cx, f);
  if (rest->kind == FORM_PRODUCT)
    for (int k = 0; k < rest->n; k++) VEC_PUSH(cx, &out, rest->at[k]);
  else if (rest->kind != FORM_NUMBER) VEC_PUSH(cx, &out, rest);
  return out;
}

/* ---- sums ---- */

static void add_term(Context *cx, Forms *terms, Form *f) {
  if (f->kind == FORM_SUM) {
    for (int k = 0; k < f->n; k++) add_term(cx, terms, f->at[k]);
    return;
  }
  if (form_is_number(f, 0)) return;
  Form *rest = form_rest(cx, f);
  for (int k = 0; k < terms->n; k++) {
    if (!form_equal(form_rest(cx, terms->at[k]), rest)) continue;
    double sum = form_coefficient(terms->at[k]) + form_coefficient(f);
    terms->at[k] = form_product(cx, (Form *[]){form_number(cx, sum), rest}, 2);
    return;
  }
  VEC_PUSH(cx, terms, f);
}

/* [t = 0] + [t ≠ 0] is 1. */
static bool are_all_cases(const Form *a, const Form *b) {
  bool calls = a->kind == FORM_CALL && b->kind == FORM_CALL && a->op == OP_EQ && b->op == OP_NE;
  return calls && form_equal(a->at[0], b->at[0]) && form_equal(a->at[1], b->at[1]);
}

static void join_cases(Context *cx, Forms *terms) {
  for (int i = 0; i < terms->n; i++)
    for (int j = 0; j < terms->n; j++)
      if (are_all_cases(terms->at[i], terms->at[j]))
        terms->at[i] = form_number(cx, 1), terms->at[j] = form_number(cx, 0);
}

Form *form_sum(Context *cx, Form *const *at, int n) {
  Forms terms = {0}, left = {0};
  for (int k = 0; k < n; k++) add_term(cx, &terms, at[k]);
  join_cases(cx, &terms);
  for (int k = 0; k < terms.n; k++)
    if (!form_is_number(terms.at[k], 0)) VEC_PUSH(cx, &left, terms.at[k]);
  if (!left.n) return form_number(cx, 0);
  return left.n == 1 ? left.at[0] : with_operands(cx, FORM_SUM, left.at, left.n);
}

Form *form_negative(Context *cx, Form *f) { return form_product(cx, (Form *[]){form_number(cx, -1), f}, 2); }

/* ---- products ---- */

/* Is b the negative of the sum a, term by term? */
static bool is_opposite(Context *cx, const Form *a, const Form *b) {
  if (a->kind != FORM_SUM || b->kind != FORM_SUM || a->n != b->n) return false;
  Form **turned = ARENA_ARRAY(cx, Form *, b->n);
  for (int k = 0; k < b->n; k++) turned[k] = form_negative(cx, b->at[k]);
  return form_equal(a, with_operands(cx, FORM_SUM, turned, b->n));
}

static const Form *base_of(const Form *f, double *exponent) {
  *exponent = f->kind == FORM_POWER ? f->number : 1;
  return f->kind == FORM_POWER ? f->at[0] : f;
}

static void add_factor(Context *cx, Forms *factors, double *number, Form *f) {
  double e, mine;
  if (f->kind == FORM_NUMBER) {
    *number *= f->number;
    return;
  }
  if (f->kind == FORM_PRODUCT) {
    for (int k = 0; k < f->n; k++) add_factor(cx, factors, number, f->at[k]);
    return;
  }
  const Form *base = base_of(f, &mine);
  for (int k = 0; k < factors->n; k++) {
    const Form *other = base_of(factors->at[k], &e);
    bool opposite = mine == floor(mine) && is_opposite(cx, other, base);
    if (!opposite && !form_equal(other, base)) continue;
    if (base->kind == FORM_HOLDS) return; /* 1 or 0, however often */
    if (opposite && fmod(mine, 2) != 0) *number = -*number;
    factors->at[k] = form_power(cx, (Form *)other, e + mine);
    return;
  }
  VEC_PUSH(cx, factors, f);
}

/* -(a - b) is b - a */
static Form *negative_sum(Context *cx, const Form *f) {
  Forms terms = {0};
  for (int pass = 0; pass < 2; pass++)
    for (int k = 0; k < f->n; k++)
      if ((form_coefficient(f->at[k]) > 0) == (pass == 1)) VEC_PUSH(cx, &terms, form_negative(cx, f->at[k]));
  return with_operands(cx, FORM_SUM, terms.at, terms.n);
}

Form *form_product(Context *cx, Form *const *at, int n) {
  Forms factors = {0}, left = {0};
  double number = 1;
  for (int k = 0; k < n; k++) add_factor(cx, &factors, &number, at[k]);
  if (number == 0) return form_number(cx, 0);
  if (number != 1) VEC_PUSH(cx, &left, form_number(cx, number));
  for (int k = 0; k < factors.n; k++)
    if (!form_is_number(factors.at[k], 1)) VEC_PUSH(cx, &left, factors.at[k]);
  if (!left.n) return form_number(cx, 1);
  if (number == -1 && left.n == 2 && left.at[1]->kind == FORM_SUM) return negative_sum(cx, left.at[1]);
  return left.n == 1 ? left.at[0] : with_operands(cx, FORM_PRODUCT, left.at, left.n);
}

Form *form_power(Context *cx, Form *base, double exponent) {
  if (exponent == 0) return form_number(cx, 1);
  if (exponent == 1) return base;
  if (base->kind == FORM_NUMBER) return form_number(cx, pow(base->number, exponent));
  if (base->kind == FORM_POWER && (exponent == floor(exponent) || base->number == 1))
    return form_power(cx, base->at[0], base->number * exponent);
  if (base->kind == FORM_PRODUCT && exponent == floor(exponent)) {
    Form **at = ARENA_ARRAY(cx, Form *, base->n);
    for (int k = 0; k < base->n; k++) at[k] = form_power(cx, base->at[k], exponent);
    return form_product(cx, at, base->n);
  }
  Form *f = with_operands(cx, FORM_POWER, &base, 1);
  f->number = exponent;
  return f;
}

Form *form_call(Context *cx, Op op, Form *const *at, int n) {
  Form *f = with_operands(cx, FORM_CALL, at, n);
  f->op = op;
  return f;
}

/* ---- reductions ---- */

bool form_pins(Graph *g, const Form *f, int *v, Index **e) {
  if (f->kind != FORM_HOLDS || f->extent != 1 || f->index->divisor != 1 || f->index->n > 2 || !f->index->n)
    return false;
  for (int k = f->index->n - 1; k >= 0; k--) {
    const Term *t = &f->index->terms[k];
    if (t->gather || (t->coef != 1 && t->coef != -1)) continue;
    *v = t->var;
    *e = index_combine(g, 1, index_var(g, t->var), -t->coef, f->index);
    bool other = (*e)->n == 1 && (*e)->offset == 0 && (*e)->terms[0].coef == 1;
    if (other || ((*e)->n == 0 && (*e)->offset >= 0)) return true;
  }
  return false;
}

/* The sum over v of [v = e] f(v) is f(e). */
static Form *pinned_sum(Graph *g, const int *vars, int n, const Form *body) {
  Forms factors = form_factors(g->cx, body);
  for (int k = 0; k < factors.n; k++) {
    int v, left[MAX_AXES], m = 0;
    Index *e;
    if (!form_pins(g, factors.at[k], &v, &e)) continue;
    if (!vars_contain(vars, n, v)) { /* the other side may be the one that is summed over */
      int other = e->n && !e->terms[0].gather ? e->terms[0].var : -1;
      if (!vars_contain(vars, n, other)) continue;
      e = index_var(g, v), v = other;
    }
    Subst s = {0};
    subst_add(&s, v, e);
    factors.at[k] = form_number(g->cx, form_coefficient(body));
    Form *rest = form_substitute(g, form_product(g->cx, factors.at, factors.n), &s);
    for (int i = 0; i < n; i++)
      if (vars[i] != v) left[m++] = vars[i];
    return m ? form_reduce(g, RED_SUM, left, m, rest) : rest;
  }
  return NULL;
}

static bool uses_any(const Form *f, const int *vars, int n) {
  for (int k = 0; k < n; k++)
    if (form_uses(f, vars[k])) return true;
  return false;
}

Form *form_reduce(Graph *g, Reduction r, const int *vars, int n, Form *body) {
  Context *cx = g->cx;
  Form *pinned = r == RED_SUM ? pinned_sum(g, vars, n, body) : NULL;
  if (pinned) return pinned;
  if (r == RED_SUM) {
    Forms outside = {0}, inside = {0}, all = form_factors(cx, body);
    VEC_PUSH(cx, &outside, form_number(cx, form_coefficient(body)));
    if (form_is_number(outside.at[0], 0)) return outside.at[0];
    for (int k = 0; k < all.n; k++) {
      if (uses_any(all.at[k], vars, n)) VEC_PUSH(cx, &inside, all.at[k]);
      else VEC_PUSH(cx, &outside, all.at[k]);
    }
    Form *rest = form_product(cx, inside.at, inside.n);
    if (outside.n > 1 || form_coefficient(body) != 1) {
      VEC_PUSH(cx, &outside, form_reduce(g, r, vars, n, rest));
      return form_product(cx, outside.at, outside.n);
    }
    int kept[MAX_AXES], m = 0;
    double count = 1;
    for (int k = 0; k < n; k++) {
      Axis axis = graph_var_axis(g, vars[k]);
      if (form_uses(rest, vars[k]) || axis.kind != AXIS_PLAIN || axis.dim) kept[m++] = vars[k];
      else count *= (double)axis.extent;
    }
    if (m < n) {
      Form *sum = m ? form_reduce(g, r, kept, m, rest) : rest;
      return form_product(cx, (Form *[]){form_number(cx, count), sum}, 2);
    }
    if (rest->kind == FORM_REDUCE && rest->reduction == RED_SUM && rest->nvars + n <= MAX_AXES) {
      int both[MAX_AXES];
      memcpy(both, vars, sizeof(int) * (size_t)n);
      memcpy(both + n, rest->vars, sizeof(int) * (size_t)rest->nvars);
      return form_reduce(g, r, both, n + rest->nvars, rest->at[0]);
    }
    body = rest;
  }
  Form *f = with_operands(cx, FORM_REDUCE, &body, 1);
  f->reduction = r;
  f->nvars = n;
  memcpy(f->vars, vars, sizeof(int) * (size_t)n);
  return f;
}

Form *form_with(Graph *g, const Form *f, Form *const *at) {
  switch (f->kind) {
  case FORM_SUM: return form_sum(g->cx, at, f->n);
  case FORM_PRODUCT: return form_product(g->cx, at, f->n);
  case FORM_POWER: return form_power(g->cx, at[0], f->number);
  case FORM_REDUCE: return form_reduce(g, f->reduction, f->vars, f->nvars, at[0]);
  default: break;
  }
  Form *copy = arena_copy(g->cx, f, sizeof *f);
  if (f->n) copy->at = arena_copy(g->cx, at, sizeof *at * (size_t)f->n);
  return copy;
}

Form *form_substitute(Graph *g, const Form *f, const Subst *s) {
  Form **at = ARENA_ARRAY(g->cx, Form *, f->n + 1);
  for (int k = 0; k < f->n; k++) at[k] = form_substitute(g, f->at[k], s);
  Form *copy = form_with(g, f, at);
  if (copy->kind != f->kind || copy->n != f->n) return copy;
  if (f->read) copy->read = read_substitute(g, f->read, s);
  if (f->index) copy->index = index_substitute(g, f->index, s);
  return copy;
}

/* ---- variables ---- */

int form_vars(const Form *f, int *vars, int n) {
  int mine[8 * MAX_AXES], m = 0;
  for (int k = 0; k < f->n; k++) m = form_vars(f->at[k], mine, m);
  if (f->kind == FORM_REDUCE || f->kind == FORM_SOFTMAX || f->kind == FORM_VIEW) {
    int kept = 0;
    for (int k = 0; k < m; k++)
      if (!vars_contain(f->vars, f->nvars, mine[k])) mine[kept++] = mine[k];
    m = kept;
  }
  if (f->read) m = read_vars(f->read, mine, m);
  if (f->index) m = index_vars(f->index, mine, m);
  for (int k = 0; k < m; k++)
    if (!vars_contain(vars, n, mine[k]) && n < 4 * MAX_AXES) vars[n++] = mine[k];
  return n;
}

bool form_uses(const Form *f, int var) {
  int vars[8 * MAX_AXES];
  return vars_contain(vars, form_vars(f, vars, 0), var);
}

/* ---- equality and matching ---- */

typedef struct Matching { /* bound variables of both sides, and what the pattern's variables stand for */
  int n, a[8 * MAX_AXES], b[8 * MAX_AXES];
  int npattern;
  const int *pattern;
  Index **by;
} Matching;

static bool match_index(Matching *m, const Index *a, const Index *b);

static bool match_reads(Matching *m, const Read *a, const Read *b) {
  if (a->node != b->node) return false;
  for (int k = 0; k < a->node->naxes; k++)
    if (!match_index(m, a->index[k], b->index[k])) return false;
  return true;
}

static bool match_vars(const Matching *m, int a, int b) {
  for (int k = m->n - 1; k >= 0; k--)
    if (m->a[k] == a || m->b[k] == b) return m->a[k] == a && m->b[k] == b;
  return a == b;
}

static bool match_terms(Matching *m, const Index *a, const Index *b, int sign) {
  bool used[4 * MAX_AXES] = {false};
  for (int i = 0; i < a->n; i++) {
    bool found = false;
    for (int j = 0; j < b->n && j < 4 * MAX_AXES && !found; j++) {
      const Term *s = &a->terms[i], *t = &b->terms[j];
      if (used[j] || s->coef != sign * t->coef || !s->gather != !t->gather) continue;
      found = s->gather ? match_reads(m, s->gather, t->gather) : match_vars(m, s->var, t->var);
      used[j] = found;
    }
    if (!found) return false;
  }
  return true;
}

static bool match_index(Matching *m, const Index *a, const Index *b) {
  int v;
  if (index_is_var(a, &v))
    for (int k = 0; k < m->npattern; k++) {
      if (m->pattern[k] != v) continue;
      if (!m->by[k]) m->by[k] = (Index *)b;
      return index_equal(m->by[k], b);
    }
  return a->n == b->n && a->offset == b->offset && a->divisor == b->divisor && match_terms(m, a, b, 1);
}

/* i = t is t = i. */
static bool match_conditions(Matching *m, const Form *a, const Form *b) {
  const Index *x = a->index, *y = b->index;
  if (a->extent != b->extent) return false;
  if (match_index(m, x, y)) return true;
  return a->extent == 1 && x->n == y->n && x->offset == -y->offset && x->divisor == y->divisor &&
         match_terms(m, x, y, -1);
}

static bool match_forms(Matching *m, const Form *a, const Form *b);

/* In any order: each of a's with one of b's. */
static bool match_all(Matching *m, Form *const *a, Form *const *b, int n) {
  if (n > 64) return false;
  bool used[64] = {false};
  for (int i = 0; i < n; i++) {
    bool found = false;
    for (int j = 0; j < n && !found; j++) {
      Matching before = *m;
      Index *by[2 * MAX_AXES];
      if (m->npattern) memcpy(by, m->by, sizeof(Index *) * (size_t)m->npattern);
      if (!used[j] && match_forms(m, a[i], b[j])) found = used[j] = true;
      else {
        *m = before;
        if (m->npattern) memcpy(m->by, by, sizeof(Index *) * (size_t)m->npattern);
      }
    }
    if (!found) return false;
  }
  return true;
}

static bool match_bound(Matching *m, const Form *a, const Form *b) {
  int before = m->n;
  if (a->nvars != b->nvars || m->n + a->nvars > 8 * MAX_AXES) return false;
  for (int k = 0; k < a->nvars; k++) m->a[m->n] = a->vars[k], m->b[m->n++] = b->vars[k];
  bool same = match_forms(m, a->at[0], b->at[0]);
  if (!same && a->nvars == 2) { /* the sum may name them in another order */
    m->b[before] = b->vars[1], m->b[before + 1] = b->vars[0];
    same = match_forms(m, a->at[0], b->at[0]);
  }
  m->n = before;
  return same;
}

static bool match_forms(Matching *m, const Form *a, const Form *b) {
  if (a->kind != b->kind || a->n != b->n) return false;
  switch (a->kind) {
  case FORM_NUMBER: return a->number == b->number || fabs(a->number - b->number) <= 1e-14 * fabs(a->number);
  case FORM_SYMBOL: return match_reads(m, a->read, b->read);
  case FORM_SUM:
  case FORM_PRODUCT: return match_all(m, a->at, b->at, a->n);
  case FORM_POWER: return a->number == b->number && match_forms(m, a->at[0], b->at[0]);
  case FORM_HOLDS: return match_conditions(m, a, b);
  case FORM_INDEX: return match_index(m, a->index, b->index);
  case FORM_REDUCE: return a->reduction == b->reduction && match_bound(m, a, b);
  case FORM_SOFTMAX: return match_index(m, a->index, b->index) && match_bound(m, a, b);
  case FORM_VIEW: return a->read->node == b->read->node && match_reads(m, a->read, b->read);
  case FORM_CALL: break;
  }
  if (a->op != b->op) return false;
  for (int k = 0; k < a->n; k++)
    if (!match_forms(m, a->at[k], b->at[k])) return false;
  return true;
}

bool form_equal(const Form *a, const Form *b) {
  Matching m = {.n = 0};
  return a == b || match_forms(&m, a, b);
}

bool form_match(const Form *pattern, const Form *f, int nvars, const int *vars, Index **by) {
  Matching m = {.npattern = nvars, .pattern = vars, .by = by};
  for (int k = 0; k < nvars; k++) by[k] = NULL;
  if (!match_forms(&m, pattern, f)) return false;
  for (int k = 0; k < nvars; k++)
    if (!by[k]) return false;
  return true;
}

static bool is_below(const Form *f) { return f->kind == FORM_POWER && f->number < 0; }

static bool has_fraction(const Form *f) {
  bool has = false;
  for (int k = 0; k < f->n; k++)
    has = has || is_below(f->at[k]) || (f->at[k]->kind == FORM_PRODUCT && has_fraction(f->at[k]));
  return has;
}

/* A fraction whose numerator or denominator is a sum with fractions. */
static bool is_nested(const Form *f) {
  bool below = false, fractions = false;
  for (int k = 0; f->kind == FORM_PRODUCT && k < f->n; k++) {
    const Form *base = f->at[k]->kind == FORM_POWER ? f->at[k]->at[0] : f->at[k];
    below = below || is_below(f->at[k]);
    fractions = fractions || (base->kind == FORM_SUM && has_fraction(base));
  }
  return below && fractions;
}

/* (I - p 1') diag(p): the unit matrix in a sum that is multiplied. */
static bool hides_unit(const Form *f) {
  for (int k = 0; f->kind == FORM_PRODUCT && k < f->n; k++)
    for (int i = 0; f->at[k]->kind == FORM_SUM && i < f->at[k]->n; i++) {
      const Form *h = f->at[k]->at[i];
      bool two = h->kind == FORM_HOLDS && h->extent == 1 && h->index->n == 2;
      if (two && !h->index->terms[0].gather && !h->index->terms[1].gather) return true;
    }
  return false;
}

int form_cost(const Form *f) {
  int cost = is_nested(f) || hides_unit(f) ? 8 : 0;
  for (int k = 0; k < f->n; k++) cost += form_cost(f->at[k]);
  switch (f->kind) {
  case FORM_NUMBER: return f->number == -1 ? 1 : 2;
  case FORM_SYMBOL: return 4;
  case FORM_SUM: return cost + 2 * (f->n - 1);
  case FORM_PRODUCT: return cost + f->n - 1;
  case FORM_POWER: return cost + (f->number == -1 ? 1 : 2);
  case FORM_REDUCE: return cost + 4;
  default: return cost + 3;
  }
}
