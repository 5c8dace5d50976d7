#!/bin/sh
# slow: a transformer of 800 thousand parameters, in double precision, right and wrong
# nnc check on a model of real size: four transformer blocks over 64 characters. It takes some seconds of one core,
# every array has its probe, and one that is wrong is named.
. tests/lib.sh

cat >"$work/large.nn" <<'END'
model large
const T = 64, D = 128, V = 65
input s[T + 1] : class(V)
param E[V, D] ~ normal(0, 0.05)
param P[T, D] ~ normal(0, 0.05)
param last = 1
X0[t < T] = E[s[t]] + P[t]
X = X0
for l < 4 { X = transformer_block(X, heads = 4, causal = 1) }
o = last * (layernorm(X) @ E')
loss L = mean(t < T) cross_entropy(o[t], s[t+1]) + tanh(last)
minimize L with adam
check grad(L, o)[t, k] == (softmax(o[t])[k] - (s[t+1] == k))/T
END

# Sixty times what it takes on one core of 2020 would be two minutes, which it once took.
start=$(date +%s)
(ulimit -t 30; "$nnc" check "$work/large.nn") >"$work/out" 2>&1
status=$?
if [ $status -eq 0 ] && grep -q '53 gradients agree' "$work/out"
then ok "a large model is checked in less than 30 s of processor time"
else { cat "$work/out"; echo "(status $status after $(($(date +%s) - start)) s)"; } |
  not_ok "a large model is checked in less than 30 s of processor time" -; fi

"$nnc" --prelude | sed 's/^derivative tanh(x) = .*/derivative tanh(x) = 1.001*(1 - tanh(x)^2)/' >"$work/prelude.nn"
fails "the array whose gradient is wrong is named" 1 '^gradient L last: fails' "$nnc" check \
  --prelude "$work/prelude.nn" "$work/large.nn"
named=$(grep -c ': fails' "$work/fails.out")
if [ "$named" = 1 ]; then ok "and no other"; else not_ok "and no other" - <"$work/fails.out"; fi
