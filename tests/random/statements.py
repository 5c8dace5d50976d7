"""A random model, statement by statement: generate(seed, name) gives a Model.

A Model has its text and, for each loss, output and metric with a meaning in plain Python, the value that it must have
at a point: expected(given, examples).
"""
import math
import random

from definitions import Definitions, brackets, formal_brackets, reduce_sum_of
from expression import (ATOM, Expr, NoMeaning, Store, Var, add, call1, constant, count, meaning, mul, power, read,
                        reduce_whole)
from indices import Scope, without_indices
from generator import Function, Generator

NAMES = ["h%d", "z%d", "v%d", "t%d", "a%d", "acc%d", "r%d", "y%d"]
OPTIMIZERS = ["sgd", "sgd(0.05)", "momentum(lr = 0.02, mu = 0.8)", "nesterov", "adagrad(0.1)", "rmsprop", "adam",
              "adam(lr = cosine_decay(1e-2, 100))", "adamw(1e-2, decay = 0.1)", "clip_norm(0.5), sgd(0.1)",
              "clip_value(0.2), momentum", "weight_decay(1e-2), adam(1e-2)", "langevin(0.02)", "shaken, sgd(0.1)"]
NOISY = ["optimizer langevin(w, g, lr = 0.01) {", "  e ~ normal(0, sqrt(2*lr))", "  w <- w - lr*g + e", "}",
         "optimizer shaken(w[...], g[...], by = 0.1) {", "  e ~ laplace(0, by)", "  k ~ bernoulli(0.5)",
         "  g <- g*k + e*norm(g)", "}"]


class Model:
    def __init__(self, name):
        self.name, self.lines, self.results = name, [], {}

    def text(self):
        return "model %s\n" % self.name + "\n".join(self.lines) + "\n"

    def expected(self, given, examples):
        """{"loss.L": [value], "out.y": [values of every example], ...} of what has a meaning."""
        store, out = Store(given, examples), {}
        for name, e in self.results.items():
            try:
                each = [e.at(store, b, {}) for b in range(examples)]
            except NoMeaning:
                continue
            out[name] = [x for v in each for x in v] if name[0] == "o" else [sum(v[0] for v in each) / examples]
        return out


class Builder(Definitions):
    def __init__(self, seed, name):
        self.rng = random.Random(seed)
        self.model = Model(name)
        self.names, self.used, self.counter = [], set(), 0
        self.depth = self.rng.choice([1, 2, 2, 3, 3, 4])
        self.block = self.model.lines
        self.generator = Generator(self.rng, self.names, self.declare)
        self.losses, self.params, self.layered = [], [], []
        self.whole_inputs = [] # (name, shape, least, greatest)
        self.dim, self.ragged = None, [] # (name, bound); what has it as the first axis, by the shape of a row
        self.indices, self.defined = {}, [] # of the scans around what is made; what a step of the innermost one defines

    def new_name(self, pattern=None):
        self.counter += 1
        return (pattern or self.rng.choice(NAMES)) % self.counter

    def say(self, line):
        self.block.append(line)

    def make(self, shape, depth=None, scope=None):
        return self.generator.make(shape, scope or Scope(self.rng, self.names, self.indices),
                                   self.depth if depth is None else depth)

    def shape(self, rank=None):
        return self.generator.shape(self.rng.choice([0, 1, 1, 1, 2, 2, 2, 3]) if rank is None else rank)

    def declare(self, shape):
        """A new parameter; where there are many already, none."""
        if len(self.params) > 7 or count(shape) > 60:
            return None
        v = Var(self.new_name("w%d"), shape, size=1.5, kind="param")
        start = self.rng.choice([" ~ normal(0, 0.5)", " ~ uniform(-0.5, 1)", " = 0.5"])
        self.model.lines.append("param %s%s%s" % (v.name, brackets(shape), start))
        self.params.append(v)
        self.names.append(v)
        return v

    def define(self, e, name=None):
        """The name of a value that a statement has just given."""
        v = Var(name or self.new_name(), e.shape, e.at, e.whole, e.positive, min(e.size, 1e3), without_indices(e.deps),
                e.batch, e.at is not None)
        self.names.append(v)
        self.defined.append(v)
        return v

    def reals(self, rank=None, shape=None):
        return [v for v in self.names if v.kind != "fn" and not v.whole and (rank is None or len(v.shape) == rank)
                and (shape is None or v.shape == shape)]

    def use(self, v):
        return Expr(v.name, ATOM, v.shape, read(v) if v.meant else None, v.size, v.positive, v.whole,
                    {v.name} | v.deps, v.batch)

    def some(self, rank):
        fits = self.reals(rank)
        return self.use(self.rng.choice(fits)) if fits else self.make(self.shape(rank), 1)

    # ---- declarations ----

    def inputs(self):
        rng = self.rng
        for _ in range(rng.choice([1, 1, 2, 3])):
            v = Var(self.new_name("x%d"), self.shape(rng.choice([0, 1, 1, 2, 2, 3])), size=2, kind="input")
            self.say("input %s%s" % (v.name, brackets(v.shape)))
            self.names.append(v)
        for _ in range(rng.choice([0, 0, 1, 2])):
            k = rng.choice([2, 3, 4, 5, 7])
            v = Var(self.new_name("c%d"), rng.choice([(), (), (2,), (4,)]), whole=k, kind="input")
            self.say("input %s%s : %s" % (v.name, brackets(v.shape),
                                          "bit" if k == 2 and rng.random() < 0.5 else "class(%d)" % k))
            self.names.append(v)

    def extents(self):
        """A dim, and inputs with an axis of it."""
        rng = self.rng
        if rng.random() < 0.8:
            return
        self.dim = (self.new_name("N%d"), rng.randint(2, 5))
        self.say("dim %s <= %d" % self.dim)
        for _ in range(rng.choice([1, 1, 2])):
            v = Var(self.new_name("x%d"), self.generator.shape(rng.choice([0, 1, 1, 2])), meant=False, kind="input")
            self.say("input %s[%s]" % (v.name, ", ".join([self.dim[0]] + [str(n) for n in v.shape])))
            self.ragged.append(v)

    def constants(self):
        rng = self.rng
        if rng.random() < 0.7:
            return
        m, n = rng.randint(1, 3), rng.randint(1, 4)
        values = [rng.choice([0, 1, -1, 0.5, 2, 0.25]) for _ in range(m * n)]
        rows = ["[%s]" % ", ".join("%g" % x for x in values[r * n:(r + 1) * n]) for r in range(m)]
        name = self.new_name("k%d")
        self.say("const %s = [%s]" % (name, ", ".join(rows)))
        self.names.append(Var(name, (m, n), lambda s, b, ix: values, kind="const"))

    def functions(self):
        for _ in range(self.rng.choice([0, 0, 1, 2])):
            self.function()

    def function(self):
        rng = self.rng
        formals = [Var(self.new_name("f%d"), self.generator.shape(rng.choice([0, 0, 1, 1, 2])), size=2, kind="formal")
                   for _ in range(rng.choice([1, 1, 2]))]
        inner = [f for f in self.names if isinstance(f, Function)]
        make = Generator(rng, formals + inner, None)
        scope = Scope(rng, formals + inner)
        shape = rng.choice([(), formals[0].shape, make.shape(1)])
        local = None
        body_lines = []
        if rng.random() < 0.4:
            e = make.make(make.shape(rng.choice([0, 1])), scope, 2)
            local = Var(self.new_name("q%d"), e.shape, None, e.whole, e.positive, e.size, e.deps,
                        meant=e.at is not None, kind="formal")
            body_lines.append("  %s = %s" % (local.name, e.text))
            scope.names = scope.names + [local]
            first = e
        body = make.make(shape, scope, rng.choice([1, 2, 3]))
        depends = set(body.deps) | (set(first.deps) if local and local.name in body.deps else set())
        if not all(f.name in depends for f in formals):
            body = add(body, reduce_sum_of(formals))
        if local and body.at and first.at:
            inside = body.at
            body.at = lambda s, b, ix: inside(s, b, {**ix, local: first.at(s, b, ix)})
        body.deps = frozenset()
        name = self.new_name("fun%d")
        head = "fn %s(%s)" % (name, ", ".join(f.name + formal_brackets(f) for f in formals))
        if body_lines:
            self.model.lines.extend([head + " {"] + body_lines + ["  return " + body.text, "}"])
        else:
            self.say("%s = %s" % (head, body.text))
        self.names.append(Function(name, formals, body, None))

    def layer(self):
        """A layer with parameters of its own; called by `own_layer`."""
        rng = self.rng
        formal = Var(self.new_name("f%d"), self.generator.shape(rng.choice([1, 1, 2])), size=2, kind="formal")
        inside, lines = [], []

        def declare(shape):
            if len(inside) > 2 or count(shape) > 40:
                return None
            v = Var(self.new_name("w%d"), shape, size=1.5, kind="formal")
            lines.append("  param %s%s ~ normal(0, 0.6)" % (v.name, brackets(shape)))
            inside.append(v)
            names.append(v)
            return v

        names = [formal]
        make = Generator(rng, names, declare)
        scope = Scope(rng, names)
        declare(rng.choice([formal.shape, make.shape(1), ()]))
        body = make.make(rng.choice([formal.shape, make.shape(1), ()]), scope, rng.choice([2, 3]))
        if not all(v.name in body.deps for v in names):
            body = add(body, reduce_sum_of(names))
        body.deps = frozenset()
        name = self.new_name("lay%d")
        self.say("layer %s(%s%s) {" % (name, formal.name, formal_brackets(formal)))
        for line in lines + ["  return " + body.text, "}"]:
            self.say(line)
        self.layered.append((name, formal, inside, body))

    # ---- what is asked ----

    def term(self, v):
        """A number of the size of 1 that depends smoothly on v."""
        rng, e = self.rng, self.use(v)
        e = self.generator.small(e, 6)
        way = rng.randrange(5)
        if way == 0:
            e = power(e, constant(2))
        elif way == 1:
            e = call1(rng.choice(["tanh", "sin", "softplus", "sigmoid"]), e)
        elif way == 2 and self.params:
            same = [p for p in self.params if p.shape == e.shape]
            e = mul(e, self.use(rng.choice(same))) if same else e
        if e.shape:
            e = reduce_whole(rng.choice(["mean", "mean", "sum", "logsumexp", "norm"] if e.size < 8 else ["mean"]), e)
        return e

    def loss(self, name, sources):
        terms = [self.term(v) for v in sources]
        classes = [v for v in self.names if v.whole > 0 and v.kind == "input" and not v.shape]
        scores = [v for v in self.reals(1) if classes and v.shape[0] >= classes[0].whole and v.kind == "def"]
        if scores and self.rng.random() < 0.6:
            terms.append(self.cross_entropy(self.rng.choice(scores), classes[0]))
        e = terms[0]
        for t in terms[1:]:
            e = add(e, t)
        self.say("loss %s = %s" % (name, e.text))
        self.result("loss." + name, e)
        self.losses.append(name)

    def cross_entropy(self, z, y):
        def run(scores, label):
            m = max(scores)
            return [m + math.log(sum(math.exp(x - m) for x in scores)) - scores[int(label[0])]]

        a, b = self.use(z), self.use(y)
        return Expr("cross_entropy(%s, %s)" % (z.name, y.name), ATOM, (), meaning([a, b], run), 4,
                    deps=a.deps | b.deps, batch=a.batch)

    def result(self, name, e):
        if e.at:
            self.model.results[name] = e

    def asked(self):
        rng = self.rng
        made = [v for v in self.reals() if v.kind == "def"]
        used = set()
        for v in made:
            used |= v.deps
        ends = [v for v in made if v.name not in used] or made or self.reals()
        if len(ends) > 6:
            rng.shuffle(ends)
        self.loss("L", ends)
        if rng.random() < 0.2 and made:
            self.loss("K", [rng.choice(made)])
        for v in self.names:
            if v.kind != "fn" and v.kind != "const" and not v.batch and v.kind == "def" and rng.random() < 0.5:
                self.say("output %s" % v.name)
                self.result("out." + v.name, self.use(v))
        if rng.random() < 0.3:
            e = self.make((), 2)
            if not e.batch and e.deps:
                self.say("metric m = %s" % e.text)
                self.result("metric.m", e)
        for loss in self.losses:
            if rng.random() < 0.8:
                every = " every 2" if rng.random() < 0.15 else ""
                chain = rng.choice(OPTIMIZERS)
                if ("langevin" in chain or "shaken" in chain) and NOISY[0] not in self.model.lines:
                    self.model.lines.extend(NOISY)
                self.say("%s %s%s with %s" % (rng.choice(["minimize"] * 4 + ["maximize"]), loss, every, chain))
        self.say("train { batch = 4 }")


def generate(seed, name, whole=False):
    """whole: a model of whole numbers as indices, and little else."""
    b = Builder(seed, name)
    if not whole:
        b.constants()
    b.inputs()
    if whole or b.rng.random() < 0.4:
        b.integers()
    if not whole:
        b.extents()
        b.functions()
        if b.rng.random() < 0.25:
            b.layer()
    b.declare(b.shape(b.rng.choice([1, 2])))
    b.definitions(whole)
    b.asked()
    return b.model


if __name__ == "__main__":
    import sys
    print(generate(sys.argv[1] if len(sys.argv) > 1 else "1", "sample", len(sys.argv) > 2).text(), end="")
