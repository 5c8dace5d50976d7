/* Linear regression by hand: the mean of (w x + b - t)^2 / 2 over n examples and its gradient. */
float by_hand(const squared_error_params *w, squared_error_params *g, int n, const float *x, const float *t) {
  float delta[SQUARED_ERROR_BATCH], loss = 0.0f, sum = 0.0f;
  for (int b = 0; b < n; b++) {
    float y = w->b;
    for (int j = 0; j < 3; j++) y += w->w[j] * x[3 * b + j];
    loss += (y - t[b]) * (y - t[b]) / 2.0f;
    delta[b] = (y - t[b]) / (float)n;
    sum += delta[b];
  }
  for (int j = 0; j < 3; j++) {
    g->w[j] = 0.0f;
    for (int b = 0; b < n; b++) g->w[j] += delta[b] * x[3 * b + j];
  }
  g->b = sum;
  return loss / (float)n;
}
