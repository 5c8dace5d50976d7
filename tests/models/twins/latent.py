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
