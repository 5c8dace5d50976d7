/* memory.c: memory that is aligned, and what is said where there is none. SPDX-License-Identifier: 0BSD
 *
 * In: a number of bytes. Out: zeros at a multiple of 64, the length of a line of the processor's cache and of its
 * widest vector; or a message. */
#include "common/common.h"

#include <stdlib.h>
#include <string.h>

int nn_out_of_memory(nn_error *error, size_t bytes) {
  return nn_fail(error, NN_BAD_USAGE, "not enough memory for %zu bytes", bytes);
}

int nn_memory_for_blas(int threads) {
  const size_t each = (size_t)NN_BLAS_MIB << 20;
  if ((size_t)threads > SIZE_MAX / each) return 0;
  void *volatile room = malloc((size_t)threads * each); /* volatile: or compilers leave it out */
  free(room);
  return room != NULL;
}

void *nn_memory_aligned(size_t bytes) {
  size_t rounded = bytes <= SIZE_MAX - 64 ? (bytes + 63) / 64 * 64 : 0;
  void *memory = rounded || !bytes ? aligned_alloc(64, rounded ? rounded : 64) : NULL;
  if (memory) memset(memory, 0, rounded ? rounded : 64);
  return memory;
}
