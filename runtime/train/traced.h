/* traced.h: what C of `nnc --trace-nan` has found, in words (traced.c). SPDX-License-Identifier: 0BSD */
#ifndef NN_TRACED_H
#define NN_TRACED_H

#include "nn_trace.h"
#include "train/train.h"

typedef struct nn_traced_when {
  int epoch; /* of a training, from 1; or 0, and `what` says more ("of the validation") or is NULL */
  uint64_t step;
  const char *what;
  const size_t *rows; /* of the data: example i is row rows[first + i], or first + i where it is NULL */
  size_t first;
} nn_traced_when;

nn_trace *nn_traced_in(const nn_model *model, void *work); /* NULL in a program without --trace-nan */
int nn_traced_found(const nn_model *model, void *work);
/* Puts the message into *error and returns -1. */
int nn_traced_fail(const nn_model *model, void *work, const nn_traced_when *when, nn_error *error);

#endif
