/* train.c: `train { batch = 64, epochs = 5 }`: how the program trains where its command line does not say. */
#include "model/run.h"

#include <string.h>

/* ---- the entries: name, kind, least value, what x sets ---- */

typedef enum {
  ENTRY_WHOLE,
  ENTRY_SWITCH, /* 0 or 1 */
  ENTRY_SHARE,  /* from 0 to below 1 */
  ENTRY_INPUTS  /* names of real inputs; x is the number of each */
} EntryKind;

#define ENTRIES(X)                                                                                                     \
  X(batch, WHOLE, 1, t->batch = (int)x)                                                                                \
  X(epochs, WHOLE, 1, (t->epochs = (int)x, t->epochs_given = true))                                                    \
  X(validate, SHARE, 0, t->validate = x)                                                                               \
  X(patience, WHOLE, 0, t->patience = (int)x)                                                                          \
  X(shuffle, SWITCH, 0, t->shuffle = x != 0)                                                                           \
  X(seed, WHOLE, 0, t->seed = (uint64_t)x)                                                                             \
  X(standardize, INPUTS, 0, t->standardize |= UINT32_C(1) << (int)x)

#define X(name, kind, least, set)                                                                                      \
  static void set_##name(TrainDefaults *t, double x) { set; }
ENTRIES(X)
#undef X

typedef struct EntryRow {
  const char *name;
  EntryKind kind;
  int64_t least;
  void (*set)(TrainDefaults *t, double x);
} EntryRow;

static const EntryRow rows[] = {
#define X(name, kind, least, set) {#name, ENTRY_##kind, least, set_##name},
  ENTRIES(X)
#undef X
};
enum { ENTRY_COUNT = sizeof rows / sizeof *rows };

static const EntryRow *row_named(Elaborator *el, const Entry *e) {
  const char *names[ENTRY_COUNT];
  Text all = {.cx = el->cx};
  for (int k = 0; k < ENTRY_COUNT; k++) {
    if (strcmp(rows[k].name, e->name) == 0) return &rows[k];
    names[k] = rows[k].name;
    text_printf(&all, "%s%s", k ? ", " : "", names[k]);
  }
  elaborate_report(el, e->span, "unknown entry '%s' of train", e->name);
  const char *near = nearest_name(el->cx, e->name, names, ENTRY_COUNT);
  if (near) elaborate_advise(el, "did you mean '%s'?", near);
  else elaborate_advise(el, "there are %s", all.data);
  return NULL;
}

/* ---- their values ---- */

static void set_input(Elaborator *el, const EntryRow *row, const Expr *x) {
  Program *p = el->program;
  for (int k = 0; k < p->inputs.n && x->kind == EXPR_NAME; k++) {
    if (p->inputs.at[k].name != x->name) continue;
    if (p->inputs.at[k].kind == INPUT_REAL) row->set(&p->train, k);
    else elaborate_report(el, x->span, "only a real input can be standardized; '%s' has whole values", x->name);
    return;
  }
  elaborate_report(el, x->span, "'%s' names inputs of the model", row->name);
  const char *names[32];
  int n = 0;
  for (; n < p->inputs.n; n++) names[n] = p->inputs.at[n].name;
  const char *near = x->kind == EXPR_NAME ? nearest_name(el->cx, x->name, names, n) : NULL;
  if (near) elaborate_advise(el, "did you mean '%s'?", near);
}

static void set_inputs(Elaborator *el, const EntryRow *row, const Expr *e) {
  if (e->kind != EXPR_LIST) set_input(el, row, e);
  for (int k = 0; e->kind == EXPR_LIST && k < e->nargs; k++) set_input(el, row, e->args[k].value);
}

static void set_number(Elaborator *el, const EntryRow *row, const Value *v, Span span) {
  TrainDefaults *t = &el->program->train;
  if (row->kind == ENTRY_SHARE) {
    if (v->kind == VALUE_NUMBER && v->number >= 0 && v->number < 1) row->set(t, v->number);
    else
      elaborate_report(el, span, "'%s' is the share of the rows held out, from 0 to below 1, found %s", row->name,
                       value_text(el, v));
    return;
  }
  int64_t n = value_whole(el, v, span, arena_printf(el->cx, "'%s'", row->name), row->least);
  if (n > 1 && row->kind == ENTRY_SWITCH)
    elaborate_report(el, span, "'%s' is 0 or 1, found %lld", row->name, (long long)n);
  else if (n >= 0) row->set(t, (double)n);
}

static void train_entry(Elaborator *el, Scope *s, const Entry *e) {
  const EntryRow *row = row_named(el, e);
  if (!row) return;
  if (row->kind == ENTRY_INPUTS) {
    set_inputs(el, row, e->value);
    return;
  }
  const Value *v = elaborate_expr(el, s, e->value);
  if (!value_is_poison(v)) set_number(el, row, v, e->value->span);
}

/* ---- train { } ---- */

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

void train_run(Elaborator *el, Scope *s, const Stmt *st) {
  for (int k = 0; k < st->nentries; k++) {
    const Entry *before = entry_before(el, &st->entries[k]);
    if (before) {
      elaborate_report(el, st->entries[k].span, "'%s' is given twice", st->entries[k].name);
      elaborate_remark(el, before->span, "it is given here");
    }
    train_entry(el, s, &st->entries[k]);
  }
}
