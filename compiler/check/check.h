/* check.h: `nnc check model.nn`: every hand derivation is proved, found to hold at random points, or refuted; every
 * parameter array's gradient is compared with difference quotients.
 *
 * In: a program whose roots are differentiated and simplified. Out: a report. Kept: nothing.
 *
 * Its files, each of which calls those before it only:
 *     point.c  random points               wish.c      whole numbers to be met     tie.c     what rounding decides
 *     sample.c  some of millions           sides.c     both sides at a point       branch.c  beside the edges
 *     probe.c  a derivative at a point     gradient.c  all gradients               apart.c   items in processes
 *     report.c  all of it */
#ifndef NNC_CHECK_H
#define NNC_CHECK_H

#include "graph/program.h"

/* The report goes to out. Returns 3 where nnc itself failed at something, 1 where anything is refuted, undecided or
 * fails, else 0. */
int check_program(Program *p, Text *out);

#endif
