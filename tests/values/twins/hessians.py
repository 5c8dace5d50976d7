"""Twins of the models that hold Hessians: blocks of second derivatives, each column by automatic differentiation of a
gradient.
"""

import math

import torch
from torch.nn import functional as F

from reference import classes, d, real, twin, whole
from twins.derivatives import jacobian


def hessian(loss, a, b):
    return jacobian(d(loss, a), b)


@twin("hessian_blocks", {"x": real(3), "y": classes(3)}, {"W1": (4, 3), "b1": (4,), "W2": (3, 4)})
def hessian_blocks(w, x, y):
    h = torch.tanh(w["W1"] @ x + w["b1"])
    loss = F.cross_entropy(w["W2"] @ h, y)
    return {"loss.L": loss, "out.H11": hessian(loss, w["W1"], w["W1"]), "out.H12": hessian(loss, w["W1"], w["W2"]),
            "out.H21": hessian(loss, w["W2"], w["W1"]), "out.H22": hessian(loss, w["W2"], w["W2"]),
            "out.Hb1": hessian(loss, w["b1"], w["W1"])}


@twin("hessian_scan", {"x": real(5, 2), "t": real(5), "v": real(3, 3)}, {"U": (3, 3), "W": (3, 2), "c": (3,)})
def hessian_scan(w, x, t, v):
    h, loss = 0.1 * w["c"], 0
    for k in range(5):
        h = torch.tanh(w["W"] @ x[k] + w["U"] @ h)
        loss = loss + (w["c"] @ h - t[k])**2
    along = (d(loss, w["U"]) * v).sum()
    return {"loss.L": loss, "out.HUU": hessian(loss, w["U"], w["U"]), "out.HUW": hessian(loss, w["U"], w["W"]),
            "out.Hcc": hessian(loss, w["c"], w["c"]), "out.Hcv": d(along, w["c"]), "out.HUv": d(along, w["U"])}


@twin("hessian_losses", {"x": real(3), "y": real(), "n": whole(0, 9)},
      {"A": (2, 3), "m": (2, 3), "s": (2,), "w": (3,)})
def hessian_losses(w, x, y, n):
    mixture = torch.distributions.Normal(w["m"] @ x, torch.exp(w["s"]))
    m = -torch.logsumexp(F.log_softmax(w["A"] @ x, 0) + mixture.log_prob(y), 0) - math.log(2 * math.pi) / 2
    a = w["w"] @ x
    t = 2 * torch.log1p((y - a)**2 / 3)
    p = torch.exp(a) - n * a
    r = F.huber_loss(a, y)
    s = F.softplus(-y * a)
    return {"loss.M": m, "loss.T": t, "loss.P": p, "loss.R": r, "loss.S": s,
            "out.MAA": hessian(m, w["A"], w["A"]), "out.MAm": hessian(m, w["A"], w["m"]),
            "out.Mms": hessian(m, w["m"], w["s"]), "out.Mss": hessian(m, w["s"], w["s"]),
            **{f"out.{name}ww": hessian(loss, w["w"], w["w"]) for name, loss in zip("TPRS", (t, p, r, s))}}


@twin("hessian_layers", {"x": real(6), "t": real(4)}, {"k": (3,), "g": (4,), "W": (4, 4)})
def hessian_layers(w, x, t):
    u = F.conv1d(x.view(1, 1, 6), w["k"].view(1, 1, 3)).view(4)
    a = F.gelu(w["g"] * F.layer_norm(u, (4,), eps=0.01))
    loss = ((torch.softmax(w["W"] @ a, 0) * a - t)**2).sum()
    return {"loss.L": loss, "out.Hkk": hessian(loss, w["k"], w["k"]), "out.Hkg": hessian(loss, w["k"], w["g"]),
            "out.HgW": hessian(loss, w["g"], w["W"]), "out.HWW": hessian(loss, w["W"], w["W"])}
