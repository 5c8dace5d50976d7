/* store.h: a model in memory and in files. SPDX-License-Identifier: 0BSD
 *
 * In: a model's table and a seed, or a checkpoint. Out: a run: the model's struct with its parameters and states, and
 * what training has come to; or the checkpoint, from which training goes on as if it had never stopped. Kept: nn_run,
 * until nn_run_close. What programs may call is in nn_tools.h (nn_run_open, nn_checkpoint_save, ...); here is what
 * later folders call beside that: parts of a run, and files of tensors.
 *
 * Its files, each of which calls those before it only:
 *     run.c                                a model in memory
 *     safetensors_header.c, safetensors.c  named tensors in a file
 *     checkpoint.c                         a run in a file and back */
#ifndef NN_STORE_H
#define NN_STORE_H

#include "common/common.h"

/* ---- parts of a run (run.c) ---- */

/* The states at the start of an epoch: those that go on from batch to batch start anew. */
void nn_run_restart(nn_run *run);
/* The states for evaluation, where each batch starts anew; until the next call. */
const float *nn_run_fixed_states(const nn_run *run);
float *nn_run_states(const nn_run *run);
float *nn_run_slots(const nn_run *run);
void nn_run_set_position(nn_run *run, uint64_t seed, uint64_t step);
void nn_run_exchange_kept(nn_run *run); /* memory <-> kept */
/* Parameters <-> their averages, where an optimizer has a state of the name `average`; how many arrays that were. */
int nn_run_exchange_averages(nn_run *run);
void nn_run_keep(nn_run *run); /* kept <- memory */

/* ---- files of tensors (safetensors.c) ---- */

typedef struct nn_tensor {
  char *name;
  const char *type; /* "F32" */
  int rank;
  uint64_t shape[NN_MAX_RANK + 1];
  size_t begin, size; /* bytes, in the data */
} nn_tensor;

typedef struct nn_fact {
  char *name, *value;
} nn_fact;

typedef struct nn_tensors {
  nn_bytes bytes;
  unsigned char *data; /* of the tensors, in this machine's order of bytes */
  nn_tensor *tensors;
  int count, capacity;
  nn_fact *facts; /* __metadata__ */
  int nfacts, fact_capacity;
} nn_tensors;

int nn_tensors_read(const char *file, nn_tensors *tensors, nn_error *error);
void nn_tensors_free(nn_tensors *tensors);
const nn_tensor *nn_tensors_find(const nn_tensors *tensors, const char *name);
const char *nn_tensors_fact(const nn_tensors *tensors, const char *name); /* or NULL */

typedef struct nn_piece { /* a tensor to be written */
  char name[160];
  const char *type;
  int rank;
  uint64_t shape[NN_MAX_RANK + 1];
  const void *data;
  size_t size; /* bytes */
} nn_piece;

typedef struct nn_piece_list {
  nn_piece *pieces;
  int count, capacity, failed;
  nn_text facts;
} nn_piece_list;

/* The next tensor to be written; NULL where there is no memory, which nn_pieces_write reports. */
nn_piece *nn_pieces_add(nn_piece_list *list, const char *prefix, const char *name, const char *suffix);
void nn_pieces_fact(nn_piece_list *list, const char *name, const char *value);
int nn_pieces_write(const char *file, nn_piece_list *list, nn_error *error);
void nn_pieces_free(nn_piece_list *list);
/* Floats under the names of `arrays`, which lie at their offsets from `base`. */
void nn_pieces_add_arrays(nn_piece_list *list, const char *prefix, const nn_array *arrays, int count,
                          const float *base);

#endif
