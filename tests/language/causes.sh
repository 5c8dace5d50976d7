#!/bin/sh
# Wrong derivations, each with the kind of its mistake behind it, by hand and by causes/mutate.py: every one is refuted,
# of at least 80% in a hundred the cause is named, and every corrected formula that is printed is proved or holds.
# FILES: other ones.
SECONDS_OF_CPU=60
. tests/lib.sh

# Of each check of FILE, a line: its number, verdict, kind of the cause, line of the cause, left side, corrected
# formula.
cat >"$work/causes.awk" <<'END'
function text(s) {
  sub(/^[^:]*: "/, "", s); sub(/",?$/, "", s); gsub(/\\"/, "\"", s)
  return s
}
function number(s) { sub(/^[^:]*: /, "", s); sub(/,$/, "", s); return s }
/^    \{/ { file = line = verdict = kind = where = left = corrected = "" }
/^      "file":/ { file = text($0) }
/^      "line":/ { line = number($0) }
/^      "verdict":/ { verdict = text($0) }
/^      "left":/ { left = text($0) }
/^        "kind":/ { kind = text($0) }
/^        "corrected":/ { corrected = text($0); if (corrected ~ /null,?$/) corrected = "" }
/^        "line":/ { where = number($0) }
/^    \}/ { if (file == FILE && line) printf "%s\t%s\t%s\t%s\t%s\t%s\n", line, verdict, kind, where, left, corrected }
END

# The label of each line of FILE beside what was found: right where the kind is one of those that say what the label
# says.
cat >"$work/judge.awk" <<'END'
BEGIN {
  FS = "\t"
  says["sign"] = "sign"
  says["factor"] = "factor,number"
  says["missing factor"] = "missing factor,derivative,factor,delta,path,mean or sum"
  says["extra factor"] = "extra factor,power,derivative,factor"
  says["quotient"] = "extra factor,factor"
  says["missing term"] = "missing term,path,delta"
  says["extra term"] = "extra term"
  says["transpose"] = "transpose,order,index,axis"
  says["other value"] = "other value,derivative,other variable,extra factor"
  says["name"] = says["other value"]
  says["other variable"] = "other variable,derivative,extra factor"
  says["index"] = "index,transpose,derivative"
  says["axis"] = "axis,index,transpose"
  says["mean"] = "mean or sum,factor"
  says["power"] = "power,extra factor,missing factor,derivative"
  says["condition"] = "condition,delta"
  says["delta"] = "delta,missing term"
  says["derivative"] = "derivative,missing factor,extra factor,function,other value"
  says["number"] = "number,factor,condition"
  says["path"] = "path,missing term"
  says["stop"] = "stop,extra term"
}
NR == FNR { # the page
  label[FNR] = line[FNR] = ""
  if (match($0, /#[^#]*$/)) {
    label[FNR] = substr($0, RSTART + 2)
    if (match(label[FNR], /, line [0-9]+/)) {
      line[FNR] = substr(label[FNR], RSTART + 7)
      label[FNR] = substr(label[FNR], 1, RSTART - 1)
    }
  }
  next
}
{
  found = index("," says[label[$1]] ",", "," $3 ",") && (line[$1] == "" || line[$1] == $4)
  printf "%s\t%s\t%s\n", $2 != "refuted" ? "missed" : $3 == "" ? "none" : found ? "right" : "other", $1, $3
}
END

# The page with its checks corrected.
correct() { # PAGE
  sed "s|import \"../../../|import \"$root/|" "$1" >"$work/page.nn"
  { grep -v '^check ' "$work/page.nn"
    awk -F '\t' '$6 != "" && ($4 == "" || $4 == 0 || $4 == "null") { print "check " $5 " == " $6 }' "$work/found"; } \
      >"$work/corrected.nn"
  "$nnc" check "$work/corrected.nn" >"$work/corrected.out" 2>&1
  grep -e ': refuted' -e error "$work/corrected.out"
  awk -F '\t' '$6 != "" && $4 > 0 { print $1, $4 }' "$work/found" | while read -r check line; do
    awk -v c="$check" -v l="$line" -v t="$(awk -F '\t' -v c="$check" '$1 == c { print $6 }' "$work/found")" '
      FNR == l { print t; next } !/^check / || FNR == c' "$work/page.nn" >"$work/corrected.nn"
    "$nnc" check "$work/corrected.nn" 2>&1 | grep -e ': refuted' -e error
  done
}

: >"$work/all"; : >"$work/wrong"
for page in ${FILES:-tests/language/causes/*.nn}; do
  "$nnc" check --format json "$page" >"$work/report.json" 2>"$work/errors"
  awk -v FILE="$page" -f "$work/causes.awk" "$work/report.json" >"$work/found"
  awk -f "$work/judge.awk" "$page" "$work/found" >"$work/judged"
  expected=$(grep -c '^check ' "$page")
  if [ "$(grep -c . "$work/judged")" -eq "$expected" ] &&
    ! grep -q '^missed' "$work/judged"; then ok "$page: $expected refuted"
  else { cat "$work/errors"; grep '^missed' "$work/judged"; } | not_ok "$page: each check is refuted" -; fi
  sed "s|^|$page |" "$work/judged" >>"$work/all"
  correct "$page" >>"$work/wrong"
done
empty "every corrected derivation is proved or holds" "$work/wrong"
all=$(grep -c . "$work/all") right=$(grep -c ' right	' "$work/all")
if [ "$all" -ge 1 ] && [ $((100 * right)) -ge $((80 * all)) ]; then ok "the cause of $right of $all is named"
else grep -v ' right	' "$work/all" | not_ok "the cause of at least 80%" -; fi
[ -z "${FILES:-}" ] || grep -v ' right	' "$work/all"
