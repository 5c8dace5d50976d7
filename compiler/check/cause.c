/* cause.c: a refuted check in, its cause out. Which side is the user's, which definitions lead to it, and in which
 * order edits of them are tried. */
#include "check/cause.h"

#include <string.h>

/* ---- places ---- */

static Site site_of_side(const Inquiry *q) {
  const Check *c = q->check;
  Site at = {.line = -1, .root = q->side};
  for (int k = 0; k < c->nindices && k < MOST_INDICES; k++) {
    at.indices[at.nindices] = c->names[k];
    at.extents[at.nindices++] = graph_var_axis(q->p->graph, c->vars[k]).extent;
  }
  return at;
}

static void small_edits(Inquiry *q, Site *at) {
  cause_local(q, at);
  cause_names(q, at);
}

#define MUCH   5e8 /* work for one kind of edits, in terms to be summed: some tenths of a second */
#define LITTLE 2e8
enum { SIMPLE = 4, ANY = 100 }; /* cost */

/* A path that is left out, and the term that is missing with it. */
static bool find_missing(Inquiry *q, Site *at, Cause *out) {
  Cause term;
  bool path = cause_paths(q, out);
  q->work = LITTLE;
  cause_pairs(q, at);
  if (!inquiry_judge(q, ANY, &term)) return path;
  if (!path) *out = term;
  else out->text = arena_printf(q->cx, "%s; %s", out->text, term.text), out->corrected = term.corrected;
  return true;
}

static bool find_edit(Inquiry *q, Cause *out) {
  Site at = site_of_side(q);
  cause_lines(q);
  cause_settle(q);
  q->work = LITTLE;
  small_edits(q, &at);
  q->work = LITTLE;
  cause_in_lines(q, small_edits);
  if (inquiry_judge(q, SIMPLE, out)) return true;
  q->work = MUCH;
  cause_insert(q, &at);
  q->work = LITTLE;
  cause_in_lines(q, cause_insert);
  if (inquiry_judge(q, ANY, out)) return true;
  q->work = LITTLE;
  if (find_missing(q, &at, out)) return true;
  q->work = LITTLE;
  cause_of_line(q);
  return inquiry_judge(q, ANY, out);
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
  return inquiry_begin(&q, s, left) && find_edit(&q, out);
}
