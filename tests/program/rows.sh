#!/bin/sh
# --rows and --test-rows: a model trains, tests and predicts on some rows of a file exactly as on a file of these rows.
. tests/lib.sh

classifier m "batch = 2, epochs = 3, standardize = x"
check "m is made" "$nnc" "$work/m.nn" -o "$work/m"
[ -x "$work/m" ] || exit 0

cd "$work" || exit 1
printf '0.1,0.2,0\n0.3,0.4,1\n0.5,0.7,2\n0.7,0.8,0\n0.9,1.1,1\n1.1,0.3,2\n' >all.csv
printf 'a,b\n0,1\n1,0\n0,1\n0,1\n1,1\n0,1\n' >split.csv
printf '0\n1\n' >short.csv
printf '0\n1\n2\n0\n1\n0\n' >not_bits.csv
sed -n '2p;5p' all.csv >test.csv
sed -n '1p;3p;4p;6p' all.csv >train.csv
all="x=all.csv:0-1 y=all.csv:2" train="x=train.csv:0-1 y=train.csv:2" test="x=test.csv:0-1 y=test.csv:2"

# as_alone NAME A... -- B...: two trainings that must come to the same bytes.
as_alone() {
  name=$1 first=; shift
  while [ "$1" != -- ]; do first="$first $1"; shift; done
  shift
  # shellcheck disable=SC2086 # several words
  { ./m train $first --save a.safetensors && ./m train "$@" --save b.safetensors; } >log 2>&1 ||
    not_ok "$name" - <log
  same "$name" a.safetensors b.safetensors
}

# shellcheck disable=SC2086 # several words
{
  as_alone "rows 0,2-3,5" $all --rows 0,2-3,5 -- $train
  as_alone "all but the test rows" $all --test-rows split.csv:0 -- $train
  as_alone "a named column" $all --test-rows split.csv:a -- $train
  as_alone "rows and test rows" $all --rows 0,2-3,5 --test-rows 1,4 -- $train
  as_alone "rows of one file, a file to test" $all --rows 0,2-3,5 test.x=test.csv:0-1 test.y=test.csv:2 -- $train

  ./m train $all --quiet --test-rows split.csv:0 >one.txt 2>&1
  ./m train $train --quiet test.x=test.csv:0-1 test.y=test.csv:2 >two.txt 2>&1
  if grep -q '^test.accuracy' one.txt; then same "the test's values" one.txt two.txt
  else not_ok "the test's values" - <one.txt; fi
  ./m train $train --quiet --test-rows split.csv:0 test.x=all.csv:0-1 test.y=all.csv:2 >three.txt 2>&1
  same "test rows of the test's files" three.txt two.txt
  for command in test predict grad; do
    ./m $command $all --rows split.csv:0 --load a.safetensors >one.txt 2>&1
    ./m $command $test --load a.safetensors >two.txt 2>&1
    same "$command of some rows" one.txt two.txt
  done

  refuse() { name=$1 status=$2 pattern=$3; shift 3; fails "$name" "$status" "$pattern" ./m train $all "$@"; }
  refuse "a row that is not there" 1 'no row 6; the data have rows 0-5' --rows 0-6
  refuse "rows backwards" 2 "found '3-2', expected rows as in" --rows 0,3-2
  refuse "a range without an end" 2 "found '3-', expected rows as in" --rows 3-
  refuse "no row to train on" 1 'no row is left to train on' --test-rows 0-5
  refuse "as many marks as rows" 1 'it has 2 rows, the data have 6' --rows short.csv
  refuse "marks other than 0 and 1" 1 "not_bits.csv:3: .* found '2', expected 0 or 1" --rows not_bits.csv
  refuse "a missing file" 2 'absent.csv' --rows absent.csv:0
  refuse "a column too much" 1 'expected 1 for input --rows' --rows split.csv
}
