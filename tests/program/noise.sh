#!/bin/sh
# slow: compiles some models
# Draws in an optimizer: an element's draw follows from seed, step and its place alone, over runs, over whole arrays,
# with threads, and after a resume.
. tests/lib.sh

model() { # NAME LINES: $work/NAME.nn
  cat >"$work/$1.nn" <<EOF
model $1
optimizer langevin(w[...], g[...], lr = 0.01) {
  e ~ normal(0, sqrt(2*lr))
  keep ~ bernoulli(0.75)
  u ~ uniform(0, lr)
  w <- w - lr*g*keep + e + u$2
}
input x
param a[300] ~ normal(0, 1), b[2, 3] ~ normal(0, 1), c = 1
loss L = x*(sum(a) + 2*sum(b) + c)
output all = concat(a, flatten(b), c)
minimize L with langevin(0.25)
train { batch = 4, epochs = 3 }
EOF
  "$nnc" "$work/$1.nn" -o "$work/$1.c" >"$work/log" 2>&1 || not_ok "$1" - <"$work/log"
}
model run ""
model whole " + 0*sum(w)"
if grep -q 'float noise1\[256\];' "$work/run.c" &&
  ! grep -q 'noise1' "$work/whole.c"; then ok "one is a loop over a run, the other not"; else
  not_ok "one is a loop over a run, the other not" "$(grep -n noise "$work/run.c" "$work/whole.c")"; fi

cat >"$work/main.c" <<'EOF'
#include "run.h"
#include "whole.h"
#include <math.h>
#include <stdio.h>
#include <string.h>
enum { N = sizeof(run_params) / sizeof(float) };
static run m;
static whole o;
int main(void) {
  const float x[3] = {1, 2, 4};
  run_init(&m, 7);
  whole_init(&o, 7);
  for (uint64_t step = 0; step < 4; step++) {
    float w[N], g[N], now[N], e[N], keep[N], u[N];
    run_L_grad(&m.param, &m.grad, &m.work, 3, x);
    memcpy(w, &m.param, sizeof w);
    memcpy(g, &m.grad, sizeof g);
    run_step(&m, 3, x);
    whole_step(&o, 3, x);
    memcpy(now, &m.param, sizeof now);
    if (memcmp(&m.param, &o.param, sizeof w)) return puts("an array alone draws something else"), 1;
    nn_noise(e, 1, 0, N, 7, NN_STREAM((1 << 20) + 1, step));
    nn_noise(keep, 0, 0, N, 7, NN_STREAM((1 << 20) + 2, step));
    nn_noise(u, 0, 0, N, 7, NN_STREAM((1 << 20) + 3, step));
    int kept = 0;
    for (int k = 0; k < 307; k++) {
      float wanted = w[k] - 0.25f * g[k] * (keep[k] < 0.75f) + sqrtf(0.5f) * e[k] + 0.25f * u[k];
      kept += keep[k] < 0.75f;
      if (fabsf(now[k] - wanted) > 2e-6f * (1 + fabsf(wanted))) return printf("%d: %g, expected %g\n", k,
        (double)now[k], (double)wanted), 1;
    }
    if (kept < 200 || kept > 260) return printf("%d of 307 kept\n", kept), 1;
  }
  return 0;
}
EOF
for c in gcc clang; do
  have $c || { skip "$c" "$c is not installed"; continue; }
  # shellcheck disable=SC2086 # several words
  check "$c compiles both" $c $STRICT -O2 -Iruntime/kernels -I"$work" -o "$work/main" "$work/main.c" "$work/run.c" \
    "$work/whole.c" "$BUILD/libnn.a" $LINK
  check "$c: each element's draws are those of its place" "$work/main"
done

printf '%s\n' x 1 2 4 8 >"$work/data.csv"
check "it is a program" "$nnc" "$work/run.nn" -o "$work/run"
for t in 1 2 4; do "$work/run" train "x=$work/data.csv:x" --threads $t --save "$work/$t.safetensors" --quiet
  "$work/run" predict --load "$work/$t.safetensors" -o "$work/$t.csv"; done
same "two threads draw the same" "$work/1.csv" "$work/2.csv"
same "so do four" "$work/1.csv" "$work/4.csv"
"$work/run" train "x=$work/data.csv:x" --epochs 1 --save "$work/begun.safetensors" --quiet
"$work/run" train "x=$work/data.csv:x" --resume "$work/begun.safetensors" --epochs 3 --save "$work/on.safetensors" \
  --quiet
same "and what was resumed" "$work/1.safetensors" "$work/on.safetensors"
"$work/run" train "x=$work/data.csv:x" --seed 8 --save "$work/8.safetensors" --quiet
"$work/run" predict --load "$work/8.safetensors" -o "$work/8.csv"
if cmp -s "$work/1.csv" "$work/8.csv"; then not_ok "another seed draws others" ""
else ok "another seed draws others"; fi
