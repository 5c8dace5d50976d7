/* text.c: formulas as Unicode text: δ₂ = W₂ᵀ δ₃ ⊙ h ⊙ (1 - h). */
#include "derivation/typo.h"

#include <ctype.h>

/* ---- subscripts ---- */

static const char *const lowered[][2] = {
  {"0", "₀"}, {"1", "₁"}, {"2", "₂"}, {"3", "₃"}, {"4", "₄"}, {"5", "₅"}, {"6", "₆"}, {"7", "₇"}, {"8", "₈"},
  {"9", "₉"}, {"+", "₊"}, {"-", "₋"}, {"a", "ₐ"}, {"e", "ₑ"}, {"h", "ₕ"}, {"i", "ᵢ"}, {"j", "ⱼ"}, {"k", "ₖ"},
  {"l", "ₗ"}, {"m", "ₘ"}, {"n", "ₙ"}, {"o", "ₒ"}, {"p", "ₚ"}, {"r", "ᵣ"}, {"s", "ₛ"}, {"t", "ₜ"}, {"u", "ᵤ"},
  {"v", "ᵥ"}, {"x", "ₓ"}, {"β", "ᵦ"}, {"γ", "ᵧ"}, {"ρ", "ᵨ"}, {"φ", "ᵩ"}, {"χ", "ᵪ"}};

/* text as a subscript; false, and nothing is added, where a letter has none. */
static bool add_lowered(Text *t, const char *text) {
  Text out = {.cx = t->cx};
  while (*text) {
    size_t k = 0, n = sizeof lowered / sizeof *lowered;
    while (k < n && strncmp(lowered[k][0], text, strlen(lowered[k][0])) != 0) k++;
    if (k == n) return false;
    text_add(&out, lowered[k][1]);
    text += strlen(lowered[k][0]);
  }
  if (out.length) text_add(t, out.data);
  return true;
}

static void write_inside(Text *t, const Typo *e, int least) {
  bool brackets = typo_level(e, false) < least;
  if (brackets) text_add(t, "(");
  text_typo(t, e);
  if (brackets) text_add(t, ")");
}

/* An index without spaces: t-1. */
static void write_index(Text *t, const Typo *e) {
  Text out = {.cx = t->cx};
  text_typo(&out, e);
  for (const char *c = out.data; c && *c; c++)
    if (*c != ' ') text_add_n(t, c, 1);
}

static bool is_word(const char *text) {
  while (*text && (*text < 0 || isalnum((unsigned char)*text))) text++;
  return !*text;
}

static void write_indices(Text *t, Typo *const *at, int n, bool lower) {
  Text all = {.cx = t->cx};
  for (int k = 0; k < n; k++) {
    if (k && !lower) text_add(&all, ",");
    write_index(&all, at[k]);
  }
  if (!n || (lower && add_lowered(t, all.data))) return;
  if (lower && n == 1 && is_word(all.data)) text_printf(t, "_%s", all.data);
  else if (lower) write_indices(t, at, n, false);
  else text_printf(t, "[%s]", all.data);
}

/* a_p below W is ₐₚ. */
static const char *without_lines(Context *cx, const char *sub) {
  Text t = {.cx = cx};
  for (; *sub; sub++)
    if (*sub != '_') text_add_n(&t, sub, 1);
  return t.length ? t.data : "";
}

static void write_name(Text *t, const Typo *e) {
  static const char *const marks[] = {"", "δ", "λ", "∂", "∂²"};
  static const char *const copies[] = {"", "⁽¹⁾", "⁽²⁾", "⁽³⁾", "⁽⁴⁾"};
  text_printf(t, "%s%s", marks[e->mark], e->name.base);
  bool bare = !*e->name.sub && !e->name.copy;
  const char *sub = without_lines(t->cx, e->name.sub);
  if (!add_lowered(t, sub)) text_printf(t, "_%s", e->name.sub);
  if (e->name.copy) {
    if (e->name.copy < 5) text_add(t, copies[e->name.copy]);
    else text_printf(t, "⁽%d⁾", e->name.copy);
  }
  bool simple = e->n == 1;
  for (int k = 0; k < e->n; k++) simple = simple || (e->at[k]->kind == TYPO_TEXT && e->n <= 2);
  write_indices(t, e->at, e->n, bare && simple);
}

/* ---- the others ---- */

static void write_sum(Text *t, const Typo *e) {
  for (int k = 0; k < e->n; k++) {
    const Typo *x = e->at[k];
    bool negative = x->kind == TYPO_NEGATIVE;
    if (k) text_add(t, negative ? " - " : " + ");
    else if (negative) text_add(t, "-");
    write_inside(t, negative ? x->at[0] : x, SUMS + 1);
  }
}

static void write_joined(Text *t, const Typo *e, const char *between, int least) {
  for (int k = 0; k < e->n; k++) {
    if (k) text_add(t, between);
    bool last = k == e->n - 1 && e->at[k]->kind == TYPO_BIG;
    bool half = e->at[k]->kind == TYPO_FRACTION && (k || e->at[k]->at[0]->kind != TYPO_TEXT);
    write_inside(t, e->at[k], last ? BIGS : half ? ATOMS : least);
  }
}

static void write_call(Text *t, const Typo *e) {
  bool bar = strcmp(e->text, "|") == 0, floor = strcmp(e->text, "⌊") == 0, angle = strcmp(e->text, "⟨") == 0;
  text_printf(t, bar || floor || angle ? "%s" : "%s(", e->text);
  for (int k = 0; k < e->n; k++) {
    if (k) text_add(t, ", ");
    text_typo(t, e->at[k]);
  }
  text_add(t, bar ? "|" : floor ? "⌋" : angle ? "⟩" : ")");
}

static void write_big(Text *t, const Typo *e) {
  Text below = {.cx = t->cx};
  for (int k = 1; k < e->n; k++) text_add(&below, e->at[k]->text);
  text_add(t, e->text);
  if (!add_lowered(t, below.data)) text_printf(t, "_%s", below.data);
  text_add(t, " ");
  write_inside(t, e->at[0], BIGS);
}

static bool is_digits(const char *text) { return text[strspn(text, "0123456789")] == 0; }

static void add_raised(Text *t, const char *digits) {
  static const char *const raised[] = {"⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"};
  for (; *digits; digits++) text_add(t, raised[*digits - '0']);
}

static void write_power(Text *t, const Typo *e) {
  bool raised = e->at[0]->kind == TYPO_NAME && e->at[0]->name.copy;
  write_inside(t, e->at[0], raised ? ATOMS + 1 : ATOMS);
  const Typo *exponent = e->at[1]->kind == TYPO_NEGATIVE ? e->at[1]->at[0] : e->at[1];
  if (exponent->kind == TYPO_TEXT && is_digits(exponent->text)) {
    if (exponent != e->at[1]) text_add(t, "⁻");
    add_raised(t, exponent->text);
  } else {
    text_add(t, "^");
    write_inside(t, e->at[1], ATOMS);
  }
}

void text_typo(Text *t, const Typo *e) {
  switch (e->kind) {
  case TYPO_TEXT: text_add(t, e->text); return;
  case TYPO_NAME: write_name(t, e); return;
  case TYPO_SUM: write_sum(t, e); return;
  case TYPO_NEGATIVE:
    text_add(t, "-");
    write_inside(t, e->at[0], BIGS);
    return;
  case TYPO_PRODUCT: write_joined(t, e, " ", PRODUCTS); return;
  case TYPO_HADAMARD: write_joined(t, e, " ⊙ ", PRODUCTS); return;
  case TYPO_FRACTION:
    write_inside(t, e->at[0], PRODUCTS);
    text_add(t, "/");
    write_inside(t, e->at[1], TIGHT);
    return;
  case TYPO_POWER: write_power(t, e); return;
  case TYPO_ROOT:
    text_add(t, "√");
    write_inside(t, e->at[0], ATOMS);
    return;
  case TYPO_TRANSPOSE:
    write_inside(t, e->at[0], ATOMS);
    text_add(t, "ᵀ");
    return;
  case TYPO_CALL: write_call(t, e); return;
  case TYPO_BIG: write_big(t, e); return;
  case TYPO_CASES:
    text_add(t, "{ ");
    text_typo(t, e->at[0]);
    text_add(t, " where ");
    text_typo(t, e->at[1]);
    text_add(t, ", else ");
    text_typo(t, e->at[2]);
    text_add(t, " }");
    return;
  case TYPO_HOLDS:
    text_add(t, "[");
    text_typo(t, e->at[0]);
    text_add(t, "]");
    return;
  case TYPO_RELATION:
    text_typo(t, e->at[0]);
    text_printf(t, " %s ", e->text);
    text_typo(t, e->at[1]);
    return;
  case TYPO_NORM:
    text_add(t, "‖");
    text_typo(t, e->at[0]);
    text_add(t, "‖");
    return;
  case TYPO_SCRIPT:
    write_inside(t, e->at[0], ATOMS);
    write_indices(t, e->at + 1, e->n - 1, e->n == 2);
    return;
  }
}
