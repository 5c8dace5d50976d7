#!/bin/sh
# slow: some sixty snippets, each compiled, and a program built and trained
# The manual, docs/language.md, and the tour of the sources, docs/how-it-works.md, say what is so: each of their fenced
# blocks is run.
#
#   nn                a whole model: `nnc check` passes, and its C compiles; it stays in the folder under its own name
#   nn with x[3], y   a fragment: those inputs stand before it; `nnc check` passes
#   nn wrong          nnc refuses it, with the message in the `text` block that follows
#   nn refuted        `nnc check` ends with 1, and begins with the `text` block that follows (difference quotients come
# after)
#   sh                commands, run in that folder
#   console           lines `$ COMMAND`, run in that folder, each with what it prints, where `...` stands for any number
# of lines
#   c                 the statements of a function that uses the first model
#
# And its last section has a row for each entry of the prelude, with the arguments that the entry has.
. tests/lib.sh
manual=docs/language.md tour=docs/how-it-works.md

# blocks DOCUMENT: block K goes to K.block; the list has a line "K LINE WORDS..." for each.
blocks() {
  rm -f "$work"/*.block "$work/list"
  awk -v work="$work" '
    /^```/ && inside { inside = 0; close(file); next }
    /^```/ { inside = 1; file = work "/" ++n ".block"; printf "" >file; print n, NR, substr($0, 4) >(work "/list");
      next }
    inside { print >file }' "$1"
}

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
  if diff "$expected" "$work/said" >"$work/differ"; then ok "$place: the message"
  else not_ok "$place: the message" - <"$work/differ"; fi
}

commands() { # BLOCK PLACE
  check "$2: commands" env PATH="$(dirname "$nnc"):$PATH" sh -ec "cd '$work'; . './$(basename "$1")'"
}

in_c() { # BLOCK PLACE
  { sed -n '/^#include/p' "$1"; echo 'float manual(const float *x, const float *t, float *out);'
    echo 'float manual(const float *x, const float *t, float *out) {'; sed '/^#include/d' "$1"; echo 'return loss; }'
      } >"$work/manual.c"
  # shellcheck disable=SC2086
  check "$2: compiles" gcc $STRICT -fsyntax-only -Iruntime/kernels -I"$work" "$work/manual.c"
}

# excerpt SHOWN PRINTED: are they the same lines, `...` in SHOWN being any number of them? Else: the first line that is
# not there.
excerpt() {
  awk 'function from(i, j) { # lines i.. of what is shown, at line j of what is printed
      if (i > furthest) furthest = i
      if (i > shown) return j > printed
      if (want[i] != "...") return j <= printed && want[i] == got[j] && from(i + 1, j + 1)
      for (; j <= printed + 1; j++) if (from(i + 1, j)) return 1
      return 0 }
    NR == FNR { want[++shown] = $0; next }
    { got[++printed] = $0 }
    END {
      if (from(1, 1)) exit 0
      if (furthest > shown) print "more is printed than is shown"
      else print "not printed there: " want[furthest]
      exit 1 }' "$1" "$2"
}

console() { # BLOCK PLACE: each `$ COMMAND` and the lines up to the next one
  rm -f "$work"/shown.*
  awk -v work="$work" '/^\$ / { k++; print substr($0, 3) >(work "/shown." k ".command"); next } {
    print >(work "/shown." k ".text") }' "$1"
  for command in "$work"/shown.*.command; do
    said=$2:\ $(cat "$command") text=${command%.command}.text
    [ -e "$text" ] || : >"$text"
    (cd "$work" && env PATH="$(dirname "$nnc"):$PATH" sh "$command") >"$work/printed" 2>&1
    if excerpt "$text" "$work/printed" >"$work/differ"; then ok "$said"; else
      sed 's/^/    /' "$work/printed" >>"$work/differ"
      not_ok "$said" - <"$work/differ"
    fi
  done
}

run_blocks() { # DOCUMENT
  blocks "$1"
  while read -r k line words; do
    block=$work/$k.block place=$1:$line
    case $words in
    nn) whole "$block" "$place" ;;
    "nn with "*) fragment "$block" "$place" "${words#nn with }" ;;
    "nn wrong") wrong "$block" "$place" model.nn -o wrong.c ;;
    "nn refuted") wrong "$block" "$place" check model.nn ;;
    sh) commands "$block" "$place" ;;
    console) console "$block" "$place" ;;
    c) in_c "$block" "$place" ;;
    text) ;;
    *) not_ok "$place: a block that nothing runs: '$words'" ;;
    esac
  done <"$work/list"
}

run_blocks $manual
run_blocks $tour

# A stale excerpt fails: a line that is not printed, lines in another order, lines that are left out without saying so.
printf '%s\n' one two three >"$work/printed"
for shown in 'one|two|three' '...|two|...' 'one|...|three' '...' '...|three'; do
  echo "$shown" | tr '|' '\n' >"$work/shown"
  check "an excerpt: $shown" excerpt "$work/shown" "$work/printed"
done
for shown in 'one|two|four' '...|three|two|...' 'one|three' 'one|two' 'two|...' '...|one'; do
  echo "$shown" | tr '|' '\n' >"$work/shown"
  fails "no excerpt: $shown" 1 . excerpt "$work/shown" "$work/printed"
done

# What the tour names is there: files, folders, functions.
grep -oE '`(compiler|runtime|tests|tools|models|docs|generated)/[A-Za-z0-9_./-]*`' $tour | tr -d '\`' |
  sort -u >"$work/paths"
while read -r path; do [ -e "$path" ] && ok "$tour: $path is there" ||
  not_ok "$tour: $path is there"; done <"$work/paths"
grep -oE '`[a-z]+_[a-z0-9_]+`' $tour | tr -d '\`' | sort -u >"$work/called"
while read -r name; do
  grep -rqw --include='*.[chyl]' "$name" compiler runtime && ok "$tour: $name is there" ||
    not_ok "$tour: $name is there"
done <"$work/called"

"$nnc" --prelude | sed -nE 's/^(fn|layer|optimizer) ([a-z0-9_]+\([^)]*\)).*/\2/p' | sort >"$work/entries"
sed -n '/^## The prelude/,$p' $manual | sed -nE 's/^\| `([^`]*)` .*/\1/p' | sort >"$work/listed"
diff "$work/entries" "$work/listed" >"$work/differ"
empty "the manual lists the prelude's entries, as they are" "$work/differ"
"$nnc" --prelude | sed -nE 's/^derivative ([a-z0-9]+)\(.*/\1/p' | while read -r name; do
  grep -q "\`[^\`]*\<$name(" $manual && ok "the manual has $name" || not_ok "the manual has $name"
done

# Their links lead to their headings.
for document in $manual $tour; do
  sed -n 's/^## //p' $document | tr 'A-Z ' 'a-z-' | tr -cd 'a-z0-9_\n-' | sort >"$work/headings"
  grep -oE '\(#[a-z-]+\)' $document | tr -d '(#)' | sort -u >"$work/links"
  comm -13 "$work/headings" "$work/links" >"$work/differ"
  empty "links of $document lead somewhere" "$work/differ"
  comm -23 "$work/headings" "$work/links" >"$work/differ"
  empty "every heading of $document is in its list" "$work/differ"
done
