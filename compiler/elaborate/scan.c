/* scan.c: `scan t < T { }`: a recurrence in, the sequences that it defines out.
 *
 * Time is one more free variable. A carried value h is, inside, a leaf (PREV) for h[t-1] and the value defined in this
 * step for h[t]; outside it is the RESULT of the step at all times. What a carried value looks like (its axes, which
 * examples and indices it depends on, whether it is whole) follows from its start and from the step, and the step from
 * it: the body is elaborated quietly until that no longer changes, then once more for good. */
#include "elaborate/scan.h"
#include "elaborate/statement.h"

#include <math.h>
#include <string.h>

enum { MOST_TRIALS = 8 };

/* ---- in the body ---- */

bool scan_defines_step(const Scope *s, const Target *t) {
  const ScanScope *scan = scope_scan(s);
  return scan && t->indexed && t->nbinders > 0 && t->binders[0].name == scan->name && !t->binders[0].bound;
}

static void add_var(int *vars, int *n, int v) {
  int at = *n;
  for (int k = 0; k < *n; k++)
    if (vars[k] == v) return;
  if (*n == MAX_AXES) return;
  while (at > 0 && vars[at - 1] > v) vars[at] = vars[at - 1], at--;
  vars[at] = v;
  ++*n;
}

static bool owns(const Value *v, int var) { return vars_contain(v->vars, v->rank, var); }

/* The variables that v depends on besides its own, and the time. */
static int context_of(const ScanScope *scan, const Value *v, int *vars) {
  int all[2 * MAX_AXES], m = read_vars(v->read, all, 0), n = 0;
  for (int k = 0; k < m; k++)
    if (!owns(v, all[k])) add_var(vars, &n, all[k]);
  add_var(vars, &n, scan->time);
  return n;
}

/* A step's value under the user's name, with the time as an axis of it whether it depends on it or not. */
static Value *named_step(Elaborator *el, const ScanScope *scan, const char *label, Value *v) {
  int vars[2 * MAX_AXES], n;
  Index *index[2 * MAX_AXES];
  Value *f = value_fresh(el, v);
  n = context_of(scan, f, vars);
  for (int j = 0; j < f->rank; j++) vars[n++] = f->vars[j];
  Node *node = build_name(el->g, label, f->read, n, vars, false);
  for (int k = 0; k < n; k++) index[k] = index_var(el->g, vars[k]);
  Value *w = value_tensor(el, read_make(el->g, node, index), f->rank, f->vars, v->span);
  w->name = label;
  return w;
}

void scan_define_step(Elaborator *el, Scope *s, const Target *t, Value *v) {
  ScanScope *scan = scope_scan(s);
  Value *x = value_is_poison(v) ? NULL : value_as_tensor(el, v, t->span, "a sequence");
  Binding *b = scope_find(s, t->name);
  Value *sequence = b && b->value->kind == VALUE_SEQUENCE && b->value->scan == scan ? b->value : NULL;
  if (sequence && sequence->now && !s->may_redefine) {
    elaborate_report(el, t->span, "'%s[%s]' is already defined in this scan", t->name, scan->name);
    elaborate_remark(el, sequence->span, "it is defined here");
    return;
  }
  if (!sequence) {
    sequence = value_new(el, VALUE_SEQUENCE, t->span);
    sequence->scan = scan;
    sequence->name = t->name;
    scope_bind(el, s, t->name, sequence, t->span);
  }
  sequence->now = x ? named_step(el, scan, t->name, x) : value_poison(el, t->span);
  sequence->now->span = sequence->span = t->span;
  define_path(el, s, sequence->now, t->name);
  for (int k = 0; k < scan->nsequences; k++)
    if (scan->sequences[k].name == t->name) {
      scan->sequences[k].value = sequence;
      return;
    }
  if (scan->nsequences == MOST_SEQUENCES)
    elaborate_report(el, t->span, "more than %d sequences in one scan", MOST_SEQUENCES);
  else scan->sequences[scan->nsequences++] = (struct Sequence){t->name, t->span, sequence};
}

/* ---- the starts ---- */

static void collect_inits(ScanScope *scan, Elaborator *el, Scope *outer, const Block *b) {
  for (int k = 0; k < b->n; k++) {
    const Stmt *st = b->at[k];
    for (int j = 0; st->kind == STMT_INIT && j < st->ndecls; j++) {
      const Decl *d = &st->decls[j];
      for (int i = 0; i < scan->ncarried; i++)
        if (scan->carried[i].decl->name == d->name) {
          elaborate_report(el, d->span, "'%s' has two starts", d->name);
          elaborate_remark(el, scan->carried[i].decl->span, "the first one is here");
        }
      if (scan->ncarried == MOST_CARRIES) {
        elaborate_report(el, d->span, "more than %d carried values in one scan", MOST_CARRIES);
        return;
      }
      Value *v = elaborate_expr(el, outer, d->init);
      Value *x = value_is_poison(v) ? NULL : value_as_tensor(el, v, d->init->span, "the start of a carried value");
      if (!x) el->failed = true;
      scan->carried[scan->ncarried++] = (Carried){.decl = d, .init = x};
    }
  }
}

/* Not over the examples unless the start is: a recurrence of parameters alone is computed once, not for each of them.
 */
static void first_guess(Elaborator *el, ScanScope *scan, Carried *c) {
  Value *x = value_fresh(el, c->init);
  c->ncontext = context_of(scan, x, c->context);
  c->rank = x->rank;
  memcpy(c->own, x->vars, sizeof c->own);
  c->integer = x->read->node->integer;
  c->lo = x->read->node->lo;
  c->hi = x->read->node->hi;
}

static Value *prev_value(Elaborator *el, ScanScope *scan, Carried *c, int slot) {
  Axis axes[2 * MAX_AXES];
  Index *index[2 * MAX_AXES];
  int n = c->ncontext + c->rank;
  for (int k = 0; k < n; k++) {
    int v = k < c->ncontext ? c->context[k] : c->own[k - c->ncontext];
    axes[k] = graph_var_axis(el->g, v);
    index[k] = index_var(el->g, v);
  }
  const char *label = arena_printf(el->cx, "%s.prev", c->decl->name);
  c->prev = build_prev(el->g, scan->scan, slot, n, axes, label, c->integer, c->integer ? c->lo : -INFINITY,
                       c->integer ? c->hi : INFINITY);
  Value *v = value_tensor(el, read_make(el->g, c->prev, index), c->rank, c->own, c->decl->span);
  v->name = c->decl->name;
  return v;
}

/* ---- one pass through the body ---- */

/* Sequences without a start are known from the beginning too, so that reading one too early is said to be that. */
static void foresee(Elaborator *el, Scope *inner, ScanScope *scan, const Block *b) {
  for (int k = 0; k < b->n; k++) {
    const Stmt *st = b->at[k];
    for (int j = 0; j < st->ntargets; j++) {
      const Target *t = &st->targets[j];
      bool known = false;
      if ((st->kind != STMT_DEFINE && st->kind != STMT_DRAW) || !scan_defines_step(inner, t)) continue;
      for (Binding *q = inner->first; q; q = q->next) known = known || q->name == t->name;
      if (known) continue;
      Value *sequence = value_new(el, VALUE_SEQUENCE, t->span);
      sequence->scan = scan;
      sequence->name = t->name;
      scope_bind(el, inner, t->name, sequence, t->span);
    }
  }
}

static Scope *run_body(Elaborator *el, Scope *s, ScanScope *scan) {
  Scope *inner = scope_new(el, SCOPE_BLOCK, s);
  Value *ignored = NULL;
  inner->scan = scan;
  scan->nsequences = 0;
  Value *time = value_tensor(el, build_index(el->g, index_var(el->g, scan->time)), 0, NULL, scan->stmt->binder.span);
  time->name = scan->name;
  scope_bind(el, inner, scan->name, time, scan->stmt->binder.span);
  for (int k = 0; k < scan->ncarried; k++) {
    if (!scan->carried[k].init) {
      scope_bind(el, inner, scan->carried[k].decl->name, value_poison(el, scan->carried[k].decl->span),
                 scan->carried[k].decl->span);
      continue;
    }
    Value *sequence = value_new(el, VALUE_SEQUENCE, scan->carried[k].decl->span);
    sequence->scan = scan;
    sequence->name = scan->carried[k].decl->name;
    sequence->before = prev_value(el, scan, &scan->carried[k], k);
    scope_bind(el, inner, sequence->name, sequence, sequence->span);
  }
  foresee(el, inner, scan, &scan->stmt->body);
  scope_push_var(el, scan->time);
  statement_run_block(el, inner, &scan->stmt->body, &ignored);
  scope_pop_vars(el, 1);
  return inner;
}

static Value *next_of(Elaborator *el, Scope *inner, const Carried *c) {
  Binding *b = scope_find(inner, c->decl->name);
  if (b && b->value->kind == VALUE_SEQUENCE && b->value->now) return b->value->now;
  elaborate_report(el, c->decl->span, "'%s' has a start, but the scan does not define '%s[...]'", c->decl->name,
                   c->decl->name);
  return NULL;
}

/* Are the axes of c the last ones of v? Then its start may be spread to v's shape. */
static bool ends_alike(Elaborator *el, const Carried *c, const Value *v) {
  bool same = true;
  for (int j = 1; j <= c->rank; j++)
    same = same && axis_equal(graph_var_axis(el->g, c->own[c->rank - j]), value_axis(el, v, v->rank - j));
  return same;
}

typedef struct Growth { /* of a whole value from one step to the next: by down..up, or to a value of lo..hi */
  double down, up, lo, hi;
} Growth;

static bool growth(const Node *n, const Node *prev, Growth *g, int depth) {
  Growth a, b;
  while (n->kind == NODE_NAME) n = n->reads[0]->node;
  *g = (Growth){0, 0, INFINITY, -INFINITY};
  if (n == prev) return true;
  if (n->kind == NODE_MAP && depth > 0 && (n->op == OP_ADD || n->op == OP_SUB))
    for (int k = 0; k < (n->op == OP_ADD ? 2 : 1); k++) { /* what grows, and what it grows by */
      const Node *by = n->reads[1 - k]->node;
      double low = n->op == OP_ADD ? by->lo : -by->hi, high = n->op == OP_ADD ? by->hi : -by->lo;
      if (!node_is_bounded(by) || !growth(n->reads[k]->node, prev, &a, depth - 1)) continue;
      *g = (Growth){fmin(0, a.down + low), fmax(0, a.up + high), a.lo + low, a.hi + high};
      return true;
    }
  if (n->kind == NODE_MAP && depth > 0 && (n->op == OP_WHERE || n->op == OP_MAX || n->op == OP_MIN)) {
    int first = n->op == OP_WHERE;
    if (!growth(n->reads[first]->node, prev, &a, depth - 1) || !growth(n->reads[first + 1]->node, prev, &b, depth - 1))
      return false;
    *g = (Growth){fmin(a.down, b.down), fmax(a.up, b.up), fmin(a.lo, b.lo), fmax(a.hi, b.hi)};
    return true;
  }
  if (!node_is_bounded(n)) return false;
  *g = (Growth){0, 0, n->lo, n->hi};
  return true;
}

/* Bounds of a counter: it grows by so much in each step, and there are so many. They hold if they come out within those
 * that the value was taken to have. */
static bool counted(const Elaborator *el, const ScanScope *scan, const Carried *c, const Node *next, double *lo,
                    double *hi) {
  Growth g;
  double steps = (double)el->g->scans[scan->scan].extent;
  const Node *init = c->init->read->node;
  if (!node_is_bounded(init) || !growth(next, c->prev, &g, 16)) return false;
  *lo = fmin(init->lo, g.lo) + steps * g.down;
  *hi = fmax(init->hi, g.hi) + steps * g.up;
  return number_is_exact(*lo) && number_is_exact(*hi);
}

/* Takes over what the step says of c; true where that is new. */
static bool learn(Elaborator *el, const ScanScope *scan, Carried *c, const Value *next, int trial) {
  int vars[2 * MAX_AXES], n = context_of(scan, next, vars);
  bool changed = false;
  for (int k = 0; k < n; k++) {
    int before = c->ncontext;
    add_var(c->context, &c->ncontext, vars[k]);
    changed = changed || c->ncontext > before;
  }
  if (next->rank > c->rank && ends_alike(el, c, next)) {
    const Value *f = value_fresh(el, next);
    c->rank = f->rank;
    memcpy(c->own, f->vars, sizeof c->own);
    changed = true;
  }
  const Node *y = next->read->node;
  if (c->integer && !y->integer) c->integer = false, changed = true;
  double lo = y->lo, hi = y->hi;
  if (trial > 3 && trial < MOST_TRIALS - 2) counted(el, scan, c, y, &lo, &hi);
  if (c->integer && (lo < c->lo || hi > c->hi)) {
    bool unbounded = trial >= MOST_TRIALS - 2;
    c->lo = unbounded ? -INFINITY : fmin(c->lo, lo);
    c->hi = unbounded ? INFINITY : fmax(c->hi, hi);
    changed = true;
  }
  return changed;
}

static bool learn_carried(Elaborator *el, Scope *s, ScanScope *scan) {
  Program *p = el->program;
  for (int trial = 0; trial < MOST_TRIALS; trial++) {
    bool quiet = el->quiet, failed = el->failed, changed = false;
    int params = p->params.n, states = p->states.n, named = el->named.n, updates = el->updates.n, draws = p->ndraws;
    el->quiet = true;
    el->failed = false;
    Scope *inner = run_body(el, s, scan);
    for (int k = 0; k < scan->ncarried && !el->failed; k++) {
      Value *next = next_of(el, inner, &scan->carried[k]);
      if (next && !value_is_poison(next)) changed = learn(el, scan, &scan->carried[k], next, trial) || changed;
    }
    bool bad = el->failed;
    el->quiet = quiet;
    el->failed = failed;
    p->params.n = params, p->states.n = states, el->named.n = named, el->updates.n = updates, p->ndraws = draws;
    if (bad || !changed) return !bad;
  }
  return true;
}

/* ---- closing ---- */

/* v at the axes of c, in c's order; without the time for a start. */
static Node *fitted(Elaborator *el, const ScanScope *scan, const Carried *c, const Value *v, bool start) {
  int vars[2 * MAX_AXES], n = 0;
  Index *index[MAX_AXES];
  for (int k = 0; k < c->ncontext; k++)
    if (!start || c->context[k] != scan->time) vars[n++] = c->context[k];
  for (int j = 0; j < c->rank; j++) vars[n++] = c->own[j];
  for (int j = 0; j < v->rank; j++) index[j] = index_var(el->g, c->own[c->rank - v->rank + j]);
  return build_tensor(el->g, value_at(el, v, v->rank, index)->read, n, vars);
}

static bool fits(Elaborator *el, const Carried *c, const Value *v, Span span, bool start) {
  bool same = v->rank <= c->rank && (start || v->rank == c->rank);
  for (int j = 0; same && j < v->rank; j++) {
    int at = c->rank - v->rank + j;
    same = axis_equal(value_axis(el, v, j), graph_var_axis(el->g, c->own[at]));
  }
  if (same) return true;
  Value shape = {.kind = VALUE_TENSOR, .rank = c->rank};
  memcpy(shape.vars, c->own, sizeof shape.vars);
  elaborate_report(el, span,
                   start ? "the start of '%s' is %s, but the step makes it %s"
                         : "the step makes '%s' %s, but it starts as %s",
                   c->decl->name, value_text(el, v), value_text(el, &shape));
  if (!start) elaborate_remark(el, c->decl->span, "its start is here");
  return false;
}

static bool close_carries(Elaborator *el, Scope *inner, ScanScope *scan, Carry *carries) {
  bool fine = true;
  for (int k = 0; k < scan->ncarried; k++) {
    Carried *c = &scan->carried[k];
    Value *next = next_of(el, inner, c);
    if (!next || value_is_poison(next) || !fits(el, c, next, next->span, false) ||
        !fits(el, c, c->init, c->decl->init->span, true)) {
      fine = false;
      continue;
    }
    carries[k] = (Carry){k, c->prev, fitted(el, scan, c, next, false), fitted(el, scan, c, c->init, true)};
  }
  return fine;
}

/* The sequence outside of its scan: time is its first axis. */
static Value *whole_sequence(Elaborator *el, const ScanScope *scan, Value *now, const Carry *carries) {
  int vars[2 * MAX_AXES], n = context_of(scan, now, vars), own[MAX_AXES];
  Axis axis = graph_var_axis(el->g, scan->time);
  axis.scan = 0;
  for (int j = 0; j < now->rank; j++) vars[n + j] = now->vars[j];
  Node *body = build_tensor(el->g, now->read, n + now->rank, vars);
  Node *result = build_result(el->g, scan->scan, body, scan->ncarried, carries);
  Index *index[2 * MAX_AXES];
  own[0] = graph_var(el->g, axis);
  for (int k = 0; k < n + now->rank; k++) {
    bool mine = k >= n;
    if (mine) own[1 + k - n] = graph_var(el->g, graph_var_axis(el->g, vars[k]));
    index[k] = index_var(el->g, mine ? own[1 + k - n] : vars[k] == scan->time ? own[0] : vars[k]);
  }
  return value_tensor(el, read_make(el->g, result, index), 1 + now->rank, own, now->span);
}

static void bind_sequences(Elaborator *el, Scope *s, const ScanScope *scan, const Carry *carries, bool fine) {
  for (int k = 0; k < scan->nsequences; k++) {
    const struct Sequence *q = &scan->sequences[k];
    Value *now = q->value->now;
    bool bad = !fine || !now || value_is_poison(now);
    if (!bad && now->rank + 1 > MAX_AXES / 2) {
      elaborate_report(el, q->span, "'%s' would have %d axes; %d are the most", q->name, now->rank + 1, MAX_AXES / 2);
      bad = true;
    }
    Value *v = bad ? value_poison(el, q->span) : whole_sequence(el, scan, now, carries);
    v->name = q->name;
    v->span = q->span;
    if (define_allowed(el, s, q->name, q->span)) define_result(el, s, q->name, v, q->span);
  }
}

void scan_run(Elaborator *el, Scope *s, const Stmt *st) {
  ScanScope *scan = ARENA_NEW(el->cx, ScanScope);
  scan->el = el;
  scan->stmt = st;
  scan->name = st->binder.name;
  Axis axis;
  if (!extent_of(el, elaborate_expr(el, s, st->binder.bound), st->binder.bound->span, "the bound of `scan`", &axis))
    return;
  axis.scan = scan->scan = graph_scan(el->g, (Scan){.extent = axis.extent});
  scan->time = graph_var(el->g, axis);
  bool failed = el->failed;
  el->failed = false;
  collect_inits(scan, el, s, &st->body);
  bool starts = !el->failed;
  el->failed = el->failed || failed;
  for (int k = 0; k < scan->ncarried; k++)
    if (scan->carried[k].init) first_guess(el, scan, &scan->carried[k]);
  if (starts) learn_carried(el, s, scan);
  Scope *inner = run_body(el, s, scan);
  Carry *carries = ARENA_ARRAY(el->cx, Carry, scan->ncarried + 1);
  bool fine = starts && close_carries(el, inner, scan, carries);
  bind_sequences(el, s, scan, carries, fine);
}
