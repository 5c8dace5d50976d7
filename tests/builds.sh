#!/bin/sh
# The builds under which programs are run by those who have them: `NAME COMPILER FLAGS`, one a line, the flags those of
# `nnc -o program`. `tests/builds.sh [NAME...]`: a name is a compiler and a processor, gcc-native, clang-v3, gcc-11-v4
# ...; without names, gcc and clang at native, v3 and v4. What this machine cannot build or run is named on standard
# error, and left out.
cd "$(dirname "$0")/.." || exit 2
flags=$(sed -n 's/.*"\(-std=c99 -O3 [^"]*\)".*/\1/p' compiler/command/link.c)
[ -n "$flags" ] || { echo "builds.sh: no default flags in compiler/command/link.c" >&2; exit 2; }
[ $# -gt 0 ] || set -- gcc-native clang-native gcc-v3 clang-v3 gcc-v4 clang-v4

# Has the processor what a level of x86-64 asks for? (psABI, table 3.1; the telling ones)
runs() {
  case $1 in native) return 0 ;; v2) wanted="sse4_2 ssse3" ;; v3) wanted="avx2 bmi2 fma" ;;
    v4) wanted="avx512f avx512bw avx512cd avx512dq avx512vl" ;;
  *) return 1 ;; esac
  for feature in $wanted; do grep -qw "$feature" /proc/cpuinfo 2>/dev/null || return 1; done
}

for name in "$@"; do
  level=${name##*-} compiler=${name%-*}
  command -v "$compiler" >/dev/null || { echo "$name: $compiler is not installed" >&2; continue; }
  runs "$level" || { echo "$name: no hardware for it" >&2; continue; }
  case $level in native) march=native ;; *) march=x86-64-$level ;; esac
  its=$(echo "$flags" | sed "s/-march=native/-march=$march/")
  # shellcheck disable=SC2086 # several words
  echo 'int x;' | $compiler $its -x c -c -o /dev/null - 2>/dev/null ||
    { echo "$name: $compiler does not know -march=$march" >&2; continue; }
  echo "$name $compiler $its"
done
