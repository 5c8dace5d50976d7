/* validate.c: whether n, and the integers that a caller gives, are in their ranges.
 *
 *     if (n < 1 || n > TAGS_BATCH || tags_first_bad(T, n, 1, 5) >= 0 || tags_first_bad_s(s, n, T) >= 0) return NAN;
 *
 * What stands beyond an example's own extents is not looked at. */
#include "emit/name.h"
#include "emit/routine.h"

#define LINE 120 /* after so many characters the conditions go on in another line */

static bool is_checked(const Input *in) { return in->kind != INPUT_REAL && in->kind != INPUT_INT; }

static int least(const Input *in) { return in->kind == INPUT_EXTENT; }

static int most(const Input *in) {
  return in->kind == INPUT_BIT ? 1 : in->kind == INPUT_EXTENT ? in->classes : in->classes - 1;
}

int emit_input_extent(const Program *p, const Input *in, int axis) {
  int dim = in->node->axes[axis].dim;
  return dim ? p->graph->dims[dim - 1]->terms[0].gather->node->item : -1;
}

uint32_t emit_checked_inputs(const Program *p, uint32_t mask) {
  uint32_t all = mask;
  for (int k = 0; k < p->inputs.n; k++)
    for (int axis = 1; mask >> k & 1 && is_checked(&p->inputs.at[k]) && axis < p->inputs.at[k].node->naxes; axis++)
      if (emit_input_extent(p, &p->inputs.at[k], axis) >= 0)
        all |= UINT32_C(1) << emit_input_extent(p, &p->inputs.at[k], axis);
  return all;
}

/* The inputs that say how much of `in` is looked at. */
static uint32_t extents_of(const Program *p, int k) {
  return emit_checked_inputs(p, UINT32_C(1) << k) & ~(UINT32_C(1) << k);
}

/* "tags_first_bad_s(s, n, T)", the inputs being spelled as arrays[k]. */
static const char *call(Emitter *em, int k, const char *const *arrays) {
  const Input *in = &em->program->inputs.at[k];
  uint32_t extents = extents_of(em->program, k);
  if (!extents)
    return arena_printf(em->cx, "%s_first_bad(%s, %s, %d, %d)", em->prefix, arrays[k],
                        in->count == 1 ? "n" : arena_printf(em->cx, "n * %lld", (long long)in->count), least(in),
                        most(in));
  Text t = {.cx = em->cx};
  text_printf(&t, "%s_first_bad_%s(%s, n", em->prefix, em->input_names[k], arrays[k]);
  for (int i = 0; i < em->program->inputs.n; i++)
    if (extents >> i & 1) text_printf(&t, ", %s", arrays[i]);
  text_add(&t, ")");
  return t.data;
}

const char *emit_input_check(Emitter *em, uint32_t mask) {
  Text t = {.cx = em->cx};
  size_t begun = 0;
  text_printf(&t, "n < 1 || n > %s_BATCH", c_upper(em->cx, em->prefix));
  for (int k = 0; k < em->program->inputs.n; k++) {
    if (!(mask >> k & 1) || !is_checked(&em->program->inputs.at[k])) continue;
    bool wrap = t.length - begun > LINE;
    if (wrap) begun = t.length;
    text_printf(&t, " ||%s%s >= 0", wrap ? "\n      " : " ", call(em, k, em->input_names));
  }
  return t.data;
}

/* ---- what is called ---- */

static void emit_first_bad_within(Emitter *em, int k, Text *out) {
  const Program *p = em->program;
  const Input *in = &p->inputs.at[k];
  const char *name = em->input_names[k];
  int64_t stride = 1;
  Text conditions = {.cx = em->cx}, signature = {.cx = em->cx};
  for (int axis = in->node->naxes - 1; axis > 0; stride *= in->node->axes[axis--].extent) {
    int by = emit_input_extent(p, in, axis);
    if (by < 0) continue;
    const char *row = stride == 1 ? "q" : arena_printf(em->cx, "q / %lld", (long long)stride);
    text_printf(&conditions, "%s%s %% %lld >= %s[q / %lld]", conditions.length ? " || " : "", row,
                (long long)in->node->axes[axis].extent, em->input_names[by], (long long)in->count);
  }
  text_printf(&signature, "static int %s_first_bad_%s(const int32_t *%s, int n", em->prefix, name, name);
  for (int i = 0; i < p->inputs.n; i++)
    if (extents_of(p, k) >> i & 1) text_printf(&signature, ", const int32_t *%s", em->input_names[i]);
  text_printf(out, "/* The first value of %s, within the extents of its example, that is not in %d..%d, or -1. */\n",
              p->inputs.at[k].name, least(in), most(in));
  emit_wrapped(out, signature.data, 4);
  text_printf(out,
              ") {\n"
              "  for (int q = 0; q < n * %lld; q++) {\n"
              "    if (%s) continue;\n"
              "    if (%s[q] < %d || %s[q] > %d) return q;\n"
              "  }\n"
              "  return -1;\n}\n\n",
              (long long)in->count, conditions.data, name, least(in), name, most(in));
}

void emit_first_bad(Emitter *em, Text *out) {
  bool any = false;
  for (int k = 0; k < em->program->inputs.n; k++) any = any || is_checked(&em->program->inputs.at[k]);
  if (any)
    text_printf(out,
                "/* The first of count values that is not in first..last, or -1. */\n"
                "static int %s_first_bad(const int32_t *v, int count, int32_t first, int32_t last) {\n"
                "  for (int q = 0; q < count; q++) {\n"
                "    const int32_t c = v[q];\n"
                "    if (c < first || c > last) return q;\n"
                "  }\n"
                "  return -1;\n}\n\n",
                em->prefix);
  for (int k = 0; k < em->program->inputs.n; k++)
    if (is_checked(&em->program->inputs.at[k]) && extents_of(em->program, k)) emit_first_bad_within(em, k, out);
}

/* ---- bad rows ---- */

static void emit_bad_row_of(Emitter *em, int k, const char *const *arrays, Text *out) {
  const Input *in = &em->program->inputs.at[k];
  uint32_t needed = extents_of(em->program, k) | UINT32_C(1) << k;
  if (needed == UINT32_C(1) << k) text_printf(out, "  if (inputs >> %d & 1u) {\n", k);
  else text_printf(out, "  if ((inputs & 0x%xu) == 0x%xu) {\n", (unsigned)needed, (unsigned)needed);
  text_printf(out, "    const int at = %s;\n", call(em, k, arrays));
  text_printf(out,
              "    if (at >= 0 && (row < 0 || at / %lld < row)) {\n      row = at / %lld;\n      if (input) *input = "
              "%d;\n    }\n  }\n",
              (long long)in->count, (long long)in->count, k);
}

void emit_bad_row(Emitter *em, Text *header, Text *source) {
  const Program *p = em->program;
  const char *signature =
    arena_printf(em->cx, "int %s_bad_row(int n, const void *const *in, uint32_t inputs, int *input)", em->prefix);
  text_printf(
    header,
    "/* The first of n rows with an integer out of range, and which input, among those of the mask; or -1. */\n%s;\n",
    signature);
  text_printf(source, "%s {\n  int row = -1;\n", signature);
  const char **arrays = ARENA_ARRAY(em->cx, const char *, p->inputs.n + 1);
  bool any = false;
  for (int k = 0; k < p->inputs.n; k++) arrays[k] = arena_printf(em->cx, "(const int32_t *)in[%d]", k);
  for (int k = 0; k < p->inputs.n; k++) {
    if (!is_checked(&p->inputs.at[k])) continue;
    any = true;
    emit_bad_row_of(em, k, arrays, source);
  }
  if (!any) text_add(source, "  (void)n, (void)in, (void)inputs, (void)input;\n");
  text_add(source, "  return row;\n}\n\n");
}
