"""Writes a random model in which a branch that is not taken is singular where it is evaluated, with its twin.

    branches.py SEED TOLERANCE LOSSES > MODEL.nn

r = b*v is exactly 0 where the bit b is 0. Every loss holds an expression that is infinite or undefined at r = 0, in a
branch that is not taken there; its twin has 0 in that place. Derivatives of both, of first and second order and some of
third, by r, by the other input and by the parameters, have to agree at b = 0. What says so is a count of elements that
do not: checks for the evaluator, the output `bad` for generated C. (A NaN is in no comparison true, and so is
counted.)"""
import random
import sys

SINGULAR = [
    "r/norm(r)", "r/sqrt(dot(r, r))", "r/dot(r, r)", "log(abs(r))", "1/r", "x/r", "r^(0 - 1.5)", "exp(1/r^2)",
    "log(r^2)*r", "atan(x/r)", "tanh(1/r)", "r/(max(i) abs(r[i]))", "x*(1 - cos(norm(r)))/norm(r)^2",
    "sqrt(0 - r^2 - 1e-9)", "log(r)", "softmax(1/r)", "r^x", "abs(r)^0.25/r", "x - logsumexp(1/r)",
    "exp(100*(1 + x^2) + 700)", "tan(1/r)",
]
VECTOR = [
    "W @ ({})", "({})*x", "({})*w", "tanh({})", "exp({})", "sigmoid({})", "sin({})", "softmax({})", "log({})",
    "relu({})", "({})/norm({})", "where(({}) > 0, x, {})", "max({}, x)", "outer({}, x) @ w", "conv1d_same({}, w)",
    "({})[k]*x", "concat(({})[1:3], w[0:1])", "select({}, w)", "abs({})", "({})^2*w", "deep(W, w, {})", "w/({})",
    "run(W, x, {})", "reverse({})", "stack({}, x)[1] + stack({}, x)[0]", "reshape(stack({}, w), 3, 2) @ x[0:2]",
]
SCALAR = [
    "sum({})", "dot({}, x)", "dot({}, W @ x)", "logsumexp({})", "prod({})", "max({})", "norm({})", "({})[k]",
    "dot({}, W @ ({}))", "mean({})", "({})[argmax(x)]", "prod(1 + {})",
]
SMOOTH = ["{}^2", "sin({})", "({})*dot(w, x)", "log1p(({})^2)", "{} + 0.5*({})^3", "softplus({})", "exp(0.3*tanh({}))"]
TAKEN = ["dot(x, w)", "sum(r)", "dot(W @ r, x) + 1", "sum(tanh(w*x))", "dot(r, r) + w[1]", "x[0]*r[1] + w[2]^2"]
CONDITIONS = ["dot(r, r) == 0", "norm(r) < 1e-6", "b == 0", "not b", "(max(i) abs(r[i])) <= 0"]


def fill(form, inner):
    return form.replace("{}", inner)


def dead(rng):
    e = rng.choice(SINGULAR)
    for _ in range(rng.randint(0, 3)):
        e = fill(rng.choice(VECTOR), e)
    return e


def loss(rng, k):
    """Lines that define Lk and its twin Tk."""
    condition, taken = rng.choice(CONDITIONS), rng.choice(TAKEN)
    shape = rng.randrange(4)
    if shape == 0:  # a choice of numbers
        y = ["where(%s, %s, %s)" % (condition, taken, d) for d in (fill(rng.choice(SCALAR), dead(rng)), "0")]
    elif shape == 1:  # of vectors, and more behind it
        more, total, vector = rng.choice(["tanh({})", "W @ ({})", "({})*w", "{}"]), rng.choice([
            "sum({})", "dot({}, x)"]), dead(rng)
        y = [fill(total, fill(more, "where(%s, x*w + r, %s)" % (condition, d))) for d in (vector, "zeros(3)")]
    elif shape == 2:  # a choice in a choice
        d = fill(rng.choice(SCALAR), dead(rng)), fill(rng.choice(SCALAR), dead(rng))
        y = ["where(%s, %s, where(r[0] > 0, %s, %s))" % (condition, taken, a, c) for a, c in (d, ("0", "0"))]
    else:  # select
        y = ["%s + select(b, %s)" % (taken, d) for d in (fill(rng.choice(SCALAR), dead(rng)), "0")]
    smooth = rng.choice(SMOOTH)
    return ["L%d = %s" % (k, fill(smooth, y[0])), "T%d = %s" % (k, fill(smooth, y[1]))]


def derivatives(rng, k):
    """Pairs of arrays that have to agree, with the number of their axes."""
    lines, pairs = [], []
    for name in ("L", "T"):
        lines += ["g%s%d = grad(%s%d, r)" % (name, k, name, k), "p%s%d = grad(%s%d, w)" % (name, k, name, k)]
        lines += ["s%s%d = dot(g%s%d, q) + dot(p%s%d, x)" % (name, k, name, k, name, k)]
    for by in ("r", "w", "x", "W"):
        axes = 2 if by == "W" else 1
        pairs.append(("grad(L%d, %s)" % (k, by), "grad(T%d, %s)" % (k, by), axes))
        pairs.append(("grad(sL%d, %s)" % (k, by), "grad(sT%d, %s)" % (k, by), axes))
    if rng.random() < 0.3:
        lines += ["t%s%d = dot(grad(s%s%d, r), q)" % (name, k, name, k) for name in ("L", "T")]
        pairs.append(("grad(tL%d, r)" % k, "grad(tT%d, r)" % k, 1))
    pairs.append(("jacobian(gL%d, r)" % k, "jacobian(gT%d, r)" % k, 2))
    return lines, pairs


HEAD = """input x[3], v[3], b : bit, k : class(3)
param w[3] ~ normal(0, 1), W[3, 3] ~ normal(0, 1)
const q = [0.5, -1, 0.25]
fn deep(W[n, n], w[n], a[n]) = tanh(W @ a + w)
fn reverse(a[n]) {
  c[i < n] = a[n - 1 - i]
  return c
}
fn run(W[n, n], x[n], a[n]) {
  scan t < 3 {
    init h = a
    h[t] = 0.5*(W @ h[t-1]) + x
  }
  return h[2]
}
r = b*v
"""


def model(seed, tolerance, losses):
    rng = random.Random(seed)
    lines, bad = [], []
    for k in range(losses):
        lines += loss(rng, k)
        # so that it depends on all that it is differentiated by
        rest = " + 0.1*(sum(i) r[i]^2*w[i]^2*x[i]) + 0.1*dot(r*w, W @ x)^2"
        lines[-2:] = [line + rest for line in lines[-2:]]
        more, pairs = derivatives(rng, k)
        lines += more
        for n, (one, twin, axes) in enumerate(pairs):
            name, at = "%d_%d" % (k, n), ["i", "i,j"][axes - 1]
            lines += ["a%s = %s" % (name, one), "c%s = %s" % (name, twin)]
            lines += ["d%s = sum(%s) (not abs(a%s[%s] - c%s[%s]) <= %s*(1 + abs(c%s[%s])))" %
                      ((name, at) + (name, at) * 2 + (tolerance, name, at))]
            bad.append("where(b, 0, d%s)" % name)
    text = HEAD + "".join(line + "\n" for line in lines)
    text += "total = %s\noutput bad = stack(%s)\n" % (" + ".join(bad), ", ".join(bad))
    for name in ("L", "T"):
        text += "loss %s = where(b, sum(w^2) + sum(W^2), %s)\n" % ({"L": "one", "T": "twin"}[name],
                                                                   " + ".join(name + str(k) for k in range(losses)))
    text += "minimize one with sgd\ncheck total == 0\n"
    return text


if __name__ == "__main__":
    sys.stdout.write(model(int(sys.argv[1]), sys.argv[2], int(sys.argv[3])))
