/* minimize.c: `minimize L over W with clip(1), adam(lr = 1e-3)`: which parameters a chain of optimizers moves.
 *
 * The statements wait until all of the model has been read, since a parameter may be declared after them. */
#include "model/run.h"

#include <string.h>

static bool starts_with(const char *path, const char *name) {
  size_t n = strlen(name);
  return strncmp(path, name, n) == 0 && (path[n] == 0 || path[n] == '.');
}

/* "there are a, h, z": parameters, and layers that have some. */
static void advise_params(Elaborator *el) {
  Text t = {.cx = el->cx};
  const char *last = NULL;
  int n = 0;
  for (int k = 0; k < el->program->params.n; k++) {
    const char *path = el->program->params.at[k].path, *name = intern_n(el->cx, path, strcspn(path, "."));
    if (name != last && ++n <= 8) text_printf(&t, "%s%s", t.length ? ", " : "", name);
    last = name;
  }
  if (n) elaborate_advise(el, "there %s %s%s", n == 1 ? "is" : "are", t.data, n > 8 ? ", ..." : "");
}

static bool choose_params(Elaborator *el, const Stmt *st, Group *g) {
  Program *p = el->program;
  bool *chosen = ARENA_ARRAY(el->cx, bool, p->params.n);
  for (int k = 0; k < p->params.n; k++) chosen[k] = st->nover == 0;
  for (int j = 0; j < st->nover; j++) {
    int found = 0;
    for (int k = 0; k < p->params.n; k++) {
      if (!starts_with(p->params.at[k].path, g->over[j])) continue;
      if (chosen[k]) {
        elaborate_report(el, st->over[j]->span, "'%s' stands in this 'over' already", p->params.at[k].path);
        return false;
      }
      chosen[k] = true, found++;
    }
    if (found) continue;
    VEC(const char *) names = {0};
    for (int k = 0; k < p->params.n; k++) {
      VEC_PUSH(el->cx, &names, p->params.at[k].path);
      const char *dot = strchr(p->params.at[k].path, '.');
      if (dot) VEC_PUSH(el->cx, &names, intern_n(el->cx, p->params.at[k].path, (size_t)(dot - p->params.at[k].path)));
    }
    elaborate_report(el, st->over[j]->span, "'%s' names no parameter and no layer with parameters", g->over[j]);
    const char *near = nearest_name(el->cx, g->over[j], names.at, names.n);
    Binding *b = scope_find(el->model, g->over[j]);
    if (b) elaborate_remark(el, b->span, "'%s' is declared here", g->over[j]);
    else if (near) elaborate_advise(el, "did you mean '%s'?", near);
    else advise_params(el);
    return false;
  }
  g->params = ARENA_ARRAY(el->cx, int, p->params.n);
  for (int k = 0; k < p->params.n; k++)
    if (chosen[k]) g->params[g->nparams++] = k;
  if (!g->nparams)
    elaborate_report(el, st->span, "there is nothing to %s over: the model has no parameters",
                     st->maximize ? "maximize" : "minimize");
  return g->nparams > 0;
}

static bool disjoint(Elaborator *el, const Objective *o, const Group *g, const Stmt *st) {
  for (int k = 0; k < o->ngroups; k++)
    for (int i = 0; i < o->groups[k].nparams; i++)
      for (int j = 0; j < g->nparams; j++)
        if (o->groups[k].params[i] == g->params[j] && &o->groups[k] != g) {
          elaborate_report(
            el, st->span, "'%s' is already in another '%s' of this loss; say which parameters each is 'over'",
            el->program->params.at[g->params[j]].path, o->groups[k].stmt->maximize ? "maximize" : "minimize");
          elaborate_remark(el, o->groups[k].stmt->span, "this one");
          return false;
        }
  return true;
}

static Objective *objective_for(Elaborator *el, int loss, int every) {
  Program *p = el->program;
  for (int k = 0; k < p->objectives.n; k++)
    if (p->objectives.at[k].loss == loss && p->objectives.at[k].every == every) return &p->objectives.at[k];
  Objective o = {.loss = loss, .every = every};
  o.groups = ARENA_ARRAY(el->cx, Group, 64);
  VEC_PUSH(el->cx, &p->objectives, o);
  return &p->objectives.at[p->objectives.n - 1];
}

static bool has_dest(const Stage *stage, DestKind dest) {
  for (int r = 0; r < stage->nroots; r++)
    if (stage->roots[r].dest == dest) return true;
  return false;
}

/* A chain moves the parameters, and what hands on a gradient stands before what uses it. */
static void check_chain(Elaborator *el, const Group *g, const Stmt *st) {
  int last = g->nstages - 1;
  while (last >= 0 && !has_dest(&g->stages[last], DEST_WEIGHT)) last--;
  if (last < 0) {
    elaborate_report(el, st->with[st->nwith - 1]->span,
                     "nothing here updates the parameters: the chain ends without an optimizer such as adam");
    return;
  }
  for (int k = last + 1; k < g->nstages; k++) {
    if (!has_dest(&g->stages[k], DEST_GRADIENT)) continue;
    elaborate_report(el, st->with[k]->span, "'%s' changes the gradient after '%s' has used it", g->stages[k].name,
                     g->stages[last].name);
    elaborate_advise(el, "a chain is read from left to right: with %s, %s", g->stages[k].name, g->stages[last].name);
  }
}

static void make_group(Model *model, const Minimize *m) {
  Elaborator *el = model->el;
  const Stmt *st = m->stmt;
  Objective *o = objective_for(el, m->loss, m->every);
  if (o->ngroups == 64) {
    elaborate_report(el, st->span, "this is the 65th 'minimize' of one loss; 64 are the most");
    return;
  }
  Group *g = &o->groups[o->ngroups];
  g->stmt = st;
  g->over = m->over;
  if (!choose_params(el, st, g) || !disjoint(el, o, g, st)) return;
  g->stages = ARENA_ARRAY(el->cx, Stage, st->nwith);
  o->ngroups++;
  for (int k = 0; k < st->nwith; k++)
    if (full_batch_named(el, st->with[k])) {
      full_batch_make(model, o, m, st->with[k]);
      return;
    }
  for (int k = 0; k < st->nwith; k++) {
    g->nstages = k + 1;
    if (!optimizer_stage(model, o, g, &g->stages[k], st->with[k])) return;
  }
  check_chain(el, g, st);
}

void minimize_run(Model *model, Scope *s, const Stmt *st) {
  Elaborator *el = model->el;
  Program *p = el->program;
  Minimize m = {st, ARENA_ARRAY(el->cx, const char *, st->nover), -1, 1};
  for (int k = 0; k < p->losses.n; k++)
    if (p->losses.at[k] == st->name) m.loss = k;
  if (m.loss < 0) {
    Binding *b = scope_find(s, st->name);
    if (b && value_is_poison(b->value)) return;
    elaborate_report(el, st->name_span, "'%s' is not a loss", st->name);
    const char *near = nearest_name(el->cx, st->name, p->losses.at, p->losses.n);
    if (b) elaborate_remark(el, b->span, "'%s' is defined here; 'loss %s = ...' would make it one", st->name, st->name);
    else if (near) elaborate_advise(el, "did you mean '%s'?", near);
    return;
  }
  if (st->every) {
    int64_t n = value_whole(el, elaborate_expr(el, s, st->every), st->every->span, "'every'", 1);
    if (n < 0) return;
    m.every = (int)n;
  }
  for (int k = 0; k < st->nover; k++)
    if (!(m.over[k] = path_of_whole(el, s, st->over[k]))) return;
  VEC_PUSH(el->cx, &model->pending, m);
}

void minimize_finish(Model *model) {
  Elaborator *el = model->el;
  model->stage_draws = el->stage_draw = FIRST_STAGE_DRAW;
  VEC(Update) keep = {0};
  for (int k = 0; k < el->updates.n; k++) VEC_PUSH(el->cx, &keep, el->updates.at[k]);
  for (int k = 0; k < model->pending.n; k++) {
    make_group(model, &model->pending.at[k]);
    el->updates.n = 0;
    for (int j = 0; j < keep.n; j++) VEC_PUSH(el->cx, &el->updates, keep.at[j]);
  }
  el->updates.n = 0;
  for (int k = 0; k < keep.n; k++) VEC_PUSH(el->cx, &el->updates, keep.at[k]);
}
