"""What the PyTorch twins of the model pages share: data, initial values, the order of the rows, the training loop.

In:   a Study: which page, which data, which settings, and the mathematics written once more in PyTorch.
Out:  the figures that the page's program prints after `train`, by the same names, and the seconds of an epoch.

A twin is trained in one of two ways. On its own: PyTorch draws the initial values from the same distributions, and the
order of the rows. In step: it takes the initial values that nnc's program wrote, and the rows in nnc's order (a shuffle
by the counter-based generator of the runtime, written here a second time); what differs then is rounding alone.
"""

import dataclasses
import gzip
import json
import math
import pathlib
import struct
import time
from typing import Callable

import numpy
import torch

DATA = pathlib.Path(__file__).resolve().parents[3] / "shared" / "data"
MNIST = dict(x="mnist/train-images-idx3-ubyte.gz", y="mnist/train-labels-idx1-ubyte.gz")
MNIST_TEST = dict(x="mnist/t10k-images-idx3-ubyte.gz", y="mnist/t10k-labels-idx1-ubyte.gz")


@dataclasses.dataclass
class Study:
    page: str                                   # models/PAGE.nn
    figure: str                                 # the one that is judged
    data: dict                                  # input of the model: a file below ../shared/data, with its columns
    epochs: int
    batch: int
    initial: Callable[[], dict]                 # parameters by their names in nnc
    loss: Callable                              # (parameters, a batch's inputs in order) -> mean loss, all losses added
    measure: Callable                           # the same -> figures, means over the rows
    optimizer: Callable                         # parameters -> torch.optim
    rate: Callable[[int], float] = None         # learning rate at step 1, 2, ...
    name: str = None                            # of the figure, where one page has several
    options: tuple = ()                         # of nnc: -D K=3
    arguments: tuple = ()                       # of train, beyond data and epochs
    test: dict = None                           # files to test on, or
    test_rows: str = None                       # ... rows of the same: "0-499", or a column of marks
    rows: str = None
    integers: tuple = ()                        # inputs that are classes
    window: int = 0                             # of a text: its characters in windows of so many
    clip: float = 0.0                           # most that the norm of all gradients may be
    standardize: tuple = ()
    validate: float = 0.0
    patience: int = 0
    seeds: int = 3
    make: Callable = None                       # makes the data; gets a folder

    def title(self):
        return self.name or self.page


# ---- files ----------------------------------------------------------------------------------------------------------

def path_of(file, folder):
    name = file.split(":")[0]
    return folder / name if (folder / name).exists() else DATA / name


def columns_of(text):
    first, _, last = text.partition("-")
    return list(range(int(first), int(last or first) + 1))


def windows(text, width):
    """Characters as their places among the distinct ones: [rows, width], side by side."""
    place = {c: float(k) for k, c in enumerate(sorted(set(text)))}
    count = len(text) // width
    return torch.tensor([place[c] for c in text[:count * width]]).reshape(count, width)


def read(file, folder, window=0):
    """idx, columns of a table, or windows of a text, as float32: [rows, ...]."""
    path, columns = path_of(file, folder), file.partition(":")[2]
    raw = (gzip.open if path.suffix == ".gz" else open)(path, "rb").read()
    if window:
        return windows(raw.decode(), window)
    if raw[:3] == b"\0\0\x08":
        rank = raw[3]
        shape = struct.unpack(f">{rank}I", raw[4:4 + 4 * rank])
        values = numpy.frombuffer(raw, numpy.uint8, offset=4 + 4 * rank).reshape(shape).astype(numpy.float32)
        return torch.from_numpy(values / 255 if rank > 1 else values)
    rows = [line.split(",") for line in raw.decode().split("\n") if line.strip()]
    try:
        [float(cell) for cell in rows[0]]
    except ValueError:
        rows = rows[1:]
    table = torch.tensor([[float(row[c]) for c in columns_of(columns)] for row in rows], dtype=torch.float32)
    return table[:, 0] if "-" not in columns else table


def chosen(which, count, folder):
    """A mask: rows "0-39,100", or a column of marks."""
    if ":" in which:
        return read(which, folder) == 1
    mask = torch.zeros(count, dtype=torch.bool)
    for part in which.split(","):
        mask[columns_of(part)] = True
    return mask


def inputs(study, files, folder):
    return {x: read(f, folder, study.window).to(torch.int64 if x in study.integers else torch.float32) for x,
            f in files.items()}


def load_data(study, folder):
    """The inputs of the training rows and of the test rows."""
    data = inputs(study, study.data, folder)
    count = len(next(iter(data.values())))
    everything = torch.ones(count, dtype=torch.bool)
    held = chosen(study.test_rows, count, folder) if study.test_rows else ~everything
    rows = chosen(study.rows, count, folder) if study.rows else ~held
    test = inputs(study, study.test, folder) if study.test else None
    if study.test_rows:
        test = {x: v[held] for x, v in data.items()}
    return {x: v[rows] for x, v in data.items()}, test


def read_parameters(file):
    """The float arrays of a safetensors file."""
    raw = pathlib.Path(file).read_bytes()
    (size,) = struct.unpack("<Q", raw[:8])
    header, found = json.loads(raw[8:8 + size]), {}
    for name, about in header.items():
        if name.startswith(("@", "__")):
            continue
        begin, end = about["data_offsets"]
        values = numpy.frombuffer(raw[8 + size + begin:8 + size + end], numpy.float32).copy()
        found[name] = torch.from_numpy(values).reshape(about["shape"])
    return found


# ---- initial values -------------------------------------------------------------------------------------------------

def glorot(*shape):
    window = math.prod(shape[2:])
    bound = math.sqrt(6 / ((shape[0] + shape[1]) * window))
    return torch.empty(shape).uniform_(-bound, bound)


def he(*shape):
    return torch.randn(shape) * math.sqrt(2 / math.prod(shape[1:]))


def dense(name, n, m):
    return {name + ".W": glorot(m, n), name + ".b": torch.zeros(m)}


# ---- nnc's order of the rows ----------------------------------------------------------------------------------------

def philox(counter, key):
    """Philox4x32-10 (Salmon, Moraes, Dror and Shaw 2011); counter: four arrays of uint64 below 2^32."""
    c, k, low = list(counter), list(key), 0xFFFFFFFF
    for _ in range(10):
        p, q = c[0] * numpy.uint64(0xD2511F53), c[2] * numpy.uint64(0xCD9E8D57)
        shift = numpy.uint64(32)
        c = [(q >> shift) ^ c[1] ^ k[0], q & numpy.uint64(low), (p >> shift) ^ c[3] ^ k[1], p & numpy.uint64(low)]
        k = [numpy.uint64((int(k[0]) + 0x9E3779B9) & low), numpy.uint64((int(k[1]) + 0xBB67AE85) & low)]
    return c


def shuffled(rows, seed, stream, epoch):
    """Fisher and Yates, from the last place down, as the runtime's trainer does."""
    rows = list(rows)
    places = numpy.arange(len(rows), dtype=numpy.uint64)
    zero = numpy.zeros_like(places)
    word = philox([places, zero, zero + numpy.uint64(epoch), zero + numpy.uint64(stream)],
                  [numpy.uint64(seed & 0xFFFFFFFF), numpy.uint64(seed >> 32)])
    bits = (word[1] << numpy.uint64(32)) | word[0]
    share = (bits >> numpy.uint64(11)).astype(numpy.float64) * 2.0**-53
    other = (share * (places.astype(numpy.float64) + 1)).astype(numpy.int64)
    for k in range(len(rows) - 1, 0, -1):
        o = other[k]
        rows[k], rows[o] = rows[o], rows[k]
    return rows


def split(count, share, seed, in_step):
    """Rows to train on and rows held out, both ascending."""
    if not share:
        return list(range(count)), []
    held = max(1, math.floor(share * count + 0.5))
    order = shuffled(range(count), seed, 0x5350, 0) if in_step else torch.randperm(count).tolist()
    return sorted(order[held:]), sorted(order[:held])


# ---- training -------------------------------------------------------------------------------------------------------

def standardize(study, data, others, rows):
    for x in study.standardize:
        mean, deviation = data[x][rows].mean(0), data[x][rows].std(0, unbiased=False)
        for part in [data, *others]:
            part[x] = (part[x] - mean) / deviation


def train(study, seed, folder, start=None):
    """(figures, seconds of an epoch); in step with nnc where `start` holds its initial values."""
    torch.manual_seed(seed)
    torch.set_num_threads(1)
    data, test = load_data(study, folder)
    rows, held = split(len(next(iter(data.values()))), study.validate, seed, start is not None)
    standardize(study, data, [test] if test else [], rows)
    kept = {x: v[held] for x, v in data.items()}
    p = {name: v.clone().requires_grad_() for name, v in (start or study.initial()).items()}
    optimizer = study.optimizer(p)
    best, best_p, bad, step, seconds = math.inf, None, 0, 0, []
    for epoch in range(study.epochs):
        begun = time.monotonic()
        order = shuffled(rows, seed, 0x5348, epoch) if start else [rows[i] for i in torch.randperm(len(rows)).tolist()]
        order = torch.tensor(order)
        begun_steps = time.monotonic()
        for first in range(0, len(order), study.batch):
            step += 1
            some = order[first:first + study.batch]
            for group in optimizer.param_groups if study.rate else []:
                group["lr"] = study.rate(step)
            optimizer.zero_grad()
            study.loss(p, *[v[some] for v in data.values()]).backward()
            if study.clip:
                torch.nn.utils.clip_grad_norm_(p.values(), study.clip)
            optimizer.step()
        seconds.append(time.monotonic() - (begun_steps if start else begun))
        if not held:
            continue
        with torch.no_grad():
            value = float(study.loss(p, *kept.values()))
        if value < best:
            best, best_p, bad = value, {n: v.detach().clone() for n, v in p.items()}, 0
        else:
            bad += 1
        if study.patience and bad >= study.patience:
            break
    if study.patience:
        p = best_p
    with torch.no_grad():
        figures = study.measure(p, *(test or data).values())
    return {k: float(v) for k, v in figures.items()}, sum(seconds) / len(seconds)


# ---- pieces of models -----------------------------------------------------------------------------------------------

def linear(p, name, x):
    return torch.nn.functional.linear(x, p[name + ".W"], p[name + ".b"])


def mixture_nll(logits, mean, deviation, t):
    """-log of a mixture of Gaussians, of each row."""
    normal = torch.distributions.Normal(mean, deviation).log_prob(t[:, None])
    return -torch.logsumexp(torch.log_softmax(logits, 1) + normal, 1)


def adam(rate, **more):
    return lambda p: torch.optim.Adam(list(p.values()), lr=rate, **more)
