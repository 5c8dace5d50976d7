/* info.c: the command `info`. SPDX-License-Identifier: 0BSD
 *
 * In: a model's table. Out: what it has, with shapes, counts and memory, and which matrix product it runs on. */
#include "program/program.h"

#include <inttypes.h>
#include <stdio.h>

static void print_bytes(const char *what, size_t bytes) {
  static const char *const units[] = {"bytes", "KiB", "MiB", "GiB"};
  double value = (double)bytes;
  int unit = 0;
  char text[40];
  for (; value >= 1024 && unit < 3; unit++) value /= 1024;
  nn_number_print(text, sizeof text, value < 1000 ? 3 : 4, value);
  printf("  %-14s %s %s\n", what, text, units[unit]);
}

static void print_inputs(const nn_model *model) {
  printf("inputs\n");
  for (int k = 0; k < model->ninputs; k++) {
    const nn_input *input = &model->inputs[k];
    char shape[120] = "";
    if (input->rank) nn_print_shape(shape, sizeof shape, input->rank, input->shape);
    printf("  %s%s", input->name, shape);
    if (input->kind == NN_CLASS) printf(" : class(%d)", (int)input->classes);
    if (input->kind == NN_INT) printf(" : int");
    if (input->kind == NN_BIT) printf(" : bit");
    printf("%s\n", model->train.standardize >> k & 1 ? "  (standardized)" : "");
  }
}

static void print_arrays(const char *title, const nn_array *arrays, int count, size_t floats) {
  if (!count) return;
  printf("%s: %zu\n", title, floats);
  for (int k = 0; k < count; k++) {
    char shape[120] = "";
    if (arrays[k].rank) nn_print_shape(shape, sizeof shape, arrays[k].rank, arrays[k].shape);
    printf("  %-24s %-16s %zu\n", arrays[k].name, shape, arrays[k].count);
  }
}

static void print_outputs(const nn_model *model) {
  printf("outputs\n");
  for (int k = 0; k < model->noutputs; k++) {
    char shape[120] = "";
    if (model->outputs[k].rank) nn_print_shape(shape, sizeof shape, model->outputs[k].rank, model->outputs[k].shape);
    printf("  %s%s%s\n", model->outputs[k].name, shape, model->outputs[k].integer ? " : int" : "");
  }
}

static void print_hypers(const nn_model *model) {
  if (!model->nhypers) return;
  printf("optimizer arguments (train --set NAME=VALUE)\n");
  for (int k = 0; k < model->nhypers; k++) {
    char value[40];
    nn_number_print(value, sizeof value, 6, (double)model->hypers[k].value);
    if (model->hypers[k].offset == NN_NOT_SETTABLE) printf("  %s  computed from the step\n", model->hypers[k].name);
    else printf("  %s = %s\n", model->hypers[k].name, value);
  }
}

int cli_info(const cli *options, nn_error *error) {
  const nn_model *model = options->model;
  char share[40];
  (void)error;
  printf("model %s, hash %016" PRIx64 ", at most %d examples in one call\n", model->name, model->hash, model->batch);
  print_inputs(model);
  print_arrays("parameters", model->params, model->nparams, model->param_floats);
  print_arrays("states", model->states, model->nstates, model->state_floats);
  printf("losses\n");
  for (int k = 0; k < model->nlosses; k++) printf("  %s\n", model->losses[k].name);
  if (model->nmetrics) printf("metrics\n");
  for (int k = 0; k < model->nmetrics; k++) printf("  %s\n", model->metrics[k].name);
  if (model->noutputs) print_outputs(model);
  print_hypers(model);
  nn_number_print(share, sizeof share, 6, model->train.validate);
  printf("training\n  batch %d, epochs %d, validate %s, patience %d\n", model->train.batch, model->train.epochs, share,
         model->train.patience);
  printf("memory\n");
  print_bytes("model", model->size);
  print_bytes("of it work", model->work_size);
  print_bytes("per thread", model->work_size + 2 * model->param_floats * sizeof(float));
  printf("matrix products: %s\n", nn_gemm_name());
  return 0;
}
