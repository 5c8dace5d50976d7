"""Twins of the models that normalize, that look across the batch, or that keep a state."""

import torch
from torch.nn import functional as F

from reference import between, classes, d, real, twin


@twin("layernorm_tokens", {"x": real(3, 4), "t": real(3, 4)},
      {"W": (4, 4), "y.gain": between(0.5, 1.5, 4), "y.bias": (4,)})
def layernorm_tokens(w, x, t):
    h = x @ w["W"]
    y = F.layer_norm(h, (4,), w["y.gain"], w["y.bias"], 1e-5)
    loss = ((y - t)**2).sum() / 2
    error, n = (y - t) * w["y.gain"], F.layer_norm(h, (4,), eps=1e-5)
    spread = torch.sqrt(h.var(1, correction=0, keepdim=True) + 1e-5)
    back = (error - error.mean(1, keepdim=True) - n * (error * n).mean(1, keepdim=True)) / spread
    return {"loss.L": loss, "out.y": y, "equal": [(d(loss, h), back)]}


@twin("batchnorm_batch", {"x": real(4), "y": classes(3)},
      {"W": (5, 4), "g": between(0.5, 1.5, 5), "s": (5,), "z.W": (3, 5), "z.b": (3,)},
      states={"running_mean": [0.0] * 5, "running_var": [1.0] * 5}, examples=4, across=True)
def batchnorm_batch(w, x, y):
    a = x @ w["W"].T
    μ, v = a.mean(0), a.var(0, correction=0)

    def scores(mean, var):
        h = torch.relu(w["g"] * (a - mean) / torch.sqrt(var + 1e-5) + w["s"])
        return h @ w["z.W"].T + w["z.b"]
    loss = F.cross_entropy(scores(μ, v), y)
    p = torch.softmax(scores(w["running_mean"], w["running_var"]), 1)
    return {"loss.L": loss, "out.p": p, "next.running_mean": 0.1 * μ, "next.running_var": 0.9 + 0.1 * v}


@twin("batchnorm_axis", {"a": real(5, 3), "t": real(5, 3)}, {"g": between(0.5, 1.5, 3), "s": (3,)})
def batchnorm_axis(w, a, t):
    n = F.batch_norm(a, None, None, training=True, eps=1e-5)
    y = w["g"] * n + w["s"]
    loss = (torch.tanh(y) * t).sum()
    error = t * (1 - torch.tanh(y)**2)
    back = w["g"] / torch.sqrt(a.var(0, correction=0) + 1e-5) * (error - error.mean(0) - n * (error * n).mean(0))
    return {"loss.L": loss, "out.y": y, "equal": [(d(loss, a), back)]}


@twin("contrastive", {"a": real(4), "b": real(4)},
      {"enc.h.W": (5, 4), "enc.h.b": (5,), "enc.e.W": (3, 5), "enc.e.b": (3,)}, examples=4, across=True)
def contrastive(w, a, b):
    def encode(x):
        h = torch.tanh(x @ w["enc.h.W"].T + w["enc.h.b"])
        return F.normalize(h @ w["enc.e.W"].T + w["enc.e.b"], dim=1)
    u, v = encode(a), encode(b)
    return {"loss.L": F.cross_entropy(u @ v.T / 0.5, torch.arange(4)), "out.u": u}


@twin("contrastive_pairs", {"a": real(4, 3), "b": real(4, 3)}, {"E": (2, 3), "F": (2, 3)})
def contrastive_pairs(w, a, b):
    e, f = a @ w["E"].T, b @ w["F"].T
    u, v = F.normalize(e, dim=1), F.normalize(f, dim=1)
    s = u @ v.T / 0.5
    loss = F.cross_entropy(s, torch.arange(4))
    δs = (torch.softmax(s, 1) - torch.eye(4).double()) / 4
    δu = δs @ v / 0.5
    δe = (δu - u * (u * δu).sum(1, keepdim=True)) / e.norm(dim=1, keepdim=True)
    return {"loss.L": loss, "out.S": s, "equal": [(d(loss, s), δs), (d(loss, w["E"]), δe.T @ a)]}


@twin("running_mean", {"x": real(3), "t": real()}, {"w": real(3), "b": ()},
      states={"m": [0.25] * 3, "seen": 2.0}, examples=4, across=True)
def running_mean(w, x, t):
    y = (x - w["m"]) @ w["w"] + w["b"]
    return {"loss.L": F.mse_loss(y, t), "out.y": y, "next.m": w["m"] + (x.mean(0) - w["m"]) / 3,
            "next.seen": torch.tensor(3.0).double()}
