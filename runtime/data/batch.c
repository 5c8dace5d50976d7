/* batch.c: examples as the model takes them. SPDX-License-Identifier: 0BSD
 *
 * In: series, an encoding, and which rows. Out: for each input an array of floats or int32_t, row after row: bytes that
 * stand for shares divided by 255, and what is standardized standardized. */
#include "data/reading.h"

#include <string.h>

/* Division by 255 costs three times as much as two products. 1/255 is 257/65536 + 257.008/2^32 to 48 bits, and the
 * first product is exact for a byte, so the sum is byte/255 correctly rounded for all 256 of them. */
static void bytes_to_shares(const uint8_t *restrict from, size_t count, float *restrict to) {
  for (size_t k = 0; k < count; k++) to[k] = (float)from[k] * 0x1.01p-8f + (float)from[k] * 0x1.010102p-24f;
}

static void bytes_to_floats(const uint8_t *restrict from, size_t count, float *restrict to) {
  for (size_t k = 0; k < count; k++) to[k] = (float)from[k];
}

static void bytes_to_words(const uint8_t *restrict from, size_t count, int32_t *restrict to) {
  for (size_t k = 0; k < count; k++) to[k] = from[k];
}

static void standardize(const float *restrict mean, const float *restrict deviation, size_t count, float *restrict to) {
  for (size_t k = 0; k < count; k++) to[k] = (to[k] - mean[k]) / deviation[k];
}

static void gather_row(const nn_series *series, int real, size_t row, void *to) {
  size_t count = series->count;
  const char *from = (const char *)series->values + row * count * nn_series_storage_size(series->storage);
  if (series->storage != NN_BYTES) memcpy(to, from, count * 4);
  else if (real && series->divisor == 255) bytes_to_shares((const uint8_t *)from, count, to);
  else if (real) bytes_to_floats((const uint8_t *)from, count, to);
  else bytes_to_words((const uint8_t *)from, count, to);
}

static void clear_padding(const nn_data *data, int input, size_t row, float *to) {
  const nn_input *about = &data->model->inputs[input];
  for (size_t k = 0; nn_series_is_sized(about) && k < about->count; k++)
    if (nn_series_is_padding(data, about, row, k)) to[k] = 0;
}

void nn_data_gather_input(const nn_data *data, const nn_encoding *encoding, int input, const size_t *rows, size_t first,
                          int n, float *to) {
  const nn_series *series = &data->series[input];
  int real = data->model->inputs[input].kind == NN_REAL;
  const float *mean = encoding->mean[input];
  for (int i = 0; i < n; i++, to += series->count) {
    size_t row = rows ? rows[first + (size_t)i] : first + (size_t)i;
    gather_row(series, real, row, to);
    if (!mean) continue;
    standardize(mean, encoding->deviation[input], series->count, to);
    clear_padding(data, input, row, to);
  }
}

void nn_data_gather(const nn_data *data, const nn_encoding *encoding, uint32_t inputs, const size_t *rows, size_t first,
                    int n, void *const *in) {
  inputs &= data->given;
  for (int k = 0; k < data->model->ninputs; k++)
    if (inputs >> k & 1) nn_data_gather_input(data, encoding, k, rows, first, n, in[k]);
}
