#!/bin/sh
# Every call for memory or of a file fails once (tests/judge/faults.c): the program says so and ends, and what it would
# have written is as before, or whole. And under a limit of memory nothing hangs.
# slow: some thousand short runs, one for each call that fails
. tests/lib.sh
unset LIBRARY

classifier m 'batch = 4, epochs = 2, validate = 0.3, patience = 2, standardize = x'
cp "$work/m.nn" "$work/full.nn"
sed -i.bak 's/adam(1e-2)/lbfgs()/; s/train {.*/train { epochs = 3 }/' "$work/full.nn"
cd "$work" || exit 1
{ "$nnc" m.nn -o m && "$nnc" full.nn -o full; } >log 2>&1 || { not_ok "programs" - <log; exit 1; }
printf '1,2\n3,4\n5,6\n7,8\n1,1\n2,2\n3,3\n' >x.csv
printf '0\n1\n2\n0\n1\n2\n0\n' >y.csv
gzip -c x.csv >x.csv.gz

# ---- a limit of memory: each program ends soon, with what it should write or a message; OpenBLAS alone would try for
# ever ----

under_limits() { # PROGRAM WORDS...: enough memory, and ever less
  for kib in 4000000 1000000 400000 150000 80000 50000; do
    rm -f limited.st
    (ulimit -v $kib; timeout 20 "$@" x=x.csv y=y.csv --quiet --save limited.st) >out 2>&1 </dev/null
    status=$?
    if [ $status -eq 0 ] && [ -s limited.st ]; then continue; fi
    if [ $kib -lt 4000000 ] && [ $status -eq 2 ] && grep -q 'not enough memory' out; then continue; fi
    if [ $kib -lt 100000 ] && [ $status -eq 127 ] && grep -q 'shared' out; then continue; fi # the loader's own words
    if [ $kib -lt 100000 ] && grep -q '^OpenBLAS' out; then continue; fi # OpenBLAS's, before main
    echo "ulimit -v $kib: status $status"
    cat out
  done
}
for program in m full; do
  under_limits ./$program train >log
  empty "$program under a limit of memory" log
  under_limits ./$program train --threads 2 >log
  empty "$program under a limit of memory, two threads" log
done

# ---- calls that fail ----

if ! $CC -shared -fPIC -O1 -o faults.so "$root/tests/judge/faults.c" -ldl >log 2>&1 || [ "$(uname)" != Linux ]; then
  skip "calls that fail" "no hardware, the library that fails them needs glibc"
  exit 0
fi

OPENBLAS_NUM_THREADS=1
export OPENBLAS_NUM_THREADS

# one_fault KIND N OUT COMMAND...: OUT.whole is what OUT should become, OUT.old what it is before.
one_fault() {
  kind=$1 at=$2 out=$3; shift 3
  cp "$out.old" "$out"
  rm -f done "$out".*new* "$out".tmp*
  timeout 20 env LD_PRELOAD=./faults.so FAULT="$kind" FAULT_AT="$at" FAULT_DONE=done "$@" >said 2>&1 </dev/null
  status=$?
  [ $status -eq 0 ] || [ $status -eq 2 ] || { echo "$kind call $at: status $status"; cat said; }
  [ $status -eq 0 ] || grep -q '^error: \|^nnc: ' said || { echo "$kind call $at: no message"; cat said; }
  if [ $status -eq 0 ]; then cmp "$out" "$out.whole" || echo "$kind call $at: said to be done"
  elif [ -z "${by_lines:-}" ]; then cmp "$out" "$out.old" >same 2>&1 || cmp "$out" "$out.whole" >same 2>&1 ||
    echo "$kind call $at: half a file"; fi
  for left in "$out".*new* "$out".tmp*; do [ ! -e "$left" ] || echo "$kind call $at leaves $left"; done
}

# all_faults KIND STEP OUT COMMAND...: one after the other, each by a STEP-th part later, until the program ends before
# it.
all_faults() {
  kind=$1 step=$2 out=$3 at=1; shift 3
  "$@" >said 2>&1 </dev/null || { echo "without a fault:"; cat said; return; }
  cp "$out" "$out.whole"
  printf 'what was there' >"$out.old"
  while [ $at -lt 1000000 ]; do
    one_fault "$kind" $at "$out" "$@"
    [ ! -e done ] || break
    at=$((at + 1 + at / step))
  done
}

faults() { # NAME STEP OUT COMMAND...
  name=$1; shift
  for kind in memory files; do
    all_faults $kind "$@" >log 2>&1
    empty "$name, $kind" log
  done
}

faults "train" 40 t.st ./m train x=x.csv.gz y=y.csv --save t.st --quiet
cp t.st.whole at.st
by_lines=1
faults "train, history" 40 h.csv ./m train x=x.csv y=y.csv --history h.csv --quiet
by_lines=
faults "resume" 20 r.st ./m train x=x.csv y=y.csv --resume at.st --epochs 4 --save r.st --quiet
faults "a full-batch method" 20 f.st ./full train x=x.csv y=y.csv --save f.st --quiet
faults "gradient" 20 g.safetensors ./m grad x=x.csv y=y.csv --load at.st -o g.safetensors
for kind in csv npy safetensors txt; do faults "predict to $kind" 10 p.$kind ./m predict x=x.csv --load at.st \
  -o p.$kind; done
faults "compiling" 2 m.c "$nnc" m.nn -o m.c
faults "the header beside it" 3 m.h "$nnc" m.nn -o m.c
