/* models/perceptron.nn by hand: the mean of c over n examples and its gradient, block by block as the page derives it.
 * The cost is max(0, a2) - y a2 + log(1 + exp(-|a2|)), which does not overflow. */
float by_hand(const perceptron_params *w, perceptron_params *g, int n, const float *x, const int32_t *y) {
  float z1[PERCEPTRON_BATCH][4], delta[PERCEPTRON_BATCH], delta1[PERCEPTRON_BATCH][4], c = 0.0f;
  for (int b = 0; b < n; b++) {
    for (int i = 0; i < 4; i++) {
      float a1 = 0.0f;
      for (int j = 0; j < 3; j++) a1 += w->W1[i][j] * x[3 * b + j];
      z1[b][i] = nn_sigmoidf(a1);
    }
  }
  for (int b = 0; b < n; b++) {
    float a2 = 0.0f;
    for (int i = 0; i < 4; i++) a2 += w->w2[i] * z1[b][i];
    c += fmaxf(0.0f, a2) - (float)y[b] * a2 + nn_softplusf(-fabsf(a2));
    delta[b] = (nn_sigmoidf(a2) - (float)y[b]) / (float)n;
  }
  for (int i = 0; i < 4; i++) {
    g->w2[i] = 0.0f;
    for (int b = 0; b < n; b++) g->w2[i] += delta[b] * z1[b][i];
  }
  for (int b = 0; b < n; b++) {
    for (int i = 0; i < 4; i++) delta1[b][i] = delta[b] * w->w2[i] * z1[b][i] * (1.0f - z1[b][i]);
  }
  for (int i = 0; i < 4; i++) {
    for (int j = 0; j < 3; j++) {
      g->W1[i][j] = 0.0f;
      for (int b = 0; b < n; b++) g->W1[i][j] += delta1[b][i] * x[3 * b + j];
    }
  }
  return c / (float)n;
}
