#!/bin/sh
# step in a model: what a run reads there, from its first step to evaluation, through cuts, turns, resuming and loading.
. tests/lib.sh

cat >"$work/count.nn" <<'EOF'
model count
input x
param w = 1
state seen[4] = 0
seen <- concat(seen[1:4], step)
loss L = step + 0*(w*x)^2 + (w - 1)^2
loss M = 100*step + (w - 1)^2
metric at = step
output now = step
output four = seen
minimize L with sgd(0.01)
minimize M every 2 with sgd(0.01)
train { batch = 2, epochs = 1 }
EOF
printf '%s\n' x 1 2 3 4 5 6 7 8 >"$work/data.csv"
files="x=$work/data.csv:x"
check "it compiles" "$nnc" "$work/count.nn" -o "$work/count"
# says NAME EXPECTED ACTUAL
says() { if [ "$2" = "$3" ]; then ok "$1"; else not_ok "$1" "expected $2, found $3"; fi; }
last() { "$work/count" predict --output "$@" -o "$work/p.csv" && tail -1 "$work/p.csv"; }
tested() { "$work/count" test "$@" | tr '\n' ' '; }
# shellcheck disable=SC2086
{
  says "before any step it is 1" "1" "$(last now)"
  "$work/count" train $files --validate 0.5 --save "$work/2.safetensors" --history "$work/history.csv" --quiet
  says "the first two steps, M in the second; evaluation has the last one's" \
    "L=1.5 M= validate.L=2 validate.M=200 validate.at=2" \
    "$(awk -F, 'NR == 1 { for (k = 1; k <= NF; k++) name[k] = $k }
      NR == 2 { for (k = 1; k <= NF; k++) if (name[k] ~ /(L|M|at)$/) printf "%s%s=%s", n++ ? " " : "", name[k], $k }' \
      "$work/history.csv")"
  "$work/count" train $files --epochs 1 --save "$work/4.safetensors" --quiet
  says "a state has seen them" "1,2,3,4" "$(last four --load "$work/4.safetensors")"
  says "an output has the checkpoint's" "4" "$(last now --load "$work/4.safetensors")"
  says "so has test" "L 4 M 400 at 4 " "$(tested $files --load "$work/4.safetensors")"
  "$work/count" train $files --resume "$work/4.safetensors" --epochs 2 --save "$work/8.safetensors" --quiet
  says "it goes on where a resume does" "5,6,7,8" "$(last four --load "$work/8.safetensors")"
  "$work/count" train $files --load "$work/8.safetensors" --save "$work/again.safetensors" --quiet
  says "and starts anew from loaded parameters" "1,2,3,4" \
    "$(last four --load "$work/again.safetensors" | cut -d, -f1-4)"
  "$work/count" train $files --batch 4 --threads 2 --epochs 2 --save "$work/cut.safetensors" --history "$work/cut.csv" \
    --quiet
  says "a batch that is cut is one step" "1,2,3,4" "$(last four --load "$work/cut.safetensors")"
  says "in all its parts" "1.5" "$(awk -F, 'NR == 1 { for (k = 1; k <= NF; k++) if ($k == "L") at = k }
    NR == 2 { print $at }' "$work/cut.csv")"
}
