/* stored.h: tensors KIND.NAME of a safetensors file, for the programs that compare with stored results. */
#ifndef TESTS_STORED_H
#define TESTS_STORED_H

#include <stdio.h>
#include <string.h>

#include "store/store.h"

static const nn_tensor *stored_find(const nn_tensors *file, const char *kind, const char *name) {
  char full[512];
  snprintf(full, sizeof full, "%s.%s", kind, name);
  return nn_tensors_find(file, full);
}

static size_t stored_elements(const nn_tensor *t) {
  size_t count = 1;
  for (int k = 0; k < t->rank; k++) count *= (size_t)t->shape[k];
  return count;
}

static double stored_element(const nn_tensors *file, const nn_tensor *t, size_t k) {
  const unsigned char *at = file->data + t->begin;
  double x;
  float narrow;
  int64_t wide;
  int32_t whole;
  if (!strcmp(t->type, "F64")) return memcpy(&x, at + 8 * k, 8), x;
  if (!strcmp(t->type, "F32")) return memcpy(&narrow, at + 4 * k, 4), (double)narrow;
  if (!strcmp(t->type, "I64")) return memcpy(&wide, at + 8 * k, 8), (double)wide;
  return memcpy(&whole, at + 4 * k, 4), (double)whole;
}

#endif
