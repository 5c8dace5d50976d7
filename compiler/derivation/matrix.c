/* matrix.c: formulas in matrix notation.
 *
 * In: a formula and the variables `out` of the array that it is an element of. Out: that array without indices, or NULL
 * where it cannot be written so. Functions, sums and powers work element by element; products are net.c's. */
#include "derivation/typo.h"

static Typo *matrix_symbol(Setting *s, const Form *f, int nout, const int *out) {
  int order[MAX_AXES], n = 0;
  const Read *r = f->read;
  bool last = false;
  for (int k = 0; k < r->node->naxes; k++) {
    int v;
    if (!symbol_shows(s, r, k)) continue;
    bool is_out = index_is_var(r->index[k], &v) && vars_contain(out, nout, v);
    if (is_out) {
      if (n == MAX_AXES || vars_contain(order, n, v)) return NULL;
      order[n++] = v, last = true;
    } else {
      int inside[8 * MAX_AXES], m = index_vars(r->index[k], inside, 0);
      for (int j = 0; j < m; j++)
        if (vars_contain(out, nout, inside[j]) || (!setting_is_time(s, inside[j]) && inside[j] != s->g->batch_var))
          return NULL;
      if (last) return NULL; /* a column */
    }
  }
  if (n != nout) return NULL;
  Typo *t = symbol_of(s, r, nout, out);
  bool same = memcmp(order, out, sizeof(int) * (size_t)n) == 0;
  if (same) return t;
  return nout == 2 ? net_transposed(s->cx, t) : NULL;
}

static Typo *matrix_sum(Setting *s, const Form *f, int nout, const int *out) {
  Typo **at = ARENA_ARRAY(s->cx, Typo *, f->n);
  bool any = nout == 0;
  for (int k = 0; k < f->n; k++) {
    at[k] = matrix_notation(s, f->at[k], nout, out);
    any = any || at[k];
    if (!at[k] && nout != 2) at[k] = net_scalar_factor(s, f->at[k]);
    if (!at[k]) return NULL;
  }
  return any ? typo_new(s->cx, TYPO_SUM, at, f->n) : NULL;
}

/* The unit matrix, or e_t: 1 at place t. */
static Typo *matrix_unit(Setting *s, const Form *f, int nout, const int *out) {
  if (f->extent != 1) return NULL;
  int64_t a = nout ? index_coef(f->index, out[0]) : 0, b = nout == 2 ? index_coef(f->index, out[1]) : 0;
  if (nout == 2) return f->index->n == 2 && f->index->offset == 0 && a == -b && a ? typo_text(s->cx, "I") : NULL;
  if (nout != 1 || (a != 1 && a != -1) || f->index->divisor != 1) return NULL;
  Index *place = index_combine(s->g, -a, f->index, 1, index_var(s->g, out[0]));
  int vars[8 * MAX_AXES], n = index_vars(place, vars, 0);
  for (int k = 0; k < n; k++)
    if (!setting_is_time(s, vars[k]) && vars[k] != s->g->batch_var) return NULL;
  Typo *index = symbol_index(s, place);
  return typo_named(s->cx, (Name){.base = "e", .sub = "", .unit = true}, MARK_NONE, &index, 1);
}

static Typo *matrix_call(Setting *s, const Form *f, int nout, const int *out) {
  Typo **at = ARENA_ARRAY(s->cx, Typo *, f->n);
  bool any = nout == 0;
  if (nout && f->op == OP_WHERE) return NULL;
  for (int k = 0; k < f->n; k++) {
    at[k] = matrix_notation(s, f->at[k], nout, out);
    any = any || at[k];
    if (!at[k]) at[k] = net_scalar_factor(s, f->at[k]);
    if (!at[k]) return NULL;
  }
  return any ? index_call(s->cx, f->op, at, f->n) : NULL;
}

static Typo *matrix_reduction(Setting *s, const Form *f, int nout, const int *out) {
  int times[MAX_AXES], bound[MAX_AXES], ntimes = 0, nbound = 0;
  for (int k = 0; k < f->nvars; k++)
    if (setting_is_time(s, f->vars[k])) times[ntimes++] = f->vars[k];
    else bound[nbound++] = f->vars[k];
  if (f->reduction != RED_SUM) {
    Typo *x = nout ? NULL : matrix_notation(s, f->at[0], f->nvars, f->vars);
    return x && !ntimes ? typo_call(s->cx, reduction_rows[f->reduction].printed, &x, 1) : NULL;
  }
  Form *body = nbound && ntimes ? form_reduce(s->g, RED_SUM, bound, nbound, f->at[0]) : f->at[0];
  if (ntimes) {
    Typo *x = nout ? matrix_notation(s, body, nout, out) : net_scalar_factor(s, body);
    return x ? index_reduction(s, RED_SUM, x, ntimes, times) : NULL;
  }
  Forms factors = form_factors(s->cx, body);
  return net_typo(s, form_coefficient(body), factors.at, factors.n, nbound, bound, nout, out);
}

/* An array in another shape, as a whole. */
static Typo *matrix_view(Setting *s, const Form *f, int nout, const int *out) {
  Typo *whole = index_notation(s, f);
  int n = 0;
  if (whole->kind != TYPO_SCRIPT) return NULL;
  for (int k = 0; k < f->read->node->naxes; k++) {
    int v;
    if (!symbol_shows(s, f->read, k)) continue;
    if (!index_is_var(f->read->index[k], &v) || n >= nout || v != out[n++]) return NULL;
  }
  return n == nout ? whole->at[0] : NULL;
}

Typo *matrix_notation(Setting *s, const Form *f, int nout, const int *out) {
  Form *self = (Form *)f;
  Forms factors;
  Typo *x;
  switch (f->kind) {
  case FORM_NUMBER: return nout ? NULL : typo_number(s->cx, f->number);
  case FORM_SYMBOL: return matrix_symbol(s, f, nout, out);
  case FORM_SUM: return matrix_sum(s, f, nout, out);
  case FORM_CALL: return matrix_call(s, f, nout, out);
  case FORM_HOLDS: return nout ? matrix_unit(s, f, nout, out) : NULL;
  case FORM_REDUCE: return matrix_reduction(s, f, nout, out);
  case FORM_VIEW: return matrix_view(s, f, nout, out);
  case FORM_INDEX: return NULL;
  case FORM_SOFTMAX:
    x = index_notation(s, f);
    return nout == 1 && index_equal(f->index, index_var(s->g, out[0])) ? x->at[0] : NULL;
  case FORM_POWER:
    if (f->number < 0) return nout <= 1 ? net_typo(s, 1, &self, 1, 0, NULL, nout, out) : NULL;
    x = nout ? matrix_notation(s, f->at[0], nout, out) : net_scalar_factor(s, f->at[0]);
    return x ? index_power(s->cx, x, f->number) : NULL;
  case FORM_PRODUCT:
    factors = form_factors(s->cx, f);
    return net_typo(s, form_coefficient(f), factors.at, factors.n, 0, NULL, nout, out);
  }
  return NULL;
}
