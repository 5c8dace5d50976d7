"""Twins of the prelude's recurrent layers: PyTorch's own modules, with the parameters of the language in place of
theirs.
"""

import torch
from torch.nn import functional as F

from reference import real, twin, whole
from twins.prelude import probe

MODULES = {"rnn": (torch.nn.RNN, 1), "lstm": (torch.nn.LSTM, 4), "gru": (torch.nn.GRU, 3)}
PARTS = {"W": "weight_ih", "U": "weight_hh", "bW": "bias_ih", "bU": "bias_hh"}


def shapes(name, kind, n, m, both=False):
    gates = MODULES[kind][1] * m
    if both:
        return {**shapes(name + ".forward", kind, n, m), **shapes(name + ".backward", kind, n, m)}
    return {f"{name}.W": (gates, n), f"{name}.U": (gates, m), f"{name}.bW": (gates,), f"{name}.bU": (gates,)}


def run(w, name, kind, x, m, both=False, h0=None, c0=None, **how):
    """All states of a sequence [T, n], and the last cell state."""
    module = MODULES[kind][0](x.shape[-1], m, bidirectional=both, **how).double()
    ways = {".forward": "", ".backward": "_reverse"} if both else {"": ""}
    given = {f"{theirs}_l0{way}": w[f"{name}{at}.{mine}"] for at, way in ways.items() for mine, theirs in PARTS.items()}
    start = None
    if h0 is not None:
        start = (h0[None], c0[None] if c0 is not None else 0 * h0[None]) if kind == "lstm" else h0[None]
    h, last = torch.func.functional_call(module, given, (x, start))
    return h, last[1] if kind == "lstm" else None


def cells(w, name, x, m, h0=None, c0=None):
    """The cell's states at all places, of which PyTorch gives the last: those of the sequence's beginnings."""
    return torch.cat([run(w, name, "lstm", x[:t + 1], m, h0=h0, c0=c0)[1] for t in range(len(x))])


def backwards(w, name, kind, x, m, **how):
    return run(w, name, kind, x.flip(0), m, **how)[0].flip(0)


def each(rows, f):
    return torch.stack([f(sequence) for sequence in rows])


@twin("prelude_recurrent", {"x0": real(5, 3), "w0": real(2, 4, 3)},
      {"s": (5, 3), "r": (2, 4, 3), "h0": real(4), "c0": real(4), **shapes("a", "rnn", 3, 4),
       **shapes("b", "rnn", 3, 4), **shapes("d", "lstm", 3, 4), **shapes("e", "lstm", 3, 4),
       **shapes("g", "gru", 3, 4), **shapes("h", "gru", 3, 4)})
def prelude_recurrent(w, x0, w0):
    x, rows, h0, c0 = w["s"] * x0, w["r"] * w0, w["h0"], w["c0"]
    a, b = run(w, "a", "rnn", x, 4)[0], backwards(w, "b", "rnn", x, 4, h0=h0, nonlinearity="relu")
    d, dc = run(w, "d", "lstm", x, 4, h0=h0, c0=c0)[0], cells(w, "d", x, 4, h0, c0)
    e = each(rows, lambda x: backwards(w, "e", "lstm", x, 4, h0=h0, c0=c0))
    ec = each(rows, lambda x: cells(w, "e", x.flip(0), 4, h0, c0).flip(0))
    g, h = each(rows, lambda x: run(w, "g", "gru", x, 4, h0=h0)[0]), backwards(w, "h", "gru", x, 4, h0=h0)
    found = dict(a=a, b=b, d=d, dc=dc, e=e, ec=ec, g=g, h=h)
    return {"loss.plain": probe(a, b), "loss.cells": probe(d, dc, e, ec), "loss.gated": probe(g, h),
            **{"out." + name: value for name, value in found.items()}}


@twin("prelude_bidirectional", {"x0": real(5, 3), "w0": real(2, 4, 3)},
      {"s": (5, 3), "r": (2, 4, 3), **shapes("i", "rnn", 3, 2, True), **shapes("j", "lstm", 3, 3, True),
       **shapes("k.0", "gru", 3, 2, True), **shapes("k.1", "gru", 4, 2, True), **shapes("net", "lstm", 3, 2),
       **shapes("o", "lstm", 3, 6), **shapes("p", "lstm", 3, 6)})
def prelude_bidirectional(w, x0, w0):
    x, rows = w["s"] * x0, w["r"] * w0
    one = lambda name, kind, m, x=x, **how: run(w, name, kind, x, m, **how)[0]
    i, j = one("i", "rnn", 2, both=True), each(rows, lambda x: one("j", "lstm", 3, x, both=True))
    k = one("k.1", "gru", 2, one("k.0", "gru", 2, both=True), both=True)
    m, n = one("net", "lstm", 2), each(rows, lambda x: one("net", "lstm", 2, x))
    o, last = run(w, "o", "lstm", x, 6, h0=torch.full((6,), 0.5).double(), c0=torch.full((6,), 2.0).double())
    p = one("p", "lstm", 6, h0=o[4], c0=last[0])
    return {"loss.L": probe(i, j, k, m, n, p), "out.j": j, "out.n": n, "out.p": p}


@twin("prelude_recurrent_sized", {"T": whole(1, 6), "x": real(6, 3)},
      {"h0": real(2), **shapes("a", "rnn", 3, 2), **shapes("b", "lstm", 3, 2), **shapes("c", "gru", 3, 2),
       **shapes("d", "lstm", 3, 2, True), **shapes("e", "gru", 4, 2, True)}, examples=5)
def prelude_recurrent_sized(w, T, x):
    x, h0 = x[:int(T)], w["h0"]
    a, b = backwards(w, "a", "rnn", x, 2), backwards(w, "b", "lstm", x, 2, h0=h0)
    c = run(w, "c", "gru", x, 2, h0=h0)[0]
    d, last = run(w, "d", "lstm", x, 2, both=True)
    e = run(w, "e", "gru", d, 2, both=True)[0]
    first = cells(w, "b", x.flip(0), 2, h0).flip(0)
    inside = cells(w, "d.backward", x.flip(0), 2).flip(0)
    pad = lambda v: F.pad(v, (0, 0, 0, 6 - len(v)))
    return {"loss.L": probe(a, b, c[-1], e) + probe(first[0] * last[0]), "out.a": pad(a), "out.b": pad(b),
            "out.d": pad(d), "out.e": pad(e), "out.cells": pad(inside)}
