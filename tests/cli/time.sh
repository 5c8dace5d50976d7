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
for t in 16 1024; do
  mkdir -p "$work/$t"
  "$nnc" "$work/steps.nn" -D T=$t -o "$work/$t/steps.c" >"$work/log" 2>&1 || not_ok "T = $t compiles" - <"$work/log"
  sed 's/\.hash = UINT64_C([^)]*)/.hash/; s/[0-9][0-9.]*\(e-[0-9]*\)*/N/g' "$work/$t/steps.c" >"$work/$t/text"
done
same "T = 16 and T = 1024 differ in constants only" "$work/16/text" "$work/1024/text"
for stage in ast graph adjoint plan c; do
  if "$nnc" --emit=$stage "$work/steps.nn" >"$work/out" 2>"$work/log" && [ -s "$work/out" ]; then ok "--emit=$stage of a scan"
  else not_ok "--emit=$stage of a scan" - <"$work/log"; fi
done
