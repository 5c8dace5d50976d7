"""Index notation: random index expressions within an axis of n places, and reads, slices and reductions through them.

An index expression is a triple (text, at, alone): at(store, example, indices) gives an integer, or None where it is not
whole; alone holds (index, extent) where an index stands alone in an axis: among the deps of an Expr they tell that its
declaration needs no bound.
"""
import itertools
import math

from expression import ATOM, PRODUCT, REDUCE, REDUCTION, Expr, count, flat, places, read

LETTERS = ["i", "j", "k", "l", "u", "v", "p", "q", "r", "c", "d", "e", "m", "n", "a", "b"]


class Scope:
    """The names in sight, and the indices with their extents."""

    def __init__(self, rng, names, indices=None):
        self.rng, self.names = rng, names
        self.indices = dict(indices or {})

    def inside(self, new):
        return Scope(self.rng, self.names, {**self.indices, **new})

    def fresh(self):
        free = [x for x in LETTERS if x not in self.indices and all(v.name != x for v in self.names)]
        return self.rng.choice(free[:4])

    def bound(self, name, extent, body):
        """How the index is declared: `i`, or `i < 4`."""
        used = {n for index, n in (d for d in body.deps if isinstance(d, tuple)) if index == name}
        if used == {extent} and self.rng.random() < 0.7:
            return name
        return "%s < %d" % (name, extent)


def without_indices(deps, names=None):
    """Names only; or all but what is known of these indices, which end here."""
    return frozenset(d for d in deps if not isinstance(d, tuple) or (names is not None and d[0] not in names))


def affine(scope, n):
    """c*i + d*j + k, within 0..n-1."""
    rng = scope.rng
    names = [i for i in scope.indices]
    rng.shuffle(names)
    room, terms = n - 1, []
    for i in names[:rng.choice([1, 1, 2])]:
        extent = scope.indices[i]
        most = room // (extent - 1) if extent > 1 else 2
        if most < 1:
            continue
        c = rng.randint(1, min(most, 3))
        terms.append((i, c))
        room -= c * (extent - 1)
    if not terms:
        return None
    k = rng.randint(0, room) if rng.random() < 0.5 else 0
    text = " + ".join(i if c == 1 else "%d*%s" % (c, i) if rng.random() < 0.5 else "%s*%d" % (i, c) for i, c in terms)
    if k:
        text += " + %d" % k
    alone = [(terms[0][0], n)] if len(terms) == 1 and terms[0][1] == 1 and not k else []
    return text, lambda s, b, ix: sum(c * ix[i] for i, c in terms) + k, alone


def backwards(scope, n):
    fits = [i for i, extent in scope.indices.items() if extent <= n]
    if not fits:
        return None
    i = scope.rng.choice(fits)
    return "%d - %s" % (n - 1, i), lambda s, b, ix: n - 1 - ix[i], []


def wrapped(scope, n):
    if not scope.indices:
        return None
    inner = affine(scope, 40)
    if not inner:
        return None
    k = scope.rng.randint(0, 3)
    return "(%s + %d) mod %d" % (inner[0], k, n), lambda s, b, ix: (inner[1](s, b, ix) + k) % n, []


def halved(scope, n):
    fits = [i for i, extent in scope.indices.items() if (extent - 1) // 2 < n]
    if not fits:
        return None
    i = scope.rng.choice(fits)
    return "floor(%s/2)" % i, lambda s, b, ix: ix[i] // 2, []


def gathered(scope, n):
    """An integer value of the model: a class, an element of a list of classes, an argmax that has a name."""
    rng = scope.rng
    fits = [v for v in scope.names if v.whole > 0 and len(v.shape) <= 1 and not v.batch]
    if not fits:
        return None
    v = rng.choice(fits)
    text, at, alone = v.name, read(v), []
    if v.shape:
        inner = any_index(scope, v.shape[0], False)
        text, place, alone = "%s[%s]" % (v.name, inner[0]), inner[1], inner[2]
        value = lambda s, b, ix: int(at(s, b, ix)[place(s, b, ix)])
    else:
        value = lambda s, b, ix: int(at(s, b, ix)[0])
    if v.whole <= n:
        return text, value, alone
    if rng.random() < 0.6:
        return "%s mod %d" % (text, n), lambda s, b, ix: value(s, b, ix) % n, alone
    return None


def any_index(scope, n, gather=True):
    rng = scope.rng
    ways = [affine] * 6 + [backwards, wrapped, halved] + ([gathered] * 3 if gather else [])
    for _ in range(3):
        made = rng.choice(ways)(scope, n)
        if made:
            return made
    k = rng.randint(0, n - 1)
    return str(k), lambda s, b, ix: k, []


def leaving(scope, n):
    """An index that may leave the axis, or not be whole: only with `else 0`."""
    rng = scope.rng
    if not scope.indices:
        return any_index(scope, n)
    names = list(scope.indices)
    i = rng.choice(names)
    j = rng.choice(names)
    k = rng.randint(-2, 2)
    s = rng.randint(1, 3)
    offset = " + %d" % k if k > 0 else " - %d" % -k if k < 0 else ""
    way = rng.random()
    if way < 0.35 and i != j:
        return "%s*%d + %s%s" % (i, s, j, offset), lambda st, b, ix: ix[i] * s + ix[j] + k, []
    if way < 0.6:
        if i == j:
            return "(%s%s)/2" % (i, offset), lambda st, b, ix: (ix[i] + k) // 2 if (ix[i] + k) % 2 == 0 else None, []
        return ("(%s - %s%s)/%d" % (i, j, offset, s),
                lambda st, b, ix: (ix[i] - ix[j] + k) // s if (ix[i] - ix[j] + k) % s == 0 else None, [])
    if way < 0.8 and i != j:
        return "%s - %s%s" % (i, j, offset), lambda st, b, ix: ix[i] - ix[j] + k, []
    return "%s%s" % (i, offset or " - 1"), lambda st, b, ix: ix[i] + (k or -1), []


def index_read(scope, var, shape):
    """var[...] with the given shape: some axes are kept (whole or sliced), the others get an index; or None."""
    rng = scope.rng
    rank, keep = len(var.shape), len(shape)
    if rank < keep or rank == 0 or (keep and var.kind == "const"): # a list of lists has no slices
        return None
    choices = [kept for kept in itertools.combinations(range(rank), keep)
               if all(var.shape[axis] >= n for axis, n in zip(kept, shape))]
    if not choices:
        return None
    kept = rng.choice(choices)
    outside = keep < rank and rng.random() < 0.3 and bool(scope.indices)
    parts, where, alone = [], [], []
    for axis, n in enumerate(var.shape):
        if axis in kept:
            size = shape[kept.index(axis)]
            start = rng.randint(0, n - size)
            parts.append("%d:%d" % (start, start + size))
            where.append((start, size))
        else:
            text, at, here = leaving(scope, n) if outside and rng.random() < 0.7 else any_index(scope, n)
            alone += here
            parts.append(text)
            where.append(at)
    while parts and len(parts) - 1 in kept and where[len(parts) - 1][1] == var.shape[len(parts) - 1]:
        parts.pop()
        if not parts or rng.random() < 0.3:
            break
    text = var.name + ("[%s%s]" % (", ".join(parts), " else 0" if outside else "") if parts else "")
    full = [w if isinstance(w, tuple) else None for w in where]
    value = read(var)

    def run(s, b, ix):
        x = value(s, b, ix)
        indices = [None if f else w(s, b, ix) for f, w in zip(full, where)]
        bad = any(f is None and (k is None or not 0 <= k < n) for f, k, n in zip(full, indices, var.shape))
        if bad and not outside:
            raise IndexError(text)
        if bad:
            return [0.0] * count(shape)
        out = []
        for place in places(shape):
            rest = iter(place)
            at = [k if f is None else f[0] + next(rest) for f, k in zip(full, indices)]
            out.append(x[flat(var.shape, at)])
        return out

    return Expr(text, ATOM, shape, run if var.meant else None, var.size, var.positive and not outside,
                var.whole, {var.name} | var.deps | set(alone), var.batch)


def reduction(scope, make_body, extents, name):
    """name(i, j < 3) body: the body is made with the new indices in sight."""
    new = {}
    for n in extents:
        letter = scope.inside(new).fresh()
        new[letter] = n
    inner = scope.inside(new)
    body = make_body(inner)
    if body is None:
        return None
    bounds = [inner.bound(i, n, body) for i, n in new.items()]
    f, letters = REDUCE[name], list(new)
    at = body.at

    def run(s, b, ix):
        values = [at(s, b, {**ix, **dict(zip(letters, place))}) for place in places(extents)]
        return [f([v[k] for v in values]) for k in range(count(body.shape))]

    n = count(extents)
    size = {"sum": math.sqrt(n), "norm": math.sqrt(n), "prod": 2 ** min(n, 5)}.get(name, 1) * body.size
    starts = body.text[0].isalnum() or body.text[0] == "("
    plain = body.level >= PRODUCT and starts and not body.text.startswith("not")
    text = "%s(%s) %s" % (name, ", ".join(bounds), body.text if plain else "(" + body.text + ")")
    return Expr(text, REDUCTION, body.shape, run if at else None, size,
                body.positive and name != "argmax" and name != "logsumexp", n if name == "argmax" else 0,
                without_indices(body.deps, new), body.batch)
