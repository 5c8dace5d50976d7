/* tools.h: what the runtime's own files share; not for programs (see nn_tools.h). SPDX-License-Identifier: 0BSD */
#ifndef TOOLS_H
#define TOOLS_H

#include "nn_tools.h"

/* ---- messages and numbers (base/message.c) ---- */

/* Puts the message into *error and returns -1. */
int nn_fail(nn_error *error, int status, const char *format, ...)
#if defined(__GNUC__) || defined(__clang__)
  __attribute__((format(printf, 3, 4)))
#endif
  ;
int nn_out_of_memory(nn_error *error, size_t bytes);
/* OpenBLAS maps up to so much for each thread that calls it (BUFFER_SIZE in its common_*.h), and where it cannot, it tries again
 * for ever. 1: it can. */
enum { NN_BLAS_MIB = sizeof(void *) > 4 ? 256 : 32 };
int nn_room_for_blas(int threads);
/* A whole decimal number, "nan" or "inf"; 1 if [begin, end) is one. The same in every locale. */
int nn_parse_number(const char *begin, const char *end, double *value);
/* "%.*g" with a point in every locale. */
void nn_print_number(char *out, size_t size, int digits, double value);
/* "[28,28]". */
void nn_print_shape(char *out, size_t size, int rank, const int32_t *shape);
/* The name nearest to `word`, or NULL where none is near. */
const char *nn_nearest(const char *word, const char *const *names, int count);
/* "; did you mean 'x'?" where a name is near, and the list: "unknown input 'X'; did you mean 'x'? (x, y)". */
void nn_suggest(char *out, size_t size, const char *word, const char *const *names, int count);
int nn_find_input(const nn_model *model, const char *name, size_t length); /* its index or -1 */

/* ---- files (base/file.c) ---- */

typedef struct nn_bytes {
  unsigned char *data;
  size_t size;
} nn_bytes; /* data is malloc's, with a 0 after the last */
typedef struct nn_span {
  const void *data;
  size_t size;
} nn_span;

/* The whole file; with `unzip`, unpacked where it is gzip'd. */
int nn_file_read(const char *file, int unzip, nn_bytes *bytes, nn_error *error);
/* All of it or nothing: a file beside the target is written, synced and renamed. Devices and pipes are written
 * directly. */
int nn_file_write(const char *file, const nn_span *spans, int count, nn_error *error);

typedef struct nn_text {
  char *data;
  size_t size, capacity;
  int failed;
} nn_text; /* text that grows */
void nn_text_add(nn_text *text, const char *bytes, size_t size);
void nn_text_printf(nn_text *text, const char *format, ...)
#if defined(__GNUC__) || defined(__clang__)
  __attribute__((format(printf, 2, 3)))
#endif
  ;

/* ---- readers (data/array.c, data/table.c, data/text.c): one input's series from a file's bytes ---- */

typedef struct nn_reading { /* what a reader is given */
  const char *file;         /* for messages, without the columns */
  const char *columns;      /* "0-3", or NULL */
  const nn_input *input;
  nn_bytes bytes; /* the reader may take it over and set data to NULL */
  nn_vocabulary *vocabulary;
  const nn_input *extent; /* the input that counts the places of the first axis, or NULL ... */
  nn_series *lengths;     /* ... and a series for it, empty: a text puts the lengths of its lines there */
  const nn_data *data;    /* what was read before: the extents of examples */
} nn_reading;

int nn_is_array(const nn_bytes *bytes);
int nn_read_array(nn_reading *reading, nn_series *series, nn_error *error);
int nn_read_table(nn_reading *reading, nn_series *series, nn_error *error);
int nn_is_text(const nn_reading *reading);
int nn_read_text(nn_reading *reading, nn_series *series, nn_error *error);
/* Characters of UTF-8 (a byte that is not UTF-8 counts as the character of its number). */
void nn_text_add_letter(nn_text *text, uint32_t letter);
uint32_t nn_next_letter(const unsigned char **at, const unsigned char *end);

/* The smallest storage for the input, with room for `values` of them. */
int nn_series_start(nn_series *series, const nn_input *input, size_t values, nn_error *error);
void nn_series_set(nn_series *series, size_t index, double value);
size_t nn_storage_size(nn_storage storage);
/* Is element k of that row beyond one of the example's own extents? It is neither looked at nor counted; the series has 0 there. */
int nn_is_sized(const nn_input *input); /* has it places that only some examples have? */
int nn_is_padding(const nn_data *data, const nn_input *input, size_t row, size_t k);
int nn_value_fits(const nn_input *input, double value); /* 1 if the value is one that the input takes */
/* Whether all that is standardized stays finite: a file's numbers may be large and a checkpoint's deviation small. */
int nn_encoding_check(const nn_encoding *encoding, const nn_data *data, nn_error *error);
/* What it takes: "a number", "0 or 1". */
void nn_print_expected(char *out, size_t size, const nn_input *input, double value);

/* ---- safetensors (store/safetensors.c, store/safetensors_header.c) ---- */

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
/* Fills the table from the JSON at tensors->bytes.data[begin]. */
int nn_tensors_parse_header(const char *file, nn_tensors *tensors, size_t begin, size_t length, nn_error *error);
size_t nn_tensor_type_size(const char *type); /* bytes of "F32", ... */
void nn_tensors_free(nn_tensors *tensors);
const nn_tensor *nn_tensors_find(const nn_tensors *tensors, const char *name);
const char *nn_tensors_fact(const nn_tensors *tensors, const char *name); /* or NULL */
uint64_t nn_number_at(const unsigned char *bytes, int count);             /* little-endian */

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

/* ---- workers (train/workers.c): threads that each have their own work area, inputs and gradient ---- */

typedef struct nn_worker {
  void *work;
  void *in[NN_MAX_INPUTS]; /* model->batch examples */
  float *grad, *extra, *lost; /* param_floats each, where gradients were asked for */
  double loss;
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

/* Means over `count` of the rows (NULL: the first `count`), as nn_evaluate. */
int nn_evaluate_rows(const nn_run *run, nn_workers *workers, const nn_data *data, const size_t *rows, size_t count,
                     double *values, nn_error *error);

/* ---- store/run.c ---- */

void *nn_aligned(size_t bytes); /* zeroed, at a multiple of 64; freed by free */
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
void nn_run_keep(nn_run *run);          /* kept <- memory */

#endif
