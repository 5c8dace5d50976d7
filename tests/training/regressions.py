"""Regression by likelihood: models/engel.nn (Laplace and Gauss), models/fuel.nn (a Gaussian whose deviation is
learned), models/sunspots.nn (Poisson)."""

import math

import torch

from study import Study, adam, dense, linear


# ---- engel ----

def engel_initial():
    return {"w": torch.tensor(0.0), "c": torch.tensor(0.5), "v": torch.tensor(0.0), "w2": torch.tensor(0.0),
            "c2": torch.tensor(0.5), "v2": torch.tensor(0.0)}


def lines(p, income):
    z = income / 1000 - 1
    return 1000 * (p["c"] + p["w"] * z), 1000 * (p["c2"] + p["w2"] * z)


def engel_parts(p, income, t):
    median, mean = lines(p, income)
    b, s = 1000 * torch.exp(p["v"]), 1000 * torch.exp(p["v2"])
    laplace = torch.log(2 * b) + (t - median).abs() / b
    gauss = torch.log(2 * math.pi * s**2) / 2 + (t - mean)**2 / (2 * s**2)
    return laplace.mean(), gauss.mean()


def engel_measure(p, income, t):
    laplace, gauss = engel_parts(p, income, t)
    median, mean = lines(p, income)
    return {"laplace": laplace, "gauss": gauss, "distance": (t - median).abs().mean(),
            "squares_distance": (t - mean).abs().mean(), "below": (t < median).float().mean()}


# ---- fuel ----

def fuel_head(p, x):
    a = linear(p, "a", torch.tanh(linear(p, "h", x)))
    return 8 * a[:, 0], 8 * torch.exp(a[:, 1])


def fuel_loss(p, x, t):
    mean, s = fuel_head(p, x)
    return torch.nn.functional.gaussian_nll_loss(mean, t, s**2, full=True, eps=1e-12)


def fuel_measure(p, x, t):
    mean, s = fuel_head(p, x)
    return {"L": fuel_loss(p, x, t), "squared_error": ((t - mean)**2).mean(),
            "within": ((t - mean).abs() < s).float().mean()}


# ---- sunspots ----

def sunspots_initial():
    return {"c": torch.tensor(4.0), "α": torch.zeros(2), "β": torch.zeros(2), "q": torch.tensor(0.0)}


def log_rate(p, year):
    f = 2 * math.pi * (year - 1850) / (11 * torch.exp(p["q"]))
    turns = f[:, None] * torch.tensor([1.0, 2.0])
    return p["c"] + torch.cos(turns) @ p["α"] + torch.sin(turns) @ p["β"]


def sunspots_loss(p, year, n):
    a = log_rate(p, year)
    return (torch.exp(a) - n * a + torch.lgamma(n + 1)).mean()


def sunspots_measure(p, year, n):
    return {"L": sunspots_loss(p, year, n), "squared_error": ((n - torch.exp(log_rate(p, year)))**2).mean()}


def exponential(rate, factor):
    return lambda step: rate * factor**(step - 1)


STUDIES = [
    Study(page="engel", figure="laplace",
          data={"income": "engel/engel.csv:0", "t": "engel/engel.csv:1"}, epochs=4000, batch=235,
          initial=engel_initial, loss=lambda p, income, t: sum(engel_parts(p, income, t)), measure=engel_measure,
          optimizer=adam(0.02), rate=exponential(0.02, 0.998), seeds=1),
    Study(page="fuel", figure="L", data={"x": "uci_autompg/data.csv.gz:0-6", "t": "uci_autompg/data.csv.gz:7"},
          test_rows="uci_autompg/test_mask.csv.gz:0", standardize=("x",), epochs=50, batch=32, seeds=10,
          initial=lambda: {**dense("h", 7, 16), **dense("a", 16, 2)}, loss=fuel_loss, measure=fuel_measure,
          optimizer=adam(3e-3)),
    Study(page="sunspots", figure="L",
          data={"year": "sunspots/sunspots-yearly.csv:0", "n": "sunspots/sunspots-yearly.csv:1"},
          epochs=3000, batch=309, initial=sunspots_initial, loss=sunspots_loss, measure=sunspots_measure,
          optimizer=adam(0.01), rate=exponential(0.01, 0.998), seeds=1),
]
