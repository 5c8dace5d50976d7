"""Twins of the models whose losses and outputs hold derivatives."""

import torch
from torch.nn import functional as F

from reference import bit, classes, d, real, twin


def jacobian(values, by):
    return torch.stack([d(v, by) for v in values.flatten()]).reshape(values.shape + by.shape)


@twin("gradient_penalty", {"real": real(3), "fake": real(3)},
      {"D.v": (4,), "D.h.W": (4, 3), "D.h.b": (4,)})
def gradient_penalty(w, true, fake):
    def critic(x):
        return w["D.v"] @ torch.tanh(w["D.h.W"] @ x + w["D.h.b"])
    x = (true + fake) / 2
    score = critic(x)
    g = d(score, x)
    loss = critic(fake) - critic(true) + 10 * (g.norm() - 1)**2
    slope = w["D.h.W"].T @ (w["D.v"] * (1 - torch.tanh(w["D.h.W"] @ x + w["D.h.b"])**2))
    return {"loss.L": loss, "out.g": g, "out.s": score,
            "equal": [(g, slope), (d(loss, g), 20 * (g.norm() - 1) * g / g.norm())]}


@twin("oscillator", {"t": real()}, {"w": real(6), "b": real(6), "v": (6,)})
def oscillator(w, t):
    h = torch.tanh(t * w["w"] + w["b"])
    u = 1 + t**2 * (w["v"] @ h)
    du = d(u, t)
    ddu = d(du, t)
    n1 = (w["v"] * (1 - h**2) * w["w"]).sum()
    n2 = -2 * (w["v"] * h * (1 - h**2) * w["w"]**2).sum()
    return {"loss.L": (ddu + u)**2, "out.u": u, "out.du": du,
            "equal": [(ddu, 2 * w["v"] @ h + 4 * t * n1 + t**2 * n2)]}


@twin("jacobian_output", {"x": real(3), "y": classes(2)}, {"W": real(3, 3), "V": (2, 3)})
def jacobian_output(w, x, y):
    z = torch.sigmoid(w["W"] @ x)
    p = torch.softmax(w["V"] @ z, 0)
    loss = -torch.log(p[y])
    s = jacobian(p, x)
    return {"loss.L": loss, "out.J": jacobian(z, x), "out.S": s,
            "equal": [(jacobian(z, x), (z * (1 - z))[:, None] * w["W"]), (d(loss, x), s.T @ (-F.one_hot(y, 2) / p)),
                      (s, (torch.diag(p) - torch.outer(p, p)) @ w["V"] @ jacobian(z, x))]}


@twin("hessian_vector", {"x": real(4), "y": bit(), "v": real(4)}, {"w": (4,)})
def hessian_vector(w, x, y, v):
    a = w["w"] @ x
    p = torch.sigmoid(a)
    loss = F.binary_cross_entropy_with_logits(a, y.double())
    slope = d(loss, w["w"])
    product = d(slope @ v, w["w"])
    return {"loss.L": loss, "out.p": p, "out.Hv": product, "out.H": jacobian(slope, w["w"]),
            "equal": [(product, p * (1 - p) * (x @ v) * x)]}


@twin("sigmoid_losses", {"x": real(3), "y": bit()}, {"w": real(3), "b": ()}, examples=4)
def sigmoid_losses(w, x, y):
    a = w["w"] @ x + w["b"]
    f = torch.sigmoid(a)
    squared, one = (f - y)**2, (f - 1)**2
    return {"loss.L": F.binary_cross_entropy_with_logits(a, y.double()), "loss.E": squared, "out.f": f,
            "out.curvature": d(d(squared, a), a),
            "equal": [(d(d(one, a), a), -2 * f * (1 - f)**2 * (1 - 3 * f)),
                      (d(squared, a), 2 * (f - y) * f * (1 - f))]}


@twin("hamiltonian", {"q": real(2), "p": real(2), "dq": real(2), "dp": real(2)},
      {"W": (5, 4), "b": (5,), "v": (5,)})
def hamiltonian(w, q, p, dq, dp):
    h = torch.tanh(w["W"] @ torch.cat([q, p]) + w["b"])
    energy = w["v"] @ h
    hq, hp = d(energy, q), d(energy, p)
    loss = ((hp - dq)**2).sum() + ((hq + dp)**2).sum()
    slope = w["W"].T @ (w["v"] * (1 - h**2))
    back = 2 * (1 - h**2) * (w["W"][:, 2:] @ (hp - dq) + w["W"][:, :2] @ (hq + dp))
    return {"loss.L": loss, "out.H": energy, "out.flow": torch.cat([hp, -hq]),
            "equal": [(hq, slope[:2]), (hp, slope[2:]), (d(loss, w["v"]), back)]}


@twin("straight_through", {"x": real(4), "t": real(2)}, {"a.W": (5, 4), "a.b": (5,), "y.W": (2, 5), "y.b": (2,)})
def straight_through(w, x, t):
    a = w["a.W"] @ x + w["a.b"]
    s = torch.sigmoid(a)
    step = (a > 0).double()
    h = s + (step - s).detach()
    y = w["y.W"] @ h + w["y.b"]
    loss = ((y - t)**2).sum() / 2
    return {"loss.L": loss, "out.code": step, "out.y": y,
            "equal": [(h, step), (d(loss, a), w["y.W"].T @ (y - t) * s * (1 - s))]}


@twin("across_batch", {"x": real(4)}, {"v": (4,)}, examples=4, across=True)
def across_batch(w, x):
    x = x.clone().requires_grad_()
    g = d(torch.tanh((w["v"] * x) @ x.T).sum(), x)
    return {"loss.L": (g**2).sum(1).mean()}
