"""models/linear_classifiers.nn (perceptron and hinge) and models/overfitting.nn (forty examples: nothing, L2, early
stopping), both on breast_cancer."""

import torch
import torch.nn.functional as F

from study import Study, adam, dense, linear

TABLE = "breast_cancer/breast_cancer.csv"


# ---- perceptron and hinge ----

def scores(p, x):
    return x @ p["w"] + p["b"], x @ p["v"] + p["d"]


def linear_initial():
    return {"w": torch.zeros(30), "b": torch.tensor(1.0), "v": torch.zeros(30), "d": torch.tensor(0.0)}


def linear_parts(p, x, c):
    y = 2 * c - 1
    s, r = scores(p, x)
    return F.relu(-y * s).mean(), F.relu(1 - y * r).mean() + 0.01 * (p["v"]**2).sum()


def linear_measure(p, x, c):
    y = 2 * c - 1
    s, r = scores(p, x)
    perceptron, margin = linear_parts(p, x, c)
    return {"perceptron": perceptron, "margin": margin, "perceptron_right": (y * s > 0).float().mean(),
            "margin_right": (y * r > 0).float().mean(), "inside": (y * r < 1).float().mean()}


def linear_optimizer(p):
    return torch.optim.SGD([{"params": [p["w"], p["b"]], "lr": 0.1}, {"params": [p["v"], p["d"]], "lr": 0.02}])


# ---- forty examples ----

def score(p, x):
    return linear(p, "a", torch.tanh(linear(p, "h", x)))[:, 0]


def heart_loss(decay):
    def loss(p, x, y):
        return F.binary_cross_entropy_with_logits(score(p, x), y) + decay * ((p["h.W"]**2).sum() + (p["a.W"]**2).sum())
    return loss


def heart_measure(p, x, y):
    a = score(p, x)
    return {"nll": F.binary_cross_entropy_with_logits(a, y), "accuracy": ((a > 0) == (y == 1)).float().mean()}


def heart(name, decay=0.0, **more):
    return Study(page="overfitting", figure="nll",
                 name=name, data={"x": TABLE + ":0-29", "y": TABLE + ":30"}, rows="40-79",
                 test_rows="200-568", standardize=("x",), epochs=200, batch=10, seeds=10,
                 initial=lambda: {**dense("h", 30, 50), **dense("a", 50, 1)}, loss=heart_loss(decay),
                 measure=heart_measure, optimizer=adam(0.01), **more)


STUDIES = [
    Study(page="linear_classifiers", figure="margin_right",
          data={"x": TABLE + ":0-29", "c": TABLE + ":30"}, test_rows="400-568",
          standardize=("x",), epochs=50, batch=16, initial=linear_initial,
          loss=lambda p, x, c: sum(linear_parts(p, x, c)), measure=linear_measure, optimizer=linear_optimizer,
          seeds=10),
    heart("overfitting, nothing"),
    heart("overfitting, L2", 0.01, options=("-D", "λ=0.01")),
    heart("overfitting, early stopping", validate=0.25, patience=10),
]
