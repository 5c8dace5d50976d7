"""models/char_rnn.nn, models/char_lstm.nn and models/char_gru.nn on tinyshakespeare, with PyTorch's own recurrent
layers.
"""

import torch
import torch.nn.functional as F

from study import Study, adam, glorot

CHARACTERS, EMBEDDING, STATE = 65, 64, 128


def initial(gates, wx, wh, bias, more=None):
    """Parameters by the names of a page: `gates` products in one."""
    return {"E": torch.randn(CHARACTERS, EMBEDDING), wx: glorot(gates * STATE, EMBEDDING),
            wh: glorot(gates * STATE, STATE), **bias, "Vo": glorot(CHARACTERS, STATE), **(more or {})}


def states(layer, p, s, wx, wh, b, bh):
    """[batch, time, state] of PyTorch's layer with these parameters."""
    e = p["E"][s[:, :-1]]
    weights = {"weight_ih_l0": wx, "weight_hh_l0": wh, "bias_ih_l0": b, "bias_hh_l0": bh}
    return torch.func.functional_call(layer, weights, (e,))[0]


def rnn(p, s):
    h = states(RNN, p, s, p["Wx"], p["Wh"], p["b"], torch.zeros(STATE))
    return F.linear(h, p["Vo"], p["c"])


def gates_of_torch(w):
    """The page has i f o g, PyTorch i f g o."""
    i, f, o, g = w.chunk(4)
    return torch.cat([i, f, g, o])


def lstm(p, s):
    h = states(LSTM, p, s, *(gates_of_torch(p[x]) for x in ("W", "U", "b")), torch.zeros(4 * STATE))
    return F.linear(h, p["Vo"], p["d"])


def gru(p, s):
    h = states(GRU, p, s, p["W"], p["U"], p["b"], torch.cat([torch.zeros(2 * STATE), p["bu"]]))
    return F.linear(h, p["Vo"], p["d"])


RNN, LSTM, GRU = (layer(EMBEDDING, STATE, batch_first=True) for layer in (torch.nn.RNN, torch.nn.LSTM, torch.nn.GRU))


def study(page, scores, start):
    def loss(p, s):
        return F.cross_entropy(scores(p, s).flatten(0, 1), s[:, 1:].flatten())

    def measure(p, s):
        return {"L": sum(loss(p, some) * len(some) for some in s.split(100)) / len(s)}
    return Study(page=page, figure="L", data={"s": "tinyshakespeare/input.txt"}, rows="0-15443",
                 test_rows="15444-17158", integers=("s",), window=65, epochs=6, batch=32, clip=1.0, seeds=1,
                 initial=start, loss=loss, measure=measure, optimizer=adam(2e-3))


def zeros(**sizes):
    return {name: torch.zeros(size) for name, size in sizes.items()}


STUDIES = [
    study("char_rnn", rnn, lambda: initial(1, "Wx", "Wh", zeros(b=STATE), zeros(c=CHARACTERS))),
    study("char_lstm", lstm, lambda: initial(4, "W", "U", zeros(b=4 * STATE), zeros(d=CHARACTERS))),
    study("char_gru", gru, lambda: initial(3, "W", "U", zeros(b=3 * STATE, bu=STATE), zeros(d=CHARACTERS))),
]
