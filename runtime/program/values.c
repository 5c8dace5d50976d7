/* values.c: losses and metrics, as they are printed. SPDX-License-Identifier: 0BSD
 *
 * In: a value for each loss, then for each metric. Out: "L 0.25  accuracy 0.9", or a line for each. */
#include "program/program.h"

#include <math.h>
#include <stdio.h>

const char *cli_value_name(const nn_model *model, int k) {
  return k < model->nlosses ? model->losses[k].name : model->metrics[k - model->nlosses].name;
}

void cli_print_values(const nn_model *model, const char *prefix, const double *values, const char *separator,
                      int digits) {
  for (int k = 0; k < model->nlosses + model->nmetrics; k++) {
    char text[40];
    if (isnan(values[k]) && !*separator) continue;
    nn_number_print(text, sizeof text, digits, values[k]);
    printf("%s%s %s%s", prefix, cli_value_name(model, k), text, separator);
  }
}
