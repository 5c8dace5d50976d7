/* minimize.c: `minimize` and `train`: which parameters an optimizer moves, and its lines as a graph.
 *
 * An optimizer whose lines are elementwise is elaborated once, over a run of parameters of any length; one that looks
 * at whole arrays (a norm, a rank) once for each parameter. Numbers given to it can be set at run time, unless a line
 * chooses by them. */
#include "elaborate/elaborate.h"

#include <math.h>
#include <string.h>

/* ---- is it elementwise? ---- */

static bool elementwise_block(Elaborator *el, const Block *b, int depth);

static bool elementwise_expr(Elaborator *el, const Expr *e, int depth) {
  if (!e) return true;
  if (e->kind == EXPR_REDUCE || e->kind == EXPR_INDEX || e->kind == EXPR_TRANSPOSE || e->kind == EXPR_PARTIAL ||
      e->kind == EXPR_LIST)
    return false;
  if (e->kind == EXPR_BINARY && e->op == BIN_MATMUL) return false;
  if (e->kind == EXPR_CALL) {
    Value *f = e->a->kind == EXPR_NAME ? lookup_quiet(el, el->own, e->a->name) : NULL;
    if (!f || f->kind != VALUE_FUNCTION || depth > 20) return false;
    bool pair = f->builtin && f->builtin->most == 2 && e->nargs == 2 &&
                (strcmp(f->builtin->name, "max") == 0 || strcmp(f->builtin->name, "min") == 0);
    if (f->builtin && f->builtin->call && !pair) return false;
    if (f->fn && !elementwise_block(el, &f->fn->body, depth + 1)) return false;
  } else if (!elementwise_expr(el, e->a, depth)) {
    return false;
  }
  for (int k = 0; k < e->nargs; k++)
    if (!elementwise_expr(el, e->args[k].value, depth)) return false;
  return elementwise_expr(el, e->b, depth);
}

/* `e ~ normal(mu, sigma)`: what it computes are the lines of draw_normal. */
static bool elementwise_draw(Elaborator *el, const Expr *e, int depth) {
  if (e->kind != EXPR_CALL || e->a->kind != EXPR_NAME) return false;
  Value *f = lookup_quiet(el, el->globals, intern(el->cx, arena_printf(el->cx, "draw_%s", e->a->name)));
  if (!f || !f->fn || !elementwise_block(el, &f->fn->body, depth + 1)) return false;
  for (int k = 0; k < e->nargs; k++)
    if (!elementwise_expr(el, e->args[k].value, depth)) return false;
  return true;
}

static bool elementwise_block(Elaborator *el, const Block *b, int depth) {
  for (int k = 0; k < b->n; k++) {
    const Stmt *st = b->at[k];
    if (st->kind == STMT_DRAW ? !elementwise_draw(el, st->value, depth)
                              : st->kind != STMT_STATE && !elementwise_expr(el, st->value, depth))
      return false;
    for (int j = 0; j < st->nvalues; j++)
      if (!elementwise_expr(el, st->values[j], depth)) return false;
    if (!elementwise_block(el, &st->body, depth) || !elementwise_block(el, &st->other, depth)) return false;
  }
  return true;
}

/* ---- arguments ---- */

static bool chooses_by(const Block *b, const char *name) {
  for (int k = 0; k < b->n; k++) {
    const Stmt *st = b->at[k];
    if ((st->kind == STMT_IF && expr_mentions(st->value, name)) ||
        (st->kind == STMT_FOR && expr_mentions(st->binder.bound, name)))
      return true;
    if (chooses_by(&st->body, name) || chooses_by(&st->other, name)) return true;
  }
  return false;
}

typedef struct Optimizer { /* an element of a chain: the statement and the values of its arguments after w and g */
  const Stmt *fn;
  Value *args[32];
  Span span;
  double sign; /* of the gradient that the lines see: -1 where the loss is maximized */
} Optimizer;

static Value *hyper_value(Elaborator *el, const Stmt *fn, int k, const char *member, Value *v, const Expr *written) {
  const char *formal = fn->formals[k].name;
  if (v->kind == VALUE_FUNCTION || chooses_by(&fn->body, formal)) return v;
  Hyper h = {
    .name = arena_printf(el->cx, "%s.%s", member, formal), .settable = v->kind == VALUE_NUMBER, .value = v->number};
  if (!h.settable) {
    Text t = {.cx = el->cx};
    expr_print(&t, written);
    h.text = t.data;
    h.value = NAN;
  }
  int item = el->program->hypers.n;
  VEC_PUSH(el->cx, &el->program->hypers, h);
  if (!h.settable) return v;
  return value_tensor(el, read_make(el->g, build_leaf(el->g, NODE_HYPER, item, 0, NULL, h.name), NULL), 0, NULL,
                      v->span);
}

static int formal_index(const Stmt *fn, const char *name) {
  for (int k = 0; k < fn->nformals; k++)
    if (fn->formals[k].name == name) return k;
  return -1;
}

/* Says what is wrong with argument k of a call, where `at` is the formal that it would be, or none. */
static void report_argument(Elaborator *el, const Stmt *fn, const Expr *e, int k, int at, const Expr *before) {
  const Arg *a = &e->args[k];
  Span span = a->name ? a->name_span : a->value->span;
  const char *names[32], *near = NULL;
  int n = 0;
  for (int j = 2; j < fn->nformals; j++) names[n++] = fn->formals[j].name;
  if (a->name) near = nearest_name(el->cx, a->name, names, n);
  if (before) report(el, span, "argument '%s' of '%s' is given twice", fn->formals[at].name, fn->name);
  else if (!a->name)
    report(el, span, "'%s' takes %d argument%s here, found another; the first two are the parameter and its gradient",
           fn->name, n, n == 1 ? "" : "s");
  else if (at >= 0)
    report(el, span, "argument '%s' of '%s' is not given here: 'minimize' fills in the parameter and its gradient",
           a->name, fn->name);
  else report(el, span, "'%s' has no argument named '%s'", fn->name, a->name);
  if (before) remark(el, before->span, "it is given here");
  else if (near) advise(el, "did you mean '%s'?", near);
  else remark(el, fn->name_span, "'%s' is declared here", fn->name);
}

static bool place_arguments(Elaborator *el, const Stmt *fn, const Expr *e, const Expr **written) {
  bool fine = true;
  for (int k = 0; e->kind == EXPR_CALL && k < e->nargs; k++) {
    int at = e->args[k].name ? formal_index(fn, e->args[k].name) : 2 + k;
    if (at >= 2 && at < fn->nformals && !written[at]) {
      written[at] = e->args[k].value;
      continue;
    }
    fine = false;
    report_argument(el, fn, e, k, at, at >= 2 && at < fn->nformals ? written[at] : NULL);
    if (!e->args[k].name) break; /* one is enough of those too many */
  }
  return fine;
}

static bool optimizer_arguments(Elaborator *el, const Expr *e, Optimizer *o, const char *member) {
  const Stmt *fn = o->fn;
  Scope *s = scope_new(el, SCOPE_BLOCK, el->model);
  const Expr *written[32] = {NULL};
  if (!place_arguments(el, fn, e, written)) return false;
  for (int k = 2; k < fn->nformals; k++) {
    if (!written[k]) written[k] = fn->formals[k].init;
    if (!written[k]) {
      report(el, e->span, "argument '%s' of '%s' is missing", fn->formals[k].name, fn->name);
      remark(el, fn->formals[k].span, "'%s' is declared here, without a default", fn->formals[k].name);
      return false;
    }
    Value *v = expr(el, s, written[k]);
    if (is_poison(v)) return false;
    if (v->kind != VALUE_NUMBER && v->kind != VALUE_FUNCTION && !(v->kind == VALUE_TENSOR && v->rank == 0)) {
      report(el, written[k]->span, "argument '%s' of '%s' must be a number, found %s", fn->formals[k].name, fn->name,
             describe(el, v));
      return false;
    }
    if (v->kind == VALUE_TENSOR && read_uses(v->read, el->g->batch_var)) {
      report(el, written[k]->span, "argument '%s' of '%s' may depend on step, not on the data", fn->formals[k].name,
             fn->name);
      if (v->name) remark(el, v->span, "'%s' differs between examples", v->name);
      return false;
    }
    o->args[k] = hyper_value(el, fn, k, member, v, written[k]);
  }
  return true;
}

/* ---- the lines of an optimizer ---- */

static Value *leaf_value(Elaborator *el, NodeKind kind, int item, int naxes, const Axis *axes, const char *name,
                         Span span) {
  int vars[MAX_AXES];
  Read *r = read_open(el->g, build_leaf(el->g, kind, item, naxes, axes, name), vars);
  Value *v = value_tensor(el, r, naxes, vars, span);
  v->name = name;
  return v;
}

static bool declare_slots(Elaborator *el, Scope *s, const Stmt *st, Stage *stage, int naxes, const Axis *axes) {
  for (int k = 0; k < st->ndecls; k++) {
    const Decl *d = &st->decls[k];
    if (d->nshape) {
      report(el, d->span,
             "a state of an optimizer has the shape of the parameter; it is declared without one: state %s = 0",
             d->name);
      return false;
    }
    Value *v = d->init ? expr(el, s, d->init) : value_number(el, 0, d->span);
    if (is_poison(v)) return false;
    if (v->kind != VALUE_NUMBER || !isfinite(v->number)) {
      report(el, d->init ? d->init->span : d->span, "a state of an optimizer starts from a number, found %s",
             describe(el, v));
      return false;
    }
    int slot = 0;
    while (slot < stage->nslots && stage->slots[slot].name != d->name) slot++;
    if (slot == stage->nslots) {
      if (slot == 16) {
        report(el, d->span, "more than 16 states in one optimizer");
        return false;
      }
      double *value = arena_copy(el->cx, &v->number, sizeof(double));
      stage->slots[slot].name = d->name;
      stage->slots[slot].start =
        (Start){.kind = v->number == 0 ? START_ZERO : START_VALUES, .values = value, .uniform_value = true};
      stage->nslots++;
    }
    scope_bind(el, s, d->name, leaf_value(el, NODE_SLOT, slot, naxes, axes, d->name, d->span), d->span);
  }
  return true;
}

static void push_root(Elaborator *el, Stage *stage, int *cap, Value *v, DestKind dest, int item) {
  if (stage->nroots == *cap) {
    *cap = *cap ? 2 * *cap : 8;
    Root *bigger = ARENA_ARRAY(el->cx, Root, *cap);
    if (stage->nroots) memcpy(bigger, stage->roots, sizeof(Root) * (size_t)stage->nroots);
    stage->roots = bigger;
  }
  stage->roots[stage->nroots++] = (Root){build_tensor(el->g, v->read, v->rank, v->vars), dest, item};
}

static Value *scaled(Elaborator *el, double k, const Value *v) {
  return value_tensor(el, build_scale(el->g, k, v->read), v->rank, v->vars, v->span);
}

/* One set of roots: over a FLAT run (param < 0), or for the whole parameter. Each set has the same destinations in one
 * order. */
static bool run_lines(Elaborator *el, const Optimizer *o, Stage *stage, int *cap, int param, Span span) {
  const Stmt *fn = o->fn;
  Axis flat = {.kind = AXIS_FLAT};
  const Node *node = param >= 0 ? el->program->params.at[param].node : NULL;
  int naxes = node ? node->naxes : 1;
  const Axis *axes = node ? node->axes : &flat;
  Scope *s = scope_new(el, SCOPE_FUNCTION, scope_home(el, fn->name_span));
  s->fn = fn;
  Value *w = leaf_value(el, NODE_WEIGHT, param < 0 ? 0 : param, naxes, axes, fn->formals[0].name, span);
  Value *g =
    scaled(el, o->sign, leaf_value(el, NODE_GRADIENT, param < 0 ? 0 : param, naxes, axes, fn->formals[1].name, span));
  g->name = fn->formals[1].name;
  scope_bind(el, s, fn->formals[0].name, w, span);
  scope_bind(el, s, fn->formals[1].name, g, span);
  for (int k = 2; k < fn->nformals; k++) scope_bind(el, s, fn->formals[k].name, o->args[k], span);
  el->updates.n = 0;
  el->weight_axes = axes, el->weight_rank = naxes;
  el->stage_draw = el->stage_draws;
  for (int k = 0; k < fn->body.n; k++) {
    const Stmt *st = fn->body.at[k];
    if (st->kind == STMT_STATE) {
      if (!declare_slots(el, s, st, stage, naxes, axes)) return false;
      continue;
    }
    Value *returned = NULL;
    Block one = {(Stmt **)&st, 1};
    run_block(el, s, &one, &returned);
  }
  if (error_count(el->cx)) return false;
  for (int k = 0; k < el->updates.n; k++) {
    const Update *u = &el->updates.at[k];
    if (u->path == fn->formals[0].name) push_root(el, stage, cap, u->value, DEST_WEIGHT, param);
    else if (u->path == fn->formals[1].name)
      push_root(el, stage, cap, scaled(el, o->sign, u->value), DEST_GRADIENT, param);
    else
      for (int j = 0; j < stage->nslots; j++)
        if (stage->slots[j].name == u->path) push_root(el, stage, cap, u->value, DEST_SLOT, j);
  }
  return true;
}

static const char *member_name(Elaborator *el, const char *name, const char *loss) {
  Program *p = el->program;
  for (int attempt = 0;; attempt++) {
    const char *m = attempt == 0   ? name
                    : attempt == 1 ? arena_printf(el->cx, "%s_%s", name, loss)
                                   : arena_printf(el->cx, "%s_%s%d", name, loss, attempt);
    bool taken = false;
    for (int i = 0; i < p->objectives.n; i++)
      for (int j = 0; j < p->objectives.at[i].ngroups; j++)
        for (int k = 0; k < p->objectives.at[i].groups[j].nstages; k++)
          taken = taken || (p->objectives.at[i].groups[j].stages[k].member &&
                            strcmp(p->objectives.at[i].groups[j].stages[k].member, m) == 0);
    if (!taken) return m;
  }
}

static bool make_stage(Elaborator *el, Objective *objective, Group *group, Stage *stage, const Expr *e) {
  const Expr *callee = e->kind == EXPR_CALL ? e->a : e;
  if (callee->kind != EXPR_NAME) {
    report(el, e->span, "expected an optimizer after 'with', as in adam(lr = 1e-3)");
    return false;
  }
  Value *f = lookup(el, el->model, callee->name, callee->span);
  if (is_poison(f)) return false;
  if (f->kind != VALUE_FUNCTION || !f->fn || f->fn->kind != STMT_OPTIMIZER) {
    report(el, callee->span, "'%s' is %s, not an optimizer", callee->name, describe(el, f));
    if (f->span.source) remark(el, f->span, "'%s' is declared here", callee->name);
    return false;
  }
  if (f->fn->nformals < 2 || f->fn->nformals > 32) {
    if (f->fn->nformals > 32)
      report(el, f->fn->name_span, "'%s' has %d arguments; 32 are the most", f->fn->name, f->fn->nformals);
    else
      report(el, f->fn->name_span,
             "an optimizer takes the parameter and its gradient first: optimizer %s(w, g, lr = 0.01)", f->fn->name);
    return false;
  }
  Optimizer o = {.fn = f->fn, .span = e->span, .sign = group->stmt->maximize ? -1 : 1};
  stage->name = f->fn->name;
  stage->member = member_name(el, f->fn->name, el->program->losses.at[objective->loss]);
  stage->slots = arena_alloc(el->cx, sizeof *stage->slots * 16);
  int cap = 0;
  el->in_optimizer = true;
  el->uses_gnorm = &stage->uses_gnorm;
  bool fine = optimizer_arguments(el, e, &o, stage->member);
  Span before = el->user_call;
  int errors = error_count(el->cx);
  el->user_call = e->span;
  stage->flat = fine && elementwise_block(el, &f->fn->body, 0);
  if (stage->flat) fine = run_lines(el, &o, stage, &cap, -1, e->span);
  for (int k = 0; fine && !stage->flat && k < group->nparams; k++)
    fine = run_lines(el, &o, stage, &cap, group->params[k], e->span);
  if (fine && !stage->flat) stage->nroots /= group->nparams;
  if (error_count(el->cx) > errors && f->fn->name_span.source != el->prelude)
    remark(el, e->span, "in this use of '%s'", f->fn->name);
  el->user_call = before;
  el->in_optimizer = false;
  el->stage_draws = el->stage_draw;
  el->uses_gnorm = NULL;
  el->updates.n = 0;
  return fine;
}

/* ---- groups ---- */

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
  if (n) advise(el, "there %s %s%s", n == 1 ? "is" : "are", t.data, n > 8 ? ", ..." : "");
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
        report(el, st->over[j]->span, "'%s' stands in this 'over' already", p->params.at[k].path);
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
    report(el, st->over[j]->span, "'%s' names no parameter and no layer with parameters", g->over[j]);
    const char *near = nearest_name(el->cx, g->over[j], names.at, names.n);
    Binding *b = scope_find(el->model, g->over[j]);
    if (b) remark(el, b->span, "'%s' is declared here", g->over[j]);
    else if (near) advise(el, "did you mean '%s'?", near);
    else advise_params(el);
    return false;
  }
  g->params = ARENA_ARRAY(el->cx, int, p->params.n);
  for (int k = 0; k < p->params.n; k++)
    if (chosen[k]) g->params[g->nparams++] = k;
  if (!g->nparams)
    report(el, st->span, "there is nothing to %s over: the model has no parameters",
           st->maximize ? "maximize" : "minimize");
  return g->nparams > 0;
}

static bool disjoint(Elaborator *el, const Objective *o, const Group *g, const Stmt *st) {
  for (int k = 0; k < o->ngroups; k++)
    for (int i = 0; i < o->groups[k].nparams; i++)
      for (int j = 0; j < g->nparams; j++)
        if (o->groups[k].params[i] == g->params[j] && &o->groups[k] != g) {
          report(el, st->span, "'%s' is already in another '%s' of this loss; say which parameters each is 'over'",
                 el->program->params.at[g->params[j]].path, o->groups[k].stmt->maximize ? "maximize" : "minimize");
          remark(el, o->groups[k].stmt->span, "this one");
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
    report(el, st->with[st->nwith - 1]->span,
           "nothing here updates the parameters: the chain ends without an optimizer such as adam");
    return;
  }
  for (int k = last + 1; k < g->nstages; k++) {
    if (!has_dest(&g->stages[k], DEST_GRADIENT)) continue;
    report(el, st->with[k]->span, "'%s' changes the gradient after '%s' has used it", g->stages[k].name,
           g->stages[last].name);
    advise(el, "a chain is read from left to right: with %s, %s", g->stages[k].name, g->stages[last].name);
  }
}

static void make_group(Elaborator *el, const Minimize *m) {
  const Stmt *st = m->stmt;
  Objective *o = objective_for(el, m->loss, m->every);
  if (o->ngroups == 64) {
    report(el, st->span, "this is the 65th 'minimize' of one loss; 64 are the most");
    return;
  }
  Group *g = &o->groups[o->ngroups];
  g->stmt = st;
  g->over = m->over;
  if (!choose_params(el, st, g) || !disjoint(el, o, g, st)) return;
  g->stages = ARENA_ARRAY(el->cx, Stage, st->nwith);
  o->ngroups++;
  for (int k = 0; k < st->nwith; k++)
    if (is_full_batch(el, st->with[k])) {
      make_full_batch(el, o, m, st->with[k]);
      return;
    }
  for (int k = 0; k < st->nwith; k++) {
    g->nstages = k + 1;
    if (!make_stage(el, o, g, &g->stages[k], st->with[k])) return;
  }
  check_chain(el, g, st);
}

void run_minimize(Elaborator *el, Scope *s, const Stmt *st) {
  Program *p = el->program;
  Minimize m = {st, ARENA_ARRAY(el->cx, const char *, st->nover), -1, 1};
  for (int k = 0; k < p->losses.n; k++)
    if (p->losses.at[k] == st->name) m.loss = k;
  if (m.loss < 0) {
    Binding *b = scope_find(s, st->name);
    if (b && is_poison(b->value)) return;
    report(el, st->name_span, "'%s' is not a loss", st->name);
    const char *near = nearest_name(el->cx, st->name, p->losses.at, p->losses.n);
    if (b) remark(el, b->span, "'%s' is defined here; 'loss %s = ...' would make it one", st->name, st->name);
    else if (near) advise(el, "did you mean '%s'?", near);
    return;
  }
  if (st->every) {
    int64_t n = whole_number(el, expr(el, s, st->every), st->every->span, "'every'", 1);
    if (n < 0) return;
    m.every = (int)n;
  }
  for (int k = 0; k < st->nover; k++)
    if (!(m.over[k] = path_of_whole(el, s, st->over[k]))) return;
  VEC_PUSH(el->cx, &el->pending, m);
}

void finish_objectives(Elaborator *el) {
  el->stage_draws = el->stage_draw = FIRST_STAGE_DRAW;
  VEC(Update) keep = {0};
  for (int k = 0; k < el->updates.n; k++) VEC_PUSH(el->cx, &keep, el->updates.at[k]);
  for (int k = 0; k < el->pending.n; k++) {
    make_group(el, &el->pending.at[k]);
    el->updates.n = 0;
    for (int j = 0; j < keep.n; j++) VEC_PUSH(el->cx, &el->updates, keep.at[j]);
  }
  el->updates.n = 0;
  for (int k = 0; k < keep.n; k++) VEC_PUSH(el->cx, &el->updates, keep.at[k]);
}

/* ---- train { } ---- */

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
