"""Twins of the models with attention."""

import math

import torch
from torch.nn import functional as F

from reference import classes, d, real, twin

SQUARE = {"y.W" + which: (6, 6) for which in "qkvo"}


@twin("self_attention", {"x": real(4, 6), "t": real(4, 6)}, SQUARE)
def self_attention(w, x, t):
    q, k, v = ((x @ w["y.W" + which]).reshape(4, 2, 3).transpose(0, 1) for which in "qkv")
    s = (q @ k.transpose(1, 2) / math.sqrt(3)).masked_fill(torch.ones(4, 4).triu(1).bool(), -math.inf)
    a = torch.softmax(s, 2)
    y = (a @ v).transpose(0, 1).reshape(4, 6) @ w["y.Wo"]
    return {"loss.L": F.mse_loss(y, t), "out.y": y, "out.a": a}


@twin("attention_index", {"x": real(3, 4), "m": real(4, 4), "y": classes(3)},
      {"Wq": (4, 4), "Wk": (4, 4), "z.W": (3, 12), "z.b": (3,)})
def attention_index(w, x, m, y):
    def heads(rows):
        return rows.reshape(len(rows), 2, 2).transpose(0, 1)
    s = heads(x @ w["Wq"].T) @ heads(m @ w["Wk"].T).transpose(1, 2) / math.sqrt(2)
    a = torch.softmax(s, 2)
    z = w["z.W"] @ (a @ heads(m)).flatten() + w["z.b"]
    loss = F.cross_entropy(z, y)
    back = d(loss, a)
    return {"loss.L": loss, "out.a": a, "out.z": z,
            "equal": [(d(loss, s), a * (back - (a * back).sum(2, keepdim=True)))]}


@twin("soft_attention", {"s": real(3), "h": real(5, 4), "t": real(4)},
      {"Wa": (2, 3), "Ua": (2, 4), "v": real(2)})
def soft_attention(w, s, h, t):
    q = torch.tanh(w["Wa"] @ s + h @ w["Ua"].T)
    e = q @ w["v"]
    a = torch.softmax(e, 0)
    c = a @ h
    loss = ((c - t)**2).sum() / 2
    δα = h @ (c - t)
    δe = a * (δα - a @ δα)
    δa = torch.outer(δe, w["v"]) * (1 - q**2)
    return {"loss.L": loss, "out.c": c, "out.α": a,
            "equal": [(d(loss, e), δe), (d(loss, w["v"]), δe @ q), (d(loss, w["Ua"]), δa.T @ h),
                      (d(loss, w["Wa"]), torch.outer(δa.sum(0), s)), (d(loss, s), w["Wa"].T @ δa.sum(0)),
                      (d(loss, h), δa @ w["Ua"] + torch.outer(a, c - t))]}


BLOCK = {"n1.g": (4,), "n1.b": (4,), "att.Wq": (4, 4), "att.Wk": (4, 4), "att.Wv": (4, 4), "n2.g": (4,), "n2.b": (4,),
         "up.W": (6, 4), "up.b": (6,), "down.W": (4, 6), "down.b": (4,)}


@twin("transformer", {"w": classes(5, 4), "next": classes(5, 4)},
      {"E": (5, 4), "P": (4, 4), **{f"x.{l}.{name}": shape for l in range(2) for name, shape in BLOCK.items()}})
def transformer(w, words, following):
    x = w["E"][words] + w["P"]
    hidden = torch.ones(4, 4).triu(1).bool()
    for l in range(2):
        def p(name):
            return w[f"x.{l}.{name}"]
        n1 = F.layer_norm(x, (4,), p("n1.g"), p("n1.b"), 1e-5)
        s = (n1 @ p("att.Wq")) @ (n1 @ p("att.Wk")).T / 2
        y = x + torch.softmax(s.masked_fill(hidden, -math.inf), 1) @ (n1 @ p("att.Wv"))
        n2 = F.layer_norm(y, (4,), p("n2.g"), p("n2.b"), 1e-5)
        x = y + torch.relu(n2 @ p("up.W").T + p("up.b")) @ p("down.W").T + p("down.b")
    z = x @ w["E"].T
    loss = F.cross_entropy(z, following)
    return {"loss.L": loss, "out.p": torch.softmax(z, 1),
            "metric.accuracy": (z.argmax(1) == following).double().mean(),
            "equal": [(d(loss, z), (torch.softmax(z, 1) - F.one_hot(following, 5)) / 4)]}
