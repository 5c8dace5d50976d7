/* page.c: what stands on the page, line by line.
 *
 * In: the equations and the ways by which adjoints come. Out: for each adjoint the chain-rule step that gave it, what
 * that is with the derivatives put in, and the same with the adjoints put in that it is made of, where this is shorter:
 *
 *     da2 = dz2 sigma'(a2) = z2 - y     (7)   from (4) */
#include "derivation/sides.h"

/* ---- equations ---- */

static void write_equation(Work *w, const Quantity *q) {
  Line line = {.kind = LINE_EQUATION, .number = q->number};
  Form *right = known_functions(w->d->g, form_of_read(w->d->g, q->right));
  if (w->verified) verify_form(w->d, w->values, right, q->right, w->verified);
  sides_set(w, &line, q, false, &right, 1, NULL);
  VEC_PUSH(w->page->cx, &w->page->lines, line);
}

/* ---- adjoints ---- */

/* The adjoint of q with those of the equations that use it put in. */
static Read *put_in(Work *w, const Quantity *q) {
  Apart a = {.g = w->d->g};
  bool any = false;
  for (int k = 0; k < q->paths.n; k++) {
    const Quantity *u = q->paths.at[k].by;
    int vars[MAX_AXES], first = u->adjoint->naxes - u->naxes;
    if (q->paths.at[k].later) return NULL;
    if (u == w->d->loss || !u->best) continue;
    if (first) vars[0] = w->d->g->batch_var;
    memcpy(vars + first, u->vars, sizeof(int) * (size_t)u->naxes);
    apart_set(&a, u->adjoint, u->best, vars);
    any = true;
  }
  return any ? apart_read(&a, q->total) : NULL;
}

static int adjoints_in(const Work *w, const Form *f) {
  int n = 0;
  bool adjoint = false;
  for (int k = 0; k < f->n; k++) n += adjoints_in(w, f->at[k]);
  if (f->kind == FORM_SYMBOL) quantity_of_leaf(w->d, f->read->node, &adjoint);
  return n + adjoint;
}

static Read *own_at(const Work *w, Node *leaf, const int *vars) {
  Index *index[MAX_AXES];
  for (int k = 0; k < leaf->naxes; k++) index[k] = index_var(w->d->g, vars[k]);
  return read_make(w->d->g, leaf, index);
}

/* Is the equation of u an activation function of q alone: δu f'(q)? Then its name. */
static const Form *activation_of(const Work *w, const Quantity *u, const Quantity *q) {
  Form *f = form_of_read(w->d->g, u->right);
  bool one = f->kind == FORM_CALL && f->n == 1 && op_is_function(f->op) && f->at[0]->kind == FORM_SYMBOL;
  return one && u->naxes == q->naxes && read_equal(f->at[0]->read, own_at(w, q->leaf, u->vars)) ? f : NULL;
}

static Typo *jacobian_step(Work *w, const Quantity *u, const Quantity *q, bool array) {
  Context *cx = w->page->cx;
  Typo *above = symbol_bare(&w->s, u, false), *below = symbol_bare(&w->s, q, false);
  above->mark = below->mark = MARK_PARTIAL;
  Typo *t = typo_new(cx, TYPO_FRACTION, (Typo *[]){above, below}, 2);
  if (u == w->d->loss) return t;
  if (array) t = typo_new(cx, TYPO_TRANSPOSE, &t, 1);
  return typo_new(cx, TYPO_PRODUCT, (Typo *[]){t, symbol_bare(&w->s, u, true)}, 2);
}

/* Σ_u (∂u/∂q)' δu, or δu f'(q). */
static Typo *chain_step(Work *w, const Quantity *q) {
  Context *cx = w->page->cx;
  Typos terms = {0};
  bool array = q->naxes > (q->naxes && q->vars[0] == w->d->g->batch_var);
  if (q->time >= 0) return NULL;
  for (int k = 0; k < q->paths.n; k++) {
    const Quantity *u = q->paths.at[k].by;
    const Form *f = u == w->d->loss ? NULL : activation_of(w, u, q);
    if (!f) {
      VEC_PUSH(cx, &terms, jacobian_step(w, u, q, array));
      continue;
    }
    Typo *x = symbol_bare(&w->s, q, false), *name = index_call(cx, f->op, &x, 1);
    Typo *slope = typo_call(cx, arena_printf(cx, "%s′", name->text), &x, 1);
    VEC_PUSH(cx, &terms,
             typo_new(cx, array ? TYPO_HADAMARD : TYPO_PRODUCT, (Typo *[]){symbol_bare(&w->s, u, true), slope}, 2));
  }
  return terms.n > 1 ? typo_new(cx, TYPO_SUM, terms.at, terms.n) : terms.n ? terms.at[0] : NULL;
}

static void add_from(Work *w, Line *line, const Quantity *q) {
  for (int k = q->paths.n - 1; k >= 0; k--) VEC_PUSH(w->page->cx, &line->from, q->paths.at[k].by->number);
}

/* With fewer adjoints, and not longer; where none is left, it may be a little longer. */
static bool is_shorter(const Work *w, const Form *a, const Form *b) {
  int mine = adjoints_in(w, a), most = form_cost(b) * (mine ? 10 : 12) / 10;
  return mine < adjoints_in(w, b) && form_cost(a) <= most;
}

/* At the last step of a recurrence nothing comes from a later one. */
static void write_boundary(Work *w, const Quantity *q) {
  Line line = {.kind = LINE_EQUATION};
  Forms terms = {0};
  Subst last = {0};
  Graph *g = w->d->g;
  Quantity *at_last = arena_copy(w->page->cx, q, sizeof *q);
  subst_add(&last, q->vars[q->time], index_constant(g, q->steps - 1));
  for (int k = 0; k < q->paths.n; k++)
    if (!q->paths.at[k].later) VEC_PUSH(w->page->cx, &terms, sides_form(w, q->paths.at[k].read));
  Form *sum = algebra_shorten(g, form_sum(w->page->cx, terms.at, terms.n)), *form = form_substitute(g, sum, &last);
  at_last->at_step = index_constant(g, q->steps - 1);
  sides_set(w, &line, at_last, true, &form, 1, NULL);
  VEC_PUSH(w->page->cx, &w->page->lines, line);
}

static const char *steps_text(const Work *w, const Quantity *q) {
  long long last = (long long)q->steps - 2;
  return last ? arena_printf(w->page->cx, "t = %lld, ..., 0", last) : "t = 0";
}

static void write_adjoint(Work *w, Quantity *q) {
  Line line = {.kind = LINE_EQUATION, .number = q->adjoint_number};
  Form *forms[2] = {sides_sum(w, q)};
  Read *r = q->total ? put_in(w, q) : NULL;
  Form *short_form = r ? sides_form(w, r) : NULL;
  int n = 1;
  bool later = false;
  for (int k = 0; k < q->paths.n; k++) later = later || q->paths.at[k].later;
  if (later) line.text = steps_text(w, q);
  if (later) write_boundary(w, q);
  else q->best = q->total;
  if (short_form && is_shorter(w, short_form, forms[0])) {
    forms[n++] = short_form;
    q->best = r;
  }
  add_from(w, &line, q);
  sides_set(w, &line, q, true, forms, n, q->kind == QUANTITY_LEAF ? NULL : chain_step(w, q));
  VEC_PUSH(w->page->cx, &w->page->lines, line);
}

/* ---- the whole ---- */

static int losses(const Program *p) {
  int n = 0;
  for (int k = 0; k < p->routines.n; k++) n += p->routines.at[k].kind == ROUTINE_GRAD;
  return n;
}

static void write_part(Work *w) {
  Page *page = w->page;
  Derivation *d = w->d;
  bool one = losses(d->program) == 1, back = false;
  sides_heading(page, one ? "The model" : arena_printf(page->cx, "The model of %s", d->loss->path));
  for (int k = 0; k < d->all.n; k++)
    if (d->all.at[k]->right && !d->all.at[k]->again) write_equation(w, d->all.at[k]);
  if (w->asked->lagrangian) lagrangian_lines(w);
  for (int k = d->all.n - 1; k >= 0; k--) {
    if (!d->all.at[k]->adjoint_number || d->all.at[k]->kind == QUANTITY_LEAF) continue;
    if (!back) sides_heading(page, w->asked->lagrangian ? "The multipliers, backwards" : "Backwards");
    back = true;
    write_adjoint(w, d->all.at[k]);
  }
  bool gradients = false;
  for (int k = 0; k < d->all.n; k++) {
    if (!d->all.at[k]->adjoint_number || d->all.at[k]->kind != QUANTITY_LEAF) continue;
    if (!gradients) sides_heading(page, "The gradients");
    gradients = true;
    write_adjoint(w, d->all.at[k]);
  }
}

Page *page_of(Program *p, const DerivationAsked *asked) {
  Page *page = ARENA_NEW(p->cx, Page);
  int number = 0;
  bool per_example = false;
  page->cx = p->cx;
  page->program = p;
  for (int k = 0; k < p->routines.n; k++) {
    const Routine *r = &p->routines.at[k];
    if (r->kind != ROUTINE_GRAD) continue;
    Derivation *d = system_of(p, r, asked->wrt, &number);
    if (!d->failed) system_open(d);
    if (d->failed) return page;
    adjoints_derive(d);
    Work w = {.page = page, .d = d, .asked = asked, .laws = known_laws(d)};
    w.s = (Setting){.d = d, .cx = p->cx, .g = p->graph, .lagrangian = asked->lagrangian};
    if (asked->verify) w.verified = &page->verified, w.values = verify_values(d);
    write_part(&w);
    if (asked->verify) verify_gradients(d, &page->verified);
    if (asked->order == 2) second_lines(&w, &number);
    VEC_PUSH(p->cx, &page->parts, d);
    per_example = per_example || d->per_example;
    page->outside = page->outside || w.s.outside;
  }
  if (page->parts.n == 1) notes_add(page, page->parts.at[0]->loss->path);
  else notes_add(page, "L");
  if (p->coupled)
    sides_prose(page, "The loss looks across the batch: the adjoints are derivatives of the sum of the losses of all "
                      "examples. The gradients of the mean loss are the means of these over the examples.");
  else if (per_example)
    sides_prose(page, "These are the gradients of one example. The loss of a batch is the mean of the losses of its "
                      "examples, and so its gradients are the means of theirs.");
  return page;
}
