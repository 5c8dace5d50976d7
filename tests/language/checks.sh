#!/bin/sh
# slow: nnc check evaluates each model in double some hundred times
# Every check of models/ and tests/values is proved or holds, and every gradient agrees with difference quotients. Most
# of the checks of models/ are proved, all of the perceptron page's.
. tests/lib.sh

number() { sed -n "s/.*\<\([0-9]*\) $1.*/\1/p" "$work/check.out" | tail -1; }

proved=0 held=0 perceptron=0
for m in $(all_models); do
  check "nnc check $m" "$nnc" check "$m"
  case $m in tests/*) continue ;; esac
  p=$(number proved) h=$(number holds)
  proved=$((proved + ${p:-0})) held=$((held + ${h:-0}))
  [ "$m" != models/perceptron.nn ] || perceptron=${p:-0}
done

name="all checks of the perceptron page are proved"
checks=$(grep -c '^check ' models/perceptron.nn)
if [ "$checks" -gt 0 ] && [ "$perceptron" -eq "$checks" ]; then ok "$name"
else not_ok "$name" "$perceptron of $checks"; fi

name="at least 92% of the checks of models/ are proved"
if [ "$proved" -gt 100 ] && [ $((100 * proved)) -ge $((92 * (proved + held))) ]
then ok "$name: $proved of $((proved + held))"
else not_ok "$name" "$proved of $((proved + held))"; fi
