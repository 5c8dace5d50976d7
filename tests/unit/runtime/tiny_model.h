/* tiny_model.h: a model as nnc would generate it, written by hand, so that the runtime can be tested without the
 * compiler.
 *
 * Softmax regression with momentum: x[TINY_X], y : class(TINY_CLASSES), W, b, a state that counts steps, an input
 * `mask` that nothing needs, two outputs (p, and the integer label), and a second loss that is not minimized. */
#ifndef TINY_MODEL_H
#define TINY_MODEL_H

#include "nn_tools.h"

#include <math.h>
#include <string.h>

#ifndef TINY_X
#define TINY_X       4
#define TINY_CLASSES 3
#define TINY_BATCH   8
#endif
#ifndef TINY_STANDARDIZE
#define TINY_STANDARDIZE 0
#endif

typedef struct tiny_params {
  float W[TINY_CLASSES][TINY_X], b[TINY_CLASSES];
} tiny_params;

typedef struct tiny {
  tiny_params param, grad, velocity;
  float steps, next_steps;
  float lr, mu;
  float work[TINY_CLASSES];
  uint64_t step, seed;
} tiny;

static int tiny_bad(int n, const void *const *in) {
  const int32_t *y = in[1];
  if (n < 1 || n > TINY_BATCH) return 1;
  for (int i = 0; i < n; i++)
    if (y[i] < 0 || y[i] >= TINY_CLASSES) return 1;
  return 0;
}

static void tiny_probabilities(const tiny_params *w, const float *x, float *p) {
  float most = -INFINITY, sum = 0;
  for (int j = 0; j < TINY_CLASSES; j++) {
    p[j] = w->b[j];
    for (int k = 0; k < TINY_X; k++) p[j] += w->W[j][k] * x[k];
    most = p[j] > most ? p[j] : most;
  }
  for (int j = 0; j < TINY_CLASSES; j++) sum += p[j] = expf(p[j] - most);
  for (int j = 0; j < TINY_CLASSES; j++) p[j] /= sum;
}

static float tiny_L(const void *param, const void *state, void *work, int n, const void *const *in, uint64_t seed,
                    uint64_t step) {
  const float *x = in[0];
  const int32_t *y = in[1];
  float *p = work, sum = 0;
  (void)state, (void)seed, (void)step;
  if (tiny_bad(n, in)) return NAN;
  for (int i = 0; i < n; i++) {
    tiny_probabilities(param, x + i * TINY_X, p);
    sum -= logf(p[y[i]]);
  }
  return sum / (float)n;
}

static float tiny_L_grad(const void *param, const void *state, void *grad, void *next_state, void *work, int n,
                         const void *const *in, uint64_t seed, uint64_t step) {
  const float *x = in[0];
  const int32_t *y = in[1];
  tiny_params *g = grad;
  float *p = work, sum = 0;
  (void)seed, (void)step;
  if (tiny_bad(n, in)) return NAN;
  memset(g, 0, sizeof *g);
  for (int i = 0; i < n; i++) {
    tiny_probabilities(param, x + i * TINY_X, p);
    sum -= logf(p[y[i]]);
    for (int j = 0; j < TINY_CLASSES; j++) {
      float delta = (p[j] - (float)(j == y[i])) / (float)n;
      g->b[j] += delta;
      for (int k = 0; k < TINY_X; k++) g->W[j][k] += delta * x[i * TINY_X + k];
    }
  }
  if (next_state) *(float *)next_state = *(const float *)state + 1;
  return sum / (float)n;
}

static float tiny_accuracy(const void *param, const void *state, void *work, int n, const void *const *in,
                           uint64_t seed, uint64_t step) {
  const float *x = in[0];
  const int32_t *y = in[1];
  float *p = work;
  int right = 0;
  (void)state, (void)seed, (void)step;
  if (tiny_bad(n, in)) return NAN;
  for (int i = 0; i < n; i++) {
    int most = 0;
    tiny_probabilities(param, x + i * TINY_X, p);
    for (int j = 1; j < TINY_CLASSES; j++) most = p[j] > p[most] ? j : most;
    right += most == y[i];
  }
  return (float)right / (float)n;
}

static int tiny_p(const void *param, const void *state, void *work, int n, const void *const *in, void *out,
                  uint64_t seed, uint64_t step) {
  (void)state, (void)work, (void)seed, (void)step;
  if (n < 1 || n > TINY_BATCH) return -1;
  for (int i = 0; i < n; i++)
    tiny_probabilities(param, (const float *)in[0] + i * TINY_X, (float *)out + i * TINY_CLASSES);
  return 0;
}

static int tiny_label(const void *param, const void *state, void *work, int n, const void *const *in, void *out,
                      uint64_t seed, uint64_t step) {
  float *p = work;
  (void)state, (void)seed, (void)step;
  if (n < 1 || n > TINY_BATCH) return -1;
  for (int i = 0; i < n; i++) {
    int32_t most = 0;
    tiny_probabilities(param, (const float *)in[0] + i * TINY_X, p);
    for (int32_t j = 1; j < TINY_CLASSES; j++) most = p[j] > p[most] ? j : most;
    ((int32_t *)out)[i] = most;
  }
  return 0;
}

static void tiny_init(void *model, uint64_t seed) {
  tiny *m = model;
  memset(m, 0, sizeof *m);
  m->lr = 0.1f;
  m->mu = 0.9f;
  m->seed = seed;
  nn_draw_normal(&m->param.W[0][0], TINY_CLASSES * TINY_X, 0, 0.1f, seed, 1);
}

static void tiny_update(void *model) {
  tiny *m = model;
  float *w = &m->param.W[0][0], *v = &m->velocity.W[0][0], *g = &m->grad.W[0][0];
  for (size_t k = 0; k < sizeof m->param / sizeof(float); k++) {
    v[k] = m->mu * v[k] + g[k];
    w[k] -= m->lr * v[k];
  }
}

static void tiny_finish_step(void *model) {
  tiny *m = model;
  m->steps = m->next_steps;
  m->step++;
}

static float tiny_train_step(void *model, int n, const void *const *in) {
  tiny *m = model;
  float loss = tiny_L_grad(&m->param, &m->steps, &m->grad, &m->next_steps, m->work, n, in, m->seed, m->step);
  if (isnan(loss)) return loss;
  tiny_update(m);
  tiny_finish_step(m);
  return loss;
}

#define TINY_FLOATS (sizeof(tiny_params) / sizeof(float))
static const nn_array tiny_arrays[] = {{"W", 2, {TINY_CLASSES, TINY_X}, 0, TINY_CLASSES *TINY_X},
                                       {"b", 1, {TINY_CLASSES}, TINY_CLASSES *TINY_X, TINY_CLASSES}};
static const nn_array tiny_slots[] = {{"momentum.v.W", 2, {TINY_CLASSES, TINY_X}, 0, TINY_CLASSES *TINY_X},
                                      {"momentum.v.b", 1, {TINY_CLASSES}, TINY_CLASSES *TINY_X, TINY_CLASSES}};
static const nn_array tiny_states[] = {{"steps", 0, {0}, 0, 1}};
static const nn_input tiny_inputs[] = {{"x", NN_REAL, 0, 1, {TINY_X}, TINY_X, {0}},
                                       {"y", NN_CLASS, TINY_CLASSES, 0, {0}, 1, {0}},
                                       {"mask", NN_REAL, 0, 0, {0}, 1, {0}}};
static const nn_loss tiny_losses[] = {{"L", 3, tiny_L, tiny_L_grad}};
static const nn_objective tiny_objectives[] = {{0, 1, tiny_update}};
static const nn_output tiny_outputs[] = {{"p", 1, 0, 1, {TINY_CLASSES}, TINY_CLASSES, 1, tiny_p},
                                         {"label", 1, 1, 0, {0}, 1, 1, tiny_label}};
static const nn_metric tiny_metrics[] = {{"accuracy", 3, tiny_accuracy}};
static const nn_hyper tiny_hypers[] = {{"momentum.lr", offsetof(tiny, lr), 0.1f},
                                       {"momentum.mu", offsetof(tiny, mu), 0.9f},
                                       {"momentum.decay", NN_NOT_SETTABLE, 0}};

static const nn_model tiny_model = {
  .abi = NN_ABI,
  .name = "tiny",
  .hash = UINT64_C(0x0123456789abcdef),
  .batch = TINY_BATCH,
  .size = sizeof(tiny),
  .work_size = TINY_CLASSES * sizeof(float),
  .param_floats = TINY_FLOATS,
  .state_floats = 1,
  .slot_floats = TINY_FLOATS,
  .param = offsetof(tiny, param),
  .grad = offsetof(tiny, grad),
  .state = offsetof(tiny, steps),
  .next_state = offsetof(tiny, next_steps),
  .slots = offsetof(tiny, velocity),
  .work = offsetof(tiny, work),
  .step = offsetof(tiny, step),
  .seed = offsetof(tiny, seed),
  .params = tiny_arrays,
  .nparams = 2,
  .states = tiny_states,
  .nstates = 1,
  .slot = tiny_slots,
  .nslots = 2,
  .inputs = tiny_inputs,
  .ninputs = 3,
  .losses = tiny_losses,
  .nlosses = 1,
  .objectives = tiny_objectives,
  .nobjectives = 1,
  .outputs = tiny_outputs,
  .noutputs = 2,
  .metrics = tiny_metrics,
  .nmetrics = 1,
  .hypers = tiny_hypers,
  .nhypers = 3,
  .init = tiny_init,
  .train_step = tiny_train_step,
  .finish_step = tiny_finish_step,
  .bad_row = NULL,
  .train = {.batch = TINY_BATCH,
            .epochs = 3,
            .patience = 0,
            .shuffle = 1,
            .validate = 0,
            .seed = 1,
            .standardize = TINY_STANDARDIZE},
};

#endif
