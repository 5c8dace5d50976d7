#!/bin/sh
# slow: compiles two models with three compilers
# Generated C in somebody else's program: two models side by side, memory from the caller, C or C++, and nothing
# needed but the runtime's kernels, libm and memcpy's family.
. tests/lib.sh

for name in first second; do
  cat >"$work/$name.nn" <<END
model $name
input x[2]
input y
h = tanh(dense(x, 4))
p = sigmoid(sum(dense(h, 1)))
loss L = bce(p, y)
output q = p
minimize L with adam(0.05)
train { batch = 4 }
END
  check "$name is generated" generate "$work/$name.nn" "$work"
done

cat >"$work/user.c" <<'END'
#include <math.h>
#include <stdio.h>
#include "first.h"
#include "second.h"
#define I 7     /* names that a user may have */
#define min 8

static first a;
static second b;

int main(void) {
  const float x[8] = {0, 0, 0, 1, 1, 0, 1, 1}, y[4] = {0, 1, 1, 0};
  float p[4], q[4], before, after = 0;
  int i;
  first_init(&a, 1);
  second_init(&b, 1);
  before = first_step(&a, 4, x, y);
  for (i = 0; i < 500; i++) after = first_step(&a, 4, x, y);
  first_q(&a.param, &a.work, 4, x, p);
  second_q(&b.param, &b.work, 4, x, q);
  printf("%g %g %g %g\n", (double)before, (double)after, (double)p[1], (double)q[1]);
  if (!isnan(first_L(&a.param, &a.work, FIRST_BATCH + 1, x, y))) return 2;
  if (a.step != 501 || b.step != 0) return 3;
  return after < before / 4 && p[1] > 0.7f && p[3] < 0.3f ? 0 : 1;
}
END
cp "$work/user.c" "$work/user.cc"

build_and_run() { # COMPILER
  # shellcheck disable=SC2086 # several words
  $1 -std=c99 -Iruntime/kernels -I"$work" -o "$work/user" "$work/user.c" "$work/first.c" "$work/second.c" \
    "${LIBRARY:-$BUILD}/libnn.a" $LINK &&
    $RUN "$work/user"
}
if [ -n "$RUN" ]; then # on another machine: machines.sh
  check "two models in one program" build_and_run "$CC"
  exit 0
fi
for compiler in gcc clang tcc; do # products here are small: no call of nn_gemm, whose threads tcc could not link
  if have $compiler; then check "two models in one program by $compiler" build_and_run $compiler
  else skip "two models in one program by $compiler" "$compiler is not installed"; fi
done

from_cxx() {
  for name in first second; do gcc -std=c99 -O2 -Iruntime/kernels -I"$work" -c "$work/$name.c" -o "$work/$name.o" ||
    return 1; done
  # shellcheck disable=SC2086 # several words
  g++ -std=c++11 -Wall -Wextra -Werror -Iruntime/kernels -I"$work" -o "$work/user" "$work/user.cc" "$work/first.o" \
    "$work/second.o" \
    "$BUILD/libnn.a" $LINK && "$work/user"
}
if have g++; then check "from C++" from_cxx; else skip "from C++" "g++ is not installed"; fi

gcc -std=c99 -O2 -Iruntime/kernels -I"$work" -c "$work/first.c" -o "$work/first.o"
nm -u "$work/first.o" | awk '{ print $2 }' |
  grep -Evx 'nn_[a-z0-9_]*|mem(cpy|set|move)|[a-z0-9]*f|_GLOBAL_OFFSET_TABLE_|__stack_chk_fail' >"$work/strangers"
empty "needs nothing but the runtime" "$work/strangers"
nm -g --defined-only "$work/first.o" | awk '$3 !~ /^first_/' >"$work/strangers"
empty "every name has the model's prefix" "$work/strangers"

# Models whose names C or its headers have: the struct would clash. A word of C is fine as a prefix, and its struct gets
# a _.
for name in exp int xor time gamma; do
  printf 'param w ~ normal(0, 1)\nloss L = w^2\nminimize L with sgd\n' >"$work/$name.nn"
  check "a model may be called $name" generate "$work/$name.nn" "$work"
  struct=$(sed -n 's/^} \([a-z_]*\);$/\1/p' "$work/$name.h" | tail -1)
  includes='#include <math.h>\n#include <string.h>\n#include <time.h>\n#include "%s.h"\n'
  printf "$includes"'static %s m;\nint main(void) { %s_init(&m, 1); return 0; }\n' \
    "$name" "$struct" "$(prefix_of "$work/$name.h")" >"$work/use_$name.c"
  check "and a program uses it beside the headers" ${CC:-cc} -std=gnu11 -Wall -Wextra -Werror -Iruntime/kernels \
    -I"$work" -c \
    -o "$work/use_$name.o" "$work/use_$name.c"
done
