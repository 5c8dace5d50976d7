/* full_batch.c: a model's loss over all rows as a function to minimize. SPDX-License-Identifier: 0BSD
 *
 * In: a run of a model with a full-batch method, the training rows. Out, after each iteration: better parameters. The
 * function is the mean of the loss over all rows, in double: blocks of at most model->batch rows, with shares n/rows,
 * are dealt to the workers in turn, and the workers' sums added in order. Draws are those of the first step of training
 * and stay: the function is one function. The parameters are doubles here and
 * are rounded to the model's floats after each iteration. */
#include "train/full_batch.h"
#include "train/steps.h"

#include <stdlib.h>
#include <string.h>

/* ---- a call over all rows ---- */

typedef struct sweep {
  nn_full_batch *full;
  nn_full_fn *function;
  const double *direction;
} sweep;

static void widen_inputs(nn_full_batch *full, nn_worker *worker, nn_lane *lane, int n) {
  const nn_model *model = full->run->model;
  for (int k = 0; k < model->ninputs; k++) {
    size_t values = (size_t)n * model->inputs[k].count;
    const float *from = worker->in[k];
    double *to = lane->in[k];
    if (!(full->inputs >> k & 1)) continue;
    if (model->inputs[k].kind == NN_REAL)
      for (size_t i = 0; i < values; i++) to[i] = (double)from[i];
    else memcpy(to, from, values * sizeof(int32_t));
  }
}

static void sweep_block(const sweep *s, int worker, size_t first, int n) {
  nn_full_batch *full = s->full;
  const nn_run *run = full->run;
  nn_lane *lane = &full->lanes[worker];
  double share = (double)n / (double)full->count;
  nn_data_gather(full->data, &run->encoding, full->inputs, full->rows, first, n, full->workers->worker[worker].in);
  widen_inputs(full, &full->workers->worker[worker], lane, n);
  lane->loss += share * s->function(full->param, full->state, s->direction, lane->part, lane->work, n,
                                    (const void *const *)lane->in, nn_step_block_seed(run, first), full->step);
  nn_vector_add(run->model->param_floats, share, lane->part, lane->sum);
}

static void sweep_rows(void *context, int worker) {
  const sweep *s = context;
  nn_full_batch *full = s->full;
  size_t batch = (size_t)full->run->model->batch, stride = batch * (size_t)full->workers->count;
  nn_lane *lane = &full->lanes[worker];
  lane->loss = 0;
  memset(lane->sum, 0, full->run->model->param_floats * sizeof *lane->sum);
  for (size_t first = batch * (size_t)worker; first < full->count; first += stride)
    sweep_block(s, worker, first, full->count - first < batch ? (int)(full->count - first) : (int)batch);
}

static void scatter(const nn_full_batch *full, const double *variables, double *arrays) {
  for (size_t k = 0; k < full->moved; k++) arrays[full->places[k]] = variables[k];
}

static void gather(const nn_full_batch *full, const double *arrays, double *variables) {
  for (size_t k = 0; k < full->moved; k++) variables[k] = arrays[full->places[k]];
}

double nn_full_batch_sign(const nn_full_batch *full) { return (full->run->model->maximized & 1) ? -1 : 1; }

/* The value and the vector, with the sign under which less is better. */
static double sweep_all(nn_full_batch *full, nn_full_fn *function, const double *direction, double *result) {
  sweep s = {full, function, direction};
  nn_workers_run(full->workers, sweep_rows, &s);
  double loss = full->lanes[0].loss;
  for (int k = 1; k < full->workers->count; k++) {
    nn_vector_add(full->run->model->param_floats, 1, full->lanes[k].sum, full->lanes[0].sum);
    loss += full->lanes[k].loss;
  }
  gather(full, full->lanes[0].sum, result);
  double sign = nn_full_batch_sign(full);
  for (size_t k = 0; k < full->moved && sign < 0; k++) result[k] = -result[k];
  return sign * loss;
}

static double value(void *context, const double *x, double *gradient) {
  nn_full_batch *full = context;
  scatter(full, x, full->param);
  return sweep_all(full, full->run->model->full->gradient, NULL, gradient);
}

static void product(void *context, const double *x, const double *u, double *result) {
  nn_full_batch *full = context;
  scatter(full, x, full->param);
  scatter(full, u, full->direction);
  sweep_all(full, full->run->model->full->product, full->direction, result);
}

/* ---- an iteration ---- */

nn_end nn_full_batch_step(nn_full_batch *full) {
  const nn_model *model = full->run->model;
  float *param = nn_run_parameters(full->run);
  nn_end end = nn_minimizer_step(&full->minimizer);
  for (size_t k = 0; k < full->moved; k++) param[full->places[k]] = (float)full->minimizer.x[k];
  if (model->state_floats)
    memcpy((char *)full->run->memory + model->next_state, nn_run_states(full->run),
           model->state_floats * sizeof *param);
  model->finish_step(full->run->memory);
  return end;
}

/* ---- beginning and end ---- */

/* The option of the method, as the run has it. */
static double option(const nn_run *run, const char *name) {
  const nn_model *model = run->model;
  size_t length = strlen(model->full->name);
  for (int k = 0; k < model->nhypers; k++) {
    const nn_hyper *h = &model->hypers[k];
    float v = h->value;
    if (strncmp(h->name, model->full->name, length) || h->name[length] != '.' || strcmp(h->name + length + 1, name))
      continue;
    if (h->offset != NN_NOT_SETTABLE) memcpy(&v, (const char *)run->memory + h->offset, sizeof v);
    return (double)v;
  }
  return 0;
}

static int check(const nn_full_batch *full, nn_error *error) {
  const nn_run *run = full->run;
  const nn_model *model = run->model;
  if (run->epoch > 0)
    return nn_fail(error, NN_BAD_USAGE,
                   "%s cannot resume: what it has learned of the loss is not kept; start from the parameters instead "
                   "(--load)",
                   model->full->name);
  if ((model->flags & NN_COUPLED) && full->count > (size_t)model->batch)
    return nn_fail(error, NN_BAD_USAGE,
                   "a loss of %s looks across the batch, and %s takes all %zu rows as one: expected `train { batch = "
                   "%zu }` in the model, found %d",
                   model->name, model->full->name, full->count, full->count, model->batch);
  return 0;
}

static double *doubles(size_t count, int *complete) {
  double *v = nn_memory_aligned((count + 1) * sizeof *v);
  *complete &= v != NULL;
  if (v) memset(v, 0, (count + 1) * sizeof *v);
  return v;
}

static int open_lane(nn_lane *lane, const nn_model *model) {
  int complete = 1;
  lane->sum = doubles(model->param_floats, &complete);
  lane->part = doubles(model->param_floats, &complete);
  complete &= (lane->work = nn_memory_aligned(model->full->work_size)) != NULL;
  for (int k = 0; k < model->ninputs; k++)
    lane->in[k] = doubles(model->inputs[k].count * (size_t)model->batch, &complete);
  return complete;
}

static int open_arrays(nn_full_batch *full) {
  const nn_model *model = full->run->model;
  const float *param = nn_run_parameters(full->run), *state = nn_run_states(full->run);
  int complete = 1;
  full->param = doubles(model->param_floats, &complete);
  full->direction = doubles(model->param_floats, &complete);
  full->state = doubles(model->state_floats, &complete);
  full->places = malloc((model->param_floats + 1) * sizeof *full->places);
  full->lanes = calloc((size_t)full->workers->count, sizeof *full->lanes);
  complete &= full->lanes != NULL && full->places != NULL;
  for (int k = 0; k < full->workers->count && complete; k++) complete &= open_lane(&full->lanes[k], model);
  if (!complete) return 0;
  for (int k = 0; k < model->full->nmoved; k++) {
    const nn_array *array = &model->params[model->full->moved[k]];
    for (size_t i = 0; i < array->count; i++) full->places[full->moved++] = array->offset + i;
  }
  for (size_t k = 0; k < model->param_floats; k++) full->param[k] = (double)param[k];
  for (size_t k = 0; k < model->state_floats; k++) full->state[k] = (double)state[k];
  return 1;
}

static int open_minimizer(nn_full_batch *full, nn_error *error) {
  const nn_run *run = full->run;
  nn_minimizer *m = &full->minimizer;
  double *start = malloc((full->moved + 1) * sizeof *start), dense = option(run, "dense");
  if (!start) return nn_out_of_memory(error, full->moved * sizeof *start);
  gather(full, full->param, start);
  m->method = run->model->full->method;
  m->function = (nn_function){full->moved, value, product, full};
  m->tolerance = option(run, "tol");
  m->curvature = option(run, "curvature");
  m->memory = (int)option(run, "memory");
  m->dense = dense >= 1 ? (size_t)dense : 0;
  int result = nn_minimizer_open(m, start, error);
  free(start);
  return result;
}

int nn_full_batch_open(nn_full_batch *full, nn_run *run, const nn_data *data, nn_workers *workers, const size_t *rows,
                       size_t count, nn_error *error) {
  const nn_model *model = run->model;
  const nn_loss *loss = &model->losses[model->objectives[0].loss];
  *full =
    (nn_full_batch){.run = run, .data = data, .workers = workers, .rows = rows, .count = count, .inputs = loss->inputs};
  if (check(full, error)) return -1;
  full->step = nn_run_step(run);
  int result = open_arrays(full) ? open_minimizer(full, error) : nn_out_of_memory(error, model->full->work_size);
  if (result) nn_full_batch_close(full);
  return result;
}

void nn_full_batch_close(nn_full_batch *full) {
  nn_minimizer_close(&full->minimizer);
  for (int k = 0; full->lanes && k < full->workers->count; k++) {
    nn_lane *lane = &full->lanes[k];
    free(lane->sum);
    free(lane->part);
    free(lane->work);
    for (int i = 0; i < full->run->model->ninputs; i++) free(lane->in[i]);
  }
  free(full->lanes);
  free(full->places);
  free(full->param);
  free(full->direction);
  free(full->state);
  *full = (nn_full_batch){.run = full->run};
}
