/* leaf.c: parameters and states: their shapes, paths and initial values.
 *
 * `param W[n, m] ~ glorot` in a layer that is called as h is the parameter h.W of the Program; a second call of the
 * same instance, and the second pass through the model, find it under this path. */
#include "elaborate/expr.h"
#include "elaborate/statement.h"

#include <math.h>
#include <string.h>

/* `state h[batch, n]`: a row for each example, which goes on from one batch to the next. */
static bool rows_of_batch(const Decl *d) {
  return d->nshape && d->shape[0]->kind == EXPR_NAME && strcmp(d->shape[0]->name, "batch") == 0;
}

bool leaf_shape(Elaborator *el, Scope *s, const Decl *d, bool input, int *rank, int64_t *shape, int *dims,
                int64_t *count) {
  double total = 1;
  *rank = d->nshape;
  if (d->nshape > MAX_AXES / 3) {
    elaborate_report(el, d->span, "'%s' has %d axes; %d are the most", d->name, d->nshape, MAX_AXES / 3);
    return false;
  }
  for (int k = 0; k < d->nshape; k++) {
    Axis axis;
    if (k == 0 && rows_of_batch(d)) {
      shape[k] = dims[k] = 0;
      continue;
    }
    if (!extent_of(el, elaborate_expr(el, s, d->shape[k]), d->shape[k]->span,
                   arena_printf(el->cx, "an extent of '%s'", d->name), &axis))
      return false;
    shape[k] = axis.extent, dims[k] = axis.dim;
    const Index *e = axis.dim ? el->g->dims[axis.dim - 1] : NULL;
    bool plain =
      !e || (e->n == 1 && e->offset == 0 && e->terms[0].coef == 1 && e->terms[0].gather->node->kind == NODE_INPUT);
    if (e && (!input || !plain)) {
      elaborate_report(el, d->shape[k]->span,
                       input ? "an extent of an input is a number or a dim by itself, found %s"
                             : "the extent %s differs between examples; a parameter or state has one shape for all",
                       dim_text(el, axis.dim));
      return false;
    }
    total *= (double)shape[k];
  }
  if (total > 2147483647.0) {
    Text t = {.cx = el->cx};
    for (int k = 0; k < *rank; k++) text_printf(&t, "%s%lld", k ? " * " : "", (long long)shape[k]);
    elaborate_report(el, d->span, "'%s' would have %s = %.0f elements; 2^31-1 = 2147483647 are the most", d->name,
                     t.data, total);
    return false;
  }
  *count = (int64_t)total;
  return true;
}

void leaf_bind(Elaborator *el, Scope *s, const Decl *d, Node *node, int first) {
  Index *index[MAX_AXES];
  int vars[MAX_AXES];
  for (int k = 0; k < node->naxes; k++) {
    int v = k < first ? el->g->batch_var : graph_var(el->g, node->axes[k]);
    if (k >= first) vars[k - first] = v;
    index[k] = index_var(el->g, v);
  }
  Value *v = value_tensor(el, read_make(el->g, node, index), node->naxes - first, vars, d->span);
  v->name = d->name;
  scope_bind(el, s, d->name, v, d->span);
}

/* ---- initial values ---- */

/* The parameter or state that a value is, in whole; NULL where it is something else. */
static const Node *leaf_of(const Value *v) {
  const Node *n = v->kind == VALUE_TENSOR ? v->read->node : NULL;
  int var;
  if (!n || n->naxes != v->rank) return NULL;
  for (int k = 0; k < v->rank; k++)
    if (!index_is_var(v->read->index[k], &var) || var != v->vars[k]) return NULL;
  while (n->kind == NODE_NAME && read_is_identity(n->reads[0]) && n->reads[0]->node->naxes == v->rank)
    n = n->reads[0]->node;
  return n->kind == NODE_PARAM || n->kind == NODE_STATE ? n : NULL;
}

static bool start_of_values(Elaborator *el, Value *v, const Decl *d, bool param, int rank, const int64_t *shape,
                            Start *start) {
  int64_t n;
  if (value_is_poison(v)) return false;
  Value *t = v->kind == VALUE_LIST ? value_as_tensor(el, v, d->init->span, "an initial value") : v;
  const double *data = t ? value_elements(el, v, &n) : NULL;
  if (!t) return false;
  if (!data) {
    elaborate_report(el, d->init->span, "the initial value of '%s' must be known at compile time, found %s", d->name,
                     t->kind == VALUE_TENSOR ? "one that the model computes" : value_text(el, t));
    const Node *leaf = leaf_of(t);
    if (t->kind == VALUE_TENSOR && (leaf || !param))
      elaborate_advise(el, "a state can start as a copy of a parameter or another state: state %s = W", d->name);
    if (t->kind == VALUE_TENSOR && t->name)
      elaborate_remark(el, t->span, leaf ? "'%s' is declared here" : "'%s' is computed by the model", t->name);
    return false;
  }
  bool fits = t->kind == VALUE_NUMBER || t->rank == 0 || t->rank == rank;
  for (int k = 0; fits && t->kind == VALUE_TENSOR && t->rank && k < rank; k++)
    fits = value_axis(el, t, k).extent == shape[k];
  if (!fits) {
    Text wanted = {.cx = el->cx};
    for (int k = 0; k < rank; k++)
      text_printf(&wanted, "%s%lld", k ? ", " : " or an array of shape [", (long long)shape[k]);
    elaborate_report(el, d->init->span, "the initial value of '%s' must be a number%s%s, found %s", d->name,
                     rank ? wanted.data : "", rank ? "]" : "", value_text(el, t));
    return false;
  }
  bool uniform = true;
  for (int64_t k = 1; k < n; k++) uniform = uniform && data[k] == data[0];
  for (int64_t k = 0; k < n; k++)
    if (!isfinite(data[k])) {
      elaborate_report(el, d->init->span, "the initial value of '%s' must be finite, found %s", d->name,
                       isnan(data[k]) ? "nan"
                       : data[k] > 0  ? "inf"
                                      : "-inf");
      return false;
    }
  *start = (Start){.kind = START_VALUES, .values = data, .uniform_value = uniform};
  if (uniform && data[0] == 0) start->kind = START_ZERO;
  return true;
}

/* What stands after `~`, where it is a function: glorot in `~ glorot` and in `~ glorot(2)`. */
static Value *start_function(Elaborator *el, Scope *s, const Expr *e) {
  const Expr *callee = e->kind == EXPR_CALL ? e->a : e;
  Value *f = callee->kind == EXPR_NAME ? lookup_quiet(el, s, callee->name) : NULL;
  return f && f->kind == VALUE_FUNCTION && !f->partial ? f : NULL;
}

/* The distribution after `~`. A function such as glorot(w[...]) gets the parameter as its first argument; `~ zeros`
 * calls it. */
static Value *start_distribution(Elaborator *el, Scope *s, const Decl *d, Value *param) {
  const Expr *e = d->init;
  Value *f = start_function(el, s, e);
  if (f && f->builtin && e->kind == EXPR_NAME && f->builtin->call && f->builtin->least == 0) {
    el->builtin = f->builtin->name;
    return f->builtin->call(el, s, e, 0, NULL);
  }
  bool takes_shape =
    f && f->fn && (f->fn->nformals == 0 || f->fn->formals[0].kind != FORMAL_PLAIN || e->kind == EXPR_NAME);
  if (!takes_shape) return elaborate_expr(el, s, e);
  Value *args[32] = {param};
  const char *names[32] = {NULL};
  Span spans[32] = {d->span};
  int n = 1;
  for (int k = 0; e->kind == EXPR_CALL && k < e->nargs && n < 32; k++, n++) {
    args[n] = elaborate_expr(el, s, e->args[k].value);
    names[n] = e->args[k].name;
    spans[n] = e->args[k].value->span;
    if (value_is_poison(args[n])) return args[n];
  }
  if (n > f->fn->nformals && !names[n - 1]) {
    const char *most = f->fn->nformals == 1 ? "no" : arena_printf(el->cx, "%d", f->fn->nformals - 1);
    elaborate_report(el, e->span, "'%s' takes %s argument%s here, found %d; its first one is the parameter itself",
                     f->fn->name, most, f->fn->nformals == 2 ? "" : "s", n - 1);
    elaborate_remark(el, f->fn->name_span, "'%s' is declared here", f->fn->name);
    return value_poison(el, e->span);
  }
  return call_function(el, s, f, e, n, args, names, spans);
}

/* `state V = W`: a copy of what W starts from. */
static bool start_of_copy(Elaborator *el, const Value *v, const Node *of, const Decl *d, int rank, const int64_t *shape,
                          Start *start) {
  bool fits = of->naxes == rank;
  for (int k = 0; fits && k < rank; k++) fits = of->axes[k].kind == AXIS_PLAIN && of->axes[k].extent == shape[k];
  if (!fits) {
    Text wanted = {.cx = el->cx};
    for (int k = 0; k < rank; k++) text_printf(&wanted, "%s%lld", k ? ", " : "", (long long)shape[k]);
    elaborate_report(el, d->init->span, "'%s' is [%s] and starts as a copy, but '%s' is %s", d->name,
                     wanted.data ? wanted.data : "", v->name ? v->name : "this", value_shape(el, v));
    if (v->span.source) elaborate_remark(el, v->span, "'%s' is declared here", v->name ? v->name : "it");
    return false;
  }
  *start = (Start){.kind = START_COPY, .of = of};
  return true;
}

/* In `state V = W`, without brackets, V has W's shape. */
static void shape_of_copy(Elaborator *el, Scope *s, const Decl *d, int *rank, int64_t *shape, int64_t *count) {
  bool name = !d->nshape && d->init_kind == INIT_VALUE && (d->init->kind == EXPR_NAME || d->init->kind == EXPR_PART);
  bool quiet = el->quiet, failed = el->failed;
  el->quiet = true;
  const Value *v = name ? elaborate_expr(el, s, d->init) : NULL;
  el->quiet = quiet;
  el->failed = failed;
  const Node *of = v ? leaf_of(v) : NULL;
  for (int k = 0; of && k < of->naxes; k++) {
    shape[(*rank)++] = of->axes[k].extent;
    *count *= of->axes[k].extent;
  }
}

static bool start_of(Elaborator *el, Scope *s, const Decl *d, bool param, int rank, const int64_t *shape,
                     Start *start) {
  *start = (Start){.kind = START_ZERO};
  if (d->init_kind == INIT_NONE) return true;
  if (d->init_kind == INIT_VALUE) {
    Value *v = elaborate_expr(el, s, d->init);
    const Node *of = leaf_of(v);
    return of && !param ? start_of_copy(el, v, of, d, rank, shape, start)
                        : start_of_values(el, v, d, param, rank, shape, start);
  }
  int vars[MAX_AXES];
  for (int k = 0; k < rank; k++) vars[k] = graph_var(el->g, PLAIN(shape[k]));
  Value *like = value_tensor(el, build_constant(el->g, 0), rank, vars, d->span);
  like->name = d->name;
  Value *v = start_distribution(el, s, d, like);
  if (value_is_poison(v)) return false;
  int64_t count;
  if (start_function(el, s, d->init) && value_elements(el, v, &count))
    return start_of_values(el, v, d, param, rank, shape, start);
  if (v->kind != VALUE_DISTRIBUTION) {
    elaborate_report(el, d->init->span,
                     "'~' needs a distribution, found %s; for example glorot, he, normal(0, 0.1), uniform(-1, 1)",
                     value_text(el, v));
    if (v->kind == VALUE_NUMBER)
      elaborate_advise(el, "a value to start from stands after '=': param %s = %g", d->name, v->number);
    return false;
  }
  if (v->start.kind == START_ZERO) {
    elaborate_report(
      el, d->init->span,
      "a parameter starts from a distribution of numbers: normal(0, 0.1), uniform(-1, 1), truncated_normal, "
      "orthogonal, or one of the prelude");
    return false;
  }
  *start = v->start;
  if (start->kind == START_ORTHOGONAL && rank < 2) {
    elaborate_report(el, d->init->span, "'orthogonal' needs a parameter of two or more axes, but '%s' has %d", d->name,
                     rank);
    return false;
  }
  if (start->kind == START_ORTHOGONAL) start->rows = shape[0];
  return true;
}

/* ---- parameters and states ---- */

static const char *leaf_path(Elaborator *el, Scope *s, const Decl *d) {
  return intern(el->cx, arena_printf(el->cx, "%s%s%s", s->prefix, d->name, s->suffix));
}

/* The value that the call gives in place of the parameter, in the parameter's shape; NULL where it gives none. */
static Value *override_of(Elaborator *el, Scope *s, const Decl *d, int rank, const int64_t *shape, bool *given) {
  *given = false;
  for (int k = 0; k < s->noverrides; k++) {
    if (s->overrides[k].name != d->name) continue;
    *given = true;
    Value *v = value_as_tensor(el, s->override_values[k], s->overrides[k].name_span,
                               arena_printf(el->cx, "parameter '%s'", d->name));
    if (!v) return NULL;
    bool fits = v->rank <= rank;
    for (int j = 0; fits && j < v->rank; j++)
      fits = value_axis(el, v, j).kind == AXIS_PLAIN && value_axis(el, v, j).extent == shape[rank - v->rank + j];
    if (!fits) {
      Text t = {.cx = el->cx};
      for (int j = 0; j < rank; j++) text_printf(&t, "%s%lld", j ? ", " : "", (long long)shape[j]);
      elaborate_report(el, s->overrides[k].name_span, "parameter '%s' of '%s' is [%s] here, found %s", d->name,
                       s->fn ? s->fn->name : "the layer", t.data ? t.data : "", value_text(el, v));
      elaborate_remark(el, d->span, "'%s' is declared here", d->name);
      return NULL;
    }
    int vars[MAX_AXES];
    Index *index[MAX_AXES];
    for (int j = 0; j < rank; j++) vars[j] = graph_var(el->g, PLAIN(shape[j]));
    for (int j = 0; j < v->rank; j++) index[j] = index_var(el->g, vars[rank - v->rank + j]);
    return value_tensor(el, value_at(el, v, v->rank, index)->read, rank, vars, d->span);
  }
  return NULL;
}

static int find_leaf(const Leaf *at, int n, const char *path) {
  for (int k = 0; k < n; k++)
    if (at[k].path == path) return k;
  return -1;
}

/* A parameter that exists: made by an earlier call of the instance or by the first pass. */
static bool reuse_leaf(Elaborator *el, Scope *s, const Decl *d, const Leaf *leaf, int rank, const int64_t *shape) {
  int rows = leaf->per_example;
  bool same = leaf->node->naxes == rank + rows;
  for (int k = 0; same && k < rank; k++) same = leaf->node->axes[k + rows].extent == shape[k];
  if (!s->reuse && !el->second_pass) {
    Span call = el->user_call;
    if (call.source && call.source == el->twice.source && call.start == el->twice.start)
      return false; /* one parameter of a layer is enough */
    el->twice = call;
    elaborate_report(el, d->span, "'%s' is declared twice", leaf->path);
    elaborate_remark(el, leaf->made.source ? leaf->made : leaf->span, "it is declared here too");
    elaborate_advise(
      el, "two calls of a layer in statements without a name, or of one name, make parameters of the same name; "
          "name one of them");
  } else if (!same) {
    Text here = {.cx = el->cx}, there = {.cx = el->cx};
    for (int k = 0; k < rank; k++) text_printf(&here, "%s%lld", k ? ", " : "", (long long)shape[k]);
    for (int k = 0; k < leaf->node->naxes; k++)
      text_printf(&there, "%s%lld", k ? ", " : "", (long long)leaf->node->axes[k].extent);
    elaborate_report(el, d->span, "'%s' would be [%s] in this call, but an earlier one has made it [%s]", leaf->path,
                     here.data ? here.data : "", there.data ? there.data : "");
    elaborate_remark(el, leaf->made, "this call has made it");
    elaborate_advise(el, "the calls of one instance share its parameters, so their arguments have one shape");
  } else {
    leaf_bind(el, s, d, leaf->node, rows);
    return true;
  }
  return false;
}

static bool check_free(Elaborator *el, Scope *s, const Decl *d) {
  for (Binding *b = s->first; b; b = b->next)
    if (b->name == d->name && !s->may_redefine) {
      elaborate_report(el, d->span, "'%s' is already defined", d->name);
      elaborate_remark(el, b->span, "it is defined here");
      return false;
    }
  return true;
}

/* `h.W` from here on, in each of the two passes. */
static void name_leaf(Elaborator *el, const char *path, Value *v, Span span) {
  for (int k = 0; k < el->named.n; k++)
    if (el->named.at[k].path == path) return;
  VEC_PUSH(el->cx, &el->named, ((Named){path, v, span, false}));
}

static void declare_leaf(Elaborator *el, Scope *s, const Stmt *st, const Decl *d) {
  Program *p = el->program;
  bool param = st->kind == STMT_PARAM, given = false;
  int rank, dims[MAX_AXES];
  int64_t shape[MAX_AXES], count;
  const char *path = leaf_path(el, s, d);
  Start start;
  bool rows = !param && rows_of_batch(d);
  if (rows && (s->fn || *s->suffix)) {
    elaborate_report(el, d->span,
                     "a state with a row for each example belongs to the model itself, not to a layer or a loop");
    rows = false;
  }
  bool fine = check_free(el, s, d) && leaf_shape(el, s, d, false, &rank, shape, dims, &count);
  if (fine && !param) shape_of_copy(el, s, d, &rank, shape, &count);
  Value *override = fine && param ? override_of(el, s, d, rank, shape, &given) : NULL;
  if (override) {
    scope_bind(el, s, d->name, value_named(el, s, d->name, override), d->span);
    return;
  }
  if (fine && rows) memmove(shape, shape + 1, sizeof *shape * (size_t)--rank);
  int found = !fine   ? -1
              : param ? find_leaf(p->params.at, p->params.n, path)
                      : find_leaf(p->states.at, p->states.n, path);
  if (found >= 0 && reuse_leaf(el, s, d, param ? &p->params.at[found] : &p->states.at[found], rank, shape)) {
    name_leaf(el, path, s->first->value, d->span);
    return;
  }
  if (!fine || given || found >= 0 || !start_of(el, s, d, param, rank, shape, &start)) {
    scope_bind(el, s, d->name, value_poison(el, d->span), d->span);
    return;
  }
  Axis axes[MAX_AXES];
  if (rows) axes[0] = OVER_BATCH;
  for (int k = 0; k < rank; k++) axes[k + rows] = PLAIN(shape[k]);
  if (rows && start.kind != START_ZERO && !(start.kind == START_VALUES && start.uniform_value)) {
    elaborate_report(el, d->init->span, "a state with a row for each example starts from one number");
    start = (Start){.kind = START_ZERO};
  }
  if (rows) p->coupled = true; /* a batch is not cut: its rows have places */
  Node *node =
    build_leaf(el->g, param ? NODE_PARAM : NODE_STATE, param ? p->params.n : p->states.n, rank + rows, axes, path);
  Leaf leaf = {path, node, start, d->span, count, rows, NULL, el->user_call};
  if (param) VEC_PUSH(el->cx, &p->params, leaf);
  else VEC_PUSH(el->cx, &p->states, leaf);
  leaf_bind(el, s, d, node, rows);
  name_leaf(el, path, s->first->value, d->span);
}

void leaf_declare_param(Elaborator *el, Scope *s, const Stmt *st, const Decl *d) { declare_leaf(el, s, st, d); }
void leaf_declare_state(Elaborator *el, Scope *s, const Stmt *st, const Decl *d) { declare_leaf(el, s, st, d); }
