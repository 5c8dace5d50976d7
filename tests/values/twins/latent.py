"""Twins of the pages about latent variables and games."""

import itertools

import torch
from torch.nn import functional as F

from reference import bit, classes, d, real, twin


@twin("sigmoid_autoencoder", {"x": real(6)}, {"W": (3, 6), "b": (3,), "U": (6, 3), "d": (6,)})
def sigmoid_autoencoder(w, x):
    h = torch.sigmoid(w["W"] @ x + w["b"])
    r = w["U"] @ h + w["d"]
    loss = ((r - x)**2).sum() / 2
    back = w["U"].T @ (r - x) * h * (1 - h)
    return {"loss.L": loss, "out.h": h, "out.r": r,
            "equal": [(d(loss, w["U"]), torch.outer(r - x, h)), (d(loss, w["W"]), torch.outer(back, x)),
                      (d(loss, x), w["W"].T @ back - (r - x))]}


@twin("categorical_latent", {"x": bit(5)},
      {"D": real(3, 5), "c": (3,), "l.dense1.W": (3, 4), "l.dense1.b": (3,), "l.dense2.W": (4, 5), "l.dense2.b": (4,)})
def categorical_latent(w, x):
    x = x.double()
    l = w["l.dense1.W"] @ torch.tanh(w["l.dense2.W"] @ x + w["l.dense2.b"]) + w["l.dense1.b"]
    q, p = torch.softmax(l, 0), torch.softmax(w["c"], 0)
    f = -F.binary_cross_entropy_with_logits(w["D"], x.expand(3, 5), reduction="none").sum(1)
    r = f + torch.log(p) - torch.log(q)
    elbo = q @ r
    return {"loss.L": -elbo, "out.q": q,
            "equal": [(d(elbo, l), q * (r - elbo)), (d(elbo, w["c"]), q - p),
                      (d(elbo, w["D"]), q[:, None] * (x - torch.sigmoid(w["D"])))]}


@twin("gan_logits", {"x": real(2), "z": real(3)},
      {"G.h.0.W": (4, 3), "G.h.0.b": (4,), "G.h.1.W": (2, 4), "G.h.1.b": (2,),
       "D.h.0.W": (5, 2), "D.h.0.b": (5,), "D.h.1.W": (1, 5), "D.h.1.b": (1,)})
def gan_logits(w, x, z):
    def player(name, x):
        h = torch.tanh(w[name + ".h.0.W"] @ x + w[name + ".h.0.b"])
        return w[name + ".h.1.W"] @ h + w[name + ".h.1.b"]
    fake = player("G", z)
    a, b = player("D", x)[0], player("D", fake)[0]
    one, zero = torch.ones(()).double(), torch.zeros(()).double()
    ld = F.binary_cross_entropy_with_logits(a, one) + F.binary_cross_entropy_with_logits(b, zero)
    lg = F.binary_cross_entropy_with_logits(b, one)
    return {"loss.LD": ld, "loss.LG": lg, "out.fake": fake, "out.p": torch.sigmoid(a),
            "equal": [(d(ld, a), torch.sigmoid(a) - 1), (d(ld, b), torch.sigmoid(b)), (d(lg, b), torch.sigmoid(b) - 1)]}


@twin("dropout_ensemble", {"x": real(3), "y": classes(4)}, {"W": real(4, 3), "b": (4,)})
def dropout_ensemble(w, x, y):
    masks = torch.tensor(list(itertools.product((0.0, 1.0), repeat=3))).double()
    g = torch.log_softmax((masks * x) @ w["W"].T + w["b"], 1).mean(0)
    p = torch.softmax(g, 0)
    loss = F.cross_entropy(g, y)
    return {"loss.L": loss, "out.p": p,
            "equal": [(p, torch.softmax(w["W"] @ x / 2 + w["b"], 0)),
                      (d(loss, w["W"]), torch.outer(p - F.one_hot(y, 4), x / 2))]}


@twin("reparameterization", {"x": bit(5), "ε": real(2)},
      {"h.W": (4, 5), "h.b": (4,), "μ.W": (2, 4), "μ.b": (2,), "v.W": (2, 4), "v.b": (2,), "o.W": (5, 2), "o.b": (5,)})
def reparameterization(w, x, ε):
    x = x.double()
    h = torch.tanh(w["h.W"] @ x + w["h.b"])
    μ, v = (w[name + ".W"] @ h + w[name + ".b"] for name in ("μ", "v"))
    o = w["o.W"] @ (μ + torch.exp(v / 2) * ε) + w["o.b"]
    here, unit = torch.distributions.Normal(μ, torch.exp(v / 2)), torch.distributions.Normal(0.0, 1.0)
    loss = F.binary_cross_entropy_with_logits(o, x, reduction="sum") + torch.distributions.kl_divergence(
        here, unit).sum()
    back = w["o.W"].T @ (torch.sigmoid(o) - x)
    return {"loss.L": loss, "out.μ": μ, "out.p": torch.sigmoid(o),
            "equal": [(d(loss, μ), μ + back), (d(loss, v), (torch.exp(v) - 1 + back * ε * torch.exp(v / 2)) / 2)]}


@twin("autoregressive_flow", {"x": real(4), "ε": real(3)},
      {"M0": real(3, 3), "S0": real(3, 3), "bm": (3,), "bs": (3,), "μ.W": (3, 4), "μ.b": (3,), "a.W": (3, 4),
       "a.b": (3,), "o.W": (4, 3), "o.b": (4,)})
def autoregressive_flow(w, x, ε):
    μ, a = (w[name + ".W"] @ x + w[name + ".b"] for name in ("μ", "a"))
    z0 = μ + torch.exp(a) * ε
    m, t = w["M0"].tril(-1) @ z0 + w["bm"], w["S0"].tril(-1) @ z0 + w["bs"]
    s = torch.sigmoid(t)
    z1 = s * z0 + (1 - s) * m
    o = w["o.W"] @ z1 + w["o.b"]
    unit = torch.distributions.Normal(torch.zeros(()).double(), 1.0)
    q0 = (unit.log_prob(ε) - a).sum()
    loss = ((x - o)**2).sum() / 2 - unit.log_prob(z1).sum() + q0 - torch.log(s).sum()
    g = w["o.W"].T @ (o - x) + z1
    back = g * (z0 - m) * s * (1 - s) - (1 - s)
    return {"loss.L": loss, "out.z1": z1,
            "equal": [(d(loss, t), back), (d(loss, m), g * (1 - s)),
                      (d(loss, μ), g * s + w["M0"].tril(-1).T @ (g * (1 - s)) + w["S0"].tril(-1).T @ back)]}
