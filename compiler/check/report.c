/* report.c: a program in, what is found of its `check` lines (verdict.c) and of its gradients (gradient.c) out. */
#include "check/check.h"
#include "check/item.h"

Findings check_program(Program *p) {
  Findings all = {0};
  Items checks = {p->checks.n, p, verdict_of_check, verdict_name},
        gradients = {.run = gradients_check, .name = gradients_name};
  check_apart(p->cx, &checks, &all);
  gradients.state = gradients_new(p, &gradients.n);
  check_apart(p->cx, &gradients, &all);
  return all;
}

int check_status(const Findings *all) {
  Tally tally = finding_tally(all);
  if (tally.of[VERDICT_FAULT]) return 3;
  return tally.of[VERDICT_REFUTED] || tally.of[VERDICT_UNDECIDED] || tally.of[VERDICT_FAILS];
}
