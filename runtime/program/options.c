/* options.c: the command line. SPDX-License-Identifier: 0BSD
 *
 * In: argv, such as `train x=a.idx y=b.idx --epochs 5`. Out: a struct cli, or what is wrong with a word, what was
 * expected, and the nearest known word. Options are rows of a table. */
#include "program/program.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef enum kind { WHOLE, SEED, SHARE, TEXT, FLAG, SET } kind;

typedef struct option {
  const char *name, *value; /* value: for help */
  kind kind;
  int commands;    /* where it is allowed */
  size_t offset;   /* in struct cli */
  int least, most; /* of WHOLE */
  const char *help;
} option;

#define AT(field) offsetof(cli, field)
enum { USING = CLI_TEST | CLI_PREDICT | CLI_GRAD, ALL = CLI_TRAIN | USING };

static const option options_table[] = {
  {"--epochs", "N", WHOLE, CLI_TRAIN, AT(epochs), 0, INT_MAX, "epochs in all, those before a resume included"},
  {"--batch", "N", WHOLE, CLI_TRAIN, AT(batch), 1, INT_MAX, "examples in a step"},
  {"--set", "NAME=VALUE", SET, CLI_TRAIN, 0, 0, 0, "an optimizer's argument, as in --set lr=0.01"},
  {"--validate", "SHARE", SHARE, CLI_TRAIN, AT(validate), 0, 0, "share of the rows held out, as in 0.1"},
  {"--patience", "N", WHOLE, CLI_TRAIN, AT(patience), 0, INT_MAX,
   "stop after N epochs without a better validation loss; keep the best"},
  {"--threads", "N", WHOLE, ALL, AT(threads), 1, 256, "shards of a batch that are computed at once"},
  {"--seed", "N", SEED, ALL, AT(seed), 0, 0, "of initial parameters, order and draws"},
  {"--save", "FILE", TEXT, CLI_TRAIN, AT(save), 0, 0, "the checkpoint to write (safetensors)"},
  {"--load", "FILE", TEXT, ALL, AT(load), 0, 0, "parameters to start from"},
  {"--resume", "FILE", TEXT, CLI_TRAIN, AT(resume), 0, 0, "the checkpoint to go on from, as if it had never stopped"},
  {"--history", "FILE", TEXT, CLI_TRAIN, AT(history), 0, 0, "a CSV with a line for each epoch"},
  {"--trace", "FILE", TEXT, CLI_TRAIN, AT(trace), 0, 0, "a CSV of all parameters after each step"},
  {"--ranges", "FILE", TEXT, CLI_TRAIN, AT(ranges), 0, 0,
   "a picture (SVG) of the ranges of values and gradients (of a program of nnc --trace-nan)"},
  {"--trace-nan", NULL, FLAG, CLI_TRAIN, AT(trace_nan), 0, 0,
   "stop where the first NaN or infinity is born, and say where (of a program of nnc --trace-nan)"},
  {"--rows", "WHICH", TEXT, ALL, AT(rows), 0, 0,
   "only these rows: 0-39,100, or those marked 1 in a column, split.csv:0"},
  {"--test-rows", "WHICH", TEXT, CLI_TRAIN, AT(test_rows), 0, 0,
   "test on these rows; train on the others, or on --rows"},
  {"--every", "N", WHOLE, CLI_TRAIN, AT(every), 1, INT_MAX, "print every N-th epoch"},
  {"--quiet", NULL, FLAG, ALL, AT(quiet), 0, 0, "print results only"},
  {"--output", "NAME", TEXT, CLI_PREDICT, AT(output), 0, 0, "which output; all that the data allow where absent"},
  {"--count", "N", WHOLE, CLI_PREDICT, AT(count), 1, INT_MAX, "rows, where no data are given: samples to draw"},
  {"--loss", "NAME", TEXT, CLI_GRAD, AT(loss), 0, 0, "which loss; the first where absent"},
  {"-o", "FILE", TEXT, CLI_PREDICT | CLI_GRAD, AT(out), 0, 0,
   "where the result goes: .csv .txt .npy .safetensors, and pictures: .png .pgm .ppm"},
};
enum { OPTIONS = sizeof options_table / sizeof *options_table };

int cli_given(const cli *options, const char *name) {
  for (int k = 0; k < OPTIONS; k++)
    if (!strcmp(options_table[k].name, name)) return (int)(options->given >> k & 1);
  return 0;
}

void cli_print_options(const cli_command *commands) {
  for (int k = 0; k < OPTIONS; k++) {
    const option *o = &options_table[k];
    char word[40];
    snprintf(word, sizeof word, "%s%s%s", o->name, o->value ? " " : "", o->value ? o->value : "");
    printf("  %-18s %s (", word, o->help);
    const char *comma = "";
    for (int c = 0; commands[c].name; c++)
      if (o->commands >> c & 1 && o->commands != ALL) printf("%s%s", comma, commands[c].name), comma = ", ";
    printf("%s)\n", o->commands == ALL ? "all" : "");
  }
}

/* ---- values ---- */

static int set_whole(cli *options, const option *o, const char *text, nn_error *error) {
  uint64_t value;
  if (!nn_number_parse_whole(text, (uint64_t)o->most, &value) || value < (uint64_t)o->least) {
    char most[40] = "";
    if (o->most < INT_MAX) snprintf(most, sizeof most, " to %d", o->most);
    return nn_fail(error, NN_BAD_USAGE, "%s: found '%s', expected a whole number from %d%s", o->name, text, o->least,
                   most);
  }
  *(int *)((char *)options + o->offset) = (int)value;
  return 0;
}

static int set_argument(cli *options, char *text, nn_error *error) {
  char *equals = strchr(text, '=');
  double value = 0;
  if (!equals || equals == text || !nn_number_parse(equals + 1, text + strlen(text), &value) || !isfinite(value))
    return nn_fail(error, NN_BAD_USAGE, "--set: found '%s', expected NAME=NUMBER as in lr=0.01", text);
  if (options->set_count == CLI_MOST_SETS)
    return nn_fail(error, NN_BAD_USAGE, "--set: more than %d of them", CLI_MOST_SETS);
  *equals = 0;
  options->sets[options->set_count++] = (cli_set){text, (float)value};
  return 0;
}

static int set_option(cli *options, const option *o, char *text, nn_error *error) {
  void *place = (char *)options + o->offset;
  double share;
  switch (o->kind) {
  case WHOLE: return set_whole(options, o, text, error);
  case SET: return set_argument(options, text, error);
  case FLAG: *(int *)place = 1; return 0;
  case TEXT:
    *(const char **)place = text;
    return *text ? 0 : nn_fail(error, NN_BAD_USAGE, "%s: found nothing, expected %s", o->name, o->value);
  case SEED:
    if (nn_number_parse_whole(text, UINT64_MAX, place)) return 0;
    return nn_fail(error, NN_BAD_USAGE, "--seed: found '%s', expected a whole number from 0", text);
  case SHARE:
    if (!nn_number_parse(text, text + strlen(text), &share) || !(share >= 0 && share < 1))
      return nn_fail(error, NN_BAD_USAGE, "%s: found '%s', expected a share from 0 and below 1, as in 0.1", o->name,
                     text);
    *(double *)place = share;
    return 0;
  }
  return 0;
}

/* ---- words ---- */

static int unknown_option(const cli *options, const char *word, size_t length, nn_error *error) {
  const char *names[OPTIONS] = {NULL};
  char hint[600], name[80];
  int count = 0;
  for (int k = 0; k < OPTIONS; k++)
    if (options_table[k].commands >> options->command & 1) names[count++] = options_table[k].name;
  snprintf(name, sizeof name, "%.*s", length < 60 ? (int)length : 60, word);
  for (int k = 0; k < OPTIONS; k++)
    if (!strcmp(options_table[k].name, name))
      return nn_fail(error, NN_BAD_USAGE, "%s is no option of '%s'", name, options->commands[options->command].name);
  nn_suggest(hint, sizeof hint, name, names, count);
  return nn_fail(error, NN_BAD_USAGE, "unknown option '%s'%s", name, hint);
}

/* "--epochs 5", "--epochs=5"; *at is moved past what it takes. */
static int parse_option(cli *options, char **words, int count, int *at, nn_error *error) {
  char *word = words[*at], *equals = strchr(word, '=');
  size_t length = equals ? (size_t)(equals - word) : strlen(word);
  int k = 0;
  while (k < OPTIONS && !(strlen(options_table[k].name) == length && !memcmp(options_table[k].name, word, length) &&
                          options_table[k].commands >> options->command & 1))
    k++;
  if (k == OPTIONS) return unknown_option(options, word, length, error);
  const option *o = &options_table[k];
  char *value = equals ? equals + 1 : NULL;
  if (o->kind == FLAG && equals) return nn_fail(error, NN_BAD_USAGE, "%s takes no value, found '%s'", o->name, value);
  if (o->kind != FLAG && !value) {
    if (*at + 1 == count) return nn_fail(error, NN_BAD_USAGE, "%s: expected %s after it", o->name, o->value);
    value = words[++*at];
  }
  if (options->given >> k & 1 && o->kind != SET) return nn_fail(error, NN_BAD_USAGE, "%s is given twice", o->name);
  options->given |= 1u << k;
  return set_option(options, o, value, error);
}

/* "x=FILE", "test.x=FILE": whether x is an input is for the reader to say. */
static int parse_source(cli *options, char *word, nn_error *error) {
  char *equals = strchr(word, '=');
  int test = CLI_TRAIN >> options->command & 1 && !strncmp(word, "test.", 5);
  nn_source *list = test ? options->test : options->data;
  int *count = test ? &options->test_count : &options->data_count;
  if (!equals || equals == word)
    return nn_fail(error, NN_BAD_USAGE, "found '%s', expected an option or data as in x=FILE", word);
  if (!equals[1]) return nn_fail(error, NN_BAD_USAGE, "found '%s', expected a file after it", word);
  if (!options->model->ninputs)
    return nn_fail(error, NN_BAD_USAGE, "found '%s', but %s has no inputs", word, options->model->name);
  if (*count == NN_MAX_INPUTS) return nn_fail(error, NN_BAD_USAGE, "'%s': more files than inputs", word);
  *equals = 0;
  list[(*count)++] = (nn_source){test ? word + 5 : word, equals + 1};
  return 0;
}

static int parse_command(cli *options, const char *word, nn_error *error) {
  const char *names[16] = {NULL};
  char hint[300];
  int count = 0;
  if (!strcmp(word, "--help") || !strcmp(word, "-h")) word = "help";
  for (; options->commands[count].name; count++) {
    names[count] = options->commands[count].name;
    if (!strcmp(word, names[count])) return options->command = count, 0;
  }
  nn_suggest(hint, sizeof hint, word, names, count);
  return nn_fail(error, NN_BAD_USAGE, "unknown command '%s'%s", word, hint);
}

/* All words, one after the other, so that they can be taken apart. */
static char **copy_words(cli *options, int argc, char **argv) {
  size_t size = 1;
  for (int k = 0; k < argc; k++) size += strlen(argv[k]) + 1;
  options->copies = malloc(size);
  char **words = calloc((size_t)argc + 1, sizeof *words), *at = options->copies;
  if (!options->copies || !words) return free(words), NULL;
  for (int k = 0; k < argc; k++) {
    words[k] = strcpy(at, argv[k]);
    at += strlen(argv[k]) + 1;
  }
  return words;
}

int cli_parse(cli *options, const nn_model *model, const cli_command *commands, int argc, char **argv,
              nn_error *error) {
  *options = (cli){.model = model, .commands = commands, .every = 1};
  if (argc < 2)
    return nn_fail(error, NN_BAD_USAGE, "expected a command: train, test, predict, grad, selftest, info or help");
  char **words = copy_words(options, argc, argv);
  if (!words) return nn_out_of_memory(error, 4096);
  int result = parse_command(options, words[1], error);
  for (int k = 2; k < argc && !result; k++) {
    if (!strcmp(words[k], "--help") || !strcmp(words[k], "-h")) result = parse_command(options, "help", error);
    else if (words[k][0] == '-' && words[k][1]) result = parse_option(options, words, argc, &k, error);
    else result = parse_source(options, words[k], error);
  }
  free(words);
  return result;
}

void cli_free(cli *options) {
  free(options->copies);
  options->copies = NULL;
}
