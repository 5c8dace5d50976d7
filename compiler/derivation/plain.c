/* plain.c: pages as text. */
#include "derivation/page.h"

enum { WIDTH = 100 };

/* Columns that a text takes: a combining mark takes none, and none is written. */
static int columns(const char *text) {
  int n = 0;
  for (; *text; text++) n += ((unsigned char)*text & 0xC0) != 0x80;
  return n;
}

static void add_spaces(Text *out, int n) {
  for (int k = 0; k < n; k++) text_add(out, " ");
}

static void write_end(Text *out, const Line *line, int at) {
  Text end = {.cx = out->cx};
  if (line->text) {
    text_printf(out, ",  %s", line->text);
    at += 3 + columns(line->text);
  }
  const char *from = page_from(out->cx, line);
  if (line->number) text_printf(&end, "(%d)", line->number);
  if (*from) text_printf(&end, "   %s", from);
  if (!end.length) return;
  add_spaces(out, at < 60 ? 60 - at : 3);
  text_add(out, end.data);
}

/* How many bytes of text make a line: up to a sign that stands in no brackets; all of it where that fits. */
static size_t line_of(const char *text, int width) {
  int depth = 0, at = 0;
  size_t all = strlen(text), end = all;
  if (columns(text) <= width) return all;
  for (const char *c = text; *c; c++) {
    at += ((unsigned char)*c & 0xC0) != 0x80;
    if (at > width && end < all) break;
    depth += (*c == '(' || *c == '[' || *c == '{') - (*c == ')' || *c == ']' || *c == '}');
    if (depth == 0 && c > text && *c == ' ' && (c[1] == '+' || c[1] == '-') && c[2] == ' ') end = (size_t)(c - text);
  }
  return end;
}

/* One side, from column `at`, in as many lines as it takes; the column where it ends. */
static int write_side(Text *out, const char *text, int at) {
  int indent = at;
  for (;;) {
    size_t n = line_of(text, WIDTH - indent);
    text_add_n(out, text, n);
    at += columns(arena_printf(out->cx, "%.*s", (int)n, text));
    text += n;
    if (!*text) return at;
    text_add(out, "\n");
    add_spaces(out, indent - 1);
    at = indent - 1;
  }
}

/* left = first = next, on one line where it fits, else each on a line of its own. */
static void write_line(Text *out, const Line *line) {
  Text left = {.cx = out->cx};
  int width = 2, indent;
  text_typo(&left, line->sides.at[0]);
  indent = width + columns(left.data);
  VEC(const char *) sides = {0};
  Typos all = page_sides(out->cx, line);
  for (int k = 1; k < all.n; k++) {
    Text side = {.cx = out->cx};
    text_typo(&side, all.at[k]);
    VEC_PUSH(out->cx, &sides, side.data);
  }
  for (int k = 0; k < sides.n; k++) width += columns(sides.at[k]) + 3;
  bool one = indent + width < WIDTH - 20;
  text_printf(out, "  %s", left.data);
  int at = indent;
  for (int k = 0; k < sides.n; k++) {
    if (k && !one) {
      text_add(out, "\n");
      add_spaces(out, indent);
      at = indent;
    }
    text_add(out, " = ");
    at = write_side(out, sides.at[k], at + 3);
  }
  write_end(out, line, at);
  text_add(out, "\n");
}

/* A paragraph in lines of 80 columns. */
static void write_prose(Text *out, const Line *line) {
  Text whole = {.cx = out->cx};
  int at = 0, side = 0;
  for (const char *c = line->text; *c; c++)
    if (*c == '%') text_typo(&whole, line->sides.at[side++]);
    else text_add_n(&whole, c, 1);
  const char *text = whole.data;
  while (*text) {
    size_t n = strcspn(text, " ");
    int width = columns(arena_printf(out->cx, "%.*s", (int)n, text));
    if (at && at + 1 + width > 80) text_add(out, "\n"), at = 0;
    if (at) text_add(out, " "), at++;
    text_add_n(out, text, n);
    at += width;
    text += n + (text[n] == ' ');
  }
  text_add(out, "\n");
}

void text_page(const Page *page, Text *out) {
  for (int k = 0; k < page->lines.n; k++) {
    const Line *line = &page->lines.at[k];
    bool after = k && page->lines.at[k - 1].kind == LINE_PROSE;
    if (line->kind == LINE_EQUATION && after) text_add(out, "\n");
    if (line->kind == LINE_EQUATION) write_line(out, line);
    else if (line->kind == LINE_HEADING) text_printf(out, "%s%s\n\n", k ? "\n" : "", line->text);
    else {
      if (k && page->lines.at[k - 1].kind != LINE_HEADING) text_add(out, "\n");
      write_prose(out, line);
    }
  }
}
