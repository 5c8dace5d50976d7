"""Twins of the models with scan."""

import torch
from torch.nn import functional as F

from reference import classes, real, twin, whole


@twin("rnn_tanh", {"w": classes(7, 9)},
      {"E": (7, 16), "Wx": (24, 16), "Wh": (24, 24), "b": (24,), "start": (24,), "o.W": (7, 24), "o.b": (7,)})
def rnn_tanh(p, w):
    h, losses = p["start"], []
    for t in range(8):
        h = torch.tanh(p["Wx"] @ p["E"][w[t]] + p["Wh"] @ h + p["b"])
        losses.append(F.cross_entropy(p["o.W"] @ h + p["o.b"], w[t + 1]))
    return {"loss.L": sum(losses) / 8, "out.last": h}


def lstm(x, w, b, m):
    h = c = torch.zeros(m, dtype=x.dtype)
    out = []
    for row in x:
        i, f, o, g = (w @ torch.cat([row, h]) + b).chunk(4)
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        h = torch.sigmoid(o) * torch.tanh(c)
        out.append(h)
    return torch.stack(out)


@twin("lstm_twice", {"x": real(6, 5), "y": real(4)},
      {"a.W": (32, 13), "a.b": (32,), "c.W": (16, 12), "c.b": (16,),
       "d.W": (12, 5), "d.U": (12, 4), "d.b": (12,), "d.bn": (4,)})
def lstm_twice(p, x, y):
    a = lstm(x, p["a.W"], p["a.b"], 8)
    c = lstm(a.flip(0), p["c.W"], p["c.b"], 4)
    h, out = c[-1], []
    for row in x:
        inner = torch.cat([torch.zeros(8, dtype=x.dtype), p["d.bn"]])
        r, z, n = (p["d.W"] @ row + p["d.b"]).chunk(3)
        hr, hz, hn = (p["d.U"] @ h + inner).chunk(3)
        r, z = torch.sigmoid(r + hr), torch.sigmoid(z + hz)
        h = (1 - z) * torch.tanh(n + r * hn) + z * h
        out.append(h)
    return {"loss.L": F.mse_loss(h, y) + (c**2).mean(), "out.states": torch.stack(out)}


@twin("scan_inside", {"x": real(4, 3), "w": classes(3, 4)}, {"E": (3, 2), "U": (2, 2), "h0": (2,), "q": ()})
def scan_inside(p, x, w):
    h, s, k, hs, ss, ks = p["h0"], torch.zeros((), dtype=x.dtype), 1, [], [], []
    for t in range(4):
        h = torch.tanh(p["E"][w[t]] + p["E"][k] * 0.5 + p["U"] @ h * x[t, 0])
        k = (k + int(w[t])) % 3
        z, zs = s, []
        for u in range(3):
            z = torch.sin(z + x[t, u] * p["q"]) + 0.3 * h.sum() * z
            zs.append(z)
        s = z + s**2 / 4 + sum(zs) / 3
        hs.append(h), ss.append(s), ks.append(k)
    g, = torch.autograd.grad(s, x, create_graph=True)
    loss = s + (torch.stack(hs)**2).sum() + sum(ss) + (g**2).sum() / 10
    return {"loss.L": loss, "out.classes": torch.tensor(ks)}


@twin("ragged", {"T": whole(1, 6), "S": whole(1, 5), "x": real(6, 3, scale=0.5), "hs": real(5, 2, scale=0.5),
                 "y": real(2), "w": classes(4, 6)},
      {"E": (4, 3), "h.W": (4, 3), "h.U": (4, 4), "g.W": (4, 3), "g.U": (4, 4), "v.W": (2, 4), "v.b": (2,)})
def ragged(p, T, S, x, hs, y, w):
    """What stands beyond the ends is cut off first."""
    n, m = int(T), int(S)
    e = (x + p["E"][w])[:n]

    def rnn(rows, name):
        h, out = torch.zeros(4, dtype=x.dtype), []
        for row in rows:
            h = torch.tanh(p[name + ".W"] @ row + p[name + ".U"] @ h)
            out.append(h)
        return torch.stack(out)
    h, g = rnn(e, "h"), rnn(e.flip(0), "g")
    v = p["v.W"] @ (h[-1] + g[-1]) + p["v.b"]
    a = torch.softmax(hs[:m] @ v, 0)
    z = torch.cat([x[1:n, 0], torch.zeros(1, dtype=x.dtype)]) * x[:n, 1]
    loss = (((a @ hs[:m] - y)**2).sum() + h.mean()**2 + torch.logsumexp(h[:, 1], 0) + h[:, 2].max()
            + (g.flip(0)[:, 0] * h[:, 3]).sum() + z.sum() + h.norm())
    return {"loss.L": loss, "out.states": F.pad(h, (0, 0, 0, 6 - n)), "out.attention": F.pad(a, (0, 5 - m))}


@twin("images_sized", {"H": whole(2, 8), "W": whole(2, 7), "x": real(1, 8, 7), "y": classes(3)},
      {"a.K": (4, 1, 3, 3), "a.b": (4,), "b.K": (3, 4, 3, 3), "b.b": (3,), "z.W": (3, 3), "z.b": (3,)})
def images_sized(w, H, W, x, y):
    a = torch.relu(F.conv2d(x[None, :, :int(H), :int(W)], w["a.K"], w["a.b"], padding=1))
    b = torch.relu(F.conv2d(a, w["b.K"], w["b.b"], padding=1))
    z = w["z.W"] @ b.mean((2, 3))[0] + w["z.b"]
    return {"loss.L": F.cross_entropy(z, y) + F.max_pool2d(a, 2).sum() / 100}


def set_attention_weights():
    names = {"Q": (2, 4), "s.g": (4,), "z.W": (1, 4), "z.b": (1,), "b.up.W": (16, 4), "b.up.b": (16,),
             "b.down.W": (4, 16), "b.down.b": (4,)}
    names.update({f"b.{n}.{p}": (4,) for n in ("n1", "n2") for p in "gb"})
    names.update({f"{layer}.W{w}": (4, 4) for layer in ("h", "g", "b.att") for w in "qkvo"})
    return names


@twin("set_attention", {"T": whole(1, 6), "x": real(6, 4), "y": real()}, set_attention_weights(), examples=4)
def set_attention(w, T, x, y):
    x = x[:int(T)]

    def look(name, at, c, heads, causal=False):
        q, k, v = ((a @ w[f"{name}.W{n}"]).view(-1, heads, 4 // heads).transpose(0, 1) for a,
                   n in ((at, "q"), (c, "k"), (c, "v")))
        return F.scaled_dot_product_attention(q, k, v, is_causal=causal).transpose(0, 1).reshape(-1, 4) @ w[
            name + ".Wo"]
    h = look("h", w["Q"], x, 2)
    g = look("g", x, h, 2)
    n = F.layer_norm(g, (4,), w["b.n1.g"], w["b.n1.b"])
    a = g + look("b.att", n, n, 1, causal=True)
    n = F.layer_norm(a, (4,), w["b.n2.g"], w["b.n2.b"])
    b = a + F.gelu(n @ w["b.up.W"].T + w["b.up.b"]) @ w["b.down.W"].T + w["b.down.b"]
    s = F.rms_norm(F.gelu(b, approximate="tanh").sum(0), (4,), w["s.g"], 1e-5)
    z = (w["z.W"] @ s + w["z.b"])[0] + g[:, 0].max()
    return {"loss.L": F.huber_loss(z, y), "out.z": z, "out.h": h,
            "equal": [(torch.autograd.grad(F.huber_loss(z, y), z, retain_graph=True)[0], (z - y).clamp(-1, 1))]}
