/* readers.c: one file through what reads it, for the fuzzers.
 *
 *   readers data FILE         as each kind of input: what is taken is finite and in range
 *   readers checkpoint FILE   parameters, and all: what is taken is finite, and is saved and read again
 *   readers seeds FOLDER      writes small good files to start from
 *
 * Exit status 0, or 1 where the file was refused with words; a promise that is broken aborts. */
#define _XOPEN_SOURCE 700
#include "../unit/runtime/tiny_model.h"
#include "data/data.h"

#include <stdio.h>
#include <stdlib.h>

static void must(int truth, const char *what) {
  if (truth) return;
  fprintf(stderr, "readers: not so: %s\n", what);
  abort();
}

/* ---- data ---- */

static void check_values(const nn_data *data, const nn_input *input, const void *values, size_t count) {
  (void)data;
  for (size_t k = 0; k < count; k++) {
    double value = input->kind == NN_REAL ? (double)((const float *)values)[k] : (double)((const int32_t *)values)[k];
    must(isfinite(value), "values are finite");
    if (input->kind == NN_CLASS) must(value >= 0 && value < input->classes, "classes are in range");
    if (input->kind == NN_EXTENT) must(value >= 1 && value <= input->classes, "extents are in range");
    if (input->kind == NN_BIT) must(value == 0 || value == 1, "bits are 0 or 1");
  }
}

static void gather(const nn_data *data, const nn_encoding *encoding, int input) {
  const nn_input *about = &data->model->inputs[input];
  void *in[NN_MAX_INPUTS] = {NULL}, *values = malloc(about->count * 4);
  in[input] = values;
  for (size_t row = 0; row < data->rows && values; row++) {
    nn_data_gather(data, encoding, 1u << input, NULL, row, 1, in);
    check_values(data, about, values, about->count);
  }
  free(values);
}

/* The input with its length, where it has one. */
static int read_as(const nn_input *input, const char *file) {
  nn_input inputs[2] = {*input, {"n", NN_EXTENT, 5, 0, {0}, 1, {0}}};
  nn_model model = {.name = "model", .inputs = inputs, .ninputs = 2};
  nn_encoding encoding = {.mean = {NULL}};
  nn_source source = {"x", file};
  nn_data data;
  nn_error error = {0, ""};
  if (nn_data_read(&data, &model, &encoding, &source, 1, 1, &error)) {
    must(error.text[0] && (error.status == NN_BAD_DATA || error.status == NN_BAD_USAGE), "a refusal has words");
    return nn_encoding_free(&encoding), 1;
  }
  gather(&data, &encoding, 0);
  if (data.given >> 1 & 1) gather(&data, &encoding, 1);
  if (input->kind == NN_REAL && !nn_encoding_standardize(&encoding, &data, 1, NULL, data.rows, &error) &&
      !nn_encoding_check(&encoding, &data, &error))
    gather(&data, &encoding, 0);
  nn_data_free(&data);
  nn_encoding_free(&encoding);
  return 0;
}

static int read_data(const char *file) {
  static const nn_input inputs[] = {
    {"x", NN_REAL, 0, 0, {0}, 1, {0}},  {"x", NN_REAL, 0, 1, {2}, 2, {0}},    {"x", NN_REAL, 0, 2, {2, 2}, 4, {0}},
    {"x", NN_CLASS, 3, 0, {0}, 1, {0}}, {"x", NN_CLASS, 300, 1, {2}, 2, {0}}, {"x", NN_INT, 0, 0, {0}, 1, {0}},
    {"x", NN_BIT, 0, 1, {2}, 2, {0}},   {"x", NN_CLASS, 27, 1, {5}, 5, {0}},  {"x", NN_CLASS, 27, 1, {5}, 5, {2}},
  };
  char columns[400];
  int refused = 1;
  for (size_t k = 0; k < sizeof inputs / sizeof *inputs; k++) refused &= read_as(&inputs[k], file);
  for (int k = 0; k < 2; k++) {
    snprintf(columns, sizeof columns, "%s:%s", file, k ? "0-1" : "b,a");
    refused &= read_as(&inputs[1], columns);
  }
  return refused;
}

/* ---- checkpoints ---- */

static int read_checkpoint(const char *file) {
  nn_error error = {0, ""};
  char again[400];
  int refused = 1;
  snprintf(again, sizeof again, "%s.again", file);
  for (int what = NN_LOAD_PARAMETERS; what <= NN_LOAD_ALL; what++) {
    nn_run run, other;
    must(!nn_run_open(&run, &tiny_model, 1, &error) && !nn_run_open(&other, &tiny_model, 2, &error), "models open");
    if (!nn_checkpoint_load(file, &run, what, &error)) {
      refused = 0;
      for (size_t k = 0; k < TINY_FLOATS; k++) must(isfinite(nn_run_parameters(&run)[k]), "parameters are finite");
      for (int k = 0; k < 4 && run.encoding.mean[0]; k++)
        must(run.encoding.deviation[0][k] > 0, "deviations are above 0");
      must(!nn_checkpoint_save(again, &run, &error), "it is saved again");
      must(!nn_checkpoint_load(again, &other, NN_LOAD_ALL, &error), "what was saved is read");
    } else must(error.text[0] != 0, "a refusal has words");
    nn_run_close(&run);
    nn_run_close(&other);
  }
  remove(again);
  return refused;
}

/* ---- seeds ---- */

static void put(const char *folder, const char *name, const char *data, size_t size) {
  char path[400];
  nn_error error;
  snprintf(path, sizeof path, "%s/%s", folder, name);
  must(!nn_file_write(path, &(nn_span){data, size}, 1, &error), "a seed is written");
}

static int write_seeds(const char *folder) {
  static const char npy[] = "\x93NUMPY\1\0\x46\0{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2), }          "
                            "\n\0\0\200?\0\0\0@\0\0\0\0\0\0\0?";
  static const char idx[] = "\0\0\x08\2\0\0\0\3\0\0\0\2\1\0\1\1\0\0",
                    wide[] = "\0\0\x0d\1\0\0\0\2\077\200\0\0\100\0\0\0";
  static const char table[] = "a,b,\"c d\"\n1,2.5,-3e-2\n4,5,6\n", tabs[] = "1\t2\n3\t0\n",
                    text[] = "to be, or not\nto b\xc3\xa9\n";
  static const char gzip[] = "\x1f\x8b\x08\0\0\0\0\0\0\3\x33\xd4\x31\xe2\x32\xd6\x31\xe1\2\0\x47\x93\x6c\xaf\x08\0\0";
  nn_run run;
  nn_error error;
  char path[400];
  put(folder, "a.npy", npy, sizeof npy - 1);
  put(folder, "a.idx", idx, sizeof idx - 1);
  put(folder, "w.idx", wide, sizeof wide - 1);
  put(folder, "a.csv", table, sizeof table - 1);
  put(folder, "a.tsv", tabs, sizeof tabs - 1);
  put(folder, "a.txt", text, sizeof text - 1);
  put(folder, "a.gz", gzip, sizeof gzip); /* with its last 0 */
  must(!nn_run_open(&run, &tiny_model, 1, &error), "a model opens");
  run.encoding.mean[0] = calloc(4, sizeof(float));
  run.encoding.deviation[0] = calloc(4, sizeof(float));
  for (int k = 0; k < 4; k++) run.encoding.deviation[0][k] = 1;
  snprintf(path, sizeof path, "%s/tiny.safetensors", folder);
  must(!nn_checkpoint_save(path, &run, &error), "a checkpoint is written");
  nn_run_close(&run);
  return 0;
}

int main(int argc, char **argv) {
  if (argc == 3 && !strcmp(argv[1], "data")) return read_data(argv[2]);
  if (argc == 3 && !strcmp(argv[1], "checkpoint")) return read_checkpoint(argv[2]);
  if (argc == 3 && !strcmp(argv[1], "seeds")) return write_seeds(argv[2]);
  return fprintf(stderr, "usage: readers data|checkpoint|seeds FILE\n"), 2;
}
