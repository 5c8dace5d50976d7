/* trace.c: where the parameters were after each step, for pictures of small models. SPDX-License-Identifier: 0BSD
 *
 * In: a run. Out: a CSV file: `step,p[0],p[1]`, a line before the first step and one after each. */
#include "program/program.h"

#include <errno.h>
#include <string.h>

enum { MOST_TRACED = 1000 };

/* "h.W[0,3]": element k of an array. */
static void write_name(FILE *file, const nn_array *array, size_t k) {
  int at[NN_MAX_RANK] = {0};
  for (int axis = array->rank; axis-- > 0;) {
    at[axis] = (int)(k % (size_t)array->shape[axis]);
    k /= (size_t)array->shape[axis];
  }
  fprintf(file, array->rank > 1 ? ",\"%s" : ",%s", array->name);
  for (int axis = 0; axis < array->rank; axis++) fprintf(file, "%s%d", axis ? "," : "[", at[axis]);
  if (array->rank) fprintf(file, array->rank > 1 ? "]\"" : "]");
}

int cli_trace_open(cli_trace *trace, const char *name, const nn_run *run, nn_error *error) {
  const nn_model *model = run->model;
  if (!name) return 0;
  if (model->param_floats > MOST_TRACED)
    return nn_fail(error, NN_BAD_USAGE, "--trace: %s has %zu parameters: expected at most %d", model->name,
                   model->param_floats, MOST_TRACED);
  trace->name = name;
  trace->file = fopen(name, "w");
  if (!trace->file) return nn_fail(error, NN_BAD_USAGE, "%s: cannot be written: %s", name, strerror(errno));
  fprintf(trace->file, "step");
  for (int k = 0; k < model->nparams; k++)
    for (size_t i = 0; i < model->params[k].count; i++) write_name(trace->file, &model->params[k], i);
  fprintf(trace->file, "\n");
  cli_trace_step(trace, run);
  return 0;
}

void cli_trace_step(cli_trace *trace, const nn_run *run) {
  const nn_model *model = run->model;
  const float *param = nn_run_parameters(run);
  char value[40];
  if (!trace->file) return;
  fprintf(trace->file, "%llu", (unsigned long long)nn_run_step(run));
  for (int k = 0; k < model->nparams; k++)
    for (size_t i = 0; i < model->params[k].count; i++) {
      nn_number_print(value, sizeof value, 9, (double)param[model->params[k].offset + i]);
      fprintf(trace->file, ",%s", value);
    }
  fprintf(trace->file, "\n");
  trace->failed |= ferror(trace->file) != 0;
}

int cli_trace_close(cli_trace *trace, nn_error *error) {
  if (!trace->file) return 0;
  int failed = fclose(trace->file) || trace->failed;
  trace->file = NULL;
  return failed ? nn_fail(error, NN_BAD_USAGE, "%s: could not be written", trace->name) : 0;
}
