/* index.c: formulas in index notation, element by element: Σ_j W[i,j] x[j]. */
#include "derivation/typo.h"

#include <math.h>

static const char *function_name(Op op) {
  switch (op) { /* as books call them; the others as the language does */
  case OP_SIGMOID: return "σ";
  case OP_LGAMMA: return "log Γ";
  case OP_DIGAMMA: return "ψ";
  case OP_TRIGAMMA: return "ψ′";
  default: return op_rows[op].name;
  }
}

static const char *relation_sign(Op op, bool turned) {
  switch (op) { /* one for each comparison */
  case OP_LT: return turned ? ">" : "<";
  case OP_LE: return turned ? "≥" : "≤";
  case OP_EQ: return "=";
  case OP_NE: return "≠";
  case OP_AND: return "and";
  case OP_OR: return "or";
  default: return NULL;
  }
}

/* A comparison without brackets; x > 0 for 0 < x. */
static Typo *relation_typo(Context *cx, Op op, Typo *a, Typo *b) {
  bool turned = a->kind == TYPO_TEXT && b->kind != TYPO_TEXT && (op == OP_LT || op == OP_LE);
  return typo_relation(cx, relation_sign(op, turned), turned ? b : a, turned ? a : b);
}

static Typo *without_brackets(Typo *t) { return t->kind == TYPO_HOLDS ? t->at[0] : t; }

Typo *index_call(Context *cx, Op op, Typo **x, int n) {
  if (relation_sign(op, false)) {
    Typo *relation = relation_typo(cx, op, without_brackets(x[0]), without_brackets(x[1]));
    return typo_new(cx, TYPO_HOLDS, &relation, 1);
  }
  if (op == OP_WHERE) return typo_new(cx, TYPO_CASES, (Typo *[]){x[1], without_brackets(x[0]), x[2]}, 3);
  if (op == OP_POW) return typo_new(cx, TYPO_POWER, x, 2);
  if (op == OP_ABS || op == OP_FLOOR || op == OP_QUOTIENT) {
    Typo *inner = op == OP_QUOTIENT ? typo_new(cx, TYPO_FRACTION, x, 2) : x[0];
    return typo_call(cx, op == OP_ABS ? "|" : "⌊", &inner, 1);
  }
  return typo_call(cx, function_name(op), x, n);
}

/* i - t = 0 as i = t: the variables of one sign stand on the left. */
Typo *index_holds(Setting *s, const Form *f) {
  Context *cx = s->cx;
  Graph *g = s->g;
  Typo *r;
  if (f->extent == 1) {
    Index *left = index_constant(g, 0), *right = index_constant(g, -f->index->offset);
    for (int k = 0; k < f->index->n; k++) {
      const Term *t = &f->index->terms[k];
      Index *x = t->gather ? index_gather(g, t->gather) : index_var(g, t->var);
      if (k == 0 || (t->coef < 0) == (f->index->terms[0].coef < 0)) left = index_combine(g, 1, left, t->coef, x);
      else right = index_combine(g, 1, right, -t->coef, x);
    }
    if (f->index->n && f->index->terms[0].coef < 0)
      left = index_combine(g, -1, left, 0, left), right = index_combine(g, -1, right, 0, right);
    r = typo_relation(cx, "=", symbol_index(s, left), symbol_index(s, right));
  } else {
    Typo *below = typo_relation(cx, "≤", typo_text(cx, "0"), symbol_index(s, f->index));
    r = typo_relation(cx, "<", below, typo_text(cx, arena_printf(cx, "%lld", (long long)f->extent)));
  }
  return typo_new(cx, TYPO_HOLDS, &r, 1);
}

/* Does the condition say no more than that an element which is read is in its array? That is said once for all. */
static bool is_bound(const Form *condition, const Forms *factors) {
  for (int k = 0; k < factors->n; k++) {
    const Form *f = factors->at[k];
    for (int i = 0; f->kind == FORM_SYMBOL && i < f->read->node->naxes; i++)
      if (f->read->node->axes[i].extent == condition->extent && index_equal(f->read->index[i], condition->index))
        return true;
  }
  return false;
}

static Forms without_bounds(Setting *s, const Forms *factors) {
  Forms left = {0};
  for (int k = 0; k < factors->n; k++) {
    const Form *f = factors->at[k];
    if (f->kind == FORM_HOLDS && f->extent > 1 && is_bound(f, factors)) s->outside = true;
    else VEC_PUSH(s->cx, &left, factors->at[k]);
  }
  return left;
}

static Typo *index_product(Setting *s, const Form *f) {
  Typos above = {0}, below = {0};
  Forms all = form_factors(s->cx, f), factors = without_bounds(s, &all);
  for (int pass = 0; pass < 2; pass++) /* a sum stands last: it reaches to the end */
    for (int k = 0; k < factors.n; k++) {
      Form *x = factors.at[k];
      if ((x->kind == FORM_REDUCE && x->reduction == RED_SUM) != (pass == 1)) continue;
      if (x->kind == FORM_POWER && x->number < 0)
        VEC_PUSH(s->cx, &below, index_notation(s, form_power(s->cx, x->at[0], -x->number)));
      else VEC_PUSH(s->cx, &above, index_notation(s, x));
    }
  return typo_quotient(s->cx, form_coefficient(f), above.n ? typo_product(s->cx, TYPO_PRODUCT, &above) : NULL,
                       below.n ? typo_product(s->cx, TYPO_PRODUCT, &below) : NULL);
}

Typo *index_power(Context *cx, Typo *base, double exponent) {
  if (base->kind == TYPO_POWER && base->at[0]->kind == TYPO_NORM && typo_is(base->at[1], "2"))
    return index_power(cx, base->at[0], 2 * exponent); /* (‖x‖²)^½ */
  if (exponent == 0.5) return typo_new(cx, TYPO_ROOT, &base, 1);
  if (exponent == 1) return base;
  return typo_new(cx, TYPO_POWER, (Typo *[]){base, typo_number(cx, exponent)}, 2);
}

Typo *index_reduction(Setting *s, Reduction r, Typo *body, int nvars, const int *vars) {
  Typos all = {0};
  VEC_PUSH(s->cx, &all, body);
  for (int k = 0; k < nvars; k++) VEC_PUSH(s->cx, &all, symbol_letter(s, vars[k]));
  Typo *t = typo_new(s->cx, TYPO_BIG, all.at, all.n);
  t->text = reduction_rows[r].printed;
  return t;
}

/* Axis k of the view is n axes of the array, one after the other: its index is taken apart. */
static void name_parts(Setting *s, const char *index, const int *vars, int n) {
  if (n == 1) setting_name(s, vars[0], index);
  if (n != 2) return;
  int extent = (int)graph_var_axis(s->g, vars[1]).extent;
  setting_name(s, vars[0], arena_printf(s->cx, "⌊%s/%d⌋", index, extent));
  setting_name(s, vars[1], arena_printf(s->cx, "(%s mod %d)", index, extent));
}

/* An element of the array itself, where each axis of the view is one axis or two of it; NULL: it is not so. */
static Typo *taken_apart(Setting *s, const Form *f) {
  const Read *r = f->read;
  int at = 0;
  for (int pass = 0; pass < 2; pass++, at = 0)
    for (int k = r->node->axes[0].kind == AXIS_BATCH; k < r->node->naxes; k++) {
      int64_t count = 1, whole = r->node->axes[k].extent;
      int n = 0, v;
      while (at + n < f->nvars && count < whole) count *= graph_var_axis(s->g, f->vars[at + n++]).extent;
      if (count != whole || n > 2 || n < 1 || !index_is_var(r->index[k], &v)) return NULL;
      if (pass) name_parts(s, symbol_letter(s, v)->text, f->vars + at, n);
      at += n;
    }
  return index_notation(s, f->at[0]);
}

static Typo *index_view(Setting *s, const Form *f) {
  Typo *whole = matrix_notation(s, f->at[0], f->nvars, f->vars), *element = whole ? NULL : taken_apart(s, f);
  if (element) return element;
  Typos all = {0};
  if (!whole) whole = index_notation(s, f->at[0]);
  bool flat = f->read->node->naxes - (f->read->node->axes[0].kind == AXIS_BATCH) == 1;
  VEC_PUSH(s->cx, &all, typo_call(s->cx, flat ? "vec" : "reshape", &whole, 1));
  for (int k = 0; k < f->read->node->naxes; k++)
    if (symbol_shows(s, f->read, k)) VEC_PUSH(s->cx, &all, symbol_index(s, f->read->index[k]));
  return typo_new(s->cx, TYPO_SCRIPT, all.at, all.n);
}

static Typo *index_softmax(Setting *s, const Form *f) {
  Typo *x = matrix_notation(s, f->at[0], 1, f->vars);
  if (!x) x = index_notation(s, f->at[0]);
  Typo *call = typo_call(s->cx, "softmax", &x, 1);
  return typo_new(s->cx, TYPO_SCRIPT, (Typo *[]){call, symbol_index(s, f->index)}, 2);
}

Typo *index_notation(Setting *s, const Form *f) {
  Context *cx = s->cx;
  Typo **at = ARENA_ARRAY(cx, Typo *, f->n + 1);
  switch (f->kind) {
  case FORM_NUMBER: return typo_number(cx, f->number);
  case FORM_SYMBOL: return symbol_of(s, f->read, -1, NULL);
  case FORM_PRODUCT: return index_product(s, f);
  case FORM_HOLDS: return index_holds(s, f);
  case FORM_INDEX: return symbol_index(s, f->index);
  case FORM_VIEW: return index_view(s, f);
  case FORM_SOFTMAX: return index_softmax(s, f);
  case FORM_POWER:
    if (f->number < 0) return typo_quotient(cx, 1, NULL, index_notation(s, form_power(cx, f->at[0], -f->number)));
    return index_power(cx, index_notation(s, f->at[0]), f->number);
  case FORM_REDUCE: return index_reduction(s, f->reduction, index_notation(s, f->at[0]), f->nvars, f->vars);
  default: break;
  }
  for (int k = 0; k < f->n; k++) at[k] = index_notation(s, f->at[k]);
  return f->kind == FORM_SUM ? typo_new(cx, TYPO_SUM, at, f->n) : index_call(cx, f->op, at, f->n);
}
