#!/bin/sh
# What users have that is not this machine: older x86-64 processors, Arm of 64 and of 32 bits, i386, and a big-endian
# one (s390x), each run by qemu. The runtime's tests, programs of users, models against stored references, and
# checkpoints that one machine writes and another reads; with FULL=1 nnc itself. `make machines` installs what that
# needs and runs all; else it is the parts that read and write files, big-endian, where its compiler and qemu are
# installed.
# slow: compiles the runtime for a processor that is then emulated
. tests/lib.sh
MACHINES=${MACHINES:-s390x}
WARNINGS="-Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Werror"
home=$work

# machine NAME: sets compiler, its flags, and what runs a program. Where -std=c99 computes with floats as doubles, gcc
# warns of each.
machine() {
  flags= excess= compiler=$1-linux-gnu-gcc RUN=qemu-$1-static
  case $1 in
  x86-64-v2) compiler=gcc flags=-march=x86-64-v2 RUN="qemu-x86_64-static -cpu Nehalem" ;;
  x86-64-v3) compiler=gcc flags=-march=x86-64-v3 RUN="qemu-x86_64-static -cpu Haswell" ;;
  armhf) compiler=arm-linux-gnueabihf-gcc RUN=qemu-arm-static ;;
  i386) compiler=i686-linux-gnu-gcc excess=-Wno-double-promotion ;;
  s390x) excess=-Wno-double-promotion ;;
  esac
}

# build SOURCE OUT FLAGS...: a program, static, since this machine has no libraries for that one.
build() {
  source_=$1 out_=$2; shift 2
  # shellcheck disable=SC2086 # several words
  $compiler -std=c11 -O1 $flags -static -Iruntime/kernels -Iruntime -D_POSIX_C_SOURCE=200809L -o "$out_" "$source_" \
    "$@" "$here/libnn.a" -lm -lpthread
}

# each FILES...: compiled to objects in $here, two at a time.
each() { # FLAGS FILES...
  flags_=$1; shift
  printf '%s\n' "$@" | xargs -P 2 -I@ sh -c "$compiler $flags $flags_ -c -o '$here/'\$(echo @ | tr / -).o @"
}

runtime_tests() {
  tests="runtime/test_checkpoint runtime/test_data"
  [ -z "${FULL:-}" ] || tests="$tests kernels/test_kernels runtime/test_train runtime/test_minimize"
  for t in $tests; do # which compare floats with constants, as if both were floats
    build "tests/unit/$t.c" "$here/test" -fexcess-precision=fast -Itests/machines -DWITHOUT_ZLIB >"$here/log" 2>&1 ||
      { not_ok "$m: $t compiles" - <"$here/log"; continue; }
    $RUN "$here/test" >"$here/log" 2>&1
    if [ $? -eq 0 ] && grep -q '^ok ' "$here/log"; then ok "$m: $(basename "$t"), $(grep -c '^ok ' "$here/log") tests"
    else grep -v '^ok ' "$here/log" | not_ok "$m: $t" -; fi
  done
}

references() {
  build tests/judge/ref_c.c "$here/unused" -DMODEL=model_under_test -c -o "$here/ref_c.o" >"$here/log" 2>&1 ||
    not_ok "$m: ref_c" - <"$here/log"
  for r in $references; do
    name=$(basename "$r" .ref.safetensors)
    for model in tests/values/$name.nn models/$name.nn; do [ ! -f "$model" ] || break; done
    generate "$model" "$here/c" >"$here/log" 2>&1 || { not_ok "$m: $name is generated" - <"$here/log"; continue; }
    prefix=$(prefix_of "$here/c/$name.h")
    # shellcheck disable=SC2086 # several words
    { $compiler $STRICT $excess -O2 $flags -Iruntime/kernels -c -o "$here/model.o" "$here/c/$name.c" &&
      $compiler $flags -static -Wl,--defsym=model_under_test="${prefix}_model" -o "$here/run" "$here/ref_c.o" \
      "$here/model.o" "$here/libnn.a" -lm -lpthread &&
      $RUN "$here/run" "$r"; } >"$here/log" 2>&1 && continue
    not_ok "$m: $name agrees with PyTorch" - <"$here/log"
  done
  ok "$m: all $(echo "$references" | wc -w) models were held against PyTorch"
}

# ---- trainers that test themselves: with the kernels alone, in static memory, as on a machine without files ----

selftests() {
  cat >"$here/report.c" <<'END'
#include "model.h"
#include <stdio.h>
static void report(void *to, int failed, const char *text) { if (to || failed) printf("%s\n", text); }
static MODEL model;
static SCRATCH scratch;
int main(void) { return SELFTEST(&model, &scratch, report, NULL) != 0; }
END
  ran=0
  for model in $selftests; do
    "$nnc" --selftest "$model" -o "$here/model.c" >"$here/log" 2>&1 ||
      { not_ok "$m: $model is generated" - <"$here/log"; continue; }
    prefix=$(prefix_of "$here/model.h")
    type=$(sed -n 's/^int [a-z0-9A-Z_]*_selftest(\([^ ]*\) \*m.*/\1/p' "$here/model.h")
    # shellcheck disable=SC2086 # several words
    $compiler $STRICT $excess -O2 $flags -static -Iruntime/kernels -I"$here" -DMODEL="$type" \
      -DSCRATCH="${prefix}_selftest_work" \
      -DSELFTEST="${prefix}_selftest" -o "$here/run" "$here/report.c" "$here/model.c" "$here"/runtime-kernels-*.o \
      -lm >"$here/log" 2>&1 &&
      $RUN "$here/run" >"$here/log" 2>&1 && { ran=$((ran + 1)); continue; }
    not_ok "$m: $model tests itself" - <"$here/log"
  done
  ok "$m: $ran of $(echo "$selftests" | wc -w) models tested themselves"
}

# ---- checkpoints and data that travel ----

# near NAME FILE FILE: numbers, the same to a hundred-thousandth.
near() {
  awk -F'[ ,]' 'FNR == NR { for (k = 1; k <= NF; k++) known[FNR, k] = $k; n = FNR; next }
    { for (k = 1; k <= NF; k++) { a = known[FNR, k]; d = a - $k; if (d < 0) d = -d
        if (a != $k && !(d <= 1e-5 * (1 + (a < 0 ? -a : a)))) print FNR ": " a " and " $k } }
    END { if (FNR != n || !n) print n + 0 " and " FNR " lines" }' "$2" "$3" >"$here/log"
  empty "$1" "$here/log"
}

travels() {
  sed 's/standardize = x/standardize = x, epochs = 30/' "$home/own.nn" >"$here/own.nn"
  cat >"$here/main.c" <<'END'
#include "nn_tools.h"
#include "own.h"
int main(int c, char **v) { return nn_main(&own_model, c, v); }
END
  "$nnc" "$here/own.nn" -o "$here/own.c" && build "$here/own.c" "$here/there" -I"$here" "$here/main.c" ||
    not_ok "$m: a program"
  (cd "$here" && $RUN ./there train x=../x.csv y=../y.csv --save there.st --quiet &&
    ../own train x=../x.csv y=../y.csv --save here.st --quiet &&
    $RUN ./there test x=../x.csv y=../y.csv --load there.st >va &&
    ../own test x=../x.csv y=../y.csv --load there.st >vb &&
    $RUN ./there test x=../x.csv y=../y.csv --load here.st >vc &&
    ../own test x=../x.csv y=../y.csv --load here.st >vd &&
    $RUN ./there predict x=../x.csv --load here.st -o p.npy && ../own predict x=p.npy --load there.st -o e.csv &&
    $RUN ./there predict x=p.npy --load there.st -o f.csv &&
    ../own train x=../x.csv y=../y.csv --resume there.st --epochs 40 --quiet --save g.st &&
    $RUN ./there train x=../x.csv y=../y.csv --resume here.st --epochs 40 --quiet --save h.st &&
    ../own test x=../x.csv y=../y.csv --load g.st >vg &&
    $RUN ./there test x=../x.csv y=../y.csv --load h.st >vh) >"$here/log" 2>&1 ||
    { not_ok "$m: trains" - <"$here/log"; return; }
  near "$m: its checkpoint is read here" "$here/va" "$here/vb"
  near "$m: a checkpoint of here is read there" "$here/vc" "$here/vd"
  near "$m: both trained alike" "$here/va" "$here/vc"
  near "$m: what it predicts is data here" "$here/e.csv" "$here/f.csv"
  near "$m: each goes on where the other stopped" "$here/vg" "$here/vh"
}

# ---- nnc itself ----

compiler_there() {
  mkdir -p "$here/nnc"
  $compiler -print-file-name=libm.a >/dev/null
  here=$here/nnc each "-std=c11 -O1 -Icompiler -I$BUILD -D_POSIX_C_SOURCE=200809L $WARNINGS" compiler/*.c \
    compiler/*/*.c >"$here/log" 2>&1
  here=$here/nnc each "-std=c11 -O1 -Icompiler -I$BUILD -D_POSIX_C_SOURCE=200809L" "$BUILD/lexer.c" "$BUILD/parser.c" \
    "$BUILD/prelude.c" >>"$here/log" 2>&1
  # shellcheck disable=SC2086 # several words
  $compiler $flags -static -o "$here/nnc/nnc" "$here"/nnc/*.o -lm >>"$here/log" 2>&1
  empty "$m: nnc compiles there" "$here/log"
  for model in models/xor.nn models/iris.nn models/softmax_regression.nn models/perceptron.nn \
    $(all_models | awk 'NR % 12 == 0'); do
    mkdir -p "$here/one" "$here/two"
    "$nnc" "$model" -o "$here/one/m.c" >/dev/null 2>&1
    $RUN "$here/nnc/nnc" "$model" -o "$here/two/m.c" >"$here/log" 2>&1
    same "$m: nnc writes the same of $model" "$here/one/m.c" "$here/two/m.c"
  done
  for model in models/xor.nn models/kinks.nn; do check "$m: nnc check $model" $RUN "$here/nnc/nnc" check "$model"; done
}

# ---- all of it ----

cat >"$work/own.nn" <<'END'
model own
input x[3]
input y : class(3)
z = dense(tanh(dense(x, 5)), 3)
loss L = cross_entropy(z, y)
output p = softmax(z)
metric accuracy = argmax(z) == y
minimize L with adam(1e-2)
train { batch = 8, validate = 0.2, patience = 100, standardize = x }
END
awk 'BEGIN { srand(1); for (i = 0; i < 60; i++) { c = i % 3;
  print c + rand() "," 2*rand() - c "," rand() >"'"$work"'/x.csv"; print c >"'"$work"'/y.csv" } }'
sed 's/standardize = x/standardize = x, epochs = 30/' "$work/own.nn" >"$work/here.nn"
"$nnc" "$work/here.nn" -o "$work/own" >"$work/log" 2>&1 || not_ok "a program of here" - <"$work/log"
selftests=$(all_models | awk -v full="${FULL:-}" 'full || NR % 30 == 7')
references=$(all_references | awk -v full="${FULL:-}" 'full || NR % 25 == 3')

for m in $MACHINES; do
  machine "$m"
  if ! have "$compiler" || ! have "${RUN%% *}"; then
    skip "$m" "no hardware, and no $compiler or ${RUN%% *} in its place: make machines installs them"
    continue
  fi
  here=$home/$m level=-O1
  [ -z "${FULL:-}" ] || level=-O3 # as the Makefile
  mkdir -p "$here"
  each "-std=c11 $level -fno-math-errno $WARNINGS -Iruntime/kernels -Iruntime" runtime/*/*.c >"$here/log" 2>&1
  ar rcs "$here/libnn.a" "$here"/*.o
  empty "$m: the runtime compiles" "$here/log"
  echo "-lm -lpthread" >"$here/nn.link"
  runtime_tests
  references
  selftests
  travels
  for script in two_models embedded_full_batch; do
    CC="$compiler $flags -static" RUN="$RUN" LIBRARY="$here" sh tests/program/$script.sh >"$here/log" 2>&1
    if grep -q '^ok' "$here/log" && ! grep -q '^not ok' "$here/log"; then ok "$m: tests/program/$script.sh"
    else not_ok "$m: tests/program/$script.sh" - <"$here/log"; fi
  done
  [ -z "${FULL:-}" ] || compiler_there
done
