/* update.c: optimizers in C.
 *
 * Each optimizer of each `minimize` has a struct of its slots in the model, laid out like the parameters of its group.
 * An elementwise one is a function over a run of floats, called for each run of neighbouring parameters; any other is a
 * block for each parameter. digits_update_L makes one update from m->grad; digits_step the whole step. */
#include "emit/comment.h"
#include "emit/name.h"
#include "emit/trace.h"
#include "emit/update.h"

#include <string.h>

/* ---- planning ---- */

static Layout *layout_of_group(Emitter *em, const Group *group, const char *member, Text *typedefs) {
  int n = em->program->params.n;
  bool *in = ARENA_ARRAY(em->cx, bool, n + 1);
  for (int k = 0; k < group->nparams; k++) in[group->params[k]] = true;
  if (group->nparams == n) return em->params;
  for (int k = 0; k < em->subsets.n; k++) {
    bool same = true;
    for (int i = 0; i < n; i++) same = same && (em->subsets.at[k]->access[i] != NULL) == in[i];
    if (same) return em->subsets.at[k];
  }
  /* in the order of memory of all parameters, so that neighbours are neighbours here too */
  const char *type = arena_printf(em->cx, "%s_%s_params", em->prefix, c_flat_name(em->cx, member));
  Layout *l = layout_make(em->cx, em->program->params.at, n, em->params->order, in, type, typedefs);
  VEC_PUSH(em->cx, &em->subsets, l);
  return l;
}

static void plan_stage(Emitter *em, const Group *group, const Stage *stage, StageCode *code) {
  int count = stage->flat ? 1 : group->nparams;
  code->plans = ARENA_ARRAY(em->cx, Plan *, count + 1);
  for (int k = 0; k < count; k++) {
    Plan *plan = plan_roots(em->program, em->options, stage->roots + (ptrdiff_t)k * stage->nroots, stage->nroots, false,
                            stage->flat);
    code->plans[k] = plan;
    if (plan->floats > em->floats) em->floats = plan->floats;
    if (plan->integers > em->integers) em->integers = plan->integers;
    if (plan->wides > em->wides) em->wides = plan->wides;
  }
}

static void add_member(Emitter *em, const Stage *stage, const Layout *layout, Text *members) {
  if (!stage->nslots) return;
  const char *name = c_flat_name(em->cx, stage->member);
  text_printf(members, "    struct { %s ", layout->type);
  for (int k = 0; k < stage->nslots; k++)
    text_printf(members, "%s%s", k ? ", " : "", c_name(em->cx, stage->slots[k].name, strlen(stage->slots[k].name)));
  text_printf(members, "; } %s;\n", name);
  if (!em->first_slots) em->first_slots = name;
  em->slot_floats += layout->floats * stage->nslots;
}

void plan_updates(Emitter *em, Text *typedefs, Text *members) {
  const Program *p = em->program;
  em->stages = ARENA_ARRAY(em->cx, StageCode **, p->objectives.n + 1);
  for (int o = 0; o < p->objectives.n; o++) {
    const Objective *obj = &p->objectives.at[o];
    em->stages[o] = ARENA_ARRAY(em->cx, StageCode *, obj->ngroups + 1);
    for (int g = 0; g < obj->ngroups; g++) {
      em->stages[o][g] = ARENA_ARRAY(em->cx, StageCode, obj->groups[g].nstages + 1);
      for (int s = 0; s < obj->groups[g].nstages; s++) {
        const Stage *stage = &obj->groups[g].stages[s];
        StageCode *code = &em->stages[o][g][s];
        code->layout = stage->nslots ? layout_of_group(em, &obj->groups[g], stage->member, typedefs) : em->params;
        plan_stage(em, &obj->groups[g], stage, code);
        add_member(em, stage, code->layout, members);
      }
    }
  }
}

const char *emit_objective_name(Emitter *em, int objective) {
  const Program *p = em->program;
  const char *loss = p->losses.at[p->objectives.at[objective].loss];
  const char *name = c_name(em->cx, loss, strlen(loss));
  for (int k = 0; k < objective; k++)
    if (p->objectives.at[k].loss == p->objectives.at[objective].loss)
      return arena_printf(em->cx, "%s_every%d_%d", name, p->objectives.at[objective].every, objective);
  return name;
}

/* ---- elementwise stages ---- */

typedef struct Uses { /* what a flat stage reads and writes */
  bool weight, gradient, step, gnorm;
  bool *slots, *hypers;
} Uses;

static void use_node(Uses *u, NodeKind kind, int item) {
  if (kind == NODE_WEIGHT) u->weight = true;
  if (kind == NODE_GRADIENT) u->gradient = true;
  if (kind == NODE_STEP) u->step = true;
  if (kind == NODE_GNORM) u->gnorm = true;
  if (kind == NODE_SLOT) u->slots[item] = true;
  if (kind == NODE_HYPER) u->hypers[item] = true;
}

static Uses uses_of(Emitter *em, const Stage *stage, const Plan *plan) {
  Uses u = {.slots = ARENA_ARRAY(em->cx, bool, stage->nslots + 1),
            .hypers = ARENA_ARRAY(em->cx, bool, em->program->hypers.n + 1)};
  for (int k = 0; k < plan->order.n; k++) use_node(&u, plan->order.at[k]->kind, plan->order.at[k]->item);
  for (int k = 0; k < plan->nroots; k++) {
    DestKind d = plan->roots[k].dest;
    use_node(&u, d == DEST_WEIGHT ? NODE_WEIGHT : d == DEST_GRADIENT ? NODE_GRADIENT : NODE_SLOT, plan->roots[k].item);
  }
  return u;
}

static const char *slot_name(Emitter *em, const Stage *stage, int slot) {
  return c_local_name(em->cx, stage->slots[slot].name);
}
static const char *hyper_name(Emitter *em, int hyper) {
  return c_local_name(em->cx, em->program->hypers.at[hyper].name);
}

enum { NOISE = 256 };
static const char *noise_name(Emitter *em, const Node *n) {
  return arena_printf(em->cx, "noise%d", n->item / 2 - FIRST_STAGE_DRAW + 1);
}

typedef struct StageBody { /* a Body that knows its stage; the Body comes first */
  Body body;
  const Stage *stage;
} StageBody;

static const char *flat_origin(Body *b, const Node *n) {
  const Stage *stage = ((StageBody *)b)->stage;
  switch (n->kind) {
  case NODE_WEIGHT: return "w";
  case NODE_GRADIENT: return "g";
  case NODE_SLOT: return slot_name(b->em, stage, n->item);
  case NODE_HYPER: return hyper_name(b->em, n->item);
  case NODE_STEP: return "step";
  case NODE_GNORM: return "gnorm";
  case NODE_CONST: return emit_table_name(b->em, n, plan_storage(b->plan, n)->integer, false);
  case NODE_DRAW: return noise_name(b->em, n);
  default: bug("emit", "a leaf of kind %d in an optimizer", (int)n->kind);
  }
}

/* Noise for the run at hand, which is short: NOISE elements at most. */
static void emit_flat_noise(Body *b) {
  for (int k = 0; k < b->plan->order.n; k++) {
    const Node *n = b->plan->order.at[k];
    if (n->kind != NODE_DRAW) continue;
    body_line(b, "float %s[%d];", noise_name(b->em, n), NOISE);
    body_line(b, "nn_noise(%s, %d, first, (size_t)count, seed, NN_STREAM(%d, taken));", noise_name(b->em, n),
              n->item % 2, n->item / 2 + 1);
  }
}

/* The scalars of a plan as constants of the function. */
static void emit_flat_scalars(Body *b) {
  b->direct = true;
  for (int s = 0; s < b->plan->steps.n; s++)
    if (b->plan->steps.at[s].nodes.at[0]->naxes == 0) emit_scalars(b, &b->plan->steps.at[s]);
  b->direct = false;
}

static const char *flat_signature(Emitter *em, const Stage *stage, const Plan *plan, const char *name) {
  Uses u = uses_of(em, stage, plan);
  Text t = {.cx = em->cx};
  text_printf(&t, "static void %s(ptrdiff_t count", name);
  if (u.weight) text_add(&t, ", float *restrict w");
  if (u.gradient) text_add(&t, ", float *restrict g");
  for (int k = 0; k < stage->nslots; k++)
    if (u.slots[k]) text_printf(&t, ", float *restrict %s", slot_name(em, stage, k));
  if (u.step) text_add(&t, ", float step");
  if (u.gnorm) text_add(&t, ", float gnorm");
  for (int k = 0; k < em->program->hypers.n; k++)
    if (u.hypers[k]) text_printf(&t, ", float %s", hyper_name(em, k));
  if (plan->draws) text_add(&t, ", size_t first, uint64_t seed, uint64_t taken");
  text_add(&t, ")");
  return t.data;
}

static void emit_flat_stage(Emitter *em, const Stage *stage, const Plan *plan, const char *name, Text *source) {
  StageBody sb = {.stage = stage};
  Text body = {.cx = em->cx};
  sb.body = (Body){.em = em,
                   .cx = em->cx,
                   .g = em->program->graph,
                   .plan = plan,
                   .out = &body,
                   .indent = 1,
                   .loop = -1,
                   .origin = flat_origin};
  Body *b = &sb.body;
  b->root_names = ARENA_ARRAY(em->cx, const char *, plan->nroots + 1);
  const char **names = ARENA_ARRAY(em->cx, const char *, plan->nroots + 1);
  for (int k = 0; k < plan->nroots; k++) {
    const Root *r = &plan->roots[k];
    const char *leaf = r->dest == DEST_WEIGHT ? "w" : r->dest == DEST_GRADIENT ? "g" : NULL;
    names[k] = leaf ? leaf : stage->slots[r->item].name;
    b->root_names[k] = leaf ? leaf : slot_name(em, stage, r->item);
  }
  emit_flat_noise(b);
  emit_flat_scalars(b);
  b->operands.n = 0;
  emit_flat(b);
  b->out = source;
  b->indent = 0;
  body_comment(b, comment_run(b, names));
  emit_wrapped(source, flat_signature(em, stage, plan, name), 4);
  text_add(source, " {\n");
  text_add_n(source, body.data, body.length);
  text_add(source, "}\n\n");
}

/* A pointer as it is, or further on in a run that is cut. */
static const char *at_run(Emitter *em, const char *pointer, bool cut) {
  return cut ? arena_printf(em->cx, "%s + q", pointer) : pointer;
}

static void call_run(Emitter *em, const Stage *stage, const StageCode *code, const char *name, int first, int64_t count,
                     Text *source) {
  Text call = {.cx = em->cx}, *out = &call;
  Uses u = uses_of(em, stage, code->plans[0]);
  const char *member = c_flat_name(em->cx, stage->member);
  bool cut = code->plans[0]->draws; /* into pieces whose noise fits the stack */
  if (cut) text_printf(source, "  for (ptrdiff_t q = 0; q < %lld; q += %d)\n  ", (long long)count, NOISE);
  text_printf(out, "  %s(", name);
  if (cut && count > NOISE)
    text_printf(out, "%lld - q < %d ? %lld - q : %d", (long long)count, NOISE, (long long)count, NOISE);
  else text_printf(out, "%lld", (long long)count);
  if (u.weight) text_printf(out, ", %s", at_run(em, layout_pointer(em->cx, em->params, "w", first, true), cut));
  if (u.gradient) text_printf(out, ", %s", at_run(em, layout_pointer(em->cx, em->params, "g", first, true), cut));
  for (int k = 0; k < stage->nslots; k++) {
    if (!u.slots[k]) continue;
    const char *slot = c_name(em->cx, stage->slots[k].name, strlen(stage->slots[k].name));
    text_printf(
      out, ", %s",
      at_run(em, arena_printf(em->cx, "(float *)&m->%s.%s.%s", member, slot, code->layout->access[first]), cut));
  }
  if (u.step) text_add(out, ", step");
  if (u.gnorm) text_add(out, ", gnorm");
  for (int k = 0; k < em->program->hypers.n; k++)
    if (u.hypers[k]) text_printf(out, ", m->hyper.%s", em->hypers->access[em->hyper_index[k]]);
  if (cut) text_printf(out, ", (size_t)(%lld + q), m->seed, m->step", (long long)em->params->offset[first]);
  emit_wrapped(source, call.data, 6);
  text_add(source, ");\n");
}

/* Runs of neighbouring parameters of the group: calls f for the first leaf and the floats of each. */
typedef struct Run {
  int first;
  int64_t count;
} Run;
typedef VEC(Run) RunList;

static RunList runs_of(Emitter *em, const Group *group) {
  RunList runs = {0};
  bool *in = ARENA_ARRAY(em->cx, bool, em->program->params.n + 1), joined = false;
  for (int k = 0; k < group->nparams; k++) in[group->params[k]] = true;
  for (int k = 0; k < em->params->norder; k++) {
    int p = em->params->order[k];
    if (in[p] && joined) runs.at[runs.n - 1].count += em->program->params.at[p].count;
    else if (in[p]) VEC_PUSH(em->cx, &runs, ((Run){p, em->program->params.at[p].count}));
    joined = in[p];
  }
  return runs;
}

/* ---- other stages ---- */

static const char *slot_member(Emitter *em, const Stage *stage, int slot) {
  const char *name = stage->slots[slot].name;
  return arena_printf(em->cx, "m->%s.%s", c_flat_name(em->cx, stage->member), c_name(em->cx, name, strlen(name)));
}

static const char *whole_origin(Body *b, const Node *n) {
  Emitter *em = b->em;
  const Stage *stage = ((StageBody *)b)->stage;
  const char *s = NULL;
  switch (n->kind) {
  case NODE_WEIGHT: s = arena_printf(b->cx, "w->%s", em->params->access[n->item]); break;
  case NODE_GRADIENT: s = arena_printf(b->cx, "g->%s", em->params->access[n->item]); break;
  case NODE_HYPER: return arena_printf(b->cx, "m->hyper.%s", em->hypers->access[em->hyper_index[n->item]]);
  case NODE_STEP: return "step";
  case NODE_GNORM: return "gnorm";
  case NODE_CONST: return emit_table_name(em, n, plan_storage(b->plan, n)->integer, false);
  case NODE_SLOT: s = arena_printf(b->cx, "%s.%s", slot_member(em, stage, n->item), b->slot_access); break;
  default: bug("emit", "a leaf of kind %d in an optimizer", (int)n->kind);
  }
  return n->naxes <= 1 ? s : arena_printf(b->cx, "(const float *)%s", s);
}

static void emit_whole_stage(Emitter *em, const Group *group, const Stage *stage, const StageCode *code, Text *out) {
  for (int k = 0; k < group->nparams; k++) {
    int param = group->params[k];
    StageBody sb = {.stage = stage};
    sb.body = (Body){.em = em,
                     .cx = em->cx,
                     .g = em->program->graph,
                     .plan = code->plans[k],
                     .out = out,
                     .indent = 1,
                     .origin = whole_origin};
    Body *b = &sb.body;
    b->slot_access = code->layout->access[param];
    b->first = arena_printf(em->cx, "%lld", (long long)em->params->offset[param]);
    b->root_names = ARENA_ARRAY(em->cx, const char *, b->plan->nroots + 1);
    for (int i = 0; i < b->plan->nroots; i++) {
      const Root *r = &b->plan->roots[i];
      const char *place =
        r->dest == DEST_SLOT
          ? arena_printf(em->cx, "%s.%s", slot_member(em, stage, r->item), b->slot_access)
          : arena_printf(em->cx, "%s->%s", r->dest == DEST_WEIGHT ? "w" : "g", em->params->access[param]);
      b->root_names[i] = arena_printf(em->cx, "((float *)&%s)", place);
    }
    body_comment(b, arena_printf(em->cx, "%s of %s", stage->name, em->program->params.at[param].path));
    body_begin(b, "{");
    emit_steps(b, 0);
    body_end(b);
  }
}

/* ---- updates ---- */

static void emit_gnorm(const RunList *runs, Emitter *em, Text *out, bool *declared) {
  text_printf(out, "  %sgnorm = nn_sqrtf(", *declared ? "" : "float ");
  *declared = true;
  for (int k = 0; k < runs->n; k++)
    text_printf(out, "%s%s_squares(%lld, %s)", k ? " +\n      " : "", em->prefix, (long long)runs->at[k].count,
                layout_pointer(em->cx, em->params, "g", runs->at[k].first, false));
  text_add(out, ");\n");
}

static const char *stage_function(Emitter *em, int o, int g, int s) {
  const Objective *obj = &em->program->objectives.at[o];
  return arena_printf(em->cx, "%s_%s_%s_%d%d", em->prefix, emit_objective_name(em, o),
                      c_flat_name(em->cx, obj->groups[g].stages[s].name), g, s);
}

static void emit_update(Emitter *em, int o, Text *source) {
  const Objective *obj = &em->program->objectives.at[o];
  Text body = {.cx = em->cx};
  bool declared = false;
  for (int g = 0; g < obj->ngroups; g++) {
    RunList runs = runs_of(em, &obj->groups[g]);
    for (int s = 0; s < obj->groups[g].nstages; s++) {
      const Stage *stage = &obj->groups[g].stages[s];
      const StageCode *code = &em->stages[o][g][s];
      if (stage->uses_gnorm) emit_gnorm(&runs, em, &body, &declared);
      if (!stage->flat) {
        emit_whole_stage(em, &obj->groups[g], stage, code, &body);
        continue;
      }
      const char *name = stage_function(em, o, g, s);
      emit_flat_stage(em, stage, code->plans[0], name, source);
      for (int r = 0; r < runs.n; r++) call_run(em, stage, code, name, runs.at[r].first, runs.at[r].count, &body);
    }
  }
  text_printf(source, "/* One update of the parameters that `%s %s` trains, from m->grad. */\n",
              obj->groups[0].stmt->maximize ? "maximize" : "minimize", em->program->losses.at[obj->loss]);
  text_printf(source, "static void %s_update_%s(%s *m) {\n", em->prefix, emit_objective_name(em, o), em->type);
  text_printf(source, "  %s_params *w = &m->param, *g = &m->grad;\n  %s_work *s = &m->work;\n", em->prefix, em->prefix);
  const char *turns = obj->every > 1 ? arena_printf(em->cx, " / %d", obj->every) : "";
  text_printf(
    source, "  const float step = (float)(int64_t)(m->step%s + 1);\n  (void)w, (void)g, (void)s, (void)step;\n", turns);
  if (em->options->trace) text_printf(source, "  memcpy(&m->before, w, sizeof *w);\n");
  text_add_n(source, body.data ? body.data : "", body.length);
  if (em->options->trace) emit_trace_update(em, obj, source);
  text_add(source, "}\n\n");
}

static int gradient_of(const Emitter *em, int loss) {
  for (int k = 0; k < em->program->routines.n; k++)
    if (em->program->routines.at[k].kind == ROUTINE_GRAD && em->program->routines.at[k].loss == loss) return k;
  bug("emit", "no gradient of %s", em->program->losses.at[loss]);
}

uint32_t emit_step_inputs(const Emitter *em) {
  uint32_t mask = 0;
  for (int o = 0; o < em->program->objectives.n; o++)
    mask |= em->masks[gradient_of(em, em->program->objectives.at[o].loss)];
  return mask;
}

/* States take what the first turn of a step finds: the values before the step, of which later turns know no more. */
bool emit_counts_turns(const Emitter *em) { return em->program->states.n && em->program->objectives.n > 1; }

static void emit_turn(Emitter *em, int o, Text *header, Text *source) {
  int k = gradient_of(em, em->program->objectives.at[o].loss);
  const char *name = emit_objective_name(em, o), *states = em->program->states.n ? "&m->state, " : "",
             *next = emit_counts_turns(em)   ? "m->acted++ ? NULL : &m->next, "
                     : em->program->states.n ? "&m->next, "
                                             : "",
             *step = o ? arena_printf(em->cx, "NN_TURN(%d, m->step)", o) : "m->step";
  const char *signature = arena_printf(em->cx, "float %s_step_%s(%s *m, int n%s)", em->prefix, name, em->type,
                                       emit_input_list(em, em->masks[k], true));
  emit_wrapped(header, signature, 4);
  text_add(header, ";\n");
  emit_wrapped(source, signature, 4);
  text_add(source, " {\n");
  text_printf(source, "  if (%s) return NAN;\n", emit_input_check(em, em->masks[k]));
  emit_wrapped(source,
               arena_printf(em->cx, "  const float loss = %s(&m->param, %s&m->grad, %s&m->work, n%s%s);\n",
                            em->routine_names[k], states, next,
                            emit_draw_arguments(em, &em->program->routines.at[k], "m->seed", step),
                            emit_input_list(em, em->masks[k], false)),
               6);
  if (em->options->trace) text_add(source, "  if (m->work.trace.found) return NAN;\n");
  text_printf(source, "  %s_update_%s(m);\n  return loss;\n}\n\n", em->prefix, name);
}

static void emit_whole_step(Emitter *em, Text *header, Text *source) {
  const Program *p = em->program;
  uint32_t mask = emit_step_inputs(em);
  const char *signature =
    arena_printf(em->cx, "float %s_step(%s *m, int n%s)", em->prefix, em->type, emit_input_list(em, mask, true));
  text_printf(header,
              "/* A whole step: every loss whose turn it is, and %s_finish_step. Returns the first loss that acted, as "
              "it was before. */\n",
              em->prefix);
  emit_wrapped(header, arena_printf(em->cx, "%s;\n", signature), 4);
  emit_wrapped(source, signature, 4);
  text_printf(source, " {\n  if (%s) return NAN;\n", emit_input_check(em, mask));
  bool several = p->objectives.n > 1, idle = true; /* idle: there are steps in which no loss acts */
  for (int o = 0; o < p->objectives.n; o++) idle = idle && p->objectives.at[o].every > 1;
  if (idle && p->states.n) text_add(source, "  m->next = m->state;\n");
  text_add(source, "  float first = NAN;\n");
  if (several) text_add(source, "  int acted = 0;\n");
  for (int o = 0; o < p->objectives.n; o++) {
    int every = p->objectives.at[o].every;
    const char *call = arena_printf(em->cx, "%s_step_%s(m, n%s)", em->prefix, emit_objective_name(em, o),
                                    emit_input_list(em, em->masks[gradient_of(em, p->objectives.at[o].loss)], false));
    if (every > 1) text_printf(source, "  if ((m->step + 1) %% %d == 0)", every);
    if (!several) text_printf(source, "  first = %s;\n", call);
    else text_printf(source, "  {\n    const float loss = %s;\n    if (!acted++) first = loss;\n  }\n", call);
    if (em->options->trace) text_add(source, "  if (m->work.trace.found) return NAN;\n");
  }
  text_printf(source, "  %s_finish_step(m);\n  return first;\n}\n\n", em->prefix);
}

static bool uses_gnorm(const Program *p) {
  for (int o = 0; o < p->objectives.n; o++)
    for (int g = 0; g < p->objectives.at[o].ngroups; g++)
      for (int s = 0; s < p->objectives.at[o].groups[g].nstages; s++)
        if (p->objectives.at[o].groups[g].stages[s].uses_gnorm) return true;
  return false;
}

void emit_updates(Emitter *em, Text *header, Text *source) {
  const Program *p = em->program;
  if (uses_gnorm(p))
    text_printf(source,
                "static float %s_squares(ptrdiff_t count, const float *v) {\n"
                "  const ptrdiff_t whole = count - count %% 16;\n"
                "  double sum = 0.0; /* takes up 1024 at a time: a float that many run through loses digits */\n"
                "  for (ptrdiff_t start = 0; start < whole; start += 1024) {\n"
                "    float part[16] = {0};\n"
                "    for (ptrdiff_t q = start; q < whole && q < start + 1024; q += 16)\n"
                "      for (int k = 0; k < 16; k++) part[k] += v[q + k] * v[q + k];\n"
                "    for (int k = 0; k < 16; k++) sum += (double)part[k];\n"
                "  }\n"
                "  for (ptrdiff_t q = whole; q < count; q++) sum += (double)(v[q] * v[q]);\n"
                "  return (float)sum;\n}\n\n",
                em->prefix);
  for (int o = 0; o < p->objectives.n && !emit_full_batch_of(p); o++) emit_update(em, o, source);
  text_printf(header,
              "/* After the turns of a step done one by one: states take their next values, m->step counts. */\n"
              "void %s_finish_step(%s *m);\n",
              em->prefix, em->type);
  text_printf(source, "void %s_finish_step(%s *m) {\n%s%s  m->step += 1;\n}\n\n", em->prefix, em->type,
              p->states.n ? "  m->state = m->next;\n" : "", emit_counts_turns(em) ? "  m->acted = 0;\n" : "");
  if (!p->objectives.n || emit_full_batch_of(p)) return;
  text_add(header, "/* One turn: gradient of the loss and update; returns the loss before it. */\n");
  for (int o = 0; o < p->objectives.n; o++) emit_turn(em, o, header, source);
  emit_whole_step(em, header, source);
}
