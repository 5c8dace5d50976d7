"""Twins of the convolutions and poolings. PyTorch correlates; a textbook's convolution flips the kernel first."""

import torch
from torch.nn import functional as F

from reference import classes, d, real, twin


@twin("convolution_modes", {"x": real(6)}, {"k": real(3)})
def convolution_modes(w, x):
    flipped = w["k"].flip(0).reshape(1, 1, 3)
    full, same, valid = (F.conv1d(x.reshape(1, 1, 6), flipped, padding=p)[0, 0] for p in (2, 1, 0))
    lf, ls, lv = torch.tanh(full).sum(), (same**2).sum() / 2, torch.sin(valid).sum()
    slope = 1 - torch.tanh(full)**2
    return {"loss.Lf": lf, "loss.Ls": ls, "loss.Lv": lv, "out.f": full, "out.s": same, "out.v": valid,
            "equal": [(d(lf, x), torch.stack([slope[i:i + 3] @ w["k"] for i in range(6)]))]}


@twin("conv2d_valid", {"x": real(2, 5, 5), "y": classes(3)}, {"K": (3, 2, 3, 2), "b": (3,)})
def conv2d_valid(w, x, y):
    m = torch.tanh(F.conv2d(x[None], w["K"].flip(2, 3), w["b"])[0])
    z = m.mean((1, 2))
    return {"loss.L": F.cross_entropy(z, y), "out.z": z, "metric.accuracy": z.argmax() == y}


@twin("conv_strided", {"x": real(2, 5, 5), "t": real(2)}, {"K": (2, 2, 3, 3), "b": (2,)})
def conv_strided(w, x, t):
    y = F.conv2d(x[None], w["K"], w["b"], stride=2, padding=1)[0]
    r = torch.relu(y).mean((1, 2))
    loss = F.mse_loss(r, t)
    return {"loss.L": loss, "out.r": r, "equal": [(d(loss, y), (r - t)[:, None, None] * (y > 0) / 9)]}


@twin("conv_dilated", {"x": real(8), "t": real(8)}, {"F": (3, 2), "G": (3, 2), "D": (3, 3, 2), "v": (3,)})
def conv_dilated(w, x, t):
    def causal(signal, kernel, hole):
        padded = F.pad(signal, (hole, 0))[None]
        return F.conv1d(padded, kernel.flip(2), dilation=hole)[0]
    line = x[None]
    h = torch.tanh(causal(line, w["F"][:, None], 1)) * torch.sigmoid(causal(line, w["G"][:, None], 1))
    y = w["v"] @ (h + torch.relu(causal(h, w["D"], 2)))
    return {"loss.L": F.mse_loss(y, t), "out.y": y}


@twin("transposed_conv", {"z": real(4), "x": real(5, 5)}, {"W": (18, 4), "K": (2, 1, 3, 3), "b": (1,)})
def transposed_conv(w, z, x):
    a = torch.tanh(w["W"] @ z).reshape(1, 2, 3, 3)
    y = F.conv_transpose2d(a, w["K"], w["b"], stride=2, padding=1)[0]
    loss = F.binary_cross_entropy_with_logits(y[0], (x > 0).double(), reduction="sum")
    return {"loss.L": loss, "out.picture": torch.sigmoid(y[0]),
            "equal": [(d(loss, y)[0], torch.sigmoid(y[0]) - (x > 0).double())]}


@twin("overlap_pool", {"x": real(7, 7), "y": classes(3)}, {"K": (2, 3, 3), "z.W": (3, 36), "z.b": (3,)})
def overlap_pool(w, x, y):
    a = F.conv2d(x[None, None], w["K"][:, None], padding=1)
    m, g = F.max_pool2d(a, 3, 2), F.avg_pool2d(a, 3, 2)
    z = w["z.W"] @ torch.cat([m.flatten(), g.flatten()]) + w["z.b"]
    return {"loss.L": F.cross_entropy(z, y), "loss.Lg": torch.exp(g / 2).sum(), "out.z": z}


@twin("separable_conv", {"x": real(2, 4, 5), "t": real(3)},
      {"f.D": (2, 3, 3), "f.P": (3, 2), "g.D": (3, 3, 3), "g.P": (3, 3)})
def separable_conv(w, x, t):
    def separable(x, depth, point):
        mixed = F.conv2d(x[None], depth[:, None], padding=1, groups=len(depth))
        return F.conv2d(mixed, point[:, :, None, None])[0]
    f = separable(x, w["f.D"], w["f.P"])
    g = separable(torch.relu(f), w["g.D"], w["g.P"])
    r = g.mean((1, 2))
    loss = F.l1_loss(r, t)
    return {"loss.L": loss, "out.r": r, "equal": [(d(loss, r), torch.sign(r - t) / 3)]}


@twin("cnn_adjoints", {"x": real(8, 8), "y": classes(3)},
      {"c1.K": (3, 1, 3, 3), "c1.b": (3,), "c2.K": (4, 3, 3, 3), "c2.b": (4,), "h.W": (5, 16), "h.b": (5,),
       "z.W": (3, 5), "z.b": (3,)})
def cnn_adjoints(w, x, y):
    s1 = F.max_pool2d(torch.relu(F.conv2d(x[None, None], w["c1.K"], w["c1.b"], padding=1)), 2)
    c2 = F.conv2d(s1, w["c2.K"], w["c2.b"], padding=1)
    s2 = F.max_pool2d(torch.relu(c2), 2)
    h = torch.relu(w["h.W"] @ s2.flatten() + w["h.b"])
    z = w["z.W"] @ h + w["z.b"]
    loss = F.cross_entropy(z, y)
    error = d(loss, c2)[0]
    wide = s2[0].repeat_interleave(2, 1).repeat_interleave(2, 2)
    back = d(loss, s2)[0].repeat_interleave(2, 1).repeat_interleave(2, 2)
    seen = F.unfold(s1, 3, padding=1)[0]
    return {"loss.L": loss, "out.p": torch.softmax(z, 0), "metric.accuracy": z.argmax() == y,
            "equal": [(error, ((torch.relu(c2[0]) == wide) & (c2[0] > 0)) * back),
                      (d(loss, w["c2.K"]).reshape(4, 27), error.reshape(4, 16) @ seen.T)]}


@twin("convolution2d_modes", {"x": real(4, 5)}, {"k": real(3, 2)})
def convolution2d_modes(w, x):
    flipped = w["k"].flip(0, 1)[None, None]
    full = F.conv2d(F.pad(x, (1, 1, 2, 2))[None, None], flipped)[0, 0]
    same, valid = full[1:5, :5], F.conv2d(x[None, None], flipped)[0, 0]
    lf = torch.tanh(full).sum()
    slope = 1 - torch.tanh(full)**2
    back = F.conv2d(slope[None, None], w["k"][None, None])[0, 0]
    return {"loss.Lf": lf, "loss.Ls": (same**2).sum() / 2, "loss.Lw": torch.sin(valid).sum(), "out.f": full,
            "out.s": same, "out.w": valid, "equal": [(d(lf, x), back)]}


@twin("convolution_layer", {"x": real(2, 6, 6), "t": classes(3)}, {"K": (3, 2, 3, 3), "b": (3,)})
def convolution_layer(w, x, t):
    y = F.conv2d(x[None], w["K"], w["b"], stride=2, padding=1)
    z = torch.tanh(y)[0].mean((1, 2))
    loss = F.cross_entropy(z, t)
    δ = d(loss, y)
    back = F.conv_transpose2d(δ, w["K"], stride=2, padding=1, output_padding=1)[0]
    return {"loss.L": loss, "out.y": y[0], "out.z": z,
            "equal": [(d(loss, x), back), (d(loss, w["b"]), δ.sum((0, 2, 3)))]}


@twin("pooling", {"x": real(7, 7)}, {"w": real(7, 7)})
def pooling(w, x):
    a = (x + w["w"])[None, None]
    big, small, grid = F.max_pool2d(a, 2), F.avg_pool2d(a, 2), F.adaptive_avg_pool2d(a, 3)
    wide, top = F.avg_pool2d(a, 3, 2), F.max_pool2d(a, 3, 2)
    loss = torch.sin(big).sum() + torch.cos(small).sum() + torch.tanh(wide).sum() + (top**2).sum() / 2
    return {"loss.L": loss + a.mean()**2 + torch.exp(grid / 2).sum(), "out.big": big[0, 0], "out.small": small[0, 0],
            "out.grid": grid[0, 0]}


@twin("two_sizes", {"small": real(5, 4), "large": real(7, 6), "ts": classes(3), "tl": classes(3)},
      {"K": (4, 3, 3), "b": (4,), "V": (3, 4), "d": (3,)})
def two_sizes(w, small, large, ts, tl):
    def scores(x):
        y = F.conv2d(x[None, None], w["K"][:, None], w["b"])
        return w["V"] @ F.adaptive_avg_pool2d(torch.relu(y), 1).flatten() + w["d"]
    zs, zl = scores(small), scores(large)
    loss = F.cross_entropy(zs, ts) + F.cross_entropy(zl, tl)
    errors = torch.softmax(zs, 0) - F.one_hot(ts, 3), torch.softmax(zl, 0) - F.one_hot(tl, 3)
    return {"loss.L": loss, "out.ps": torch.softmax(zs, 0), "out.pl": torch.softmax(zl, 0),
            "equal": [(d(loss, zs), errors[0]), (d(loss, w["d"]), sum(errors))]}
