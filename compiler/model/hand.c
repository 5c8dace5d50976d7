/* hand.c: a derivation in a file of its own, and the names that a model asks of it.
 *
 *     model.nn:  asked dz[3]                      hand.nn:  p = exp(z)/sum(exp(z))
 *                check grad(L, z) == dz                     dz = p - onehot(y, 3)
 *
 * The file's names stand in a scope within the model's. It sees all names of the model; the model's lines see of its
 * names those that are asked for, and nothing else: not even an index changes its meaning. So a derivation cannot
 * change what it is held against. */
#include "model/run.h"

#include <string.h>

/* ---- what the model asks for ---- */

static bool asked_within(const Model *model, const Expr *e) {
  for (int k = 0; k < model->asked.n; k++)
    if (expr_mentions(e, model->asked.at[k]->name)) return true;
  return false;
}

void hand_ask(Model *model) {
  for (int k = 0; k < model->statements.n; k++) {
    const Stmt *st = model->statements.at[k];
    for (int j = 0; st->kind == STMT_ASKED && j < st->ndecls; j++)
      VEC_PUSH(model->el->cx, &model->asked, &st->decls[j]);
  }
}

bool hand_holds(Model *model, const Stmt *check) {
  if (!asked_within(model, check->value) && !asked_within(model, check->value2)) return false;
  VEC_PUSH(model->el->cx, &model->held, check);
  return true;
}

/* ---- the statements of the file ---- */

/* A derivative of nnc's own in e: its place, or one without a source. */
static Span derivative_in(const Expr *e) {
  if (!e) return (Span){0};
  bool named = e->kind == EXPR_NAME && (strcmp(e->name, "grad") == 0 || strcmp(e->name, "jacobian") == 0);
  if (named || e->kind == EXPR_PARTIAL) return e->span;
  Span at = derivative_in(e->a);
  if (!at.source) at = derivative_in(e->b);
  for (int k = 0; !at.source && k < e->nargs; k++) at = derivative_in(e->args[k].value);
  for (int k = 0; !at.source && k < e->nsubs; k++) {
    at = derivative_in(e->subs[k].first);
    if (!at.source) at = derivative_in(e->subs[k].last);
  }
  return at;
}

static void refuse_derivatives(Elaborator *el, const Block *b) {
  for (int k = 0; k < b->n; k++) {
    const Stmt *st = b->at[k];
    Span at = st->kind == STMT_CHECK ? (Span){0} : derivative_in(st->value);
    for (int j = 0; !at.source && j < st->nvalues; j++) at = derivative_in(st->values[j]);
    for (int j = 0; !at.source && j < st->ndecls; j++) at = derivative_in(st->decls[j].init);
    if (at.source) {
      elaborate_report(el, at, "this is nnc's own derivative; the model asks for one by hand");
      elaborate_advise(el, "in a file of derivations it may stand in a check");
    }
    refuse_derivatives(el, &st->body);
    refuse_derivatives(el, &st->other);
  }
}

static bool is_new(Elaborator *el, const char *name, Span span, bool function) {
  Binding *b = scope_find(el->model, name);
  if (b && !function && b->value->kind == VALUE_FUNCTION && b->value->fn) b = NULL; /* a value may hide a function */
  if (!b && (!function || !builtin_find(el, name))) return true;
  elaborate_report(el, span, "'%s' is already defined", name);
  if (b) elaborate_remark(el, b->span, "it is defined here");
  elaborate_advise(el, "a file of derivations gives what it defines names of its own");
  return false;
}

/* All that the statement defines: a function, constants, values, in what it holds too. */
static bool all_new(Elaborator *el, const Stmt *st) {
  bool fine = st->kind != STMT_FN || is_new(el, st->name, st->name_span, true);
  for (int k = 0; k < st->ntargets; k++) fine = is_new(el, st->targets[k].name, st->targets[k].span, false) && fine;
  for (int k = 0; k < st->ndecls; k++) fine = is_new(el, st->decls[k].name, st->decls[k].span, false) && fine;
  for (int k = 0; k < st->body.n && st->kind != STMT_FN; k++) fine = all_new(el, st->body.at[k]) && fine;
  for (int k = 0; k < st->other.n; k++) fine = all_new(el, st->other.at[k]) && fine;
  return fine;
}

static int count_leaves(const Program *p) { return p->params.n + p->states.n + p->inputs.n + p->ndraws; }

static void run_statement(void *owner, const Stmt *st) {
  Model *model = owner;
  if (st->kind == STMT_CHECK) claim_run(model->el, model->derivation, st);
}

static void run_one(Elaborator *el, Scope *s, Stmt *st) {
  Value *returned = NULL;
  int leaves = count_leaves(el->program);
  statement_run_block(el, s, &(Block){&st, 1}, &returned);
  if (count_leaves(el->program) != leaves)
    elaborate_report(el, st->span, "this makes a parameter, a state or a draw; a file of derivations makes none");
}

/* Functions and constants, which are known everywhere in the file; then the other statements in their order. */
static void run_statements(Model *model) {
  Elaborator *el = model->el;
  VEC(Stmt *) fine = {0};
  for (int k = 0; k < model->hand->n; k++)
    if (all_new(el, model->hand->at[k])) VEC_PUSH(el->cx, &fine, model->hand->at[k]);
  el->hand_source = model->hand_source;
  el->hand = scope_new(el, SCOPE_GLOBAL, el->own);
  constant_declare_all(model, &(Block){fine.at, fine.n});
  Scope *s = model->derivation = scope_new(el, SCOPE_BLOCK, el->model);
  s->run_other = run_statement;
  s->owner = model;
  for (Binding *b = el->hand->first; b; b = b->next) scope_bind(el, s, b->name, b->value, b->span);
  for (int k = 0; k < fine.n; k++)
    if (fine.at[k]->kind != STMT_CONST) run_one(el, s, fine.at[k]);
}

/* ---- the model's checks of what is asked for ---- */

/* The derivatives that root is made of, but those within others. */
static NodeList outer_derivatives(Elaborator *el, Node *root) {
  NodeList list = graph_order(el->cx, &root, 1), outer = {0};
  unsigned char *mark = ARENA_ARRAY(el->cx, unsigned char, el->g->nnodes);
  mark[root->id] = 1;
  for (int i = list.n - 1; i >= 0; i--) {
    Node *n = list.at[i];
    if (!mark[n->id]) continue;
    if (n->kind == NODE_GRAD) VEC_PUSH(el->cx, &outer, n);
    for (int k = 0; k < n->nreads && n->kind != NODE_GRAD; k++) mark[n->reads[k]->node->id] = 1;
    for (int k = 0; k < n->ncarries; k++) mark[n->carries[k].next->id] = mark[n->carries[k].init->id] = 1;
  }
  return outer;
}

/* A name of the model may be the very derivative that is asked for. */
static bool copies(Elaborator *el, const Value *answer, Read *other) {
  if (answer->kind != VALUE_TENSOR) return false;
  NodeList outer = outer_derivatives(el, other->node), list = graph_order(el->cx, &answer->read->node, 1);
  for (int k = 0; k < list.n; k++)
    for (int j = 0; j < outer.n && list.at[k]->kind == NODE_GRAD; j++)
      if (list.at[k]->target == outer.at[j]->target && list.at[k]->reads[0]->node == outer.at[j]->reads[0]->node)
        return true;
  return false;
}

/* Binds the name for the model's checks; false where the file does not define it, or not as it is asked for. */
static bool take_answer(Model *model, Scope *s, const Decl *d, Span *where) {
  Elaborator *el = model->el;
  Binding *b = model->derivation->first;
  while (b && b->name != d->name) b = b->next;
  if (!b) return false;
  Target t = {.name = d->name, .span = b->span, .shape = d->shape, .nshape = d->nshape};
  *where = b->span;
  scope_bind(el, s, b->name, b->value, b->span);
  if (!d->nshape || value_is_poison(b->value) || statement_shape_fits(el, el->model, &t, b->value)) return true;
  elaborate_remark(el, d->span, "it is asked for here");
  return true;
}

static void refuse_copies(Model *model, Scope *s, const Check *c) {
  Elaborator *el = model->el;
  for (int k = 0; k < model->asked.n && c->answer_left != c->answer_right; k++) {
    const char *name = model->asked.at[k]->name;
    if (!expr_mentions(c->answer_left ? c->stmt->value : c->stmt->value2, name)) continue;
    Binding *b = scope_find(s, name);
    if (!b || !copies(el, b->value, c->answer_left ? c->b : c->a)) continue;
    elaborate_report(el, b->span, "'%s' is made of the derivative that it is asked to be equal to", name);
    elaborate_remark(el, c->stmt->span, "it is asked for here");
  }
}

/* Every name that the check asks for has its value in a scope of its own. */
static void claim_answer(Model *model, const Stmt *check) {
  Elaborator *el = model->el;
  Scope *s = scope_new(el, SCOPE_BLOCK, el->model);
  Program *p = el->program;
  Span where = {0}, first = {0};
  int before = p->checks.n;
  for (int k = 0; k < model->asked.n; k++) {
    const Decl *d = model->asked.at[k];
    if (!expr_mentions(check->value, d->name) && !expr_mentions(check->value2, d->name)) continue;
    if (!model->hand || !take_answer(model, s, d, &where)) {
      Unanswered u = {check, d->name, model->hand ? model->hand_source->path : NULL};
      VEC_PUSH(el->cx, &p->unanswered, u);
      return;
    }
    if (!first.source) first = where;
  }
  claim_run(el, s, check);
  if (p->checks.n == before) return;
  Check *c = &p->checks.at[before];
  c->answer = first;
  c->claim = claim_keep(el, model->derivation); /* its definitions may be what is wrong */
  c->answer_left = asked_within(model, check->value);
  c->answer_right = asked_within(model, check->value2);
  refuse_copies(model, s, c);
}

static void refuse_defined(Model *model) {
  for (int k = 0; k < model->asked.n; k++) {
    const Decl *d = model->asked.at[k];
    Binding *b = scope_find(model->el->model, d->name);
    if (!b) continue;
    elaborate_report(model->el, d->span, "'%s' is asked for, and defined already", d->name);
    elaborate_remark(model->el, b->span, "it is defined here");
  }
}

void hand_run(Model *model) {
  refuse_defined(model);
  if (model->hand) {
    if (model->asked.n) refuse_derivatives(model->el, model->hand);
    model->el->program->checks.n = 0; /* the model's own are not this file's */
    run_statements(model);
  }
  for (int k = 0; k < model->held.n; k++) claim_answer(model, model->held.at[k]);
}
