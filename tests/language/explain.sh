#!/bin/sh
# nnc --explain: which rule was applied where, once for each place, in the order of the model's lines; those of the
# derivative stand at what is differentiated.
. tests/lib.sh

cat >"$work/model.nn" <<'EOF'
input x[3]
input y : class(3)
param w = 0.5
a = log(1 + exp(w*x[0]))
b = a + 1 / (1 + exp(-w))
loss L = b - log(softmax(w*x)[y])
output p = softmax(w*x)
minimize L with sgd
EOF
"$nnc" --explain "$work/model.nn" -o "$work/model.c" >"$work/out" 2>&1
sed "s|^$work/||" "$work/out" >"$work/got"
cat >"$work/wanted" <<'EOF'
model.nn:4:5: log(1 + exp(x)) => softplus(x)
model.nn:5:9: 1 - sigmoid(x) => sigmoid(-x)
model.nn:5:9: 1/(1 + exp(x)) => sigmoid(-x)
model.nn:6:14: log(exp(x)) => x
model.nn:6:18: exp(a)/sum(exp(x)) => exp(logratio(a, logsumexp(x)))
model.nn:7:12: exp(a)/sum(exp(x)) => exp(logratio(a, logsumexp(x)))
EOF
if cmp -s "$work/got" "$work/wanted"; then ok "rules, by line"
else diff "$work/wanted" "$work/got" | not_ok "rules, by line" -; fi
"$nnc" "$work/model.nn" -o "$work/model.c" >"$work/out" 2>&1
empty "nothing without --explain" "$work/out"

# A power in a rule, which the graph has as a product or a root.
{
  "$nnc" --prelude
  printf 'rule %s\n' 'sin(x)^2 + cos(x)^2 => 1' 'exp(x)^3 => exp(3*x)' 'erf(x)^0.5 => 7'
} >"$work/prelude.nn"
for claim in 'sin(w)^2 + cos(w)^2 yes' 'exp(w)^3 yes' 'sqrt(erf(w)) yes' 'sin(w)^2 + cos(2*w)^2 no' \
  'sin(w)^3 + cos(w)^2 no' 'exp(w)^2 no' '2*exp(w)*exp(w) no' 'erf(w) no'; do
  printf 'param w = 0.5\nloss L = %s + w^2\nminimize L with sgd\n' "${claim% *}" >"$work/power.nn"
  "$nnc" --prelude "$work/prelude.nn" --explain "$work/power.nn" -o "$work/power.c" >"$work/out" 2>&1
  if grep -q '=>' "$work/out"; then said=yes; else said=no; fi
  name="a rule of powers, of ${claim% *}"
  if [ $said = "${claim##* }" ]; then ok "$name"; else not_ok "$name" - <"$work/out"; fi
done
