/* run.c: syntax trees (the prelude's, the model's) to a Program: here the language ends.
 *
 * The model is run once with training = 1: parameters, losses to be trained, checks, updates; and, where it asks for
 * `training`, a second time with training = 0 for outputs, metrics and the losses as evaluated. Equal nodes are one
 * node, so the second run adds only what differs. */
#include "elaborate/elaborate.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <string.h>

/* ---- imports ---- */

typedef struct Imports {
  VEC(Stmt *) out;
  VEC(const char *) seen;
} Imports;

static const char *beside(Context *cx, const char *path, const char *name) {
  const char *slash = strrchr(path, '/');
  if (name[0] == '/' || !slash) return intern(cx, name);
  return intern(cx, arena_printf(cx, "%.*s/%s", (int)(slash - path), path, name));
}

static void splice(Context *cx, const Block *b, Imports *im, int depth) {
  for (int k = 0; k < b->n; k++) {
    Stmt *st = b->at[k];
    if (st->kind != STMT_IMPORT) {
      VEC_PUSH(cx, &im->out, st);
      continue;
    }
    const char *path = beside(cx, st->span.source->path, st->path), *file = source_identity(cx, path);
    bool seen = false;
    if (file == source_identity(cx, st->span.source->path)) {
      error_at(cx, st->span, "'%s' imports itself", path);
      continue;
    }
    for (int j = 0; j < im->seen.n; j++) seen = seen || im->seen.at[j] == file;
    if (seen) continue;
    VEC_PUSH(cx, &im->seen, file);
    Source *source = depth < 50 ? source_read(cx, path) : NULL;
    if (!source) {
      error_at(cx, st->span, "cannot import '%s': %s", path,
               depth < 50 ? strerror(errno) : "imports are nested more than 50 deep");
      continue;
    }
    Block inner = parse(cx, source);
    splice(cx, &inner, im, depth + 1);
  }
}

/* ---- constants and functions: known everywhere, in any order ---- */

static bool defined_before(const Options *o, const char *name, double *value) {
  for (int k = 0; k < o->ndefines; k++)
    if (strcmp(o->defines[k].name, name) == 0) {
      o->defines[k].used = true;
      *value = o->defines[k].value;
      return true;
    }
  return false;
}

static void declare_const(Elaborator *el, const Decl *d) {
  double given;
  Scope *home = scope_home(el, d->span);
  Value *v = expr(el, home, d->init);
  int64_t n;
  if (v->kind == VALUE_TENSOR && !constant_elements(el, v, &n)) {
    report(el, d->init->span, "a constant must be known at compile time, but this would be computed by the model");
    advise(el, "a constant is a number, a list of numbers, or scalar functions of numbers");
    v = value_poison(el, d->span);
  }
  if (v->kind == VALUE_FUNCTION || v->kind == VALUE_DISTRIBUTION || v->kind == VALUE_TUPLE) {
    report(el, d->init->span, "a constant must be a number or an array, found %s", describe(el, v));
    v = value_poison(el, d->span);
  }
  if (defined_before(el->options, d->name, &given)) {
    if (v->kind == VALUE_NUMBER || is_poison(v)) v = value_number(el, given, d->span);
    else report(el, d->span, "-D %s=%g gives a number, but '%s' is %s", d->name, given, d->name, describe(el, v));
  }
  Value *named = ARENA_NEW(el->cx, Value);
  *named = *v;
  named->name = d->name;
  named->span = d->span;
  scope_bind(el, home, d->name, named, d->span);
}

static void declare_function(Elaborator *el, const Stmt *st) {
  bool hides = st->name_span.source != el->prelude && builtin_find(st->name);
  if (hides)
    warn_at(el->cx, st->name_span,
            "'%s' is built into the language; this definition hides it from the model, not from the prelude", st->name);
  Value *v = value_new(el, VALUE_FUNCTION, st->name_span);
  v->fn = st;
  v->name = st->name;
  scope_bind(el, hides ? el->own : el->globals, st->name, v, st->name_span);
}

static Binding *find_until(Binding *b, const Binding *end, const char *name) {
  while (b && b != end && b->name != name) b = b->next;
  return b == end ? NULL : b;
}

static bool twice(Elaborator *el, const char *name, Span span, Binding *end) {
  Binding *b = find_until(el->globals->first, end, name);
  if (!b) b = find_until(el->own->first, NULL, name);
  if (!b) return false;
  report(el, span, "'%s' is already defined", name);
  remark(el, b->span, "it is defined here");
  return true;
}

static void declare_globals(Elaborator *el, const Block *b) {
  Binding *end = el->globals->first; /* what the prelude defines may be defined anew */
  for (int k = 0; k < b->n; k++) {
    const Stmt *st = b->at[k];
    if (st->kind == STMT_FN || st->kind == STMT_LAYER || st->kind == STMT_OPTIMIZER) {
      if (!twice(el, st->name, st->name_span, end)) declare_function(el, st);
    } else if (st->kind == STMT_DERIVATIVE) {
      declare_derivative(el, st);
    }
  }
  for (int k = 0; k < b->n; k++)
    for (int j = 0; b->at[k]->kind == STMT_CONST && j < b->at[k]->ndecls; j++)
      if (!twice(el, b->at[k]->decls[j].name, b->at[k]->decls[j].span, end)) declare_const(el, &b->at[k]->decls[j]);
  for (int k = 0; k < b->n; k++)
    if (b->at[k]->kind == STMT_RULE) declare_rule(el, b->at[k]);
}

/* ---- the model's own statements ---- */

static Node *coupling(Elaborator *el, Node *root) {
  NodeList list = graph_order(el->cx, &root, 1);
  for (int k = 0; k < list.n; k++) {
    const Node *n = list.at[k];
    int batch = 0;
    if (n->kind == NODE_GRAD) continue;
    for (int j = 0; j < n->naxes + n->nreduce; j++) batch += n->axes[j].kind == AXIS_BATCH ? (j < n->naxes ? 1 : 2) : 0;
    if (batch > 1) return list.at[k];
  }
  return NULL;
}

static bool uses_batch(Elaborator *el, const Read *r) { return read_uses(r, el->g->batch_var); }

/* A loss or metric as one number: its mean over the examples where it depends on them. */
static Node *mean_root(Elaborator *el, const Read *r) {
  Read *value = (Read *)r;
  if (uses_batch(el, r)) {
    int all = graph_var(el->g, OVER_BATCH);
    Subst s = {0};
    subst_add(&s, el->g->batch_var, index_var(el->g, all));
    Read *n = read_make(el->g, build_leaf(el->g, NODE_BATCH, 0, 0, NULL, "n"), NULL);
    value = build_div(el->g, build_reduce(el->g, RED_SUM, read_substitute(el->g, r, &s), 1, &all), n);
  }
  return build_tensor(el->g, value, 0, NULL);
}

/* The value of a statement `loss L = e`, as a definition; rank 0, or NULL. */
static Value *scalar_statement(Elaborator *el, Scope *s, const Stmt *st, const char *what) {
  const Target *t = &st->targets[0];
  Value *v;
  if (t->indexed) {
    report(el, t->span, "a %s is a single number and takes no indices", what);
    advise(el, "%s %s = sum(%s) ... or mean(%s) ... makes one of all", what, t->name,
           t->binders[0].name ? t->binders[0].name : "i", t->binders[0].name ? t->binders[0].name : "i");
    return NULL;
  }
  if (!st->value) {
    v = lookup(el, s, t->name, t->span);
  } else {
    if (scope_find(s, t->name) && scope_find(s, t->name)->value->kind != VALUE_FUNCTION) {
      Span before = scope_find(s, t->name)->span;
      bool again = before.source == t->span.source && before.start == t->span.start;
      report(el, t->span, again ? "a 'for' cannot define the %s '%s' more than once" : "'%s' is already defined",
             again ? what : t->name, t->name);
      if (!again) remark(el, before, "it is defined here");
      return NULL;
    }
    name_layer_calls(el, s, t->name, st->value, NULL);
    v = expr(el, s, st->value);
  }
  if (is_poison(v)) {
    if (st->value) scope_bind(el, s, t->name, v, t->span);
    return NULL;
  }
  Value *x = as_tensor(el, v, st->span, what);
  if (x && x->rank == 1 && value_axis(el, x, 0).kind == AXIS_PLAIN && value_axis(el, x, 0).extent == 1)
    x = value_at(el, x, 1, (Index *[]){index_constant(el->g, 0)});
  if (x && x->rank) {
    report(el, t->span, "a %s is a single number per example, but '%s' is %s", what, t->name, describe(el, x));
    remark_product(el, x);
    advise(el, "sum(...) or mean(...) makes one of it");
    x = NULL;
  }
  if (!x) {
    if (st->value) scope_bind(el, s, t->name, value_poison(el, t->span), t->span);
    return NULL;
  }
  Value *named = named_value(el, s, t->name, x);
  named->span = t->span;
  if (st->value) scope_bind(el, s, t->name, named, t->span);
  return named;
}

static void push_routine(Elaborator *el, Routine r, Node *root, DestKind dest, int item) {
  r.roots = ARENA_NEW(el->cx, Root);
  r.roots[0] = (Root){root, dest, item};
  r.nroots = 1;
  VEC_PUSH(el->cx, &el->program->routines, r);
}

static int loss_index(Elaborator *el, const char *name) {
  for (int k = 0; k < el->program->losses.n; k++)
    if (el->program->losses.at[k] == name) return k;
  return -1;
}

static void run_loss(Elaborator *el, Scope *s, const Stmt *st) {
  Value *v = scalar_statement(el, s, st, "loss");
  if (!v) return;
  const char *name = st->targets[0].name;
  if (loss_index(el, name) < 0) VEC_PUSH(el->cx, &el->program->losses, name);
  Routine r = {.kind = ROUTINE_LOSS, .name = name, .loss = loss_index(el, name), .span = st->span};
  Node *root = mean_root(el, v->read);
  if (coupling(el, v->read->node)) el->program->coupled = true;
  push_routine(el, r, root, DEST_RETURN, 0);
  if (el->second_pass) return;
  r.kind = ROUTINE_GRAD;
  push_routine(el, r, root, DEST_RETURN, 0);
}

static void run_metric(Elaborator *el, Scope *s, const Stmt *st) {
  Value *v = scalar_statement(el, s, st, "metric");
  if (!v) return;
  Routine r = {.kind = ROUTINE_METRIC, .name = st->targets[0].name, .span = st->span};
  push_routine(el, r, mean_root(el, v->read), DEST_RETURN, 0);
}

static void run_output(Elaborator *el, Scope *s, const Stmt *st) {
  const Target *t = &st->targets[0];
  if (st->value) {
    Stmt define = *st;
    define.kind = STMT_DEFINE;
    if (!statement_in_body(el, s, &define)) return;
  }
  Value *v = lookup(el, s, t->name, t->span);
  if (is_poison(v)) return;
  Value *x = as_tensor(el, v, st->span, "an output");
  if (!x) return;
  Value *f = value_fresh(el, x);
  int vars[2 * MAX_AXES], n = 0;
  Routine r = {
    .kind = ROUTINE_OUTPUT, .name = t->name, .rank = f->rank, .integer = f->read->node->integer, .span = st->span};
  if (node_is_bounded(f->read->node) && (f->read->node->lo < INT32_MIN || f->read->node->hi > INT32_MAX))
    r.integer = false; /* no int32_t */
  if (r.integer && f->read->node->lo >= 0 && f->read->node->hi < INT32_MAX) r.classes = (int)f->read->node->hi + 1;
  r.per_example = uses_batch(el, f->read);
  if (r.per_example) vars[n++] = el->g->batch_var;
  for (int k = 0; k < f->rank; k++) {
    vars[n++] = f->vars[k];
    r.shape[k] = value_axis(el, f, k).extent;
  }
  if (el->asked_training && !el->second_pass) return; /* it is the second pass that says what an output is */
  Node *across = coupling(el, f->read->node);
  for (int k = 0; k < f->rank && !across; k++)
    if (value_axis(el, f, k).kind != AXIS_PLAIN) across = f->read->node;
  if (across) {
    report(el, t->span, "an output is computed for each example on its own, but '%s' looks across the batch", t->name);
    remark(el, across->span, "here");
    return;
  }
  Read *value = f->read;
  for (int k = 0; k < f->rank; k++) /* 0 beyond the end */
    if (value_axis(el, f, k).dim)
      value = build_op(el->g, OP_WHERE, (Read *[]){dim_condition(el, f->vars[k]), value, build_constant(el->g, 0)});
  push_routine(el, r, build_tensor(el->g, value, n, vars), DEST_OUT, 0);
}

/* ---- checks ---- */

/* A side of a check: 0 on both where an example has no such place. */
static Read *within_extents(Elaborator *el, Read *side, const Check *c) {
  Guard guards[MAX_AXES];
  int n = 0;
  for (int k = 0; k < c->nvars; k++) {
    int dim = graph_var_axis(el->g, c->vars[k]).dim;
    if (dim) guards[n++] = guard_within(el->g, dim, index_var(el->g, c->vars[k]));
  }
  return n ? build_product(el->g, 1, 1, &side, n, guards, 0, NULL) : side;
}

static void run_check(Elaborator *el, Scope *s, const Stmt *st) {
  Binder binders[MAX_AXES];
  int n = free_indices(el, s, st->value2, binders, free_indices(el, s, st->value, binders, 0, MAX_AXES / 2),
                       MAX_AXES / 2),
      vars[MAX_AXES];
  Scope *inner = scope_new(el, SCOPE_BLOCK, s);
  if (!bind_indices(el, inner, binders, n, st->value, st->value2, vars)) return;
  name_layer_calls(el, s, NULL, st->value, st->value2);
  Value *a = expr(el, inner, st->value), *b = expr(el, inner, st->value2);
  if (is_poison(a) || is_poison(b)) return;
  Value *x = as_tensor(el, a, st->value->span, "a side of a check"),
        *y = as_tensor(el, b, st->value2->span, "a side of a check");
  if (!x || !y) return;
  Value *longer = x->rank >= y->rank ? x : y;
  Value *f = value_fresh(el, longer);
  bool fits = true;
  for (int k = 1; k <= x->rank && k <= y->rank; k++) fits = fits && same_extent(el, x, x->rank - k, y, y->rank - k);
  if (!fits || n + f->rank > MAX_AXES) {
    report(el, st->span, "the two sides of the check have different shapes: %s and %s", describe(el, x),
           describe(el, y));
    if (x->name) remark(el, x->span, "'%s' is %s", x->name, describe(el, x));
    if (y->name) remark(el, y->span, "'%s' is %s", y->name, describe(el, y));
    return;
  }
  Check c = {.stmt = st, .nvars = n};
  for (int k = 0; k < n; k++) c.vars[k] = vars[k], c.names[k] = binders[k].name;
  Index *index[MAX_AXES];
  for (int k = 0; k < f->rank; k++) {
    c.names[c.nvars] = NULL;
    c.vars[c.nvars++] = f->vars[k];
    index[k] = index_var(el->g, f->vars[k]);
  }
  c.a = within_extents(el, value_at(el, x, x->rank, index + f->rank - x->rank)->read, &c);
  c.b = within_extents(el, value_at(el, y, y->rank, index + f->rank - y->rank)->read, &c);
  VEC_PUSH(el->cx, &el->program->checks, c);
}

/* ---- running ---- */

static void run_statement(Elaborator *el, const Stmt *st) {
  Scope *s = el->model;
  el->g->span = st->span;
  switch (st->kind) {
  case STMT_DIM: declare_dim(el, s, st); return;
  case STMT_INPUT:
    for (int k = 0; k < st->ndecls; k++) {
      Binding *b = scope_find(s, st->decls[k].name);
      if (b && b->value->kind != VALUE_FUNCTION) {
        report(el, st->decls[k].span, "'%s' is already defined", st->decls[k].name);
        remark(el, b->span, "it is defined here");
      } else {
        declare_input(el, s, &st->decls[k]);
      }
    }
    return;
  case STMT_LOSS: run_loss(el, s, st); return;
  case STMT_METRIC: run_metric(el, s, st); return;
  case STMT_OUTPUT: run_output(el, s, st); return;
  case STMT_CHECK:
    if (!el->second_pass) run_check(el, s, st);
    return;
  case STMT_MINIMIZE:
    if (!el->second_pass) run_minimize(el, s, st);
    return;
  case STMT_TRAIN:
    if (!el->second_pass) run_train(el, s, st);
    return;
  case STMT_MODEL:
  case STMT_IMPORT:
  case STMT_CONST:
  case STMT_FN:
  case STMT_LAYER:
  case STMT_OPTIMIZER:
  case STMT_DERIVATIVE:
  case STMT_RULE: return;
  default: {
    Value *returned = NULL;
    Block one = {(Stmt **)&st, 1};
    run_block(el, s, &one, &returned);
  }
  }
}

void run_model(Elaborator *el, const Block *model) {
  for (int k = 0; k < model->n; k++) run_statement(el, model->at[k]);
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
      if (coupling(el, leaf->next)) el->program->coupled = true;
    }
}

/* The losses as evaluated, outputs and metrics once more, with training = 0. */
static void evaluation_pass(Elaborator *el, const Block *model) {
  Program *p = el->program;
  int kept = 0;
  for (int k = 0; k < p->routines.n; k++)
    if (p->routines.at[k].kind == ROUTINE_GRAD) p->routines.at[kept++] = p->routines.at[k];
  p->routines.n = kept;
  el->training = 0;
  el->second_pass = true;
  el->program->ndraws = 0; /* the same draws, for training or not */
  el->named.n = 0;
  el->model = scope_new(el, SCOPE_MODEL, el->own);
  run_model(el, model);
}

static const char *prefix_of(Context *cx, const Block *model, const char *path) {
  for (int k = 0; k < model->n; k++)
    if (model->at[k]->kind == STMT_MODEL) return model->at[k]->name;
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

static void report_unused_defines(Elaborator *el) {
  VEC(const char *) names = {0};
  for (int k = 0; k < el->statements.n; k++)
    for (int j = 0; el->statements.at[k]->kind == STMT_CONST && j < el->statements.at[k]->ndecls; j++)
      VEC_PUSH(el->cx, &names, el->statements.at[k]->decls[j].name);
  for (int k = 0; k < el->options->ndefines; k++) {
    const char *name = el->options->defines[k].name, *near = nearest_name(el->cx, name, names.at, names.n);
    if (el->options->defines[k].used) continue;
    report(el, (Span){0}, "-D %s: the model has no constant '%s'", name, name);
    if (near) advise(el, "did you mean '%s'?", near);
    else if (!names.n)
      advise(el, "a line 'const %s = %g' of the model declares one", name, el->options->defines[k].value);
  }
}

static void check_one_model(Elaborator *el, const Block *model) {
  const Stmt *first = NULL;
  for (int k = 0; k < model->n; k++) {
    if (model->at[k]->kind != STMT_MODEL) continue;
    if (first) {
      report(el, model->at[k]->span, "the model has its name already");
      remark(el, first->span, "it is given here");
    } else {
      first = model->at[k];
    }
  }
}

Program *elaborate(Context *cx, const Block *prelude, const Block *model, const char *path, Options *options) {
  Elaborator *el = ARENA_NEW(cx, Elaborator);
  Program *p = ARENA_NEW(cx, Program);
  Imports imports = {0};
  VEC_PUSH(cx, &imports.seen, source_identity(cx, path));
  splice(cx, model, &imports, 0);
  Block all = {imports.out.at, imports.out.n};
  el->syntax_errors = error_count(cx) > 0;
  el->statements = all;
  el->prelude = prelude->n ? prelude->at[0]->span.source : NULL;
  p->cx = el->cx = cx;
  p->graph = el->g = graph_new(cx);
  el->g->exact = options && options->exact;
  p->elaborator = el;
  p->path = path;
  p->name = p->header = prefix_of(cx, &all, path);
  p->train = (TrainDefaults){.batch = 32, .epochs = 10, .shuffle = 1, .seed = 1};
  el->program = p;
  el->options = options;
  el->training = 1;
  el->globals = scope_new(el, SCOPE_GLOBAL, NULL);
  el->own = scope_new(el, SCOPE_GLOBAL, el->globals);
  el->model = scope_new(el, SCOPE_MODEL, el->own);
  declare_globals(el, prelude);
  declare_globals(el, &all);
  check_one_model(el, &all);
  ask_derivatives(el, NULL, prelude);
  ask_derivatives(el, NULL, &all);
  run_model(el, &all);
  if (!el->syntax_errors) report_unused_defines(el);
  if (error_count(cx)) return p;
  finish_objectives(el);
  store_updates(el);
  if (!error_count(cx) && el->asked_training) evaluation_pass(el, &all);
  for (int k = 0; k < p->states.n; k++) /* rows for as many examples as a batch has */
    if (p->states.at[k].per_example) p->states.at[k].count *= p->train.batch > 0 ? p->train.batch : 1;
  return p;
}

/* ---- for derive/visit.c and simplify/rebuild.c: lines of the prelude, applied ---- */

Read *derivative_line(Program *p, Op op, int operand, Read *const *reads, Span span) {
  Elaborator *el = p->elaborator;
  const Stmt *st = el->derivatives[op];
  if (!st) {
    error_at(p->cx, span, "'%s' has no derivative: the prelude has no line 'derivative %s(...) = ...'",
             op_rows[op].name, op_rows[op].name);
    return build_constant(p->graph, NAN);
  }
  Scope *s = scope_new(el, SCOPE_BLOCK, scope_home(el, st->span));
  for (int k = 0; k < st->nformals; k++)
    scope_bind(el, s, st->formals[k].name, value_tensor(el, reads[k], 0, NULL, span), st->formals[k].span);
  Value *v = expr(el, s, st->values[operand]);
  Value *t = is_poison(v) ? NULL : as_tensor(el, v, span, "a derivative");
  return t ? t->read : build_constant(p->graph, NAN);
}

int rule_count(const Program *p) { return p->elaborator->rules.n; }
const Stmt *rule_at(const Program *p, int k) { return p->elaborator->rules.at[k]; }

/* The right side of a rule with the names bound to reads (with axes of their own where a reduction was matched). */
Read *rule_result(Program *p, const Expr *e, int n, const char *const *names, Read *const *reads, const int *ranks,
                  int (*vars)[MAX_AXES]) {
  Elaborator *el = p->elaborator;
  Scope *s = scope_new(el, SCOPE_BLOCK, scope_home(el, e->span));
  for (int k = 0; k < n; k++)
    scope_bind(el, s, names[k], value_tensor(el, reads[k], ranks[k], vars[k], e->span), e->span);
  Value *v = expr(el, s, e);
  Value *t = is_poison(v) ? NULL : as_tensor(el, v, e->span, "a rule");
  if (t && t->rank) report(el, e->span, "the right side of a rule must be a single number, found %s", describe(el, t));
  return t && !t->rank ? t->read : build_constant(p->graph, NAN);
}
