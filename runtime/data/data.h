/* data.h: data, from files to examples. SPDX-License-Identifier: 0BSD
 *
 * In: files (idx, npy, tables, texts), given to a model's inputs by name. Out: series of checked values, and from these
 * examples as the model takes them. Kept: nn_data, until nn_data_free; nn_encoding, which a run owns and a checkpoint
 * stores. What programs may call is in nn_tools.h (nn_data_read, nn_data_choose, nn_data_gather, nn_encoding_...);
 * here is what later folders call beside that.
 *
 * Its files, each of which calls those before it only:
 *     series.c                  the values of one input
 *     array.c, table.c, text.c  idx and npy; CSV and its like; characters
 *     batch.c                   examples as the model takes them
 *     encoding.c                how inputs are standardized
 *     read.c                    files given to inputs
 *     rows.c                    some rows of the data */
#ifndef NN_DATA_H
#define NN_DATA_H

#include "common/common.h"

int nn_data_find_input(const nn_model *model, const char *name, size_t length); /* its index or -1 */
/* Whether all that is standardized stays finite: a file's numbers may be large and a checkpoint's deviation small. */
int nn_encoding_check(const nn_encoding *encoding, const nn_data *data, nn_error *error);

#endif
