/* train.c: the command `train`. SPDX-License-Identifier: 0BSD
 *
 * In: a command line. Out: a trained model in a checkpoint, a line per epoch on the standard output, a bar on a
 * terminal, and a history file. Every file is read, and every path that will be written looked at, before the first
 * step. */
#define _POSIX_C_SOURCE 200809L
#include "program/ranges.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SECONDS_BETWEEN_SAVES = 60, BAR = 30 };

static int tests(const cli *options) { return options->test_count || options->test_rows; }

typedef struct reporter {
  const cli *options;
  FILE *history;
  int bar; /* standard error is a terminal */
  double drawn, since_save;
  int history_failed;
  cli_trace trace;
  cli_ranges ranges;
} reporter;

/* ---- progress ---- */

static void draw_bar(reporter *r, const nn_progress *p) {
  const nn_model *model = p->run->model;
  int loss = model->objectives[0].loss;
  if (p->seconds - r->drawn < 0.1 && p->seconds >= r->drawn) return;
  r->drawn = p->seconds;
  int full = (int)((double)p->done / (double)p->rows * BAR);
  char bar[BAR + 1] = "", value[40];
  for (int k = 0; k < BAR; k++) bar[k] = k < full ? '=' : k == full ? '>' : ' ';
  nn_number_print(value, sizeof value, 4, p->losses[loss]);
  fprintf(stderr, "\repoch %d/%d [%s] %3d%%  %s %s\033[K", p->epoch, p->run->options.epochs, bar,
          (int)(100 * (double)p->done / (double)p->rows), model->losses[loss].name, value);
}

static void print_full(const nn_full_progress *full) {
  char gradient[40];
  nn_number_print(gradient, sizeof gradient, 3, full->gradient);
  printf("  gradient %s  evaluations %ld", gradient, full->evaluations);
  if (full->products) printf("  products %ld", full->products);
}

static void print_epoch(const reporter *r, const nn_progress *p) {
  const nn_model *model = p->run->model;
  int epochs = p->run->options.epochs;
  int last = p->epoch == epochs || p->stops || (p->full && p->full->end);
  if (p->epoch % r->options->every && !last) return;
  printf("epoch %d/%d", p->epoch, epochs);
  for (int k = 0; k < model->nlosses; k++) {
    char value[40];
    nn_number_print(value, sizeof value, 6, p->losses[k]);
    if (!isnan(p->losses[k])) printf("  %s %s", model->losses[k].name, value);
  }
  if (p->validate) cli_print_values(model, "  validate.", p->validate, "", 6);
  if (p->test) cli_print_values(model, "  test.", p->test, "", 6);
  if (p->full) print_full(p->full);
  char seconds[40];
  nn_number_print(seconds, sizeof seconds, 3, p->seconds);
  printf("  %s s\n", seconds);
  if (p->full && last)
    printf("after %d iteration%s: %s\n", p->epoch, p->epoch == 1 ? "" : "s",
           p->full->end ? p->full->end
           : p->stops   ? "patience"
                        : "the most that were allowed; --epochs raises the limit");
}

/* ---- history: epoch,step,L,validate.L,validate.accuracy,test.L,... ---- */

static void history_names(FILE *file, const nn_model *model, const char *prefix, int count) {
  for (int k = 0; k < count; k++) fprintf(file, ",%s%s", prefix, cli_value_name(model, k));
}

static void history_values(FILE *file, const double *values, int count) {
  for (int k = 0; k < count; k++) {
    char text[40] = "";
    if (!isnan(values[k])) nn_number_print(text, sizeof text, 9, values[k]);
    fprintf(file, ",%s", text);
  }
}

static void write_history(reporter *r, const nn_progress *p) {
  const nn_model *model = p->run->model;
  int all = model->nlosses + model->nmetrics;
  fprintf(r->history, "%d,%llu", p->epoch, (unsigned long long)nn_run_step(p->run));
  history_values(r->history, p->losses, model->nlosses);
  if (p->validate) history_values(r->history, p->validate, all);
  if (p->test) history_values(r->history, p->test, all);
  fprintf(r->history, "\n");
  if (fflush(r->history) || ferror(r->history)) r->history_failed = 1;
}

/* After a resume, an existing history is continued. */
static int open_history(reporter *r, const nn_run *run, nn_error *error) {
  const cli *options = r->options;
  const nn_model *model = options->model;
  if (!options->history) return 0;
  r->history = fopen(options->history, options->resume ? "a" : "w");
  if (!r->history) return nn_fail(error, NN_BAD_USAGE, "%s: cannot be written: %s", options->history, strerror(errno));
  fseek(r->history, 0, SEEK_END);
  if (ftell(r->history) > 0) return 0;
  fprintf(r->history, "epoch,step");
  history_names(r->history, model, "", model->nlosses);
  if (run->options.validate > 0) history_names(r->history, model, "validate.", model->nlosses + model->nmetrics);
  if (tests(options)) history_names(r->history, model, "test.", model->nlosses + model->nmetrics);
  fprintf(r->history, "\n");
  return 0;
}

/* ---- what the trainer calls ---- */

/* A long training is saved now and then; that this fails need not end it. */
static void save_sometimes(reporter *r, const nn_progress *p) {
  nn_error error;
  r->since_save += p->seconds;
  if (!r->options->save || r->since_save < SECONDS_BETWEEN_SAVES || p->epoch == p->run->options.epochs) return;
  r->since_save = 0;
  if (nn_checkpoint_save(r->options->save, p->run, &error)) fprintf(stderr, "warning: %s\n", error.text);
}

static int report(void *context, const nn_progress *p, nn_error *error) {
  reporter *r = context;
  (void)error;
  if (p->run->model->full ? p->ended : !p->ended) cli_trace_step(&r->trace, p->run);
  if (!p->ended) {
    cli_ranges_step(&r->ranges);
    if (r->bar) draw_bar(r, p);
    return 0;
  }
  if (r->bar) fprintf(stderr, "\r\033[K");
  r->drawn = 0;
  if (!r->options->quiet) print_epoch(r, p);
  if (r->history) write_history(r, p);
  save_sometimes(r, p);
  return 0;
}

/* ---- the command ---- */

/* The checkpoint's options or the model's, and over them the command line's. */
static int set_options(nn_run *run, const cli *options, nn_error *error) {
  nn_train_options *o = &run->options;
  if (cli_given(options, "--epochs")) o->epochs = options->epochs;
  if (cli_given(options, "--batch")) o->batch = options->batch;
  if (cli_given(options, "--threads")) o->threads = options->threads;
  if (cli_given(options, "--validate")) o->validate = options->validate;
  if (cli_given(options, "--patience")) o->patience = options->patience;
  if (!(o->validate > 0)) {
    if (cli_given(options, "--patience") && o->patience > 0)
      return nn_fail(error, NN_BAD_USAGE, "--patience needs a validation loss: hold out rows with --validate 0.1");
    o->patience = 0;
  }
  for (int k = 0; k < options->set_count; k++)
    if (nn_run_set(run, options->sets[k].name, options->sets[k].value, error)) return -1;
  return 0;
}

/* A directory that is missing or may not be written is better found before the training than after. */
static int check_save(const char *file, nn_error *error) {
  const char *slash = file ? strrchr(file, '/') : NULL;
  char directory[4096] = ".";
  struct stat about;
  if (!file) return 0;
  if (!stat(file, &about) && S_ISDIR(about.st_mode))
    return nn_fail(error, NN_BAD_USAGE, "%s: cannot be written: it is a directory", file);
  if (slash) snprintf(directory, sizeof directory, "%.*s", slash == file ? 1 : (int)(slash - file), file);
  if (!access(directory, W_OK) || !access(file, W_OK)) return 0;
  return nn_fail(error, NN_BAD_USAGE, "%s: cannot be written: %s", file, strerror(errno));
}

static int prepare(nn_run *run, const cli *options, nn_error *error) {
  uint64_t seed = cli_given(options, "--seed") ? options->seed : options->model->train.seed;
  if ((options->trace_nan || options->ranges) && !options->model->trace)
    return nn_fail(
      error, NN_BAD_USAGE,
      "%s: this program keeps too little to look back; `nnc --trace-nan model.nn -o %s` makes one that does",
      options->trace_nan ? "--trace-nan" : "--ranges", options->model->name);
  if (options->load && options->resume)
    return nn_fail(error, NN_BAD_USAGE, "--load and --resume exclude each other: --resume goes on, --load starts anew");
  if (options->resume && cli_given(options, "--seed"))
    return nn_fail(error, NN_BAD_USAGE, "--seed: with --resume the seed is the checkpoint's");
  if (check_save(options->save, error) || check_save(options->ranges, error) ||
      nn_run_open(run, options->model, seed, error))
    return -1;
  if (options->load && nn_checkpoint_load(options->load, run, NN_LOAD_PARAMETERS, error)) return -1;
  if (options->resume && nn_checkpoint_load(options->resume, run, NN_LOAD_ALL, error)) return -1;
  return set_options(run, options, error);
}

static void print_end(const nn_run *run, const cli *options, int first_epoch) {
  char best[40];
  if (options->quiet) return;
  if (run->epoch == first_epoch)
    fprintf(stderr, "nothing to do: %d epochs are done%s\n", run->epoch,
            run->epoch < run->options.epochs ? ", and patience has ended the training" : "");
  nn_number_print(best, sizeof best, 6, run->best);
  if (run->kept && run->options.patience > 0)
    fprintf(stderr, "the best epoch was %d, validate.%s %s: its parameters are kept\n", run->best_epoch,
            run->model->losses[run->model->objectives[0].loss].name, best);
}

static int finish(nn_run *run, const nn_data *test, const cli *options, nn_error *error) {
  if (options->save && nn_checkpoint_save(options->save, run, error)) return -1;
  if (options->save && !options->quiet) fprintf(stderr, "saved in %s\n", options->save);
  if (!tests(options)) return 0;
  double *values = malloc((size_t)(run->model->nlosses + run->model->nmetrics + 1) * sizeof *values);
  if (!values) return nn_out_of_memory(error, sizeof *values);
  int result = nn_evaluate(run, test, values, error);
  if (!result) cli_print_values(run->model, "test.", values, "\n", 9);
  free(values);
  return result;
}

static int train(nn_run *run, const nn_data *data, const nn_data *test, const cli *options, nn_error *error) {
  reporter r = {.options = options, .bar = !options->quiet && isatty(2)};
  int first_epoch = run->epoch;
  if ((run->model->flags & NN_COUPLED) && run->options.threads > 1 && !options->quiet)
    fprintf(stderr, "a loss looks across the batch, so it is not cut: one thread\n");
  int result = open_history(&r, run, error);
  if (!result) result = cli_ranges_open(&r.ranges, options->ranges, run, error);
  if (!result) result = cli_trace_open(&r.trace, options->trace, run, error);
  if (!result && !options->save && !options->quiet)
    fprintf(stderr, "nothing is saved: --save FILE keeps the parameters\n");
  if (!result) result = nn_train(run, data, tests(options) ? test : NULL, report, &r, error);
  if (r.bar) fprintf(stderr, "\r\033[K");
  if (r.history && fclose(r.history)) r.history_failed = 1;
  if (cli_ranges_close(&r.ranges, error)) result = -1;
  if (cli_trace_close(&r.trace, error) || result) return -1;
  print_end(run, options, first_epoch);
  result = finish(run, test, options, error);
  if (!result && r.history_failed) return nn_fail(error, NN_BAD_USAGE, "%s: could not be written", options->history);
  return result;
}

/* The rows to train on, and those to test on: files of their own, or rows of the same. */
static int read_rows(nn_run *run, nn_data *data, nn_data *test, const cli *options, nn_error *error) {
  uint32_t needed = nn_inputs_to_train(run->model);
  int own = options->test_count > 0, others = options->test_rows && !own && !options->rows;
  const char *rows = others ? options->test_rows : options->rows;
  if (nn_data_read(data, run->model, &run->encoding, options->data, options->data_count, needed, error)) return -1;
  if (rows && nn_data_choose(data, others ? "--test-rows" : "--rows", rows, others, error)) return -1;
  if (!tests(options)) return 0;
  const nn_source *sources = own ? options->test : options->data;
  int count = own ? options->test_count : options->data_count;
  if (nn_data_read(test, run->model, &run->encoding, sources, count, needed, error)) return -1;
  return options->test_rows ? nn_data_choose(test, "--test-rows", options->test_rows, 0, error) : 0;
}

int cli_train(const cli *options, nn_error *error) {
  nn_run run = {.model = options->model};
  nn_data data = {.model = options->model}, test = {.model = options->model};
  int result = cli_selftest_quietly(options->model, error);
  if (!result) result = prepare(&run, options, error);
  if (!result) result = read_rows(&run, &data, &test, options, error);
  if (!result && run.note[0]) fprintf(stderr, "note: %s\n", run.note);
  if (!result) result = train(&run, &data, &test, options, error);
  nn_data_free(&data);
  nn_data_free(&test);
  nn_run_close(&run);
  return result;
}
