/* verdict.c: a file's verdict, the line that is wrong first, and why, from what is found of it. */
#include "grade/grade.h"

#include <string.h>

const char *const grade_names[GRADE_COUNT] = {
  [GRADE_RIGHT] = "right", [GRADE_WRONG] = "wrong",           [GRADE_EMPTY] = "empty",
  [GRADE_ERROR] = "error", [GRADE_UNFINISHED] = "unfinished", [GRADE_FAULT] = "fault",
};

bool grade_is_wrong(const Finding *f) {
  static const Verdict right[] = {VERDICT_PROVED, VERDICT_HOLDS, VERDICT_AGREES, VERDICT_UNRELATED, VERDICT_ASKED};
  for (size_t k = 0; k < sizeof right / sizeof *right; k++)
    if (f->verdict == right[k]) return false;
  return true;
}

Grade grade_of(const Graded *g) {
  Tally t = finding_tally(&g->found);
  if (t.of[VERDICT_FAULT]) return GRADE_FAULT;
  if (t.of[VERDICT_ERROR]) return GRADE_ERROR;
  if (grade_first_wrong(g) && grade_first_wrong(g)->verdict != VERDICT_UNFINISHED) return GRADE_WRONG;
  if (t.of[VERDICT_UNFINISHED]) return GRADE_UNFINISHED;
  return g->found.n ? GRADE_RIGHT : GRADE_EMPTY;
}

int grade_line(const Graded *g, const Finding *f) {
  if (f->cause.text && f->cause.line) return f->cause.line;
  if (f->answer_line) return f->answer_line;
  return f->file && strcmp(f->file, g->path) == 0 ? f->line : 0;
}

/* What is worse comes first; of the same, the earlier line; what has no line, last. */
static bool comes_before(const Graded *g, const Finding *a, const Finding *b) {
  bool faults = a->verdict == VERDICT_FAULT, errors = a->verdict == VERDICT_ERROR;
  bool late = a->verdict == VERDICT_UNFINISHED, late_b = b->verdict == VERDICT_UNFINISHED;
  if (faults != (b->verdict == VERDICT_FAULT)) return faults;
  if (errors != (b->verdict == VERDICT_ERROR)) return errors;
  if (late != late_b) return late_b;
  int i = grade_line(g, a), j = grade_line(g, b);
  return i && (!j || i < j);
}

const Finding *grade_first_wrong(const Graded *g) {
  const Finding *first = NULL;
  for (int k = 0; k < g->found.n; k++) {
    const Finding *f = &g->found.at[k];
    if (grade_is_wrong(f) && (!first || comes_before(g, f, first))) first = f;
  }
  return first;
}

/* "at [i=2, j=0]: 0.5 == -0.5" */
static const char *difference_text(Context *cx, const Finding *f) {
  Text out = {.cx = cx};
  for (int k = 0; k < f->spot.n; k++)
    text_printf(&out, "%s%s%s%lld", k ? ", " : "at [", f->spot.names[k] ? f->spot.names[k] : "",
                f->spot.names[k] ? "=" : "", (long long)f->spot.at[k]);
  text_printf(&out, "%s%.6g is not %.6g", f->spot.n ? "]: " : "", f->kind == FOUND_CHECK ? f->left_value : f->gradient,
              f->kind == FOUND_CHECK ? f->right_value : f->quotient);
  return out.data;
}

const char *grade_cause(Context *cx, const Finding *f) {
  const Cause *c = &f->cause;
  if (c->text && c->corrected) return arena_printf(cx, "%s; %s: %s", c->text, c->verdict, c->corrected);
  const char *lines = f->cause.text ? f->cause.text : f->reason ? f->reason : f->explanation;
  if (!lines || !*lines)
    return f->verdict == VERDICT_REFUTED || f->verdict == VERDICT_FAILS ? difference_text(cx, f) : "";
  return intern_n(cx, lines, strcspn(lines, "\n"));
}

int grade_status(const Grades *all) {
  int status = 0;
  for (int k = 0; k < all->n; k++) {
    Grade grade = grade_of(&all->at[k]);
    int one = grade == GRADE_FAULT ? 3 : all->at[k].unreadable ? 2 : grade != GRADE_RIGHT;
    if (one > status) status = one;
  }
  return status;
}
