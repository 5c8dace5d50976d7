/* junit.c: what is found, as the XML that JUnit writes and graders read: a testsuite for each file, a testcase for each
 * check or gradient. What is refuted is a failure; what has no verdict, an error; what waits for a name, skipped. */
#include "grade/grade.h"

#include <string.h>

/* XML has no control characters, not even as references. */
static void add_escaped(Text *out, const char *s) {
  for (; *s; s++) {
    unsigned char c = (unsigned char)*s;
    if (c == '<') text_add(out, "&lt;");
    else if (c == '>') text_add(out, "&gt;");
    else if (c == '&') text_add(out, "&amp;");
    else if (c == '"') text_add(out, "&quot;");
    else if (c == '\n') text_add(out, "&#10;");
    else if (c < ' ' || c == 0x7F) text_add(out, "?");
    else text_add_n(out, s, 1);
  }
}

static void add_attribute(Text *out, const char *name, const char *value) {
  text_printf(out, " %s=\"", name);
  add_escaped(out, value);
  text_add(out, "\"");
}

static bool is_error(const Finding *f) {
  return f->verdict == VERDICT_ERROR || f->verdict == VERDICT_UNFINISHED || f->verdict == VERDICT_FAULT;
}

static void add_case(Text *out, const char *suite, const Finding *f) {
  Text name = {.cx = out->cx}, whole = {.cx = out->cx};
  print_name(f, &name);
  print_finding(f, &whole);
  text_add(out, "    <testcase");
  add_attribute(out, "classname", suite);
  add_attribute(out, "name", name.data);
  if (f->verdict == VERDICT_ASKED) {
    text_add(out, "><skipped/></testcase>\n");
  } else if (grade_is_wrong(f)) {
    const char *what = is_error(f) ? "error" : "failure";
    text_printf(out, ">\n      <%s", what);
    add_attribute(out, "type", verdict_names[f->verdict]);
    add_attribute(out, "message", grade_cause(out->cx, f));
    text_add(out, ">");
    add_escaped(out, whole.data);
    text_printf(out, "</%s>\n    </testcase>\n", what);
  } else {
    text_add(out, "/>\n");
  }
}

static void add_suite(Text *out, const char *model, const Graded *g) {
  int errors = 0, failures = 0, skipped = 0;
  const char *name = g->who ? g->who : model;
  for (int k = 0; k < g->found.n; k++) {
    const Finding *f = &g->found.at[k];
    errors += is_error(f);
    failures += grade_is_wrong(f) && !is_error(f);
    skipped += f->verdict == VERDICT_ASKED;
  }
  text_add(out, "  <testsuite");
  add_attribute(out, "name", name);
  add_attribute(out, "file", g->path);
  text_printf(out, " tests=\"%d\" failures=\"%d\" errors=\"%d\" skipped=\"%d\">\n", g->found.n, failures, errors,
              skipped);
  for (int k = 0; k < g->found.n; k++) add_case(out, name, &g->found.at[k]);
  text_add(out, "  </testsuite>\n");
}

void grade_junit(const Grades *all, Text *out) {
  text_add(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites");
  add_attribute(out, "name", all->model);
  text_add(out, ">\n");
  for (int k = 0; k < all->n; k++) add_suite(out, all->model, &all->at[k]);
  text_add(out, "</testsuites>\n");
}
