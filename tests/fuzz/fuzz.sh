#!/bin/sh
# A few hundred mutated inputs for each part that reads what users write; the same ones each time. `make fuzz` goes on
# with others.
# slow: some two thousand short runs
. tests/lib.sh

# The words that inputs are made of: of the grammar, a table of each kind, the prelude.
sh tests/fuzz/words.sh >"$work/words"
for word in model tanh where logsumexp argmax grad relu adam; do
  check "fuzz knows the word $word" grep -qx $word "$work/words"
done

for target in compile check prelude data checkpoint text; do
  [ $target != text ] || need python3 "fuzz text"
  case $target in check | prelude) runs=60 ;; data | checkpoint) runs=600 ;; *) runs=200 ;; esac
  check "fuzz $target, $runs inputs" sh tests/fuzz/run "$BUILD" "$work/$target" $target --runs $runs --seed 1
done
