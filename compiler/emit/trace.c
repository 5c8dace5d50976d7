/* trace.c: where did the first value come from that is not finite? The search at the end of a function.
 *
 *     nn_trace_root(nn_t, 9, 1, &L, 0);
 *     for (int nn_k; (nn_k = nn_trace_next(nn_t, &nn_q)) >= 0;) {
 *       switch (nn_k) {
 *       case 4: { // p[b,i] = v3[b,i] / s7[b]
 *         const int b = nn_q / 10, i = nn_q % 10;
 *         nn_trace_at(nn_t, (double)p[nn_q]);
 *         nn_trace_read(nn_t, 0, 2, b * 10 + i, ...);
 *
 * One case for each stored value says what an element of it was made of; nn_trace.h has the rest. Needs a plan in which
 * every value is stored, at all times, in a place of its own: plan/ makes such a one under Options.trace. */
#include "emit/trace.h"
#include "emit/nest.h"
#include "emit/routine.h"

/* ---- the element at hand ---- */

static const char *floating(Body *b, Code c) { return arena_printf(b->cx, "(double)%s", code_float(b, c, 0)); }

/* const int b = nn_q / 640, i = nn_q / 64 % 10; */
static void declare_axes(Body *b, const Node *n) {
  int64_t strides[MAX_AXES];
  bool outermost = true;
  plan_strides(b->plan, n, strides);
  body_use_axes(b, n);
  for (int k = 0; k < n->naxes; k++) {
    if (b->dropped[k]) continue;
    bool batch = n->axes[k].kind == AXIS_BATCH;
    const char *by = strides[k] > 1 ? arena_printf(b->cx, " / %lld", (long long)strides[k]) : "";
    const char *within = batch && outermost
                           ? ""
                           : arena_printf(b->cx, " %% %lld", (long long)(batch ? b->plan->batch : n->axes[k].extent));
    if (batch) outermost = false;
    body_line(b, "const int %s = nn_q%s%s;", b->vars[k], by, within);
    body_line(b, "(void)%s;", b->vars[k]);
  }
}

static const char *at_hand(Body *b, const Node *n) {
  const char *name = body_operand(b, n, NULL, false)->name;
  return n->naxes ? arena_printf(b->cx, "%s[nn_q]", name) : name;
}

/* How many elements of an array there are for n examples. */
static const char *elements_of(Body *b, const Node *n) {
  int64_t count = plan_storage(b->plan, n)->count;
  for (int k = 0; k < n->naxes; k++)
    if (n->axes[k].kind == AXIS_BATCH) return nest_extent(b, (Extent){count / b->plan->batch, true});
  return arena_printf(b->cx, "%lld", (long long)count);
}

static const char *pointer_to(Body *b, const Node *n) {
  const char *name = body_operand(b, n, NULL, false)->name;
  return n->naxes ? name : arena_printf(b->cx, "&%s", name);
}

/* ---- what it was made of ---- */

static void emit_read(Body *b, const TraceSites *sites, int operand, Read *r) {
  LeafList leaves = {0};
  const char *value = floating(b, code_read(b, r)), *place = "0";
  int site = -1;
  plan_read_leaves(b->plan, r, &leaves);
  for (int k = 0; k < leaves.n && site < 0; k++) {
    if (leaves.at[k].gather) continue;
    const Node *stored = plan_owner(b->plan, leaves.at[k].read->node);
    site = sites->number[stored->id];
    if (stored->naxes) place = code_place(b, plan_flat_index(b->plan, leaves.at[k].read));
  }
  body_line(b, "nn_trace_read(nn_t, %d, %d, %s, %s);", operand, site, site < 0 ? "0" : place, value);
}

static void emit_term(Body *b, const TraceSites *sites, const Node *n) {
  for (int k = 0; k < n->nreads; k++) emit_read(b, sites, k, n->reads[k]);
  body_line(b, "nn_trace_term(nn_t, %d);", n->nreads);
  b->temps.n = 0;
}

static void emit_map_case(Body *b, const TraceSites *sites, const Node *n) {
  int indent = b->indent;
  for (int v = n->naxes; v < n->naxes + n->nreduce; v++) {
    Loop l = nest_loop(n, v);
    if (b->dropped[v]) continue;
    nest_begin_loop(b, &l);
  }
  const char *when = code_guards(b, n->guards, n->nguards);
  if (when) body_begin_guard(b, when);
  emit_term(b, sites, n);
  nest_end(b, indent);
  for (int k = 0; when && k < n->nreads && plan_storage(b->plan, n)->gemm; k++) {
    const Node *stored = plan_owner(b->plan, n->reads[k]->node);
    int site = sites->number[stored->id];
    if (site >= 0)
      body_line(b, "nn_trace_array(nn_t, %d, %s, %s);", site, elements_of(b, stored), pointer_to(b, stored));
  }
}

static void emit_pieces_case(Body *b, const TraceSites *sites, const Node *n) {
  for (int p = 0; p < n->nreads; p++) {
    int indent = b->indent;
    Node *piece = n->reads[p]->node;
    Index *index[MAX_AXES];
    Guard inside[MAX_AXES];
    int count = 0;
    for (int k = 0; k < n->naxes; k++) {
      index[k] = index_combine(b->g, 1, index_var(b->g, k), 1, index_constant(b->g, -n->offsets[p * n->naxes + k]));
      if (n->axes[k].kind == AXIS_PLAIN) inside[count++] = (Guard){index[k], piece->axes[k].extent};
    }
    const char *when = code_guards(b, inside, count);
    if (when) body_begin_guard(b, when);
    emit_read(b, sites, 0, read_make(b->g, piece, index));
    body_line(b, "nn_trace_term(nn_t, 1);");
    b->temps.n = 0;
    nest_end(b, indent);
  }
}

static const Carry *carry_of(const Plan *plan, const Node *prev, int *loop) {
  for (*loop = 0; *loop < plan->loops.n; ++*loop)
    for (int k = 0; k < plan->loops.at[*loop].group->ncarries; k++)
      if (plan->loops.at[*loop].group->carries[k].prev == prev) return &plan->loops.at[*loop].group->carries[k];
  bug("emit", "a value that is carried by no loop");
}

/* At the first step the start, later what the step before handed on. */
static void emit_prev_case(Body *b, const TraceSites *sites, const Node *n) {
  int loop, own = 0;
  const Carry *carry = carry_of(b->plan, n, &loop);
  const Scan *scan = &b->g->scans[b->plan->loops.at[loop].group->scan];
  int time = node_time_axis(n, b->plan->loops.at[loop].group->scan);
  Index *before[MAX_AXES], *start[MAX_AXES];
  for (int k = 0; k < n->naxes; k++) {
    before[k] = index_var(b->g, k);
    if (k != time) start[own++] = before[k];
  }
  before[time] = index_combine(b->g, 1, before[time], 1, index_constant(b->g, scan->backwards ? 1 : -1));
  const char *first = arena_printf(b->cx, "%lld", scan->backwards ? (long long)scan->extent - 1 : 0LL);
  const char *now = b->dropped[time] ? "0" : b->vars[time];
  body_begin(b, "if (%s == %s) {", now, first);
  emit_read(b, sites, 0, read_make(b->g, carry->init, start));
  b->indent--;
  body_begin(b, "} else {");
  emit_read(b, sites, 0, read_make(b->g, carry->next, before));
  body_end(b);
  body_line(b, "nn_trace_term(nn_t, 1);");
  b->temps.n = 0;
}

static void emit_case(Body *b, const TraceSites *sites, int site) {
  const Node *n = sites->list.at[site];
  if (plan_storage(b->plan, n)->integer) return;
  b->operands.n = b->temps.n = 0;
  body_begin(b, "case %d: {", site);
  declare_axes(b, n);
  body_line(b, "nn_trace_at(nn_t, (double)%s);", at_hand(b, n));
  if (n->kind == NODE_MAP) emit_map_case(b, sites, n);
  if (n->kind == NODE_PIECES) emit_pieces_case(b, sites, n);
  if (n->kind == NODE_PREV) emit_prev_case(b, sites, n);
  body_line(b, "break;");
  body_end(b);
}

/* ---- results ---- */

static void emit_root(Body *b, const TraceSites *sites, const Root *root) {
  LeafList leaves = {0};
  Index *index[MAX_AXES];
  body_use_axes(b, root->node);
  for (int k = 0; k < root->node->naxes; k++) index[k] = index_var(b->g, k);
  plan_read_leaves(b->plan, read_make(b->g, root->node, index), &leaves);
  for (int k = 0; k < leaves.n; k++) {
    const Node *n = plan_owner(b->plan, leaves.at[k].read->node);
    int site = sites->number[n->id];
    if (leaves.at[k].gather || site < 0 || plan_storage(b->plan, n)->integer) continue;
    b->operands.n = 0;
    body_line(b, "nn_trace_root(nn_t, %d, %s, %s, %d);", site, elements_of(b, n), pointer_to(b, n),
              root->dest == DEST_OUT);
  }
}

static void emit_roots(Body *b, const TraceSites *sites, const Routine *r, bool returned) {
  for (int k = 0; k < r->nroots; k++)
    if ((r->roots[k].dest == DEST_RETURN) == returned) emit_root(b, sites, &r->roots[k]);
}

/* ---- ranges ---- */

static bool has_examples(const Node *n) {
  for (int k = 0; k < n->naxes; k++)
    if (n->axes[k].kind == AXIS_BATCH) return true;
  return false;
}

static void emit_watches(Body *b, const TraceSites *sites) {
  int row = 0;
  body_begin(b, "for (nn_trace_summary *nn_s = nn_trace_watching(nn_t); nn_s; nn_s = NULL) {");
  for (int k = 0; k < sites->list.n; k++) {
    const Node *n = sites->list.at[k];
    if (!emit_trace_is_watched(b, n)) continue;
    b->operands.n = 0;
    body_line(b, "nn_trace_watch(nn_s, %d, %s, %s, %s);", row++, elements_of(b, n), pointer_to(b, n),
              has_examples(n) ? "n" : "1");
  }
  for (int k = 0; k < b->plan->nroots; k++) {
    const Root *root = &b->plan->roots[k];
    if (root->dest != DEST_GRAD) continue;
    body_line(b, "nn_trace_watch(nn_s, %d, %lld, %s, 1);", row++,
              (long long)b->em->program->params.at[root->item].count,
              layout_pointer(b->cx, b->em->params, "g", root->item, false));
  }
  body_end(b);
}

/* ---- all of it ---- */

bool emit_traces(const Emitter *em, const Routine *r) {
  return em->options->trace && r->kind != ROUTINE_METRIC && !r->integer;
}

void emit_trace_begin(Body *b, const char *name) {
  body_line(b, "nn_trace_begin(&s->trace, &%s, s->trace_from, s->trace_queue);", name);
}

void emit_trace_search(Body *b, const TraceSites *sites, const Routine *r) {
  b->direct = true;
  b->loop = -1;
  body_comment(b, "where the first value that is not finite came from");
  body_line(b, "nn_trace *nn_t = &s->trace;");
  body_line(b, "int32_t nn_q = 0;");
  if (r->kind == ROUTINE_GRAD) emit_watches(b, sites);
  emit_roots(b, sites, r, true);
  body_begin(b, "if (!nn_t->tail) {");
  emit_roots(b, sites, r, false);
  body_end(b);
  body_begin(b, "for (int nn_k; (nn_k = nn_trace_next(nn_t, &nn_q)) >= 0;) {");
  body_begin(b, "switch (nn_k) {");
  for (int k = 0; k < sites->list.n; k++) emit_case(b, sites, k);
  body_line(b, "default: break;");
  body_end(b);
  body_end(b);
  body_line(b, "if (nn_t->found) return %s;", r->kind == ROUTINE_OUTPUT ? "-1" : "NAN");
  b->direct = false;
}

void emit_trace_update(Emitter *em, const Objective *objective, Text *out) {
  text_printf(out, "  static const nn_trace_source by = %s;\n",
              emit_trace_source(em->cx, objective->groups[0].stmt->span));
  text_printf(
    out, "  nn_trace_update(&s->trace, &by, 0, %lld, (const float *)&m->before, (const float *)g, (const float *)w);\n",
    (long long)em->params->floats);
  if (em->slot_floats)
    text_printf(out, "  nn_trace_update(&s->trace, &by, 1, %lld, NULL, NULL, (const float *)&m->%s);\n",
                (long long)em->slot_floats, em->first_slots);
}

void emit_trace_members(Emitter *em, Text *out) {
  text_printf(out, "    int32_t trace_from[%lld], trace_queue[%lld];\n    nn_trace trace;\n",
              (long long)em->traced_elements, (long long)em->traced_elements);
}
