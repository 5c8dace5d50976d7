/* flowers.h: a small data set for the trainer's tests: three clouds of points that overlap a little. */
#ifndef FLOWERS_H
#define FLOWERS_H

#include "scratch.h"
#include "nn_tools.h"

enum { FLOWERS = 60 };

static inline void write_flowers(const char *file, uint64_t seed) {
  float noise[FLOWERS * 4];
  FILE *out = fopen(file, "w");
  assert_non_null(out);
  nn_draw_normal(noise, FLOWERS * 4, 0, 0.6f, seed, 5);
  fprintf(out, "a,b,c,d,kind\n");
  for (int i = 0; i < FLOWERS; i++) {
    int kind = i % 3;
    const float *e = noise + 4 * i;
    fprintf(out, "%.6g,%.6g,%.6g,%.6g,%d\n", (double)(5 + e[0]), (double)((float)kind + e[1]),
            (double)((float)(kind == 1) * 2 + e[2]), (double)(e[3] * 10), kind);
  }
  fclose(out);
}

#endif
