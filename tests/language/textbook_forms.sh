#!/bin/sh
# Formulas as books write them, which overflow in float where the function is tame: under the rules of the prelude they
# are finite at ±100 and ±0.001, in value and gradient, and what the tame way of writing gives; also where two operands
# are equal, or
# -infinity (a mask).
. tests/lib.sh

# formula ; the same, tamely
cat >"$work/forms" <<'EOF'
(1 - exp(-2*x))/(1 + exp(-2*x)) ; tanh(x)
(exp(2*x) - 1)/(exp(2*x) + 1) ; tanh(x)
(exp(x) - exp(-x))/(exp(x) + exp(-x)) ; tanh(x)
(1 - exp(-x))/(1 + exp(-x)) ; tanh(x/2)
sinh(x)/cosh(x) ; tanh(x)
1/(1 + exp(-x)) ; sigmoid(x)
exp(x)/(1 + exp(x)) ; sigmoid(x)
exp(x)/(exp(x) + exp(-x)) ; sigmoid(2*x)
exp(-x)/(1 + exp(-x))^2 ; sigmoid(x)*sigmoid(-x)
exp(x)/(1 + exp(x))^2 ; sigmoid(x)*sigmoid(-x)
3/(1 + exp(x))^2 ; 3*sigmoid(-x)^2
log(exp(x) + exp(-x)) ; abs(x) + softplus(-2*abs(x))
log((exp(x) + exp(-x))/2) ; abs(x) + softplus(-2*abs(x)) - 0.69314718
log(cosh(x)) ; abs(x) + softplus(-2*abs(x)) - 0.69314718
log(exp(x) + exp(x)) ; x + 0.69314718
log(exp(x) + exp(2*x)) ; x + softplus(x)
log(exp(abs(x)) - 1) ; abs(x) + log(-expm1(-abs(x)))
exp(abs(x))/(exp(abs(x)) - 1) ; 1/(-expm1(-abs(x)))
EOF
{
  echo "input x"
  k=0
  while IFS=';' read -r wild tame; do
    k=$((k + 1))
    echo "a$k = $wild"
    echo "b$k = $tame"
    printf '%s\n' "output wild$k = a$k" "output tame$k = b$k" "output wild_slope$k = grad(a$k, x)" \
      "output tame_slope$k = grad(b$k, x)"
  done <"$work/forms"
} >"$work/forms.nn"
printf 'x\n-100\n-20\n-1\n-0.001\n0.001\n1\n20\n100\n' >"$work/x.csv"
CFLAGS="-std=c99 -O1" # quicker than the default
export CFLAGS
check "compiles" "$nnc" "$work/forms.nn" -o "$work/forms"
check "runs" "$work/forms" predict x="$work/x.csv" -o "$work/out.csv"
check "finite, and the same" awk -F, '
  NR == 1 { for (k = 1; k <= NF; k++) at[$k] = k; next }
  function near(a, b, what) {
    if (a !~ /^-?[0-9.]+(e[-+]?[0-9]+)?$/ || (a - b)^2 > (1e-6 + 3e-6*(b < 0 ? -b : b))^2) {
      print what ": " a " for " b " in row " NR - 2; bad = 1 }
  }
  { for (k = 1; ("wild" k) in at; k++) {
      near($at["wild" k], $at["tame" k], "formula " k)
      near($at["wild_slope" k], $at["tame_slope" k], "slope of formula " k)
      compared += 2
  } }
  END { if (compared != 288) { print compared " compared"; bad = 1 } exit bad }' "$work/out.csv"

# At equal operands each has half of the slope; one of -infinity has no share, and of two the sum is 0.
cat >"$work/ties.nn" <<'EOF'
input m
param u = 0.25
param v = 0.25
z = where(m > 0, m, log(0))
output half = grad(log(exp(u) + exp(v)), u)
output other_half = grad(log(exp(u) + exp(v)), v)
output curve = grad(grad(log(exp(u) + exp(v)), u), u)
output one = grad(log(exp(z) + exp(u)), u) + 0*m
output kept = log(exp(z) + exp(u)) + 0*m
output nothing = exp(log(exp(z) + exp(z)))
EOF
printf 'm\n-1\n' >"$work/m.csv"
check "compiles, with ties" "$nnc" "$work/ties.nn" -o "$work/ties"
for pair in half:0.5 other_half:0.5 curve:0.25 one:1 kept:0.25 nothing:0; do
  "$work/ties" predict m="$work/m.csv" --output "${pair%:*}" >"$work/log" 2>&1
  if [ "$(tail -1 "$work/log")" = "${pair#*:}" ]; then ok "${pair%:*}"; else not_ok "${pair%:*}" - <"$work/log"; fi
done
