"""Planted miscompilations: one small mistake at a time in the C of a model; does the selftest in it see it?

    selftest_planted.py NNC BUILD FOLDER EVERY MODEL.nn...

In: libnn.a and nn.link in BUILD; in FOLDER report.o, a main that runs the selftest of model_under_test; models; of all
places where a mistake can be made, every EVERY-th is taken. Out: a line for each mistake that is not seen, and counts:
`all: seen 310 of 313; 9 more change nothing`. Exit status 1 where less than 98 of a hundred are seen, or a mistake is
not seen that is none of compilers but of the test: a model that fails as it is.

The mistakes are those that compilers make, as they look in C: a changed sign, a dropped term, a sum that starts anew, a
loop that ends early, a store or a clearing that is missing, another function, another constant, another branch of a
choice.
"""
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

# name, pattern, what it becomes
KINDS = [
    ("a sign", r"(?<=[\w\])]) \+ (?=[\w(-])", " - "),
    ("a sign", r"(?<=[\w\])]) - (?=[\w(])", " + "),
    ("a sign", r"\+= ", "-= "),
    ("a sum that starts anew", r"\+= ", "= "),
    ("a dropped factor", r"(?<== )(\w+(?:\[[^]]*\])?) \* [^;]*;", r"\1;"),
    ("a loop that ends early", r"(; \w+ < )(\d+)(; \w+\+\+)",
     lambda m: "%s%d%s" % (m.group(1), int(m.group(2)) - 1, m.group(3))),
    ("a loop that ends early", r"(; \w+ < n)(; \w+\+\+)", r"\1 - 1\2"),
    ("a missing store", r"^(\s+)[a-zA-Z_]\w*\[[^]]*\] = [^;]*;$", r"\1;"),
    ("a missing clearing", r"^\s+(memset\(|for \(.*= 0\.0f;$).*$", "  ;"),
    ("another function", r"\bnn_tanhf\(", "nn_sigmoidf("),
    ("another function", r"\bnn_sigmoidf\(", "nn_tanhf("),
    ("another function", r"\bnn_expf\(", "nn_expm1f("),
    ("another function", r"\bnn_logf\(", "nn_log1pf("),
    ("another function", r"\bnn_maxf\(", "nn_minf("),
    ("another function", r"\bnn_sqrtf\(", "nn_absf("),
    ("another constant", r"(?<![\w.])([1-9]\d*\.\d+|0\.\d*[1-9]\d*)f\b", r"(0.75f * \1f)"),
    ("another branch", r"nn_choosef\(([^,]*), ([^,()]*), ([^,()]*)\)", r"nn_choosef(\1, \3, \2)"),
    ("another matrix", r"nn_gemm\((.*), 1\.0f, ", r"nn_gemm(\1, -1.0f, "),
]
# What changes nothing, if it is not seen: a softmax may take off any number in place of the largest score; an
# optimizer's eps is below the rounding of what it is added to; a product that is infinite times 0 elsewhere asks only
# whether a number is 0.
SAME = re.compile(r"nn_maxf\(\w+(\[\w+\])?, \w+|-INFINITY|_eps\b|nn_truef\(.* != 0\.0f\)")
FUNCTION = re.compile(r"^(?:static )?(?:float|int|void|double) (\w+)\(")
# Functions that a test of training does not go through, or that are the test.
NOT_OURS = re.compile(r"_double|_entry$|_init$|_bad_row$|_first_bad|_selftest$")


def mistakes(text):
    """(line, kind, text with the mistake): in functions that compute, not in comments."""
    lines, inside, comment = text.split("\n"), False, False
    for k, line in enumerate(lines):
        start = FUNCTION.match(line)
        if start:
            inside = not NOT_OURS.search(start.group(1))
        if line.startswith("}"):
            inside = False
        if "/*" in line:
            comment = "*/" not in line
            continue
        if comment:
            comment = "*/" not in line
            continue
        if not inside or start or "return NAN" in line or "return -1" in line or line.startswith("    const uint64_t"):
            continue
        if re.match(r"^\s+(const )?(float|double|int32_t)( \*|.* \*restrict)", line):
            continue  # a pointer
        if re.search(r"_part\d+\(|m->step [+] 1|if \(.*\) (from|to)_", line):
            continue  # places, a number that may be unused, and bounds beyond which what is written is cleared
        for name, pattern, by in KINDS:
            changed = re.sub(pattern, by, line, count=1)
            if changed != line:
                yield k + 1, name, "\n".join(lines[:k] + [changed] + lines[k + 1:])


def try_one(job):
    build, folder, prefix, number, text = job
    base = os.path.join(folder, "planted%d" % number)
    os.makedirs(base, exist_ok=True)
    with open(os.path.join(base, "m.c"), "w", encoding="utf-8") as out:
        out.write(text)
    program = os.path.join(base, "run")
    made = subprocess.run(["gcc", "-std=c99", "-O0", "-w", "-Iruntime/kernels", "-I" + folder,
                           "-Wl,--defsym=model_under_test=%s_model" % prefix, "-o", program,
                           os.path.join(folder, "report.o"), os.path.join(base, "m.c"),
                           os.path.join(build, "libnn.a"), "-Wl,--as-needed"] + link_flags(build),
                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    if made.returncode:
        return None
    try:
        status = subprocess.run([program], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=60,
                                check=False).returncode
    except subprocess.TimeoutExpired:
        status = 1  # a loop without end is seen
    os.remove(program)
    return status != 0


def link_flags(build):
    with open(os.path.join(build, "nn.link"), encoding="utf-8") as f:
        return f.read().split()


def generate(nnc, model, folder):
    c = os.path.join(folder, "m.c")
    subprocess.run([nnc, "--selftest", model, "-o", c], check=True)
    with open(c, encoding="utf-8") as f:
        text = f.read()
    return text, re.search(r"^const nn_model (\w+)_model", text, re.M).group(1)


def main():
    nnc, build, folder, every = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
    counts = [0, 0, 0]  # seen, not seen, the same
    for model in sys.argv[5:]:
        text, prefix = generate(nnc, model, folder)
        original = text.split("\n")
        if try_one((build, folder, prefix, 0, text)) is not False:
            sys.exit("%s: its selftest fails as it is" % model)
        planted = list(mistakes(text))[::every]
        with ThreadPoolExecutor(2) as pool:
            seen = list(pool.map(try_one, [(build, folder, prefix, k, t) for k, (_, _, t) in enumerate(planted)]))
        for (line, name, changed), verdict in zip(planted, seen):
            if verdict is None:
                continue
            near = "\n".join(original[line - 1:line + 2])
            kind = 0 if verdict else 2 if SAME.search(near) else 1
            counts[kind] += 1
            if kind == 1:
                print("%s: line %d, %s: %s => %s" % (model, line, name, original[line - 1].strip(),
                                                     changed.split("\n")[line - 1].strip()))
        print("%s: seen %d of %d" % (model, sum(v is True for v in seen), sum(v is not None for v in seen)))
    print("all: seen %d of %d; %d more change nothing" % (counts[0], counts[0] + counts[1], counts[2]))
    return 1 if counts[0] < 0.98 * (counts[0] + counts[1]) else 0


if __name__ == "__main__":
    sys.exit(main())
