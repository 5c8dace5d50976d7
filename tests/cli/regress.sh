#!/bin/sh
# Models on which nnc was wrong once: their gradients agree with difference quotients, their C compiles and runs clean.
. tests/lib.sh

for m in tests/regress/*.nn; do
  name=$(base "$m")
  check "$name: checks and gradients" "$nnc" check "$m"
  check "$name: C under gcc's warnings" sh -c "'$nnc' '$m' -o '$work/$name.c' && gcc $STRICT -O1 -Iruntime -I'$work' -c '$work/$name.c' -o '$work/$name.o'"
done
