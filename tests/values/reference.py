#!/usr/bin/env python3
"""Writes the reference numbers that the models in this folder, and the small ones of models/, must reproduce.

In:   the twins, one PyTorch function per model (the modules in twins/), written by hand from the model's mathematics.
Out:  NAME.ref.safetensors beside NAME.nn, in double precision (integers as I32):

        in.X            the examples, [n, shape of X]
        param.P         every parameter, under the name that the language gives it
        state.S         a state before the step, where the model has one
        loss.L          the mean of L over the examples, [1]
        grad.L.P        the gradient of that mean; absent where L does not depend on P
        out.O           an output of each example, [n, shape of O]
        metric.M        the mean of a metric, [1]
        next.N          a parameter or state after one step of the trainer, for models that test that

Idea: a twin sees one example, as the model does, and is called for each (twins of models that look across the batch
see all at once). Inputs and parameters come from a generator seeded by the model's name and are multiples of 2^-16, so
that single precision holds them exactly. A twin may also return pairs that must be equal: the hand derivations.

Use:  reference.py [NAME ...]          all of them where no name is given
"""

import importlib
import json
import pathlib
import random
import struct
import sys

import torch

HERE = pathlib.Path(__file__).resolve().parent
MODULES = sorted(path.stem for path in (HERE / "twins").glob("*.py"))
TWINS = {}


# ---- what a twin says about its model ------------------------------------------------------------------------------

class Values:
    """How to draw an input or a parameter: its shape, its kind and its range."""

    def __init__(self, shape=(), kind="real", low=None, high=None, scale=1.0):
        self.shape, self.kind, self.low, self.high, self.scale = shape, kind, low, high, scale

    def draw(self, source, leading=()):
        shape = tuple(leading) + self.shape
        count = 1
        for extent in shape:
            count *= extent
        flat = [self.one(source) for _ in range(count)]
        if self.kind == "integer":
            return torch.tensor(flat, dtype=torch.int64).reshape(shape)
        return torch.tensor(flat, dtype=torch.float64).reshape(shape)

    def one(self, source):
        if self.kind == "integer":
            return source.randrange(self.low, self.high)
        value = source.gauss(0, self.scale) if self.low is None else source.uniform(self.low, self.high)
        return round(value * 65536) / 65536


def real(*shape, scale=1.0):
    return Values(shape, scale=scale)


def between(low, high, *shape):
    return Values(shape, low=low, high=high)


def classes(k, *shape):
    return Values(shape, "integer", 0, k)


def whole(low, high, *shape):
    return Values(shape, "integer", low, high + 1)


def bit(*shape):
    return classes(2, *shape)


def twin(name, inputs, params, states=None, examples=3, across=False):
    """Registers a twin. Its function gets the parameters (a dictionary), then the inputs in order, and returns a
    dictionary with the keys of the file; "equal" holds pairs that must agree, "next" comes from the batch alone."""
    def register(function):
        TWINS[name] = (function, inputs, params, states or {}, examples, across)
        return function
    return register


def d(value, by):
    """The derivative of a scalar, itself differentiable."""
    return torch.autograd.grad(value, by, create_graph=True)[0]


# ---- running a twin ------------------------------------------------------------------------------------------------

def run(name):
    function, inputs, params, states, examples, across = TWINS[name]
    source = random.Random("nnc " + name)
    weights = {p: as_values(v, 0.5).draw(source).requires_grad_() for p, v in params.items()}
    rows = {x: as_values(v, 1.0).draw(source, [examples]) for x, v in inputs.items()}
    kept = {s: torch.tensor(v, dtype=torch.float64) for s, v in states.items()}
    given = {**weights, **kept}
    if across:
        parts = [function(given, *[leaf(v) for v in rows.values()])]
    else:
        parts = [function(given, *[leaf(v[i]) for v in rows.values()]) for i in range(examples)]
    agree(name, parts)
    tensors = {"in." + x: v for x, v in rows.items()}
    tensors.update({"param." + p: v for p, v in weights.items()})
    tensors.update({"state." + s: v for s, v in kept.items()})
    tensors.update(results(parts, weights, across))
    return tensors


def as_values(what, scale):
    return what if isinstance(what, Values) else Values(tuple(what), scale=scale)


def leaf(value):
    value = value.clone()
    return value.requires_grad_() if value.is_floating_point() else value


def agree(name, parts):
    for part in parts:
        for number, (left, right) in enumerate(part.pop("equal", [])):
            if not torch.allclose(left, right + 0 * left, rtol=1e-9, atol=1e-11):
                sys.exit(f"{name}: hand derivation {number} is wrong: {left} against {right}")


def results(parts, weights, across):
    found = {}
    for key in parts[0]:
        values = [part[key] for part in parts]
        if key.startswith("loss."):
            mean = torch.stack([v.reshape(()) for v in values]).mean()
            found[key] = mean.reshape(1)
            found.update(gradients("grad." + key[5:] + ".", mean, weights))
        elif key.startswith("out."):
            found[key] = values[0] if across else torch.stack(values)
        elif key.startswith("metric."):
            found[key] = torch.stack([torch.as_tensor(v).double() for v in values]).mean().reshape(1)
        else:
            found[key] = values[0]
    return found


def gradients(prefix, mean, weights):
    grads = torch.autograd.grad(mean, list(weights.values()), retain_graph=True, allow_unused=True)
    return {prefix + p: g for p, g in zip(weights, grads) if g is not None}


# ---- the file ------------------------------------------------------------------------------------------------------

def write(path, tensors):
    """The safetensors format: the length of a JSON header, the header, the numbers."""
    header, data = {}, b""
    for key in sorted(tensors):
        value = tensors[key].detach()
        code, format_ = ("F64", "d") if value.is_floating_point() else ("I32", "i")
        flat = value.reshape(-1).tolist()
        if not all(abs(v) < float("inf") for v in flat):
            sys.exit(f"{path.name}: {key} is not finite")
        raw = struct.pack(f"<{len(flat)}{format_}", *flat)
        header[key] = {"dtype": code, "shape": list(value.shape), "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def main(names):
    sys.modules.setdefault("reference", sys.modules[__name__])
    sys.path.insert(0, str(HERE))
    sys.dont_write_bytecode = True
    for module in MODULES:
        importlib.import_module("twins." + module)
    for name in names or sorted(TWINS):
        write(HERE / (name + ".ref.safetensors"), run(name))


if __name__ == "__main__":
    main(sys.argv[1:])
