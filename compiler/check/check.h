/* check.h: `nnc check model.nn`: every hand derivation is proved, found to hold at random points, or refuted; every
 * parameter array's gradient is compared with difference quotients.
 *
 * In: a program whose roots are differentiated and simplified. Out: findings, as data; and these as a report. Kept:
 * nothing.
 *
 * Its files, each of which calls those before it only:
 *     finding.c       what is found, as data
 *     print.c         the same for people
 *     point.c         random points
 *     probe.c         a derivative at a point
 *     gradient.c      all gradients
 *     sample.c        some of millions of elements
 *     wish.c          whole numbers to be met
 *     tie.c           what rounding decides
 *     sides.c         both sides of a check at a point
 *     branch.c        points beside the edges
 *     edit.c          trees of formulas with one place replaced
 *     inquiry.c       does an edited derivation agree?
 *     cause_local.c   edits of an operation: signs, factors, transposes
 *     cause_name.c    edits of names and indices
 *     cause_insert.c  what is missing
 *     cause_pair.c    terms and factors made of two values
 *     cause_line.c    definitions that lead to a formula
 *     cause_path.c    paths that are left out
 *     pattern.c       which elements differ
 *     cause.c         why a check is refuted
 *     answer.c        is there a value where one is asked for?
 *     attempt.c       what may fail, in a process of its own
 *     verdict.c       one check
 *     apart.c         items in processes of their own
 *     check.c         all of it */
#ifndef NNC_CHECK_H
#define NNC_CHECK_H

#include "check/finding.h"

/* All checks, then all gradients, each within so many seconds of processor time together; 0: no such limit. */
Findings check_program(Program *p, double seconds);
/* The checks alone. */
Findings check_derivation(Program *p, double seconds);
/* 3 where nnc itself failed at something, 1 where anything is wrong or without a verdict, else 0. */
int check_status(const Findings *all);

#endif
