#!/usr/bin/env python3
"""Trains the model pages on real data beside PyTorch, and prints the table of docs/figures.md.

In:   the studies of the modules beside this file; build/nnc; ../shared/data.
Out:  a row for each figure: the mean over the seeds with nnc, with PyTorch on its own (initial values and order of the
      rows drawn by itself), and with PyTorch in step with nnc (the same initial values and order); seconds of an epoch.
      Exit status 1 where nnc and PyTorch in step differ by more than 2% in the figure by which the page is judged.

Use:  figures.py [--seeds N] [--in-step] [NAME ...]      all studies where no name is given
      --in-step leaves out PyTorch on its own
"""

import argparse
import importlib
import os
import pathlib
import re
import subprocess
import sys

try:
    import study
except ImportError as missing:
    sys.exit(f"make figures compares with PyTorch: {missing.name} is not installed")

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("BUILD", "build"))
MODULES = ("autoencoder", "mixtures", "images", "regressions", "classifiers", "language", "transformer", "latent")
MOST = 0.02


# ---- nnc's side -----------------------------------------------------------------------------------------------------

def command(arguments):
    """What it printed; its own words and the end where it failed."""
    done = subprocess.run([str(a) for a in arguments], cwd=ROOT, capture_output=True, text=True,
                          env={**os.environ, "OMP_NUM_THREADS": "1"}, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, arguments))}\n{done.stdout}{done.stderr}")
    return done.stdout


def compiled(s, folder):
    program = folder / s.title().replace(", ", "_").replace(" ", "_")
    command([(ROOT / BUILD / "nnc"), *s.options, f"models/{s.page}.nn", "-o", program])
    return program


def data_arguments(s, folder):
    def named(files, prefix):
        return [f"{prefix}{x}={study.path_of(f, folder)}{f[len(f.split(':')[0]):]}" for x, f in files.items()]

    def which(rows):
        return f"{study.path_of(rows, folder)}:{rows.split(':')[1]}" if ":" in rows else rows
    found = named(s.data, "") + (named(s.test, "test.") if s.test else [])
    found += ["--rows", which(s.rows)] if s.rows else []
    return found + (["--test-rows", which(s.test_rows)] if s.test_rows else [])


def train(s, program, folder, seed):
    """(figures, seconds of an epoch, initial values)."""
    data, saved = data_arguments(s, folder), program.with_suffix(".trained.safetensors")
    start, settings = program.with_suffix(".start.safetensors"), ["--seed", seed, "--epochs"]
    command([program, "train", *data, *settings, 0, "--save", start])
    if s.validate:
        data += ["--validate", s.validate, "--patience", s.patience]
    said = command([program, "train", *data, *settings, s.epochs, "--batch", s.batch, "--save", saved])
    seconds = [float(t) for t in re.findall(r"  (\S+) s$", said, re.M)]
    prefix = "test."
    if not (s.test or s.test_rows):
        said, prefix = command([program, "test", *data, "--load", saved]), ""
    found = dict(re.findall(rf"^{prefix}(\w+) (\S+)$", said, re.M))
    return {k: float(v) for k, v in found.items()}, sum(seconds) / len(seconds), study.read_parameters(start)


# ---- beside each other ----------------------------------------------------------------------------------------------

def mean(values):
    return sum(values) / len(values)


def spread(values):
    """Mean, and the standard deviation over the seeds."""
    m = mean(values)
    text = f"{m:.4g}"
    return text if len(values) == 1 else f"{text} ± {(sum((v - m)**2 for v in values) / (len(values) - 1))**0.5:.1g}"


def compare(s, seeds, own):
    """The rows of one study, and whether nnc and PyTorch in step agree."""
    folder = ROOT / BUILD / "figures"
    folder.mkdir(parents=True, exist_ok=True)
    if s.make:
        s.make(folder)
    program, runs = compiled(s, folder), []
    for seed in range(1, seeds + 1):
        nnc, seconds, start = train(s, program, folder, seed)
        step, step_seconds = study.train(s, seed, folder, start)
        alone = study.train(s, seed, folder)[0] if own else None
        runs.append((nnc, step, alone, seconds, step_seconds))
    return rows(s, runs)


def rows(s, runs):
    agree, times = True, f"{mean([r[3] for r in runs]):.2g} | {mean([r[4] for r in runs]):.2g}"
    for name in runs[0][1]:
        nnc, step = [r[0][name] for r in runs], [r[1][name] for r in runs]
        off = abs(mean(nnc) - mean(step)) / max(abs(mean(step)), 1e-30)
        agree = agree and (off <= MOST or name != s.figure)
        alone = spread([r[2][name] for r in runs]) if runs[0][2] else ""
        print(f"| {s.title()} | {name} | {spread(nnc)} | {spread(step)} | {100 * off:.2g}% | {alone} | {len(runs)} | "
              f"{times} |", flush=True)
    return agree


def main():
    reader = argparse.ArgumentParser()
    reader.add_argument("--seeds", type=int)
    reader.add_argument("--in-step", action="store_true")
    reader.add_argument("names", nargs="*")
    options = reader.parse_args()
    studies = [s for m in MODULES for s in importlib.import_module(m).STUDIES]
    if options.names:
        studies = [s for s in studies if s.page in options.names]
    if not study.DATA.is_dir():
        sys.exit(f"make figures trains on {study.DATA}, which is not there")
    print("| page | figure | nnc | PyTorch in step | differ by | PyTorch on its own | seeds | s/epoch, nnc | PyTorch |")
    print("|---|---|---:|---:|---:|---:|---:|---:|---:|")
    good = [compare(s, options.seeds or s.seeds, not options.in_step) for s in studies]
    sys.exit(0 if all(good) else 1)


if __name__ == "__main__":
    main()
