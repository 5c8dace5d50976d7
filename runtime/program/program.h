/* program.h: the program of a model. SPDX-License-Identifier: 0BSD
 *
 * In: a command line such as `train x=a.idx y=b.idx --save m.safetensors`. Out: what the command prints and writes, and
 * an exit status (main.c). Nothing is kept. What a generated program calls is nn_main, of nn_tools.h; here is what the
 * files of this folder share.
 *
 * Its files, each of which calls those before it only:
 *     options.c          the command line
 *     info.c             the command info
 *     selftest.c         the command selftest, and the same before a training
 *     picture.c, text.c  an output as a picture, as a text
 *     trace.c            the parameters after each step
 *     ranges_picture.c, ranges.c  ranges of values and gradients: collected, drawn
 *     values.c           losses and metrics, printed
 *     train.c            the command train
 *     write.c            outputs as files
 *     use.c              the commands test, predict, grad
 *     main.c             the table of commands */
#ifndef NN_PROGRAM_H
#define NN_PROGRAM_H

#include "data/data.h"
#include "store/store.h"

#include <stdio.h>

enum { CLI_MOST_SETS = 32 };

typedef struct cli_set {
  const char *name;
  float value;
} cli_set;

typedef struct cli cli;

typedef struct cli_command { /* a row of the table of commands, which ends with a NULL name */
  const char *name, *help;
  int (*run)(const cli *options, nn_error *error);
} cli_command;
/* 1 << its row */
enum { CLI_TRAIN = 1, CLI_TEST = 2, CLI_PREDICT = 4, CLI_GRAD = 8, CLI_SELFTEST = 16, CLI_INFO = 32, CLI_HELP = 64 };

struct cli { /* the command line, understood */
  const nn_model *model;
  const cli_command *commands;
  int command; /* index into them */
  nn_source data[NN_MAX_INPUTS], test[NN_MAX_INPUTS];
  int data_count, test_count;
  uint32_t given; /* options, by their place in the table */
  int epochs, batch, threads, patience, every, quiet, count, trace_nan;
  uint64_t seed;
  double validate;
  const char *save, *load, *resume, *history, *trace, *ranges, *out, *output, *loss, *rows, *test_rows;
  cli_set sets[CLI_MOST_SETS];
  int set_count;
  char *copies; /* of the words that were taken apart */
};

/* ---- the command line (options.c) ---- */

int cli_parse(cli *options, const nn_model *model, const cli_command *commands, int argc, char **argv, nn_error *error);
void cli_free(cli *options);
int cli_given(const cli *options, const char *option); /* "--epochs" */
void cli_print_options(const cli_command *commands);

/* ---- the commands (train.c, use.c, selftest.c, info.c) ---- */

int cli_train(const cli *options, nn_error *error);
int cli_test(const cli *options, nn_error *error);
int cli_predict(const cli *options, nn_error *error);
int cli_grad(const cli *options, nn_error *error);
int cli_selftest(const cli *options, nn_error *error);
int cli_selftest_quietly(const nn_model *model, nn_error *error); /* 0 too where the model carries none */
int cli_info(const cli *options, nn_error *error);

/* ---- losses and metrics (values.c) ---- */

/* "L 0.25  accuracy 0.9" of the losses, then the metrics; NaN is left out. */
void cli_print_values(const nn_model *model, const char *prefix, const double *values, const char *separator,
                      int digits);
const char *cli_value_name(const nn_model *model, int k);

/* ---- step,p[0],p[1],...: a line for each step, the first before any (trace.c) ---- */

typedef struct cli_trace {
  FILE *file; /* NULL: none */
  const char *name;
  int failed;
} cli_trace;
int cli_trace_open(cli_trace *trace, const char *name, const nn_run *run, nn_error *error);
void cli_trace_step(cli_trace *trace, const nn_run *run);
int cli_trace_close(cli_trace *trace, nn_error *error);

/* ---- outputs, to a file of the kind that its extension says, or as CSV to the standard output (write.c) ---- */

typedef struct cli_column {
  const nn_output *output;
  void *values;
  size_t rows;
  const nn_vocabulary *vocabulary; /* of a text, else NULL */
} cli_column;
int cli_check_output_file(const char *file, nn_error *error);
int cli_write(const char *file, const cli_column *columns, int count, nn_error *error);

/* ---- outputs that are texts (text.c) ---- */

/* Whole numbers on at least one axis, of as many classes as an input has that was a text. */
const nn_vocabulary *cli_text_of(const nn_run *run, const nn_output *output);
/* The characters of row `row`: each run of the last axis ends where that axis does, or before a class that no character
 * has; between two runs stands a line's end. */
void cli_add_text(nn_text *text, const cli_column *column, size_t row);
void cli_add_quoted_text(nn_text *text, const cli_column *column, size_t row); /* as a cell of CSV */

/* ---- one output as a grid of pictures (picture.c) ---- */

int cli_write_png(const char *file, const cli_column *columns, int count, nn_error *error);
int cli_write_netpbm(const char *file, const cli_column *columns, int count, nn_error *error);

#endif
