/* bounds.c: does an index stay within its array? An index that may leave it is an error that names a value that does:
 * "this index leaves 'x': it reaches 4 at i = 4, the axis has 4 places (0..3)". */
#include "elaborate/expr.h"

#include <math.h>

/* Writes the extreme values of the variables: "i = 2, u = 0". */
static const char *witness(Elaborator *el, Scope *s, const Index *e, bool high) {
  Text t = {.cx = el->cx};
  for (int i = 0; i < e->n; i++) {
    if (e->terms[i].gather) continue;
    bool top = (e->terms[i].coef > 0) == high;
    const char *name = NULL;
    for (Scope *q = s; q && !name; q = q->parent)
      for (Binding *b = q->first; b && !name; b = b->next) {
        int v;
        if (b->value->kind == VALUE_TENSOR && b->value->rank == 0 && b->value->read->node->op == OP_INDEX &&
            index_is_var(index_gather(el->g, b->value->read), &v) && v == e->terms[i].var)
          name = b->name;
      }
    Axis axis = graph_var_axis(el->g, e->terms[i].var);
    text_printf(&t, "%s%s = %lld", t.length ? ", " : "", name ? name : "an index",
                top ? (long long)axis.extent - 1 : 0LL);
  }
  return t.length ? t.data : NULL;
}

/* The input that is read, whatever names it has been given since; NULL where it is none. */
static const Input *input_of_read(const Elaborator *el, const Read *r) {
  const Node *n = r->node;
  while (n->kind == NODE_NAME) n = n->reads[0]->node;
  return n->kind == NODE_INPUT ? &el->program->inputs.at[n->item] : NULL;
}

bool bounds_check(Elaborator *el, Scope *s, const Value *x, int place, const Index *e, Span span) {
  Axis axis = value_axis(el, x, place);
  double lo, hi;
  const char *name = x->name ? arena_printf(el->cx, "'%s'", x->name) : "the array";
  if (axis.kind != AXIS_PLAIN) {
    int v;
    if (index_is_var(e, &v) && graph_var_axis(el->g, v).kind == axis.kind) return true;
    elaborate_report(
      el, span,
      "the axis over the batch cannot be indexed by a number; reduce over it, or use an index that runs over it");
    return false;
  }
  if (axis.dim && dim_within(el, axis.dim, e)) return true;
  if (axis.dim) {
    elaborate_report(el, span, "this index may leave %s: its axis has %s places, which differ between examples", name,
                     dim_text(el, axis.dim));
    elaborate_advise(el, "0, (%s) - 1 and an index over the axis are safe; `else 0` reads 0 beyond the end",
                     dim_text(el, axis.dim));
    return false;
  }
  if (e->divisor != 1) {
    elaborate_report(el, span,
                     "this index is not whole for every value of its indices; write 'else 0' to read 0 there");
    return false;
  }
  if (!index_range(el->g, e, NULL, &lo, &hi) || hi - lo >= (double)UINT32_MAX) {
    elaborate_report(
      el, span,
      "this index may be any integer, and %s has %lld places here; declare the input as class(%lld), or write 'else 0'",
      name, (long long)axis.extent, (long long)axis.extent);
    return false;
  }
  if (lo >= 0 && hi < (double)axis.extent) return true;
  bool high = hi >= (double)axis.extent;
  const char *where = witness(el, s, e, high);
  elaborate_report(el, span, "this index leaves %s: it reaches %.0f%s%s, the axis has %lld place%s (0..%lld)", name,
                   high ? hi : lo, where ? " at " : "", where ? where : "", (long long)axis.extent,
                   axis.extent == 1 ? "" : "s", (long long)axis.extent - 1);
  if (x->name) elaborate_remark(el, x->span, "'%s' is %s", x->name, value_shape(el, x));
  const Input *input = e->n == 1 && e->terms[0].gather ? input_of_read(el, e->terms[0].gather) : NULL;
  if (input && input->kind == INPUT_CLASS)
    elaborate_remark(el, input->span, "'%s' has %d classes, 0..%d", input->name, input->classes, input->classes - 1);
  if (lo == hi && lo < 0 && -lo <= (double)axis.extent)
    elaborate_advise(el, "places are counted from 0; this one from the end is %.0f", (double)axis.extent + lo);
  return false;
}

/* A value that would be whole, but for its size, or because a divisor may be 0. */
static bool reported_whole(Elaborator *el, Span span, const Node *n, const char *what) {
  while (n->kind == NODE_NAME) n = n->reads[0]->node;
  if (n->large) {
    double most = fmax(fabs(n->lo), fabs(n->hi));
    const char *reach = most > 9007199254740992.0 ? arena_printf(el->cx, "this one may reach %.0f", most)
                                                  : "a value in this one may be greater";
    elaborate_report(el, span, "%s must be a whole number of at most 2^53 = 9007199254740992, and all in it too; %s",
                     what, reach);
    elaborate_advise(el, "bound what it is made of: class(k) an input, min, max and mod a value");
    return true;
  }
  if (n->kind != NODE_MAP || n->op != OP_MOD || !n->reads[0]->node->integer || !n->reads[1]->node->integer)
    return false;
  elaborate_report(el, span, "%s must be a whole number; 'a mod n' is none where n is 0, and here n may be %.0f..%.0f",
                   what, n->reads[1]->node->lo, n->reads[1]->node->hi);
  return true;
}

void bounds_report_not_whole(Elaborator *el, Span span, const Value *v, int64_t extent, const char *what) {
  const Input *input = v->kind == VALUE_TENSOR ? input_of_read(el, v->read) : NULL;
  if (v->kind == VALUE_TENSOR && reported_whole(el, span, v->read->node, what)) return;
  const char *found = v->kind != VALUE_TENSOR ? value_text(el, v)
                      : v->rank               ? arena_printf(el->cx, "%s of real values", value_text(el, v))
                                              : "a real number";
  elaborate_report(el, span, "%s must be a whole number%s, found %s", what,
                   v->kind == VALUE_NUMBER ? " of at most 2^31" : "", found);
  if (input)
    elaborate_remark(el, input->span, "'%s' is real; ': class(%lld)' after it would make it whole numbers", input->name,
                     (long long)extent);
}

/* x[i < 3]: 0 or 1, which chooses one of two places; where there are more, the bound of an index was meant. */
bool bounds_compare(Elaborator *el, const Expr *e, const Value *x, int k) {
  const Expr *c = e->subs[k].first;
  Axis axis = value_axis(el, x, k);
  if (c->kind != EXPR_BINARY || c->op < BIN_EQ || c->op > BIN_GE || e->else_zero || axis.kind != AXIS_PLAIN ||
      axis.extent <= 2)
    return false;
  elaborate_report(el, c->span, "a comparison is 0 or 1, which is no index into %lld places", (long long)axis.extent);
  const char *i = c->a->kind == EXPR_NAME ? c->a->name : "i";
  if (c->op == BIN_LT)
    elaborate_advise(
      el,
      "the bound of an index stands left of a definition, y[%s < 3] = ..., or in a reduction, sum(%s < 3) ...; a "
      "part of an array is a[0:3]",
      i, i);
  return true;
}

bool bounds_fit_64_bits(Elaborator *el, const Index *e, Span span) {
  double lo, hi;
  if (!index_range(el->g, e, NULL, &lo, &hi)) return true;
  double most = fmax(fabs(lo), fabs(hi));
  if (most * (double)e->divisor < 4611686018427387904.0) return true; /* 2^62: with room for what is added to it */
  elaborate_report(el, span, "this index may reach %.0f, with a divisor of %lld, beyond what 64 bits hold safely", most,
                   (long long)e->divisor);
  elaborate_advise(el, "bound what it is made of: class(k) an input, min, max and mod a value");
  return false;
}

void bounds_report_choice(Elaborator *el, Span span, const Value *row, const char *index) {
  elaborate_report(el, span, "an instance is chosen when compiling, but '%s' is not known then", index);
  if (row->name) elaborate_remark(el, row->span, "'%s' is %s", row->name, value_text(el, row));
  elaborate_advise(el, "each has parameters of its own; it is chosen by a number, or by the count of a 'for'");
}
