/* train.h: training, and what applies a model to all rows. SPDX-License-Identifier: 0BSD
 *
 * In: a run and data. Out: the run, trained; means of losses and metrics; gradients; outputs. Nothing is kept but in
 * the run. What programs may call is in nn_tools.h (nn_train, nn_evaluate, nn_gradient, nn_predict); here is what the
 * files of this folder share.
 *
 * Its files, each of which calls those before it only:
 *     traced.c      where a value came from that is not finite, in words
 *     workers.c     threads, each with what a call needs
 *     evaluate.c    a model applied to whole data sets
 *     steps.c       one step of training
 *     full_batch.c  the loss over all rows as a function
 *     epochs.c      the trainer */
#ifndef NN_TRAIN_H
#define NN_TRAIN_H

#include "data/data.h"
#include "store/store.h"

/* ---- workers (workers.c): threads that each have their own work area, inputs and gradient ---- */

typedef struct nn_worker {
  void *work;
  void *in[NN_MAX_INPUTS];    /* model->batch examples */
  float *grad, *extra, *lost; /* param_floats each, where gradients were asked for */
  double loss;
  int stopped;  /* a function that looks for what is not finite found it (traced.h), ... */
  size_t first; /* ... in the piece of the rows that begins here */
} nn_worker;

typedef struct nn_pool nn_pool;

typedef struct nn_workers {
  const nn_model *model;
  int count;
  nn_worker *worker;
  nn_pool *pool;
} nn_workers;

int nn_workers_open(nn_workers *workers, const nn_model *model, int threads, int gradients, nn_error *error);
void nn_workers_close(nn_workers *workers);
/* task(context, k) for every worker k at once; returns when all are done. */
void nn_workers_run(nn_workers *workers, void (*task)(void *context, int worker), void *context);

/* ---- evaluation (evaluate.c) ---- */

/* Means over `count` of the rows (NULL: the first `count`), as nn_evaluate. */
int nn_evaluate_rows(const nn_run *run, nn_workers *workers, const nn_data *data, const size_t *rows, size_t count,
                     double *values, nn_error *error);

#endif
