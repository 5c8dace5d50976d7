#!/bin/sh
# What random points alone would not find: derivations that are wrong in a rare branch, by very little, or for few
# values of an integer, are refuted, each one; right ones that lose digits or look different are not.
. tests/lib.sh

cat >"$work/model" <<'END'
input x[3]
input y : class(400)
input n : int
state kept[batch, 2] = 0
dim T <= 40
input z[T]
param W[4, 3] ~ glorot
param b[4]
param w[4] ~ normal(0, 1)
h = relu(W @ x + b)
m = dot(w, h)
f = sigmoid(m)
s = norm(w)
loss L = log(1 + m^2)
loss P = exp(m) - n*m
loss E = elu(m)
loss F = f
minimize L with sgd
dm = 2*m/(1 + m^2)
END

# A line a check; the report must call every one of them WORD, and nothing else.
every() { # WORD NAME; the checks on standard input
  cat "$work/model" - >"$work/$2.nn"
  "$nnc" check "$work/$2.nn" >"$work/$2.out" 2>&1
  [ "$1" = refuted ] && pattern=': refuted' || pattern=': \(proved\|holds\)'
  grep -c '^check' "$work/$2.nn" >"$work/expected"
  grep -c "check .*$pattern" "$work/$2.out" >"$work/seen"
  if cmp -s "$work/expected" "$work/seen"; then ok "$2 derivations are $1"
  else grep -v '^gradient' "$work/$2.out" | not_ok "$2 derivations are $1" -; fi
}

every refuted 'rarely wrong' <<'END'
check ∂L/∂h == where(h < 20, dm*w, 0)
check ∂L/∂h[i] == dm*w[i]*where(h[3] > 30, 2, 1)
check ∂L/∂b == dm*w*(h > 0.001)
check ∂L/∂m == where(m > -25, dm, 0)
check ∂L/∂m == dm + where(x[1] < -7 and x[2] > 3, 1, 0)
check ∂E/∂m == where(m > -0.01, 1, exp(m))
check ∂E/∂m == where(m > 0, 1, where(m < -20, 0, exp(m)))
check L == min(L, 9)
check ∂P/∂m == exp(m) - n + (n > 9)
check ∂P/∂m == exp(m) - abs(n)
check ∂P/∂m == exp(m) - min(n, 5000)
check ∂L/∂m == dm*where(y == 217, 2, 1)
check ∂L/∂m == dm + (y > 398)*(n mod 5 == 2)
check ∂L/∂m == dm + kept[1]
check ∂L/∂m == dm + (T >= 40)*(n mod 5 == 2)*sign(z[0])
check ∂L/∂m == dm + (T >= 31 and T < 32 and y < 1)
END

every refuted 'slightly wrong' <<'END'
check ∂L/∂m == 2*m/(1 + m^2 + 1e-9)
check grad(s, w) == w/(s + 1e-11)
check ∂L/∂h[i] == dm*w[i] + 1e-10*(i == 2)
check ∂F/∂m == f*(1 - f) + 1e-11
check ∂L/∂m == 1.00000000001*dm
check stack(1, 1e-14*(1 + f)) == stack(1, 2e-14*(1 + f))
check ∂L/∂h[i]*1e-15^i == dm*w[i]*1e-15^i*where(i == 1, 2, 1)
END

every refuted 'undefined' <<'END'
check ∂L/∂b[i] == dm*w[i]/(h[i] > 0)
check ∂L/∂h == dm*w/(h > 0)
check jacobian(h, b)[i,j] == (h[i] > 0)/(i == j)
check log(-1 - m^2) == m
check ∂L/∂m == dm*(m > -90)/(m > -90)
check ∂E/∂m == where(m > 0, 1, E + 1)/(x[0] < 40)
END

every held 'right' <<'END'
check ∂L/∂h == dm*w
check ∂L/∂b == dm*w*sign(h)
check ∂L/∂b == where(h > 0, dm*w/(h > 0), 0)
check ∂E/∂m == exp(min(m, 0))
check ∂E/∂m == where(m > 0, 1, E + 1)
check ∂P/∂m == exp(m) - n
check ∂F/∂m == exp(-m)/(1 + exp(-m))^2
check ∂F/∂m == f - f^2
check W[i,j] == ((W[i,j] - 1)^3)^(1/3) + 1
check ∂L/∂m == ((m + 1)^2 - m^2 - 1)/(1 + m^2)
check ∂L/∂m == 2/m - 2*m/(m^4 + m^2)
check grad(grad(F, m), m) == f*(1 - f)*(1 - 2*f)
END

# Millions of elements: some thousands of them are looked at, and little memory is taken.
cat >"$work/large.nn" <<'END'
input x[256]
param W[512, 256] ~ glorot
param b[512]
z = tanh(W @ x + b)
p = softmax(z)
loss L = -log(p[3])
minimize L with adam
check jacobian(p, W)[i,j,m] == p[i]*((i == j) - p[j])*(1 - z[j]^2)*x[m]
check jacobian(p, W)[i,j,m] == p[i]*((i == j) - p[j])*(1 - z[j]^2)*x[m] + 1e-6*(i == 511 and j == 0)
check jacobian(z, W)[i,j,m] == (1 - z[i]^2)*x[m]*(i == j)*(1 + (i == 7)*1e-6)
check jacobian(z, W)[i,j,m] == (1 - z[i]^2)*x[m]*(j == i + 1)
END
(
  [ -n "${UNLIMITED:-}" ] || ulimit -v 1000000
  "$nnc" check "$work/large.nn" >"$work/large.out" 2>&1
)
refuted=$(grep -c ': refuted' "$work/large.out")
if [ "$refuted" = 3 ] && grep -q 'large.nn:8: .*: \(proved\|holds\)' "$work/large.out"
then ok "a jacobian of 67 million elements"
else not_ok "a jacobian of 67 million elements" - <"$work/large.out"; fi
