#!/bin/sh
# slow: 80 models are checked, and some are compiled four times and run
# Scans against the same recurrences unrolled (tests/language/scans/*.nn: loss L by `scan`, loss U by `for`) for T = 1,
# 2, 3, 5 and 8: values and gradients are the same, agree with difference quotients, and the C computes them, in float
# and double, fused and not, with and without reuse of memory; for T = 3 of every fourth one also as users build it,
# under one of their builds. With WHOLE=1 (make judges) for T = 1 to 8, and the C for T = 1 and 3 of all under all
# builds.
. tests/lib.sh

judged=
for m in $(ls tests/language/scans/*.nn | grep -E -e "${ONLY:-.}"); do
  name=$(base "$m") bad=
  for steps in 1 2 3 ${WHOLE:+4} 5 ${WHOLE:+6 7} 8; do
    sed "s/^const T = .*/const T = $steps/" "$m" >"$work/${name}_$steps.nn"
    timeout 60 "$nnc" check "$work/${name}_$steps.nn" >"$work/log" 2>&1 &&
      ! grep -q 'little is shown\|does not depend' "$work/log" && continue
    bad=$steps
    break
  done
  if [ -z "$bad" ]; then ok "$name: scan and unrolled agree for T up to 8"
  else not_ok "$name: scan and unrolled agree, T = $bad" - <"$work/log"; fi
  judged="$judged $work/${name}_1.nn $work/${name}_3.nn"
done

need python3 "the C of scans"
check "the judge is built" "$MAKE" -s "$BUILD/tests/random/judge"
users_builds
agree() { # NAME OPTIONS...
  what_=$1; shift
  check "$what_" python3 tests/random/run.py --build "$BUILD" --jobs "${JOBS:-1}" --pairs --no-shrink "$@"
}
# shellcheck disable=SC2086,SC2046 # several words
{
  users="$(cut -d' ' -f1 "$work/builds" | tr '\n' ' ')"
  [ -n "${WHOLE:-}" ] || { agree "the C of scans computes what the evaluator does" $judged
    judged=$(sample 4 "$work"/*_3.nn); }
  agree "... as users build it" --builds "$users" $(users_options) $judged
}
