/* routine.c: a C function for each loss, gradient, output and metric.
 *
 *     float digits_L(const digits_params *w, digits_work *s, int n, const float *x, const int32_t *y)
 *
 * checks n and the integers, then runs the steps of its plan, one block each. */
#include "emit/name.h"
#include "emit/routine.h"
#include "emit/trace.h"

#include <string.h>

/* ---- arguments ---- */

static const char *signature(Emitter *em, int k) {
  const Routine *r = &em->program->routines.at[k];
  Text t = {.cx = em->cx};
  text_printf(&t, "%s %s(const %s_params *w", r->kind == ROUTINE_OUTPUT ? "int" : "float", em->routine_names[k],
              em->prefix);
  if (em->program->states.n) text_printf(&t, ", const %s_state *state", em->prefix);
  if (r->kind == ROUTINE_GRAD) text_printf(&t, ", %s_params *g", em->prefix);
  if (r->kind == ROUTINE_GRAD && em->program->states.n) text_printf(&t, ", %s_state *next", em->prefix);
  text_printf(&t, ", %s_work *s, int n%s%s", em->prefix, emit_draw_arguments(em, r, "uint64_t seed", "uint64_t step"),
              emit_input_list(em, em->masks[k], true));
  if (r->kind != ROUTINE_OUTPUT) return arena_printf(em->cx, "%s)", t.data);
  text_printf(&t, ", %s *out /* [", r->integer ? "int32_t" : "float");
  if (r->per_example) text_add(&t, "n");
  for (int i = 0; i < r->rank; i++) text_printf(&t, "%s%lld", i || r->per_example ? "," : "", (long long)r->shape[i]);
  return arena_printf(em->cx, "%s] */)", t.data);
}

/* ---- how a routine reaches its arrays ---- */

static const char *leaf_origin(Emitter *em, const Layout *layout, const char *pointer, const Node *n) {
  if (n->naxes == 0) return arena_printf(em->cx, "%s->%s", pointer, layout->access[n->item]);
  return layout_pointer(em->cx, layout, pointer, n->item, false);
}

const char *emit_step_number(const Node *n) { /* the upper half of step: turns */
  return n->item == STEP_TRAINING ? "(float)((uint32_t)step + 1u)" : "(float)(step ? (uint32_t)step : 1u)";
}

static const char *routine_origin(Body *b, const Node *n) {
  Emitter *em = b->em;
  const Storage *p = plan_storage(b->plan, n);
  if (p->kind == STORAGE_DEST) {
    const Root *r = &b->plan->roots[p->root];
    return r->dest == DEST_OUT ? "out" : layout_pointer(em->cx, em->params, "g", r->item, true);
  }
  switch (n->kind) {
  case NODE_INPUT: return n->naxes ? em->input_names[n->item] : arena_printf(em->cx, "%s[0]", em->input_names[n->item]);
  case NODE_PARAM: return leaf_origin(em, em->params, "w", n);
  case NODE_STATE: return leaf_origin(em, em->states, "state", n);
  case NODE_CONST: return emit_table_name(em, n, p->integer, p->wide);
  case NODE_BATCH: return "(float)n";
  case NODE_STEP: return emit_step_number(n);
  default: bug("emit", "a leaf of kind %d in a routine", (int)n->kind);
  }
}

static void name_roots(Body *b) {
  Emitter *em = b->em;
  b->root_names = ARENA_ARRAY(b->cx, const char *, b->plan->nroots + 1);
  for (int k = 0; k < b->plan->nroots; k++) {
    const Root *r = &b->plan->roots[k];
    const char *name = "out";
    if (r->dest == DEST_GRAD) name = layout_pointer(em->cx, em->params, "g", r->item, true);
    if (r->dest == DEST_NEXT_STATE) name = layout_pointer(em->cx, em->states, "next", r->item, true);
    b->root_names[k] = name[0] == '(' || name[0] == '&' ? arena_printf(b->cx, "(%s)", name) : name;
  }
}

/* ---- bodies ---- */

static void emit_missing_gradients(Body *b) {
  for (int p = 0; p < b->em->program->params.n; p++) {
    bool found = false;
    for (int k = 0; k < b->plan->nroots; k++)
      found = found || (b->plan->roots[k].dest == DEST_GRAD && b->plan->roots[k].item == p);
    if (!found) body_line(b, "memset(&g->%s, 0, sizeof g->%s);", b->em->params->access[p], b->em->params->access[p]);
  }
}

static void emit_next_states(Body *b) {
  if (!b->em->program->states.n) return;
  body_begin(b, "if (next) {");
  body_line(b, "*next = *state;");
  emit_root_copies(b, DEST_NEXT_STATE);
  body_end(b);
}

static void emit_result(Body *b, const Routine *r) {
  if (r->kind == ROUTINE_OUTPUT) {
    body_line(b, "return 0;");
    return;
  }
  for (int k = 0; k < r->nroots; k++) {
    if (r->roots[k].dest != DEST_RETURN) continue;
    b->direct = true;
    b->operands.n = 0;
    body_use_axes(b, r->roots[k].node);
    body_line(b, "return %s;", code_float(b, code_read(b, read_make(b->g, r->roots[k].node, NULL)), 5));
    b->direct = false;
    return;
  }
  bug("emit", "%s returns nothing", r->name);
}

static bool mentions(const Text *t, const char *word) { return t->data && strstr(t->data, word); }

static void emit_unused(Body *b, const Routine *r, const Text *body, uint32_t mask) {
  if (!mentions(body, "w->")) body_line(b, "(void)w;");
  if (b->em->program->states.n && !mentions(body, "state->") && !mentions(body, "*state")) body_line(b, "(void)state;");
  if (r->kind == ROUTINE_GRAD && !mentions(body, "g->")) body_line(b, "(void)g;");
  if (!mentions(body, "s->")) body_line(b, "(void)s;");
  if (b->em->draws && !b->plan->draws)
    body_line(b, r->kind == ROUTINE_OUTPUT || b->em->steps ? "(void)seed;" : "(void)seed, (void)step;");
  if (b->em->steps && !b->plan->steps_read) body_line(b, "(void)step;");
  for (int k = 0; k < b->em->program->inputs.n; k++) /* one that the gradient reads, say, and the loss does not */
    if (mask >> k & 1 && !(b->plan->inputs >> k & 1) && b->em->program->inputs.at[k].kind == INPUT_REAL)
      body_line(b, "(void)%s;", b->em->input_names[k]);
}

/* In messages. */
static const char *called(Emitter *em, const Routine *r) {
  static const char *const kinds[] = {[ROUTINE_LOSS] = "loss",
                                      [ROUTINE_GRAD] = "training loss",
                                      [ROUTINE_OUTPUT] = "output",
                                      [ROUTINE_METRIC] = "metric"};
  return arena_printf(em->cx, "%s %s", kinds[r->kind], r->name);
}

static void emit_routine(Emitter *em, int k, Text *source) {
  const Routine *r = &em->program->routines.at[k];
  Text body = {.cx = em->cx};
  Body b = {.em = em,
            .cx = em->cx,
            .g = em->program->graph,
            .plan = em->plans[k],
            .out = &body,
            .indent = 1,
            .loop = -1,
            .origin = routine_origin};
  b.output = r->kind == ROUTINE_OUTPUT;
  name_roots(&b);
  bool traces = emit_traces(em, r);
  TraceSites sites = {.elements = 0};
  const char *trace = emit_trace_name(em, k);
  if (traces) {
    sites = emit_trace_sites(em, b.plan);
    emit_trace_table(&b, &sites, trace, called(em, r), source);
    emit_trace_begin(&b, trace);
  }
  emit_steps(&b, UINT32_C(1) << DEST_NEXT_STATE);
  if (r->kind == ROUTINE_GRAD) {
    emit_missing_gradients(&b);
    emit_next_states(&b);
  }
  if (traces) emit_trace_search(&b, &sites, r);
  emit_result(&b, r);
  emit_wrapped(source, signature(em, k), 4);
  text_add(source, " {\n");
  b.out = source;
  emit_unused(&b, r, &body, em->masks[k]);
  if (r->kind == ROUTINE_OUTPUT && !r->per_example) body_line(&b, "(void)n;");
  else
    body_line(&b, "if (%s) return %s;", emit_input_check(em, em->masks[k]), r->kind == ROUTINE_OUTPUT ? "-1" : "NAN");
  text_add_n(source, body.data, body.length);
  text_add(source, "}\n\n");
}

/* ---- all of them ---- */

static void grow_work(Emitter *em, const Plan *plan) {
  if (plan->floats > em->floats) em->floats = plan->floats;
  if (plan->integers > em->integers) em->integers = plan->integers;
  if (plan->wides > em->wides) em->wides = plan->wides;
  if (plan->draws) em->draws = true;
  if (plan->steps_read) em->steps = true;
}

/* Is digits_NAME something of the generated code itself? */
static bool is_own_name(const char *name) {
  static const char *const words[] = {
    "init",      "step",   "finish_step", "bad_row",  "params",        "state",        "work",
    "hyper",     "model",  "first_bad",   "squares",  "param_arrays",  "state_arrays", "slots",
    "inputs",    "losses", "objectives",  "outputs",  "metrics",       "hypers",       "full",
    "full_work", "moved",  "copies",      "selftest", "selftest_work", "twin_work"};
  static const char *const starts[] = {"step_",   "update_", "part",       "traced",   "table",
                                       "finish_", "init_",   "first_bad_", "selftest_"},
                           *const ends[] = {"_entry", "_params", "_grad", "_full", "_product", "_double"};
  size_t length = strlen(name);
  for (size_t k = 0; k < sizeof words / sizeof *words; k++)
    if (strcmp(words[k], name) == 0) return true;
  for (size_t k = 0; k < sizeof starts / sizeof *starts; k++)
    if (strncmp(starts[k], name, strlen(starts[k])) == 0) return true;
  for (size_t k = 0; k < sizeof ends / sizeof *ends; k++)
    if (length > strlen(ends[k]) && strcmp(name + length - strlen(ends[k]), ends[k]) == 0) return true;
  return false;
}

void plan_routines(Emitter *em) {
  const Program *p = em->program;
  int n = p->routines.n;
  em->plans = ARENA_ARRAY(em->cx, Plan *, n + 1);
  em->masks = ARENA_ARRAY(em->cx, uint32_t, n + 1);
  em->routine_names = ARENA_ARRAY(em->cx, const char *, n + 1);
  for (int k = 0; k < n; k++) {
    const Routine *r = &p->routines.at[k];
    em->plans[k] = plan_roots(em->program, em->options, r->roots, r->nroots, r->integer, false);
    em->masks[k] = emit_checked_inputs(p, em->plans[k]->inputs);
    grow_work(em, em->plans[k]);
    int64_t traced = emit_traces(em, r) ? emit_trace_sites(em, em->plans[k]).elements : 0;
    if (traced > em->traced_elements) em->traced_elements = traced;
    const char *name = c_name(em->cx, r->name, strlen(r->name));
    bool clash = is_own_name(name);
    em->routine_names[k] =
      arena_printf(em->cx, "%s_%s%s%s", em->prefix, name, clash ? "_" : "", r->kind == ROUTINE_GRAD ? "_grad" : "");
    for (int i = 0; i < k; i++) {
      if (strcmp(em->routine_names[i], em->routine_names[k]) != 0) continue;
      error_at(em->cx, r->span, "'%s' and '%s' are both spelled '%s' in C; one needs another name", r->name,
               p->routines.at[i].name, em->routine_names[k]);
      note_at(em->cx, p->routines.at[i].span, "'%s' is declared here", p->routines.at[i].name);
      break;
    }
  }
  for (int k = 0; k < n; k++) /* a loss and its gradient take the same arguments */
    for (int i = 0; i < n; i++) {
      const Routine *a = &p->routines.at[k], *c = &p->routines.at[i];
      if ((a->kind == ROUTINE_LOSS && c->kind == ROUTINE_GRAD) || (a->kind == ROUTINE_GRAD && c->kind == ROUTINE_LOSS))
        if (a->loss == c->loss) em->masks[k] |= emit_checked_inputs(p, em->plans[i]->inputs);
    }
}

static const char *const purpose[] = {
  [ROUTINE_LOSS] = "Mean over n examples.",
  [ROUTINE_GRAD] = "The same for training, and its gradient in g, all of it.",
  [ROUTINE_OUTPUT] = "0, or -1 where n or an integer is out of range.",
  [ROUTINE_METRIC] = "Mean over n examples.",
};

void emit_routines(Emitter *em, Text *header, Text *source) {
  emit_first_bad(em, source);
  for (int k = 0; k < em->program->routines.n; k++) {
    const Routine *r = &em->program->routines.at[k];
    text_printf(header, "/* %s */\n", purpose[r->kind]);
    emit_wrapped(header, signature(em, k), 4);
    text_add(header, ";\n");
    emit_routine(em, k, source);
  }
}
