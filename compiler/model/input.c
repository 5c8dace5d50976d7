/* input.c: `input x[784]`, `dim T <= 64`: what examples have, and of how many places. */
#include "graph/graph.h"
#include "model/run.h"

#include <string.h>

/* ---- dim ---- */

static Value *dim_value(Elaborator *el, const Input *input) {
  Index *index[1] = {index_var(el->g, el->g->batch_var)};
  Value *v = value_tensor(el, read_make(el->g, input->node, index), 0, NULL, input->span);
  v->name = input->name;
  return v;
}

void input_declare_dim(Elaborator *el, Scope *s, const Stmt *st) {
  Program *p = el->program;
  Binding *b = scope_find(s, st->name);
  if (b && b->value->kind != VALUE_FUNCTION) {
    elaborate_report(el, st->name_span, "'%s' is already defined", st->name);
    elaborate_remark(el, b->span, "it is defined here");
    return;
  }
  for (int k = 0; k < p->inputs.n; k++)
    if (p->inputs.at[k].name == st->name) {
      scope_bind(el, s, st->name, dim_value(el, &p->inputs.at[k]), st->name_span);
      return;
    }
  int64_t bound = value_whole(el, elaborate_expr(el, s, st->value), st->value->span, "the bound of a dim", 1);
  if (p->inputs.n == 32) elaborate_report(el, st->span, "more than 32 inputs");
  if (bound < 0 || p->inputs.n == 32) {
    scope_bind(el, s, st->name, value_poison(el, st->name_span), st->name_span);
    return;
  }
  Axis axes[1] = {OVER_BATCH};
  Node *node = build_leaf(el->g, NODE_INPUT, p->inputs.n, 1, axes, st->name);
  node->integer = true;
  node->lo = 1, node->hi = (double)bound;
  node->hazards = hazards_of(el->g, node);
  Input input = {st->name, node, INPUT_EXTENT, (int)bound, st->name_span, 1};
  VEC_PUSH(el->cx, &p->inputs, input);
  scope_bind(el, s, st->name, dim_value(el, &input), st->name_span);
}

/* ---- input ---- */

const InputKindRow input_kind_rows[INPUT_KIND_COUNT] = {
#define X(id, name, sized) {name, sized},
  INPUT_KINDS(X)
#undef X
};

static bool input_kind(Elaborator *el, Scope *s, const Decl *d, InputKind *kind, int *classes) {
  const char *names[] = {input_kind_rows[INPUT_CLASS].name, input_kind_rows[INPUT_INT].name,
                         input_kind_rows[INPUT_BIT].name};
  *kind = INPUT_REAL;
  *classes = 0;
  if (!d->type) return true;
  for (int k = INPUT_CLASS; k < INPUT_EXTENT; k++) /* the rest is not written as a type */
    if (strcmp(d->type, input_kind_rows[k].name) == 0) *kind = (InputKind)k;
  if (*kind == INPUT_REAL) {
    elaborate_report(el, d->type_span,
                     "unknown type '%s'; an input is real where none is given, else class(k), int or bit", d->type);
    const char *near = nearest_name(el->cx, d->type, names, 3);
    if (near) elaborate_advise(el, "did you mean '%s'?", near);
    return false;
  }
  if ((*kind == INPUT_CLASS) != (d->type_arg != NULL)) {
    elaborate_report(el, d->type_span,
                     *kind == INPUT_CLASS ? "'class' needs the number of classes: class(10)" : "'%s' takes no number",
                     d->type);
    return false;
  }
  if (*kind == INPUT_CLASS)
    *classes = (int)value_whole(el, elaborate_expr(el, s, d->type_arg), d->type_arg->span, "the number of classes", 1);
  return *classes >= 0;
}

void input_declare(Elaborator *el, Scope *s, const Decl *d) {
  Program *p = el->program;
  int rank, classes, dims[MAX_AXES];
  int64_t shape[MAX_AXES], count;
  InputKind kind;
  for (int k = 0; k < p->inputs.n; k++)
    if (p->inputs.at[k].name == d->name) {
      leaf_bind(el, s, d, p->inputs.at[k].node, 1);
      return;
    }
  if (p->inputs.n == 32) elaborate_report(el, d->span, "more than 32 inputs");
  if (p->inputs.n == 32 || !leaf_shape(el, s, d, true, &rank, shape, dims, &count) ||
      !input_kind(el, s, d, &kind, &classes)) {
    scope_bind(el, s, d->name, value_poison(el, d->span), d->span);
    return;
  }
  Axis axes[MAX_AXES] = {OVER_BATCH};
  for (int k = 0; k < rank; k++) axes[k + 1] = PLAIN(shape[k]), axes[k + 1].dim = dims[k];
  el->g->span = d->span;
  Node *node = build_leaf(el->g, NODE_INPUT, p->inputs.n, rank + 1, axes, d->name);
  node->integer = kind != INPUT_REAL;
  if (kind == INPUT_CLASS) node->lo = 0, node->hi = classes - 1;
  if (kind == INPUT_BIT) node->lo = 0, node->hi = 1;
  if (kind == INPUT_INT) node->lo = INT32_MIN, node->hi = INT32_MAX;
  node->hazards = hazards_of(el->g, node);
  Input input = {d->name, node, kind, classes, d->span, count};
  VEC_PUSH(el->cx, &p->inputs, input);
  leaf_bind(el, s, d, node, 1);
}
