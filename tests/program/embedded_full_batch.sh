#!/bin/sh
# A full-batch method in somebody else's program: through nn_train with a callback, and its functions called as they
# are.
. tests/lib.sh

cat >"$work/fit.nn" <<'END'
model fit
input x[2]
input y
param w[2], b
loss L = (dot(w, x) + b - y)^2
minimize L with newton(tol = 1e-9)
train { batch = 3 }
END
check "the model is generated" generate "$work/fit.nn" "$work"

cat >"$work/user.c" <<'END'
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "fit.h"
#include "nn_tools.h"

static int told;
static const char *end;

static int tell(void *context, const nn_progress *p, nn_error *error) {
  (void)context, (void)error;
  told += p->ended && p->full && p->full->evaluations > 0;
  if (p->full && p->full->end) end = p->full->end;
  return 0;
}

/* y = 2 x0 - x1 + 3: found exactly, in one step. */
static int by_trainer(void) {
  nn_error error;
  nn_run run = {.model = &fit_model};
  nn_data data = {.model = &fit_model};
  nn_source files[] = {{"x", "d.csv:0-1"}, {"y", "d.csv:2"}};
  if (nn_run_open(&run, &fit_model, 1, &error) || nn_data_read(&data, &fit_model, &run.encoding, files, 2, 3, &error) ||
      nn_train(&run, &data, NULL, tell, NULL, &error)) {
    printf("%s\n", error.text);
    return 1;
  }
  const float *w = nn_run_parameters(&run);
  int bad = run.epoch != 1 || told != 1 || !end || fabsf(w[0] - 2) > 1e-6f || fabsf(w[1] + 1) > 1e-6f ||
    fabsf(w[2] - 3) > 1e-6f;
  printf("%d epochs, told %d, %s: %g %g %g\n", run.epoch, told, end ? end : "no end", (double)w[0], (double)w[1],
    (double)w[2]);
  nn_data_free(&data);
  nn_run_close(&run);
  return bad;
}

/* The same by hand: the loss and its gradient at two points; the Hessian times their difference is the gradients'. */
static int by_hand(void) {
  static fit_full_work work;
  const double x[6] = {0, 0, 1, 0, 1, 2}, y[3] = {3, 5, 3}, zero[3] = {0, 0, 0}, one[3] = {1, 1, 1};
  double from[3], to[3], product[3];
  int bad = 0;
  double loss = fit_L_full(zero, from, &work, 3, x, y);
  fit_L_full(one, to, &work, 3, x, y);
  fit_L_product(zero, one, product, &work, 3, x, y);
  for (int k = 0; k < 3; k++) bad |= fabs(to[k] - from[k] - product[k]) > 1e-12;
  return bad || fabs(loss - 43.0 / 3) > 1e-12 || !isnan(fit_L_full(zero, from, &work, 4, x, y));
}

int main(void) { return by_trainer() || by_hand(); }
END
printf '0,0,3\n1,0,5\n1,2,3\n0,1,2\n3,1,8\n2,2,5\n4,4,7\n' >"$work/d.csv"
# shellcheck disable=SC2086 # several words
check "a user's program compiles" $CC -std=c99 -Wall -Wextra -Werror -Iruntime/kernels -Iruntime -I"$work" \
  -o "$work/user" "$work/user.c" "$work/fit.c" \
  "${LIBRARY:-$BUILD}/libnn.a" $LINK
cd "$work" || exit 1
check "it trains, and calls the functions" $RUN ./user
