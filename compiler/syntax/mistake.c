/* mistake.c: what the user is told about text that does not parse.
 *
 * In: the token found, the one before, and the names of all tokens that could have stood there. Out: one message, such
 * as "expected an expression after '+', found end of line", with a help where the slip is a common one. Names of
 * tokens come from syntax/parser.y, where they are written as a reader would say them. */
#include "syntax/parse.h"
#include "parser.h"

#include <stdio.h>
#include <string.h>

enum { SHOWN_BYTES = 40, MOST_SHOWN = 6 };

/* ---- what was expected ---- */

typedef struct Group { /* tokens that a reader sees as one thing */
  const char *sign;    /* the group can stand here if this can */
  const char *says;
  const char *members[28];
} Group;

static const Group groups[] = {
  {"'model'", "a statement", {"a name", "'if'", "'scan'", "'return'"}},
  {"a number", "an expression", {"a name", "'('", "'['", "'-'", "'not'", "'∂'"}},
  {"'*'",
   "an operator",
   {"'+'", "'-'", "'/'", "'^'", "'@'", "'mod'", "'=='", "'!='", "'<'", "'<='", "'>'", "'>='", "'and'", "'or'", "'('",
    "'['", "'.'", "a transpose", "the body of a reduction"}},
  {"'<-'", "'=', '~' or '<-'", {"'='", "'~'", "':'", "','", "'['"}},
  {"end of line", "the end of the line", {"';'", "end of file", "'}'"}},
};

static bool contains(const char *const *names, int n, const char *name) {
  for (int k = 0; k < n; k++)
    if (names[k] && strcmp(names[k], name) == 0) return true;
  return false;
}

static void take_out(const char **names, int n, const char *name) {
  for (int k = 0; k < n; k++)
    if (names[k] && strcmp(names[k], name) == 0) names[k] = NULL;
}

/* Inside of an entry `x[i ...`, say, "an operator, ':', 'else', ',' or ']'". */
static char *describe_expected(Parser *p, const char *const *expected, int n) {
  const char **names = arena_copy(p->cx, expected, sizeof *names * (size_t)n), *shown[MOST_SHOWN + 8];
  int count = 0;
  bool statement = contains(names, n, groups[0].sign);
  for (size_t g = 0; g < sizeof groups / sizeof *groups; g++) {
    if (!contains(names, n, groups[g].sign)) continue;
    take_out(names, n, groups[g].sign);
    for (const char *const *m = groups[g].members; *m; m++) take_out(names, n, *m);
    shown[count++] = groups[g].says;
  }
  bool at_end = count > 0 && strcmp(shown[count - 1], "the end of the line") == 0;
  if (at_end) count--;
  for (int k = 0; k < n && !statement && count < MOST_SHOWN; k++)
    if (names[k]) shown[count++] = names[k];
  if (at_end && !statement) shown[count++] = "the end of the line";
  Text out = {.cx = p->cx};
  for (int k = 0; k < count; k++) text_printf(&out, "%s%s", k == 0 ? "" : k == count - 1 ? " or " : ", ", shown[k]);
  return out.data ? out.data : "something else";
}

static char *quote(Parser *p, Span s) {
  const char *text = p->source->text + s.start;
  size_t n = s.end - s.start;
  if (n <= SHOWN_BYTES) return arena_printf(p->cx, "'%.*s'", (int)n, text);
  for (n = SHOWN_BYTES; n > 0 && ((unsigned char)text[n] & 0xC0) == 0x80;) n--;
  return arena_printf(p->cx, "'%.*s...'", (int)n, text);
}

static bool ends_statement(int kind) {
  return kind == 0 || kind == TOK_NEWLINE || kind == ';' || kind == '{' || kind == '}';
}

/* ---- helps for common slips ---- */

typedef struct Habit { /* a word of another language */
  const char *word, *advice;
} Habit;

static const Habit habits[] = {
  {"def", "a function is defined with 'fn f(x) = ...'"},
  {"func", "a function is defined with 'fn f(x) = ...'"},
  {"function", "a function is defined with 'fn f(x) = ...'"},
  {"class", "a layer is defined with 'layer f(x[n]) { ... }'"},
  {"let", "a definition is 'y = ...'"},
  {"var", "a definition is 'y = ...'"},
  {"while", "a recurrence is a 'scan t < T { ... }', a repetition 'for l < 4 { ... }'"},
  {"elif", "write 'else if'"},
  {"from", "a file is imported with 'import \"file.nn\"'"},
  {"print", "what is to be seen is an 'output'"},
};

static const char *habit_advice(const char *word) {
  for (size_t k = 0; k < sizeof habits / sizeof *habits; k++)
    if (strcmp(habits[k].word, word) == 0) return habits[k].advice;
  return NULL;
}

/* `layr dense(x[n]) {`: the second word does not fit, but the first is what is wrong. */
static bool report_first_word(Parser *p, const char *const *expected, int n) {
  const Token *t = &p->first;
  int kind = p->last.kind;
  if (p->number != 2 || t->kind != TOK_NAME || strchr(t->value.text, '.') || !contains(expected, n, "'~'"))
    return false;
  const char *words[MOST_WORDS], *advice = habit_advice(t->value.text);
  bool misfit = kind == TOK_NAME || kind == '{' || kind == TOK_STRING || kind == TOK_NUMBER || kind == '(';
  if (!advice && !misfit) return false;
  int nwords = token_statement_words(words);
  const char *nearest = advice ? NULL : nearest_name(p->cx, t->value.text, words, nwords);
  if (kind == '(' && !nearest && !advice) {
    error_at(p->cx, span_join(t->span, p->last.span), "a call alone is no statement");
    help(p->cx, "a result gets a name, 'y = %s(...)'; a function is defined with 'fn %s(x) = ...'", t->value.text,
         t->value.text);
    return true;
  }
  error_at(p->cx, t->span, "no statement begins with %s", quote(p, t->span));
  if (nearest) help(p->cx, "did you mean '%s'?", nearest);
  else help(p->cx, "%s", advice ? advice : "a definition is 'y = ...', a draw 'z ~ ...', an update 's <- ...'");
  return true;
}

/* `y = a +` and on the next line `z = 3`: the line was taken to go on. Both z and = are given back. */
static bool report_cut_line(Parser *p) {
  const Token equals = p->last, name = p->before;
  if (equals.kind != '=' || name.kind != TOK_NAME || !name.first_on_line || p->number <= 2) return false;
  if (p->nbrackets && p->brackets[p->nbrackets - 1].kind != '{') return false;
  Span end = {p->source, p->line_last.end, p->line_last.end};
  error_at(p->cx, end, "expected an expression after %s, found end of line", quote(p, p->line_last));
  p->last = name;
  parse_recover(p);
  p->held[p->nheld++] = equals;
  return true;
}

static bool is_word(Parser *p, Span s) {
  char c = s.end > s.start ? p->source->text[s.start] : 0;
  return c >= 'a' && c <= 'z';
}

static void advise(Parser *p, const char *found, const char *const *expected, int n) {
  const Token *t = &p->last;
  bool operand = contains(expected, n, "'*'"), name = contains(expected, n, "a name");
  if (t->kind == TOK_ELSE && p->number == 1) help(p->cx, "'else' stands on the line of the '}' before it");
  else if (t->kind == TOK_NEWLINE && contains(expected, n, "'{'"))
    help(p->cx, "'{' stands on the line of what it belongs to");
  else if (p->number == 1 && (strchr("+-*/^@=~<>,:", t->kind) && t->kind > 0 && t->kind < 128))
    help(p->cx, "a line goes on after %s, not before it", found);
  else if ((t->kind == TOK_EVERY || t->kind == TOK_OVER) &&
           (p->first.kind == TOK_MINIMIZE || p->first.kind == TOK_MAXIMIZE))
    help(p->cx, "the order is '%s L over W every 5 with adam'",
         p->first.kind == TOK_MINIMIZE ? "minimize" : "maximize");
  else if (t->kind == TOK_IF && p->number > 1)
    help(p->cx, "where(c, a, b) chooses between values; 'if c { }' is a statement");
  else if (t->kind != TOK_NAME && t->kind != TOK_WITH && is_word(p, t->span) && name)
    help(p->cx, "%s is a reserved word; choose another name", quote(p, t->span));
  else if (t->kind == TOK_ASSIGN && operand) help(p->cx, "'<-' updates a state; for 'less than minus' write '< -'");
  else if (t->kind == '=' && operand) help(p->cx, "two values are compared with '=='");
  else if (operand && (t->kind == TOK_NAME || t->kind == TOK_NUMBER || t->kind == '(') && !t->first_on_line)
    help(p->cx, "a product is written with '*'");
}

/* In a bracket that was not closed, the place where it was opened tells more than the place of the error. */
static void note_open(Parser *p, const char *const *expected, int n) {
  const Token *t = &p->last;
  bool closes = t->kind == ')' || t->kind == ']' || t->kind == '}', ends = t->kind == TOK_END || t->kind == TOK_NEWLINE;
  bool lost = closes || ends || t->first_on_line || token_begins_statement(t->kind);
  const Bracket *b = p->cut_off.kind ? &p->cut_off : p->nbrackets ? &p->brackets[p->nbrackets - 1] : NULL;
  if (!lost || !b || b->span.start == t->span.start) return;
  const char *closing = b->kind == '(' ? "')'" : b->kind == '[' ? "']'" : "'}'";
  if (contains(expected, n, closing) && (b->kind != '{' || t->kind == TOK_END))
    note_at(p->cx, b->span, "'%c' was opened here", b->kind);
}

/* An end is shown directly after what was read last, where something is missing. */
static Span error_place(const Parser *p) {
  bool end = p->last.kind == TOK_NEWLINE || p->last.kind == TOK_END;
  if (!end || !p->solid.source) return p->last.span;
  return (Span){p->source, p->solid.end, p->solid.end};
}

static void report_expected(Parser *p, const char *found, const char *const *expected, int n) {
  bool at_end = p->last.kind == TOK_END;
  bool in_block = at_end && contains(expected, n, "'}'") && contains(expected, n, "'model'");
  const char *text = at_end || p->last.kind == TOK_NEWLINE ? found : quote(p, p->last.span);
  const char *what = in_block ? "'}'" : describe_expected(p, expected, n);
  if (p->number == 1 || ends_statement(p->before.kind))
    error_at(p->cx, error_place(p), "expected %s, found %s", what, text);
  else error_at(p->cx, error_place(p), "expected %s after %s, found %s", what, quote(p, p->before.span), text);
  advise(p, text, expected, n);
  note_open(p, expected, n);
}

void parse_report(Parser *p, const char *found, const char *const *expected, int n) {
  if (p->stopped || report_cut_line(p)) return;
  if (!report_first_word(p, expected, n)) report_expected(p, found, expected, n);
  parse_recover(p);
}
