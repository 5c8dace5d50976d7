#!/bin/sh
# slow: trains four small models, attention for half a minute
# Pages about sequences learn what their heads say: soft attention goes on to twice the length that it was trained on,
# where sequence to sequence fails; its weights are a picture; a neural equation follows a spiral; a policy finds short
# ways.
. tests/lib.sh

# value NAME PROGRAM ARGUMENTS...: what it prints after NAME at the end of a training.
value() { name_=$1; shift; "$@" --quiet 2>"$work/log" | sed -n "s/^$name_ //p"; }
# at_most NAME VALUE MOST
at_most() {
  if awk -v v="$2" -v most="$3" 'BEGIN { exit !(v != "" && v + 0 <= most) }'; then ok "$1"
  else not_ok "$1" "found '$2', expected at most $3"; fi
}

sizes="-D K=26 -D V=26 -D longest=20 -D n=32 -D m=64"
awk -v rows=10000 -v low=1 -v high=10 -f tools/reversal.awk >"$work/train.csv"
awk -v seed=2 -v rows=500 -v low=20 -v high=20 -f tools/reversal.awk >"$work/test.csv"
rows() { # PREFIX FILE
  echo "$1S=$2:0 $1T=$2:0 $1x=$2:1-20 $1y=$2:21-40"
}
# shellcheck disable=SC2046,SC2086 # several words
for m in seq2seq translator; do
  check "$m is made" "$nnc" $sizes models/$m.nn -o "$work/$m"
  found=$(value test.accuracy "$work/$m" train $(rows "" "$work/train.csv") $(rows test. "$work/test.csv") --epochs 4 \
    --save "$work/$m.safetensors")
  echo "$m: accuracy $found at twice the length"
  [ $m = seq2seq ] && without=${found:-1} || with=${found:-0}
done
at_most "attention is 20 points better at twice the length" "$(echo "$without $with" | awk '{ print $1 - $2 }')" -0.2

# shellcheck disable=SC2046 # several words
check "where it looks is a picture" "$work/translator" predict $(rows "" "$work/test.csv") --rows 0 \
  --load "$work/translator.safetensors" --output looks -o "$work/looks.pgm"
# A backward copy: word t looks at letter 19 - t. Each row's brightest pixel, of 20.
tail -c 400 "$work/looks.pgm" | od -An -v -tu1 -w20 |
  awk '{ best = 1; for (j = 2; j <= 20; j++) if ($j > $best) best = j
  right += best == 21 - NR } END { print right + 0 }' >"$work/right"
at_most "it looks along the other diagonal" "-$(cat "$work/right")" -12

check "policy is made" "$nnc" models/policy.nn -o "$work/policy"
awk 'BEGIN { srand(1); for (r = 0; r < 2000; r++) print int(25*rand()) }' >"$work/starts.csv"
check "policy is trained" "$work/policy" train start="$work/starts.csv" --quiet --save "$work/policy.safetensors"
at_most "the ways are short" "$("$work/policy" test start="$work/starts.csv" --load "$work/policy.safetensors" |
  sed -n 's/^steps //p')" 4.5

check "neural_ode is made" "$nnc" -D m=32 models/neural_ode.nn -o "$work/ode"
awk 'BEGIN { srand(1); for (r = 0; r < 500; r++) { u = 4*rand() - 2; v = 4*rand() - 2; line = u "," v;
  for (k = 1; k <= 800; k++) { p = -u^3/10 + 2*v^3; q = -2*u^3 - v^3/10; u += p/8000; v += q/8000
    if (k % 100 == 0) line = line "," u "," v } print line } }' >"$work/spiral.csv"
at_most "the equation follows the spiral" "$(value test.L "$work/ode" train x="$work/spiral.csv:0-1" \
  y="$work/spiral.csv:2-17" --test-rows 0-99)" 0.01

"$nnc" -D T=64 -D D=64 -D heads=4 -D V=65 models/shakespeare.nn -o "$work/shakespeare" >"$work/said" 2>&1
if [ -x "$work/shakespeare" ] && [ ! -s "$work/said" ]; then ok "the C of a transformer is compiled without a word"
else not_ok "the C of a transformer is compiled without a word" - <"$work/said"; fi
