/* series.c: the values of one input. SPDX-License-Identifier: 0BSD
 *
 * In: an input and numbers. Out: a series: rows of `count` values, kept as compactly as the input allows, each of them
 * one that the input takes. Where examples have extents of their own, what lies beyond them is padding: 0, and neither
 * looked at nor counted. */
#include "data/reading.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

size_t nn_series_storage_size(nn_storage storage) { return storage == NN_BYTES ? 1 : 4; }

int nn_series_fits(const nn_input *input, double value) {
  switch (input->kind) {
  case NN_REAL: return fabs(value) <= (double)FLT_MAX;
  case NN_CLASS: return value >= 0 && value < input->classes && value == floor(value);
  case NN_INT: return value >= INT32_MIN && value <= INT32_MAX && value == floor(value);
  case NN_BIT: return value == 0 || value == 1;
  case NN_EXTENT: return value >= 1 && value <= input->classes && value == floor(value);
  }
  return 0;
}

void nn_series_print_expected(char *out, size_t size, const nn_input *input, double value) {
  if (input->kind == NN_CLASS) snprintf(out, size, "a class, a whole number 0..%d,", (int)input->classes - 1);
  else if (input->kind == NN_INT) snprintf(out, size, "a whole number of 32 bits");
  else if (input->kind == NN_BIT) snprintf(out, size, "0 or 1");
  else if (input->kind == NN_EXTENT) snprintf(out, size, "a whole number 1..%d,", (int)input->classes);
  else snprintf(out, size, nn_series_fits(input, value) ? "a number" : "a finite number");
}

int nn_series_start(nn_series *series, const nn_input *input, size_t values, nn_error *error) {
  *series = (nn_series){.storage = NN_WORDS, .divisor = 1, .count = input->count};
  if (input->kind == NN_REAL) series->storage = NN_FLOATS;
  if (input->kind == NN_BIT || (input->kind == NN_CLASS && input->classes <= 256)) series->storage = NN_BYTES;
  size_t size = nn_series_storage_size(series->storage);
  series->block = values <= SIZE_MAX / 4 ? malloc(values * size + 1) : NULL;
  series->values = series->block;
  return series->block ? 0 : nn_out_of_memory(error, values * size);
}

void nn_series_set(nn_series *series, size_t index, double value) {
  switch (series->storage) {
  case NN_BYTES: ((uint8_t *)series->values)[index] = (uint8_t)value; break;
  case NN_WORDS: ((int32_t *)series->values)[index] = (int32_t)value; break;
  case NN_FLOATS: ((float *)series->values)[index] = (float)value; break;
  }
}

int32_t nn_series_whole(const nn_series *series, size_t k) {
  return series->storage == NN_BYTES ? ((const uint8_t *)series->values)[k] : ((const int32_t *)series->values)[k];
}

int nn_series_is_sized(const nn_input *input) {
  int sized = 0;
  for (int axis = 0; axis < input->rank; axis++) sized |= input->extent[axis];
  return sized;
}

int nn_series_is_padding(const nn_data *data, const nn_input *input, size_t row, size_t k) {
  for (int axis = input->rank - 1; axis >= 0 && nn_series_is_sized(input); axis--) {
    size_t place = k % (size_t)input->shape[axis];
    int extent = input->extent[axis] - 1;
    k /= (size_t)input->shape[axis];
    if (extent < 0 || !(data->given >> extent & 1) || row >= data->series[extent].rows) continue;
    if (place >= (size_t)nn_series_whole(&data->series[extent], row)) return 1;
  }
  return 0;
}
