#!/bin/sh
# Finds what nnc needs, installs what is missing where it may, and else prints the one command to type.
#
#   deps.sh build   a C compiler, make, flex, bison, zlib, and OpenBLAS (goes on without: BLAS=none)
#   deps.sh check   what only tests need: cmocka, clang, tcc, gcc 11, a C++ compiler, a locale with a decimal comma,
# LaTeX
#   deps.sh machines  what `make machines` needs: compilers for other processors, and qemu
#   deps.sh fuzz    what `make fuzz` is better with: AFL++
#
# A thing is there if using it works: a compiler compiles and what it made runs, a library is linked and called. Only
# where packages are Debian's or Ubuntu's and we are root, or sudo asks no password, is anything installed. Exit
# status: 0 all there, 1 something is missing (after the command that would install it).
set -u
what=${1:-build}
CC=${CC:-cc}
command -v "${CC%% *}" >/dev/null 2>&1 || CC=gcc
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
log=$work/log

# ---- what works ----

# links FLAGS... < source: it compiles, links, and the program ends with 0.
links() {
  cat > "$work/try.c"
  # shellcheck disable=SC2086 # CC may hold flags
  $CC -o "$work/try" "$work/try.c" "$@" >>"$log" 2>&1 && "$work/try" >>"$log" 2>&1
}

works_cc() { echo '#include <stdio.h>
int main(void) { return puts("works") < 0; }' | links; }

works_make() { make --version >>"$log" 2>&1; }

works_flex() {
  printf '%%option noyywrap\n%%%%\n. ;\n%%%%\n' > "$work/try.l"
  flex -o "$work/lexer.c" "$work/try.l" >>"$log" 2>&1
}

works_bison() { # %define parse.error custom came with bison 3.6
  printf '%%require "3.6"\n%%%%\ns: ;\n%%%%\n' > "$work/try.y"
  bison -o "$work/parser.c" "$work/try.y" >>"$log" 2>&1
}

works_zlib() { echo '#include <zlib.h>
int main(void) { return zlibVersion()[0] != ZLIB_VERSION[0]; }' | links -lz; }

works_blas() { CC=$CC sh tools/configure.sh 2>>"$log" | grep -Eq 'BLAS_FOUND := (openblas|cblas)'; }

works_cmocka() { CC=$CC sh tools/configure.sh 2>>"$log" | grep -q 'HAVE_CMOCKA := 1'; }

works_clang() {
  echo 'int main(void) { return 0; }' > "$work/try.c"
  clang -o "$work/try" "$work/try.c" >>"$log" 2>&1 && "$work/try"
}

works_tcc() {
  echo 'int main(void) { return 0; }' > "$work/try.c"
  tcc -o "$work/try" "$work/try.c" >>"$log" 2>&1 && "$work/try"
}

works_gcc11() {
  echo 'int main(void) { return 0; }' > "$work/try.c"
  gcc-11 -o "$work/try" "$work/try.c" >>"$log" 2>&1 && "$work/try"
}

works_cxx() {
  echo '#include <vector>
int main() { std::vector<int> v(1); return v[0]; }' > "$work/try.cc"
  { g++ -o "$work/try" "$work/try.cc" || clang++ -o "$work/try" "$work/try.cc"; } >>"$log" 2>&1 && "$work/try"
}

works_latex() {
  printf '\\documentclass{article}\\usepackage{amsmath}\\begin{document}x\\end{document}\n' > "$work/try.tex"
  (cd "$work" && pdflatex -interaction=nonstopmode try.tex) >>"$log" 2>&1
}

works_qemu() { qemu-s390x-static --version >>"$log" 2>&1; }

# crosses COMPILER: it makes a static program, whoever can run it.
crosses() {
  echo 'int main(void) { return 0; }' > "$work/try.c"
  "$1" -static -o "$work/try" "$work/try.c" >>"$log" 2>&1
}
works_aarch64() { crosses aarch64-linux-gnu-gcc; }
works_armhf() { crosses arm-linux-gnueabihf-gcc; }
works_i386() { crosses i686-linux-gnu-gcc; }
works_s390x() { crosses s390x-linux-gnu-gcc; }
works_afl() { afl-fuzz -h >>"$log" 2>&1 || grep -q 'afl-fuzz' "$log"; }

works_locale() { localedef -i de_DE -f UTF-8 "$work/de_DE.UTF-8" >>"$log" 2>&1; }

# ---- name : Debian's packages : what it is for ----

needs() {
  case $what in
  build) cat <<'END'
cc:gcc libc6-dev:a C compiler
make:make:make
flex:flex:flex, which makes the lexer
bison:bison:bison 3.6 or newer, which makes the parser
zlib:zlib1g-dev:zlib, which reads data that is gzip'd
blas:libopenblas-dev:OpenBLAS, fast matrix products
END
  ;;
  check) cat <<'END'
cmocka:libcmocka-dev:cmocka, the tests in C
locale:locales:a locale with a decimal comma
clang:clang:clang, a second compiler for what nnc generates
tcc:tcc:tcc, a third compiler for it
gcc11:gcc-11:gcc 11, whose masked loads take wrong elements (goes on without)
cxx:g++:a C++ compiler, for the generated headers
latex:texlive-latex-base:pdflatex, for the pages of nnc derive
END
  ;;
  machines) cat <<'END'
qemu:qemu-user-static:qemu, which runs programs for other processors
aarch64:gcc-aarch64-linux-gnu libc6-dev-arm64-cross:a compiler for Arm of 64 bits
armhf:gcc-arm-linux-gnueabihf libc6-dev-armhf-cross:a compiler for Arm of 32 bits
i386:gcc-i686-linux-gnu libc6-dev-i386-cross:a compiler for i386
s390x:gcc-s390x-linux-gnu libc6-dev-s390x-cross:a compiler for s390x, which is big-endian
END
  ;;
  fuzz) echo "afl:afl++:AFL++, which looks for inputs that take new paths" ;;
  *) echo "usage: deps.sh build|check|machines|fuzz" >&2; exit 2 ;;
  esac
}

# Prints the lines of needs whose thing does not work.
find_missing() {
  needs | while IFS=: read -r name packages purpose; do
    "works_$name" || echo "$name:$packages:$purpose"
  done
}

packages_of() { cut -d: -f2 | tr '\n' ' ' | sed 's/ *$//'; }

# As root, or by a sudo that asks nothing; standard input is kept away from apt.
install_packages() {
  command -v apt-get >/dev/null 2>&1 || return 1
  if [ "$(id -u)" = 0 ]; then
    become=env
  elif sudo -n true >/dev/null 2>&1; then
    become="sudo -n env"
  else
    return 1
  fi
  install="$become DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends"
  echo "installing $*"
  # shellcheck disable=SC2086 # several words
  $install "$@" </dev/null >>"$log" 2>&1 && return 0
  # The lists of a fresh machine are empty or old; packages that cannot be had must not keep back the others.
  $become apt-get update -qq </dev/null >>"$log" 2>&1
  for package in "$@"; do
    $install "$package" </dev/null >>"$log" 2>&1 || echo "could not install $package"
  done
}

command_for() {
  if command -v apt-get >/dev/null 2>&1; then echo "sudo apt-get install -y $*"
  elif command -v dnf >/dev/null 2>&1; then
    echo "sudo dnf install -y $*" | sed 's/libc6-dev/glibc-devel/; s/zlib1g-dev/zlib-devel/; s/g++/gcc-c++/
      s/libopenblas-dev/openblas-devel/; s/libcmocka-dev/libcmocka-devel/'
  elif command -v pacman >/dev/null 2>&1; then
    echo "sudo pacman -S --needed $*" | sed 's/libc6-dev/glibc/; s/zlib1g-dev/zlib/; s/g++/gcc/
      s/libopenblas-dev/openblas/; s/libcmocka-dev/cmocka/'
  elif command -v brew >/dev/null 2>&1; then
    echo "brew install $*" | sed 's/ libc6-dev//; s/zlib1g-dev/zlib/; s/g++/gcc/
      s/libopenblas-dev/openblas/; s/libcmocka-dev/cmocka/'
  else echo "install with your system's package manager (names as in Debian): $*"
  fi
}

missing=$(find_missing)
[ -n "$missing" ] || exit 0
# shellcheck disable=SC2046 # several packages
if install_packages $(echo "$missing" | packages_of); then
  rm -f build*/config.mk
  missing=$(find_missing)
fi
[ -n "$missing" ] || exit 0

required=$(echo "$missing" | grep -Ev '^(blas|gcc11):')
if [ -n "$required" ]; then
  echo "nnc needs, and this machine does not have:"
  echo "$missing" | sed 's/^[^:]*:[^:]*:/  /'
  echo "To install, type:"
  # shellcheck disable=SC2046 # several packages
  echo "  $(command_for $(echo "$missing" | packages_of))"
  exit 1
fi
if ! echo "$missing" | grep -q '^blas:'; then
  echo "no gcc 11: going on without; its tests are skipped"
  exit 0
fi
echo "no BLAS found: going on with nnc's own kernels (BLAS=none). For OpenBLAS type:"
# shellcheck disable=SC2046 # several packages
echo "  $(command_for $(echo "$missing" | packages_of))"
