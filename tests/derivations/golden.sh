#!/bin/sh
# slow: runs nnc on each model of models/
# `nnc derive`: NAME.txt is what it prints of a model here or in models/; no model crashes it, and what it cannot write it
# says with its place. ACCEPT=1 rewrites the files.
. tests/lib.sh

compare() { # NAME EXPECTED ACTUAL
  if [ -n "${ACCEPT:-}" ]; then cp "$3" "$2"; ok "$1"
  elif cmp -s "$2" "$3"; then ok "$1"
  else diff -u "$2" "$3" | not_ok "$1" -; fi
}

model_of() { if [ -f "tests/derivations/$1.nn" ]; then echo "tests/derivations/$1.nn"; else echo "models/$1.nn"; fi; }

for golden in tests/derivations/*.txt; do
  name=$(basename "$golden" .txt)
  "$nnc" derive "$(model_of "$name")" >"$work/out" 2>"$work/err" || not_ok "derive $name" - <"$work/err"
  compare "derivation of $name" "$golden" "$work/out"
done

for model in models/*.nn; do
  "$nnc" derive "$model" >"$work/out" 2>"$work/err"
  status=$?
  if [ $status -eq 0 ] && grep -q '(1)' "$work/out"; then ok "derive $(base "$model")"
  elif [ $status -eq 1 ] && grep -q "^$model:[0-9]*:[0-9]*: error: .*derive cannot yet" "$work/err"; then ok "derive $(base "$model") says why not"
  else not_ok "derive $(base "$model")" - <"$work/err"; fi
done
