/* selftest_text.h: lines of a selftest's report, made without a library; private to kernels/. SPDX-License-Identifier:
 * 0BSD */
#ifndef NN_SELFTEST_TEXT_H
#define NN_SELFTEST_TEXT_H

#include <stdint.h>

enum { NN_SELFTEST_TEXT = 320 };

typedef struct nn_selftest_text {
  char text[NN_SELFTEST_TEXT];
  int length;
} nn_selftest_text;

void nn_selftest_add(nn_selftest_text *l, const char *s);
void nn_selftest_add_whole(nn_selftest_text *l, long long k);
void nn_selftest_add_number(nn_selftest_text *l, double x); /* seven digits: "-1.234567e-02" */
/* "[1,2]": element 5 of [2,3]. */
void nn_selftest_add_index(nn_selftest_text *l, const int32_t *shape, int rank, int64_t element);

#endif
