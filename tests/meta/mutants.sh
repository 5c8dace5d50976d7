#!/bin/sh
# slow: six mutants of nnc are compiled and judged
# Some of the mistakes of `make mutants`, always the same ones, are seen; and the text that each of all mistakes changes
# is there.
. tests/lib.sh

# Their C goes into one object.
ls tests/language/good/*.nn tests/values/prelude/*.nn tests/values/*.nn models/*.nn | sed 's|.*/||' | sort |
  uniq -d >"$work/twice"
empty "no two models have the same name" "$work/twice"

check "tests/mutants is up to date" sh tests/mutants/run --stale
fails "a pattern that is no regular expression is named" 2 "the pattern '[(]x', .* is no regular expression: missing" \
  sh tests/mutants/run --stale '(x'
sh tests/mutants/run --sample 6 '^(derive/|derivatives|rules)' >"$work/mutants" 2>&1
status=$?
sed -n 's|^[0-9/]* \(.*: caught by .*\)|ok a mutant, \1|p' "$work/mutants"
[ $status -eq 0 ] || not_ok "a sample of the mutants is caught" - <"$work/mutants"
