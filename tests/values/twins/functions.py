"""Twins of the models about functions, shapes and whole-number arithmetic."""

import torch
from torch.nn import functional as F

from reference import Values, between, bit, classes, d, real, twin, whole


@twin("own_functions", {"x": real(3), "t": real(2)}, {"A": (4, 3), "B": (2, 4), "a": (4,), "b": (2,)})
def own_functions(w, x, t):
    h = torch.tanh(w["A"] @ x + w["a"])
    g = F.silu(F.silu(h))
    y = F.softplus(w["B"] @ (g * torch.sigmoid(2 * g)) + w["b"])
    loss = torch.sqrt(((y - t)**2).mean())
    s = torch.sigmoid(x)
    return {"loss.L": loss, "out.y": y,
            "equal": [(d(loss, y), (y - t) / (2 * loss)),
                      (d(loss, w["b"]), (y - t) / (2 * loss) * (1 - torch.exp(-y))),
                      (d(F.silu(x).sum(), x), s * (1 + x * (1 - s)))]}


@twin("shapes", {"x": real(4), "k": classes(3)}, {"W": (3, 4), "u": real(2)})
def shapes(w, x, k):
    a, b = x[:2], x[2:]
    s = torch.stack([a, b, w["u"]])
    c = torch.cat([F.one_hot(k, 3), b * w["u"]])
    r = torch.outer(c, a).reshape(2, 5)
    f = torch.cat([s.T.flatten(), r[1], torch.ones(2), torch.zeros(1)])
    z = torch.cat([f, w["W"][:2] @ x, torch.tanh(w["W"].T[1:4, k]), w["W"][k, :2]])
    count = torch.arange(1, len(z) + 1)
    loss = torch.sin(z * count).sum() / len(z)
    return {"loss.L": loss, "out.z": z, "out.last": z[-1], "out.r": r,
            "equal": [(d(loss, z), torch.cos(z * count) * count / 21)]}


@twin("pixel_shuffle", {"x": real(2, 3), "t": real(4, 6)}, {"w": real(4), "b": (4,)})
def pixel_shuffle(w, x, t):
    m = w["w"][:, None, None] * x + w["b"][:, None, None]
    y = F.pixel_shuffle(m, 2)[0]
    loss = F.mse_loss(y, t)
    return {"loss.L": loss, "out.y": y, "equal": [(d(loss, m), F.pixel_unshuffle((y - t)[None], 2) / 12)]}


@twin("polynomial", {"x": real(), "t": real()}, {"c": real(5)})
def polynomial(w, x, t):
    powers = x**torch.arange(5)
    y = w["c"] @ powers
    loss = (y - t)**2 / 2
    return {"loss.L": loss, "out.y": y, "out.slope": d(y, x), "equal": [(d(loss, w["c"]), (y - t) * powers)]}


@twin("equilibrium", {"x": real(2), "t": real(3)}, {"W": Values((3, 3), scale=0.7), "U": (3, 2)})
def equilibrium(w, x, t):
    z = torch.zeros(3).double()
    for _ in range(6):
        z = torch.tanh(w["W"] @ z + w["U"] @ x)
    return {"loss.L": ((z - t)**2).sum() / 2, "out.z": z,
            "metric.residual": (z - torch.tanh(w["W"] @ z + w["U"] @ x)).norm()}


@twin("bilinear", {"a": real(3), "b": real(4), "n": whole(-2, 3), "on": bit(), "y": classes(2)},
      {"W": (2, 3, 4), "v": (2, 7)}, examples=4)
def bilinear(w, a, b, n, on, y):
    z = torch.einsum("i,kij,j->k", a, w["W"], b) / (1 + n**2) + on * (w["v"] @ torch.cat([a, b]))
    loss = F.cross_entropy(z, y)
    error = torch.softmax(z, 0) - F.one_hot(y, 2)
    back = torch.einsum("k,kij,j->i", error, w["W"], b) / (1 + n**2) + on * (error @ w["v"][:, :3])
    return {"loss.L": loss, "out.z": z, "metric.accuracy": z.argmax() == y, "equal": [(d(loss, a), back)]}


# Where the exponent is 1 the slope is 1, and its own derivative, 0 times 0 to the power -1, is 0.
@twin("powers", {"m": classes(3), "n": classes(4)}, {"p": between(0.5, 1.5, 2), "q": between(1.1, 1.4)})
def powers(w, m, n):
    base = m.double() * w["p"]**2
    exponent = 1 + n.double() * w["q"]**2
    y = base**exponent
    by_base = d(y.sum(), base)
    return {"loss.L": y.sum(), "out.by_base": by_base, "out.by_exponent": d(y.sum(), exponent),
            "out.steeper": d(by_base.sum(), base), "out.mixed": d(by_base.sum(), exponent)}
