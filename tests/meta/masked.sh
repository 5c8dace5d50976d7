#!/bin/sh
# slow: gcc -O3 with its report of what it made of each loop
# gcc 11 and 12 take wrong elements where a group of reads at a stride hangs on a condition: they make masked loads of
# it, and forget the order of its elements. In no generated loop does gcc put a conditional read into such a group, by
# the flags that users build with. The pages where it did, and every 48th page, another one for each gcc; all with
# WHOLE=1 (make judges).
. tests/lib.sh
flags=$(sed -n 's/.*"\(-std=c99 -O3 [^"]*\)".*/\1/p' compiler/command/link.c | sed 's/-march=native/-march=x86-64-v3/')

# shellcheck disable=SC2086 # several flags
# groups COMPILER FILE.c: conditional reads (.MASK_LOAD) of loops that became vectors.
groups() {
  "$1" $flags -Iruntime/kernels -I"$work" -S -o /dev/null -fdump-tree-vect-details=/dev/stdout "$2" | awk '
    / = \.MASK_LOAD/ && / note: / { masked[$1] = $0 }
    /optimized: +loop vectorized/ { vectors[$1] = 1 }
    /^;; Function/ { functions++ }
    END { if (!functions) print "no report"
      for (place in masked) if (place in vectors) print masked[place] }'
}

seed() { # the smallest such loop
  cat >"$work/seed.c" <<'END'
void f(int n, float *restrict d, const float *c, const float *v) {
  for (int i = 0; i < n; i++)
    for (int j = 0; j < 4; j++)
      for (int k = 0; k < 4; k++) d[16 * i + 4 * j + k] = c[16 * i + 4 * j + k] != 0.0f ? v[16 * i + j + 4 * k] : 0.0f;
}
END
}

judge() { # COMPILER EVERY FIRST
  count=0
  for m in models/*.nn tests/values/*.nn tests/language/good/*.nn; do
    count=$((count + 1))
    name=$(base "$m")
    case ${WHOLE:+all}$name in all* | strides | sunk_reads | threaded_reads) ;;
      *) [ $((count % $2)) -eq "$3" ] || continue ;; esac
    echo "$name" | grep -qE -e "${ONLY:-.}" || continue
    generate "$m" "$work" 2>"$work/log" || { not_ok "$name is generated" - <"$work/log"; continue; }
    groups "$1" "$work/$name.c" >"$work/found" 2>&1
    empty "$name: $1 makes no masked loads of a group" "$work/found"
  done
}

case $(uname -m) in x86_64) ;; *) skip "masked loads" "no hardware with AVX2"; exit 0 ;; esac
if have gcc-11; then
  seed
  check "the judge sees a masked load of a group" sh -c '[ -n "$1" ]' - "$(groups gcc-11 "$work/seed.c")"
  judge gcc-11 48 5
else skip "masked loads under gcc 11" "no compiler gcc-11"; fi
if $CC -v 2>&1 | grep -q '^gcc version'; then judge "$CC" 48 29
else skip "masked loads under gcc" "no compiler gcc"; fi
exit 0
