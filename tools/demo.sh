#!/bin/sh
# The demo: builds nnc, draws digits, compiles models/digits.nn, trains it, and shows what it learned.
# In: BUILD, MAKE (from the Makefile). What the build says is kept in BUILD/demo/build.log and shown only if it fails.
set -u
BUILD=${BUILD:-build}
MAKE=${MAKE:-make}
demo=$BUILD/demo
data=$BUILD/drawings
mkdir -p "$demo"

quietly() { # quietly WHAT COMMAND...: says what is done; the command's own words only if it fails
  printf '%-60s' "$1"; shift
  if "$@" >"$demo/build.log" 2>&1; then echo "done"; else
    status=$?; echo "failed"; cat "$demo/build.log"; exit $status
  fi
}

quietly "Building the compiler and its runtime" "$MAKE" all
quietly "Drawing 20,000 digits to learn from, and 2,000 others" "$MAKE" drawings
quietly "Compiling models/digits.nn to C" "$BUILD/nnc" models/digits.nn -o "$demo/digits.c"
quietly "... and to a program" "$BUILD/nnc" models/digits.nn -o "$demo/digits"

echo
echo "The model, models/digits.nn:"
echo
sed 's/^/    /' models/digits.nn
echo
echo "Training it:"
echo
"$demo/digits" train x="$data/train-images.idx" y="$data/train-labels.idx" --save "$demo/digits.safetensors" || exit 1
echo
x=$data/test-images.idx y=$data/test-labels.idx
"$demo/digits" test x="$x" y="$y" --load "$demo/digits.safetensors" >"$demo/test.txt" || exit 1
"$demo/digits" predict x="$x" --load "$demo/digits.safetensors" --output p -o "$demo/p.csv" || exit 1
"$BUILD/tools/show_digits" "$x" "$y" "$demo/p.csv" || exit 1
awk '$1 == "accuracy" { printf "Accuracy on the 2,000 drawings held out: %.2f%%\n", 100 * $2 }' "$demo/test.txt"

cat <<END

The C is in $demo/digits.c and digits.h: $(wc -l <"$demo/digits.c" | tr -d ' ') lines that need no nnc to compile,
only runtime/kernels, of which $BUILD/libnn.a holds what it calls.

What to try next:
  $BUILD/nnc check models/digits.nn              prove its hand derivation, check its gradients
  $BUILD/nnc show models/digits.nn               layers, shapes, parameters, multiply-adds
  less $demo/digits.c                       the forward pass, the backward pass and Adam, under their formulas
  change 128 to 32 in models/digits.nn, or add a layer, and type make demo again
  $demo/digits                              the program just trained: train, test, predict, grad, selftest, info
END
