#!/bin/sh
# A state that starts as a copy of a parameter has the bits that the parameter was drawn, for every seed; checkpoints
# keep it; a file of parameters alone is copied, and the program says so.
. tests/lib.sh

cat >"$work/follow.nn" <<'EOF'
model follow
input x[3], t
param W[2, 3] ~ glorot
state V = W
state U = V
V <- 0.5*V + 0.5*W
U <- U
loss L = (sum(W @ x) - t)^2
output now = W
output then = V
output first = U
minimize L with sgd(0.1)
train { batch = 2, epochs = 2 }
EOF
printf 'a,b,c,t\n1,2,0,1\n2,5,1,0\n-1,-1,2,3\n0.5,3,-1,1\n' >"$work/data.csv"
files="x=$work/data.csv:a,b,c t=$work/data.csv:t"
check "it compiles" "$nnc" "$work/follow.nn" -o "$work/follow"
numbers() { "$work/follow" predict --output "$@" -o "$work/p.csv" 2>"$work/note" && tail -1 "$work/p.csv"; }
for seed in 1 99; do
  was=$(numbers now --seed $seed)
  if [ -n "$was" ] && [ "$was" = "$(numbers then --seed $seed)" ] &&
    [ "$was" = "$(numbers first --seed $seed)" ]; then ok "seed $seed: copies of what was drawn"
  else not_ok "seed $seed: copies of what was drawn" "$was"; fi
done
was=$(numbers now)
# shellcheck disable=SC2086
check "it is trained" "$work/follow" train $files --save "$work/follow.safetensors"
if [ "$was" = "$(numbers first --load "$work/follow.safetensors")" ]
then ok "a state that nothing changes keeps its start"
else not_ok "a state that nothing changes keeps its start" "$was"; fi
now=$(numbers now --load "$work/follow.safetensors") then=$(numbers then --load "$work/follow.safetensors")
if [ "$then" != "$now" ] && [ "$then" != "$was" ]; then ok "a checkpoint keeps the states"
else not_ok "a checkpoint keeps the states" "$was / $then / $now"; fi
# shellcheck disable=SC2086
check "a file of parameters alone" "$work/follow" grad $files --load "$work/follow.safetensors" \
  -o "$work/plain.safetensors"
now=$(numbers now --load "$work/plain.safetensors")
if [ "$now" != "$was" ] && [ "$now" = "$(numbers then --load "$work/plain.safetensors")" ] &&
  [ "$now" = "$(numbers first --load "$work/plain.safetensors")" ]; then
  ok "copies of what was loaded"; else not_ok "copies of what was loaded" "$now"; fi
if grep -q '^note: .*plain.safetensors has no states: U starts as a copy of V in it' "$work/note"
then ok "which is said"; else not_ok "which is said" - <"$work/note"; fi
