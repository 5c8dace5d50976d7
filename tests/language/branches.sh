#!/bin/sh
# slow: random models are compiled
# What was not taken has no effect on a derivative, of any order: random models with branches that are singular where
# they are not taken, evaluated just there, against twins without them (tests/language/branches.py), in the evaluator
# and in generated C.
. tests/lib.sh
need python3 "branches that are not taken"

write() { python3 tests/language/branches.py "$2" "$3" "$4" >"$1"; } # MODEL.nn SEED TOLERANCE LOSSES

# Whether seeds of this range hold in the evaluator, and the last line that each prints.
first=${SEED:-1}
seed=$first
: >"$work/wrong"
while [ "$seed" -lt $((first + ${N:-40})) ]; do
  write "$work/m.nn" "$seed" 1e-9 2
  "$nnc" check "$work/m.nn" >"$work/out" 2>&1 ||
    { echo "seed $seed"; grep -E 'error|refuted|fails' "$work/out"; } >>"$work/wrong"
  seed=$((seed + 1))
done
empty "derivatives of both agree in the evaluator" "$work/wrong"

printf 'a,b,c\n1,2,3\n-1,0.5,0.7\n0.1,-2,-0.3\n' >"$work/x.csv"
printf 'b\n0\n0\n0\n' >"$work/b.csv"
printf 'k\n0\n1\n2\n' >"$work/k.csv"
inputs="x=$work/x.csv v=$work/x.csv b=$work/b.csv k=$work/k.csv"

computes() { # SEED
  write "$work/m.nn" "$1" 1e-3 1 && CFLAGS=-O1 "$nnc" "$work/m.nn" -o "$work/m" || return 1
  # shellcheck disable=SC2086 # several words
  "$work/m" predict --output bad $inputs >"$work/bad.csv" && ! sed 1d "$work/bad.csv" | grep '[1-9naif]'
}
for k in 1 2 3 4 5 6; do check "... and in C: seed $((first + 1000 + k))" computes $((first + 1000 + k)); done

# A parameter that starts where only one branch is finite moves away from there.
cat >"$work/start.nn" <<'END'
input t
param r[2]
u = r/norm(r)
loss L = (where(dot(r, r) == 0, sum(r), sum(u*r)) - t)^2
minimize L with sgd(lr = 0.1)
train { batch = 4, epochs = 20 }
END
printf 't\n3\n3\n3\n3\n' >"$work/t.csv"
starts() {
  CFLAGS=-O1 "$nnc" "$work/start.nn" -o "$work/start" &&
    "$work/start" train --quiet "t=$work/t.csv" --save "$work/start.safetensors" &&
    "$work/start" test "t=$work/t.csv" --load "$work/start.safetensors" | tee /dev/stderr |
    grep -Eq 'L (0|[0-9.]*e-|0\.0)'
}
check "... and training begins at such a place" starts
