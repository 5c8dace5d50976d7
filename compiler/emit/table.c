/* table.c: initial values, and the nn_model through which generic tools see a generated model. */
#include "emit/name.h"
#include "emit/trace.h"
#include "emit/update.h"

#include <stdio.h>
#include <string.h>

/* ---- initial values ---- */

static void emit_start(Emitter *em, const Start *start, const char *pointer, int64_t count, int stream, Text *out) {
  Context *cx = em->cx;
  static const char *const draws[] = {
    [START_UNIFORM] = "uniform", [START_NORMAL] = "normal", [START_TRUNCATED] = "truncated_normal"};
  long long n = (long long)count;
  switch (start->kind) {
  case START_ZERO: return;
  case START_COPY:
    text_printf(out, "  memcpy(%s, %s, %lld * sizeof(float));\n", pointer,
                layout_pointer(cx, start->of->kind == NODE_PARAM ? em->params : em->states,
                               start->of->kind == NODE_PARAM ? "(&m->param)" : "(&m->state)", start->of->item, false),
                n);
    return;
  case START_UNIFORM:
  case START_NORMAL:
  case START_TRUNCATED:
    text_printf(out, "  nn_draw_%s(%s, %lld, %s, %s, seed, %d);\n", draws[start->kind], pointer, n,
                c_float(cx, start->a), c_float(cx, start->b), stream);
    return;
  case START_ORTHOGONAL:
    text_printf(out, "  nn_draw_orthogonal(%s, %lld, %lld, %s, seed, %d);\n", pointer, (long long)start->rows,
                n / start->rows, c_float(cx, start->a), stream);
    return;
  case START_VALUES: break;
  }
  if (start->uniform_value) {
    text_printf(out, "  for (ptrdiff_t q = 0; q < %lld; q++) (%s)[q] = %s;\n", n, pointer,
                c_float(em->cx, start->values[0]));
    return;
  }
  Node *data = ARENA_NEW(cx, Node);
  *data = (Node){.kind = NODE_CONST, .naxes = 1, .data = start->values};
  data->axes[0] = PLAIN(count);
  text_printf(out, "  memcpy(%s, %s, %lld * sizeof(float));\n", pointer, emit_table_name(em, data, false, false), n);
}

static void start_slots(Emitter *em, Text *out) {
  const Program *p = em->program;
  for (int o = 0; o < p->objectives.n; o++)
    for (int g = 0; g < p->objectives.at[o].ngroups; g++)
      for (int s = 0; s < p->objectives.at[o].groups[g].nstages; s++) {
        const Stage *stage = &p->objectives.at[o].groups[g].stages[s];
        for (int k = 0; k < stage->nslots; k++) {
          const char *slot = c_name(em->cx, stage->slots[k].name, strlen(stage->slots[k].name));
          const char *pointer = arena_printf(em->cx, "(float *)&m->%s.%s", c_flat_name(em->cx, stage->member), slot);
          emit_start(em, &stage->slots[k].start, pointer, em->stages[o][g][s].layout->floats, 0, out);
        }
      }
}

static void emit_init(Emitter *em, Text *header, Text *source) {
  const Program *p = em->program;
  text_printf(header,
              "/* Parameters drawn from seed, everything else as it starts. */\nvoid %s_init(%s *m, uint64_t seed);\n",
              em->prefix, em->type);
  text_printf(source, "void %s_init(%s *m, uint64_t seed) {\n  memset(m, 0, sizeof *m);\n  m->seed = seed;\n",
              em->prefix, em->type);
  for (int k = 0; k < p->params.n; k++)
    emit_start(em, &p->params.at[k].start, layout_pointer(em->cx, em->params, "(&m->param)", k, true),
               p->params.at[k].count, k, source);
  for (int k = 0; k < p->states.n; k++)
    emit_start(em, &p->states.at[k].start, layout_pointer(em->cx, em->states, "(&m->state)", k, true),
               p->states.at[k].count, p->params.n + k, source);
  if (p->states.n) text_add(source, "  m->next = m->state;\n");
  start_slots(em, source);
  for (int k = 0; k < p->hypers.n; k++)
    if (em->hyper_index[k] >= 0)
      text_printf(source, "  m->hyper.%s = %s;\n", em->hypers->access[em->hyper_index[k]],
                  c_float(em->cx, p->hypers.at[k].value));
  text_add(source, "}\n\n");
}

/* ---- wrappers ---- */

static const char *inputs_from_pointers(Emitter *em, uint32_t mask) {
  Text t = {.cx = em->cx};
  for (int k = 0; k < em->program->inputs.n; k++)
    if (mask >> k & 1)
      text_printf(&t, ", (const %s *)in[%d]", em->program->inputs.at[k].kind == INPUT_REAL ? "float" : "int32_t", k);
  return t.data ? t.data : "";
}

static void emit_wrapper(Emitter *em, int k, Text *source) {
  const Routine *r = &em->program->routines.at[k];
  const char *name = em->routine_names[k], *prefix = em->prefix, *result = r->kind == ROUTINE_OUTPUT ? "int" : "float";
  bool states = em->program->states.n > 0, output = r->kind == ROUTINE_OUTPUT, grad = r->kind == ROUTINE_GRAD;
  Text text = {.cx = em->cx}, *out = &text;
  text_printf(out,
              "static %s %s_entry(const void *param, const void *state, %svoid *work, int n, const void *const *in, "
              "%suint64_t seed, uint64_t step) {\n",
              result, name, grad ? "void *grad, void *next_state, " : "", output ? "void *out, " : "");
  text_printf(out, "  (void)state, (void)seed, (void)in, (void)step%s;\n", grad && !states ? ", (void)next_state" : "");
  text_printf(out, "  return %s((const %s_params *)param, ", name, prefix);
  if (states) text_printf(out, "(const %s_state *)state, ", prefix);
  if (grad) text_printf(out, "(%s_params *)grad, ", prefix);
  if (grad && states) text_printf(out, "(%s_state *)next_state, ", prefix);
  text_printf(out, "(%s_work *)work, n%s%s", prefix, emit_draw_arguments(em, r, "seed", "step"),
              inputs_from_pointers(em, em->masks[k]));
  if (output) text_printf(out, ", (%s *)out", r->integer ? "int32_t" : "float");
  text_add(out, ");\n}\n\n");
  emit_wrapped(source, text.data, 6);
}

static void emit_wrappers(Emitter *em, Text *out) {
  const Program *p = em->program;
  for (int k = 0; k < p->routines.n; k++) emit_wrapper(em, k, out);
  for (int o = 0; o < p->objectives.n && !emit_full_batch_of(p); o++) {
    const char *name = emit_objective_name(em, o);
    text_printf(out, "static void %s_update_%s_entry(void *model) { %s_update_%s((%s *)model); }\n\n", em->prefix, name,
                em->prefix, name, em->type);
  }
  text_printf(out, "static void %s_init_entry(void *model, uint64_t seed) { %s_init((%s *)model, seed); }\n\n",
              em->prefix, em->prefix, em->type);
  text_printf(out, "static void %s_finish_entry(void *model) { %s_finish_step((%s *)model); }\n\n", em->prefix,
              em->prefix, em->type);
  if (!p->objectives.n || emit_full_batch_of(p)) return;
  text_printf(out, "static float %s_step_entry(void *model, int n, const void *const *in) {\n  (void)in;\n",
              em->prefix);
  emit_wrapped(out,
               arena_printf(em->cx, "  return %s_step((%s *)model, n%s);\n", em->prefix, em->type,
                            inputs_from_pointers(em, emit_step_inputs(em))),
               6);
  text_add(out, "}\n\n");
}

/* ---- tables ---- */

static const char *shape(Context *cx, int rank, const int64_t *extents) {
  Text t = {.cx = cx};
  text_printf(&t, "%d, {", rank);
  for (int k = 0; k < rank; k++) text_printf(&t, "%s%lld", k ? ", " : "", (long long)extents[k]);
  text_add(&t, rank ? "}" : "0}");
  return t.data;
}

static const char *node_shape(Emitter *em, const Node *n, int from, Span span, const char *name) {
  int64_t extents[MAX_AXES];
  int rank = n->naxes - from;
  for (int k = 0; k < rank; k++)
    extents[k] = n->axes[from + k].kind == AXIS_BATCH ? plan_batch(em->program) : n->axes[from + k].extent;
  if (rank > 8) error_at(em->cx, span, "'%s' has %d axes; 8 are the most", name, rank);
  return shape(em->cx, rank, extents);
}

/* A row of a table, on the line of the row before it where there is room: a deep network has many. */
static void add_row(Text *out, const char *row) {
  size_t start = out->length - 1;
  while (start > 0 && out->data[start - 1] != '\n') start--;
  if (strncmp(out->data + start, "    {", 5) == 0 && out->length - start + strlen(row) < 118) {
    out->data[out->length - 1] = ' ';
    text_printf(out, "%s\n", row);
  } else {
    text_printf(out, "    %s\n", row);
  }
}

static void array_row(Emitter *em, const char *name, const Leaf *leaf, int64_t offset, Text *out) {
  add_row(out, arena_printf(em->cx, "{%s, %s, %lld, %lld},", emit_quoted(em->cx, name),
                            node_shape(em, leaf->node, 0, leaf->span, leaf->path), (long long)offset,
                            (long long)leaf->count));
}

static void emit_arrays(Emitter *em, const char *table, const Layout *l, Text *out) {
  if (!l || !l->norder) return;
  text_printf(out, "static const nn_array %s_%s[] = {\n", em->prefix, table);
  for (int k = 0; k < l->nleaves; k++) array_row(em, l->leaves[k].path, &l->leaves[k], l->offset[k], out);
  text_add(out, "};\n\n");
}

static int emit_copies(Emitter *em, Text *out) {
  const Program *p = em->program;
  int rows = 0;
  for (int k = 0; k < p->states.n; k++) {
    const Start *s = &p->states.at[k].start;
    if (s->kind != START_COPY) continue;
    if (!rows++) text_printf(out, "static const nn_copy %s_copies[] = {\n", em->prefix);
    bool param = s->of->kind == NODE_PARAM;
    add_row(out, arena_printf(em->cx, "{%d, %d, %d},", k, param ? s->of->item : -1, param ? -1 : s->of->item));
  }
  if (rows) text_add(out, "};\n\n");
  return rows;
}

static int emit_slots(Emitter *em, Text *out) {
  const Program *p = em->program;
  int rows = 0;
  int64_t start = 0;
  for (int o = 0; o < p->objectives.n; o++)
    for (int g = 0; g < p->objectives.at[o].ngroups; g++)
      for (int s = 0; s < p->objectives.at[o].groups[g].nstages; s++) {
        const Stage *stage = &p->objectives.at[o].groups[g].stages[s];
        const Layout *l = em->stages[o][g][s].layout;
        for (int k = 0; k < stage->nslots; k++, start += l->floats)
          for (int i = 0; i < l->nleaves; i++) {
            if (!l->access[i]) continue;
            if (!rows++) text_printf(out, "static const nn_array %s_slots[] = {\n", em->prefix);
            const char *name = arena_printf(em->cx, "%s.%s.%s", stage->member, stage->slots[k].name, l->leaves[i].path);
            array_row(em, name, &l->leaves[i], start + l->offset[i], out);
          }
      }
  if (rows) text_add(out, "};\n\n");
  return rows;
}

/* By axis: 1 + the input that says how many places an example has, or 0. */
static const char *extents_of(Emitter *em, const Input *in) {
  Text t = {.cx = em->cx};
  for (int k = 1; k < in->node->naxes; k++)
    text_printf(&t, "%s%d", k > 1 ? ", " : "", 1 + emit_input_extent(em->program, in, k));
  return t.data ? t.data : "0";
}

static int emit_inputs(Emitter *em, Text *out) {
  static const char *const kinds[] = {"NN_REAL", "NN_CLASS", "NN_INT", "NN_BIT", "NN_EXTENT"};
  const Program *p = em->program;
  if (p->inputs.n) text_printf(out, "static const nn_input %s_inputs[] = {\n", em->prefix);
  for (int k = 0; k < p->inputs.n; k++) {
    const Input *in = &p->inputs.at[k];
    int classes = in->kind == INPUT_CLASS || in->kind == INPUT_EXTENT ? in->classes : in->kind == INPUT_BIT ? 2 : 0;
    text_printf(out, "    {%s, %s, %d, %s, %lld, {%s}},\n", emit_quoted(em->cx, in->name), kinds[in->kind], classes,
                node_shape(em, in->node, 1, in->span, in->name), (long long)in->count, extents_of(em, in));
  }
  if (p->inputs.n) text_add(out, "};\n\n");
  return p->inputs.n;
}

static int find_routine(const Emitter *em, RoutineKind kind, int loss) {
  for (int k = 0; k < em->program->routines.n; k++)
    if (em->program->routines.at[k].kind == kind && em->program->routines.at[k].loss == loss) return k;
  return -1;
}

static int emit_losses(Emitter *em, Text *out) {
  const Program *p = em->program;
  if (p->losses.n) text_printf(out, "static const nn_loss %s_losses[] = {\n", em->prefix);
  for (int k = 0; k < p->losses.n; k++) {
    int value = find_routine(em, ROUTINE_LOSS, k), grad = find_routine(em, ROUTINE_GRAD, k);
    text_printf(out, "    {%s, %uu, %s%s, %s%s},\n", emit_quoted(em->cx, p->losses.at[k]),
                value >= 0 ? em->masks[value] : 0, value >= 0 ? em->routine_names[value] : "NULL",
                value >= 0 ? "_entry" : "", grad >= 0 ? em->routine_names[grad] : "NULL", grad >= 0 ? "_entry" : "");
  }
  if (p->losses.n) text_add(out, "};\n\n");
  return p->losses.n;
}

static void emit_traced(Emitter *em, Text *out) {
  if (!em->options->trace || !em->program->losses.n) return;
  text_printf(out, "static const nn_trace_table *const %s_traced[] = {", em->prefix);
  for (int k = 0; k < em->program->losses.n; k++) {
    int grad = find_routine(em, ROUTINE_GRAD, k);
    text_printf(out, "%s%s", k ? ", " : "", grad < 0 ? "NULL" : arena_printf(em->cx, "&%s", emit_trace_name(em, grad)));
  }
  text_add(out, "};\n\n");
}

static int emit_objectives(Emitter *em, Text *out) {
  const Program *p = em->program;
  if (p->objectives.n) text_printf(out, "static const nn_objective %s_objectives[] = {\n", em->prefix);
  for (int k = 0; k < p->objectives.n; k++) {
    const Objective *o = &p->objectives.at[k];
    if (o->full) text_printf(out, "    {%d, %d, NULL},\n", o->loss, o->every);
    else
      text_printf(out, "    {%d, %d, %s_update_%s_entry},\n", o->loss, o->every, em->prefix,
                  emit_objective_name(em, k));
  }
  if (p->objectives.n) text_add(out, "};\n\n");
  return p->objectives.n;
}

static int emit_outputs(Emitter *em, Text *out) {
  int rows = 0;
  for (int k = 0; k < em->program->routines.n; k++) {
    const Routine *r = &em->program->routines.at[k];
    if (r->kind != ROUTINE_OUTPUT) continue;
    if (!rows++) text_printf(out, "static const nn_output %s_outputs[] = {\n", em->prefix);
    int64_t count = 1;
    for (int i = 0; i < r->rank; i++) count *= r->shape[i];
    if (r->rank > 8) error_at(em->cx, r->span, "'%s' has %d axes; 8 are the most", r->name, r->rank);
    text_printf(out, "    {%s, %uu, %d, %s, %lld, %d, %s_entry},\n", emit_quoted(em->cx, r->name), em->masks[k],
                r->integer && r->classes > 1 ? r->classes : r->integer, shape(em->cx, r->rank, r->shape),
                (long long)count, r->per_example, em->routine_names[k]);
  }
  if (rows) text_add(out, "};\n\n");
  return rows;
}

static int emit_metrics(Emitter *em, Text *out) {
  int rows = 0;
  for (int k = 0; k < em->program->routines.n; k++) {
    const Routine *r = &em->program->routines.at[k];
    if (r->kind != ROUTINE_METRIC) continue;
    if (!rows++) text_printf(out, "static const nn_metric %s_metrics[] = {\n", em->prefix);
    text_printf(out, "    {%s, %uu, %s_entry},\n", emit_quoted(em->cx, r->name), em->masks[k], em->routine_names[k]);
  }
  if (rows) text_add(out, "};\n\n");
  return rows;
}

static int emit_hypers(Emitter *em, Text *out) {
  const Program *p = em->program;
  if (p->hypers.n) text_printf(out, "static const nn_hyper %s_hypers[] = {\n", em->prefix);
  for (int k = 0; k < p->hypers.n; k++) {
    const char *where = "NN_NOT_SETTABLE";
    if (em->hyper_index[k] >= 0)
      where = arena_printf(em->cx, "offsetof(%s, hyper.%s)", em->type, em->hypers->access[em->hyper_index[k]]);
    text_printf(out, "    {%s, %s, %s},\n", emit_quoted(em->cx, p->hypers.at[k].name), where,
                c_float(em->cx, p->hypers.at[k].value));
  }
  if (p->hypers.n) text_add(out, "};\n\n");
  return p->hypers.n;
}

/* ---- the model ---- */

static void table_member(Emitter *em, const char *member, const char *count_member, const char *table, int rows,
                         Text *out) {
  if (rows) text_printf(out, "    .%s = %s_%s, .%s = %d,\n", member, em->prefix, table, count_member, rows);
  else text_printf(out, "    .%s = NULL, .%s = 0,\n", member, count_member);
}

static const char *flags_of(Emitter *em) {
  Text t = {.cx = em->cx};
  const struct {
    bool set;
    const char *name;
  } flags[] = {{em->program->coupled, "NN_COUPLED"}, {em->draws, "NN_DRAWS"}, {em->steps, "NN_STEPS"}};
  for (int k = 0; k < 3; k++)
    if (flags[k].set) text_printf(&t, "%s%s", t.length ? " | " : "", flags[k].name);
  return t.length ? t.data : "0";
}

static void emit_model(Emitter *em, const int *rows, Text *out) {
  const Program *p = em->program;
  const char *x = em->prefix, *type = em->type, *absent = "(size_t)-1";
  const char *slots = em->first_slots ? arena_printf(em->cx, "offsetof(%s, %s)", type, em->first_slots) : absent;
  text_printf(out,
              "const nn_model %s_model = {\n    .abi = NN_ABI, .name = %s, .hash = UINT64_C(0x%016llx), .flags = %s,\n",
              x, emit_quoted(em->cx, p->name), (unsigned long long)emit_hash(em), flags_of(em));
  text_printf(out, "    .batch = %s_BATCH, .size = sizeof(%s), .work_size = sizeof(%s_work),\n", c_upper(em->cx, x),
              type, x);
  text_printf(out, "    .param_floats = %lld, .state_floats = %lld, .slot_floats = %lld,\n",
              (long long)em->params->floats, (long long)(em->states ? em->states->floats : 0),
              (long long)em->slot_floats);
  text_printf(out, "    .param = offsetof(%s, param), .grad = offsetof(%s, grad),\n", type, type);
  if (p->states.n)
    text_printf(out, "    .state = offsetof(%s, state), .next_state = offsetof(%s, next),\n", type, type);
  else text_printf(out, "    .state = %s, .next_state = %s,\n", absent, absent);
  if (rows[9]) table_member(em, "copies", "ncopies", "copies", rows[9], out);
  uint64_t carried = 0, maximized = 0;
  for (int k = 0; k < p->objectives.n && k < 64; k++)
    maximized |= (uint64_t)p->objectives.at[k].groups[0].stmt->maximize << k;
  if (maximized) text_printf(out, "    .maximized = UINT64_C(%llu),\n", (unsigned long long)maximized);
  for (int k = 0; k < p->states.n && k < 64; k++) carried |= (uint64_t)p->states.at[k].per_example << k;
  if (carried) text_printf(out, "    .carried = UINT64_C(%llu),\n", (unsigned long long)carried);
  text_printf(out,
              "    .slots = %s, .work = offsetof(%s, work), .step = offsetof(%s, step), .seed = offsetof(%s, seed),\n",
              slots, type, type, type);
  static const char *const members[][3] = {
    {"params", "nparams", "param_arrays"}, {"states", "nstates", "state_arrays"},
    {"slot", "nslots", "slots"},           {"inputs", "ninputs", "inputs"},
    {"losses", "nlosses", "losses"},       {"objectives", "nobjectives", "objectives"},
    {"outputs", "noutputs", "outputs"},    {"metrics", "nmetrics", "metrics"},
    {"hypers", "nhypers", "hypers"}};
  for (size_t k = 0; k < sizeof members / sizeof *members; k++)
    table_member(em, members[k][0], members[k][1], members[k][2], rows[k], out);
  bool steps = p->objectives.n && !emit_full_batch_of(p);
  text_printf(out,
              "    .init = %s_init_entry, .train_step = %s%s, .finish_step = %s_finish_entry, .bad_row = %s_bad_row,\n",
              x, steps ? x : "NULL", steps ? "_step_entry" : "", x, x);
  if (em->options->selftest) text_printf(out, "    .selftest = &%s_selftest_table,\n", x);
  if (emit_full_batch_of(p)) text_printf(out, "    .full = &%s_full,\n", x);
  char validate[64];
  text_add(out, "    .train = {");
  const TrainDefaults *t = &p->train;
  snprintf(validate, sizeof validate, "%.17g", t->validate);
  text_printf(out,
              ".batch = %d, .epochs = %d, .patience = %d, .shuffle = %d, .validate = %s, .seed = UINT64_C(%llu), "
              ".standardize = %uu},\n",
              t->batch, t->epochs, t->patience, t->shuffle, validate, (unsigned long long)t->seed, t->standardize);
  if (em->options->trace) text_printf(out, "    .trace = offsetof(%s_work, trace),\n", x);
  if (em->options->trace && p->losses.n) text_printf(out, "    .traced = %s_traced,\n", x);
  text_add(out, "};\n");
}

void emit_tables(Emitter *em, Text *header, Text *source) {
  const Program *p = em->program;
  emit_init(em, header, source);
  emit_bad_row(em, header, source);
  emit_wrappers(em, source);
  emit_arrays(em, "param_arrays", em->params, source);
  emit_arrays(em, "state_arrays", em->states, source);
  int rows[10] = {p->params.n, p->states.n};
  rows[9] = emit_copies(em, source);
  rows[2] = emit_slots(em, source);
  rows[3] = emit_inputs(em, source);
  rows[4] = emit_losses(em, source);
  emit_traced(em, source);
  rows[5] = emit_objectives(em, source);
  rows[6] = emit_outputs(em, source);
  rows[7] = emit_metrics(em, source);
  rows[8] = emit_hypers(em, source);
  emit_model(em, rows, source);
  text_printf(header,
              "/* Names, shapes, offsets and entry points, for generic tools. */\nextern const nn_model %s_model;\n",
              em->prefix);
}
