"""Twins of the models about parameters: shared, computed, given by name, made in loops."""

import torch
from torch.nn import functional as F

from reference import bit, classes, d, real, twin


def affine(w, name, x):
    return x @ w[name + ".W"].T + w[name + ".b"]


@twin("siamese", {"a": real(4), "b": real(4), "same": bit()},
      {"enc.h.W": (3, 4), "enc.h.b": (3,), "enc.dense.W": (3, 3), "enc.dense.b": (3,)}, examples=4)
def siamese(w, a, b, same):
    u, v = (torch.tanh(affine(w, "enc.dense", torch.tanh(affine(w, "enc.h", x)))) for x in (a, b))
    distance = (u - v).norm()
    loss = distance**2 / 2 if same else torch.relu(2 - distance)**2 / 2
    back = u - v if same else -torch.relu(2 - distance) / distance * (u - v)
    return {"loss.L": loss, "out.d": distance, "metric.right": (distance < 1) == same,
            "equal": [(d(loss, u), back), (d(loss, v), -back),
                      (d(loss, w["enc.dense.b"]), (v**2 - u**2) * back)]}


@twin("tied_autoencoder", {"x": real(6)}, {"E": (3, 6), "a.b": (3,), "r.b": (6,)})
def tied_autoencoder(w, x):
    h = torch.sigmoid(w["E"] @ x + w["a.b"])
    r = w["E"].T @ h + w["r.b"]
    loss = ((r - x)**2).sum() / 2
    δr = r - x
    δa = w["E"] @ δr * h * (1 - h)
    return {"loss.L": loss, "out.h": h, "out.r": r,
            "equal": [(d(loss, w["E"]), torch.outer(δa, x) + torch.outer(h, δr)), (d(loss, x), w["E"].T @ δa - δr)]}


@twin("square_network", {"x1": real(), "x2": real(), "t": real()}, {"v": ()})
def square_network(w, x1, x2, t):
    w13, w24 = F.softplus(w["v"]), -F.softplus(-w["v"])
    y = (x1 * w13)**2 / 2 + (x2 * w24)**2 / 2
    loss = (y - t)**2 / 2
    slope = (y - t) * (x1**2 * w13 * torch.sigmoid(w["v"]) + x2**2 * w24 * torch.sigmoid(-w["v"]))
    return {"loss.L": loss, "out.y": y, "equal": [(d(loss, w["v"]), slope), (w13 + w24, w["v"])]}


@twin("positive_weights", {"x": real(2), "t": real(2)}, {"A": (4, 2), "B": (2, 4), "h.b": (4,)})
def positive_weights(w, x, t):
    h = torch.tanh(torch.exp(w["A"]) @ x + w["h.b"])
    y = torch.exp(w["B"]) @ h
    slope = torch.exp(w["B"]) @ torch.diag(1 - h**2) @ torch.exp(w["A"])
    loss = F.mse_loss(y, t)
    return {"loss.L": loss, "out.y": y, "out.slope": slope,
            "equal": [(d(loss, w["B"]), torch.exp(w["B"]) * torch.outer(y - t, h)), (d(y[0], x), slope[0])]}


@twin("deep_residual", {"x": real(4), "y": classes(3)},
      {**{f"h.{l}.{part}.{p}": (4, 4) if p == "W" else (4,) for l in range(3) for part in "ab" for p in "Wb"},
       "z.W": (3, 4), "z.b": (3,)})
def deep_residual(w, x, y):
    h = x
    for l in range(3):
        h = h + affine(w, f"h.{l}.b", torch.relu(affine(w, f"h.{l}.a", h)))
    z = affine(w, "z", h)
    loss = F.cross_entropy(z, y)
    return {"loss.L": loss, "out.z": z, "equal": [(d(loss, w["h.2.b.b"]), d(loss, h))]}


@twin("named_calls", {"x": real(3, 4), "t": real(2)},
      {"h.open.W": (3, 4), "h.open.b": (3,), "h.dense.W": (3, 4), "h.dense.b": (3,),
       "y.dense1.W": (2, 4), "y.dense1.b": (2,), "y.dense2.W": (4, 3), "y.dense2.b": (4,),
       "y.two.dense1.W": (2, 2), "y.two.dense1.b": (2,), "y.two.dense2.W": (2, 3), "y.two.dense2.b": (2,)})
def named_calls(w, x, t):
    r = (torch.sigmoid(affine(w, "h.open", x)) * affine(w, "h.dense", x)).mean(0)
    y = affine(w, "y.dense1", torch.tanh(affine(w, "y.dense2", r)))
    y = y + affine(w, "y.two.dense1", torch.tanh(affine(w, "y.two.dense2", r)))
    return {"loss.L": F.mse_loss(y, t), "out.y": y}


@twin("configured", {"x": real(2), "t": real(3)},
      {"h.h.0.W": (4, 2), "h.h.0.b": (4,), "h.h.1.W": (3, 4), "h.h.1.b": (3,), "y.W": (3, 3), "y.b": (3,)})
def configured(w, x, t):
    h = x
    for l in range(2):
        h = F.leaky_relu(affine(w, f"h.h.{l}", h), 0.1)
    y = affine(w, "y", h)
    loss = (y - t).abs().sum()
    return {"loss.L": loss, "out.y": y, "equal": [(d(loss, y), torch.sign(y - t))]}
