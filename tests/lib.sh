# What every test script begins with: `. tests/lib.sh`. Scripts run in the repository's root and print lines
# `ok NAME`, `not ok NAME` (then what went wrong, indented) and `skip NAME: reason`; tests/run counts them.
#
# In: BUILD. Gives: nnc, work (a folder that goes away), and the functions below.
set -u
BUILD=${BUILD:-build}
root=$(pwd)
case $BUILD in /*) nnc=$BUILD/nnc ;; *) nnc=$root/$BUILD/nnc ;; esac
data=$root/../shared/data
CC=${CC:-cc} # as make has it: under another one it would build all anew
MAKE=${MAKE:-make}
export CC MAKE
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
LC_ALL=C
export LC_ALL
# A program that hangs or eats memory fails its test, not the machine (sanitizers reserve more than there is).
ulimit -t "${SECONDS_OF_CPU:-100}"
[ -n "${UNLIMITED:-}" ] || ulimit -v 6000000

STRICT="-std=c99 -Wall -Wextra -pedantic -Wvla -Wshadow -Wconversion -Wdouble-promotion -Werror"
LINK=$(cat "${LIBRARY:-$BUILD}/nn.link" 2>/dev/null)
RUN=${RUN:-} # what runs a program that is not this machine's (machines.sh)

ok() { echo "ok $1"; }
not_ok() { # NAME [text]: the text, or standard input where it is -
  echo "not ok $1"
  [ $# -lt 2 ] || if [ "$2" = - ]; then head -40; else echo "$2"; fi | sed 's/^/    /'
}
skip() { echo "skip $1: $2"; }
# empty NAME FILE: ok where the file holds nothing, else shows it.
empty() { if [ -s "$2" ]; then not_ok "$1" - <"$2"; else ok "$1"; fi; }

# check NAME COMMAND...: ok where it ends with 0, else what it printed.
check() {
  name_=$1; shift
  if "$@" >"$work/check.out" 2>&1; then ok "$name_"; else
    status_=$?
    { cat "$work/check.out"; echo "(status $status_: $*)"; } | not_ok "$name_" -
  fi
}

# fails NAME STATUS PATTERN COMMAND...: ends with that status, and says something that matches.
fails() {
  name_=$1 expected_=$2 pattern_=$3; shift 3
  "$@" >"$work/fails.out" 2>&1 </dev/null
  status_=$?
  if [ $status_ -ne "$expected_" ]; then
    { cat "$work/fails.out"; echo "(status $status_, expected $expected_: $*)"; } | not_ok "$name_" -
  elif ! grep -Eiq -e "$pattern_" "$work/fails.out"; then
    { cat "$work/fails.out"; echo "(expected something like: $pattern_)"; } | not_ok "$name_" -
  else ok "$name_"; fi
}

same() { # NAME FILE FILE: byte for byte
  if cmp "$2" "$3" >"$work/same.out" 2>&1; then ok "$1"; else not_ok "$1" - <"$work/same.out"; fi
}

have() { command -v "$1" >/dev/null 2>&1; }
# need TOOL NAME: the rest of the script cannot do without.
need() { have "$1" || { skip "$2" "$1 is not installed"; exit 0; }; }
# need_data FOLDER NAME: of ../shared/data.
need_data() { [ -d "$data/$1" ] || { skip "$2" "no data in ../shared/data/$1"; exit 0; }; }

base() { basename "$1" .nn; }
# ONLY=PATTERN leaves out all other models.
all_models() { for m in models/*.nn tests/values/*.nn; do [ -f "$m" ] && echo "$m"; done | grep -E -e "${ONLY:-.}"; }
all_references() { for r in tests/values/*.ref.safetensors; do echo "$r"; done | grep -E -e "${ONLY:-.}"; }

# generate MODEL.nn FOLDER [OPTIONS...]: C and header into FOLDER/NAME.[ch].
generate() {
  model_=$1 folder_=$2; shift 2
  mkdir -p "$folder_" && "$nnc" "$@" "$model_" -o "$folder_/$(base "$model_").c"
}

# classifier NAME "TRAIN SETTINGS": $work/NAME.nn, two numbers to one of three classes, for tests of what is around a
# model.
classifier() {
  cat >"$work/$1.nn" <<END
model $1
input x[2]
input y : class(3)
z = dense(x, 3)
loss L = cross_entropy(z, y)
output p = softmax(z)
metric accuracy = argmax(z) == y
minimize L with adam(1e-2)
train { $2 }
END
}

# prefix_of FILE.h: the name of its nn_model without `_model`.
prefix_of() { sed -n 's/^extern const nn_model \([A-Za-z0-9_]*\)_model;.*/\1/p' "$1" | head -1; }

# model_object COMPILER FOLDER NAME FLAGS...: FOLDER/NAME.c to FOLDER/NAME.COMPILER.o
model_object() {
  compiler_=$1 folder_=$2 name_x=$3; shift 3
  $compiler_ -std=c99 "$@" -I"$root/runtime/kernels" -I"$folder_" -c -o "$folder_/$name_x.$compiler_.o" \
    "$folder_/$name_x.c"
}

# model_program OUT HARNESS COMPILER FOLDER NAME FLAGS...: tests/judge/HARNESS.c linked with a model_object. The harness
# is compiled once, for a model whose name the linker gives it. It is gcc that links: tcc's linker does not know the
# thread-local variables of libraries.
model_program() {
  out_=$1 harness_=$2 compiler_=$3 object_=$4/$5.$3.o prefix_=$(prefix_of "$4/$5.h"); shift 5
  [ -f "$work/$harness_.o" ] || gcc -std=c11 -D_POSIX_C_SOURCE=200809L -O1 "$@" -I"$root/runtime/kernels" \
    -I"$root/runtime" -DMODEL=model_under_test \
    -c -o "$work/$harness_.o" "$root/tests/judge/$harness_.c" || return 1
  helpers_=
  if [ "$compiler_" = tcc ]; then
    set -- -no-pie -z noexecstack
    helpers_=$(tcc -print-search-dirs 2>/dev/null | sed -n 's/^install: *//p')/libtcc1.a
  fi
  # shellcheck disable=SC2086 # several words
  gcc "$@" -Wl,--defsym=model_under_test="${prefix_}_model" -o "$out_" "$work/$harness_.o" "$object_" \
    "${LIBRARY:-$BUILD}/libnn.a" $LINK $helpers_
}

# What takes long is done for some in `make check`, always the same ones, and for all with WHOLE=1 (make judges).
# sampled N EVERY FIRST: is the N-th thing one of them, of which there is one in EVERY?
sampled() { [ -n "${WHOLE:-}" ] || [ $((($1 - $3) % $2)) -eq 0 ]; }
# sample EVERY FILES...: the names of those that are
sample() { every_=$1 n_=0; shift; for file_ in "$@"; do n_=$((n_ + 1)); ! sampled $n_ "$every_" 1 ||
  echo "$file_"; done; }

# The builds of users that this machine has (tests/builds.sh): NAME COMPILER FLAGS, one a line in $work/builds. in_turn
# N: that of the N-th thing; with WHOLE=1 all of them.
users_builds() { sh tests/builds.sh ${BUILDS:-} >"$work/builds" 2>"$work/no_builds"; sed \
  's/^\(.*\): \(.*\)/skip the build \1: \2/' "$work/no_builds"; }
in_turn() {
  if [ -n "${WHOLE:-}" ]; then cat "$work/builds"
  else awk -v n="$1" '{ line[NR] = $0 } END { if (NR) print line[n % NR + 1] }' "$work/builds"; fi
}
users_options() { [ -n "${WHOLE:-}" ] || echo --in-turn; } # of tests/random/run.py

# What compiles generated C fastest, where it does not matter how well.
if have tcc; then QUICK=tcc; else QUICK=$CC; fi

# drawn TRAIN TEST: small sets of drawings in $work/drawn, the same for everyone.
drawn() { mkdir -p "$work/drawn" && "$BUILD/tools/drawings" "$work/drawn" "$1" "$2"; }
