"""Twins of the small pages on real data; their trainings beside PyTorch's are in tests/training."""

import math

import torch
from torch.nn import functional as F

from reference import Values, between, bit, classes, d, real, twin


class Whole(Values):
    """Whole numbers as reals: single precision holds them."""

    def __init__(self, low, high, *shape):
        super().__init__(shape, low=low, high=high)

    def one(self, source):
        return float(source.randrange(self.low, self.high))


def layers(**sizes):
    found = {}
    for name, (m, n) in sizes.items():
        found.update({name + ".W": (m, n), name + ".b": (m,)})
    return found


def dense(w, name, x):
    return w[name + ".W"] @ x + w[name + ".b"]


# ---- mixtures ----

def mixture(w, x, t, narrowest):
    h = torch.tanh(dense(w, "h", x))
    ap, μ, raw = (dense(w, name, h) for name in ("ap", "am", "as"))
    p, s = torch.softmax(ap, 0), narrowest + torch.exp(raw)
    joint = torch.log_softmax(ap, 0) + torch.distributions.Normal(μ, s).log_prob(t)
    loss, E = -torch.logsumexp(joint, 0), p @ μ
    V = p @ (s**2 + (μ - E)**2)
    γ = torch.softmax(joint, 0)
    return p, μ, s, E, V, {"loss.L": loss, "out.mean": E, "out.variance": V, "metric.squared_error": (t - E)**2,
                           "equal": [(d(loss, ap), p - γ), (d(loss, μ), γ * (μ - t) / s**2)]}


@twin("inverse_problem", {"x": real(1), "t": real()}, layers(h=(24, 1), ap=(3, 24), am=(3, 24), **{"as": (3, 24)}))
def inverse_problem(w, x, t):
    p, μ, s, _, _, found = mixture(w, x, t, 0)
    return {**found, "out.weights": p, "out.means": μ, "out.widths": s}


@twin("yacht", {"x": real(6), "t": real()}, layers(h=(16, 6), ap=(2, 16), am=(2, 16), **{"as": (2, 16)}))
def yacht(w, x, t):
    return mixture(w, x, t, 0.1)[-1]


# ---- regression ----

@twin("engel", {"income": Whole(300, 3000), "t": Whole(200, 2000)},
      {name: () for name in ("w", "c", "v", "w2", "c2", "v2")}, examples=4)
def engel(w, income, t):
    z = income / 1000 - 1
    μ, b = 1000 * (w["c"] + w["w"] * z), 1000 * torch.exp(w["v"])
    μ2, s = 1000 * (w["c2"] + w["w2"] * z), 1000 * torch.exp(w["v2"])
    laplace = -torch.distributions.Laplace(μ, b).log_prob(t)
    gauss = -torch.distributions.Normal(μ2, s).log_prob(t)
    return {"loss.laplace": laplace, "loss.gauss": gauss, "metric.distance": (t - μ).abs(),
            "metric.squares_distance": (t - μ2).abs(), "metric.below": (t < μ).double(),
            "equal": [(d(laplace, μ), torch.sign(μ - t) / b), (d(gauss, μ2), (μ2 - t) / s**2)]}


@twin("fuel", {"x": real(7), "t": real(scale=8.0)}, layers(h=(16, 7), a=(2, 16)))
def fuel(w, x, t):
    a = dense(w, "a", torch.tanh(dense(w, "h", x)))
    μ, s = 8 * a[0], 8 * torch.exp(a[1])
    loss = -torch.distributions.Normal(μ, s).log_prob(t)
    return {"loss.L": loss, "out.mean": μ, "out.deviation": s, "metric.squared_error": (t - μ)**2,
            "metric.within": ((t - μ).abs() < s).double(),
            "equal": [(d(loss, s), 1 / s - (t - μ)**2 / s**3), (d(loss, μ), (μ - t) / s**2)]}


@twin("sunspots", {"year": Whole(1700, 2009), "n": Whole(0, 60)}, {"c": (), "α": (2,), "β": (2,), "q": ()},
      examples=4)
def sunspots(w, year, n):
    period = 11 * torch.exp(w["q"])
    f = 2 * math.pi * (year - 1850) / period
    turns = f * torch.tensor([1.0, 2.0], dtype=torch.float64)
    a = w["c"] + w["α"] @ torch.cos(turns) + w["β"] @ torch.sin(turns)
    rate = torch.exp(a)
    loss = -torch.distributions.Poisson(rate).log_prob(n)
    return {"loss.L": loss, "out.rate": rate, "metric.squared_error": (n - rate)**2,
            "equal": [(d(loss, a), rate - n), (d(loss, w["α"]), (rate - n) * torch.cos(turns))]}


# ---- classifiers ----

@twin("linear_classifiers", {"x": real(30), "c": bit()}, {"w": (30,), "b": (), "v": (30,), "d": ()}, examples=6)
def linear_classifiers(w, x, c):
    y = 2 * c - 1
    s, r = w["w"] @ x + w["b"], w["v"] @ x + w["d"]
    perceptron, margin = torch.relu(-y * s), torch.relu(1 - y * r) + 0.01 * w["v"].square().sum()
    return {"loss.perceptron": perceptron, "loss.margin": margin, "metric.perceptron_right": (y * s > 0).double(),
            "metric.margin_right": (y * r > 0).double(), "metric.inside": (y * r < 1).double(),
            "equal": [(d(perceptron, s), -y * (y * s < 0).double()), (d(margin, r), -y * (y * r < 1).double())]}


@twin("overfitting", {"x": real(30), "y": bit()}, layers(h=(50, 30), a=(1, 50)))
def overfitting(w, x, y):
    a = dense(w, "a", torch.tanh(dense(w, "h", x)))[0]
    loss = F.binary_cross_entropy_with_logits(a, y.double())
    return {"loss.L": loss, "out.p": torch.sigmoid(a), "metric.nll": loss, "metric.accuracy": ((a > 0) == y).double(),
            "equal": [(d(loss, a), torch.sigmoid(a) - y)]}


@twin("digits8", {"x": between(0, 16, 8, 8), "y": classes(10)},
      {"c1.K": real(8, 1, 3, 3, scale=0.5), "c1.b": (8,), "c2.K": real(16, 8, 3, 3, scale=0.2), "c2.b": (16,),
       **layers(z=(10, 64))})
def digits8(w, x, y):
    s1 = F.max_pool2d(F.relu(F.conv2d(x[None, None] / 16, w["c1.K"], w["c1.b"], padding=1)), 2)
    c2 = F.conv2d(s1, w["c2.K"], w["c2.b"], padding=1)
    z = dense(w, "z", F.max_pool2d(F.relu(c2), 2).flatten())
    loss = F.cross_entropy(z, y)
    return {"loss.L": loss, "out.p": torch.softmax(z, 0), "metric.accuracy": (z.argmax() == y).double(),
            "equal": [(d(loss, z), torch.softmax(z, 0) - F.one_hot(y, 10)),
                      (d(loss, w["c2.b"]), d(loss, c2)[0].sum((1, 2)))]}
