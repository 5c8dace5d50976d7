/* constant.c: constants and functions: known everywhere, in any order. A model may define anew what the prelude
 * defines. */
#include "model/run.h"

#include <string.h>

static bool defined_before(const Options *o, const char *name, double *value) {
  for (int k = 0; k < o->ndefines; k++)
    if (strcmp(o->defines[k].name, name) == 0) {
      o->defines[k].used = true;
      *value = o->defines[k].value;
      return true;
    }
  return false;
}

static void declare_const(Model *model, const Decl *d) {
  Elaborator *el = model->el;
  double given;
  Scope *home = scope_home(el, d->span);
  Value *v = elaborate_expr(el, home, d->init);
  int64_t n;
  if (v->kind == VALUE_TENSOR && !value_elements(el, v, &n)) {
    elaborate_report(el, d->init->span,
                     "a constant must be known at compile time, but this would be computed by the model");
    elaborate_advise(el, "a constant is a number, a list of numbers, or scalar functions of numbers");
    v = value_poison(el, d->span);
  }
  if (v->kind == VALUE_FUNCTION || v->kind == VALUE_DISTRIBUTION || v->kind == VALUE_TUPLE) {
    elaborate_report(el, d->init->span, "a constant must be a number or an array, found %s", value_text(el, v));
    v = value_poison(el, d->span);
  }
  if (defined_before(model->options, d->name, &given)) {
    if (v->kind == VALUE_NUMBER || value_is_poison(v)) v = value_number(el, given, d->span);
    else
      elaborate_report(el, d->span, "-D %s=%g gives a number, but '%s' is %s", d->name, given, d->name,
                       value_text(el, v));
  }
  Value *named = ARENA_NEW(el->cx, Value);
  *named = *v;
  named->name = d->name;
  named->span = d->span;
  scope_bind(el, home, d->name, named, d->span);
}

static void declare_function(Elaborator *el, const Stmt *st) {
  bool hides = st->name_span.source != el->prelude && builtin_find(el, st->name);
  if (hides)
    warn_at(el->cx, st->name_span,
            "'%s' is built into the language; this definition hides it from the model, not from the prelude", st->name);
  Value *v = value_new(el, VALUE_FUNCTION, st->name_span);
  v->fn = st;
  v->name = st->name;
  bool hand = el->hand && st->name_span.source == el->hand_source;
  scope_bind(el, hand ? el->hand : hides ? el->own : el->globals, st->name, v, st->name_span);
}

static Binding *find_until(Binding *b, const Binding *end, const char *name) {
  while (b && b != end && b->name != name) b = b->next;
  return b == end ? NULL : b;
}

static bool twice(Elaborator *el, const char *name, Span span, Binding *end) {
  Binding *b = find_until(el->globals->first, end, name);
  if (!b) b = find_until(el->own->first, NULL, name);
  if (!b && el->hand) b = find_until(el->hand->first, NULL, name);
  if (!b) return false;
  elaborate_report(el, span, "'%s' is already defined", name);
  elaborate_remark(el, b->span, "it is defined here");
  return true;
}

void constant_declare_all(Model *model, const Block *b) {
  Elaborator *el = model->el;
  Binding *end = el->globals->first; /* what the prelude defines may be defined anew */
  for (int k = 0; k < b->n; k++) {
    const Stmt *st = b->at[k];
    if (st->kind == STMT_FN || st->kind == STMT_LAYER || st->kind == STMT_OPTIMIZER) {
      if (!twice(el, st->name, st->name_span, end)) declare_function(el, st);
    } else if (st->kind == STMT_DERIVATIVE) {
      law_declare_derivative(model, st);
    }
  }
  for (int k = 0; k < b->n; k++)
    for (int j = 0; b->at[k]->kind == STMT_CONST && j < b->at[k]->ndecls; j++)
      if (!twice(el, b->at[k]->decls[j].name, b->at[k]->decls[j].span, end)) declare_const(model, &b->at[k]->decls[j]);
  for (int k = 0; k < b->n; k++)
    if (b->at[k]->kind == STMT_RULE) law_declare_rule(model, b->at[k]);
}

void constant_report_unused(Model *model) {
  Elaborator *el = model->el;
  const Options *o = model->options;
  VEC(const char *) names = {0};
  for (int k = 0; k < el->statements.n; k++)
    for (int j = 0; el->statements.at[k]->kind == STMT_CONST && j < el->statements.at[k]->ndecls; j++)
      VEC_PUSH(el->cx, &names, el->statements.at[k]->decls[j].name);
  for (int k = 0; k < o->ndefines; k++) {
    const char *name = o->defines[k].name, *near = nearest_name(el->cx, name, names.at, names.n);
    if (o->defines[k].used) continue;
    elaborate_report(el, (Span){0}, "-D %s: the model has no constant '%s'", name, name);
    if (near) elaborate_advise(el, "did you mean '%s'?", near);
    else if (!names.n)
      elaborate_advise(el, "a line 'const %s = %g' of the model declares one", name, o->defines[k].value);
  }
}
