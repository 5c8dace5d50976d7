/* steps.h: one step of training; see steps.c. SPDX-License-Identifier: 0BSD */
#ifndef NN_STEPS_H
#define NN_STEPS_H

#include "train/train.h"

enum { NN_MAX_TURNS = 32 };

typedef struct nn_turn {
  int loss;
  float value;
} nn_turn; /* a loss that took its turn, before its update */

typedef struct nn_step {
  nn_run *run;
  const nn_data *data;
  nn_workers *workers; /* with gradients */
  const size_t *rows;  /* the batch */
  int n;
  nn_turn losses[NN_MAX_TURNS];
  int count;
} nn_step;

void nn_step_run(nn_step *step);
/* Did a function of the step find what is not finite? Then there was no update, or it was that one; -1 and why. */
int nn_step_traced(nn_step *step, uint64_t number, int epoch, nn_error *error);
/* What a block of rows draws from, by its first row. */
uint64_t nn_step_block_seed(const nn_run *run, size_t first);

#endif
