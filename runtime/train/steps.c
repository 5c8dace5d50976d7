/* steps.c: one step of training. SPDX-License-Identifier: 0BSD
 *
 * In: the rows of a batch and workers. Out: updated parameters, and the loss of each objective whose turn it was.
 * With one worker and a batch that fits, the model's own fused step does it. Else the batch is cut into one shard per
 * worker, and a shard into pieces of at most model->batch; with shares n_p/n the gradient of the mean is
 *   g = sum over shards s, in order, of sum over pieces p of s, in order, of (n_p/n) * g_p
 * which depends on the number of workers, but not on which of them is faster. */
#include "nn_math.h"
#include "train/steps.h"
#include "train/traced.h"

#include <string.h>

static int takes_turn(const nn_objective *objective, uint64_t step) {
  return objective->every <= 1 || (step + 1) % (uint64_t)objective->every == 0;
}

/* ---- the gradient of one objective over the shards ---- */

typedef struct cut {
  nn_step *step;
  int turn, shards; /* turn: of which objective */
  float *gradient;  /* the model's; also the sum of shard 0 */
} cut;

static size_t shard_begin(const cut *c, int shard) { return (size_t)c->step->n * (size_t)shard / (size_t)c->shards; }

static void add_scaled(float *restrict sum, const float *restrict gradient, float share, size_t count) {
  for (size_t k = 0; k < count; k++) sum[k] += share * gradient[k];
}

/* One of many pieces, with what rounding took from those before it. */
static void grow_scaled(float *restrict sum, float *restrict lost, const float *restrict gradient, float share,
                        size_t count) {
  for (size_t k = 0; k < count; k++) nn_growf(&sum[k], &lost[k], share * gradient[k]);
}

static void scale(float *gradient, float share, size_t count) {
  for (size_t k = 0; k < count; k++) gradient[k] *= share;
}

uint64_t nn_step_block_seed(const nn_run *run, size_t first) {
  return run->seed + (run->model->flags & NN_DRAWS ? first * UINT64_C(0x9e3779b97f4a7c15) : 0);
}

static float piece_gradient(const cut *c, nn_worker *worker, size_t first, int n, float *gradient) {
  nn_step *step = c->step;
  const nn_run *run = step->run;
  const nn_model *model = run->model;
  const nn_loss *loss = &model->losses[model->objectives[c->turn].loss];
  /* The first turn takes the states on, from before the step. */
  int leads = first == 0 && step->count == 0 && model->next_state != (size_t)-1;
  void *next_state = leads ? (char *)run->memory + model->next_state : NULL;
  uint64_t seed = nn_step_block_seed(run, first);
  nn_data_gather(step->data, &run->encoding, loss->inputs, step->rows, first, n, worker->in);
  return loss->grad(nn_run_parameters(run), nn_run_states(run), gradient, next_state, worker->work, n,
                    (const void *const *)worker->in, seed, NN_TURN(c->turn, nn_run_step(run)));
}

/* Worker k does shard k. */
static void shard_gradient(void *context, int shard) {
  cut *c = context;
  if (shard >= c->shards) return;
  const nn_model *model = c->step->run->model;
  nn_worker *worker = &c->step->workers->worker[shard];
  float *sum = shard == 0 ? c->gradient : worker->grad;
  size_t begin = shard_begin(c, shard), end = shard_begin(c, shard + 1);
  worker->loss = 0;
  for (size_t first = begin; first < end;) {
    int n = end - first < (size_t)model->batch ? (int)(end - first) : model->batch;
    float share = (float)n / (float)c->step->n, *gradient = first == begin ? sum : worker->extra;
    worker->loss += (double)share * (double)piece_gradient(c, worker, first, n, gradient);
    if ((worker->stopped = nn_traced_found(model, worker->work)) != 0) {
      worker->first = first;
      return;
    }
    if (first > begin) grow_scaled(sum, worker->lost, gradient, share, model->param_floats);
    else if (n < c->step->n) scale(sum, share, model->param_floats);
    if (first == begin) memset(worker->lost, 0, model->param_floats * sizeof *sum);
    first += (size_t)n;
  }
}

/* Worker k adds up the k-th part of all shards' gradients. */
static void add_shards(void *context, int part) {
  cut *c = context;
  size_t all = c->step->run->model->param_floats, parts = (size_t)c->step->workers->count;
  size_t begin = all * (size_t)part / parts, end = all * ((size_t)part + 1) / parts;
  for (int shard = 1; shard < c->shards; shard++)
    add_scaled(c->gradient + begin, c->step->workers->worker[shard].grad + begin, 1, end - begin);
}

static float batch_gradient(nn_step *step, int turn) {
  nn_workers *workers = step->workers;
  cut c = {step, turn, step->n < workers->count ? step->n : workers->count, NULL};
  c.gradient = (float *)((char *)step->run->memory + step->run->model->grad);
  nn_workers_run(workers, shard_gradient, &c);
  if (c.shards > 1) nn_workers_run(workers, add_shards, &c);
  double mean = 0;
  for (int shard = 0; shard < c.shards; shard++) mean += workers->worker[shard].loss;
  return (float)mean;
}

/* ---- the step ---- */

static uint32_t inputs_of_objectives(const nn_model *model) {
  uint32_t inputs = 0;
  for (int k = 0; k < model->nobjectives; k++) inputs |= model->losses[model->objectives[k].loss].inputs;
  return inputs;
}

static void step_whole(nn_step *step) {
  const nn_run *run = step->run;
  const nn_model *model = run->model;
  nn_worker *worker = &step->workers->worker[0];
  uint64_t number = nn_run_step(run);
  nn_data_gather(step->data, &run->encoding, inputs_of_objectives(model), step->rows, 0, step->n, worker->in);
  float value = model->train_step(run->memory, step->n, (const void *const *)worker->in);
  for (int k = 0; k < model->nobjectives && !step->count; k++)
    if (takes_turn(&model->objectives[k], number))
      step->losses[step->count++] = (nn_turn){model->objectives[k].loss, value};
}

static nn_worker *stopped_worker(const nn_step *step) {
  for (int k = 0; k < step->workers->count; k++)
    if (step->workers->worker[k].stopped) return &step->workers->worker[k];
  return NULL;
}

static void step_cut(nn_step *step) {
  nn_run *run = step->run;
  const nn_model *model = run->model;
  uint64_t number = nn_run_step(run);
  if (model->next_state != (size_t)-1 && model->state_floats)
    memcpy((char *)run->memory + model->next_state, nn_run_states(run), model->state_floats * sizeof(float));
  for (int k = 0; k < model->nobjectives; k++) {
    if (!takes_turn(&model->objectives[k], number)) continue;
    float value = batch_gradient(step, k);
    if (step->count < NN_MAX_TURNS) step->losses[step->count++] = (nn_turn){model->objectives[k].loss, value};
    if (stopped_worker(step)) return;
    model->objectives[k].update(run->memory);
    if (nn_traced_found(model, (char *)run->memory + model->work)) return;
  }
  model->finish_step(run->memory);
}

void nn_step_run(nn_step *step) {
  step->count = 0;
  for (int k = 0; k < step->workers->count; k++) step->workers->worker[k].stopped = 0;
  if (step->workers->count == 1 && step->n <= step->run->model->batch) step_whole(step);
  else step_cut(step);
}

int nn_step_traced(nn_step *step, uint64_t number, int epoch, nn_error *error) {
  const nn_model *model = step->run->model;
  void *own = (char *)step->run->memory + model->work;
  const nn_worker *worker = stopped_worker(step);
  nn_traced_when when = {epoch, number, NULL, step->rows, worker ? worker->first : 0};
  if (worker) return nn_traced_fail(model, worker->work, &when, error);
  return nn_traced_found(model, own) ? nn_traced_fail(model, own, &when, error) : 0;
}
