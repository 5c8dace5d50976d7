/* ranges.h: the ranges of values and gradients in the course of a training (ranges.c), drawn (ranges_picture.c).
 * SPDX-License-Identifier: 0BSD */
#ifndef NN_RANGES_H
#define NN_RANGES_H

#include "nn_trace.h"
#include "program/program.h"

enum { CLI_COLUMNS = 120 };

typedef struct cli_series { /* of the gradient of a loss */
  int loss, calls;
  nn_trace_summary now;   /* of the step at hand */
  nn_trace_range *ranges; /* [column, watched row] */
  double *times;          /* [column, time of all rows]: sums of squares */
} cli_series;

typedef struct cli_ranges {
  const char *file; /* NULL: none are wanted */
  const nn_run *run;
  cli_series *series;
  nn_trace_summary *summaries; /* what the functions fill */
  int count, stopped;          /* stopped: the last step was not finite */
  long steps, stride;          /* taken; of a column */
} cli_ranges;

int cli_ranges_open(cli_ranges *r, const char *file, const nn_run *run, nn_error *error);
void cli_ranges_step(cli_ranges *r);
int cli_ranges_columns(const cli_ranges *r);
/* The root of the mean, over that many steps, of the sum of squares. */
double cli_ranges_norm(const nn_trace_range *range, double steps);
/* Draws what there is, also of a training that stopped; *error stays as it is where it says something already. */
int cli_ranges_close(cli_ranges *r, nn_error *error);
int cli_ranges_draw(const cli_ranges *r, nn_error *error);

#endif
