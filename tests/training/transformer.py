"""models/shakespeare.nn: two blocks of causal attention on windows of tinyshakespeare."""

import math

import torch
import torch.nn.functional as F

from study import Study, adam, dense, glorot, linear

T, D, HEADS, V, BLOCKS = 64, 64, 4, 65, 2


def norm_initial(name):
    return {name + ".g": torch.ones(D), name + ".b": torch.zeros(D)}


def initial():
    p = {"E": torch.randn(V, D) * 0.05, "P": torch.randn(T, D) * 0.05, **norm_initial("N")}
    for x in (f"X.{b}." for b in range(BLOCKS)):
        p |= {**norm_initial(x + "n1"), **norm_initial(x + "n2"), **dense(x + "up", D, 4 * D),
              **dense(x + "down", 4 * D, D)}
        p |= {f"{x}att.{w}": glorot(D, D) for w in ("Wq", "Wk", "Wv", "Wo")}
    return p


def norm(p, name, x):
    return F.layer_norm(x, (D,), p[name + ".g"], p[name + ".b"])


def attention(p, name, x):
    q, k, v = ((x @ p[name + w]).unflatten(2, (HEADS, D // HEADS)).transpose(1, 2) for w in (".Wq", ".Wk", ".Wv"))
    scores = q @ k.transpose(2, 3) / math.sqrt(D // HEADS)
    later = torch.ones(T, T, dtype=torch.bool).triu(1)
    y = torch.softmax(scores.masked_fill(later, -math.inf), 3) @ v
    return y.transpose(1, 2).flatten(2) @ p[name + ".Wo"]


def scores(p, s):
    x = p["E"][s[:, :-1]] + p["P"]
    for b in (f"X.{b}." for b in range(BLOCKS)):
        x = x + attention(p, b + "att", norm(p, b + "n1", x))
        x = x + linear(p, b + "down", F.gelu(linear(p, b + "up", norm(p, b + "n2", x))))
    return norm(p, "N", x) @ p["E"].T


def loss(p, s):
    return F.cross_entropy(scores(p, s).flatten(0, 1), s[:, 1:].flatten())


def measure(p, s):
    parts = [(len(some), scores(p, some), some[:, 1:]) for some in s.split(100)]
    return {"L": sum(n * F.cross_entropy(z.flatten(0, 1), y.flatten()) for n, z, y in parts) / len(s),
            "accuracy": sum(n * (z.argmax(2) == y).float().mean() for n, z, y in parts) / len(s)}


STUDIES = [Study(page="shakespeare", figure="L", options=("-D", "T=64", "-D", "D=64", "-D", "heads=4", "-D", "V=65"),
                 data={"s": "tinyshakespeare/input.txt"}, rows="0-15443", test_rows="15444-17158", integers=("s",),
                 window=65, epochs=2, batch=32, clip=1.0, seeds=1, initial=initial, loss=loss, measure=measure,
                 optimizer=adam(1e-3))]
