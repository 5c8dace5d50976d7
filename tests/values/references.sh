#!/bin/sh
# slow: every model of tests/values is evaluated in double, compiled and run
# Models against stored results of PyTorch: the evaluator in double by build/reftest, generated C in float by ref_c,
# built quickly and as users build it: every sixth under one of their builds; with WHOLE=1 (make judges) each under all.
. tests/lib.sh
users_builds

[ -x "$BUILD/reftest" ] || not_ok "build/reftest exists"
for r in $(all_references); do
  for m in "${r%.ref.safetensors}.nn" "models/$(basename "$r" .ref.safetensors).nn"; do
    [ -x "$BUILD/reftest" ] && [ -f "$m" ] && "$BUILD/reftest" "$m" "$r" 2>&1
  done
done

run_c() { # REFERENCE BUILD COMPILER FLAGS...: of the model that is generated
  reference=$1 build=$2 compiler=$3; shift 3
  if { model_object "$compiler" "$work/c" "$name" "$@" &&
    model_program "$work/run" ref_c "$compiler" "$work/c" "$name"; } >"$work/log" 2>&1; then
    check "$name in C agrees with PyTorch ($build)" "$work/run" "$reference"
  else not_ok "$name compiled ($build)" - <"$work/log"; fi
}

[ -f tests/judge/ref_c.c ] || { skip "generated C against PyTorch" "tests/judge/ref_c.c is not there"; exit 0; }
turn=0
for r in $(all_references); do
  name=$(basename "$r" .ref.safetensors)
  for m in tests/values/$name.nn models/$name.nn; do
    [ -f "$m" ] || continue
    generate "$m" "$work/c" >"$work/log" 2>&1 || { not_ok "$name generated" - <"$work/log"; continue; }
    run_c "$r" "$QUICK" "$QUICK" -O1
    turn=$((turn + 1))
    sampled $turn 6 3 || continue
    in_turn $((turn / 6)) >"$work/its"
    while read -r build compiler flags; do
      # shellcheck disable=SC2086 # several words
      run_c "$r" "$build" "$compiler" $flags </dev/null
    done <"$work/its"
  done
done
