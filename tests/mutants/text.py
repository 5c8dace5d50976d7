"""The texts of mutants: one of a list to a file of its own, and the changed source.

    text.py LIST PATTERN <LISTS    the mutants whose names match PATTERN as LIST/0001, ...: name, file, judges,
                                   text before, text after
    text.py MUTANT                 the source that a mutant changes, changed, to standard output

A text is found whatever its spaces and line ends are, so that formatting changes no list. It stands once in its file:
else the mutant is stale, which is said on standard output, and the exit status of the second form is 3.
"""
import os
import re
import sys


def pattern_of(text):
    """A regular expression for the same tokens with any space between them."""
    out, last = "", ""
    for token in re.findall(r"\w+|[^\w\s]", text):
        words = last[-1:].isalnum() or last[-1:] == "_"
        gap = r"[\s\\]+" if words and (token[0].isalnum() or token[0] == "_") else r"[\s\\]*"
        out += (gap if last else "") + re.escape(token)
        last = token
    return out


def places(source, text):
    return list(re.finditer(pattern_of(text), source)) if text.strip() else []


def read(path):
    try:
        with open(path, encoding="utf-8") as f:
            return f.read()
    except OSError:
        return ""


def processor_has(flag):
    return bool(re.search(r"\b%s\b" % re.escape(flag), read("/proc/cpuinfo"))) if flag else True


def room(path):
    """compiler/derive/zero.c: derive/zero.c"""
    return os.path.basename(path) if path.endswith(".nn") else path.split("/", 1)[1]


def write_list(folder, pattern, lines):
    judges = file = name = before = ""
    here, seen, count = True, set(), 0
    for line in lines:
        word, _, text = line.rstrip("\n").partition(" ")
        if word == "judges":
            judges = text
        elif word == "needs":
            here = processor_has(text)
        elif word == "file":
            file = text
        elif word == "mutant":
            name = "%s: %s" % (room(file), text)
            if name in seen:
                print("STALE %s: two mutants have this name" % name)
            seen.add(name)
        elif word == "before":
            before = text
        elif word == "after" and here and re.search(pattern, name):
            if len(places(read(file), before)) != 1:
                print("STALE %s: the text to be changed does not stand once in %s: %s" % (name, file, before))
                continue
            count += 1
            with open("%s/%04d" % (folder, count), "w", encoding="utf-8") as f:
                f.write("\n".join((name, file, judges, before, text)) + "\n")


def change(mutant):
    _, file, _, before, after = read(mutant).split("\n")[:5]
    source = read(file)
    at = places(source, before)
    if len(at) != 1:
        return 3
    sys.stdout.write(source[:at[0].start()] + after.strip() + source[at[0].end():])
    return 0


def main():
    if len(sys.argv) != 3:
        return change(sys.argv[1])
    folder, pattern = sys.argv[1:]
    try:
        re.compile(pattern)
    except re.error as e:
        text = "tests/mutants/run: the pattern '%s', which picks mutants by name, is no regular expression: %s"
        text %= (pattern, e)
        print("%s\n    %s\n    %s^" % (text, pattern, " " * (e.pos or 0)), file=sys.stderr)
        return 2
    return write_list(folder, pattern, sys.stdin)


if __name__ == "__main__":
    sys.exit(main())
