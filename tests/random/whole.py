"""Whole numbers of every size, as indices and in comparisons: each method of Whole says a statement, with its meaning
in Python's integers, which have no width.

A whole expression is a Number: text, at(store, example, indices), and the bounds lo..hi that hold for every input: nnc
has to find bounds too, so no value leaves 2^53, and products are kept below it by a remainder.
"""
from expression import ATOM, REDUCTION, Expr, count, flat, places, read
from indices import Scope

MOST = 2 ** 53 - 1
CONSTANTS = [1, 2, 3, 7, 49, 1000, 4099, 46341, 65536, 100000, 1000003, 16777217, 536870912, 2147483647]


class Number:
    def __init__(self, text, at, lo, hi):
        self.text, self.at, self.lo, self.hi = text, at, lo, hi

    def fits(self):
        return -MOST <= self.lo and self.hi <= MOST


def hull(values):
    return min(values), max(values)


def times(a, b):
    lo, hi = hull([x * y for x in (a.lo, a.hi) for y in (b.lo, b.hi)])
    return Number("(%s*%s)" % (a.text, b.text), lambda s, e, ix: a.at(s, e, ix) * b.at(s, e, ix), lo, hi)


def plus(a, b):
    return Number("(%s + %s)" % (a.text, b.text), lambda s, e, ix: a.at(s, e, ix) + b.at(s, e, ix), a.lo + b.lo,
                  a.hi + b.hi)


def minus(a, b):
    return Number("(%s - %s)" % (a.text, b.text), lambda s, e, ix: a.at(s, e, ix) - b.at(s, e, ix), a.lo - b.hi,
                  a.hi - b.lo)


def remainder(a, k):
    lo, hi = (0, k - 1) if k > 0 else (k + 1, 0)
    return Number("(%s mod %d)" % (a.text, k), lambda s, e, ix: a.at(s, e, ix) % k, lo, hi)


def quotient(a, k):
    lo, hi = hull([a.lo // k, a.hi // k])
    return Number("floor(%s/%d)" % (a.text, k), lambda s, e, ix: a.at(s, e, ix) // k, lo, hi)


def larger(name, a, b):
    f = max if name == "max" else min
    return Number("%s(%s, %s)" % (name, a.text, b.text), lambda s, e, ix: f(a.at(s, e, ix), b.at(s, e, ix)),
                  f(a.lo, b.lo), f(a.hi, b.hi))


def magnitude(a):
    lo = 0 if a.lo <= 0 <= a.hi else min(abs(a.lo), abs(a.hi))
    return Number("abs(%s)" % a.text, lambda s, e, ix: abs(a.at(s, e, ix)), lo, max(abs(a.lo), abs(a.hi)))


COMPARISONS = {"==": lambda a, b: a == b, "<": lambda a, b: a < b, "<=": lambda a, b: a <= b, "!=": lambda a, b: a != b}


def choice(op, a, b, c, d):
    holds = COMPARISONS[op]
    return Number("where(%s %s %s, %s, %s)" % (a.text, op, b.text, c.text, d.text),
                  lambda s, e, ix: c.at(s, e, ix) if holds(a.at(s, e, ix), b.at(s, e, ix)) else d.at(s, e, ix),
                  min(c.lo, d.lo), max(c.hi, d.hi))


class Whole:
    """Mixed into definitions.Definitions."""

    def integers(self):
        """Inputs of any int32, one by itself and one in a row."""
        for shape in [(), (3,)]:
            name = self.new_name("n%d")
            self.say("input %s%s : int" % (name, "[3]" if shape else ""))
            self.whole_inputs.append((name, shape, -2 ** 31, 2 ** 31 - 1))
        name, k = self.new_name("c%d"), self.rng.choice([2, 7, 60000])
        self.say("input %s : class(%d)" % (name, k))
        self.whole_inputs.append((name, (), 0, k - 1))

    def whole_leaf(self, scope):
        rng = self.rng
        way = rng.random()
        if way < 0.4 and scope.indices:
            i = rng.choice(list(scope.indices))
            return Number(i, lambda s, e, ix: ix[i], 0, scope.indices[i] - 1)
        if way < 0.8 and self.whole_inputs:
            name, shape, lo, hi = rng.choice(self.whole_inputs)
            place = rng.randrange(3) if shape else 0
            text = "%s[%d]" % (name, place) if shape else name
            return Number(text, lambda s, e, ix: int(s.given[name][e][place]), lo, hi)
        k = rng.choice(CONSTANTS)
        return Number(str(k), lambda s, e, ix: k, k, k)

    def whole_number(self, scope, depth):
        rng = self.rng
        if depth == 0 or rng.random() < 0.1:
            return self.whole_leaf(scope)
        way = rng.choice(["+", "-", "*", "*", "mod", "floor", "extremum", "abs", "where"])
        a = self.whole_number(scope, depth - 1)
        k = rng.choice(CONSTANTS[1:]) * rng.choice([1, 1, 1, -1])
        if way == "mod":
            made = remainder(a, k)
        elif way == "floor":
            made = quotient(a, k)
        elif way == "abs":
            made = magnitude(a)
        else:
            b = self.whole_number(scope, depth - 1)
            if way == "*" and not times(a, b).fits():
                a, b = remainder(a, 1000003), remainder(b, 65537)
            if way == "where":
                c, d = self.whole_leaf(scope), self.whole_leaf(scope)
                made = choice(rng.choice(list(COMPARISONS)), c, d, a, b)
            else:
                either = lambda p, q: larger(rng.choice(["max", "min"]), p, q)
                made = {"+": plus, "-": minus, "*": times}.get(way, either)(a, b)
        return made if made.fits() else remainder(a, abs(k) + 1)

    def whole_place(self, scope, n):
        """An index into n places: text, and at(...), None where it is beyond them or not whole."""
        rng = self.rng
        e = self.whole_number(scope, rng.choice([1, 2, 2, 3]))
        way = rng.random()
        if way < 0.45:
            r = remainder(e, n)
            return r.text[1:-1], r.at, ""
        if way < 0.6 and scope.indices: # a coefficient so large that few places are inside
            i, c = rng.choice(list(scope.indices)), rng.choice(CONSTANTS)
            e = plus(times(Number(str(c), lambda s, b, ix: c, c, c),
                           Number(i, lambda s, b, ix: ix[i], 0, scope.indices[i] - 1)), self.whole_leaf(scope))
        inside = lambda v: v if 0 <= v < n else None
        if way < 0.8:
            return e.text, lambda s, b, ix: inside(e.at(s, b, ix)), " else 0"
        d = rng.choice([2, 3, 7])
        def quotient(s, b, ix):
            return inside(e.at(s, b, ix) // d) if e.at(s, b, ix) % d == 0 else None

        return "%s/%d" % (e.text, d), quotient, " else 0"

    def whole_places(self):
        """Elements at computed places: an array of them, or the mean of thousands."""
        rng = self.rng
        fits = [v for v in self.reals() if v.shape and v.kind in ("input", "param") and len(v.shape) <= 2 and v.meant]
        if not fits:
            return
        x, extent = rng.choice(fits), rng.choice([1, 3, 4, 7, 40, 3000])
        scope = Scope(rng, self.names).inside({"i": extent})
        at, parts, masked = [], [], ""
        for n in x.shape:
            text, place, guard = self.whole_place(scope, n)
            parts.append(text)
            at.append(place)
            masked = masked or guard
        value, shape = read(x), x.shape

        def one(s, b, i):
            where = [place(s, b, {"i": i}) for place in at]
            return 0.0 if None in where else value(s, b, {})[flat(shape, where)]

        body, name = "%s[%s%s]" % (x.name, ", ".join(parts), masked), self.new_name()
        if extent > 40:
            self.say("%s = mean(i < %d) %s" % (name, extent, body))
            made = Expr(name, ATOM, (), lambda s, b, ix: [sum(one(s, b, i) for i in range(extent)) / extent], x.size,
                        deps={x.name} | x.deps)
        else:
            self.say("%s[i < %d] = %s" % (name, extent, body))
            made = Expr(name, ATOM, (extent,), lambda s, b, ix: [one(s, b, i) for i in range(extent)], x.size,
                        deps={x.name} | x.deps)
        self.define(made, name)

    def whole_comparison(self):
        """How often one whole value is less than another, and equal to it."""
        rng = self.rng
        extent, scope = 5, Scope(rng, self.names).inside({"i": 5})
        a = self.whole_number(scope, 2)
        b = rng.choice([self.whole_number(scope, 2), plus(a, Number("i", lambda s, e, ix: ix["i"] , 0, 4))])
        if not b.fits():
            return
        op, name = rng.choice(list(COMPARISONS)), self.new_name()
        holds = COMPARISONS[op]
        self.say("%s = 0.25 * (sum(i < %d) (%s %s %s))" % (name, extent, a.text, op, b.text))

        def run(s, e, ix):
            return [0.25 * sum(holds(a.at(s, e, {"i": i}), b.at(s, e, {"i": i})) for i in range(extent))]

        self.define(Expr(name, ATOM, (), run, 2), name)

    def packed_triangle(self):
        """Element (i, j) of a triangle packed by rows stands at i(i+1)/2 + j."""
        rng = self.rng
        m, n = rng.randint(2, 5), rng.choice([3, 5, 1000])
        packed = self.declare((m * (m + 1) // 2,))
        if not packed:
            return
        row, name, size = self.new_name("n%d"), self.new_name(), m * (m + 1) // 2
        value = read(packed)
        stride = rng.choice([1, 7, 4096])
        place = lambda i: stride * i * (stride * i + 1) // 2 + stride * i
        self.say("%s = mean(i < %d) %s[%d*i*(%d*i + 1)/2 + %d*i else 0]" %
                 (name, n, packed.name, stride, stride, stride))
        self.define(Expr(name, ATOM, (), lambda s, b, ix: [sum(value(s, b, {})[place(i)] for i in range(n)
                                                               if place(i) < size) / n],
                         packed.size, deps={packed.name}), name)
