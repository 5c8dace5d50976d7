/* checkpoint.c: a run in a file and back. SPDX-License-Identifier: 0BSD
 *
 * In: a run. Out: a safetensors file whose plain tensors are the parameters that a user wants (the best ones, where
 * there is patience), and whose other tensors and metadata are what a resume needs to go on as if it had never
 * stopped. And the way back, in two passes over the same table: everything is checked before anything is changed.
 *
 *   h.W, h.b            parameters         @last.h.W, @last.@state.n   the last epoch's, with patience or averages
 *   @state.n            states             @standardize.x.mean, ...    encoding of inputs
 *   @slot.adam.m.h.W    optimizer state    __metadata__                hash, seed, step, epoch, options, ... */
#include "store/store.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FORMAT        "1"
#define LARGEST_FLOAT 3.4028235e38              /* FLT_MAX, as nine digits print it */
#define MOST_STEPS    ((UINT64_C(1) << 40) - 1) /* beyond, draws would repeat: NN_STREAM */

/* ---- saving ---- */

static void print_count(nn_piece_list *list, const char *name, uint64_t value) {
  char text[24];
  snprintf(text, sizeof text, "%" PRIu64, value);
  nn_pieces_fact(list, name, text);
}

static void print_real(nn_piece_list *list, const char *name, int digits, double value) {
  char text[40];
  nn_number_print(text, sizeof text, digits, value);
  nn_pieces_fact(list, name, text);
}

static void add_hypers(nn_piece_list *list, const nn_run *run) {
  for (int k = 0; k < run->model->nhypers; k++) {
    const nn_hyper *hyper = &run->model->hypers[k];
    char name[160];
    float value;
    if (hyper->offset == NN_NOT_SETTABLE) continue;
    memcpy(&value, (char *)run->memory + hyper->offset, sizeof value);
    snprintf(name, sizeof name, "hyper.%s", hyper->name);
    print_real(list, name, 9, (double)value);
  }
}

static void add_vocabularies(nn_piece_list *list, const nn_run *run) {
  for (int k = 0; k < run->model->ninputs; k++) {
    const nn_vocabulary *vocabulary = &run->encoding.vocabulary[k];
    nn_text text = {.size = 0};
    char name[160];
    if (!vocabulary->count) continue;
    for (int i = 0; i < vocabulary->count; i++) nn_text_add_letter(&text, vocabulary->letters[i]);
    snprintf(name, sizeof name, "vocabulary.%s", run->model->inputs[k].name);
    if (!text.failed) nn_pieces_fact(list, name, text.data);
    list->failed |= text.failed;
    free(text.data);
  }
}

static void add_facts(nn_piece_list *list, const nn_run *run) {
  char hash[24];
  snprintf(hash, sizeof hash, "%016" PRIx64, run->model->hash);
  nn_pieces_fact(list, "nnc", FORMAT);
  nn_pieces_fact(list, "model", run->model->name);
  nn_pieces_fact(list, "hash", hash);
  print_count(list, "seed", run->seed);
  print_count(list, "step", nn_run_step(run));
  print_count(list, "epoch", (uint64_t)run->epoch);
  print_real(list, "best", 17, run->best);
  print_count(list, "best_epoch", (uint64_t)run->best_epoch);
  print_count(list, "bad_epochs", (uint64_t)run->bad_epochs);
  print_count(list, "batch", (uint64_t)run->options.batch);
  print_count(list, "threads", (uint64_t)run->options.threads);
  print_count(list, "patience", (uint64_t)run->options.patience);
  print_count(list, "shuffle", (uint64_t)run->options.shuffle);
  print_real(list, "validate", 17, run->options.validate);
  add_hypers(list, run);
  add_vocabularies(list, run);
}

static void add_moments(nn_piece_list *list, const nn_input *input, const char *suffix, const float *values) {
  nn_piece *piece = values ? nn_pieces_add(list, "@standardize.", input->name, suffix) : NULL;
  if (!piece) return;
  piece->rank = input->rank;
  for (int axis = 0; axis < input->rank; axis++) piece->shape[axis] = (uint64_t)input->shape[axis];
  piece->data = values;
  piece->size = input->count * sizeof(float);
}

int nn_checkpoint_save(const char *file, const nn_run *run, nn_error *error) {
  const nn_model *model = run->model;
  nn_piece_list list = {.count = 0};
  const float *param = nn_run_parameters(run), *state = nn_run_states(run);
  const float *other = run->kept, *other_state = other ? other + model->param_floats : NULL;
  int kept_is_best = run->kept && !run->restored;
  add_facts(&list, run);
  nn_pieces_add_arrays(&list, "", model->params, model->nparams, kept_is_best ? other : param);
  nn_pieces_add_arrays(&list, "@state.", model->states, model->nstates, kept_is_best ? other_state : state);
  nn_pieces_add_arrays(&list, "@slot.", model->slot, model->nslots, nn_run_slots(run));
  if (run->kept) {
    nn_pieces_add_arrays(&list, "@last.", model->params, model->nparams, kept_is_best ? param : other);
    nn_pieces_add_arrays(&list, "@last.@state.", model->states, model->nstates, kept_is_best ? state : other_state);
  }
  for (int k = 0; k < model->ninputs; k++) {
    add_moments(&list, &model->inputs[k], ".mean", run->encoding.mean[k]);
    add_moments(&list, &model->inputs[k], ".deviation", run->encoding.deviation[k]);
  }
  int result = nn_pieces_write(file, &list, error);
  nn_pieces_free(&list);
  return result;
}

/* ---- loading ---- */

typedef struct loading {
  const char *file;
  nn_run *run;
  nn_tensors tensors;
  int what, ours, last; /* ours: the file has our metadata; last: it has @last tensors */
  int used;             /* tensors that have a place in the model */
  int copy;             /* second pass */
  float *kept;
  nn_encoding encoding;
  nn_error *error;
} loading;

static int refuse(const loading *l, const char *name, const char *what) {
  const char *model = nn_tensors_fact(&l->tensors, "model");
  int other = model && strcmp(model, l->run->model->name);
  return nn_fail(l->error, NN_BAD_DATA, "%s: tensor %.150s %s%s%.100s%s", l->file, name, what,
                 other ? " (a checkpoint of model " : "", other ? model : "", other ? ")" : "");
}

static float float_at(const loading *l, const nn_tensor *tensor, size_t index) {
  float value;
  memcpy(&value, l->tensors.data + tensor->begin + index * sizeof value, sizeof value);
  return value;
}

static int check_tensor(const loading *l, const nn_tensor *tensor, const char *name, int rank, const int32_t *shape) {
  char what[400], expected[120], found[220];
  if (!tensor) return refuse(l, name, "is missing");
  if (strcmp(tensor->type, "F32")) {
    snprintf(what, sizeof what, "is of type %s, expected F32", tensor->type);
    return refuse(l, name, what);
  }
  int same = tensor->rank == rank;
  for (int k = 0; k < rank && same; k++) same = tensor->shape[k] == (uint64_t)shape[k];
  if (!same) {
    size_t used = (size_t)snprintf(found, sizeof found, "[");
    for (int k = 0; k < tensor->rank; k++)
      used += (size_t)snprintf(found + used, sizeof found - used, "%s%" PRIu64, k ? "," : "", tensor->shape[k]);
    nn_print_shape(expected, sizeof expected, rank, shape);
    snprintf(what, sizeof what, "has shape %s], expected %s", found, expected);
    return refuse(l, name, what);
  }
  for (size_t k = 0; k < tensor->size / sizeof(float); k++) {
    if (isfinite(float_at(l, tensor, k))) continue;
    snprintf(what, sizeof what, "has a value that is not finite, element %zu", k);
    return refuse(l, name, what);
  }
  return 0;
}

/* First pass: a tensor of that name is there and fits. Second: it is copied to `to`, unless that is NULL. */
static int take(loading *l, const char *name, int rank, const int32_t *shape, float *to) {
  const nn_tensor *tensor = nn_tensors_find(&l->tensors, name);
  if (!l->copy) {
    l->used++;
    return check_tensor(l, tensor, name, rank, shape);
  }
  if (to && tensor->size) memcpy(to, l->tensors.data + tensor->begin, tensor->size);
  return 0;
}

static int take_arrays(loading *l, const char *prefix, const nn_array *arrays, int count, float *base) {
  for (int k = 0; k < count; k++) {
    char name[300];
    snprintf(name, sizeof name, "%s%s", prefix, arrays[k].name);
    if (take(l, name, arrays[k].rank, arrays[k].shape, base ? base + arrays[k].offset : NULL)) return -1;
  }
  return 0;
}

/* Values are divided by these. */
static int check_deviations(const loading *l, const char *name) {
  const nn_tensor *tensor = nn_tensors_find(&l->tensors, name);
  char what[160], text[40];
  for (size_t k = 0; k < tensor->size / sizeof(float); k++) {
    if (float_at(l, tensor, k) > 0) continue;
    nn_number_print(text, sizeof text, 9, (double)float_at(l, tensor, k));
    snprintf(what, sizeof what, "has a deviation of %s, element %zu, expected one above 0", text, k);
    return refuse(l, name, what);
  }
  return 0;
}

static int take_moments(loading *l, const nn_input *input, const char *suffix, float **to) {
  char name[300];
  snprintf(name, sizeof name, "@standardize.%s.%s", input->name, suffix);
  if (!nn_tensors_find(&l->tensors, name)) return 0;
  if (l->copy && !(*to = malloc(input->count * sizeof **to)))
    return nn_out_of_memory(l->error, input->count * sizeof **to);
  if (take(l, name, input->rank, input->shape, *to)) return -1;
  return !l->copy && !strcmp(suffix, "deviation") ? check_deviations(l, name) : 0;
}

static int take_encoding(loading *l) {
  const nn_model *model = l->run->model;
  for (int k = 0; k < model->ninputs; k++) {
    char mean[300], deviation[300];
    snprintf(mean, sizeof mean, "@standardize.%s.mean", model->inputs[k].name);
    snprintf(deviation, sizeof deviation, "@standardize.%s.deviation", model->inputs[k].name);
    int has_mean = nn_tensors_find(&l->tensors, mean) != NULL;
    if (has_mean != (nn_tensors_find(&l->tensors, deviation) != NULL))
      return refuse(l, has_mean ? deviation : mean, "is missing");
    if (take_moments(l, &model->inputs[k], "mean", &l->encoding.mean[k]) ||
        take_moments(l, &model->inputs[k], "deviation", &l->encoding.deviation[k]))
      return -1;
  }
  return 0;
}

/* With patience, or where the parameters were averaged, training went on from others than the best. */
static int has_last(const loading *l) {
  const nn_model *model = l->run->model;
  const char *patience = nn_tensors_fact(&l->tensors, "patience");
  char name[600];
  if (!model->nparams || !l->ours || !patience) return 0;
  snprintf(name, sizeof name, "@last.%s", model->params[0].name);
  return strcmp(patience, "0") != 0 || nn_tensors_find(&l->tensors, name);
}

/* The whole file, against the model or into it. The plain names are the best where there is a last. */
static int take_all(loading *l) {
  const nn_run *run = l->run;
  const nn_model *model = run->model;
  int all = l->what == NN_LOAD_ALL, best_apart = all && l->last;
  float *param = nn_run_parameters(run), *state = nn_run_states(run);
  float *kept_state = l->kept ? l->kept + model->param_floats : NULL;
  if (take_encoding(l)) return -1; /* first: it alone can lack memory */
  if (take_arrays(l, "", model->params, model->nparams, best_apart ? l->kept : param)) return -1;
  if (l->ours && take_arrays(l, "@state.", model->states, model->nstates, best_apart ? kept_state : state)) return -1;
  if (l->ours && take_arrays(l, "@slot.", model->slot, model->nslots, all ? nn_run_slots(run) : NULL)) return -1;
  if (l->last && take_arrays(l, "@last.", model->params, model->nparams, all ? param : NULL)) return -1;
  return l->last ? take_arrays(l, "@last.@state.", model->states, model->nstates, all ? state : NULL) : 0;
}

/* ---- metadata ---- */

static int bad_fact(const loading *l, const char *name, const char *value, const char *expected) {
  if (!value) return nn_fail(l->error, NN_BAD_DATA, "%s: its metadata lacks %s", l->file, name);
  return nn_fail(l->error, NN_BAD_DATA, "%s: its metadata has %s '%.60s', expected %s", l->file, name, value, expected);
}

static int whole_fact(const loading *l, const char *name, uint64_t least, uint64_t most, uint64_t *value) {
  const char *text = nn_tensors_fact(&l->tensors, name);
  char expected[80];
  if (text && nn_number_parse_whole(text, most, value) && *value >= least) return 0;
  *value = 0;
  snprintf(expected, sizeof expected, "a whole number %" PRIu64 " to %" PRIu64, least, most);
  return bad_fact(l, name, text, expected);
}

static int real_fact(const loading *l, const char *name, double least, double most, double *value) {
  const char *text = nn_tensors_fact(&l->tensors, name);
  char expected[120], from[40], to[40];
  if (text && nn_number_parse(text, text + strlen(text), value) && *value >= least && *value <= most) return 0;
  nn_number_print(from, sizeof from, 8, least);
  nn_number_print(to, sizeof to, 8, most);
  snprintf(expected, sizeof expected, "a number %s to %s", from, to);
  return bad_fact(l, name, text, expected);
}

static int check_identity(loading *l) {
  const char *format = nn_tensors_fact(&l->tensors, "nnc"), *hash = nn_tensors_fact(&l->tensors, "hash");
  char expected[24];
  if (!format) return 0;
  l->ours = 1;
  if (strcmp(format, FORMAT))
    return nn_fail(l->error, NN_BAD_DATA, "%s: checkpoint of format %.20s, expected " FORMAT, l->file, format);
  snprintf(expected, sizeof expected, "%016" PRIx64, l->run->model->hash);
  if (hash && !strcmp(hash, expected)) return 0;
  const char *name = nn_tensors_fact(&l->tensors, "model");
  return nn_fail(l->error, NN_BAD_DATA,
                 "%s: checkpoint of another model, '%.100s' with hash %.20s, expected '%s' with hash %s: "
                 "names, shapes, inputs or optimizers differ",
                 l->file, name ? name : "?", hash ? hash : "(none)", l->run->model->name, expected);
}

static int read_vocabulary(loading *l, int input) {
  char name[300];
  nn_vocabulary *vocabulary = &l->encoding.vocabulary[input];
  int classes = l->run->model->inputs[input].classes;
  snprintf(name, sizeof name, "vocabulary.%s", l->run->model->inputs[input].name);
  const char *text = nn_tensors_fact(&l->tensors, name);
  if (!text) return 0;
  const unsigned char *at = (const unsigned char *)text, *end = at + strlen(text);
  vocabulary->letters = malloc((size_t)(end - at + 1) * sizeof *vocabulary->letters);
  if (!vocabulary->letters) return nn_out_of_memory(l->error, strlen(text));
  while (at < end) {
    uint32_t letter = nn_letter_next(&at, end);
    if (vocabulary->count && letter <= vocabulary->letters[vocabulary->count - 1])
      return bad_fact(l, name, text, "characters in ascending order");
    vocabulary->letters[vocabulary->count++] = letter;
  }
  return vocabulary->count <= classes ? 0 : bad_fact(l, name, text, "no more characters than the input has classes");
}

static int read_hypers(const loading *l, float *values) {
  for (int k = 0; k < l->run->model->nhypers; k++) {
    char name[300];
    double value = 0;
    snprintf(name, sizeof name, "hyper.%s", l->run->model->hypers[k].name);
    if (l->run->model->hypers[k].offset != NN_NOT_SETTABLE && real_fact(l, name, -LARGEST_FLOAT, LARGEST_FLOAT, &value))
      return -1;
    values[k] = (float)value;
  }
  return 0;
}

static int read_position(const loading *l, nn_run *to, uint64_t *seed, uint64_t *step) {
  uint64_t epoch, best_epoch, bad_epochs, batch, threads, patience, shuffle;
  if (whole_fact(l, "seed", 0, UINT64_MAX, seed) || whole_fact(l, "step", 0, MOST_STEPS, step) ||
      whole_fact(l, "epoch", 0, INT32_MAX, &epoch) || real_fact(l, "best", -INFINITY, INFINITY, &to->best) ||
      whole_fact(l, "best_epoch", 0, epoch, &best_epoch) || whole_fact(l, "bad_epochs", 0, epoch, &bad_epochs) ||
      whole_fact(l, "batch", 1, INT32_MAX, &batch) || whole_fact(l, "threads", 1, 1024, &threads) ||
      whole_fact(l, "patience", 0, INT32_MAX, &patience) || whole_fact(l, "shuffle", 0, 1, &shuffle) ||
      real_fact(l, "validate", 0, 1 - 0x1p-53, &to->options.validate))
    return -1;
  to->epoch = (int)epoch;
  to->best_epoch = (int)best_epoch;
  to->bad_epochs = (int)bad_epochs;
  to->options.batch = (int)batch;
  to->options.threads = (int)threads;
  to->options.patience = (int)patience;
  to->options.shuffle = (int)shuffle;
  return 0;
}

/* ---- the two passes ---- */

static int check_extra(const loading *l) {
  char name[300];
  const nn_model *model = l->run->model;
  if (l->used == l->tensors.count) return 0;
  for (int k = 0; k < l->tensors.count; k++) { /* the first that no parameter has, for the message */
    const char *found = l->tensors.tensors[k].name;
    int known = 0;
    for (int i = 0; i < model->nparams && !known; i++) known = !strcmp(model->params[i].name, found);
    snprintf(name, sizeof name, "%.200s", found);
    if (!known && (!l->ours || name[0] != '@')) return refuse(l, name, "has no place in the model");
  }
  return nn_fail(l->error, NN_BAD_DATA, "%s: %d tensors, expected %d", l->file, l->tensors.count, l->used);
}

static void note_encoding(nn_run *run, const char *file) {
  for (int k = 0; k < run->model->ninputs; k++)
    if (run->model->train.standardize >> k & 1 && !run->encoding.mean[k])
      snprintf(run->note, sizeof run->note,
               "%.100s has no mean and deviation of %.40s: its values are taken as they are", file,
               run->model->inputs[k].name);
}

/* A file of parameters alone: states that start as copies are copies of these. */
static void copy_states(nn_run *run, const char *file) {
  const nn_model *model = run->model;
  float *state = nn_run_states(run);
  for (int k = 0; k < model->ncopies; k++) {
    const nn_copy *c = &model->copies[k];
    const nn_array *to = &model->states[c->state];
    const float *from =
      c->param >= 0 ? nn_run_parameters(run) + model->params[c->param].offset : state + model->states[c->of].offset;
    memcpy(state + to->offset, from, to->count * sizeof *state);
    snprintf(run->note, sizeof run->note, "%.60s has no states: %.60s starts as a copy of %.60s in it", file, to->name,
             c->param >= 0 ? model->params[c->param].name : model->states[c->of].name);
  }
}

static void commit(loading *l, const nn_run *position, const float *hypers, uint64_t seed, uint64_t step) {
  nn_run *run = l->run;
  nn_encoding_free(&run->encoding);
  run->encoding = l->encoding;
  l->encoding = (nn_encoding){.mean = {NULL}};
  if (l->what == NN_LOAD_VALUES) nn_run_set_position(run, run->seed, step);
  if (l->what != NN_LOAD_ALL) {
    if (!l->ours) copy_states(run, l->file);
    note_encoding(run, l->file);
    return;
  }
  free(run->kept);
  *run = *position;
  run->kept = l->kept;
  run->restored = 0;
  l->kept = NULL;
  nn_run_set_position(run, seed, step);
  for (int k = 0; k < run->model->nhypers; k++)
    if (run->model->hypers[k].offset != NN_NOT_SETTABLE)
      memcpy((char *)run->memory + run->model->hypers[k].offset, &hypers[k], sizeof *hypers);
}

static int load(loading *l, float *hypers) {
  const nn_model *model = l->run->model;
  nn_run position = *l->run;
  uint64_t seed = 0, step = 0;
  l->ours = nn_tensors_fact(&l->tensors, "nnc") != NULL;
  l->last = has_last(l);
  if (l->what == NN_LOAD_ALL && !l->ours)
    return nn_fail(l->error, NN_BAD_DATA,
                   "%s: holds parameters only, and a resume needs the optimizer's state too; --load takes them",
                   l->file);
  if (take_all(l) || check_extra(l) || check_identity(l)) return -1;
  for (int k = 0; k < model->ninputs; k++)
    if (read_vocabulary(l, k)) return -1;
  if (l->what == NN_LOAD_ALL && (read_position(l, &position, &seed, &step) || read_hypers(l, hypers))) return -1;
  if (l->what == NN_LOAD_VALUES && l->ours && (model->flags & NN_STEPS) && whole_fact(l, "step", 0, UINT32_MAX, &step))
    return -1;
  if (l->what == NN_LOAD_ALL && l->last &&
      !(l->kept = malloc((model->param_floats + model->state_floats) * sizeof(float))))
    return nn_out_of_memory(l->error, model->param_floats * sizeof(float));
  l->copy = 1;
  if (take_all(l)) return -1;
  position.encoding = l->encoding;
  commit(l, &position, hypers, seed, step);
  return 0;
}

int nn_checkpoint_load(const char *file, nn_run *run, int what, nn_error *error) {
  loading l = {.file = file, .run = run, .what = what, .error = error};
  float *hypers = calloc((size_t)run->model->nhypers + 1, sizeof *hypers);
  int result = hypers ? nn_tensors_read(file, &l.tensors, error) : nn_out_of_memory(error, sizeof *hypers);
  if (!result) {
    result = load(&l, hypers);
    nn_tensors_free(&l.tensors);
  }
  nn_encoding_free(&l.encoding);
  free(l.kept);
  free(hypers);
  return result;
}
