/* reduce_loops.c: reductions: sum, product, largest, smallest, and the places of these (emit_reduce, below).
 *
 * The innermost loop is the one with most unit strides. Where that is a reduced axis, the result grows in a scalar,
 * with 16 partial sums if the loop is long, so that compilers use vectors without being allowed to reorder sums. A
 * float that a million terms run through loses digits (Higham 1993, eq. 2.6: the error grows with their number): beyond
 * DEEP_SUM terms the scalar is a double, beyond FLUSH terms one into which the partial sums go now and then. Where it
 * is an own axis, the result grows in the array, which is set to zero first; beyond DEEP_SUM terms, STRIP results at a
 * time in doubles, each of which takes up BLOCK terms at once. */
#include "emit/name.h"
#include "emit/nest.h"

#include <string.h>

enum { PARTS = 16, LONG_SUM = 64, FLUSH = 1024, STRIP = 256, BLOCK = 32 };

/* ---- reductions ---- */

static const char *start_of(const Body *b, Reduction r) { return c_real(b->em, reduction_rows[r].start); }

static void update(Body *b, Reduction r, const char *to, const char *value) {
  switch (r) {
  case RED_NONE: body_line(b, "%s = %s;", to, value); return;
  case RED_SUM: body_line(b, "%s += %s;", to, value); return;
  case RED_PROD: body_line(b, "%s *= %s;", to, value); return;
  case RED_MIN: body_line(b, "%s = nn_minf(%s, %s);", to, to, value); return;
  default: body_line(b, "%s = nn_maxf(%s, %s);", to, to, value); return;
  }
}

static Code term(Nest *nest) { return code_body(nest->b, nest->n, nest->reads, NULL, 0, nest->n->value); }

/* Is the result of whole values that a float might round? Then it is made of whole steps. */
static bool sums_whole(const Body *b, const Node *n) {
  return node_is_bounded(n) &&
         (plan_beyond_floats(b->plan, n) || (n->nreads && plan_beyond_floats(b->plan, n->reads[0]->node)));
}

static Code scaled_whole(Body *b, const Node *n, Code c) {
  return n->scale == 1 ? c : whole_times(b, whole_constant(b, (int64_t)n->scale), c);
}

static const char *scaled(Body *b, const Node *n, Code c) {
  if (n->scale == 1) return code_float(b, c, 5);
  if (n->scale == -1) return arena_printf(b->cx, "-%s", code_float(b, c, 1));
  return arena_printf(b->cx, "%s * %s", c_real(b->em, n->scale), code_float(b, c, 1));
}

static int outer_own_loops(const Nest *nest) {
  int own = 0;
  while (own < nest->loops.n - 1 && nest->loops.at[own].own) own++;
  return own;
}

/* Does a guard leave rows out? */
static bool guards_rows(const Nest *nest, int own) {
  for (int q = 0; q < nest->nguards; q++)
    if (nest_deepest(nest, nest->guards[q].e) < own) return true;
  return false;
}

static void clear_lost(Body *b, const Node *n, const Pack *lost) {
  const char *name = body_operand(b, n, lost, true)->name;
  body_line(b, "for (int q = 0; q < %s; q++) %s[q] = 0.0f;", nest_elements(b, n), name);
}

/* A term of a long scatter, with what rounding took from those before it. */
static void grow(Nest *nest, const Pack *lost, const char *value) {
  Body *b = nest->b;
  const char *to = nest_target(b, nest), *place = code_place(b, nest_place(nest)),
             *kept = body_operand(b, nest->n, lost, true)->name;
  body_line(b, "nn_growf(&%s, &%s[%s], %s);", to, kept, place, value);
}

/* Own axis innermost: added up in the array. */
static void reduce_in_array(Nest *nest, bool scatter) {
  Body *b = nest->b;
  int indent = b->indent;
  Reduction r = nest->n->reduction;
  const Storage *p = plan_storage(b->plan, nest->n);
  int inner = nest->loops.n - 1, own = outer_own_loops(nest);
  bool inside = !scatter && own > 0 && !guards_rows(nest, own); /* set one row at a time, while it is near */
  int k = 0;
  if (inside) {
    for (; k < own; k++) nest_begin_bounded(nest, k);
    Loop row = nest->loops.at[inner];
    const char *v = b->vars[row.var];
    body_begin(b, "for (int %s = 0; %s < %s; %s++) {", v, v, nest_loop_end(b, &row), v);
    body_line(b, "%s = %s;", nest_target(b, nest), start_of(b, r));
    body_end(b);
  } else {
    nest_fill(b, nest, start_of(b, r));
    if (scatter && p->lost) clear_lost(b, nest->n, p->lost);
    nest_begin_outer_guards(nest, 0);
  }
  for (; k <= inner; k++) nest_begin_bounded(nest, k);
  Code c = term(nest);
  if (nest->n->nreads == 0 && p->integer) c = whole_constant(b, (int64_t)nest->n->scale);
  else if (nest->n->nreads == 0) c = (Code){.text = c_real(b->em, nest->n->scale), .level = 1};
  else if (c.integer && node_is_bounded(nest->n) && (r == RED_SUM || r == RED_NONE)) c = scaled_whole(b, nest->n, c);
  else if (r == RED_SUM || r == RED_NONE) c = (Code){.text = scaled(b, nest->n, c), .level = 2};
  if (p->integer)
    body_line(b, "%s %s %s;", nest_target(b, nest),
              r == RED_NONE ? "=" : "+=", whole_element(b, c, nest->n, true, p->wide, 5)); /* a scatter */
  else if (scatter && p->lost) grow(nest, p->lost, code_float(b, c, 5));
  else update(b, r, nest_target(b, nest), code_float(b, c, 5));
  nest_end(b, indent);
}

/* A long sum with an own axis innermost: a strip of results at a time, BLOCK terms of each in a float, these in a
 * double. */
static void begin_strip(Nest *nest, long long width) {
  Body *b = nest->b;
  const Loop *row = &nest->loops.at[nest->loops.n - 1];
  const char *end = nest_loop_end(b, row);
  if (nest->in_strips) {
    body_begin(b, "for (int start = 0; start < %s; start += %d) {", end, STRIP);
    body_line(b, "const int end = %s - start < %d ? %s : start + %d;", end, STRIP, end, STRIP);
  }
  body_line(b, "double sum[%lld] = {0};", width);
  body_line(b, "float part[%lld] = {0};", width);
  body_line(b, "int terms = 0;");
}

static void close_strip(Nest *nest, const char *flush, const char *place) {
  Body *b = nest->b;
  const Loop *row = &nest->loops.at[nest->loops.n - 1];
  const char *v = b->vars[row->var];
  body_line(b, "%s", flush);
  body_begin(b, "for (int %s = %s; %s < %s; %s++) {", v, nest->in_strips ? "start" : "0", v,
             nest->in_strips ? "end" : nest_loop_end(b, row), v);
  Code sum = {.text = arena_printf(b->cx, "(float)sum[%s]", place), .level = 1};
  body_line(b, "%s = %s;", nest_target(b, nest), scaled(b, nest->n, sum));
  body_end(b);
}

static void reduce_in_strips(Nest *nest) {
  Body *b = nest->b;
  int indent = b->indent, inner = nest->loops.n - 1, own = outer_own_loops(nest), k = 0;
  const Loop *row = &nest->loops.at[inner];
  const char *v = b->vars[row->var];
  nest->in_strips = row->kind != AXIS_PLAIN || row->count > STRIP;
  long long width = nest->in_strips ? STRIP : row->count;
  const char *place = nest->in_strips ? arena_printf(b->cx, "%s - start", v) : v;
  const char *flush =
    arena_printf(b->cx, "for (int q = 0; q < %lld; q++) sum[q] += (double)part[q], part[q] = 0.0f;", width);
  if (guards_rows(nest, own)) nest_fill(b, nest, start_of(b, RED_SUM)), nest_begin_outer_guards(nest, 0);
  for (; k < own; k++) nest_begin_bounded(nest, k);
  begin_strip(nest, width);
  int strip = b->indent;
  for (; k < inner; k++) nest_begin_bounded(nest, k);
  int within = b->indent;
  nest_begin_bounded(nest, inner);
  body_line(b, "part[%s] += %s;", place, code_float(b, term(nest), 5));
  nest_end(b, within);
  b->temps.n = 0;
  body_begin(b, "if (++terms == %d) {", BLOCK);
  body_line(b, "%s", flush);
  body_line(b, "terms = 0;");
  nest_end(b, strip);
  close_strip(nest, flush, place);
  nest_end(b, indent);
}

static bool sums_in_parts(const Nest *nest, const Loop *l) {
  const Node *n = nest->n;
  if (n->reduction != RED_SUM || l->kind != AXIS_PLAIN || l->count < LONG_SUM || nest_stride_penalty(nest, l->var) > 0)
    return false;
  for (int q = 0; q < nest->nguards; q++)
    if (!nest->guard_done[q] && index_uses(nest->guards[q].e, l->var)) return false;
  return true;
}

static void add_term(Nest *nest, const char *acc) {
  Body *b = nest->b;
  const char *cast = nest->deep ? "(double)" : "", *sign = nest->n->reduction == RED_PROD ? "*" : "+";
  body_line(b, "%s %s= %s%s;", acc, sign, cast, code_float(b, term(nest), nest->deep ? 0 : 5));
  b->temps.n = 0;
}

static void flush_parts(const Nest *nest, const char *acc) {
  if (nest->deep) body_line(nest->b, "for (int q = 0; q < %d; q++) %s += (double)part[q], part[q] = 0.0f;", PARTS, acc);
  else body_line(nest->b, "for (int q = 0; q < %d; q++) %s += part[q];", PARTS, acc);
}

/* The innermost loop of a long sum: PARTS sums side by side, then the rest. */
static void sum_in_parts(Nest *nest, const Loop *l, const char *acc) {
  Body *b = nest->b;
  const char *v = b->vars[l->var];
  long long whole = l->count / PARTS * PARTS;
  bool runs = whole > FLUSH;
  if (runs) body_begin(b, "for (int start = 0; start < %lld; start += %d) {", whole, FLUSH);
  if (runs) body_begin(b, "for (int end = start; end < %lld && end < start + %d; end += %d) {", whole, FLUSH, PARTS);
  else body_begin(b, "for (int end = 0; end < %lld; end += %d) {", whole, PARTS);
  body_begin(b, "for (int q = 0; q < %d; q++) {", PARTS);
  body_line(b, "const int %s = end + q;", v);
  body_line(b, "part[q] += %s;", code_float(b, term(nest), 5));
  b->temps.n = 0;
  body_end(b);
  body_end(b);
  if (runs) {
    flush_parts(nest, acc);
    body_end(b);
  }
  if (whole != l->count) {
    body_begin(b, "for (int %s = %lld; %s < %lld; %s++) {", v, whole, v, (long long)l->count, v);
    add_term(nest, acc);
    body_end(b);
  }
  if (runs || !nest->deep) return;
  body_begin(b, "if ((terms += %lld) >= %d) {", (long long)l->count, FLUSH);
  flush_parts(nest, acc);
  body_line(b, "terms = 0;");
  body_end(b);
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
  return code_narrowed(nest->b, code_index(nest->b, e), 5);
}

static void begin_reduced(Nest *nest, int first, int last) {
  for (int k = first; k < last; k++) nest_begin_bounded(nest, k);
}

static void finish_scalar(Nest *nest, const char *value) {
  Body *b = nest->b;
  if (nest->n->naxes == 0) body_line(b, "%s = %s;", body_operand(b, nest->n, NULL, true)->name, value);
  else body_line(b, "%s = %s;", nest_target(b, nest), value);
}

static void reduce_to_place(Nest *nest, int own) { /* ARGMAX, ARGMIN */
  Body *b = nest->b;
  int indent = b->indent;
  bool most = nest->n->reduction == RED_ARGMAX;
  const Node *of = nest->n->reads[0]->node;
  bool whole = plan_beyond_floats(b->plan, of);
  if (whole) body_line(b, "int64_t best = %lld;", (long long)(most ? of->lo - 1 : of->hi + 1));
  else body_line(b, "float best = %s;", start_of(b, nest->n->reduction));
  Code place = whole_code("place", 0, 0, (int64_t)nest->n->hi);
  body_line(b, "%s place = 0;", code_type(place));
  begin_reduced(nest, own, nest->loops.n);
  Code c = code_spill(b, whole ? whole_of(b, term(nest), of) : term(nest));
  const char *test = whole ? c.text : code_float(b, c, 3), *value = whole ? c.text : code_float(b, c, 5);
  body_line(b, "if (%s %s best) { best = %s; place = %s; }", test, most ? ">" : "<", value, reduced_place(nest));
  nest_end(b, indent);
  const Storage *p = plan_storage(b->plan, nest->n);
  finish_scalar(nest, whole_element(b, place, nest->n, p->integer, p->wide, 5));
}

/* Of whole values, in whole numbers: every partial result is within the bounds of the result, or of a term. */
static void reduce_whole(Nest *nest, int own) {
  Body *b = nest->b;
  const Node *n = nest->n;
  int indent = b->indent;
  Reduction r = n->reduction;
  int64_t scale = r == RED_SUM && n->scale != 0 ? (int64_t)n->scale : 1, lo = (int64_t)n->lo / scale,
          hi = (int64_t)n->hi / scale;
  if (r == RED_SUM || r == RED_PROD) lo = hi = hi > lo ? (hi > -lo ? hi : -lo) : (lo > -hi ? lo : -hi), lo = -lo;
  Code acc = whole_code("acc", 0, lo, hi);
  body_line(b, "%s acc = %lld;", code_type(acc),
            r == RED_MAX    ? (long long)n->lo
            : r == RED_MIN  ? (long long)n->hi
            : r == RED_PROD ? 1LL
                            : 0LL);
  nest_begin_outer_guards(nest, own);
  begin_reduced(nest, own, nest->loops.n);
  Code c = term(nest);
  c = n->nreads ? whole_of(b, c, n->reads[0]->node) : whole_constant(b, 1);
  if (r == RED_SUM || r == RED_PROD)
    body_line(b, "acc %s= %s;", r == RED_SUM ? "+" : "*",
              c.wide && !acc.wide ? arena_printf(b->cx, "(int)%s", code_parens(b, c, 0)) : code_parens(b, c, 5));
  else {
    c = code_spill(b, c);
    body_line(b, "if (%s %s acc) acc = %s;", c.text, r == RED_MAX ? ">" : "<", c.text);
  }
  nest_end(b, indent);
  const Storage *p = plan_storage(b->plan, n);
  Code result = r == RED_SUM ? scaled_whole(b, n, acc) : acc;
  finish_scalar(nest, whole_element(b, result, n, p->integer, p->wide, 5));
}

static void reduce_to_scalar(Nest *nest, int own) {
  Body *b = nest->b;
  int indent = b->indent;
  Reduction r = nest->n->reduction;
  const Loop *last = nest->loops.n ? &nest->loops.at[nest->loops.n - 1] : NULL;
  bool parts = nest->loops.n > own && sums_in_parts(nest, last);
  nest->deep = (r == RED_SUM || r == RED_PROD) && plan_terms(nest->b->plan, nest->n) > (parts ? FLUSH : DEEP_SUM);
  body_line(b, "%s acc = %s;", nest->deep ? "double" : "float",
            !nest->deep    ? start_of(b, r)
            : r == RED_SUM ? "0.0"
                           : "1.0");
  if (parts) body_line(b, "float part[%d] = {0};", PARTS);
  if (parts && nest->deep && last->count / PARTS * PARTS <= FLUSH) body_line(b, "int terms = 0;");
  nest_begin_outer_guards(nest, own);
  begin_reduced(nest, own, nest->loops.n - parts);
  if (parts) sum_in_parts(nest, last, "acc");
  else if (r == RED_SUM || r == RED_PROD) add_term(nest, "acc");
  else update(b, r, "acc", code_float(b, term(nest), 5));
  nest_end(b, indent);
  if (parts) flush_parts(nest, "acc");
  const Storage *p = plan_storage(b->plan, nest->n);
  bool plain = !nest->deep || (p->integer && nest->n->scale == 1);
  Code sum = {.text = plain ? "acc" : "(float)acc", .level = !plain};
  Code result = {.text = r == RED_SUM ? scaled(b, nest->n, sum) : sum.text, .level = r == RED_SUM ? 2 : sum.level};
  finish_scalar(nest, whole_element(b, result, nest->n, p->integer, p->wide, 5));
}

/* Own loops outside, reduced ones inside. */
static void sort_own_first(Nest *nest) {
  VEC(Loop) sorted = {0};
  for (int pass = 0; pass < 2; pass++)
    for (int k = 0; k < nest->loops.n; k++)
      if (nest->loops.at[k].own == (pass == 0)) VEC_PUSH(nest->b->cx, &sorted, nest->loops.at[k]);
  if (sorted.n) memcpy(nest->loops.at, sorted.at, sizeof(Loop) * (size_t)sorted.n);
}

void emit_reduce(Body *b, const Node *n) {
  int indent = b->indent;
  body_use_axes(b, n);
  Nest nest = nest_new(b, n);
  bool scatter = n->reduction == RED_SUM && nest_solve_guards(&nest);
  bool needs_scalar = reduction_rows[n->reduction].place || n->naxes == 0 || plan_storage(b->plan, n)->integer ||
                      sums_whole(b, n) || /* a whole result is made in a variable, a long product in a double */
                      (n->reduction == RED_PROD && plan_terms(b->plan, n) > DEEP_SUM);
  nest_add_loops(&nest);
  nest_add_accesses(&nest);
  sort_own_first(&nest);
  bool places = reduction_rows[n->reduction].place;
  if (!places) nest_order(&nest, needs_scalar);
  if (!places) nest_merge(&nest, 1);
  if (scatter || (nest.loops.n && nest.loops.at[nest.loops.n - 1].own && !needs_scalar)) {
    bool deep = !scatter && n->reduction == RED_SUM && plan_terms(b->plan, n) > DEEP_SUM;
    if (deep && nest.loops.at[nest.loops.n - 1].kind != AXIS_FLAT) reduce_in_strips(&nest);
    else reduce_in_array(&nest, scatter);
    return;
  }
  int own = 0;
  while (own < nest.loops.n && nest.loops.at[own].own) own++;
  for (int k = 0; k < own; k++) nest_begin_loop(b, &nest.loops.at[k]);
  if (places) reduce_to_place(&nest, own);
  else if (sums_whole(b, n)) reduce_whole(&nest, own);
  else reduce_to_scalar(&nest, own);
  nest_end(b, indent);
}
