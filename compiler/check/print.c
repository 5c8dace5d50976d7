/* print.c: findings in, the report for people out.
 *
 *     model.nn:12: check grad(L, z) == softmax(z) - onehot(y, 10): proved
 *     gradient L h.W[128,784]: 25 probes agree, largest difference 3e-10 */
#include "check/finding.h"

#include <math.h>
#include <string.h>

void print_name(const Finding *f, Text *out) {
  if (f->kind == FOUND_FILE) {
    text_add(out, f->file);
    if (f->line) text_printf(out, ":%d:%d", f->line, f->column);
  } else if (f->kind == FOUND_CHECK) text_printf(out, "%s:%d: check %s", f->file, f->line, f->formula);
  else text_printf(out, "gradient %s%s%s", f->loss, f->array ? " " : "", f->array ? f->array : "");
}

/* ---- a check ---- */

/* " at [i=2, j=0]", " at [2,0]"; nothing for a scalar. */
static void print_spot(const Finding *f, Text *out) {
  const Spot *s = &f->spot;
  if (f->example) text_printf(out, " at example %d of %d%s", f->example, f->examples, s->n ? "," : "");
  for (int k = 0; k < s->n; k++)
    if (s->names[k]) text_printf(out, "%s%s=%lld", k ? ", " : " at [", s->names[k], (long long)s->at[k]);
    else text_printf(out, "%s%lld", k ? "," : " at [", (long long)s->at[k]);
  if (s->n) text_add(out, "]");
}

/* Both sides, in as many digits as it takes to see the difference. */
static void print_sides(const Finding *f, Text *out) {
  double size = fmax(fabs(f->left_value), fabs(f->right_value)), relative = fabs(f->left_value - f->right_value) / size;
  int digits = relative <= 1e-5 ? 17 : 9;
  static const char *const names[][2] = {
    {"left: ", "right:"}, {"nnc's gradient:", "your formula:  "}, {"your formula:  ", "nnc's gradient:"}};
  text_printf(out, "    %s  %s  =  %.*g\n", names[f->derived][0], f->left, digits, f->left_value);
  text_printf(out, "    %s  %s  =  %.*g\n", names[f->derived][1], f->right, digits, f->right_value);
  if (relative < 1e-3) text_printf(out, "    the difference is %.2g of the value\n", relative);
}

static void print_lines(const char *lines, Text *out) {
  while (lines && *lines) {
    size_t n = strcspn(lines, "\n");
    text_printf(out, "    %.*s\n", (int)n, lines);
    lines += n + (lines[n] == '\n');
  }
}

/* "they agree at 3 of 60 points, and differ where a[i] > 0". */
static void print_pattern(const Finding *f, Text *out) {
  if (f->whole) text_printf(out, "    the point has %s\n", f->whole);
  if (f->tried) text_printf(out, "    they agree at %d of %d points", f->agreeing, f->tried);
  if (f->tried && f->agreeing < f->tried && f->pattern) text_printf(out, ", and differ %s", f->pattern);
  if (f->tried) text_add(out, "\n");
}

static void print_cause(const Cause *c, Text *out) {
  if (c->text) text_printf(out, "    cause: %s\n", c->text);
  if (c->corrected) text_printf(out, "    corrected (%s):  %s\n", c->verdict, c->corrected);
}

static void print_refuted(const Finding *f, Text *out) {
  text_add(out, ": refuted");
  print_spot(f, out);
  if (f->count > 1)
    text_printf(out, " (%lld of %lld%s elements differ)", (long long)f->differing, (long long)f->count,
                f->sampled ? " random" : "");
  text_add(out, "\n");
  print_sides(f, out);
  print_pattern(f, out);
  print_lines(f->explanation, out);
  print_cause(&f->cause, out);
}

static void print_true(const Finding *f, Text *out) {
  bool proved = f->verdict == VERDICT_PROVED;
  if (proved) text_printf(out, ": proved%s%s", f->unrolled ? " (by unrolling)" : "", f->zero ? ", but" : "");
  else if (f->zero) text_add(out, ":");
  else {
    text_printf(out, ": holds at %s%d", f->few ? "only " : "", f->points);
    if (f->few) text_printf(out, " of %d", f->points + f->tied + f->noisy);
    text_printf(out, " points, largest relative difference %.1g", f->worst);
  }
  if (f->zero) text_printf(out, " both sides are 0 at all of %d points, so that little is shown", f->points);
  if (!proved && f->tied) text_printf(out, " (not counting %d where a comparison is a tie but for rounding)", f->tied);
  if (!proved && f->noisy) text_printf(out, " (not counting %d where digits are lost)", f->noisy);
  if (!proved && f->halves) text_printf(out, " (not counting %d where one side divides by 0)", f->halves);
  if (f->unseen)
    text_printf(out, " (%lld of %lld elements had no value at any of them)", (long long)f->unseen, (long long)f->count);
  text_add(out, "\n");
}

/* ---- a gradient ---- */

static void print_redrawn(Text *out, int points, const char *where) {
  if (points) text_printf(out, " (%d point%s drawn again %s)", points, points == 1 ? "" : "s", where);
}

static void print_agreeing(const Finding *f, Text *out) {
  if (f->proved) text_add(out, ": it is 0, whatever the inputs and parameters are: proved");
  else if (f->together) text_printf(out, ": agrees together with the others, largest difference %.1g", f->worst);
  else
    text_printf(out, ": %d probe%s agree%s, largest difference %.1g", f->probes, f->probes == 1 ? "" : "s",
                f->probes == 1 ? "s" : "", f->worst);
  if (f->rounding) text_add(out, " (it is 0 but for rounding)");
  print_redrawn(out, f->kinks, "at kinks");
  print_redrawn(out, f->lost, "where digits are lost");
  text_add(out, "\n");
}

static void print_failing(const Finding *f, Text *out) {
  text_add(out, ": fails");
  if (f->reason) {
    text_printf(out, ": %s\n", f->reason);
    return;
  }
  if (f->direction) text_printf(out, " in a random direction%s", f->array ? "" : " of all arrays");
  print_spot(f, out);
  text_printf(out, ": the gradient is %.9g, the difference quotient %.9g\n", f->gradient, f->quotient);
}

/* ---- the report ---- */

void print_finding(const Finding *f, Text *out) {
  print_name(f, out);
  switch (f->verdict) {
  case VERDICT_PROVED:
  case VERDICT_HOLDS: print_true(f, out); return;
  case VERDICT_REFUTED:
    if (f->reason) text_printf(out, ": refuted, %s\n", f->reason);
    else print_refuted(f, out);
    return;
  case VERDICT_UNDECIDED: text_printf(out, ": undecided, %s\n", f->reason); return;
  case VERDICT_AGREES: print_agreeing(f, out); return;
  case VERDICT_FAILS: print_failing(f, out); return;
  case VERDICT_UNRELATED: text_add(out, ": the loss does not depend on it\n"); return;
  case VERDICT_ASKED: text_printf(out, ": asked, %s\n", f->reason); return;
  case VERDICT_MISSING: text_printf(out, ": missing, %s\n", f->reason); return;
  case VERDICT_UNFINISHED: text_printf(out, ": no verdict, %s\n", f->reason); return;
  case VERDICT_ERROR:
    text_printf(out, ": error: %s\n", f->reason);
    print_lines(f->explanation, out);
    return;
  case VERDICT_FAULT:
    text_printf(out, ": nnc failed: %s\n", f->reason);
    text_add(out, "    this says nothing about the line; please report it with the model\n");
  }
}

static void print_claims(const Tally *t, Text *out) {
  static const Verdict rare[] = {VERDICT_UNDECIDED, VERDICT_ASKED, VERDICT_MISSING};
  text_printf(out, "%d proved, %d holds, %d refuted", t->of[VERDICT_PROVED], t->of[VERDICT_HOLDS],
              t->of[VERDICT_REFUTED]);
  for (int k = 0; k < 3; k++)
    if (t->of[rare[k]]) text_printf(out, ", %d %s", t->of[rare[k]], verdict_names[rare[k]]);
  if (t->of[VERDICT_UNFINISHED]) text_printf(out, ", %d without an end", t->of[VERDICT_UNFINISHED]);
}

static void print_faults(const Tally *t, Text *out) {
  if (t->of[VERDICT_FAULT]) text_printf(out, "; nnc failed at %d", t->of[VERDICT_FAULT]);
  text_add(out, "\n");
}

static void print_summary(const Tally *t, Text *out) {
  int agree = t->of[VERDICT_AGREES], fail = t->of[VERDICT_FAILS];
  print_claims(t, out);
  text_printf(out, "; %d gradient%s", agree, agree == 1 ? " agrees" : "s agree");
  if (fail) text_printf(out, ", %d fail%s", fail, fail == 1 ? "s" : "");
  print_faults(t, out);
}

void print_derivation(const Findings *all, Text *out) {
  Tally tally = finding_tally(all);
  for (int k = 0; k < all->n; k++) print_finding(&all->at[k], out);
  print_claims(&tally, out);
  print_faults(&tally, out);
}

void print_findings(const Findings *all, Text *out) {
  Tally tally = finding_tally(all);
  for (int k = 0; k < all->n; k++) print_finding(&all->at[k], out);
  print_summary(&tally, out);
}
