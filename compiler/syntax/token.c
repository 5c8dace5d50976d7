/* token.c: raw tokens in, the grammar's tokens out.
 *
 * Four things about a token depend on what stands around it, and are decided here so that the grammar need not:
 *   - the end of a line ends a statement, unless ( or [ is open or the line ends in an operator;
 *   - `mod` is an operator after an operand and a name elsewhere; ' is a transpose directly after an operand;
 *   - after `sum(j)`, a name, a number, `(`, `not` or ∂ begins the reduction's body: a BODY token is put before it;
 *   - after a syntax error, the rest of the statement is skipped, braces balanced. */
#include "syntax/parse.h"
#include "parser.h"

#include <string.h>

/* ---- functions of a whole array ---- */

/* What follows the word, or a name, at this place of a line; NULL where something else stands there. */
static const char *after(const char *at, const char *word) {
  if (!at) return NULL;
  at += strspn(at, " \t");
  return strncmp(at, word, strlen(word)) == 0 ? at + strlen(word) : NULL;
}

static const char *after_name(const char *at) {
  if (!at) return NULL;
  at += strspn(at, " \t");
  size_t length = strcspn(at, " \t\r\n()[]{},;=#");
  return length ? at + length : NULL;
}

/* Marks the name of each `fn NAME(a[...])` of the source, further formals having defaults. Such a function is a
 * reduction where a body follows, and what stands before `(x[j] + 1)` must be known to be one before it is read. */
void parse_mark(Parser *p) {
  for (const char *line = p->source->text; line; line = strchr(line, '\n')) {
    line += *line == '\n';
    const char *name = after(line, "fn "), *end = after_name(name);
    const char *formal = after(after(after(after_name(after(end, "(")), "["), "..."), "]");
    if (!after(formal, ")") && !after(after_name(after(formal, ",")), "=")) continue;
    name += strspn(name, " \t");
    mark_name(p->cx, intern_n(p->cx, name, (size_t)(end - name)));
  }
}

/* ---- brackets ---- */

static bool within_line(const Parser *p) { return p->nbrackets > 0 && p->brackets[p->nbrackets - 1].kind != '{'; }

static void leave_line(Parser *p) {
  while (within_line(p)) p->nbrackets--;
}

static void open_bracket(Parser *p, Token *t) {
  if (p->nbrackets == MOST_NESTED) {
    parse_stop(p, t->span, "this is nested more than 200 deep");
    t->kind = TOK_END;
    return;
  }
  bool reduction = t->kind == '(' && p->raw.kind == TOK_NAME && is_marked(p->cx, p->raw.value.text);
  p->brackets[p->nbrackets++] = (Bracket){.kind = t->kind, .span = t->span, .reduction = reduction};
}

/* A bracket that does not fit is left to the grammar, which says so; a } closes what its { encloses. */
static void close_bracket(Parser *p, Token *t) {
  if (t->kind == '}') leave_line(p);
  int open = t->kind == ')' ? '(' : t->kind == ']' ? '[' : '{';
  t->stray = p->nbrackets == 0 || p->brackets[p->nbrackets - 1].kind != open;
  if (t->stray) return;
  t->closes_reduction = p->brackets[--p->nbrackets].reduction;
}

/* ---- tokens ---- */

static void check_quote(Parser *p, Token *t) {
  bool operand = token_ends_operand(p->raw.kind) && p->raw.kind != TOK_NUMBER;
  if (operand && p->raw.span.end == t->span.start) return;
  if (operand) {
    error_at(p->cx, t->span, "a transpose stands directly after what it transposes, without a space");
    return;
  }
  error_at(p->cx, t->span, "found ''' where nothing is to be transposed");
  help(p->cx, "A' is the transpose of A; a text stands between double quotes");
  t->kind = TOK_PARSE_error;
}

static bool is_mod(const Token *t) { return t->kind == TOK_NAME && strcmp(t->value.text, "mod") == 0; }

static void decide_kind(Parser *p, Token *t) {
  if (t->kind == TOK_TRANSPOSE) check_quote(p, t);
  else if (is_mod(t) && token_ends_operand(p->raw.kind)) t->kind = TOK_MOD;
  else if (t->kind == '(' || t->kind == '[' || t->kind == '{') open_bracket(p, t);
  else if (t->kind == ')' || t->kind == ']' || t->kind == '}') close_bracket(p, t);
}

static void hold_first(Parser *p, Token t) {
  memmove(p->held + 1, p->held, sizeof *p->held * (size_t)p->nheld);
  p->held[0] = t;
  p->nheld++;
}

/* Where a statement's keyword or a } stands on the line after, the line was cut off rather than continued: its end
 * is given to the parser after all, which says what is missing at that place. */
static bool line_was_cut(const Token *t) { return t->kind == '}' || token_begins_statement(t->kind); }

static Token read_token(Parser *p) {
  Token t = {0};
  do {
    bool passed = t.first_on_line;
    t = (Token){.first_on_line = passed};
    t.kind = scan_raw(p, &t.value, &t.span);
    if (t.kind == TOK_NEWLINE && p->in_error) {
      leave_line(p);
    } else if (t.kind == TOK_NEWLINE && (within_line(p) || token_goes_on(p->raw.kind))) {
      if (!t.first_on_line) p->line_end = t.span, p->line_last = p->raw.span;
      t.first_on_line = true;
      t.kind = TOK_SKIP;
    } else {
      decide_kind(p, &t);
    }
  } while (t.kind == TOK_SKIP);
  bool cut = t.first_on_line && line_was_cut(&t);
  p->raw = t;
  if (!cut) return t;
  if (within_line(p)) p->cut_off = p->brackets[p->nbrackets - 1];
  leave_line(p);
  hold_first(p, t);
  return (Token){.kind = TOK_NEWLINE, .span = p->line_end};
}

static Token take_token(Parser *p) {
  if (p->nheld == 0) return read_token(p);
  Token t = p->held[0];
  memmove(p->held, p->held + 1, sizeof *p->held * (size_t)--p->nheld);
  return t;
}

/* ---- after an error ---- */

/* Called when `last` is the token in error. A name that begins a line no further to the right than its statement, in a
 * bracket that was never closed, is taken for the next statement. */
void parse_recover(Parser *p) {
  const Token *t = &p->last;
  int base = p->nbrackets;
  if (t->kind == '{' && base > 0) base--;
  while (base > 0 && p->brackets[base - 1].kind != '{') base--;
  p->base = base;
  if (t->kind == TOK_NEWLINE || t->kind == ';' || t->kind == TOK_END || t->kind == '}') {
    if (t->kind != TOK_END) leave_line(p);
    p->in_error = t->stray;
    return;
  }
  p->in_error = true;
  if (!t->first_on_line || t->kind != TOK_NAME) return;
  int line, column, first_column;
  span_position(p->first.span, &line, &first_column);
  span_position(t->span, &line, &column);
  if (column > first_column) return;
  leave_line(p);
  hold_first(p, *t);
  hold_first(p, (Token){.kind = TOK_NEWLINE, .span = p->line_end});
  p->held[1].first_on_line = false;
  p->in_error = false;
}

static Token skip_statement(Parser *p) {
  for (;;) {
    Token t = take_token(p);
    bool ends = t.kind == TOK_NEWLINE || t.kind == ';';
    if (ends) leave_line(p);
    if (t.kind == TOK_END || (ends && p->nbrackets <= p->base) || (t.kind == '}' && p->nbrackets < p->base)) {
      p->in_error = false;
      return t;
    }
  }
}

/* ---- what the parser gets ---- */

static void remember(Parser *p, const Token *t) {
  int before = p->last.kind;
  bool fresh = p->number == 0 || before == TOK_NEWLINE || before == ';' || before == '{' || before == '}';
  p->number = fresh ? 1 : p->number + 1;
  if (fresh) p->first = *t, p->too_high = false;
  if (t->kind != TOK_NEWLINE) p->cut_off.kind = 0;
  if (p->last.kind != TOK_NEWLINE) p->solid = p->last.span;
  p->before = p->last;
  p->last = *t;
}

int parse_lex(ParseValue *value, Span *span, Parser *p) {
  if (error_count(p->cx) > ENOUGH_ERRORS) p->stopped = true; /* this is no model; more would only take time */
  if (p->stopped) return TOK_END;
  Token t = p->in_error ? skip_statement(p) : take_token(p);
  if (p->reduced && token_begins_body(t.kind)) {
    hold_first(p, t);
    p->reduced = false;
    *span = (Span){t.span.source, t.span.start, t.span.start};
    p->last.kind = TOK_BODY;
    return TOK_BODY;
  }
  if (t.kind == TOK_NOT && (p->last.kind == TOK_BODY || p->last.kind == TOK_BODY_NOT)) t.kind = TOK_BODY_NOT;
  p->reduced = t.closes_reduction;
  remember(p, &t);
  if (t.kind == TOK_PARSE_error) parse_recover(p); /* the scanner has reported it */
  *value = t.value;
  *span = t.span;
  return t.kind;
}
