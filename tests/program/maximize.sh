#!/bin/sh
# slow: compiles some ten models
# maximize L is minimize of -L, bit for bit, with a chain, with turns, with early stopping and with each full-batch
# method; what is reported and what C gives is L itself.
. tests/lib.sh
CFLAGS=-O1 # in place of -O3: it is not speed that is looked at
export CFLAGS

printf '%s\n' a,b,y 0,1,0 1,0,1 2,1,1 0,3,0 1,2,1 3,2,0 -1,1,0 2,-1,1 0,0,0 1,1,1 -2,1,0 3,1,1 >"$work/data.csv"
files="x=$work/data.csv:a,b y=$work/data.csv:y"

# twins NAME WITH TRAIN: $work/up.nn and $work/down.nn, the loss of one the negative of the other's.
twins() {
  for way in up down; do
    sign='-' verb=maximize
    if [ $way = down ]; then sign='' verb=minimize; fi
    cat >"$work/$way.nn" <<END
model $way
input x[2], y : class(2)
z = dense(tanh(dense(x, 3)), 2)
loss L = $sign(cross_entropy(z, y) + 0.01*dot(z.dense1.W, z.dense1.W))
output p = softmax(z)
$(printf '%s\n' "$1" | sed "s/minimize/$verb/")
train { $2 }
END
    "$nnc" "$work/$way.nn" -o "$work/$way" >"$work/log" 2>&1 || not_ok "$way compiles" - <"$work/log"
    # shellcheck disable=SC2086
    "$work/$way" train $files --save "$work/$way.st" --history "$work/$way.csv" >"$work/$way.out" 2>&1 ||
      not_ok "$way trains" - <"$work/$way.out"
    "$work/$way" predict "x=$work/data.csv:a,b" --load "$work/$way.st" -o "$work/$way.p.csv"
  done
}

# as_negative NAME: the same parameters; losses of the other sign.
as_negative() {
  same "$1: the same parameters" "$work/up.p.csv" "$work/down.p.csv"
  if paste -d, "$work/up.csv" "$work/down.csv" | awk -F, '
    NR == 1 { for (k = 1; k <= NF/2; k++) if ($k ~ /L$/) at[k] = 1; next }
    { for (k in at) if ($k == "" || $k == 0 || $k + $(k + NF/2) != 0) bad = 1; else n++ }
    END { exit bad || !n }'; then ok "$1: what is reported is the loss itself"
    else paste "$work/up.csv" "$work/down.csv" | not_ok "$1: losses" -; fi
}

twins "minimize L with clip_norm(0.5), adam(0.05)" "batch = 5, epochs = 4"
as_negative "a chain"
twins "minimize L over z.dense2 every 2 with lamb(0.05)
minimize L over z.dense1 with momentum(0.05), ema(0.9)" "batch = 3, epochs = 4"
as_negative "turns"
twins "minimize L with sgd(2)" "batch = 4, epochs = 40, validate = 0.3, patience = 2"
as_negative "early stopping"
best=$(sed -n 's/^the best epoch was \([0-9]*\), validate.L -.*/\1/p' "$work/up.out")
if [ -n "$best" ] && [ "$best" = "$(sed -n 's/^the best epoch was \([0-9]*\),.*/\1/p' "$work/down.out")" ] &&
  [ "$best" -gt 1 ]; then ok "the highest validation loss is kept"
else not_ok "the highest validation loss is kept" - <"$work/up.out"; fi
for method in gradient_descent cg bfgs lbfgs newton; do
  twins "minimize L with $method" "validate = 0.3, patience = 9"
  as_negative "$method"
done
if grep -q 'lowers' "$work/up.out"; then not_ok "the end is one of a maximum" - <"$work/up.out"
else ok "the end is one of a maximum"; fi

# One loss, down one parameter and up another: groups of one step, which both see the values before it.
cat >"$work/saddle.nn" <<'END'
model saddle
param a = 2, b = 1
loss L = (a - 1)^2 - (b - 3)^2 + a*b
minimize L over a with sgd(0.1)
maximize L over b with sgd(0.1)
train { batch = 1 }
END
cat >"$work/main.c" <<'END'
#include "saddle.h"
#include <stdio.h>
static saddle m;
int main(void) {
  float a = 2, b = 1;
  saddle_init(&m, 1);
  for (int k = 0; k < 5; k++) {
    float L = saddle_step(&m, 1), was = (a - 1) * (a - 1) - (b - 3) * (b - 3) + a * b;
    float da = 2 * (a - 1) + b, db = -2 * (b - 3) + a;
    a -= 0.1f * da, b += 0.1f * db;
    float far = (m.param.a - a) * (m.param.a - a) + (m.param.b - b) * (m.param.b - b) + (L - was) * (L - was);
    printf("%g %g %g, expected %g %g %g\n", (double)L, (double)m.param.a, (double)m.param.b, (double)was, (double)a,
      (double)b);
    if (!(far < 1e-9f)) return 1;
  }
  saddle_L_grad(&m.param, &m.grad, &m.work, 1);
  float slope = m.grad.b - (-2 * (b - 3) + a);
  return !(slope * slope < 1e-9f);
}
END
check "a saddle compiles" "$nnc" "$work/saddle.nn" -o "$work/saddle.c"
# shellcheck disable=SC2086
check "and is linked" $CC $STRICT -Iruntime/kernels -I"$work" -o "$work/saddle" "$work/main.c" "$work/saddle.c" \
  "$BUILD/libnn.a" $LINK
check "a saddle: down a, up b; step and gradient are those of L" "$work/saddle"
