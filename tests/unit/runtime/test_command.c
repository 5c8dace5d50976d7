/* test_command.c: the program of a model as a user sees it: its output, its files, its messages, its exit status. */
#define _POSIX_C_SOURCE 200809L
#include "flowers.h"
#include "tiny_model.h"

#include <sys/resource.h>
#include <sys/wait.h>

static char *output, *messages; /* of the last run */

static void in_child(char *line) {
  char *words[40];
  int count = 0;
  for (char *word = strtok(line, " "); word; word = strtok(NULL, " ")) words[count++] = word;
  if (!freopen("stdout.txt", "w", stdout) || !freopen("stderr.txt", "w", stderr)) _exit(99);
  int status = nn_main(&tiny_model, count, words);
  fclose(stdout);
  fclose(stderr);
  _exit(status);
}

/* Runs "tiny WORDS" and gives its exit status. */
static int run(const char *words) {
  char line[1000];
  int status;
  size_t size;
  snprintf(line, sizeof line, "tiny %s", words);
  pid_t child = fork();
  if (child == 0) in_child(line);
  assert_int_equal(waitpid(child, &status, 0), child);
  free(output);
  free(messages);
  output = scratch_read("stdout.txt", &size);
  messages = scratch_read("stderr.txt", &size);
  assert_true(WIFEXITED(status));
  return WEXITSTATUS(status);
}

static void assert_run(const char *words) {
  if (run(words)) fail_msg("%s: %s", words, messages);
}

static void assert_fails(const char *words, int status, const char *says) {
  assert_int_equal(run(words), status);
  assert_says(messages, says);
  assert_true(!strncmp(messages, "error: ", 7));
}

static int lines(const char *text) {
  int count = 0;
  for (; *text; text++) count += *text == '\n';
  return count;
}

#define TRAIN "train x=train.csv:a-d y=train.csv:kind "
#define TEST  "test.x=test.csv:a-d test.y=test.csv:kind "

static int open_files(void **state) {
  if (scratch_open(state)) return -1;
  write_flowers("train.csv", 1);
  write_flowers("test.csv", 2);
  return 0;
}

static int close_files(void **state) {
  free(output);
  free(messages);
  return scratch_close(state);
}

static void it_trains_and_tests(void **state) {
  double loss, accuracy, loss_again, accuracy_again;
  (void)state;
  assert_run(TRAIN TEST "--epochs 4 --save m.safetensors --validate 0.2");
  assert_says(output, "epoch 1/4  L |  validate.L |  validate.accuracy |  test.accuracy | s\nepoch 2/4|epoch 4/4");
  assert_int_equal(lines(output), 6);
  assert_says(messages, "saved in m.safetensors");
  assert_int_equal(sscanf(strstr(output, "\ntest.L "), "\ntest.L %lf\ntest.accuracy %lf", &loss, &accuracy), 2);
  assert_run("test x=test.csv:a-d y=test.csv:4 --load m.safetensors");
  assert_int_equal(sscanf(output, "L %lf\naccuracy %lf", &loss_again, &accuracy_again), 2);
  assert_true(loss == loss_again && accuracy == accuracy_again && accuracy > 0.5);
  assert_run(TRAIN "--epochs=2 --every 2");
  assert_int_equal(lines(output), 1);
  assert_says(messages, "nothing is saved|--save FILE");
  assert_run(TRAIN "--epochs 2 --quiet");
  assert_string_equal(output, "");
  assert_string_equal(messages, "");
}

static void it_resumes(void **state) {
  (void)state;
  assert_run(TRAIN "--epochs 5 --seed 9 --batch 6 --validate 0.1 --patience 4 --set mu=0.5 --threads 2 --save "
                   "five.safetensors --history five.csv");
  assert_run(TRAIN "--epochs 3 --seed 9 --batch 6 --validate 0.1 --patience 4 --set mu=0.5 --threads 2 --save "
                   "r.safetensors --history r.csv");
  assert_run(TRAIN "--epochs 5 --resume r.safetensors --save r.safetensors --history r.csv");
  assert_int_equal(lines(output), 2);
  assert_true(scratch_same("five.safetensors", "r.safetensors"));
  assert_true(scratch_same("five.csv", "r.csv"));
  assert_run(TRAIN "--epochs 5 --resume r.safetensors --save r.safetensors");
  assert_says(messages, "nothing to do: 5 epochs are done");
  assert_true(scratch_same("five.safetensors", "r.safetensors"));
  assert_fails(TRAIN "--resume r.safetensors --seed 3", 2, "--seed|checkpoint's");
  assert_fails(TRAIN "--resume r.safetensors --load r.safetensors", 2, "exclude each other");
}

static void it_writes_a_history(void **state) {
  size_t size;
  char *text;
  (void)state;
  assert_run(TRAIN TEST "--epochs 3 --validate 0.1 --history h.csv --quiet");
  text = scratch_read("h.csv", &size);
  assert_says(text, "epoch,step,L,validate.L,validate.accuracy,test.L,test.accuracy\n1,7,|\n2,14,|\n3,21,");
  assert_int_equal(lines(text), 4);
  free(text);
}

static void it_predicts(void **state) {
  size_t size;
  char *text;
  (void)state;
  assert_run(TRAIN "--epochs 2 --save m.safetensors");
  assert_run("predict x=test.csv:0-3 --load m.safetensors");
  assert_says(output, "p[0],p[1],p[2],label\n");
  assert_int_equal(lines(output), FLOWERS + 1);
  assert_run("predict x=test.csv:0-3 --load m.safetensors --output label -o l.txt");
  text = scratch_read("l.txt", &size);
  assert_int_equal(size, 2 * FLOWERS); /* a digit and a line's end each: whole numbers stay whole */
  free(text);
  assert_run("predict x=test.csv:0-3 --load m.safetensors -o p.csv");
  assert_run("predict x=test.csv:0-3 --load m.safetensors -o p.safetensors");
  text = scratch_read("p.safetensors", &size);
  assert_says(text + 8, "\"p\":{\"dtype\":\"F32\",\"shape\":[60,3]|\"label\":{\"dtype\":\"I32\",\"shape\":[60]");
  free(text);
  assert_run("predict x=test.csv:0-3 --load m.safetensors --output label -o l.npy");
  text = scratch_read("l.npy", &size);
  assert_true(size == 128 + 4 * FLOWERS || size == 64 + 4 * FLOWERS);
  assert_says(text + 10, "'<i4'|(60,)");
  free(text);
  assert_run("test x=test.csv:0-3 y=l.npy --load m.safetensors"); /* what it says is what it says */
  assert_says(output, "accuracy 1\n");
  assert_fails("predict x=test.csv:0-3 -o p.npy", 2, "--output NAME");
  assert_fails("predict x=test.csv:0-3 --output lable", 2, "no output 'lable'|'label'");
  assert_fails("predict x=test.csv:0-3 -o p.png", 2, "shows one output|--output NAME");
  assert_fails("predict x=test.csv:0-3 --output p -o p.png", 2, "p is [3]|no picture");
  assert_fails("predict x=test.csv:0-3 --output label -o p.pgm", 2, "one number|no picture");
  assert_fails("predict x=test.csv:0-3 --count 5", 2, "--count 5|as many rows as data");
  assert_fails("predict x=test.csv:0-3 -o p.xls", 2, ".csv .txt .npy .safetensors");
  assert_fails("predict y=test.csv:4", 2, "p needs x=FILE");
}

static void it_gives_gradients(void **state) {
  size_t size;
  (void)state;
  assert_run("grad x=test.csv:0-3 y=test.csv:4 --seed 5 -o g.safetensors");
  assert_true(!strncmp(output, "loss L ", 7));
  char *text = scratch_read("g.safetensors", &size);
  assert_says(text + 8, "{\"W\":{\"dtype\":\"F32\",\"shape\":[3,4],\"data_offsets\":[0,48]},\"b\"");
  free(text);
  assert_fails("grad x=test.csv:0-3 y=test.csv:4 --loss M", 2, "no loss 'M'");
  assert_fails("grad x=test.csv:0-3 y=test.csv:4 -o g.csv", 2, ".safetensors");
}

static void it_explains_itself(void **state) {
  (void)state;
  assert_run("info");
  assert_says(
    output, "model tiny|x[4]|y : class(3)|parameters: 15|[3,4]|momentum.lr = 0.1|accuracy|label : int|matrix products");
  assert_run("help");
  assert_says(output, "predict x=FILE|--patience N|--epochs N|inputs: x y mask");
  assert_run("--help");
  assert_run("train --help");
}

static void wrong_words_are_explained(void **state) {
  (void)state;
  assert_fails("", 2, "expected a command: train|help");
  assert_fails("trian", 2, "unknown command 'trian'; did you mean 'train'?");
  assert_fails(TRAIN "--epoch 3", 2, "unknown option '--epoch'; did you mean '--epochs'?");
  assert_fails(TRAIN "--epochs", 2, "--epochs: expected N after it");
  assert_fails(TRAIN "--epochs -3", 2, "'-3'|a whole number");
  assert_fails(TRAIN "--epochs 3x", 2, "'3x'|a whole number");
  assert_fails(TRAIN "--epochs 99999999999", 2, "'99999999999'|a whole number");
  assert_fails(TRAIN "--epochs 3 --epochs 4", 2, "given twice");
  assert_fails(TRAIN "--batch 0", 2, "from 1");
  assert_fails(TRAIN "--threads 1000", 2, "from 1 to 256");
  assert_fails(TRAIN "--validate 1.5", 2, "'1.5'|a share");
  assert_fails(TRAIN "--patience 2", 2, "--validate");
  assert_fails(TRAIN "--quiet=1", 2, "takes no value");
  assert_fails(TRAIN "--set lr", 2, "NAME=NUMBER");
  assert_fails(TRAIN "--set lr=fast", 2, "NAME=NUMBER");
  assert_fails(TRAIN "--set rate=0.1", 2, "'rate'|momentum.lr, momentum.mu");
  assert_fails(TRAIN "--set decay=0.1", 2, "computes it from the step");
  assert_fails(TRAIN "--output p", 2, "--output is no option of 'train'");
  assert_fails("test --epochs 3", 2, "--epochs is no option of 'test'");
  assert_fails(TRAIN "file.csv", 2, "'file.csv'|x=FILE");
  assert_fails(TRAIN "z=file.csv", 2, "no input 'z'|x, y, mask");
  assert_fails(TRAIN "mask=", 2, "expected a file");
  assert_fails("test x=test.csv:0-3", 2, "y=FILE");
  assert_fails("test x=missing.csv y=test.csv:4", 2, "missing.csv|No such file");
  assert_fails(TRAIN "--save no/such/m.safetensors", 2, "no/such/m.safetensors|No such file");
  assert_fails(TRAIN "--history no/such/h.csv", 2, "no/such/h.csv");
  assert_fails(TRAIN "--load missing.safetensors", 2, "missing.safetensors|No such file");
}

static void bad_data_train_nothing(void **state) {
  (void)state;
  assert_run(TRAIN "--epochs 1 --save keep.safetensors");
  assert_run(TRAIN "--epochs 1 --save copy.safetensors");
  scratch_text("bad.csv", "0\n1\n3\n");
  assert_fails("train x=train.csv:0-3 y=bad.csv --save keep.safetensors", 1,
               "bad.csv:3: column 0: found '3'|0..2|input y");
  assert_string_equal(output, "");
  assert_fails("train x=train.csv:0-3 y=train.csv:3 --save keep.safetensors", 1, "train.csv:2: column 3 ('d')|0..2");
  assert_fails(TRAIN "test.x=test.csv:0-3 test.y=bad.csv --save keep.safetensors", 1, "bad.csv:3");
  scratch_text("short.csv", "0\n1\n");
  assert_fails("train x=train.csv:0-3 y=short.csv --save keep.safetensors", 1, "60 rows|short.csv");
  assert_fails(TRAIN "--set lr=1e38 --save keep.safetensors", 1, "epoch 1, step");
  assert_true(scratch_same("keep.safetensors", "copy.safetensors"));
}

static void full_disks_are_reported(void **state) {
  struct rlimit limit, small;
  (void)state;
  if (access("/dev/full", W_OK)) {
    printf("skip full_disks_are_reported: no hardware, /dev/full is not there\n");
    skip();
  }
  assert_fails(TRAIN "--epochs 1 --save /dev/full", 2, "/dev/full|No space left");
  assert_fails("predict x=test.csv:0-3 -o /dev/full", 2, ".csv");
  assert_run(TRAIN "--epochs 1 --save keep.safetensors --quiet");
  assert_run(TRAIN "--epochs 1 --save copy.safetensors --quiet");
  getrlimit(RLIMIT_FSIZE, &limit);
  small = limit;
  small.rlim_cur = 300; /* more than the messages, less than the checkpoint */
  setrlimit(RLIMIT_FSIZE, &small);
  int status = run(TRAIN "--epochs 2 --save keep.safetensors --quiet");
  setrlimit(RLIMIT_FSIZE, &limit);
  assert_int_equal(status, 2);
  assert_says(messages, "keep.safetensors|cannot be written");
  assert_true(scratch_same("keep.safetensors", "copy.safetensors"));
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(it_trains_and_tests),       cmocka_unit_test(it_resumes),
    cmocka_unit_test(it_writes_a_history),       cmocka_unit_test(it_predicts),
    cmocka_unit_test(it_gives_gradients),        cmocka_unit_test(it_explains_itself),
    cmocka_unit_test(wrong_words_are_explained), cmocka_unit_test(bad_data_train_nothing),
    cmocka_unit_test(full_disks_are_reported),
  };
  return cmocka_run_group_tests_name("command", tests, open_files, close_files);
}
