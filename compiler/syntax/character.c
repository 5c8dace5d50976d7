/* character.c: bytes that are no text of the language: what is not UTF-8, and characters that look like others.
 *
 * In: a source, or a character that no token begins with. Out: a message with what was meant: "type '-' for minus". */
#include "syntax/parse.h"
#include "parser.h"

#include <stdio.h>
#include <string.h>

typedef struct Mistake {
  const char *found;
  int meant; /* a token; TOK_SKIP passes over it */
  const char *advice;
} Mistake;

static const Mistake mistakes[] = {
  {"\xEF\xBB\xBF", -1, NULL}, /* a byte order mark */
  {"\xC2\xA0", -1, "type an ordinary space"},
  {"\xE2\x80\x8B", -1, "delete it; it has no width"},
  {"−", '-', "type '-' for minus"},
  {"–", '-', "type '-' for minus"},
  {"—", '-', "type '-' for minus"},
  {"×", '*', "type '*' for a product, '@' for a product of matrices"},
  {"·", '*', "type '*' for a product, '@' for a product of matrices"},
  {"⋅", '*', "type '*' for a product, '@' for a product of matrices"},
  {"∗", '*', "type '*' for a product"},
  {"⊙", '*', "type '*': products are element by element"},
  {"÷", '/', "type '/' for a quotient"},
  {"∕", '/', "type '/' for a quotient"},
  {"→", TOK_REWRITE, "type '=>' in a rule"},
  {"⇒", TOK_REWRITE, "type '=>' in a rule"},
  {"←", TOK_ASSIGN, "type '<-' to update a state"},
  {"∼", '~', "type '~'"},
  {"∧", TOK_AND, "type 'and'"},
  {"∨", TOK_OR, "type 'or'"},
  {"¬", TOK_NOT, "type 'not'"},
  {"′", TOK_TRANSPOSE, "type ' for a transpose"},
  {"’", TOK_TRANSPOSE, "type ' for a transpose"},
  {"ᵀ", TOK_TRANSPOSE, "type ' for a transpose"},
  {"⊤", TOK_TRANSPOSE, "type ' for a transpose"},
  {"²", -2, "type ^2 for a square"},
  {"“", -2, "type '\"' around a text"},
  {"”", -2, "type '\"' around a text"},
  {"„", -2, "type '\"' around a text"},
  {"‘", -2, "type '\"' around a text"},
  {"…", TOK_ELLIPSIS, "type three dots"},
  {"，", ',', "type ','"},
  {"（", '(', "type '('"},
  {"）", ')', "type ')'"},
  {"\xCD\xBE", ';', "type ';'; this is a Greek question mark"},
  {"\xCE\x87", -2, "type '*' for a product"},
  {"∞", -2, "type 'inf'"},
  {"∑", -2, "write 'sum(i) ...'"},
  {"∏", -2, "write 'prod(i) ...'"},
  {"√", -2, "write 'sqrt(x)'"},
  {"∇", -2, "write 'grad(L, w)' or '∂L/∂w'"},
  {"&&", TOK_AND, "type 'and'"},
  {"||", TOK_OR, "type 'or'"},
  {"&", TOK_AND, "type 'and'"},
  {"|", TOK_OR, "type 'or'; the absolute value is 'abs(x)'"},
  {"!", TOK_NOT, "type 'not'"},
  {"**", '^', "type '^' for a power"},
  {"%", TOK_MOD, "type 'mod' for a remainder"},
  {"//", -2, "a comment begins with '#'"},
  {"/*", -2, "a comment begins with '#'"},
  {":=", '=', "type '=' for a definition"},
  {"->", TOK_REWRITE, "type '=>' in a rule, '<-' to update a state"},
  {"+=", -2, "a name is defined once; write 'y = x + ...', or 's <- s + ...' for a state"},
  {"-=", -2, "a name is defined once; write 'y = x - ...', or 's <- s - ...' for a state"},
  {"*=", -2, "a name is defined once; write 'y = x*...', or 's <- s*...' for a state"},
  {"/=", -2, "a name is defined once; write 'y = x/...', or 's <- s/...' for a state"},
  {".", -2, "a dot stands inside of a number, as in 0.5, or of a name, as in h.W and S[0].W"},
  {"\\", -2, "a line goes on by itself after an operator, a comma, or within brackets"},
  {"\r", -2, "end lines with a line feed"},
  {"?", -2, "where(c, a, b) chooses between values"},
  {"`", -2, NULL},
};

/* Bytes of the character at `s`, 0 where it is not UTF-8. */
static size_t character_bytes(const unsigned char *s, size_t left) {
  static const struct {
    unsigned char from, to, second_from, second_to;
    size_t bytes;
  } forms[] = {
    {0x01, 0x7F, 0, 0, 1},       {0xC2, 0xDF, 0x80, 0xBF, 2}, {0xE0, 0xE0, 0xA0, 0xBF, 3},
    {0xE1, 0xEC, 0x80, 0xBF, 3}, {0xED, 0xED, 0x80, 0x9F, 3}, {0xEE, 0xEF, 0x80, 0xBF, 3},
    {0xF0, 0xF0, 0x90, 0xBF, 4}, {0xF1, 0xF3, 0x80, 0xBF, 4}, {0xF4, 0xF4, 0x80, 0x8F, 4},
  };
  for (size_t k = 0; k < sizeof forms / sizeof *forms; k++) {
    if (s[0] < forms[k].from || s[0] > forms[k].to) continue;
    size_t n = forms[k].bytes;
    if (n > left || (n > 1 && (s[1] < forms[k].second_from || s[1] > forms[k].second_to))) return 0;
    for (size_t i = 2; i < n; i++)
      if (s[i] < 0x80 || s[i] > 0xBF) return 0;
    return n;
  }
  return 0;
}

bool parse_readable(Context *cx, const Source *source) {
  const unsigned char *text = (const unsigned char *)source->text;
  for (size_t i = 0, n; i < source->length; i += n) {
    n = character_bytes(text + i, source->length - i);
    if (n > 0) continue;
    Span s = {source, (uint32_t)i, (uint32_t)i + 1};
    if (text[i] == 0) error_at(cx, s, "found a NUL byte: this is no text");
    else error_at(cx, s, "found the byte 0x%02X, which is not UTF-8", text[i]);
    return false;
  }
  return true;
}

static void report_mistake(Parser *p, Span s, const char *text, size_t n) {
  bool several = n > 1 && !((unsigned char)text[0] & 0x80), printable = n > 1 || (text[0] > ' ' && text[0] < 0x7F);
  uint32_t c = code_point(text, n);
  bool invisible = !printable || c == 0xA0 || (c >= 0x80 && c < 0xA0) || (c >= 0x300 && c < 0x370) ||
                   (c >= 0x2000 && c < 0x2010) || c == 0x2028 || c == 0x2029 || (c >= 0x202A && c <= 0x202E) ||
                   (c >= 0x2060 && c <= 0x206F) || c == 0xFEFF;
  if (invisible) error_at(p->cx, s, "found the character U+%04X, which has no meaning here", c);
  else if (several || n == 1) error_at(p->cx, s, "found '%.*s', which has no meaning here", (int)n, text);
  else error_at(p->cx, s, "found '%.*s' (U+%04X), which has no meaning here", (int)n, text, c);
}

int parse_mistake(Parser *p, Span s) {
  const char *text = p->source->text + s.start;
  size_t n = s.end - s.start;
  const Mistake *m = NULL;
  for (size_t k = 0; k < sizeof mistakes / sizeof *mistakes && !m; k++)
    if (strlen(mistakes[k].found) == n && memcmp(mistakes[k].found, text, n) == 0) m = &mistakes[k];
  if (s.start == 0 && m == mistakes) return -1; /* a byte order mark at the start is nobody's fault */
  report_mistake(p, s, text, n);
  if (m && m->advice) help(p->cx, "%s", m->advice);
  else if (!m && n > 1 && (unsigned char)text[0] >= 0x80)
    help(p->cx, "names are made of a-z, A-Z, Greek letters, digits and '_'");
  if (!m || m->meant == -2 || (m->meant == TOK_REWRITE && p->first.kind != TOK_RULE)) return TOK_PARSE_error;
  return m->meant;
}

void parse_stop(Parser *p, Span s, const char *text) {
  if (!p->stopped) error_at(p->cx, s, "%s", text);
  p->stopped = true;
}
