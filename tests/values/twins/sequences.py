"""Twins of models/seq2seq.nn and models/translator.nn: what stands beyond an example's ends is cut off first."""

import torch
from torch.nn import functional as F

from reference import classes, twin, whole

K, V, LONGEST, N, M = 4, 5, 5, 3, 6
INPUTS = {"S": whole(1, LONGEST), "T": whole(1, LONGEST), "x": classes(K, LONGEST), "y": classes(V, LONGEST)}


def read(rows, w, u, b):
    h, out = torch.zeros(M, dtype=rows.dtype), []
    for row in rows:
        h = torch.tanh(w @ row + u @ h + b)
        out.append(h)
    return torch.stack(out)


def embedded(p, S, T, x, y):
    """The source's rows, and those of the words before each word of the target."""
    before = torch.cat([torch.tensor([V]), y[:int(T) - 1].long()])
    return p["E"][x[:int(S)].long()], p["F"][before]


@twin("seq2seq", INPUTS,
      {"E": (K, N), "We": (M, N), "Ue": (M, M), "be": (M,), "F": (V + 1, N), "Wd": (M, N), "Ud": (M, M), "bd": (M,),
       "Vo": (V, M), "c": (V,)})
def seq2seq(p, S, T, x, y):
    source, told = embedded(p, S, T, x, y)
    s, losses = read(source, p["We"], p["Ue"], p["be"])[-1], []
    for t, row in enumerate(told):
        s = torch.tanh(p["Wd"] @ row + p["Ud"] @ s + p["bd"])
        losses.append(F.cross_entropy(p["Vo"] @ s + p["c"], y[t].long()))
    return {"loss.L": sum(losses) / len(losses)}


@twin("translator", INPUTS,
      {"E": (K, N), "f.W": (M, N), "f.U": (M, M), "f.b": (M,), "g.W": (M, N), "g.U": (M, M), "g.b": (M,),
       "F": (V + 1, N), "Wa": (M, M), "Ya": (M, N), "Ua": (M, 2 * M), "v": (M,), "Wd": (M, N), "Ud": (M, M),
       "Cd": (M, 2 * M), "bd": (M,), "Vs": (V, M), "Vc": (V, 2 * M), "bo": (V,)})
def translator(p, S, T, x, y):
    source, told = embedded(p, S, T, x, y)
    f, g = (read(rows, p[n + ".W"], p[n + ".U"], p[n + ".b"]) for n, rows in (("f", source), ("g", source.flip(0))))
    h, s, losses, looks = torch.cat([f, g.flip(0)], 1), g[-1], [], []
    for t, row in enumerate(told):
        alpha = torch.softmax(torch.tanh(h @ p["Ua"].T + p["Wa"] @ s + p["Ya"] @ row) @ p["v"], 0)
        c = alpha @ h
        s = torch.tanh(p["Wd"] @ row + p["Ud"] @ s + p["Cd"] @ c + p["bd"])
        losses.append(F.cross_entropy(p["Vs"] @ s + p["Vc"] @ c + p["bo"], y[t].long()))
        looks.append(F.pad(alpha, (0, LONGEST - len(alpha))))
    rows = F.pad(torch.stack(looks), (0, 0, 0, LONGEST - len(looks)))
    return {"loss.L": sum(losses) / len(losses), "out.looks": rows}
