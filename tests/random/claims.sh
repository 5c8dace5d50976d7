#!/bin/sh
# slow: some hundred random claims, each tried at a hundred points and beside its edges
# Random claims about ties, bounds, batches and comparisons of what is equal but for rounding (tests/random/claims.awk):
# a wrong one is neither proved nor holds, a right one is never refuted. N=1000 SEED=7 for more.
. tests/lib.sh

for kind in wrong right; do
  cat >"$work/$kind.nn" <<'END'
input x, t, u, z[3]
param w ~ normal(0, 1)
param b = 0
END
  awk -v n="${N:-160}" -v seed="${SEED:-1}" -v kind=$kind -f tests/random/claims.awk >>"$work/$kind.nn"
  "$nnc" check "$work/$kind.nn" >"$work/$kind.out" 2>&1
  asked=$(grep -c '^check' "$work/$kind.nn")
  answered=$(grep -c ': check .*: \(proved\|holds\|refuted\|undecided\)' "$work/$kind.out")
  if [ "$asked" -eq "$answered" ]; then ok "$asked $kind claims have a verdict"
  else tail -5 "$work/$kind.out" | not_ok "$answered of $asked $kind claims have a verdict" -; fi
done
grep ': check .*: \(proved\|holds\)' "$work/wrong.out" >"$work/passed"
empty "no wrong claim is proved or holds" "$work/passed"
grep -A3 ': check .*: refuted' "$work/right.out" >"$work/failed"
empty "no right claim is refuted" "$work/failed"
