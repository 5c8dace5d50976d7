/* safetensors.h: what the reader of a safetensors file has of its header. SPDX-License-Identifier: 0BSD */
#ifndef NN_SAFETENSORS_H
#define NN_SAFETENSORS_H

#include "store/store.h"

/* Fills the table from the JSON at tensors->bytes.data[begin]. */
int nn_tensors_parse_header(const char *file, nn_tensors *tensors, size_t begin, size_t length, nn_error *error);
size_t nn_tensor_type_size(const char *type); /* bytes of "F32", ... */

#endif
