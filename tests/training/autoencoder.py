"""models/autoencoder.nn: 784-64-784 on MNIST; the squared error of a pixel of the test images."""

import torch

from study import MNIST, MNIST_TEST, Study, adam, dense, linear


def picture(p, image):
    return linear(p, "r", torch.sigmoid(linear(p, "a", image.flatten(1))))


def loss(p, image):
    return ((picture(p, image) - image.flatten(1))**2).sum(1).mean() / 2


def measure(p, image):
    return {"error": ((picture(p, image) - image.flatten(1))**2).mean()}


STUDIES = [Study(page="autoencoder", figure="error",
                 data={"image": MNIST["x"]}, test={"image": MNIST_TEST["x"]}, epochs=5, batch=64,
                 initial=lambda: {**dense("a", 784, 64), **dense("r", 64, 784)},
                 loss=loss, measure=measure, optimizer=adam(1e-3))]
