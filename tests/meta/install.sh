#!/bin/sh
# slow: installs into a folder of its own, compiles there, and builds the portable kernels
# make install: nnc finds its headers and library under the prefix, wherever that is; the make targets do what help
# says.
. tests/lib.sh

check "make install" "$MAKE" BUILD="$BUILD" PREFIX="$work/prefix" install
for f in bin/nnc lib/libnn.a lib/nn.link include/nn.h include/nn_math.h include/nn_gamma.h include/nn_trace.h \
  include/nn_tools.h; do
  [ -f "$work/prefix/$f" ] && ok "installed $f" || not_ok "installed $f"
done
mv "$work/prefix" "$work/moved"
cp models/xor.nn "$work/"
check "a program by the installed nnc" sh -c "cd '$work' && moved/bin/nnc xor.nn -o xor"
check "it runs" "$work/xor" info
check "make help" "$MAKE" help
for target in $(sed -n 's/^|make \([a-z-]\{1,\}\) .*/\1/p' tools/help.txt); do
  check "make $target is there, as help says" "$MAKE" BUILD="$BUILD" -n "$target"
done

# Without a BLAS, the same results but for rounding.
mkdir -p "$work/portable" && cp "$BUILD/nnc" "$work/portable/" # the compiler knows no BLAS
check "make BLAS=none" "$MAKE" BUILD="$work/portable" BLAS=none CFLAGS=-O1 "$work/portable/libnn.a" \
  "$work/portable/nn.link" \
  "$work/portable/nn.h" "$work/portable/nn_math.h" "$work/portable/nn_gamma.h" "$work/portable/nn_double.h" \
  "$work/portable/nn_tools.h"
cp models/digits.nn "$work/"
drawn 300 100
check "a program on portable kernels" "$work/portable/nnc" "$work/digits.nn" -o "$work/digits"
if ldd "$work/digits" 2>/dev/null | grep -qi blas; then not_ok "it needs no BLAS"; else ok "it needs no BLAS"; fi
check "it trains" "$work/digits" train x="$work/drawn/train-images.idx" y="$work/drawn/train-labels.idx" --epochs 1
