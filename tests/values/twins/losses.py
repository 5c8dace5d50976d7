"""Twins of the models about losses and likelihoods."""

import math

import torch
from torch.nn import functional as F

from reference import between, bit, classes, d, real, twin, whole


@twin("regression_losses", {"x": real(3), "t": real()}, {"w": (3,), "ρ": (), "v": (3,), "u": (3,)}, examples=4)
def regression_losses(w, x, t):
    μ, b, m, q = w["w"] @ x, torch.exp(w["ρ"]), w["v"] @ x, w["u"] @ x
    laplace = torch.log(2 * b) + (t - μ).abs() / b
    robust = F.huber_loss(m, t, delta=0.7)
    upper = torch.maximum(0.8 * (t - q), -0.2 * (t - q))
    return {"loss.laplace": laplace, "loss.robust": robust, "loss.upper": upper, "out.μ": μ, "out.q": q,
            "equal": [(d(laplace, w["w"]), torch.sign(μ - t) * x / b), (d(laplace, w["ρ"]), 1 - (t - μ).abs() / b),
                      (d(robust, m), torch.clamp(m - t, -0.7, 0.7))]}


@twin("poisson", {"x": real(4), "hours": real(), "n": whole(0, 6)}, {"w": (4,), "b": ()}, examples=4)
def poisson(w, x, hours, n):
    rate = hours.abs() * torch.exp(w["w"] @ x + w["b"])
    loss = -torch.distributions.Poisson(rate).log_prob(n.double())
    return {"loss.L": loss, "out.λ": rate, "metric.missed": (n - rate).abs(),
            "equal": [(d(loss, w["w"]), (rate - n) * x)]}


@twin("margins", {"x": real(3), "positive": bit(), "t": classes(4)}, {"w": real(3), "W": real(4, 3)}, examples=4)
def margins(w, x, positive, t):
    y = 2 * positive - 1
    s, z = w["w"] @ x, w["W"] @ x
    rival = (z + 1)[torch.arange(4) != t].max()
    multi, margin, best = torch.relu(rival - z[t]), torch.relu(1 - y * s), z.max() - z[t]
    return {"loss.rosenblatt": torch.relu(-y * s), "loss.margin": margin, "loss.squared": margin**2, "loss.best": best,
            "loss.multi": multi, "out.s": s, "out.z": z,
            "equal": [(d(margin, s), -y * (y * s < 1).double()),
                      (d(best, z), F.one_hot(z.argmax(), 4) - F.one_hot(t, 4))]}


@twin("laplace", {"x": real(3), "t": real()}, {"w": (3,), "ρ": ()}, examples=4)
def laplace(w, x, t):
    μ, b = w["w"] @ x, torch.exp(w["ρ"])
    loss = -torch.distributions.Laplace(μ, b).log_prob(t)
    return {"loss.l": loss, "out.μ": μ,
            "equal": [(d(loss, w["w"]), torch.sign(μ - t) * x / b), (d(loss, w["ρ"]), 1 - (t - μ).abs() / b),
                      (d(loss, b), 1 / b - (t - μ).abs() / b**2)]}


@twin("weight_decay", {"x": real(3), "t": classes(3)}, {"V": (4, 3), "a": (4,), "W": (3, 4), "b": (3,)})
def weight_decay(w, x, t):
    h = torch.tanh(w["V"] @ x + w["a"])
    u = w["W"] @ h + w["b"]
    loss = F.cross_entropy(u, t) + 0.05 * (w["W"].square().sum() + w["V"].square().sum())
    error = torch.softmax(u, 0) - F.one_hot(t, 3)
    return {"loss.L": loss, "out.p": torch.softmax(u, 0),
            "equal": [(d(loss, w["W"]), torch.outer(error, h) + 0.1 * w["W"]), (d(loss, w["b"]), error)]}


@twin("stable_softmax", {"x": real(3, scale=300.0), "t": classes(3)}, {"g": between(0.5, 1.5)}, examples=6)
def stable_softmax(w, x, t):
    z = w["g"] * x
    loss = F.cross_entropy(z, t)
    return {"loss.L": loss, "out.p": torch.softmax(z, 0),
            "equal": [(d(loss, z), torch.softmax(z, 0) - F.one_hot(t, 3))]}


@twin("kinks", {"x": real(6)}, {"W": (6, 6)})
def kinks(w, x):
    z = w["W"] @ x
    h, q = torch.relu(z), z.reshape(3, 2).amax(1)
    return {"loss.L": (h**2).sum() / 2 + q.sum() + z.max() + z.abs().sum() + z.norm(), "out.h": h, "out.q": q}


HEADS = {f"{head}.{p}": (3, 5) if p == "W" else (3,) for head in ("ap", "am", "as") for p in "Wb"}


@twin("mixture_density", {"x": real(2), "t": real()}, {"h.W": (5, 2), "h.b": (5,), **HEADS})
def mixture_density(w, x, t):
    h = torch.tanh(w["h.W"] @ x + w["h.b"])
    ap, μ, a = (w[head + ".W"] @ h + w[head + ".b"] for head in ("ap", "am", "as"))
    p, s = torch.softmax(ap, 0), torch.exp(a)
    each = torch.log_softmax(ap, 0) - (t - μ)**2 / (2 * s**2) - a - math.log(2 * math.pi) / 2
    loss = -torch.logsumexp(each, 0)
    γ = torch.softmax(each, 0)
    mean = p @ μ
    var = p @ (s**2 + (μ - mean)**2)
    return {"loss.L": loss, "out.E": mean, "out.V": var,
            "equal": [(d(loss, ap), p - γ), (d(loss, μ), γ * (μ - t) / s**2),
                      (d(loss, a), γ * (1 - (t - μ)**2 / s**2)),
                      (d(mean, ap), p * (μ - mean)), (d(var, ap), p * (s**2 + (μ - mean)**2 - var)),
                      (d(var, μ), 2 * p * (μ - mean)), (d(var, a), 2 * p * s**2)]}


@twin("mixture_of_vectors", {"x": real(2), "t": real(2)},
      {"h.W": (4, 2), "h.b": (4,), **{f"{head}.{p}": (n, 4) if p == "W" else (n,)
                                      for head, n in (("ap", 3), ("am", 6), ("as", 3)) for p in "Wb"}})
def mixture_of_vectors(w, x, t):
    h = torch.tanh(w["h.W"] @ x + w["h.b"])
    ap, am, a = (w[head + ".W"] @ h + w[head + ".b"] for head in ("ap", "am", "as"))
    p, μ, s = torch.softmax(ap, 0), am.reshape(3, 2), torch.exp(a)
    each = torch.distributions.Independent(torch.distributions.Normal(μ, s[:, None]), 1)
    loss = -torch.distributions.MixtureSameFamily(torch.distributions.Categorical(probs=p), each).log_prob(t)
    γ = torch.softmax(torch.log(p) + each.log_prob(t), 0)
    mean = p @ μ
    var = p @ (2 * s**2 + ((μ - mean)**2).sum(1))
    return {"loss.L": loss, "out.E": mean, "out.V": var,
            "equal": [(d(loss, ap), p - γ), (d(loss, am).reshape(3, 2), (γ / s**2)[:, None] * (μ - t)),
                      (d(loss, a), γ * (2 - ((t - μ)**2).sum(1) / s**2)), (d(var, a), 4 * p * s**2)]}


@twin("gaussian_kl", {"x": real(3), "c": real(2)},
      {f"{name}.{p}": ((4, n) if p == "W" else (4,)) for name, n in (("μ", 3), ("a", 3), ("m", 2), ("b", 2))
       for p in "Wb"})
def gaussian_kl(w, x, c):
    μ, a, m, b = (w[name + ".W"] @ of + w[name + ".b"] for name, of in (("μ", x), ("a", x), ("m", c), ("b", c)))
    s, q = torch.exp(a), torch.exp(b)
    here, there, unit = (torch.distributions.Normal(*pair) for pair in ((μ, s), (m, q), (0.0, 1.0)))
    loss = torch.distributions.kl_divergence(here, there).sum()
    standard = torch.distributions.kl_divergence(here, unit).sum()
    return {"loss.L": loss, "loss.S": standard, "out.μ": μ, "out.s": s,
            "equal": [(d(loss, a), s**2 / q**2 - 1), (d(loss, b), 1 - (s**2 + (μ - m)**2) / q**2),
                      (d(standard, a), s**2 - 1)]}


@twin("activations", {"x": real(6)}, {"w": (6,)}, examples=4)
def activations(w, x):
    u = w["w"] * x
    a = torch.stack([torch.relu(u), F.leaky_relu(u), F.leaky_relu(u, 0.2), F.elu(u), F.elu(u, 0.5), F.selu(u),
                     F.gelu(u), F.gelu(u, approximate="tanh")])
    b = torch.stack([F.silu(u), F.mish(u), F.hardtanh(u), F.softsign(u), F.softplus(u), torch.sigmoid(u),
                     torch.tanh(u)])
    rows = lambda m: (m * torch.arange(1, len(m) + 1).double()[:, None]).sum()
    return {"loss.L": rows(a) + rows(b), "out.a": a, "out.b": b}


@twin("prelude_losses", {"z0": real(4), "y": classes(4), "v0": real(3), "t": real(3), "n": classes(6)},
      {"A": (4, 4), "B": (3, 3)}, examples=4)
def prelude_losses(w, z0, y, v0, t, n):
    z, v = w["A"] @ z0, w["B"] @ v0
    s, q = torch.exp(v[1]), torch.softmax(z0, 0)
    one = torch.ones(())
    kl = torch.distributions.kl_divergence(torch.distributions.Normal(v[0], s),
                                           torch.distributions.Normal(0 * v[0], one.double()))
    return {
        "loss.classes": F.cross_entropy(z, y) + 2 * F.cross_entropy(z, q) + 3 *
        F.cross_entropy(z, y, label_smoothing=0.1)
        + 4 * F.nll_loss(torch.log_softmax(z, 0), y),
        "loss.reals": F.mse_loss(v, t) + 2 * F.l1_loss(v, t) + 3 * F.huber_loss(v, t) + 4 *
        F.huber_loss(v, t, delta=0.3), "loss.margins": torch.relu(1 - v[0]) + 2 * torch.relu(1 + v[0]) ** 2 + 3 *
        torch.relu(-v[1]), "loss.likely": -torch.distributions.Normal(v[0], s).log_prob(t[0]) - 2 *
        torch.distributions.Laplace(v[0], s).log_prob(t[1])
        - 3 * torch.distributions.Poisson(torch.exp(v[2])).log_prob(n.double()) + 4 * kl,
        "loss.bits": F.binary_cross_entropy_with_logits(v[0], 0.3 * one.double()) + 2 *
        F.binary_cross_entropy(torch.sigmoid(v[1]), 0.8 * one.double()),
    }
