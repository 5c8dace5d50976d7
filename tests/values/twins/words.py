"""Twins of the models that look things up, and of the reductions."""

import torch
from torch.nn import functional as F

from reference import Values, classes, d, real, twin


@twin("embedding_mean", {"w": classes(7, 5), "y": classes(3)}, {"E": real(7, 4), "z.W": (3, 4), "z.b": (3,)})
def embedding_mean(w, words, y):
    h = w["E"][words].mean(0)
    z = w["z.W"] @ h + w["z.b"]
    loss = F.cross_entropy(z, y)
    back = w["z.W"].T @ (torch.softmax(z, 0) - F.one_hot(y, 3))
    counts = F.one_hot(words, 7).sum(0).double()
    return {"loss.L": loss, "out.p": torch.softmax(z, 0), "metric.accuracy": z.argmax() == y,
            "equal": [(d(loss, w["E"]), torch.outer(counts, back) / 5)]}


@twin("dependency", {"w": classes(6, 4), "head": classes(4, 4)}, {"E": real(6, 3), "F": real(6, 3), "g": (4,)})
def dependency(w, words, head):
    s = w["E"][words] @ w["F"][words].T + w["g"]
    p = torch.softmax(s, 1)
    error = p - F.one_hot(head, 4)
    loss = F.cross_entropy(s, head, reduction="sum")
    return {"loss.L": loss, "out.best": s.argmax(1), "out.p": p,
            "metric.right": (s.argmax(1) == head).double().mean(),
            "equal": [(d(loss, s), error), (d(loss, w["g"]), error.sum(0)),
                      (d(loss, w["F"]), F.one_hot(words, 6).double().T @ error.T @ w["E"][words])]}


@twin("skipgram", {"center": classes(8), "context": classes(8), "negative": classes(8, 3)},
      {"U": (8, 4), "W": (8, 4)})
def skipgram(w, center, context, negative):
    s = w["U"][context] @ w["W"][center]
    n = w["U"][negative] @ w["W"][center]
    loss = -F.logsigmoid(s) - F.logsigmoid(-n).sum()
    slope = (torch.sigmoid(s) - 1) * w["U"][context] + torch.sigmoid(n) @ w["U"][negative]
    return {"loss.L": loss, "out.vector": w["W"][center],
            "equal": [(d(loss, w["W"]), torch.outer(F.one_hot(center, 8).double(), slope))]}


@twin("recommender", {"user": classes(6), "film": classes(5), "rating": real(scale=2.0)},
      {"μ": Values(scale=2.0), "bu": (6,), "bf": (5,), "P": (6, 3), "Q": (5, 3)}, examples=4)
def recommender(w, user, film, rating):
    p, q, bu, bf = w["P"][user], w["Q"][film], w["bu"][user], w["bf"][film]
    r = w["μ"] + bu + bf + p @ q
    e = r - rating
    loss = e**2 + 0.05 * (bu**2 + bf**2 + (p**2).sum() + (q**2).sum())
    return {"loss.L": loss, "out.r": r, "metric.error": e.abs(),
            "equal": [(d(loss, w["P"])[user], 2 * (e * q + 0.05 * p)), (d(loss, w["bu"])[user], 2 * (e + 0.05 * bu))]}


@twin("trigram", {"w": classes(6, 3), "next": classes(6)},
      {"C": (6, 3), "W": (6, 9), "h.W": (5, 9), "h.b": (5,), "z.W": (6, 5), "z.b": (6,)})
def trigram(w, words, following):
    e = w["C"][words].reshape(9)
    h = torch.tanh(w["h.W"] @ e + w["h.b"])
    z = w["z.W"] @ h + w["z.b"] + w["W"] @ e
    loss = F.cross_entropy(z, following)
    error = torch.softmax(z, 0) - F.one_hot(following, 6)
    back = w["W"].T @ error + w["h.W"].T @ ((1 - h**2) * (w["z.W"].T @ error))
    return {"loss.L": loss, "out.p": torch.softmax(z, 0), "metric.nats": loss,
            "equal": [(d(loss, e), back)]}


@twin("reductions", {"x": real(3, 4), "c": real(5)}, {"W": (4, 4), "v": real(4)})
def reductions(w, x, c):
    z, v = x @ w["W"], w["v"]
    a, b, m, low = z @ v, z.mean(0), z.amax(1), z.amin(1)
    q, s, n, k = (1 + z / 4).prod(1), torch.logsumexp(z, 1), z.norm(dim=0), z.argmax(1)
    loss = torch.tanh(a).sum() + b @ v + m @ low + q.sum() + (s**2).sum() + v[k] @ m + n.norm() / 2
    only = torch.logsumexp(v, 0) + v.norm() + v.prod() + (v**2).mean() + v.max() * v.min() + v[v.argmax()]
    return {"loss.L": loss, "loss.K": only, "out.a": a, "out.k": k, "out.s": s, "out.n": n,
            "out.spread": z.max() - z.min(), "equal": [(d(c.prod(), c), c.prod() / c), (d(c.norm(), c), c / c.norm())]}
