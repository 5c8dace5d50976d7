# Random claims about ties, bounds and batches, right ones and wrong ones, each a `check` line of the model that
# tests/random/claims.sh writes: inputs x, t, u, z[3], s[2, 2] and parameters w, b. In: -v n=NUMBER -v seed=SEED -v
# kind=wrong|right. A wrong one is wrong at some point, perhaps at ties, at the corner of a window, where one number is
# large, or in a batch of several examples only.
function pick(list,   part, m) { m = split(list, part, " "); return part[1 + int(rand() * m)] }
function whole(from, to) { return from + int(rand() * (to - from + 1)) }
function sum_of(k, v) { return k < 0 ? (" - " (-k) "*" v) : (" + " k "*" v) }

# slope*x + ...: whole coefficients, so that it is 0, or equal to another one, at points of whole numbers
function affine(   other) {
  slope = pick("1 2 -1 3 -2")
  other = pick("t u b z[1]")
  return "(" slope "*x" sum_of(whole(1, 2) * pick("1 -1"), other) sum_of(whole(-9, 9), "1") ")"
}

# The derivative at a kink: which of two equal branches counts.
function at_tie(right,   f, g, first, k) {
  f = affine(); first = slope
  do g = affine(); while (slope == first)
  k = whole(1, 7)
  if (k == 1) return "grad(relu(" f "), x) == " first "*(" f (right ? " > " : " >= ") "0)"
  if (k == 2) return "grad(abs(" f "), x) == " first "*" (right ? "sign(" f ")" : "where(" f " < 0, -1, 1)")
  if (k == 3) return "grad(max(" f ", " g "), x) == where(" f (right ? " >= " : " > ") g ", " first ", " slope ")"
  if (k == 4) return "grad(min(" f ", " g "), x) == where(" f (right ? " <= " : " < ") g ", " first ", " slope ")"
  if (k == 5) return "(" f " > " g ") + (" f " < " g ") == " (right ? "(" f " != " g ")" : "1")
  if (k == 6) return "grad(max(stack(" f ", " g ")), x) == where(" f (right ? " >= " : " > ") g ", " first ", " \
    slope ")"
  return "floor(" f ") + floor(-" f ") == " (right ? "-(" f " != floor(" f "))" : "-1")
}

# w times what is small: no bound but that of a factor which is bounded itself.
function bump(v) {
  k = whole(1, 5)
  if (k == 1) return "exp(-" v "^2)"
  if (k == 2) return "sigmoid(" v ")*(1 - sigmoid(" v "))*4"
  if (k == 3) return "1/(1 + " v "^2)"
  if (k == 4) return "(1 - tanh(" v ")^2)"
  return "cos(" v ")^2"
}
function bounded(right,   f, k, bound) {
  f = bump("x")
  if (rand() < 0.6) f = f "*" bump(pick("t u (t*x)"))
  bound = pick("1.01 3 7 20 50")
  if (right) return "(" pick("tanh(w) sin(u) (2*sigmoid(w)-1) w/sqrt(1+w^2)") "*" f " < " bound ") == 1"
  k = whole(1, 4)
  if (k == 1) return "(w*" f " < " bound ") == 1"
  if (k == 2) return "relu(w*" f " - " bound ") == 0"
  if (k == 3) return "where(abs(w)*" f " >= " bound ", 1, 0) == 0"
  return "min(w*" f ", " bound ") == w*" f
}

# Formulas of one value that differ by rounding: a comparison of them decides nothing.
function twins(   a, c) {
  a = pick("x (x+t) (x*u) (z[0]-t) (z[2]/3)")
  c = whole(1, 7)
  if (c == 1) { one = "exp(" a ")*exp(t/7)"; two = "exp(" a " + t/7)" }
  if (c == 2) { one = "(" a " + u)^2"; two = "(" a "^2 + 2*" a "*u + u^2)" }
  if (c == 3) { one = "sin(2*" a ")"; two = "2*sin(" a ")*cos(" a ")" }
  if (c == 4) { one = "tanh(" a ")"; two = "(2*sigmoid(2*" a ") - 1)" }
  if (c == 5) { one = "sum(softmax(z*" a "))"; two = "1" }
  if (c == 6) { one = "logsumexp(z + " a ")"; two = "(logsumexp(z) + " a ")" }
  if (c == 7) { one = "(1 - 1/(1 + exp(" a ")))"; two = "1/(1 + exp(-" a "))" }
}
function accident(right,   k) {
  twins()
  k = whole(1, 3)
  if (k == 1) return "(" one " < " two ") == " (right ? 0 : 1)
  if (k == 2) return "where(" one " > " two ", x, t) == " (right ? "t" : "x")
  return "(" one " >= " two ")*u == " (right ? "u" : "0")
}

# Statements about all examples that are true of one.
function of_batch(right,   f, k) {
  f = pick("x z[1] (w*x) tanh(x) (x-t)")
  k = whole(1, 5)
  if (k == 1) return "(mean(batch) 2*" f ") == " (right ? "2*(mean(batch) " f ")" : "2*" f)
  if (k == 2) return right ? "((mean(batch) " f ")^2 <= (mean(batch) " f "^2) + 1e-9) == 1" : \
    "(mean(batch) " f ")^2 == (mean(batch) " f "^2)"
  if (k == 3) return right ? "((max(batch) " f ") >= " f ") == 1" : "(max(batch) " f ") == " f
  if (k == 4) return "(sum(batch) " f ") == " (right ? "(sum(batch) 1)*(mean(batch) " f ")" : "mean(batch) " f)
  return right ? "((mean(batch) " f ") - (min(batch) " f ") >= -1e-9) == 1" : \
    "(mean(batch) " f ") - (min(batch) " f ") == 0"
}

BEGIN {
  srand(seed)
  for (i = 0; i < n; i++) {
    class = i % 4
    right = kind == "right"
    line = class == 0 ? at_tie(right) : class == 1 ? bounded(right) : class == 2 ? accident(right) : of_batch(right)
    print "check " line
  }
}
