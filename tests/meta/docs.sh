#!/bin/sh
# slow: some fifty snippets, each compiled, and a program built and trained
# The manual, docs/language.md, says what is so: each of its fenced blocks is run.
#
#   nn                a whole model: `nnc check` passes, and its C compiles; it stays in the folder under its own name
#   nn with x[3], y   a fragment: those inputs stand before it; `nnc check` passes
#   nn wrong          nnc refuses it, with the message in the `text` block that follows
#   nn refuted        `nnc check` ends with 1, and begins with the `text` block that follows (difference quotients come after)
#   sh                commands, run in that folder
#   c                 the statements of a function that uses the first model
#
# And its last section has a row for each entry of the prelude, with the arguments that the entry has.
. tests/lib.sh
manual=${MANUAL:-docs/language.md}

# Block K goes to K.block; the list has a line "K LINE WORDS..." for each.
awk -v work="$work" '
  /^```/ && inside { inside = 0; close(file); next }
  /^```/ { inside = 1; file = work "/" ++n ".block"; printf "" >file; print n, NR, substr($0, 4) >(work "/list"); next }
  inside { print >file }' $manual

# name_of BLOCK: the model's own name, or `model`.
name_of() { sed -n 's/^model \([a-z_0-9]*\).*/\1/p' "$1" | grep . || echo model; }

whole() { # BLOCK PLACE
  name=$(name_of "$1")
  cp "$1" "$work/$name.nn"
  check "$2: nnc check" "$nnc" check "$work/$name.nn"
  grep -qE '^ *(loss|output) ' "$1" || return 0
  check "$2: its C" "$nnc" "$work/$name.nn" -o "$work/$name.c"
  # shellcheck disable=SC2086 # STRICT is several words
  check "$2: compiles" gcc $STRICT -fsyntax-only -Iruntime/kernels "$work/$name.c"
}

fragment() { # BLOCK PLACE INPUTS: further statements in them stand on lines of their own
  { echo "$3" | tr ';' '\n' | sed 's/^ */input /'; cat "$1"; } >"$work/model.nn"
  check "$2: nnc check" "$nnc" check "$work/model.nn"
}

wrong() { # BLOCK PLACE ARGUMENTS...: what nnc says is the next block
  block=$1 place=$2; shift 2
  cp "$block" "$work/model.nn"
  (cd "$work" && "$nnc" "$@") >"$work/said" 2>&1 && { not_ok "$place: is refused"; return; }
  expected=$work/$(($(basename "$block" .block) + 1)).block
  [ "$1" = check ] && head -n "$(wc -l <"$expected")" "$work/said" >"$work/begin" && mv "$work/begin" "$work/said"
  if diff "$expected" "$work/said" >"$work/differ"; then ok "$place: the message"; else not_ok "$place: the message" - <"$work/differ"; fi
}

commands() { # BLOCK PLACE
  check "$2: commands" env PATH="$(dirname "$nnc"):$PATH" sh -ec "cd '$work'; . './$(basename "$1")'"
}

in_c() { # BLOCK PLACE
  { sed -n '/^#include/p' "$1"; echo 'float manual(const float *x, const float *t, float *out);'
    echo 'float manual(const float *x, const float *t, float *out) {'; sed '/^#include/d' "$1"; echo 'return loss; }'; } >"$work/manual.c"
  # shellcheck disable=SC2086
  check "$2: compiles" gcc $STRICT -fsyntax-only -Iruntime/kernels -I"$work" "$work/manual.c"
}

while read -r k line words; do
  block=$work/$k.block place=$manual:$line
  case $words in
  nn) whole "$block" "$place" ;;
  "nn with "*) fragment "$block" "$place" "${words#nn with }" ;;
  "nn wrong") wrong "$block" "$place" model.nn -o wrong.c ;;
  "nn refuted") wrong "$block" "$place" check model.nn ;;
  sh) commands "$block" "$place" ;;
  c) in_c "$block" "$place" ;;
  text) ;;
  *) not_ok "$place: a block that nothing runs: '$words'" ;;
  esac
done <"$work/list"

"$nnc" --prelude | sed -nE 's/^(fn|layer|optimizer) ([a-z0-9_]+\([^)]*\)).*/\2/p' | sort >"$work/entries"
sed -n '/^## The prelude/,$p' $manual | sed -nE 's/^\| `([^`]*)` .*/\1/p' | sort >"$work/listed"
diff "$work/entries" "$work/listed" >"$work/differ"
empty "the manual lists the prelude's entries, as they are" "$work/differ"
"$nnc" --prelude | sed -nE 's/^derivative ([a-z0-9]+)\(.*/\1/p' | while read -r name; do
  grep -q "\`[^\`]*\<$name(" $manual && ok "the manual has $name" || not_ok "the manual has $name"
done

# Its links lead to its headings.
sed -n 's/^## //p' $manual | tr 'A-Z ' 'a-z-' | sort >"$work/headings"
grep -oE '\(#[a-z-]+\)' $manual | tr -d '(#)' | sort -u >"$work/links"
comm -13 "$work/headings" "$work/links" >"$work/differ"
empty "links of the manual lead somewhere" "$work/differ"
comm -23 "$work/headings" "$work/links" >"$work/differ"
empty "every heading of the manual is in its list" "$work/differ"
