#!/bin/sh
# slow: nnc check evaluates each model in double some hundred times
# Every check of models/ and tests/models is proved or holds, and every gradient agrees with difference quotients. The
# checks of the perceptron page are all proved.
. tests/lib.sh

for m in $(all_models); do check "nnc check $m" "$nnc" check "$m"; done

"$nnc" check models/perceptron.nn >"$work/perceptron" 2>&1
checks=$(grep -c '^check ' models/perceptron.nn)
proved=$(sed -n 's/^\([0-9]*\) proved.*/\1/p' "$work/perceptron")
name="all checks of the perceptron page are proved"
if [ "$checks" -gt 0 ] && [ "${proved:-0}" -eq "$checks" ]; then ok "$name"
else { echo "${proved:-0} of $checks:"; cat "$work/perceptron"; } | not_ok "$name" -; fi
