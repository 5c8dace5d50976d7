/* full_batch.c: the functions of a full-batch method, in double precision, and their table.
 *
 *     double digits_L_full(const double *w, double *g, digits_full_work *s, int n, const double *x, const int32_t *y)
 *     double digits_L_product(const double *w, const double *direction, double *g, ...)
 *
 * A search for a minimum to eight digits compares values that agree in more digits than a float has. So the training
 * loss, its gradient and the product with its Hessian are written like any routine, only that parameters are numbers in
 * a row (w + 12), and then the C is translated word for word: float becomes double, nn_expf becomes nn_exp, 0.5f
 * becomes 0.5. */
#include "emit/name.h"
#include "emit/routine.h"

#include <ctype.h>
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
  for (int k = 0; k < FUNCTIONS; k++) {
    const Routine *r = routine_of(em, k);
    em->full_plans[k] = r->nroots ? plan_roots(em->program, em->options, r->roots, r->nroots, false, false) : NULL;
  }
}

/* ---- translation ---- */

/* A word with what comes from its letters: `float`, nn_expf, and functions and tables of this file that have a float
 * twin. */
static void add_word(Emitter *em, const char *word, size_t length, Text *out) {
  static const char *const words[][2] = {{"float", "double"},
                                         {"nn_gemm", "nn_gemm_double"},
                                         {"nn_draw_normal", "nn_draw_normal_double"},
                                         {"nn_draw_uniform", "nn_draw_uniform_double"},
                                         {"INFINITY", "(double)INFINITY"},
                                         {"NAN", "(double)NAN"}};
  for (size_t k = 0; k < sizeof words / sizeof *words; k++)
    if (strlen(words[k][0]) == length && strncmp(words[k][0], word, length) == 0) {
      text_add(out, words[k][1]);
      return;
    }
  size_t prefix = strlen(em->prefix);
  bool own = length > prefix && strncmp(word, em->prefix, prefix) == 0 && isdigit((unsigned char)word[length - 1]) &&
             (strncmp(word + prefix, "_part", 5) == 0 || strncmp(word + prefix, "_table", 6) == 0);
  for (int op = 0; op < OP_COUNT; op++)
    if (op_rows[op].in_double && strlen(op_rows[op].c) == length && strncmp(op_rows[op].c, word, length) == 0) {
      text_add(out, op_rows[op].in_double);
      return;
    }
  bool function = length > 4 && strncmp(word, "nn_", 3) == 0 && word[length - 1] == 'f';
  text_add_n(out, word, length - function);
  if (own) text_add(out, "_double");
}

static size_t number_length(const char *s) {
  size_t k = 0;
  while (isalnum((unsigned char)s[k]) || s[k] == '.' || (k && strchr("+-", s[k]) && s[k] && strchr("ep", s[k - 1])))
    k++;
  return k;
}

static void add_in_double(Emitter *em, const char *s, Text *out) {
  while (*s) {
    size_t length = 1;
    if (strncmp(s, "/*", 2) == 0) {
      length = (size_t)(strstr(s, "*/") + 2 - s);
      text_add_n(out, s, length);
    } else if (isalpha((unsigned char)*s) || *s == '_') {
      while (isalnum((unsigned char)s[length]) || s[length] == '_') length++;
      add_word(em, s, length, out);
    } else if (isdigit((unsigned char)*s)) {
      length = number_length(s);
      text_add_n(out, s, length - (s[length - 1] == 'f'));
    } else {
      text_add_n(out, s, 1);
    }
    s += length;
  }
}

/* ---- a function ---- */

static const char *leaf_at(Body *b, const Layout *layout, const char *pointer, const Node *n) {
  return arena_printf(b->cx, n->naxes ? "%s + %lld" : "%s[%lld]", pointer, (long long)layout->offset[n->item]);
}

static const char *full_origin(Body *b, const Node *n) {
  Emitter *em = b->em;
  const Place *p = plan_place(b->plan, n);
  if (p->kind == PLACE_DEST)
    return arena_printf(b->cx, "g + %lld", (long long)em->params->offset[b->plan->roots[p->root].item]);
  switch (n->kind) {
  case NODE_INPUT: return n->naxes ? em->input_names[n->item] : arena_printf(em->cx, "%s[0]", em->input_names[n->item]);
  case NODE_PARAM: return leaf_at(b, em->params, "w", n);
  case NODE_DIRECTION: return leaf_at(b, em->params, "direction", n);
  case NODE_STATE: return leaf_at(b, em->states, "state", n);
  case NODE_CONST: return emit_table_name(em, n, p->integer, p->wide);
  case NODE_BATCH: return "(float)n";
  default: bug("emit", "a leaf of kind %d in a full-batch function", (int)n->kind);
  }
}

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

static bool has_gradient(const Plan *plan, int param) {
  for (int k = 0; k < plan->nroots; k++)
    if (plan->roots[k].dest == DEST_GRAD && plan->roots[k].item == param) return true;
  return false;
}

static void emit_zeros(Body *b) {
  const Layout *l = b->em->params;
  for (int k = 0; k < b->em->program->params.n; k++)
    if (!has_gradient(b->plan, k))
      body_line(b, "memset(g + %lld, 0, %lld * sizeof(float));", (long long)l->offset[k],
                (long long)b->em->program->params.at[k].count);
}

static const char *result(Body *b) {
  for (int k = 0; k < b->plan->nroots; k++) {
    if (b->plan->roots[k].dest != DEST_RETURN) continue;
    b->direct = true;
    b->operands.n = 0;
    body_use_axes(b, b->plan->roots[k].node);
    return code_float(b, code_read(b, read_make(b->g, b->plan->roots[k].node, NULL)), 5);
  }
  return "0.0f";
}

static void emit_function(Emitter *em, int which, Text *out) {
  Body b = {.em = em,
            .cx = em->cx,
            .g = em->program->graph,
            .plan = em->full_plans[which],
            .out = out,
            .indent = 1,
            .loop = -1,
            .origin = full_origin};
  b.root_names = ARENA_ARRAY(em->cx, const char *, b.plan->nroots + 1);
  for (int k = 0; k < b.plan->nroots; k++)
    if (b.plan->roots[k].dest == DEST_GRAD)
      b.root_names[k] = arena_printf(em->cx, "(g + %lld)", (long long)em->params->offset[b.plan->roots[k].item]);
  emit_wrapped(out, signature(em, which), 4);
  text_add(out, " {\n");
  body_line(&b, "(void)w, (void)g, (void)s%s%s;", em->program->states.n ? ", (void)state" : "",
            which == PRODUCT ? ", (void)direction" : "");
  if (em->draws) body_line(&b, "(void)seed, (void)step;");
  for (int k = 0; k < em->program->inputs.n; k++)
    if (inputs_of(em) >> k & 1) body_line(&b, "(void)%s;", em->input_names[k]);
  body_line(&b, "if (%s) return NAN;", emit_input_check(em, inputs_of(em)));
  emit_steps(&b, UINT32_C(1) << DEST_NEXT_STATE);
  emit_zeros(&b);
  body_line(&b, "return %s;", result(&b));
  text_add(out, "}\n\n");
}

/* Written as for floats, with tables and repeated parts of their own, then translated. */
static void emit_functions(Emitter *em, Text *source) {
  Text tables = {.cx = em->cx}, parts = {.cx = em->cx}, functions = {.cx = em->cx};
  Emitter twin = *em;
  twin.doubles = true;
  twin.tables_out = &tables;
  twin.functions = &parts;
  memset(&twin.tables, 0, sizeof twin.tables);
  memset(&twin.outlines, 0, sizeof twin.outlines);
  for (int k = 0; k < FUNCTIONS; k++)
    if (em->full_plans[k]) emit_function(&twin, k, &functions);
  const Text *texts[] = {&tables, &parts, &functions};
  for (int k = 0; k < 3; k++)
    if (texts[k]->data) add_in_double(em, texts[k]->data, source);
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
  add_in_double(em, signature(em, which), &t);
  emit_wrapped(header, t.data, 4);
  text_add(header, ";\n");
}

void emit_full(Emitter *em, Text *types, Text *header, Text *source) {
  if (!emit_full_batch_of(em->program)) return;
  int64_t reals = 16, integers = 0, wides = 0;
  for (int k = 0; k < FUNCTIONS; k++) {
    const Plan *plan = em->full_plans[k];
    if (plan && plan->floats > reals) reals = plan->floats;
    if (plan && plan->integers > integers) integers = plan->integers;
    if (plan && plan->wides > wides) wides = plan->wides;
  }
  text_printf(types, "typedef struct { /* scratch in double precision */\n    NN_ALIGN double f[%lld];\n",
              (long long)reals);
  if (integers) text_printf(types, "    int32_t i[%lld];\n", (long long)integers);
  if (wides) text_printf(types, "    int64_t l[%lld];\n", (long long)wides);
  text_printf(types, "} %s_full_work;\n\n", em->prefix);
  for (int k = 0; k < FUNCTIONS; k++)
    if (em->full_plans[k]) emit_prototype(em, k, header);
  emit_functions(em, source);
  for (int k = 0; k < FUNCTIONS; k++)
    if (em->full_plans[k]) emit_entry(em, k, source);
  emit_table(em, source);
}
