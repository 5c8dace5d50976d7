/* json.c: what is found, as JSON; docs/language.md says what the members mean. The writer keeps one state: whether the
 * next member is the first of its object or array. */
#include "grade/grade.h"

#include <math.h>
#include <string.h>

#define SCHEMA 1 /* of the members below: counts up where one changes its meaning or goes away */

typedef struct Writer {
  Text *out;
  int depth;
  bool first;
} Writer;

/* ---- JSON ---- */

static void add_string(Text *out, const char *s) {
  text_add(out, "\"");
  for (const char *p = s; *p;) {
    size_t n = 1;
    while (((unsigned char)p[n] & 0xC0) == 0x80) n++;
    unsigned char c = (unsigned char)*p;
    if (c == '"' || c == '\\') text_printf(out, "\\%c", c);
    else if (c < ' ') text_printf(out, "\\u%04x", c);
    else if (c >= 0x80 && (n == 1 || c < 0xC2 || c > 0xF4 || code_point(p, n) == 0xFFFD)) text_add(out, "\\ufffd");
    else text_add_n(out, p, n);
    p += n;
  }
  text_add(out, "\"");
}

static void begin(Writer *w, const char *name) {
  text_printf(w->out, "%s%s%*s", w->first ? "" : ",", w->depth ? "\n" : "", 2 * w->depth, "");
  w->first = false;
  if (!name) return;
  add_string(w->out, name);
  text_add(w->out, ": ");
}

static void open_list(Writer *w, const char *name, const char *bracket) {
  begin(w, name);
  text_add(w->out, bracket);
  w->depth++;
  w->first = true;
}

static void close_list(Writer *w, const char *bracket) {
  w->depth--;
  if (!w->first) text_printf(w->out, "\n%*s", 2 * w->depth, "");
  text_add(w->out, bracket);
  w->first = false;
}

static void put_string(Writer *w, const char *name, const char *s) {
  begin(w, name);
  if (s) add_string(w->out, s);
  else text_add(w->out, "null");
}

/* What is not finite has no number in JSON. */
static void put_number(Writer *w, const char *name, double x) {
  begin(w, name);
  if (isfinite(x)) text_printf(w->out, "%.17g", x);
  else text_add(w->out, isnan(x) ? "\"nan\"" : x > 0 ? "\"inf\"" : "\"-inf\"");
}

static void put_bool(Writer *w, const char *name, bool b) {
  begin(w, name);
  text_add(w->out, b ? "true" : "false");
}

/* ---- findings ---- */

/* {"i": 2, "j": 0} of a check, [2, 0] of a parameter */
static void put_spot(Writer *w, const Finding *f) {
  const Spot *s = &f->spot;
  bool named = f->kind == FOUND_CHECK;
  open_list(w, "at", named ? "{" : "[");
  for (int k = 0; k < s->n; k++) put_number(w, named ? s->names[k] : NULL, (double)s->at[k]);
  close_list(w, named ? "}" : "]");
  if (f->example) put_number(w, "example", f->example);
}

static void put_explanation(Writer *w, const Finding *f) {
  open_list(w, "explanation", "[");
  for (const char *p = f->explanation; p && *p;) {
    size_t n = strcspn(p, "\n");
    put_string(w, NULL, intern_n(w->out->cx, p, n));
    p += n + (p[n] == '\n');
  }
  close_list(w, "]");
}

static void put_cause(Writer *w, const Cause *c) {
  if (!c->text) {
    put_string(w, "cause", NULL);
    return;
  }
  open_list(w, "cause", "{");
  put_string(w, "kind", c->kind);
  put_string(w, "text", c->text);
  put_string(w, "corrected", c->corrected);
  put_string(w, "corrected_verdict", c->verdict);
  if (c->line) put_number(w, "line", c->line);
  close_list(w, "}");
}

static void put_place(Writer *w, const Finding *f) {
  put_string(w, "file", f->file);
  put_number(w, "line", f->line);
  put_number(w, "column", f->column);
}

static void put_check(Writer *w, const Finding *f) {
  open_list(w, NULL, "{");
  put_place(w, f);
  put_string(w, "left", f->left);
  put_string(w, "right", f->right);
  put_string(w, "verdict", verdict_names[f->verdict]);
  put_bool(w, "asked", f->asked);
  if (f->answer_line) put_number(w, "answer_line", f->answer_line);
  put_string(w, "reason", f->reason);
  put_number(w, "points", f->points);
  put_number(w, "largest_difference", f->worst);
  put_number(w, "elements", (double)f->count);
  put_number(w, "without_value", (double)f->unseen);
  if (f->verdict == VERDICT_REFUTED && !f->reason) {
    put_number(w, "differing", (double)f->differing);
    put_spot(w, f);
    put_number(w, "left_value", f->left_value);
    put_number(w, "right_value", f->right_value);
    put_explanation(w, f);
    put_cause(w, &f->cause);
  }
  close_list(w, "}");
}

static void put_gradient(Writer *w, const Finding *f) {
  open_list(w, NULL, "{");
  put_string(w, "loss", f->loss);
  put_string(w, "array", f->array);
  put_string(w, "verdict", verdict_names[f->verdict]);
  put_string(w, "reason", f->reason);
  put_bool(w, "proved", f->proved);
  put_number(w, "probes", f->probes);
  put_number(w, "largest_difference", f->worst);
  if (f->verdict == VERDICT_FAILS && !f->reason) {
    put_spot(w, f);
    put_number(w, "gradient", f->gradient);
    put_number(w, "quotient", f->quotient);
  }
  close_list(w, "}");
}

static void put_error(Writer *w, const Finding *f) {
  open_list(w, NULL, "{");
  put_place(w, f);
  put_string(w, "verdict", verdict_names[f->verdict]);
  put_string(w, "reason", f->reason);
  put_explanation(w, f);
  close_list(w, "}");
}

static void put_list(Writer *w, const char *name, const Findings *all, FindingKind kind,
                     void (*put)(Writer *, const Finding *)) {
  open_list(w, name, "[");
  for (int k = 0; k < all->n; k++)
    if (all->at[k].kind == kind) put(w, &all->at[k]);
  close_list(w, "]");
}

/* ---- a file ---- */

static void put_graded(Writer *w, const char *model, const Graded *g) {
  const Finding *wrong = grade_first_wrong(g);
  int line = wrong ? grade_line(g, wrong) : 0;
  open_list(w, NULL, "{");
  put_number(w, "schema", SCHEMA);
  put_string(w, "model", model);
  put_string(w, "file", g->path);
  put_string(w, "who", g->who);
  put_string(w, "verdict", grade_names[grade_of(g)]);
  if (line) put_number(w, "line", line);
  else put_string(w, "line", NULL);
  put_string(w, "cause", wrong ? grade_cause(w->out->cx, wrong) : NULL);
  put_list(w, "checks", &g->found, FOUND_CHECK, put_check);
  put_list(w, "gradients", &g->found, FOUND_GRADIENT, put_gradient);
  put_list(w, "errors", &g->found, FOUND_FILE, put_error);
  close_list(w, "}");
}

void grade_json(const Grades *all, Text *out) {
  Writer w = {.out = out, .first = true};
  bool list = all->at[0].who;
  if (list) open_list(&w, NULL, "[");
  for (int k = 0; k < all->n; k++) put_graded(&w, all->model, &all->at[k]);
  if (list) close_list(&w, "]");
  text_add(out, "\n");
}
