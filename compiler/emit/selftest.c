/* selftest.c: the test that a generated trainer carries of itself (nnc --selftest).
 *
 *     static double digits_L_double(const double *w, digits_twin_work *s, int n, const double *x, const int32_t *y)
 *     int digits_selftest(digits *m, digits_selftest_work *t, nn_selftest_line *f, void *p)
 *
 * The first is the training loss in double precision, for difference quotients. The second hands tables to
 * nn_selftest_run (runtime/kernels/selftest.c): the point, the probes, and what nnc computed there (selftest/). */
#include "emit/name.h"
#include "emit/routine.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- the loss in double precision ---- */

static int gradient_of(const Emitter *em, int loss) {
  for (int k = 0; k < em->program->routines.n; k++)
    if (em->program->routines.at[k].kind == ROUTINE_GRAD && em->program->routines.at[k].loss == loss) return k;
  return -1;
}

static Plan *plan_twin(Emitter *em, int loss) {
  int k = gradient_of(em, loss);
  if (k < 0) return NULL;
  const Routine *r = &em->program->routines.at[k];
  Root *root = ARENA_NEW(em->cx, Root);
  for (int i = 0; i < r->nroots; i++)
    if (r->roots[i].dest == DEST_RETURN) *root = r->roots[i];
  return plan_roots(em->program, em->options, root, 1, false, false);
}

void plan_selftest(Emitter *em) {
  const Program *p = em->program;
  if (!em->options->selftest) return;
  em->twins = ARENA_ARRAY(em->cx, Plan *, p->losses.n + 1);
  for (int k = 0; k < p->losses.n; k++) em->twins[k] = plan_twin(em, k);
}

static const char *twin_name(Emitter *em, int loss) {
  const char *name = em->program->losses.at[loss];
  return arena_printf(em->cx, "%s_%s_double", em->prefix, c_name(em->cx, name, strlen(name)));
}

static const char *twin_signature(Emitter *em, int loss) {
  int k = gradient_of(em, loss);
  return arena_printf(em->cx, "static float %s(const float *w%s, %s_twin_work *s, int n%s%s)", twin_name(em, loss),
                      em->program->states.n ? ", const float *state" : "", em->prefix,
                      emit_draw_arguments(em, &em->program->routines.at[k], "uint64_t seed", "uint64_t step"),
                      emit_input_list(em, em->masks[k], true));
}

int selftest_functions(Emitter *em, DoubleFunction *out) {
  int count = 0;
  for (int k = 0; k < em->program->losses.n && em->options->selftest; k++)
    if (em->twins[k])
      out[count++] = (DoubleFunction){
        .plan = em->twins[k], .signature = twin_signature(em, k), .inputs = em->masks[gradient_of(em, k)]};
  return count;
}

static void emit_entry(Emitter *em, int loss, Text *source) {
  int k = gradient_of(em, loss);
  Text t = {.cx = em->cx};
  text_printf(&t,
              "static double %s_entry(const double *param, const double *state, void *work, int n, const void *const "
              "*in, uint64_t seed, uint64_t step) {\n  (void)state, (void)in, (void)seed, (void)step;\n",
              twin_name(em, loss));
  text_printf(&t, "  return %s(param%s, (%s_twin_work *)work, n%s", twin_name(em, loss),
              em->program->states.n ? ", state" : "", em->prefix,
              emit_draw_arguments(em, &em->program->routines.at[k], "seed", "step"));
  for (int i = 0; i < em->program->inputs.n; i++)
    if (em->masks[k] >> i & 1)
      text_printf(&t, ", (const %s *)in[%d]", em->program->inputs.at[i].kind == INPUT_REAL ? "double" : "int32_t", i);
  text_add(&t, ");\n}\n\n");
  emit_wrapped(source, t.data, 6);
}

/* ---- the area ---- */

static int64_t input_count(const Emitter *em, bool real) {
  int64_t count = 0;
  for (int k = 0; k < em->program->inputs.n; k++)
    if ((em->program->inputs.at[k].kind == INPUT_REAL) == real)
      count += em->program->inputs.at[k].count * em->selftest->examples;
  return count ? count : 1;
}

static int64_t output_count(const Emitter *em) {
  int64_t most = 1;
  for (int k = 0; k < em->program->routines.n; k++) {
    const Routine *r = &em->program->routines.at[k];
    int64_t count = r->per_example ? em->selftest->examples : 1;
    for (int i = 0; i < r->rank; i++) count *= r->shape[i];
    if (r->kind == ROUTINE_OUTPUT && count > most) most = count;
  }
  return most;
}

void emit_selftest_types(Emitter *em, Text *types) {
  if (!em->options->selftest) return;
  em->selftest = selftest_make(em->program, em->params->offset);
  DoubleFunction *functions = ARENA_ARRAY(em->cx, DoubleFunction, em->program->losses.n + 1);
  int count = selftest_functions(em, functions);
  long long params = (long long)em->params->floats, states = em->states ? (long long)em->states->floats : 0;
  double_scratch(em, functions, count, "twin_work", types);
  text_add(types, "typedef struct { /* what a selftest works in, beside a model */\n");
  text_printf(types, "    %s_twin_work work;\n", em->prefix);
  text_printf(types, "    double param[%lld], state[%lld], wide[%lld];\n", params ? params : 1, states ? states : 1,
              (long long)input_count(em, true));
  if (emit_full_batch_of(em->program))
    text_printf(types, "    double result[%lld], direction[%lld];\n    %s_full_work full;\n", params, params,
                em->prefix);
  text_printf(types, "    float narrow[%lld];\n    int32_t whole[%lld];\n", (long long)input_count(em, true),
              (long long)input_count(em, false));
  text_printf(types, "    union {\n        float real[%lld];\n        int32_t whole[%lld];\n    } out;\n",
              (long long)output_count(em), (long long)output_count(em));
  text_printf(types, "} %s_selftest_work;\n\n", em->prefix);
}

/* ---- tables ---- */

static int line_of(Span span) {
  int line = 0, column;
  if (span.source) span_position(span, &line, &column);
  return line;
}

/* Where a parameter or state is declared; of one that a layer made, where that is called. */
static int line_of_leaf(const Leaf *leaf) { return line_of(leaf->made.source ? leaf->made : leaf->span); }

static int line_of_row(const Emitter *em, const Expected *x) {
  const Program *p = em->program;
  bool state = x->kind == EXPECT_NEXT || x->kind == EXPECT_STATE || (x->kind == EXPECT_START && x->which);
  if (state) return line_of_leaf(&p->states.at[x->item]);
  if (x->kind == EXPECT_GRADIENT || x->kind == EXPECT_PARAM || x->kind == EXPECT_START || x->kind == EXPECT_PRODUCT)
    return line_of_leaf(&p->params.at[x->item]);
  if (x->routine >= 0) return line_of(p->routines.at[x->routine].span);
  return 0;
}

static void add_row(Text *out, const char *row) {
  size_t start = out->length;
  while (start > 0 && out->data[start - 1] != '\n') start--;
  text_printf(out, "%s%s", out->length - start + strlen(row) > 118 ? "\n    " : " ", row);
}

static const char *number(Emitter *em, double x) {
  char digits[40];
  snprintf(digits, sizeof digits, "%.9g", x);
  return arena_printf(em->cx, "%s%sf", digits, strpbrk(digits, ".e") ? "" : ".0");
}

static void emit_spreads(Emitter *em, const char *table, const Spread *spreads, int n, Text *out) {
  if (!n) return;
  text_printf(out, "static const nn_spread %s_selftest_%s[] = {\n   ", em->prefix, table);
  for (int k = 0; k < n; k++)
    add_row(out, arena_printf(em->cx, "{%s, %s},", number(em, spreads[k].middle), number(em, spreads[k].spread)));
  text_add(out, "\n};\n\n");
}

static void emit_slopes(Emitter *em, Text *out) {
  const Selftest *test = em->selftest;
  if (!test->slopes.n) return;
  text_printf(out, "static const nn_slope %s_selftest_slopes[] = {\n   ", em->prefix);
  for (int k = 0; k < test->slopes.n; k++) {
    const Slope *s = &test->slopes.at[k];
    add_row(out, arena_printf(em->cx, "{%d, %d, %d, %d, %s, %s, %s},", s->loss, s->param,
                              line_of_leaf(&em->program->params.at[s->param]), s->probes, number(em, s->step),
                              number(em, s->tolerance), number(em, s->along)));
  }
  text_add(out, "\n};\n\n");
}

static void emit_expected(Emitter *em, Text *out) {
  static const char *const kinds[] = {"LOSS", "TRAINING", "NEXT",  "GRADIENT", "OUTPUT", "METRIC",
                                      "STEP", "PARAM",    "STATE", "START",    "PRODUCT"};
  const Selftest *test = em->selftest;
  if (!test->expected.n) return;
  text_printf(out, "static const nn_expected %s_selftest_expected[] = {\n   ", em->prefix);
  for (int k = 0; k < test->expected.n; k++) {
    const Expected *x = &test->expected.at[k];
    add_row(out, arena_printf(em->cx, "{NN_EXPECT_%s, %d, %d, %d, %d, %lld, %s, %s},", kinds[x->kind], x->which,
                              x->item, x->point, line_of_row(em, x), (long long)x->element, number(em, x->value),
                              number(em, x->tolerance)));
  }
  text_add(out, "\n};\n\n");
}

static void emit_notes(Emitter *em, Text *out) {
  if (!em->selftest->notes.n) return;
  text_printf(out, "static const char *const %s_selftest_notes[] = {", em->prefix);
  for (int k = 0; k < em->selftest->notes.n; k++)
    text_printf(out, "\n    %s,", emit_quoted(em->cx, em->selftest->notes.at[k]));
  text_add(out, "\n};\n\n");
}

static void emit_member(Emitter *em, const char *member, int rows, Text *out) {
  if (rows) text_printf(out, "    .%s = %s_selftest_%s,\n", member, em->prefix, member);
}

static void emit_table(Emitter *em, Text *out) {
  const Program *p = em->program;
  const Selftest *test = em->selftest;
  const char *x = em->prefix, *slash = strrchr(p->path, '/');
  text_printf(out,
              "static const nn_selftest %s_selftest_table = {\n    .file = %s, .examples = %d, .steps = %d, .seed = "
              "%uu,\n    .size = sizeof(%s_selftest_work),\n",
              x, emit_quoted(em->cx, slash ? slash + 1 : p->path), test->examples, test->steps, test->seed, x);
  static const char *const members[] = {"param", "state", "wide",   "narrow",    "whole",
                                        "out",   "work",  "result", "direction", "full"};
  for (int k = 0; k < (emit_full_batch_of(p) ? 10 : 7); k++)
    text_printf(out, "    .%s = offsetof(%s_selftest_work, %s),\n", members[k], x, members[k]);
  emit_member(em, "params", p->params.n, out);
  emit_member(em, "states", p->states.n, out);
  emit_member(em, "inputs", p->inputs.n, out);
  emit_member(em, "twins", p->losses.n, out);
  emit_member(em, "slopes", test->slopes.n, out);
  emit_member(em, "expected", test->expected.n, out);
  emit_member(em, "notes", test->notes.n, out);
  text_printf(out, "    .nslopes = %d, .nexpected = %d, .nnotes = %d,\n};\n\n", test->slopes.n, test->expected.n,
              test->notes.n);
}

static void emit_twins(Emitter *em, Text *source) {
  const Program *p = em->program;
  for (int k = 0; k < p->losses.n; k++)
    if (em->twins[k]) emit_entry(em, k, source);
  if (!p->losses.n) return;
  text_printf(source, "static nn_twin_fn *const %s_selftest_twins[] = {", em->prefix);
  for (int k = 0; k < p->losses.n; k++)
    text_printf(source, "%s%s%s", k ? ", " : "", em->twins[k] ? twin_name(em, k) : "NULL",
                em->twins[k] ? "_entry" : "");
  text_add(source, "};\n\n");
}

void emit_selftest(Emitter *em, Text *header, Text *source) {
  const char *x = em->prefix;
  if (!em->options->selftest) return;
  emit_twins(em, source);
  emit_spreads(em, "params", em->selftest->params, em->program->params.n, source);
  emit_spreads(em, "states", em->selftest->states, em->program->states.n, source);
  emit_spreads(em, "inputs", em->selftest->inputs, em->program->inputs.n, source);
  emit_slopes(em, source);
  emit_expected(em, source);
  emit_notes(em, source);
  emit_table(em, source);
  text_printf(
    header,
    "/* Is this C what the model says, as it was compiled here? 0: yes; else how many comparisons failed, and\n"
    "   f (which may be NULL) is called with p and a line for each, and for each part. Anything may be in m;\n"
    "   afterwards it must be started by %s_init. */\n"
    "int %s_selftest(%s *m, %s_selftest_work *t, nn_selftest_line *f, void *p);\n",
    x, x, em->type, x);
  text_printf(source,
              "int %s_selftest(%s *m, %s_selftest_work *t, nn_selftest_line *f, void *p) {\n"
              "  return nn_selftest_run(&%s_model, m, t, f, p);\n}\n\n",
              x, em->type, x, x);
}
