#!/bin/sh
# The house is in order: folders are stages, no call or #include runs back, each folder has one public header, which
# lists its files in their order, circles of files are named with their reason in a header of their folder, exported
# names begin with a noun of their room, files, functions and lines have their size (tests/meta/order.py).
. tests/lib.sh

need python3 "the order of the folders"

for root in compiler runtime; do
  if python3 tests/meta/order.py "$BUILD" $root >"$work/table" 2>"$work/found"; then ok "$root: no arrow runs back"
  else not_ok "$root: no arrow runs back" - <"$work/found"; fi
  cat "$work/table"
done

check "no line of tests, models and tools is longer than 120 columns" python3 tests/meta/order.py "$BUILD" columns

# It sees what is wrong: planted includes, of a later stage and of a private header, lists that miss a file or have
# another order, a long line.
mkdir -p "$work/planted"
cp -r compiler "$work/planted"
ln -s "$(cd "$BUILD" && pwd)" "$work/planted/build"
printf '#include "emit/emit.h"\n/* %0130d */\n' 0 >>"$work/planted/compiler/graph/node.c"
printf '#include "graph/op.h"\n' >>"$work/planted/compiler/show/dot.c"
sed -i '/tie\.c  /d' "$work/planted/compiler/check/check.h"
sed -i 's/steps\.c /sxxps.c /; s/leaves\.c /steps.c /; s/sxxps\.c /leaves.c /' "$work/planted/compiler/plan/plan.h"
here=$(pwd)
(cd "$work/planted" && python3 "$here/tests/meta/order.py" build compiler) >/dev/null 2>"$work/found"
check "an include that runs back is seen" grep -q 'graph/node.c includes emit/emit.h, of a later stage' "$work/found"
check "an include of a part of another folder is seen" grep -q 'show/dot.c includes graph/op.h, which is private' \
  "$work/found"
check "a file that its header does not list is seen" grep -q 'check/check.h: does not list check/tie' "$work/found"
check "a list in another order is seen" grep -q 'plan/plan.h lists plan/steps before plan/mark, which it calls' \
  "$work/found"
check "a long line is seen" grep -q 'graph/node.c:[0-9]*: 136 columns' "$work/found"
