/* html.c: pages for browsers: MathML, and the forward graph beside it (picture.c). Nothing is fetched from elsewhere.
 */
#include "derivation/page.h"

#include <ctype.h>

/* ---- tokens ---- */

static void add_escaped(Text *t, const char *text) {
  for (; *text; text++)
    if (*text == '<') text_add(t, "&lt;");
    else if (*text == '>') text_add(t, "&gt;");
    else if (*text == '&') text_add(t, "&amp;");
    else text_add_n(t, text, 1);
}

static void add_token(Text *t, const char *tag, const char *text) {
  text_printf(t, "<%s>", tag);
  add_escaped(t, text);
  text_printf(t, "</%s>", tag);
}

static void add_word(Text *t, const char *text) { add_token(t, isdigit((unsigned char)*text) ? "mn" : "mi", text); }

static void add_sign(Text *t, const char *sign) { add_token(t, "mo", sign); }

/* Without the space that browsers put around them. */
static void add_bracket(Text *t, const char *sign, bool tall) {
  text_printf(t, "<mo stretchy=\"%s\" lspace=\"0\" rspace=\"0\">%s</mo>", tall ? "true" : "false", sign);
}

static void open_row(Text *t) { text_add(t, "<mrow>"); }
static void close_row(Text *t) { text_add(t, "</mrow>"); }

/* ---- formulas ---- */

static void write(Text *t, const Typo *e);

static void write_row(Text *t, const Typo *e) {
  open_row(t);
  write(t, e);
  close_row(t);
}

static void write_between(Text *t, const char *left, const Typo *e, const char *right) {
  bool tall = typo_is_tall(e);
  open_row(t);
  add_bracket(t, left, tall);
  write(t, e);
  add_bracket(t, right, tall);
  close_row(t);
}

static void write_inside(Text *t, const Typo *e, int least) {
  if (typo_level(e, true) < least) write_between(t, "(", e, ")");
  else write(t, e);
}

/* Letters below a name, a comma only between those and what is there already. */
static void write_below(Text *t, Typo *const *at, int n, bool comma) {
  if (n && comma) add_sign(t, ",");
  for (int k = 0; k < n; k++) write(t, at[k]);
}

static void write_indices(Text *t, Typo *const *at, int n, bool comma) {
  for (int k = 0; k < n; k++) {
    if (k || comma) add_sign(t, ",");
    write(t, at[k]);
  }
}

/* "h1" is h with 1 below. */
static void write_subscript(Text *t, const char *sub) {
  size_t n = strlen(sub), end = n, line = strcspn(sub, "_");
  while (end > 0 && isdigit((unsigned char)sub[end - 1])) end--;
  if (line < n) {
    text_add(t, "<msub>");
    add_word(t, intern_n(t->cx, sub, line));
    open_row(t);
    write_subscript(t, sub + line + 1);
    text_add(t, "</mrow></msub>");
    return;
  }
  if (end == 0 || end == n) {
    add_word(t, sub);
    return;
  }
  text_add(t, "<msub>");
  add_word(t, intern_n(t->cx, sub, end));
  add_word(t, sub + end);
  text_add(t, "</msub>");
}

static void write_plain_name(Text *t, const Typo *e, int n) {
  bool sub = *e->name.sub || n, copy = e->name.copy;
  if (copy || sub) text_add(t, copy && sub ? "<msubsup>" : copy ? "<msup>" : "<msub>");
  add_word(t, e->name.base);
  if (sub) {
    open_row(t);
    if (*e->name.sub) write_subscript(t, e->name.sub);
    write_below(t, e->at, n, *e->name.sub);
    close_row(t);
  }
  if (copy) text_printf(t, "<mrow><mo>(</mo><mn>%d</mn><mo>)</mo></mrow>", e->name.copy);
  if (copy || sub) text_add(t, copy && sub ? "</msubsup>" : copy ? "</msup>" : "</msub>");
}

static void write_name(Text *t, const Typo *e) {
  bool below = e->mark == MARK_ADJOINT || e->mark == MARK_MULTIPLIER;
  if (e->mark == MARK_PARTIAL) text_add(t, "<mrow><mi>∂</mi>");
  if (e->mark == MARK_SECOND) text_add(t, "<mrow><msup><mi>∂</mi><mn>2</mn></msup>");
  bool indices = typo_indices_below(e);
  if (!indices) open_row(t);
  if (below) text_printf(t, "<msub><mi>%s</mi>", e->mark == MARK_ADJOINT ? "δ" : "λ");
  write_plain_name(t, e, indices ? e->n : 0);
  if (below) text_add(t, "</msub>");
  if (!indices) {
    add_bracket(t, "[", false);
    write_indices(t, e->at, e->n, false);
    add_bracket(t, "]", false);
    close_row(t);
  }
  if (e->mark == MARK_PARTIAL || e->mark == MARK_SECOND) close_row(t);
}

static void write_sum(Text *t, const Typo *e) {
  open_row(t);
  for (int k = 0; k < e->n; k++) {
    const Typo *x = e->at[k];
    bool negative = x->kind == TYPO_NEGATIVE;
    if (k || negative) add_sign(t, negative ? "−" : "+");
    write_inside(t, negative ? x->at[0] : x, SUMS + 1);
  }
  close_row(t);
}

static void write_joined(Text *t, const Typo *e, const char *between) {
  open_row(t);
  for (int k = 0; k < e->n; k++) {
    bool last = k == e->n - 1 && e->at[k]->kind == TYPO_BIG;
    if (k) text_add(t, between);
    write_inside(t, e->at[k], last ? BIGS : PRODUCTS);
  }
  close_row(t);
}

static void write_call(Text *t, const Typo *e) {
  bool bar = strcmp(e->text, "|") == 0, floor = strcmp(e->text, "⌊") == 0, angle = strcmp(e->text, "⟨") == 0;
  open_row(t);
  if (!bar && !floor && !angle) add_word(t, e->text), text_add(t, "<mo>&#x2061;</mo>");
  bool tall = false;
  for (int k = 0; k < e->n; k++) tall = tall || typo_is_tall(e->at[k]);
  add_bracket(t, bar ? "|" : floor ? "⌊" : angle ? "⟨" : "(", tall);
  write_indices(t, e->at, e->n, false);
  add_bracket(t, bar ? "|" : floor ? "⌋" : angle ? "⟩" : ")", tall);
  close_row(t);
}

static void write_big(Text *t, const Typo *e) {
  bool word = (unsigned char)e->text[0] < 128;
  text_add(t, "<mrow><munder>");
  if (word) add_word(t, e->text);
  else add_sign(t, strcmp(e->text, "Σ") == 0 ? "∑" : "∏");
  open_row(t);
  write_indices(t, e->at + 1, e->n - 1, false);
  text_add(t, "</mrow></munder>");
  if (word) text_add(t, "<mspace width=\"0.25em\"></mspace>");
  write_inside(t, e->at[0], BIGS);
  close_row(t);
}

static void write_cases(Text *t, const Typo *e) {
  text_add(t, "<mrow><mo>{</mo><mtable><mtr><mtd>");
  write(t, e->at[0]);
  text_add(t, "</mtd><mtd><mtext>where </mtext>");
  write(t, e->at[1]);
  text_add(t, "</mtd></mtr><mtr><mtd>");
  write(t, e->at[2]);
  text_add(t, "</mtd><mtd><mtext>else</mtext></mtd></mtr></mtable></mrow>");
}

static void write_power(Text *t, const Typo *e) {
  bool raised = e->at[0]->kind == TYPO_NAME && e->at[0]->name.copy;
  text_add(t, "<msup>");
  write_inside(t, e->at[0], e->at[0]->kind == TYPO_NORM ? 0 : raised ? ATOMS + 1 : ATOMS);
  if (e->kind == TYPO_TRANSPOSE) text_add(t, "<mo>⊤</mo>");
  else write_row(t, e->at[1]);
  text_add(t, "</msup>");
}

static void write_text(Text *t, const char *text) {
  if (strchr(text, ' ')) add_token(t, "mtext", text);
  else add_word(t, text);
}

static void write_script(Text *t, const Typo *e) {
  text_add(t, e->n == 2 ? "<msub>" : "<mrow>");
  write_inside(t, e->at[0], ATOMS);
  if (e->n == 2) write_row(t, e->at[1]);
  else {
    add_bracket(t, "[", false);
    write_indices(t, e->at + 1, e->n - 1, false);
    add_bracket(t, "]", false);
  }
  text_add(t, e->n == 2 ? "</msub>" : "</mrow>");
}

static void write(Text *t, const Typo *e) {
  switch (e->kind) {
  case TYPO_TEXT: write_text(t, e->text); return;
  case TYPO_NAME: write_name(t, e); return;
  case TYPO_SUM: write_sum(t, e); return;
  case TYPO_NEGATIVE:
    text_add(t, "<mrow><mo>−</mo>");
    write_inside(t, e->at[0], BIGS);
    close_row(t);
    return;
  case TYPO_PRODUCT: write_joined(t, e, "<mspace width=\"0.17em\"></mspace>"); return;
  case TYPO_HADAMARD: write_joined(t, e, "<mo>⊙</mo>"); return;
  case TYPO_FRACTION:
    text_add(t, "<mfrac>");
    write_row(t, e->at[0]);
    write_row(t, e->at[1]);
    text_add(t, "</mfrac>");
    return;
  case TYPO_POWER:
  case TYPO_TRANSPOSE: write_power(t, e); return;
  case TYPO_ROOT:
    text_add(t, "<msqrt>");
    write(t, e->at[0]);
    text_add(t, "</msqrt>");
    return;
  case TYPO_CALL: write_call(t, e); return;
  case TYPO_BIG: write_big(t, e); return;
  case TYPO_CASES: write_cases(t, e); return;
  case TYPO_HOLDS: write_between(t, "[", e->at[0], "]"); return;
  case TYPO_RELATION:
    open_row(t);
    write(t, e->at[0]);
    add_sign(t, e->text);
    write(t, e->at[1]);
    close_row(t);
    return;
  case TYPO_NORM: write_between(t, "‖", e->at[0], "‖"); return;
  case TYPO_SCRIPT: write_script(t, e); return;
  }
}

/* ---- pages ---- */

static const char style[] =
  "  :root { color-scheme: light dark; --ink: #1b1f24; --paper: #fffdf8; --faint: #6b7280; --rule: #d8d4c8;\n"
  "    --leaf: #e3ecf7; --value: #fff; --line: #8a93a0; }\n"
  "  @media (prefers-color-scheme: dark) { :root { --ink: #e6e3da; --paper: #16181c; --faint: #9aa1ab; --rule: "
  "#33373e;\n"
  "    --leaf: #243449; --value: #1e2126; --line: #6d7683; } }\n"
  "  body { margin: 0 auto; max-width: 74rem; padding: 2rem 1.5rem; background: var(--paper); color: var(--ink);\n"
  "    font: 1.05rem/1.5 Georgia, 'DejaVu Serif', serif; }\n"
  "  main { display: flex; flex-wrap: wrap; gap: 2.5rem; align-items: flex-start; }\n"
  "  article { flex: 1 1 36rem; min-width: 0; } aside { flex: 0 1 auto; max-width: 100%; overflow-x: auto; }\n"
  "  h1 { font-weight: normal; margin: 0 0 1rem; } h2 { font-size: 1.1rem; margin: 1.8rem 0 0.4rem;\n"
  "    border-bottom: 1px solid var(--rule); }\n"
  "  .equation { display: flex; align-items: center; gap: 1rem; padding: 0.25rem 0; }\n"
  "  .equation .formula { flex: 1; overflow-x: auto; overflow-y: hidden; padding: 0.2rem 0; }\n"
  "  .formula span { margin-left: 1.5em; }\n"
  "  .equation .from { color: var(--faint); font-size: 0.85rem; white-space: nowrap; }\n"
  "  .equation .number { min-width: 2.4rem; text-align: right; }\n"
  "  .equation .number a, .equation .from a { color: inherit; text-decoration: none; }\n"
  "  .equation:target { background: var(--leaf); }\n"
  "  math { font-size: 1.1rem; font-family: 'Latin Modern Math', 'STIX Two Math', 'Cambria Math', math; }\n"
  "  svg text { fill: var(--ink); font: italic 14px Georgia, 'DejaVu Serif', serif; }\n"
  "  svg .leaf { fill: var(--leaf); stroke: var(--line); } svg .value { fill: var(--value); stroke: var(--line); }\n"
  "  svg path { fill: none; stroke: var(--line); } svg .head { fill: var(--line); stroke: none; }\n";

static void write_from(Text *out, const Line *line) {
  const char *from = page_from(out->cx, line);
  for (; *from; from++) {
    if (*from != '(') {
      text_add_n(out, from, 1);
      continue;
    }
    int number = 0;
    for (from++; *from != ')'; from++) number = 10 * number + *from - '0';
    text_printf(out, "<a href=\"#e%d\">(%d)</a>", number, number);
  }
}

static void write_line(Text *out, const Line *line) {
  Typos sides = page_sides(out->cx, line);
  if (line->number) text_printf(out, "<div class=\"equation\" id=\"e%d\">", line->number);
  else text_add(out, "<div class=\"equation\">");
  text_add(out, "<div class=\"formula\">");
  for (int k = 0; k < sides.n; k++) { /* each side by itself, so that lines break between them */
    text_add(out, "<math displaystyle=\"true\">");
    if (k) add_sign(out, "=");
    write_row(out, sides.at[k]);
    if (k == sides.n - 1 && line->text) text_add(out, "<mo>,</mo>");
    text_add(out, "</math>");
  }
  if (line->text) text_printf(out, "<span>%s</span>", line->text);
  text_add(out, "</div><div class=\"from\">");
  write_from(out, line);
  text_add(out, "</div><div class=\"number\">");
  if (line->number) text_printf(out, "<a href=\"#e%d\">(%d)</a>", line->number, line->number);
  text_add(out, "</div></div>\n");
}

static void write_prose(Text *out, const Line *line) {
  int side = 0;
  text_add(out, "<p>");
  for (const char *c = line->text; *c; c++)
    if (*c == '%') {
      text_add(out, "<math>");
      write(out, line->sides.at[side++]);
      text_add(out, "</math>");
    } else {
      text_add_n(out, c, 1);
    }
  text_add(out, "</p>\n");
}

void html_page(const Page *page, Text *out) {
  text_add(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n"
                "<meta name=\"viewport\" content=\"width=device-width\">\n<title>");
  add_escaped(out, page->program->name);
  text_printf(out, "</title>\n<style>\n%s</style>\n<h1>", style);
  for (const char *c = page->program->name; *c; c++) text_add_n(out, *c == '_' ? " " : c, 1);
  text_add(out, "</h1>\n<main>\n<article>\n");
  for (int k = 0; k < page->lines.n; k++) {
    const Line *line = &page->lines.at[k];
    if (line->kind == LINE_EQUATION) write_line(out, line);
    else if (line->kind == LINE_PROSE) write_prose(out, line);
    else add_token(out, "h2", line->text), text_add(out, "\n");
  }
  text_add(out, "</article>\n<aside>\n");
  for (int k = 0; k < page->parts.n; k++) picture_write(page->parts.at[k], out);
  text_add(out, "</aside>\n</main>\n</html>\n");
}
