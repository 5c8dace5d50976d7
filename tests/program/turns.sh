#!/bin/sh
# Losses that take turns: each draws for itself, whether a step is done whole or by workers; a step in which no loss
# acts leaves the states as they are, those that the caller has just set among them.
. tests/lib.sh

cat >"$work/pair.nn" <<'END'
model pair
input x
param a, b
z ~ normal(0, 1)
loss A = a*z*x
loss B = b*z*x
output both = a*x + 2*b
minimize A over a with sgd(1)
minimize B over b with sgd(1)
END
cat >"$work/idle.nn" <<'END'
model idle
input x
param a
state s = 3
s <- s + 1
loss A = a*x + s
minimize A every 2 with sgd(1)
END
cat >"$work/before.nn" <<'END'
model before
input x
param w, v
state s = 5
s <- s + w
loss A = (w - x)^2
loss B = v*w*x
minimize A over w with sgd(1)
minimize B over v every 2 with sgd(1)
END
for name in pair idle before; do check "$name is generated" generate "$work/$name.nn" "$work"; done

cat >"$work/user.c" <<'END'
#include <stdio.h>
#include "before.h"
#include "idle.h"
#include "pair.h"

static pair p;
static idle q;
static before r;

int main(void) {
  const float x[1] = {1};
  float e;
  pair_init(&p, 7);
  for (int k = 0; k < 3; k++) {                       /* w - g, where g is the noise itself */
    float a = p.param.a, b = p.param.b;
    nn_draw_normal(&e, 1, 0, 1, 7, NN_STREAM(1, k));
    a -= e;
    nn_draw_normal(&e, 1, 0, 1, 7, NN_STREAM(1, NN_TURN(1, k)));
    b -= e;
    pair_step(&p, 1, x);
    if (p.param.a != a || p.param.b != b) return 1;
    if (a == b) return 2;
  }
  before_init(&r, 1);
  r.param.w = 2;
  for (int k = 0; k < 2; k++) {                       /* of two turns the first knows w before the step */
    float w = r.param.w, s = r.state.s;
    before_step(&r, 1, x);
    if (r.state.s != s + w || r.param.w == w) return 5;
    r.param.w += 2;
  }
  idle_init(&q, 1);
  q.state.s = 10;
  idle_step(&q, 1, x);
  if (q.state.s != 10) return printf("%g\n", (double)q.state.s), 3;
  idle_step(&q, 1, x);
  return q.state.s == 11 ? 0 : 4;
}
END
build_and_run() {
  # shellcheck disable=SC2086 # several words
  cc -std=c99 -Iruntime/kernels -I"$work" -o "$work/user" "$work/user.c" "$work/pair.c" "$work/idle.c" \
    "$work/before.c" "$BUILD/libnn.a" $LINK && "$work/user"
}
check "each turn has draws of its own, and no turn changes no state" build_and_run

# One row for two workers: the step is done in shards, of which one is the whole batch.
printf '%s\n' x 1 1 1 >"$work/x.csv"
check "pair compiles" "$BUILD/nnc" "$work/pair.nn" -o "$work/pair"
for workers in 1 2; do
  "$work/pair" train x="$work/x.csv" --batch 1 --epochs 4 --threads $workers --save "$work/by.safetensors" >/dev/null \
    2>&1
  "$work/pair" predict x="$work/x.csv" --load "$work/by.safetensors" -o "$work/by$workers.csv" >/dev/null 2>&1
done
same "a step by workers draws as one done whole" "$work/by1.csv" "$work/by2.csv"
