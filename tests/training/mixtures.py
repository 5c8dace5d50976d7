"""models/inverse_problem.nn on generated pairs, models/yacht.nn on uci_yacht: negative log-likelihood of the test
rows."""

import math
import random

import torch

from study import Study, adam, dense, linear, mixture_nll


def head(p, x):
    h = torch.tanh(linear(p, "h", x))
    return linear(p, "ap", h), linear(p, "am", h), linear(p, "as", h)


def network(n, m, k):
    return lambda: {**dense("h", n, m), **dense("ap", m, k), **dense("am", m, k), **dense("as", m, k)}


def cosine(rate, steps):
    return lambda step: rate * (1 + math.cos(math.pi * min(step - 1, steps) / steps)) / 2


def moments(nll, logits, mean, t):
    expected = (torch.softmax(logits, 1) * mean).sum(1)
    return {"L": nll.mean(), "squared_error": ((t - expected)**2).mean()}


# ---- the inverse problem ----

def pairs(folder):
    """As the head of the page makes them, by another generator of random numbers."""
    source = random.Random(1)
    with open(folder / "pairs.csv", "w") as out:
        for _ in range(2000):
            t, u = source.random(), source.random()
            out.write(f"{t + 0.3 * math.sin(2 * math.pi * t) + 0.2 * u - 0.1:.6g},{t:.6g}\n")


def inverse_nll(p, x, t):
    logits, mean, log_deviation = head(p, x[:, None])
    return mixture_nll(logits, mean, torch.exp(log_deviation), t), logits, mean


def inverse_measure(p, x, t):
    nll, logits, mean = inverse_nll(p, x, t)
    return moments(nll, logits, mean, t)


# ---- yacht ----

def yacht_nll(p, x, t):
    logits, mean, log_deviation = head(p, x)
    return mixture_nll(logits, mean, 0.1 + torch.exp(log_deviation), t), logits, mean


def yacht_measure(p, x, t):
    nll, logits, mean = yacht_nll(p, x, t)
    return moments(nll, logits, mean, t)


STUDIES = [
    Study(page="inverse_problem", figure="L",
          data={"x": "pairs.csv:0", "t": "pairs.csv:1"}, make=pairs, test_rows="0-499",
          epochs=200, batch=50, initial=network(1, 24, 3), loss=lambda p, x, t: inverse_nll(p, x, t)[0].mean(),
          measure=inverse_measure, optimizer=adam(5e-3), rate=cosine(5e-3, 6000)),
    Study(page="yacht", figure="L", data={"x": "uci_yacht/data.csv.gz:0-5", "t": "uci_yacht/data.csv.gz:6"},
          test_rows="uci_yacht/test_mask.csv.gz:0", standardize=("x",), epochs=200, batch=32, seeds=10,
          initial=network(6, 16, 2), loss=lambda p, x, t: yacht_nll(p, x, t)[0].mean(), measure=yacht_measure,
          optimizer=adam(1e-2, weight_decay=0.01), rate=cosine(1e-2, 1800)),
]
