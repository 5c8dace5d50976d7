#!/bin/sh
# slow: C of 130 functions is compiled
# Activations and losses of the prelude, values and derivatives, at +-1e4, +-88, 1e-8, 0 and their combinations against
# numbers of 50 digits (tests/values/prelude/edges.py): the evaluator to 1e-11, generated C to 1e-6 of each value.
. tests/lib.sh

"$BUILD/edgetest" tests/values/prelude/edges.nn tests/values/prelude/edges.txt >"$work/double" 2>&1
status=$?
sed 's/ at the edges/ at the edges, in double/' "$work/double"
[ $status -le 1 ] || not_ok "edges in double (status $status)"

generate tests/values/prelude/edges.nn "$work" >"$work/log" 2>&1 || { not_ok "edges generated" - <"$work/log"; exit 0; }
users_builds
in_turn 1 >"$work/its"
{ echo "plainly $CC -std=c11 -O1"; cat "$work/its"; } | while read -r build compiler flags; do
  # shellcheck disable=SC2086 # several words
  if $compiler $flags -Iruntime/kernels -I"$work" -c -o "$work/edges.o" "$work/edges.c" >"$work/log" 2>&1 </dev/null &&
    $CC -std=c11 -O1 -Iruntime/kernels -I"$work" -Itests/judge -o "$work/edges" tests/judge/edges.c "$work/edges.o" \
    "$BUILD/libnn.a" $LINK \
      >"$work/log" 2>&1 </dev/null; then
    "$work/edges" tests/values/prelude/edges.txt >"$work/float" 2>&1
    status=$?
    sed "s/ at the edges/ at the edges, in float ($build)/" "$work/float"
    [ $status -le 1 ] || not_ok "edges in float ($build, status $status)"
  else not_ok "edges compiled ($build)" - <"$work/log"; fi
done

# Every rule is used by one of the entries.
"$nnc" --explain tests/values/prelude/edges.nn -o "$work/edges.c" 2>&1 | tr -d ' ' >"$work/explained"
"$nnc" --prelude | sed -n 's/ *#.*//; s/^rule //p' | sed 's/ if .*//' >"$work/rules"
while IFS= read -r rule; do
  if grep -qF ":$(echo "$rule" | tr -d ' ')" "$work/explained"; then ok "used at the edges: $rule"
  else not_ok "used at the edges: $rule" "no entry of edges.py uses it"; fi
done <"$work/rules"

# A naive form is found: the cross-entropy of a probability that has become 0.
"$nnc" --prelude | sed 's/^fn log_softmax.*/fn log_softmax(z[k]) = log(softmax(z) + 1e-30)/' >"$work/naive.nn"
generate tests/values/prelude/edges.nn "$work" --prelude "$work/naive.nn" >"$work/log" 2>&1
$CC -std=c11 -O1 -Iruntime/kernels -I"$work" -Itests/judge -o "$work/edges" tests/judge/edges.c "$work/edges.c" \
  "$BUILD/libnn.a" $LINK
fails "a naive form is found" 1 "^not ok v_cross_entropy at" "$work/edges" tests/values/prelude/edges.txt
