"""The kinds of definitions of a random model: each method of Definitions says a statement or some, and puts what it
names in sight, with its meaning in plain Python.
"""
from expression import (ATOM, REDUCE, REDUCTION, Expr, Var, add, call1, constant, count, matmul, meaning, mul,
                        over_batch, places, power, read, reduce_whole)
from indices import Scope, without_indices
from generator import EXTENTS
from whole import Whole


def brackets(shape):
    return "[%s]" % ", ".join(map(str, shape)) if shape else ""


def formal_brackets(v):
    return "[%s]" % ", ".join("n%d%s" % (k, v.name) for k in range(len(v.shape))) if v.shape else ""


def reduce_sum_of(formals):
    terms = []
    for f in formals:
        e = Expr(f.name, ATOM, f.shape, read(f), f.size, deps={f.name})
        terms.append(reduce_whole("mean", e) if f.shape else e)
    total = terms[0]
    for t in terms[1:]:
        total = add(total, t)
    return call1("tanh", total)


def dense_parameters(path, n, m):
    W = Var(path + ".W", (m, n), size=1.5, kind="param")
    return W, Var(path + ".b", (m,), size=1.5, kind="param")


def affine(e, W, bias):
    n, m = e.shape[-1], W.shape[0]
    w = Expr(W.name, ATOM, W.shape, (W.at or read(W)) if W.meant else None)
    b = Expr(bias.name, ATOM, bias.shape, read(bias))

    def run(x, weights, c):
        return [sum(weights[o * n + k] * x[r + k] for k in range(n)) + c[o] for r in range(0, len(x), n)
                for o in range(m)]

    return Expr("", ATOM, e.shape[:-1] + (m,), meaning([e, w, b], run), e.size * 2 + 1, False, 0, e.deps | W.deps,
                e.batch or W.batch)


class Definitions(Whole):
    """Mixed into statements.Builder, which has the names in sight and says the lines."""

    def plain(self):
        e = self.make(self.shape())
        name = self.new_name()
        typed = " : [%s]" % ", ".join(map(str, e.shape)) if e.shape and self.rng.random() < 0.15 else ""
        self.say("%s%s = %s" % (name, typed, e.text))
        self.define(e, name)

    def indexed(self):
        rng = self.rng
        extents = self.shape(rng.choice([1, 1, 2, 2, 3]))
        scope = Scope(rng, self.names, self.indices)
        letters = {}
        for n in extents:
            letters[scope.inside(letters).fresh()] = n
        inner = scope.inside(letters)
        e = self.generator.make((), inner, self.depth)
        heads = [inner.bound(i, n, e) for i, n in letters.items()]
        at = e.at
        def run(s, b, ix):
            return [at(s, b, {**ix, **dict(zip(letters, place))})[0] for place in places(extents)]

        name = self.new_name()
        self.say("%s[%s] = %s" % (name, ", ".join(heads), e.text))
        self.define(Expr(name, ATOM, extents, run if at else None, e.size, e.positive, e.whole, e.deps, e.batch), name)

    def split(self):
        rng = self.rng
        k = rng.choice([2, 3])
        shape, n = list(self.shape(rng.choice([0, 1, 1, 2]))), rng.choice([1, 2])
        at = rng.randint(0, len(shape))
        shape.insert(at, n * k)
        if count(shape) > 60:
            return
        e = self.make(tuple(shape), 2)
        names = [self.new_name() for _ in range(k)]
        option = "" if at == len(shape) - 1 and rng.random() < 0.5 else ", axis = %d" % at
        self.say("%s = split(%s, %d%s)" % (", ".join(names), e.text, k, option))
        part, width = tuple(shape[:at]) + (n,) + tuple(shape[at + 1:]), n * count(shape[at + 1:])
        for p, name in enumerate(names):
            def run(s, b, ix, p=p):
                x = e.at(s, b, ix)
                return [x[r + p * width + c] for r in range(0, len(x), k * width) for c in range(width)]
            self.define(Expr(name, ATOM, part, run if e.at else None, e.size, e.positive, 0, e.deps, e.batch), name)

    def winner(self):
        """Whole values of a known range: places for a gather."""
        rng = self.rng
        e = self.some(rng.choice([1, 2]))
        if not e.text.isidentifier():
            e = self.use(self.define_as(e))
        name = self.new_name("g%d")
        if len(e.shape) == 1:
            k = reduce_whole("argmax", e)
            self.say("%s = %s" % (name, k.text))
        else:
            m, n = e.shape
            self.say("%s[i] = argmax(j) %s[i,j]" % (name, e.text))

            def run(x):
                return [x[r * n:(r + 1) * n].index(max(x[r * n:(r + 1) * n])) for r in range(m)]

            k = Expr(name, ATOM, (m,), meaning([e], run), whole=n, deps=e.deps, batch=e.batch)
        self.define(k, name)

    def dense(self):
        rng = self.rng
        e = self.some(rng.choice([1, 1, 2, 3]))
        if count(e.shape) > 100:
            return
        n, m = e.shape[-1], rng.choice(EXTENTS)
        name, f = self.new_name(), rng.choice(["tanh", "relu", "sigmoid", "softplus", "gelu", ""])
        W, bias = dense_parameters(name, n, m)
        extra = ""
        if rng.random() < 0.25:
            given = self.make((m, n), 2)
            W = Var(name, (m, n), given.at, meant=given.at is not None, deps=given.deps, batch=given.batch)
            extra = ", W = %s" % given.text
        y = affine(e, W, bias)
        y.text, y.level = "dense(%s, %d%s)" % (e.text, m, extra), ATOM
        if y.size > 50 and not f:
            f = "tanh"
        if f:
            y = call1(f, y)
        self.say("%s = %s" % (name, y.text))
        self.define(y, name)

    def instance(self):
        """One set of parameters, called twice."""
        rng = self.rng
        m = rng.choice(EXTENTS)
        if self.layered and rng.random() < 0.5:
            return self.own_layer(True)
        a = self.some(1)
        n = a.shape[0]
        b = self.make((n,), 2) if rng.random() < 0.5 else self.make((rng.randint(1, 3), n), 2)
        name = self.new_name("enc%d")
        self.say("%s = dense(_, %d)" % (name, m))
        W, bias = dense_parameters(name, n, m)
        for e in (a, b):
            y = affine(e, W, bias)
            y.text, y.level = "%s(%s)" % (name, e.text), ATOM
            y = call1("tanh", y)
            v = self.new_name()
            self.say("%s = %s" % (v, y.text))
            self.define(y, v)

    def own_layer(self, instance=False):
        rng = self.rng
        if not self.layered:
            return
        layered = rng.choice(self.layered)
        lead = rng.choice([(), (), (2,), (3,)])
        path = self.new_name("net%d") if instance else None
        if instance:
            self.say("%s = %s(_)" % (path, layered[0]))
        for _ in range(2 if instance else 1):
            name = self.new_name()
            self.call_own(layered, lead, name, path or layered[0], path or name)
            lead = rng.choice([(), lead])

    def call_own(self, layered, lead, name, callee, prefix):
        """name = callee(e), of a layer of the model's own; `prefix` is the path of its parameters."""
        _, formal, inside, body = layered
        e = self.generator.small(self.make(lead + formal.shape, 2), 3)
        n = count(formal.shape)

        def run(s, b, ix):
            x, out = e.at(s, b, ix), []
            frame = {w: s.given[prefix + "." + w.name] for w in inside}
            for r in range(count(lead)):
                out += body.at(s, b, {**frame, formal: x[r * n:(r + 1) * n]})
            return out

        self.say("%s = %s(%s)" % (name, callee, e.text))
        self.define(Expr(name, ATOM, lead + body.shape, run if e.at and body.at else None, body.size, body.positive, 0,
                         e.deps, e.batch), name)

    def instances(self):
        """Instances in a row: for l < k { S[l] = dense(_, 2) }."""
        rng = self.rng
        times, name = rng.randint(2, 4), self.new_name("row%d")
        if self.layered and rng.random() < 0.4:
            layered = rng.choice(self.layered)
            self.say("for l < %d { %s[l] = %s(_) }" % (times, name, layered[0]))
            for l in rng.sample(range(times), rng.randint(1, times)):
                self.call_own(layered, rng.choice([(), (), (2,)]), self.new_name(), "%s[%d]" % (name, l),
                              "%s.%d" % (name, l))
        elif rng.random() < 0.5:
            self.row_in_turn(name, times)
        else:
            self.row_apart(name, times)

    def row_in_turn(self, name, times):
        """for l < k { h = tanh(S[l](h)) }, forwards or from the last one."""
        rng = self.rng
        first = self.define_as(self.generator.small(self.make(self.shape(rng.choice([1, 1, 2])), 2), 3))
        n, f, back = first.shape[-1], rng.choice(["tanh", "sigmoid", "softsign"]), rng.random() < 0.3
        self.say("for l < %d { %s[l] = dense(_, %d) }" % (times, name, n))
        which = "%d - l" % (times - 1) if back else "l"
        self.say("for l < %d { %s = %s(%s[%s](%s)) }" % (times, first.name, f, name, which, first.name))
        value = self.use(first)
        for l in reversed(range(times)) if back else range(times):
            value = call1(f, affine(value, *dense_parameters("%s.%d" % (name, l), n, n)))
        self.names.remove(first)
        self.define(Expr(first.name, ATOM, first.shape, value.at, value.size, value.positive, 0,
                         value.deps | {first.name}, value.batch), first.name)

    def row_apart(self, name, times):
        """Each of another width, called with an argument of its own; and its parameters, read by their places."""
        rng = self.rng
        m = rng.randint(1, 3)
        self.say("for l < %d { %s[l] = dense(_, %d + l) }" % (times, name, m))
        for l in rng.sample(range(times), times):
            e = self.some(rng.choice([1, 1, 2]))
            if count(e.shape) > 60:
                continue
            W, bias = dense_parameters("%s.%d" % (name, l), e.shape[-1], m + l)
            y = affine(e, W, bias)
            y.text, y.level = "%s[%d](%s)" % (name, l, e.text), ATOM
            self.define_as(call1("tanh", y))
            if rng.random() < 0.3:
                part = self.use(W)
                part.text = "%s[%d].W" % (name, l)
                self.define_as(power(self.generator.small(part), constant(2)))

    def prelude_layer(self):
        """Without a meaning in Python: the other judges have to do."""
        kind = self.rng.choice(["layernorm", "batchnorm", "mlp", "swiglu", "cumsum", "rope", "diag", "var", "image",
                                "image", "image", "line", "recurrent", "recurrent"])
        if kind == "image":
            e, text, shape = self.of_image()
        elif kind == "line":
            e, text, shape = self.of_line()
        elif kind == "recurrent":
            e, text, shape = self.of_sequence()
        else:
            e = self.some(1 if kind == "batchnorm" else 2 if kind in ("rope", "diag") else self.rng.choice([1, 2]))
            text, shape = self.of_array(kind, e)
        if not text or (kind == "batchnorm" and e.batch):
            return
        name = self.new_name()
        self.say("%s = %s" % (name, text))
        self.define(Expr(name, ATOM, shape, None, max(3, e.size), False, 0, e.deps, e.batch), name)

    def of_image(self):
        """Kernels, strides and paddings of one number or of one for each axis."""
        rng = self.rng
        c, *size = rng.randint(1, 2), rng.randint(2, 6), rng.randint(2, 6)
        one = lambda low, high: rng.randint(low, high)
        both = lambda low, high: [one(low, high)] * 2 if rng.random() < 0.6 else [one(low, high), one(low, high)]
        say = lambda v: str(v[0]) if v[0] == v[1] and rng.random() < 0.8 else str(v)
        e, k, stride, pad = self.make((c, *size), 2), both(1, 2), both(1, 2), both(0, 1)
        kind = rng.choice(["conv2d", "depthwise_conv2d", "maxpool2d", "avgpool2d"])
        if kind.endswith("pool2d") and rng.random() < 0.5:
            return e, "%s(%s, %s)" % (kind, e.text, say(k)), (c, size[0] // k[0], size[1] // k[1])
        o = rng.randint(1, 3) if kind == "conv2d" else c
        if kind == "maxpool2d":
            pad = [min(p, n // 2) for p, n in zip(pad, k)]
        text = "%s(%s, %s%s, stride = %s, pad = %s)" % (kind, e.text, "%d, " % o if kind == "conv2d" else "", say(k),
                                                        say(stride), say(pad))
        return e, text, (o, *((n + 2 * p - w) // t + 1 for n, p, w, t in zip(size, pad, k, stride)))

    def of_line(self):
        """The same of one axis, by a number or by a list of one."""
        rng = self.rng
        c, n, k = rng.randint(1, 2), rng.randint(2, 7), rng.randint(1, 2)
        stride, pad = rng.randint(1, 2), rng.randint(0, 1)
        say = lambda v: str(v) if rng.random() < 0.7 else "[%d]" % v
        e, kind = self.make((c, n), 2), rng.choice(["conv1d", "conv1d", "maxpool1d", "avgpool1d"])
        if kind != "conv1d" and rng.random() < 0.5:
            return e, "%s(%s, %s)" % (kind, e.text, say(k)), (c, n // k)
        o, pad = (rng.randint(1, 3) if kind == "conv1d" else c), (min(pad, k // 2) if kind == "maxpool1d" else pad)
        text = "%s(%s, %s%s, stride = %s, pad = %s)" % (kind, e.text, "%d, " % o if kind == "conv1d" else "", say(k),
                                                        say(stride), say(pad))
        return e, text, (o, (n + 2 * pad - k) // stride + 1)

    def of_sequence(self):
        rng = self.rng
        e, m = self.make(rng.choice([(2,), ()]) + (rng.randint(1, 4), rng.randint(1, 3)), 2), rng.randint(1, 3)
        e = self.generator.small(e, 3)
        kind = rng.choice(["rnn", "lstm", "gru"])
        if rng.random() < 0.3:
            return e, "bidirectional(%s, %s, %d)" % (e.text, kind, m), e.shape[:-1] + (2 * m,)
        given = rng.choice(["", ", h0 = %s" % rng.choice(["0.5", str([0.25 * (j + 1) for j in range(m)])])])
        return e, "%s(%s, %d%s%s)" % (kind, e.text, m, given, rng.choice(["", ", reverse = 1"])), e.shape[:-1] + (m,)

    def of_array(self, kind, e):
        """Its text and shape; no text where e does not do."""
        n = e.shape[-1]
        if kind == "var":
            f = self.rng.choice(["var(%s)", "std(%s)", "var(%s, correction = 0.5)"])
            return (f % e.text if count(e.shape) > 1 else None), ()
        if kind == "rope":
            halves = self.rng.choice(["", ", halves = 1"])
            return ("rope(%s, base = 10%s)" % (e.text, halves) if n % 2 == 0 else None), e.shape
        if kind == "diag":
            return "diag(%s)" % e.text, (min(e.shape),)
        if kind == "mlp":
            return "mlp(%s, [3, 2], f = tanh)" % e.text, e.shape[:-1] + (2,)
        if kind == "swiglu":
            return "swiglu(%s, 2)" % e.text, e.shape[:-1] + (2,)
        return ("%s(%s)" % (kind, e.text) if n > 1 or kind == "cumsum" else None), e.shape

    def pooled(self):
        """Windows that overlap."""
        rng = self.rng
        n, window, stride = rng.randint(3, 7), rng.randint(2, 3), rng.randint(1, 2)
        source = self.define_as(self.make((n,) if rng.random() < 0.5 else (n, n), 2))
        out = (n - window) // stride + 1
        kind, name = rng.choice(["max", "max", "mean", "sum", "min", "logsumexp"]), self.new_name()
        two = len(source.shape) == 2
        if two:
            self.say("%s[i < %d, j < %d] = %s(u < %d, v < %d) %s[%d*i + u, j*%d + v]" %
                     (name, out, out, kind, window, window, source.name, stride, stride))
        else:
            self.say("%s[i < %d] = %s(u < %d) %s[%d*i + u]" % (name, out, kind, window, source.name, stride))
        def run(s, b, ix):
            x = read(source)(s, b, ix)
            if not two:
                return [REDUCE[kind](x[stride * i:stride * i + window]) for i in range(out)]
            return [REDUCE[kind]([x[(stride * i + u) * n + stride * j + v] for u in range(window)
                                  for v in range(window)])
                    for i in range(out) for j in range(out)]

        self.define(Expr(name, ATOM, (out, out) if two else (out,), run if source.meant else None, source.size * 3,
                         False, 0, {source.name} | source.deps, source.batch), name)

    def define_as(self, e):
        name = self.new_name()
        self.say("%s = %s" % (name, e.text))
        return self.define(e, name)

    def repeated(self):
        """for l < k { x = f(x) }: a definition that is made again."""
        rng = self.rng
        first = self.define_as(self.generator.small(self.make(self.shape(rng.choice([1, 1, 2])), 2), 3))
        n, times = first.shape[-1], rng.randint(1, 3)
        layer = rng.random() < 0.6
        name = first.name
        f = rng.choice(["tanh", "sigmoid", "softsign"])
        if layer:
            body = "%s(dense(%s, %d))" % (f, name, n)
        else:
            w = self.declare((n, n))
            if not w:
                return
            body = "%s(%s @ %s)" % (f, name, w.name)
        if rng.random() < 0.4:
            body = "%s + %s" % (name, body)
        self.say("for l < %d { %s = %s }" % (times, name, body))
        value, residual = self.use(first), " + " in body and body.startswith(name)
        for l in range(times):
            W, bias = dense_parameters("%s.%d" % (name, l), n, n)
            y = affine(value, W, bias) if layer else matmul(value, self.use(w))
            y = call1(f, y)
            value = add(value, y) if residual else y
        self.names.remove(first)
        self.define(Expr(name, ATOM, first.shape, value.at, value.size, value.positive, 0, value.deps | {name},
                         value.batch), name)

    def coupled(self):
        """Across the batch."""
        rng = self.rng
        if rng.random() < 0.7:
            e = self.make(self.shape(rng.choice([0, 1, 2])), 2)
            self.define_as(over_batch(rng.choice(["mean", "sum"]), e))
            return
        u = self.define_as(self.generator.small(self.make(self.shape(1), 2), 3))
        f = rng.choice(["logsumexp", "mean", "max"])
        name = self.new_name()
        self.say("%s = %s(all(%s) @ %s)" % (name, f, u.name, u.name))

        def run(s, b, ix):
            mine = read(u)(s, b, ix)
            return [REDUCE[f]([sum(p * q for p, q in zip(read(u)(s, k, ix), mine)) for k in range(s.examples)])]

        self.define(Expr(name, ATOM, (), run if u.meant else None, u.size ** 2 * count(u.shape), False, 0,
                         {u.name} | u.deps, True), name)

    def derivative(self):
        """grad, jacobian, or a Hessian-vector product."""
        rng = self.rng
        base = self.some(rng.choice([0, 1, 1, 2]))
        by = [v for v in self.names if v.name in base.deps and not v.whole and v.kind in ("param", "def", "input")
              and not v.batch]
        if base.batch or not by:
            return
        w = rng.choice(by)
        if not base.shape or rng.random() < 0.6:
            e = self.generator.small(base, 6)
            # at least a square: no constant derivative
            f = rng.choice(["square", "tanh", "exp"]) if e.shape else "square"
            e = power(e, constant(2)) if f == "square" else call1(f, self.generator.small(e) if f == "exp" else e)
            e = reduce_whole("sum", e) if e.shape else e
            s = self.define_as(e)
            g, shape = "grad(%s, %s)" % (s.name, w.name), w.shape
            if rng.random() < 0.3 and w.kind == "param":
                u = self.make(w.shape, 1)
                inner = "sum(%s * (%s))" % (g, u.text)
                g = "grad(%s, %s)" % (inner, w.name)
                if w.name in u.deps and rng.random() < 0.5:
                    return
        else:
            if count(base.shape) * count(w.shape) > 150:
                return
            g, shape = "jacobian(%s, %s)" % (base.text, w.name), base.shape + w.shape
        name = self.new_name()
        self.say("%s = %s" % (name, g))
        self.define(Expr(name, ATOM, shape, None, 4, False, 0, base.deps, False), name)

    def stateful(self):
        rng = self.rng
        source = self.define_as(self.generator.small(self.make(self.shape(rng.choice([0, 1, 2])), 2), 5))
        v = Var(self.new_name("st%d"), source.shape, kind="param", size=1.5)
        alike = [p.name for p in self.params if p.shape == v.shape]
        start = rng.choice(alike) if alike and rng.random() < 0.7 else "0.25"
        self.say("state %s%s = %s" % (v.name, brackets(v.shape) if start == "0.25" or rng.random() < 0.5 else "",
                                      start))
        self.say("%s <- 0.75*%s + 0.25 * (mean(batch) %s)" % (v.name, v.name, source.name))
        self.names.append(v)
        v.kind = "state"

    def chosen(self):
        """if at compile time."""
        shape = self.shape(1)
        name, yes = self.new_name(), self.rng.random() < 0.5
        a, b = self.make(shape, 2), self.make(shape, 2)
        self.say("if %d < 2 { %s = %s } else { %s = %s }" % (1 if yes else 3, name, a.text, name, b.text))
        self.define(a if yes else b, name)

    def recurrence(self):
        """A scan: carried values, real and whole, that are handed on, mixed or drawn; others in it, in index notation,
        a scan too.
        """
        rng = self.rng
        if len(self.indices) > 1:
            return
        steps, t = rng.choice([1, 2, 3, 3, 4, 5]), self.new_name("t%d")
        shape = self.generator.shape(rng.choice([0, 1, 1, 2]))
        if count(shape) > 40:
            return
        starts = [self.generator.small(self.make(shape, 1), 2) for _ in range(rng.choice([1, 1, 2, 3]))]
        carried = [(self.new_name("h%d"), start) for start in starts]
        outside, around = set(map(id, self.names)), (self.block, self.indices, self.defined)
        self.block, self.indices, self.defined = [], {**self.indices, t: steps}, []
        before = [self.before(name, t, shape) for name, _ in carried]
        place = self.carried_place(t, carried, before) if rng.random() < 0.25 else None
        for _ in range(rng.choice([0, 1, 1, 2, 3])):
            getattr(self, self.chosen_kind(self.INSIDE))()
        drawn, after = rng.random() < 0.2, []
        for k in range(len(carried)):
            if place and k == len(carried) - 1:
                after.append(self.use(place))
            elif rng.random() < 0.15:
                after.append(self.use(rng.choice(before[:len(starts)])))
            else:
                after.append(self.generator.small(self.make(shape, 2), 2))
        more = self.make(self.shape(), 2) if rng.random() < 0.4 else None
        made, lines = self.defined, self.block
        self.block, self.indices, self.defined = around
        self.names[:] = [v for v in self.names if id(v) in outside or v.kind == "param"]
        self.say("scan %s < %d {" % (t, steps))
        self.say("  init " + ", ".join("%s = %s" % (h, e.text) for h, e in carried))
        for line in lines:
            self.say("  " + line)
        noise = [drawn and not e.whole and rng.random() < 0.5 for e in after]
        for (h, _), e, noisy in zip(carried, after, noise):
            self.say("  %s[%s] %s" % (h, t, "~ normal(%s, 0.5)" % e.text if noisy else "= " + e.text))
        results = [(h, e) for (h, _), e in zip(carried, after)]
        if more:
            results.append((self.new_name("y%d"), more))
            self.say("  %s[%s] = %s" % (results[-1][0], t, more.text))
        self.say("}")
        parts = [e for _, e in carried] + [e for _, e in results] + [self.use(v) for v in made]
        meant = all(e.at for e in parts) and not any(noise)

        def run(s, b, ix, which):
            frame, now, out = dict(ix), [e.at(s, b, ix) for _, e in carried], []
            for step in range(steps):
                frame.update(zip(before, now))
                frame[t] = step
                for v in made:
                    frame[v] = v.at(s, b, frame)
                now = [e.at(s, b, frame) for e in after]
                out += results[which][1].at(s, b, frame)
            return out

        deps = without_indices(set().union(*(e.deps for e in parts)), [t])
        for k, (name, e) in enumerate(results):
            at = (lambda s, b, ix, k=k: run(s, b, ix, k)) if meant else None
            self.define(Expr(name, ATOM, (steps,) + e.shape, at, e.size if not any(noise) else 6.0, False, e.whole,
                             deps, any(p.batch for p in parts)), name)

    def before(self, name, t, shape, whole=0):
        """A name of this step for a carried value as the step before left it."""
        v = Var(self.new_name("p%d"), shape, whole=whole, size=2)
        self.say("%s = %s[%s-1]" % (v.name, name, t))
        v.at = lambda s, b, ix: ix[v] # it is in the frame of the step
        self.names.append(v)
        return v

    def carried_place(self, t, carried, before):
        """A place that is carried, from 0; what it is at this step, or None."""
        e = self.some(1)
        if not e.text.isidentifier():
            e = self.use(self.define_as(e))
        name = self.new_name("k%d")
        carried.append((name, Expr("0", ATOM, (), lambda s, b, ix: [0], 1)))
        before.append(self.before(name, t, (), e.shape[0]))
        place = reduce_whole("argmax", e)
        self.say("g%s = %s" % (name, place.text))
        return self.define(place, "g" + name)

    # ---- along a dim: what comes out has plain axes, or joins self.ragged; without a meaning in Python ----

    def row(self, x, t, moved=True):
        """Row t of x, or one beside it, as a value of one place of the dim."""
        n, rng = self.dim[0], self.rng
        place = rng.choice([t, t, t, "%s - 1 - %s" % (n, t), "%s - 1" % n, t + " - 1", t + " + 1"]) if moved else t
        rest = [":" for _ in x.shape]
        text = "%s[%s%s]" % (x.name, ", ".join([place] + rest),
                             " else 0" if place[-3:] in ("- 1", "+ 1") and place[0] != n[0] else "")
        return Expr(text, ATOM, x.shape, None, 2, deps={x.name} | x.deps, batch=x.batch)

    def of_row(self, t):
        """A value that depends on a row, and on others."""
        rng = self.rng
        x = rng.choice(self.ragged)
        e = self.row(x, t)
        for _ in range(rng.choice([0, 1, 1, 2])):
            same = [y for y in self.ragged if y.shape == e.shape]
            other = self.row(rng.choice(same), t) if same and rng.random() < 0.4 else self.generator.small(
                self.make(e.shape, 1, Scope(rng, self.names, {**self.indices, t: self.dim[1]})), 2)
            e = rng.choice([add, mul, mul])(self.generator.small(e, 3), other)
        if rng.random() < 0.3:
            e = mul(e, Expr("%s" % self.dim[0], ATOM, (), None, self.dim[1], True))
        return self.generator.small(e, 3)

    def along(self):
        """A reduction, attention, a layer or a recurrence over the places of an example."""
        rng = self.rng
        if not self.dim:
            return
        t, n = self.new_name("t%d"), self.dim[0]
        way = rng.choice(["reduce", "reduce", "map", "map", "attention", "scan", "dense", "recurrent"])
        x = rng.choice(self.ragged)
        name = self.new_name()
        if way == "reduce":
            kind = rng.choice(["sum", "mean", "mean", "max", "min", "logsumexp", "norm"])
            e = self.of_row(t)
            e = Expr("%s(%s < %s) (%s)" % (kind, t, n, e.text), REDUCTION, e.shape, None, e.size * 2, deps=e.deps,
                     batch=e.batch)
            self.say("%s = %s" % (name, e.text))
            self.define(e, name)
            return
        if way == "attention" and len(x.shape) == 1:
            e = self.generator.small(self.make(x.shape, 1), 3)
            self.say("%s = (softmax(%s @ %s)) @ %s" % (name, x.name, e.within(ATOM), x.name))
            self.define(Expr(name, ATOM, x.shape, None, 2, deps=e.deps | x.deps, batch=e.batch or x.batch), name)
            return
        if way == "recurrent" and len(x.shape) == 1:
            m, kind = rng.randint(1, 2), rng.choice(["rnn", "lstm", "gru"])
            both, back = rng.random() < 0.3, rng.choice(["", ", reverse = 1"])
            call = "bidirectional(%s, %s, %d)" % (x.name, kind, m) if both else "%s(%s, %d%s)" % (kind, x.name, m, back)
            self.say("%s = %s" % (name, call))
            self.ragged.append(Var(name, (m * (1 + both),), size=1, deps={name} | x.deps, batch=x.batch, meant=False))
            return
        if way == "dense" and x.shape:
            m = rng.choice(EXTENTS)
            self.say("%s = tanh(dense(%s, %d))" % (name, x.name, m))
            self.ragged.append(Var(name, x.shape[:-1] + (m,), size=1, deps={name} | x.deps, batch=x.batch, meant=False))
            return
        e = self.of_row(t)
        deps, batch = e.deps | {name}, e.batch
        if way == "scan":
            start = self.generator.small(self.make(e.shape, 1), 2)
            self.say("scan %s < %s {" % (t, n))
            self.say("  init %s = %s" % (name, start.text))
            self.say("  %s[%s] = tanh(%s) + 0.5 * %s" % (name, t, e.text,
                                                         rng.choice(["%s[%s-1]", "sin(%s[%s-1])"]) % (name, t)))
            self.say("}")
            deps, batch = deps | start.deps, batch or start.batch
        else:
            self.say("%s[%s < %s] = %s" % (name, t, n, e.text))
        self.ragged.append(Var(name, e.shape, size=3, deps=without_indices(deps, [t]), batch=batch, meant=False))

    KINDS = [("recurrence", 1.5), ("plain", 8), ("indexed", 8), ("split", 1), ("winner", 1), ("dense", 2),
             ("instance", 1), ("own_layer", 1), ("instances", 0.7), ("prelude_layer", 3), ("pooled", 1.5),
             ("repeated", 1), ("coupled", 0.7), ("derivative", 2), ("stateful", 0.3), ("chosen", 0.4),
             ("whole_places", 2), ("whole_comparison", 0.7), ("packed_triangle", 0.5)]

    # of a model of whole numbers
    WHOLE = [("whole_places", 6), ("whole_comparison", 2), ("packed_triangle", 1), ("indexed", 1)]

    INSIDE = [("plain", 4), ("indexed", 4), ("split", 0.5), ("winner", 1), ("pooled", 0.7), ("repeated", 0.3),
              ("recurrence", 1), ("dense", 0.5), ("derivative", 0.4), ("chosen", 0.3)] # of a scan

    def chosen_kind(self, kinds):
        return self.rng.choices([k for k, _ in kinds], [w for _, w in kinds])[0]

    def definitions(self, whole=False):
        if whole:
            for _ in range(self.rng.randint(3, 7)):
                getattr(self, self.chosen_kind(self.WHOLE))()
            return
        for _ in range(self.rng.choice([1, 2, 3, 4, 5, 6, 7])):
            getattr(self, "along" if self.dim and self.rng.random() < 0.5 else self.chosen_kind(self.KINDS))()
        if self.dim: # what is left over reaches the loss as a sum
            for x in [v for v in self.ragged if v.kind == "def"] or self.ragged:
                e = Expr("mean(%s)" % x.name, ATOM, (), None, 2, deps={x.name} | x.deps, batch=x.batch)
                self.define_as(e)
