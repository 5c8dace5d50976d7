/* argument.c: the arguments of a call: which formal each is for, and the axes that the call is mapped over.
 *
 * Lifting: an argument with more leading axes than its formal is indexed by fresh variables, the body is elaborated
 * once for one such index, and the result gets these axes back (argument_close_over). */
#include "elaborate/argument.h"

#include <string.h>

const char *argument_signature(Elaborator *el, const Stmt *fn) {
  Text t = {.cx = el->cx};
  text_printf(&t, "%s(", fn->name);
  for (int k = 0; k < fn->nformals; k++) {
    const Formal *f = &fn->formals[k];
    text_printf(&t, "%s%s", k ? ", " : "", f->name);
    if (f->kind == FORMAL_ANY) text_add(&t, "[...]");
    if (f->kind == FORMAL_ARRAY) {
      text_add(&t, "[");
      for (int j = 0; j < f->nshape; j++) {
        if (j) text_add(&t, ", ");
        expr_print(&t, f->shape[j]);
      }
      text_add(&t, "]");
    }
    if (f->init) {
      text_add(&t, " = ");
      expr_print(&t, f->init);
    }
  }
  text_add(&t, ")");
  return t.data;
}

int argument_formal(const Stmt *fn, const char *name) {
  for (int k = 0; k < fn->nformals; k++)
    if (fn->formals[k].name == name) return k;
  return -1;
}

/* Does the layer's body declare a parameter of that name? */
static bool declares_param(const Block *b, const char *name) {
  for (int k = 0; k < b->n; k++) {
    const Stmt *st = b->at[k];
    for (int j = 0; st->kind == STMT_PARAM && j < st->ndecls; j++)
      if (st->decls[j].name == name) return true;
    if (declares_param(&st->body, name) || declares_param(&st->other, name)) return true;
  }
  return false;
}

static int param_names(const Block *b, const char **names, int n) {
  for (int k = 0; k < b->n; k++) {
    for (int j = 0; b->at[k]->kind == STMT_PARAM && j < b->at[k]->ndecls; j++)
      if (n < 2 * MAX_ARGS) names[n++] = b->at[k]->decls[j].name;
    n = param_names(&b->at[k]->body, names, n);
  }
  return n;
}

static bool unknown_argument(Elaborator *el, Call *c, const char *name, Span span) {
  const char *names[2 * MAX_ARGS];
  int n = 0, formals;
  for (int k = 0; k < c->fn->nformals && n < MAX_ARGS; k++) names[n++] = c->fn->formals[k].name;
  formals = n;
  n = param_names(&c->fn->body, names, n);
  elaborate_report(el, span, "'%s' has no argument%s named '%s'", c->fn->name,
                   c->fn->kind == STMT_LAYER ? " or parameter" : "", name);
  const char *near = nearest_name(el->cx, name, names, n);
  Text params = {.cx = el->cx};
  for (int k = formals; k < n; k++) text_printf(&params, "%s%s", k > formals ? ", " : "", names[k]);
  if (near) elaborate_advise(el, "did you mean '%s'?", near);
  else
    elaborate_advise(el, "it is %s%s%s", argument_signature(el, c->fn), params.length ? ", with parameters " : "",
                     params.length ? params.data : "");
  return false;
}

bool argument_give(Elaborator *el, Call *c, int position, const char *name, Value *v, Span span) {
  int k = name ? argument_formal(c->fn, name) : position;
  if (name && k < 0 && c->fn->kind == STMT_LAYER && declares_param(&c->fn->body, name) && c->noverrides < MAX_ARGS) {
    c->override_args[c->noverrides] = (Arg){name, span, NULL};
    c->override_values[c->noverrides++] = v;
    return true;
  }
  if (name && k < 0) return unknown_argument(el, c, name, span);
  if (k >= c->fn->nformals) {
    elaborate_report(el, span, "'%s' takes %d argument%s, found another", c->fn->name, c->fn->nformals,
                     c->fn->nformals == 1 ? "" : "s");
    elaborate_remark(el, c->fn->name_span, "'%s' is declared here", c->fn->name);
    return false;
  }
  if (c->value[k]) {
    elaborate_report(el, span, "argument '%s' of '%s' is given twice", c->fn->formals[k].name, c->fn->name);
    elaborate_remark(el, c->span[k], "it is given here");
    return false;
  }
  c->value[k] = v;
  c->span[k] = span;
  return true;
}

bool argument_all_given(Elaborator *el, const Call *c) {
  for (int k = 0; k < c->fn->nformals; k++) {
    if (c->value[k] || c->fn->formals[k].init) continue;
    elaborate_report(el, c->expr ? c->expr->span : c->fn->name_span, "argument '%s' of '%s' is missing",
                     c->fn->formals[k].name, c->fn->name);
    elaborate_advise(el, "it is %s", argument_signature(el, c->fn));
    return false;
  }
  return true;
}

static int formal_rank(const Formal *f) { return f->kind == FORMAL_ARRAY ? f->nshape : 0; }

/* May one number stand for all places of this formal? Where its extents are numbers or formals before it: k[2], h0[m].
 */
bool argument_takes_number(const Stmt *fn, int k) {
  const Formal *f = &fn->formals[k];
  for (int j = 0; j < f->nshape; j++) {
    int at = f->shape[j]->kind == EXPR_NAME ? argument_formal(fn, f->shape[j]->name) : -1;
    if (f->shape[j]->kind != EXPR_NUMBER && (at < 0 || at >= k)) return false;
  }
  return f->kind == FORMAL_ARRAY;
}

/* How many leading axes of this argument are mapped over? -1 with an error. */
static int leading_axes(Elaborator *el, const Call *c, int k) {
  const Formal *f = &c->fn->formals[k];
  Value *v = c->value[k];
  if (f->kind == FORMAL_ANY || v->kind != VALUE_TENSOR || (v->rank == 0 && argument_takes_number(c->fn, k))) return 0;
  if (v->rank >= formal_rank(f)) return v->rank - formal_rank(f);
  elaborate_report(el, c->span[k], "argument '%s' of '%s' needs %d %s, found %s", f->name, c->fn->name, f->nshape,
                   f->nshape == 1 ? "axis" : "axes", value_text(el, v));
  if (v->name) elaborate_remark(el, v->span, "'%s' is %s", v->name, value_text(el, v));
  elaborate_remark(el, f->span, "'%s' is declared here", f->name);
  return -1;
}

bool argument_to_tensors(Elaborator *el, Call *c) {
  for (int k = 0; k < c->fn->nformals; k++) {
    const Formal *f = &c->fn->formals[k];
    if (!c->value[k] || f->kind == FORMAL_PLAIN) continue;
    Value *t =
      value_as_tensor(el, c->value[k], c->span[k], arena_printf(el->cx, "argument '%s' of '%s'", f->name, c->fn->name));
    if (!t) return false;
    c->value[k] = t;
  }
  return true;
}

/* Indexes the leading axes of all arguments by common variables; their number, or -1. */
int argument_lift(Elaborator *el, Call *c, int *vars) {
  int lead[MAX_ARGS], most = -1, longest = 0;
  for (int k = 0; k < c->fn->nformals; k++) {
    lead[k] = c->value[k] ? leading_axes(el, c, k) : 0;
    if (lead[k] < 0) return -1;
    if (lead[k] > longest) longest = lead[k], most = k;
  }
  const Value *longer = most >= 0 ? c->value[most] : NULL;
  for (int j = 0; j < longest; j++) vars[j] = graph_var(el->g, value_axis(el, longer, j));
  for (int k = 0; longest && k < c->fn->nformals; k++) {
    if (!c->value[k] || !lead[k]) continue;
    Index *index[MAX_AXES];
    for (int j = 0; j < lead[k]; j++) {
      Axis have = value_axis(el, c->value[k], j), want = graph_var_axis(el->g, vars[longest - lead[k] + j]);
      if (!axis_equal(have, want) || have.dim != want.dim) {
        elaborate_report(el, c->span[k],
                         "arguments '%s' %s and '%s' %s of '%s' cannot be mapped together: their leading axes differ",
                         c->fn->formals[most].name, value_shape(el, longer), c->fn->formals[k].name,
                         value_shape(el, c->value[k]), c->fn->name);
        if (longer->name) elaborate_remark(el, longer->span, "'%s' is %s", longer->name, value_shape(el, longer));
        if (c->value[k]->name)
          elaborate_remark(el, c->value[k]->span, "'%s' is %s", c->value[k]->name, value_shape(el, c->value[k]));
        elaborate_advise(el, "it is %s", argument_signature(el, c->fn));
        return -1;
      }
      index[j] = index_var(el->g, vars[longest - lead[k] + j]);
    }
    const char *name = c->value[k]->name;
    c->value[k] = value_at(el, c->value[k], lead[k], index);
    c->value[k]->name = name;
  }
  return longest;
}

Value *argument_close_over(Elaborator *el, Value *v, int lead, const int *vars, Span span) {
  if (v->kind == VALUE_TUPLE) {
    Value *t = value_new(el, VALUE_TUPLE, span);
    t->items = ARENA_ARRAY(el->cx, Value *, v->nitems);
    t->nitems = v->nitems;
    for (int k = 0; k < v->nitems; k++) t->items[k] = argument_close_over(el, v->items[k], lead, vars, span);
    return t;
  }
  if (lead == 0 || value_is_poison(v)) {
    if (v->kind != VALUE_TENSOR) return v;
    Value *w = value_fresh(el, v);
    w->name = NULL;
    w->span = span;
    return w;
  }
  Value *t = value_as_tensor(el, v, span, "a result");
  if (!t) return value_poison(el, span);
  Value *f = value_fresh(el, t);
  int all[MAX_AXES];
  if (lead + f->rank > MAX_AXES) return value_poison(el, span);
  memcpy(all, vars, sizeof(int) * (size_t)lead);
  memcpy(all + lead, f->vars, sizeof(int) * (size_t)f->rank);
  return value_fresh(el, value_tensor(el, f->read, lead + f->rank, all, span));
}
