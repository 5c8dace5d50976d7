#!/bin/sh
# The facts of the prelude: each derivative line against difference quotients, both sides of each rule at random points.
# The rules are tried under a prelude without rules, so that they cannot prove themselves.
. tests/lib.sh

"$nnc" --prelude >"$work/prelude.nn"
grep -v '^rule ' "$work/prelude.nn" >"$work/no_rules.nn"

# ---- derivatives: f(p) or f(p, q) at points inside of its domain, of which the table of functions has the ends ----
name='"[a-z_0-9]*", *' ends='[-01]*, *[A-Z]*, *\([-A-Z0-9]*\), *\([-A-Z0-9]*\),.*'
sed -n 's/^ *X([A-Z0-9]*, *"\([a-z0-9]*\)", *[a-z_0-9]*, *'"$name$name$ends"'/\1 \2 \3/p' \
  compiler/graph/op.h >"$work/domains"
check "functions have domains" test "$(wc -l <"$work/domains")" -ge 20
sed -n 's/^derivative \([a-z0-9]*\)(\([^)]*\)).*/\1 \2/p' "$work/prelude.nn" | tr -d ',' >"$work/derivatives"
while read -r f a b; do
  case $(sed -n "s/^$f //p" "$work/domains") in 1\ *) point='1 + p' ;; *\ 1) point='p/3' ;; *) point=p ;; esac
  {
    echo "input x[6]"
    echo "param p[6] = [0.3, 0.7, 1.1, 1.9, 2.3, 0.9]"
    echo "param q[6] = [1.2, 0.4, 0.8, 2.1, 0.6, 1.7]"
    if [ -n "$b" ]; then echo "loss L = sum(stop(x) * $f(p, q))"; else echo "loss L = sum(stop(x) * $f($point))"; fi
  } >"$work/derivative.nn"
  if "$nnc" check --prelude "$work/no_rules.nn" "$work/derivative.nn" >"$work/log" 2>&1 &&
    grep -q 'gradient L p\[6\]: 6 probes agree' "$work/log"; then
    ok "derivative $f"
  else not_ok "derivative $f" - <"$work/log"; fi
done <"$work/derivatives"
check "there are derivatives" test "$(wc -l <"$work/derivatives")" -ge 20

# ---- rules ----
# A name under sum( ) is an array; one that must be positive is exp of something. varying(x) asks for nothing here.
grep '^rule ' "$work/prelude.nn" | sed 's/ *#.*//; s/^rule //' >"$work/rules"
while IFS= read -r rule; do
  left=${rule%% => *} right=${rule#* => } conditions=
  case $right in *" if "*) conditions=${right#* if } right=${right%% if *} ;; esac
  {
    for name in a b x; do
      case "$left" in *"$name"*) ;; *) continue ;; esac
      shape=
      case "$left" in *"sum(exp($name))"* | *"sum($name)"*) shape='[5]' ;; esac
      echo "input in_$name$shape"
      case "$conditions" in
      *"positive($name)"*) echo "$name = exp(in_$name)" ;;
      *) case "$left" in *"log($name)"*) echo "$name = exp(in_$name)" ;; *) echo "$name = 1 * in_$name" ;; esac ;;
      esac
    done
    echo "check $left == $right"
  } >"$work/rule.nn"
  if "$nnc" check --prelude "$work/no_rules.nn" "$work/rule.nn" >"$work/log" 2>&1 &&
    grep -Eq ': (proved|holds)' "$work/log"; then
    ok "rule $left"
  else not_ok "rule $left => $right" - <"$work/log"; fi
done <"$work/rules"
check "there are rules" test "$(wc -l <"$work/rules")" -ge 12

# A wrong one is found by the same way.
printf 'input x\ncheck log(1 + exp(x)) == softplus(-x)\n' >"$work/rule.nn"
if "$nnc" check --prelude "$work/no_rules.nn" "$work/rule.nn" >"$work/log" 2>&1; then not_ok "a wrong rule is refuted"
else ok "a wrong rule is refuted"; fi
sed 's/^derivative tanh.*/derivative tanh(x) = 1 + tanh(x)^2/' "$work/no_rules.nn" >"$work/wrong.nn"
printf 'input x\nparam p = 0.3\nloss L = x * tanh(p)\n' >"$work/derivative.nn"
if "$nnc" check --prelude "$work/wrong.nn" "$work/derivative.nn" >"$work/log" 2>&1
then not_ok "a wrong derivative is found"; else ok "a wrong derivative is found"; fi

# A sign on a rule's left side stands for a negative multiple, and for nothing else.
{ cat "$work/no_rules.nn"; echo 'rule tanh(-x) => -tanh(x)'; } >"$work/odd.nn"
printf '%s\n' 'input x' 'a = tanh(-3 * x)' 'b = tanh(x^2)' 'check a == 1 - 2/(1 + exp(-6 * x))' \
  'check b == 1 - 2/(1 + exp(2 * x^2))' >"$work/signs.nn"
check "a rule with a sign on its left side" "$nnc" check --prelude "$work/odd.nn" "$work/signs.nn"
