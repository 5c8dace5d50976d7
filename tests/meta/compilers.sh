#!/bin/sh
# slow: gcc or clang compiles every model
# Generated C is clean under strict warnings of gcc and clang, and its objects have neither .data nor .bss. One file
# gives one
# result: gcc, clang and tcc agree to 1e-6 of each array's largest value, and reusing memory in the work area changes no
# bit. gcc has one model, clang the next; with WHOLE=1 (make judges) both have all.
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

run() { # NAME FOLDER OUT COMPILER
  model_program "$work/program" exercise "$4" "$work/$2" "$1" >"$work/log" 2>&1 || { cat "$work/log"; return 1; }
  "$work/program" 2 >"$work/$3"
}

empty_data() { # OBJECT: sections in bytes; tables of pointers may be in .data.rel.ro
  size -A "$1" | awk '$1 ~ /^\.(data|bss)/ && $1 !~ /^\.data\.rel\.ro/ { n += $2 } END { exit n > 0 }'
}

turn=0
for m in $(all_models); do
  name=$(base "$m") turn=$((turn + 1)) done_by=
  generate "$m" "$work/c" >/dev/null 2>&1 && generate "$m" "$work/plain" --no-reuse >/dev/null 2>&1 ||
    { not_ok "$name is generated"; continue; }
  for compiler in gcc clang; do
    have $compiler && { ! have clang || sampled $turn 2 "$([ $compiler = gcc ] && echo 1 || echo 2)"; } || continue
    # shellcheck disable=SC2086 # several words
    check "$name is clean under $compiler" model_object $compiler "$work/c" "$name" $STRICT -O1
    check "$name.$compiler.o has no .data and no .bss" empty_data "$work/c/$name.$compiler.o"
    check "$name runs under $compiler" run "$name" c $compiler.txt $compiler
    done_by="$done_by $compiler"
  done
  # What is left needs no good code.
  for folder in c plain; do check "$name is compiled by $QUICK ($folder)" model_object "$QUICK" "$work/$folder" \
    "$name" -O1; done
  check "$name runs under $QUICK" run "$name" c quick.txt "$QUICK"
  grep -Ei ' -?(nan|inf)' "$work/quick.txt" >"$work/strange"
  empty "$name: every result is finite" "$work/strange"
  for compiler in $done_by; do check "$name: $compiler and $QUICK agree" close "$work/$compiler.txt" \
    "$work/quick.txt"; done
  [ "$done_by" != " gcc clang" ] || check "$name: gcc and clang agree" close "$work/gcc.txt" "$work/clang.txt"
  check "$name runs without reuse" run "$name" plain plain.txt "$QUICK"
  same "$name: reuse of memory changes nothing" "$work/quick.txt" "$work/plain.txt"
  if grep -q 'NN_DRAWS' "$work/c/$name.c"; then
    check "$name runs again" sh -c '"$1" 2 >"$2"' - "$work/program" "$work/again.txt"
    same "$name: draws are replayed" "$work/plain.txt" "$work/again.txt"
  fi
  rm -f "$work"/c/* "$work"/plain/*
done
for compiler in clang tcc; do have $compiler || skip "generated C under $compiler" "$compiler is not installed"; done
exit 0
