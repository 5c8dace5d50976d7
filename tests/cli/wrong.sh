#!/bin/sh
# slow: nnc check on each of the wrong twins
# Wrong twins of hand derivations (a sign, a factor 2, a missing transpose, a dropped path) are refuted.
. tests/lib.sh

for m in tests/models/wrong/*.nn; do
  [ -f "$m" ] && fails "$m is refuted" 1 'refuted' "$nnc" check "$m"
done
[ -d tests/models/wrong ] || not_ok "tests/models/wrong exists"
