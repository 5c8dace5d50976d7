#!/bin/sh
# Trains models/optimizers.nn with each of its nine methods and draws their ways: tools/optimizers.sh FOLDER writes
# FOLDER/optimizers-paths.svg and FOLDER/optimizers-loss.svg. Everything drawn comes from the trained programs: the
# paths from `train --trace`, all heights from `predict`.
set -eu
BUILD=${BUILD:-build}
folder=${1:?a folder for the pictures}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

method=0
for name in SGD momentum Nesterov Adagrad RMSprop Adam CG BFGS Newton; do
  "$BUILD/nnc" -D method=$method models/optimizers.nn -o "$work/optimizers"
  "$work/optimizers" train --trace "$work/trace.csv" --quiet
  "$work/optimizers" predict q="$work/trace.csv:1-2" --output height -o "$work/height.csv"
  paste -d, "$work/trace.csv" "$work/height.csv" >"$work/$name.csv"
  set -- "$@" "$name=$work/$name.csv"
  method=$((method + 1))
done
shift

awk 'BEGIN { for (j = 0; j <= 100; j++) for (i = 0; i <= 120;
  i++) printf "%.3f,%.3f\n", -1.7 + i*0.027, -0.7 + j*0.027 }' >"$work/grid.csv"
"$work/optimizers" predict q="$work/grid.csv" --output height -o "$work/height.csv"
sed 1d "$work/height.csv" | paste -d, "$work/grid.csv" - >"$work/landscape.csv"
"$BUILD/tools/paths" "$work/landscape.csv" "$folder/optimizers-paths.svg" "$folder/optimizers-loss.svg" "$@"
