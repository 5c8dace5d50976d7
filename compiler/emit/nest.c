/* nest.c: loop nests: which loops, in which order, within which bounds.
 *
 * Loops are chosen as a list, then printed. Neighbouring loops over memory that is one run are merged. Guards become
 * bounds of the innermost loop that they depend on: 0 <= i + u - 2 < 28 in a loop over i lets i run from 2 - u to 30 -
 * u. An equality that fixes an own axis takes that axis' loop away: the sum is then a scatter. */
#include "emit/nest.h"

#include <string.h>

/* ---- extents ---- */

const char *nest_loop_end(Body *b, const Loop *l) {
  if (l->kind == AXIS_FLAT) return "count";
  if (l->kind == AXIS_PLAIN) return arena_printf(b->cx, "%lld", (long long)l->count);
  b->uses_count = true;
  return l->count == 1 ? "n" : arena_printf(b->cx, "n * %lld", (long long)l->count);
}

Loop nest_loop(const Node *n, int var) {
  Axis a = n->axes[var];
  return (Loop){var, var < n->naxes, a.kind == AXIS_PLAIN ? a.extent : 1, a.kind};
}

void nest_begin_loop(Body *b, const Loop *l) {
  const char *v = b->vars[l->var];
  body_begin(b, "for (%s %s = 0; %s < %s; %s++) {", l->kind == AXIS_FLAT ? "ptrdiff_t" : "int", v, v,
             nest_loop_end(b, l), v);
}

void nest_end(Body *b, int indent) {
  while (b->indent > indent) body_end(b);
}

const char *nest_extent(Body *b, Extent e) {
  if (!e.batch) return arena_printf(b->cx, "%lld", (long long)e.fixed);
  b->uses_count = true;
  return e.fixed == 1 ? "n" : arena_printf(b->cx, "n * %lld", (long long)e.fixed);
}

const char *nest_elements(Body *b, const Node *n) {
  Extent e = {1, false};
  for (int k = 0; k < n->naxes; k++) {
    if (n->axes[k].kind == AXIS_BATCH && !e.batch) e.batch = true;
    else e.fixed *= plan_extent(b->plan, n, k);
  }
  return nest_extent(b, e);
}

/* ---- merging ---- */

/* Is var part of something else than a flat index: a guard, an index value, a gather? */
static bool pinned_index(const Index *e, int var) { /* inside gathers only */
  for (int i = 0; i < e->n; i++)
    if (e->terms[i].gather && read_uses(e->terms[i].gather, var)) return true;
  return e->divisor != 1 && index_uses(e, var);
}

static bool pinned_read(Body *b, Read *r, int var) {
  const Node *n = r->node;
  for (int k = 0; k < n->naxes; k++)
    if (pinned_index(r->index[k], var)) return true;
  if (plan_storage(b->plan, n)->kind != STORAGE_INLINE) return false;
  Subst s = read_subst(r);
  if (n->value && index_uses(index_substitute(b->g, n->value, &s), var)) return true;
  for (int k = 0; k < n->nguards; k++)
    if (index_uses(index_substitute(b->g, n->guards[k].e, &s), var)) return true;
  for (int k = 0; k < n->nreads; k++)
    if (!plan_reads_again(n, k) && pinned_read(b, read_substitute(b->g, n->reads[k], &s), var)) return true;
  return false;
}

static bool pinned(const Nest *nest, int var) {
  const Node *n = nest->n;
  for (int k = 0; k < nest->nguards; k++)
    if (index_uses(nest->guards[k].e, var)) return true;
  if (n->value && index_uses(n->value, var)) return true;
  for (int k = 0; k < n->nreads; k++)
    if (pinned_read(nest->b, nest->reads[k], var)) return true;
  for (int k = 0; k < n->naxes; k++)
    if (nest->solved[k] && index_uses(nest->place[k], var)) return true;
  return false;
}

void nest_add_accesses(Nest *nest) {
  LeafList leaves = {0};
  for (int k = 0; k < nest->n->nreads; k++) plan_read_leaves(nest->b->plan, nest->reads[k], &leaves);
  for (int k = 0; k < leaves.n; k++)
    if (leaves.at[k].read->node->naxes && !leaves.at[k].gather)
      VEC_PUSH(nest->b->cx, &nest->accesses, plan_flat_index(nest->b->plan, leaves.at[k].read));
}

Index *nest_place(const Nest *nest) {
  Read r = {(Node *)nest->n, nest->place};
  return plan_flat_index(nest->b->plan, &r);
}

static bool one_run(const Nest *nest, const Loop *outer, const Loop *inner) {
  if (inner->kind != AXIS_PLAIN || outer->kind == AXIS_FLAT) return false;
  Index *place = nest_place(nest); /* an own loop and a summed one are no run here: only one of them moves it */
  if (index_coef(place, outer->var) != index_coef(place, inner->var) * inner->count) return false;
  for (int k = 0; k < nest->accesses.n; k++) {
    const Index *e = nest->accesses.at[k];
    if (e->divisor != 1 || index_coef(e, outer->var) != index_coef(e, inner->var) * inner->count) return false;
  }
  return true;
}

static bool all_mergeable(const Nest *nests, int count, const Loop *outer, const Loop *inner) {
  for (int k = 0; k < count; k++)
    if (!one_run(&nests[k], outer, inner) || pinned(&nests[k], outer->var) || pinned(&nests[k], inner->var))
      return false;
  return true;
}

/* Merges neighbours in nests[0].loops that are one run in all nests. */
void nest_merge(Nest *nests, int count) {
  Nest *first = &nests[0];
  for (int k = first->loops.n - 2; k >= 0 && !first->b->plan->options->no_fuse; k--) {
    Loop *outer = &first->loops.at[k], *inner = outer + 1;
    int64_t *last = first->b->last, joined = (last[outer->var] + 1) * inner->count;
    if (joined > INT32_MAX || !all_mergeable(nests, count, outer, inner)) continue;
    first->b->dropped[outer->var] = true;
    last[inner->var] = joined - 1;
    inner->count *= outer->count;
    inner->kind = outer->kind;
    memmove(outer, inner, sizeof(Loop) * (size_t)(first->loops.n - k - 1));
    first->loops.n--;
  }
}

/* ---- nests ---- */

Nest nest_new(Body *b, const Node *n) {
  Nest nest = {.b = b, .n = n, .nguards = n->nguards};
  nest.reads = ARENA_ARRAY(b->cx, Read *, n->nreads + 1);
  nest.guards = ARENA_ARRAY(b->cx, Guard, n->nguards + n->naxes + 1);
  nest.guard_done = ARENA_ARRAY(b->cx, bool, n->nguards + n->naxes + 1);
  nest.place = ARENA_ARRAY(b->cx, Index *, n->naxes + 1);
  for (int k = 0; k < n->nreads; k++) nest.reads[k] = n->reads[k];
  for (int k = 0; k < n->nguards; k++) nest.guards[k] = n->guards[k];
  for (int k = 0; k < n->naxes; k++) nest.place[k] = index_var(b->g, k);
  return nest;
}

/* In the order of memory: own batch axes first, wherever they stand. */
void nest_add_loops(Nest *nest) {
  const Node *n = nest->n;
  for (int pass = 0; pass < 2; pass++)
    for (int v = 0; v < n->naxes + n->nreduce; v++) {
      bool first = v < n->naxes && n->axes[v].kind == AXIS_BATCH;
      if (first == (pass == 0) && !nest->solved[v] && !nest->b->dropped[v] && !nest->b->held[v])
        VEC_PUSH(nest->b->cx, &nest->loops, nest_loop(n, v));
    }
}

/* What a destination or array element is called; scalars have their own name. */
const char *nest_target(Body *b, const Nest *nest) {
  Operand *o = body_operand(b, nest->n, NULL, true);
  const char *name = o->name;
  if (o->scalar) return name;
  return arena_printf(b->cx, "%s[%s]", name, code_place(b, nest_place(nest)));
}

/* A value that is kept for all times: its places at this one are no single run. */
static void fill_places(Body *b, const Nest *nest, const char *start) {
  int indent = b->indent;
  bool merged[MAX_AXES];
  memcpy(merged, b->dropped, sizeof merged);
  body_use_axes(b, nest->n);
  Nest all = nest_new(b, nest->n);
  nest_add_loops(&all);
  for (int k = 0; k < all.loops.n; k++)
    if (all.loops.at[k].own) nest_begin_loop(b, &all.loops.at[k]);
  body_line(b, "%s = %s;", nest_target(b, &all), plan_storage(b->plan, nest->n)->integer ? "0" : start);
  nest_end(b, indent);
  memcpy(b->dropped, merged, sizeof merged);
}

void nest_fill(Body *b, const Nest *nest, const char *start) {
  if (plan_storage(b->plan, nest->n)->kept) {
    fill_places(b, nest, start);
    return;
  }
  Operand *o = body_operand(b, nest->n, NULL, true);
  const char *name = o->name;
  Loop all = {0, true, 1, AXIS_PLAIN};
  for (int k = 0; k < nest->n->naxes; k++) {
    AxisKind kind = nest->n->axes[k].kind;
    if (kind == AXIS_PLAIN || all.kind != AXIS_PLAIN) all.count *= plan_extent(b->plan, nest->n, k);
    else all.kind = kind;
  }
  body_line(b, "for (int q = 0; q < %s; q++) %s[q] = %s;", nest_loop_end(b, &all), name,
            plan_storage(b->plan, nest->n)->integer ? "0" : start);
}

/* ---- guards as bounds ---- */

/* The innermost loop that e depends on, or -1. */
int nest_deepest(const Nest *nest, const Index *e) {
  int deep = -1;
  for (int k = 0; k < nest->loops.n; k++)
    if (index_uses(e, nest->loops.at[k].var)) deep = k;
  return deep;
}

/* A long index gets a name, because it stands in a line more than once. */
static Code named_bound(Body *b, const Index *e, const char *what, const char *near) {
  Code c = code_index(b, e);
  const char *v = strchr(near, '_');
  if (strlen(c.text) < 50 || !v) return c;
  const char *name = arena_printf(b->cx, "%s%s%d", what, v, ++b->ntemps);
  body_line(b, "const %s %s = %s;", code_type(c), name, code_narrowed(b, c, 5));
  return whole_code(name, 0, c.lo, c.hi);
}

/* What a guard says of a loop over v: v >= low / size and v < high / size, both rounded up. */
typedef struct Bounds {
  Index *low, *high;
  int64_t size;
} Bounds;

static Bounds bounds_of(Body *b, const Guard *q, const Loop *l) {
  Graph *g = b->g;
  Index top = *q->e;
  top.divisor = 1;
  int64_t c = index_coef(q->e, l->var), end;
  if (__builtin_mul_overflow(q->n, q->e->divisor, &end))
    whole_report_wide(b, arena_printf(b->cx, "%lld * %lld", (long long)q->n, (long long)q->e->divisor)), end = 1;
  Index *rest = index_combine(g, 1, &top, -c, index_var(g, l->var)), *minus = index_combine(g, -1, rest, 0, rest);
  if (c > 0) return (Bounds){minus, index_combine(g, 1, minus, 1, index_constant(g, end)), c};
  return (Bounds){index_combine(g, 1, rest, 1, index_constant(g, -end + 1)),
                  index_combine(g, 1, rest, 1, index_constant(g, 1)), -c};
}

/* In 64 bits. */
static void bound_wide(Body *b, Code bound, int64_t size, bool low, const char *from, const char *to) {
  const char *name = arena_printf(b->cx, "%s%d", low ? "low" : "high", ++b->ntemps);
  body_line(b, "const int %s = nn_first_place(%s, %lld, %s);", name, bound.text, (long long)size, to);
  if (low) body_line(b, "if (%s > %s) %s = %s;", name, from, from, name);
  else body_line(b, "if (%s < %s) %s = %s;", name, to, to, name);
}

/* Does `bound`, rounded up to a multiple of size, and a place times size, fit an int? */
static bool bound_fits_int(Code bound, int64_t size, int64_t last) {
  int64_t lo, hi;
  return !bound.wide && bound.hi <= INT32_MAX - (size - 1) && whole_range_times(0, last + 1, size, size, &lo, &hi) &&
         hi <= INT32_MAX;
}

/* Guard q bounds loop `k`: from and to are C variables. rest is what else the numerator holds. */
static void bound_by_guard(Nest *nest, const Guard *q, const Loop *l, const char *from, const char *to) {
  Body *b = nest->b;
  Bounds at = bounds_of(b, q, l);
  long long size = (long long)at.size;
  int64_t last = b->last[l->var];
  double lo, hi;
  bool known_low = index_range(NULL, at.low, b->axes, &lo, &hi);
  Code low = named_bound(b, at.low, "low", from), high = named_bound(b, at.high, "high", to);
  if (!known_low || hi > 0) { /* v >= low / size, rounded up */
    if (!bound_fits_int(low, at.size, last)) bound_wide(b, low, at.size, true, from, to);
    else if (size == 1) body_line(b, "if (%s > %s) %s = %s;", low.text, from, from, low.text);
    else
      body_line(b, "if (%s > %s * %lld) %s = (%s + %lld) / %lld;", low.text, from, size, from, low.text, size - 1,
                size);
  }
  bool known_high = index_range(NULL, at.high, b->axes, &lo, &hi);
  if (known_high && lo >= (double)l->count * (double)size && l->kind == AXIS_PLAIN) return;
  /* v < high / size, rounded up */
  if (!bound_fits_int(high, at.size, last)) bound_wide(b, high, at.size, false, from, to);
  else if (size == 1) body_line(b, "if (%s < %s) %s = %s;", high.text, to, to, high.text);
  else
    body_line(b, "if (%s < %s * %lld) %s = %s <= 0 ? 0 : (%s + %lld) / %lld;", high.text, to, size, to, high.text,
              high.text, size - 1, size);
}

/* Loop k of the nest, bounded by the guards that end there. `%` conditions open an if inside. */
void nest_begin_bounded(Nest *nest, int k) {
  Body *b = nest->b;
  const Loop *l = &nest->loops.at[k];
  bool strip = nest->in_strips && k == nest->loops.n - 1, bounded = false;
  const char *v = b->vars[l->var], *from = strip ? "start" : "0", *to = strip ? "end" : nest_loop_end(b, l);
  for (int q = 0; q < nest->nguards; q++) {
    const Guard *guard = &nest->guards[q];
    if (nest->guard_done[q] || nest_deepest(nest, guard->e) != k || !index_coef(guard->e, l->var) ||
        pinned_index(&(Index){guard->e->offset, 1, guard->e->n, guard->e->terms}, l->var))
      continue;
    if (!bounded) {
      bounded = true;
      body_line(b, "int from_%s = %s, to_%s = %s;", v, from, v, to);
      from = arena_printf(b->cx, "from_%s", v);
      to = arena_printf(b->cx, "to_%s", v);
    }
    bound_by_guard(nest, guard, l, from, to);
    nest->guard_done[q] = guard->e->divisor == 1;
  }
  body_begin(b, "for (%s %s = %s; %s < %s; %s++) {", l->kind == AXIS_FLAT ? "ptrdiff_t" : "int", v, from, v, to, v);
  for (int q = 0; q < nest->nguards; q++) {
    Guard *guard = &nest->guards[q];
    if (nest->guard_done[q] || nest_deepest(nest, guard->e) != k) continue;
    const char *when = code_guards(b, guard, 1);
    if (when) body_begin_guard(b, when);
    nest->guard_done[q] = true;
  }
}

/* Guards that depend on no loop at all (gathers of scalars). */
void nest_begin_outer_guards(Nest *nest, int opened) {
  for (int q = 0; q < nest->nguards; q++) {
    if (nest->guard_done[q] || nest_deepest(nest, nest->guards[q].e) >= opened) continue;
    const char *when = code_guards(nest->b, &nest->guards[q], 1);
    if (when) body_begin_guard(nest->b, when);
    nest->guard_done[q] = true;
  }
}

/* ---- scatters ---- */

static void substitute_nest(Nest *nest, int var, Index *by) {
  Graph *g = nest->b->g;
  Subst s = {0};
  subst_add(&s, var, by);
  for (int k = 0; k < nest->n->nreads; k++) nest->reads[k] = read_substitute(g, nest->reads[k], &s);
  for (int k = 0; k < nest->nguards; k++) nest->guards[k].e = index_substitute(g, nest->guards[k].e, &s);
  for (int k = 0; k < nest->n->naxes; k++) nest->place[k] = index_substitute(g, nest->place[k], &s);
}

/* An equality with own axis v, coefficient 1 or -1: v is computed, not looped over. */
static bool solve_guard(Nest *nest, int q) {
  const Index *e = nest->guards[q].e;
  for (int v = 0; v < nest->n->naxes; v++) {
    int64_t c = index_coef(e, v);
    if (nest->solved[v] || nest->b->held[v] || !plan_guard_fixes(nest->n, &nest->guards[q], v)) continue;
    Graph *g = nest->b->g;
    Index *rest = index_combine(g, 1, e, -c, index_var(g, v));
    Index *value = index_combine(g, -c, rest, 0, rest);
    nest->solved[v] = true;
    nest->guards[q] = nest->guards[--nest->nguards];
    substitute_nest(nest, v, value);
    nest->guards[nest->nguards++] = (Guard){value, nest->n->axes[v].extent};
    return true;
  }
  return false;
}

bool nest_solve_guards(Nest *nest) {
  bool any = false;
  for (int q = 0; q < nest->nguards; q++)
    if (solve_guard(nest, q)) any = true, q = -1;
  return any;
}

/* ---- order of loops ---- */

int nest_stride_penalty(const Nest *nest, int var) {
  int penalty = 0;
  int64_t c = index_coef(nest_place(nest), var);
  if (c != 0 && c != 1) penalty += 2;
  for (int k = 0; k < nest->accesses.n; k++) {
    c = index_coef(nest->accesses.at[k], var);
    penalty += c != 0 && c != 1;
  }
  for (int k = 0; k < nest->n->nreads; k++) penalty += pinned_read(nest->b, nest->reads[k], var);
  Axis a = nest->n->axes[var];
  return penalty + (a.kind == AXIS_PLAIN && a.extent < 8 ? 3 : 0);
}

/* Moves the best loop of the wanted class innermost (own ones first, then reduced, then, if own, that one). */
void nest_order(Nest *nest, bool scalar_only) {
  int best = -1, least = 1 << 30;
  for (int k = nest->loops.n - 1; k >= 0; k--) {
    const Loop *l = &nest->loops.at[k];
    if (l->own && scalar_only) continue;
    int p = 2 * nest_stride_penalty(nest, l->var) + l->own; /* a scalar is better than an array */
    if (p < least) least = p, best = k;
  }
  if (best < 0 || best == nest->loops.n - 1) return;
  Loop l = nest->loops.at[best];
  memmove(&nest->loops.at[best], &nest->loops.at[best + 1], sizeof(Loop) * (size_t)(nest->loops.n - best - 1));
  nest->loops.at[nest->loops.n - 1] = l;
}
