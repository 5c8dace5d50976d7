"""The judge of random identities: values of formulas in 50 decimal digits, one point at a time, with none of nnc's
code.

A formula is a tree of Python's ast module, in which ** stands for ^. Undefined is raised where a value that is needed
has none: 0/0, log(0), a root of -1, a comparison of such a value. What a `where` does not take is not needed."""
import ast
from decimal import Decimal, Overflow, InvalidOperation, getcontext, localcontext

getcontext().prec = 50
PI = Decimal("3.14159265358979323846264338327950288419716939937510582097494459230781640628620899")


class Undefined(Exception):
    pass


def exp(x):
    if abs(x) > 100000:
        raise Undefined
    return x.exp()


def log(x):
    if x <= 0:
        raise Undefined
    return x.ln()


def power(x, y):
    if y == y.to_integral_value() and abs(y) <= 64:
        if x == 0 and y < 0:
            raise Undefined
        return Decimal(1) if y == 0 else x ** int(y)
    if x < 0 or (x == 0 and y < 0):
        raise Undefined
    return Decimal(0) if x == 0 else exp(y * x.ln())


def divide(x, y):
    if y == 0:
        raise Undefined
    return x / y


def sine(x):
    with localcontext() as c:
        c.prec = 70
        x = x % (2 * PI)
        term, total, k = x, x, 1
        while abs(term) > Decimal(10) ** -65:
            k += 2
            term = -term * x * x / (k * (k - 1))
            total += term
    return +total


def sign(x):
    return Decimal((x > 0) - (x < 0))


def sigmoid(x):
    return 1 / (1 + exp(-x)) if x > -50000 else exp(x)


def logsumexp(v):
    most = max(v)
    return most + sum(exp(x - most) for x in v).ln()


def softplus(x):
    return logsumexp([x, Decimal(0)])


def softmax(v):
    return [exp(x - logsumexp(v)) for x in v]


def square_root(x):
    if x < 0:
        raise Undefined
    return x.sqrt()


def root_of_squares(v):
    return sum(x * x for x in v).sqrt()


def mean(v):
    return sum(v) / len(v)


def hinge(s, y):
    return max(Decimal(0), 1 - y * s)


def huber(a, b):
    return mean([x * x / 2 if x <= 1 else x - Decimal("0.5") for x in (abs(p - q) for p, q in zip(a, b))])


SCALAR = {  # of one number; of a vector: of each element
    "exp": exp, "log": log, "sqrt": square_root, "abs": abs, "sign": sign, "sigmoid": sigmoid, "softplus": softplus,
    "sin": sine, "cos": lambda x: sine(x + PI / 2), "tanh": lambda x: 2 * sigmoid(2 * x) - 1,
    "relu": lambda x: max(x, Decimal(0)), "leaky_relu": lambda x: x if x > 0 else x / 100,
    "elu": lambda x: x if x > 0 else exp(x) - 1, "silu": lambda x: x * sigmoid(x),
    "hardtanh": lambda x: max(Decimal(-1), min(Decimal(1), x)),
}
VECTOR = {  # of vectors (and numbers) as wholes
    "sum": sum, "mean": mean, "norm": root_of_squares, "softmax": softmax, "logsumexp": logsumexp,
    "log_softmax": lambda v: [x - logsumexp(v) for x in v], "argmax": lambda v: Decimal(v.index(max(v))),
    "argmin": lambda v: Decimal(v.index(min(v))), "prod": lambda v: v[0] * v[1] * v[2], "max": max, "min": min,
    "dot": lambda a, b: sum(x * y for x, y in zip(a, b)),
    "mse": lambda a, b: mean([(x - y) ** 2 for x, y in zip(a, b)]),
    "mae": lambda a, b: mean([abs(x - y) for x, y in zip(a, b)]), "huber": huber, "hinge": hinge,
    "squared_hinge": lambda s, y: hinge(s, y) ** 2, "logistic_loss": lambda s, y: softplus(-y * s),
    "bce_logits": lambda z, t: softplus(z) - t * z, "cross_entropy": lambda v, t: logsumexp(v) - v[int(t)],
}
BINARY = {ast.Add: lambda a, b: a + b, ast.Sub: lambda a, b: a - b, ast.Mult: lambda a, b: a * b, ast.Div: divide,
          ast.Pow: power}
COMPARE = {ast.Lt: lambda a, b: a < b, ast.LtE: lambda a, b: a <= b, ast.Gt: lambda a, b: a > b,
           ast.GtE: lambda a, b: a >= b, ast.Eq: lambda a, b: a == b, ast.NotEq: lambda a, b: a != b}


def compare(op, a, b):
    """0 or 1; no value where the sides of a comparison differ by what may be the rounding of 50 digits."""
    if a != b and abs(a - b) <= Decimal(10) ** -40 * (abs(a) + abs(b)):
        raise Undefined
    return Decimal(COMPARE[op](a, b))


def spread(f, *args):
    """f of numbers, or of vectors element by element."""
    if not any(isinstance(a, list) for a in args):
        return f(*args)
    return [f(*(a[k] if isinstance(a, list) else a for a in args)) for k in range(3)]


def call(name, args, at):
    if name == "where":
        condition = value(args[0], at)
        if not isinstance(condition, list):
            return value(args[1] if condition != 0 else args[2], at)
        return spread(lambda c, a, b: a if c != 0 else b, condition, value(args[1], at), value(args[2], at))
    if name == "select":
        first = value(args[0], at)
        return first if first == 0 else first * value(args[1], at)
    values = [value(a, at) for a in args]
    if name in SCALAR:
        return spread(SCALAR[name], *values)
    if name in ("max", "min") and len(values) == 2:
        return spread(max if name == "max" else min, *values)
    return VECTOR[name](*values)


def value(e, at):
    """The value of e at a point, a dictionary from names to numbers and lists of three."""
    if isinstance(e, ast.Constant):
        return Decimal(repr(e.value))
    if isinstance(e, ast.Name):
        return at[e.id]
    if isinstance(e, ast.UnaryOp):
        x = value(e.operand, at)
        return Decimal(x == 0) if isinstance(e.op, ast.Not) else spread(lambda a: -a, x)
    if isinstance(e, ast.BinOp):
        return spread(BINARY[type(e.op)], value(e.left, at), value(e.right, at))
    if isinstance(e, ast.Compare):
        return spread(lambda a, b: compare(type(e.ops[0]), a, b), value(e.left, at), value(e.comparators[0], at))
    if isinstance(e, ast.BoolOp):
        truths = [value(v, at) != 0 for v in e.values]
        return Decimal(all(truths) if isinstance(e.op, ast.And) else any(truths))
    if isinstance(e, ast.Subscript):
        return value(e.value, at)[int(value(e.slice, at))]
    return call(e.func.id, e.args, at)


def value_or_none(e, at):
    try:
        return value(e, at)
    # or a mutant of no shape
    except (Undefined, Overflow, InvalidOperation, ZeroDivisionError, OverflowError, IndexError, TypeError,
            AttributeError):
        return None


def differ(a, b):
    """Do two values differ by more than the rounding of 50 digits, which algebra may make 30?"""
    a, b = (v if isinstance(v, list) else [v] for v in (a, b))
    return any(abs(x - y) > Decimal(10) ** -30 * (1 + abs(x)) for x, y in zip(a, b))
