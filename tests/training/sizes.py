#!/usr/bin/env python3
"""Digits of many sizes for models/sizes.nn: MNIST's, each scaled to a height and a width of its own, 14 to 28.

In:   ../shared/data/mnist.
Out:  height.npy, width.npy, image.npy [rows, 1, 28, 28] (bytes; 0 beyond an image's own places), label.npy in FOLDER:
      10,000 rows of the training images, then 2,000 of the test images.

Use:  sizes.py FOLDER
"""

import gzip
import pathlib
import sys

import numpy

DATA = pathlib.Path(__file__).resolve().parents[3] / "shared" / "data" / "mnist"
LEAST, MOST, TRAIN, TEST = 14, 28, 10000, 2000


def idx(name, header):
    return numpy.frombuffer(gzip.open(DATA / name).read(), numpy.uint8, offset=header)


def means(n, to):
    """[to, n]: each of `to` places is the mean of its share of n."""
    edges = numpy.linspace(0, n, to + 1)
    low, high = edges[:-1, None], edges[1:, None]
    cell = numpy.arange(n)
    return numpy.clip(numpy.minimum(high, cell + 1) - numpy.maximum(low, cell), 0, 1) * to / n


def scaled(image, h, w):
    out = numpy.zeros((MOST, MOST), numpy.uint8)
    out[:h, :w] = numpy.round(means(MOST, h) @ image @ means(MOST, w).T)
    return out


def main(folder):
    images = numpy.concatenate([idx("train-images-idx3-ubyte.gz", 16).reshape(-1, MOST, MOST)[:TRAIN],
                                idx("t10k-images-idx3-ubyte.gz", 16).reshape(-1, MOST, MOST)[:TEST]])
    labels = numpy.concatenate([idx("train-labels-idx1-ubyte.gz", 8)[:TRAIN],
                                idx("t10k-labels-idx1-ubyte.gz", 8)[:TEST]])
    h, w = numpy.random.default_rng(1).integers(LEAST, MOST + 1, (2, len(images)))
    pictures = numpy.stack([scaled(image, a, b) for image, a, b in zip(images, h, w)])[:, None]
    for name, values in (("height", h), ("width", w), ("image", pictures), ("label", labels)):
        numpy.save(folder / f"{name}.npy", values)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(pathlib.Path(sys.argv[1]))
