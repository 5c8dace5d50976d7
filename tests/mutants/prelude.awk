# prelude.awk: the prelude in, wrong versions of each `derivative` and each `rule` out, in the form of compiler.txt.
#
#     derivative tanh(x) = 1 - tanh(x)^2      wrong sign, twice as much, + for -, without its last term
#     derivative max(a, b) = a >= b, a < b    each of the two with another sign, exchanged, at the kink itself
#     rule 1 - sigmoid(x) => sigmoid(-x)      left out, wrong sign, twice as much, - for +, without its conditions

BEGIN {
  print "judges check values prelude textbook_forms evaluator"
}
FNR == 1 { print "file " FILENAME }

function mutant(what, line) {
  if (line != text) printf "mutant %s: %s\nbefore %s\nafter %s\n", name, what, text, line
}

function trim(s) { sub(/^ +/, "", s); sub(/ +$/, "", s); return s }

# The place of the last `word` outside of parentheses, or 0.
function last(s, word,    k, depth, at, c) {
  for (k = 1; k <= length(s); k++) {
    c = substr(s, k, 1)
    if (c == "(" || c == "[") depth++
    if (c == ")" || c == "]") depth--
    if (!depth && substr(s, k, length(word)) == word) at = k
  }
  return at
}

# e with its first `from` replaced.
function swap(e, from, to,    at) {
  at = index(e, from)
  return at ? substr(e, 1, at - 1) to substr(e, at + length(from)) : e
}

function without_last_term(e,    plus, minus) {
  plus = last(e, " + "); minus = last(e, " - ")
  if (minus > plus) plus = minus
  return plus ? substr(e, 1, plus - 1) : e
}

# Wrong versions of an expression between two pieces of the line.
function expression(what, left, e, right) {
  mutant(what "wrong sign", left "-(" e ")" right)
  mutant(what "twice as much", left "2 * (" e ")" right)
  mutant(what "- for +", left swap(e, " + ", " - ") right)
  mutant(what "+ for -", left swap(e, " - ", " + ") right)
  mutant(what "without its last term", left without_last_term(e) right)
  mutant(what "not at the kink", left swap(swap(e, ">=", ">"), "<=", "<") right)
  if (e !~ /[<>]=/) mutant(what "at the kink too", left swap(swap(e, " > ", " >= "), " < ", " <= ") right)
}

# Without the comment.
{ text = $0; sub(/ *#.*/, "", text) }

/^derivative / {
  at = index(text, " = ")
  name = substr(text, 1, at - 1)
  left = substr(text, 1, at + 2); e = trim(substr(text, at + 3))
  comma = last(e, ", ")
  if (!comma) { expression("", left, e, ""); next }
  a = substr(e, 1, comma - 1); b = substr(e, comma + 2)
  expression("by the first, ", left, a, ", " b)
  expression("by the second, ", left a ", ", b, "")
  mutant("exchanged", left b ", " a)
}

/^rule / {
  at = index(text, " => ")
  name = substr(text, 1, at - 1)
  left = substr(text, 1, at + 3); e = substr(text, at + 4)
  conditions = ""
  at = index(e, " if ")
  if (at) { conditions = substr(e, at + 4); e = substr(e, 1, at - 1) }
  expression("", left, e, conditions ? " if " conditions : "")
  mutant("left out", "# " text)
  mutant("without any condition", left e)
  n = split(conditions, one, /, /)
  if (n < 2) next
  for (k = 1; k <= n; k++) {
    rest = ""
    for (j = 1; j <= n; j++) if (j != k) rest = rest (rest ? ", " : " if ") one[j]
    mutant("without " one[k], left e rest)
  }
}
