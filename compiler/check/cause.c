/* cause.c: a refuted check in, its cause out. Which side is the user's, which definitions lead to it, and in which
 * order edits of them are tried. */
#include "check/cause.h"

#include <string.h>

/* ---- places ---- */

static Place place_of_side(const Inquiry *q) {
  const Check *c = q->check;
  Place at = {.line = -1, .root = q->side};
  for (int k = 0; k < c->nindices && k < MOST_INDICES; k++) {
    at.indices[at.nindices] = c->names[k];
    at.extents[at.nindices++] = graph_var_axis(q->p->graph, c->vars[k]).extent;
  }
  return at;
}

static bool find_in_side(Inquiry *q, Cause *out) {
  Place at = place_of_side(q);
  cause_local(q, &at);
  cause_names(q, &at);
  if (inquiry_judge(q, out)) return true;
  cause_insert(q, &at);
  return inquiry_judge(q, out);
}

/* ---- the sides ---- */

bool cause_derives(const Expr *e) {
  if (!e) return false;
  if (e->kind == EXPR_PARTIAL || edit_calls(e, "grad") || edit_calls(e, "jacobian")) return true;
  bool found = cause_derives(e->a) || cause_derives(e->b);
  for (int k = 0; !found && k < e->nargs; k++) found = cause_derives(e->args[k].value);
  return found;
}

bool cause_find(Sides *s, Cause *out) {
  Inquiry q = {0};
  const Stmt *st = s->check->stmt;
  bool left = cause_derives(st->value2) && !cause_derives(st->value);
  return inquiry_begin(&q, s, left) && find_in_side(&q, out);
}
