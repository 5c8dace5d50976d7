/* explain.c: the rules that were applied, for --explain: `model.nn:8:10: log(1 + exp(x)) => softplus(x)`. */
#include "model/model.h"
#include "simplify/simplifier.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void explain_add(const Simplifier *s, const Node *n, int which) {
  if (!s->options || !s->options->explain) return;
  Program *p = s->program;
  Fired f = {.path = n->span.source ? n->span.source->path : "nnc", .rule = which};
  span_position(n->span, &f.line, &f.column);
  for (int k = 0; k < p->fired.n; k++) {
    const Fired *g = &p->fired.at[k];
    if (g->line == f.line && g->column == f.column && g->rule == which && strcmp(g->path, f.path) == 0) return;
  }
  VEC_PUSH(p->cx, &p->fired, f);
}

static int by_place(const void *a, const void *b) {
  const Fired *x = a, *y = b;
  int by_path = strcmp(x->path, y->path);
  if (by_path) return by_path;
  if (x->line != y->line) return x->line - y->line;
  return x->column != y->column ? x->column - y->column : x->rule - y->rule;
}

/* The rules that were applied, in the order of the model's lines: `model.nn:8:10: log(1 + exp(x)) => softplus(x)`. */
void explain_print(Program *p) {
  if (p->fired.n) qsort(p->fired.at, (size_t)p->fired.n, sizeof(Fired), by_place);
  for (int k = 0; k < p->fired.n; k++) {
    const Fired *f = &p->fired.at[k];
    const Stmt *rule = law_rule(p, f->rule);
    Text t = {.cx = p->cx};
    expr_print(&t, rule->value);
    text_add(&t, " => ");
    expr_print(&t, rule->value2);
    fprintf(stderr, "%s:%d:%d: %s\n", f->path, f->line, f->column, t.data);
  }
}
