#!/bin/sh
# slow: 120 models are checked, and some are compiled four times and run
# Scans against the same recurrences unrolled (tests/language/scans/*.nn: loss L by `scan`, loss U by `for`) for T = 1 to 8: values and
# gradients are the same, agree with difference quotients, and the C computes them, in float and double, fused and not, with and
# without reuse of memory.
. tests/lib.sh

judged=
for m in $(ls tests/language/scans/*.nn | grep -E -e "${ONLY:-.}"); do
  name=$(base "$m") bad=
  for steps in 1 2 3 4 5 6 7 8; do
    sed "s/^const T = .*/const T = $steps/" "$m" >"$work/${name}_$steps.nn"
    timeout 60 "$nnc" check "$work/${name}_$steps.nn" >"$work/log" 2>&1 && ! grep -q 'little is shown\|does not depend' "$work/log" && continue
    bad=$steps
    break
  done
  if [ -z "$bad" ]; then ok "$name: scan and unrolled agree for T = 1..8"; else not_ok "$name: scan and unrolled agree, T = $bad" - <"$work/log"; fi
  judged="$judged $work/${name}_1.nn $work/${name}_3.nn"
done

need python3 "the C of scans"
check "the judge is built" "$MAKE" -s "$BUILD/tests/random/judge"
users_builds
# shellcheck disable=SC2086,SC2046 # several words
check "the C of scans computes what the evaluator does" python3 tests/random/run.py --build "$BUILD" --jobs "${JOBS:-1}" --pairs --no-shrink \
  --builds "$(cut -d' ' -f1 "$work/builds" | tr '\n' ' ')" $(users_options) $judged
