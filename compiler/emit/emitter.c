/* emitter.c: what several functions of the generated C have in common: arguments, and array literals. */
#include "emit/emitter.h"
#include "emit/body.h"
#include "emit/name.h"

const char *emit_input_list(Emitter *em, uint32_t mask, bool types) {
  Text t = {.cx = em->cx};
  for (int k = 0; k < em->program->inputs.n; k++) {
    if (!(mask >> k & 1)) continue;
    const Input *in = &em->program->inputs.at[k];
    text_printf(&t, ", %s%s",
                !types                   ? ""
                : in->kind == INPUT_REAL ? "const float *"
                                         : "const int32_t *",
                em->input_names[k]);
    if (!types) continue;
    text_add(&t, " /* [n");
    for (int i = 1; i < in->node->naxes; i++) text_printf(&t, ",%lld", (long long)in->node->axes[i].extent);
    text_add(&t, "] */");
  }
  return t.data ? t.data : "";
}

const char *emit_draw_arguments(Emitter *em, const Routine *r, const char *seed, const char *step) {
  bool takes_step = em->steps || (em->draws && r->kind != ROUTINE_OUTPUT);
  return arena_printf(em->cx, "%s%s%s%s", em->draws ? ", " : "", em->draws ? seed : "", takes_step ? ", " : "",
                      takes_step ? step : "");
}

/* Long signatures and calls are broken at their commas. */
void emit_wrapped(Text *out, const char *s, int indent) {
  int column = 0;
  for (; *s; s++) {
    text_add_n(out, s, 1);
    column = *s == '\n' ? 0 : column + 1;
    if (*s == ',' && s[1] == ' ' && column > 100) {
      text_printf(out, "\n%*s", indent - 1, "");
      column = indent;
    }
  }
}

const char *emit_table_name(Emitter *em, const Node *n, bool integer, bool wide) {
  for (int k = 0; k < em->tables.n; k++)
    if (em->tables.at[k].node == n && em->tables.at[k].integer == integer) return em->tables.at[k].name;
  int64_t count = 1;
  for (int k = 0; k < n->naxes; k++) count *= n->axes[k].extent;
  const char *name = arena_printf(em->cx, "%s_table%d", em->prefix, em->tables.n + 1);
  Text *t = em->tables_out;
  if (n->label) text_printf(t, "/* %s */\n", n->label); /* as comments call it */
  text_printf(t, "static const %s %s[%lld] = {", body_element_type(integer, wide), name, (long long)count);
  for (int64_t k = 0; k < count; k++) {
    text_add(t, k % 10 == 0 ? "\n    " : " ");
    if (integer) text_printf(t, "%lld,", (long long)n->data[k]);
    else text_printf(t, "%s,", c_real(em, n->data[k]));
  }
  text_add(t, "\n};\n\n");
  VEC_PUSH(em->cx, &em->tables, ((Table){n, integer, name}));
  return name;
}

const char *emit_quoted(Context *cx, const char *s) {
  Text t = {.cx = cx};
  text_add(&t, "\"");
  for (; *s; s++) {
    if (*s == '"' || *s == '\\' || (*s == '?' && s[1] == '?')) text_add(&t, "\\"); /* ?? begins a trigraph */
    if ((unsigned char)*s < 0x20) text_printf(&t, "\\%03o", (unsigned)(unsigned char)*s);
    else text_add_n(&t, s, 1);
  }
  text_add(&t, "\"");
  return t.data;
}
