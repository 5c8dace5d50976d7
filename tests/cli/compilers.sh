#!/bin/sh
# slow: every model is compiled three times and run
# One generated file gives one result: gcc, clang and tcc agree to 1e-6 of each array's largest value, and reusing
# memory in the work area changes no bit.
. tests/lib.sh

# close A B: losses, gradients, outputs, metrics; what follows from optimizer steps amplifies differences and is left
# out.
close() {
  awk '
    { value = $NF; size = value < 0 ? -value : value }
    { key = $0; sub(/ [^ ]*$/, "", key); array = key; sub(/ [^ ]*$/, "", array) }
    $1 == "step" { next }
    FNR == NR { known[key] = value; n++; if (size > largest[array]) largest[array] = size; next }
    !(key in known) { print "only in one: " $0; next }
    { m++; if (value == known[key]) next
      d = value - known[key]; if (d < 0) d = -d
      if (!(d <= 1e-6 * largest[array])) print key ": " known[key] " and " value }
    END { if (n != m) print n + 0 " and " m + 0 " values" }' "$1" "$2" >"$work/differences"
  head -20 "$work/differences"
  [ ! -s "$work/differences" ] && [ -s "$1" ]
}

run() { # NAME FOLDER OUT COMPILER FLAGS...
  COMPILER=$4 exerciser "$work/program" "$work/$2" "$1" -O1 >"$work/log" 2>&1 || { cat "$work/log"; return 1; }
  "$work/program" 2 >"$work/$3"
}

for m in $(all_models); do
  name=$(base "$m")
  generate "$m" "$work/c" >/dev/null 2>&1 && generate "$m" "$work/plain" --no-reuse >/dev/null 2>&1 ||
    { not_ok "$name is generated"; continue; }
  check "$name runs" run "$name" c gcc.txt gcc
  check "$name runs without reuse" run "$name" plain plain.txt gcc
  same "$name: reuse of memory changes nothing" "$work/gcc.txt" "$work/plain.txt"
  if grep -q 'NN_DRAWS' "$work/c/$name.c"; then
    check "$name runs again" sh -c '"$1" 2 >"$2"' - "$work/program" "$work/again.txt"
    same "$name: draws are replayed" "$work/plain.txt" "$work/again.txt"
  fi
  grep -Ei ' -?(nan|inf)' "$work/gcc.txt" >"$work/strange"
  empty "$name: every result is finite" "$work/strange"
  for compiler in clang tcc; do
    have $compiler || continue
    if run "$name" c $compiler.txt $compiler >"$work/out" 2>&1; then
      check "$name: gcc and $compiler agree" close "$work/gcc.txt" "$work/$compiler.txt"
    else not_ok "$name runs under $compiler" - <"$work/out"; fi
  done
done
for compiler in clang tcc; do have $compiler || skip "results under $compiler" "$compiler is not installed"; done
exit 0
