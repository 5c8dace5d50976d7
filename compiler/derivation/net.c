/* net.c: products in matrix notation: Σ_k W[k,i] d[k] h[i] as W' d ⊙ h.
 *
 * In: factors, what is summed over, and the variables `out` of the array that the product is an element of. Out: that
 * array without indices, or NULL where it cannot be written so. A product under a sum is a net: variables are its
 * knots, a factor of two variables is an edge (a matrix), one of one variable hangs at a knot (a vector). Where the net
 * has no circle, it is read off from the knots of `out`: what hangs at a knot is multiplied element by element, an edge
 * multiplies what lies behind it. */
#include "derivation/typo.h"

#include <math.h>

typedef struct Factor {
  Form *form;
  int n, vars[2];
  bool used;
} Factor;

typedef struct Net {
  Setting *s;
  VEC(Factor) factors;
  int nvars, vars[4 * MAX_AXES]; /* bound and out */
  double number;
  Typos above, below; /* scalars */
  bool failed;
} Net;

typedef struct Hung { /* what hangs at a knot, as a quotient */
  Typos above, below;
} Hung;

/* ---- variables ---- */

/* The free variables of f that are axes of arrays. */
static int axes_of(const Setting *s, const Form *f, int *vars) {
  int all[8 * MAX_AXES], n = form_vars(f, all, 0), m = 0;
  for (int k = 0; k < n; k++)
    if (!setting_is_time(s, all[k]) && all[k] != s->g->batch_var) vars[m++] = all[k];
  return m;
}

Typo *net_scalar_factor(Setting *s, const Form *f) {
  int vars[8 * MAX_AXES];
  Typo *t = matrix_notation(s, f, 0, NULL);
  if (t) return t;
  return axes_of(s, f, vars) ? NULL : index_notation(s, f);
}

/* ---- the net ---- */

static void net_add(Net *net, Form *f) {
  Factor factor = {.form = f};
  int vars[8 * MAX_AXES];
  bool sum = f->kind == FORM_REDUCE && f->reduction == RED_SUM;
  for (int k = 0; sum && k < f->nvars; k++) sum = !setting_is_time(net->s, f->vars[k]);
  if (sum && net->nvars + f->nvars <= 4 * MAX_AXES && axes_of(net->s, f, vars) > 0) {
    for (int k = 0; k < f->nvars; k++) net->vars[net->nvars++] = f->vars[k];
    Forms factors = form_factors(net->s->cx, f->at[0]);
    net->number *= form_coefficient(f->at[0]);
    for (int k = 0; k < factors.n; k++) net_add(net, factors.at[k]);
    return;
  }
  factor.n = axes_of(net->s, f, vars);
  if (factor.n > 2) net->failed = true;
  for (int k = 0; k < factor.n && k < 2; k++) {
    factor.vars[k] = vars[k];
    if (!vars_contain(net->vars, net->nvars, vars[k])) net->failed = true;
  }
  VEC_PUSH(net->s->cx, &net->factors, factor);
}

/* f, or with a negative exponent what stands below the line, in matrix notation. */
static Typo *set_factor(Setting *s, const Form *f, int n, const int *out, bool *below) {
  *below = f->kind == FORM_POWER && f->number < 0;
  const Form *x = *below ? form_power(s->cx, f->at[0], -f->number) : f;
  return n ? matrix_notation(s, x, n, out) : net_scalar_factor(s, x);
}

static void hang(Net *net, Typos *above, Typos *below, const Form *f, int n, const int *out) {
  bool under;
  Typo *t = set_factor(net->s, f, n, out, &under);
  if (!t) net->failed = true;
  else VEC_PUSH(net->s->cx, under ? below : above, t);
}

static void take_scalars(Net *net) {
  for (int k = 0; k < net->factors.n && !net->failed; k++) {
    Factor *f = &net->factors.at[k];
    if (f->n) continue;
    f->used = true;
    hang(net, &net->above, &net->below, f->form, 0, NULL);
  }
}

/* ---- reading it off ---- */

static Typo *quotient(Setting *s, TypoKind kind, const Typos *above, const Typos *below) {
  if (!below->n) return above->n ? typo_product(s->cx, kind, above) : NULL;
  return typo_quotient(s->cx, 1, above->n ? typo_product(s->cx, kind, above) : NULL, typo_product(s->cx, kind, below));
}

static Typo *hadamard(Setting *s, const Hung *h) { return quotient(s, TYPO_HADAMARD, &h->above, &h->below); }

static Typo *chain(Setting *s, Typo *a, Typo *b) {
  if (typo_is(a, "I")) return b;
  if (typo_is(b, "I")) return a;
  Typos factors = {0};
  for (int i = 0; i < 2; i++) {
    Typo *t = i ? b : a;
    for (int k = 0; t->kind == TYPO_PRODUCT && k < t->n; k++) VEC_PUSH(s->cx, &factors, t->at[k]);
    if (t->kind != TYPO_PRODUCT) VEC_PUSH(s->cx, &factors, t);
  }
  return typo_product(s->cx, TYPO_PRODUCT, &factors);
}

Typo *net_transposed(Context *cx, Typo *t) {
  if (t->kind == TYPO_TRANSPOSE) return t->at[0];
  return typo_new(cx, TYPO_TRANSPOSE, &t, 1);
}

static Typo *ones(Setting *s) { return typo_text(s->cx, "𝟏"); }

/* Hangs all that lies at v and behind it. */
static Hung knot(Net *net, int v) {
  Hung h = {{0}, {0}};
  for (int k = 0; k < net->factors.n && !net->failed; k++) {
    Factor *f = &net->factors.at[k];
    if (f->used || f->n != 1 || f->vars[0] != v) continue;
    f->used = true;
    hang(net, &h.above, &h.below, f->form, 1, &v);
  }
  for (int k = 0; k < net->factors.n && !net->failed; k++) {
    Factor *f = &net->factors.at[k];
    if (f->used || f->n != 2 || (f->vars[0] != v && f->vars[1] != v)) continue;
    int other = f->vars[f->vars[0] == v];
    f->used = true;
    Hung behind = knot(net, other);
    Typo *m = matrix_notation(net->s, f->form, 2, (int[]){v, other}), *x = hadamard(net->s, &behind);
    if (!m) net->failed = true;
    else VEC_PUSH(net->s->cx, &h.above, chain(net->s, m, x ? x : ones(net->s)));
  }
  return h;
}

/* Edges on the way from v to `to`, which are marked as used; false where there is none. */
static bool way(Net *net, int v, int to, int *edges, int *n) {
  if (v == to) return true;
  for (int k = 0; k < net->factors.n; k++) {
    Factor *f = &net->factors.at[k];
    if (f->used || f->n != 2 || (f->vars[0] != v && f->vars[1] != v)) continue;
    f->used = true;
    edges[(*n)++] = k;
    if (*n < 16 && way(net, f->vars[f->vars[0] == v], to, edges, n)) return true;
    f->used = false;
    --*n;
  }
  return false;
}

static Typo *diagonal(Setting *s, Hung *h) {
  Typo *x = hadamard(s, h);
  return x ? typo_call(s->cx, "diag", &x, 1) : NULL;
}

/* The matrix from i to j: edges on the way, what hangs between them as diagonal matrices. */
static Typo *along(Net *net, int i, const int *edges, int n) {
  Setting *s = net->s;
  Hung h = knot(net, i);
  Typo *t = diagonal(s, &h);
  for (int k = 0, v = i; k < n && !net->failed; k++) {
    const Factor *f = &net->factors.at[edges[k]];
    int other = f->vars[f->vars[0] == v];
    Typo *m = matrix_notation(s, f->form, 2, (int[]){v, other});
    if (!m) return NULL;
    t = t ? chain(s, t, m) : m;
    h = knot(net, other);
    Typo *d = diagonal(s, &h);
    if (d) t = chain(s, t, d);
    v = other;
  }
  return t;
}

static Typo *net_matrix(Net *net, const int *out) {
  Setting *s = net->s;
  Typos parallel = {0};
  int edges[16], n = 0;
  for (int k = 0; k < net->factors.n; k++) { /* several matrices of just these two axes */
    Factor *f = &net->factors.at[k];
    int here = f->n == 2 && vars_contain(out, 2, f->vars[0]) && vars_contain(out, 2, f->vars[1]);
    bool more = false;
    for (int j = 0; j < net->factors.n; j++)
      more = more || (j != k && !net->factors.at[j].used && net->factors.at[j].n > 0);
    if (!here || !more) continue;
    bool below;
    Typo *m = set_factor(s, f->form, 2, out, &below);
    if (!m || below) return NULL;
    f->used = true;
    VEC_PUSH(s->cx, &parallel, m);
  }
  Typo *t;
  if (way(net, out[0], out[1], edges, &n)) {
    t = along(net, out[0], edges, n);
  } else {
    Hung left = knot(net, out[0]), right = knot(net, out[1]);
    Typo *a = hadamard(s, &left), *b = hadamard(s, &right);
    if (!a && !b && parallel.n) return typo_product(s->cx, TYPO_HADAMARD, &parallel);
    if (parallel.n == 1 && (!a || !b)) { /* rows or columns by a vector each */
      Typo *d = typo_call(s->cx, "diag", a ? &a : &b, 1);
      return a ? chain(s, d, parallel.at[0]) : chain(s, parallel.at[0], d);
    }
    t = chain(s, a ? a : ones(s), net_transposed(s->cx, b ? b : ones(s)));
  }
  if (!t || !parallel.n) return t;
  VEC_PUSH(s->cx, &parallel, t);
  return typo_product(s->cx, TYPO_HADAMARD, &parallel);
}

/* Is the edge written with v as its second axis? */
static bool is_turned(const Setting *s, const Factor *f, int v) {
  const Read *r = f->form->read;
  for (int k = 0; f->form->kind == FORM_SYMBOL && k < r->node->naxes; k++) {
    int first;
    if (symbol_shows(s, r, k) && index_is_var(r->index[k], &first) && vars_contain(f->vars, 2, first))
      return first != v;
  }
  return false;
}

/* A knot that a scalar is read off from: at an end, where a vector hangs. */
static int end_knot(const Net *net) {
  int best = -1, least = 100;
  for (int k = 0; k < net->nvars; k++) {
    int edges = 0, vectors = 0, turned = 0, v = net->vars[k];
    for (int j = 0; j < net->factors.n; j++) {
      const Factor *f = &net->factors.at[j];
      if (f->used || (f->n > 0 && f->vars[0] != v && (f->n < 2 || f->vars[1] != v))) continue;
      edges += f->n == 2, vectors += f->n == 1, turned += f->n == 2 && is_turned(net->s, f, v);
    }
    int cost = edges + vectors == 0 ? 100 : 2 * edges + (vectors ? 0 : 10) + turned;
    if (cost < least) least = cost, best = v;
  }
  return best;
}

/* ‖x‖² for what hangs at a knot alone, squared. */
static Typo *norm_squared(Net *net, int n, const int *vars, const Form *f) {
  if (f->kind != FORM_POWER || f->number != 2) return NULL;
  Typo *x = matrix_notation(net->s, f->at[0], n, vars);
  return x ? index_power(net->s->cx, typo_new(net->s->cx, TYPO_NORM, &x, 1), 2) : NULL;
}

static Typo *only_factor(Net *net, int v) {
  Factor *only = NULL;
  int count = 0;
  for (int k = 0; k < net->factors.n; k++) {
    Factor *f = &net->factors.at[k];
    if (f->used || (f->vars[0] != v && (f->n < 2 || f->vars[1] != v))) continue;
    only = f, count++;
  }
  if (count != 1) return NULL;
  Typo *t = norm_squared(net, only->n, only->vars, only->form);
  if (t) only->used = true;
  return t;
}

/* A circle of matrices: the trace of their product. */
static Typo *trace(Net *net, int v) {
  Typo *t = NULL;
  int start = v;
  for (bool closed = false; !closed;) {
    Factor *next = NULL;
    for (int k = 0; k < net->factors.n && !next; k++) {
      Factor *f = &net->factors.at[k];
      if (!f->used && f->n == 1 && f->vars[0] == v) return NULL;
      if (!f->used && f->n == 2 && (f->vars[0] == v || f->vars[1] == v)) next = f;
    }
    if (!next) return NULL;
    int other = next->vars[next->vars[0] == v];
    Typo *m = matrix_notation(net->s, next->form, 2, (int[]){v, other});
    if (!m) return NULL;
    next->used = true;
    t = t ? chain(net->s, t, m) : m;
    v = other;
    closed = v == start;
  }
  return typo_call(net->s->cx, "tr", &t, 1);
}

static bool has_circle(const Net *net) {
  int edges = 0, knots = 0;
  for (int k = 0; k < net->nvars; k++)
    for (int j = 0; j < net->factors.n; j++) {
      const Factor *f = &net->factors.at[j];
      if (f->used || f->n != 2 || (f->vars[0] != net->vars[k] && f->vars[1] != net->vars[k])) continue;
      knots++;
      break;
    }
  for (int j = 0; j < net->factors.n; j++) edges += !net->factors.at[j].used && net->factors.at[j].n == 2;
  return edges > 0 && edges >= knots;
}

/* Where a circle is begun, so that its first matrix is not turned. */
static int circle_knot(const Net *net) {
  const Factor *f = net->factors.at;
  while (f->used || f->n != 2) f++;
  return is_turned(net->s, f, f->vars[0]) ? f->vars[1] : f->vars[0];
}

/* u' (A v), for each part of the net that hangs together. */
static Typo *net_scalar(Net *net) {
  Setting *s = net->s;
  Typos all = {0};
  for (int v = end_knot(net); v >= 0 && !net->failed; v = end_knot(net)) {
    Typo *t = only_factor(net, v);
    if (!t && has_circle(net)) {
      t = trace(net, circle_knot(net));
      if (!t) return NULL;
    }
    if (!t) {
      Hung h = knot(net, v);
      if (h.above.n < 2 && !(h.above.n == 1 && h.above.at[0]->kind == TYPO_PRODUCT)) return NULL;
      Typo *first = h.above.n < 2 ? ones(s) : h.above.at[0];
      Hung rest = {{0}, h.below};
      for (int k = h.above.n < 2 ? 0 : 1; k < h.above.n; k++) VEC_PUSH(s->cx, &rest.above, h.above.at[k]);
      t = chain(s, net_transposed(s->cx, first), hadamard(s, &rest));
    }
    VEC_PUSH(s->cx, &all, t);
  }
  return all.n ? typo_product(s->cx, TYPO_PRODUCT, &all) : NULL;
}

static bool all_used(const Net *net) {
  for (int k = 0; k < net->factors.n; k++)
    if (!net->factors.at[k].used) return false;
  return true;
}

/* Scalars and the array together. A quotient of vectors, and a scalar below the line, are one fraction. */
static Typo *together(Net *net, Typo *body, const Hung *vector) {
  Setting *s = net->s;
  if (vector) {
    for (int k = 0; k < vector->below.n; k++) VEC_PUSH(s->cx, &net->below, vector->below.at[k]);
    body = vector->above.n ? typo_product(s->cx, TYPO_HADAMARD, &vector->above) : NULL;
  }
  Typo *below = net->below.n ? typo_product(s->cx, TYPO_PRODUCT, &net->below) : NULL;
  if (vector && vector->below.n > 1) below = typo_product(s->cx, TYPO_HADAMARD, &net->below);
  if (body && body->kind == TYPO_HADAMARD && net->above.n) { /* a u ⊙ v */
    Typos parts = {0};
    Typo *front = typo_product(s->cx, TYPO_PRODUCT, &net->above);
    VEC_PUSH(s->cx, &parts, chain(s, front, body->at[0]));
    for (int k = 1; k < body->n; k++) VEC_PUSH(s->cx, &parts, body->at[k]);
    body = typo_product(s->cx, TYPO_HADAMARD, &parts);
  } else if (net->above.n) {
    Typo *front = typo_product(s->cx, TYPO_PRODUCT, &net->above);
    body = body ? chain(s, front, body) : front;
  }
  return typo_quotient(s->cx, net->number, body, below);
}

/* Arrays of three axes and more are only multiplied element by element. */
static Typo *element_by_element(Setting *s, double number, Form *const *factors, int n, int nout, const int *out) {
  Net net = {.s = s, .number = number};
  Hung h = {{0}, {0}};
  for (int k = 0; k < n && !net.failed; k++) {
    int vars[8 * MAX_AXES], m = axes_of(s, factors[k], vars);
    if (m) hang(&net, &h.above, &h.below, factors[k], nout, out);
    else hang(&net, &net.above, &net.below, factors[k], 0, NULL);
  }
  return net.failed || !h.above.n ? NULL : together(&net, NULL, &h);
}

Typo *net_typo(Setting *s, double number, Form *const *factors, int n, int nbound, const int *bound, int nout,
               const int *out) {
  Net net = {.s = s, .number = number};
  if (nout > 2) return nbound ? NULL : element_by_element(s, number, factors, n, nout, out);
  for (int k = 0; k < nout; k++) net.vars[net.nvars++] = out[k];
  for (int k = 0; k < nbound; k++) net.vars[net.nvars++] = bound[k];
  for (int k = 0; k < n; k++) net_add(&net, factors[k]);
  if (net.failed) return NULL;
  take_scalars(&net);
  Typo *body = NULL;
  Hung vector = {{0}, {0}};
  if (nout == 1) vector = knot(&net, out[0]);
  else if (nout == 2) body = net_matrix(&net, out);
  else if (!all_used(&net) && !(body = net_scalar(&net))) return NULL;
  bool empty = nout == 1 ? !vector.above.n && !vector.below.n : nout == 2 && !body;
  if (net.failed || empty || !all_used(&net)) return NULL;
  return together(&net, body, nout == 1 ? &vector : NULL);
}
