#!/bin/sh
# ema(decay): test and predict use the averaged parameters, training goes on from the last ones, and a resume notices
# nothing.
. tests/lib.sh

cat >"$work/slope.nn" <<'EOF'
input x
input t
param w = 0
output slope = w
loss L = (w*x - t)^2
minimize L with sgd(0.05), ema(0.8)
train { batch = 1, epochs = 3 }
EOF
printf 'x,t\n1,2\n2,5\n-1,-1\n0.5,3\n1.5,2\n' >"$work/data.csv"
files="x=$work/data.csv:x t=$work/data.csv:t"
"$nnc" "$work/slope.nn" -o "$work/slope" >"$work/log" 2>&1 || { not_ok "slope compiled" - <"$work/log"; exit 0; }

# shellcheck disable=SC2086
{
  check "training with an average" "$work/slope" train $files --trace "$work/trace.csv" --save "$work/3.st"
  "$work/slope" predict $files --load "$work/3.st" --output slope -o "$work/slope.csv"
  # The trace: a line for each step after the start, the last column is w. Weights 0.8^age.
  awk -F, 'NR > 2 && $NF != "" { sum = 0.8*sum + $NF; weight = 0.8*weight + 1; last = $NF } END {
    printf "%.6g %.6g\n", sum/weight, last }' \
    "$work/trace.csv" >"$work/wanted"
  got=$(grep -E '^-?[0-9]' "$work/slope.csv" | head -1)
  check "predict uses the mean of all steps, by age" awk -v got="$got" \
    '{ d = got - $1; far = $1 - $2; exit !(d*d < 1e-9 && far*far > 1e-6) }' "$work/wanted"
  "$work/slope" train $files --resume "$work/3.st" --epochs 5 --save "$work/5.st" --quiet
  "$work/slope" train $files --epochs 5 --save "$work/whole.st" --quiet
  same "a resume notices nothing" "$work/5.st" "$work/whole.st"
  "$work/slope" test $files --load "$work/3.st" >"$work/test"
  mean=$(cut -d' ' -f1 "$work/wanted")
  check "test uses it too" awk -v w="$mean" \
    '{ L = ((w-2)^2 + (2*w-5)^2 + (-w+1)^2 + (w/2-3)^2 + (1.5*w-2)^2)/5 - $2; exit !(L*L < 1e-9) }' "$work/test"
  check "with early stopping" "$work/slope" train $files --epochs 9 --validate 0.4 --patience 2 --save "$work/best.st"
  check "and a resume of that" "$work/slope" train $files --resume "$work/best.st" --epochs 12 --save "$work/more.st"
}
