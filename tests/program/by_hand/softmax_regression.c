/* models/softmax_regression.nn by hand: the mean of L over n examples and its gradient, p - onehot(t) in scores of
 * which the largest is taken off first. */
float by_hand(const softmax_regression_params *w, softmax_regression_params *g, int n, const float *x,
              const int32_t *t) {
  float u[SOFTMAX_REGRESSION_BATCH][3], delta[SOFTMAX_REGRESSION_BATCH][3], loss = 0.0f;
  for (int b = 0; b < n; b++) {
    for (int i = 0; i < 3; i++) {
      u[b][i] = w->b[i];
      for (int j = 0; j < 4; j++) u[b][i] += w->W[i][j] * x[4 * b + j];
    }
  }
  for (int b = 0; b < n; b++) {
    float most = u[b][0], sum = 0.0f;
    for (int i = 1; i < 3; i++) most = fmaxf(most, u[b][i]);
    for (int i = 0; i < 3; i++) {
      delta[b][i] = nn_expf(u[b][i] - most);
      sum += delta[b][i];
    }
    loss += nn_logf(sum) - (u[b][t[b]] - most);
    for (int i = 0; i < 3; i++) delta[b][i] = (delta[b][i] / sum - (i == t[b] ? 1.0f : 0.0f)) / (float)n;
  }
  for (int i = 0; i < 3; i++) {
    g->b[i] = 0.0f;
    for (int b = 0; b < n; b++) g->b[i] += delta[b][i];
  }
  for (int i = 0; i < 3; i++) {
    for (int j = 0; j < 4; j++) {
      g->W[i][j] = 0.0f;
      for (int b = 0; b < n; b++) g->W[i][j] += delta[b][i] * x[4 * b + j];
    }
  }
  return loss / (float)n;
}
