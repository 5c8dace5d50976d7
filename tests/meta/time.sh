# The C of a recurrence: the same text, but for constants, for any number of steps; every stage prints it.
. tests/lib.sh

cat >"$work/steps.nn" <<'END'
model steps
const T = 16
input x[T, 5]
input y[3]
layer lstm(x[T, n], m) {
  param W[4*m, n + m] ~ glorot
  param b[4*m]
  scan t < T {
    init h = zeros(m), c = zeros(m)
    i, f, o, g = split(W @ concat(x[t], h[t-1]) + b, 4)
    c[t] = sigmoid(f)*c[t-1] + sigmoid(i)*tanh(g)
    h[t] = sigmoid(o)*tanh(c[t])
  }
  return h
}
h = lstm(x, 32)
loss L = mse(dense(h[T-1], 3), y) + mean(h^2)
minimize L with adam
output last = h[T-1]
END
for t in 2 4 8192 65536; do # long sums run in blocks: over time above some thousand steps, over all values earlier
  mkdir -p "$work/$t"
  "$nnc" "$work/steps.nn" -D T=$t -o "$work/$t/steps.c" >"$work/log" 2>&1 || not_ok "T = $t compiles" - <"$work/log"
  sed 's/\.hash = UINT64_C([^)]*)/.hash/; s/[0-9][0-9.]*\(e-[0-9]*\)*/N/g' "$work/$t/steps.c" >"$work/$t/text"
done
same "T = 2 and T = 4 differ in constants only" "$work/2/text" "$work/4/text"
same "T = 8192 and T = 65536 differ in constants only" "$work/8192/text" "$work/65536/text"
for stage in ast graph adjoint plan c; do
  if "$nnc" --emit=$stage "$work/steps.nn" >"$work/out" 2>"$work/log" &&
    [ -s "$work/out" ]; then ok "--emit=$stage of a scan"
  else not_ok "--emit=$stage of a scan" - <"$work/log"; fi
done

# A state with a row for each example: what one step leaves is what the next starts from, row by row.
cat >"$work/carry.nn" <<'END'
model carry
input x[3, 2]
param U[2, 2] ~ glorot
state h0[batch, 2] = 0
scan t < 3 {
  init h = h0
  h[t] = tanh(U @ h[t-1] + x[t])
}
h0 <- h[2]
loss L = sum(h[2]^2)
output last = h[2]
minimize L with sgd(lr = 0)
train { batch = 4 }
END
cat >"$work/carry_main.c" <<'END'
#include "carry.h"
#include <stdio.h>
#include <string.h>
static carry m;
int main(void) {
  float x[4][3][2], both[4][2], first[4][2];
  for (int k = 0; k < 24; k++) ((float *)x)[k] = 0.1f * (float)((7 * k) % 11) - 0.5f;
  carry_init(&m, 3);
  carry_last(&m.param, &m.state, &m.work, 4, &x[0][0][0], &first[0][0]);
  carry_step(&m, 4, &x[0][0][0]);
  if (memcmp(m.state.h0, first, sizeof first)) return puts("the state is not what the step left"), 1;
  carry_last(&m.param, &m.state, &m.work, 3, &x[0][0][0], &both[0][0]);
  for (int b = 0; b < 4; b++)
    for (int t = 0; t < 3; t++) {
      float a = m.param.U[0][0] * first[b][0] + m.param.U[0][1] * first[b][1] + x[b][t][0];
      float c = m.param.U[1][0] * first[b][0] + m.param.U[1][1] * first[b][1] + x[b][t][1];
      first[b][0] = nn_tanhf(a), first[b][1] = nn_tanhf(c);
    }
  for (int k = 0; k < 6; k++)
    if (((float *)both)[k] - ((float *)first)[k] > 1e-6f || ((float *)first)[k] - ((float *)both)[k] > 1e-6f)
      return printf("element %d: %g, expected %g\n", k, (double)((float *)both)[k], (double)((float *)first)[k]), 1;
  carry_step(&m, 2, &x[0][0][0]);
  return memcmp(m.state.h0[2], m.next.h0[2], sizeof m.next.h0[2]) != 0;
}
END
# shellcheck disable=SC2086 # several words
if "$nnc" "$work/carry.nn" -o "$work/carry.c" >"$work/log" 2>&1 &&
  $CC -std=c11 -include runtime/kernels/nn_math.h -Iruntime/kernels -I"$work" "$work/carry_main.c" "$work/carry.c" \
  "$BUILD/libnn.a" $LINK -o "$work/carry" >"$work/log" 2>&1 &&
  "$work/carry" >"$work/log" 2>&1; then ok "a state goes on row by row"
else not_ok "a state goes on row by row" - <"$work/log"; fi

# A recurrence of parameters alone is the same for all examples: computed once, as its unrolled twin is.
cat >"$work/power.nn" <<'END'
model power
const n = 16, T = 20
input x[n], t
param A[n, n] ~ glorot
scan k < T {
  init P = A
  P[k] = P[k-1] @ A
}
loss L = sum((P[T-1] @ x - t)^2)
minimize L with sgd
END
sed -e '/^scan/,/^}/d' -e 's/^loss.*/P = A\nfor k < T { P = P @ A }\nloss L = sum((P @ x - t)^2)/' "$work/power.nn" \
  >"$work/unrolled.nn"
each_example() { "$nnc" show "$1" | sed -n 's/^ *loss *L *\([0-9]* *and [0-9]* once\).*/\1/p' | tr -s ' '; }
each_example "$work/unrolled.nn" >"$work/unrolled.work"
each_example "$work/power.nn" >"$work/power.work"
[ -s "$work/power.work" ] || echo 'nothing said' >>"$work/power.work"
same "a recurrence of parameters alone is computed once" "$work/unrolled.work" "$work/power.work"

# A Jacobian of many values by few places takes a tangent for each place, not an adjoint for each value.
printf '%s\n' 'input x[3]' 'param A[3, 3], V[2000, 3]' 'p = V @ sin(A @ tanh(A @ x))' 'output p' \
  'output J = jacobian(p, x)' 'loss L = sum(p)' \
  >"$work/tall.nn"
"$nnc" show "$work/tall.nn" >"$work/tall"
work_of() { sed -n "s/^ *output *$1 *\([0-9]*\).*/\1/p" "$work/tall"; }
p=$(work_of p) j=$(work_of J)
if [ "${p:-0}" -gt 6000 ] && [ "$j" -lt $((4 * p)) ]; then ok "a tall Jacobian takes tangents"
else not_ok "a tall Jacobian takes tangents" - <"$work/tall"; fi
