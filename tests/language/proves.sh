#!/bin/sh
# nnc check proves what holds for every value, in notations that have little in common, and does not prove what fails
# for
# some: at a tie, for a negative number, for one class.
. tests/lib.sh

cat >"$work/model" <<'END'
input x[3]
input y : class(4)
input f : bit
input whole : int
input l[5000]
input k[5000]
input long[300000]
param W[3, 3] ~ glorot
param a = 0.7
param b = 1.3
z = W @ x
p = softmax(z)
q = maxpool2d(reshape(concat(x, z), 1, 2, 3), 2)
c = conv1d_full(x, z)
s = sigmoid(a)
v = sum(z^2)
loss L = -log(p[1])
loss T = prod(b*x)
loss M = min(z)
loss S = tanh(a*b)/sqrt(v + 1)
minimize L with sgd
fn inverse(A[n, n]) {
  d = A[0,0]*A[1,1] - A[0,1]*A[1,0]
  return stack(stack(A[1,1], -A[0,1]), stack(-A[1,0], A[0,0])) / d
}
A = W[0:2, 0:2]
END

# Every check of standard input is, or is not, `proved`.
each() { # NAME yes|no
  cat "$work/model" - >"$work/$1.nn"
  "$nnc" check "$work/$1.nn" >"$work/out" 2>&1
  case $2 in yes) grep 'check ' "$work/out" | grep -v ': proved' ;;
    no) grep -E ': (proved|nnc failed)' "$work/out" ;; esac >"$work/$1.odd"
  grep -q 'proved, ' "$work/out" || cat "$work/out" >>"$work/$1.odd"
  empty "$1" "$work/$1.odd"
}

each 'proved: the same in another notation' yes <<'END'
check A @ inverse(A) == [[1, 0], [0, 1]]
check q[0,0,0] == max(max(x[0], x[1]), max(z[0], z[1]))
check c[3] == x[1]*z[2] + x[2]*z[1]
check grad(T, x)[i] == T/x[i]
check grad(M, z) == onehot(argmax(-z), 3)
check grad(L, z)[i] == where(i == 1, -(p[0] + p[2]), p[i])
check ∂S/∂a == b*(1 - tanh(a*b)^2)*(1 + v)^-0.5
check grad(S, z)[i] == -S*z[i]/(1 + v)
check grad(grad(s, a), a) == s*(1 - s)*(1 - 2*s)
check sqrt(v)*sqrt(v) == sum(i) z[i]*z[i]
check exp(a)*exp(b)^2 == exp(a + 2*b)
check log(s/(1 - s)) == a
check log(exp(a)*s) == 2*a - log(1 + exp(a))
check sin(a)^2 + cos(a)^2 == 1
check abs(a*b) == sqrt((a*b)^2)
check max(a, b) + min(a, b) == a + b
check onehot(y, 4)[2] == (y == 2)
check y^2 == y + where(y < 2, 0, where(y == 2, 2, 6))
check where(a > b, a, b) == max(b, a)
check where(f == 1, a, b) == f*a + (1 - f)*b
check flatten(W)[7] == W[2, 1]
check sum(i) 1/3*x[i] == mean(x)
END

each 'not proved: not so for every value' no <<'END'
check sqrt(a^2) == a
check exp(log(a^2)/2) == a
check norm(x) == -norm(-x)
check ((a - b)^2 >= 0) == (a >= b)
check (a^3)^(1/3) == abs(a)
check where(a > b, 1, 0) == where(a >= b, 1, 0)
check abs(a) == where(a > 0, a, 1 - a)
check 1/3 == 0.3333333333
check y^2 == y + where(y < 2, 0, 2)
check where(y == 3, 1, 0) == 0
check f == 1
check s == 1/(1 + exp(-a)) + 1e-13
check sin(a) == cos(a - 1.5707963267)
check q[0,0,0] == max(max(x[0], x[1]), z[0])
check grad(M, z) == onehot(argmin(-z), 3)
check softmax([0, 800, 0]) == onehot(1, 3)
check log(a*b) == log(abs(a)) + log(abs(b)) + 1e-14
END

each 'not proved: at a zero, where a value is divided by, or is compared without being one' no <<'END'
n = norm(x)
check where(n > 0, n, 1) == n
check where(n == 0, 1, n) == n
check where(sqrt(mean(x^2)) == 0, 1, 2) == 2
check where(a^0.5 > 0, a, 3) == a
check where((a^2 + b^2)^1.5 > 0, 1, 3) == 1
check where((a^2 + b^2)^(1/3) > 0, 1, 3) == 1
check where(norm(x) > 0 and norm(z) > 0, n/norm(z), 1) == n/norm(z)
check sum(grad(n, x)^2) == 1
check grad(sqrt(a), a)*sqrt(a) == 1/2
check where(a != 0, 1/a, 0)*a == 1
check where(a + b != 0, a/(a + b), 0) + where(a + b != 0, b/(a + b), 0) == 1
check where(a + b == 0, 1, a^2/(a + b)) == where(a + b == 0, 0, a^2/(a + b))
check where(exp(-1/a^2) > 0, 1, 3) == 1
check sign(exp(-1/a^2)) == 1
check exp(-1/a^2)^(a^2) == exp(-1)
check select(a, 1/a) == 1
check (sum(i) select(x[i], 1/x[i])) == 3
check sum(softmax(log(x))) == 1
check (a/a == 1) == 1
check (log(a) <= 0) + (log(a) > 0) == 1
check (sqrt(a) >= 0) == 1
check where(a/a, 1, 2) == 1
check (a/a and 1) == 1
check argmax(x/a) == argmax(x*a)
check (log(abs(a)) - log(abs(a)) == 0) == 1
moved[i < 3] = exp(x)[i + 1 else 0]
check (log(moved[i]) - log(moved[i]) == 0) == 1
check (x[i]/moved[i] == x[i]/moved[i]) == 1
check (abs(a)^-0.5*abs(a) == abs(a)^0.5) == 1
check argmax(stack(1 - a/a, 0)) == 0
scan s < 3 {
  init h = 1
  h[s] = h[s-1]/a
  before[s] = 2*h[s-1]
}
check (before[2] - before[2] == 0) == 1
check a + 1e16 + 1 - 1e16 == a
check (1 - sigmoid(40))*exp(40) == 0
check erf(6) == 1
check cos(1e-9) == 1
check exp(1e-17) == 1
check a + (1 - sigmoid(40)) == a
END

each 'proved: where a side divides by 0, it claims nothing' yes <<'END'
n = norm(x)
check grad(n, x) == x/n
check a*x/where(n > 0, n, 1) == a*x/n
check 1/where(abs(a) > 0, abs(a), 1) == 1/abs(a)
check grad(dot(z, x)/n, n) == -dot(z, x)/n^2
check where(x[0] == 0, 0, a/x[0])*x[0]^2 == a*x[0]
check select(a, 1/(a + exp(b)^2)) == a/(a + exp(b)^2)
check where(exp(a) > 0, 1, 3) == 1
check where(softplus(a) > 0, 1, 3) == 1
check where(exp(a) + exp(-a) > 0, 1, 3) == 1
check 0.1 + 0.2 == 0.3
check a*0.1*10 == a
check tanh(0.5) == 2*sigmoid(1) - 1
check sigmoid(-log(2)) == 1/3
check exp(2)*exp(3) == exp(5)
check (1/(1 + a^2) > b) + (1/(1 + a^2) <= b) == 1
END

# One claim for each step of the algebra: true only if the step were wrong.
each 'not proved: indices, guards, sums' no <<'END'
check W[i,j]*(i < j) == W[i,j]*(i <= j)
check W[i,j]*(i == j) == W[i,j]
check A[i,j] == A[0,0]
check x[i]*(i < 2) == x[i]
check x[i]*(i >= 1) == x[i]
check sum(i < 2) x[i]*(i == j) == x[j]
check sum(i < 3) x[i + 1 else 0] == sum(x)
check sum(i < 4) a == a
check sum(x)^2 == sum(x^2)
check sum(x)*sum(z) == dot(x, z)
check sum(a + x) == a + sum(x)
check sum(i < 2) where(i == j, x[i], 0) == x[j]
check sum(i < 4) x[i + 1 else 0] == sum(x)
check sin(W[i,j])*sin(W[j,i]) == sin(W[i,j])^2
check sin(x[0])*sin(x[1]) == sin(x[0])^2
check sin(x[i]*(i < 2))*sin(x[i]*(i >= 1)) == sin(x[i]*(i < 2))^2
check sum(i) sin(x[i] + z[i])*(i < 2) == sum(i) sin(x[i] + z[i])
check sum(concat(x, z)) == 2*sum(x)
R = tanh(W)
check sum(W + R)^2 - sum(W)^2 - sum(R)^2 == sum(W*exp(W) + R/exp(W))^2 - sum(W*exp(W))^2 - sum(R/exp(W))^2
END

each 'not proved: powers and functions' no <<'END'
check a*a^2 == a^2
check 3*a == a
check 2*(a + b)^2 == (a + b)^2
check (2*a)^2 == 2*a^2
check (a + b)/(a*b) == a + b
check a/b == a*b
check sqrt(4*exp(a)) == 4*sqrt(exp(a))
check sigmoid(-a) == sigmoid(a)
check tanh(-a) == tanh(a)
check max(a, b) == min(a, b)
check abs(a) == a
check abs(exp(a) - exp(b)) == exp(a) - exp(b)
check log((exp(a) - exp(b))*exp(b)) == log(exp(a) - exp(b)) + 2*b
check log(exp(a) + exp(b)) == a + softplus(a - b)
check exp(a)*sigmoid(-a) == 1 + sigmoid(-a)
check exp(a)*sigmoid(a) == exp(a) + sigmoid(a)
check a^2/(1 + a^2) == 1
check sqrt((exp(a) - exp(b))^2) == exp(a) - exp(b)
check relu(exp(a) - exp(b)) == exp(a) - exp(b)
check where(exp(a) - exp(b) > 0, 1, 0) == 1
check exp(a) - 1 == exp(a)
check where(-relu(a) > 0, 1, 0) == where(relu(a) > 0, 1, 0)
check where(a > 0 or b > 0, 1, 0) == where(a > 0 and b > 0, 1, 0)
check where(not (a > 0 or b > 0), 1, 0) == where(not (a > 0 and b > 0), 1, 0)
check (y and 1) == y
check sin(a)*sin(1.3*a) == sin(a)^2
check sin(a)*sin(a^2) == sin(a)^2
check sin(a)*cos(a) == sin(a)^2
check ((exp(a) - 1)^(-3))^(1/3) == 1/(exp(a) - 1)
check 1.0000000000001*a == a
check softplus(a)^1.0000000000001/softplus(a) == 1
check exp(1e-13*a) == 1
check exp(a)*exp(1e-13*a - a) == 1
check sin(1.0000000000001*a)*b == sin(a)*b
check ((1 + 1e-13)*a - a)*1e13 == 0
check sin(1e12*a) == sin(1.0000000000001e12*a)
END

# Sums of thousands of terms are proved as sums, by one step each.
each 'proved: sums that are too long for their terms' yes <<'END'
check sum(concat(l, k)) == sum(l) + sum(k)
check dot(concat(l, k), concat(k, k)) == dot(l, k) + sum(k^2)
check sum(i) where(i == 1, l[i], 0) == l[1]
check sum(concat(l, k))*l[i] == (sum(l) + sum(k))*l[i]
check sum(concat(long, exp(long)))*l[i] == (sum(long) + sum(exp(long)))*l[i]
check l[i]*(i < 2000) == l[i]*(i <= 1999)
check sum(l)^2 == sum(i) sum(j) l[i]*l[j]
check sum(i < 3) x[i + 1 else 0] == x[1] + x[2]
check 3*l[i]^2/(1 + 2*l[i]^2) == 3/2 - 3/2/(1 + 2*l[i]^2)
check l[i]/(1 + l[i]^2) + l[i] == (2*l[i] + l[i]^3)/(1 + l[i]^2)
check 3*l[i]^2/(l[i] + 2*l[i]^2 + 1) == 3/2 - (3/2 + 3/2*l[i])/(1 + l[i] + 2*l[i]^2)
check 3*l[i]^2/(k[i] + 2*l[i]^2) == 3/2 - 3/2*k[i]/(k[i] + 2*l[i]^2)
check l[i]*sum(exp(W) + sin(W))^2 == l[i]*(sum(exp(W))^2 + 2*sum(exp(W))*sum(sin(W)) + sum(sin(W))^2)
check (sum(j) l[j]*where(j == i, exp(a), 1)) == sum(l) + l[i]*(exp(a) - 1)
END

# Indices of thousands of places, windows that leave an array, boxes that are put together.
each 'not proved: what leaves its range' no <<'END'
u[i < 5000] = sum(m < 5) l[m]*x[m + i - 2 else 0]
t[i < 5000] = sum(m < 4) l[m]*x[m + i - 2 else 0]
check u[i] == t[i]
check l[i]*ones(4999)[i else 0] == l[i]*ones(4999)[4999 - i else 0]
check concat(l, k)[i] == concat(l + k, 0*l)[i]
END

each 'proved: facts of functions' yes <<'END'
check grad(asinh(a), a) == 1/sqrt(1 + a^2)
check grad(grad(asinh(a), a), a) == -a/(1 + a^2)^1.5
check asinh(a - b) == -asinh(b - a)
check (asinh(a) > asinh(b)) == (a > b)
check asinh(0) == 0
check acosh(1) == 0
check grad(asin(a), a) == 1/sqrt(1 - a^2)
check asin(a - b) == -asin(b - a)
check asin(0) == 0
check grad(acos(a), a) == -1/sqrt(1 - a^2)
check grad(asin(a) + acos(a), a) == 0
check acos(1) == 0
check grad(cosh(a), a) == sinh(a)
check grad(sinh(a), a) == cosh(a)
check sinh(a - b) == -sinh(b - a)
check (sinh(a) > sinh(b)) == (a > b)
check sinh(0) == 0
check cosh(a - b) == cosh(b - a)
check cosh(0) == 1
check grad(atanh(a), a) == 1/(1 - a^2)
check atanh(a - b) == -atanh(b - a)
check atanh(0) == 0
check grad(acosh(a), a) == 1/(sqrt(a - 1)*sqrt(a + 1))
check grad(acosh(a), a)^2 == 1/(a^2 - 1)
END

each 'not proved: what no such fact says' no <<'END'
check asinh(-a) == asinh(a)
check (asinh(a) >= asinh(b)) == (a > b)
check asinh(2*a) == 2*asinh(a)
check atanh(-a) == atanh(a)
check (atanh(a) - atanh(a) == 0) == 1
check acosh(-a) == acosh(a)
check asin(-a) == asin(a)
check acos(-a) == acos(a)
check acos(-a) == -acos(a)
check acos(0)*2^52 == floor(acos(0)*2^52)
check (asin(a) - asin(a) == 0) == 1
check asin(1)*2^52 == floor(asin(1)*2^52)
check cosh(-a) == -cosh(a)
check sinh(-a) == sinh(a)
check (sinh(a) >= sinh(b)) == (a > b)
check (cosh(a) > cosh(b)) == (a > b)
check acosh(-a) == -acosh(a)
check (acosh(a) - acosh(a) == 0) == 1
END

# Which is larger: by what increasing functions are of, by the signs of factors, by a positive multiple; roots,
# constants with roots, whole numbers.
each 'proved: by order' yes <<'END'
check (exp(a) > 1) == (a > 0)
check (tanh(a) > 0) == (a > 0)
check (tanh(a) >= tanh(b)) == (a >= b)
check (sigmoid(a) > 0.5) == (a > 0)
check (sigmoid(a) > sigmoid(b)) == (b < a)
check (a^3 > 0) == (a > 0)
check sign(a*b) == sign(a)*sign(b)
check abs(a)*abs(b) == abs(a*b)
check sqrt(a^4) == a^2
check norm(a*x) == abs(a)*norm(x)
check a/abs(a) == sign(a)
check grad(elu(a), a) == min(1, exp(a))
check max(2*x) == 2*max(x)
check max(-2*x) == -2*min(x)
check max(exp(a)*x) == exp(a)*max(x)
check max(exp(x)) == exp(max(x))
check max(erf(x)) == erf(max(x))
check argmax(softmax(x)) == argmax(x)
check argmax(tanh(x)) == argmax(x)
check argmin(-x) == argmax(x)
check max(-1, min(1, a)) == where(a > 1, 1, where(a < -1, -1, a))
check softplus(a) == max(a, 0) + log1p(exp(-abs(a)))
check softplus(a) - softplus(-a) == a
check grad(erf(a/sqrt(2)), a) == 2*exp(-a^2/2)/sqrt(2*pi)
check grad(gelu(a), a) == (1 + erf(a/sqrt(2)))/2 + a*exp(-a^2/2)/sqrt(2*pi)
check sqrt(2)*sqrt(2)*a == 2*a
check a/sqrt(2) == sqrt(2)*a/2
check sqrt(2*pi)*sqrt(2*pi)*a == 2*pi*a
check (whole mod 2) == whole - 2*floor(whole/2)
check ((whole + 2) mod 2) == (whole mod 2)
check ((2*whole + 1) mod 2) == 1
check floor(whole + 1/3) == whole
check (erf(a) > 0) == (a > 0)
check (asinh(a) > 0) == (a > 0)
check (atan(a) > 0) == (a > 0)
check exp(a + 1) == exp(1)*exp(a)
check sqrt(exp(1))*a == exp(1/2)*a
check softplus(0) == log(2)
check log(4) == 2*log(2)
check bce_logits(0.5, a*b > 0) == where(a*b > 0, softplus(-0.5), softplus(0.5))
END

each 'not proved: out of order' no <<'END'
check exp(1)*a == 4*a
check softplus(0)*9007199254740992*a == 6243314768165359*a
check softplus(0)*a == 0.6931471805599453*a
check exp(a + 1/2) == 2*exp(a)
check sigmoid(a + 1)*(1 + 4*exp(a)) == 4*exp(a)
check bce_logits(0.5, a*b > 0) == where(a*b > 0, softplus(0.5), softplus(-0.5))
check (exp(a) > 1) == (a >= 0)
check (exp(a) > 2) == (a > 2)
check (tanh(a) >= 0) == (a > 0)
check (sigmoid(a) > 0.25) == (a > 0)
check (sigmoid(a) > sigmoid(b)) == (a >= b)
check (a^2 > 0) == (a > 0)
check sign(a*b) == sign(a)
check sign(a*b) == sign(a)*sign(b) + (a == 0)
check abs(a)*abs(b) == a*b
check norm(a*x) == a*norm(x)
check a/abs(a) == sign(a)^2
check grad(elu(a), a) == max(1, exp(a))
check max(a*x) == a*max(x)
check max(-2*x) == -2*max(x)
check max(exp(x)) == max(x)
check argmax(softmax(-x)) == argmax(x)
check argmax(x^2) == argmax(x)
check max(-1, min(1, a)) == where(a > 1, 1, where(a < -1, 1, a))
check max(-1, min(1, a)) == where(a > 1, 1, where(a < 0, -1, a))
check softplus(a) == max(a, 0) + log1p(exp(abs(a)))
check sqrt(2)*a == 1.41421356237*a
check pi*a == 3.14159265359*a
check sqrt(2)*sqrt(3)*a == sqrt(5)*a
check sqrt(2*pi)*a == 2*sqrt(pi)*a
check (whole mod 2) == whole - floor(whole/2)
check ((whole + 1) mod 2) == (whole mod 2)
check ((2*whole + 1) mod 2) == 0
check floor(a + 1/2) == floor(a)
check floor(whole/2 + 1/2) == floor(whole/2)
check sqrt(a)^2 == abs(a) + (a == 0)
END

# Recurrences are unrolled as far as an element asks: forwards, backwards, one inside of another, two values at once.
cat >"$work/model" <<'END'
input x[4], v[2, 3], y : class(3)
param u ~ normal(0, 1)
param A[2, 2] ~ glorot
scan t < 4 {
  init s = 1, r = zeros()
  r[t] = s[t-1] + u*r[t-1]
  s[t] = tanh(u*s[t-1] + x[t])
}
scan t < 4 {
  init f = 1
  f[t] = tanh(x[t] + f[t-1]*u)
}
scan t < 3 {
  init h = zeros(2)
  h[t] = tanh(A @ h[t-1] + v[:, t])
}
scan a < 2 {
  init o = u
  scan b < 3 {
    init q = o[a-1]
    q[b] = q[b-1]*x[b] + v[a, b]
  }
  o[a] = q[2]
}
L = s[3]
H = sum(h[2])
λ2[i] = 1 - h[2, i]^2
λ1[i] = (sum(j) A[j, i]*λ2[j])*(1 - h[1, i]^2)
λ0[i] = (sum(j) A[j, i]*λ1[j])*(1 - h[0, i]^2)
END

each 'proved: through time' yes <<'END'
check s[0] == tanh(u + x[0])
check s == f
check r[3] == s[2] + u*s[1] + u^2*s[0] + u^3
check grad(L, x)[3] == 1 - s[3]^2
check grad(L, x)[2] == (1 - s[3]^2)*u*(1 - s[2]^2)
check grad(r[3], u) == grad(s[2], u) + s[1] + u*grad(s[1], u) + 2*u*s[0] + u^2*grad(s[0], u) + 3*u^2
check grad(grad(f[1], x)[1], x)[0] == -2*f[1]*(1 - f[1]^2)*u*(1 - f[0]^2)
check ∂H/∂A[i, j] == λ2[i]*h[1, j] + λ1[i]*h[0, j]
check grad(H, v)[i, t] == stack(λ0, λ1, λ2)[t, i]
check o[0] == ((u*x[0] + v[0,0])*x[1] + v[0,1])*x[2] + v[0,2]
check grad(o[1], u) == (x[0]*x[1]*x[2])^2
check s[y] == where(y == 0, f[0], where(y == 1, f[1], f[2]))
END

each 'not proved: wrong through time' no <<'END'
check s[0] == tanh(u*0 + x[0])
check s[1] == s[2]
check f[2] == s[1]
check r[3] == s[2] + u*s[1] + u^2*s[0]
check r[3] == s[3] + u*s[2] + u^2*s[1] + u^3
check grad(L, x)[2] == (1 - s[2]^2)*u*(1 - s[3]^2)*u
check grad(L, u) == (1 - s[3]^2)*s[2]
check grad(f[1], x)[0] == (1 - f[1]^2)*u
check ∂H/∂A[i, j] == λ2[i]*h[2, j] + λ1[i]*h[1, j]
check ∂H/∂A[i, j] == λ2[i]*h[1, j]
check grad(H, v)[i, t] == stack(λ2, λ1, λ0)[t, i]
check o[1] == o[0]
check grad(o[1], u) == x[0]*x[1]*x[2]
check s[y] == where(y == 0, f[0], f[1])
END

# What is infinite is no number: of -inf, x - 1 is x; exp(-inf) is one.
cat >"$work/model" <<'END'
input x[3], l[5000], y : class(3)
param a = 0.5
m[i] = where(x[i] > 0, x[i], -inf)
k[i] = where(l[i] > 0, l[i], -inf)
c = [-inf, 1, 2]
loss L = a^2
minimize L with sgd
END

each 'proved: beside infinities' yes <<'END'
check exp(m[i]) == where(x[i] > 0, exp(x[i]), 0)
check (sum(i) exp(logratio(m[i], logsumexp(m))))*(max(x) > 0) == (max(x) > 0)
check exp(logsumexp(m)) == sum(i) where(x[i] > 0, exp(x[i]), 0)
check a*exp(c[0]) + a == a
END

each 'not proved: beside infinities' no <<'END'
check (c[i] - 1 == c[i]) == 0
check (c[y] - 1 == c[y]) == 0
check (m[i] < m[i] + 1) == 1
check where(m[i] - 1 == m[i], 1, 2) + exp(m[i]) == 2 + exp(m[i])
check where(k[i] - 1 == k[i], 1, 2) + exp(k[i]) == 2 + exp(k[i])
check exp(logratio(m[i], m[i])) == 1
check exp(logratio(k[i], k[i])) + exp(k[i]) == 1 + exp(k[i])
check exp(logratio(c[y], c[y])) == 1
check (sum(i) exp(logratio(m[i], logsumexp(m)))) == 1
check exp(m[i] - m[i]) == 1 + 0*exp(m[i])
END

# Numbers are what they say: 0.1 is a tenth, sqrt(2) no fraction, π known by its digits; none is rounded, in long sums
# neither.
cat >"$work/model" <<'END'
input l[5000]
param a = 0.5
loss L = a^2
minimize L with sgd
END

each 'proved: by numbers that are not rounded' yes <<'END'
check sqrt(2)*sqrt(3)*l[i] == sqrt(6)*l[i]
check sqrt(2)*sqrt(2)*l[i] == 2*l[i]
check sqrt(12)*a == 2*sqrt(3)*a
check 8^(1/3)*l[i] == 2*l[i]
check 2^(1/3)*4^(1/3)*l[i] == 2*l[i]
check l[i]/sqrt(2) == sqrt(2)*l[i]/2
check sqrt(0.5)*l[i] == sqrt(2)/2*l[i]
check l[i]/3*3 == l[i]
check l[i]/49*49 == l[i]
check (l[i]/7 + l[i]/11)*77 == 18*l[i]
check 0.1*l[i]*3 == 0.3*l[i]
check (0.1 + 0.2)*l[i] == 0.3*l[i]
check 0.1*3 == 0.3
check 1/49*49 == 1
check sqrt(2*pi)*l[i] == sqrt(2)*sqrt(pi)*l[i]
check 3*pi*l[i] == pi*l[i] + 2*pi*l[i]
check sqrt(2*pi)*sqrt(2*pi)*l[i] == 2*pi*l[i]
check (sum(k < 3) 0.1*l[k]) + 0.7*l[0] == 0.8*l[0] + (l[1] + l[2])/10
check grad(grad(asinh(a), a), a) == -a/(1 + a^2)^1.5
END

each 'not proved: by numbers that are rounded' no <<'END'
check sqrt(2)*2^53 == 12738103345051546
check sqrt(2)*2^53*l[i] == 12738103345051546*l[i]
check 2^0.5*2^53*a == 12738103345051546*a
check 2^(1/2)*2^53*l[i] == 12738103345051546*l[i]
check exp(1/2*log(2))*2^53*l[i] == 12738103345051546*l[i]
check sqrt(2/pi)*2^53*l[i] == 7186705221432913*l[i]
check 1/3*2^54*l[i] == 6004799503160661*l[i]
check 1/3*2^54 == 6004799503160661
check (0.1 + 0.2)*2^55*l[i] == 10808639105689190*l[i]
check 0.1*2^55 == 3602879701896397
check sqrt(2)*l[i] == 1.4142135623730951*l[i]
check sqrt(2)*sqrt(3)*l[i] == sqrt(5)*l[i]
check sqrt(2)*l[i] == 2^(1/3)*l[i]
check pi^2*l[i] == 9.869604401089358*l[i]
check 3*pi*l[i] == 9.42477796076937*l[i]
check sqrt(pi)*l[i] == 1.7724538509055159*l[i]
check 1e16*l[i] + l[i] - 1e16*l[i] == 0*l[i]
check 1.0000000000000002*l[i] == l[i]
check (1 + 1e-15)*l[i] == l[i]
check l[i]^1.000000000000001 == l[i]
check (0.3 mod 0.1)*l[i] == 0.1*l[i]
check floor(0.3/0.1)*l[i] == 2*l[i]
END

# A derivation backwards in time, of twenty steps and words: states are taken as they are, a word by what it may be.
cat >"$work/model" <<'END'
const T = 20
input w[T + 1] : class(5)
input b : class(3)
param E[5, 2] ~ normal(0, 1)
param U[3, 3] ~ glorot
param V[5, 3] ~ glorot
param Wx[3, 2] ~ glorot
scan t < T {
  init h = zeros(3)
  i[t] = sigmoid(Wx @ E[w[t]] + U @ h[t-1])
  h[t] = i[t]*tanh(i[t] - h[t-1])
}
p = softmax(h @ V')
loss L = -sum(t < T) log(p[t, w[t+1]])
minimize L with sgd(0.1)
hp[t < T, j < 3] = where(t == 0, 0, h[t-1 else 0, j])
g[t] = tanh(i[t] - hp[t])
scan s < T {
  init k = zeros(3)
  t = T-1-s
  δh[s] = V' @ (p[t] - onehot(w[t+1], 5)) + k[s-1]
  δu[s] = δh[s]*i[t]*(1 - g[t]^2)
  δi[s] = (δh[s]*g[t] + δu[s])*i[t]*(1 - i[t])
  k[s] = U' @ δi[s] - δu[s]
}
δ[t < T] = δi[T-1-t]
END

each 'proved: backwards in time, word by word' yes <<'END'
check ∂L/∂h[t] == δh[T-1-t]
check ∂L/∂U[j,l] == sum(t) δ[t,j]*hp[t,l]
check ∂L/∂Wx[j,l] == sum(t < T) δ[t,j]*E[w[t],l]
check ∂L/∂E[l,j] == sum(t < T) (w[t] == l)*(sum(q) Wx[q,j]*δ[t,q])
check ∂L/∂h[3] == V' @ (p[3] - onehot(w[4], 5)) + U' @ δ[4] - δu[T-5]
check (sum(k) (w[2] == k)*E[k]) == E[w[2]]
check where(w[3] < 2, E[w[3]], 0) == (w[3] == 0)*E[0] + (w[3] == 1)*E[1]
check w[0] + w[1] == sum(k < 5) k*((w[0] == k) + (w[1] == k))
check where(w[0] == w[1] or w[2] > 3, E[w[4]], V[w[4], 0:2]) ==
  where(not (w[0] == w[1]) and w[2] <= 3, V[w[4], 0:2], E[w[4]])
END

each 'not proved: backwards in time, a step or a word off' no <<'END'
check ∂L/∂h[t] == δh[T-1-t] + (t == 0)*1e-9*h[t]
check ∂L/∂h[t] == δu[T-1-t]
check ∂L/∂U[j,l] == sum(t) δ[t,j]*h[t,l]
check ∂L/∂U[j,l] == sum(t < T-1) δ[t+1,j]*hp[t,l]
check ∂L/∂Wx[j,l] == sum(t < T) δ[t,j]*E[w[t+1],l]
check ∂L/∂Wx[j,l] == sum(t < T-1) δ[t,j]*E[w[t],l]
check ∂L/∂E[l,j] == sum(t < T) (w[t] == l or t == 19)*(sum(q) Wx[q,j]*δ[t,q])
check ∂L/∂h[3] == V' @ (p[3] - onehot(w[4], 5)) + U' @ δ[4] + δu[T-5]
check (sum(k < 4) (w[2] == k)*E[k]) == E[w[2]]
check (sum(k) (w[2] == k)*(w[3] == k)*E[k]) == E[w[2]]
check where(w[3] < 2, E[w[3]], 0) == (w[3] == 0)*E[0] + (w[3] == 2)*E[1]
check where(w[3] <= 2, E[w[3]], 0) == (w[3] == 0)*E[0] + (w[3] == 1)*E[1]
check E[w[0]] == E[w[1]]
check w[0] + w[1] == sum(k < 5) k*(w[0] == k or w[1] == k)
check where(w[0] == w[1] or w[2] > 3, E[w[4]], 0) == where(w[0] == w[1] and w[2] > 3, E[w[4]], 0)
check where(b == 1, 1/b, 1) == 1/b
check i[3] == sigmoid(i[3])
check i[3,0] == 1/2
check where(b == 0, 1, E[b, 0]/E[b, 0]) == where(b == 0, 2, 1)
END
