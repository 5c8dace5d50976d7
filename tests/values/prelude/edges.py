#!/usr/bin/env python3
"""Writes edges.nn and edges.txt: activations and losses of the prelude where naive formulas fail, to 50 digits
and more (of which 18 are kept).

In:   the formulas below, for mpmath.
Out:  edges.nn, a model with an output for each value and each derivative, of the inputs a, b, c;
      edges.txt: for each entry `case NAME COUNT`, then rows `a b c value d/da d/db ...` at all combinations of its
      points. Where terms of a sum cancel, `value/size` gives the largest of them: it is what the value is exact to a
      millionth of.

Points are what single precision holds: 1e-8 means the float nearest to it. Derivatives are difference quotients at 120
digits, but where a kink lies on a point: there they are what the language promises.
"""

import itertools
import pathlib
import struct

from mpmath import (mp, mpf, exp, log, tanh, sqrt, erf, erfc, pi, fabs, sign, loggamma, digamma, log1p, asin, acos,
                    sinh, cosh, asinh, acosh, atanh)

mp.dps = 120
HERE = pathlib.Path(__file__).resolve().parent


def single(x):
    return mpf(struct.unpack("f", struct.pack("f", x))[0])


REAL = [single(x) for x in (-1e4, -88, -1e-8, 0, 1e-8, 88, 1e4)]
MORE = REAL + [single(x) for x in (-20, -3, -0.5, 0.5, 3, 20)]
SMALL = [single(x) for x in (-88, -1e-8, 0, 1e-8, 88)]
LESS = [single(x) for x in (-88, 0, 88, 1e4)]
LAST = [single(x) for x in (-1e4, 0, 1e-8, 88)]
SIGNS = [mpf(-1), mpf(1)]
BITS = [mpf(0), mpf(1)]
UNIT = [single(x) for x in (0, 1e-8, 0.25, 1 - 2**-24, 1)]       # probabilities
INSIDE = [single(x) for x in (1e-30, 1e-8, 0.25, 1 - 2**-24)]
TAIL = [single(x) for x in (-5.5, -4, -3.5, -2.5, -2, -1, 1, 2, 4)]
FEW = [single(x) for x in (-1e4, -1e-8, 0, 3, 1e4)]
BASES = [single(x) for x in (0, 1e-8, 0.5, 2, 88)]
EXPONENTS = [mpf(x) for x in (0, 0.5, 1, 1.5, 2, 3)]
POSITIVE = [single(x) for x in (1e-8, 0.5, 88, 1e4)]

FAR = MORE + [single(x) for x in (-3e38, -1e30, -1, 1, 1e20, 3e38)]

ARCS = [single(x) for x in (-1, 2**-24 - 1, -0.7, -0.5, -1e-8, 0, 1e-8, 0.3, 0.5, 0.51, 0.9, 0.9999, 1 - 2**-24, 1)]

TINY = mpf(10)**-22                                               # a float below 1e-38 may be 0, and 10,000 times it

sigmoid = lambda x: 1 / (1 + exp(-x))
softplus = lambda x: x + log1p(exp(-x)) if x > 0 else log1p(exp(x))
step = lambda x: mpf(x > 0)
times = lambda a, b: a * b() if a else mpf(0)                     # 0 where a is 0
at_base = lambda a, f: f() if a else mpf(0)


def elu(x, alpha=1):
    return x if x > 0 else alpha * (exp(x) - 1)


SELU = (mpf("1.0507009873554805"), mpf("1.6732632423543772"))
logsumexp = lambda *z: max(z) + log(sum(exp(x - max(z)) for x in z))
softmax = lambda k, *z: exp(z[k] - logsumexp(*z))


def huber(r, delta=1):
    return r**2 / 2 if fabs(r) <= delta else delta * (fabs(r) - mpf(delta) / 2)


def bce(p, t):
    return -times(t, lambda: log(p)) - times(1 - t, lambda: log(1 - p))


# ---- the entries: name, expression, points of a, b, c, value, derivatives given by hand (None: a difference quotient)
# ------

ENTRIES = [
    ("relu", "relu(a)", [REAL], lambda a: max(a, 0), [step]),
    ("leaky_relu", "leaky_relu(a)", [REAL], lambda a: a if a > 0 else a / 100,
     [lambda a: mpf(1) if a > 0 else mpf(1) / 100]),
    ("elu", "elu(a)", [REAL], elu, None),
    ("elu_half", "elu(a, 0.5)", [REAL], lambda a: elu(a, mpf(0.5)), [lambda a: mpf(1) if a > 0 else exp(a) / 2]),
    ("selu", "selu(a)", [REAL], lambda a: SELU[0] * elu(a, SELU[1]),
     [lambda a: SELU[0] * (1 if a > 0 else SELU[1] * exp(a))]),
    ("gelu", "gelu(a)", [MORE + TAIL], lambda a: a * (1 + erf(a / sqrt(2))) / 2, None),
    ("gelu_tanh", "gelu_tanh(a)", [MORE + TAIL], lambda a: a *
     (1 + tanh(sqrt(2 / pi) * (a + mpf("0.044715") * a**3))) / 2, None),
    ("silu", "silu(a)", [REAL], lambda a: a * sigmoid(a), None),
    ("mish", "mish(a)", [REAL], lambda a: a * tanh(softplus(a)), None),
    ("hardtanh", "hardtanh(a)", [REAL], lambda a: max(mpf(-1), min(mpf(1), a)), None),
    ("softsign", "softsign(a)", [REAL], lambda a: a / (1 + fabs(a)), [lambda a: 1 / (1 + fabs(a))**2]),
    ("atanh", "atanh(a)", [ARCS[1:-1]], atanh, [lambda a: 1 / (1 - a**2)]),
    ("sigmoid", "sigmoid(a)", [MORE], sigmoid, None),
    ("tanh", "tanh(a)", [REAL], tanh, None),
    ("asin", "asin(a)", [ARCS], asin, [lambda a: 1 / sqrt(1 - a**2) if fabs(a) < 1 else None]),
    ("acos", "acos(a)", [ARCS], acos, [lambda a: -1 / sqrt(1 - a**2) if fabs(a) < 1 else None]),
    ("sinh", "sinh(a)", [MORE + [single(-89.4), single(89.4)]], sinh, None),
    ("cosh", "cosh(a)", [MORE + [single(-89.4), single(89.4)]], cosh, None),
    ("asinh", "asinh(a)", [FAR], asinh, None),
    ("asinh_twice", "grad(asinh(a), a)", [MORE], lambda a: 1 / sqrt(1 + a**2), None),
    ("acosh", "acosh(a)", [[single(x) for x in (1, 1 + 2**-23, 1.0001, 1.5, 3, 88, 1e4, 1e20, 3e38)]], acosh,
     [lambda a: 1 / sqrt(a**2 - 1) if a > 1 else None]),
    ("softplus", "softplus(a)", [REAL], softplus, None),
    ("softmax", "softmax(stack(a, b, c))[0]", [REAL, LESS, LAST], lambda *z: softmax(0, *z), None),
    ("log_softmax", "log_softmax(stack(a, b, c))[0]", [REAL, LESS, LAST], lambda *z: z[0] - logsumexp(*z), None),
    ("mse", "mse(stack(a, 0), stack(b, 0))", [REAL, REAL], lambda a, b: (a - b)**2 / 2, None),
    ("mae", "mae(stack(a, 0), stack(b, 0))", [REAL, REAL], lambda a, b: fabs(a - b) / 2,
     [lambda a, b: sign(a - b) / 2, lambda a, b: sign(b - a) / 2]),
    ("huber", "huber(stack(a, 0), stack(b, 0))", [REAL, REAL], lambda a, b: huber(a - b) / 2, None),
    ("cross_entropy", "cross_entropy(stack(a, b, c), 1)", [REAL, LESS, LAST], lambda *z: logsumexp(*z) - z[1], None),
    ("cross_entropy_onehot", "cross_entropy_onehot(stack(a, b), [0, 1])", [REAL, REAL],
     lambda *z: logsumexp(*z) - z[1], None),
    ("cross_entropy_smooth", "cross_entropy_smooth(stack(a, b), 0, 0.25)", [REAL, REAL],
     lambda a, b: logsumexp(a, b) - mpf(7) / 8 * a - mpf(1) / 8 * b, None),
    ("nll", "nll(stack(a, b), 1)", [REAL, REAL], lambda a, b: -b, [None, lambda a, b: mpf(-1)]),
    ("bce", "bce(a, b)", [UNIT, [mpf(0), mpf(0.25), mpf(1)]], bce,
     [lambda p, t: times(1 - t, lambda: 1 / (1 - p)) - times(t, lambda: 1 / p), lambda p, t: log(1 - p) - log(p)]),
    ("bce_logits", "bce_logits(a, b)", [REAL, [mpf(0), mpf(0.25), mpf(1)]], lambda a, t: softplus(a) - t * a,
     [lambda a, t: sigmoid(a) - t, lambda a, t: -a]),
    ("bce_between", "bce_logits(a, b)", [MORE, [mpf(0), mpf(0.25), mpf(1)]], lambda a, t: softplus(a) - t * a,
     [lambda a, t: sigmoid(a) - t, lambda a, t: -a]),
    ("hinge", "hinge(a, b)", [REAL, SIGNS], lambda s, y: max(mpf(0), 1 - y * s), None),
    ("squared_hinge", "squared_hinge(a, b)", [REAL, SIGNS], lambda s, y: max(mpf(0), 1 - y * s)**2, None),
    ("perceptron_loss", "perceptron_loss(a, b)", [REAL, SIGNS], lambda s, y: max(mpf(0), -y * s),
     [lambda s, y: -y * step(-y * s), lambda s, y: -s * step(-y * s)]),
    ("logistic_loss", "logistic_loss(a, b)", [MORE, SIGNS], lambda s, y: softplus(-y * s), None),
    ("multiclass_hinge", "multiclass_hinge(stack(a, b, c), 1)", [SMALL, LESS, LAST],
     lambda a, b, c: max(mpf(0), 1 + max(a, c) - b),
     [lambda a, b, c: mpf(1 + max(a, c) - b > 0 and a >= c), lambda a, b, c: -mpf(1 + max(a, c) - b > 0),
      lambda a, b, c: mpf(1 + max(a, c) - b > 0 and c > a)]),
    ("multiclass_hinge_sum", "multiclass_hinge_sum(stack(a, b, c), 1)", [SMALL, LESS, LAST],
     lambda a, b, c: (max(mpf(0), 1 + a - b) + max(mpf(0), 1 + c - b)) / 3, None),
    ("multiclass_perceptron", "multiclass_perceptron(stack(a, b, c), 1)", [SMALL, LESS, LAST],
     lambda a, b, c: max(a, b, c) - b,
     [lambda a, b, c: mpf(a >= b and a >= c), lambda a, b, c: mpf(b > a and b >= c) - 1,
      lambda a, b, c: mpf(c > a and c > b)]),
    ("gaussian_nll", "gaussian_nll(a, b, c)", [REAL, REAL, [mpf(0.5), mpf(88), mpf(10000)]],
     lambda t, m, s: log(s) + (t - m)**2 / (2 * s**2) + log(2 * pi) / 2, None,
     [None, None, None, lambda t, m, s: 1 / s]),
    ("laplace_nll", "laplace_nll(a, b, c)", [REAL, REAL, POSITIVE], lambda t, m, s: log(2 * s) + fabs(t - m) / s,
     [lambda t, m, s: sign(t - m) / s, lambda t, m, s: sign(m - t) / s, lambda t, m, s: 1 / s - fabs(t - m) / s**2],
     [None, None, None, lambda t, m, s: 1 / s]),
    ("poisson_nll", "poisson_nll(a, b)", [[mpf(0), mpf(1), mpf(88)], REAL],
     lambda n, r: exp(r) - n * r + loggamma(n + 1), [lambda n, r: digamma(n + 1) - r, lambda n, r: exp(r) - n],
     [None, None, lambda n, r: n]),
    ("gaussian_kl", "gaussian_kl(a, b)", [REAL, POSITIVE + [mpf(1)]], lambda m, s: (m**2 + s**2 - 1) / 2 - log(s),
     None),
    ("gaussian_kl_between", "gaussian_kl_between(a, b, 0.5, c)", [REAL, POSITIVE, POSITIVE],
     lambda m, s, q: ((s**2 + (m - mpf(0.5))**2) / q**2 - 1) / 2 + log(q) - log(s), None,
     [None, None, lambda m, s, q: 1 / s, lambda m, s, q: 1 / q]),
    ("categorical_kl", "categorical_kl(stack(a, 0, 0.25), stack(b, 0, c))", [UNIT, INSIDE, INSIDE],
     lambda p, q, r: times(p, lambda: log(p / q)) + log(1 / (4 * r)) / 4,
     [None, lambda p, q, r: -p / q, lambda p, q, r: -1 / (4 * r)], [lambda p, q, r: 1]),
    ("categorical_kl_logits", "categorical_kl_logits(stack(a, b), stack(c, 0))", [REAL, LESS, LAST],
     lambda a, b, c: softmax(0, a, b) * (a - c - logsumexp(a, b) + logsumexp(c, 0)) + softmax(1, a, b) *
     (b - logsumexp(a, b) + logsumexp(c, 0)), None, [lambda a, b, c: 1 + fabs(a - b) / 2 + fabs(c) / 2] + 2 *
     [lambda a, b, c: softmax(0, a, b) * softmax(1, a, b) * (1 + fabs(a - b) + fabs(c)) + TINY]
     + [lambda a, b, c: 1]),
    ("bernoulli_kl", "bernoulli_kl(a, b)", [UNIT, INSIDE],
     lambda p, q: times(p, lambda: log(p / q)) + times(1 - p, lambda: log((1 - p) / (1 - q))),
     [None, lambda p, q: (1 - p) / (1 - q) - p / q], [None, None, lambda p, q: (1 - p) / (1 - q) + p / q]),
    ("cosine_similarity", "cosine_similarity(stack(a, 1), stack(b, c))", [REAL, [mpf(88), mpf(10000)], REAL],
     lambda a, b, c: (a * b + c) / sqrt(a**2 + 1) / sqrt(b**2 + c**2), None,
     [None, lambda a, b, c: 1 / sqrt(a**2 + 1)] + 2 * [lambda a, b, c: 1 / sqrt(b**2 + c**2)]),
    ("cosine_embedding", "cosine_embedding(stack(a, 1), stack(1, b), c)", [REAL, REAL, SIGNS],
     lambda a, b, y: 1 - (a + b) / sqrt(a**2 + 1) / sqrt(b**2 + 1) if y > 0
     else max(mpf(0), (a + b) / sqrt(a**2 + 1) / sqrt(b**2 + 1)), None,
     [lambda a, b, y: 1, lambda a, b, y: 1 / sqrt(a**2 + 1), lambda a, b, y: 1 / sqrt(b**2 + 1)]),
    ("triplet", "triplet(stack(a, 0), stack(b, 0), stack(c, 0))", [SMALL, LESS, LAST],
     lambda a, p, n: max(mpf(0), fabs(a - p) - fabs(a - n) + 1), None),
    ("contrastive", "contrastive(stack(a, 0), stack(b, 0), c)", [REAL, REAL, BITS],
     lambda a, b, same: ((a - b)**2 if same else max(mpf(0), 1 - fabs(a - b))**2) / 2, None),

    # Powers of 0, by the base and by the exponent, and the second derivatives: 0 where a limit for positive exponents
    # is, as in PyTorch.
    ("power", "a^b", [BASES, EXPONENTS], lambda a, b: a**b,
     [lambda a, b: times(b, lambda: a**(b - 1)), lambda a, b: at_base(a, lambda: a**b * log(a))]),
    ("power_by_base", "grad(a^b, a)", [BASES, EXPONENTS], lambda a, b: times(b, lambda: a**(b - 1)),
     [lambda a, b: times(b * (b - 1), lambda: a**(b - 2)),
      lambda a, b: a**(b - 1) * (1 + b * log(a)) if a else mpf(1) if b == 1 else mpf(0) if b > 1 else None],
     [None, None, lambda a, b: at_base(a, lambda: a**(b - 1) * (1 + fabs(b * log(a))))]),
    ("power_by_exponent", "grad(a^b, b)", [BASES, EXPONENTS], lambda a, b: at_base(a, lambda: a**b * log(a)),
     [lambda a, b: at_base(a, lambda: a**(b - 1) * (1 + b * log(a))),
      lambda a, b: at_base(a, lambda: a**b * log(a)**2)],
     [None, lambda a, b: at_base(a, lambda: a**(b - 1) * (1 + fabs(b * log(a)))), None]),
    ("power_below_one", "where(a > 0, a^b, a)", [[mpf(-3), mpf(0), mpf(2)], EXPONENTS],
     lambda a, b: a**b if a > 0 else a, [lambda a, b: b * a**(b - 1) if a > 0 else mpf(1),
                                         lambda a, b: a**b * log(a) if a > 0 else mpf(0)]),
    ("root_where", "where(a > 0, sqrt(a), a)", [REAL], lambda a: sqrt(a) if a > 0 else a,
     [lambda a: 1 / (2 * sqrt(a)) if a > 0 else mpf(1)]),

    # What the rules of the prelude are for: naive formulas as in a book, of which each uses a rule.
    # tests/values/edges.sh sees to it that no rule is without.
    ("log_exp", "log(exp(a))", [MORE], lambda a: a, None),
    ("log_sum_exp", "log(sum(exp(stack(a, b, c))))", [REAL, LESS, LAST], lambda *z: logsumexp(*z), None),
    ("exp_over_sum", "exp(a) / sum(exp(stack(a, b, c)))", [REAL, LESS, LAST], lambda *z: softmax(0, *z), None),
    ("over_sum", "a / sum(exp(stack(b, c)))", [SMALL, [single(x) for x in (-3, 0, 88)],
                                               [single(x) for x in (-88, 0, 1e-8, 20)]],
     lambda a, b, c: a / (exp(b) + exp(c)), None),
    ("log_one_exp", "log(1 + exp(a))", [MORE], softplus, None),
    ("log_exp_one", "log(exp(a) + 1)", [MORE], softplus, None),
    ("log_sigmoid", "log(sigmoid(a))", [MORE], lambda a: -softplus(-a), None),
    ("log_other", "log(1 - sigmoid(a))", [MORE], lambda a: -softplus(a), None),
    ("one_sigmoid", "1 - sigmoid(a)", [MORE], lambda a: sigmoid(-a), None),
    ("one_over", "1 / (1 + exp(a))", [MORE], lambda a: sigmoid(-a), None),
    ("book_sigmoid", "1 / (1 + exp(-a))", [MORE], sigmoid, None),
    ("exp_over", "exp(a) / (1 + exp(a))", [MORE], sigmoid, None),
    ("book_silu", "a / (1 + exp(-a))", [REAL], lambda a: a * sigmoid(a), None),
    ("a_over", "a / (1 + exp(b))", [REAL, MORE], lambda a, b: a * sigmoid(-b), None),
    ("tanh_of_half", "(1 - exp(a)) / (1 + exp(a))", [REAL], lambda a: -tanh(a / 2), None),
    ("tanh_by_expm1", "(exp(a) - 1) / (1 + exp(a))", [REAL], lambda a: tanh(a / 2), None),
    ("tanh_of_two", "(exp(a) - exp(b)) / (exp(a) + exp(b))", [FEW, FEW], lambda a, b: tanh((a - b) / 2), None),
    ("sigmoid_of_two", "exp(a) / (exp(a) + exp(b))", [FEW, FEW], lambda a, b: sigmoid(a - b), None),
    ("tanh_by_parts", "sinh(a) / cosh(a)", [REAL], tanh, None),
    ("sigmoid_slope", "exp(a) / (1 + exp(a))^2", [MORE], lambda a: sigmoid(a) * sigmoid(-a), None,
     [None, lambda a: sigmoid(a) * sigmoid(-a)]),
    ("over_square", "b / (1 + exp(a))^2", [MORE, SIGNS], lambda a, b: b * sigmoid(-a)**2, None),
    ("log_of_two", "log(exp(a) + exp(b))", [REAL, LESS], lambda a, b: logsumexp(a, b), None),
    ("log_cosh", "log(cosh(a))", [REAL], lambda a: log(cosh(a)), None,
     [lambda a: 1 + 2 * fabs(a), lambda a: mpf(1)]),
    ("log_expm1", "log(exp(a) - 1)", [POSITIVE], lambda a: log(exp(a) - 1), None),
    ("over_expm1", "exp(a) / (exp(a) - 1)", [[single(x) for x in (-20, -0.5, 1e-8, 0.5, 1e4)]],
     lambda a: 1 / (1 - exp(-a)), None),
    ("log_one", "log(1 + a)", [[single(x) for x in (-0.5, -1e-8, 0, 1e-8, 3, 1e4)]], log1p, None),
    ("log_one_less", "log(1 - a)", [[single(x) for x in (-1e4, -3, -1e-8, 0, 1e-8, 0.5)]], lambda a: log1p(-a), None),
    ("exp_one", "exp(a) - 1", [MORE], lambda a: exp(a) - 1, None),
    ("erf_from_one", "1 + erf(a)", [MORE + TAIL], lambda a: 1 + erf(a), None),
    ("one_less_erf", "1 - erf(a)", [MORE + TAIL], lambda a: erfc(a), None),
    ("one_tanh", "1 + tanh(a)", [MORE + TAIL], lambda a: 1 + tanh(a), None),
    ("log_mixture", "log(sum(softmax(stack(a, 0)) * exp(-(stack(b, c))^2 / 2)))",
     [REAL, [single(x) for x in (-88, 0, 1e-8, 20)], [single(x) for x in (-20, 0, 88)]],
     lambda a, b, c: logsumexp(log(softmax(0, a, mpf(0))) - b**2 / 2, log(softmax(1, a, mpf(0))) - c**2 / 2), None,
     4 * [lambda a, b, c: 1 + (b**2 + c**2) / 2]),
    ("log_product", "log(exp(a) * exp(b))", [REAL, REAL], lambda a, b: a + b, None),
    ("log_quotient", "log(exp(a) / exp(b))", [REAL, REAL], lambda a, b: a - b, None),
    ("x_log_x", "a * log(a)", [[single(x) for x in (0, 1e-30, 1e-8, 0.5, 1, 88, 1e4)]],
     lambda a: times(a, lambda: log(a)), [None]),
    ("log_root", "log(sqrt(exp(a)))", [MORE], lambda a: a / 2, None),
    ("book_bce", "-(b * log(sigmoid(a)) + (1 - b) * log(1 - sigmoid(a)))", [REAL, [mpf(0), mpf(0.25), mpf(1)]],
     lambda a, t: t * softplus(-a) + (1 - t) * softplus(a), [lambda a, t: sigmoid(a) - t, lambda a, t: -a],
     [None, None, lambda a, t: 1 + fabs(a)]),
    ("book_cross_entropy", "-log(softmax(stack(a, b, c))[1])", [REAL, LESS, LAST], lambda *z: logsumexp(*z) - z[1],
     None),
]


def derivative(f, point, k, by_hand):
    if by_hand is not None:
        return by_hand[k](*point) if by_hand[k] else None
    h = mpf(10)**-45
    at = lambda d: f(*[x + (d if j == k else 0) for j, x in enumerate(point)])
    right, left = (at(h) - at(mpf(0))) / h, (at(mpf(0)) - at(-h)) / h
    if fabs(right - left) > mpf(10)**-30 * (1 + fabs(right)):
        return None                                               # a kink: another test's matter
    return (at(h) - at(-h)) / (2 * h)


def number(f, size, point):
    """As the file has it; `-` where there is none."""
    try:
        value = f()
    except (ValueError, ZeroDivisionError):
        return "-"
    if value is None or not mp.isfinite(value):
        return "-"
    return mp.nstr(value, 18) + ("/" + mp.nstr(mpf(size(*point)), 6) if size else "")


def write(name, text, points, f, by_hand, sizes=(), model=None, rows=None):
    sizes = list(sizes) + [None] * 4
    asked = [by_hand is None or by_hand[k] is not None for k in range(len(points))]
    model += [f"v_{name} = {text}", f"output v_{name}"]
    model += [f"output d{letter}_{name} = grad(v_{name}, {letter})" for letter, wanted in zip("abc", asked) if wanted]
    rows.append(f"case {name} {len(points)}")
    for point in itertools.product(*points):
        row = [f"{float(x):.9g}" for x in point] + ["0"] * (3 - len(point))
        row.append(number(lambda: f(*point), sizes[0], point))
        for k, wanted in enumerate(asked):
            row.append(number(lambda: derivative(f, point, k, by_hand), sizes[k + 1], point) if wanted else "-")
        rows.append(" ".join(row))


def main():
    model = ["# Written by edges.py: the entries whose values and derivatives at the edges are in edges.txt.",
             "model edges", "", "input a", "input b", "input c", "param w = 0", ""]
    rows = []
    for entry in ENTRIES:
        write(*entry, model=model, rows=rows)
    model += ["", "loss L = w * a", "minimize L with sgd"]
    (HERE / "edges.nn").write_text("\n".join(model) + "\n")
    (HERE / "edges.txt").write_text("\n".join(rows) + "\n")


main()
