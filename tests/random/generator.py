"""Random expressions of a wanted shape, from what is in sight: Generator.make(shape, scope, depth).

Each way of WAYS is tried with its weight: functions, operators, choices, naive forms that rules rewrite, matrix
products, reshapes and pieces, reductions, calls. Function is a `fn` with its meaning.
"""
import math

from expression import (ABOVE, ATOM, COMPARE, FUNCTIONS, INSIDE, NAMES, POSITIVE, SMALL, UNIT, Expr, Var, add, call1,
                        compare, concat, constant, count, div, joined, matmul, meaning, mul, negative, outer, pair,
                        power, read, reduce_whole, reshape, stack, sub, transpose, where)
from indices import index_read, reduction

NUMBERS = [0.5, 0.25, 2, 1.5, 0.125, 3, 0.1, 0.7, 1]
EXTENTS = [1, 2, 2, 3, 3, 4, 4, 5, 6, 7]
MOST_ELEMENTS = 160


class Generator:
    """Expressions of a wanted shape. `names`: what is in sight; `declare`: makes a new parameter of a shape, or None.
    """

    def __init__(self, rng, names, declare):
        self.rng, self.names, self.declare = rng, names, declare

    # ---- leaves ----

    def number(self):
        return constant(self.rng.choice(NUMBERS))

    def leaf(self, shape, scope):
        rng = self.rng
        if shape == () and rng.random() < 0.02:
            return Expr("step", ATOM, (), lambda s, b, ix: [1], 1, True)  # the first: no step was taken before
        exact = [v for v in scope.names if v.shape == shape and not v.whole]
        if exact and rng.random() < (0.6 if not scope.indices else 0.3):
            v = rng.choice(exact[-6:] if rng.random() < 0.6 else exact)
            return Expr(v.name, ATOM, shape, read(v) if v.meant else None, v.size, v.positive, 0, {v.name} | v.deps,
                        v.batch)
        larger = [v for v in scope.names if len(v.shape) >= len(shape) and v.shape and not v.whole]
        rng.shuffle(larger)
        for v in larger[:6]:
            made = index_read(scope, v, shape)
            if made:
                return made
        if not shape and scope.indices and rng.random() < 0.2:
            i = rng.choice(list(scope.indices))
            return Expr("(%s + 1)" % i, ATOM, (), lambda s, b, ix: [ix[i] + 1], scope.indices[i], True, 0)
        v = self.declare(shape) if self.declare else None
        if v:
            return Expr(v.name, ATOM, shape, read(v), v.size, v.positive, 0, {v.name})
        if not shape:
            return self.number()
        return mul(self.number(), Expr("ones(%s)" % ", ".join(map(str, shape)), ATOM, shape,
                                       lambda s, b, ix: [1.0] * count(shape), 1, True))

    # ---- into a domain ----

    def small(self, e, most=2.5):
        if e.size <= most:
            return e
        f = self.rng.choice(["tanh", "sin", "atan", "softsign"])
        if self.rng.random() < 0.3:
            return div(e, constant(float(2 ** math.ceil(math.log2(e.size / most)))))
        return call1(f, e)

    def positive(self, e):
        rng = self.rng
        if e.positive and e.size < 60:
            return e
        e = self.small(e, 4)
        way = rng.randrange(7)
        if way == 0:
            return call1("softplus", e)
        if way == 1:
            return call1("exp", self.small(e))
        if way == 2:
            made = add(power(e, constant(2)), constant(0.5))
        elif way == 3:
            made = add(call1("abs", e), constant(rng.choice([0.5, 1, 1.5])))
        elif way == 4:
            made = add(constant(1), call1("exp", self.small(e)))
        elif way == 5:
            return call1("sigmoid", e)
        else:
            made = add(constant(1.5), call1("sin", e))
        made.positive = True
        return made

    def function(self, name, e):
        domain = FUNCTIONS[name][1]
        if domain == SMALL:
            e = self.small(e)
        if domain == POSITIVE:
            e = self.positive(e)
        if domain == ABOVE:
            e = add(constant(1), self.positive(e))
        if domain in (UNIT, INSIDE):
            e = call1(self.rng.choice(["tanh", "sin", "sigmoid"]), e)
        if domain == INSIDE:
            e = mul(constant(0.75), e)
        if name in ("floor", "sign") or e.size > 60:
            e = self.small(e, 20)
        return call1(name, e)

    # ---- forms ----

    def shorter(self, shape):
        """A shape that the suffix rule lets stand beside this one."""
        if self.rng.random() < 0.6:
            return shape
        return shape[self.rng.randint(0, len(shape)):]

    def unary(self, shape, scope, depth):
        name = self.rng.choice(NAMES)
        if name in ("floor", "sign") and self.rng.random() < 0.7:
            name = "tanh"
        return self.function(name, self.make(shape, scope, depth - 1))

    def binary(self, shape, scope, depth):
        a, b = self.make(shape, scope, depth - 1), self.make(self.shorter(shape), scope, depth - 1)
        if self.rng.random() < 0.5 and len(b.shape) <= len(a.shape):
            a, b = b, a
        op = self.rng.choice(["+", "+", "-", "*", "*", "/", "^", "max", "min", "negative", "square"])
        if op == "+":
            return add(a, b)
        if op == "-":
            same = a.text in b.text or b.text in a.text # x - stop(x) is 0, and a tie wherever it is compared
            return add(a, b) if same else sub(a, b)
        if op == "*":
            return mul(self.small(a, 12), self.small(b, 12))
        if op == "/":
            return div(a, self.positive(b))
        if op == "^":
            return power(self.positive(self.small(a, 6)), self.small(b, 2))
        if op in ("max", "min"):
            tie = a.text in b.text or b.text in a.text # min(x, stop(x))
            return add(a, b) if tie else pair(op, a, b)
        e = a if len(a.shape) >= len(b.shape) else b
        return negative(e) if op == "negative" else power(self.small(e, 5), constant(self.rng.choice([2, 2, 3])))

    def choice(self, shape, scope, depth):
        a, b = self.make(self.shorter(shape), scope, depth - 1), self.make(shape, scope, depth - 1)
        c = self.make(self.shorter(shape), scope, depth - 2)
        other = constant(self.rng.choice([0, 0.5, -0.25]))
        return where(compare(self.rng.choice(list(COMPARE)), c, other), a, b)

    def stable(self, shape, scope, depth):
        """Naive forms that rules rewrite."""
        rng, e = self.rng, self.small(self.make(shape, scope, depth - 1), 6)
        one, exp = constant(1), call1("exp", self.small(e, 3))
        forms = [
            lambda: call1("log", add(one, exp)),
            lambda: call1("log", call1("sigmoid", e)),
            lambda: sub(one, call1("sigmoid", e)),
            lambda: div(one, add(one, call1("exp", negative(self.small(e, 3))))),
            lambda: div(exp, add(one, exp)),
            lambda: sub(exp, one),
            lambda: mul(call1("sigmoid", e), call1("log", call1("sigmoid", e))),
            lambda: call1("log", call1("sqrt", self.positive(e))),
            lambda: call1("log", mul(self.positive(e), exp)),
            lambda: call1("log", div(self.positive(e), exp)),
            lambda: call1("log", exp),
            lambda: negative(call1("log", sub(one, call1("sigmoid", e)))),
        ]
        if shape:
            forms += [lambda: div(exp, reduce_whole("sum", exp)), lambda: self.softmax(e)] * 2
        else:
            v = self.small(self.make(self.shape(1), scope, depth - 1), 6)
            ev = call1("exp", self.small(v, 3))
            forms += [lambda: call1("log", reduce_whole("sum", ev)),
                      lambda: call1("log", reduce_whole("sum",
                                                        mul(self.positive(self.make(v.shape, scope, 0)), ev)))] * 3
        return rng.choice(forms)()

    def softmax(self, e):
        n = e.shape[-1]

        def run(x):
            out = []
            for r in range(0, len(x), n):
                row = [math.exp(y) for y in x[r:r + n]]
                out += [y / sum(row) for y in row]
            return out

        def run_log(x):
            return [math.log(y) for y in run(x)]

        if self.rng.random() < 0.4:
            return Expr("log_softmax(%s)" % e.text, ATOM, e.shape, meaning([e], run_log), e.size, **joined([e]))
        return Expr("softmax(%s)" % e.text, ATOM, e.shape, meaning([e], run), 1, True, **joined([e]))

    def product(self, shape, scope, depth):
        rng = self.rng
        k = rng.choice(EXTENTS)
        if not shape:
            a, b = self.make((k,), scope, depth - 1), self.make((k,), scope, depth - 1)
            return matmul(self.small(a, 8), self.small(b, 8))
        if len(shape) == 1:
            v, n = self.small(self.make((k,), scope, depth - 1), 8), shape[0]
            t = rng.random() < 0.4
            if rng.random() < 0.6:
                return matmul(self.small(self.make((k, n) if t else (n, k), scope, depth - 2), 8), v, ta=t)
            return matmul(v, self.small(self.make((n, k) if t else (k, n), scope, depth - 2), 8), tb=t)
        if len(shape) == 2:
            m, n = shape
            if rng.random() < 0.2:
                return outer(self.small(self.make((m,), scope, depth - 1), 8),
                             self.small(self.make((n,), scope, depth - 1), 8))
            ta, tb = rng.random() < 0.35, rng.random() < 0.35
            a = self.make((k, m) if ta else (m, k), scope, depth - 1)
            b = self.make((n, k) if tb else (k, n), scope, depth - 2)
            return matmul(self.small(a, 8), self.small(b, 8), ta, tb)
        return None

    def shaped(self, shape, scope, depth):
        """Another shape's value, seen with this one; or joined from pieces."""
        rng, n = self.rng, count(shape)
        if not shape:
            return None
        way = rng.randrange(4)
        if way == 0:
            source = rng.choice([s for s in _factors(n) if s != shape] or [(n, 1)])
            if shape == source:
                return None
            return reshape(self.make(source, scope, depth - 1), shape)
        if way == 1 and len(shape) == 2:
            return transpose(self.make((shape[1], shape[0]), scope, depth - 1))
        axis = rng.choice([None, None] + list(range(len(shape))))
        if way == 2 and shape[-1 if axis is None else axis] > 1:
            at = len(shape) - 1 if axis is None else axis
            cut = rng.randint(1, shape[at] - 1)
            sizes = [cut, shape[at] - cut]
            number = len(shape) == 1 and axis is None
            parts = [self.make(shape[:at] + ((k,) if not number or k > 1 or rng.random() < 0.5 else ()) +
                               shape[at + 1:], scope, depth - 1)
                     for k in sizes]
            return concat(parts, axis)
        at = axis or 0
        if way == 3 and shape[at] <= 4 and depth > 1:
            return stack([self.make(shape[:at] + shape[at + 1:], scope, depth - 2) for _ in range(shape[at])], axis)
        return None

    def reduced(self, shape, scope, depth):
        rng = self.rng
        name = rng.choice(["sum"] * 4 + ["mean", "mean", "max", "max", "min", "logsumexp", "norm", "prod"])

        def tame(e):
            if name == "prod":
                return add(constant(1), div(self.small(e, 2), constant(4)))
            return self.small(e, 8) if name in ("logsumexp", "norm") else self.small(e, 40)

        extents = tuple(rng.choice(EXTENTS[:-2]) for _ in range(rng.choice([1, 1, 1, 2, 2, 3])))
        if name == "prod": # of few factors: it grows beyond what difference quotients can see
            extents = extents if count(extents) < 10 else extents[:1]
        if not shape and name != "prod" and rng.random() < 0.4:
            return reduce_whole(name, tame(self.make(self.shape(rng.choice([1, 1, 2])), scope, depth - 1)))
        if count(extents) * count(shape) > MOST_ELEMENTS or len(scope.indices) > 5:
            return None
        return reduction(scope, lambda inner: tame(self.make(shape, inner, depth - 1)), extents, name)

    def called(self, shape, scope, depth):
        fits = [f for f in scope.names if isinstance(f, Function) and f.fits(shape)]
        return self.rng.choice(fits).call(self, shape, scope, depth) if fits else None

    def stopped(self, shape, scope, depth):
        e = self.make(shape, scope, depth - 1)
        return Expr("stop(%s)" % e.text, ATOM, shape, e.at, e.size, e.positive, 0, e.deps, e.batch)

    def onehot(self, shape, scope, depth):
        fits = [v for v in scope.names if v.whole > 0 and v.shape == shape[:-1]]
        if not shape or not fits:
            return None
        v, n = self.rng.choice(fits), shape[-1]
        one = Expr("onehot(%s, %d)" % (v.name, n), ATOM, shape, None, 1, False, 0, {v.name} | v.deps, v.batch)
        if v.meant:
            at = read(v)
            one.at = lambda s, b, ix: [float(k == int(y)) for y in at(s, b, ix) for k in range(n)]
        return mul(one, self.make(self.shorter(shape), scope, depth - 1))

    WAYS = [("unary", 10), ("binary", 12), ("choice", 2), ("stable", 3), ("product", 5), ("shaped", 3), ("reduced", 6),
            ("called", 3), ("stopped", 0.3), ("onehot", 1)]

    def make(self, shape, scope, depth):
        if depth <= 0 or self.rng.random() < 0.08:
            return self.leaf(shape, scope)
        for _ in range(4):
            way = self.rng.choices([w for w, _ in self.WAYS], [k for _, k in self.WAYS])[0]
            e = getattr(self, way)(shape, scope, depth)
            if e is not None and e.shape == shape and len(e.text) < 400:
                if e.whole:
                    e = mul(constant(0.5), e)
                    e.whole = 0
                return e
        return self.leaf(shape, scope)

    def shape(self, rank):
        while True:
            s = tuple(self.rng.choice(EXTENTS) for _ in range(rank))
            if count(s) <= MOST_ELEMENTS:
                return s


def _factors(n):
    out = [(n,)]
    for a in range(1, n + 1):
        if n % a == 0:
            out.append((a, n // a))
            for b in range(2, n // a):
                if (n // a) % b == 0:
                    out.append((a, b, n // a // b))
    return out


class Function(Var):
    """fn f(x[n], a, ...) = body: called with arguments that have more axes in front, it is mapped over them."""

    def __init__(self, name, formals, body, extents):
        super().__init__(name, (-1,), kind="fn")
        self.whole = -2  # no value: never read as one
        self.formals, self.body, self.extents = formals, body, extents

    def fits(self, shape):
        k = len(self.body.shape)
        return len(shape) >= k and shape[len(shape) - k:] == self.body.shape

    def call(self, make, shape, scope, depth):
        lead = shape[:len(shape) - len(self.body.shape)]
        lifted = make.rng.randrange(len(self.formals))
        parts = []
        for k, formal in enumerate(self.formals):
            extra = lead if k == lifted else lead[make.rng.randint(0, len(lead)):]
            e = make.small(make.make(extra + formal.shape, scope, depth - 2), 3)
            # a plain formal takes a list whole
            parts.append(e if formal.shape or e.text[0] != "k" else mul(constant(0.5), e))
        formals, body = self.formals, self.body.at
        counts = [count(f.shape) for f in formals]

        def run(s, b, ix):
            values = [p.at(s, b, ix) for p in parts]
            out = []
            for r in range(count(lead)):
                frame = {}
                for f, v, n in zip(formals, values, counts):
                    at = (r * n) % len(v)
                    frame[f] = v[at:at + n]
                out += body(s, b, frame)
            return out

        text = "%s(%s)" % (self.name, ", ".join(p.text for p in parts))
        whole = all(p.at for p in parts) and body
        return Expr(text, ATOM, shape, run if whole else None, self.body.size, self.body.positive, 0, **joined(parts))
