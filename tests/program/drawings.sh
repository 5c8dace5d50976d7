#!/bin/sh
# The digits that the project draws are the same bytes everywhere, whatever the compiler and its options.
. tests/lib.sh

drawn 300 100
cksum "$work"/drawn/*.idx | awk '{ print $1, $2 }' >"$work/sums"
cat >"$work/expected" <<'END'
3342015182 78416
2625521506 108
9735637 235216
3050631513 308
END
same "the drawings are those of every other machine" "$work/expected" "$work/sums"
for compiler in clang tcc; do
  if have $compiler; then
    $compiler -o "$work/other" tools/drawings.c && mkdir -p "$work/$compiler" && "$work/other" "$work/$compiler" 300 100
    same "by $compiler" "$work/drawn/train-images.idx" "$work/$compiler/train-images.idx"
  else skip "drawings by $compiler" "$compiler is not installed"; fi
done
fails "usage" 2 'usage' "$BUILD/tools/drawings"
fails "a count that is no number" 2 'usage' "$BUILD/tools/drawings" "$work/drawn" 3x
fails "a folder that is not there" 2 'cannot write' "$BUILD/tools/drawings" "$work/absent" 10 10
