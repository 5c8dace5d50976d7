#!/bin/sh
# slow: nnc check with as many preludes as there are derivatives
# The gradient check is itself tested: with a wrong derivative in the prelude (3 is added to it, or in its place), a
# model that uses the function fails. A function whose derivative is 0 by nature (floor, sign) is no test and left out.
. tests/lib.sh

"$nnc" --prelude >"$work/prelude.nn"
grep -n '^derivative ' "$work/prelude.nn" >"$work/derivatives"
if [ -s "$work/derivatives" ]; then ok "the prelude has derivatives"; else not_ok "the prelude has derivatives"; fi

model_for() { # FUNCTION ARGUMENTS
  cat <<END
model mutation
input x[3]
param w[3] ~ uniform(0.2, 0.4)
u = 0.5 + w*sigmoid(x)
v = 0.3 + 0.2*u
loss L = sum($1($2))
END
}

while IFS= read -r line; do
  number=${line%%:*}
  function=$(echo "$line" | sed 's/.*derivative *\([A-Za-z0-9_]*\)(.*/\1/')
  formals=$(echo "$line" | sed 's/.*derivative *[A-Za-z0-9_]*(\([^)]*\)).*/\1/')
  case $formals in
  *,*,*) continue ;;
  *,*) arguments="u, v" change="= .*/= 3, 3/" ;;
  *) arguments="u" change="= *\\(.*\\)/= 3 + \\1/" ;;
  esac
  model_for "$function" "$arguments" >"$work/mutation.nn"
  "$nnc" check "$work/mutation.nn" >/dev/null 2>&1 || continue
  sed "${number}s/$change" "$work/prelude.nn" >"$work/wrong.nn"
  fails "a wrong derivative of $function" 1 '.' "$nnc" --prelude "$work/wrong.nn" check "$work/mutation.nn"
done <"$work/derivatives"

# A derivative that is wrong by little, by its sign, in one element alone, or 0 as the function is: each is told.
wrong() { # NAME, the derivative of tanh, the loss
  sed "s/^derivative tanh(x) = .*/derivative tanh(x) = $2/" "$work/prelude.nn" >"$work/wrong.nn"
  printf 'input x\nparam w[3] ~ uniform(0.2, 0.9)\nloss L = %s\n' "$3" >"$work/model.nn"
  fails "$1" 1 'fails' "$nnc" check --prelude "$work/wrong.nn" "$work/model.nn"
}
wrong "a derivative that is too large by a thousandth" '1.001 * (1 - tanh(x)^2)' 'sum(tanh(w * x))'
wrong "a derivative of the other sign" 'tanh(x)^2 - 1' 'sum(tanh(w * x))'
for waves in 20000 30000; do # the first quotients are off by little: not by so much
  wrong "... of a loss that is curved, by $waves w" 'tanh(x)^2 - 1' "sum(tanh(0.1 * sin($waves * w + x)))"
done
wrong "a derivative that is wrong in the last element" '1 - tanh(x)^2 + (x < 0)' 'tanh(w[0]) + tanh(w[1]) + tanh(-w[2])'
wrong "a loss that does not change with its parameters where it is tried" '1 - tanh(x)^2' 'sum(relu(w * x - 1e12))'
# One that is flat by algebra is proved to be.
printf 'input x\nparam w[3] ~ uniform(0.2, 0.9)\nloss L = sum(floor(w / 99) * x)\n' >"$work/model.nn"
fails "a loss that is flat in its parameters" 0 'gradient L w.3.: it is 0, .*: proved' "$nnc" check "$work/model.nn"
