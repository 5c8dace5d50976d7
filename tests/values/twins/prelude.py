"""Twins of the prelude_* models: each entry of the prelude beside what PyTorch calls it."""

import torch
from torch.nn import functional as F

from reference import bit, classes, real, twin


def probe(*values):
    """1 times the first and so on; positive terms, each with its own slope."""
    return sum((k + 1) * torch.exp(torch.sin(v)).sum() for k, v in enumerate(values))


# ---- losses --------------------------------------------------------------------------------------------------------

@twin("prelude_margins", {"z0": real(5), "y": classes(5), "a0": real(4), "b0": real(4), "c0": real(4), "bit": bit()},
      {"A": (5, 5), "B": (4, 4), "s": (6,)}, examples=6)
def prelude_margins(w, z0, y, a0, b0, c0, bit):
    z, a, b, c = w["A"] @ z0, w["B"] @ a0, b0 + w["s"][0:4], c0 * w["s"][1:5]
    sign, same = (2 * bit - 1).double(), bit.double()
    p, q = torch.softmax(a, 0), torch.softmax(b, 0)
    normal, bernoulli = torch.distributions.Normal, torch.distributions.Bernoulli
    kl = torch.distributions.kl_divergence

    def crammer(z, margin):
        others = torch.arange(5) != y
        return torch.relu(z[others].max() - z[y] + margin)

    def pair(d, same):
        return torch.where(same > 0, d**2, torch.relu(3 - d)**2) / 2

    row = lambda v: v[None]
    return {
        "loss.binary": F.soft_margin_loss(a[:1], row(sign)) +
        F.hinge_embedding_loss(2 * sign * a[1], -torch.ones(()).double()) / 2
        + torch.relu(1 - sign * a[2])**2 / 3 + torch.relu(-sign * a[3]),
        "loss.best": z.max() - z[y],
        "loss.crammer": crammer(z, 1) + crammer(2 * z, 3),
        "loss.weston": F.multi_margin_loss(row(z), row(y)) + F.multi_margin_loss(row(2 * z), row(y), margin=3),
        "loss.gaussian": kl(normal(a, b.exp()), normal(c, w["s"][5].exp())).sum(),
        "loss.normal01": kl(normal(a, b.exp()), normal(0.0 * a, 0.0 * a + 1)).sum(),
        "loss.discrete": F.kl_div(q.log(), p, reduction="sum"),
        "loss.logits": kl(torch.distributions.Categorical(logits=a), torch.distributions.Categorical(logits=b)),
        "loss.coins": kl(bernoulli(logits=a), bernoulli(logits=b)).sum(),
        "loss.cosine": F.cosine_similarity(a, b, dim=0),
        "loss.embedded": F.cosine_embedding_loss(row(a), row(b), row(sign))
        + F.cosine_embedding_loss(row(a), row(c), row(sign), margin=-0.3),
        "loss.three": F.triplet_margin_loss(a, b, c, eps=0.0) + 2 * F.triplet_margin_loss(a, c, b, margin=4, eps=0.0),
        "loss.pairs": pair((a - b).norm(), same) + pair((a - c).norm(), 1 - same),
    }


# ---- convolution and pooling ---------------------------------------------------------------------------------------

def kernels(**shapes):
    return {f"{name}.{p}": (shape if p == "K" else (bias,)) for name, (shape, bias) in shapes.items() for p in "Kb"}


@twin("prelude_conv", {"x0": real(4, 11), "w0": real(2, 3, 6, 5)},
      {"s": (4, 11), "r": (3, 6, 5),
       **kernels(a=((3, 4, 3), 3), b=((3, 4, 4), 3), c=((6, 2, 3), 6), d=((4, 1, 3), 4), e=((2, 3, 3, 3), 2),
                 f=((3, 3, 2, 2), 3), g=((6, 1, 3, 3), 6), h=((3, 3, 3), 3), i=((3, 2, 2), 3), j=((4, 2, 3), 2),
                 k=((4, 2, 4), 2), l=((3, 2, 3, 3), 2), m=((3, 2, 2, 2), 2))})
def prelude_conv(w, x0, w0):
    x, images = w["s"] * x0, w["r"] * w0
    K = {name[0]: value for name, value in w.items() if name.endswith(".K")}
    B = {name[0]: value for name, value in w.items() if name.endswith(".b")}
    one = lambda f, n, **how: f(x[None], K[n], B[n], **how)[0]
    two = lambda f, n, images=images, **how: f(images, K[n], B[n], **how)
    depth = lambda n, **how: F.conv2d(images, K[n][:, None], B[n], groups=3, **how)
    a, b = one(F.conv1d, "a"), one(F.conv1d, "b", stride=3, padding=2, dilation=2)
    c, d = one(F.conv1d, "c", stride=2, padding=1, groups=2), one(F.conv1d, "d", groups=4)
    e, f = two(F.conv2d, "e", stride=2, padding=1), two(F.conv2d, "f", padding=2, dilation=3)
    g = two(F.conv2d, "g", images[:1], stride=2, padding=2, groups=3)[0]
    h, i = depth("h", stride=2, padding=1), depth("i", dilation=2)
    j = one(F.conv_transpose1d, "j")
    k = one(F.conv_transpose1d, "k", stride=3, padding=2, dilation=2, output_padding=1)
    l = two(F.conv_transpose2d, "l", stride=2, padding=1, output_padding=1)
    m = two(F.conv_transpose2d, "m", images[1:], stride=3, padding=1, dilation=2, output_padding=2)[0]
    return {"loss.one": probe(a, b, c, d), "loss.two": probe(e, f, g), "loss.depth": probe(h, i),
            "loss.back": probe(j, k, l, m), "out.b": b, "out.c": c, "out.e": e, "out.g": g, "out.h": h, "out.k": k,
            "out.l": l, "out.m": m}


@twin("prelude_axes", {"w0": real(3, 6, 8)},
      {"r": (3, 6, 8), **kernels(a=((2, 3, 3, 5), 2), b=((6, 1, 2, 3), 6), c=((3, 1, 4), 3), d=((3, 2, 2, 3), 2))})
def prelude_axes(w, w0):
    image = w["r"] * w0
    layer = lambda f, n, K=None, **how: f(image, w[n + ".K"] if K is None else K, w[n + ".b"], **how)
    a = layer(F.conv2d, "a", stride=(2, 1), padding=(1, 2))
    b = layer(F.conv2d, "b", stride=(1, 2), padding=(0, 1), dilation=(3, 1), groups=3)
    c = layer(F.conv2d, "c", w["c.K"][:, None], stride=(1, 3), padding=(0, 2), dilation=(1, 2), groups=3)
    d = layer(F.conv_transpose2d, "d", stride=(3, 2), padding=(0, 1), dilation=(2, 1), output_padding=(2, 1))
    e, f = F.max_pool2d(image, (2, 3)), F.max_pool2d(image, (3, 2), (1, 3), (1, 0))
    g = F.avg_pool2d(image, (1, 4), (2, 1), (0, 2))
    h, i = F.adaptive_max_pool2d(image, (4, 3)), F.adaptive_avg_pool2d(image, (1, 5))
    found = dict(a=a, b=b, c=c, d=d, f=f, g=g, i=i)
    return {"loss.kernels": probe(a, b, c, d), "loss.windows": probe(e, f, g, h, i),
            **{"out." + name: value for name, value in found.items()}}


def same(full, n):
    """The n places of the full result that begin at floor((m-1)/2)."""
    for axis, extent in enumerate(n, full.dim() - len(n)):
        full = full.narrow(axis, (full.shape[axis] - extent) // 2, extent)
    return full


@twin("prelude_modes", {"x0": real(7), "w0": real(2, 5, 6)},
      {"s": (7,), "r": (2, 5, 6), "k": real(4), "q": real(3), "K": real(3, 2, 2, 3)})
def prelude_modes(w, x0, w0):
    x, image = w["s"] * x0, w["r"] * w0

    def one(x, k, pad):
        return F.conv1d(x.reshape(-1, 1, x.shape[-1]), k.reshape(1, 1, -1), padding=pad).reshape(*x.shape[:-1], -1)

    def two(K, *pad):
        return F.conv2d(image[None], K, padding=pad)[0]

    k, q, K = w["k"], w["q"], w["K"]
    k_, q_, K_ = k.flip(0), q.flip(0), K.flip(2, 3)
    a, b, c, d = one(x, k_, 3), same(one(x, k_, 3), [7]), same(one(x, q_, 2), [7]), one(x, k_, 0)
    e, f, g = one(x, k, 3), same(one(x, k, 3), [7]), one(x, q, 0)
    h, i, j = two(K_, 1, 2), same(two(K_, 1, 2), [5, 6]), two(K_, 0, 0)
    l, m, n = two(K, 1, 2), same(two(K, 1, 2), [5, 6]), two(K, 0, 0)
    o = same(one(image, q_, 2), [6])
    found = dict(a=a, b=b, c=c, d=d, e=e, f=f, g=g, h=h, i=i, j=j, l=l, m=m, n=n, o=o)
    return {"loss.one": probe(a, b, c, d), "loss.two": probe(e, f, g, o), "loss.three": probe(h, i, j),
            "loss.four": probe(l, m, n), **{"out." + name: value for name, value in found.items()}}


@twin("prelude_pool", {"x0": real(2, 11), "w0": real(2, 7, 8)}, {"s": real(2, 11), "r": real(2, 7, 8)})
def prelude_pool(w, x0, w0):
    x, image = w["s"] * x0, w["r"] * w0
    a, b = F.max_pool1d(x, 3), F.max_pool1d(x, 4, 2, 2)
    c, d = F.avg_pool1d(x, 3), F.avg_pool1d(x, 4, 3, 2)
    e, f = F.max_pool2d(image, 2), F.max_pool2d(image, 3, 2, 1)
    g, h = F.avg_pool2d(image, 2), F.avg_pool2d(image, 3, 2, 1)
    i, j = image.amax((1, 2)), image.mean((1, 2))
    k, l = F.adaptive_max_pool1d(x, 4), F.adaptive_avg_pool1d(x, 4)
    m, n = F.adaptive_max_pool2d(image, 3), F.adaptive_avg_pool2d(image, 3)
    o, p, q = F.adaptive_avg_pool1d(x, 11), F.adaptive_max_pool1d(x, 13), F.adaptive_avg_pool2d(image, 1)
    found = dict(a=a, b=b, c=c, d=d, e=e, f=f, g=g, h=h, i=i, j=j, k=k, l=l, m=m, n=n, o=o, p=p, q=q)
    return {"loss.one": probe(a, b, c, d), "loss.two": probe(e, f, g, h), "loss.global": probe(i, j),
            "loss.line": probe(k, l, o, p), "loss.grid": probe(m, n, q),
            **{"out." + name: value for name, value in found.items()}}


# ---- layers --------------------------------------------------------------------------------------------------------

def highway(w, name, x, f):
    t = torch.sigmoid(F.linear(x, w[name + ".V"], w[name + ".c"]))
    return f(F.linear(x, w[name + ".W"], w[name + ".b"])) * t + x * (1 - t)


def norms(**shapes):
    return {f"{name}.{p}": shape for name, shape in shapes.items() for p in "gb"}


@twin("prelude_layers",
      {"x0": real(3, 6), "v0": real(4), "w": classes(5), "ws": classes(5, 3), "m0": real(4, 2, 3)},
      {"s": (3, 6), "t": real(4), "u": real(4, 2, 3), "a.W": (4, 6), "a.b": (4,),
       "b.h.0.W": (5, 6), "b.h.0.b": (5,), "b.h.1.W": (4, 5), "b.h.1.b": (4,), "b.h.2.W": (2, 4), "b.h.2.b": (2,),
       "c.W": (3, 6, 4), "c.b": (3,), "d.E": (5, 3), "e.E": (5, 3), "f.W": (6, 6), "f.b": (6,),
       **{f"{n}.{p}": ((6, 6) if p in "WV" else (6,)) for n in "gh" for p in "WbVc"},
       **norms(i=(6,), j=(6,), l=(4,), n=(4,), o=(4,)), "k.g": (6,)})
def prelude_layers(w, x0, v0, word, words, m0):
    x, v, m = w["s"] * x0, w["t"] * v0, w["u"] * m0
    linear = lambda n, x: F.linear(x, w[n + ".W"], w[n + ".b"])
    group = lambda n, count, eps: F.group_norm(m[None], count, w[n + ".g"], w[n + ".b"], eps)[0]
    a, b = linear("a", x), x
    for l in range(3):
        b = linear(f"b.h.{l}", torch.tanh(b) if l else b)
    c = F.bilinear(x, v.expand(3, 4), w["c.W"], w["c.b"])
    d, e = F.embedding(word, w["d.E"]), F.embedding(words, w["e.E"])
    f, g, h = x + linear("f", x), highway(w, "g", x, torch.relu), highway(w, "h", x, torch.tanh)
    i = F.layer_norm(x, (6,), w["i.g"], w["i.b"], 1e-5)
    j = F.layer_norm(x, (6,), w["j.g"], w["j.b"], 0.1)
    k = F.rms_norm(x, (6,), w["k.g"], 1e-5)
    l, n, o = group("l", 2, 1e-5), group("n", 4, 0.1), group("o", 1, 1e-5)
    found = dict(a=a, b=b, c=c, e=e, f=f, g=g, h=h, i=i, k=k, l=l, n=n)
    return {"loss.plain": probe(a, b, c), "loss.words": probe(d, e), "loss.past": probe(f, g, h),
            "loss.norms": probe(i, j, k, l, n, o), **{"out." + name: value for name, value in found.items()}}


def rope(x, base=10000, heads=1, halves=False):
    """Each pair as a complex number, which is multiplied by one of length 1."""
    T, d = x.shape
    v = x.reshape(T, heads, 2, -1).transpose(2, 3) if halves else x.reshape(T, heads, -1, 2)
    angle = torch.arange(T)[:, None] * base ** (-torch.arange(v.shape[2]).double() / v.shape[2])
    turned = torch.view_as_complex(v.contiguous()) * torch.polar(torch.ones_like(angle), angle)[:, None]
    v = torch.view_as_real(turned)
    return (v.transpose(2, 3) if halves else v).reshape(T, d)


@twin("prelude_arrays", {"x0": real(5, 8), "w0": real(3, 4)},
      {"s": (5, 8), "r": (3, 4), "k.W": (3, 8), "k.b": (3,), "k.V": (3, 8), "k.c": (3,),
       "l.W": (2, 4), "l.b": (2,), "l.V": (2, 4), "l.c": (2,)})
def prelude_arrays(w, x0, w0):
    x, v = w["s"] * x0, w["r"] * w0
    gated = lambda n, x: F.silu(F.linear(x, w[n + ".W"], w[n + ".b"])) * F.linear(x, w[n + ".V"], w[n + ".c"])
    a, b = x.var(correction=0), torch.stack([x.var(), x.std(correction=0), x.std()])
    c, d = x.var(1, correction=0), (x - 2 * x[:, :1]).std(0, correction=0)
    e, f = x.cumsum(1), v.cumsum(0)
    g, h, i, j = rope(x), rope(x, 100, 2), rope(x, halves=True), rope(x, 50, 2, True)
    k, l, m, n = gated("k", x), gated("l", v[0]), torch.diag(v[1]), torch.diagonal(v)
    o = torch.trace(v @ v.T) * torch.eye(3).double() + v @ m @ v.T
    found = dict(b=b, c=c, d=d, e=e, f=f, h=h, i=i, k=k, o=o)
    return {"loss.spread": probe(a, b, c, d), "loss.sums": probe(e, f, m, n, o), "loss.turned": probe(g, h, i, j),
            "loss.gated": probe(k, l), **{"out." + name: value for name, value in found.items()}}


# ---- attention -----------------------------------------------------------------------------------------------------

def attention(w, name, x, heads, to=None, mask=None, causal=False):
    to = x if to is None else to
    cut = lambda v: v.reshape(v.shape[0], heads, -1).transpose(0, 1)
    q, k, v = (cut(of @ w[f"{name}.W{letter}"]) for of, letter in ((x, "q"), (to, "k"), (to, "v")))
    y = F.scaled_dot_product_attention(q[None], k[None], v[None], attn_mask=mask, is_causal=causal)[0]
    return y.transpose(0, 1).reshape(x.shape[0], -1) @ w[name + ".Wo"]


def block(w, name, x, heads, f, causal=False):
    norm = lambda n, x: F.layer_norm(x, (4,), w[f"{name}.{n}.g"], w[f"{name}.{n}.b"], 1e-5)
    linear = lambda n, x: F.linear(x, w[f"{name}.{n}.W"], w[f"{name}.{n}.b"])
    y = x + attention(w, name + ".att", norm("n1", x), heads, causal=causal)
    return y + linear("down", f(linear("up", norm("n2", y))))


def of_block(name, hidden):
    return {**{f"{name}.att.W{p}": (4, 4) for p in "qkvo"}, f"{name}.up.W": (hidden, 4), f"{name}.up.b": (hidden,),
            f"{name}.down.W": (4, hidden), f"{name}.down.b": (4,), **norms(**{name + ".n1": (4,), name + ".n2": (4,)})}


@twin("prelude_attention", {"x0": real(2, 3, 4), "c0": real(5, 6)},
      {"s": real(2, 3, 4), "r": real(5, 6), **{f"{n}.W{p}": (4, 4) for n in "abde" for p in "qkvo"},
       "f.Wq": (4, 4), "f.Wk": (6, 4), "f.Wv": (6, 4), "f.Wo": (4, 4)})
def prelude_attention(w, x0, c0):
    x, c = w["s"] * x0, w["r"] * c0
    see = torch.tensor([[1, 0, 1], [1, 1, 0], [0, 1, 1]]).bool()
    each = lambda f: torch.stack([f(sequence) for sequence in x])
    a, b = each(lambda x: attention(w, "a", x, 1)), each(lambda x: attention(w, "b", x, 2))
    d, e = attention(w, "d", x[0], 4, causal=True), each(lambda x: attention(w, "e", x, 2, mask=see))
    f = attention(w, "f", x[1], 2, to=c)
    return {"loss.own": probe(a, b, d, e), "loss.other": probe(f), "out.b": b, "out.d": d, "out.e": e, "out.f": f}


@twin("prelude_transformer", {"x0": real(2, 3, 4)}, {"s": real(2, 3, 4), **of_block("g", 16), **of_block("h", 8)})
def prelude_transformer(w, x0):
    x = w["s"] * x0
    g = torch.stack([block(w, "g", sequence, 2, F.gelu) for sequence in x])
    h = block(w, "h", x[1], 2, torch.relu, causal=True)
    return {"loss.blocks": probe(g, h), "out.g": g, "out.h": h}


# ---- across the batch ----------------------------------------------------------------------------------------------

@twin("prelude_batch", {"x0": real(3), "w0": real(2, 3, 2), "u0": real(4), "v0": real(4)},
      {"s": real(3, 3), "r": real(2, 3, 2), "A": (3, 4), **norms(a=(3,), b=(2,))},
      {"a.m": [0.25, 0.5, -0.25], "a.v": [1.5, 0.5, 1.0], "b.m": [0.5, -0.5], "b.v": [0.75, 1.25]}, examples=5,
      across=True)
def prelude_batch(w, x0, w0, u0, v0):
    x, images, u, v = x0 @ w["s"].T, w["r"] * w0, u0 @ w["A"].T, v0 @ w["A"].T

    def norm(name, x, training):
        kept = [w[name + ".m"].clone(), w[name + ".v"].clone()]
        return F.batch_norm(x, *kept, w[name + ".g"], w[name + ".b"], training=training), kept

    def nce(temperature):
        return F.cross_entropy(u @ v.T / temperature, torch.arange(5))

    (a, (am, av)), (b, (bm, bv)) = norm("a", x, True), norm("b", images, True)
    return {"loss.L": probe(a, b) / 5 + 3 * nce(0.1) + 4 * nce(2),
            "out.a": norm("a", x, False)[0], "out.b": norm("b", images, False)[0],
            "next.a.m": am, "next.a.v": av, "next.b.m": bm, "next.b.v": bv}
