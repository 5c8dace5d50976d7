/* main.c: the program of a model: `./digits train x=images.idx.gz y=labels.idx.gz --save digits.safetensors`.
 * SPDX-License-Identifier: 0BSD
 *
 * In: a command line. Out: what the command prints and writes; exit status 0, 1 where the data (or a checkpoint, or
 * the training) is at fault, 2 for the command line and files that cannot be read or written. Only the program
 * prints; the rest of the runtime returns messages. */
#define _POSIX_C_SOURCE 200809L
#include "program/program.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#if defined(__GNUC__) || defined(__clang__)
/* Present where the matrix products are OpenBLAS's. The trainer's threads are the only ones. */
extern void openblas_set_num_threads(int threads) __attribute__((weak));
extern int openblas_get_num_threads(void) __attribute__((weak));
#endif

static int help(const cli *options, nn_error *error) {
  const nn_model *model = options->model;
  (void)error;
  printf("%s: a model, compiled by nnc\n\nusage:\n", model->name);
  for (int k = 0; options->commands[k].name; k++) printf("  %s\n", options->commands[k].help);
  printf("\ninputs:");
  for (int k = 0; k < model->ninputs; k++) printf(" %s", model->inputs[k].name);
  printf("\ndata files: idx, npy, tables (CSV, TSV; columns as in iris.csv:0-3 or iris.csv:length,width), text; gzip'd "
         "or not"
         "\n\noptions:\n");
  cli_print_options(options->commands);
  return 0;
}

/* In the order of the bits CLI_TRAIN, ... */
static const cli_command commands[] = {
  {"train", "train x=FILE y=FILE [test.x=FILE ...] [--save FILE]", cli_train},
  {"test", "test x=FILE y=FILE --load FILE", cli_test},
  {"predict", "predict x=FILE --load FILE [-o FILE]", cli_predict},
  {"grad", "grad x=FILE y=FILE [--load FILE] [-o FILE.safetensors]", cli_grad},
  {"selftest", "selftest", cli_selftest},
  {"info", "info", cli_info},
  {"help", "help", help},
  {NULL, NULL, NULL},
};

#if defined(__GNUC__) || defined(__clang__)
/* OpenBLAS has started a thread for each core when main begins, and one that finds no memory tries for ever. Where
 * there is not enough for all, the program begins anew without them. */
static void stop_blas_threads(char **argv) {
  const char *name = "OPENBLAS_NUM_THREADS", *value = getenv(name);
  if (!openblas_set_num_threads || !openblas_get_num_threads) return;
  int threads = openblas_get_num_threads();
  openblas_set_num_threads(1);
  if (threads == 1 || nn_memory_for_blas(threads) || (value && !strcmp(value, "1")) || setenv(name, "1", 1)) return;
  execv("/proc/self/exe", argv);
}
#endif

static void prepare_process(int argc, char **argv) {
#if defined(__GNUC__) || defined(__clang__)
  if (argc) stop_blas_threads(argv);
#else
  (void)argc, (void)argv;
#endif
#ifdef SIGXFSZ
  signal(SIGXFSZ, SIG_IGN); /* a file that grows too large is then an error of write() */
#endif
  setvbuf(stdout, NULL, _IOLBF, 0);
}

int nn_main(const nn_model *model, int argc, char **argv) {
  nn_error error = {0, ""};
  cli options;
  prepare_process(argc, argv);
  int result = cli_parse(&options, model, commands, argc, argv, &error);
  if (!result) result = commands[options.command].run(&options, &error);
  if (!result && (fflush(stdout) || ferror(stdout)))
    result = nn_fail(&error, NN_BAD_USAGE, "the standard output cannot be written");
  cli_free(&options);
  if (!result) return 0;
  fflush(stdout);
  fprintf(stderr, "error: %s\n", error.text);
  if (argc < 2) fprintf(stderr, "'%s help' says more\n", argc ? argv[0] : model->name);
  return error.status;
}
