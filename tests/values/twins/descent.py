"""Twins of the pages about optimizers: quadratics, and the points that the methods reach."""

import torch

from reference import d, real, twin


def positive(m):
    return m.T @ m + torch.eye(len(m)).double()


def quadratic(a, b, w):
    return w @ a @ w / 2 - b @ w


@twin("newton", {"M": real(2, 2), "b": real(2)}, {"w": real(2)})
def newton(w, m, b):
    a, w = positive(m), w["w"]
    loss = quadratic(a, b, w)
    following = w - torch.linalg.solve(a, d(loss, w))
    return {"loss.f": loss, "out.next": following, "equal": [(a @ following, b), (d(loss, w), a @ w - b)]}


@twin("conjugate_gradients", {"M": real(2, 2), "b": real(2)}, {"w0": real(2)})
def conjugate_gradients(w, m, b):
    a, at = positive(m), w["w0"]
    loss = quadratic(a, b, at)
    r = direction = b - a @ at
    points = []
    for _ in range(2):
        along = r @ r / (direction @ a @ direction)
        at, after = at + along * direction, r - along * (a @ direction)
        r, direction = after, after + after @ after / (r @ r) * direction
        points.append(at)
    return {"loss.f": loss, "out.w1": points[0], "out.w2": points[1], "equal": [(at, torch.linalg.solve(a, b))]}


@twin("bfgs", {"s": real(3), "y": real(3), "M": real(3, 3), "b": real(3), "z": real(3)}, {"w0": real(3)})
def bfgs(w, s, y, m, b, z):
    a = positive(m)
    loss = quadratic(a, b, w["w0"])
    g = d(loss, w["w0"])
    p = torch.eye(3).double() - torch.outer(s, y) / (s @ y)
    update = p @ a @ p.T + torch.outer(s, s) / (s @ y)
    return {"loss.f": loss, "out.w1": w["w0"] - g @ g / (g @ a @ g) * g, "equal": [(update @ y, s)]}


@twin("early_stopping", {"θ": real(), "l": real(2), "u": real(2)}, {"goal": real(2)})
def early_stopping(w, θ, l, u):
    λ, goal = torch.exp(l), w["goal"]
    q = torch.stack([torch.stack([torch.cos(θ), -torch.sin(θ)]), torch.stack([torch.sin(θ), torch.cos(θ)])])
    a = q @ torch.diag(λ) @ q.T
    at = 0 * goal
    for _ in range(4):
        at = at - 0.1 * (a @ (at - goal))
    return {"loss.L": goal @ a @ goal / 2, "out.w": at, "equal": [(q.T @ at, (1 - (1 - 0.1 * λ)**4) * (q.T @ goal))]}


@twin("descent_steps", {"x": real(2)}, {"w": real(2)})
def descent_steps(w, x):
    loss = x @ w["w"]
    trained = torch.nn.Parameter(w["w"].detach().clone())
    optimizer = torch.optim.SGD([trained], lr=0.1, momentum=0.9)
    for _ in range(3):
        optimizer.zero_grad()
        (x.detach() @ trained).backward()
        optimizer.step()
    return {"loss.L": loss, "out.a": trained.detach()}
