/* emit_c_nest.c: loop nests: elementwise groups, reductions, copies, pieces, packing.
 *
 * Loops are chosen as a list, then printed. Neighbouring loops over memory that is one run are merged. In a reduction the
 * innermost loop is the one with most unit strides: where that is a reduced axis, into a scalar (with 16 partial sums if it is
 * long, so that compilers use vectors without being allowed to reorder sums); where it is an own axis, into the array, which is
 * set to zero first. Guards become bounds of the innermost loop that they depend on. An equality that fixes an own axis takes
 * that axis' loop away: the sum is then a scatter. */
#include "emit_c.h"

#include <string.h>

enum { PARTS = 16, LONG_SUM = 64 };

typedef struct Loop {
  int var;
  bool own;
  int64_t count; /* of a PLAIN axis, or of what is merged into the batch */
  AxisKind kind;
} Loop;

typedef struct Nest {
  Body *b;
  const Node *n;
  Read **reads;
  Guard *guards;
  int nguards;
  bool *guard_done;
  Index **place;    /* of the result, by own axis */
  bool solved[MAX_AXES];
  VEC(Loop) loops;
  VEC(Index *) accesses; /* flat indices of all arrays read, for strides */
} Nest;

/* ---- extents ---- */

static const char *loop_end(Body *b, const Loop *l) {
  if (l->kind == AXIS_FLAT) return "count";
  if (l->kind == AXIS_PLAIN) return arena_printf(b->cx, "%lld", (long long)l->count);
  b->uses_count = true;
  return l->count == 1 ? "n" : arena_printf(b->cx, "n * %lld", (long long)l->count);
}

static Loop loop_over(const Node *n, int var) {
  Axis a = n->axes[var];
  return (Loop){var, var < n->naxes, a.kind == AXIS_PLAIN ? a.extent : 1, a.kind};
}

static void open_loop(Body *b, const Loop *l) {
  const char *v = b->vars[l->var];
  open_brace(b, "for (%s %s = 0; %s < %s; %s++) {", l->kind == AXIS_FLAT ? "ptrdiff_t" : "int", v, v, loop_end(b, l), v);
}

static void close_loops(Body *b, int indent) {
  while (b->indent > indent) close_brace(b);
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
    if (pinned_index(r->index[k], var) || (r->guarded >> k & 1 && index_uses(r->index[k], var))) return true;
  if (plan_place(b->plan, n)->kind != PLACE_INLINE) return false;
  Subst s = {0};
  for (int k = 0; k < n->naxes; k++) subst_add(&s, k, r->index[k]);
  if (n->value && index_uses(index_substitute(b->g, n->value, &s), var)) return true;
  for (int k = 0; k < n->nguards; k++)
    if (index_uses(index_substitute(b->g, n->guards[k].e, &s), var)) return true;
  for (int k = 0; k < n->nreads; k++)
    if (pinned_read(b, read_substitute(b->g, n->reads[k], &s), var)) return true;
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

static void add_accesses(Nest *nest) {
  LeafList leaves = {0};
  for (int k = 0; k < nest->n->nreads; k++) plan_read_leaves(nest->b->plan, nest->reads[k], &leaves);
  for (int k = 0; k < leaves.n; k++)
    if (leaves.at[k].read->node->naxes && !leaves.at[k].gather)
      VEC_PUSH(nest->b->cx, &nest->accesses, plan_flat_index(nest->b->plan, leaves.at[k].read));
}

static Index *flat_place(const Nest *nest) {
  Read r = {(Node *)nest->n, nest->place, 0};
  return plan_flat_index(nest->b->plan, &r);
}

static bool one_run(const Nest *nest, const Loop *outer, const Loop *inner) {
  if (inner->kind != AXIS_PLAIN || outer->own != inner->own || outer->kind == AXIS_FLAT) return false;
  Index *place = flat_place(nest);
  if (index_coef(place, outer->var) != index_coef(place, inner->var) * inner->count) return false;
  for (int k = 0; k < nest->accesses.n; k++) {
    const Index *e = nest->accesses.at[k];
    if (e->divisor != 1 || index_coef(e, outer->var) != index_coef(e, inner->var) * inner->count) return false;
  }
  return true;
}

static bool all_mergeable(const Nest *nests, int count, const Loop *outer, const Loop *inner) {
  for (int k = 0; k < count; k++)
    if (!one_run(&nests[k], outer, inner) || pinned(&nests[k], outer->var) || pinned(&nests[k], inner->var)) return false;
  return true;
}

/* Merges neighbours in nests[0].loops that are one run in all nests. */
static void merge_loops(Nest *nests, int count) {
  Nest *first = &nests[0];
  for (int k = first->loops.n - 2; k >= 0 && !first->b->plan->options->no_fuse; k--) {
    Loop *outer = &first->loops.at[k], *inner = outer + 1;
    if (!all_mergeable(nests, count, outer, inner)) continue;
    first->b->dropped[outer->var] = true;
    inner->count *= outer->count;
    inner->kind = outer->kind;
    memmove(outer, inner, sizeof(Loop) * (size_t)(first->loops.n - k - 1));
    first->loops.n--;
  }
}

/* ---- nests ---- */

static Nest nest_new(Body *b, const Node *n) {
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
static void add_loops(Nest *nest) {
  const Node *n = nest->n;
  for (int pass = 0; pass < 2; pass++)
    for (int v = 0; v < n->naxes + n->nreduce; v++) {
      bool first = v < n->naxes && n->axes[v].kind == AXIS_BATCH;
      if (first == (pass == 0) && !nest->solved[v] && !nest->b->dropped[v]) VEC_PUSH(nest->b->cx, &nest->loops, loop_over(n, v));
    }
}

/* What a destination or array element is called; scalars have their own name. */
static const char *target(Body *b, const Nest *nest) {
  Operand *o = operand(b, nest->n, NULL, true);
  const char *name = o->name;
  if (o->scalar) return name;
  return arena_printf(b->cx, "%s[%s]", name, code_index(b, flat_place(nest)).text);
}

/* ---- elementwise groups ---- */

static void name_in_group(Body *b, const Node *n, Code c) {
  c = spill(b, (Code){as_float(b, c, 5), 5, false});
  VEC_PUSH(b->cx, &b->temps, ((TempName){.node = n, .name = c.text}));
}

static bool is_stored(const Body *b, const Node *n) {
  PlaceKind kind = plan_place(b->plan, n)->kind;
  return kind == PLACE_WORK || kind == PLACE_DEST;
}

static void store(Body *b, const Nest *nest, Code c) {
  const char *to = target(b, nest);
  if (plan_place(b->plan, nest->n)->integer) line(b, "%s = %s;", to, as_integer(b, c));
  else line(b, "%s = %s;", to, as_float(b, c, 5));
}

void emit_scalars(Body *b, const Step *step) {
  for (int i = 0; i < step->nodes.n; i++) {
    const Node *n = step->nodes.at[i];
    use_axes(b, n);
    Code c = code_body(b, n, n->reads, n->guards, n->nguards, n->value);
    const char *name = operand(b, n, NULL, true)->name;
    bool integer = plan_place(b->plan, n)->integer;
    line(b, "const %s %s = %s;", integer ? "int32_t" : "float", name, integer ? as_integer(b, c) : as_float(b, c, 5));
    b->temps.n = 0;
  }
}

static void store_flat_roots(Body *b) { /* all values first: a root may be what another one reads */
  for (int k = 0; k < b->plan->nroots; k++) {
    const Root *r = &b->plan->roots[k];
    Index *index[1] = {index_var(b->g, 0)};
    Code c = spill(b, code_read(b, read_make(b->g, r->node, index, 0)));
    VEC_PUSH(b->cx, &b->temps, ((TempName){.read = read_make(b->g, r->node, index, 0), .name = c.text}));
  }
  for (int k = 0; k < b->plan->nroots; k++) {
    const Root *r = &b->plan->roots[k];
    Index *index[1] = {index_var(b->g, 0)};
    line(b, "%s[%s] = %s;", b->root_names[k], b->vars[0], code_read(b, read_make(b->g, r->node, index, 0)).text);
  }
}

/* The one loop of an elementwise optimizer, over a run of parameters. */
void emit_flat(Body *b) {
  int indent = b->indent;
  use_axes(b, b->plan->roots[0].node);
  open_brace(b, "for (ptrdiff_t %s = 0; %s < count; %s++) {", b->vars[0], b->vars[0], b->vars[0]);
  for (int s = 0; s < b->plan->steps.n; s++)
    for (int k = 0; k < b->plan->steps.at[s].nodes.n; k++) {
      const Node *n = b->plan->steps.at[s].nodes.at[k];
      if (n->naxes) name_in_group(b, n, code_body(b, n, n->reads, n->guards, n->nguards, n->value));
    }
  store_flat_roots(b);
  close_loops(b, indent);
}

void emit_map(Body *b, const Step *step) {
  int count = step->nodes.n, indent = b->indent;
  Nest *nests = ARENA_ARRAY(b->cx, Nest, count);
  use_axes(b, step->nodes.at[0]);
  for (int k = 0; k < count; k++) {
    nests[k] = nest_new(b, step->nodes.at[k]);
    add_accesses(&nests[k]);
  }
  add_loops(&nests[0]);
  merge_loops(nests, count);
  for (int k = 0; k < nests[0].loops.n; k++) open_loop(b, &nests[0].loops.at[k]);
  for (int k = 0; k < count; k++) {
    const Node *n = step->nodes.at[k];
    Code c = code_body(b, n, n->reads, n->guards, n->nguards, n->value);
    if (count > 1) name_in_group(b, n, c);
    else store(b, &nests[k], c);
  }
  for (int k = 0; k < count && count > 1; k++) {
    if (!is_stored(b, step->nodes.at[k])) continue;
    for (int t = 0; t < b->temps.n; t++)
      if (b->temps.at[t].node == step->nodes.at[k]) store(b, &nests[k], (Code){b->temps.at[t].name, 0, false});
  }
  close_loops(b, indent);
}

/* ---- guards as bounds ---- */

/* The innermost loop that e depends on, or -1. */
static int deepest(const Nest *nest, const Index *e) {
  int deep = -1;
  for (int k = 0; k < nest->loops.n; k++)
    if (index_uses(e, nest->loops.at[k].var)) deep = k;
  return deep;
}

/* Guard q bounds loop `k`: from and to are C variables. rest is what else the numerator holds. */
static void bound_by_guard(Nest *nest, const Guard *q, const Loop *l, const char *from, const char *to) {
  Body *b = nest->b;
  Index top = *q->e;
  top.divisor = 1;
  int64_t c = index_coef(q->e, l->var), end = q->n * q->e->divisor, size = c < 0 ? -c : c;
  Index *rest = index_combine(b->g, 1, &top, -c, index_var(b->g, l->var));
  Index *low = c > 0 ? index_combine(b->g, -1, rest, 0, rest) : index_combine(b->g, 1, rest, 1, index_constant(b->g, -end + 1));
  Index *high = c > 0 ? index_combine(b->g, -1, rest, 1, index_constant(b->g, end)) : index_combine(b->g, 1, rest, 1, index_constant(b->g, 1));
  double lo, hi;
  bool known_low = index_range(NULL, low, b->axes, &lo, &hi);
  if (!known_low || hi > 0) { /* v >= low / size, rounded up */
    if (size == 1) line(b, "if (%s > %s) %s = %s;", code_index(b, low).text, from, from, code_index(b, low).text);
    else line(b, "if (%s > %s * %lld) %s = (%s + %lld) / %lld;", code_index(b, low).text, from, (long long)size, from, code_index(b, low).text,
              (long long)size - 1, (long long)size);
  }
  bool known_high = index_range(NULL, high, b->axes, &lo, &hi);
  if (known_high && lo >= (double)(l->count * size) && l->kind == AXIS_PLAIN) return;
  /* v < high / size, rounded up */
  if (size == 1) line(b, "if (%s < %s) %s = %s;", code_index(b, high).text, to, to, code_index(b, high).text);
  else line(b, "if (%s < %s * %lld) %s = %s <= 0 ? 0 : (%s + %lld) / %lld;", code_index(b, high).text, to, (long long)size, to,
            code_index(b, high).text, code_index(b, high).text, (long long)size - 1, (long long)size);
}

/* Loop k of the nest, bounded by the guards that end there. `%` conditions open an if inside. */
static void open_bounded(Nest *nest, int k) {
  Body *b = nest->b;
  const Loop *l = &nest->loops.at[k];
  const char *v = b->vars[l->var], *from = "0", *to = loop_end(b, l);
  for (int q = 0; q < nest->nguards; q++) {
    const Guard *guard = &nest->guards[q];
    if (nest->guard_done[q] || deepest(nest, guard->e) != k || !index_coef(guard->e, l->var) || pinned_index(&(Index){guard->e->offset, 1, guard->e->n, guard->e->terms}, l->var))
      continue;
    if (from[0] == '0') {
      line(b, "int from_%s = 0, to_%s = %s;", v, v, to);
      from = arena_printf(b->cx, "from_%s", v);
      to = arena_printf(b->cx, "to_%s", v);
    }
    bound_by_guard(nest, guard, l, from, to);
    nest->guard_done[q] = guard->e->divisor == 1;
  }
  open_brace(b, "for (%s %s = %s; %s < %s; %s++) {", l->kind == AXIS_FLAT ? "ptrdiff_t" : "int", v, from, v, to, v);
  for (int q = 0; q < nest->nguards; q++) {
    Guard *guard = &nest->guards[q];
    if (nest->guard_done[q] || deepest(nest, guard->e) != k) continue;
    const char *when = code_guards(b, guard, 1);
    if (when) open_brace(b, "if (%s) {", when);
    nest->guard_done[q] = true;
  }
}

/* Guards that depend on no loop at all (gathers of scalars). */
static void open_outermost_guards(Nest *nest, int opened) {
  for (int q = 0; q < nest->nguards; q++) {
    if (nest->guard_done[q] || deepest(nest, nest->guards[q].e) >= opened) continue;
    const char *when = code_guards(nest->b, &nest->guards[q], 1);
    if (when) open_brace(nest->b, "if (%s) {", when);
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
  if (nest->guards[q].n != 1 || e->divisor != 1) return false;
  for (int v = 0; v < nest->n->naxes; v++) {
    int64_t c = index_coef(e, v);
    if (nest->solved[v] || (c != 1 && c != -1) || pinned_index(e, v) || nest->n->axes[v].kind != AXIS_PLAIN) continue;
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

static bool solve_guards(Nest *nest) {
  bool any = false;
  for (int q = 0; q < nest->nguards; q++)
    if (solve_guard(nest, q)) any = true, q = -1;
  return any;
}

/* ---- order of loops ---- */

static int stride_penalty(const Nest *nest, int var) {
  int penalty = 0;
  int64_t c = index_coef(flat_place(nest), var);
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
static void order_loops(Nest *nest, bool scalar_only) {
  int best = -1, least = 1 << 30;
  for (int k = nest->loops.n - 1; k >= 0; k--) {
    const Loop *l = &nest->loops.at[k];
    if (l->own && scalar_only) continue;
    int p = 2 * stride_penalty(nest, l->var) + l->own; /* a scalar is better than an array */
    if (p < least) least = p, best = k;
  }
  if (best < 0 || best == nest->loops.n - 1) return;
  Loop l = nest->loops.at[best];
  memmove(&nest->loops.at[best], &nest->loops.at[best + 1], sizeof(Loop) * (size_t)(nest->loops.n - best - 1));
  nest->loops.at[nest->loops.n - 1] = l;
}

/* ---- reductions ---- */

static const struct {
  const char *start, *update; /* of accumulator %s with value %s */
} reductions[] = {
    [RED_NONE] = {"0.0f", "%s = %s;"}, [RED_SUM] = {"0.0f", "%s += %s;"}, [RED_MAX] = {"-INFINITY", NULL}, [RED_MIN] = {"INFINITY", NULL},
    [RED_PROD] = {"1.0f", "%s *= %s;"}, [RED_LOGSUMEXP] = {"-INFINITY", NULL}};

static void update(Body *b, Reduction r, const char *to, const char *value) {
  switch (r) {
  case RED_NONE: line(b, "%s = %s;", to, value); return;
  case RED_SUM: line(b, "%s += %s;", to, value); return;
  case RED_PROD: line(b, "%s *= %s;", to, value); return;
  case RED_MIN: line(b, "%s = nn_minf(%s, %s);", to, to, value); return;
  default: line(b, "%s = nn_maxf(%s, %s);", to, to, value); return;
  }
}

static Code term(Nest *nest) { return code_body(nest->b, nest->n, nest->reads, NULL, 0, nest->n->value); }

static const char *scaled(Body *b, const Node *n, Code c) {
  if (n->scale == 1) return as_float(b, c, 5);
  if (n->scale == -1) return arena_printf(b->cx, "-%s", as_float(b, c, 1));
  if (n->nreads == 0) return c_float(b->cx, n->scale);
  return arena_printf(b->cx, "%s * %s", c_float(b->cx, n->scale), as_float(b, c, 1));
}

static void fill(Body *b, const Nest *nest, const char *start) {
  Operand *o = operand(b, nest->n, NULL, true);
  const char *name = o->name;
  Loop all = {0, true, 1, AXIS_PLAIN};
  for (int k = 0; k < nest->n->naxes; k++) {
    AxisKind kind = nest->n->axes[k].kind;
    if (kind == AXIS_PLAIN || all.kind != AXIS_PLAIN) all.count *= plan_extent(b->plan, nest->n, k);
    else all.kind = kind;
  }
  line(b, "for (int q = 0; q < %s; q++) %s[q] = %s;", loop_end(b, &all), name, plan_place(b->plan, nest->n)->integer ? "0" : start);
}

/* Own axis innermost: added up in the array. */
static void reduce_in_array(Nest *nest, bool scatter) {
  Body *b = nest->b;
  int indent = b->indent;
  Reduction r = nest->n->reduction;
  int inner = nest->loops.n - 1, own = 0;
  while (own < inner && nest->loops.at[own].own) own++;
  bool inside = !scatter && own > 0; /* set one row at a time, while it is near */
  for (int q = 0; q < nest->nguards; q++) inside = inside && deepest(nest, nest->guards[q].e) >= own;
  int k = 0;
  if (inside) {
    for (; k < own; k++) open_bounded(nest, k);
    Loop row = nest->loops.at[inner];
    const char *v = b->vars[row.var];
    line(b, "for (int %s = 0; %s < %s; %s++) %s = %s;", v, v, loop_end(b, &row), v, target(b, nest), reductions[r].start);
  } else {
    fill(b, nest, reductions[r].start);
    open_outermost_guards(nest, 0);
  }
  for (; k <= inner; k++) open_bounded(nest, k);
  Code c = term(nest);
  if (r == RED_SUM || r == RED_NONE) c = (Code){scaled(b, nest->n, c), 2, false};
  if (r == RED_NONE && plan_place(b->plan, nest->n)->integer) line(b, "%s = %s;", target(b, nest), as_integer(b, c));
  else update(b, r, target(b, nest), as_float(b, c, 5));
  close_loops(b, indent);
}

static bool sums_in_parts(const Nest *nest, const Loop *l) {
  const Node *n = nest->n;
  if (n->reduction != RED_SUM || l->kind != AXIS_PLAIN || l->count < LONG_SUM || stride_penalty(nest, l->var) > 0) return false;
  for (int q = 0; q < nest->nguards; q++)
    if (!nest->guard_done[q] && index_uses(nest->guards[q].e, l->var)) return false;
  return true;
}

/* The innermost loop of a long sum: PARTS sums side by side, then the rest. */
static void sum_in_parts(Nest *nest, const Loop *l, const char *acc) {
  Body *b = nest->b;
  const char *v = b->vars[l->var];
  long long whole = l->count / PARTS * PARTS;
  open_brace(b, "for (int end = 0; end < %lld; end += %d) {", whole, PARTS);
  open_brace(b, "for (int q = 0; q < %d; q++) {", PARTS);
  line(b, "const int %s = end + q;", v);
  line(b, "part[q] += %s;", as_float(b, term(nest), 5));
  b->temps.n = 0;
  close_brace(b);
  close_brace(b);
  if (whole == l->count) return;
  open_brace(b, "for (int %s = %lld; %s < %lld; %s++) {", v, whole, v, (long long)l->count, v);
  line(b, "%s += %s;", acc, as_float(b, term(nest), 5));
  b->temps.n = 0;
  close_brace(b);
}

static const char *reduced_place(Nest *nest) { /* counted row by row through the reduced axes */
  Graph *g = nest->b->g;
  const Node *n = nest->n;
  Index *e = index_constant(g, 0);
  int64_t stride = 1;
  for (int v = n->naxes + n->nreduce - 1; v >= n->naxes; v--) {
    e = index_combine(g, 1, e, stride, index_var(g, v));
    stride *= n->axes[v].extent;
  }
  return code_index(nest->b, e).text;
}

static void open_reduced(Nest *nest, int first, int last) {
  for (int k = first; k < last; k++) open_bounded(nest, k);
}

static void finish_scalar(Nest *nest, const char *value) {
  Body *b = nest->b;
  if (nest->n->naxes == 0) line(b, "%s = %s;", operand(b, nest->n, NULL, true)->name, value);
  else line(b, "%s = %s;", target(b, nest), value);
}

static void reduce_to_place(Nest *nest, int own) { /* ARGMAX, ARGMIN */
  Body *b = nest->b;
  int indent = b->indent;
  bool most = nest->n->reduction == RED_ARGMAX;
  line(b, "float best = %s;", most ? "-INFINITY" : "INFINITY");
  line(b, "int place = 0;");
  open_reduced(nest, own, nest->loops.n);
  Code c = spill(b, term(nest));
  line(b, "if (%s %s best) { best = %s; place = %s; }", as_float(b, c, 3), most ? ">" : "<", as_float(b, c, 5), reduced_place(nest));
  close_loops(b, indent);
  finish_scalar(nest, plan_place(b->plan, nest->n)->integer ? "place" : "(float)place");
}

static void reduce_to_logsumexp(Nest *nest, int own) {
  Body *b = nest->b;
  int indent = b->indent;
  bool *done = arena_copy(b->cx, nest->guard_done, sizeof(bool) * (size_t)(nest->nguards + 1));
  line(b, "float most = -INFINITY, sum = 0.0f;");
  open_reduced(nest, own, nest->loops.n);
  update(b, RED_MAX, "most", as_float(b, term(nest), 5));
  close_loops(b, indent);
  b->temps.n = 0;
  memcpy(nest->guard_done, done, sizeof(bool) * (size_t)nest->nguards);
  open_reduced(nest, own, nest->loops.n);
  line(b, "sum += nn_expf(%s - most);", as_float(b, term(nest), 3));
  close_loops(b, indent);
  /* an infinite or NaN maximum is the result */
  finish_scalar(nest, "most - most == 0.0f ? most + nn_logf(sum) : most");
}

static void reduce_to_scalar(Nest *nest, int own) {
  Body *b = nest->b;
  int indent = b->indent;
  Reduction r = nest->n->reduction;
  const Loop *last = &nest->loops.at[nest->loops.n - 1];
  bool parts = nest->loops.n > own && sums_in_parts(nest, last);
  line(b, "float acc = %s;", reductions[r].start);
  if (parts) line(b, "float part[%d] = {0};", PARTS);
  open_outermost_guards(nest, own);
  open_reduced(nest, own, nest->loops.n - parts);
  if (parts) sum_in_parts(nest, last, "acc");
  else update(b, r, "acc", as_float(b, term(nest), 5));
  close_loops(b, indent);
  if (parts) line(b, "for (int q = 0; q < %d; q++) acc += part[q];", PARTS);
  finish_scalar(nest, r == RED_SUM ? scaled(b, nest->n, (Code){"acc", 0, false}) : "acc");
}

/* Own loops outside, reduced ones inside. */
static void sort_own_first(Nest *nest) {
  VEC(Loop) sorted = {0};
  for (int pass = 0; pass < 2; pass++)
    for (int k = 0; k < nest->loops.n; k++)
      if (nest->loops.at[k].own == (pass == 0)) VEC_PUSH(nest->b->cx, &sorted, nest->loops.at[k]);
  memcpy(nest->loops.at, sorted.at, sizeof(Loop) * (size_t)sorted.n);
}

void emit_reduce(Body *b, const Node *n) {
  int indent = b->indent;
  use_axes(b, n);
  Nest nest = nest_new(b, n);
  bool scatter = n->reduction == RED_SUM && solve_guards(&nest);
  bool needs_scalar = n->reduction == RED_ARGMAX || n->reduction == RED_ARGMIN || n->reduction == RED_LOGSUMEXP || n->naxes == 0;
  add_loops(&nest);
  add_accesses(&nest);
  sort_own_first(&nest);
  bool places = n->reduction == RED_ARGMAX || n->reduction == RED_ARGMIN;
  if (!places) order_loops(&nest, needs_scalar);
  if (!places) merge_loops(&nest, 1);
  if (scatter || (nest.loops.n && nest.loops.at[nest.loops.n - 1].own && !needs_scalar)) {
    reduce_in_array(&nest, scatter);
    return;
  }
  int own = 0;
  while (own < nest.loops.n && nest.loops.at[own].own) own++;
  for (int k = 0; k < own; k++) open_loop(b, &nest.loops.at[k]);
  if (places) reduce_to_place(&nest, own);
  else if (n->reduction == RED_LOGSUMEXP) reduce_to_logsumexp(&nest, own);
  else reduce_to_scalar(&nest, own);
  close_loops(b, indent);
}

/* ---- copies, pieces, packing ---- */

void emit_copy(Body *b, Node *n, const char *to, bool integer) {
  int indent = b->indent;
  use_axes(b, n);
  Nest nest = nest_new(b, n);
  Read *self = read_make(b->g, n, nest.place, 0);
  add_loops(&nest);
  for (int k = 0; k < nest.loops.n; k++) open_loop(b, &nest.loops.at[k]);
  Code c = code_read(b, self);
  const char *value = integer ? as_integer(b, c) : as_float(b, c, 5);
  line(b, "%s[%s] = %s;", to, code_index(b, flat_place(&nest)).text, value);
  close_loops(b, indent);
}

static bool boxes_meet(const Node *n, int p, int q) {
  for (int k = 0; k < n->naxes; k++) {
    if (n->axes[k].kind != AXIS_PLAIN) continue;
    int64_t a = n->offsets[p * n->naxes + k], c = n->offsets[q * n->naxes + k];
    if (a + n->reads[p]->node->axes[k].extent <= c || c + n->reads[q]->node->axes[k].extent <= a) return false;
  }
  return true;
}

static bool boxes_cover(const Node *n) {
  double volume = 0, whole = 1;
  for (int k = 0; k < n->naxes; k++) whole *= n->axes[k].kind == AXIS_PLAIN ? (double)n->axes[k].extent : 1;
  for (int p = 0; p < n->nreads; p++) {
    double box = 1;
    for (int k = 0; k < n->naxes; k++) box *= n->axes[k].kind == AXIS_PLAIN ? (double)n->reads[p]->node->axes[k].extent : 1;
    volume += box;
  }
  return volume == whole;
}

static void emit_piece(Body *b, const Node *n, int p, bool add) {
  int indent = b->indent;
  Node *piece = n->reads[p]->node;
  use_axes(b, piece);
  Nest nest = nest_new(b, piece);
  add_loops(&nest);
  Index *index[MAX_AXES];
  for (int k = 0; k < n->naxes; k++)
    index[k] = index_combine(b->g, 1, index_var(b->g, k), 1, index_constant(b->g, n->offsets[p * n->naxes + k]));
  Read to = {(Node *)n, index, 0};
  Operand *o = operand(b, n, NULL, true);
  const char *name = o->name;
  for (int k = 0; k < nest.loops.n; k++) open_loop(b, &nest.loops.at[k]);
  Code c = code_read(b, read_make(b->g, piece, nest.place, 0));
  const char *value = plan_place(b->plan, n)->integer ? as_integer(b, c) : as_float(b, c, 5);
  line(b, "%s[%s] %s %s;", name, code_index(b, plan_flat_index(b->plan, &to)).text, add ? "+=" : "=", value);
  close_loops(b, indent);
  b->temps.n = 0;
}

void emit_pieces(Body *b, const Node *n) {
  bool meet = false;
  for (int p = 0; p < n->nreads; p++)
    for (int q = 0; q < p; q++) meet = meet || boxes_meet(n, p, q);
  use_axes(b, n);
  Nest nest = nest_new(b, n);
  if (meet || !boxes_cover(n)) fill(b, &nest, "0.0f");
  for (int p = 0; p < n->nreads; p++) emit_piece(b, n, p, meet);
}

/* The operand of a product as a row-major matrix in scratch, zero where guards fail. The outer variables are loops already. */
void emit_pack(Body *b, const Node *n, const Pack *pack) {
  int indent = b->indent;
  Nest nest = nest_new(b, n);
  nest.nguards = 0;
  for (int k = 0; k < n->nguards; k++)
    if (pack->guards >> k & 1) nest.guards[nest.nguards++] = n->guards[k];
  Index *to = index_constant(b->g, 0);
  int64_t stride = 1;
  for (int k = pack->naxes - 1; k >= 0; k--) {
    to = index_combine(b->g, 1, to, stride, index_var(b->g, pack->axes[k]));
    stride *= n->axes[pack->axes[k]].extent;
  }
  for (int k = 0; k < pack->naxes; k++) VEC_PUSH(b->cx, &nest.loops, loop_over(n, pack->axes[k]));
  Operand *o = operand(b, n, pack, true);
  const char *name = o->name;
  if (nest.nguards) line(b, "for (int q = 0; q < %lld; q++) %s[q] = 0.0f;", (long long)stride, name);
  open_outermost_guards(&nest, 0);
  for (int k = 0; k < nest.loops.n; k++) open_bounded(&nest, k);
  Code c = code_read(b, (Read *)pack->read);
  line(b, "%s[%s] = %s;", name, code_index(b, to).text, as_float(b, c, 5));
  close_loops(b, indent);
  b->temps.n = 0;
}
