#!/bin/sh
# Examples with extents of their own (`dim T <= n`): a batch of them is the mean of its examples alone, and what lies beyond their
# ends changes nothing.
. tests/lib.sh

one_by_one() { # MODEL.nn
  name=$(base "$1")
  generate "$1" "$work/c" || return 1
  # shellcheck disable=SC2086 # several words
  $CC -std=c11 -O1 -D_POSIX_C_SOURCE=200809L -Iruntime -I"$work/c" -DMODEL="$(prefix_of "$work/c/$name.h")_model" -DHEADER="\"$name.h\"" \
    -o "$work/run" tests/ragged.c "$work/c/$name.c" "$BUILD/libnn.a" $LINK && "$work/run"
}

for m in $(grep -l '^ *dim ' tests/models/*.nn tests/regress/*.nn models/*.nn); do
  grep -q '\[batch\|(batch)' "$m" && continue
  [ "$(base "$m")" = ctc ] && continue # infinite where a target is longer than its input
  check "$(base "$m"): a batch is the mean of its examples" one_by_one "$m"
done
