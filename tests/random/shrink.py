"""A smaller model that shows the same fault: lines are left out, then calls, parentheses and sums give way to their
parts.

Works on the text, so a candidate may be nonsense; `fails(text)` says whether it still shows the fault.
"""
import itertools
import re

MOST_TRIALS = 1500


def smallest(text, fails):
    """Candidates are tried in turn; after a success the turn goes on from the same place."""
    trials, changed = 0, True
    while changed:
        changed = False
        for candidates in (without_lines, with_smaller_parts):
            at = 0
            while trials < MOST_TRIALS:
                candidate = next(itertools.islice(candidates(text), at, None), None)
                if candidate is None:
                    break
                trials += 1
                if candidate != text and fails(candidate):
                    text, changed = candidate, True
                else:
                    at += 1
    return text


def blocks(text):
    """Lines; a function with its braces is one of them."""
    out, depth = [], 0
    for line in text.splitlines():
        if depth > 0:
            out[-1] += "\n" + line
        else:
            out.append(line)
        depth += line.count("{") - line.count("}")
    return out


def without_lines(text):
    lines = blocks(text)
    size = max(1, len(lines) // 2)
    while size:
        for at in range(len(lines) - size, 0, -1):
            yield "\n".join(lines[:at] + lines[at + size:]) + "\n"
        size //= 2


def closing(text, at):
    depth = 0
    for k in range(at, len(text)):
        depth += (text[k] in "([") - (text[k] in ")]")
        if depth == 0:
            return k
    return -1


def arguments(text):
    out, depth, start = [], 0, 0
    for k, c in enumerate(text):
        depth += (c in "([") - (c in ")]")
        if c == "," and depth == 0:
            out.append(text[start:k].strip())
            start = k + 1
    return out + [text[start:].strip()]


def operands(text):
    """Parts of a sum or product on the outermost level."""
    depth, cuts = 0, []
    for k, c in enumerate(text):
        depth += (c in "([") - (c in ")]")
        if depth == 0 and text[k:k + 3] in (" + ", " - ", " * ", " / ", " @ "):
            cuts.append(k)
    return [part for k in cuts for part in (text[:k].strip(), text[k + 3:].strip())]


def with_smaller_parts(text):
    for line in re.finditer(r"^(?:(?:loss|output|metric) )?[^=\n]*= (.*)$", text, re.M):
        for part in operands(line.group(1)):
            yield text[:line.start(1)] + part + text[line.end(1):]
    for found in re.finditer(r"([A-Za-z_][A-Za-z_0-9]*)?\(", text):
        open_at = found.end() - 1
        end = closing(text, open_at)
        if end < 0 or "\n" in text[open_at:end]:
            continue
        inside = text[open_at + 1:end]
        for part in arguments(inside) + operands(inside):
            yield text[:found.start()] + part + text[end + 1:]
            yield text[:found.start()] + "(" + part + ")" + text[end + 1:]
    for found in re.finditer(r"\b[2-7]\b", text):
        yield text[:found.start()] + str(int(found.group()) - 1) + text[found.end():]
