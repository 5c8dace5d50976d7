#!/bin/sh
# slow: every model is compiled
# Models on which nnc was wrong once, or would be by one small mistake: their gradients agree with difference quotients,
# their C compiles without a warning and computes what the evaluator does, in float, at a random point of three
# examples.
. tests/lib.sh

# shellcheck disable=SC2086 # STRICT is several words
compile() { generate "$1" "$work" && model_object gcc "$work" "$2" $STRICT -O1 -Dnn_gemm=checked_gemm; } # MODEL.nn NAME

agree() { # MODEL.nn NAME
  "$BUILD/pointtest" "$1" "$work/point" && model_program "$work/run" ref_c gcc "$work" "$2" && "$work/run" "$work/point"
}

for m in tests/language/good/*.nn; do
  name=$(base "$m")
  check "$name: checks and gradients" "$nnc" check "$m"
  check "$name: C under gcc's warnings" compile "$m" "$name"
  [ "$name" = batchnorm_output ] && continue # its gradients are 0 but for rounding
  check "$name: C agrees with the evaluator" agree "$m" "$name"
done
