/* evaluate.c: a model applied to whole data sets: means, gradients, outputs. SPDX-License-Identifier: 0BSD
 *
 * In: a run and data. Out: the means of losses and metrics, the gradient of a loss, or the values of an output, over
 * all rows. The rows are cut into chunks of model->batch; each chunk's result is put in its place and they are added
 * in order, in double precision, so that the number of threads changes nothing. */
#include "train/traced.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct job {
  const nn_run *run;
  nn_workers *workers;
  const nn_data *data;
  const size_t *rows;
  size_t count, chunks;
  uint32_t inputs;
  double *results; /* [chunks, losses + metrics] */
  const float *state;
} job;

static size_t chunk_count(const nn_model *model, size_t rows) {
  return (rows + (size_t)model->batch - 1) / (size_t)model->batch;
}

static int chunk_size(const nn_model *model, size_t rows, size_t chunk) {
  size_t first = chunk * (size_t)model->batch, left = rows - first;
  return left < (size_t)model->batch ? (int)left : model->batch;
}

/* ---- losses and metrics ---- */

static void value_chunk(job *j, nn_worker *worker, size_t chunk) {
  const nn_model *model = j->run->model;
  const void *param = nn_run_parameters(j->run), *state = j->state;
  const void *const *in = (const void *const *)worker->in;
  double *result = j->results + chunk * (size_t)(model->nlosses + model->nmetrics);
  int n = chunk_size(model, j->count, chunk);
  uint64_t step = nn_run_step(j->run);
  nn_data_gather(j->data, &j->run->encoding, j->inputs, j->rows, chunk * (size_t)model->batch, n, worker->in);
  for (int k = 0; k < model->nlosses + model->nmetrics; k++) {
    int is_loss = k < model->nlosses;
    uint32_t needs = is_loss ? model->losses[k].inputs : model->metrics[k - model->nlosses].inputs;
    nn_value_fn *value = is_loss ? model->losses[k].value : model->metrics[k - model->nlosses].value;
    result[k] =
      needs & ~j->data->given ? NAN : (double)value(param, state, worker->work, n, in, j->run->seed + chunk, step);
    if (is_loss && isnan(result[k]) && nn_traced_found(model, worker->work)) {
      worker->stopped = 1;
      worker->first = chunk * (size_t)model->batch;
      return;
    }
  }
}

static void value_task(void *context, int worker) {
  job *j = context;
  nn_worker *self = &j->workers->worker[worker];
  self->stopped = 0;
  for (size_t chunk = (size_t)worker; chunk < j->chunks && !self->stopped; chunk += (size_t)j->workers->count)
    value_chunk(j, self, chunk);
}

/* A loss found what is not finite: the first of the rows where one did. */
static int stopped(const job *j, nn_error *error) {
  const nn_worker *found = NULL;
  for (int k = 0; k < j->workers->count; k++) {
    const nn_worker *worker = &j->workers->worker[k];
    if (worker->stopped && (!found || worker->first < found->first)) found = worker;
  }
  nn_traced_when when = {0, 0, "in evaluation", j->rows, found ? found->first : 0};
  return found ? nn_traced_fail(j->run->model, found->work, &when, error) : 0;
}

int nn_evaluate_rows(const nn_run *run, nn_workers *workers, const nn_data *data, const size_t *rows, size_t count,
                     double *values, nn_error *error) {
  const nn_model *model = run->model;
  size_t width = (size_t)(model->nlosses + model->nmetrics), chunks = chunk_count(model, count);
  job j = {run, workers, data, rows, count, chunks, nn_inputs_to_train(model), NULL, nn_run_fixed_states(run)};
  j.results = malloc((chunks * width + 1) * sizeof *j.results);
  if (!j.results) return nn_out_of_memory(error, chunks * width * sizeof(double));
  nn_workers_run(workers, value_task, &j);
  if (stopped(&j, error)) return free(j.results), -1;
  for (size_t k = 0; k < width; k++) {
    double sum = 0;
    for (size_t chunk = 0; chunk < chunks; chunk++)
      sum += j.results[chunk * width + k] * (double)chunk_size(model, count, chunk);
    values[k] = sum / (double)count;
  }
  free(j.results);
  return 0;
}

int nn_evaluate(const nn_run *run, const nn_data *data, double *values, nn_error *error) {
  nn_workers workers;
  if (nn_encoding_check(&run->encoding, data, error)) return -1;
  if (nn_workers_open(&workers, run->model, run->options.threads, 0, error)) return -1;
  int result = nn_evaluate_rows(run, &workers, data, NULL, data->rows, values, error);
  nn_workers_close(&workers);
  return result;
}

/* ---- gradient ---- */

static double add_gradients(const nn_run *run, const nn_data *data, int loss, nn_worker *worker, double *sums) {
  const nn_model *model = run->model;
  double total = 0;
  for (size_t chunk = 0; chunk < chunk_count(model, data->rows); chunk++) {
    int n = chunk_size(model, data->rows, chunk);
    double share = (double)n / (double)data->rows;
    nn_data_gather(data, &run->encoding, model->losses[loss].inputs, NULL, chunk * (size_t)model->batch, n, worker->in);
    total += share * (double)model->losses[loss].grad(nn_run_parameters(run), nn_run_fixed_states(run), worker->grad,
                                                      NULL, worker->work, n, (const void *const *)worker->in,
                                                      run->seed + chunk, nn_run_step(run));
    worker->first = chunk * (size_t)model->batch;
    if (nn_traced_found(model, worker->work)) return (double)NAN;
    for (size_t k = 0; k < model->param_floats; k++) sums[k] += share * (double)worker->grad[k];
  }
  return total;
}

int nn_gradient(const nn_run *run, const nn_data *data, int loss, float *gradient, double *mean, nn_error *error) {
  const nn_model *model = run->model;
  nn_workers workers;
  if (nn_encoding_check(&run->encoding, data, error)) return -1;
  double *sums = calloc(model->param_floats + 1, sizeof *sums);
  if (!sums) return nn_out_of_memory(error, model->param_floats * sizeof *sums);
  int result = nn_workers_open(&workers, model, 1, 1, error);
  if (!result) {
    *mean = add_gradients(run, data, loss, &workers.worker[0], sums);
    for (size_t k = 0; k < model->param_floats; k++) gradient[k] = (float)sums[k];
    nn_traced_when when = {0, 0, "for its gradient", NULL, workers.worker[0].first};
    if (nn_traced_found(model, workers.worker[0].work)) {
      result = nn_traced_fail(model, workers.worker[0].work, &when, error);
    } else if (!isfinite(*mean)) {
      char text[40];
      nn_number_print(text, sizeof text, 9, *mean);
      result = nn_fail(error, NN_BAD_DATA, "loss %s over the data is %s", model->losses[loss].name, text);
    }
    nn_workers_close(&workers);
  }
  free(sums);
  return result;
}

/* ---- outputs ---- */

static int refused(const nn_run *run, const nn_worker *worker, const nn_output *o, size_t first, int n,
                   nn_error *error) {
  nn_traced_when when = {0, 0, NULL, NULL, first};
  if (nn_traced_found(run->model, worker->work)) return nn_traced_fail(run->model, worker->work, &when, error);
  return nn_fail(error, NN_BAD_DATA, "output %s cannot be computed for rows %zu to %zu", o->name, first,
                 first + (size_t)n - 1);
}

int nn_predict(const nn_run *run, const nn_data *data, int output, void *values, nn_error *error) {
  const nn_model *model = run->model;
  const nn_output *o = &model->outputs[output];
  size_t rows = o->per_example ? data->rows : 1;
  nn_workers workers;
  if (nn_encoding_check(&run->encoding, data, error)) return -1;
  if (nn_workers_open(&workers, model, 1, 0, error)) return -1;
  nn_worker *worker = &workers.worker[0];
  int result = 0;
  for (size_t chunk = 0; chunk < chunk_count(model, rows) && !result; chunk++) {
    int n = chunk_size(model, rows, chunk);
    size_t first = chunk * (size_t)model->batch;
    nn_data_gather(data, &run->encoding, o->inputs, NULL, first, n, worker->in);
    if (o->run(nn_run_parameters(run), nn_run_fixed_states(run), worker->work, n, (const void *const *)worker->in,
               (char *)values + first * o->count * 4, run->seed + chunk, nn_run_step(run)))
      result = refused(run, worker, o, first, n, error);
  }
  nn_workers_close(&workers);
  return result;
}
