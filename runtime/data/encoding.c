/* encoding.c: how inputs are standardized. SPDX-License-Identifier: 0BSD
 *
 * In: the rows that are trained on. Out: mean and deviation of each element, over the rows that have it; and whether
 * all that is standardized by them is finite. */
#include "data/reading.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Sums are taken of differences to the first row that has the element, so that one that never changes has deviation 0
 * exactly. */
static void moments(const nn_data *data, int input, const size_t *rows, size_t count, float *row, double *sum,
                    float *mean, float *deviation) {
  const nn_encoding plain = {.mean = {NULL}};
  const nn_input *about = &data->model->inputs[input];
  size_t width = data->series[input].count;
  double *shift = sum + width, *square = shift + width, *there = square + width; /* there: rows that have the element */
  memset(sum, 0, 4 * width * sizeof *sum);
  for (size_t i = 0; i < count; i++) {
    nn_data_gather_input(data, &plain, input, rows, i, 1, row);
    for (size_t k = 0; k < width; k++) {
      if (nn_series_is_padding(data, about, rows ? rows[i] : i, k)) continue;
      if (there[k]++ == 0) shift[k] = (double)row[k];
      sum[k] += (double)row[k] - shift[k];
    }
  }
  for (size_t k = 0; k < width; k++) sum[k] /= fmax(there[k], 1);
  for (size_t i = 0; i < count; i++) {
    nn_data_gather_input(data, &plain, input, rows, i, 1, row);
    for (size_t k = 0; k < width; k++) {
      if (nn_series_is_padding(data, about, rows ? rows[i] : i, k)) continue;
      double d = (double)row[k] - shift[k] - sum[k];
      square[k] += d * d;
    }
  }
  for (size_t k = 0; k < width; k++) {
    mean[k] = (float)(shift[k] + sum[k]);
    deviation[k] = (float)sqrt(square[k] / fmax(there[k], 1));
    if (!(deviation[k] > 0)) deviation[k] = 1;
  }
}

static int standardize_input(nn_encoding *encoding, const nn_data *data, int input, const size_t *rows, size_t count,
                             nn_error *error) {
  size_t width = data->series[input].count;
  double *sums = malloc(4 * width * sizeof *sums);
  float *row = malloc(width * sizeof *row);
  float *mean = malloc(width * sizeof *mean), *deviation = malloc(width * sizeof *deviation);
  int result = sums && row && mean && deviation ? 0 : nn_out_of_memory(error, width * 44);
  if (!result) {
    moments(data, input, rows, count, row, sums, mean, deviation);
    encoding->mean[input] = mean;
    encoding->deviation[input] = deviation;
  } else {
    free(mean);
    free(deviation);
  }
  free(sums);
  free(row);
  return result;
}

int nn_encoding_standardize(nn_encoding *encoding, const nn_data *data, uint32_t inputs, const size_t *rows,
                            size_t count, nn_error *error) {
  for (int k = 0; k < data->model->ninputs; k++) {
    if (!((inputs & data->given) >> k & 1) || encoding->mean[k] || data->model->inputs[k].kind != NN_REAL) continue;
    if (standardize_input(encoding, data, k, rows, count, error)) return -1;
  }
  return 0;
}

static int check_row(const nn_data *data, const nn_encoding *encoding, int input, size_t row, float *values,
                     nn_error *error) {
  const nn_input *about = &data->model->inputs[input];
  const float *mean = encoding->mean[input], *deviation = encoding->deviation[input];
  nn_data_gather_input(data, encoding, input, NULL, row, 1, values);
  for (size_t k = 0; k < about->count; k++)
    if (!isfinite(values[k]))
      return nn_fail(
        error, NN_BAD_DATA,
        "input %s, row %zu, element %zu: standardized by the mean %g and the deviation %g it is no finite number "
        "(rows count from 0)",
        about->name, row, k, (double)mean[k], (double)deviation[k]);
  return 0;
}

int nn_encoding_check(const nn_encoding *encoding, const nn_data *data, nn_error *error) {
  int result = 0;
  for (int input = 0; input < data->model->ninputs && !result; input++) {
    if (!(data->given >> input & 1) || !encoding->mean[input]) continue;
    float *values = malloc(data->series[input].count * sizeof *values + 1);
    if (!values) return nn_out_of_memory(error, data->series[input].count * sizeof *values);
    for (size_t row = 0; row < data->rows && !result; row++)
      result = check_row(data, encoding, input, row, values, error);
    free(values);
  }
  return result;
}

void nn_encoding_free(nn_encoding *encoding) {
  for (int k = 0; k < NN_MAX_INPUTS; k++) {
    free(encoding->mean[k]);
    free(encoding->deviation[k]);
    free(encoding->vocabulary[k].letters);
  }
  *encoding = (nn_encoding){.mean = {NULL}};
}
