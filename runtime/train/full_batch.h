/* full_batch.h: a model's loss over all rows, minimized; see full_batch.c. SPDX-License-Identifier: 0BSD */
#ifndef NN_FULL_BATCH_H
#define NN_FULL_BATCH_H

#include "minimize/minimize.h"
#include "train/train.h"

typedef struct nn_lane { /* what a thread needs */
  double *sum, *part;    /* gradients: of its rows so far; of a block */
  double loss;
  void *work;
  void *in[NN_MAX_INPUTS]; /* reals as doubles */
} nn_lane;

typedef struct nn_full_batch {
  nn_run *run;
  const nn_data *data;
  nn_workers *workers;
  const size_t *rows; /* the training rows */
  size_t count;
  uint32_t inputs;
  uint64_t step; /* whose draws are taken, in all iterations */
  nn_minimizer minimizer;
  nn_lane *lanes; /* one for each worker */
  double *param, *direction, *state;
  size_t *places; /* of each variable among the parameters */
  size_t moved;   /* variables */
} nn_full_batch;

/* The loss at the run's parameters. Fails where the model and the data do not allow a full batch. */
int nn_full_batch_open(nn_full_batch *full, nn_run *run, const nn_data *data, nn_workers *workers, const size_t *rows,
                       size_t count, nn_error *error);
/* One iteration; the parameters of the run are those that it came to. */
nn_end nn_full_batch_step(nn_full_batch *full);
/* -1 where the loss is maximized: what the minimizer sees is its negative. */
double nn_full_batch_sign(const nn_full_batch *full);
void nn_full_batch_close(nn_full_batch *full);

#endif
