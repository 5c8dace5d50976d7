/* known.c: what a formula holds under another name.
 *
 * A derivative is made of the function that it is of: tanh(a) stands in 1 - tanh(a)². Where the model says h = tanh(a),
 * a reader writes 1 - h². So an equation with one function in it is a law: of p = exp(a)/s, exp(a) is p s. Softmax is
 * found where it stands written out. */
#include "derivation/form.h"

#include <math.h>

/* ---- softmax ---- */

static Form *softmax(Context *cx, const Form *sum, Form *body, Index *place) {
  Form *f = form_new(cx, FORM_SOFTMAX);
  f->index = place;
  f->nvars = 1;
  f->vars[0] = sum->vars[0];
  f->n = 1;
  f->at = arena_copy(cx, &body, sizeof body);
  return f;
}

/* exp(x) where sum is Σ_k exp(y[k]), or the logarithm of that, and x is y at a place: softmax(y) at the place. */
static Form *softmax_of(Context *cx, const Form *x, const Form *sum, Form *y) {
  Index *by[1];
  return sum->nvars == 1 && form_match(y, x, 1, sum->vars, by) ? softmax(cx, sum, y, by[0]) : NULL;
}

static bool is_exponential_sum(const Form *f) {
  return f->kind == FORM_REDUCE && f->reduction == RED_SUM && f->at[0]->kind == FORM_CALL && f->at[0]->op == OP_EXP;
}

static Form *exponential(const Form *f) {
  const Form *base = f->kind == FORM_POWER ? f->at[0] : f;
  bool whole = f->kind != FORM_POWER || f->number >= 1;
  return whole && base->kind == FORM_CALL && base->op == OP_EXP ? base->at[0] : NULL;
}

static Form *without(Context *cx, const Form *f, Form *a, Form *b, Form *with) {
  return form_product(cx, (Form *[]){(Form *)f, form_power(cx, a, -1), form_power(cx, b, -1), with}, 4);
}

static bool has_softmax(const Form *f) {
  bool has = f->kind == FORM_SOFTMAX;
  for (int k = 0; k < f->n; k++) has = has || has_softmax(f->at[k]);
  return has;
}

static Form *softmax_in_product(Graph *g, Form *f);

/* 1/s Σ_k exp(y[k]) ...: the quotient goes into the sum. */
static Form *softmax_in_sum(Graph *g, Form *f, Form *sum) {
  Form *over = form_power(g->cx, sum, -1);
  for (int k = 0; k < f->n; k++) {
    Form *r = f->at[k];
    if (r->kind != FORM_REDUCE || r->reduction != RED_SUM || r->at[0]->kind != FORM_PRODUCT) continue;
    Form *body = softmax_in_product(g, form_product(g->cx, (Form *[]){r->at[0], over}, 2));
    if (has_softmax(body) && !has_softmax(r->at[0]))
      return without(g->cx, f, r, over, form_reduce(g, RED_SUM, r->vars, r->nvars, body));
  }
  return NULL;
}

static Form *softmax_in_product(Graph *g, Form *f) {
  for (int k = 0; f->kind == FORM_PRODUCT && k < f->n; k++) {
    Form *p = f->at[k], *found = NULL;
    if (p->kind != FORM_POWER || p->number > -1 || !is_exponential_sum(p->at[0])) continue;
    Form *sum = p->at[0], *over = form_power(g->cx, sum, -1);
    for (int i = 0; i < f->n && !found; i++) {
      Form *x = exponential(f->at[i]), *s = x ? softmax_of(g->cx, x, sum, sum->at[0]->at[0]) : NULL;
      if (s) found = without(g->cx, f, form_call(g->cx, OP_EXP, &x, 1), over, s);
    }
    if (!found) found = softmax_in_sum(g, f, sum);
    if (found) return softmax_in_product(g, found);
  }
  return f;
}

/* exp(x - logsumexp(y)) */
static Form *softmax_in_exponential(Context *cx, Form *f) {
  const Form *x = f->at[0];
  for (int k = 0; x->kind == FORM_SUM && k < x->n; k++) {
    const Form *lse = form_rest(cx, x->at[k]);
    if (form_coefficient(x->at[k]) != -1 || lse->kind != FORM_REDUCE || lse->reduction != RED_LOGSUMEXP) continue;
    Form *rest = form_sum(cx, (Form *[]){(Form *)x, (Form *)lse}, 2), *s = softmax_of(cx, rest, lse, lse->at[0]);
    if (s) return s;
  }
  return f;
}

/* x of 1/(1 + exp(x)), or of a higher power of that; e: exp(x). */
static Form *logistic_operand(const Form *p, Form **e) {
  const Form *sum = p->kind == FORM_POWER && p->number <= -1 && p->number == floor(p->number) ? p->at[0] : NULL;
  if (!sum || sum->kind != FORM_SUM || sum->n != 2) return NULL;
  int one = form_is_number(sum->at[0], 1) ? 0 : 1;
  *e = sum->at[1 - one];
  return form_is_number(sum->at[one], 1) && (*e)->kind == FORM_CALL ? exponential(*e) : NULL;
}

/* 1/(1 + exp(x)) is σ(-x), and exp(x)/(1 + exp(x)) is σ(x). */
static Form *sigmoid_in_product(Context *cx, Form *f) {
  for (int k = 0; f->kind == FORM_PRODUCT && k < f->n; k++) {
    Form *e, *x = logistic_operand(f->at[k], &e);
    for (int i = 0; x && i < f->n; i++)
      if (form_equal(f->at[i], e)) {
        Form *over = form_power(cx, f->at[k]->at[0], -1);
        return sigmoid_in_product(cx, without(cx, f, e, over, form_call(cx, OP_SIGMOID, &x, 1)));
      }
  }
  Forms left = {0};
  bool any = false;
  for (int k = 0; k < (f->kind == FORM_PRODUCT ? f->n : 1); k++) {
    Form *p = f->kind == FORM_PRODUCT ? f->at[k] : f, *e, *x = logistic_operand(p, &e);
    Form *minus = x ? form_negative(cx, x) : NULL;
    VEC_PUSH(cx, &left, x ? form_power(cx, form_call(cx, OP_SIGMOID, &minus, 1), -p->number) : p);
    any = any || x;
  }
  return any ? form_product(cx, left.at, left.n) : f;
}

/* σ(x) exp(-x) is σ(-x). */
static Form *sigmoid_of_minus(Context *cx, Form *f) {
  for (int i = 0; f->kind == FORM_PRODUCT && i < f->n; i++)
    for (int j = 0; j < f->n; j++) {
      Form *s = f->at[i], *e = f->at[j];
      if (s->kind != FORM_CALL || e->kind != FORM_CALL || s->op != OP_SIGMOID || e->op != OP_EXP) continue;
      if (form_equal(form_negative(cx, s->at[0]), e->at[0]))
        return without(cx, f, s, e, form_call(cx, OP_SIGMOID, e->at, 1));
    }
  return f;
}

/* max(0, x) [x > 0] is max(0, x). */
static Form *without_condition(Context *cx, Form *f) {
  for (int i = 0; f->kind == FORM_PRODUCT && i < f->n; i++)
    for (int j = 0; j < f->n; j++) {
      const Form *m = f->at[i]->kind == FORM_POWER ? f->at[i]->at[0] : f->at[i], *c = f->at[j];
      bool both = m->kind == FORM_CALL && m->op == OP_MAX && c->kind == FORM_CALL && c->op == OP_LT;
      if (both && form_is_number(m->at[0], 0) && form_equal(m->at[0], c->at[0]) && form_equal(m->at[1], c->at[1]))
        return form_product(cx, (Form *[]){f, form_power(cx, (Form *)c, -1)}, 2);
    }
  return f;
}

Form *known_functions(Graph *g, Form *f) {
  Form **at = ARENA_ARRAY(g->cx, Form *, f->n + 1);
  for (int k = 0; k < f->n; k++) { /* a quotient is looked at with what stands over it */
    bool below = f->kind == FORM_PRODUCT && f->at[k]->kind == FORM_POWER;
    at[k] =
      below ? form_power(g->cx, known_functions(g, f->at[k]->at[0]), f->at[k]->number) : known_functions(g, f->at[k]);
  }
  f = form_with(g, f, at);
  if (f->kind == FORM_CALL && f->op == OP_EXP) return softmax_in_exponential(g->cx, f);
  f = without_condition(g->cx, softmax_in_product(g, f));
  return sigmoid_of_minus(g->cx, sigmoid_in_product(g->cx, f));
}

/* ---- laws ---- */

static bool is_special(const Form *f) {
  if (f->kind == FORM_POWER) return f->number != floor(f->number);
  return f->kind == FORM_SOFTMAX || (f->kind == FORM_CALL && op_is_function(f->op) && !op_rows[f->op].picks);
}

static Form *symbol(Graph *g, const Quantity *q, Index *const *index) {
  Form *f = form_new(g->cx, FORM_SYMBOL);
  f->read = read_make(g, q->leaf, (Index **)index);
  return f;
}

static void add_law(const Derivation *d, const Quantity *q, LawList *laws) {
  Graph *g = d->g;
  Form *right = known_functions(g, form_of_read(g, q->right)), *special = NULL;
  Forms factors = form_factors(g->cx, right);
  int count = 0;
  for (int k = 0; k < factors.n; k++)
    if (is_special(factors.at[k])) special = factors.at[k], count++;
  if (count != 1) return;
  Law law = {.exponent = 1, .alone = factors.n == 1, .pattern = special, .nvars = q->naxes};
  Index *index[MAX_AXES];
  for (int k = 0; k < q->naxes; k++) {
    if (!form_uses(special, q->vars[k])) return;
    law.vars[k] = q->vars[k];
    index[k] = index_var(g, q->vars[k]);
  }
  Form *rest = form_product(g->cx, (Form *[]){right, form_power(g->cx, special, -1)}, 2);
  law.value = form_product(g->cx, (Form *[]){symbol(g, q, index), form_power(g->cx, rest, -1)}, 2);
  if (special->kind == FORM_POWER) law.pattern = special->at[0], law.exponent = special->number;
  VEC_PUSH(g->cx, laws, law);
}

LawList known_laws(const Derivation *d) {
  LawList laws = {0};
  for (int k = 0; k < d->all.n; k++) {
    const Quantity *q = d->all.at[k];
    if ((q->kind == QUANTITY_VALUE || q->kind == QUANTITY_OPERAND) && q->right) add_law(d, q, &laws);
  }
  return laws;
}

static Form *apply_law(Graph *g, const Law *law, Form *f) {
  Index *by[MAX_AXES];
  bool power = law->exponent != 1;
  if (power != (f->kind == FORM_POWER && f->number != floor(f->number))) return NULL;
  if (!form_match(law->pattern, power ? f->at[0] : f, law->nvars, law->vars, by)) return NULL;
  Subst s = {0};
  for (int k = 0; k < law->nvars; k++) subst_add(&s, law->vars[k], by[k]);
  return form_power(g->cx, form_substitute(g, law->value, &s), power ? f->number / law->exponent : 1);
}

Form *known_values(Graph *g, const LawList *laws, bool alone, Form *f) {
  for (int k = 0; k < laws->n; k++) {
    Form *value = alone && !laws->at[k].alone ? NULL : apply_law(g, &laws->at[k], f);
    if (value) return value;
  }
  Form **at = ARENA_ARRAY(g->cx, Form *, f->n + 1);
  for (int k = 0; k < f->n; k++) at[k] = known_values(g, laws, alone, f->at[k]);
  return form_with(g, f, at);
}
