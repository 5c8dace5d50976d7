#!/bin/sh
# slow: every model of tests/models is evaluated in double, compiled and run
# Models against stored results of PyTorch: the evaluator in double by build/reftest, generated C in float by ref_c. (That compilers
# agree is what compilers.sh sees to.)
. tests/lib.sh

[ -x "$BUILD/reftest" ] || not_ok "build/reftest exists"
for r in $(all_references); do
  for m in "${r%.ref.safetensors}.nn" "models/$(basename "$r" .ref.safetensors).nn"; do
    [ -x "$BUILD/reftest" ] && [ -f "$m" ] && "$BUILD/reftest" "$m" "$r" 2>&1
  done
done

run_c() { # MODEL.nn
  name=$(base "$1")
  generate "$1" "$work/c" >"$work/log" 2>&1 || { not_ok "$name generated" - <"$work/log"; return; }
  if { model_object "$QUICK" "$work/c" "$name" -O1 && model_program "$work/run" ref_c "$QUICK" "$work/c" "$name"; } >"$work/log" 2>&1; then
    "$work/run" "$2" >"$work/log" 2>&1 || { not_ok "$name in C agrees with PyTorch" - <"$work/log"; return; }
    ok "$name in C agrees with PyTorch"
  else not_ok "$name compiled" - <"$work/log"; fi
}

[ -f tests/ref_c.c ] || { skip "generated C against PyTorch" "tests/ref_c.c is not there"; exit 0; }
for r in $(all_references); do
  name=$(basename "$r" .ref.safetensors)
  for m in tests/models/$name.nn models/$name.nn; do if [ -f "$m" ]; then run_c "$m" "$r"; fi; done
done
