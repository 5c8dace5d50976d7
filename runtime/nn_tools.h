/* nn_tools.h: tools for any generated model, through its nn_model: data files, checkpoints, the trainer, a main.
 * SPDX-License-Identifier: 0BSD
 *
 *   nn_error error; nn_run run; nn_data data;
 *   nn_source files[] = {{"x", "images.idx.gz"}, {"y", "labels.idx.gz"}};
 *   if (nn_run_open(&run, &digits_model, 1, &error) ||
 *       nn_data_read(&data, &digits_model, &run.encoding, files, 2, nn_inputs_to_train(&digits_model), &error) ||
 *       nn_train(&run, &data, NULL, NULL, NULL, &error) || nn_checkpoint_save("digits.safetensors", &run, &error))
 *     fprintf(stderr, "%s\n", error.text);
 *
 * Functions return 0, or -1 with the reason in *error. Only nn_main prints. What an _open or _read fills is freed by
 * the matching _close or _free, which may also be called after a failure or twice. Nothing here keeps state between
 * calls. A program that uses several threads should set its BLAS to one thread (openblas_set_num_threads(1)), as
 * nn_main does. */
#ifndef NN_TOOLS_H
#define NN_TOOLS_H

#include "nn.h"

#ifdef __cplusplus
extern "C" {
#endif

#define NN_MAX_INPUTS 32 /* the bits of an input mask */

enum { NN_BAD_DATA = 1, NN_BAD_USAGE = 2 }; /* the exit status that a program should end with */

typedef struct nn_error {
  int status;      /* NN_BAD_DATA: what a file holds; NN_BAD_USAGE: options, unreadable files, memory */
  char text[4096]; /* one line, or several: where, what was found, what was expected */
} nn_error;

/* ---- data (data/read.c, data/array.c, data/table.c, data/text.c, data/rows.c) ---- */

typedef struct nn_vocabulary { /* the characters of a text in order: class k is letters[k]; count 0 where none */
  uint32_t *letters;           /* Unicode code points, ascending */
  int count;
} nn_vocabulary;

typedef struct nn_encoding {  /* how what stands in files becomes the model's numbers; a checkpoint keeps it */
  float *mean[NN_MAX_INPUTS]; /* of a standardized input: (value - mean) / deviation for each element, else NULL */
  float *deviation[NN_MAX_INPUTS];
  nn_vocabulary vocabulary[NN_MAX_INPUTS];
} nn_encoding;

typedef enum nn_storage { NN_BYTES, NN_WORDS, NN_FLOATS } nn_storage; /* uint8_t, int32_t, float */

typedef struct nn_series { /* the values of one input: rows times count, row after row */
  nn_storage storage;
  float divisor; /* 255 for bytes that stand for a real 0..1, else 1 */
  size_t rows, count;
  void *values; /* NULL where the input was not given; lies in `block` */
  void *block;
} nn_series;

typedef struct nn_data {
  const nn_model *model;
  size_t rows;
  uint32_t given; /* mask of the inputs that were read */
  nn_series series[NN_MAX_INPUTS];
} nn_data;

typedef struct nn_source {
  const char *input, *file;
} nn_source; /* "x", "iris.csv:0-3" */

/* The inputs that training (losses and metrics), one loss, or an output need. */
uint32_t nn_inputs_to_train(const nn_model *model);

/* Reads and checks all files. `needed`: inputs that must be among the sources. A text is written in the vocabulary
 * that `encoding` holds, or puts its own there. On failure nothing is left to free. */
int nn_data_read(nn_data *data, const nn_model *model, nn_encoding *encoding, const nn_source *sources, int count,
                 uint32_t needed, nn_error *error);
void nn_data_free(nn_data *data);

/* Keeps the rows that `which` names, in their order: "0-39,100", or a column of zeros and ones, "split.csv:0"; with
 * `others`, all but these. `option` is for messages ("--rows"). */
int nn_data_choose(nn_data *data, const char *option, const char *which, int others, nn_error *error);

/* Assembles n examples as the model takes them: for each input k of `inputs`, in[k] gets n times its count values,
 * float or int32_t. Example i is row rows[first + i], or row first + i where rows is NULL. */
void nn_data_gather(const nn_data *data, const nn_encoding *encoding, uint32_t inputs, const size_t *rows, size_t first,
                    int n, void *const *in);

/* Mean and deviation of the inputs of the mask over these rows (all where rows is NULL); a deviation of 0 counts as
 * 1. */
int nn_encoding_standardize(nn_encoding *encoding, const nn_data *data, uint32_t inputs, const size_t *rows,
                            size_t count, nn_error *error);
void nn_encoding_free(nn_encoding *encoding);

/* ---- a model in memory, and what its training has come to (store/run.c) ---- */

typedef struct nn_train_options {
  int epochs; /* in all, those before a resume included */
  int batch, threads;
  int patience; /* epochs without a better validation loss before training stops; 0: never */
  int shuffle;
  double validate; /* share of the rows held out, 0..1 */
} nn_train_options;

typedef struct nn_run {
  const nn_model *model;
  void *memory; /* the model's struct */
  uint64_t seed;
  nn_encoding encoding;
  nn_train_options options;
  int epoch;                  /* epochs completed */
  double best;                /* the validation loss of the best epoch so far, infinite at first */
  int best_epoch, bad_epochs; /* when that was; epochs since */
  float *kept;                /* with patience: parameters and states of the best epoch ... */
  int restored;               /* ... or, where 1, those of the last, and `memory` holds the best */
  float *start;   /* where states go on from batch to batch: what they start from; then, as evaluation sees them */
  char note[256]; /* what a user should hear about a file that was loaded, or "" */
} nn_run;

/* A model struct with the initial parameters of this seed, and the options of its `train { }`. */
int nn_run_open(nn_run *run, const nn_model *model, uint64_t seed, nn_error *error);
void nn_run_close(nn_run *run);
float *nn_run_parameters(const nn_run *run);
uint64_t nn_run_step(const nn_run *run);
/* Sets an optimizer's argument, by its full name ("adam.lr") or its last part where only one ends so ("lr"). */
int nn_run_set(nn_run *run, const char *name, float value, nn_error *error);

/* ---- checkpoints (store/checkpoint.c, store/safetensors.c) ----
 *
 * A safetensors file: each parameter under its name, and for resuming "@state.NAME", "@slot.NAME" (optimizer state),
 * with patience "@last.NAME" (parameters and states of the last epoch; the plain names are then those of the best),
 * "@standardize.INPUT.mean" and ".deviation"; the rest is in its metadata. The same run gives the same bytes. */

int nn_checkpoint_save(const char *file, const nn_run *run, nn_error *error);
/* Parameters; states, encoding, also the step, of a model that reads it; or all that resuming needs. */
enum { NN_LOAD_PARAMETERS, NN_LOAD_VALUES, NN_LOAD_ALL };
/* A file with nothing but the parameters (from other tools) will do for NN_LOAD_PARAMETERS. On failure *run is as
 * before. */
int nn_checkpoint_load(const char *file, nn_run *run, int what, nn_error *error);

/* ---- evaluation and training (train/evaluate.c, train/epochs.c) ---- */

/* Means over all rows: values[k] for loss k, then for each metric; NaN where an input that it needs is not given. */
int nn_evaluate(const nn_run *run, const nn_data *data, double *values, nn_error *error);
/* The gradient of the mean of a loss over all rows, param_floats floats, and that mean, as in training. */
int nn_gradient(const nn_run *run, const nn_data *data, int loss, float *gradient, double *mean, nn_error *error);
/* An output of all rows: rows times its count values (count values where it is not per_example), float or int32_t. */
int nn_predict(const nn_run *run, const nn_data *data, int output, void *values, nn_error *error);

typedef struct nn_full_progress { /* what a full-batch method has come to */
  double gradient;                /* the largest element of the gradient, in magnitude */
  double length;                  /* of the last step, along its direction */
  long evaluations;               /* of the loss and its gradient over all rows */
  long products;                  /* with its Hessian */
  const char *end;                /* why this epoch is the last, or NULL: "no element of the gradient is above tol" */
} nn_full_progress;

typedef struct nn_progress { /* what nn_train reports: after each step, and with `ended` after each epoch */
  const nn_run *run;
  int epoch;         /* from 1 */
  size_t done, rows; /* rows of this epoch seen, of all */
  int ended;
  const double *losses;          /* of each loss: mean in training so far in this epoch, NaN where it took no turn */
  const double *validate, *test; /* at the end of an epoch, as from nn_evaluate, or NULL */
  double seconds;                /* of this epoch */
  int stops;                     /* patience, or the full-batch method, ends the training here */
  const nn_full_progress *full;  /* at the end of an epoch, which is one iteration of a full-batch method, or NULL */
} nn_progress;

/* Anything but 0 ends the training; -1 as a failure, for which it has filled *error. */
typedef int nn_report_fn(void *context, const nn_progress *progress, nn_error *error);

/* Trains from run->epoch to options.epochs. The order of the rows follows from seed and epoch alone. A batch is cut
 * into `threads` shards and these into pieces of at most model->batch; gradients are added in a fixed order. A model
 * whose losses look across the batch is not cut. With patience, the best parameters are in memory at the end.
 * With a full-batch method (nn_model.full) an epoch is one iteration on all rows, and it may end before the last. */
int nn_train(nn_run *run, const nn_data *data, const nn_data *test, nn_report_fn *report, void *context,
             nn_error *error);

/* ---- where a value that is not finite came from (train/traced.c): of C that `nnc --trace-nan` made ---- */

/* After a function returned NaN (an output: -1), or a step did: 0 where nothing was found in this work area (&m.work),
 * else -1 and in *error the place in the model, the element, what went in. */
int nn_trace_message(const nn_model *model, void *work, nn_error *error);

/* ---- a program (program/main.c and the files beside it) ---- */

/* train, test, predict, grad, selftest, info, help:
 * `int main(int c, char **v) { return nn_main(&digits_model, c, v); }` */
int nn_main(const nn_model *model, int argc, char **argv);

#ifdef __cplusplus
}
#endif
#endif
