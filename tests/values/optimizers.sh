#!/bin/sh
# slow: each optimizer of the prelude is compiled by gcc
# Optimizers, links and schedules of the prelude, step by step, against tests/values/prelude/optimizers.txt (PyTorch, or
# the paper's update in Python): their lines evaluated in double by build/steptest, and generated C in float by
# tests/judge/steps.c.
. tests/lib.sh

file=tests/values/prelude/optimizers.txt
sed -n 's/^case //p' "$file" >"$work/cases"
check "there are cases" test "$(wc -l <"$work/cases")" -ge 30
while read -r name; do
  model=$(sed -n "/^case $name\$/,/^start/s/^model //p" "$file")
  chain=$(sed -n "/^case $name\$/,/^start/s/^with //p" "$file")
  every=$(sed -n "/^case $name\$/,/^start/s/^every /every /p" "$file")
  { cat "tests/values/prelude/$model.nn"; echo "minimize L $every with $chain"; } >"$work/$model.nn"
  check "$name in double: $chain" "$BUILD/steptest" "$work/$model.nn" "$file" "$name"
  if "$nnc" "$work/$model.nn" -o "$work/$model.c" >"$work/log" 2>&1 &&
    $CC -std=c11 -O1 -Iruntime/kernels -I"$work" -DMODEL="${model}_model" \
    -DHEADER="\"$model.h\"" -o "$work/steps" tests/judge/steps.c "$work/$model.c" "$BUILD/libnn.a" $LINK >"$work/log" \
    2>&1; then
    check "$name in C: $chain" "$work/steps" "$file" "$name"
  else not_ok "$name in C: $chain" - <"$work/log"; fi
done <"$work/cases"

# Every optimizer and every schedule of the prelude has its case.
"$nnc" --prelude >"$work/prelude.nn"
schedules=$(sed -n '/^# schedules/,$s/^fn \([a-z0-9_]*\)(.*/\1/p' "$work/prelude.nn")
for name in $(sed -n 's/^optimizer \([a-z0-9_]*\)(.*/\1/p' "$work/prelude.nn") $schedules; do
  check "$name has a case" grep -Eq "^with .*\b$name\b" "$file"
done

# A wrong one is found by the same way.
sed '/^optimizer nadam/,/^}/s/psi) \/ 2)$/psi) \/ 3)/' "$work/prelude.nn" >"$work/wrong.nn"
{ cat tests/values/prelude/net.nn; echo "minimize L with nadam(0.05)"; } >"$work/net.nn"
"$nnc" --prelude "$work/wrong.nn" "$work/net.nn" -o "$work/net.c" &&
  $CC -std=c11 -Iruntime/kernels -I"$work" -DMODEL=net_model \
  -DHEADER='"net.h"' -o "$work/steps" tests/judge/steps.c "$work/net.c" "$BUILD/libnn.a" $LINK
fails "a wrong optimizer is found" 1 "step 1: parameter 0 is" "$work/steps" "$file" nadam
