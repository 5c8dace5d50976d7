#!/bin/sh
# slow: trains on 20,000 drawings, and on MNIST where it is there
# The drawings are no toy: the network has at least 95% on those held out, a linear classifier at least 4 points less.
# The network on MNIST is where PyTorch's is. Accuracies are in hundredths of a percent.
SECONDS_OF_CPU=1500
. tests/lib.sh

accuracy() { # PROGRAM IMAGES LABELS: with the weights that stand beside it
  "$1" test x="$2" y="$3" --load "$1.safetensors" | awk '$1 == "accuracy" { printf "%d", 10000 * $2 }'
}

train() { # PROGRAM ARGUMENTS...
  program=$1; shift
  "$program" train "$@" --quiet --save "$program.safetensors"
}

at_least() { # NAME FOUND LEAST
  if [ "${2:-0}" -ge "$3" ]; then ok "$1"; else not_ok "$1" "accuracy ${2:-none}, expected at least $3"; fi
}

cat >"$work/linear.nn" <<'END'
model linear
input x[28, 28]
input y : class(10)
z = dense(flatten(x), 10)
loss L = cross_entropy(z, y)
metric accuracy = argmax(z) == y
minimize L with adam(lr = 1e-3)
train { batch = 64, epochs = 5, validate = 0.1, patience = 3 }
END
set="$BUILD/drawings"
for m in models/digits.nn "$work/linear.nn"; do
  name=$(base "$m")
  check "$name is made" "$nnc" "$m" -o "$work/$name"
  check "$name is trained" train "$work/$name" x="$set/train-images.idx" y="$set/train-labels.idx"
done
network=$(accuracy "$work/digits" "$set/test-images.idx" "$set/test-labels.idx")
linear=$(accuracy "$work/linear" "$set/test-images.idx" "$set/test-labels.idx")
at_least "the network reads the drawings" "$network" 9500
at_least "the linear classifier learns too" "$linear" 7000
at_least "the network is 4 points better than the linear classifier" "$network" $((${linear:-10000} + 400))

need_data mnist "MNIST"
set="$data/mnist"
mnist="x=$set/train-images-idx3-ubyte.gz y=$set/train-labels-idx1-ubyte.gz --validate 0"
mnist_accuracy() { accuracy "$1" "$set/t10k-images-idx3-ubyte.gz" "$set/t10k-labels-idx1-ubyte.gz"; }
check "mnist is made" "$nnc" models/mnist.nn -o "$work/mnist"
for seed in 1 2 3; do
  # shellcheck disable=SC2086 # several words
  check "mnist is trained, seed $seed" train "$work/mnist" $mnist --epochs 5 --seed $seed
  at_least "mnist, seed $seed" "$(mnist_accuracy "$work/mnist")" 9720
done
if [ -z "${SLOW:-}${CI:-}" ]; then skip "cnn on MNIST" "takes minutes; SLOW=1 runs it"; exit 0; fi
check "cnn is made" "$nnc" models/cnn.nn -o "$work/cnn"
# shellcheck disable=SC2086 # several words
check "cnn is trained" train "$work/cnn" $mnist --epochs 2 --seed 1 --threads 2
at_least "cnn" "$(mnist_accuracy "$work/cnn")" 9850
