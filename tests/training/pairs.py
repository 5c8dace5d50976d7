#!/usr/bin/env python3
"""English-French sentences as numbers, for models/translator.nn and models/seq2seq.nn.

In:   ../shared/data/eng_fra/fra-30k.txt, a pair on a line, English TAB French.
Out:  in FOLDER: train.csv and test.csv, a line for each pair: S, T, then 12 words of the source, then 12 of the target.
Word 0
      ends the French sentence, word 1 is any that is not among the WORDS most frequent; beyond S and T stand zeros.
      english.txt and french.txt hold the words, in the order of their numbers. No English sentence is in both files.

Use:  pairs.py FOLDER [WORDS]                     writes them
      pairs.py --read FOLDER greedy.csv           prints source, reference and translation of the first test rows
"""

import collections
import pathlib
import random
import re
import sys

PAIRS = pathlib.Path(__file__).resolve().parents[3] / "shared" / "data" / "eng_fra" / "fra-30k.txt"
LONGEST, TEST, SPECIAL = 12, 0.05, ["<end>", "<unknown>"]


def words(sentence):
    return re.findall(r"[\w']+|[^\w\s]", sentence.lower().replace("\u202f", " ").replace("\u2019", "'"))


def vocabulary(sentences, size):
    counts = collections.Counter(w for s in sentences for w in s)
    return SPECIAL + [w for w, _ in counts.most_common(size - len(SPECIAL))]


def line(english, french, source, target):
    x, y = ([known.get(w, 1) for w in s] for known, s in ((source, english), (target, french)))
    y.append(0)
    cells = [len(x), len(y), *x, *[0] * (LONGEST - len(x)), *y, *[0] * (LONGEST - len(y))]
    return ",".join(map(str, cells))


def write(folder, size):
    pairs = [[words(s) for s in row.split("\t")[:2]] for row in PAIRS.read_text("utf-8").splitlines()]
    pairs = [(e, f) for e, f in pairs if 0 < len(e) <= LONGEST and len(f) < LONGEST]
    lists = [vocabulary([p[side] for p in pairs], size) for side in (0, 1)]
    source, target = ({w: k for k, w in enumerate(known)} for known in lists)
    sentences = sorted({tuple(e) for e, _ in pairs})
    random.Random(1).shuffle(sentences)
    held = set(sentences[:int(TEST * len(sentences))])
    for name, inside in (("train", False), ("test", True)):
        rows = [line(e, f, source, target) for e, f in pairs if (tuple(e) in held) == inside]
        random.Random(2).shuffle(rows)
        (folder / f"{name}.csv").write_text("\n".join(rows) + "\n")
    for name, known in zip(("english", "french"), lists):
        (folder / f"{name}.txt").write_text("\n".join(known) + "\n", "utf-8")


def said(numbers, known):
    numbers = list(numbers)
    end = numbers.index(0) if 0 in numbers else len(numbers)
    return " ".join(known[k] for k in numbers[:end])


def read(folder, written):
    english, french = ((folder / f"{name}.txt").read_text("utf-8").splitlines() for name in ("english", "french"))
    rows = [[int(c) for c in row.split(",")] for row in (folder / "test.csv").read_text().splitlines()]
    answers = [[int(float(c)) for c in row.split(",")] for row in pathlib.Path(written).read_text().splitlines()[1:]]
    for row, answer in zip(rows, answers):
        print(f"{said(row[2:2 + row[0]], english)}  |  {said(row[2 + LONGEST:], french)}  |  {said(answer, french)}")


if __name__ == "__main__":
    if len(sys.argv) == 4 and sys.argv[1] == "--read":
        read(pathlib.Path(sys.argv[2]), sys.argv[3])
    elif len(sys.argv) in (2, 3):
        write(pathlib.Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) == 3 else 2000)
    else:
        sys.exit(__doc__)
