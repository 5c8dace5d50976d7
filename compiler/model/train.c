/* train.c: `train { batch = 64, epochs = 5 }`: how the program trains where its command line does not say. */
#include "model/run.h"

#include <string.h>

static bool train_input(Elaborator *el, const Entry *e, const Expr *x) {
  Program *p = el->program;
  for (int k = 0; k < p->inputs.n && x->kind == EXPR_NAME; k++) {
    if (p->inputs.at[k].name != x->name) continue;
    if (p->inputs.at[k].kind != INPUT_REAL) {
      report(el, x->span, "only a real input can be standardized; '%s' has whole values", x->name);
      return false;
    }
    p->train.standardize |= UINT32_C(1) << k;
    return true;
  }
  report(el, x->span, "'%s' names inputs of the model", e->name);
  const char *names[32];
  int n = 0;
  for (; n < p->inputs.n; n++) names[n] = p->inputs.at[n].name;
  const char *near = x->kind == EXPR_NAME ? nearest_name(el->cx, x->name, names, n) : NULL;
  if (near) advise(el, "did you mean '%s'?", near);
  return false;
}

static void train_entry(Elaborator *el, Scope *s, const Entry *e) {
  static const char *const names[] = {"batch", "epochs", "validate", "patience", "shuffle", "seed", "standardize"};
  TrainDefaults *t = &el->program->train;
  if (strcmp(e->name, "standardize") == 0) {
    if (e->value->kind != EXPR_LIST) train_input(el, e, e->value);
    for (int k = 0; e->value->kind == EXPR_LIST && k < e->value->nargs; k++)
      train_input(el, e, e->value->args[k].value);
    return;
  }
  bool known = false;
  for (size_t k = 0; k < sizeof names / sizeof *names; k++) known = known || strcmp(e->name, names[k]) == 0;
  if (!known) {
    report(el, e->span, "unknown entry '%s' of train", e->name);
    const char *near = nearest_name(el->cx, e->name, names, 7);
    if (near) advise(el, "did you mean '%s'?", near);
    else advise(el, "there are batch, epochs, validate, patience, shuffle, seed, standardize");
    return;
  }
  Value *v = expr(el, s, e->value);
  if (is_poison(v)) return;
  if (strcmp(e->name, "validate") == 0) {
    if (v->kind != VALUE_NUMBER || !(v->number >= 0 && v->number < 1))
      report(el, e->value->span, "'validate' is the share of the rows held out, from 0 to below 1, found %s",
             describe(el, v));
    else t->validate = v->number;
    return;
  }
  int64_t n = whole_number(el, v, e->value->span, arena_printf(el->cx, "'%s'", e->name),
                           strcmp(e->name, "batch") == 0 || strcmp(e->name, "epochs") == 0);
  if (n < 0) return;
  if (n > 1 && strcmp(e->name, "shuffle") == 0) {
    report(el, e->value->span, "'shuffle' is 0 or 1, found %lld", (long long)n);
    return;
  }
  switch (e->name[0]) {
  case 'b': t->batch = (int)n; break;
  case 'e': t->epochs = (int)n, t->epochs_given = true; break;
  case 'p': t->patience = (int)n; break;
  default:
    if (e->name[1] == 'h') t->shuffle = n != 0;
    else t->seed = (uint64_t)n;
  }
}

/* The entry of that name before `e`, in this or another `train`; NULL where there is none. */
static const Entry *entry_before(const Elaborator *el, const Entry *e) {
  for (int i = 0; i < el->statements.n; i++) {
    const Stmt *st = el->statements.at[i];
    for (int k = 0; st->kind == STMT_TRAIN && k < st->nentries; k++) {
      if (&st->entries[k] == e) return NULL;
      if (st->entries[k].name == e->name) return &st->entries[k];
    }
  }
  return NULL;
}

void run_train(Elaborator *el, Scope *s, const Stmt *st) {
  for (int k = 0; k < st->nentries; k++) {
    const Entry *before = entry_before(el, &st->entries[k]);
    if (before) {
      report(el, st->entries[k].span, "'%s' is given twice", st->entries[k].name);
      remark(el, before->span, "it is given here");
    }
    train_entry(el, s, &st->entries[k]);
  }
}
