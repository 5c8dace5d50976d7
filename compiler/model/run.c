/* run.c: the statements of a model, one after the other: here the language ends.
 *
 * The model is run once with training = 1: parameters, losses to be trained, checks, updates; and, where it asks for
 * `training`, a second time with training = 0 for outputs, metrics and the losses as evaluated. Equal nodes are one
 * node, so the second run adds only what differs. */
#include "model/run.h"

#include <ctype.h>
#include <string.h>

static void run_statement(void *owner, const Stmt *st) {
  Model *model = owner;
  Elaborator *el = model->el;
  Scope *s = el->model;
  el->g->span = st->span;
  switch (st->kind) {
  case STMT_DIM: input_declare_dim(el, s, st); return;
  case STMT_INPUT:
    for (int k = 0; k < st->ndecls; k++) {
      Binding *b = scope_find(s, st->decls[k].name);
      if (b && b->value->kind != VALUE_FUNCTION) {
        elaborate_report(el, st->decls[k].span, "'%s' is already defined", st->decls[k].name);
        elaborate_remark(el, b->span, "it is defined here");
      } else {
        input_declare(el, s, &st->decls[k]);
      }
    }
    return;
  case STMT_LOSS: goal_loss(el, s, st); return;
  case STMT_METRIC: goal_metric(el, s, st); return;
  case STMT_OUTPUT: goal_output(el, s, st); return;
  case STMT_CHECK:
    if (!el->second_pass && !hand_holds(model, st)) claim_run(el, s, st);
    return;
  case STMT_MINIMIZE:
    if (!el->second_pass) minimize_run(model, s, st);
    return;
  case STMT_TRAIN:
    if (!el->second_pass) train_run(el, s, st);
    return;
  case STMT_MODEL:
  case STMT_IMPORT:
  case STMT_ASKED:
  case STMT_CONST:
  case STMT_FN:
  case STMT_LAYER:
  case STMT_OPTIMIZER:
  case STMT_DERIVATIVE:
  case STMT_RULE: return;
  default: {
    Value *returned = NULL;
    Block one = {(Stmt **)&st, 1};
    statement_run_block(el, s, &one, &returned);
  }
  }
}

static void run_all(Model *model) {
  Elaborator *el = model->el;
  el->model = scope_new(el, SCOPE_MODEL, el->own);
  el->model->run_other = run_statement;
  el->model->owner = model;
  for (int k = 0; k < model->statements.n; k++) run_statement(model, model->statements.at[k]);
}

static void store_updates(Elaborator *el) {
  for (int k = 0; k < el->updates.n; k++)
    for (int j = 0; j < el->program->states.n; j++) {
      Leaf *leaf = &el->program->states.at[j];
      Value *v = el->updates.at[k].value;
      if (leaf->path != el->updates.at[k].path) continue;
      int vars[2 * MAX_AXES], n = 0;
      if (leaf->per_example) vars[n++] = el->g->batch_var;
      for (int i = 0; i < v->rank; i++) vars[n++] = v->vars[i];
      leaf->next = build_tensor(el->g, v->read, n, vars);
      if (goal_coupling(el, leaf->next)) el->program->coupled = true;
    }
}

/* The losses as evaluated, outputs and metrics once more, with training = 0. */
static void evaluation_pass(Model *model) {
  Elaborator *el = model->el;
  Program *p = el->program;
  int kept = 0;
  for (int k = 0; k < p->routines.n; k++)
    if (p->routines.at[k].kind == ROUTINE_GRAD) p->routines.at[kept++] = p->routines.at[k];
  p->routines.n = kept;
  el->training = 0;
  el->second_pass = true;
  el->program->ndraws = 0;                 /* the same draws, for training or not */
  memset(&el->named, 0, sizeof el->named); /* checks keep those of the first pass */
  run_all(model);
}

static const char *prefix_of(Context *cx, const Block *b, const char *path) {
  for (int k = 0; k < b->n; k++)
    if (b->at[k]->kind == STMT_MODEL) return b->at[k]->name;
  const char *base = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
  const char *dot = strrchr(base, '.');
  size_t n = dot && dot != base ? (size_t)(dot - base) : strlen(base);
  char *name = arena_copy(cx, base, n + 1);
  name[n] = 0;
  for (size_t k = 0; k < n; k++)
    if (!isalnum((unsigned char)name[k])) name[k] = '_';
  if (isdigit((unsigned char)name[0]) || !n) return intern(cx, arena_printf(cx, "model_%s", name));
  return intern(cx, name);
}

static void check_one_model(Elaborator *el, const Block *b) {
  const Stmt *first = NULL;
  for (int k = 0; k < b->n; k++) {
    if (b->at[k]->kind != STMT_MODEL) continue;
    if (first) {
      elaborate_report(el, b->at[k]->span, "the model has its name already");
      elaborate_remark(el, first->span, "it is given here");
    } else {
      first = b->at[k];
    }
  }
}

static Program *program_new(Context *cx, const Block *b, const char *path, const Options *options) {
  Program *p = ARENA_NEW(cx, Program);
  p->cx = cx;
  p->graph = graph_new(cx);
  p->graph->exact = options && options->exact;
  p->path = path;
  p->name = p->header = prefix_of(cx, b, path);
  p->train = (TrainDefaults){.batch = 32, .epochs = 10, .shuffle = 1, .seed = 1};
  return p;
}

static Block join(Context *cx, Block a, const Block *b) {
  if (!b || !b->n) return a;
  Block both = {ARENA_ARRAY(cx, Stmt *, a.n + b->n), a.n + b->n};
  if (a.n) memcpy(both.at, a.at, sizeof *a.at * (size_t)a.n);
  memcpy(both.at + a.n, b->at, sizeof *a.at * (size_t)b->n);
  return both;
}

Program *model_program(Context *cx, const Block *prelude, const Block *model, const char *path, Options *options) {
  return model_program_with(cx, prelude, model, path, NULL, NULL, options);
}

Program *model_program_with(Context *cx, const Block *prelude, const Block *model, const char *path, const Block *hand,
                            const Source *hand_source, Options *options) {
  Block all = import_all(cx, model, path);
  bool unread = error_count(cx) > 0;
  Program *p = program_new(cx, &all, path, options);
  Model *m = ARENA_NEW(cx, Model);
  Elaborator *el = m->el = elaborator_new(cx, p, prelude->n ? prelude->at[0]->span.source : NULL);
  el->syntax_errors = unread;
  m->statements = all;
  m->hand = hand;
  m->hand_source = hand_source;
  el->statements = join(cx, all, hand);
  m->options = options;
  constant_declare_all(m, prelude);
  constant_declare_all(m, &all);
  check_one_model(el, &all);
  asked_collect(el, NULL, prelude);
  asked_collect(el, NULL, &el->statements);
  hand_ask(m);
  run_all(m);
  hand_run(m);
  if (!el->syntax_errors) constant_report_unused(m);
  if (error_count(cx)) return p;
  minimize_finish(m);
  store_updates(el);
  if (!error_count(cx) && el->asked_training) evaluation_pass(m);
  formula_make_all(m);
  for (int k = 0; k < p->states.n; k++) /* rows for as many examples as a batch has */
    if (p->states.at[k].per_example) p->states.at[k].count *= p->train.batch > 0 ? p->train.batch : 1;
  return p;
}
