/* workers.c: threads that each have what a call of the model needs. SPDX-License-Identifier: 0BSD
 *
 * In: a model and a number of threads. Out: as many workers, each with its work area, input arrays and, where wanted,
 * gradients. The threads live until the end and wait for tasks; the caller is worker 0. Who does what is for the task
 * to derive from its number, so that nothing depends on which thread is faster. */
#include "train/train.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

typedef struct member {
  struct nn_pool *pool;
  int index;
  pthread_t thread;
} member;

struct nn_pool {
  pthread_mutex_t lock;
  pthread_cond_t start, end;
  void (*task)(void *context, int worker);
  void *context;
  unsigned round; /* counts tasks */
  int busy, stop;
  int count; /* threads beside the caller */
  member members[];
};

static void *serve(void *argument) {
  member *m = argument;
  nn_pool *pool = m->pool;
  unsigned round = 0;
  pthread_mutex_lock(&pool->lock);
  for (;;) {
    while (pool->round == round && !pool->stop) pthread_cond_wait(&pool->start, &pool->lock);
    if (pool->stop) break;
    round = pool->round;
    pthread_mutex_unlock(&pool->lock);
    pool->task(pool->context, m->index);
    pthread_mutex_lock(&pool->lock);
    if (--pool->busy == 0) pthread_cond_signal(&pool->end);
  }
  pthread_mutex_unlock(&pool->lock);
  return NULL;
}

void nn_workers_run(nn_workers *workers, void (*task)(void *context, int worker), void *context) {
  nn_pool *pool = workers->pool;
  if (!pool) {
    task(context, 0);
    return;
  }
  pthread_mutex_lock(&pool->lock);
  pool->task = task;
  pool->context = context;
  pool->busy = pool->count;
  pool->round++;
  pthread_cond_broadcast(&pool->start);
  pthread_mutex_unlock(&pool->lock);
  task(context, 0);
  pthread_mutex_lock(&pool->lock);
  while (pool->busy) pthread_cond_wait(&pool->end, &pool->lock);
  pthread_mutex_unlock(&pool->lock);
}

static void pool_close(nn_pool *pool) {
  pthread_mutex_lock(&pool->lock);
  pool->stop = 1;
  pthread_cond_broadcast(&pool->start);
  pthread_mutex_unlock(&pool->lock);
  for (int k = 0; k < pool->count; k++) pthread_join(pool->members[k].thread, NULL);
  pthread_cond_destroy(&pool->start);
  pthread_cond_destroy(&pool->end);
  pthread_mutex_destroy(&pool->lock);
  free(pool);
}

static int pool_open(nn_workers *workers, nn_error *error) {
  int threads = workers->count - 1;
  if (!threads) return 0;
  nn_pool *pool = calloc(1, sizeof *pool + (size_t)threads * sizeof *pool->members);
  if (!pool) return nn_out_of_memory(error, sizeof *pool);
  pthread_mutex_init(&pool->lock, NULL);
  pthread_cond_init(&pool->start, NULL);
  pthread_cond_init(&pool->end, NULL);
  workers->pool = pool;
  for (; pool->count < threads; pool->count++) {
    member *m = &pool->members[pool->count];
    m->pool = pool;
    m->index = pool->count + 1;
    if (pthread_create(&m->thread, NULL, serve, m))
      return nn_fail(error, NN_BAD_USAGE, "cannot start %d threads: the system allowed %d", workers->count,
                     pool->count + 1);
  }
  return 0;
}

static int worker_open(nn_worker *worker, const nn_model *model, int gradients, nn_error *error) {
  size_t needed = model->work_size;
  int complete = (worker->work = nn_memory_aligned(model->work_size)) != NULL;
  for (int k = 0; k < model->ninputs; k++) {
    size_t bytes = model->inputs[k].count * (size_t)model->batch * 4;
    complete &= (worker->in[k] = nn_memory_aligned(bytes)) != NULL;
    needed += bytes;
  }
  if (gradients) {
    complete &= (worker->grad = nn_memory_aligned(model->param_floats * sizeof(float))) != NULL;
    complete &= (worker->extra = nn_memory_aligned(model->param_floats * sizeof(float))) != NULL;
    complete &= (worker->lost = nn_memory_aligned(model->param_floats * sizeof(float))) != NULL;
    needed += 3 * model->param_floats * sizeof(float);
  }
  return complete ? 0 : nn_out_of_memory(error, needed);
}

/* Last, when all else is there. Full-batch methods multiply in double. */
static int check_blas(const nn_model *model, int threads, nn_error *error) {
  if (!nn_gemm_is_blas(model->full != NULL) || nn_memory_for_blas(threads)) return 0;
  return nn_fail(
    error, NN_BAD_USAGE,
    "not enough memory for the BLAS, which may want %d MiB for each of %d thread%s: raise the limit (ulimit -v), or "
    "build the runtime with BLAS=none",
    NN_BLAS_MIB, threads, threads == 1 ? "" : "s");
}

int nn_workers_open(nn_workers *workers, const nn_model *model, int threads, int gradients, nn_error *error) {
  *workers = (nn_workers){.model = model, .count = threads};
  workers->worker = calloc((size_t)threads, sizeof *workers->worker);
  if (!workers->worker) return nn_out_of_memory(error, (size_t)threads * sizeof *workers->worker);
  for (int k = 0; k < threads; k++)
    if (worker_open(&workers->worker[k], model, gradients, error)) return nn_workers_close(workers), -1;
  if (check_blas(model, threads, error) || pool_open(workers, error)) return nn_workers_close(workers), -1;
  return 0;
}

void nn_workers_close(nn_workers *workers) {
  if (workers->pool) pool_close(workers->pool);
  for (int k = 0; k < workers->count && workers->worker; k++) {
    nn_worker *worker = &workers->worker[k];
    free(worker->work);
    free(worker->grad);
    free(worker->extra);
    free(worker->lost);
    for (int i = 0; i < workers->model->ninputs; i++) free(worker->in[i]);
  }
  free(workers->worker);
  *workers = (nn_workers){.model = workers->model};
}
