/* check.c: a program in, what is found of its `check` lines (verdict.c) and of its gradients (gradient.c) out. */
#include "check/check.h"
#include "check/item.h"

/* Checks that wait for a name. */
static void find_unanswered(Program *p, Findings *out) {
  for (int k = 0; k < p->unanswered.n; k++) {
    const Unanswered *u = &p->unanswered.at[k];
    Finding f;
    verdict_name_line(p, u->stmt, &f);
    f.asked = true;
    f.verdict = u->file ? VERDICT_MISSING : VERDICT_ASKED;
    f.reason = u->file ? arena_printf(p->cx, "'%s' is not defined in %s", u->name, u->file)
                       : arena_printf(p->cx, "'%s' is to be defined in a file of its own: nnc check %s hand.nn",
                                      u->name, p->path);
    VEC_PUSH(p->cx, out, f);
  }
}

Findings check_derivation(Program *p, double seconds) {
  Findings all = {0};
  Items checks = {p->checks.n, p, verdict_of_check, verdict_name, seconds};
  check_apart(p->cx, &checks, &all);
  find_unanswered(p, &all);
  return all;
}

Findings check_program(Program *p, double seconds) {
  Findings all = check_derivation(p, seconds);
  Items gradients = {.run = gradients_check, .name = gradients_name, .seconds = seconds};
  gradients.state = gradients_new(p, &gradients.n);
  check_apart(p->cx, &gradients, &all);
  return all;
}

int check_status(const Findings *all) {
  static const Verdict wrong[] = {VERDICT_REFUTED, VERDICT_UNDECIDED, VERDICT_FAILS,
                                  VERDICT_MISSING, VERDICT_ERROR,     VERDICT_UNFINISHED};
  Tally tally = finding_tally(all);
  if (tally.of[VERDICT_FAULT]) return 3;
  for (size_t k = 0; k < sizeof wrong / sizeof *wrong; k++)
    if (tally.of[wrong[k]]) return 1;
  return 0;
}
