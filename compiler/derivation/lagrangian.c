/* lagrangian.c: the derivation as a constrained minimum (LeCun 1988): the equations are constraints, each with a
 * multiplier, and where the Lagrangian is stationary the multipliers are the adjoints. */
#include "derivation/sides.h"

static Typo *lagrangian_name(const Work *w, Mark mark) {
  return typo_named(w->page->cx, (Name){.base = "ℒ", .sub = ""}, mark, NULL, 0);
}

static Form *own_form(const Work *w, const Quantity *q, Node *leaf) {
  Form *f = form_new(w->page->cx, FORM_SYMBOL);
  f->read = sides_read(w, q, leaf);
  return f;
}

/* λ' (f - v), of which the sum over the steps of a recurrence. */
static Typo *constraint(Work *w, const Quantity *q) {
  Context *cx = w->page->cx;
  Form *right = known_functions(w->d->g, form_of_read(w->d->g, q->right));
  const Form *all = right;
  int out[MAX_AXES];
  setting_begin(&w->s, &all, 1);
  if (q->time >= 0) w->s.times[w->s.ntimes++] = q->vars[q->time];
  int nout = sides_axes(w, q, out);
  Typo *value = matrix_notation(&w->s, right, nout, out);
  Typo *name = symbol_of(&w->s, sides_read(w, q, q->leaf), nout, out);
  Typo *factor = symbol_of(&w->s, sides_read(w, q, q->adjoint), nout, out);
  if (!value && nout) value = typo_text(cx, arena_printf(cx, "f(%d)", q->number));
  else if (!value) value = index_notation(&w->s, right);
  Typos apart_of = {0};
  for (int k = 0; value->kind == TYPO_SUM && k < value->n; k++) VEC_PUSH(cx, &apart_of, value->at[k]);
  if (value->kind != TYPO_SUM) VEC_PUSH(cx, &apart_of, value);
  VEC_PUSH(cx, &apart_of, typo_negative(cx, name));
  Typo *apart = typo_new(cx, TYPO_SUM, apart_of.at, apart_of.n);
  Typo *t;
  if (nout > 1) t = typo_call(cx, "⟨", (Typo *[]){factor, apart}, 2);
  else {
    if (nout) factor = typo_new(cx, TYPO_TRANSPOSE, &factor, 1);
    t = typo_new(cx, TYPO_PRODUCT, (Typo *[]){factor, apart}, 2);
  }
  int times[MAX_AXES], ntimes = 0;
  for (int k = 0; k < q->naxes; k++)
    if (setting_is_time(&w->s, q->vars[k]) && q->vars[k] != w->d->g->batch_var) times[ntimes++] = q->vars[k];
  return ntimes ? index_reduction(&w->s, RED_SUM, t, ntimes, times) : t;
}

static void write_lagrangian(Work *w) {
  Context *cx = w->page->cx;
  Line line = {.kind = LINE_EQUATION};
  Typos terms = {0};
  VEC_PUSH(cx, &terms, symbol_bare(&w->s, w->d->loss, false));
  for (int k = 0; k < w->d->all.n; k++) {
    const Quantity *q = w->d->all.at[k];
    if (q->right && q->needed && q != w->d->loss) VEC_PUSH(cx, &terms, constraint(w, q));
  }
  VEC_PUSH(cx, &line.sides, lagrangian_name(w, MARK_NONE));
  VEC_PUSH(cx, &line.sides, typo_new(cx, TYPO_SUM, terms.at, terms.n));
  VEC_PUSH(cx, &w->page->lines, line);
}

/* ∂ℒ/∂v = Σ (∂u/∂v)' λ_u - λ_v = 0. */
static void write_stationary(Work *w, const Quantity *q) {
  Context *cx = w->page->cx;
  Line line = {.kind = LINE_EQUATION};
  Form *terms[2] = {sides_sum(w, q), form_negative(cx, own_form(w, q, q->adjoint))};
  Form *sum = form_sum(cx, terms, 2);
  sides_set(w, &line, q, false, &sum, 1, NULL);
  Typo *below = arena_copy(cx, line.sides.at[0], sizeof *below);
  below->mark = MARK_PARTIAL;
  line.sides.at[0] = typo_new(cx, TYPO_FRACTION, (Typo *[]){lagrangian_name(w, MARK_PARTIAL), below}, 2);
  VEC_PUSH(cx, &line.sides, typo_text(cx, "0"));
  VEC_PUSH(cx, &w->page->lines, line);
}

void lagrangian_lines(Work *w) {
  Derivation *d = w->d;
  Line prose = {.kind = LINE_PROSE,
                .text = "The value % is to be least, while the other equations hold. Each of them has a multiplier "
                        "%, and at a minimum the Lagrangian % does not change with any value %."};
  Context *cx = w->page->cx;
  VEC_PUSH(cx, &prose.sides, symbol_bare(&w->s, d->loss, false));
  VEC_PUSH(cx, &prose.sides, typo_named(cx, (Name){.base = "v", .sub = ""}, MARK_MULTIPLIER, NULL, 0));
  VEC_PUSH(cx, &prose.sides, lagrangian_name(w, MARK_NONE));
  VEC_PUSH(cx, &prose.sides, typo_named(cx, (Name){.base = "v", .sub = ""}, MARK_NONE, NULL, 0));
  sides_heading(w->page, "The Lagrangian");
  VEC_PUSH(cx, &w->page->lines, prose);
  write_lagrangian(w);
  sides_heading(w->page, "Where it is stationary");
  for (int k = d->all.n - 1; k >= 0; k--)
    if (d->all.at[k]->adjoint_number && d->all.at[k]->kind != QUANTITY_LEAF) write_stationary(w, d->all.at[k]);
}
