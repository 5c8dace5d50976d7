"""models/digits8.nn and models/halves.nn on data/digits, models/cnn.nn and models/vit.nn on MNIST."""

import math

import torch
import torch.nn.functional as F

from study import MNIST, MNIST_TEST, Study, adam, dense, glorot, he, linear


def judged(score):
    def loss(p, x, y):
        return F.cross_entropy(score(p, x), y)

    def measure(p, x, y):
        z = torch.cat([score(p, some) for some in x.split(1000)])
        return {"L": F.cross_entropy(z, y), "accuracy": (z.argmax(1) == y).float().mean()}
    return dict(loss=loss, measure=measure)


# ---- convolutions ----

def kernels(name, out, channels, k):
    return {name + ".K": he(out, channels, k, k), name + ".b": torch.zeros(out)}


def stage(p, name, x, pad):
    return F.max_pool2d(F.relu(F.conv2d(x, p[name + ".K"], p[name + ".b"], padding=pad)), 2)


def digits8(p, x):
    s = stage(p, "c2", stage(p, "c1", x.reshape(-1, 1, 8, 8) / 16, 1), 1)
    return linear(p, "z", s.flatten(1))


def digits8_initial():
    return {**kernels("c1", 8, 1, 3), **kernels("c2", 16, 8, 3), **dense("z", 64, 10)}


def cnn(p, x):
    s = stage(p, "c2", stage(p, "c1", x[:, None], 2), 2)
    return linear(p, "z", F.relu(linear(p, "h", s.flatten(1))))


def cnn_initial():
    return {**kernels("c1", 16, 1, 5), **kernels("c2", 32, 16, 5), **dense("h", 1568, 128), **dense("z", 128, 10)}


# ---- the vision transformer ----

D, HEADS, HIDDEN, BLOCKS, SIDE = 64, 4, 128, 2, 7


def norm_initial(name):
    return {name + ".g": torch.ones(D), name + ".b": torch.zeros(D)}


def vit_initial():
    p = {"P": torch.randn(16, D) * 0.02, **dense("X", SIDE * SIDE, D)}
    for b in range(BLOCKS):
        x = f"X.{b}"
        p.update(norm_initial(x + ".n1"))
        for part in "qkvo":
            p.update(dense(f"{x}.att.{part}", D, D))
        p.update(norm_initial(x + ".n2"))
        p.update(dense(x + ".up", D, HIDDEN))
        p.update(dense(x + ".down", HIDDEN, D))
    return {**p, **norm_initial("N"), **dense("z", D, 10)}


def norm(p, name, x):
    return F.layer_norm(x, (D,), p[name + ".g"], p[name + ".b"])


def attention(p, name, x):
    n, t, _ = x.shape
    q, k, v = (linear(p, f"{name}.{part}", x).reshape(n, t, HEADS, D // HEADS).transpose(1, 2) for part in "qkv")
    a = torch.softmax(q @ k.transpose(2, 3) / math.sqrt(D // HEADS), 3)
    return linear(p, name + ".o", (a @ v).transpose(1, 2).reshape(n, t, D))


def vit(p, x):
    words = x.reshape(-1, 4, SIDE, 4, SIDE).transpose(2, 3).reshape(-1, 16, SIDE * SIDE)
    X = linear(p, "X", words) + p["P"]
    for b in range(BLOCKS):
        X = X + attention(p, f"X.{b}.att", norm(p, f"X.{b}.n1", X))
        X = X + linear(p, f"X.{b}.down", F.gelu(linear(p, f"X.{b}.up", norm(p, f"X.{b}.n2", X))))
    return linear(p, "z", norm(p, "N", X).mean(1))


# ---- halves ----

def encode(p, name, x):
    e = linear(p, name + ".e", F.relu(linear(p, name + ".h", x.flatten(1) / 16)))
    return e / e.norm(dim=1, keepdim=True)


def halves_scores(p, x):
    return encode(p, "u", x.reshape(-1, 8, 8)[:, :, :4]) @ encode(p, "v", x.reshape(-1, 8, 8)[:, :, 4:]).T / 0.1


def halves_loss(p, x):
    return F.cross_entropy(halves_scores(p, x), torch.arange(len(x)))


def halves_measure(p, x):
    """In the batches that nnc's program takes."""
    parts = x.split(32)
    found = sum((halves_scores(p, some).argmax(1) == torch.arange(len(some))).sum() for some in parts)
    return {"L": sum(halves_loss(p, some) * len(some) for some in parts) / len(x), "found": found / len(x)}


def halves_initial():
    return {k: v for side in "uv" for k, v in {**dense(side + ".h", 32, 64), **dense(side + ".e", 64, 16)}.items()}


STUDIES = [
    Study(page="halves", figure="found",
          data={"x": "digits/digits.csv.gz:0-63"}, test_rows="1413-1796", epochs=20, batch=32, seeds=10,
          initial=halves_initial, loss=halves_loss, measure=halves_measure, optimizer=adam(2e-3)),
    Study(page="digits8", figure="accuracy",
          data={"x": "digits/digits.csv.gz:0-63", "y": "digits/digits.csv.gz:64"}, integers=("y",),
          test_rows="1397-1796", epochs=20, batch=32, initial=digits8_initial, optimizer=adam(2e-3), seeds=10,
          **judged(digits8)),
    Study(page="cnn", figure="accuracy",
          data=MNIST, test=MNIST_TEST, integers=("y",), epochs=2, batch=64, initial=cnn_initial,
          optimizer=adam(1e-3), seeds=1, **judged(cnn)),
    Study(page="vit", figure="accuracy",
          data=MNIST, test=MNIST_TEST, integers=("y",), epochs=3, batch=64, initial=vit_initial,
          optimizer=adam(1e-3), seeds=3, **judged(vit)),
]
