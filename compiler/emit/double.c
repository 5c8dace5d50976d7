/* double.c: functions of the generated C in double precision: a plan comes in, C goes out.
 *
 * A search for a minimum to eight digits compares values that agree in more digits than a float has, and so does a
 * difference quotient. Such a function is written like any routine, only that parameters and states are numbers in a
 * row (w + 12), and then the C is translated word for word: float becomes double, nn_expf becomes nn_exp, 0.5f becomes
 * 0.5. All of them share tables and repeated parts, which are not those of the functions in float. */
#include "emit/name.h"
#include "emit/routine.h"

#include <ctype.h>
#include <string.h>

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

void double_translate(Emitter *em, const char *s, Text *out) {
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

static const char *double_origin(Body *b, const Node *n) {
  Emitter *em = b->em;
  const Storage *p = plan_storage(b->plan, n);
  if (p->kind == STORAGE_DEST)
    return arena_printf(b->cx, "g + %lld", (long long)em->params->offset[b->plan->roots[p->root].item]);
  switch (n->kind) {
  case NODE_INPUT: return n->naxes ? em->input_names[n->item] : arena_printf(em->cx, "%s[0]", em->input_names[n->item]);
  case NODE_PARAM: return leaf_at(b, em->params, "w", n);
  case NODE_DIRECTION: return leaf_at(b, em->params, "direction", n);
  case NODE_STATE: return leaf_at(b, em->states, "state", n);
  case NODE_CONST: return emit_table_name(em, n, p->integer, p->wide);
  case NODE_BATCH: return "(float)n";
  case NODE_STEP: return emit_step_number(n);
  default: bug("emit", "a leaf of kind %d in a function of doubles", (int)n->kind);
  }
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

static void emit_function(Emitter *em, const DoubleFunction *f, Text *out) {
  Body b = {.em = em,
            .cx = em->cx,
            .g = em->program->graph,
            .plan = f->plan,
            .out = out,
            .indent = 1,
            .loop = -1,
            .origin = double_origin};
  b.root_names = ARENA_ARRAY(em->cx, const char *, b.plan->nroots + 1);
  for (int k = 0; k < b.plan->nroots; k++)
    if (b.plan->roots[k].dest == DEST_GRAD)
      b.root_names[k] = arena_printf(em->cx, "(g + %lld)", (long long)em->params->offset[b.plan->roots[k].item]);
  emit_wrapped(out, f->signature, 4);
  text_add(out, " {\n");
  body_line(&b, "(void)w%s, (void)s%s%s;", f->gradient ? ", (void)g" : "", em->program->states.n ? ", (void)state" : "",
            f->direction ? ", (void)direction" : "");
  if (em->draws) body_line(&b, "(void)seed;");
  if (em->draws || em->steps) body_line(&b, "(void)step;");
  for (int k = 0; k < em->program->inputs.n; k++)
    if (f->inputs >> k & 1) body_line(&b, "(void)%s;", em->input_names[k]);
  body_line(&b, "if (%s) return NAN;", emit_input_check(em, f->inputs));
  emit_steps(&b, UINT32_C(1) << DEST_NEXT_STATE);
  if (f->gradient) emit_zeros(&b);
  body_line(&b, "return %s;", result(&b));
  text_add(out, "}\n\n");
}

/* Written as for floats, with tables and repeated parts of their own, then translated. */
void double_functions(Emitter *em, const DoubleFunction *functions, int count, Text *source) {
  Text tables = {.cx = em->cx}, parts = {.cx = em->cx}, bodies = {.cx = em->cx};
  Emitter twin = *em;
  twin.doubles = true;
  twin.tables_out = &tables;
  twin.functions = &parts;
  memset(&twin.tables, 0, sizeof twin.tables);
  memset(&twin.outlines, 0, sizeof twin.outlines);
  for (int k = 0; k < count; k++) emit_function(&twin, &functions[k], &bodies);
  const Text *texts[] = {&tables, &parts, &bodies};
  for (int k = 0; k < 3; k++)
    if (texts[k]->data) double_translate(em, texts[k]->data, source);
}

void double_scratch(Emitter *em, const DoubleFunction *functions, int count, const char *type, Text *types) {
  int64_t reals = 16, integers = 0, wides = 0;
  for (int k = 0; k < count; k++) {
    const Plan *plan = functions[k].plan;
    if (plan->floats > reals) reals = plan->floats;
    if (plan->integers > integers) integers = plan->integers;
    if (plan->wides > wides) wides = plan->wides;
  }
  text_printf(types, "typedef struct { /* scratch in double precision */\n    NN_ALIGN double f[%lld];\n",
              (long long)reals);
  if (integers) text_printf(types, "    int32_t i[%lld];\n", (long long)integers);
  if (wides) text_printf(types, "    int64_t l[%lld];\n", (long long)wides);
  text_printf(types, "} %s_%s;\n\n", em->prefix, type);
}
