"""The order of the house: folders are stages, and no call or #include runs back.

    order.py BUILD compiler|runtime|columns     columns: only the length of lines, of tests/, models/ and tools/

In: the objects of a build (what each defines and calls, by nm) and the #include lines. Out: on standard output a table
of the folders; on standard error what breaks the order: an arrow that runs back, a header that another folder includes
and that is not FOLDER/FOLDER.h, a list of files in that header that is not all of them, or not in the order of their
calls, a circle of files that no header of its folder names, an exported name that begins with no noun of its room, a
file over 500 lines, a function over 60, a line over 120 columns, a switch over operators that says no reason. Exit
status 1 where something does.
"""
import collections
import os
import re
import subprocess
import sys

ORDER = {
    "compiler": ("base syntax graph build evaluate elaborate model derive simplify prove check grade derivation plan "
                 "selftest emit show command").split(),
    "runtime": "kernels common data store minimize train program".split(),
}
# The one header of a folder that others include: FOLDER/FOLDER.h, but for kernels/, whose headers are installed for
# generated C.
HEADERS = {"kernels": "nn"}
LIST = "Its files, each of which calls those before it only:"  # in the opening of that header
# Nouns of a room, besides its own name and those of its files and headers.
NOUNS = {
    "compiler": {
        "base": "arena context heap intern mark is nearest text source write error errors help note warn code span bug",
        "syntax": "expr scan", "graph": "read inside guard subst hazards group number is build",
        "build": "read", "evaluate": "evaluation form line place", "check": "wishes ties gradients",
        "derive": "integrand",
        "derivation": "quantity apart adjoints form algebra known typo setting",
        "elaborate": "elaborator", "model": "law full", "prove": "poly mono atom power index",
        "emit": "c plan loop full"},
    "runtime": {
        "kernels": "philox noise draw", "common": "fail print nearest suggest out letter", "data": "inputs read",
        "store": "tensor tensors pieces", "minimize": "minimizer cholesky", "train": "gradient predict step trace",
        "program": "main cli"},
}
PREFIX = {"compiler": "", "runtime": "nn_|(?=cli_)"}  # of what a library exports into its users' programs
MOST_LINES, MOST_FUNCTION, MOST_COLUMNS = 500, 60, 120
found = []


def wrong(text):
    found.append(text)


def sources(root):
    for folder, _, files in os.walk(root):
        for name in sorted(files):
            if name.endswith((".c", ".h", ".y", ".l", ".nn")):
                yield os.path.relpath(os.path.join(folder, name), root)


def symbols(build, root):
    """{file without .c: (defined, used)}, what flex and bison wrote under syntax."""
    out = {}
    for folder, _, files in os.walk(os.path.join(build, root)):
        for name in files:
            path = os.path.join(folder, name)
            file = os.path.relpath(path, os.path.join(build, root))[:-2]
            if not name.endswith(".o") or file == "prelude":
                continue
            if root == "compiler" and file in ("lexer", "parser"):
                file = "syntax/" + file
            elif not any(os.path.exists(os.path.join(root, file + end)) for end in (".c", ".y", ".l")):
                continue  # of an older build
            defined, used = set(), set()
            for line in subprocess.run(["nm", path], stdout=subprocess.PIPE, text=True, check=True).stdout.splitlines():
                kind, symbol = line.split()[-2:]
                (defined if kind in "TDBRCVW" else used if kind == "U" else set()).add(symbol)
            out[file] = defined, used
    return out


def folder_of(file):
    return file.split("/")[0] if "/" in file else ""


def rank(root, file):
    folder = folder_of(file)
    return ORDER[root].index(folder) if folder in ORDER[root] else len(ORDER[root])  # main.c stands above all


def public_header(folder):
    return "%s/%s.h" % (folder, HEADERS.get(folder, folder))


def check_includes(root):
    for file in sources(root):
        text = open(os.path.join(root, file), encoding="utf-8").read()
        for header in re.findall(r'^#include "(\w+/\w+\.h)"', text, re.M):
            if rank(root, header) > rank(root, file):
                wrong("%s/%s includes %s, of a later stage" % (root, file, header))
            if folder_of(header) != folder_of(file) and header != public_header(folder_of(header)):
                wrong("%s/%s includes %s, which is private to its folder" % (root, file, header))


def circles(graph):
    """Strongly connected components of more than one file (Tarjan 1972)."""
    index, low, stack, out = {}, {}, [], []

    def visit(v):
        index[v] = low[v] = len(index)
        stack.append(v)
        for w in sorted(graph[v]):
            if w not in index:
                visit(w)
                low[v] = min(low[v], low[w])
            elif w in stack:
                low[v] = min(low[v], index[w])
        if low[v] == index[v]:
            at = stack.index(v)
            part, stack[at:] = stack[at:], []
            if len(part) > 1:
                out.append(sorted(part))

    for v in sorted(graph):
        if v not in index:
            visit(v)
    return out


def headers_of(root, folder):
    path = os.path.join(root, folder)
    return [open(os.path.join(path, h), encoding="utf-8").read() for h in sorted(os.listdir(path)) if h.endswith(".h")]


def is_named(root, part):
    """Does one header of the folder name all files of the circle in its opening?"""
    if len({folder_of(f) for f in part}) > 1:
        return False
    for text in headers_of(root, folder_of(part[0])):
        opening = text.split("*/")[0]
        if all(re.search(r"\b%s\b" % re.escape(os.path.basename(f)), opening) for f in part):
            return True
    return False


def calls_of(files):
    home = {symbol: file for file, (defined, _) in files.items() for symbol in defined}
    graph = collections.defaultdict(set)
    for file, (_, used) in files.items():
        graph[file] |= {home[s] for s in used if s in home and home[s] != file}
    return home, graph


def check_calls(root, files):
    home, graph = calls_of(files)
    for file, (_, used) in files.items():
        for symbol in sorted(used):
            if symbol in home and rank(root, home[symbol]) > rank(root, file):
                wrong("%s calls %s of %s, a later stage" % (file, symbol, home[symbol]))
    for part in circles(graph):
        if not is_named(root, part):
            wrong("a circle of files that no header names: %s" % ", ".join(part))


def check_lists(root, files):
    """The public header of a folder lists its files, each after those that it calls, circles aside."""
    graph = calls_of(files)[1]
    circle = {file: part for part in circles(graph) for file in part}
    for folder in ORDER[root]:
        header = os.path.join(root, public_header(folder))
        opening = open(header, encoding="utf-8").read().split("*/")[0]
        listed = re.findall(r"\b(\w+)\.[cly]\b", opening.partition(LIST)[2])
        listed = ["%s/%s" % (folder, f) for f in dict.fromkeys(listed)]
        for line in opening.partition(LIST + "\n")[2].split(" *\n")[0].splitlines():
            if not re.match(r" \*     (\w+\.[cly], )*\w+\.[cly]  +\S|  ?$", line):
                wrong("%s: the list of its files is no table of names and what they do: %s" % (header, line))
        mine = {os.path.splitext(f)[0] for f in sources(root) if folder_of(f) == folder
                and f.endswith((".c", ".l", ".y"))}
        for file in sorted(mine ^ set(listed)):
            wrong("%s: %s %s" % (header, "does not list" if file in mine else "lists", file))
        for k, file in enumerate(listed):
            for later in sorted(graph[file] & set(listed[k + 1:]) - set(circle.get(file, ()))):
                wrong("%s lists %s before %s, which it calls" % (header, file, later))


def check_names(root, files):
    for file, (defined, _) in sorted(files.items()):
        folder = folder_of(file)
        stems = {os.path.splitext(os.path.basename(f))[0] for f in sources(root) if folder_of(f) == folder}
        nouns = set(NOUNS[root].get(folder, "").split()) | {folder} | stems
        for symbol in sorted(defined):
            prefix = re.match(PREFIX[root], symbol)
            name = symbol[prefix.end():] if prefix else ""
            fine = not folder or any(name == n or name.startswith(n + "_") for n in nouns)
            if not fine and file not in ("syntax/lexer", "syntax/parser"):
                wrong("%s exports %s, which begins with no noun of its room" % (file, symbol))


def check_columns():
    """Lines of what is not compiled into nnc: tests, models and tools. What is read on purpose may be long."""
    for root in ("tests", "models", "tools"):
        for folder, _, files in os.walk(root):
            for name in sorted(files):
                path = os.path.join(folder, name)
                if not name.endswith((".sh", ".py", ".nn", ".awk", ".c", ".h")) and path not in (
                    "tests/run", "tests/mutants/run"):
                    continue
                if path.startswith(("tests/language/bad/", "tests/language/parse/")):
                    continue
                for k, line in enumerate(open(path, encoding="utf-8", errors="replace").read().split("\n"), 1):
                    if len(line) > MOST_COLUMNS:
                        wrong("%s:%d: %d columns" % (path, k, len(line)))


def check_sizes(root):
    for file in sources(root):
        lines = open(os.path.join(root, file), encoding="utf-8").read().split("\n")
        if len(lines) - 1 > MOST_LINES:
            wrong("%s/%s has %d lines" % (root, file, len(lines) - 1))
        begin = None
        for k, line in enumerate(lines, 1):
            if len(line) > MOST_COLUMNS:
                wrong("%s/%s:%d: %d columns" % (root, file, k, len(line)))
            if re.match(r"[A-Za-z_][^=;]*\([^;]*\{\s*$|[A-Za-z_][^=;]*\([^;{]*,\s*$", line) and begin is None:
                begin = k
            if line.startswith("}") and begin:
                if k - begin + 1 > MOST_FUNCTION:
                    wrong("%s/%s:%d: a function of %d lines" % (root, file, begin, k - begin + 1))
                begin = None
            if line.endswith(";") and begin == k:
                begin = None


def check_switches(root):
    """Facts of an operator stand in its row: a switch over operators says why it is none."""
    for file in sources(root):
        for k, line in enumerate(open(os.path.join(root, file), encoding="utf-8"), 1):
            here = "/*" not in line and not file.startswith("syntax/")
            if here and re.search(r"\bswitch \((\w+(->|\.))*op\)", line) and \
                    "p->op" not in line:
                wrong("%s/%s:%d: a switch over operators without a reason" % (root, file, k))


def print_table(root):
    print("%-10s %6s %6s  %s" % (root, "files", "lines", "what"))
    for folder in ORDER[root]:
        mine = [f for f in sources(root) if folder_of(f) == folder]
        lines = sum(len(open(os.path.join(root, f), encoding="utf-8").read().split("\n")) - 1 for f in mine)
        header = os.path.join(root, public_header(folder))
        first = re.match(r"/\* \w+\.h: (.*?)[.;:?](\s|$)", open(header, encoding="utf-8").read(),
                         re.S) if os.path.exists(header) else None
        print("%-10s %6d %6d  %s" % (folder, len(mine), lines,
                                     re.sub(r"\s*\n \* ", " ", first.group(1)) if first else ""))


def main():
    build, root = sys.argv[1:3]
    if root == "columns":
        check_columns()
        return finish()
    files = symbols(build, root)
    print_table(root)
    check_includes(root)
    check_calls(root, files)
    check_lists(root, files)
    check_names(root, files)
    check_sizes(root)
    check_switches(root)
    return finish()


def finish():
    for text in found:
        print(text, file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
