#!/bin/sh
# slow: models are compiled several times, and each of them tests itself
# nnc --selftest: every model's trainer agrees with what nnc computed, whoever compiled it; the program says so, and
# does not train where it does not. Some models here, all with WHOLE=1 (make judges).
. tests/lib.sh

cat >"$work/report.c" <<'END'
#include "nn.h"
#include <stdio.h>
#include <stdlib.h>
extern const nn_model MODEL;
static void line(void *to, int failed, const char *text) { (void)to; printf("%s%s\n", failed ? "wrong: " : "", text); }
int main(void) {
  void *model = malloc(MODEL.size), *area = malloc(MODEL.selftest->size);
  return !model || !area ? 3 : nn_selftest_run(&MODEL, model, area, line, NULL) != 0;
}
END
gcc -std=c11 -O1 -Iruntime/kernels -DMODEL=model_under_test -c -o "$work/report.o" "$work/report.c" || exit 1

# passes MODEL.nn COMPILER FLAGS...
passes() {
  model=$1 name=$(base "$1") compiler=$2; shift 2
  if ! { model_object "$compiler" "$work/c" "$name" "$@" &&
    model_program "$work/$name.run" report "$compiler" "$work/c" "$name"; } >"$work/log" 2>&1; then
    not_ok "$model under $compiler $*: compiles" - <"$work/log"
  elif ! "$work/$name.run" >"$work/log" 2>&1; then not_ok "$model under $compiler $*" - <"$work/log"
  else ok "$model under $compiler $*"; fi
  rm -f "$work/$name.run"
}

n=0
for model in $(all_models); do
  n=$((n + 1))
  sampled $n 30 7 || continue
  if ! generate "$model" "$work/c" --selftest >"$work/log" 2>&1
  then not_ok "$model: nnc --selftest" - <"$work/log"; continue; fi
  # shellcheck disable=SC2086 # STRICT is several words
  check "$model: C without a warning" gcc $STRICT -fsyntax-only -Iruntime/kernels "$work/c/$(base "$model").c"
  passes "$model" gcc -O0
  passes "$model" gcc -O3
  ! have clang || passes "$model" clang -O2
  ! have tcc || passes "$model" tcc
done

# ---- the program ----

classifier own "batch = 8, epochs = 1"
awk 'BEGIN { for (k = 0; k < 12; k++) { print k % 3 + k / 50 "," k / 7 >"'"$work"'/x.csv";
  print k % 3 >"'"$work"'/y.csv" } }'
check "a program with a selftest" "$nnc" --selftest "$work/own.nn" -o "$work/own"
check "./own selftest" "$work/own" selftest
check "it trains" "$work/own" train x="$work/x.csv" y="$work/y.csv" --quiet
fails "selftest takes no data" 2 "takes no data" "$work/own" selftest x="$work/x.csv"
check "a program without one" "$nnc" "$work/own.nn" -o "$work/plain"
fails "and it says how to get it" 2 "nnc --selftest" "$work/plain" selftest

check "its C" "$nnc" --selftest "$work/own.nn" -o "$work/own.c"
cat >"$work/main.c" <<'END'
#include "nn_tools.h"
#include "own.h"
int main(int c, char **v) { return nn_main(&own_model, c, v); }
END
program() { # shellcheck disable=SC2086
  gcc -std=c11 -O1 -Iruntime/kernels -Iruntime -I"$work" -o "$work/$1" "$work/main.c" "$work/$1.c" "$BUILD/libnn.a" \
    $LINK; }
# A compiler that loses a sign of the gradient.
sed 's/\(dz_W\[[^]]*\] = \)acc/\1-acc/' "$work/own.c" >"$work/wrong.c"
if cmp -s "$work/own.c" "$work/wrong.c"; then not_ok "a sign is changed" "no dz_W[...] = acc in own.c"; fi
program wrong >"$work/log" 2>&1 || not_ok "a miscompiled program" - <"$work/log"
fails "a changed sign is found" 1 "wrong: gradient of L by z[.]W.*own.nn:4.*difference quotient" "$work/wrong" selftest
fails "and it does not train" 1 "selftest: [0-9]+ comparisons failed" "$work/wrong" train x="$work/x.csv" \
  y="$work/y.csv" --save "$work/w.st"
if [ -e "$work/w.st" ]; then not_ok "a miscompiled program has trained"; else ok "nothing is written"; fi
