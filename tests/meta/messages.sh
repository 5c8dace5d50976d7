#!/bin/sh
# Errors and warnings of the compiler against the pairs in tests/language: a message that no pair shows is one that
# nobody has read as a user. Nine in ten must have a pair; the others are listed.
. tests/lib.sh

# The formats of report(), error_at(), warn_at(), parse_stop(), one on a line, as extended regular expressions.
formats() {
  for f in compiler/*.c compiler/*/*.[cyl]; do
    [ "$f" = compiler/base/report.c ] || tr '\n' ' ' <"$f" |
      grep -oE '(report|error_at|warn_at|parse_stop)\([^";{]*"([^"\\]|\\.)*"( *"([^"\\]|\\.)*")*'
  done | sed -E -e 's/^[^"]*"//; s/"$//; s/" *"//g; s/\\(.)/\1/g; s/[][().*+?{}|^$\\]/\\&/g' \
    -e 's/%[-+\\.*0-9]*(ll|z)?[a-zA-Z]/.*/g' | sort -u
}

find tests/language -name '*.err' -exec cat {} + | grep -E '(error|warning): ' >"$work/said"
formats >"$work/formats"
all=0 missing=0
while IFS= read -r format; do
  all=$((all + 1))
  grep -qE -e "(error|warning): $format" "$work/said" && continue
  missing=$((missing + 1))
  echo "$format"
done <"$work/formats" >"$work/unread"
echo "$all messages, $missing without a pair:" | cat - "$work/unread"
if [ $all -ge 150 ] && [ $((missing * 10)) -le $all ]; then ok "messages have pairs"
else not_ok "messages have pairs" - <"$work/unread"; fi
