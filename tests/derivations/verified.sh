#!/bin/sh
# slow: evaluates every formula of one page in four
# What nnc derive prints is so: each formula, as it is shortened for the page, has the values of the derivative that it
# is of, at random points (tests/judge/derivedtest.c). All pages with WHOLE=1; second derivatives of some.
. tests/lib.sh

verified() { # MODEL.nn ORDER
  name_="order $2 of $(base "$1")"
  if ! "$BUILD/derivedtest" "$1" "$2" >"$work/out" 2>&1; then not_ok "$name_" - <"$work/out"
  elif grep -q '^[1-9][0-9]* agree, 0 differ' "$work/out"; then ok "$name_: $(cat "$work/out")"
  else not_ok "$name_: nothing is compared" - <"$work/out"; fi
}

n=0
for model in models/*.nn tests/derivations/*.nn; do
  n=$((n + 1))
  ! sampled $n 4 3 || verified "$model" 1
done
verified models/crf.nn 1
for model in models/perceptron.nn models/softmax_regression.nn tests/derivations/matrix_forms.nn; do verified "$model" \
  2; done
