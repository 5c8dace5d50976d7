#!/bin/sh
# slow: runs nnc on each file of bad/ and parse/, some hundred times
# Golden pairs: NAME.nn and beside it what nnc says: NAME.err is standard error, NAME.ast, NAME.graph, ... standard
# output.
#
# nnc runs inside of the folder, with the arguments of a first line `# run: nnc --emit=ast`, or else `--emit=ast` in
# parse/ and `-o FILE.c` elsewhere. Where NAME.err has an error, the exit status is 1, where it is about the command
# itself (`nnc: ...`) 2, and no file is written. ACCEPT=1 rewrites the files.
. tests/lib.sh

arguments_for() { # FILE.nn
  line=$(sed -n '1s/^# run: nnc *//p' "$1")
  case $line:$(dirname "$1") in
  ?*:*) echo "$line" ;;
  */parse) echo "--emit=ast" ;;
  *) echo "-o $work/out.c" ;;
  esac
}

expected_status() { # FILE.err
  if [ ! -s "$1" ]; then echo 0
  elif grep -q 'error:' "$1"; then echo 1
  elif grep -q '^nnc: ' "$1"; then echo 2
  else echo 0; fi
}

compare() { # NAME EXPECTED ACTUAL
  if [ -n "${ACCEPT:-}" ]; then cp "$3" "$2"; ok "$1"
  elif cmp -s "$2" "$3"; then ok "$1"
  else diff -u "$2" "$3" | not_ok "$1" -; fi
}

run_pair() { # FILE.nn
  name=${1#tests/language/} stem=${1%.nn}
  arguments=$(arguments_for "$1")
  # shellcheck disable=SC2086 # several words
  rm -f "$work"/out.*
  (cd "$(dirname "$1")" && "$nnc" $arguments "$(basename "$1")") >"$work/stdout" 2>"$work/stderr"
  status=$?
  sed -i '/^<prelude>:/{s/^<prelude>:[0-9]*:[0-9]*:/<prelude>:/;n;N;d}' "$work/stderr" # its lines change more often
  if [ -n "${ACCEPT:-}" ] && [ -s "$work/stderr" ]; then : >"$stem.err"; fi
  if [ -e "$stem.err" ]; then compare "$name stderr" "$stem.err" "$work/stderr"; fi
  for output in ast graph adjoint plan c out; do
    [ -e "$stem.$output" ] && compare "$name $output" "$stem.$output" "$work/stdout"
  done
  expected=$(expected_status "$stem.err")
  [ "$status" -eq "$expected" ] || not_ok "$name status" "exit status $status, expected $expected"
  if [ "$status" -ne 0 ] && ls "$work"/out.* >/dev/null 2>&1; then not_ok "$name leaves no file"; fi
}

pairs="tests/language/bad tests/language/parse"
files=$(find $pairs -name '*.nn' 2>/dev/null | sort)
[ -n "$files" ] || ok "no golden pairs"
for f in $files; do run_pair "$f"; done

# Names of tokens and of nnc's own types, and its own words for what it does, never reach a user. Lines of the model
# that are quoted begin with spaces.
find $pairs -name '*.err' -exec grep -EHn \
  '(TOKEN|NODE|STMT|EXPR|OP|YY)_?[A-Z]{3,}|syntax error|\$(end|undefined)|internal error|\(null\)|%[0-9a-z]' {} + \
  >"$work/names" 2>/dev/null
words='nodes?|elaborat\w*|guards?|lift(ed|s|ing)?|poison(ed)?|tensors?|tokens?|spans?|affine|gathers?|substitut\w*'
words="$words|intern(ed)?|arena|lexer|parser|ast|builtin|leaf|routines?|lvalue"
find $pairs -name '*.err' -exec grep -EHni "^[^ ].*\\b($words)\\b" {} + >>"$work/names" 2>/dev/null
if [ -s "$work/names" ]; then not_ok "no internal name reaches a user" - <"$work/names"
else ok "no internal name reaches a user"; fi
