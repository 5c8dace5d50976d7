/* use.c: the commands test, predict and grad. SPDX-License-Identifier: 0BSD
 *
 * In: a command line, data, and a checkpoint or the initial parameters of the seed. Out: `name value` lines, the
 * values of outputs, the gradient of a loss. */
#include "program/program.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A run with the seed, threads and checkpoint that test, predict and grad share. */
static int open_run(nn_run *run, const cli *options, nn_error *error) {
  uint64_t seed = cli_given(options, "--seed") ? options->seed : options->model->train.seed;
  if (nn_run_open(run, options->model, seed, error)) return -1;
  if (cli_given(options, "--threads")) run->options.threads = options->threads;
  return options->load ? nn_checkpoint_load(options->load, run, NN_LOAD_VALUES, error) : 0;
}

/* Where nothing was loaded, inputs are standardized by the data at hand. */
static int read_data(nn_data *data, nn_run *run, const cli *options, uint32_t needed, nn_error *error) {
  if (nn_data_read(data, run->model, &run->encoding, options->data, options->data_count, needed, error)) return -1;
  if (options->rows && nn_data_choose(data, "--rows", options->rows, 0, error)) return -1;
  if (run->note[0]) fprintf(stderr, "note: %s\n", run->note);
  if (options->load) return 0;
  return nn_encoding_standardize(&run->encoding, data, run->model->train.standardize, NULL, data->rows, error);
}

/* ---- test ---- */

int cli_test(const cli *options, nn_error *error) {
  const nn_model *model = options->model;
  nn_run run = {.model = model};
  nn_data data = {.model = model};
  double *values = malloc((size_t)(model->nlosses + model->nmetrics + 1) * sizeof *values);
  int result = values ? open_run(&run, options, error) : nn_out_of_memory(error, sizeof *values);
  if (!result) result = read_data(&data, &run, options, nn_inputs_to_train(model), error);
  if (!result) result = nn_evaluate(&run, &data, values, error);
  if (!result) cli_print_values(model, "", values, "\n", 9);
  free(values);
  nn_data_free(&data);
  nn_run_close(&run);
  return result;
}

/* ---- predict ---- */

static int find_output(const nn_model *model, const char *name, nn_error *error) {
  const char *names[64] = {NULL};
  char hint[500];
  int count = model->noutputs < 64 ? model->noutputs : 64;
  for (int k = 0; k < model->noutputs; k++)
    if (!strcmp(model->outputs[k].name, name)) return k;
  for (int k = 0; k < count; k++) names[k] = model->outputs[k].name;
  nn_suggest(hint, sizeof hint, name, names, count);
  return nn_fail(error, NN_BAD_USAGE, "%s has no output '%s'%s", model->name, name, hint);
}

/* What the message says where no output can be computed: "p needs x; q needs x y". */
static int no_output(const nn_model *model, nn_error *error) {
  char needs[500] = "";
  size_t used = 0;
  if (!model->noutputs)
    return nn_fail(error, NN_BAD_USAGE, "%s has no output statement: there is nothing to predict", model->name);
  for (int k = 0; k < model->noutputs && used + 60 < sizeof needs; k++) {
    used += (size_t)snprintf(needs + used, sizeof needs - used, "%s%.40s needs", k ? "; " : "", model->outputs[k].name);
    for (int i = 0; i < model->ninputs && used + 60 < sizeof needs; i++)
      if (model->outputs[k].inputs >> i & 1)
        used += (size_t)snprintf(needs + used, sizeof needs - used, " %.40s=FILE", model->inputs[i].name);
  }
  return nn_fail(error, NN_BAD_USAGE, "the data given are not enough for any output: %s", needs);
}

static int predict_one(const nn_run *run, const nn_data *data, int output, cli_column *column, nn_error *error) {
  const nn_output *o = &run->model->outputs[output];
  *column = (cli_column){o, NULL, o->per_example ? data->rows : 1, cli_text_of(run, o)};
  size_t room = column->rows < (size_t)run->model->batch && !o->per_example ? (size_t)run->model->batch : column->rows;
  if (o->count && room > SIZE_MAX / 4 / o->count) return nn_out_of_memory(error, SIZE_MAX);
  column->values = calloc(room * o->count + 1, 4);
  if (!column->values) return nn_out_of_memory(error, room * o->count * 4);
  return nn_predict(run, data, output, column->values, error);
}

static int predict(const nn_run *run, const nn_data *data, int chosen, const char *file, nn_error *error) {
  const nn_model *model = run->model;
  cli_column *columns = calloc((size_t)model->noutputs + 1, sizeof *columns);
  int count = 0, result = 0;
  if (!columns) return nn_out_of_memory(error, sizeof *columns);
  for (int k = 0; k < model->noutputs && !result; k++) {
    if (chosen >= 0 ? k != chosen : (model->outputs[k].inputs & ~data->given) != 0) continue;
    result = predict_one(run, data, k, &columns[count++], error);
  }
  if (!result && !count) result = no_output(model, error);
  if (!result) result = cli_write(file, columns, count, error);
  for (int k = 0; k < count; k++) free(columns[k].values);
  free(columns);
  return result;
}

/* A model that draws makes as many rows as are asked for. */
static int set_count(nn_data *data, const cli *options, nn_error *error) {
  if (!cli_given(options, "--count")) return 0;
  if (data->given)
    return nn_fail(error, NN_BAD_USAGE, "--count %d: there are as many rows as data (%zu): expected --rows, or no data",
                   options->count, data->rows);
  data->rows = (size_t)options->count;
  return 0;
}

int cli_predict(const cli *options, nn_error *error) {
  nn_run run = {.model = options->model};
  nn_data data = {.model = options->model};
  int chosen = options->output ? find_output(options->model, options->output, error) : -1;
  uint32_t needed = chosen >= 0 ? options->model->outputs[chosen].inputs : 0;
  if ((options->output && chosen < 0) || cli_check_output_file(options->out, error)) return -1;
  int result = open_run(&run, options, error);
  if (!result) result = read_data(&data, &run, options, needed, error);
  if (!result) result = set_count(&data, options, error);
  if (!result) result = predict(&run, &data, chosen, options->out, error);
  nn_data_free(&data);
  nn_run_close(&run);
  return result;
}

/* ---- grad ---- */

static int find_loss(const nn_model *model, const char *name, nn_error *error) {
  const char *names[64] = {NULL};
  char hint[500];
  int count = model->nlosses < 64 ? model->nlosses : 64;
  if (!model->nlosses) return nn_fail(error, NN_BAD_USAGE, "%s has no loss: there is no gradient", model->name);
  if (!name) return 0;
  for (int k = 0; k < model->nlosses; k++)
    if (!strcmp(model->losses[k].name, name)) return k;
  for (int k = 0; k < count; k++) names[k] = model->losses[k].name;
  nn_suggest(hint, sizeof hint, name, names, count);
  return nn_fail(error, NN_BAD_USAGE, "%s has no loss '%s'%s", model->name, name, hint);
}

static int check_gradient_file(const char *file, nn_error *error) {
  size_t length = file ? strlen(file) : 0;
  if (!file || (length > 12 && !strcmp(file + length - 12, ".safetensors"))) return 0;
  return nn_fail(error, NN_BAD_USAGE, "-o %s: expected a name that ends in .safetensors", file);
}

static int write_gradient(const char *file, const nn_model *model, const float *gradient, nn_error *error) {
  nn_piece_list list = {.count = 0};
  nn_pieces_add_arrays(&list, "", model->params, model->nparams, gradient);
  int result = nn_pieces_write(file, &list, error);
  nn_pieces_free(&list);
  return result;
}

static int grad(const nn_run *run, const nn_data *data, int loss, const char *file, nn_error *error) {
  const nn_model *model = run->model;
  double mean;
  char text[40];
  float *gradient = malloc((model->param_floats + 1) * sizeof *gradient);
  if (!gradient) return nn_out_of_memory(error, model->param_floats * sizeof *gradient);
  int result = nn_gradient(run, data, loss, gradient, &mean, error);
  if (!result && file) result = write_gradient(file, model, gradient, error);
  free(gradient);
  if (result) return -1;
  nn_number_print(text, sizeof text, 9, mean);
  printf("loss %s %s\n", model->losses[loss].name, text);
  return 0;
}

int cli_grad(const cli *options, nn_error *error) {
  const nn_model *model = options->model;
  nn_run run = {.model = model};
  nn_data data = {.model = model};
  int loss = find_loss(model, options->loss, error);
  if (loss < 0 || check_gradient_file(options->out, error)) return -1;
  int result = open_run(&run, options, error);
  if (!result) result = read_data(&data, &run, options, model->losses[loss].inputs, error);
  if (!result) result = grad(&run, &data, loss, options->out, error);
  nn_data_free(&data);
  nn_run_close(&run);
  return result;
}
