"""Twins of the pages in models/ (without the two that are too large to store)."""

import torch
from torch.nn import functional as F

from reference import bit, classes, d, real, twin


@twin("xor", {"x": real(2), "t": bit()}, {"h.W": (4, 2), "h.b": (4,), "a.W": (1, 4), "a.b": (1,)}, examples=4)
def xor(w, x, t):
    h = torch.tanh(w["h.W"] @ x + w["h.b"])
    a = w["a.W"] @ h + w["a.b"]
    loss = F.binary_cross_entropy_with_logits(a, t.double().reshape(1))
    error = torch.sigmoid(a) - t
    back = error * w["a.W"][0] * (1 - h**2)
    return {"loss.L": loss, "out.p": torch.sigmoid(a), "metric.accuracy": (a[0] > 0) == t,
            "equal": [(d(loss, a), error), (d(loss, w["a.W"])[0], error * h), (d(loss, w["h.b"]), back),
                      (d(loss, w["h.W"]), torch.outer(back, x))]}


@twin("softmax_regression", {"x": real(4), "t": classes(3)}, {"W": (3, 4), "b": (3,)}, examples=4)
def softmax_regression(w, x, t):
    u = w["W"] @ x + w["b"]
    p = torch.softmax(u, 0)
    loglik = torch.log_softmax(u, 0)[t]
    hit = F.one_hot(t, 3) - p
    slope = d(loglik, w["W"])
    return {"loss.L": -loglik, "out.p": p, "metric.accuracy": u.argmax() == t,
            "equal": [(d(loglik, u), hit), (slope, torch.outer(hit, x)), (d(loglik, w["b"]), hit),
                      (slope.sum(0), torch.zeros(4).double())]}


@twin("perceptron", {"x": real(3), "y": bit()}, {"W1": (4, 3), "w2": (4,)}, examples=4)
def perceptron(w, x, y):
    z1 = torch.sigmoid(w["W1"] @ x)
    z2 = torch.sigmoid(w["w2"] @ z1)
    c = F.binary_cross_entropy(z2, y.double())
    back = (z2 - y) * w["w2"]
    return {"loss.c": c, "out.z2": z2, "metric.accuracy": (z2 > 0.5) == y,
            "equal": [(d(c, z2), (z2 - y) / (z2 * (1 - z2))), (d(c, w["w2"]), (z2 - y) * z1), (d(c, z1), back),
                      (d(c, w["W1"]), torch.outer(back * z1 * (1 - z1), x))]}


@twin("iris", {"x": real(4), "t": classes(3)},
      {"s.W": (16, 4), "s.b": (16,), "u.W": (3, 16), "u.b": (3,)}, examples=4)
def iris(w, x, t):
    s = w["s.W"] @ x + w["s.b"]
    h = torch.sigmoid(s)
    u = w["u.W"] @ h + w["u.b"]
    loss = F.cross_entropy(u, t)
    error = torch.softmax(u, 0) - F.one_hot(t, 3)
    back = w["u.W"].T @ error
    return {"loss.L": loss, "out.p": torch.softmax(u, 0), "metric.accuracy": u.argmax() == t,
            "equal": [(d(loss, u), error), (d(loss, w["u.W"]), torch.outer(error, h)), (d(loss, h), back),
                      (d(loss, w["s.W"]), torch.outer(back * h * (1 - h), x))]}
