#!/bin/sh
# The house is in order: folders are stages, no call or #include runs back, circles of files are named with their reason in the header of
# their folder, exported names begin with a noun of their room, files, functions and lines have their size (tests/meta/order.py).
. tests/lib.sh

need python3 "the order of the folders"

for root in compiler runtime; do
  if python3 tests/meta/order.py "$BUILD" $root >"$work/table" 2>"$work/found"; then ok "$root: no arrow runs back"; else not_ok "$root: no arrow runs back" - <"$work/found"; fi
  cat "$work/table"
done

# It sees what is wrong: a planted include that runs back, a long line.
mkdir -p "$work/planted"
cp -r compiler "$work/planted"
ln -s "$(cd "$BUILD" && pwd)" "$work/planted/build"
printf '#include "emit/emit.h"\n/* %0130d */\n' 0 >>"$work/planted/compiler/graph/node.c"
here=$(pwd)
(cd "$work/planted" && python3 "$here/tests/meta/order.py" build compiler) >/dev/null 2>"$work/found"
check "an include that runs back is seen" grep -q 'graph/node.c includes emit/emit.h, of a later stage' "$work/found"
check "a long line is seen" grep -q 'graph/node.c:[0-9]*: 136 columns' "$work/found"
