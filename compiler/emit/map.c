/* map.c: steps that reduce nothing: elementwise groups, copies, pieces, packing for matrix products.
 *
 * A group is one nest; each node of it a local constant; what is read elsewhere is stored at the end of the body. */
#include "emit/nest.h"

#include <string.h>

/* c, a value of n, as the array of `stored` holds it. */
static const char *as_stored_in(Body *b, Code c, const Node *n, const Node *stored) {
  const Storage *p = plan_storage(b->plan, stored);
  return whole_element(b, c, n, p->integer, p->wide, 5);
}

static const char *as_stored(Body *b, Code c, const Node *n) { return as_stored_in(b, c, n, n); }

/* ---- elementwise groups ---- */

static void name_in_group(Body *b, const Node *n, Code c) {
  if (plan_beyond_floats(b->plan, n)) c = whole_of(b, c, n);
  c = code_spill(b, c);
  VEC_PUSH(b->cx, &b->temps, ((TempName){.node = n, .value = c}));
}

static bool is_stored(const Body *b, const Node *n) {
  StorageKind kind = plan_storage(b->plan, n)->kind;
  return kind == STORAGE_WORK || kind == STORAGE_DEST;
}

static void store(Body *b, const Nest *nest, Code c) {
  const char *to = nest_target(b, nest);
  body_line(b, "%s = %s;", to, as_stored(b, c, nest->n));
}

void emit_scalars(Body *b, const Step *step) {
  for (int i = 0; i < step->nodes.n; i++) {
    const Node *n = step->nodes.at[i];
    body_use_axes(b, n);
    Code c = code_body(b, n, n->reads, n->guards, n->nguards, n->value);
    const char *name = body_operand(b, n, NULL, true)->name;
    const Storage *p = plan_storage(b->plan, n);
    body_line(b, "const %s %s = %s;", body_element_type(p->integer, p->wide), name, as_stored(b, c, n));
    b->temps.n = 0;
  }
}

static void store_flat_roots(Body *b) { /* all values first: a root may be what another one reads */
  for (int k = 0; k < b->plan->nroots; k++) {
    const Root *r = &b->plan->roots[k];
    Index *index[1] = {index_var(b->g, 0)};
    Code c = code_spill(b, code_read(b, read_make(b->g, r->node, index)));
    VEC_PUSH(b->cx, &b->temps, ((TempName){.read = read_make(b->g, r->node, index), .value = c}));
  }
  for (int k = 0; k < b->plan->nroots; k++) {
    const Root *r = &b->plan->roots[k];
    Index *index[1] = {index_var(b->g, 0)};
    body_line(b, "%s[%s] = %s;", b->root_names[k], b->vars[0],
              code_float(b, code_read(b, read_make(b->g, r->node, index)), 5));
  }
}

/* The one loop of an elementwise optimizer, over a run of parameters. */
void emit_flat(Body *b) {
  int indent = b->indent;
  body_use_axes(b, b->plan->roots[0].node);
  body_begin(b, "for (ptrdiff_t %s = 0; %s < count; %s++) {", b->vars[0], b->vars[0], b->vars[0]);
  for (int s = 0; s < b->plan->steps.n; s++)
    for (int k = 0; k < b->plan->steps.at[s].nodes.n; k++) {
      const Node *n = b->plan->steps.at[s].nodes.at[k];
      if (n->naxes) name_in_group(b, n, code_body(b, n, n->reads, n->guards, n->nguards, n->value));
    }
  store_flat_roots(b);
  nest_end(b, indent);
}

void emit_map(Body *b, const Step *step) {
  int count = step->nodes.n, indent = b->indent;
  Nest *nests = ARENA_ARRAY(b->cx, Nest, count);
  body_use_axes(b, step->nodes.at[0]);
  for (int k = 0; k < count; k++) {
    nests[k] = nest_new(b, step->nodes.at[k]);
    nest_add_accesses(&nests[k]);
  }
  nest_add_loops(&nests[0]);
  nest_merge(nests, count);
  int stored = 0;
  for (int k = 0; k < count; k++) stored += is_stored(b, step->nodes.at[k]);
  for (int k = 0; k < nests[0].loops.n; k++) {
    /* compilers give up telling several arrays of one work area apart */
    if (stored > 1 && k == nests[0].loops.n - 1 && nests[0].loops.at[k].count >= 8) body_line(b, "NN_INDEPENDENT");
    nest_begin_loop(b, &nests[0].loops.at[k]);
  }
  for (int k = 0; k < count; k++) {
    const Node *n = step->nodes.at[k];
    Code c = code_body(b, n, n->reads, n->guards, n->nguards, n->value);
    if (count > 1) name_in_group(b, n, c);
    else store(b, &nests[k], c);
  }
  for (int k = 0; k < count && count > 1; k++) {
    if (!is_stored(b, step->nodes.at[k])) continue;
    for (int t = 0; t < b->temps.n; t++)
      if (b->temps.at[t].node == step->nodes.at[k]) store(b, &nests[k], b->temps.at[t].value);
  }
  nest_end(b, indent);
}

/* ---- copies, pieces, packing ---- */

/* Loops over the elements of a value that is there already: what it was reduced over is none of them. */
static void add_element_loops(Nest *nest) {
  int kept = 0;
  nest_add_loops(nest);
  for (int k = 0; k < nest->loops.n; k++)
    if (nest->loops.at[k].own) nest->loops.at[kept++] = nest->loops.at[k];
  nest->loops.n = kept;
}

void emit_copy(Body *b, Node *n, const char *to, bool integer) {
  int indent = b->indent;
  body_use_axes(b, n);
  Nest nest = nest_new(b, n);
  Read *self = read_make(b->g, n, nest.place);
  add_element_loops(&nest);
  for (int k = 0; k < nest.loops.n; k++) nest_begin_loop(b, &nest.loops.at[k]);
  Code c = code_read(b, self);
  const char *value = whole_element(b, c, n, integer, false, 5);
  body_line(b, "%s[%s] = %s;", to, code_place(b, nest_place(&nest)), value);
  nest_end(b, indent);
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
    for (int k = 0; k < n->naxes; k++)
      box *= n->axes[k].kind == AXIS_PLAIN ? (double)n->reads[p]->node->axes[k].extent : 1;
    volume += box;
  }
  return volume == whole;
}

static void emit_piece(Body *b, const Node *n, int p, bool add) {
  int indent = b->indent;
  Node *piece = n->reads[p]->node;
  body_use_axes(b, piece);
  for (int k = 0; k < n->naxes; k++) { /* a piece that stands outside of the loop is read at the time at hand too */
    int loop = plan_time(b->plan, b->loop, n->axes[k]);
    if (loop >= 0) b->held[k] = true, b->dropped[k] = false, b->vars[k] = b->plan->loops.at[loop].variable;
  }
  Nest nest = nest_new(b, piece);
  add_element_loops(&nest);
  Index *index[MAX_AXES];
  for (int k = 0; k < n->naxes; k++)
    index[k] = index_combine(b->g, 1, index_var(b->g, k), 1, index_constant(b->g, n->offsets[p * n->naxes + k]));
  Read to = {(Node *)n, index};
  Operand *o = body_operand(b, n, NULL, true);
  const char *name = o->name;
  for (int k = 0; k < nest.loops.n; k++) nest_begin_loop(b, &nest.loops.at[k]);
  Code c = code_read(b, read_make(b->g, piece, nest.place));
  const char *value = as_stored_in(b, c, piece, n);
  body_line(b, "%s[%s] %s %s;", name, code_place(b, plan_flat_index(b->plan, &to)), add ? "+=" : "=", value);
  nest_end(b, indent);
  b->temps.n = 0;
}

void emit_pieces(Body *b, const Node *n) {
  bool meet = false;
  for (int p = 0; p < n->nreads; p++)
    for (int q = 0; q < p; q++) meet = meet || boxes_meet(n, p, q);
  body_use_axes(b, n);
  Nest nest = nest_new(b, n);
  if (meet || !boxes_cover(n)) nest_fill(b, &nest, "0.0f");
  for (int p = 0; p < n->nreads; p++) emit_piece(b, n, p, meet);
}

void emit_carry(Body *b, const Carry *carry, int loop, bool start) {
  int indent = b->indent, time = node_time_axis(carry->prev, b->plan->loops.at[loop].group->scan), own = 0;
  const Scan *scan = &b->g->scans[b->plan->loops.at[loop].group->scan];
  Index *index[MAX_AXES];
  body_use_axes(b, carry->prev);
  Nest nest = nest_new(b, carry->prev);
  b->held[time] = true;
  nest_add_loops(&nest);
  for (int k = 0; k < carry->prev->naxes; k++)
    if (!start || k != time) index[own++] = index_var(b->g, k);
  Index *now = index_var(b->g, time);
  nest.place[time] = start ? index_constant(b->g, scan->backwards ? scan->extent - 1 : 0)
                           : index_combine(b->g, 1, now, 1, index_constant(b->g, scan->backwards ? -1 : 1));
  if (!plan_storage(b->plan, carry->prev)->kept) nest.place[time] = index_constant(b->g, 0);
  const char *last = scan->backwards ? "0" : arena_printf(b->cx, "%lld", (long long)scan->extent - 1);
  if (!start && plan_storage(b->plan, carry->prev)->kept >> time & 1)
    body_begin_guard(
      b, arena_printf(b->cx, "%s %s %s", b->plan->loops.at[loop].variable, scan->backwards ? ">" : "<", last));
  for (int k = 0; k < nest.loops.n; k++) nest_begin_loop(b, &nest.loops.at[k]);
  Code c = code_read(b, read_make(b->g, start ? carry->init : carry->next, index));
  const char *value = as_stored_in(b, c, start ? carry->init : carry->next, carry->prev);
  body_line(b, "%s = %s;", nest_target(b, &nest), value);
  nest_end(b, indent);
  b->temps.n = 0;
}

/* The operand of a product as a row-major matrix in scratch, zero where guards fail. The outer variables are loops
 * already. */
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
  for (int k = 0; k < pack->naxes; k++) VEC_PUSH(b->cx, &nest.loops, nest_loop(n, pack->axes[k]));
  Operand *o = body_operand(b, n, pack, true);
  const char *name = o->name;
  if (nest.nguards) body_line(b, "for (int q = 0; q < %lld; q++) %s[q] = 0.0f;", (long long)stride, name);
  nest_begin_outer_guards(&nest, 0);
  for (int k = 0; k < nest.loops.n; k++) nest_begin_bounded(&nest, k);
  Code c = code_read(b, (Read *)pack->read);
  body_line(b, "%s[%s] = %s;", name, code_place(b, to), code_float(b, c, 5));
  nest_end(b, indent);
  b->temps.n = 0;
}
