/* latex.c: formulas and pages for LaTeX, with amsmath. */
#include "derivation/page.h"

#include <ctype.h>

/* ---- letters ---- */

static const char *const signs[][2] = {
  {"α", "\\alpha "},  {"β", "\\beta "},  {"γ", "\\gamma "},    {"δ", "\\delta "},     {"ε", "\\varepsilon "},
  {"ζ", "\\zeta "},   {"η", "\\eta "},   {"θ", "\\theta "},    {"ι", "\\iota "},      {"κ", "\\kappa "},
  {"λ", "\\lambda "}, {"μ", "\\mu "},    {"ν", "\\nu "},       {"ξ", "\\xi "},        {"π", "\\pi "},
  {"ρ", "\\rho "},    {"σ", "\\sigma "}, {"τ", "\\tau "},      {"φ", "\\varphi "},    {"χ", "\\chi "},
  {"ψ", "\\psi "},    {"ω", "\\omega "}, {"Γ", "\\Gamma "},    {"Δ", "\\Delta "},     {"Θ", "\\Theta "},
  {"Λ", "\\Lambda "}, {"Σ", "\\Sigma "}, {"Φ", "\\Phi "},      {"Ψ", "\\Psi "},       {"Ω", "\\Omega "},
  {"Π", "\\Pi "},     {"∞", "\\infty "}, {"𝟏", "\\mathbf{1}"}, {"⌊", "\\lfloor "},    {"⌋", "\\rfloor "},
  {"≤", "\\le "},     {"≥", "\\ge "},    {"≠", "\\ne "},       {"ℒ", "\\mathcal{L}"}, {"∂", "\\partial "},
  {"⊙", "\\odot "},   {"′", "'"},        {"…", "\\dots "},     {"_", "\\_"},          {"%", "\\%"},
  {"&", "\\&"},       {"#", "\\#"}};

/* Adds text with its signs in LaTeX's words. */
static void add_signs(Text *t, const char *text) {
  while (*text) {
    size_t k = 0, n = sizeof signs / sizeof *signs, m = 1;
    while (k < n && strncmp(signs[k][0], text, strlen(signs[k][0])) != 0) k++;
    if (strncmp(text, " mod ", 5) == 0) text_add(t, " \\bmod "), m = 5;
    else if (k < n) text_add(t, signs[k][1]), m = strlen(signs[k][0]);
    else text_add_n(t, text, 1);
    text += m;
  }
}

static size_t letters_of(const char *text) {
  size_t n = 0;
  for (; *text; text++) n += ((unsigned char)*text & 0xC0) != 0x80;
  return n;
}

/* One letter leans; a word stands upright. */
static void add_word(Text *t, const char *text) {
  bool word = letters_of(text) > 1 && !isdigit((unsigned char)text[0]);
  if (word) text_add(t, "\\mathrm{");
  add_signs(t, text);
  if (word) text_add(t, "}");
}

/* "h1" is h with 1; "dense" a word. */
static void add_subscript(Text *t, const char *sub) {
  size_t n = strlen(sub), end = n, line = strcspn(sub, "_");
  if (line < n) {
    add_word(t, intern_n(t->cx, sub, line));
    text_add(t, "_{");
    add_subscript(t, sub + line + 1);
    text_add(t, "}");
    return;
  }
  while (end > 0 && isdigit((unsigned char)sub[end - 1])) end--;
  if (end == 0 || end == n) {
    add_word(t, sub);
    return;
  }
  add_word(t, intern_n(t->cx, sub, end));
  text_printf(t, "_{%s}", sub + end);
}

/* ---- formulas ---- */

static void write(Text *t, const Typo *e);

static void write_inside(Text *t, const Typo *e, int least) {
  bool brackets = typo_level(e, true) < least, tall = typo_is_tall(e);
  if (brackets) text_add(t, tall ? "\\left(" : "(");
  write(t, e);
  if (brackets) text_add(t, tall ? "\\right)" : ")");
}

static void write_scripts(Text *t, const char *sub, Typo *const *at, int n) {
  if (!*sub && !n) return;
  text_add(t, "_{");
  if (*sub) add_subscript(t, sub);
  for (int k = 0; k < n; k++) {
    if (*sub) text_add(t, ",");
    write(t, at[k]);
  }
  text_add(t, "}");
}

static void write_brackets(Text *t, Typo *const *at, int n) {
  text_add(t, "[");
  for (int k = 0; k < n; k++) {
    if (k) text_add(t, ",\\,");
    write(t, at[k]);
  }
  text_add(t, "]");
}

static void write_name(Text *t, const Typo *e) {
  if (e->mark == MARK_PARTIAL) text_add(t, "\\partial ");
  if (e->mark == MARK_SECOND) text_add(t, "\\partial^{2} ");
  if (e->mark == MARK_ADJOINT) text_add(t, "\\delta_{");
  if (e->mark == MARK_MULTIPLIER) text_add(t, "\\lambda_{");
  bool below = typo_indices_below(e);
  add_word(t, e->name.base);
  write_scripts(t, e->name.sub, e->at, below ? e->n : 0);
  if (e->name.copy) text_printf(t, "^{(%d)}", e->name.copy);
  if (e->mark == MARK_ADJOINT || e->mark == MARK_MULTIPLIER) text_add(t, "}");
  if (!below) write_brackets(t, e->at, e->n);
}

static void write_sum(Text *t, const Typo *e) {
  for (int k = 0; k < e->n; k++) {
    const Typo *x = e->at[k];
    bool negative = x->kind == TYPO_NEGATIVE;
    if (k || negative) text_add(t, negative ? " - " : " + ");
    write_inside(t, negative ? x->at[0] : x, SUMS + 1);
  }
}

static void write_joined(Text *t, const Typo *e, const char *between) {
  for (int k = 0; k < e->n; k++) {
    bool last = k == e->n - 1 && e->at[k]->kind == TYPO_BIG;
    if (k) text_add(t, between);
    write_inside(t, e->at[k], last ? BIGS : PRODUCTS);
  }
}

static bool is_latex_function(const char *name) {
  static const char *const names[] = {"log", "exp", "tanh", "sin", "cos", "tan", "sinh", "cosh", "max", "min"};
  for (size_t k = 0; k < sizeof names / sizeof *names; k++)
    if (strcmp(names[k], name) == 0) return true;
  return false;
}

static void write_function(Text *t, const char *name) {
  size_t n = strlen(name), prime = strlen("′");
  bool primed = n > prime && strcmp(name + n - prime, "′") == 0;
  const char *plain = primed ? intern_n(t->cx, name, n - prime) : name;
  if (is_latex_function(plain)) text_printf(t, "\\%s", plain);
  else if (letters_of(plain) == 1) add_signs(t, plain);
  else {
    text_add(t, "\\operatorname{");
    add_signs(t, plain);
    text_add(t, "}");
  }
  if (primed) text_add(t, "'");
}

static void write_call(Text *t, const Typo *e) {
  bool bar = strcmp(e->text, "|") == 0, floor = strcmp(e->text, "⌊") == 0, angle = strcmp(e->text, "⟨") == 0;
  bool tall = false;
  for (int k = 0; k < e->n; k++) tall = tall || typo_is_tall(e->at[k]);
  if (!bar && !floor && !angle) write_function(t, e->text);
  text_add(t, tall ? "\\left" : "");
  text_add(t, bar ? "|" : floor ? "\\lfloor " : angle ? "\\langle " : "(");
  for (int k = 0; k < e->n; k++) {
    if (k) text_add(t, ", ");
    write(t, e->at[k]);
  }
  text_add(t, tall ? "\\right" : "");
  text_add(t, bar ? "|" : floor ? "\\rfloor " : angle ? "\\rangle " : ")");
}

static void write_big(Text *t, const Typo *e) {
  bool sum = strcmp(e->text, "Σ") == 0, product = strcmp(e->text, "Π") == 0;
  if (sum || product) text_add(t, sum ? "\\sum" : "\\prod");
  else if (is_latex_function(e->text)) text_printf(t, "\\%s", e->text);
  else text_printf(t, "\\operatorname*{%s}", e->text);
  text_add(t, "_{");
  for (int k = 1; k < e->n; k++) {
    if (k > 1) text_add(t, ",");
    write(t, e->at[k]);
  }
  text_add(t, "} ");
  write_inside(t, e->at[0], BIGS);
}

static void write_cases(Text *t, const Typo *e) {
  text_add(t, "\\begin{cases} ");
  write(t, e->at[0]);
  text_add(t, " & ");
  write(t, e->at[1]);
  text_add(t, " \\\\ ");
  write(t, e->at[2]);
  text_add(t, " & \\text{else} \\end{cases}");
}

static void write_fraction(Text *t, const Typo *e) {
  text_add(t, "\\frac{");
  write(t, e->at[0]);
  text_add(t, "}{");
  write(t, e->at[1]);
  text_add(t, "}");
}

static void write_power(Text *t, const Typo *e) {
  const Typo *base = e->at[0];
  bool name = base->kind == TYPO_NAME && base->name.copy;
  if (name) text_add(t, "{");
  write_inside(t, base, base->kind == TYPO_NORM ? 0 : ATOMS);
  text_add(t, name ? "}^{" : "^{");
  const Typo *fraction = e->kind == TYPO_POWER && e->at[1]->kind == TYPO_FRACTION ? e->at[1] : NULL;
  if (e->kind == TYPO_TRANSPOSE) text_add(t, "\\top");
  else if (fraction) {
    write(t, fraction->at[0]);
    text_add(t, "/");
    write(t, fraction->at[1]);
  } else write(t, e->at[1]);
  text_add(t, "}");
}

static void write_between(Text *t, const char *left, const Typo *e, const char *right) {
  bool tall = typo_is_tall(e);
  text_printf(t, "%s%s", tall ? "\\left" : "", left);
  write(t, e);
  text_printf(t, "%s%s", tall ? "\\right" : "", right);
}

static void write(Text *t, const Typo *e) {
  switch (e->kind) {
  case TYPO_TEXT: add_signs(t, e->text); return;
  case TYPO_NAME: write_name(t, e); return;
  case TYPO_SUM: write_sum(t, e); return;
  case TYPO_NEGATIVE:
    text_add(t, "-");
    write_inside(t, e->at[0], BIGS);
    return;
  case TYPO_PRODUCT: write_joined(t, e, " \\, "); return;
  case TYPO_HADAMARD: write_joined(t, e, " \\odot "); return;
  case TYPO_FRACTION: write_fraction(t, e); return;
  case TYPO_POWER:
  case TYPO_TRANSPOSE: write_power(t, e); return;
  case TYPO_ROOT:
    text_add(t, "\\sqrt{");
    write(t, e->at[0]);
    text_add(t, "}");
    return;
  case TYPO_CALL: write_call(t, e); return;
  case TYPO_BIG: write_big(t, e); return;
  case TYPO_CASES: write_cases(t, e); return;
  case TYPO_HOLDS: write_between(t, "[", e->at[0], "]"); return;
  case TYPO_RELATION:
    write(t, e->at[0]);
    text_add(t, " ");
    if (isalpha((unsigned char)e->text[0])) text_printf(t, "\\text{ %s }", e->text);
    else add_signs(t, e->text);
    text_add(t, " ");
    write(t, e->at[1]);
    return;
  case TYPO_NORM: write_between(t, "\\|", e->at[0], "\\|"); return;
  case TYPO_SCRIPT:
    write_inside(t, e->at[0], ATOMS);
    if (e->n == 2) write_scripts(t, "", e->at + 1, 1);
    else write_brackets(t, e->at + 1, e->n - 1);
    return;
  }
}

/* ---- pages ---- */

enum { WIDTH = 76 /* of a line, in columns of text */ };

static int width_of(Context *cx, const Typo *e) {
  Text t = {.cx = cx};
  text_typo(&t, e);
  return t.length ? (int)letters_of(t.data) : 0;
}

/* A side, a sum that is too long in several lines. */
static void write_side(Text *out, const Typo *e) {
  int at = 0;
  bool sum = e->kind == TYPO_SUM;
  if ((!sum && e->kind != TYPO_PRODUCT) || width_of(out->cx, e) <= WIDTH) {
    write(out, e);
    return;
  }
  for (int k = 0; k < e->n; k++) {
    int width = width_of(out->cx, e->at[k]);
    bool negative = e->at[k]->kind == TYPO_NEGATIVE, broken = k && at + width > WIDTH;
    if (broken) text_add(out, " \\notag \\\\\n  &\\quad "), at = 0;
    if (sum && (k || negative)) text_add(out, negative ? " - " : " + ");
    if (!sum && k) text_add(out, broken ? "\\cdot " : " \\, ");
    write_inside(out, negative ? e->at[k]->at[0] : e->at[k], sum ? SUMS + 1 : PRODUCTS);
    at += width;
  }
}

static void write_line(Text *out, const Line *line) {
  Typos sides = page_sides(out->cx, line);
  int at = 0;
  text_add(out, "  ");
  write(out, sides.at[0]);
  text_add(out, " &");
  for (int k = 1; k < sides.n; k++) {
    int width = width_of(out->cx, sides.at[k]);
    if (k > 1 && at + width > WIDTH) text_add(out, " \\notag \\\\\n  &"), at = 0;
    text_add(out, k > 1 && at ? " = " : "= ");
    write_side(out, sides.at[k]);
    at += width + 3;
  }
  if (line->text) text_printf(out, ", \\quad "), add_signs(out, line->text);
  const char *from = page_from(out->cx, line);
  if (*from) text_printf(out, " \\tag*{{\\small %s}\\quad(%d)}", from, line->number);
  else if (line->number) text_printf(out, " \\tag{%d}", line->number);
  else text_add(out, " \\notag");
}

static void write_prose(Text *out, const Line *line) {
  int side = 0;
  for (const char *c = line->text; *c; c++)
    if (*c == '%') {
      text_add(out, "$");
      write(out, line->sides.at[side++]);
      text_add(out, "$");
    } else {
      text_add_n(out, c, 1);
    }
  text_add(out, "\n\n");
}

void latex_page(const Page *page, Text *out) {
  bool inside = false;
  text_add(out, "\\documentclass[fleqn,10pt]{article}\n\\usepackage[a4paper,margin=20mm]{geometry}\n"
                "\\usepackage{amsmath,amssymb}\n\\allowdisplaybreaks\n\\setlength{\\mathindent}{1em}\n"
                "\\setlength{\\parindent}{0pt}\n\\begin{document}\n\n\\section*{");
  for (const char *c = page->program->name; *c; c++)
    if (*c == '_') text_add(out, " ");
    else text_add_n(out, c, 1);
  text_add(out, "}\n\n");
  for (int k = 0; k < page->lines.n; k++) {
    const Line *line = &page->lines.at[k];
    bool equation = line->kind == LINE_EQUATION;
    if (inside) text_add(out, equation ? " \\\\\n" : "\n\\end{align}\n\n");
    if (equation && !inside) text_add(out, "\\begin{align}\n");
    inside = equation;
    if (equation) write_line(out, line);
    else if (line->kind == LINE_PROSE) write_prose(out, line);
    else text_printf(out, "\\subsection*{%s}\n\n", line->text);
  }
  text_add(out, inside ? "\n\\end{align}\n\n\\end{document}\n" : "\\end{document}\n");
}
