#!/bin/sh
# The command line: exit status 0 fine, 1 the user's model or data, 2 usage or a file; and never half a file.
. tests/lib.sh

model() { cat >"$work/$1.nn"; }
model good <<'END'
model good
input x[2]
input y
h = tanh(dense(x, 3))
loss L = (sum(dense(h, 1)) - y)^2
minimize L with sgd(0.1)
train { batch = 4 }
END
model misspelt <<'END'
model misspelt
input x[2]
h = tanhh(x)
loss L = sum(h)
END
model two_errors <<'END'
model two_errors
input x[2]
a = x + zeros(3)
b = unknown_name
loss L = sum(x)
END

fails "no arguments" 2 'usage|no model' "$nnc"
fails "an unknown option" 2 'frobnicate' "$nnc" --frobnicate "$work/good.nn"
fails "a misspelt command gets a suggestion" 2 "check" "$nnc" chek "$work/good.nn"
fails "a missing file" 2 'no such file|cannot (open|read)' "$nnc" "$work/absent.nn" -o "$work/a.c"
fails "a folder in place of a file" 2 'directory|cannot (open|read)' "$nnc" "$work" -o "$work/a.c"
fails "an output that cannot be written" 2 'cannot write|no such file' "$nnc" "$work/good.nn" -o "$work/absent/a.c"
fails "an unknown stage" 2 'ast' "$nnc" --emit=nonsense "$work/good.nn"
fails "an unknown constant of -D" 1 'nosuch' "$nnc" -D nosuch=3 "$work/good.nn" -o "$work/a.c"
fails "a misspelt function gets a suggestion" 1 "tanh'" "$nnc" "$work/misspelt.nn" -o "$work/a.c"
fails "several errors in one run" 1 'two_errors.nn:4' "$nnc" "$work/two_errors.nn" -o "$work/a.c"
fails "... and the first of them" 1 'two_errors.nn:3' "$nnc" "$work/two_errors.nn" -o "$work/a.c"
ls "$work"/a.c* "$work"/a.h* >"$work/left" 2>/dev/null
empty "no file after an error" "$work/left"

check "help" "$nnc" --help
check "version" "$nnc" --version
check "the prelude" "$nnc" --prelude
"$nnc" --prelude >"$work/prelude.nn" 2>/dev/null
same "the prelude is its files, one after the other" "$BUILD/prelude.nn" "$work/prelude.nn"
check "C" "$nnc" "$work/good.nn" -o "$work/good.c"
[ -f "$work/good.h" ] && ok "... and its header" || not_ok "... and its header"
mkdir "$work/two"
check "another prelude" "$nnc" --prelude "$work/prelude.nn" "$work/good.nn" -o "$work/two/good.c"
same "... of the same text" "$work/good.c" "$work/two/good.c"
for stage in ast graph adjoint plan c; do check "--emit=$stage" "$nnc" --emit=$stage "$work/good.nn"; done
check "show" "$nnc" show "$work/good.nn"
cat >"$work/kinds.nn" <<'END'
dim T <= 4
input r[T], c : class(3), i : int, b : bit
output y = sum(r) + c + i + b
END
"$nnc" show "$work/kinds.nn" >"$work/kinds.txt"
for kind in 'T .* extent(4)' 'r .* real' 'c .* class(3)' 'i .* int' 'b .* bit'; do
  check "show names the kind of an input: $kind" grep -q "^  $kind\$" "$work/kinds.txt"
done
check "check" "$nnc" check "$work/good.nn"
check "derive" "$nnc" derive "$work/good.nn"
fails "derive takes a name" 1 'no value|does not depend' "$nnc" derive --wrt nothing "$work/good.nn"
fails "a format that derive has not" 2 'no format' "$nnc" derive --format dot "$work/good.nn"
fails "--wrt is derive's" 2 'only derive' "$nnc" --wrt x "$work/good.nn"
check "a program" "$nnc" "$work/good.nn" -o "$work/good"
check "info" "$work/good" info

# Sizes that no machine has are refused with the arithmetic, at once.
model huge <<'END'
model huge
input x[100000]
loss L = sum(dense(x, 100000))
minimize L with adam(1e-3)
END
fails "a value of more than 2^31-1 elements" 1 '100000.*100000' "$nnc" "$work/huge.nn" -o "$work/huge.c"
model large <<'END'
model large
input x[20000]
loss L = sum(dense(x, 20000))
minimize L with adam(1e-3)
END
fails "a trainer of more than --max-memory" 1 'max-memory' "$nnc" --max-memory=1G "$work/large.nn" -o "$work/large.c"

# Hostile text: a message, never a crash or a hang.
hostile() { # NAME
  timeout 20 "$nnc" "$work/$1.nn" -o "$work/hostile.c" >"$work/out" 2>&1
  status=$?
  if [ $status -eq 1 ] && grep -q "$1.nn:[0-9]*:[0-9]*: error:" "$work/out"; then ok "hostile: $1"
  else { head -c 1000 "$work/out"; echo; echo "(status $status)"; } | not_ok "hostile: $1" -; fi
}
{ printf 'x = '; head -c 100000 /dev/zero | tr '\0' '('; } >"$work/parentheses.nn"; hostile parentheses
{ printf 'x = '; head -c 100000 /dev/zero | tr '\0' '-'; echo 1; } >"$work/minuses.nn"; hostile minuses
printf 'x = 1\0002\n' >"$work/nul.nn"; hostile nul
printf 'x = \377\376\n' >"$work/utf8.nn"; hostile utf8
printf 'x = 1e999\n' >"$work/infinite.nn"; hostile infinite
printf 'import "itself.nn"\nloss L = q\n' >"$work/itself.nn"; hostile itself
printf 'fn f(x) = f(x)\ninput x\nloss L = f(x)\n' >"$work/recursion.nn"; hostile recursion
printf 'input x\nfor i < 1000000000 { x = x + 1 }\nloss L = x\n' >"$work/forever.nn"; hostile forever
printf 'input x\nloss L = x[0]\n' >"$work/rank.nn"; hostile rank
printf '' >"$work/empty.nn"
timeout 20 "$nnc" "$work/empty.nn" -o "$work/hostile.c" >"$work/out" 2>&1
[ $? -le 1 ] && ok "hostile: empty" || not_ok "hostile: empty" - <"$work/out"
