"""Random well-typed expressions of the language, each with its meaning.

In: a random generator and the names in sight. Out: an Expr: its text, its shape, and `at`, which computes its value
in plain Python straight from the manual, element by element: a judge that shares no line with the compiler.
An Expr without a meaning (a derivative, a batchnorm) has at = None, and so has whatever is built on it.

Arguments are kept in the domain of what they are given to, by what is known of an Expr: `positive` (away from 0) and
`size`, a rough bound of what it comes to.
"""
import itertools
import math
import sys

ATOM, POWER, NEGATIVE, MATRIX, PRODUCT, REDUCTION, SUM, COMPARISON, LOGIC = 9, 8, 7, 6, 5, 4, 3, 2, 1


def count(shape):
    n = 1
    for extent in shape:
        n *= extent
    return n


def places(shape):
    """All index tuples, row by row."""
    return itertools.product(*[range(n) for n in shape])


def flat(shape, place):
    at = 0
    for extent, k in zip(shape, place):
        at = at * extent + k
    return at


class Var:
    """A name: an input, a parameter, a definition or a formal. `at` is None for what is given."""

    def __init__(self, name, shape, at=None, whole=0, positive=False, size=2.0, deps=(), batch=False, meant=True,
                 kind="def"):
        self.name, self.shape, self.at, self.whole = name, tuple(shape), at, whole
        self.positive, self.size, self.deps, self.batch = positive, size, frozenset(deps), batch
        self.meant, self.kind = meant, kind


class Expr:
    def __init__(self, text, level, shape, at, size=2.0, positive=False, whole=0, deps=(), batch=False):
        self.text, self.level, self.shape, self.at = text, level, tuple(shape), at
        self.size, self.positive, self.deps, self.batch = size, positive, frozenset(deps), batch
        self.whole = whole  # 0: real; k: whole values 0..k-1; -1: whole, of no known range

    def within(self, level):
        return self.text if self.level >= level else "(" + self.text + ")"


class NoMeaning(Exception):
    """A value that Python cannot compute was asked for: a place in an array, say, that is the argmax of a derivative.
    """


class Store:
    """Values at one point: `given` by name and example; definitions are computed once for each example."""

    def __init__(self, given, examples):
        self.given, self.examples, self.known = given, examples, {}

    def value(self, var, b):
        if var.at is None:
            if var.name not in self.given:
                raise NoMeaning(var.name)
            value = self.given[var.name]
            return value[b] if var.kind == "input" else value
        key = (id(var), b)
        if key not in self.known:
            self.known[key] = var.at(self, b, {})
        return self.known[key]


def read(var):
    return lambda s, b, ix: ix[var] if var in ix else s.value(var, b)


# ---- scalar functions: what they mean; the argument's domain; what comes out ----

def digamma(x):
    total = 0.0
    if x < 0.5:
        return digamma(1 - x) - math.pi / math.tan(math.pi * x)
    while x < 20:
        total -= 1 / x
        x += 1
    y = 1 / (x * x)
    series = y * (1 / 12 - y * (1 / 120 - y * (1 / 252 - y * (1 / 240 - y * (1 / 132 - y * 691 / 32760)))))
    return total + math.log(x) - 0.5 / x - series


def sigmoid(x):
    return 1 / (1 + math.exp(-x)) if x >= 0 else math.exp(x) / (1 + math.exp(x))


def softplus(x):
    return max(x, 0.0) + math.log1p(math.exp(-abs(x)))


def sign(x):
    return (x > 0) - (x < 0)


def elu(x):
    return x if x > 0 else math.expm1(x)


ANY, SMALL, POSITIVE, ABOVE, UNIT, INSIDE = "any", "small", "positive", "above 1", "unit", "inside of unit"
# name: meaning, domain, size of the result, is it positive, is it whole
FUNCTIONS = {
    "exp": (math.exp, SMALL, lambda m: math.exp(m), True, 0),
    "log": (math.log, POSITIVE, lambda m: 2 + math.log(1 + m), False, 0),
    "log1p": (math.log1p, POSITIVE, lambda m: math.log(2 + m), True, 0),
    "expm1": (math.expm1, SMALL, lambda m: math.exp(m), False, 0),
    "sin": (math.sin, ANY, lambda m: 1, False, 0),
    "cos": (math.cos, ANY, lambda m: 1, False, 0),
    "tan": (math.tan, UNIT, lambda m: 2, False, 0),
    "atan": (math.atan, ANY, lambda m: 1.5, False, 0),
    "asin": (math.asin, INSIDE, lambda m: 1, False, 0),
    "acos": (math.acos, INSIDE, lambda m: 2.5, True, 0),
    "tanh": (math.tanh, ANY, lambda m: 1, False, 0),
    "sinh": (math.sinh, SMALL, lambda m: math.exp(m), False, 0),
    "cosh": (math.cosh, SMALL, lambda m: math.exp(m), True, 0),
    "asinh": (math.asinh, ANY, lambda m: math.log(1 + 2 * m), False, 0),
    "acosh": (math.acosh, ABOVE, lambda m: math.log(2 + 2 * m), False, 0),
    "atanh": (math.atanh, INSIDE, lambda m: 1, False, 0),
    "sigmoid": (sigmoid, ANY, lambda m: 1, True, 0),
    "softplus": (softplus, ANY, lambda m: 1 + m, True, 0),
    "sqrt": (math.sqrt, POSITIVE, lambda m: 1 + math.sqrt(m), True, 0),
    "abs": (abs, ANY, lambda m: m, False, 0),
    "sign": (sign, ANY, lambda m: 1, False, -1),
    "floor": (math.floor, ANY, lambda m: 1 + m, False, -1),
    "erf": (math.erf, ANY, lambda m: 1, False, 0),
    "erfc": (math.erfc, ANY, lambda m: 2, False, 0),
    "lgamma": (math.lgamma, POSITIVE, lambda m: 2 + m * m, False, 0),
    "digamma": (digamma, POSITIVE, lambda m: 4 + m, False, 0),
    "relu": (lambda x: max(0.0, x), ANY, lambda m: m, False, 0),
    "leaky_relu": (lambda x: x if x > 0 else 0.01 * x, ANY, lambda m: m, False, 0),
    "elu": (elu, ANY, lambda m: m, False, 0),
    "selu": (lambda x: 1.0507009873554805 * (x if x > 0 else 1.6732632423543772 * math.expm1(x)), ANY, lambda m: 2 * m,
             False, 0),
    "gelu": (lambda x: x * (1 + math.erf(x / math.sqrt(2))) / 2, ANY, lambda m: m, False, 0),
    "gelu_tanh": (lambda x: x * (1 + math.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x ** 3))) / 2, ANY,
                  lambda m: m, False, 0),
    "silu": (lambda x: x * sigmoid(x), ANY, lambda m: m, False, 0),
    "mish": (lambda x: x * math.tanh(softplus(x)), ANY, lambda m: m, False, 0),
    "hardtanh": (lambda x: max(-1.0, min(1.0, x)), ANY, lambda m: 1, False, 0),
    "softsign": (lambda x: x / (1 + abs(x)), ANY, lambda m: 1, False, 0),
}
NAMES = list(FUNCTIONS)


def logsumexp(v):
    m = max(v)
    return m + math.log(sum(math.exp(x - m) for x in v))


REDUCE = {
    "sum": sum,
    "mean": lambda v: sum(v) / len(v),
    "max": max,
    "min": min,
    "prod": math.prod,
    "logsumexp": logsumexp,
    "norm": lambda v: math.sqrt(sum(x * x for x in v)),
    "argmax": lambda v: v.index(max(v)),
}


# ---- building blocks: texts and meanings together ----

def meaning(parts, f):
    """f(values of the parts), where all of them have a meaning."""
    if any(p.at is None for p in parts):
        return None
    ats = [p.at for p in parts]
    return lambda s, b, ix: f(*[at(s, b, ix) for at in ats])


def joined(parts):
    return {"deps": frozenset().union(*[p.deps for p in parts]), "batch": any(p.batch for p in parts)}


def constant(x, size=None):
    return Expr("%g" % x if float("%g" % x) == x else repr(x), ATOM if x >= 0 else NEGATIVE, (), lambda s, b, ix: [x],
                abs(x) if size is None else size, x > 0)


def elementwise(parts, f, text, level, **known):
    """The suffix rule: a shorter shape is the end of the longer one."""
    shape = max((p.shape for p in parts), key=len)

    def run(*values):
        n = count(shape)
        return [f(*[v[k % len(v)] for v in values]) for k in range(n)]

    return Expr(text, level, shape, meaning(parts, run), **{**joined(parts), **known})


def call1(name, e):
    f, _, size, positive, whole = FUNCTIONS[name]
    return elementwise([e], f, "%s(%s)" % (name, e.text), ATOM, size=size(min(e.size, 50)), positive=positive,
                       whole=whole)


def add(a, b):
    return elementwise([a, b], lambda x, y: x + y, "%s + %s" % (a.within(SUM), b.within(REDUCTION)), SUM,
                       size=a.size + b.size, positive=a.positive and b.positive)


def sub(a, b):
    return elementwise([a, b], lambda x, y: x - y, "%s - %s" % (a.within(SUM), b.within(REDUCTION)), SUM,
                       size=a.size + b.size)


def mul(a, b):
    return elementwise([a, b], lambda x, y: x * y, "%s * %s" % (a.within(PRODUCT), b.within(MATRIX)), PRODUCT,
                       size=a.size * b.size, positive=a.positive and b.positive)


def div(a, b):
    return elementwise([a, b], lambda x, y: x / y, "%s / %s" % (a.within(PRODUCT), b.within(MATRIX)), PRODUCT,
                       size=a.size * 3, positive=False)


def power(a, b):
    return elementwise([a, b], lambda x, y: x ** y, "%s^%s" % (a.within(ATOM), b.within(NEGATIVE)), POWER,
                       size=max(1, a.size) ** min(4, b.size), positive=a.positive)


def negative(a):
    return elementwise([a], lambda x: -x, "-" + a.within(MATRIX), NEGATIVE, size=a.size)


def pair(name, a, b):
    f = max if name == "max" else min
    return elementwise([a, b], f, "%s(%s, %s)" % (name, a.text, b.text), ATOM, size=a.size + b.size,
                       positive=a.positive and b.positive)


COMPARE = {"<": lambda x, y: float(x < y), "<=": lambda x, y: float(x <= y), ">": lambda x, y: float(x > y),
           ">=": lambda x, y: float(x >= y)}


def compare(op, a, b):
    return elementwise([a, b], COMPARE[op], "%s %s %s" % (a.within(SUM), op, b.within(SUM)), COMPARISON, size=1,
                       whole=2)


def where(c, a, b):
    return elementwise([c, a, b], lambda x, y, z: y if x else z, "where(%s, %s, %s)" % (c.text, a.text, b.text), ATOM,
                       size=max(a.size, b.size), positive=a.positive and b.positive)


def reduce_whole(name, e):
    f = REDUCE[name]
    n = count(e.shape)
    size = {"sum": e.size * math.sqrt(n), "norm": e.size * math.sqrt(n), "logsumexp": e.size + math.log(n),
            "prod": max(1, e.size) ** min(n, 6)}.get(name, e.size)
    return Expr("%s(%s)" % (name, e.text), ATOM, (), meaning([e], lambda v: [f(v)]), size=size,
                positive=e.positive and name in ("sum", "mean", "max", "min", "norm"),
                whole=n if name == "argmax" else 0, **joined([e]))


def matmul(a, b, ta=False, tb=False):
    """a @ b where a has rank 1 or 2, and so has b; ta, tb: transposed first."""
    ra, rb = len(a.shape), len(b.shape)
    sa = tuple(reversed(a.shape)) if ta else a.shape
    sb = tuple(reversed(b.shape)) if tb else b.shape
    m, n = (sa[0] if ra == 2 else 1), (sb[1] if rb == 2 else 1)
    k = sa[-1]

    def run(x, y):
        def left(i, j):
            return x[j * a.shape[1] + i] if ta else x[i * k + j]

        def right(j, i):
            return y[i * b.shape[1] + j] if tb else y[j * n + i]

        return [sum(left(i, l) * right(l, j) for l in range(k)) for i in range(m) for j in range(n)]

    shape = ((m,) if ra == 2 else ()) + ((n,) if rb == 2 else ())
    text = "%s%s @ %s%s" % (a.within(MATRIX if not ta else ATOM), "'" * ta, b.within(ATOM), "'" * tb)
    return Expr(text, MATRIX, shape, meaning([a, b], run), size=a.size * b.size * math.sqrt(k), **joined([a, b]))


def outer(a, b):
    return Expr("outer(%s, %s)" % (a.text, b.text), ATOM, a.shape + b.shape,
                meaning([a, b], lambda x, y: [p * q for p in x for q in y]), size=a.size * b.size, **joined([a, b]))


def reshape(e, shape):
    text = "flatten(%s)" % e.text if len(shape) == 1 else "reshape(%s, %s)" % (e.text, ", ".join(map(str, shape)))
    return Expr(text, ATOM, shape, e.at, e.size, e.positive, e.whole, e.deps, e.batch)


def transpose(e):
    m, n = e.shape
    run = lambda x: [x[i * n + j] for j in range(n) for i in range(m)]
    return Expr(e.within(ATOM) + "'", ATOM, (n, m), meaning([e], run), e.size, e.positive, e.whole, e.deps, e.batch)


def concat(parts, axis=None):
    """On the last axis, or on the one that is written."""
    at = axis if axis is not None else max(len(parts[0].shape) - 1, 0)
    lead, rest = parts[0].shape[:at], parts[0].shape[at + 1:]
    rows = count(lead)
    extents = [p.shape[at] if p.shape else 1 for p in parts]
    widths = [n * count(rest) for n in extents]

    def run(*values):
        return [x for r in range(rows) for v, w in zip(values, widths) for x in v[r * w:(r + 1) * w]]

    return Expr("concat(%s%s)" % (", ".join(p.text for p in parts), "" if axis is None else ", axis = %d" % axis), ATOM,
                lead + (sum(extents),) + rest, meaning(parts, run), size=max(p.size for p in parts),
                positive=all(p.positive for p in parts), **joined(parts))


def stack(parts, axis=None):
    at = axis or 0
    rows, width = count(parts[0].shape[:at]), count(parts[0].shape[at:])

    def run(*values):
        return [x for r in range(rows) for v in values for x in v[r * width:(r + 1) * width]]

    return Expr("stack(%s%s)" % (", ".join(p.text for p in parts), "" if axis is None else ", axis = %d" % axis), ATOM,
                parts[0].shape[:at] + (len(parts),) + parts[0].shape[at:], meaning(parts, run),
                size=max(p.size for p in parts), positive=all(p.positive for p in parts), **joined(parts))


def over_batch(name, e):
    f = REDUCE[name]
    at = e.at

    def run(s, b, ix):
        every = [at(s, k, ix) for k in range(s.examples)]
        return [f([v[k] for v in every]) for k in range(count(e.shape))]

    size = e.size * 2 if name == "sum" else e.size
    body = e.text if e.level >= PRODUCT and e.text[0] not in "-" else "(" + e.text + ")"
    return Expr("%s(batch) %s" % (name, body), REDUCTION, e.shape, run if at else None, size, e.positive, 0, e.deps,
                True)


if __name__ == "__main__":
    sys.exit("this file is imported by run.py")
