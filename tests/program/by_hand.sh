#!/bin/sh
# The gradient's C beside one written by hand, block by block as the page derives it (by_hand/*.c): the same values, and
# no more calls of transcendental functions, counted while both run. The loops and stored arrays in both texts are
# counted too; the generated text has more of these, since a sum and what is made of it are two blocks there. That it
# may not have more than now is what is tested.
. tests/lib.sh

cat >"$work/squared_error.nn" <<'END'
model squared_error
input x[3]
input t
param w[3] ~ normal(0, 1)
param b ~ normal(0, 1)
y = dot(w, x) + b
loss L = (y - t)^2/2
minimize L with sgd
END

cat >"$work/both.c" <<'END'
#include <math.h>
#include <stdio.h>
#include <string.h>
static long calls;
#define COUNTED(f) (calls++, f)
#include MODEL
#include BY_HAND

/* Both at the same points; how many calls each took, and the largest difference of the largest gradient. */
int main(void) {
  static PREFIX m;
  static PARAMS by_nnc, own;
  float x[N * X];
  TARGET t[N];
  unsigned long noise = 12345;
  double worst = 0;
  long calls_nnc = 0, calls_own = 0;
  for (int round = 0; round < 20; round++) {
    float *w = (float *)&m.param, *g = (float *)&by_nnc, *h = (float *)&own;
    size_t count = sizeof own / sizeof(float);
    double largest = 0;
    for (size_t k = 0; k < count; k++)
      noise = noise * 6364136223846793005UL + 1, w[k] = (float)(noise >> 40 & 0xFFFF) / 32768.0f - 1.0f;
    for (int k = 0; k < N * X; k++)
      noise = noise * 6364136223846793005UL + 1, x[k] = (float)(noise >> 40 & 0xFFFF) / 16384.0f - 2.0f;
    for (int k = 0; k < N; k++) noise = noise * 6364136223846793005UL + 1, t[k] = (TARGET)((noise >> 40) % CLASSES);
    calls = 0;
    float a = GRAD(&m.param, &by_nnc, &m.work, N, x, t);
    calls_nnc += calls;
    calls = 0;
    float b = by_hand(&m.param, &own, N, x, t);
    calls_own += calls;
    for (size_t k = 0; k < count; k++) largest = fmax(largest, fabs((double)h[k]));
    worst = fmax(worst, largest > 0 ? fabs((double)(a - b)) / (1 + fabs((double)b)) : INFINITY);
    for (size_t k = 0; k < count; k++) worst = fmax(worst, fabs((double)(g[k] - h[k])) / largest);
  }
  printf("%ld %ld %d\n", calls_nnc / 20, calls_own / 20, worst < 1e-5);
  return 0;
}
END

functions='nn_(expf|expm1f|logf|log1pf|sigmoidf|sigmoid_minusf|softplusf|tanhf|sinf|cosf|tanf|erff|powf)'
counted() { sed -E "s/\\<$functions\\(/COUNTED(&/g; s/COUNTED\\(($functions)\\(/COUNTED(\\1)(/g" "$1"; }
loops() { grep -cE '^ *for \(|; *for \(' "$1"; }

# beside MODEL.nn TARGET X CLASSES LOOPS ARRAYS: what the two texts take, and what the generated one may take.
beside() {
  name=$(base "$1") upper=$(base "$1" | tr a-z A-Z)
  generate "$1" "$work" >"$work/log" 2>&1 || { not_ok "$name: is generated" - <"$work/log"; return; }
  counted "$work/$name.c" >"$work/counted.c"
  counted "tests/program/by_hand/$name.c" >"$work/own.c"
  loss=$(sed -n "s/^float ${name}_\([A-Za-z]*\)_grad(.*/\1/p" "$work/$name.c")
  if ! gcc -std=c11 -O1 -w -I"$work" -Iruntime/kernels -DMODEL='"counted.c"' -DBY_HAND='"own.c"' -DPREFIX="$name" \
    -DPARAMS="${name}_params" \
    -DGRAD="${name}_${loss}_grad" -DN="${upper}_BATCH" -DX="$3" -DTARGET="$2" -DCLASSES="$4" -o "$work/both" \
    "$work/both.c" \
    "$BUILD/libnn.a" $LINK >"$work/log" 2>&1; then not_ok "$name: compiles beside the other" - <"$work/log"; return; fi
  "$work/both" >"$work/counts"
  read -r calls own same <"$work/counts"
  [ "$same" = 1 ] && ok "$name: both compute the same" || not_ok "$name: both compute the same" - <"$work/counts"
  if [ "$calls" -le "$own" ]; then ok "$name: $calls transcendental calls a batch, by hand $own"
  else not_ok "$name: $calls transcendental calls a batch, by hand $own"; fi
  sed -n "/^float ${name}_${loss}_grad(/,/^}/p" "$work/$name.c" >"$work/gradient.c"
  here=$(loops "$work/gradient.c") there=$(loops "tests/program/by_hand/$name.c")
  stored=$(grep -oE 'restrict [a-z0-9A-Z_]+ = s->f' "$work/gradient.c" | sort -u | wc -l)
  kept=$(grep -oE '[a-z0-9]+\[[A-Z_]*BATCH\]' "tests/program/by_hand/$name.c" | sort -u | wc -l)
  if [ "$here" -le "$5" ] && [ "$stored" -le "$6" ]
  then ok "$name: $here loops and $stored stored arrays, by hand $there and $kept"
  else not_ok "$name: $here loops and $stored stored arrays, by hand $there and $kept"; fi
}

beside models/perceptron.nn int32_t 3 2 16 6
beside models/softmax_regression.nn int32_t 4 3 23 9
beside "$work/squared_error.nn" float 3 5 9 3
