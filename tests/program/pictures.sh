#!/bin/sh
# slow: compiles and trains nine programs
# The pictures of docs/optimizers.md are drawn from what the trained programs print, and show what the page says.
. tests/lib.sh

check "the tool is made" "$MAKE" BUILD="$BUILD" "$BUILD/tools/paths"
check "the pictures are drawn" sh tools/optimizers.sh "$work"
paths=$work/optimizers-paths.svg losses=$work/optimizers-loss.svg
for picture in "$paths" "$losses"; do
  name=$(basename "$picture")
  lines=$(grep -c '<polyline' "$picture")
  if [ "$lines" -eq 9 ] && ! grep -q 'nan\|inf' "$picture" &&
    tail -1 "$picture" | grep -q '^</svg>$'; then ok "$name has nine paths"; else
    not_ok "$name has nine paths" "$lines"; fi
  if [ -s "docs/$name" ] && grep -q "$name" docs/optimizers.md; then ok "docs/optimizers.md shows $name"
  else not_ok "docs/optimizers.md shows $name"; fi
done
for line in 'CG: 3[0-9] steps to below' 'BFGS: 3[0-9] steps to below' 'Newton: 2[0-9] steps to below' \
  'SGD: 2000 steps to .e-03' 'Adam: 2000 steps to (below )?.e-1'; do
  if grep -Eq ">$line" "$paths"; then ok "$line"; else grep -o '<text[^>]*>[A-Z][^<]*' "$paths" | not_ok "$line" -; fi
done

"$nnc" -D method=8 models/optimizers.nn -o "$work/newton"
"$work/newton" train --trace "$work/trace.csv" --quiet
if [ "$(sed -n 1p "$work/trace.csv")" = 'step,p[0],p[1]' ] &&
  [ "$(sed -n 2p "$work/trace.csv")" = '0,-1.20000005,1' ] &&
  tail -1 "$work/trace.csv" | grep -q '^2[0-9],1,1$'; then ok "a trace begins at the start and ends at the minimum"
  else
  not_ok "a trace begins at the start and ends at the minimum" - <"$work/trace.csv"; fi
fails "a trace that cannot be written" 2 'cannot be written' "$work/newton" train --trace "$work/none/trace.csv"
if [ -f "$BUILD/drawings/train-labels.idx" ] && "$nnc" models/digits.nn -o "$work/digits"; then
  fails "a trace of many parameters is refused" 2 'expected at most 1000' "$work/digits" train --trace "$work/t.csv" \
    x="$BUILD/drawings/train-images.idx" y="$BUILD/drawings/train-labels.idx"
fi

printf '0,0,1\n1,0,2\n0,1,x\n' >"$work/bad.csv"
fails "a landscape that is none" 1 'bad.csv: expected lines x,y,height' "$BUILD/tools/paths" "$work/bad.csv" \
  "$work/a.svg" "$work/b.svg" "a=$work/trace.csv"
printf '0,0,1\n1,0,2\n0,1,3\n' >"$work/bad.csv"
fails "a landscape that is no grid" 1 'expected a regular grid' "$BUILD/tools/paths" "$work/bad.csv" "$work/a.svg" \
  "$work/b.svg" "a=$work/trace.csv"

check "the picture of long-term dependence is drawn" sh tools/long_term.sh "$work"
picture=$work/long-term.svg
if [ "$(grep -c '<polyline' "$picture")" -eq 6 ] && ! grep -q 'nan\|inf' "$picture" &&
  tail -1 "$picture" | grep -q '^</svg>$'; then
  ok "... with six curves"; else not_ok "... with six curves" - <"$picture"; fi
if grep -Eq 'lstm_right (1$|0[.]99)' "$work/check.out"; then ok "an LSTM remembers"; else
  not_ok "an LSTM remembers" - <"$work/check.out"; fi
for net in sigmoid variant; do
  if grep -Eq "${net}_right 0[.][45]" "$work/check.out"; then ok "... $net does not"
  else not_ok "... $net does not" - <"$work/check.out"; fi
done
