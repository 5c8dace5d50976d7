#!/bin/sh
# Derivations in files of their own: the exercise of docs/, a table of who is right and who is not, as text, JSON and
# JUnit's XML; the exit statuses; and that a file of derivations cannot change what it is held against.
. tests/lib.sh

exercise=docs/exercise
cp -r $exercise "$work/exercise"
cd "$work/exercise" || exit 1

"$nnc" check perceptron.nn hand/*.nn --time-limit 1 --junit "$work/grades.xml" >"$work/table" 2>"$work/err"
status=$?
cat >"$work/expected" <<'END'
who    verdict     proved  holds  wrong  line
ana    right            5      0      0
ben    wrong            0      0      4     3
carla  wrong            3      0      1     7
dirk   error            0      0      0     5
eva    unfinished       0      0      4     4
fritz  wrong            3      0      1
6 files: 1 right, 3 wrong, 1 error, 1 unfinished
END
{ grep -v files: "$work/table" | cut -c1-45 | sed 's/ *$//'; tail -1 "$work/table"; } >"$work/columns"
if diff "$work/expected" "$work/columns" >"$work/diff"; then ok "a table of six derivations"
else not_ok "a table of six derivations" - <"$work/diff"; fi
check "ben's sign is the cause" grep -q '^ben .*sign' "$work/table"
check "carla has a cause" grep -Eq '^carla .{39,}[a-z]' "$work/table"
check "fritz misses a name" grep -q "^fritz .*'dW1' is not defined" "$work/table"
check "eva has no end" grep -q '^eva .*no end within 1 s' "$work/table"
empty "a table, and nothing beside it" "$work/err"
[ $status -eq 1 ] && ok "status 1 where something is wrong" || not_ok "status 1 where something is wrong" "$status"

check "status 0 where all is right" "$nnc" check perceptron.nn hand/ana.nn
fails "the model alone waits for answers" 0 "'dW1' is to be defined in a file of its own" "$nnc" check perceptron.nn
fails "one file: what is refuted" 1 'check grad\(L, z\) == dz: refuted' "$nnc" check perceptron.nn hand/ben.nn
fails "one file: an error with its place" 1 'hand/dirk.nn:5:10: error: ' "$nnc" check perceptron.nn hand/dirk.nn
fails "a file that is not there" 2 "cannot read 'hand/no.nn'" "$nnc" check perceptron.nn hand/no.nn
fails "a file that is not there costs no other its verdict" 2 '^hand/ana +right' "$nnc" check perceptron.nn \
  hand/ana.nn no.nn
sed "s/^loss L =/loss L = -*/" perceptron.nn >broken.nn
fails "a model with an error" 1 "broken.nn:16:[0-9]*: error" "$nnc" check broken.nn hand/ana.nn

# Whose names: nothing in such a file changes the model, and what nnc derives is no answer.
right() { # all but the definition of one name
  cat <<'END' | grep -v "^$1 ="
dz = softmax(z) - onehot(y, 3)
dW2 = outer(dz, h)
da = (W2' @ dz) * (1 - h^2)
dW1 = outer(da, x) + decay*W1
END
}
refuses() { # NAME PATTERN REPLACED; its definition on standard input
  { right "$3"; cat; } >own.nn
  fails "$1" 1 "$2" "$nnc" check perceptron.nn own.nn
}
allows() { # NAME REPLACED
  { right "$2"; cat; } >own.nn
  check "$1" "$nnc" check perceptron.nn own.nn
}
echo 'L = 0' | refuses "the loss cannot be defined anew" "'L' is already defined" none
echo 'const decay = 0' | refuses "nor a constant" "'decay' is already defined" none
echo 'fn softmax(x) = x' | refuses "nor a function of the prelude" "'softmax' is already defined" none
echo 'fn tanh(x) = x' | refuses "nor a built-in one" "'tanh' is already defined" none
echo 'rule tanh(x) => x' | refuses "no rules" "'rule' cannot stand in a file of derivations" none
echo 'derivative tanh(x) = 1' | refuses "no derivatives of functions" "'derivative' cannot stand" none
echo 'import "hand/ana.nn"' | refuses "no imports" "'import' cannot stand" none
echo 'param Q[3]' | refuses "no parameters" "'param' cannot stand" none
echo 'q = dense(h, 3)' | refuses "nor a layer's" "makes a parameter, a state or a draw" none
echo 'dW2 = grad(L, W2)' | refuses "nnc's gradient is no answer" "nnc's own derivative" dW2
echo 'dW2 = ∂L/∂W2' | refuses "nor in other words" "nnc's own derivative" dW2
printf 'g = grad\ndW2 = g(L, W2)\n' | refuses "nor under another name" "nnc's own derivative" dW2
printf 'fn f(a) = grad(a, W2)\ndW2 = f(L)\n' | refuses "nor by way of a function" "nnc's own derivative" dW2
echo 'check 0 == 0' | refuses "another check in its place" "'dW2' is not defined" dW2
echo 'dW2 = outer(h, dz)' | refuses "another shape" "asked for here" dW2
echo 'dW2[i < 3, j < 5] = log(-1 - x[0]^2)' | refuses "no value at all" "refuted|no value" dW2
echo 'dW2[i, j] = where(i < 1, dz[i]*h[j], log(-1 - x[0]^2))' |
  refuses "no value for some elements" "no value there" dW2
echo 'dW2[i, j] = where(x[0] > 0, dz[i]*h[j], log(x[0]))' | refuses "no value for some inputs" "no value there" dW2
printf 'dW2 = outer(dz, h)*(1 + T)\nT[i < 3, j < 5] = i\n' |
  refuses "a definition that comes too late" "unknown name 'T'" dW2
printf 'i = 0\nj = 0\nk = 2\ndW2[a < 3, b < 5] = where(a == 0 and b == 0, dz[0]*h[0], 7)\n' |
  refuses "an index of one's own changes no check" ": refuted" dW2
printf 'fn f(u) = f(u)\ndW2 = f(h)\n' | refuses "a call without an end" "calls itself without an end" dW2
printf 'const c = 1\nfn f(u) = c*u\ndW1 = f(outer(da, x)) + decay*W1\n' |
  allows "functions and constants of one's own" dW1
printf 'scan t < 3 { init s = 0; s[t] = s[t-1] + 1 }\ncheck s[2] == 3\ncheck grad(L, h) == W2%s @ dz\n' "'" |
  allows "a recurrence; checks of nnc's derivatives" none
sed 's/^minimize/output g = grad(L, W2)\nminimize/' perceptron.nn >leaky.nn
{ right dW2; echo 'dW2 = g'; } >own.nn
fails "the model's own derivative under a name" 1 "made of the derivative that it is asked to be equal to" "$nnc" \
  check leaky.nn own.nn

printf 'input x\nv = x^2\nasked dv\ncheck grad(v, x) == dv\noutput u = dv\n' >early.nn
fails "the model cannot use what it asks for" 1 "'dv' is asked for: a file of derivations defines it" "$nnc" check \
  early.nn
printf 'input x\nv = x^2\nasked v\ncheck grad(v, x) == v\n' >twice.nn
fails "nor define it" 1 "'v' is asked for, and defined already" "$nnc" check twice.nn
printf 'input x\nv = x^2\n' >plain.nn
echo 'd = 2*x' >none.nn; printf 'd = 2*x\ncheck grad(v, x) == d\n' >some.nn
printf 'input x\nv = x^2\ncheck v == x*x\n' >plain.nn
fails "a file without a check shows nothing" 1 '^none +empty .*it checks nothing' "$nnc" check plain.nn none.nn some.nn
check "a model that asks for nothing" "$nnc" check plain.nn some.nn

if have python3; then
  cat >"$work/read.py" <<'END'
import json, subprocess, sys, xml.dom.minidom
nnc, junit = sys.argv[1:]
def of(*files):
    command = [nnc, "check", *files, "--format", "json", "--time-limit", "1"]
    return json.loads(subprocess.run(command, stdout=subprocess.PIPE).stdout)
all = {g["who"]: g for g in of("perceptron.nn", "hand/ana.nn", "hand/ben.nn", "hand/dirk.nn", "hand/fritz.nn")}
assert [g["verdict"] for g in all.values()] == ["right", "wrong", "error", "wrong"], all
assert all["ben"]["line"] == 3 and all["fritz"]["line"] is None and all["dirk"]["errors"][0]["line"] == 5
first = all["ben"]["checks"][0]
assert first["asked"] and first["answer_line"] == 3 and first["left"] == "grad(L, z)" and first["verdict"] == "refuted"
assert first["at"] == {"i": 0} and first["left_value"] == -first["right_value"] != 0
assert first["differing"] == first["elements"] == 3
alone = of("perceptron.nn")
assert alone["who"] is None and len(alone["gradients"]) == 4 and alone["gradients"][0]["verdict"] == "agrees"
assert [c["verdict"] for c in alone["checks"]] == ["asked"] * 4 and alone["schema"] == 1
suites = xml.dom.minidom.parse(junit).getElementsByTagName("testsuite")
found = [tuple(s.getAttribute(a) for a in ("name", "tests", "failures", "errors")) for s in suites]
assert found == [("ana", "5", "0", "0"), ("ben", "4", "4", "0"), ("carla", "4", "1", "0"), ("dirk", "1", "0", "1"),
                 ("eva", "4", "0", "4"), ("fritz", "4", "1", "0")], found
for s in suites:
    assert len(s.getElementsByTagName("testcase")) == int(s.getAttribute("tests"))
    assert len(s.getElementsByTagName("failure")) == int(s.getAttribute("failures"))
END
  check "JSON and XML say the same" python3 "$work/read.py" "$nnc" "$work/grades.xml"
else
  skip "JSON and XML say the same" "python3 is not installed"
fi

fails "--junit belongs to check" 2 "only check takes it" "$nnc" perceptron.nn --junit x.xml
fails "--format json too" 2 "no format .json." "$nnc" show perceptron.nn --format json
fails "a time limit is a number" 2 'needs seconds' "$nnc" check perceptron.nn --time-limit soon
fails "what is read is not overwritten" 2 'would overwrite what is read' "$nnc" check perceptron.nn hand/ana.nn \
  --junit hand/ana.nn
fails "a time limit for the model alone" 1 'no verdict, no end within 0.001 s' sh \
  -c "printf '%s\n' 'u[k < 2000, l < 2000] = cos(k*l)' \
    'check sum(k < 2000, l < 2000, m < 2000) u[k, l]*u[l, m]*u[m, k] == 1' >long.nn
    $nnc check long.nn --time-limit 0.001"
