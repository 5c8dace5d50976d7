/* test_train.c: what the trainer promises: the same bytes for the same seed, resuming as if never stopped, shards
 * that give the gradient of the whole batch, early stopping that keeps the best, and an end where a loss is not
 * finite. */
#define TINY_X           4
#define TINY_CLASSES     3
#define TINY_BATCH       8
#define TINY_STANDARDIZE 1
#include "flowers.h"
#include "tiny_model.h"
#include "common/common.h"

#include <math.h>

static nn_error error;

typedef struct session {
  nn_run run;
  nn_data data, test;
} session;

static void begin_model(session *s, const nn_model *model, uint64_t seed) {
  nn_source train[] = {{"x", "train.csv:0-3"}, {"y", "train.csv:kind"}},
            test[] = {{"x", "test.csv:a-d"}, {"y", "test.csv:4"}};
  if (nn_run_open(&s->run, model, seed, &error) ||
      nn_data_read(&s->data, model, &s->run.encoding, train, 2, 3, &error) ||
      nn_data_read(&s->test, model, &s->run.encoding, test, 2, 3, &error))
    fail_msg("%s", error.text);
  s->run.options.shuffle = 1;
}

static void begin(session *s, uint64_t seed) {
  write_flowers("train.csv", 1);
  write_flowers("test.csv", 2);
  begin_model(s, &tiny_model, seed);
}

static void end(session *s) {
  nn_data_free(&s->data);
  nn_data_free(&s->test);
  nn_run_close(&s->run);
}

static void train_to(session *s, int epochs) {
  s->run.options.epochs = epochs;
  if (nn_train(&s->run, &s->data, &s->test, NULL, NULL, &error)) fail_msg("%s", error.text);
}

static void save(const session *s, const char *file) {
  if (nn_checkpoint_save(file, &s->run, &error)) fail_msg("%s", error.text);
}

static void it_learns(void **state) {
  session s;
  double values[2];
  (void)state;
  begin(&s, 1);
  train_to(&s, 20);
  assert_int_equal(nn_evaluate(&s.run, &s.test, values, &error), 0);
  assert_true(values[0] < 0.5 && values[1] > 0.85);
  assert_int_equal(nn_run_step(&s.run), 20 * 8); /* 60 rows, 7 batches of 8 and one of 4 */
  assert_true(((tiny *)s.run.memory)->steps == 160);
  end(&s);
}

/* ---- the same bytes ---- */

static const nn_train_options variants[] = {
  {5, 8, 1, 0, 1, 0},   {5, 8, 1, 0, 0, 0},   {5, 8, 3, 0, 1, 0},     {5, 20, 1, 0, 1, 0},   {5, 20, 2, 0, 1, 0.2},
  {5, 7, 1, 0, 1, 0.1}, {5, 8, 1, 2, 1, 0.3}, {5, 64, 4, 2, 1, 0.25}, {5, 8, 1, 1, 1, 0.02}, {5, 3, 16, 3, 1, 0.4},
};

static void one_seed_gives_one_result(void **state) {
  (void)state;
  for (size_t k = 0; k < sizeof variants / sizeof *variants; k++) {
    for (int again = 0; again < 2; again++) {
      session s;
      begin(&s, 5);
      s.run.options = variants[k];
      train_to(&s, 5);
      save(&s, again ? "b" : "a");
      end(&s);
    }
    assert_true(scratch_same("a", "b"));
  }
}

static void a_resumed_run_never_stopped(void **state) {
  (void)state;
  for (size_t k = 0; k < sizeof variants / sizeof *variants; k++)
    for (int stop = 0; stop <= 9; stop += 3) {
      session s;
      begin(&s, 5);
      s.run.options = variants[k];
      nn_run_set(&s.run, "lr", 0.3f, &error);
      train_to(&s, 9);
      save(&s, "at once");
      end(&s);
      begin(&s, 5);
      s.run.options = variants[k];
      nn_run_set(&s.run, "lr", 0.3f, &error);
      train_to(&s, stop);
      save(&s, "stopped");
      end(&s);
      begin(&s, 99); /* the seed, too, comes from the file */
      if (nn_checkpoint_load("stopped", &s.run, NN_LOAD_ALL, &error)) fail_msg("%s", error.text);
      train_to(&s, 9);
      save(&s, "resumed");
      end(&s);
      assert_true(scratch_same("at once", "resumed"));
    }
}

static void orders_differ_by_seed_and_epoch(void **state) {
  session a, b;
  (void)state;
  begin(&a, 1);
  begin(&b, 1);
  b.run.options.shuffle = 0;
  train_to(&a, 1);
  train_to(&b, 1);
  assert_memory_not_equal(nn_run_parameters(&a.run), nn_run_parameters(&b.run), sizeof(tiny_params));
  end(&a);
  end(&b);
}

/* ---- shards ---- */

static void shards_give_the_whole_gradient(void **state) {
  session whole, cut;
  (void)state;
  for (int threads = 2; threads <= 9; threads++) {
    begin(&whole, 1);
    begin(&cut, 1);
    cut.run.options.threads = threads;
    train_to(&whole, 2);
    train_to(&cut, 2);
    for (size_t k = 0; k < TINY_FLOATS; k++)
      assert_true(fabsf(nn_run_parameters(&whole.run)[k] - nn_run_parameters(&cut.run)[k]) < 1e-5f);
    assert_true(((tiny *)cut.run.memory)->steps == 16 && nn_run_step(&cut.run) == 16);
    end(&whole);
    end(&cut);
  }
}

/* A batch larger than the model takes at once is one step all the same. */
static void large_batches_are_cut_into_pieces(void **state) {
  static const int threads[] = {1, 2, 5};
  (void)state;
  for (int k = 0; k < 3; k++) {
    session s;
    float gradient[TINY_FLOATS], before[TINY_FLOATS];
    double mean;
    begin(&s, 1);
    s.run.options.batch = FLOWERS;
    s.run.options.threads = threads[k];
    assert_int_equal(nn_encoding_standardize(&s.run.encoding, &s.data, 1, NULL, FLOWERS, &error), 0);
    assert_int_equal(nn_gradient(&s.run, &s.data, 0, gradient, &mean, &error), 0);
    memcpy(before, nn_run_parameters(&s.run), sizeof before);
    train_to(&s, 1);
    assert_int_equal(nn_run_step(&s.run), 1);
    for (size_t i = 0; i < TINY_FLOATS; i++)
      assert_true(fabsf(before[i] - 0.1f * gradient[i] - nn_run_parameters(&s.run)[i]) < 1e-6f);
    end(&s);
  }
}

static void evaluation_is_the_same_on_any_number_of_threads(void **state) {
  session s;
  double one[2], three[2], sum = 0;
  (void)state;
  begin(&s, 1);
  assert_int_equal(nn_evaluate(&s.run, &s.data, one, &error), 0);
  s.run.options.threads = 3;
  assert_int_equal(nn_evaluate(&s.run, &s.data, three, &error), 0);
  assert_memory_equal(one, three, sizeof one);
  for (size_t row = 0; row < FLOWERS; row++) { /* 60 is no multiple of 8: the last rows weigh as much as the others */
    float x[4], work[3];
    int32_t y[1];
    void *in[NN_MAX_INPUTS] = {x, y};
    nn_data_gather(&s.data, &s.run.encoding, 3, NULL, row, 1, in);
    sum += (double)tiny_L(nn_run_parameters(&s.run), NULL, work, 1, (const void *const *)in, 0, 0) / FLOWERS;
  }
  assert_true(fabs(sum - one[0]) < 1e-6);
  end(&s);
}

static void a_coupled_model_is_not_cut(void **state) {
  nn_model coupled = tiny_model;
  session s;
  (void)state;
  begin(&s, 1);
  train_to(&s, 2);
  save(&s, "a");
  end(&s);
  coupled.flags = NN_COUPLED;
  begin_model(&s, &coupled, 1);
  s.run.options.batch = 9;
  assert_int_equal(nn_train(&s.run, &s.data, NULL, NULL, NULL, &error), -1);
  assert_says(error.text, "across the batch|9|at most 8");
  s.run.options.batch = 8;
  s.run.options.threads = 4;
  train_to(&s, 2);
  s.run.options.threads = 1;
  s.run.options.epochs = 3;
  save(&s, "b");
  end(&s);
  assert_true(scratch_same("a", "b"));
}

/* ---- several losses taking turns ---- */

static void two_updates(void *model) { tiny_update(model); }

static void objectives_take_turns(void **state) {
  nn_model turns = tiny_model;
  nn_objective objectives[] = {{0, 1, tiny_update}, {0, 3, two_updates}};
  session s;
  (void)state;
  write_flowers("train.csv", 1);
  write_flowers("test.csv", 2);
  turns.objectives = objectives;
  turns.nobjectives = 2;
  begin_model(&s, &turns, 1);
  s.run.options.threads = 2;
  ((tiny *)s.run.memory)->lr = 0;
  ((tiny *)s.run.memory)->mu = 1; /* velocities add up gradients: constant ones, as nothing is learnt */
  s.run.options.batch = FLOWERS;
  train_to(&s, 6);
  float gradient[TINY_FLOATS];
  double mean;
  assert_int_equal(nn_gradient(&s.run, &s.data, 0, gradient, &mean, &error), 0);
  for (size_t k = 0; k < TINY_FLOATS; k++)
    assert_true(fabsf((&((tiny *)s.run.memory)->velocity.W[0][0])[k] - 8 * gradient[k]) < 1e-5f); /* 6 turns and 2 */
  end(&s);
}

/* ---- early stopping ---- */

typedef struct record {
  double validate[100];
  int epochs, stops;
  float best[TINY_FLOATS];
  double lowest;
} record;

static int remember(void *context, const nn_progress *p, nn_error *unused) {
  record *r = context;
  (void)unused;
  if (!p->ended) return 0;
  r->validate[r->epochs++] = p->validate[0];
  if (p->validate[0] < r->lowest) {
    r->lowest = p->validate[0];
    memcpy(r->best, nn_run_parameters(p->run), sizeof r->best);
  }
  r->stops = p->stops;
  return 0;
}

static void patience_keeps_the_best(void **state) {
  session s;
  record r = {.lowest = INFINITY};
  (void)state;
  begin(&s, 3);
  s.run.options.epochs = 100;
  s.run.options.validate = 0.2;
  s.run.options.patience = 3;
  assert_int_equal(nn_run_set(&s.run, "momentum.lr", 0.8f, &error), 0);
  assert_int_equal(nn_train(&s.run, &s.data, NULL, remember, &r, &error), 0);
  assert_true(r.epochs < 100 && r.stops && s.run.epoch == r.epochs && s.run.best_epoch == r.epochs - 3);
  assert_true(s.run.best == r.lowest && r.validate[s.run.best_epoch - 1] == r.lowest);
  assert_memory_equal(nn_run_parameters(&s.run), r.best, sizeof r.best);
  int epochs = r.epochs;
  assert_int_equal(nn_train(&s.run, &s.data, NULL, remember, &r, &error), 0); /* it is over, for a resume too */
  assert_int_equal(r.epochs, epochs);
  save(&s, "best");
  nn_run_close(&s.run);
  assert_int_equal(nn_run_open(&s.run, &tiny_model, 1, &error), 0);
  assert_int_equal(nn_checkpoint_load("best", &s.run, NN_LOAD_PARAMETERS, &error), 0);
  assert_memory_equal(nn_run_parameters(&s.run), r.best, sizeof r.best);
  end(&s);
}

static void patience_needs_validation(void **state) {
  session s;
  (void)state;
  begin(&s, 1);
  s.run.options.patience = 1;
  assert_int_equal(nn_train(&s.run, &s.data, NULL, NULL, NULL, &error), -1);
  assert_says(error.text, "validation");
  end(&s);
}

/* ---- ends ---- */

static void a_loss_that_is_not_finite_ends_it(void **state) {
  session s;
  (void)state;
  begin(&s, 1);
  ((tiny *)s.run.memory)->lr = 1e38f;
  assert_int_equal(nn_train(&s.run, &s.data, NULL, NULL, NULL, &error), -1);
  assert_int_equal(error.status, NN_BAD_DATA);
  assert_says(error.text, "epoch 1, step");
  end(&s);
}

static int stop_in_the_middle(void *context, const nn_progress *p, nn_error *to) {
  return *(int *)context < 0 ? nn_fail(to, NN_BAD_USAGE, "no more") : p->done > 20;
}

static void the_caller_may_end_it(void **state) {
  session s;
  int answer = 1;
  (void)state;
  begin(&s, 1);
  assert_int_equal(nn_train(&s.run, &s.data, NULL, stop_in_the_middle, &answer, &error), 0);
  assert_true(s.run.epoch == 0 && nn_run_step(&s.run) == 3);
  answer = -1;
  assert_int_equal(nn_train(&s.run, &s.data, NULL, stop_in_the_middle, &answer, &error), -1);
  assert_string_equal(error.text, "no more");
  end(&s);
}

static void arguments_are_set_by_name(void **state) {
  session s;
  (void)state;
  begin(&s, 1);
  assert_int_equal(nn_run_set(&s.run, "mu", 0.5f, &error), 0);
  assert_true(((tiny *)s.run.memory)->mu == 0.5f);
  assert_int_equal(nn_run_set(&s.run, "momentum.decay", 0.5f, &error), -1);
  assert_says(error.text, "momentum.decay|computes");
  assert_int_equal(nn_run_set(&s.run, "rl", 0.5f, &error), -1);
  assert_says(error.text, "'rl'|momentum.lr");
  end(&s);
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(it_learns),
    cmocka_unit_test(one_seed_gives_one_result),
    cmocka_unit_test(a_resumed_run_never_stopped),
    cmocka_unit_test(orders_differ_by_seed_and_epoch),
    cmocka_unit_test(shards_give_the_whole_gradient),
    cmocka_unit_test(large_batches_are_cut_into_pieces),
    cmocka_unit_test(evaluation_is_the_same_on_any_number_of_threads),
    cmocka_unit_test(a_coupled_model_is_not_cut),
    cmocka_unit_test(objectives_take_turns),
    cmocka_unit_test(patience_keeps_the_best),
    cmocka_unit_test(patience_needs_validation),
    cmocka_unit_test(a_loss_that_is_not_finite_ends_it),
    cmocka_unit_test(the_caller_may_end_it),
    cmocka_unit_test(arguments_are_set_by_name),
  };
  return cmocka_run_group_tests_name("train", tests, scratch_open, scratch_close);
}
