"""The numbers in the comments of generated C are those of the derivation.

    numbers.py DERIVATION.txt MODEL.c

In: what nnc derive prints, and the C of the same model. A comment `(7) δa2[b] = ...` whose value has a name of the
model must have the number of the equation whose left side begins so: δa₂. Out: on standard output how many agree; exit
status 1, and what differs, where one does not.
"""
import re
import sys
import unicodedata

LOWERED = {"ᵦ": "β", "ᵧ": "γ", "ᵨ": "ρ", "ᵩ": "φ", "ᵪ": "χ"}


def plain(text):
    """δaₛ⁽¹⁾ as δas: without what is written below and above."""
    text = re.sub("⁽.*?⁾", "", "".join(LOWERED.get(c, c) for c in text))
    return re.sub(r"[_.,]", "", unicodedata.normalize("NFKC", text))


def equations(path):
    """{number: what stands left}"""
    out, left = {}, ""
    for line in open(path, encoding="utf-8"):
        if re.match(r"  \S", line):
            left = re.sub(r"\[.*", "", line.split(" = ")[0].strip())
        number = re.search(r" \((\d+)\)(   from .*)?$", line)
        if number:
            out[int(number.group(1))] = left
    return out


derived, agree, wrong = equations(sys.argv[1]), 0, []
for number, label in re.findall(r"^ +(?:/\* )?\((\d+)\) (\S+?)(?:\[\S*)? = ",
                                open(sys.argv[2], encoding="utf-8").read(), re.M):
    if re.match(r"%|[vsa]\d+$|out$|d[A-Za-z]", label):
        continue  # no name of the model, or a gradient where it is written to
    left = plain(derived.get(int(number), "nothing"))
    if left.startswith(plain(label)):
        agree += 1
    else:
        wrong.append(f"({number}) is {label} in C, {derived.get(int(number))} in the derivation")
print(agree, "agree")
print("\n".join(wrong))
sys.exit(bool(wrong))
