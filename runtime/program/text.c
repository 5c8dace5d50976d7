/* text.c: outputs that are texts. SPDX-License-Identifier: 0BSD
 *
 * In: whole numbers that a model has put out, and the characters of the text that it was trained on (a checkpoint keeps
 * them). Out: characters. The model does not say which outputs are texts: these are the ones of one or more axes whose
 * numbers are classes, as many as the input has that was read as a text. */
#include "program/program.h"

const nn_vocabulary *cli_text_of(const nn_run *run, const nn_output *output) {
  for (int k = 0; k < run->model->ninputs && output->rank > 0; k++)
    if (run->encoding.vocabulary[k].count && run->model->inputs[k].classes == output->integer)
      return &run->encoding.vocabulary[k];
  return NULL;
}

/* `open`: no class without a character has ended this run. */
static void add(nn_text *text, const cli_column *column, size_t row, int quoted) {
  const nn_output *output = column->output;
  const int32_t *classes = (const int32_t *)column->values + row * output->count;
  size_t length = (size_t)output->shape[output->rank - 1];
  for (size_t k = 0, open = 1; k < output->count; k++) {
    if (k % length == 0) {
      if (k) nn_text_add(text, "\n", 1);
      open = 1;
    }
    open = open && classes[k] < column->vocabulary->count;
    if (!open) continue;
    uint32_t letter = column->vocabulary->letters[classes[k]];
    if (quoted && letter == '"') nn_text_add(text, "\"", 1);
    nn_text_add_letter(text, letter);
  }
}

void cli_add_text(nn_text *text, const cli_column *column, size_t row) { add(text, column, row, 0); }

void cli_add_quoted_text(nn_text *text, const cli_column *column, size_t row) {
  nn_text_add(text, "\"", 1);
  add(text, column, row, 1);
  nn_text_add(text, "\"", 1);
}
