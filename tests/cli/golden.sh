#!/bin/sh
# slow: runs nnc on each file of tests/golden, some hundred times
# Golden pairs: NAME.nn and beside it what nnc says: NAME.err is standard error, NAME.ast, NAME.graph, ... standard
# output.
#
# nnc runs inside of the folder, with the arguments of a first line `# run: nnc --emit=ast`, or else `--emit=ast` in
# golden/parse and `-o FILE.c` elsewhere. Where NAME.err has an error, the exit status is 1. ACCEPT=1 rewrites the
# files.
. tests/lib.sh

arguments_for() { # FILE.nn
  line=$(sed -n '1s/^# run: nnc *//p' "$1")
  case $line:$(dirname "$1") in
  ?*:*) echo "$line" ;;
  *golden/parse*) echo "--emit=ast" ;;
  *) echo "-o $work/out.c" ;;
  esac
}

compare() { # NAME EXPECTED ACTUAL
  if [ -n "${ACCEPT:-}" ]; then cp "$3" "$2"; ok "$1"
  elif cmp -s "$2" "$3"; then ok "$1"
  else diff -u "$2" "$3" | not_ok "$1" -; fi
}

run_pair() { # FILE.nn
  name=${1#tests/golden/} stem=${1%.nn}
  arguments=$(arguments_for "$1")
  # shellcheck disable=SC2086 # several words
  (cd "$(dirname "$1")" && "$nnc" $arguments "$(basename "$1")") >"$work/stdout" 2>"$work/stderr"
  status=$?
  expected=0
  if [ -n "${ACCEPT:-}" ] && [ -s "$work/stderr" ]; then : >"$stem.err"; fi
  if [ -e "$stem.err" ]; then compare "$name stderr" "$stem.err" "$work/stderr"; fi
  for output in ast graph adjoint plan c out; do
    [ -e "$stem.$output" ] && compare "$name $output" "$stem.$output" "$work/stdout"
  done
  [ -e "$stem.err" ] && grep -q 'error:' "$stem.err" && expected=1
  [ "$status" -eq $expected ] || not_ok "$name status" "exit status $status, expected $expected"
}

files=$(find tests/golden -name '*.nn' 2>/dev/null | sort)
[ -n "$files" ] || ok "no golden pairs"
for f in $files; do run_pair "$f"; done

# Names of tokens and of nnc's own types never reach a user.
find tests/golden -name '*.err' -exec grep -EHn \
  '(TOKEN|NODE|STMT|EXPR|OP|YY)_?[A-Z]{3,}|syntax error|\$(end|undefined)|internal error' {} + >"$work/names" 2>/dev/null
if [ -s "$work/names" ]; then not_ok "no internal name reaches a user" - <"$work/names"
else ok "no internal name reaches a user"; fi
