/* selftest_text.c: text for the report of a selftest. SPDX-License-Identifier: 0BSD
 *
 * In: pieces, whole numbers, numbers, places in an array. Out: a line, cut where it is too long. A machine without
 * files may have no printf that knows doubles, so digits are made here. */
#include "selftest_text.h"

void nn_selftest_add(nn_selftest_text *l, const char *s) {
  while (*s && l->length < NN_SELFTEST_TEXT - 1) l->text[l->length++] = *s++;
  l->text[l->length] = 0;
}

void nn_selftest_add_whole(nn_selftest_text *l, long long k) {
  char digits[24];
  int n = 0;
  if (k < 0) nn_selftest_add(l, "-");
  do digits[n++] = (char)('0' + (k < 0 ? -(k % 10) : k % 10));
  while (k /= 10);
  while (n) {
    char one[2] = {digits[--n], 0};
    nn_selftest_add(l, one);
  }
}

void nn_selftest_add_number(nn_selftest_text *l, double x) {
  int exponent = 0;
  if (x != x) {
    nn_selftest_add(l, "NaN");
    return;
  }
  if (x < 0) nn_selftest_add(l, "-");
  x = x < 0 ? -x : x;
  if (x > 1.7e308) {
    nn_selftest_add(l, "infinity");
    return;
  }
  while (x >= 10) x /= 10, exponent++;
  while (x != 0 && x < 1) x *= 10, exponent--;
  long long digits = (long long)(x * 1e6 + 0.5);
  if (digits >= 10000000) digits /= 10, exponent++;
  nn_selftest_add_whole(l, digits / 1000000);
  nn_selftest_add(l, ".");
  for (long long unit = 100000; unit; unit /= 10) nn_selftest_add_whole(l, digits / unit % 10);
  if (!exponent) return;
  nn_selftest_add(l, exponent < 0 ? "e-" : "e+");
  if (exponent > -10 && exponent < 10) nn_selftest_add(l, "0");
  nn_selftest_add_whole(l, exponent < 0 ? -exponent : exponent);
}

void nn_selftest_add_index(nn_selftest_text *l, const int32_t *shape, int rank, int64_t element) {
  int64_t stride = 1;
  for (int k = 0; k < rank; k++) stride *= shape[k];
  for (int k = 0; k < rank; k++) {
    stride /= shape[k];
    nn_selftest_add(l, k ? "," : "[");
    nn_selftest_add_whole(l, element / stride);
    element %= stride;
  }
  if (rank) nn_selftest_add(l, "]");
}
