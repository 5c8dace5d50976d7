"""Twins of the models about training. One step of a trainer, where a model tests that, is under next."""

import torch
from torch.nn import functional as F

from reference import between, d, real, twin


@twin("two_losses", {"x": real(3), "z": real(2)},
      {"G.h.W": (4, 2), "G.h.b": (4,), "G.dense.W": (3, 4), "G.dense.b": (3,),
       "D.h.W": (4, 3), "D.h.b": (4,), "D.dense.W": (1, 4), "D.dense.b": (1,)})
def two_losses(w, x, z):
    def player(name, x):
        return w[name + ".dense.W"] @ torch.tanh(w[name + ".h.W"] @ x + w[name + ".h.b"]) + w[name + ".dense.b"]
    fake = player("G", z)
    real_score, score = player("D", x), player("D", fake)
    ld = F.softplus(-real_score) + F.softplus(player("D", fake.detach()))
    lg = F.softplus(-score)
    return {"loss.LD": ld, "loss.LG": lg, "out.fake": fake, "out.p": torch.sigmoid(real_score),
            "equal": [(d(lg, score), torch.sigmoid(score) - 1)]}


@twin("own_optimizer", {"x": real(3), "t": real(2)}, {"V": (6, 3), "W": (2, 6), "b": (2,)}, examples=4, across=True)
def own_optimizer(w, x, t):
    y = torch.tanh(x @ w["V"].T) @ w["W"].T + w["b"]
    loss = ((y - t)**2).sum(1).mean() / 2
    gv, gw, gb = (d(loss, w[name]) for name in ("V", "W", "b"))
    clip = 1 / torch.clamp(torch.sqrt((gv**2).sum() + (gw**2).sum()), min=1)
    step = {name: w[name] - 0.1 * 0.1 * (g * clip + 0.01 * w[name]) for name, g in (("V", gv), ("W", gw))}
    return {"loss.L": loss, "out.y": y, "next.V": step["V"], "next.W": step["W"], "next.b": w["b"] - 0.05 * gb}


@twin("weight_decay_loss", {"x": real(5), "t": real()}, {"w": (5,), "b": between(0.5, 1.5)}, examples=4)
def weight_decay_loss(w, x, t):
    y = w["w"] @ x + w["b"]
    loss = (y - t)**2 / 2 + 0.1 * (w["w"]**2).sum()
    return {"loss.L": loss, "out.y": y, "metric.error": (y - t).abs(),
            "equal": [(d(loss, w["w"]), (y - t) * x + 0.2 * w["w"])]}
