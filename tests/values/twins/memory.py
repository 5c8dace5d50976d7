"""Twins of the pages on recurrence: language_model, sigmoid_rnn, lstm_variant, long_term."""

import torch
from torch.nn import functional as F

from reference import classes, real, twin

σ = torch.sigmoid


@twin("language_model", {"w": classes(5, 5)},
      {"E": (5, 3), "Wx": (3, 3), "Wh": (3, 3), "b": (3,), "Vo": (5, 3), "c": (5,)})
def language_model(p, w):
    h, scores = torch.zeros(3, dtype=torch.float64), []
    for t in range(4):
        h = torch.tanh(p["Wx"] @ p["E"][w[t]] + p["Wh"] @ h + p["b"])
        scores.append(p["Vo"] @ h + p["c"])
    o = torch.stack(scores)
    return {"loss.L": F.cross_entropy(o, w[1:], reduction="sum"), "out.p": torch.softmax(o, 1)}


@twin("sigmoid_rnn", {"x": real(4, 2), "r": real(4)}, {"W": (3, 2), "U": (3, 3), "b": (3,), "w": (3,), "d": ()})
def sigmoid_rnn(p, x, r):
    h, y = torch.zeros(3, dtype=torch.float64), []
    for row in x:
        h = σ(p["W"] @ row + p["U"] @ h + p["b"])
        y.append(p["w"] @ h + p["d"])
    y = torch.stack(y)
    return {"loss.L": ((y - r)**2).sum() / 2, "out.y": y}


@twin("lstm_variant", {"x": real(4, 2), "r": real(4), "h_before": real(3), "c_before": real(3)},
      {"Wf": (3, 2), "Wo": (3, 2), "Wc": (3, 2), "Uf": (3, 3), "Uo": (3, 3), "Uc": (3, 3), "bf": (3,), "bo": (3,),
       "bc": (3,), "w": (3,), "d": ()})
def lstm_variant(p, x, r, h, c):
    y = []
    for row in x:
        f, o, g = (p["W" + k] @ row + p["U" + k] @ h + p["b" + k] for k in "foc")
        c = σ(f) * (1 - σ(f)) * c + torch.tanh(g)
        h = σ(o) * torch.tanh(c)
        y.append(p["w"] @ h + p["d"])
    y = torch.stack(y)
    return {"loss.L": ((y - r)**2).sum() / 2, "out.y": y}


# ---- long_term ----

STEPS, STATE = 5, 3


def network(p, x, wx, wh, b, cell):
    """The last state, and the sequence of what each step carries on."""
    s = c = torch.zeros(STATE, dtype=torch.float64)
    carried = []
    for value in x:
        s, c = cell(p[wx] * value + p[wh] @ s + p[b], c)
        c = c.requires_grad_()
        carried.append(c)
    return s, carried


def lstm_cell(forget):
    def cell(a, c):
        i, f, o, g = a.chunk(4)
        c = σ(f + forget) * c + σ(i) * torch.tanh(g)
        return σ(o) * torch.tanh(c), c
    return cell


def variant_cell(a, c):
    f, o, g = a.chunk(3)
    c = σ(f) * (1 - σ(f)) * c + torch.tanh(g)
    return σ(o) * torch.tanh(c), c


def sigmoid_cell(a, _):
    return (σ(a),) * 2


def reach(last, carried):
    """For each step, the root of the squares of d last / d carried, divided by the state's size."""
    rows = [torch.autograd.grad(last[i], carried, retain_graph=True, allow_unused=True) for i in range(STATE)]
    squares = [sum((row[t]**2).sum() for row in rows if row[t] is not None) for t in range(STEPS)]
    return torch.stack([torch.as_tensor(s, dtype=torch.float64) for s in squares]).div(STATE).sqrt()


@twin("long_term", {"x": real(5)},
      {"Wr": (3,), "Ur": (3, 3), "br": (3,), "W": (12,), "U": (12, 3), "b": (12,), "forget": (3,), "V": (9,),
       "Z": (9, 3), "v": (9,), "zr.W": (1, 3), "zr.b": (1,), "zs.W": (1, 3), "zs.b": (1,), "zq.W": (1, 3),
       "zq.b": (1,)})
def long_term(p, x):
    y, loss, out = (x[0] > 0).double(), 0, {}
    cells = [("sigmoid", "zr", "Wr", "Ur", "br", sigmoid_cell), ("lstm", "zs", "W", "U", "b", lstm_cell(p["forget"])),
             ("variant", "zq", "V", "Z", "v", variant_cell)]
    for name, z, wx, wh, b, cell in cells:
        last, carried = network(p, x, wx, wh, b, cell)
        score = (p[z + ".W"] @ last + p[z + ".b"])[0]
        loss = loss + F.binary_cross_entropy_with_logits(score, y)
        if name == "sigmoid":
            last = carried[-1]
        out[f"out.{name}_reach"] = reach(last, carried).detach()
        out[f"metric.{name}_right"] = ((score > 0) == (y == 1)).double()
    return {"loss.L": loss, **out}
