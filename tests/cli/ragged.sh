#!/bin/sh
# Examples with extents of their own (`dim T <= n`): a batch of them is the mean of its examples alone, and what lies beyond their
# ends changes nothing.
. tests/lib.sh

one_by_one() { # MODEL.nn [rest]: only what lies beyond the ends is looked at
  name=$(base "$1")
  generate "$1" "$work/c" && model_object "$QUICK" "$work/c" "$name" -O1 &&
    model_program "$work/run" ragged "$QUICK" "$work/c" "$name" && "$work/run" ${2:+"$2"}
}

for m in $(grep -l '^ *dim ' tests/models/*.nn tests/regress/*.nn models/*.nn); do
  if grep -q '\[batch\|(batch)' "$m" || [ "$(base "$m")" = ctc ]; then # infinite where a target is longer than its input
    check "$(base "$m"): what lies beyond the ends changes nothing" one_by_one "$m" rest
  else
    check "$(base "$m"): a batch is the mean of its examples" one_by_one "$m"
  fi
done
