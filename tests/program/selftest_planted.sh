#!/bin/sh
# slow: some sixty versions of generated C are compiled, and test themselves
# Miscompilations, planted in the C of models that were made with --selftest: at least 98 of 100 are reported. Some
# here, one in nine with WHOLE=1 (make judges).
. tests/lib.sh
need python3 "planted miscompilations"
every=97
[ -z "${WHOLE:-}" ] || every=9

cat >"$work/report.c" <<'END'
#include "nn.h"
#include <stdlib.h>
extern const nn_model model_under_test;
int main(void) {
  void *model = malloc(model_under_test.size), *area = malloc(model_under_test.selftest->size);
  return !model || !area ? 3 : nn_selftest_run(&model_under_test, model, area, NULL, NULL) != 0;
}
END
gcc -std=c11 -O1 -Iruntime/kernels -c -o "$work/report.o" "$work/report.c" || exit 1

sed 's/METHOD/newton/' tests/values/full_batch/logistic.nn >"$work/newton.nn"
check "planted miscompilations are seen" python3 tests/program/selftest_planted.py "$nnc" "$BUILD" "$work" $every \
  models/xor.nn models/softmax_regression.nn models/perceptron.nn models/cnn_adjoints.nn models/lstm_variant.nn \
  models/bfgs.nn models/two_sizes.nn "$work/newton.nn" tests/values/running_mean.nn tests/values/two_losses.nn \
  tests/values/ragged.nn tests/values/batchnorm_batch.nn tests/values/skipgram.nn tests/values/scan_inside.nn \
  tests/values/draws.nn tests/values/straight_through.nn
sed 's/^/# /' "$work/check.out"
