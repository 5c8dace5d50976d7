"""Random identities, right ones and wrong ones, checked by nnc: no wrong one may be proved, no right one refuted.

A right one is a law (of algebra, of a function of the prelude, of derivatives, of batches) of random formulas,
rewritten at random places by what changes no value. A wrong one is its mutant: a sign, a factor, a last digit, a strict
comparison, another index, a branch at a tie; it counts as wrong where oracle.py finds a point at which both sides have
values and these differ.

    identities.py --nnc build/nnc --count 1000 --seed 1"""
import argparse
import ast
import copy
import random
import re
import subprocess
import sys
import tempfile
from decimal import Decimal

import oracle

MODEL = """input x[3], z[3], y, t : class(3)
param v[3] ~ normal(0, 1), w = 0.7
scan k < 3 {
  init h = w
  h[k] = tanh(h[k-1] + x[k])
}
scan s < 3 {
  init back = 1
  back[s] = back[s-1]*(1 - h[2-s]^2)
}
loss L = w^2 + sum(v^2)
minimize L with sgd
"""

# a, b, c stand for numbers, p for a positive one, d for one that is seldom 0, u, q for vectors. `grad(...)` has the
# value of the right side.
LAWS = """a + b = b + a
(a + b)*c = a*c + b*c
(a + b)**2 = a**2 + 2*a*b + b**2
(a - b)*(a + b) = a**2 - b**2
exp(a)*exp(b) = exp(a + b)
exp(-a) = 1/exp(a)
log(p*exp(a)) = log(p) + a
log(p**3) = 3*log(p)
log(d**2) = 2*log(abs(d))
sqrt(a**2) = abs(a)
sqrt(a)**2 = a
sqrt(p)*sqrt(p) = p
d/d = 1
a/d*d = a
a/d + b/d = (a + b)/d
1/(1/d) = d
where(d != 0, a/d, 0)*d = where(d != 0, a, 0)
select(d, a/d) = where(d == 0, 0, a)
sigmoid(-a) = 1 - sigmoid(a)
tanh(a) = 2*sigmoid(2*a) - 1
softplus(a) - softplus(-a) = a
relu(a) - relu(-a) = a
abs(a) = relu(a) + relu(-a)
sign(a)*abs(a) = a
max(a, b) + min(a, b) = a + b
max(a, b) - min(a, b) = abs(a - b)
max(a, b) = where(a > b, a, b)
where(a > 0, a, 0) = relu(a)
where(a >= b, 1, 0) = 1 - (a < b)
(a > b) + (a == b) + (a < b) = 1
(a > 0 and b > 0) = (a > 0)*(b > 0)
where(not a > b, a, b) = where(a > b, b, a)
sin(a)**2 + cos(a)**2 = 1
sin(-a) = -sin(a)
leaky_relu(a) = max(a, 0) + 0.01*min(a, 0)
elu(a) = where(a > 0, a, exp(a) - 1)
silu(a) = a/(1 + exp(-a))
hardtanh(a) = where(a > 1, 1, where(a < -1, -1, a))
hinge(a, b) = where(a*b < 1, 1 - a*b, 0)
squared_hinge(a, b) = relu(1 - a*b)**2
logistic_loss(a, b) = log(1 + exp(-a*b))
bce_logits(a, (b > 0)) = where(b > 0, softplus(-a), softplus(a))
sum(u + q) = sum(u) + sum(q)
mean(a*u) = a*sum(u)/3
dot(u + q, u + q) = dot(u, u) + 2*dot(u, q) + dot(q, q)
norm(u)**2 = u[0]**2 + u[1]**2 + u[2]**2
norm(a*u) = abs(a)*norm(u)
where(norm(u) > 0, a, b) = where(dot(u, u) == 0, b, a)
mse(u, q) = (sum(u**2) - 2*dot(u, q) + sum(q**2))/3
mae(u, q) = sum(max(u - q, q - u))/3
huber(u, q) = mean(where(abs(u - q) <= 1, (u - q)**2/2, abs(u - q) - 0.5))
softmax(u)[1] = exp(u[1])/(exp(u[0]) + exp(u[1]) + exp(u[2]))
softmax(u + a)[0] = softmax(u)[0]
sum(softmax(u)) = 1
log_softmax(u)[2] = u[2] - logsumexp(u)
logsumexp(u + a) = logsumexp(u) + a
cross_entropy(u, t) = logsumexp(u) - u[t]
max(u) = max(max(u[0], u[1]), u[2])
max(-u) = -min(u)
u[argmax(u)] = max(u)
argmin(u) = argmax(-u)
prod(u) = u[0]*u[1]*u[2]
grad(sin(w*y), y) = cos(w*y)*w
grad(exp(w*y), y) = w*exp(w*y)
grad(sigmoid(w*y + 1), y) = w*sigmoid(w*y + 1)*(1 - sigmoid(w*y + 1))
grad(relu(y - w), y) = (y > w)
grad(abs(y), y) = sign(y)
grad(max(y, w), y) = (y >= w)
grad(hinge(y, w), y) = where(w*y < 1, -w, 0)
grad(leaky_relu(y), y) = where(y > 0, 1, 0.01)
grad(w/y, y) = -w/y**2
grad(sqrt(y), y) = 0.5/sqrt(y)
grad(log(y**2 + 1), y) = 2*y/(y**2 + 1)
grad(norm(x), x)[0] = x[0]/norm(x)
grad(logsumexp(x), x)[1] = softmax(x)[1]
grad(cross_entropy(x, t), x)[0] = softmax(x)[0] - (t == 0)
grad(max(x), x)[2] = (argmax(x) == 2)
grad(prod(x), x)[0] = x[1]*x[2]
grad(mse(x, z), x)[1] = 2*(x[1] - z[1])/3
grad(tanh(y)**2, y) = 2*tanh(y)*(1 - tanh(y)**2)
grad(softplus(w*y), w) = y*sigmoid(w*y)
h[1] = tanh(h[0] + x[1])
grad(h[2], x)[1] = back[1]
grad(h[2], x)[0] = back[1]*(1 - h[0]**2)
grad(h[2], w) = back[2]
grad(sum(h), x)[1] = (1 - h[1]**2)*(2 - h[2]**2)
grad(back[0], x)[2] = -2*h[2]*back[0]
h[t] = where(t == 0, h[0], where(t == 1, h[1], h[2]))
back[t] = (t == 0)*back[0] + (t == 1)*back[1] + (t == 2)*back[2]
u[t] = (t == 0)*u[0] + (t == 1)*u[1] + (t == 2)*u[2]
where(t < 2, u[t], a) = where(t == 2, a, u[t])
(t == 1)*u[t] + (t != 1)*q[t] = where(t == 1, u[1], q[t])
sum(u*h) = u[0]*h[0] + u[1]*h[1] + u[2]*h[2]
sqrt(2)*sqrt(3)*a = sqrt(6)*a
sqrt(8)*a = 2*sqrt(2)*a
a/sqrt(2) = sqrt(2)*a/2
sqrt(2*pi)*sqrt(2*pi)*a = 2*pi*a
sqrt(p)/sqrt(2*p) = sqrt(0.5)
a/3 + a/7 = 10*a/21
0.1*a + 0.2*a = 0.3*a
log(6*p) = log(2) + log(3) + log(p)
abs(a)*sqrt(p) = sqrt(p*a**2)""".split("\n")

NUMBERS = ["y", "w", "x[0]", "x[1]", "z[2]", "v[0]", "2", "0.5", "3", "y*w", "x[0] + y", "w - z[1]", "x[0]*x[1]",
           "tanh(y)", "exp(w)", "y**2", "abs(x[2])", "sigmoid(x[1])", "relu(y)", "max(y, w)", "x[t]", "sum(x)",
           "where(y > w, y, x[0])", "(y > 0)", "sin(z[0])", "dot(x, v)", "h[1]", "back[2]", "h[t]", "sqrt(2)", "0",
           "1", "y - y", "0.1*w"]
POSITIVE = ["exp(y)", "1 + x[0]**2", "sigmoid(w)", "2", "0.3", "softplus(y*w)", "exp(x[1]) + exp(-w)", "1 + norm(x)"]
DIVISORS = ["y", "w + y", "x[0]*y", "exp(y)", "y**2 + w", "norm(x)", "x[1] - z[1]", "2", "0.7", "y**2 + 1"]
VECTORS = ["x", "h", "z", "v", "x + z", "y*x", "x - w", "x*z", "tanh(x)", "2*v", "x**2", "abs(z)", "x*v + 1"]
POOLS = {"a": NUMBERS, "b": NUMBERS, "c": NUMBERS, "p": POSITIVE, "d": DIVISORS, "u": VECTORS, "q": VECTORS}

# Of what looks across the batch: right ones and wrong ones, for any formula e that depends on the example.
BATCH = [("(mean(batch) (2*(e))) == 2*(mean(batch) (e))", True),
         ("(mean(batch) (e + f)) == (mean(batch) (e)) + (mean(batch) (f))", True),
         ("(mean(batch) (w*(e))) == w*(mean(batch) (e))", True), ("(mean(batch) (e)) == e", False),
         ("(sum(batch) (e)) == (mean(batch) (e))", False), ("(mean(batch) ((e)^2)) == (mean(batch) (e))^2", False),
         ("(mean(batch) (e)) + w == (sum(batch) (e)) + w", False)]
EXAMPLES = ["y", "x[0]", "y + w*x[1]", "tanh(x[2])", "exp(y) + x[0]^2", "relu(y)", "abs(x[1] - y)",
            "softplus(y)*w + z[0]"]


class Rename(ast.NodeTransformer):
    def __init__(self, to):
        self.to = to

    def visit_Name(self, n):
        return copy.deepcopy(self.to.get(n.id, n))


def parse(text):
    return ast.parse(text, mode="eval").body


def text_of(e):
    return ast.unparse(e).replace("**", "^")


def places(e):
    """(parent, field, index or None) of every formula inside of e."""
    found = []
    for n in ast.walk(e):
        for field in n._fields:
            child = getattr(n, field)
            children = enumerate(child) if isinstance(child, list) else [(None, child)]
            found += [(n, field, k) for k, c in children if isinstance(c, ast.expr)]
    return found


def put(place, new):
    parent, field, k = place
    if k is None:
        setattr(parent, field, new)
    else:
        getattr(parent, field)[k] = new


def at_place(place):
    parent, field, k = place
    return getattr(parent, field) if k is None else getattr(parent, field)[k]


# ---- right ----

REWRITES = ["E + y - y", "-(-E)", "2*E/2", "where(y > w, E, E)", "E*exp(w)*exp(-w)", "E - 3 + 3", "max(E, E)", "E*1",
            "0.1*E + 0.9*E"]


def rewrite(rng, e):
    """Something of the same value wherever it has one; an index, a condition or a function's name stays as it is."""
    whole = ast.Expression(e)
    free = [p for p in places(whole) if not isinstance(p[0], (ast.Subscript, ast.BoolOp)) and p[1] != "func"
            and not (isinstance(p[0], ast.Call) and p[0].func.id in ("where", "grad", "cross_entropy", "bce_logits"))
            and not isinstance(at_place(p), (ast.Compare, ast.BoolOp))]
    place = rng.choice(free)
    put(place, Rename({"E": at_place(place)}).visit(parse(rng.choice(REWRITES))))
    return whole.body


def make_right(rng):
    left, right = rng.choice(LAWS).split(" = ")
    to = {name: parse(rng.choice(pool)) for name, pool in POOLS.items()}
    left, right = (Rename(to).visit(parse(side)) for side in (left, right))
    for _ in range(rng.choice([0, 0, 1, 2])):
        right = rewrite(rng, right)
    return left, right


# ---- wrong ----

OTHER = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Add, ast.Div: ast.Mult, ast.Gt: ast.GtE, ast.GtE: ast.Gt,
         ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.And: ast.Or}
FUNCTIONS = {"max": "min", "min": "max", "sigmoid": "tanh", "tanh": "sigmoid", "sin": "cos", "cos": "sin",
             "sum": "mean", "argmax": "argmin", "softplus": "relu", "relu": "softplus", "exp": "softplus"}
EDGES = ["E + (y == 0)", "E + (y == w)", "E + (x[0] == x[1])", "E*(y != 1)", "where(x[2] == 0, 1, E)",
         "where(norm(x) > 0, E, 2)", "E + (t == 2)*(x[0] == 0)",
         "where(y <= w, E, E + 1)*(y <= w) + E*(y > w) + (y == w)/8"]
DIGITS = ["E*1.0000000000001", "E + 1e-13", "1.000000001*E", "E - 1e-9", "1e16 + E - 1e16 + 1e-3",
          "E + (1 - sigmoid(40))", "E + erfc(7)", "sqrt(2)*E/1.4142135623730951", "E/3*3.0000000000000004",
          "pi*E/3.1415926535897927", "(0.1 + 0.2)*E/0.30000000000000004"]


def mutate_place(rng, place):
    e = at_place(place)
    if isinstance(e, (ast.BinOp, ast.BoolOp)) and type(e.op) in OTHER and rng.random() < 0.7:
        e.op = OTHER[type(e.op)]()
    elif isinstance(e, ast.Compare):
        e.ops[0] = OTHER[type(e.ops[0])]()
    elif isinstance(e, ast.BinOp):
        put(place, e.left)
    elif isinstance(e, ast.UnaryOp):
        put(place, e.operand)
    elif isinstance(e, ast.Constant) and isinstance(place[0], ast.Subscript):
        e.value = (e.value + 1) % 3
    elif isinstance(e, ast.Constant):
        e.value = rng.choice([e.value + 1, e.value + 1, e.value - 1])
    elif isinstance(e, ast.Call) and e.func.id == "where":
        e.args[1], e.args[2] = e.args[2], e.args[1]
    elif (isinstance(e, ast.Call) and e.func.id in FUNCTIONS and
          len(e.args) == (2 if e.func.id in ("max", "min") else 1)):
        e.func.id = FUNCTIONS[e.func.id]
    elif isinstance(e, ast.Call) and e.func.id in ("abs", "relu", "sqrt", "sign"):
        put(place, e.args[0])


def mutate(rng, e):
    whole = ast.Expression(copy.deepcopy(e))
    kind = rng.random()
    if kind < 0.25:
        edge = rng.choice(EDGES)
        return Rename({"E": whole.body}).visit(parse(edge)), "edge"
    if kind < 0.4:
        return Rename({"E": whole.body}).visit(parse(rng.choice(DIGITS))), "digits"
    mutate_place(rng, rng.choice([p for p in places(whole) if p[1] != "func"]))
    return whole.body, "form"


def recur(at):
    """The model's two recurrences."""
    at["h"], at["back"] = [], []
    for k in range(3):
        at["h"].append(oracle.SCALAR["tanh"]((at["h"] or [at["w"]])[-1] + at["x"][k]))
    for k in range(3):
        at["back"].append((at["back"] or [1])[-1] * (1 - at["h"][2 - k] ** 2))


def points(rng, count):
    special = ["0", "0", "1", "-1", "2", "0.5", "-2", "1"]

    def number(kind):
        return Decimal(rng.choice(special)) if rng.random() < kind else Decimal(rng.randint(-3000, 3000)) / 1000
    for k in range(count):
        kind = (0, 0.3, 0.9)[k % 3]
        at = {name: [number(kind) for _ in range(3)] for name in "xzv"}
        at.update(y=number(kind), w=number(kind), t=Decimal(rng.randrange(3)), pi=oracle.PI)
        if k % 5 == 4:
            at["w"] = at["y"]
        recur(at)
        yield at


# of 7, the only one asked for: Abramowitz and Stegun 7.1
oracle.SCALAR["erfc"] = lambda x: Decimal("4.18382560819e-23")


def has_grad(e):
    return any(isinstance(n, ast.Call) and n.func.id == "grad" for n in ast.walk(e))


def where_wrong(rng, left, right, wrong):
    """'' where no point tells them apart, 'edge' where only points with equal or whole numbers do, else 'general'."""
    judged = right if has_grad(left) else left
    found = ""
    for k, at in enumerate(points(rng, 60)):
        a, b, c = (oracle.value_or_none(e, at) for e in (judged, right, wrong))
        if a is None or b is None or c is None or isinstance(a, list) != isinstance(c, list) or not oracle.differ(a, c):
            continue
        if k % 3 == 0 and k % 5 != 4:
            return "general"
        found = "edge"
    return found


def make_wrong(rng):
    while True:
        left, right = make_right(rng)
        wrong, kind = mutate(rng, right)
        place = where_wrong(rng, left, right, wrong)
        if place and text_of(left) != text_of(wrong):
            return left, wrong, f"{place}, {kind}"


# ---- nnc ----

def check_text(left, right):
    return f"check ({text_of(left)}) == ({text_of(right)})"


def batch_check(rng):
    template, right = rng.choice(BATCH)
    e, f = rng.choice(EXAMPLES), rng.choice(EXAMPLES)
    return "check " + re.sub(r"\b[ef]\b", lambda m: e if m.group() == "e" else f, template), right


def make(rng, right):
    """A line of nnc, and of a wrong one where it is wrong."""
    if rng.random() < 0.05:
        while True:
            line, label = batch_check(rng)
            if label == right:
                return line, "batch"
    if right:
        return check_text(*make_right(rng)), "right"
    left, wrong, kind = make_wrong(rng)
    return check_text(left, wrong), kind


def verdicts(nnc, lines):
    """One of proved, holds, refuted, undecided for each line; 'failed: ...' where nnc said something else."""
    with tempfile.NamedTemporaryFile("w", suffix=".nn") as model:
        model.write(MODEL + "\n".join(lines) + "\n")
        model.flush()
        run = subprocess.run([nnc, "check", model.name], capture_output=True, text=True)
    first = MODEL.count("\n") + 1
    said = {}
    for line in run.stdout.splitlines():
        m = re.match(re.escape(model.name) +
                     r":(\d+): check .*?: (proved|holds|refuted|undecided|nnc failed|both sides)", line)
        if m:
            said[int(m.group(1)) - first] = m.group(2)
    return [said.get(k, "failed: " + (run.stderr.strip().splitlines() or ["nothing said"])[0])
            for k in range(len(lines))]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--nnc", default="build/nnc")
    parser.add_argument("--count", type=int, default=1000, help="of right ones, and as many wrong ones")
    parser.add_argument("--seed", default="1")
    parser.add_argument("--show", action="store_true", help="the wrong ones that hold")
    options = parser.parse_args()
    rng = random.Random(options.seed)
    tally, bad = {}, []
    for right in (True, False):
        made = [make(rng, right) for _ in range(options.count)]
        for k in range(0, len(made), 20):  # all proofs of a program share their work
            part = made[k:k + 20]
            for (line, kind), said in zip(part, verdicts(options.nnc, [line for line, _ in part])):
                tally[right, said] = tally.get((right, said), 0) + 1
                if said not in ("proved", "holds", "refuted", "undecided",
                                "both sides") or said == ("refuted" if right else "proved"):
                    bad.append(f"{'right' if right else 'wrong'} ({kind}), {said}: {line}")
                elif options.show and not right and said != "refuted":
                    print(f"{said} though wrong ({kind}): {line}")
    for right in (True, False):
        counts = ", ".join(f"{n} {said}" for (r, said), n in sorted(tally.items(), key=str) if r == right)
        print(f"{'right' if right else 'wrong'}: {counts}")
    print("\n".join(bad))
    sys.exit(bool(bad))


if __name__ == "__main__":
    main()
