#!/bin/sh
# Every name in a comment of the generated C, in a plan, in a picture and in a graph is one that stands there: names.py
# says what that means.
# slow: all models, five texts of each
. tests/lib.sh

write_all() { # MODEL.nn: what nnc writes of it
  base_=$work/$(basename "$1" .nn)
  "$nnc" "$1" -o "$base_.c" &&
    "$nnc" --emit=plan "$1" -o "$base_.plan" &&
    "$nnc" show --format dot "$1" -o "$base_.dot" &&
    "$nnc" --emit=graph "$1" -o "$base_.graph" &&
    "$nnc" --emit=adjoint "$1" -o "${base_}_adjoint.graph"
}

for model in models/*.nn tests/values/*.nn tests/language/good/*.nn tests/language/scans/*.nn; do
  write_all "$model" 2>"$work/log" || not_ok "names: $model is written" - <"$work/log"
done

for kind in c plan dot graph; do
  python3 tests/meta/names.py "$work"/*.$kind >"$work/names" 2>&1
  found=$(tail -1 "$work/names" | sed 's/ names$//')
  if [ "$(wc -l <"$work/names")" -eq 1 ] && [ "$found" -gt 10000 ]; then ok "every name in .$kind stands there ($found)"
  else not_ok "every name in .$kind stands there" - <"$work/names"; fi
done

# A name that nothing defines is seen, in each kind of text.
planted() { # KIND SED-COMMAND NAME
  sed "$2" "$work/digits.$1" >"$work/planted.$1"
  cmp -s "$work/digits.$1" "$work/planted.$1" && not_ok "a name is planted in .$1" "the text has no place for it"
  python3 tests/meta/names.py "$work/planted.$1" >"$work/names" 2>&1
  if grep -q "^planted.$1: $3 stands nowhere" "$work/names"; then ok "a name that stands nowhere is seen in .$1: $3"
  else not_ok "a name that stands nowhere is seen in .$1: $3" - <"$work/names"; fi
}
planted c 's/^  .* z.b,i. = /&%999 /' %999
planted c 's/^  .* z.b,i. = /&v999[b] /' v999
planted plan 's/^    z.b,i. = /&%999 /' %999
planted dot 's/label="z.b,i. = /&%999 /' %999
planted dot 's/ -> n[0-9]*;/ -> n999;/' n999
planted graph '2s/ = / = %999 /' %999

# A function of one operand is a value as any other.
cat >"$work/gate.nn" <<'END'
model gate
input x[3]
param w[3] = 1
a[i] = w[i] * x[i]
z[i] = a[i] * sigmoid(a[i])
loss L = sum(i) z[i]^2
minimize L with sgd(0.1)
END
"$nnc" show --format dot "$work/gate.nn" >"$work/gate.dot"
sigmoid=$(sed -n 's/^  \(n[0-9]*\) .*= sigmoid(a\[.*/\1/p' "$work/gate.dot")
gated=$(sed -n 's/^  \(n[0-9]*\) .*label="z\[b,i\] = .*/\1/p' "$work/gate.dot")
if [ -n "$sigmoid" ] && grep -q "^  $sigmoid -> $gated;" "$work/gate.dot"
then ok "a picture shows the sigmoid of a gate"
else not_ok "a picture shows the sigmoid of a gate" - <"$work/gate.dot"; fi
