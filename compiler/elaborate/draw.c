/* draw.c: `z ~ normal(mu, sigma)`: standard noise, and a function of the prelude that makes a draw of it.
 *
 * The noise is a leaf of the graph: standard normals, or numbers between 0 and 1, one for each element, example, lifted
 * call and step of a scan. What is drawn is a function of noise and parameters (draw_normal(e, mu, sigma) = mu + sigma
 * * e), so that its derivative needs nothing new, and a `draw_...` of the prelude can be read and overridden. */
#include "elaborate/builtin.h"
#include "elaborate/expr.h"
#include "elaborate/statement.h"

#include <string.h>

/* ---- noise ---- */

static int all_context(Elaborator *el, int *vars) {
  int n = 1;
  vars[0] = el->g->batch_var;
  for (int k = 0; k < el->context.n; k++) {
    int at = n;
    bool known = false;
    for (int j = 0; j < n; j++) known = known || vars[j] == el->context.at[k];
    if (known || n == MAX_AXES) continue;
    for (; at > 0 && vars[at - 1] > el->context.at[k]; at--) vars[at] = vars[at - 1];
    vars[at] = el->context.at[k];
    n++;
  }
  return n;
}

/* In an optimizer: one for each element of the parameter. An element's place among all parameters is its counter
 * (emit/update.c), so that a line draws the same whether it runs over an array or over a run of them. */
static Value *noise_of_weight(Elaborator *el, const Family *f, Span span) {
  int vars[MAX_AXES], item = 2 * el->stage_draw++ + f->normal;
  if (!el->weight_rank) { /* an array of one: noise is written by a call */
    Node *one = build_leaf(el->g, NODE_DRAW, item, 1, &PLAIN(1), NULL);
    return value_tensor(el, read_make(el->g, one, (Index *[]){index_constant(el->g, 0)}), 0, NULL, span);
  }
  Node *node = build_leaf(el->g, NODE_DRAW, item, el->weight_rank, el->weight_axes, NULL);
  Read *r = read_open(el->g, node, vars);
  return value_tensor(el, r, el->weight_rank, vars, span);
}

static Value *noise(Elaborator *el, const Family *f, int rank, const Axis *axes, Span span) {
  int vars[3 * MAX_AXES], n = all_context(el, vars), own[MAX_AXES];
  Axis all[3 * MAX_AXES];
  Index *index[3 * MAX_AXES];
  if (n + rank > MAX_AXES) {
    elaborate_report(el, span,
                     "this draw would have %d axes, those of its call and its indices counted; %d are the most",
                     n + rank - 1, MAX_AXES - 1);
    return value_poison(el, span);
  }
  for (int k = 0; k < rank; k++) own[k] = vars[n + k] = graph_var(el->g, axes[k]);
  for (int k = 0; k < n + rank; k++) all[k] = graph_var_axis(el->g, vars[k]), index[k] = index_var(el->g, vars[k]);
  Node *node = build_leaf(el->g, NODE_DRAW, 2 * el->program->ndraws++ + f->normal, n + rank, all, NULL);
  return value_tensor(el, read_make(el->g, node, index), rank, own, span);
}

/* ---- z ~ f(a, b) ---- */

/* The axes of what is drawn: those that are written, or those of the longest argument; false with an error. */
static bool shape_of_draw(Elaborator *el, const Value *d, const Family *f, int nwritten, Axis *axes, int *rank,
                          Span span) {
  int longest = -1, most = 0;
  for (int k = 0; k < d->nitems; k++) {
    Value *t = value_as_tensor(el, d->items[k], d->span, arena_printf(el->cx, "an argument of '%s'", f->name));
    if (!t) return false;
    d->items[k] = t;
    if (longest < 0 || t->rank > most) longest = k, most = t->rank;
  }
  const Value *like = d->items[longest];
  if (f->vector && most == 0) {
    elaborate_report(el, d->span, "'%s' needs an array of probabilities, found a single number", f->name);
    return false;
  }
  int own = most - f->vector;
  *rank = nwritten >= 0 ? nwritten : own;
  for (int k = 0; k < own; k++) {
    Axis a = value_axis(el, like, k);
    int at = *rank - own + k;
    if (at < 0 || (nwritten >= 0 && !axis_equal(a, axes[at]))) {
      Text t = {.cx = el->cx};
      for (int j = 0; j < *rank; j++) text_printf(&t, "%s%lld", j ? ", " : "", (long long)axes[j].extent);
      elaborate_report(el, span,
                       "a draw of shape [%s] from '%s' with an argument %s: expected the same axes, or its last ones",
                       t.data ? t.data : "", f->name, value_shape(el, like));
      return false;
    }
    axes[at] = a;
    axes[at].scan = 0;
  }
  if (f->vector) axes[(*rank)++] = value_axis(el, like, most - 1);
  return true;
}

/* The distribution after '~'. One that is sought and not there is named. */
static Value *distribution_of(Elaborator *el, Scope *s, const Stmt *st) {
  const Expr *e = st->value;
  if (e->kind != EXPR_CALL || e->a->kind != EXPR_NAME || strcmp(e->a->name, "gamma") != 0 ||
      lookup_quiet(el, s, e->a->name))
    return elaborate_expr(el, s, e);
  elaborate_report(
    el, e->span,
    "draws from 'gamma' are not supported: they take an unknown number of attempts, and a program here draws a "
    "known number");
  elaborate_advise(el, "for a whole shape k, the sum of k draws of exponential(rate) is a draw of gamma(k, rate)");
  return value_poison(el, e->span);
}

static Value *drawn_value(Elaborator *el, Scope *s, const Stmt *st, Value *d, int nwritten, Axis *axes, Span span) {
  int rank;
  if (value_is_poison(d)) return d;
  const Family *f = d->kind == VALUE_DISTRIBUTION && d->name ? distribution_family(d->name) : NULL;
  if (!f) {
    elaborate_report(
      el, st->value->span,
      "a draw needs a distribution after '~', found %s; normal, uniform, exponential, laplace, gumbel, bernoulli "
      "and categorical are built in",
      d->kind == VALUE_DISTRIBUTION ? "one for the start of a parameter" : value_text(el, d));
    return value_poison(el, span);
  }
  if (el->in_optimizer && (nwritten >= 0 || f->vector)) {
    elaborate_report(
      el, nwritten >= 0 ? span : d->span,
      f->vector ? "'%s' draws a place of an array; an optimizer draws a number for each element of the parameter"
                : "a draw of an optimizer has the shape of the parameter and is written without one: %s ~ %s(...)",
      f->vector ? f->name : st->targets[0].name, f->name);
    return value_poison(el, span);
  }
  if (!el->in_optimizer && !shape_of_draw(el, d, f, nwritten, axes, &rank, span)) return value_poison(el, span);
  Value *args[4] = {el->in_optimizer ? noise_of_weight(el, f, span) : noise(el, f, rank, axes, span)};
  const char *names[4] = {NULL}, *name = intern(el->cx, arena_printf(el->cx, "draw_%s", f->name));
  Span spans[4] = {span};
  if (value_is_poison(args[0])) return args[0];
  for (int k = 0; k < d->nitems; k++) args[k + 1] = d->items[k], spans[k + 1] = d->span;
  Value *function = lookup(el, el->globals, name, d->span);
  if (value_is_poison(function)) return function;
  Value *v = call_function(el, s, function, st->value, d->nitems + 1, args, names, spans);
  Node *drawn = v->kind == VALUE_TENSOR ? v->read->node : NULL;
  while (drawn && drawn->nreads == 1 && drawn->op != OP_DRAWN) drawn = drawn->reads[0]->node;
  if (drawn && drawn->op == OP_DRAWN) drawn->span = span; /* where an error would be sought */
  return v;
}

/* Is this place of a target an extent (z[64], z[n] with a number n), not an index? */
static bool is_extent(Elaborator *el, Scope *s, const Binder *b) {
  if (!b->name) return true;
  Value *v = b->bound ? NULL : lookup_quiet(el, s, b->name);
  return v && (v->kind == VALUE_NUMBER || dim_is(el, v));
}

static bool written_extents(Elaborator *el, Scope *s, const Target *t, int from, Axis *axes) {
  for (int k = from; k < t->nbinders; k++) {
    const Binder *b = &t->binders[k];
    bool index = b->name && b->bound; /* i < 4 */
    Value *v = index ? NULL : b->name ? lookup(el, s, b->name, b->span) : elaborate_expr(el, s, b->bound);
    if (v && value_is_poison(v)) return false;
    if (!v || !is_extent(el, s, b)) {
      elaborate_report(el, b->span, "the places of a draw are extents (z[64]) or indices (z[i]), not both");
      return false;
    }
    if (!extent_of(el, v, b->span, "an extent", &axes[k - from])) return false;
  }
  return true;
}

static Value *indexed_draw(Elaborator *el, Scope *s, const Stmt *st, const Target *t, int from) {
  int vars[2 * MAX_AXES], n = t->nbinders - from;
  Axis axes[MAX_AXES];
  Scope *inner = scope_new(el, SCOPE_BLOCK, s);
  if (!extent_bind_indices(el, inner, t->binders + from, n, st->value, NULL, vars)) return value_poison(el, t->span);
  for (int k = 0; k < n; k++) scope_push_var(el, vars[k]);
  Value *v = drawn_value(el, inner, st, distribution_of(el, inner, st), -1, axes, t->span);
  scope_pop_vars(el, n);
  if (value_is_poison(v)) return v;
  Value *f = value_fresh(el, v);
  if (n + f->rank > MAX_AXES / 2) {
    elaborate_report(el, t->span, "'%s' would have %d axes; %d are the most", t->name, n + f->rank, MAX_AXES / 2);
    return value_poison(el, t->span);
  }
  memcpy(vars + n, f->vars, sizeof(int) * (size_t)f->rank);
  return value_fresh(el, value_tensor(el, f->read, n + f->rank, vars, t->span));
}

void draw_run(Elaborator *el, Scope *s, const Stmt *st) {
  const Target *t = &st->targets[0];
  bool step = scan_defines_step(s, t);
  int from = step ? 1 : 0;
  Axis axes[MAX_AXES];
  if (st->ntargets != 1) {
    elaborate_report(el, st->span, "one name stands left of '~': each draw is a statement of its own");
    for (int k = 0; k < st->ntargets; k++)
      scope_bind(el, s, st->targets[k].name, value_poison(el, st->span), st->targets[k].span);
    return;
  }
  path_name_calls(el, s, t->name, st->value, NULL);
  Value *v;
  if (t->nbinders == from) v = drawn_value(el, s, st, distribution_of(el, s, st), -1, axes, t->span);
  else if (el->in_optimizer) v = drawn_value(el, s, st, distribution_of(el, s, st), t->nbinders, axes, t->span);
  else if (t->nbinders - from > MAX_AXES / 2)
    elaborate_report(el, t->span, "'%s' would have %d axes; %d are the most", t->name, t->nbinders - from,
                     MAX_AXES / 2),
      v = value_poison(el, t->span);
  else if (!is_extent(el, s, &t->binders[from])) v = indexed_draw(el, s, st, t, from);
  else if (!written_extents(el, s, t, from, axes)) v = value_poison(el, t->span);
  else v = drawn_value(el, s, st, distribution_of(el, s, st), t->nbinders - from, axes, t->span);
  if (step) scan_define_step(el, s, t, v);
  else define_value(el, s, t, v);
}
