/* ranges.c: how large values and gradients were in the course of a training. SPDX-License-Identifier: 0BSD
 *
 * In: a run of a model that `nnc --trace-nan` made, whose functions sum up the ranges of their values (nn_trace.h).
 * Out: for each value of the model, each adjoint and each parameter's gradient, COLUMNS columns at most of range, mean
 * magnitude and norm, each over as many steps; of adjoints in a recurrence the norm at each of its times too. Where the
 * columns are full, two and two become one. The picture is ranges_picture.c's. */
#include "program/ranges.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void free_series(cli_series *s) {
  free(s->now.ranges);
  free(s->now.times);
  free(s->ranges);
  free(s->times);
}

static int open_series(cli_series *s, const nn_trace_table *table, nn_error *error) {
  size_t rows = (size_t)table->nwatched + 1, times = (size_t)table->times + 1;
  s->now = (nn_trace_summary){
    .table = table, .ranges = calloc(rows, sizeof *s->now.ranges), .times = calloc(times, sizeof *s->now.times)};
  s->ranges = calloc(rows * CLI_COLUMNS, sizeof *s->ranges);
  s->times = calloc(times * CLI_COLUMNS, sizeof *s->times);
  if (s->now.ranges && s->now.times && s->ranges && s->times) return 0;
  return nn_out_of_memory(error, rows * CLI_COLUMNS * sizeof *s->ranges + times * CLI_COLUMNS * sizeof *s->times);
}

int cli_ranges_open(cli_ranges *r, const char *file, const nn_run *run, nn_error *error) {
  const nn_model *model = run->model;
  if (!file) return 0;
  if (model->full)
    return nn_fail(error, NN_BAD_USAGE, "--ranges: %s takes all rows at once and has no steps to draw",
                   model->full->name);
  if (run->options.threads > 1 || run->options.batch > model->batch)
    return nn_fail(error, NN_BAD_USAGE, "--ranges: expected one thread and a batch of at most %d", model->batch);
  r->file = file;
  r->run = run;
  r->stride = 1;
  r->series = calloc((size_t)model->nlosses + 1, sizeof *r->series);
  r->summaries = calloc((size_t)model->nlosses + 1, sizeof *r->summaries);
  if (!r->series || !r->summaries) return nn_out_of_memory(error, (size_t)model->nlosses * sizeof *r->series);
  for (int k = 0; k < model->nlosses; k++) {
    if (!model->traced[k]) continue;
    r->series[r->count].loss = k;
    if (open_series(&r->series[r->count++], model->traced[k], error)) return -1;
    r->summaries[r->count - 1] = r->series[r->count - 1].now;
  }
  nn_trace *t = (nn_trace *)(void *)((char *)run->memory + model->work + model->trace);
  t->summaries = r->summaries;
  t->nsummaries = r->count;
  return 0;
}

static void add_range(nn_trace_range *to, const nn_trace_range *from) {
  if (from->finite && (!to->finite || from->least < to->least)) to->least = from->least;
  if (from->finite && (!to->finite || from->most > to->most)) to->most = from->most;
  to->finite += from->finite;
  to->others += from->others;
  to->sum += from->sum;
  to->squares += from->squares;
}

static void add_column(const nn_trace_table *table, nn_trace_range *to, double *to_times, const nn_trace_range *from,
                       const double *from_times) {
  for (int k = 0; k < table->nwatched; k++) add_range(&to[k], &from[k]);
  for (int k = 0; k < table->times; k++) to_times[k] += from_times[k];
}

/* Columns 2k and 2k + 1 become column k. */
static void halve(cli_ranges *r) {
  for (int i = 0; i < r->count; i++) {
    cli_series *s = &r->series[i];
    const nn_trace_table *table = s->now.table;
    size_t rows = (size_t)table->nwatched, times = (size_t)table->times;
    for (size_t k = 0; k < CLI_COLUMNS / 2; k++) {
      memmove(s->ranges + k * rows, s->ranges + 2 * k * rows, rows * sizeof *s->ranges);
      memmove(s->times + k * times, s->times + 2 * k * times, times * sizeof *s->times);
      add_column(table, s->ranges + k * rows, s->times + k * times, s->ranges + (2 * k + 1) * rows,
                 s->times + (2 * k + 1) * times);
    }
    memset(s->ranges + CLI_COLUMNS / 2 * rows, 0, CLI_COLUMNS / 2 * rows * sizeof *s->ranges);
    memset(s->times + CLI_COLUMNS / 2 * times, 0, CLI_COLUMNS / 2 * times * sizeof *s->times);
  }
  r->stride *= 2;
}

void cli_ranges_step(cli_ranges *r) {
  if (!r->file) return;
  if (r->steps == CLI_COLUMNS * r->stride) halve(r);
  size_t column = (size_t)(r->steps++ / r->stride);
  for (int i = 0; i < r->count; i++) {
    cli_series *s = &r->series[i];
    const nn_trace_table *table = s->now.table;
    size_t rows = (size_t)table->nwatched, times = (size_t)table->times;
    add_column(table, s->ranges + column * rows, s->times + column * times, s->now.ranges, s->now.times);
    memset(s->now.ranges, 0, rows * sizeof *s->now.ranges);
    memset(s->now.times, 0, times * sizeof *s->now.times);
    s->calls += r->summaries[i].calls;
    r->summaries[i].calls = 0;
  }
}

int cli_ranges_columns(const cli_ranges *r) { return (int)((r->steps + r->stride - 1) / r->stride); }

double cli_ranges_norm(const nn_trace_range *range, double steps) {
  return range->finite && steps > 0 ? sqrt(range->squares / steps) : 0;
}

/* The step that stopped the training has been summed up, but not taken. */
static int takes_last(const cli_ranges *r) {
  for (int i = 0; i < r->count; i++)
    if (r->summaries[i].calls) return 1;
  return 0;
}

int cli_ranges_close(cli_ranges *r, nn_error *error) {
  int result = 0;
  if (r->file && r->run) {
    nn_trace *t = (nn_trace *)(void *)((char *)r->run->memory + r->run->model->work + r->run->model->trace);
    t->summaries = NULL;
    t->nsummaries = 0;
    r->stopped = takes_last(r);
    if (r->stopped) cli_ranges_step(r);
    nn_error written = {0, ""};
    if (r->steps && cli_ranges_draw(r, &written)) {
      result = -1;
      if (!error->status) *error = written;
    }
  }
  for (int k = 0; k < r->count; k++) free_series(&r->series[k]);
  free(r->series);
  free(r->summaries);
  *r = (cli_ranges){.file = NULL};
  return result;
}
