"""Twins of the models that follow a course's derivations."""

import itertools

import torch
from torch.nn import functional as F

from reference import classes, d, real, twin


@twin("sigmoid_hidden", {"x": real(4), "t": classes(3)}, {"V": (5, 4), "a": (5,), "W": (3, 5), "b": (3,)})
def sigmoid_hidden(w, x, t):
    h = torch.sigmoid(w["V"] @ x + w["a"])
    u = w["W"] @ h + w["b"]
    loss = F.cross_entropy(u, t)
    hit = F.one_hot(t, 3) - torch.softmax(u, 0)
    back = w["W"].T @ hit * h * (1 - h)
    return {"loss.L": loss, "out.p": torch.softmax(u, 0), "metric.accuracy": u.argmax() == t,
            "equal": [(d(-loss, u), hit), (d(-loss, w["V"]), torch.outer(back, x)), (d(-loss, w["a"]), back)]}


@twin("deep_linear", {"x": real(3), "t": real(2)}, {"W1": (4, 3), "W2": (5, 4), "W3": (2, 5)})
def deep_linear(w, x, t):
    w1, w2, w3 = w["W1"], w["W2"], w["W3"]
    y = w3 @ w2 @ w1 @ x
    loss = ((y - t)**2).sum() / 2
    return {"loss.L": loss, "out.y": y,
            "equal": [(d(loss, w3), torch.outer(y - t, w2 @ w1 @ x)),
                      (d(loss, w2), torch.outer(w3.T @ (y - t), w1 @ x)),
                      (d(loss, w1), w2.T @ w3.T @ torch.outer(y - t, x)), (d(loss, x), (w3 @ w2 @ w1).T @ (y - t))]}


@twin("fan_out", {"x": real()}, {"w": ()}, examples=4)
def fan_out(w, x):
    q = x * w["w"]
    r = torch.tanh(q)
    u = torch.exp(-q * r)
    loss = u + r * x
    back = -r * u + (1 - r**2) * (x - q * u)
    return {"loss.L": loss, "out.u": u, "equal": [(d(loss, w["w"]), x * back), (d(loss, x), w["w"] * back + r)]}


@twin("lagrangian", {"x": real(3), "z1": real(4), "z2": real(2), "y": real(2), "λ1": real(4), "λ2": real(2)},
      {"W1": (4, 3), "b1": (4,), "W2": (2, 4), "b2": (2,)})
def lagrangian(w, x, z1, z2, y, λ1, λ2):
    f1 = torch.sigmoid(w["W1"] @ x + w["b1"])
    f2 = torch.sigmoid(w["W2"] @ z1 + w["b2"])
    loss = ((z2 - y)**2).sum() / 2 - λ1 @ (z1 - f1) - λ2 @ (z2 - f2)
    return {"loss.Λ": loss, "out.f1": f1, "out.f2": f2,
            "equal": [(d(loss, λ1), f1 - z1), (d(loss, z2), z2 - y - λ2),
                      (d(loss, z1), w["W2"].T @ (λ2 * f2 * (1 - f2)) - λ1),
                      (d(loss, w["W2"]), torch.outer(λ2 * f2 * (1 - f2), z1))]}


@twin("dropout_ensemble", {"x": real(3), "y": classes(4)}, {"W": real(4, 3), "b": (4,)})
def dropout_ensemble(w, x, y):
    masks = torch.tensor(list(itertools.product((0.0, 1.0), repeat=3))).double()
    g = torch.log_softmax((masks * x) @ w["W"].T + w["b"], 1).mean(0)
    p = torch.softmax(g, 0)
    return {"loss.L": F.cross_entropy(g, y), "out.p": p, "equal": [(p, torch.softmax(w["W"] @ x / 2 + w["b"], 0))]}
