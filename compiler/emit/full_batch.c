/* full_batch.c: the functions of a full-batch method, in double precision, and their table.
 *
 *     double digits_L_full(const double *w, double *g, digits_full_work *s, int n, const double *x, const int32_t *y)
 *     double digits_L_product(const double *w, const double *direction, double *g, ...)
 *
 * A search for a minimum to eight digits compares values that agree in more digits than a float has: so the training
 * loss, its gradient and the product with its Hessian are functions of doubles (emit/double.c). */
#include "emit/name.h"
#include "emit/routine.h"

#include <string.h>

enum { GRADIENT, PRODUCT, FUNCTIONS };

const FullBatch *emit_full_batch_of(const Program *p) { return p->objectives.n ? p->objectives.at[0].full : NULL; }

static const Routine *routine_of(const Emitter *em, int which) {
  const FullBatch *full = emit_full_batch_of(em->program);
  return which == GRADIENT ? &full->gradient : &full->product;
}

/* BFGS keeps a matrix of doubles, and its program would ask for it only when it is started. */
static void check_matrix(Emitter *em) {
  const FullBatch *full = emit_full_batch_of(em->program);
  const Group *group = &em->program->objectives.at[0].groups[0];
  double n = 0, limit = em->options->max_memory;
  for (int k = 0; k < group->nparams; k++) n += (double)em->program->params.at[group->params[k]].count;
  if (strcmp(full->method, "NN_BFGS") != 0 || limit <= 0 || 8 * n * n <= limit) return;
  error_at(em->cx, full->span, "'bfgs' keeps a matrix of %.0f x %.0f numbers, %.1f GiB: expected at most %.1f GiB", n,
           n, 8 * n * n / 1073741824, limit / 1073741824);
  help(em->cx, "lbfgs keeps 20 vectors in its place; --max-memory raises the limit");
}

void plan_full(Emitter *em) {
  if (!emit_full_batch_of(em->program)) return;
  check_matrix(em);
  Options *options = ARENA_NEW(em->cx, Options);
  *options = *em->options;
  options->trace = false; /* only functions in float look back */
  for (int k = 0; k < FUNCTIONS; k++) {
    const Routine *r = routine_of(em, k);
    em->full_plans[k] = r->nroots ? plan_roots(em->program, options, r->roots, r->nroots, false, false) : NULL;
  }
}

/* ---- the functions ---- */

static uint32_t inputs_of(const Emitter *em) {
  const FullBatch *full = emit_full_batch_of(em->program);
  uint32_t mask = 0;
  for (int k = 0; k < em->program->routines.n; k++)
    if (em->program->routines.at[k].kind == ROUTINE_GRAD && em->program->routines.at[k].loss == full->gradient.loss)
      mask = em->masks[k];
  return mask;
}

static const char *function_name(Emitter *em, int which) {
  const char *loss = emit_full_batch_of(em->program)->gradient.name;
  return arena_printf(em->cx, "%s_%s_%s", em->prefix, c_name(em->cx, loss, strlen(loss)),
                      which == GRADIENT ? "full" : "product");
}

static const char *signature(Emitter *em, int which) {
  return arena_printf(em->cx, "float %s(const float *w%s%s, float *g, %s_full_work *s, int n%s%s)",
                      function_name(em, which), em->program->states.n ? ", const float *state" : "",
                      which == PRODUCT ? ", const float *direction" : "", em->prefix,
                      emit_draw_arguments(em, routine_of(em, which), "uint64_t seed", "uint64_t step"),
                      emit_input_list(em, inputs_of(em), true));
}

int full_functions(Emitter *em, DoubleFunction *out) {
  int count = 0;
  for (int k = 0; k < FUNCTIONS && emit_full_batch_of(em->program); k++)
    if (em->full_plans[k])
      out[count++] = (DoubleFunction){.plan = em->full_plans[k],
                                      .signature = signature(em, k),
                                      .inputs = inputs_of(em),
                                      .gradient = true,
                                      .direction = k == PRODUCT};
  return count;
}

/* ---- what the runtime calls ---- */

static const char *pointers(Emitter *em) {
  Text t = {.cx = em->cx};
  for (int k = 0; k < em->program->inputs.n; k++)
    if (inputs_of(em) >> k & 1)
      text_printf(&t, ", (const %s *)in[%d]", em->program->inputs.at[k].kind == INPUT_REAL ? "double" : "int32_t", k);
  return t.data ? t.data : "";
}

static void emit_entry(Emitter *em, int which, Text *source) {
  const char *name = function_name(em, which);
  Text t = {.cx = em->cx};
  text_printf(&t,
              "static double %s_entry(const double *param, const double *state, const double *direction, double "
              "*result, void *work, "
              "int n, const void *const *in, uint64_t seed, uint64_t step) {\n",
              name);
  text_add(&t, "  (void)state, (void)direction, (void)in, (void)seed, (void)step;\n");
  text_printf(&t, "  return %s(param%s%s, result, (%s_full_work *)work, n%s%s);\n}\n\n", name,
              em->program->states.n ? ", state" : "", which == PRODUCT ? ", direction" : "", em->prefix,
              emit_draw_arguments(em, routine_of(em, which), "seed", "step"), pointers(em));
  emit_wrapped(source, t.data, 6);
}

static void emit_table(Emitter *em, Text *source) {
  const FullBatch *full = emit_full_batch_of(em->program);
  const Group *group = &em->program->objectives.at[0].groups[0];
  Text moved = {.cx = em->cx};
  text_printf(&moved, "static const int %s_moved[] = {", em->prefix);
  for (int k = 0; k < group->nparams; k++) text_printf(&moved, "%s%d", k ? ", " : "", group->params[k]);
  text_add(&moved, "};\n");
  emit_wrapped(source, moved.data, 6);
  text_printf(source, "static const nn_full %s_full = {%s, \"%s\", %s_entry, ", em->prefix, full->method, full->name,
              function_name(em, GRADIENT));
  if (full->uses_product) text_printf(source, "%s_entry, ", function_name(em, PRODUCT));
  else text_add(source, "NULL, ");
  text_printf(source, "sizeof(%s_full_work), %s_moved, %d};\n\n", em->prefix, em->prefix, group->nparams);
}

static void emit_prototype(Emitter *em, int which, Text *header) {
  if (which == GRADIENT)
    text_printf(
      header,
      "/* In double precision, as in training: the mean over n examples, and its gradient in g; w and g are laid "
      "out as\n   %s_params. */\n",
      em->prefix);
  else text_add(header, "/* The Hessian of that at w times direction, in g; returns 0. */\n");
  Text t = {.cx = em->cx};
  double_translate(em, signature(em, which), &t);
  emit_wrapped(header, t.data, 4);
  text_add(header, ";\n");
}

void emit_full(Emitter *em, Text *types, Text *header) {
  if (!emit_full_batch_of(em->program)) return;
  DoubleFunction functions[FUNCTIONS];
  int count = full_functions(em, functions);
  double_scratch(em, functions, count, "full_work", types);
  for (int k = 0; k < FUNCTIONS; k++)
    if (em->full_plans[k]) emit_prototype(em, k, header);
}

void emit_full_entries(Emitter *em, Text *source) {
  if (!emit_full_batch_of(em->program)) return;
  for (int k = 0; k < FUNCTIONS; k++)
    if (em->full_plans[k]) emit_entry(em, k, source);
  emit_table(em, source);
}
