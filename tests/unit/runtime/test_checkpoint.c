/* test_checkpoint.c: runs into files and back; files that are damaged, hostile or another model's; disks that are
 * full. */
#define _XOPEN_SOURCE 700
#include "scratch.h"
#include "tiny_model.h"
#include "common/common.h"

#include <dirent.h>
#include <float.h>
#include <math.h>
#include <signal.h>
#include <sys/resource.h>

static nn_error error;

static void opened(nn_run *run, uint64_t seed) {
  if (nn_run_open(run, &tiny_model, seed, &error)) fail_msg("%s", error.text);
}

static void saved(const char *file, uint64_t seed) {
  nn_run run;
  opened(&run, seed);
  if (nn_checkpoint_save(file, &run, &error)) fail_msg("%s", error.text);
  nn_run_close(&run);
}

static void assert_refused(const char *file, int what, const char *words) {
  nn_run run, before;
  opened(&run, 7);
  opened(&before, 7);
  error.text[0] = 0;
  assert_int_equal(nn_checkpoint_load(file, &run, what, &error), -1);
  assert_int_equal(error.status, NN_BAD_DATA);
  assert_says(error.text, words);
  assert_memory_equal(run.memory, before.memory, sizeof(tiny)); /* nothing has changed */
  assert_null(run.kept);
  nn_run_close(&run);
  nn_run_close(&before);
}

static void what_is_saved_comes_back(void **state) {
  nn_run a, b;
  (void)state;
  opened(&a, 3);
  tiny *m = a.memory;
  m->step = 123456789012;
  m->steps = 9;
  m->lr = 0.025f;
  m->velocity.b[1] = 4;
  a.epoch = 4;
  a.best = 0.1;
  a.best_epoch = 3;
  a.bad_epochs = 1;
  a.options = (nn_train_options){9, 5, 2, 3, 1, 0.3};
  a.kept = calloc(TINY_FLOATS + 1, sizeof(float));
  a.kept[2] = 17;
  a.encoding.mean[0] = calloc(4, sizeof(float));
  a.encoding.deviation[0] = calloc(4, sizeof(float));
  a.encoding.mean[0][3] = 5;
  for (int k = 0; k < 4; k++) a.encoding.deviation[0][k] = 0.25f;
  assert_int_equal(nn_checkpoint_save("a.safetensors", &a, &error), 0);
  opened(&b, 8);
  if (nn_checkpoint_load("a.safetensors", &b, NN_LOAD_ALL, &error)) fail_msg("%s", error.text);
  memset(m->work, 0, sizeof m->work);
  assert_memory_equal(a.memory, b.memory, sizeof(tiny));
  assert_memory_equal(a.kept, b.kept, (TINY_FLOATS + 1) * sizeof(float));
  assert_true(b.epoch == 4 && b.best == 0.1 && b.best_epoch == 3 && b.bad_epochs == 1 && b.seed == 3);
  assert_true(b.options.batch == 5 && b.options.patience == 3 && b.options.validate == 0.3);
  assert_true(b.encoding.mean[0][3] == 5 && b.encoding.deviation[0][3] == 0.25f);
  assert_int_equal(nn_checkpoint_save("b.safetensors", &b, &error), 0);
  assert_true(scratch_same("a.safetensors", "b.safetensors"));
  nn_run_close(&b);
  opened(&b, 8); /* for use, the plain names count: the best */
  assert_int_equal(nn_checkpoint_load("a.safetensors", &b, NN_LOAD_PARAMETERS, &error), 0);
  assert_true(nn_run_parameters(&b)[2] == 17 && nn_run_step(&b) == 0 && !b.kept);
  nn_run_close(&a);
  nn_run_close(&b);
}

static void vocabulary_comes_back(void **state) {
  nn_run a, b;
  (void)state;
  opened(&a, 3);
  a.encoding.vocabulary[1].letters = malloc(3 * sizeof(uint32_t));
  memcpy(a.encoding.vocabulary[1].letters, (uint32_t[]){'\n', '"', 0x20ac}, 12);
  a.encoding.vocabulary[1].count = 3;
  assert_int_equal(nn_checkpoint_save("a.safetensors", &a, &error), 0);
  opened(&b, 8);
  assert_int_equal(nn_checkpoint_load("a.safetensors", &b, NN_LOAD_PARAMETERS, &error), 0);
  assert_int_equal(b.encoding.vocabulary[1].count, 3);
  assert_memory_equal(b.encoding.vocabulary[1].letters, a.encoding.vocabulary[1].letters, 12);
  nn_run_close(&a);
  nn_run_close(&b);
}

/* ---- files of other makers ---- */

static const char *write_header(const char *name, const char *header, size_t data) {
  unsigned char bytes[4096] = {0};
  size_t length = strlen(header);
  bytes[0] = (unsigned char)(length & 255);
  bytes[1] = (unsigned char)(length >> 8);
  memcpy(bytes + 8, header, length);
  return scratch_bytes(name, bytes, 8 + length + data);
}

#define W "\"W\":{\"dtype\":\"F32\",\"shape\":[3,4],\"data_offsets\":[0,48]}"
#define B "\"b\":{\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[48,60]}"

static void parameters_alone_will_do(void **state) {
  nn_run run;
  (void)state;
  opened(&run, 3);
  write_header("p.safetensors",
               "{ \"b\" : {\"shape\":[3], \"dtype\":\"F\\u00332\",\"data_offsets\":[48 , 60]},\n" W "}  ", 60);
  if (nn_checkpoint_load("p.safetensors", &run, NN_LOAD_PARAMETERS, &error)) fail_msg("%s", error.text);
  assert_true(nn_run_parameters(&run)[0] == 0);
  nn_run_close(&run);
  assert_refused("p.safetensors", NN_LOAD_ALL, "p.safetensors|parameters only|--load");
}

static void tensors_that_do_not_fit(void **state) {
  static const struct {
    const char *header;
    size_t data;
    const char *words;
  } files[] = {
    {"{" W "}", 48, "tensor b is missing"},
    {"{" W "," B ",\"c\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[60,64]}}", 64, "tensor c has no place"},
    {"{" W ",\"b\":{\"dtype\":\"I32\",\"shape\":[3],\"data_offsets\":[48,60]}}", 60,
     "tensor b is of type I32, expected F32"},
    {"{" W ",\"b\":{\"dtype\":\"F32\",\"shape\":[1,3],\"data_offsets\":[48,60]}}", 60,
     "tensor b has shape [1,3], expected [3]"},
    {"{" W ",\"b\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[48,56]}}", 56,
     "tensor b has shape [2], expected [3]"},
    {"{" W "," B "}", 59, "truncated"},
    {"{" W "," B "}", 61, "end at byte 60|has 61"},
    {"{" W ",\"b\":{\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[40,52]}}", 52, "overlaps"},
    {"{" W ",\"b\":{\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[52,64]}}", 64, "gap"},
    {"{" W ",\"b\":{\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[48,64]}}", 64,
     "needs 12 bytes, its offsets hold 16"},
    {"{" W ",\"b\":{\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[60,48]}}", 60, "a begin and an end"},
    {"{" W "," W "}", 60, "W begins at byte 0"},
    {"{" W ",\"b\":{\"dtype\":\"F32\",\"shape\":[4294967296,4294967296],\"data_offsets\":[48,48]}}", 48, "too large"},
    {"{" W ",\"b\":{\"dtype\":\"F32\",\"shape\":[99999999999999999999],\"data_offsets\":[48,48]}}", 48, "not so large"},
    {"{" W ",\"b\":{\"dtype\":\"F32\",\"shape\":[1,1,1,1,1,1,1,1,1,1],\"data_offsets\":[48,52]}}", 52, "fewer numbers"},
    {"{" W ",\"b\":{\"dtype\":\"F32\",\"shape\":[3]}}", 60, "once each"},
    {"{" W ",\"b\":{\"dtype\":\"F32\",\"shape\":[3],\"shape\":[3],\"data_offsets\":[48,60]}}", 60, "once each"},
    {"{" W ",\"b\":{\"dtype\":\"F31\",\"shape\":[3],\"data_offsets\":[48,60]}}", 60, "a type such as F32"},
    {"{" W ",\"b\":{\"dtype\":\"F32\",\"extra\":[3],\"data_offsets\":[48,60]}}", 60, "dtype, shape or data_offsets"},
    {"{" W ",\"b\":{\"dtype\":\"F32\",\"shape\":[-3],\"data_offsets\":[48,60]}}", 60, "a whole number"},
    {"{" W ",\"b\":[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]}", 60, "expected '{'"},
    {"{" W "," B "} x", 60, "end of the header"},
    {"{" W "," B, 60, "expected ','"},
    {"{" W ",\"b", 60, "closed"},
    {"{" W ",\"\\q\":{}}", 60, "an escape"},
    {"{" W ",\"\\ud800x\":{}}", 60, "second half"},
    {"{" W ",\"\\u0000\":{}}", 60, "a character"},
    {"{\"__metadata__\":{\"a\":1}," W "," B "}", 60, "'\"'"},
    {"{\"__metadata__\":{\"nnc\":\"2\",\"hash\":\"x\"}," W "," B "}", 60, "@state.steps is missing"},
  };
  (void)state;
  for (size_t k = 0; k < sizeof files / sizeof *files; k++)
    assert_refused(write_header("t.safetensors", files[k].header, files[k].data), NN_LOAD_PARAMETERS, files[k].words);
}

static void every_truncation_is_noticed(void **state) {
  size_t size;
  (void)state;
  saved("a.safetensors", 3);
  char *bytes = scratch_read("a.safetensors", &size);
  for (size_t cut = 0; cut < size; cut++) assert_refused(scratch_bytes("cut", bytes, cut), NN_LOAD_ALL, "cut");
  memset(bytes, 0xff, 8);
  assert_refused(scratch_bytes("long", bytes, size), NN_LOAD_ALL, "no safetensors file");
  free(bytes);
}

/* Whatever one byte becomes: an error or a model of finite numbers, never a crash. */
static void any_byte_may_be_wrong(void **state) {
  size_t size;
  (void)state;
  saved("a.safetensors", 3);
  char *bytes = scratch_read("a.safetensors", &size);
  for (size_t k = 0; k < size; k++) {
    char was = bytes[k];
    bytes[k] = (char)(was ^ (k % 2 ? 0x20 : 0x81));
    nn_run run;
    opened(&run, 1);
    scratch_bytes("b", bytes, size);
    if (!nn_checkpoint_load("b", &run, NN_LOAD_ALL, &error))
      for (size_t i = 0; i < TINY_FLOATS; i++) assert_true(isfinite(nn_run_parameters(&run)[i]));
    nn_run_close(&run);
    bytes[k] = was;
  }
  free(bytes);
}

static void another_models_file_is_refused(void **state) {
  nn_model other = tiny_model;
  nn_run run;
  (void)state;
  other.hash++;
  other.name = "other";
  assert_int_equal(nn_run_open(&run, &other, 1, &error), 0);
  assert_int_equal(nn_checkpoint_save("o.safetensors", &run, &error), 0);
  nn_run_close(&run);
  assert_refused("o.safetensors", NN_LOAD_PARAMETERS, "another model|'other'|0123456789abcdf0|'tiny'|0123456789abcdef");
  assert_int_equal(nn_run_open(&run, &other, 1, &error), 0);
  nn_run_parameters(&run)[2] = NAN;
  assert_int_equal(nn_checkpoint_save("o.safetensors", &run, &error), 0);
  nn_run_close(&run);
  assert_refused("o.safetensors", NN_LOAD_PARAMETERS, "tensor W|not finite, element 2");
}

/* The checkpoint of a run that `spoil` has changed is refused with these words. */
static void assert_spoiled(void (*spoil)(nn_run *run), const char *words) {
  nn_run run;
  opened(&run, 3);
  spoil(&run);
  assert_int_equal(nn_checkpoint_save("s.safetensors", &run, &error), 0);
  nn_run_close(&run);
  assert_refused("s.safetensors", NN_LOAD_ALL, words);
}

static void spoil_step(nn_run *run) { ((tiny *)run->memory)->step = UINT64_MAX; }
static void spoil_best(nn_run *run) { run->best = NAN; }
static void spoil_best_epoch(nn_run *run) { run->best_epoch = 1; }
static void spoil_validate(nn_run *run) { run->options.validate = 1; }
static void spoil_lr(nn_run *run) { ((tiny *)run->memory)->lr = INFINITY; }
static void spoil_state(nn_run *run) { ((tiny *)run->memory)->steps = -INFINITY; }

static void standardized(nn_run *run, float mean, float deviation) {
  run->encoding.mean[0] = calloc(4, sizeof(float));
  run->encoding.deviation[0] = calloc(4, sizeof(float));
  for (int k = 0; k < 4; k++) run->encoding.deviation[0][k] = 1;
  run->encoding.mean[0][2] = mean;
  run->encoding.deviation[0][2] = deviation;
}
static void spoil_mean(nn_run *run) { standardized(run, NAN, 1); }
static void spoil_pair(nn_run *run) {
  standardized(run, 0, 1);
  free(run->encoding.deviation[0]);
  run->encoding.deviation[0] = NULL;
}
static void divide_by_zero(nn_run *run) { standardized(run, 0, 0); }
static void divide_by_less(nn_run *run) { standardized(run, 0, -2); }

static void written(nn_run *run, const char *letters) {
  nn_vocabulary *vocabulary = &run->encoding.vocabulary[1];
  vocabulary->letters = malloc(8 * sizeof *vocabulary->letters);
  for (vocabulary->count = 0; letters[vocabulary->count]; vocabulary->count++)
    vocabulary->letters[vocabulary->count] = (uint32_t)letters[vocabulary->count];
}
static void spoil_order(nn_run *run) { written(run, "ba"); }
static void spoil_distinct(nn_run *run) { written(run, "aab"); }
static void spoil_classes(nn_run *run) { written(run, "abcdefg"); }

static void vocabularies_of_no_text_are_refused(void **state) {
  (void)state;
  assert_spoiled(spoil_order, "vocabulary.y 'ba'|characters in ascending order");
  assert_spoiled(spoil_distinct, "vocabulary.y 'aab'|characters in ascending order");
  assert_spoiled(spoil_classes, "vocabulary.y 'abcdefg'|no more characters than the input has classes");
}

static void numbers_out_of_range_are_refused(void **state) {
  (void)state;
  assert_spoiled(spoil_step, "step '18446744073709551615'|a whole number 0 to 1099511627775");
  assert_spoiled(spoil_best, "best 'nan'|a number -inf to inf");
  assert_spoiled(spoil_best_epoch, "best_epoch '1'|0 to 0");
  assert_spoiled(spoil_validate, "validate '1'");
  assert_spoiled(spoil_lr, "lr 'inf'");
  assert_spoiled(spoil_state, "@state.steps|not finite");
  assert_spoiled(spoil_mean, "@standardize.x.mean|not finite, element 2");
  assert_spoiled(spoil_pair, "@standardize.x.deviation|is missing");
  assert_spoiled(divide_by_zero, "@standardize.x.deviation|a deviation of 0, element 2, expected one above 0");
  assert_spoiled(divide_by_less, "@standardize.x.deviation|a deviation of -2");
}

/* What can be set can be saved, and comes back. */
static void the_largest_numbers_come_back(void **state) {
  nn_run a, b;
  (void)state;
  opened(&a, UINT64_MAX);
  ((tiny *)a.memory)->lr = FLT_MAX;
  a.options.validate = nextafter(1, 0);
  assert_int_equal(nn_checkpoint_save("a.safetensors", &a, &error), 0);
  opened(&b, 1);
  if (nn_checkpoint_load("a.safetensors", &b, NN_LOAD_ALL, &error)) fail_msg("%s", error.text);
  assert_true(((tiny *)b.memory)->lr == FLT_MAX && b.options.validate < 1 && b.seed == UINT64_MAX);
  nn_run_close(&a);
  nn_run_close(&b);
}

/* A small deviation and a large value: no infinity reaches the model. */
static void what_is_standardized_stays_finite(void **state) {
  nn_run run;
  nn_data data;
  double values[8];
  const nn_source files[] = {{"x", scratch_text("x.csv", "1,1,1,1\n1,1,3e38,1\n")},
                             {"y", scratch_text("y.csv", "0\n1\n")}};
  (void)state;
  opened(&run, 3);
  standardized(&run, 0, 1e-3f);
  assert_int_equal(nn_data_read(&data, &tiny_model, &run.encoding, files, 2, 3, &error), 0);
  assert_int_equal(nn_evaluate(&run, &data, values, &error), -1);
  assert_says(error.text, "input x, row 1, element 2|deviation 0.001");
  run.options.epochs = 1;
  assert_int_equal(nn_train(&run, &data, NULL, NULL, NULL, &error), -1);
  assert_says(error.text, "input x, row 1, element 2");
  nn_data_free(&data);
  nn_run_close(&run);
}

/* ---- disks ---- */

static int files_here(void) {
  int count = 0;
  DIR *folder = opendir(".");
  while (readdir(folder)) count++;
  closedir(folder);
  return count;
}

static void a_full_disk_leaves_the_old_file(void **state) {
  nn_run run;
  struct rlimit limit, small;
  size_t size;
  (void)state;
  saved("old.safetensors", 3);
  saved("copy.safetensors", 3);
  opened(&run, 4);
  free(scratch_read("old.safetensors", &size));
  signal(SIGXFSZ, SIG_IGN);
  assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
  small = limit;
  int before = files_here();
  for (rlim_t room = 0; room < size; room += size / 5) {
    small.rlim_cur = room;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    int result = nn_checkpoint_save("old.safetensors", &run, &error);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    assert_int_equal(result, -1);
    assert_int_equal(error.status, NN_BAD_USAGE);
    assert_says(error.text, "old.safetensors|cannot be written");
    assert_true(scratch_same("old.safetensors", "copy.safetensors"));
    assert_int_equal(files_here(), before);
  }
  if (!access("/dev/full", W_OK)) {
    struct stat about;
    assert_int_equal(nn_checkpoint_save("/dev/full", &run, &error), -1);
    assert_says(error.text, "/dev/full|No space left");
    assert_true(!stat("/dev/full", &about) && S_ISCHR(about.st_mode)); /* it is still the device */
  }
  assert_int_equal(nn_checkpoint_save("missing/new.safetensors", &run, &error), -1);
  assert_says(error.text, "missing/new.safetensors|No such file");
  assert_int_equal(nn_checkpoint_save(".", &run, &error), -1);
  nn_run_close(&run);
}

static void a_link_stays_a_link(void **state) {
  nn_run run;
  struct stat about;
  (void)state;
  saved("target.safetensors", 3);
  assert_int_equal(symlink("target.safetensors", "link.safetensors"), 0);
  opened(&run, 4);
  assert_int_equal(nn_checkpoint_save("link.safetensors", &run, &error), 0);
  nn_run_close(&run);
  assert_true(!lstat("link.safetensors", &about) && S_ISLNK(about.st_mode));
  saved("four.safetensors", 4);
  assert_true(scratch_same("target.safetensors", "four.safetensors"));
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(what_is_saved_comes_back),
    cmocka_unit_test(vocabulary_comes_back),
    cmocka_unit_test(vocabularies_of_no_text_are_refused),
    cmocka_unit_test(parameters_alone_will_do),
    cmocka_unit_test(tensors_that_do_not_fit),
    cmocka_unit_test(every_truncation_is_noticed),
    cmocka_unit_test(any_byte_may_be_wrong),
    cmocka_unit_test(another_models_file_is_refused),
    cmocka_unit_test(numbers_out_of_range_are_refused),
    cmocka_unit_test(the_largest_numbers_come_back),
    cmocka_unit_test(what_is_standardized_stays_finite),
    cmocka_unit_test(a_full_disk_leaves_the_old_file),
    cmocka_unit_test(a_link_stays_a_link),
  };
  return cmocka_run_group_tests_name("checkpoint", tests, scratch_open, scratch_close);
}
