#!/bin/sh
# How much C comes out: the number of lines depends neither on the batch nor on widths, and a layer more is a few
# lines more.
. tests/lib.sh

lines() { # MODEL.nn: lines of its C
  timeout 20 "$nnc" "$1" -o "$work/lines.c" >"$work/log" 2>&1 || { cat "$work/log" >&2; echo "failed"; return; }
  wc -l <"$work/lines.c" | tr -d ' '
}

equal() { # NAME A B
  if [ "$2" = "$3" ] && [ "$2" != failed ]; then ok "$1"; else not_ok "$1" "$2 and $3 lines of C"; fi
}

perceptron() { # WIDTH BATCH
  cat >"$work/width.nn" <<END
model width
input x[784]
input y : class(10)
h = relu(dense(x, $1))
z = dense(h, 10)
loss L = cross_entropy(z, y)
output p = softmax(z)
minimize L with adam(1e-3)
train { batch = $2, epochs = 1 }
END
  lines "$work/width.nn"
}

deep() { # LAYERS
  cat >"$work/deep.nn" <<END
model deep
input x[64]
input y : class(10)
h = relu(dense(x, 64))
for l < $1 { h = relu(dense(h, 64)) }
loss L = cross_entropy(dense(h, 10), y)
minimize L with adam(1e-3)
train { batch = 64 }
END
  lines "$work/deep.nn"
}

equal "lines do not depend on the batch" "$(perceptron 128 16)" "$(perceptron 128 128)"
equal "... nor on one over which sums run in blocks" "$(perceptron 128 8192)" "$(perceptron 128 65536)"
equal "lines do not depend on the width" "$(perceptron 128 64)" "$(perceptron 1000 64)"
few=$(deep 25) many=$(deep 50)
if [ "$few" != failed ] && [ "$many" != failed ]; then
  if [ $((many - few)) -le $((25 * 16)) ]; then ok "a layer more is a few lines more"
  else not_ok "a layer more is a few lines more" "25 layers: $few lines, 50 layers: $many"; fi
else not_ok "a deep network compiles"; fi

# nnc itself is fast: the best of seven runs, as the machine may be busy.
best=1000000
for _ in 1 2 3 4 5 6 7; do
  start=$(date +%s%N)
  "$nnc" models/mnist.nn -o "$work/mnist.c" >/dev/null 2>&1 || break
  time=$((($(date +%s%N) - start) / 1000))
  [ $time -lt $best ] && best=$time
done
if [ $best -lt 20000 ]; then ok "mnist.nn to C in under 20 ms"
else not_ok "mnist.nn to C in under 20 ms" "$best microseconds"; fi

longest=0
for m in $(all_models); do
  n=$(lines "$m")
  case $n in failed) not_ok "$m has C" ""; continue ;; esac
  [ "$n" -le "$longest" ] || longest=$n name=$m
done
if [ "$longest" -le 6000 ]; then ok "the C of no model has over 6000 lines: $longest of $name"
else not_ok "the C of no model has over 6000 lines" "$longest of $name"; fi
