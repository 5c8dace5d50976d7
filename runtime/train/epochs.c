/* epochs.c: the trainer. SPDX-License-Identifier: 0BSD
 *
 * In: a run, training data, perhaps test data. Out: the run, trained to options.epochs. An epoch is: a new order of
 * the training rows, a step for each batch of them (steps.c), the validation loss, and early stopping's decision. All
 * of it is a function of the data, the options, the seed and the epoch's number, so a run that is saved after an
 * epoch and resumed goes on exactly as it would have. */
#define _POSIX_C_SOURCE 200809L
#include "train/full_batch.h"
#include "train/steps.h"
#include "train/traced.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef struct trainer {
  nn_run *run;
  const nn_data *data, *test;
  nn_report_fn *report;
  void *context;
  nn_error *error;
  nn_workers workers;
  size_t *rows, *order; /* the training rows, ascending; in this epoch's order */
  size_t *held;         /* the rows held out, ascending */
  size_t count, held_count;
  double *losses, *sums, *seen; /* of each loss: mean, sum of loss times rows, rows */
  double *validate, *test_values;
  double begun;
  nn_full_batch full; /* of a model with a full-batch method */
  nn_end end;         /* its end, or NN_GOES_ON */
} trainer;

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* ---- orders ---- */

enum { STREAM_SPLIT = 0x5350, STREAM_SHUFFLE = 0x5348 }; /* so that draws for one purpose are not those of another */

/* A number 0 <= r < limit that follows from these numbers alone. */
static size_t draw_below(size_t limit, uint64_t seed, uint32_t stream, uint32_t epoch, size_t index) {
  uint32_t counter[4] = {(uint32_t)index, (uint32_t)((uint64_t)index >> 32), epoch, stream};
  uint32_t key[2] = {(uint32_t)seed, (uint32_t)(seed >> 32)}, word[4];
  nn_philox(counter, key, word);
  uint64_t bits = (uint64_t)word[1] << 32 | word[0];
  return (size_t)((double)(bits >> 11) * 0x1p-53 * (double)limit);
}

static void shuffle(size_t *rows, size_t count, uint64_t seed, uint32_t stream,
                    uint32_t epoch) { /* Fisher and Yates 1938 */
  for (size_t k = count; k-- > 1;) {
    size_t other = draw_below(k + 1, seed, stream, epoch, k), row = rows[k];
    rows[k] = rows[other];
    rows[other] = row;
  }
}

static int ascending(const void *a, const void *b) {
  size_t x = *(const size_t *)a, y = *(const size_t *)b;
  return (x > y) - (x < y);
}

/* The first rows of a shuffled list are held out; at least one row each for training and validation. */
static int split(trainer *t) {
  size_t rows = t->data->rows;
  double share = t->run->options.validate;
  t->rows = malloc(rows * sizeof *t->rows);
  t->order = malloc(rows * sizeof *t->order);
  if (!t->rows || !t->order) return nn_out_of_memory(t->error, 2 * rows * sizeof *t->rows);
  for (size_t k = 0; k < rows; k++) t->rows[k] = k;
  if (share > 0 && rows < 2)
    return nn_fail(t->error, NN_BAD_DATA, "1 row cannot be split into training and validation");
  if (share > 0) {
    t->held_count = (size_t)floor(share * (double)rows + 0.5);
    if (t->held_count < 1) t->held_count = 1;
    if (t->held_count > rows - 1) t->held_count = rows - 1;
    shuffle(t->rows, rows, t->run->seed, STREAM_SPLIT, 0);
    qsort(t->rows, t->held_count, sizeof *t->rows, ascending);
    qsort(t->rows + t->held_count, rows - t->held_count, sizeof *t->rows, ascending);
  }
  t->held = t->rows;
  t->count = rows - t->held_count;
  return 0;
}

/* ---- an epoch ---- */

static const char *const ends[NN_ENDS] = {
  [NN_CONVERGED] = "no element of the gradient is above tol",
  [NN_STUCK] = "no step lowers the loss any more",
};

static nn_full_progress full_progress(const trainer *t) {
  const nn_minimizer *m = &t->full.minimizer;
  int raised = t->end == NN_STUCK && (t->run->model->maximized & 1);
  return (nn_full_progress){m->gradient, m->length, m->evaluations, m->products,
                            raised ? "no step raises the loss any more" : ends[t->end]};
}

static int report(trainer *t, size_t done, int ended, int stops) {
  const nn_model *model = t->run->model;
  if (!t->report) return 0;
  for (int k = 0; k < model->nlosses; k++) t->losses[k] = t->seen[k] > 0 ? t->sums[k] / t->seen[k] : (double)NAN;
  nn_progress progress = {.run = t->run,
                          .epoch = t->run->epoch + !ended,
                          .done = done,
                          .rows = t->count,
                          .ended = ended,
                          .losses = t->losses,
                          .stops = stops,
                          .seconds = now() - t->begun};
  if (ended && t->held_count) progress.validate = t->validate;
  if (ended && t->test) progress.test = t->test_values;
  nn_full_progress full = full_progress(t);
  if (ended && model->full) progress.full = &full;
  return t->report(t->context, &progress, t->error);
}

static int not_finite(trainer *t, int epoch, const char *what, const char *name, float value) {
  char text[40];
  nn_number_print(text, sizeof text, 9, (double)value);
  return nn_fail(t->error, NN_BAD_DATA,
                 "training stopped in epoch %d, step %llu: %s %s is %s (a smaller learning rate may help; a program "
                 "that nnc --trace-nan made says where it comes from)",
                 epoch, (unsigned long long)nn_run_step(t->run), what, name, text);
}

static int train_batch(trainer *t, size_t first, int n) {
  const nn_model *model = t->run->model;
  nn_step step = {t->run, t->data, &t->workers, t->order + first, n, {{0, 0}}, 0};
  uint64_t number = nn_run_step(t->run);
  nn_step_run(&step);
  if (nn_step_traced(&step, number, t->run->epoch + 1, t->error)) return -1;
  for (int k = 0; k < step.count; k++) {
    int loss = step.losses[k].loss;
    float value = step.losses[k].value;
    if (!isfinite(value)) return not_finite(t, t->run->epoch + 1, "loss", model->losses[loss].name, value);
    t->sums[loss] += (double)value * n;
    t->seen[loss] += n;
  }
  return 0;
}

/* Where states go on from batch to batch, row i of each batch continues row i of the one before: the rows are cut into
 * as many runs as a batch has rows. What is left over at the end is left out. */
static size_t order_in_runs(trainer *t, size_t batch) {
  size_t runs = t->count < batch ? t->count : batch, steps = t->count / runs;
  for (size_t k = 0; k < steps; k++)
    for (size_t i = 0; i < runs; i++) t->order[k * runs + i] = t->rows[t->held_count + i * steps + k];
  return steps * runs;
}

static int train_rows(trainer *t) {
  const nn_run *run = t->run;
  size_t batch = (size_t)run->options.batch, count = t->count;
  memcpy(t->order, t->rows + t->held_count, t->count * sizeof *t->order);
  nn_run_restart(t->run);
  if (run->model->carried) count = order_in_runs(t, batch);
  else if (run->options.shuffle) shuffle(t->order, t->count, run->seed, STREAM_SHUFFLE, (uint32_t)run->epoch);
  memset(t->sums, 0, (size_t)run->model->nlosses * sizeof *t->sums);
  memset(t->seen, 0, (size_t)run->model->nlosses * sizeof *t->seen);
  for (size_t first = 0; first < count; first += batch) {
    size_t n = count - first < batch ? count - first : batch;
    if (train_batch(t, first, (int)n)) return -1;
    int result = report(t, first + n, 0, 0);
    if (result) return result;
  }
  return 0;
}

/* Full-batch methods compute in double; the same in float, a batch at a time, looks back. */
static int trace_full(trainer *t, int loss) {
  const nn_model *model = t->run->model;
  nn_worker *worker = &t->workers.worker[0];
  float *grad = model->trace ? nn_memory_aligned(model->param_floats * sizeof *grad) : NULL;
  nn_traced_when when = {1, 0, NULL, t->rows + t->held_count, 0};
  int result = 0;
  for (; grad && !result && when.first < t->count; when.first += (size_t)model->batch) {
    size_t left = t->count - when.first;
    int n = left < (size_t)model->batch ? (int)left : model->batch;
    nn_data_gather(t->data, &t->run->encoding, model->losses[loss].inputs, when.rows, when.first, n, worker->in);
    model->losses[loss].grad(nn_run_parameters(t->run), nn_run_states(t->run), grad, NULL, worker->work, n,
                             (const void *const *)worker->in, t->run->seed, 0);
    if (nn_traced_found(model, worker->work)) result = nn_traced_fail(model, worker->work, &when, t->error);
  }
  free(grad);
  return result;
}

static int train_full(trainer *t) {
  int loss = t->run->model->objectives[0].loss;
  t->end = nn_full_batch_step(&t->full);
  if (t->end == NN_NOT_FINITE && trace_full(t, loss)) return -1;
  if (t->end == NN_NOT_FINITE)
    return nn_fail(t->error, NN_BAD_DATA, "loss %s or its gradient is not finite at the initial parameters",
                   t->run->model->losses[loss].name);
  t->sums[loss] = nn_full_batch_sign(&t->full) * t->full.minimizer.value;
  t->seen[loss] = 1;
  return 0;
}

/* The last step's loss was finite, but what it did to the parameters is seen only by the next. */
static int check_parameters(trainer *t) {
  const nn_model *model = t->run->model;
  const float *param = nn_run_parameters(t->run);
  for (int k = 0; k < model->nparams; k++)
    for (size_t i = 0; i < model->params[k].count; i++)
      if (!isfinite(param[model->params[k].offset + i]))
        return not_finite(t, t->run->epoch + 1, "parameter", model->params[k].name, param[model->params[k].offset + i]);
  return 0;
}

/* Early stopping: the best validation loss so far (the lowest; the highest of what is maximized) is kept; after
 * `patience` epochs without a better one it is over. */
static int judge(trainer *t) {
  nn_run *run = t->run;
  if (!t->held_count) return 0;
  int loss = run->model->objectives[0].loss;
  double value = t->validate[loss];
  if (!isfinite(value))
    return not_finite(t, run->epoch, "validation loss", run->model->losses[loss].name, (float)value);
  int higher = (run->model->maximized & 1) && !isinf(run->best);
  if (higher ? value > run->best : value < run->best) {
    run->best = value;
    run->best_epoch = run->epoch;
    run->bad_epochs = 0;
    if (run->kept) nn_run_keep(run);
  } else {
    run->bad_epochs++;
  }
  return 0;
}

static int exhausted(const nn_run *run) {
  return run->options.patience > 0 && run->bad_epochs >= run->options.patience;
}

static int judge_epoch(trainer *t) {
  nn_run *run = t->run;
  if (t->held_count && nn_evaluate_rows(run, &t->workers, t->data, t->held, t->held_count, t->validate, t->error))
    return -1;
  if (judge(t)) return -1;
  return t->test ? nn_evaluate_rows(run, &t->workers, t->test, NULL, t->test->rows, t->test_values, t->error) : 0;
}

static int train_epoch(trainer *t) {
  nn_run *run = t->run;
  t->begun = now();
  int result = t->run->model->full ? train_full(t) : train_rows(t);
  if (result) return result;
  if (check_parameters(t)) return -1;
  run->epoch++;
  nn_run_exchange_averages(run); /* what is judged and kept is the average, where there is one */
  result = judge_epoch(t);
  nn_run_exchange_averages(run);
  if (result) return result;
  return report(t, t->count, 1, (exhausted(run) || t->end) && run->epoch < run->options.epochs);
}

/* ---- beginning and end ---- */

static int check_options(const nn_run *run, const nn_data *data, nn_error *error) {
  const nn_model *model = run->model;
  const nn_train_options *o = &run->options;
  if (!model->nobjectives)
    return nn_fail(error, NN_BAD_USAGE, "%s has no minimize statement: there is nothing to train", model->name);
  if (o->batch < 1 || o->threads < 1 || o->epochs < 0 || o->patience < 0 || !(o->validate >= 0 && o->validate < 1))
    return nn_fail(error, NN_BAD_USAGE,
                   "batch and threads must be at least 1, epochs and patience at least 0, validate 0 to 1");
  if (o->patience > 0 && !(o->validate > 0))
    return nn_fail(error, NN_BAD_USAGE,
                   "patience needs a validation loss: hold out a share of the rows, as with validate 0.1");
  if ((model->flags & NN_COUPLED) && o->batch > model->batch)
    return nn_fail(error, NN_BAD_USAGE,
                   "a loss of %s looks across the batch, which cannot be cut: batch is %d, expected at most %d",
                   model->name, o->batch, model->batch);
  if (nn_inputs_to_train(model) & ~data->given)
    return nn_fail(error, NN_BAD_USAGE, "the data lack an input that training needs");
  return 0;
}

static int start(trainer *t) {
  nn_run *run = t->run;
  const nn_model *model = run->model;
  size_t values = (size_t)(model->nlosses + model->nmetrics) + 1;
  double *block = calloc(5 * values, sizeof *block);
  if (!block) return nn_out_of_memory(t->error, 5 * values * sizeof *block);
  t->losses = block, t->sums = block + values, t->seen = block + 2 * values;
  t->validate = block + 3 * values, t->test_values = block + 4 * values;
  if (split(t)) return -1;
  if (nn_encoding_standardize(&run->encoding, t->data, model->train.standardize, t->rows + t->held_count, t->count,
                              t->error))
    return -1;
  if (nn_encoding_check(&run->encoding, t->data, t->error)) return -1;
  if (t->test && nn_encoding_check(&run->encoding, t->test, t->error)) return -1;
  size_t kept = (model->param_floats + model->state_floats + 1) * sizeof *run->kept;
  if (run->options.patience > 0 && !run->kept) {
    if (!(run->kept = nn_memory_aligned(kept))) return nn_out_of_memory(t->error, kept);
    nn_run_keep(run);
    run->best = INFINITY;
    run->best_epoch = run->bad_epochs = 0;
  }
  if (run->options.patience == 0 && run->kept) {
    free(run->kept);
    run->kept = NULL;
  }
  int threads = model->flags & NN_COUPLED ? 1 : run->options.threads;
  if (nn_workers_open(&t->workers, model, threads, !model->full, t->error)) return -1;
  if (!model->full) return 0;
  return nn_full_batch_open(&t->full, run, t->data, &t->workers, t->rows + t->held_count, t->count, t->error);
}

static int train_epochs(trainer *t) {
  int result = 0;
  while (!result && t->run->epoch < t->run->options.epochs && !exhausted(t->run) && !t->end) result = train_epoch(t);
  return result < 0 ? -1 : 0;
}

/* Without early stopping the averages are what training comes to: they become the best, the parameters the last. */
static int keep_averages(trainer *t) {
  nn_run *run = t->run;
  const nn_model *model = run->model;
  size_t size = (model->param_floats + model->state_floats + 1) * sizeof *run->kept;
  if (run->kept || !nn_run_exchange_averages(run)) return 0;
  run->kept = nn_memory_aligned(size);
  if (run->kept) nn_run_keep(run);
  nn_run_exchange_averages(run);
  return run->kept ? 0 : nn_out_of_memory(t->error, size);
}

int nn_train(nn_run *run, const nn_data *data, const nn_data *test, nn_report_fn *report_to, void *context,
             nn_error *error) {
  trainer t = {.run = run,
               .full = {.run = run},
               .data = data,
               .test = test,
               .report = report_to,
               .context = context,
               .error = error};
  if (check_options(run, data, error)) return -1;
  if (run->restored) nn_run_exchange_kept(run);
  int result = start(&t);
  if (!result) result = train_epochs(&t);
  if (!result) result = keep_averages(&t);
  if (!result && run->kept) nn_run_exchange_kept(run);
  nn_full_batch_close(&t.full);
  nn_workers_close(&t.workers);
  free(t.losses);
  free(t.rows);
  free(t.order);
  return result;
}
