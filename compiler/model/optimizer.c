/* optimizer.c: an optimizer of a chain: its arguments, and its lines as a graph.
 *
 * An optimizer whose lines are elementwise (flat.c) is elaborated once; one that looks at whole arrays (a norm, a rank)
 * once for each parameter. Numbers given to it can be set at run time, unless a line chooses by them. */
#include "model/run.h"

#include <math.h>
#include <string.h>

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
  if (before) elaborate_report(el, span, "argument '%s' of '%s' is given twice", fn->formals[at].name, fn->name);
  else if (!a->name)
    elaborate_report(el, span,
                     "'%s' takes %d argument%s here, found another; the first two are the parameter and its gradient",
                     fn->name, n, n == 1 ? "" : "s");
  else if (at >= 0)
    elaborate_report(el, span,
                     "argument '%s' of '%s' is not given here: 'minimize' fills in the parameter and its gradient",
                     a->name, fn->name);
  else elaborate_report(el, span, "'%s' has no argument named '%s'", fn->name, a->name);
  if (before) elaborate_remark(el, before->span, "it is given here");
  else if (near) elaborate_advise(el, "did you mean '%s'?", near);
  else elaborate_remark(el, fn->name_span, "'%s' is declared here", fn->name);
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
      elaborate_report(el, e->span, "argument '%s' of '%s' is missing", fn->formals[k].name, fn->name);
      elaborate_remark(el, fn->formals[k].span, "'%s' is declared here, without a default", fn->formals[k].name);
      return false;
    }
    Value *v = elaborate_expr(el, s, written[k]);
    if (value_is_poison(v)) return false;
    if (v->kind != VALUE_NUMBER && v->kind != VALUE_FUNCTION && !(v->kind == VALUE_TENSOR && v->rank == 0)) {
      elaborate_report(el, written[k]->span, "argument '%s' of '%s' must be a number, found %s", fn->formals[k].name,
                       fn->name, value_text(el, v));
      return false;
    }
    if (v->kind == VALUE_TENSOR && read_uses(v->read, el->g->batch_var)) {
      elaborate_report(el, written[k]->span, "argument '%s' of '%s' may depend on step, not on the data",
                       fn->formals[k].name, fn->name);
      if (v->name) elaborate_remark(el, v->span, "'%s' differs between examples", v->name);
      return false;
    }
    o->args[k] = hyper_value(el, fn, k, member, v, written[k]);
  }
  return true;
}

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
      elaborate_report(
        el, d->span, "a state of an optimizer has the shape of the parameter; it is declared without one: state %s = 0",
        d->name);
      return false;
    }
    Value *v = d->init ? elaborate_expr(el, s, d->init) : value_number(el, 0, d->span);
    if (value_is_poison(v)) return false;
    if (v->kind != VALUE_NUMBER || !isfinite(v->number)) {
      elaborate_report(el, d->init ? d->init->span : d->span, "a state of an optimizer starts from a number, found %s",
                       value_text(el, v));
      return false;
    }
    int slot = 0;
    while (slot < stage->nslots && stage->slots[slot].name != d->name) slot++;
    if (slot == stage->nslots) {
      if (slot == 16) {
        elaborate_report(el, d->span, "more than 16 states in one optimizer");
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
static bool run_lines(Model *model, const Optimizer *o, Stage *stage, int *cap, int param, Span span) {
  Elaborator *el = model->el;
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
  el->stage_draw = model->stage_draws;
  for (int k = 0; k < fn->body.n; k++) {
    const Stmt *st = fn->body.at[k];
    if (st->kind == STMT_STATE) {
      if (!declare_slots(el, s, st, stage, naxes, axes)) return false;
      continue;
    }
    Value *returned = NULL;
    Block one = {(Stmt **)&st, 1};
    statement_run_block(el, s, &one, &returned);
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

bool optimizer_stage(Model *model, Objective *objective, Group *group, Stage *stage, const Expr *e) {
  Elaborator *el = model->el;
  const Expr *callee = e->kind == EXPR_CALL ? e->a : e;
  if (callee->kind != EXPR_NAME) {
    elaborate_report(el, e->span, "expected an optimizer after 'with', as in adam(lr = 1e-3)");
    return false;
  }
  Value *f = lookup(el, el->model, callee->name, callee->span);
  if (value_is_poison(f)) return false;
  if (f->kind != VALUE_FUNCTION || !f->fn || f->fn->kind != STMT_OPTIMIZER) {
    elaborate_report(el, callee->span, "'%s' is %s, not an optimizer", callee->name, value_text(el, f));
    if (f->span.source) elaborate_remark(el, f->span, "'%s' is declared here", callee->name);
    return false;
  }
  if (f->fn->nformals < 2 || f->fn->nformals > 32) {
    if (f->fn->nformals > 32)
      elaborate_report(el, f->fn->name_span, "'%s' has %d arguments; 32 are the most", f->fn->name, f->fn->nformals);
    else
      elaborate_report(el, f->fn->name_span,
                       "an optimizer takes the parameter and its gradient first: optimizer %s(w, g, lr = 0.01)",
                       f->fn->name);
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
  stage->flat = fine && flat_block(el, &f->fn->body, 0);
  if (stage->flat) fine = run_lines(model, &o, stage, &cap, -1, e->span);
  for (int k = 0; fine && !stage->flat && k < group->nparams; k++)
    fine = run_lines(model, &o, stage, &cap, group->params[k], e->span);
  if (fine && !stage->flat) stage->nroots /= group->nparams;
  if (error_count(el->cx) > errors && f->fn->name_span.source != el->prelude)
    elaborate_remark(el, e->span, "in this use of '%s'", f->fn->name);
  el->user_call = before;
  el->in_optimizer = false;
  model->stage_draws = el->stage_draw;
  el->uses_gnorm = NULL;
  el->updates.n = 0;
  return fine;
}
