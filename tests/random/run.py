"""Random models: the compiler's parts against one another, and against plain Python.

    python3 tests/random/run.py [--models N] [--seed S] [--build FOLDER] [--jobs J] [--keep FOLDER] [--pairs]
                                [--builds "gcc-native clang-v3 ..."] [--in-turn] [--seconds S] [FILE.nn ...]

Each model is judged by difference quotients and by its value before simplification (judge.c), by its meaning in Python
(expression.py), by its C in float, with and without reuse of memory, and by its C in double, fused and not (run.c);
under each of the users' builds too (tests/builds.sh), or, in turn, each batch of models under one of them. Files
given are judged in place of random models; with --pairs, their losses L and U are the same function written in two
ways. A model that differs is shrunk and kept in FOLDER.
Out: a line for each difference, then the counts; exit status 1 where there is a difference.
"""
import argparse
import multiprocessing
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import time

import shrink
from statements import generate

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
BATCH = 100        # models of one program
# ... of one that is compiled as users do: -O3 takes gcc long, the more in one file the longer for each
USERS_BATCH = 25
SECONDS = 600      # for each command, unless --seconds says otherwise
ENDLESS = "error: no end after"
STRICT_EACH = 100  # every so many models are compiled by gcc, optimized and with all warnings, in place of tcc
STRICT = ["-std=c99", "-O2", "-Wall", "-Wextra", "-pedantic", "-Wvla", "-Wshadow", "-Wconversion",
          "-Wdouble-promotion", "-Werror"]
RUNTIME = os.path.join(ROOT, "runtime", "kernels")
# What is no fault of the compiler: a derivative of something that turned out not to depend on the name.
EXCUSED = re.compile(r"error: '.*' does not depend on '|error: a derivative of whole|"
                     r"makes no sense: it(s values are| is) "
                     r"|has no derivative")


def execute(command, **more):
    """What it printed, and its status: 124 where it came to no end. timeout ends what a command has started as well."""
    out = subprocess.run(["timeout", str(SECONDS)] + command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                         text=True, errors="replace", **more)
    if out.returncode == 124:
        out.stdout += "\n%s %s s: %s\n" % (ENDLESS, SECONDS, command[0])
    return out


class Workshop:
    """A folder in which batches are judged."""

    def __init__(self, build, folder, sanitize=False, users=()):
        self.build, self.folder, self.sanitize, self.pairs = build, folder, sanitize, False
        self.users = list(users)  # command lines by which users build
        self.tcc = shutil.which("tcc") if not sanitize else None

    def path(self, name):
        return os.path.join(self.folder, name)

    def log(self, name):
        try:
            with open(self.path(name + ".log"), errors="replace") as f:
                return f.read()
        except OSError:
            return ""

    def judge(self, texts):
        """{name: text} to {name: verdict}."""
        for name, text in texts.items():
            with open(self.path(name + ".nn"), "w") as f:
                f.write(text)
        files = [self.path(name + ".nn") for name in texts]
        out = execute([os.path.join(self.build, "tests/random/judge"), self.folder] + files,
                      env={**os.environ, "ASAN_OPTIONS": "detect_leaks=0"})
        verdicts = dict(line.split(" ", 1) for line in out.stdout.splitlines() if " " in line)
        return {name: verdicts.get(name, "crash") for name in texts}

    # ---- generated C: all models of a batch are one file, and one program ----

    def write_unit(self, name, names, suffixes):
        with open(self.path(name + ".c"), "w") as f:
            if "c" in suffixes:
                f.write("".join("#include <%s.h>\n" % h for h in ("math", "stdint", "string", "stddef")))
                f.write("#define float double\n")
            for model in names:
                for suffix in suffixes:
                    f.write('#include "%s%s.c"\n' % (model, suffix))

    def write_table(self, names, suffixes):
        with open(self.path("models.h"), "w") as f:
            f.write("typedef struct Entry { const char *name; const nn_model *first, *second; } Entry;\n")
            for model in names:
                for suffix in suffixes:
                    f.write("extern const nn_model %s%s_model;\n" % (model, suffix))
            f.write("static const Entry entries[] = {\n")
            for model in names:
                f.write('  {"%s", &%s%s_model, &%s%s_model},\n' % (model, model, suffixes[0], model, suffixes[1]))
            f.write("};\n")

    def compile_float(self, names, strict):
        """`strict` of the names by gcc, the others by tcc where it is there."""
        self.write_table(names, "ab")
        include = ["-I" + self.folder, "-I" + RUNTIME]
        sanitize = ["-g", "-fsanitize=address,undefined,float-cast-overflow",
                    "-fno-sanitize-recover=all"] if self.sanitize else []
        quick = [self.tcc, "-w"] if self.tcc else ["gcc", "-O0"] + sanitize
        units = [("quick", [n for n in names if n not in strict], quick),
                 ("strict", [n for n in names if n in strict], ["gcc"] + STRICT + sanitize)]
        objects = [self.path("run.o")]
        commands = [["gcc", "-O0", "-D_POSIX_C_SOURCE=200809L"] + include +
                    ["-c", os.path.join(HERE, "run.c"), "-o", objects[0]]]
        for unit, members, compiler in units:
            if members:
                self.write_unit(unit, members, "ab")
                objects.append(self.path(unit + ".o"))
                commands.append(compiler + include + ["-c", self.path(unit + ".c"), "-o", objects[-1]])
        plain = ["-no-pie", "-z", "noexecstack"] if self.tcc else []
        commands.append(["gcc"] + sanitize + plain + ["-o", self.path("float")] + objects +
                        [os.path.join(self.build, "libnn.a")] +
                        open(os.path.join(self.build, "nn.link")).read().split() +
                        ([self.tcc_library()] if self.tcc else []))
        for command in commands:
            out = execute(command)
            if out.returncode:
                return out.stdout or "status %d" % out.returncode
        return ""

    def compile_user(self, names, compiler):
        """Each as nnc writes it, by the command line of a user's build."""
        self.write_table(names, "aa")
        self.write_unit("user", names, "a")
        include = ["-I" + self.folder, "-I" + RUNTIME]
        link = [os.path.join(self.build, "libnn.a")] + open(os.path.join(self.build, "nn.link")).read().split()
        for command in (
                ["gcc", "-O1", "-D_POSIX_C_SOURCE=200809L"] + include +
                ["-c", os.path.join(HERE, "run.c"), "-o", self.path("run.o")],
                compiler + include + ["-c", self.path("user.c"), "-o", self.path("user.o")],
                ["gcc", "-o", self.path("user"), self.path("run.o"), self.path("user.o")] + link):
            out = execute(command)
            if out.returncode:
                return out.stdout or "status %d" % out.returncode
        return ""

    def tcc_library(self):
        out = execute([self.tcc, "-print-search-dirs"]).stdout
        return re.search(r"^install: *(.*)", out, re.M).group(1) + "/libtcc1.a"

    def compile_double(self, names):
        self.write_table(names, "cd")
        self.write_unit("double", names, "cd")
        include = ["-DWIDE", "-I" + os.path.join(HERE, "double"), "-I" + self.folder, "-I" + RUNTIME]
        sources = [os.path.join(HERE, "run.c"), os.path.join(HERE, "double/kernels.c"),
                   os.path.join(HERE, "double/draws.c"), self.path("double.c")]
        compiler = [self.tcc, "-w"] if self.tcc else ["gcc", "-O0", "-w", "-D_POSIX_C_SOURCE=200809L"]
        out = execute(compiler + include + sources + ["-o", self.path("double"), "-lm"])
        return out.stdout if out.returncode else ""

    def run_c(self, names, strict, differences, vague, kinds):
        """Adds (name, kind, detail) for what differs; a unit that does not compile is taken apart."""
        for kind in kinds:
            most = BATCH if kind in ("float", "double") else USERS_BATCH
            if len(names) > most:
                for at in range(0, len(names), most):
                    self.run_c(names[at:at + most], strict, differences, vague, [kind])
                continue
            if kind == "float":
                errors = self.compile_float(names, strict)
            elif kind == "double":
                errors = self.compile_double(names)
            else:
                errors = self.compile_user(names, kind.split())
            if errors and len(names) > 1:
                for name in names:
                    self.run_c([name], strict, differences, vague, [kind])
                continue
            if errors:
                differences.append((names[0], "compiled as " + kind, errors))
                continue
            program = kind if kind in ("float", "double") else "user"
            out = execute([self.path(program), self.folder], env={**os.environ, "OPENBLAS_NUM_THREADS": "1",
                                                               "ASAN_OPTIONS": "detect_leaks=0"})
            fine = set()
            for line in out.stdout.splitlines():
                name, _, detail = line.partition(" ")
                if detail == "ok":
                    fine.add(name)
                elif detail == "vague":
                    vague.add(name)
                elif name in names:
                    differences.append((name, kind, detail))
            known = {d[0] for d in differences if d[1] == kind}
            for name in names:
                if name not in fine and name not in known:
                    differences.append((name, kind, out.stdout[-2000:]))

    # ---- plain Python ----

    def points(self, name):
        with open(self.path(name + ".points"), "rb") as f:
            data = f.read()
        points, at = [], 0
        while at < len(data):
            end = data.index(b"\n", at)
            record, n, slack, _ = data[at:end].decode().split()
            at = end + 1 + 8 * int(n)
            values = struct.unpack("<%sd" % n, data[end + 1:at])
            if record == "point":
                points.append((int(values[0]), {}))
            else:
                points[-1][1][record] = (values, float(slack))
        return points

    def compare_meaning(self, name, model):
        for examples, records in self.points(name):
            given = {}
            for record, (values, _) in records.items():
                kind, _, leaf = record.partition(".")
                if kind == "in":
                    n = len(values) // examples
                    given[leaf] = [list(values[b * n:(b + 1) * n]) for b in range(examples)]
                elif kind in ("param", "state"):
                    given[leaf] = list(values)
            try:
                expected = model.expected(given, examples)
            except (ArithmeticError, ValueError):
                continue  # a naive form that Python cannot do in doubles
            for record, values in expected.items():
                got, slack = records.get(record, (None, 0))
                if got is None:
                    return "%s is missing" % record
                if len(got) * examples == len(values):  # it does not depend on the example
                    values = values[:len(got)]
                scale = max([abs(x) for x in values] + [1e-3])
                for k, (x, y) in enumerate(zip(values, got)):
                    if not abs(x - y) <= 1e-8 * scale + 1e-4 * slack:
                        return "%s[%d] is %.12g, in Python %.12g (%d examples)" % (record, k, y, x, examples)
        return ""

    def compare_pair(self, name):
        """Losses L and U: their values and gradients."""
        for examples, records in self.points(name):
            twins = {r: re.sub(r"^(\w+)\.L(?=$|\.)", r"\1.U", r) for r in records}
            for record, twin in twins.items():
                for x, y in zip(records[record][0], records[twin][0]) if twin != record else []:
                    scale = max(map(abs, records[record][0]))
                    if not abs(x - y) <= 1e-9 * scale + 1e-12:
                        return "%s is %.12g, %s is %.12g (%d examples)" % (record, x, twin, y, examples)
        return ""

    def batch(self, texts, models, strict=True, kinds=("double", "float")):
        """Differences (name, kind, detail) of some models, which of them were unfit, which vague."""
        kinds = list(kinds) + [u for u in self.users if u not in kinds]
        verdicts, differences, vague = self.judge(texts), [], set()
        unfit = {n for n, v in verdicts.items() if v == "unfit" or v == "refused" and EXCUSED.search(self.log(n))}
        for name, verdict in verdicts.items():
            if verdict != "ok" and name not in unfit:
                differences.append((name, verdict, self.log(name)))
        good = [n for n, v in verdicts.items() if v == "ok"]
        for name in good if self.pairs else []:
            problem = self.compare_pair(name)
            if problem:
                differences.append((name, "pair", problem))
        for name in good:
            problem = self.compare_meaning(name, models[name]) if name in models else ""
            if problem:
                differences.append((name, "meaning", problem))
        if good and kinds:
            self.run_c(good, good[::STRICT_EACH] if strict else [], differences, vague, kinds)
        return differences, unfit, vague


# ---- many of them ----

def one_batch(job):
    build, seeds, sanitize, files, pairs, users, whole = job
    folder = tempfile.mkdtemp(prefix="random-models-")
    try:
        models = {} if files else {"m%d" % k: generate("%s/%d" % (seed, k), "m%d" % k, whole) for seed, k in seeds}
        texts = {"f%d" % k: open(path).read() for k, path in enumerate(files)} if files else \
            {name: model.text() for name, model in models.items()}
        shop = Workshop(build, folder, sanitize, users)
        shop.pairs = pairs
        differences, unfit, vague = shop.batch(texts, models)
        first = {}  # what is wrong in double is wrong in float too: one report for each model
        for n, kind, detail in differences:
            first.setdefault(n, (n, kind, detail, texts[n]))
        return len(texts), len(unfit), len(vague), list(first.values())
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--models", type=int, default=1000)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--seed", default="1")
    parser.add_argument("--build", default="build")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--keep", default="")
    parser.add_argument("--sanitize", action="store_true")
    parser.add_argument("--whole", action="store_true")
    parser.add_argument("--no-shrink", action="store_true")
    parser.add_argument("--pairs", action="store_true")
    parser.add_argument("--builds", default="")
    parser.add_argument("--in-turn", action="store_true")
    parser.add_argument("--seconds", type=int, default=SECONDS)
    parser.add_argument("files", nargs="*")
    a = parser.parse_args()
    globals()["SECONDS"] = a.seconds
    start, numbers = time.time(), range(a.first, a.first + a.models)
    size = 10 if a.sanitize else BATCH # the sanitizers' code takes gcc a while
    users = user_builds(a.builds)
    size = min(size, -(-a.models // len(users))) if a.in_turn and users else size
    turns = [[users[k % len(users)]] if a.in_turn and users else users for k in range(-(-a.models // size))]
    jobs = [(a.build, [(a.seed, k) for k in numbers[at:at + size]], a.sanitize, [], False, turns[at // size], a.whole)
            for at in range(0, a.models, size)]
    if a.files:
        parts = [(a.files, users)]
        if a.in_turn and users:
            parts = [(a.files[k::len(users)], [u]) for k, u in enumerate(users)]
        jobs = [(a.build, [], a.sanitize, files, a.pairs, its, False) for files, its in parts if files]
    total = unfit = vague = differing = 0
    with multiprocessing.Pool(a.jobs) as pool:
        for n, u, v, differences in pool.imap(one_batch, jobs):
            total, unfit, vague, differing = total + n, unfit + u, vague + v, differing + len(differences)
            for difference in differences:
                report(a, *difference)
    print("%d random models with seed %s in %.0f s: %d differences; %d said nothing (values that are not finite or too "
          "large), %d nothing in float (rounding)" % (total, a.seed, time.time() - start, differing, unfit, vague))
    return 1 if differing else 0


def user_builds(names):
    """Command lines of builds by name, those that this machine has."""
    if not names:
        return []
    out = subprocess.run(["sh", os.path.join(ROOT, "tests/builds.sh")] + names.split(), stdout=subprocess.PIPE,
                         text=True, check=True)
    return [line.partition(" ")[2] for line in out.stdout.splitlines()]


def report(a, name, kind, detail, text):
    print("model %s of seed %s: %s: %s" % (name, a.seed, kind, first_line(detail)), flush=True)
    if kind != "meaning" and not a.no_shrink and ENDLESS not in detail:
        folder = tempfile.mkdtemp(prefix="random-models-")
        text = shrink.smallest(text, lambda t: still(Workshop(a.build, folder, a.sanitize), t, kind, detail))
        shutil.rmtree(folder, ignore_errors=True)
    if a.keep:
        os.makedirs(a.keep, exist_ok=True)
        with open(os.path.join(a.keep, "%s-%s.nn" % (a.seed, name)), "w") as f:
            f.write("# %s: %s\n%s" % (kind, first_line(detail), text))
    else:
        print("".join("    %s\n" % line for line in text.splitlines()), flush=True)


def first_line(detail):
    lines = [x for x in detail.strip().splitlines() if x.strip()]
    telling = [x for x in lines if re.search(r"error|Sanitizer|warning", x)]
    return (telling or lines or [""])[0][:300]


def message_of(detail):
    """What two equal faults have in common: the words, not the numbers and names."""
    return re.sub(r"[^ ]*[0-9][^ ]*|'[^']*'", "#", first_line(detail))


def still(shop, text, kind, detail):
    kinds = [k for k in ("float", "double") if kind.endswith(k)] or ([kind.replace("compiled as ", "")]
                                                                     if " -O" in kind else [])
    differences, _, _ = shop.batch({"m0": text}, {}, kind == "compiled as float" and "m0" not in detail, kinds)
    by_message = kind in ("crash", "refused") or kind.startswith("compiled")
    return any(k == kind and (not by_message or message_of(d) == message_of(detail)) for _, k, d in differences)


if __name__ == "__main__":
    sys.exit(main())
