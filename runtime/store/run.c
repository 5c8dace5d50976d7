/* run.c: a model in memory, and what its training has come to. SPDX-License-Identifier: 0BSD
 *
 * In: a reflection table and a seed. Out: the model's struct with its initial parameters, reached through the table's
 * offsets, and beside it what is not the model's own: epochs done, early stopping's best, how inputs are encoded. */
#include "store/store.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const size_t absent = (size_t)-1;

static float *floats_at(const nn_run *run, size_t offset) {
  return offset == absent ? NULL : (float *)((char *)run->memory + offset);
}

float *nn_run_parameters(const nn_run *run) { return floats_at(run, run->model->param); }
float *nn_run_states(const nn_run *run) { return floats_at(run, run->model->state); }
float *nn_run_slots(const nn_run *run) { return floats_at(run, run->model->slots); }

uint64_t nn_run_step(const nn_run *run) {
  uint64_t step = 0;
  if (run->model->step != absent) memcpy(&step, (char *)run->memory + run->model->step, sizeof step);
  return step;
}

void nn_run_set_position(nn_run *run, uint64_t seed, uint64_t step) {
  run->seed = seed;
  if (run->model->step != absent) memcpy((char *)run->memory + run->model->step, &step, sizeof step);
  if (run->model->seed != absent) memcpy((char *)run->memory + run->model->seed, &seed, sizeof seed);
}

int nn_run_open(nn_run *run, const nn_model *model, uint64_t seed, nn_error *error) {
  *run = (nn_run){.model = model, .seed = seed, .best = INFINITY};
  run->options = (nn_train_options){.epochs = model->train.epochs > 0 ? model->train.epochs : 1,
                                    .batch = model->train.batch > 0 ? model->train.batch : model->batch,
                                    .threads = 1,
                                    .patience = model->train.patience,
                                    .shuffle = model->train.shuffle,
                                    .validate = model->train.validate};
  if (model->abi != NN_ABI)
    return nn_fail(error, NN_BAD_USAGE,
                   "%s was generated for version %u of the runtime, this is version %d: generate it again", model->name,
                   (unsigned)model->abi, NN_ABI);
  if (model->ninputs > NN_MAX_INPUTS)
    return nn_fail(error, NN_BAD_USAGE, "%s has %d inputs, expected at most %d", model->name, model->ninputs,
                   NN_MAX_INPUTS);
  if (!(run->memory = nn_memory_aligned(model->size))) return nn_out_of_memory(error, model->size);
  model->init(run->memory, seed);
  if (!model->carried) return 0;
  if (!(run->start = malloc(2 * model->state_floats * sizeof(float))))
    return nn_out_of_memory(error, model->state_floats);
  memcpy(run->start, nn_run_states(run), model->state_floats * sizeof(float));
  return 0;
}

void nn_run_close(nn_run *run) {
  free(run->memory);
  free(run->kept);
  free(run->start);
  run->start = NULL;
  run->memory = NULL;
  run->kept = NULL;
  nn_encoding_free(&run->encoding);
}

/* ---- states that go on from batch to batch ---- */

static void restart(const nn_run *run, float *states) {
  for (int k = 0; k < run->model->nstates; k++) {
    const nn_array *array = &run->model->states[k];
    if (run->model->carried >> k & 1)
      memcpy(states + array->offset, run->start + array->offset, array->count * sizeof *states);
  }
}

void nn_run_restart(nn_run *run) {
  if (run->model->carried) restart(run, nn_run_states(run));
}

const float *nn_run_fixed_states(const nn_run *run) {
  if (!run->model->carried) return nn_run_states(run);
  float *fixed = run->start + run->model->state_floats;
  memcpy(fixed, nn_run_states(run), run->model->state_floats * sizeof *fixed);
  restart(run, fixed);
  return fixed;
}

/* ---- early stopping's copy: parameters, then states ---- */

void nn_run_keep(nn_run *run) {
  const nn_model *model = run->model;
  memcpy(run->kept, nn_run_parameters(run), model->param_floats * sizeof(float));
  if (model->state_floats)
    memcpy(run->kept + model->param_floats, nn_run_states(run), model->state_floats * sizeof(float));
}

static void exchange(float *a, float *b, size_t count) {
  for (size_t k = 0; k < count; k++) {
    float value = a[k];
    a[k] = b[k];
    b[k] = value;
  }
}

void nn_run_exchange_kept(nn_run *run) {
  exchange(nn_run_parameters(run), run->kept, run->model->param_floats);
  if (run->model->state_floats)
    exchange(nn_run_states(run), run->kept + run->model->param_floats, run->model->state_floats);
  run->restored = !run->restored;
}

/* ---- averages of parameters ---- */

/* The parameter of which an optimizer's state is the average: that of "ema.average.h.W" is "h.W". NULL: of none. */
static const nn_array *averaged(const nn_model *model, const nn_array *slot) {
  static const char mark[] = ".average.";
  const char *dot = strchr(slot->name, '.');
  if (!dot || strncmp(dot, mark, strlen(mark)) != 0) return NULL;
  for (int k = 0; k < model->nparams; k++)
    if (!strcmp(model->params[k].name, dot + strlen(mark))) return &model->params[k];
  return NULL;
}

int nn_run_exchange_averages(nn_run *run) {
  int found = 0;
  for (int k = 0; k < run->model->nslots && nn_run_step(run) > 0; k++) {
    const nn_array *slot = &run->model->slot[k], *param = averaged(run->model, slot);
    if (!param || param->count != slot->count) continue;
    exchange(nn_run_parameters(run) + param->offset, nn_run_slots(run) + slot->offset, slot->count);
    found++;
  }
  return found;
}

/* ---- optimizers' arguments ---- */

static const char *last_part(const char *name) {
  const char *dot = strrchr(name, '.');
  return dot ? dot + 1 : name;
}

/* The argument of this name; else the only one whose last part it is. -1: none, -2: several. */
static int find_hyper(const nn_model *model, const char *name) {
  int found = -1;
  for (int k = 0; k < model->nhypers; k++)
    if (!strcmp(model->hypers[k].name, name)) return k;
  for (int k = 0; k < model->nhypers; k++)
    if (!strcmp(last_part(model->hypers[k].name), name)) found = found == -1 ? k : -2;
  return found;
}

int nn_run_set(nn_run *run, const char *name, float value, nn_error *error) {
  const nn_model *model = run->model;
  int k = find_hyper(model, name);
  if (k < 0) {
    const char *names[64] = {NULL};
    int count = model->nhypers < 64 ? model->nhypers : 64;
    char hint[500];
    for (int i = 0; i < count; i++) names[i] = model->hypers[i].name;
    nn_suggest(hint, sizeof hint, name, names, count);
    return nn_fail(error, NN_BAD_USAGE,
                   k == -2 ? "'%s' is an argument of several optimizers%s" : "no optimizer has an argument '%s'%s",
                   name, hint);
  }
  if (model->hypers[k].offset == NN_NOT_SETTABLE)
    return nn_fail(error, NN_BAD_USAGE, "'%s' cannot be set: the model computes it from the step",
                   model->hypers[k].name);
  if (!isfinite(value)) return nn_fail(error, NN_BAD_USAGE, "'%s' must be a finite number", model->hypers[k].name);
  memcpy((char *)run->memory + model->hypers[k].offset, &value, sizeof value);
  return 0;
}
