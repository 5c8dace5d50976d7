/* selftest.c: the command `selftest`, and the same before a training. SPDX-License-Identifier: 0BSD
 *
 * In: a model that nnc made with --selftest. Out: a line for each part of the test (kernels/selftest.c) and for each
 * comparison that fails; status 1 then. A training says nothing unless something is wrong, and does not begin. */
#include "program/program.h"

#include <stdlib.h>

static void print_line(void *to, int failed, const char *line) {
  if (to || failed) fprintf(failed ? stderr : stdout, "%s%s\n", failed ? "wrong: " : "", line);
}

/* `print`: the lines of parts that agree, too. */
static int run_test(const nn_model *model, int print, nn_error *error) {
  void *memory = nn_memory_aligned(model->size), *area = nn_memory_aligned(model->selftest->size);
  int failed = -1;
  if (memory && area) failed = nn_selftest_run(model, memory, area, print_line, print ? stdout : NULL);
  free(memory);
  free(area);
  if (failed < 0) return nn_out_of_memory(error, model->size + model->selftest->size);
  if (!failed) return 0;
  return nn_fail(error, NN_BAD_DATA,
                 "selftest: %d comparison%s failed: this program does not compute what %s says; compile it again, with "
                 "another compiler or with -O0",
                 failed, failed == 1 ? "" : "s", model->selftest->file);
}

int cli_selftest(const cli *options, nn_error *error) {
  if (options->data_count)
    return nn_fail(error, NN_BAD_USAGE, "found '%s=...', but selftest takes no data", options->data[0].input);
  if (!options->model->selftest)
    return nn_fail(error, NN_BAD_USAGE, "%s carries no selftest: make it with nnc --selftest MODEL.nn -o %s",
                   options->model->name, options->model->name);
  return run_test(options->model, 1, error);
}

int cli_selftest_quietly(const nn_model *model, nn_error *error) {
  return model->selftest ? run_test(model, 0, error) : 0;
}
