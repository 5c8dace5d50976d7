/* reading.h: what the files of data/ share: readers, and series that they fill. SPDX-License-Identifier: 0BSD */
#ifndef NN_DATA_READING_H
#define NN_DATA_READING_H

#include "data/data.h"

/* ---- readers (array.c, table.c, text.c): one input's series from a file's bytes ---- */

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

int nn_reading_is_array(const nn_bytes *bytes);
int nn_read_array(nn_reading *reading, nn_series *series, nn_error *error);
int nn_read_table(nn_reading *reading, nn_series *series, nn_error *error);
int nn_reading_is_text(const nn_reading *reading);
int nn_read_text(nn_reading *reading, nn_series *series, nn_error *error);

/* ---- series (series.c) ---- */

/* The smallest storage for the input, with room for `values` of them. */
int nn_series_start(nn_series *series, const nn_input *input, size_t values, nn_error *error);
void nn_series_set(nn_series *series, size_t index, double value);
int32_t nn_series_whole(const nn_series *series, size_t index); /* of whole numbers */
size_t nn_series_storage_size(nn_storage storage);
int nn_series_fits(const nn_input *input, double value); /* 1 if the value is one that the input takes */
/* What it takes: "a number", "0 or 1". */
void nn_series_print_expected(char *out, size_t size, const nn_input *input, double value);
int nn_series_is_sized(const nn_input *input); /* has it places that only some examples have? */
/* Is element k of that row beyond one of the example's own extents? It is neither looked at nor counted; the series has
 * 0 there. */
int nn_series_is_padding(const nn_data *data, const nn_input *input, size_t row, size_t k);

/* ---- batches (batch.c) ---- */

/* nn_data_gather for one input. */
void nn_data_gather_input(const nn_data *data, const nn_encoding *encoding, int input, const size_t *rows, size_t first,
                          int n, float *to);

#endif
