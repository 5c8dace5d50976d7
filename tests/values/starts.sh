#!/bin/sh
# Initial distributions: what a generated model's parameters start from, by their mean, deviation and bounds. A hundred
# thousand numbers are not needed: 10,000 give the mean to a hundredth of the deviation, the deviation to one part in
# 140.
. tests/lib.sh

generate tests/values/prelude/starts.nn "$work" >"$work/log" 2>&1 ||
  { not_ok "starts generated" - <"$work/log"; exit 0; }
if ! $CC -std=c11 -O1 -Iruntime/kernels -I"$work" -DMODEL=starts_model -DHEADER='"starts.h"' -o "$work/starts" \
  tests/judge/starts.c \
  "$work/starts.c" "$BUILD/libnn.a" $LINK >"$work/log" 2>&1; then not_ok "starts compiled" - <"$work/log"; exit 0; fi
"$work/starts" >"$work/got"
sed -n 's/^param \([a-z]*\)\([^#]*[^ ]\) *# */\1 \2 # /p' tests/values/prelude/starts.nn >"$work/wanted"
while IFS= read -r line; do
  name=${line%% *} wanted=${line##*# } text=${line#* }
  # shellcheck disable=SC2086 # several words
  if grep "^$name " "$work/got" | awk -v wanted="$wanted" '
    function far(x, y, by) { return x - y > by || y - x > by }
    { split(wanted, w, " "); seen = 1; d = w[2]
      # mean, deviation: five times what chance allows
      if (far($2, w[1], 0.05 * d) || far($3, d, 0.03 * d)) bad = 1
      if (w[3] != "-" && ($4 < w[3] - 1e-6 || $5 > w[4] + 1e-6)) bad = 1       # never beyond the bounds ...
      range = w[4] - w[3]
      uniform = w[3] != "-" && d > 0 && !far(d * sqrt(12), range, 1e-4 * range)
      if (uniform && (far($4, w[3], 0.01 * range) || far($5, w[4], 0.01 * range))) bad = 1   # ... but close to them
    }
    END { exit bad || !seen }'; then ok "starts: ${text%% #*}"
    else grep "^$name " "$work/got" | not_ok "starts: $text" -; fi
done <"$work/wanted"
check "starts: every line was read" test "$(wc -l <"$work/wanted")" \
  -eq "$(grep -c '^param' tests/values/prelude/starts.nn)"
fails "starts: orthogonal needs a matrix" 1 "needs a parameter of two or more axes, but 'w' has 1" sh -c \
  "printf 'param w[3] ~ orthogonal\nloss L = sum(w)\n' >$work/a.nn && $nnc $work/a.nn -o $work/a.c"

printf '%s\n' 'const rows = [[1, 2, 3], [4, 5, 6]]' 'input x' "param W[3,2] = rows', u[2] = rows[1][1:3]" \
  'loss L = (sum(W)*x - sum(u))^2' 'minimize L with sgd(0.1)' >"$work/rows.nn"
"$nnc" --emit=c "$work/rows.nn" >"$work/rows.c"
check "starts: a transposed list of numbers" grep -q '^ *1.0f, 4.0f, 2.0f, 5.0f, 3.0f, 6.0f,$' "$work/rows.c"
check "starts: a part of a list of numbers" grep -q '^ *5.0f, 6.0f,$' "$work/rows.c"
