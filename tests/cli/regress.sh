#!/bin/sh
# slow: every model is compiled
# Models on which nnc was wrong once, or would be by one small mistake: their gradients agree with difference quotients, their
# C compiles without a warning and computes what the evaluator does, in float, at a random point of three examples.
. tests/lib.sh

compile() { # MODEL.nn NAME
  "$nnc" "$1" -o "$work/$2.c" && gcc $STRICT -O1 -Dnn_gemm=checked_gemm -Iruntime -I"$work" -c "$work/$2.c" -o "$work/$2.o"
}

agree() { # MODEL.nn NAME
  "$BUILD/pointtest" "$1" "$work/point" || return 1
  # shellcheck disable=SC2086 # several words
  gcc -std=c11 -O1 -Iruntime -I"$work" -DMODEL="$(prefix_of "$work/$2.h")_model" -DHEADER="\"$2.h\"" tests/ref_c.c \
    "$work/$2.o" "$BUILD/libnn.a" $LINK -o "$work/run" && "$work/run" "$work/point"
}

for m in tests/regress/*.nn tests/prelude/naive_forms.nn; do
  name=$(base "$m")
  check "$name: checks and gradients" "$nnc" check "$m"
  check "$name: C under gcc's warnings" compile "$m" "$name"
  [ "$name" = batchnorm_output ] && continue # its gradients are 0 but for rounding
  check "$name: C agrees with the evaluator" agree "$m" "$name"
done
