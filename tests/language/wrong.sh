#!/bin/sh
# slow: nnc check on each of the wrong twins
# Wrong twins of hand derivations (a sign, a factor 2, a missing transpose, a dropped path, an index) are refuted, every
# single one: a file that imports a page of models/ holds only wrong checks. Each check of each page has a wrong twin.
# A line `# nnc check -D hidden=6` in a twin makes a large page small. None may take long.
SECONDS_OF_CPU=15
. tests/lib.sh

checks() { cat "$@" 2>/dev/null | grep -c '^check '; }

for m in tests/language/wrong/*.nn; do
  options=$(sed -n 's/^# nnc check //p' "$m")
  # shellcheck disable=SC2086 # several words
  fails "$m is refuted" 1 'refuted' "$nnc" check $options "$m"
  grep -q '^import ' "$m" || continue
  refuted=$(sed -n 's/.* \([0-9]*\) refuted;.*/\1/p' "$work/fails.out")
  if [ "${refuted:-0}" -eq "$(checks "$m")" ]; then ok "$m: each check is refuted"
  else grep '^tests/language/wrong.*:.* \(proved\|holds\)' "$work/fails.out" | not_ok "$m: each check is refuted" -; fi
done
for m in models/*.nn; do
  name=$(base "$m") right=$(checks "$m")
  wrong=$(checks tests/language/wrong/"$name".nn tests/language/wrong/"$name"_*.nn)
  [ "$right" -eq 0 ] || [ "$wrong" -gt 0 ] || { skip "$m" "its checks have no wrong twins yet"; continue; }
  if [ "$wrong" -ge "$right" ]; then ok "$m: $wrong wrong twins of $right checks"
  else not_ok "$m: each check has a wrong twin" "$right checks, $wrong wrong ones"; fi
done
