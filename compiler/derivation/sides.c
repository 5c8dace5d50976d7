/* sides.c: both sides of equations: the name on the left, and formulas in matrix notation where all of them can be
 * written so. */
#include "derivation/sides.h"

/* ---- lines ---- */

void sides_heading(Page *page, const char *text) {
  VEC_PUSH(page->cx, &page->lines, ((Line){.kind = LINE_HEADING, .text = text}));
}

void sides_prose(Page *page, const char *text) {
  VEC_PUSH(page->cx, &page->lines, ((Line){.kind = LINE_PROSE, .text = text}));
}

/* ---- both sides of an equation ---- */

int sides_axes(const Work *w, const Quantity *q, int *out) {
  int n = 0;
  for (int k = 0; k < q->naxes; k++)
    if (k != q->time && !setting_is_time(&w->s, q->vars[k]) && q->vars[k] != w->d->g->batch_var) out[n++] = q->vars[k];
  return n;
}

Read *sides_read(const Work *w, const Quantity *q, Node *leaf) {
  Index *index[MAX_AXES];
  int first = leaf->naxes - q->naxes;
  if (first) index[0] = index_var(w->d->g, w->d->g->batch_var);
  for (int k = 0; k < q->naxes; k++)
    index[first + k] = q->at_step && k == q->time ? q->at_step : index_var(w->d->g, q->vars[k]);
  return read_make(w->d->g, leaf, index);
}

static Typo *partial(const Work *w, Typo *name) {
  Typo *above = typo_named(w->page->cx, symbol_name(&w->s, w->d->loss), MARK_PARTIAL, NULL, 0);
  Typo *below = arena_copy(w->page->cx, name, sizeof *name);
  below->mark = MARK_PARTIAL;
  return typo_new(w->page->cx, TYPO_FRACTION, (Typo *[]){above, below}, 2);
}

/* A leaf's adjoint is ∂L/∂W, another's δ. */
static Typo *set_left(Work *w, const Quantity *q, bool adjoint, int nout, const int *out) {
  bool leaf = q->kind == QUANTITY_LEAF;
  Typo *t = symbol_of(&w->s, sides_read(w, q, adjoint && !leaf ? q->adjoint : q->leaf), nout, out);
  return adjoint && leaf ? partial(w, t) : t;
}

void sides_set(Work *w, Line *line, const Quantity *q, bool adjoint, Form *const *forms, int n, Typo *step) {
  Typo *sides[8];
  int out[MAX_AXES];
  const Form *all[8] = {NULL};
  for (int k = 0; k < n; k++) all[k] = forms[k];
  setting_begin(&w->s, all, n);
  for (int k = 0; k < q->naxes; k++)
    if (!q->at_step || k != q->time) symbol_letter(&w->s, q->vars[k]);
  int nout = sides_axes(w, q, out);
  bool matrix = true;
  for (int k = 0; k < n; k++) {
    sides[k] = matrix_notation(&w->s, forms[k], nout, out);
    if (!sides[k] && nout == 1 && forms[k]->kind == FORM_NUMBER) sides[k] = typo_number(w->page->cx, forms[k]->number);
    if (!sides[k] && !nout) sides[k] = index_notation(&w->s, forms[k]);
    matrix = matrix && sides[k];
  }
  VEC_PUSH(w->page->cx, &line->sides, set_left(w, q, adjoint, matrix ? nout : -1, out));
  if (step) VEC_PUSH(w->page->cx, &line->sides, step);
  for (int k = 0; k < n; k++) VEC_PUSH(w->page->cx, &line->sides, matrix ? sides[k] : index_notation(&w->s, forms[k]));
}

/* ---- adjoints ---- */

static Form *in_known_values(Work *w, Form *f, bool alone) {
  Graph *g = w->d->g;
  f = algebra_shorten(g, known_values(g, &w->laws, alone, known_functions(g, f)));
  return algebra_shorten(g, known_values(g, &w->laws, alone, known_functions(g, f))); /* what is in one product now */
}

Form *sides_form(Work *w, const Read *r) {
  Form *f = form_of_read(w->d->g, r), *plain = in_known_values(w, f, true), *all = in_known_values(w, f, false);
  Form *shorter = form_cost(all) < form_cost(plain) ? all : plain;
  if (w->verified) verify_form(w->d, w->values, shorter, r, w->verified);
  return shorter;
}

Form *sides_sum(Work *w, const Quantity *q) {
  Forms terms = {0};
  Verified *verified = w->verified;
  for (int k = 0; k < q->paths.n; k++) {
    w->verified = q->paths.at[k].later ? NULL : verified; /* at the last step there is none */
    VEC_PUSH(w->page->cx, &terms, sides_form(w, q->paths.at[k].read));
    w->verified = verified;
  }
  Form *sum = algebra_shorten(w->d->g, form_sum(w->page->cx, terms.at, terms.n));
  bool all = q->total != NULL;
  for (int k = 0; k < q->paths.n; k++) all = all && !q->paths.at[k].later;
  if (verified && all) verify_form(w->d, w->values, sum, q->total, verified);
  return sum;
}
