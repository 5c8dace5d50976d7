#!/bin/sh
# slow: builds compiler, runtime and models a second time, under AddressSanitizer and UndefinedBehaviorSanitizer
# The sanitizers are silent: on the compiler for every model and every bad one, on the C of every third model (with
# WHOLE=1, make judges, of all), and on the trainer.
UNLIMITED=1
. tests/lib.sh

ASAN_OPTIONS=detect_leaks=0:abort_on_error=0:exitcode=99 # nnc frees nothing, by design
UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1
export ASAN_OPTIONS UBSAN_OPTIONS
# to optimize takes five times as long
flags="-g1 -O0 -fsanitize=address,undefined,float-cast-overflow -fno-sanitize-recover=all"

# Without a BLAS: it starts slowly, and is not what is looked at; our kernels are.
check "make SANITIZE=1" "$MAKE" SANITIZE=1 BUILD=build-asan BLAS=none CFLAGS="-O0 -g1" all
[ -x build-asan/nnc ] || exit 1
nnc=$root/build-asan/nnc
LIBRARY=build-asan
LINK=$(cat build-asan/nn.link)

silent() { # NAME COMMAND...: whatever its status, no sanitizer speaks and nothing crashes
  what_=$1; shift
  "$@" >"$work/out" 2>&1 </dev/null
  status=$?
  if grep -Eq 'Sanitizer|runtime error:|internal error' "$work/out" || [ $status -gt 2 ]; then
    { tail -30 "$work/out"; echo "(status $status)"; } | not_ok "$what_" -
  else ok "$what_"; fi
}

turn=0
for m in $(all_models); do
  name=$(base "$m") turn=$((turn + 1))
  silent "nnc compiles $m" generate "$m" "$work/c"
  [ -f "$work/c/$name.c" ] || { not_ok "$name is generated"; continue; }
  sampled $turn 3 1 || continue
  # shellcheck disable=SC2086 # several words
  if { model_object gcc "$work/c" "$name" $flags &&
    model_program "$work/program" exercise gcc "$work/c" "$name" $flags; } >"$work/log" 2>&1; then
    silent "$name runs" "$work/program" 2
  else not_ok "$name compiles" - <"$work/log"; fi
done
for m in tests/language/good/*.nn; do silent "nnc compiles $m" generate "$m" "$work/c"; done
# what stands beyond the ends of examples may be anything
for m in $(grep -l '^ *dim ' tests/values/*.nn tests/language/good/*.nn); do
  name=$(base "$m")
  # shellcheck disable=SC2086 # several words
  if generate "$m" "$work/c" && model_object gcc "$work/c" "$name" $flags &&
    model_program "$work/program" ragged gcc "$work/c" "$name" $flags >"$work/log" 2>&1; then
    check "$name, whatever is beyond the ends of examples" "$work/program" rest
  else not_ok "$name compiles" - <"$work/log"; fi
done
for name in xor perceptron softmax_regression; do silent "nnc check $name" "$nnc" check models/$name.nn; done
for m in tests/language/bad/*.nn tests/language/parse/*.nn; do
  case $m in tests/language/parse/*) silent "nnc --emit=ast $m" "$nnc" --emit=ast "$m" ;; esac
  silent "nnc $m" "$nnc" "$m" -o "$work/bad.c"
done | grep -v '^ok ' # hundreds of lines else
ok "nnc on all of tests/language/bad and parse"

# The trainer, with shards on two threads, and reading every kind of file that it makes.
drawn 300 100
x="$work/drawn/train-images.idx" y="$work/drawn/train-labels.idx"
silent "digits under sanitizers" env CC="gcc $flags" "$nnc" models/digits.nn -o "$work/digits"
[ -x "$work/digits" ] || { not_ok "digits is made"; exit 0; }
set -- x="$x" y="$y" --threads 2 --save "$work/w.safetensors"
silent "train" "$work/digits" train "$@" --epochs 2 --history "$work/h.csv"
silent "resume" "$work/digits" train "$@" --epochs 3 --resume "$work/w.safetensors"
silent "test" "$work/digits" test x="$x" y="$y" --load "$work/w.safetensors"
silent "grad" "$work/digits" grad x="$x" y="$y" --load "$work/w.safetensors" -o "$work/g.safetensors"
for kind in csv npy txt safetensors; do
  silent "predict to $kind" "$work/digits" predict x="$x" --load "$work/w.safetensors" -o "$work/p.$kind"
done
head -c 5000 "$work/w.safetensors" >"$work/short.safetensors"
silent "a truncated checkpoint" "$work/digits" test x="$x" y="$y" --load "$work/short.safetensors"
head -c 5000 "$x" >"$work/short.idx"
silent "a truncated data file" "$work/digits" test x="$work/short.idx" y="$y" --load "$work/w.safetensors"
