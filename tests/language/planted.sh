#!/bin/sh
# A fault of nnc in one check, whatever it is, costs only that check its verdict: the report names it, the other checks
# and the gradients are there, and the status says that it was nnc.
. tests/lib.sh

cat >"$work/model.nn" <<'END'
input x
param a = 1, b = 2, c = 3
loss L = (a*x + b)^2 + c^2
minimize L with sgd
check 2*a == a + a
check a + x == 77
check grad(L, c) == 2*c
check a - x == 77
check grad(L, c) == c
END

# FAULT PATTERN GRADIENTS: what is said of the lines that fail, and how many gradients agree.
planted() {
  FAULT=$1 "$BUILD/planted" check "$work/model.nn" >"$work/out" 2>"$work/err"
  status=$?
  grep -Ec "(check a [+-] x == 77|gradient L b): nnc failed: $2" "$work/out" >"$work/seen"
  grep -c 'check 2\*a == a + a: proved' "$work/out" >>"$work/seen"
  grep -c 'check grad(L, c) == 2\*c: proved' "$work/out" >>"$work/seen"
  grep -c 'check grad(L, c) == c: refuted' "$work/out" >>"$work/seen"
  grep -Ec "2 proved, 0 holds, 1 refuted; $3; nnc failed at $4" "$work/out" >>"$work/seen"
  echo "status $status" >>"$work/seen"
  printf '%s\n' "$4" 1 1 1 1 'status 3' >"$work/expected"
  if cmp -s "$work/expected" "$work/seen"; then ok "a fault: $1"
  else cat "$work/out" "$work/err" | not_ok "a fault: $1" -; fi
}

planted abort 'an internal error, shown above' '2 gradients agree' 3
planted end 'it ended with status 7' '2 gradients agree' 3
planted proof 'an internal error, shown above' '3 gradients agree' 2
if [ -z "${SANITIZE:-}" ]; then
  planted crash '.*\(signal 11\)' '2 gradients agree' 3
  planted recurse '.*\(signal 11\)' '2 gradients agree' 3
fi

# One in the search for the cause of a refutation costs no verdict at all.
searched() { # FAULT LINES THAT SAY SO
  FAULT=$1 "$BUILD/planted" check "$work/model.nn" >"$work/out" 2>"$work/err"
  status=$?
  said=$(grep -c 'nnc failed in the search for a cause' "$work/out")
  counts='2 proved, 0 holds, 3 refuted; 3 gradients agree'
  if [ $status -eq 1 ] && [ "$said" -eq "$2" ] && grep -q "$counts" "$work/out"
  then ok "a fault in the search for a cause: $1"
  else cat "$work/out" "$work/err" | not_ok "a fault in the search for a cause: $1" -; fi
}
if [ -z "${SANITIZE:-}" ]; then
  searched cause 3
  searched memory 0
fi
