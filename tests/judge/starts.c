/* starts: what a generated model's parameters start from: a line `name mean deviation least greatest` for each. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include "nn.h"
#include HEADER

int main(void) {
  const nn_model *m = &MODEL;
  char *model = calloc(1, m->size);
  if (!model) return 1;
  m->init(model, 3);
  for (int k = 0; k < m->nparams; k++) {
    const nn_array *a = &m->params[k];
    const float *w = (const float *)(const void *)(model + m->param) + a->offset;
    double mean = 0, square = 0, least = INFINITY, most = -INFINITY, n = (double)a->count;
    for (size_t i = 0; i < a->count; i++) mean += (double)w[i] / n, least = fmin(least, w[i]), most = fmax(most, w[i]);
    for (size_t i = 0; i < a->count; i++) square += ((double)w[i] - mean) * ((double)w[i] - mean) / n;
    printf("%s %.6f %.6f %.6f %.6f\n", a->name, mean, sqrt(square), least, most);
  }
  free(model);
  return 0;
}
