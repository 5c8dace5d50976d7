"""models/vae.nn, models/vae_flow.nn and models/vae_categorical.nn on MNIST: the negative ELBO of the test images.

Draws are PyTorch's own, in training and in the figure: in step are the initial values and the order of the rows, not
the noise.
"""

import math

import torch
import torch.nn.functional as F

from study import MNIST, MNIST_TEST, Study, adam, dense, linear

SIDE, HIDDEN, LATENT, DICE, FACES = 784, 400, 20, 30, 10


def ends(code):
    """The encoder's first layer and the decoder."""
    return {**dense("h", SIDE, HIDDEN), **dense("dec.g", code, HIDDEN), **dense("dec.o", HIDDEN, SIDE)}


def encode(p, x):
    bits = x.flatten(1)
    return bits, torch.relu(linear(p, "h", bits))


def reconstruction(p, z, bits):
    o = linear(p, "dec.o", torch.relu(linear(p, "dec.g", z)))
    return F.binary_cross_entropy_with_logits(o, bits, reduction="none").sum(1)


# ---- a Gaussian ----

def gaussian_initial():
    return {**ends(LATENT), **dense("μ", HIDDEN, LATENT), **dense("v", HIDDEN, LATENT)}


def gaussian(p, x):
    bits, h = encode(p, x)
    mu, v = linear(p, "μ", h), linear(p, "v", h)
    z = mu + torch.exp(v / 2) * torch.randn_like(mu)
    return reconstruction(p, z, bits), (mu**2 + v.exp() - 1 - v).sum(1) / 2


# ---- a Gaussian and two steps of a flow ----

def flow_initial():
    p = {**ends(LATENT), **dense("μ", HIDDEN, LATENT), **dense("a", HIDDEN, LATENT)}
    for z in ("z1", "z2"):
        p.update({z + ".M0": torch.zeros(LATENT, LATENT), z + ".S0": torch.zeros(LATENT, LATENT)})
        p.update({**dense(z + ".mh", HIDDEN, LATENT), **dense(z + ".th", HIDDEN, LATENT)})
    return p


def bend(p, name, z, h):
    """The new value, and log |its determinant|."""
    m = z @ p[name + ".M0"].tril(-1).T + linear(p, name + ".mh", h)
    t = z @ p[name + ".S0"].tril(-1).T + linear(p, name + ".th", h) + 2
    s = torch.sigmoid(t)
    return s * z + (1 - s) * m, F.logsigmoid(t).sum(1)


def flow(p, x):
    bits, h = encode(p, x)
    a = linear(p, "a", h)
    noise = torch.randn_like(a)
    z, first = bend(p, "z1", linear(p, "μ", h) + a.exp() * noise, h)
    z, second = bend(p, "z2", z.flip(1), h)
    log_q = -(noise**2 / 2 + a).sum(1) - first - second
    return reconstruction(p, z, bits), log_q + (z**2).sum(1) / 2


# ---- dice, straight-through ----

def dice_initial():
    return {**ends(DICE * FACES), **dense("l", HIDDEN, DICE * FACES)}


def dice(p, x):
    bits, h = encode(p, x)
    log_q = torch.log_softmax(linear(p, "l", h).reshape(-1, DICE, FACES), 2)
    q = log_q.exp()
    face = F.one_hot(torch.distributions.Categorical(probs=q.detach()).sample(), FACES).to(q.dtype)
    code = (face - q).detach() + q
    return reconstruction(p, code.flatten(1), bits), (q * log_q).sum((1, 2)) + DICE * math.log(FACES)


def study(page, parts, initial):
    def loss(p, x):
        return sum(parts(p, x)).mean()

    def measure(p, x):
        costs = [parts(p, some) for some in x.split(1000)]
        return {"L": torch.cat([sum(c) for c in costs]).mean(), "divergence": torch.cat([c[1] for c in costs]).mean()}
    return Study(page=page, figure="L", data={"x": MNIST["x"]}, test={"x": MNIST_TEST["x"]}, epochs=10, batch=128,
                 initial=initial, loss=loss, measure=measure, optimizer=adam(1e-3), seeds=1)


STUDIES = [study("vae", gaussian, gaussian_initial),
           study("vae_flow", flow, flow_initial),
           study("vae_categorical", dice, dice_initial)]
