"""Twins of the models that follow a course's derivations."""

import torch
from torch.nn import functional as F

from reference import classes, d, real, twin


@twin("sigmoid_hidden", {"x": real(4), "t": classes(3)}, {"V": (5, 4), "a": (5,), "W": (3, 5), "b": (3,)})
def sigmoid_hidden(w, x, t):
    h = torch.sigmoid(w["V"] @ x + w["a"])
    u = w["W"] @ h + w["b"]
    loss = F.cross_entropy(u, t)
    hit = F.one_hot(t, 3) - torch.softmax(u, 0)
    back = w["W"].T @ hit * h * (1 - h)
    return {"loss.L": loss, "out.p": torch.softmax(u, 0), "metric.accuracy": u.argmax() == t,
            "equal": [(d(-loss, u), hit), (d(-loss, w["W"]), torch.outer(hit, h)),
                      (d(-loss, w["V"]), torch.outer(back, x)), (d(-loss, w["a"]), back)]}


@twin("one_hot_target", {"x": real(3), "c": classes(4)}, {"W1": (5, 3), "b1": (5,), "W2": (4, 5), "b2": (4,)})
def one_hot_target(w, x, c):
    h = torch.sigmoid(w["W1"] @ x + w["b1"])
    z = w["W2"] @ h + w["b2"]
    loss = torch.logsumexp(z, 0) - z[c]
    error = torch.softmax(z, 0) - F.one_hot(c, 4)
    return {"loss.L": loss, "out.p": torch.softmax(z, 0), "metric.accuracy": z.argmax() == c,
            "equal": [(d(loss, z), error), (d(loss, w["W2"]), torch.outer(error, h)),
                      (d(loss, w["b1"]), w["W2"].T @ error * h * (1 - h))]}


@twin("deep_linear", {"x": real(3), "t": real(2)}, {"W1": (4, 3), "W2": (5, 4), "W3": (3, 5), "W4": (2, 3)})
def deep_linear(w, x, t):
    w1, w2, w3, w4 = w["W1"], w["W2"], w["W3"], w["W4"]
    y = w4 @ w3 @ w2 @ w1 @ x
    loss = ((y - t)**2).sum() / 2
    return {"loss.L": loss, "out.y": y,
            "equal": [(d(loss, w4), torch.outer(y - t, w3 @ w2 @ w1 @ x)),
                      (d(loss, w2), torch.outer((w4 @ w3).T @ (y - t), w1 @ x)),
                      (w2.T @ d(loss, w2), d(loss, w1) @ w1.T), (d(loss, x), (w4 @ w3 @ w2 @ w1).T @ (y - t))]}


@twin("fan_out", {"x": real()}, {"w": ()}, examples=4)
def fan_out(w, x):
    q = x * w["w"]
    r = torch.tanh(q)
    u = torch.exp(-q * r)
    loss = u + r * x
    back = -r * u + (1 - r**2) * (x - q * u)
    return {"loss.L": loss, "out.u": u, "equal": [(d(loss, w["w"]), x * back), (d(loss, x), w["w"] * back + r)]}


SIZES = (3, 4, 3, 2)
STATES = {f"{name}{i}": real(n) for name in "zλ" for i, n in enumerate(SIZES) if i}


@twin("lagrangian", {"x": real(3), "y": real(2), **STATES},
      {f"{p}{i}": (m, n) if p == "W" else (m,) for i, (n, m) in enumerate(zip(SIZES, SIZES[1:]), 1) for p in "Wb"})
def lagrangian(w, x, y, *free):
    z, λ = (x, *free[:3]), (None, *free[3:])
    f = [x] + [torch.sigmoid(w[f"W{i}"] @ z[i - 1] + w[f"b{i}"]) for i in (1, 2, 3)]
    loss = ((z[3] - y)**2).sum() / 2 - sum(λ[i] @ (z[i] - f[i]) for i in (1, 2, 3))
    back = [None] + [λ[i] * f[i] * (1 - f[i]) for i in (1, 2, 3)]
    return {"loss.Λ": loss, "out.F3": f[3],
            "equal": [(d(loss, λ[1]), f[1] - z[1]), (d(loss, z[3]), z[3] - y - λ[3]),
                      (d(loss, z[1]), w["W2"].T @ back[2] - λ[1]), (d(loss, w["W2"]), torch.outer(back[2], z[1]))]}


@twin("backward_recursion", {"x": real(3), "y": real(2)},
      {f"{p}{i}": (m, n) if p == "W" else (m,) for i, (n, m) in enumerate(zip((3, 5, 4, 3), (5, 4, 3, 2)), 1)
       for p in "Wb"})
def backward_recursion(w, x, y):
    z = [x]
    for i in range(1, 5):
        z.append(torch.sigmoid(w[f"W{i}"] @ z[-1] + w[f"b{i}"]))
    loss = ((z[4] - y)**2).sum() / 2
    equal, λ = [], z[4] - y
    for i in range(4, 0, -1):
        a = λ * z[i] * (1 - z[i])
        equal += [(d(loss, z[i]), λ), (d(loss, w[f"W{i}"]), torch.outer(a, z[i - 1]))]
        λ = w[f"W{i}"].T @ a
    return {"loss.c": loss, "out.z4": z[4], "equal": equal}


@twin("jacobians", {"x": real(3), "y": classes(4)}, {"W": (4, 3)})
def jacobians(w, x, y):
    z = torch.sigmoid(w["W"] @ x)
    p = torch.softmax(z, 0)
    slopes = (torch.diag(p) - torch.outer(p, p)) @ torch.diag(z * (1 - z)) @ w["W"]
    whole = torch.stack([d(one, x) for one in p])
    return {"loss.L": F.cross_entropy(z, y), "out.p": p, "out.J": whole, "equal": [(whole, slopes)]}


@twin("layered_network", {"a0": real(3), "t": real(2)},
      {f"{p}{i}": (n, m) if p == "W" else (m,) for i, (n, m) in enumerate(((3, 5), (5, 4), (4, 2))) for p in "Wb"})
def layered_network(w, a0, t):
    a = [a0]
    for i in range(3):
        a.append(torch.sigmoid(a[-1] @ w[f"W{i}"] + w[f"b{i}"]))
    loss = ((a[3] - t)**2).sum() / 2
    δz3 = a[3] * (1 - a[3]) * (a[3] - t)
    return {"loss.L": loss, "out.a3": a[3],
            "equal": [(d(loss, a[2]), w["W2"] @ δz3), (d(loss, w["W2"]), torch.outer(a[2], δz3))]}


@twin("lstm_two_steps", {name: real() for name in ("x0", "x1", "c_before", "h_before", "y")},
      {name: real() for name in ("Wf", "Uf", "bf", "Wo", "Uo", "bo", "Wc", "Uc", "bc", "w", "d")})
def lstm_two_steps(w, x0, x1, c, h, y):
    for x in (x0, x1):
        f, o = (torch.sigmoid(w["W" + gate] * x + w["U" + gate] * h + w["b" + gate]) for gate in "fo")
        c = f * (1 - f) * c + torch.tanh(w["Wc"] * x + w["Uc"] * h + w["bc"])
        h = o * torch.tanh(c)
    p = w["w"] * h + w["d"]
    loss = (p - y)**2 / 2
    return {"loss.L": loss, "out.p": p, "out.c1": c, "equal": [(d(loss, w["d"]), p - y)]}
