#!/usr/bin/env python3
"""Writes optimizers.txt: what each optimizer, link and schedule of the prelude must do, step by step, in double
precision.

In:   PyTorch's optimizers and schedules; where it has none, the update of the paper in plain Python.
Out:  lines `x VALUES`, `t VALUES` (the data of the model `net`), then for each case

        case NAME
        model net|line         net: tests/values/prelude/net.nn, a small network; line: loss L = w, so that sgd
        subtracts the schedule every K                it acts in each K-th step only; absent where in each
        with CHAIN             what stands after `minimize L with`
        start VALUES           the parameters in order, flat
        step VALUES            the same after each step
"""

import math
import pathlib
import random

import torch

OUT = pathlib.Path(__file__).with_suffix(".txt")
SOURCE = random.Random("nnc optimizers")


def drawn(*shape):
    count = math.prod(shape)
    return torch.tensor([round(SOURCE.gauss(0, 1) * 65536) / 65536 for _ in range(count)],
                        dtype=torch.float64).reshape(shape)


X, T = drawn(3, 4), drawn(3, 3)
W0, B0 = drawn(3, 4), drawn(3)


def net(parameters):
    W, b = parameters
    return ((torch.tanh(X @ W.T + b) - T)**2).sum() / 3


def line(parameters):
    return parameters[0].sum()


MODELS = {"net": (net, [W0, B0]), "line": (line, [torch.zeros(1, dtype=torch.float64)])}


def flat(values):
    return " ".join(f"{v:.17g}" for p in values for v in p.detach().reshape(-1).tolist())


def run(out, name, model, chain, steps, prepare, every=1):
    """prepare(parameters) gives a function that makes one step from the gradients that they hold."""
    loss, start = MODELS[model]
    parameters = [p.clone().requires_grad_() for p in start]
    step = prepare(parameters)
    out += [f"case {name}", f"model {model}"] + [f"every {every}"] * (every > 1) + [
        f"with {chain}", f"start {flat(parameters)}"]
    for k in range(1, steps + 1):
        for p in parameters:
            p.grad = None
        loss(parameters).backward()
        if k % every == 0:
            step()
        out.append(f"step {flat(parameters)}")


# ---- optimizers ----------------------------------------------------------------------------------------------------

def of_torch(name, before=None, **options):
    def prepare(parameters):
        optimizer = getattr(torch.optim, name)(parameters, **options)

        def step():
            if before:
                before(parameters)
            optimizer.step()
        return step
    return prepare


def by_hand(update):
    """update(w, g, memory, t): the new w; memory is a dictionary of this parameter alone."""
    def prepare(parameters):
        memory, count = [{} for _ in parameters], [0]

        def step():
            count[0] += 1
            with torch.no_grad():
                for p, m in zip(parameters, memory):
                    p.copy_(update(p.clone(), p.grad, m, count[0]))
        return step
    return prepare


def rmsprop_inside(w, g, m, t):
    m["r"] = 0.9 * m.get("r", 0) + 0.1 * g**2
    return w - 0.05 * g / torch.sqrt(m["r"] + 1e-3)


def lion(w, g, m, t):
    """Chen et al. 2023, algorithm 2, with lr 0.01, weight decay 0.1."""
    old = m.get("m", torch.zeros_like(g))
    update = torch.sign(0.9 * old + 0.1 * g)
    m["m"] = 0.99 * old + 0.01 * g
    return w - 0.01 * (update + 0.1 * w)


def late(w, g, m, t):
    """The optimizer of net.nn: with the gradient of the step before the last, and lr 0.1."""
    m["g"] = m.get("g", []) + [g]
    return w - 0.1 * m["g"][-3] if t > 2 else w


def lamb(w, g, m, t):
    """You et al. 2020, algorithm 2, phi the identity, with lr 0.05, weight decay 0.1."""
    m["m"] = 0.9 * m.get("m", 0) + 0.1 * g
    m["v"] = 0.999 * m.get("v", 0) + 0.001 * g**2
    r = m["m"] / (1 - 0.9**t) / (torch.sqrt(m["v"] / (1 - 0.999**t)) + 1e-6) + 0.1 * w
    return w - 0.05 * w.norm() / r.norm() * r


def smooth(w, g, m, t):
    """The optimizer of net.nn, with lr 0.1."""
    far = torch.logsumexp(100 * w.flatten(), 0) - 100 * w.max()
    return w - 0.1 * (1 + far + torch.log1p(torch.exp(-1000 * w.abs()))) * g


def nadam(psi):
    """Dozat 2016, algorithm 2, with lr 0.05. PyTorch keeps the product of the betas in single precision: `close` to it.
    """
    def update(w, g, m, t):
        beta = lambda t: 0.9 * (1 - 0.96**(t * psi) / 2)
        m["p"] = m.get("p", 1) * beta(t)
        m["m"] = 0.9 * m.get("m", 0) + 0.1 * g
        m["v"] = 0.999 * m.get("v", 0) + 0.001 * g**2
        ahead = (1 - beta(t)) / (1 - m["p"]) * g + beta(t + 1) / (1 - m["p"] * beta(t + 1)) * m["m"]
        return w - 0.05 * ahead / (torch.sqrt(m["v"] / (1 - 0.999**t)) + 1e-8)
    return close(by_hand(update), of_torch("NAdam", lr=0.05, momentum_decay=psi))


def close(exact, other):
    """Steps of `exact`, after it was seen that `other` makes the same to single precision."""
    ends = []
    for prepare in (exact, other):
        parameters = [p.clone().requires_grad_() for p in (W0, B0)]
        step = prepare(parameters)
        for _ in range(8):
            for p in parameters:
                p.grad = None
            net(parameters).backward()
            step()
        ends.append(parameters)
    assert all(torch.allclose(a, b, rtol=1e-6, atol=1e-7) for a, b in zip(*ends))
    return exact


OPTIMIZERS = [
    ("sgd", "sgd(0.1)", of_torch("SGD", lr=0.1)),
    ("momentum", "momentum(0.1, 0.8)", of_torch("SGD", lr=0.1, momentum=0.8)),
    ("nesterov", "nesterov(0.1, mu = 0.8)", of_torch("SGD", lr=0.1, momentum=0.8, nesterov=True)),
    ("adagrad", "adagrad(0.1)", of_torch("Adagrad", lr=0.1)),
    ("rmsprop", "rmsprop(0.05, rho = 0.9)", of_torch("RMSprop", lr=0.05, alpha=0.9)),
    ("rmsprop_inside", "rmsprop(0.05, 0.9, eps = 1e-3, inside = 1)", by_hand(rmsprop_inside)),
    ("adadelta", "adadelta", of_torch("Adadelta", lr=1.0, rho=0.9, eps=1e-6)),
    ("adam", "adam(0.05)", of_torch("Adam", lr=0.05)),
    ("adam_eps", "adam(0.05, beta1 = 0.8, beta2 = 0.95, eps = 0.01)",
     of_torch("Adam", lr=0.05, betas=(0.8, 0.95), eps=0.01)),
    ("adamw", "adamw(0.05, decay = 0.2)", of_torch("AdamW", lr=0.05, weight_decay=0.2)),
    ("nadam", "nadam(0.05)", nadam(4e-3)),
    ("nadam_psi", "nadam(0.05, psi = 0.3)", nadam(0.3)),
    ("lion", "lion(0.01, decay = 0.1)", by_hand(lion)),
    ("lamb", "lamb(0.05, decay = 0.1)", by_hand(lamb)),
    ("smooth", "smooth(0.1)", by_hand(smooth)),
    ("clip_norm", "clip_norm(0.3), sgd(0.5)", of_torch("SGD", lambda p: torch.nn.utils.clip_grad_norm_(p, 0.3),
                                                       lr=0.5)),
    ("clip_value", "clip_value(0.05), sgd(0.5)", of_torch("SGD", lambda p: torch.nn.utils.clip_grad_value_(p, 0.05),
                                                          lr=0.5)),
    ("weight_decay", "weight_decay(0.1), adam(0.05)", of_torch("Adam", lr=0.05, weight_decay=0.1)),
    ("two_links", "weight_decay(0.1), clip_norm(0.3), momentum(0.1)", None),
    ("ema", "adam(0.05), ema(0.9)", of_torch("Adam", lr=0.05)),
]

# What acts in each k-th step only counts its own updates: to correct a bias, and for its schedule.
TURNS = [
    ("adam_third", "net", "adam(0.05)", 3, of_torch("Adam", lr=0.05)),
    ("adamw_second", "net", "adamw(0.05, decay = 0.2)", 2, of_torch("AdamW", lr=0.05, weight_decay=0.2)),
    ("nadam_third", "net", "nadam(0.05, psi = 0.3)", 3, nadam(0.3)),
    ("lamb_second", "net", "lamb(0.05, decay = 0.1)", 2, by_hand(lamb)),
]


def two_links(parameters):
    optimizer = torch.optim.SGD(parameters, lr=0.1, momentum=0.9)

    def step():
        with torch.no_grad():
            for p in parameters:
                p.grad += 0.1 * p
        torch.nn.utils.clip_grad_norm_(parameters, 0.3)
        optimizer.step()
    return step


# ---- schedules -----------------------------------------------------------------------------------------------------

def of_scheduler(name, lr=0.1, **options):
    def prepare(parameters):
        optimizer = torch.optim.SGD(parameters, lr=lr)
        scheduler = getattr(torch.optim.lr_scheduler, name)(optimizer, **options)

        def step():
            optimizer.step()
            scheduler.step()
        return step
    return prepare


def of_formula(rate):
    def prepare(parameters):
        count = [0]

        def step():
            count[0] += 1
            with torch.no_grad():
                for p in parameters:
                    p -= rate(count[0]) * p.grad
        return step
    return prepare


def cosine(share):
    return (1 + math.cos(math.pi * share)) / 2


SCHEDULES = [
    ("constant", "constant(0.1)", 5, of_formula(lambda t: 0.1)),
    ("step_decay", "step_decay(0.1, 4, factor = 0.5)", 13, of_scheduler("StepLR", step_size=4, gamma=0.5)),
    ("exponential_decay", "exponential_decay(0.1, 0.9)", 12, of_scheduler("ExponentialLR", gamma=0.9)),
    ("linear_decay", "linear_decay(0.1, 10)", 14, of_scheduler("PolynomialLR", total_iters=10, power=1.0)),
    ("linear_end", "linear_decay(0.1, 10, end = 0.05)", 14, of_scheduler("LinearLR", start_factor=1.0, end_factor=0.5,
                                                                         total_iters=10)),
    ("polynomial_decay", "polynomial_decay(0.1, 10, 3)", 14, of_scheduler("PolynomialLR", total_iters=10, power=3.0)),
    ("cosine_decay", "cosine_decay(0.1, 12)", 13, of_scheduler("CosineAnnealingLR", T_max=12)),
    ("cosine_end", "cosine_decay(0.1, 12, end = 0.02)", 13, of_scheduler("CosineAnnealingLR", T_max=12, eta_min=0.02)),
    ("cosine_stays", "cosine_decay(0.1, 5)", 10, of_formula(lambda t: 0.1 * cosine(min(t - 1, 5) / 5))),
    ("cosine_restarts", "cosine_restarts(0.1, 5, 0.01)", 14, of_scheduler("CosineAnnealingWarmRestarts", T_0=5,
                                                                          eta_min=0.01)),
    ("warmup", "warmup(0.1, 6)", 9, of_scheduler("LinearLR", start_factor=1 / 6, total_iters=5)),
    ("inverse_sqrt", "inverse_sqrt(0.1, 4)", 12, of_formula(lambda t: 0.1 * 2 * min(t**-0.5, t * 4**-1.5))),
    ("warmup_cosine", "warmup_cosine(0.1, 4, 12, end = 0.01)", 15,
     of_formula(lambda t: 0.1 * t / 4 if t <= 4 else 0.01 + 0.09 * cosine(min(t - 4, 8) / 8))),
    ("warmup_linear", "warmup_linear(0.1, 4, 12)", 15,
     of_formula(lambda t: 0.1 * (t / 4 if t <= 4 else max(0, 12 - t) / 8))),
    ("one_cycle", "one_cycle(0.1, 20)", 20, of_scheduler("OneCycleLR", max_lr=0.1, total_steps=20,
                                                         cycle_momentum=False)),
    ("one_cycle_other", "one_cycle(0.1, 15, rise = 0.5, divide = 10, depth = 100)", 15,
     of_scheduler("OneCycleLR", max_lr=0.1, total_steps=15, pct_start=0.5, div_factor=10, final_div_factor=100,
                  cycle_momentum=False)),
]


def main():
    out = [f"x {flat([X])}", f"t {flat([T])}"]
    for name, chain, prepare in OPTIMIZERS:
        run(out, name, "net", chain, 8, prepare or two_links)
    for name, schedule, steps, prepare in SCHEDULES:
        run(out, name, "line", f"sgd({schedule})", steps, prepare)
    for name, model, chain, every, prepare in TURNS:
        run(out, name, model, chain, 4 * every, prepare, every)
    run(out, "late", "net", "late(0.1)", 6, by_hand(late))
    run(out, "cosine_second", "line", "sgd(cosine_decay(0.1, 5))", 13, of_scheduler("CosineAnnealingLR", T_max=5),
        every=2)
    OUT.write_text("\n".join(out) + "\n")


main()
