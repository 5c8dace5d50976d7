#!/bin/sh
# What README.md shows works: its model compiles, its snippet of C compiles. The files, links and targets of make that
# it and CONTRIBUTING.md name are there.
. tests/lib.sh

# fenced LANGUAGE: the first block that opens with that many backquotes and that word.
fenced() { awk -v open="\`\`\`$1" '$0 == "```" && inside { exit } inside { print } $0 == open { inside = 1 }' \
  README.md; }

fenced "" >"$work/digits.nn"
check "the model compiles" "$nnc" "$work/digits.nn" -o "$work/digits.c"
{
  fenced c | sed -n '1,/^$/p'
  echo 'int readme(int n, const float *x, const int32_t *y, float *p);'
  fenced c | sed -n '/^static/p'
  echo 'int readme(int n, const float *x, const int32_t *y, float *p) {'
  fenced c | sed '1,/^static/d'
  echo 'return loss > 0; }'
} >"$work/readme.c"
# shellcheck disable=SC2086 # STRICT is several words
check "the snippet of C compiles" gcc $STRICT -Iruntime/kernels -I"$work" -c -o "$work/readme.o" "$work/readme.c"
for document in README.md CONTRIBUTING.md; do
  for f in $(grep -oE '(models|tools|runtime|compiler|docs|tests)/[A-Za-z_/-]+\.[a-z]+' $document | sort -u); do
    [ -e "$f" ] && ok "$document: $f is there" || not_ok "$document: $f is there"
  done
  for target in $(grep -oE 'make [a-z-]+' $document | cut -d' ' -f2 | sort -u); do
    check "$document: make $target" "$MAKE" BUILD="$BUILD" -n "$target"
  done
  for link in $(grep -oE '\]\([A-Za-z./_-]+\)' $document | tr -d ']()' | sort -u); do
    [ -e "$link" ] && ok "$document: links to $link" || not_ok "$document: links to $link"
  done
done
# The folders of both parts are listed in their order.
for part in compiler runtime; do
  python3 -c "import sys; sys.path.insert(0, 'tests/meta'); import order; print(' '.join(order.ORDER['$part']))" |
    sed 's/^kernels //' >"$work/order"
  check "README.md lists the folders of $part" grep -qFf "$work/order" README.md
done

# models/README.md names every page, and no other.
ls models | grep '\.nn$' | sort >"$work/pages"
grep -oE '[a-z0-9_]+\.nn' models/README.md | sort -u >"$work/named"
diff "$work/pages" "$work/named" >"$work/differ"
empty "models/README.md names every page" "$work/differ"
