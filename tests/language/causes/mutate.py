#!/usr/bin/env python3
"""Wrong derivations of known kind, made of right ones.

    python3 tests/language/causes/mutate.py MODEL.nn COUNT SEED > tests/language/causes/NAME.nn

In: a page of models/, whose checks are right. Out: a page that imports it, with checks each of which has one mistake in
its right side, and the kind of the mistake behind it:

    check ∂L/∂a == δ*h*(1 + h)      # sign

The formula is read as a tree, one node of it is changed, and the tree is written again.
"""
import random
import re
import sys

TOKEN = re.compile(r"\s*(?:(\d+\.?\d*(?:e[+-]?\d+)?)|(∂[\w.]+/∂[\w.]+)|([^\W\d][\w.]*)|"
                   r"(==|!=|<=|>=|[-+*/^@'()\[\],:<>=]))")
LEVEL = {"or": 1, "and": 2, "==": 4, "!=": 4, "<": 4, "<=": 4, ">": 4, ">=": 4, "+": 5, "-": 5, "*": 7, "/": 7,
         "mod": 7, "@": 8, "^": 10}
REDUCTIONS = {"sum", "mean", "prod", "max", "min", "logsumexp"}


class Node:
    """kind: number, name, call, index, reduce, negate, binary, transpose, partial, wrapped, raw"""

    def __init__(self, kind, text="", parts=()):
        self.kind, self.text, self.parts = kind, text, list(parts)

    def copy(self):
        return Node(self.kind, self.text, [p.copy() for p in self.parts])

    def __str__(self):
        p = [str(x) for x in self.parts]
        if self.kind == "call":
            return "%s(%s)" % (self.text, ", ".join(p))
        if self.kind == "index":
            return "%s[%s]" % (p[0], ", ".join(p[1:]))
        if self.kind == "reduce":
            return "%s(%s) %s" % (self.text, ", ".join(p[:-1]), p[-1])
        if self.kind == "negate":
            return "-" + p[0]
        if self.kind == "binary":
            space = "" if self.text in "*/^" else " "
            return p[0] + space + self.text + space + p[1]
        if self.kind == "transpose":
            return p[0] + "'"
        if self.kind == "wrapped":
            return "(" + p[0] + ")"
        return self.text


class Reader:
    def __init__(self, text):
        self.tokens, at = [], 0
        text = text.rstrip()
        while at < len(text):
            m = TOKEN.match(text, at)
            if not m:
                raise ValueError(text[at:])
            self.tokens.append(m.group(m.lastindex))
            at = m.end()
        self.k = 0

    def peek(self):
        return self.tokens[self.k] if self.k < len(self.tokens) else ""

    def next(self):
        self.k += 1
        return self.tokens[self.k - 1]

    def expect(self, token):
        if self.peek() != token:
            raise ValueError("%s for %s" % (self.peek(), token))
        self.k += 1

    def expression(self, level=0):
        if self.peek() == "-":
            self.next()
            left = Node("negate", parts=[self.expression(9)])
        else:
            left = self.postfix()
        while LEVEL.get(self.peek(), 0) > level:
            op = self.next()
            left = Node("binary", op, [left, self.expression(LEVEL[op] - (op == "^"))])
        return left

    def items(self, end):
        out = []
        while self.peek() != end:
            if self.peek() == ":":
                self.next()
                out.append(Node("raw", ":"))
            else:
                e = self.expression()
                if self.peek() in (":", "="):
                    sign = self.next()
                    rest = "" if self.peek() in (",", end) else str(self.expression())
                    e = Node("raw", "%s%s%s" % (e, " = " if sign == "=" else ":", rest))
                elif self.peek() == "else":
                    self.next()
                    e = Node("raw", "%s else %s" % (e, self.expression()))
                out.append(e)
            if self.peek() == ",":
                self.next()
        self.expect(end)
        return out

    def postfix(self):
        t = self.next()
        if t == "(":
            e = Node("wrapped", parts=[self.expression()])
            self.expect(")")
        elif re.match(r"\d", t):
            e = Node("number", t)
        elif t.startswith("∂"):
            e = Node("partial", t)
        elif re.match(r"[^\W\d]", t) and t not in LEVEL:
            e = Node("name", t)
        else:
            raise ValueError(t)
        while self.peek() in ("(", "[", "'"):
            t = self.next()
            if t == "'":
                e = Node("transpose", parts=[e])
            elif t == "[":
                e = Node("index", parts=[e] + self.items("]"))
            else:
                args = self.items(")")
                body = self.peek() and (self.peek() in ("(", "-")
                                        or re.match(r"[\w∂]", self.peek())) and self.peek() not in LEVEL
                if e.text in REDUCTIONS and body and self.peek() != "-":
                    return Node("reduce", e.text, args + [self.expression(6)])
                e = Node("call", e.text, args)
        return e


def walk(e, parent=None, at=0, index=False):
    yield e, parent, at, index
    if e.kind == "call" and e.text in ("grad", "jacobian", "onehot"):
        return
    for k, p in enumerate(e.parts):
        if e.kind == "index" and k == 0 and p.kind == "name":
            continue
        if e.kind == "reduce" and k < len(e.parts) - 1:
            continue
        yield from walk(p, e, k, index or (e.kind == "index" and k > 0))


def wrap(e):
    return Node("wrapped", parts=[e]) if e.kind in ("binary", "negate", "reduce") else e


def binary(op, a, b):
    return Node("binary", op, [a, b])


def mutations(root, names):
    """(kind, a function of (node, parent, at) that returns what stands in place of node)"""
    two = Node("number", "2")
    yield "sign", root, Node("negate", parts=[wrap(root) if root.kind in ("binary", "reduce") and root.text in "+-"
                                              or root.kind == "reduce" else root])
    yield "factor", root, binary("*", two, wrap(root) if root.kind == "binary" and root.text in "+-" else root)
    yield "factor", root, binary("/", wrap(root) if root.kind in ("binary", "reduce") and root.text not in "*/"
                                 else root, two)
    for e, parent, at, index in walk(root):
        if e.kind == "binary":
            a, b = e.parts
            inside = parent is not None and parent.kind == "binary"
            if e.text in "+-":
                yield ("index" if index else "sign"), e, binary("-" if e.text == "+" else "+", a, b)
                if not index:
                    yield "missing term", e, a
                    if e.text == "+":
                        yield "missing term", e, b
            if e.text == "*" and not index:
                yield "missing factor", e, a
                yield "missing factor", e, b
            if e.text == "/":
                yield "missing factor", e, a
                yield "quotient", e, binary("*", a, b)
            if e.text == "^" and b.kind == "number":
                yield "power", e, a
                yield "power", e, binary("^", a, Node("number", str(int(float(b.text)) + 1)))
            if e.text == "@":
                yield "transpose", e, binary("@", a.parts[0] if a.kind == "transpose"
                                             else Node("transpose", parts=[wrap(a)]), b)
                yield "transpose", e, binary("@", b, a)
            if e.text in ("==", "!=", "<", "<=", ">", ">="):
                for op in ("<", "<=", ">", ">="):
                    if op != e.text:
                        yield "condition", e, binary(op, a, b)
        if e.kind == "negate" and not index:
            yield "sign", e, e.parts[0]
        if e.kind == "transpose":
            yield "transpose", e, e.parts[0]
        if e.kind == "call" and e.text == "outer":
            yield "transpose", e, Node("call", "outer", e.parts[::-1])
        if e.kind == "call" and e.text == "where" and len(e.parts) == 3:
            yield "condition", e, Node("call", "where", [e.parts[0], e.parts[2], e.parts[1]])
        if e.kind in ("call", "reduce") and e.text in ("sum", "mean"):
            other = e.copy()
            other.text = "mean" if e.text == "sum" else "sum"
            yield "mean", e, other
        if e.kind == "index":
            subs = e.parts[1:]
            for k in range(len(subs)):
                for j in range(k + 1, len(subs)):
                    other = e.copy()
                    other.parts[k + 1], other.parts[j + 1] = subs[j].copy(), subs[k].copy()
                    yield "transpose", e, other
                if subs[k].kind == "name":
                    for i in INDICES:
                        if i != subs[k].text:
                            other = e.copy()
                            other.parts[k + 1] = Node("name", i)
                            yield "index", e, other
                if subs[k].kind == "number":
                    other = e.copy()
                    other.parts[k + 1] = Node("number", str(int(subs[k].text) + 1))
                    yield "index", e, other
        if e.kind == "name" and not index and e.text not in INDICES:
            for n in names:
                if n != e.text:
                    yield "name", e, Node("name", n)
        factor = parent is not None and parent.kind == "binary" and parent.text == "*"
        if e.kind in ("name", "index") and not index and factor:
            yield "extra factor", e, binary("*", e, e.copy())


INDICES = []


def replaced(root, old, new):
    if root is old:
        return new
    out = Node(root.kind, root.text)
    out.parts = [replaced(p, old, new) for p in root.parts]
    return out


def main():
    page, count, seed = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    random.seed(seed)
    text = open(page, encoding="utf-8").read()
    checks = re.findall(r"^check (.+?)\s*(?:#.*)?$", text, re.M)
    words = set(re.findall(r"^([^\W\d]\w*)\s*=", text, re.M)) | set(re.findall(r"^(?:param|input)\s+([^\W\d]\w*)",
                                                                               text, re.M))
    made, by_kind = [], {}
    for c in checks:
        m = re.match(r"(.+?)\s+==\s+(.+)$", c)
        if not m:
            continue
        left, right = m.groups()
        try:
            root = Reader(right).expression()
        except (ValueError, IndexError):
            continue
        INDICES[:] = sorted(set(re.findall(r"[\[,]\s*([a-z])\b(?=\s*[\],])", c)) | set(re.findall(
            r"(?:sum|mean)\((\w)\b", c)))
        used = [w for w in sorted(words) if w in c or random.random() < 0.15]
        for kind, old, new in mutations(root, used):
            by_kind.setdefault(kind, []).append((left, str(replaced(root, old, new)), right))
    kinds = sorted(by_kind)
    for k in kinds:
        random.shuffle(by_kind[k])
    while len(made) < count and any(by_kind.values()):
        for k in kinds:
            if by_kind[k] and len(made) < count:
                left, wrong, right = by_kind[k].pop()
                if wrong.replace(" ", "") != right.replace(" ", "") and all(w[:2] != (left, wrong) for w in made):
                    made.append((left, wrong, k))
    name = page.split("/")[-1][:-3]
    print("# Wrong on purpose, by mutate.py: checks of models/%s.nn, each with one mistake of the kind behind it." %
          name)
    print('import "../../../models/%s.nn"\n' % name)
    for left, wrong, kind in made:
        print("check %s == %s  # %s" % (left, wrong, kind))


if __name__ == "__main__":
    main()
