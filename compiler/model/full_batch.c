/* full_batch.c: `minimize L with bfgs(tol = 1e-8)`: the methods that take the whole data set as one batch.
 *
 * They are the runtime's (minimize.c), not lines of the prelude: they search along directions, which no update of an
 * array on its own can say. Here their names, their options, and what they ask of a model: to be the only `minimize`,
 * alone in its chain. Options are numbers that can be set at run time, like those of an optimizer; `steps`, the most
 * iterations, is the trainer's `epochs`. */
#include "model/run.h"

#include <math.h>
#include <string.h>

typedef struct FullOption {
  const char *name;
  double value;
  double least; /* above 0 where it is 0, else at least it */
} FullOption;

enum { MOST_OPTIONS = 4 };

typedef struct FullRow {
  const char *name, *method; /* the runtime's name for it */
  bool product;              /* it takes products with the Hessian */
  FullOption options[MOST_OPTIONS];
} FullRow;

/* Row by row the runtime's defaults, which stand here so that a program can show them. */
static const FullRow rows[] = {
  {"gradient_descent", "NN_GRADIENT_DESCENT", false, {{"tol", 1e-6, 0}, {"steps", 1000, 1}, {"curvature", 0.1, 0}}},
  {"cg", "NN_CG", false, {{"tol", 1e-6, 0}, {"steps", 1000, 1}, {"curvature", 0.3, 0}}},
  {"bfgs", "NN_BFGS", false, {{"tol", 1e-6, 0}, {"steps", 1000, 1}, {"curvature", 0.9, 0}}},
  {"lbfgs", "NN_LBFGS", false, {{"tol", 1e-6, 0}, {"steps", 1000, 1}, {"curvature", 0.9, 0}, {"memory", 10, 1}}},
  {"newton", "NN_NEWTON", true, {{"tol", 1e-6, 0}, {"steps", 1000, 1}, {"curvature", 0.9, 0}, {"dense", 500, 1}}},
};

static const FullRow *row_named(const char *name) {
  for (size_t k = 0; k < sizeof rows / sizeof *rows; k++)
    if (strcmp(rows[k].name, name) == 0) return &rows[k];
  return NULL;
}

/* A model may define an optimizer of the same name; then that is meant. */
bool full_batch_named(Elaborator *el, const Expr *e) {
  const Expr *callee = e->kind == EXPR_CALL ? e->a : e;
  return callee->kind == EXPR_NAME && row_named(callee->name) && !scope_find(el->globals, callee->name);
}

/* ---- options ---- */

static int option_count(const FullRow *row) {
  int n = 0;
  while (n < MOST_OPTIONS && row->options[n].name) n++;
  return n;
}

static int option_at(Elaborator *el, const FullRow *row, const Arg *a, int position) {
  int n = option_count(row);
  if (!a->name && position < n) return position;
  for (int k = 0; k < n && a->name; k++)
    if (strcmp(row->options[k].name, a->name) == 0) return k;
  const char *names[MOST_OPTIONS];
  for (int k = 0; k < n; k++) names[k] = row->options[k].name;
  if (a->name) elaborate_report(el, a->name_span, "'%s' has no argument named '%s'", row->name, a->name);
  else elaborate_report(el, a->value->span, "'%s' takes %d argument%s, found another", row->name, n, n == 1 ? "" : "s");
  const char *near = a->name ? nearest_name(el->cx, a->name, names, n) : NULL;
  if (near) {
    elaborate_advise(el, "did you mean '%s'?", near);
    return -1;
  }
  Text t = {.cx = el->cx};
  for (int k = 0; k < n; k++) text_printf(&t, "%s%s = %.15g", k ? ", " : "", names[k], row->options[k].value);
  elaborate_advise(el, "it is %s(%s)", row->name, t.data);
  return -1;
}

static bool option_value(Elaborator *el, const FullRow *row, int option, const Expr *e, double *value) {
  const FullOption *o = &row->options[option];
  Value *v = elaborate_expr(el, el->model, e);
  if (value_is_poison(v)) return false;
  bool whole = o->least >= 1, good = v->kind == VALUE_NUMBER && isfinite(v->number);
  if (good && whole) good = v->number >= o->least && v->number == floor(v->number) && v->number <= 1e9;
  else if (good) good = v->number > o->least;
  *value = v->number;
  if (good) return true;
  elaborate_report(el, e->span, "argument '%s' of '%s' must be a %s, found %s", o->name, row->name,
                   whole ? "whole number of at least 1" : "number above 0", value_text(el, v));
  return false;
}

static bool read_options(Elaborator *el, const FullRow *row, const Expr *e, double *values, bool *given) {
  int n = option_count(row), nargs = e->kind == EXPR_CALL ? e->nargs : 0;
  for (int k = 0; k < n; k++) values[k] = row->options[k].value, given[k] = false;
  for (int k = 0; k < nargs; k++) {
    int at = option_at(el, row, &e->args[k], k);
    if (at < 0) return false;
    if (given[at]) {
      elaborate_report(el, e->args[k].value->span, "argument '%s' of '%s' is given twice", row->options[at].name,
                       row->name);
      return false;
    }
    given[at] = true;
    if (!option_value(el, row, at, e->args[k].value, &values[at])) return false;
  }
  return true;
}

static void set_options(Elaborator *el, const FullRow *row, const double *values, const bool *given) {
  Program *p = el->program;
  for (int k = 0; k < option_count(row); k++) {
    if (strcmp(row->options[k].name, "steps") == 0) {
      if (given[k] || !p->train.epochs_given) p->train.epochs = (int)values[k];
      continue;
    }
    Hyper h = {
      .name = arena_printf(el->cx, "%s.%s", row->name, row->options[k].name), .settable = true, .value = values[k]};
    VEC_PUSH(el->cx, &p->hypers, h);
  }
}

/* ---- what it asks of the model ---- */

static bool reads_step(Context *cx, Node *root) {
  NodeList list = graph_order(cx, &root, 1);
  for (int k = 0; k < list.n; k++)
    if (list.at[k]->kind == NODE_STEP) return true;
  return false;
}

static bool is_alone(Model *model, const Minimize *m, const FullRow *row, const Expr *e) {
  Elaborator *el = model->el;
  const Stmt *st = m->stmt;
  if (st->nwith > 1) {
    elaborate_report(el, e->span, "'%s' stands alone after 'with': it takes the gradient as it is", row->name);
    return false;
  }
  if (m->every > 1) {
    elaborate_report(el, st->every->span, "'%s' minimizes to the end; it takes no turns with 'every'", row->name);
    return false;
  }
  for (int k = 0; k < model->pending.n; k++) {
    if (model->pending.at[k].stmt == st) continue;
    elaborate_report(el, e->span, "'%s' takes the whole data set as one batch, so its 'minimize' must be the only one",
                     row->name);
    elaborate_remark(el, model->pending.at[k].stmt->span, "the other one is here");
    return false;
  }
  for (int k = 0; k < el->program->routines.n; k++) {
    const Routine *r = &el->program->routines.at[k];
    if (r->kind != ROUTINE_GRAD || r->loss != m->loss || !reads_step(el->cx, r->roots[0].node)) continue;
    elaborate_report(el, e->span, "'%s' needs a loss that stays the same, but '%s' depends on step", row->name,
                     r->name);
    elaborate_remark(el, r->span, "'%s' is declared here", r->name);
    return false;
  }
  for (int k = 0; k < el->program->states.n; k++)
    for (int j = 0; j < el->updates.n; j++) {
      if (el->updates.at[j].path != el->program->states.at[k].path) continue;
      elaborate_report(el, e->span, "'%s' needs a loss that stays the same, but state '%s' changes in training",
                       row->name, el->program->states.at[k].path);
      elaborate_remark(el, el->updates.at[j].span, "here");
      return false;
    }
  return true;
}

bool full_batch_make(Model *model, Objective *o, const Minimize *m, const Expr *e) {
  Elaborator *el = model->el;
  const FullRow *row = row_named((e->kind == EXPR_CALL ? e->a : e)->name);
  double values[MOST_OPTIONS];
  bool given[MOST_OPTIONS];
  if (!is_alone(model, m, row, e) || !read_options(el, row, e, values, given)) return false;
  set_options(el, row, values, given);
  FullBatch *full = ARENA_NEW(el->cx, FullBatch);
  *full = (FullBatch){.name = row->name, .method = row->method, .uses_product = row->product, .span = e->span};
  o->full = full;
  return true;
}
